// What hosts, logs and clients may do in orders that nobody planned for.

#include "catch.hpp"

#include "../support/log_host.hpp"
#include "edge/record.hpp"

using namespace chatroom;
using logs::node;
using logs::start_ms;

namespace {

peer named(std::string_view identity, std::string_view nick) {
    peer who;
    who.user = identity;
    who.nick = nick;
    return who;
}

config small() {
    config how;
    how.policies.advance_ms = 10;
    return how;
}

}  // namespace

TEST_CASE("a user with several sessions leaves a room") {
    for (unsigned sessions = 2; sessions <= 4; ++sessions) {
        node at;
        REQUIRE(at.open({}, false) == error::none);
        REQUIRE(at.chat.tick(start_ms) == error::none);
        std::vector<session_id> all;
        for (unsigned i = 0; i < sessions; ++i) {
            all.push_back(at.chat.connect(named("id", "alice")).value);
        }
        const session_id other = at.chat.connect(named("other", "bob")).value;
        REQUIRE(at.chat.submit(other, join{"lobby"}).why == error::none);
        REQUIRE(at.chat.submit(all[0], join{"lobby"}).why == error::none);
        REQUIRE(at.chat.submit(all[1], leave{"lobby"}).why == error::none);
        REQUIRE(at.chat.submit(all[0], join{"lobby"}).why == error::none);
        REQUIRE(at.chat.submit(other, post{"lobby", "hello"}).why == error::none);
        for (session_id s : all) {
            CHECK(at.count(s, "joined") == 2);
            CHECK(at.count(s, "left") == 1);
            CHECK(at.count(s, "message") == 1);
        }
        REQUIRE(at.chat.submit(chatroom::host, destroy{"lobby"}).why == error::none);
        for (session_id s : all) CHECK(at.count(s, "left") == 2);
    }
}

