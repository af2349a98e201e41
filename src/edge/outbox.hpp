#pragma once

#include "codec.hpp"

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
