// Snapshots and records that were changed at random and signed again, so that nothing but their
// content gives them away. They may be refused or taken; an engine that took one must live on.

#include "../unit/catch.hpp"

#include <algorithm>

#include "../support/log_host.hpp"
#include "base/crypto.hpp"
#include "base/platform.hpp"

using namespace chatroom;
using logs::dice;
using logs::node;
using logs::start_ms;

namespace {

peer named(const std::string& identity, const std::string& nick) {
    peer who;
    who.user = identity;
    who.nick = nick;
    return who;
}

config small() {
    config how;
    how.limits.users_max = 12;
    how.limits.sessions_max = 16;
    how.limits.sessions_per_user_max = 2;
    how.limits.rooms_max = 5;
    how.limits.members_max = 24;
    how.limits.rooms_per_user_max = 3;
    how.limits.nodes_max = 3;
    how.limits.history_pages_max = 12;
    how.limits.page_bytes = 512;
    how.limits.page_messages_max = 8;
    how.limits.message_bytes_max = 100;
    how.policies.resume_window_ms = 1000;
    how.policies.effects_per_record_max = 4;
    how.policies.room_messages_max = 40;
    return how;
}

// Some traffic that fills every table; and what any engine is asked to bear.
void live(node& at, dice& random, int steps, std::uint64_t& now) {
    std::vector<session_id> all;
    for (int i = 0; i < steps; ++i) {
        if (all.size() < 6) {
            const std::string name = "name" + std::to_string(random.below(20));
            const auto made = random.chance(50) ? at.chat.connect(named(name, name))
                                                : at.chat.connect();
            if (made.why == error::none) {
                (void)at.chat.submit(made.value, guest{name});
                all.push_back(made.value);
            }
        }
        if (all.empty()) continue;
        const std::size_t who = random.below(static_cast<std::uint32_t>(all.size()));
        const std::string room = "room" + std::to_string(random.below(4));
        const std::string text(1 + random.below(60), 'x');
        const std::string nonce = "n" + std::to_string(random.below(9));
        switch (random.below(10)) {
        case 0: case 1: (void)at.chat.submit(all[who], join{room, random.below(9)}); break;
        case 2: case 3: case 4:
            (void)at.chat.submit(all[who], post{room, text, message_kind::text, 0, nonce});
            break;
        case 5: (void)at.chat.submit(all[who], leave{room}); break;
        case 6:
            (void)at.chat.submit(all[who], token{});
            (void)at.chat.submit(all[who], chatroom::nick{"nick" + std::to_string(i % 30)});
            break;
        case 7:
            at.chat.disconnect(all[who]);
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(who));
            break;
        case 8:
            (void)at.chat.submit(chatroom::host, random.chance(80) ? command(set{
                room, room_property::topic, text}) : command(destroy{room}));
            break;
        default: (void)at.chat.tick(now += random.below(400)); break;
        }
        (void)at.chat.receive(all.empty() ? session_id{} : all[0],
                              "{\"op\":\"history\",\"room\":\"" + room + "\"}");
    }
    for (session_id s : all) at.chat.disconnect(s);
    for (int i = 0; i < 60; ++i) (void)at.chat.tick(now += 250);
}

void change(std::string& bytes, std::size_t from, std::size_t until, dice& random) {
    static const unsigned char odd[] = {0, 1, 0x7f, 0x80, 0xff, 13, 255, 8};
    for (std::uint32_t n = 1 + random.below(3); n != 0; --n) {
        const std::size_t at = from + random.below(static_cast<std::uint32_t>(until - from));
        switch (random.below(4)) {
        case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8))); break;
        case 1: bytes[at] = static_cast<char>(odd[random.below(sizeof odd)]); break;
        case 2: bytes[at] = static_cast<char>(bytes[at] + 1); break;
        default: bytes[at] = bytes[from + random.below(static_cast<std::uint32_t>(until - from))];
        }
    }
}

// Takes out, puts in or repeats a part; numbers of several bytes come in this way.
void cut(std::string& bytes, std::size_t from, std::size_t until, dice& random) {
    const std::size_t at = from + random.below(static_cast<std::uint32_t>(until - from));
    const std::size_t size = std::min<std::size_t>(1 + random.below(12), until - at);
    switch (random.below(3)) {
    case 0: bytes.erase(at, size); break;
    case 1: bytes.insert(at, bytes.substr(at, size)); break;
    default: bytes.insert(at, std::string(1 + random.below(9), '\xff')); break;
    }
}

void sign_snapshot(std::string& bytes) {
    detail::store_le64(&bytes[8], bytes.size());
    unsigned char hash[32];
    detail::sha256_of(bytes.data(), bytes.size() - 32, hash);
    std::memcpy(&bytes[bytes.size() - 32], hash, 32);
}

