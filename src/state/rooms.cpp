#include "state.hpp"

#include <cstring>

namespace chatroom::detail {

// Rooms.

u32 state::find_room(std::string_view folded) const noexcept {
    const u32 hash = keyed_hash(key, folded);
    for (u32 slot = nil; (slot = rooms_by_name.next(hash, slot)) != nil;) {
        if (is_same_text(name(slot), folded)) return slot;
    }
    return nil;
}

bool state::can_see(u32 user, bool by_host, u32 room) const noexcept {
    if (room == nil || rooms[room].closing) return false;
    return by_host || (user != nil && find_membership(user, room) != nil);
}

u32 state::add_room(std::string_view room_name, u64 owner) noexcept {
    const u32 slot = rooms.take();
    room_data& r = rooms[slot];
    r.id = ++rooms_made;
    r.owner = owner;
    r.capacity = rules.room_capacity;
    r.reserved = rules.room_pages_reserved;
    r.changed_at = event;
    messages.reserved += r.reserved;
    names.set(slot, room_name);
    r.name_size = static_cast<u8>(room_name.size());
    rooms_order.append(links_of(rooms, &room_data::order), slot);
    rooms_by_name.insert(keyed_hash(key, room_name), slot);
    watch->room_reset(watching, slot);
    return slot;
}

void state::set_text(u32 room, std::string_view title, std::string_view topic) noexcept {
    room_data& r = rooms[room];
    titles.set(room, title);
    topics.set(room, topic);
    r.title_size = static_cast<u16>(title.size());
    r.topic_size = static_cast<u16>(topic.size());
}

void state::room_changed(u32 room) noexcept {
    rooms[room].changed_at = event;
    watch->room_changed(watching, room);
}

// From here on nobody sees it and its name is free; what it holds is taken away bit by bit.
void state::close_room(u32 room) noexcept {
    room_data& r = rooms[room];
    r.closing = true;
    rooms_by_name.remove(keyed_hash(key, name(room)), room);
    rooms_order.remove(links_of(rooms, &room_data::order), room);
    rooms_closing.append(links_of(rooms, &room_data::order), room);
}

/// Takes away what a closing room holds; true when all of it and the room are gone.
bool state::reap_room(u32 room) noexcept {
    room_data& r = rooms[room];
    for (; r.members.count != 0; --effects) {
        if (effects == 0) return false;
        const u32 user = member_lists.at(member_lists.last(r.members));
        drop_member(user, find_membership(user, room), parting::destroyed);
    }
    return reap_empty_room(room);
}

bool state::reap_empty_room(u32 room) noexcept {
    room_data& r = rooms[room];
    for (; r.pages != 0; --effects) {
        if (effects == 0) return false;
        messages.give_page(room);
    }
    watch->room_reset(watching, room);
    messages.reserved -= r.reserved;
    rooms_closing.remove(links_of(rooms, &room_data::order), room);
    r.name_size = 0;   // Lists pass by it.
    rooms.give(room);
    return true;
}

// Members.

u32 state::find_membership(u32 user, u32 room) const noexcept {
    u32 m = users[user].memberships;
    while (m != nil && memberships[m].room != room) m = memberships[m].next;
    return m;
}

u32 state::add_member(u32 user, u32 room) noexcept {
    user_data& u = users[user];
    room_data& r = rooms[room];
    u32* link = &u.memberships;
    while (*link != nil && rooms[memberships[*link].room].id < r.id) {
        link = &memberships[*link].next;
    }
    const u32 slot = memberships.take();
    memberships[slot] = {room, *link, member_lists.push(r.members, user)};
    *link = slot;
    ++u.rooms;
    ++r.roster;
    r.changed_at = event;
    watch->member_added(watching, user, slot);
    return slot;
}

// The last of the room's list takes the place.
void state::unlist_member(const membership_data& m) noexcept {
    chunk_list& members = rooms[m.room].members;
    const chunk_place end = member_lists.last(members);
    if (m.at != end) {
        const u32 moved = member_lists.at(end);
        member_lists.at(m.at) = moved;
        memberships[find_membership(moved, m.room)].at = m.at;
    }
    member_lists.pop(members);
}

void state::drop_member(u32 user, u32 membership, parting reason) noexcept {
    const membership_data& m = memberships[membership];
    room_data& r = rooms[m.room];
    unlist_member(m);
    u32* link = &users[user].memberships;
    while (*link != membership) link = &memberships[*link].next;
    *link = m.next;
    --users[user].rooms;
    ++r.roster;
    r.changed_at = event;
    watch->member_removed(watching, user, membership, reason);
    memberships.give(membership);
}

void state::remove_member(u32 user, u32 membership, parting reason) noexcept {
    const u32 room = memberships[membership].room;
    const room_data& r = rooms[room];
    drop_member(user, membership, reason);
    if (r.members.count == 0 && !r.persistent && !r.closing) {
        close_room(room);
        reap_empty_room(room);
    }
}

// Commands.

static error check_new_room(const state& in, const request& what, fault& why) noexcept {
    if (in.rules.rooms_by_host_only != 0 && !what.by_host()) return why(error::forbidden, "room");
    if (in.rooms.count >= in.shared.rooms_max) {
        return why(error::rooms_full, "rooms_max", in.shared.rooms_max, in.rooms.count);
    }
    const u64 pages = u64{in.messages.reserved} + in.rules.room_pages_reserved;
    if (pages > in.shared.history_pages_max) {
        return why(error::history_full, "history_pages_max", in.shared.history_pages_max, pages);
    }
    return error::none;
}

static error check_new_member(const state& in, u32 user, u32 room, fault& why) noexcept {
    const limits& l = in.shared;
    if (in.memberships.count >= l.members_max) {
        return why(error::members_full, "members_max", l.members_max, in.memberships.count);
    }
    if (in.users[user].rooms >= l.rooms_per_user_max) {
        return why(error::user_rooms_full, "rooms_per_user_max", l.rooms_per_user_max,
                   in.users[user].rooms);
    }
    if (room != nil && in.rooms[room].members.count >= in.rooms[room].capacity) {
        return why(error::room_full, "capacity", in.rooms[room].capacity,
                   in.rooms[room].members.count);
    }
    return error::none;
}

error check_capacity(const state& in, u64 capacity, fault& why) noexcept {
    if (capacity <= in.shared.members_max) return error::none;
    return why(error::number_out_of_range, "capacity", in.shared.members_max, capacity);
}

static error check_create(const state& in, request& what, fault& why) {
    const create& c = what.as<create>();
    if ((c.persistent || c.managed || what.user == nil) && !what.by_host()) {
        return why(error::forbidden, c.persistent ? "persistent" : "managed");
    }
    if (in.find_room(c.room) != nil) return why(error::room_exists, "room");
    if (error e = check_capacity(in, c.capacity, why); e != error::none) return e;
    if (error e = check_new_room(in, what, why); e != error::none) return e;
    return what.user == nil ? error::none : check_new_member(in, what.user, nil, why);
}

static void apply_create(state& in, const request& what, applied& done) {
    const create& c = what.as<create>();
    done.room = in.add_room(c.room, what.user == nil ? 0 : in.users[what.user].id);
    room_data& r = in.rooms[done.room];
    if (c.capacity != 0) r.capacity = c.capacity;
    // A room that the host makes for nobody would be gone before anybody could join it.
    r.persistent = c.persistent || what.user == nil;
    r.managed = c.managed;
    in.set_text(done.room, c.title, c.topic);
    if (what.user != nil) in.add_member(what.user, done.room);
}

static error check_join(const state& in, request& what, fault& why) {
    const u32 room = what.room = in.find_room(what.as<join>().room);
    if (room == nil) {
        if (in.rules.create_on_join == 0) return why(error::room_unknown, "room");
        if (error e = check_new_room(in, what, why); e != error::none) {
            return e == error::forbidden ? why(error::room_unknown, "room") : e;
        }
        return check_new_member(in, what.user, nil, why);
    }
    if (in.find_membership(what.user, room) != nil) return error::none;
    if (in.rooms[room].managed && !what.by_host()) return why(error::room_managed, "room");
    return check_new_member(in, what.user, room, why);
}

static void apply_join(state& in, const request& what, applied& done) {
    done.room = what.room;
    if (done.room == nil) done.room = in.add_room(what.as<join>().room, in.users[what.user].id);
    if (in.find_membership(what.user, done.room) == nil) in.add_member(what.user, done.room);
}

static error check_leave(const state& in, request& what, fault& why) {
    const u32 room = what.room = in.find_room(what.as<leave>().room);
    if (room == nil || in.find_membership(what.user, room) == nil) {
        return why(error::room_unknown, "room");
    }
    if (in.rooms[room].managed && !what.by_host()) return why(error::room_managed, "room");
    return error::none;
}

static void apply_leave(state& in, const request& what, applied&) {
    in.remove_member(what.user, in.find_membership(what.user, what.room),
                     what.by_host() ? parting::removed : parting::left);
}

static constexpr command_rule room_rules[] = {
    {command_type::create, 0, &shape_command_create, check_create, apply_create},
    {command_type::join, needs_user, &shape_command_join, check_join, apply_join},
    {command_type::leave, needs_user, &shape_command_leave, check_leave, apply_leave},
    {command_type::rooms, reads, &shape_command_rooms, nullptr, nullptr},
    {command_type::members, reads, &shape_command_members, nullptr, nullptr},
};

}  // namespace chatroom::detail

namespace chatroom::features {

const detail::feature& rooms() noexcept {
    static constexpr detail::feature all{
        "rooms", detail::room_rules, sizeof detail::room_rules / sizeof *detail::room_rules};
    return all;
}

}  // namespace chatroom::features
