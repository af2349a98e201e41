#include "texts.hpp"

namespace chatroom::detail {

// A block: its handle, the size of its text, the text, filled up to a multiple of 4.

void text_store::claim(arena& from, u32 bytes, u32 handles) noexcept {
    capacity = bytes;
    base = static_cast<char*>(from.take(bytes, 4));
    places.claim(from, handles);
}

u32 text_store::take(u32 bytes) noexcept {
    if (bytes > capacity || cost(bytes) > capacity - used || places.full()) return nil;
    if (cost(bytes) > capacity - end) compact();
    const u32 handle = places.take();
    places[handle] = end;
    store_le32(base + end, handle);
    store_le32(base + end + 4, bytes);
    end += cost(bytes);
    used += cost(bytes);
    return handle;
}

void text_store::give(u32 handle) noexcept {
    if (handle == nil) return;
    char* const block = base + places[handle];
    store_le32(block, nil);
    used -= cost(load_le32(block + 4));
    places.give(handle);
    if (used == 0) end = 0;
}

void text_store::shrink_last(u32 handle, u32 bytes) noexcept {
    char* const block = base + places[handle];
    used -= cost(load_le32(block + 4)) - cost(bytes);
    end = places[handle] + cost(bytes);
    store_le32(block + 4, bytes);
}

u32 text_store::keep(std::string_view text) noexcept {
    const u32 handle = text.empty() ? nil : take(static_cast<u32>(text.size()));
    if (handle != nil) std::memcpy(at(handle), text.data(), text.size());
    return handle;
}

void text_store::compact() noexcept {
    u32 to = 0;
    for (u32 from = 0; from < end;) {
        const u32 handle = load_le32(base + from);
        const u32 size = cost(load_le32(base + from + 4));
        if (handle != nil) {
            if (to != from) std::memmove(base + to, base + from, size);
            places[handle] = to;
            to += size;
        }
        from += size;
    }
    end = to;
}

}  // namespace chatroom::detail
