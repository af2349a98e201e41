#include "catch.hpp"
#include "host.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace chatroom;
using tests::delivery;
using tests::member_of;
using tests::small_config;
using tests::start_ms;
using tests::test_host;

namespace {

/// Room for crowds.
config crowd_config() {
    config how;
    how.limits.sessions_max = 1200;
    how.limits.users_max = 1200;
    how.limits.members_max = 2400;
    how.limits.history_pages_max = 40;
    how.policies.room_capacity = 1200;
    how.policies.presence_members_max = 0;   // Comings and goings would drown what is looked at.
    how.budgets.deliveries_per_call = 100000;
    return how;
}

std::vector<session_id> crowd(test_host& host, std::size_t n, const char* room = "hall",
                              wire by = wire::typed) {
    std::vector<session_id> all;
    for (std::size_t i = 0; i < n; ++i) {
        all.push_back(host.guest("u" + std::to_string(i) + room, by));
        REQUIRE(host.chat.submit(all.back(), join{room}).why == error::none);
    }
    return all;
}

/// Ticks until nothing is left to do.
void settle(test_host& host) {
    for (int i = 0; i < 10000 && host.chat.stats().queue_bytes + 1 > 0; ++i) {
        const std::size_t before = host.sends;
        host.pass(1);
        if (host.sends == before && host.chat.next_tick() != 0) return;
    }
}

std::uint64_t say(test_host& host, session_id who, const std::string& text,
                  const char* room = "lobby") {
    const auto [done, why] = host.chat.submit(who, post{room, text});
    REQUIRE(why == error::none);
    return done.number;
}

}  // namespace

// Who gets what.

TEST_CASE("the frames of a conversation come in a defined order") {
    test_host host(small_config());
    const session_id alice = host.connect(77, wire::json);
    CHECK(host.story(alice) == "welcome");
    CHECK(host.chat.receive(alice, R"({"op":"guest","nick":"alice","ref":1})") == error::none);
    CHECK(host.chat.receive(alice, R"({"op":"join","room":"Lobby","ref":2})") == error::none);
    CHECK(host.chat.receive(alice, R"({"op":"post","room":"lobby","text":"hi","ref":3})") ==
          error::none);
    CHECK(host.story(alice) == "welcome ok ok joined ok 1");
    for (const delivery& d : host.got) {
        CHECK(d.tag == 77);
        CHECK(d.frame == d.json);
    }
    const session_id bob = host.guest("bob");
    host.chat.submit(bob, join{"lobby", 10});
    CHECK(host.story(bob) == "welcome joined 1");
    CHECK(host.story(alice) == "welcome ok ok joined ok 1 entered");
}

TEST_CASE("one send serves all who get the same bytes, whatever their number") {
    for (std::size_t n : {1u, 2u, 12u, 13u, 14u, 26u, 27u, 200u, 261u}) {
        CAPTURE(n);
        test_host host(crowd_config());
        const std::vector<session_id> all = crowd(host, n, "hall", wire::json);
        host.forget();
        const std::size_t before = host.sends;
        std::size_t told_size = 0;
        host.in_send = [&](const recipients& to, const event&, std::string_view) {
            told_size += to.size();
        };
        say(host, all[0], "hello", "hall");
        settle(host);
        // Large rooms are told in slices, so that they do not hold up small ones.
        CHECK(host.sends - before == (n + 255) / 256);
        CHECK(told_size == n);
        std::set<session_id> told;
        for (const delivery& d : host.got) {
            CHECK(d.type == event_type::message);
            CHECK(told.insert(d.session).second);
        }
        CHECK(told == std::set<session_id>(all.begin(), all.end()));
    }
}

TEST_CASE("one send for each codec, and one for each session with shorter frames") {
    test_host host(small_config());
    std::vector<session_id> all;
    const wire codecs[] = {wire::json, wire::lines, wire::binary, wire::typed};
    int n = 0;
    for (wire by : codecs) {
        for (int i = 0; i < 2; ++i) all.push_back(host.guest("n" + std::to_string(n++), by));
    }
    for (int i = 0; i < 2; ++i) {
        all.push_back(host.guest("n" + std::to_string(n++), wire::json, 800));
    }
    for (session_id each : all) host.chat.submit(each, join{"lobby"});
    host.forget();
    const std::size_t before = host.sends;
    say(host, all[0], "hello");
    CHECK(host.sends - before == 6);
    for (session_id each : all) CHECK(host.story(each) == "1");
    for (const delivery& d : host.got) {
        const std::size_t at = static_cast<std::size_t>(
            std::find(all.begin(), all.end(), d.session) - all.begin());
        if (at < 2 || at >= 8) CHECK(d.frame == d.json);
        if (at / 2 == 1) CHECK(d.frame == "[lobby 1] n0: hello\n");
        if (at / 2 == 2) CHECK_FALSE(d.frame.empty());
        if (at / 2 == 3) CHECK(d.frame.empty());
    }
}

