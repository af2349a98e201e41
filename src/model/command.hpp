#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

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
