#include "catch.hpp"

#include "base/memory.hpp"
#include "state/history.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace chatroom::detail;

namespace {

/// A block that is as large as was counted, in which every byte is watched.
struct block {
    std::vector<unsigned char> bytes;
    arena from;

    explicit block(std::size_t size) : bytes(size + 128, 0xa5) {
        const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(bytes.data()) + 63;
        from.base = reinterpret_cast<char*>(start & ~std::uintptr_t{63});
    }
};

struct row {
    u64 value = 7;
    u32 other = 3;
};

}  // namespace

TEST_CASE("an arena that only counts comes to the same as one that hands out") {
    std::mt19937 random(5);
    for (int round = 0; round < 200; ++round) {
        arena counted;
        block memory(1 << 16);
        std::vector<std::pair<std::uintptr_t, std::size_t>> taken;
        for (int i = 0; i < 40; ++i) {
            const std::size_t bytes = random() % 300;
            const std::size_t align = std::size_t{1} << random() % 7;
            REQUIRE(counted.take(bytes, align) == nullptr);
            char* const at = static_cast<char*>(memory.from.take(bytes, align));
            REQUIRE(reinterpret_cast<std::uintptr_t>(at) % align == 0);
            REQUIRE(counted.used == memory.from.used);
            if (!taken.empty()) {
                REQUIRE(reinterpret_cast<std::uintptr_t>(at) >=
                        taken.back().first + taken.back().second);
            }
            taken.emplace_back(reinterpret_cast<std::uintptr_t>(at), bytes);
        }
        REQUIRE(counted.used < 1 << 16);
    }
}

TEST_CASE("a table touches a new slot only when no old one is free") {
    arena counted;
    table<row> measured;
    measured.claim(counted, 50);
    CHECK(counted.used == 50 * sizeof(row));
    block memory(counted.used);
    table<row> rows;
    rows.claim(memory.from, 50);

    std::mt19937 random(6);
    std::set<u32> used;
    u32 most = 0;
    for (int round = 0; round < 20000; ++round) {
        // Waves, so that it is full and empty now and then.
        const bool more = random() % 100 < (round / 1000 % 2 == 0 ? 60u : 40u);
        if (more && !rows.full()) {
            const u32 slot = rows.take();
            REQUIRE((slot >= 1 && slot <= 50));
            REQUIRE(used.insert(slot).second);
            REQUIRE(rows[slot].value == 7);
            REQUIRE(rows[slot].other == 3);
            rows[slot].value = slot;
        } else if (!used.empty()) {
            const auto at = std::next(used.begin(), static_cast<long>(random() % used.size()));
            REQUIRE(rows[*at].value == *at);
            rows.give(*at);
            used.erase(at);
        }
        most = std::max(most, static_cast<u32>(used.size()));
        REQUIRE(rows.count == used.size());
        REQUIRE(rows.touched == most);
        REQUIRE(rows.full() == (used.size() == 50));
        for (u32 slot : used) REQUIRE(rows[slot].value == slot);
    }
    CHECK(most == 50);
    for (std::size_t i = 50 * sizeof(row); i < counted.used + 64; ++i) {
        REQUIRE(static_cast<unsigned char>(memory.from.base[i]) == 0xa5);
    }
}

TEST_CASE("a table begins with its lowest slots and leaves the others alone") {
    arena counted;
    table<row> rows;
    rows.claim(counted, 1000);
    block memory(counted.used);
    rows.claim(memory.from, 1000);
    for (u32 i = 1; i <= 10; ++i) REQUIRE(rows.take() == i);
    rows.give(3);
    CHECK(rows.take() == 3);
    CHECK(rows.take() == 11);
    for (std::size_t i = 11 * sizeof(row); i < counted.used; ++i) {
        REQUIRE(static_cast<unsigned char>(memory.from.base[i]) == 0xa5);
    }
}

