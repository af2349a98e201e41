#pragma once

#include <cstdint>

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
