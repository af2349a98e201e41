#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace chatroom::detail {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

/// What a function that writes answers when the room for it is short.
constexpr std::size_t size_short = static_cast<std::size_t>(-1);

/// Whether the compiler was asked for small code (-Os): what only saves time is left out.
#if defined(__OPTIMIZE_SIZE__)
constexpr bool small_code = true;
#else
constexpr bool small_code = false;
#endif

/// Stops a checked build (CHATROOM_CHECKED defined) where a promise of this code is broken.
inline void invariant([[maybe_unused]] bool holds) noexcept {
#ifdef CHATROOM_CHECKED
    if (!holds) __builtin_trap();
#endif
}

template <typename T>
constexpr T smaller(T a, T b) noexcept { return b < a ? b : a; }

template <typename T>
constexpr T larger(T a, T b) noexcept { return a < b ? b : a; }

constexpr u32 rotl(u32 value, int by) noexcept { return value << by | value >> (32 - by); }
constexpr u32 rotr(u32 value, int by) noexcept { return value >> by | value << (32 - by); }

// Numbers in memory, whatever its alignment and the machine's byte order.

/// Whether the machine's own order is that of `load_le` and `store_le`. All that run Windows are
/// so, and compilers of others tell.
#if defined(__BYTE_ORDER__)
constexpr bool little_endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
#else
constexpr bool little_endian = true;
#endif

template <typename T>
T load_le(const void* from) noexcept {
    T value = 0;
    if (little_endian) {
        std::memcpy(&value, from, sizeof value);
    } else {
        for (std::size_t i = sizeof value; i-- != 0;) {
            value = static_cast<T>(value << 4 << 4 | static_cast<const u8*>(from)[i]);
        }
    }
    return value;
}

template <typename T>
void store_le(void* to, T value) noexcept {
    if (little_endian) {
        std::memcpy(to, &value, sizeof value);
    } else {
        for (std::size_t i = 0; i < sizeof value; ++i) {
            static_cast<u8*>(to)[i] = static_cast<u8>(value >> 8 * i);
        }
    }
}

inline u16 load_le16(const void* from) noexcept { return load_le<u16>(from); }
inline u32 load_le32(const void* from) noexcept { return load_le<u32>(from); }
inline u64 load_le64(const void* from) noexcept { return load_le<u64>(from); }
inline void store_le16(void* to, u16 value) noexcept { store_le(to, value); }
inline void store_le32(void* to, u32 value) noexcept { store_le(to, value); }
inline void store_le64(void* to, u64 value) noexcept { store_le(to, value); }

inline u32 load_be32(const void* from) noexcept {
    const u8* at = static_cast<const u8*>(from);
    return u32{at[0]} << 24 | u32{at[1]} << 16 | u32{at[2]} << 8 | u32{at[3]};
}

inline void store_be32(void* to, u32 value) noexcept {
    u8* at = static_cast<u8*>(to);
    at[0] = static_cast<u8>(value >> 24);
    at[1] = static_cast<u8>(value >> 16);
    at[2] = static_cast<u8>(value >> 8);
    at[3] = static_cast<u8>(value);
}

/// Divides by a divisor that is not 0; the only 64-bit division, since 32-bit targets would call
/// their support library for it. Divisors below 65536 are quick there, larger ones are not.
///
/// @param rest  receives what is left over
inline u64 divide_small(u64 value, u32 divisor, u32& rest) noexcept {
#if SIZE_MAX > 0xffffffff
    rest = static_cast<u32>(value % divisor);
    return value / divisor;
#else
    u64 quotient = 0;
    u32 left = 0;
    if (divisor < 0x10000) {
        for (int shift = 48; shift >= 0; shift -= 16) {
            left = left << 16 | (static_cast<u32>(value >> shift) & 0xffff);
            quotient = quotient << 16 | left / divisor;
            left %= divisor;
        }
    } else {
        for (int shift = 63; shift >= 0; --shift) {
            const bool carry = left >> 31 != 0;
            left = left << 1 | (static_cast<u32>(value >> shift) & 1);
            const bool fits = carry || left >= divisor;
            if (fits) left -= divisor;
            quotient = quotient << 1 | (fits ? 1 : 0);
        }
    }
    rest = left;
    return quotient;
#endif
}

// Several bytes at a time. A test answers a mask with the top bit set in bytes that pass; above
// the lowest of these others may be set in error, so only the lowest counts.

using byte_lanes = std::size_t;

inline byte_lanes load_lanes(const void* from) noexcept { return load_le<byte_lanes>(from); }
inline void store_lanes(void* to, byte_lanes value) noexcept { store_le(to, value); }

constexpr int lanes_bytes = sizeof(byte_lanes);

/// Loads fewer bytes than there are lanes; the others are 0.
inline byte_lanes load_few(const char* from, std::size_t size) noexcept {
    if (lanes_bytes == 8 && size >= 4) {   // Two halves, which overlap.
        const u64 second = load_le32(from + size - 4);
        return static_cast<byte_lanes>(load_le32(from) | second << 8 * (size - 4));
    }
    const auto at = [from](std::size_t i) noexcept {
        return static_cast<byte_lanes>(static_cast<u8>(from[i])) << 8 * i;
    };
    return size == 0 ? 0 : at(0) | at(size / 2) | at(size - 1);   // Some of them twice.
}
constexpr byte_lanes lanes_ones = static_cast<byte_lanes>(~byte_lanes{0}) / 0xff;
constexpr byte_lanes lanes_tops = lanes_ones * 0x80;

/// Bytes below a bound of at most 128.
constexpr byte_lanes lanes_below(byte_lanes value, u8 bound) noexcept {
    return (value - lanes_ones * bound) & ~value & lanes_tops;
}

/// Bytes that are the one given.
constexpr byte_lanes lanes_equal(byte_lanes value, u8 wanted) noexcept {
    return lanes_below(value ^ lanes_ones * wanted, 1);
}

/// The place of the lowest byte in a mask that is not 0.
inline std::size_t lanes_first(byte_lanes mask) noexcept {
#if !defined(__GNUC__)
    std::size_t at = 0;
    for (; (mask & 0x80) == 0; mask >>= 8) ++at;
    return at;
#elif SIZE_MAX > 0xffffffff
    return static_cast<unsigned>(__builtin_ctzll(mask)) >> 3;
#else
    return static_cast<unsigned>(__builtin_ctz(mask)) >> 3;
#endif
}

}  // namespace chatroom::detail
