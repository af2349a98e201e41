#include "config.hpp"

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
    {1, 65535},   {1, most_slots - 1}, {256, 16384}, {1, 255},  {1, 64},         {0, 64},
    {1, 64},      {0, 256},     {0, 1024},    {1, 16000},       {0, 64},         {512, 1u << 24},
    {1, 1000},    {64, 1u << 28}, {1, 1u << 20},
};

// In the order of the members of `policies`.
static constexpr range policy_ranges[] = {
    {0, 1}, {0, 1}, {0, 1}, {0, 0xffffffffu}, {1, most_slots}, {1, 0xffffffffu},
    {1, most_slots}, {1, most_slots}, {0, 0xffffffffu}, {1, 0xffffffffu}, {1, 1000000},
    {1, 0xffffffffu},
};

static bool in_ranges(const described& shape, const void* body, const range* ranges,
                      fault& why) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const u64 value = number_of(body, shape.members[i]);
        if (value >= ranges[i].least && value <= ranges[i].most) continue;
        const u64 limit = value < ranges[i].least ? ranges[i].least : ranges[i].most;
        why(error::config_invalid, shape.members[i].name, limit, value);
        return false;
    }
    return true;
}

bool policies_valid(const policies& rules, const limits& sizes, fault& why) noexcept {
    if (!in_ranges(shape_policies, &rules, policy_ranges, why)) return false;
    if (rules.room_pages_reserved > sizes.history_pages_max) {
        why(error::config_invalid, "room_pages_reserved", sizes.history_pages_max,
            rules.room_pages_reserved);
        return false;
    }
    return true;
}

bool config_valid(const config& how, fault& why) noexcept {
    if (!in_ranges(shape_limits, &how.limits, limit_ranges, why)) return false;
    if (!policies_valid(how.policies, how.limits, why)) return false;
    if (how.limits.page_bytes % 8 != 0 ||
        message_page_bytes(how.limits) > how.limits.page_bytes) {
        why(error::config_invalid, "page_bytes", message_page_bytes(how.limits),
            how.limits.page_bytes);
        return false;
    }
    if (how.limits.frame_bytes_max < frame_bytes_min(how.limits)) {
        why(error::config_invalid, "frame_bytes_max", frame_bytes_min(how.limits),
            how.limits.frame_bytes_max);
        return false;
    }
    if (how.node < 1 || how.node > 65535 || how.incarnation == 0) {
        why(error::config_invalid, how.incarnation == 0 ? "incarnation" : "node", 1, how.node);
        return false;
    }
    return true;
}

u32 frame_bytes_min(const limits& sizes) noexcept {
    return 512 + 2 * (sizes.title_bytes_max + sizes.topic_bytes_max);
}

}  // namespace chatroom::detail
