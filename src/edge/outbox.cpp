#include "seat.hpp"

#include <cstring>

namespace chatroom::detail {

constexpr u32 told_alone_costs = 64;     // Encoding for one is as dear as telling so many.

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

}  // namespace chatroom::detail
