#include "catch.hpp"
#include "host.hpp"

#include "model/request.hpp"

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

std::vector<session_id> crowd(test_host& app, std::size_t n, const char* room = "hall",
                              wire by = wire::typed) {
    std::vector<session_id> all;
    for (std::size_t i = 0; i < n; ++i) {
        all.push_back(app.guest("u" + std::to_string(i) + room, by));
        REQUIRE(app.chat.submit(all.back(), join{room}).why == error::none);
    }
    app.pass(2000);   // The number of members has been told.
    return all;
}

/// Ticks until nothing is left to do.
void settle(test_host& app) {
    for (int i = 0; i < 10000 && app.chat.stats().queue_bytes + 1 > 0; ++i) {
        const std::size_t before = app.sends;
        app.pass(1);
        if (app.sends == before && app.chat.next_tick() != 0) return;
    }
}

std::uint64_t say(test_host& app, session_id who, const std::string& text,
                  const char* room = "lobby") {
    const auto [done, why] = app.chat.submit(who, post{room, text});
    REQUIRE(why == error::none);
    return done.number;
}

}  // namespace

// Who gets what.

TEST_CASE("the frames of a conversation come in a defined order") {
    test_host app(small_config());
    const session_id alice = app.connect(77, wire::json);
    CHECK(app.story(alice) == "welcome");
    CHECK(app.chat.receive(alice, R"({"op":"guest","nick":"alice","ref":1})") == error::none);
    CHECK(app.chat.receive(alice, R"({"op":"join","room":"Lobby","ref":2})") == error::none);
    CHECK(app.chat.receive(alice, R"({"op":"post","room":"lobby","text":"hi","ref":3})") ==
          error::none);
    CHECK(app.story(alice) == "welcome ok ok joined ok 1");
    for (const delivery& d : app.got) {
        CHECK(d.tag == 77);
        CHECK(d.frame == d.json);
    }
    const session_id bob = app.guest("bob");
    app.chat.submit(bob, join{"lobby", 10});
    CHECK(app.story(bob) == "welcome joined 1");
    CHECK(app.story(alice) == "welcome ok ok joined ok 1 entered");
}

TEST_CASE("one send serves all who get the same bytes, whatever their number") {
    for (std::size_t n : {1u, 2u, 12u, 13u, 14u, 26u, 27u, 200u, 261u}) {
        CAPTURE(n);
        test_host app(crowd_config());
        const std::vector<session_id> all = crowd(app, n, "hall", wire::json);
        app.forget();
        const std::size_t before = app.sends;
        std::size_t told_size = 0;
        app.in_send = [&](const recipients& to, const event&, std::string_view) {
            told_size += to.size();
        };
        say(app, all[0], "hello", "hall");
        settle(app);
        CHECK(app.sends - before == 1);
        CHECK(told_size == n);
        std::set<session_id> told;
        for (const delivery& d : app.got) {
            CHECK(d.type == event_type::message);
            CHECK(told.insert(d.session).second);
        }
        CHECK(told == std::set<session_id>(all.begin(), all.end()));
    }
}

