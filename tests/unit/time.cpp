// Time: what is due happens by `advance` records, bit by bit, and a host that sleeps for as long
// as `next_tick` says misses nothing.

#include "catch.hpp"

#include <algorithm>
#include <memory>

#include "../support/log_host.hpp"
#include "edge/record.hpp"

using namespace chatroom;
using logs::dice;
using logs::node;
using logs::start_ms;

namespace {

peer named(const std::string& identity) {
    peer who;
    who.user = identity;
    who.nick = identity;
    return who;
}

command_type type_of(const std::string& record) { return detail::decode_head(record).type; }
std::uint64_t time_of(const std::string& record) { return detail::decode_head(record).time; }

std::size_t count(const node& at, command_type type) {
    std::size_t n = 0;
    for (const auto& record : at.records) n += type_of(record.second) == type ? 1 : 0;
    return n;
}

// A replica that hears the records of another node.
struct replica : node {
    std::size_t heard = 0;

    explicit replica(config how) : node(99) {
        how.node = 9;
        REQUIRE(open(how) == error::none);
    }
    void hear(const node& from) {
        for (; heard < from.records.size(); ++heard) {
            REQUIRE(chat.commit(from.records[heard].second) == error::none);
        }
    }
};

std::size_t online(engine& chat, std::string_view room) {
    static member_item who[1000];
    std::size_t n = 0;
    for (members ask{room};;) {
        const auto page = chat.members(chatroom::host, ask, who, 1000);
        if (page.why != error::none) return 0;
        for (const member_item& each : page.value.members) n += each.online ? 1 : 0;
        if (page.value.complete) return n;
        ask.after = page.value.next;
    }
}

}  // namespace

