#pragma once

#include "memory.hpp"

namespace chatroom::detail {

/// Where a row stands in a chain of rows.
struct chain_link {
    u32 next = nil;
    u32 previous = nil;
};

/// The links that the rows of a table have for one chain.
struct chain_links {
    char* first;
    std::size_t stride;

    chain_link& operator[](u32 slot) const noexcept {
        return *reinterpret_cast<chain_link*>(first + slot * stride);
    }
};

template <typename T>
chain_links links_of(T* rows, chain_link T::*which) noexcept {
    return {reinterpret_cast<char*>(&(rows->*which)), sizeof(T)};
}
template <typename T>
chain_links links_of(table<T>& rows, chain_link T::*which) noexcept {
    return links_of(rows.rows, which);
}

/// Rows of a table in an order of their own; any of them can leave it. Begins as zeros.
struct chain {
    u32 first;
    u32 last;

    void append(chain_links all, u32 slot) noexcept {
        all[slot] = {nil, last};
        (last == nil ? first : all[last].next) = slot;
        last = slot;
    }
    void remove(chain_links all, u32 slot) noexcept {
        const chain_link was = all[slot];
        (was.previous == nil ? first : all[was.previous].next) = was.next;
        (was.next == nil ? last : all[was.next].previous) = was.previous;
        all[slot] = {};
    }
};

}  // namespace chatroom::detail
