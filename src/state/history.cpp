#include "history.hpp"

#include <cstring>
#include <new>

#include "../base/text.hpp"

namespace chatroom::detail {

constexpr u32 senders_tried = 8;   // Looking further costs more than the bytes it saves.
constexpr u8 tail_reply = 1;
constexpr u8 tail_nonce = 2;

void history_store::claim(arena& from, const limits& sizes) noexcept {
    page_bytes = sizes.page_bytes;
    page_messages = sizes.page_messages_max;
    capacity = sizes.history_pages_max;
    nonces = sizes.nonce_bytes_max != 0;
    touched = in_use = reserved = 0;
    freed = nil;
    lent = {};
    evicted = 0;
    pages = static_cast<char*>(from.take_rows(capacity, page_bytes));
    by_ordinal.claim(from, capacity);
    if (nonces) by_nonce.claim(from, capacity * page_messages);
}

// Finding.

u32 ordinal_hash(u32 room, u32 ordinal) noexcept {
    u32 mixed = room * 0x9e3779b1u ^ ordinal * 0x85ebca6bu;
    return mixed ^ mixed >> 15;
}

u32 history_store::find_page(u32 room, u32 ordinal) const noexcept {
    const u32 hash = ordinal_hash(room, ordinal);
    for (u32 slot = nil; (slot = by_ordinal.next(hash, slot)) != nil;) {
        if (page(slot).room == room && page(slot).ordinal == ordinal) return slot;
    }
    return nil;
}

u32 history_store::locate(u32 room, u64 number) const noexcept {
    const room_data& in = (*rooms)[room];
    if (number >= page(in.page_last).first) return in.page_last;   // Mostly.
    u32 low = in.ordinal_first;
    u32 high = low + in.pages - 1;
    while (low < high) {
        const u32 middle = high - (high - low) / 2;
        if (page(find_page(room, middle)).first <= number) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return find_page(room, low);
}

inline const char* history_store::entry(const page_head& in, u32 at) const noexcept {
    const char* const base = reinterpret_cast<const char*>(&in);
    return base + load_le16(base + page_bytes - 2 * (at + 1));
}

// One of the tails of a message; nothing, where it has none of that sort.
static inline std::string_view tail_of(const char* entry, u8 which) noexcept {
    const char* tail = entry + message_head + load_le16(entry + 6);
    const char* const end = tail + static_cast<u8>(entry[8]);
    for (; tail != end; tail += tail_head + static_cast<u8>(tail[1])) {
        if (tail[0] == which) return {tail + tail_head, static_cast<u8>(tail[1])};
    }
    return {};
}

static inline u64 reply_of(const char* entry) noexcept {
    const std::string_view tail = tail_of(entry, tail_reply);
    return tail.empty() ? 0 : load_le64(tail.data());
}

static inline std::string_view nonce_of(const char* entry) noexcept {
    std::string_view tail = tail_of(entry, tail_nonce);
    if (!tail.empty()) tail.remove_prefix(4);   // What stands for the content.
    return tail;
}

static inline u64 user_of(const char* sender) noexcept { return load_le64(sender + 3); }

inline message history_store::decode(const page_head& in, u32 at,
                                     std::string_view name) const noexcept {
    const char* const from = entry(in, at);
    const char* const sender = reinterpret_cast<const char*>(&in) + load_le16(from + 4);
    return {name, in.first + at, in.time + load_le32(from), user_of(sender),
            {sender + sender_head, static_cast<u8>(sender[2])},
            static_cast<message_kind>(from[9]), {from + message_head, load_le16(from + 6)},
            reply_of(from), nonce_of(from), 0};
}

message history_store::read(u32 room, u64 number, std::string_view name) const noexcept {
    const page_head& in = page(locate(room, number));
    return decode(in, static_cast<u32>(number - in.first), name);
}

void history_store::read(u32 room, u64 number, u32 count, message* out) const noexcept {
    if (count == 0) return;
    const page_head* in = &page(locate(room, number));
    u32 at = static_cast<u32>(number - in->first);
    for (; count != 0; --count, ++at) {
        if (at == in->count) {
            in = &page(in->newer);
            at = 0;
        }
        new (out++) message(decode(*in, at, {}));
    }
}

u32 history_store::nonce_hash(u32 room, u64 user, std::string_view nonce) const noexcept {
    return keyed_hash(*key, keyed_sum(*key, nonce) + (u64{room} << 32) + user);
}

u64 history_store::find_nonce(u32 room, u64 user, std::string_view nonce,
                              u32& content) const noexcept {
    const u32 hash = nonce_hash(room, user, nonce);
    for (u32 place = nil; (place = by_nonce.next(hash, place)) != nil;) {
        const page_head& in = page((place - 1) / page_messages + 1);
        if (in.room != room) continue;
        const message m = decode(in, (place - 1) % page_messages, {});
        if (m.user != user || !is_same_text(m.nonce, nonce)) continue;
        content = load_le32(m.nonce.data() - 4);   // It stands before the nonce.
        return m.number;
    }
    return 0;
}

// Writing.

static u32 tails_size(const post& what) noexcept {
    u32 size = 0;
    if (what.reply_to != 0) size += tail_head + 8;
    if (!what.nonce.empty()) size += tail_head + 4 + static_cast<u32>(what.nonce.size());
    return size;
}

inline bool history_store::fits(const page_head& into, const post& what,
                         const message_facts& known) const noexcept {
    const std::size_t wanted = sender_head + known.nick.size() + message_head + what.text.size() +
                               tails_size(what) + 2;
    return into.count < shared->page_messages_max && known.time - into.time <= 0xffffffffu &&
           into.used + 2u * into.count + wanted <= shared->page_bytes;
}

inline u16 history_store::put_sender(page_head& head, const message_facts& by) noexcept {
    char* const base = reinterpret_cast<char*>(&head);
    u16 at = head.sender;
    for (u32 tried = 0; at != 0 && tried < senders_tried; ++tried, at = load_le16(base + at)) {
        const std::string_view nick{base + at + sender_head, static_cast<u8>(base[at + 2])};
        if (user_of(base + at) == by.user && is_same_text(nick, by.nick)) return at;
    }
    char* const to = base + head.used;
    store_le16(to, head.sender);
    to[2] = static_cast<char>(by.nick.size());
    store_le64(to + 3, by.user);
    if (!by.nick.empty()) std::memcpy(to + sender_head, by.nick.data(), by.nick.size());
    head.sender = head.used;
    head.used = static_cast<u16>(head.used + sender_head + by.nick.size());
    return head.sender;
}

static char* begin_tail(char* to, u8 which, std::size_t size) noexcept {
    to[0] = static_cast<char>(which);
    to[1] = static_cast<char>(size);
    return to + tail_head;
}

inline void history_store::put(u32 page_slot, const post& what,
                               const message_facts& known) noexcept {
    page_head& head = page(page_slot);
    const u16 sender = put_sender(head, known);
    char* const base = reinterpret_cast<char*>(&head);
    char* to = base + head.used;
    store_le16(base + page_bytes - 2 * (head.count + 1u), head.used);
    store_le32(to, static_cast<u32>(known.time - head.time));
    store_le16(to + 4, sender);
    store_le16(to + 6, static_cast<u16>(what.text.size()));
    to[8] = static_cast<char>(tails_size(what));
    to[9] = static_cast<char>(what.kind);
    std::memcpy(to + message_head, what.text.data(), what.text.size());
    to += message_head + what.text.size();
    if (what.reply_to != 0) {
        to = begin_tail(to, tail_reply, 8);
        store_le64(to, what.reply_to);
        to += 8;
    }
    if (!what.nonce.empty()) {
        to = begin_tail(to, tail_nonce, 4 + what.nonce.size());
        store_le32(to, known.content);
        std::memcpy(to + 4, what.nonce.data(), what.nonce.size());
        to += 4 + what.nonce.size();
        by_nonce.insert(nonce_hash(head.room, known.user, what.nonce),
                        place_of(page_slot, head.count));
    }
    head.used = static_cast<u16>(to - base);
    ++head.count;
}

void history_store::append(u32 room, const post& what, const message_facts& known,
                           const policies& rules) noexcept {
    room_data& in = (*rooms)[room];
    if (in.page_last == nil || !fits(page(in.page_last), what, known)) {
        make_way(room, rules);
        add_page(room, known.time);
    }
    put(in.page_last, what, known);
    ++in.last;
    ++in.messages;
    // Beside the one that makes way a page's worth at the most, however far the policy fell.
    u32 left = shared->page_messages_max + 1;
    for (; in.messages > rules.room_messages_max && left != 0; --left) drop_message(room);
}

// Pages: free, a room's own, or lent to it beyond its reserve.

void history_store::add_page(u32 room, u64 time) noexcept {
    const room_data& in = (*rooms)[room];
    page_head head;
    head.first = in.last + 1;
    head.time = time;
    head.used = sizeof(page_head);
    link_page(room, head);
    if (in.pages > in.reserved) lend(room);
}

// Takes a free page and makes it the room's newest.
u32 history_store::link_page(u32 room, const page_head& head) noexcept {
    u32 slot = freed;
    if (slot != nil) {
        freed = page(slot).newer;
    } else {
        slot = ++touched;
    }
    ++in_use;
    room_data& in = (*rooms)[room];
    page_head& made = page(slot);
    made = head;
    made.room = room;
    made.ordinal = in.ordinal_first + in.pages;
    (in.page_last == nil ? in.page_first : page(in.page_last).newer) = slot;
    in.page_last = slot;
    ++in.pages;
    by_ordinal.insert(ordinal_hash(room, made.ordinal), slot);
    return slot;
}

// Sees to it that a page is free.
void history_store::make_way(u32 room, const policies& rules) noexcept {
    room_data& in = (*rooms)[room];
    const u32 most = larger(rules.room_pages_max, in.reserved);
    if (in.pages > most) drop_page(room);   // The policy was lowered: one less with each new one.
    if (in.pages >= most) drop_page(room);
    if (in_use >= shared->history_pages_max) {
        // Somebody has more than the reserve when this room has less; else it helps itself.
        drop_page(in.pages < in.reserved ? page(lent.first).room : room);
    }
}

// Of a room's pages beyond its reserve the oldest are lent; called when it has one more.
void history_store::lend(u32 room) noexcept {
    room_data& in = (*rooms)[room];
    const u32 slot = in.page_lent == nil ? in.page_first : page(in.page_lent).newer;
    page_head& head = page(slot);
    in.page_lent = slot;
    head.lent = true;
    lent.append(lent_links(), slot);
}

void history_store::unlend(u32 page_slot) noexcept {
    page_head& head = page(page_slot);
    lent.remove(lent_links(), page_slot);
    head.lent = false;
    room_data& in = (*rooms)[head.room];
    if (in.page_lent == page_slot) in.page_lent = nil;
}

void history_store::drop_page(u32 room) noexcept {
    room_data& in = (*rooms)[room];
    const u32 slot = in.page_first;
    page_head& head = page(slot);
    for (u32 at = head.begin; at < head.count; ++at) forget_nonce(slot, at);
    const u32 gone = static_cast<u32>(head.count - head.begin);
    in.messages -= gone;
    evicted += gone;
    if (head.lent) unlend(slot);
    by_ordinal.remove(ordinal_hash(room, head.ordinal), slot);
    in.page_first = head.newer;
    if (in.page_first == nil) in.page_last = nil;
    --in.pages;
    ++in.ordinal_first;
    head.room = nil;
    head.newer = freed;
    freed = slot;
    --in_use;
}

void history_store::drop_message(u32 room) noexcept {
    room_data& in = (*rooms)[room];
    page_head& head = page(in.page_first);
    forget_nonce(in.page_first, head.begin);
    ++head.begin;
    --in.messages;
    ++evicted;
    if (head.begin == head.count && in.page_first != in.page_last) drop_page(room);
}

bool history_store::give_page(u32 room) noexcept {
    if ((*rooms)[room].page_first == nil) return false;
    drop_page(room);
    return true;
}

void history_store::forget_nonce(u32 page_slot, u32 at) noexcept {
    const page_head& in = page(page_slot);
    if (entry(in, at)[8] == 0) return;   // No tails, so no nonce.
    const message m = decode(in, at, {});
    if (m.nonce.empty()) return;
    by_nonce.remove(nonce_hash(in.room, m.user, m.nonce), place_of(page_slot, at));
}

// Snapshots.

std::string_view history_store::page_data(u32 page_slot) const noexcept {
    const page_head& head = page(page_slot);
    return {reinterpret_cast<const char*>(&head) + sizeof(page_head),
            head.used - sizeof(page_head)};
}

std::string_view history_store::page_offsets(u32 page_slot) const noexcept {
    const page_head& head = page(page_slot);
    const u32 bytes = 2u * head.count;
    return {reinterpret_cast<const char*>(&head) + page_bytes - bytes, bytes};
}

// Before the first message kept stands what those said that are gone, and senders: they form a
// chain, and the messages kept may be by them.
void history_store::wipe_gone(u32 page_slot, char* data) const noexcept {
    const page_head& head = page(page_slot);
    const char* const base = reinterpret_cast<const char*>(&head);
    const u32 kept = static_cast<u32>(entry(head, head.begin) - base);
    const auto copy = [&](u32 at, u32 bytes) {
        if (at < kept) std::memcpy(data + at - sizeof(page_head), base + at, bytes);
    };
    std::memset(data, 0, kept - sizeof(page_head));
    for (u32 at = head.sender; at != 0; at = load_le16(base + at)) copy(at, sender_link);
    for (u32 i = head.begin; i < head.count; ++i) {
        const u32 at = load_le16(entry(head, i) + 4);
        copy(at, sender_head + static_cast<u8>(base[at + 2]));
    }
}

static bool is_sound(const message& m) noexcept {
    return is_number(m.user) && is_number(m.time) && is_number(m.reply_to) &&
           text_fault(m.text) == m.text.size() && text_fault(m.nick) == m.nick.size() &&
           text_fault(m.nonce) == m.nonce.size();
}

// Whether every message kept of a page that came from elsewhere lies within it and reads well.
bool history_store::page_is_sound(u32 page_slot) const noexcept {
    const page_head& head = page(page_slot);
    const char* const base = reinterpret_cast<const char*>(&head);
    const auto sender_is_sound = [&](u32 at) {
        return at >= sizeof(page_head) && at + sender_head <= head.used &&
               at + sender_head + static_cast<u8>(base[at + 2]) <= head.used;
    };
    for (u32 at = head.sender; at != 0;) {
        const u32 before = sender_is_sound(at) ? load_le16(base + at) : at;
        if (before >= at) return false;   // The chain goes down, so it ends.
        at = before;
    }
    for (u32 i = head.begin; i < head.count; ++i) {
        const u32 at = load_le16(base + page_bytes - 2 * (i + 1));
        if (at < sizeof(page_head) || at + message_head > head.used) return false;
        const u32 text = load_le16(base + at + 6), tails = static_cast<u8>(base[at + 8]);
        if (at + message_head + text + tails > head.used || static_cast<u8>(base[at + 9]) > 1 ||
            !sender_is_sound(load_le16(base + at + 4))) {
            return false;
        }
        const char* tail = base + at + message_head + text;
        const char* const end = tail + tails;
        while (tail != end) {
            if (end - tail < static_cast<int>(tail_head)) return false;
            const u32 size = static_cast<u8>(tail[1]);
            const bool known = tail[0] == tail_reply ? size == 8
                                                     : tail[0] == tail_nonce && size > 4;
            if (!known || static_cast<u32>(end - tail) < tail_head + size) return false;
            tail += tail_head + size;
        }
        if (!is_sound(decode(head, i, {}))) return false;
    }
    return true;
}

void history_store::index_nonces(u32 page_slot) noexcept {
    const page_head& head = page(page_slot);
    for (u32 at = head.begin; at < head.count; ++at) {
        const message m = decode(head, at, {});
        if (m.nonce.empty()) continue;
        by_nonce.insert(nonce_hash(head.room, m.user, m.nonce), place_of(page_slot, at));
    }
}

bool history_store::adopt_page(u32 room, const page_head& told, std::string_view data,
                               std::string_view offsets) noexcept {
    room_data& in = (*rooms)[room];
    const u64 count = offsets.size() / 2;
    const bool follows = in.page_last == nil || page(in.page_last).first +
                                                         page(in.page_last).count == told.first;
    if (offsets.size() % 2 != 0 || count == 0 || told.begin >= count || !follows ||
        !is_number(told.time) || (in.page_last != nil && told.begin != 0) || told.first == 0 ||
        told.first > in.last || in.last - told.first < count - 1) {
        return false;
    }
    page_head head = told;
    head.used = static_cast<u16>(sizeof(page_head) + data.size());
    head.count = static_cast<u16>(count);
    const u32 slot = link_page(room, head);
    char* const base = reinterpret_cast<char*>(&page(slot));
    if (!data.empty()) std::memcpy(base + sizeof(page_head), data.data(), data.size());
    std::memcpy(base + page_bytes - offsets.size(), offsets.data(), offsets.size());
    if (!page_is_sound(slot)) return false;
    in.messages += static_cast<u32>(count) - head.begin;
    if (nonces) index_nonces(slot);
    return true;
}

void history_store::longest(u32 page_slot, u32& nick, u32& nonce) const noexcept {
    const page_head& head = page(page_slot);
    nick = nonce = 0;
    for (u32 at = head.begin; at < head.count; ++at) {
        const message m = decode(head, at, {});
        nick = larger(nick, static_cast<u32>(m.nick.size()));
        nonce = larger(nonce, static_cast<u32>(m.nonce.size()));
    }
}

bool history_store::adopt_lent(u32 room, u32 ordinal) noexcept {
    const room_data& in = (*rooms)[room];
    const u32 next = in.page_lent == nil ? in.page_first : page(in.page_lent).newer;
    if (next == nil || page(next).ordinal != ordinal) return false;
    lend(room);
    return true;
}

bool history_store::is_whole(u32 room) const noexcept {
    const room_data& in = (*rooms)[room];
    const u32 beyond = in.page_lent == nil ? 0 : page(in.page_lent).ordinal + 1 - in.ordinal_first;
    if (beyond != (in.pages > in.reserved ? in.pages - in.reserved : 0)) return false;
    if (in.pages == 0) return true;
    const page_head& newest = page(in.page_last);
    return newest.first + newest.count == in.last + 1;
}

}  // namespace chatroom::detail
