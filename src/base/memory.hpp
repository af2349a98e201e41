#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "platform.hpp"

namespace chatroom::detail {

/// No slot: they count from 1, so that what is filled with zeros refers to nothing.
constexpr u32 nil = 0;

/// Hands out one block of memory, front to back; without a block it only counts.
///
/// Counting and handing out are the same code, so `footprint` is exact.
struct arena {
    static constexpr std::size_t bytes_max = static_cast<std::size_t>(-1) / 2;
    static constexpr std::size_t slack = 8 * sizeof(void*);   ///< Of a block that begins anywhere.

    char* base = nullptr;
    std::size_t used = 0;
    std::size_t most = bytes_max;   ///< More is not taken; `used` is this then.

    /// @param bytes  64 bits of them: on 32 a product may be more than there can be
    void* take(u64 bytes, std::size_t align) noexcept {
        used = (used + align - 1) & ~(align - 1);
        if (bytes > most || used > most - bytes) {
            used = most;
            return nullptr;
        }
        void* at = base != nullptr ? base + used : nullptr;
        used += static_cast<std::size_t>(bytes);
        return at;
    }

    /// What was taken, and the slack; 0 when it was more than there can be.
    std::size_t total() const noexcept { return used < most ? used + slack : 0; }

    /// As many rows as asked for. @return where the row before the first would be, so that slots
    /// lead to their rows
    void* take_rows(u32 rows, std::size_t bytes, std::size_t align = 8) noexcept {
        char* const first = static_cast<char*>(take(u64{rows} * bytes, align));
        return first != nullptr ? first - bytes : nullptr;
    }
};

/// Which slots of a table are in use. One that was given back is used again before one that never
/// was, so memory that is not needed is never touched.
struct slot_list {
    u32 capacity;
    u32 count;
    u32 touched;     ///< Slots beyond this one were never used.
    u32 freed;       ///< The last slot given back; it holds the one before.

    void* claim(arena& from, u32 size, std::size_t bytes) noexcept {
        capacity = size;
        count = touched = 0;
        freed = nil;
        return from.take_rows(size, bytes);
    }
    bool full() const noexcept { return count == capacity; }

    u32 take(const void* rows, std::size_t bytes) noexcept {
        invariant(!full());
        ++count;
        if (freed == nil) return ++touched;
        const u32 slot = freed;
        std::memcpy(&freed, static_cast<const char*>(rows) + slot * bytes, sizeof freed);
        return slot;
    }
    void give(u32 slot, void* row) noexcept {
        std::memcpy(row, &freed, sizeof freed);
        freed = slot;
        --count;
    }
};

/// Records of one type in slots that keep their place.
template <typename T>
struct table : slot_list {
    T* rows;

    void claim(arena& from, u32 size) noexcept {
        rows = static_cast<T*>(slot_list::claim(from, size, sizeof(T)));
    }
    T& operator[](u32 slot) noexcept { return rows[slot]; }
    const T& operator[](u32 slot) const noexcept { return rows[slot]; }

    /// Takes a slot and fills it with `T{}`; there must be one.
    u32 take() noexcept {
        const u32 slot = slot_list::take(rows, sizeof(T));
        rows[slot] = T{};
        return slot;
    }
    void give(u32 slot) noexcept { slot_list::give(slot, static_cast<void*>(&rows[slot])); }
};

/// Texts of bounded length beside a table, by the same slots.
struct column {
    char* base;
    u32 stride;

    void claim(arena& from, u32 rows, u32 bytes_max) noexcept {
        stride = bytes_max;
        base = static_cast<char*>(from.take_rows(rows, stride, 1));
    }
    char* at(u32 slot) const noexcept { return base + static_cast<std::size_t>(slot) * stride; }
    std::string_view view(u32 slot, u32 size) const noexcept { return {at(slot), size}; }
    void set(u32 slot, std::string_view text) noexcept {
        if (text.empty() || text.data() == at(slot)) return;
        std::memcpy(at(slot), text.data(), text.size());
    }
};

/// Finds values by hash: a chain of them for each of as many homes as there are values, so 8 bytes
/// a value, and nothing moves.
///
/// What is equal is the caller's to say, so one piece of code serves every table.
struct hash_index {
    // A value, and above it bits of its hash that its home does not show: most of the others of a
    // home are passed by without a look at their rows.
    static constexpr u32 value_bits = 28;
    static constexpr u32 value_mask = (1u << value_bits) - 1;

    u32* homes;   ///< The first of each chain, and behind them, by the values, the next; 0: none.
    u32 size;     ///< Of either.

    /// @param values  those that can be: 1 to so many
    void claim(arena& from, u32 values) noexcept {
        size = values != 0 ? values : 1;
        homes = static_cast<u32*>(from.take(u64{size} * (2 * sizeof *homes), sizeof *homes));
    }
    void clear() noexcept { std::memset(homes, 0, sizeof *homes * std::size_t{size}); }

    /// The next value that may have a hash, after one of them or, with none, the first. None when
    /// there are no more.
    u32 next(u32 hash, u32 value) const noexcept {
        u32 word = value == nil ? homes[home(hash)] : after(value);
        while (word != 0 && (word ^ hash << value_bits) > value_mask) {
            word = after(word & value_mask);
        }
        return word & value_mask;
    }
    void insert(u32 hash, u32 value) noexcept {
        u32& head = homes[home(hash)];
        after(value) = head;
        head = hash << value_bits | value;
    }
    void remove(u32 hash, u32 value) noexcept {
        u32* link = &homes[home(hash)];
        while ((*link & value_mask) != value) link = &after(*link & value_mask);
        *link = after(value);
    }

private:
    u32 home(u32 hash) const noexcept { return static_cast<u32>(u64{hash} * size >> 32); }
    u32& after(u32 value) const noexcept { return homes[size - 1 + std::size_t{value}]; }
};

/// What the hashes of an index depend on: secret, so that nobody can choose names that share a
/// home. Local, since no order depends on it.
struct hash_key {
    static constexpr std::size_t text_bytes_max = 64;   // No text that is looked up is longer.
    u64 factor;                                         ///< Odd.
    u32 words[text_bytes_max / 4];
};

/// A universal hash of numbers, by the upper half of a product (Dietzfelbinger and others, 1997):
/// by a random key, any two numbers share their home hardly more often than by chance.
inline u32 keyed_hash(const hash_key& key, u64 number) noexcept {
    return static_cast<u32>(number * key.factor >> 32);
}

/// A text as a number: the sum of products in UMAC (NH; Black and others, 1999), of which any two
/// texts have the same as rarely.
inline u64 keyed_sum(const hash_key& key, std::string_view text) noexcept {
    const char* at = text.data();
    std::size_t left = smaller(text.size(), hash_key::text_bytes_max);
    const u32* word = key.words;
    u64 sum = left;
    for (; left >= 8; left -= 8, at += 8, word += 2) {
        sum += u64{load_le32(at) + word[0]} * (load_le32(at + 4) + word[1]);
    }
    if (left == 0) return sum;
    u32 low = 0, high = 0;
    if (left >= 4) {
        low = load_le32(at);
        high = load_le32(at + left - 4);
    } else {
        while (left != 0) low = low << 8 | static_cast<unsigned char>(at[--left]);
    }
    return sum + u64{low + word[0]} * (high + word[1]);
}

inline u32 keyed_hash(const hash_key& key, std::string_view text) noexcept {
    return keyed_hash(key, keyed_sum(key, text));
}

}  // namespace chatroom::detail
