#include "seat.hpp"

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
