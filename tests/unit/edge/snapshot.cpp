#include "catch.hpp"
#include "scenario.hpp"

#include <memory>
#include <set>

#include "base/crypto.hpp"
#include "edge/snapshot.hpp"

using namespace chatroom;
using namespace chatroom::detail;
using tests::member_of;
using tests::scenario;
using tests::small_config;
using tests::start_ms;
using tests::test_host;

namespace {

config config_of_next(config how) {
    ++how.incarnation;
    return how;
}

std::unique_ptr<test_host> restored(const config& how, std::string_view bytes) {
    auto app = std::make_unique<test_host>();
    app->random.seed(2);   // Other tokens than those of the first life.
    REQUIRE(app->open(how) == error::none);
    REQUIRE(app->chat.restore(bytes) == error::none);
    return app;
}

/// A scenario whose records are kept, and its copies at random points.
struct lived {
    struct copy {
        std::string bytes, digest;
        std::size_t records;
    };
    test_host app{small_config(), true};
    std::vector<copy> copies;

    explicit lived(unsigned seed, int steps = 500) {
        scenario story(app, seed);
        std::mt19937 random(seed + 1000);
        for (int i = 0; i < steps; ++i) {
            story.step();
            if (random() % 25 == 0 || i + 1 == steps) {
                copies.push_back({app.snapshot(), app.digest(), app.records.size()});
            }
        }
    }
};

void sign(std::string& bytes) {
    store_le64(bytes.data() + 8, bytes.size());
    u8 digest[32];
    sha256_of(bytes.data(), bytes.size() - 32, digest);
    std::memcpy(bytes.data() + bytes.size() - 32, digest, 32);
}

}  // namespace

TEST_CASE("a snapshot restores to the same digest and the same bytes") {
    for (unsigned seed = 1; seed <= 8; ++seed) {
        lived one(seed);
        for (const lived::copy& each : one.copies) {
            const auto again = restored(small_config(), each.bytes);
            CAPTURE(seed, each.records);
            REQUIRE(again->digest() == each.digest);
            REQUIRE((again->snapshot() == each.bytes));
            REQUIRE(again->sends == 0);
        }
    }
}

TEST_CASE("the digest is the hash of the snapshot") {
    lived one(9, 100);
    const std::string bytes = one.app.snapshot();
    u8 digest[32];
    sha256_of(bytes.data(), bytes.size() - 32, digest);
    CHECK(std::memcmp(one.app.chat.digest().value.bytes, digest, 32) == 0);
    CHECK(std::memcmp(bytes.data() + bytes.size() - 32, digest, 32) == 0);
}

TEST_CASE("a snapshot and the rest of the log come to the same as the whole log") {
    for (unsigned seed = 11; seed <= 18; ++seed) {
        lived one(seed);
        for (const lived::copy& each : one.copies) {
            const auto again = restored(small_config(), each.bytes);
            CAPTURE(seed, each.records);
            REQUIRE(again->chat.recover(one.app.log_bytes(each.records)).why == error::none);
            REQUIRE(again->digest() == one.app.digest());
            REQUIRE((again->snapshot() == one.app.snapshot()));
        }
        // What the snapshot holds already is passed over.
        const auto again = restored(small_config(), one.copies[2].bytes);
        REQUIRE(again->chat.recover(one.app.log_bytes()).why == error::none);
        REQUIRE(again->digest() == one.app.digest());
    }
}

TEST_CASE("shown names are compared alike before and after a restore") {
    test_host app(small_config(), true);
    app.chat.submit(host, configure{"names_shown", 1});
    const session_id a = app.user("id-a", "bob");
    app.user("id-b", "Bob");
    app.chat.submit(a, nick{"other"});
    app.chat.submit(a, nick{"bob"});   // Behind the other in every index.
    const auto again = restored(small_config(), app.snapshot());
    const std::size_t from = app.records.size();
    app.chat.submit(host, configure{"names_shown", 0});
    CHECK(app.chat.submit(a, nick{"BOB"}).why == error::nick_taken);
    REQUIRE(again->chat.recover(app.log_bytes(from)).why == error::none);
    CHECK(again->digest() == app.digest());
}

