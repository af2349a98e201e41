// Frames of all codecs, split over sessions that come, go, pause and call back.
//
// An input is a list of steps, each ended by the byte 0xff, which stands in no UTF-8:
//
//     Cj Cl Cb Ct      connects with JSON, lines, binary, typed; a digit behind it: short frames
//     V<x>             connects a session of the user x, vouched for by the host
//     0..7<frame>      the frame comes from that session
//     Y0<line> ...     the line is typed there, read by parse_line and submitted
//     P<n> U<n> D<n>   pauses, unpauses, disconnects a session
//     T<n>             time goes on, 1 ms to about a minute
//     H<room>          the host makes a room;   K<room>  and destroys it
//     @<n><step>       the step is done inside a callback, after n more sends
//     L0 L1 L2         the log answers: stored, not stored, pending
//     W A              commits the oldest pending record; abandons it
//
// What must hold: every session gets at most one reply a frame, in its codec, no longer than it
// may be; numbers rise; the records alone make the same state; so does the snapshot.

#include <deque>
#include <map>
#include <set>

#include "fuzz.hpp"

namespace {

using namespace chatroom;

constexpr std::size_t step_end_byte = 0xff;

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const unsigned char c = static_cast<unsigned char>(text[i]);
        const std::size_t more = c < 0x80 ? 0 : c < 0xc2 ? 9 : c < 0xe0 ? 1 : c < 0xf0 ? 2
                                 : c < 0xf5 ? 3 : 9;
        if (more == 9 || text.size() - i <= more) return false;
        for (std::size_t k = 1; k <= more; ++k) {
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
        }
        i += more + 1;
    }
    return true;
}

bool is_reply(event_type type) {
    switch (type) {
    case event_type::ok:
    case event_type::failure:
    case event_type::help:
    case event_type::history_page:
    case event_type::rooms_page:
    case event_type::members_page: return true;
    default: return false;
    }
}

struct connection {
    session_id id{};
    chatroom::wire wire = chatroom::wire::json;
    std::size_t frame_bytes_max = 0;
    std::uint64_t frames = 0, replies = 0;
    std::map<std::string, std::uint64_t> told;   // Number of the last message, by room.
};

class conversation {
public:
    conversation() {
        environment all = hosted();
        all.send = {[](const recipients& to, const event& what, std::string_view frame,
                       void* context) {
            static_cast<conversation*>(context)->on_send(to, what, frame);
        }, this};
        all.log = {[](std::string_view record, std::uint64_t number, void* context) {
            return static_cast<conversation*>(context)->on_log(record, number);
        }, this};
        all.entropy = {fuzz::counted_entropy::fill, &random_};
        fuzz::must(chat_.open(fuzz::small(), all) == error::none, "the engine opens");
        fuzz::must(chat_.tick(fuzz::begin_ms) == error::none, "time begins");
    }

    void step(std::string_view what) {
        if (what.empty()) return;
        const char first = what.front();
        what.remove_prefix(1);
        if (first >= '0' && first <= '7') return receive(number_of(first), what);
        switch (first) {
        case 'C': connect(what); break;
        case 'V': vouch(what); break;
        case 'Y': type(what); break;
        case 'P':
            with(what, [this](session_id id) {
                if (inside_) paused_.insert(id);
                (void)chat_.pause(id);
            });
            break;
        case 'U': with(what, [this](session_id id) { (void)chat_.unpause(id); }); break;
        case 'D': with(what, [this](session_id id) { (void)chat_.disconnect(id); }); break;
        case 'T': (void)chat_.tick(now_ += what.empty() ? 1 : square(what.front())); break;
        case 'H': (void)chat_.submit(host, create{what}); break;
        case 'K': (void)chat_.submit(host, destroy{what}); break;
        case '@': later(what); break;
        case 'L': if (!what.empty()) answer_ = what.front() % 3; break;
        case 'W': commit(); break;
        case 'A': abandon(); break;
        default: break;
        }
    }

    void finish() {
        calls_.clear();
        answer_ = 0;
        while (!pending_.empty()) commit();
        for (int i = 0; i < 64 && chat_.next_tick() == 0; ++i) (void)chat_.tick(++now_);
        fuzz::must(chat_.next_tick() != 0, "what waits is done after a while");
        fuzz::must(pending_.empty(), "nothing is pending");
        fuzz::must_restore(chat_);
        fuzz::quiet_engine other;
        const auto come = other.chat.recover(log_);
        fuzz::must(come.why == error::none && come.value.bytes == log_.size(),
                   "the log is whole");
        fuzz::must(fuzz::digest_of(other.chat) == fuzz::digest_of(chat_),
                   "the records alone make the same state");
        fuzz::use(other.chat);
    }

private:
    static std::size_t number_of(char digit) { return static_cast<std::size_t>(digit - '0') & 7; }
    static std::uint64_t square(char c) {
        const std::uint64_t n = static_cast<unsigned char>(c);
        return n * n + 1;
    }

    template <typename F>
    void with(std::string_view what, F f) {
        if (what.empty() || number_of(what.front()) >= sessions_.size()) return;
        f(sessions_[number_of(what.front())].id);
    }

    void add(const result<session_id>& made, const peer& who) {
        if (made.why != error::none && made.why != error::pending) return;
        connection fresh;
        fresh.id = made.value;
        fresh.wire = who.wire;
        fresh.frame_bytes_max = who.frame_bytes_max != 0 ? who.frame_bytes_max : 1024;
        sessions_.push_back(fresh);
        if (sessions_.size() > 8) sessions_.pop_front();
    }

