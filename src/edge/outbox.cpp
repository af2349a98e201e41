#include "outbox.hpp"

#include <cstring>

#include "reads.hpp"

namespace chatroom::detail {

// A seat, in one word.
constexpr u32 seat_is_live = 1u << 31;
constexpr u32 seat_untold = 1u << 30;    // `joined` is due.
constexpr u32 seat_named = 1u << 29;     // The client named this cursor.
constexpr u32 seat_heard = 1u << 28;     // `joined` was told before and is due again.
constexpr u32 seat_number = seat_heard - 1;

constexpr u32 slice_of_room = 256;       // So that a large room does not hold up a small one.
constexpr u32 slice_of_session = 64;
constexpr u32 told_alone_costs = 64;     // Encoding for one is as dear as telling so many.

static u32 as_cursor(u64 number) noexcept { return static_cast<u32>(number) & seat_number; }

// The number that a cursor means: the nearest at or below the room's last.
static u64 cursor_number(u32 word, u64 last) noexcept {
    return last - ((last - word) & seat_number);
}

// Ids of sessions: the slot in the lower bits, above it how often the slot was used. The row of one
// that is gone keeps it, marked, for the next one's.
constexpr u32 id_is_over = 1u << 31;

static u8 slot_bits_of(u32 capacity) noexcept {
    u8 bits = 1;
    while (capacity >> bits != 0) ++bits;
    return bits;
}

template <typename T>
static void claim_array(arena& from, T*& at, std::size_t n) noexcept {
    at = static_cast<T*>(from.take_rows(static_cast<u32>(n), sizeof(T), alignof(T)));
}

void outbox::claim(arena& from, const limits& sizes, u32 codecs_used) noexcept {
    sessions.claim(from, sizes.sessions_max);
    slot_bits = slot_bits_of(sizes.sessions_max);
    claim_array(from, faces, sizes.sessions_max);
    claim_array(from, first_of_user, sizes.users_max);
    claim_array(from, seats, std::size_t{sizes.members_max} * sizes.sessions_per_user_max);
    claim_array(from, edges, sizes.rooms_max);
    const u64 seats_max = u64{sizes.members_max} * sizes.sessions_per_user_max;
    const u64 by_session = u64{sizes.sessions_max} * sizes.rooms_per_user_max;
    // An audience for each codec, one for typed sessions; with codecs, one for short frames.
    const u32 used = codecs_used == 0 ? 1 : codecs_used + 2;
    seated.claim(from, static_cast<u32>(smaller(seats_max, by_session)), sizes.rooms_max * used);
    const bool framed = codecs_used != 0;
    claim_array(from, replies, framed ? sizes.sessions_max : 0);
    frame_bytes_max = framed ? sizes.frame_bytes_max : 0;
    frame = static_cast<char*>(from.take(frame_bytes_max, 1));
    page_items_max = framed ? sizes.page_items_max : 0;
}

void outbox::clear() noexcept {
    std::memset(first_of_user + 1, 0, sizeof *first_of_user * in->users.capacity);
}

u32 outbox::find(u32 id) const noexcept {
    const u32 slot = id & ((1u << slot_bits) - 1);
    return slot != nil && slot <= sessions.touched && sessions[slot].id == id ? slot : nil;
}

u32 outbox::open_session(u64 tag) noexcept {
    const u32 before = sessions.freed == nil ? 0 : sessions[sessions.freed].id & ~id_is_over;
    const u32 slot = sessions.take();
    sessions[slot].id = before == 0 ? slot : before + (1u << slot_bits);
    faces[slot] = {session_id{sessions[slot].id}, tag};
    ++count->sessions;
    return slot;
}

void outbox::free_session(u32 session) noexcept {
    u32& id = sessions[session].id;
    const u32 next = id + (1u << slot_bits);
    id |= id_is_over;
    if (next < id_is_over) sessions.give(session);   // Else its ids are used up.
}

// Sending. Everything that leaves does so through this one line.

void outbox::deliver(const recipients& to, const event& what, std::size_t size) noexcept {
    sending = true;
    ++count->sends;
    count->deliveries += to.size();
    send_.fn(to, what, {frame, size}, send_.context);
    sending = false;
}

// Writes an event into `frame`, for typed sessions nothing, and sends it. A message that is too
// long is told without its text.
void outbox::send(const recipients& to, chatroom::wire as, const event& what,
                  u32 capacity) noexcept {
    const codec* by = codecs[static_cast<u32>(as)];
    std::size_t size = by == nullptr ? 0 : by->encode(what, frame, capacity);
    if (by != nullptr && size == 0 && what.type == event_type::message) {
        // `describe_message` made it for this sending alone.
        message& withheld = const_cast<message&>(*what.as<message>());
        withheld.bytes = static_cast<u32>(withheld.text.size());
        withheld.text = {};
        size = by->encode(what, frame, capacity);
    }
    deliver(to, what, size);
}

recipients outbox::alone(u32 session) noexcept {
    budget -= smaller(budget, told_alone_costs);
    sending_session = session;
    return {faces, seated.chunks.rows, &sending_session, 1};
}

void outbox::deliver_to(u32 session, const event& what, std::size_t size) noexcept {
    deliver(alone(session), what, size);
    sending_session = nil;
}

/// Sends an event to one session. @return whether it took it.
bool outbox::tell(u32 session, const event& what) noexcept {
    session_data& d = sessions[session];
    if (d.paused || d.ended) return false;
    if (!d.greeted && what.type != event_type::welcome) return false;   // That comes first.
    send(alone(session), d.wire, what, d.frame_bytes_max);
    sending_session = nil;
    const bool taken = !d.missed && !d.ended;
    settle();
    return taken;
}

void outbox::tell_part(u8 audience, u32 from, const u32* first, u32 n,
                       const event& what) noexcept {
    if (audience == told_apart) {
        tell(*first, what);
    } else {
        send_part(audience, from, first, n, what);
    }
}

// Sends an event to a part of an audience of `sending_room`.
void outbox::send_part(u8 audience, u32 from, const u32* first, u32 n,
                       const event& what) noexcept {
    sending_audience = audience;
    sending_from = from;
    sending_to = from + n;
    send({faces, seated.chunks.rows, first, n}, static_cast<chatroom::wire>(audience), what,
         frame_bytes_max);
    settle();
}

// Pausing and ending. Inside `send` the ranges that the host walks must hold still, so what
// moves seats waits until it returns.

bool outbox::in_span(u32 session) noexcept {
    if (sending_session != nil) return sending_session == session;
    const session_data& d = sessions[session];
    if (sending_room == nil || d.audience != sending_audience || d.user == nil) return false;
    const u32 membership = in->find_membership(d.user, sending_room);
    if (membership == nil) return false;
    const u32 word = seat(session, membership);
    if ((word & seat_is_live) == 0) return false;
    const u32 position = seated.ordinal(word & ~seat_is_live);
    return position >= sending_from && position < sending_to;
}

void outbox::settle_later(u32 session) noexcept {
    session_data& d = sessions[session];
    if (d.settling) return;
    d.settling = true;
    d.settle_next = settle_first;
    settle_first = session;
}

void outbox::pause(u32 session) noexcept {
    session_data& d = sessions[session];
    if (d.paused) return;
    d.paused = true;
    ++count->sessions_paused;
    if (sending && in_span(session)) d.missed = true;
    settle_later(session);
    if (!sending) settle();
}

void outbox::unpause(u32 session) noexcept {
    session_data& d = sessions[session];
    if (!d.paused) return;
    d.paused = false;
    --count->sessions_paused;
    if (!d.settling) want_work(session);
}

void outbox::end(u32 session) noexcept {
    session_data& d = sessions[session];
    d.ended = true;
    faces[session].id = session_id{};   // A host that walks a range meets it no more.
    if (d.paused) --count->sessions_paused;
    --count->sessions;
    d.ended_next = ended_first;
    ended_first = session;
    settle_later(session);
    if (!sending) settle();
}

void outbox::settle() noexcept {
    while (settle_first != nil) {
        const u32 session = settle_first;
        session_data& d = sessions[session];
        settle_first = d.settle_next;
        d.settling = false;
        if (!d.working) d.stopped_at = in->event;
        leave_audiences(session);
        end_work(session);
        d.missed = false;
        if (!d.paused && !d.ended) want_work(session);   // Unpaused within the same send.
    }
}

void outbox::want_work(u32 session) noexcept {
    session_data& d = sessions[session];
    if (d.working || d.paused || d.ended) return;
    d.working = true;
    working.append(links_of(sessions, &session_data::work), session);
}

void outbox::end_work(u32 session) noexcept {
    session_data& d = sessions[session];
    if (!d.working) return;
    d.working = false;
    working.remove(links_of(sessions, &session_data::work), session);
}

// Seats.

void outbox::leave_audiences(u32 session) noexcept {
    const u32 user = sessions[session].user;
    if (user == nil) return;
    for (u32 m = in->users[user].memberships; m != nil; m = in->memberships[m].next) {
        unseat(session, m);
    }
}

// Moves the session of one place to another, because of a seat that goes. The membership of that
// seat may be unlinked by now, and the session moved may be another one of the same user.
void outbox::move_seat(u32 membership, chunk_place to, chunk_place from) noexcept {
    const u32 session = seated.at(from);
    const u32 linked =
        in->find_membership(sessions[session].user, in->memberships[membership].room);
    seated.at(to) = session;
    seat(session, linked != nil ? linked : membership) = seat_is_live | to;
}

// Takes a session out of a room's audience; its cursor says what it was told. While the room is
// being told something, those before the position have it and the others do not.
void outbox::unseat(u32 session, u32 membership) noexcept {
    u32& word = seat(session, membership);
    if ((word & seat_is_live) == 0) return;
    const u32 room = in->memberships[membership].room;
    room_edge& e = edges[room];
    session_data& d = sessions[session];
    chunk_list& list = e.audience[d.audience];
    chunk_place hole = word & ~seat_is_live;
    const u32 position = seated.ordinal(hole);
    const bool here = e.active && d.audience == e.telling;
    const bool told = !e.active || d.audience < e.telling || (here && position < e.position);
    u64 number = told || e.state_told ? e.told : e.from - 1;
    if (d.missed && room == sending_room && sending_number != 0) number = sending_number - 1;
    word = as_cursor(number);
    // What was to be told of the room itself is told to it later, however long ago it changed.
    const bool state_missed = d.missed && room == sending_room && sending_number == 0;
    if (e.changed || e.counted || state_missed || (e.active && e.state_told && !told)) {
        d.stopped_at = smaller(d.stopped_at, in->rooms[room].changed_at);
    }
    if (here && position < e.position) {
        const chunk_place edge = e.position == list.count ? seated.last(list) : seated.before(e.at);
        if (edge != hole) move_seat(membership, hole, edge);
        hole = e.at = edge;
        --e.position;
    }
    const chunk_place last = seated.last(list);
    if (last != hole) move_seat(membership, hole, last);
    seated.pop(list);
}

void outbox::seat_live(u32 session, u32 membership) noexcept {
    chunk_list& list = edges[in->memberships[membership].room].audience[sessions[session].audience];
    seat(session, membership) = seat_is_live | seated.push(list, session);
}

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

// Telling a room: rounds. In a round each session of the audiences is told one thing.

u32 outbox::live_audience(u32 room) const noexcept {
    u32 n = 0;
    for (const chunk_list& list : edges[room].audience) n += list.count;
    return n;
}

// Starts a round if none is under way; `pump` goes on with it.
void outbox::want_round(u32 room) noexcept {
    room_edge& e = edges[room];
    if (e.active || !next_round(room) || e.lagging) return;
    e.lagging = true;
    e.lag_next = nil;
    (lag_last == nil ? lag_first : edges[lag_last].lag_next) = room;
    lag_last = room;
}

bool outbox::next_round(u32 room) noexcept {
    room_edge& e = edges[room];
    const room_data& r = in->rooms[room];
    const bool behind = e.told < r.last;
    e.active = (behind || e.changed) && live_audience(room) != 0;
    if (!e.active) {
        e.told = r.last;
        e.changed = false;
        return false;
    }
    e.state_told = !behind;
    if (behind) {
        e.from = e.told + 1;
        const u64 first = in->messages.first(r);
        e.told = e.from < first ? first - 1 : e.from;
    } else {
        e.changed = false;
    }
    e.telling = 0;
    e.position = 0;
    return true;
}

bool outbox::tell_room(u32 room, u32 most) noexcept {
    room_edge& e = edges[room];
    if (in->rooms[room].closing) e.active = false;
    while (e.active) {
        if (e.position < e.audience[e.telling].count) {
            if (budget == 0 || most == 0) return false;
            const u32 before = budget;
            tell_slice(room, budget < most ? budget : most);
            most -= smaller(most, before - budget);   // One told alone may take more.
        } else {
            e.position = 0;
            if (++e.telling == audiences) next_round(room);
        }
    }
    return true;
}

inline void outbox::tell_slice(u32 room, u32 most) noexcept {
    room_edge& e = edges[room];
    const chunk_list& list = e.audience[e.telling];
    if (e.position == 0) e.at = chunk_pool::make(list.head, 0);
    u32 n = list.count - e.position;
    if (n > most) n = most;
    if (e.telling == told_apart) {
        n = 1;   // `tell` takes it from the budget.
    } else {
        budget -= n;
    }
    sending_room = room;
    sending_number = e.state_told ? 0 : e.from;
    send_round(room, n);
    sending_room = nil;
    sending_number = 0;
}

void outbox::send_round(u32 room, u32 n) noexcept {
    room_edge& e = edges[room];
    const chunk_list& list = e.audience[e.telling];
    const u32* const first = &seated.at(e.at);
    const u8 telling = e.telling;
    const u32 from = e.position;
    // What is sent counts as told before the host can pause or end anybody.
    e.position += n;
    if (e.position < list.count) e.at = seated.after(e.at, n);
    if (e.state_told) {
        tell_part(telling, from, first, n, describe_state(room));
    } else if (e.from < e.told || e.told < in->messages.first(in->rooms[room])) {
        count->gaps += n;
        tell_part(telling, from, first, n, gap{in->name(room), e.from, e.told});
    } else {
        tell_part(telling, from, first, n, describe_message(room, e.told));
    }
}

// A notice that nobody must have: the roster's number shows who missed it.
void outbox::notify(u32 room, const event& what) noexcept {
    room_edge& e = edges[room];
    const u32 n = live_audience(room);
    if (n == 0 || in->rooms[room].closing) return;
    if (in->rooms[room].members.count > in->rules.presence_members_max) {
        if (e.counted) return;
        e.counted = true;
        e.count_next = count_first;
        count_first = room;
        return;
    }
    if (e.active || n > budget) {
        count->transients_dropped += n;
        e.changed = true;
        want_round(room);
        return;
    }
    budget -= n;
    sending_room = room;
    for (u8 a = 0; a < told_apart; ++a) {
        const chunk_list& list = e.audience[a];
        if (list.count != 0) send_part(a, 0, entries(list), list.count, what);
    }
    const chunk_list& apart = e.audience[told_apart];
    const u32 all = apart.count;
    for (u32 i = 0; i < apart.count;) {
        const u32 session = seated.at(seated.find(apart, i));
        if (tell(session, what)) ++i;
    }
    sending_room = nil;
    if (apart.count == all) return;
    e.changed = true;   // Somebody moved to where the walk had been.
    want_round(room);
}

void outbox::tell_counts() noexcept {
    for (u32 room = count_first; room != nil; room = edges[room].count_next) {
        edges[room].counted = false;
        edges[room].changed = true;
        want_round(room);
    }
    count_first = nil;
}

// Catching up: everything a session missed, room by room, in order.

bool outbox::catch_up(u32 session) noexcept {
    session_data& d = sessions[session];
    if (!d.greeted && !greet(session)) return false;
    if (d.replying && !d.waiting && !frames->send_reply(*this, session)) return false;
    if (d.user == nil) return true;
    if (d.resync) {
        if (!tell(session, resync{})) return false;
        d.resync = false;
        d.finale = true;
        leave_audiences(session);
        for (u32 m = in->users[d.user].memberships; m != nil; m = in->memberships[m].next) {
            seat(session, m) = (seat(session, m) & ~seat_heard) | seat_untold;
        }
    }
    if (d.renamed) {
        if (!tell_you(session)) return false;
        d.renamed = false;
    }
    bool all_live = true;
    u32 slice = slice_of_session;
    for (u32 m = in->users[d.user].memberships; m != nil; m = in->memberships[m].next) {
        if (catch_up_room(session, m, slice)) continue;
        if (d.paused || d.ended) return false;
        all_live = false;
    }
    if (!all_live) return false;
    if (d.finale && !tell(session, caught_up{})) return false;
    d.finale = false;
    return true;
}

bool outbox::tell_joined(u32 session, u32 membership) noexcept {
    const u32 room = in->memberships[membership].room;
    const u32 word = seat(session, membership);
    const room_data& r = in->rooms[room];
    u64 number = cursor_number(word, r.last);
    const u64 first = in->messages.first(r);
    if ((word & seat_named) == 0 && number + 1 < first) {   // Asked for, not missed: no gap.
        number = first - 1;
        seat(session, membership) = (word & ~seat_number) | as_cursor(number);
    }
    joined now = describe_room(room, sessions[session].user, false);
    if (number < r.last) now.from = number + 1 < first ? first : number + 1;
    if ((word & seat_named) != 0) {
        now.resume = number == r.last      ? resumption::complete
                     : number + 1 >= first ? resumption::continues
                                           : resumption::truncated;
    }
    if (!tell(session, now)) return false;
    seat(session, membership) &= ~(seat_untold | seat_named | seat_heard);
    if (sessions[session].room == nil) sessions[session].room = room;
    return true;
}

bool outbox::catch_up_room(u32 session, u32 membership, u32& slice) noexcept {
    session_data& d = sessions[session];
    const u32 room = in->memberships[membership].room;
    const room_data& r = in->rooms[room];
    if ((seat(session, membership) & seat_is_live) != 0 || r.closing) return true;
    const bool untold = (seat(session, membership) & seat_untold) != 0;
    if (untold && (budget == 0 || !tell_joined(session, membership))) return false;
    u64 number = cursor_number(seat(session, membership), r.last);
    while (number < r.last) {
        if (budget == 0 || slice == 0) return false;
        --slice;
        const u64 first = in->messages.first(r);
        if (number + 1 < first) {
            if (!tell(session, gap{in->name(room), number + 1, first - 1})) return false;
            ++count->gaps;
            number = first - 1;
        } else {
            if (!tell(session, describe_message(room, number + 1))) return false;
            ++count->deliveries_caught_up;
            ++number;
        }
        seat(session, membership) = as_cursor(number);
    }
    // While the room's others lag behind, going live would bring the same again.
    if (edges[room].active) return false;
    if (!untold && r.changed_at >= d.stopped_at && !tell(session, describe_state(room))) {
        return false;
    }
    seat_live(session, membership);
    return true;
}

void outbox::pump() noexcept {
    if (idle()) return;
    for (u32 before = budget + 1; !idle() && budget != before && budget != 0;) {
        before = budget;
        // Rooms leave half of it for those who wait for replies or catch up.
        const u32 kept = working.first != nil ? budget / 2 : 0;
        budget -= kept;
        const u32 last_room = lag_last;
        for (u32 room = nil; lag_first != nil && budget != 0 && room != last_room;) {
            room = lag_first;
            lag_first = edges[room].lag_next;
            if (lag_first == nil) lag_last = nil;
            edges[room].lagging = false;
            if (tell_room(room, lag_first == nil ? budget : slice_of_room)) continue;
            edges[room].lagging = true;
            edges[room].lag_next = nil;
            (lag_last == nil ? lag_first : edges[lag_last].lag_next) = room;
            lag_last = room;
        }
        budget += kept;
        u32 turns = 0;
        for (u32 w = working.first; w != nil; w = sessions[w].work.next) ++turns;
        for (; working.first != nil && budget != 0 && turns != 0; --turns) {
            const u32 session = working.first;
            const bool done = catch_up(session);
            if (!sessions[session].working) continue;
            end_work(session);
            if (!done) want_work(session);
        }
    }
}

// Events from the state as it is.

message outbox::describe_message(u32 room, u64 number) const noexcept {
    return in->messages.read(room, number, in->name(room));
}

chatroom::room outbox::describe_state(u32 room) const noexcept {
    const room_data& r = in->rooms[room];
    chatroom::room now;
    now.name = in->name(room);
    now.title = in->title(room);
    now.topic = in->topic(room);
    now.owner = r.owner;
    now.capacity = r.capacity;
    now.persistent = r.persistent;
    now.managed = r.managed;
    now.members = r.members.count;
    now.roster = r.roster;
    return now;
}

joined outbox::describe_room(u32 room, u32 user, bool by_host) const noexcept {
    const room_data& r = in->rooms[room];
    joined now;
    now.id = r.id;
    now.room = in->name(room);
    now.title = in->title(room);
    now.topic = in->topic(room);
    now.owner = r.owner;
    now.capacity = r.capacity;
    now.persistent = r.persistent;
    now.managed = r.managed;
    const bool owner = by_host || (user != nil && in->users[user].id == r.owner);
    now.rights = view(r.managed && !by_host ? (owner ? "post set" : "post")
                                            : (owner ? "post leave set" : "post leave"));
    now.members = r.members.count;
    now.roster = r.roster;
    now.first = r.messages == 0 ? 0 : in->messages.first(r);
    now.last = r.last;
    return now;
}

bool outbox::greet(u32 session) noexcept {
    session_data& d = sessions[session];
    welcome hello;
    hello.features = view(features);
    hello.time = clock;
    hello.frame_bytes_max = d.frame_bytes_max;
    hello.message_bytes_max = in->shared.message_bytes_max;
    hello.nick_bytes_max = in->shared.nick_bytes_max;
    hello.room_name_bytes_max = in->shared.room_name_bytes_max;
    hello.nonce_bytes_max = in->shared.nonce_bytes_max;
    hello.page_items_max = page_items_max;
    hello.rooms_per_user_max = in->shared.rooms_per_user_max;
    hello.resume_window_ms = in->rules.resume_window_ms;
    d.greeted = tell(session, hello);
    return d.greeted;
}

void to_hex(const u8 (&bytes)[16], char* out) noexcept {
    for (u32 i = 0; i < 16; ++i) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
}

}  // namespace chatroom::detail
