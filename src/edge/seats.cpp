#include "seat.hpp"

namespace chatroom::detail {

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

}  // namespace chatroom::detail