TEST_CASE("a message too long for a session is told with its size") {
    config how = small_config();
    how.limits.message_bytes_max = 380;
    how.limits.page_bytes = 1024;
    test_host host(how);
    const session_id wide = host.guest("wide", wire::json);
    const session_id narrow = host.guest("narrow", wire::json, 700);
    host.chat.submit(wide, join{"lobby"});
    host.chat.submit(narrow, join{"lobby"});
    host.forget();
    say(host, wide, std::string(380, '"'));
    REQUIRE(host.told(wide).size() == 1);
    REQUIRE(host.told(narrow).size() == 1);
    CHECK(member_of(host.told(wide)[0], "bytes").empty());
    CHECK(member_of(host.told(narrow)[0], "bytes") == "380");
    CHECK(member_of(host.told(narrow)[0], "text").empty());
    CHECK(host.got.back().frame.size() <= 700);

    host.forget();   // In a page likewise.
    CHECK(host.chat.receive(narrow, R"({"op":"history","room":"lobby"})") == error::none);
    REQUIRE(host.told(narrow).size() == 1);
    CHECK(member_of(host.told(narrow)[0], "bytes") == "380");
    CHECK(host.got.back().frame.size() <= 700);
}

TEST_CASE("a page ends earlier where the frame ends") {
    config how = small_config();
    how.limits.page_items_max = 20;
    test_host host(how);
    const session_id alice = host.guest("alice", wire::json, 700);
    host.chat.submit(alice, join{"lobby"});
    for (int i = 0; i < 12; ++i) say(host, alice, std::string(90, 'x'));
    host.forget();
    CHECK(host.chat.receive(alice, R"({"op":"history","room":"lobby","ref":9})") == error::none);
    REQUIRE(host.got.size() == 1);
    const std::string page = host.got[0].frame;
    CHECK(page.size() <= 700);
    CHECK(page.find("\"number\":12") != std::string::npos);
    CHECK(page.find("\"number\":1,") == std::string::npos);
    CHECK(member_of(page, "complete") == "false");
    CHECK(member_of(page, "ref") == "9");
}

// Pausing inside send.

namespace {

/// Runs something that sends an event of one type to `alice` and pauses her inside that send, the
/// first time; then unpauses her. What she got counts only when she was not paused in its send.
struct pausing {
    test_host host;
    session_id alice{}, bob{};
    event_type wanted{};
    bool disarmed = false;
    std::vector<std::string> taken;
    std::size_t missed = 0;

    explicit pausing(const config& how) : host(how) {
        alice = host.guest("alice", wire::json);
        bob = host.guest("bob", wire::json);
        host.chat.submit(alice, join{"lobby"});
        host.chat.submit(bob, join{"lobby"});
    }
    void arm(event_type type, bool unpause_at_once) {
        wanted = type;
        host.in_send = [this, unpause_at_once](const recipients& to, const event& what,
                                               std::string_view frame) {
            bool mine = false;
            for (const recipient& each : to) mine = mine || each.id == alice;
            if (!mine) return;
            if (disarmed || what.type != wanted) {
                taken.push_back(std::string(frame));
                return;
            }
            disarmed = true;
            ++missed;
            REQUIRE(host.chat.pause(alice) == error::none);
            if (unpause_at_once) REQUIRE(host.chat.unpause(alice) == error::none);
        };
    }
    std::string story() const {
        std::string text;
        for (const std::string& frame : taken) {
            if (!text.empty()) text += ' ';
            const std::string op = member_of(frame, "op");
            text += op == "message" ? member_of(frame, "number") : op;
        }
        return text;
    }
};

struct pause_case {
    const char* name;
    event_type type;
    std::function<void(pausing&)> act;
    const char* wanted;   ///< What alice has taken in the end.
};

const pause_case pause_cases[] = {
    {"a message", event_type::message, [](pausing& p) { say(p.host, p.bob, "one"); }, "1"},
    {"a message of her own, by frame", event_type::message,
     [](pausing& p) { p.host.chat.receive(p.alice, R"({"op":"post","room":"lobby","text":"x"})"); },
     "ok 1"},
    {"the reply to a post", event_type::ok,
     [](pausing& p) { p.host.chat.receive(p.alice, R"({"op":"post","room":"lobby","text":"x"})"); },
     "ok 1"},
    {"an error", event_type::failure,
     [](pausing& p) { p.host.chat.receive(p.alice, R"({"op":"join"})"); }, "error"},
    {"a page of history", event_type::history_page,
     [](pausing& p) { p.host.chat.receive(p.alice, R"({"op":"history","room":"lobby"})"); },
     "history"},
    {"a page of rooms", event_type::rooms_page,
     [](pausing& p) { p.host.chat.receive(p.alice, R"({"op":"rooms"})"); }, "rooms"},
    {"a page of members", event_type::members_page,
     [](pausing& p) { p.host.chat.receive(p.alice, R"({"op":"members","room":"lobby"})"); },
     "members"},
    {"entered", event_type::entered,
     [](pausing& p) {
         const session_id carol = p.host.guest("carol");
         p.host.chat.submit(carol, join{"lobby"});
     },
     "room"},
    {"exited", event_type::exited,
     [](pausing& p) { p.host.chat.submit(p.bob, leave{"lobby"}); }, "room"},
    {"renamed", event_type::renamed,
     [](pausing& p) { p.host.chat.submit(p.bob, nick{"bobby"}); }, "room"},
    {"room", event_type::room,
     [](pausing& p) { p.host.chat.submit(host, set{"lobby", "topic", "new"}); }, "room"},
    {"you", event_type::you,
     [](pausing& p) { p.host.chat.submit(p.alice, nick{"alicia"}); }, "renamed you"},
    {"joined", event_type::joined,
     [](pausing& p) { p.host.chat.submit(p.alice, join{"other"}); }, "joined"},
    {"left", event_type::left,
     [](pausing& p) { p.host.chat.submit(p.alice, leave{"lobby"}); }, "resync caught_up"},
};

}  // namespace

