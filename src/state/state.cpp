#include "state.hpp"

#include <cstring>

namespace chatroom::detail {

void state::claim(arena& from) noexcept {
    const limits& sizes = capacity;
    const u32 bound_max = sizes.users_max * sizes.sessions_per_user_max;
    users.claim(from, sizes.users_max);
    nodes.claim(from, sizes.nodes_max);
    rooms.claim(from, sizes.rooms_max);
    memberships.claim(from, sizes.members_max);
    bindings = static_cast<binding_data*>(
        from.take_rows(bound_max, sizeof *bindings, alignof(binding_data)));
    tokens = static_cast<token_data*>(from.take_rows(bound_max, sizeof *tokens, 1));
    nicks.claim(from, sizes.users_max, sizes.nick_bytes_max);
    identities.claim(from, sizes.users_max, sizes.identity_bytes_max);
    names.claim(from, sizes.rooms_max, sizes.room_name_bytes_max);
    titles.claim(from, sizes.rooms_max, sizes.title_bytes_max);
    topics.claim(from, sizes.rooms_max, sizes.topic_bytes_max);
    member_lists.claim(from, sizes.members_max, sizes.rooms_max);
    messages.claim(from, sizes);
    messages.rooms = &rooms;
    messages.shared = &shared;
    messages.key = &key;
    users_by_id.claim(from, sizes.users_max);
    users_by_nick.claim(from, sizes.users_max);
    identities_by_bytes.claim(from, sizes.identity_bytes_max != 0 ? sizes.users_max : 0);
    rooms_by_name.claim(from, sizes.rooms_max);
    bindings_by_session.claim(from, bound_max);
    tokens_by_hash.claim(from, bound_max);
    users_order = users_due = rooms_order = rooms_closing = {};
    time = event = users_made = rooms_made = 0;
    shared = capacity;
    booted = false;
}

void state::clear() noexcept {
    users_by_id.clear();
    users_by_nick.clear();
    identities_by_bytes.clear();
    rooms_by_name.clear();
    bindings_by_session.clear();
    tokens_by_hash.clear();
    messages.by_ordinal.clear();
    if (messages.nonces) messages.by_nonce.clear();
}

u64 state::due() const noexcept {
    if (rooms_closing.first != nil) return time;
    for (u32 slot = 1; slot <= nodes.count; ++slot) {
        const u32 oldest = nodes[slot].bound.first;
        if (oldest != nil && !alive(bindings[oldest])) return time;
    }
    if (users_due.first == nil) return ~u64{0};
    return users[users_due.first].detached_at + rules.resume_window_ms;
}

void state::advance() noexcept {
    for (u32 slot = 1; slot <= nodes.count; ++slot) {
        u32 oldest = nodes[slot].bound.first;
        while (effects != 0 && oldest != nil && !alive(bindings[oldest])) {
            --effects;
            unbind_session(oldest);
            oldest = nodes[slot].bound.first;
        }
    }
    while (effects != 0 && users_due.first != nil &&
           users[users_due.first].detached_at + rules.resume_window_ms <= time) {
        remove_user(users_due.first);
    }
    while (effects != 0 && rooms_closing.first != nil) {
        if (!reap_room(rooms_closing.first)) break;
    }
}

}  // namespace chatroom::detail
