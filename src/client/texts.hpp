#pragma once

#include "../base/memory.hpp"

namespace chatroom::detail {

/// No place in a row: those count from 0.
constexpr u32 nowhere = 0xffffffffu;

/// Texts of any length in one block, behind handles. When the end is reached, what is left is
/// moved together; so a text stays where it is only until the next one is kept.
struct text_store {
    char* base = nullptr;
    u32 capacity = 0;
    u32 end = 0;          ///< Behind the last block.
    u32 used = 0;         ///< Of them, by texts that are still kept.
    table<u32> places;    ///< Of each handle: where its block begins.

    /// What a text takes.
    static constexpr u32 cost(u32 bytes) noexcept { return (bytes + 11) & ~u32{3}; }

    void claim(arena& from, u32 bytes, u32 handles) noexcept;

    /// Makes room for a text; nil when there is none.
    u32 take(u32 bytes) noexcept;
    void give(u32 handle) noexcept;

    /// Gives back the end of the text that was taken last.
    void shrink_last(u32 handle, u32 bytes) noexcept;

    char* at(u32 handle) noexcept { return base + places[handle] + 8; }
    std::string_view view(u32 handle) const noexcept {
        if (handle == nil) return {};
        const char* block = base + places[handle];
        return {block + 8, load_le32(block + 4)};
    }

    /// Keeps a text that may be empty; nil when it is, or when there is no room for it.
    u32 keep(std::string_view text) noexcept;

private:
    void compact() noexcept;
};

}  // namespace chatroom::detail
