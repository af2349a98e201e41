#include "catch.hpp"
#include "scenario.hpp"

#include <map>
#include <memory>

#include "edge/record.hpp"
#include "model/request.hpp"

using namespace chatroom;
using namespace chatroom::detail;
using tests::scenario;
using tests::small_config;
using tests::start_ms;
using tests::test_host;

namespace {

/// A struct of any shape with values for its members, and the memory that they need.
struct filled {
    std::vector<u64> words;
    std::vector<std::string> texts;
    std::vector<std::vector<u64>> lists;

    void* body() { return words.data(); }

    filled(const described& shape, std::mt19937& random) : words(shape.bytes / 8 + 1) {
        texts.reserve(4000);
        fill(shape, body(), random);
    }
    static u64 any_number(std::mt19937& random, int bits) {
        const u64 value = u64{random()} << 32 | random();
        return value >> (64 - 1 - random() % static_cast<unsigned>(bits));
    }
    void fill(const described& shape, void* into, std::mt19937& random) {
        for (u32 i = 0; i < shape.count; ++i) {
            const described_member& m = shape.members[i];
            if (random() % 4 == 0 || is_derived(m)) continue;   // Absent.
            switch (m.kind) {
            case kind::text: {
                std::string text(random() % 300, '\0');
                for (char& c : text) c = static_cast<char>(random());
                texts.push_back(text);
                text_of(into, m) = texts.back();
                break;
            }
            case kind::items: {
                const described& element = *static_cast<const described*>(m.extra);
                const std::size_t n = random() % 20;
                lists.emplace_back(n * element.bytes / 8 + 1);
                char* const data = reinterpret_cast<char*>(lists.back().data());
                for (std::size_t at = 0; at < n; ++at) {
                    fill(element, data + at * element.bytes, random);
                }
                set_items(into, m, {data, n});
                break;
            }
            case kind::choice: {
                u64 value = random() % 6;
                while (!set_number(into, m, value)) --value;
                break;
            }
            case kind::flag: set_number(into, m, random() % 2); break;
            case kind::u64_number: set_number(into, m, any_number(random, 64)); break;
            default: set_number(into, m, any_number(random, 32)); break;
            }
        }
    }
};

void check_same(const described& shape, const void* a, const void* b) {
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        CAPTURE(std::string(shape.name), std::string(m.name));
        if (m.kind == kind::text) {
            REQUIRE(text_of(a, m) == text_of(b, m));
        } else if (m.kind == kind::items) {
            const any_list x = items_of(a, m), y = items_of(b, m);
            const described& element = *static_cast<const described*>(m.extra);
            REQUIRE(x.size == y.size);
            for (std::size_t at = 0; at < x.size; ++at) {
                check_same(element, static_cast<const char*>(x.data) + at * element.bytes,
                           static_cast<const char*>(y.data) + at * element.bytes);
            }
        } else {
            REQUIRE(number_of(a, m) == number_of(b, m));
        }
    }
}

std::vector<const described*> all_shapes() {
    std::vector<const described*> all{&shape_boot, &shape_advance, &shape_bind, &shape_unbind,
                                      &shape_facts, &shape_limits, &shape_policies};
    for (const described* const* at = all_commands(); *at != nullptr; ++at) all.push_back(*at);
    for (const described* const* at = all_events(); *at != nullptr; ++at) all.push_back(*at);
    return all;
}

struct decoded_into {
    std::vector<u64> words;
    std::vector<char> room = std::vector<char>(1 << 16);
    scratch more{room.data(), room.size(), 0};

    explicit decoded_into(const described& shape) : words(shape.bytes / 8 + 1) {}
    void* body() { return words.data(); }
};

/// One that only reads logs.
struct reader {
    test_host app;
    explicit reader(const config& how = small_config()) { REQUIRE(app.open(how) == error::none); }
};

/// An engine that lived through a random scenario, and the digest after each of its records.
struct lived {
    test_host app;
    std::vector<std::string> digests;   ///< After so many records.
    std::string log;
    std::vector<std::size_t> ends;      ///< Where each record ends.

