#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/chunk.hpp"
#include "base/error.hpp"
#include "model/command.hpp"
#include "model/config.hpp"
#include "model/event.hpp"
#include "model/footprint.hpp"

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
