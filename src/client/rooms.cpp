#include "core.hpp"

namespace chatroom::detail {

// The rooms that the user is in, and what the server tells of them.

u32 client_core::find_room(std::string_view called) const noexcept {
    for (u32 i = 0; i < rooms_count; ++i) {
        if (name(order[i]) == called) return order[i];
    }
    return nil;
}

// nil when there is no place for it.
u32 client_core::add_room(std::string_view called) noexcept {
    if (rooms.full() || called.empty() || called.size() > names.stride) return nil;
    const u32 slot = rooms.take();
    held_room& r = rooms[slot];
    names.set(slot, called);
    r.name_size = static_cast<u8>(called.size());
    r.messages.rules = &rules;
    const std::size_t before = slot - 1;   // Rooms.
    r.messages.entries = entries + before * rules.capacity();
    r.people.capacity = how.members_max;
    r.people.members = members + before * how.members_max;
    r.people.nicks = {nicks + before * how.members_max * how.nick_bytes_max, how.nick_bytes_max};
    order[rooms_count++] = slot;
    return slot;
}

// Its slot is free again when the host has been told.
void client_core::drop_room(u32 slot) noexcept {
    held_room& r = rooms[slot];
    u32 at = 0;
    while (order[at] != slot) ++at;
    --rooms_count;
    std::memmove(order + at, order + at + 1, (rooms_count - at) * sizeof *order);
    r.messages.restart(1);
    for (u32 i = posts_count; i-- > 0;) {
        if (posts[i].room == slot) remove_post(i);
    }
    for (u32 each = queue.first; each != nil; each = commands[each].next) {
        if (commands[each].room == slot) commands[each].room = nil;
    }
    r.changed = news_of(client_news::room);
    r.next_gone = rooms_gone;
    rooms_gone = slot;
}

// As another user. That an id is the same tells nothing: the server may have begun anew.
void client_core::rejoin(u32 slot) noexcept {
    held_room& r = rooms[slot];
    if (r.id != 0) r.was = r.id;
    r.id = 0;
    send_command(errand::rejoin, slot, 0);
}

u32 client_core::live_room(std::string_view called) noexcept {
    const u32 slot = find_room(called);
    if (slot != nil && rooms[slot].live) return slot;
    ++faults;
    return nil;
}

void client_core::take_state(u32 slot, const chatroom::room& what) noexcept {
    held_room& r = rooms[slot];
    const auto keep = [slot](const column& in, std::string_view text) noexcept {
        const std::string_view kept = cut_text(text, in.stride);
        column(in).set(slot, kept);
        return static_cast<u16>(kept.size());
    };
    r.title_size = keep(titles, what.title);
    r.topic_size = keep(topics, what.topic);
    r.owner = what.owner;
    r.capacity = what.capacity;
    r.persistent = what.persistent;
    r.managed = what.managed;
}

void client_core::take_joined(const joined& what) noexcept {
    u32 slot = find_room(what.room);
    if (slot == nil) slot = add_room(what.room);
    if (slot == nil) {
        ++faults;
        return;
    }
    held_room& r = rooms[slot];
    r.loading = r.filling = false;
    r.people.cut();
    take_state(slot, {what.room, what.title, what.topic, what.owner, what.capacity,
                      what.persistent, what.managed, what.members, what.roster});
    r.people.take_state(what.members, what.roster);
    const std::string_view may = cut_text(what.rights, rights.stride);
    rights.set(slot, may);
    r.rights_size = static_cast<u8>(may.size());
    r.live = true;
    r.told = what.last;
    note(slot, client_news::room);
    go_on(slot, what);
    want_members(slot);
    advance(slot);
    for (u32 each = entering.first; each != nil;) {
        const u32 next = commands[each].next;
        if (texts.view(commands[each].text) == what.room) {
            unlink(entering, each);
            conclude(each, error::none, nullptr, nullptr);
        }
        each = next;
    }
}

// Where the messages go on that are told from now on, against what is held.
void client_core::go_on(u32 slot, const joined& what) noexcept {
    held_room& r = rooms[slot];
    const u64 from = smaller(what.from != 0 ? what.from : what.last + 1, what.last + 1);
    const u64 first = what.first != 0 ? what.first : what.last + 1;
    const bool same = what.id == (r.id != 0 ? r.id : r.was);
    r.seen = same ? smaller(r.seen, what.last) : what.last;
    if (r.id != what.id || what.id == 0 || what.last < r.messages.last ||
        from < r.messages.begin) {
        begin_posts_anew(slot, same);
        r.unread = 0;
        note_all(slot, r.messages.restart(from));
    } else if (from > r.messages.last + 1) {
        note_all(slot, r.messages.miss(from, first));
    }
    r.id = what.id;
    if (first >= r.messages.begin) r.messages.complete = true;
}

void client_core::take_room(const chatroom::room& what) noexcept {
    const u32 slot = live_room(what.name);
    if (slot == nil) return;
    take_state(slot, what);
    note(slot, client_news::room);
    if (!rooms[slot].people.take_state(what.members, what.roster)) want_members(slot);
}

// What can be done once more is known of a room's messages.
void client_core::advance(u32 slot) noexcept {
    held_room& r = rooms[slot];
    settle_posts(slot, {});
    send_posts(slot);
    const entry_data* const hole = r.filling || !r.live ? nullptr : r.messages.hole();
    if (hole == nullptr) return;
    r.filling = true;
    send_command(errand::fill, slot, hole->to + 1);
}

void client_core::take_message(const message& what) noexcept {
    const u32 slot = live_room(what.room);
    if (slot == nil) return;
    if (what.number == 0) {
        ++faults;
        return;
    }
    held_room& r = rooms[slot];
    const news told = r.messages.take(what);
    if (told == 0) return;
    note_all(slot, told);
    count_unread(slot, what);
    settle_posts(slot, what.nonce);
    note_all(slot, r.messages.trim(r.held));
    advance(slot);
}

void client_core::take_gap(const gap& what) noexcept {
    const u32 slot = live_room(what.room);
    if (slot == nil) return;
    if (what.from == 0 || what.to < what.from) {
        ++faults;
        return;
    }
    note_all(slot, rooms[slot].messages.lose(what.from, what.to));
    advance(slot);
}

void client_core::count_unread(u32 slot, const message& m) noexcept {
    held_room& r = rooms[slot];
    if (m.number <= r.seen || m.user == user) return;
    ++r.unread;
    note(slot, client_news::room);
}

void client_core::count_page(u32 slot, const incoming_list& page, bool unread) noexcept {
    u32 at = 0;
    for (message m; page.next(at, m);) {
        if (m.number == 0) continue;
        if (unread) count_unread(slot, m);
        settle_posts(slot, m.nonce);
    }
}

// Members.

void client_core::want_members(u32 slot) noexcept {
    if (rooms[slot].people.miss()) note(slot, client_news::members);
    read_members(slot);
}

void client_core::read_members(u32 slot) noexcept {
    held_room& r = rooms[slot];
    if (!r.live || !r.people.waits() || now < r.people.read_at) return;
    r.people.begin_reading(now, how.members_pause_ms);
    send_command(errand::members, slot, 0);
}

void client_core::take_members(u32 slot, const incoming& in, u64 after) noexcept {
    roster& people = rooms[slot].people;
    u64 next = 0;
    const incoming_list items{frames, &in, &more};
    if (people.take_page(in.as<members_page>(), items, after, next)) {
        return send_command(errand::members, slot, next);
    }
    if (!people.known) return;
    note(slot, client_news::members);
    note(slot, client_news::room);
}

// `entered`, `exited` and `renamed`.
void client_core::take_notice(const incoming& in) noexcept {
    const bool came = in.type() == event_type::entered;
    const bool went = in.type() == event_type::exited;
    const u32 slot = live_room(in.as<entered>().room);   // In all of them the first member.
    if (slot == nil) return;
    roster& people = rooms[slot].people;
    const u64 number = came   ? in.as<entered>().roster
                       : went ? in.as<exited>().roster
                              : in.as<renamed>().roster;
    if (number <= people.number) return;
    const bool follows = came   ? people.take_entered(in.as<entered>())
                         : went ? people.take_exited(in.as<exited>())
                                : people.take_renamed(in.as<renamed>());
    if (came || went) note(slot, client_news::room);
    if (follows && people.count <= how.members_max) {
        note(slot, client_news::members);
    } else {
        want_members(slot);
    }
}

}  // namespace chatroom::detail
