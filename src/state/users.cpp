#include "state.hpp"

#include <cstring>

namespace chatroom::detail {

// Finding.

u32 state::find_user(u64 id) const noexcept {
    const u32 hash = keyed_hash(key, id);
    for (u32 slot = nil; (slot = users_by_id.next(hash, slot)) != nil;) {
        if (users[slot].id == id) return slot;
    }
    return nil;
}

bool state::nick_is_taken(u64 nick_key, u32 by_other_than) const noexcept {
    const u32 hash = keyed_hash(key, nick_key);
    for (u32 slot = nil; (slot = users_by_nick.next(hash, slot)) != nil;) {
        if (users[slot].nick_key == nick_key && slot != by_other_than) return true;
    }
    return false;
}

u32 state::find_identity(std::string_view bytes) const noexcept {
    const u32 hash = keyed_hash(key, bytes);
    for (u32 slot = nil; (slot = identities_by_bytes.next(hash, slot)) != nil;) {
        if (is_same_text(identity(slot), bytes)) return slot;
    }
    return nil;
}

static u64 session_key(u32 node, u32 session) noexcept { return u64{node} << 32 | session; }

u32 state::find_binding(u32 node, u32 session) const noexcept {
    const u32 hash = keyed_hash(key, session_key(node, session));
    for (u32 slot = nil; (slot = bindings_by_session.next(hash, slot)) != nil;) {
        const binding_data& b = bindings[slot];
        if (b.node == node && b.session == session && alive(b)) return slot;
    }
    return nil;
}

bool state::has_binding(u32 node, u32 incarnation, u32 session) const noexcept {
    const u32 hash = keyed_hash(key, session_key(node, session));
    for (u32 slot = nil; (slot = bindings_by_session.next(hash, slot)) != nil;) {
        const binding_data& b = bindings[slot];
        if (b.node == node && b.session == session && b.incarnation == incarnation) return true;
    }
    return false;
}

u32 state::find_token(std::string_view hash_bytes) const noexcept {
    const u32 hash = load_le32(hash_bytes.data());
    for (u32 slot = nil; (slot = tokens_by_hash.next(hash, slot)) != nil;) {
        if (std::memcmp(tokens[slot].hash, hash_bytes.data(), sizeof tokens[slot].hash) == 0) {
            return slot;
        }
    }
    return nil;
}

u32 state::find_node(u32 id) const noexcept {
    for (u32 slot = 1; slot <= nodes.count; ++slot) {
        if (nodes[slot].id == id) return slot;
    }
    return nil;
}

// Users.

u32 state::add_user(std::string_view nick, u64 nick_key) noexcept {
    const u32 slot = users.take();
    user_data& u = users[slot];
    u.id = ++users_made;
    users_order.append(links_of(users, &user_data::order), slot);
    users_by_id.insert(keyed_hash(key, u.id), slot);
    set_nick(slot, nick, nick_key);
    for (u32 place = 1; place <= capacity.sessions_per_user_max; ++place) {
        bindings[slot_of(slot, place)].session = 0;
        tokens[slot_of(slot, place)].next = token_data::unused;
    }
    return slot;
}

void state::set_nick(u32 user, std::string_view nick, u64 nick_key) noexcept {
    user_data& u = users[user];
    if (u.nick_size != 0) users_by_nick.remove(keyed_hash(key, u.nick_key), user);
    nicks.set(user, nick);
    u.nick_size = static_cast<u8>(nick.size());
    u.nick_key = nick_key;
    u.changed_at = event;
    users_by_nick.insert(keyed_hash(key, nick_key), user);
}

void state::set_identity(u32 user, std::string_view bytes) noexcept {
    identities.set(user, bytes);
    users[user].identity_size = static_cast<u8>(bytes.size());
    identities_by_bytes.insert(keyed_hash(key, bytes), user);
}

void state::remove_identity(u32 user) noexcept {
    identities_by_bytes.remove(keyed_hash(key, identity(user)), user);
}

void state::remove_user(u32 user) noexcept {
    user_data& u = users[user];
    effects -= effects != 0 ? 1 : 0;
    while (u.memberships != nil) remove_member(user, u.memberships, parting::gone);
    while (u.tokens != 0) remove_token(slot_of(user, u.tokens));
    if (u.identity_size != 0) remove_identity(user);
    remove_due(user);
    users_order.remove(links_of(users, &user_data::order), user);
    users_by_id.remove(keyed_hash(key, u.id), user);
    users_by_nick.remove(keyed_hash(key, u.nick_key), user);
    users.give(user);
}

// Sessions bound to users.

u32 state::sessions_alive(u32 user) const noexcept {
    u32 n = 0;
    for (u32 slot = slot_of(user, 1), left = users[user].sessions; left != 0; ++slot) {
        if (bindings[slot].session == 0) continue;
        n += alive(bindings[slot]) ? 1 : 0;
        --left;
    }
    return n;
}

u32 state::add_binding(u32 user, u32 node, u32 incarnation, u32 session) noexcept {
    u32 slot = slot_of(user, 1);
    while (bindings[slot].session != 0) ++slot;
    binding_data& b = bindings[slot];
    b.node = static_cast<u16>(node);
    b.session = session;
    b.incarnation = incarnation;
    ++users[user].sessions;
    nodes[node].bound.append(links_of(bindings, &binding_data::of_node), slot);
    bindings_by_session.insert(keyed_hash(key, session_key(node, session)), slot);
    return slot;
}

void state::add_due(u32 user) noexcept {
    users_due.append(links_of(users, &user_data::due), user);
}

void state::remove_due(u32 user) noexcept {
    users_due.remove(links_of(users, &user_data::due), user);
}

u32 state::bind_session(u32 user, const request& by, bool resumed) noexcept {
    for (u32 slot = slot_of(user, 1), left = users[user].sessions; left != 0; ++slot) {
        if (bindings[slot].session == 0) continue;
        if (!alive(bindings[slot])) unbind_session(slot);   // Room for the living.
        --left;
    }
    if (users[user].sessions == 0 && resumed) remove_due(user);   // Back again.
    const u32 slot = add_binding(user, find_node(by.node), by.incarnation, by.session);
    watch->bound(watching, slot, resumed, by.type == command_type::bind);
    return slot;
}

void state::unbind_session(u32 binding) noexcept {
    watch->unbound(watching, binding);
    const binding_data b = bindings[binding];
    nodes[b.node].bound.remove(links_of(bindings, &binding_data::of_node), binding);
    bindings_by_session.remove(keyed_hash(key, session_key(b.node, b.session)), binding);
    bindings[binding].session = 0;
    const u32 user = user_of(binding);
    user_data& u = users[user];
    if (--u.sessions != 0) return;
    u.detached_at = time;
    add_due(user);
}

// Resume tokens: as many as sessions, the newest.

void state::add_token(u32 user, std::string_view hash) noexcept {
    user_data& u = users[user];
    u32 kept = 1;
    for (u8 place = u.tokens, next = 0; place != 0; place = next, ++kept) {
        const u32 slot = slot_of(user, place);
        next = tokens[slot].next;
        if (kept >= shared.sessions_per_user_max) remove_token(slot);
    }
    const u8 others = u.tokens;
    u.tokens = 0;
    tokens[add_token_last(user, nil, hash)].next = others;
}

// Puts a token behind another of the user; with none, first in an empty list.
u32 state::add_token_last(u32 user, u32 last, std::string_view hash) noexcept {
    u8 place = 1;
    while (tokens[slot_of(user, place)].next != token_data::unused) ++place;
    const u32 slot = slot_of(user, place);
    std::memcpy(tokens[slot].hash, hash.data(), sizeof tokens[slot].hash);
    tokens[slot].next = 0;
    (last == nil ? users[user].tokens : tokens[last].next) = place;
    tokens_by_hash.insert(load_le32(hash.data()), slot);
    return slot;
}

void state::remove_token(u32 token) noexcept {
    const u32 user = user_of(token);
    u8* link = &users[user].tokens;
    while (slot_of(user, *link) != token) link = &tokens[slot_of(user, *link)].next;
    *link = tokens[token].next;
    tokens_by_hash.remove(load_le32(tokens[token].hash), token);
    tokens[token].next = token_data::unused;
}

// Commands.

static error check_nick_free(const state& in, const request& what, u32 user, bool shown,
                             fault& why) noexcept {
    if (shown || !in.nick_is_taken(what.known.nick_key, user)) return error::none;
    return why(error::nick_taken, "nick");
}

static error check_sessions(const state& in, u32 user, fault& why) noexcept {
    const u32 sessions = in.sessions_alive(user);
    if (sessions < in.shared.sessions_per_user_max) return error::none;
    return why(error::user_sessions_full, "sessions_per_user_max", in.shared.sessions_per_user_max,
               sessions);
}

static error check_new_user(const state& in, const request& what, bool shown,
                            fault& why) noexcept {
    if (in.users.count >= in.shared.users_max) {
        why(error::users_full, "users_max", in.shared.users_max, in.users.count);
        why.retry_ms = in.rules.resume_window_ms;
        return why.error;
    }
    return check_nick_free(in, what, nil, shown, why);
}

// Tokens come from the host's entropy: one that is there already shows that it is none.
static bool is_new_token(const state& in, std::string_view hash) noexcept {
    return hash.size() == 16 && in.find_token(hash) == nil;
}

static error check_guest(const state& in, request& what, fault& why) {
    if (!is_new_token(in, what.known.token_hash)) return why(error::entropy_failed);
    return check_new_user(in, what, false, why);
}

static void apply_guest(state& in, const request& what, applied& done) {
    const u32 user = in.add_user(what.as<guest>().nick, what.known.nick_key);
    in.bind_session(user, what, false);
    in.add_token(user, what.known.token_hash);
    done.user = in.users[user].id;
    done.user_slot = user;
}

error check_bind(const state& in, request& what, fault& why) {
    const bind& by = what.as<bind>();
    if (by.identity.empty() || by.nick.empty()) return why(error::invalid_argument, "identity");
    if (what.binding != nil) return why(error::already_logged_in);
    const u32 user = in.find_identity(by.identity);
    if (user != nil) return check_sessions(in, user, why);
    return check_new_user(in, what, in.rules.names_shown != 0, why);
}

void apply_bind(state& in, const request& what, applied& done) {
    const bind& by = what.as<bind>();
    u32 user = in.find_identity(by.identity);
    const bool known = user != nil;
    if (!known) {
        user = in.add_user(by.nick, what.known.nick_key);
        in.set_identity(user, by.identity);
    }
    in.bind_session(user, what, known);
    done.user = in.users[user].id;
    done.user_slot = user;
}

error check_unbind(const state&, request& what, fault& why) {
    return what.binding != nil ? error::none : why(error::login_required);
}

void apply_unbind(state& in, const request& what, applied&) {
    in.unbind_session(what.binding);
}

static error check_resume(const state& in, request& what, fault& why) {
    if (what.known.proof.size() != 16) return why(error::token_invalid, "token");
    if (!is_new_token(in, what.known.token_hash)) return why(error::entropy_failed);
    const u32 token = in.find_token(what.known.proof);
    if (token == nil) return why(error::token_invalid, "token");
    const u32 user = in.user_of(token);
    const user_data& u = in.users[user];
    if (u.sessions == 0 && u.detached_at + in.rules.resume_window_ms <= in.time) {
        return why(error::token_invalid, "token");
    }
    return check_sessions(in, user, why);
}

static void apply_resume(state& in, const request& what, applied& done) {
    const u32 token = in.find_token(what.known.proof);
    const u32 user = in.user_of(token);
    in.remove_token(token);
    in.bind_session(user, what, true);
    in.add_token(user, what.known.token_hash);
    done.user = in.users[user].id;
    done.user_slot = user;
}

static error check_token(const state& in, request& what, fault& why) {
    if (!is_new_token(in, what.known.token_hash)) return why(error::entropy_failed);
    return error::none;
}

static void apply_token(state& in, const request& what, applied&) {
    in.add_token(what.user, what.known.token_hash);
}

static error check_nothing(const state&, request&, fault&) { return error::none; }

static void apply_logout(state& in, const request& what, applied&) {
    in.unbind_session(what.binding);
    if (in.users[what.user].sessions == 0) in.remove_user(what.user);
}

static error check_nick(const state& in, request& what, fault& why) {
    const bool shown = in.rules.names_shown != 0 && in.users[what.user].identity_size != 0;
    return check_nick_free(in, what, what.user, shown, why);
}

static void apply_nick(state& in, const request& what, applied& done) {
    char before[64];
    const std::string_view old{before, in.nick(what.user).size()};
    std::memcpy(before, in.nick(what.user).data(), old.size());
    in.set_nick(what.user, what.as<nick>().name, what.known.nick_key);
    const user_data& u = in.users[what.user];
    for (u32 m = u.memberships; m != nil; m = in.memberships[m].next) {
        ++in.rooms[in.memberships[m].room].roster;
        in.rooms[in.memberships[m].room].changed_at = in.event;
    }
    in.watch->renamed(in.watching, what.user, old);
    done.user = u.id;
    done.user_slot = what.user;
}

static constexpr command_rule guest_rules[] = {
    {command_type::guest, needs_none | sessions_only, &shape_command_guest, check_guest,
     apply_guest},
    {command_type::resume, needs_none | sessions_only, &shape_command_resume, check_resume,
     apply_resume},
    {command_type::token, needs_user | sessions_only, &shape_command_token, check_token,
     apply_token},
    {command_type::logout, needs_user | sessions_only, &shape_command_logout, check_nothing,
     apply_logout},
    {command_type::nick, needs_user, &shape_command_nick, check_nick, apply_nick},
};

}  // namespace chatroom::detail

namespace chatroom::features {

const detail::feature& guests() noexcept {
    using namespace detail;
    static constexpr detail::feature all{"guests", guest_rules,
                                         sizeof guest_rules / sizeof *guest_rules};
    return all;
}

}  // namespace chatroom::features