TEST_CASE("a restored engine goes on: in larger limits, and with what is new in them") {
    config large = config_of_next(small_config());
    large.limits.users_max = 64;
    large.limits.rooms_max = 12;
    large.limits.members_max = 200;
    large.limits.history_pages_max = 40;
    large.limits.page_bytes = 1024;
    large.limits.page_messages_max = 30;
    large.limits.message_bytes_max = 400;
    large.limits.nick_bytes_max = 40;
    large.limits.sessions_per_user_max = 3;
    large.limits.frame_bytes_max = 4096;
    for (unsigned seed = 21; seed <= 26; ++seed) {
        lived one(seed);
        for (const lived::copy& each : one.copies) {
            const auto again = restored(large, each.bytes);
            CAPTURE(seed, each.records);
            REQUIRE(again->digest() == each.digest);
            REQUIRE((again->snapshot() == each.bytes));
            again->now = one.app.now;
            again->chat.tick(again->now);
            const session_id guest = again->connect();
            REQUIRE(again->chat.submit(guest, chatroom::guest{std::string(40, 'z')}).why ==
                    error::none);
            scenario(*again, seed).run(60);
            const auto third = restored(large, again->snapshot());
            REQUIRE(third->digest() == again->digest());
        }
    }
}

TEST_CASE("a restored engine refuses what its limits allow only from the next start on") {
    // Until the first record of its own, what the nodes agreed on holds.
    lived one(27, 50);
    config large = config_of_next(small_config());
    large.limits.users_max = 64;
    const auto again = restored(large, one.app.snapshot());
    again->chat.tick(one.app.now);
    CHECK(again->digest() != one.app.digest());   // Its own start is a record.
    const auto third = restored(large, again->snapshot());
    CHECK(third->digest() == again->digest());
    CHECK((third->snapshot() == again->snapshot()));
}

TEST_CASE("a snapshot restores into smaller limits when they are enough, else they are named") {
    test_host app(small_config());
    const session_id a = app.user("0123456789", "alicealice");
    const session_id a2 = app.user("0123456789", "alicealice");
    const session_id b = app.guest("bob");
    (void)a2;
    app.chat.submit(host, create{"longroomname", "title of it", "topic of it is longer"});
    for (const char* room : {"longroomname", "two", "three"}) app.chat.submit(a, join{room});
    app.chat.submit(b, join{"two"});
    for (int i = 0; i < 8; ++i) {
        app.chat.submit(a, post{"two", std::string(80, 'x'), {}, 0, "nonce" + std::to_string(i)});
    }
    const std::string bytes = app.snapshot();
    config enough = small_config();
    enough.limits.users_max = 2;
    enough.limits.sessions_per_user_max = 2;
    enough.limits.rooms_max = 3;
    enough.limits.members_max = 4;
    enough.limits.rooms_per_user_max = 3;
    enough.limits.nodes_max = 1;
    enough.limits.history_pages_max = 3 + 2;
    enough.limits.page_bytes = 512;
    enough.limits.nick_bytes_max = 10;
    enough.limits.identity_bytes_max = 10;
    enough.limits.room_name_bytes_max = 12;
    enough.limits.title_bytes_max = 11;
    enough.limits.topic_bytes_max = 21;
    CHECK(app.chat.stats().history_pages == 2);
    const auto again = restored(enough, bytes);
    CHECK(again->chat.stats().users == 2);
    CHECK(again->chat.stats().members == 4);
    CHECK(again->chat.stats().history_pages == 2);
    CHECK(again->chat.room(host, "longroomname").value.topic == "topic of it is longer");

    const auto names = [&](const char* limit, auto change) {
        CAPTURE(limit);
        config less = enough;
        change(less.limits);
        test_host small;
        REQUIRE(small.open(less) == error::none);
        const std::string before = small.digest();
        CHECK(small.chat.restore(bytes) == error::limit_too_small);
        CHECK(small.chat.why().field == limit);
        CHECK(small.chat.why().error == error::limit_too_small);
        CHECK(small.digest() == before);
        CHECK(small.chat.stats().users == 0);
        small.chat.tick(start_ms);   // And it can be used.
        small.guest("new");
    };
    names("users_max", [](limits& l) { l.users_max = 1; });
    names("sessions_per_user_max", [](limits& l) { l.sessions_per_user_max = 1; });
    names("rooms_max", [](limits& l) { l.rooms_max = 2; });
    names("members_max", [](limits& l) { l.members_max = 3; });
    names("rooms_per_user_max", [](limits& l) { l.rooms_per_user_max = 2; });
    names("history_pages_max", [](limits& l) { l.history_pages_max = 2; });
    names("nick_bytes_max", [](limits& l) { l.nick_bytes_max = 9; });
    names("identity_bytes_max", [](limits& l) { l.identity_bytes_max = 9; });
    names("room_name_bytes_max", [](limits& l) { l.room_name_bytes_max = 11; });
    names("title_bytes_max", [](limits& l) { l.title_bytes_max = 10; });
    names("topic_bytes_max", [](limits& l) { l.topic_bytes_max = 20; });
    names("page_bytes", [](limits& l) { l.page_bytes = 256; });
    names("page_messages_max", [](limits& l) { l.page_messages_max = 3; });
}

