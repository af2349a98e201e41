#pragma once

#include "../base/crypto.hpp"
#include "../model/request.hpp"

namespace chatroom::detail {

/// Memory for what a decoded command needs beyond its frame; given back as a whole.
struct scratch {
    char* base = nullptr;
    std::size_t capacity = 0;
    std::size_t used = 0;

    void* take(std::size_t bytes) noexcept {
        const std::size_t from = (used + 7) & ~std::size_t{7};
        if (from > capacity || bytes > capacity - from) return nullptr;
        used = from + bytes;
        return base + from;
    }
    /// From the end, until the capacity is what it was.
    void* borrow(std::size_t bytes) noexcept {
        if (bytes > capacity) return nullptr;
        const std::size_t from = (capacity - bytes) & ~std::size_t{7};
        if (from < used) return nullptr;
        capacity = from;
        return base + from;
    }
};

/// Writes bytes up to a capacity; beyond, only `full` is set. Without `out` it only counts.
struct byte_writer {
    char* out = nullptr;
    std::size_t capacity = 0;
    std::size_t size = 0;
    bool full = false;
    sha256* hash = nullptr;   ///< Sees every byte, if there is one.

    void bytes(const void* from, std::size_t n) noexcept;
    void number(u64 value) noexcept;   ///< 7 bits a byte, the lowest first (LEB128).
};

/// Reads what `byte_writer` wrote; `bad` is set by anything that is not that.
struct byte_reader {
    const char* at = nullptr;
    const char* end = nullptr;
    bool bad = false;

    u64 number() noexcept;
    std::string_view bytes(u64 n) noexcept;
};

/// Writes the members that are not absent: tag, value; ended by a tag of 0.
void encode_members(byte_writer& to, const described& shape, const void* body) noexcept;

/// Reads them into a struct that holds its defaults; false when they are not of this shape.
bool decode_members(byte_reader& from, const described& shape, void* body, scratch& more) noexcept;

/// Its parts: the member of a tag, null for none; any value but a list; an element of a list.
const described_member* find_tag(const described& shape, u64 tag) noexcept;
bool decode_value(byte_reader& from, void* body, const described_member& m) noexcept;
bool decode_element(byte_reader& from, const described& shape, void* body) noexcept;

// A record:  u16 mark  u16 type  u32 bytes in all  u32 CRC-32C of the rest  u32 node
//            u32 incarnation  u32 session  u64 number  u64 time  members  facts
// all numbers with the lowest byte first.
constexpr u32 record_head = 40;
constexpr u16 record_mark = 0xc4a7;

/// Writes a record. @return its size; 0 when it does not fit.
std::size_t encode_record(const request& what, const described& shape, char* out,
                          std::size_t capacity) noexcept;

/// The bytes of the whole record at the front; 0 when there is none that is undamaged.
std::size_t record_size(std::string_view bytes) noexcept;

/// Reads the head of an undamaged record.
request decode_head(std::string_view record) noexcept;

/// Reads the command and the facts.
bool decode_record(std::string_view record, const described& shape, void* body, facts& known,
                   scratch& more) noexcept;

/// Whether an undamaged record begins anywhere in there: tells damage from a torn end.
bool any_record(std::string_view bytes) noexcept;

}  // namespace chatroom::detail
