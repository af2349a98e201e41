#pragma once

#include "../model/data.hpp"
#include "../model/page.hpp"
#include "../model/event.hpp"

namespace chatroom::detail {

/// What is kept of a message besides what its author said.
struct message_facts {
    u64 time = 0;
    u64 user = 0;
    std::string_view nick{};
    u32 content = 0;   ///< With a nonce, CRC-32C of what was said: tells a resend from a misuse.
};

/// Of a page, by its room's slot and its place in there; both count up.
u32 ordinal_hash(u32 room, u32 ordinal) noexcept;

/// The messages of all rooms, in one pool of pages.
///
/// A room has pages of its own up to its reserve; what it has beyond, another room below its
/// reserve may claim, the page first that has been lent longest. Only a room's oldest messages
/// ever go.
struct history_store {
    char* pages;
    u32 page_bytes;          ///< Of this engine; `shared` may be content with less.
    u32 page_messages;
    u32 capacity;
    const limits* shared;    ///< Decides what fits and what must go.
    u32 touched;
    u32 freed;
    u32 in_use;
    u32 reserved;            ///< Sum over all rooms.
    chain lent;              ///< Pages that another room may claim.
    u64 evicted;             ///< Counter, for the operator.
    bool nonces;
    hash_index by_ordinal;   ///< (room, ordinal) to page.
    hash_index by_nonce;     ///< (user, room, nonce) to page and place in it, as one number.
    const hash_key* key;
    table<room_data>* rooms;

    void claim(arena& from, const limits& sizes) noexcept;

    page_head& page(u32 slot) const noexcept {
        return *reinterpret_cast<page_head*>(pages + static_cast<std::size_t>(slot) * page_bytes);
    }

    /// The number of the oldest message kept; last + 1 when there is none.
    u64 first(const room_data& in) const noexcept { return in.last + 1 - in.messages; }

    /// Appends a message, whose number becomes `last + 1`; the room's oldest make way.
    void append(u32 room, const post& what, const message_facts& known,
                const policies& rules) noexcept;

    /// Reads a message that is kept. It is said to be in a room of this name.
    message read(u32 room, u64 number, std::string_view name) const noexcept;

    /// Reads so many messages from a number on, all of them kept.
    void read(u32 room, u64 number, u32 count, message* out) const noexcept;

    /// The number under which a user said something with this nonce in a room; 0: not known.
    ///
    /// @param content  receives what was kept of what was said then
    u64 find_nonce(u32 room, u64 user, std::string_view nonce, u32& content) const noexcept;

    /// Takes one page away from a room that is being closed; false when it has none.
    bool give_page(u32 room) noexcept;

    // For snapshots: what a page holds, and the way back. Everything is judged on the way back.
    std::string_view page_data(u32 page_slot) const noexcept;
    std::string_view page_offsets(u32 page_slot) const noexcept;
    /// Overwrites, in a copy of what a page holds, what only messages said that are gone.
    void wipe_gone(u32 page_slot, char* data) const noexcept;
    bool adopt_page(u32 room, const page_head& told, std::string_view data,
                    std::string_view offsets) noexcept;
    /// How many bytes the longest nick and nonce of a page's messages have.
    void longest(u32 page_slot, u32& nick, u32& nonce) const noexcept;
    bool adopt_lent(u32 room, u32 ordinal) noexcept;
    bool is_whole(u32 room) const noexcept;

private:
    chain_links lent_links() const noexcept {
        return {pages + offsetof(page_head, lent_order), page_bytes};
    }
    bool page_is_sound(u32 page_slot) const noexcept;
    u32 link_page(u32 room, const page_head& head) noexcept;
    void index_nonces(u32 page_slot) noexcept;
    u32 locate(u32 room, u64 number) const noexcept;
    const char* entry(const page_head& in, u32 at) const noexcept;
    u32 find_page(u32 room, u32 ordinal) const noexcept;
    bool fits(const page_head& into, const post& what, const message_facts& known) const noexcept;
    u16 put_sender(page_head& head, const message_facts& by) noexcept;
    void put(u32 page_slot, const post& what, const message_facts& known) noexcept;
    void add_page(u32 room, u64 time) noexcept;
    void make_way(u32 room, const policies& rules) noexcept;
    void lend(u32 room) noexcept;
    void unlend(u32 page_slot) noexcept;
    void drop_page(u32 room) noexcept;
    void drop_message(u32 room) noexcept;
    void forget_nonce(u32 page_slot, u32 at) noexcept;
    message decode(const page_head& in, u32 at, std::string_view name) const noexcept;
    u32 place_of(u32 page_slot, u32 at) const noexcept {
        return (page_slot - 1) * page_messages + at + 1;
    }
    u32 nonce_hash(u32 room, u64 user, std::string_view nonce) const noexcept;
};

}  // namespace chatroom::detail