void sign_record(std::string& bytes) {
    detail::store_le32(&bytes[4], static_cast<std::uint32_t>(bytes.size()));
    const std::uint32_t head = detail::crc32c(0, bytes.data(), 8);
    detail::store_le32(&bytes[8], detail::crc32c(head, bytes.data() + 12, bytes.size() - 12));
}

std::uint64_t rounds() {
    const char* const text = std::getenv("CHATROOM_ROUNDS");
    return text == nullptr ? 1500 : std::strtoull(text, nullptr, 10);
}
std::uint64_t seed_of(std::uint64_t otherwise) {
    const char* const text = std::getenv("CHATROOM_SEED");
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("forged snapshots do no harm", "[property]") {
    dice random{seed_of(11)};
    std::vector<std::string> genuine;
    for (std::uint64_t i = 0; i < 6; ++i) {
        node from(i);
        REQUIRE(from.open(small()) == error::none);
        std::uint64_t now = start_ms;
        REQUIRE(from.chat.tick(now) == error::none);
        dice own{i + 1};
        std::vector<session_id> stay;
        for (int s = 0; s < 4; ++s) {
            const std::string name = "stay" + std::to_string(s);
            stay.push_back(from.chat.connect(named(name, name)).value);
            (void)from.chat.submit(stay.back(), join{"room" + std::to_string(s % 3)});
        }
        live(from, own, 60 + 40 * static_cast<int>(i), now);
        for (int n = 0; n < 30; ++n) {
            (void)from.chat.submit(stay[n % 4u], post{"room" + std::to_string(n % 3), "hello"});
        }
        if (i % 2 == 0) (void)from.chat.submit(chatroom::host, destroy{"room0"});
        for (scope what : {scope::everything, scope::migration}) {
            std::string bytes(from.chat.snapshot(nullptr, 0, what).value, '\0');
            REQUIRE(from.chat.snapshot(&bytes[0], bytes.size(), what).why == error::none);
            genuine.push_back(bytes);
        }
    }
    std::size_t taken = 0;
    for (std::uint64_t round = 0; round < rounds(); ++round) {
        std::string bytes = genuine[random.below(static_cast<std::uint32_t>(genuine.size()))];
        change(bytes, 16, bytes.size() - 32, random);
        if (random.chance(40)) cut(bytes, 16, bytes.size() - 32, random);
        sign_snapshot(bytes);
        node to(round);
        config how = small();
        how.node = 1 + random.below(3);
        how.incarnation = 50;
        REQUIRE(to.open(how) == error::none);
        const std::string empty = to.digest();
        const error why = to.chat.restore(bytes);
        if (why != error::none) REQUIRE(to.digest() == empty);
        taken += why == error::none ? 1 : 0;
        std::uint64_t now = start_ms + 100000;
        (void)to.chat.tick(now);
        dice own{round};
        live(to, own, 60, now);
        // What it has become can be told to the next one.
        std::string again(to.chat.snapshot(nullptr, 0).value, '\0');
        REQUIRE(to.chat.snapshot(&again[0], again.size()).why == error::none);
        node next(1);
        REQUIRE(next.open(how) == error::none);
        INFO("CHATROOM_SEED=" << seed_of(11) << ", round " << round << ": " << error_name(why));
        REQUIRE(next.chat.restore(again) == error::none);
        REQUIRE(next.digest() == to.digest());
    }
    CHECK(taken > rounds() / 20);
}

TEST_CASE("forged records do no harm", "[property]") {
    dice random{seed_of(12)};
    std::size_t taken = 0;
    for (std::uint64_t round = 0; round < rounds() / 10; ++round) {
        node from(round);
        REQUIRE(from.open(small()) == error::none);
        std::uint64_t now = start_ms;
        REQUIRE(from.chat.tick(now) == error::none);
        dice own{round};
        live(from, own, 60, now);
        node to(2);
        config how = small();
        how.node = 2;
        REQUIRE(to.open(how) == error::none);
        for (const auto& record : from.records) {
            if (random.chance(30)) {
                std::string bytes = record.second;
                change(bytes, 0, bytes.size(), random);
                if (random.chance(30) && bytes.size() > 41) cut(bytes, 40, bytes.size(), random);
                sign_record(bytes);
                const std::string before = to.digest();
                const error why = to.chat.commit(bytes);
                if (why != error::none) REQUIRE(to.digest() == before);
                taken += why == error::none ? 1 : 0;
            }
            (void)to.chat.commit(record.second);
        }
        (void)to.chat.tick(now);
        live(to, own, 60, now);
        std::string again(to.chat.snapshot(nullptr, 0).value, '\0');
        REQUIRE(to.chat.snapshot(&again[0], again.size()).why == error::none);
        node next(1);
        how.incarnation = 50;
        REQUIRE(next.open(how) == error::none);
        INFO("CHATROOM_SEED=" << seed_of(12) << ", round " << round);
        REQUIRE(next.chat.restore(again) == error::none);
        REQUIRE(next.digest() == to.digest());
    }
    CHECK(taken > rounds() / 20);
}