TEST_CASE("a guest is gone when the resume window is over, and not before") {
    node at;
    config how;
    how.policies.resume_window_ms = 1000;
    REQUIRE(at.open(how) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect().value;
    REQUIRE(at.chat.submit(alice, guest{"alice"}).why == error::none);
    REQUIRE(at.chat.tick(start_ms + 5000) == error::none);
    REQUIRE(at.chat.disconnect(alice) == error::none);
    CHECK(at.chat.next_tick() == 1000);
    REQUIRE(at.chat.tick(start_ms + 5999) == error::none);
    CHECK(at.chat.stats().users == 1);
    CHECK(count(at, command_type::advance) == 0);
    CHECK(at.chat.next_tick() == 1);
    REQUIRE(at.chat.tick(start_ms + 6000) == error::none);
    CHECK(at.chat.stats().users == 0);
    CHECK(count(at, command_type::advance) == 1);
    CHECK(time_of(at.records.back().second) == start_ms + 6000);
}

TEST_CASE("a token is no good from the moment the window is over") {
    node at;
    config how;
    how.policies.resume_window_ms = 1000;
    how.policies.advance_ms = 60000;   // The user itself lingers on.
    REQUIRE(at.open(how) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    std::string tokens[2];
    for (std::string& token : tokens) {
        const session_id s = at.chat.connect().value;
        const std::string name = "guest" + std::to_string(&token - tokens);
        token = at.chat.submit(s, guest{name}).value.token;
        REQUIRE(at.chat.disconnect(s) == error::none);
    }
    REQUIRE(at.chat.tick(start_ms + 999) == error::none);
    resume back;
    back.token = tokens[0];
    const session_id soon = at.chat.connect().value;
    CHECK(at.chat.submit(soon, back).why == error::none);
    REQUIRE(at.chat.tick(start_ms + 1000) == error::none);
    back.token = tokens[1];
    const session_id late = at.chat.connect().value;
    CHECK(at.chat.submit(late, back).why == error::token_invalid);
}

TEST_CASE("a token that its own record makes too old is refused on the record") {
    node at;
    config how;
    how.policies.resume_window_ms = 1000;
    how.policies.advance_ms = 60000;
    REQUIRE(at.open(how) == error::none);
    std::string token;
    for (const std::uint64_t since : {0, 10}) {
        REQUIRE(at.chat.tick(start_ms + since) == error::none);
        const session_id s = at.chat.connect().value;
        token = at.chat.submit(s, guest{"guest" + std::to_string(since)}).value.token;
        REQUIRE(at.chat.disconnect(s) == error::none);
    }
    REQUIRE(at.chat.tick(start_ms + 1000) == error::none);
    CHECK(at.chat.stats().users == 1);   // And the next `advance` is a minute away.
    REQUIRE(at.chat.tick(start_ms + 1010) == error::none);
    resume back;
    back.token = token;
    CHECK(at.chat.submit(at.chat.connect().value, back).why == error::token_invalid);
    CHECK(count(at, command_type::resume) == 1);
}

TEST_CASE("there is at most one advance in advance_ms") {
    for (std::uint32_t apart : {1u, 50u, 250u}) {
        node at;
        config how;
        how.policies.resume_window_ms = 500;
        how.policies.advance_ms = apart;
        REQUIRE(at.open(how) == error::none);
        std::uint64_t now = start_ms;
        REQUIRE(at.chat.tick(now) == error::none);
        for (int i = 0; i < 200; ++i) {   // One guest after the other, gone at once.
            const session_id s = at.chat.connect().value;
            REQUIRE(at.chat.submit(s, guest{"guest" + std::to_string(i)}).why == error::none);
            REQUIRE(at.chat.disconnect(s) == error::none);
            for (int ms = 0; ms < 3; ++ms) REQUIRE(at.chat.tick(++now) == error::none);
        }
        for (int ms = 0; ms < 1000; ++ms) REQUIRE(at.chat.tick(++now) == error::none);
        CHECK(at.chat.stats().users == 0);
        std::uint64_t last = 0;
        for (const auto& record : at.records) {
            if (type_of(record.second) != command_type::advance) continue;
            if (last != 0) CHECK(time_of(record.second) - last >= apart);
            last = time_of(record.second);
        }
        CHECK(count(at, command_type::advance) >= 600 / (apart + 3));
    }
}

TEST_CASE("a node that died with hundreds of sessions is cleared away bit by bit") {
    config how;
    how.limits.sessions_max = 400;
    how.policies.effects_per_record_max = 32;
    auto first = std::make_unique<node>();
    REQUIRE(first->open(how) == error::none);
    REQUIRE(first->chat.tick(start_ms) == error::none);
    for (int i = 0; i < 300; ++i) {
        const session_id s = first->chat.connect(named("user" + std::to_string(i))).value;
        REQUIRE(first->chat.submit(s, join{"hall"}).why == error::none);
    }
    replica other(how);
    other.hear(*first);
    REQUIRE(online(other.chat, "hall") == 300);
    const std::string log = first->all_records();
    first.reset();

    node next(2);
    how.incarnation = 2;
    REQUIRE(next.open(how) == error::none);
    REQUIRE(next.chat.recover(log).why == error::none);
    other.heard = 0;
    std::string before = other.digest();
    for (std::uint64_t now = start_ms + 1000; now < start_ms + 5000; now += 10) {
        REQUIRE(next.chat.tick(now) == error::none);
        CHECK(online(next.chat, "hall") == 0);   // For those who look, at once.
        for (; other.heard < next.records.size(); ++other.heard) {   // The boot, then advances.
            REQUIRE(other.chat.commit(next.records[other.heard].second) == error::none);
            CHECK(other.digest() != before);
            before = other.digest();
        }
        CHECK(next.digest() == other.digest());
    }
    // 32 by the boot, the rest of 300 by 32 at a time.
    CHECK(count(next, command_type::boot) == 1);
    CHECK(count(next, command_type::advance) == 9);
}

TEST_CASE("a destroyed room is taken away bit by bit and seen by nobody meanwhile") {
    config how;
    how.policies.effects_per_record_max = 10;
    how.policies.room_pages_max = 64;
    how.limits.page_messages_max = 4;
    node at;
    REQUIRE(at.open(how) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    std::vector<session_id> all;
    for (int i = 0; i < 63; ++i) {
        all.push_back(at.chat.connect(named("user" + std::to_string(i))).value);
        REQUIRE(at.chat.submit(all.back(), join{"hall"}).why == error::none);
    }
    for (int i = 0; i < 100; ++i) {
        REQUIRE(at.chat.submit(all[0], post{"hall", "x"}).why == error::none);
    }
    replica other(how);
    other.hear(at);
    std::size_t left = at.chat.stats().members + at.chat.stats().history_pages;
    REQUIRE(left == 63 + 25);
    REQUIRE(at.chat.submit(chatroom::host, destroy{"hall"}).why == error::none);
    CHECK(at.chat.next_tick() <= how.policies.advance_ms);
    for (session_id s : all) CHECK(at.chat.room(s, "hall").why == error::room_unknown);
    CHECK(at.chat.submit(all[62], post{"hall", "x"}).why == error::room_unknown);
    // The name is free at once, though the old room is not gone.
    REQUIRE(at.chat.submit(all[62], join{"hall"}).why == error::none);
    REQUIRE(at.chat.submit(all[62], post{"hall", "new"}).value.number == 1);
    for (std::uint64_t now = start_ms; other.heard < at.records.size();) {
        REQUIRE(at.chat.commit(at.records[0].second) == error::already_applied);
        const std::string record = at.records[other.heard].second;
        const std::size_t before = other.chat.stats().members + other.chat.stats().history_pages;
        REQUIRE(other.chat.commit(record) == error::none);
        ++other.heard;
        const std::size_t after = other.chat.stats().members + other.chat.stats().history_pages;
        if (type_of(record) == command_type::destroy || type_of(record) == command_type::advance) {
            CHECK(before - after == (left < 10 ? left : 10));
            left -= before - after;
        }
        if (other.heard == at.records.size()) {
            CHECK(at.digest() == other.digest());
            REQUIRE(at.chat.tick(now += 250) == error::none);
        }
    }
    CHECK(left == 0);
    CHECK(count(at, command_type::advance) == 8);
    CHECK(at.chat.stats().rooms == 1);
    CHECK(at.chat.stats().members == 1);
    CHECK(at.chat.stats().history_pages == 1);
    for (session_id s : all) CHECK(at.count(s, "left") == 1);
}

TEST_CASE("many expire together, the same number on every node") {
    config how;
    how.policies.effects_per_record_max = 16;
    how.policies.resume_window_ms = 1000;
    node at;
    REQUIRE(at.open(how) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    std::vector<session_id> all;
    for (int i = 0; i < 100; ++i) {
        all.push_back(at.chat.connect(named("user" + std::to_string(i))).value);
        REQUIRE(at.chat.submit(all.back(), join{i % 2 != 0 ? "odd" : "even"}).why == error::none);
    }
    for (session_id s : all) REQUIRE(at.chat.disconnect(s) == error::none);
    replica other(how);
    other.hear(at);
    std::size_t users = 100;
    for (std::uint64_t now = start_ms + 1000; users != 0; now += 250) {
        REQUIRE(at.chat.tick(now) == error::none);
        REQUIRE(at.records.size() == other.heard + 1);
        other.hear(at);
        users = users > 16 ? users - 16 : 0;
        CHECK(at.chat.stats().users == users);
        CHECK(other.chat.stats().users == users);
        CHECK(at.digest() == other.digest());
    }
    CHECK(at.chat.stats().rooms == 0);
}

TEST_CASE("a clock that runs ahead is held back by the shared time") {
    config how;
    how.policies.clock_ahead_max_ms = 1000;
    how.policies.resume_window_ms = 100000000;
    node right, ahead(2);
    REQUIRE(right.open(how) == error::none);
    how.node = 2;
    REQUIRE(ahead.open(how) == error::none);
    REQUIRE(right.chat.tick(start_ms) == error::none);
    const session_id alice = right.chat.connect(named("alice")).value;
    REQUIRE(right.chat.submit(alice, join{"red"}).why == error::none);
    for (const auto& record : right.records) {
        REQUIRE(ahead.chat.commit(record.second) == error::none);
    }
    std::size_t heard = 0;
    std::uint64_t shared = start_ms;
    REQUIRE(ahead.chat.tick(start_ms + 3600000) == error::none);   // An hour ahead.
    for (int i = 0; i < 5; ++i) {
        REQUIRE(ahead.chat.submit(chatroom::host, post{"red", "x"}).why == error::none);
        for (; heard < ahead.records.size(); ++heard) {
            const std::string& record = ahead.records[heard].second;
            if (type_of(record) != command_type::boot) {   // It is the first; it sets the clock.
                CHECK(time_of(record) <= shared + 1000);
            }
            shared = std::max(shared, time_of(record));
            REQUIRE(right.chat.commit(record) == error::none);
        }
    }
    CHECK(right.digest() == ahead.digest());
}

TEST_CASE("after a long silence what is said has the right time") {
    config how;
    how.policies.clock_ahead_max_ms = 10000;
    node at;
    REQUIRE(at.open(how) == error::none);
    std::uint64_t now = start_ms;
    REQUIRE(at.chat.tick(now) == error::none);
    const session_id alice = at.chat.connect(named("alice")).value;
    REQUIRE(at.chat.submit(alice, join{"red"}).why == error::none);
    SECTION("the host ticks all the while") {
        for (int i = 0; i < 3000; ++i) REQUIRE(at.chat.tick(now += 100) == error::none);
    }
    SECTION("the host sleeps for as long as it may") {
        const std::uint64_t until = now + 300000;
        while (now < until) {
            now += std::max<std::uint64_t>(1, std::min(at.chat.next_tick(), until - now));
            REQUIRE(at.chat.tick(now) == error::none);
        }
    }
    CHECK(at.chat.submit(alice, post{"red", "hello"}).value.time == now);
    CHECK(at.records.size() < 200);   // It does not write all the time for that.
}

TEST_CASE("guests expire though the window is longer than a clock may run ahead") {
    config how;
    how.policies.clock_ahead_max_ms = 1000;
    how.policies.resume_window_ms = 60000;
    node at;
    REQUIRE(at.open(how) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect().value;
    REQUIRE(at.chat.submit(alice, guest{"alice"}).why == error::none);
    REQUIRE(at.chat.disconnect(alice) == error::none);
    std::uint64_t now = start_ms;
    for (int wakes = 0; now < start_ms + 60000 && wakes < 10000; ++wakes) {
        now += std::min<std::uint64_t>(std::max<std::uint64_t>(1, at.chat.next_tick()), 60000);
        REQUIRE(at.chat.tick(now) == error::none);
    }
    for (int i = 0; i < 10; ++i) REQUIRE(at.chat.tick(now += 250) == error::none);
    CHECK(at.chat.stats().users == 0);
}

TEST_CASE("time does not run back, and leaps are confirmed") {
    node at;
    REQUIRE(at.open({}) == error::none);
    const session_id alice = at.chat.connect().value;
    CHECK(at.chat.submit(alice, guest{"alice"}).why == error::no_time);
    CHECK(at.chat.next_tick() == 0);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    CHECK(at.chat.submit(alice, guest{"alice"}).value.time == start_ms);
    REQUIRE(at.chat.tick(start_ms - 5000) == error::none);
    CHECK(at.chat.submit(alice, join{"red"}).value.time == start_ms);
    CHECK(at.chat.tick(start_ms + 86400001) == error::clock_leap);
    CHECK(at.chat.submit(alice, post{"red", "x"}).value.time == start_ms);
    CHECK(at.chat.tick(start_ms + 86400000) == error::none);
    CHECK(at.chat.tick(start_ms + 3 * 86400000ull, true) == error::none);
    CHECK(at.chat.advance(500) == error::none);
    for (int i = 0; i < 10; ++i) REQUIRE(at.chat.advance(250) == error::none);
    CHECK(at.chat.submit(alice, post{"red", "x"}).value.time ==
          start_ms + 3 * 86400000ull + 3000);
}

TEST_CASE("after a restore, a host without a calendar goes on from there") {
    node before;
    REQUIRE(before.open({}) == error::none);
    REQUIRE(before.chat.tick(start_ms) == error::none);
    REQUIRE(before.chat.submit(chatroom::host, create{"red"}).why == error::none);
    std::string bytes(before.chat.snapshot(nullptr, 0).value, '\0');
    REQUIRE(before.chat.snapshot(&bytes[0], bytes.size()).why == error::none);
    node after;
    config how;
    how.node = 2;
    REQUIRE(after.open(how) == error::none);
    REQUIRE(after.chat.restore(bytes) == error::none);
    REQUIRE(after.chat.advance(40) == error::none);
    CHECK(after.chat.submit(chatroom::host, post{"red", "x"}).value.time == start_ms + 40);
}

TEST_CASE("next_tick is 0 exactly while work waits") {
    node at;
    config how;
    how.budgets.deliveries_per_call = 3;
    REQUIRE(at.open(how, false) == error::none);
    CHECK(at.chat.next_tick() == 0);   // The first tick.
    std::uint64_t now = start_ms;
    REQUIRE(at.chat.tick(now) == error::none);
    CHECK(at.chat.next_tick() != 0);
    std::vector<session_id> all;
    for (int i = 0; i < 20; ++i) {
        all.push_back(at.chat.connect(named("user" + std::to_string(i))).value);
        REQUIRE(at.chat.submit(all.back(), join{"hall"}).why == error::none);
        for (int n = 0; n < 500 && at.chat.next_tick() == 0; ++n) {
            REQUIRE(at.chat.tick(now) == error::none);
        }
        REQUIRE(at.chat.next_tick() != 0);
    }
    const auto got = [&] {
        std::size_t n = 0;
        for (session_id s : all) n += at.count(s, "message");
        return n;
    };
    for (int round = 1; round <= 20; ++round) {
        REQUIRE(at.chat.submit(all[0], post{"hall", "x"}).why == error::none);
        if (round % 3 == 0) {
            REQUIRE(at.chat.pause(all[5]) == error::none);
            REQUIRE(at.chat.submit(all[1], post{"hall", "y"}).why == error::none);
            REQUIRE(at.chat.unpause(all[5]) == error::none);
        }
        const std::size_t due = 20u * (round + round / 3);
        int calls = 0;
        while (at.chat.next_tick() == 0) {
            const std::size_t before = got();
            REQUIRE(at.chat.tick(now) == error::none);
            // Every call gets on with it; the last may only find that nothing is left.
            if (got() == before) CHECK(at.chat.next_tick() != 0);
            REQUIRE(++calls < 1000);
        }
        CHECK(got() == due);
        REQUIRE(at.chat.tick(now) == error::none);
        CHECK(got() == due);
    }
}

TEST_CASE("counts of large rooms come to a host that sleeps, in time") {
    node at;
    config how;
    how.policies.presence_members_max = 1;
    how.budgets.presence_ms = 300;
    REQUIRE(at.open(how, false) == error::none);
    std::uint64_t now = start_ms;
    REQUIRE(at.chat.tick(now) == error::none);
    const session_id alice = at.chat.connect(named("alice")).value;
    REQUIRE(at.chat.submit(alice, join{"hall"}).why == error::none);
    for (int i = 1; i <= 20; ++i) {
        const session_id s = at.chat.connect(named("user" + std::to_string(i))).value;
        REQUIRE(at.chat.submit(s, join{"hall"}).why == error::none);
        const std::uint64_t joined_at = now;
        while (logs::number_of(at.last(alice, "room"), "members") != 1u + i) {
            const std::uint64_t rest = at.chat.next_tick();
            REQUIRE(rest <= 300);
            REQUIRE(at.chat.tick(now += rest) == error::none);
            REQUIRE(now <= joined_at + 300);
        }
        REQUIRE(at.chat.tick(now += 7 * i) == error::none);
    }
}

// Two hosts of the same chat: one ticks every millisecond, the other sleeps for next_tick().
// The same things happen at the same times.

namespace {

struct sleeper {
    node at;
    std::uint64_t now = start_ms, wake = start_ms;
    std::map<int, session_id> sessions;
    std::uint64_t ticks = 0;

    explicit sleeper(const config& how) { REQUIRE(at.open(how) == error::none); }
    void tick() {
        REQUIRE(at.chat.tick(now) == error::none);
        ++ticks;
    }
    void plan() {
        const std::uint64_t rest = at.chat.next_tick();
        wake = rest > 1000000000 ? ~std::uint64_t{0} : now + std::max<std::uint64_t>(1, rest);
    }
};

void happen(sleeper& in, int who, std::uint32_t luck, std::uint32_t room) {
    engine& chat = in.at.chat;
    const auto session = in.sessions.find(who);
    const std::string name = "room" + std::to_string(room);
    if (session == in.sessions.end()) {
        in.sessions[who] = chat.connect(named("user" + std::to_string(who))).value;
    } else if (luck < 25) {
        (void)chat.submit(session->second, join{name});
    } else if (luck < 50) {
        (void)chat.submit(session->second, post{name, "hello"});
    } else if (luck < 60) {
        (void)chat.submit(session->second, leave{name});
    } else if (luck < 85) {
        REQUIRE(chat.disconnect(session->second) == error::none);
        in.sessions.erase(session);
    } else if (luck < 90) {
        (void)chat.submit(chatroom::host, destroy{name});
    } else if (luck < 95) {
        REQUIRE(chat.pause(session->second) == error::none);
    } else {
        REQUIRE(chat.unpause(session->second) == error::none);
    }
}

}  // namespace

TEST_CASE("a host that sleeps for next_tick misses nothing") {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        INFO("seed " << seed);
        config how;
        how.policies.resume_window_ms = 700;
        how.policies.effects_per_record_max = seed % 2 != 0 ? 2 : 256;
        how.policies.advance_ms = seed % 3 == 0 ? 1 : 90;
        how.policies.clock_ahead_max_ms = seed % 2 != 0 ? 5000 : 86400000;
        sleeper busy(how), lazy(how);
        busy.tick();
        lazy.tick();
        lazy.plan();
        dice random{seed};
        std::uint64_t next = start_ms + 5;
        for (std::uint64_t now = start_ms + 1; now < start_ms + 30000; ++now) {
            busy.now = lazy.now = now;
            busy.tick();
            const bool something = now == next;
            if (lazy.wake == now || something) lazy.tick();
            if (something) {
                const int who = static_cast<int>(random.below(12));
                const std::uint32_t luck = random.below(100), room = random.below(3);
                happen(busy, who, luck, room);
                happen(lazy, who, luck, room);
                next = now + 1 + random.below(random.chance(5) ? 4000 : 120);
            }
            if (lazy.wake == now || something) lazy.plan();
            REQUIRE(busy.at.records.size() == lazy.at.records.size());
            REQUIRE(busy.at.sends == lazy.at.sends);
        }
        CHECK(busy.at.records == lazy.at.records);
        CHECK(busy.at.frames == lazy.at.frames);
        CHECK(busy.at.digest() == lazy.at.digest());
        CHECK(lazy.ticks * 4 < busy.ticks);   // It did sleep.
    }
}

TEST_CASE("the shared time goes on though a clock may run ahead by less than advance_ms") {
    node at;
    config how;
    how.policies.clock_ahead_max_ms = 200;
    how.policies.advance_ms = 250;
    how.policies.resume_window_ms = 1000;
    REQUIRE(at.open(how) == error::none);
    std::uint64_t now = start_ms;
    REQUIRE(at.chat.tick(now) == error::none);
    const session_id alice = at.chat.connect().value;
    REQUIRE(at.chat.submit(alice, guest{"alice"}).why == error::none);
    REQUIRE(at.chat.disconnect(alice) == error::none);
    while (at.chat.stats().users != 0 && now < start_ms + 10000) {
        now += std::max<std::uint64_t>(1, at.chat.next_tick());
        REQUIRE(at.chat.tick(now) == error::none);
    }
    CHECK(at.chat.stats().users == 0);
    CHECK(now <= start_ms + 2500);
}

TEST_CASE("a log that refuses once does not stop the time that catches up with a leap") {
    node at;
    config how;
    how.policies.resume_window_ms = 1000;
    REQUIRE(at.open(how) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect().value;
    REQUIRE(at.chat.submit(alice, guest{"alice"}).why == error::none);
    REQUIRE(at.chat.disconnect(alice) == error::none);
    std::uint64_t now = start_ms + std::uint64_t{10} * 86400000u;
    REQUIRE(at.chat.tick(now, true) == error::none);
    CHECK(at.chat.next_tick() == 0);
    at.answer = stored::no;
    REQUIRE(at.chat.tick(now += 1000) == error::none);
    const std::size_t refused = at.records.size();
    REQUIRE(at.chat.tick(now) == error::none);
    CHECK(at.records.size() == refused);   // Not at once again.
    CHECK(at.chat.next_tick() == how.policies.advance_ms);
    at.answer = stored::yes;
    for (int i = 0; i < 20; ++i) REQUIRE(at.chat.tick(now += 1000) == error::none);
    CHECK(at.chat.stats().users == 0);
    REQUIRE(at.chat.submit(host, create{"lobby"}).why == error::none);
    CHECK(at.chat.submit(host, post{"lobby", "now"}).value.time == now);
}
