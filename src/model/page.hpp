#pragma once

#include "../base/chain.hpp"
#include "config.hpp"

namespace chatroom::detail {

/// The head of a page. Messages follow it; their offsets stand at its end, the last one first.
/// Made of fixed-width fields, so pages fill and are given up alike on every processor.
struct page_head {
    u64 first = 0;           ///< Number of the first message ever put here.
    u64 time = 0;            ///< Of that message.
    u32 room = nil;
    u32 ordinal = 0;         ///< Of the page in its room.
    u32 newer = nil;        ///< Next page of the room; or of the free ones.
    chain_link lent_order;   ///< In which pages became another's to claim.
    u16 count = 0;           ///< Messages ever put here.
    u16 begin = 0;           ///< Those before this one are gone.
    u16 used = 0;            ///< Bytes from the front.
    u16 sender = 0;          ///< Offset of the newest sender; 0: none.
    bool lent = false;
};

static_assert(sizeof(page_head) == 48, "pages are laid out alike everywhere");

// A message in a page:  u32 time since the page's  u16 sender  u16 text bytes  u8 tail bytes
//                       u8 kind  text  tails
// A sender in a page:   u16 the sender before  u8 nick bytes  u64 user  nick
// A tail:               u8 which  u8 bytes  bytes

constexpr u32 message_head = 10;
constexpr u32 sender_head = 11;
constexpr u32 sender_link = 3;   // What the chain of senders needs of it.
constexpr u32 tail_head = 2;
/// The bytes of a page that one message may take, with the largest text, nick and nonce.
inline std::size_t message_page_bytes(const limits& sizes) noexcept {
    return sizeof(page_head) + sender_head + sizes.nick_bytes_max + message_head +
           sizes.message_bytes_max + tail_head + 8 + tail_head + 4 + sizes.nonce_bytes_max + 2;
}

}  // namespace chatroom::detail
