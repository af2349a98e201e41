#include <cstring>
#include <new>

#include "../chatroom_c.h"
#include "c_config.hpp"
#include "c_shapes.hpp"
#include "core.hpp"

// The functions of chatroom_c.h: check, change what differs, call.

/// What C calls an engine. It stands at the front of the engine's block.
struct chatroom_engine {
    chatroom::detail::u32 mark = 0;          ///< Tells an open engine from one that was closed.
    chatroom::detail::u32 inside = 0;        ///< Callbacks that run.
    chatroom::engine core{};
    chatroom_environment host{};             ///< Its callbacks and their contexts.
    chatroom::memory from{};                 ///< Where the block came from.
    void* block = nullptr;
    std::size_t block_bytes = 0;
    chatroom::cursor* cursors = nullptr;     ///< Of a `resume`, as C++ has them.
    std::size_t cursors_max = 0;
    bool cursors_used = false;
    chatroom::detail::c_event_body answer{};   ///< What was asked for last.
};

struct chatroom_recipients {
    const chatroom::recipients* all;
    chatroom::recipients::iterator at;
    bool begun;
};

namespace chatroom::detail {

constexpr u32 open_mark = 0x74616863;
constexpr std::size_t c_alignment = 16;   // As allocators give it; the engine aligns further.

static_assert(sizeof(chatroom_engine) <= CHATROOM_BYTES_HANDLE, "CHATROOM_FOOTPRINT counts it");
static_assert(alignof(chatroom_engine) <= c_alignment, "blocks are aligned to this");
static_assert(CHATROOM_BYTES_ENGINE == item_bytes::engine &&
              CHATROOM_BYTES_USER == item_bytes::user &&
              CHATROOM_BYTES_BINDING == item_bytes::binding &&
              CHATROOM_BYTES_TOKEN == item_bytes::token &&
              CHATROOM_BYTES_NODE == item_bytes::node && CHATROOM_BYTES_ROOM == item_bytes::room &&
              CHATROOM_BYTES_MEMBERSHIP == item_bytes::membership &&
              CHATROOM_BYTES_CHUNK == item_bytes::chunk &&
              CHATROOM_BYTES_SESSION == item_bytes::session &&
              CHATROOM_BYTES_FACE == item_bytes::face &&
              CHATROOM_BYTES_REPLY == item_bytes::reply &&
              CHATROOM_BYTES_EDGE == item_bytes::edge &&
              CHATROOM_BYTES_MESSAGE == item_bytes::message &&
              CHATROOM_BYTES_ROOM_ITEM == item_bytes::room_item &&
              CHATROOM_BYTES_MEMBER_ITEM == item_bytes::member_item &&
              CHATROOM_BYTES_PENDING == item_bytes::pending &&
              CHATROOM_BYTES_CURSOR == item_bytes::cursor,
              "chatroom_c.h publishes the same sizes");
static_assert(sizeof(chatroom_statistics) == sizeof(statistics) &&
              sizeof(chatroom_stat) == sizeof(stat) &&
              offsetof(chatroom_stat, help) == offsetof(stat, help) &&
              offsetof(chatroom_stat, offset) == offsetof(stat, offset), "these are cast");
static_assert(CHATROOM_HOST == static_cast<u32>(chatroom::host), "the host is the same");

static chatroom_error code(error why) noexcept { return static_cast<chatroom_error>(why); }

static error usable(const chatroom_engine* chat) noexcept {
    const std::uintptr_t at = reinterpret_cast<std::uintptr_t>(chat);
    if (at == 0 || at % alignof(chatroom_engine) != 0) return error::invalid_argument;
    return chat->mark == open_mark ? error::none : error::engine_closed;
}

static bool is_view(const void* data, std::size_t size) noexcept {
    return data != nullptr || size == 0;
}
static std::string_view view(const void* data, std::size_t size) noexcept {
    return {static_cast<const char*>(data), size};
}

// Callbacks.

/// While a callback runs.
class calling_back {
public:
    explicit calling_back(chatroom_engine& by) noexcept : by_(by) { ++by_.inside; }
    ~calling_back() { --by_.inside; }
    calling_back(const calling_back&) = delete;
    calling_back& operator=(const calling_back&) = delete;

private:
    chatroom_engine& by_;
};

static void send_to_c(const recipients& to, const event& what, std::string_view frame,
                      void* context) {
    chatroom_engine& chat = *static_cast<chatroom_engine*>(context);
    const c_shape& shape = *shape_of(event_shapes_in_c, static_cast<u32>(what.type));
    c_event_body body;
    std::memcpy(body.bytes, what.body, shape.bytes);
    to_c(shape, body.bytes);
    const chatroom_event told{shape.type, what.must_arrive(), shape.bytes, body.bytes};
    chatroom_recipients range{&to, to.begin(), false};
    {
        const calling_back now(chat);
        chat.host.send(&range, &told, frame.data(), frame.size(), chat.host.send_context);
    }
    list_from_c(shape, body.bytes);
}

static stored log_to_c(std::string_view record, std::uint64_t number, void* context) {
    chatroom_engine& chat = *static_cast<chatroom_engine*>(context);
    const calling_back now(chat);
    switch (chat.host.log(record.data(), record.size(), number, chat.host.log_context)) {
    case CHATROOM_STORED_YES: return stored::yes;
    case CHATROOM_STORED_PENDING: return stored::pending;
    default: return stored::no;
    }
}

static void observe_to_c(const observation& seen, void* context) {
    chatroom_engine& chat = *static_cast<chatroom_engine*>(context);
    c_command_body body;
    chatroom_command command{};
    const c_shape* shape = nullptr;
    if (seen.command != nullptr) {
        command.type = static_cast<u32>(seen.command->type);
        if (seen.command->body != nullptr) shape = shape_of(command_shapes_in_c, command.type);
    }
    if (shape != nullptr) {
        std::memcpy(body.bytes, seen.command->body, shape->bytes);
        to_c(*shape, body.bytes);
        command.bytes = shape->bytes;
        command.body = body.bytes;
    }
    chatroom_observation told{};
    told.origin = static_cast<u32>(seen.origin);
    told.session = seen.session;
    told.user = seen.user;
    told.command = seen.command != nullptr ? &command : nullptr;
    told.why = code(seen.why);
    told.at = seen.at;
    told.ticket = seen.ticket;
    told.number = seen.number;
    told.time = seen.time;
    {
        const calling_back now(chat);
        chat.host.observe(&told, chat.host.observe_context);
    }
    if (shape != nullptr) list_from_c(*shape, body.bytes);
}

static bool entropy_from_c(void* out, std::size_t bytes, void* context) {
    chatroom_engine& chat = *static_cast<chatroom_engine*>(context);
    const calling_back now(chat);
    return chat.host.entropy(out, bytes, chat.host.entropy_context) != 0;
}

static environment environment_of(chatroom_engine& chat, const environment& missing) noexcept {
    environment all;
    all.send = {send_to_c, &chat};
    if (chat.host.log != nullptr) all.log = {log_to_c, &chat};
    if (chat.host.observe != nullptr) all.observe = {observe_to_c, &chat};
    all.entropy = missing.entropy;
    if (chat.host.entropy != nullptr) all.entropy = {entropy_from_c, &chat};
    return all;
}

// Opening.

static registration as_registration(const codec* const* codecs, const chatroom_registration& told,
                                    const feature* const* features) noexcept {
    return {{features, told.feature_count}, {codecs, told.codec_count},
            reinterpret_cast<const name_rules*>(told.names),
            reinterpret_cast<const recorder*>(told.records)};
}

/// The parts that a registration names.
struct c_parts {
    const feature* features[c_features_max];
    const codec* codecs[c_features_max];
    registration all{};