    void connect(std::string_view what) {
        peer who;
        if (!what.empty()) {
            const char codec = what.front();
            who.wire = codec == 'l' ? wire::lines : codec == 'b' ? wire::binary
                       : codec == 't' ? wire::typed : wire::json;
            if (what.size() > 1) who.frame_bytes_max = 576 + static_cast<unsigned char>(what[1]);
        }
        add(chat_.connect(who), who);
    }

    void vouch(std::string_view what) {
        peer who;
        who.user = what;
        who.nick = what;
        add(chat_.connect(who), who);
    }

    void receive(std::size_t at, std::string_view frame) {
        if (at >= sessions_.size()) return;
        // Not borrowed longer than the call: a copy that goes away tells on who keeps it.
        const std::string copy(frame);
        const session_id id = sessions_[at].id;
        ++sessions_[at].frames;   // Before: the reply comes within the call.
        const error why = chat_.receive(id, copy);
        const bool taken = why == error::none || why == error::queued;
        for (connection& each : sessions_) {
            if (!taken && each.id == id && each.frames != 0) --each.frames;
        }
    }

    void type(std::string_view what) {
        const std::size_t at = what.empty() ? sessions_.size() : number_of(what.front());
        if (at >= sessions_.size()) return;
        const std::string copy(what.substr(1));
        parsed_line line;
        const error why = parse_line("lobby", copy, line);
        fuzz::must(line.refusal.error == why, "a refusal has its facts");
        fuzz::must(why == error::none || line.type == command_type::none, "and no command");
        if (line.type != command_type::none) (void)chat_.submit(sessions_[at].id, line.what());
    }

    void later(std::string_view what) {
        if (what.size() < 2) return;
        calls_.emplace_back(static_cast<unsigned char>(what.front()) & 15,
                            std::string(what.substr(1)));
    }

    stored on_log(std::string_view record, std::uint64_t number) {
        if (answer_ == 1) return stored::no;
        if (answer_ == 0 && pending_.empty()) {
            log_.append(record);
            return stored::yes;
        }
        pending_.emplace_back(number, std::string(record));
        return stored::pending;
    }

    void commit() {
        if (pending_.empty()) return;
        const std::string record = pending_.front().second;
        if (inside_) {
            fuzz::must(chat_.commit(record) == error::inside_callback, "no commit inside");
            return;
        }
        pending_.pop_front();
        log_.append(record);
        const error why = chat_.commit(record);
        fuzz::must(why == error::none, "the engine's own record is good");
    }

    void abandon() {
        if (pending_.empty() || inside_) return;
        const std::uint64_t number = pending_.front().first;
        pending_.pop_front();
        fuzz::must(chat_.abandon(number) == error::none, "a pending record is given up");
    }

    void on_send(const recipients& to, const event& what, std::string_view frame) {
        std::vector<std::string> due;
        for (auto& each : calls_) {
            if (each.first-- == 0) due.push_back(each.second);
        }
        while (!calls_.empty() && calls_.front().first < 0) calls_.pop_front();
        fuzz::must(!inside_, "no frame within a frame");
        inside_ = true;
        paused_.clear();
        for (const std::string& each : due) step(each);
        inside_ = false;
        std::size_t n = 0;
        for (const recipient& each : to) {
            ++n;
            if (paused_.count(each.id) != 0) continue;   // It gets it later.
            judge(each.id, what, frame);
        }
        fuzz::must(n <= to.size() && (n != 0 || !due.empty()), "a frame has recipients");
    }

    void judge(session_id id, const event& what, std::string_view frame) {
        for (connection& each : sessions_) {
            if (each.id != id) continue;
            fuzz::must(frame.size() <= each.frame_bytes_max, "a frame is not too long");
            fuzz::must(frame.empty() == (each.wire == wire::typed), "typed frames are empty");
            if (each.wire == wire::json) {
                fuzz::must(frame.front() == '{' && frame.back() == '}', "a frame is an object");
            }
            if (each.wire != wire::binary) fuzz::must(is_utf8(frame), "a frame is UTF-8");
            if (is_reply(what.type)) ++each.replies;
            fuzz::must(each.replies <= each.frames, "one reply to a frame");
            order(each, what);
        }
    }

    void order(connection& to, const event& what) {
        if (const auto* now = what.as<joined>()) {
            to.told[std::string(now->room)] = 0;
        } else if (const auto* gone = what.as<left>()) {
            to.told.erase(std::string(gone->room));
        } else if (const auto* missed = what.as<gap>()) {
            std::uint64_t& last = to.told[std::string(missed->room)];
            fuzz::must(missed->from <= missed->to && missed->from > last, "a gap is ahead");
            last = missed->to;
        } else if (const auto* said = what.as<message>()) {
            std::uint64_t& last = to.told[std::string(said->room)];
            fuzz::must(last == 0 ? said->number != 0 : said->number == last + 1,
                       "messages come in order and without holes");
            last = said->number;
        }
    }

    engine chat_;
    fuzz::counted_entropy random_;
    std::deque<connection> sessions_;
    std::deque<std::pair<int, std::string>> calls_;
    std::deque<std::pair<std::uint64_t, std::string>> pending_;
    std::set<session_id> paused_;   // Inside the callback at hand.
    std::string log_;
    std::uint64_t now_ = fuzz::begin_ms;
    int answer_ = 0;
    bool inside_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 8192) return 0;
    conversation talk;
    std::string_view left(reinterpret_cast<const char*>(data), size);
    while (!left.empty()) {
        const std::size_t end = left.find(static_cast<char>(step_end_byte));
        talk.step(left.substr(0, end));
        if (end == left.npos) break;
        left.remove_prefix(end + 1);
    }
    talk.finish();
    return 0;
}
