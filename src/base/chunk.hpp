#pragma once

#include <cstdint>

namespace chatroom::detail {

/// A block of 64 bytes, on 32 bits of 32, aligned as such: three links, then entries. Public, since
/// a range of recipients is walked by the host.
struct chunk {
    static constexpr std::uint32_t entries_max = sizeof(void*) == 8 ? 13 : 5;
    static constexpr std::uint32_t words = 3 + entries_max;
    std::uint32_t next = 0;
    std::uint32_t previous = 0;
    std::uint32_t ordinal = 0;
    std::uint32_t entries[entries_max]{};
};

}  // namespace chatroom::detail