TEST_CASE("an event in whose send a session was paused is made up for after unpause") {
    for (const pause_case& each : pause_cases) {
        CAPTURE(each.name);
        pausing p(small_config());
        p.arm(each.type, false);
        each.act(p);
        CHECK(p.missed == 1);
        CHECK(p.host.chat.stats().sessions_paused == 1);
        const std::size_t before = p.taken.size();
        p.host.pass(10);
        CHECK(p.taken.size() == before);   // Silence while it is paused.
        REQUIRE(p.host.chat.unpause(p.alice) == error::none);
        settle(p.host);
        if (std::string(each.name) == "you") {
            // The notice of the room may come or be made up for; the nick must be told.
            CHECK((p.story() == "you room" || p.story() == "you"));
        } else {
            CHECK(p.story() == each.wanted);
        }
        p.taken.clear();   // And it is live again.
        say(p.host, p.bob, "later", "lobby");
    }
}

TEST_CASE("unpause within the same send brings the event again, in the same call") {
    for (const pause_case& each : pause_cases) {
        CAPTURE(each.name);
        pausing p(small_config());
        p.arm(each.type, true);
        each.act(p);
        CHECK(p.missed == 1);
        CHECK(p.host.chat.stats().sessions_paused == 0);
        settle(p.host);
        if (std::string(each.name) != "you") CHECK(p.story() == each.wanted);
    }
}

TEST_CASE("a welcome that was missed is made up for before all else") {
    test_host host(small_config());
    const session_id bob = host.guest("bob");
    host.chat.submit(bob, join{"lobby"});
    bool once = true;
    session_id carol{};
    std::string taken;
    host.in_send = [&](const recipients& to, const event& what, std::string_view) {
        const recipient& first = *to.begin();
        if (first.id == bob) return;
        if (once) {
            carol = first.id;
            once = false;
            host.chat.pause(first.id);
            return;
        }
        taken += std::to_string(static_cast<int>(what.type)) + " ";
    };
    const auto [id, why] = host.chat.connect({});
    CHECK(why == error::none);
    CHECK(id == carol);
    CHECK(taken.empty());
    CHECK(host.chat.receive(id, "{}") == error::paused);
    CHECK(host.chat.submit(id, guest{"carol"}).why == error::none);
    CHECK(host.chat.submit(id, join{"lobby"}).why == error::none);
    CHECK(taken.empty());
    CHECK(host.chat.unpause(id) == error::none);
    CHECK(taken == "1 20 ");   // welcome, joined.
}

// Ending inside send.

TEST_CASE("a session that ends inside send is not met any more") {
    for (std::size_t n : {3u, 30u, 200u}) {
        CAPTURE(n);
        test_host host(crowd_config());
        const std::vector<session_id> all = crowd(host, n);
        host.forget();
        std::vector<session_id> met;
        host.in_send = [&](const recipients& to, const event& what, std::string_view) {
            if (what.type != event_type::message) return;
            std::size_t i = 0;
            met.clear();
            for (const recipient& each : to) {
                met.push_back(each.id);
                if (i++ == 0) {
                    for (std::size_t k = 1; k < n; k += 2) {
                        CHECK(host.chat.disconnect(all[k]) == error::none);
                        CHECK(host.chat.disconnect(all[k]) == error::session_unknown);
                    }
                }
            }
            CHECK(to.size() == n);
        };
        say(host, all[0], "x", "hall");
        std::vector<session_id> wanted;
        for (std::size_t k = 0; k < n; k += 2) wanted.push_back(all[k]);
        std::sort(met.begin(), met.end());
        std::sort(wanted.begin(), wanted.end());
        CHECK(met == wanted);
        CHECK(host.chat.stats().sessions == wanted.size());
        host.in_send = nullptr;
        host.forget();
        say(host, all[0], "y", "hall");
        for (std::size_t k = 0; k < n; ++k) {
            CHECK(host.count(all[k], event_type::message) == (k % 2 == 0 ? 1 : 0));
        }
    }
}

