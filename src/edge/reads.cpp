#include "reads.hpp"

namespace chatroom::detail {

// Messages by their place among those kept: from `low` on, up to but without `high`.
struct places {
    u32 low;
    u32 high;
};

// How many of the messages kept have a number below this one.
static u32 kept_below(u64 first, u32 kept, u64 number) noexcept {
    if (number <= first) return 0;
    return number - first < kept ? static_cast<u32>(number - first) : kept;
}

static places cut_start(u32 low, u32 high, u32 most) noexcept {
    return {high - low > most ? high - most : low, high};
}

static places cut_end(u32 low, u32 high, u32 most) noexcept {
    return {low, high - low > most ? low + most : high};
}

static places around(u32 middle, u32 kept, u32 most) noexcept {
    if (middle == kept) --middle;   // None is that new.
    const u32 low = middle - smaller<u32>(middle, most / 2);
    return cut_start(0, cut_end(low, kept, most).high, most);
}

static places select(u64 first, u32 kept, const history& what, u32 most, bool& complete) noexcept {
    const u64 last = first + kept - 1;
    const auto above = [&](u64 number) {
        return number >= last ? kept : kept_below(first, kept, number + 1);
    };
    complete = true;
    if (kept == 0) return {0, 0};
    const u32 below = kept_below(first, kept, what.number);
    u32 low = 0, high = kept;
    bool newest = true;   // Of too many, the newest are told.
    switch (what.selector) {
    case selector::latest: break;
    case selector::before: high = below; break;
    case selector::after:
        low = above(what.number);
        newest = false;
        break;
    case selector::around: break;
    case selector::between:
        newest = what.number > what.until;
        low = above(newest ? what.until : what.number);
        high = newest ? below : kept_below(first, kept, what.until);
        break;
    }
    if (high < low) high = low;
    const places all = what.selector == selector::around ? around(below, kept, most)
                       : newest                         ? cut_start(low, high, most)
                                                        : cut_end(low, high, most);
    complete = all.high - all.low == high - low;
    return all;
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
    const places found =
        select(first, r.messages, what, page_limit(what.limit, capacity), page.complete);
    const u32 n = found.high - found.low;
    in.messages.read(room, first + found.low, n, out);
    page.room = in.name(room);
    page.messages = {out, n};
    page.first = r.messages == 0 ? 0 : first;
    page.last = r.last;
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
        const u32 slot = at + 1;
        const room_data& r = in.rooms[slot];
        if (r.name_size == 0 || r.closing) continue;
        room_item& item = out[n++];
        item = room_item{};
        item.room = in.name(slot);
        item.title = in.title(slot);
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