TEST_CASE("a column keeps texts of bounded length apart") {
    arena counted;
    column texts;
    texts.claim(counted, 10, 5);
    CHECK(counted.used == 50);
    block memory(counted.used);
    texts.claim(memory.from, 10, 5);
    for (u32 i = 1; i <= 10; ++i) texts.set(i, std::string(5, static_cast<char>('a' + i)));
    texts.set(4, "xy");
    texts.set(5, "");
    for (u32 i = 1; i <= 10; ++i) {
        if (i == 4) continue;
        CHECK(texts.view(i, 5) == std::string(5, static_cast<char>('a' + i)));
    }
    CHECK(texts.view(4, 2) == "xy");
    CHECK(texts.view(4, 0).empty());
    texts.set(2, texts.view(2, 3));   // From itself.
    CHECK(texts.view(2, 3) == "ccc");
    CHECK(static_cast<unsigned char>(memory.from.base[50]) == 0xa5);
}

TEST_CASE("a column of no width holds empty texts") {
    block memory(0);
    column texts;
    texts.claim(memory.from, 4, 0);
    texts.set(3, {});
    CHECK(texts.view(3, 0).empty());
    CHECK(memory.from.used == 0);
}

namespace {

/// As every caller does, it looks whether what it is offered is what it wants.
std::vector<u32> all_of(const hash_index& index, u32 hash, const std::vector<u32>& hash_of) {
    std::vector<u32> slots;
    for (u32 slot = nil; (slot = index.next(hash, slot)) != nil;) {
        REQUIRE(slot < hash_of.size());
        if (hash_of[slot] == hash) slots.push_back(slot);
    }
    std::sort(slots.begin(), slots.end());
    return slots;
}

/// Random insertions and removals, with hashes drawn from a few, so that chains are long.
void compare_with_multimap(u32 capacity, u32 hashes, u32 seed) {
    arena counted;
    hash_index index;
    index.claim(counted, capacity);
    block memory(counted.used);
    index.claim(memory.from, capacity);
    index.clear();
    std::multimap<u32, u32> wanted;
    std::vector<u32> hash_of(capacity + 1);
    std::set<u32> free;
    for (u32 i = 1; i <= capacity; ++i) free.insert(i);
    std::mt19937 random(seed);
    std::vector<u32> drawn(hashes);
    // Many of the first and of the last home; hashes that only their lowest bits tell apart.
    for (u32& hash : drawn) {
        hash = static_cast<u32>(random() % 3 == 0 ? random() : (random() % 2 - 1) - random() % 40);
    }
    for (int round = 0; round < 3000; ++round) {
        const bool more = random() % 100 < (round / 300 % 2 == 0 ? 70u : 30u);
        if (more && !free.empty()) {
            const u32 hash = drawn[random() % hashes];
            const u32 slot = *free.begin();
            free.erase(free.begin());
            index.insert(hash, slot);
            wanted.emplace(hash, slot);
            hash_of[slot] = hash;
        } else if (!wanted.empty()) {
            const auto at = std::next(wanted.begin(), static_cast<long>(random() % wanted.size()));
            index.remove(at->first, at->second);
            free.insert(at->second);
            wanted.erase(at);
        }
        for (u32 hash : drawn) {
            std::vector<u32> slots;
            const auto range = wanted.equal_range(hash);
            for (auto at = range.first; at != range.second; ++at) slots.push_back(at->second);
            std::sort(slots.begin(), slots.end());
            REQUIRE(all_of(index, hash, hash_of) == slots);
        }
        REQUIRE(all_of(index, 0x12345678, hash_of).empty());
    }
    for (const auto& [hash, slot] : wanted) index.remove(hash, slot);
    for (u32 i = 0; i < index.size; ++i) REQUIRE(index.homes[i] == 0);
    for (std::size_t i = counted.used; i < counted.used + 64; ++i) {
        REQUIRE(static_cast<unsigned char>(memory.from.base[i]) == 0xa5);
    }
}

}  // namespace

TEST_CASE("a hash index holds what a multimap holds") {
    compare_with_multimap(1, 1, 1);
    compare_with_multimap(2, 3, 2);
    compare_with_multimap(3, 4, 3);
    compare_with_multimap(24, 5, 4);
    compare_with_multimap(48, 30, 5);
    compare_with_multimap(100, 1, 6);   // All equal.
}