TEST_CASE("a session may end itself inside every kind of send to it") {
    for (const pause_case& each : pause_cases) {
        CAPTURE(each.name);
        pausing p(small_config());
        bool ended = false;
        p.host.in_send = [&](const recipients& to, const event& what, std::string_view) {
            for (const recipient& one : to) {
                if (one.id != p.alice) continue;
                CHECK_FALSE(ended);
                if (what.type != each.type) continue;
                CHECK(p.host.chat.disconnect(p.alice) == error::none);
                ended = true;
            }
        };
        each.act(p);
        CHECK(ended);
        CHECK(p.host.chat.receive(p.alice, "{}") == error::session_unknown);
        CHECK(p.host.chat.pause(p.alice) == error::session_unknown);
        CHECK(p.host.chat.unpause(p.alice) == error::session_unknown);
        settle(p.host);
        p.host.in_send = nullptr;
        say(p.host, p.bob, "still here", p.host.chat.room(p.bob, "lobby").why == error::none
                                              ? "lobby"
                                              : (p.host.chat.submit(p.bob, join{"new"}), "new"));
    }
}

TEST_CASE("sessions paused in the middle of a span miss that frame, and only they") {
    for (std::size_t n : {5u, 13u, 14u, 40u, 230u}) {
        CAPTURE(n);
        test_host host(crowd_config());
        const std::vector<session_id> all = crowd(host, n);
        host.forget();
        std::set<session_id> missed;
        host.in_send = [&](const recipients& to, const event& what, std::string_view) {
            const message* said = what.as<message>();
            if (said == nullptr || said->number != 2) return;
            std::size_t i = 0;
            for (const recipient& each : to) {
                if (i++ % 3 != 1) continue;
                REQUIRE(host.chat.pause(each.id) == error::none);
                missed.insert(each.id);
            }
        };
        for (int i = 0; i < 4; ++i) say(host, all[0], "x", "hall");
        CHECK(missed.size() == (n + 1) / 3);
        for (session_id each : all) {
            CHECK(host.story(each) == (missed.count(each) != 0 ? "1 2" : "1 2 3 4"));
        }
        host.in_send = nullptr;
        host.forget();
        for (session_id each : missed) REQUIRE(host.chat.unpause(each) == error::none);
        settle(host);
        for (session_id each : all) {
            CHECK(host.story(each) == (missed.count(each) != 0 ? "2 3 4" : ""));
        }
        say(host, all[0], "x", "hall");
        for (session_id each : all) CHECK(host.count(each, event_type::message) >= 1);
        CHECK(host.story(all[0]).substr(host.story(all[0]).size() - 1) == "5");
    }
}

// Slices.

namespace {

/// A fan-out in slices, with things going on in between: everybody who is a member all the while
/// gets every message once and in order.
void sliced(std::size_t n, std::uint32_t per_call, unsigned seed) {
    config how = crowd_config();
    how.budgets.deliveries_per_call = per_call;
    test_host host(how);
    std::vector<session_id> all = crowd(host, n);
    settle(host);
    host.forget();
    std::mt19937 random(seed);
    std::vector<bool> stays(n, true), paused(n, false);
    std::uint64_t last = 0;
    int names = 0;
    for (int round = 0; round < 60; ++round) {
        const std::size_t who = random() % n;
        switch (random() % 6) {
        case 0:
        case 1: last = say(host, all[0], "m", "hall"); break;
        case 2:
            if (who == 0) break;
            stays[who] = false;
            host.chat.submit(all[who], leave{"hall"});
            break;
        case 3: {
            const session_id late = host.guest("late" + std::to_string(names++));
            host.chat.submit(late, join{"hall"});
            break;
        }
        case 4:
            (paused[who] ? host.chat.unpause(all[who]) : host.chat.pause(all[who]));
            paused[who] = !paused[who];
            break;
        default: host.pass(1); break;
        }
    }
    for (std::size_t i = 0; i < n; ++i) host.chat.unpause(all[i]);
    settle(host);
    std::string wanted;
    for (std::uint64_t i = 1; i <= last; ++i) wanted += (i == 1 ? "" : " ") + std::to_string(i);
    for (std::size_t i = 0; i < n; ++i) {
        if (!stays[i]) continue;
        std::string story;
        for (const delivery& d : host.got) {
            if (d.session != all[i] || d.type != event_type::message) continue;
            story += (story.empty() ? "" : " ") + member_of(d.json, "number");
        }
        CAPTURE(n, per_call, seed, i);
        REQUIRE(story == wanted);
    }
    // Those who came later begin above what `joined` said and miss nothing from there.
    std::map<std::uint32_t, std::uint64_t> next;
    for (const delivery& d : host.got) {
        const std::uint32_t id = d.session;
        if (d.type == event_type::joined) next[id] = std::stoull(member_of(d.json, "last")) + 1;
        if (d.type != event_type::message || next.count(id) == 0) continue;
        REQUIRE(std::stoull(member_of(d.json, "number")) == next[id]++);
    }
}

}  // namespace

TEST_CASE("a fan-out in slices reaches everybody once, whoever comes, goes or pauses meanwhile") {
    for (unsigned seed = 1; seed <= 12; ++seed) {
        sliced(3, 1, seed);
        sliced(20, 7, seed);
        sliced(40, 13, seed);
    }
    sliced(300, 50, 1);
    sliced(300, 100000, 2);
}

