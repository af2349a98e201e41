#include "error.hpp"

namespace chatroom {

const char* error_name(error why) noexcept {
    switch (why) {
    case error::none: return "none";
    case error::invalid_argument: return "invalid_argument";
    case error::engine_closed: return "engine_closed";
    case error::engine_open: return "engine_open";
    case error::config_invalid: return "config_invalid";
    case error::memory_short: return "memory_short";
    case error::limit_too_small: return "limit_too_small";
    case error::inside_callback: return "inside_callback";
    case error::entropy_failed: return "entropy_failed";
    case error::queued: return "queued";
    case error::pending: return "pending";
    case error::queue_full: return "queue_full";
    case error::records_full: return "records_full";
    case error::paused: return "paused";
    case error::no_time: return "no_time";
    case error::clock_leap: return "clock_leap";
    case error::frame_too_long: return "frame_too_long";
    case error::frame_malformed: return "frame_malformed";
    case error::op_missing: return "op_missing";
    case error::op_unknown: return "op_unknown";
    case error::member_missing: return "member_missing";
    case error::member_invalid: return "member_invalid";
    case error::member_too_long: return "member_too_long";
    case error::number_out_of_range: return "number_out_of_range";
    case error::codec_missing: return "codec_missing";
    case error::session_unknown: return "session_unknown";
    case error::sessions_full: return "sessions_full";
    case error::login_required: return "login_required";
    case error::already_logged_in: return "already_logged_in";
    case error::users_full: return "users_full";
    case error::user_sessions_full: return "user_sessions_full";
    case error::nick_invalid: return "nick_invalid";
    case error::nick_taken: return "nick_taken";
    case error::token_invalid: return "token_invalid";
    case error::user_unknown: return "user_unknown";
    case error::room_unknown: return "room_unknown";
    case error::room_name_invalid: return "room_name_invalid";
    case error::room_exists: return "room_exists";
    case error::rooms_full: return "rooms_full";
    case error::room_full: return "room_full";
    case error::members_full: return "members_full";
    case error::user_rooms_full: return "user_rooms_full";
    case error::room_managed: return "room_managed";
    case error::forbidden: return "forbidden";
    case error::text_invalid: return "text_invalid";
    case error::reply_unknown: return "reply_unknown";
    case error::nonce_reused: return "nonce_reused";
    case error::history_full: return "history_full";
    case error::storage_failed: return "storage_failed";
    case error::record_invalid: return "record_invalid";
    case error::already_applied: return "already_applied";
    case error::feature_missing: return "feature_missing";
    case error::behaviour_unknown: return "behaviour_unknown";
    case error::log_torn: return "log_torn";
    case error::log_damaged: return "log_damaged";
    case error::snapshot_invalid: return "snapshot_invalid";
    case error::incarnation_stale: return "incarnation_stale";
    case error::nodes_full: return "nodes_full";
    case error::offline: return "offline";
    case error::connection_lost: return "connection_lost";
    case error::outcome_unknown: return "outcome_unknown";
    case error::pending_full: return "pending_full";
    case error::superseded: return "superseded";
    case error::reply_invalid: return "reply_invalid";
    }
    return "unknown";
}

const char* error_text(error why) noexcept {
    switch (why) {
    case error::none: return "Done.";
    case error::invalid_argument: return "An argument is outside what the call accepts.";
    case error::engine_closed: return "Open the engine first.";
    case error::engine_open: return "The engine is open; close it before opening it again.";
    case error::config_invalid: return "The configuration breaks a bound in config.";
    case error::memory_short: return "Give the engine at least footprint(config) bytes.";
    case error::limit_too_small: return "Raise the limit that is named and load again.";
    case error::inside_callback: return "Call this when no callback of the engine runs.";
    case error::entropy_failed: return "Give the engine a working entropy callback.";
    case error::queued: return "The command runs when the outer call is done.";
    case error::pending: return "The outcome follows when the log has stored the record.";
    case error::queue_full: return "Too many calls inside callbacks; try again later.";
    case error::records_full: return "Too many records wait for the log; try again later.";
    case error::paused: return "Not taken; offer it again after unpause.";
    case error::no_time: return "Tell the time with tick first.";
    case error::clock_leap: return "The time leapt; tick again and confirm it if it is right.";
    case error::frame_too_long: return "Send shorter frames.";
    case error::frame_malformed: return "The frame cannot be read; see at.";
    case error::op_missing: return "Name the command in op.";
    case error::op_unknown: return "No command has this name.";
    case error::member_missing: return "Add the member that is named.";
    case error::member_invalid: return "The member that is named has the wrong kind of value.";
    case error::member_too_long: return "Shorten the member that is named to its limit.";
    case error::number_out_of_range: return "Keep the number that is named within its bounds.";
    case error::codec_missing: return "Register the codec when opening the engine.";
    case error::session_unknown: return "The session has ended; connect again.";
    case error::sessions_full: return "The server is full; try again later.";
    case error::login_required: return "Say who you are first.";
    case error::already_logged_in: return "Log out first.";
    case error::users_full: return "There is no place for another user; try again later.";
    case error::user_sessions_full: return "End another session of this user first.";
    case error::nick_invalid: return "Leave out controls, invisible characters and stray spaces.";
    case error::nick_taken: return "Somebody has this nick; choose another.";
    case error::token_invalid: return "The token is used or too old; log in again.";
    case error::user_unknown: return "There is no such user.";
    case error::room_unknown: return "There is no such room for you.";
    case error::room_name_invalid: return "Use letters, digits and - _ . in a room name.";
    case error::room_exists: return "There is a room of this name; join it or choose another.";
    case error::rooms_full: return "There is no place for another room; try again later.";
    case error::room_full: return "The room is full; try again later.";
    case error::members_full: return "There is no place for another membership; try again later.";
    case error::user_rooms_full: return "Leave a room first.";
    case error::room_managed: return "Only the host says who is in this room.";
    case error::forbidden: return "You may not do this.";
    case error::text_invalid: return "Take out the control character or invalid byte; see at.";
    case error::reply_unknown: return "The message is not in the history of this room.";
    case error::nonce_reused: return "Use a new nonce for a new message.";
    case error::history_full: return "There is no history page left for this room.";
    case error::storage_failed: return "The log did not store the command; try again later.";
    case error::record_invalid: return "The record is damaged or not a record.";
    case error::already_applied: return "The record was applied before.";
    case error::feature_missing: return "Register the feature of this record.";
    case error::behaviour_unknown: return "The record was written by a later version; upgrade.";
    case error::log_torn: return "The log ends inside a record; cut it at the offset.";
    case error::log_damaged: return "The log is damaged before its end; restore it from a copy.";
    case error::snapshot_invalid: return "The snapshot is damaged or not a snapshot.";
    case error::incarnation_stale: return "The node has started again; use a higher incarnation.";
    case error::nodes_full: return "Raise nodes_max.";
    case error::offline: return "There is no connection; try again when there is.";
    case error::connection_lost: return "The connection was lost before the reply.";
    case error::outcome_unknown: return "Nobody knows if it was said; send it again or not.";
    case error::pending_full:
        return "Too many messages are waiting; send them again or discard them.";
    case error::superseded: return "A later login took its place.";
    case error::reply_invalid: return "The server's reply made no sense.";
    }
    return "An unknown error.";
}

}  // namespace chatroom