    bool read(const chatroom_registration* from) noexcept {
        chatroom_registration told;
        if (!read_struct(from, told)) return false;
        if (told.feature_count > c_features_max || told.codec_count > c_features_max ||
            !is_view(told.features, told.feature_count) ||
            !is_view(told.codecs, told.codec_count)) {
            return false;
        }
        all = as_registration(codecs, told, features);
        for (u32 i = 0; i < told.feature_count; ++i) {
            features[i] = reinterpret_cast<const feature*>(told.features[i]);
            if (features[i] == nullptr) return false;
        }
        for (u32 i = 0; i < told.codec_count; ++i) {
            codecs[i] = reinterpret_cast<const codec*>(told.codecs[i]);
            if (codecs[i] == nullptr) return false;
        }
        return true;
    }
};

static std::size_t cursors_of(const config& how) noexcept {
    return how.limits.rooms_per_user_max + 1;   // One more, so that the engine sees the excess.
}

// What stands in a block before the engine in C++.
static std::size_t front_bytes(const config& how, const registration& parts) noexcept {
    return c_alignment + sizeof(chatroom_engine) + parts.features.size * sizeof(void*) +
           cursors_of(how) * sizeof(cursor);
}

static std::size_t block_bytes_in_c(const config& how, const registration& parts) noexcept {
    const std::size_t bytes = footprint(how, parts);
    return bytes != 0 ? front_bytes(how, parts) + bytes : 0;
}

static memory memory_of(const chatroom_environment& host, const environment& missing) noexcept {
    memory from;
    from.zeroed = host.memory_zeroed != 0;
    from.buffer = host.buffer;
    from.buffer_bytes = host.buffer_bytes;
    from.allocate = host.allocate;
    from.release = host.release;
    from.context = host.memory_context;
    return host.buffer == nullptr && host.allocate == nullptr ? missing.memory : from;
}

// Sets up the handle at the front of a block, and opens the engine in the rest of it.
static error open_in_block(void* block, std::size_t bytes, const config& how,
                           const chatroom_environment& host, const memory& from,
                           const registration& parts, const environment& missing,
                           chatroom_engine** out) noexcept {
    char* const base = static_cast<char*>(block);
    arena rest{base + (c_alignment - 1 - (reinterpret_cast<std::uintptr_t>(block) - 1) %
                                             c_alignment), 0};
    chatroom_engine& chat = *new (rest.take(sizeof(chatroom_engine), 8)) chatroom_engine;
    const feature** const features =
        static_cast<const feature**>(rest.take(parts.features.size * sizeof(void*), 8));
    for (std::size_t i = 0; i < parts.features.size; ++i) features[i] = parts.features[i];
    chat.cursors_max = cursors_of(how);
    chat.cursors = static_cast<cursor*>(rest.take(chat.cursors_max * sizeof(cursor), 8));
    chat.host = host;
    chat.from = from;
    chat.block = block;
    chat.block_bytes = bytes;
    environment all = environment_of(chat, missing);
    char* const begin = static_cast<char*>(rest.take(0, 8));
    all.memory.buffer = begin;
    all.memory.buffer_bytes = static_cast<std::size_t>(base + bytes - begin);
    all.memory.zeroed = from.zeroed;
    registration kept = parts;
    kept.features.data = features;
    const error why = chat.core.open_with(how, all, kept);
    if (why != error::none) return why;
    chat.mark = open_mark;
    *out = &chat;
    return why;
}

static error open_for_c(const chatroom_config* config_told, const chatroom_environment& host,
                        const registration& parts, const environment& missing,
                        chatroom_engine** out) noexcept {
    config how;
    if (error e = config_from_c(config_told, how); e != error::none) return e;
    if (host.send == nullptr) return error::invalid_argument;
    if (host.log != nullptr && parts.records == nullptr) return error::invalid_argument;
    if (!config_valid(how)) return error::config_invalid;
    const memory from = memory_of(host, missing);
    void* block = from.buffer;
    std::size_t bytes = from.buffer_bytes;
    if (block == nullptr) {
        bytes = block_bytes_in_c(how, parts);
        if (bytes == 0 || from.allocate == nullptr) return error::memory_short;
        block = from.allocate(bytes, from.context);
        if (block == nullptr) return error::memory_short;
    } else if (bytes < front_bytes(how, parts)) {   // The engine judges the rest of it.
        return error::memory_short;
    }
    const error why = open_in_block(block, bytes, how, host, from, parts, missing, out);
    const bool given = from.buffer == nullptr && from.release != nullptr;
    if (why != error::none && given) from.release(block, bytes, from.context);
    return why;
}

// Commands.

// Copies a command into the form of C++; its cursors into the engine's, of which there is one set.
static error command_from_c(chatroom_engine& chat, const chatroom_command& what,
                            const c_shape& shape, c_command_body& body) noexcept {
    if (what.bytes > 4096 || !is_view(what.body, what.bytes)) return error::invalid_argument;
    std::memset(body.bytes, 0, sizeof body.bytes);
    if (what.bytes != 0) {
        std::memcpy(body.bytes, what.body, smaller(what.bytes, std::size_t{shape.bytes}));
    }
    if (!is_zero_from(what.body, shape.bytes, what.bytes) || !from_c(shape, body.bytes)) {
        return error::invalid_argument;
    }
    if (shape.type != static_cast<u16>(command_type::resume)) return error::none;
    chatroom_cursors told{};
    char* const at = body.bytes + offsetof(resume, cursors);
    std::memcpy(&told, at, sizeof told);
    if (told.size == 0) return error::none;
    if (told.data == nullptr) return error::invalid_argument;
    if (chat.cursors_used) return error::inside_callback;
    const any_list copy{chat.cursors, smaller(told.size, chat.cursors_max)};
    std::memcpy(static_cast<void*>(chat.cursors), told.data, copy.size * sizeof *chat.cursors);
    std::memcpy(at, &copy, sizeof copy);
    for (std::size_t i = 0; i < copy.size; ++i) {
        if (!from_c(c_shape_cursor, chat.cursors + i)) return error::invalid_argument;
    }
    chat.cursors_used = true;
    return error::none;
}

static result<outcome> submit_for_c(chatroom_engine& chat, session_id by, user_id user,
                                    const chatroom_command& what) noexcept {
    const c_shape* const shape = shape_of(command_shapes_in_c, what.type);
    const command_type type = static_cast<command_type>(what.type);
    if (shape == nullptr) {   // Which the engine refuses before it looks at the body.
        const bool any = static_cast<u32>(type) == what.type;
        return chat.core.submit(by, command(any ? type : command_type::none, nullptr), user);
    }
    c_command_body body;
    const error why = command_from_c(chat, what, *shape, body);
    if (why != error::none) return {{}, why};
    return chat.core.submit(by, command(type, body.bytes), user);
}

// Not inlined, so that a command does not have its stack.
[[gnu::noinline]] static void outcome_to_c(const outcome& done, chatroom_outcome* out,
                                           u32 size) noexcept {
    chatroom_outcome told{};
    told.struct_size = size;
    std::memcpy(told.token, done.token, sizeof done.token);
    told.ticket = done.ticket;
    told.number = done.number;
    told.time = done.time;
    told.user = done.user;
    std::memcpy(out, &told, smaller(sizeof told, std::size_t{size}));
}

// Reads.

static viewer viewer_of(chatroom_session by, chatroom_user user) noexcept {
    viewer who{session_id{by}};
    who.user = user_id{user};
    return who;
}

// What a read is asked with, in the form of C++.
template <typename T>
static bool asked_by_c(const void* told, T& what) noexcept {
    if (told == nullptr) return false;
    std::memcpy(static_cast<void*>(&what), told, sizeof what);
    return from_c(*shape_of(command_shapes_in_c, static_cast<u32>(T::type)), &what);
}

// Keeps an answer where C can look at it, with its list, which stands in the caller's array.
template <typename In_c, typename T>
static const In_c* answer_to_c(chatroom_engine& chat, const T& told) noexcept {
    std::memcpy(chat.answer.bytes, &told, sizeof told);
    to_c(*shape_of(event_shapes_in_c, static_cast<u32>(T::type)), chat.answer.bytes);
    return reinterpret_cast<const In_c*>(chat.answer.bytes);
}

// A list, read into the caller's array, whose items are alike in both languages.
template <typename T, typename Item, typename Page, typename Item_in_c, typename Page_in_c>
static chatroom_error read_list(
    chatroom_engine* chat, const viewer& by, const void* what, Item_in_c* out,
    std::size_t capacity, const Page_in_c** page,
    result<Page> (engine::*read)(viewer, const T&, Item*, std::size_t) noexcept) noexcept {
    if (page != nullptr) *page = nullptr;
    if (error e = usable(chat); e != error::none) return code(e);
    T asked;
    if (page == nullptr || !is_view(out, capacity) || !asked_by_c(what, asked)) {
        return CHATROOM_ERROR_INVALID_ARGUMENT;
    }
    const auto told = (chat->core.*read)(by, asked, reinterpret_cast<Item*>(out), capacity);
    if (told.why != error::none) return code(told.why);
    *page = answer_to_c<Page_in_c>(*chat, told.value);
    return CHATROOM_ERROR_NONE;
}

// The functions. Those that take no engine come first.

extern "C" {

#define CHATROOM_TEXT_OF(number) #number
#define CHATROOM_NUMBER(number) CHATROOM_TEXT_OF(number)
const char* chatroom_version(void) {
    return CHATROOM_NUMBER(CHATROOM_VERSION_MAJOR) "." CHATROOM_NUMBER(
        CHATROOM_VERSION_MINOR) "." CHATROOM_NUMBER(CHATROOM_VERSION_PATCH);
}
#undef CHATROOM_TEXT_OF
#undef CHATROOM_NUMBER

std::uint32_t chatroom_abi_version(void) { return CHATROOM_ABI_VERSION; }

const char* chatroom_error_name(chatroom_error why) { return error_name(static_cast<error>(why)); }
const char* chatroom_error_text(chatroom_error why) { return error_text(static_cast<error>(why)); }

chatroom_error chatroom_config_sized(chatroom_config* config, std::uint32_t users,
                                     std::uint32_t sessions, std::uint32_t rooms,
                                     std::uint32_t messages, std::uint32_t text_bytes) {
    if (config == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    return code(config_to_c(config, users, sessions, rooms, messages, text_bytes));
}

const char* chatroom_config_fault(const chatroom_config* config) {
    chatroom::config how;
    if (config_from_c(config, how) == error::none) return config_fault(how);
    chatroom_config told;
    return read_struct(config, told) ? "preset" : "struct_size";
}

int chatroom_hosted_entropy(void* out, std::size_t bytes, void*) {
    const entropy from = hosted().entropy;
    return from.fn != nullptr && is_view(out, bytes) && from.fn(out, bytes, from.context);
}

void* chatroom_hosted_allocate(std::size_t bytes, void*) {
    const memory from = hosted().memory;
    return from.allocate != nullptr ? from.allocate(bytes, from.context) : nullptr;
}

void chatroom_hosted_release(void* block, std::size_t bytes, void*) {
    const memory from = hosted().memory;
    if (from.release != nullptr) from.release(block, bytes, from.context);
}

std::uint64_t chatroom_hosted_now(void) { return hosted_now(); }

const chatroom_stat* chatroom_stats_table(std::size_t* count) {
    const list<stat> rows = stats_table();
    if (count != nullptr) *count = rows.size;
    return reinterpret_cast<const chatroom_stat*>(rows.data);
}

// Parts: opaque on both sides.

const chatroom_feature* chatroom_feature_guests(void) {
    return reinterpret_cast<const chatroom_feature*>(&features::guests());
}
const chatroom_feature* chatroom_feature_rooms(void) {
    return reinterpret_cast<const chatroom_feature*>(&features::rooms());
}
const chatroom_feature* chatroom_feature_posts(void) {
    return reinterpret_cast<const chatroom_feature*>(&features::posts());
}
const chatroom_feature* chatroom_feature_settings(void) {
    return reinterpret_cast<const chatroom_feature*>(&features::settings());
}
const chatroom_codec* chatroom_codec_json(void) {
    return reinterpret_cast<const chatroom_codec*>(&codecs::json());
}
const chatroom_codec* chatroom_codec_lines(void) {
    return reinterpret_cast<const chatroom_codec*>(&codecs::lines());
}
const chatroom_codec* chatroom_codec_binary(void) {
    return reinterpret_cast<const chatroom_codec*>(&codecs::binary());
}
const chatroom_names* chatroom_names_unicode(void) {
    return reinterpret_cast<const chatroom_names*>(&names::unicode());
}
const chatroom_names* chatroom_names_ascii(void) {
    return reinterpret_cast<const chatroom_names*>(&names::ascii());
}
const chatroom_recorder* chatroom_records(void) {
    return reinterpret_cast<const chatroom_recorder*>(&parts::records());
}

// Opening.

std::size_t chatroom_footprint(const chatroom_config* config) {
    chatroom::config how;
    if (config_from_c(config, how) != error::none) return 0;
    return block_bytes_in_c(how, everything());
}

std::size_t chatroom_footprint_with(const chatroom_config* config,
                                    const chatroom_registration* parts) {
    chatroom::config how;
    c_parts told;
    if (config_from_c(config, how) != error::none || !told.read(parts)) return 0;
    return block_bytes_in_c(how, told.all);
}

chatroom_error chatroom_open(const chatroom_config* config, const chatroom_environment* host,
                             chatroom_engine** out) {
    if (out == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    *out = nullptr;
    chatroom_environment told;
    if (!read_struct(host, told)) return CHATROOM_ERROR_INVALID_ARGUMENT;
    return code(open_for_c(config, told, everything(), hosted(), out));
}

chatroom_error chatroom_open_in(const chatroom_config* config, const chatroom_environment* host,
                                void* buffer, std::size_t bytes, chatroom_engine** out) {
    if (out == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    *out = nullptr;
    chatroom_environment told;
    if (buffer == nullptr || !read_struct(host, told)) {
        return CHATROOM_ERROR_INVALID_ARGUMENT;
    }
    told.buffer = buffer;
    told.buffer_bytes = bytes;
    environment missing = hosted();
    missing.memory = {};   // The buffer is what it gets: no heap is linked for it.
    return code(open_for_c(config, told, everything(), missing, out));
}

chatroom_error chatroom_open_with(const chatroom_config* config, const chatroom_environment* host,
                                  const chatroom_registration* parts, chatroom_engine** out) {
    if (out == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    *out = nullptr;
    chatroom_environment told;
    c_parts named;
    if (!read_struct(host, told) || !named.read(parts)) {
        return CHATROOM_ERROR_INVALID_ARGUMENT;
    }
    return code(open_for_c(config, told, named.all, environment{}, out));
}

chatroom_error chatroom_close(chatroom_engine* chat) {
    if (chat == nullptr) return CHATROOM_ERROR_NONE;
    if (error e = usable(chat); e != error::none) return code(e);
    if (chat->inside != 0) return CHATROOM_ERROR_INSIDE_CALLBACK;
    chat->core.close();
    chat->mark = 0;
    const memory from = chat->from;
    if (from.buffer == nullptr && from.release != nullptr) {
        from.release(chat->block, chat->block_bytes, from.context);
    }
    return CHATROOM_ERROR_NONE;
}

// Recipients.

int chatroom_recipients_next(chatroom_recipients* to, chatroom_recipient* out) {
    if (to == nullptr || out == nullptr) return 0;
    if (to->begun) {   // Only now: it may have ended meanwhile, or others.
        ++to->at;
    } else {
        to->at = to->all->begin();
    }
    to->begun = to->at != to->all->end();
    if (to->begun) *out = {to->at->id, to->at->tag};
    return to->begun;
}

std::size_t chatroom_recipients_count(const chatroom_recipients* to) {
    return to != nullptr ? to->all->size() : 0;
}

// Sessions.

chatroom_error chatroom_connect(chatroom_engine* chat, const chatroom_peer* who,
                                chatroom_session* out) {
    if (out != nullptr) *out = 0;
    if (error e = usable(chat); e != error::none) return code(e);
    peer named;
    chatroom_peer told{};
    if (out == nullptr || (who != nullptr && !read_struct(who, told)) ||
        told.wire > CHATROOM_WIRE_TYPED || !is_view(told.user.data, told.user.size) ||
        !is_view(told.nick.data, told.nick.size)) {
        return CHATROOM_ERROR_INVALID_ARGUMENT;
    }
    named.tag = told.tag;
    named.wire = static_cast<wire>(told.wire);
    named.frame_bytes_max = told.frame_bytes_max;
    named.user = view(told.user.data, told.user.size);
    named.nick = view(told.nick.data, told.nick.size);
    const result<session_id> made = chat->core.connect(named);
    *out = made.value;
    return code(made.why);
}

chatroom_error chatroom_disconnect(chatroom_engine* chat, chatroom_session session) {
    const error e = usable(chat);
    return code(e != error::none ? e : chat->core.disconnect(session_id{session}));
}

chatroom_error chatroom_receive(chatroom_engine* chat, chatroom_session session, const void* frame,
                                std::size_t bytes) {
    if (error e = usable(chat); e != error::none) return code(e);
    if (!is_view(frame, bytes)) return CHATROOM_ERROR_INVALID_ARGUMENT;
    return code(chat->core.receive(session_id{session}, view(frame, bytes)));
}

chatroom_error chatroom_pause(chatroom_engine* chat, chatroom_session session) {
    const error e = usable(chat);
    return code(e != error::none ? e : chat->core.pause(session_id{session}));
}

chatroom_error chatroom_unpause(chatroom_engine* chat, chatroom_session session) {
    const error e = usable(chat);
    return code(e != error::none ? e : chat->core.unpause(session_id{session}));
}

// Commands.

chatroom_error chatroom_submit(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                               const chatroom_command* what, chatroom_outcome* out) {
    if (error e = usable(chat); e != error::none) return code(e);
    if (what == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    const u32 size = out != nullptr ? out->struct_size : 0;
    if (out != nullptr && !is_struct_size(size)) return CHATROOM_ERROR_INVALID_ARGUMENT;
    const bool outer = !chat->cursors_used;
    const result<outcome> done = submit_for_c(*chat, session_id{by}, user_id{user}, *what);
    if (outer) chat->cursors_used = false;
    if (out != nullptr) outcome_to_c(done.value, out, size);
    return code(done.why);
}

const chatroom_failure_event* chatroom_why(chatroom_engine* chat) {
    static constexpr chatroom_failure_event nothing{};
    if (usable(chat) != error::none) return &nothing;
    return answer_to_c<chatroom_failure_event>(*chat, chat->core.why());
}

chatroom_error chatroom_parse_line(chatroom_text room, chatroom_text text,
                                   chatroom_parsed_line* out) {
    static_assert(sizeof out->body == sizeof(parsed_line::body), "a command fits both");
    const bool texts = is_view(room.data, room.size) && is_view(text.data, text.size);
    if (out == nullptr || out->struct_size < sizeof *out || !texts) {
        return CHATROOM_ERROR_INVALID_ARGUMENT;
    }
    parsed_line line;
    const error e = parse_line({room.data, room.size}, {text.data, text.size}, line);
    const u32 size = out->struct_size;
    *out = chatroom_parsed_line{};
    out->struct_size = size;
    out->help = line.help ? 1 : 0;
    std::memcpy(static_cast<void*>(&out->refusal), &line.refusal, sizeof line.refusal);
    to_c(*shape_of(event_shapes_in_c, static_cast<u32>(event_type::failure)), &out->refusal);
    if (line.type == command_type::none) return code(e);
    const c_shape& shape = *shape_of(command_shapes_in_c, static_cast<u32>(line.type));
    std::memcpy(out->body, line.body, sizeof out->body);
    to_c(shape, out->body);
    out->command = {static_cast<u32>(line.type), shape.bytes, out->body};
    return code(e);
}

// Reads.

chatroom_error chatroom_history(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                                const chatroom_history_command* what, chatroom_message_event* out,
                                std::size_t capacity, const chatroom_history_page_event** page) {
    return read_list(chat, viewer_of(by, user), what, out, capacity, page, &engine::history);
}

chatroom_error chatroom_rooms(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                              const chatroom_rooms_command* what, chatroom_room_item* out,
                              std::size_t capacity, const chatroom_rooms_page_event** page) {
    return read_list(chat, viewer_of(by, user), what, out, capacity, page, &engine::rooms);
}

chatroom_error chatroom_members(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                                const chatroom_members_command* what, chatroom_member_item* out,
                                std::size_t capacity, const chatroom_members_page_event** page) {
    return read_list(chat, viewer_of(by, user), what, out, capacity, page, &engine::members);
}

chatroom_error chatroom_room(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                             chatroom_text name, const chatroom_joined_event** out) {
    if (out != nullptr) *out = nullptr;
    if (error e = usable(chat); e != error::none) return code(e);
    if (out == nullptr || !is_view(name.data, name.size)) return CHATROOM_ERROR_INVALID_ARGUMENT;
    const result<joined> read = chat->core.room(viewer_of(by, user), view(name.data, name.size));
    if (read.why != error::none) return code(read.why);
    *out = answer_to_c<chatroom_joined_event>(*chat, read.value);
    return CHATROOM_ERROR_NONE;
}

// Time.

chatroom_error chatroom_tick(chatroom_engine* chat, std::uint64_t now_ms, int leap_confirmed) {
    const error e = usable(chat);
    return code(e != error::none ? e : chat->core.tick(now_ms, leap_confirmed != 0));
}

chatroom_error chatroom_advance(chatroom_engine* chat, std::uint64_t elapsed_ms) {
    const error e = usable(chat);
    return code(e != error::none ? e : chat->core.advance(elapsed_ms));
}

std::uint64_t chatroom_next_tick(const chatroom_engine* chat) {
    return usable(chat) != error::none ? ~u64{0} : chat->core.next_tick();
}

// Log, snapshot, digest.

chatroom_error chatroom_commit(chatroom_engine* chat, const void* record, std::size_t bytes) {
    if (error e = usable(chat); e != error::none) return code(e);
    if (!is_view(record, bytes)) return CHATROOM_ERROR_INVALID_ARGUMENT;
    return code(chat->core.commit(view(record, bytes)));
}

chatroom_error chatroom_abandon(chatroom_engine* chat, std::uint64_t number) {
    const error e = usable(chat);
    return code(e != error::none ? e : chat->core.abandon(number));
}

chatroom_error chatroom_recover(chatroom_engine* chat, const void* log, std::size_t bytes,
                                std::uint64_t* records_read, std::uint64_t* bytes_read) {
    result<recovery> come;
    come.why = usable(chat);
    if (come.why == error::none) {
        come.why = error::invalid_argument;
        if (is_view(log, bytes)) come = chat->core.recover(view(log, bytes));
    }
    if (records_read != nullptr) *records_read = come.value.records;
    if (bytes_read != nullptr) *bytes_read = come.value.bytes;
    return code(come.why);
}

chatroom_error chatroom_digest(chatroom_engine* chat, std::uint8_t out[32]) {
    if (error e = usable(chat); e != error::none) return code(e);
    if (out == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    const result<fingerprint> print = chat->core.digest();
    if (print.why == error::none) std::memcpy(out, print.value.bytes, sizeof print.value.bytes);
    return code(print.why);
}

chatroom_error chatroom_snapshot(chatroom_engine* chat, void* out, std::size_t capacity,
                                 std::uint32_t scope_told, std::size_t* bytes) {
    if (bytes != nullptr) *bytes = 0;
    if (error e = usable(chat); e != error::none) return code(e);
    if (!is_view(out, capacity) || scope_told > CHATROOM_SCOPE_MIGRATION) {
        return CHATROOM_ERROR_INVALID_ARGUMENT;
    }
    const result<std::size_t> done =
        chat->core.snapshot(out, capacity, static_cast<scope>(scope_told));
    if (bytes != nullptr) *bytes = done.value;
    return code(done.why);
}

chatroom_error chatroom_restore(chatroom_engine* chat, const void* snapshot, std::size_t bytes) {
    if (error e = usable(chat); e != error::none) return code(e);
    if (!is_view(snapshot, bytes)) return CHATROOM_ERROR_INVALID_ARGUMENT;
    return code(chat->core.restore(view(snapshot, bytes)));
}

// Watching.

chatroom_error chatroom_stats(const chatroom_engine* chat, chatroom_statistics* out,
                              std::size_t bytes) {
    if (error e = usable(chat); e != error::none) return code(e);
    if (out == nullptr || bytes == 0 || bytes % sizeof(u64) != 0 || bytes > 4096) {
        return CHATROOM_ERROR_INVALID_ARGUMENT;
    }
    const statistics now = chat->core.stats();
    std::memset(out, 0, bytes);
    std::memcpy(out, &now, smaller(bytes, sizeof now));
    return CHATROOM_ERROR_NONE;
}

}  // extern "C"

}  // namespace chatroom::detail
