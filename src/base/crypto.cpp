#include "crypto.hpp"

#include <cstring>

#if defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace chatroom::detail {

// SHA-256

static constexpr u32 sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The schedule as a ring of 16 words: the word for round i, made from those before.
static inline u32 sha256_schedule(u32 (&ring)[16], u32 i) noexcept {
    const u32 before2 = ring[(i + 14) & 15];
    const u32 before15 = ring[(i + 1) & 15];
    ring[i & 15] += (rotr(before2, 17) ^ rotr(before2, 19) ^ before2 >> 10) + ring[(i + 9) & 15] +
                    (rotr(before15, 7) ^ rotr(before15, 18) ^ before15 >> 3);
    return ring[i & 15];
}

static inline u32 sha256_upper(u32 e, u32 f, u32 g) noexcept {
    return (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (g ^ (e & (f ^ g)));
}

static inline u32 sha256_lower(u32 a, u32 b, u32 c) noexcept {
    return (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) | (c & (a | b)));
}

#if defined(__OPTIMIZE_SIZE__)

void sha256_block(u32 (&state)[8], const u8* block) noexcept {
    u32 ring[16], s[8];
    for (u32 i = 0; i < 16; ++i) ring[i] = load_be32(block + 4 * i);
    std::memcpy(s, state, sizeof s);
    for (u32 i = 0; i < 64; ++i) {
        // The eight words move one place on in each round: it is the places that move.
        const auto at = [&s, i](u32 place) -> u32& { return s[(place - i) & 7]; };
        const u32 word = i < 16 ? ring[i] : sha256_schedule(ring, i);
        const u32 mixed = at(7) + sha256_upper(at(4), at(5), at(6)) + sha256_constants[i] + word;
        at(3) += mixed;
        at(7) = mixed + sha256_lower(at(0), at(1), at(2));
    }
    for (u32 i = 0; i < 8; ++i) state[i] += s[i];
}

#else

// The eight words move one place on in each round. Instead of moving them, the caller names them
// in another order, and the same order is back after eight rounds.
static inline void sha256_round(u32 a, u32 b, u32 c, u32& d, u32 e, u32 f, u32 g, u32& h,
                                u32 added) noexcept {
    h += sha256_upper(e, f, g) + added;
    d += h;
    h += sha256_lower(a, b, c);
}

void sha256_block(u32 (&state)[8], const u8* block) noexcept {
    u32 ring[16];
    for (u32 i = 0; i < 16; ++i) ring[i] = load_be32(block + 4 * i);
    u32 a = state[0], b = state[1], c = state[2], d = state[3];
    u32 e = state[4], f = state[5], g = state[6], h = state[7];
    for (u32 i = 0; i < 64; i += 8) {
        const u32* constant = sha256_constants + i;
        const auto word = [&ring, i, constant](u32 j) {
            return constant[j] + (i < 16 ? ring[i + j] : sha256_schedule(ring, i + j));
        };
        sha256_round(a, b, c, d, e, f, g, h, word(0));
        sha256_round(h, a, b, c, d, e, f, g, word(1));
        sha256_round(g, h, a, b, c, d, e, f, word(2));
        sha256_round(f, g, h, a, b, c, d, e, word(3));
        sha256_round(e, f, g, h, a, b, c, d, word(4));
        sha256_round(d, e, f, g, h, a, b, c, word(5));
        sha256_round(c, d, e, f, g, h, a, b, word(6));
        sha256_round(b, c, d, e, f, g, h, a, word(7));
    }
    const u32 mixed[8] = {a, b, c, d, e, f, g, h};
    for (u32 i = 0; i < 8; ++i) state[i] += mixed[i];
}

#endif

void sha256::update(const void* data, std::size_t size) noexcept {
    const u8* at = static_cast<const u8*>(data);
    while (size != 0) {
        const std::size_t used = static_cast<std::size_t>(total) % block_bytes;
        const std::size_t taken = smaller(size, block_bytes - used);
        if (taken == block_bytes) {
            sha256_block(state, at);
        } else {
            std::memcpy(block + used, at, taken);
            if (used + taken == block_bytes) sha256_block(state, block);
        }
        total += taken;
        at += taken;
        size -= taken;
    }
}