TEST_CASE("a hash index takes 8 bytes a value, and holds the largest") {
    for (u32 values = 0; values < 100; ++values) {
        arena counted;
        hash_index index;
        index.claim(counted, values);
        REQUIRE(counted.used == 8 * (values != 0 ? values : 1));
    }
    arena counted;
    hash_index index;
    index.claim(counted, hash_index::value_mask);   // As many nonces as limits allow, and more.
    CHECK(counted.used == std::size_t{8} * hash_index::value_mask);
    CHECK(hash_index::value_mask >= (u32{1} << 20) * 255);
}

namespace {

hash_key key_of(u32 seed) {
    std::mt19937_64 random(seed);
    hash_key key;
    key.factor = random() | 1;
    for (u32& word : key.words) word = static_cast<u32>(random());
    return key;
}

}  // namespace

TEST_CASE("chains of a full hash index are short, whatever is hashed") {
    constexpr u32 values = 4096;
    const hash_key key = key_of(1);
    const auto longest = [&](auto&& hash_of) {
        arena counted;
        hash_index index;
        index.claim(counted, values);
        block memory(counted.used);
        index.claim(memory.from, values);
        index.clear();
        for (u32 i = 1; i <= values; ++i) index.insert(hash_of(i), i);
        u32 most = 0;
        for (u32 home = 0; home < values; ++home) {
            u32 n = 0;
            for (u32 word = index.homes[home]; word != 0; ++n) {
                word = index.homes[values - 1 + (word & hash_index::value_mask)];
            }
            most = std::max(most, n);
        }
        return most;
    };
    CHECK(longest([&](u32 i) { return keyed_hash(key, u64{i}); }) < 12);
    CHECK(longest([&](u32 i) { return keyed_hash(key, u64{i} << 32 | 7); }) < 12);
    CHECK(longest([&](u32 i) { return keyed_hash(key, "room-" + std::to_string(i)); }) < 12);
    CHECK(longest([&](u32 i) { return keyed_hash(key, std::to_string(i)); }) < 12);
    CHECK(longest([&](u32 i) { return keyed_hash(key, std::string(60, 'x') + static_cast<char>(i) +
                                                          static_cast<char>(i >> 8)); }) < 12);
    // Nonces: the same of many users, and of a few users in a few rooms.
    CHECK(longest([&](u32 i) { return keyed_hash(key, keyed_sum(key, "17") + (u64{3} << 32) + i); }) < 12);
    CHECK(longest([&](u32 i) {
        return keyed_hash(key, keyed_sum(key, std::to_string(i / 64)) + (u64{i / 8 % 8} << 32) + i % 8);
    }) < 12);
    // Pages: many of one room, one of each of many rooms, some of some.
    CHECK(longest([](u32 i) { return ordinal_hash(3, i); }) < 12);
    CHECK(longest([](u32 i) { return ordinal_hash(i, 0); }) < 12);
    CHECK(longest([](u32 i) { return ordinal_hash(i / 64, i % 64 + 1000 * i); }) < 12);
}

TEST_CASE("the keyed hash depends on the key, on every byte and on the length") {
    const hash_key key = key_of(1), other = key_of(2);
    std::set<u32> hashes;
    std::size_t made = 0;
    for (std::size_t size = 1; size <= hash_key::text_bytes_max; ++size) {
        std::string text(size, '\0');
        hashes.insert(keyed_hash(key, text));
        hashes.insert(keyed_hash(other, text));
        made += 2;
        for (char& byte : text) {
            byte = '\x80';
            hashes.insert(keyed_hash(key, text));
            byte = 0;
            ++made;
        }
    }
    CHECK(hashes.size() == made);
    CHECK(keyed_hash(key, u64{5}) != keyed_hash(other, u64{5}));
}

TEST_CASE("the keyed hash stays within its key, whatever it is asked for") {
    const hash_key key = key_of(1);
    const std::string text(hash_key::text_bytes_max, 'x');
    CHECK(keyed_hash(key, text + "y") == keyed_hash(key, text));
}
