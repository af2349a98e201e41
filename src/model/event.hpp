#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../base/error.hpp"
#include "command.hpp"

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
