#include "catch.hpp"

#include "base/chunks.hpp"

#include <random>
#include <vector>

using namespace chatroom::detail;

namespace {

constexpr u32 full = chunk_pool::entries_max;   // Of one chunk.

struct pool {
    std::vector<char> bytes;
    chunk_pool chunks;

    pool(u32 size, u32 lists) {
        arena counted;
        chunk_pool probe;
        probe.claim(counted, size, lists);
        bytes.resize(counted.used + 64);
        const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(bytes.data()) + 63;
        arena from{reinterpret_cast<char*>(start & ~std::uintptr_t{63}), 0};
        chunks.claim(from, size, lists);
    }
};

void check_same(const chunk_pool& in, const chunk_list& list, const std::vector<u32>& wanted) {
    REQUIRE(list.count == wanted.size());
    if (wanted.empty()) {
        REQUIRE(list.head == nil);
        return;
    }
    chunk_place at = chunk_pool::make(list.head, 0);
    for (u32 i = 0; i < wanted.size(); ++i) {
        REQUIRE(in.at(at) == wanted[i]);
        REQUIRE(in.ordinal(at) == i);
        REQUIRE(in.find(list, i) == at);
        if (i + 1 < wanted.size()) {
            const chunk_place next = in.after(at);
            REQUIRE(in.before(next) == at);
            at = next;
        }
    }
    REQUIRE(in.last(list) == at);
}

}  // namespace

TEST_CASE("lists of chunks hold what vectors hold, and their pool never runs out") {
    constexpr u32 size = 200, lists = 5;
    pool all(size, lists);
    std::vector<chunk_list> made(lists);
    std::vector<std::vector<u32>> wanted(lists);
    std::mt19937 random(3);
    u32 total = 0;
    for (int round = 0; round < 20000; ++round) {
        const u32 which = random() % lists;
        const bool more = random() % 100 < (round / 1000 % 2 == 0 ? 65u : 35u);
        if (more && total < size) {
            const u32 value = static_cast<u32>(random());
            const chunk_place at = all.chunks.push(made[which], value);
            REQUIRE(at == all.chunks.last(made[which]));
            wanted[which].push_back(value);
            ++total;
        } else if (!wanted[which].empty()) {
            all.chunks.pop(made[which]);
            wanted[which].pop_back();
            --total;
        }
        REQUIRE(all.chunks.chunks.count <= all.chunks.chunks.capacity);
        if (round % 50 == 0) {
            for (u32 i = 0; i < lists; ++i) check_same(all.chunks, made[i], wanted[i]);
        }
    }
    for (u32 i = 0; i < lists; ++i) {
        while (made[i].count != 0) all.chunks.pop(made[i]);
        CHECK(made[i].head == nil);
    }
    CHECK(all.chunks.chunks.count == 0);
}

TEST_CASE("one list may have all entries of its pool") {
    pool all(full * 7 + 5, 3);
    chunk_list list;
    std::vector<u32> wanted;
    for (u32 i = 0; i < full * 7 + 5; ++i) {
        all.chunks.push(list, i);
        wanted.push_back(i);
        check_same(all.chunks, list, wanted);
    }
    while (!wanted.empty()) {
        all.chunks.pop(list);
        wanted.pop_back();
        check_same(all.chunks, list, wanted);
    }
}

TEST_CASE("every list may have one entry more than fills its chunks") {
    constexpr u32 lists = 10;
    pool all(lists * (full + 1), lists);
    std::vector<chunk_list> made(lists);
    for (u32 n = 0; n <= full; ++n) {
        for (chunk_list& list : made) all.chunks.push(list, n);
    }
    CHECK(all.chunks.chunks.count == 2 * lists);
    CHECK(all.chunks.chunks.full());
    for (const chunk_list& list : made) {
        CHECK(all.chunks.at(all.chunks.find(list, full)) == full);
        CHECK(all.chunks.ordinal(all.chunks.last(list)) == full);
    }
}

TEST_CASE("a pool has the chunks that its entries may take, and not one more") {
    for (u32 lists = 1; lists < 2 * full; ++lists) {
        for (u32 size = 1; size < 4 * full; ++size) {
            pool all(size, lists);
            std::vector<chunk_list> made(lists);
            // One for each list, the rest in one of them: nothing takes more chunks.
            for (u32 i = 0; i < size; ++i) all.chunks.push(made[i < lists ? i : 0], i);
            REQUIRE(all.chunks.chunks.full());
        }
    }
}

TEST_CASE("chunks stand at addresses that tell where they end") {
    pool all(100, 2);
    CHECK(reinterpret_cast<std::uintptr_t>(all.chunks.chunks.rows) % sizeof(chunk) == 0);
    CHECK(sizeof(chunk) == 8 * sizeof(void*));
}
