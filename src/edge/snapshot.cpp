#include "snapshot.hpp"

#include <cstring>

#include "../base/crypto.hpp"
#include "record.hpp"

namespace chatroom::detail {

// A snapshot:  u32 mark  u32 behaviour  u64 bytes in all  entries  u8 SHA-256[32] of all before
// An entry:    its kind in one byte, then its members as in records.
// What order means something is the order of the entries, so equal states make equal snapshots.

constexpr u32 snapshot_mark = 0x50414e53;   // "SNAP"
constexpr u32 snapshot_head = 16;

enum class entry : u8 {
    end, head, limits, policies, node, user, token, binding, due, room, member, page, lent,
};

struct head_entry {
    u64 time = 0, event = 0, users_made = 0, rooms_made = 0;
    bool booted = false;
};
struct node_entry {
    u32 id = 0, incarnation = 0;
    u64 number = 0;
};
struct user_entry {
    u64 id = 0, nick_key = 0, changed_at = 0, detached_at = 0;
    std::string_view nick{}, identity{};
};
struct token_entry {   // Of the user before it.
    std::string_view hash{};
};
struct binding_entry {
    u64 user = 0;
    u32 node = 0, incarnation = 0, session = 0;
};
struct due_entry {
    u64 user = 0;
};
struct room_entry {
    u64 id = 0, owner = 0, changed_at = 0, roster = 0, last = 0;
    u32 capacity = 0, reserved = 0, ordinal = 0;
    bool persistent = false, managed = false, closing = false;
    std::string_view name{}, title{}, topic{};
};
struct member_entry {   // Of the room before it.
    u64 user = 0;
};
struct page_entry {     // Of the room before it.
    u64 first = 0, time = 0;
    u32 begin = 0, sender = 0;
    std::string_view data{}, offsets{};
};
struct lent_entry {
    u64 room = 0;
    u32 ordinal = 0;
};

constexpr auto nameless = in_frames("");   // Only frames say names.

#define CHATROOM_ENTRY(type, member, tag, what) \
    {nameless, nullptr, offsetof(type, member), tag, kind::what, bound::open, 0}

constexpr described_member head_members[] = {
    CHATROOM_ENTRY(head_entry, time, 2, u64_number),
    CHATROOM_ENTRY(head_entry, event, 3, u64_number),
    CHATROOM_ENTRY(head_entry, users_made, 4, u64_number),
    CHATROOM_ENTRY(head_entry, rooms_made, 5, u64_number),
    CHATROOM_ENTRY(head_entry, booted, 6, flag),
};
constexpr described_member node_members[] = {
    CHATROOM_ENTRY(node_entry, id, 1, u32_number),
    CHATROOM_ENTRY(node_entry, incarnation, 2, u32_number),
    CHATROOM_ENTRY(node_entry, number, 3, u64_number),
};
constexpr described_member user_members[] = {
    CHATROOM_ENTRY(user_entry, id, 1, u64_number),
    CHATROOM_ENTRY(user_entry, nick_key, 2, u64_number),
    CHATROOM_ENTRY(user_entry, changed_at, 3, u64_number),
    CHATROOM_ENTRY(user_entry, detached_at, 4, u64_number),
    CHATROOM_ENTRY(user_entry, nick, 5, text),
    CHATROOM_ENTRY(user_entry, identity, 6, text),
};
constexpr described_member token_members[] = {CHATROOM_ENTRY(token_entry, hash, 1, text)};
constexpr described_member binding_members[] = {
    CHATROOM_ENTRY(binding_entry, user, 1, u64_number),
    CHATROOM_ENTRY(binding_entry, node, 2, u32_number),
    CHATROOM_ENTRY(binding_entry, incarnation, 3, u32_number),
    CHATROOM_ENTRY(binding_entry, session, 4, u32_number),
};
constexpr described_member due_members[] = {CHATROOM_ENTRY(due_entry, user, 1, u64_number)};
constexpr described_member room_members[] = {
    CHATROOM_ENTRY(room_entry, id, 1, u64_number),
    CHATROOM_ENTRY(room_entry, owner, 2, u64_number),
    CHATROOM_ENTRY(room_entry, changed_at, 3, u64_number),
    CHATROOM_ENTRY(room_entry, roster, 4, u64_number),
    CHATROOM_ENTRY(room_entry, last, 5, u64_number),
    CHATROOM_ENTRY(room_entry, capacity, 6, u32_number),
    CHATROOM_ENTRY(room_entry, reserved, 7, u32_number),
    CHATROOM_ENTRY(room_entry, ordinal, 8, u32_number),
    CHATROOM_ENTRY(room_entry, persistent, 9, flag),
    CHATROOM_ENTRY(room_entry, managed, 10, flag),
    CHATROOM_ENTRY(room_entry, closing, 11, flag),
    CHATROOM_ENTRY(room_entry, name, 12, text),
    CHATROOM_ENTRY(room_entry, title, 13, text),
    CHATROOM_ENTRY(room_entry, topic, 14, text),
};
constexpr described_member member_members[] = {CHATROOM_ENTRY(member_entry, user, 1, u64_number)};
constexpr described_member page_members[] = {
    CHATROOM_ENTRY(page_entry, first, 1, u64_number),
    CHATROOM_ENTRY(page_entry, time, 2, u64_number),
    CHATROOM_ENTRY(page_entry, begin, 3, u32_number),
    CHATROOM_ENTRY(page_entry, sender, 4, u32_number),
    CHATROOM_ENTRY(page_entry, data, 5, text),
    CHATROOM_ENTRY(page_entry, offsets, 6, text),
};
constexpr described_member lent_members[] = {
    CHATROOM_ENTRY(lent_entry, room, 1, u64_number),
    CHATROOM_ENTRY(lent_entry, ordinal, 2, u32_number),
};
#undef CHATROOM_ENTRY

template <std::size_t count>
constexpr described shape_of(const described_member (&members)[count]) noexcept {
    return {nameless, members, 0, 0, static_cast<u8>(count)};
}

static constexpr described shape_head = shape_of(head_members);
static constexpr described shape_node = shape_of(node_members);
static constexpr described shape_user = shape_of(user_members);
static constexpr described shape_token = shape_of(token_members);
static constexpr described shape_binding = shape_of(binding_members);
static constexpr described shape_due = shape_of(due_members);
static constexpr described shape_room = shape_of(room_members);
static constexpr described shape_member = shape_of(member_members);
static constexpr described shape_page = shape_of(page_members);
static constexpr described shape_lent = shape_of(lent_members);

// Writing. One walk serves the snapshot, its size and its fingerprint.

static void put(byte_writer& to, entry which, const described& shape, const void* body) noexcept {
    to.number(static_cast<u64>(which));
    encode_members(to, shape, body);
}

static void put_nodes(byte_writer& to, const state& in) noexcept {
    for (u32 slot = 1; slot <= in.nodes.count; ++slot) {
        const node_data& n = in.nodes[slot];
        const node_entry e{n.id, n.incarnation, n.number};
        put(to, entry::node, shape_node, &e);
    }
}

static void put_users(byte_writer& to, const state& in, scope what) noexcept {
    for (u32 slot = in.users_order.first; slot != nil; slot = in.users[slot].order.next) {
        const user_data& u = in.users[slot];
        user_entry e{u.id, u.nick_key, u.changed_at, 0, in.nick(slot), {}};
        e.identity = in.identity(slot);
        if (u.sessions == 0) e.detached_at = u.detached_at;
        if (what == scope::migration && u.sessions != 0) e.detached_at = in.time;
        put(to, entry::user, shape_user, &e);
        if (what == scope::migration) continue;
        for (u32 place = u.tokens; place != 0;) {
            const token_data& t = in.tokens[in.slot_of(slot, place)];
            place = t.next;
            const token_entry hash{{reinterpret_cast<const char*>(t.hash), 16}};
            put(to, entry::token, shape_token, &hash);
        }
    }
}

static void put_bindings(byte_writer& to, const state& in) noexcept {
    for (u32 slot = 1; slot <= in.nodes.count; ++slot) {
        for (u32 b = in.nodes[slot].bound.first; b != nil; b = in.bindings[b].of_node.next) {
            const binding_data& bound = in.bindings[b];
            const binding_entry e{in.users[in.user_of(b)].id, in.nodes[slot].id, bound.incarnation,
                                  bound.session};
            put(to, entry::binding, shape_binding, &e);
        }
    }
}

static void put_due(byte_writer& to, const state& in, scope what) noexcept {
    for (u32 slot = in.users_due.first; slot != nil; slot = in.users[slot].due.next) {
        const due_entry e{in.users[slot].id};
        put(to, entry::due, shape_due, &e);
    }
    if (what == scope::everything) return;
    for (u32 slot = in.users_order.first; slot != nil; slot = in.users[slot].order.next) {
        const due_entry e{in.users[slot].id};
        if (in.users[slot].sessions != 0) put(to, entry::due, shape_due, &e);
    }
}

// For another host, what nobody may read any more is overwritten in the copy.
static void put_page(byte_writer& to, const state& in, u32 slot, scope what) noexcept {
    const page_head& head = in.messages.page(slot);
    const page_entry e{head.first, head.time, head.begin, head.sender,
                       in.messages.page_data(slot), in.messages.page_offsets(slot)};
    put(to, entry::page, shape_page, &e);
    if (what == scope::everything || to.out == nullptr) return;
    // Behind the data stand a tag, the size of the offsets in one or two bytes, they, and the end.
    const std::size_t behind = 1 + (e.offsets.size() < 0x80 ? 1 : 2) + e.offsets.size() + 1;
    in.messages.wipe_gone(slot, to.out + to.size - behind - e.data.size());
}

static void put_room(byte_writer& to, const state& in, u32 slot, scope what) noexcept {
    const room_data& r = in.rooms[slot];
    const room_entry e{r.id,       r.owner,       r.changed_at, r.roster,  r.last,
                       r.capacity, r.reserved,    r.ordinal_first, r.persistent, r.managed,
                       r.closing,  in.name(slot), in.title(slot),  in.topic(slot)};
    put(to, entry::room, shape_room, &e);
    chunk_place at = r.members.count != 0 ? chunk_pool::make(r.members.head, 0) : 0;
    for (u32 i = 0; i < r.members.count; ++i) {
        const member_entry who{in.users[in.member_lists.at(at)].id};
        put(to, entry::member, shape_member, &who);
        if (i + 1 < r.members.count) at = in.member_lists.after(at);
    }
    for (u32 p = r.page_first; p != nil; p = in.messages.page(p).newer) {
        put_page(to, in, p, what);
    }
}

// Rooms that are destroyed, and what is left in them, are not for another host.
static void put_rooms(byte_writer& to, const state& in, scope what) noexcept {
    const auto put_all_of = [&](u32 first) {
        for (u32 r = first; r != nil; r = in.rooms[r].order.next) put_room(to, in, r, what);
    };
    put_all_of(in.rooms_order.first);
    if (what == scope::everything) put_all_of(in.rooms_closing.first);
    for (u32 p = in.messages.lent.first; p != nil; p = in.messages.page(p).lent_order.next) {
        const page_head& head = in.messages.page(p);
        const room_data& owner = in.rooms[head.room];
        if (what == scope::migration && owner.closing) continue;
        const lent_entry e{owner.id, head.ordinal};
        put(to, entry::lent, shape_lent, &e);
    }
}

// What is one node's own is no part of the shared state.
static limits without_local(limits of) noexcept {
    for (u32 i = 0; i < shape_limits.count; ++i) {
        const described_member& m = shape_limits.members[i];
        if ((m.flags & node_local) != 0) set_number(&of, m, 0);
    }
    return of;
}

static void put_all(byte_writer& to, const state& in, scope what, u64 size) noexcept {
    char head[snapshot_head];
    store_le32(head, snapshot_mark);
    store_le32(head + 4, behaviour_version);
    store_le64(head + 8, size);
    to.bytes(head, sizeof head);
    const head_entry e{in.time, in.event, in.users_made, in.rooms_made, in.booted};
    put(to, entry::head, shape_head, &e);
    const limits shared = without_local(in.shared);
    put(to, entry::limits, shape_limits, &shared);
    put(to, entry::policies, shape_policies, &in.rules);
    put_nodes(to, in);
    put_users(to, in, what);
    if (what == scope::everything) put_bindings(to, in);
    put_due(to, in, what);
    put_rooms(to, in, what);
    to.number(static_cast<u64>(entry::end));
}

std::size_t write_snapshot(const state& in, scope what, char* out, std::size_t capacity,
                           fingerprint* print) noexcept {
    byte_writer measured{nullptr, static_cast<std::size_t>(-1)};
    put_all(measured, in, what, 0);
    const std::size_t size = measured.size + 32;
    if (print == nullptr && (out == nullptr || size > capacity)) return size;
    byte_writer to{out, size};
    if (print != nullptr) {
        sha256 hash;
        to.hash = &hash;
        put_all(to, in, what, size);
        hash.finish(print->bytes);
        return size;
    }
    put_all(to, in, what, size);
    u8 digest[32];
    sha256_of(out, to.size, digest);
    to.bytes(digest, sizeof digest);
    return size;
}

// Reading. The state is empty before, and emptied again when anything is wrong.

struct snapshot_reader {
    state& in;
    fault& why;
    byte_reader from;
    scratch nothing{};       // No entry holds a list.
    u32 user = nil;         // The last ones, to which others belong.
    u32 room = nil;
    u32 last_token = nil;
    u32 tokens = 0;          // Of that user.