    lived(const config& how, unsigned seed, int steps) : app(how, true) {
        std::map<std::size_t, std::string> seen{{app.records.size(), app.digest()}};
        scenario story(app, seed);
        for (int i = 0; i < steps; ++i) {
            story.step();
            seen[app.records.size()] = app.digest();
        }
        reader again(how);
        digests.push_back(again.app.digest());
        for (const tests::record_kept& each : app.records) {
            log += each.bytes;
            ends.push_back(log.size());
            REQUIRE(again.app.chat.commit(each.bytes) == error::none);
            digests.push_back(again.app.digest());
        }
        // Wherever it was asked, it was where its log leads.
        for (const auto& [records, digest] : seen) REQUIRE(digests[records] == digest);
    }
};

}  // namespace

TEST_CASE("a scratch is taken from its front and borrowed from its end, until both meet") {
    alignas(8) char room[100];
    scratch more{room, sizeof room, 0};
    CHECK(more.take(3) == room);
    CHECK(more.take(8) == room + 8);
    CHECK(more.borrow(20) == room + 80);   // Aligned, too.
    CHECK(more.take(65) == nullptr);
    CHECK(more.borrow(65) == nullptr);
    CHECK(more.borrow(101) == nullptr);
    CHECK(more.borrow(56) == room + 24);
    CHECK(more.take(8) == room + 16);
    CHECK(more.take(1) == nullptr);
    CHECK(more.borrow(1) == nullptr);
    more.capacity = sizeof room;
    CHECK(more.take(76) == room + 24);
}

TEST_CASE("every command, event and entry goes through the encoding and back") {
    std::mt19937 random(21);
    for (const described* shape : all_shapes()) {
        for (int round = 0; round < 40; ++round) {
            filled value(*shape, random);
            byte_writer counted{nullptr, static_cast<std::size_t>(-1)};
            encode_members(counted, *shape, value.body());
            std::string bytes(counted.size, '\0');
            byte_writer to{bytes.data(), bytes.size()};
            encode_members(to, *shape, value.body());
            REQUIRE_FALSE(to.full);
            REQUIRE(to.size == counted.size);
            decoded_into back(*shape);
            byte_reader from{bytes.data(), bytes.data() + bytes.size()};
            REQUIRE(decode_members(from, *shape, back.body(), back.more));
            REQUIRE(from.at == from.end);
            check_same(*shape, value.body(), back.body());
            for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + cut / 16) {
                decoded_into half(*shape);
                byte_reader less{bytes.data(), bytes.data() + cut};
                REQUIRE_FALSE(decode_members(less, *shape, half.body(), half.more));
                byte_writer narrow{bytes.data(), cut};
                std::string copy(bytes);
                narrow.out = copy.data();
                encode_members(narrow, *shape, value.body());
                REQUIRE(narrow.full);
                REQUIRE(copy.substr(cut) == bytes.substr(cut));
            }
        }
    }
}

TEST_CASE("every command goes through a record and back, with its facts") {
    std::mt19937 random(22);
    for (const described* const* at = all_commands(); *at != nullptr; ++at) {
        for (int round = 0; round < 50; ++round) {
            filled value(**at, random), known(shape_facts, random);
            request what;
            what.type = static_cast<command_type>((*at)->type);
            what.body = value.body();
            std::memcpy(static_cast<void*>(&what.known), known.body(), sizeof what.known);
            what.node = static_cast<u32>(random());
            what.incarnation = static_cast<u32>(random());
            what.session = static_cast<u32>(random());
            what.number = u64{random()} << 32 | random();
            what.time = u64{random()} << 32 | random();
            std::string bytes(1 << 16, '\0');
            bytes.resize(encode_record(what, **at, bytes.data(), bytes.size()));
            REQUIRE(bytes.size() >= record_head);
            REQUIRE(record_size(bytes) == bytes.size());
            REQUIRE(record_size(bytes + "more") == bytes.size());
            const request back = decode_head(bytes);
            REQUIRE(back.type == what.type);
            REQUIRE(back.node == what.node);
            REQUIRE(back.incarnation == what.incarnation);
            REQUIRE(back.session == what.session);
            REQUIRE(back.number == what.number);
            REQUIRE(back.time == what.time);
            decoded_into body(**at), facts_back(shape_facts);
            facts& told = *reinterpret_cast<facts*>(facts_back.body());
            REQUIRE(decode_record(bytes, **at, body.body(), told, body.more));
            check_same(**at, value.body(), body.body());
            check_same(shape_facts, known.body(), &told);
            std::string narrow(bytes.size() - 1, '\0');
            REQUIRE(encode_record(what, **at, narrow.data(), narrow.size()) == 0);
        }
    }
}

