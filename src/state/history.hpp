#pragma once

#include "../model/data.hpp"
#include "../model/page.hpp"
#include "../model/event.hpp"

namespace chatroom::detail {

/// A message to be stored, or as it is stored.
struct stored_message {
    u64 number = 0;
    u64 time = 0;
    u64 user = 0;
    std::string_view nick{};
    std::string_view text{};
    std::string_view nonce{};
    u64 reply_to = 0;
    u32 content = 0;         ///< CRC-32C of what the author said, to tell a resend from a misuse.
    message_kind kind = message_kind::text;
};

/// The messages of all rooms, in one pool of pages.
///
/// A room has pages of its own up to its reserve; what it has beyond, another room below its
/// reserve may claim, the page first that has been lent longest. Only a room's oldest messages
/// ever go.
struct history_store {
    char* pages = nullptr;
    u32 page_bytes = 0;          ///< Of this engine; `shared` may be content with less.
    u32 capacity = 0;
    const limits* shared = nullptr;   ///< Decides what fits and what must go.
    u32 touched = 0;
    u32 freed = nil;
    u32 in_use = 0;
    u32 reserved = 0;        ///< Sum over all rooms.
    u32 lent_first = nil;
    u32 lent_last = nil;
    u64 evicted = 0;         ///< Counter, for the operator.
    bool nonces = false;
    hash_index by_ordinal;   ///< (room, ordinal) to page.
    hash_index by_nonce;     ///< (user, room, nonce) to page and place in it.
    u32 key[2]{};
    table<room_data>* rooms = nullptr;

    void claim(arena& from, const limits& sizes) noexcept;

    page_head& page(u32 slot) const noexcept {
        return *reinterpret_cast<page_head*>(pages + static_cast<std::size_t>(slot) * page_bytes);
    }

    /// The number of the oldest message kept; last + 1 when there is none.
    u64 first(const room_data& in) const noexcept { return in.last + 1 - in.messages; }

    /// Appends a message, whose number becomes `last + 1`; the room's oldest make way.
    void append(u32 room, const stored_message& what, const policies& rules) noexcept;

    /// Reads a message that is kept.
    stored_message read(u32 room, u64 number) const noexcept;

    /// Reads messages low..high, all of them kept, one after the other.
    template <typename Take>
    void read_all(u32 room, u64 low, u64 high, Take take) const noexcept {
        u32 slot = low <= high ? locate(room, low) : nil;
        for (u64 number = low; number <= high; ++number) {
            const page_head* head = &page(slot);
            if (number - head->first >= head->count) {
                slot = head->newer;
                head = &page(slot);
            }
            take(decode(slot, static_cast<u32>(number - head->first)));
        }
    }

    /// The number under which a user said something with this nonce in a room; 0: not known.
    u64 find_nonce(u32 room, u64 user, std::string_view nonce) const noexcept;

    /// Takes one page away from a room that is being closed; false when it has none.
    bool give_page(u32 room) noexcept;

    void reset() noexcept;

    // For snapshots: what a page holds, and the way back. Everything is judged on the way back.
    std::string_view page_data(u32 page_slot) const noexcept;
    std::string_view page_offsets(u32 page_slot) const noexcept;
    bool adopt_page(u32 room, const page_head& told, std::string_view data,
                    std::string_view offsets) noexcept;
    bool adopt_lent(u32 room, u32 ordinal) noexcept;
    bool is_whole(u32 room) const noexcept;

private:
    bool page_is_sound(u32 page_slot) const noexcept;
    u32 link_page(u32 room, const page_head& head) noexcept;
    void index_nonces(u32 page_slot) noexcept;
    u32 locate(u32 room, u64 number) const noexcept;
    char* entry(u32 page_slot, u32 at) const noexcept;
    u32 find_page(u32 room, u32 ordinal) const noexcept;
    bool fits(const page_head& into, const stored_message& what) const noexcept;
    u16 put_sender(u32 page_slot, const stored_message& what) noexcept;
    void put(u32 page_slot, const stored_message& what) noexcept;
    void add_page(u32 room, const stored_message& first, const policies& rules) noexcept;
    void make_way(u32 room, const policies& rules) noexcept;
    void lend(u32 room) noexcept;
    void unlend(u32 page_slot) noexcept;
    void drop_page(u32 room) noexcept;
    void drop_message(u32 room) noexcept;
    void forget_nonce(u32 page_slot, u32 at) noexcept;
    stored_message decode(u32 page_slot, u32 at) const noexcept;
    u32 nonce_hash(u64 room, u64 user, std::string_view nonce) const noexcept;
};

}  // namespace chatroom::detail