TEST_CASE("no call delivers more than its budget") {
    config how = crowd_config();
    how.budgets.deliveries_per_call = 10;
    test_host host(how);
    const std::vector<session_id> all = crowd(host, 95);
    settle(host);
    host.forget();
    say(host, all[0], "x", "hall");
    std::size_t calls = 1;
    for (std::size_t got = host.got.size(); got < 95; got = host.got.size(), ++calls) {
        CHECK(host.chat.next_tick() == 0);
        CHECK(got == 10 * calls);
        host.chat.tick(host.now);
    }
    CHECK(calls == 10);
    CHECK(host.chat.next_tick() != 0);
}

TEST_CASE("catching up is bounded by the budget of a call, joined rooms included") {
    config how = crowd_config();
    how.limits.rooms_per_user_max = 32;
    how.budgets.deliveries_per_call = 5;
    test_host host(how);
    const session_id alice = host.guest("alice");
    const std::string token = host.chat.submit(alice, chatroom::token{}).value.token;
    for (int i = 0; i < 30; ++i) {
        const std::string room = "r" + std::to_string(i);
        host.chat.submit(alice, join{room});
    }
    settle(host);
    host.chat.disconnect(alice);
    const session_id again = host.connect();
    host.forget();
    REQUIRE(host.chat.submit(again, resume{token}).why == error::none);
    CHECK(host.got.size() <= 6);
    settle(host);
    CHECK(host.count(again, event_type::joined) == 30);
    CHECK(host.got.back().type == event_type::caught_up);
}

TEST_CASE("one who catches up and must wait for a large room does not hang the engine") {
    config how = crowd_config();
    how.budgets.deliveries_per_call = 600;   // The large room is told 256 of 700 at a time.
    test_host host(how);
    const std::vector<session_id> all = crowd(host, 700);
    const session_id first = all[1], second = all[2];
    host.chat.submit(host, create{"small", {}, {}, 0, true});
    host.chat.submit(first, join{"small"});
    host.chat.submit(second, join{"small"});
    settle(host);
    host.chat.pause(first);
    host.chat.pause(second);
    host.chat.submit(host, post{"small", "s"});
    bool inside = false;
    host.in_send = [&](const recipients& to, const event& what, std::string_view) {
        if (what.as<message>() == nullptr) return;
        // Both come back while the large room is being told something ...
        if (to.size() == 256 && !inside) {
            inside = true;
            host.chat.unpause(first);
            host.chat.unpause(second);
        }
        // ... and the last of them ends while the other is served.
        if (to.size() == 1 && (*to.begin()).id == first) host.chat.disconnect(second);
    };
    say(host, all[0], "l", "hall");
    settle(host);
    CHECK(host.count(first, event_type::message) == 2);
}

// Gaps.

TEST_CASE("what history no longer holds is told as a gap with its bounds") {
    config how = small_config();
    how.policies.room_messages_max = 5;
    test_host host(how);
    const session_id alice = host.guest("alice");
    const session_id bob = host.guest("bob");
    host.chat.submit(alice, join{"lobby"});
    host.chat.submit(bob, join{"lobby"});
    say(host, bob, "seen");
    host.forget();
    host.chat.pause(alice);
    for (int i = 0; i < 20; ++i) say(host, bob, "m");
    CHECK(host.story(alice).empty());
    host.chat.unpause(alice);
    settle(host);
    CHECK(host.story(alice) == "gap:2-16 17 18 19 20 21");
    CHECK(host.chat.stats().gaps == 1);
    say(host, bob, "live");
    CHECK(host.story(alice) == "gap:2-16 17 18 19 20 21 22");
}

TEST_CASE("a fan-out in slices that history overtakes ends in a gap, never in silence") {
    config how = crowd_config();
    how.policies.room_messages_max = 3;
    how.budgets.deliveries_per_call = 2;
    test_host host(how);
    const std::vector<session_id> all = crowd(host, 30);
    settle(host);
    host.forget();
    for (int i = 0; i < 12; ++i) say(host, all[0], "m", "hall");
    settle(host);
    for (session_id each : all) {
        std::uint64_t next = 1;
        for (const delivery& d : host.got) {
            if (d.session != each) continue;
            if (d.type == event_type::gap) {
                REQUIRE(std::stoull(member_of(d.json, "from")) == next);
                next = std::stoull(member_of(d.json, "to")) + 1;
            } else if (d.type == event_type::message) {
                REQUIRE(std::stoull(member_of(d.json, "number")) == next++);
            }
        }
        CHECK(next == 13);
    }
    CHECK(host.chat.stats().gaps != 0);
}