TEST_CASE("numbers of every size are written in the fewest bytes, and longer ones are refused") {
    for (u32 bits = 0; bits < 64; ++bits) {
        for (u64 value : {(u64{1} << bits) - 1, u64{1} << bits, ~u64{0} >> bits}) {
            char bytes[10];
            byte_writer to{bytes, sizeof bytes};
            to.number(value);
            CHECK(to.size == 1 + [value] {
                std::size_t more = 0;
                for (u64 left = value >> 7; left != 0; left >>= 7) ++more;
                return more;
            }());
            byte_reader from{bytes, bytes + to.size};
            CHECK(from.number() == value);
            CHECK_FALSE(from.bad);
        }
    }
    const std::string endless(11, '\x80'), large = std::string(9, '\xff') + '\x02';
    for (const std::string& bytes : {endless, large, std::string(), std::string("\x80")}) {
        byte_reader from{bytes.data(), bytes.data() + bytes.size()};
        CHECK(from.number() == 0);
        CHECK(from.bad);
    }
}

TEST_CASE("a log recovers to the same digest, and to the right one after each record") {
    for (unsigned seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        lived one(small_config(), seed, 400);
        reader again;
        for (std::size_t i = 0; i < one.app.records.size(); ++i) {
            const auto [come, why] = again.app.chat.recover(one.app.records[i].bytes);
            REQUIRE(why == error::none);
            REQUIRE(come.records == 1);
            REQUIRE(again.app.digest() == one.digests[i + 1]);
        }
        reader at_once;
        const auto [come, why] = at_once.app.chat.recover(one.log);
        CHECK(why == error::none);
        CHECK(come.records == one.app.records.size());
        CHECK(come.bytes == one.log.size());
        CHECK(at_once.app.digest() == one.digests.back());
        CHECK(at_once.app.sends == 0);   // Recovery sends nothing.
    }
}

TEST_CASE("a log recovers to the same digest in a larger engine") {
    config large = small_config();
    large.limits.history_pages_max = 50;
    large.limits.page_bytes = 4096;
    large.limits.page_messages_max = 200;
    large.limits.users_max = 100;
    large.limits.rooms_max = 30;
    large.limits.sessions_per_user_max = 6;
    large.limits.members_max = 500;
    large.limits.nick_bytes_max = 40;
    large.limits.frame_bytes_max = 2048;
    for (unsigned seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        lived one(small_config(), seed, 500);
        reader again(large);
        REQUIRE(again.app.chat.recover(one.log).why == error::none);
        REQUIRE(again.app.digest() == one.digests.back());
    }
}

TEST_CASE("a log that a smaller engine cannot hold names the limit") {
    lived one(small_config(), 3, 20);
    config less = small_config();
    less.limits.rooms_max = 5;
    less.limits.users_max = 31;
    reader small(less);
    const auto [come, why] = small.app.chat.recover(one.log);
    CHECK(why == error::limit_too_small);
    CHECK(come.records == 0);
    CHECK(small.app.chat.commit(one.app.records[0].bytes) == error::limit_too_small);
    const failure& facts = small.app.chat.why();
    CHECK(facts.error == error::limit_too_small);
    CHECK((facts.field == "rooms_max" || facts.field == "users_max"));
    CHECK(facts.limit != 0);
}

TEST_CASE("a log cut at every byte recovers exactly its whole records") {
    lived one(small_config(), 7, 120);
    REQUIRE(one.log.size() > 2000);
    std::size_t whole = 0;
    for (std::size_t cut = 0; cut <= one.log.size(); ++cut) {
        while (whole < one.ends.size() && one.ends[whole] <= cut) ++whole;
        const std::size_t end = whole == 0 ? 0 : one.ends[whole - 1];
        reader again;
        const auto [come, why] = again.app.chat.recover(std::string_view(one.log.data(), cut));
        REQUIRE(why == (cut == end ? error::none : error::log_torn));
        REQUIRE(come.records == whole);
        REQUIRE(come.bytes == end);
        if (cut % 16 == 0 || cut == end) REQUIRE(again.app.digest() == one.digests[whole]);
    }
}

