#include <cstring>

#include "state.hpp"

namespace chatroom::detail {

static error check_nothing_to_decide(const state&, request&, fault&) { return error::none; }

// The limits as one row of numbers. Those of one node that others need not share are left out.
constexpr u32 limits_count = sizeof(limits) / sizeof(u32);

static u32 limit_at(const limits& of, u32 i) noexcept {
    u32 value = 0;
    std::memcpy(&value, reinterpret_cast<const char*>(&of) + i * sizeof value, sizeof value);
    return value;
}

static bool is_shared(u32 limit) noexcept { return !is_node_local(limit * sizeof(u32)); }

// The first boot tells the limits; later ones only ever raise them.
static void raise_limits(limits& shared, const limits& told, bool booted) noexcept {
    for (u32 i = 0; i < limits_count; ++i) {
        const u32 value = limit_at(told, i);
        if (!is_shared(i) || (booted && value <= limit_at(shared, i))) continue;
        std::memcpy(reinterpret_cast<char*>(&shared) + i * sizeof value, &value, sizeof value);
    }
}

static error check_boot(const state& in, request& what, fault& why) {
    const boot& with = what.as<boot>();
    if (with.behaviour > behaviour_version) return why(error::behaviour_unknown);
    for (u32 i = 0; i < limits_count; ++i) {
        if (is_shared(i) && limit_at(with.limits, i) > limit_at(in.capacity, i)) {
            return why(error::limit_too_small);
        }
    }
    // Each node's limits are sound, but together they may ask for larger pages than any has.
    limits raised = in.shared;
    raise_limits(raised, with.limits, in.booted);
    if (!limits_valid(raised)) return why(error::config_invalid);
    const u32 node = in.find_node(what.node);
    if (node != nil && what.incarnation <= in.nodes[node].incarnation) {
        return why(error::incarnation_stale, "incarnation", in.nodes[node].incarnation + u64{1},
                   what.incarnation);
    }
    if (node == nil && in.nodes.count >= raised.nodes_max) {
        return why(error::nodes_full, "nodes_max", raised.nodes_max, in.nodes.count);
    }
    return error::none;
}

static void apply_boot(state& in, const request& what, applied&) {
    const boot& with = what.as<boot>();
    raise_limits(in.shared, with.limits, in.booted);
    if (!in.booted) in.rules = with.policies;
    in.booted = true;
    u32 node = in.find_node(what.node);
    if (node == nil) {
        node = in.nodes.take();
        in.nodes[node].id = what.node;
    }
    in.nodes[node].incarnation = what.incarnation;
    in.advance();
}

static void apply_advance(state& in, const request&, applied&) { in.advance(); }

static constexpr command_rule server_rules[] = {
    {command_type::boot, engine_only, nullptr, check_boot, apply_boot},
    {command_type::advance, engine_only, &shape_advance, check_nothing_to_decide, apply_advance},
    {command_type::bind, engine_only, &shape_bind, check_bind, apply_bind},
    {command_type::unbind, engine_only, &shape_unbind, check_unbind, apply_unbind},
    {command_type::ping, reads, &shape_command_ping, nullptr, nullptr},
};

const feature& server_feature() noexcept {
    static constexpr feature all{"server", server_rules,
                                 sizeof server_rules / sizeof *server_rules};
    return all;
}

}  // namespace chatroom::detail