TEST_CASE("the nicks and nonces of a snapshot's messages need room, too") {
    test_host app(small_config());
    const session_id a = app.guest("a long nick");
    app.chat.submit(a, join{"lobby"});
    app.chat.submit(a, post{"lobby", "hello", {}, 0, "a nonce"});
    app.chat.submit(a, nick{"a"});
    const std::string bytes = app.snapshot();
    const auto restores = [&](u32 nick_bytes, u32 nonce_bytes, const char* named) {
        config how = small_config();
        how.limits.nick_bytes_max = nick_bytes;
        how.limits.nonce_bytes_max = nonce_bytes;
        test_host other;
        REQUIRE(other.open(how) == error::none);
        const error why = other.chat.restore(bytes);
        CHECK(other.chat.why().field == named);
        return why;
    };
    CHECK(restores(11, 7, "") == error::none);
    CHECK(restores(10, 7, "nick_bytes_max") == error::limit_too_small);
    CHECK(restores(11, 6, "nonce_bytes_max") == error::limit_too_small);
    CHECK(restores(11, 0, "nonce_bytes_max") == error::limit_too_small);
}

TEST_CASE("a snapshot of several nodes needs room for them") {
    test_host app(small_config(), true);
    config second = small_config();
    second.node = 2;
    test_host other(second, true);
    REQUIRE(app.chat.recover(other.log_bytes()).why == error::none);
    config less = small_config();
    less.limits.nodes_max = 1;
    test_host small;
    REQUIRE(small.open(less) == error::none);
    CHECK(small.chat.restore(app.snapshot()) == error::limit_too_small);
    CHECK(small.chat.why().field == "nodes_max");
}

TEST_CASE("every snapshot that is cut is refused, and nothing changes") {
    lived one(31, 60);
    const std::string bytes = one.app.snapshot();
    test_host app;
    REQUIRE(app.open(small_config()) == error::none);
    const std::string before = app.digest();
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        REQUIRE(app.chat.restore(std::string_view(bytes.data(), cut)) == error::snapshot_invalid);
        if (cut < 100 || cut % 64 == 0) REQUIRE(app.digest() == before);
    }
    CHECK(app.chat.restore(bytes + '\0') == error::snapshot_invalid);
    CHECK(app.digest() == before);
    CHECK(app.chat.restore(bytes) == error::none);
    CHECK(app.digest() == one.app.digest());
}

TEST_CASE("every flipped bit of a snapshot is found") {
    lived one(32, 40);
    std::string bytes = one.app.snapshot();
    test_host app;
    REQUIRE(app.open(small_config()) == error::none);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        char& at = bytes[bit / 8];
        at = static_cast<char>(at ^ 1 << bit % 8);
        const error why = app.chat.restore(bytes);
        // The version is told apart before the hash is computed.
        const bool version = bit / 8 >= 4 && bit / 8 < 8;
        REQUIRE((why == error::snapshot_invalid || (version && why == error::behaviour_unknown)));
        at = static_cast<char>(at ^ 1 << bit % 8);
    }
    CHECK(app.chat.restore(bytes) == error::none);
}

TEST_CASE("a snapshot of a later version is refused as such") {
    lived one(33, 10);
    std::string bytes = one.app.snapshot();
    store_le32(bytes.data() + 4, 2);
    sign(bytes);
    test_host app;
    REQUIRE(app.open(small_config()) == error::none);
    CHECK(app.chat.restore(bytes) == error::behaviour_unknown);
}