TEST_CASE("resume says how history goes on from the cursor") {
    config how = small_config();
    how.policies.room_messages_max = 5;
    const auto resumed = [&](std::uint64_t after, int more) {
        test_host host(how);
        const session_id alice = host.guest("alice");
        const session_id bob = host.guest("bob");
        host.chat.submit(alice, join{"lobby"});
        host.chat.submit(bob, join{"lobby"});
        for (int i = 0; i < 3; ++i) say(host, bob, "m");
        const std::string token = host.chat.submit(alice, token{}).value.token;
        host.chat.disconnect(alice);
        for (int i = 0; i < more; ++i) say(host, bob, "m");
        const session_id again = host.connect();
        host.forget();
        const cursor at{"lobby", after};
        REQUIRE(host.chat.submit(again, resume{token, {&at, 1}}).why == error::none);
        settle(host);
        const std::string joined = host.told(again)[0];
        return member_of(joined, "resume") + " " + member_of(joined, "from") + " | " +
               host.story(again);
    };
    CHECK(resumed(3, 0) == "complete  | joined caught_up");
    CHECK(resumed(3, 2) == "continues 4 | joined 4 5 caught_up");
    CHECK(resumed(0, 0) == "continues 1 | joined 1 2 3 caught_up");
    CHECK(resumed(1, 7) == "truncated 6 | joined gap:2-5 6 7 8 9 10 caught_up");
    CHECK(resumed(99, 0) == "complete  | joined caught_up");
}

TEST_CASE("a resume without a cursor says so, and sends no messages") {
    test_host host(small_config());
    const session_id alice = host.guest("alice", wire::json);
    host.chat.submit(alice, join{"lobby"});
    say(host, alice, "m");
    const std::string token = host.chat.submit(alice, chatroom::token{}).value.token;
    host.chat.disconnect(alice);
    const session_id again = host.connect(0, wire::json);
    host.forget();
    host.chat.receive(again, R"({"op":"resume","token":")" + token + "\"}");
    settle(host);
    CHECK(host.story(again) == "ok joined caught_up");
    CHECK(member_of(host.told(again)[1], "resume").empty());
    CHECK(member_of(host.told(again)[1], "last") == "1");
}

// Presence.

TEST_CASE("above presence_members_max comings and goings are only counted") {
    config how = crowd_config();
    how.policies.presence_members_max = 5;
    test_host host(how);
    const std::vector<session_id> all = crowd(host, 5);
    CHECK(host.count(all[0], event_type::entered) == 4);
    host.forget();
    const session_id sixth = host.guest("sixth");
    host.chat.submit(sixth, join{"hall"});
    const session_id seventh = host.guest("seventh");
    host.chat.submit(seventh, join{"hall"});
    CHECK(host.story(all[0]).empty());
    CHECK(host.chat.next_tick() <= 1000);
    host.pass(1000);
    CHECK(host.story(all[0]) == "room");   // Both in one.
    CHECK(member_of(host.told(all[0])[0], "members") == "7");
    host.forget();
    host.pass(1000);
    host.pass(1000);
    CHECK(host.got.empty());
    host.chat.submit(seventh, leave{"hall"});
    host.chat.submit(sixth, leave{"hall"});
    host.pass(1000);
    CHECK(host.count(all[0], event_type::exited) == 1);   // Down at 5 again, it is told at once.
    CHECK(host.count(all[0], event_type::room) == 1);
}

TEST_CASE("the roster rises by one with every coming, going and renaming") {
    test_host host(small_config());
    const session_id alice = host.guest("alice");
    const session_id bob = host.guest("bob");
    host.chat.submit(alice, join{"lobby"});
    host.forget();
    host.chat.submit(bob, join{"lobby"});
    host.chat.submit(bob, nick{"bobby"});
    host.chat.submit(bob, leave{"lobby"});
    REQUIRE(host.story(alice) == "entered renamed exited");
    CHECK(member_of(host.told(alice)[0], "roster") == "2");
    CHECK(member_of(host.told(alice)[1], "roster") == "3");
    CHECK(member_of(host.told(alice)[1], "old") == "bob");
    CHECK(member_of(host.told(alice)[2], "roster") == "4");
    CHECK(member_of(host.told(alice)[2], "members") == "1");
}

// Several sessions of one user.

TEST_CASE("every session of a user gets what the user is a member of") {
    test_host host(small_config());
    const session_id phone = host.user("id-a", "alice");
    host.chat.submit(phone, join{"lobby"});
    say(host, phone, "before");
    host.forget();
    const session_id desk = host.user("id-a", "alice");
    settle(host);
    CHECK(host.story(desk) == "welcome joined caught_up");
    CHECK(host.story(phone).empty());
    say(host, desk, "m");
    CHECK(host.story(phone) == "2");
    CHECK(host.story(desk) == "welcome joined caught_up 2");

    host.forget();   // A third is one too many.
    peer third;
    third.user = "id-a";
    third.nick = "alice";
    CHECK(host.chat.connect(third).why == error::user_sessions_full);

    host.forget();   // Each stands where it stands.
    host.chat.pause(phone);
    say(host, desk, "m");
    say(host, desk, "m");
    CHECK(host.story(phone).empty());
    CHECK(host.story(desk) == "3 4");
    host.chat.unpause(phone);
    CHECK(host.story(phone) == "3 4");

    host.forget();
    host.chat.submit(phone, nick{"Alicia"});
    CHECK(host.count(desk, event_type::you) == 1);
    CHECK(member_of(host.told(desk)[0], "nick") == "Alicia");

    host.forget();
    host.chat.submit(phone, leave{"lobby"});
    CHECK(host.count(phone, event_type::left) == 1);
    CHECK(host.count(desk, event_type::left) == 1);
    host.chat.submit(desk, join{"new", 3});
    CHECK(host.count(phone, event_type::joined) == 1);
    CHECK(host.count(desk, event_type::joined) == 1);
    host.forget();
    host.chat.disconnect(phone);
    say(host, desk, "m", "new");
    CHECK(host.story(desk) == "1");
    const session_id next = host.user("id-a", "alice");   // The lane is free again.
    CHECK(next != phone);
    settle(host);
    say(host, desk, "m", "new");
    CHECK(host.story(next) == "welcome joined caught_up 2");
}

