#include "roster.hpp"

namespace chatroom::detail {

constexpr u32 restarts_max = 3;   // Of a reading, while people come and go.

std::string_view cut_text(std::string_view text, u32 bytes_max) noexcept {
    if (text.size() <= bytes_max) return text;
    std::size_t size = bytes_max;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    return {text.data(), size};
}

// Members. There are few, and their order means nothing.

u32 roster::find(u64 user) const noexcept {
    for (u32 at = 0; at < size; ++at) {
        if (members[at].user == user) return at;
    }
    return nowhere;
}

bool roster::put(u64 user, std::string_view nick, bool online) noexcept {
    u32 at = find(user);
    if (at == nowhere) {
        if (size == capacity) return false;
        at = size++;
        members[at] = member_data{};
    }
    const std::string_view shown = cut_text(nick, nicks.stride);
    members[at].user = user;
    members[at].nick_size = static_cast<u8>(shown.size());
    members[at].online = online;
    nicks.set(at, shown);
    return true;
}

void roster::remove(u32 at) noexcept {
    --size;
    if (at == size) return;
    members[at] = members[size];
    nicks.set(at, nicks.view(size, members[size].nick_size));
}

client_member roster::member(u32 at) const noexcept {
    return {members[at].user, nicks.view(at, members[at].nick_size), members[at].online};
}

// What is told of the room.

bool roster::take_state(u32 members_count, u64 roster_number) noexcept {
    const bool follows = roster_number == number && known;
    count = members_count;
    number = roster_number;
    return follows;
}

bool roster::take_entered(const entered& what) noexcept {
    const bool follows = what.roster == number + 1 && known && what.user != 0;
    number = what.roster;
    count = what.members;
    if (!follows) return false;
    const u32 at = find(what.user);
    return put(what.user, what.nick, at == nowhere || members[at].online);
}

bool roster::take_exited(const exited& what) noexcept {
    const bool follows = what.roster == number + 1 && known && what.user != 0;
    number = what.roster;
    count = what.members;
    if (!follows) return false;
    const u32 at = find(what.user);
    if (at != nowhere) remove(at);
    return true;
}

bool roster::take_renamed(const renamed& what) noexcept {
    const bool follows = what.roster == number + 1 && known && what.user != 0;
    number = what.roster;
    if (!follows) return false;
    const u32 at = find(what.user);
    return put(what.user, what.nick, at == nowhere || members[at].online);
}

bool roster::miss() noexcept {
    const bool fits = count <= capacity;
    const bool is_new = known || (!fits && size > 0);
    known = false;
    stale = fits;
    if (!fits) {
        size = 0;
        reading = false;
    }
    return is_new;
}

// Reading. The members of before stay until the reading has told who is there.

void roster::begin_again() noexcept {
    for (u32 at = 0; at < size; ++at) members[at].read = false;
    read = 0;
    wanted = 0;
    reading = true;
}

void roster::begin_reading(u64 now, u32 pause_ms) noexcept {
    stale = false;
    read_at = now + pause_ms;
    restarts = 0;
    begin_again();
}

void roster::drop_unread() noexcept {
    for (u32 at = size; at-- > 0;) {
        if (!members[at].read) remove(at);
    }
}

bool roster::take_page(const members_page& page, const incoming_list& items, u64 after,
                       u64& next) noexcept {
    next = 0;
    if (!reading && after == 0) {
        restarts = 0;
        begin_again();
    }
    if (!reading || after != wanted) return false;   // Of a reading that was given up.
    if (read > 0 && read_number != page.roster) {
        begin_again();
        ++restarts;
        if (after > 0 && restarts <= restarts_max) return true;
        if (after > 0) {
            end(false);
            return false;
        }
    }
    if (known && page.roster < number) {   // The members are right as of later: do not touch them.
        end(false);
        return false;
    }
    known = known && page.roster == number;
    read_number = page.roster;
    u32 at = 0;
    for (member_item item; items.next(at, item);) {
        if (item.user == 0) continue;
        if (size == capacity && find(item.user) == nowhere) {
            known = false;
            drop_unread();
        }
        if (!put(item.user, item.nick, item.online)) {   // More than `count` said.
            reading = false;
            return false;
        }
        member_data& m = members[find(item.user)];
        if (!m.read) ++read;
        m.read = true;
    }
    if (page.complete) {
        end(true);
        return false;
    }
    next = wanted = page.next;
    reading = next > after;
    return reading;
}

// A reading that is older than what notices told meanwhile is worth nothing: later again.
void roster::end(bool whole) noexcept {
    reading = false;
    stale = !whole || read_number < number;
    if (stale) return;
    drop_unread();
    number = read_number;
    count = size;
    known = true;
}

}  // namespace chatroom::detail