TEST_CASE("hostile snapshots with the right hash are refused or do no harm") {
    std::vector<std::string> good;
    for (unsigned seed = 41; seed <= 44; ++seed) {
        lived one(seed, 200);
        for (const lived::copy& each : one.copies) good.push_back(each.bytes);
    }
    std::mt19937 random(5);
    config how = config_of_next(small_config());
    how.node = 9;
    std::size_t taken = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string bytes = good[random() % good.size()];
        for (unsigned n = 1 + random() % 3; n != 0; --n) {
            const std::size_t at = 16 + random() % (bytes.size() - 48);
            switch (random() % 6) {
            case 0: bytes[at] = static_cast<char>(random()); break;
            case 1: bytes[at] = static_cast<char>(bytes[at] + 1); break;
            case 2: bytes[at] = static_cast<char>(bytes[at] ^ 1 << random() % 8); break;
            case 3: bytes.erase(at, 1 + random() % 4); break;
            case 4: bytes.insert(at, std::string(1 + random() % 9, static_cast<char>(random())));
                    break;
            default: {   // A piece from elsewhere, such as an entry twice or in another order.
                const std::size_t from = 16 + random() % (bytes.size() - 48);
                const std::size_t size = random() % 40;
                bytes.insert(at, bytes.substr(from, smaller(size, bytes.size() - 32 - from)));
                break;
            }
            }
            if (bytes.size() < 100) bytes.resize(100);
        }
        sign(bytes);
        test_host app;
        app.zeroed = true;
        REQUIRE(app.open(how) == error::none);
        if (app.chat.restore(bytes) != error::none) {
            REQUIRE(app.chat.stats().users == 0);
            continue;
        }
        ++taken;
        app.now = start_ms + 100'000;
        app.chat.tick(app.now, true);
        scenario(app, static_cast<unsigned>(round)).run(40);
        app.pass(1000);
        for (int i = 0; i < 4; ++i) app.pass(121'000);   // Everybody without a session goes.
        const auto again = restored(how, app.snapshot());
        REQUIRE(again->digest() == app.digest());
    }
    CHECK(taken > 100);
}

namespace {

/// The entries of a snapshot, as they stand there: each with its kind, and its members raw.
struct entry_writer {
    std::string bytes = std::string("SNAP\1\0\0\0\0\0\0\0\0\0\0\0", 16);
    void number(u64 value) {
        for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
        bytes += static_cast<char>(value);
    }
    entry_writer& begin(u64 kind) {
        number(kind);
        return *this;
    }
    entry_writer& with(u64 tag, u64 value) {
        number(tag);
        number(value);
        return *this;
    }
    entry_writer& with(u64 tag, const std::string& text) {
        number(tag);
        number(text.size());
        bytes += text;
        return *this;
    }
    void end() { number(0); }
    std::string done() {
        number(0);
        bytes += std::string(32, '\0');
        sign(bytes);
        return bytes;
    }
};

// Kinds: 1 head, 2 limits, 3 policies, 4 node, 5 user, 6 token, 7 binding, 8 due, 9 room,
// 10 member, 11 page, 12 lent. Their tags stand in snapshot.cpp.
error restore_of(entry_writer& made, const std::function<void(test_host&)>& then = {}) {
    config how = small_config();
    how.node = 9;
    test_host app;
    REQUIRE(app.open(how) == error::none);
    const error why = app.chat.restore(made.done());
    if (why == error::none && then) {
        app.now = start_ms;
        app.chat.tick(app.now, true);
        then(app);
    }
    return why;
}

entry_writer head() {
    entry_writer made;
    made.begin(1).with(2, start_ms).with(3, u64{9}).with(4, u64{9}).with(5, u64{9}).with(6, 1);
    made.end();
    return made;
}

}  // namespace

