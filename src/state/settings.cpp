#include "state.hpp"

namespace chatroom::detail {

// What hosts and owners change while the engine runs.

static const described_member* find_policy(std::string_view name) noexcept {
    for (u32 i = 0; i < shape_policies.count; ++i) {
        if (shape_policies.members[i].called() == name) return &shape_policies.members[i];
    }
    return nullptr;
}

static error check_configure(const state& in, request& what, fault& why) {
    const configure& c = what.as<configure>();
    const described_member* policy = find_policy(c.name);
    if (policy == nullptr) {
        why(error::invalid_argument, "name");
        why.found = c.name;
        return why.error;
    }
    policies next = in.rules;
    if (!set_number(&next, *policy, c.value)) {
        return why(error::number_out_of_range, "value", 0xffffffffu, c.value);
    }
    if (!policies_valid(next, in.shared)) return why(error::number_out_of_range, policy->name);
    return error::none;
}

static void apply_configure(state& in, const request& what, applied&) {
    const configure& c = what.as<configure>();
    set_number(&in.rules, *find_policy(c.name), c.value);
}

// Decimal digits to a number; false for anything else.
static bool parse_number(std::string_view text, u64& value) noexcept {
    value = 0;
    if (text.empty() || text.size() > 10) return false;
    for (char c : text) {
        if (c < '0' || c > '9') return false;
        value = value * 10 + static_cast<u64>(c - '0');
    }
    return true;
}

static error check_set_text(const set& s, u32 bytes_max, fault& why) noexcept {
    if (s.value.size() <= bytes_max) return error::none;
    return why(error::member_too_long, "value", bytes_max, s.value.size());
}

static error check_set(const state& in, request& what, fault& why) {
    const set& s = what.as<set>();
    const u32 room = what.room = in.find_room(s.room);
    if (!in.can_see(what.user, what.by_host(), room)) return why(error::room_unknown, "room");
    const room_data& r = in.rooms[room];
    const bool owner = what.user != nil && r.owner == in.users[what.user].id;
    const bool plain = s.property <= room_property::capacity;
    if (!what.by_host() && !(owner && plain)) return why(error::forbidden, "property");
    if (s.property == room_property::title) {
        return check_set_text(s, in.shared.title_bytes_max, why);
    }
    if (s.property == room_property::topic) {
        return check_set_text(s, in.shared.topic_bytes_max, why);
    }
    u64 number = 0;
    if (!parse_number(s.value, number)) return why(error::member_invalid, "value");
    if (s.property == room_property::capacity) return check_capacity(in, number, why);
    return number <= 1 ? error::none : why(error::number_out_of_range, "value", 1, number);
}

static void apply_set(state& in, const request& what, applied& done) {
    const set& s = what.as<set>();
    done.room = what.room;
    room_data& r = in.rooms[done.room];
    u64 number = 0;
    parse_number(s.value, number);
    switch (s.property) {
    case room_property::title: in.set_text(done.room, s.value, in.topic(done.room)); break;
    case room_property::topic: in.set_text(done.room, in.title(done.room), s.value); break;
    case room_property::capacity:
        r.capacity = number != 0 ? static_cast<u32>(number) : in.rules.room_capacity;
        break;
    case room_property::persistent: r.persistent = number != 0; break;
    case room_property::managed: r.managed = number != 0; break;
    }
    in.room_changed(done.room);
    if (r.members.count == 0 && !r.persistent) {
        in.close_room(done.room);
        in.reap_room(done.room);
        done.room = nil;
    }
}

static error check_destroy(const state& in, request& what, fault& why) {
    what.room = in.find_room(what.as<destroy>().room);
    return what.room == nil ? why(error::room_unknown, "room") : error::none;
}

static void apply_destroy(state& in, const request& what, applied&) {
    in.close_room(what.room);
    in.reap_room(what.room);
}

static constexpr command_rule settings_rules[] = {
    {command_type::configure, host_only, &shape_command_configure, check_configure,
     apply_configure},
    {command_type::set, 0, &shape_command_set, check_set, apply_set},
    {command_type::destroy, host_only, &shape_command_destroy, check_destroy, apply_destroy},
};

}  // namespace chatroom::detail

namespace chatroom::features {

const detail::feature& settings() noexcept {
    static constexpr detail::feature all{
        "settings", detail::settings_rules,
        sizeof detail::settings_rules / sizeof *detail::settings_rules};
    return all;
}

}  // namespace chatroom::features