TEST_CASE("a user keeps its place in rooms while no session is there") {
    test_host host(small_config());
    const session_id alice = host.user("id-a", "alice");
    const session_id bob = host.guest("bob");
    host.chat.submit(alice, join{"lobby"});
    host.chat.submit(bob, join{"lobby"});
    host.forget();
    host.chat.disconnect(alice);
    CHECK(host.story(bob).empty());
    member_item items[4];
    auto page = host.chat.members(bob, {"lobby"}, items, 4);
    REQUIRE(page.value.members.size == 2);
    CHECK_FALSE(items[0].online);
    CHECK(items[1].online);
    host.pass(119'000);
    CHECK(host.chat.stats().users == 2);
    host.pass(2'000);
    CHECK(host.chat.stats().users == 1);
    REQUIRE(host.story(bob) == "exited");
    CHECK(member_of(host.told(bob)[0], "reason") == "gone");
}

// Leaving while paused.

TEST_CASE("a room lost unheard is told by resync, then the rooms that are left, then caught_up") {
    test_host host(small_config());
    const session_id alice = host.guest("alice");
    const session_id bob = host.guest("bob");
    for (const char* room : {"one", "two"}) {
        host.chat.submit(bob, join{room});
        host.chat.submit(alice, join{room});
    }
    const user_id id{2};
    const std::uint64_t number = say(host, bob, "m", "two");
    host.forget();
    host.chat.pause(alice);
    const auto users = host.observed.front().user;
    (void)users;
    REQUIRE(host.chat.submit(alice, leave{"one"}).why == error::none);
    say(host, bob, "m", "two");
    host.chat.unpause(alice);
    settle(host);
    CHECK(host.story(alice) == "resync joined 2 caught_up");
    CHECK(member_of(host.told(alice)[1], "room") == "two");
    CHECK(member_of(host.told(alice)[1], "from") == std::to_string(number + 1));
    (void)id;
}

TEST_CASE("one who joins again unheard and is then removed learns of it") {
    test_host host(small_config());
    const session_id alice = host.guest("alice");
    const session_id bob = host.guest("bob");
    host.chat.submit(bob, join{"lobby"});
    host.chat.submit(alice, join{"lobby"});   // She has been told that she is in it.
    const user_id id = host.observed.back().user;
    host.forget();
    host.chat.pause(alice);
    REQUIRE(host.chat.submit(alice, join{"lobby"}).why == error::none);
    REQUIRE(host.chat.submit(host, leave{"lobby"}, id).why == error::none);
    host.chat.unpause(alice);
    settle(host);
    const std::string story = host.story(alice);
    CHECK((story == "left" || story == "resync caught_up"));
}

TEST_CASE("one who joins and leaves unheard hears nothing") {
    test_host host(small_config());
    const session_id alice = host.guest("alice");
    host.forget();
    host.chat.pause(alice);
    host.chat.submit(alice, join{"lobby"});
    host.chat.submit(alice, leave{"lobby"});
    host.chat.unpause(alice);
    settle(host);
    CHECK(host.story(alice).empty());
}

TEST_CASE("joining again tells the room again, with as much history as was asked for") {
    test_host host(small_config());
    const session_id alice = host.guest("alice");
    host.chat.submit(alice, join{"lobby"});
    for (int i = 0; i < 4; ++i) say(host, alice, "m");
    host.forget();
    host.chat.submit(alice, join{"lobby", 2});
    settle(host);
    CHECK(host.story(alice) == "joined 3 4");
    host.forget();
    host.chat.submit(alice, join{"lobby", 100});
    settle(host);
    CHECK(host.story(alice) == "joined 1 2 3 4");
    CHECK(host.chat.stats().members == 1);
}

// Replies.

TEST_CASE("while a reply is outstanding no frame is taken, and nothing is lost") {
    test_host host(small_config());
    const session_id alice = host.guest("alice", wire::json);
    host.chat.submit(alice, join{"lobby"});
    host.forget();
    host.in_send = [&](const recipients&, const event& what, std::string_view) {
        if (what.type == event_type::ok) host.chat.pause(alice);
    };
    CHECK(host.chat.receive(alice, R"({"op":"post","room":"lobby","text":"a","ref":5})") ==
          error::none);
    CHECK(host.chat.receive(alice, R"({"op":"ping","ref":6})") == error::paused);
    CHECK(host.chat.receive(alice, R"({"op":"ping","ref":6})") == error::paused);
    CHECK(host.told(alice).size() == 1);
    host.in_send = nullptr;
    host.forget();
    host.chat.unpause(alice);
    CHECK(host.story(alice) == "ok 1");
    CHECK(member_of(host.told(alice)[0], "ref") == "5");
    CHECK(member_of(host.told(alice)[0], "number") == "1");
    CHECK(host.chat.receive(alice, R"({"op":"ping","ref":6})") == error::none);
    CHECK(member_of(host.told(alice).back(), "ref") == "6");
    CHECK(host.chat.stats().messages_posted == 1);
}

TEST_CASE("a page whose room has gone before it was taken becomes an error") {
    test_host host(small_config());
    const session_id alice = host.guest("alice", wire::json);
    host.chat.submit(alice, join{"lobby"});
    host.forget();
    bool once = true;
    host.in_send = [&](const recipients&, const event& what, std::string_view) {
        if (what.type != event_type::history_page || !once) return;
        once = false;
        host.chat.pause(alice);
    };
    CHECK(host.chat.receive(alice, R"({"op":"history","room":"lobby","ref":3})") == error::none);
    CHECK(host.chat.submit(host, destroy{"lobby"}).why == error::none);
    host.forget();
    host.chat.unpause(alice);
    settle(host);
    CHECK(host.story(alice) == "error resync caught_up");
    CHECK(member_of(host.told(alice)[0], "ref") == "3");
    CHECK(member_of(host.told(alice)[0], "code") == "room_unknown");
}

TEST_CASE("frames queued inside a callback are taken in their order") {
    for (int frames = 2; frames <= 6; ++frames) {
        CAPTURE(frames);
        test_host host(small_config());
        const session_id alice = host.guest("alice", wire::json);
        host.chat.submit(alice, join{"lobby"});
        host.forget();
        bool once = true;
        host.in_send = [&](const recipients&, const event& what, std::string_view) {
            if (once) {
                once = false;
                for (int i = 1; i <= frames; ++i) {
                    const std::string frame = R"({"op":"post","room":"lobby","text":"m","ref":)" +
                                              std::to_string(i) + "}";
                    CHECK(host.chat.receive(alice, frame) == error::queued);
                }
            } else if (what.type == event_type::ok) {
                host.chat.pause(alice);   // Each reply is outstanding for a while.
            }
        };
        host.chat.submit(host, post{"lobby", "x"});
        for (int i = 0; i < 4 * frames; ++i) {
            host.chat.unpause(alice);
            host.pass(1);
        }
        host.in_send = nullptr;
        host.chat.unpause(alice);
        settle(host);
        std::string refs, wanted;
        for (const std::string& each : host.told(alice)) {
            if (member_of(each, "op") != "ok") continue;
            const std::string ref = member_of(each, "ref");
            if (refs.size() < ref.size() || refs.substr(refs.size() - ref.size()) != ref) {
                refs += ref;   // A reply may be told twice, when it was missed.
            }
        }
        for (int i = 1; i <= frames; ++i) wanted += std::to_string(i);
        CHECK(refs == wanted);
    }
}

// What ends a session.

TEST_CASE("a session that sends garbage ends with a bye after so many frames") {
    config how = small_config();
    how.budgets.bad_frames_max = 3;
    test_host host(how);
    const session_id alice = host.connect(0, wire::json);
    host.forget();
    CHECK(host.chat.receive(alice, "nonsense") == error::none);
    CHECK(host.chat.receive(alice, "[") == error::none);
    CHECK(host.story(alice) == "error error");
    CHECK(host.chat.receive(alice, std::string(5000, 'x')) == error::none);
    CHECK(host.story(alice) == "error error error bye");
    CHECK(host.chat.receive(alice, "{}") == error::session_unknown);
    CHECK(host.chat.stats().sessions == 0);
    CHECK(host.chat.stats().frames_unreadable == 3);
}

TEST_CASE("help fits the shortest frames, or says that it does not") {
    test_host host(small_config());
    const session_id alice = host.connect(0, wire::lines, 624);
    host.forget();
    REQUIRE(host.chat.receive(alice, "/help") == error::none);
    REQUIRE(host.got.size() == 1);
    CHECK_FALSE(host.got[0].frame.empty());
    CHECK(host.got[0].frame.size() <= 624);
}

TEST_CASE("counters of deliveries and sends are those that the host saw") {
    test_host host(small_config());
    const session_id alice = host.guest("alice");
    const session_id bob = host.guest("bob", wire::json);
    host.chat.submit(alice, join{"lobby"});
    host.chat.submit(bob, join{"lobby"});
    for (int i = 0; i < 5; ++i) say(host, alice, "m");
    const statistics now = host.chat.stats();
    CHECK(now.sends == host.sends);
    CHECK(now.deliveries == host.got.size());
    CHECK(now.messages_posted == 5);
    CHECK(now.sessions == 2);
    CHECK(now.users == 2);
    CHECK(now.members == 2);
    CHECK(now.rooms == 1);
    CHECK(now.history_pages == 1);
}
