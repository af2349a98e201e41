#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"
#include "engine.hpp"
#include "model/command.hpp"
#include "model/event.hpp"

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
