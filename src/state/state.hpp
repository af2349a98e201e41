#pragma once

#include "../base/text.hpp"
#include "../model/request.hpp"
#include "history.hpp"

namespace chatroom::detail {

/// Whoever delivers, told what changes in the shared state while it happens. One function for each
/// change, so that the call graph, and the depth of the stack with it, are exact.
struct watcher {
    /// A session speaks for a user now; `resumed` by a token or an identity: the user was there
    /// before; `vouched` by an identity.
    void (*bound)(void* context, u32 binding, bool resumed, bool vouched);
    void (*unbound)(void* context, u32 binding);
    void (*member_added)(void* context, u32 user, u32 membership);
    /// The membership's slot is still valid, its links are not.
    void (*member_removed)(void* context, u32 user, u32 membership, parting reason);
    void (*renamed)(void* context, u32 user, std::string_view old);
    /// A slot is a room's now, or no room's any more: nobody is in it.
    void (*room_reset)(void* context, u32 room);
    void (*room_changed)(void* context, u32 room);
    void (*posted)(void* context, u32 room);
};

/// What applying a command came to, for its reply.
struct applied {
    u64 user = 0;
    u32 user_slot = nil;
    u32 room = nil;
    u64 number = 0;
    u64 time = 0;
};

/// The shared state: users, bound sessions, rooms, members and history. A function of the
/// configuration and the records alone. What decides and applies commands reads nothing else.
struct state {
    // What is used most comes first, where small processors reach it in one short instruction.
    table<user_data> users;
    table<membership_data> memberships;
    table<room_data> rooms;
    binding_data* bindings;        ///< By users and places.
    u64 event;                     ///< How many records were applied.
    u64 time;                      ///< Of the last record.
    const watcher* watch;
    void* watching;                ///< Its context.
    u32 effects;                   ///< Left for the record at hand.
    table<node_data> nodes;
    token_data* tokens;            ///< By users and places.
    column nicks, names, titles, topics, identities;
    hash_index users_by_id, users_by_nick, identities_by_bytes, rooms_by_name;
    hash_index bindings_by_session, tokens_by_hash;
    chain users_order, users_due, rooms_order, rooms_closing;
    chunk_pool member_lists;
    history_store messages;
    u64 users_made;
    u64 rooms_made;
    bool booted;                       ///< A first record has told limits and policies.
    policies rules;
    chatroom::limits shared;           ///< What the nodes agreed on; never above `capacity`.
    const chatroom::limits capacity;   ///< What the tables hold.
    hash_key key;                      ///< Of the indexes.

    explicit state(const config& how) noexcept
        : rules(how.policies), shared(how.limits), capacity(how.limits) {}
    void claim(arena& from) noexcept;   ///< Takes its memory and is empty.
    void clear() noexcept;              ///< The indexes, where memory does not come zeroed.

    // Users.
    std::string_view nick(u32 user) const noexcept {
        return nicks.view(user, users[user].nick_size);
    }
    std::string_view identity(u32 user) const noexcept {
        return identities.view(user, users[user].identity_size);
    }
    u32 slot_of(u32 user, u32 place) const noexcept {
        return (user - 1) * capacity.sessions_per_user_max + place;
    }
    u32 user_of(u32 slot) const noexcept {
        return (slot - 1) / capacity.sessions_per_user_max + 1;
    }
    u32 find_user(u64 id) const noexcept;
    bool nick_is_taken(u64 nick_key, u32 by_other_than) const noexcept;
    u32 find_identity(std::string_view bytes) const noexcept;
    u32 find_binding(u32 node, u32 session) const noexcept;
    bool has_binding(u32 node, u32 incarnation, u32 session) const noexcept;
    u32 find_token(std::string_view hash) const noexcept;
    u32 find_node(u32 id) const noexcept;
    bool alive(const binding_data& b) const noexcept {
        return b.incarnation == nodes[b.node].incarnation;
    }
    u32 add_user(std::string_view nick, u64 nick_key) noexcept;
    void set_nick(u32 user, std::string_view nick, u64 nick_key) noexcept;
    void remove_identity(u32 user) noexcept;
    void remove_user(u32 user) noexcept;
    u32 bind_session(u32 user, const request& by, bool resumed) noexcept;
    void unbind_session(u32 binding) noexcept;
    void set_identity(u32 user, std::string_view bytes) noexcept;
    u32 add_binding(u32 user, u32 node, u32 incarnation, u32 session) noexcept;
    void add_due(u32 user) noexcept;
    void remove_due(u32 user) noexcept;
    bool is_due(u32 user) const noexcept {
        return users_due.first == user || users[user].due.previous != nil;
    }
    void add_token(u32 user, std::string_view hash) noexcept;
    u32 add_token_last(u32 user, u32 last, std::string_view hash) noexcept;
    void remove_token(u32 token) noexcept;
    u32 sessions_alive(u32 user) const noexcept;

    // Rooms and members.
    std::string_view name(u32 room) const noexcept {
        return names.view(room, rooms[room].name_size);
    }
    std::string_view title(u32 room) const noexcept {
        return titles.view(room, rooms[room].title_size);
    }
    std::string_view topic(u32 room) const noexcept {
        return topics.view(room, rooms[room].topic_size);
    }
    u32 find_room(std::string_view folded) const noexcept;
    u32 find_membership(u32 user, u32 room) const noexcept;
    u32 add_room(std::string_view name, u64 owner) noexcept;
    void set_text(u32 room, std::string_view title, std::string_view topic) noexcept;
    void close_room(u32 room) noexcept;
    bool reap_room(u32 room) noexcept;
    bool reap_empty_room(u32 room) noexcept;
    u32 add_member(u32 user, u32 room) noexcept;
    void unlist_member(const membership_data& m) noexcept;
    void drop_member(u32 user, u32 membership, parting reason) noexcept;
    /// Drops a member; a room that is empty then and not persistent is closed.
    void remove_member(u32 user, u32 membership, parting reason) noexcept;
    void room_changed(u32 room) noexcept;

    /// The one gate for reading: whether a user (nil: the host) may see what is in a room.
    bool can_see(u32 user, bool by_host, u32 room) const noexcept;

    /// Does what is due, up to the effects of one record.
    void advance() noexcept;
    /// When `advance` has something to do; all bits set: never.
    u64 due() const noexcept;
};

/// One command of a feature: how it is decided and applied. `decide` changes nothing;
/// `apply` runs directly after it said yes, so it cannot fail.
struct command_rule {
    command_type type;
    u8 flags;
    const described* shape;
    error (*decide)(const state& in, request& what, fault& why);
    void (*apply)(state& in, const request& what, applied& done);
};

enum : u8 {
    needs_user = 1,    ///< A session without user is refused with `login_required`.
    needs_none = 2,    ///< A session with user is refused with `already_logged_in`.
    host_only = 4,
    engine_only = 8,   ///< Written by the engine; no session and no host may submit it.
    reads = 16,        ///< Makes no record; answered by the edge.
    sessions_only = 32,   ///< Not for the host.
};

/// A set of commands that are registered together.
struct feature {
    const char* name;
    const command_rule* rules;
    u32 count;
};

// Sessions come and go with or without guests, so these belong to every engine.
error check_bind(const state& in, request& what, fault& why);
void apply_bind(state& in, const request& what, applied& done);
error check_unbind(const state& in, request& what, fault& why);
void apply_unbind(state& in, const request& what, applied& done);

error check_capacity(const state& in, u64 capacity, fault& why) noexcept;

/// The commands of every engine: boot, advance, bind, unbind, ping.
const feature& server_feature() noexcept;

}  // namespace chatroom::detail
