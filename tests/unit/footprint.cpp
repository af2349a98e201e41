#include "catch.hpp"

#include <random>

#include "chatroom.hpp"

using namespace chatroom;

// A constant, as a static buffer needs it.
static_assert(footprint_bound(config::firmware()) > 0, "known before the program runs");

static void check_bound(const config& how) {
    const std::size_t exact = footprint(how);
    REQUIRE(exact != 0);
    CHECK(footprint_bound(how) >= exact);
    CHECK(footprint_bound(how) - exact <= exact / 20);
}

TEST_CASE("the bound of the footprint is never below it, and within 5% of it") {
    check_bound(config::game());
    check_bound(config::firmware());
    check_bound(config::server());
    std::mt19937 random(7);
    const auto from_to = [&random](std::uint32_t least, std::uint32_t most) {
        return least + random() % (most - least + 1);
    };
    for (int i = 0; i < 2000; ++i) {
        config how;
        how.limits.sessions_max = from_to(1, 3000);
        how.limits.users_max = from_to(1, 3000);
        how.limits.sessions_per_user_max = from_to(1, 16);
        how.limits.rooms_max = from_to(1, 3000);
        how.limits.members_max = from_to(1, 9000);
        how.limits.rooms_per_user_max = from_to(1, 256);
        how.limits.history_pages_max = from_to(2, 3000);
        how.limits.identity_bytes_max = from_to(0, 64);
        how.limits.title_bytes_max = from_to(0, 256);
        how.limits.topic_bytes_max = from_to(0, 1024);
        how.limits.nonce_bytes_max = from_to(0, 64);
        how.limits.frame_bytes_max = from_to(4000, 100000);
        how.limits.queue_bytes = from_to(64, 100000);
        how.limits.records_pending_max = from_to(1, 3000);
        check_bound(how);
    }
}

// On 32 bits 2^20 pages of 16 KiB are no multiple of the word but 0, and so is an index of 2^29.
TEST_CASE("what this machine cannot address has no footprint, or one that holds its history") {
    config pages;
    pages.limits.history_pages_max = 1u << 20;
    pages.limits.page_bytes = 16384;
    config nonces;
    nonces.limits.history_pages_max = 1u << 20;
    nonces.limits.page_bytes = 256;
    nonces.limits.page_messages_max = 255;
    nonces.limits.message_bytes_max = 20;
    nonces.limits.nick_bytes_max = 8;
    for (const config& how : {pages, nonces}) {
        REQUIRE(config_fault(how) == nullptr);
        const std::uint64_t least = std::uint64_t{how.limits.history_pages_max} *
                                    (how.limits.page_bytes + 8 * how.limits.page_messages_max);
        const std::size_t told = footprint(how);
        CHECK((told == 0 || told >= least));
        CHECK((told != 0) == (least < static_cast<std::size_t>(-1) / 2));
    }
}
