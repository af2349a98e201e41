#include "request.hpp"

#include <new>

namespace chatroom::detail {

fault::fault() noexcept = default;

void fault::clear() noexcept { new (this) fault; }

error fault::operator()(chatroom::error reason, const char* which) noexcept {
    return (*this)(reason, which, 0, 0);
}

error fault::operator()(chatroom::error reason, const char* which, u64 bound, u64 was) noexcept {
    error = reason;
    field = view(which);
    limit = bound;
    value = was;
    return reason;
}

// What only records and snapshots tell.

constexpr described_member policies_members[] = {
    {word::rooms_by_host_only, nullptr, offsetof(policies, rooms_by_host_only), 1,
     kind::u32_number, bound::open, 0},
    {word::create_on_join, nullptr, offsetof(policies, create_on_join), 2, kind::u32_number,
     bound::open, 0},
    {word::names_shown, nullptr, offsetof(policies, names_shown), 3, kind::u32_number, bound::open,
     0},
    {word::resume_window_ms, nullptr, offsetof(policies, resume_window_ms), 4, kind::u32_number,
     bound::open, 0},
    {word::room_capacity, nullptr, offsetof(policies, room_capacity), 5, kind::u32_number,
     bound::open, 0},
    {word::room_messages_max, nullptr, offsetof(policies, room_messages_max), 6, kind::u32_number,
     bound::open, 0},
    {word::room_pages_reserved, nullptr, offsetof(policies, room_pages_reserved), 7,
     kind::u32_number, bound::open, 0},
    {word::room_pages_max, nullptr, offsetof(policies, room_pages_max), 8, kind::u32_number,
     bound::open, 0},
    {word::presence_members_max, nullptr, offsetof(policies, presence_members_max), 9,
     kind::u32_number, bound::open, 0},
    {word::advance_ms, nullptr, offsetof(policies, advance_ms), 10, kind::u32_number, bound::open,
     0},
    {word::effects_per_record_max, nullptr, offsetof(policies, effects_per_record_max), 11,
     kind::u32_number, bound::open, 0},
    {word::clock_ahead_max_ms, nullptr, offsetof(policies, clock_ahead_max_ms), 12,
     kind::u32_number, bound::open, 0},
};
const described shape_policies = {
    word::policies, policies_members, 0, sizeof(policies), 12};

// The same, behind the limits.
constexpr described_member in_boot(described_member m) noexcept {
    m.offset = static_cast<u16>(m.offset + offsetof(boot, policies));
    m.tag = static_cast<u8>(m.tag + 64);
    return m;
}

// The limits come first, and so they are a description of their own.
static_assert(offsetof(boot, limits) == 0, "limits have the same places in a boot");

constexpr described_member boot_members[] = {
    {word::sessions_max, nullptr, offsetof(limits, sessions_max), 1, kind::u32_number, bound::open,
     node_local},
    {word::users_max, nullptr, offsetof(limits, users_max), 2, kind::u32_number, bound::open, 0},
    {word::sessions_per_user_max, nullptr, offsetof(limits, sessions_per_user_max), 3,
     kind::u32_number, bound::open, 0},
    {word::rooms_max, nullptr, offsetof(limits, rooms_max), 4, kind::u32_number, bound::open, 0},
    {word::members_max, nullptr, offsetof(limits, members_max), 5, kind::u32_number, bound::open,
     0},
    {word::rooms_per_user_max, nullptr, offsetof(limits, rooms_per_user_max), 6, kind::u32_number,
     bound::open, 0},
    {word::nodes_max, nullptr, offsetof(limits, nodes_max), 7, kind::u32_number, bound::open, 0},
    {word::history_pages_max, nullptr, offsetof(limits, history_pages_max), 8, kind::u32_number,
     bound::open, 0},
    {word::page_bytes, nullptr, offsetof(limits, page_bytes), 9, kind::u32_number, bound::open, 0},
    {word::page_messages_max, nullptr, offsetof(limits, page_messages_max), 10, kind::u32_number,
     bound::open, 0},
    {word::nick_bytes_max, nullptr, offsetof(limits, nick_bytes_max), 11, kind::u32_number,
     bound::open, 0},
    {word::identity_bytes_max, nullptr, offsetof(limits, identity_bytes_max), 12, kind::u32_number,
     bound::open, 0},
    {word::room_name_bytes_max, nullptr, offsetof(limits, room_name_bytes_max), 13,
     kind::u32_number, bound::open, 0},
    {word::title_bytes_max, nullptr, offsetof(limits, title_bytes_max), 14, kind::u32_number,
     bound::open, 0},
    {word::topic_bytes_max, nullptr, offsetof(limits, topic_bytes_max), 15, kind::u32_number,
     bound::open, 0},
    {word::message_bytes_max, nullptr, offsetof(limits, message_bytes_max), 16, kind::u32_number,
     bound::open, 0},
    {word::nonce_bytes_max, nullptr, offsetof(limits, nonce_bytes_max), 17, kind::u32_number,
     bound::open, 0},
    {word::frame_bytes_max, nullptr, offsetof(limits, frame_bytes_max), 18, kind::u32_number,
     bound::open, node_local},
    {word::page_items_max, nullptr, offsetof(limits, page_items_max), 19, kind::u32_number,
     bound::open, node_local},
    {word::queue_bytes, nullptr, offsetof(limits, queue_bytes), 20, kind::u32_number, bound::open,
     node_local},
    {word::records_pending_max, nullptr, offsetof(limits, records_pending_max), 21,
     kind::u32_number, bound::open, node_local},
    in_boot(policies_members[0]), in_boot(policies_members[1]), in_boot(policies_members[2]),
    in_boot(policies_members[3]), in_boot(policies_members[4]), in_boot(policies_members[5]),
    in_boot(policies_members[6]), in_boot(policies_members[7]), in_boot(policies_members[8]),
    in_boot(policies_members[9]), in_boot(policies_members[10]), in_boot(policies_members[11]),
    {word::features, nullptr, offsetof(boot, features), 120, kind::text, bound::open, 0},
    {word::behaviour, nullptr, offsetof(boot, behaviour), 121, kind::u32_number, bound::open, 0},
};
const described shape_limits = {
    word::limits, boot_members, 0, sizeof(limits), 21};

const described shape_boot = {
    word::boot, boot_members, u16(command_type::boot), sizeof(boot), 35};

constexpr bool local_limits_are_marked() noexcept {
    for (const described_member& m : boot_members) {
        const bool local = m.offset < sizeof(limits) && is_node_local(m.offset);
        if (local != ((m.flags & node_local) != 0)) return false;
    }
    return true;
}
static_assert(local_limits_are_marked(), "where the table is not linked, is_node_local tells");

const described shape_advance = {
    word::advance, nullptr, u16(command_type::advance), sizeof(advance), 0};

constexpr described_member bind_members[] = {
    {word::identity, nullptr, offsetof(bind, identity), 1, kind::text, bound::identity, 0},
    {word::nick, nullptr, offsetof(bind, nick), 2, kind::text, bound::nick, 0},
};
const described shape_bind = {
    word::bind, bind_members, u16(command_type::bind), sizeof(bind), 2};

const described shape_unbind = {
    word::unbind, nullptr, u16(command_type::unbind), sizeof(unbind), 0};

constexpr described_member facts_members[] = {
    {word::ref, nullptr, offsetof(facts, ref), 1, kind::u64_number, bound::open, 0},
    {word::behalf, nullptr, offsetof(facts, behalf), 2, kind::u64_number, bound::open, 0},
    {word::nick_key, nullptr, offsetof(facts, nick_key), 3, kind::u64_number, bound::open, 0},
    {word::proof, nullptr, offsetof(facts, proof), 4, kind::text, bound::open, 0},
    {word::token_hash, nullptr, offsetof(facts, token_hash), 5, kind::text, bound::open, 0},
};
const described shape_facts = {
    word::facts, facts_members, 0, sizeof(facts), 5};

}  // namespace chatroom::detail
