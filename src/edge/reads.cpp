#include "reads.hpp"

namespace chatroom::detail {

message as_event(const stored_message& m, std::string_view room) noexcept {
    message told;
    told.room = room;
    told.number = m.number;
    told.time = m.time;
    told.user = m.user;
    told.nick = m.nick;
    told.kind = m.kind;
    told.text = m.text;
    told.reply_to = m.reply_to;
    told.nonce = m.nonce;
    return told;
}

// Messages low..high, both included, that a selector names, cut down to so many.
struct span_of_messages {
    u64 low;
    u64 high;
    bool complete;
};

static u64 lesser(u64 a, u64 b) noexcept { return a < b ? a : b; }
static u64 greater(u64 a, u64 b) noexcept { return a < b ? b : a; }

static span_of_messages from_end(u64 low, u64 high, u64 most) noexcept {
    if (high + 1 <= low) return {1, 0, true};
    const u64 cut = high - low + 1 > most ? high + 1 - most : low;
    return {cut, high, cut == low};
}

static span_of_messages from_start(u64 low, u64 high, u64 most) noexcept {
    if (high + 1 <= low) return {1, 0, true};
    const u64 cut = high - low + 1 > most ? low + most - 1 : high;
    return {low, cut, cut == high};
}

static span_of_messages around(u64 first, u64 last, u64 number, u64 most) noexcept {
    const u64 middle = lesser(greater(number, first), last);
    const u64 below = lesser(middle - first, most / 2);
    const u64 high = lesser(last, middle - below + most - 1);
    const u64 low = greater(first, high + 1 > most ? high + 1 - most : first);
    return {low, high, low == first && high == last};
}

static span_of_messages select(u64 first, u64 last, const history& what, u64 most) noexcept {
    if (first > last) return {1, 0, true};
    const u64 above = what.number >= last ? last + 1 : greater(what.number + 1, first);
    const u64 below = what.number == 0 ? 0 : lesser(what.number - 1, last);
    switch (what.selector) {
    case selector::latest: return from_end(first, last, most);
    case selector::before: return from_end(first, below, most);
    case selector::after: return from_start(above, last, most);
    case selector::around: return around(first, last, what.number, most);
    case selector::between: break;
    }
    if (what.number <= what.until) {
        const u64 end = what.until == 0 ? 0 : lesser(what.until - 1, last);
        return from_start(above, end, most);
    }
    return from_end(what.until >= last ? last + 1 : greater(what.until + 1, first), below, most);
}

constexpr u32 slots_passed_max = 4096;

static u32 page_limit(u32 asked, u32 capacity) noexcept {
    return asked == 0 || asked > capacity ? capacity : asked;
}

error read_history(const state& in, asker who, u32 room, const history& what, message* out,
                   u32 capacity, history_page& page) noexcept {
    if (!in.can_see(who.user, who.by_host, room)) return error::room_unknown;
    const room_data& r = in.rooms[room];
    const u64 first = in.messages.first(r);
    const span_of_messages found =
        select(first, r.last, what, page_limit(what.limit, capacity));
    u32 n = 0;
    in.messages.read_all(room, found.low, found.high,
                         [&](const stored_message& m) { out[n++] = as_event(m, {}); });
    page.room = in.name(room);
    page.messages = {out, n};
    page.first = r.messages == 0 ? 0 : first;
    page.last = r.last;
    page.complete = found.complete;
    return error::none;
}

// By slots, so a page costs no more than what it lists and the free slots it passes.
error read_rooms(const state& in, const rooms& what, room_item* out, u32 capacity,
                 rooms_page& page) noexcept {
    const u32 most = page_limit(what.limit, capacity);
    const u32 total = in.rooms.touched;
    u32 at = what.after < total ? static_cast<u32>(what.after) : total;
    const u32 end = total - at > slots_passed_max ? at + slots_passed_max : total;
    u32 n = 0;
    for (; at < end && n < most; ++at) {
        const room_data& r = in.rooms[at];
        if (r.name_size == 0 || r.closing) continue;
        room_item& item = out[n++];
        item = room_item{};
        item.room = in.name(at);
        item.title = in.title(at);
        item.members = r.members.count;
        item.capacity = r.capacity;
        item.id = r.id;
        item.managed = r.managed;
    }
    page.rooms = {out, n};
    page.complete = at == total;
    page.next = page.complete ? 0 : at;
    return error::none;
}

error read_members(const state& in, asker who, u32 room, const members& what, member_item* out,
                   u32 capacity, members_page& page) noexcept {
    if (!in.can_see(who.user, who.by_host, room)) return error::room_unknown;
    const room_data& r = in.rooms[room];
    const u32 most = page_limit(what.limit, capacity);
    const u32 total = r.members.count;
    u32 at = what.after < total ? static_cast<u32>(what.after) : total;
    chunk_place where = at < total ? in.member_lists.find(r.members, at) : 0;
    u32 n = 0;
    while (at < total && n < most) {
        const u32 user = in.member_lists.at(where);
        out[n++] = {in.users[user].id, in.nick(user), in.sessions_alive(user) != 0};
        if (++at < total) where = in.member_lists.after(where);
    }
    page.room = in.name(room);
    page.members = {out, n};
    page.roster = r.roster;
    page.complete = at == total;
    page.next = page.complete ? 0 : at;
    return error::none;
}

}  // namespace chatroom::detail