void sha256::finish(u8 (&digest)[digest_bytes]) noexcept {
    std::size_t used = static_cast<std::size_t>(total) % block_bytes;
    block[used++] = 0x80;
    if (used > block_bytes - 8) {    // No place for the length: it goes into a block of its own.
        std::memset(block + used, 0, block_bytes - used);
        sha256_block(state, block);
        used = 0;
    }
    std::memset(block + used, 0, block_bytes - 8 - used);
    store_be32(block + 56, static_cast<u32>(total >> 29));
    store_be32(block + 60, static_cast<u32>(total << 3));
    sha256_block(state, block);
    for (u32 i = 0; i < 8; ++i) store_be32(digest + 4 * i, state[i]);
}

void sha256_of(const void* data, std::size_t size, u8 (&digest)[sha256::digest_bytes]) noexcept {
    sha256 hash;
    hash.update(data, size);
    hash.finish(digest);
}

// CRC-32C

#if defined(__OPTIMIZE_SIZE__)
static constexpr u32 crc32c_step_bits = 4;
#else
static constexpr u32 crc32c_step_bits = 8;
#endif

struct crc32c_table {
    u32 values[1u << crc32c_step_bits]{};

    constexpr crc32c_table() noexcept {
        for (u32 i = 0; i < 1u << crc32c_step_bits; ++i) {
            u32 value = i;
            for (u32 bit = 0; bit < crc32c_step_bits; ++bit) {
                value = value >> 1 ^ (0x82f63b78u & (0u - (value & 1)));
            }
            values[i] = value;
        }
    }
};

static constexpr crc32c_table crc32c_steps{};

u32 crc32c_by_table(u32 crc, const void* data, std::size_t size) noexcept {
    constexpr u32 mask = (1u << crc32c_step_bits) - 1;
    const u8* at = static_cast<const u8*>(data);
    crc = ~crc;
    for (const u8* const end = at + size; at != end; ++at) {
        crc ^= *at;
        for (u32 bit = 0; bit < 8; bit += crc32c_step_bits) {
            crc = crc >> crc32c_step_bits ^ crc32c_steps.values[crc & mask];
        }
    }
    return ~crc;
}

#if defined(__ARM_FEATURE_CRC32)

u32 crc32c(u32 crc, const void* data, std::size_t size) noexcept {
    const u8* at = static_cast<const u8*>(data);
    crc = ~crc;
#if defined(__aarch64__)
    for (; size >= 8; at += 8, size -= 8) crc = __crc32cd(crc, load_le64(at));
#endif
    for (; size >= 4; at += 4, size -= 4) crc = __crc32cw(crc, load_le32(at));
    for (; size != 0; ++at, --size) crc = __crc32cb(crc, *at);
    return ~crc;
}

// With GCC and Clang on x86-64 the instruction is found at run time, unless the target is known
// to have it. Windows has no run-time library for the question, and small builds none to spare.
#elif defined(__GNUC__) && defined(__x86_64__) && \
    (defined(__SSE4_2__) || (!defined(_WIN32) && !defined(__OPTIMIZE_SIZE__)))

__attribute__((target("sse4.2")))
static u32 crc32c_by_instruction(u32 crc, const void* data, std::size_t size) noexcept {
    const u8* at = static_cast<const u8*>(data);
    u64 wide = static_cast<u32>(~crc);
    for (; size >= 8; at += 8, size -= 8) wide = __builtin_ia32_crc32di(wide, load_le64(at));
    u32 rest = static_cast<u32>(wide);
    for (; size != 0; ++at, --size) rest = __builtin_ia32_crc32qi(rest, *at);
    return ~rest;
}

u32 crc32c(u32 crc, const void* data, std::size_t size) noexcept {
#if !defined(__SSE4_2__)
    if (!__builtin_cpu_supports("sse4.2")) return crc32c_by_table(crc, data, size);
#endif
    return crc32c_by_instruction(crc, data, size);
}

#else

u32 crc32c(u32 crc, const void* data, std::size_t size) noexcept {
    return crc32c_by_table(crc, data, size);
}

#endif

}  // namespace chatroom::detail
