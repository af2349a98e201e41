#include "error_words.hpp"

#include <cstddef>

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
