#include "state.hpp"

namespace chatroom::detail {

static error check_nothing_to_decide(const state&, const request&, fault&) { return error::none; }

static error check_boot(const state& in, const request& what, fault& why) {
    const boot& with = what.as<boot>();
    if (with.behaviour > behaviour_version) return why(error::behaviour_unknown);
    for (u32 i = 0; i < shape_limits.count; ++i) {
        const described_member& m = shape_limits.members[i];
        const u64 told = number_of(&with.limits, m);
        const bool local = (m.flags & node_local) != 0;
        if (!local && told > number_of(&in.capacity, m)) {
            return why(error::limit_too_small, m.name, told, number_of(&in.capacity, m));
        }
    }
    const u32 node = in.find_node(what.node);
    if (node != nil && what.incarnation <= in.nodes[node].incarnation) {
        return why(error::incarnation_stale, "incarnation", in.nodes[node].incarnation + u64{1},
                   what.incarnation);
    }
    if (node == nil && in.nodes.count >= in.capacity.nodes_max) {
        return why(error::nodes_full, "nodes_max", in.capacity.nodes_max);
    }
    return error::none;
}

static void apply_boot(state& in, const request& what, applied&) {
    const boot& with = what.as<boot>();
    if (!in.booted) in.rules = with.policies;
    for (u32 i = 0; i < shape_limits.count; ++i) {
        const described_member& m = shape_limits.members[i];
        const u64 told = number_of(&with.limits, m);
        if (!in.booted || told > number_of(&in.shared, m)) set_number(&in.shared, m, told);
    }
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

static const described_member* find_policy(std::string_view name) noexcept {
    for (u32 i = 0; i < shape_policies.count; ++i) {
        if (view(shape_policies.members[i].name) == name) return &shape_policies.members[i];
    }
    return nullptr;
}

static error check_configure(const state& in, const request& what, fault& why) {
    const configure& c = what.as<configure>();
    const described_member* policy = find_policy(c.name);
    if (policy == nullptr) {
        why(error::invalid_argument, "name");
        why.found = c.name;
        return why.why;
    }
    policies next = in.rules;
    if (!set_number(&next, *policy, c.value)) {
        return why(error::number_out_of_range, "value", 0xffffffffu, c.value);
    }
    if (!policies_valid(next, in.shared, why)) return why(error::number_out_of_range, policy->name);
    return error::none;
}

static void apply_configure(state& in, const request& what, applied&) {
    const configure& c = what.as<configure>();
    set_number(&in.rules, *find_policy(c.name), c.value);
}

static constexpr command_rule server_rules[] = {
    {command_type::boot, engine_only, &shape_boot, check_boot, apply_boot},
    {command_type::advance, engine_only, &shape_advance, check_nothing_to_decide, apply_advance},
    {command_type::bind, engine_only, &shape_bind, check_bind, apply_bind},
    {command_type::unbind, engine_only, &shape_unbind, check_unbind, apply_unbind},
    {command_type::configure, host_only, &shape_command_configure, check_configure,
     apply_configure},
    {command_type::ping, reads, &shape_command_ping, nullptr, nullptr},
};

const feature& server_feature() noexcept {
    static constexpr feature all{"server", server_rules,
                                 sizeof server_rules / sizeof *server_rules};
    return all;
}

}  // namespace chatroom::detail