TEST_CASE("every flipped bit of a log is found") {
    lived one(small_config(), 8, 80);
    REQUIRE(one.log.size() > 1500);
    std::string log = one.log;
    for (std::size_t bit = 0; bit < log.size() * 8; ++bit) {
        const std::size_t at = bit / 8;
        log[at] = static_cast<char>(log[at] ^ 1 << bit % 8);
        std::size_t hit = 0;   // Which record.
        while (one.ends[hit] <= at) ++hit;
        reader again;
        const auto [come, why] = again.app.chat.recover(log);
        // Where whole records follow it is damage; at the end it is torn.
        REQUIRE(why == (hit + 1 < one.ends.size() ? error::log_damaged : error::log_torn));
        REQUIRE(come.records == hit);
        REQUIRE(come.bytes == (hit == 0 ? 0 : one.ends[hit - 1]));
        if (bit % 64 == 0) REQUIRE(again.app.digest() == one.digests[hit]);
        log[at] = one.log[at];
    }
}

TEST_CASE("what a crash leaves behind a log is torn, whatever it is") {
    lived one(small_config(), 9, 30);
    std::mt19937 random(4);
    const std::string half = one.app.records[5].bytes.substr(0, 39);
    for (std::size_t n : {1u, 39u, 40u, 41u, 512u, 4096u}) {
        for (int filling = 0; filling < 3; ++filling) {
            std::string tail(n, filling == 0 ? '\0' : '\xff');
            if (filling == 2) {
                for (char& c : tail) c = static_cast<char>(random());
            }
            reader again;
            const auto [come, why] = again.app.chat.recover(one.log + tail);
            CHECK(why == error::log_torn);
            CHECK(come.bytes == one.log.size());
            CHECK(come.records == one.ends.size());
            CHECK(again.app.digest() == one.digests.back());
        }
    }
    reader again;   // Cut there, it goes on.
    REQUIRE(again.app.chat.recover(one.log + half).why == error::log_torn);
    again.app.chat.tick(one.app.now);
    CHECK(again.app.chat.connect({}).why == error::none);
}

TEST_CASE("an empty log is whole, garbage alone is torn") {
    reader app;
    CHECK(app.app.chat.recover({}).why == error::none);
    const auto [come, why] = app.app.chat.recover("garbage");
    CHECK(why == error::log_torn);
    CHECK(come.bytes == 0);
}

TEST_CASE("a record that is missing in the middle does not stop recovery of a damaged copy") {
    lived one(small_config(), 10, 40);
    std::string damaged = one.log;
    const std::size_t from = one.ends[9];
    for (std::size_t i = from; i < one.ends[10]; ++i) damaged[i] = 0;
    reader again;
    const auto [come, why] = again.app.chat.recover(damaged);
    CHECK(why == error::log_damaged);
    CHECK(come.bytes == from);
    CHECK(come.records == 10);
    CHECK(again.app.digest() == one.digests[10]);
}

TEST_CASE("records that come twice are passed over") {
    lived one(small_config(), 11, 80);
    std::string doubled;
    for (const tests::record_kept& each : one.app.records) doubled += each.bytes + each.bytes;
    reader again;
    const auto [come, why] = again.app.chat.recover(doubled + one.log);
    CHECK(why == error::none);
    CHECK(come.records == 3 * one.app.records.size());
    CHECK(again.app.digest() == one.digests.back());
    CHECK(again.app.chat.commit(one.app.records.back().bytes) == error::already_applied);
    CHECK(again.app.chat.commit(one.app.records[0].bytes) == error::already_applied);
    CHECK(again.app.digest() == one.digests.back());
}

TEST_CASE("numbers of records rise by one") {
    lived one(small_config(), 12, 100);
    for (std::size_t i = 0; i < one.app.records.size(); ++i) {
        REQUIRE(one.app.records[i].number == i + 1);
        REQUIRE(decode_head(one.app.records[i].bytes).number == i + 1);
    }
}

