#include <cstring>
#include <new>

#include "../chatroom_c.h"
#include "c_config.hpp"
#include "c_shapes.hpp"
#include "client.hpp"
#include "client/core.hpp"

// The client half of chatroom_c.h: check, change what differs, call.

/// What C calls a client. It stands at the front of the client's block.
struct chatroom_client {
    chatroom::detail::u32 mark = 0;          ///< Tells an open client from one that was closed.
    chatroom::detail::u32 inside = 0;        ///< Callbacks that run.
    chatroom::client core{};
    chatroom_client_environment host{};      ///< Its callbacks and their contexts.
    chatroom::memory from{};                 ///< Where the block came from.
    void* block = nullptr;
    std::size_t block_bytes = 0;
};

namespace chatroom::detail {

/// The small steps between C and a client.
struct client_in_c {
    static constexpr u32 mark = 0x6e696c63;
    static constexpr std::size_t alignment = 16;

    static chatroom_error code(error why) noexcept { return static_cast<chatroom_error>(why); }

    static error usable(const chatroom_client* client) noexcept {
        const std::uintptr_t at = reinterpret_cast<std::uintptr_t>(client);
        if (at == 0 || at % alignof(chatroom_client) != 0) return error::invalid_argument;
        return client->mark == mark ? error::none : error::engine_closed;
    }
    static bool is_text(chatroom_text text) noexcept {
        return text.data != nullptr || text.size == 0;
    }
    static std::string_view view(chatroom_text text) noexcept { return {text.data, text.size}; }
    static chatroom_text text(std::string_view view) noexcept { return {view.data(), view.size()}; }

