#pragma once

#include "chunk.hpp"
#include "memory.hpp"

namespace chatroom::detail {

static_assert(sizeof(chunk) == 4 * chunk::words,
              "recipients::iterator finds the end of a chunk by its address");

/// A sequence of numbers in chunks of one pool. Order is not kept when something is removed.
struct chunk_list {
    u32 head = nil;    ///< Its `previous` is the last one.
    u32 count = 0;
};

/// Where in a list something stands: its chunk, and its place in there.
using chunk_place = u32;

/// The chunks of many lists. A pool of `size` entries and `lists` lists never runs out.
struct chunk_pool {
    static constexpr u32 entries_max = chunk::entries_max;
    table<chunk> chunks;

    void claim(arena& from, u32 size, u32 lists) noexcept {
        from.take(0, sizeof(chunk));
        // The first entry of a list takes a chunk. Beyond, so many entries take one.
        const u32 firsts = smaller(size, lists);
        chunks.claim(from, firsts + (size - firsts) / entries_max);
    }

    static chunk_place make(u32 chunk_slot, u32 at) noexcept { return chunk_slot << 4 | at; }
    u32& at(chunk_place where) noexcept { return chunks[where >> 4].entries[where & 15]; }
    u32 at(chunk_place where) const noexcept { return chunks[where >> 4].entries[where & 15]; }

    /// The position of a place in its list, from 0.
    u32 ordinal(chunk_place where) const noexcept {
        return chunks[where >> 4].ordinal * entries_max + (where & 15);
    }
    /// The place of the last entry; there must be one.
    chunk_place last(const chunk_list& of) const noexcept {
        return make(chunks[of.head].previous, (of.count - 1) % entries_max);
    }
    /// The place after this one; there must be one.
    chunk_place after(chunk_place where) const noexcept {
        if ((where & 15) + 1 < entries_max) return where + 1;
        return make(chunks[where >> 4].next, 0);
    }
    /// The place so many further; there must be one.
    chunk_place after(chunk_place where, u32 steps) const noexcept {
        u32 slot = where >> 4;
        for (steps += where & 15; steps >= entries_max; steps -= entries_max) {
            slot = chunks[slot].next;
        }
        return make(slot, steps);
    }
    /// The place before this one; there must be one.
    chunk_place before(chunk_place where) const noexcept {
        if ((where & 15) != 0) return where - 1;
        return make(chunks[where >> 4].previous, entries_max - 1);
    }

    chunk_place push(chunk_list& to, u32 value) noexcept {
        if (to.count % entries_max == 0) append(to);
        ++to.count;
        const chunk_place where = last(to);
        at(where) = value;
        return where;
    }

    /// Removes the last entry.
    void pop(chunk_list& from) noexcept {
        --from.count;
        if (from.count % entries_max != 0) return;
        const u32 emptied = chunks[from.head].previous;
        const u32 before = chunks[emptied].previous;
        chunks[from.head].previous = before;
        chunks[before].next = nil;
        if (emptied == from.head) from.head = nil;
        chunks.give(emptied);
    }

    /// Goes to a position; linear in the chunks before it.
    chunk_place find(const chunk_list& in, u32 position) const noexcept {
        u32 slot = in.head;
        for (; position >= entries_max; position -= entries_max) slot = chunks[slot].next;
        return make(slot, position);
    }

private:
    void append(chunk_list& to) noexcept {
        const u32 fresh = chunks.take();
        if (to.head == nil) to.head = chunks[fresh].previous = fresh;
        const u32 tail = chunks[to.head].previous;
        chunks[tail].next = fresh;
        chunks[to.head].previous = fresh;
        chunks[fresh].previous = tail;
        chunks[fresh].next = nil;
        chunks[fresh].ordinal = to.count / entries_max;
    }
};

}  // namespace chatroom::detail