TEST_CASE("records that are refused change the time at the most") {
    // Two nodes offer the same nick; the log has both, the second is refused on every node.
    config other = small_config();
    other.node = 2;
    test_host a(small_config(), true), b(other, true);
    REQUIRE(b.chat.recover(a.log_bytes()).why == error::none);
    REQUIRE(a.chat.recover(b.log_bytes()).why == error::none);
    const std::size_t from_a = a.records.size(), from_b = b.records.size();
    a.guest("same");
    b.guest("same");
    REQUIRE(a.chat.recover(b.log_bytes(from_b)).why == error::none);
    CHECK(a.chat.stats().users == 1);
    reader third;
    REQUIRE(third.app.chat.recover(a.records[0].bytes + b.records[0].bytes +
                                   a.log_bytes(from_a) + b.log_bytes(from_b)).why == error::none);
    CHECK(third.app.digest() == a.digest());
    CHECK(third.app.chat.stats().users == 1);
}

// Hostile records.

namespace {

std::string record_of(command_type type, const described& shape, const void* body, u64 number,
                      u32 session = 0xffffffffu, u64 time = start_ms + 1000, facts known = {}) {
    request what;
    what.type = type;
    what.body = body;
    what.node = 1;
    what.incarnation = 1;
    what.session = session;
    what.number = number;
    what.time = time;
    what.known = known;
    std::string bytes(1 << 14, '\0');
    bytes.resize(encode_record(what, shape, bytes.data(), bytes.size()));
    return bytes;
}

std::string boot_record(const boot& with) {
    return record_of(command_type::boot, shape_boot, &with, 1, 0, start_ms);
}

/// A reader that took a good boot record.
struct booted : reader {
    booted() {
        boot with;
        with.limits = small_config().limits;
        with.policies = small_config().policies;
        REQUIRE(app.chat.commit(boot_record(with)) == error::none);
    }
    void snapshot_is_restorable() {
        const std::string bytes = app.snapshot();
        reader other;
        CHECK(other.app.chat.restore(bytes) == error::none);
        CHECK(other.app.digest() == app.digest());
    }
};

}  // namespace

TEST_CASE("a first record whose limits or policies break their bounds is refused") {
    const auto refused = [](auto change) {
        boot with;
        with.limits = small_config().limits;
        with.policies = small_config().policies;
        change(with);
        reader app;
        const std::string before = app.app.digest();
        const error why = app.app.chat.commit(boot_record(with));
        CHECK(app.app.digest() == before);
        return why;
    };
    CHECK(refused([](boot& b) { b.policies.room_pages_reserved = 0; }) == error::record_invalid);
    CHECK(refused([](boot& b) { b.policies.room_messages_max = 0; }) == error::record_invalid);
    CHECK(refused([](boot& b) { b.policies.effects_per_record_max = 0; }) ==
          error::record_invalid);
    CHECK(refused([](boot& b) { b.limits.sessions_per_user_max = 0; }) == error::record_invalid);
    CHECK(refused([](boot& b) { b.limits.page_bytes = 256 + 4; }) == error::record_invalid);
    CHECK(refused([](boot& b) { b.limits.users_max = 33; }) == error::limit_too_small);
    CHECK(refused([](boot& b) { b.behaviour = behaviour_version + 1; }) ==
          error::behaviour_unknown);
}

TEST_CASE("what a record may say is bounded, so that snapshots of it load") {
    const auto offer = [](command_type type, const described& shape, const void* body,
                          u64 time = start_ms + 1000, u32 session = 0xffffffffu,
                          facts known = {}) {
        booted app;
        const error why =
            app.app.chat.commit(record_of(type, shape, body, 2, session, time, known));
        app.snapshot_is_restorable();
        return why;
    };
    const create plain{"lobby"};
    CHECK(offer(create::type, shape_command_create, &plain) == error::none);
    CHECK(offer(create::type, shape_command_create, &plain, u64{1} << 53) ==
          error::record_invalid);
    CHECK(offer(create::type, shape_command_create, &plain, ~u64{0}) == error::record_invalid);
    const create wrong{"lob\xff"};
    CHECK(offer(create::type, shape_command_create, &wrong) == error::record_invalid);
    const create line{"lob\nby"};
    CHECK(offer(create::type, shape_command_create, &line) == error::record_invalid);
    const create title{"lobby", "\xc3"};
    CHECK(offer(create::type, shape_command_create, &title) == error::record_invalid);
    const guest nobody{""};
    CHECK(offer(guest::type, shape_command_guest, &nobody, start_ms, 5) == error::record_invalid);
    const guest unhashed{"ann"};   // Without the facts it is refused, which is no failure.
    CHECK(offer(guest::type, shape_command_guest, &unhashed, start_ms, 5) == error::none);
    const detail::bind anonymous{"", "ann"};
    CHECK(offer(command_type::bind, shape_bind, &anonymous, start_ms, 5) != error::inside_callback);
    const detail::bind nameless{"id", ""};
    CHECK(offer(command_type::bind, shape_bind, &nameless, start_ms, 5) != error::inside_callback);
}