    static void send(std::string_view frame, void* context) {
        chatroom_client& client = *static_cast<chatroom_client*>(context);
        ++client.inside;
        client.host.send(frame.data(), frame.size(), client.host.send_context);
        --client.inside;
    }
    static bool entropy(void* out, std::size_t bytes, void* context) {
        chatroom_client& client = *static_cast<chatroom_client*>(context);
        ++client.inside;
        const bool drawn = client.host.entropy(out, bytes, client.host.entropy_context) != 0;
        --client.inside;
        return drawn;
    }
    static void tell(const client_change& change, void* context);
};

// A copy of what stands behind a pointer, in the form that it has in C.
template <typename In_c, typename T>
static const In_c* copy_to_c(const T* from, const c_shape& shape, c_event_body& to) noexcept {
    if (from == nullptr) return nullptr;
    std::memcpy(to.bytes, static_cast<const void*>(from), sizeof *from);
    to_c(shape, to.bytes);
    return reinterpret_cast<const In_c*>(to.bytes);
}

void client_in_c::tell(const client_change& change, void* context) {
    chatroom_client& client = *static_cast<chatroom_client*>(context);
    c_event_body reply, refusal, item;
    chatroom_client_change told{};
    told.what = static_cast<u32>(change.what);
    told.why = code(change.why);
    told.command = static_cast<u32>(change.command);
    told.room = text(change.room);
    told.tag = change.tag;
    told.reply = copy_to_c<chatroom_ok_event>(
        change.reply, *shape_of(event_shapes_in_c, static_cast<u32>(event_type::ok)), reply);
    told.refusal = copy_to_c<chatroom_failure_event>(
        change.refusal, *shape_of(event_shapes_in_c, static_cast<u32>(event_type::failure)),
        refusal);
    told.item = copy_to_c<chatroom_room_item>(change.item, c_shape_room_item, item);
    ++client.inside;
    client.host.tell(&told, client.host.tell_context);
    --client.inside;
}

// Opening.

static_assert(sizeof(chatroom_client_config) == sizeof(client_config) + 4 &&
              offsetof(chatroom_client_config, ping_ms) == offsetof(client_config, ping_ms) + 4,
              "chatroom_client_config has the members of client_config, in the same order");

static error client_config_from_c(const chatroom_client_config* from, client_config& how) noexcept {
    how = client_defaults;
    chatroom_client_config told;
    if (from == nullptr) return error::none;
    if (!read_struct(from, told)) return error::invalid_argument;
    const char* at = reinterpret_cast<const char*>(&told) + 4;
    char* to = reinterpret_cast<char*>(&how);
    for (std::size_t i = 0; i < sizeof how / 4; ++i, at += 4, to += 4) {
        u32 word = 0;
        std::memcpy(&word, at, sizeof word);
        if (word == 0) continue;
        if (word == CHATROOM_ZERO) word = 0;
        std::memcpy(to, &word, sizeof word);
    }
    return error::none;
}

static std::size_t client_block_bytes(const client_config& how) noexcept {
    const std::size_t bytes = client_footprint(how);
    constexpr std::size_t handle = (sizeof(chatroom_client) + 7) & ~std::size_t{7};
    return bytes != 0 ? client_in_c::alignment + handle + bytes : 0;
}

static error open_client_for_c(const chatroom_client_config* config,
                               const chatroom_client_environment* told,
                               const environment& missing, const client_codec* frames,
                               chatroom_client** out) noexcept {
    chatroom_client_environment host;
    client_config how = client_defaults;
    if (!read_struct(told, host) || frames == nullptr) return error::invalid_argument;
    if (error e = client_config_from_c(config, how); e != error::none) return e;
    const bool random = host.entropy != nullptr || missing.entropy.fn != nullptr;
    if (host.send == nullptr || !random) return error::invalid_argument;
    const std::size_t bytes = client_block_bytes(how);
    if (bytes == 0) return error::config_invalid;
    memory from = missing.memory;
    if (host.buffer != nullptr || host.allocate != nullptr) {
        from = {host.buffer, host.buffer_bytes, host.allocate, host.release, host.memory_context,
                false};
    }
    if (from.buffer != nullptr ? from.buffer_bytes < bytes : from.allocate == nullptr) {
        return error::memory_short;
    }
    void* const block = from.buffer != nullptr ? from.buffer : from.allocate(bytes, from.context);
    if (block == nullptr) return error::memory_short;
    char* const base = static_cast<char*>(block);
    arena rest{base + (client_in_c::alignment - 1 - (reinterpret_cast<std::uintptr_t>(block) - 1) %
                                                        client_in_c::alignment), 0};
    chatroom_client& client = *new (rest.take(sizeof(chatroom_client), 8)) chatroom_client;
    client.host = host;
    client.from = from;
    client.block = block;
    client.block_bytes = bytes;
    client_environment all;
    all.send = {client_in_c::send, &client};
    if (host.tell != nullptr) all.tell = {client_in_c::tell, &client};
    all.entropy = missing.entropy;
    if (host.entropy != nullptr) all.entropy = {client_in_c::entropy, &client};
    char* const begin = static_cast<char*>(rest.take(0, 8));
    all.memory.buffer = begin;
    all.memory.buffer_bytes = static_cast<std::size_t>(base + bytes - begin);
    const error why = client.core.open_with(how, all, *frames);
    if (why == error::none) {
        client.mark = client_in_c::mark;
        *out = &client;
    } else if (from.buffer == nullptr && from.release != nullptr) {
        from.release(block, bytes, from.context);
    }
    return why;
}

// Views.

static void view_to_c(const client_room& from, chatroom_client_room_view& to) noexcept {
    to.name = client_in_c::text(from.name);
    to.title = client_in_c::text(from.title);
    to.topic = client_in_c::text(from.topic);
    to.rights = client_in_c::text(from.rights);
    to.id = from.id;
    to.owner = from.owner;
    to.capacity = from.capacity;
    to.count = from.count;
    to.roster = from.roster;
    to.begin = from.begin;
    to.last = from.last;
    to.seen = from.seen;
    to.unread = from.unread;
    to.persistent = from.persistent;
    to.managed = from.managed;
    to.live = from.live;
    to.members_known = from.members_known;
    to.complete = from.complete;
    to.loading = from.loading;
}

static void view_to_c(const client_entry& from, chatroom_client_entry_view& to) noexcept {
    to.what = static_cast<u8>(from.what);
    to.kind = static_cast<u8>(from.kind);
    to.bytes = from.bytes;
    to.number = from.number;
    to.to = from.to;
    to.time = from.time;
    to.user = from.user;
    to.reply_to = from.reply_to;
    to.nick = client_in_c::text(from.nick);
    to.text = client_in_c::text(from.text);
}

static void view_to_c(const client_member& from, chatroom_client_member_view& to) noexcept {
    to.user = from.user;
    to.nick = client_in_c::text(from.nick);
    to.online = from.online;
}

static void view_to_c(const client_post& from, chatroom_client_post_view& to) noexcept {
    to.id = from.id;
    to.text = client_in_c::text(from.text);
    to.reply_to = from.reply_to;
    to.time = from.time;
    to.failed = client_in_c::code(from.failed);
    to.kind = static_cast<u8>(from.kind);
    to.limit = from.limit;
    to.retry_ms = from.retry_ms;
}

// Reads one of a room's list, which `list` picks.
template <typename List, typename View>
static chatroom_error read_for_c(const chatroom_client* client, chatroom_text room, std::size_t at,
                                 View* out, List list) noexcept {
    if (error e = client_in_c::usable(client); e != error::none) return client_in_c::code(e);
    if (out == nullptr || !client_in_c::is_text(room)) return CHATROOM_ERROR_INVALID_ARGUMENT;
    const std::string_view name = client_in_c::view(room);
    if (client->core.room(name).why != error::none) return CHATROOM_ERROR_ROOM_UNKNOWN;
    const auto all = list(client->core, name);
    if (at >= all.size()) return CHATROOM_ERROR_INVALID_ARGUMENT;
    view_to_c(all[at], *out);
    return CHATROOM_ERROR_NONE;
}

// Calls with one text, most of them with a tag.
template <typename Call>
static chatroom_error call_for_c(chatroom_client* client, chatroom_text text, Call call) noexcept {
    if (error e = client_in_c::usable(client); e != error::none) return client_in_c::code(e);
    if (!client_in_c::is_text(text)) return CHATROOM_ERROR_INVALID_ARGUMENT;
    return client_in_c::code(call(client->core, client_in_c::view(text)));
}

// Calls with a command in the form of C.
template <typename Call>
static chatroom_error command_for_c(chatroom_client* client, const void* told, std::size_t bytes,
                                    u32 type, Call call) noexcept {
    if (error e = client_in_c::usable(client); e != error::none) return client_in_c::code(e);
    const c_shape* const shape = shape_of(command_shapes_in_c, type);
    if (shape == nullptr || type == static_cast<u32>(command_type::resume) || bytes > 4096 ||
        (told == nullptr && bytes != 0)) {
        return CHATROOM_ERROR_INVALID_ARGUMENT;
    }
    c_command_body body{};
    if (bytes != 0) std::memcpy(body.bytes, told, smaller(bytes, std::size_t{shape->bytes}));
    if (!is_zero_from(told, shape->bytes, bytes) || !from_c(*shape, body.bytes)) {
        return CHATROOM_ERROR_INVALID_ARGUMENT;
    }
    return client_in_c::code(call(client->core, static_cast<const void*>(body.bytes)));
}

}  // namespace chatroom::detail

