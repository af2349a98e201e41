#pragma once

#include "outbox.hpp"

namespace chatroom::detail {

// A seat, in one word.
constexpr u32 seat_is_live = 1u << 31;
constexpr u32 seat_untold = 1u << 30;    // `joined` is due.
constexpr u32 seat_named = 1u << 29;     // The client named this cursor.
constexpr u32 seat_heard = 1u << 28;     // `joined` was told before and is due again.
constexpr u32 seat_number = seat_heard - 1;

inline u32 as_cursor(u64 number) noexcept { return static_cast<u32>(number) & seat_number; }

// The number that a cursor means: the nearest at or below the room's last.
inline u64 cursor_number(u32 word, u64 last) noexcept {
    return last - ((last - word) & seat_number);
}

}  // namespace chatroom::detail
