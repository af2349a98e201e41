#include "seat.hpp"

namespace chatroom::detail {

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

}  // namespace chatroom::detail