TEST_CASE("one send for each codec, and one for each session with shorter frames") {
    test_host app(small_config());
    std::vector<session_id> all;
    const wire codecs[] = {wire::json, wire::lines, wire::binary, wire::typed};
    int n = 0;
    for (wire by : codecs) {
        for (int i = 0; i < 2; ++i) all.push_back(app.guest("n" + std::to_string(n++), by));
    }
    for (int i = 0; i < 2; ++i) {
        all.push_back(app.guest("n" + std::to_string(n++), wire::json, 800));
    }
    for (session_id each : all) app.chat.submit(each, join{"lobby"});
    app.forget();
    const std::size_t before = app.sends;
    say(app, all[0], "hello");
    CHECK(app.sends - before == 6);
    for (session_id each : all) CHECK(app.story(each) == "1");
    for (const delivery& d : app.got) {
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
    test_host app(how);
    const session_id wide = app.guest("wide", wire::json);
    const session_id narrow = app.guest("narrow", wire::json, 700);
    app.chat.submit(wide, join{"lobby"});
    app.chat.submit(narrow, join{"lobby"});
    app.forget();
    say(app, wide, std::string(380, '"'));
    REQUIRE(app.told(wide).size() == 1);
    REQUIRE(app.told(narrow).size() == 1);
    CHECK(member_of(app.told(wide)[0], "bytes").empty());
    CHECK(member_of(app.told(narrow)[0], "bytes") == "380");
    CHECK(member_of(app.told(narrow)[0], "text").empty());
    CHECK(app.got.back().frame.size() <= 700);

    app.forget();   // In a page likewise.
    CHECK(app.chat.receive(narrow, R"({"op":"history","room":"lobby"})") == error::none);
    REQUIRE(app.told(narrow).size() == 1);
    CHECK(member_of(app.told(narrow)[0], "bytes") == "380");
    CHECK(app.got.back().frame.size() <= 700);
}

TEST_CASE("a page ends earlier where the frame ends") {
    config how = small_config();
    how.limits.page_items_max = 20;
    test_host app(how);
    const session_id alice = app.guest("alice", wire::json, 700);
    app.chat.submit(alice, join{"lobby"});
    for (int i = 0; i < 12; ++i) say(app, alice, std::string(90, 'x'));
    app.forget();
    CHECK(app.chat.receive(alice, R"({"op":"history","room":"lobby","ref":9})") == error::none);
    REQUIRE(app.got.size() == 1);
    const std::string page = app.got[0].frame;
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
    test_host app;
    session_id alice{}, bob{};
    event_type wanted{};
    bool disarmed = false;
    std::vector<std::string> taken;
    std::size_t missed = 0;

    explicit pausing(const config& how) : app(how) {
        alice = app.guest("alice", wire::json);
        bob = app.guest("bob", wire::json);
        app.chat.submit(alice, join{"lobby"});
        app.chat.submit(bob, join{"lobby"});
        app.chat.submit(host, create{"elsewhere"});   // So that bob's coming is an event ago.
    }
    void arm(event_type type, bool unpause_at_once) {
        wanted = type;
        app.in_send = [this, unpause_at_once](const recipients& to, const event& what,
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
            REQUIRE(app.chat.pause(alice) == error::none);
            if (unpause_at_once) REQUIRE(app.chat.unpause(alice) == error::none);
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
    {"a message", event_type::message, [](pausing& p) { say(p.app, p.bob, "one"); }, "1"},
    {"a message of her own, by frame", event_type::message,
     [](pausing& p) { p.app.chat.receive(p.alice, R"({"op":"post","room":"lobby","text":"x"})"); },
     "ok 1"},
    {"the reply to a post", event_type::ok,
     [](pausing& p) { p.app.chat.receive(p.alice, R"({"op":"post","room":"lobby","text":"x"})"); },
     "ok 1"},
    {"an error", event_type::failure,
     [](pausing& p) { p.app.chat.receive(p.alice, R"({"op":"join"})"); }, "error"},
    {"a page of history", event_type::history_page,
     [](pausing& p) { p.app.chat.receive(p.alice, R"({"op":"history","room":"lobby"})"); },
     "history"},
    {"a page of rooms", event_type::rooms_page,
     [](pausing& p) { p.app.chat.receive(p.alice, R"({"op":"rooms"})"); }, "rooms"},
    {"a page of members", event_type::members_page,
     [](pausing& p) { p.app.chat.receive(p.alice, R"({"op":"members","room":"lobby"})"); },
     "members"},
    {"entered", event_type::entered,
     [](pausing& p) {
         const session_id carol = p.app.guest("carol");
         p.app.chat.submit(carol, join{"lobby"});
     },
     "room"},
    {"exited", event_type::exited,
     [](pausing& p) { p.app.chat.submit(p.bob, leave{"lobby"}); }, "room"},
    {"renamed", event_type::renamed,
     [](pausing& p) { p.app.chat.submit(p.bob, nick{"bobby"}); }, "room"},
    {"room", event_type::room,
     [](pausing& p) { p.app.chat.submit(host, set{"lobby", room_property::topic, "new"}); },
     "room"},
    {"you", event_type::you,
     [](pausing& p) { p.app.chat.submit(p.alice, nick{"alicia"}); }, "renamed you"},
    {"joined", event_type::joined,
     [](pausing& p) { p.app.chat.submit(p.alice, join{"other"}); }, "joined"},
    {"left", event_type::left,
     [](pausing& p) { p.app.chat.submit(p.alice, leave{"lobby"}); }, "resync caught_up"},
};

}  // namespace

TEST_CASE("an event in whose send a session was paused is made up for after unpause") {
    for (const pause_case& each : pause_cases) {
        CAPTURE(each.name);
        pausing p(small_config());
        p.arm(each.type, false);
        each.act(p);
        CHECK(p.missed == 1);
        CHECK(p.app.chat.stats().sessions_paused == 1);
        const std::size_t before = p.taken.size();
        p.app.pass(10);
        CHECK(p.taken.size() == before);   // Silence while it is paused.
        REQUIRE(p.app.chat.unpause(p.alice) == error::none);
        settle(p.app);
        if (std::string(each.name) == "you") {
            // The notice of the room may come or be made up for; the nick must be told.
            CHECK((p.story() == "you room" || p.story() == "you"));
        } else {
            CHECK(p.story() == each.wanted);
        }
        p.taken.clear();   // And it is live again.
        p.app.chat.submit(host, post{"lobby", "later"});
        const bool inside = p.app.chat.room(p.alice, "lobby").why == error::none;
        CHECK(p.taken.size() == (inside ? 1 : 0));
    }
}

TEST_CASE("unpause within the same send brings the event again, in the same call") {
    for (const pause_case& each : pause_cases) {
        CAPTURE(each.name);
        pausing p(small_config());
        p.arm(each.type, true);
        each.act(p);
        CHECK(p.missed == 1);
        CHECK(p.app.chat.stats().sessions_paused == 0);
        settle(p.app);
        if (std::string(each.name) != "you") CHECK(p.story() == each.wanted);
    }
}

TEST_CASE("a welcome that was missed is made up for before all else") {
    test_host app(small_config());
    const session_id bob = app.guest("bob");
    app.chat.submit(bob, join{"lobby"});
    bool once = true;
    session_id carol{};
    std::string taken;
    app.in_send = [&](const recipients& to, const event& what, std::string_view) {
        const recipient& first = *to.begin();
        if (first.id == bob) return;
        if (once) {
            carol = first.id;
            once = false;
            app.chat.pause(first.id);
            return;
        }
        taken += std::to_string(static_cast<int>(what.type)) + " ";
    };
    const auto [id, why] = app.chat.connect({});
    CHECK(why == error::none);
    CHECK(id == carol);
    CHECK(taken.empty());
    CHECK(app.chat.receive(id, "{}") == error::paused);
    CHECK(app.chat.submit(id, guest{"carol"}).why == error::none);
    CHECK(app.chat.submit(id, join{"lobby"}).why == error::none);
    CHECK(taken.empty());
    CHECK(app.chat.unpause(id) == error::none);
    CHECK(taken == "1 20 ");   // welcome, joined.
}

// Ending inside send.

TEST_CASE("a session that ends inside send is not met any more") {
    for (std::size_t n : {3u, 30u, 200u}) {
        CAPTURE(n);
        test_host app(crowd_config());
        const std::vector<session_id> all = crowd(app, n);
        app.forget();
        std::vector<session_id> met;
        app.in_send = [&](const recipients& to, const event& what, std::string_view) {
            if (what.type != event_type::message) return;
            std::size_t i = 0;
            met.clear();
            for (const recipient& each : to) {
                met.push_back(each.id);
                if (i++ == 0) {
                    for (std::size_t k = 1; k < n; k += 2) {
                        CHECK(app.chat.disconnect(all[k]) == error::none);
                        CHECK(app.chat.disconnect(all[k]) == error::session_unknown);
                    }
                }
            }
            CHECK(to.size() == n);
        };
        say(app, all[0], "x", "hall");
        std::vector<session_id> wanted;
        for (std::size_t k = 0; k < n; k += 2) wanted.push_back(all[k]);
        std::sort(met.begin(), met.end());
        std::sort(wanted.begin(), wanted.end());
        CHECK(met == wanted);
        CHECK(app.chat.stats().sessions == wanted.size());
        app.in_send = nullptr;
        app.forget();
        say(app, all[0], "y", "hall");
        for (std::size_t k = 0; k < n; ++k) {
            CHECK(app.count(all[k], event_type::message) == (k % 2 == 0 ? 1 : 0));
        }
    }
}

TEST_CASE("a session may end itself inside every kind of send to it") {
    for (const pause_case& each : pause_cases) {
        CAPTURE(each.name);
        pausing p(small_config());
        bool ended = false;
        p.app.in_send = [&](const recipients& to, const event& what, std::string_view) {
            for (const recipient& one : to) {
                if (one.id != p.alice) continue;
                CHECK_FALSE(ended);
                if (what.type != each.type) continue;
                CHECK(p.app.chat.disconnect(p.alice) == error::none);
                ended = true;
            }
        };
        each.act(p);
        CHECK(ended);
        CHECK(p.app.chat.receive(p.alice, "{}") == error::session_unknown);
        CHECK(p.app.chat.pause(p.alice) == error::session_unknown);
        CHECK(p.app.chat.unpause(p.alice) == error::session_unknown);
        settle(p.app);
        p.app.in_send = nullptr;
        say(p.app, p.bob, "still here", p.app.chat.room(p.bob, "lobby").why == error::none
                                              ? "lobby"
                                              : (p.app.chat.submit(p.bob, join{"new"}), "new"));
    }
}

TEST_CASE("sessions paused in the middle of a span miss that frame, and only they") {
    for (std::size_t n : {5u, 13u, 14u, 40u, 230u}) {
        CAPTURE(n);
        test_host app(crowd_config());
        const std::vector<session_id> all = crowd(app, n);
        app.forget();
        std::set<session_id> missed;
        app.in_send = [&](const recipients& to, const event& what, std::string_view) {
            const message* said = what.as<message>();
            if (said == nullptr || said->number != 2) return;
            std::size_t i = 0;
            for (const recipient& each : to) {
                if (i++ % 3 != 1) continue;
                REQUIRE(app.chat.pause(each.id) == error::none);
                missed.insert(each.id);
            }
        };
        for (int i = 0; i < 4; ++i) say(app, all[0], "x", "hall");
        CHECK(missed.size() == (n + 1) / 3);
        for (session_id each : all) {
            CHECK(app.story(each) == (missed.count(each) != 0 ? "1 2" : "1 2 3 4"));
        }
        app.in_send = nullptr;
        app.forget();
        for (session_id each : missed) REQUIRE(app.chat.unpause(each) == error::none);
        settle(app);
        for (session_id each : all) {
            CHECK(app.story(each) == (missed.count(each) != 0 ? "2 3 4" : ""));
        }
        say(app, all[0], "x", "hall");
        for (session_id each : all) CHECK(app.count(each, event_type::message) >= 1);
        CHECK(app.story(all[0]).substr(app.story(all[0]).size() - 1) == "5");
    }
}

// Slices.

namespace {

/// A fan-out in slices, with things going on in between: everybody who is a member all the while
/// gets every message once and in order.
void sliced(std::size_t n, std::uint32_t per_call, unsigned seed) {
    config how = crowd_config();
    how.budgets.deliveries_per_call = per_call;
    test_host app(how);
    std::vector<session_id> all = crowd(app, n);
    settle(app);
    app.forget();
    std::mt19937 random(seed);
    std::vector<bool> stays(n, true), paused(n, false);
    std::uint64_t last = 0;
    int names = 0;
    for (int round = 0; round < 60; ++round) {
        const std::size_t who = random() % n;
        switch (random() % 6) {
        case 0:
        case 1: last = say(app, all[0], "m", "hall"); break;
        case 2:
            if (who == 0) break;
            stays[who] = false;
            app.chat.submit(all[who], leave{"hall"});
            break;
        case 3: {
            const session_id late = app.guest("late" + std::to_string(names++));
            app.chat.submit(late, join{"hall"});
            break;
        }
        case 4:
            (paused[who] ? app.chat.unpause(all[who]) : app.chat.pause(all[who]));
            paused[who] = !paused[who];
            break;
        default: app.pass(1); break;
        }
    }
    for (std::size_t i = 0; i < n; ++i) app.chat.unpause(all[i]);
    settle(app);
    std::string wanted;
    for (std::uint64_t i = 1; i <= last; ++i) wanted += (i == 1 ? "" : " ") + std::to_string(i);
    for (std::size_t i = 0; i < n; ++i) {
        if (!stays[i]) continue;
        std::string story;
        for (const delivery& d : app.got) {
            if (d.session != all[i] || d.type != event_type::message) continue;
            story += (story.empty() ? "" : " ") + member_of(d.json, "number");
        }
        CAPTURE(n, per_call, seed, i);
        REQUIRE(story == wanted);
    }
    // Those who came later begin above what `joined` said and miss nothing from there.
    std::map<std::uint32_t, std::uint64_t> next;
    for (const delivery& d : app.got) {
        const std::uint32_t id = d.session;
        if (d.type == event_type::joined) {   // Told late, it says where it goes on.
            const std::string from = member_of(d.json, "from");
            next[id] = from.empty() ? std::stoull(member_of(d.json, "last")) + 1
                                    : std::stoull(from);
        }
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
    test_host app(how);
    const std::vector<session_id> all = crowd(app, 95);
    settle(app);
    app.forget();
    say(app, all[0], "x", "hall");
    std::size_t calls = 1;
    for (std::size_t got = app.got.size(); got < 95; got = app.got.size(), ++calls) {
        CHECK(app.chat.next_tick() == 0);
        CHECK(got == 10 * calls);
        app.chat.tick(app.now);
    }
    CHECK(calls == 10);
    CHECK(app.chat.next_tick() != 0);
}

TEST_CASE("catching up is bounded by the budget of a call, joined rooms included") {
    config how = crowd_config();
    how.limits.rooms_per_user_max = 32;
    how.limits.history_pages_max = 100;
    how.budgets.deliveries_per_call = 5;
    test_host app(how);
    const session_id alice = app.guest("alice");
    const std::string token = app.chat.submit(alice, chatroom::token{}).value.token;
    for (int i = 0; i < 30; ++i) {
        const std::string room = "r" + std::to_string(i);
        app.chat.submit(alice, join{room});
    }
    settle(app);
    app.chat.disconnect(alice);
    const session_id again = app.connect();
    app.forget();
    REQUIRE(app.chat.submit(again, resume{token}).why == error::none);
    CHECK(app.got.size() <= 6);
    settle(app);
    CHECK(app.count(again, event_type::joined) == 30);
    CHECK(app.got.back().type == event_type::caught_up);
}

TEST_CASE("one who catches up waits for a large room; nothing hangs or is told twice") {
    config how = crowd_config();
    how.limits.sessions_max = how.limits.users_max = how.policies.room_capacity = 1010;
    how.budgets.deliveries_per_call = 600;
    test_host app(how);
    const std::vector<session_id> all = crowd(app, 1000);
    const session_id first = all[1], second = all[2];
    app.chat.submit(host, create{"small", {}, {}, 0, true});
    app.chat.submit(first, join{"small"});
    app.chat.submit(second, join{"small"});
    for (session_id each : all) app.chat.submit(each, join{"other"});
    app.pass(2000);
    settle(app);
    app.chat.pause(first);
    app.chat.pause(second);
    app.chat.submit(host, post{"small", "s"});
    app.forget();
    say(app, all[0], "first", "hall");   // 400 of them have to wait ...
    bool inside = false, ended = false, waited = false;
    app.in_send = [&](const recipients& to, const event& what, std::string_view) {
        const message* const said = what.as<message>();
        if (said == nullptr) return;
        // ... both rooms are told now, slice by slice, and two come back meanwhile ...
        if (said->room == "other" && !inside) {
            inside = true;
            app.chat.unpause(first);
            app.chat.unpause(second);
        }
        if (to.size() != 1 || (*to.begin()).id != first) return;
        waited = waited || app.chat.next_tick() == 0;
        // ... and the last of those who catch up ends while the other is served.
        if (said->room == "small") ended = app.chat.disconnect(second) == error::none;
    };
    say(app, all[0], "second", "other");
    CHECK(ended);
    CHECK(app.chat.next_tick() == 0);   // Both rooms lag still.
    settle(app);
    CHECK(inside);
    CHECK(waited);
    CHECK(app.count(first, event_type::message) == 3);
    for (std::size_t i = 3; i < all.size(); ++i) {
        REQUIRE(app.count(all[i], event_type::message) == 2);
    }
}

// Gaps.

TEST_CASE("what history no longer holds is told as a gap with its bounds") {
    config how = small_config();
    how.policies.room_messages_max = 5;
    test_host app(how);
    const session_id alice = app.guest("alice");
    const session_id bob = app.guest("bob");
    app.chat.submit(alice, join{"lobby"});
    app.chat.submit(bob, join{"lobby"});
    say(app, bob, "seen");
    app.forget();
    app.chat.pause(alice);
    for (int i = 0; i < 20; ++i) say(app, bob, "m");
    CHECK(app.story(alice).empty());
    app.chat.unpause(alice);
    settle(app);
    CHECK(app.story(alice) == "gap:2-16 17 18 19 20 21");
    CHECK(app.chat.stats().gaps == 1);
    say(app, bob, "live");
    CHECK(app.story(alice) == "gap:2-16 17 18 19 20 21 22");
}

TEST_CASE("a fan-out in slices that history overtakes ends in a gap, never in silence") {
    config how = crowd_config();
    how.policies.room_messages_max = 3;
    how.budgets.deliveries_per_call = 2;
    test_host app(how);
    const std::vector<session_id> all = crowd(app, 30);
    settle(app);
    app.forget();
    for (int i = 0; i < 12; ++i) say(app, all[0], "m", "hall");
    settle(app);
    for (session_id each : all) {
        std::uint64_t next = 1;
        for (const delivery& d : app.got) {
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
    CHECK(app.chat.stats().gaps != 0);
}

TEST_CASE("resume says how history goes on from the cursor") {
    config how = small_config();
    how.policies.room_messages_max = 5;
    const auto resumed = [&](std::uint64_t after, int more) {
        test_host app(how);
        const session_id alice = app.guest("alice");
        const session_id bob = app.guest("bob");
        app.chat.submit(alice, join{"lobby"});
        app.chat.submit(bob, join{"lobby"});
        for (int i = 0; i < 3; ++i) say(app, bob, "m");
        const std::string token = app.chat.submit(alice, chatroom::token{}).value.token;
        app.chat.disconnect(alice);
        for (int i = 0; i < more; ++i) say(app, bob, "m");
        const session_id again = app.connect();
        app.forget();
        const cursor at{"lobby", after};
        REQUIRE(app.chat.submit(again, chatroom::resume{token, {&at, 1}}).why == error::none);
        settle(app);
        const std::string joined = app.told(again)[0];
        return member_of(joined, "resume") + " " + member_of(joined, "from") + " | " +
               app.story(again);
    };
    CHECK(resumed(3, 0) == "complete  | joined caught_up");
    CHECK(resumed(3, 2) == "continues 4 | joined 4 5 caught_up");
    CHECK(resumed(0, 0) == "continues 1 | joined 1 2 3 caught_up");
    CHECK(resumed(1, 7) == "truncated 6 | joined gap:2-5 6 7 8 9 10 caught_up");
    CHECK(resumed(99, 0) == "complete  | joined caught_up");
}

TEST_CASE("a resume without a cursor says so, and sends no messages") {
    test_host app(small_config());
    const session_id alice = app.guest("alice", wire::json);
    app.chat.submit(alice, join{"lobby"});
    say(app, alice, "m");
    const std::string token = app.chat.submit(alice, chatroom::token{}).value.token;
    app.chat.disconnect(alice);
    const session_id again = app.connect(0, wire::json);
    app.forget();
    app.chat.receive(again, R"({"op":"resume","token":")" + token + "\"}");
    settle(app);
    CHECK(app.story(again) == "ok joined caught_up");
    CHECK(member_of(app.told(again)[1], "resume").empty());
    CHECK(member_of(app.told(again)[1], "last") == "1");
}

// Presence.

TEST_CASE("above presence_members_max comings and goings are only counted") {
    config how = crowd_config();
    how.policies.presence_members_max = 5;
    test_host app(how);
    const std::vector<session_id> all = crowd(app, 5);
    CHECK(app.count(all[0], event_type::entered) == 4);
    app.forget();
    const session_id sixth = app.guest("sixth");
    app.chat.submit(sixth, join{"hall"});
    const session_id seventh = app.guest("seventh");
    app.chat.submit(seventh, join{"hall"});
    CHECK(app.story(all[0]).empty());
    CHECK(app.chat.next_tick() <= 1000);
    app.pass(1000);
    CHECK(app.story(all[0]) == "room");   // Both in one.
    CHECK(member_of(app.told(all[0])[0], "members") == "7");
    app.forget();
    app.pass(1000);
    app.pass(1000);
    CHECK(app.got.empty());
    app.chat.submit(seventh, leave{"hall"});
    app.chat.submit(sixth, leave{"hall"});
    app.pass(1000);
    CHECK(app.count(all[0], event_type::exited) == 1);   // Down at 5 again, it is told at once.
    CHECK(app.count(all[0], event_type::room) == 1);
}

TEST_CASE("the roster rises by one with every coming, going and renaming") {
    test_host app(small_config());
    const session_id alice = app.guest("alice");
    const session_id bob = app.guest("bob");
    app.chat.submit(alice, join{"lobby"});
    app.forget();
    app.chat.submit(bob, join{"lobby"});
    app.chat.submit(bob, nick{"bobby"});
    app.chat.submit(bob, leave{"lobby"});
    REQUIRE(app.story(alice) == "entered renamed exited");
    CHECK(member_of(app.told(alice)[0], "roster") == "2");
    CHECK(member_of(app.told(alice)[1], "roster") == "3");
    CHECK(member_of(app.told(alice)[1], "old") == "bob");
    CHECK(member_of(app.told(alice)[2], "roster") == "4");
    CHECK(member_of(app.told(alice)[2], "members") == "1");
}

// Several sessions of one user.

TEST_CASE("every session of a user gets what the user is a member of") {
    test_host app(small_config());
    const session_id phone = app.user("id-a", "alice");
    app.chat.submit(phone, join{"lobby"});
    say(app, phone, "before");
    app.forget();
    const session_id desk = app.user("id-a", "alice");
    settle(app);
    CHECK(app.story(desk) == "welcome you joined caught_up");
    CHECK(app.story(phone).empty());
    say(app, desk, "m");
    CHECK(app.story(phone) == "2");
    CHECK(app.story(desk) == "welcome you joined caught_up 2");

    app.forget();   // A third is one too many.
    peer third;
    third.user = "id-a";
    third.nick = "alice";
    CHECK(app.chat.connect(third).why == error::user_sessions_full);

    app.forget();   // Each stands where it stands.
    app.chat.pause(phone);
    say(app, desk, "m");
    say(app, desk, "m");
    CHECK(app.story(phone).empty());
    CHECK(app.story(desk) == "3 4");
    app.chat.unpause(phone);
    CHECK(app.story(phone) == "3 4");

    app.forget();
    app.chat.submit(phone, nick{"Alicia"});
    CHECK(app.count(desk, event_type::you) == 1);
    CHECK(member_of(app.told(desk)[0], "nick") == "Alicia");

    app.forget();
    app.chat.submit(phone, leave{"lobby"});
    CHECK(app.count(phone, event_type::left) == 1);
    CHECK(app.count(desk, event_type::left) == 1);
    app.chat.submit(desk, join{"new", 3});
    CHECK(app.count(phone, event_type::joined) == 1);
    CHECK(app.count(desk, event_type::joined) == 1);
    app.forget();
    app.chat.disconnect(phone);
    say(app, desk, "m", "new");
    CHECK(app.story(desk) == "1");
    const session_id next = app.user("id-a", "alice");   // The lane is free again.
    CHECK(next != phone);
    settle(app);
    say(app, desk, "m", "new");
    CHECK(app.story(next) == "welcome you joined caught_up 2");
}

TEST_CASE("a user keeps its place in rooms while no session is there") {
    test_host app(small_config());
    const session_id alice = app.user("id-a", "alice");
    const session_id bob = app.guest("bob");
    app.chat.submit(alice, join{"lobby"});
    app.chat.submit(bob, join{"lobby"});
    app.forget();
    app.chat.disconnect(alice);
    CHECK(app.story(bob).empty());
    member_item items[4];
    auto page = app.chat.members(bob, {"lobby"}, items, 4);
    REQUIRE(page.value.members.size == 2);
    CHECK_FALSE(items[0].online);
    CHECK(items[1].online);
    app.pass(119'000);
    CHECK(app.chat.stats().users == 2);
    app.pass(2'000);
    CHECK(app.chat.stats().users == 1);
    REQUIRE(app.story(bob) == "exited");
    CHECK(member_of(app.told(bob)[0], "reason") == "gone");
}

// Leaving while paused.

TEST_CASE("a room lost unheard is told by resync, then the rooms that are left, then caught_up") {
    test_host app(small_config());
    const session_id alice = app.guest("alice");
    const session_id bob = app.guest("bob");
    for (const char* room : {"one", "two"}) {
        app.chat.submit(bob, join{room});
        app.chat.submit(alice, join{room});
    }
    const std::uint64_t number = say(app, bob, "m", "two");
    app.forget();
    app.chat.pause(alice);
    REQUIRE(app.chat.submit(alice, leave{"one"}).why == error::none);
    say(app, bob, "m", "two");
    app.chat.unpause(alice);
    settle(app);
    CHECK(app.story(alice) == "resync joined 2 caught_up");
    CHECK(member_of(app.told(alice)[1], "room") == "two");
    CHECK(member_of(app.told(alice)[1], "from") == std::to_string(number + 1));
}

TEST_CASE("one who joins again unheard and is then removed learns of it") {
    test_host app(small_config());
    const session_id alice = app.guest("alice");
    const session_id bob = app.guest("bob");
    app.chat.submit(bob, join{"lobby"});
    app.chat.submit(alice, join{"lobby"});   // She has been told that she is in it.
    const user_id id = app.observed.back().user;
    app.forget();
    app.chat.pause(alice);
    REQUIRE(app.chat.submit(alice, join{"lobby"}).why == error::none);
    REQUIRE(app.chat.submit(host, leave{"lobby"}, id).why == error::none);
    app.chat.unpause(alice);
    settle(app);
    const std::string story = app.story(alice);
    CHECK((story == "left" || story == "resync caught_up"));
}

TEST_CASE("one who joins and leaves unheard hears nothing") {
    test_host app(small_config());
    const session_id alice = app.guest("alice");
    app.forget();
    app.chat.pause(alice);
    app.chat.submit(alice, join{"lobby"});
    app.chat.submit(alice, leave{"lobby"});
    app.chat.unpause(alice);
    settle(app);
    CHECK(app.story(alice).empty());
}

TEST_CASE("joining again tells the room again, with as much history as was asked for") {
    test_host app(small_config());
    const session_id alice = app.guest("alice");
    app.chat.submit(alice, join{"lobby"});
    for (int i = 0; i < 4; ++i) say(app, alice, "m");
    app.forget();
    app.chat.submit(alice, join{"lobby", 2});
    settle(app);
    CHECK(app.story(alice) == "joined 3 4");
    app.forget();
    app.chat.submit(alice, join{"lobby", 100});
    settle(app);
    CHECK(app.story(alice) == "joined 1 2 3 4");
    CHECK(app.chat.stats().members == 1);
}

// Replies.

TEST_CASE("while a reply is outstanding no frame is taken, and nothing is lost") {
    test_host app(small_config());
    const session_id alice = app.guest("alice", wire::json);
    app.chat.submit(alice, join{"lobby"});
    app.forget();
    app.in_send = [&](const recipients&, const event& what, std::string_view) {
        if (what.type == event_type::ok) app.chat.pause(alice);
    };
    CHECK(app.chat.receive(alice, R"({"op":"post","room":"lobby","text":"a","ref":5})") ==
          error::none);
    CHECK(app.chat.receive(alice, R"({"op":"ping","ref":6})") == error::paused);
    CHECK(app.chat.receive(alice, R"({"op":"ping","ref":6})") == error::paused);
    CHECK(app.told(alice).size() == 1);
    app.in_send = nullptr;
    app.forget();
    app.chat.unpause(alice);
    CHECK(app.story(alice) == "ok 1");
    CHECK(member_of(app.told(alice)[0], "ref") == "5");
    CHECK(member_of(app.told(alice)[0], "number") == "1");
    CHECK(app.chat.receive(alice, R"({"op":"ping","ref":6})") == error::none);
    CHECK(member_of(app.told(alice).back(), "ref") == "6");
    CHECK(app.chat.stats().messages_posted == 1);
}

TEST_CASE("a page whose room has gone before it was taken becomes an error") {
    test_host app(small_config());
    const session_id alice = app.guest("alice", wire::json);
    app.chat.submit(alice, join{"lobby"});
    app.forget();
    bool once = true;
    app.in_send = [&](const recipients&, const event& what, std::string_view) {
        if (what.type != event_type::history_page || !once) return;
        once = false;
        app.chat.pause(alice);
    };
    CHECK(app.chat.receive(alice, R"({"op":"history","room":"lobby","ref":3})") == error::none);
    CHECK(app.chat.submit(host, destroy{"lobby"}).why == error::none);
    app.forget();
    app.chat.unpause(alice);
    settle(app);
    CHECK(app.story(alice) == "error resync caught_up");
    CHECK(member_of(app.told(alice)[0], "ref") == "3");
    CHECK(member_of(app.told(alice)[0], "code") == "room_unknown");
}

TEST_CASE("one frame of a session is queued at a time, those of several in their order") {
    for (int frames = 2; frames <= 6; ++frames) {
        CAPTURE(frames);
        test_host app(small_config());
        std::vector<session_id> all;
        for (int i = 0; i < frames; ++i) {
            all.push_back(app.guest("n" + std::to_string(i), wire::json));
            app.chat.submit(all.back(), join{"lobby"});
        }
        app.forget();
        bool once = true;
        app.in_send = [&](const recipients& to, const event& what, std::string_view) {
            if (once) {
                once = false;
                for (session_id each : all) {
                    const char* const frame = R"({"op":"post","room":"lobby","text":"m"})";
                    CHECK(app.chat.receive(each, frame) == error::queued);
                    CHECK(app.chat.receive(each, frame) == error::paused);
                }
            } else if (what.type == event_type::ok) {
                // Every other reply is outstanding for a while.
                const session_id first = (*to.begin()).id;
                if (first != all[0]) app.chat.pause(first);
            }
        };
        app.chat.submit(host, post{"lobby", "x"});
        for (int i = 0; i < 4; ++i) app.pass(1);
        app.in_send = nullptr;
        for (session_id each : all) app.chat.unpause(each);
        settle(app);
        message out[10];
        REQUIRE(app.chat.history(host, {"lobby"}, out, 10).value.messages.size ==
                static_cast<std::size_t>(frames + 1));
        for (int i = 0; i < frames; ++i) {
            CHECK(out[i + 1].nick == "n" + std::to_string(i));
            CHECK(app.chat.receive(all[static_cast<std::size_t>(i)], R"({"op":"ping"})") ==
                  error::none);
        }
        for (session_id each : all) CHECK(app.count(each, event_type::ok) >= 2);
    }
}

// What ends a session.

TEST_CASE("a session that sends garbage ends with a bye after so many frames") {
    config how = small_config();
    how.budgets.bad_frames_max = 3;
    test_host app(how);
    const session_id alice = app.connect(0, wire::json);
    app.forget();
    CHECK(app.chat.receive(alice, "nonsense") == error::none);
    CHECK(app.chat.receive(alice, "[") == error::none);
    CHECK(app.story(alice) == "error error");
    CHECK(app.chat.receive(alice, std::string(5000, 'x')) == error::none);
    CHECK(app.story(alice) == "error error error bye");
    CHECK(app.chat.receive(alice, "{}") == error::session_unknown);
    CHECK(app.chat.stats().sessions == 0);
    CHECK(app.chat.stats().frames_unreadable == 3);
}

TEST_CASE("help fits the shortest frames, or says that it does not") {
    const std::uint32_t shortest = detail::frame_bytes_min(small_config().limits);
    test_host app(small_config());
    const session_id alice = app.connect(0, wire::lines, shortest);
    app.forget();
    REQUIRE(app.chat.receive(alice, "/help") == error::none);
    REQUIRE(app.got.size() == 1);
    CHECK_FALSE(app.got[0].frame.empty());
    CHECK(app.got[0].frame.size() <= shortest);
}

TEST_CASE("counters of deliveries and sends are those that the host saw") {
    test_host app(small_config());
    const session_id alice = app.guest("alice");
    const session_id bob = app.guest("bob", wire::json);
    app.chat.submit(alice, join{"lobby"});
    app.chat.submit(bob, join{"lobby"});
    for (int i = 0; i < 5; ++i) say(app, alice, "m");
    const statistics now = app.chat.stats();
    CHECK(now.sends == app.sends);
    CHECK(now.deliveries == app.got.size());
    CHECK(now.messages_posted == 5);
    CHECK(now.sessions == 2);
    CHECK(now.users == 2);
    CHECK(now.members == 2);
    CHECK(now.rooms == 1);
    CHECK(now.history_pages == 1);
}

// A destroyed room closes over several records; meanwhile another may have its name.
TEST_CASE("who joins the room that took the name of one that closes is not told to have left it") {
    config how = small_config();
    how.policies.effects_per_record_max = 1;
    test_host app(how);
    const session_id first = app.guest("first", wire::typed);
    const session_id second = app.guest("second", wire::typed);
    for (const session_id each : {first, second}) app.chat.submit(each, join{"lobby"});
    app.forget();
    REQUIRE(app.chat.submit(host, destroy{"lobby"}).why == error::none);
    const bool first_left = app.story(first) == "left";
    const session_id waits = first_left ? second : first;
    CHECK(app.story(waits).empty());
    REQUIRE(app.chat.submit(waits, join{"lobby"}).why == error::none);
    settle(app);
    app.pass(1000);
    say(app, waits, "still here");
    CHECK(app.story(waits) == "joined 1");
    CHECK(app.story(first_left ? first : second) == "left");
}

// What `resync` has made it forget cannot be left any more.
TEST_CASE("a room that closes is not left by who was told to forget it") {
    config how = small_config();
    how.policies.effects_per_record_max = 1;
    test_host app(how);
    const session_id bob = app.guest("bob", wire::typed);
    const session_id others[] = {app.guest("x", wire::typed), app.guest("y", wire::typed)};
    app.chat.submit(bob, join{"den"});
    app.chat.submit(bob, join{"lobby"});   // Who came last goes first.
    for (const session_id each : others) app.chat.submit(each, join{"lobby"});
    app.chat.pause(bob);
    app.chat.submit(bob, join{"lobby"});   // Is to be told again.
    app.chat.submit(bob, leave{"den"});
    REQUIRE(app.chat.submit(host, destroy{"lobby"}).why == error::none);
    app.forget();
    app.chat.unpause(bob);
    settle(app);
    app.pass(1000);
    const std::string story = app.story(bob);
    CAPTURE(story);
    CHECK(story.find("left") == std::string::npos);
    CHECK(story.find("resync") == 0);
}
