#pragma once

#include <cstddef>
#include <cstdint>

#include "platform.hpp"

namespace chatroom::detail {

/// SHA-256 over bytes that come in pieces. FIPS 180-4; RFC 6234.
///
/// A copy made between two calls goes on from there, which is what HMAC and PBKDF2 live on.
struct sha256 {
    static constexpr std::size_t block_bytes = 64;
    static constexpr std::size_t digest_bytes = 32;

    u32 state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    u8 block[block_bytes]{};
    u64 total = 0;    ///< Bytes so far, at most 2^61 - 1.

    /// Adds bytes; `data` may be null when `size` is 0. Cannot fail.
    void update(const void* data, std::size_t size) noexcept;

    /// Writes the digest. What follows on the same object has no meaning. Cannot fail.
    void finish(u8 (&digest)[digest_bytes]) noexcept;
};

/// Mixes one block into a state: the inner step of SHA-256, for those that prepare the blocks.
void sha256_block(u32 (&state)[8], const u8* block) noexcept;

/// The SHA-256 of bytes that are all there. Cannot fail.
void sha256_of(const void* data, std::size_t size, u8 (&digest)[sha256::digest_bytes]) noexcept;

/// Continues a CRC-32C (Castagnoli, RFC 3720 B.4): begin with 0, or with the value for the bytes
/// before. The same on every machine; with the processor's instruction where there is one.
u32 crc32c(u32 crc, const void* data, std::size_t size) noexcept;

/// `crc32c` without the processor's instruction.
u32 crc32c_by_table(u32 crc, const void* data, std::size_t size) noexcept;

}  // namespace chatroom::detail