    bool get(const described& shape, void* body) noexcept {
        return decode_members(from, shape, body, nothing);
    }
    bool too_small(const char* limit, u64 capacity) noexcept {
        why(error::limit_too_small, limit, capacity, capacity + 1);
        return false;
    }
    bool read_head() noexcept;
    bool read_limits() noexcept;
    bool read_policies() noexcept;
    bool read_node() noexcept;
    bool read_user() noexcept;
    bool read_token() noexcept;
    bool read_binding() noexcept;
    bool read_due() noexcept;
    bool read_room() noexcept;
    bool read_member() noexcept;
    bool read_page() noexcept;
    bool read_lent() noexcept;
    bool read_entry(entry which) noexcept;
};

// Text on one line. Whether the names would still be taken today is no matter.
static bool is_name(std::string_view text) noexcept {
    for (char c : text) {
        if (static_cast<unsigned char>(c) < ' ') return false;
    }
    return text_fault(text) == text.size();
}

bool snapshot_reader::read_head() noexcept {
    head_entry e;
    if (!get(shape_head, &e)) return false;
    in.time = e.time;
    in.event = e.event;
    in.users_made = e.users_made;
    in.rooms_made = e.rooms_made;
    in.booted = e.booted;
    return is_number(e.time) && is_number(e.users_made) && is_number(e.rooms_made);
}

// What the nodes agreed on goes on as far as it fits; the next boot raises it to what there is.
// What is absent was 0.
bool snapshot_reader::read_limits() noexcept {
    limits told = in.capacity;
    for (u32 i = 0; i < shape_limits.count; ++i) {
        const described_member& m = shape_limits.members[i];
        if ((m.flags & node_local) == 0) set_number(&told, m, 0);
    }
    if (!get(shape_limits, &told) || !limits_valid(told)) return false;
    for (u32 i = 0; i < shape_limits.count; ++i) {
        const described_member& m = shape_limits.members[i];
        if ((m.flags & node_local) != 0) continue;
        set_number(&in.shared, m, smaller(number_of(&told, m), number_of(&in.capacity, m)));
    }
    return true;
}

bool snapshot_reader::read_policies() noexcept {
    policies told;
    std::memset(static_cast<void*>(&told), 0, sizeof told);
    if (!get(shape_policies, &told)) return false;
    in.rules = told;
    return true;
}

bool snapshot_reader::read_node() noexcept {
    node_entry e;
    if (!get(shape_node, &e) || in.find_node(e.id) != nil) return false;
    if (in.nodes.full()) return too_small("nodes_max", in.nodes.capacity);
    const u32 slot = in.nodes.take();
    in.nodes[slot].id = e.id;
    in.nodes[slot].incarnation = e.incarnation;
    in.nodes[slot].number = e.number;
    return true;
}

bool snapshot_reader::read_user() noexcept {
    user_entry e;
    const u64 before = in.users_order.last == nil ? 0 : in.users[in.users_order.last].id;
    if (!get(shape_user, &e) || e.id <= before || e.nick.empty() ||
        !is_name(e.nick) || !is_number(e.id) ||
        !is_number(e.detached_at)) {
        return false;
    }
    if (in.users.full()) return too_small("users_max", in.users.capacity);
    if (e.nick.size() > in.nicks.stride) return too_small("nick_bytes_max", in.nicks.stride);
    if (e.identity.size() > in.identities.stride) {
        return too_small("identity_bytes_max", in.identities.stride);
    }
    const u64 made = in.users_made;
    in.users_made = e.id - 1;
    user = in.add_user(e.nick, e.nick_key);
    in.users_made = made;
    in.users[user].changed_at = e.changed_at;
    in.users[user].detached_at = e.detached_at;
    last_token = nil;
    tokens = 0;
    if (e.identity.empty()) return true;
    if (in.find_identity(e.identity) != nil) return false;
    in.set_identity(user, e.identity);
    return true;
}

bool snapshot_reader::read_token() noexcept {
    token_entry e;
    if (!get(shape_token, &e) || e.hash.size() != 16 || user == nil) return false;
    if (in.find_token(e.hash) != nil) return false;
    const u32 most = in.capacity.sessions_per_user_max;
    if (++tokens > most) return too_small("sessions_per_user_max", most);
    last_token = in.add_token_last(user, last_token, e.hash);
    return true;
}

bool snapshot_reader::read_binding() noexcept {
    binding_entry e;
    if (!get(shape_binding, &e)) return false;
    const u32 who = in.find_user(e.user);
    const u32 node = in.find_node(e.node);
    if (who == nil || node == nil || e.session == 0 || in.is_due(who) ||
        e.incarnation > in.nodes[node].incarnation) {
        return false;
    }
    const u32 newest = in.nodes[node].bound.last;   // The dead come first.
    if (newest != nil && in.bindings[newest].incarnation > e.incarnation) return false;
    if (in.has_binding(node, e.incarnation, e.session)) return false;
    const u32 most = in.capacity.sessions_per_user_max;
    if (in.users[who].sessions >= most) return too_small("sessions_per_user_max", most);
    in.add_binding(who, node, e.incarnation, e.session);
    return true;
}

bool snapshot_reader::read_due() noexcept {
    due_entry e;
    if (!get(shape_due, &e)) return false;
    const u32 who = in.find_user(e.user);
    if (who == nil || in.users[who].sessions != 0 || in.is_due(who)) return false;
    in.add_due(who);
    return true;
}

bool snapshot_reader::read_room() noexcept {
    room_entry e;
    const u32 last = in.rooms_order.last;
    const bool numbers = get(shape_room, &e) && is_number(e.id) && is_number(e.owner) &&
                         is_number(e.last) && is_number(e.roster) && e.ordinal < 1u << 31;
    const bool texts = is_name(e.name) && text_fault(e.title) == e.title.size() &&
                       text_fault(e.topic) == e.topic.size();
    if (!numbers || !texts || e.id == 0 || e.name.empty() || e.reserved == 0) return false;
    if (!e.closing && last != nil && e.id <= in.rooms[last].id) return false;
    if (e.reserved > in.messages.capacity) {
        return too_small("history_pages_max", in.messages.capacity);
    }
    if (!e.closing && in.find_room(e.name) != nil) return false;
    if (in.rooms.full()) return too_small("rooms_max", in.rooms.capacity);
    if (e.name.size() > in.names.stride) return too_small("room_name_bytes_max", in.names.stride);
    if (e.title.size() > in.titles.stride) return too_small("title_bytes_max", in.titles.stride);
    if (e.topic.size() > in.topics.stride) return too_small("topic_bytes_max", in.topics.stride);
    const u64 made = in.rooms_made;
    in.rooms_made = e.id - 1;
    room = in.add_room(e.name, e.owner);
    in.rooms_made = made;
    room_data& r = in.rooms[room];
    in.messages.reserved += e.reserved - r.reserved;
    if (in.messages.reserved > in.messages.capacity) {
        return too_small("history_pages_max", in.messages.capacity);
    }
    in.set_text(room, e.title, e.topic);
    r.changed_at = e.changed_at;
    r.roster = e.roster;
    r.last = e.last;
    r.capacity = e.capacity;
    r.reserved = e.reserved;
    r.ordinal_first = e.ordinal;
    r.persistent = e.persistent;
    r.managed = e.managed;
    if (e.closing) in.close_room(room);
    return true;
}

bool snapshot_reader::read_member() noexcept {
    member_entry e;
    if (!get(shape_member, &e) || room == nil) return false;
    const u32 who = in.find_user(e.user);
    if (who == nil || in.find_membership(who, room) != nil) return false;
    if (in.memberships.full()) return too_small("members_max", in.memberships.capacity);
    if (in.users[who].rooms >= in.capacity.rooms_per_user_max) {
        return too_small("rooms_per_user_max", in.capacity.rooms_per_user_max);
    }
    const u64 roster = in.rooms[room].roster, changed_at = in.rooms[room].changed_at;
    in.add_member(who, room);
    in.rooms[room].roster = roster;
    in.rooms[room].changed_at = changed_at;
    return true;
}

bool snapshot_reader::read_page() noexcept {
    page_entry e;
    if (!get(shape_page, &e) || room == nil) return false;
    const history_store& store = in.messages;
    if (store.in_use == store.capacity) return too_small("history_pages_max", store.capacity);
    if (sizeof(page_head) + e.data.size() + e.offsets.size() > store.page_bytes) {
        return too_small("page_bytes", store.page_bytes);
    }
    if (e.offsets.size() / 2 > in.capacity.page_messages_max) {
        return too_small("page_messages_max", in.capacity.page_messages_max);
    }
    page_head head;
    head.first = e.first;
    head.time = e.time;
    head.begin = static_cast<u16>(smaller<u32>(e.begin, 0xffff));
    head.sender = static_cast<u16>(smaller<u32>(e.sender, 0xffff));
    if (!in.messages.adopt_page(room, head, e.data, e.offsets)) return false;
    u32 nick = 0, nonce = 0;   // Frames are as long as these limits want.
    in.messages.longest(in.rooms[room].page_last, nick, nonce);
    if (nick > in.capacity.nick_bytes_max) {
        return too_small("nick_bytes_max", in.capacity.nick_bytes_max);
    }
    if (nonce > in.capacity.nonce_bytes_max) {
        return too_small("nonce_bytes_max", in.capacity.nonce_bytes_max);
    }
    return true;
}

bool snapshot_reader::read_lent() noexcept {
    lent_entry e;
    if (!get(shape_lent, &e)) return false;
    u32 at = in.rooms_order.first;
    for (; at != nil && in.rooms[at].id != e.room; at = in.rooms[at].order.next) {}
    if (at == nil) {
        at = in.rooms_closing.first;
        for (; at != nil && in.rooms[at].id != e.room; at = in.rooms[at].order.next) {}
    }
    return at != nil && in.messages.adopt_lent(at, e.ordinal);
}

bool snapshot_reader::read_entry(entry which) noexcept {
    switch (which) {
    case entry::head: return read_head();
    case entry::limits: return read_limits();
    case entry::policies: return read_policies();
    case entry::node: return read_node();
    case entry::user: return read_user();
    case entry::token: return read_token();
    case entry::binding: return read_binding();
    case entry::due: return read_due();
    case entry::room: return read_room();
    case entry::member: return read_member();
    case entry::page: return read_page();
    case entry::lent: return read_lent();
    case entry::end: break;
    }
    return false;
}

// What the entries cannot show one by one.
static bool is_whole(const state& in) noexcept {
    // What the nodes agreed on may be less than what this engine has, and is what counts later.
    const limits& most = in.shared;
    if (in.users.count > most.users_max || in.rooms.count > most.rooms_max ||
        in.memberships.count > most.members_max || in.nodes.count > most.nodes_max ||
        in.messages.reserved > most.history_pages_max ||
        in.messages.in_use > most.history_pages_max) {
        return false;
    }
    // The first boot may set any limits, since nothing is there before it.
    if (!in.booted && (in.users.count | in.rooms.count | in.nodes.count) != 0) return false;
    for (u32 u = in.users_order.first; u != nil; u = in.users[u].order.next) {
        if (in.users[u].id > in.users_made) return false;
        if ((in.users[u].sessions == 0) != in.is_due(u)) return false;
    }
    for (u32 r = in.rooms_order.first; r != nil; r = in.rooms[r].order.next) {
        if (in.rooms[r].id > in.rooms_made || !in.messages.is_whole(r)) return false;
    }
    for (u32 r = in.rooms_closing.first; r != nil; r = in.rooms[r].order.next) {
        if (!in.messages.is_whole(r)) return false;
    }
    return true;
}

error read_snapshot(state& into, std::string_view bytes, fault& why) noexcept {
    if (bytes.size() < snapshot_head + 32 || load_le32(bytes.data()) != snapshot_mark ||
        load_le64(bytes.data() + 8) != bytes.size()) {
        return why(error::snapshot_invalid);
    }
    if (load_le32(bytes.data() + 4) > behaviour_version) return why(error::behaviour_unknown);
    u8 digest[32];
    sha256_of(bytes.data(), bytes.size() - 32, digest);
    if (std::memcmp(digest, bytes.data() + bytes.size() - 32, 32) != 0) {
        return why(error::snapshot_invalid);
    }
    snapshot_reader reader{into, why, {bytes.data() + snapshot_head,
                                       bytes.data() + bytes.size() - 32}};
    for (;;) {
        const u64 which = reader.from.number();
        if (which == static_cast<u64>(entry::end) && !reader.from.bad) break;
        if (which > static_cast<u64>(entry::lent) ||
            !reader.read_entry(static_cast<entry>(which))) {
            return why.error != error::none ? why.error : why(error::snapshot_invalid);
        }
    }
    if (reader.from.at != reader.from.end || !is_whole(into) ||
        !policies_valid(into.rules, into.shared)) {
        return why(error::snapshot_invalid);
    }
    return error::none;
}

}  // namespace chatroom::detail