TEST_CASE("a session is bound to one user at a time, whatever the records say") {
    booted app;
    const detail::bind one{"id1", "ann"}, two{"id2", "bob"};
    facts first, second;
    first.nick_key = 1;
    second.nick_key = 2;
    REQUIRE(app.app.chat.commit(record_of(command_type::bind, shape_bind, &one, 2, 5, start_ms,
                                          first)) == error::none);
    CHECK(app.app.chat.commit(record_of(command_type::bind, shape_bind, &two, 3, 5, start_ms,
                                        second)) == error::none);   // Refused, no failure.
    CHECK(app.app.chat.stats().users == 1);
    app.snapshot_is_restorable();
}

TEST_CASE("an identity cannot be bound where there are none") {
    config how = small_config();
    how.limits.identity_bytes_max = 0;
    reader app(how);
    boot with;
    with.limits = how.limits;
    with.policies = how.policies;
    REQUIRE(app.app.chat.commit(boot_record(with)) == error::none);
    const detail::bind anonymous{"", "ann"};
    const std::string bytes =
        record_of(command_type::bind, shape_bind, &anonymous, 2, 5, start_ms);
    CHECK(app.app.chat.commit(bytes) == error::none);   // Refused, which is no failure.
    CHECK(app.app.chat.stats().users == 0);
}

TEST_CASE("records of garbage with the right checksum do no harm") {
    lived one(small_config(), 13, 250);
    std::mt19937 random(31);
    std::size_t taken = 0, refused = 0;
    std::unique_ptr<reader> life;
    for (int round = 0; round < 20000; ++round) {
        // Now and then anew: a large number or incarnation makes all others stale.
        const bool first = round % 200 == 0;
        if (first) life = std::make_unique<reader>();
        reader& app = *life;
        const std::size_t which = random() % one.app.records.size();
        std::string bytes = one.app.records[first ? 0 : which].bytes;
        if (!first) {
            for (unsigned n = random() % 4; n != 0; --n) {
                const std::size_t at = random() % 3 == 0 ? 2 + random() % 38
                                                         : random() % bytes.size();
                bytes[at] = static_cast<char>(random());
            }
            if (random() % 8 == 0) bytes.resize(40 + random() % (bytes.size() - 39));
            store_le16(bytes.data(), record_mark);
            store_le32(bytes.data() + 4, static_cast<u32>(bytes.size()));
            // Mostly of the node that has begun, with a number that was not there yet.
            if (random() % 8 != 0) {
                store_le32(bytes.data() + 12, 1);
                store_le32(bytes.data() + 16, 1);
                store_le64(bytes.data() + 24, static_cast<u64>(round + 10));
                store_le64(bytes.data() + 32, start_ms + static_cast<u64>(round));
            }
        }
        const u32 head = crc32c(0, bytes.data(), 8);
        store_le32(bytes.data() + 8, crc32c(head, bytes.data() + 12, bytes.size() - 12));
        const error why = app.app.chat.commit(bytes);
        ++(why == error::none ? taken : refused);
        if (round % 200 == 199) {
            const std::string copy = app.app.snapshot();
            reader other;
            REQUIRE(other.app.chat.restore(copy) == error::none);
            REQUIRE(other.app.digest() == app.app.digest());
        }
    }
    CHECK(taken > 1000);
    CHECK(refused > 1000);
}
