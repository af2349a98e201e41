// chatroom 0.1.0: a complete chat service in one header.
//
// In one source file, and only there:
//
//     #define CHATROOM_IMPLEMENTATION
//     #include "chatroom.hpp"
//
// Generated from src/ by tools/amalgamate.py. Edit the parts, not this file.
//
// MIT License
//
// Copyright (c) 2026 the chatroom authors
//
// Permission is hereby granted, free of charge, to any person obtaining a copy
// of this software and associated documentation files (the "Software"), to deal
// in the Software without restriction, including without limitation the rights
// to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
// copies of the Software, and to permit persons to whom the Software is
// furnished to do so, subject to the following conditions:
//
// The above copyright notice and this permission notice shall be included in all
// copies or substantial portions of the Software.
//
// THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
// IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
// FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
// AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
// LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
// OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
// SOFTWARE.

#ifndef CHATROOM_HPP
#define CHATROOM_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

// ---- src/base/version.hpp -----------------------------------------------------------------------

#define CHATROOM_VERSION_MAJOR 0
#define CHATROOM_VERSION_MINOR 1
#define CHATROOM_VERSION_PATCH 0

// ---- src/base/chunk.hpp -------------------------------------------------------------------------

namespace chatroom::detail {

/// A block of 64 bytes, on 32 bits of 32, aligned as such: three links, then entries. Public, since
/// a range of recipients is walked by the host.
struct chunk {
    static constexpr std::uint32_t entries_max = sizeof(void*) == 8 ? 13 : 5;
    static constexpr std::uint32_t words = 3 + entries_max;
    std::uint32_t next = 0;
    std::uint32_t previous = 0;
    std::uint32_t ordinal = 0;
    std::uint32_t entries[entries_max]{};
};

}  // namespace chatroom::detail

// ---- src/base/error.hpp -------------------------------------------------------------------------

namespace chatroom {

/// Says why a call or a command was refused, or that its outcome is not known yet.
///
/// Zero is success. Numbers are grouped by tens and only ever added. The doc comment of every
/// call lists the errors it can answer with; `error_text` says what to do about each.
enum class error : std::int32_t {
    none = 0,

    // The call.
    invalid_argument = 1,   ///< An argument is outside what the call accepts.
    engine_closed = 2,      ///< The engine has not been opened, or was closed.
    engine_open = 3,        ///< The engine is open already.
    config_invalid = 4,     ///< The configuration contradicts itself or a documented bound.
    memory_short = 5,       ///< The allocator or the buffer gave less than `footprint` bytes.
    limit_too_small = 6,    ///< A table of this engine is smaller than the content needs.
    inside_callback = 7,    ///< The call is not allowed while a callback of the engine runs.
    entropy_failed = 8,     ///< The entropy callback is missing or failed.

    // Under way: no failure, the outcome comes later.
    queued = 10,            ///< Called inside a callback: runs when the outer call is done.
    pending = 11,           ///< The log has the record; the outcome comes with `commit`.
    queue_full = 12,        ///< The queue for calls made inside callbacks is full.
    records_full = 13,      ///< `records_pending_max` records wait for their commit.
    paused = 14,            ///< Not taken: offer the frame again after `unpause`.

    // Time.
    no_time = 20,           ///< No `tick` has told the time yet.
    clock_leap = 21,        ///< The time leapt by more than `clock_leap_max_ms`.

    // Frames.
    frame_too_long = 30,    ///< The frame is longer than `frame_bytes_max`.
    frame_malformed = 31,   ///< The frame is not what its codec expects; `at` says where.
    op_missing = 32,        ///< The frame names no `op`.
    op_unknown = 33,        ///< No registered command has this name.
    member_missing = 34,    ///< A mandatory member is absent; `field` names it.
    member_invalid = 35,    ///< A member has the wrong kind of value; `field` names it.
    member_too_long = 36,   ///< A text or list is longer than its limit.
    number_out_of_range = 37,  ///< A number is outside its bounds.
    codec_missing = 38,     ///< The session's codec is not registered.

    // Sessions and users.
    session_unknown = 40,   ///< The session does not exist, or has ended.
    sessions_full = 41,     ///< `sessions_max` sessions are connected.
    login_required = 42,    ///< The session has no user yet.
    already_logged_in = 43, ///< The session has a user already.
    users_full = 44,        ///< `users_max` users exist.
    user_sessions_full = 45,   ///< The user has `sessions_per_user_max` sessions.
    nick_invalid = 46,      ///< The nick breaks the rules for names; `at` says where.
    nick_taken = 47,        ///< Another user has this nick, by its folded form.
    token_invalid = 48,     ///< The resume token is unknown, used or too old.
    user_unknown = 49,      ///< No such user.

    // Rooms.
    room_unknown = 50,      ///< No such room, or it is not for this user to see.
    room_name_invalid = 51, ///< The name breaks the rules for room names.
    room_exists = 52,       ///< A room of this name exists.
    rooms_full = 53,        ///< `rooms_max` rooms exist.
    room_full = 54,         ///< The room has as many members as its capacity.
    members_full = 55,      ///< `members_max` memberships exist.
    user_rooms_full = 56,   ///< The user is in `rooms_per_user_max` rooms.
    room_managed = 57,      ///< Joining and leaving this room is the host's alone.
    forbidden = 58,         ///< The actor may not do this.

    // Messages.
    text_invalid = 60,      ///< The text has an invalid byte or a control; `at` says where.
    reply_unknown = 61,     ///< The message replied to is not in this room's history.
    nonce_reused = 62,      ///< The nonce named another message before.
    history_full = 63,      ///< No page is left for the room's reserve.

    // Log, records and snapshots.
    storage_failed = 70,    ///< The log did not take the record; nothing changed.
    record_invalid = 71,    ///< The bytes are not a whole, undamaged record.
    already_applied = 72,   ///< The record's number was applied before; nothing changed.
    feature_missing = 73,   ///< The record's command belongs to no registered feature.
    behaviour_unknown = 74, ///< The record is of a later behaviour version.
    log_torn = 75,          ///< The log ends inside a record: cut it at the offset and go on.
    log_damaged = 76,       ///< The log is damaged before its end.
    snapshot_invalid = 77,  ///< The bytes are not a whole, undamaged snapshot.
    incarnation_stale = 78, ///< The node has started again since this incarnation.
    nodes_full = 79,        ///< `nodes_max` nodes have written to the log.

    // Of a client alone.
    offline = 80,           ///< There is no connection, or no user on it yet.
    connection_lost = 81,   ///< The connection went before the reply came, or has gone silent.
    outcome_unknown = 82,   ///< Nobody can tell any more whether the post was said.
    pending_full = 83,      ///< Too many posts wait or have failed; see `posts_max`.
    superseded = 84,        ///< A later login took its place.
    reply_invalid = 85,     ///< The server's reply made no sense.
};

/// Names an error as it stands on the wire, such as "room_full". Cannot fail.
const char* error_name(error why) noexcept;

/// Says in one English sentence what an error means and what to do. Cannot fail.
const char* error_text(error why) noexcept;

/// A value, or the reason why there is none.
///
/// On failure `value` is a handle that every call refuses.
template <typename T>
struct result {
    T value{};
    error why = error::none;
};

}  // namespace chatroom

// ---- src/model/config.hpp -----------------------------------------------------------------------

namespace chatroom {

/// How much an engine can hold. Sizes its tables; `footprint` tells the sum.
///
/// Every limit is finite. Nodes that share a log must agree on those marked *shared*, since a
/// command is refused by them: the log begins with them, and `commit` answers `limit_too_small`
/// on a node that holds less.
struct limits {
    std::uint32_t sessions_max = 256;           ///< Connections of this node, 1 to 1,000,000.
    std::uint32_t users_max = 512;              ///< *Shared.* Users, guests waiting to resume too.
    std::uint32_t sessions_per_user_max = 4;    ///< *Shared.* 1 to 16; as many resume tokens.
    std::uint32_t rooms_max = 64;               ///< *Shared.* Rooms.
    std::uint32_t members_max = 4096;           ///< *Shared.* Memberships of all rooms together.
    std::uint32_t rooms_per_user_max = 32;      ///< *Shared.* 1 to 256.
    std::uint32_t nodes_max = 8;                ///< *Shared.* Engines that write to one log.

    std::uint32_t history_pages_max = 768;      ///< *Shared.* Pages of messages, for all rooms.
    std::uint32_t page_bytes = 4096;            ///< *Shared.* 256 to 16,384, a multiple of 8.

    std::uint32_t page_messages_max = 64;       ///< *Shared.* Messages of one page, 1 to 255.

    std::uint32_t nick_bytes_max = 32;          ///< *Shared.* 1 to 64 bytes of UTF-8.
    std::uint32_t identity_bytes_max = 64;      ///< *Shared.* 0 to 64 opaque bytes.
    std::uint32_t room_name_bytes_max = 32;     ///< *Shared.* 1 to 64 bytes of UTF-8.
    std::uint32_t title_bytes_max = 64;         ///< *Shared.* 0 to 256 bytes of UTF-8.
    std::uint32_t topic_bytes_max = 256;        ///< *Shared.* 0 to 1,024 bytes of UTF-8.
    std::uint32_t message_bytes_max = 2000;     ///< *Shared.* Bytes of UTF-8; must fit a page.
    std::uint32_t nonce_bytes_max = 32;         ///< *Shared.* 0 (no nonces) to 64 bytes.

    std::uint32_t frame_bytes_max = 8192;       ///< One frame, in or out; at least 512.
    std::uint32_t page_items_max = 50;          ///< Items of one page of a list, 1 to 1,000.
    std::uint32_t queue_bytes = 16384;          ///< For calls made inside callbacks.
    std::uint32_t records_pending_max = 64;     ///< Records that wait for `commit`.
};

/// The rules of the service. Shared state: these are the first values; the command `configure`
/// changes one while the engine runs.
struct policies {
    std::uint32_t rooms_by_host_only = 0;       ///< 1: only the host creates rooms.
    std::uint32_t create_on_join = 1;           ///< 1: joining a room that is not there makes it.
    std::uint32_t names_shown = 0;              ///< 1: users that the host names may share a nick.
    std::uint32_t resume_window_ms = 120000;    ///< How long a user without session is kept.
    std::uint32_t room_capacity = 1000;         ///< Members of a room that names no capacity.
    std::uint32_t room_messages_max = 1000;     ///< Messages a room keeps at the most.
    std::uint32_t room_pages_reserved = 2;      ///< Pages a room can always have, at least 1.
    std::uint32_t room_pages_max = 256;         ///< Pages a room can have at the most.
    std::uint32_t presence_members_max = 100;   ///< Above: comings and goings are only counted.
    std::uint32_t advance_ms = 250;             ///< At most one `advance` record in this time.
    std::uint32_t effects_per_record_max = 256; ///< What one record does at the most.
    std::uint32_t clock_ahead_max_ms = 86400000;///< How far a record may lead the shared time.
};

/// How this node goes about its work. Never part of what nodes share.
struct budgets {
    std::uint32_t deliveries_per_call = 16384;  ///< Recipients served by a call, at least 1.
    std::uint32_t queued_per_call = 64;         ///< Calls from callbacks run per call, at least 1.
    std::uint32_t presence_ms = 1000;           ///< How often counts of large rooms are told.
    std::uint32_t bad_frames_max = 32;          ///< Unreadable frames before a session ends.
    std::uint32_t clock_leap_max_ms = 86400000; ///< A longer leap of `tick` wants to be confirmed.
};

/// All that an engine is told when it is opened.
struct config {
    chatroom::limits limits{};
    chatroom::policies policies{};
    chatroom::budgets budgets{};
    std::uint32_t node = 1;         ///< Which of the engines on one log this is; 1 to 65,535.
    std::uint32_t incarnation = 1;  ///< Strictly rising over the starts of this node.

    /// For a game's own server: 256 sessions, 64 rooms, 10,000 messages, at most 8 MiB.
    static constexpr config game() noexcept { return {}; }

    /// For a microcontroller: 8 users, 4 rooms, 32 messages of 128 bytes.
    static constexpr config firmware() noexcept;

    /// For a backend: 100,000 users, 10,000 rooms.
    static constexpr config server() noexcept;
};

/// Names the member of a configuration that `open` refuses; null when all is well.
const char* config_fault(const config& how) noexcept;

constexpr config config::firmware() noexcept {
    config c;
    c.limits = {8, 8, 1, 4, 32, 4, 1, 8, 720, 4, 16, 0, 16, 0, 0, 128, 0, 512, 4, 512, 4};
    c.policies.room_capacity = 8;
    c.policies.room_messages_max = 32;
    c.policies.room_pages_reserved = 1;
    c.policies.room_pages_max = 8;
    c.policies.effects_per_record_max = 16;
    return c;
}

constexpr config config::server() noexcept {
    config c;
    c.limits.sessions_max = 100000;
    c.limits.users_max = 100000;
    c.limits.rooms_max = 10000;
    c.limits.members_max = 1000000;
    c.limits.rooms_per_user_max = 100;
    c.limits.nodes_max = 64;
    c.limits.history_pages_max = 65536;
    c.limits.queue_bytes = 1048576;
    c.limits.records_pending_max = 4096;
    c.policies.room_capacity = 10000;
    c.policies.room_pages_max = 1024;
    return c;
}

}  // namespace chatroom

// ---- src/model/footprint.hpp --------------------------------------------------------------------

namespace chatroom {

namespace detail {

/// Bytes of what an engine holds many of, by which static buffers are measured; the engine
/// asserts that none is larger.
struct item_bytes {
    static constexpr bool wide = sizeof(void*) == 8;
    static constexpr std::size_t engine = wide ? 1920 : 1536;
    static constexpr std::size_t user = 64, binding = 20, token = 17, node = 24;
    static constexpr std::size_t room = 96, membership = 12, index = 8;
    static constexpr std::size_t chunk = sizeof(detail::chunk);
    static constexpr std::size_t session = 64, face = 16, reply = wide ? 80 : 72;
    static constexpr std::size_t edge = 80;
    static constexpr std::size_t message = wide ? 112 : 80, room_item = wide ? 56 : 40;
    static constexpr std::size_t member_item = wide ? 32 : 24, pending = 56;
    static constexpr std::size_t cursor = wide ? 32 : 24, boot = wide ? 160 : 144;
    static constexpr std::size_t cursor_record = 21;   // Beside its room: 4 tags, numbers of 8.
};

/// The bytes of an index of so many values.
constexpr std::size_t index_bytes(std::size_t values) noexcept {
    return (values != 0 ? values : 1) * item_bytes::index;
}

constexpr std::size_t chunks_bytes(std::size_t entries, std::size_t lists) noexcept {
    const std::size_t firsts = entries < lists ? entries : lists;
    return (firsts + (entries - firsts) / chunk::entries_max) * item_bytes::chunk;
}

constexpr std::size_t shared_bytes(const limits& l) noexcept {
    using b = item_bytes;
    const std::size_t bound = std::size_t{l.users_max} * l.sessions_per_user_max;
    const std::size_t known = l.identity_bytes_max != 0 ? l.users_max : 0;
    const std::size_t texts = l.title_bytes_max + l.topic_bytes_max;
    const std::size_t pages = l.history_pages_max;
    return l.users_max * (b::user + l.nick_bytes_max) + bound * (b::binding + b::token) +
           known * l.identity_bytes_max + l.nodes_max * b::node +
           l.rooms_max * (b::room + l.room_name_bytes_max + texts) +
           l.members_max * b::membership + chunks_bytes(l.members_max, l.rooms_max) +
           pages * l.page_bytes + index_bytes(pages) +
           (l.nonce_bytes_max != 0 ? index_bytes(pages * l.page_messages_max) : 0) +
           2 * index_bytes(l.users_max) + index_bytes(known) + index_bytes(l.rooms_max) +
           2 * index_bytes(bound);
}

constexpr std::size_t local_bytes(const limits& l) noexcept {
    using b = item_bytes;
    const std::size_t lanes = std::size_t{l.members_max} * l.sessions_per_user_max;
    const std::size_t most = std::size_t{l.sessions_max} * l.rooms_per_user_max;
    const std::size_t cursors = l.rooms_per_user_max * b::cursor;
    const std::size_t folded = 4 * l.nick_bytes_max + l.room_name_bytes_max + cursors +
                               l.rooms_per_user_max * ((l.room_name_bytes_max + 7) / 8 * 8);
    const std::size_t resume = l.rooms_per_user_max * (l.room_name_bytes_max + b::cursor_record);
    const std::size_t texts = l.title_bytes_max + l.topic_bytes_max + l.message_bytes_max;
    const std::size_t facts = 144 * sizeof(void*);
    const std::size_t behind = 64 + folded < b::boot ? b::boot : 64 + folded;
    const std::size_t asked = cursors + l.frame_bytes_max + 96 + (facts < behind ? behind : facts);
    const std::size_t told = l.page_items_max * b::message;
    const std::size_t post = texts + l.nonce_bytes_max + 64;
    return l.sessions_max * (b::session + b::face + b::reply) + l.users_max * 4 + lanes * 4 +
           l.rooms_max * b::edge + chunks_bytes(lanes < most ? lanes : most, l.rooms_max * 5) +
           l.frame_bytes_max + (asked < told ? told : asked) + l.room_name_bytes_max + 168 +
           (400 > resume + post ? 400 : resume + post) +
           l.queue_bytes + l.records_pending_max * b::pending;
}

}  // namespace detail

/// A constant that is never below `footprint(how)` and at most 5% above, for static buffers:
/// `alignas(64) static char room[chatroom::footprint_bound(chatroom::config::firmware())];`
constexpr std::size_t footprint_bound(const config& how) noexcept {
    constexpr std::size_t between = 320;   // What alignment may take.
    return detail::item_bytes::engine + detail::shared_bytes(how.limits) +
           detail::local_bytes(how.limits) + between;
}

}  // namespace chatroom

// ---- src/model/command.hpp ----------------------------------------------------------------------

namespace chatroom {

/// The members of a list in a command or event; borrowed like every text.
template <typename T>
struct list {
    const T* data = nullptr;
    std::size_t size = 0;

    const T* begin() const noexcept { return data; }
    const T* end() const noexcept { return data + size; }
    const T& operator[](std::size_t at) const noexcept { return data[at]; }
};

/// Names the commands. The numbers stand in records and are only ever added.
enum class command_type : std::uint16_t {
    none = 0,
    // Written by the engine itself.
    boot = 1, advance = 2, bind = 3, unbind = 4,
    // The server.
    configure = 10, ping = 11,
    // Users.
    guest = 20, resume = 21, token = 22, logout = 23, nick = 24,
    // Rooms.
    create = 30, join = 31, leave = 32, set = 33, destroy = 34, rooms = 35, members = 36,
    // Messages.
    post = 40, history = 41,
};

/// Answers at once, so a client can see that the engine is there.
struct ping {
    static constexpr command_type type = command_type::ping;
};

/// Changes one policy. The host's alone.
struct configure {
    static constexpr command_type type = command_type::configure;
    std::string_view name{};   ///< A member of `policies`.
    std::uint64_t value = 0;   ///< Its new value; below 2^32.
};

/// Logs the session in as a guest, who is gone `resume_window_ms` after the last session.
struct guest {
    static constexpr command_type type = command_type::guest;
    std::string_view nick{};   ///< 1 to `nick_bytes_max` bytes; unique by its folded form.
};

/// Where a client stands in a room: the last message up to which it has everything.
struct cursor {
    std::string_view room{};
    std::uint64_t after = 0;       ///< The number of the last message without a hole before it.
    std::uint64_t id = 0;          ///< As `joined` told it; another room of this name is new.
};

/// Logs the session in again by a token, and asks for what was missed since the cursors.
///
/// The answer is `ok` with the next token. Then comes a `joined` for each of the user's rooms,
/// which says whether history is complete, continues or is truncated, then what was missed, then
/// `caught_up`.
struct resume {
    static constexpr command_type type = command_type::resume;
    std::string_view token{};      ///< 32 hexadecimal digits; each token works once.
    list<cursor> cursors{};        ///< At most `rooms_per_user_max`.
};

/// Asks for a new resume token, when the last one was lost.
struct token {
    static constexpr command_type type = command_type::token;
};

/// Logs the session out. A guest without another session is gone at once.
struct logout {
    static constexpr command_type type = command_type::logout;
};

/// Changes the user's nick.
struct nick {
    static constexpr command_type type = command_type::nick;
    std::string_view name{};       ///< As in `guest`; on the wire "nick".
};

/// Creates a room and, but for the host, joins it.
struct create {
    static constexpr command_type type = command_type::create;
    std::string_view room{};       ///< 1 to `room_name_bytes_max` bytes; kept folded.
    std::string_view title{};      ///< Free text for people, up to `title_bytes_max` bytes.
    std::string_view topic{};      ///< Up to `topic_bytes_max` bytes.
    std::uint32_t capacity = 0;    ///< Members at the most; 0: the policy `room_capacity`.
    bool persistent = false;       ///< Stays when it is empty. The host's alone, whose rooms do.
    bool managed = false;          ///< Only the host lets users in and out. The host's alone.
};

/// Joins a room; being in it already is no error.
struct join {
    static constexpr command_type type = command_type::join;
    std::string_view room{};
    std::uint32_t history = 0;     ///< The last so many messages come right after `joined`.
};

/// Leaves a room.
struct leave {
    static constexpr command_type type = command_type::leave;
    std::string_view room{};
};

/// What can be set of a room. The first three are the owner's, who created it, and the host's;
/// the others are the host's alone.
enum class room_property : std::uint8_t {
    title = 0, topic = 1, capacity = 2, persistent = 3, managed = 4,
};

/// Sets one property of a room.
struct set {
    static constexpr command_type type = command_type::set;
    std::string_view room{};
    room_property property = room_property::title;
    std::string_view value{};      ///< Text; or a number in decimal, for yes and no 1 and 0.
};

/// Ends a room with all its history. The host's alone.
struct destroy {
    static constexpr command_type type = command_type::destroy;
    std::string_view room{};
};

/// Lists rooms. A room that is there all the while is listed once; the order means nothing.
struct rooms {
    static constexpr command_type type = command_type::rooms;
    std::uint64_t after = 0;       ///< `next` of the page before; 0 for the first page.
    std::uint32_t limit = 0;       ///< Rooms at the most; 0: as many as a page holds.
};

/// Lists the members of a room that the asker is in.
struct members {
    static constexpr command_type type = command_type::members;
    std::string_view room{};
    std::uint64_t after = 0;       ///< `next` of the page before; 0 for the first page.
    std::uint32_t limit = 0;
};

/// How a text is meant.
enum class message_kind : std::uint8_t { text = 0, emote = 1 };

/// Says something in a room.
struct post {
    static constexpr command_type type = command_type::post;
    std::string_view room{};
    std::string_view text{};       ///< 1 to `message_bytes_max` bytes of UTF-8.
    message_kind kind = message_kind::text;
    std::uint64_t reply_to = 0;    ///< The number of a message in this room's history; 0: none.
    std::string_view nonce{};      ///< A resend with the same nonce is answered, not said again.
};

/// Which part of a room's history is asked for. Numbers are exclusive; pages are ascending.
enum class selector : std::uint8_t {
    latest = 0,    ///< The last `limit` messages.
    before = 1,    ///< The last `limit` messages below `number`.
    after = 2,     ///< The first `limit` messages above `number`.
    around = 3,    ///< Half of `limit` below `number`, it, and the rest above.
    between = 4,   ///< From `number` towards `until`, in either direction.
};

/// Reads a page of a room's history. For its members and the host.
struct history {
    static constexpr command_type type = command_type::history;
    std::string_view room{};
    chatroom::selector selector = chatroom::selector::latest;
    std::uint64_t number = 0;      ///< What `selector` refers to.
    std::uint64_t until = 0;       ///< For `between` alone.
    std::uint32_t limit = 0;       ///< Messages at the most; 0: as many as a page holds.
};

/// A command of any type, borrowed until the call returns.
class command {
public:
    template <typename T, command_type Type = T::type>
    constexpr command(const T& of) noexcept : type(Type), body(&of) {}
    constexpr command(command_type what, const void* which) noexcept : type(what), body(which) {}

    command_type type;
    const void* body;   ///< The struct that `type` names.

    /// The struct, when the command is of type T; else null.
    template <typename T>
    constexpr const T* as() const noexcept {
        return type == T::type ? static_cast<const T*>(body) : nullptr;
    }
};

}  // namespace chatroom

// ---- src/model/event.hpp ------------------------------------------------------------------------

namespace chatroom {

/// Names the events. The numbers stand in binary frames and are only ever added.
enum class event_type : std::uint16_t {
    none = 0,
    // About the session.
    welcome = 1, ok = 2, failure = 3, you = 4, resync = 5, caught_up = 6, bye = 7,
    help = 8,
    // About rooms.
    joined = 20, left = 21, room = 22, entered = 23, exited = 24, renamed = 25,
    // Messages.
    message = 40, gap = 41,
    // Answers to reads.
    history_page = 60, rooms_page = 61, members_page = 62,
};

/// The first event of every session: what a client needs to know.
struct welcome {
    static constexpr event_type type = event_type::welcome;
    std::uint32_t protocol = 1;
    std::string_view features{};            ///< Names of the registered features, by spaces.
    std::uint64_t time = 0;                 ///< Unix milliseconds; 0 before the first tick.
    std::uint32_t frame_bytes_max = 0;      ///< Of this session, in both directions.
    std::uint32_t message_bytes_max = 0;
    std::uint32_t nick_bytes_max = 0;
    std::uint32_t room_name_bytes_max = 0;
    std::uint32_t nonce_bytes_max = 0;
    std::uint32_t page_items_max = 0;
    std::uint32_t rooms_per_user_max = 0;
    std::uint32_t resume_window_ms = 0;
};

/// The reply to a command that was done. Members that do not apply are 0 or empty.
struct ok {
    static constexpr event_type type = event_type::ok;
    std::uint64_t ref = 0;          ///< As the client sent it; 0: none.
    std::uint64_t user = 0;         ///< After guest, resume, nick: who the session is.
    std::string_view nick{};
    std::string_view token{};       ///< After guest, resume, token: 32 hexadecimal digits.
    std::string_view room{};        ///< After post, join, create, set: its name, folded.
    std::uint64_t number = 0;       ///< After post: the message's number.
    std::uint64_t time = 0;         ///< The time of the command, Unix milliseconds.
};

/// The reply to a command that was refused, with its facts. On the wire "error".
struct failure {
    static constexpr event_type type = event_type::failure;
    std::uint64_t ref = 0;
    chatroom::error error = chatroom::error::none;   ///< On the wire its name, number and text.
    std::string_view field{};       ///< The member that is wrong, or the limit that is reached.
    std::uint64_t limit = 0;        ///< Its bound.
    std::uint64_t value = 0;        ///< What was found instead.
    std::uint64_t at = 0;           ///< Byte offset in the frame or text, counted from 1.
    std::string_view found{};       ///< What was read there, such as the unknown op.
    std::uint64_t retry_ms = 0;     ///< When trying again makes sense; 0: it does not.
};

/// The session's user as it is now: after a change of the nick, and for sessions that the host
/// logged in.
struct you {
    static constexpr event_type type = event_type::you;
    std::uint64_t user = 0;
    std::string_view nick{};
};

/// Forget which rooms you are in: a `joined` follows for each, then `caught_up`.
struct resync {
    static constexpr event_type type = event_type::resync;
};

/// All that was missed has been told.
struct caught_up {
    static constexpr event_type type = event_type::caught_up;
};

/// The engine has ended the session; the host closes the connection.
struct bye {
    static constexpr event_type type = event_type::bye;
    chatroom::error error = chatroom::error::none;   ///< Why; on the wire "code", its name.
};

/// The answer to /help on a session of `wire::lines`.
struct help {
    static constexpr event_type type = event_type::help;
    std::string_view text{};
};

/// How a room's history goes on from the cursor that a client named in `resume`.
enum class resumption : std::uint8_t {
    none = 0,        ///< The client named no cursor for this room.
    complete = 1,    ///< Nothing was missed.
    continues = 2,   ///< The missed messages follow, from `from`.
    truncated = 3,   ///< Older ones are gone; those from `from` follow.
};

/// You are in this room now. Comes again, as it is by then, after `resync` and `resume`.
struct joined {
    static constexpr event_type type = event_type::joined;
    std::string_view room{};
    std::string_view title{};
    std::string_view topic{};
    std::uint64_t owner = 0;        ///< User who created it; 0: the host.
    std::uint32_t capacity = 0;
    bool persistent = false;
    bool managed = false;
    std::string_view rights{};      ///< What you may do here: of "post leave set", by spaces.
    std::uint32_t members = 0;
    std::uint64_t roster = 0;       ///< Raised by every coming, going and renaming.
    std::uint64_t first = 0;        ///< The oldest message kept; 0: none.
    std::uint64_t last = 0;         ///< What comes live is above this.
    chatroom::resumption resume = resumption::none;
    std::uint64_t from = 0;         ///< Not 0: what was missed follows, from this message on.
    std::uint64_t id = 0;           ///< Of the room; never used again, though the name may be.
};

/// Why somebody is no longer in a room.
enum class parting : std::uint8_t { left = 0, removed = 1, gone = 2, destroyed = 3 };

/// You are no longer in this room.
struct left {
    static constexpr event_type type = event_type::left;
    std::string_view room{};
    parting reason = parting::left;
};

/// The room as it is now: told when something in it changes, and after a while of silence.
struct room {
    static constexpr event_type type = event_type::room;
    std::string_view name{};        ///< On the wire "room", as everywhere.
    std::string_view title{};
    std::string_view topic{};
    std::uint64_t owner = 0;
    std::uint32_t capacity = 0;
    bool persistent = false;
    bool managed = false;
    std::uint32_t members = 0;
    std::uint64_t roster = 0;       ///< Not yours: read the members again.
};

/// Somebody came into the room. Not told in rooms above `presence_members_max`.
struct entered {
    static constexpr event_type type = event_type::entered;
    std::string_view room{};
    std::uint64_t user = 0;
    std::string_view nick{};
    std::uint32_t members = 0;
    std::uint64_t roster = 0;
};

/// Somebody is no longer in the room.
struct exited {
    static constexpr event_type type = event_type::exited;
    std::string_view room{};
    std::uint64_t user = 0;
    std::string_view nick{};
    parting reason = parting::left;
    std::uint32_t members = 0;
    std::uint64_t roster = 0;
};

/// Somebody in the room has another nick now.
struct renamed {
    static constexpr event_type type = event_type::renamed;
    std::string_view room{};
    std::uint64_t user = 0;
    std::string_view nick{};
    std::string_view old{};
    std::uint64_t roster = 0;
};

/// A message of a room.
struct message {
    static constexpr event_type type = event_type::message;
    std::string_view room{};        ///< Absent within a `history_page`.
    std::uint64_t number = 0;       ///< 1, 2, 3 … in its room, without gaps.
    std::uint64_t time = 0;         ///< Unix milliseconds.
    std::uint64_t user = 0;         ///< 0: the host.
    std::string_view nick{};        ///< As it was then.
    message_kind kind = message_kind::text;
    std::string_view text{};
    std::uint64_t reply_to = 0;
    std::string_view nonce{};       ///< As the author sent it.
    std::uint32_t bytes = 0;        ///< Not 0: the text is too long for this session's frames.
};

/// Messages from..to were missed and are no longer kept.
struct gap {
    static constexpr event_type type = event_type::gap;
    std::string_view room{};
    std::uint64_t from = 0;
    std::uint64_t to = 0;
};

/// The answer to `history`: messages in ascending order.
struct history_page {
    static constexpr event_type type = event_type::history_page;
    std::uint64_t ref = 0;
    std::string_view room{};
    list<message> messages{};
    std::uint64_t first = 0;        ///< The oldest message kept in the room; 0: none.
    std::uint64_t last = 0;         ///< The newest.
    bool complete = false;          ///< Nothing is left in the direction that was asked for.
};

/// A room in a list.
struct room_item {
    std::string_view room{};
    std::string_view title{};
    std::uint32_t members = 0;
    std::uint32_t capacity = 0;
    std::uint64_t id = 0;           ///< Never used again, though the name may be.
    bool managed = false;
};

/// The answer to `rooms`.
struct rooms_page {
    static constexpr event_type type = event_type::rooms_page;
    std::uint64_t ref = 0;
    list<room_item> rooms{};
    std::uint64_t next = 0;         ///< `after` of the next page; 0 when there is none.
    bool complete = false;
};

/// A member in a list.
struct member_item {
    std::uint64_t user = 0;
    std::string_view nick{};
    bool online = false;            ///< Some session is connected.
};

/// The answer to `members`. A roster that differs between pages means: read again.
struct members_page {
    static constexpr event_type type = event_type::members_page;
    std::uint64_t ref = 0;
    std::string_view room{};
    list<member_item> members{};
    std::uint64_t roster = 0;
    std::uint64_t next = 0;
    bool complete = false;
};

/// An event of any type, borrowed until the callback returns.
class event {
public:
    template <typename T, event_type Type = T::type>
    constexpr event(const T& of) noexcept : type(Type), body(&of) {}
    constexpr event(event_type what, const void* which) noexcept : type(what), body(which) {}

    event_type type;
    const void* body;   ///< The struct that `type` names.

    /// The struct, when the event is of type T; else null.
    template <typename T>
    constexpr const T* as() const noexcept {
        return type == T::type ? static_cast<const T*>(body) : nullptr;
    }

    /// False for what a datagram transport may lose: later events make up for it.
    constexpr bool must_arrive() const noexcept {
        return type != event_type::entered && type != event_type::exited &&
               type != event_type::renamed;
    }
};

}  // namespace chatroom

// ---- src/engine.hpp -----------------------------------------------------------------------------

namespace chatroom {

/// A connection to this engine. Never used again within an incarnation; 0 is none.
enum session_id : std::uint32_t {};

/// A user. Never used again, the same on every node; 0 is none.
enum user_id : std::uint64_t {};

/// The actor that stands above all: takes the place of a session in `submit` and of a viewer in
/// reads. No frame can claim it.
constexpr session_id host{0xffffffffu};

/// One of those whom a frame goes to.
struct recipient {
    session_id id{};
    std::uint64_t tag = 0;   ///< As the host gave it to `connect`.
};

namespace detail {

struct core;
struct feature;
struct codec;
struct text_rules;
struct recorder;

}  // namespace detail

/// Those whom one frame goes to: a range of `recipient`. Valid during the call of `send`.
///
/// A session that ends while the range is walked is not met any more.
class recipients {
public:
    class iterator {
    public:
        const recipient& operator*() const noexcept { return of_->session(*at_); }
        const recipient* operator->() const noexcept { return &of_->session(*at_); }
        iterator& operator++() noexcept {
            step();
            skip_ended();
            return *this;
        }
        bool operator!=(const iterator& other) const noexcept { return left_ != other.left_; }
        bool operator==(const iterator& other) const noexcept { return left_ == other.left_; }

    private:
        friend class recipients;
        iterator(const recipients* of, const std::uint32_t* at, std::size_t left) noexcept
            : of_(of), at_(at), left_(left) {
            skip_ended();
        }
        void step() noexcept {
            ++at_;
            constexpr std::uintptr_t inside = sizeof(detail::chunk) - 1;
            if (--left_ != 0 && (reinterpret_cast<std::uintptr_t>(at_) & inside) == 0) {
                const std::uint32_t next = *(at_ - detail::chunk::words);
                at_ = of_->chunks_[next].entries;
            }
        }
        void skip_ended() noexcept {
            while (left_ != 0 && of_->session(*at_).id == 0) step();
        }

        const recipients* of_;
        const std::uint32_t* at_;
        std::size_t left_;
    };

    iterator begin() const noexcept { return {this, first_, count_}; }
    iterator end() const noexcept { return {this, nullptr, 0}; }

    /// How many there were when the call began.
    std::size_t size() const noexcept { return count_; }

    /// Made by the engine alone.
    recipients(const recipient* sessions, const detail::chunk* chunks, const std::uint32_t* first,
               std::size_t count) noexcept
        : sessions_(sessions), chunks_(chunks), first_(first), count_(count) {}

private:
    const recipient& session(std::uint32_t slot) const noexcept { return sessions_[slot]; }

    const recipient* sessions_;
    const detail::chunk* chunks_;
    const std::uint32_t* first_;
    std::size_t count_;
};

/// Where frames leave. Called once per event and codec, with all who get the same bytes.
///
/// The frame lives until the callback returns. For sessions of `wire::typed` it is empty and
/// `what` is all there is. The callback may call the engine (see `engine`). It cannot fail: when
/// a connection is full, `pause` its session, and the engine comes back to it later.
struct sender {
    void (*fn)(const recipients& to, const event& what, std::string_view frame,
               void* context) = nullptr;
    void* context = nullptr;
};

namespace detail {

template <typename Host>
auto call_send(Host& to_call, const recipients& to, const event& what, std::string_view frame, int)
    -> decltype(to_call(to, what, frame), void()) {
    to_call(to, what, frame);
}

template <typename Host>
auto call_send(Host& to_call, const recipients& to, const event&, std::string_view frame, long)
    -> decltype(to_call(to, frame), void()) {
    to_call(to, frame);
}

}  // namespace detail

/// Makes a sender of anything that can be called with (recipients, frame) or (recipients, event,
/// frame). It is kept by reference: it must outlive the engine, so temporaries are refused.
template <typename Host>
sender send_via(Host& to_call) noexcept {
    return {[](const recipients& to, const event& what, std::string_view frame, void* context) {
                detail::call_send(*static_cast<Host*>(context), to, what, frame, 0);
            },
            const_cast<void*>(static_cast<const void*>(&to_call))};
}

template <typename Host>
sender send_via(const Host&& temporary) = delete;

/// What the log says to a record.
enum class stored : std::uint8_t {
    yes = 0,       ///< It is stored: go on.
    no = 1,        ///< It is not and will not be: the command is refused.
    pending = 2,   ///< `commit` or `abandon` follows.
};

/// Where records go before they count. Optional.
///
/// A host appends the records of one engine in the order in which they come. `number` rises with
/// each; `abandon` takes it. While earlier records are pending, `commit` follows for this one too,
/// also after `stored::yes`. Inside the callback reads answer; commands are queued.
struct logger {
    stored (*fn)(std::string_view record, std::uint64_t number, void* context) = nullptr;
    void* context = nullptr;
};

/// Where a command came from.
enum class origin : std::uint8_t { here = 0, elsewhere = 1, recovery = 2 };

/// What the operator sees of a command: every one that is done or refused, of the reads those that
/// come as frames.
struct observation {
    chatroom::origin origin = chatroom::origin::here;
    session_id session{};             ///< Of this engine; 0 when the command came from elsewhere.
    user_id user{};                   ///< On whose behalf; 0: nobody yet, or the host.
    const chatroom::command* command = nullptr;   ///< Null when the frame could not be read.
    error why = error::none;
    std::uint64_t at = 0;             ///< Byte offset of what is wrong, counted from 1.
    std::uint64_t ticket = 0;         ///< As `submit` gave it; 0: none.
    std::uint64_t number = 0;         ///< Of the message, when it is a post.
    std::uint64_t time = 0;
};

/// The operator's eye. Optional; for metrics, logs and tools, not for users.
struct observer {
    void (*fn)(const observation& seen, void* context) = nullptr;
    void* context = nullptr;
};

/// Unpredictable bytes, for tokens and hash seeds. False means failure.
struct entropy {
    bool (*fn)(void* out, std::size_t bytes, void* context) = nullptr;
    void* context = nullptr;
};

/// Where the engine's one block of memory comes from: a buffer, or an allocator.
struct memory {
    void* buffer = nullptr;           ///< Used when not null; aligned to 64 bytes.
    std::size_t buffer_bytes = 0;
    void* (*allocate)(std::size_t bytes, void* context) = nullptr;   ///< Aligned to 16 bytes.
    void (*release)(void* block, std::size_t bytes, void* context) = nullptr;
    void* context = nullptr;
    bool zeroed = false;              ///< The memory comes filled with zeros.
};

/// All that the engine takes from the host.
struct environment {
    sender send{};
    logger log{};
    observer observe{};
    chatroom::entropy entropy{};
    chatroom::memory memory{};
};

/// The operating system's entropy and zeroed memory. A program that does not call this, nor
/// `open` with a sender alone, links neither.
environment hosted() noexcept;

/// The operating system's time in Unix milliseconds, for `tick`; 0 where there is none.
std::uint64_t hosted_now() noexcept;

/// What an engine is made of. What is not named here is left out by the linker.
using feature = detail::feature;
using codec = detail::codec;
using name_rules = detail::text_rules;
using recorder = detail::recorder;

namespace features {
const feature& guests() noexcept;     ///< guest, resume, token, logout, nick.
const feature& rooms() noexcept;      ///< create, join, leave, rooms, members.
const feature& posts() noexcept;      ///< post, history.
const feature& settings() noexcept;   ///< configure, set, destroy.
}  // namespace features

namespace codecs {
const codec& json() noexcept;
const codec& lines() noexcept;
const codec& binary() noexcept;     ///< The encoding of records.
}  // namespace codecs

namespace names {
const name_rules& unicode() noexcept;   ///< Nicks and rooms in every script.
const name_rules& ascii() noexcept;     ///< ASCII alone; needs no tables.
}  // namespace names

namespace parts {
const recorder& records() noexcept;
}  // namespace parts

/// The parts of an engine. The features are read through this list while the engine is open; the
/// rest is looked at by `open_with` alone.
struct registration {
    list<const feature*> features{};     ///< Must outlive the engine, unlike `codecs`.
    list<const codec*> codecs{};
    const name_rules* names = nullptr;   ///< Null: `names::ascii`.
    const recorder* records = nullptr;   ///< Null: there is no log.
};

/// How a session's frames look.
enum class wire : std::uint8_t { json = 0, lines = 1, binary = 2, typed = 3 };

/// What the host knows of a connection.
struct peer {
    std::uint64_t tag = 0;              ///< The host's own; comes back with every recipient.
    chatroom::wire wire = chatroom::wire::json;
    std::uint32_t frame_bytes_max = 0;  ///< No longer frame goes to it; 0: as the limits say.
    std::string_view user{};            ///< Identity that the host vouches for; empty: a guest.
    std::string_view nick{};            ///< The shown name, with `user`.
};

/// What `submit` came to.
struct outcome {
    std::uint64_t ticket = 0;   ///< With `queued` and `pending`: `observe` names it later.
    std::uint64_t number = 0;   ///< Of the message posted.
    std::uint64_t time = 0;     ///< Of the command, Unix milliseconds.
    user_id user{};             ///< Who the session is now.
    char token[33]{};           ///< After guest, resume, token: hexadecimal, zero-terminated.
};

/// Who looks: a session, a user, or the host. Reads answer `session_unknown` when there is no such
/// session, and no such user.
class viewer {
public:
    constexpr viewer(session_id by) noexcept : session(by) {}
    constexpr viewer(user_id by) noexcept : user(by) {}
    session_id session{};
    user_id user{};
};

/// How far `recover` came.
struct recovery {
    std::uint64_t records = 0;   ///< Whole records read.
    std::uint64_t bytes = 0;     ///< Where the last of them ends.
};

/// A fingerprint of the shared state: SHA-256 of its snapshot.
struct fingerprint {
    std::uint8_t bytes[32]{};
};

/// What a snapshot is for.
enum class scope : std::uint8_t {
    everything = 0,   ///< For the operator.
    migration = 1,    ///< For the next host, who is not trusted: no tokens, no sessions, nothing
                      ///< that nobody may read any more.
};

/// Counters and gauges; `stats_table` describes them.
struct statistics {
    std::uint64_t commands_accepted = 0;
    std::uint64_t commands_refused = 0;
    std::uint64_t frames_unreadable = 0;
    std::uint64_t records_written = 0;
    std::uint64_t records_applied = 0;
    std::uint64_t sends = 0;
    std::uint64_t deliveries = 0;
    std::uint64_t deliveries_caught_up = 0;
    std::uint64_t transients_dropped = 0;
    std::uint64_t gaps = 0;
    std::uint64_t messages_posted = 0;
    std::uint64_t messages_evicted = 0;
    std::uint64_t sessions = 0;
    std::uint64_t sessions_paused = 0;
    std::uint64_t users = 0;
    std::uint64_t rooms = 0;
    std::uint64_t members = 0;
    std::uint64_t history_pages = 0;
    std::uint64_t queue_bytes = 0;
    std::uint64_t records_pending = 0;
};

enum class stat_kind : std::uint8_t { counter = 0, gauge = 1 };

/// Describes one member of `statistics`.
struct stat {
    char name[24];
    char unit[12];
    stat_kind kind;
    char help[56];
    std::size_t offset;   ///< Of its std::uint64_t in `statistics`.
};

/// One row for each member of `statistics`. Cannot fail.
list<stat> stats_table() noexcept;

/// Tells how many bytes an engine of this configuration claims with all its parts; 0 when it is
/// not valid, or more than can be addressed.
std::size_t footprint(const config& how) noexcept;

/// As above, with the parts that are registered: without codecs there are no buffers for frames,
/// without `parts::records` none for records.
std::size_t footprint(const config& how, const registration& with) noexcept;

/// What `parse_line` made of a line. Its texts lie in what was given.
struct parsed_line {
    command_type type = command_type::none;   ///< none: there is nothing to send.
    bool help = false;                        ///< It was `/help`.
    failure refusal{};                        ///< After an error: its facts.
    alignas(std::uint64_t) unsigned char body[96]{};

    /// The command, for `submit` of a client, or of an engine, which takes no reads; it lives as
    /// long as this.
    command what() const noexcept { return {type, body}; }
};

/// Reads a line as people type it into a text box, as the codec `lines` does: a text is said in
/// `room`, `/me` is an emote, `/op arg … key=value` is any command, where `room` stands for a room
/// that is not named (but for create and join), and `//` begins a text with a slash. Needs no
/// engine. A text that is missing or too long is told by the `submit` that follows.
///
/// @retval op_unknown           there is no such command
/// @retval member_missing       a choice is due and not named, as the property of `set`
/// @retval member_invalid       a word is no number, choice, yes or no where one is due
/// @retval number_out_of_range  a number is 2^32 or more where less is due
/// @retval frame_malformed      an argument too many, or no UTF-8
error parse_line(std::string_view room, std::string_view text, parsed_line& out) noexcept;

/// A chat service without a network of its own.
///
/// Used by one thread at a time. Nothing is allocated after `open`. Every call that changes
/// something answers `engine_closed` before `open`.
///
/// Inside a callback: reads answer at once; `receive` and `submit` are copied into a queue and
/// answer `queued` or `queue_full`; `connect` without a user, `disconnect`, `pause` and `unpause`
/// take effect at once; `tick` only tells the time; all else answers `inside_callback`. What is
/// queued runs in its order when the outer call is done, `queued_per_call` of it; a later call from
/// outside may overtake what still waits then.
class engine {
public:
    engine() noexcept = default;
    ~engine() { close(); }
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    /// Opens with every feature and codec, on the operating system's memory and entropy.
    ///
    /// @retval engine_open     it is open already
    /// @retval config_invalid  see `config_fault`
    /// @retval invalid_argument  no `send`; or a log without `parts::records`
    /// @retval memory_short    there is not enough memory
    /// @retval entropy_failed  the operating system gave no entropy
    [[nodiscard]] error open(const config& how, sender send) noexcept;

    /// Opens with every feature and codec, on what the host gives. Errors as above.
    [[nodiscard]] error open(const config& how, const environment& from_host) noexcept;

    /// Opens with the parts that are registered and nothing else. Errors as above.
    [[nodiscard]] error open_with(const config& how, const environment& from_host,
                    const registration& parts) noexcept;

    /// Gives the memory back. Nothing is sent. Inside a callback it is refused, silently.
    void close() noexcept;

    /// Takes up a connection and welcomes it.
    ///
    /// With a user, the session is logged in at once: the first session makes the user, a second
    /// one joins it.
    /// @retval sessions_full, invalid_argument, codec_missing
    /// @retval no_time, users_full, user_sessions_full, nick_invalid, nick_taken, member_too_long,
    ///         storage_failed, records_full, incarnation_stale, nodes_full, inside_callback   with
    ///         a user alone; the connection is not taken up
    /// @retval pending  with a user alone, when the log says so: the session is logged in later
    [[nodiscard]] result<session_id> connect(const peer& who = {}) noexcept;

    /// Ends a session; its user stays for `resume_window_ms`. Nothing more is sent to it.
    /// @retval session_unknown
    error disconnect(session_id session) noexcept;

    /// Takes a frame as it came from the wire. The reply, and any error, goes to the session.
    /// @retval session_unknown  nothing was taken
    /// @retval codec_missing    no codec is registered
    /// @retval paused           nothing was taken: the session is paused, or the reply to its last
    ///                          frame is not out yet; offer the frame again after that
    /// @retval queued           inside a callback; it is taken when the outer call is done
    /// @retval queue_full       inside a callback; nothing was taken
    error receive(session_id session, std::string_view frame) noexcept;

    /// Carries out a command and answers by its result; no reply is sent.
    ///
    /// The host may name a user on whose behalf it acts. Reads are not submitted: see `history`,
    /// `rooms`, `members`.
    /// @retval queued, pending  the outcome comes by `observe`, with the ticket
    /// @retval ...              what the command is refused with; `why()` has the facts
    result<outcome> submit(session_id session, const command& what, user_id user = {}) noexcept;

    /// The facts of the last refusal; its views live until the next call.
    const failure& why() const noexcept;

    /// Holds back all that goes to a session. Inside `send`, a session of the span has not got
    /// the frame at hand.
    /// @retval session_unknown
    error pause(session_id session) noexcept;

    /// Tells a session what it missed, a part with each call, and goes on live.
    /// @retval session_unknown
    error unpause(session_id session) noexcept;

    /// Tells the time in Unix milliseconds and does what is due. A time before the last is taken
    /// as the last. The time that records carry follows a confirmed leap by `clock_ahead_max_ms` a
    /// call at most; until it has caught up, `next_tick` is 0.
    /// @retval clock_leap  it is more than `clock_leap_max_ms` ahead and not confirmed; nothing
    ///                     changed
    /// @retval invalid_argument  it is 2^53 or more; nothing changed
    error tick(std::uint64_t now_ms, bool leap_confirmed = false) noexcept;

    /// As `tick`, for hosts without a calendar: so many milliseconds have gone by.
    /// @retval clock_leap        they are more than `clock_leap_max_ms`; nothing changed
    /// @retval invalid_argument  the time would be 2^53 or more; nothing changed
    error advance(std::uint64_t elapsed_ms) noexcept;

    /// How many milliseconds the engine can be left alone; 0 when work waits. Cannot fail.
    std::uint64_t next_tick() const noexcept;

    /// Applies a record that the log has stored: one of this engine that was `pending`, or any
    /// other node's, or one of an earlier life.
    ///
    /// A record may hold any bytes and does no harm; but what it says is taken as the node that
    /// wrote it judged it. So old logs load whatever the rules about names are by then.
    /// @retval record_invalid, already_applied, feature_missing, behaviour_unknown,
    ///         incarnation_stale, limit_too_small, nodes_full, inside_callback
    /// @retval config_invalid  its node's limits and those of the others contradict each other
    [[nodiscard]] error commit(std::string_view record) noexcept;

    /// Gives up a record that was `pending` and is known not to be stored.
    /// @retval invalid_argument  no such record is pending
    error abandon(std::uint64_t number) noexcept;

    /// Applies a log, or a part of it that begins and ends with whole records.
    ///
    /// @retval log_torn     it ends inside a record: cut it at `bytes` and go on
    /// @retval log_damaged  there are whole records after what cannot be read at `bytes`
    /// @retval ...          as `commit`, but for `already_applied` and `incarnation_stale`, which
    ///                      are passed over
    [[nodiscard]] result<recovery> recover(std::string_view log) noexcept;

    /// The fingerprint of the shared state; linear in it.
    result<fingerprint> digest() noexcept;

    /// Writes the shared state; linear in it. With too little room, nothing is written.
    ///
    /// @return the bytes it takes; with `memory_short` too
    [[nodiscard]] result<std::size_t> snapshot(void* out, std::size_t capacity,
                                 scope what = scope::everything) noexcept;

    /// Takes over a snapshot, as the first thing after `open`.
    ///
    /// Limits may be larger than those of the snapshot, or smaller as long as all of it fits.
    /// @retval snapshot_invalid   nothing changed
    /// @retval behaviour_unknown  it is of a later version; nothing changed
    /// @retval limit_too_small    `why()` names the limit; nothing changed
    /// @retval invalid_argument   sessions are connected, or records were applied
    [[nodiscard]] error restore(std::string_view snapshot) noexcept;

    /// Reads a page of history into `out`; views live until the next call that changes something.
    /// @retval session_unknown, room_unknown
    result<history_page> history(viewer by, const chatroom::history& what, message* out,
                                 std::size_t capacity) noexcept;

    /// Reads a page of the list of rooms into `out`.
    /// @retval session_unknown
    result<rooms_page> rooms(viewer by, const chatroom::rooms& what, room_item* out,
                             std::size_t capacity) noexcept;

    /// Reads a page of a room's members into `out`.
    /// @retval session_unknown, room_unknown
    result<members_page> members(viewer by, const chatroom::members& what, member_item* out,
                                 std::size_t capacity) noexcept;

    /// What there is to know of a room, as its members see it.
    /// @retval session_unknown, room_unknown
    result<joined> room(viewer by, std::string_view name) noexcept;

    /// Counters since `open` and gauges. Cannot fail.
    statistics stats() const noexcept;

private:
    detail::core* core_ = nullptr;
    bool moving_ = false;   ///< Within `open` or `close`.
};

}  // namespace chatroom

// ---- src/client.hpp -----------------------------------------------------------------------------

namespace chatroom {

namespace detail {

struct client_core;
struct client_codec;

}  // namespace detail

/// How much a client can hold, and how it goes about its work. Memory is claimed once.
struct client_config {
    std::uint32_t rooms_max = 16;            ///< Rooms it is in, 1 to 1,000.
    std::uint32_t entries_max = 256;         ///< Messages and gaps of a room, 4 to 65,536; a
                                             ///< quarter more, and the oldest are forgotten.
    std::uint32_t text_bytes_max = 32768;    ///< Texts and nicks of a room's messages.
    std::uint32_t members_max = 100;         ///< Larger rooms are counted only, 0 to 65,536.
    std::uint32_t posts_max = 32;            ///< Posts that wait or have failed, in all rooms.
    std::uint32_t post_bytes_max = 16384;    ///< Their texts.
    std::uint32_t asks_max = 16;             ///< Commands of the host without their `done`.
    std::uint32_t ask_bytes_max = 4096;      ///< Those that have not left yet.
    std::uint32_t commands_max = 8;          ///< Commands that have left without their reply.
    std::uint32_t frame_bytes_max = 8192;    ///< One frame, in or out; no less than the server's.
    std::uint32_t nick_bytes_max = 32;       ///< Of members; longer nicks are cut. Up to 64.
    std::uint32_t room_name_bytes_max = 64;  ///< No less than the server's. Up to 64.
    std::uint32_t title_bytes_max = 64;      ///< Longer titles are cut. Up to 1,024.
    std::uint32_t topic_bytes_max = 256;     ///< Longer topics are cut. Up to 1,024.

    std::uint32_t join_history = 50;         ///< Messages asked for with a join and a restore.
    std::uint32_t fill_max = 500;            ///< The largest hole read; a larger one begins anew.
    std::uint32_t members_pause_ms = 5000;   ///< From one reading of a room's members to the next.
    std::uint32_t ping_ms = 20000;           ///< Silence until a ping, and until it counts as dead.
};

/// Where a client stands.
enum class client_state : std::uint8_t {
    offline = 0,      ///< There is no connection.
    connecting = 1,   ///< There is one, but no user on it yet.
    login = 2,        ///< There is one, and it takes a `login` to go on.
    online = 3,
    ended = 4,        ///< The server said goodbye, or is not for this client: see `why`.
};

/// A room that the user is in.
struct client_room {
    std::string_view name{};         ///< As the server keeps it.
    std::string_view title{};
    std::string_view topic{};
    std::string_view rights{};       ///< What the user may do: of "post leave set", by spaces.
    std::uint64_t id = 0;
    std::uint64_t owner = 0;
    std::uint32_t capacity = 0;
    std::uint32_t count = 0;         ///< How many are in it.
    std::uint64_t roster = 0;
    std::uint64_t begin = 1;         ///< The first number that `entries` tell of.
    std::uint64_t last = 0;          ///< The last.
    std::uint64_t seen = 0;          ///< Up to here the person has seen it.
    std::uint32_t unread = 0;        ///< Messages of others above that.
    bool persistent = false;
    bool managed = false;
    bool live = false;               ///< The server has told of it on this connection.
    bool members_known = false;      ///< `members` is right: not while it is read, or too large.
    bool complete = false;           ///< The server keeps nothing older than `entries`.
    bool loading = false;            ///< Older messages are being read.
};

/// What an entry of a room is.
enum class client_entry_kind : std::uint8_t {
    message = 0,
    gap = 1,    ///< Messages that will not be told any more.
    hole = 2,   ///< Messages that are being read.
};

/// A message of a room, or a stretch of them that is not here.
struct client_entry {
    client_entry_kind what = client_entry_kind::message;
    message_kind kind = message_kind::text;
    std::uint64_t number = 0;        ///< Of the message; the first of a gap.
    std::uint64_t to = 0;            ///< The last of a gap; of a message its number.
    std::uint64_t time = 0;          ///< Unix milliseconds.
    std::uint64_t user = 0;          ///< 0: the host.
    std::uint64_t reply_to = 0;
    std::string_view nick{};
    std::string_view text{};
    std::uint32_t bytes = 0;         ///< Not 0: the text was too long to be told or kept.
};

/// A member of a room.
struct client_member {
    std::uint64_t user = 0;
    std::string_view nick{};
    bool online = false;
};

/// A post that waits until its message is in the room, or has failed.
struct client_post {
    std::uint64_t id = 0;            ///< As `post` gave it.
    std::string_view text{};
    message_kind kind = message_kind::text;
    std::uint64_t reply_to = 0;
    std::uint64_t time = 0;          ///< Unix milliseconds.
    error failed = error::none;      ///< Why; `none` while it waits.
    std::uint64_t limit = 0;         ///< The bound that it broke, if there is one.
    std::uint64_t retry_ms = 0;      ///< When sending again makes sense; 0: nothing is known.
};

/// What has changed.
enum class client_news : std::uint8_t {
    none = 0,
    state = 1,      ///< `state`, `why`, `user` or `nick`.
    room = 2,       ///< A room came, went or is different but for what follows.
    reset = 3,      ///< All entries of a room are new.
    append = 4,     ///< There are new ones at the end,
    prepend = 5,    ///< at the front,
    gap = 6,        ///< in the middle: a hole was filled or is lost.
    trim = 7,       ///< The oldest were forgotten.
    members = 8,
    posts = 9,      ///< Posts of a room that wait or have failed.
    listed = 10,    ///< One room of those that `list_rooms` asked for.
    done = 11,      ///< A command of the host.
    close = 12,     ///< The connection is of no more use, `why` says for what reason: close it.
};

/// A change, borrowed until the callback returns.
struct client_change {
    client_news what = client_news::none;
    std::string_view room{};             ///< Its name, also of one that went; of done: see `join`.
    std::uint64_t tag = 0;               ///< Of listed, done: as the host gave it.
    command_type command{};              ///< Of done: which it was.
    error why = error::none;             ///< Of done.
    const ok* reply = nullptr;           ///< Of done: what the server said, if it was an `ok`.
    const failure* refusal = nullptr;    ///< Of done: the facts, if the server refused it.
    const room_item* item = nullptr;     ///< Of listed.
};

/// Where frames leave. The frame lives until the callback returns. Every call of the client is
/// allowed inside, `receive` too: a server in the same program may answer at once.
struct client_sender {
    void (*fn)(std::string_view frame, void* context) = nullptr;
    void* context = nullptr;
};

/// Where a host hears of changes, at the end of the call that made them: what changed of the
/// state and of the rooms, each once, and then which commands are done. Inside, every call is
/// allowed but `receive`, `restore`, `open` and `close`. Optional.
struct client_listener {
    void (*fn)(const client_change& change, void* context) = nullptr;
    void* context = nullptr;
};

/// All that a client takes from its host.
struct client_environment {
    client_sender send{};
    client_listener tell{};
    chatroom::entropy entropy{};   ///< For nonces: 16 bytes each.
    chatroom::memory memory{};
};

/// Makes a sender of anything that can be called with a frame. It is kept by reference.
template <typename Host>
client_sender client_send_via(Host& to_call) noexcept {
    return {[](std::string_view frame, void* context) { (*static_cast<Host*>(context))(frame); },
            const_cast<void*>(static_cast<const void*>(&to_call))};
}

template <typename Host>
client_sender client_send_via(const Host&& temporary) = delete;

/// Makes a listener of anything that can be called with a change. It is kept by reference.
template <typename Host>
client_listener client_tell_via(Host& to_call) noexcept {
    return {[](const client_change& change, void* context) {
                (*static_cast<Host*>(context))(change);
            },
            const_cast<void*>(static_cast<const void*>(&to_call))};
}

template <typename Host>
client_listener client_tell_via(const Host&& temporary) = delete;

/// How a client's frames look. What is not named is left out by the linker.
using client_codec = detail::client_codec;

namespace client_codecs {
const client_codec& json() noexcept;
const client_codec& binary() noexcept;   ///< The encoding of records, as `wire::binary`.
}  // namespace client_codecs

/// Rooms, entries, members or posts, by value and in order. It and the texts in what it gives
/// live until the next call that changes something.
template <typename T>
class client_list {
public:
    using reader = T (*)(const detail::client_core& of, std::uint32_t room, std::uint32_t at);

    class iterator {
    public:
        T operator*() const noexcept { return (*of_)[at_]; }
        iterator& operator++() noexcept {
            ++at_;
            return *this;
        }
        bool operator!=(const iterator& other) const noexcept { return at_ != other.at_; }
        bool operator==(const iterator& other) const noexcept { return at_ == other.at_; }

    private:
        friend class client_list;
        iterator(const client_list* of, std::size_t at) noexcept : of_(of), at_(at) {}
        const client_list* of_;
        std::size_t at_;
    };

    std::size_t size() const noexcept { return size_; }
    T operator[](std::size_t at) const noexcept {
        return read_(*of_, room_, static_cast<std::uint32_t>(at));
    }
    iterator begin() const noexcept { return {this, 0}; }
    iterator end() const noexcept { return {this, size_}; }

    client_list() noexcept = default;

    /// Made by the client alone.
    client_list(reader read, const detail::client_core* of, std::uint32_t room,
                std::uint32_t size) noexcept
        : read_(read), of_(of), room_(room), size_(size) {}

private:
    reader read_ = nullptr;
    const detail::client_core* of_ = nullptr;
    std::uint32_t room_ = 0;
    std::uint32_t size_ = 0;
};

/// What a post says beyond its text.
struct post_options {
    message_kind kind = message_kind::text;
    std::uint64_t reply_to = 0;
};

/// Tells how many bytes a client of this configuration claims; 0 when it is not valid, or more than
/// can be addressed.
std::size_t client_footprint(const client_config& how) noexcept;

/// The client half of the protocol, without a network of its own: frames in and out, a view of
/// the rooms, and what has changed.
///
/// What it guarantees, as far as the server keeps its promises:
/// - A room's entries ascend and are whole from `begin` to `last`: every number is in a message,
///   a gap or a hole, once. Holes are read from history by themselves.
/// - A post is said once. It goes out again, with its nonce, after every reconnect until it is
///   answered. It has failed when it was refused, or when nobody can tell any more whether it was
///   said (`outcome_unknown`): then it is for a person to `resend` or `discard`.
/// - Every command is done once: by its reply, or by `connection_lost`.
/// - After a reconnect the same user comes back by a resume token, in the same rooms, and is told
///   what was missed. Two tokens are kept, so that a reply that is lost with its connection costs
///   one of them and not the nick. With no token left, a new guest of the same nick joins the same
///   rooms; their entries begin anew.
/// - No frame makes it crash or grow; what is not as it should be is passed over and counted.
///
/// The host connects, tells it so, hands over every frame and the time, and connects again when
/// the connection is lost, sooner or later as it likes. Used by one thread at a time. Nothing is
/// allocated after `open`. Every call that changes something answers `engine_closed` before it.
///
/// Calls with a `tag` answer `none` when the command is taken: then `done` comes with the tag,
/// from inside the call or later. With any other answer nothing happened and no `done` comes.
class client {
public:
    client() noexcept = default;
    ~client() { close(); }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    /// Opens for JSON frames.
    ///
    /// @retval engine_open       it is open already
    /// @retval config_invalid    a member is outside its bounds
    /// @retval invalid_argument  no `send` or no entropy
    /// @retval memory_short      there is less than `client_footprint`
    /// @retval inside_callback
    [[nodiscard]] error open(const client_config& how, const client_environment& from) noexcept;

    /// Opens for the frames of a codec. Errors as above.
    [[nodiscard]] error open_with(const client_config& how, const client_environment& from,
                                  const client_codec& frames) noexcept;

    /// Gives the memory back. Nothing is sent or told. Inside a callback it is refused, silently.
    void close() noexcept;

    // The connection and the time.

    /// There is a connection, a new one. The server speaks first.
    error connected() noexcept;

    /// The connection is gone. What was under way is done, with `connection_lost`.
    error disconnected() noexcept;

    /// Takes a frame as it came.
    /// @retval inside_callback  inside `tell`; nothing was taken
    error receive(std::string_view frame) noexcept;

    /// Tells the time in Unix milliseconds and does what is due. Every call counts with the time
    /// told last. A time before the last is taken as the last.
    error tick(std::uint64_t now_ms) noexcept;

    /// How many milliseconds it can be left alone, counted from the time told last. Cannot fail.
    std::uint64_t next_tick() const noexcept;

    // Who one is.

    /// Logs in as a guest, now or as soon as there is a connection; a resumed session will do.
    /// @retval already_logged_in
    /// @retval member_missing, member_too_long   the nick is empty or above 64 bytes
    /// @retval queue_full                        `asks_max` commands are not done
    error login(std::string_view nick, std::uint64_t tag = 0) noexcept;

    /// Logs out and forgets everything; without a connection the server finds out later.
    /// @retval queue_full
    error logout(std::uint64_t tag = 0) noexcept;

    /// @retval offline, queue_full, frame_too_long
    error rename(std::string_view nick, std::uint64_t tag = 0) noexcept;

    // Rooms. All answer `offline`, `queue_full` and `frame_too_long`, too.

    /// Joins a room; done when it is there. The change then names it as the server keeps it.
    error join(std::string_view room, std::uint64_t tag = 0) noexcept;

    /// Creates a room and joins it; done when it is there.
    error create(const chatroom::create& what, std::uint64_t tag = 0) noexcept;

    error leave(std::string_view room, std::uint64_t tag = 0) noexcept;

    error set(const chatroom::set& what, std::uint64_t tag = 0) noexcept;

    /// Reads the list of rooms, all pages: `listed` comes for each, with the tag, then `done`.
    error list_rooms(std::uint64_t tag = 0) noexcept;

    /// Reads one page above what is loaded; done at once when there is none or one is being read.
    /// Of a page for which there is no place its newest messages are taken.
    /// @retval room_unknown
    error older(std::string_view room, std::uint64_t tag = 0) noexcept;

    /// Keeps the oldest entries of a room while a person looks at them, within half as much again
    /// as `entries_max` and a quarter more than `text_bytes_max`.
    /// @retval room_unknown
    error hold(std::string_view room, bool held) noexcept;

    /// Reads a room's members again, now or when it may, since no notice tells who is online.
    /// @retval room_unknown
    error refresh(std::string_view room) noexcept;

    /// The person has seen all of a room.
    /// @retval room_unknown
    error see(std::string_view room) noexcept;

    // Posts.

    /// Says something, now or as soon as it can be. It stands among the room's posts until its
    /// message is in the room. On error it is not kept.
    /// @retval room_unknown
    /// @retval member_missing   the text is empty
    /// @retval member_too_long  it is longer than the server's `message_bytes_max`
    /// @retval text_invalid     it is no UTF-8
    /// @retval pending_full     too many posts or bytes of them are kept
    /// @retval entropy_failed
    /// @return its id, never used again
    result<std::uint64_t> post(std::string_view room, std::string_view text,
                               const post_options& how = {}) noexcept;

    /// Sends a failed post again, with the nonce it had.
    /// @retval invalid_argument  there is no failed post of this id
    error resend(std::uint64_t post) noexcept;

    /// Forgets a failed post. One that waits may be said already.
    /// @retval invalid_argument  there is no failed post of this id
    error discard(std::uint64_t post) noexcept;

    /// Sends any command. What the view shows changes by what the server tells of it alone.
    /// @retval offline           there is no connection, or no welcome yet
    /// @retval invalid_argument  no command of this type travels in frames
    /// @retval queue_full, frame_too_long
    error submit(const command& what, std::uint64_t tag = 0) noexcept;

    // Coming back after a restart.

    /// Writes what a restart needs to come back: the user, the tokens, which rooms, posts. The
    /// tokens are as good as a password.
    ///
    /// @return the bytes it takes; with `memory_short` too, when nothing was written
    [[nodiscard]] result<std::size_t> save(void* out, std::size_t capacity) const noexcept;

    /// Takes over what `save` wrote, as the first thing after `open`. The end of what each room
    /// held is asked for again.
    /// @retval snapshot_invalid  nothing changed
    /// @retval limit_too_small   there are more rooms or posts than places; nothing changed
    /// @retval invalid_argument  it is not the first thing
    [[nodiscard]] error restore(std::string_view saved) noexcept;

    // Reads. Before `open` there is nothing.

    client_state state() const noexcept;

    /// Why the last login or connection failed; `none` while all is well.
    error why() const noexcept;

    std::uint64_t user() const noexcept;
    std::string_view nick() const noexcept;

    /// What the server's last `welcome` told, without `features`.
    welcome limits() const noexcept;

    /// The connection is of no more use; until `disconnected`.
    bool wants_close() const noexcept;

    /// Frames that made no sense.
    std::uint64_t faults() const noexcept;

    /// The rooms, in the order in which they came.
    client_list<client_room> rooms() const noexcept;

    /// @retval room_unknown
    result<client_room> room(std::string_view name) const noexcept;

    /// A room's messages and gaps, ascending, without one left out; empty for an unknown room.
    client_list<client_entry> entries(std::string_view room) const noexcept;

    /// A room's members, in no order.
    client_list<client_member> members(std::string_view room) const noexcept;

    /// Own posts in a room that wait or have failed, in the order in which they were said.
    client_list<client_post> posts(std::string_view room) const noexcept;

    /// A message by its number.
    /// @retval room_unknown, reply_unknown
    result<client_entry> message(std::string_view room, std::uint64_t number) const noexcept;

private:
    detail::client_core* core_ = nullptr;
};

}  // namespace chatroom

#endif  // CHATROOM_HPP

#if defined(CHATROOM_IMPLEMENTATION) && !defined(CHATROOM_IMPLEMENTATION_ONCE)
#define CHATROOM_IMPLEMENTATION_ONCE

#include <cstring>
#include <new>

// ---- src/base/error_words.hpp -------------------------------------------------------------------

namespace chatroom::detail {

// As `error_name` and `error_text`, of what a server can answer with: frames say no other, and a
// server does not link the words of what only a client meets.

const char* server_error_name(error why) noexcept;
const char* server_error_text(error why) noexcept;

}  // namespace chatroom::detail

// ---- src/base/error.cpp -------------------------------------------------------------------------

namespace chatroom {

namespace detail {

struct error_words {
    error why;
    const char* name;
    const char* text;
};

constexpr error no_error{127};

// Read by the compiler alone; `packed_errors` is what is linked.
constexpr error_words server_errors[] = {
    {error::none, "none", "Done."},
    {error::invalid_argument, "invalid_argument", "An argument is outside what the call accepts."},
    {error::engine_closed, "engine_closed", "Open the engine first."},
    {error::engine_open, "engine_open", "The engine is open; close it before opening it again."},
    {error::config_invalid, "config_invalid", "The configuration breaks a bound in config."},
    {error::memory_short, "memory_short", "Give the engine at least footprint(config) bytes."},
    {error::limit_too_small, "limit_too_small", "Raise the limit that is named and load again."},
    {error::inside_callback, "inside_callback", "Call this when no callback of the engine runs."},
    {error::entropy_failed, "entropy_failed", "Give the engine a working entropy callback."},
    {error::queued, "queued", "The command runs when the outer call is done."},
    {error::pending, "pending", "The outcome follows when the log has stored the record."},
    {error::queue_full, "queue_full", "Too many calls inside callbacks; try again later."},
    {error::records_full, "records_full", "Too many records wait for the log; try again later."},
    {error::paused, "paused", "Not taken; offer it again after unpause."},
    {error::no_time, "no_time", "Tell the time with tick first."},
    {error::clock_leap, "clock_leap", "The time leapt; tick again and confirm it if it is right."},
    {error::frame_too_long, "frame_too_long", "Send shorter frames."},
    {error::frame_malformed, "frame_malformed", "The frame cannot be read; see at."},
    {error::op_missing, "op_missing", "Name the command in op."},
    {error::op_unknown, "op_unknown", "No command has this name."},
    {error::member_missing, "member_missing", "Add the member that is named."},
    {error::member_invalid, "member_invalid",
     "The member that is named has the wrong kind of value."},
    {error::member_too_long, "member_too_long", "Shorten the member that is named to its limit."},
    {error::number_out_of_range, "number_out_of_range",
     "Keep the number that is named within its bounds."},
    {error::codec_missing, "codec_missing", "Register the codec when opening the engine."},
    {error::session_unknown, "session_unknown", "The session has ended; connect again."},
    {error::sessions_full, "sessions_full", "The server is full; try again later."},
    {error::login_required, "login_required", "Say who you are first."},
    {error::already_logged_in, "already_logged_in", "Log out first."},
    {error::users_full, "users_full", "There is no place for another user; try again later."},
    {error::user_sessions_full, "user_sessions_full", "End another session of this user first."},
    {error::nick_invalid, "nick_invalid",
     "Leave out controls, invisible characters and stray spaces."},
    {error::nick_taken, "nick_taken", "Somebody has this nick; choose another."},
    {error::token_invalid, "token_invalid", "The token is used or too old; log in again."},
    {error::user_unknown, "user_unknown", "There is no such user."},
    {error::room_unknown, "room_unknown", "There is no such room for you."},
    {error::room_name_invalid, "room_name_invalid",
     "Use letters, digits and - _ . in a room name."},
    {error::room_exists, "room_exists", "There is a room of this name; join it or choose another."},
    {error::rooms_full, "rooms_full", "There is no place for another room; try again later."},
    {error::room_full, "room_full", "The room is full; try again later."},
    {error::members_full, "members_full",
     "There is no place for another membership; try again later."},
    {error::user_rooms_full, "user_rooms_full", "Leave a room first."},
    {error::room_managed, "room_managed", "Only the host says who is in this room."},
    {error::forbidden, "forbidden", "You may not do this."},
    {error::text_invalid, "text_invalid",
     "Take out the control character or invalid byte; see at."},
    {error::reply_unknown, "reply_unknown", "The message is not in the history of this room."},
    {error::nonce_reused, "nonce_reused", "Use a new nonce for a new message."},
    {error::history_full, "history_full", "There is no history page left for this room."},
    {error::storage_failed, "storage_failed",
     "The log did not store the command; try again later."},
    {error::record_invalid, "record_invalid", "The record is damaged or not a record."},
    {error::already_applied, "already_applied", "The record was applied before."},
    {error::feature_missing, "feature_missing", "Register the feature of this record."},
    {error::behaviour_unknown, "behaviour_unknown",
     "The record was written by a later version; upgrade."},
    {error::log_torn, "log_torn", "The log ends inside a record; cut it at the offset."},
    {error::log_damaged, "log_damaged",
     "The log is damaged before its end; restore it from a copy."},
    {error::snapshot_invalid, "snapshot_invalid", "The snapshot is damaged or not a snapshot."},
    {error::incarnation_stale, "incarnation_stale",
     "The node has started again; use a higher incarnation."},
    {error::nodes_full, "nodes_full", "Raise nodes_max."},
    {no_error, "unknown", "An unknown error."},   // Last: where a search ends.
};

constexpr error_words client_errors[] = {
    {error::offline, "offline", "There is no connection; try again when there is."},
    {error::connection_lost, "connection_lost", "The connection was lost before the reply."},
    {error::outcome_unknown, "outcome_unknown",
     "Nobody knows whether this was said; send it again or discard it."},
    {error::pending_full, "pending_full",
     "Too many messages are waiting; send them again or discard them."},
    {error::superseded, "superseded", "A later login took its place."},
    {error::reply_invalid, "reply_invalid", "The server's reply made no sense."},
    {no_error, "unknown", "An unknown error."},
};

constexpr char* pack_text(char* to, const char* text) noexcept {
    do *to++ = *text; while (*text++ != 0);
    return to;
}

constexpr std::size_t packed_size(const error_words& row) noexcept {
    std::size_t size = 4;   // Number, size, and two ends of text.
    for (const char* at = row.name; *at != 0; ++at) ++size;
    for (const char* at = row.text; *at != 0; ++at) ++size;
    return size;
}

template <std::size_t count>
constexpr std::size_t packed_size(const error_words (&all)[count]) noexcept {
    std::size_t size = 0;
    for (const error_words& row : all) size += packed_size(row);
    return size;
}

/// The number of each error, the size of its row, its name and its text, in one object and without
/// pointers: small, and left out by the linker where nobody asks.
template <const auto& all>
struct packed_errors {
    char rows[packed_size(all)]{};

    constexpr packed_errors() noexcept {
        char* at = rows;
        for (const error_words& row : all) {
            at[0] = static_cast<char>(row.why);
            at[1] = static_cast<char>(packed_size(row));
            at = pack_text(pack_text(at + 2, row.name), row.text);
        }
    }
};

static constexpr packed_errors<server_errors> words_of_servers;
static constexpr packed_errors<client_errors> words_of_clients;

static const char* find_name(const char* at, error why) noexcept {
    while (*at != static_cast<int>(why) && *at != static_cast<int>(no_error)) at += at[1];
    return at + 2;
}

static const char* text_behind(const char* name) noexcept {
    while (*name++ != 0) {}
    return name;
}

const char* server_error_name(error why) noexcept {
    return find_name(words_of_servers.rows, why);
}

const char* server_error_text(error why) noexcept { return text_behind(server_error_name(why)); }

}  // namespace detail

const char* error_name(error why) noexcept {
    if (why < error::offline) return detail::server_error_name(why);
    return detail::find_name(detail::words_of_clients.rows, why);
}

const char* error_text(error why) noexcept { return detail::text_behind(error_name(why)); }

}  // namespace chatroom

// ---- src/base/platform.hpp ----------------------------------------------------------------------

namespace chatroom::detail {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

/// What a function that writes answers when the room for it is short.
constexpr std::size_t size_short = static_cast<std::size_t>(-1);

/// Whether the compiler was asked for small code (-Os): what only saves time is left out.
#if defined(__OPTIMIZE_SIZE__)
constexpr bool small_code = true;
#else
constexpr bool small_code = false;
#endif

/// Stops a checked build (CHATROOM_CHECKED defined) where a promise of this code is broken.
inline void invariant([[maybe_unused]] bool holds) noexcept {
#ifdef CHATROOM_CHECKED
    if (!holds) __builtin_trap();
#endif
}

template <typename T>
constexpr T smaller(T a, T b) noexcept { return b < a ? b : a; }

template <typename T>
constexpr T larger(T a, T b) noexcept { return a < b ? b : a; }

constexpr u32 rotl(u32 value, int by) noexcept { return value << by | value >> (32 - by); }
constexpr u32 rotr(u32 value, int by) noexcept { return value >> by | value << (32 - by); }

// Numbers in memory, whatever its alignment and the machine's byte order.

/// Whether the machine's own order is that of `load_le` and `store_le`. All that run Windows are
/// so, and compilers of others tell.
#if defined(__BYTE_ORDER__)
constexpr bool little_endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
#else
constexpr bool little_endian = true;
#endif

template <typename T>
T load_le(const void* from) noexcept {
    T value = 0;
    if (little_endian) {
        std::memcpy(&value, from, sizeof value);
    } else {
        for (std::size_t i = sizeof value; i-- != 0;) {
            value = static_cast<T>(value << 4 << 4 | static_cast<const u8*>(from)[i]);
        }
    }
    return value;
}

template <typename T>
void store_le(void* to, T value) noexcept {
    if (little_endian) {
        std::memcpy(to, &value, sizeof value);
    } else {
        for (std::size_t i = 0; i < sizeof value; ++i) {
            static_cast<u8*>(to)[i] = static_cast<u8>(value >> 8 * i);
        }
    }
}

inline u16 load_le16(const void* from) noexcept { return load_le<u16>(from); }
inline u32 load_le32(const void* from) noexcept { return load_le<u32>(from); }
inline u64 load_le64(const void* from) noexcept { return load_le<u64>(from); }
inline void store_le16(void* to, u16 value) noexcept { store_le(to, value); }
inline void store_le32(void* to, u32 value) noexcept { store_le(to, value); }
inline void store_le64(void* to, u64 value) noexcept { store_le(to, value); }

inline u32 load_be32(const void* from) noexcept {
    const u8* at = static_cast<const u8*>(from);
    return u32{at[0]} << 24 | u32{at[1]} << 16 | u32{at[2]} << 8 | u32{at[3]};
}

inline void store_be32(void* to, u32 value) noexcept {
    u8* at = static_cast<u8*>(to);
    at[0] = static_cast<u8>(value >> 24);
    at[1] = static_cast<u8>(value >> 16);
    at[2] = static_cast<u8>(value >> 8);
    at[3] = static_cast<u8>(value);
}

/// Divides by a divisor that is not 0; the only 64-bit division, since 32-bit targets would call
/// their support library for it. Divisors below 65536 are quick there, larger ones are not.
///
/// @param rest  receives what is left over
inline u64 divide_small(u64 value, u32 divisor, u32& rest) noexcept {
#if SIZE_MAX > 0xffffffff
    rest = static_cast<u32>(value % divisor);
    return value / divisor;
#else
    u64 quotient = 0;
    u32 left = 0;
    if (divisor < 0x10000) {
        for (int shift = 48; shift >= 0; shift -= 16) {
            left = left << 16 | (static_cast<u32>(value >> shift) & 0xffff);
            quotient = quotient << 16 | left / divisor;
            left %= divisor;
        }
    } else {
        for (int shift = 63; shift >= 0; --shift) {
            const bool carry = left >> 31 != 0;
            left = left << 1 | (static_cast<u32>(value >> shift) & 1);
            const bool fits = carry || left >= divisor;
            if (fits) left -= divisor;
            quotient = quotient << 1 | (fits ? 1 : 0);
        }
    }
    rest = left;
    return quotient;
#endif
}

// Several bytes at a time. A test answers a mask with the top bit set in bytes that pass; above
// the lowest of these others may be set in error, so only the lowest counts.

using byte_lanes = std::size_t;

inline byte_lanes load_lanes(const void* from) noexcept { return load_le<byte_lanes>(from); }
inline void store_lanes(void* to, byte_lanes value) noexcept { store_le(to, value); }

constexpr int lanes_bytes = sizeof(byte_lanes);

/// Loads fewer bytes than there are lanes; the others are 0.
inline byte_lanes load_few(const char* from, std::size_t size) noexcept {
    if (lanes_bytes == 8 && size >= 4) {   // Two halves, which overlap.
        const u64 second = load_le32(from + size - 4);
        return static_cast<byte_lanes>(load_le32(from) | second << 8 * (size - 4));
    }
    const auto at = [from](std::size_t i) noexcept {
        return static_cast<byte_lanes>(static_cast<u8>(from[i])) << 8 * i;
    };
    return size == 0 ? 0 : at(0) | at(size / 2) | at(size - 1);   // Some of them twice.
}
constexpr byte_lanes lanes_ones = static_cast<byte_lanes>(~byte_lanes{0}) / 0xff;
constexpr byte_lanes lanes_tops = lanes_ones * 0x80;

/// Bytes below a bound of at most 128.
constexpr byte_lanes lanes_below(byte_lanes value, u8 bound) noexcept {
    return (value - lanes_ones * bound) & ~value & lanes_tops;
}

/// Bytes that are the one given.
constexpr byte_lanes lanes_equal(byte_lanes value, u8 wanted) noexcept {
    return lanes_below(value ^ lanes_ones * wanted, 1);
}

/// The place of the lowest byte in a mask that is not 0.
inline std::size_t lanes_first(byte_lanes mask) noexcept {
#if !defined(__GNUC__)
    std::size_t at = 0;
    for (; (mask & 0x80) == 0; mask >>= 8) ++at;
    return at;
#elif SIZE_MAX > 0xffffffff
    return static_cast<unsigned>(__builtin_ctzll(mask)) >> 3;
#else
    return static_cast<unsigned>(__builtin_ctz(mask)) >> 3;
#endif
}

}  // namespace chatroom::detail

// ---- src/base/memory.hpp ------------------------------------------------------------------------

namespace chatroom::detail {

/// No slot: they count from 1, so that what is filled with zeros refers to nothing.
constexpr u32 nil = 0;

/// Hands out one block of memory, front to back; without a block it only counts.
///
/// Counting and handing out are the same code, so `footprint` is exact.
struct arena {
    static constexpr std::size_t bytes_max = static_cast<std::size_t>(-1) / 2;
    static constexpr std::size_t slack = 8 * sizeof(void*);   ///< Of a block that begins anywhere.

    char* base = nullptr;
    std::size_t used = 0;
    std::size_t most = bytes_max;   ///< More is not taken; `used` is this then.

    /// @param bytes  64 bits of them: on 32 a product may be more than there can be
    void* take(u64 bytes, std::size_t align) noexcept {
        used = (used + align - 1) & ~(align - 1);
        if (bytes > most || used > most - bytes) {
            used = most;
            return nullptr;
        }
        void* at = base != nullptr ? base + used : nullptr;
        used += static_cast<std::size_t>(bytes);
        return at;
    }

    /// What was taken, and the slack; 0 when it was more than there can be.
    std::size_t total() const noexcept { return used < most ? used + slack : 0; }

    /// As many rows as asked for. @return where the row before the first would be, so that slots
    /// lead to their rows
    void* take_rows(u32 rows, std::size_t bytes, std::size_t align = 8) noexcept {
        char* const first = static_cast<char*>(take(u64{rows} * bytes, align));
        return first != nullptr ? first - bytes : nullptr;
    }
};

/// Which slots of a table are in use. One that was given back is used again before one that never
/// was, so memory that is not needed is never touched.
struct slot_list {
    u32 capacity;
    u32 count;
    u32 touched;     ///< Slots beyond this one were never used.
    u32 freed;       ///< The last slot given back; it holds the one before.

    void* claim(arena& from, u32 size, std::size_t bytes) noexcept {
        capacity = size;
        count = touched = 0;
        freed = nil;
        return from.take_rows(size, bytes);
    }
    bool full() const noexcept { return count == capacity; }

    u32 take(const void* rows, std::size_t bytes) noexcept {
        invariant(!full());
        ++count;
        if (freed == nil) return ++touched;
        const u32 slot = freed;
        std::memcpy(&freed, static_cast<const char*>(rows) + slot * bytes, sizeof freed);
        return slot;
    }
    void give(u32 slot, void* row) noexcept {
        std::memcpy(row, &freed, sizeof freed);
        freed = slot;
        --count;
    }
};

/// Records of one type in slots that keep their place.
template <typename T>
struct table : slot_list {
    T* rows;

    void claim(arena& from, u32 size) noexcept {
        rows = static_cast<T*>(slot_list::claim(from, size, sizeof(T)));
    }
    T& operator[](u32 slot) noexcept { return rows[slot]; }
    const T& operator[](u32 slot) const noexcept { return rows[slot]; }

    /// Takes a slot and fills it with `T{}`; there must be one.
    u32 take() noexcept {
        const u32 slot = slot_list::take(rows, sizeof(T));
        rows[slot] = T{};
        return slot;
    }
    void give(u32 slot) noexcept { slot_list::give(slot, static_cast<void*>(&rows[slot])); }
};

/// Texts of bounded length beside a table, by the same slots.
struct column {
    char* base;
    u32 stride;

    void claim(arena& from, u32 rows, u32 bytes_max) noexcept {
        stride = bytes_max;
        base = static_cast<char*>(from.take_rows(rows, stride, 1));
    }
    char* at(u32 slot) const noexcept { return base + static_cast<std::size_t>(slot) * stride; }
    std::string_view view(u32 slot, u32 size) const noexcept { return {at(slot), size}; }
    void set(u32 slot, std::string_view text) noexcept {
        if (text.empty() || text.data() == at(slot)) return;
        std::memcpy(at(slot), text.data(), text.size());
    }
};

/// Finds values by hash: a chain of them for each of as many homes as there are values, so 8 bytes
/// a value, and nothing moves.
///
/// What is equal is the caller's to say, so one piece of code serves every table.
struct hash_index {
    // A value, and above it bits of its hash that its home does not show: most of the others of a
    // home are passed by without a look at their rows.
    static constexpr u32 value_bits = 28;
    static constexpr u32 value_mask = (1u << value_bits) - 1;

    u32* homes;   ///< The first of each chain, and behind them, by the values, the next; 0: none.
    u32 size;     ///< Of either.

    /// @param values  those that can be: 1 to so many
    void claim(arena& from, u32 values) noexcept {
        size = values != 0 ? values : 1;
        homes = static_cast<u32*>(from.take(u64{size} * (2 * sizeof *homes), sizeof *homes));
    }
    void clear() noexcept { std::memset(homes, 0, sizeof *homes * std::size_t{size}); }

    /// The next value that may have a hash, after one of them or, with none, the first. None when
    /// there are no more.
    u32 next(u32 hash, u32 value) const noexcept {
        u32 word = value == nil ? homes[home(hash)] : after(value);
        while (word != 0 && (word ^ hash << value_bits) > value_mask) {
            word = after(word & value_mask);
        }
        return word & value_mask;
    }
    void insert(u32 hash, u32 value) noexcept {
        u32& head = homes[home(hash)];
        after(value) = head;
        head = hash << value_bits | value;
    }
    void remove(u32 hash, u32 value) noexcept {
        u32* link = &homes[home(hash)];
        while ((*link & value_mask) != value) link = &after(*link & value_mask);
        *link = after(value);
    }

private:
    u32 home(u32 hash) const noexcept { return static_cast<u32>(u64{hash} * size >> 32); }
    u32& after(u32 value) const noexcept { return homes[size - 1 + std::size_t{value}]; }
};

/// What the hashes of an index depend on: secret, so that nobody can choose names that share a
/// home. Local, since no order depends on it.
struct hash_key {
    static constexpr std::size_t text_bytes_max = 64;   // No text that is looked up is longer.
    u64 factor;                                         ///< Odd.
    u32 words[text_bytes_max / 4];
};

/// A universal hash of numbers, by the upper half of a product (Dietzfelbinger and others, 1997):
/// by a random key, any two numbers share their home hardly more often than by chance.
inline u32 keyed_hash(const hash_key& key, u64 number) noexcept {
    return static_cast<u32>(number * key.factor >> 32);
}

/// A text as a number: the sum of products in UMAC (NH; Black and others, 1999), of which any two
/// texts have the same as rarely.
inline u64 keyed_sum(const hash_key& key, std::string_view text) noexcept {
    const char* at = text.data();
    std::size_t left = smaller(text.size(), hash_key::text_bytes_max);
    const u32* word = key.words;
    u64 sum = left;
    for (; left >= 8; left -= 8, at += 8, word += 2) {
        sum += u64{load_le32(at) + word[0]} * (load_le32(at + 4) + word[1]);
    }
    if (left == 0) return sum;
    u32 low = 0, high = 0;
    if (left >= 4) {
        low = load_le32(at);
        high = load_le32(at + left - 4);
    } else {
        while (left != 0) low = low << 8 | static_cast<unsigned char>(at[--left]);
    }
    return sum + u64{low + word[0]} * (high + word[1]);
}

inline u32 keyed_hash(const hash_key& key, std::string_view text) noexcept {
    return keyed_hash(key, keyed_sum(key, text));
}

}  // namespace chatroom::detail

// ---- src/base/chain.hpp -------------------------------------------------------------------------

namespace chatroom::detail {

/// Where a row stands in a chain of rows.
struct chain_link {
    u32 next = nil;
    u32 previous = nil;
};

/// The links that the rows of a table have for one chain.
struct chain_links {
    char* first;
    std::size_t stride;

    chain_link& operator[](u32 slot) const noexcept {
        return *reinterpret_cast<chain_link*>(first + slot * stride);
    }
};

template <typename T>
chain_links links_of(T* rows, chain_link T::*which) noexcept {
    return {reinterpret_cast<char*>(&(rows->*which)), sizeof(T)};
}
template <typename T>
chain_links links_of(table<T>& rows, chain_link T::*which) noexcept {
    return links_of(rows.rows, which);
}

/// Rows of a table in an order of their own; any of them can leave it. Begins as zeros.
struct chain {
    u32 first;
    u32 last;

    void append(chain_links all, u32 slot) noexcept {
        all[slot] = {nil, last};
        (last == nil ? first : all[last].next) = slot;
        last = slot;
    }
    void remove(chain_links all, u32 slot) noexcept {
        const chain_link was = all[slot];
        (was.previous == nil ? first : all[was.previous].next) = was.next;
        (was.next == nil ? last : all[was.next].previous) = was.previous;
        all[slot] = {};
    }
};

}  // namespace chatroom::detail

// ---- src/base/chunks.hpp ------------------------------------------------------------------------

namespace chatroom::detail {

static_assert(sizeof(chunk) == 4 * chunk::words,
              "recipients::iterator finds the end of a chunk by its address");

/// A sequence of numbers in chunks of one pool. Order is not kept when something is removed.
struct chunk_list {
    u32 head = nil;    ///< Its `previous` is the last one.
    u32 count = 0;
};

/// Where in a list something stands: its chunk, and its place in there.
using chunk_place = u32;

/// The chunks of many lists. A pool of `size` entries and `lists` lists never runs out.
struct chunk_pool {
    static constexpr u32 entries_max = chunk::entries_max;
    table<chunk> chunks;

    void claim(arena& from, u32 size, u32 lists) noexcept {
        from.take(0, sizeof(chunk));
        // The first entry of a list takes a chunk. Beyond, so many entries take one.
        const u32 firsts = smaller(size, lists);
        chunks.claim(from, firsts + (size - firsts) / entries_max);
    }

    static chunk_place make(u32 chunk_slot, u32 at) noexcept { return chunk_slot << 4 | at; }
    u32& at(chunk_place where) noexcept { return chunks[where >> 4].entries[where & 15]; }
    u32 at(chunk_place where) const noexcept { return chunks[where >> 4].entries[where & 15]; }

    /// The position of a place in its list, from 0.
    u32 ordinal(chunk_place where) const noexcept {
        return chunks[where >> 4].ordinal * entries_max + (where & 15);
    }
    /// The place of the last entry; there must be one.
    chunk_place last(const chunk_list& of) const noexcept {
        return make(chunks[of.head].previous, (of.count - 1) % entries_max);
    }
    /// The place after this one; there must be one.
    chunk_place after(chunk_place where) const noexcept {
        if ((where & 15) + 1 < entries_max) return where + 1;
        return make(chunks[where >> 4].next, 0);
    }
    /// The place so many further; there must be one.
    chunk_place after(chunk_place where, u32 steps) const noexcept {
        u32 slot = where >> 4;
        for (steps += where & 15; steps >= entries_max; steps -= entries_max) {
            slot = chunks[slot].next;
        }
        return make(slot, steps);
    }
    /// The place before this one; there must be one.
    chunk_place before(chunk_place where) const noexcept {
        if ((where & 15) != 0) return where - 1;
        return make(chunks[where >> 4].previous, entries_max - 1);
    }

    chunk_place push(chunk_list& to, u32 value) noexcept {
        if (to.count % entries_max == 0) append(to);
        ++to.count;
        const chunk_place where = last(to);
        at(where) = value;
        return where;
    }

    /// Removes the last entry.
    void pop(chunk_list& from) noexcept {
        --from.count;
        if (from.count % entries_max != 0) return;
        const u32 emptied = chunks[from.head].previous;
        const u32 before = chunks[emptied].previous;
        chunks[from.head].previous = before;
        chunks[before].next = nil;
        if (emptied == from.head) from.head = nil;
        chunks.give(emptied);
    }

    /// Goes to a position; linear in the chunks before it.
    chunk_place find(const chunk_list& in, u32 position) const noexcept {
        u32 slot = in.head;
        for (; position >= entries_max; position -= entries_max) slot = chunks[slot].next;
        return make(slot, position);
    }

private:
    void append(chunk_list& to) noexcept {
        const u32 fresh = chunks.take();
        if (to.head == nil) to.head = chunks[fresh].previous = fresh;
        const u32 tail = chunks[to.head].previous;
        chunks[tail].next = fresh;
        chunks[to.head].previous = fresh;
        chunks[fresh].previous = tail;
        chunks[fresh].next = nil;
        chunks[fresh].ordinal = to.count / entries_max;
    }
};

}  // namespace chatroom::detail

// ---- src/base/crypto.hpp ------------------------------------------------------------------------

namespace chatroom::detail {

/// SHA-256 over bytes that come in pieces. FIPS 180-4; RFC 6234.
///
/// A copy made between two calls goes on from there, which is what HMAC and PBKDF2 live on.
struct sha256 {
    static constexpr std::size_t block_bytes = 64;
    static constexpr std::size_t digest_bytes = 32;

    u32 state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    u8 block[block_bytes]{};
    u64 total = 0;    ///< Bytes so far, at most 2^61 - 1.

    /// Adds bytes; `data` may be null when `size` is 0. Cannot fail.
    void update(const void* data, std::size_t size) noexcept;

    /// Writes the digest. What follows on the same object has no meaning. Cannot fail.
    void finish(u8 (&digest)[digest_bytes]) noexcept;
};

/// Mixes one block into a state: the inner step of SHA-256, for those that prepare the blocks.
void sha256_block(u32 (&state)[8], const u8* block) noexcept;

/// The SHA-256 of bytes that are all there. Cannot fail.
void sha256_of(const void* data, std::size_t size, u8 (&digest)[sha256::digest_bytes]) noexcept;

/// Continues a CRC-32C (Castagnoli, RFC 3720 B.4): begin with 0, or with the value for the bytes
/// before. The same on every machine; with the processor's instruction where there is one.
u32 crc32c(u32 crc, const void* data, std::size_t size) noexcept;

/// `crc32c` without the processor's instruction.
u32 crc32c_by_table(u32 crc, const void* data, std::size_t size) noexcept;

}  // namespace chatroom::detail

// ---- src/base/crypto.cpp ------------------------------------------------------------------------

#if defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace chatroom::detail {

// SHA-256

static constexpr u32 sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The schedule as a ring of 16 words: the word for round i, made from those before.
static inline u32 sha256_schedule(u32 (&ring)[16], u32 i) noexcept {
    const u32 before2 = ring[(i + 14) & 15];
    const u32 before15 = ring[(i + 1) & 15];
    ring[i & 15] += (rotr(before2, 17) ^ rotr(before2, 19) ^ before2 >> 10) + ring[(i + 9) & 15] +
                    (rotr(before15, 7) ^ rotr(before15, 18) ^ before15 >> 3);
    return ring[i & 15];
}

static inline u32 sha256_upper(u32 e, u32 f, u32 g) noexcept {
    return (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (g ^ (e & (f ^ g)));
}

static inline u32 sha256_lower(u32 a, u32 b, u32 c) noexcept {
    return (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) | (c & (a | b)));
}

#if defined(__OPTIMIZE_SIZE__)

void sha256_block(u32 (&state)[8], const u8* block) noexcept {
    u32 ring[16], s[8];
    for (u32 i = 0; i < 16; ++i) ring[i] = load_be32(block + 4 * i);
    std::memcpy(s, state, sizeof s);
    for (u32 i = 0; i < 64; ++i) {
        // The eight words move one place on in each round: it is the places that move.
        const auto at = [&s, i](u32 place) -> u32& { return s[(place - i) & 7]; };
        const u32 word = i < 16 ? ring[i] : sha256_schedule(ring, i);
        const u32 mixed = at(7) + sha256_upper(at(4), at(5), at(6)) + sha256_constants[i] + word;
        at(3) += mixed;
        at(7) = mixed + sha256_lower(at(0), at(1), at(2));
    }
    for (u32 i = 0; i < 8; ++i) state[i] += s[i];
}

#else

// The eight words move one place on in each round. Instead of moving them, the caller names them
// in another order, and the same order is back after eight rounds.
static inline void sha256_round(u32 a, u32 b, u32 c, u32& d, u32 e, u32 f, u32 g, u32& h,
                                u32 added) noexcept {
    h += sha256_upper(e, f, g) + added;
    d += h;
    h += sha256_lower(a, b, c);
}

void sha256_block(u32 (&state)[8], const u8* block) noexcept {
    u32 ring[16];
    for (u32 i = 0; i < 16; ++i) ring[i] = load_be32(block + 4 * i);
    u32 a = state[0], b = state[1], c = state[2], d = state[3];
    u32 e = state[4], f = state[5], g = state[6], h = state[7];
    for (u32 i = 0; i < 64; i += 8) {
        const u32* constant = sha256_constants + i;
        const auto word = [&ring, i, constant](u32 j) {
            return constant[j] + (i < 16 ? ring[i + j] : sha256_schedule(ring, i + j));
        };
        sha256_round(a, b, c, d, e, f, g, h, word(0));
        sha256_round(h, a, b, c, d, e, f, g, word(1));
        sha256_round(g, h, a, b, c, d, e, f, word(2));
        sha256_round(f, g, h, a, b, c, d, e, word(3));
        sha256_round(e, f, g, h, a, b, c, d, word(4));
        sha256_round(d, e, f, g, h, a, b, c, word(5));
        sha256_round(c, d, e, f, g, h, a, b, word(6));
        sha256_round(b, c, d, e, f, g, h, a, word(7));
    }
    const u32 mixed[8] = {a, b, c, d, e, f, g, h};
    for (u32 i = 0; i < 8; ++i) state[i] += mixed[i];
}

#endif

void sha256::update(const void* data, std::size_t size) noexcept {
    const u8* at = static_cast<const u8*>(data);
    while (size != 0) {
        const std::size_t used = static_cast<std::size_t>(total) % block_bytes;
        const std::size_t taken = smaller(size, block_bytes - used);
        if (taken == block_bytes) {
            sha256_block(state, at);
        } else {
            std::memcpy(block + used, at, taken);
            if (used + taken == block_bytes) sha256_block(state, block);
        }
        total += taken;
        at += taken;
        size -= taken;
    }
}

void sha256::finish(u8 (&digest)[digest_bytes]) noexcept {
    std::size_t used = static_cast<std::size_t>(total) % block_bytes;
    block[used++] = 0x80;
    if (used > block_bytes - 8) {    // No place for the length: it goes into a block of its own.
        std::memset(block + used, 0, block_bytes - used);
        sha256_block(state, block);
        used = 0;
    }
    std::memset(block + used, 0, block_bytes - 8 - used);
    store_be32(block + 56, static_cast<u32>(total >> 29));
    store_be32(block + 60, static_cast<u32>(total << 3));
    sha256_block(state, block);
    for (u32 i = 0; i < 8; ++i) store_be32(digest + 4 * i, state[i]);
}

void sha256_of(const void* data, std::size_t size, u8 (&digest)[sha256::digest_bytes]) noexcept {
    sha256 hash;
    hash.update(data, size);
    hash.finish(digest);
}

// CRC-32C

#if defined(__OPTIMIZE_SIZE__)
static constexpr u32 crc32c_step_bits = 4;
#else
static constexpr u32 crc32c_step_bits = 8;
#endif

struct crc32c_table {
    u32 values[1u << crc32c_step_bits]{};

    constexpr crc32c_table() noexcept {
        for (u32 i = 0; i < 1u << crc32c_step_bits; ++i) {
            u32 value = i;
            for (u32 bit = 0; bit < crc32c_step_bits; ++bit) {
                value = value >> 1 ^ (0x82f63b78u & (0u - (value & 1)));
            }
            values[i] = value;
        }
    }
};

static constexpr crc32c_table crc32c_steps{};

u32 crc32c_by_table(u32 crc, const void* data, std::size_t size) noexcept {
    constexpr u32 mask = (1u << crc32c_step_bits) - 1;
    const u8* at = static_cast<const u8*>(data);
    crc = ~crc;
    for (const u8* const end = at + size; at != end; ++at) {
        crc ^= *at;
        for (u32 bit = 0; bit < 8; bit += crc32c_step_bits) {
            crc = crc >> crc32c_step_bits ^ crc32c_steps.values[crc & mask];
        }
    }
    return ~crc;
}

#if defined(__ARM_FEATURE_CRC32)

u32 crc32c(u32 crc, const void* data, std::size_t size) noexcept {
    const u8* at = static_cast<const u8*>(data);
    crc = ~crc;
#if defined(__aarch64__)
    for (; size >= 8; at += 8, size -= 8) crc = __crc32cd(crc, load_le64(at));
#endif
    for (; size >= 4; at += 4, size -= 4) crc = __crc32cw(crc, load_le32(at));
    for (; size != 0; ++at, --size) crc = __crc32cb(crc, *at);
    return ~crc;
}

// With GCC and Clang on x86-64 the instruction is found at run time, unless the target is known
// to have it. Windows has no run-time library for the question, and small builds none to spare.
#elif defined(__GNUC__) && defined(__x86_64__) && \
    (defined(__SSE4_2__) || (!defined(_WIN32) && !defined(__OPTIMIZE_SIZE__)))

__attribute__((target("sse4.2")))
static u32 crc32c_by_instruction(u32 crc, const void* data, std::size_t size) noexcept {
    const u8* at = static_cast<const u8*>(data);
    u64 wide = static_cast<u32>(~crc);
    for (; size >= 8; at += 8, size -= 8) wide = __builtin_ia32_crc32di(wide, load_le64(at));
    u32 rest = static_cast<u32>(wide);
    for (; size != 0; ++at, --size) rest = __builtin_ia32_crc32qi(rest, *at);
    return ~rest;
}

u32 crc32c(u32 crc, const void* data, std::size_t size) noexcept {
#if !defined(__SSE4_2__)
    if (!__builtin_cpu_supports("sse4.2")) return crc32c_by_table(crc, data, size);
#endif
    return crc32c_by_instruction(crc, data, size);
}

#else

u32 crc32c(u32 crc, const void* data, std::size_t size) noexcept {
    return crc32c_by_table(crc, data, size);
}

#endif

}  // namespace chatroom::detail

// ---- src/base/text.hpp --------------------------------------------------------------------------

namespace chatroom::detail {

/// Whether two short texts are the same; mostly their sizes tell.
///
/// Not by the library's `memcmp`: its wide masked loads take hundreds of cycles where they reach
/// into a page that nobody has touched yet.
bool is_same_by_lanes(std::string_view a, std::string_view b) noexcept;
inline bool is_same_text(const std::string_view& a, const std::string_view& b) noexcept {
    return small_code ? a == b : is_same_by_lanes(a, b);
}

// UTF-8. RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.

/// Length of the well-formed sequence at `at`, 1 to 4 bytes; 0 when there is none before `end`.
std::size_t utf8_sequence(const char* at, const char* end) noexcept;

/// Offset of the first sequence that is not well-formed; the size when all are.
std::size_t utf8_invalid_at(std::string_view text) noexcept;

/// Reads the code point at `at` and steps over it; the text is valid and does not end here.
char32_t utf8_next(const char*& at, const char* end) noexcept;

/// Writes a code point, no surrogate and at most U+10FFFF; answers its 1 to 4 bytes.
std::size_t utf8_put(char32_t point, char* out) noexcept;

// Rules about names. Which of the two sets is used is the host's choice, and the tables of the
// larger are linked only where it is named.

/// What a code point is to a name.
enum class char_kind : u8 {
    refused,   ///< A control, a format or bidi character, invisible, a space, or unassigned.
    other,     ///< A symbol, punctuation, U+0020.
    letter,    ///< A letter or a number (general categories L and N).
    mark,      ///< What stands on the one before it (general category M).
};

/// How names are judged and compared.
struct text_rules {
    /// Whether a code point may stand in a nick.
    bool (*nameable)(char32_t point);

    /// Writes the form in which names are compared: names that differ in case, width or
    /// composition alone have one form, and that form is its own.
    ///
    /// @param in   valid UTF-8
    /// @param out  receives at most three times as many bytes; not `in`
    /// @return the bytes written, or `size_short` when `capacity` is less
    std::size_t (*fold)(std::string_view in, char* out, std::size_t capacity);

    char_kind (*kind)(char32_t point);
};

/// Printable ASCII alone, A to Z folded to a to z. Needs no tables.
const text_rules& text_ascii() noexcept;

/// All of Unicode but what cannot be seen: controls, format and bidi characters, spaces other
/// than U+0020, Default_Ignorable_Code_Point, U+2800, private use, and what is not assigned.
///
/// Folds by canonical decomposition (but Hangul is composed), full case folding and the width
/// variants, with marks in canonical order (Unicode 3.13, D145; UAX #15). Of more than 32 marks on
/// one letter each 32 are put in order apart, so that hostile text costs no more than other text.
const text_rules& text_unicode() noexcept;

/// What is wrong with a text.
enum class text_flaw : u8 {
    none,
    empty,
    invalid_utf8,
    not_nameable,      ///< A code point that the rules refuse.
    leading_space,
    trailing_space,
    double_space,
};

struct text_finding {
    text_flaw flaw;
    std::size_t offset;   ///< Of the byte at which it begins; the size where nothing is wrong.
};

/// Judges a nick: valid UTF-8 of nameable code points, single spaces only between others.
/// How long it may be is the caller's to say. Answers the flaw that comes first.
text_finding nick_fault(std::string_view nick, const text_rules& rules) noexcept;

/// Offset of what may not stand in a message: invalid UTF-8, DEL, C1, and C0 except line feed
/// and tab; the size when nothing is wrong.
std::size_t text_fault(std::string_view text) noexcept;

/// Whether a room's name is of lower-case ASCII and kept just as it is. Most are: a quick question
/// before `room_name_fold`.
bool room_name_is_plain(std::string_view name) noexcept;

/// Writes the name under which a room is kept: the folded form.
///
/// A room's name is letters, numbers and marks of any script and `- _ . : # +`. It begins with a
/// letter, a number, `_` or `#`, so that it is never an option, a path or a lone mark.
///
/// @param out  receives at most three times as many bytes; not `in`
/// @return the bytes written; 0 when the name breaks the rules; `size_short` when `capacity` is
///         less
std::size_t room_name_fold(std::string_view in, const text_rules& rules, char* out,
                           std::size_t capacity) noexcept;

inline char32_t utf8_next(const char*& at, [[maybe_unused]] const char* end) noexcept {
    invariant(at < end);
    const u32 lead = static_cast<u8>(*at++);
    if (lead < 0x80) return lead;
    const int more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    u32 point = lead & (0x3fu >> more);
    for (int i = 0; i < more; ++i) point = point << 6 | (static_cast<u8>(*at++) & 0x3f);
    return point;
}

}  // namespace chatroom::detail

// ---- src/base/text_tables.cpp -------------------------------------------------------------------

// Tables of Unicode 15.0.0, written by tools/unicode_tables.py: do not edit.

namespace chatroom::detail {

static constexpr u32 unicode_kind_step = 16;

// Runs of one char_kind: length << 2 | kind, seven bits a byte, low ones first.
static constexpr u8 unicode_kind_runs[2422] = {
    128, 1, 65, 42, 29, 106, 25, 106, 17, 136, 1, 37, 6, 9, 4, 17, 10, 5, 6, 13, 10, 5, 14, 5, 94,
    5, 126, 5, 170, 14, 17, 50, 57, 22, 29, 6, 5, 6, 69, 191, 2, 4, 131, 1, 22, 5, 10, 8, 18, 5, 6,
    16, 9, 6, 5, 14, 4, 6, 4, 82, 4, 206, 2, 5, 174, 4, 5, 31, 154, 5, 4, 154, 1, 8, 6, 25, 166, 1,
    9, 8, 13, 4, 183, 1, 5, 7, 5, 11, 5, 11, 5, 7, 32, 110, 16, 18, 9, 68, 41, 47, 5, 4, 13, 174, 1,
    87, 42, 17, 10, 7, 142, 3, 5, 6, 31, 4, 5, 27, 10, 11, 5, 19, 62, 9, 6, 57, 8, 6, 7, 122, 111,
    8, 230, 2, 47, 6, 56, 174, 1, 39, 10, 17, 6, 8, 7, 9, 90, 19, 6, 39, 6, 15, 6, 23, 8, 61, 4,
    102, 15, 8, 5, 4, 46, 20, 98, 5, 26, 36, 35, 170, 1, 99, 4, 135, 1, 218, 1, 15, 6, 75, 6, 31,
    42, 11, 9, 42, 5, 66, 15, 4, 34, 8, 10, 8, 90, 4, 30, 4, 6, 12, 18, 8, 7, 6, 31, 8, 11, 8, 15,
    6, 32, 7, 16, 10, 4, 14, 11, 8, 50, 9, 26, 9, 6, 5, 7, 8, 15, 4, 26, 16, 10, 8, 90, 4, 30, 4,
    10, 4, 10, 4, 10, 8, 7, 4, 23, 16, 11, 8, 15, 12, 7, 28, 18, 4, 6, 28, 42, 11, 14, 7, 5, 40, 15,
    4, 38, 4, 14, 4, 90, 4, 30, 4, 10, 4, 22, 8, 7, 6, 35, 4, 15, 4, 15, 8, 6, 60, 10, 11, 8, 42, 9,
    28, 6, 27, 4, 15, 4, 34, 8, 10, 8, 90, 4, 30, 4, 10, 4, 22, 8, 7, 6, 31, 8, 11, 8, 15, 28, 15,
    16, 10, 4, 14, 11, 8, 42, 5, 30, 40, 7, 6, 4, 26, 12, 14, 4, 18, 12, 10, 4, 6, 4, 10, 12, 10,
    12, 14, 12, 50, 16, 23, 12, 15, 4, 19, 8, 6, 24, 7, 56, 54, 33, 20, 23, 34, 4, 14, 4, 94, 4, 66,
    8, 7, 6, 31, 4, 15, 4, 19, 28, 11, 4, 14, 8, 6, 8, 10, 11, 8, 42, 28, 5, 30, 5, 6, 15, 5, 34, 4,
    14, 4, 94, 4, 42, 4, 22, 8, 7, 6, 31, 4, 15, 4, 19, 28, 11, 24, 10, 4, 10, 11, 8, 42, 4, 10, 7,
    48, 19, 38, 4, 14, 4, 166, 1, 11, 6, 31, 4, 15, 4, 19, 6, 5, 16, 14, 7, 42, 11, 8, 78, 5, 26, 4,
    15, 4, 74, 12, 98, 4, 38, 4, 6, 8, 30, 12, 7, 16, 27, 4, 7, 4, 35, 24, 42, 8, 11, 5, 48, 194, 1,
    7, 10, 31, 16, 5, 30, 35, 5, 42, 9, 148, 1, 10, 4, 6, 4, 22, 4, 98, 4, 6, 4, 42, 7, 10, 39, 6,
    8, 22, 4, 6, 4, 31, 4, 42, 8, 18, 128, 1, 6, 93, 11, 25, 82, 5, 7, 5, 7, 5, 7, 17, 11, 34, 4,
    146, 1, 16, 83, 5, 11, 22, 47, 4, 147, 1, 4, 33, 7, 25, 4, 53, 148, 1, 174, 1, 83, 46, 25, 26,
    19, 18, 15, 6, 15, 10, 31, 14, 19, 54, 51, 6, 7, 42, 19, 9, 154, 1, 4, 6, 20, 6, 8, 174, 1, 5,
    142, 3, 8, 162, 7, 4, 18, 8, 30, 4, 6, 4, 18, 8, 166, 1, 4, 18, 8, 134, 1, 4, 18, 8, 30, 4, 6,
    4, 18, 8, 62, 4, 230, 1, 4, 18, 8, 142, 2, 8, 15, 37, 82, 12, 66, 41, 24, 218, 2, 8, 26, 8, 5,
    178, 19, 9, 70, 4, 106, 9, 12, 174, 2, 13, 46, 28, 74, 19, 36, 78, 15, 9, 36, 74, 11, 48, 54, 4,
    14, 4, 11, 48, 210, 1, 8, 123, 13, 6, 17, 6, 7, 8, 42, 24, 42, 24, 45, 20, 42, 24, 230, 2, 28,
    22, 11, 138, 1, 7, 6, 20, 154, 2, 40, 126, 4, 51, 16, 51, 16, 5, 12, 9, 162, 1, 8, 22, 44, 178,
    1, 16, 106, 24, 46, 12, 137, 1, 94, 23, 8, 9, 214, 1, 43, 4, 119, 8, 7, 42, 24, 42, 24, 29, 6,
    25, 8, 127, 196, 1, 23, 190, 1, 71, 34, 12, 42, 69, 39, 45, 4, 15, 122, 55, 226, 1, 59, 32, 17,
    146, 1, 83, 12, 21, 42, 12, 198, 1, 9, 38, 28, 174, 1, 8, 14, 33, 32, 15, 5, 87, 18, 7, 26, 7,
    10, 15, 6, 20, 130, 6, 131, 2, 218, 8, 8, 26, 8, 154, 1, 8, 26, 8, 34, 4, 6, 4, 6, 4, 6, 4, 126,
    8, 214, 1, 4, 30, 5, 6, 13, 14, 4, 30, 13, 18, 8, 26, 4, 13, 54, 13, 8, 14, 4, 30, 9, 68, 97,
    32, 189, 1, 68, 10, 8, 26, 21, 46, 21, 4, 54, 12, 133, 1, 60, 135, 1, 60, 9, 6, 17, 6, 9, 42, 5,
    6, 13, 22, 25, 6, 5, 6, 5, 6, 5, 18, 5, 46, 9, 18, 21, 22, 17, 6, 5, 234, 1, 9, 16, 221, 20,
    100, 45, 84, 242, 1, 185, 2, 90, 217, 19, 122, 177, 3, 4, 205, 27, 8, 129, 1, 4, 165, 3, 150, 7,
    25, 18, 15, 10, 20, 17, 6, 9, 154, 1, 4, 6, 20, 6, 8, 226, 1, 28, 6, 5, 56, 7, 94, 36, 30, 4,
    30, 4, 30, 4, 30, 4, 30, 4, 30, 4, 30, 4, 30, 4, 131, 1, 189, 1, 6, 185, 1, 136, 1, 105, 4, 229,
    2, 48, 217, 6, 104, 49, 20, 17, 14, 101, 38, 27, 5, 22, 9, 22, 13, 4, 218, 2, 8, 11, 9, 14, 5,
    234, 2, 5, 18, 20, 174, 1, 4, 206, 1, 4, 170, 1, 4, 9, 18, 41, 130, 1, 145, 1, 48, 66, 125, 4,
    42, 121, 34, 5, 62, 129, 1, 42, 157, 1, 62, 129, 10, 130, 206, 1, 129, 2, 182, 180, 5, 12, 221,
    1, 36, 186, 1, 9, 182, 8, 13, 114, 80, 190, 1, 19, 5, 43, 5, 126, 11, 194, 2, 11, 25, 32, 93,
    38, 9, 158, 3, 9, 130, 2, 20, 10, 4, 6, 4, 22, 96, 66, 7, 14, 7, 18, 7, 94, 23, 17, 7, 12, 26,
    17, 24, 210, 1, 17, 32, 11, 202, 1, 75, 32, 9, 42, 24, 75, 26, 13, 6, 5, 10, 7, 154, 1, 35, 9,
    94, 55, 44, 5, 118, 12, 19, 190, 1, 59, 53, 4, 46, 16, 9, 22, 7, 102, 4, 166, 1, 59, 36, 14, 7,
    34, 11, 8, 42, 8, 17, 94, 13, 6, 15, 202, 1, 7, 6, 15, 10, 11, 22, 11, 6, 7, 6, 96, 14, 9, 46,
    23, 9, 14, 11, 40, 26, 8, 26, 8, 26, 36, 30, 4, 30, 4, 174, 1, 5, 58, 9, 16, 206, 3, 35, 5, 11,
    8, 42, 24, 146, 221, 2, 48, 94, 16, 198, 1, 144, 136, 2, 186, 11, 8, 170, 3, 152, 1, 30, 48, 22,
    20, 6, 7, 42, 5, 54, 4, 22, 4, 6, 4, 10, 4, 10, 4, 178, 3, 69, 64, 174, 11, 73, 130, 2, 8, 218,
    1, 28, 5, 128, 1, 50, 17, 64, 41, 24, 67, 141, 1, 4, 77, 4, 17, 16, 22, 4, 158, 4, 16, 61, 42,
    29, 106, 25, 106, 45, 234, 1, 4, 122, 12, 26, 8, 26, 8, 26, 8, 14, 12, 29, 4, 29, 52, 9, 8, 50,
    4, 106, 4, 78, 4, 10, 4, 62, 8, 58, 136, 1, 238, 3, 20, 13, 16, 182, 1, 12, 37, 230, 1, 69, 10,
    13, 4, 53, 12, 5, 188, 1, 181, 1, 7, 136, 4, 118, 12, 198, 1, 60, 7, 110, 16, 146, 1, 36, 122,
    20, 154, 1, 23, 20, 122, 4, 5, 146, 1, 16, 34, 5, 22, 168, 1, 250, 4, 8, 42, 24, 146, 1, 16,
    146, 1, 16, 162, 1, 32, 210, 1, 44, 5, 46, 4, 62, 4, 30, 4, 10, 4, 46, 4, 62, 4, 30, 4, 10, 140,
    2, 222, 9, 36, 90, 40, 34, 96, 26, 4, 170, 1, 4, 38, 148, 2, 26, 8, 6, 4, 178, 1, 4, 10, 12, 6,
    8, 94, 4, 5, 126, 9, 154, 1, 32, 38, 192, 1, 78, 4, 10, 20, 134, 1, 12, 5, 106, 20, 5, 128, 2,
    226, 1, 16, 82, 8, 190, 1, 15, 4, 11, 20, 19, 18, 4, 14, 4, 118, 8, 15, 16, 7, 38, 28, 37, 28,
    126, 5, 130, 1, 128, 1, 34, 5, 114, 11, 16, 22, 29, 36, 218, 1, 12, 29, 90, 8, 110, 20, 106, 28,
    17, 48, 30, 192, 2, 166, 2, 220, 1, 206, 1, 52, 206, 1, 28, 170, 1, 19, 32, 42, 152, 9, 126, 4,
    170, 1, 4, 11, 5, 8, 10, 172, 2, 15, 162, 1, 32, 90, 47, 18, 21, 88, 74, 19, 17, 152, 1, 114,
    80, 94, 36, 15, 214, 1, 63, 29, 16, 122, 7, 10, 11, 6, 36, 19, 182, 1, 47, 9, 4, 17, 7, 52, 102,
    28, 42, 24, 15, 146, 1, 59, 4, 42, 17, 6, 11, 6, 32, 142, 1, 7, 9, 6, 36, 15, 194, 1, 59, 18,
    17, 19, 5, 11, 46, 5, 6, 13, 4, 82, 44, 74, 4, 102, 51, 25, 7, 10, 7, 248, 1, 30, 4, 6, 4, 18,
    4, 62, 4, 42, 5, 24, 190, 1, 51, 20, 42, 24, 19, 4, 34, 8, 10, 8, 90, 4, 30, 4, 10, 4, 22, 4,
    11, 6, 31, 8, 11, 8, 15, 8, 6, 24, 7, 20, 22, 11, 8, 31, 12, 23, 172, 4, 214, 1, 75, 18, 21, 42,
    9, 4, 5, 7, 14, 120, 194, 1, 83, 10, 5, 6, 32, 42, 152, 5, 190, 1, 31, 8, 39, 93, 18, 11, 136,
    1, 194, 1, 71, 13, 6, 44, 42, 24, 53, 76, 174, 1, 55, 6, 5, 24, 42, 216, 1, 110, 8, 63, 16, 50,
    17, 30, 228, 5, 178, 1, 63, 5, 144, 3, 206, 2, 48, 34, 8, 6, 8, 34, 4, 10, 4, 98, 27, 4, 11, 8,
    19, 6, 7, 6, 11, 13, 36, 42, 152, 2, 34, 8, 158, 1, 31, 8, 31, 6, 5, 6, 7, 108, 6, 43, 162, 1,
    31, 6, 19, 33, 7, 32, 6, 47, 186, 1, 67, 13, 6, 21, 52, 166, 2, 28, 41, 216, 7, 38, 4, 150, 1,
    35, 4, 35, 6, 21, 40, 118, 12, 9, 122, 8, 91, 4, 59, 164, 2, 30, 4, 10, 4, 154, 1, 27, 12, 7, 4,
    11, 4, 31, 6, 7, 32, 42, 24, 26, 4, 10, 4, 130, 1, 23, 4, 11, 4, 23, 6, 28, 42, 216, 9, 78, 19,
    9, 28, 11, 6, 7, 54, 4, 138, 1, 31, 12, 23, 53, 42, 216, 2, 6, 60, 86, 117, 52, 5, 234, 28, 152,
    3, 190, 3, 4, 21, 44, 146, 6, 176, 82, 134, 3, 9, 52, 194, 33, 64, 7, 26, 63, 168, 125, 158, 18,
    228, 141, 2, 230, 17, 28, 126, 4, 42, 16, 9, 190, 2, 4, 42, 24, 122, 8, 23, 5, 40, 194, 1, 31,
    37, 18, 9, 40, 42, 4, 30, 4, 86, 20, 78, 192, 21, 222, 2, 17, 148, 3, 174, 2, 16, 7, 6, 223, 1,
    28, 19, 54, 128, 2, 10, 5, 6, 7, 44, 11, 56, 226, 191, 1, 32, 218, 38, 168, 1, 38, 156, 151, 2,
    18, 4, 30, 4, 10, 4, 142, 9, 60, 6, 116, 14, 8, 6, 56, 18, 32, 178, 12, 144, 72, 174, 3, 20, 54,
    12, 38, 28, 42, 8, 5, 11, 5, 128, 147, 1, 187, 1, 8, 95, 36, 209, 3, 240, 1, 217, 7, 40, 157, 1,
    8, 241, 1, 23, 13, 27, 32, 35, 9, 31, 121, 19, 245, 1, 84, 137, 2, 15, 5, 232, 3, 82, 48, 82,
    48, 221, 2, 36, 102, 156, 4, 214, 2, 4, 158, 2, 4, 10, 8, 6, 8, 10, 8, 18, 4, 50, 4, 6, 4, 30,
    4, 134, 2, 4, 18, 8, 34, 4, 30, 4, 114, 4, 18, 4, 22, 4, 6, 12, 30, 4, 210, 10, 8, 102, 5, 102,
    5, 126, 5, 102, 5, 126, 5, 102, 5, 126, 5, 102, 5, 126, 5, 102, 5, 34, 8, 202, 1, 129, 16, 223,
    1, 17, 203, 1, 33, 7, 57, 7, 29, 60, 23, 4, 63, 192, 34, 126, 24, 26, 212, 6, 31, 4, 71, 8, 31,
    4, 11, 4, 23, 20, 250, 1, 132, 1, 7, 192, 3, 182, 1, 12, 31, 30, 8, 42, 16, 6, 5, 128, 10, 122,
    7, 68, 178, 1, 19, 42, 20, 5, 192, 14, 114, 19, 42, 152, 23, 30, 4, 18, 4, 10, 4, 62, 4, 150, 6,
    8, 38, 31, 164, 1, 146, 2, 31, 6, 16, 42, 16, 9, 196, 24, 238, 1, 5, 14, 5, 18, 176, 2, 182, 1,
    5, 62, 136, 6, 18, 4, 110, 4, 10, 4, 6, 8, 6, 4, 42, 4, 18, 4, 6, 4, 6, 24, 6, 16, 6, 4, 6, 4,
    6, 4, 14, 4, 10, 4, 6, 8, 6, 4, 6, 4, 6, 4, 6, 4, 6, 4, 10, 4, 6, 8, 18, 4, 30, 4, 18, 4, 18, 4,
    6, 4, 42, 4, 70, 20, 14, 4, 22, 4, 70, 208, 1, 9, 184, 8, 177, 1, 16, 145, 3, 48, 61, 8, 61, 4,
    61, 4, 149, 1, 40, 54, 133, 5, 224, 1, 117, 52, 177, 1, 16, 37, 28, 9, 56, 25, 232, 4, 225, 30,
    16, 69, 12, 53, 12, 221, 3, 16, 253, 2, 24, 49, 16, 5, 60, 49, 16, 225, 1, 32, 41, 24, 161, 1,
    32, 121, 8, 9, 184, 2, 209, 10, 48, 57, 8, 53, 12, 37, 28, 185, 1, 4, 29, 32, 57, 16, 37, 28,
    37, 28, 205, 4, 4, 221, 1, 148, 1, 42, 152, 32, 130, 183, 10, 128, 1, 234, 129, 1, 24, 250, 6,
    8, 138, 180, 1, 56, 198, 233, 1, 252, 96, 250, 16, 136, 47, 174, 154, 1, 20, 130, 131, 1, 192,
    226, 221, 1,
};

// Where every sixteenth of these runs begins.
static constexpr u32 unicode_kind_index[133] = {
    0x0, 0xb5, 0x2ec, 0x386, 0x557, 0x5c7, 0x66e, 0x700, 0x7fb, 0x85c, 0x93d, 0x993, 0x9cf, 0xa01,
    0xa3c, 0xa72, 0xab5, 0xaf0, 0xb34, 0xb62, 0xb9b, 0xbce, 0xc3a, 0xc62, 0xcaa, 0xce0, 0xd3e,
    0xd80, 0xdd5, 0xe40, 0xea7, 0xf00, 0xf6d, 0x102b, 0x108f, 0x124a, 0x12b8, 0x1369, 0x169d,
    0x176d, 0x17f0, 0x1900, 0x19ca, 0x1a90, 0x1b74, 0x1c7e, 0x1cf7, 0x1f5a, 0x1fcd, 0x2030, 0x2102,
    0x212a, 0x244b, 0x2cef, 0x2d71, 0x2dd0, 0x2ffc, 0x309d, 0x31c0, 0x4dc0, 0xa67f, 0xa7d4, 0xa83a,
    0xa8fd, 0xa9cf, 0xaa5a, 0xaac2, 0xab20, 0xac00, 0xfb1f, 0xfd3e, 0xfe67, 0xffa1, 0x10000,
    0x10107, 0x1029d, 0x103a0, 0x10530, 0x105ba, 0x10806, 0x108a7, 0x109d0, 0x10a40, 0x10b00,
    0x10cb3, 0x10eb2, 0x10ff7, 0x110bd, 0x11147, 0x111db, 0x11287, 0x11304, 0x11345, 0x11400,
    0x114c8, 0x11650, 0x1173c, 0x11917, 0x119a8, 0x11a3f, 0x11c09, 0x11cb7, 0x11d50, 0x11ee0,
    0x11fb0, 0x12ff3, 0x16a70, 0x16b5a, 0x16f8f, 0x1aff0, 0x1b170, 0x1cf30, 0x1d18c, 0x1d400,
    0x1d4bd, 0x1d546, 0x1d736, 0x1da3b, 0x1e007, 0x1e137, 0x1e4d0, 0x1e8d7, 0x1ed2e, 0x1ee38,
    0x1ee53, 0x1ee65, 0x1eea4, 0x1f0d0, 0x1f300, 0x1f810, 0x1fa80, 0x1fbf0, 0x31350,
};

// And its place among the bytes.
static constexpr u16 unicode_kind_offsets[133] = {
    0, 18, 35, 53, 73, 91, 108, 125, 143, 159, 178, 194, 210, 226, 242, 258, 274, 290, 306, 322,
    338, 354, 370, 386, 402, 418, 435, 451, 467, 484, 501, 518, 535, 554, 570, 590, 608, 626, 644,
    661, 678, 697, 715, 733, 751, 770, 787, 807, 824, 840, 859, 875, 893, 917, 935, 951, 973, 990,
    1011, 1033, 1056, 1075, 1091, 1109, 1127, 1144, 1161, 1177, 1195, 1219, 1237, 1257, 1275, 1291,
    1309, 1330, 1349, 1371, 1388, 1408, 1426, 1446, 1463, 1481, 1502, 1522, 1541, 1559, 1576, 1594,
    1611, 1628, 1644, 1661, 1679, 1699, 1717, 1737, 1754, 1772, 1791, 1808, 1826, 1844, 1862, 1884,
    1906, 1924, 1945, 1968, 1985, 2007, 2028, 2049, 2067, 2084, 2101, 2120, 2139, 2159, 2178, 2196,
    2218, 2235, 2251, 2267, 2283, 2303, 2324, 2343, 2363, 2383, 2415,
};

// Canonical combining classes: first << 11 | (count - 1) << 8 | class.
static constexpr u32 unicode_orders[406] = {
    0x1807e6, 0x1847e6, 0x1884e6, 0x18a8e8, 0x18b3dc, 0x18d0e8, 0x18d8d8, 0x18e4dc, 0x1909ca,
    0x191bdc, 0x1939ca, 0x194fdc, 0x198adc, 0x19a401, 0x19cbdc, 0x19efe6, 0x1a28f0, 0x1a30e6,
    0x1a3adc, 0x1a52e6, 0x1a69dc, 0x1a82e6, 0x1a9bdc, 0x1ab8e6, 0x1ac0e8, 0x1ac9dc, 0x1ad8e6,
    0x1ae0e9, 0x1ae9ea, 0x1af8e9, 0x1b01ea, 0x1b10e9, 0x1b1fe6, 0x1b5ce6, 0x241ce6, 0x2c88dc,
    0x2c93e6, 0x2cb0dc, 0x2cbae6, 0x2cd0de, 0x2cd8dc, 0x2ce5e6, 0x2d15dc, 0x2d41e6, 0x2d50dc,
    0x2d59e6, 0x2d68de, 0x2d70e4, 0x2d78e6, 0x2d800a, 0x2d880b, 0x2d900c, 0x2d980d, 0x2da00e,
    0x2da80f, 0x2db010, 0x2db811, 0x2dc012, 0x2dc913, 0x2dd814, 0x2de015, 0x2de816, 0x2df817,
    0x2e0818, 0x2e1019, 0x2e20e6, 0x2e28dc, 0x2e3812, 0x3087e6, 0x30c01e, 0x30c81f, 0x30d020,
    0x32581b, 0x32601c, 0x32681d, 0x32701e, 0x32781f, 0x328020, 0x328821, 0x329022, 0x3299e6,
    0x32a9dc, 0x32bce6, 0x32e0dc, 0x32e9e6, 0x32f8dc, 0x338023, 0x36b6e6, 0x36fbe6, 0x3718dc,
    0x3720e6, 0x3739e6, 0x3750dc, 0x3759e6, 0x3768dc, 0x388824, 0x3980e6, 0x3988dc, 0x3991e6,
    0x39a0dc, 0x39a9e6, 0x39badc, 0x39d0e6, 0x39d9dc, 0x39e8e6, 0x39f0dc, 0x39fae6, 0x3a10dc,
    0x3a18e6, 0x3a20dc, 0x3a28e6, 0x3a30dc, 0x3a38e6, 0x3a40dc, 0x3a49e6, 0x3f5ee6, 0x3f90dc,
    0x3f98e6, 0x3fe8dc, 0x40b3e6, 0x40dfe6, 0x4118e6, 0x412ae6, 0x414ce6, 0x42cadc, 0x44c0e6,
    0x44cadc, 0x44e3e6, 0x4654e6, 0x467cdc, 0x46a7e6, 0x46e5e6, 0x4718dc, 0x4721e6, 0x4730dc,
    0x4739e6, 0x4748dc, 0x4752e6, 0x476adc, 0x47801b, 0x47881c, 0x47901d, 0x479ae6, 0x47b0dc,
    0x47b9e6, 0x47c9dc, 0x47dce6, 0x49e007, 0x4a6809, 0x4a88e6, 0x4a90dc, 0x4a99e6, 0x4de007,
    0x4e6809, 0x4ff0e6, 0x51e007, 0x526809, 0x55e007, 0x566809, 0x59e007, 0x5a6809, 0x5e6809,
    0x61e007, 0x626809, 0x62a854, 0x62b05b, 0x65e007, 0x666809, 0x69d909, 0x6a6809, 0x6e5009,
    0x71c167, 0x71d009, 0x72436b, 0x75c176, 0x75d009, 0x76437a, 0x78c1dc, 0x79a8dc, 0x79b8dc,
    0x79c8d8, 0x7b8881, 0x7b9082, 0x7ba084, 0x7bd382, 0x7c0082, 0x7c11e6, 0x7c2009, 0x7c31e6,
    0x7e30dc, 0x81b807, 0x81c909, 0x8468dc, 0x9aeae6, 0xb8a109, 0xb9a009, 0xbe9009, 0xbee8e6,
    0xc548e4, 0xc9c8de, 0xc9d0e6, 0xc9d8dc, 0xd0b8e6, 0xd0c0dc, 0xd30009, 0xd3afe6, 0xd3f8dc,
    0xd584e6, 0xd5addc, 0xd5d9e6, 0xd5e8dc, 0xd5f9dc, 0xd609e6, 0xd619dc, 0xd62ce6, 0xd650dc,
    0xd65be6, 0xd9a007, 0xda2009, 0xdb58e6, 0xdb60dc, 0xdb6ee6, 0xdd5109, 0xdf3007, 0xdf9109,
    0xe1b807, 0xe682e6, 0xe6a001, 0xe6acdc, 0xe6d1e6, 0xe6e3dc, 0xe700e6, 0xe71601, 0xe768dc,
    0xe7a0e6, 0xe7c1e6, 0xee01e6, 0xee10dc, 0xee1ee6, 0xee50dc, 0xee59e6, 0xee68ea, 0xee70d6,
    0xee78dc, 0xee80ca, 0xee8fe6, 0xeecfe6, 0xef0fe6, 0xef4fe6, 0xef8ce6, 0xefb0e8, 0xefb9e4,
    0xefc8dc, 0xefd0da, 0xefd8e6, 0xefe0e9, 0xefe8dc, 0xeff0e6, 0xeff8dc, 0x10681e6, 0x1069101,
    0x106a3e6, 0x106c201, 0x106d9e6, 0x10708e6, 0x1072901, 0x10738e6, 0x10740dc, 0x10748e6,
    0x1075101, 0x10763dc, 0x10780e6, 0x1677ae6, 0x16bf809, 0x16f07e6, 0x16f47e6, 0x16f87e6,
    0x16fc7e6, 0x18150da, 0x18158e4, 0x18160e8, 0x18168de, 0x18171e0, 0x184c908, 0x53378e6,
    0x533a7e6, 0x533e1e6, 0x534f1e6, 0x53781e6, 0x5403009, 0x5416009, 0x5462009, 0x54707e6,
    0x54747e6, 0x54781e6, 0x5495adc, 0x54a9809, 0x54d9807, 0x54e0009, 0x55580e6, 0x55591e6,
    0x555a0dc, 0x555b9e6, 0x555f1e6, 0x55608e6, 0x557b009, 0x55f6809, 0x7d8f01a, 0x7f106e6,
    0x7f13edc, 0x7f171e6, 0x80fe8dc, 0x81700dc, 0x81bb4e6, 0x85068dc, 0x85078e6, 0x851c0e6,
    0x851c801, 0x851d0dc, 0x851f809, 0x85728e6, 0x85730dc, 0x86923e6, 0x87559e6, 0x877eadc,
    0x87a31dc, 0x87a42e6, 0x87a58dc, 0x87a60e6, 0x87a6bdc, 0x87c10e6, 0x87c18dc, 0x87c20e6,
    0x87c28dc, 0x8823009, 0x8838009, 0x883f809, 0x885c809, 0x885d007, 0x88802e6, 0x8899909,
    0x88b9807, 0x88e0009, 0x88e5007, 0x891a809, 0x891b007, 0x8974807, 0x8975009, 0x899d907,
    0x89a6809, 0x89b36e6, 0x89b84e6, 0x8a21009, 0x8a23007, 0x8a2f0e6, 0x8a61009, 0x8a61807,
    0x8adf809, 0x8ae0007, 0x8b1f809, 0x8b5b009, 0x8b5b807, 0x8b95809, 0x8c1c809, 0x8c1d007,
    0x8c9e909, 0x8ca1807, 0x8cf0009, 0x8d1a009, 0x8d23809, 0x8d4c809, 0x8e1f809, 0x8ea1007,
    0x8ea2109, 0x8ecb809, 0x8fa0909, 0xb578401, 0xb5986e6, 0xb7f8106, 0xde4f001, 0xe8b29d8,
    0xe8b3a01, 0xe8b68e2, 0xe8b74d8, 0xe8bdfdc, 0xe8c2ce6, 0xe8c51dc, 0xe8d53e6, 0xe9212e6,
    0xf0006e6, 0xf0047e6, 0xf0087e6, 0xf00c0e6, 0xf00dee6, 0xf0119e6, 0xf0134e6, 0xf0478e6,
    0xf0986e6, 0xf1570e6, 0xf1763e6, 0xf2761e8, 0xf2770dc, 0xf2778e6, 0xf4686dc, 0xf4a25e6,
    0xf4a5007,
};

// Folding: first << 11 | shifted << 10 | every second << 9 | count - 1.
static constexpr u32 unicode_fold_heads[298] = {
    0x5a800, 0x6000f, 0x6800f, 0x7000f, 0x7880f, 0x8080f, 0x8900f, 0x9100e, 0x9900f, 0xa180f,
    0xaa00f, 0xb200f, 0xba00e, 0xc200f, 0xca00e, 0xd200f, 0xda807, 0xe200f, 0xea00f, 0xf200e,
    0xfa00f, 0x10200f, 0x10a00e, 0x11200f, 0x11d00b, 0x123604, 0x1a0004, 0x1b8006, 0x1bf001,
    0x1c280b, 0x1c8c10, 0x1d1c06, 0x1d5006, 0x1e1000, 0x1e500c, 0x1ec60b, 0x1f800a, 0x1fec02,
    0x200007, 0x204403, 0x206004, 0x208c07, 0x20c800, 0x20d415, 0x21c800, 0x228007, 0x22e002,
    0x23060a, 0x23b001, 0x23c604, 0x24561a, 0x260002, 0x261e05, 0x26800f, 0x27000f, 0x278009,
    0x27d61a, 0x298c25, 0x2c3800, 0x311004, 0x360002, 0x369800, 0x494800, 0x498803, 0x4ac007,
    0x4e5801, 0x4ee003, 0x519803, 0x52c805, 0x5a4004, 0x5ae001, 0x5ca000, 0x5e5002, 0x624000,
    0x660000, 0x663804, 0x6a5002, 0x6ed004, 0x7a1800, 0x7a6800, 0x7a9000, 0x7ab800, 0x7ae000,
    0x7b4800, 0x7b9805, 0x7c0800, 0x7c9800, 0x7ce800, 0x7d1000, 0x7d3800, 0x7d6000, 0x7dc800,
    0x813000, 0x850425, 0x863800, 0x866800, 0x9fc405, 0xd8300c, 0xd9d808, 0xe40008, 0xe4842a,
    0xe5ec02, 0xf0000f, 0xf0800f, 0xf1000f, 0xf1800f, 0xf2000f, 0xf2800f, 0xf3000f, 0xf3800f,
    0xf4000f, 0xf4800e, 0xf5000f, 0xf5800f, 0xf6000f, 0xf6800f, 0xf7000f, 0xf78009, 0xf7d602,
    0xf8000f, 0xf8800d, 0xf9000f, 0xf9800f, 0xfa000d, 0xfa800f, 0xfb000f, 0xfb800d, 0xfc000f,
    0xfc800f, 0xfd000f, 0xfd800e, 0xfe080f, 0xfe880f, 0xff080e, 0xff900f, 0x1093005, 0x1099000,
    0x10b040f, 0x10c1800, 0x10cd001, 0x10d7000, 0x10e6802, 0x1102000, 0x1104803, 0x1112002,
    0x1120808, 0x1130002, 0x113680c, 0x1140009, 0x1156003, 0x1170003, 0x1175003, 0x1194801,
    0x125b419, 0x156e000, 0x160042f, 0x1630004, 0x1633e02, 0x1636808, 0x163f001, 0x1640631,
    0x1675802, 0x1679000, 0x1800000, 0x182600e, 0x182e00d, 0x183800d, 0x184a000, 0x184f000,
    0x185600e, 0x185e00d, 0x186800d, 0x187a00a, 0x5320616, 0x534060d, 0x5391606, 0x539961e,
    0x53bc804, 0x53bf604, 0x53c5807, 0x53cb609, 0x53d5009, 0x53da607, 0x53e2005, 0x53e8000,
    0x53eb002, 0x53fa800, 0x55b844f, 0x7c8000f, 0x7c8800f, 0x7c9000f, 0x7c9800f, 0x7ca000f,
    0x7ca800f, 0x7cb000f, 0x7cb800f, 0x7cc000f, 0x7cc800f, 0x7cd000f, 0x7cd800f, 0x7ce000f,
    0x7ce800f, 0x7cf000f, 0x7cf800f, 0x7d0000d, 0x7d0800e, 0x7d1000f, 0x7d1800f, 0x7d2000f,
    0x7d2800f, 0x7d3000d, 0x7d3800f, 0x7d4000f, 0x7d4800f, 0x7d5000f, 0x7d5800f, 0x7d6000f,
    0x7d68009, 0x7d80006, 0x7d89804, 0x7d8e802, 0x7d9500f, 0x7d9d00f, 0x7da5004, 0x7f80c1f,
    0x7f90c19, 0x7f9dc23, 0x7faf80f, 0x7fb780f, 0x7fbf805, 0x7fc2c05, 0x7fc5803, 0x7fc7c04,
    0x7fca001, 0x7fcb405, 0x7fce004, 0x7fd0c1d, 0x7fe1405, 0x7fe5405, 0x7fe9405, 0x7fed402,
    0x7ff0008, 0x7ff4c03, 0x7ff6801, 0x8200427, 0x8258423, 0x82b8000, 0x82b8c09, 0x82be40e,
    0x82c6406, 0x82ca001, 0x8640432, 0x884d002, 0x8855800, 0x8897001, 0x89a5801, 0x8a5d803,
    0x8add001, 0x8c5041f, 0x8c9c000, 0xb72041f, 0xe8af006, 0xe8dd805, 0xf480421, 0x17c0000f,
    0x17c0800f, 0x17c1000f, 0x17c1800f, 0x17c2000f, 0x17c2800f, 0x17c3000f, 0x17c3800f, 0x17c4000f,
    0x17c4800f, 0x17c5000f, 0x17c5800f, 0x17c6000f, 0x17c6800f, 0x17c7000f, 0x17c7800f, 0x17c8000f,
    0x17c8800f, 0x17c9000f, 0x17c9800f, 0x17ca000f, 0x17ca800f, 0x17cb000f, 0x17cb800f, 0x17cc000f,
    0x17cc800f, 0x17cd000f, 0x17cd800f, 0x17ce000f, 0x17ce800f, 0x17cf000f, 0x17cf800f, 0x17d0000f,
    0x17d0800d,
};

// The distance within the plane where shifted, else the place in the pool.
static constexpr u16 unicode_fold_data[298] = {
    0x0, 0x3, 0x42, 0x7b, 0xb8, 0xef, 0x12e, 0x16e, 0x1a6, 0x1da, 0x215, 0x255, 0x291, 0x2c6, 0x2ec,
    0x311, 0x339, 0x349, 0x37a, 0x3d1, 0x40d, 0x453, 0x493, 0x4c6, 0x50e, 0x1, 0x52c, 0x53b, 0x54a,
    0x54f, 0x20, 0x20, 0x583, 0x5a8, 0x5ab, 0x1, 0x5de, 0xff7e, 0x5f7, 0x50, 0x617, 0x20, 0x62c,
    0x20, 0x631, 0x636, 0x64e, 0x1, 0x65d, 0x1, 0x1, 0x667, 0x1, 0x674, 0x6b8, 0x6fc, 0x1, 0x30,
    0x728, 0x72d, 0x746, 0x751, 0x756, 0x75d, 0x76d, 0x7a5, 0x7b3, 0x7c9, 0x7d9, 0x7f7, 0x80e,
    0x81c, 0x823, 0x838, 0x83f, 0x846, 0x866, 0x87b, 0x89b, 0x8a2, 0x8a9, 0x8b0, 0x8b7, 0x8be,
    0x8c5, 0x8e3, 0x8ea, 0x8f1, 0x8f8, 0x8ff, 0x906, 0x90d, 0x914, 0x1c60, 0x91b, 0x91f, 0xfff8,
    0x923, 0x954, 0x97b, 0xf440, 0xf440, 0x997, 0x9db, 0xa27, 0xa6b, 0xaaf, 0xaf7, 0xb43, 0xb8f,
    0xbd7, 0xc17, 0xc4c, 0xca4, 0xcf8, 0xd48, 0xda8, 0xe00, 0x1, 0xe2c, 0xe94, 0xee2, 0xf4a, 0xfb2,
    0x1000, 0x1052, 0x10ba, 0x1100, 0x1188, 0x1210, 0x1298, 0x12df, 0x1334, 0x1381, 0x13cf, 0x1415,
    0x1421, 0x10, 0x1425, 0x1429, 0x1435, 0x143b, 0x144d, 0x1453, 0x1461, 0x146e, 0x148b, 0x1496,
    0x14cc, 0x14f4, 0x150c, 0x1524, 0x153c, 0x1a, 0x1544, 0x30, 0x154a, 0x1, 0x1559, 0x1570, 0x1,
    0x1576, 0x157f, 0x1583, 0x1585, 0x15c4, 0x15fc, 0x1646, 0x164d, 0x1654, 0x1693, 0x16cb, 0x1715,
    0x1, 0x1, 0x1, 0x1, 0x1744, 0x1, 0x1752, 0x1, 0x1765, 0x1, 0x1782, 0x1796, 0x179a, 0x17a3,
    0x6830, 0x17a7, 0x17e7, 0x1827, 0x1867, 0x18a7, 0x18e7, 0x1927, 0x1967, 0x19a7, 0x19e7, 0x1a27,
    0x1a67, 0x1aa7, 0x1ae7, 0x1b27, 0x1b67, 0x1ba7, 0x1bdf, 0x1c12, 0x1c40, 0x1c80, 0x1cc0, 0x1d00,
    0x1d39, 0x1d79, 0x1db9, 0x1df9, 0x1e39, 0x1e79, 0x1eba, 0x1ee7, 0x1efe, 0x1f17, 0x1f22, 0x1f72,
    0x1fb2, 0x120, 0x140, 0x120, 0x1fcb, 0x200b, 0x204b, 0x3145, 0x2063, 0x314f, 0x2073, 0x3152,
    0x207b, 0x3190, 0x318d, 0x318b, 0x3189, 0x3187, 0x208f, 0x21a7, 0x20aa, 0x28, 0x28, 0x20b2,
    0x27, 0x27, 0x27, 0x20b7, 0x40, 0x20c1, 0x20d4, 0x20dd, 0x20ef, 0x2101, 0x211d, 0x20, 0x212f,
    0x20, 0x2138, 0x218b, 0x22, 0x21d1, 0x2213, 0x2256, 0x2296, 0x22d8, 0x2318, 0x2359, 0x239c,
    0x23df, 0x2421, 0x2465, 0x24a6, 0x24e8, 0x2529, 0x256a, 0x25ac, 0x25f1, 0x2633, 0x2678, 0x26bb,
    0x2701, 0x2746, 0x278c, 0x27cf, 0x2816, 0x285b, 0x289c, 0x28e1, 0x2923, 0x2966, 0x29aa, 0x29ee,
    0x2a33, 0x2a75,
};

// Mappings: their bytes, then that many of UTF-8; none for what stays.
static constexpr u8 unicode_fold_pool[10930] = {
    2, 206, 188, 3, 97, 204, 128, 3, 97, 204, 129, 3, 97, 204, 130, 3, 97, 204, 131, 3, 97, 204,
    136, 3, 97, 204, 138, 2, 195, 166, 3, 99, 204, 167, 3, 101, 204, 128, 3, 101, 204, 129, 3, 101,
    204, 130, 3, 101, 204, 136, 3, 105, 204, 128, 3, 105, 204, 129, 3, 105, 204, 130, 3, 105, 204,
    136, 2, 195, 176, 3, 110, 204, 131, 3, 111, 204, 128, 3, 111, 204, 129, 3, 111, 204, 130, 3,
    111, 204, 131, 3, 111, 204, 136, 0, 2, 195, 184, 3, 117, 204, 128, 3, 117, 204, 129, 3, 117,
    204, 130, 3, 117, 204, 136, 3, 121, 204, 129, 2, 195, 190, 2, 115, 115, 3, 97, 204, 128, 3, 97,
    204, 129, 3, 97, 204, 130, 3, 97, 204, 131, 3, 97, 204, 136, 3, 97, 204, 138, 0, 3, 99, 204,
    167, 3, 101, 204, 128, 3, 101, 204, 129, 3, 101, 204, 130, 3, 101, 204, 136, 3, 105, 204, 128,
    3, 105, 204, 129, 3, 105, 204, 130, 3, 105, 204, 136, 3, 110, 204, 131, 3, 111, 204, 128, 3,
    111, 204, 129, 3, 111, 204, 130, 3, 111, 204, 131, 3, 111, 204, 136, 0, 0, 3, 117, 204, 128, 3,
    117, 204, 129, 3, 117, 204, 130, 3, 117, 204, 136, 3, 121, 204, 129, 0, 3, 121, 204, 136, 3, 97,
    204, 132, 3, 97, 204, 132, 3, 97, 204, 134, 3, 97, 204, 134, 3, 97, 204, 168, 3, 97, 204, 168,
    3, 99, 204, 129, 3, 99, 204, 129, 3, 99, 204, 130, 3, 99, 204, 130, 3, 99, 204, 135, 3, 99, 204,
    135, 3, 99, 204, 140, 3, 99, 204, 140, 3, 100, 204, 140, 3, 100, 204, 140, 2, 196, 145, 3, 101,
    204, 132, 3, 101, 204, 132, 3, 101, 204, 134, 3, 101, 204, 134, 3, 101, 204, 135, 3, 101, 204,
    135, 3, 101, 204, 168, 3, 101, 204, 168, 3, 101, 204, 140, 3, 101, 204, 140, 3, 103, 204, 130,
    3, 103, 204, 130, 3, 103, 204, 134, 3, 103, 204, 134, 3, 103, 204, 135, 3, 103, 204, 135, 3,
    103, 204, 167, 3, 103, 204, 167, 3, 104, 204, 130, 3, 104, 204, 130, 2, 196, 167, 0, 3, 105,
    204, 131, 3, 105, 204, 131, 3, 105, 204, 132, 3, 105, 204, 132, 3, 105, 204, 134, 3, 105, 204,
    134, 3, 105, 204, 168, 3, 105, 204, 168, 3, 105, 204, 135, 2, 196, 179, 0, 3, 106, 204, 130, 3,
    106, 204, 130, 3, 107, 204, 167, 3, 107, 204, 167, 0, 3, 108, 204, 129, 3, 108, 204, 129, 3,
    108, 204, 167, 3, 108, 204, 167, 3, 108, 204, 140, 3, 108, 204, 140, 2, 197, 128, 0, 2, 197,
    130, 3, 110, 204, 129, 3, 110, 204, 129, 3, 110, 204, 167, 3, 110, 204, 167, 3, 110, 204, 140,
    3, 110, 204, 140, 3, 202, 188, 110, 2, 197, 139, 0, 3, 111, 204, 132, 3, 111, 204, 132, 3, 111,
    204, 134, 3, 111, 204, 134, 3, 111, 204, 139, 3, 111, 204, 139, 2, 197, 147, 3, 114, 204, 129,
    3, 114, 204, 129, 3, 114, 204, 167, 3, 114, 204, 167, 3, 114, 204, 140, 3, 114, 204, 140, 3,
    115, 204, 129, 3, 115, 204, 129, 3, 115, 204, 130, 3, 115, 204, 130, 3, 115, 204, 167, 3, 115,
    204, 167, 3, 115, 204, 140, 3, 115, 204, 140, 3, 116, 204, 167, 3, 116, 204, 167, 3, 116, 204,
    140, 3, 116, 204, 140, 2, 197, 167, 0, 3, 117, 204, 131, 3, 117, 204, 131, 3, 117, 204, 132, 3,
    117, 204, 132, 3, 117, 204, 134, 3, 117, 204, 134, 3, 117, 204, 138, 3, 117, 204, 138, 3, 117,
    204, 139, 3, 117, 204, 139, 3, 117, 204, 168, 3, 117, 204, 168, 3, 119, 204, 130, 3, 119, 204,
    130, 3, 121, 204, 130, 3, 121, 204, 130, 3, 121, 204, 136, 3, 122, 204, 129, 3, 122, 204, 129,
    3, 122, 204, 135, 3, 122, 204, 135, 3, 122, 204, 140, 3, 122, 204, 140, 1, 115, 0, 2, 201, 147,
    2, 198, 131, 2, 198, 133, 0, 2, 201, 148, 2, 198, 136, 0, 2, 201, 150, 2, 201, 151, 2, 198, 140,
    0, 0, 2, 199, 157, 2, 201, 153, 2, 201, 155, 2, 198, 146, 0, 2, 201, 160, 2, 201, 163, 0, 2,
    201, 169, 2, 201, 168, 2, 198, 153, 0, 0, 0, 2, 201, 175, 2, 201, 178, 0, 2, 201, 181, 3, 111,
    204, 155, 3, 111, 204, 155, 2, 198, 163, 2, 198, 165, 0, 2, 202, 128, 2, 198, 168, 0, 2, 202,
    131, 0, 0, 2, 198, 173, 0, 2, 202, 136, 3, 117, 204, 155, 3, 117, 204, 155, 2, 202, 138, 2, 202,
    139, 2, 198, 180, 2, 198, 182, 0, 2, 202, 146, 2, 198, 185, 0, 0, 0, 2, 198, 189, 2, 199, 134,
    2, 199, 134, 0, 2, 199, 137, 2, 199, 137, 0, 2, 199, 140, 2, 199, 140, 0, 3, 97, 204, 140, 3,
    97, 204, 140, 3, 105, 204, 140, 3, 105, 204, 140, 3, 111, 204, 140, 3, 111, 204, 140, 3, 117,
    204, 140, 3, 117, 204, 140, 5, 117, 204, 136, 204, 132, 5, 117, 204, 136, 204, 132, 5, 117, 204,
    136, 204, 129, 5, 117, 204, 136, 204, 129, 5, 117, 204, 136, 204, 140, 5, 117, 204, 136, 204,
    140, 5, 117, 204, 136, 204, 128, 5, 117, 204, 136, 204, 128, 0, 5, 97, 204, 136, 204, 132, 5,
    97, 204, 136, 204, 132, 5, 97, 204, 135, 204, 132, 5, 97, 204, 135, 204, 132, 4, 195, 166, 204,
    132, 4, 195, 166, 204, 132, 2, 199, 165, 0, 3, 103, 204, 140, 3, 103, 204, 140, 3, 107, 204,
    140, 3, 107, 204, 140, 3, 111, 204, 168, 3, 111, 204, 168, 5, 111, 204, 168, 204, 132, 5, 111,
    204, 168, 204, 132, 4, 202, 146, 204, 140, 4, 202, 146, 204, 140, 3, 106, 204, 140, 2, 199, 179,
    2, 199, 179, 3, 103, 204, 129, 3, 103, 204, 129, 2, 198, 149, 2, 198, 191, 3, 110, 204, 128, 3,
    110, 204, 128, 5, 97, 204, 138, 204, 129, 5, 97, 204, 138, 204, 129, 4, 195, 166, 204, 129, 4,
    195, 166, 204, 129, 4, 195, 184, 204, 129, 4, 195, 184, 204, 129, 3, 97, 204, 143, 3, 97, 204,
    143, 3, 97, 204, 145, 3, 97, 204, 145, 3, 101, 204, 143, 3, 101, 204, 143, 3, 101, 204, 145, 3,
    101, 204, 145, 3, 105, 204, 143, 3, 105, 204, 143, 3, 105, 204, 145, 3, 105, 204, 145, 3, 111,
    204, 143, 3, 111, 204, 143, 3, 111, 204, 145, 3, 111, 204, 145, 3, 114, 204, 143, 3, 114, 204,
    143, 3, 114, 204, 145, 3, 114, 204, 145, 3, 117, 204, 143, 3, 117, 204, 143, 3, 117, 204, 145,
    3, 117, 204, 145, 3, 115, 204, 166, 3, 115, 204, 166, 3, 116, 204, 166, 3, 116, 204, 166, 2,
    200, 157, 0, 3, 104, 204, 140, 3, 104, 204, 140, 2, 198, 158, 0, 2, 200, 163, 2, 200, 165, 0, 3,
    97, 204, 135, 3, 97, 204, 135, 3, 101, 204, 167, 3, 101, 204, 167, 5, 111, 204, 136, 204, 132,
    5, 111, 204, 136, 204, 132, 5, 111, 204, 131, 204, 132, 5, 111, 204, 131, 204, 132, 3, 111, 204,
    135, 3, 111, 204, 135, 5, 111, 204, 135, 204, 132, 5, 111, 204, 135, 204, 132, 3, 121, 204, 132,
    3, 121, 204, 132, 3, 226, 177, 165, 2, 200, 188, 0, 2, 198, 154, 3, 226, 177, 166, 0, 0, 2, 201,
    130, 0, 2, 198, 128, 2, 202, 137, 2, 202, 140, 2, 204, 128, 2, 204, 129, 0, 2, 204, 147, 4, 204,
    136, 204, 129, 2, 205, 177, 0, 2, 205, 179, 0, 2, 202, 185, 0, 2, 205, 183, 1, 59, 2, 207, 179,
    4, 194, 168, 204, 129, 4, 206, 177, 204, 129, 2, 194, 183, 4, 206, 181, 204, 129, 4, 206, 183,
    204, 129, 4, 206, 185, 204, 129, 0, 4, 206, 191, 204, 129, 0, 4, 207, 133, 204, 129, 4, 207,
    137, 204, 129, 6, 206, 185, 204, 136, 204, 129, 4, 206, 185, 204, 136, 4, 207, 133, 204, 136, 4,
    206, 177, 204, 129, 4, 206, 181, 204, 129, 4, 206, 183, 204, 129, 4, 206, 185, 204, 129, 6, 207,
    133, 204, 136, 204, 129, 2, 207, 131, 4, 206, 185, 204, 136, 4, 207, 133, 204, 136, 4, 206, 191,
    204, 129, 4, 207, 133, 204, 129, 4, 207, 137, 204, 129, 2, 207, 151, 2, 206, 178, 2, 206, 184,
    0, 4, 207, 146, 204, 129, 4, 207, 146, 204, 136, 2, 207, 134, 2, 207, 128, 2, 206, 186, 2, 207,
    129, 0, 0, 2, 206, 184, 2, 206, 181, 0, 2, 207, 184, 0, 2, 207, 178, 2, 207, 187, 4, 208, 181,
    204, 128, 4, 208, 181, 204, 136, 2, 209, 146, 4, 208, 179, 204, 129, 2, 209, 148, 2, 209, 149,
    2, 209, 150, 4, 209, 150, 204, 136, 4, 208, 186, 204, 129, 4, 208, 184, 204, 128, 4, 209, 131,
    204, 134, 2, 209, 159, 2, 208, 176, 4, 208, 184, 204, 134, 4, 208, 184, 204, 134, 4, 208, 181,
    204, 128, 4, 208, 181, 204, 136, 0, 4, 208, 179, 204, 129, 0, 0, 0, 4, 209, 150, 204, 136, 4,
    208, 186, 204, 129, 4, 208, 184, 204, 128, 4, 209, 131, 204, 134, 4, 209, 181, 204, 143, 4, 209,
    181, 204, 143, 2, 211, 143, 4, 208, 182, 204, 134, 4, 208, 182, 204, 134, 4, 208, 176, 204, 134,
    4, 208, 176, 204, 134, 4, 208, 176, 204, 136, 4, 208, 176, 204, 136, 2, 211, 149, 0, 4, 208,
    181, 204, 134, 4, 208, 181, 204, 134, 2, 211, 153, 0, 4, 211, 153, 204, 136, 4, 211, 153, 204,
    136, 4, 208, 182, 204, 136, 4, 208, 182, 204, 136, 4, 208, 183, 204, 136, 4, 208, 183, 204, 136,
    2, 211, 161, 0, 4, 208, 184, 204, 132, 4, 208, 184, 204, 132, 4, 208, 184, 204, 136, 4, 208,
    184, 204, 136, 4, 208, 190, 204, 136, 4, 208, 190, 204, 136, 2, 211, 169, 0, 4, 211, 169, 204,
    136, 4, 211, 169, 204, 136, 4, 209, 141, 204, 136, 4, 209, 141, 204, 136, 4, 209, 131, 204, 132,
    4, 209, 131, 204, 132, 4, 209, 131, 204, 136, 4, 209, 131, 204, 136, 4, 209, 131, 204, 139, 4,
    209, 131, 204, 139, 4, 209, 135, 204, 136, 4, 209, 135, 204, 136, 2, 211, 183, 0, 4, 209, 139,
    204, 136, 4, 209, 139, 204, 136, 4, 213, 165, 214, 130, 4, 216, 167, 217, 147, 4, 216, 167, 217,
    148, 4, 217, 136, 217, 148, 4, 216, 167, 217, 149, 4, 217, 138, 217, 148, 4, 219, 149, 217, 148,
    0, 4, 219, 129, 217, 148, 4, 219, 146, 217, 148, 6, 224, 164, 168, 224, 164, 188, 6, 224, 164,
    176, 224, 164, 188, 0, 0, 6, 224, 164, 179, 224, 164, 188, 6, 224, 164, 149, 224, 164, 188, 6,
    224, 164, 150, 224, 164, 188, 6, 224, 164, 151, 224, 164, 188, 6, 224, 164, 156, 224, 164, 188,
    6, 224, 164, 161, 224, 164, 188, 6, 224, 164, 162, 224, 164, 188, 6, 224, 164, 171, 224, 164,
    188, 6, 224, 164, 175, 224, 164, 188, 6, 224, 167, 135, 224, 166, 190, 6, 224, 167, 135, 224,
    167, 151, 6, 224, 166, 161, 224, 166, 188, 6, 224, 166, 162, 224, 166, 188, 0, 6, 224, 166, 175,
    224, 166, 188, 6, 224, 168, 178, 224, 168, 188, 0, 0, 6, 224, 168, 184, 224, 168, 188, 6, 224,
    168, 150, 224, 168, 188, 6, 224, 168, 151, 224, 168, 188, 6, 224, 168, 156, 224, 168, 188, 0, 0,
    6, 224, 168, 171, 224, 168, 188, 6, 224, 173, 135, 224, 173, 150, 0, 0, 6, 224, 173, 135, 224,
    172, 190, 6, 224, 173, 135, 224, 173, 151, 6, 224, 172, 161, 224, 172, 188, 6, 224, 172, 162,
    224, 172, 188, 6, 224, 174, 146, 224, 175, 151, 6, 224, 175, 134, 224, 174, 190, 6, 224, 175,
    135, 224, 174, 190, 6, 224, 175, 134, 224, 175, 151, 6, 224, 177, 134, 224, 177, 150, 6, 224,
    178, 191, 224, 179, 149, 6, 224, 179, 134, 224, 179, 149, 6, 224, 179, 134, 224, 179, 150, 0, 6,
    224, 179, 134, 224, 179, 130, 9, 224, 179, 134, 224, 179, 130, 224, 179, 149, 6, 224, 181, 134,
    224, 180, 190, 6, 224, 181, 135, 224, 180, 190, 6, 224, 181, 134, 224, 181, 151, 6, 224, 183,
    153, 224, 183, 138, 0, 6, 224, 183, 153, 224, 183, 143, 9, 224, 183, 153, 224, 183, 143, 224,
    183, 138, 6, 224, 183, 153, 224, 183, 159, 6, 224, 189, 130, 224, 190, 183, 6, 224, 189, 140,
    224, 190, 183, 6, 224, 189, 145, 224, 190, 183, 6, 224, 189, 150, 224, 190, 183, 6, 224, 189,
    155, 224, 190, 183, 6, 224, 189, 128, 224, 190, 181, 6, 224, 189, 177, 224, 189, 178, 0, 6, 224,
    189, 177, 224, 189, 180, 6, 224, 190, 178, 224, 190, 128, 0, 6, 224, 190, 179, 224, 190, 128, 6,
    224, 189, 177, 224, 190, 128, 6, 224, 190, 146, 224, 190, 183, 6, 224, 190, 156, 224, 190, 183,
    6, 224, 190, 161, 224, 190, 183, 6, 224, 190, 166, 224, 190, 183, 6, 224, 190, 171, 224, 190,
    183, 6, 224, 190, 144, 224, 190, 181, 6, 225, 128, 165, 225, 128, 174, 3, 226, 180, 167, 3, 226,
    180, 173, 6, 225, 172, 133, 225, 172, 181, 0, 6, 225, 172, 135, 225, 172, 181, 0, 6, 225, 172,
    137, 225, 172, 181, 0, 6, 225, 172, 139, 225, 172, 181, 0, 6, 225, 172, 141, 225, 172, 181, 0,
    0, 0, 6, 225, 172, 145, 225, 172, 181, 6, 225, 172, 186, 225, 172, 181, 0, 6, 225, 172, 188,
    225, 172, 181, 0, 0, 6, 225, 172, 190, 225, 172, 181, 6, 225, 172, 191, 225, 172, 181, 0, 6,
    225, 173, 130, 225, 172, 181, 2, 208, 178, 2, 208, 180, 2, 208, 190, 2, 209, 129, 2, 209, 130,
    2, 209, 130, 2, 209, 138, 2, 209, 163, 3, 234, 153, 139, 3, 97, 204, 165, 3, 97, 204, 165, 3,
    98, 204, 135, 3, 98, 204, 135, 3, 98, 204, 163, 3, 98, 204, 163, 3, 98, 204, 177, 3, 98, 204,
    177, 5, 99, 204, 167, 204, 129, 5, 99, 204, 167, 204, 129, 3, 100, 204, 135, 3, 100, 204, 135,
    3, 100, 204, 163, 3, 100, 204, 163, 3, 100, 204, 177, 3, 100, 204, 177, 3, 100, 204, 167, 3,
    100, 204, 167, 3, 100, 204, 173, 3, 100, 204, 173, 5, 101, 204, 132, 204, 128, 5, 101, 204, 132,
    204, 128, 5, 101, 204, 132, 204, 129, 5, 101, 204, 132, 204, 129, 3, 101, 204, 173, 3, 101, 204,
    173, 3, 101, 204, 176, 3, 101, 204, 176, 5, 101, 204, 167, 204, 134, 5, 101, 204, 167, 204, 134,
    3, 102, 204, 135, 3, 102, 204, 135, 3, 103, 204, 132, 3, 103, 204, 132, 3, 104, 204, 135, 3,
    104, 204, 135, 3, 104, 204, 163, 3, 104, 204, 163, 3, 104, 204, 136, 3, 104, 204, 136, 3, 104,
    204, 167, 3, 104, 204, 167, 3, 104, 204, 174, 3, 104, 204, 174, 3, 105, 204, 176, 3, 105, 204,
    176, 5, 105, 204, 136, 204, 129, 5, 105, 204, 136, 204, 129, 3, 107, 204, 129, 3, 107, 204, 129,
    3, 107, 204, 163, 3, 107, 204, 163, 3, 107, 204, 177, 3, 107, 204, 177, 3, 108, 204, 163, 3,
    108, 204, 163, 5, 108, 204, 163, 204, 132, 5, 108, 204, 163, 204, 132, 3, 108, 204, 177, 3, 108,
    204, 177, 3, 108, 204, 173, 3, 108, 204, 173, 3, 109, 204, 129, 3, 109, 204, 129, 3, 109, 204,
    135, 3, 109, 204, 135, 3, 109, 204, 163, 3, 109, 204, 163, 3, 110, 204, 135, 3, 110, 204, 135,
    3, 110, 204, 163, 3, 110, 204, 163, 3, 110, 204, 177, 3, 110, 204, 177, 3, 110, 204, 173, 3,
    110, 204, 173, 5, 111, 204, 131, 204, 129, 5, 111, 204, 131, 204, 129, 5, 111, 204, 131, 204,
    136, 5, 111, 204, 131, 204, 136, 5, 111, 204, 132, 204, 128, 5, 111, 204, 132, 204, 128, 5, 111,
    204, 132, 204, 129, 5, 111, 204, 132, 204, 129, 3, 112, 204, 129, 3, 112, 204, 129, 3, 112, 204,
    135, 3, 112, 204, 135, 3, 114, 204, 135, 3, 114, 204, 135, 3, 114, 204, 163, 3, 114, 204, 163,
    5, 114, 204, 163, 204, 132, 5, 114, 204, 163, 204, 132, 3, 114, 204, 177, 3, 114, 204, 177, 3,
    115, 204, 135, 3, 115, 204, 135, 3, 115, 204, 163, 3, 115, 204, 163, 5, 115, 204, 129, 204, 135,
    5, 115, 204, 129, 204, 135, 5, 115, 204, 140, 204, 135, 5, 115, 204, 140, 204, 135, 5, 115, 204,
    163, 204, 135, 5, 115, 204, 163, 204, 135, 3, 116, 204, 135, 3, 116, 204, 135, 3, 116, 204, 163,
    3, 116, 204, 163, 3, 116, 204, 177, 3, 116, 204, 177, 3, 116, 204, 173, 3, 116, 204, 173, 3,
    117, 204, 164, 3, 117, 204, 164, 3, 117, 204, 176, 3, 117, 204, 176, 3, 117, 204, 173, 3, 117,
    204, 173, 5, 117, 204, 131, 204, 129, 5, 117, 204, 131, 204, 129, 5, 117, 204, 132, 204, 136, 5,
    117, 204, 132, 204, 136, 3, 118, 204, 131, 3, 118, 204, 131, 3, 118, 204, 163, 3, 118, 204, 163,
    3, 119, 204, 128, 3, 119, 204, 128, 3, 119, 204, 129, 3, 119, 204, 129, 3, 119, 204, 136, 3,
    119, 204, 136, 3, 119, 204, 135, 3, 119, 204, 135, 3, 119, 204, 163, 3, 119, 204, 163, 3, 120,
    204, 135, 3, 120, 204, 135, 3, 120, 204, 136, 3, 120, 204, 136, 3, 121, 204, 135, 3, 121, 204,
    135, 3, 122, 204, 130, 3, 122, 204, 130, 3, 122, 204, 163, 3, 122, 204, 163, 3, 122, 204, 177,
    3, 122, 204, 177, 3, 104, 204, 177, 3, 116, 204, 136, 3, 119, 204, 138, 3, 121, 204, 138, 3, 97,
    202, 190, 3, 115, 204, 135, 0, 0, 2, 115, 115, 3, 97, 204, 163, 3, 97, 204, 163, 3, 97, 204,
    137, 3, 97, 204, 137, 5, 97, 204, 130, 204, 129, 5, 97, 204, 130, 204, 129, 5, 97, 204, 130,
    204, 128, 5, 97, 204, 130, 204, 128, 5, 97, 204, 130, 204, 137, 5, 97, 204, 130, 204, 137, 5,
    97, 204, 130, 204, 131, 5, 97, 204, 130, 204, 131, 5, 97, 204, 163, 204, 130, 5, 97, 204, 163,
    204, 130, 5, 97, 204, 134, 204, 129, 5, 97, 204, 134, 204, 129, 5, 97, 204, 134, 204, 128, 5,
    97, 204, 134, 204, 128, 5, 97, 204, 134, 204, 137, 5, 97, 204, 134, 204, 137, 5, 97, 204, 134,
    204, 131, 5, 97, 204, 134, 204, 131, 5, 97, 204, 163, 204, 134, 5, 97, 204, 163, 204, 134, 3,
    101, 204, 163, 3, 101, 204, 163, 3, 101, 204, 137, 3, 101, 204, 137, 3, 101, 204, 131, 3, 101,
    204, 131, 5, 101, 204, 130, 204, 129, 5, 101, 204, 130, 204, 129, 5, 101, 204, 130, 204, 128, 5,
    101, 204, 130, 204, 128, 5, 101, 204, 130, 204, 137, 5, 101, 204, 130, 204, 137, 5, 101, 204,
    130, 204, 131, 5, 101, 204, 130, 204, 131, 5, 101, 204, 163, 204, 130, 5, 101, 204, 163, 204,
    130, 3, 105, 204, 137, 3, 105, 204, 137, 3, 105, 204, 163, 3, 105, 204, 163, 3, 111, 204, 163,
    3, 111, 204, 163, 3, 111, 204, 137, 3, 111, 204, 137, 5, 111, 204, 130, 204, 129, 5, 111, 204,
    130, 204, 129, 5, 111, 204, 130, 204, 128, 5, 111, 204, 130, 204, 128, 5, 111, 204, 130, 204,
    137, 5, 111, 204, 130, 204, 137, 5, 111, 204, 130, 204, 131, 5, 111, 204, 130, 204, 131, 5, 111,
    204, 163, 204, 130, 5, 111, 204, 163, 204, 130, 5, 111, 204, 155, 204, 129, 5, 111, 204, 155,
    204, 129, 5, 111, 204, 155, 204, 128, 5, 111, 204, 155, 204, 128, 5, 111, 204, 155, 204, 137, 5,
    111, 204, 155, 204, 137, 5, 111, 204, 155, 204, 131, 5, 111, 204, 155, 204, 131, 5, 111, 204,
    155, 204, 163, 5, 111, 204, 155, 204, 163, 3, 117, 204, 163, 3, 117, 204, 163, 3, 117, 204, 137,
    3, 117, 204, 137, 5, 117, 204, 155, 204, 129, 5, 117, 204, 155, 204, 129, 5, 117, 204, 155, 204,
    128, 5, 117, 204, 155, 204, 128, 5, 117, 204, 155, 204, 137, 5, 117, 204, 155, 204, 137, 5, 117,
    204, 155, 204, 131, 5, 117, 204, 155, 204, 131, 5, 117, 204, 155, 204, 163, 5, 117, 204, 155,
    204, 163, 3, 121, 204, 128, 3, 121, 204, 128, 3, 121, 204, 163, 3, 121, 204, 163, 3, 121, 204,
    137, 3, 121, 204, 137, 3, 121, 204, 131, 3, 121, 204, 131, 4, 206, 177, 204, 147, 4, 206, 177,
    204, 148, 6, 206, 177, 204, 147, 204, 128, 6, 206, 177, 204, 148, 204, 128, 6, 206, 177, 204,
    147, 204, 129, 6, 206, 177, 204, 148, 204, 129, 6, 206, 177, 204, 147, 205, 130, 6, 206, 177,
    204, 148, 205, 130, 4, 206, 177, 204, 147, 4, 206, 177, 204, 148, 6, 206, 177, 204, 147, 204,
    128, 6, 206, 177, 204, 148, 204, 128, 6, 206, 177, 204, 147, 204, 129, 6, 206, 177, 204, 148,
    204, 129, 6, 206, 177, 204, 147, 205, 130, 6, 206, 177, 204, 148, 205, 130, 4, 206, 181, 204,
    147, 4, 206, 181, 204, 148, 6, 206, 181, 204, 147, 204, 128, 6, 206, 181, 204, 148, 204, 128, 6,
    206, 181, 204, 147, 204, 129, 6, 206, 181, 204, 148, 204, 129, 0, 0, 4, 206, 181, 204, 147, 4,
    206, 181, 204, 148, 6, 206, 181, 204, 147, 204, 128, 6, 206, 181, 204, 148, 204, 128, 6, 206,
    181, 204, 147, 204, 129, 6, 206, 181, 204, 148, 204, 129, 4, 206, 183, 204, 147, 4, 206, 183,
    204, 148, 6, 206, 183, 204, 147, 204, 128, 6, 206, 183, 204, 148, 204, 128, 6, 206, 183, 204,
    147, 204, 129, 6, 206, 183, 204, 148, 204, 129, 6, 206, 183, 204, 147, 205, 130, 6, 206, 183,
    204, 148, 205, 130, 4, 206, 183, 204, 147, 4, 206, 183, 204, 148, 6, 206, 183, 204, 147, 204,
    128, 6, 206, 183, 204, 148, 204, 128, 6, 206, 183, 204, 147, 204, 129, 6, 206, 183, 204, 148,
    204, 129, 6, 206, 183, 204, 147, 205, 130, 6, 206, 183, 204, 148, 205, 130, 4, 206, 185, 204,
    147, 4, 206, 185, 204, 148, 6, 206, 185, 204, 147, 204, 128, 6, 206, 185, 204, 148, 204, 128, 6,
    206, 185, 204, 147, 204, 129, 6, 206, 185, 204, 148, 204, 129, 6, 206, 185, 204, 147, 205, 130,
    6, 206, 185, 204, 148, 205, 130, 4, 206, 185, 204, 147, 4, 206, 185, 204, 148, 6, 206, 185, 204,
    147, 204, 128, 6, 206, 185, 204, 148, 204, 128, 6, 206, 185, 204, 147, 204, 129, 6, 206, 185,
    204, 148, 204, 129, 6, 206, 185, 204, 147, 205, 130, 6, 206, 185, 204, 148, 205, 130, 4, 206,
    191, 204, 147, 4, 206, 191, 204, 148, 6, 206, 191, 204, 147, 204, 128, 6, 206, 191, 204, 148,
    204, 128, 6, 206, 191, 204, 147, 204, 129, 6, 206, 191, 204, 148, 204, 129, 0, 0, 4, 206, 191,
    204, 147, 4, 206, 191, 204, 148, 6, 206, 191, 204, 147, 204, 128, 6, 206, 191, 204, 148, 204,
    128, 6, 206, 191, 204, 147, 204, 129, 6, 206, 191, 204, 148, 204, 129, 4, 207, 133, 204, 147, 4,
    207, 133, 204, 148, 6, 207, 133, 204, 147, 204, 128, 6, 207, 133, 204, 148, 204, 128, 6, 207,
    133, 204, 147, 204, 129, 6, 207, 133, 204, 148, 204, 129, 6, 207, 133, 204, 147, 205, 130, 6,
    207, 133, 204, 148, 205, 130, 0, 4, 207, 133, 204, 148, 0, 6, 207, 133, 204, 148, 204, 128, 0,
    6, 207, 133, 204, 148, 204, 129, 0, 6, 207, 133, 204, 148, 205, 130, 4, 207, 137, 204, 147, 4,
    207, 137, 204, 148, 6, 207, 137, 204, 147, 204, 128, 6, 207, 137, 204, 148, 204, 128, 6, 207,
    137, 204, 147, 204, 129, 6, 207, 137, 204, 148, 204, 129, 6, 207, 137, 204, 147, 205, 130, 6,
    207, 137, 204, 148, 205, 130, 4, 207, 137, 204, 147, 4, 207, 137, 204, 148, 6, 207, 137, 204,
    147, 204, 128, 6, 207, 137, 204, 148, 204, 128, 6, 207, 137, 204, 147, 204, 129, 6, 207, 137,
    204, 148, 204, 129, 6, 207, 137, 204, 147, 205, 130, 6, 207, 137, 204, 148, 205, 130, 4, 206,
    177, 204, 128, 4, 206, 177, 204, 129, 4, 206, 181, 204, 128, 4, 206, 181, 204, 129, 4, 206, 183,
    204, 128, 4, 206, 183, 204, 129, 4, 206, 185, 204, 128, 4, 206, 185, 204, 129, 4, 206, 191, 204,
    128, 4, 206, 191, 204, 129, 4, 207, 133, 204, 128, 4, 207, 133, 204, 129, 4, 207, 137, 204, 128,
    4, 207, 137, 204, 129, 6, 206, 177, 204, 147, 205, 133, 6, 206, 177, 204, 148, 205, 133, 8, 206,
    177, 204, 147, 204, 128, 205, 133, 8, 206, 177, 204, 148, 204, 128, 205, 133, 8, 206, 177, 204,
    147, 204, 129, 205, 133, 8, 206, 177, 204, 148, 204, 129, 205, 133, 8, 206, 177, 204, 147, 205,
    130, 205, 133, 8, 206, 177, 204, 148, 205, 130, 205, 133, 6, 206, 177, 204, 147, 205, 133, 6,
    206, 177, 204, 148, 205, 133, 8, 206, 177, 204, 147, 204, 128, 205, 133, 8, 206, 177, 204, 148,
    204, 128, 205, 133, 8, 206, 177, 204, 147, 204, 129, 205, 133, 8, 206, 177, 204, 148, 204, 129,
    205, 133, 8, 206, 177, 204, 147, 205, 130, 205, 133, 8, 206, 177, 204, 148, 205, 130, 205, 133,
    6, 206, 183, 204, 147, 205, 133, 6, 206, 183, 204, 148, 205, 133, 8, 206, 183, 204, 147, 204,
    128, 205, 133, 8, 206, 183, 204, 148, 204, 128, 205, 133, 8, 206, 183, 204, 147, 204, 129, 205,
    133, 8, 206, 183, 204, 148, 204, 129, 205, 133, 8, 206, 183, 204, 147, 205, 130, 205, 133, 8,
    206, 183, 204, 148, 205, 130, 205, 133, 6, 206, 183, 204, 147, 205, 133, 6, 206, 183, 204, 148,
    205, 133, 8, 206, 183, 204, 147, 204, 128, 205, 133, 8, 206, 183, 204, 148, 204, 128, 205, 133,
    8, 206, 183, 204, 147, 204, 129, 205, 133, 8, 206, 183, 204, 148, 204, 129, 205, 133, 8, 206,
    183, 204, 147, 205, 130, 205, 133, 8, 206, 183, 204, 148, 205, 130, 205, 133, 6, 207, 137, 204,
    147, 205, 133, 6, 207, 137, 204, 148, 205, 133, 8, 207, 137, 204, 147, 204, 128, 205, 133, 8,
    207, 137, 204, 148, 204, 128, 205, 133, 8, 207, 137, 204, 147, 204, 129, 205, 133, 8, 207, 137,
    204, 148, 204, 129, 205, 133, 8, 207, 137, 204, 147, 205, 130, 205, 133, 8, 207, 137, 204, 148,
    205, 130, 205, 133, 6, 207, 137, 204, 147, 205, 133, 6, 207, 137, 204, 148, 205, 133, 8, 207,
    137, 204, 147, 204, 128, 205, 133, 8, 207, 137, 204, 148, 204, 128, 205, 133, 8, 207, 137, 204,
    147, 204, 129, 205, 133, 8, 207, 137, 204, 148, 204, 129, 205, 133, 8, 207, 137, 204, 147, 205,
    130, 205, 133, 8, 207, 137, 204, 148, 205, 130, 205, 133, 4, 206, 177, 204, 134, 4, 206, 177,
    204, 132, 6, 206, 177, 204, 128, 205, 133, 4, 206, 177, 205, 133, 6, 206, 177, 204, 129, 205,
    133, 0, 4, 206, 177, 205, 130, 6, 206, 177, 205, 130, 205, 133, 4, 206, 177, 204, 134, 4, 206,
    177, 204, 132, 4, 206, 177, 204, 128, 4, 206, 177, 204, 129, 4, 206, 177, 205, 133, 0, 2, 206,
    185, 4, 194, 168, 205, 130, 6, 206, 183, 204, 128, 205, 133, 4, 206, 183, 205, 133, 6, 206, 183,
    204, 129, 205, 133, 0, 4, 206, 183, 205, 130, 6, 206, 183, 205, 130, 205, 133, 4, 206, 181, 204,
    128, 4, 206, 181, 204, 129, 4, 206, 183, 204, 128, 4, 206, 183, 204, 129, 4, 206, 183, 205, 133,
    5, 225, 190, 191, 204, 128, 5, 225, 190, 191, 204, 129, 5, 225, 190, 191, 205, 130, 4, 206, 185,
    204, 134, 4, 206, 185, 204, 132, 6, 206, 185, 204, 136, 204, 128, 6, 206, 185, 204, 136, 204,
    129, 0, 0, 4, 206, 185, 205, 130, 6, 206, 185, 204, 136, 205, 130, 4, 206, 185, 204, 134, 4,
    206, 185, 204, 132, 4, 206, 185, 204, 128, 4, 206, 185, 204, 129, 0, 5, 225, 191, 190, 204, 128,
    5, 225, 191, 190, 204, 129, 5, 225, 191, 190, 205, 130, 4, 207, 133, 204, 134, 4, 207, 133, 204,
    132, 6, 207, 133, 204, 136, 204, 128, 6, 207, 133, 204, 136, 204, 129, 4, 207, 129, 204, 147, 4,
    207, 129, 204, 148, 4, 207, 133, 205, 130, 6, 207, 133, 204, 136, 205, 130, 4, 207, 133, 204,
    134, 4, 207, 133, 204, 132, 4, 207, 133, 204, 128, 4, 207, 133, 204, 129, 4, 207, 129, 204, 148,
    4, 194, 168, 204, 128, 4, 194, 168, 204, 129, 1, 96, 6, 207, 137, 204, 128, 205, 133, 4, 207,
    137, 205, 133, 6, 207, 137, 204, 129, 205, 133, 0, 4, 207, 137, 205, 130, 6, 207, 137, 205, 130,
    205, 133, 4, 206, 191, 204, 128, 4, 206, 191, 204, 129, 4, 207, 137, 204, 128, 4, 207, 137, 204,
    129, 4, 207, 137, 205, 133, 2, 194, 180, 0, 0, 3, 226, 128, 130, 3, 226, 128, 131, 2, 207, 137,
    0, 0, 0, 1, 107, 3, 97, 204, 138, 3, 226, 133, 142, 3, 226, 134, 132, 5, 226, 134, 144, 204,
    184, 5, 226, 134, 146, 204, 184, 5, 226, 134, 148, 204, 184, 5, 226, 135, 144, 204, 184, 5, 226,
    135, 148, 204, 184, 5, 226, 135, 146, 204, 184, 5, 226, 136, 131, 204, 184, 5, 226, 136, 136,
    204, 184, 0, 0, 5, 226, 136, 139, 204, 184, 5, 226, 136, 163, 204, 184, 0, 5, 226, 136, 165,
    204, 184, 5, 226, 136, 188, 204, 184, 0, 0, 5, 226, 137, 131, 204, 184, 0, 0, 5, 226, 137, 133,
    204, 184, 0, 5, 226, 137, 136, 204, 184, 3, 61, 204, 184, 0, 5, 226, 137, 161, 204, 184, 5, 226,
    137, 141, 204, 184, 3, 60, 204, 184, 3, 62, 204, 184, 5, 226, 137, 164, 204, 184, 5, 226, 137,
    165, 204, 184, 0, 0, 5, 226, 137, 178, 204, 184, 5, 226, 137, 179, 204, 184, 0, 0, 5, 226, 137,
    182, 204, 184, 5, 226, 137, 183, 204, 184, 5, 226, 137, 186, 204, 184, 5, 226, 137, 187, 204,
    184, 0, 0, 5, 226, 138, 130, 204, 184, 5, 226, 138, 131, 204, 184, 0, 0, 5, 226, 138, 134, 204,
    184, 5, 226, 138, 135, 204, 184, 5, 226, 138, 162, 204, 184, 5, 226, 138, 168, 204, 184, 5, 226,
    138, 169, 204, 184, 5, 226, 138, 171, 204, 184, 5, 226, 137, 188, 204, 184, 5, 226, 137, 189,
    204, 184, 5, 226, 138, 145, 204, 184, 5, 226, 138, 146, 204, 184, 5, 226, 138, 178, 204, 184, 5,
    226, 138, 179, 204, 184, 5, 226, 138, 180, 204, 184, 5, 226, 138, 181, 204, 184, 3, 227, 128,
    136, 3, 227, 128, 137, 5, 226, 171, 157, 204, 184, 3, 226, 177, 161, 0, 2, 201, 171, 3, 225,
    181, 189, 2, 201, 189, 2, 201, 145, 2, 201, 177, 2, 201, 144, 2, 201, 146, 0, 3, 226, 177, 179,
    0, 0, 3, 226, 177, 182, 2, 200, 191, 2, 201, 128, 3, 226, 179, 172, 0, 3, 226, 179, 174, 3, 226,
    179, 179, 1, 32, 6, 227, 129, 139, 227, 130, 153, 0, 6, 227, 129, 141, 227, 130, 153, 0, 6, 227,
    129, 143, 227, 130, 153, 0, 6, 227, 129, 145, 227, 130, 153, 0, 6, 227, 129, 147, 227, 130, 153,
    0, 6, 227, 129, 149, 227, 130, 153, 0, 6, 227, 129, 151, 227, 130, 153, 0, 6, 227, 129, 153,
    227, 130, 153, 6, 227, 129, 155, 227, 130, 153, 0, 6, 227, 129, 157, 227, 130, 153, 0, 6, 227,
    129, 159, 227, 130, 153, 0, 6, 227, 129, 161, 227, 130, 153, 0, 0, 6, 227, 129, 164, 227, 130,
    153, 0, 6, 227, 129, 166, 227, 130, 153, 0, 6, 227, 129, 168, 227, 130, 153, 6, 227, 129, 175,
    227, 130, 153, 6, 227, 129, 175, 227, 130, 154, 0, 6, 227, 129, 178, 227, 130, 153, 6, 227, 129,
    178, 227, 130, 154, 0, 6, 227, 129, 181, 227, 130, 153, 6, 227, 129, 181, 227, 130, 154, 0, 6,
    227, 129, 184, 227, 130, 153, 6, 227, 129, 184, 227, 130, 154, 0, 6, 227, 129, 187, 227, 130,
    153, 6, 227, 129, 187, 227, 130, 154, 6, 227, 129, 134, 227, 130, 153, 6, 227, 130, 157, 227,
    130, 153, 6, 227, 130, 171, 227, 130, 153, 0, 6, 227, 130, 173, 227, 130, 153, 0, 6, 227, 130,
    175, 227, 130, 153, 0, 6, 227, 130, 177, 227, 130, 153, 0, 6, 227, 130, 179, 227, 130, 153, 0,
    6, 227, 130, 181, 227, 130, 153, 0, 6, 227, 130, 183, 227, 130, 153, 0, 6, 227, 130, 185, 227,
    130, 153, 6, 227, 130, 187, 227, 130, 153, 0, 6, 227, 130, 189, 227, 130, 153, 0, 6, 227, 130,
    191, 227, 130, 153, 0, 6, 227, 131, 129, 227, 130, 153, 0, 0, 6, 227, 131, 132, 227, 130, 153,
    0, 6, 227, 131, 134, 227, 130, 153, 0, 6, 227, 131, 136, 227, 130, 153, 6, 227, 131, 143, 227,
    130, 153, 6, 227, 131, 143, 227, 130, 154, 0, 6, 227, 131, 146, 227, 130, 153, 6, 227, 131, 146,
    227, 130, 154, 0, 6, 227, 131, 149, 227, 130, 153, 6, 227, 131, 149, 227, 130, 154, 0, 6, 227,
    131, 152, 227, 130, 153, 6, 227, 131, 152, 227, 130, 154, 0, 6, 227, 131, 155, 227, 130, 153, 6,
    227, 131, 155, 227, 130, 154, 6, 227, 130, 166, 227, 130, 153, 0, 0, 6, 227, 131, 175, 227, 130,
    153, 6, 227, 131, 176, 227, 130, 153, 6, 227, 131, 177, 227, 130, 153, 6, 227, 131, 178, 227,
    130, 153, 0, 0, 0, 6, 227, 131, 189, 227, 130, 153, 3, 234, 157, 186, 0, 3, 234, 157, 188, 0, 3,
    225, 181, 185, 3, 234, 158, 140, 0, 2, 201, 165, 0, 0, 3, 234, 158, 145, 0, 3, 234, 158, 147, 2,
    201, 166, 2, 201, 156, 2, 201, 161, 2, 201, 172, 2, 201, 170, 0, 2, 202, 158, 2, 202, 135, 2,
    202, 157, 3, 234, 173, 147, 3, 234, 158, 148, 2, 202, 130, 3, 225, 182, 142, 3, 234, 159, 136,
    0, 3, 234, 159, 138, 3, 234, 159, 145, 3, 234, 159, 151, 0, 3, 234, 159, 153, 3, 234, 159, 182,
    3, 232, 177, 136, 3, 230, 155, 180, 3, 232, 187, 138, 3, 232, 179, 136, 3, 230, 187, 145, 3,
    228, 184, 178, 3, 229, 143, 165, 3, 233, 190, 156, 3, 233, 190, 156, 3, 229, 165, 145, 3, 233,
    135, 145, 3, 229, 150, 135, 3, 229, 165, 136, 3, 230, 135, 182, 3, 231, 153, 169, 3, 231, 190,
    133, 3, 232, 152, 191, 3, 232, 158, 186, 3, 232, 163, 184, 3, 233, 130, 143, 3, 230, 168, 130,
    3, 230, 180, 155, 3, 231, 131, 153, 3, 231, 143, 158, 3, 232, 144, 189, 3, 233, 133, 170, 3,
    233, 167, 177, 3, 228, 186, 130, 3, 229, 141, 181, 3, 230, 172, 132, 3, 231, 136, 155, 3, 232,
    152, 173, 3, 233, 184, 158, 3, 229, 181, 144, 3, 230, 191, 171, 3, 232, 151, 141, 3, 232, 165,
    164, 3, 230, 139, 137, 3, 232, 135, 152, 3, 232, 160, 159, 3, 229, 187, 138, 3, 230, 156, 151,
    3, 230, 181, 170, 3, 231, 139, 188, 3, 233, 131, 142, 3, 228, 190, 134, 3, 229, 134, 183, 3,
    229, 139, 158, 3, 230, 147, 132, 3, 230, 171, 147, 3, 231, 136, 144, 3, 231, 155, 167, 3, 232,
    128, 129, 3, 232, 152, 134, 3, 232, 153, 156, 3, 232, 183, 175, 3, 233, 156, 178, 3, 233, 173,
    175, 3, 233, 183, 186, 3, 231, 162, 140, 3, 231, 165, 191, 3, 231, 182, 160, 3, 232, 143, 137,
    3, 233, 140, 132, 3, 233, 185, 191, 3, 232, 171, 150, 3, 229, 163, 159, 3, 229, 188, 132, 3,
    231, 177, 160, 3, 232, 129, 190, 3, 231, 137, 162, 3, 231, 163, 138, 3, 232, 179, 130, 3, 233,
    155, 183, 3, 229, 163, 152, 3, 229, 177, 162, 3, 230, 168, 147, 3, 230, 183, 154, 3, 230, 188,
    143, 3, 231, 180, 175, 3, 231, 184, 183, 3, 233, 153, 139, 3, 229, 139, 146, 3, 232, 130, 139,
    3, 229, 135, 156, 3, 229, 135, 140, 3, 231, 168, 156, 3, 231, 182, 190, 3, 232, 143, 177, 3,
    233, 153, 181, 3, 232, 174, 128, 3, 230, 139, 143, 3, 230, 168, 130, 3, 232, 171, 190, 3, 228,
    184, 185, 3, 229, 175, 167, 3, 230, 128, 146, 3, 231, 142, 135, 3, 231, 149, 176, 3, 229, 140,
    151, 3, 231, 163, 187, 3, 228, 190, 191, 3, 229, 190, 169, 3, 228, 184, 141, 3, 230, 179, 140,
    3, 230, 149, 184, 3, 231, 180, 162, 3, 229, 143, 131, 3, 229, 161, 158, 3, 231, 156, 129, 3,
    232, 145, 137, 3, 232, 170, 170, 3, 230, 174, 186, 3, 232, 190, 176, 3, 230, 178, 136, 3, 230,
    139, 190, 3, 232, 139, 165, 3, 230, 142, 160, 3, 231, 149, 165, 3, 228, 186, 174, 3, 229, 133,
    169, 3, 229, 135, 137, 3, 230, 162, 129, 3, 231, 179, 167, 3, 232, 137, 175, 3, 232, 171, 146,
    3, 233, 135, 143, 3, 229, 139, 181, 3, 229, 145, 130, 3, 229, 165, 179, 3, 229, 187, 172, 3,
    230, 151, 133, 3, 230, 191, 190, 3, 231, 164, 170, 3, 233, 150, 173, 3, 233, 169, 170, 3, 233,
    186, 151, 3, 233, 187, 142, 3, 229, 138, 155, 3, 230, 155, 134, 3, 230, 173, 183, 3, 232, 189,
    162, 3, 229, 185, 180, 3, 230, 134, 144, 3, 230, 136, 128, 3, 230, 146, 154, 3, 230, 188, 163,
    3, 231, 133, 137, 3, 231, 146, 137, 3, 231, 167, 138, 3, 231, 183, 180, 3, 232, 129, 175, 3,
    232, 188, 166, 3, 232, 147, 174, 3, 233, 128, 163, 3, 233, 141, 138, 3, 229, 136, 151, 3, 229,
    138, 163, 3, 229, 146, 189, 3, 231, 131, 136, 3, 232, 163, 130, 3, 232, 170, 170, 3, 229, 187,
    137, 3, 229, 191, 181, 3, 230, 141, 187, 3, 230, 174, 174, 3, 231, 176, 190, 3, 231, 141, 181,
    3, 228, 187, 164, 3, 229, 155, 185, 3, 229, 175, 167, 3, 229, 182, 186, 3, 230, 128, 156, 3,
    231, 142, 178, 3, 231, 145, 169, 3, 231, 190, 154, 3, 232, 129, 134, 3, 233, 136, 180, 3, 233,
    155, 182, 3, 233, 157, 136, 3, 233, 160, 152, 3, 228, 190, 139, 3, 231, 166, 174, 3, 233, 134,
    180, 3, 233, 154, 184, 3, 230, 131, 161, 3, 228, 186, 134, 3, 229, 131, 154, 3, 229, 175, 174,
    3, 229, 176, 191, 3, 230, 150, 153, 3, 230, 168, 130, 3, 231, 135, 142, 3, 231, 153, 130, 3,
    232, 147, 188, 3, 233, 129, 188, 3, 233, 190, 141, 3, 230, 154, 136, 3, 233, 152, 174, 3, 229,
    138, 137, 3, 230, 157, 187, 3, 230, 159, 179, 3, 230, 181, 129, 3, 230, 186, 156, 3, 231, 144,
    137, 3, 231, 149, 153, 3, 231, 161, 171, 3, 231, 180, 144, 3, 233, 161, 158, 3, 229, 133, 173,
    3, 230, 136, 174, 3, 233, 153, 184, 3, 229, 128, 171, 3, 229, 180, 153, 3, 230, 183, 170, 3,
    232, 188, 170, 3, 229, 190, 139, 3, 230, 133, 132, 3, 230, 160, 151, 3, 231, 142, 135, 3, 233,
    154, 134, 3, 229, 136, 169, 3, 229, 144, 143, 3, 229, 177, 165, 3, 230, 152, 147, 3, 230, 157,
    142, 3, 230, 162, 168, 3, 230, 179, 165, 3, 231, 144, 134, 3, 231, 151, 162, 3, 231, 189, 185,
    3, 232, 163, 143, 3, 232, 163, 161, 3, 233, 135, 140, 3, 233, 155, 162, 3, 229, 140, 191, 3,
    230, 186, 186, 3, 229, 144, 157, 3, 231, 135, 144, 3, 231, 146, 152, 3, 232, 151, 186, 3, 233,
    154, 163, 3, 233, 177, 151, 3, 233, 186, 159, 3, 230, 158, 151, 3, 230, 183, 139, 3, 232, 135,
    168, 3, 231, 171, 139, 3, 231, 172, 160, 3, 231, 178, 146, 3, 231, 139, 128, 3, 231, 130, 153,
    3, 232, 173, 152, 3, 228, 187, 128, 3, 232, 140, 182, 3, 229, 136, 186, 3, 229, 136, 135, 3,
    229, 186, 166, 3, 230, 139, 147, 3, 231, 179, 150, 3, 229, 174, 133, 3, 230, 180, 158, 3, 230,
    154, 180, 3, 232, 188, 187, 3, 232, 161, 140, 3, 233, 153, 141, 3, 232, 166, 139, 3, 229, 187,
    147, 3, 229, 133, 128, 3, 229, 151, 128, 3, 229, 161, 154, 0, 3, 230, 153, 180, 0, 0, 3, 229,
    135, 158, 3, 231, 140, 170, 3, 231, 155, 138, 3, 231, 164, 188, 3, 231, 165, 158, 3, 231, 165,
    165, 3, 231, 166, 143, 3, 233, 157, 150, 3, 231, 178, 190, 3, 231, 190, 189, 3, 232, 152, 146,
    0, 3, 232, 171, 184, 0, 0, 3, 233, 128, 184, 3, 233, 131, 189, 0, 0, 0, 3, 233, 163, 175, 3,
    233, 163, 188, 3, 233, 164, 168, 3, 233, 182, 180, 3, 233, 131, 158, 3, 233, 154, 183, 3, 228,
    190, 174, 3, 229, 131, 167, 3, 229, 133, 141, 3, 229, 139, 137, 3, 229, 139, 164, 3, 229, 141,
    145, 3, 229, 150, 157, 3, 229, 152, 134, 3, 229, 153, 168, 3, 229, 161, 128, 3, 229, 162, 168,
    3, 229, 177, 164, 3, 229, 177, 174, 3, 230, 130, 148, 3, 230, 133, 168, 3, 230, 134, 142, 3,
    230, 135, 178, 3, 230, 149, 143, 3, 230, 151, 162, 3, 230, 154, 145, 3, 230, 162, 133, 3, 230,
    181, 183, 3, 230, 184, 154, 3, 230, 188, 162, 3, 231, 133, 174, 3, 231, 136, 171, 3, 231, 144,
    162, 3, 231, 162, 145, 3, 231, 164, 190, 3, 231, 165, 137, 3, 231, 165, 136, 3, 231, 165, 144,
    3, 231, 165, 150, 3, 231, 165, 157, 3, 231, 166, 141, 3, 231, 166, 142, 3, 231, 169, 128, 3,
    231, 170, 129, 3, 231, 175, 128, 3, 231, 183, 180, 3, 231, 184, 137, 3, 231, 185, 129, 3, 231,
    189, 178, 3, 232, 128, 133, 3, 232, 135, 173, 3, 232, 137, 185, 3, 232, 137, 185, 3, 232, 145,
    151, 3, 232, 164, 144, 3, 232, 166, 150, 3, 232, 172, 129, 3, 232, 172, 185, 3, 232, 179, 147,
    3, 232, 180, 136, 3, 232, 190, 182, 3, 233, 128, 184, 3, 233, 155, 163, 3, 233, 159, 191, 3,
    233, 160, 187, 3, 230, 129, 181, 4, 240, 164, 139, 174, 3, 232, 136, 152, 3, 228, 184, 166, 3,
    229, 134, 181, 3, 229, 133, 168, 3, 228, 190, 128, 3, 229, 133, 133, 3, 229, 134, 128, 3, 229,
    139, 135, 3, 229, 139, 186, 3, 229, 150, 157, 3, 229, 149, 149, 3, 229, 150, 153, 3, 229, 151,
    162, 3, 229, 161, 154, 3, 229, 162, 179, 3, 229, 165, 132, 3, 229, 165, 148, 3, 229, 169, 162,
    3, 229, 172, 168, 3, 229, 187, 146, 3, 229, 187, 153, 3, 229, 189, 169, 3, 229, 190, 173, 3,
    230, 131, 152, 3, 230, 133, 142, 3, 230, 132, 136, 3, 230, 134, 142, 3, 230, 133, 160, 3, 230,
    135, 178, 3, 230, 136, 180, 3, 230, 143, 132, 3, 230, 144, 156, 3, 230, 145, 146, 3, 230, 149,
    150, 3, 230, 153, 180, 3, 230, 156, 151, 3, 230, 156, 155, 3, 230, 157, 150, 3, 230, 173, 185,
    3, 230, 174, 186, 3, 230, 181, 129, 3, 230, 187, 155, 3, 230, 187, 139, 3, 230, 188, 162, 3,
    231, 128, 158, 3, 231, 133, 174, 3, 231, 158, 167, 3, 231, 136, 181, 3, 231, 138, 175, 3, 231,
    140, 170, 3, 231, 145, 177, 3, 231, 148, 134, 3, 231, 148, 187, 3, 231, 152, 157, 3, 231, 152,
    159, 3, 231, 155, 138, 3, 231, 155, 155, 3, 231, 155, 180, 3, 231, 157, 138, 3, 231, 157, 128,
    3, 231, 163, 140, 3, 231, 170, 177, 3, 231, 175, 128, 3, 231, 177, 187, 3, 231, 181, 155, 3,
    231, 183, 180, 3, 231, 188, 190, 3, 232, 128, 133, 3, 232, 141, 146, 3, 232, 143, 175, 3, 232,
    157, 185, 3, 232, 165, 129, 3, 232, 166, 134, 3, 232, 166, 150, 3, 232, 170, 191, 3, 232, 171,
    184, 3, 232, 171, 139, 3, 232, 172, 129, 3, 232, 171, 190, 3, 232, 171, 173, 3, 232, 172, 185,
    3, 232, 174, 138, 3, 232, 180, 136, 3, 232, 188, 184, 3, 233, 129, 178, 3, 233, 134, 153, 3,
    233, 137, 182, 3, 233, 153, 188, 3, 233, 155, 163, 3, 233, 157, 150, 3, 233, 159, 155, 3, 233,
    159, 191, 3, 233, 160, 139, 3, 233, 160, 187, 3, 233, 172, 146, 3, 233, 190, 156, 4, 240, 162,
    161, 138, 4, 240, 162, 161, 132, 4, 240, 163, 143, 149, 3, 227, 174, 157, 3, 228, 128, 152, 3,
    228, 128, 185, 4, 240, 165, 137, 137, 4, 240, 165, 179, 144, 4, 240, 167, 187, 147, 3, 233, 189,
    131, 3, 233, 190, 142, 2, 102, 102, 2, 102, 105, 2, 102, 108, 3, 102, 102, 105, 3, 102, 102,
    108, 2, 115, 116, 2, 115, 116, 4, 213, 180, 213, 182, 4, 213, 180, 213, 165, 4, 213, 180, 213,
    171, 4, 213, 190, 213, 182, 4, 213, 180, 213, 173, 4, 215, 153, 214, 180, 0, 4, 215, 178, 214,
    183, 4, 215, 169, 215, 129, 4, 215, 169, 215, 130, 6, 215, 169, 214, 188, 215, 129, 6, 215, 169,
    214, 188, 215, 130, 4, 215, 144, 214, 183, 4, 215, 144, 214, 184, 4, 215, 144, 214, 188, 4, 215,
    145, 214, 188, 4, 215, 146, 214, 188, 4, 215, 147, 214, 188, 4, 215, 148, 214, 188, 4, 215, 149,
    214, 188, 4, 215, 150, 214, 188, 0, 4, 215, 152, 214, 188, 4, 215, 153, 214, 188, 4, 215, 154,
    214, 188, 4, 215, 155, 214, 188, 4, 215, 156, 214, 188, 0, 4, 215, 158, 214, 188, 0, 4, 215,
    160, 214, 188, 4, 215, 161, 214, 188, 0, 4, 215, 163, 214, 188, 4, 215, 164, 214, 188, 0, 4,
    215, 166, 214, 188, 4, 215, 167, 214, 188, 4, 215, 168, 214, 188, 4, 215, 169, 214, 188, 4, 215,
    170, 214, 188, 4, 215, 149, 214, 185, 4, 215, 145, 214, 191, 4, 215, 155, 214, 191, 4, 215, 164,
    214, 191, 3, 226, 166, 133, 3, 226, 166, 134, 3, 227, 128, 130, 3, 227, 128, 140, 3, 227, 128,
    141, 3, 227, 128, 129, 3, 227, 131, 187, 3, 227, 131, 178, 3, 227, 130, 161, 3, 227, 130, 163,
    3, 227, 130, 165, 3, 227, 130, 167, 3, 227, 130, 169, 3, 227, 131, 163, 3, 227, 131, 165, 3,
    227, 131, 167, 3, 227, 131, 131, 3, 227, 131, 188, 3, 227, 130, 162, 3, 227, 130, 164, 3, 227,
    130, 166, 3, 227, 130, 168, 3, 227, 130, 170, 3, 227, 130, 171, 3, 227, 130, 173, 3, 227, 130,
    175, 3, 227, 130, 177, 3, 227, 130, 179, 3, 227, 130, 181, 3, 227, 130, 183, 3, 227, 130, 185,
    3, 227, 130, 187, 3, 227, 130, 189, 3, 227, 130, 191, 3, 227, 131, 129, 3, 227, 131, 132, 3,
    227, 131, 134, 3, 227, 131, 136, 3, 227, 131, 146, 3, 227, 131, 149, 3, 227, 131, 152, 3, 227,
    131, 155, 3, 227, 131, 164, 3, 227, 131, 166, 3, 227, 131, 175, 3, 227, 131, 179, 3, 227, 130,
    153, 3, 227, 130, 154, 3, 227, 133, 164, 2, 194, 162, 2, 194, 163, 2, 194, 172, 2, 194, 175, 2,
    194, 166, 2, 194, 165, 3, 226, 130, 169, 0, 3, 226, 148, 130, 3, 226, 150, 160, 3, 226, 151,
    139, 4, 240, 144, 150, 151, 4, 240, 144, 150, 187, 4, 240, 144, 150, 188, 8, 240, 145, 130, 153,
    240, 145, 130, 186, 0, 8, 240, 145, 130, 155, 240, 145, 130, 186, 8, 240, 145, 130, 165, 240,
    145, 130, 186, 8, 240, 145, 132, 177, 240, 145, 132, 167, 8, 240, 145, 132, 178, 240, 145, 132,
    167, 8, 240, 145, 141, 135, 240, 145, 140, 190, 8, 240, 145, 141, 135, 240, 145, 141, 151, 8,
    240, 145, 146, 185, 240, 145, 146, 186, 8, 240, 145, 146, 185, 240, 145, 146, 176, 0, 8, 240,
    145, 146, 185, 240, 145, 146, 189, 8, 240, 145, 150, 184, 240, 145, 150, 175, 8, 240, 145, 150,
    185, 240, 145, 150, 175, 8, 240, 145, 164, 181, 240, 145, 164, 176, 8, 240, 157, 133, 151, 240,
    157, 133, 165, 8, 240, 157, 133, 152, 240, 157, 133, 165, 12, 240, 157, 133, 152, 240, 157, 133,
    165, 240, 157, 133, 174, 12, 240, 157, 133, 152, 240, 157, 133, 165, 240, 157, 133, 175, 12,
    240, 157, 133, 152, 240, 157, 133, 165, 240, 157, 133, 176, 12, 240, 157, 133, 152, 240, 157,
    133, 165, 240, 157, 133, 177, 12, 240, 157, 133, 152, 240, 157, 133, 165, 240, 157, 133, 178, 8,
    240, 157, 134, 185, 240, 157, 133, 165, 8, 240, 157, 134, 186, 240, 157, 133, 165, 12, 240, 157,
    134, 185, 240, 157, 133, 165, 240, 157, 133, 174, 12, 240, 157, 134, 186, 240, 157, 133, 165,
    240, 157, 133, 174, 12, 240, 157, 134, 185, 240, 157, 133, 165, 240, 157, 133, 175, 12, 240,
    157, 134, 186, 240, 157, 133, 165, 240, 157, 133, 175, 3, 228, 184, 189, 3, 228, 184, 184, 3,
    228, 185, 129, 4, 240, 160, 132, 162, 3, 228, 189, 160, 3, 228, 190, 174, 3, 228, 190, 187, 3,
    229, 128, 130, 3, 229, 129, 186, 3, 229, 130, 153, 3, 229, 131, 167, 3, 229, 131, 143, 3, 227,
    146, 158, 4, 240, 160, 152, 186, 3, 229, 133, 141, 3, 229, 133, 148, 3, 229, 133, 164, 3, 229,
    133, 183, 4, 240, 160, 148, 156, 3, 227, 146, 185, 3, 229, 133, 167, 3, 229, 134, 141, 4, 240,
    160, 149, 139, 3, 229, 134, 151, 3, 229, 134, 164, 3, 228, 187, 140, 3, 229, 134, 172, 3, 229,
    134, 181, 4, 240, 169, 135, 159, 3, 229, 135, 181, 3, 229, 136, 131, 3, 227, 147, 159, 3, 229,
    136, 187, 3, 229, 137, 134, 3, 229, 137, 178, 3, 229, 137, 183, 3, 227, 148, 149, 3, 229, 139,
    135, 3, 229, 139, 137, 3, 229, 139, 164, 3, 229, 139, 186, 3, 229, 140, 133, 3, 229, 140, 134,
    3, 229, 140, 151, 3, 229, 141, 137, 3, 229, 141, 145, 3, 229, 141, 154, 3, 229, 141, 179, 3,
    229, 141, 189, 3, 229, 141, 191, 3, 229, 141, 191, 3, 229, 141, 191, 4, 240, 160, 168, 172, 3,
    231, 129, 176, 3, 229, 143, 138, 3, 229, 143, 159, 4, 240, 160, 173, 163, 3, 229, 143, 171, 3,
    229, 143, 177, 3, 229, 144, 134, 3, 229, 146, 158, 3, 229, 144, 184, 3, 229, 145, 136, 3, 229,
    145, 168, 3, 229, 146, 162, 3, 229, 147, 182, 3, 229, 148, 144, 3, 229, 149, 147, 3, 229, 149,
    163, 3, 229, 150, 132, 3, 229, 150, 132, 3, 229, 150, 153, 3, 229, 150, 171, 3, 229, 150, 179,
    3, 229, 151, 130, 3, 229, 156, 150, 3, 229, 152, 134, 3, 229, 156, 151, 3, 229, 153, 145, 3,
    229, 153, 180, 3, 229, 136, 135, 3, 229, 163, 174, 3, 229, 159, 142, 3, 229, 159, 180, 3, 229,
    160, 141, 3, 229, 158, 139, 3, 229, 160, 178, 3, 229, 160, 177, 3, 229, 162, 172, 4, 240, 161,
    147, 164, 3, 229, 163, 178, 3, 229, 163, 183, 3, 229, 164, 134, 3, 229, 164, 154, 3, 229, 164,
    162, 3, 229, 165, 162, 4, 240, 161, 154, 168, 4, 240, 161, 155, 170, 3, 229, 167, 172, 3, 229,
    168, 155, 3, 229, 168, 167, 3, 229, 167, 152, 3, 229, 169, 166, 3, 227, 155, 174, 3, 227, 155,
    188, 3, 229, 172, 136, 3, 229, 172, 190, 3, 229, 172, 190, 4, 240, 161, 167, 136, 3, 229, 175,
    131, 3, 229, 175, 152, 3, 229, 175, 167, 3, 229, 175, 179, 4, 240, 161, 172, 152, 3, 229, 175,
    191, 3, 229, 176, 134, 3, 229, 189, 147, 3, 229, 176, 162, 3, 227, 158, 129, 3, 229, 177, 160,
    3, 229, 177, 174, 3, 229, 179, 128, 3, 229, 178, 141, 4, 240, 161, 183, 164, 3, 229, 181, 131,
    4, 240, 161, 183, 166, 3, 229, 181, 174, 3, 229, 181, 171, 3, 229, 181, 188, 3, 229, 183, 161,
    3, 229, 183, 162, 3, 227, 160, 175, 3, 229, 183, 189, 3, 229, 184, 168, 3, 229, 184, 189, 3,
    229, 185, 169, 3, 227, 161, 162, 4, 240, 162, 134, 131, 3, 227, 161, 188, 3, 229, 186, 176, 3,
    229, 186, 179, 3, 229, 186, 182, 3, 229, 187, 138, 4, 240, 170, 142, 146, 3, 229, 187, 190, 4,
    240, 162, 140, 177, 4, 240, 162, 140, 177, 3, 232, 136, 129, 3, 229, 188, 162, 3, 229, 188, 162,
    3, 227, 163, 135, 4, 240, 163, 138, 184, 4, 240, 166, 135, 154, 3, 229, 189, 162, 3, 229, 189,
    171, 3, 227, 163, 163, 3, 229, 190, 154, 3, 229, 191, 141, 3, 229, 191, 151, 3, 229, 191, 185,
    3, 230, 130, 129, 3, 227, 164, 186, 3, 227, 164, 156, 3, 230, 130, 148, 4, 240, 162, 155, 148,
    3, 230, 131, 135, 3, 230, 133, 136, 3, 230, 133, 140, 3, 230, 133, 142, 3, 230, 133, 140, 3,
    230, 133, 186, 3, 230, 134, 142, 3, 230, 134, 178, 3, 230, 134, 164, 3, 230, 134, 175, 3, 230,
    135, 158, 3, 230, 135, 178, 3, 230, 135, 182, 3, 230, 136, 144, 3, 230, 136, 155, 3, 230, 137,
    157, 3, 230, 138, 177, 3, 230, 139, 148, 3, 230, 141, 144, 4, 240, 162, 172, 140, 3, 230, 140,
    189, 3, 230, 139, 188, 3, 230, 141, 168, 3, 230, 142, 131, 3, 230, 143, 164, 4, 240, 162, 175,
    177, 3, 230, 144, 162, 3, 230, 143, 133, 3, 230, 142, 169, 3, 227, 168, 174, 3, 230, 145, 169,
    3, 230, 145, 190, 3, 230, 146, 157, 3, 230, 145, 183, 3, 227, 169, 172, 3, 230, 149, 143, 3,
    230, 149, 172, 4, 240, 163, 128, 138, 3, 230, 151, 163, 3, 230, 155, 184, 3, 230, 153, 137, 3,
    227, 172, 153, 3, 230, 154, 145, 3, 227, 172, 136, 3, 227, 171, 164, 3, 229, 134, 146, 3, 229,
    134, 149, 3, 230, 156, 128, 3, 230, 154, 156, 3, 232, 130, 173, 3, 228, 143, 153, 3, 230, 156,
    151, 3, 230, 156, 155, 3, 230, 156, 161, 3, 230, 157, 158, 3, 230, 157, 147, 4, 240, 163, 143,
    131, 3, 227, 173, 137, 3, 230, 159, 186, 3, 230, 158, 133, 3, 230, 161, 146, 3, 230, 162, 133,
    4, 240, 163, 145, 173, 3, 230, 162, 142, 3, 230, 160, 159, 3, 230, 164, 148, 3, 227, 174, 157,
    3, 230, 165, 130, 3, 230, 166, 163, 3, 230, 167, 170, 3, 230, 170, 168, 4, 240, 163, 154, 163,
    3, 230, 171, 155, 3, 227, 176, 152, 3, 230, 172, 161, 4, 240, 163, 162, 167, 3, 230, 173, 148,
    3, 227, 177, 142, 3, 230, 173, 178, 3, 230, 174, 159, 3, 230, 174, 186, 3, 230, 174, 187, 4,
    240, 163, 170, 141, 4, 240, 161, 180, 139, 4, 240, 163, 171, 186, 3, 230, 177, 142, 4, 240, 163,
    178, 188, 3, 230, 178, 191, 3, 230, 179, 141, 3, 230, 177, 167, 3, 230, 180, 150, 3, 230, 180,
    190, 3, 230, 181, 183, 3, 230, 181, 129, 3, 230, 181, 169, 3, 230, 181, 184, 3, 230, 182, 133,
    4, 240, 163, 180, 158, 3, 230, 180, 180, 3, 230, 184, 175, 3, 230, 185, 174, 3, 227, 180, 179,
    3, 230, 187, 139, 3, 230, 187, 135, 4, 240, 163, 187, 145, 3, 230, 183, 185, 3, 230, 189, 174,
    4, 240, 163, 189, 158, 4, 240, 163, 190, 142, 3, 230, 191, 134, 3, 231, 128, 185, 3, 231, 128,
    158, 3, 231, 128, 155, 3, 227, 182, 150, 3, 231, 129, 138, 3, 231, 129, 189, 3, 231, 129, 183,
    3, 231, 130, 173, 4, 240, 160, 148, 165, 3, 231, 133, 133, 4, 240, 164, 137, 163, 3, 231, 134,
    156, 4, 240, 164, 142, 171, 3, 231, 136, 168, 3, 231, 136, 181, 3, 231, 137, 144, 4, 240, 164,
    152, 136, 3, 231, 138, 128, 3, 231, 138, 149, 4, 240, 164, 156, 181, 4, 240, 164, 160, 148, 3,
    231, 141, 186, 3, 231, 142, 139, 3, 227, 186, 172, 3, 231, 142, 165, 3, 227, 186, 184, 3, 227,
    186, 184, 3, 231, 145, 135, 3, 231, 145, 156, 3, 231, 145, 177, 3, 231, 146, 133, 3, 231, 147,
    138, 3, 227, 188, 155, 3, 231, 148, 164, 4, 240, 164, 176, 182, 3, 231, 148, 190, 4, 240, 164,
    178, 146, 3, 231, 149, 176, 4, 240, 162, 134, 159, 3, 231, 152, 144, 4, 240, 164, 190, 161, 4,
    240, 164, 190, 184, 4, 240, 165, 129, 132, 3, 227, 191, 188, 3, 228, 128, 136, 3, 231, 155, 180,
    4, 240, 165, 131, 179, 4, 240, 165, 131, 178, 4, 240, 165, 132, 153, 4, 240, 165, 132, 179, 3,
    231, 156, 158, 3, 231, 156, 159, 3, 231, 156, 159, 3, 231, 157, 138, 3, 228, 128, 185, 3, 231,
    158, 139, 3, 228, 129, 134, 3, 228, 130, 150, 4, 240, 165, 144, 157, 3, 231, 161, 142, 3, 231,
    162, 140, 3, 231, 163, 140, 3, 228, 131, 163, 4, 240, 165, 152, 166, 3, 231, 165, 150, 4, 240,
    165, 154, 154, 4, 240, 165, 155, 133, 3, 231, 166, 143, 3, 231, 167, 171, 3, 228, 132, 175, 3,
    231, 169, 128, 3, 231, 169, 138, 3, 231, 169, 143, 4, 240, 165, 165, 188, 4, 240, 165, 170, 167,
    4, 240, 165, 170, 167, 3, 231, 171, 174, 3, 228, 136, 130, 4, 240, 165, 174, 171, 3, 231, 175,
    134, 3, 231, 175, 137, 3, 228, 136, 167, 4, 240, 165, 178, 128, 3, 231, 179, 146, 3, 228, 138,
    160, 3, 231, 179, 168, 3, 231, 179, 163, 3, 231, 180, 128, 4, 240, 165, 190, 134, 3, 231, 181,
    163, 3, 228, 140, 129, 3, 231, 183, 135, 3, 231, 184, 130, 3, 231, 185, 133, 3, 228, 140, 180,
    4, 240, 166, 136, 168, 4, 240, 166, 137, 135, 3, 228, 141, 153, 4, 240, 166, 139, 153, 3, 231,
    189, 186, 4, 240, 166, 140, 190, 3, 231, 190, 149, 3, 231, 191, 186, 3, 232, 128, 133, 4, 240,
    166, 147, 154, 4, 240, 166, 148, 163, 3, 232, 129, 160, 4, 240, 166, 150, 168, 3, 232, 129, 176,
    4, 240, 163, 141, 159, 3, 228, 143, 149, 3, 232, 130, 178, 3, 232, 132, 131, 3, 228, 144, 139,
    3, 232, 132, 190, 3, 229, 170, 181, 4, 240, 166, 158, 167, 4, 240, 166, 158, 181, 4, 240, 163,
    142, 147, 4, 240, 163, 142, 156, 3, 232, 136, 129, 3, 232, 136, 132, 3, 232, 190, 158, 3, 228,
    145, 171, 3, 232, 138, 145, 3, 232, 138, 139, 3, 232, 138, 157, 3, 229, 138, 179, 3, 232, 138,
    177, 3, 232, 138, 179, 3, 232, 138, 189, 3, 232, 139, 166, 4, 240, 166, 172, 188, 3, 232, 139,
    165, 3, 232, 140, 157, 3, 232, 141, 163, 3, 232, 142, 173, 3, 232, 140, 163, 3, 232, 142, 189,
    3, 232, 143, 167, 3, 232, 145, 151, 3, 232, 141, 147, 3, 232, 143, 138, 3, 232, 143, 140, 3,
    232, 143, 156, 4, 240, 166, 176, 182, 4, 240, 166, 181, 171, 4, 240, 166, 179, 149, 3, 228, 148,
    171, 3, 232, 147, 177, 3, 232, 147, 179, 3, 232, 148, 150, 4, 240, 167, 143, 138, 3, 232, 149,
    164, 4, 240, 166, 188, 172, 3, 228, 149, 157, 3, 228, 149, 161, 4, 240, 166, 190, 177, 4, 240,
    167, 131, 146, 3, 228, 149, 171, 3, 232, 153, 144, 3, 232, 153, 156, 3, 232, 153, 167, 3, 232,
    153, 169, 3, 232, 154, 169, 3, 232, 154, 136, 3, 232, 156, 142, 3, 232, 155, 162, 3, 232, 157,
    185, 3, 232, 156, 168, 3, 232, 157, 171, 3, 232, 158, 134, 3, 228, 151, 151, 3, 232, 159, 161,
    3, 232, 160, 129, 3, 228, 151, 185, 3, 232, 161, 160, 3, 232, 161, 163, 4, 240, 167, 153, 167,
    3, 232, 163, 151, 3, 232, 163, 158, 3, 228, 152, 181, 3, 232, 163, 186, 3, 227, 146, 187, 4,
    240, 167, 162, 174, 4, 240, 167, 165, 166, 3, 228, 154, 190, 3, 228, 155, 135, 3, 232, 170, 160,
    3, 232, 171, 173, 3, 232, 174, 138, 3, 232, 177, 149, 4, 240, 167, 178, 168, 3, 232, 178, 171,
    3, 232, 179, 129, 3, 232, 180, 155, 3, 232, 181, 183, 4, 240, 167, 188, 175, 4, 240, 160, 160,
    132, 3, 232, 183, 139, 3, 232, 182, 188, 3, 232, 183, 176, 4, 240, 160, 163, 158, 3, 232, 187,
    148, 3, 232, 188, 184, 4, 240, 168, 151, 146, 4, 240, 168, 151, 173, 3, 233, 130, 148, 3, 233,
    131, 177, 3, 233, 132, 145, 4, 240, 168, 156, 174, 3, 233, 132, 155, 3, 233, 136, 184, 3, 233,
    139, 151, 3, 233, 139, 152, 3, 233, 137, 188, 3, 233, 143, 185, 3, 233, 144, 149, 4, 240, 168,
    175, 186, 3, 233, 150, 139, 3, 228, 166, 149, 3, 233, 150, 183, 4, 240, 168, 181, 183, 3, 228,
    167, 166, 3, 233, 155, 131, 3, 229, 182, 178, 3, 233, 156, 163, 4, 240, 169, 133, 133, 4, 240,
    169, 136, 154, 3, 228, 169, 174, 3, 228, 169, 182, 3, 233, 159, 160, 4, 240, 169, 144, 138, 3,
    228, 170, 178, 4, 240, 169, 146, 150, 3, 233, 160, 139, 3, 233, 160, 139, 3, 233, 160, 169, 4,
    240, 169, 150, 182, 3, 233, 163, 162, 3, 228, 172, 179, 3, 233, 164, 169, 3, 233, 166, 167, 3,
    233, 167, 130, 3, 233, 167, 190, 3, 228, 175, 142, 4, 240, 169, 172, 176, 3, 233, 172, 146, 3,
    233, 177, 128, 3, 233, 179, 189, 3, 228, 179, 142, 3, 228, 179, 173, 3, 233, 181, 167, 4, 240,
    170, 131, 142, 3, 228, 179, 184, 4, 240, 170, 132, 133, 4, 240, 170, 136, 142, 4, 240, 170, 138,
    145, 3, 233, 186, 187, 3, 228, 181, 150, 3, 233, 187, 185, 3, 233, 187, 190, 3, 233, 188, 133,
    3, 233, 188, 143, 3, 233, 188, 150, 3, 233, 188, 187, 4, 240, 170, 152, 128,
};

}  // namespace chatroom::detail

// ---- src/base/text.cpp --------------------------------------------------------------------------

namespace chatroom::detail {

bool is_same_by_lanes(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    const char* left = a.data();
    const char* right = b.data();
    std::size_t size = a.size();
    for (; size >= sizeof(byte_lanes); size -= sizeof(byte_lanes)) {
        if (load_lanes(left) != load_lanes(right)) return false;
        left += sizeof(byte_lanes);
        right += sizeof(byte_lanes);
    }
    return load_few(left, size) == load_few(right, size);
}

// UTF-8

std::size_t utf8_sequence(const char* at, const char* end) noexcept {
    if (at == end) return 0;
    if (static_cast<u8>(*at) < 0x80) return 1;
    // The lead is the lowest byte; behind the end come zeros, which continue nothing.
    u32 four = 0;
    if (!small_code && end - at >= 4) {
        four = load_le32(at);
    } else {
        for (std::ptrdiff_t i = smaller<std::ptrdiff_t>(end - at, 4); i-- != 0;) {
            four = four << 8 | static_cast<u8>(at[i]);
        }
    }
    if ((four & 0xc0c0f0) == 0x8080e0) {
        const u32 bits = four & 0x200f;   // E0 without the bit: overlong; ED with it: a surrogate.
        return bits != 0 && bits != 0x200d ? 3 : 0;
    }
    if ((four & 0xc0e0) == 0x80c0) return (four & 0x1e) != 0 ? 2 : 0;
    const u32 plane = (four & 7) << 2 | (four >> 12 & 3);
    return (four & 0xc0c0c0f8) == 0x808080f0 && plane - 1 < 16 ? 4 : 0;
}

std::size_t utf8_invalid_at(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        if (!small_code && static_cast<std::size_t>(end - at) >= sizeof(byte_lanes)) {
            const byte_lanes high = load_lanes(at) & lanes_tops;
            if (high == 0) {
                at += sizeof(byte_lanes);
                continue;
            }
            at += lanes_first(high);
        }
        const std::size_t size = utf8_sequence(at, end);
        if (size == 0) break;
        at += size;
    }
    return static_cast<std::size_t>(at - text.data());
}

std::size_t utf8_put(char32_t point, char* out) noexcept {
    if (point < 0x80) {
        out[0] = static_cast<char>(point);
        return 1;
    }
    const auto more = [point](int shift) {
        return static_cast<char>(0x80 | (point >> shift & 0x3f));
    };
    if (point < 0x800) {
        out[0] = static_cast<char>(0xc0 | point >> 6);
        out[1] = more(0);
        return 2;
    }
    if (point < 0x10000) {
        out[0] = static_cast<char>(0xe0 | point >> 12);
        out[1] = more(6);
        out[2] = more(0);
        return 3;
    }
    out[0] = static_cast<char>(0xf0 | point >> 18);
    out[1] = more(12);
    out[2] = more(6);
    out[3] = more(0);
    return 4;
}

// ASCII

static inline char32_t ascii_fold(char32_t point) noexcept {
    return point - U'A' < 26 ? point + 32 : point;
}

static inline bool ascii_is_nameable(char32_t point) noexcept { return point - 0x20 < 0x5f; }

static char_kind ascii_kind(char32_t point) noexcept {
    if (!ascii_is_nameable(point)) return char_kind::refused;
    const bool letter = ascii_fold(point) - U'a' < 26 || point - U'0' < 10;
    return letter ? char_kind::letter : char_kind::other;
}

static bool ascii_nameable(char32_t point) noexcept { return ascii_is_nameable(point); }

static std::size_t ascii_fold_text(std::string_view in, char* out, std::size_t capacity) noexcept {
    if (in.size() > capacity) return size_short;
    for (std::size_t i = 0; i < in.size(); ++i) {
        out[i] = static_cast<char>(ascii_fold(static_cast<u8>(in.data()[i])));
    }
    return in.size();
}

static constexpr text_rules ascii_rules{ascii_nameable, ascii_fold_text, ascii_kind};

const text_rules& text_ascii() noexcept { return ascii_rules; }

// Unicode: looking up

// The last of ascending keys that is not above what is sought; the first is never above it.
static std::size_t unicode_find(const u32* keys, std::size_t count, u32 sought) noexcept {
    std::size_t low = 0;
    while (count > 1) {
        const std::size_t half = count / 2;
        if (keys[low + half] <= sought) low += half;
        count -= half;
    }
    return low;
}

static char_kind unicode_kind(char32_t point) noexcept {
    if (point < 0x80) return ascii_kind(point);
    constexpr std::size_t count = sizeof unicode_kind_index / sizeof unicode_kind_index[0];
    const std::size_t block = unicode_find(unicode_kind_index, count, point);
    const u8* at = unicode_kind_runs + unicode_kind_offsets[block];
    for (u32 end = unicode_kind_index[block];;) {
        u32 value = 0;
        for (u32 shift = 0;; shift += 7) {
            value |= u32{*at & 0x7fu} << shift;
            if (*at++ < 0x80) break;
        }
        end += value >> 2;
        if (point < end) return static_cast<char_kind>(value & 3);
        if (end > 0x10ffff) return char_kind::refused;
    }
}

static bool unicode_nameable(char32_t point) noexcept {
    return unicode_kind(point) != char_kind::refused;
}

/// The canonical combining class: 0 for what other marks cannot pass.
static u8 unicode_order(char32_t point) noexcept {
    if (point < 0x300) return 0;
    constexpr std::size_t count = sizeof unicode_orders / sizeof unicode_orders[0];
    const u32 run = unicode_orders[unicode_find(unicode_orders, count, point << 11 | 0x7ff)];
    return point - (run >> 11) <= (run >> 8 & 7) ? static_cast<u8>(run) : u8{0};
}

// Unicode: folding

// What is written so far. The marks since the last letter wait for their order.
struct fold_output {
    static constexpr u32 marks_max = 32;

    char* out;
    std::size_t capacity;
    std::size_t size = 0;
    u32 marks = 0;
    u8 order[marks_max]{};
    u8 bytes[marks_max]{};

    fold_output(char* to, std::size_t room) noexcept : out{to}, capacity{room} {}
};

// U+0345 (iota below) has its place as a mark, the last of all, and then folds to a letter.
static constexpr u8 fold_order_iota = 240;

static void fold_end_marks(fold_output& to) noexcept {
    for (std::size_t end = to.size; to.marks != 0; end -= 2) {
        if (to.order[--to.marks] != fold_order_iota) break;
        to.out[end - 2] = '\xce';
        to.out[end - 1] = '\xb9';
    }
    to.marks = 0;
}

static bool fold_put_mark(fold_output& to, const char* from, u8 size, u8 order) noexcept {
    if (to.marks == fold_output::marks_max) fold_end_marks(to);
    if (to.capacity - to.size < size) return false;
    std::size_t passed = 0;
    u32 i = to.marks++;
    for (; i != 0 && to.order[i - 1] > order; --i) {
        passed += to.bytes[i - 1];
        to.order[i] = to.order[i - 1];
        to.bytes[i] = to.bytes[i - 1];
    }
    to.order[i] = order;
    to.bytes[i] = size;
    char* const end = to.out + to.size;
    std::memmove(end - passed + size, end - passed, passed);
    std::memcpy(end - passed, from, size);
    to.size += size;
    return true;
}

// The syllable that two letters of Hangul make, or one and a last letter (Unicode 3.12); 0: none.
static char32_t hangul_syllable(char32_t before, char32_t point) noexcept {
    const u32 vowel = point - 0x1161;
    if (before - 0x1100 < 19 && vowel < 21) return 0xac00 + ((before - 0x1100) * 21 + vowel) * 28;
    const u32 open = before - 0xac00;
    return open < 11172 && open % 28 == 0 && point - 0x11a8 < 27 ? before + (point - 0x11a7) : 0;
}

// Hangul is kept composed: in letters it would be three times as long, and names have a limit.
static bool fold_put_hangul(fold_output& to, char32_t point) noexcept {
    if (to.size < 3) return false;
    char* const last = to.out + to.size - 3;   // Both are three bytes, which begin with 0xe.
    if ((*last & 0xf0) != 0xe0) return false;
    const char* at = last;
    const char32_t syllable = hangul_syllable(utf8_next(at, last + 3), point);
    if (syllable != 0) utf8_put(syllable, last);
    return syllable != 0;
}

static bool fold_put(fold_output& to, char32_t point) noexcept {
    char bytes[4];
    const std::size_t size = utf8_put(point, bytes);
    const u8 order = unicode_order(point);
    if (order != 0) return fold_put_mark(to, bytes, static_cast<u8>(size), order);
    if (to.marks != 0) fold_end_marks(to);
    if (point - 0x1161 < 0x11c3 - 0x1161 && fold_put_hangul(to, point)) return true;
    if (to.capacity - to.size < size) return false;
    std::memcpy(to.out + to.size, bytes, size);
    to.size += size;
    return true;
}

static bool fold_put_folded(fold_output& to, char32_t point) noexcept {
    if (point < 0x80) return fold_put(to, ascii_fold(point));
    constexpr std::size_t count = sizeof unicode_fold_heads / sizeof unicode_fold_heads[0];
    const std::size_t run = unicode_find(unicode_fold_heads, count, point << 11 | 0x7ff);
    const u32 head = unicode_fold_heads[run];
    const u32 stride_bits = head >> 9 & 1;
    const u32 distance = point - (head >> 11);
    // A point before the first run lies a huge distance behind it.
    if (distance >> stride_bits > (head & 0x1ff) || (distance & stride_bits) != 0) {
        return fold_put(to, point);
    }
    const u16 data = unicode_fold_data[run];
    if ((head >> 10 & 1) != 0) {
        return fold_put(to, (point & 0x1f0000) | ((point + data) & 0xffff));
    }
    const u8* entry = unicode_fold_pool + data;
    for (u32 i = 0; i < distance; ++i) entry += 1 + *entry;
    if (*entry == 0) return fold_put(to, point);
    const char* at = reinterpret_cast<const char*>(entry + 1);
    for (const char* const end = at + *entry; at != end;) {
        if (!fold_put(to, utf8_next(at, end))) return false;
    }
    return true;
}

static std::size_t unicode_fold(std::string_view in, char* out, std::size_t capacity) noexcept {
    fold_output to{out, capacity};
    const char* at = in.data();
    for (const char* const end = at + in.size(); at != end;) {
        if (!fold_put_folded(to, utf8_next(at, end))) return size_short;
    }
    fold_end_marks(to);
    return to.size;
}

static constexpr text_rules unicode_rules{unicode_nameable, unicode_fold, unicode_kind};

const text_rules& text_unicode() noexcept { return unicode_rules; }

// Judging

text_finding nick_fault(std::string_view nick, const text_rules& rules) noexcept {
    constexpr char32_t invalid = 0x110000;
    const char* at = nick.data();
    const char* const end = at + nick.size();
    text_flaw flaw = nick.empty() ? text_flaw::empty : text_flaw::none;
    for (bool spaced = true; at != end;) {
        const char* next = at;
        const char32_t point = utf8_sequence(at, end) != 0 ? utf8_next(next, end) : invalid;
        if (point == U' ') {
            if (spaced) {
                flaw = at == nick.data() ? text_flaw::leading_space : text_flaw::double_space;
            } else if (next == end) {
                flaw = text_flaw::trailing_space;
            }
        } else if (point == invalid) {
            flaw = text_flaw::invalid_utf8;
        } else if ((small_code || !ascii_is_nameable(point)) && !rules.nameable(point)) {
            flaw = text_flaw::not_nameable;
        }
        if (flaw != text_flaw::none) break;
        spaced = point == U' ';
        at = next;
    }
    return {flaw, static_cast<std::size_t>(at - nick.data())};
}

// Steps over printable ASCII.
static inline const char* skip_printable(const char* at, const char* end) noexcept {
    if (small_code) {
        while (at != end && ascii_is_nameable(static_cast<u8>(*at))) ++at;
        return at;
    }
    for (;; at += lanes_bytes) {
        const std::size_t left = static_cast<std::size_t>(end - at);
        const byte_lanes lanes = left < sizeof lanes ? load_few(at, left) : load_lanes(at);
        // A byte below 0x20 wraps around, 0x7f gets the top bit; a 0 stands behind the last one.
        const byte_lanes odd =
            ((lanes - lanes_ones * 0x20) | (lanes + lanes_ones) | lanes) & lanes_tops;
        if (odd != 0) return at + lanes_first(odd);
    }
}

std::size_t text_fault(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    while ((at = skip_printable(at, end)) != end) {
        const u8 lead = static_cast<u8>(*at);
        const std::size_t size = utf8_sequence(at, end);
        if (size == 0 || (size == 1 && lead != '\n' && lead != '\t')) break;
        if (lead == 0xc2 && static_cast<u8>(at[1]) < 0xa0) break;    // C1
        at += size;
    }
    return static_cast<std::size_t>(at - text.data());
}

// Which ASCII may stand in the name of a room: 0-9 a-z - _ . : # +, a bit for each.
static constexpr u32 room_name_bytes[4] = {0, 0x07ff6808, 0x80000000, 0x07fffffe};

static inline bool room_name_ascii(u32 byte) noexcept {
    return byte < 0x80 && (room_name_bytes[byte >> 5] >> (byte & 31) & 1) != 0;
}

static bool room_name_holds(std::string_view name, const text_rules& rules) noexcept {
    const char* at = name.data();
    const char* const end = at + name.size();
    while (at != end) {
        const bool first = at == name.data();
        const char32_t point = utf8_next(at, end);
        if (room_name_ascii(point)) continue;
        const char_kind what = rules.kind(point);
        if (what != char_kind::letter && (what != char_kind::mark || first)) return false;
    }
    return true;
}

static inline bool room_name_may_begin(char first) noexcept {
    return first != '-' && first != '.' && first != ':' && first != '+';
}

bool room_name_is_plain(std::string_view name) noexcept {
    for (char c : name) {
        if (!room_name_ascii(static_cast<u8>(c))) return false;
    }
    return !name.empty() && room_name_may_begin(name.data()[0]);
}

std::size_t room_name_fold(std::string_view in, const text_rules& rules, char* out,
                           std::size_t capacity) noexcept {
    if (utf8_invalid_at(in) != in.size()) return 0;
    const std::size_t size = rules.fold(in, out, capacity);
    if (size == size_short) return size_short;
    return size != 0 && room_name_holds({out, size}, rules) && room_name_may_begin(out[0]) ? size
                                                                                           : 0;
}

}  // namespace chatroom::detail

// ---- src/base/json.hpp --------------------------------------------------------------------------

namespace chatroom::detail {

// JSON, RFC 8259: read in place in one pass, and written to a buffer. Nothing is allocated.

enum class json_kind : u8 { null, boolean, number, string, array, object };

/// What is wrong with a text, and what its offset then means.
enum class json_fault : u8 {
    none,
    not_an_object,       ///< The first byte that is no space, or the size.
    unexpected_byte,     ///< That byte.
    unterminated,        ///< The size: the text ends too early.
    bad_escape,          ///< The backslash; also for half a surrogate pair.
    bad_utf8,            ///< The first byte of the sequence.
    control_in_string,   ///< That byte.
    bad_number,          ///< Its first byte.
    too_deep,            ///< The bracket that is one too many.
    duplicate_name,      ///< The quote before the second of them.
    too_many_members,    ///< The quote before the first for which there is no place.
    trailing_bytes,      ///< The first byte behind the object that is no space.
};

struct json_result {
    json_fault fault = json_fault::none;
    u32 offset = 0;
};

/// A member of an object, or an element of an array, as it stands in the text.
struct json_member {
    std::string_view name{};     ///< Without the quotes; empty for an element.
    std::string_view value{};    ///< Strings without the quotes, all others whole.
    u32 offset = 0;              ///< Of the first byte of the value, the quote of a string.
    json_kind kind = json_kind::null;
    bool escaped = false;        ///< A string with a backslash: `value` is not its text.
    bool name_escaped = false;
};

/// How deep arrays and objects may nest, the outermost object included.
constexpr u32 json_depth_max = 8;

/// Judges the whole of a text and lists the members of its one object.
///
/// Strict: valid UTF-8, no byte order mark, no name twice among the members (after unescaping;
/// inner objects are judged when they are read themselves).
///
/// @param text     borrowed by the members; of 4 GiB or more it is `unterminated`
/// @param members  receives them in the order of the text; better kept than made for each text,
///                 since clearing 32 of them takes longer than reading an ordinary frame
/// @param count    receives how many there are; after a fault, how many came before it
json_result json_read_object(std::string_view text, json_member* members, u32 capacity,
                             u32& count) noexcept;

/// Steps through an array that has been judged. Begin with `at = 0`; false when there are no more.
bool json_next_element(std::string_view array, u32& at, json_member& element) noexcept;

/// Whether a member whose name has escapes has this one.
bool json_escaped_name_is(const json_member& member, std::string_view name) noexcept;

/// Whether the member has this name, valid UTF-8, however it is escaped.
inline bool json_name_is(const json_member& member, std::string_view name) noexcept {
    if (member.name_escaped) return json_escaped_name_is(member, name);
    return is_same_text(member.name, name);
}

/// The text of a string: where it stands when nothing is escaped, else unescaped into `out`.
/// False when it is no string or `capacity` is less than its text. The text is never longer than
/// `value`. It is valid UTF-8, and may hold any control character, U+0000 too.
bool json_string(const json_member& member, char* out, std::size_t capacity,
                 std::string_view& text) noexcept;

/// An integer below 2^53 and above -2^53. False for all else, `1.0` and `1e3` too.
bool json_integer(const json_member& member, i64& out) noexcept;

bool json_bool(const json_member& member, bool& out) noexcept;

/// Writes JSON, piece by piece; commas and brackets are the caller's.
///
/// When a piece does not fit, `full` is set and from then on nothing is written; what was written
/// before is then of no use.
struct json_writer {
    char* at = nullptr;    ///< Behind what is written.
    char* end = nullptr;
    bool full = false;

    std::size_t room() const noexcept { return static_cast<std::size_t>(end - at); }

    void overflow() noexcept {
        full = true;
        end = at;
    }

    void raw(std::string_view text) noexcept;

    void raw(char byte) noexcept {
        if (at == end) return overflow();
        *at++ = byte;
    }

    /// A literal, measured by the compiler.
    template <std::size_t size_and_zero>
    void raw(const char (&literal)[size_and_zero]) noexcept {
        raw(std::string_view{literal, size_and_zero - 1});
    }

    /// Quotes valid UTF-8. Escapes what RFC 8259 asks for, and U+007F, U+2028 and U+2029.
    void string(std::string_view text) noexcept;

    void number(u64 value) noexcept;
    void number(i64 value) noexcept;
    void boolean(bool value) noexcept;
};

}  // namespace chatroom::detail

// ---- src/base/json.cpp --------------------------------------------------------------------------

namespace chatroom::detail {

// Reading. Each of these steps over one thing, from `at` to the place behind it; at a fault it
// says so in `stop` and answers null.

struct json_stop {
    const char* end;                                   // Of the text.
    json_fault fault = json_fault::unexpected_byte;    // At the end: unterminated.
    const char* where = nullptr;
    bool escaped = false;                              // Set by a backslash; reset by who asks.
    u32 marks = 0;                                     // Of the names of members so far.

    const char* unexpected(const char* place) noexcept {
        where = place;
        return nullptr;
    }
    const char* at(const char* place, json_fault what) noexcept {
        fault = what;
        return unexpected(place);
    }
};

/// The byte at `at`; at the end 0, which is nowhere expected.
static inline char json_peek(const char* at, const json_stop& stop) noexcept {
    return at != stop.end ? *at : '\0';
}

static inline bool json_is_space(char byte) noexcept {
    if (!small_code && static_cast<u8>(byte) > ' ') return false;   // Mostly, and then at once.
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static inline const char* json_skip_space(const char* at, const json_stop& stop) noexcept {
    while (at != stop.end && json_is_space(*at)) ++at;
    return at;
}

static std::string_view json_view(const char* from, const char* to) noexcept {
    return {from, static_cast<std::size_t>(to - from)};
}

/// What a backslash and this byte stand for; 0 when that is no such pair.
static constexpr char json_escape_made(char byte) noexcept {
    switch (byte) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
    }
}

/// The value of a hexadecimal digit; above 0xffff when it is none.
static constexpr u32 json_hex_made(u32 byte) noexcept {
    const u32 letter = (byte | 0x20) - 'a';
    return byte - '0' < 10 ? byte - '0' : letter < 6 ? letter + 10 : ~u32{0};
}

#if defined(__OPTIMIZE_SIZE__)

static char json_escape_of(char byte) noexcept { return json_escape_made(byte); }

static u32 json_hex_of(char byte) noexcept { return json_hex_made(static_cast<u8>(byte)); }

/// The letter of the short escape for a code point; 0 when it has none.
static char json_letter_of(u32 point) noexcept {
    const char* letter = "\"\\bfnrt";
    while (*letter != 0 && static_cast<u8>(json_escape_of(*letter)) != point) ++letter;
    return *letter;
}

#else

struct json_bytes {
    char escape[256]{};
    char letter[256]{};
    signed char hex[256]{};

    constexpr json_bytes() noexcept {
        for (u32 i = 0; i < 256; ++i) {
            escape[i] = i < 128 ? json_escape_made(static_cast<char>(i)) : char{0};
            hex[i] = json_hex_made(i) < 16 ? static_cast<signed char>(json_hex_made(i)) : -1;
            if (escape[i] != 0 && i != '/') {
                letter[static_cast<u8>(escape[i])] = static_cast<char>(i);
            }
        }
    }
};

static constexpr json_bytes json_byte_table{};

static inline char json_escape_of(char byte) noexcept {
    return json_byte_table.escape[static_cast<u8>(byte)];
}

static inline char json_letter_of(u32 point) noexcept {
    return point < 256 ? json_byte_table.letter[point] : char{0};
}

static inline u32 json_hex_of(char byte) noexcept {
    return static_cast<u32>(json_byte_table.hex[static_cast<u8>(byte)]);
}

#endif

/// Four hexadecimal digits, or a value above 0xffff.
static u32 json_hex(const char* at) noexcept {
    return json_hex_of(at[0]) << 12 | json_hex_of(at[1]) << 8 | json_hex_of(at[2]) << 4 |
           json_hex_of(at[3]);
}

/// Reads an escape of four digits, or the two of a pair; answers its bytes, 0 at a fault.
static std::size_t json_read_unicode(const char* at, const char* end, char32_t& point) noexcept {
    if (end - at < 6 || at[1] != 'u') return 0;
    point = json_hex(at + 2);
    if (point > 0xffff) return 0;
    if (point - 0xd800 >= 0x800) return 6;
    if (point >= 0xdc00 || end - at < 12 || at[6] != '\\' || at[7] != 'u') return 0;
    const u32 low = json_hex(at + 8) - 0xdc00;
    point = 0x10000 + ((point - 0xd800) << 10 | low);
    return low < 0x400 ? 12 : 0;
}

static inline const char* json_skip_escape(const char* at, json_stop& stop) noexcept {
    if (stop.end - at < 2) return stop.unexpected(stop.end);
    if (json_escape_of(at[1]) != 0) return at + 2;
    char32_t point = 0;
    const std::size_t size = json_read_unicode(at, stop.end, point);
    return size != 0 ? at + size : stop.at(at, json_fault::bad_escape);
}

/// Marks what ends a run of plain bytes: quotes, backslashes, controls, all but ASCII. Flipping
/// one bit puts the quote next to the controls, so that one subtraction finds both.
static inline byte_lanes json_lanes_odd(byte_lanes lanes) noexcept {
    const byte_lanes quotes = (lanes ^ lanes_ones * 0x02) - lanes_ones * 0x21;
    const byte_lanes backslashes = (lanes ^ lanes_ones * '\\') - lanes_ones;
    return (quotes | backslashes | lanes) & lanes_tops;
}

/// From behind the opening quote to the closing one, whatever stands between.
static const char* json_find_quote_slowly(const char* at, json_stop& stop) noexcept {
    for (;;) {
        if (!small_code) {
            const std::size_t left = static_cast<std::size_t>(stop.end - at);
            const bool few = left < sizeof(byte_lanes);
            const byte_lanes odd = json_lanes_odd(few ? load_few(at, left) : load_lanes(at));
            at += odd == 0 ? sizeof odd : lanes_first(odd);   // A 0 behind the last is odd.
            if (odd == 0) continue;
        }
        if (at == stop.end) return stop.unexpected(at);
        const u8 byte = static_cast<u8>(*at);
        if (byte == '"') return at;
        if (byte == '\\') {
            stop.escaped = true;
            at = json_skip_escape(at, stop);
            if (at == nullptr) return nullptr;
        } else if (byte < 0x20) {
            return stop.at(at, json_fault::control_in_string);
        } else {
            do {   // Where there is one of several bytes, the next is not far.
                const std::size_t size = utf8_sequence(at, stop.end);
                if (size == 0) return stop.at(at, json_fault::bad_utf8);
                at += size;
            } while (!small_code && at != stop.end && static_cast<u8>(*at) >= 0x80);
        }
    }
}

/// The same, for the usual string of plain ASCII.
static inline const char* json_find_quote(const char* at, json_stop& stop) noexcept {
    while (!small_code && stop.end - at >= lanes_bytes) {
        const byte_lanes odd = json_lanes_odd(load_lanes(at));
        if (odd != 0) {
            at += lanes_first(odd);
            if (*at == '"') return at;
            break;
        }
        at += lanes_bytes;
    }
    return json_find_quote_slowly(at, stop);
}

/// Steps over digits; whether there is one.
static bool json_skip_digits(const char*& at, const json_stop& stop) noexcept {
    const char* const start = at;
    while (static_cast<u32>(json_peek(at, stop) - '0') < 10) ++at;
    return at != start;
}

static const char* json_skip_number(const char* const start, json_stop& stop) noexcept {
    const char* const first = *start == '-' ? start + 1 : start;
    const char* at = first;
    bool good = json_skip_digits(at, stop) && (*first != '0' || at - first == 1);
    if (json_peek(at, stop) == '.') good = json_skip_digits(++at, stop) && good;
    if ((json_peek(at, stop) | 0x20) == 'e') {
        const char sign = json_peek(++at, stop);
        if (sign == '+' || sign == '-') ++at;
        good = json_skip_digits(at, stop) && good;
    }
    return good ? at : stop.at(start, json_fault::bad_number);
}

static const char* json_skip_word(const char* at, json_stop& stop, const char* word) noexcept {
    for (; *word != 0; ++word, ++at) {
        if (json_peek(at, stop) != *word) return stop.unexpected(at);
    }
    return at;
}

static const char* json_skip_scalar(const char* at, json_stop& stop) noexcept {
    const char first = json_peek(at, stop);
    switch (first) {
    case '"':
        at = json_find_quote(at + 1, stop);
        return at != nullptr ? at + 1 : nullptr;
    case 't': return json_skip_word(at, stop, "true");
    case 'f': return json_skip_word(at, stop, "false");
    case 'n': return json_skip_word(at, stop, "null");
    default: break;
    }
    const bool number = first == '-' || static_cast<u32>(first - '0') < 10;
    return number ? json_skip_number(at, stop) : stop.unexpected(at);
}

/// From the opening quote of a name to the closing one.
static inline const char* json_find_name_end(const char* at, json_stop& stop) noexcept {
    return json_peek(at, stop) == '"' ? json_find_quote(at + 1, stop) : stop.unexpected(at);
}

/// From behind a name to its value.
static inline const char* json_skip_colon(const char* at, json_stop& stop) noexcept {
    at = json_skip_space(at, stop);
    return json_peek(at, stop) == ':' ? json_skip_space(at + 1, stop) : stop.unexpected(at);
}

static const char* json_skip_name(const char* at, json_stop& stop) noexcept {
    at = json_find_name_end(at, stop);
    return at != nullptr ? json_skip_colon(at + 1, stop) : nullptr;
}

// Steps over brackets that close and the comma behind a value, as far as the next value. What is
// open is a bit for each level, 1 for an object; behind the last one nothing is.
static const char* json_skip_between(const char* at, json_stop& stop, u32& open) noexcept {
    while (open != 1) {
        const bool object = (open & 1) != 0;
        at = json_skip_space(at, stop);
        if (json_peek(at, stop) == ',') {
            at = json_skip_space(at + 1, stop);
            return object ? json_skip_name(at, stop) : at;
        }
        if (json_peek(at, stop) != (object ? '}' : ']')) return stop.unexpected(at);
        open >>= 1;
        ++at;
    }
    return at;
}

/// Steps over a value of any kind that stands `depth` levels deep.
static const char* json_skip_value(const char* at, json_stop& stop, u32 depth) noexcept {
    const u32 open_max = 1u << (json_depth_max - depth);
    u32 open = 1;
    do {
        const char first = json_peek(at, stop);
        const bool object = first == '{';
        if (object || first == '[') {
            if (open >= open_max) return stop.at(at, json_fault::too_deep);
            open = open << 1 | (object ? 1 : 0);
            at = json_skip_space(at + 1, stop);
            if (json_peek(at, stop) != (object ? '}' : ']')) {
                if (object) at = json_skip_name(at, stop);
                continue;
            }
        } else {
            at = json_skip_scalar(at, stop);
            if (at == nullptr || open == 1) return at;
        }
        at = json_skip_between(at, stop, open);
    } while (at != nullptr && open != 1);
    return at;
}

static json_kind json_kind_of(char first) noexcept {
    switch (first) {
    case '"': return json_kind::string;
    case '{': return json_kind::object;
    case '[': return json_kind::array;
    case 't':
    case 'f': return json_kind::boolean;
    case 'n': return json_kind::null;
    default: return json_kind::number;
    }
}

/// Reads the value at `at` into a member.
static inline const char* json_read_value(const char* const at, json_stop& stop, u32 depth,
                                   json_member& into) noexcept {
    stop.escaped = false;
    const bool quick = !small_code && json_peek(at, stop) == '"';
    const char* after = quick ? json_find_quote(at + 1, stop) : json_skip_value(at, stop, depth);
    if (after == nullptr) return nullptr;
    if (quick) ++after;
    into.kind = json_kind_of(*at);
    const bool quoted = into.kind == json_kind::string;
    into.value = quoted ? json_view(at + 1, after - 1) : json_view(at, after);
    into.escaped = quoted && stop.escaped;
    return after;
}

/// What the escape at `at` stands for, in a string that has been judged.
static char32_t json_next_escaped(const char*& at, const char* end) noexcept {
    char32_t point = static_cast<u8>(json_escape_of(at[1]));
    at += point != 0 ? 2 : json_read_unicode(at, end, point);
    return point;
}

static bool json_same(std::string_view a, bool a_escaped, std::string_view b,
                      bool b_escaped) noexcept {
    if (!a_escaped && !b_escaped) return is_same_text(a, b);   // Mostly.
    const char* left = a.data();
    const char* right = b.data();
    const char* const left_end = left + a.size();
    const char* const right_end = right + b.size();
    const auto next = [](const char*& at, const char* end, bool escaped) {
        return escaped && *at == '\\' ? json_next_escaped(at, end) : utf8_next(at, end);
    };
    while (left != left_end && right != right_end) {
        if (next(left, left_end, a_escaped) != next(right, right_end, b_escaped)) return false;
    }
    return left == left_end && right == right_end;
}

/// A bit that equal names share; all of them where escapes hide which. Of an empty name the byte is
/// the quote behind it.
static inline u32 json_name_mark(const json_member& of) noexcept {
    if (of.name_escaped) return ~u32{0};
    return u32{1} << ((of.name.size() + static_cast<u8>(*of.name.data())) & 31);
}

static bool json_is_repeated(const json_member& read, const json_member* first) noexcept {
    while (first != &read) {
        const json_member& other = *first++;
        if (json_same(other.name, other.name_escaped, read.name, read.name_escaped)) return true;
    }
    return false;
}

/// Reads a member of the outermost object at `at`, and finds a place for it.
static const char* json_read_member(const char* at, json_stop& stop, json_member* members,
                                    u32 capacity, u32& count, const char* start) noexcept {
    if (count == capacity) {
        const bool good = json_skip_name(at, stop) != nullptr;
        return good ? stop.at(at, json_fault::too_many_members) : nullptr;
    }
    json_member& read = members[count];
    stop.escaped = false;
    const char* const name_end = json_find_name_end(at, stop);
    if (name_end == nullptr) return nullptr;
    read.name = json_view(at + 1, name_end);
    read.name_escaped = stop.escaped;
    const char* const value = json_skip_colon(name_end + 1, stop);
    if (value == nullptr) return nullptr;
    const u32 mark = small_code ? 0 : json_name_mark(read);
    if ((small_code || (stop.marks & mark) != 0) && json_is_repeated(read, members)) {
        return stop.at(at, json_fault::duplicate_name);
    }
    stop.marks |= mark;
    read.offset = static_cast<u32>(value - start);
    at = json_read_value(value, stop, 1, read);
    if (at != nullptr) ++count;
    return at;
}

static const char* json_read_members(const char* at, json_stop& stop, json_member* members,
                                     u32 capacity, u32& count) noexcept {
    const char* const start = at;
    at = json_skip_space(at, stop);
    if (json_peek(at, stop) != '{') return stop.at(at, json_fault::not_an_object);
    at = json_skip_space(at + 1, stop);
    if (json_peek(at, stop) != '}') {
        for (;; at = json_skip_space(at + 1, stop)) {
            at = json_read_member(at, stop, members, capacity, count, start);
            if (at == nullptr) return nullptr;
            at = json_skip_space(at, stop);
            if (json_peek(at, stop) != ',') break;
        }
        if (json_peek(at, stop) != '}') return stop.unexpected(at);
    }
    at = json_skip_space(at + 1, stop);
    return at == stop.end ? at : stop.at(at, json_fault::trailing_bytes);
}

json_result json_read_object(std::string_view text, json_member* members, u32 capacity,
                             u32& count) noexcept {
    count = 0;
    if (text.size() >> 16 >> 16 != 0) return {json_fault::unterminated, 0xffffffff};
    json_stop stop{text.data() + text.size()};
    if (json_read_members(text.data(), stop, members, capacity, count) != nullptr) return {};
    const bool cut = stop.fault == json_fault::unexpected_byte && stop.where == stop.end;
    return {cut ? json_fault::unterminated : stop.fault,
            static_cast<u32>(stop.where - text.data())};
}

bool json_next_element(std::string_view array, u32& at, json_member& element) noexcept {
    json_stop stop{array.data() + array.size()};
    const char* from = json_skip_space(array.data() + at, stop);
    if (json_peek(from, stop) != (at == 0 ? '[' : ',')) return false;
    from = json_skip_space(from + 1, stop);
    element = json_member{};
    element.offset = static_cast<u32>(from - array.data());
    const char* const after = json_read_value(from, stop, 0, element);
    if (after == nullptr) return false;
    at = static_cast<u32>(after - array.data());
    return true;
}

bool json_escaped_name_is(const json_member& member, std::string_view name) noexcept {
    return json_same(member.name, true, name, false);
}

/// Writes what a string with escapes stands for; its end, or null when `full` comes first.
static char* json_unescape(std::string_view raw, char* to, const char* full) noexcept {
    const char* at = raw.data();
    const char* const end = at + raw.size();
    while (at != end) {
        if (!small_code && end - at >= lanes_bytes && full - to >= lanes_bytes) {
            const byte_lanes lanes = load_lanes(at);
            const byte_lanes backslashes = lanes_equal(lanes, '\\');
            const std::size_t plain = backslashes == 0 ? lanes_bytes : lanes_first(backslashes);
            store_lanes(to, lanes);
            at += plain;
            to += plain;
            if (backslashes == 0) continue;
        }
        const bool escape = *at == '\\';
        const char made = escape ? json_escape_of(at[1]) : *at;
        if (made != 0) {
            if (to == full) return nullptr;
            *to++ = made;
            at += escape ? 2 : 1;
            continue;
        }
        char32_t point = 0;
        at += json_read_unicode(at, end, point);
        char bytes[4];
        const std::size_t size = utf8_put(point, bytes);
        if (static_cast<std::size_t>(full - to) < size) return nullptr;
        std::memcpy(to, bytes, size);
        to += size;
    }
    return to;
}

bool json_string(const json_member& member, char* out, std::size_t capacity,
                 std::string_view& text) noexcept {
    text = member.value;
    if (member.kind != json_kind::string || !member.escaped) {
        return member.kind == json_kind::string;
    }
    const char* const end = json_unescape(text, out, out + capacity);
    if (end == nullptr) return false;
    text = json_view(out, end);
    return true;
}

bool json_integer(const json_member& member, i64& out) noexcept {
    if (member.kind != json_kind::number) return false;
    const bool negative = member.value.data()[0] == '-';
    u64 value = 0;
    for (std::size_t i = negative ? 1 : 0; i < member.value.size(); ++i) {
        const u32 digit = static_cast<u32>(member.value.data()[i] - '0');
        if (digit > 9) return false;
        value = value * 10 + digit;
        if (value >> 53 != 0) return false;
    }
    out = negative ? -static_cast<i64>(value) : static_cast<i64>(value);
    return true;
}

bool json_bool(const json_member& member, bool& out) noexcept {
    if (member.kind != json_kind::boolean) return false;
    out = member.value.data()[0] == 't';
    return true;
}

// Writing

void json_writer::raw(std::string_view text) noexcept {
    if (text.size() > room()) return overflow();
    if (full || text.empty()) return;
    std::memcpy(at, text.data(), text.size());
    at += text.size();
}

/// Whether a byte surely stands for itself in a string; of the others E2 mostly does.
static inline bool json_stands(char byte) noexcept {
    return static_cast<u8>(byte) >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f &&
           byte != '\xe2';
}

/// Steps over what does not surely stand for itself, and answers what it becomes.
static std::string_view json_escape(const char*& at, const char* end, char (&to)[6]) noexcept {
    const char* const start = at;
    u32 point = static_cast<u8>(*at++);
    if (point == 0xe2) {    // U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
        const bool ends_line = end - at >= 2 && at[0] == '\x80' && (at[1] | 1) == '\xa9';
        if (!ends_line) return {start, 1};
        point = at[1] == '\xa8' ? 0x2028 : 0x2029;
        at += 2;
    }
    to[0] = '\\';
    to[1] = json_letter_of(point);
    if (to[1] != 0) return {to, 2};
    to[1] = 'u';
    for (u32 i = 5; i >= 2; --i, point >>= 4) to[i] = "0123456789abcdef"[point & 15];
    return {to, 6};
}

/// Marks what does not surely stand for itself: quotes, backslashes, controls, U+007F and E2.
static inline byte_lanes json_lanes_escaped(byte_lanes lanes) noexcept {
    const byte_lanes quotes = (lanes ^ lanes_ones * 0x02) - lanes_ones * 0x21;
    const byte_lanes backslashes = (lanes ^ lanes_ones * '\\') - lanes_ones;
    const byte_lanes odd = quotes | backslashes | ((lanes ^ lanes_ones * 0x7f) - lanes_ones);
    if (((odd | lanes) & lanes_tops) == 0) return 0;    // Plain ASCII, mostly.
    return (odd & ~lanes & lanes_tops) | lanes_equal(lanes, 0xe2);
}

/// Copies what surely stands for itself, as long as there is room.
static inline char* json_copy_plain(const char*& text, const char* last, char* to,
                                    const char* end) noexcept {
    const char* from = text;
    byte_lanes odd = 0;
    while (!small_code && last - from >= lanes_bytes && end - to >= lanes_bytes) {
        const byte_lanes lanes = load_lanes(from);
        odd = json_lanes_escaped(lanes);
        store_lanes(to, lanes);
        if (odd != 0) break;
        from += lanes_bytes;
        to += lanes_bytes;
    }
    if (!small_code && odd == 0 && end - to >= lanes_bytes) {
        const byte_lanes lanes = load_few(from, static_cast<std::size_t>(last - from));
        odd = json_lanes_escaped(lanes);   // At least the 0 behind the last.
        store_lanes(to, lanes);
    }
    if (odd == 0) {
        while (from != last && to != end && json_stands(*from)) *to++ = *from++;
    } else {
        from += lanes_first(odd);
        to += lanes_first(odd);
    }
    text = from;
    return to;
}

void json_writer::string(std::string_view text) noexcept {
    raw('"');
    const char* from = text.data();
    for (const char* const last = from + text.size();;) {
        at = json_copy_plain(from, last, at, end);
        if (from == last) break;
        char made[6];
        raw(json_escape(from, last, made));
    }
    raw('"');
}

/// Eight digits of a number below 10^8, the first in the lowest byte. Splits it in halves, then all
/// of these at once; a division by 100 or 10 is a multiplication and a shift, exact for so few.
static inline u64 json_digits(u32 value) noexcept {
    const u64 halves = value / 10000 | u64{value % 10000} << 32;
    const u64 hundreds = halves * 5243 >> 19 & 0x0000007f0000007f;
    const u64 pairs = hundreds | (halves - hundreds * 100) << 16;
    const u64 tens = pairs * 103 >> 10 & 0x000f000f000f000f;
    return (tens | (pairs - tens * 10) << 8) + 0x3030303030303030;
}

/// Writes a number to where there is room for 24 bytes. Needs lanes of eight bytes.
static char* json_put_number(char* at, u64 value) noexcept {
    u32 parts[3];
    u32 n = 0;
    do {
        value = divide_small(value, 100000000, parts[n++]);
    } while (value != 0);
    const u64 digits = json_digits(parts[--n]);
    const u64 not_zero = (digits ^ 0x3030303030303030) | u64{1} << 56;   // The last one stays.
    const std::size_t zeros = lanes_first(static_cast<byte_lanes>(not_zero));
    store_le64(at, digits >> 8 * zeros);
    for (at += 8 - zeros; n != 0; at += 8) store_le64(at, json_digits(parts[--n]));
    return at;
}

void json_writer::number(u64 value) noexcept {
    char digits[24];
    if (!small_code && lanes_bytes == 8) {
        if (room() >= sizeof digits) {
            at = json_put_number(at, value);
        } else {
            raw(json_view(digits, json_put_number(digits, value)));
        }
        return;
    }
    char* first = digits + sizeof digits;
    do {
        u32 digit = 0;
        value = divide_small(value, 10, digit);
        *--first = static_cast<char>('0' + digit);
    } while (value != 0);
    raw(json_view(first, digits + sizeof digits));
}

void json_writer::number(i64 value) noexcept {
    if (value < 0) raw('-');
    number(value < 0 ? 0 - static_cast<u64>(value) : static_cast<u64>(value));
}

void json_writer::boolean(bool value) noexcept {
    raw(value ? std::string_view{"true", 4} : std::string_view{"false", 5});
}

}  // namespace chatroom::detail

// ---- src/model/words.hpp ------------------------------------------------------------------------

namespace chatroom::detail {

/// Writers that have the room copy so many bytes of any word, which is quicker than to count.
constexpr u32 word_bytes = 24;

/// A name as it stands in frames. Each is an object of its own, so that the linker keeps those
/// alone that something registered says.
template <std::size_t size>
struct wire_word {
    char chars[small_code ? size : word_bytes]{};

    constexpr wire_word(const char (&as)[size]) noexcept {
        static_assert(size <= word_bytes, "names are short");
        for (std::size_t i = 0; i < size; ++i) chars[i] = as[i];
    }
    constexpr operator const char*() const noexcept { return chars; }
};

template <std::size_t size>
constexpr wire_word<size> in_frames(const char (&as)[size]) noexcept { return as; }

namespace word {

constexpr auto advance = in_frames("advance");
constexpr auto advance_ms = in_frames("advance_ms");
constexpr auto after = in_frames("after");
constexpr auto around = in_frames("around");
constexpr auto at = in_frames("at");
constexpr auto before = in_frames("before");
constexpr auto behalf = in_frames("behalf");
constexpr auto behaviour = in_frames("behaviour");
constexpr auto between = in_frames("between");
constexpr auto bind = in_frames("bind");
constexpr auto boot = in_frames("boot");
constexpr auto bye = in_frames("bye");
constexpr auto bytes = in_frames("bytes");
constexpr auto capacity = in_frames("capacity");
constexpr auto caught_up = in_frames("caught_up");
constexpr auto clock_ahead_max_ms = in_frames("clock_ahead_max_ms");
constexpr auto code = in_frames("code");
constexpr auto complete = in_frames("complete");
constexpr auto configure = in_frames("configure");
constexpr auto continues = in_frames("continues");
constexpr auto create = in_frames("create");
constexpr auto create_on_join = in_frames("create_on_join");
constexpr auto cursor = in_frames("cursor");
constexpr auto cursors = in_frames("cursors");
constexpr auto destroy = in_frames("destroy");
constexpr auto destroyed = in_frames("destroyed");
constexpr auto effects_per_record_max = in_frames("effects_per_record_max");
constexpr auto emote = in_frames("emote");
constexpr auto entered = in_frames("entered");
constexpr auto error = in_frames("error");
constexpr auto exited = in_frames("exited");
constexpr auto facts = in_frames("facts");
constexpr auto features = in_frames("features");
constexpr auto field = in_frames("field");
constexpr auto first = in_frames("first");
constexpr auto found = in_frames("found");
constexpr auto frame_bytes_max = in_frames("frame_bytes_max");
constexpr auto from = in_frames("from");
constexpr auto gap = in_frames("gap");
constexpr auto gone = in_frames("gone");
constexpr auto guest = in_frames("guest");
constexpr auto help = in_frames("help");
constexpr auto history = in_frames("history");
constexpr auto history_pages_max = in_frames("history_pages_max");
constexpr auto id = in_frames("id");
constexpr auto identity = in_frames("identity");
constexpr auto identity_bytes_max = in_frames("identity_bytes_max");
constexpr auto join = in_frames("join");
constexpr auto joined = in_frames("joined");
constexpr auto kind = in_frames("kind");
constexpr auto last = in_frames("last");
constexpr auto latest = in_frames("latest");
constexpr auto leave = in_frames("leave");
constexpr auto left = in_frames("left");
constexpr auto limit = in_frames("limit");
constexpr auto limits = in_frames("limits");
constexpr auto logout = in_frames("logout");
constexpr auto managed = in_frames("managed");
constexpr auto member_item = in_frames("member_item");
constexpr auto members = in_frames("members");
constexpr auto members_max = in_frames("members_max");
constexpr auto message = in_frames("message");
constexpr auto message_bytes_max = in_frames("message_bytes_max");
constexpr auto messages = in_frames("messages");
constexpr auto name = in_frames("name");
constexpr auto names_shown = in_frames("names_shown");
constexpr auto next = in_frames("next");
constexpr auto nick = in_frames("nick");
constexpr auto nick_bytes_max = in_frames("nick_bytes_max");
constexpr auto nick_key = in_frames("nick_key");
constexpr auto nodes_max = in_frames("nodes_max");
constexpr auto nonce = in_frames("nonce");
constexpr auto nonce_bytes_max = in_frames("nonce_bytes_max");
constexpr auto none = in_frames("none");
constexpr auto number = in_frames("number");
constexpr auto ok = in_frames("ok");
constexpr auto old = in_frames("old");
constexpr auto online = in_frames("online");
constexpr auto owner = in_frames("owner");
constexpr auto page_bytes = in_frames("page_bytes");
constexpr auto page_items_max = in_frames("page_items_max");
constexpr auto page_messages_max = in_frames("page_messages_max");
constexpr auto persistent = in_frames("persistent");
constexpr auto ping = in_frames("ping");
constexpr auto policies = in_frames("policies");
constexpr auto post = in_frames("post");
constexpr auto presence_members_max = in_frames("presence_members_max");
constexpr auto proof = in_frames("proof");
constexpr auto property = in_frames("property");
constexpr auto protocol = in_frames("protocol");
constexpr auto queue_bytes = in_frames("queue_bytes");
constexpr auto reason = in_frames("reason");
constexpr auto records_pending_max = in_frames("records_pending_max");
constexpr auto ref = in_frames("ref");
constexpr auto removed = in_frames("removed");
constexpr auto renamed = in_frames("renamed");
constexpr auto reply_to = in_frames("reply_to");
constexpr auto resume = in_frames("resume");
constexpr auto resume_window_ms = in_frames("resume_window_ms");
constexpr auto resync = in_frames("resync");
constexpr auto retry_ms = in_frames("retry_ms");
constexpr auto rights = in_frames("rights");
constexpr auto room = in_frames("room");
constexpr auto room_capacity = in_frames("room_capacity");
constexpr auto room_item = in_frames("room_item");
constexpr auto room_messages_max = in_frames("room_messages_max");
constexpr auto room_name_bytes_max = in_frames("room_name_bytes_max");
constexpr auto room_pages_max = in_frames("room_pages_max");
constexpr auto room_pages_reserved = in_frames("room_pages_reserved");
constexpr auto rooms = in_frames("rooms");
constexpr auto rooms_by_host_only = in_frames("rooms_by_host_only");
constexpr auto rooms_max = in_frames("rooms_max");
constexpr auto rooms_per_user_max = in_frames("rooms_per_user_max");
constexpr auto roster = in_frames("roster");
constexpr auto selector = in_frames("selector");
constexpr auto sessions_max = in_frames("sessions_max");
constexpr auto sessions_per_user_max = in_frames("sessions_per_user_max");
constexpr auto set = in_frames("set");
constexpr auto text = in_frames("text");
constexpr auto time = in_frames("time");
constexpr auto title = in_frames("title");
constexpr auto title_bytes_max = in_frames("title_bytes_max");
constexpr auto to = in_frames("to");
constexpr auto token = in_frames("token");
constexpr auto token_hash = in_frames("token_hash");
constexpr auto topic = in_frames("topic");
constexpr auto topic_bytes_max = in_frames("topic_bytes_max");
constexpr auto truncated = in_frames("truncated");
constexpr auto unbind = in_frames("unbind");
constexpr auto until = in_frames("until");
constexpr auto user = in_frames("user");
constexpr auto users_max = in_frames("users_max");
constexpr auto value = in_frames("value");
constexpr auto welcome = in_frames("welcome");
constexpr auto you = in_frames("you");

}  // namespace word

}  // namespace chatroom::detail

// ---- src/model/described.hpp --------------------------------------------------------------------

namespace chatroom::detail {

/// What a member holds. The codecs know these and nothing else.
enum class kind : u8 {
    flag, u32_number, u64_number, i32_number, choice, text, items,
    error_name, error_text,   ///< Of an error that another member tells by its number.
};

/// Which limit bounds a text or a list.
enum class bound : u8 {
    open, nick, room_name, title, topic, message, nonce, identity, cursors, token, word, setting,
};

/// How a member is treated.
enum : u8 {
    mandatory = 1,   ///< Must be named; a text must not be empty.
    rest = 2,        ///< At the end of a line it takes all that is left, spaces too.
    always = 4,      ///< Told even when it is 0, false or empty.
    node_local = 8,  ///< A limit of one node that others need not share.
};

struct described;

/// One member of a command or event.
struct described_member {
    const char* name;
    const void* extra;   ///< choice: its names, ended by null; items: the element's description.
    u16 offset;
    u8 name_size;
    u8 tag;              ///< In records and binary frames; only ever added.
    detail::kind kind;
    detail::bound bound;
    u8 flags;

    template <std::size_t size>
    constexpr described_member(const wire_word<size>& as, const void* with, std::size_t at,
                               u8 number, detail::kind what, detail::bound by, u8 how) noexcept
        : name(as), extra(with), offset(static_cast<u16>(at)), name_size(size - 1), tag(number),
          kind(what), bound(by), flags(how) {}
    std::string_view called() const noexcept { return {name, name_size}; }
};

/// One command or event: its name on the wire and its members, in order.
struct described {
    const char* name;
    const described_member* members;
    u16 type;
    u16 bytes;           ///< Size of the struct.
    u8 count;
    u8 name_size;

    template <std::size_t size>
    constexpr described(const wire_word<size>& as, const described_member* all, u16 number,
                        std::size_t struct_bytes, u8 how_many) noexcept
        : name(as), members(all), type(number), bytes(static_cast<u16>(struct_bytes)),
          count(how_many), name_size(size - 1) {}
    std::string_view called() const noexcept { return {name, name_size}; }
};

/// The description of an event type; null when there is none.
const described* describe(event_type type) noexcept;

/// Every command and every event, ended by null, for documentation and tests.
const described* const* all_commands() noexcept;
const described* const* all_events() noexcept;

// Each by itself, so that what is not registered is not linked.
extern const described shape_command_configure;
extern const described shape_command_ping;
extern const described shape_command_guest;
extern const described shape_command_resume;
extern const described shape_command_token;
extern const described shape_command_logout;
extern const described shape_command_nick;
extern const described shape_command_create;
extern const described shape_command_join;
extern const described shape_command_leave;
extern const described shape_command_set;
extern const described shape_command_destroy;
extern const described shape_command_rooms;
extern const described shape_command_members;
extern const described shape_command_post;
extern const described shape_command_history;

inline const char* at_offset(const void* body, const described_member& m) noexcept {
    return static_cast<const char*>(body) + m.offset;
}
inline char* at_offset(void* body, const described_member& m) noexcept {
    return static_cast<char*>(body) + m.offset;
}

/// Reads any member that is a number, flag or choice.
inline u64 number_of(const void* body, const described_member& m) noexcept {
    const char* at = at_offset(body, m);
    u64 wide = 0;
    u32 word = 0;
    u8 byte = 0;
    switch (m.kind) {
    case kind::u64_number: std::memcpy(&wide, at, sizeof wide); return wide;
    case kind::u32_number:
    case kind::i32_number:
    case kind::error_name:
    case kind::error_text: std::memcpy(&word, at, sizeof word); return word;
    default: std::memcpy(&byte, at, sizeof byte); return byte;
    }
}

/// Writes one; false when the value does not fit the member.
bool set_number(void* body, const described_member& m, u64 value) noexcept;

inline std::string_view& text_of(void* body, const described_member& m) noexcept {
    return *reinterpret_cast<std::string_view*>(at_offset(body, m));
}
inline const std::string_view& text_of(const void* body, const described_member& m) noexcept {
    return *reinterpret_cast<const std::string_view*>(at_offset(body, m));
}

/// Whether a member only says in words what another one says.
inline bool is_derived(const described_member& m) noexcept {
    return m.kind == kind::error_name || m.kind == kind::error_text;
}

/// A list of which only the description knows the type.
struct any_list {
    const void* data;
    std::size_t size;
};
inline any_list items_of(const void* body, const described_member& m) noexcept {
    any_list items;
    std::memcpy(&items, at_offset(body, m), sizeof items);
    return items;
}
void set_items(void* body, const described_member& m, any_list items) noexcept;

/// Whether a member has the value that stands for "not there".
inline bool is_absent(const void* body, const described_member& m) noexcept {
    if (m.kind == kind::text) return text_of(body, m).empty();
    if (m.kind == kind::items) return items_of(body, m).size == 0;
    return number_of(body, m) == 0;
}

/// The length of text ended by zero.
inline u32 length(const char* text) noexcept {
    u32 n = 0;
    while (text[n] != 0) ++n;
    return n;
}
inline std::string_view view(const char* text) noexcept { return {text, length(text)}; }

/// Whether a text ended by zero is this one, without measuring it first.
inline bool is_text(const char* ended, std::string_view text) noexcept {
    for (char c : text) {
        if (*ended++ != c || c == 0) return false;
    }
    return *ended == 0;
}

}  // namespace chatroom::detail

// ---- src/model/described.cpp --------------------------------------------------------------------

namespace chatroom::detail {

// Each struct is told once, here. Tags are never used again; new members come last.

constexpr const char* const kinds_names[] = {word::text, word::emote, nullptr};
constexpr const char* const properties_names[] = {word::title, word::topic,
    word::capacity, word::persistent, word::managed, nullptr};
constexpr const char* const selectors_names[] = {word::latest, word::before,
    word::after, word::around, word::between, nullptr};
constexpr const char* const resumptions_names[] = {word::none, word::complete,
    word::continues, word::truncated, nullptr};
constexpr const char* const partings_names[] = {word::left, word::removed,
    word::gone, word::destroyed, nullptr};

// Elements of lists.

constexpr described_member cursor_members[] = {
    {word::room, nullptr, offsetof(chatroom::cursor, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::after, nullptr, offsetof(chatroom::cursor, after), 2, kind::u64_number, bound::open, 0},
    {word::id, nullptr, offsetof(chatroom::cursor, id), 3, kind::u64_number, bound::open, 0},
};
static constexpr described shape_cursor = {
    word::cursor, cursor_members, 0, sizeof(chatroom::cursor), 3};

constexpr described_member room_item_members[] = {
    {word::room, nullptr, offsetof(chatroom::room_item, room), 1, kind::text, bound::open, 0},
    {word::title, nullptr, offsetof(chatroom::room_item, title), 2, kind::text, bound::open, 0},
    {word::members, nullptr, offsetof(chatroom::room_item, members), 3, kind::u32_number,
     bound::open, always},
    {word::capacity, nullptr, offsetof(chatroom::room_item, capacity), 4, kind::u32_number,
     bound::open, 0},
    {word::id, nullptr, offsetof(chatroom::room_item, id), 5, kind::u64_number, bound::open, 0},
    {word::managed, nullptr, offsetof(chatroom::room_item, managed), 6, kind::flag, bound::open, 0},
};
static constexpr described shape_room_item = {
    word::room_item, room_item_members, 0, sizeof(chatroom::room_item), 6};

constexpr described_member member_item_members[] = {
    {word::user, nullptr, offsetof(chatroom::member_item, user), 1, kind::u64_number, bound::open,
     0},
    {word::nick, nullptr, offsetof(chatroom::member_item, nick), 2, kind::text, bound::open, 0},
    {word::online, nullptr, offsetof(chatroom::member_item, online), 3, kind::flag, bound::open,
     always},
};
static constexpr described shape_member_item = {
    word::member_item, member_item_members, 0, sizeof(chatroom::member_item), 3};

// Commands.

constexpr described_member command_configure_members[] = {
    {word::name, nullptr, offsetof(chatroom::configure, name), 1, kind::text, bound::word,
     mandatory},
    {word::value, nullptr, offsetof(chatroom::configure, value), 2, kind::u64_number, bound::open,
     0},
};
const described shape_command_configure = {
    word::configure, command_configure_members, u16(command_type::configure),
     sizeof(chatroom::configure), 2};

const described shape_command_ping = {
    word::ping, nullptr, u16(command_type::ping), sizeof(chatroom::ping), 0};

constexpr described_member command_guest_members[] = {
    {word::nick, nullptr, offsetof(chatroom::guest, nick), 1, kind::text, bound::nick, mandatory},
};
const described shape_command_guest = {
    word::guest, command_guest_members, u16(command_type::guest), sizeof(chatroom::guest), 1};

constexpr described_member command_resume_members[] = {
    {word::token, nullptr, offsetof(chatroom::resume, token), 1, kind::text, bound::token,
     mandatory},
    {word::cursors, &shape_cursor, offsetof(chatroom::resume, cursors), 2, kind::items,
     bound::cursors, 0},
};
const described shape_command_resume = {
    word::resume, command_resume_members, u16(command_type::resume),
     sizeof(chatroom::resume), 2};

const described shape_command_token = {
    word::token, nullptr, u16(command_type::token), sizeof(chatroom::token), 0};

const described shape_command_logout = {
    word::logout, nullptr, u16(command_type::logout), sizeof(chatroom::logout), 0};

constexpr described_member command_nick_members[] = {
    {word::nick, nullptr, offsetof(chatroom::nick, name), 1, kind::text, bound::nick, mandatory},
};
const described shape_command_nick = {
    word::nick, command_nick_members, u16(command_type::nick), sizeof(chatroom::nick), 1};

constexpr described_member command_create_members[] = {
    {word::room, nullptr, offsetof(chatroom::create, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::title, nullptr, offsetof(chatroom::create, title), 2, kind::text, bound::title, 0},
    {word::topic, nullptr, offsetof(chatroom::create, topic), 3, kind::text, bound::topic, 0},
    {word::capacity, nullptr, offsetof(chatroom::create, capacity), 4, kind::u32_number,
     bound::open, 0},
    {word::persistent, nullptr, offsetof(chatroom::create, persistent), 5, kind::flag, bound::open,
     0},
    {word::managed, nullptr, offsetof(chatroom::create, managed), 6, kind::flag, bound::open, 0},
};
const described shape_command_create = {
    word::create, command_create_members, u16(command_type::create),
     sizeof(chatroom::create), 6};

constexpr described_member command_join_members[] = {
    {word::room, nullptr, offsetof(chatroom::join, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::history, nullptr, offsetof(chatroom::join, history), 2, kind::u32_number, bound::open,
     0},
};
const described shape_command_join = {
    word::join, command_join_members, u16(command_type::join), sizeof(chatroom::join), 2};

constexpr described_member command_leave_members[] = {
    {word::room, nullptr, offsetof(chatroom::leave, room), 1, kind::text, bound::room_name,
     mandatory},
};
const described shape_command_leave = {
    word::leave, command_leave_members, u16(command_type::leave), sizeof(chatroom::leave), 1};

constexpr described_member command_set_members[] = {
    {word::room, nullptr, offsetof(chatroom::set, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::property, properties_names, offsetof(chatroom::set, property), 2, kind::choice,
     bound::open, mandatory},
    {word::value, nullptr, offsetof(chatroom::set, value), 3, kind::text, bound::setting, rest},
};
const described shape_command_set = {
    word::set, command_set_members, u16(command_type::set), sizeof(chatroom::set), 3};

constexpr described_member command_destroy_members[] = {
    {word::room, nullptr, offsetof(chatroom::destroy, room), 1, kind::text, bound::room_name,
     mandatory},
};
const described shape_command_destroy = {
    word::destroy, command_destroy_members, u16(command_type::destroy),
     sizeof(chatroom::destroy), 1};

constexpr described_member command_rooms_members[] = {
    {word::after, nullptr, offsetof(chatroom::rooms, after), 1, kind::u64_number, bound::open, 0},
    {word::limit, nullptr, offsetof(chatroom::rooms, limit), 2, kind::u32_number, bound::open, 0},
};
const described shape_command_rooms = {
    word::rooms, command_rooms_members, u16(command_type::rooms), sizeof(chatroom::rooms), 2};

constexpr described_member command_members_members[] = {
    {word::room, nullptr, offsetof(chatroom::members, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::after, nullptr, offsetof(chatroom::members, after), 2, kind::u64_number, bound::open, 0},
    {word::limit, nullptr, offsetof(chatroom::members, limit), 3, kind::u32_number, bound::open, 0},
};
const described shape_command_members = {
    word::members, command_members_members, u16(command_type::members),
     sizeof(chatroom::members), 3};

constexpr described_member command_post_members[] = {
    {word::room, nullptr, offsetof(chatroom::post, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::text, nullptr, offsetof(chatroom::post, text), 2, kind::text, bound::message,
     mandatory | rest},
    {word::kind, kinds_names, offsetof(chatroom::post, kind), 3, kind::choice, bound::open, 0},
    {word::reply_to, nullptr, offsetof(chatroom::post, reply_to), 4, kind::u64_number, bound::open,
     0},
    {word::nonce, nullptr, offsetof(chatroom::post, nonce), 5, kind::text, bound::nonce, 0},
};
const described shape_command_post = {
    word::post, command_post_members, u16(command_type::post), sizeof(chatroom::post), 5};

constexpr described_member command_history_members[] = {
    {word::room, nullptr, offsetof(chatroom::history, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::selector, selectors_names, offsetof(chatroom::history, selector), 2, kind::choice,
     bound::open, 0},
    {word::number, nullptr, offsetof(chatroom::history, number), 3, kind::u64_number, bound::open,
     0},
    {word::until, nullptr, offsetof(chatroom::history, until), 4, kind::u64_number, bound::open, 0},
    {word::limit, nullptr, offsetof(chatroom::history, limit), 5, kind::u32_number, bound::open, 0},
};
const described shape_command_history = {
    word::history, command_history_members, u16(command_type::history),
     sizeof(chatroom::history), 5};

// Events.

constexpr described_member event_message_members[] = {
    {word::room, nullptr, offsetof(chatroom::message, room), 1, kind::text, bound::open, 0},
    {word::number, nullptr, offsetof(chatroom::message, number), 2, kind::u64_number, bound::open,
     0},
    {word::time, nullptr, offsetof(chatroom::message, time), 3, kind::u64_number, bound::open, 0},
    {word::user, nullptr, offsetof(chatroom::message, user), 4, kind::u64_number, bound::open,
     always},
    {word::nick, nullptr, offsetof(chatroom::message, nick), 5, kind::text, bound::open, 0},
    {word::kind, kinds_names, offsetof(chatroom::message, kind), 6, kind::choice, bound::open, 0},
    {word::text, nullptr, offsetof(chatroom::message, text), 7, kind::text, bound::open, 0},
    {word::reply_to, nullptr, offsetof(chatroom::message, reply_to), 8, kind::u64_number,
     bound::open, 0},
    {word::nonce, nullptr, offsetof(chatroom::message, nonce), 9, kind::text, bound::open, 0},
    {word::bytes, nullptr, offsetof(chatroom::message, bytes), 10, kind::u32_number, bound::open,
     0},
};
const described shape_event_message = {
    word::message, event_message_members, u16(event_type::message),
     sizeof(chatroom::message), 10};

constexpr described_member event_welcome_members[] = {
    {word::protocol, nullptr, offsetof(chatroom::welcome, protocol), 1, kind::u32_number,
     bound::open, 0},
    {word::features, nullptr, offsetof(chatroom::welcome, features), 2, kind::text, bound::open, 0},
    {word::time, nullptr, offsetof(chatroom::welcome, time), 3, kind::u64_number, bound::open, 0},
    {word::frame_bytes_max, nullptr, offsetof(chatroom::welcome, frame_bytes_max), 4,
     kind::u32_number, bound::open, 0},
    {word::message_bytes_max, nullptr, offsetof(chatroom::welcome, message_bytes_max), 5,
     kind::u32_number, bound::open, 0},
    {word::nick_bytes_max, nullptr, offsetof(chatroom::welcome, nick_bytes_max), 6,
     kind::u32_number, bound::open, 0},
    {word::room_name_bytes_max, nullptr, offsetof(chatroom::welcome, room_name_bytes_max), 7,
     kind::u32_number, bound::open, 0},
    {word::nonce_bytes_max, nullptr, offsetof(chatroom::welcome, nonce_bytes_max), 8,
     kind::u32_number, bound::open, 0},
    {word::page_items_max, nullptr, offsetof(chatroom::welcome, page_items_max), 9,
     kind::u32_number, bound::open, 0},
    {word::rooms_per_user_max, nullptr, offsetof(chatroom::welcome, rooms_per_user_max), 10,
     kind::u32_number, bound::open, 0},
    {word::resume_window_ms, nullptr, offsetof(chatroom::welcome, resume_window_ms), 11,
     kind::u32_number, bound::open, 0},
};
const described shape_event_welcome = {
    word::welcome, event_welcome_members, u16(event_type::welcome),
     sizeof(chatroom::welcome), 11};

constexpr described_member event_ok_members[] = {
    {word::ref, nullptr, offsetof(chatroom::ok, ref), 1, kind::u64_number, bound::open, 0},
    {word::user, nullptr, offsetof(chatroom::ok, user), 2, kind::u64_number, bound::open, 0},
    {word::nick, nullptr, offsetof(chatroom::ok, nick), 3, kind::text, bound::open, 0},
    {word::token, nullptr, offsetof(chatroom::ok, token), 4, kind::text, bound::open, 0},
    {word::room, nullptr, offsetof(chatroom::ok, room), 5, kind::text, bound::open, 0},
    {word::number, nullptr, offsetof(chatroom::ok, number), 6, kind::u64_number, bound::open, 0},
    {word::time, nullptr, offsetof(chatroom::ok, time), 7, kind::u64_number, bound::open, 0},
};
const described shape_event_ok = {
    word::ok, event_ok_members, u16(event_type::ok), sizeof(chatroom::ok), 7};

constexpr described_member event_failure_members[] = {
    {word::ref, nullptr, offsetof(chatroom::failure, ref), 1, kind::u64_number, bound::open, 0},
    {word::code, nullptr, offsetof(chatroom::failure, error), 2, kind::error_name, bound::open, 0},
    {word::number, nullptr, offsetof(chatroom::failure, error), 3, kind::i32_number, bound::open,
     0},
    {word::field, nullptr, offsetof(chatroom::failure, field), 4, kind::text, bound::open, 0},
    {word::limit, nullptr, offsetof(chatroom::failure, limit), 5, kind::u64_number, bound::open, 0},
    {word::value, nullptr, offsetof(chatroom::failure, value), 6, kind::u64_number, bound::open, 0},
    {word::at, nullptr, offsetof(chatroom::failure, at), 7, kind::u64_number, bound::open, 0},
    {word::found, nullptr, offsetof(chatroom::failure, found), 8, kind::text, bound::open, 0},
    {word::retry_ms, nullptr, offsetof(chatroom::failure, retry_ms), 9, kind::u64_number,
     bound::open, 0},
    {word::text, nullptr, offsetof(chatroom::failure, error), 10, kind::error_text, bound::open, 0},
};
const described shape_event_failure = {
    word::error, event_failure_members, u16(event_type::failure), sizeof(chatroom::failure),
     10};

constexpr described_member event_you_members[] = {
    {word::user, nullptr, offsetof(chatroom::you, user), 1, kind::u64_number, bound::open, 0},
    {word::nick, nullptr, offsetof(chatroom::you, nick), 2, kind::text, bound::open, 0},
};
const described shape_event_you = {
    word::you, event_you_members, u16(event_type::you), sizeof(chatroom::you), 2};

const described shape_event_resync = {
    word::resync, nullptr, u16(event_type::resync), sizeof(chatroom::resync), 0};

const described shape_event_caught_up = {
    word::caught_up, nullptr, u16(event_type::caught_up), sizeof(chatroom::caught_up), 0};

constexpr described_member event_bye_members[] = {
    {word::code, nullptr, offsetof(chatroom::bye, error), 1, kind::error_name, bound::open, 0},
};
const described shape_event_bye = {
    word::bye, event_bye_members, u16(event_type::bye), sizeof(chatroom::bye), 1};

constexpr described_member event_help_members[] = {
    {word::text, nullptr, offsetof(chatroom::help, text), 1, kind::text, bound::open, 0},
};
const described shape_event_help = {
    word::help, event_help_members, u16(event_type::help), sizeof(chatroom::help), 1};

constexpr described_member event_joined_members[] = {
    {word::room, nullptr, offsetof(chatroom::joined, room), 1, kind::text, bound::open, 0},
    {word::title, nullptr, offsetof(chatroom::joined, title), 2, kind::text, bound::open, 0},
    {word::topic, nullptr, offsetof(chatroom::joined, topic), 3, kind::text, bound::open, 0},
    {word::owner, nullptr, offsetof(chatroom::joined, owner), 4, kind::u64_number, bound::open, 0},
    {word::capacity, nullptr, offsetof(chatroom::joined, capacity), 5, kind::u32_number,
     bound::open, 0},
    {word::persistent, nullptr, offsetof(chatroom::joined, persistent), 6, kind::flag, bound::open,
     0},
    {word::managed, nullptr, offsetof(chatroom::joined, managed), 7, kind::flag, bound::open, 0},
    {word::rights, nullptr, offsetof(chatroom::joined, rights), 8, kind::text, bound::open, 0},
    {word::members, nullptr, offsetof(chatroom::joined, members), 9, kind::u32_number, bound::open,
     0},
    {word::roster, nullptr, offsetof(chatroom::joined, roster), 10, kind::u64_number, bound::open,
     0},
    {word::first, nullptr, offsetof(chatroom::joined, first), 11, kind::u64_number, bound::open, 0},
    {word::last, nullptr, offsetof(chatroom::joined, last), 12, kind::u64_number, bound::open,
     always},
    {word::resume, resumptions_names, offsetof(chatroom::joined, resume), 13, kind::choice,
     bound::open, 0},
    {word::from, nullptr, offsetof(chatroom::joined, from), 14, kind::u64_number, bound::open, 0},
    {word::id, nullptr, offsetof(chatroom::joined, id), 15, kind::u64_number, bound::open, 0},
};
const described shape_event_joined = {
    word::joined, event_joined_members, u16(event_type::joined), sizeof(chatroom::joined),
     15};

constexpr described_member event_left_members[] = {
    {word::room, nullptr, offsetof(chatroom::left, room), 1, kind::text, bound::open, 0},
    {word::reason, partings_names, offsetof(chatroom::left, reason), 2, kind::choice, bound::open,
     always},
};
const described shape_event_left = {
    word::left, event_left_members, u16(event_type::left), sizeof(chatroom::left), 2};

constexpr described_member event_room_members[] = {
    {word::room, nullptr, offsetof(chatroom::room, name), 1, kind::text, bound::open, 0},
    {word::title, nullptr, offsetof(chatroom::room, title), 2, kind::text, bound::open, 0},
    {word::topic, nullptr, offsetof(chatroom::room, topic), 3, kind::text, bound::open, 0},
    {word::owner, nullptr, offsetof(chatroom::room, owner), 4, kind::u64_number, bound::open, 0},
    {word::capacity, nullptr, offsetof(chatroom::room, capacity), 5, kind::u32_number, bound::open,
     0},
    {word::persistent, nullptr, offsetof(chatroom::room, persistent), 6, kind::flag, bound::open,
     0},
    {word::managed, nullptr, offsetof(chatroom::room, managed), 7, kind::flag, bound::open, 0},
    {word::members, nullptr, offsetof(chatroom::room, members), 8, kind::u32_number, bound::open,
     always},
    {word::roster, nullptr, offsetof(chatroom::room, roster), 9, kind::u64_number, bound::open, 0},
};
const described shape_event_room = {
    word::room, event_room_members, u16(event_type::room), sizeof(chatroom::room), 9};

constexpr described_member event_entered_members[] = {
    {word::room, nullptr, offsetof(chatroom::entered, room), 1, kind::text, bound::open, 0},
    {word::user, nullptr, offsetof(chatroom::entered, user), 2, kind::u64_number, bound::open, 0},
    {word::nick, nullptr, offsetof(chatroom::entered, nick), 3, kind::text, bound::open, 0},
    {word::members, nullptr, offsetof(chatroom::entered, members), 4, kind::u32_number,
     bound::open, 0},
    {word::roster, nullptr, offsetof(chatroom::entered, roster), 5, kind::u64_number, bound::open,
     0},
};
const described shape_event_entered = {
    word::entered, event_entered_members, u16(event_type::entered),
     sizeof(chatroom::entered), 5};

constexpr described_member event_exited_members[] = {
    {word::room, nullptr, offsetof(chatroom::exited, room), 1, kind::text, bound::open, 0},
    {word::user, nullptr, offsetof(chatroom::exited, user), 2, kind::u64_number, bound::open, 0},
    {word::nick, nullptr, offsetof(chatroom::exited, nick), 3, kind::text, bound::open, 0},
    {word::reason, partings_names, offsetof(chatroom::exited, reason), 4, kind::choice,
     bound::open, always},
    {word::members, nullptr, offsetof(chatroom::exited, members), 5, kind::u32_number, bound::open,
     always},
    {word::roster, nullptr, offsetof(chatroom::exited, roster), 6, kind::u64_number, bound::open,
     0},
};
const described shape_event_exited = {
    word::exited, event_exited_members, u16(event_type::exited), sizeof(chatroom::exited), 6};

constexpr described_member event_renamed_members[] = {
    {word::room, nullptr, offsetof(chatroom::renamed, room), 1, kind::text, bound::open, 0},
    {word::user, nullptr, offsetof(chatroom::renamed, user), 2, kind::u64_number, bound::open, 0},
    {word::nick, nullptr, offsetof(chatroom::renamed, nick), 3, kind::text, bound::open, 0},
    {word::old, nullptr, offsetof(chatroom::renamed, old), 4, kind::text, bound::open, 0},
    {word::roster, nullptr, offsetof(chatroom::renamed, roster), 5, kind::u64_number, bound::open,
     0},
};
const described shape_event_renamed = {
    word::renamed, event_renamed_members, u16(event_type::renamed),
     sizeof(chatroom::renamed), 5};

constexpr described_member event_gap_members[] = {
    {word::room, nullptr, offsetof(chatroom::gap, room), 1, kind::text, bound::open, 0},
    {word::from, nullptr, offsetof(chatroom::gap, from), 2, kind::u64_number, bound::open, 0},
    {word::to, nullptr, offsetof(chatroom::gap, to), 3, kind::u64_number, bound::open, 0},
};
const described shape_event_gap = {
    word::gap, event_gap_members, u16(event_type::gap), sizeof(chatroom::gap), 3};

constexpr described_member event_history_page_members[] = {
    {word::ref, nullptr, offsetof(chatroom::history_page, ref), 1, kind::u64_number, bound::open,
     0},
    {word::room, nullptr, offsetof(chatroom::history_page, room), 2, kind::text, bound::open, 0},
    {word::messages, &shape_event_message, offsetof(chatroom::history_page, messages), 3,
     kind::items, bound::open, always},
    {word::first, nullptr, offsetof(chatroom::history_page, first), 4, kind::u64_number,
     bound::open, 0},
    {word::last, nullptr, offsetof(chatroom::history_page, last), 5, kind::u64_number, bound::open,
     0},
    {word::complete, nullptr, offsetof(chatroom::history_page, complete), 6, kind::flag,
     bound::open, always},
};
const described shape_event_history_page = {
    word::history, event_history_page_members, u16(event_type::history_page),
     sizeof(chatroom::history_page), 6};

constexpr described_member event_rooms_page_members[] = {
    {word::ref, nullptr, offsetof(chatroom::rooms_page, ref), 1, kind::u64_number, bound::open, 0},
    {word::rooms, &shape_room_item, offsetof(chatroom::rooms_page, rooms), 2, kind::items,
     bound::open, always},
    {word::next, nullptr, offsetof(chatroom::rooms_page, next), 3, kind::u64_number, bound::open,
     0},
    {word::complete, nullptr, offsetof(chatroom::rooms_page, complete), 4, kind::flag, bound::open,
     always},
};
const described shape_event_rooms_page = {
    word::rooms, event_rooms_page_members, u16(event_type::rooms_page),
     sizeof(chatroom::rooms_page), 4};

constexpr described_member event_members_page_members[] = {
    {word::ref, nullptr, offsetof(chatroom::members_page, ref), 1, kind::u64_number, bound::open,
     0},
    {word::room, nullptr, offsetof(chatroom::members_page, room), 2, kind::text, bound::open, 0},
    {word::members, &shape_member_item, offsetof(chatroom::members_page, members), 3, kind::items,
     bound::open, always},
    {word::roster, nullptr, offsetof(chatroom::members_page, roster), 4, kind::u64_number,
     bound::open, 0},
    {word::next, nullptr, offsetof(chatroom::members_page, next), 5, kind::u64_number, bound::open,
     0},
    {word::complete, nullptr, offsetof(chatroom::members_page, complete), 6, kind::flag,
     bound::open, always},
};
const described shape_event_members_page = {
    word::members, event_members_page_members, u16(event_type::members_page),
     sizeof(chatroom::members_page), 6};

constexpr const described* command_shapes[] = {
    &shape_command_configure,
    &shape_command_ping,
    &shape_command_guest,
    &shape_command_resume,
    &shape_command_token,
    &shape_command_logout,
    &shape_command_nick,
    &shape_command_create,
    &shape_command_join,
    &shape_command_leave,
    &shape_command_set,
    &shape_command_destroy,
    &shape_command_rooms,
    &shape_command_members,
    &shape_command_post,
    &shape_command_history,
    nullptr,
};

constexpr const described* event_shapes[] = {
    &shape_event_message,   // First, being looked for most.
    &shape_event_welcome,
    &shape_event_ok,
    &shape_event_failure,
    &shape_event_you,
    &shape_event_resync,
    &shape_event_caught_up,
    &shape_event_bye,
    &shape_event_help,
    &shape_event_joined,
    &shape_event_left,
    &shape_event_room,
    &shape_event_entered,
    &shape_event_exited,
    &shape_event_renamed,
    &shape_event_gap,
    &shape_event_history_page,
    &shape_event_rooms_page,
    &shape_event_members_page,
    nullptr,
};

const described* const* all_commands() noexcept { return command_shapes; }

const described* const* all_events() noexcept { return event_shapes; }

const described* describe(event_type type) noexcept {
    const described* const* shape = event_shapes;
    while (*shape != nullptr && (*shape)->type != u16(type)) ++shape;
    return *shape;
}

static u64 choices_of(const described_member& m) noexcept {
    const char* const* names = static_cast<const char* const*>(m.extra);
    u64 n = 0;
    while (names[n] != nullptr) ++n;
    return n;
}

bool set_number(void* body, const described_member& m, u64 value) noexcept {
    char* at = at_offset(body, m);
    if (m.kind == kind::u64_number) {
        std::memcpy(at, &value, sizeof value);
        return true;
    }
    if (m.kind == kind::u32_number || m.kind == kind::i32_number) {
        const u32 word = static_cast<u32>(value);
        std::memcpy(at, &word, sizeof word);
        return word == value;
    }
    if (value >= (m.kind == kind::flag ? 2 : choices_of(m))) return false;
    *reinterpret_cast<u8*>(at) = static_cast<u8>(value);
    return true;
}

void set_items(void* body, const described_member& m, any_list items) noexcept {
    std::memcpy(at_offset(body, m), &items, sizeof items);
}

}  // namespace chatroom::detail

// ---- src/model/request.hpp ----------------------------------------------------------------------

namespace chatroom::detail {

/// The version of what check and apply answer. Raised when an old record would be answered
/// differently; it stands in every log and snapshot.
constexpr u32 behaviour_version = 1;

/// The first record of every incarnation: with what rules it runs.
struct boot {
    static constexpr command_type type = command_type::boot;
    chatroom::limits limits{};
    chatroom::policies policies{};     ///< Count in the first record of a log alone.
    std::string_view features{};
    u32 behaviour = behaviour_version;
};

/// Whether a limit, by its place among the limits, is one node's own and need not be shared.
constexpr bool is_node_local(std::size_t offset) noexcept {
    return offset == offsetof(limits, sessions_max) || offset >= offsetof(limits, frame_bytes_max);
}

/// Time goes on and something is due.
struct advance {
    static constexpr command_type type = command_type::advance;
};

/// A session speaks for a user whom the host vouches for.
struct bind {
    static constexpr command_type type = command_type::bind;
    std::string_view identity{};
    std::string_view nick{};
};

/// A session has ended.
struct unbind {
    static constexpr command_type type = command_type::unbind;
};

/// What `resolve` found out beyond the command, so that replay needs no entropy, hash or host.
struct facts {
    u64 ref = 0;                    ///< The client's, for the reply.
    u64 behalf = 0;                 ///< User for whom the host acts.
    u64 nick_key = 0;               ///< Of the folded nick.
    std::string_view proof{};       ///< Hash of the token presented, 16 bytes.
    std::string_view token_hash{};  ///< Hash of the token given out, 16 bytes.
};

extern const described shape_boot;
extern const described shape_advance;
extern const described shape_bind;
extern const described shape_unbind;
extern const described shape_facts;
extern const described shape_limits;
extern const described shape_policies;

/// A command on its way: as a record tells it, or as it will be told in one.
struct request {
    command_type type = command_type::none;
    bool decided = false;    ///< It was found good already, on this state and at this time.
    const void* body = nullptr;
    facts known{};
    u64 number = 0;          ///< Of the record.
    u64 time = 0;
    u32 node = 0;
    u32 incarnation = 0;
    u32 session = 0;         ///< Of that node; 0: nobody's; `host`: the host's.

    // Found by the state before check.
    u32 user = 0;               ///< Slot of who acts, or of whom the host acts for.
    u32 binding = 0;

    // Found by decide, for apply, which runs on the same state.
    u32 room = 0;               ///< Slot of the room that is named.
    u64 repeated = 0;           ///< Number of the message that a nonce stands for.

    u64 actor = 0;              ///< Id of the user, who may be gone afterwards.

#if !defined(__OPTIMIZE_SIZE__)
    request() noexcept {}   // Else GCC clears it by `rep stos`, slower than finding a room.
#endif

    bool by_host() const noexcept { return session == 0xffffffffu; }
    template <typename T>
    const T& as() const noexcept {
        return *static_cast<const T*>(body);
    }
};

/// Why a request is refused.
struct fault : failure {
    fault() noexcept;
    void clear() noexcept;
    const char* which() const noexcept { return field.empty() ? "" : field.data(); }
    chatroom::error operator()(chatroom::error reason, const char* which = "") noexcept;
    chatroom::error operator()(chatroom::error reason, const char* which, u64 bound,
                               u64 was) noexcept;
};

/// Whether policies keep their bounds.
bool policies_valid(const policies& rules, const limits& sizes) noexcept;

/// Whether limits keep their bounds.
bool limits_valid(const limits& sizes) noexcept;

/// Whether a configuration keeps its bounds.
bool config_valid(const config& how) noexcept;

/// The shortest `frame_bytes_max` of a session: every event but a long message fits.
u32 frame_bytes_min(const limits& sizes) noexcept;

}  // namespace chatroom::detail

// ---- src/model/request.cpp ----------------------------------------------------------------------

namespace chatroom::detail {

fault::fault() noexcept = default;

void fault::clear() noexcept { new (this) fault; }

error fault::operator()(chatroom::error reason, const char* which) noexcept {
    return (*this)(reason, which, 0, 0);
}

error fault::operator()(chatroom::error reason, const char* which, u64 bound, u64 was) noexcept {
    error = reason;
    field = view(which);
    limit = bound;
    value = was;
    return reason;
}

// What only records and snapshots tell.

constexpr described_member policies_members[] = {
    {word::rooms_by_host_only, nullptr, offsetof(policies, rooms_by_host_only), 1,
     kind::u32_number, bound::open, 0},
    {word::create_on_join, nullptr, offsetof(policies, create_on_join), 2, kind::u32_number,
     bound::open, 0},
    {word::names_shown, nullptr, offsetof(policies, names_shown), 3, kind::u32_number, bound::open,
     0},
    {word::resume_window_ms, nullptr, offsetof(policies, resume_window_ms), 4, kind::u32_number,
     bound::open, 0},
    {word::room_capacity, nullptr, offsetof(policies, room_capacity), 5, kind::u32_number,
     bound::open, 0},
    {word::room_messages_max, nullptr, offsetof(policies, room_messages_max), 6, kind::u32_number,
     bound::open, 0},
    {word::room_pages_reserved, nullptr, offsetof(policies, room_pages_reserved), 7,
     kind::u32_number, bound::open, 0},
    {word::room_pages_max, nullptr, offsetof(policies, room_pages_max), 8, kind::u32_number,
     bound::open, 0},
    {word::presence_members_max, nullptr, offsetof(policies, presence_members_max), 9,
     kind::u32_number, bound::open, 0},
    {word::advance_ms, nullptr, offsetof(policies, advance_ms), 10, kind::u32_number, bound::open,
     0},
    {word::effects_per_record_max, nullptr, offsetof(policies, effects_per_record_max), 11,
     kind::u32_number, bound::open, 0},
    {word::clock_ahead_max_ms, nullptr, offsetof(policies, clock_ahead_max_ms), 12,
     kind::u32_number, bound::open, 0},
};
const described shape_policies = {
    word::policies, policies_members, 0, sizeof(policies), 12};

// The same, behind the limits.
constexpr described_member in_boot(described_member m) noexcept {
    m.offset = static_cast<u16>(m.offset + offsetof(boot, policies));
    m.tag = static_cast<u8>(m.tag + 64);
    return m;
}

// The limits come first, and so they are a description of their own.
static_assert(offsetof(boot, limits) == 0, "limits have the same places in a boot");

constexpr described_member boot_members[] = {
    {word::sessions_max, nullptr, offsetof(limits, sessions_max), 1, kind::u32_number, bound::open,
     node_local},
    {word::users_max, nullptr, offsetof(limits, users_max), 2, kind::u32_number, bound::open, 0},
    {word::sessions_per_user_max, nullptr, offsetof(limits, sessions_per_user_max), 3,
     kind::u32_number, bound::open, 0},
    {word::rooms_max, nullptr, offsetof(limits, rooms_max), 4, kind::u32_number, bound::open, 0},
    {word::members_max, nullptr, offsetof(limits, members_max), 5, kind::u32_number, bound::open,
     0},
    {word::rooms_per_user_max, nullptr, offsetof(limits, rooms_per_user_max), 6, kind::u32_number,
     bound::open, 0},
    {word::nodes_max, nullptr, offsetof(limits, nodes_max), 7, kind::u32_number, bound::open, 0},
    {word::history_pages_max, nullptr, offsetof(limits, history_pages_max), 8, kind::u32_number,
     bound::open, 0},
    {word::page_bytes, nullptr, offsetof(limits, page_bytes), 9, kind::u32_number, bound::open, 0},
    {word::page_messages_max, nullptr, offsetof(limits, page_messages_max), 10, kind::u32_number,
     bound::open, 0},
    {word::nick_bytes_max, nullptr, offsetof(limits, nick_bytes_max), 11, kind::u32_number,
     bound::open, 0},
    {word::identity_bytes_max, nullptr, offsetof(limits, identity_bytes_max), 12, kind::u32_number,
     bound::open, 0},
    {word::room_name_bytes_max, nullptr, offsetof(limits, room_name_bytes_max), 13,
     kind::u32_number, bound::open, 0},
    {word::title_bytes_max, nullptr, offsetof(limits, title_bytes_max), 14, kind::u32_number,
     bound::open, 0},
    {word::topic_bytes_max, nullptr, offsetof(limits, topic_bytes_max), 15, kind::u32_number,
     bound::open, 0},
    {word::message_bytes_max, nullptr, offsetof(limits, message_bytes_max), 16, kind::u32_number,
     bound::open, 0},
    {word::nonce_bytes_max, nullptr, offsetof(limits, nonce_bytes_max), 17, kind::u32_number,
     bound::open, 0},
    {word::frame_bytes_max, nullptr, offsetof(limits, frame_bytes_max), 18, kind::u32_number,
     bound::open, node_local},
    {word::page_items_max, nullptr, offsetof(limits, page_items_max), 19, kind::u32_number,
     bound::open, node_local},
    {word::queue_bytes, nullptr, offsetof(limits, queue_bytes), 20, kind::u32_number, bound::open,
     node_local},
    {word::records_pending_max, nullptr, offsetof(limits, records_pending_max), 21,
     kind::u32_number, bound::open, node_local},
    in_boot(policies_members[0]), in_boot(policies_members[1]), in_boot(policies_members[2]),
    in_boot(policies_members[3]), in_boot(policies_members[4]), in_boot(policies_members[5]),
    in_boot(policies_members[6]), in_boot(policies_members[7]), in_boot(policies_members[8]),
    in_boot(policies_members[9]), in_boot(policies_members[10]), in_boot(policies_members[11]),
    {word::features, nullptr, offsetof(boot, features), 120, kind::text, bound::open, 0},
    {word::behaviour, nullptr, offsetof(boot, behaviour), 121, kind::u32_number, bound::open, 0},
};
const described shape_limits = {
    word::limits, boot_members, 0, sizeof(limits), 21};

const described shape_boot = {
    word::boot, boot_members, u16(command_type::boot), sizeof(boot), 35};

constexpr bool local_limits_are_marked() noexcept {
    for (const described_member& m : boot_members) {
        const bool local = m.offset < sizeof(limits) && is_node_local(m.offset);
        if (local != ((m.flags & node_local) != 0)) return false;
    }
    return true;
}
static_assert(local_limits_are_marked(), "where the table is not linked, is_node_local tells");

const described shape_advance = {
    word::advance, nullptr, u16(command_type::advance), sizeof(advance), 0};

constexpr described_member bind_members[] = {
    {word::identity, nullptr, offsetof(bind, identity), 1, kind::text, bound::identity, 0},
    {word::nick, nullptr, offsetof(bind, nick), 2, kind::text, bound::nick, 0},
};
const described shape_bind = {
    word::bind, bind_members, u16(command_type::bind), sizeof(bind), 2};

const described shape_unbind = {
    word::unbind, nullptr, u16(command_type::unbind), sizeof(unbind), 0};

constexpr described_member facts_members[] = {
    {word::ref, nullptr, offsetof(facts, ref), 1, kind::u64_number, bound::open, 0},
    {word::behalf, nullptr, offsetof(facts, behalf), 2, kind::u64_number, bound::open, 0},
    {word::nick_key, nullptr, offsetof(facts, nick_key), 3, kind::u64_number, bound::open, 0},
    {word::proof, nullptr, offsetof(facts, proof), 4, kind::text, bound::open, 0},
    {word::token_hash, nullptr, offsetof(facts, token_hash), 5, kind::text, bound::open, 0},
};
const described shape_facts = {
    word::facts, facts_members, 0, sizeof(facts), 5};

}  // namespace chatroom::detail

// ---- src/model/data.hpp -------------------------------------------------------------------------

namespace chatroom::detail {

/// Whether a number survives JSON.
constexpr bool is_number(u64 value) noexcept { return value < u64{1} << 53; }

// The plain data of the shared state. Slots are this engine's own; ids are the same everywhere.
// Small members stand first: there, small processors reach them in one short instruction. The very
// first one is overwritten while a slot is free.

/// A user: a guest, or an identity that the host vouches for. Its nick stands in a column, and so
/// does its identity.
struct user_data {
    chain_link order;          ///< By creation.
    u16 rooms = 0;
    u8 sessions = 0;           ///< Bound to it, on any node.
    u8 nick_size = 0;
    u8 identity_size = 0;      ///< 0: a guest.
    u8 tokens = 0;             ///< Place of the newest of its resume tokens; 0: none.
    chain_link due;            ///< Among those without a session, in the order they lost it.
    u32 memberships = nil;     ///< First of its list, by the rooms' order of creation.
    u64 id = 0;
    u64 nick_key = 0;          ///< Of the folded nick; what makes it unique.
    u64 changed_at = 0;        ///< Event number of the last change of the nick.
    u64 detached_at = 0;       ///< When its last session ended; meaningful without one.
};

// A user has places, from 1, for as many sessions and resume tokens as it may have; its slot and
// the place make the slot of what stands there.

/// A session of some node that speaks for a user.
struct binding_data {
    u32 session = 0;           ///< Its id on that node; 0: the place is free.
    u32 incarnation = 0;       ///< Of the node; an earlier one than the node's is dead.
    chain_link of_node;
    u16 node = 0;              ///< Slot of the node.
};

/// A resume token: what is stored cannot be turned back into it.
struct token_data {
    static constexpr u8 unused = 0xff;
    u8 hash[16]{};             ///< The first half of SHA-256 of the token.
    u8 next = unused;          ///< Place of the user's next older; 0: none; `unused`: it is free.
};

/// An engine that writes to the log.
struct node_data {
    u64 number = 0;            ///< Of its last record applied.
    u32 id = 0;
    u32 incarnation = 0;
    chain bound;               ///< The sessions bound by it. The dead ones come first.
};

/// A room. Its name, title and topic stand in columns.
struct room_data {
    chain_link order;          ///< By creation; when closing, by closing.
    u8 name_size = 0;
    bool persistent = false;
    bool managed = false;
    bool closing = false;      ///< Destroyed; `advance` takes the rest of it away.
    u16 title_size = 0;
    u16 topic_size = 0;
    chunk_list members;        ///< Slots of memberships.
    u32 capacity = 0;
    u32 page_first = nil;      ///< Oldest page.
    u32 page_last = nil;
    u32 page_lent = nil;       ///< Newest of its pages that another room may claim.
    u32 pages = 0;
    u32 reserved = 0;          ///< Pages it can always have.
    u32 ordinal_first = 0;     ///< Of the oldest page; they rise by one.
    u32 messages = 0;          ///< Kept.
    u64 last = 0;              ///< Number of the newest message.
    u64 roster = 0;            ///< Raised by every coming, going and renaming.
    u64 changed_at = 0;        ///< Event number of the last change of anything but messages.
    u64 owner = 0;             ///< User who created it; 0: the host.
    u64 id = 0;
};

/// A user in a room. 12 bytes, and 5 in the room's list; an engine adds 9 to deliver.
struct membership_data {
    u32 room = nil;
    u32 next = nil;           ///< In the user's list.
    chunk_place at = 0;              ///< In the room's list.
};

}  // namespace chatroom::detail

// ---- src/model/page.hpp -------------------------------------------------------------------------

namespace chatroom::detail {

/// The head of a page. Messages follow it; their offsets stand at its end, the last one first.
/// Made of fixed-width fields, so pages fill and are given up alike on every processor.
struct page_head {
    u64 first = 0;           ///< Number of the first message ever put here.
    u64 time = 0;            ///< Of that message.
    u32 room = nil;
    u32 ordinal = 0;         ///< Of the page in its room.
    u32 newer = nil;        ///< Next page of the room; or of the free ones.
    chain_link lent_order;   ///< In which pages became another's to claim.
    u16 count = 0;           ///< Messages ever put here.
    u16 begin = 0;           ///< Those before this one are gone.
    u16 used = 0;            ///< Bytes from the front.
    u16 sender = 0;          ///< Offset of the newest sender; 0: none.
    bool lent = false;
};

static_assert(sizeof(page_head) == 48, "pages are laid out alike everywhere");

// A message in a page:  u32 time since the page's  u16 sender  u16 text bytes  u8 tail bytes
//                       u8 kind  text  tails
// A sender in a page:   u16 the sender before  u8 nick bytes  u64 user  nick
// A tail:               u8 which  u8 bytes  bytes

constexpr u32 message_head = 10;
constexpr u32 sender_head = 11;
constexpr u32 sender_link = 3;   // What the chain of senders needs of it.
constexpr u32 tail_head = 2;
/// The bytes of a page that one message may take, with the largest text, nick and nonce.
inline std::size_t message_page_bytes(const limits& sizes) noexcept {
    return sizeof(page_head) + sender_head + sizes.nick_bytes_max + message_head +
           sizes.message_bytes_max + tail_head + 8 + tail_head + 4 + sizes.nonce_bytes_max + 2;
}

}  // namespace chatroom::detail

// ---- src/model/config.cpp -----------------------------------------------------------------------

namespace chatroom::detail {

namespace {

struct range {
    u32 least;
    u32 most;
};

constexpr u32 most_slots = 1u << 24;

}  // namespace

// In the order of the members of `limits`.
static constexpr range limit_ranges[] = {
    {1, 1000000}, {1, 1000000}, {1, 16},      {1, 1000000},     {1, most_slots}, {1, 256},
    {1, 65535},   {1, 1u << 20}, {256, 16384}, {1, 255},  {1, 64},         {0, 64},
    {1, 64},      {0, 256},     {0, 1024},    {1, 16000},       {0, 64},         {512, 1u << 24},
    {1, 1000},    {64, 1u << 28}, {1, 1u << 20},
};

// In the order of the members of `policies`.
static constexpr range policy_ranges[] = {
    {0, 1}, {0, 1}, {0, 1}, {0, 0xffffffffu}, {1, most_slots}, {1, 0xffffffffu},
    {1, most_slots}, {1, most_slots}, {0, 0xffffffffu}, {1, 0xffffffffu}, {1, 1000000},
    {1, 0xffffffffu},
};

// The first member, by its place in a row of numbers, that is out of its range; or how many
// there are.
static u32 out_of_range(const void* row, const range* ranges, u32 count) noexcept {
    for (u32 i = 0; i < count; ++i) {
        u32 value = 0;
        std::memcpy(&value, static_cast<const char*>(row) + i * sizeof value, sizeof value);
        if (value < ranges[i].least || value > ranges[i].most) return i;
    }
    return count;
}

constexpr u32 limits_in_all = sizeof limit_ranges / sizeof *limit_ranges;
constexpr u32 policies_in_all = sizeof policy_ranges / sizeof *policy_ranges;
static_assert(sizeof(limits) == 4 * limits_in_all, "every limit has its range");
static_assert(sizeof(policies) == 4 * policies_in_all, "every policy has its range");

bool policies_valid(const policies& rules, const limits& sizes) noexcept {
    return out_of_range(&rules, policy_ranges, policies_in_all) == policies_in_all &&
           rules.room_pages_reserved <= sizes.history_pages_max;
}

u32 frame_bytes_min(const limits& sizes) noexcept {
    // Texts grow to twice their size at the most when they are escaped.
    return 400 + 2 * (sizes.title_bytes_max + sizes.topic_bytes_max + sizes.room_name_bytes_max +
                      2 * sizes.nick_bytes_max + sizes.nonce_bytes_max);
}

static bool page_is_large_enough(const limits& sizes) noexcept {
    return sizes.page_bytes % 8 == 0 && message_page_bytes(sizes) <= sizes.page_bytes;
}

bool limits_valid(const limits& sizes) noexcept {
    return out_of_range(&sizes, limit_ranges, limits_in_all) == limits_in_all &&
           page_is_large_enough(sizes) && sizes.frame_bytes_max >= frame_bytes_min(sizes);
}

bool config_valid(const config& how) noexcept {
    return limits_valid(how.limits) && policies_valid(how.policies, how.limits) &&
           how.budgets.deliveries_per_call != 0 && how.budgets.queued_per_call != 0 &&
           how.node >= 1 && how.node <= 65535 && how.incarnation != 0;
}

}  // namespace chatroom::detail

namespace chatroom {

const char* config_fault(const config& how) noexcept {
    using namespace detail;
    const u32 limit = out_of_range(&how.limits, limit_ranges, limits_in_all);
    if (limit != limits_in_all) return shape_limits.members[limit].name;
    const u32 policy = out_of_range(&how.policies, policy_ranges, policies_in_all);
    if (policy != policies_in_all) return shape_policies.members[policy].name;
    if (!policies_valid(how.policies, how.limits)) return "room_pages_reserved";
    if (!page_is_large_enough(how.limits)) return "page_bytes";
    if (how.limits.frame_bytes_max < frame_bytes_min(how.limits)) return "frame_bytes_max";
    // With none nothing would ever be told, nor what is queued be run.
    if (how.budgets.deliveries_per_call == 0) return "deliveries_per_call";
    if (how.budgets.queued_per_call == 0) return "queued_per_call";
    if (how.incarnation == 0) return "incarnation";
    return config_valid(how) ? nullptr : "node";
}

}  // namespace chatroom

// ---- src/state/history.hpp ----------------------------------------------------------------------

namespace chatroom::detail {

/// What is kept of a message besides what its author said.
struct message_facts {
    u64 time = 0;
    u64 user = 0;
    std::string_view nick{};
    u32 content = 0;   ///< With a nonce, CRC-32C of what was said: tells a resend from a misuse.
};

/// Of a page, by its room's slot and its place in there; both count up.
u32 ordinal_hash(u32 room, u32 ordinal) noexcept;

/// The messages of all rooms, in one pool of pages.
///
/// A room has pages of its own up to its reserve; what it has beyond, another room below its
/// reserve may claim, the page first that has been lent longest. Only a room's oldest messages
/// ever go.
struct history_store {
    char* pages;
    u32 page_bytes;          ///< Of this engine; `shared` may be content with less.
    u32 page_messages;
    u32 capacity;
    const limits* shared;    ///< Decides what fits and what must go.
    u32 touched;
    u32 freed;
    u32 in_use;
    u32 reserved;            ///< Sum over all rooms.
    chain lent;              ///< Pages that another room may claim.
    u64 evicted;             ///< Counter, for the operator.
    bool nonces;
    hash_index by_ordinal;   ///< (room, ordinal) to page.
    hash_index by_nonce;     ///< (user, room, nonce) to page and place in it, as one number.
    const hash_key* key;
    table<room_data>* rooms;

    void claim(arena& from, const limits& sizes) noexcept;

    page_head& page(u32 slot) const noexcept {
        return *reinterpret_cast<page_head*>(pages + static_cast<std::size_t>(slot) * page_bytes);
    }

    /// The number of the oldest message kept; last + 1 when there is none.
    u64 first(const room_data& in) const noexcept { return in.last + 1 - in.messages; }

    /// Appends a message, whose number becomes `last + 1`; the room's oldest make way.
    void append(u32 room, const post& what, const message_facts& known,
                const policies& rules) noexcept;

    /// Reads a message that is kept. It is said to be in a room of this name.
    message read(u32 room, u64 number, std::string_view name) const noexcept;

    /// Reads so many messages from a number on, all of them kept.
    void read(u32 room, u64 number, u32 count, message* out) const noexcept;

    /// The number under which a user said something with this nonce in a room; 0: not known.
    ///
    /// @param content  receives what was kept of what was said then
    u64 find_nonce(u32 room, u64 user, std::string_view nonce, u32& content) const noexcept;

    /// Takes one page away from a room that is being closed; false when it has none.
    bool give_page(u32 room) noexcept;

    // For snapshots: what a page holds, and the way back. Everything is judged on the way back.
    std::string_view page_data(u32 page_slot) const noexcept;
    std::string_view page_offsets(u32 page_slot) const noexcept;
    /// Overwrites, in a copy of what a page holds, what only messages said that are gone.
    void wipe_gone(u32 page_slot, char* data) const noexcept;
    bool adopt_page(u32 room, const page_head& told, std::string_view data,
                    std::string_view offsets) noexcept;
    /// How many bytes the longest nick and nonce of a page's messages have.
    void longest(u32 page_slot, u32& nick, u32& nonce) const noexcept;
    bool adopt_lent(u32 room, u32 ordinal) noexcept;
    bool is_whole(u32 room) const noexcept;

private:
    chain_links lent_links() const noexcept {
        return {pages + offsetof(page_head, lent_order), page_bytes};
    }
    bool page_is_sound(u32 page_slot) const noexcept;
    u32 link_page(u32 room, const page_head& head) noexcept;
    void index_nonces(u32 page_slot) noexcept;
    u32 locate(u32 room, u64 number) const noexcept;
    const char* entry(const page_head& in, u32 at) const noexcept;
    u32 find_page(u32 room, u32 ordinal) const noexcept;
    bool fits(const page_head& into, const post& what, const message_facts& known) const noexcept;
    u16 put_sender(page_head& head, const message_facts& by) noexcept;
    void put(u32 page_slot, const post& what, const message_facts& known) noexcept;
    void add_page(u32 room, u64 time) noexcept;
    void make_way(u32 room, const policies& rules) noexcept;
    void lend(u32 room) noexcept;
    void unlend(u32 page_slot) noexcept;
    void drop_page(u32 room) noexcept;
    void drop_message(u32 room) noexcept;
    void forget_nonce(u32 page_slot, u32 at) noexcept;
    message decode(const page_head& in, u32 at, std::string_view name) const noexcept;
    u32 place_of(u32 page_slot, u32 at) const noexcept {
        return (page_slot - 1) * page_messages + at + 1;
    }
    u32 nonce_hash(u32 room, u64 user, std::string_view nonce) const noexcept;
};

}  // namespace chatroom::detail

// ---- src/state/history.cpp ----------------------------------------------------------------------

namespace chatroom::detail {

constexpr u32 senders_tried = 8;   // Looking further costs more than the bytes it saves.
constexpr u8 tail_reply = 1;
constexpr u8 tail_nonce = 2;

void history_store::claim(arena& from, const limits& sizes) noexcept {
    page_bytes = sizes.page_bytes;
    page_messages = sizes.page_messages_max;
    capacity = sizes.history_pages_max;
    nonces = sizes.nonce_bytes_max != 0;
    touched = in_use = reserved = 0;
    freed = nil;
    lent = {};
    evicted = 0;
    pages = static_cast<char*>(from.take_rows(capacity, page_bytes));
    by_ordinal.claim(from, capacity);
    if (nonces) by_nonce.claim(from, capacity * page_messages);
}

// Finding.

u32 ordinal_hash(u32 room, u32 ordinal) noexcept {
    u32 mixed = room * 0x9e3779b1u ^ ordinal * 0x85ebca6bu;
    return mixed ^ mixed >> 15;
}

u32 history_store::find_page(u32 room, u32 ordinal) const noexcept {
    const u32 hash = ordinal_hash(room, ordinal);
    for (u32 slot = nil; (slot = by_ordinal.next(hash, slot)) != nil;) {
        if (page(slot).room == room && page(slot).ordinal == ordinal) return slot;
    }
    return nil;
}

u32 history_store::locate(u32 room, u64 number) const noexcept {
    const room_data& in = (*rooms)[room];
    if (number >= page(in.page_last).first) return in.page_last;   // Mostly.
    u32 low = in.ordinal_first;
    u32 high = low + in.pages - 1;
    while (low < high) {
        const u32 middle = high - (high - low) / 2;
        if (page(find_page(room, middle)).first <= number) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return find_page(room, low);
}

inline const char* history_store::entry(const page_head& in, u32 at) const noexcept {
    const char* const base = reinterpret_cast<const char*>(&in);
    return base + load_le16(base + page_bytes - 2 * (at + 1));
}

// One of the tails of a message; nothing, where it has none of that sort.
static inline std::string_view tail_of(const char* entry, u8 which) noexcept {
    const char* tail = entry + message_head + load_le16(entry + 6);
    const char* const end = tail + static_cast<u8>(entry[8]);
    for (; tail != end; tail += tail_head + static_cast<u8>(tail[1])) {
        if (tail[0] == which) return {tail + tail_head, static_cast<u8>(tail[1])};
    }
    return {};
}

static inline u64 reply_of(const char* entry) noexcept {
    const std::string_view tail = tail_of(entry, tail_reply);
    return tail.empty() ? 0 : load_le64(tail.data());
}

static inline std::string_view nonce_of(const char* entry) noexcept {
    std::string_view tail = tail_of(entry, tail_nonce);
    if (!tail.empty()) tail.remove_prefix(4);   // What stands for the content.
    return tail;
}

static inline u64 user_of(const char* sender) noexcept { return load_le64(sender + 3); }

inline message history_store::decode(const page_head& in, u32 at,
                                     std::string_view name) const noexcept {
    const char* const from = entry(in, at);
    const char* const sender = reinterpret_cast<const char*>(&in) + load_le16(from + 4);
    return {name, in.first + at, in.time + load_le32(from), user_of(sender),
            {sender + sender_head, static_cast<u8>(sender[2])},
            static_cast<message_kind>(from[9]), {from + message_head, load_le16(from + 6)},
            reply_of(from), nonce_of(from), 0};
}

message history_store::read(u32 room, u64 number, std::string_view name) const noexcept {
    const page_head& in = page(locate(room, number));
    return decode(in, static_cast<u32>(number - in.first), name);
}

void history_store::read(u32 room, u64 number, u32 count, message* out) const noexcept {
    if (count == 0) return;
    const page_head* in = &page(locate(room, number));
    u32 at = static_cast<u32>(number - in->first);
    for (; count != 0; --count, ++at) {
        if (at == in->count) {
            in = &page(in->newer);
            at = 0;
        }
        new (out++) message(decode(*in, at, {}));
    }
}

u32 history_store::nonce_hash(u32 room, u64 user, std::string_view nonce) const noexcept {
    return keyed_hash(*key, keyed_sum(*key, nonce) + (u64{room} << 32) + user);
}

u64 history_store::find_nonce(u32 room, u64 user, std::string_view nonce,
                              u32& content) const noexcept {
    const u32 hash = nonce_hash(room, user, nonce);
    for (u32 place = nil; (place = by_nonce.next(hash, place)) != nil;) {
        const page_head& in = page((place - 1) / page_messages + 1);
        if (in.room != room) continue;
        const message m = decode(in, (place - 1) % page_messages, {});
        if (m.user != user || !is_same_text(m.nonce, nonce)) continue;
        content = load_le32(m.nonce.data() - 4);   // It stands before the nonce.
        return m.number;
    }
    return 0;
}

// Writing.

static u32 tails_size(const post& what) noexcept {
    u32 size = 0;
    if (what.reply_to != 0) size += tail_head + 8;
    if (!what.nonce.empty()) size += tail_head + 4 + static_cast<u32>(what.nonce.size());
    return size;
}

inline bool history_store::fits(const page_head& into, const post& what,
                         const message_facts& known) const noexcept {
    const std::size_t wanted = sender_head + known.nick.size() + message_head + what.text.size() +
                               tails_size(what) + 2;
    return into.count < shared->page_messages_max && known.time - into.time <= 0xffffffffu &&
           into.used + 2u * into.count + wanted <= shared->page_bytes;
}

inline u16 history_store::put_sender(page_head& head, const message_facts& by) noexcept {
    char* const base = reinterpret_cast<char*>(&head);
    u16 at = head.sender;
    for (u32 tried = 0; at != 0 && tried < senders_tried; ++tried, at = load_le16(base + at)) {
        const std::string_view nick{base + at + sender_head, static_cast<u8>(base[at + 2])};
        if (user_of(base + at) == by.user && is_same_text(nick, by.nick)) return at;
    }
    char* const to = base + head.used;
    store_le16(to, head.sender);
    to[2] = static_cast<char>(by.nick.size());
    store_le64(to + 3, by.user);
    if (!by.nick.empty()) std::memcpy(to + sender_head, by.nick.data(), by.nick.size());
    head.sender = head.used;
    head.used = static_cast<u16>(head.used + sender_head + by.nick.size());
    return head.sender;
}

static char* begin_tail(char* to, u8 which, std::size_t size) noexcept {
    to[0] = static_cast<char>(which);
    to[1] = static_cast<char>(size);
    return to + tail_head;
}

inline void history_store::put(u32 page_slot, const post& what,
                               const message_facts& known) noexcept {
    page_head& head = page(page_slot);
    const u16 sender = put_sender(head, known);
    char* const base = reinterpret_cast<char*>(&head);
    char* to = base + head.used;
    store_le16(base + page_bytes - 2 * (head.count + 1u), head.used);
    store_le32(to, static_cast<u32>(known.time - head.time));
    store_le16(to + 4, sender);
    store_le16(to + 6, static_cast<u16>(what.text.size()));
    to[8] = static_cast<char>(tails_size(what));
    to[9] = static_cast<char>(what.kind);
    std::memcpy(to + message_head, what.text.data(), what.text.size());
    to += message_head + what.text.size();
    if (what.reply_to != 0) {
        to = begin_tail(to, tail_reply, 8);
        store_le64(to, what.reply_to);
        to += 8;
    }
    if (!what.nonce.empty()) {
        to = begin_tail(to, tail_nonce, 4 + what.nonce.size());
        store_le32(to, known.content);
        std::memcpy(to + 4, what.nonce.data(), what.nonce.size());
        to += 4 + what.nonce.size();
        by_nonce.insert(nonce_hash(head.room, known.user, what.nonce),
                        place_of(page_slot, head.count));
    }
    head.used = static_cast<u16>(to - base);
    ++head.count;
}

void history_store::append(u32 room, const post& what, const message_facts& known,
                           const policies& rules) noexcept {
    room_data& in = (*rooms)[room];
    if (in.page_last == nil || !fits(page(in.page_last), what, known)) {
        make_way(room, rules);
        add_page(room, known.time);
    }
    put(in.page_last, what, known);
    ++in.last;
    ++in.messages;
    // Beside the one that makes way a page's worth at the most, however far the policy fell.
    u32 left = shared->page_messages_max + 1;
    for (; in.messages > rules.room_messages_max && left != 0; --left) drop_message(room);
}

// Pages: free, a room's own, or lent to it beyond its reserve.

void history_store::add_page(u32 room, u64 time) noexcept {
    const room_data& in = (*rooms)[room];
    page_head head;
    head.first = in.last + 1;
    head.time = time;
    head.used = sizeof(page_head);
    link_page(room, head);
    if (in.pages > in.reserved) lend(room);
}

// Takes a free page and makes it the room's newest.
u32 history_store::link_page(u32 room, const page_head& head) noexcept {
    u32 slot = freed;
    if (slot != nil) {
        freed = page(slot).newer;
    } else {
        slot = ++touched;
    }
    ++in_use;
    room_data& in = (*rooms)[room];
    page_head& made = page(slot);
    made = head;
    made.room = room;
    made.ordinal = in.ordinal_first + in.pages;
    (in.page_last == nil ? in.page_first : page(in.page_last).newer) = slot;
    in.page_last = slot;
    ++in.pages;
    by_ordinal.insert(ordinal_hash(room, made.ordinal), slot);
    return slot;
}

// Sees to it that a page is free.
void history_store::make_way(u32 room, const policies& rules) noexcept {
    room_data& in = (*rooms)[room];
    const u32 most = larger(rules.room_pages_max, in.reserved);
    if (in.pages > most) drop_page(room);   // The policy was lowered: one less with each new one.
    if (in.pages >= most) drop_page(room);
    if (in_use >= shared->history_pages_max) {
        // Somebody has more than the reserve when this room has less; else it helps itself.
        drop_page(in.pages < in.reserved ? page(lent.first).room : room);
    }
}

// Of a room's pages beyond its reserve the oldest are lent; called when it has one more.
void history_store::lend(u32 room) noexcept {
    room_data& in = (*rooms)[room];
    const u32 slot = in.page_lent == nil ? in.page_first : page(in.page_lent).newer;
    page_head& head = page(slot);
    in.page_lent = slot;
    head.lent = true;
    lent.append(lent_links(), slot);
}

void history_store::unlend(u32 page_slot) noexcept {
    page_head& head = page(page_slot);
    lent.remove(lent_links(), page_slot);
    head.lent = false;
    room_data& in = (*rooms)[head.room];
    if (in.page_lent == page_slot) in.page_lent = nil;
}

void history_store::drop_page(u32 room) noexcept {
    room_data& in = (*rooms)[room];
    const u32 slot = in.page_first;
    page_head& head = page(slot);
    for (u32 at = head.begin; at < head.count; ++at) forget_nonce(slot, at);
    const u32 gone = static_cast<u32>(head.count - head.begin);
    in.messages -= gone;
    evicted += gone;
    if (head.lent) unlend(slot);
    by_ordinal.remove(ordinal_hash(room, head.ordinal), slot);
    in.page_first = head.newer;
    if (in.page_first == nil) in.page_last = nil;
    --in.pages;
    ++in.ordinal_first;
    head.room = nil;
    head.newer = freed;
    freed = slot;
    --in_use;
}

void history_store::drop_message(u32 room) noexcept {
    room_data& in = (*rooms)[room];
    page_head& head = page(in.page_first);
    forget_nonce(in.page_first, head.begin);
    ++head.begin;
    --in.messages;
    ++evicted;
    if (head.begin == head.count && in.page_first != in.page_last) drop_page(room);
}

bool history_store::give_page(u32 room) noexcept {
    if ((*rooms)[room].page_first == nil) return false;
    drop_page(room);
    return true;
}

void history_store::forget_nonce(u32 page_slot, u32 at) noexcept {
    const page_head& in = page(page_slot);
    if (entry(in, at)[8] == 0) return;   // No tails, so no nonce.
    const message m = decode(in, at, {});
    if (m.nonce.empty()) return;
    by_nonce.remove(nonce_hash(in.room, m.user, m.nonce), place_of(page_slot, at));
}

// Snapshots.

std::string_view history_store::page_data(u32 page_slot) const noexcept {
    const page_head& head = page(page_slot);
    return {reinterpret_cast<const char*>(&head) + sizeof(page_head),
            head.used - sizeof(page_head)};
}

std::string_view history_store::page_offsets(u32 page_slot) const noexcept {
    const page_head& head = page(page_slot);
    const u32 bytes = 2u * head.count;
    return {reinterpret_cast<const char*>(&head) + page_bytes - bytes, bytes};
}

// Before the first message kept stands what those said that are gone, and senders: they form a
// chain, and the messages kept may be by them.
void history_store::wipe_gone(u32 page_slot, char* data) const noexcept {
    const page_head& head = page(page_slot);
    const char* const base = reinterpret_cast<const char*>(&head);
    const u32 kept = static_cast<u32>(entry(head, head.begin) - base);
    const auto copy = [&](u32 at, u32 bytes) {
        if (at < kept) std::memcpy(data + at - sizeof(page_head), base + at, bytes);
    };
    std::memset(data, 0, kept - sizeof(page_head));
    for (u32 at = head.sender; at != 0; at = load_le16(base + at)) copy(at, sender_link);
    for (u32 i = head.begin; i < head.count; ++i) {
        const u32 at = load_le16(entry(head, i) + 4);
        copy(at, sender_head + static_cast<u8>(base[at + 2]));
    }
}

static bool is_sound(const message& m) noexcept {
    return is_number(m.user) && is_number(m.time) && is_number(m.reply_to) &&
           text_fault(m.text) == m.text.size() && text_fault(m.nick) == m.nick.size() &&
           text_fault(m.nonce) == m.nonce.size();
}

// Whether every message kept of a page that came from elsewhere lies within it and reads well.
bool history_store::page_is_sound(u32 page_slot) const noexcept {
    const page_head& head = page(page_slot);
    const char* const base = reinterpret_cast<const char*>(&head);
    const auto sender_is_sound = [&](u32 at) {
        return at >= sizeof(page_head) && at + sender_head <= head.used &&
               at + sender_head + static_cast<u8>(base[at + 2]) <= head.used;
    };
    for (u32 at = head.sender; at != 0;) {
        const u32 before = sender_is_sound(at) ? load_le16(base + at) : at;
        if (before >= at) return false;   // The chain goes down, so it ends.
        at = before;
    }
    for (u32 i = head.begin; i < head.count; ++i) {
        const u32 at = load_le16(base + page_bytes - 2 * (i + 1));
        if (at < sizeof(page_head) || at + message_head > head.used) return false;
        const u32 text = load_le16(base + at + 6), tails = static_cast<u8>(base[at + 8]);
        if (at + message_head + text + tails > head.used || static_cast<u8>(base[at + 9]) > 1 ||
            !sender_is_sound(load_le16(base + at + 4))) {
            return false;
        }
        const char* tail = base + at + message_head + text;
        const char* const end = tail + tails;
        while (tail != end) {
            if (end - tail < static_cast<int>(tail_head)) return false;
            const u32 size = static_cast<u8>(tail[1]);
            const bool known = tail[0] == tail_reply ? size == 8
                                                     : tail[0] == tail_nonce && size > 4;
            if (!known || static_cast<u32>(end - tail) < tail_head + size) return false;
            tail += tail_head + size;
        }
        if (!is_sound(decode(head, i, {}))) return false;
    }
    return true;
}

void history_store::index_nonces(u32 page_slot) noexcept {
    const page_head& head = page(page_slot);
    for (u32 at = head.begin; at < head.count; ++at) {
        const message m = decode(head, at, {});
        if (m.nonce.empty()) continue;
        by_nonce.insert(nonce_hash(head.room, m.user, m.nonce), place_of(page_slot, at));
    }
}

bool history_store::adopt_page(u32 room, const page_head& told, std::string_view data,
                               std::string_view offsets) noexcept {
    room_data& in = (*rooms)[room];
    const u64 count = offsets.size() / 2;
    const bool follows = in.page_last == nil || page(in.page_last).first +
                                                         page(in.page_last).count == told.first;
    if (offsets.size() % 2 != 0 || count == 0 || told.begin >= count || !follows ||
        !is_number(told.time) || (in.page_last != nil && told.begin != 0) || told.first == 0 ||
        told.first > in.last || in.last - told.first < count - 1) {
        return false;
    }
    page_head head = told;
    head.used = static_cast<u16>(sizeof(page_head) + data.size());
    head.count = static_cast<u16>(count);
    const u32 slot = link_page(room, head);
    char* const base = reinterpret_cast<char*>(&page(slot));
    if (!data.empty()) std::memcpy(base + sizeof(page_head), data.data(), data.size());
    std::memcpy(base + page_bytes - offsets.size(), offsets.data(), offsets.size());
    if (!page_is_sound(slot)) return false;
    in.messages += static_cast<u32>(count) - head.begin;
    if (nonces) index_nonces(slot);
    return true;
}

void history_store::longest(u32 page_slot, u32& nick, u32& nonce) const noexcept {
    const page_head& head = page(page_slot);
    nick = nonce = 0;
    for (u32 at = head.begin; at < head.count; ++at) {
        const message m = decode(head, at, {});
        nick = larger(nick, static_cast<u32>(m.nick.size()));
        nonce = larger(nonce, static_cast<u32>(m.nonce.size()));
    }
}

bool history_store::adopt_lent(u32 room, u32 ordinal) noexcept {
    const room_data& in = (*rooms)[room];
    const u32 next = in.page_lent == nil ? in.page_first : page(in.page_lent).newer;
    if (next == nil || page(next).ordinal != ordinal) return false;
    lend(room);
    return true;
}

bool history_store::is_whole(u32 room) const noexcept {
    const room_data& in = (*rooms)[room];
    const u32 beyond = in.page_lent == nil ? 0 : page(in.page_lent).ordinal + 1 - in.ordinal_first;
    if (beyond != (in.pages > in.reserved ? in.pages - in.reserved : 0)) return false;
    if (in.pages == 0) return true;
    const page_head& newest = page(in.page_last);
    return newest.first + newest.count == in.last + 1;
}

}  // namespace chatroom::detail

// ---- src/state/state.hpp ------------------------------------------------------------------------

namespace chatroom::detail {

/// Whoever delivers, told what changes in the shared state while it happens. One function for each
/// change, so that the call graph, and the depth of the stack with it, are exact.
struct watcher {
    /// A session speaks for a user now; `resumed` by a token or an identity: the user was there
    /// before; `vouched` by an identity.
    void (*bound)(void* context, u32 binding, bool resumed, bool vouched);
    void (*unbound)(void* context, u32 binding);
    void (*member_added)(void* context, u32 user, u32 membership);
    /// The membership's slot is still valid, its links are not.
    void (*member_removed)(void* context, u32 user, u32 membership, parting reason);
    void (*renamed)(void* context, u32 user, std::string_view old);
    /// A slot is a room's now, or no room's any more: nobody is in it.
    void (*room_reset)(void* context, u32 room);
    void (*room_changed)(void* context, u32 room);
    void (*posted)(void* context, u32 room);
};

/// What applying a command came to, for its reply.
struct applied {
    u64 user = 0;
    u32 user_slot = nil;
    u32 room = nil;
    u64 number = 0;
    u64 time = 0;
};

/// The shared state: users, bound sessions, rooms, members and history. A function of the
/// configuration and the records alone. What decides and applies commands reads nothing else.
struct state {
    // What is used most comes first, where small processors reach it in one short instruction.
    table<user_data> users;
    table<membership_data> memberships;
    table<room_data> rooms;
    binding_data* bindings;        ///< By users and places.
    u64 event;                     ///< How many records were applied.
    u64 time;                      ///< Of the last record.
    const watcher* watch;
    void* watching;                ///< Its context.
    u32 effects;                   ///< Left for the record at hand.
    table<node_data> nodes;
    token_data* tokens;            ///< By users and places.
    column nicks, names, titles, topics, identities;
    hash_index users_by_id, users_by_nick, identities_by_bytes, rooms_by_name;
    hash_index bindings_by_session, tokens_by_hash;
    chain users_order, users_due, rooms_order, rooms_closing;
    chunk_pool member_lists;
    history_store messages;
    u64 users_made;
    u64 rooms_made;
    bool booted;                       ///< A first record has told limits and policies.
    policies rules;
    chatroom::limits shared;           ///< What the nodes agreed on; never above `capacity`.
    const chatroom::limits capacity;   ///< What the tables hold.
    hash_key key;                      ///< Of the indexes.

    explicit state(const config& how) noexcept
        : rules(how.policies), shared(how.limits), capacity(how.limits) {}
    void claim(arena& from) noexcept;   ///< Takes its memory and is empty.
    void clear() noexcept;              ///< The indexes, where memory does not come zeroed.

    // Users.
    std::string_view nick(u32 user) const noexcept {
        return nicks.view(user, users[user].nick_size);
    }
    std::string_view identity(u32 user) const noexcept {
        return identities.view(user, users[user].identity_size);
    }
    u32 slot_of(u32 user, u32 place) const noexcept {
        return (user - 1) * capacity.sessions_per_user_max + place;
    }
    u32 user_of(u32 slot) const noexcept {
        return (slot - 1) / capacity.sessions_per_user_max + 1;
    }
    u32 find_user(u64 id) const noexcept;
    bool nick_is_taken(u64 nick_key, u32 by_other_than) const noexcept;
    u32 find_identity(std::string_view bytes) const noexcept;
    u32 find_binding(u32 node, u32 session) const noexcept;
    bool has_binding(u32 node, u32 incarnation, u32 session) const noexcept;
    u32 find_token(std::string_view hash) const noexcept;
    u32 find_node(u32 id) const noexcept;
    bool alive(const binding_data& b) const noexcept {
        return b.incarnation == nodes[b.node].incarnation;
    }
    u32 add_user(std::string_view nick, u64 nick_key) noexcept;
    void set_nick(u32 user, std::string_view nick, u64 nick_key) noexcept;
    void remove_identity(u32 user) noexcept;
    void remove_user(u32 user) noexcept;
    u32 bind_session(u32 user, const request& by, bool resumed) noexcept;
    void unbind_session(u32 binding) noexcept;
    void set_identity(u32 user, std::string_view bytes) noexcept;
    u32 add_binding(u32 user, u32 node, u32 incarnation, u32 session) noexcept;
    void add_due(u32 user) noexcept;
    void remove_due(u32 user) noexcept;
    bool is_due(u32 user) const noexcept {
        return users_due.first == user || users[user].due.previous != nil;
    }
    void add_token(u32 user, std::string_view hash) noexcept;
    u32 add_token_last(u32 user, u32 last, std::string_view hash) noexcept;
    void remove_token(u32 token) noexcept;
    u32 sessions_alive(u32 user) const noexcept;

    // Rooms and members.
    std::string_view name(u32 room) const noexcept {
        return names.view(room, rooms[room].name_size);
    }
    std::string_view title(u32 room) const noexcept {
        return titles.view(room, rooms[room].title_size);
    }
    std::string_view topic(u32 room) const noexcept {
        return topics.view(room, rooms[room].topic_size);
    }
    u32 find_room(std::string_view folded) const noexcept;
    u32 find_membership(u32 user, u32 room) const noexcept;
    u32 add_room(std::string_view name, u64 owner) noexcept;
    void set_text(u32 room, std::string_view title, std::string_view topic) noexcept;
    void close_room(u32 room) noexcept;
    bool reap_room(u32 room) noexcept;
    bool reap_empty_room(u32 room) noexcept;
    u32 add_member(u32 user, u32 room) noexcept;
    void unlist_member(const membership_data& m) noexcept;
    void drop_member(u32 user, u32 membership, parting reason) noexcept;
    /// Drops a member; a room that is empty then and not persistent is closed.
    void remove_member(u32 user, u32 membership, parting reason) noexcept;
    void room_changed(u32 room) noexcept;

    /// The one gate for reading: whether a user (nil: the host) may see what is in a room.
    bool can_see(u32 user, bool by_host, u32 room) const noexcept;

    /// Does what is due, up to the effects of one record.
    void advance() noexcept;
    /// When `advance` has something to do; all bits set: never.
    u64 due() const noexcept;
};

/// One command of a feature: how it is decided and applied. `decide` changes nothing;
/// `apply` runs directly after it said yes, so it cannot fail.
struct command_rule {
    command_type type;
    u8 flags;
    const described* shape;
    error (*decide)(const state& in, request& what, fault& why);
    void (*apply)(state& in, const request& what, applied& done);
};

enum : u8 {
    needs_user = 1,    ///< A session without user is refused with `login_required`.
    needs_none = 2,    ///< A session with user is refused with `already_logged_in`.
    host_only = 4,
    engine_only = 8,   ///< Written by the engine; no session and no host may submit it.
    reads = 16,        ///< Makes no record; answered by the edge.
    sessions_only = 32,   ///< Not for the host.
};

/// A set of commands that are registered together.
struct feature {
    const char* name;
    const command_rule* rules;
    u32 count;
};

// Sessions come and go with or without guests, so these belong to every engine.
error check_bind(const state& in, request& what, fault& why);
void apply_bind(state& in, const request& what, applied& done);
error check_unbind(const state& in, request& what, fault& why);
void apply_unbind(state& in, const request& what, applied& done);

error check_capacity(const state& in, u64 capacity, fault& why) noexcept;

/// The commands of every engine: boot, advance, bind, unbind, ping.
const feature& server_feature() noexcept;

}  // namespace chatroom::detail

// ---- src/state/state.cpp ------------------------------------------------------------------------

namespace chatroom::detail {

void state::claim(arena& from) noexcept {
    const limits& sizes = capacity;
    const u32 bound_max = sizes.users_max * sizes.sessions_per_user_max;
    users.claim(from, sizes.users_max);
    nodes.claim(from, sizes.nodes_max);
    rooms.claim(from, sizes.rooms_max);
    memberships.claim(from, sizes.members_max);
    bindings = static_cast<binding_data*>(
        from.take_rows(bound_max, sizeof *bindings, alignof(binding_data)));
    tokens = static_cast<token_data*>(from.take_rows(bound_max, sizeof *tokens, 1));
    nicks.claim(from, sizes.users_max, sizes.nick_bytes_max);
    identities.claim(from, sizes.users_max, sizes.identity_bytes_max);
    names.claim(from, sizes.rooms_max, sizes.room_name_bytes_max);
    titles.claim(from, sizes.rooms_max, sizes.title_bytes_max);
    topics.claim(from, sizes.rooms_max, sizes.topic_bytes_max);
    member_lists.claim(from, sizes.members_max, sizes.rooms_max);
    messages.claim(from, sizes);
    messages.rooms = &rooms;
    messages.shared = &shared;
    messages.key = &key;
    users_by_id.claim(from, sizes.users_max);
    users_by_nick.claim(from, sizes.users_max);
    identities_by_bytes.claim(from, sizes.identity_bytes_max != 0 ? sizes.users_max : 0);
    rooms_by_name.claim(from, sizes.rooms_max);
    bindings_by_session.claim(from, bound_max);
    tokens_by_hash.claim(from, bound_max);
    users_order = users_due = rooms_order = rooms_closing = {};
    time = event = users_made = rooms_made = 0;
    shared = capacity;
    booted = false;
}

void state::clear() noexcept {
    users_by_id.clear();
    users_by_nick.clear();
    identities_by_bytes.clear();
    rooms_by_name.clear();
    bindings_by_session.clear();
    tokens_by_hash.clear();
    messages.by_ordinal.clear();
    if (messages.nonces) messages.by_nonce.clear();
}

u64 state::due() const noexcept {
    if (rooms_closing.first != nil) return time;
    for (u32 slot = 1; slot <= nodes.count; ++slot) {
        const u32 oldest = nodes[slot].bound.first;
        if (oldest != nil && !alive(bindings[oldest])) return time;
    }
    if (users_due.first == nil) return ~u64{0};
    return users[users_due.first].detached_at + rules.resume_window_ms;
}

void state::advance() noexcept {
    for (u32 slot = 1; slot <= nodes.count; ++slot) {
        u32 oldest = nodes[slot].bound.first;
        while (effects != 0 && oldest != nil && !alive(bindings[oldest])) {
            --effects;
            unbind_session(oldest);
            oldest = nodes[slot].bound.first;
        }
    }
    while (effects != 0 && users_due.first != nil &&
           users[users_due.first].detached_at + rules.resume_window_ms <= time) {
        remove_user(users_due.first);
    }
    while (effects != 0 && rooms_closing.first != nil) {
        if (!reap_room(rooms_closing.first)) break;
    }
}

}  // namespace chatroom::detail

// ---- src/state/users.cpp ------------------------------------------------------------------------

namespace chatroom::detail {

// Finding.

u32 state::find_user(u64 id) const noexcept {
    const u32 hash = keyed_hash(key, id);
    for (u32 slot = nil; (slot = users_by_id.next(hash, slot)) != nil;) {
        if (users[slot].id == id) return slot;
    }
    return nil;
}

bool state::nick_is_taken(u64 nick_key, u32 by_other_than) const noexcept {
    const u32 hash = keyed_hash(key, nick_key);
    for (u32 slot = nil; (slot = users_by_nick.next(hash, slot)) != nil;) {
        if (users[slot].nick_key == nick_key && slot != by_other_than) return true;
    }
    return false;
}

u32 state::find_identity(std::string_view bytes) const noexcept {
    const u32 hash = keyed_hash(key, bytes);
    for (u32 slot = nil; (slot = identities_by_bytes.next(hash, slot)) != nil;) {
        if (is_same_text(identity(slot), bytes)) return slot;
    }
    return nil;
}

static u64 session_key(u32 node, u32 session) noexcept { return u64{node} << 32 | session; }

u32 state::find_binding(u32 node, u32 session) const noexcept {
    const u32 hash = keyed_hash(key, session_key(node, session));
    for (u32 slot = nil; (slot = bindings_by_session.next(hash, slot)) != nil;) {
        const binding_data& b = bindings[slot];
        if (b.node == node && b.session == session && alive(b)) return slot;
    }
    return nil;
}

bool state::has_binding(u32 node, u32 incarnation, u32 session) const noexcept {
    const u32 hash = keyed_hash(key, session_key(node, session));
    for (u32 slot = nil; (slot = bindings_by_session.next(hash, slot)) != nil;) {
        const binding_data& b = bindings[slot];
        if (b.node == node && b.session == session && b.incarnation == incarnation) return true;
    }
    return false;
}

u32 state::find_token(std::string_view hash_bytes) const noexcept {
    const u32 hash = load_le32(hash_bytes.data());
    for (u32 slot = nil; (slot = tokens_by_hash.next(hash, slot)) != nil;) {
        if (std::memcmp(tokens[slot].hash, hash_bytes.data(), sizeof tokens[slot].hash) == 0) {
            return slot;
        }
    }
    return nil;
}

u32 state::find_node(u32 id) const noexcept {
    for (u32 slot = 1; slot <= nodes.count; ++slot) {
        if (nodes[slot].id == id) return slot;
    }
    return nil;
}

// Users.

u32 state::add_user(std::string_view nick, u64 nick_key) noexcept {
    const u32 slot = users.take();
    user_data& u = users[slot];
    u.id = ++users_made;
    users_order.append(links_of(users, &user_data::order), slot);
    users_by_id.insert(keyed_hash(key, u.id), slot);
    set_nick(slot, nick, nick_key);
    for (u32 place = 1; place <= capacity.sessions_per_user_max; ++place) {
        bindings[slot_of(slot, place)].session = 0;
        tokens[slot_of(slot, place)].next = token_data::unused;
    }
    return slot;
}

void state::set_nick(u32 user, std::string_view nick, u64 nick_key) noexcept {
    user_data& u = users[user];
    if (u.nick_size != 0) users_by_nick.remove(keyed_hash(key, u.nick_key), user);
    nicks.set(user, nick);
    u.nick_size = static_cast<u8>(nick.size());
    u.nick_key = nick_key;
    u.changed_at = event;
    users_by_nick.insert(keyed_hash(key, nick_key), user);
}

void state::set_identity(u32 user, std::string_view bytes) noexcept {
    identities.set(user, bytes);
    users[user].identity_size = static_cast<u8>(bytes.size());
    identities_by_bytes.insert(keyed_hash(key, bytes), user);
}

void state::remove_identity(u32 user) noexcept {
    identities_by_bytes.remove(keyed_hash(key, identity(user)), user);
}

void state::remove_user(u32 user) noexcept {
    user_data& u = users[user];
    effects -= effects != 0 ? 1 : 0;
    while (u.memberships != nil) remove_member(user, u.memberships, parting::gone);
    while (u.tokens != 0) remove_token(slot_of(user, u.tokens));
    if (u.identity_size != 0) remove_identity(user);
    remove_due(user);
    users_order.remove(links_of(users, &user_data::order), user);
    users_by_id.remove(keyed_hash(key, u.id), user);
    users_by_nick.remove(keyed_hash(key, u.nick_key), user);
    users.give(user);
}

// Sessions bound to users.

u32 state::sessions_alive(u32 user) const noexcept {
    u32 n = 0;
    for (u32 slot = slot_of(user, 1), left = users[user].sessions; left != 0; ++slot) {
        if (bindings[slot].session == 0) continue;
        n += alive(bindings[slot]) ? 1 : 0;
        --left;
    }
    return n;
}

u32 state::add_binding(u32 user, u32 node, u32 incarnation, u32 session) noexcept {
    u32 slot = slot_of(user, 1);
    while (bindings[slot].session != 0) ++slot;
    binding_data& b = bindings[slot];
    b.node = static_cast<u16>(node);
    b.session = session;
    b.incarnation = incarnation;
    ++users[user].sessions;
    nodes[node].bound.append(links_of(bindings, &binding_data::of_node), slot);
    bindings_by_session.insert(keyed_hash(key, session_key(node, session)), slot);
    return slot;
}

void state::add_due(u32 user) noexcept {
    users_due.append(links_of(users, &user_data::due), user);
}

void state::remove_due(u32 user) noexcept {
    users_due.remove(links_of(users, &user_data::due), user);
}

u32 state::bind_session(u32 user, const request& by, bool resumed) noexcept {
    for (u32 slot = slot_of(user, 1), left = users[user].sessions; left != 0; ++slot) {
        if (bindings[slot].session == 0) continue;
        if (!alive(bindings[slot])) unbind_session(slot);   // Room for the living.
        --left;
    }
    if (users[user].sessions == 0 && resumed) remove_due(user);   // Back again.
    const u32 slot = add_binding(user, find_node(by.node), by.incarnation, by.session);
    watch->bound(watching, slot, resumed, by.type == command_type::bind);
    return slot;
}

void state::unbind_session(u32 binding) noexcept {
    watch->unbound(watching, binding);
    const binding_data b = bindings[binding];
    nodes[b.node].bound.remove(links_of(bindings, &binding_data::of_node), binding);
    bindings_by_session.remove(keyed_hash(key, session_key(b.node, b.session)), binding);
    bindings[binding].session = 0;
    const u32 user = user_of(binding);
    user_data& u = users[user];
    if (--u.sessions != 0) return;
    u.detached_at = time;
    add_due(user);
}

// Resume tokens: as many as sessions, the newest.

void state::add_token(u32 user, std::string_view hash) noexcept {
    user_data& u = users[user];
    u32 kept = 1;
    for (u8 place = u.tokens, next = 0; place != 0; place = next, ++kept) {
        const u32 slot = slot_of(user, place);
        next = tokens[slot].next;
        if (kept >= shared.sessions_per_user_max) remove_token(slot);
    }
    const u8 others = u.tokens;
    u.tokens = 0;
    tokens[add_token_last(user, nil, hash)].next = others;
}

// Puts a token behind another of the user; with none, first in an empty list.
u32 state::add_token_last(u32 user, u32 last, std::string_view hash) noexcept {
    u8 place = 1;
    while (tokens[slot_of(user, place)].next != token_data::unused) ++place;
    const u32 slot = slot_of(user, place);
    std::memcpy(tokens[slot].hash, hash.data(), sizeof tokens[slot].hash);
    tokens[slot].next = 0;
    (last == nil ? users[user].tokens : tokens[last].next) = place;
    tokens_by_hash.insert(load_le32(hash.data()), slot);
    return slot;
}

void state::remove_token(u32 token) noexcept {
    const u32 user = user_of(token);
    u8* link = &users[user].tokens;
    while (slot_of(user, *link) != token) link = &tokens[slot_of(user, *link)].next;
    *link = tokens[token].next;
    tokens_by_hash.remove(load_le32(tokens[token].hash), token);
    tokens[token].next = token_data::unused;
}

// Commands.

static error check_nick_free(const state& in, const request& what, u32 user, bool shown,
                             fault& why) noexcept {
    if (shown || !in.nick_is_taken(what.known.nick_key, user)) return error::none;
    return why(error::nick_taken, "nick");
}

static error check_sessions(const state& in, u32 user, fault& why) noexcept {
    const u32 sessions = in.sessions_alive(user);
    if (sessions < in.shared.sessions_per_user_max) return error::none;
    return why(error::user_sessions_full, "sessions_per_user_max", in.shared.sessions_per_user_max,
               sessions);
}

static error check_new_user(const state& in, const request& what, bool shown,
                            fault& why) noexcept {
    if (in.users.count >= in.shared.users_max) {
        why(error::users_full, "users_max", in.shared.users_max, in.users.count);
        why.retry_ms = in.rules.resume_window_ms;
        return why.error;
    }
    return check_nick_free(in, what, nil, shown, why);
}

// Tokens come from the host's entropy: one that is there already shows that it is none.
static bool is_new_token(const state& in, std::string_view hash) noexcept {
    return hash.size() == 16 && in.find_token(hash) == nil;
}

static error check_guest(const state& in, request& what, fault& why) {
    if (!is_new_token(in, what.known.token_hash)) return why(error::entropy_failed);
    return check_new_user(in, what, false, why);
}

static void apply_guest(state& in, const request& what, applied& done) {
    const u32 user = in.add_user(what.as<guest>().nick, what.known.nick_key);
    in.bind_session(user, what, false);
    in.add_token(user, what.known.token_hash);
    done.user = in.users[user].id;
    done.user_slot = user;
}

error check_bind(const state& in, request& what, fault& why) {
    const bind& by = what.as<bind>();
    if (by.identity.empty() || by.nick.empty()) return why(error::invalid_argument, "identity");
    if (what.binding != nil) return why(error::already_logged_in);
    const u32 user = in.find_identity(by.identity);
    if (user != nil) return check_sessions(in, user, why);
    return check_new_user(in, what, in.rules.names_shown != 0, why);
}

void apply_bind(state& in, const request& what, applied& done) {
    const bind& by = what.as<bind>();
    u32 user = in.find_identity(by.identity);
    const bool known = user != nil;
    if (!known) {
        user = in.add_user(by.nick, what.known.nick_key);
        in.set_identity(user, by.identity);
    }
    in.bind_session(user, what, known);
    done.user = in.users[user].id;
    done.user_slot = user;
}

error check_unbind(const state&, request& what, fault& why) {
    return what.binding != nil ? error::none : why(error::login_required);
}

void apply_unbind(state& in, const request& what, applied&) {
    in.unbind_session(what.binding);
}

static error check_resume(const state& in, request& what, fault& why) {
    if (what.known.proof.size() != 16) return why(error::token_invalid, "token");
    if (!is_new_token(in, what.known.token_hash)) return why(error::entropy_failed);
    const u32 token = in.find_token(what.known.proof);
    if (token == nil) return why(error::token_invalid, "token");
    const u32 user = in.user_of(token);
    const user_data& u = in.users[user];
    if (u.sessions == 0 && u.detached_at + in.rules.resume_window_ms <= in.time) {
        return why(error::token_invalid, "token");
    }
    return check_sessions(in, user, why);
}

static void apply_resume(state& in, const request& what, applied& done) {
    const u32 token = in.find_token(what.known.proof);
    const u32 user = in.user_of(token);
    in.remove_token(token);
    in.bind_session(user, what, true);
    in.add_token(user, what.known.token_hash);
    done.user = in.users[user].id;
    done.user_slot = user;
}

static error check_token(const state& in, request& what, fault& why) {
    if (!is_new_token(in, what.known.token_hash)) return why(error::entropy_failed);
    return error::none;
}

static void apply_token(state& in, const request& what, applied&) {
    in.add_token(what.user, what.known.token_hash);
}

static error check_nothing(const state&, request&, fault&) { return error::none; }

static void apply_logout(state& in, const request& what, applied&) {
    in.unbind_session(what.binding);
    if (in.users[what.user].sessions == 0) in.remove_user(what.user);
}

static error check_nick(const state& in, request& what, fault& why) {
    const bool shown = in.rules.names_shown != 0 && in.users[what.user].identity_size != 0;
    return check_nick_free(in, what, what.user, shown, why);
}

static void apply_nick(state& in, const request& what, applied& done) {
    char before[64];
    const std::string_view old{before, in.nick(what.user).size()};
    std::memcpy(before, in.nick(what.user).data(), old.size());
    in.set_nick(what.user, what.as<nick>().name, what.known.nick_key);
    const user_data& u = in.users[what.user];
    for (u32 m = u.memberships; m != nil; m = in.memberships[m].next) {
        ++in.rooms[in.memberships[m].room].roster;
        in.rooms[in.memberships[m].room].changed_at = in.event;
    }
    in.watch->renamed(in.watching, what.user, old);
    done.user = u.id;
    done.user_slot = what.user;
}

static constexpr command_rule guest_rules[] = {
    {command_type::guest, needs_none | sessions_only, &shape_command_guest, check_guest,
     apply_guest},
    {command_type::resume, needs_none | sessions_only, &shape_command_resume, check_resume,
     apply_resume},
    {command_type::token, needs_user | sessions_only, &shape_command_token, check_token,
     apply_token},
    {command_type::logout, needs_user | sessions_only, &shape_command_logout, check_nothing,
     apply_logout},
    {command_type::nick, needs_user, &shape_command_nick, check_nick, apply_nick},
};

}  // namespace chatroom::detail

namespace chatroom::features {

const detail::feature& guests() noexcept {
    using namespace detail;
    static constexpr detail::feature all{"guests", guest_rules,
                                         sizeof guest_rules / sizeof *guest_rules};
    return all;
}

}  // namespace chatroom::features

// ---- src/state/rooms.cpp ------------------------------------------------------------------------

namespace chatroom::detail {

// Rooms.

u32 state::find_room(std::string_view folded) const noexcept {
    const u32 hash = keyed_hash(key, folded);
    for (u32 slot = nil; (slot = rooms_by_name.next(hash, slot)) != nil;) {
        if (is_same_text(name(slot), folded)) return slot;
    }
    return nil;
}

bool state::can_see(u32 user, bool by_host, u32 room) const noexcept {
    if (room == nil || rooms[room].closing) return false;
    return by_host || (user != nil && find_membership(user, room) != nil);
}

u32 state::add_room(std::string_view room_name, u64 owner) noexcept {
    const u32 slot = rooms.take();
    room_data& r = rooms[slot];
    r.id = ++rooms_made;
    r.owner = owner;
    r.capacity = rules.room_capacity;
    r.reserved = rules.room_pages_reserved;
    r.changed_at = event;
    messages.reserved += r.reserved;
    names.set(slot, room_name);
    r.name_size = static_cast<u8>(room_name.size());
    rooms_order.append(links_of(rooms, &room_data::order), slot);
    rooms_by_name.insert(keyed_hash(key, room_name), slot);
    watch->room_reset(watching, slot);
    return slot;
}

void state::set_text(u32 room, std::string_view title, std::string_view topic) noexcept {
    room_data& r = rooms[room];
    titles.set(room, title);
    topics.set(room, topic);
    r.title_size = static_cast<u16>(title.size());
    r.topic_size = static_cast<u16>(topic.size());
}

void state::room_changed(u32 room) noexcept {
    rooms[room].changed_at = event;
    watch->room_changed(watching, room);
}

// From here on nobody sees it and its name is free; what it holds is taken away bit by bit.
void state::close_room(u32 room) noexcept {
    room_data& r = rooms[room];
    r.closing = true;
    rooms_by_name.remove(keyed_hash(key, name(room)), room);
    rooms_order.remove(links_of(rooms, &room_data::order), room);
    rooms_closing.append(links_of(rooms, &room_data::order), room);
}

/// Takes away what a closing room holds; true when all of it and the room are gone.
bool state::reap_room(u32 room) noexcept {
    room_data& r = rooms[room];
    for (; r.members.count != 0; --effects) {
        if (effects == 0) return false;
        const u32 user = member_lists.at(member_lists.last(r.members));
        drop_member(user, find_membership(user, room), parting::destroyed);
    }
    return reap_empty_room(room);
}

bool state::reap_empty_room(u32 room) noexcept {
    room_data& r = rooms[room];
    for (; r.pages != 0; --effects) {
        if (effects == 0) return false;
        messages.give_page(room);
    }
    watch->room_reset(watching, room);
    messages.reserved -= r.reserved;
    rooms_closing.remove(links_of(rooms, &room_data::order), room);
    r.name_size = 0;   // Lists pass by it.
    rooms.give(room);
    return true;
}

// Members.

u32 state::find_membership(u32 user, u32 room) const noexcept {
    u32 m = users[user].memberships;
    while (m != nil && memberships[m].room != room) m = memberships[m].next;
    return m;
}

u32 state::add_member(u32 user, u32 room) noexcept {
    user_data& u = users[user];
    room_data& r = rooms[room];
    u32* link = &u.memberships;
    while (*link != nil && rooms[memberships[*link].room].id < r.id) {
        link = &memberships[*link].next;
    }
    const u32 slot = memberships.take();
    memberships[slot] = {room, *link, member_lists.push(r.members, user)};
    *link = slot;
    ++u.rooms;
    ++r.roster;
    r.changed_at = event;
    watch->member_added(watching, user, slot);
    return slot;
}

// The last of the room's list takes the place.
void state::unlist_member(const membership_data& m) noexcept {
    chunk_list& members = rooms[m.room].members;
    const chunk_place end = member_lists.last(members);
    if (m.at != end) {
        const u32 moved = member_lists.at(end);
        member_lists.at(m.at) = moved;
        memberships[find_membership(moved, m.room)].at = m.at;
    }
    member_lists.pop(members);
}

void state::drop_member(u32 user, u32 membership, parting reason) noexcept {
    const membership_data& m = memberships[membership];
    room_data& r = rooms[m.room];
    unlist_member(m);
    u32* link = &users[user].memberships;
    while (*link != membership) link = &memberships[*link].next;
    *link = m.next;
    --users[user].rooms;
    ++r.roster;
    r.changed_at = event;
    watch->member_removed(watching, user, membership, reason);
    memberships.give(membership);
}

void state::remove_member(u32 user, u32 membership, parting reason) noexcept {
    const u32 room = memberships[membership].room;
    const room_data& r = rooms[room];
    drop_member(user, membership, reason);
    if (r.members.count == 0 && !r.persistent && !r.closing) {
        close_room(room);
        reap_empty_room(room);
    }
}

// Commands.

static error check_new_room(const state& in, const request& what, fault& why) noexcept {
    if (in.rules.rooms_by_host_only != 0 && !what.by_host()) return why(error::forbidden, "room");
    if (in.rooms.count >= in.shared.rooms_max) {
        return why(error::rooms_full, "rooms_max", in.shared.rooms_max, in.rooms.count);
    }
    const u64 pages = u64{in.messages.reserved} + in.rules.room_pages_reserved;
    if (pages > in.shared.history_pages_max) {
        return why(error::history_full, "history_pages_max", in.shared.history_pages_max, pages);
    }
    return error::none;
}

static error check_new_member(const state& in, u32 user, u32 room, fault& why) noexcept {
    const limits& l = in.shared;
    if (in.memberships.count >= l.members_max) {
        return why(error::members_full, "members_max", l.members_max, in.memberships.count);
    }
    if (in.users[user].rooms >= l.rooms_per_user_max) {
        return why(error::user_rooms_full, "rooms_per_user_max", l.rooms_per_user_max,
                   in.users[user].rooms);
    }
    if (room != nil && in.rooms[room].members.count >= in.rooms[room].capacity) {
        return why(error::room_full, "capacity", in.rooms[room].capacity,
                   in.rooms[room].members.count);
    }
    return error::none;
}

error check_capacity(const state& in, u64 capacity, fault& why) noexcept {
    if (capacity <= in.shared.members_max) return error::none;
    return why(error::number_out_of_range, "capacity", in.shared.members_max, capacity);
}

static error check_create(const state& in, request& what, fault& why) {
    const create& c = what.as<create>();
    if ((c.persistent || c.managed || what.user == nil) && !what.by_host()) {
        return why(error::forbidden, c.persistent ? "persistent" : "managed");
    }
    if (in.find_room(c.room) != nil) return why(error::room_exists, "room");
    if (error e = check_capacity(in, c.capacity, why); e != error::none) return e;
    if (error e = check_new_room(in, what, why); e != error::none) return e;
    return what.user == nil ? error::none : check_new_member(in, what.user, nil, why);
}

static void apply_create(state& in, const request& what, applied& done) {
    const create& c = what.as<create>();
    done.room = in.add_room(c.room, what.user == nil ? 0 : in.users[what.user].id);
    room_data& r = in.rooms[done.room];
    if (c.capacity != 0) r.capacity = c.capacity;
    // A room that the host makes for nobody would be gone before anybody could join it.
    r.persistent = c.persistent || what.user == nil;
    r.managed = c.managed;
    in.set_text(done.room, c.title, c.topic);
    if (what.user != nil) in.add_member(what.user, done.room);
}

static error check_join(const state& in, request& what, fault& why) {
    const u32 room = what.room = in.find_room(what.as<join>().room);
    if (room == nil) {
        if (in.rules.create_on_join == 0) return why(error::room_unknown, "room");
        if (error e = check_new_room(in, what, why); e != error::none) {
            return e == error::forbidden ? why(error::room_unknown, "room") : e;
        }
        return check_new_member(in, what.user, nil, why);
    }
    if (in.find_membership(what.user, room) != nil) return error::none;
    if (in.rooms[room].managed && !what.by_host()) return why(error::room_managed, "room");
    return check_new_member(in, what.user, room, why);
}

static void apply_join(state& in, const request& what, applied& done) {
    done.room = what.room;
    if (done.room == nil) done.room = in.add_room(what.as<join>().room, in.users[what.user].id);
    if (in.find_membership(what.user, done.room) == nil) in.add_member(what.user, done.room);
}

static error check_leave(const state& in, request& what, fault& why) {
    const u32 room = what.room = in.find_room(what.as<leave>().room);
    if (room == nil || in.find_membership(what.user, room) == nil) {
        return why(error::room_unknown, "room");
    }
    if (in.rooms[room].managed && !what.by_host()) return why(error::room_managed, "room");
    return error::none;
}

static void apply_leave(state& in, const request& what, applied&) {
    in.remove_member(what.user, in.find_membership(what.user, what.room),
                     what.by_host() ? parting::removed : parting::left);
}

static constexpr command_rule room_rules[] = {
    {command_type::create, 0, &shape_command_create, check_create, apply_create},
    {command_type::join, needs_user, &shape_command_join, check_join, apply_join},
    {command_type::leave, needs_user, &shape_command_leave, check_leave, apply_leave},
    {command_type::rooms, reads, &shape_command_rooms, nullptr, nullptr},
    {command_type::members, reads, &shape_command_members, nullptr, nullptr},
};

}  // namespace chatroom::detail

namespace chatroom::features {

const detail::feature& rooms() noexcept {
    static constexpr detail::feature all{
        "rooms", detail::room_rules, sizeof detail::room_rules / sizeof *detail::room_rules};
    return all;
}

}  // namespace chatroom::features

// ---- src/state/posts.cpp ------------------------------------------------------------------------

namespace chatroom::detail {

// What the author said, in one number: a resend says the same, a misused nonce does not.
static u32 content_of(const post& p) noexcept {
    char head[9];
    head[0] = static_cast<char>(p.kind);
    store_le64(head + 1, p.reply_to);
    return crc32c(crc32c(0, head, sizeof head), p.text.data(), p.text.size());
}

static error check_post(const state& in, request& what, fault& why) {
    const post& p = what.as<post>();
    const u32 room = what.room = in.find_room(p.room);
    if (!in.can_see(what.user, what.by_host(), room)) return why(error::room_unknown, "room");
    if (!p.nonce.empty()) {
        const u64 user = what.user == nil ? 0 : in.users[what.user].id;
        if (!in.messages.nonces) return why(error::member_invalid, "nonce");
        u32 said = 0;
        what.repeated = in.messages.find_nonce(room, user, p.nonce, said);
        if (what.repeated != 0) {
            return said == content_of(p) ? error::none : why(error::nonce_reused, "nonce");
        }
    }
    const room_data& r = in.rooms[room];
    if (p.reply_to != 0 && (p.reply_to > r.last || p.reply_to < in.messages.first(r))) {
        return why(error::reply_unknown, "reply_to", r.last, p.reply_to);
    }
    return error::none;
}

static void apply_post(state& in, const request& what, applied& done) {
    const post& p = what.as<post>();
    done.room = what.room;
    if (what.repeated != 0) {   // Said already: the answer is the first one's.
        done.number = what.repeated;
        done.time = in.messages.read(done.room, what.repeated, p.room).time;
        return;
    }
    message_facts known;
    known.time = in.time;
    if (what.user != nil) {
        known.user = in.users[what.user].id;
        known.nick = in.nick(what.user);
    }
    if (!p.nonce.empty()) known.content = content_of(p);
    in.messages.append(done.room, p, known, in.rules);
    done.number = in.rooms[done.room].last;
    in.watch->posted(in.watching, done.room);
}

static constexpr command_rule post_rules[] = {
    {command_type::post, 0, &shape_command_post, check_post, apply_post},
    {command_type::history, reads, &shape_command_history, nullptr, nullptr},
};

}  // namespace chatroom::detail

namespace chatroom::features {

const detail::feature& posts() noexcept {
    static constexpr detail::feature all{
        "posts", detail::post_rules, sizeof detail::post_rules / sizeof *detail::post_rules};
    return all;
}

}  // namespace chatroom::features

// ---- src/state/settings.cpp ---------------------------------------------------------------------

namespace chatroom::detail {

// What hosts and owners change while the engine runs.

static const described_member* find_policy(std::string_view name) noexcept {
    for (u32 i = 0; i < shape_policies.count; ++i) {
        if (shape_policies.members[i].called() == name) return &shape_policies.members[i];
    }
    return nullptr;
}

static error check_configure(const state& in, request& what, fault& why) {
    const configure& c = what.as<configure>();
    const described_member* policy = find_policy(c.name);
    if (policy == nullptr) {
        why(error::invalid_argument, "name");
        why.found = c.name;
        return why.error;
    }
    policies next = in.rules;
    if (!set_number(&next, *policy, c.value)) {
        return why(error::number_out_of_range, "value", 0xffffffffu, c.value);
    }
    if (!policies_valid(next, in.shared)) return why(error::number_out_of_range, policy->name);
    return error::none;
}

static void apply_configure(state& in, const request& what, applied&) {
    const configure& c = what.as<configure>();
    set_number(&in.rules, *find_policy(c.name), c.value);
}

// Decimal digits to a number; false for anything else.
static bool parse_number(std::string_view text, u64& value) noexcept {
    value = 0;
    if (text.empty() || text.size() > 10) return false;
    for (char c : text) {
        if (c < '0' || c > '9') return false;
        value = value * 10 + static_cast<u64>(c - '0');
    }
    return true;
}

static error check_set_text(const set& s, u32 bytes_max, fault& why) noexcept {
    if (s.value.size() <= bytes_max) return error::none;
    return why(error::member_too_long, "value", bytes_max, s.value.size());
}

static error check_set(const state& in, request& what, fault& why) {
    const set& s = what.as<set>();
    const u32 room = what.room = in.find_room(s.room);
    if (!in.can_see(what.user, what.by_host(), room)) return why(error::room_unknown, "room");
    const room_data& r = in.rooms[room];
    const bool owner = what.user != nil && r.owner == in.users[what.user].id;
    const bool plain = s.property <= room_property::capacity;
    if (!what.by_host() && !(owner && plain)) return why(error::forbidden, "property");
    if (s.property == room_property::title) {
        return check_set_text(s, in.shared.title_bytes_max, why);
    }
    if (s.property == room_property::topic) {
        return check_set_text(s, in.shared.topic_bytes_max, why);
    }
    u64 number = 0;
    if (!parse_number(s.value, number)) return why(error::member_invalid, "value");
    if (s.property == room_property::capacity) return check_capacity(in, number, why);
    return number <= 1 ? error::none : why(error::number_out_of_range, "value", 1, number);
}

static void apply_set(state& in, const request& what, applied& done) {
    const set& s = what.as<set>();
    done.room = what.room;
    room_data& r = in.rooms[done.room];
    u64 number = 0;
    parse_number(s.value, number);
    switch (s.property) {
    case room_property::title: in.set_text(done.room, s.value, in.topic(done.room)); break;
    case room_property::topic: in.set_text(done.room, in.title(done.room), s.value); break;
    case room_property::capacity:
        r.capacity = number != 0 ? static_cast<u32>(number) : in.rules.room_capacity;
        break;
    case room_property::persistent: r.persistent = number != 0; break;
    case room_property::managed: r.managed = number != 0; break;
    }
    in.room_changed(done.room);
    if (r.members.count == 0 && !r.persistent) {
        in.close_room(done.room);
        in.reap_room(done.room);
        done.room = nil;
    }
}

static error check_destroy(const state& in, request& what, fault& why) {
    what.room = in.find_room(what.as<destroy>().room);
    return what.room == nil ? why(error::room_unknown, "room") : error::none;
}

static void apply_destroy(state& in, const request& what, applied&) {
    in.close_room(what.room);
    in.reap_room(what.room);
}

static constexpr command_rule settings_rules[] = {
    {command_type::configure, host_only, &shape_command_configure, check_configure,
     apply_configure},
    {command_type::set, 0, &shape_command_set, check_set, apply_set},
    {command_type::destroy, host_only, &shape_command_destroy, check_destroy, apply_destroy},
};

}  // namespace chatroom::detail

namespace chatroom::features {

const detail::feature& settings() noexcept {
    static constexpr detail::feature all{
        "settings", detail::settings_rules,
        sizeof detail::settings_rules / sizeof *detail::settings_rules};
    return all;
}

}  // namespace chatroom::features

// ---- src/state/server.cpp -----------------------------------------------------------------------

namespace chatroom::detail {

static error check_nothing_to_decide(const state&, request&, fault&) { return error::none; }

// The limits as one row of numbers. Those of one node that others need not share are left out.
constexpr u32 limits_count = sizeof(limits) / sizeof(u32);

static u32 limit_at(const limits& of, u32 i) noexcept {
    u32 value = 0;
    std::memcpy(&value, reinterpret_cast<const char*>(&of) + i * sizeof value, sizeof value);
    return value;
}

static bool is_shared(u32 limit) noexcept { return !is_node_local(limit * sizeof(u32)); }

// The first boot tells the limits; later ones only ever raise them.
static void raise_limits(limits& shared, const limits& told, bool booted) noexcept {
    for (u32 i = 0; i < limits_count; ++i) {
        const u32 value = limit_at(told, i);
        if (!is_shared(i) || (booted && value <= limit_at(shared, i))) continue;
        std::memcpy(reinterpret_cast<char*>(&shared) + i * sizeof value, &value, sizeof value);
    }
}

static error check_boot(const state& in, request& what, fault& why) {
    const boot& with = what.as<boot>();
    if (with.behaviour > behaviour_version) return why(error::behaviour_unknown);
    for (u32 i = 0; i < limits_count; ++i) {
        if (is_shared(i) && limit_at(with.limits, i) > limit_at(in.capacity, i)) {
            return why(error::limit_too_small);
        }
    }
    // Each node's limits are sound, but together they may ask for larger pages than any has.
    limits raised = in.shared;
    raise_limits(raised, with.limits, in.booted);
    if (!limits_valid(raised)) return why(error::config_invalid);
    const u32 node = in.find_node(what.node);
    if (node != nil && what.incarnation <= in.nodes[node].incarnation) {
        return why(error::incarnation_stale, "incarnation", in.nodes[node].incarnation + u64{1},
                   what.incarnation);
    }
    if (node == nil && in.nodes.count >= raised.nodes_max) {
        return why(error::nodes_full, "nodes_max", raised.nodes_max, in.nodes.count);
    }
    return error::none;
}

static void apply_boot(state& in, const request& what, applied&) {
    const boot& with = what.as<boot>();
    raise_limits(in.shared, with.limits, in.booted);
    if (!in.booted) in.rules = with.policies;
    in.booted = true;
    u32 node = in.find_node(what.node);
    if (node == nil) {
        node = in.nodes.take();
        in.nodes[node].id = what.node;
    }
    in.nodes[node].incarnation = what.incarnation;
    in.advance();
}

static void apply_advance(state& in, const request&, applied&) { in.advance(); }

static constexpr command_rule server_rules[] = {
    {command_type::boot, engine_only, nullptr, check_boot, apply_boot},
    {command_type::advance, engine_only, &shape_advance, check_nothing_to_decide, apply_advance},
    {command_type::bind, engine_only, &shape_bind, check_bind, apply_bind},
    {command_type::unbind, engine_only, &shape_unbind, check_unbind, apply_unbind},
    {command_type::ping, reads, &shape_command_ping, nullptr, nullptr},
};

const feature& server_feature() noexcept {
    static constexpr feature all{"server", server_rules,
                                 sizeof server_rules / sizeof *server_rules};
    return all;
}

}  // namespace chatroom::detail

// ---- src/edge/record.hpp ------------------------------------------------------------------------

namespace chatroom::detail {

/// Memory for what a decoded command needs beyond its frame; given back as a whole.
struct scratch {
    char* base = nullptr;
    std::size_t capacity = 0;
    std::size_t used = 0;

    void* take(std::size_t bytes) noexcept {
        const std::size_t from = (used + 7) & ~std::size_t{7};
        if (from > capacity || bytes > capacity - from) return nullptr;
        used = from + bytes;
        return base + from;
    }
    /// From the end, until the capacity is what it was.
    void* borrow(std::size_t bytes) noexcept {
        if (bytes > capacity) return nullptr;
        const std::size_t from = (capacity - bytes) & ~std::size_t{7};
        if (from < used) return nullptr;
        capacity = from;
        return base + from;
    }
};

/// Writes bytes up to a capacity; beyond, only `full` is set. Without `out` it only counts.
struct byte_writer {
    char* out = nullptr;
    std::size_t capacity = 0;
    std::size_t size = 0;
    bool full = false;
    sha256* hash = nullptr;   ///< Sees every byte, if there is one.

    void bytes(const void* from, std::size_t n) noexcept;
    void number(u64 value) noexcept;   ///< 7 bits a byte, the lowest first (LEB128).
};

/// Reads what `byte_writer` wrote; `bad` is set by anything that is not that.
struct byte_reader {
    const char* at = nullptr;
    const char* end = nullptr;
    bool bad = false;

    u64 number() noexcept;
    std::string_view bytes(u64 n) noexcept;
};

/// Writes the members that are not absent: tag, value; ended by a tag of 0.
void encode_members(byte_writer& to, const described& shape, const void* body) noexcept;

/// Reads them into a struct that holds its defaults; false when they are not of this shape.
bool decode_members(byte_reader& from, const described& shape, void* body, scratch& more) noexcept;

/// Its parts: the member of a tag, null for none; any value but a list; an element of a list.
const described_member* find_tag(const described& shape, u64 tag) noexcept;
bool decode_value(byte_reader& from, void* body, const described_member& m) noexcept;
bool decode_element(byte_reader& from, const described& shape, void* body) noexcept;

// A record:  u16 mark  u16 type  u32 bytes in all  u32 CRC-32C of the rest  u32 node
//            u32 incarnation  u32 session  u64 number  u64 time  members  facts
// all numbers with the lowest byte first.
constexpr u32 record_head = 40;
constexpr u16 record_mark = 0xc4a7;

/// Writes a record. @return its size; 0 when it does not fit.
std::size_t encode_record(const request& what, const described& shape, char* out,
                          std::size_t capacity) noexcept;

/// The bytes of the whole record at the front; 0 when there is none that is undamaged.
std::size_t record_size(std::string_view bytes) noexcept;

/// Reads the head of an undamaged record.
request decode_head(std::string_view record) noexcept;

/// Reads the command and the facts.
bool decode_record(std::string_view record, const described& shape, void* body, facts& known,
                   scratch& more) noexcept;

/// Whether an undamaged record begins anywhere in there: tells damage from a torn end.
bool any_record(std::string_view bytes) noexcept;

}  // namespace chatroom::detail

// ---- src/edge/record.cpp ------------------------------------------------------------------------

namespace chatroom::detail {

void byte_writer::bytes(const void* from, std::size_t n) noexcept {
    if (n > capacity - size) full = true;
    if (full || n == 0) return;
    if (hash != nullptr) hash->update(from, n);
    if (out != nullptr) std::memcpy(out + size, from, n);
    size += n;
}

void byte_writer::number(u64 value) noexcept {
    if (!small_code && value < 0x80 && out != nullptr && hash == nullptr && size < capacity) {
        out[size++] = static_cast<char>(value);   // Mostly.
        return;
    }
    char digits[10];
    u32 n = 0;
    for (; value >= 0x80; value >>= 7) digits[n++] = static_cast<char>(value | 0x80);
    digits[n++] = static_cast<char>(value);
    bytes(digits, n);
}

u64 byte_reader::number() noexcept {
    if (!small_code && at != end && static_cast<u8>(*at) < 0x80) return static_cast<u8>(*at++);
    u64 value = 0;
    for (u32 shift = 0; shift < 64; shift += 7) {
        if (at == end) break;
        const u64 digit = static_cast<unsigned char>(*at++);
        if (shift == 63 && digit > 1) break;
        value |= (digit & 0x7f) << shift;
        if (digit < 0x80) return value;
    }
    bad = true;
    return 0;
}

std::string_view byte_reader::bytes(u64 n) noexcept {
    if (n > static_cast<u64>(end - at)) {
        bad = true;
        return {};
    }
    const char* const from = at;
    at += n;
    return {from, static_cast<std::size_t>(n)};
}

// Members. Elements of lists hold no lists, so the two levels are two functions.

static void encode_value(byte_writer& to, const void* body, const described_member& m) noexcept {
    if (m.kind == kind::text) {
        const std::string_view& text = text_of(body, m);
        to.number(text.size());
        to.bytes(text.data(), text.size());
    } else {
        to.number(number_of(body, m));
    }
}

static void encode_element(byte_writer& to, const described& shape, const void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (is_absent(body, m)) continue;
        to.number(m.tag);
        encode_value(to, body, m);
    }
    to.number(0);
}

void encode_members(byte_writer& to, const described& shape, const void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (is_absent(body, m) || is_derived(m)) continue;
        to.number(m.tag);
        if (m.kind != kind::items) {
            encode_value(to, body, m);
            continue;
        }
        const any_list items = items_of(body, m);
        const described& element = *static_cast<const described*>(m.extra);
        to.number(items.size);
        for (std::size_t at = 0; at < items.size; ++at) {
            encode_element(to, element, static_cast<const char*>(items.data) + at * element.bytes);
        }
    }
    to.number(0);
}

const described_member* find_tag(const described& shape, u64 tag) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        if (shape.members[i].tag == tag) return &shape.members[i];
    }
    return nullptr;
}

bool decode_value(byte_reader& from, void* body, const described_member& m) noexcept {
    if (m.kind == kind::text) {
        text_of(body, m) = from.bytes(from.number());
        return !from.bad;
    }
    return set_number(body, m, from.number()) && !from.bad;
}

bool decode_element(byte_reader& from, const described& shape, void* body) noexcept {
    for (u64 tag = 0; (tag = from.number()) != 0;) {
        const described_member* m = find_tag(shape, tag);
        if (m == nullptr || !decode_value(from, body, *m)) return false;
    }
    return !from.bad;
}

static bool decode_items(byte_reader& from, void* body, const described_member& m,
                         scratch& more) noexcept {
    const described& element = *static_cast<const described*>(m.extra);
    const u64 count = from.number();
    if (from.bad || count > static_cast<u64>(from.end - from.at)) return false;
    const std::size_t bytes = static_cast<std::size_t>(count) * element.bytes;
    char* const data = static_cast<char*>(more.take(bytes));
    if (data == nullptr) return false;
    std::memset(data, 0, bytes);   // Every member of an element is 0 or empty by default.
    for (std::size_t at = 0; at < count; ++at) {
        if (!decode_element(from, element, data + at * element.bytes)) return false;
    }
    set_items(body, m, {data, static_cast<std::size_t>(count)});
    return true;
}

bool decode_members(byte_reader& from, const described& shape, void* body,
                    scratch& more) noexcept {
    for (u64 tag = 0; (tag = from.number()) != 0;) {
        const described_member* m = find_tag(shape, tag);
        if (m == nullptr) return false;
        const bool good = m->kind == kind::items ? decode_items(from, body, *m, more)
                                                 : decode_value(from, body, *m);
        if (!good) return false;
    }
    return !from.bad;
}

// Records.

std::size_t encode_record(const request& what, const described& shape, char* out,
                          std::size_t capacity) noexcept {
    if (capacity < record_head) return 0;
    byte_writer to{out, capacity, record_head};
    encode_members(to, shape, what.body);
    encode_members(to, shape_facts, &what.known);
    if (to.full) return 0;
    store_le16(out, record_mark);
    store_le16(out + 2, static_cast<u16>(what.type));
    store_le32(out + 4, static_cast<u32>(to.size));
    store_le32(out + 12, what.node);
    store_le32(out + 16, what.incarnation);
    store_le32(out + 20, what.session);
    store_le64(out + 24, what.number);
    store_le64(out + 32, what.time);
    const u32 head = crc32c(0, out, 8);
    store_le32(out + 8, crc32c(head, out + 12, to.size - 12));
    return to.size;
}

std::size_t record_size(std::string_view bytes) noexcept {
    if (bytes.size() < record_head || load_le16(bytes.data()) != record_mark) return 0;
    const u32 size = load_le32(bytes.data() + 4);
    if (size < record_head || size > bytes.size()) return 0;
    const u32 head = crc32c(0, bytes.data(), 8);
    const bool whole = load_le32(bytes.data() + 8) == crc32c(head, bytes.data() + 12, size - 12);
    return whole ? size : 0;
}

request decode_head(std::string_view record) noexcept {
    const char* const at = record.data();
    request what;
    what.type = static_cast<command_type>(load_le16(at + 2));
    what.node = load_le32(at + 12);
    what.incarnation = load_le32(at + 16);
    what.session = load_le32(at + 20);
    what.number = load_le64(at + 24);
    what.time = load_le64(at + 32);
    return what;
}

bool decode_record(std::string_view record, const described& shape, void* body, facts& known,
                   scratch& more) noexcept {
    byte_reader from{record.data() + record_head, record.data() + record.size()};
    return decode_members(from, shape, body, more) &&
           decode_members(from, shape_facts, &known, more) && from.at == from.end;
}

// Checksums cost what they cover, so there is an end to them: what has so many beginnings of
// records is no torn end.
bool any_record(std::string_view bytes) noexcept {
    u64 left = 16 * u64{bytes.size()};
    for (; bytes.size() >= record_head; bytes.remove_prefix(1)) {
        if (load_le16(bytes.data()) != record_mark) continue;
        const u64 cost = smaller<u64>(load_le32(bytes.data() + 4), bytes.size());
        if (cost > left || record_size(bytes) != 0) return true;
        left -= cost;
    }
    return false;
}

}  // namespace chatroom::detail

// ---- src/edge/codec.hpp -------------------------------------------------------------------------

namespace chatroom::detail {

/// The registered commands.
struct dispatch {
    const feature* server = nullptr;
    list<const feature*> features{};

    const command_rule* find(command_type type) const noexcept;
    const command_rule* find(std::string_view op) const noexcept;
};

/// A command as a frame told it.
struct decoded {
    const command_rule* rule = nullptr;
    void* body = nullptr;
    u64 ref = 0;
    bool help = false;         ///< It asks for the codec's help.
    bool nothing = false;      ///< It says nothing and wants no answer.
    bool quiet = false;        ///< It wants no answer unless it is refused.
};

/// A token while it is on its way to the client.
struct secret {
    u8 token[16];            ///< Meaningless unless `made`.
    bool made = false;
};

/// Who offers a command, and how the outcome gets back.
struct offering {
    u32 slot = nil;                   ///< The session; nil: the host or the engine.
    u32 session = 0;                   ///< Its id, or `host`.
    u64 behalf = 0;
    u64 ref = 0;
    bool framed = false;               ///< It came as a frame: a reply is due.
    bool quiet = false;                ///< But only when it is refused.
    outcome* result = nullptr;         ///< Where a typed call wants to have it.
    u64 ticket = 0;                    ///< Of a call whose outcome comes by `observe`.
};
constexpr offering by_nobody{};

struct outbox;

/// Frames in and replies out, the same for all codecs; linked with any of them.
struct framing {
    error (*take)(core& c, u32 slot, std::string_view frame);
    bool (*send_reply)(outbox& o, u32 session);
    void (*reply_done)(core& c, const offering& by, const applied& done, const secret& made);
    void (*reply_refused)(core& c, const offering& by);
};
const framing& frames() noexcept;

/// What an item of a list in a reply takes at the most.
constexpr std::size_t page_item_bytes = sizeof(message);
static_assert(sizeof(room_item) <= page_item_bytes && sizeof(member_item) <= page_item_bytes);

/// What reading a frame borrows besides its texts.
constexpr std::size_t frame_facts_bytes = 144 * sizeof(void*);

/// How frames look, one way and the other. Neither knows a single command or event: they walk
/// the descriptions.
struct codec {
    chatroom::wire wire;
    /// Reads a frame; on failure says where and why.
    error (*decode)(const dispatch& known, std::string_view frame, scratch& more, decoded& out,
                    fault& why);
    /// Writes an event. @return its size; 0 when it does not fit.
    std::size_t (*encode)(const event& what, char* out, std::size_t capacity);
    /// Writes what can be asked for, where the codec is for people; else null.
    std::size_t (*help)(const dispatch& known, char* out, std::size_t capacity);
    const framing& (*frames)();
};

}  // namespace chatroom::detail

// ---- src/edge/protocol.hpp ----------------------------------------------------------------------

namespace chatroom::detail {

/// Finds what a command's frame names: the description, and memory for its struct.
error begin_command(const command_rule* rule, std::string_view op, scratch& more, decoded& out,
                    fault& why) noexcept;

/// Whether a line that names no room means the session's; not where a new one is meant.
inline bool takes_current_room(const described& shape) noexcept {
    return shape.type != static_cast<u16>(command_type::create) &&
           shape.type != static_cast<u16>(command_type::join);
}

/// Names the room where a command with a room names none.
void fill_room(const described& shape, void* body, std::string_view room) noexcept;

/// One bit for each member of a command.
inline u32 bit_of(const described_member& m) noexcept { return u32{1} << m.tag; }

/// Whether those that must be there were named, out of the bits of those that were. Texts are left
/// to the gate, for which an empty one is missing.
error check_named(const described& shape, u32 named, fault& why) noexcept;

/// The number of a choice by its name; false when there is none of this name.
bool find_choice(const described_member& m, std::string_view name, u64& value) noexcept;

/// The member of this name; null for those of later versions.
const described_member* find_json_member(const described& shape, const json_member& from) noexcept;

/// Reads any value but a list into its member; null as if it were not there.
error read_json_value(const json_member& from, void* body, const described_member& m,
                      scratch& more, fault& why) noexcept;

/// Writes a command's or an event's frame. @return its size; 0 when it does not fit
std::size_t write_json_frame(const described& shape, const void* body, char* out,
                             std::size_t capacity) noexcept;

}  // namespace chatroom::detail

// ---- src/edge/protocol.cpp ----------------------------------------------------------------------

namespace chatroom::detail {

// Dispatch.

// The commands of a feature stand by their types.
const command_rule* dispatch::find(command_type type) const noexcept {
    for (std::size_t f = 0; f <= features.size; ++f) {
        const feature& in = f < features.size ? *features[f] : *server;
        if (!small_code && (type < in.rules[0].type || type > in.rules[in.count - 1].type)) {
            continue;
        }
        for (u32 i = 0; i < in.count; ++i) {
            if (in.rules[i].type == type) return &in.rules[i];
        }
    }
    return nullptr;
}

const command_rule* dispatch::find(std::string_view op) const noexcept {
    for (std::size_t f = 0; f <= features.size; ++f) {
        const feature& in = f < features.size ? *features[f] : *server;
        const command_rule* const end = in.rules + in.count;
        for (const command_rule* rule = in.rules; rule != end; ++rule) {
            if ((rule->flags & engine_only) != 0) continue;
            if (is_same_text(op, rule->shape->called())) return rule;
        }
    }
    return nullptr;
}

error begin_command(const command_rule* rule, std::string_view op, scratch& more, decoded& out,
                    fault& why) noexcept {
    if (rule == nullptr) {
        why(error::op_unknown, "op");
        why.found = op;
        return why.error;
    }
    out.rule = rule;
    out.body = more.take(rule->shape->bytes);
    if (out.body == nullptr) return why(error::frame_too_long);
    std::memset(out.body, 0, rule->shape->bytes);   // Every member is 0 or empty by default.
    return error::none;
}

void fill_room(const described& shape, void* body, std::string_view room) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (m.bound == bound::room_name && m.kind == kind::text && text_of(body, m).empty()) {
            text_of(body, m) = room;
        }
    }
}

error check_named(const described& shape, u32 named, fault& why) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        const bool needed = (m.flags & mandatory) != 0 && m.kind != kind::text;
        if (needed && (named & bit_of(m)) == 0) return why(error::member_missing, m.name);
    }
    return error::none;
}

// JSON in.

constexpr u32 json_members_max = 16;
constexpr u32 json_element_members_max = 8;

// Places for members, as they are: the reader fills those that it counts, and clearing all of
// them would take as long as reading.
static json_member* borrow_members(scratch& more, u32 count) noexcept {
    return static_cast<json_member*>(more.borrow(count * sizeof(json_member)));
}
static_assert((json_members_max + json_element_members_max) * sizeof(json_member) <=
              frame_facts_bytes);

static error bad_value(const described_member& m, const json_member& from, fault& why) noexcept {
    why(error::member_invalid, m.name);
    why.at = from.offset + u64{1};
    return why.error;
}

bool find_choice(const described_member& m, std::string_view name, u64& value) noexcept {
    const char* const* names = static_cast<const char* const*>(m.extra);
    for (value = 0; names[value] != nullptr; ++value) {
        if (view(names[value]) == name) return true;
    }
    return false;
}

static error read_text(const json_member& from, scratch& more, std::string_view& text) noexcept {
    if (from.kind != json_kind::string) return error::member_invalid;
    text = from.value;
    if (!from.escaped) return error::none;
    char* const room = static_cast<char*>(more.take(text.size()));
    if (room == nullptr) return error::frame_too_long;
    return json_string(from, room, text.size(), text) ? error::none : error::member_invalid;
}

error read_json_value(const json_member& from, void* body, const described_member& m,
                      scratch& more, fault& why) noexcept {
    if (from.kind == json_kind::null) return error::none;   // As if it were not there.
    if (!small_code && m.kind == kind::text && from.kind == json_kind::string && !from.escaped) {
        text_of(body, m) = from.value;   // Mostly.
        return error::none;
    }
    i64 number = 0;
    bool flag = false;
    u64 value = 0;
    std::string_view text;
    switch (m.kind) {
    case kind::text:
    case kind::choice:
        if (error e = read_text(from, more, text); e != error::none) {
            return e == error::member_invalid ? bad_value(m, from, why) : why(e);
        }
        if (m.kind == kind::text) {
            text_of(body, m) = text;
            return error::none;
        }
        if (!find_choice(m, text, value)) return bad_value(m, from, why);
        break;
    case kind::flag:
        if (!json_bool(from, flag)) return bad_value(m, from, why);
        value = flag ? 1 : 0;
        break;
    default:
        if (!json_integer(from, number)) return bad_value(m, from, why);
        if (number < 0) return why(error::number_out_of_range, m.name, 0, 0);
        value = static_cast<u64>(number);
        break;
    }
    if (set_number(body, m, value)) return error::none;
    return why(error::number_out_of_range, m.name, 0xffffffffu, value);
}

const described_member* find_json_member(const described& shape,
                                         const json_member& from) noexcept {
    const described_member* const end = shape.members + shape.count;
    for (const described_member* m = shape.members; m != end; ++m) {
        if (json_name_is(from, m->called())) return m;
    }
    return nullptr;   // Unknown members are for later versions.
}

static error json_error(json_result found, u64 base, fault& why) noexcept {
    static constexpr const char* const texts[] = {
        "",           "not an object",         "unexpected byte", "unterminated",
        "bad escape", "bad UTF-8",         "control",         "bad number",
        "too deep",   "duplicate member", "too many members", "trailing bytes"};
    why(error::frame_malformed);
    why.at = base + found.offset + 1;
    why.found = view(texts[static_cast<u32>(found.fault)]);
    return why.error;
}

// @param members  room for the element's; the next element has it then
static error read_element(const json_member& from, const described& shape, void* body,
                          json_member* members, scratch& more, fault& why) noexcept {
    u32 count = 0;
    const json_result found =
        json_read_object(from.value, members, json_element_members_max, count);
    if (found.fault != json_fault::none) return json_error(found, from.offset, why);
    for (u32 i = 0; i < count; ++i) {
        const described_member* m = find_json_member(shape, members[i]);
        if (m == nullptr) continue;
        if (error e = read_json_value(members[i], body, *m, more, why); e != error::none) {
            if (why.at != 0) why.at += from.offset;
            return e;
        }
    }
    return error::none;
}

static error read_items(const json_member& from, void* body, const described_member& m,
                        scratch& more, fault& why) noexcept {
    if (from.kind == json_kind::null) return error::none;
    if (from.kind != json_kind::array) return bad_value(m, from, why);
    const described& element = *static_cast<const described*>(m.extra);
    std::size_t count = 0;
    json_member item;
    for (u32 at = 0; json_next_element(from.value, at, item);) ++count;
    const std::size_t bytes = count * element.bytes;
    char* const data = static_cast<char*>(more.take(bytes));
    json_member* const members = borrow_members(more, json_element_members_max);
    if (data == nullptr || members == nullptr) return why(error::member_too_long, m.name, 0, count);
    std::memset(data, 0, bytes);
    std::size_t n = 0;
    for (u32 at = 0; json_next_element(from.value, at, item); ++n) {
        item.offset += from.offset;
        error e = read_element(item, element, data + n * element.bytes, members, more, why);
        if (e != error::none) return e;
    }
    set_items(body, m, {data, count});
    return error::none;
}

static error read_command(const dispatch& known, std::string_view frame, scratch& more,
                          decoded& out, fault& why) noexcept {
    json_member* const members = borrow_members(more, json_members_max);
    if (members == nullptr) return why(error::frame_too_long);
    u32 count = 0;
    const json_result found = json_read_object(frame, members, json_members_max, count);
    if (found.fault != json_fault::none) return json_error(found, 0, why);
    const json_member* op = nullptr;
    for (u32 i = 0; i < count; ++i) {
        const json_member& m = members[i];
        if (m.kind == json_kind::null) continue;   // As if it were not there.
        if (json_name_is(m, {"op", 2})) {
            op = &m;
        } else if (json_name_is(m, {"ref", 3})) {
            i64 ref = 0;
            if (!json_integer(m, ref) || ref <= 0) {
                why(error::member_invalid, "ref");
                why.at = m.offset + u64{1};
                return why.error;
            }
            out.ref = static_cast<u64>(ref);
        }
    }
    std::string_view name;
    if (op == nullptr) return why(error::op_missing, "op");
    if (read_text(*op, more, name) != error::none) {
        why(error::member_invalid, "op");
        why.at = op->offset + u64{1};
        return why.error;
    }
    if (begin_command(known.find(name), name, more, out, why) != error::none) {
        why.at = op->offset + u64{1};
        return why.error;
    }
    u32 named = 0;
    for (u32 i = 0; i < count; ++i) {
        if (&members[i] == op) continue;
        const described_member* m = find_json_member(*out.rule->shape, members[i]);
        if (m == nullptr) continue;
        if (members[i].kind != json_kind::null) named |= bit_of(*m);
        const error e = m->kind == kind::items
                            ? read_items(members[i], out.body, *m, more, why)
                            : read_json_value(members[i], out.body, *m, more, why);
        if (e != error::none) return e;
    }
    return check_named(*out.rule->shape, named, why);
}

static error json_decode(const dispatch& known, std::string_view frame, scratch& more,
                         decoded& out, fault& why) {
    const std::size_t capacity = more.capacity;
    const error e = read_command(known, frame, more, out, why);
    more.capacity = capacity;
    return e;
}

// JSON out.

// Copies a name; there is room for any.
static char* put_word(char* at, const char* name, u32 size) noexcept {
    std::memcpy(at, name, small_code ? size : word_bytes);
    return at + size;
}

// Begins a member, with a comma where another one stands before it.
static void write_name(json_writer& to, const described_member& m) noexcept {
    if (to.room() < word_bytes + 4) return to.overflow();   // Some more than it takes.
    char* at = to.at;
    if (at[-1] != '{') *at++ = ',';
    *at++ = '"';
    at = put_word(at, m.name, m.name_size);
    *at++ = '"';
    *at++ = ':';
    to.at = at;
}

// Writes a member that is no list, if there is something to tell.
static void write_member(json_writer& to, const void* body, const described_member& m) noexcept {
    if (m.kind == kind::text) {
        const std::string_view text = text_of(body, m);
        if (text.empty() && (m.flags & always) == 0) return;
        write_name(to, m);
        return to.string(text);
    }
    const u64 value = number_of(body, m);
    if (value == 0 && (m.flags & (always | mandatory)) == 0) return;
    write_name(to, m);
    const error code = static_cast<error>(value);
    switch (m.kind) {
    case kind::flag: return to.boolean(value != 0);
    case kind::error_name: return to.string(view(server_error_name(code)));
    case kind::error_text: return to.string(view(server_error_text(code)));
    case kind::choice:
        return to.string(view(static_cast<const char* const*>(m.extra)[value]));
    default: return to.number(value);
    }
}

static void write_items(json_writer& to, const void* body, const described_member& m) noexcept {
    const any_list items = items_of(body, m);
    if (items.size == 0 && (m.flags & always) == 0) return;
    write_name(to, m);
    const described& element = *static_cast<const described*>(m.extra);
    const char* each = static_cast<const char*>(items.data);
    to.raw('[');
    for (std::size_t i = 0; i < items.size && !to.full; ++i, each += element.bytes) {
        if (i != 0) to.raw(',');
        to.raw('{');
        for (u32 n = 0; n < element.count; ++n) write_member(to, each, element.members[n]);
        to.raw('}');
    }
    to.raw(']');
}

std::size_t write_json_frame(const described& shape, const void* body, char* out,
                             std::size_t capacity) noexcept {
    json_writer to{out, out + capacity};
    to.raw("{\"op\":\"");
    if (!small_code && to.room() >= word_bytes) {
        to.at = put_word(to.at, shape.name, shape.name_size);
    } else {
        to.raw(shape.called());
    }
    to.raw('"');
    const described_member* const end = shape.members + shape.count;
    for (const described_member* m = shape.members; m != end; ++m) {
        if (m->kind == kind::items) {
            write_items(to, body, *m);
        } else {
            write_member(to, body, *m);
        }
    }
    to.raw('}');
    return to.full ? 0 : static_cast<std::size_t>(to.at - out);
}

static std::size_t json_encode(const event& what, char* out, std::size_t capacity) {
    return write_json_frame(*describe(what.type), what.body, out, capacity);
}

// Binary: the encoding of records behind a type and a ref.

static error binary_decode(const dispatch& known, std::string_view frame, scratch& more,
                           decoded& out, fault& why) {
    byte_reader from{frame.data(), frame.data() + frame.size()};
    const u64 type = from.number();
    out.ref = from.number();
    const command_rule* rule = type <= 0xffff ? known.find(static_cast<command_type>(type))
                                              : nullptr;
    if (from.bad) {
        why(error::frame_malformed);
        why.at = static_cast<u64>(from.at - frame.data()) + 1;
        return why.error;
    }
    if (rule != nullptr && (rule->flags & engine_only) != 0) rule = nullptr;
    if (begin_command(rule, {}, more, out, why) != error::none) return why.error;
    if (decode_members(from, *rule->shape, out.body, more) && from.at == from.end) {
        return error::none;
    }
    why(error::frame_malformed);
    why.at = static_cast<u64>(from.at - frame.data()) + 1;
    return why.error;
}

static std::size_t binary_encode(const event& what, char* out, std::size_t capacity) {
    byte_writer to{out, capacity};
    to.number(static_cast<u64>(what.type));
    encode_members(to, *describe(what.type), what.body);
    return to.full ? 0 : to.size;
}

}  // namespace chatroom::detail

namespace chatroom::codecs {

const codec& json() noexcept {
    static constexpr codec all{wire::json, detail::json_decode, detail::json_encode,
                               nullptr, detail::frames};
    return all;
}

const codec& binary() noexcept {
    static constexpr codec all{wire::binary, detail::binary_decode, detail::binary_encode,
                               nullptr, detail::frames};
    return all;
}

}  // namespace chatroom::codecs

// ---- src/edge/lines.cpp -------------------------------------------------------------------------

namespace chatroom::detail {

// For people at a terminal. A line is said in the session's room; /op arg … key=value is a
// command, its arguments in the order of the description; // says a line that begins with /.

static bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

static std::string_view trimmed(std::string_view line) noexcept {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || is_space(line.back()))) {
        line.remove_suffix(1);
    }
    return line;
}

static void skip_spaces(std::string_view& line) noexcept {
    while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
}

// A word ends at a space that no quotes hold, as in "some words" and title="some words". Quotes
// around all of it, or around its value, are taken off where it is used.
static std::string_view next_word(std::string_view& line) noexcept {
    skip_spaces(line);
    std::size_t n = 0;
    for (bool quoted = false; n < line.size() && (quoted || !is_space(line[n])); ++n) {
        const bool opens = n == 0 || line[n - 1] == '=';
        if (line[n] == '"' && (quoted || opens)) quoted = !quoted;
    }
    const std::string_view word{line.data(), n};
    line.remove_prefix(n);
    return word;
}

static std::string_view unquoted(std::string_view word) noexcept {
    if (word.empty() || word.front() != '"') return word;
    word.remove_prefix(1);
    if (!word.empty() && word.back() == '"') word.remove_suffix(1);
    return word;
}

static bool read_digits(std::string_view word, u64& value) noexcept {
    value = 0;
    if (word.empty() || word.size() > 16) return false;
    for (char c : word) {
        if (!is_digit(c)) return false;
        value = value * 10 + static_cast<u64>(c - '0');
    }
    return true;
}

// What a word stands for where a number, a choice, yes or no is due.
static bool read_word(const described_member& m, std::string_view word, u64& value) noexcept {
    switch (m.kind) {
    case kind::items: return false;   // There are no words for these.
    case kind::choice: return find_choice(m, word, value);
    case kind::flag: value = is_text("yes", word) ? 1 : 0; return value != 0 || is_text("no", word);
    default: return read_digits(word, value);
    }
}

static error set_from_word(void* body, const described_member& m, std::string_view word,
                           fault& why) noexcept {
    if (m.kind == kind::text) {
        text_of(body, m) = word;
        return error::none;
    }
    u64 value = 0;
    if (!read_word(m, word, value)) {
        why.found = word;
        return why(error::member_invalid, m.name);
    }
    if (set_number(body, m, value)) return error::none;
    return why(error::number_out_of_range, m.name, 0xffffffffu, value);
}

// The member that a word of the form key=value names; its value is then in `word`.
static const described_member* named_member(const described& shape,
                                            std::string_view& word) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const std::string_view name = shape.members[i].called();
        if (word.size() <= name.size() || word[name.size()] != '=' ||
            std::memcmp(word.data(), name.data(), name.size()) != 0) {
            continue;
        }
        word.remove_prefix(name.size() + 1);
        return &shape.members[i];
    }
    return nullptr;
}

// The member at a position. A number where a choice is due is meant for the limit, as in
// `/history lobby 5`.
static const described_member* next_member(const described& shape, u32& position,
                                           std::string_view word) noexcept {
    while (position < shape.count && shape.members[position].kind == kind::items) ++position;
    if (position == shape.count) return nullptr;
    const described_member* m = &shape.members[position++];
    if (m->kind != kind::choice || word.empty() || !is_digit(word.front())) return m;
    for (u32 i = position; i < shape.count; ++i) {
        if (is_text("limit", shape.members[i].called())) return &shape.members[i];
    }
    return m;
}

static error read_arguments(const described& shape, std::string_view line, void* body,
                            fault& why) noexcept {
    const char* const end = line.data() + line.size();
    u32 position = 0;
    u32 named = 0;
    for (;;) {
        std::string_view word = next_word(line);
        if (word.empty()) return check_named(shape, named, why);
        const described_member* m = named_member(shape, word);
        if (m == nullptr) m = next_member(shape, position, word);
        if (m == nullptr) {
            why.found = word;
            return why(error::frame_malformed);
        }
        if ((m->flags & rest) != 0) {
            word = {word.data(), static_cast<std::size_t>(end - word.data())};
            line = {};
        } else {
            word = unquoted(word);
        }
        if (error e = set_from_word(body, *m, word, why); e != error::none) return e;
        named |= bit_of(*m);
    }
}

// Commands whose events say it all, so that the reply is left out. Not so where a post has a nonce:
// a resend makes no event.
static bool tells_itself(command_type type, const void* body) noexcept {
    if (type == command_type::post) return static_cast<const post*>(body)->nonce.empty();
    return type == command_type::create || type == command_type::join ||
           type == command_type::leave || type == command_type::nick;
}

// What a line is, before anybody knows whether its command exists.
enum class line_kind : u8 { nothing, help, text, emote, command };

struct line_parts {
    line_kind kind;
    std::string_view op{};
    std::string_view tail{};   // The arguments, or what is said.
};

static line_parts split_line(std::string_view line) noexcept {
    if (line.empty()) return {line_kind::nothing};
    if (line.front() == '/') {
        line.remove_prefix(1);
        if (line.empty() || line.front() != '/') {
            const std::string_view op = next_word(line);
            if (is_text("help", op)) return {line_kind::help};
            if (!is_text("me", op)) return {line_kind::command, op, line};
            skip_spaces(line);
            return {line_kind::emote, view("post"), line};
        }
    }
    return {line_kind::text, view("post"), line};
}

// @param line  all of it, in which a word that is wrong has its place
static error read_parts(const line_parts& parts, std::string_view line, const described& shape,
                        void* body, fault& why) noexcept {
    if (parts.kind == line_kind::command) {
        const error e = read_arguments(shape, parts.tail, body, why);
        const char* const wrong = why.found.data();
        if (wrong != nullptr) why.at = static_cast<u64>(wrong - line.data()) + 1;
        return e;
    }
    post& said = *static_cast<post*>(body);
    said.text = parts.tail;
    said.kind = parts.kind == line_kind::emote ? message_kind::emote : message_kind::text;
    return error::none;
}

static error judge_line(std::string_view line, fault& why) noexcept {
    const std::size_t bad = utf8_invalid_at(line);
    if (bad == line.size()) return error::none;
    why(error::frame_malformed);
    why.at = bad + 1;
    return why.error;
}

static error lines_decode(const dispatch& known, std::string_view frame, scratch& more,
                          decoded& out, fault& why) {
    const std::string_view line = trimmed(frame);
    if (error e = judge_line(line, why); e != error::none) return e;
    const line_parts parts = split_line(line);
    out.nothing = parts.kind == line_kind::nothing;
    out.help = parts.kind == line_kind::help;
    if (out.nothing || out.help) return error::none;
    const command_rule* rule = known.find(parts.op);
    if (begin_command(rule, parts.op, more, out, why) != error::none) return why.error;
    if (error e = read_parts(parts, line, *rule->shape, out.body, why); e != error::none) return e;
    out.quiet = tells_itself(rule->type, out.body);
    return error::none;
}

// For a client's text box, which knows every command that can be typed.

static const described* find_command(std::string_view op) noexcept {
    const described* const* each = all_commands();
    while (*each != nullptr && (*each)->called() != op) ++each;
    return *each;
}

static_assert(sizeof(post) <= sizeof(parsed_line::body) &&
              sizeof(create) <= sizeof(parsed_line::body), "the largest");

static error parse_typed(std::string_view room, std::string_view text, parsed_line& out,
                         fault& why) noexcept {
    const std::string_view line = trimmed(text);
    if (error e = judge_line(line, why); e != error::none) return e;
    const line_parts parts = split_line(line);
    out.help = parts.kind == line_kind::help;
    if (out.help || parts.kind == line_kind::nothing) return error::none;
    const described* const shape = find_command(parts.op);
    if (shape == nullptr) {
        why(error::op_unknown, "op");
        why.found = parts.op;
        return why.error;
    }
    if (error e = read_parts(parts, line, *shape, out.body, why); e != error::none) return e;
    if (takes_current_room(*shape)) fill_room(*shape, out.body, room);
    out.type = static_cast<command_type>(shape->type);
    return error::none;
}

// A line for every event. No byte of a text can begin another line.

static void put(byte_writer& to, std::string_view text) noexcept {
    to.bytes(text.data(), text.size());
}

// A literal, measured by the compiler.
template <std::size_t size>
static void put(byte_writer& to, const char (&literal)[size]) noexcept {
    to.bytes(literal, size - 1);
}

static void put_number(byte_writer& to, u64 value) noexcept {
    char digits[20];
    std::size_t n = sizeof digits;
    do {
        u32 digit = 0;
        value = divide_small(value, 10, digit);
        digits[--n] = static_cast<char>('0' + digit);
    } while (value != 0);
    to.bytes(digits + n, sizeof digits - n);
}

static void put_words(byte_writer& to, std::string_view text) noexcept {
    for (char c : text) {
        const char shown = static_cast<unsigned char>(c) < ' ' ? ' ' : c;
        to.bytes(&shown, 1);
    }
}

static void put_quoted(byte_writer& to, std::string_view text) noexcept {
    put(to, "\"");
    for (char c : text) {
        if (c == '"' || c == '\\') put(to, "\\");
        put_words(to, {&c, 1});
    }
    put(to, "\"");
}

static bool wants_quotes(std::string_view text) noexcept {
    for (char c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '"') return true;
    }
    return false;
}

static void put_value(byte_writer& to, const void* body, const described_member& m) noexcept {
    switch (m.kind) {
    case kind::text:
        if (wants_quotes(text_of(body, m))) {
            put_quoted(to, text_of(body, m));
        } else {
            put_words(to, text_of(body, m));
        }
        break;
    case kind::flag: put(to, view(number_of(body, m) != 0 ? "yes" : "no")); break;
    case kind::error_name:
        put(to, view(server_error_name(static_cast<error>(number_of(body, m)))));
        break;
    case kind::error_text:
        put(to, view(server_error_text(static_cast<error>(number_of(body, m)))));
        break;
    case kind::choice:
        put(to, view(static_cast<const char* const*>(m.extra)[number_of(body, m)]));
        break;
    default: put_number(to, number_of(body, m)); break;
    }
}

static void put_clock(byte_writer& to, u64 time) noexcept {
    u32 ignored = 0, minutes = 0;
    divide_small(divide_small(time, 60000, ignored), 1440, minutes);
    const char digits[] = {' ', static_cast<char>('0' + minutes / 600),
                           static_cast<char>('0' + minutes / 60 % 10), ':',
                           static_cast<char>('0' + minutes % 60 / 10),
                           static_cast<char>('0' + minutes % 10)};
    to.bytes(digits, sizeof digits);
}

// In pages with the time of the day, in UTC; what comes live comes now.
static void put_message(byte_writer& to, const message& m, std::string_view room) noexcept {
    put(to, "[");
    put_words(to, room);
    put(to, " ");
    put_number(to, m.number);
    if (m.room.empty()) put_clock(to, m.time);
    // No nick can be taken for the host: what it says has a mark that others never get.
    put(to, view(m.user == 0 ? "]! " : m.kind == message_kind::emote ? "] * " : "] "));
    put_words(to, m.user == 0 ? view("host") : m.nick);
    put(to, view(m.kind == message_kind::emote ? " " : ": "));
    if (m.bytes != 0) {
        put(to, "(too long: bytes=");
        put_number(to, m.bytes);
        put(to, ")");
    }
    put_words(to, m.text);
}

static void put_page(byte_writer& to, const history_page& page) noexcept {
    for (const message& m : page.messages) {
        put_message(to, m, page.room);
        put(to, "\n");
    }
    put(to, "* history room=");
    put_words(to, page.room);
    put(to, " first=");
    put_number(to, page.first);
    put(to, " last=");
    put_number(to, page.last);
    put(to, view(page.complete ? " complete=yes" : " complete=no"));
}

// What a member tells, if it tells anything.
static void put_member(byte_writer& to, const void* body, const described_member& m) noexcept {
    if (is_absent(body, m) && (m.flags & always) == 0) return;
    put(to, " ");
    put(to, m.called());
    put(to, "=");
    put_value(to, body, m);
}

// What a person can do about it first, then the facts.
static void put_failure(byte_writer& to, const failure& f) noexcept {
    put(to, "* error: ");
    put(to, view(server_error_text(f.error)));
    put(to, " (");
    put(to, view(server_error_name(f.error)));
    for (u32 i = 0; i < describe(event_type::failure)->count; ++i) {
        const described_member& m = describe(event_type::failure)->members[i];
        if (!is_derived(m) && m.kind != kind::i32_number) put_member(to, &f, m);
    }
    put(to, ")");
}

static void put_items(byte_writer& to, const void* body, const described_member& m) noexcept {
    const any_list items = items_of(body, m);
    const described& element = *static_cast<const described*>(m.extra);
    const char* each = static_cast<const char*>(items.data);
    for (std::size_t at = 0; at < items.size; ++at, each += element.bytes) {
        put(to, "\n ");
        for (u32 i = 0; i < element.count; ++i) put_member(to, each, element.members[i]);
    }
    if (items.size != 0) put(to, "\n* end");
}

static void put_event(byte_writer& to, const described& shape, const void* body) noexcept {
    put(to, "* ");
    put(to, shape.called());
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (m.kind == kind::items) {
            put_items(to, body, m);
        } else {
            put_member(to, body, m);
        }
    }
}

static std::size_t lines_encode(const event& what, char* out, std::size_t capacity) {
    byte_writer to{out, capacity};
    if (const message* m = what.as<message>(); m != nullptr) {
        put_message(to, *m, m->room);
    } else if (const history_page* page = what.as<history_page>(); page != nullptr) {
        put_page(to, *page);
    } else if (const failure* f = what.as<failure>(); f != nullptr) {
        put_failure(to, *f);
    } else if (what.type == event_type::welcome) {
        put(to, "* welcome: /guest NAME, /join ROOM, then talk; /help tells what else there is");
    } else {
        put_event(to, *describe(what.type), what.body);
    }
    put(to, "\n");
    return to.full ? 0 : to.size;
}

// What can be typed, out of the descriptions.

// What must be there stands first: all up to the last that nothing stands in for. The others stand
// within each other's brackets, since each wants those before it; but behind one that takes the
// rest of the line they can only be named.
static void put_usage(byte_writer& to, const described& shape) noexcept {
    put(to, "  /");
    put(to, shape.called());
    u32 needed = 0;
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        const bool filled = m.bound == bound::room_name && takes_current_room(shape);
        if ((m.flags & mandatory) != 0 && !filled) needed = i + 1;
    }
    u32 open = 0;
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (m.kind == kind::items) continue;
        if (i >= needed) ++open;
        put(to, view(i < needed ? " " : " ["));
        put(to, m.called());
        if ((m.flags & rest) != 0) break;
    }
    for (; open != 0; --open) put(to, "]");
    put(to, "\n");
}

// As many whole lines as there is room for.
static std::size_t lines_help(const dispatch& known, char* out, std::size_t capacity) {
    byte_writer to{out, capacity};
    put(to, "* A line is said in the room you joined last. // begins one with /. Commands:\n");
    put(to, "  /me what you do\n");
    for (const feature* f : known.features) {
        for (u32 r = 0; r < f->count; ++r) {
            if ((f->rules[r].flags & (host_only | engine_only)) != 0) continue;
            const std::size_t whole = to.size;
            put_usage(to, *f->rules[r].shape);
            if (to.full) return whole;
        }
    }
    const std::size_t whole = to.size;
    put(to, "* key=value names an argument; \"some words\" are one.\n");
    return to.full ? whole : to.size;
}

}  // namespace chatroom::detail

namespace chatroom {

error parse_line(std::string_view room, std::string_view text, parsed_line& out) noexcept {
    out = {};
    detail::fault why;
    const error e = detail::parse_typed(room, text, out, why);
    if (e != error::none) out.refusal = why;
    return e;
}

}  // namespace chatroom

namespace chatroom::codecs {

const codec& lines() noexcept {
    static constexpr codec all{wire::lines, detail::lines_decode, detail::lines_encode,
                               detail::lines_help, detail::frames};
    return all;
}

}  // namespace chatroom::codecs

// ---- src/edge/outbox.hpp ------------------------------------------------------------------------

namespace chatroom::detail {

/// Sessions of one kind of frame, told together. The last kind is told one by one: sessions
/// whose frames are shorter than the engine's.
constexpr u32 audiences = 5;
constexpr u8 told_apart = 4;

struct done_reply {
    u64 user, number, time, room_id;
    u8 token[16];
    u32 room;                ///< Slot of the room, while `room_id` is still its id.
    bool has_token;
};

struct refused_reply {
    u64 limit, value, retry_ms;
    char found[24];
    const char* field;
    u32 at;                  ///< In a frame, so this is enough.
};

struct page_reply {
    u64 number, until, room_id;
    u32 room;
    u32 limit;
    chatroom::selector selector;
};

/// What a session's one reply was, to make it again when it was not taken.
struct reply_data {
    event_type type = event_type::none;
    u8 found_size = 0;
    error why = error::none;
    u64 ref = 0;
    union {
        done_reply done{};
        refused_reply refused;
        page_reply page;
    };
};

/// One connection. Local: nothing of it is shared but that its id is bound to a user.
struct session_data {
    chain_link work;               ///< Among those that have something to catch up.
    bool ended = false;
    bool paused = false;
    bool missed = false;           ///< It did not get the frame at hand.
    bool settling = false;
    bool working = false;
    bool taking = false;           ///< A frame of it is being taken, or queued.
    bool waiting = false;          ///< One of them came as a frame.
    bool replying = false;         ///< Its reply is outstanding.
    bool unbinding = false;        ///< Its unbind is under way.
    bool resync : 1;               ///< It lost a room unheard: tell all of them.
    bool renamed : 1;              ///< Its user's nick changed unheard.
    bool greeted : 1;              ///< It got its `welcome`.
    bool finale : 1;               ///< `caught_up` is due when it is.
    u8 audience = 0;
    u8 lane = 0;                   ///< Its place, from 0, among the sessions of its user.
    chatroom::wire wire = chatroom::wire::json;
    u16 pending = 0;               ///< Records of it that wait for their commit.
    u32 id = 0;                    ///< Stays when it has ended, until it is unbound.
    u32 user = nil;
    u32 next_of_user = nil;        ///< Another session of the same user here.
    u32 settle_next = nil;         ///< Among those paused or ended inside `send`.
    u32 ended_next = nil;          ///< Among those that have ended and are still bound.
    u32 frame_bytes_max = 0;
    u32 bad_frames = 0;
    u32 room = nil;                ///< lines: where a line is said.
    u64 stopped_at = 0;            ///< Event number from which it may have missed something.
};

/// What goes on in delivering a room's events.
struct room_edge {
    u8 telling = 0;            ///< Which audience is being told.
    bool active = false;
    bool lagging = false;      ///< Among those rooms.
    bool state_told = false;   ///< It is the room itself that is told, not a message.
    bool changed = false;      ///< The room itself must be told next.
    bool counted = false;      ///< Likewise, but only at the next count.
    u64 told = 0;              ///< Number of the message being told, or told last.
    u64 from = 0;              ///< Below it everybody has everything; less than `told` in a gap.
    chunk_place at = 0;        ///< Of the next recipient.
    u32 position = 0;          ///< Its position in its audience.
    u32 lag_next = nil;        ///< Among rooms that are being told something.
    u32 count_next = nil;      ///< Among rooms whose count must be told.
    chunk_list audience[audiences];
};

/// Where each session stands in each room, and everything that leaves.
///
/// A *seat* is one word for a session and a membership. Either it is live, and tells the place
/// in the room's audience; or it is a cursor, the number of the last message told. So the
/// history is the send buffer: a session that is paused costs nothing, and nothing is told twice
/// or left out when it comes back.
struct outbox {
    // Begins as zeros. What is used most comes first, where small processors reach it in one short
    // instruction.
    state* in;
    table<session_data> sessions;
    room_edge* edges;                  ///< By the slots of rooms.
    u32* seats;                        ///< By lane and membership.
    chunk_pool seated;
    u32* first_of_user;                ///< By the slots of users: a session here.
    u32 budget;                        ///< Deliveries left in this call.
    statistics* count;

    chain working;
    u32 lag_first, lag_last;
    u32 count_first;
    u32 settle_first;
    u32 ended_first;                   ///< Sessions that have ended and are still to be unbound.
    u32 refused_first;                 ///< Those of them that the log did not let go.
    // What is being sent: a part of a room's audience, or one session.
    u32 sending_room, sending_from, sending_to, sending_session;
    u64 sending_number;                ///< First message that a session misses; 0: none.
    u8 sending_audience;
    bool sending;
    bool orphans;                      ///< A session was bound that is not here.
    u8 slot_bits;                      ///< Of a session's id that are its slot.
    // Of the command being applied.
    u32 joiner, join_history;
    list<cursor> cursors{};

    u32 node, incarnation;
    u32 edges_used;                    ///< Edges beyond this one were never used.
    u64 clock;                         ///< The time, for `welcome`.
    const char* features;
    sender send_{};
    recipient* faces;                  ///< By the slots of the sessions: what hosts see of them.
    const dispatch* known;
    const framing* frames;             ///< Null when no codec is registered.
    const codec* codecs[4];
    reply_data* replies;               ///< By the slots of the sessions.
    char* frame;
    u32 frame_bytes_max;
    u32 page_items_max;                ///< Of lists in replies.
    scratch* more;                     ///< Where they are put together.

    void claim(arena& from, const limits& sizes, u32 codecs_used) noexcept;
    void clear() noexcept;

    u32 find(u32 id) const noexcept;
    /// Slot of what binds a session to its user; none while it has none.
    u32 binding_of(u32 session) const noexcept {
        const session_data& d = sessions[session];
        return d.user == nil ? nil : in->slot_of(d.user, d.lane + 1u);
    }

    /// What a session asked for with the command that is about to be applied: the past of a room
    /// that it joins, or of those that it comes back to.
    void expect(const request& what, u32 session) noexcept {
        if (what.type == command_type::join) {
            joiner = session;
            join_history = what.as<join>().history;
        } else if (what.type == command_type::resume) {
            cursors = what.as<resume>().cursors;
        }
    }
    void expect_nothing() noexcept {
        joiner = nil;
        cursors = {};
    }

    // What happens in the shared state.
    void bound(u32 binding, bool resumed, bool vouched) noexcept;
    void unbound(u32 binding) noexcept;
    void seat_member(u32 user, u32 membership) noexcept;
    void tell_entered(u32 user, u32 membership) noexcept;
    void tell_left(u32 user, u32 membership, parting reason) noexcept;
    void tell_exited(u32 user, u32 membership, parting reason) noexcept;
    void renamed(u32 user, std::string_view old) noexcept;
    void reset_edge(u32 room) noexcept;
    void want_round(u32 room) noexcept;

    bool greet(u32 session) noexcept;
    void retell(u32 session, u32 room, u32 back) noexcept;
    bool tell(u32 session, const event& what) noexcept;

    void pause(u32 session) noexcept;
    void unpause(u32 session) noexcept;
    void end(u32 session) noexcept;
    u32 open_session(u64 tag) noexcept;
    void free_session(u32 session) noexcept;
    void restored() noexcept;

    /// Goes on with what is under way, up to the deliveries of this call.
    void pump() noexcept;
    bool idle() const noexcept { return lag_first == nil && working.first == nil; }
    void tell_counts() noexcept;
    joined describe_room(u32 room, u32 user, bool by_host) const noexcept;

    void want_work(u32 session) noexcept;

    /// Sends what stands in `frame`; afterwards `settle`.
    void deliver_to(u32 session, const event& what, std::size_t size) noexcept;
    void settle() noexcept;

private:
    u32& seat(u32 session, u32 membership) noexcept {
        return seats[static_cast<std::size_t>(sessions[session].lane) * in->memberships.capacity +
                     membership];
    }
    recipients alone(u32 session) noexcept;
    void send(const recipients& to, chatroom::wire as, const event& what, u32 capacity) noexcept;
    void deliver(const recipients& to, const event& what, std::size_t size) noexcept;
    void tell_part(u8 audience, u32 from, const u32* first, u32 n, const event& what) noexcept;
    void send_part(u8 audience, u32 from, const u32* first, u32 n, const event& what) noexcept;
    bool in_span(u32 session) noexcept;
    void leave_audiences(u32 session) noexcept;
    void unseat(u32 session, u32 membership) noexcept;
    void move_seat(u32 membership, chunk_place to, chunk_place from) noexcept;
    void seat_live(u32 session, u32 membership) noexcept;
    void end_work(u32 session) noexcept;
    void settle_later(u32 session) noexcept;

    void supersede(u32 user, u32 room) noexcept;
    bool tell_you(u32 session) noexcept;
    const u32* entries(const chunk_list& of) const noexcept {
        return seated.chunks[of.head].entries;
    }

    void notify(u32 room, const event& what) noexcept;
    bool next_round(u32 room) noexcept;
    bool tell_room(u32 room, u32 most) noexcept;
    void tell_slice(u32 room, u32 most) noexcept;
    void send_round(u32 room, u32 n) noexcept;
    u32 live_audience(u32 room) const noexcept;

    bool catch_up(u32 session) noexcept;
    bool catch_up_room(u32 session, u32 membership, u32& slice) noexcept;
    bool tell_joined(u32 session, u32 membership) noexcept;
    chatroom::message describe_message(u32 room, u64 number) const noexcept;
    chatroom::room describe_state(u32 room) const noexcept;
};

/// Passes on what changes to the outbox that is its context.
extern const watcher watching_outbox;

}  // namespace chatroom::detail

// ---- src/edge/seat.hpp --------------------------------------------------------------------------

namespace chatroom::detail {

// A seat, in one word.
constexpr u32 seat_is_live = 1u << 31;
constexpr u32 seat_untold = 1u << 30;    // `joined` is due.
constexpr u32 seat_named = 1u << 29;     // The client named this cursor.
constexpr u32 seat_heard = 1u << 28;     // `joined` was told before and is due again.
constexpr u32 seat_number = seat_heard - 1;

inline u32 as_cursor(u64 number) noexcept { return static_cast<u32>(number) & seat_number; }

// The number that a cursor means: the nearest at or below the room's last.
inline u64 cursor_number(u32 word, u64 last) noexcept {
    return last - ((last - word) & seat_number);
}

}  // namespace chatroom::detail

// ---- src/edge/reads.hpp -------------------------------------------------------------------------

namespace chatroom::detail {

/// Who asks: a user, or the host.
struct asker {
    u32 user = nil;
    bool by_host = false;
};

// The reads. Each passes the one gate, `can_see`, and fills a page with what it is asked for.

error read_history(const state& in, asker who, u32 room, const history& what, message* out,
                   u32 capacity, history_page& page) noexcept;
error read_rooms(const state& in, const rooms& what, room_item* out, u32 capacity,
                 rooms_page& page) noexcept;
error read_members(const state& in, asker who, u32 room, const members& what, member_item* out,
                   u32 capacity, members_page& page) noexcept;

}  // namespace chatroom::detail

// ---- src/edge/reads.cpp -------------------------------------------------------------------------

namespace chatroom::detail {

// Messages by their place among those kept: from `low` on, up to but without `high`.
struct places {
    u32 low;
    u32 high;
};

// How many of the messages kept have a number below this one.
static u32 kept_below(u64 first, u32 kept, u64 number) noexcept {
    if (number <= first) return 0;
    return number - first < kept ? static_cast<u32>(number - first) : kept;
}

static places cut_start(u32 low, u32 high, u32 most) noexcept {
    return {high - low > most ? high - most : low, high};
}

static places cut_end(u32 low, u32 high, u32 most) noexcept {
    return {low, high - low > most ? low + most : high};
}

static places around(u32 middle, u32 kept, u32 most) noexcept {
    if (middle == kept) --middle;   // None is that new.
    const u32 low = middle - smaller<u32>(middle, most / 2);
    return cut_start(0, cut_end(low, kept, most).high, most);
}

static places select(u64 first, u32 kept, const history& what, u32 most, bool& complete) noexcept {
    const u64 last = first + kept - 1;
    const auto above = [&](u64 number) {
        return number >= last ? kept : kept_below(first, kept, number + 1);
    };
    complete = true;
    if (kept == 0) return {0, 0};
    const u32 below = kept_below(first, kept, what.number);
    u32 low = 0, high = kept;
    bool newest = true;   // Of too many, the newest are told.
    switch (what.selector) {
    case selector::latest: break;
    case selector::before: high = below; break;
    case selector::after:
        low = above(what.number);
        newest = false;
        break;
    case selector::around: break;
    case selector::between:
        newest = what.number > what.until;
        low = above(newest ? what.until : what.number);
        high = newest ? below : kept_below(first, kept, what.until);
        break;
    }
    if (high < low) high = low;
    const places all = what.selector == selector::around ? around(below, kept, most)
                       : newest                         ? cut_start(low, high, most)
                                                        : cut_end(low, high, most);
    complete = all.high - all.low == high - low;
    return all;
}

constexpr u32 slots_passed_max = 4096;

static u32 page_limit(u32 asked, u32 capacity) noexcept {
    return asked == 0 || asked > capacity ? capacity : asked;
}

error read_history(const state& in, asker who, u32 room, const history& what, message* out,
                   u32 capacity, history_page& page) noexcept {
    if (!in.can_see(who.user, who.by_host, room)) return error::room_unknown;
    const room_data& r = in.rooms[room];
    const u64 first = in.messages.first(r);
    const places found =
        select(first, r.messages, what, page_limit(what.limit, capacity), page.complete);
    const u32 n = found.high - found.low;
    in.messages.read(room, first + found.low, n, out);
    page.room = in.name(room);
    page.messages = {out, n};
    page.first = r.messages == 0 ? 0 : first;
    page.last = r.last;
    return error::none;
}

// By slots, so a page costs no more than what it lists and the free slots it passes.
error read_rooms(const state& in, const rooms& what, room_item* out, u32 capacity,
                 rooms_page& page) noexcept {
    const u32 most = page_limit(what.limit, capacity);
    const u32 total = in.rooms.touched;
    u32 at = what.after < total ? static_cast<u32>(what.after) : total;
    const u32 end = total - at > slots_passed_max ? at + slots_passed_max : total;
    u32 n = 0;
    for (; at < end && n < most; ++at) {
        const u32 slot = at + 1;
        const room_data& r = in.rooms[slot];
        if (r.name_size == 0 || r.closing) continue;
        room_item& item = out[n++];
        item = room_item{};
        item.room = in.name(slot);
        item.title = in.title(slot);
        item.members = r.members.count;
        item.capacity = r.capacity;
        item.id = r.id;
        item.managed = r.managed;
    }
    page.rooms = {out, n};
    page.complete = at == total;
    page.next = page.complete ? 0 : at;
    return error::none;
}

error read_members(const state& in, asker who, u32 room, const members& what, member_item* out,
                   u32 capacity, members_page& page) noexcept {
    if (!in.can_see(who.user, who.by_host, room)) return error::room_unknown;
    const room_data& r = in.rooms[room];
    const u32 most = page_limit(what.limit, capacity);
    const u32 total = r.members.count;
    u32 at = what.after < total ? static_cast<u32>(what.after) : total;
    chunk_place where = at < total ? in.member_lists.find(r.members, at) : 0;
    u32 n = 0;
    while (at < total && n < most) {
        const u32 user = in.member_lists.at(where);
        out[n++] = {in.users[user].id, in.nick(user), in.sessions_alive(user) != 0};
        if (++at < total) where = in.member_lists.after(where);
    }
    page.room = in.name(room);
    page.members = {out, n};
    page.roster = r.roster;
    page.complete = at == total;
    page.next = page.complete ? 0 : at;
    return error::none;
}

}  // namespace chatroom::detail

// ---- src/edge/outbox.cpp ------------------------------------------------------------------------

namespace chatroom::detail {

constexpr u32 told_alone_costs = 64;     // Encoding for one is as dear as telling so many.

// Ids of sessions: the slot in the lower bits, above it how often the slot was used. The row of one
// that is gone keeps it, marked, for the next one's.
constexpr u32 id_is_over = 1u << 31;

static u8 slot_bits_of(u32 capacity) noexcept {
    u8 bits = 1;
    while (capacity >> bits != 0) ++bits;
    return bits;
}

template <typename T>
static void claim_array(arena& from, T*& at, std::size_t n) noexcept {
    at = static_cast<T*>(from.take_rows(static_cast<u32>(n), sizeof(T), alignof(T)));
}

void outbox::claim(arena& from, const limits& sizes, u32 codecs_used) noexcept {
    sessions.claim(from, sizes.sessions_max);
    slot_bits = slot_bits_of(sizes.sessions_max);
    claim_array(from, faces, sizes.sessions_max);
    claim_array(from, first_of_user, sizes.users_max);
    claim_array(from, seats, std::size_t{sizes.members_max} * sizes.sessions_per_user_max);
    claim_array(from, edges, sizes.rooms_max);
    const u64 seats_max = u64{sizes.members_max} * sizes.sessions_per_user_max;
    const u64 by_session = u64{sizes.sessions_max} * sizes.rooms_per_user_max;
    // An audience for each codec, one for typed sessions; with codecs, one for short frames.
    const u32 used = codecs_used == 0 ? 1 : codecs_used + 2;
    seated.claim(from, static_cast<u32>(smaller(seats_max, by_session)), sizes.rooms_max * used);
    const bool framed = codecs_used != 0;
    claim_array(from, replies, framed ? sizes.sessions_max : 0);
    frame_bytes_max = framed ? sizes.frame_bytes_max : 0;
    frame = static_cast<char*>(from.take(frame_bytes_max, 1));
    page_items_max = framed ? sizes.page_items_max : 0;
}

void outbox::clear() noexcept {
    std::memset(first_of_user + 1, 0, sizeof *first_of_user * in->users.capacity);
}

u32 outbox::find(u32 id) const noexcept {
    const u32 slot = id & ((1u << slot_bits) - 1);
    return slot != nil && slot <= sessions.touched && sessions[slot].id == id ? slot : nil;
}

u32 outbox::open_session(u64 tag) noexcept {
    const u32 before = sessions.freed == nil ? 0 : sessions[sessions.freed].id & ~id_is_over;
    const u32 slot = sessions.take();
    sessions[slot].id = before == 0 ? slot : before + (1u << slot_bits);
    faces[slot] = {session_id{sessions[slot].id}, tag};
    ++count->sessions;
    return slot;
}

void outbox::free_session(u32 session) noexcept {
    u32& id = sessions[session].id;
    const u32 next = id + (1u << slot_bits);
    id |= id_is_over;
    if (next < id_is_over) sessions.give(session);   // Else its ids are used up.
}

// Sending. Everything that leaves does so through this one line.

void outbox::deliver(const recipients& to, const event& what, std::size_t size) noexcept {
    sending = true;
    ++count->sends;
    count->deliveries += to.size();
    send_.fn(to, what, {frame, size}, send_.context);
    sending = false;
}

// Writes an event into `frame`, for typed sessions nothing, and sends it. A message that is too
// long is told without its text.
void outbox::send(const recipients& to, chatroom::wire as, const event& what,
                  u32 capacity) noexcept {
    const codec* by = codecs[static_cast<u32>(as)];
    std::size_t size = by == nullptr ? 0 : by->encode(what, frame, capacity);
    if (by != nullptr && size == 0 && what.type == event_type::message) {
        // `describe_message` made it for this sending alone.
        message& withheld = const_cast<message&>(*what.as<message>());
        withheld.bytes = static_cast<u32>(withheld.text.size());
        withheld.text = {};
        size = by->encode(what, frame, capacity);
    }
    deliver(to, what, size);
}

recipients outbox::alone(u32 session) noexcept {
    budget -= smaller(budget, told_alone_costs);
    sending_session = session;
    return {faces, seated.chunks.rows, &sending_session, 1};
}

void outbox::deliver_to(u32 session, const event& what, std::size_t size) noexcept {
    deliver(alone(session), what, size);
    sending_session = nil;
}

/// Sends an event to one session. @return whether it took it.
bool outbox::tell(u32 session, const event& what) noexcept {
    session_data& d = sessions[session];
    if (d.paused || d.ended) return false;
    if (!d.greeted && what.type != event_type::welcome) return false;   // That comes first.
    send(alone(session), d.wire, what, d.frame_bytes_max);
    sending_session = nil;
    const bool taken = !d.missed && !d.ended;
    settle();
    return taken;
}

void outbox::tell_part(u8 audience, u32 from, const u32* first, u32 n,
                       const event& what) noexcept {
    if (audience == told_apart) {
        tell(*first, what);
    } else {
        send_part(audience, from, first, n, what);
    }
}

// Sends an event to a part of an audience of `sending_room`.
void outbox::send_part(u8 audience, u32 from, const u32* first, u32 n,
                       const event& what) noexcept {
    sending_audience = audience;
    sending_from = from;
    sending_to = from + n;
    send({faces, seated.chunks.rows, first, n}, static_cast<chatroom::wire>(audience), what,
         frame_bytes_max);
    settle();
}

// Pausing and ending. Inside `send` the ranges that the host walks must hold still, so what
// moves seats waits until it returns.

bool outbox::in_span(u32 session) noexcept {
    if (sending_session != nil) return sending_session == session;
    const session_data& d = sessions[session];
    if (sending_room == nil || d.audience != sending_audience || d.user == nil) return false;
    const u32 membership = in->find_membership(d.user, sending_room);
    if (membership == nil) return false;
    const u32 word = seat(session, membership);
    if ((word & seat_is_live) == 0) return false;
    const u32 position = seated.ordinal(word & ~seat_is_live);
    return position >= sending_from && position < sending_to;
}

void outbox::settle_later(u32 session) noexcept {
    session_data& d = sessions[session];
    if (d.settling) return;
    d.settling = true;
    d.settle_next = settle_first;
    settle_first = session;
}

void outbox::pause(u32 session) noexcept {
    session_data& d = sessions[session];
    if (d.paused) return;
    d.paused = true;
    ++count->sessions_paused;
    if (sending && in_span(session)) d.missed = true;
    settle_later(session);
    if (!sending) settle();
}

void outbox::unpause(u32 session) noexcept {
    session_data& d = sessions[session];
    if (!d.paused) return;
    d.paused = false;
    --count->sessions_paused;
    if (!d.settling) want_work(session);
}

void outbox::end(u32 session) noexcept {
    session_data& d = sessions[session];
    d.ended = true;
    faces[session].id = session_id{};   // A host that walks a range meets it no more.
    if (d.paused) --count->sessions_paused;
    --count->sessions;
    d.ended_next = ended_first;
    ended_first = session;
    settle_later(session);
    if (!sending) settle();
}

void outbox::settle() noexcept {
    while (settle_first != nil) {
        const u32 session = settle_first;
        session_data& d = sessions[session];
        settle_first = d.settle_next;
        d.settling = false;
        if (!d.working) d.stopped_at = in->event;
        leave_audiences(session);
        end_work(session);
        d.missed = false;
        if (!d.paused && !d.ended) want_work(session);   // Unpaused within the same send.
    }
}

void outbox::want_work(u32 session) noexcept {
    session_data& d = sessions[session];
    if (d.working || d.paused || d.ended) return;
    d.working = true;
    working.append(links_of(sessions, &session_data::work), session);
}

void outbox::end_work(u32 session) noexcept {
    session_data& d = sessions[session];
    if (!d.working) return;
    d.working = false;
    working.remove(links_of(sessions, &session_data::work), session);
}

}  // namespace chatroom::detail

// ---- src/edge/describe.cpp ----------------------------------------------------------------------

namespace chatroom::detail {

// Events from the state as it is.

message outbox::describe_message(u32 room, u64 number) const noexcept {
    return in->messages.read(room, number, in->name(room));
}

chatroom::room outbox::describe_state(u32 room) const noexcept {
    const room_data& r = in->rooms[room];
    chatroom::room now;
    now.name = in->name(room);
    now.title = in->title(room);
    now.topic = in->topic(room);
    now.owner = r.owner;
    now.capacity = r.capacity;
    now.persistent = r.persistent;
    now.managed = r.managed;
    now.members = r.members.count;
    now.roster = r.roster;
    return now;
}

joined outbox::describe_room(u32 room, u32 user, bool by_host) const noexcept {
    const room_data& r = in->rooms[room];
    joined now;
    now.id = r.id;
    now.room = in->name(room);
    now.title = in->title(room);
    now.topic = in->topic(room);
    now.owner = r.owner;
    now.capacity = r.capacity;
    now.persistent = r.persistent;
    now.managed = r.managed;
    const bool owner = by_host || (user != nil && in->users[user].id == r.owner);
    now.rights = view(r.managed && !by_host ? (owner ? "post set" : "post")
                                            : (owner ? "post leave set" : "post leave"));
    now.members = r.members.count;
    now.roster = r.roster;
    now.first = r.messages == 0 ? 0 : in->messages.first(r);
    now.last = r.last;
    return now;
}

bool outbox::greet(u32 session) noexcept {
    session_data& d = sessions[session];
    welcome hello;
    hello.features = view(features);
    hello.time = clock;
    hello.frame_bytes_max = d.frame_bytes_max;
    hello.message_bytes_max = in->shared.message_bytes_max;
    hello.nick_bytes_max = in->shared.nick_bytes_max;
    hello.room_name_bytes_max = in->shared.room_name_bytes_max;
    hello.nonce_bytes_max = in->shared.nonce_bytes_max;
    hello.page_items_max = page_items_max;
    hello.rooms_per_user_max = in->shared.rooms_per_user_max;
    hello.resume_window_ms = in->rules.resume_window_ms;
    d.greeted = tell(session, hello);
    return d.greeted;
}

}  // namespace chatroom::detail

// ---- src/edge/seats.cpp -------------------------------------------------------------------------

namespace chatroom::detail {

// Seats.

void outbox::leave_audiences(u32 session) noexcept {
    const u32 user = sessions[session].user;
    if (user == nil) return;
    for (u32 m = in->users[user].memberships; m != nil; m = in->memberships[m].next) {
        unseat(session, m);
    }
}

// Moves the session of one place to another, because of a seat that goes. The membership of that
// seat may be unlinked by now, and the session moved may be another one of the same user.
void outbox::move_seat(u32 membership, chunk_place to, chunk_place from) noexcept {
    const u32 session = seated.at(from);
    const u32 linked =
        in->find_membership(sessions[session].user, in->memberships[membership].room);
    seated.at(to) = session;
    seat(session, linked != nil ? linked : membership) = seat_is_live | to;
}

// Takes a session out of a room's audience; its cursor says what it was told. While the room is
// being told something, those before the position have it and the others do not.
void outbox::unseat(u32 session, u32 membership) noexcept {
    u32& word = seat(session, membership);
    if ((word & seat_is_live) == 0) return;
    const u32 room = in->memberships[membership].room;
    room_edge& e = edges[room];
    session_data& d = sessions[session];
    chunk_list& list = e.audience[d.audience];
    chunk_place hole = word & ~seat_is_live;
    const u32 position = seated.ordinal(hole);
    const bool here = e.active && d.audience == e.telling;
    const bool told = !e.active || d.audience < e.telling || (here && position < e.position);
    u64 number = told || e.state_told ? e.told : e.from - 1;
    if (d.missed && room == sending_room && sending_number != 0) number = sending_number - 1;
    word = as_cursor(number);
    // What was to be told of the room itself is told to it later, however long ago it changed.
    const bool state_missed = d.missed && room == sending_room && sending_number == 0;
    if (e.changed || e.counted || state_missed || (e.active && e.state_told && !told)) {
        d.stopped_at = smaller(d.stopped_at, in->rooms[room].changed_at);
    }
    if (here && position < e.position) {
        const chunk_place edge = e.position == list.count ? seated.last(list) : seated.before(e.at);
        if (edge != hole) move_seat(membership, hole, edge);
        hole = e.at = edge;
        --e.position;
    }
    const chunk_place last = seated.last(list);
    if (last != hole) move_seat(membership, hole, last);
    seated.pop(list);
}

void outbox::seat_live(u32 session, u32 membership) noexcept {
    chunk_list& list = edges[in->memberships[membership].room].audience[sessions[session].audience];
    seat(session, membership) = seat_is_live | seated.push(list, session);
}

}  // namespace chatroom::detail

// ---- src/edge/changes.cpp -----------------------------------------------------------------------

namespace chatroom::detail {

// What happens in the shared state.

static outbox& its(void* context) noexcept { return *static_cast<outbox*>(context); }

static void watch_bound(void* context, u32 binding, bool resumed, bool vouched) {
    its(context).bound(binding, resumed, vouched);
}
static void watch_unbound(void* context, u32 binding) { its(context).unbound(binding); }
static void watch_member_added(void* context, u32 user, u32 membership) {
    its(context).seat_member(user, membership);
    its(context).tell_entered(user, membership);
}
static void watch_member_removed(void* context, u32 user, u32 membership, parting reason) {
    its(context).tell_left(user, membership, reason);
    its(context).tell_exited(user, membership, reason);
}
static void watch_renamed(void* context, u32 user, std::string_view old) {
    its(context).renamed(user, old);
}
static void watch_room_reset(void* context, u32 room) { its(context).reset_edge(room); }
static void watch_room_changed(void* context, u32 room) {
    its(context).edges[room].changed = true;
    its(context).want_round(room);
}
static void watch_posted(void* context, u32 room) {
    ++its(context).count->messages_posted;
    its(context).want_round(room);
}

const watcher watching_outbox{watch_bound,   watch_unbound,    watch_member_added,
                              watch_member_removed, watch_renamed, watch_room_reset,
                              watch_room_changed,   watch_posted};

void outbox::bound(u32 binding, bool resumed, bool vouched) noexcept {
    const binding_data& b = in->bindings[binding];
    if (in->nodes[b.node].id != node || b.incarnation != incarnation) return;
    const u32 session = find(b.session);
    orphans = orphans || session == nil;
    if (session == nil) return;
    session_data& d = sessions[session];
    d.user = in->user_of(binding);
    d.lane = static_cast<u8>(binding - in->slot_of(d.user, 1));
    d.stopped_at = in->event;
    d.next_of_user = first_of_user[d.user];
    first_of_user[d.user] = session;
    for (u32 m = in->users[d.user].memberships; m != nil; m = in->memberships[m].next) {
        seat(session, m) = seat_untold | as_cursor(in->rooms[in->memberships[m].room].last);
    }
    for (const cursor& named : cursors) {
        const u32 room = in->find_room(named.room);
        const u32 m = room == nil ? nil : in->find_membership(d.user, room);
        if (m == nil || (named.id != 0 && named.id != in->rooms[room].id)) continue;
        const u64 last = in->rooms[room].last;
        u64 after = named.after < last ? named.after : last;
        if (last - after > seat_number) after = last - seat_number;
        seat(session, m) = seat_untold | seat_named | as_cursor(after);
    }
    d.finale = resumed;
    d.renamed = vouched;
    if (resumed || vouched) want_work(session);
}

void outbox::unbound(u32 binding) noexcept {
    const binding_data& b = in->bindings[binding];
    if (in->nodes[b.node].id != node || b.incarnation != incarnation) return;
    const u32 session = find(b.session);
    if (session == nil || sessions[session].user == nil) return;
    session_data& d = sessions[session];
    leave_audiences(session);
    end_work(session);
    u32* link = &first_of_user[d.user];
    while (*link != session) link = &sessions[*link].next_of_user;
    *link = d.next_of_user;
    d.next_of_user = nil;
    d.user = d.room = nil;
    d.lane = 0;
    d.resync = d.renamed = d.finale = false;
    if (d.replying || !d.greeted) want_work(session);
}

// Who joins a room while one of its name still closes is told of the new one alone: `left` would
// come after `joined`, and names nothing but the name.
void outbox::supersede(u32 user, u32 room) noexcept {
    for (u32 m = in->users[user].memberships; m != nil; m = in->memberships[m].next) {
        const u32 before = in->memberships[m].room;
        if (!in->rooms[before].closing || in->name(before) != in->name(room)) continue;
        for (u32 s = first_of_user[user]; s != nil; s = sessions[s].next_of_user) {
            unseat(s, m);
            seat(s, m) = seat_untold;
        }
    }
}

void outbox::seat_member(u32 user, u32 membership) noexcept {
    const u32 room = in->memberships[membership].room;
    const room_data& r = in->rooms[room];
    if (in->rooms_closing.first != nil) supersede(user, room);
    for (u32 s = first_of_user[user]; s != nil; s = sessions[s].next_of_user) {
        session_data& d = sessions[s];
        u64 back = s == joiner ? join_history : 0;
        if (s == joiner) joiner = nil;
        if (back > r.messages) back = r.messages;
        seat(s, membership) = seat_untold | as_cursor(r.last - back);
        if (!d.working && !d.paused) d.stopped_at = in->event;
        want_work(s);
    }
}

void outbox::tell_entered(u32 user, u32 membership) noexcept {
    const u32 room = in->memberships[membership].room;
    const room_data& r = in->rooms[room];
    entered told;
    told.room = in->name(room);
    told.user = in->users[user].id;
    told.nick = in->nick(user);
    told.members = r.members.count;
    told.roster = r.roster;
    notify(room, told);
}

// To one who joins again: as if it were new.
void outbox::retell(u32 session, u32 room, u32 back) noexcept {
    session_data& d = sessions[session];
    const room_data& r = in->rooms[room];
    const u32 m = in->find_membership(d.user, room);
    if (back > r.messages) back = r.messages;
    unseat(session, m);
    const u32 before = seat(session, m);
    const u32 heard = (before & seat_untold) == 0 ? seat_heard : before & seat_heard;
    seat(session, m) = seat_untold | heard | as_cursor(r.last - back);
    if (!d.working && !d.paused) d.stopped_at = in->event;
    want_work(session);
}

void outbox::tell_exited(u32 user, u32 membership, parting reason) noexcept {
    const u32 room = in->memberships[membership].room;
    const room_data& r = in->rooms[room];
    if (r.closing) return;
    exited told;
    told.room = in->name(room);
    told.user = in->users[user].id;
    told.nick = in->nick(user);
    told.reason = reason;
    told.members = r.members.count;
    told.roster = r.roster;
    notify(room, told);
}

void outbox::tell_left(u32 user, u32 membership, parting reason) noexcept {
    const u32 room = in->memberships[membership].room;
    chatroom::left gone;
    gone.room = in->name(room);
    gone.reason = reason;
    for (u32 s = first_of_user[user]; s != nil; s = sessions[s].next_of_user) {
        session_data& d = sessions[s];
        constexpr u32 bits = seat_is_live | seat_untold | seat_heard;
        const bool untold = (seat(s, membership) & bits) == seat_untold;
        unseat(s, membership);
        if (d.room == room) d.room = nil;
        if (!untold && !tell(s, gone)) d.resync = true;
    }
}

bool outbox::tell_you(u32 session) noexcept {
    const u32 user = sessions[session].user;
    return tell(session, you{in->users[user].id, in->nick(user)});
}

void outbox::renamed(u32 user, std::string_view old) noexcept {
    for (u32 s = first_of_user[user]; s != nil; s = sessions[s].next_of_user) {
        if (!tell_you(s)) sessions[s].renamed = true;
    }
    const user_data& u = in->users[user];
    for (u32 m = u.memberships; m != nil; m = in->memberships[m].next) {
        const u32 room = in->memberships[m].room;
        chatroom::renamed told;
        told.room = in->name(room);
        told.user = u.id;
        told.nick = in->nick(user);
        told.old = old;
        told.roster = in->rooms[room].roster;
        notify(room, told);
    }
}

// A slot of a room that has gone may still stand in a list; it leaves it in its turn.
void outbox::reset_edge(u32 room) noexcept {
    room_edge fresh;
    while (edges_used < room) edges[++edges_used] = fresh;
    room_edge& e = edges[room];
    fresh.lag_next = e.lag_next;
    fresh.count_next = e.count_next;
    fresh.lagging = e.lagging;
    fresh.counted = e.counted;
    e = fresh;
}

void outbox::restored() noexcept {
    for (u32 r = in->rooms_order.first; r != nil; r = in->rooms[r].order.next) {
        reset_edge(r);
        edges[r].told = in->rooms[r].last;
    }
    for (u32 r = in->rooms_closing.first; r != nil; r = in->rooms[r].order.next) reset_edge(r);
}

}  // namespace chatroom::detail

// ---- src/edge/rounds.cpp ------------------------------------------------------------------------

namespace chatroom::detail {

// Telling a room: rounds. In a round each session of the audiences is told one thing.

u32 outbox::live_audience(u32 room) const noexcept {
    u32 n = 0;
    for (const chunk_list& list : edges[room].audience) n += list.count;
    return n;
}

// Starts a round if none is under way; `pump` goes on with it.
void outbox::want_round(u32 room) noexcept {
    room_edge& e = edges[room];
    if (e.active || !next_round(room) || e.lagging) return;
    e.lagging = true;
    e.lag_next = nil;
    (lag_last == nil ? lag_first : edges[lag_last].lag_next) = room;
    lag_last = room;
}

bool outbox::next_round(u32 room) noexcept {
    room_edge& e = edges[room];
    const room_data& r = in->rooms[room];
    const bool behind = e.told < r.last;
    e.active = (behind || e.changed) && live_audience(room) != 0;
    if (!e.active) {
        e.told = r.last;
        e.changed = false;
        return false;
    }
    e.state_told = !behind;
    if (behind) {
        e.from = e.told + 1;
        const u64 first = in->messages.first(r);
        e.told = e.from < first ? first - 1 : e.from;
    } else {
        e.changed = false;
    }
    e.telling = 0;
    e.position = 0;
    return true;
}

bool outbox::tell_room(u32 room, u32 most) noexcept {
    room_edge& e = edges[room];
    if (in->rooms[room].closing) e.active = false;
    while (e.active) {
        if (e.position < e.audience[e.telling].count) {
            if (budget == 0 || most == 0) return false;
            const u32 before = budget;
            tell_slice(room, budget < most ? budget : most);
            most -= smaller(most, before - budget);   // One told alone may take more.
        } else {
            e.position = 0;
            if (++e.telling == audiences) next_round(room);
        }
    }
    return true;
}

inline void outbox::tell_slice(u32 room, u32 most) noexcept {
    room_edge& e = edges[room];
    const chunk_list& list = e.audience[e.telling];
    if (e.position == 0) e.at = chunk_pool::make(list.head, 0);
    u32 n = list.count - e.position;
    if (n > most) n = most;
    if (e.telling == told_apart) {
        n = 1;   // `tell` takes it from the budget.
    } else {
        budget -= n;
    }
    sending_room = room;
    sending_number = e.state_told ? 0 : e.from;
    send_round(room, n);
    sending_room = nil;
    sending_number = 0;
}

void outbox::send_round(u32 room, u32 n) noexcept {
    room_edge& e = edges[room];
    const chunk_list& list = e.audience[e.telling];
    const u32* const first = &seated.at(e.at);
    const u8 telling = e.telling;
    const u32 from = e.position;
    // What is sent counts as told before the host can pause or end anybody.
    e.position += n;
    if (e.position < list.count) e.at = seated.after(e.at, n);
    if (e.state_told) {
        tell_part(telling, from, first, n, describe_state(room));
    } else if (e.from < e.told || e.told < in->messages.first(in->rooms[room])) {
        count->gaps += n;
        tell_part(telling, from, first, n, gap{in->name(room), e.from, e.told});
    } else {
        tell_part(telling, from, first, n, describe_message(room, e.told));
    }
}

// A notice that nobody must have: the roster's number shows who missed it.
void outbox::notify(u32 room, const event& what) noexcept {
    room_edge& e = edges[room];
    const u32 n = live_audience(room);
    if (n == 0 || in->rooms[room].closing) return;
    if (in->rooms[room].members.count > in->rules.presence_members_max) {
        if (e.counted) return;
        e.counted = true;
        e.count_next = count_first;
        count_first = room;
        return;
    }
    if (e.active || n > budget) {
        count->transients_dropped += n;
        e.changed = true;
        want_round(room);
        return;
    }
    budget -= n;
    sending_room = room;
    for (u8 a = 0; a < told_apart; ++a) {
        const chunk_list& list = e.audience[a];
        if (list.count != 0) send_part(a, 0, entries(list), list.count, what);
    }
    const chunk_list& apart = e.audience[told_apart];
    const u32 all = apart.count;
    for (u32 i = 0; i < apart.count;) {
        const u32 session = seated.at(seated.find(apart, i));
        if (tell(session, what)) ++i;
    }
    sending_room = nil;
    if (apart.count == all) return;
    e.changed = true;   // Somebody moved to where the walk had been.
    want_round(room);
}

void outbox::tell_counts() noexcept {
    for (u32 room = count_first; room != nil; room = edges[room].count_next) {
        edges[room].counted = false;
        edges[room].changed = true;
        want_round(room);
    }
    count_first = nil;
}

}  // namespace chatroom::detail

// ---- src/edge/catch_up.cpp ----------------------------------------------------------------------

namespace chatroom::detail {

constexpr u32 slice_of_room = 256;       // So that a large room does not hold up a small one.
constexpr u32 slice_of_session = 64;

// Catching up: everything a session missed, room by room, in order.

bool outbox::catch_up(u32 session) noexcept {
    session_data& d = sessions[session];
    if (!d.greeted && !greet(session)) return false;
    if (d.replying && !d.waiting && !frames->send_reply(*this, session)) return false;
    if (d.user == nil) return true;
    if (d.resync) {
        if (!tell(session, resync{})) return false;
        d.resync = false;
        d.finale = true;
        leave_audiences(session);
        for (u32 m = in->users[d.user].memberships; m != nil; m = in->memberships[m].next) {
            seat(session, m) = (seat(session, m) & ~seat_heard) | seat_untold;
        }
    }
    if (d.renamed) {
        if (!tell_you(session)) return false;
        d.renamed = false;
    }
    bool all_live = true;
    u32 slice = slice_of_session;
    for (u32 m = in->users[d.user].memberships; m != nil; m = in->memberships[m].next) {
        if (catch_up_room(session, m, slice)) continue;
        if (d.paused || d.ended) return false;
        all_live = false;
    }
    if (!all_live) return false;
    if (d.finale && !tell(session, caught_up{})) return false;
    d.finale = false;
    return true;
}

bool outbox::tell_joined(u32 session, u32 membership) noexcept {
    const u32 room = in->memberships[membership].room;
    const u32 word = seat(session, membership);
    const room_data& r = in->rooms[room];
    u64 number = cursor_number(word, r.last);
    const u64 first = in->messages.first(r);
    if ((word & seat_named) == 0 && number + 1 < first) {   // Asked for, not missed: no gap.
        number = first - 1;
        seat(session, membership) = (word & ~seat_number) | as_cursor(number);
    }
    joined now = describe_room(room, sessions[session].user, false);
    if (number < r.last) now.from = number + 1 < first ? first : number + 1;
    if ((word & seat_named) != 0) {
        now.resume = number == r.last      ? resumption::complete
                     : number + 1 >= first ? resumption::continues
                                           : resumption::truncated;
    }
    if (!tell(session, now)) return false;
    seat(session, membership) &= ~(seat_untold | seat_named | seat_heard);
    if (sessions[session].room == nil) sessions[session].room = room;
    return true;
}

bool outbox::catch_up_room(u32 session, u32 membership, u32& slice) noexcept {
    session_data& d = sessions[session];
    const u32 room = in->memberships[membership].room;
    const room_data& r = in->rooms[room];
    if ((seat(session, membership) & seat_is_live) != 0 || r.closing) return true;
    const bool untold = (seat(session, membership) & seat_untold) != 0;
    if (untold && (budget == 0 || !tell_joined(session, membership))) return false;
    u64 number = cursor_number(seat(session, membership), r.last);
    while (number < r.last) {
        if (budget == 0 || slice == 0) return false;
        --slice;
        const u64 first = in->messages.first(r);
        if (number + 1 < first) {
            if (!tell(session, gap{in->name(room), number + 1, first - 1})) return false;
            ++count->gaps;
            number = first - 1;
        } else {
            if (!tell(session, describe_message(room, number + 1))) return false;
            ++count->deliveries_caught_up;
            ++number;
        }
        seat(session, membership) = as_cursor(number);
    }
    // While the room's others lag behind, going live would bring the same again.
    if (edges[room].active) return false;
    if (!untold && r.changed_at >= d.stopped_at && !tell(session, describe_state(room))) {
        return false;
    }
    seat_live(session, membership);
    return true;
}

void outbox::pump() noexcept {
    if (idle()) return;
    for (u32 before = budget + 1; !idle() && budget != before && budget != 0;) {
        before = budget;
        // Rooms leave half of it for those who wait for replies or catch up.
        const u32 kept = working.first != nil ? budget / 2 : 0;
        budget -= kept;
        const u32 last_room = lag_last;
        for (u32 room = nil; lag_first != nil && budget != 0 && room != last_room;) {
            room = lag_first;
            lag_first = edges[room].lag_next;
            if (lag_first == nil) lag_last = nil;
            edges[room].lagging = false;
            if (tell_room(room, lag_first == nil ? budget : slice_of_room)) continue;
            edges[room].lagging = true;
            edges[room].lag_next = nil;
            (lag_last == nil ? lag_first : edges[lag_last].lag_next) = room;
            lag_last = room;
        }
        budget += kept;
        u32 turns = 0;
        for (u32 w = working.first; w != nil; w = sessions[w].work.next) ++turns;
        for (; working.first != nil && budget != 0 && turns != 0; --turns) {
            const u32 session = working.first;
            const bool done = catch_up(session);
            if (!sessions[session].working) continue;
            end_work(session);
            if (!done) want_work(session);
        }
    }
}

}  // namespace chatroom::detail

// ---- src/edge/gate.hpp --------------------------------------------------------------------------

namespace chatroom::detail {

/// Judges the texts, numbers and lists of a command against limits and rules, and puts names into
/// the form in which they are kept.
error judge(const described& shape, void* body, const limits& sizes, const text_rules& names,
            scratch& more, fault& why) noexcept;

/// Judges those of a record: against limits, and for what could harm.
error judge_stored(const described& shape, void* body, const limits& sizes, scratch& more,
                   fault& why) noexcept;

}  // namespace chatroom::detail

// ---- src/edge/gate.cpp --------------------------------------------------------------------------

namespace chatroom::detail {

// The one gate for text: every text of every command passes here, by its description.

static u32 bytes_max(bound by, const limits& sizes) noexcept {
    switch (by) {
    case bound::nick: return sizes.nick_bytes_max;
    case bound::room_name: return sizes.room_name_bytes_max;
    case bound::title: return sizes.title_bytes_max;
    case bound::topic: return sizes.topic_bytes_max;
    case bound::setting:   // Which one it is, is looked at later; a number has 10 digits.
        return larger<u32>(sizes.topic_bytes_max, larger<u32>(sizes.title_bytes_max, 10));
    case bound::message: return sizes.message_bytes_max;
    case bound::nonce: return sizes.nonce_bytes_max;
    case bound::identity: return sizes.identity_bytes_max;
    case bound::token: return 32;
    case bound::word: return 32;
    default: return 0xffff;
    }
}

namespace {

struct gate {
    const limits& sizes;
    scratch& more;
    fault& why;
    const text_rules* names;
    bool tokens;   ///< They stay out of records.
    error (*judge_words)(gate& at, std::string_view& text, const described_member& m);

    error judge_text(std::string_view& text, const described_member& m) noexcept;
    error judge_member(void* body, const described_member& m) noexcept;
    error judge_element(const described& shape, void* body) noexcept;
    error judge_items(void* body, const described_member& m) noexcept;
    error judge(const described& shape, void* body) noexcept;
};

}  // namespace

static error judge_room_name(gate& at, std::string_view& text, const described_member& m) noexcept {
    if (!small_code && room_name_is_plain(text)) return error::none;
    const u32 most = at.sizes.room_name_bytes_max;
    char* const folded = static_cast<char*>(at.more.take(most));
    const std::size_t size = folded == nullptr ? 0 : room_name_fold(text, *at.names, folded, most);
    if (size == 0) return at.why(error::room_name_invalid, m.name);
    if (size == size_short) return at.why(error::member_too_long, m.name, most, 0);
    text = {folded, size};
    return error::none;
}

static error judge_said(gate& at, std::string_view& text, const described_member& m) {
    if (m.bound == bound::room_name) return judge_room_name(at, text, m);
    if (m.bound == bound::nick) {
        const text_finding found = nick_fault(text, *at.names);
        if (found.flaw == text_flaw::none) return error::none;
        at.why.at = found.offset + 1;
        return at.why(error::nick_invalid, m.name);
    }
    const std::size_t bad = text_fault(text);
    if (bad == text.size()) return error::none;
    at.why.at = bad + 1;
    return at.why(error::text_invalid, m.name);
}

// A text of a record was judged when it was said, by rules that may have changed since; but it is
// still text, and names are still on one line.
static error judge_kept(gate& at, std::string_view& text, const described_member& m) {
    const bool name = m.bound == bound::nick || m.bound == bound::room_name;
    bool bad = m.bound != bound::open && text_fault(text) != text.size();
    if (name) {
        for (char c : text) bad = bad || static_cast<unsigned char>(c) < ' ';
    }
    return bad ? at.why(error::text_invalid, m.name) : error::none;
}

error gate::judge_text(std::string_view& text, const described_member& m) noexcept {
    if (text.empty()) {
        const bool needed = (m.flags & mandatory) != 0 && (tokens || m.bound != bound::token);
        return needed ? why(error::member_missing, m.name) : error::none;
    }
    const u32 most = bytes_max(m.bound, sizes);
    if (text.size() > most) return why(error::member_too_long, m.name, most, text.size());
    if (m.bound == bound::identity || m.bound == bound::token) return error::none;
    return judge_words(*this, text, m);
}

error gate::judge_member(void* body, const described_member& m) noexcept {
    constexpr u64 number_max = (u64{1} << 53) - 1;
    if (m.kind == kind::text) return judge_text(text_of(body, m), m);
    if (m.kind != kind::u64_number) return error::none;   // The others hold no larger one.
    const u64 number = number_of(body, m);
    if (number <= number_max) return error::none;
    return why(error::number_out_of_range, m.name, number_max, number);
}

error gate::judge_element(const described& shape, void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        if (const error e = judge_member(body, shape.members[i]); e != error::none) return e;
    }
    return error::none;
}

error gate::judge_items(void* body, const described_member& m) noexcept {
    const any_list items = items_of(body, m);
    const described& element = *static_cast<const described*>(m.extra);
    if (items.size > sizes.rooms_per_user_max) {
        return why(error::member_too_long, m.name, sizes.rooms_per_user_max, items.size);
    }
    if (items.size == 0) return error::none;
    char* const copy = static_cast<char*>(more.take(items.size * element.bytes));
    if (copy == nullptr) return why(error::frame_too_long, m.name);
    std::memcpy(copy, items.data, items.size * element.bytes);
    for (std::size_t at = 0; at < items.size; ++at) {
        const error e = judge_element(element, copy + at * element.bytes);
        if (e != error::none) return e;
    }
    set_items(body, m, {copy, items.size});
    return error::none;
}

error gate::judge(const described& shape, void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        const error e = m.kind == kind::items ? judge_items(body, m) : judge_member(body, m);
        if (e != error::none) return e;
    }
    return error::none;
}

error judge(const described& shape, void* body, const limits& sizes, const text_rules& names,
            scratch& more, fault& why) noexcept {
    return gate{sizes, more, why, &names, true, judge_said}.judge(shape, body);
}

error judge_stored(const described& shape, void* body, const limits& sizes, scratch& more,
                   fault& why) noexcept {
    return gate{sizes, more, why, nullptr, false, judge_kept}.judge(shape, body);
}

}  // namespace chatroom::detail

// ---- src/edge/snapshot.hpp ----------------------------------------------------------------------

namespace chatroom::detail {

/// Writes the shared state, or with `print` its fingerprint alone.
///
/// @return the bytes it takes; nothing is written when that is more than `capacity`
std::size_t write_snapshot(const state& in, scope what, char* out, std::size_t capacity,
                           fingerprint* print) noexcept;

/// Fills an empty state. After an error it is to be reset.
error read_snapshot(state& into, std::string_view bytes, fault& why) noexcept;

}  // namespace chatroom::detail

// ---- src/edge/snapshot.cpp ----------------------------------------------------------------------

namespace chatroom::detail {

// A snapshot:  u32 mark  u32 behaviour  u64 bytes in all  entries  u8 SHA-256[32] of all before
// An entry:    its kind in one byte, then its members as in records.
// What order means something is the order of the entries, so equal states make equal snapshots.

constexpr u32 snapshot_mark = 0x50414e53;   // "SNAP"
constexpr u32 snapshot_head = 16;

enum class entry : u8 {
    end, head, limits, policies, node, user, token, binding, due, room, member, page, lent,
};

struct head_entry {
    u64 time = 0, event = 0, users_made = 0, rooms_made = 0;
    bool booted = false;
};
struct node_entry {
    u32 id = 0, incarnation = 0;
    u64 number = 0;
};
struct user_entry {
    u64 id = 0, nick_key = 0, changed_at = 0, detached_at = 0;
    std::string_view nick{}, identity{};
};
struct token_entry {   // Of the user before it.
    std::string_view hash{};
};
struct binding_entry {
    u64 user = 0;
    u32 node = 0, incarnation = 0, session = 0;
};
struct due_entry {
    u64 user = 0;
};
struct room_entry {
    u64 id = 0, owner = 0, changed_at = 0, roster = 0, last = 0;
    u32 capacity = 0, reserved = 0, ordinal = 0;
    bool persistent = false, managed = false, closing = false;
    std::string_view name{}, title{}, topic{};
};
struct member_entry {   // Of the room before it.
    u64 user = 0;
};
struct page_entry {     // Of the room before it.
    u64 first = 0, time = 0;
    u32 begin = 0, sender = 0;
    std::string_view data{}, offsets{};
};
struct lent_entry {
    u64 room = 0;
    u32 ordinal = 0;
};

constexpr auto nameless = in_frames("");   // Only frames say names.

#define CHATROOM_ENTRY(type, member, tag, what) \
    {nameless, nullptr, offsetof(type, member), tag, kind::what, bound::open, 0}

constexpr described_member head_members[] = {
    CHATROOM_ENTRY(head_entry, time, 2, u64_number),
    CHATROOM_ENTRY(head_entry, event, 3, u64_number),
    CHATROOM_ENTRY(head_entry, users_made, 4, u64_number),
    CHATROOM_ENTRY(head_entry, rooms_made, 5, u64_number),
    CHATROOM_ENTRY(head_entry, booted, 6, flag),
};
constexpr described_member node_members[] = {
    CHATROOM_ENTRY(node_entry, id, 1, u32_number),
    CHATROOM_ENTRY(node_entry, incarnation, 2, u32_number),
    CHATROOM_ENTRY(node_entry, number, 3, u64_number),
};
constexpr described_member user_members[] = {
    CHATROOM_ENTRY(user_entry, id, 1, u64_number),
    CHATROOM_ENTRY(user_entry, nick_key, 2, u64_number),
    CHATROOM_ENTRY(user_entry, changed_at, 3, u64_number),
    CHATROOM_ENTRY(user_entry, detached_at, 4, u64_number),
    CHATROOM_ENTRY(user_entry, nick, 5, text),
    CHATROOM_ENTRY(user_entry, identity, 6, text),
};
constexpr described_member token_members[] = {CHATROOM_ENTRY(token_entry, hash, 1, text)};
constexpr described_member binding_members[] = {
    CHATROOM_ENTRY(binding_entry, user, 1, u64_number),
    CHATROOM_ENTRY(binding_entry, node, 2, u32_number),
    CHATROOM_ENTRY(binding_entry, incarnation, 3, u32_number),
    CHATROOM_ENTRY(binding_entry, session, 4, u32_number),
};
constexpr described_member due_members[] = {CHATROOM_ENTRY(due_entry, user, 1, u64_number)};
constexpr described_member room_members[] = {
    CHATROOM_ENTRY(room_entry, id, 1, u64_number),
    CHATROOM_ENTRY(room_entry, owner, 2, u64_number),
    CHATROOM_ENTRY(room_entry, changed_at, 3, u64_number),
    CHATROOM_ENTRY(room_entry, roster, 4, u64_number),
    CHATROOM_ENTRY(room_entry, last, 5, u64_number),
    CHATROOM_ENTRY(room_entry, capacity, 6, u32_number),
    CHATROOM_ENTRY(room_entry, reserved, 7, u32_number),
    CHATROOM_ENTRY(room_entry, ordinal, 8, u32_number),
    CHATROOM_ENTRY(room_entry, persistent, 9, flag),
    CHATROOM_ENTRY(room_entry, managed, 10, flag),
    CHATROOM_ENTRY(room_entry, closing, 11, flag),
    CHATROOM_ENTRY(room_entry, name, 12, text),
    CHATROOM_ENTRY(room_entry, title, 13, text),
    CHATROOM_ENTRY(room_entry, topic, 14, text),
};
constexpr described_member member_members[] = {CHATROOM_ENTRY(member_entry, user, 1, u64_number)};
constexpr described_member page_members[] = {
    CHATROOM_ENTRY(page_entry, first, 1, u64_number),
    CHATROOM_ENTRY(page_entry, time, 2, u64_number),
    CHATROOM_ENTRY(page_entry, begin, 3, u32_number),
    CHATROOM_ENTRY(page_entry, sender, 4, u32_number),
    CHATROOM_ENTRY(page_entry, data, 5, text),
    CHATROOM_ENTRY(page_entry, offsets, 6, text),
};
constexpr described_member lent_members[] = {
    CHATROOM_ENTRY(lent_entry, room, 1, u64_number),
    CHATROOM_ENTRY(lent_entry, ordinal, 2, u32_number),
};
#undef CHATROOM_ENTRY

template <std::size_t count>
constexpr described shape_of(const described_member (&members)[count]) noexcept {
    return {nameless, members, 0, 0, static_cast<u8>(count)};
}

static constexpr described shape_head = shape_of(head_members);
static constexpr described shape_node = shape_of(node_members);
static constexpr described shape_user = shape_of(user_members);
static constexpr described shape_token = shape_of(token_members);
static constexpr described shape_binding = shape_of(binding_members);
static constexpr described shape_due = shape_of(due_members);
static constexpr described shape_room = shape_of(room_members);
static constexpr described shape_member = shape_of(member_members);
static constexpr described shape_page = shape_of(page_members);
static constexpr described shape_lent = shape_of(lent_members);

// Writing. One walk serves the snapshot, its size and its fingerprint.

static void put(byte_writer& to, entry which, const described& shape, const void* body) noexcept {
    to.number(static_cast<u64>(which));
    encode_members(to, shape, body);
}

static void put_nodes(byte_writer& to, const state& in) noexcept {
    for (u32 slot = 1; slot <= in.nodes.count; ++slot) {
        const node_data& n = in.nodes[slot];
        const node_entry e{n.id, n.incarnation, n.number};
        put(to, entry::node, shape_node, &e);
    }
}

static void put_users(byte_writer& to, const state& in, scope what) noexcept {
    for (u32 slot = in.users_order.first; slot != nil; slot = in.users[slot].order.next) {
        const user_data& u = in.users[slot];
        user_entry e{u.id, u.nick_key, u.changed_at, 0, in.nick(slot), {}};
        e.identity = in.identity(slot);
        if (u.sessions == 0) e.detached_at = u.detached_at;
        if (what == scope::migration && u.sessions != 0) e.detached_at = in.time;
        put(to, entry::user, shape_user, &e);
        if (what == scope::migration) continue;
        for (u32 place = u.tokens; place != 0;) {
            const token_data& t = in.tokens[in.slot_of(slot, place)];
            place = t.next;
            const token_entry hash{{reinterpret_cast<const char*>(t.hash), 16}};
            put(to, entry::token, shape_token, &hash);
        }
    }
}

static void put_bindings(byte_writer& to, const state& in) noexcept {
    for (u32 slot = 1; slot <= in.nodes.count; ++slot) {
        for (u32 b = in.nodes[slot].bound.first; b != nil; b = in.bindings[b].of_node.next) {
            const binding_data& bound = in.bindings[b];
            const binding_entry e{in.users[in.user_of(b)].id, in.nodes[slot].id, bound.incarnation,
                                  bound.session};
            put(to, entry::binding, shape_binding, &e);
        }
    }
}

static void put_due(byte_writer& to, const state& in, scope what) noexcept {
    for (u32 slot = in.users_due.first; slot != nil; slot = in.users[slot].due.next) {
        const due_entry e{in.users[slot].id};
        put(to, entry::due, shape_due, &e);
    }
    if (what == scope::everything) return;
    for (u32 slot = in.users_order.first; slot != nil; slot = in.users[slot].order.next) {
        const due_entry e{in.users[slot].id};
        if (in.users[slot].sessions != 0) put(to, entry::due, shape_due, &e);
    }
}

// For another host, what nobody may read any more is overwritten in the copy.
static void put_page(byte_writer& to, const state& in, u32 slot, scope what) noexcept {
    const page_head& head = in.messages.page(slot);
    const page_entry e{head.first, head.time, head.begin, head.sender,
                       in.messages.page_data(slot), in.messages.page_offsets(slot)};
    put(to, entry::page, shape_page, &e);
    if (what == scope::everything || to.out == nullptr) return;
    // Behind the data stand a tag, the size of the offsets in one or two bytes, they, and the end.
    const std::size_t behind = 1 + (e.offsets.size() < 0x80 ? 1 : 2) + e.offsets.size() + 1;
    in.messages.wipe_gone(slot, to.out + to.size - behind - e.data.size());
}

static void put_room(byte_writer& to, const state& in, u32 slot, scope what) noexcept {
    const room_data& r = in.rooms[slot];
    const room_entry e{r.id,       r.owner,       r.changed_at, r.roster,  r.last,
                       r.capacity, r.reserved,    r.ordinal_first, r.persistent, r.managed,
                       r.closing,  in.name(slot), in.title(slot),  in.topic(slot)};
    put(to, entry::room, shape_room, &e);
    chunk_place at = r.members.count != 0 ? chunk_pool::make(r.members.head, 0) : 0;
    for (u32 i = 0; i < r.members.count; ++i) {
        const member_entry who{in.users[in.member_lists.at(at)].id};
        put(to, entry::member, shape_member, &who);
        if (i + 1 < r.members.count) at = in.member_lists.after(at);
    }
    for (u32 p = r.page_first; p != nil; p = in.messages.page(p).newer) {
        put_page(to, in, p, what);
    }
}

// Rooms that are destroyed, and what is left in them, are not for another host.
static void put_rooms(byte_writer& to, const state& in, scope what) noexcept {
    const auto put_all_of = [&](u32 first) {
        for (u32 r = first; r != nil; r = in.rooms[r].order.next) put_room(to, in, r, what);
    };
    put_all_of(in.rooms_order.first);
    if (what == scope::everything) put_all_of(in.rooms_closing.first);
    for (u32 p = in.messages.lent.first; p != nil; p = in.messages.page(p).lent_order.next) {
        const page_head& head = in.messages.page(p);
        const room_data& owner = in.rooms[head.room];
        if (what == scope::migration && owner.closing) continue;
        const lent_entry e{owner.id, head.ordinal};
        put(to, entry::lent, shape_lent, &e);
    }
}

// What is one node's own is no part of the shared state.
static limits without_local(limits of) noexcept {
    for (u32 i = 0; i < shape_limits.count; ++i) {
        const described_member& m = shape_limits.members[i];
        if ((m.flags & node_local) != 0) set_number(&of, m, 0);
    }
    return of;
}

static void put_all(byte_writer& to, const state& in, scope what, u64 size) noexcept {
    char head[snapshot_head];
    store_le32(head, snapshot_mark);
    store_le32(head + 4, behaviour_version);
    store_le64(head + 8, size);
    to.bytes(head, sizeof head);
    const head_entry e{in.time, in.event, in.users_made, in.rooms_made, in.booted};
    put(to, entry::head, shape_head, &e);
    const limits shared = without_local(in.shared);
    put(to, entry::limits, shape_limits, &shared);
    put(to, entry::policies, shape_policies, &in.rules);
    put_nodes(to, in);
    put_users(to, in, what);
    if (what == scope::everything) put_bindings(to, in);
    put_due(to, in, what);
    put_rooms(to, in, what);
    to.number(static_cast<u64>(entry::end));
}

std::size_t write_snapshot(const state& in, scope what, char* out, std::size_t capacity,
                           fingerprint* print) noexcept {
    byte_writer measured{nullptr, static_cast<std::size_t>(-1)};
    put_all(measured, in, what, 0);
    const std::size_t size = measured.size + 32;
    if (print == nullptr && (out == nullptr || size > capacity)) return size;
    byte_writer to{out, size};
    if (print != nullptr) {
        sha256 hash;
        to.hash = &hash;
        put_all(to, in, what, size);
        hash.finish(print->bytes);
        return size;
    }
    put_all(to, in, what, size);
    u8 digest[32];
    sha256_of(out, to.size, digest);
    to.bytes(digest, sizeof digest);
    return size;
}

// Reading. The state is empty before, and emptied again when anything is wrong.

struct snapshot_reader {
    state& in;
    fault& why;
    byte_reader from;
    scratch nothing{};       // No entry holds a list.
    u32 user = nil;         // The last ones, to which others belong.
    u32 room = nil;
    u32 last_token = nil;
    u32 tokens = 0;          // Of that user.

    bool get(const described& shape, void* body) noexcept {
        return decode_members(from, shape, body, nothing);
    }
    bool too_small(const char* limit, u64 capacity) noexcept {
        why(error::limit_too_small, limit, capacity, capacity + 1);
        return false;
    }
    bool read_head() noexcept;
    bool read_limits() noexcept;
    bool read_policies() noexcept;
    bool read_node() noexcept;
    bool read_user() noexcept;
    bool read_token() noexcept;
    bool read_binding() noexcept;
    bool read_due() noexcept;
    bool read_room() noexcept;
    bool read_member() noexcept;
    bool read_page() noexcept;
    bool read_lent() noexcept;
    bool read_entry(entry which) noexcept;
};

// Text on one line. Whether the names would still be taken today is no matter.
static bool is_name(std::string_view text) noexcept {
    for (char c : text) {
        if (static_cast<unsigned char>(c) < ' ') return false;
    }
    return text_fault(text) == text.size();
}

bool snapshot_reader::read_head() noexcept {
    head_entry e;
    if (!get(shape_head, &e)) return false;
    in.time = e.time;
    in.event = e.event;
    in.users_made = e.users_made;
    in.rooms_made = e.rooms_made;
    in.booted = e.booted;
    return is_number(e.time) && is_number(e.users_made) && is_number(e.rooms_made);
}

// What the nodes agreed on goes on as far as it fits; the next boot raises it to what there is.
// What is absent was 0.
bool snapshot_reader::read_limits() noexcept {
    limits told = in.capacity;
    for (u32 i = 0; i < shape_limits.count; ++i) {
        const described_member& m = shape_limits.members[i];
        if ((m.flags & node_local) == 0) set_number(&told, m, 0);
    }
    if (!get(shape_limits, &told) || !limits_valid(told)) return false;
    for (u32 i = 0; i < shape_limits.count; ++i) {
        const described_member& m = shape_limits.members[i];
        if ((m.flags & node_local) != 0) continue;
        set_number(&in.shared, m, smaller(number_of(&told, m), number_of(&in.capacity, m)));
    }
    return true;
}

bool snapshot_reader::read_policies() noexcept {
    policies told;
    std::memset(static_cast<void*>(&told), 0, sizeof told);
    if (!get(shape_policies, &told)) return false;
    in.rules = told;
    return true;
}

bool snapshot_reader::read_node() noexcept {
    node_entry e;
    if (!get(shape_node, &e) || in.find_node(e.id) != nil) return false;
    if (in.nodes.full()) return too_small("nodes_max", in.nodes.capacity);
    const u32 slot = in.nodes.take();
    in.nodes[slot].id = e.id;
    in.nodes[slot].incarnation = e.incarnation;
    in.nodes[slot].number = e.number;
    return true;
}

bool snapshot_reader::read_user() noexcept {
    user_entry e;
    const u64 before = in.users_order.last == nil ? 0 : in.users[in.users_order.last].id;
    if (!get(shape_user, &e) || e.id <= before || e.nick.empty() ||
        !is_name(e.nick) || !is_number(e.id) ||
        !is_number(e.detached_at)) {
        return false;
    }
    if (in.users.full()) return too_small("users_max", in.users.capacity);
    if (e.nick.size() > in.nicks.stride) return too_small("nick_bytes_max", in.nicks.stride);
    if (e.identity.size() > in.identities.stride) {
        return too_small("identity_bytes_max", in.identities.stride);
    }
    const u64 made = in.users_made;
    in.users_made = e.id - 1;
    user = in.add_user(e.nick, e.nick_key);
    in.users_made = made;
    in.users[user].changed_at = e.changed_at;
    in.users[user].detached_at = e.detached_at;
    last_token = nil;
    tokens = 0;
    if (e.identity.empty()) return true;
    if (in.find_identity(e.identity) != nil) return false;
    in.set_identity(user, e.identity);
    return true;
}

bool snapshot_reader::read_token() noexcept {
    token_entry e;
    if (!get(shape_token, &e) || e.hash.size() != 16 || user == nil) return false;
    if (in.find_token(e.hash) != nil) return false;
    const u32 most = in.capacity.sessions_per_user_max;
    if (++tokens > most) return too_small("sessions_per_user_max", most);
    last_token = in.add_token_last(user, last_token, e.hash);
    return true;
}

bool snapshot_reader::read_binding() noexcept {
    binding_entry e;
    if (!get(shape_binding, &e)) return false;
    const u32 who = in.find_user(e.user);
    const u32 node = in.find_node(e.node);
    if (who == nil || node == nil || e.session == 0 || in.is_due(who) ||
        e.incarnation > in.nodes[node].incarnation) {
        return false;
    }
    const u32 newest = in.nodes[node].bound.last;   // The dead come first.
    if (newest != nil && in.bindings[newest].incarnation > e.incarnation) return false;
    if (in.has_binding(node, e.incarnation, e.session)) return false;
    const u32 most = in.capacity.sessions_per_user_max;
    if (in.users[who].sessions >= most) return too_small("sessions_per_user_max", most);
    in.add_binding(who, node, e.incarnation, e.session);
    return true;
}

bool snapshot_reader::read_due() noexcept {
    due_entry e;
    if (!get(shape_due, &e)) return false;
    const u32 who = in.find_user(e.user);
    if (who == nil || in.users[who].sessions != 0 || in.is_due(who)) return false;
    in.add_due(who);
    return true;
}

bool snapshot_reader::read_room() noexcept {
    room_entry e;
    const u32 last = in.rooms_order.last;
    const bool numbers = get(shape_room, &e) && is_number(e.id) && is_number(e.owner) &&
                         is_number(e.last) && is_number(e.roster) && e.ordinal < 1u << 31;
    const bool texts = is_name(e.name) && text_fault(e.title) == e.title.size() &&
                       text_fault(e.topic) == e.topic.size();
    if (!numbers || !texts || e.id == 0 || e.name.empty() || e.reserved == 0) return false;
    if (!e.closing && last != nil && e.id <= in.rooms[last].id) return false;
    if (e.reserved > in.messages.capacity) {
        return too_small("history_pages_max", in.messages.capacity);
    }
    if (!e.closing && in.find_room(e.name) != nil) return false;
    if (in.rooms.full()) return too_small("rooms_max", in.rooms.capacity);
    if (e.name.size() > in.names.stride) return too_small("room_name_bytes_max", in.names.stride);
    if (e.title.size() > in.titles.stride) return too_small("title_bytes_max", in.titles.stride);
    if (e.topic.size() > in.topics.stride) return too_small("topic_bytes_max", in.topics.stride);
    const u64 made = in.rooms_made;
    in.rooms_made = e.id - 1;
    room = in.add_room(e.name, e.owner);
    in.rooms_made = made;
    room_data& r = in.rooms[room];
    in.messages.reserved += e.reserved - r.reserved;
    if (in.messages.reserved > in.messages.capacity) {
        return too_small("history_pages_max", in.messages.capacity);
    }
    in.set_text(room, e.title, e.topic);
    r.changed_at = e.changed_at;
    r.roster = e.roster;
    r.last = e.last;
    r.capacity = e.capacity;
    r.reserved = e.reserved;
    r.ordinal_first = e.ordinal;
    r.persistent = e.persistent;
    r.managed = e.managed;
    if (e.closing) in.close_room(room);
    return true;
}

bool snapshot_reader::read_member() noexcept {
    member_entry e;
    if (!get(shape_member, &e) || room == nil) return false;
    const u32 who = in.find_user(e.user);
    if (who == nil || in.find_membership(who, room) != nil) return false;
    if (in.memberships.full()) return too_small("members_max", in.memberships.capacity);
    if (in.users[who].rooms >= in.capacity.rooms_per_user_max) {
        return too_small("rooms_per_user_max", in.capacity.rooms_per_user_max);
    }
    const u64 roster = in.rooms[room].roster, changed_at = in.rooms[room].changed_at;
    in.add_member(who, room);
    in.rooms[room].roster = roster;
    in.rooms[room].changed_at = changed_at;
    return true;
}

bool snapshot_reader::read_page() noexcept {
    page_entry e;
    if (!get(shape_page, &e) || room == nil) return false;
    const history_store& store = in.messages;
    if (store.in_use == store.capacity) return too_small("history_pages_max", store.capacity);
    if (sizeof(page_head) + e.data.size() + e.offsets.size() > store.page_bytes) {
        return too_small("page_bytes", store.page_bytes);
    }
    if (e.offsets.size() / 2 > in.capacity.page_messages_max) {
        return too_small("page_messages_max", in.capacity.page_messages_max);
    }
    page_head head;
    head.first = e.first;
    head.time = e.time;
    head.begin = static_cast<u16>(smaller<u32>(e.begin, 0xffff));
    head.sender = static_cast<u16>(smaller<u32>(e.sender, 0xffff));
    if (!in.messages.adopt_page(room, head, e.data, e.offsets)) return false;
    u32 nick = 0, nonce = 0;   // Frames are as long as these limits want.
    in.messages.longest(in.rooms[room].page_last, nick, nonce);
    if (nick > in.capacity.nick_bytes_max) {
        return too_small("nick_bytes_max", in.capacity.nick_bytes_max);
    }
    if (nonce > in.capacity.nonce_bytes_max) {
        return too_small("nonce_bytes_max", in.capacity.nonce_bytes_max);
    }
    return true;
}

bool snapshot_reader::read_lent() noexcept {
    lent_entry e;
    if (!get(shape_lent, &e)) return false;
    u32 at = in.rooms_order.first;
    for (; at != nil && in.rooms[at].id != e.room; at = in.rooms[at].order.next) {}
    if (at == nil) {
        at = in.rooms_closing.first;
        for (; at != nil && in.rooms[at].id != e.room; at = in.rooms[at].order.next) {}
    }
    return at != nil && in.messages.adopt_lent(at, e.ordinal);
}

bool snapshot_reader::read_entry(entry which) noexcept {
    switch (which) {
    case entry::head: return read_head();
    case entry::limits: return read_limits();
    case entry::policies: return read_policies();
    case entry::node: return read_node();
    case entry::user: return read_user();
    case entry::token: return read_token();
    case entry::binding: return read_binding();
    case entry::due: return read_due();
    case entry::room: return read_room();
    case entry::member: return read_member();
    case entry::page: return read_page();
    case entry::lent: return read_lent();
    case entry::end: break;
    }
    return false;
}

// What the entries cannot show one by one.
static bool is_whole(const state& in) noexcept {
    // What the nodes agreed on may be less than what this engine has, and is what counts later.
    const limits& most = in.shared;
    if (in.users.count > most.users_max || in.rooms.count > most.rooms_max ||
        in.memberships.count > most.members_max || in.nodes.count > most.nodes_max ||
        in.messages.reserved > most.history_pages_max ||
        in.messages.in_use > most.history_pages_max) {
        return false;
    }
    // The first boot may set any limits, since nothing is there before it.
    if (!in.booted && (in.users.count | in.rooms.count | in.nodes.count) != 0) return false;
    for (u32 u = in.users_order.first; u != nil; u = in.users[u].order.next) {
        if (in.users[u].id > in.users_made) return false;
        if ((in.users[u].sessions == 0) != in.is_due(u)) return false;
    }
    for (u32 r = in.rooms_order.first; r != nil; r = in.rooms[r].order.next) {
        if (in.rooms[r].id > in.rooms_made || !in.messages.is_whole(r)) return false;
    }
    for (u32 r = in.rooms_closing.first; r != nil; r = in.rooms[r].order.next) {
        if (!in.messages.is_whole(r)) return false;
    }
    return true;
}

error read_snapshot(state& into, std::string_view bytes, fault& why) noexcept {
    if (bytes.size() < snapshot_head + 32 || load_le32(bytes.data()) != snapshot_mark ||
        load_le64(bytes.data() + 8) != bytes.size()) {
        return why(error::snapshot_invalid);
    }
    if (load_le32(bytes.data() + 4) > behaviour_version) return why(error::behaviour_unknown);
    u8 digest[32];
    sha256_of(bytes.data(), bytes.size() - 32, digest);
    if (std::memcmp(digest, bytes.data() + bytes.size() - 32, 32) != 0) {
        return why(error::snapshot_invalid);
    }
    snapshot_reader reader{into, why, {bytes.data() + snapshot_head,
                                       bytes.data() + bytes.size() - 32}};
    for (;;) {
        const u64 which = reader.from.number();
        if (which == static_cast<u64>(entry::end) && !reader.from.bad) break;
        if (which > static_cast<u64>(entry::lent) ||
            !reader.read_entry(static_cast<entry>(which))) {
            return why.error != error::none ? why.error : why(error::snapshot_invalid);
        }
    }
    if (reader.from.at != reader.from.end || !is_whole(into) ||
        !policies_valid(into.rules, into.shared)) {
        return why(error::snapshot_invalid);
    }
    return error::none;
}

}  // namespace chatroom::detail

// ---- src/core.hpp -------------------------------------------------------------------------------

namespace chatroom::detail {

/// A record of this engine that waits for its commit.
struct pending_record {
    u64 number = 0;
    u64 ticket = 0;
    u32 session = 0;         ///< Its id.
    u64 ref = 0;
    u8 token[16]{};          ///< The token that the record holds the hash of.
    command_type type = command_type::none;
    bool has_token = false;
    bool framed = false;
    bool quiet = false;
    bool used = false;
};

/// A call made inside a callback. A frame, or a command's struct and what it refers to, follows.
struct queued_call {
    u32 bytes = 0;       ///< Of what follows.
    u32 session = 0;
    command_type type = command_type::none;   ///< none: a frame.
    u64 behalf = 0;
    u64 ticket = 0;
};

/// Calls made inside callbacks, in the order in which they came.
struct call_queue {
    char* base;
    u32 capacity;
    u32 head = 0;
    u32 tail = 0;
    u32 count = 0;

    /// Makes room for a call and what follows it. @return where that goes; null: it is full
    char* push(const queued_call& call) noexcept;
    const queued_call& front() noexcept;
    void pop() noexcept;
    bool empty() const noexcept { return count == 0; }
    u32 used() const noexcept {
        if (count == 0) return 0;
        return tail > head ? tail - head : capacity - head + tail;
    }
};

/// What a log needs. `write` answers none (stored, go on), pending, or why it failed.
struct recorder {
    error (*write)(core& c, const command_rule& rule, request& what, const offering& by,
                   const secret& made);
    void (*unbind_orphans)(core& c);
};

/// Writes 16 bytes as 32 hexadecimal digits.
void to_hex(const u8 (&bytes)[16], char* out) noexcept;

/// Copies as much as there is room for, in whole characters. @return how many bytes
std::size_t copy_words(std::string_view from, char* to, std::size_t room) noexcept;

/// Where commands, calls and records are while they are under way.
struct workspace {
    scratch more;                      ///< For the command at hand.
    call_queue queue;
    pending_record* waiting;
    u32 waiting_count = 0;
    u32 waiting_touched = 0;           ///< Places beyond this one were never used.
    u32 waiting_max;
    char* record;
    std::size_t record_bytes;

    void claim(arena& memory, const limits& sizes, const registration& parts) noexcept;
};

/// An engine, inside: what the public class opens and closes.
struct core : workspace {
    // What is large comes last.
    const u32 node_id;
    const u32 incarnation;
    bool timed = false;
    bool booting = true;               ///< This incarnation's first record is still due.
    bool late_log = false;             ///< It has answered `pending`: the state here may be behind.
    bool busy = false;                 ///< Within a call, so inside a callback for any other.
    u64 now = 0;
    u64 numbered = 0;                  ///< Of the last record made here.
    u64 ticketed = 0;
    u64 advanced_at = 0;               ///< When the last `advance` was offered, in shared time
    u64 tried_at = 0;                  ///< and by this node's clock.
    u64 booted_at = 0;
    u64 counted_at = 0;
    const text_rules* names;
    const recorder* records;
    dispatch known;
    void* block;
    std::size_t block_bytes;
    fault why;
    fault told;                        ///< `why`, as the public face shows it.
    char found[24];
    environment env;
    const budgets pace;
    statistics count;
    outbox out;
    state in;
    char features[64];

    core(const config& how, const environment& from_host, const registration& parts) noexcept;
    void claim(arena& memory, const registration& parts) noexcept;
    /// What all of it takes; 0: more than there can be.
    static std::size_t bytes(const config& how, const registration& parts) noexcept;

    u64 effective_time() const noexcept;
    void begin_call() noexcept;
    void end_call() noexcept;

    // Commands.
    error decide(const command_rule& rule, request& what) noexcept;
    error resolve(void* body, request& what, secret& made) noexcept;
    error offer(const command_rule& rule, void* body, const offering& by) noexcept;
    error may_write() noexcept;
    error propose(const command_rule& rule, void* body, const offering& by) noexcept;
    error apply(const command_rule& rule, request& what, applied& done, bool logged) noexcept;
    void locate(request& what) const noexcept;
    error boot_if_due() noexcept;
    error offer_engine(command_type type, void* body, u32 slot) noexcept;
    void finish(const command_rule& rule, const request& what, const offering& by,
                const applied& done, const secret& made) noexcept;
    void refuse(const command_rule* rule, const void* body, const offering& by) noexcept;
    void see(const offering& by, const command* what, u64 actor, const applied& done,
             chatroom::origin from = origin::here) noexcept;

    // Calls.
    error submit(u32 session, const command& what, outcome* result, u64 behalf,
                 u64 ticket) noexcept;
    error queue_frame(u32 slot, std::string_view frame) noexcept;
    error queue_command(u32 session, const command& what, u64 behalf, outcome& result) noexcept;
    void run_queue() noexcept;
    void take_queued(const queued_call& call) noexcept;
    /// Applies an undamaged record.
    error commit(std::string_view bytes, chatroom::origin origin) noexcept;
    error decode(std::string_view bytes, const command_rule*& rule, void*& body,
                 request& what) noexcept;
    pending_record* find_waiting(u64 number) noexcept;
    void give_up(pending_record& w) noexcept;
    error restore(std::string_view snapshot) noexcept;
    void tick() noexcept;
    bool may_advance(u64 time) const noexcept;
    void reap(u32 slot) noexcept;
    void reap_ended() noexcept;
    void reap_refused() noexcept;
    u64 next_due() const noexcept;
};

/// All parts there are. What calls this links all of them.
registration everything() noexcept;

}  // namespace chatroom::detail

// ---- src/core.cpp -------------------------------------------------------------------------------

namespace chatroom::detail {

// Memory.

// A ring in which no call wraps around: what is behind the last one is passed over.
constexpr u32 queue_wrap = 0xffffffffu;

static u32 queue_room(u32 bytes) noexcept { return (sizeof(queued_call) + bytes + 7) & ~7u; }

char* call_queue::push(const queued_call& call) noexcept {
    const u32 wanted = queue_room(call.bytes);
    const bool wrapped = tail < head || (tail == head && count != 0);
    if (wrapped) {
        if (head - tail < wanted) return nullptr;
    } else if (capacity - tail < wanted) {
        if (head < wanted) return nullptr;
        if (tail != capacity) std::memcpy(base + tail, &queue_wrap, sizeof queue_wrap);
        tail = 0;
    }
    char* const at = base + tail;
    std::memcpy(at, &call, sizeof call);
    tail += wanted;
    ++count;
    return at + sizeof call;
}

const queued_call& call_queue::front() noexcept {
    u32 mark = queue_wrap;
    if (head != capacity) std::memcpy(&mark, base + head, sizeof mark);
    if (mark == queue_wrap) head = 0;
    return *reinterpret_cast<const queued_call*>(base + head);
}

void call_queue::pop() noexcept {
    head += queue_room(front().bytes);
    if (--count == 0) head = tail = 0;
}

static void join_names(const registration& parts, char* out, std::size_t capacity) noexcept {
    std::size_t size = 0;
    for (const feature* f : parts.features) {
        const std::string_view name = view(f->name);
        if (size + name.size() + 2 > capacity) break;
        if (size != 0) out[size++] = ' ';
        std::memcpy(out + size, name.data(), name.size());
        size += name.size();
    }
    out[size] = '\0';
}

core::core(const config& how, const environment& from_host, const registration& parts) noexcept
    : node_id(how.node), incarnation(how.incarnation),
      names(parts.names != nullptr ? parts.names : &text_ascii()), records(parts.records),
      env(from_host), pace(how.budgets), count(), out(), in(how) {
    known.server = &server_feature();
    known.features = parts.features;
    join_names(parts, features, sizeof features);
    in.watch = &watching_outbox;
    in.watching = &out;
    out.in = &in;
    out.known = &known;
    out.send_ = env.send;
    out.node = node_id;
    out.incarnation = incarnation;
    out.features = features;
    out.count = &count;
    out.more = &more;
    for (const codec* each : parts.codecs) {
        out.codecs[static_cast<u32>(each->wire)] = each;
        out.frames = &each->frames();
    }
}

// The largest record: of a boot, a post, a create or a resume.
static std::size_t record_bytes_max(const limits& sizes) noexcept {
    const std::size_t boot = 400;
    const std::size_t post = sizes.message_bytes_max + sizes.nonce_bytes_max + 64;
    const std::size_t create = sizes.title_bytes_max + sizes.topic_bytes_max + 64;
    const std::size_t resume =
        sizes.rooms_per_user_max * (sizes.room_name_bytes_max + item_bytes::cursor_record);
    return record_head + 128 + sizes.room_name_bytes_max +
           larger(larger(boot, post), larger(create, resume));
}

void workspace::claim(arena& memory, const limits& sizes, const registration& parts) noexcept {
    const bool framed = parts.codecs.size != 0;
    record_bytes = parts.records != nullptr ? record_bytes_max(sizes) : 0;
    record = static_cast<char*>(memory.take(record_bytes, 8));
    // From frames and records the cursors of a resume, from frames all the texts; a command's
    // struct; and behind it what reading it takes, or then its names folded and the hashes of
    // tokens, or, before those, the boot that goes ahead. Or the page of a reply.
    constexpr std::size_t command = 96, hashes = 64;
    static_assert(sizeof(post) <= command && sizeof(create) <= command, "the largest");
    const std::size_t cursors = sizes.rooms_per_user_max * sizeof(cursor);
    const std::size_t name = (sizes.room_name_bytes_max + 7) & ~std::size_t{7};
    const std::size_t folded = 4 * sizes.nick_bytes_max + sizes.room_name_bytes_max + cursors +
                               sizes.rooms_per_user_max * name;
    const std::size_t behind = larger(hashes + folded, sizeof(boot));
    more.capacity = (framed || parts.records != nullptr ? cursors : 0) + command +
                    (framed ? sizes.frame_bytes_max + larger(frame_facts_bytes, behind) : behind);
    const std::size_t page = framed ? sizes.page_items_max * page_item_bytes : 0;
    more.capacity = (larger(more.capacity, page) + 7) & ~std::size_t{7};
    more.base = static_cast<char*>(memory.take(more.capacity, 8));
    queue.capacity = sizes.queue_bytes & ~7u;
    queue.base = static_cast<char*>(memory.take(queue.capacity, 8));
    waiting_max = parts.records != nullptr ? sizes.records_pending_max : 0;
    waiting = static_cast<pending_record*>(memory.take(sizeof(pending_record) * waiting_max, 8));
}

void core::claim(arena& memory, const registration& parts) noexcept {
    in.claim(memory);
    out.claim(memory, in.capacity, static_cast<u32>(parts.codecs.size));
    workspace::claim(memory, in.capacity, parts);
}

// Part by part, as a stack has no room for all of it.
std::size_t core::bytes(const config& how, const registration& parts) noexcept {
    arena memory{nullptr, sizeof(core)};
    state(how).claim(memory);
    {
        outbox counted;
        counted.claim(memory, how.limits, static_cast<u32>(parts.codecs.size));
    }
    workspace counted;
    counted.claim(memory, how.limits, parts);
    return memory.total();
}

// Calls.

void core::begin_call() noexcept {
    busy = true;
    out.budget = pace.deliveries_per_call;
    out.clock = effective_time();
}

void core::end_call() noexcept {
    if (out.ended_first != nil) reap_ended();
    out.pump();
    if (!queue.empty()) run_queue();
    out.pump();
    if (out.ended_first != nil) reap_ended();
    busy = false;
}

u64 core::effective_time() const noexcept {
    u64 time = larger(now, in.time);
    if (in.booted && in.time != 0) {
        time = smaller(time, in.time + in.rules.clock_ahead_max_ms);
    }
    return time;
}

// A command's way: judge, resolve, log, check, apply.

// The hash of a token, beside the command at hand: the first half of a digest.
static std::string_view token_hash(core& c, const u8 (&token)[16]) noexcept {
    using digest = u8[sha256::digest_bytes];
    void* const made = c.more.take(sizeof(digest));
    if (made == nullptr) return {};
    sha256_of(token, sizeof token, *static_cast<digest*>(made));
    return {static_cast<const char*>(made), sizeof token};
}

void to_hex(const u8 (&bytes)[16], char* out) noexcept {
    for (u32 i = 0; i < 16; ++i) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
}

static bool from_hex(std::string_view text, u8 (&out)[16]) noexcept {
    if (text.size() != 32) return false;
    for (u32 i = 0; i < 32; ++i) {
        const char c = text[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                                 : -1;
        if (digit < 0) return false;
        out[i / 2] = static_cast<u8>(i % 2 == 0 ? digit << 4 : out[i / 2] | digit);
    }
    return true;
}

static error resolve_nick(core& c, std::string_view nick, request& what) noexcept {
    const std::size_t room = 3 * nick.size();
    char* const folded = static_cast<char*>(c.more.take(room));
    const std::size_t size = folded == nullptr ? size_short : c.names->fold(nick, folded, room);
    if (size == size_short) return c.why(error::nick_invalid, "nick");
    u8 hash[sha256::digest_bytes];
    sha256_of(folded, size, hash);
    what.known.nick_key = load_le64(hash);
    return error::none;
}

static error resolve_token(core& c, request& what, secret& made) noexcept {
    if (c.env.entropy.fn == nullptr ||
        !c.env.entropy.fn(made.token, sizeof made.token, c.env.entropy.context)) {
        return c.why(error::entropy_failed);
    }
    made.made = true;
    what.known.token_hash = token_hash(c, made.token);
    return what.known.token_hash.empty() ? c.why(error::frame_too_long) : error::none;
}

// Adds what does not come from the shared state; what is secret stays here.
error core::resolve(void* body, request& what, secret& made) noexcept {
    switch (what.type) {
    case command_type::guest:
        if (error e = resolve_nick(*this, what.as<guest>().nick, what); e != error::none) return e;
        return resolve_token(*this, what, made);
    case command_type::nick: return resolve_nick(*this, what.as<nick>().name, what);
    case command_type::bind: return resolve_nick(*this, what.as<bind>().nick, what);
    case command_type::token: return resolve_token(*this, what, made);
    case command_type::resume: {
        u8 (&token)[16] = made.token;   // Until the new one is made.
        if (!from_hex(what.as<resume>().token, token)) return why(error::token_invalid, "token");
        what.known.proof = token_hash(*this, token);
        static_cast<resume*>(body)->token = {};
        return resolve_token(*this, what, made);
    }
    default: return error::none;
    }
}

inline void core::locate(request& what) const noexcept {
    if (what.by_host()) {
        if (what.known.behalf != 0) what.user = in.find_user(what.known.behalf);
    } else if (what.session != 0) {
        const bool own = what.node == node_id && what.incarnation == incarnation;
        const u32 here = own ? out.find(what.session) : nil;
        what.binding = here != nil ? out.binding_of(here)
                                   : in.find_binding(in.find_node(what.node), what.session);
        if (what.binding != nil) what.user = in.user_of(what.binding);
    }
    if (what.user != nil) what.actor = in.users[what.user].id;
}

error core::decide(const command_rule& rule, request& what) noexcept {
    locate(what);
    if (what.by_host()) {
        if ((rule.flags & sessions_only) != 0) return why(error::forbidden);
        if (what.user == nil && (what.known.behalf != 0 || (rule.flags & needs_user) != 0)) {
            return why(error::user_unknown, "user");
        }
    } else if ((rule.flags & engine_only) == 0) {
        if ((rule.flags & host_only) != 0) return why(error::forbidden);
        const bool bound = what.user != nil;
        if ((rule.flags & needs_none) != 0 && bound) return why(error::already_logged_in);
        if ((rule.flags & needs_none) == 0 && !bound) return why(error::login_required);
    }
    return rule.decide(in, what, why);
}

// What a log holds counts as offered, so its refusals go on the record too: they move the time.
error core::apply(const command_rule& rule, request& what, applied& done, bool logged) noexcept {
    const u64 before = in.time;
    in.time = larger(in.time, what.time);
    ++in.event;
    const error e = what.decided ? error::none : decide(rule, what);
    if (e != error::none && (!logged || what.type == command_type::boot)) {
        in.time = before;
        --in.event;
        return e;
    }
    done.time = in.time;
    if (e == error::none) {
        in.effects = in.rules.effects_per_record_max;
        rule.apply(in, what, done);
    }
    in.nodes[in.find_node(what.node)].number = what.number;
    ++count.records_applied;
    return e;
}

// Whether this node may write records at all.
error core::may_write() noexcept {
    if (!timed) return why(error::no_time);
    const u32 node = in.find_node(node_id);
    const bool replaced = node != nil && in.nodes[node].incarnation > incarnation;
    return replaced ? why(error::incarnation_stale) : error::none;
}

error core::boot_if_due() noexcept {
    if (!booting) return error::none;
    booted_at = now;
    if (error e = may_write(); e != error::none) return e;
    const std::size_t used = more.used;   // By the command that it goes ahead of.
    void* const with = more.take(sizeof(boot));
    if (with == nullptr) return why(error::frame_too_long);   // It has more than it may have.
    new (with) boot{in.capacity, in.rules, view(features)};
    const error e = propose(*known.find(command_type::boot), with, by_nobody);
    more.used = used;
    if (e == error::none || e == error::pending) {
        booting = false;
        return error::none;
    }
    return e;
}

error core::offer_engine(command_type type, void* body, u32 slot) noexcept {
    more.used = 0;
    why.clear();
    offering by;
    by.slot = slot;
    by.session = slot == nil ? 0 : out.sessions[slot].id;
    return offer(*known.find(type), body, by);
}

error core::offer(const command_rule& rule, void* body, const offering& by) noexcept {
    if (error e = may_write(); e != error::none) return e;
    if (error e = boot_if_due(); e != error::none) return e;
    const bool own = (rule.flags & engine_only) != 0;
    if (!own || rule.type == command_type::bind) {
        const error e = judge(*rule.shape, body, in.shared, *names, more, why);
        if (e != error::none) return e;
    }
    // What depends on nothing that goes on need not be asked of a log.
    const bool by_host = by.session == static_cast<u32>(host);
    if ((rule.flags & host_only) != 0 && !by_host) return why(error::forbidden);
    return propose(rule, body, by);
}

error core::propose(const command_rule& rule, void* body, const offering& by) noexcept {
    request what;
    what.type = rule.type;
    what.body = body;
    what.node = node_id;
    what.incarnation = incarnation;
    what.session = by.session;
    what.known.ref = by.ref;
    what.known.behalf = by.behalf;
    what.time = rule.type == command_type::boot ? larger(now, in.time) : effective_time();
    what.number = numbered + 1;
    secret made;
    if (error e = resolve(body, what, made); e != error::none) return e;
    const bool logged = env.log.fn != nullptr;
    if (logged) {
        if (error e = records->write(*this, rule, what, by, made); e != error::none) return e;
    }
    applied done;
    out.expect(what, by.slot);
    const error e = apply(rule, what, done, logged);
    if (e == error::none) {
        numbered = what.number;
        finish(rule, what, by, done, made);
    }
    out.expect_nothing();
    return e;
}

// Outcomes.

void core::see(const offering& by, const command* what, u64 actor, const applied& done,
               chatroom::origin from) noexcept {
    if (env.observe.fn == nullptr) return;
    observation seen;
    seen.origin = from;
    seen.session = session_id{by.session};
    seen.user = user_id{actor};
    seen.command = what;
    seen.why = why.error;
    seen.at = why.at;
    seen.ticket = by.ticket;
    seen.number = done.number;
    seen.time = done.time;
    env.observe.fn(seen, env.observe.context);
}

void core::finish(const command_rule& rule, const request& what, const offering& by,
                  const applied& done, const secret& made) noexcept {
    if ((rule.flags & engine_only) == 0) ++count.commands_accepted;
    if (by.slot != nil) {
        session_data& d = out.sessions[by.slot];
        if (rule.type == command_type::join) {
            if (out.joiner == by.slot) out.retell(by.slot, done.room, what.as<join>().history);
            d.room = done.room;
        }
        if (rule.type == command_type::create) d.room = done.room;
    }
    if (by.result != nullptr) {
        by.result->number = done.number;
        by.result->time = done.time;
        by.result->user = user_id{done.user};
        if (made.made) to_hex(made.token, by.result->token);
    }
    if (by.framed && !by.quiet) out.frames->reply_done(*this, by, done, made);
    if ((rule.flags & engine_only) != 0 || env.observe.fn == nullptr) return;
    const command as_command(what.type, what.body);
    see(by, &as_command, what.actor, done);
}

// Copies as much as there is room for, in whole characters.
std::size_t copy_words(std::string_view from, char* to, std::size_t room) noexcept {
    std::size_t n = smaller(from.size(), room);
    while (n != 0 && n < from.size() && (from[n] & 0xc0) == 0x80) --n;
    if (n != 0) std::memcpy(to, from.data(), n);
    return n;
}

void core::refuse(const command_rule* rule, const void* body, const offering& by) noexcept {
    ++count.commands_refused;
    told = why;
    told.ref = by.ref;
    told.found = {found, copy_words(why.found, found, sizeof found)};
    const u32 user = by.slot != nil ? out.sessions[by.slot].user : nil;
    resume without_token;
    if (rule != nullptr && rule->type == command_type::resume && body != nullptr) {
        without_token.cursors = static_cast<const resume*>(body)->cursors;
        body = &without_token;
    }
    const command as_command(rule != nullptr ? rule->type : command_type::none, body);
    applied nothing;
    nothing.time = in.time;
    const u64 actor = user != nil ? in.users[user].id : 0;
    if (by.framed) out.frames->reply_refused(*this, by);
    see(by, rule != nullptr ? &as_command : nullptr, actor, nothing);
}

// Frames and typed commands.

error core::submit(u32 session, const command& what, outcome* result, u64 behalf,
                   u64 ticket) noexcept {
    more.used = 0;
    why.clear();
    offering by;
    by.session = session;
    by.behalf = behalf;
    by.result = result;
    by.ticket = ticket;
    const bool by_host = session == static_cast<u32>(host);
    by.slot = by_host ? nil : out.find(session);
    const command_rule* rule = known.find(what.type);
    void* body = nullptr;
    error e = error::none;
    if (!by_host && (by.slot == nil || out.sessions[by.slot].ended)) {
        by.slot = nil;
        e = why(error::session_unknown);
    } else if (rule == nullptr) {
        e = why(error::op_unknown);
    } else if ((rule->flags & (engine_only | reads)) != 0 || (behalf != 0 && !by_host)) {
        e = why(error::invalid_argument);
    } else if (body = more.take(rule->shape->bytes); body == nullptr) {
        e = why(error::frame_too_long);
    } else {
        std::memcpy(body, what.body, rule->shape->bytes);
        e = offer(*rule, body, by);
    }
    if (e != error::none && e != error::pending) refuse(rule, what.body, by);
    return e;
}

// Calls made inside callbacks: kept, and run when the outer call is done.

// Copies what a command refers to behind it. Without `base` it only counts.
struct text_keeper {
    const std::size_t items_max;
    char* base;
    std::size_t used;

    char* keep(const void* from, std::size_t bytes) noexcept {
        constexpr std::size_t most = static_cast<std::size_t>(-1) / 4;   // No queue has as much.
        char* const at = base != nullptr ? base + used : nullptr;
        used = bytes > most || used > most ? most : used + ((bytes + 7) & ~std::size_t{7});
        if (at != nullptr && bytes != 0) std::memcpy(at, from, bytes);
        return at;
    }
    void keep_texts(const described& shape, void* body) noexcept {
        for (u32 i = 0; i < shape.count; ++i) {
            const described_member& m = shape.members[i];
            if (m.kind != kind::text) continue;
            const std::string_view text = text_of(body, m);
            const char* const at = keep(text.data(), text.size());
            if (at != nullptr) text_of(body, m) = {at, text.size()};
        }
    }
    void keep_items(void* body, const described_member& m) noexcept {
        const described& element = *static_cast<const described*>(m.extra);
        any_list items = items_of(body, m);
        items.size = smaller(items.size, items_max + 1);   // It is refused all the same.
        char* const copy = keep(items.data, items.size * element.bytes);
        if (copy != nullptr) set_items(body, m, items = {copy, items.size});
        char* const first = static_cast<char*>(const_cast<void*>(items.data));
        for (std::size_t i = 0; i < items.size; ++i) keep_texts(element, first + i * element.bytes);
    }
    void keep_all(const described& shape, void* body) noexcept {
        keep_texts(shape, body);
        for (u32 i = 0; i < shape.count; ++i) {
            if (shape.members[i].kind == kind::items) keep_items(body, shape.members[i]);
        }
    }
};

error core::queue_frame(u32 slot, std::string_view frame) noexcept {
    if (frame.size() > queue.capacity) return error::queue_full;
    queued_call call;
    call.bytes = static_cast<u32>(frame.size());
    call.session = out.sessions[slot].id;
    char* const at = queue.push(call);
    if (at == nullptr) return error::queue_full;
    if (!frame.empty()) std::memcpy(at, frame.data(), frame.size());
    out.sessions[slot].taking = true;
    return error::queued;
}

error core::queue_command(u32 session, const command& what, u64 behalf,
                          outcome& result) noexcept {
    const command_rule* rule = known.find(what.type);
    if (rule == nullptr) return error::op_unknown;
    if ((rule->flags & (engine_only | reads)) != 0) return error::invalid_argument;
    const described& shape = *rule->shape;
    const std::size_t before_texts = (shape.bytes + 7u) & ~7u;
    text_keeper texts{in.shared.rooms_per_user_max, nullptr, before_texts};
    texts.keep_all(shape, const_cast<void*>(what.body));   // Counts, and changes nothing.
    if (texts.used > queue.capacity) return error::queue_full;
    queued_call call;
    call.bytes = static_cast<u32>(texts.used);
    call.session = session;
    call.type = what.type;
    call.behalf = behalf;
    call.ticket = ticketed + 1;
    char* const at = queue.push(call);
    if (at == nullptr) return error::queue_full;
    std::memcpy(at, what.body, shape.bytes);
    texts.base = at;
    texts.used = before_texts;
    texts.keep_all(shape, at);
    result.ticket = ++ticketed;
    return error::queued;
}

// The entry at hand stays in the queue while it runs, since its texts are read there.
void core::run_queue() noexcept {
    for (u32 most = pace.queued_per_call; most != 0 && !queue.empty(); --most, queue.pop()) {
        const queued_call& call = queue.front();
        if (call.type != command_type::none) {
            submit(call.session, command(call.type, &call + 1), nullptr, call.behalf, call.ticket);
        } else {
            take_queued(call);
        }
    }
}

void core::take_queued(const queued_call& call) noexcept {
    const u32 slot = out.find(call.session);
    if (slot == nil || out.sessions[slot].ended) return;
    out.frames->take(*this, slot, {reinterpret_cast<const char*>(&call + 1), call.bytes});
    out.sessions[slot].taking = false;
}

// Time, and what is due.

// Unbinds a session that has ended. Its slot is free when nothing of it is under way; until then
// what settles its last record comes back to it.
void core::reap(u32 slot) noexcept {
    session_data& d = out.sessions[slot];
    if (d.user != nil && !d.unbinding) {
        unbind nothing;
        const error e = offer_engine(command_type::unbind, &nothing, slot);
        d.unbinding = e == error::pending;
        if (e != error::none && e != error::pending) {
            d.ended_next = out.refused_first;
            out.refused_first = slot;
            return;
        }
    }
    if (d.user == nil && d.pending == 0) out.free_session(slot);
}

void core::reap_ended() noexcept {
    while (out.ended_first != nil) {
        const u32 slot = out.ended_first;
        out.ended_first = out.sessions[slot].ended_next;
        reap(slot);
    }
}

// An unbind that the log did not take is tried again at each tick, until it refuses another one.
void core::reap_refused() noexcept {
    for (u32 most = in.rules.effects_per_record_max; most != 0; --most) {
        const u32 slot = out.refused_first;
        if (slot == nil) return;
        out.refused_first = out.sessions[slot].ended_next;
        reap(slot);
        if (out.refused_first == slot) return;
    }
}

void core::tick() noexcept {
    more.used = 0;
    if (boot_if_due() != error::none) return;
    if (out.orphans) records->unbind_orphans(*this);
    reap_refused();
    const u64 time = effective_time();
    // Without anything due, the shared time still follows, so that it never lags by much.
    const bool lags = in.booted && now - smaller(now, in.time) >= in.rules.clock_ahead_max_ms / 2;
    if ((lags || in.due() <= time) && may_advance(time)) {
        detail::advance nothing;
        advanced_at = time;
        tried_at = now;   // Also when the log refuses it: try again, but not at once.
        offer_engine(command_type::advance, &nothing, nil);
    }
    if (time - smaller(counted_at, time) >= pace.presence_ms) {
        counted_at = time;
        out.tell_counts();
    }
}

// The shared time may stand still until it is advanced, or leap, so either clock will do.
bool core::may_advance(u64 time) const noexcept {
    return time - smaller(advanced_at, time) >= in.rules.advance_ms ||
           now - smaller(tried_at, now) >= in.rules.advance_ms;
}

u64 core::next_due() const noexcept {
    if (!out.idle() || !queue.empty() || !timed) return 0;
    if (booting) {
        const u64 again = booted_at + in.rules.advance_ms;
        return booted_at == 0 || again <= now ? 0 : again - now;
    }
    const u64 time = effective_time();
    const u64 again = now + in.rules.advance_ms;
    u64 next = in.due() <= time ? now : in.due();
    if (in.booted) next = smaller(next, in.time + in.rules.clock_ahead_max_ms / 2);
    if (next != ~u64{0} && !may_advance(time)) next = larger(next, tried_at + in.rules.advance_ms);
    if (out.count_first != nil) next = smaller(next, counted_at + pace.presence_ms);
    if (out.refused_first != nil || out.orphans) next = smaller(next, again);
    if (next == ~u64{0}) return next;
    return next <= now ? 0 : next - now;
}

}  // namespace chatroom::detail

// ---- src/frames.cpp -----------------------------------------------------------------------------

namespace chatroom::detail {

// What sessions with frames need and typed ones do not: frames in, replies out. Linked with any
// of the codecs.

// Each kind of reply has a function that is not inlined, so that none has the stack of another.

[[gnu::noinline]] static bool send_help(outbox& o, u32 session) noexcept {
    session_data& d = o.sessions[session];
    if (d.paused || d.ended || !d.greeted) return false;
    const codec& by = *o.codecs[static_cast<u32>(d.wire)];
    const std::size_t size = by.help(*o.known, o.frame, d.frame_bytes_max);
    const help told{{o.frame, size}};
    o.deliver_to(session, told, size);
    const bool taken = !d.missed && !d.ended;
    o.settle();
    return taken;
}

[[gnu::noinline]] static bool send_refused(outbox& o, u32 session) noexcept {
    const reply_data& r = o.replies[session];
    failure told;
    told.ref = r.ref;
    told.error = r.why;
    told.field = view(r.refused.field);
    told.limit = r.refused.limit;
    told.value = r.refused.value;
    told.at = r.refused.at;
    told.retry_ms = r.refused.retry_ms;
    told.found = {r.refused.found, r.found_size};
    return o.tell(session, told);
}

[[gnu::noinline]] static bool send_done(outbox& o, u32 session) noexcept {
    const reply_data& r = o.replies[session];
    const u32 user = o.sessions[session].user;
    char token[32];
    ok told;
    told.ref = r.ref;
    told.time = r.done.time;
    told.number = r.done.number;
    if (r.done.user != 0 && user != nil) {
        told.user = r.done.user;
        told.nick = o.in->nick(user);
    }
    const u32 room = r.done.room;
    if (room != nil && o.in->rooms[room].id == r.done.room_id) told.room = o.in->name(room);
    if (r.done.has_token) {
        to_hex(r.done.token, token);
        told.token = {token, sizeof token};
    }
    return o.tell(session, told);
}

// One of the pages, as a reply says which.
union page_body {
    history_page messages;
    rooms_page listed;
    members_page people;

    page_body() noexcept {}
};

// Reads what a page reply describes. @return the event; nothing, and why, when the room is gone
static event read_page(const outbox& o, u32 user, const reply_data& r, void* items, u32 capacity,
                       page_body& into, u32& n, error& why) noexcept {
    const state& in = *o.in;
    const asker who{user, false};
    const bool same = r.page.room != nil && in.rooms[r.page.room].id == r.page.room_id;
    const u32 room = same ? r.page.room : nil;
    if (r.type == event_type::history_page) {
        history_page& page = *new (&into.messages) history_page;
        const history wanted{{}, r.page.selector, r.page.number, r.page.until, r.page.limit};
        why = read_history(in, who, room, wanted, static_cast<message*>(items), capacity, page);
        n = static_cast<u32>(page.messages.size);
        page.ref = r.ref;
        return page;
    }
    if (r.type == event_type::rooms_page) {
        rooms_page& page = *new (&into.listed) rooms_page;
        why = read_rooms(in, {r.page.number, r.page.limit}, static_cast<room_item*>(items),
                         capacity, page);
        n = static_cast<u32>(page.rooms.size);
        page.ref = r.ref;
        return page;
    }
    members_page& page = *new (&into.people) members_page;
    why = read_members(in, who, room, {{}, r.page.number, r.page.limit},
                       static_cast<member_item*>(items), capacity, page);
    n = static_cast<u32>(page.members.size);
    page.ref = r.ref;
    return page;
}

// A page that does not fit the session's frames is read again with half as many items; a single
// message that does not fit is told without its text. What still does not fit is refused: no client
// is to wait for an answer that never comes.
//
// @param taken  whether the session took it
// @return why there is no page to send
[[gnu::noinline]] static error send_page(outbox& o, u32 session, bool& taken) noexcept {
    const reply_data& r = o.replies[session];
    const session_data& d = o.sessions[session];
    taken = false;
    if (d.paused || d.ended || !d.greeted) return error::none;
    u32 capacity = o.page_items_max;
    o.more->used = 0;   // The command that asked is done with it.
    void* const items = o.more->take(capacity * page_item_bytes);
    for (bool withhold = false;;) {
        page_body body;
        u32 n = 0;
        error why = error::none;
        const event what = read_page(o, d.user, r, items, capacity, body, n, why);
        if (why != error::none) return why;   // The room is gone since it was asked for.
        if (withhold) {
            message& alone = *static_cast<message*>(items);
            alone.bytes = static_cast<u32>(alone.text.size());
            alone.text = {};
        }
        const codec& by = *o.codecs[static_cast<u32>(d.wire)];
        const std::size_t size = by.encode(what, o.frame, d.frame_bytes_max);
        if (size != 0) {
            o.deliver_to(session, what, size);
            taken = !d.missed && !d.ended;
            o.settle();
            return error::none;
        }
        if (n > 1) {
            capacity = n / 2;
        } else if (n == 1 && r.type == event_type::history_page && !withhold) {
            withhold = true;
        } else {
            return error::frame_too_long;
        }
    }
}

static void become_refusal(reply_data& r, error why, u32 frame_bytes_max) noexcept {
    r.type = event_type::failure;
    r.why = why;
    r.found_size = 0;
    r.refused = {0, 0, 0, {}, "room", 0};
    if (why != error::frame_too_long) return;
    r.refused.field = "frame_bytes_max";
    r.refused.limit = frame_bytes_max;
}

// @return whether the session took it; else it stays outstanding.
static bool send_reply(outbox& o, u32 session) noexcept {
    reply_data& r = o.replies[session];
    bool taken = false;
    switch (r.type) {
    case event_type::failure: taken = send_refused(o, session); break;
    case event_type::ok: taken = send_done(o, session); break;
    case event_type::help: taken = send_help(o, session); break;
    default:
        if (const error why = send_page(o, session, taken); why != error::none) {
            become_refusal(r, why, o.sessions[session].frame_bytes_max);
            taken = send_refused(o, session);
        }
        break;
    }
    if (taken) o.sessions[session].replying = false;
    return taken;
}

// A reply to be filled in, and then sent.
[[gnu::noinline]] static reply_data& new_reply(outbox& o, u32 session, event_type type,
                                               u64 ref) noexcept {
    reply_data& r = o.replies[session];
    r.type = type;
    r.ref = ref;
    o.sessions[session].replying = true;
    return r;
}

static void reply_done(core& c, const offering& by, const applied& done,
                       const secret& made) noexcept {
    reply_data& r = new_reply(c.out, by.slot, event_type::ok, by.ref);
    r.done = {done.user, done.number, done.time, 0, {}, done.room, made.made};
    if (done.room != nil) r.done.room_id = c.in.rooms[done.room].id;
    if (made.made) std::memcpy(r.done.token, made.token, sizeof r.done.token);
    send_reply(c.out, by.slot);
}

static void reply_refused(core& c, const offering& by) noexcept {
    const fault& why = c.why;
    reply_data& r = new_reply(c.out, by.slot, event_type::failure, by.ref);
    r.why = why.error;
    r.refused = {why.limit, why.value, why.retry_ms, {}, why.which(), static_cast<u32>(why.at)};
    r.found_size =
        static_cast<u8>(copy_words(why.found, r.refused.found, sizeof r.refused.found));
    send_reply(c.out, by.slot);
}

// Keeps what a read asks for.
static error note_read(core& c, const command_rule& rule, const void* body, u32 user,
                       reply_data& r) noexcept {
    if (rule.type == command_type::ping) {
        r.done = {};
        r.done.time = c.effective_time();
        return error::none;
    }
    page_reply& page = r.page = {};
    std::string_view room;
    if (rule.type == command_type::rooms) {
        const chatroom::rooms& asked = *static_cast<const chatroom::rooms*>(body);
        r.type = event_type::rooms_page;
        page.number = asked.after;
        page.limit = asked.limit;
        return error::none;
    }
    if (rule.type == command_type::members) {
        const chatroom::members& asked = *static_cast<const chatroom::members*>(body);
        r.type = event_type::members_page;
        page.number = asked.after;
        page.limit = asked.limit;
        room = asked.room;
    } else {
        const history& asked = *static_cast<const history*>(body);
        r.type = event_type::history_page;
        page.selector = asked.selector;
        page.number = asked.number;
        page.until = asked.until;
        page.limit = asked.limit;
        room = asked.room;
    }
    page.room = c.in.find_room(room);
    if (!c.in.can_see(user, false, page.room)) return c.why(error::room_unknown, "room");
    page.room_id = c.in.rooms[page.room].id;
    return error::none;
}

[[gnu::noinline]] static void observe_read(core& c, const command_rule& rule, const void* body,
                                           u32 user, const offering& by) noexcept {
    const command as_command(rule.type, body);
    applied nothing;
    nothing.time = c.in.time;
    c.see(by, &as_command, user != nil ? c.in.users[user].id : 0, nothing);
}

// Reads make no record; their reply is kept as what was asked, and read when it is told.
static error answer_read(core& c, const command_rule& rule, const void* body,
                         const offering& by) noexcept {
    const u32 user = c.out.sessions[by.slot].user;
    reply_data& r = new_reply(c.out, by.slot, event_type::ok, by.ref);
    if (error e = note_read(c, rule, body, user, r); e != error::none) return e;
    ++c.count.commands_accepted;
    observe_read(c, rule, body, user, by);   // A page is put together where the command lies.
    send_reply(c.out, by.slot);
    return error::none;
}

static void bad_frame(core& c, u32 slot) noexcept {
    ++c.count.frames_unreadable;
    session_data& d = c.out.sessions[slot];
    if (++d.bad_frames < c.pace.bad_frames_max) return;
    bye last;
    last.error = error::frame_malformed;
    c.out.tell(slot, last);
    if (!d.ended) c.out.end(slot);
}

// What a frame says, and whether its session may say it.
[[gnu::noinline]] static error read_frame(core& c, u32 slot, std::string_view frame,
                                          decoded& got) noexcept {
    const session_data& d = c.out.sessions[slot];
    const codec* by_codec = c.out.codecs[static_cast<u32>(d.wire)];
    c.more.used = 0;
    c.why.clear();
    if (by_codec == nullptr) return c.why(error::codec_missing);
    if (frame.size() > d.frame_bytes_max) {
        return c.why(error::frame_too_long, "frame_bytes_max", d.frame_bytes_max, frame.size());
    }
    return by_codec->decode(c.known, frame, c.more, got, c.why);
}

// Runs the command that a frame held. A refusal is told by the caller.
static error run_frame(core& c, const decoded& got, const offering& by) noexcept {
    const session_data& d = c.out.sessions[by.slot];
    if (d.wire == wire::lines && d.room != nil && takes_current_room(*got.rule->shape)) {
        fill_room(*got.rule->shape, got.body, c.in.name(d.room));
    }
    // Who is nobody yet is told so first, whatever else is wrong.
    constexpr u8 open_to_all = needs_none | host_only | engine_only;
    const bool open = (got.rule->flags & open_to_all) != 0 || got.rule->type == command_type::ping;
    if (d.user == nil && !open) return c.why(error::login_required);
    if ((got.rule->flags & reads) == 0) return c.offer(*got.rule, got.body, by);
    const error e = judge(*got.rule->shape, got.body, c.in.shared, *c.names, c.more, c.why);
    return e != error::none ? e : answer_read(c, *got.rule, got.body, by);
}

static error take_frame(core& c, u32 slot, std::string_view frame) noexcept {
    offering by;
    by.slot = slot;
    by.session = c.out.sessions[slot].id;
    by.framed = true;
    decoded got;
    error e = read_frame(c, slot, frame, got);
    by.ref = got.ref;
    if (e != error::none) {
        c.refuse(nullptr, nullptr, by);
        if (e == error::frame_malformed || e == error::frame_too_long) bad_frame(c, slot);
        return e;
    }
    by.quiet = got.quiet;
    if (got.nothing) return error::none;
    if (got.help) {
        new_reply(c.out, slot, event_type::help, 0);
        send_reply(c.out, slot);
        return error::none;
    }
    e = run_frame(c, got, by);
    if (e != error::none && e != error::pending) c.refuse(got.rule, got.body, by);
    return e;
}

const framing& frames() noexcept {
    static constexpr framing all{take_frame, send_reply, reply_done, reply_refused};
    return all;
}

}  // namespace chatroom::detail

// ---- src/records.cpp ----------------------------------------------------------------------------

namespace chatroom::detail {

// Records out to the log and back. Linked with `parts::records`, `commit` and `recover`.

// A boot is told in full only where there is a log.
static const described& record_shape(const command_rule& rule) noexcept {
    return rule.shape != nullptr ? *rule.shape : shape_boot;
}

static error ask_log(core& c, const command_rule& rule, request& what, stored& answer) noexcept {
    // Saves the log what would be refused anyway. Where records come back late, the log may hold
    // what makes the difference already.
    if (c.waiting_count == 0 && !c.late_log) {
        if (error e = c.decide(rule, what); e != error::none) return e;
        what.decided = what.time <= c.in.time;   // With time going on, it may be decided otherwise.
    }
    if (c.waiting_count == c.waiting_max) {
        return c.why(error::records_full, "records_pending_max", c.waiting_count, c.waiting_count);
    }
    const std::size_t size = encode_record(what, record_shape(rule), c.record, c.record_bytes);
    if (size == 0) return c.why(error::frame_too_long);
    ++c.count.records_written;
    answer = c.env.log.fn({c.record, size}, what.number, c.env.log.context);
    if (answer == stored::no) return c.why(error::storage_failed);
    return error::none;
}

static void keep(core& c, const request& what, const offering& by, const secret& made) noexcept {
    u32 at = 0;
    while (at != c.waiting_touched && c.waiting[at].used) ++at;
    if (at == c.waiting_touched) ++c.waiting_touched;
    pending_record& w = c.waiting[at];
    w = pending_record{};
    w.used = true;
    w.number = what.number;
    w.session = what.session;
    w.ref = by.ref;
    w.type = what.type;
    w.framed = by.framed;
    w.quiet = by.quiet;
    w.has_token = made.made;
    if (made.made) std::memcpy(w.token, made.token, sizeof w.token);
    ++c.waiting_count;
    w.ticket = by.ticket;
    if (by.result != nullptr) w.ticket = by.result->ticket = ++c.ticketed;
    if (by.slot == nil) return;
    ++c.out.sessions[by.slot].pending;
    if (by.framed) c.out.sessions[by.slot].waiting = true;
}

static error write_record(core& c, const command_rule& rule, request& what, const offering& by,
                          const secret& made) {
    stored answer = stored::yes;
    const error e = ask_log(c, rule, what, answer);
    if (e == error::none || e == error::storage_failed) ++c.numbered;
    if (e != error::none) return e;
    c.late_log = c.late_log || answer == stored::pending;
    if (answer != stored::pending && c.waiting_count == 0) return error::none;
    keep(c, what, by, made);
    return error::pending;
}

static void name_small_limit(const state& in, const limits& told, fault& why) noexcept {
    for (u32 i = 0; i < shape_limits.count; ++i) {
        const described_member& m = shape_limits.members[i];
        if ((m.flags & node_local) != 0 || number_of(&told, m) <= number_of(&in.capacity, m)) {
            continue;
        }
        why(error::limit_too_small, m.name, number_of(&told, m), number_of(&in.capacity, m));
        return;
    }
}

// What the log has stored comes back.

error core::decode(std::string_view bytes, const command_rule*& rule, void*& body,
                   request& what) noexcept {
    if (what.time >= u64{1} << 53 || what.node == 0 || what.node > 65535 ||
        what.incarnation == 0) {
        return why(error::record_invalid);
    }
    const u32 node = in.find_node(what.node);
    if (node != nil) {
        const node_data& n = in.nodes[node];
        if (what.incarnation < n.incarnation) return why(error::incarnation_stale);
        if (what.incarnation == n.incarnation && what.number <= n.number) {
            return why(error::already_applied);
        }
    }
    // Only these are nobody's.
    const bool nobodys = what.type == command_type::boot || what.type == command_type::advance;
    if (nobodys != (what.session == 0)) return why(error::record_invalid);
    const bool begun = node != nil && what.incarnation == in.nodes[node].incarnation;
    if (begun == (what.type == command_type::boot)) return why(error::record_invalid);
    rule = known.find(what.type);
    if (rule == nullptr) return why(error::feature_missing);
    if ((rule->flags & reads) != 0) return why(error::record_invalid);
    more.used = 0;
    body = more.take(record_shape(*rule).bytes);
    if (body == nullptr) return why(error::record_invalid);
    std::memset(body, 0, record_shape(*rule).bytes);
    what.body = body;
    if (!decode_record(bytes, record_shape(*rule), body, what.known, more)) {
        return why(error::record_invalid);
    }
    if (judge_stored(record_shape(*rule), body, in.shared, more, why) != error::none) {
        return why(error::record_invalid, why.which());
    }
    if (what.type != command_type::boot) return error::none;
    const boot& with = what.as<boot>();
    const bool valid = limits_valid(with.limits) && policies_valid(with.policies, with.limits);
    return valid ? error::none : why(error::record_invalid);
}

// A record is settled. What a session waits for may have been one record or another.
static void release(outbox& out, u32 slot, const pending_record& by) noexcept {
    if (slot == nil) {   // Gone, so it was the unbind of an orphan; there may be more of them.
        out.orphans = out.orphans || by.type == command_type::unbind;
        return;
    }
    session_data& session = out.sessions[slot];
    --session.pending;
    if (by.framed) session.waiting = false;
    if (by.type == command_type::unbind) session.unbinding = false;
    if (!session.ended || session.pending != 0) return;
    session.ended_next = out.ended_first;
    out.ended_first = slot;
}

pending_record* core::find_waiting(u64 number) noexcept {
    if (waiting_count == 0) return nullptr;
    for (u32 i = 0; i < waiting_touched; ++i) {
        if (waiting[i].used && waiting[i].number == number) return &waiting[i];
    }
    return nullptr;
}

error core::commit(std::string_view bytes, chatroom::origin origin) noexcept {
    const command_rule* rule = nullptr;
    void* body = nullptr;
    request what = decode_head(bytes);
    why.clear();
    const error refused = decode(bytes, rule, body, what);
    const bool own = what.node == node_id && what.incarnation == incarnation;
    pending_record* const w = own ? find_waiting(what.number) : nullptr;
    if (refused != error::none) {
        if (w != nullptr) give_up(*w);   // As behind a boot that was abandoned.
        return refused;
    }
    offering by;
    secret made;
    if (w != nullptr) {
        const pending_record kept = *w;
        w->used = false;
        --waiting_count;
        by.slot = out.find(kept.session);
        release(out, by.slot, kept);
        by.session = kept.session;
        by.ref = kept.ref;
        by.framed = kept.framed && by.slot != nil;
        by.quiet = kept.quiet;
        by.ticket = kept.ticket;
        made.made = kept.has_token;
        std::memcpy(made.token, kept.token, sizeof made.token);
    }
    out.expect(what, by.slot);
    applied done;
    const error e = apply(*rule, what, done, true);
    if (w != nullptr) {
        if (e == error::none) finish(*rule, what, by, done, made);
        if (e != error::none) refuse(rule, body, by);
    } else if ((rule->flags & engine_only) == 0) {
        const command as_command(what.type, body);
        done.time = in.time;
        see(by, &as_command, what.actor, done, origin);
    }
    out.expect_nothing();
    if (own) numbered = larger(numbered, what.number);
    // A refused command is no failure of the record; a log that does not fit this engine is.
    if (e == error::limit_too_small) {
        name_small_limit(in, what.as<boot>().limits, why);
        told = why;
    }
    return what.type == command_type::boot ? e : error::none;
}

void core::give_up(pending_record& w) noexcept {
    const pending_record kept = w;
    w.used = false;
    --waiting_count;
    if (kept.type == command_type::boot) booting = true;
    offering by;
    by.ticket = kept.ticket;
    by.slot = out.find(kept.session);
    by.session = kept.session;
    by.ref = kept.ref;
    release(out, by.slot, kept);
    by.framed = kept.framed && by.slot != nil;
    why.clear();
    why(error::storage_failed);
    refuse(nullptr, nullptr, by);
}

// A log may hold a login that it said not to have stored: nobody is there to speak for that user.
static void unbind_orphans(core& c) {
    const u32 node = c.in.find_node(c.node_id);
    c.out.orphans = false;
    for (u32 b = c.in.nodes[node].bound.last, older = nil; b != nil; b = older) {
        older = c.in.bindings[b].of_node.previous;
        if (!c.in.alive(c.in.bindings[b]) || c.out.find(c.in.bindings[b].session) != nil) continue;
        unbind nothing;
        offering by;
        by.session = c.in.bindings[b].session;
        const error e = c.offer(*c.known.find(command_type::unbind), &nothing, by);
        if (e == error::pending) return;   // What settles it looks for the next.
        c.out.orphans = e != error::none;
        if (c.out.orphans) return;
    }
}

template <typename... What>
static void watch_nothing(void*, What...) {}

static constexpr watcher nobody_watching{watch_nothing, watch_nothing, watch_nothing,
                                         watch_nothing, watch_nothing, watch_nothing,
                                         watch_nothing, watch_nothing};

error core::restore(std::string_view snapshot) noexcept {
    if (in.event != 0) return why(error::invalid_argument);
    in.watch = &nobody_watching;
    const policies rules = in.rules;
    const error e = read_snapshot(in, snapshot, why);
    if (e != error::none) {   // Empty again.
        arena memory{reinterpret_cast<char*>(this), sizeof(core)};
        in.claim(memory);
        in.clear();
        in.rules = rules;
    }
    in.watch = &watching_outbox;
    out.restored();
    if (e != error::none) refuse(nullptr, nullptr, by_nobody);
    return e;
}

}  // namespace chatroom::detail

namespace chatroom::parts {

const recorder& records() noexcept {
    static constexpr recorder all{detail::write_record, detail::unbind_orphans};
    return all;
}

}  // namespace chatroom::parts

// ---- src/engine.cpp -----------------------------------------------------------------------------

namespace chatroom {

using namespace detail;

template <typename T>
constexpr bool fits_in(std::size_t published) noexcept {
    return sizeof(T) <= published;
}
static_assert(fits_in<core>(item_bytes::engine) && fits_in<user_data>(item_bytes::user) &&
              fits_in<binding_data>(item_bytes::binding) &&
              fits_in<token_data>(item_bytes::token) &&
              fits_in<node_data>(item_bytes::node) &&
              fits_in<room_data>(item_bytes::room) && fits_in<chunk>(item_bytes::chunk) &&
              fits_in<membership_data>(item_bytes::membership) &&
              fits_in<session_data>(item_bytes::session) && fits_in<recipient>(item_bytes::face) &&
              fits_in<reply_data>(item_bytes::reply) && fits_in<room_edge>(item_bytes::edge) &&
              fits_in<message>(item_bytes::message) && fits_in<room_item>(item_bytes::room_item) &&
              fits_in<member_item>(item_bytes::member_item) &&
              fits_in<pending_record>(item_bytes::pending) && fits_in<cursor>(item_bytes::cursor) &&
              fits_in<boot>(item_bytes::boot),
              "footprint_bound counts with these");

const name_rules& names::ascii() noexcept { return text_ascii(); }
const name_rules& names::unicode() noexcept { return text_unicode(); }

// An engine in a block that may begin anywhere. @return null: the block is too small
static core* make_core(void* block, std::size_t bytes, const config& how,
                       const environment& from_host, const registration& parts) noexcept {
    if (bytes < sizeof(core) + arena::slack) return nullptr;
    const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(block) + (arena::slack - 1);
    // One more than may be taken, which tells what is full from what is too much.
    const std::size_t most = smaller(bytes - arena::slack + 1, arena::bytes_max);
    arena memory{reinterpret_cast<char*>(start & ~std::uintptr_t{arena::slack - 1}), sizeof(core),
                 most};
    core* const made = new (memory.base) core(how, from_host, parts);
    made->claim(memory, parts);
    made->block = block;
    made->block_bytes = bytes;
    return memory.used < most ? made : nullptr;
}

std::size_t footprint(const config& how, const registration& with) noexcept {
    return config_valid(how) ? core::bytes(how, with) : 0;
}

// Of entropy, or of none, where nobody is to be feared.
[[gnu::noinline]] static void make_key(const u32 (&seeds)[4], hash_key& key) noexcept {
    u8 digest[sha256::digest_bytes];
    const void* from = seeds;
    std::size_t bytes = sizeof seeds;
    constexpr std::size_t part = 24;
    static_assert(sizeof key % part == 0 && part <= sizeof digest);
    for (std::size_t at = 0; at != sizeof key; at += part) {
        sha256_of(from, bytes, digest);
        std::memcpy(reinterpret_cast<char*>(&key) + at, digest, part);
        from = digest;
        bytes = sizeof digest;
    }
    key.factor |= 1;
}

error engine::open_with(const config& how, const environment& from_host,
                        const registration& parts) noexcept {
    if (moving_) return error::inside_callback;
    if (core_ != nullptr) return error::engine_open;
    const bool unheard = from_host.log.fn != nullptr && parts.records == nullptr;
    if (from_host.send.fn == nullptr || unheard) return error::invalid_argument;
    if (!config_valid(how)) return error::config_invalid;
    const memory& from = from_host.memory;
    core* made = nullptr;
    std::size_t bytes = from.buffer_bytes;
    if (from.buffer != nullptr) {
        made = make_core(from.buffer, bytes, how, from_host, parts);
        if (made == nullptr) return error::memory_short;
    } else {
        bytes = core::bytes(how, parts);
        if (bytes == 0 || from.allocate == nullptr) return error::memory_short;
    }
    u32 seeds[4] = {};
    void* block = nullptr;
    moving_ = true;
    const bool seeded = from_host.entropy.fn == nullptr ||
                        from_host.entropy.fn(seeds, sizeof seeds, from_host.entropy.context);
    if (seeded && made == nullptr) block = from.allocate(bytes, from.context);
    moving_ = false;
    if (!seeded) return error::entropy_failed;
    if (made == nullptr && block == nullptr) return error::memory_short;
    if (made == nullptr) made = make_core(block, bytes, how, from_host, parts);
    core_ = made;
    make_key(seeds, core_->in.key);
    if (from.zeroed) return error::none;
    core_->in.clear();
    core_->out.clear();
    return error::none;
}

registration detail::everything() noexcept {
    static const feature* const all_features[] = {&features::guests(), &features::rooms(),
                                                  &features::posts(), &features::settings()};
    static const codec* const all_codecs[] = {&codecs::json(), &codecs::lines(),
                                              &codecs::binary()};
    return {{all_features, sizeof all_features / sizeof *all_features},
            {all_codecs, sizeof all_codecs / sizeof *all_codecs},
            &names::unicode(),
            &parts::records()};
}

std::size_t footprint(const config& how) noexcept { return footprint(how, everything()); }

error engine::open(const config& how, const environment& from_host) noexcept {
    return open_with(how, from_host, everything());
}

error engine::open(const config& how, sender send) noexcept {
    environment from_host = hosted();
    from_host.send = send;
    return open(how, from_host);
}

void engine::close() noexcept {
    if (core_ == nullptr || core_->busy || moving_) return;
    const memory from = core_->env.memory;
    void* const block = core_->block;
    const std::size_t bytes = core_->block_bytes;
    core_ = nullptr;
    if (from.buffer != nullptr || from.release == nullptr) return;
    moving_ = true;
    from.release(block, bytes, from.context);
    moving_ = false;
}

// Sessions.

static error check_peer(const core& c, const peer& who) noexcept {
    const u32 by = static_cast<u32>(who.wire);
    if (by > static_cast<u32>(wire::typed)) return error::invalid_argument;
    if (who.wire != wire::typed && c.out.codecs[by] == nullptr) return error::codec_missing;
    const bool short_frames =
        who.frame_bytes_max != 0 && who.frame_bytes_max < frame_bytes_min(c.in.capacity);
    if (short_frames || who.frame_bytes_max > c.in.capacity.frame_bytes_max) {
        return error::invalid_argument;
    }
    return c.out.sessions.full() ? error::sessions_full : error::none;
}

// Logs a new session in as the user whom the host vouches for.
[[gnu::noinline]] static error bind_peer(core& c, u32 slot, const peer& who) noexcept {
    bind by;
    by.identity = who.user;
    by.nick = who.nick;
    c.why.clear();
    error e = who.nick.empty() ? c.why(error::nick_invalid, "nick")
                               : c.offer_engine(command_type::bind, &by, slot);
    if (e != error::none && e != error::pending) {
        offering from;
        from.slot = slot;
        from.session = c.out.sessions[slot].id;
        c.refuse(nullptr, nullptr, from);
    }
    return e;
}

result<session_id> engine::connect(const peer& who) noexcept {
    if (core_ == nullptr) return {session_id{}, error::engine_closed};
    core& c = *core_;
    if (!who.user.empty() && c.busy) return {session_id{}, error::inside_callback};
    if (error e = check_peer(c, who); e != error::none) return {session_id{}, e};
    const u32 slot = c.out.open_session(who.tag);
    session_data& d = c.out.sessions[slot];
    const session_id id{d.id};
    d.wire = who.wire;
    d.frame_bytes_max =
        who.frame_bytes_max != 0 ? who.frame_bytes_max : c.in.capacity.frame_bytes_max;
    const bool apart =
        who.wire != wire::typed && d.frame_bytes_max < c.in.capacity.frame_bytes_max;
    d.audience = apart ? told_apart : static_cast<u8>(who.wire);
    if (c.busy) {   // No frame inside a frame: it is welcomed when the outer call is done.
        c.out.want_work(slot);
        return {id, error::none};
    }
    c.begin_call();
    error e = error::none;
    if (!who.user.empty()) e = bind_peer(c, slot, who);
    const bool kept = e == error::none || e == error::pending;
    if (kept && !c.out.greet(slot)) c.out.want_work(slot);
    if (!kept && !d.ended) c.out.end(slot);
    c.end_call();
    return {kept ? id : session_id{}, e};
}

// The slot of a session that has not ended; none for any other.
static u32 slot_of(const core& c, session_id session) noexcept {
    const u32 slot = c.out.find(session);
    return slot == nil || c.out.sessions[slot].ended ? nil : slot;
}

error engine::disconnect(session_id session) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = slot_of(*core_, session);
    if (slot == nil) return error::session_unknown;
    if (core_->busy) {
        core_->out.end(slot);
        return error::none;
    }
    core_->begin_call();
    core_->out.end(slot);
    core_->end_call();
    return error::none;
}

error engine::pause(session_id session) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = slot_of(*core_, session);
    if (slot == nil) return error::session_unknown;
    core_->out.pause(slot);
    return error::none;
}

error engine::unpause(session_id session) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = slot_of(*core_, session);
    if (slot == nil) return error::session_unknown;
    core_->out.unpause(slot);
    if (core_->busy) return error::none;
    core_->begin_call();
    core_->end_call();
    return error::none;
}

error engine::receive(session_id session, std::string_view frame) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core& c = *core_;
    const u32 slot = slot_of(c, session);
    if (slot == nil) return error::session_unknown;
    const session_data& d = c.out.sessions[slot];
    if (c.out.frames == nullptr) return error::codec_missing;
    if (d.paused || d.replying || d.waiting || d.taking) return error::paused;
    if (c.busy) return c.queue_frame(slot, frame);
    c.begin_call();
    c.out.sessions[slot].taking = true;
    c.out.frames->take(c, slot, frame);
    c.out.sessions[slot].taking = false;
    c.end_call();
    return error::none;
}

result<outcome> engine::submit(session_id session, const command& what, user_id user) noexcept {
    result<outcome> done{{}, error::engine_closed};
    if (core_ == nullptr) return done;
    core& c = *core_;
    if (c.busy) {
        done.why = c.queue_command(session, what, user, done.value);
        return done;
    }
    c.begin_call();
    done.why = c.submit(session, what, &done.value, user, 0);
    c.end_call();
    return done;
}

const failure& engine::why() const noexcept {
    static constexpr failure nothing{};
    return core_ != nullptr ? core_->told : nothing;
}

// Time.

error engine::tick(std::uint64_t now_ms, bool leap_confirmed) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core& c = *core_;
    const u64 from = larger(c.now, c.in.time);   // Other nodes may have told a later time.
    if (c.timed && !leap_confirmed && now_ms > from &&
        now_ms - from > c.pace.clock_leap_max_ms) {
        return error::clock_leap;
    }
    if (now_ms >= u64{1} << 53) return error::invalid_argument;
    c.now = larger(c.now, u64{now_ms});
    c.timed = true;
    if (c.busy) return error::none;
    c.begin_call();
    c.tick();
    c.end_call();
    return error::none;
}

error engine::advance(std::uint64_t elapsed_ms) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u64 from = larger(core_->now, core_->in.time);
    if (elapsed_ms >= (u64{1} << 53) - from) return error::invalid_argument;
    return tick(from + elapsed_ms);
}

std::uint64_t engine::next_tick() const noexcept {
    return core_ == nullptr ? ~u64{0} : core_->next_due();
}

// Records and snapshots.

error engine::commit(std::string_view record) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    if (core_->busy) return error::inside_callback;
    core_->begin_call();
    const bool whole = !record.empty() && record_size(record) == record.size();
    const error e = whole ? core_->commit(record, origin::elsewhere) : error::record_invalid;
    core_->end_call();
    return e;
}

error engine::abandon(std::uint64_t number) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core& c = *core_;
    if (c.busy) return error::inside_callback;
    pending_record* const w = c.find_waiting(number);
    if (w == nullptr) return error::invalid_argument;
    c.begin_call();
    c.give_up(*w);
    c.end_call();
    return error::none;
}

result<recovery> engine::recover(std::string_view log) noexcept {
    result<recovery> done{{}, error::engine_closed};
    if (core_ == nullptr) return done;
    core& c = *core_;
    done.why = error::inside_callback;
    if (c.busy) return done;
    c.begin_call();
    recovery& come = done.value;
    error& e = done.why;
    e = error::none;
    while (come.bytes < log.size() && e == error::none) {
        std::string_view rest = log;
        rest.remove_prefix(static_cast<std::size_t>(come.bytes));
        const std::size_t size = record_size(rest);
        if (size == 0) {
            rest.remove_prefix(1);
            e = any_record(rest) ? error::log_damaged : error::log_torn;
            break;
        }
        e = c.commit({rest.data(), size}, origin::recovery);
        if (e == error::already_applied || e == error::incarnation_stale) e = error::none;
        if (e != error::none) break;
        ++come.records;
        come.bytes += size;
    }
    c.end_call();
    return done;
}

result<fingerprint> engine::digest() noexcept {
    fingerprint print;
    if (core_ == nullptr) return {print, error::engine_closed};
    if (core_->busy) return {print, error::inside_callback};
    write_snapshot(core_->in, scope::everything, nullptr, 0, &print);
    return {print, error::none};
}

result<std::size_t> engine::snapshot(void* out, std::size_t capacity, scope what) noexcept {
    if (core_ == nullptr) return {0, error::engine_closed};
    if (core_->busy) return {0, error::inside_callback};
    char* const to = static_cast<char*>(out);
    const std::size_t size = write_snapshot(core_->in, what, to, capacity, nullptr);
    const bool written = to != nullptr && size <= capacity;
    return {size, written ? error::none : error::memory_short};
}

error engine::restore(std::string_view snapshot) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core& c = *core_;
    if (c.busy) return error::inside_callback;
    if (c.out.sessions.count != 0) return error::invalid_argument;
    c.begin_call();
    c.why.clear();
    const error e = c.restore(snapshot);
    c.end_call();
    return e;
}

// Reads.

static asker who_asks(const core& c, viewer by, bool& known) noexcept {
    asker who;
    known = true;
    if (by.session == host) {
        who.by_host = true;
    } else if (by.user != 0) {
        who.user = c.in.find_user(by.user);
        known = who.user != nil;
    } else {
        const u32 slot = slot_of(c, by.session);
        known = slot != nil;
        if (known) who.user = c.out.sessions[slot].user;
    }
    return who;
}

// The room of a name as people type it.
static u32 room_named(const core& c, std::string_view name) noexcept {
    if (!small_code && room_name_is_plain(name)) return c.in.find_room(name);
    char folded[64];
    const std::size_t most = c.in.capacity.room_name_bytes_max;
    const std::size_t size = room_name_fold(name, *c.names, folded, most);
    return size == 0 || size == size_short ? nil : c.in.find_room({folded, size});
}

static u32 page_capacity(std::size_t capacity) noexcept {
    return static_cast<u32>(smaller(capacity, std::size_t{0xffffff}));
}

result<history_page> engine::history(viewer by, const chatroom::history& what, message* out,
                                     std::size_t capacity) noexcept {
    history_page page;
    if (core_ == nullptr) return {page, error::engine_closed};
    bool known = true;
    const asker who = who_asks(*core_, by, known);
    if (!known) return {page, error::session_unknown};
    const error e = read_history(core_->in, who, room_named(*core_, what.room), what, out,
                                 page_capacity(capacity), page);
    return {page, e};
}

result<rooms_page> engine::rooms(viewer by, const chatroom::rooms& what, room_item* out,
                                 std::size_t capacity) noexcept {
    rooms_page page;
    if (core_ == nullptr) return {page, error::engine_closed};
    bool known = true;
    who_asks(*core_, by, known);
    if (!known) return {page, error::session_unknown};
    const error e = read_rooms(core_->in, what, out, page_capacity(capacity), page);
    return {page, e};
}

result<members_page> engine::members(viewer by, const chatroom::members& what, member_item* out,
                                     std::size_t capacity) noexcept {
    members_page page;
    if (core_ == nullptr) return {page, error::engine_closed};
    bool known = true;
    const asker who = who_asks(*core_, by, known);
    if (!known) return {page, error::session_unknown};
    const error e = read_members(core_->in, who, room_named(*core_, what.room), what, out,
                                 page_capacity(capacity), page);
    return {page, e};
}

result<joined> engine::room(viewer by, std::string_view name) noexcept {
    joined found;
    if (core_ == nullptr) return {found, error::engine_closed};
    bool known = true;
    const asker who = who_asks(*core_, by, known);
    if (!known) return {found, error::session_unknown};
    const u32 at = room_named(*core_, name);
    if (!core_->in.can_see(who.user, who.by_host, at)) return {found, error::room_unknown};
    return {core_->out.describe_room(at, who.user, who.by_host), error::none};
}

}  // namespace chatroom

// ---- src/hosted.cpp -----------------------------------------------------------------------------

#if defined(__unix__) || defined(__APPLE__) || defined(__wasi__)
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/random.h>
#endif
#elif defined(_WIN32)
#include <stdlib.h>
#if defined(_MSC_VER)
#pragma comment(lib, "advapi32")
#endif
// As <windows.h> declares them, which the host may have included or not.
struct _FILETIME;
extern "C" __declspec(dllimport) unsigned char __stdcall SystemFunction036(void*, unsigned long);
extern "C" __declspec(dllimport) void __stdcall GetSystemTimeAsFileTime(_FILETIME*);
#endif

namespace chatroom {

#if defined(__unix__) || defined(__APPLE__) || defined(__wasi__)

static bool system_entropy(void* out, std::size_t bytes, void*) {
    return bytes <= 256 && getentropy(out, bytes) == 0;
}

std::uint64_t hosted_now() noexcept {
    timespec now{};
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return 0;
    return static_cast<std::uint64_t>(now.tv_sec) * 1000 +
           static_cast<std::uint32_t>(now.tv_nsec) / 1000000;
}

#elif defined(_WIN32)

static bool system_entropy(void* out, std::size_t bytes, void*) {
    return SystemFunction036(out, static_cast<unsigned long>(bytes)) != 0;   // RtlGenRandom
}

std::uint64_t hosted_now() noexcept {
    std::uint64_t ticks = 0;   // Of 100 ns, since 1601.
    GetSystemTimeAsFileTime(reinterpret_cast<_FILETIME*>(&ticks));
    return ticks / 10000 - 11644473600000u;
}

#else

std::uint64_t hosted_now() noexcept { return 0; }

#endif

#if defined(__unix__) || defined(__APPLE__) || defined(__wasi__) || defined(_WIN32)

static void* system_allocate(std::size_t bytes, void*) { return calloc(1, bytes); }
static void system_release(void* block, std::size_t, void*) { free(block); }

environment hosted() noexcept {
    environment all;
    all.entropy.fn = system_entropy;
    all.memory.allocate = system_allocate;
    all.memory.release = system_release;
    all.memory.zeroed = true;
    return all;
}

#else

environment hosted() noexcept { return {}; }

#endif

}  // namespace chatroom

// ---- src/stats.cpp ------------------------------------------------------------------------------

namespace chatroom {

static constexpr stat stat_rows[] = {
    {"commands_accepted", "commands", stat_kind::counter,
     "Commands and reads that were done.", offsetof(statistics, commands_accepted)},
    {"commands_refused", "commands", stat_kind::counter,
     "Commands, reads and frames that were refused.", offsetof(statistics, commands_refused)},
    {"frames_unreadable", "frames", stat_kind::counter,
     "Frames that could not be understood.", offsetof(statistics, frames_unreadable)},
    {"records_written", "records", stat_kind::counter,
     "Records given to the log.", offsetof(statistics, records_written)},
    {"records_applied", "records", stat_kind::counter,
     "Records applied, from here and elsewhere.", offsetof(statistics, records_applied)},
    {"sends", "calls", stat_kind::counter,
     "Calls of the send callback.", offsetof(statistics, sends)},
    {"deliveries", "frames", stat_kind::counter,
     "Frames times their recipients.", offsetof(statistics, deliveries)},
    {"deliveries_caught_up", "frames", stat_kind::counter,
     "Messages told to those who had fallen behind.", offsetof(statistics, deliveries_caught_up)},
    {"transients_dropped", "frames", stat_kind::counter,
     "Notices that were not told because of load.", offsetof(statistics, transients_dropped)},
    {"gaps", "gaps", stat_kind::counter,
     "Gaps told, times their recipients.", offsetof(statistics, gaps)},
    {"messages_posted", "messages", stat_kind::counter,
     "Messages that got a number.", offsetof(statistics, messages_posted)},
    {"messages_evicted", "messages", stat_kind::counter,
     "Oldest messages that made way.", offsetof(statistics, messages_evicted)},
    {"sessions", "sessions", stat_kind::gauge,
     "Connected sessions.", offsetof(statistics, sessions)},
    {"sessions_paused", "sessions", stat_kind::gauge,
     "Sessions that are paused.", offsetof(statistics, sessions_paused)},
    {"users", "users", stat_kind::gauge,
     "Users, also those that may resume.", offsetof(statistics, users)},
    {"rooms", "rooms", stat_kind::gauge,
     "Rooms.", offsetof(statistics, rooms)},
    {"members", "memberships", stat_kind::gauge,
     "Memberships of all rooms.", offsetof(statistics, members)},
    {"history_pages", "pages", stat_kind::gauge,
     "Pages of history used.", offsetof(statistics, history_pages)},
    {"queue_bytes", "bytes", stat_kind::gauge,
     "Bytes of calls from inside callbacks that wait.", offsetof(statistics, queue_bytes)},
    {"records_pending", "records", stat_kind::gauge,
     "Records that wait for their commit.", offsetof(statistics, records_pending)},
};

static_assert(sizeof stat_rows / sizeof *stat_rows == sizeof(statistics) / sizeof(std::uint64_t),
              "every member of statistics has its row");

list<stat> stats_table() noexcept {
    static constexpr list<stat> all{stat_rows, sizeof stat_rows / sizeof *stat_rows};
    return all;
}

statistics engine::stats() const noexcept {
    if (core_ == nullptr) return {};
    const detail::core& c = *core_;
    statistics now = c.count;
    now.messages_evicted = c.in.messages.evicted;
    now.users = c.in.users.count;
    now.rooms = c.in.rooms.count;
    now.members = c.in.memberships.count;
    now.history_pages = c.in.messages.in_use;
    now.queue_bytes = c.queue.used();
    now.records_pending = c.waiting_count;
    return now;
}

}  // namespace chatroom

// ---- src/client/texts.hpp -----------------------------------------------------------------------

namespace chatroom::detail {

/// No place in a row: those count from 0.
constexpr u32 nowhere = 0xffffffffu;

/// Texts of any length in one block, behind handles. When the end is reached, what is left is
/// moved together; so a text stays where it is only until the next one is kept.
struct text_store {
    char* base = nullptr;
    u32 capacity = 0;
    u32 end = 0;          ///< Behind the last block.
    u32 used = 0;         ///< Of them, by texts that are still kept.
    table<u32> places;    ///< Of each handle: where its block begins.

    /// What a text takes.
    static constexpr u32 cost(u32 bytes) noexcept { return (bytes + 11) & ~u32{3}; }

    void claim(arena& from, u32 bytes, u32 handles) noexcept;

    /// Makes room for a text; nil when there is none.
    u32 take(u32 bytes) noexcept;
    void give(u32 handle) noexcept;

    /// Gives back the end of the text that was taken last.
    void shrink_last(u32 handle, u32 bytes) noexcept;

    char* at(u32 handle) noexcept { return base + places[handle] + 8; }
    std::string_view view(u32 handle) const noexcept {
        if (handle == nil) return {};
        const char* block = base + places[handle];
        return {block + 8, load_le32(block + 4)};
    }

    /// Keeps a text that may be empty; nil when it is, or when there is no room for it.
    u32 keep(std::string_view text) noexcept;

private:
    void compact() noexcept;
};

}  // namespace chatroom::detail

// ---- src/client/texts.cpp -----------------------------------------------------------------------

namespace chatroom::detail {

// A block: its handle, the size of its text, the text, filled up to a multiple of 4.

void text_store::claim(arena& from, u32 bytes, u32 handles) noexcept {
    capacity = bytes;
    base = static_cast<char*>(from.take(bytes, 4));
    places.claim(from, handles);
}

u32 text_store::take(u32 bytes) noexcept {
    if (bytes > capacity || cost(bytes) > capacity - used || places.full()) return nil;
    if (cost(bytes) > capacity - end) compact();
    const u32 handle = places.take();
    places[handle] = end;
    store_le32(base + end, handle);
    store_le32(base + end + 4, bytes);
    end += cost(bytes);
    used += cost(bytes);
    return handle;
}

void text_store::give(u32 handle) noexcept {
    if (handle == nil) return;
    char* const block = base + places[handle];
    store_le32(block, nil);
    used -= cost(load_le32(block + 4));
    places.give(handle);
    if (used == 0) end = 0;
}

void text_store::shrink_last(u32 handle, u32 bytes) noexcept {
    char* const block = base + places[handle];
    used -= cost(load_le32(block + 4)) - cost(bytes);
    end = places[handle] + cost(bytes);
    store_le32(block + 4, bytes);
}

u32 text_store::keep(std::string_view text) noexcept {
    const u32 handle = text.empty() ? nil : take(static_cast<u32>(text.size()));
    if (handle != nil) std::memcpy(at(handle), text.data(), text.size());
    return handle;
}

void text_store::compact() noexcept {
    u32 to = 0;
    for (u32 from = 0; from < end;) {
        const u32 handle = load_le32(base + from);
        const u32 size = cost(load_le32(base + from + 4));
        if (handle != nil) {
            if (to != from) std::memmove(base + to, base + from, size);
            places[handle] = to;
            to += size;
        }
        from += size;
    }
    end = to;
}

}  // namespace chatroom::detail

// ---- src/client/wire.hpp ------------------------------------------------------------------------

namespace chatroom::detail {

/// Memory for reading a frame: places for members, and for texts with escapes.
struct frame_memory {
    json_member* members = nullptr;    ///< `json_places` of them, for the frame,
    json_member* elements = nullptr;   ///< and for one element of its list.
    scratch texts{};                   ///< Given back with the next frame,
    std::size_t texts_of_frame = 0;    ///< but for those of an element, with the next element.
};
constexpr u32 json_places = 32;

/// An event as a frame told it. Its list stays in the frame and is read element by element, so
/// that a page takes no memory.
struct incoming {
    const described* shape = nullptr;     ///< Null: of a later version.
    const described* element = nullptr;   ///< Of the list; null: there is none.
    std::string_view items{};
    alignas(8) char body[160]{};

    event_type type() const noexcept {
        return shape != nullptr ? static_cast<event_type>(shape->type) : event_type::none;
    }
    template <typename T>
    const T& as() const noexcept {
        static_assert(sizeof(T) <= sizeof body, "every event fits");
        return *reinterpret_cast<const T*>(body);
    }
};

/// How frames look to a client. Neither way knows a single event or command: they walk the
/// descriptions.
struct client_codec {
    /// Reads an event. A member that is not of its kind is passed over, as if it were absent.
    /// @return whether it is a frame at all
    bool (*read)(std::string_view frame, frame_memory& more, incoming& out);
    /// Reads the next element of the list into a struct of its shape. Begin with `at = 0`.
    bool (*next)(const incoming& in, u32& at, frame_memory& more, void* element);
    /// Writes a command. @return its size; 0 when it does not fit.
    std::size_t (*write)(const described& shape, const void* body, u64 ref, char* out,
                         std::size_t capacity);
};

/// The elements of a list that are read one after the other, as often as one likes.
struct incoming_list {
    const client_codec* frames;
    const incoming* in;
    frame_memory* more;

    template <typename T>
    bool next(u32& at, T& element) const noexcept {
        if (in == nullptr || in->element == nullptr) return false;
        element = T{};
        return frames->next(*in, at, *more, &element);
    }
};

}  // namespace chatroom::detail

// ---- src/client/wire.cpp ------------------------------------------------------------------------

namespace chatroom::detail {

template <typename Matches>
static const described* find_event(Matches matches) noexcept {
    const described* const* shape = all_events();
    while (*shape != nullptr && !matches(**shape)) ++shape;
    return *shape;
}

static void begin_event(const described* shape, incoming& out) noexcept {
    out.shape = shape;
    out.element = nullptr;
    std::memset(out.body, 0, sizeof out.body);   // Every member is 0 or empty by default.
}

// JSON.

// An error is told by its name and its number. The name counts; the number is for names that
// this version does not know.
static void read_error_name(const json_member& from, void* body, const described_member& m,
                            scratch& texts) noexcept {
    constexpr u32 numbers = 128;
    char* const room = static_cast<char*>(texts.take(from.value.size()));
    std::string_view name;
    if (room == nullptr || !json_string(from, room, from.value.size(), name)) return;
    for (u32 number = 1; number < numbers; ++number) {
        if (view(server_error_name(static_cast<error>(number))) != name) continue;
        if (name != view("unknown")) std::memcpy(at_offset(body, m), &number, sizeof number);
        return;
    }
}

static void read_json_member(const json_member& from, void* body, const described_member& m,
                             scratch& texts) noexcept {
    if (m.kind == kind::error_text || m.kind == kind::items) return;
    if (m.kind == kind::error_name) return read_error_name(from, body, m, texts);
    fault ignored;
    const bool known = m.kind == kind::i32_number && number_of(body, m) != 0;
    if (known || read_json_value(from, body, m, texts, ignored) == error::none) return;
    if (m.kind != kind::text) set_number(body, m, 0);
}

static void take_json_list(const json_member& from, const described_member& m,
                           incoming& out) noexcept {
    if (from.kind != json_kind::array) return;
    out.element = static_cast<const described*>(m.extra);
    out.items = from.value;
}

static bool read_json(std::string_view frame, frame_memory& more, incoming& out) {
    more.texts.used = more.texts_of_frame = 0;
    begin_event(nullptr, out);
    u32 count = 0;
    const json_result found = json_read_object(frame, more.members, json_places, count);
    if (found.fault != json_fault::none) return false;
    for (u32 i = 0; i < count; ++i) {
        const json_member& op = more.members[i];
        if (!json_name_is(op, view("op")) || op.kind != json_kind::string || op.escaped) continue;
        begin_event(find_event([&op](const described& shape) noexcept {
                        return is_text(shape.name, op.value);
                    }), out);
    }
    if (out.shape == nullptr) return true;
    for (u32 i = 0; i < count; ++i) {
        const described_member* m = find_json_member(*out.shape, more.members[i]);
        if (m == nullptr) continue;
        if (m->kind == kind::items) take_json_list(more.members[i], *m, out);
        read_json_member(more.members[i], out.body, *m, more.texts);
    }
    more.texts_of_frame = more.texts.used;
    return true;
}

static bool next_json(const incoming& in, u32& at, frame_memory& more, void* element) {
    json_member item;
    if (!json_next_element(in.items, at, item)) return false;
    more.texts.used = more.texts_of_frame;
    u32 count = 0;
    if (item.kind != json_kind::object ||
        json_read_object(item.value, more.elements, json_places, count).fault !=
            json_fault::none) {
        return true;
    }
    for (u32 i = 0; i < count; ++i) {
        const described_member* m = find_json_member(*in.element, more.elements[i]);
        if (m != nullptr) read_json_member(more.elements[i], element, *m, more.texts);
    }
    return true;
}

static std::size_t write_json(const described& shape, const void* body, u64 ref, char* out,
                              std::size_t capacity) {
    const std::size_t size = write_json_frame(shape, body, out, capacity);
    if (size == 0) return 0;
    json_writer to{out + size - 1, out + capacity};   // Over the brace at its end.
    to.raw(",\"ref\":");
    to.number(ref);
    to.raw('}');
    return to.full ? 0 : static_cast<std::size_t>(to.at - out);
}

// Binary: the encoding of records behind a type, and behind a command's type its ref.

// What JSON has no way to say, here has to be looked at.
static void drop_bad_values(const described& shape, void* body) noexcept {
    constexpr u64 numbers_end = u64{1} << 53;
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (m.kind == kind::u64_number && number_of(body, m) >= numbers_end) {
            set_number(body, m, 0);
        }
        if (m.kind != kind::text) continue;
        std::string_view& text = text_of(body, m);
        if (utf8_invalid_at(text) != text.size()) text = {};
    }
}

static bool skip_elements(byte_reader& from, const described_member& m, incoming& out) noexcept {
    const u64 count = from.number();
    alignas(8) char element[sizeof(message)];
    const char* const first = from.at;
    out.element = static_cast<const described*>(m.extra);
    for (u64 i = 0; i < count; ++i) {
        std::memset(element, 0, sizeof element);
        if (from.bad || !decode_element(from, *out.element, element)) return false;
    }
    out.items = {first, static_cast<std::size_t>(from.at - first)};
    return !from.bad;
}

static bool read_binary(std::string_view frame, frame_memory&, incoming& out) {
    byte_reader from{frame.data(), frame.data() + frame.size()};
    const u64 type = from.number();
    begin_event(find_event([type](const described& shape) noexcept { return shape.type == type; }),
                out);
    if (from.bad || out.shape == nullptr) return !from.bad;
    for (u64 tag = 0; (tag = from.number()) != 0;) {
        const described_member* m = find_tag(*out.shape, tag);
        if (m == nullptr || is_derived(*m)) return false;
        const bool good = m->kind == kind::items ? skip_elements(from, *m, out)
                                                 : decode_value(from, out.body, *m);
        if (!good) return false;
    }
    drop_bad_values(*out.shape, out.body);
    return !from.bad && from.at == from.end;
}

static bool next_binary(const incoming& in, u32& at, frame_memory&, void* element) {
    if (at == in.items.size()) return false;
    byte_reader from{in.items.data() + at, in.items.data() + in.items.size()};
    decode_element(from, *in.element, element);
    drop_bad_values(*in.element, element);
    at = static_cast<u32>(from.at - in.items.data());
    return true;
}

static std::size_t write_binary(const described& shape, const void* body, u64 ref, char* out,
                                std::size_t capacity) {
    byte_writer to{out, capacity};
    to.number(shape.type);
    to.number(ref);
    encode_members(to, shape, body);
    return to.full ? 0 : to.size;
}

}  // namespace chatroom::detail

namespace chatroom::client_codecs {

const client_codec& json() noexcept {
    static constexpr client_codec all{detail::read_json, detail::next_json, detail::write_json};
    return all;
}

const client_codec& binary() noexcept {
    static constexpr client_codec all{detail::read_binary, detail::next_binary,
                                      detail::write_binary};
    return all;
}

}  // namespace chatroom::client_codecs

// ---- src/client/timeline.hpp --------------------------------------------------------------------

namespace chatroom::detail {

/// A set of changes.
using news = u32;
constexpr news news_of(client_news what) noexcept { return u32{1} << static_cast<u32>(what); }

/// An entry of a room. Nick and text stand together in the store.
struct entry_data {
    u64 from = 0;           ///< The number of a message.
    u64 to = 0;             ///< Likewise, but of a gap its end.
    u64 time = 0;
    u64 user = 0;
    u64 reply_to = 0;
    u32 text = nil;
    u32 bytes = 0;
    u8 nick_size = 0;
    message_kind kind = message_kind::text;
    client_entry_kind what = client_entry_kind::message;
};

/// What all timelines of a client share.
struct timeline_rules {
    text_store* texts = nullptr;
    u32 entries_max = 0;
    u32 text_bytes_max = 0;
    u32 fill_max = 0;

    u32 capacity() const noexcept { return entries_max + entries_max / 2 + 4; }
    u32 text_capacity() const noexcept { return text_bytes_max + text_bytes_max / 4; }
};

/// What is known of a room's messages: from `begin` to `last` each number is in one entry.
struct timeline {
    const timeline_rules* rules = nullptr;
    entry_data* entries = nullptr;
    u32 count = 0;
    u32 holes = 0;
    u32 text_bytes = 0;
    bool complete = false;   ///< Nothing older is kept by the server.
    u64 begin = 1;
    u64 last = 0;
    u64 blind = 0;           ///< Up to here somebody may have said what was never told here.
    u64 had = 0;             ///< Up to here all was told before a restart.

    /// Forgets all; what comes next is `from`.
    news restart(u64 from) noexcept;

    /// Takes a message that is told live or after a `joined`.
    news take(const message& m) noexcept;

    /// What is told from now on begins at `from`, and the server keeps nothing below `first`.
    /// After a restart, what was told before it is not missed.
    news miss(u64 from, u64 first) noexcept;

    /// Takes a `gap`: what is held of it stays, holes in it are lost.
    news lose(u64 from, u64 to) noexcept;

    /// The newest hole, null when there is none.
    const entry_data* hole() const noexcept;

    /// Takes the page that was asked for from `below` downwards, to fill a hole.
    news fill(u64 below, const incoming_list& page, bool page_complete) noexcept;

    /// Takes the page that was asked for below `begin`.
    /// @param all  whether there was place for all of it
    news prepend(u64 below, const incoming_list& page, bool page_complete, bool& all) noexcept;

    /// Forgets the oldest when there are too many; seldom, so that it costs little.
    news trim(bool held) noexcept;

    /// Where a number is among the entries, or `nowhere`.
    u32 find(u64 number) const noexcept;

    client_entry entry(u32 at) const noexcept;

private:
    /// The part of a page that leads without a hole up to the number before `below`.
    struct run {
        u32 begin = 0;   ///< Place in the page.
        u32 count = 0;
        u32 bytes = 0;   ///< What its texts take.
    };
    static run run_below(const incoming_list& page, u64 below, u64 from) noexcept;
    static void shorten(run& of, const incoming_list& page, u32 least, u32 most,
                        u32 bytes) noexcept;

    news patch(const message& m) noexcept;
    news skip(u64 to) noexcept;
    bool lose_holes(u64 from, u64 to) noexcept;
    news make_place(u32 more) noexcept;
    void forget(u32 oldest) noexcept;
    entry_data* splice(u32 at, u32 gone, u32 come) noexcept;
    void put_gap(entry_data& at, u64 from, u64 to, client_entry_kind what) noexcept;
    void put_message(entry_data& at, const message& m) noexcept;
    void put_run(entry_data* to, const run& from, const incoming_list& page) noexcept;
};

}  // namespace chatroom::detail

// ---- src/client/timeline.cpp --------------------------------------------------------------------

namespace chatroom::detail {

static bool is_hole(const entry_data& e) noexcept { return e.what == client_entry_kind::hole; }

static u32 text_cost(const message& m) noexcept {
    const std::size_t bytes = m.nick.size() + m.text.size();
    return bytes == 0 ? 0 : text_store::cost(static_cast<u32>(bytes));
}

// Entries.

entry_data* timeline::splice(u32 at, u32 gone, u32 come) noexcept {
    std::memmove(static_cast<void*>(entries + at + come), entries + at + gone,
                 (count - at - gone) * sizeof *entries);
    count = count - gone + come;
    for (u32 i = 0; i < come; ++i) entries[at + i] = entry_data{};
    return entries + at;
}

void timeline::put_gap(entry_data& at, u64 from, u64 to, client_entry_kind what) noexcept {
    at.from = from;
    at.to = to;
    at.what = what;
    if (is_hole(at)) ++holes;
}

// A text for which there is no room is told by its size alone.
void timeline::put_message(entry_data& at, const message& m) noexcept {
    at.from = at.to = m.number;
    at.time = m.time;
    at.user = m.user;
    at.reply_to = m.reply_to;
    at.kind = m.kind;
    at.bytes = m.bytes;
    const u32 nick = static_cast<u32>(m.nick.size() <= 255 ? m.nick.size() : 0);
    u32 text = static_cast<u32>(m.text.size());
    if (text_store::cost(nick + text) > rules->text_bytes_max) at.bytes = text;
    if (at.bytes != 0) text = 0;
    if (nick + text == 0) return;
    at.text = rules->texts->take(nick + text);
    if (at.text == nil) {
        if (text != 0) at.bytes = text;
        return;
    }
    char* const to = rules->texts->at(at.text);
    if (nick != 0) std::memcpy(to, m.nick.data(), nick);
    if (text != 0) std::memcpy(to + nick, m.text.data(), text);
    at.nick_size = static_cast<u8>(nick);
    text_bytes += text_store::cost(nick + text);
}

client_entry timeline::entry(u32 at) const noexcept {
    const entry_data& e = entries[at];
    const std::string_view both = rules->texts->view(e.text);
    client_entry out;
    out.what = e.what;
    out.kind = e.kind;
    out.number = e.from;
    out.to = e.to;
    out.time = e.time;
    out.user = e.user;
    out.reply_to = e.reply_to;
    out.bytes = e.bytes;
    out.nick = {both.data(), e.nick_size};
    out.text = {both.data() + e.nick_size, both.size() - e.nick_size};
    return out;
}

u32 timeline::find(u64 number) const noexcept {
    u32 low = 0;
    u32 high = count;
    while (low < high) {
        const u32 middle = low + (high - low) / 2;
        if (entries[middle].to < number) {
            low = middle + 1;
        } else if (entries[middle].from > number) {
            high = middle;
        } else {
            return middle;
        }
    }
    return nowhere;
}

void timeline::forget(u32 oldest) noexcept {
    if (oldest == 0) return;
    begin = entries[oldest - 1].to + 1;
    complete = false;
    for (u32 i = 0; i < oldest; ++i) {
        if (is_hole(entries[i])) --holes;
        if (entries[i].text == nil) continue;
        const std::size_t bytes = rules->texts->view(entries[i].text).size();
        text_bytes -= text_store::cost(static_cast<u32>(bytes));
        rules->texts->give(entries[i].text);
    }
    splice(0, oldest, 0);
}

news timeline::make_place(u32 more) noexcept {
    if (count + more <= rules->capacity()) return 0;
    forget(smaller(count, larger<u32>(count + more - rules->capacity(), rules->entries_max / 4)));
    return news_of(client_news::trim);
}

news timeline::trim(bool held) noexcept {
    const u32 texts_max = held ? rules->text_capacity() : rules->text_bytes_max;
    const bool many = !held && count > rules->entries_max + rules->entries_max / 4;
    if (!many && text_bytes <= texts_max) return 0;
    u32 gone = many ? count - rules->entries_max : 0;
    u32 left = text_bytes;
    for (u32 i = 0; i < count; ++i) {
        if (i >= gone && left <= texts_max - texts_max / 4) break;
        const u32 bytes = static_cast<u32>(rules->texts->view(entries[i].text).size());
        if (entries[i].text != nil) left -= text_store::cost(bytes);
        gone = larger(gone, i + 1);
    }
    forget(gone);
    return news_of(client_news::trim);
}

news timeline::restart(u64 from) noexcept {
    forget(count);
    begin = from;
    last = blind = from - 1;
    complete = false;
    return news_of(client_news::reset);
}

// What is told.

news timeline::take(const message& m) noexcept {
    const news trimmed = make_place(3);
    if (m.number <= last) return trimmed | patch(m);
    news told = news_of(client_news::append);
    if (m.number > last + 1) told = skip(m.number - 1);
    put_message(*splice(count, 0, 1), m);
    last = m.number;
    return trimmed | told;
}

news timeline::patch(const message& m) noexcept {
    const u32 at = find(m.number);
    if (at == nowhere || !is_hole(entries[at])) return 0;
    const entry_data hole = entries[at];
    const u32 left = hole.from < m.number ? 1 : 0;
    const u32 right = hole.to > m.number ? 1 : 0;
    --holes;
    entry_data* to = splice(at, 1, left + 1 + right);
    if (left != 0) put_gap(*to, hole.from, m.number - 1, client_entry_kind::hole);
    put_message(to[left], m);
    if (right != 0) put_gap(to[left + 1], m.number + 1, hole.to, client_entry_kind::hole);
    return news_of(client_news::gap);
}

// Leaves a hole behind the last entry; one too large to be read begins everything anew.
news timeline::skip(u64 to) noexcept {
    if (to - last > rules->fill_max) return restart(to + 1);
    put_gap(*splice(count, 0, 1), last + 1, to, client_entry_kind::hole);
    last = to;
    return news_of(client_news::append);
}

news timeline::miss(u64 from, u64 first) noexcept {
    const news trimmed = make_place(1);
    if (count == 0 && first > last + 1) restart(smaller(from, larger(last, had) + 1));
    const u64 held = last;
    if (from <= held + 1) return trimmed;
    const news told = skip(from - 1);
    if (first > held + 1) lose(held + 1, smaller(first, from) - 1);
    return trimmed | told;
}

news timeline::lose(u64 from, u64 to) noexcept {
    const news trimmed = make_place(5);
    news told = 0;
    blind = larger(blind, to);
    from = larger(from, had + 1);
    if (from <= begin && to + 1 >= begin) {
        complete = true;
        if (count == 0) {
            begin = from;
            last = from - 1;
        } else if (from < begin) {
            put_gap(*splice(0, 0, 1), from, begin - 1, client_entry_kind::gap);
            begin = from;
            told = news_of(client_news::prepend);
        }
    }
    if (holes > 0 && lose_holes(from, to)) told = news_of(client_news::gap);
    if (to <= last || from > to) return trimmed | told;
    if (from > last + 1) told = skip(from - 1);
    put_gap(*splice(count, 0, 1), last + 1, to, client_entry_kind::gap);
    last = to;
    return trimmed | (told != 0 ? told : news_of(client_news::append));
}

bool timeline::lose_holes(u64 from, u64 to) noexcept {
    bool lost = false;
    for (u32 at = count; at-- > 0;) {
        const entry_data hole = entries[at];
        if (!is_hole(hole) || hole.to < from || hole.from > to) continue;
        const u64 low = larger(from, hole.from);
        const u64 high = smaller(to, hole.to);
        const u32 left = hole.from < low ? 1 : 0;
        const u32 right = hole.to > high ? 1 : 0;
        --holes;
        entry_data* by = splice(at, 1, left + 1 + right);
        if (left != 0) put_gap(*by, hole.from, low - 1, client_entry_kind::hole);
        put_gap(by[left], low, high, client_entry_kind::gap);
        if (right != 0) put_gap(by[left + 1], high + 1, hole.to, client_entry_kind::hole);
        lost = true;
    }
    return lost;
}

// Pages.

const entry_data* timeline::hole() const noexcept {
    if (holes == 0) return nullptr;
    u32 at = count;
    while (at-- > 0 && !is_hole(entries[at])) {}
    return &entries[at];
}

timeline::run timeline::run_below(const incoming_list& page, u64 below, u64 from) noexcept {
    run found;
    u64 before = 0;
    u32 place = 0;
    u32 at = 0;
    for (message m; page.next(at, m); ++place) {
        const bool follows = m.number != 0 && m.number == before + 1 && found.count != 0;
        if (!follows) found = {place, 0, 0};
        before = m.number;
        if (m.number < from || m.number == 0) {
            found = {place + 1, 0, 0};
            before = 0;
            continue;
        }
        ++found.count;
        found.bytes += text_cost(m);
    }
    return before + 1 == below ? found : run{};
}

// Leaves the newest: at most so many and so many bytes of text, but for the least.
void timeline::shorten(run& of, const incoming_list& page, u32 least, u32 most,
                       u32 bytes) noexcept {
    u32 at = 0;
    u32 place = 0;
    message m;
    for (; place < of.begin; ++place) page.next(at, m);
    while (of.count > least && (of.count > most || of.bytes > bytes)) {
        page.next(at, m);
        of.bytes -= text_cost(m);
        ++of.begin;
        --of.count;
    }
}

void timeline::put_run(entry_data* to, const run& from, const incoming_list& page) noexcept {
    u32 at = 0;
    message m;
    for (u32 place = 0; place < from.begin; ++place) page.next(at, m);
    for (u32 i = 0; i < from.count; ++i) {
        page.next(at, m);
        put_message(to[i], m);
    }
}

news timeline::fill(u64 below, const incoming_list& page, bool page_complete) noexcept {
    u32 at = find(below - 1);
    if (at == nowhere || !is_hole(entries[at]) || entries[at].to != below - 1) return 0;
    run read = run_below(page, below, entries[at].from);
    const bool ends = page_complete || read.count == 0;
    const u32 whole = read.count;
    shorten(read, page, 1, rules->entries_max / 2, rules->text_bytes_max / 2);
    const news trimmed = make_place(read.count + 1);
    at = find(below - 1);
    if (at == nowhere) return trimmed;
    const entry_data hole = entries[at];
    const u64 rest = below - 1 - read.count;
    const u32 left = rest >= hole.from ? 1 : 0;
    --holes;
    entry_data* to = splice(at, 1, left + read.count);
    if (left != 0) {
        const bool lost = ends && whole == read.count;
        if (lost) blind = larger(blind, rest);
        put_gap(*to, hole.from, rest, lost ? client_entry_kind::gap : client_entry_kind::hole);
    }
    put_run(to + left, read, page);
    return trimmed | news_of(client_news::gap);
}

news timeline::prepend(u64 below, const incoming_list& page, bool page_complete,
                       bool& all) noexcept {
    all = true;
    if (below != begin) return 0;
    run read = run_below(page, below, 1);
    const u32 whole = read.count;
    const u32 texts_left = rules->text_capacity() - smaller(text_bytes, rules->text_capacity());
    shorten(read, page, 0, rules->capacity() - count, texts_left);
    all = read.count == whole;
    complete = all && (page_complete || whole == 0);
    entry_data* to = splice(0, 0, read.count);
    put_run(to, read, page);
    begin -= read.count;
    return news_of(client_news::prepend);
}

}  // namespace chatroom::detail

// ---- src/client/roster.hpp ----------------------------------------------------------------------

namespace chatroom::detail {

/// A member of a room; its nick stands in the column.
struct member_data {
    u64 user = 0;
    u8 nick_size = 0;
    bool online = false;
    bool read = false;     ///< It was told by the reading under way.
};

/// Who is in a room: read page by page, then followed from notice to notice.
struct roster {
    member_data* members = nullptr;
    column nicks{};
    u32 capacity = 0;
    u32 size = 0;
    u32 count = 0;         ///< How many are in the room.
    u64 number = 0;        ///< Raised by the server with every change.
    u64 read_at = 0;       ///< Not to be read before this time.
    bool known = false;    ///< `members` is right.

    /// Whether it is to be read, once `read_at` has come.
    bool waits() const noexcept { return stale && !reading; }

    /// What is read on this connection, or was going to be, does not come.
    void cut() noexcept { known = stale = reading = false; }

    /// Takes the state of the room. @return whether `members` may still be right
    bool take_state(u32 members_count, u64 roster_number) noexcept;

    // Take notices. @return whether they followed
    bool take_entered(const entered& what) noexcept;
    bool take_exited(const exited& what) noexcept;
    bool take_renamed(const renamed& what) noexcept;

    /// `members` is not right any more. Rooms too large are not read. @return whether that is new
    bool miss() noexcept;

    /// `members` is right but for `online`, of which no notice tells: read again.
    void refresh() noexcept { stale = stale || known; }

    /// Begins to read: ask for the first page.
    void begin_reading(u64 now, u32 pause_ms) noexcept;

    /// A page was refused.
    void give_up() noexcept { reading = false; }

    /// Takes a page that was asked for with `after`.
    /// @param next  the `after` to ask for next
    /// @return whether to ask; if not, `known` says how it ended
    bool take_page(const members_page& page, const incoming_list& items, u64 after,
                   u64& next) noexcept;

    client_member member(u32 at) const noexcept;

private:
    bool stale = false;
    bool reading = false;
    u32 restarts = 0;
    u32 read = 0;              ///< Members told by the reading,
    u64 read_number = 0;       ///< as of which number,
    u64 wanted = 0;            ///< and after whom the next page begins.

    u32 find(u64 user) const noexcept;
    bool put(u64 user, std::string_view nick, bool online) noexcept;
    void remove(u32 at) noexcept;
    void begin_again() noexcept;
    void drop_unread() noexcept;
    void end(bool whole) noexcept;
};

/// The longest beginning of a text that ends with a whole character.
std::string_view cut_text(std::string_view text, u32 bytes_max) noexcept;

}  // namespace chatroom::detail

// ---- src/client/roster.cpp ----------------------------------------------------------------------

namespace chatroom::detail {

constexpr u32 restarts_max = 3;   // Of a reading, while people come and go.

std::string_view cut_text(std::string_view text, u32 bytes_max) noexcept {
    if (text.size() <= bytes_max) return text;
    std::size_t size = bytes_max;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    return {text.data(), size};
}

// Members. There are few, and their order means nothing.

u32 roster::find(u64 user) const noexcept {
    for (u32 at = 0; at < size; ++at) {
        if (members[at].user == user) return at;
    }
    return nowhere;
}

bool roster::put(u64 user, std::string_view nick, bool online) noexcept {
    u32 at = find(user);
    if (at == nowhere) {
        if (size == capacity) return false;
        at = size++;
        members[at] = member_data{};
    }
    const std::string_view shown = cut_text(nick, nicks.stride);
    members[at].user = user;
    members[at].nick_size = static_cast<u8>(shown.size());
    members[at].online = online;
    nicks.set(at, shown);
    return true;
}

void roster::remove(u32 at) noexcept {
    --size;
    if (at == size) return;
    members[at] = members[size];
    nicks.set(at, nicks.view(size, members[size].nick_size));
}

client_member roster::member(u32 at) const noexcept {
    return {members[at].user, nicks.view(at, members[at].nick_size), members[at].online};
}

// What is told of the room.

bool roster::take_state(u32 members_count, u64 roster_number) noexcept {
    const bool follows = roster_number == number && known;
    count = members_count;
    number = roster_number;
    return follows;
}

bool roster::take_entered(const entered& what) noexcept {
    const bool follows = what.roster == number + 1 && known && what.user != 0;
    number = what.roster;
    count = what.members;
    if (!follows) return false;
    const u32 at = find(what.user);
    return put(what.user, what.nick, at == nowhere || members[at].online);
}

bool roster::take_exited(const exited& what) noexcept {
    const bool follows = what.roster == number + 1 && known && what.user != 0;
    number = what.roster;
    count = what.members;
    if (!follows) return false;
    const u32 at = find(what.user);
    if (at != nowhere) remove(at);
    return true;
}

bool roster::take_renamed(const renamed& what) noexcept {
    const bool follows = what.roster == number + 1 && known && what.user != 0;
    number = what.roster;
    if (!follows) return false;
    const u32 at = find(what.user);
    return put(what.user, what.nick, at == nowhere || members[at].online);
}

bool roster::miss() noexcept {
    const bool fits = count <= capacity;
    const bool is_new = known || (!fits && size > 0);
    known = false;
    stale = fits;
    if (!fits) {
        size = 0;
        reading = false;
    }
    return is_new;
}

// Reading. The members of before stay until the reading has told who is there.

void roster::begin_again() noexcept {
    for (u32 at = 0; at < size; ++at) members[at].read = false;
    read = 0;
    wanted = 0;
    reading = true;
}

void roster::begin_reading(u64 now, u32 pause_ms) noexcept {
    stale = false;
    read_at = now + pause_ms;
    restarts = 0;
    begin_again();
}

void roster::drop_unread() noexcept {
    for (u32 at = size; at-- > 0;) {
        if (!members[at].read) remove(at);
    }
}

bool roster::take_page(const members_page& page, const incoming_list& items, u64 after,
                       u64& next) noexcept {
    next = 0;
    if (!reading && after == 0) {
        restarts = 0;
        begin_again();
    }
    if (!reading || after != wanted) return false;   // Of a reading that was given up.
    if (read > 0 && read_number != page.roster) {
        begin_again();
        ++restarts;
        if (after > 0 && restarts <= restarts_max) return true;
        if (after > 0) {
            end(false);
            return false;
        }
    }
    if (known && page.roster < number) {   // The members are right as of later: do not touch them.
        end(false);
        return false;
    }
    known = known && page.roster == number;
    read_number = page.roster;
    u32 at = 0;
    for (member_item item; items.next(at, item);) {
        if (item.user == 0) continue;
        if (size == capacity && find(item.user) == nowhere) {
            known = false;
            drop_unread();
        }
        if (!put(item.user, item.nick, item.online)) {   // More than `count` said.
            reading = false;
            return false;
        }
        member_data& m = members[find(item.user)];
        if (!m.read) ++read;
        m.read = true;
    }
    if (page.complete) {
        end(true);
        return false;
    }
    next = wanted = page.next;
    reading = next > after;
    return reading;
}

// A reading that is older than what notices told meanwhile is worth nothing: later again.
void roster::end(bool whole) noexcept {
    reading = false;
    stale = !whole || read_number < number;
    if (stale) return;
    drop_unread();
    number = read_number;
    count = size;
    known = true;
}

}  // namespace chatroom::detail

// ---- src/client/core.hpp ------------------------------------------------------------------------

namespace chatroom::detail {

/// A text of bounded length, in place.
template <u32 bytes_max>
struct short_text {
    char bytes[bytes_max]{};
    u32 size = 0;

    std::string_view view() const noexcept { return {bytes, size}; }
    void set(std::string_view text) noexcept {
        const std::string_view kept = cut_text(text, bytes_max);
        if (!kept.empty()) std::memmove(bytes, kept.data(), kept.size());
        size = static_cast<u32>(kept.size());
    }
};

/// A room that the user is in. Its texts stand in columns.
struct held_room {
    timeline messages{};
    roster people{};
    u64 id = 0;
    u64 was = 0;           ///< Its id when the user was another.
    u64 owner = 0;
    u64 told = 0;          ///< Up to here messages were said before the last `joined`.
    u64 seen = 0;
    u32 unread = 0;
    u32 capacity = 0;
    news changed = 0;
    u32 next_gone = nil;
    u8 name_size = 0;
    u8 rights_size = 0;
    u16 title_size = 0;
    u16 topic_size = 0;
    bool persistent = false;
    bool managed = false;
    bool live = false;     ///< `joined` came on this connection.
    bool loading = false;
    bool filling = false;  ///< A hole is being read.
    bool held = false;     ///< A person looks at the oldest messages.
};

/// What a command is for.
enum class errand : u8 {
    asked, enter, leave, logout, login, list_rooms, older,       // The host's,
    guest, resume, spare_token, ping, rejoin, fill, members, post,   // and the client's own.
};

/// A command on its way, from when it is asked for until it is done.
struct held_command {
    u64 ref = 0;
    u64 tag = 0;
    u64 number = 0;        ///< What is asked for: below, after, or the id of a post.
    u32 room = nil;        ///< Slot; nil as well when that room is gone.
    u32 text = nil;        ///< Its frame; later the name of the room that is entered.
    u32 next = nil;
    u32 previous = nil;
    u32 pages = 0;
    command_type type = command_type::none;
    errand what = errand::asked;
    bool left = false;
    error why = error::none;           ///< Once it is done, likewise the next two.
    const ok* reply = nullptr;
    const failure* refusal = nullptr;

    bool by_host() const noexcept { return what <= errand::older; }
};

/// An own post. Its nonce stands before its text.
struct held_post {
    u64 id = 0;
    u64 reply_to = 0;
    u64 time = 0;
    u64 after = 0;         ///< The room's last message before it left.
    u64 number = 0;        ///< Its message's, once it is answered.
    u64 limit = 0;
    u64 retry_ms = 0;
    u32 room = nil;
    u32 text = nil;
    error why = error::none;   ///< Why it has failed.
    message_kind kind = message_kind::text;
    bool sent = false;     ///< It has left, and what became of it is not known.
    bool busy = false;     ///< It is among the commands.
};
constexpr u32 nonce_bytes = 32;

/// The reply to a command, or why there is none.
struct answer {
    error why = error::none;
    const incoming* in = nullptr;
    const failure* refusal = nullptr;

    const ok* done() const noexcept {
        return why == error::none && in != nullptr && in->type() == event_type::ok ? &in->as<ok>()
                                                                                   : nullptr;
    }
    /// Whether a login was not refused, but overtaken.
    bool is_no_refusal() const noexcept {
        return why == error::connection_lost || why == error::already_logged_in;
    }
};

/// By name, so that the linker can leave them out.
constexpr client_config client_defaults{};

/// A client behind its public face.
struct client_core {
    client_config how = client_defaults;
    client_environment host{};
    const client_codec* frames = nullptr;
    void* block = nullptr;
    std::size_t block_bytes = 0;

    frame_memory more{};
    char* frame = nullptr;         ///< The one that is being sent.
    text_store texts{};
    timeline_rules rules{};

    table<held_room> rooms{};
    u32* order = nullptr;          ///< Slots of the rooms, as they came.
    u32 rooms_count = 0;
    u32 rooms_gone = nil;          ///< Of which it is still to be told.
    column names{}, titles{}, topics{}, rights{};
    entry_data* entries = nullptr;
    member_data* members = nullptr;
    char* nicks = nullptr;

    struct chain_of_commands {
        u32 first = nil;
        u32 last = nil;
    };
    table<held_command> commands{};
    chain_of_commands queue{};       ///< Those that have left, then those that wait.
    chain_of_commands entering{};    ///< Answered; `joined` is still to come.
    chain_of_commands done{};        ///< To be told.
    u32 login = nil;                 ///< What a person asked for.
    short_text<64> login_nick{};
    u32 under_way = 0;
    u32 asks = 0;
    u32 ask_bytes = 0;
    u64 refs = 0;

    held_post* posts = nullptr;
    u32 posts_count = 0;
    u32 post_bytes = 0;
    u64 posts_made = 0;

    client_state state = client_state::offline;
    error why = error::none;
    u64 user = 0;
    short_text<64> nick{};
    short_text<64> tokens[2]{};    ///< The newest first; empty ones last.
    welcome limits{};
    u64 now = 0;
    u64 heard_at = 0;
    u64 faults = 0;
    news changed = 0;
    bool pinged = false;
    bool greeted = false;
    bool wants_close = false;
    bool telling = false;
    bool sending = false;

    void claim(arena& memory) noexcept;

    // The connection and the time.
    void connected() noexcept;
    void disconnected() noexcept;
    void receive(std::string_view got) noexcept;
    void tick() noexcept;
    u64 next_tick() const noexcept;
    bool is_connected() const noexcept {
        return state != client_state::offline && state != client_state::ended;
    }

    // Commands.
    error ask(errand what, const described& shape, const void* body, u64 tag) noexcept;
    error ask_as_user(errand what, const described& shape, const void* body, u64 tag) noexcept;
    error take_ask(errand what, command_type type, u64 tag, u32& slot) noexcept;
    void send_command(errand what, u32 room, u64 number) noexcept;
    void answer_command(const incoming& in) noexcept;
    void settle(u32 slot, const answer& by) noexcept;
    void conclude(u32 slot, error as, const ok* reply, const failure* refusal) noexcept;
    u32 outgoing_max() const noexcept;
    void break_off(error as) noexcept;

    // Who one is.
    error ask_login(std::string_view wanted, u64 tag) noexcept;
    error ask_logout(u64 tag) noexcept;
    void log_in() noexcept;
    void logged_in(u64 as, std::string_view called, const ok* reply) noexcept;
    void keep_token(std::string_view token) noexcept;
    void drop_token() noexcept;
    void forget_user() noexcept;
    void turn(client_state to) noexcept;

    // Rooms.
    std::string_view name(u32 slot) const noexcept {
        return names.view(slot, rooms[slot].name_size);
    }
    u32 find_room(std::string_view called) const noexcept;
    u32 add_room(std::string_view called) noexcept;
    void drop_room(u32 slot) noexcept;
    void rejoin(u32 slot) noexcept;
    void advance(u32 slot) noexcept;
    void go_on(u32 slot, const joined& what) noexcept;
    void want_members(u32 slot) noexcept;
    void read_members(u32 slot) noexcept;
    void take_members(u32 slot, const incoming& in, u64 after) noexcept;
    void count_unread(u32 slot, const message& m) noexcept;
    void count_page(u32 slot, const incoming_list& page, bool unread) noexcept;
    error ask_older(u32 slot, u64 tag) noexcept;

    // Posts.
    held_post* find_post(u64 id) noexcept;
    result<u64> add_post(u32 slot, std::string_view text, const post_options& with) noexcept;
    void remove_post(u32 at) noexcept;
    void send_posts(u32 slot) noexcept;
    void settle_posts(u32 slot, std::string_view nonce) noexcept;
    void begin_posts_anew(u32 slot, bool same_room) noexcept;
    void posted(u64 id, const answer& by) noexcept;
    std::string_view nonce_of(const held_post& p) const noexcept;
    std::string_view text_of_post(const held_post& p) const noexcept;

    // What the server tells.
    void take(const incoming& in) noexcept;
    void take_welcome(const welcome& what) noexcept;
    void take_you(const you& what) noexcept;
    void take_resync() noexcept;
    void take_caught_up() noexcept;
    void take_joined(const joined& what) noexcept;
    void take_room(const chatroom::room& what) noexcept;
    void take_notice(const incoming& in) noexcept;
    void take_message(const message& what) noexcept;
    void take_gap(const gap& what) noexcept;
    u32 live_room(std::string_view called) noexcept;

    // What the host hears, at the end of every call.
    void note(client_news what) noexcept { changed |= news_of(what); }
    void note(u32 slot, client_news what) noexcept { rooms[slot].changed |= news_of(what); }
    void note_all(u32 slot, news what) noexcept { rooms[slot].changed |= what; }
    void finish() noexcept;
    void tell(const client_change& what) noexcept;

    // After a restart.
    std::size_t save(char* out, std::size_t capacity) const noexcept;
    error restore(std::string_view saved) noexcept;

private:
    bool tell_next() noexcept;
    bool tell_of_room(u32 slot) noexcept;
    bool tell_done() noexcept;
    bool send_next() noexcept;
    std::size_t write(const held_command& c) noexcept;
    std::size_t write_resume(const held_command& c) noexcept;
    std::size_t write_post(const held_command& c) noexcept;
    void left(held_command& c) noexcept;
    void link(chain_of_commands& to, u32 slot) noexcept;
    void unlink(chain_of_commands& from, u32 slot) noexcept;
    void free_command(u32 slot) noexcept;
    void release_frame(held_command& c) noexcept;
    error refusal_of(const held_command& c, const incoming& in) const noexcept;
    void settle_login(u32 slot, const answer& by) noexcept;
    void settle_room(u32 slot, const answer& by) noexcept;
    void settle_list(u32 slot, const answer& by) noexcept;
    void take_state(u32 slot, const chatroom::room& what) noexcept;
    bool restore_rooms(byte_reader& from, u64 count, bool apply) noexcept;
    bool restore_posts(byte_reader& from, u64 count, bool apply) noexcept;
};

}  // namespace chatroom::detail

// ---- src/client/core.cpp ------------------------------------------------------------------------

namespace chatroom::detail {

static constexpr u32 commands_of(const client_config& how) noexcept {
    return how.asks_max + how.posts_max + how.rooms_max * 4 + 8;
}

void client_core::claim(arena& memory) noexcept {
    rules = {&texts, how.entries_max, how.text_bytes_max, how.fill_max};
    const u32 places = how.rooms_max;
    const u64 members_of_all = u64{places} * how.members_max;
    more.members = static_cast<json_member*>(
        memory.take(json_places * sizeof(json_member), alignof(json_member)));
    more.elements = static_cast<json_member*>(
        memory.take(json_places * sizeof(json_member), alignof(json_member)));
    more.texts.capacity = std::size_t{how.frame_bytes_max} + 64;
    more.texts.base = static_cast<char*>(memory.take(more.texts.capacity, 8));
    frame = static_cast<char*>(memory.take(how.frame_bytes_max, 1));
    rooms.claim(memory, places);
    order = static_cast<u32*>(memory.take(places * sizeof(u32), alignof(u32)));
    names.claim(memory, places, how.room_name_bytes_max);
    titles.claim(memory, places, how.title_bytes_max);
    topics.claim(memory, places, how.topic_bytes_max);
    rights.claim(memory, places, 32);
    entries = static_cast<entry_data*>(memory.take(
        u64{places} * rules.capacity() * sizeof(entry_data), alignof(entry_data)));
    members = static_cast<member_data*>(
        memory.take(members_of_all * sizeof(member_data), alignof(member_data)));
    nicks = static_cast<char*>(memory.take(members_of_all * how.nick_bytes_max, 1));
    commands.claim(memory, commands_of(how));
    posts = static_cast<held_post*>(
        memory.take(how.posts_max * sizeof(held_post), alignof(held_post)));
    texts.claim(memory,
                places * rules.text_capacity() + how.frame_bytes_max + how.post_bytes_max +
                    how.posts_max * text_store::cost(nonce_bytes) + how.ask_bytes_max +
                    how.asks_max * text_store::cost(64),
                places * rules.capacity() + how.posts_max + commands_of(how));
}

// The connection and the time.

void client_core::turn(client_state to) noexcept {
    if (state == to) return;
    state = to;
    note(client_news::state);
}

// The connection is of no more use.
void client_core::break_off(error as) noexcept {
    why = as;
    wants_close = true;
    note(client_news::close);
}

void client_core::connected() noexcept {
    heard_at = now;
    turn(client_state::connecting);
}

void client_core::disconnected() noexcept {
    greeted = pinged = wants_close = false;
    changed &= ~news_of(client_news::close);
    for (u32 i = 0; i < rooms_count; ++i) {
        held_room& r = rooms[order[i]];
        r.live = r.loading = r.filling = false;
        r.people.cut();
        r.people.read_at = 0;
    }
    if (state != client_state::ended) turn(client_state::offline);
    under_way = 0;
    const answer cut{error::connection_lost};
    while (queue.first != nil) {
        const u32 slot = queue.first;
        unlink(queue, slot);
        settle(slot, cut);
    }
    while (entering.first != nil) {
        const u32 slot = entering.first;
        unlink(entering, slot);
        conclude(slot, error::connection_lost, nullptr, nullptr);
    }
}

void client_core::receive(std::string_view got) noexcept {
    heard_at = now;
    pinged = false;
    incoming in;
    if (got.size() > how.frame_bytes_max || !frames->read(got, more, in) ||
        (in.type() == event_type::welcome) == greeted) {
        ++faults;
    } else {
        take(in);
    }
    finish();   // Here, while what it borrows from the frame is there.
}

void client_core::tick() noexcept {
    if (!is_connected()) return;
    for (u32 i = 0; i < rooms_count; ++i) read_members(order[i]);
    const u64 silence = now - heard_at;
    if (silence >= u64{how.ping_ms} * 2) {
        if (!wants_close) break_off(error::connection_lost);
    } else if (silence >= how.ping_ms && greeted && !pinged) {
        pinged = true;
        send_command(errand::ping, nil, 0);
    }
}

u64 client_core::next_tick() const noexcept {
    constexpr u64 never = ~u64{0};
    if (!is_connected()) return never;
    u64 at = heard_at + u64{how.ping_ms} * (pinged || !greeted ? 2 : 1);
    if (wants_close) at = never;
    for (u32 i = 0; i < rooms_count; ++i) {
        const roster& people = rooms[order[i]].people;
        if (people.waits()) at = smaller(at, people.read_at);
    }
    return at == never ? never : at > now ? at - now : 0;
}

// What the host hears, and then what leaves. A callback may call the client: what that changes is
// told, and what it asks for is sent, by the loop that is running.

void client_core::finish() noexcept {
    if (telling) return;
    do {
        while (tell_next()) {}
    } while (!sending && send_next());
}

void client_core::tell(const client_change& what) noexcept {
    telling = true;
    if (host.tell.fn != nullptr) host.tell.fn(what, host.tell.context);
    telling = false;
}

static client_news take_first(news& from) noexcept {
    u32 what = 1;
    while ((from & u32{1} << what) == 0) ++what;
    from &= ~(u32{1} << what);
    return static_cast<client_news>(what);
}

bool client_core::tell_next() noexcept {
    client_change what;
    if ((changed & news_of(client_news::state)) != 0) {
        changed &= ~news_of(client_news::state);
        what.what = client_news::state;
        tell(what);
        return true;
    }
    for (u32 i = 0; i < rooms_count; ++i) {
        if (tell_of_room(order[i])) return true;
    }
    if (rooms_gone != nil) {
        const u32 slot = rooms_gone;
        rooms_gone = rooms[slot].next_gone;
        tell_of_room(slot);
        rooms.give(slot);
        return true;
    }
    if (tell_done()) return true;
    if (changed == 0) return false;
    what.what = take_first(changed);
    tell(what);
    return true;
}

bool client_core::tell_of_room(u32 slot) noexcept {
    if (rooms[slot].changed == 0) return false;
    client_change what;
    what.what = take_first(rooms[slot].changed);
    what.room = name(slot);
    tell(what);
    return true;
}

bool client_core::tell_done() noexcept {
    const u32 slot = done.first;
    if (slot == nil) return false;
    unlink(done, slot);
    const held_command& c = commands[slot];
    client_change what;
    what.what = client_news::done;
    what.room = texts.view(c.text);
    what.tag = c.tag;
    what.command = c.type;
    what.why = c.why;
    what.reply = c.reply;
    what.refusal = c.refusal;
    tell(what);
    free_command(slot);
    return true;
}

bool client_core::send_next() noexcept {
    if (!greeted || under_way >= how.commands_max) return false;
    u32 slot = queue.first;
    while (slot != nil && commands[slot].left) slot = commands[slot].next;
    if (slot == nil) return false;
    const std::size_t size = write(commands[slot]);
    if (size == 0) {
        unlink(queue, slot);
        settle(slot, {error::frame_too_long});
        return true;
    }
    left(commands[slot]);
    sending = true;
    host.send.fn({frame, size}, host.send.context);
    sending = false;
    return true;
}

}  // namespace chatroom::detail

// ---- src/client/commands.cpp --------------------------------------------------------------------

namespace chatroom::detail {

// Commands on their way. The host's are written when they are asked for, the client's own when
// they leave: then they say what is so by then.

void client_core::link(chain_of_commands& to, u32 slot) noexcept {
    commands[slot].previous = to.last;
    commands[slot].next = nil;
    (to.last != nil ? commands[to.last].next : to.first) = slot;
    to.last = slot;
}

void client_core::unlink(chain_of_commands& from, u32 slot) noexcept {
    const held_command& c = commands[slot];
    (c.previous != nil ? commands[c.previous].next : from.first) = c.next;
    (c.next != nil ? commands[c.next].previous : from.last) = c.previous;
}

void client_core::free_command(u32 slot) noexcept {
    if (commands[slot].by_host()) --asks;
    texts.give(commands[slot].text);
    commands.give(slot);
}

void client_core::release_frame(held_command& c) noexcept {
    ask_bytes -= static_cast<u32>(texts.view(c.text).size());
    texts.give(c.text);
    c.text = nil;
}

u32 client_core::outgoing_max() const noexcept {
    const u32 theirs = limits.frame_bytes_max;
    return theirs != 0 ? smaller(theirs, how.frame_bytes_max) : how.frame_bytes_max;
}

error client_core::take_ask(errand what, command_type type, u64 tag, u32& slot) noexcept {
    if (asks == how.asks_max || commands.full()) return error::queue_full;
    slot = commands.take();
    ++asks;
    held_command& c = commands[slot];
    c.what = what;
    c.type = type;
    c.tag = tag;
    return error::none;
}

error client_core::ask(errand what, const described& shape, const void* body, u64 tag) noexcept {
    if (!greeted) return error::offline;
    u32 slot = nil;
    const command_type type = static_cast<command_type>(shape.type);
    if (error e = take_ask(what, type, tag, slot); e != error::none) return e;
    const u32 frame_max = outgoing_max();
    const u32 place = smaller(frame_max, how.ask_bytes_max - ask_bytes);
    const u32 text = texts.take(place);
    const std::size_t size =
        text == nil ? 0 : frames->write(shape, body, refs + 1, texts.at(text), place);
    if (size == 0) {
        if (text != nil) texts.give(text);
        free_command(slot);
        return place == frame_max ? error::frame_too_long : error::queue_full;
    }
    texts.shrink_last(text, static_cast<u32>(size));
    ask_bytes += static_cast<u32>(size);
    commands[slot].ref = ++refs;
    commands[slot].text = text;
    link(queue, slot);
    return error::none;
}

error client_core::ask_as_user(errand what, const described& shape, const void* body,
                               u64 tag) noexcept {
    return state == client_state::online ? ask(what, shape, body, tag) : error::offline;
}

// There is a place for each that a sound server can make necessary.
void client_core::send_command(errand what, u32 room, u64 number) noexcept {
    if (!greeted) return;
    if (commands.full()) {
        if (!wants_close) break_off(error::queue_full);
        return;
    }
    const u32 slot = commands.take();
    held_command& c = commands[slot];
    c.what = what;
    c.room = room;
    c.number = number;
    c.ref = ++refs;
    link(queue, slot);
}

// Writing.

std::size_t client_core::write_resume(const held_command& c) noexcept {
    // Rooms without a cursor come, too; what was missed in them is read from history. So as many
    // cursors as fit, which nobody knows before they are written.
    cursor* const cursors = reinterpret_cast<cursor*>(more.texts.base);
    more.texts.used = more.texts_of_frame = 0;
    u32 count = 0;
    const u32 places = static_cast<u32>(more.texts.capacity / sizeof(cursor));
    const u32 told = limits.rooms_per_user_max;
    const u32 most = told != 0 ? smaller(told, places) : places;
    for (u32 i = 0; i < rooms_count && count < most; ++i) {
        const held_room& r = rooms[order[i]];
        if (r.id != 0) cursors[count++] = {name(order[i]), r.messages.last, r.id};
    }
    for (;; count -= count / 8 + 1) {
        resume what;
        what.token = tokens[0].view();
        what.cursors = {cursors, count};
        const std::size_t size =
            frames->write(shape_command_resume, &what, c.ref, frame, outgoing_max());
        if (size != 0 || count == 0) return size;
    }
}

std::size_t client_core::write(const held_command& c) noexcept {
    const auto out = [this, &c](const described& shape, const void* body) noexcept {
        return frames->write(shape, body, c.ref, frame, outgoing_max());
    };
    if (c.text != nil) {
        const std::string_view whole = texts.view(c.text);
        std::memcpy(frame, whole.data(), whole.size());
        return whole.size();
    }
    const std::string_view room = c.room != nil ? name(c.room) : std::string_view{};
    switch (c.what) {
    case errand::guest: {
        guest what;
        what.nick = login != nil ? login_nick.view() : nick.view();
        return out(shape_command_guest, &what);
    }
    case errand::resume: return write_resume(c);
    case errand::spare_token: return out(shape_command_token, nullptr);
    case errand::rejoin: {
        const join what{room, how.join_history};
        return out(shape_command_join, &what);
    }
    case errand::older: {
        const history what{room, selector::before, c.number};
        return out(shape_command_history, &what);
    }
    case errand::fill: {
        const u32 at = c.room == nil ? nowhere : rooms[c.room].messages.find(c.number - 1);
        const u64 from = at == nowhere ? c.number - 1 : rooms[c.room].messages.entries[at].from;
        const history what{room, selector::between, c.number, from - 1};
        return out(shape_command_history, &what);
    }
    case errand::members: {
        const chatroom::members what{room, c.number};
        return out(shape_command_members, &what);
    }
    case errand::list_rooms: {
        const chatroom::rooms what{c.number};
        return out(shape_command_rooms, &what);
    }
    case errand::post: return write_post(c);
    default: return out(shape_command_ping, nullptr);
    }
}

void client_core::left(held_command& c) noexcept {
    c.left = true;
    ++under_way;
    release_frame(c);
    held_post* const p = c.what == errand::post ? find_post(c.number) : nullptr;
    if (p == nullptr) return;
    p->sent = true;
    p->after = rooms[p->room].messages.last;
}

// Replies. They come in order; to a frame that could not be read one comes without its `ref`.

error client_core::refusal_of(const held_command& c, const incoming& in) const noexcept {
    if (in.type() == event_type::failure) {
        const error code = in.as<failure>().error;
        return code != error::none ? code : error::reply_invalid;
    }
    event_type expected = event_type::ok;
    if (c.what == errand::fill || c.what == errand::older || c.type == command_type::history) {
        expected = event_type::history_page;
    } else if (c.what == errand::members || c.type == command_type::members) {
        expected = event_type::members_page;
    } else if (c.type == command_type::rooms) {
        expected = event_type::rooms_page;
    }
    return in.type() == expected ? error::none : error::reply_invalid;
}

void client_core::answer_command(const incoming& in) noexcept {
    const u64 ref = in.as<ok>().ref;   // In every reply the first member.
    u32 slot = queue.first;
    while (slot != nil && commands[slot].left && ref != 0 && commands[slot].ref != ref) {
        slot = commands[slot].next;
    }
    if (slot == nil || !commands[slot].left) {
        ++faults;
        return;
    }
    unlink(queue, slot);
    --under_way;
    answer by{refusal_of(commands[slot], in), &in, nullptr};
    if (in.type() == event_type::failure) by.refusal = &in.as<failure>();
    if (by.why == error::reply_invalid) ++faults;
    settle(slot, by);
}

// A host's command is told of at the end of the call; the client's own are none of its business.
void client_core::conclude(u32 slot, error as, const ok* reply, const failure* refusal) noexcept {
    held_command& c = commands[slot];
    if (!c.by_host()) return free_command(slot);
    c.why = as;
    c.reply = reply;
    c.refusal = refusal;
    link(done, slot);
}

// What becomes of a command that is in no chain any more.
void client_core::settle(u32 slot, const answer& by) noexcept {
    held_command& c = commands[slot];
    release_frame(c);
    switch (c.what) {
    case errand::guest:
    case errand::resume:
    case errand::spare_token:
    case errand::logout: return settle_login(slot, by);
    case errand::list_rooms: return settle_list(slot, by);
    case errand::asked:
    case errand::enter:
    case errand::leave:
    case errand::older:
    case errand::rejoin:
    case errand::fill:
    case errand::members: return settle_room(slot, by);
    case errand::post: posted(c.number, by); break;
    case errand::login:
    case errand::ping: break;
    }
    conclude(slot, by.why, by.done(), by.refusal);
}

void client_core::settle_room(u32 slot, const answer& by) noexcept {
    const held_command c = commands[slot];
    const bool fine = by.why == error::none;
    const incoming_list page{frames, by.in, &more};
    if (c.what == errand::enter && fine) {
        const std::string_view entered = by.in->as<ok>().room;
        const u32 there = find_room(entered);
        if (there == nil || !rooms[there].live) {
            commands[slot].text = texts.keep(cut_text(entered, 64));
            return link(entering, slot);
        }
    } else if (c.what == errand::asked && fine && c.type == command_type::members) {
        const u32 room = find_room(by.in->as<members_page>().room);
        if (room != nil) take_members(room, *by.in, c.number);
    } else if (c.what == errand::leave && by.why == error::room_unknown) {
        if (c.room != nil) drop_room(c.room);
    } else if (c.what == errand::rejoin && !fine && by.why != error::connection_lost) {
        if (c.room != nil) drop_room(c.room);
    } else if (c.what == errand::members && c.room != nil) {
        if (fine) take_members(c.room, *by.in, c.number);
        else rooms[c.room].people.give_up();
    } else if (c.what == errand::older && c.room != nil) {
        held_room& r = rooms[c.room];
        r.loading = false;
        if (fine) {
            bool all = true;
            const bool complete = by.in->as<history_page>().complete;
            note_all(c.room, r.messages.prepend(c.number, page, complete, all));
            count_page(c.room, page, false);
            if (!all) return conclude(slot, error::limit_too_small, nullptr, nullptr);
        }
    } else if (c.what == errand::fill && c.room != nil) {
        held_room& r = rooms[c.room];
        r.filling = false;
        if (by.why != error::connection_lost) {
            // A page that was refused says no more than an empty one.
            const bool complete = !fine || by.in->as<history_page>().complete;
            const incoming_list none{frames, nullptr, &more};
            note_all(c.room, r.messages.fill(c.number, fine ? page : none, complete));
            if (fine) count_page(c.room, page, true);
            note_all(c.room, r.messages.trim(true));
            advance(c.room);
        }
    }
    conclude(slot, by.why, by.done(), by.refusal);
}

// A page of the list of rooms is told item by item, at once: they stand in the frame.
void client_core::settle_list(u32 slot, const answer& by) noexcept {
    constexpr u32 pages_max = 100;
    if (by.why != error::none) return conclude(slot, by.why, nullptr, by.refusal);
    const incoming_list page{frames, by.in, &more};
    u32 at = 0;
    client_change what;
    what.what = client_news::listed;
    what.tag = commands[slot].tag;
    for (room_item item; page.next(at, item);) {
        if (item.room.empty()) continue;
        what.item = &item;
        what.room = item.room;
        tell(what);
    }
    const rooms_page& told = by.in->as<rooms_page>();
    held_command& c = commands[slot];
    if (told.complete || told.next <= c.number || ++c.pages >= pages_max) {
        return conclude(slot, error::none, nullptr, nullptr);
    }
    if (!greeted) return conclude(slot, error::connection_lost, nullptr, nullptr);
    c.number = told.next;
    c.left = false;
    c.ref = ++refs;
    link(queue, slot);
}

error client_core::ask_older(u32 slot, u64 tag) noexcept {
    held_room& r = rooms[slot];
    if (!r.live) return error::offline;
    u32 command = nil;
    const error e = take_ask(errand::older, command_type::history, tag, command);
    if (e != error::none) return e;
    if (r.messages.complete || r.loading) {
        conclude(command, error::none, nullptr, nullptr);
        return error::none;
    }
    r.loading = true;
    held_command& c = commands[command];
    c.room = slot;
    c.number = r.messages.begin;
    c.ref = ++refs;
    link(queue, command);
    return error::none;
}

}  // namespace chatroom::detail

// ---- src/client/login.cpp -----------------------------------------------------------------------

namespace chatroom::detail {

// Who one is. A resume token works once; two are kept, so that a reply that is lost with its
// connection costs one of them. With none left, a new guest of the same nick joins the same rooms.

void client_core::keep_token(std::string_view token) noexcept {
    if (token.empty() || token.size() > sizeof tokens[0].bytes) return;
    tokens[1] = tokens[0];
    tokens[0].set(token);
}

void client_core::drop_token() noexcept {
    tokens[0] = tokens[1];
    tokens[1].set({});
}

error client_core::ask_login(std::string_view wanted, u64 tag) noexcept {
    if (state == client_state::online) return error::already_logged_in;
    if (wanted.empty()) return error::member_missing;
    if (wanted.size() > sizeof login_nick.bytes) return error::member_too_long;
    u32 slot = nil;
    const error e = take_ask(errand::login, command_type::guest, tag, slot);
    if (e != error::none) return e;
    if (login != nil) conclude(login, error::superseded, nullptr, nullptr);
    login = slot;
    login_nick.set(wanted);
    if (state == client_state::login) log_in();
    return error::none;
}

// Without a connection the server finds out later.
error client_core::ask_logout(u64 tag) noexcept {
    const logout what;
    const error e = ask_as_user(errand::logout, shape_command_logout, &what, tag);
    if (e != error::offline) return e;
    u32 slot = nil;
    const error full = take_ask(errand::logout, command_type::logout, tag, slot);
    if (full != error::none) return full;
    settle_login(slot, {error::offline});
    return error::none;
}

void client_core::log_in() noexcept {
    if (tokens[0].size != 0) return send_command(errand::resume, nil, 0);
    if (login == nil && nick.size == 0) return turn(client_state::login);
    turn(client_state::connecting);
    send_command(errand::guest, nil, 0);
}

void client_core::logged_in(u64 as, std::string_view called, const ok* reply) noexcept {
    user = as;
    nick.set(called);
    why = error::none;
    turn(client_state::online);
    if (tokens[0].size != 0 && tokens[1].size == 0) send_command(errand::spare_token, nil, 0);
    if (login == nil) return;
    const u32 slot = login;
    login = nil;
    conclude(slot, error::none, reply, nullptr);
}

void client_core::forget_user() noexcept {
    while (rooms_count != 0) drop_room(order[0]);
    user = 0;
    nick.set({});
}

// What becomes of a command about the user.
void client_core::settle_login(u32 slot, const answer& by) noexcept {
    const errand what = commands[slot].what;
    const ok* const reply = by.done();
    const bool refused = by.why != error::none && !by.is_no_refusal();
    if (what == errand::logout) {
        const bool gone = by.why == error::offline || by.why == error::connection_lost;
        if (reply == nullptr && !gone) return conclude(slot, by.why, nullptr, by.refusal);
        forget_user();
        tokens[0].set({});
        tokens[1].set({});
        if (state == client_state::online) turn(client_state::login);
        return conclude(slot, error::none, reply, nullptr);
    }
    free_command(slot);
    if (what == errand::spare_token) {
        if (reply != nullptr) keep_token(reply->token);
    } else if (what == errand::resume) {
        if (reply != nullptr) {
            drop_token();
            keep_token(reply->token);
            logged_in(reply->user, reply->nick, reply);
        } else if (by.why == error::token_invalid) {   // It was used by a reply that got lost.
            drop_token();
            log_in();
        } else if (refused) {
            break_off(by.why);   // Such as user_sessions_full: later it may work.
            note(client_news::state);
        }
    } else if (reply != nullptr) {
        tokens[0].set({});
        tokens[1].set({});
        keep_token(reply->token);
        logged_in(reply->user, reply->nick, reply);
        for (u32 i = 0; i < rooms_count; ++i) rejoin(order[i]);
    } else if (refused) {
        why = by.why;
        turn(client_state::login);
        note(client_news::state);
        if (login == nil) return;
        const u32 asked = login;
        login = nil;
        conclude(asked, by.why, nullptr, by.refusal);
    }
}

}  // namespace chatroom::detail

// ---- src/client/posts.cpp -----------------------------------------------------------------------

namespace chatroom::detail {

// What was said here and is not in its room yet, in the order in which it was said.

std::string_view client_core::nonce_of(const held_post& p) const noexcept {
    return {texts.view(p.text).data(), smaller(nonce_bytes, limits.nonce_bytes_max)};
}

std::string_view client_core::text_of_post(const held_post& p) const noexcept {
    std::string_view text = texts.view(p.text);
    text.remove_prefix(nonce_bytes);
    return text;
}

held_post* client_core::find_post(u64 id) noexcept {
    for (u32 at = 0; at < posts_count; ++at) {
        if (posts[at].id == id) return &posts[at];
    }
    return nullptr;
}

void client_core::remove_post(u32 at) noexcept {
    post_bytes -= static_cast<u32>(text_of_post(posts[at]).size());
    texts.give(posts[at].text);
    --posts_count;
    std::memmove(static_cast<void*>(posts + at), posts + at + 1,
                 (posts_count - at) * sizeof *posts);
}

static void write_nonce(const u8* bytes, char* out) noexcept {
    static constexpr char digits[] = "0123456789abcdef";
    for (u32 i = 0; i < nonce_bytes; ++i) {
        out[i] = digits[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15];
    }
}

result<u64> client_core::add_post(u32 slot, std::string_view text,
                                  const post_options& with) noexcept {
    if (text.empty()) return {0, error::member_missing};
    if (limits.message_bytes_max != 0 && text.size() > limits.message_bytes_max) {
        return {0, error::member_too_long};
    }
    if (utf8_invalid_at(text) != text.size()) return {0, error::text_invalid};
    if (posts_count == how.posts_max || text.size() > how.post_bytes_max - post_bytes) {
        return {0, error::pending_full};
    }
    u8 drawn[nonce_bytes / 2];
    if (!host.entropy.fn(drawn, sizeof drawn, host.entropy.context)) {
        return {0, error::entropy_failed};
    }
    held_post& p = posts[posts_count];
    p = held_post{};
    p.text = texts.take(nonce_bytes + static_cast<u32>(text.size()));
    if (p.text == nil) return {0, error::pending_full};
    ++posts_count;
    post_bytes += static_cast<u32>(text.size());
    char* const to = texts.at(p.text);
    write_nonce(drawn, to);
    std::memcpy(to + nonce_bytes, text.data(), text.size());
    p.id = ++posts_made;
    p.room = slot;
    p.kind = with.kind;
    p.reply_to = with.reply_to;
    p.time = now;
    const u64 id = p.id;
    note(slot, client_news::posts);
    send_posts(slot);
    return {id, error::none};
}

// Posts wait until all that was said meanwhile is known: they may be in it.
void client_core::send_posts(u32 slot) noexcept {
    const held_room& r = rooms[slot];
    if (!r.live || r.messages.last < r.told || r.messages.holes > 0) return;
    for (u32 at = 0; at < posts_count; ++at) {
        held_post& p = posts[at];
        if (p.room != slot || p.why != error::none || p.busy || p.number != 0) continue;
        if (p.sent && (r.messages.blind > p.after || limits.nonce_bytes_max == 0)) {
            p.why = error::outcome_unknown;
            note(slot, client_news::posts);
            continue;
        }
        p.busy = true;
        send_command(errand::post, slot, p.id);
    }
}

std::size_t client_core::write_post(const held_command& c) noexcept {
    const held_post* const p = find_post(c.number);
    post what;
    if (p != nullptr) {
        what.room = name(p->room);
        what.text = text_of_post(*p);
        what.kind = p->kind;
        what.reply_to = p->reply_to;
        what.nonce = nonce_of(*p);
    }
    return frames->write(shape_command_post, &what, c.ref, frame, outgoing_max());
}

void client_core::posted(u64 id, const answer& by) noexcept {
    held_post* const p = find_post(id);
    if (p == nullptr) return;
    p->busy = false;
    if (const ok* reply = by.done(); reply != nullptr) {
        p->number = reply->number;
        settle_posts(p->room, {});
    } else if (by.why != error::connection_lost) {
        p->why = by.why;
        if (by.refusal != nullptr) {
            p->limit = by.refusal->limit;
            p->retry_ms = by.refusal->retry_ms;
        }
        note(p->room, client_news::posts);
    }
}

// A post goes when its message has come, so that a view always has one of the two.
void client_core::settle_posts(u32 slot, std::string_view nonce) noexcept {
    const u64 last = rooms[slot].messages.last;
    for (u32 at = posts_count; at-- > 0;) {
        const held_post& p = posts[at];
        if (p.room != slot) continue;
        const bool answered = p.number != 0 && p.number <= last;
        if (!answered && (nonce.empty() || nonce_of(p) != nonce)) continue;
        remove_post(at);
        note(slot, client_news::posts);
    }
}

// The room's messages are told anew. What was answered was said, there or in a room that is gone;
// what was not was not said in another room.
void client_core::begin_posts_anew(u32 slot, bool same_room) noexcept {
    for (u32 at = posts_count; at-- > 0;) {
        held_post& p = posts[at];
        if (p.room != slot) continue;
        note(slot, client_news::posts);
        if (!same_room) p.sent = false;
        if (p.number != 0) remove_post(at);
    }
}

}  // namespace chatroom::detail

// ---- src/client/rooms.cpp -----------------------------------------------------------------------

namespace chatroom::detail {

// The rooms that the user is in, and what the server tells of them.

u32 client_core::find_room(std::string_view called) const noexcept {
    for (u32 i = 0; i < rooms_count; ++i) {
        if (name(order[i]) == called) return order[i];
    }
    return nil;
}

// nil when there is no place for it.
u32 client_core::add_room(std::string_view called) noexcept {
    if (rooms.full() || called.empty() || called.size() > names.stride) return nil;
    const u32 slot = rooms.take();
    held_room& r = rooms[slot];
    names.set(slot, called);
    r.name_size = static_cast<u8>(called.size());
    r.messages.rules = &rules;
    const std::size_t before = slot - 1;   // Rooms.
    r.messages.entries = entries + before * rules.capacity();
    r.people.capacity = how.members_max;
    r.people.members = members + before * how.members_max;
    r.people.nicks = {nicks + before * how.members_max * how.nick_bytes_max, how.nick_bytes_max};
    order[rooms_count++] = slot;
    return slot;
}

// Its slot is free again when the host has been told.
void client_core::drop_room(u32 slot) noexcept {
    held_room& r = rooms[slot];
    u32 at = 0;
    while (order[at] != slot) ++at;
    --rooms_count;
    std::memmove(order + at, order + at + 1, (rooms_count - at) * sizeof *order);
    r.messages.restart(1);
    for (u32 i = posts_count; i-- > 0;) {
        if (posts[i].room == slot) remove_post(i);
    }
    for (u32 each = queue.first; each != nil; each = commands[each].next) {
        if (commands[each].room == slot) commands[each].room = nil;
    }
    r.changed = news_of(client_news::room);
    r.next_gone = rooms_gone;
    rooms_gone = slot;
}

// As another user. That an id is the same tells nothing: the server may have begun anew.
void client_core::rejoin(u32 slot) noexcept {
    held_room& r = rooms[slot];
    if (r.id != 0) r.was = r.id;
    r.id = 0;
    send_command(errand::rejoin, slot, 0);
}

u32 client_core::live_room(std::string_view called) noexcept {
    const u32 slot = find_room(called);
    if (slot != nil && rooms[slot].live) return slot;
    ++faults;
    return nil;
}

void client_core::take_state(u32 slot, const chatroom::room& what) noexcept {
    held_room& r = rooms[slot];
    const auto keep = [slot](const column& in, std::string_view text) noexcept {
        const std::string_view kept = cut_text(text, in.stride);
        column(in).set(slot, kept);
        return static_cast<u16>(kept.size());
    };
    r.title_size = keep(titles, what.title);
    r.topic_size = keep(topics, what.topic);
    r.owner = what.owner;
    r.capacity = what.capacity;
    r.persistent = what.persistent;
    r.managed = what.managed;
}

void client_core::take_joined(const joined& what) noexcept {
    u32 slot = find_room(what.room);
    if (slot == nil) slot = add_room(what.room);
    if (slot == nil) {
        ++faults;
        return;
    }
    held_room& r = rooms[slot];
    r.loading = r.filling = false;
    r.people.cut();
    take_state(slot, {what.room, what.title, what.topic, what.owner, what.capacity,
                      what.persistent, what.managed, what.members, what.roster});
    r.people.take_state(what.members, what.roster);
    const std::string_view may = cut_text(what.rights, rights.stride);
    rights.set(slot, may);
    r.rights_size = static_cast<u8>(may.size());
    r.live = true;
    r.told = what.last;
    note(slot, client_news::room);
    go_on(slot, what);
    want_members(slot);
    advance(slot);
    for (u32 each = entering.first; each != nil;) {
        const u32 next = commands[each].next;
        if (texts.view(commands[each].text) == what.room) {
            unlink(entering, each);
            conclude(each, error::none, nullptr, nullptr);
        }
        each = next;
    }
}

// Where the messages go on that are told from now on, against what is held.
void client_core::go_on(u32 slot, const joined& what) noexcept {
    held_room& r = rooms[slot];
    const u64 from = smaller(what.from != 0 ? what.from : what.last + 1, what.last + 1);
    const u64 first = what.first != 0 ? what.first : what.last + 1;
    const bool same = what.id == (r.id != 0 ? r.id : r.was);
    r.seen = same ? smaller(r.seen, what.last) : what.last;
    if (r.id != what.id || what.id == 0 || what.last < r.messages.last ||
        from < r.messages.begin) {
        begin_posts_anew(slot, same);
        r.unread = 0;
        note_all(slot, r.messages.restart(from));
    } else if (from > r.messages.last + 1) {
        note_all(slot, r.messages.miss(from, first));
    }
    r.id = what.id;
    if (first >= r.messages.begin) r.messages.complete = true;
}

void client_core::take_room(const chatroom::room& what) noexcept {
    const u32 slot = live_room(what.name);
    if (slot == nil) return;
    take_state(slot, what);
    note(slot, client_news::room);
    if (!rooms[slot].people.take_state(what.members, what.roster)) want_members(slot);
}

// What can be done once more is known of a room's messages.
void client_core::advance(u32 slot) noexcept {
    held_room& r = rooms[slot];
    settle_posts(slot, {});
    send_posts(slot);
    const entry_data* const hole = r.filling || !r.live ? nullptr : r.messages.hole();
    if (hole == nullptr) return;
    r.filling = true;
    send_command(errand::fill, slot, hole->to + 1);
}

void client_core::take_message(const message& what) noexcept {
    const u32 slot = live_room(what.room);
    if (slot == nil) return;
    if (what.number == 0) {
        ++faults;
        return;
    }
    held_room& r = rooms[slot];
    const news told = r.messages.take(what);
    if (told == 0) return;
    note_all(slot, told);
    count_unread(slot, what);
    settle_posts(slot, what.nonce);
    note_all(slot, r.messages.trim(r.held));
    advance(slot);
}

void client_core::take_gap(const gap& what) noexcept {
    const u32 slot = live_room(what.room);
    if (slot == nil) return;
    if (what.from == 0 || what.to < what.from) {
        ++faults;
        return;
    }
    note_all(slot, rooms[slot].messages.lose(what.from, what.to));
    advance(slot);
}

void client_core::count_unread(u32 slot, const message& m) noexcept {
    held_room& r = rooms[slot];
    if (m.number <= r.seen || m.user == user) return;
    ++r.unread;
    note(slot, client_news::room);
}

void client_core::count_page(u32 slot, const incoming_list& page, bool unread) noexcept {
    u32 at = 0;
    for (message m; page.next(at, m);) {
        if (m.number == 0) continue;
        if (unread) count_unread(slot, m);
        settle_posts(slot, m.nonce);
    }
}

// Members.

void client_core::want_members(u32 slot) noexcept {
    if (rooms[slot].people.miss()) note(slot, client_news::members);
    read_members(slot);
}

void client_core::read_members(u32 slot) noexcept {
    held_room& r = rooms[slot];
    if (!r.live || !r.people.waits() || now < r.people.read_at) return;
    r.people.begin_reading(now, how.members_pause_ms);
    send_command(errand::members, slot, 0);
}

void client_core::take_members(u32 slot, const incoming& in, u64 after) noexcept {
    roster& people = rooms[slot].people;
    u64 next = 0;
    const incoming_list items{frames, &in, &more};
    if (people.take_page(in.as<members_page>(), items, after, next)) {
        return send_command(errand::members, slot, next);
    }
    if (!people.known) return;
    note(slot, client_news::members);
    note(slot, client_news::room);
}

// `entered`, `exited` and `renamed`.
void client_core::take_notice(const incoming& in) noexcept {
    const bool came = in.type() == event_type::entered;
    const bool went = in.type() == event_type::exited;
    const u32 slot = live_room(in.as<entered>().room);   // In all of them the first member.
    if (slot == nil) return;
    roster& people = rooms[slot].people;
    const u64 number = came   ? in.as<entered>().roster
                       : went ? in.as<exited>().roster
                              : in.as<renamed>().roster;
    if (number <= people.number) return;
    const bool follows = came   ? people.take_entered(in.as<entered>())
                         : went ? people.take_exited(in.as<exited>())
                                : people.take_renamed(in.as<renamed>());
    if (came || went) note(slot, client_news::room);
    if (follows && people.count <= how.members_max) {
        note(slot, client_news::members);
    } else {
        want_members(slot);
    }
}

}  // namespace chatroom::detail

// ---- src/client/events.cpp ----------------------------------------------------------------------

namespace chatroom::detail {

// What the server tells.

void client_core::take(const incoming& in) noexcept {
    switch (in.type()) {
    case event_type::welcome: return take_welcome(in.as<welcome>());
    case event_type::ok:
    case event_type::failure:
    case event_type::history_page:
    case event_type::rooms_page:
    case event_type::members_page: return answer_command(in);
    case event_type::you: return take_you(in.as<you>());
    case event_type::resync: return take_resync();
    case event_type::caught_up: return take_caught_up();
    case event_type::bye: {
        turn(client_state::ended);
        const error said = in.as<bye>().error;
        return break_off(said != error::none ? said : error::reply_invalid);
    }
    case event_type::joined: return take_joined(in.as<joined>());
    case event_type::left: {
        const u32 slot = live_room(in.as<chatroom::left>().room);
        if (slot != nil) drop_room(slot);
        return;
    }
    case event_type::room: return take_room(in.as<chatroom::room>());
    case event_type::entered:
    case event_type::exited:
    case event_type::renamed: return take_notice(in);
    case event_type::message: return take_message(in.as<message>());
    case event_type::gap: return take_gap(in.as<gap>());
    case event_type::none:
    case event_type::help: return;   // Of a later version, or for people.
    }
}

// A server whose frames and names this client has no place for is not for it.
void client_core::take_welcome(const welcome& what) noexcept {
    limits = what;
    limits.features = {};
    why = error::none;
    greeted = true;
    if (what.frame_bytes_max > how.frame_bytes_max ||
        what.room_name_bytes_max > how.room_name_bytes_max) {
        turn(client_state::ended);
        return break_off(error::limit_too_small);
    }
    log_in();
}

// The host has logged this session in, or the nick is another.
void client_core::take_you(const you& what) noexcept {
    if (what.user == 0) {
        ++faults;
        return;
    }
    if (state == client_state::online) {
        nick.set(what.nick);
        return note(client_news::state);
    }
    if (what.user != user) forget_user();
    logged_in(what.user, what.nick, nullptr);
}

void client_core::take_resync() noexcept {
    for (u32 i = 0; i < rooms_count; ++i) {
        held_room& r = rooms[order[i]];
        r.live = r.loading = r.filling = false;
        r.people.cut();
    }
}

void client_core::take_caught_up() noexcept {
    for (u32 i = 0; i < rooms_count;) {
        const u32 slot = order[i];
        const bool lost = !rooms[slot].live && rooms[slot].id != 0;
        if (lost) {
            drop_room(slot);
            continue;
        }
        if (!rooms[slot].live) rejoin(slot);   // Its `join` was cut.
        ++i;
    }
}

}  // namespace chatroom::detail

// ---- src/client/saved.cpp -----------------------------------------------------------------------

namespace chatroom::detail {

// What a restart needs: a mark, the checksum of the rest, then the client, its rooms and its
// posts, each as its members.

struct saved_client {
    std::string_view nick{};
    std::string_view token{};
    std::string_view spare{};
    u64 user = 0;
    u64 rooms = 0;
    u64 posts = 0;
};

struct saved_room {
    std::string_view name{};
    std::string_view title{};
    u64 id = 0;
    u64 last = 0;
    u64 seen = 0;
};

struct saved_post {
    std::string_view room{};
    std::string_view nonce{};
    std::string_view text{};
    u64 reply_to = 0;
    u64 time = 0;
    u64 after = 0;
    u64 number = 0;
    u32 why = 0;
    u32 emote = 0;
    u32 sent = 0;
};

namespace word {

// Said nowhere else.
constexpr auto posts = in_frames("posts");
constexpr auto seen = in_frames("seen");
constexpr auto sent = in_frames("sent");
constexpr auto spare = in_frames("spare");
constexpr auto why = in_frames("why");

}  // namespace word

constexpr described_member saved_client_members[] = {
    {word::nick, nullptr, offsetof(saved_client, nick), 1, kind::text, bound::open, 0},
    {word::token, nullptr, offsetof(saved_client, token), 2, kind::text, bound::open, 0},
    {word::spare, nullptr, offsetof(saved_client, spare), 3, kind::text, bound::open, 0},
    {word::user, nullptr, offsetof(saved_client, user), 4, kind::u64_number, bound::open, 0},
    {word::rooms, nullptr, offsetof(saved_client, rooms), 5, kind::u64_number, bound::open, 0},
    {word::posts, nullptr, offsetof(saved_client, posts), 6, kind::u64_number, bound::open, 0},
};
static constexpr described shape_saved_client = {
    word::user, saved_client_members, 0, sizeof(saved_client), 6};

constexpr described_member saved_room_members[] = {
    {word::name, nullptr, offsetof(saved_room, name), 1, kind::text, bound::open, 0},
    {word::title, nullptr, offsetof(saved_room, title), 2, kind::text, bound::open, 0},
    {word::id, nullptr, offsetof(saved_room, id), 3, kind::u64_number, bound::open, 0},
    {word::last, nullptr, offsetof(saved_room, last), 4, kind::u64_number, bound::open, 0},
    {word::seen, nullptr, offsetof(saved_room, seen), 5, kind::u64_number, bound::open, 0},
};
static constexpr described shape_saved_room = {
    word::room, saved_room_members, 0, sizeof(saved_room), 5};

constexpr described_member saved_post_members[] = {
    {word::room, nullptr, offsetof(saved_post, room), 1, kind::text, bound::open, 0},
    {word::nonce, nullptr, offsetof(saved_post, nonce), 2, kind::text, bound::open, 0},
    {word::text, nullptr, offsetof(saved_post, text), 3, kind::text, bound::open, 0},
    {word::reply_to, nullptr, offsetof(saved_post, reply_to), 4, kind::u64_number, bound::open, 0},
    {word::time, nullptr, offsetof(saved_post, time), 5, kind::u64_number, bound::open, 0},
    {word::after, nullptr, offsetof(saved_post, after), 6, kind::u64_number, bound::open, 0},
    {word::number, nullptr, offsetof(saved_post, number), 7, kind::u64_number, bound::open, 0},
    {word::why, nullptr, offsetof(saved_post, why), 8, kind::u32_number, bound::open, 0},
    {word::emote, nullptr, offsetof(saved_post, emote), 9, kind::u32_number, bound::open, 0},
    {word::sent, nullptr, offsetof(saved_post, sent), 10, kind::u32_number, bound::open, 0},
};
static constexpr described shape_saved_post = {
    word::post, saved_post_members, 0, sizeof(saved_post), 10};

constexpr u32 saved_mark = 0x31636863;   // "chc1"
constexpr u32 saved_head = 8;

static void write_saved(const client_core& of, byte_writer& to) noexcept {
    saved_client all;
    all.nick = of.nick.view();
    all.token = of.tokens[0].view();
    all.spare = of.tokens[1].view();
    all.user = of.user;
    all.rooms = of.rooms_count;
    all.posts = of.posts_count;
    encode_members(to, shape_saved_client, &all);
    for (u32 i = 0; i < of.rooms_count; ++i) {
        const u32 slot = of.order[i];
        const held_room& r = of.rooms[slot];
        const saved_room room{of.name(slot), of.titles.view(slot, r.title_size),
                              r.id != 0 ? r.id : r.was, r.messages.last, r.seen};
        encode_members(to, shape_saved_room, &room);
    }
    for (u32 i = 0; i < of.posts_count; ++i) {
        const held_post& p = of.posts[i];
        saved_post post;
        post.room = of.name(p.room);
        post.nonce = {of.texts.view(p.text).data(), nonce_bytes};
        post.text = of.text_of_post(p);
        post.reply_to = p.reply_to;
        post.time = p.time;
        post.after = p.after;
        post.number = p.number;
        post.why = static_cast<u32>(p.why);
        post.emote = p.kind == message_kind::emote ? 1 : 0;
        post.sent = p.sent ? 1 : 0;
        encode_members(to, shape_saved_post, &post);
    }
}

std::size_t client_core::save(char* out, std::size_t capacity) const noexcept {
    byte_writer counted{nullptr, static_cast<std::size_t>(-1) / 2, saved_head};
    write_saved(*this, counted);
    if (capacity < counted.size) return counted.size;
    byte_writer to{out, capacity, saved_head};
    write_saved(*this, to);
    store_le32(out, saved_mark);
    store_le32(out + 4, crc32c(0, out + saved_head, to.size - saved_head));
    return to.size;
}

// The end of what was there before is asked for again: the view is empty.
bool client_core::restore_rooms(byte_reader& from, u64 count, bool apply) noexcept {
    scratch none;
    for (u64 i = 0; i < count; ++i) {
        saved_room room;
        if (!decode_members(from, shape_saved_room, &room, none)) return false;
        const bool sound = !room.name.empty() && room.name.size() <= names.stride &&
                           room.last < u64{1} << 53;
        if (!sound) return false;
        if (!apply) continue;
        if (find_room(room.name) != nil) continue;
        const u32 slot = add_room(room.name);
        held_room& r = rooms[slot];
        const std::string_view title = cut_text(room.title, titles.stride);
        titles.set(slot, title);
        r.title_size = static_cast<u16>(title.size());
        r.id = room.id;
        r.seen = room.seen;
        r.messages.had = room.last;
        r.messages.restart((room.last > how.join_history ? room.last - how.join_history : 0) + 1);
        r.changed = news_of(client_news::room);
    }
    return true;
}

bool client_core::restore_posts(byte_reader& from, u64 count, bool apply) noexcept {
    scratch none;
    u64 bytes = 0;
    for (u64 i = 0; i < count; ++i) {
        saved_post post;
        if (!decode_members(from, shape_saved_post, &post, none)) return false;
        bytes += post.text.size();
        const bool sound = post.nonce.size() == nonce_bytes && !post.text.empty();
        if (!sound || bytes > how.post_bytes_max) return false;
        const u32 slot = apply ? find_room(post.room) : nil;
        if (slot == nil) continue;
        held_post& p = posts[posts_count];
        p = held_post{};
        p.text = texts.take(nonce_bytes + static_cast<u32>(post.text.size()));
        if (p.text == nil) continue;
        ++posts_count;
        std::memcpy(texts.at(p.text), post.nonce.data(), nonce_bytes);
        std::memcpy(texts.at(p.text) + nonce_bytes, post.text.data(), post.text.size());
        post_bytes += static_cast<u32>(post.text.size());
        p.id = ++posts_made;
        p.room = slot;
        p.kind = post.emote != 0 ? message_kind::emote : message_kind::text;
        p.reply_to = post.reply_to;
        p.time = post.time;
        p.after = post.after;
        p.number = post.number;
        p.why = static_cast<error>(post.why);
        p.sent = post.sent != 0;
    }
    return true;
}

error client_core::restore(std::string_view saved) noexcept {
    const bool first = state == client_state::offline && rooms_count == 0 && user == 0;
    if (!first || tokens[0].size != 0) return error::invalid_argument;
    if (saved.size() < saved_head || load_le32(saved.data()) != saved_mark) {
        return error::snapshot_invalid;
    }
    const u32 sum = crc32c(0, saved.data() + saved_head, saved.size() - saved_head);
    if (load_le32(saved.data() + 4) != sum) return error::snapshot_invalid;
    for (u32 pass = 0; pass < 2; ++pass) {   // The first only looks.
        const bool apply = pass == 1;
        byte_reader from{saved.data() + saved_head, saved.data() + saved.size()};
        scratch none;
        saved_client all;
        if (!decode_members(from, shape_saved_client, &all, none)) return error::snapshot_invalid;
        if (all.rooms > how.rooms_max || all.posts > how.posts_max) return error::limit_too_small;
        const bool whole = restore_rooms(from, all.rooms, apply) &&
                           restore_posts(from, all.posts, apply) && from.at == from.end;
        if (!whole) return error::snapshot_invalid;
        if (!apply) continue;
        user = all.user;
        nick.set(all.nick);
        tokens[0].set(all.token);
        tokens[1].set(all.spare);
        if (tokens[0].size == 0) drop_token();
    }
    note(client_news::state);
    return error::none;
}

}  // namespace chatroom::detail

// ---- src/client.cpp -----------------------------------------------------------------------------

namespace chatroom {

using detail::client_core;
using detail::nil;
using detail::u32;
using detail::u64;

// Memory.

static bool is_valid(const client_config& how) noexcept {
    const auto within = [](u32 value, u32 least, u32 most) noexcept {
        return value >= least && value <= most;
    };
    constexpr u32 bytes_most = 1u << 24;
    return within(how.rooms_max, 1, 1000) && within(how.entries_max, 4, 65536) &&
           within(how.text_bytes_max, 0, bytes_most) && within(how.members_max, 0, 65536) &&
           within(how.posts_max, 0, 4096) && within(how.post_bytes_max, 0, bytes_most) &&
           within(how.asks_max, 1, 4096) && within(how.ask_bytes_max, 128, bytes_most) &&
           within(how.commands_max, 1, 4096) && within(how.frame_bytes_max, 512, bytes_most) &&
           within(how.nick_bytes_max, 1, 64) && within(how.room_name_bytes_max, 1, 64) &&
           within(how.title_bytes_max, 0, 1024) && within(how.topic_bytes_max, 0, 1024) &&
           how.ping_ms != 0 && how.fill_max != 0 &&
           u64{how.rooms_max} * how.text_bytes_max <= 1u << 30 &&
           u64{how.rooms_max} * how.entries_max <= 1u << 24;
}

std::size_t client_footprint(const client_config& how) noexcept {
    if (!is_valid(how)) return 0;
    detail::arena counted;
    counted.take(sizeof(client_core), alignof(client_core));
    client_core probe;
    probe.how = how;
    probe.claim(counted);
    return counted.total();
}

error client::open(const client_config& how, const client_environment& from) noexcept {
    return open_with(how, from, client_codecs::json());
}

error client::open_with(const client_config& how, const client_environment& from,
                        const client_codec& frames) noexcept {
    if (core_ != nullptr) return error::engine_open;
    if (from.send.fn == nullptr || from.entropy.fn == nullptr) return error::invalid_argument;
    const std::size_t bytes = client_footprint(how);
    if (bytes == 0) return error::config_invalid;
    const chatroom::memory& place = from.memory;
    if (place.buffer != nullptr ? place.buffer_bytes < bytes : place.allocate == nullptr) {
        return error::memory_short;
    }
    void* const block =
        place.buffer != nullptr ? place.buffer : place.allocate(bytes, place.context);
    if (block == nullptr) return error::memory_short;
    const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(block) + 63;
    detail::arena claimed{reinterpret_cast<char*>(start & ~std::uintptr_t{63}), 0};
    core_ = new (claimed.take(sizeof(client_core), alignof(client_core))) client_core;
    core_->how = how;
    core_->host = from;
    core_->frames = &frames;
    core_->block = block;
    core_->block_bytes = bytes;
    core_->claim(claimed);
    return error::none;
}

void client::close() noexcept {
    if (core_ == nullptr || core_->telling || core_->sending) return;
    const chatroom::memory from = core_->host.memory;
    void* const block = core_->block;
    const std::size_t bytes = core_->block_bytes;
    core_ = nullptr;
    if (from.buffer == nullptr && from.release != nullptr) from.release(block, bytes, from.context);
}

// The connection and the time.

error client::connected() noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core_->connected();
    core_->finish();
    return error::none;
}

error client::disconnected() noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core_->disconnected();
    core_->finish();
    return error::none;
}

error client::receive(std::string_view frame) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    if (core_->telling) return error::inside_callback;
    core_->receive(frame);
    return error::none;
}

error client::tick(std::uint64_t now_ms) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core_->now = detail::larger<u64>(core_->now, now_ms);
    core_->tick();
    core_->finish();
    return error::none;
}

std::uint64_t client::next_tick() const noexcept {
    return core_ != nullptr ? core_->next_tick() : ~std::uint64_t{0};
}

// Commands.

error client::login(std::string_view nick, std::uint64_t tag) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const error why = core_->ask_login(nick, tag);
    core_->finish();
    return why;
}

error client::logout(std::uint64_t tag) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const error why = core_->ask_logout(tag);
    core_->finish();
    return why;
}

static error ask(client_core* core, detail::errand what, const detail::described& shape,
                 const void* body, u64 tag) noexcept {
    if (core == nullptr) return error::engine_closed;
    const error why = core->ask_as_user(what, shape, body, tag);
    core->finish();
    return why;
}

error client::rename(std::string_view nick, std::uint64_t tag) noexcept {
    const chatroom::nick what{nick};
    return ask(core_, detail::errand::asked, detail::shape_command_nick, &what, tag);
}

error client::join(std::string_view room, std::uint64_t tag) noexcept {
    const chatroom::join what{room, core_ != nullptr ? core_->how.join_history : 0};
    return ask(core_, detail::errand::enter, detail::shape_command_join, &what, tag);
}

error client::create(const chatroom::create& what, std::uint64_t tag) noexcept {
    return ask(core_, detail::errand::enter, detail::shape_command_create, &what, tag);
}

error client::leave(std::string_view room, std::uint64_t tag) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const chatroom::leave what{room};
    const error why =
        core_->ask_as_user(detail::errand::leave, detail::shape_command_leave, &what, tag);
    if (why == error::none) core_->commands[core_->queue.last].room = core_->find_room(room);
    core_->finish();
    return why;
}

error client::set(const chatroom::set& what, std::uint64_t tag) noexcept {
    return ask(core_, detail::errand::asked, detail::shape_command_set, &what, tag);
}

error client::list_rooms(std::uint64_t tag) noexcept {
    const chatroom::rooms what;
    return ask(core_, detail::errand::list_rooms, detail::shape_command_rooms, &what, tag);
}

error client::submit(const command& what, std::uint64_t tag) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const detail::described* const* shape = detail::all_commands();
    while (*shape != nullptr && (*shape)->type != static_cast<detail::u16>(what.type)) ++shape;
    if (*shape == nullptr) return error::invalid_argument;
    const error why = core_->ask(detail::errand::asked, **shape, what.body, tag);
    if (const chatroom::members* asked = what.as<chatroom::members>();
        asked != nullptr && why == error::none) {
        core_->commands[core_->queue.last].number = asked->after;
    }
    core_->finish();
    return why;
}

error client::older(std::string_view room, std::uint64_t tag) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = core_->find_room(room);
    if (slot == nil) return error::room_unknown;
    const error why = core_->ask_older(slot, tag);
    core_->finish();
    return why;
}

error client::hold(std::string_view room, bool held) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = core_->find_room(room);
    if (slot == nil) return error::room_unknown;
    core_->rooms[slot].held = held;
    if (!held) core_->note_all(slot, core_->rooms[slot].messages.trim(false));
    core_->finish();
    return error::none;
}

error client::refresh(std::string_view room) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = core_->find_room(room);
    if (slot == nil) return error::room_unknown;
    core_->rooms[slot].people.refresh();
    core_->read_members(slot);
    core_->finish();
    return error::none;
}

error client::see(std::string_view room) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = core_->find_room(room);
    if (slot == nil) return error::room_unknown;
    detail::held_room& r = core_->rooms[slot];
    if (r.seen >= r.messages.last) return error::none;
    r.seen = r.messages.last;
    if (r.unread != 0) core_->note(slot, client_news::room);
    r.unread = 0;
    core_->finish();
    return error::none;
}

// Posts.

result<std::uint64_t> client::post(std::string_view room, std::string_view text,
                                   const post_options& how) noexcept {
    if (core_ == nullptr) return {0, error::engine_closed};
    const u32 slot = core_->find_room(room);
    if (slot == nil) return {0, error::room_unknown};
    const auto id = core_->add_post(slot, text, how);
    core_->finish();
    return id;
}

error client::resend(std::uint64_t post) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    detail::held_post* const p = core_->find_post(post);
    if (p == nullptr || p->why == error::none) return error::invalid_argument;
    p->why = error::none;
    p->limit = p->retry_ms = 0;
    p->sent = false;
    core_->note(p->room, client_news::posts);
    core_->send_posts(p->room);
    core_->finish();
    return error::none;
}

error client::discard(std::uint64_t post) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    detail::held_post* const p = core_->find_post(post);
    if (p == nullptr || p->why == error::none) return error::invalid_argument;
    core_->note(p->room, client_news::posts);
    core_->remove_post(static_cast<u32>(p - core_->posts));
    core_->finish();
    return error::none;
}

// After a restart.

result<std::size_t> client::save(void* out, std::size_t capacity) const noexcept {
    if (core_ == nullptr) return {0, error::engine_closed};
    const std::size_t size = core_->save(static_cast<char*>(out), capacity);
    return {size, size <= capacity ? error::none : error::memory_short};
}

error client::restore(std::string_view saved) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    if (core_->telling || core_->sending) return error::inside_callback;
    const error why = core_->restore(saved);
    core_->finish();
    return why;
}

// Reads.

client_state client::state() const noexcept {
    return core_ != nullptr ? core_->state : client_state::offline;
}

error client::why() const noexcept { return core_ != nullptr ? core_->why : error::none; }

std::uint64_t client::user() const noexcept { return core_ != nullptr ? core_->user : 0; }

std::string_view client::nick() const noexcept {
    return core_ != nullptr ? core_->nick.view() : std::string_view{};
}

welcome client::limits() const noexcept { return core_ != nullptr ? core_->limits : welcome{}; }

bool client::wants_close() const noexcept { return core_ != nullptr && core_->wants_close; }

std::uint64_t client::faults() const noexcept { return core_ != nullptr ? core_->faults : 0; }

static client_room read_slot(const client_core& of, u32 slot) noexcept {
    const detail::held_room& r = of.rooms[slot];
    client_room out;
    out.name = of.name(slot);
    out.title = of.titles.view(slot, r.title_size);
    out.topic = of.topics.view(slot, r.topic_size);
    out.rights = of.rights.view(slot, r.rights_size);
    out.id = r.id;
    out.owner = r.owner;
    out.capacity = r.capacity;
    out.count = r.people.count;
    out.roster = r.people.number;
    out.begin = r.messages.begin;
    out.last = r.messages.last;
    out.seen = r.seen;
    out.unread = r.unread;
    out.persistent = r.persistent;
    out.managed = r.managed;
    out.live = r.live;
    out.members_known = r.people.known;
    out.complete = r.messages.complete;
    out.loading = r.loading;
    return out;
}

static client_room read_room(const client_core& of, u32, u32 at) noexcept {
    return read_slot(of, of.order[at]);
}

static client_entry read_entry(const client_core& of, u32 slot, u32 at) noexcept {
    return of.rooms[slot].messages.entry(at);
}

static client_member read_member(const client_core& of, u32 slot, u32 at) noexcept {
    return of.rooms[slot].people.member(at);
}

// There are few: the place among those of a room is found by counting.
static client_post read_post(const client_core& of, u32 slot, u32 at) noexcept {
    u32 place = 0;
    while (of.posts[place].room != slot || at-- != 0) ++place;
    const detail::held_post& p = of.posts[place];
    return {p.id, of.text_of_post(p), p.kind, p.reply_to, p.time, p.why, p.limit, p.retry_ms};
}

client_list<client_room> client::rooms() const noexcept {
    if (core_ == nullptr) return {};
    return {read_room, core_, 0, core_->rooms_count};
}

result<client_room> client::room(std::string_view name) const noexcept {
    const u32 slot = core_ != nullptr ? core_->find_room(name) : nil;
    if (slot == nil) return {{}, error::room_unknown};
    return {read_slot(*core_, slot), error::none};
}

client_list<client_entry> client::entries(std::string_view room) const noexcept {
    const u32 slot = core_ != nullptr ? core_->find_room(room) : nil;
    if (slot == nil) return {};
    return {read_entry, core_, slot, core_->rooms[slot].messages.count};
}

client_list<client_member> client::members(std::string_view room) const noexcept {
    const u32 slot = core_ != nullptr ? core_->find_room(room) : nil;
    if (slot == nil) return {};
    return {read_member, core_, slot, core_->rooms[slot].people.size};
}

client_list<client_post> client::posts(std::string_view room) const noexcept {
    const u32 slot = core_ != nullptr ? core_->find_room(room) : nil;
    if (slot == nil) return {};
    u32 count = 0;
    for (u32 i = 0; i < core_->posts_count; ++i) count += core_->posts[i].room == slot ? 1 : 0;
    return {read_post, core_, slot, count};
}

result<client_entry> client::message(std::string_view room, std::uint64_t number) const noexcept {
    const u32 slot = core_ != nullptr ? core_->find_room(room) : nil;
    if (slot == nil) return {{}, error::room_unknown};
    const detail::timeline& in = core_->rooms[slot].messages;
    const u32 at = in.find(number);
    const bool there = at != detail::nowhere && in.entries[at].what == client_entry_kind::message;
    if (!there) return {{}, error::reply_unknown};
    return {in.entry(at), error::none};
}

}  // namespace chatroom

// ---- chatroom_c.h -------------------------------------------------------------------------------

/* chatroom 0.1.0: a complete chat service, for C99, C++ and whatever calls C.
 *
 *     chatroom_environment host = {.struct_size = sizeof host, .send = on_send};
 *     chatroom_engine* chat = NULL;
 *     chatroom_error why = chatroom_open(NULL, &host, &chat);
 *
 * The bodies are in chatroom.hpp: compile one C++ file that defines CHATROOM_IMPLEMENTATION and
 * includes it, or link libchatroom. Either needs a C++ compiler once and the C linker afterwards.
 *
 * HOW IT WORKS
 *   The engine opens no socket, starts no thread, reads no clock and allocates nothing after it is
 *   opened. The host hands it bytes that arrived (chatroom_receive), or typed commands
 *   (chatroom_submit); what leaves comes by the callback `send`. Time is told by chatroom_tick.
 *
 * ERRORS
 *   Calls that can fail answer with a chatroom_error; 0 is success. On failure nothing changed and
 *   nothing was sent but the refusal. These hold for every call and are not listed again:
 *     invalid_argument  a pointer that must not be NULL is NULL, a size is not what it should be,
 *                       a text has a size but no data, a number names no enumerator
 *     engine_closed     the engine was closed (its memory being the host's, and still there)
 *
 * STRUCTS
 *   A struct that the host makes begins with struct_size: set it to sizeof the struct and leave
 *   what you do not care about 0, which means the default. So a program compiled against an older
 *   header runs with a newer library, and the other way round as long as it leaves at 0 what the
 *   library does not know. struct_size 0 is invalid_argument.
 *   A struct that the engine makes (events, pages, observations) is read through a pointer and only
 *   grows at its end. The elements of arrays, and what reads are asked with, keep their size within
 *   a CHATROOM_ABI_VERSION.
 *
 * TEXTS
 *   UTF-8, a pointer and a length, not ended by zero. Those handed in are borrowed until the call
 *   returns; those handed out live as long as the struct they stand in.
 *
 * CALLBACKS
 *   Run on the thread of the call that caused them, before it returns. Each gets its `context`
 *   last. They must return: no longjmp, no exception. Inside a callback
 *     reads (history, rooms, members, room, why, stats, next_tick) answer at once;
 *     chatroom_receive and chatroom_submit are copied into a queue and answer `queued` or
 *       `queue_full`; what became of a command comes by `observe`, with its ticket. They run in
 *       their order when the outer call is done, queued_per_call of them; a later call from
 *       outside may overtake what still waits then;
 *     chatroom_connect without a user, disconnect, pause and unpause take effect at once;
 *     chatroom_tick and chatroom_advance only tell the time;
 *     all else answers inside_callback.
 *   Inside `allocate`, `release` and `entropy` no call may be made of the engine concerned.
 *
 * THREADS
 *   One thread at a time in one engine. Engines share nothing.
 *
 * COST
 *   O(1) or O(log n) unless said otherwise, plus the fan-out, which is linear in the recipients.
 *
 * Licence: MIT, see the end of this file.
 */
#ifndef CHATROOM_C_H
#define CHATROOM_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ------------------------------------------------------------------------------- */

#define CHATROOM_VERSION_MAJOR 0
#define CHATROOM_VERSION_MINOR 1
#define CHATROOM_VERSION_PATCH 0

/** Rises when a program must be compiled again. Stands in the name of the shared library. */
#define CHATROOM_ABI_VERSION 0

/** The version of the library that is linked, such as "0.1.0". Cannot fail. */
const char* chatroom_version(void);

/** The ABI version of the library that is linked. Programs that load it compare. Cannot fail. */
uint32_t chatroom_abi_version(void);

/* ---- Texts and ids ------------------------------------------------------------------------- */

typedef struct chatroom_text {
    const char* data;          /**< UTF-8; may be NULL when size is 0. */
    size_t size;               /**< Bytes. */
} chatroom_text;

/** The text of a string that is ended by zero, or none for NULL. Borrows it. */
static inline chatroom_text chatroom_text_of(const char* ended) {
    chatroom_text text;
    text.data = ended;
    text.size = 0;
    if (ended) {
        while (ended[text.size] != 0) ++text.size;
    }
    return text;
}

/** A connection. Never used again within an incarnation; 0 is none. */
typedef uint32_t chatroom_session;

/** A user. Never used again, the same on every node; 0 is none. */
typedef uint64_t chatroom_user;

/** The actor that stands above all: takes the place of a session in commands and reads. */
#define CHATROOM_HOST 0xffffffffu

/* ---- Errors -------------------------------------------------------------------------------- */

/** Why a call or command was refused, or that its outcome is not known yet. */
typedef int32_t chatroom_error;

enum {
    CHATROOM_ERROR_NONE = 0,

    /* The call. */
    CHATROOM_ERROR_INVALID_ARGUMENT = 1,    /**< An argument is outside what the call accepts. */
    CHATROOM_ERROR_ENGINE_CLOSED = 2,       /**< The engine was closed. */
    CHATROOM_ERROR_ENGINE_OPEN = 3,         /**< Never from C, where opening makes an engine. */
    CHATROOM_ERROR_CONFIG_INVALID = 4,      /**< See chatroom_config_fault. */
    CHATROOM_ERROR_MEMORY_SHORT = 5,        /**< Less memory than chatroom_footprint says. */
    CHATROOM_ERROR_LIMIT_TOO_SMALL = 6,     /**< A table is smaller than the content needs. */
    CHATROOM_ERROR_INSIDE_CALLBACK = 7,     /**< Not allowed while a callback runs. */
    CHATROOM_ERROR_ENTROPY_FAILED = 8,      /**< The entropy callback is missing or failed. */

    /* Under way: no failure, the outcome comes later. */
    CHATROOM_ERROR_QUEUED = 10,             /**< Runs when the outer call is done. */
    CHATROOM_ERROR_PENDING = 11,            /**< The log has it; chatroom_commit follows. */
    CHATROOM_ERROR_QUEUE_FULL = 12,         /**< The queue for calls inside callbacks is full. */
    CHATROOM_ERROR_RECORDS_FULL = 13,       /**< records_pending_max records wait. */
    CHATROOM_ERROR_PAUSED = 14,             /**< Not taken: offer the frame again later. */

    /* Time. */
    CHATROOM_ERROR_NO_TIME = 20,            /**< No chatroom_tick has told the time yet. */
    CHATROOM_ERROR_CLOCK_LEAP = 21,         /**< It leapt by more than clock_leap_max_ms. */

    /* Frames. */
    CHATROOM_ERROR_FRAME_TOO_LONG = 30,     /**< Longer than frame_bytes_max. */
    CHATROOM_ERROR_FRAME_MALFORMED = 31,    /**< Not what its codec expects; `at` says where. */
    CHATROOM_ERROR_OP_MISSING = 32,         /**< The frame names no op. */
    CHATROOM_ERROR_OP_UNKNOWN = 33,         /**< No registered command is of this name or type. */
    CHATROOM_ERROR_MEMBER_MISSING = 34,     /**< A mandatory member is absent; see `field`. */
    CHATROOM_ERROR_MEMBER_INVALID = 35,     /**< A member's value is of no use; see `field`. */
    CHATROOM_ERROR_MEMBER_TOO_LONG = 36,    /**< A text or list is longer than its limit. */
    CHATROOM_ERROR_NUMBER_OUT_OF_RANGE = 37,/**< A number is outside its bounds. */
    CHATROOM_ERROR_CODEC_MISSING = 38,      /**< The session's codec is not registered. */

    /* Sessions and users. */
    CHATROOM_ERROR_SESSION_UNKNOWN = 40,    /**< The session does not exist, or has ended. */
    CHATROOM_ERROR_SESSIONS_FULL = 41,      /**< sessions_max sessions are connected. */
    CHATROOM_ERROR_LOGIN_REQUIRED = 42,     /**< The session has no user yet. */
    CHATROOM_ERROR_ALREADY_LOGGED_IN = 43,  /**< The session has a user already. */
    CHATROOM_ERROR_USERS_FULL = 44,         /**< users_max users exist. */
    CHATROOM_ERROR_USER_SESSIONS_FULL = 45, /**< It has sessions_per_user_max sessions. */
    CHATROOM_ERROR_NICK_INVALID = 46,       /**< It breaks the rules for names; see `at`. */
    CHATROOM_ERROR_NICK_TAKEN = 47,         /**< Another user has it, by its folded form. */
    CHATROOM_ERROR_TOKEN_INVALID = 48,      /**< The token is unknown, used or too old. */
    CHATROOM_ERROR_USER_UNKNOWN = 49,       /**< No such user. */

    /* Rooms. */
    CHATROOM_ERROR_ROOM_UNKNOWN = 50,       /**< No such room, or not for this user to see. */
    CHATROOM_ERROR_ROOM_NAME_INVALID = 51,  /**< It breaks the rules for names of rooms. */
    CHATROOM_ERROR_ROOM_EXISTS = 52,        /**< A room of this name exists. */
    CHATROOM_ERROR_ROOMS_FULL = 53,         /**< rooms_max rooms exist. */
    CHATROOM_ERROR_ROOM_FULL = 54,          /**< As many members as the room's capacity. */
    CHATROOM_ERROR_MEMBERS_FULL = 55,       /**< members_max memberships exist. */
    CHATROOM_ERROR_USER_ROOMS_FULL = 56,    /**< The user is in rooms_per_user_max rooms. */
    CHATROOM_ERROR_ROOM_MANAGED = 57,       /**< Coming and going is the host's alone. */
    CHATROOM_ERROR_FORBIDDEN = 58,          /**< The actor may not do this. */

    /* Messages. */
    CHATROOM_ERROR_TEXT_INVALID = 60,       /**< An invalid byte or a control; see `at`. */
    CHATROOM_ERROR_REPLY_UNKNOWN = 61,      /**< What is replied to is not in the history. */
    CHATROOM_ERROR_NONCE_REUSED = 62,       /**< The nonce named another message before. */
    CHATROOM_ERROR_HISTORY_FULL = 63,       /**< No page is left for the room's reserve. */

    /* Log, records and snapshots. */
    CHATROOM_ERROR_STORAGE_FAILED = 70,     /**< The log did not take the record. */
    CHATROOM_ERROR_RECORD_INVALID = 71,     /**< Not a whole, undamaged record. */
    CHATROOM_ERROR_ALREADY_APPLIED = 72,    /**< The record was applied before. */
    CHATROOM_ERROR_FEATURE_MISSING = 73,    /**< The record's feature is not registered. */
    CHATROOM_ERROR_BEHAVIOUR_UNKNOWN = 74,  /**< It is of a later behaviour version. */
    CHATROOM_ERROR_LOG_TORN = 75,           /**< The log ends inside a record. */
    CHATROOM_ERROR_LOG_DAMAGED = 76,        /**< The log is damaged before its end. */
    CHATROOM_ERROR_SNAPSHOT_INVALID = 77,   /**< Not a whole, undamaged snapshot. */
    CHATROOM_ERROR_INCARNATION_STALE = 78,  /**< The node has started again since. */
    CHATROOM_ERROR_NODES_FULL = 79,         /**< nodes_max nodes have written to the log. */

    /* Of a client alone. */
    CHATROOM_ERROR_OFFLINE = 80,            /**< No connection, or no user on it yet. */
    CHATROOM_ERROR_CONNECTION_LOST = 81,    /**< It went before the reply, or has gone silent. */
    CHATROOM_ERROR_OUTCOME_UNKNOWN = 82,    /**< Nobody can tell whether the post was said. */
    CHATROOM_ERROR_PENDING_FULL = 83,       /**< Too many posts wait or have failed. */
    CHATROOM_ERROR_SUPERSEDED = 84,         /**< A later login took its place. */
    CHATROOM_ERROR_REPLY_INVALID = 85       /**< The server's reply made no sense. */
};

/** The name of an error as it stands on the wire, such as "room_full". Cannot fail: a number that
 *  is no error is "unknown". */
const char* chatroom_error_name(chatroom_error why);

/** What an error means and what to do, in one English sentence. Cannot fail. */
const char* chatroom_error_text(chatroom_error why);

/* ---- Configuration ------------------------------------------------------------------------- */

/** What 0 stands for in a chatroom_config. */
enum {
    CHATROOM_PRESET_GAME = 0,       /**< 256 sessions, 64 rooms, 10,000 messages: 8 MiB. */
    CHATROOM_PRESET_FIRMWARE = 1,   /**< 8 users, 4 rooms, 32 messages of 128 bytes. */
    CHATROOM_PRESET_SERVER = 2      /**< 100,000 users, 10,000 rooms. */
};

/** Says 0 in a member of chatroom_config, where 0 itself says "as the preset does". */
#define CHATROOM_ZERO 0xffffffffu

/** All that an engine is told when it is opened. 0 means: as the preset says; in brackets, what
 *  CHATROOM_PRESET_GAME says. Bounds are checked by chatroom_open; nodes that share a log agree
 *  on the limits marked shared. */
typedef struct chatroom_config {
    uint32_t struct_size;
    uint32_t preset;                    /**< CHATROOM_PRESET_... */

    /* Limits: how much the engine can hold. They size its memory. */
    uint32_t sessions_max;              /**< Connections, 1 to 1,000,000 [256]. */
    uint32_t users_max;                 /**< Shared. Users, also those waiting to resume [512]. */
    uint32_t sessions_per_user_max;     /**< Shared. 1 to 16; as many resume tokens [4]. */
    uint32_t rooms_max;                 /**< Shared. Rooms [64]. */
    uint32_t members_max;               /**< Shared. Memberships of all rooms together [4096]. */
    uint32_t rooms_per_user_max;        /**< Shared. 1 to 256 [32]. */
    uint32_t nodes_max;                 /**< Shared. Engines that write to one log [8]. */
    uint32_t history_pages_max;         /**< Shared. Pages of messages, for all rooms [768]. */
    uint32_t page_bytes;                /**< Shared. 256 to 16,384, a multiple of 8 [4096]. */
    uint32_t page_messages_max;         /**< Shared. Messages of one page, 1 to 255 [64]. */
    uint32_t nick_bytes_max;            /**< Shared. 1 to 64 bytes of UTF-8 [32]. */
    uint32_t identity_bytes_max;        /**< Shared. 0 to 64 opaque bytes [64]. */
    uint32_t room_name_bytes_max;       /**< Shared. 1 to 64 bytes of UTF-8 [32]. */
    uint32_t title_bytes_max;           /**< Shared. 0 to 256 bytes of UTF-8 [64]. */
    uint32_t topic_bytes_max;           /**< Shared. 0 to 1,024 bytes of UTF-8 [256]. */
    uint32_t message_bytes_max;         /**< Shared. Bytes of UTF-8; must fit a page [2000]. */
    uint32_t nonce_bytes_max;           /**< Shared. 0 (no nonces) to 64 bytes [32]. */
    uint32_t frame_bytes_max;           /**< One frame, in or out; at least 512 [8192]. */
    uint32_t page_items_max;            /**< Items of one page of a list, 1 to 1,000 [50]. */
    uint32_t queue_bytes;               /**< For calls made inside callbacks [16384]. */
    uint32_t records_pending_max;       /**< Records that wait for their commit [64]. */

    /* Policies: the rules. Shared; `configure` changes one while the engine runs. */
    uint32_t rooms_by_host_only;        /**< 1: only the host creates rooms [0]. */
    uint32_t create_on_join;            /**< 1: joining a room that is not there makes it [1]. */
    uint32_t names_shown;               /**< 1: users the host names may share a nick [0]. */
    uint32_t resume_window_ms;          /**< How long a user without session is kept [120000]. */
    uint32_t room_capacity;             /**< Members of a room that names no capacity [1000]. */
    uint32_t room_messages_max;         /**< Messages a room keeps at the most [1000]. */
    uint32_t room_pages_reserved;       /**< Pages a room can always have, at least 1 [2]. */
    uint32_t room_pages_max;            /**< Pages a room can have at the most [256]. */
    uint32_t presence_members_max;      /**< Above: comings and goings are counted only [100]. */
    uint32_t advance_ms;                /**< At most one `advance` record in this time [250]. */
    uint32_t effects_per_record_max;    /**< What one record does at the most [256]. */
    uint32_t clock_ahead_max_ms;        /**< How far a record may lead the time [86400000]. */

    /* Budgets: how this node goes about its work. */
    uint32_t deliveries_per_call;       /**< Recipients served by a call, at least 1 [16384]. */
    uint32_t queued_per_call;           /**< Calls from callbacks run per call, at least 1 [64]. */
    uint32_t presence_ms;               /**< How often counts of large rooms are told [1000]. */
    uint32_t bad_frames_max;            /**< Unreadable frames before a session ends [32]. */
    uint32_t clock_leap_max_ms;         /**< A longer leap wants to be confirmed [86400000]. */

    uint32_t node;                      /**< Which engine on one log this is, to 65,535 [1]. */
    uint32_t incarnation;               /**< Strictly rising over this node's starts [1]. */
} chatroom_config;

/** Fills in a configuration for a small device, by the numbers that CHATROOM_FOOTPRINT takes: all
 *  users can be in all rooms; pages of four messages of text_bytes hold `messages` of them, and
 *  there is a page for each room; texts are up to text_bytes, 4,000 at the most; nicks and names of
 *  rooms up to 16 bytes; no titles, topics, nonces or identities. (8, 8, 4, 32, 128) is
 *  CHATROOM_PRESET_FIRMWARE. Other members may be changed afterwards, but then chatroom_footprint
 *  counts, not the macro.
 *
 *  @retval invalid_argument  a number is 0 or above what chatroom_open accepts */
chatroom_error chatroom_config_sized(chatroom_config* config, uint32_t users, uint32_t sessions,
                                     uint32_t rooms, uint32_t messages, uint32_t text_bytes);

/** The name of a member of a configuration that chatroom_open refuses; NULL when all is well.
 *  NULL stands for the defaults. It is "struct_size" when the struct itself cannot be read. */
const char* chatroom_config_fault(const chatroom_config* config);

/* ---- Commands ------------------------------------------------------------------------------ */

/** Names the commands. Append-only. */
enum {
    CHATROOM_COMMAND_NONE = 0,
    CHATROOM_COMMAND_BOOT = 1, CHATROOM_COMMAND_ADVANCE = 2,      /* The engine's own. */
    CHATROOM_COMMAND_BIND = 3, CHATROOM_COMMAND_UNBIND = 4,
    CHATROOM_COMMAND_CONFIGURE = 10, CHATROOM_COMMAND_PING = 11,
    CHATROOM_COMMAND_GUEST = 20, CHATROOM_COMMAND_RESUME = 21, CHATROOM_COMMAND_TOKEN = 22,
    CHATROOM_COMMAND_LOGOUT = 23, CHATROOM_COMMAND_NICK = 24,
    CHATROOM_COMMAND_CREATE = 30, CHATROOM_COMMAND_JOIN = 31, CHATROOM_COMMAND_LEAVE = 32,
    CHATROOM_COMMAND_SET = 33, CHATROOM_COMMAND_DESTROY = 34, CHATROOM_COMMAND_ROOMS = 35,
    CHATROOM_COMMAND_MEMBERS = 36,
    CHATROOM_COMMAND_POST = 40, CHATROOM_COMMAND_HISTORY = 41
};

/** A command of any type. ping, token and logout have no struct: bytes 0. */
typedef struct chatroom_command {
    uint32_t type;             /**< CHATROOM_COMMAND_... */
    size_t bytes;              /**< sizeof the struct at body; with 0, body is not looked at. */
    const void* body;          /**< The chatroom_..._command that type names. */
} chatroom_command;

/** Changes one policy. The host's alone. */
typedef struct chatroom_configure_command {
    chatroom_text name;        /**< A policy of chatroom_config. */
    uint64_t value;            /**< Its new value; below 2^32. */
} chatroom_configure_command;

/** Logs the session in as a guest, who is gone resume_window_ms after the last session. */
typedef struct chatroom_guest_command {
    chatroom_text nick;        /**< 1 to nick_bytes_max bytes; unique by its folded form. */
} chatroom_guest_command;

/** Where a client stands in a room: the last message up to which it has everything. */
typedef struct chatroom_cursor {
    chatroom_text room;
    uint64_t after;            /**< The last message without a hole before it. */
    uint64_t id;               /**< As `joined` told it; another room of this name is new. */
} chatroom_cursor;

typedef struct chatroom_cursors {
    const chatroom_cursor* data;
    size_t size;               /**< How many. */
} chatroom_cursors;

/** Logs the session in again by a token, and asks for what was missed since the cursors. */
typedef struct chatroom_resume_command {
    chatroom_text token;       /**< 32 hexadecimal digits; each token works once. */
    chatroom_cursors cursors;  /**< At most rooms_per_user_max. */
} chatroom_resume_command;

/** Changes the user's nick. */
typedef struct chatroom_nick_command {
    chatroom_text nick;        /**< As in `guest`. */
} chatroom_nick_command;

/** Creates a room and, but for the host, joins it. */
typedef struct chatroom_create_command {
    chatroom_text room;        /**< 1 to room_name_bytes_max bytes; kept folded. */
    chatroom_text title;       /**< Free text for people, up to title_bytes_max bytes. */
    chatroom_text topic;       /**< Up to topic_bytes_max bytes. */
    uint32_t capacity;         /**< Members at the most; 0: the policy room_capacity. */
    uint8_t persistent;        /**< Not 0: stays when it is empty. The host's alone. */
    uint8_t managed;           /**< Not 0: only the host lets users in and out. The host's alone. */
} chatroom_create_command;

/** Joins a room; being in it already is no error. */
typedef struct chatroom_join_command {
    chatroom_text room;
    uint32_t history;          /**< The last so many messages come right after `joined`. */
} chatroom_join_command;

/** Leaves a room. */
typedef struct chatroom_leave_command {
    chatroom_text room;
} chatroom_leave_command;

enum {
    CHATROOM_ROOM_PROPERTY_TITLE = 0, CHATROOM_ROOM_PROPERTY_TOPIC = 1,
    CHATROOM_ROOM_PROPERTY_CAPACITY = 2,
    CHATROOM_ROOM_PROPERTY_PERSISTENT = 3, CHATROOM_ROOM_PROPERTY_MANAGED = 4
};

/** Sets one property of a room. The first three are its owner's and the host's, the others the
 *  host's alone. */
typedef struct chatroom_set_command {
    chatroom_text room;
    uint8_t property;          /**< CHATROOM_ROOM_PROPERTY_... */
    chatroom_text value;       /**< Text; or a number in decimal, for yes and no 1 and 0. */
} chatroom_set_command;

/** Ends a room with all its history. The host's alone. */
typedef struct chatroom_destroy_command {
    chatroom_text room;
} chatroom_destroy_command;

/** Lists rooms; see chatroom_rooms. */
typedef struct chatroom_rooms_command {
    uint64_t after;            /**< `next` of the page before; 0 for the first page. */
    uint32_t limit;            /**< Rooms at the most; 0: as many as a page holds. */
} chatroom_rooms_command;

/** Lists the members of a room that the asker is in; see chatroom_members. */
typedef struct chatroom_members_command {
    chatroom_text room;
    uint64_t after;            /**< `next` of the page before; 0 for the first page. */
    uint32_t limit;            /**< Members at the most; 0: as many as a page holds. */
} chatroom_members_command;

enum { CHATROOM_MESSAGE_KIND_TEXT = 0, CHATROOM_MESSAGE_KIND_EMOTE = 1 };

/** Says something in a room. */
typedef struct chatroom_post_command {
    chatroom_text room;
    chatroom_text text;        /**< 1 to message_bytes_max bytes of UTF-8. */
    uint8_t kind;              /**< CHATROOM_MESSAGE_KIND_... */
    uint64_t reply_to;         /**< The number of a message in this room's history; 0: none. */
    chatroom_text nonce;       /**< A resend with the same nonce is answered, not said again. */
} chatroom_post_command;

/** Which part of a history is asked for. Numbers are exclusive; pages are ascending. */
enum {
    CHATROOM_SELECTOR_LATEST = 0,    /**< The last `limit` messages. */
    CHATROOM_SELECTOR_BEFORE = 1,    /**< The last `limit` messages below `number`. */
    CHATROOM_SELECTOR_AFTER = 2,     /**< The first `limit` messages above `number`. */
    CHATROOM_SELECTOR_AROUND = 3,    /**< Half of `limit` below `number`, it, the rest above. */
    CHATROOM_SELECTOR_BETWEEN = 4    /**< From `number` towards `until`, in either direction. */
};

/** Reads a page of a room's history; see chatroom_history. */
typedef struct chatroom_history_command {
    chatroom_text room;
    uint8_t selector;          /**< CHATROOM_SELECTOR_... */
    uint64_t number;           /**< What `selector` refers to. */
    uint64_t until;            /**< For CHATROOM_SELECTOR_BETWEEN alone. */
    uint32_t limit;            /**< Messages at the most; 0: as many as a page holds. */
} chatroom_history_command;

/* ---- Events -------------------------------------------------------------------------------- */

/** Names the events. Append-only. */
enum {
    CHATROOM_EVENT_NONE = 0,
    CHATROOM_EVENT_WELCOME = 1, CHATROOM_EVENT_OK = 2, CHATROOM_EVENT_FAILURE = 3,
    CHATROOM_EVENT_YOU = 4, CHATROOM_EVENT_RESYNC = 5, CHATROOM_EVENT_CAUGHT_UP = 6,
    CHATROOM_EVENT_BYE = 7, CHATROOM_EVENT_HELP = 8,
    CHATROOM_EVENT_JOINED = 20, CHATROOM_EVENT_LEFT = 21, CHATROOM_EVENT_ROOM = 22,
    CHATROOM_EVENT_ENTERED = 23, CHATROOM_EVENT_EXITED = 24, CHATROOM_EVENT_RENAMED = 25,
    CHATROOM_EVENT_MESSAGE = 40, CHATROOM_EVENT_GAP = 41,
    CHATROOM_EVENT_HISTORY_PAGE = 60, CHATROOM_EVENT_ROOMS_PAGE = 61,
    CHATROOM_EVENT_MEMBERS_PAGE = 62
};

/** An event of any type, borrowed until the callback returns. resync and caught_up say all by
 *  their type. */
typedef struct chatroom_event {
    uint16_t type;             /**< CHATROOM_EVENT_... */
    uint16_t must_arrive;      /**< 0: a datagram transport may lose it; later ones make up. */
    uint32_t bytes;            /**< Size of the struct at body in this library. */
    const void* body;          /**< The chatroom_..._event that type names. */
} chatroom_event;

/** The first event of every session: what a client needs to know. */
typedef struct chatroom_welcome_event {
    uint32_t protocol;
    chatroom_text features;    /**< Names of the registered features, by spaces. */
    uint64_t time;             /**< Unix milliseconds; 0 before the first tick. */
    uint32_t frame_bytes_max;  /**< Of this session, in both directions. */
    uint32_t message_bytes_max;
    uint32_t nick_bytes_max;
    uint32_t room_name_bytes_max;
    uint32_t nonce_bytes_max;
    uint32_t page_items_max;
    uint32_t rooms_per_user_max;
    uint32_t resume_window_ms;
} chatroom_welcome_event;

/** The reply to a frame whose command was done. Members that do not apply are 0 or empty. */
typedef struct chatroom_ok_event {
    uint64_t ref;              /**< As the client sent it; 0: none. */
    uint64_t user;             /**< After guest, resume, nick: who the session is. */
    chatroom_text nick;
    chatroom_text token;       /**< After guest, resume, token: 32 hexadecimal digits. */
    chatroom_text room;        /**< After post, join, create, set: its name, folded. */
    uint64_t number;           /**< After post: the message's number. */
    uint64_t time;             /**< The time of the command, Unix milliseconds. */
} chatroom_ok_event;

/** The reply to a frame that was refused; and, by chatroom_why, the facts of any refusal. */
typedef struct chatroom_failure_event {
    uint64_t ref;
    chatroom_error error;
    chatroom_text field;       /**< The member that is wrong, or the limit that is reached. */
    uint64_t limit;            /**< Its bound. */
    uint64_t value;            /**< What was found instead. */
    uint64_t at;               /**< Byte offset in the frame or text, counted from 1. */
    chatroom_text found;       /**< What was read there, such as the unknown op. */
    uint64_t retry_ms;         /**< When trying again makes sense; 0: it does not. */
} chatroom_failure_event;

/** The session's user as it is now: after a change of the nick, and for sessions that the host
 *  logged in. */
typedef struct chatroom_you_event {
    uint64_t user;
    chatroom_text nick;
} chatroom_you_event;

/** The engine has ended the session; the host closes the connection. */
typedef struct chatroom_bye_event {
    chatroom_error error;      /**< Why. */
} chatroom_bye_event;

/** The answer to /help on a session of CHATROOM_WIRE_LINES. */
typedef struct chatroom_help_event {
    chatroom_text text;
} chatroom_help_event;

/** How a room's history goes on from the cursor that a client named in `resume`. */
enum {
    CHATROOM_RESUMPTION_NONE = 0,        /**< The client named no cursor for this room. */
    CHATROOM_RESUMPTION_COMPLETE = 1,    /**< Nothing was missed. */
    CHATROOM_RESUMPTION_CONTINUES = 2,   /**< The missed messages follow, from `from`. */
    CHATROOM_RESUMPTION_TRUNCATED = 3    /**< Older ones are gone; those from `from` follow. */
};

/** You are in this room now. Comes again, as it is by then, after `resync` and `resume`. */
typedef struct chatroom_joined_event {
    chatroom_text room;
    chatroom_text title;
    chatroom_text topic;
    uint64_t owner;            /**< User who created it; 0: the host. */
    uint32_t capacity;
    uint8_t persistent;
    uint8_t managed;
    chatroom_text rights;      /**< What you may do here: of "post leave set", by spaces. */
    uint32_t members;
    uint64_t roster;           /**< Raised by every coming, going and renaming. */
    uint64_t first;            /**< The oldest message kept; 0: none. */
    uint64_t last;             /**< What comes live is above this. */
    uint8_t resume;            /**< CHATROOM_RESUMPTION_... */
    uint64_t from;             /**< Not 0: what was missed follows, from this message on. */
    uint64_t id;               /**< Of the room; never used again, though the name may be. */
} chatroom_joined_event;

/** Why somebody is no longer in a room. */
enum {
    CHATROOM_PARTING_LEFT = 0, CHATROOM_PARTING_REMOVED = 1, CHATROOM_PARTING_GONE = 2,
    CHATROOM_PARTING_DESTROYED = 3
};

/** You are no longer in this room. */
typedef struct chatroom_left_event {
    chatroom_text room;
    uint8_t reason;            /**< CHATROOM_PARTING_... */
} chatroom_left_event;

/** The room as it is now: told when something in it changes, and after a while of silence. */
typedef struct chatroom_room_event {
    chatroom_text room;
    chatroom_text title;
    chatroom_text topic;
    uint64_t owner;
    uint32_t capacity;
    uint8_t persistent;
    uint8_t managed;
    uint32_t members;
    uint64_t roster;           /**< Not yours: read the members again. */
} chatroom_room_event;

/** Somebody came into the room. Not told in rooms above presence_members_max. */
typedef struct chatroom_entered_event {
    chatroom_text room;
    uint64_t user;
    chatroom_text nick;
    uint32_t members;
    uint64_t roster;
} chatroom_entered_event;

/** Somebody is no longer in the room. */
typedef struct chatroom_exited_event {
    chatroom_text room;
    uint64_t user;
    chatroom_text nick;
    uint8_t reason;            /**< CHATROOM_PARTING_... */
    uint32_t members;
    uint64_t roster;
} chatroom_exited_event;

/** Somebody in the room has another nick now. */
typedef struct chatroom_renamed_event {
    chatroom_text room;
    uint64_t user;
    chatroom_text nick;
    chatroom_text old;
    uint64_t roster;
} chatroom_renamed_event;

/** A message of a room. */
typedef struct chatroom_message_event {
    chatroom_text room;        /**< Empty within a history page. */
    uint64_t number;           /**< 1, 2, 3 ... in its room, without gaps. */
    uint64_t time;             /**< Unix milliseconds. */
    uint64_t user;             /**< 0: the host. */
    chatroom_text nick;        /**< As it was then. */
    uint8_t kind;              /**< CHATROOM_MESSAGE_KIND_... */
    chatroom_text text;
    uint64_t reply_to;
    chatroom_text nonce;       /**< As the author sent it. */
    uint32_t bytes;            /**< Not 0: the text is too long for this session's frames. */
} chatroom_message_event;

/** Messages from..to were missed and are no longer kept. */
typedef struct chatroom_gap_event {
    chatroom_text room;
    uint64_t from;
    uint64_t to;
} chatroom_gap_event;

typedef struct chatroom_messages_list {
    const chatroom_message_event* data;
    size_t size;               /**< How many. */
} chatroom_messages_list;

/** A page of a room's history: messages in ascending order. */
typedef struct chatroom_history_page_event {
    uint64_t ref;
    chatroom_text room;
    chatroom_messages_list messages;
    uint64_t first;            /**< The oldest message kept in the room; 0: none. */
    uint64_t last;             /**< The newest. */
    uint8_t complete;          /**< Not 0: nothing is left in the direction asked for. */
} chatroom_history_page_event;

/** A room in a list. */
typedef struct chatroom_room_item {
    chatroom_text room;
    chatroom_text title;
    uint32_t members;
    uint32_t capacity;
    uint64_t id;               /**< Never used again, though the name may be. */
    uint8_t managed;
} chatroom_room_item;

typedef struct chatroom_rooms_list {
    const chatroom_room_item* data;
    size_t size;               /**< How many. */
} chatroom_rooms_list;

/** A page of the list of rooms. */
typedef struct chatroom_rooms_page_event {
    uint64_t ref;
    chatroom_rooms_list rooms;
    uint64_t next;             /**< `after` of the next page; 0 when there is none. */
    uint8_t complete;
} chatroom_rooms_page_event;

/** A member in a list. */
typedef struct chatroom_member_item {
    uint64_t user;
    chatroom_text nick;
    uint8_t online;            /**< Not 0: some session is connected. */
} chatroom_member_item;

typedef struct chatroom_members_list {
    const chatroom_member_item* data;
    size_t size;               /**< How many. */
} chatroom_members_list;

/** A page of a room's members. A roster that differs between pages means: read again. */
typedef struct chatroom_members_page_event {
    uint64_t ref;
    chatroom_text room;
    chatroom_members_list members;
    uint64_t roster;
    uint64_t next;             /**< `after` of the next page; 0 when there is none. */
    uint8_t complete;
} chatroom_members_page_event;

/* ---- The host's side ----------------------------------------------------------------------- */

/** A chat service without a network of its own. Lives in the one block of memory that it was
 *  opened in; where the library allocated that, the pointer is dead after chatroom_close. */
typedef struct chatroom_engine chatroom_engine;

/** Those whom one frame goes to. Valid during the call of `send`. */
typedef struct chatroom_recipients chatroom_recipients;

/** One of those whom a frame goes to. */
typedef struct chatroom_recipient {
    chatroom_session session;
    uint64_t tag;              /**< As the host gave it to chatroom_connect. */
} chatroom_recipient;

/** Takes the next recipient. A session that ends while the range is walked is not met any more.
 *
 *  @param out  receives it; untouched at the end
 *  @return 1; or 0 after the last, and the next call begins again with the first. Cannot fail:
 *          NULL is an empty range. */
int chatroom_recipients_next(chatroom_recipients* to, chatroom_recipient* out);

/** How many there were when the call began. Cannot fail. */
size_t chatroom_recipients_count(const chatroom_recipients* to);

/** Takes a frame to its recipients. Called once per event and codec, with all who get the same
 *  bytes.
 *
 *  It cannot fail: when a connection is full, chatroom_pause its session, which then has not got
 *  this frame, and the engine comes back to it after chatroom_unpause.
 *
 *  @param what   the event that the frame tells; lives until the callback returns
 *  @param frame  the bytes to send, lives until the callback returns; for sessions of
 *                CHATROOM_WIRE_TYPED it is empty and `what` is all there is */
typedef void (*chatroom_send_fn)(chatroom_recipients* to, const chatroom_event* what,
                                 const char* frame, size_t frame_bytes, void* context);

/** What the log says to a record; anything else counts as NO. */
enum {
    CHATROOM_STORED_YES = 0,       /**< It is stored: go on. */
    CHATROOM_STORED_NO = 1,        /**< It is not and will not be: the command is refused. */
    CHATROOM_STORED_PENDING = 2    /**< chatroom_commit or chatroom_abandon follows. */
};

/** Stores a record before it counts. Records are appended in the order in which they come; the
 *  bytes live until the callback returns. While earlier records are pending, chatroom_commit
 *  follows for this one too, also after CHATROOM_STORED_YES.
 *
 *  @param number  rises with each record; chatroom_abandon takes it
 *  @return CHATROOM_STORED_... */
typedef int32_t (*chatroom_log_fn)(const char* record, size_t bytes, uint64_t number,
                                   void* context);

/** Where a command came from. */
enum { CHATROOM_ORIGIN_HERE = 0, CHATROOM_ORIGIN_ELSEWHERE = 1, CHATROOM_ORIGIN_RECOVERY = 2 };

/** What the operator sees of a command: every one that is done or refused, of the reads those that
 *  come as frames. */
typedef struct chatroom_observation {
    uint32_t origin;                   /**< CHATROOM_ORIGIN_... */
    chatroom_session session;          /**< Of this engine; 0: the command came from elsewhere. */
    chatroom_user user;                /**< On whose behalf; 0: nobody yet, or the host. */
    const chatroom_command* command;   /**< NULL when the frame could not be read. */
    chatroom_error why;
    uint64_t at;                       /**< Byte offset of what is wrong, counted from 1. */
    uint64_t ticket;                   /**< As chatroom_submit gave it; 0: none. */
    uint64_t number;                   /**< Of the message, when it is a post. */
    uint64_t time;
} chatroom_observation;

/** The operator's eye, for metrics, logs and tools. All of it lives until the callback returns. */
typedef void (*chatroom_observe_fn)(const chatroom_observation* seen, void* context);

/** Fills in unpredictable bytes, for tokens and hash seeds.
 *  @return not 0 when all of them are; 0 for failure */
typedef int (*chatroom_entropy_fn)(void* out, size_t bytes, void* context);

/** Gives the one block that an engine lives in, aligned to 16 bytes, or NULL. */
typedef void* (*chatroom_allocate_fn)(size_t bytes, void* context);

/** Takes that block back, with the bytes it was asked for. */
typedef void (*chatroom_release_fn)(void* block, size_t bytes, void* context);

/** All that the engine takes from the host. The struct is copied; its contexts must outlive the
 *  engine. Only `send` is mandatory. */
typedef struct chatroom_environment {
    uint32_t struct_size;
    uint32_t memory_zeroed;            /**< Not 0: the memory comes filled with zeros. */
    chatroom_send_fn send;
    void* send_context;
    chatroom_log_fn log;               /**< NULL: every record counts as stored. */
    void* log_context;
    chatroom_observe_fn observe;
    void* observe_context;
    chatroom_entropy_fn entropy;
    void* entropy_context;
    void* buffer;                      /**< Used when not NULL; any alignment. */
    size_t buffer_bytes;
    chatroom_allocate_fn allocate;     /**< Used when there is no buffer. */
    chatroom_release_fn release;       /**< NULL: the block is never given back. */
    void* memory_context;
} chatroom_environment;

/** The operating system's entropy, and its zeroed memory, as callbacks for an environment; a
 *  program that does not name them, nor calls chatroom_open, links none of it. Where there is no
 *  operating system they fail. */
int chatroom_hosted_entropy(void* out, size_t bytes, void* context);
void* chatroom_hosted_allocate(size_t bytes, void* context);
void chatroom_hosted_release(void* block, size_t bytes, void* context);

/** The operating system's time in Unix milliseconds, for chatroom_tick; 0 where there is none. */
uint64_t chatroom_hosted_now(void);

/* ---- Parts --------------------------------------------------------------------------------- */

/** What an engine is made of. Functions rather than constants, so that they work across a shared
 *  library, and so that a program links what it names and nothing else. None can fail. */
typedef struct chatroom_feature chatroom_feature;
typedef struct chatroom_codec chatroom_codec;
typedef struct chatroom_names chatroom_names;
typedef struct chatroom_recorder chatroom_recorder;

const chatroom_feature* chatroom_feature_guests(void);    /**< guest resume token logout nick */
const chatroom_feature* chatroom_feature_rooms(void);     /**< create join leave rooms members */
const chatroom_feature* chatroom_feature_posts(void);     /**< post history */
const chatroom_feature* chatroom_feature_settings(void);  /**< configure set destroy */

const chatroom_codec* chatroom_codec_json(void);
const chatroom_codec* chatroom_codec_lines(void);
const chatroom_codec* chatroom_codec_binary(void);        /**< The encoding of records. */

const chatroom_names* chatroom_names_unicode(void);       /**< Names in every script. */
const chatroom_names* chatroom_names_ascii(void);         /**< ASCII alone; needs no tables. */

const chatroom_recorder* chatroom_records(void);          /**< What a log needs. */

/** The parts of an engine. The arrays are copied when it is opened. */
typedef struct chatroom_registration {
    uint32_t struct_size;
    uint32_t feature_count;                     /**< Up to 16. */
    const chatroom_feature* const* features;
    const chatroom_codec* const* codecs;
    uint32_t codec_count;                       /**< Up to 16. */
    const chatroom_names* names;                /**< NULL: chatroom_names_ascii. */
    const chatroom_recorder* records;           /**< NULL: there is no log. */
} chatroom_registration;

/* ---- Opening ------------------------------------------------------------------------------- */

/** How many bytes an engine of this configuration claims, with every part; 0 when it is not valid,
 *  or more than can be addressed.
 *
 *  @param config  NULL: the defaults */
size_t chatroom_footprint(const chatroom_config* config);

/** As above, with the parts that are registered: without codecs there are no buffers for frames,
 *  without chatroom_records none for records. */
size_t chatroom_footprint_with(const chatroom_config* config, const chatroom_registration* parts);

/** Opens an engine with every feature and codec. Where `host` has no entropy, or neither buffer
 *  nor allocate, the operating system's is taken.
 *
 *  @param config  NULL: the defaults. Not needed after the call.
 *  @param out     receives the engine; NULL on failure
 *  @retval invalid_argument  there is no `send`
 *  @retval config_invalid    see chatroom_config_fault
 *  @retval memory_short      there is not enough memory
 *  @retval entropy_failed    the entropy callback failed
 *  @par Cost
 *  Linear in the limits where memory does not come zeroed; no message is touched. */
chatroom_error chatroom_open(const chatroom_config* config, const chatroom_environment* host,
                             chatroom_engine** out);

/** As chatroom_open, in the host's own buffer: chatroom_footprint bytes, of any alignment, which
 *  stay the engine's until chatroom_close. They hold whatever they hold: set memory_zeroed if it
 *  is zeros. Opening in the buffer of an engine that is open makes that one invalid. */
chatroom_error chatroom_open_in(const chatroom_config* config, const chatroom_environment* host,
                                void* buffer, size_t bytes, chatroom_engine** out);

/** As chatroom_open, with the parts that are registered and nothing else, and nothing of the
 *  operating system's: what is not named is not linked.
 *
 *  @retval invalid_argument  a log without chatroom_records; a NULL among the parts; more than 16
 *  @retval memory_short      also when `host` has neither a buffer nor allocate */
chatroom_error chatroom_open_with(const chatroom_config* config, const chatroom_environment* host,
                                  const chatroom_registration* parts, chatroom_engine** out);

/** Gives the memory back. Nothing is sent. NULL is no error. An engine in the host's own memory
 *  answers engine_closed from now on.
 *
 *  @retval inside_callback  a callback of this engine runs; it stays open */
chatroom_error chatroom_close(chatroom_engine* chat);

/* ---- Sessions ------------------------------------------------------------------------------ */

/** How a session's frames look. */
enum {
    CHATROOM_WIRE_JSON = 0, CHATROOM_WIRE_LINES = 1, CHATROOM_WIRE_BINARY = 2,
    CHATROOM_WIRE_TYPED = 3        /**< No frames: events alone. */
};

/** What the host knows of a connection. */
typedef struct chatroom_peer {
    uint32_t struct_size;
    uint32_t wire;                 /**< CHATROOM_WIRE_... */
    uint64_t tag;                  /**< The host's own; comes back with every recipient. */
    uint32_t frame_bytes_max;      /**< No longer frame goes to it; 0: as the limits say. */
    chatroom_text user;            /**< Identity that the host vouches for; empty: a guest. */
    chatroom_text nick;            /**< The shown name, with `user`. */
} chatroom_peer;

/** Takes up a connection and welcomes it. With a user, the session is logged in at once: the first
 *  session makes the user, a second one joins it.
 *
 *  @param who  NULL: JSON, tag 0
 *  @param out  receives the session; 0 on failure
 *  @retval sessions_full     sessions_max sessions are connected
 *  @retval codec_missing     its codec is not registered
 *  @retval invalid_argument  frame_bytes_max is too small for events, or above the limit
 *  @retval no_time, users_full, user_sessions_full, nick_invalid, nick_taken, member_too_long,
 *          storage_failed, records_full, incarnation_stale, nodes_full, inside_callback   with a
 *          user alone; not taken up
 *  @retval pending           with a user alone, when the log says so: taken up, logged in later */
chatroom_error chatroom_connect(chatroom_engine* chat, const chatroom_peer* who,
                                chatroom_session* out);

/** Ends a session; its user stays for resume_window_ms. Nothing more is sent to it.
 *
 *  @retval session_unknown  it has ended already, or never was */
chatroom_error chatroom_disconnect(chatroom_engine* chat, chatroom_session session);

/** Takes a frame as it came from the wire. The reply, and any error in it, goes to the session.
 *
 *  @retval session_unknown  nothing was taken
 *  @retval codec_missing    no codec is registered
 *  @retval paused           nothing was taken: the session is paused, or the reply to its last
 *                           frame is not out yet; offer the frame again after that
 *  @retval queued           inside a callback; it is taken when the outer call is done
 *  @retval queue_full       inside a callback; nothing was taken */
chatroom_error chatroom_receive(chatroom_engine* chat, chatroom_session session, const void* frame,
                                size_t bytes);

/** Holds back all that goes to a session. Inside `send`, a session of the range has not got the
 *  frame at hand.
 *
 *  @retval session_unknown */
chatroom_error chatroom_pause(chatroom_engine* chat, chatroom_session session);

/** Tells a session what it missed, a part with each call, and goes on live.
 *
 *  @retval session_unknown */
chatroom_error chatroom_unpause(chatroom_engine* chat, chatroom_session session);

/* ---- Commands ------------------------------------------------------------------------------ */

/** What a command came to. */
typedef struct chatroom_outcome {
    uint32_t struct_size;
    char token[36];            /**< After guest, resume, token: 32 digits, ended by zero. */
    uint64_t ticket;           /**< With queued and pending: `observe` names it later. */
    uint64_t number;           /**< Of the message posted. */
    uint64_t time;             /**< Of the command, Unix milliseconds. */
    chatroom_user user;        /**< Who the session is now. */
} chatroom_outcome;

/** Carries out a command and answers by its result; no reply is sent.
 *
 *  @param by    the session, or CHATROOM_HOST
 *  @param user  on whose behalf the host acts; 0 otherwise
 *  @param what  borrowed until the call returns
 *  @param out   NULL: not wanted
 *  @retval queued, pending   no failure: the outcome comes by `observe`, with the ticket
 *  @retval queue_full        inside a callback, and the queue has no room; nothing changed
 *  @retval session_unknown   `by` has ended, or never was
 *  @retval op_unknown        no registered feature has this command
 *  @retval invalid_argument  a read (ping too) or one of the engine's own commands; a user without
 *                            the host; body or bytes do not fit the type
 *  @retval inside_callback   `resume` with cursors, inside a callback of a `resume` with cursors
 *  @retval no_time           no chatroom_tick has told the time yet
 *  @retval storage_failed, records_full   the log said no, or too many of its records wait
 *  @retval incarnation_stale another engine has taken this node's place
 *  @retval nodes_full        nodes_max others have written to the log before this node
 *  @retval login_required, already_logged_in, user_unknown, forbidden   who acts may not
 *  @retval member_missing, member_too_long, text_invalid, nick_invalid, room_name_invalid,
 *          number_out_of_range   a member breaks its bounds
 *  @retval ...               what the command itself is refused with, below; chatroom_why has the
 *                            facts */
chatroom_error chatroom_submit(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                               const chatroom_command* what, chatroom_outcome* out);

/** The facts of the last refusal of a command; `error` 0 when there was none. Lives until the next
 *  call of this engine. Cannot fail, nor answers NULL. */
const chatroom_failure_event* chatroom_why(chatroom_engine* chat);

/** What chatroom_parse_line made of a line. The texts of the command lie in what was given, its body
 *  in this struct, which is not to be copied. */
typedef struct chatroom_parsed_line {
    uint32_t struct_size;
    uint8_t help;                      /**< It was /help. */
    chatroom_command command;          /**< Of type 0: there is nothing to send. */
    chatroom_failure_event refusal;    /**< After an error: its facts. */
    uint64_t body[12];
} chatroom_parsed_line;

/** Reads a line as people type it into a text box, as the codec `lines` does: a text is said in
 *  `room`, /me is an emote, /op arg ... key=value is any command, where `room` stands for a room
 *  that is not named (but for create and join), and // begins a text with a slash. Needs no engine.
 *  A text that is missing or too long is told by the chatroom_submit that follows.
 *
 *  @retval invalid_argument     `out` is NULL or too small, or a text is NULL with a size
 *  @retval op_unknown           there is no such command
 *  @retval member_missing       a choice is due and not named, as the property of `set`
 *  @retval member_invalid       a word is no number, choice, yes or no where one is due
 *  @retval number_out_of_range  a number is 2^32 or more where less is due
 *  @retval frame_malformed      an argument too many, or no UTF-8 */
chatroom_error chatroom_parse_line(chatroom_text room, chatroom_text text,
                                   chatroom_parsed_line* out);

/* The commands by name: each is chatroom_submit, answers with its errors and with those that are
   listed. `out` may be NULL. */

static inline chatroom_error chatroom_submit_typed(chatroom_engine* chat, chatroom_session by,
                                                   uint32_t type, const void* what, size_t bytes,
                                                   chatroom_outcome* out) {
    chatroom_command command;
    command.type = type;
    command.bytes = bytes;
    command.body = what;
    return chatroom_submit(chat, by, 0, &command, out);
}

/** The host's alone.
 *  @retval invalid_argument, number_out_of_range  no such policy, or not its value */
static inline chatroom_error chatroom_configure(chatroom_engine* chat,
                                                const chatroom_configure_command* what,
                                                chatroom_outcome* out) {
    return chatroom_submit_typed(chat, CHATROOM_HOST, CHATROOM_COMMAND_CONFIGURE,
                                 what, sizeof *what, out);
}

/** @retval nick_taken, users_full, entropy_failed */
static inline chatroom_error chatroom_guest(chatroom_engine* chat, chatroom_session by,
                                            const chatroom_guest_command* what,
                                            chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_GUEST, what, sizeof *what, out);
}

/** @retval token_invalid, user_sessions_full, entropy_failed */
static inline chatroom_error chatroom_resume(chatroom_engine* chat, chatroom_session by,
                                             const chatroom_resume_command* what,
                                             chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_RESUME, what, sizeof *what, out);
}

/** @retval entropy_failed */
static inline chatroom_error chatroom_token(chatroom_engine* chat, chatroom_session by,
                                            chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_TOKEN, out, 0, out);
}

/** Fails as every command does. */
static inline chatroom_error chatroom_logout(chatroom_engine* chat, chatroom_session by,
                                             chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_LOGOUT, out, 0, out);
}

/** @retval nick_taken */
static inline chatroom_error chatroom_nick(chatroom_engine* chat, chatroom_session by,
                                           const chatroom_nick_command* what,
                                           chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_NICK, what, sizeof *what, out);
}

/** @retval room_exists, rooms_full, members_full, user_rooms_full, history_full */
static inline chatroom_error chatroom_create(chatroom_engine* chat, chatroom_session by,
                                             const chatroom_create_command* what,
                                             chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_CREATE, what, sizeof *what, out);
}

/** @retval room_unknown, room_managed, room_full, members_full, user_rooms_full
 *  @retval rooms_full, history_full  the room would have been made */
static inline chatroom_error chatroom_join(chatroom_engine* chat, chatroom_session by,
                                           const chatroom_join_command* what,
                                           chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_JOIN, what, sizeof *what, out);
}

/** @retval room_unknown, room_managed */
static inline chatroom_error chatroom_leave(chatroom_engine* chat, chatroom_session by,
                                            const chatroom_leave_command* what,
                                            chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_LEAVE, what, sizeof *what, out);
}

/** @retval room_unknown, member_invalid */
static inline chatroom_error chatroom_set(chatroom_engine* chat, chatroom_session by,
                                          const chatroom_set_command* what, chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_SET, what, sizeof *what, out);
}

/** The host's alone.
 *  @retval room_unknown */
static inline chatroom_error chatroom_destroy(chatroom_engine* chat,
                                              const chatroom_destroy_command* what,
                                              chatroom_outcome* out) {
    return chatroom_submit_typed(chat, CHATROOM_HOST, CHATROOM_COMMAND_DESTROY,
                                 what, sizeof *what, out);
}

/** @retval room_unknown, reply_unknown, nonce_reused
 *  @retval member_invalid  a nonce, where nonce_bytes_max is 0 */
static inline chatroom_error chatroom_post(chatroom_engine* chat, chatroom_session by,
                                           const chatroom_post_command* what,
                                           chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_POST, what, sizeof *what, out);
}

/* ---- Reads --------------------------------------------------------------------------------- */

/* Who looks is a session, CHATROOM_HOST, or, when `user` is not 0, that user. Texts live until the
   next call that changes something; a page itself until the next call of this engine. No read
   makes a record, and all may be made inside a callback. An unknown user is
   session_unknown, too. */

/** Reads a page of a room's history into `out`.
 *
 *  @param what   `limit` 0: as many as `capacity`
 *  @param page   receives the page, whose messages are those in `out`; NULL on failure
 *  @retval session_unknown, room_unknown
 *  @par Cost
 *  Linear in the messages read. */
chatroom_error chatroom_history(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                                const chatroom_history_command* what, chatroom_message_event* out,
                                size_t capacity, const chatroom_history_page_event** page);

/** Reads a page of the list of rooms into `out`.
 *
 *  @retval session_unknown
 *  @par Cost
 *  Linear in the rooms read, and in free places among them, up to 4,096. */
chatroom_error chatroom_rooms(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                              const chatroom_rooms_command* what, chatroom_room_item* out,
                              size_t capacity, const chatroom_rooms_page_event** page);

/** Reads a page of a room's members into `out`.
 *
 *  @retval session_unknown, room_unknown
 *  @par Cost
 *  Linear in the members read. */
chatroom_error chatroom_members(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                                const chatroom_members_command* what, chatroom_member_item* out,
                                size_t capacity, const chatroom_members_page_event** page);

/** What there is to know of a room, as its members see it.
 *
 *  @param name  as people type it
 *  @retval session_unknown, room_unknown */
chatroom_error chatroom_room(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                             chatroom_text name, const chatroom_joined_event** out);

/* ---- Time ---------------------------------------------------------------------------------- */

/** Tells the time and does what is due. A time before the last is taken as the last. The time that
 *  records carry follows a confirmed leap by clock_ahead_max_ms a call at most; until it has caught
 *  up, chatroom_next_tick is 0.
 *
 *  @param now_ms          Unix milliseconds, below 2^53
 *  @param leap_confirmed  not 0: a leap forward beyond clock_leap_max_ms is meant
 *  @retval clock_leap        it leapt and is not confirmed; nothing changed
 *  @retval invalid_argument  it is 2^53 or more; nothing changed */
chatroom_error chatroom_tick(chatroom_engine* chat, uint64_t now_ms, int leap_confirmed);

/** As chatroom_tick, for hosts without a calendar: so many milliseconds have gone by.
 *
 *  @retval clock_leap        they are more than clock_leap_max_ms; nothing changed
 *  @retval invalid_argument  the time would be 2^53 or more; nothing changed */
chatroom_error chatroom_advance(chatroom_engine* chat, uint64_t elapsed_ms);

/** How many milliseconds the engine can be left alone; 0 when work waits, UINT64_MAX when there is
 *  nothing to come. Cannot fail: a closed engine has nothing to come. */
uint64_t chatroom_next_tick(const chatroom_engine* chat);

/* ---- Log, snapshot, digest ----------------------------------------------------------------- */

/** Applies a record that the log has stored: one of this engine that was pending, or any other
 *  node's, or one of an earlier life. It may hold any bytes and does no harm.
 *
 *  @retval record_invalid, already_applied, feature_missing, behaviour_unknown,
 *          incarnation_stale, limit_too_small, nodes_full, inside_callback   nothing changed
 *  @retval config_invalid  its node's limits and those of the others contradict each other; nothing
 *                          changed */
chatroom_error chatroom_commit(chatroom_engine* chat, const void* record, size_t bytes);

/** Gives up a record that was pending and is known not to be stored.
 *
 *  @retval invalid_argument  no such record is pending
 *  @retval inside_callback */
chatroom_error chatroom_abandon(chatroom_engine* chat, uint64_t number);

/** Applies a log, or a part of it that begins and ends with whole records. Nothing is sent.
 *
 *  @param records_read  receives how many whole records were read; NULL: not wanted
 *  @param bytes_read    receives where the last of them ends; NULL: not wanted
 *  @retval log_torn     it ends inside a record: cut it at bytes_read and go on
 *  @retval log_damaged  there are whole records after what cannot be read at bytes_read
 *  @retval ...          as chatroom_commit, but for already_applied and incarnation_stale, which
 *                       are passed over
 *  @par Cost
 *  Linear in the log. */
chatroom_error chatroom_recover(chatroom_engine* chat, const void* log, size_t bytes,
                                uint64_t* records_read, uint64_t* bytes_read);

/** The fingerprint of the shared state: SHA-256 of its snapshot.
 *
 *  @retval inside_callback
 *  @par Cost
 *  Linear in the state. */
chatroom_error chatroom_digest(chatroom_engine* chat, uint8_t out[32]);

/** What a snapshot is for. */
enum {
    CHATROOM_SCOPE_EVERYTHING = 0,   /**< For the operator. */
    CHATROOM_SCOPE_MIGRATION = 1     /**< For the next host, who is not trusted: no secrets. */
};

/** Writes the shared state. With too little room, nothing is written.
 *
 *  @param out    NULL with capacity 0: only to learn the size
 *  @param scope  CHATROOM_SCOPE_...
 *  @param bytes  receives what it takes, with memory_short too
 *  @retval memory_short     capacity is below that
 *  @retval inside_callback
 *  @par Cost
 *  Linear in the state. */
chatroom_error chatroom_snapshot(chatroom_engine* chat, void* out, size_t capacity, uint32_t scope,
                                 size_t* bytes);

/** Takes over a snapshot, as the first thing after opening. Limits may be larger than those of the
 *  snapshot, or smaller as long as all of it fits.
 *
 *  @retval snapshot_invalid   it is not one, or damaged; nothing changed
 *  @retval behaviour_unknown  it is of a later version; nothing changed
 *  @retval limit_too_small    chatroom_why names the limit; nothing changed
 *  @retval invalid_argument   sessions are connected, or records were applied
 *  @retval inside_callback */
chatroom_error chatroom_restore(chatroom_engine* chat, const void* snapshot, size_t bytes);

/* ---- Watching ------------------------------------------------------------------------------ */

/** Counters since the engine was opened, and gauges; chatroom_stats_table describes them. */
typedef struct chatroom_statistics {
    uint64_t commands_accepted;
    uint64_t commands_refused;
    uint64_t frames_unreadable;
    uint64_t records_written;
    uint64_t records_applied;
    uint64_t sends;
    uint64_t deliveries;
    uint64_t deliveries_caught_up;
    uint64_t transients_dropped;
    uint64_t gaps;
    uint64_t messages_posted;
    uint64_t messages_evicted;
    uint64_t sessions;
    uint64_t sessions_paused;
    uint64_t users;
    uint64_t rooms;
    uint64_t members;
    uint64_t history_pages;
    uint64_t queue_bytes;
    uint64_t records_pending;
} chatroom_statistics;

enum { CHATROOM_STAT_KIND_COUNTER = 0, CHATROOM_STAT_KIND_GAUGE = 1 };

/** Describes one member of chatroom_statistics. */
typedef struct chatroom_stat {
    char name[24];             /**< Ended by zero, as are the others. */
    char unit[12];
    uint8_t kind;              /**< CHATROOM_STAT_KIND_... */
    char help[56];
    size_t offset;             /**< Of its uint64_t in chatroom_statistics. */
} chatroom_stat;

/** Reads the counters and gauges.
 *
 *  @param out    receives as many members as fit; what this library does not know is 0
 *  @param bytes  sizeof *out */
chatroom_error chatroom_stats(const chatroom_engine* chat, chatroom_statistics* out, size_t bytes);

/** One row for each member of chatroom_statistics. Cannot fail.
 *
 *  @param count  receives how many rows there are; NULL: not wanted */
const chatroom_stat* chatroom_stats_table(size_t* count);

/* ---- The client half ----------------------------------------------------------------------- */

/** The client half of the protocol, without a network of its own: frames in and out, a view of the
 *  rooms, and what has changed. A program that calls none of this links none of it.
 *
 *  What it guarantees, as far as the server keeps its promises:
 *    A room's entries ascend and are whole from `begin` to `last`: every number is in a message, a
 *      gap or a hole, once. Holes are read from history by themselves.
 *    A post is said once. It goes out again, with its nonce, after every reconnect until it is
 *      answered. It has failed when it was refused, or when nobody can tell any more whether it
 *      was said (outcome_unknown): then it is for a person to resend or discard.
 *    Every command is done once: by its reply, or by connection_lost.
 *    After a reconnect the same user comes back by a resume token, in the same rooms, and is told
 *      what was missed. With no token left, a new guest of the same nick joins the same rooms.
 *    No frame makes it crash or grow; what is not as it should be is passed over and counted.
 *
 *  The host connects, tells it so, hands over every frame and the time, and connects again when the
 *  connection is lost. One thread at a time. Nothing is allocated after it is opened.
 *
 *  Calls with a `tag` answer 0 when the command is taken: then a change DONE comes with the tag,
 *  from inside the call or later. With any other answer nothing happened and none comes. */
typedef struct chatroom_client chatroom_client;

/** How much a client can hold, and how it goes about its work. 0 means the default, in brackets;
 *  CHATROOM_ZERO says 0. */
typedef struct chatroom_client_config {
    uint32_t struct_size;
    uint32_t rooms_max;            /**< Rooms it is in, 1 to 1,000 [16]. */
    uint32_t entries_max;          /**< Of a room, 4 to 65,536; a quarter more, and the oldest are
                                        forgotten [256]. */
    uint32_t text_bytes_max;       /**< Texts and nicks of a room's messages [32,768]. */
    uint32_t members_max;          /**< Larger rooms are counted only [100]. */
    uint32_t posts_max;            /**< Posts that wait or have failed, in all rooms [32]. */
    uint32_t post_bytes_max;       /**< Their texts [16,384]. */
    uint32_t asks_max;             /**< Commands of the host without their DONE [16]. */
    uint32_t ask_bytes_max;        /**< Those that have not left yet [4,096]. */
    uint32_t commands_max;         /**< Commands that have left without their reply [8]. */
    uint32_t frame_bytes_max;      /**< One frame; no less than the server's [8,192]. */
    uint32_t nick_bytes_max;       /**< Of members; longer nicks are cut, up to 64 [32]. */
    uint32_t room_name_bytes_max;  /**< No less than the server's, up to 64 [64]. */
    uint32_t title_bytes_max;      /**< Longer titles are cut, up to 1,024 [64]. */
    uint32_t topic_bytes_max;      /**< Longer topics are cut, up to 1,024 [256]. */
    uint32_t join_history;         /**< Messages asked for with a join and a restore [50]. */
    uint32_t fill_max;             /**< The largest hole read; a larger one begins anew [500]. */
    uint32_t members_pause_ms;     /**< From one reading of members to the next [5,000]. */
    uint32_t ping_ms;              /**< Silence until a ping, and until it is dead [20,000]. */
} chatroom_client_config;

/** Where a client stands. */
enum {
    CHATROOM_CLIENT_STATE_OFFLINE = 0,      /**< There is no connection. */
    CHATROOM_CLIENT_STATE_CONNECTING = 1,   /**< There is one, but no user on it yet. */
    CHATROOM_CLIENT_STATE_LOGIN = 2,        /**< It takes a chatroom_client_login to go on. */
    CHATROOM_CLIENT_STATE_ONLINE = 3,
    CHATROOM_CLIENT_STATE_ENDED = 4         /**< The server said goodbye, or is not for it. */
};

/** A room that the user is in. */
typedef struct chatroom_client_room_view {
    chatroom_text name;            /**< As the server keeps it. */
    chatroom_text title;
    chatroom_text topic;
    chatroom_text rights;          /**< Of "post leave set", by spaces. */
    uint64_t id;
    uint64_t owner;
    uint32_t capacity;
    uint32_t count;                /**< How many are in it. */
    uint64_t roster;
    uint64_t begin;                /**< The first number that the entries tell of, */
    uint64_t last;                 /**< and the last. */
    uint64_t seen;                 /**< Up to here the person has seen it. */
    uint32_t unread;               /**< Messages of others above that. */
    uint8_t persistent;
    uint8_t managed;
    uint8_t live;                  /**< The server has told of it on this connection. */
    uint8_t members_known;         /**< The members are right: not while read, or too many. */
    uint8_t complete;              /**< The server keeps nothing older. */
    uint8_t loading;               /**< Older messages are being read. */
} chatroom_client_room_view;

/** What an entry of a room is. */
enum {
    CHATROOM_CLIENT_ENTRY_KIND_MESSAGE = 0,
    CHATROOM_CLIENT_ENTRY_KIND_GAP = 1,     /**< Messages that will not be told any more. */
    CHATROOM_CLIENT_ENTRY_KIND_HOLE = 2     /**< Messages that are being read. */
};

/** A message of a room, or a stretch of them that is not here. */
typedef struct chatroom_client_entry_view {
    uint8_t what;                  /**< CHATROOM_CLIENT_ENTRY_KIND_... */
    uint8_t kind;                  /**< CHATROOM_MESSAGE_KIND_... */
    uint32_t bytes;                /**< Not 0: the text was too long to be told or kept. */
    uint64_t number;               /**< Of the message; the first of a gap. */
    uint64_t to;                   /**< The last of a gap; of a message its number. */
    uint64_t time;                 /**< Unix milliseconds. */
    uint64_t user;                 /**< 0: the host. */
    uint64_t reply_to;
    chatroom_text nick;
    chatroom_text text;
} chatroom_client_entry_view;

/** A member of a room. */
typedef struct chatroom_client_member_view {
    uint64_t user;
    chatroom_text nick;
    uint8_t online;
} chatroom_client_member_view;

/** A post that waits until its message is in the room, or has failed. */
typedef struct chatroom_client_post_view {
    uint64_t id;                   /**< As chatroom_client_post gave it. */
    chatroom_text text;
    uint64_t reply_to;
    uint64_t time;                 /**< Unix milliseconds. */
    chatroom_error failed;         /**< Why; 0 while it waits. */
    uint8_t kind;                  /**< CHATROOM_MESSAGE_KIND_... */
    uint64_t limit;                /**< The bound that it broke, if there is one. */
    uint64_t retry_ms;             /**< When sending again makes sense; 0: nothing is known. */
} chatroom_client_post_view;

/** What has changed. */
enum {
    CHATROOM_CLIENT_NEWS_NONE = 0,
    CHATROOM_CLIENT_NEWS_STATE = 1,      /**< The state, why, the user or the nick. */
    CHATROOM_CLIENT_NEWS_ROOM = 2,       /**< A room came, went or is different. */
    CHATROOM_CLIENT_NEWS_RESET = 3,      /**< All entries of a room are new. */
    CHATROOM_CLIENT_NEWS_APPEND = 4,     /**< There are new ones at the end, */
    CHATROOM_CLIENT_NEWS_PREPEND = 5,    /**< at the front, */
    CHATROOM_CLIENT_NEWS_GAP = 6,        /**< in the middle: a hole was filled or is lost. */
    CHATROOM_CLIENT_NEWS_TRIM = 7,       /**< The oldest were forgotten. */
    CHATROOM_CLIENT_NEWS_MEMBERS = 8,
    CHATROOM_CLIENT_NEWS_POSTS = 9,      /**< Posts of a room that wait or have failed. */
    CHATROOM_CLIENT_NEWS_LISTED = 10,    /**< A room that chatroom_client_list_rooms asked for. */
    CHATROOM_CLIENT_NEWS_DONE = 11,      /**< A command of the host. */
    CHATROOM_CLIENT_NEWS_CLOSE = 12      /**< The connection is of no more use: close it. */
};

/** A change. All of it lives until the callback returns. */
typedef struct chatroom_client_change {
    uint32_t what;                           /**< CHATROOM_CLIENT_NEWS_... */
    chatroom_error why;                      /**< Of DONE. */
    uint32_t command;                        /**< Of DONE: CHATROOM_COMMAND_..., which it was. */
    chatroom_text room;                      /**< Its name, also of one that went. */
    uint64_t tag;                            /**< Of LISTED and DONE: as the host gave it. */
    const chatroom_ok_event* reply;          /**< Of DONE: NULL unless the server said ok. */
    const chatroom_failure_event* refusal;   /**< Of DONE: NULL unless the server refused. */
    const chatroom_room_item* item;          /**< Of LISTED. */
} chatroom_client_change;

/** Takes a frame to the server; it lives until the callback returns. Every call of the client is
 *  allowed inside but to close, chatroom_client_receive too: a server in the same program may
 *  answer at once. */
typedef void (*chatroom_client_send_fn)(const char* frame, size_t bytes, void* context);

/** Hears of changes, at the end of the call that made them: what changed of the state and of the
 *  rooms, each once, and then which commands are done. Inside, every call is allowed but receive,
 *  restore and close. */
typedef void (*chatroom_client_tell_fn)(const chatroom_client_change* change, void* context);

/** All that a client takes from the host. The struct is copied; its contexts must outlive the
 *  client. Only `send` is mandatory. */
typedef struct chatroom_client_environment {
    uint32_t struct_size;
    chatroom_client_send_fn send;
    void* send_context;
    chatroom_client_tell_fn tell;
    void* tell_context;
    chatroom_entropy_fn entropy;             /**< For nonces: 16 bytes each. */
    void* entropy_context;
    void* buffer;                            /**< Used when not NULL; any alignment. */
    size_t buffer_bytes;
    chatroom_allocate_fn allocate;           /**< Used when there is no buffer. */
    chatroom_release_fn release;
    void* memory_context;
} chatroom_client_environment;

/** How a client's frames look. Cannot fail. */
typedef struct chatroom_client_codec chatroom_client_codec;
const chatroom_client_codec* chatroom_client_codec_json(void);
const chatroom_client_codec* chatroom_client_codec_binary(void);   /**< The encoding of records. */

/** How many bytes a client claims; 0 when the configuration is not valid, or more than can be
 *  addressed.
 *
 *  @param config  NULL: the defaults */
size_t chatroom_client_footprint(const chatroom_client_config* config);

/** Opens a client for JSON frames. Where `host` has no entropy, or neither buffer nor allocate, the
 *  operating system's is taken.
 *
 *  @param out  receives the client; NULL on failure
 *  @retval invalid_argument  there is no `send`
 *  @retval config_invalid    a member is outside its bounds
 *  @retval memory_short      there is less than chatroom_client_footprint */
chatroom_error chatroom_client_open(const chatroom_client_config* config,
                                    const chatroom_client_environment* host,
                                    chatroom_client** out);

/** As chatroom_client_open, for the frames of a codec and with nothing of the operating system's.
 *
 *  @retval invalid_argument  there is no `send`, entropy or codec */
chatroom_error chatroom_client_open_with(const chatroom_client_config* config,
                                         const chatroom_client_environment* host,
                                         const chatroom_client_codec* frames,
                                         chatroom_client** out);

/** Gives the memory back. Nothing is sent or told. NULL is no error.
 *
 *  @retval inside_callback  a callback of this client runs; it stays open */
chatroom_error chatroom_client_close(chatroom_client* client);

/** There is a connection, a new one. The server speaks first. */
chatroom_error chatroom_client_connected(chatroom_client* client);

/** The connection is gone. What was under way is done, with connection_lost. */
chatroom_error chatroom_client_disconnected(chatroom_client* client);

/** Takes a frame as it came.
 *
 *  @retval inside_callback  inside `tell`; nothing was taken */
chatroom_error chatroom_client_receive(chatroom_client* client, const void* frame, size_t bytes);

/** Tells the time in Unix milliseconds and does what is due. Every call counts with the time told
 *  last. A time before the last is taken as the last. */
chatroom_error chatroom_client_tick(chatroom_client* client, uint64_t now_ms);

/** How many milliseconds it can be left alone, counted from the time told last; UINT64_MAX for
 *  ever. Cannot fail. */
uint64_t chatroom_client_next_tick(const chatroom_client* client);

/** Logs in as a guest, now or as soon as there is a connection; a resumed session will do.
 *
 *  @retval already_logged_in
 *  @retval member_missing, member_too_long  the nick is empty or above 64 bytes
 *  @retval queue_full                       asks_max commands are not done */
chatroom_error chatroom_client_login(chatroom_client* client, chatroom_text nick, uint64_t tag);

/** Logs out and forgets everything; without a connection the server finds out later.
 *
 *  @retval queue_full */
chatroom_error chatroom_client_logout(chatroom_client* client, uint64_t tag);

/** Changes the nick. This and the next six answer offline, queue_full and frame_too_long, too. */
chatroom_error chatroom_client_rename(chatroom_client* client, chatroom_text nick, uint64_t tag);

/** Joins a room; done when it is there, and DONE then names it as the server keeps it. */
chatroom_error chatroom_client_join(chatroom_client* client, chatroom_text room, uint64_t tag);

/** Creates a room and joins it; done when it is there. */
chatroom_error chatroom_client_create(chatroom_client* client, const chatroom_create_command* what,
                                      uint64_t tag);

chatroom_error chatroom_client_leave(chatroom_client* client, chatroom_text room, uint64_t tag);

chatroom_error chatroom_client_set(chatroom_client* client, const chatroom_set_command* what,
                                   uint64_t tag);

/** Reads the list of rooms, all pages: LISTED comes for each, with the tag, then DONE. */
chatroom_error chatroom_client_list_rooms(chatroom_client* client, uint64_t tag);

/** Reads one page above what is loaded; done at once when there is none or one is being read. Of a
 *  page for which there is no place its newest messages are taken (DONE: limit_too_small).
 *
 *  @retval room_unknown */
chatroom_error chatroom_client_older(chatroom_client* client, chatroom_text room, uint64_t tag);

/** Keeps the oldest entries of a room while a person looks at them, within half as many again.
 *
 *  @retval room_unknown */
chatroom_error chatroom_client_hold(chatroom_client* client, chatroom_text room, int held);

/** Reads a room's members again, now or when it may, since no notice tells who is online.
 *
 *  @retval room_unknown */
chatroom_error chatroom_client_refresh(chatroom_client* client, chatroom_text room);

/** The person has seen all of a room.
 *
 *  @retval room_unknown */
chatroom_error chatroom_client_see(chatroom_client* client, chatroom_text room);

/** Says something, now or as soon as it can be. It stands among the room's posts until its message
 *  is in the room. On error it is not kept.
 *
 *  @param kind      CHATROOM_MESSAGE_KIND_...
 *  @param reply_to  number of a message; 0: none
 *  @param id        receives its id, never used again; 0 on failure; NULL: not wanted
 *  @retval room_unknown
 *  @retval member_missing   the text is empty
 *  @retval member_too_long  it is longer than the server's message_bytes_max
 *  @retval text_invalid     it is no UTF-8
 *  @retval pending_full     too many posts or bytes of them are kept
 *  @retval entropy_failed */
chatroom_error chatroom_client_post(chatroom_client* client, chatroom_text room, chatroom_text text,
                                    uint8_t kind, uint64_t reply_to, uint64_t* id);

/** Sends a failed post again, with the nonce it had.
 *
 *  @retval invalid_argument  there is no failed post of this id */
chatroom_error chatroom_client_resend(chatroom_client* client, uint64_t post);

/** Forgets a failed post. One that waits may be said already.
 *
 *  @retval invalid_argument  there is no failed post of this id */
chatroom_error chatroom_client_discard(chatroom_client* client, uint64_t post);

/** Sends any command but `resume`, which is the client's own business.
 *
 *  @retval offline           there is no connection, or no welcome yet
 *  @retval invalid_argument  no command of this type travels in frames
 *  @retval queue_full, frame_too_long */
chatroom_error chatroom_client_submit(chatroom_client* client, const chatroom_command* what,
                                      uint64_t tag);

/** Writes what a restart needs to come back: the user, the tokens, which rooms, posts. The tokens
 *  are as good as a password.
 *
 *  @param bytes  receives what it takes; with memory_short too, when nothing was written
 *  @retval memory_short */
chatroom_error chatroom_client_save(const chatroom_client* client, void* out, size_t capacity,
                                    size_t* bytes);

/** Takes over what chatroom_client_save wrote, as the first thing after opening. The end of what
 *  each room held is asked for again.
 *
 *  @retval snapshot_invalid  nothing changed
 *  @retval limit_too_small   there are more rooms or posts than places; nothing changed
 *  @retval invalid_argument  it is not the first thing
 *  @retval inside_callback */
chatroom_error chatroom_client_restore(chatroom_client* client, const void* saved, size_t bytes);

/** CHATROOM_CLIENT_STATE_... These reads cannot fail: of no client they tell nothing. Texts live
 *  until the next call that changes something. */
uint32_t chatroom_client_state(const chatroom_client* client);

/** Why the last login or connection failed; 0 while all is well. */
chatroom_error chatroom_client_why(const chatroom_client* client);

uint64_t chatroom_client_user(const chatroom_client* client);
chatroom_text chatroom_client_nick(const chatroom_client* client);

/** What the server's last welcome told, without its features.
 *
 *  @param out  receives it */
chatroom_error chatroom_client_limits(const chatroom_client* client, chatroom_welcome_event* out);

/** Not 0: the connection is of no more use; until chatroom_client_disconnected. */
int chatroom_client_wants_close(const chatroom_client* client);

/** Frames that made no sense. */
uint64_t chatroom_client_faults(const chatroom_client* client);

/** How many rooms there are; they are numbered from 0 in the order in which they came. */
size_t chatroom_client_rooms(const chatroom_client* client);

/** Reads a room by its place, or by its name.
 *
 *  @retval room_unknown */
chatroom_error chatroom_client_room_at(const chatroom_client* client, size_t at,
                                       chatroom_client_room_view* out);
chatroom_error chatroom_client_room(const chatroom_client* client, chatroom_text name,
                                    chatroom_client_room_view* out);

/** How many entries, members or posts a room has; 0 for an unknown one. Entries ascend, members are
 *  in no order, posts in that in which they were said. */
size_t chatroom_client_entries(const chatroom_client* client, chatroom_text room);
size_t chatroom_client_members(const chatroom_client* client, chatroom_text room);
size_t chatroom_client_posts(const chatroom_client* client, chatroom_text room);

/** Reads one of them by its place.
 *
 *  @retval room_unknown
 *  @retval invalid_argument  there are not so many */
chatroom_error chatroom_client_entry_at(const chatroom_client* client, chatroom_text room,
                                        size_t at, chatroom_client_entry_view* out);
chatroom_error chatroom_client_member_at(const chatroom_client* client, chatroom_text room,
                                         size_t at, chatroom_client_member_view* out);
chatroom_error chatroom_client_post_at(const chatroom_client* client, chatroom_text room,
                                       size_t at, chatroom_client_post_view* out);

/** Reads a message by its number.
 *
 *  @retval room_unknown, reply_unknown */
chatroom_error chatroom_client_message(const chatroom_client* client, chatroom_text room,
                                       uint64_t number, chatroom_client_entry_view* out);

/* ---- Static buffers ------------------------------------------------------------------------ */

/** An integer constant expression: never below chatroom_footprint of what chatroom_config_sized
 *  makes of these numbers, and at most 5% above. All numbers are at least 1.
 *
 *      static char memory[CHATROOM_FOOTPRINT(8, 8, 4, 32, 128)];
 *
 *  An engine that registers less claims less: subtract CHATROOM_FOOTPRINT_RECORDS without
 *  chatroom_records, CHATROOM_FOOTPRINT_CODECS without any codec. */
#define CHATROOM_FOOTPRINT(users, sessions, rooms, messages, text_bytes) \
    (CHATROOM_SIZE_SHARED(users, sessions, rooms, messages, text_bytes) + \
     CHATROOM_SIZE_LOCAL(users, sessions, rooms) + CHATROOM_SIZE_QUEUE(text_bytes) + \
     CHATROOM_FOOTPRINT_RECORDS(rooms, text_bytes) + \
     CHATROOM_FOOTPRINT_CODECS(sessions, rooms, text_bytes) + CHATROOM_SIZE_ENGINE)

/** The part of CHATROOM_FOOTPRINT that an engine without chatroom_records does not need. */
#define CHATROOM_FOOTPRINT_RECORDS(rooms, text_bytes) \
    (sizeof(char[184]) + sizeof(char[4]) * CHATROOM_BYTES_PENDING + \
     (CHATROOM_SIZE_RECORD(rooms, text_bytes) > 400 ? CHATROOM_SIZE_RECORD(rooms, text_bytes) \
                                                    : 400))

/** The part of CHATROOM_FOOTPRINT that an engine without any codec does not need. */
#define CHATROOM_FOOTPRINT_CODECS(sessions, rooms, text_bytes) \
    (sizeof(char[CHATROOM_BYTES_REPLY]) * (sessions) + \
     CHATROOM_SIZE_SEATED(sessions, rooms, 5) - CHATROOM_SIZE_SEATED(sessions, rooms, 1) + \
     2 * CHATROOM_SIZE_QUEUE(text_bytes) + \
     (CHATROOM_SIZE_NAMES(rooms) < sizeof(void* [144]) \
          ? sizeof(void* [144]) - CHATROOM_SIZE_NAMES(rooms) : 0))

/* What follows is what CHATROOM_FOOTPRINT is made of: bytes of what an engine holds many of, in
   this version, and sums of them. */

#define CHATROOM_BYTES_ENGINE (sizeof(void*) == 8 ? 1920 : 1536)
#define CHATROOM_BYTES_HANDLE (sizeof(void*) == 8 ? 384 : 232)
#define CHATROOM_BYTES_USER 64
#define CHATROOM_BYTES_BINDING 20
#define CHATROOM_BYTES_TOKEN 17
#define CHATROOM_BYTES_NODE 24
#define CHATROOM_BYTES_ROOM 96
#define CHATROOM_BYTES_MEMBERSHIP 12
#define CHATROOM_BYTES_CHUNK (sizeof(void*) == 8 ? 64 : 32)
#define CHATROOM_BYTES_SESSION 64
#define CHATROOM_BYTES_FACE 16
#define CHATROOM_BYTES_REPLY (sizeof(void*) == 8 ? 80 : 72)
#define CHATROOM_BYTES_EDGE 80
#define CHATROOM_BYTES_MESSAGE (sizeof(void*) == 8 ? 112 : 80)
#define CHATROOM_BYTES_ROOM_ITEM (sizeof(void*) == 8 ? 56 : 40)
#define CHATROOM_BYTES_MEMBER_ITEM (sizeof(void*) == 8 ? 32 : 24)
#define CHATROOM_BYTES_PENDING 56
#define CHATROOM_BYTES_CURSOR (sizeof(void*) == 8 ? 32 : 24)

#define CHATROOM_SIZE_INDEX(n) (sizeof(char[8]) * (n))
#define CHATROOM_SIZE_CHUNKS(entries, lists) \
    (sizeof(char[CHATROOM_BYTES_CHUNK]) * \
     ((entries) <= (lists) \
          ? (entries) : (lists) + ((entries) - (lists)) / (CHATROOM_BYTES_CHUNK / 4 - 3)))
/* Of who is told what in a room: a list for each of so many kinds of frames. */
#define CHATROOM_SIZE_SEATED(sessions, rooms, kinds) \
    CHATROOM_SIZE_CHUNKS((sessions) * CHATROOM_SIZE_JOINED(rooms), sizeof(char[kinds]) * (rooms))

#define CHATROOM_SIZE_LANES(users, sessions) (((sessions) + (users) - 1) / (users))
#define CHATROOM_SIZE_JOINED(rooms) ((rooms) > 256 ? 256 : (rooms))
#define CHATROOM_SIZE_PAGES(rooms, messages) \
    (((messages) + 3) / 4 > (rooms) ? ((messages) + 3) / 4 : (rooms))
#define CHATROOM_SIZE_PAGE(text_bytes) \
    ((text_bytes) > 13 ? (4 * (text_bytes) + sizeof(char[211])) / 8 * 8 : sizeof(char[256]))
#define CHATROOM_SIZE_QUEUE(text_bytes) \
    ((text_bytes) > 128 ? sizeof(char[2]) * (text_bytes) + 256 : sizeof(char[512]))
#define CHATROOM_SIZE_RECORD(rooms, text_bytes) \
    (sizeof(char[37]) * CHATROOM_SIZE_JOINED(rooms) + (text_bytes) + 64)

#define CHATROOM_SIZE_SHARED(users, sessions, rooms, messages, text_bytes) \
    (sizeof(char[CHATROOM_BYTES_USER + 16]) * (users) + \
     sizeof(char[CHATROOM_BYTES_BINDING + CHATROOM_BYTES_TOKEN]) * (users) * \
         CHATROOM_SIZE_LANES(users, sessions) + \
     sizeof(char[CHATROOM_BYTES_ROOM + 16]) * (rooms) + \
     sizeof(char[CHATROOM_BYTES_MEMBERSHIP]) * (users) * CHATROOM_SIZE_JOINED(rooms) + \
     CHATROOM_SIZE_CHUNKS((users) * CHATROOM_SIZE_JOINED(rooms), rooms) + \
     CHATROOM_SIZE_PAGE(text_bytes) * CHATROOM_SIZE_PAGES(rooms, messages) + \
     CHATROOM_SIZE_INDEX(CHATROOM_SIZE_PAGES(rooms, messages)) + \
     2 * CHATROOM_SIZE_INDEX(users) + CHATROOM_SIZE_INDEX(rooms) + \
     2 * CHATROOM_SIZE_INDEX((users) * CHATROOM_SIZE_LANES(users, sessions)) + \
     CHATROOM_BYTES_NODE + 8)

#define CHATROOM_SIZE_LOCAL(users, sessions, rooms) \
    (sizeof(char[CHATROOM_BYTES_SESSION + CHATROOM_BYTES_FACE]) * (sessions) + \
     sizeof(char[4]) * (users) * \
         (CHATROOM_SIZE_LANES(users, sessions) * CHATROOM_SIZE_JOINED(rooms) + 1) + \
     sizeof(char[CHATROOM_BYTES_EDGE]) * (rooms) + \
     CHATROOM_SIZE_SEATED(sessions, rooms, 1) + \
     2 * CHATROOM_BYTES_CURSOR * CHATROOM_SIZE_JOINED(rooms) + CHATROOM_SIZE_NAMES(rooms) + 96)
/* Of a command: its names folded, and hashes. */
#define CHATROOM_SIZE_NAMES(rooms) \
    ((CHATROOM_BYTES_CURSOR + sizeof(char[16])) * CHATROOM_SIZE_JOINED(rooms) + 144)

#define CHATROOM_SIZE_ENGINE \
    (CHATROOM_BYTES_ENGINE + CHATROOM_BYTES_HANDLE + sizeof(void* [16]) + 336)

#ifdef __cplusplus
}
#endif

/* MIT License
 *
 * Copyright (c) 2026 the chatroom authors
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy
 * of this software and associated documentation files (the "Software"), to deal
 * in the Software without restriction, including without limitation the rights
 * to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
 * copies of the Software, and to permit persons to whom the Software is
 * furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in all
 * copies or substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
 * IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
 * FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
 * AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
 * LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 * OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
 * SOFTWARE.
 */
#endif /* CHATROOM_C_H */

// ---- src/c_shapes.hpp ---------------------------------------------------------------------------

namespace chatroom::detail {

// The structs of chatroom_c.h have the members of the C++ ones at the same places; that is asserted
// below. Two things differ. A text is a pointer and a length, in an order which the standard leaves
// to the library for string_view; and a byte that is a bool or an enumerator for C++ can be
// anything in C. So a struct is copied and its copy changed, by a table of what to change.

/// What to do about one member.
struct c_change {
    u8 offset;
    u8 most;                 ///< c_text, c_list, c_flag; otherwise the byte must be below it.
};
constexpr u8 c_text = 0, c_flag = 1, c_list = 0xff;

/// One struct of C.
struct c_shape {
    u16 type;
    u8 bytes;
    u8 count;
    const c_change* changes;
    const c_shape* element;  ///< Of its list, if it has one.
};

// The assertion: each member of one side is on the other, of the same name, kind and place.

/// A member as chatroom_c.h declares it. Only the assertions look at it; its name stands in place,
/// since compilers keep string literals that nobody needs any more.
struct c_member {
    char name[24]{};
    std::size_t offset;
    detail::kind kind;

    template <std::size_t size>
    constexpr c_member(const char (&as)[size], std::size_t at, detail::kind what) noexcept
        : offset(at), kind(what) {
        static_assert(size <= sizeof name, "names are short");
        for (std::size_t i = 0; i < size; ++i) name[i] = as[i];
    }
};

constexpr kind kind_in_c(const chatroom_text*) noexcept { return kind::text; }
constexpr kind kind_in_c(const std::uint64_t*) noexcept { return kind::u64_number; }
constexpr kind kind_in_c(const std::uint32_t*) noexcept { return kind::u32_number; }
constexpr kind kind_in_c(const std::int32_t*) noexcept { return kind::i32_number; }
constexpr kind kind_in_c(const std::uint8_t*) noexcept { return kind::flag; }
constexpr kind kind_in_c(const chatroom_cursors*) noexcept { return kind::items; }
constexpr kind kind_in_c(const chatroom_messages_list*) noexcept { return kind::items; }
constexpr kind kind_in_c(const chatroom_rooms_list*) noexcept { return kind::items; }
constexpr kind kind_in_c(const chatroom_members_list*) noexcept { return kind::items; }

constexpr bool same_name(const char* a, const char* b) noexcept {
    for (; *a != 0 && *a == *b; ++a) ++b;
    return *a == *b;
}

constexpr bool same_kind(kind in_c, kind described) noexcept {
    switch (described) {
    case kind::choice: return in_c == kind::flag;
    case kind::error_name:
    case kind::error_text: return in_c == kind::i32_number;
    default: return in_c == described;
    }
}

// An error is one member of the struct, and up to three on the wire.
constexpr bool same_member(const c_member& in_c, const described_member& m) noexcept {
    return in_c.offset == m.offset && same_kind(in_c.kind, m.kind) &&
           (in_c.kind == kind::i32_number ? same_name(in_c.name, "error")
                                          : same_name(in_c.name, m.name));
}

template <std::size_t in_c, std::size_t in_table>
constexpr bool same_members(const c_member (&c)[in_c],
                            const described_member (&table)[in_table]) noexcept {
    for (const c_member& one : c) {
        bool found = false;
        for (const described_member& m : table) found = found || same_member(one, m);
        if (!found) return false;
    }
    for (const described_member& m : table) {
        bool found = false;
        for (const c_member& one : c) found = found || same_member(one, m);
        if (!found) return false;
    }
    return true;
}

// The table, made of the descriptions; they themselves are not linked for it.

template <std::size_t names>
constexpr u8 choices_in(const char* const (&)[names]) noexcept { return names - 1; }

constexpr u8 most_of(const described_member& m) noexcept {
    switch (m.kind) {
    case kind::text: return c_text;
    case kind::items: return c_list;
    case kind::flag: return c_flag;
    default: break;
    }
    return m.extra == kinds_names         ? choices_in(kinds_names)
           : m.extra == properties_names  ? choices_in(properties_names)
           : m.extra == selectors_names   ? choices_in(selectors_names)
           : m.extra == resumptions_names ? choices_in(resumptions_names)
           : m.extra == partings_names    ? choices_in(partings_names)
                                          : u8{0};
}

constexpr bool changes(const described_member& m) noexcept {
    return m.kind == kind::text || m.kind == kind::items || m.kind == kind::flag ||
           m.kind == kind::choice;
}

template <const auto& table>
constexpr std::size_t changes_in() noexcept {
    std::size_t n = 0;
    for (const described_member& m : table) n += changes(m) ? 1 : 0;
    return n;
}

template <const auto& table>
struct changes_of {
    c_change rows[changes_in<table>() + 1]{};   // One more, since there may be none.

    constexpr changes_of() noexcept {
        std::size_t n = 0;
        for (const described_member& m : table) {
            if (changes(m)) rows[n++] = {static_cast<u8>(m.offset), most_of(m)};
        }
    }
};

template <const auto& table>
constexpr bool choices_known() noexcept {
    for (const described_member& m : table) {
        if (m.kind == kind::choice && most_of(m) == 0) return false;
    }
    return true;
}

template <const auto& table>
constexpr changes_of<table> changes_table{};

template <typename In_c, typename In_cpp, const auto& c, const auto& table>
constexpr c_shape shape_in_c(u16 type, const c_shape* element = nullptr) noexcept {
    static_assert(sizeof(In_c) == sizeof(In_cpp) && alignof(In_c) == alignof(In_cpp),
                  "a struct of chatroom_c.h has another size than the one in C++");
    static_assert(same_members(c, table),
                  "a struct of chatroom_c.h has other members than described.cpp tells");
    static_assert(choices_known<table>(), "most_of does not know this choice yet");
    static_assert(sizeof(In_c) < 256, "offsets are bytes");
    return {type, sizeof(In_c), changes_in<table>(), changes_table<table>.rows, element};
}

constexpr c_shape bare_shape(u16 type) noexcept { return {type, 0, 0, nullptr, nullptr}; }

#define CHATROOM_C_MEMBER(of, name) \
    {#name, offsetof(of, name), kind_in_c(static_cast<decltype(of::name)*>(nullptr))}

// Elements of lists.

constexpr c_member c_cursor[] = {
    CHATROOM_C_MEMBER(chatroom_cursor, room),
    CHATROOM_C_MEMBER(chatroom_cursor, after),
    CHATROOM_C_MEMBER(chatroom_cursor, id),
};
constexpr c_shape c_shape_cursor =
    shape_in_c<chatroom_cursor, cursor, c_cursor, cursor_members>(0);

constexpr c_member c_room_item[] = {
    CHATROOM_C_MEMBER(chatroom_room_item, room),
    CHATROOM_C_MEMBER(chatroom_room_item, title),
    CHATROOM_C_MEMBER(chatroom_room_item, members),
    CHATROOM_C_MEMBER(chatroom_room_item, capacity),
    CHATROOM_C_MEMBER(chatroom_room_item, id),
    CHATROOM_C_MEMBER(chatroom_room_item, managed),
};
constexpr c_shape c_shape_room_item =
    shape_in_c<chatroom_room_item, room_item, c_room_item, room_item_members>(0);

constexpr c_member c_member_item[] = {
    CHATROOM_C_MEMBER(chatroom_member_item, user),
    CHATROOM_C_MEMBER(chatroom_member_item, nick),
    CHATROOM_C_MEMBER(chatroom_member_item, online),
};
constexpr c_shape c_shape_member_item =
    shape_in_c<chatroom_member_item, member_item, c_member_item, member_item_members>(0);

// Commands.

constexpr c_member c_command_configure[] = {
    CHATROOM_C_MEMBER(chatroom_configure_command, name),
    CHATROOM_C_MEMBER(chatroom_configure_command, value),
};

constexpr c_member c_command_guest[] = {
    CHATROOM_C_MEMBER(chatroom_guest_command, nick),
};

constexpr c_member c_command_resume[] = {
    CHATROOM_C_MEMBER(chatroom_resume_command, token),
    CHATROOM_C_MEMBER(chatroom_resume_command, cursors),
};

constexpr c_member c_command_nick[] = {
    CHATROOM_C_MEMBER(chatroom_nick_command, nick),
};

constexpr c_member c_command_create[] = {
    CHATROOM_C_MEMBER(chatroom_create_command, room),
    CHATROOM_C_MEMBER(chatroom_create_command, title),
    CHATROOM_C_MEMBER(chatroom_create_command, topic),
    CHATROOM_C_MEMBER(chatroom_create_command, capacity),
    CHATROOM_C_MEMBER(chatroom_create_command, persistent),
    CHATROOM_C_MEMBER(chatroom_create_command, managed),
};

constexpr c_member c_command_join[] = {
    CHATROOM_C_MEMBER(chatroom_join_command, room),
    CHATROOM_C_MEMBER(chatroom_join_command, history),
};

constexpr c_member c_command_leave[] = {
    CHATROOM_C_MEMBER(chatroom_leave_command, room),
};

constexpr c_member c_command_set[] = {
    CHATROOM_C_MEMBER(chatroom_set_command, room),
    CHATROOM_C_MEMBER(chatroom_set_command, property),
    CHATROOM_C_MEMBER(chatroom_set_command, value),
};

constexpr c_member c_command_destroy[] = {
    CHATROOM_C_MEMBER(chatroom_destroy_command, room),
};

constexpr c_member c_command_rooms[] = {
    CHATROOM_C_MEMBER(chatroom_rooms_command, after),
    CHATROOM_C_MEMBER(chatroom_rooms_command, limit),
};

constexpr c_member c_command_members[] = {
    CHATROOM_C_MEMBER(chatroom_members_command, room),
    CHATROOM_C_MEMBER(chatroom_members_command, after),
    CHATROOM_C_MEMBER(chatroom_members_command, limit),
};

constexpr c_member c_command_post[] = {
    CHATROOM_C_MEMBER(chatroom_post_command, room),
    CHATROOM_C_MEMBER(chatroom_post_command, text),
    CHATROOM_C_MEMBER(chatroom_post_command, kind),
    CHATROOM_C_MEMBER(chatroom_post_command, reply_to),
    CHATROOM_C_MEMBER(chatroom_post_command, nonce),
};

constexpr c_member c_command_history[] = {
    CHATROOM_C_MEMBER(chatroom_history_command, room),
    CHATROOM_C_MEMBER(chatroom_history_command, selector),
    CHATROOM_C_MEMBER(chatroom_history_command, number),
    CHATROOM_C_MEMBER(chatroom_history_command, until),
    CHATROOM_C_MEMBER(chatroom_history_command, limit),
};

constexpr c_shape command_shapes_in_c[] = {
    shape_in_c<chatroom_configure_command, chatroom::configure, c_command_configure,
               command_configure_members>(u16(command_type::configure)),
    bare_shape(u16(command_type::ping)),
    shape_in_c<chatroom_guest_command, chatroom::guest, c_command_guest,
               command_guest_members>(u16(command_type::guest)),
    shape_in_c<chatroom_resume_command, chatroom::resume, c_command_resume,
               command_resume_members>(u16(command_type::resume), &c_shape_cursor),
    bare_shape(u16(command_type::token)),
    bare_shape(u16(command_type::logout)),
    shape_in_c<chatroom_nick_command, chatroom::nick, c_command_nick,
               command_nick_members>(u16(command_type::nick)),
    shape_in_c<chatroom_create_command, chatroom::create, c_command_create,
               command_create_members>(u16(command_type::create)),
    shape_in_c<chatroom_join_command, chatroom::join, c_command_join,
               command_join_members>(u16(command_type::join)),
    shape_in_c<chatroom_leave_command, chatroom::leave, c_command_leave,
               command_leave_members>(u16(command_type::leave)),
    shape_in_c<chatroom_set_command, chatroom::set, c_command_set,
               command_set_members>(u16(command_type::set)),
    shape_in_c<chatroom_destroy_command, chatroom::destroy, c_command_destroy,
               command_destroy_members>(u16(command_type::destroy)),
    shape_in_c<chatroom_rooms_command, chatroom::rooms, c_command_rooms,
               command_rooms_members>(u16(command_type::rooms)),
    shape_in_c<chatroom_members_command, chatroom::members, c_command_members,
               command_members_members>(u16(command_type::members)),
    shape_in_c<chatroom_post_command, chatroom::post, c_command_post,
               command_post_members>(u16(command_type::post)),
    shape_in_c<chatroom_history_command, chatroom::history, c_command_history,
               command_history_members>(u16(command_type::history)),
};

// Events.

constexpr c_member c_event_message[] = {
    CHATROOM_C_MEMBER(chatroom_message_event, room),
    CHATROOM_C_MEMBER(chatroom_message_event, number),
    CHATROOM_C_MEMBER(chatroom_message_event, time),
    CHATROOM_C_MEMBER(chatroom_message_event, user),
    CHATROOM_C_MEMBER(chatroom_message_event, nick),
    CHATROOM_C_MEMBER(chatroom_message_event, kind),
    CHATROOM_C_MEMBER(chatroom_message_event, text),
    CHATROOM_C_MEMBER(chatroom_message_event, reply_to),
    CHATROOM_C_MEMBER(chatroom_message_event, nonce),
    CHATROOM_C_MEMBER(chatroom_message_event, bytes),
};
constexpr c_shape c_shape_message = shape_in_c<
    chatroom_message_event, chatroom::message, c_event_message, event_message_members>(
    u16(event_type::message));

constexpr c_member c_event_welcome[] = {
    CHATROOM_C_MEMBER(chatroom_welcome_event, protocol),
    CHATROOM_C_MEMBER(chatroom_welcome_event, features),
    CHATROOM_C_MEMBER(chatroom_welcome_event, time),
    CHATROOM_C_MEMBER(chatroom_welcome_event, frame_bytes_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, message_bytes_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, nick_bytes_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, room_name_bytes_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, nonce_bytes_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, page_items_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, rooms_per_user_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, resume_window_ms),
};

constexpr c_member c_event_ok[] = {
    CHATROOM_C_MEMBER(chatroom_ok_event, ref),
    CHATROOM_C_MEMBER(chatroom_ok_event, user),
    CHATROOM_C_MEMBER(chatroom_ok_event, nick),
    CHATROOM_C_MEMBER(chatroom_ok_event, token),
    CHATROOM_C_MEMBER(chatroom_ok_event, room),
    CHATROOM_C_MEMBER(chatroom_ok_event, number),
    CHATROOM_C_MEMBER(chatroom_ok_event, time),
};

constexpr c_member c_event_failure[] = {
    CHATROOM_C_MEMBER(chatroom_failure_event, ref),
    CHATROOM_C_MEMBER(chatroom_failure_event, error),
    CHATROOM_C_MEMBER(chatroom_failure_event, field),
    CHATROOM_C_MEMBER(chatroom_failure_event, limit),
    CHATROOM_C_MEMBER(chatroom_failure_event, value),
    CHATROOM_C_MEMBER(chatroom_failure_event, at),
    CHATROOM_C_MEMBER(chatroom_failure_event, found),
    CHATROOM_C_MEMBER(chatroom_failure_event, retry_ms),
};

constexpr c_member c_event_you[] = {
    CHATROOM_C_MEMBER(chatroom_you_event, user),
    CHATROOM_C_MEMBER(chatroom_you_event, nick),
};

constexpr c_member c_event_bye[] = {
    CHATROOM_C_MEMBER(chatroom_bye_event, error),
};

constexpr c_member c_event_help[] = {
    CHATROOM_C_MEMBER(chatroom_help_event, text),
};

constexpr c_member c_event_joined[] = {
    CHATROOM_C_MEMBER(chatroom_joined_event, room),
    CHATROOM_C_MEMBER(chatroom_joined_event, title),
    CHATROOM_C_MEMBER(chatroom_joined_event, topic),
    CHATROOM_C_MEMBER(chatroom_joined_event, owner),
    CHATROOM_C_MEMBER(chatroom_joined_event, capacity),
    CHATROOM_C_MEMBER(chatroom_joined_event, persistent),
    CHATROOM_C_MEMBER(chatroom_joined_event, managed),
    CHATROOM_C_MEMBER(chatroom_joined_event, rights),
    CHATROOM_C_MEMBER(chatroom_joined_event, members),
    CHATROOM_C_MEMBER(chatroom_joined_event, roster),
    CHATROOM_C_MEMBER(chatroom_joined_event, first),
    CHATROOM_C_MEMBER(chatroom_joined_event, last),
    CHATROOM_C_MEMBER(chatroom_joined_event, resume),
    CHATROOM_C_MEMBER(chatroom_joined_event, from),
    CHATROOM_C_MEMBER(chatroom_joined_event, id),
};

constexpr c_member c_event_left[] = {
    CHATROOM_C_MEMBER(chatroom_left_event, room),
    CHATROOM_C_MEMBER(chatroom_left_event, reason),
};

constexpr c_member c_event_room[] = {
    CHATROOM_C_MEMBER(chatroom_room_event, room),
    CHATROOM_C_MEMBER(chatroom_room_event, title),
    CHATROOM_C_MEMBER(chatroom_room_event, topic),
    CHATROOM_C_MEMBER(chatroom_room_event, owner),
    CHATROOM_C_MEMBER(chatroom_room_event, capacity),
    CHATROOM_C_MEMBER(chatroom_room_event, persistent),
    CHATROOM_C_MEMBER(chatroom_room_event, managed),
    CHATROOM_C_MEMBER(chatroom_room_event, members),
    CHATROOM_C_MEMBER(chatroom_room_event, roster),
};

constexpr c_member c_event_entered[] = {
    CHATROOM_C_MEMBER(chatroom_entered_event, room),
    CHATROOM_C_MEMBER(chatroom_entered_event, user),
    CHATROOM_C_MEMBER(chatroom_entered_event, nick),
    CHATROOM_C_MEMBER(chatroom_entered_event, members),
    CHATROOM_C_MEMBER(chatroom_entered_event, roster),
};

constexpr c_member c_event_exited[] = {
    CHATROOM_C_MEMBER(chatroom_exited_event, room),
    CHATROOM_C_MEMBER(chatroom_exited_event, user),
    CHATROOM_C_MEMBER(chatroom_exited_event, nick),
    CHATROOM_C_MEMBER(chatroom_exited_event, reason),
    CHATROOM_C_MEMBER(chatroom_exited_event, members),
    CHATROOM_C_MEMBER(chatroom_exited_event, roster),
};

constexpr c_member c_event_renamed[] = {
    CHATROOM_C_MEMBER(chatroom_renamed_event, room),
    CHATROOM_C_MEMBER(chatroom_renamed_event, user),
    CHATROOM_C_MEMBER(chatroom_renamed_event, nick),
    CHATROOM_C_MEMBER(chatroom_renamed_event, old),
    CHATROOM_C_MEMBER(chatroom_renamed_event, roster),
};

constexpr c_member c_event_gap[] = {
    CHATROOM_C_MEMBER(chatroom_gap_event, room),
    CHATROOM_C_MEMBER(chatroom_gap_event, from),
    CHATROOM_C_MEMBER(chatroom_gap_event, to),
};

constexpr c_member c_event_history_page[] = {
    CHATROOM_C_MEMBER(chatroom_history_page_event, ref),
    CHATROOM_C_MEMBER(chatroom_history_page_event, room),
    CHATROOM_C_MEMBER(chatroom_history_page_event, messages),
    CHATROOM_C_MEMBER(chatroom_history_page_event, first),
    CHATROOM_C_MEMBER(chatroom_history_page_event, last),
    CHATROOM_C_MEMBER(chatroom_history_page_event, complete),
};

constexpr c_member c_event_rooms_page[] = {
    CHATROOM_C_MEMBER(chatroom_rooms_page_event, ref),
    CHATROOM_C_MEMBER(chatroom_rooms_page_event, rooms),
    CHATROOM_C_MEMBER(chatroom_rooms_page_event, next),
    CHATROOM_C_MEMBER(chatroom_rooms_page_event, complete),
};

constexpr c_member c_event_members_page[] = {
    CHATROOM_C_MEMBER(chatroom_members_page_event, ref),
    CHATROOM_C_MEMBER(chatroom_members_page_event, room),
    CHATROOM_C_MEMBER(chatroom_members_page_event, members),
    CHATROOM_C_MEMBER(chatroom_members_page_event, roster),
    CHATROOM_C_MEMBER(chatroom_members_page_event, next),
    CHATROOM_C_MEMBER(chatroom_members_page_event, complete),
};

constexpr c_shape event_shapes_in_c[] = {
    c_shape_message,   // First, being looked for most.
    shape_in_c<chatroom_welcome_event, chatroom::welcome, c_event_welcome,
               event_welcome_members>(u16(event_type::welcome)),
    shape_in_c<chatroom_ok_event, chatroom::ok, c_event_ok,
               event_ok_members>(u16(event_type::ok)),
    shape_in_c<chatroom_failure_event, chatroom::failure, c_event_failure,
               event_failure_members>(u16(event_type::failure)),
    shape_in_c<chatroom_you_event, chatroom::you, c_event_you,
               event_you_members>(u16(event_type::you)),
    bare_shape(u16(event_type::resync)),
    bare_shape(u16(event_type::caught_up)),
    shape_in_c<chatroom_bye_event, chatroom::bye, c_event_bye,
               event_bye_members>(u16(event_type::bye)),
    shape_in_c<chatroom_help_event, chatroom::help, c_event_help,
               event_help_members>(u16(event_type::help)),
    shape_in_c<chatroom_joined_event, chatroom::joined, c_event_joined,
               event_joined_members>(u16(event_type::joined)),
    shape_in_c<chatroom_left_event, chatroom::left, c_event_left,
               event_left_members>(u16(event_type::left)),
    shape_in_c<chatroom_room_event, chatroom::room, c_event_room,
               event_room_members>(u16(event_type::room)),
    shape_in_c<chatroom_entered_event, chatroom::entered, c_event_entered,
               event_entered_members>(u16(event_type::entered)),
    shape_in_c<chatroom_exited_event, chatroom::exited, c_event_exited,
               event_exited_members>(u16(event_type::exited)),
    shape_in_c<chatroom_renamed_event, chatroom::renamed, c_event_renamed,
               event_renamed_members>(u16(event_type::renamed)),
    shape_in_c<chatroom_gap_event, chatroom::gap, c_event_gap,
               event_gap_members>(u16(event_type::gap)),
    shape_in_c<chatroom_history_page_event, chatroom::history_page, c_event_history_page,
               event_history_page_members>(u16(event_type::history_page), &c_shape_message),
    shape_in_c<chatroom_rooms_page_event, chatroom::rooms_page, c_event_rooms_page,
               event_rooms_page_members>(u16(event_type::rooms_page), &c_shape_room_item),
    shape_in_c<chatroom_members_page_event, chatroom::members_page, c_event_members_page,
               event_members_page_members>(u16(event_type::members_page), &c_shape_member_item),
};

#undef CHATROOM_C_MEMBER

// Those lists end in a null.
static_assert(sizeof command_shapes / sizeof *command_shapes ==
                  sizeof command_shapes_in_c / sizeof *command_shapes_in_c + 1 &&
              sizeof event_shapes / sizeof *event_shapes ==
                  sizeof event_shapes_in_c / sizeof *event_shapes_in_c + 1,
              "chatroom_c.h lacks a command or an event");

/// The shape of a command or an event; null when there is none.
template <std::size_t n>
constexpr const c_shape* shape_of(const c_shape (&shapes)[n], u32 type) noexcept {
    for (const c_shape& each : shapes) {
        if (each.type == type) return &each;
    }
    return nullptr;
}

template <std::size_t n>
constexpr std::size_t body_bytes(const c_shape (&shapes)[n]) noexcept {
    std::size_t most = 8;
    for (const c_shape& each : shapes) most = larger(most, std::size_t{each.bytes});
    return most;
}

/// Room for any event, and for any command, in either form.
struct c_event_body {
    alignas(8) char bytes[body_bytes(event_shapes_in_c)];
};
struct c_command_body {
    alignas(8) char bytes[body_bytes(command_shapes_in_c)];
};

/// Gives a struct, and the elements of its list, the form that they have in C.
void to_c(const c_shape& shape, void* body) noexcept;

/// Gives the elements of its list the form back that they have in C++.
void list_from_c(const c_shape& shape, const void* body) noexcept;

/// Gives a struct, but not its list, the form that it has in C++.
/// @return false when a text is nowhere, or a byte is not one of its choices
[[nodiscard]] bool from_c(const c_shape& shape, void* body) noexcept;

}  // namespace chatroom::detail

// ---- src/c_shapes.cpp ---------------------------------------------------------------------------

namespace chatroom::detail {

static_assert(sizeof(std::string_view) == sizeof(chatroom_text) &&
              alignof(std::string_view) == alignof(chatroom_text), "one takes the other's place");
static_assert(sizeof(any_list) == sizeof(chatroom_cursors), "lists are the same in both");
static_assert(sizeof(bool) == 1, "so is a flag");

static void text_to_c(char* at) noexcept {
    std::string_view text;
    std::memcpy(&text, at, sizeof text);
    const chatroom_text told{text.data(), text.size()};
    std::memcpy(at, &told, sizeof told);
}

static bool text_from_c(char* at) noexcept {
    chatroom_text told{};
    std::memcpy(&told, at, sizeof told);
    const std::string_view text(told.data, told.size);
    std::memcpy(at, &text, sizeof text);
    return told.data != nullptr || told.size == 0;
}

// The elements of the list at this place.
template <typename F>
static void each_element(const c_shape& shape, const char* at, F f) noexcept {
    any_list items{};
    std::memcpy(&items, at, sizeof items);
    // What the engine tells stands in memory of its own, or in the caller's array for results.
    char* element = static_cast<char*>(const_cast<void*>(items.data));
    for (std::size_t n = 0; n < items.size; ++n) f(element + n * shape.element->bytes);
}

void to_c(const c_shape& shape, void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        char* const at = static_cast<char*>(body) + shape.changes[i].offset;
        const u8 most = shape.changes[i].most;
        if (most == c_text) text_to_c(at);
        if (most != c_list) continue;
        each_element(shape, at, [&shape](char* element) {   // Which have texts, but no lists.
            for (u32 n = 0; n < shape.element->count; ++n) {
                const c_change& change = shape.element->changes[n];
                if (change.most == c_text) text_to_c(element + change.offset);
            }
        });
    }
}

void list_from_c(const c_shape& shape, const void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        if (shape.changes[i].most != c_list) continue;
        const char* const at = static_cast<const char*>(body) + shape.changes[i].offset;
        each_element(shape, at, [&shape](char* element) {
            (void)from_c(*shape.element, element);
        });
    }
}

bool from_c(const c_shape& shape, void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        char* const at = static_cast<char*>(body) + shape.changes[i].offset;
        const u8 most = shape.changes[i].most;
        if (most == c_list) continue;
        if (most == c_text) {
            if (!text_from_c(at)) return false;
        } else if (most == c_flag) {
            *at = *at != 0;
        } else if (static_cast<u8>(*at) >= most) {
            return false;
        }
    }
    return true;
}

}  // namespace chatroom::detail

// ---- src/c_config.hpp ---------------------------------------------------------------------------

namespace chatroom::detail {

/// Bytes in a block before what the engine claims: its handle, the features registered, and what
/// aligning them takes.
constexpr std::size_t c_features_max = 16;
constexpr std::size_t c_handle_bytes_max =
    CHATROOM_BYTES_HANDLE + c_features_max * sizeof(void*);

/// Whether this can be the size of a struct, rather than memory that was not set.
bool is_struct_size(std::uint32_t size) noexcept;

/// Copies a struct that begins with its size; what the caller's does not have is 0.
/// @return false when its size can be none, or it has something that this version does not know
bool read_struct(const void* from, void* to, std::size_t bytes, std::size_t align) noexcept;

template <typename T>
bool read_struct(const T* from, T& to) noexcept {
    return read_struct(from, &to, sizeof to, alignof(T));
}

/// Whether there are zeros alone between what is known of a struct and its size.
bool is_zero_from(const void* of, std::size_t known, std::size_t size) noexcept;

/// What a configuration of C says; null stands for the defaults.
error config_from_c(const chatroom_config* from, config& how) noexcept;

/// The configuration for a small device.
error config_to_c(chatroom_config* to, std::uint32_t users, std::uint32_t sessions,
                  std::uint32_t rooms, std::uint32_t messages, std::uint32_t text_bytes) noexcept;

}  // namespace chatroom::detail

// ---- src/c_config.cpp ---------------------------------------------------------------------------

namespace chatroom::detail {

// Both are rows of 32-bit numbers. Members that are added later stand at the end in C, so from
// then on this is one row for each of the parts.
constexpr std::size_t words_before = 2;   // struct_size, preset
constexpr std::size_t words_told = sizeof(config) / 4;
static_assert(sizeof(chatroom_config) == 4 * (words_before + words_told) &&
              offsetof(chatroom_config, sessions_max) == 4 * words_before &&
              offsetof(chatroom_config, rooms_by_host_only) ==
                  4 * words_before + offsetof(config, policies) &&
              offsetof(chatroom_config, deliveries_per_call) ==
                  4 * words_before + offsetof(config, budgets) &&
              offsetof(chatroom_config, node) == 4 * words_before + offsetof(config, node),
              "chatroom_config has the members of config, in the same order");

bool is_struct_size(u32 size) noexcept { return size >= sizeof size && size <= 4096; }

bool read_struct(const void* from, void* to, std::size_t bytes, std::size_t align) noexcept {
    u32 size = 0;
    std::memset(to, 0, bytes);
    if (from == nullptr) return false;
    std::memcpy(&size, from, sizeof size);
    if (!is_struct_size(size) || size % align != 0) return false;   // Half a pointer is none.
    std::memcpy(to, from, smaller(std::size_t{size}, bytes));
    return is_zero_from(from, bytes, size);
}

bool is_zero_from(const void* of, std::size_t known, std::size_t size) noexcept {
    for (; known < size; ++known) {
        if (static_cast<const char*>(of)[known] != 0) return false;
    }
    return true;
}

// By name, so that they are linked with who uses them, and by CHATROOM_PRESET_...
static constexpr config presets[] = {config::game(), config::firmware(), config::server()};

error config_from_c(const chatroom_config* from, config& how) noexcept {
    how = presets[CHATROOM_PRESET_GAME];
    if (from == nullptr) return error::none;
    chatroom_config told;
    if (!read_struct(from, told) || told.preset > CHATROOM_PRESET_SERVER) {
        return error::invalid_argument;
    }
    how = presets[told.preset];
    const char* at = reinterpret_cast<const char*>(&told) + 4 * words_before;
    char* to = reinterpret_cast<char*>(&how);
    for (std::size_t i = 0; i < words_told; ++i, at += 4, to += 4) {
        u32 word = 0;
        std::memcpy(&word, at, sizeof word);
        if (word == 0) continue;
        if (word == CHATROOM_ZERO) word = 0;
        std::memcpy(to, &word, sizeof word);
    }
    return error::none;
}

// Static buffers.

// What chatroom_config_sized makes of its numbers, and what CHATROOM_FOOTPRINT counts.
static constexpr config sized(u32 users, u32 sessions, u32 rooms, u32 messages,
                              u32 text_bytes) noexcept {
    const u32 joined = rooms < 256 ? rooms : 256;
    const u32 quarters = messages / 4 + (messages % 4 != 0);
    const u32 pages = quarters > rooms ? quarters : rooms;
    const u32 frame = text_bytes > 128 ? 2 * text_bytes + 256 : 512;
    config how = presets[CHATROOM_PRESET_FIRMWARE];
    how.limits.users_max = users;
    how.limits.sessions_max = sessions;
    how.limits.sessions_per_user_max = sessions / users + (sessions % users != 0);
    how.limits.rooms_max = rooms;
    how.limits.members_max = users * joined;
    how.limits.rooms_per_user_max = joined;
    how.limits.history_pages_max = pages;
    // Its head, and four messages of four people: their heads, texts and nicks.
    how.limits.page_bytes = text_bytes > 13 ? (4 * text_bytes + 211) / 8 * 8 : 256;
    how.limits.message_bytes_max = text_bytes;
    how.limits.frame_bytes_max = frame;
    how.limits.queue_bytes = frame;
    how.policies.room_capacity = users;
    how.policies.room_messages_max = messages;
    how.policies.room_pages_max = pages;
    return how;
}

constexpr u32 sized_text_bytes_max = 4000;

// The bound that the macro adds to the one in C++: the handle, the parts and the cursors.
static constexpr std::size_t bound_in_c(const config& how) noexcept {
    return footprint_bound(how) + c_handle_bytes_max + 16 +
           how.limits.rooms_per_user_max * item_bytes::cursor;
}

template <u32 users, u32 sessions, u32 rooms, u32 messages, u32 text_bytes>
static constexpr bool macro_agrees() noexcept {
    return CHATROOM_FOOTPRINT(users, sessions, rooms, messages, text_bytes) ==
           bound_in_c(sized(users, sessions, rooms, messages, text_bytes));
}
static_assert(macro_agrees<8, 8, 4, 32, 128>() && macro_agrees<1, 1, 1, 1, 1>() &&
              macro_agrees<2, 32, 300, 7, 13>() && macro_agrees<500, 700, 64, 10000, 2001>() &&
              macro_agrees<10000, 20000, 1000, 100000, 4000>(),
              "CHATROOM_FOOTPRINT counts what footprint.hpp counts");

error config_to_c(chatroom_config* to, u32 users, u32 sessions, u32 rooms, u32 messages,
                  u32 text_bytes) noexcept {
    const bool whole = users != 0 && sessions != 0 && rooms != 0 && messages != 0 &&
                       text_bytes != 0 && text_bytes <= sized_text_bytes_max;
    // Larger ones are refused by their limits, but their products must not wrap around.
    if (!whole || users > 1000000 || rooms > 1000000) return error::invalid_argument;
    if (u64{users} * smaller(rooms, u32{256}) > 0xffffffffu) return error::invalid_argument;
    const config how = sized(users, sessions, rooms, messages, text_bytes);
    if (!config_valid(how)) return error::invalid_argument;
    std::memset(to, 0, sizeof *to);
    to->struct_size = sizeof *to;
    to->preset = CHATROOM_PRESET_FIRMWARE;
    const char* at = reinterpret_cast<const char*>(&how);
    char* out = reinterpret_cast<char*>(to) + 4 * words_before;
    for (std::size_t i = 0; i < words_told; ++i, at += 4, out += 4) {
        u32 word = 0;
        std::memcpy(&word, at, sizeof word);
        if (word == 0) word = CHATROOM_ZERO;
        std::memcpy(out, &word, sizeof word);
    }
    return error::none;
}

}  // namespace chatroom::detail

// ---- src/c_api.cpp ------------------------------------------------------------------------------

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

// ---- src/client_c_api.cpp -----------------------------------------------------------------------

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

#endif  // CHATROOM_IMPLEMENTATION
