#pragma once

#include "../client.hpp"
#include "roster.hpp"
#include "texts.hpp"
#include "timeline.hpp"
#include "wire.hpp"

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
