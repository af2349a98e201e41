#include "seat.hpp"

namespace chatroom::detail {

constexpr u32 slice_of_room = 256;       // So that a large room does not hold up a small one.
constexpr u32 slice_of_session = 64;

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

}  // namespace chatroom::detail
