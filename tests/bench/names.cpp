// Goal 7: names and handles, joining and leaving.

#include <map>
#include <unordered_map>

#include "bench.hpp"
#include "edge/outbox.hpp"
#include "unwatched.hpp"

using namespace bench;
using namespace chatroom::detail;

namespace {

struct rooms_state {
    state in;
    std::vector<u64> memory;

    explicit rooms_state(const chatroom::limits& sizes) : in({sizes}) {
        arena counted;
        in.claim(counted);
        memory.resize(counted.used / 8 + 16);
        arena real{reinterpret_cast<char*>((reinterpret_cast<std::uintptr_t>(memory.data()) + 63) &
                                           ~std::uintptr_t{63}), 0};
        in.claim(real);
        in.clear();
        in.watch = &nobody;
        in.key[0] = 0x12345678;
        in.key[1] = 0x9abcdef0;
    }
};

chatroom::limits small_tables() {
    chatroom::limits sizes;
    sizes.users_max = sizes.sessions_max = 16;
    sizes.sessions_per_user_max = 1;
    sizes.history_pages_max = 4;
    return sizes;
}

std::string name_of(u32 i) { return "room-number-" + std::to_string(i * 7919); }

void names(u32 count, double goal) {
    chatroom::limits sizes = small_tables();
    sizes.rooms_max = count;
    rooms_state s(sizes);
    std::unordered_map<std::string, u32> map;
    std::vector<std::string> asked;
    for (u32 i = 0; i < count; ++i) {
        s.in.add_room(name_of(i), 0);
        map.emplace(name_of(i), i);
    }
    for (u32 i = 0; i < 65536; ++i) asked.push_back(name_of(i * 2654435761u % count));
    std::size_t a = 0, b = 0;
    series t;
    const auto theirs = t.add(1, [&] { keep(map.find(asked[a++ & 65535])->second); });
    const auto ours = t.add(1, [&] { keep(s.in.find_room(asked[b++ & 65535])); });
    t.measure();
    const std::string of = ", " + std::to_string(count) + " names";
    line("std::unordered_map::find" + of, t.ns(theirs), "ns", 0, 0);
    line("find_room" + of, t.ns(ours), "ns", t.ratio(ours, theirs), goal);
}

// A session's id to its row, as every call does first.
void handles() {
    constexpr u32 count = 10000;
    chatroom::limits sizes = small_tables();
    sizes.sessions_max = count;
    arena counted;
    outbox probe{};
    probe.claim(counted, sizes, 0);
    std::vector<u64> memory(counted.used / 8 + 16);
    arena real{reinterpret_cast<char*>((reinterpret_cast<std::uintptr_t>(memory.data()) + 63) &
                                       ~std::uintptr_t{63}), 0};
    outbox out{};
    chatroom::statistics statistics;
    out.claim(real, sizes, 0);
    out.count = &statistics;
    std::vector<u32> ids, index, rows(16384, 1);
    for (u32 i = 0; i < count; ++i) ids.push_back(out.sessions[out.open_session(0)].id);
    for (u32 i = 0; i < 65536; ++i) index.push_back(i * 2654435761u % count);
    std::size_t a = 0, b = 0;
    series t;
    const auto load = t.add(1, [&] { keep(rows[ids[index[a++ & 65535]] % 16384]); });
    const auto handle = t.add(1, [&] { keep(out.find(ids[index[b++ & 65535]])); });
    t.measure();
    line("array load, 10000 rows", t.ns(load), "ns", 0, 0);
    line("id of a session to its row, checked", t.ns(handle), "ns", t.ratio(handle, load), 3);
}

void membership(u32 count) {
    chatroom::limits sizes = small_tables();
    sizes.users_max = sizes.members_max = count + 1;
    rooms_state s(sizes);
    std::map<std::string, std::map<u64, u32>> book;
    const u32 room = s.in.add_room("lobby", 0);
    s.in.rooms[room].persistent = true;
    for (u32 i = 0; i <= count; ++i) {
        const u32 user = s.in.add_user("user" + std::to_string(i), i);
        if (i == count) break;
        s.in.add_member(user, room);
        book["lobby"][user] = i;
    }
    series t;
    const auto theirs = t.add(1, [&] {
        book["lobby"][count / 2 * 2 + 1] = 1;
        book["lobby"].erase(count / 2 * 2 + 1);
    });
    const auto ours = t.add(1, [&] {
        s.in.add_member(count, room);
        s.in.remove_member(count, s.in.find_membership(count, room), chatroom::parting::left);
    });
    t.measure();
    const std::string of = ", room of " + std::to_string(count);
    line("map of maps, insert and erase" + of, t.ns(theirs), "ns", 0, 0);
    line("add_member and remove_member" + of, t.ns(ours), "ns", t.ratio(ours, theirs),
         count >= 10000 ? 0.15 : 0);
}

void whole_join() {
    adding_sink sink;
    party people;
    people.open(party::sized(10001, 10002), hosted_with(chatroom::send_via(sink)), 10001,
                chatroom::wire::typed);
    people.fill("lobby", 10000);
    series t;
    const auto both = t.add(1, [&] {
        party::done(people.chat.submit(people.sessions[10000], chatroom::join{"lobby"}));
        party::done(people.chat.submit(people.sessions[10000], chatroom::leave{"lobby"}));
    });
    t.measure();
    line("submit(join) and submit(leave), room of 10000", t.ns(both), "ns", 0, 0);
}

}  // namespace

int main() {
    heading("Names, handles, members: goal 7");
    names(100, 0);
    names(10000, 0.75);
    names(1000000, 0.75);
    handles();
    membership(10);
    membership(10000);
    whole_join();
}