using chatroom::client;
using chatroom::error;
using chatroom::detail::client_in_c;

extern "C" {

// Opening.

const chatroom_client_codec* chatroom_client_codec_json(void) {
    return reinterpret_cast<const chatroom_client_codec*>(&chatroom::client_codecs::json());
}
const chatroom_client_codec* chatroom_client_codec_binary(void) {
    return reinterpret_cast<const chatroom_client_codec*>(&chatroom::client_codecs::binary());
}

std::size_t chatroom_client_footprint(const chatroom_client_config* config) {
    chatroom::client_config how = chatroom::detail::client_defaults;
    if (chatroom::detail::client_config_from_c(config, how) != error::none) return 0;
    return chatroom::detail::client_block_bytes(how);
}

chatroom_error chatroom_client_open(const chatroom_client_config* config,
                                    const chatroom_client_environment* host,
                                    chatroom_client** out) {
    if (out == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    *out = nullptr;
    return client_in_c::code(chatroom::detail::open_client_for_c(
        config, host, chatroom::hosted(), &chatroom::client_codecs::json(), out));
}

chatroom_error chatroom_client_open_with(const chatroom_client_config* config,
                                         const chatroom_client_environment* host,
                                         const chatroom_client_codec* frames,
                                         chatroom_client** out) {
    if (out == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    *out = nullptr;
    return client_in_c::code(chatroom::detail::open_client_for_c(
        config, host, chatroom::environment{},
        reinterpret_cast<const chatroom::client_codec*>(frames), out));
}

chatroom_error chatroom_client_close(chatroom_client* of) {
    if (of == nullptr) return CHATROOM_ERROR_NONE;
    if (error e = client_in_c::usable(of); e != error::none) return client_in_c::code(e);
    if (of->inside != 0) return CHATROOM_ERROR_INSIDE_CALLBACK;
    of->core.close();
    of->mark = 0;
    const chatroom::memory from = of->from;
    if (from.buffer == nullptr && from.release != nullptr) {
        from.release(of->block, of->block_bytes, from.context);
    }
    return CHATROOM_ERROR_NONE;
}

// The connection and the time.

chatroom_error chatroom_client_connected(chatroom_client* of) {
    const error e = client_in_c::usable(of);
    return client_in_c::code(e != error::none ? e : of->core.connected());
}

chatroom_error chatroom_client_disconnected(chatroom_client* of) {
    const error e = client_in_c::usable(of);
    return client_in_c::code(e != error::none ? e : of->core.disconnected());
}

chatroom_error chatroom_client_receive(chatroom_client* of, const void* frame, std::size_t bytes) {
    return chatroom::detail::call_for_c(
        of, {static_cast<const char*>(frame), bytes},
        [](client& to, std::string_view what) { return to.receive(what); });
}

chatroom_error chatroom_client_tick(chatroom_client* of, std::uint64_t now_ms) {
    const error e = client_in_c::usable(of);
    return client_in_c::code(e != error::none ? e : of->core.tick(now_ms));
}

std::uint64_t chatroom_client_next_tick(const chatroom_client* of) {
    return client_in_c::usable(of) == error::none ? of->core.next_tick() : ~std::uint64_t{0};
}

// Commands.

chatroom_error chatroom_client_login(chatroom_client* of, chatroom_text nick, std::uint64_t tag) {
    return chatroom::detail::call_for_c(
        of, nick, [tag](client& to, std::string_view text) { return to.login(text, tag); });
}

chatroom_error chatroom_client_logout(chatroom_client* of, std::uint64_t tag) {
    const error e = client_in_c::usable(of);
    return client_in_c::code(e != error::none ? e : of->core.logout(tag));
}

chatroom_error chatroom_client_rename(chatroom_client* of, chatroom_text nick, std::uint64_t tag) {
    return chatroom::detail::call_for_c(
        of, nick, [tag](client& to, std::string_view text) { return to.rename(text, tag); });
}

chatroom_error chatroom_client_join(chatroom_client* of, chatroom_text room, std::uint64_t tag) {
    return chatroom::detail::call_for_c(
        of, room, [tag](client& to, std::string_view text) { return to.join(text, tag); });
}

chatroom_error chatroom_client_create(chatroom_client* of, const chatroom_create_command* what,
                                      std::uint64_t tag) {
    if (what == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    return chatroom::detail::command_for_c(
        of, what, sizeof *what, CHATROOM_COMMAND_CREATE, [tag](client& to, const void* body) {
            return to.create(*static_cast<const chatroom::create*>(body), tag);
        });
}

chatroom_error chatroom_client_leave(chatroom_client* of, chatroom_text room, std::uint64_t tag) {
    return chatroom::detail::call_for_c(
        of, room, [tag](client& to, std::string_view text) { return to.leave(text, tag); });
}

chatroom_error chatroom_client_set(chatroom_client* of, const chatroom_set_command* what,
                                   std::uint64_t tag) {
    if (what == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    return chatroom::detail::command_for_c(
        of, what, sizeof *what, CHATROOM_COMMAND_SET, [tag](client& to, const void* body) {
            return to.set(*static_cast<const chatroom::set*>(body), tag);
        });
}

chatroom_error chatroom_client_list_rooms(chatroom_client* of, std::uint64_t tag) {
    const error e = client_in_c::usable(of);
    return client_in_c::code(e != error::none ? e : of->core.list_rooms(tag));
}

chatroom_error chatroom_client_older(chatroom_client* of, chatroom_text room, std::uint64_t tag) {
    return chatroom::detail::call_for_c(
        of, room, [tag](client& to, std::string_view text) { return to.older(text, tag); });
}

chatroom_error chatroom_client_hold(chatroom_client* of, chatroom_text room, int held) {
    return chatroom::detail::call_for_c(
        of, room, [held](client& to, std::string_view text) { return to.hold(text, held != 0); });
}

chatroom_error chatroom_client_refresh(chatroom_client* of, chatroom_text room) {
    return chatroom::detail::call_for_c(
        of, room, [](client& to, std::string_view text) { return to.refresh(text); });
}

chatroom_error chatroom_client_see(chatroom_client* of, chatroom_text room) {
    return chatroom::detail::call_for_c(
        of, room, [](client& to, std::string_view text) { return to.see(text); });
}

chatroom_error chatroom_client_post(chatroom_client* of, chatroom_text room, chatroom_text text,
                                    std::uint8_t kind, std::uint64_t reply_to, std::uint64_t* id) {
    if (id != nullptr) *id = 0;
    if (kind > CHATROOM_MESSAGE_KIND_EMOTE || !client_in_c::is_text(text)) {
        return CHATROOM_ERROR_INVALID_ARGUMENT;
    }
    const chatroom::post_options with{static_cast<chatroom::message_kind>(kind), reply_to};
    return chatroom::detail::call_for_c(of, room, [&](client& to, std::string_view name) {
        const auto made = to.post(name, client_in_c::view(text), with);
        if (id != nullptr) *id = made.value;
        return made.why;
    });
}

chatroom_error chatroom_client_resend(chatroom_client* of, std::uint64_t post) {
    const error e = client_in_c::usable(of);
    return client_in_c::code(e != error::none ? e : of->core.resend(post));
}

chatroom_error chatroom_client_discard(chatroom_client* of, std::uint64_t post) {
    const error e = client_in_c::usable(of);
    return client_in_c::code(e != error::none ? e : of->core.discard(post));
}

chatroom_error chatroom_client_submit(chatroom_client* of, const chatroom_command* what,
                                      std::uint64_t tag) {
    if (what == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    const auto type = static_cast<chatroom::command_type>(what->type);
    return chatroom::detail::command_for_c(
        of, what->body, what->bytes, what->type, [type, tag](client& to, const void* body) {
            return to.submit(chatroom::command(type, body), tag);
        });
}

// After a restart.

chatroom_error chatroom_client_save(const chatroom_client* of, void* out, std::size_t capacity,
                                    std::size_t* bytes) {
    if (bytes != nullptr) *bytes = 0;
    if (error e = client_in_c::usable(of); e != error::none) return client_in_c::code(e);
    if (bytes == nullptr || (out == nullptr && capacity != 0)) {
        return CHATROOM_ERROR_INVALID_ARGUMENT;
    }
    const auto saved = of->core.save(out, capacity);
    *bytes = saved.value;
    return client_in_c::code(saved.why);
}

chatroom_error chatroom_client_restore(chatroom_client* of, const void* saved, std::size_t bytes) {
    return chatroom::detail::call_for_c(
        of, {static_cast<const char*>(saved), bytes},
        [](client& to, std::string_view what) { return to.restore(what); });
}

// Reads.

std::uint32_t chatroom_client_state(const chatroom_client* of) {
    if (client_in_c::usable(of) != error::none) return CHATROOM_CLIENT_STATE_OFFLINE;
    return static_cast<std::uint32_t>(of->core.state());
}

chatroom_error chatroom_client_why(const chatroom_client* of) {
    const error e = client_in_c::usable(of);
    return client_in_c::code(e != error::none ? e : of->core.why());
}

std::uint64_t chatroom_client_user(const chatroom_client* of) {
    return client_in_c::usable(of) == error::none ? of->core.user() : 0;
}

chatroom_text chatroom_client_nick(const chatroom_client* of) {
    if (client_in_c::usable(of) != error::none) return {nullptr, 0};
    return client_in_c::text(of->core.nick());
}

chatroom_error chatroom_client_limits(const chatroom_client* of, chatroom_welcome_event* out) {
    if (error e = client_in_c::usable(of); e != error::none) return client_in_c::code(e);
    if (out == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    const chatroom::welcome told = of->core.limits();
    chatroom::detail::c_event_body body;
    *out = *chatroom::detail::copy_to_c<chatroom_welcome_event>(
        &told, *shape_of(chatroom::detail::event_shapes_in_c, CHATROOM_EVENT_WELCOME), body);
    return CHATROOM_ERROR_NONE;
}

int chatroom_client_wants_close(const chatroom_client* of) {
    return client_in_c::usable(of) == error::none && of->core.wants_close();
}

std::uint64_t chatroom_client_faults(const chatroom_client* of) {
    return client_in_c::usable(of) == error::none ? of->core.faults() : 0;
}

std::size_t chatroom_client_rooms(const chatroom_client* of) {
    return client_in_c::usable(of) == error::none ? of->core.rooms().size() : 0;
}

chatroom_error chatroom_client_room_at(const chatroom_client* of, std::size_t at,
                                       chatroom_client_room_view* out) {
    if (error e = client_in_c::usable(of); e != error::none) return client_in_c::code(e);
    if (out == nullptr) return CHATROOM_ERROR_INVALID_ARGUMENT;
    if (at >= of->core.rooms().size()) return CHATROOM_ERROR_ROOM_UNKNOWN;
    chatroom::detail::view_to_c(of->core.rooms()[at], *out);
    return CHATROOM_ERROR_NONE;
}

chatroom_error chatroom_client_room(const chatroom_client* of, chatroom_text name,
                                    chatroom_client_room_view* out) {
    if (error e = client_in_c::usable(of); e != error::none) return client_in_c::code(e);
    if (out == nullptr || !client_in_c::is_text(name)) return CHATROOM_ERROR_INVALID_ARGUMENT;
    const auto found = of->core.room(client_in_c::view(name));
    if (found.why == error::none) chatroom::detail::view_to_c(found.value, *out);
    return client_in_c::code(found.why);
}

std::size_t chatroom_client_entries(const chatroom_client* of, chatroom_text room) {
    const bool sound = client_in_c::usable(of) == error::none && client_in_c::is_text(room);
    return sound ? of->core.entries(client_in_c::view(room)).size() : 0;
}

std::size_t chatroom_client_members(const chatroom_client* of, chatroom_text room) {
    const bool sound = client_in_c::usable(of) == error::none && client_in_c::is_text(room);
    return sound ? of->core.members(client_in_c::view(room)).size() : 0;
}

std::size_t chatroom_client_posts(const chatroom_client* of, chatroom_text room) {
    const bool sound = client_in_c::usable(of) == error::none && client_in_c::is_text(room);
    return sound ? of->core.posts(client_in_c::view(room)).size() : 0;
}

chatroom_error chatroom_client_entry_at(const chatroom_client* of, chatroom_text room,
                                        std::size_t at, chatroom_client_entry_view* out) {
    return chatroom::detail::read_for_c(
        of, room, at, out,
        [](const client& in, std::string_view name) { return in.entries(name); });
}

chatroom_error chatroom_client_member_at(const chatroom_client* of, chatroom_text room,
                                         std::size_t at, chatroom_client_member_view* out) {
    return chatroom::detail::read_for_c(
        of, room, at, out,
        [](const client& in, std::string_view name) { return in.members(name); });
}

chatroom_error chatroom_client_post_at(const chatroom_client* of, chatroom_text room,
                                       std::size_t at, chatroom_client_post_view* out) {
    return chatroom::detail::read_for_c(
        of, room, at, out,
        [](const client& in, std::string_view name) { return in.posts(name); });
}

chatroom_error chatroom_client_message(const chatroom_client* of, chatroom_text room,
                                       std::uint64_t number, chatroom_client_entry_view* out) {
    if (error e = client_in_c::usable(of); e != error::none) return client_in_c::code(e);
    if (out == nullptr || !client_in_c::is_text(room)) return CHATROOM_ERROR_INVALID_ARGUMENT;
    const auto found = of->core.message(client_in_c::view(room), number);
    if (found.why == error::none) chatroom::detail::view_to_c(found.value, *out);
    return client_in_c::code(found.why);
}

}  // extern "C"