TEST_CASE("an advance that the log gives up does not stop the engine") {
    node at;
    config how = small();
    how.policies.resume_window_ms = 100;
    REQUIRE(at.open(how) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect().value;
    REQUIRE(at.chat.submit(alice, guest{"alice"}).why == error::none);
    REQUIRE(at.chat.disconnect(alice) == error::none);
    at.answer = stored::pending;
    REQUIRE(at.chat.tick(start_ms + 200) == error::none);
    REQUIRE(at.chat.abandon(at.records.back().first) == error::none);
    at.answer = stored::yes;
    const session_id bob = at.chat.connect().value;
    CHECK(at.chat.submit(bob, guest{"bob"}).why == error::none);
    REQUIRE(at.chat.tick(start_ms + 400) == error::none);
    CHECK(at.chat.stats().users == 1);
}

TEST_CASE("a session ends while its login is pending") {
    node at;
    config how = small();
    how.policies.resume_window_ms = 100;
    REQUIRE(at.open(how) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    at.answer = stored::pending;
    const std::size_t from = at.records.size();
    SECTION("typed") {
        const session_id alice = at.chat.connect().value;
        REQUIRE(at.chat.submit(alice, guest{"alice"}).why == error::pending);
        REQUIRE(at.chat.disconnect(alice) == error::none);
    }
    SECTION("a frame") {
        const session_id alice = at.chat.connect().value;
        REQUIRE(at.chat.receive(alice, R"({"op":"guest","nick":"alice"})") == error::none);
        REQUIRE(at.chat.disconnect(alice) == error::none);
    }
    SECTION("by identity") {
        const auto alice = at.chat.connect(named("id", "alice"));
        REQUIRE(alice.why == error::pending);
        REQUIRE(at.chat.disconnect(alice.value) == error::none);
    }
    SECTION("and another session has its slot by then") {
        const session_id alice = at.chat.connect().value;
        REQUIRE(at.chat.submit(alice, guest{"alice"}).why == error::pending);
        REQUIRE(at.chat.disconnect(alice) == error::none);
        (void)at.chat.connect();
    }
    // The user must not stay bound to a session that is gone: it expires like any other.
    at.answer = stored::yes;
    const std::size_t until = at.records.size();
    for (std::size_t i = from; i < until; ++i) {
        REQUIRE(at.chat.commit(at.records[i].second) == error::none);
    }
    CHECK(at.chat.stats().users == 1);
    for (std::uint64_t t = 20; t <= 400; t += 20) {
        const std::size_t known = at.records.size();
        REQUIRE(at.chat.tick(start_ms + t) == error::none);
        for (std::size_t i = known; i < at.records.size(); ++i) {
            (void)at.chat.commit(at.records[i].second);   // Those that wait behind a pending one.
        }
    }
    CHECK(at.chat.stats().users == 0);
}

TEST_CASE("a session ends while its unbind and more is pending") {
    node at;
    REQUIRE(at.open(small()) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect(named("id", "alice")).value;
    at.answer = stored::pending;
    const std::size_t from = at.records.size();
    REQUIRE(at.chat.receive(alice, R"({"op":"join","room":"red"})") == error::none);
    REQUIRE(at.chat.submit(alice, join{"blue"}).why == error::pending);
    REQUIRE(at.chat.disconnect(alice) == error::none);
    REQUIRE(at.records.size() == from + 3);
    REQUIRE(at.chat.tick(start_ms + 100) == error::none);
    CHECK(at.records.size() == from + 3);   // One unbind, however long it takes.
    const std::size_t unbind = at.records.size() - 1;
    REQUIRE(at.chat.commit(at.records[from].second) == error::none);
    REQUIRE(at.chat.commit(at.records[from + 1].second) == error::none);
    CHECK(at.records.size() == from + 3);
    SECTION("the unbind is stored") {
        REQUIRE(at.chat.commit(at.records[unbind].second) == error::none);
    }
    SECTION("the unbind is given up and comes again") {
        REQUIRE(at.chat.abandon(at.records[unbind].first) == error::none);
        if (at.records.size() == unbind + 1) REQUIRE(at.chat.tick(start_ms + 200) == error::none);
        REQUIRE(at.records.size() == unbind + 2);
        REQUIRE(at.chat.commit(at.records.back().second) == error::none);
    }
    CHECK(at.chat.stats().records_pending == 0);
    CHECK(at.chat.stats().rooms == 2);
    CHECK(at.chat.stats().members == 2);
    member_item who[4];
    const auto page = at.chat.members(chatroom::host, members{"red"}, who, 4);
    REQUIRE(page.value.members.size == 1);
    CHECK_FALSE(who[0].online);
}

TEST_CASE("a typed command of the session settles while its frame is pending") {
    node at;
    REQUIRE(at.open(small()) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect(named("id", "alice")).value;
    REQUIRE(at.chat.submit(alice, join{"red"}).why == error::none);
    at.answer = stored::pending;
    const std::size_t from = at.records.size();
    REQUIRE(at.chat.submit(alice, post{"red", "typed"}).why == error::pending);
    REQUIRE(at.chat.receive(alice, R"({"op":"post","room":"red","text":"one","ref":1})") ==
            error::none);
    REQUIRE(at.chat.commit(at.records[from].second) == error::none);
    // The frame has no reply yet, so the next one must wait.
    CHECK(at.chat.receive(alice, R"({"op":"post","room":"red","text":"two","ref":2})") ==
          error::paused);
    REQUIRE(at.chat.pause(alice) == error::none);
    REQUIRE(at.chat.commit(at.records[from + 1].second) == error::none);
    for (std::size_t i = from + 2; i < at.records.size(); ++i) {
        REQUIRE(at.chat.commit(at.records[i].second) == error::none);
    }
    REQUIRE(at.chat.unpause(alice) == error::none);
    CHECK(logs::number_of(at.last(alice, "ok"), "ref") == 1);
}

TEST_CASE("sessions end inside the log callback, while others are unbound") {
    node at;
    config how = small();
    how.policies.resume_window_ms = 100;
    REQUIRE(at.open(how) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    std::vector<session_id> all;
    for (int i = 0; i < 5; ++i) {
        all.push_back(at.chat.connect().value);
        REQUIRE(at.chat.submit(all.back(), guest{"guest" + std::to_string(i)}).why == error::none);
    }
    std::size_t next = 1;
    at.on_record = [&](std::string_view, std::uint64_t) {
        if (next < all.size()) at.chat.disconnect(all[next++]);
        return stored::yes;
    };
    REQUIRE(at.chat.disconnect(all[0]) == error::none);
    for (int t = 1; t <= 40; ++t) REQUIRE(at.chat.tick(start_ms + 20u * t) == error::none);
    CHECK(at.chat.stats().sessions == 0);
    CHECK(at.chat.stats().users == 0);
}

TEST_CASE("the operator is told who logged out") {
    node at;
    REQUIRE(at.open({}, false) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect().value;
    const auto who = at.chat.submit(alice, guest{"alice"});
    REQUIRE(at.chat.submit(alice, logout{}).why == error::none);
    CHECK(at.seen_users.back() == who.value.user);
}

TEST_CASE("counts that are told late reach those who paused meanwhile") {
    node at;
    config how = small();
    how.policies.presence_members_max = 0;
    REQUIRE(at.open(how, false) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect(named("a", "alice")).value;
    const session_id bob = at.chat.connect(named("b", "bob")).value;
    REQUIRE(at.chat.submit(alice, join{"red"}).why == error::none);
    REQUIRE(at.chat.tick(start_ms + 5000) == error::none);
    REQUIRE(at.chat.submit(bob, join{"red"}).why == error::none);
    REQUIRE(at.chat.submit(bob, join{"blue"}).why == error::none);
    REQUIRE(at.chat.pause(alice) == error::none);
    REQUIRE(at.chat.tick(start_ms + 10000) == error::none);
    REQUIRE(at.chat.unpause(alice) == error::none);
    CHECK(logs::number_of(at.last(alice, "room"), "members") == 2);
}

TEST_CASE("a room's state that is told in slices reaches those who pause in between") {
    node at;
    config how = small();
    how.budgets.deliveries_per_call = 1;
    REQUIRE(at.open(how, false) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    std::vector<session_id> all;
    for (int i = 0; i < 6; ++i) {
        const std::string name = "id" + std::to_string(i);
        all.push_back(at.chat.connect(named(name, name)).value);
        REQUIRE(at.chat.submit(all.back(), join{"red"}).why == error::none);
    }
    std::uint64_t now = start_ms;
    for (int i = 0; i < 100; ++i) REQUIRE(at.chat.tick(++now) == error::none);
    const set news{"red", room_property::topic, "news"};
    REQUIRE(at.chat.submit(chatroom::host, news).why == error::none);
    // Other records follow, then everybody pauses, before the room is through.
    REQUIRE(at.chat.submit(chatroom::host, create{"blue"}).why == error::none);
    for (session_id s : all) REQUIRE(at.chat.pause(s) == error::none);
    for (int i = 0; i < 100; ++i) REQUIRE(at.chat.tick(++now) == error::none);
    for (session_id s : all) REQUIRE(at.chat.unpause(s) == error::none);
    for (int i = 0; i < 100; ++i) REQUIRE(at.chat.tick(++now) == error::none);
    for (session_id s : all) CHECK(logs::text_of(at.last(s, "room"), "topic") == "news");
}

TEST_CASE("frames and commands queued inside a callback keep their order") {
    node at;
    config how = small();
    how.budgets.queued_per_call = 1;
    REQUIRE(at.open(how, false) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect(named("a", "alice")).value;
    REQUIRE(at.chat.submit(alice, join{"red"}).why == error::none);
    std::vector<error> answers;
    at.on_send = [&](const recipients&, const event& what) {
        if (what.type == event_type::message && answers.empty()) {
            const char* const frame = R"({"op":"post","room":"red","text":"one"})";
            answers.push_back(at.chat.receive(alice, frame));
            answers.push_back(at.chat.receive(alice, frame));   // One at a time.
            answers.push_back(at.chat.submit(chatroom::host, post{"red", "two"}).why);
            answers.push_back(at.chat.submit(chatroom::host, post{"red", "three"}).why);
        } else if (what.type == event_type::ok) {
            at.chat.pause(alice);   // Full: the reply stays outstanding.
            at.on_send = {};
        }
    };
    REQUIRE(at.chat.submit(chatroom::host, post{"red", "zero"}).why == error::none);
    CHECK(answers == std::vector<error>{error::queued, error::paused, error::queued,
                                        error::queued});
    REQUIRE(at.chat.tick(start_ms + 1) == error::none);
    REQUIRE(at.chat.unpause(alice) == error::none);
    for (std::uint64_t t = 2; t <= 12; ++t) REQUIRE(at.chat.tick(start_ms + t) == error::none);
    message page[8];
    const auto read = at.chat.history(chatroom::host, history{"red"}, page, 8);
    REQUIRE(read.value.messages.size == 4);
    CHECK(page[1].text == "one");
    CHECK(page[2].text == "two");
    CHECK(page[3].text == "three");
    CHECK(at.count(alice, "ok") == 2);   // The one that it did not take, and the same again.
    CHECK(at.count(alice, "message") == 4);
}

TEST_CASE("a reply that is outstanding survives a logout") {
    node at;
    config how = small();
    how.budgets.deliveries_per_call = 1;
    REQUIRE(at.open(how, false) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect(named("a", "alice")).value;
    const session_id bob = at.chat.connect(named("b", "bob")).value;
    REQUIRE(at.chat.submit(alice, join{"red"}).why == error::none);
    REQUIRE(at.chat.submit(bob, join{"red"}).why == error::none);
    for (std::uint64_t t = 1; t <= 9; ++t) REQUIRE(at.chat.tick(start_ms + t) == error::none);
    bool missed = false;
    at.on_send = [&](const recipients&, const event& what) {
        if (what.type != event_type::ok || missed) return;
        missed = true;
        at.chat.pause(alice);
        at.chat.unpause(alice);
    };
    REQUIRE(at.chat.receive(alice, R"({"op":"post","room":"red","text":"x","ref":7})") ==
            error::none);
    REQUIRE(missed);
    REQUIRE(at.chat.submit(alice, logout{}).why == error::none);
    for (std::uint64_t t = 10; t <= 19; ++t) REQUIRE(at.chat.tick(start_ms + t) == error::none);
    CHECK(at.chat.receive(alice, R"({"op":"ping"})") == error::none);
}

// Records and snapshots that no engine of these rules wrote.

namespace {

// Writes a record as another node would.
template <typename T>
std::string forge(const T& body, const detail::described& shape, detail::request what) {
    what.type = T::type;
    what.body = &body;
    std::string out(4096, '\0');
    out.resize(detail::encode_record(what, shape, &out[0], out.size()));
    return out;
}

detail::request from_node(std::uint32_t id, std::uint64_t number) {
    detail::request what;
    what.node = id;
    what.incarnation = 1;
    what.number = number;
    what.time = start_ms;
    return what;
}

}  // namespace

TEST_CASE("a boot with rules outside their bounds is no boot") {
    node at;
    REQUIRE(at.open({}) == error::none);
    detail::boot bad;
    SECTION("no pages") { bad.policies.room_pages_reserved = bad.policies.room_pages_max = 0; }
    SECTION("no effects") { bad.policies.effects_per_record_max = 0; }
    SECTION("more pages than there are") { bad.policies.room_pages_reserved = 1u << 24; }
    SECTION("no users") { bad.limits.users_max = 0; }
    SECTION("no sessions") { bad.limits.sessions_per_user_max = 0; }
    CHECK(at.chat.commit(forge(bad, detail::shape_boot, from_node(2, 1))) != error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect(named("a", "alice")).value;
    CHECK(at.chat.submit(alice, join{"red"}).why == error::none);
    CHECK(at.chat.submit(alice, post{"red", "x"}).why == error::none);
}

TEST_CASE("a node that holds more nodes refuses those that the others refuse") {
    config how;
    how.limits.nodes_max = 1;
    node first;
    REQUIRE(first.open(how) == error::none);
    REQUIRE(first.chat.tick(start_ms) == error::none);
    REQUIRE(first.chat.submit(chatroom::host, create{"lobby"}).why == error::none);
    node second(2);
    how.node = 2;
    REQUIRE(second.open(how) == error::none);
    REQUIRE(second.chat.tick(start_ms) == error::none);
    REQUIRE(second.chat.submit(chatroom::host, create{"other"}).why == error::none);
    for (unsigned nodes_max : {1u, 8u}) {
        node reader(3);
        how.node = 3;
        how.limits.nodes_max = nodes_max;
        REQUIRE(reader.open(how) == error::none);
        for (const auto& record : first.records) {
            REQUIRE(reader.chat.commit(record.second) == error::none);
        }
        CHECK(reader.chat.commit(second.records[0].second) == error::nodes_full);
    }
}

TEST_CASE("a record from after all time is refused") {
    node at;
    REQUIRE(at.open({}) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    detail::boot with;
    detail::request late = from_node(2, 1);
    late.time = std::uint64_t{1} << 53;
    CHECK(at.chat.commit(forge(with, detail::shape_boot, late)) == error::record_invalid);
    std::string bytes(at.chat.snapshot(nullptr, 0).value, '\0');
    REQUIRE(at.chat.snapshot(&bytes[0], bytes.size()).why == error::none);
    node next;
    REQUIRE(next.open({}) == error::none);
    CHECK(next.chat.restore(bytes) == error::none);
}

TEST_CASE("a bind without an identity or a nick is refused") {
    node at;
    config how;
    std::string identity, nick = "alice";
    SECTION("no identity") {}
    SECTION("no room for identities") { how.limits.identity_bytes_max = 0; }
    SECTION("no nick") {
        identity = "id";
        nick.clear();
    }
    REQUIRE(at.open(how) == error::none);
    detail::boot with;
    with.limits = how.limits;
    REQUIRE(at.chat.commit(forge(with, detail::shape_boot, from_node(2, 1))) == error::none);
    detail::bind who;
    who.identity = identity;
    who.nick = nick;
    detail::request by = from_node(2, 2);
    by.session = 1;
    (void)at.chat.commit(forge(who, detail::shape_bind, by));
    CHECK(at.chat.stats().users == 0);
}

TEST_CASE("more tokens than an engine holds per user do not fit it") {
    node from;
    config large;
    large.limits.users_max = 4;
    large.limits.sessions_per_user_max = 4;
    REQUIRE(from.open(large) == error::none);
    REQUIRE(from.chat.tick(start_ms) == error::none);
    const session_id alice = from.chat.connect().value;
    REQUIRE(from.chat.submit(alice, guest{"alice"}).why == error::none);
    for (int i = 0; i < 3; ++i) REQUIRE(from.chat.submit(alice, token{}).why == error::none);
    std::string bytes(from.chat.snapshot(nullptr, 0).value, '\0');
    REQUIRE(from.chat.snapshot(&bytes[0], bytes.size()).why == error::none);

    node to;
    config narrow = large;
    narrow.limits.sessions_per_user_max = 1;
    narrow.incarnation = 2;
    REQUIRE(to.open(narrow) == error::none);
    const error why = to.chat.restore(bytes);
    CHECK((why == error::none || why == error::limit_too_small));
    REQUIRE(to.chat.tick(start_ms) == error::none);
    for (int i = 0; i < 4; ++i) {   // However it decided: the table must not overflow.
        const session_id s = to.chat.connect().value;
        (void)to.chat.submit(s, guest{"guest" + std::to_string(i)});
    }
}

TEST_CASE("a node that has been replaced does not go on by itself") {
    node old;
    REQUIRE(old.open({}) == error::none);
    REQUIRE(old.chat.tick(start_ms) == error::none);
    const session_id alice = old.chat.connect(named("a", "alice")).value;
    REQUIRE(old.chat.submit(alice, join{"red"}).why == error::none);
    detail::boot with;
    detail::request successor = from_node(1, 1);
    successor.incarnation = 2;
    REQUIRE(old.chat.commit(forge(with, detail::shape_boot, successor)) == error::none);
    const std::string before = old.digest();
    const session_id bob = old.chat.connect().value;
    CHECK(old.chat.submit(bob, guest{"bob"}).why == error::incarnation_stale);
    CHECK(old.chat.submit(chatroom::host, create{"blue"}).why == error::incarnation_stale);
    CHECK(old.digest() == before);   // What the other nodes will not do, this one does not either.
}

TEST_CASE("a record behind a boot that was given up does not hold its session for ever") {
    node at;
    at.answer = stored::pending;
    REQUIRE(at.open({}) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect().value;
    REQUIRE(at.chat.receive(alice, R"({"op":"guest","nick":"alice","ref":1})") == error::none);
    const std::size_t behind = at.records.size();
    REQUIRE(at.chat.abandon(at.records[0].first) == error::none);
    for (std::size_t i = 1; i < behind; ++i) {   // Stored, but before any boot: they count nowhere.
        (void)at.chat.commit(at.records[i].second);
    }
    (void)at.chat.tick(start_ms + 1000);
    for (std::size_t i = behind; i < at.records.size(); ++i) {
        CHECK(at.chat.commit(at.records[i].second) == error::none);
    }
    CHECK(at.chat.stats().records_pending == 0);
    CHECK(at.count(alice, "error") == 1);
    CHECK(at.chat.receive(alice, R"({"op":"ping"})") == error::none);
}

TEST_CASE("what the nodes agreed on survives a snapshot") {
    config narrow;
    narrow.limits.users_max = 2;
    node first;
    REQUIRE(first.open(narrow) == error::none);
    REQUIRE(first.chat.tick(start_ms) == error::none);

    config wide;   // A replica that could hold more.
    wide.node = 2;
    node second;
    REQUIRE(second.open(wide) == error::none);
    for (const auto& record : first.records) {
        REQUIRE(second.chat.commit(record.second) == error::none);
    }
    REQUIRE(second.digest() == first.digest());
    std::string bytes(second.chat.snapshot(nullptr, 0).value, '\0');
    REQUIRE(second.chat.snapshot(&bytes[0], bytes.size()).why == error::none);
    node third;
    wide.node = 3;
    REQUIRE(third.open(wide) == error::none);
    REQUIRE(third.chat.restore(bytes) == error::none);
    CHECK(third.digest() == first.digest());
    const std::size_t known = first.records.size();
    for (int i = 0; i < 3; ++i) {
        const session_id s = first.chat.connect().value;
        (void)first.chat.submit(s, guest{"guest" + std::to_string(i)});
    }
    for (std::size_t i = known; i < first.records.size(); ++i) {
        REQUIRE(second.chat.commit(first.records[i].second) == error::none);
        REQUIRE(third.chat.commit(first.records[i].second) == error::none);
    }
    CHECK(second.digest() == first.digest());
    CHECK(third.digest() == first.digest());
}

TEST_CASE("the largest configurations have a footprint") {
    config how;
    how.limits.page_messages_max = 255;
    for (std::uint32_t pages : {1u << 20, 1u << 21, 1u << 22, 1u << 23, (1u << 24) - 1}) {
        how.limits.history_pages_max = pages;
        // 0 where it cannot be addressed, and never endless. Each message may have a nonce.
        const std::uint64_t least = std::uint64_t{pages} * (how.limits.page_bytes + 255 * 8);
        const std::uint64_t bytes = footprint(how);
        CHECK((bytes > least || bytes == 0));
    }
}

TEST_CASE("a log that refuses is asked once for each session that ends, and then once a tick") {
    node at;
    config how = small();
    how.limits.sessions_max = how.limits.users_max = 300;
    how.policies.resume_window_ms = 100;
    how.policies.effects_per_record_max = 100;
    REQUIRE(at.open(how) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    std::vector<session_id> all;
    for (int i = 0; i < 250; ++i) {
        all.push_back(at.chat.connect().value);
        REQUIRE(at.chat.submit(all.back(), guest{"guest" + std::to_string(i)}).why == error::none);
    }
    std::size_t before = at.records.size();
    const auto asked_since = [&] {
        const std::size_t asked = at.records.size() - before;
        before = at.records.size();
        return asked;
    };
    at.answer = stored::no;
    for (session_id each : all) REQUIRE(at.chat.disconnect(each) == error::none);
    CHECK(asked_since() == 250);
    CHECK(at.chat.unpause(at.chat.connect().value) == error::none);   // Other calls ask nothing.
    CHECK(asked_since() == 0);
    for (int i = 0; i < 10; ++i) {
        CHECK(at.chat.next_tick() <= how.policies.advance_ms);
        REQUIRE(at.chat.tick(start_ms) == error::none);
        CHECK(asked_since() == 1);
    }
    at.answer = stored::yes;
    for (std::size_t wanted : {100u, 100u, 50u, 0u}) {
        REQUIRE(at.chat.tick(start_ms) == error::none);
        CHECK(asked_since() == wanted);
    }
    REQUIRE(at.chat.tick(start_ms + 200) == error::none);
    for (int i = 1; i < 10; ++i) REQUIRE(at.chat.tick(start_ms + 200 + 20u * i) == error::none);
    CHECK(at.chat.stats().users == 0);
    CHECK(at.chat.stats().sessions == 1);
}

TEST_CASE("an unbind that is given up is tried again") {
    node at;
    REQUIRE(at.open(small()) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const session_id alice = at.chat.connect().value;
    REQUIRE(at.chat.submit(alice, guest{"alice"}).why == error::none);
    at.answer = stored::pending;
    REQUIRE(at.chat.disconnect(alice) == error::none);
    for (int i = 0; i < 3; ++i) {
        const std::size_t before = at.records.size();
        for (int n = 0; n < 5; ++n) REQUIRE(at.chat.tick(start_ms) == error::none);
        CHECK(at.records.size() == before);   // It is under way.
        REQUIRE(at.chat.abandon(at.records.back().first) == error::none);
        CHECK(at.records.size() == before + 1);
    }
    REQUIRE(at.chat.commit(at.records.back().second) == error::none);
    REQUIRE(at.chat.connect().why == error::none);
    at.answer = stored::yes;
    REQUIRE(at.chat.tick(start_ms + 1000000) == error::none);
    CHECK(at.chat.stats().users == 0);
}

TEST_CASE("who has no connection any more is unbound by one record at a time") {
    node at;
    REQUIRE(at.open(small()) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    at.answer = stored::pending;
    std::vector<std::string> logins;
    for (const char* nick : {"alice", "bob", "cid"}) {   // Logins that the host thinks are lost.
        const session_id gone = at.chat.connect().value;
        REQUIRE(at.chat.submit(gone, guest{nick}).why == error::pending);
        logins.push_back(at.records.back().second);
        REQUIRE(at.chat.abandon(at.records.back().first) == error::none);
        REQUIRE(at.chat.disconnect(gone) == error::none);
    }
    for (const std::string& each : logins) (void)at.chat.commit(each);
    CHECK(at.chat.next_tick() <= 10);
    const std::size_t before = at.records.size();
    for (int i = 0; i < 70; ++i) REQUIRE(at.chat.tick(start_ms + 1) == error::none);
    CHECK(at.records.size() == before + 1);
    for (int i = 0; i < 20; ++i) {
        const std::size_t known = at.records.size();
        for (std::size_t n = known - 1; n < known; ++n) (void)at.chat.commit(at.records[n].second);
        REQUIRE(at.chat.tick(start_ms + 2) == error::none);
    }
    CHECK(at.records.size() <= before + logins.size());
    at.answer = stored::yes;
    for (int i = 1; i < 100; ++i) {
        REQUIRE(at.chat.tick(start_ms + 100000u * i) == error::none);
    }
    CHECK(at.chat.stats().users == 0);
}

TEST_CASE("a restore that fails calls back as every call does") {
    for (int call = 0; call < 3; ++call) {
        node at;
        int seen = 0;
        std::string saved(2000, '\0');
        environment all = at.environment(false);
        struct inside {
            node& at;
            int call, &seen;
        } context{at, call, seen};
        all.observe = {[](const observation&, void* of) {
            inside& in = *static_cast<inside*>(of);
            ++in.seen;
            if (in.call == 0) in.at.chat.close();
            if (in.call == 1) {
                CHECK(in.at.chat.snapshot(nullptr, 0).why == error::inside_callback);
            }
            if (in.call == 2) {
                CHECK(in.at.chat.connect(named("id", "alice")).why == error::inside_callback);
            }
        }, &context};
        REQUIRE(at.chat.open(small(), all) == error::none);
        CHECK(at.chat.restore("SNAP") == error::snapshot_invalid);
        CHECK(seen == 1);
        CHECK(at.chat.tick(start_ms) == error::none);   // It is open and empty.
        const session_id alice = at.chat.connect().value;
        CHECK(at.chat.submit(alice, guest{"alice"}).why == error::none);
        CHECK(at.chat.disconnect(alice) == error::none);
        for (int i = 1; i < 100; ++i) REQUIRE(at.chat.tick(start_ms + 100000u * i) == error::none);
        CHECK(at.chat.stats().users == 0);
    }
}

TEST_CASE("what only the host may is not asked of the log by others") {
    node at;
    REQUIRE(at.open(config{}) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    REQUIRE(at.chat.submit(host, create{"lobby"}).why == error::none);
    at.answer = stored::pending;
    const session_id nobody = at.chat.connect().value;
    REQUIRE(at.chat.submit(host, create{"den"}).why == error::pending);   // From now on it is late.
    const std::size_t before = at.records.size();
    CHECK(at.chat.submit(nobody, destroy{"lobby"}).why == error::forbidden);
    REQUIRE(at.chat.receive(nobody, R"({"op":"destroy","room":"lobby"})") == error::none);
    CHECK(at.records.size() == before);
}

TEST_CASE("no observer is shown a token that may still be used") {
    node at;
    config how = small();
    how.limits.sessions_per_user_max = 1;
    environment all = at.environment(false);
    std::vector<std::string> tokens;
    all.observe = {[](const observation& seen, void* of) {
        const resume* what = seen.command != nullptr ? seen.command->as<resume>() : nullptr;
        if (what == nullptr) return;
        static_cast<std::vector<std::string>*>(of)->emplace_back(what->token);
        CHECK(what->cursors.size == 1);
    }, &tokens};
    REQUIRE(at.chat.open(how, all) == error::none);
    REQUIRE(at.chat.tick(start_ms) == error::none);
    const auto alice = at.chat.submit(at.chat.connect().value, guest{"alice"});
    const session_id second = at.chat.connect().value;
    const cursor where{"lobby"};
    resume again;
    again.token = alice.value.token;
    again.cursors = {&where, 1};
    CHECK(at.chat.submit(second, again).why == error::user_sessions_full);
    again.token = "none";
    CHECK(at.chat.submit(second, again).why == error::token_invalid);
    CHECK(tokens == std::vector<std::string>(2));
}

TEST_CASE("a small room does not wait for a large one, however short the frames are") {
    struct seen {
        std::vector<session_id> order;
        engine* chat = nullptr;
        bool armed = false;
        void operator()(const recipients& to, const event& what, std::string_view) {
            if (what.type == event_type::message) {
                for (const recipient& each : to) order.push_back(each.id);
            }
            if (!armed || what.type != event_type::you) return;
            armed = false;
            CHECK(chat->submit(host, post{"large", "m"}).why == error::queued);
            CHECK(chat->submit(host, post{"small", "m"}).why == error::queued);
        }
    } at;
    engine chat;
    at.chat = &chat;
    config how;
    how.limits.sessions_max = how.limits.users_max = 500;
    how.policies.room_capacity = 500;
    how.policies.presence_members_max = 0;
    REQUIRE(chat.open(how, send_via(at)) == error::none);
    REQUIRE(chat.tick(start_ms) == error::none);
    const auto enter = [&](int n, std::uint32_t frame_bytes_max, const char* room) {
        peer who;
        who.frame_bytes_max = frame_bytes_max;
        const session_id id = chat.connect(who).value;
        REQUIRE(chat.submit(id, guest{"n" + std::to_string(n)}).why == error::none);
        REQUIRE(chat.submit(id, join{room}).why == error::none);
        return id;
    };
    for (int i = 0; i < 250; ++i) enter(i, 0, "large");
    for (int i = 250; i < 400; ++i) enter(i, 4000, "large");
    const session_id small_one = enter(400, 0, "small");
    const session_id renamed = enter(401, 0, "elsewhere");
    at.armed = true;
    REQUIRE(chat.submit(renamed, nick{"other"}).why == error::none);
    for (int i = 0; i < 100 && at.order.size() < 401; ++i) REQUIRE(chat.tick(start_ms) == error::none);
    REQUIRE(at.order.size() == 401);
    std::size_t before = 0;
    while (at.order[before] != small_one) ++before;
    CHECK(before <= 256);
}
