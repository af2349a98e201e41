// Calls of chatroom_c.h in any order, with arguments that are wrong, from inside callbacks too.
//
// Each byte of the input decides something: which call, which engine, which session, which text.
// Nothing may crash, every answer is one that the header knows, and an engine that has been through
// all of it still has a state that can be taken over.

#include "../../chatroom_c.h"
#include "fuzz.hpp"

namespace {

using fuzz::must;

constexpr std::size_t calls_max = 400;
constexpr std::size_t memory_bytes = 256 * 1024;

alignas(64) char memories[2][memory_bytes];

/// A struct with memory behind it, so that a size may say too much.
template <typename T>
struct padded : T {
    std::uint64_t later[16] = {};
    padded() : T{} {}
};

class caller {
public:
    caller(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

    void run() {
        open(0);
        while (at_ != end_ && made_ < calls_max) step();
        at_ = end_;   // From now on callbacks do nothing.
        for (chatroom_engine* chat : engines_) finish(chat);
    }

private:
    // Choices.

    unsigned byte() { return at_ != end_ ? *at_++ : 0u; }
    bool rarely() { return byte() % 16 == 15; }

    /// A size that fits or, rarely, any.
    std::uint32_t size_of_struct(std::size_t right) {
        if (!rarely()) return static_cast<std::uint32_t>(right);
        const unsigned how = byte();
        return how < 128 ? how : how < 192 ? static_cast<std::uint32_t>(right + 8) : 0xffffffffu;
    }

    chatroom_engine* engine() {
        const unsigned which = byte();
        if (which < 232) return engines_[0];
        if (which < 248) return engines_[1];
        if (which < 252) return nullptr;
        if (which == 252) return reinterpret_cast<chatroom_engine*>(zeros_);
        if (which == 253) return reinterpret_cast<chatroom_engine*>(
            reinterpret_cast<char*>(zeros_) + 3);
        return closed_;
    }

    chatroom_session session() {
        const unsigned which = byte();
        if (which < 192) return sessions_[which % 8];
        if (which < 224) return CHATROOM_HOST;
        return which < 240 ? which - 224 : which * 0x01010101u;
    }

    chatroom_user user() { return rarely() ? byte() % 8 : 0; }

    chatroom_text text() {
        static const char* const words[] = {"lobby", "den", "alice", "bob", "carol", "LOBBY", "5",
                                            "create_on_join", "\xff\xfe", ""};
        const unsigned which = byte();
        if (which < 200) return chatroom_text_of(words[which % 10]);
        if (which < 216) return {token_, 32};
        if (which < 224) return {nullptr, which - 216};
        if (which == 224) return {nullptr, static_cast<std::size_t>(-1)};
        const std::size_t left = static_cast<std::size_t>(end_ - at_);
        const std::size_t size = left < which - 224 ? left : which - 224;
        const chatroom_text slice{reinterpret_cast<const char*>(at_), size};
        at_ += size;
        return slice;
    }

    std::uint64_t number() {
        const unsigned which = byte();
        return which < 250 ? which : which == 250 ? UINT64_MAX : std::uint64_t{1} << (which % 64);
    }

    void answered(chatroom_error why) {
        must(std::strcmp(chatroom_error_name(why), "unknown") != 0, "an answer is a known error");
    }

    // Callbacks.

    void call_back() {
        if (depth_ == 3 || at_ == end_ || byte() % 4 != 0) return;
        ++depth_;
        for (unsigned n = byte() % 4; n != 0; --n) step();
        --depth_;
    }

    static void read(const chatroom_text& text) {
        must(text.size == 0 || text.data != nullptr, "a text is somewhere");
        unsigned sum = 0;
        for (std::size_t i = 0; i < text.size; ++i) sum += text.data[i] != 0;
        must(sum <= text.size, "a text can be read");
    }

    static void read_event(const chatroom_event& what) {
        must(what.bytes == 0 || what.body != nullptr, "an event has its struct");
        if (what.type == CHATROOM_EVENT_MESSAGE) {
            const auto& said = *static_cast<const chatroom_message_event*>(what.body);
            for (const chatroom_text& each : {said.room, said.nick, said.text, said.nonce}) {
                read(each);
            }
        }
        if (what.type == CHATROOM_EVENT_HISTORY_PAGE) {
            const auto& page = *static_cast<const chatroom_history_page_event*>(what.body);
            for (std::size_t i = 0; i < page.messages.size; ++i) read(page.messages.data[i].text);
        }
        if (what.type == CHATROOM_EVENT_JOINED) {
            read(static_cast<const chatroom_joined_event*>(what.body)->rights);
        }
    }

    static void on_send(chatroom_recipients* to, const chatroom_event* what, const char* frame,
                        std::size_t bytes, void* context) {
        if (context == nullptr) return;   // It was behind the end of the struct.
        caller& self = *static_cast<caller*>(context);
        chatroom_recipient each{};
        read({frame, bytes});
        read_event(*what);
        while (chatroom_recipients_next(to, &each) != 0) {
            must(each.session != 0, "who ended gets nothing");
            if (self.at_ != self.end_ && self.byte() % 32 == 0) {
                self.answered(chatroom_pause(self.engines_[0], each.session));
            }
        }
        self.call_back();
        read_event(*what);
    }

    static void on_observe(const chatroom_observation* seen, void* context) {
        if (context == nullptr) return;
        caller& self = *static_cast<caller*>(context);
        self.answered(seen->why);
        const chatroom_command* what = seen->command;
        if (what != nullptr && what->body != nullptr && what->type == CHATROOM_COMMAND_RESUME) {
            const auto& resume = *static_cast<const chatroom_resume_command*>(what->body);
            read(resume.token);
            self.call_back();
            for (std::size_t i = 0; i < resume.cursors.size; ++i) read(resume.cursors.data[i].room);
            return;
        }
        self.call_back();
    }

    static std::int32_t on_log(const char* record, std::size_t bytes, std::uint64_t number,
                               void* context) {
        if (context == nullptr) return CHATROOM_STORED_YES;
        caller& self = *static_cast<caller*>(context);
        self.call_back();
        const std::int32_t answer = self.log_answer_;
        if (answer == CHATROOM_STORED_YES) return answer;
        if (answer == CHATROOM_STORED_PENDING && bytes <= sizeof self.record_) {
            std::memcpy(self.record_, record, bytes);
            self.record_bytes_ = bytes;
            self.record_number_ = number;
        }
        return answer;
    }

    static int on_entropy(void* out, std::size_t bytes, void* context) {
        if (context == nullptr) return 0;
        caller& self = *static_cast<caller*>(context);
        std::memset(out, ++self.random_, bytes);
        return self.at_ == self.end_ || self.byte() % 32 != 0;
    }

    // Calls.

    padded<chatroom_environment> environment() {
        padded<chatroom_environment> host;
        host.struct_size = size_of_struct(sizeof(chatroom_environment));
        host.send = rarely() && rarely() ? nullptr : on_send;
        host.send_context = host.observe_context = host.log_context = host.entropy_context = this;
        host.observe = rarely() ? nullptr : on_observe;
        host.entropy = rarely() ? nullptr : on_entropy;
        host.log = byte() % 4 == 0 ? on_log : nullptr;
        return host;
    }

    padded<chatroom_config> config() {
        padded<chatroom_config> how;
        if (byte() % 2 == 0) {
            (void)chatroom_config_sized(&how, 1 + byte() % 8, 1 + byte() % 8, 1 + byte() % 4,
                                        1 + byte() % 40, 1 + byte());
        }
        how.struct_size = size_of_struct(sizeof(chatroom_config));
        how.preset = rarely() ? byte() : +CHATROOM_PRESET_FIRMWARE;
        how.identity_bytes_max = 16;
        how.presence_members_max = 1 + byte() % 4;
        how.deliveries_per_call = 1 + byte() % 8;
        if (rarely()) how.users_max = CHATROOM_ZERO;
        how.incarnation = ++incarnation_;
        return how;
    }

    void open(unsigned which) {
        if (engines_[which] != nullptr || depth_ != 0) return;
        const padded<chatroom_config> how = config();
        const padded<chatroom_environment> host = environment();
        char* const memory = memories[which] + byte() % 64;
        const std::size_t bytes = rarely() ? byte() * 100u : memory_bytes - 64;
        chatroom_engine* made = reinterpret_cast<chatroom_engine*>(zeros_);
        chatroom_error why = CHATROOM_ERROR_NONE;
        if (byte() % 2 == 0) {
            why = chatroom_open_in(&how, &host, memory, bytes, &made);
        } else {
            padded<chatroom_environment> with = host;
            with.buffer = memory;
            with.buffer_bytes = bytes;
            why = open_with(how, with, made);
        }
        answered(why);
        must((why == CHATROOM_ERROR_NONE) == (made != nullptr), "an engine, or an error");
        engines_[which] = made;
        if (made != nullptr) answered(chatroom_tick(made, now_, 1));
    }

    chatroom_error open_with(const chatroom_config& how, const chatroom_environment& host,
                             chatroom_engine*& out) {
        const chatroom_feature* features[] = {chatroom_feature_rooms(), chatroom_feature_guests(),
                                              chatroom_feature_posts(),
                                              chatroom_feature_settings()};
        const chatroom_codec* codecs[] = {chatroom_codec_json(), chatroom_codec_lines(),
                                          chatroom_codec_binary()};
        padded<chatroom_registration> parts;
        parts.struct_size = size_of_struct(sizeof(chatroom_registration));
        parts.features = features;
        parts.feature_count = byte() % 5;
        parts.codecs = codecs;
        parts.codec_count = byte() % 4;
        parts.names = rarely() ? chatroom_names_unicode() : nullptr;
        parts.records = byte() % 2 == 0 ? chatroom_records() : nullptr;
        if (rarely()) features[byte() % 4] = nullptr;
        (void)chatroom_footprint_with(&how, &parts);
        return chatroom_open_with(&how, &host, &parts, &out);
    }

    void connect() {
        padded<chatroom_peer> who;
        who.struct_size = size_of_struct(sizeof(chatroom_peer));
        who.wire = byte() % 5;
        who.tag = number();
        if (rarely()) who.frame_bytes_max = byte() * 8;
        if (byte() % 4 == 0) {
            who.user = text();
            who.nick = text();
        }
        chatroom_session made = 77;
        chatroom_engine* const chat = engine();
        const chatroom_error why = chatroom_connect(chat, rarely() ? nullptr : &who, &made);
        answered(why);
        const bool taken = why == CHATROOM_ERROR_NONE || why == CHATROOM_ERROR_PENDING;
        must(taken == (made != 0), "a session, or an error");
        if (taken && chat == engines_[0]) sessions_[next_session_++ % 8] = made;
    }

    void receive() {
        static const char* const frames[] = {
            R"({"op":"guest","nick":"alice"})", R"({"op":"guest","nick":"bob"})",
            R"({"op":"join","room":"lobby"})", R"({"op":"post","room":"lobby","text":"hello"})",
            R"({"op":"history","room":"lobby"})", R"({"op":"rooms"})", R"({"op":"ping","ref":5})",
            R"({"op":"members","room":"lobby"})", "/guest carol", "/join lobby", "hello", "/help",
            R"({"op":"resume","token":"0","cursors":[{"room":"lobby","after":1}]})"};
        const unsigned which = byte();
        const chatroom_text frame =
            which < 208 ? chatroom_text_of(frames[which % 13]) : text();
        answered(chatroom_receive(engine(), session(), frame.data, frame.size));
    }

    void submit() {
        union {
            chatroom_configure_command configure;
            chatroom_guest_command guest;
            chatroom_resume_command resume;
            chatroom_create_command create;
            chatroom_join_command join;
            chatroom_set_command set;
            chatroom_post_command post;
            chatroom_text any;
        } body;
        static const unsigned types[] = {10, 11, 20, 21, 22, 23, 24, 30, 31, 31, 32, 33, 34, 35,
                                         36, 40, 40, 40, 41, 0, 1, 2, 3, 4, 99, 65576};
        chatroom_cursor cursors[12];
        std::memset(static_cast<void*>(&body), 0, sizeof body);
        chatroom_command what{};
        what.type = types[byte() % (sizeof types / sizeof *types)];
        what.bytes = sizeof(chatroom_text);
        what.body = &body;
        switch (what.type) {
        case CHATROOM_COMMAND_CONFIGURE:
            body.configure = {text(), number()};
            what.bytes = sizeof body.configure;
            break;
        case CHATROOM_COMMAND_RESUME:
            for (chatroom_cursor& each : cursors) each = {text(), number(), number()};
            body.resume = {text(), {rarely() ? nullptr : cursors, byte() % 13}};
            what.bytes = sizeof body.resume;
            break;
        case CHATROOM_COMMAND_CREATE:
            body.create = {text(), text(), text(), static_cast<std::uint32_t>(number()),
                           static_cast<std::uint8_t>(byte()), static_cast<std::uint8_t>(byte())};
            what.bytes = sizeof body.create;
            break;
        case CHATROOM_COMMAND_JOIN:
            body.join = {text(), byte()};
            what.bytes = sizeof body.join;
            break;
        case CHATROOM_COMMAND_SET:
            body.set = {text(), static_cast<std::uint8_t>(byte() % 7), text()};
            what.bytes = sizeof body.set;
            break;
        case CHATROOM_COMMAND_POST:
            body.post = {text(), text(), static_cast<std::uint8_t>(byte() % 3), number(), text()};
            what.bytes = sizeof body.post;
            break;
        default: body.any = text(); break;
        }
        if (rarely()) what.bytes = byte() % (sizeof body + 1);
        if (rarely()) what.body = nullptr;
        padded<chatroom_outcome> out;
        out.struct_size = size_of_struct(sizeof(chatroom_outcome));
        const chatroom_error why =
            chatroom_submit(engine(), session(), user(), rarely() ? nullptr : &what,
                            rarely() ? nullptr : &out);
        answered(why);
        if (why == CHATROOM_ERROR_NONE && out.token[0] != 0) std::memcpy(token_, out.token, 32);
    }

    void reads() {
        chatroom_engine* const chat = engine();
        const chatroom_failure_event& why = *chatroom_why(chat);
        answered(why.error);
        read(why.field);
        read(why.found);
        chatroom_message_event messages[5];
        chatroom_room_item rooms[5];
        chatroom_member_item members[5];
        const std::size_t capacity = byte() % 6;
        const chatroom_session by = session();
        const chatroom_user as = user();
        const chatroom_history_command history{text(), static_cast<std::uint8_t>(byte() % 6),
                                               number(), number(), byte() % 8};
        const chatroom_history_page_event* page = nullptr;
        if (chatroom_history(chat, by, as, rarely() ? nullptr : &history,
                             rarely() ? nullptr : messages, capacity, &page) == 0) {
            must(page->messages.size <= capacity, "a page is no larger than its room");
            for (std::size_t i = 0; i < page->messages.size; ++i) read(messages[i].text);
        }
        const chatroom_rooms_command list{number(), byte() % 8};
        const chatroom_rooms_page_event* rooms_page = nullptr;
        if (chatroom_rooms(chat, by, as, &list, rooms, capacity, &rooms_page) == 0) {
            for (std::size_t i = 0; i < rooms_page->rooms.size; ++i) read(rooms[i].room);
        }
        const chatroom_members_command people{history.room, number(), byte() % 8};
        const chatroom_members_page_event* members_page = nullptr;
        if (chatroom_members(chat, by, as, &people, members, capacity, &members_page) == 0) {
            for (std::size_t i = 0; i < members_page->members.size; ++i) read(members[i].nick);
        }
        const chatroom_joined_event* room = nullptr;
        if (chatroom_room(chat, by, as, history.room, &room) == 0) read(room->rights);
        chatroom_statistics stats{};
        answered(chatroom_stats(chat, &stats, byte() % (sizeof stats + 1)));
        (void)chatroom_next_tick(chat);
    }

    void records() {
        chatroom_engine* const chat = engine();
        const chatroom_text odd = text();
        std::uint8_t digest[32];
        switch (byte() % 8) {
        case 0:
        case 1: answered(chatroom_commit(chat, record_, record_bytes_)); break;
        case 2: answered(chatroom_abandon(chat, record_number_)); break;
        case 3: answered(chatroom_commit(chat, odd.data, odd.size)); break;
        case 4: answered(chatroom_recover(chat, odd.data, odd.size, nullptr, nullptr)); break;
        case 5: answered(chatroom_restore(chat, odd.data, odd.size)); break;
        case 6: answered(chatroom_digest(chat, rarely() ? nullptr : digest)); break;
        default:
            answered(chatroom_snapshot(chat, image_, byte() * 256u, byte() % 3, nullptr));
            break;
        }
        log_answer_ = static_cast<std::int32_t>(byte() % 5) - 1;
    }

    void close() {
        const bool second = byte() % 2 != 0;
        chatroom_engine*& chat = engines_[second ? 1 : 0];
        if (chat == nullptr || byte() % 4 != 0) return;
        const chatroom_error why = chatroom_close(chat);
        answered(why);
        if (why == CHATROOM_ERROR_INSIDE_CALLBACK) return;
        closed_ = chat;
        chat = nullptr;
    }

    void step() {
        if (++made_ > calls_max) return;
        switch (byte() % 16) {
        case 0: open(byte() % 2); break;
        case 1:
        case 2: connect(); break;
        case 3: answered(chatroom_disconnect(engine(), session())); break;
        case 4: answered(chatroom_pause(engine(), session())); break;
        case 5: answered(chatroom_unpause(engine(), session())); break;
        case 6: time(); break;
        case 7:
        case 8:
        case 9: receive(); break;
        case 10: reads(); break;
        case 11: records(); break;
        case 12: close(); break;
        default: submit(); break;
        }
    }

    void time() {
        now_ += number() % 1000000;
        answered(byte() % 2 == 0 ? chatroom_tick(engine(), now_, byte() % 2 == 0)
                                 : chatroom_advance(engine(), number()));
    }

    // What is left can be taken over by another engine.
    void finish(chatroom_engine* chat) {
        if (chat == nullptr) return;
        log_answer_ = CHATROOM_STORED_NO;
        std::size_t bytes = 0;
        const chatroom_error why =
            chatroom_snapshot(chat, image_, sizeof image_, CHATROOM_SCOPE_EVERYTHING, &bytes);
        must(why == CHATROOM_ERROR_NONE || why == CHATROOM_ERROR_MEMORY_SHORT, "a snapshot");
        must(chatroom_close(chat) == CHATROOM_ERROR_NONE, "an engine closes");
        must(chatroom_close(chat) == CHATROOM_ERROR_ENGINE_CLOSED, "and is closed");
    }

    const std::uint8_t* at_;
    const std::uint8_t* end_;
    std::uint64_t zeros_[64] = {};
    chatroom_engine* engines_[2] = {};
    chatroom_engine* closed_ = nullptr;
    chatroom_session sessions_[8] = {};
    unsigned next_session_ = 0;
    std::uint32_t incarnation_ = 0;
    std::uint64_t now_ = fuzz::begin_ms;
    char token_[32] = {};
    char record_[4096] = {};
    std::size_t record_bytes_ = 0;
    std::uint64_t record_number_ = 0;
    std::int32_t log_answer_ = CHATROOM_STORED_YES;
    unsigned char random_ = 0;
    unsigned depth_ = 0;
    std::size_t made_ = 0;
    char image_[65536] = {};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 8192) return 0;
    caller(data, size).run();
    return 0;
}
