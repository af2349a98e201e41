#pragma once

#include "../base/chain.hpp"
#include "../base/chunks.hpp"
#include "config.hpp"

namespace chatroom::detail {

/// Whether a number survives JSON.
constexpr bool is_number(u64 value) noexcept { return value < u64{1} << 53; }

// The plain data of the shared state. Slots are this engine's own; ids are the same everywhere.
// Small members stand first: there, small processors reach them in one short instruction. The very
// first one is overwritten while a slot is free.

/// A user: a guest, or an identity that the host vouches for. Its nick stands in a column, and so
/// does its identity.
struct user_data {
    chain_link order;          ///< By creation.
    u16 rooms = 0;
    u8 sessions = 0;           ///< Bound to it, on any node.
    u8 nick_size = 0;
    u8 identity_size = 0;      ///< 0: a guest.
    u8 tokens = 0;             ///< Place of the newest of its resume tokens; 0: none.
    chain_link due;            ///< Among those without a session, in the order they lost it.
    u32 memberships = nil;     ///< First of its list, by the rooms' order of creation.
    u64 id = 0;
    u64 nick_key = 0;          ///< Of the folded nick; what makes it unique.
    u64 changed_at = 0;        ///< Event number of the last change of the nick.
    u64 detached_at = 0;       ///< When its last session ended; meaningful without one.
};

// A user has places, from 1, for as many sessions and resume tokens as it may have; its slot and
// the place make the slot of what stands there.

/// A session of some node that speaks for a user.
struct binding_data {
    u32 session = 0;           ///< Its id on that node; 0: the place is free.
    u32 incarnation = 0;       ///< Of the node; an earlier one than the node's is dead.
    chain_link of_node;
    u16 node = 0;              ///< Slot of the node.
};

/// A resume token: what is stored cannot be turned back into it.
struct token_data {
    static constexpr u8 unused = 0xff;
    u8 hash[16]{};             ///< The first half of SHA-256 of the token.
    u8 next = unused;          ///< Place of the user's next older; 0: none; `unused`: it is free.
};

/// An engine that writes to the log.
struct node_data {
    u64 number = 0;            ///< Of its last record applied.
    u32 id = 0;
    u32 incarnation = 0;
    chain bound;               ///< The sessions bound by it. The dead ones come first.
};

/// A room. Its name, title and topic stand in columns.
struct room_data {
    chain_link order;          ///< By creation; when closing, by closing.
    u8 name_size = 0;
    bool persistent = false;
    bool managed = false;
    bool closing = false;      ///< Destroyed; `advance` takes the rest of it away.
    u16 title_size = 0;
    u16 topic_size = 0;
    chunk_list members;        ///< Slots of memberships.
    u32 capacity = 0;
    u32 page_first = nil;      ///< Oldest page.
    u32 page_last = nil;
    u32 page_lent = nil;       ///< Newest of its pages that another room may claim.
    u32 pages = 0;
    u32 reserved = 0;          ///< Pages it can always have.
    u32 ordinal_first = 0;     ///< Of the oldest page; they rise by one.
    u32 messages = 0;          ///< Kept.
    u64 last = 0;              ///< Number of the newest message.
    u64 roster = 0;            ///< Raised by every coming, going and renaming.
    u64 changed_at = 0;        ///< Event number of the last change of anything but messages.
    u64 owner = 0;             ///< User who created it; 0: the host.
    u64 id = 0;
};

/// A user in a room. 12 bytes, and 5 in the room's list; an engine adds 9 to deliver.
struct membership_data {
    u32 room = nil;
    u32 next = nil;           ///< In the user's list.
    chunk_place at = 0;              ///< In the room's list.
};

}  // namespace chatroom::detail
