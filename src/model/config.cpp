#include "config.hpp"

#include <cstring>

#include "page.hpp"
#include "request.hpp"

namespace chatroom::detail {

namespace {

struct range {
    u32 least;
    u32 most;
};

constexpr u32 most_slots = 1u << 24;

}  // namespace

// In the order of the members of `limits`.
static constexpr range limit_ranges[] = {
    {1, 1000000}, {1, 1000000}, {1, 16},      {1, 1000000},     {1, most_slots}, {1, 256},
    {1, 65535},   {1, 1u << 20}, {256, 16384}, {1, 255},  {1, 64},         {0, 64},
    {1, 64},      {0, 256},     {0, 1024},    {1, 16000},       {0, 64},         {512, 1u << 24},
    {1, 1000},    {64, 1u << 28}, {1, 1u << 20},
};

// In the order of the members of `policies`.
static constexpr range policy_ranges[] = {
    {0, 1}, {0, 1}, {0, 1}, {0, 0xffffffffu}, {1, most_slots}, {1, 0xffffffffu},
    {1, most_slots}, {1, most_slots}, {0, 0xffffffffu}, {1, 0xffffffffu}, {1, 1000000},
    {1, 0xffffffffu},
};

// The first member, by its place in a row of numbers, that is out of its range; or how many
// there are.
static u32 out_of_range(const void* row, const range* ranges, u32 count) noexcept {
    for (u32 i = 0; i < count; ++i) {
        u32 value = 0;
        std::memcpy(&value, static_cast<const char*>(row) + i * sizeof value, sizeof value);
        if (value < ranges[i].least || value > ranges[i].most) return i;
    }
    return count;
}

constexpr u32 limits_in_all = sizeof limit_ranges / sizeof *limit_ranges;
constexpr u32 policies_in_all = sizeof policy_ranges / sizeof *policy_ranges;
static_assert(sizeof(limits) == 4 * limits_in_all, "every limit has its range");
static_assert(sizeof(policies) == 4 * policies_in_all, "every policy has its range");

bool policies_valid(const policies& rules, const limits& sizes) noexcept {
    return out_of_range(&rules, policy_ranges, policies_in_all) == policies_in_all &&
           rules.room_pages_reserved <= sizes.history_pages_max;
}

u32 frame_bytes_min(const limits& sizes) noexcept {
    // Texts grow to twice their size at the most when they are escaped.
    return 400 + 2 * (sizes.title_bytes_max + sizes.topic_bytes_max + sizes.room_name_bytes_max +
                      2 * sizes.nick_bytes_max + sizes.nonce_bytes_max);
}

static bool page_is_large_enough(const limits& sizes) noexcept {
    return sizes.page_bytes % 8 == 0 && message_page_bytes(sizes) <= sizes.page_bytes;
}

bool limits_valid(const limits& sizes) noexcept {
    return out_of_range(&sizes, limit_ranges, limits_in_all) == limits_in_all &&
           page_is_large_enough(sizes) && sizes.frame_bytes_max >= frame_bytes_min(sizes);
}

bool config_valid(const config& how) noexcept {
    return limits_valid(how.limits) && policies_valid(how.policies, how.limits) &&
           how.budgets.deliveries_per_call != 0 && how.budgets.queued_per_call != 0 &&
           how.node >= 1 && how.node <= 65535 && how.incarnation != 0;
}

}  // namespace chatroom::detail

namespace chatroom {

const char* config_fault(const config& how) noexcept {
    using namespace detail;
    const u32 limit = out_of_range(&how.limits, limit_ranges, limits_in_all);
    if (limit != limits_in_all) return shape_limits.members[limit].name;
    const u32 policy = out_of_range(&how.policies, policy_ranges, policies_in_all);
    if (policy != policies_in_all) return shape_policies.members[policy].name;
    if (!policies_valid(how.policies, how.limits)) return "room_pages_reserved";
    if (!page_is_large_enough(how.limits)) return "page_bytes";
    if (how.limits.frame_bytes_max < frame_bytes_min(how.limits)) return "frame_bytes_max";
    // With none nothing would ever be told, nor what is queued be run.
    if (how.budgets.deliveries_per_call == 0) return "deliveries_per_call";
    if (how.budgets.queued_per_call == 0) return "queued_per_call";
    if (how.incarnation == 0) return "incarnation";
    return config_valid(how) ? nullptr : "node";
}

}  // namespace chatroom