TEST_CASE("a snapshot made by hand is taken, and each lie in it is not") {
    const auto user = [](entry_writer& made, u64 id) {
        made.begin(5).with(1, id).with(2, id).with(4, start_ms).with(5, "u" + std::to_string(id));
        made.end();
    };
    const auto due = [](entry_writer& made, u64 id) {
        made.begin(8).with(1, id);
        made.end();
    };
    const auto node = [](entry_writer& made) {
        made.begin(4).with(1, 1).with(2, 1).with(3, 5);
        made.end();
    };
    const auto binding = [](entry_writer& made, u64 id, u64 session) {
        made.begin(7).with(1, id).with(2, 1).with(3, 1).with(4, session);
        made.end();
    };
    const auto room = [](entry_writer& made, u64 id, u64 last, u64 reserved, u64 ordinal = 0) {
        made.begin(9).with(1, id).with(5, last).with(6, 10).with(7, reserved).with(8, ordinal);
        made.with(9, 1).with(12, "room" + std::to_string(id));
        made.end();
    };
    const auto agree = [](entry_writer& made, const limits& all) {
        char bytes[200];
        byte_writer to{bytes, sizeof bytes};
        encode_members(to, shape_limits, &all);
        made.begin(2).bytes.append(bytes, to.size);
    };
    const auto busy = [](test_host& app) {
        for (int i = 0; i < 200; ++i) {
            app.chat.submit(host, post{"room1", std::string(90, 'x')});
            app.chat.submit(host, create{"other"});
            app.chat.submit(host, post{"other", std::string(90, 'x')});
        }
        for (int i = 0; i < 3; ++i) app.guest("g" + std::to_string(i));
        for (int i = 0; i < 3; ++i) app.pass(121'000);
    };
    {
        entry_writer made = head();
        node(made);
        user(made, 1);
        user(made, 2);
        binding(made, 1, 5);
        due(made, 2);
        room(made, 1, 0, 1);
        made.begin(10).with(1, u64{1});
        made.end();
        CHECK(restore_of(made, busy) == error::none);
    }
    {
        entry_writer made = head();
        user(made, 1);   // Neither bound nor due.
        CHECK(restore_of(made) == error::snapshot_invalid);
    }
    {
        entry_writer made = head();   // Due and bound.
        node(made);
        user(made, 1);
        due(made, 1);
        binding(made, 1, 5);
        CHECK(restore_of(made, busy) == error::snapshot_invalid);
    }
    {
        entry_writer made = head();
        user(made, 1);
        due(made, 1);
        due(made, 1);
        CHECK(restore_of(made) == error::snapshot_invalid);
    }
    {
        entry_writer made = head();   // Two sessions of one id.
        node(made);
        user(made, 1);
        user(made, 2);
        binding(made, 1, 5);
        binding(made, 2, 5);
        CHECK(restore_of(made) == error::snapshot_invalid);
    }
    for (u64 id : {u64{0}, u64{10}, u64{1} << 53, ~u64{0}}) {
        entry_writer made = head();
        user(made, id);
        due(made, id);
        CHECK(restore_of(made) == error::snapshot_invalid);
    }
    for (u64 reserved : {u64{0}, u64{0xffffffff}, u64{0xfffffffe}, u64{13}}) {
        entry_writer made = head();
        room(made, 1, 0, reserved);
        CHECK(restore_of(made, busy) != error::none);
    }
    {
        entry_writer made = head();   // Together more than there is.
        room(made, 1, 0, 7);
        room(made, 2, 0, 7);
        CHECK(restore_of(made, busy) == error::limit_too_small);
    }
    for (u32 pages : {3u, 4u}) {   // More than the nodes agreed on, though the engine has it.
        limits agreed = small_config().limits;
        agreed.history_pages_max = pages;
        entry_writer made = head();
        room(made, 1, 0, 2);
        room(made, 2, 0, 2);
        agree(made, agreed);
        CHECK(restore_of(made, busy) == (pages < 4 ? error::snapshot_invalid : error::none));
    }
    const auto agreed_on = [&](u32 limits::*limit, u32 value) {
        limits agreed = small_config().limits;
        agreed.*limit = value;
        entry_writer made = head();
        node(made);
        for (u64 id : {u64{1}, u64{2}}) user(made, id);
        for (u64 id : {u64{1}, u64{2}}) due(made, id);
        room(made, 1, 0, 1);
        room(made, 2, 0, 1);
        for (u64 id : {u64{1}, u64{2}}) {
            made.begin(10).with(1, id);
            made.end();
        }
        agree(made, agreed);
        return restore_of(made, busy);
    };
    for (u32 limits::*limit : {&limits::users_max, &limits::rooms_max, &limits::members_max}) {
        CHECK(agreed_on(limit, 2) == error::none);
        CHECK(agreed_on(limit, 1) == error::snapshot_invalid);
    }
    {
        entry_writer made;   // Rooms before the first boot, which would set any limits.
        made.begin(1).with(2, start_ms).with(3, u64{9}).with(4, u64{9}).with(5, u64{9});
        made.end();
        entry_writer empty = made;
        CHECK(restore_of(empty, busy) == error::none);
        room(made, 1, 0, 2);
        CHECK(restore_of(made, busy) == error::snapshot_invalid);
    }
    for (u64 last : {u64{1} << 53, ~u64{0}}) {
        entry_writer made = head();
        room(made, 1, last, 1);
        CHECK(restore_of(made, busy) == error::snapshot_invalid);
    }
    {
        entry_writer made = head();
        room(made, 1, (u64{1} << 53) - 1000, 1);   // Large, but it counts on.
        CHECK(restore_of(made, busy) == error::none);
    }
    {
        entry_writer made = head();
        room(made, 1, 0, 1, 0xffffffff);
        CHECK(restore_of(made, busy) == error::snapshot_invalid);
    }
    {
        entry_writer made = head();   // More tokens than sessions.
        user(made, 1);
        for (char c = 'a'; c < 'd'; ++c) {
            made.begin(6).with(1, std::string(16, c));
            made.end();
        }
        due(made, 1);
        CHECK(restore_of(made, busy) == error::limit_too_small);
    }
    {
        entry_writer made = head();   // A member of a room that is not there, a room's of nobody.
        made.begin(10).with(1, u64{1});
        made.end();
        CHECK(restore_of(made) == error::snapshot_invalid);
        entry_writer other = head();
        room(other, 1, 0, 1);
        other.begin(10).with(1, u64{1});
        other.end();
        CHECK(restore_of(other) == error::snapshot_invalid);
    }
    {
        entry_writer made = head();
        room(made, 1, 0, 1);
        room(made, 1, 0, 1);
        CHECK(restore_of(made) == error::snapshot_invalid);
    }
    for (u64 kind : {u64{13}, u64{99}, ~u64{0}}) {
        entry_writer made = head();
        made.begin(kind);
        made.end();
        CHECK(restore_of(made) == error::snapshot_invalid);
    }
    {
        entry_writer made = head();
        made.bytes += std::string(1, '\0') + "more";   // Behind the end.
        CHECK(restore_of(made) == error::snapshot_invalid);
    }
    {
        entry_writer made;   // A time that JSON cannot tell.
        made.begin(1).with(2, u64{1} << 53);
        made.end();
        CHECK(restore_of(made) == error::snapshot_invalid);
    }
}

// For another host.

TEST_CASE("a snapshot for migration has neither tokens nor sessions, but all the rest") {
    for (unsigned seed = 51; seed <= 54; ++seed) {
        lived one(seed, 300);
        const std::string bytes = one.app.snapshot(scope::migration);
        CHECK(one.app.digest() == one.copies.back().digest);   // Nothing changed by it.
        for (const tests::record_kept& each : one.app.records) {
            // No hash of a token that any record holds.
            const std::size_t at = each.bytes.size();
            if (at < 80) continue;
            const std::string hash = each.bytes.substr(at - 17, 16);
            if (hash.find('\0') != std::string::npos) continue;
            CHECK(bytes.find(hash) == std::string::npos);
        }
        config next = config_of_next(small_config());
        const auto again = restored(next, bytes);
        CHECK(again->chat.stats().users == one.app.chat.stats().users);
        CHECK(again->chat.stats().rooms == one.app.chat.stats().rooms);
        CHECK(again->chat.stats().members == one.app.chat.stats().members);
        again->now = one.app.now;
        again->chat.tick(again->now);
        member_item items[50];
        for (int i = 0; i < 7; ++i) {
            const std::string name = "room" + std::to_string(i);
            auto page = again->chat.members(host, {name}, items, 50);
            for (const member_item& each : page.value.members) CHECK_FALSE(each.online);
            CHECK(again->chat.room(host, name).value.last ==
                  one.app.chat.room(host, name).value.last);
        }
        again->pass(121'000);   // Nobody came: all guests and identities go.
        again->pass(1000);
        for (int i = 0; i < 20; ++i) again->pass(300);
        CHECK(again->chat.stats().users == 0);
    }
}

TEST_CASE("tokens do not survive migration, identities do") {
    test_host app(small_config());
    const session_id alice = app.guest("alice");
    const std::string token = app.chat.submit(alice, chatroom::token{}).value.token;
    const session_id bob = app.user("id-b", "bob");
    app.chat.submit(bob, join{"lobby"});
    app.chat.submit(bob, post{"lobby", "hello"});
    const auto again = restored(config_of_next(small_config()), app.snapshot(scope::migration));
    again->chat.tick(app.now);
    CHECK(again->chat.submit(again->connect(), resume{token}).why == error::token_invalid);
    const session_id back = again->user("id-b", "bob");
    again->chat.tick(app.now + 1);
    CHECK(again->story(back) == "welcome you joined caught_up");
}

TEST_CASE("resume works across a restore, with the cursors the client names") {
    test_host app(small_config());
    const session_id alice = app.guest("alice");
    app.chat.submit(alice, join{"lobby"});
    for (int i = 0; i < 5; ++i) app.chat.submit(host, post{"lobby", "m"});
    const std::string token = app.chat.submit(alice, chatroom::token{}).value.token;
    const auto again = restored(config_of_next(small_config()), app.snapshot());
    again->chat.tick(app.now);
    again->chat.submit(host, post{"lobby", "since"});
    const session_id back = again->connect();
    const cursor at{"lobby", 3};
    const auto [done, why] = again->chat.submit(back, resume{token, {&at, 1}});
    REQUIRE(why == error::none);
    CHECK(done.user == user_id{1});
    again->chat.tick(app.now + 1);
    CHECK(again->story(back) == "welcome joined 4 5 6 caught_up");
    CHECK(member_of(again->told(back)[1], "resume") == "continues");
    CHECK(again->chat.submit(again->connect(), resume{token}).why == error::token_invalid);
}

TEST_CASE("restore is the first thing after open, and needs a higher incarnation to go on") {
    lived one(61, 30);
    const std::string bytes = one.app.snapshot();
    CHECK(one.app.chat.restore(bytes) == error::invalid_argument);
    test_host connected;
    REQUIRE(connected.open(small_config()) == error::none);
    const session_id id = connected.connect();
    CHECK(connected.chat.restore(bytes) == error::invalid_argument);
    connected.chat.disconnect(id);
    CHECK(connected.chat.restore(bytes) == error::none);
    connected.chat.tick(one.app.now);   // The same incarnation as the one that wrote it.
    const auto [done, why] = connected.chat.submit(host, create{"x"});
    (void)done;
    CHECK(why == error::incarnation_stale);
}

TEST_CASE("with too little room a snapshot writes nothing and tells its size") {
    lived one(62, 30);
    const std::string bytes = one.app.snapshot();
    std::string room(bytes.size(), '#');
    const auto [size, why] = one.app.chat.snapshot(room.data(), bytes.size() - 1);
    CHECK(why == error::memory_short);
    CHECK(size == bytes.size());
    CHECK(room == std::string(bytes.size(), '#'));
    CHECK(one.app.chat.snapshot(nullptr, 0).value == bytes.size());
    CHECK(one.app.chat.snapshot(room.data(), room.size()).why == error::none);
    CHECK((room == bytes));
}

TEST_CASE("a policy or limit of 0 survives a restore") {
    config how = small_config();
    how.limits.nonce_bytes_max = 0;
    how.limits.identity_bytes_max = 0;
    how.limits.title_bytes_max = 0;
    test_host app(how);
    for (const char* name : {"create_on_join", "presence_members_max", "resume_window_ms"}) {
        REQUIRE(app.chat.submit(host, configure{name, 0}).why == error::none);
    }
    const std::string bytes = app.snapshot();
    for (const config& into : {how, small_config()}) {
        const auto again = restored(into, bytes);
        CHECK(again->digest() == app.digest());
        CHECK((again->snapshot() == bytes));
    }
    const auto next = restored(config_of_next(how), bytes);
    next->chat.tick(start_ms);
    const session_id alice = next->guest("alice");
    CHECK(next->chat.submit(alice, join{"lobby"}).why == error::room_unknown);
}
