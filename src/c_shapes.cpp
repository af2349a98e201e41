#include "c_shapes.hpp"

namespace chatroom::detail {

static_assert(sizeof(std::string_view) == sizeof(chatroom_text) &&
              alignof(std::string_view) == alignof(chatroom_text), "one takes the other's place");
static_assert(sizeof(any_list) == sizeof(chatroom_cursors), "lists are the same in both");
static_assert(sizeof(bool) == 1, "so is a flag");

static void text_to_c(char* at) noexcept {
    std::string_view text;
    std::memcpy(&text, at, sizeof text);
    const chatroom_text told{text.data(), text.size()};
    std::memcpy(at, &told, sizeof told);
}

static bool text_from_c(char* at) noexcept {
    chatroom_text told{};
    std::memcpy(&told, at, sizeof told);
    const std::string_view text(told.data, told.size);
    std::memcpy(at, &text, sizeof text);
    return told.data != nullptr || told.size == 0;
}

// The elements of the list at this place.
template <typename F>
static void each_element(const c_shape& shape, const char* at, F f) noexcept {
    any_list items{};
    std::memcpy(&items, at, sizeof items);
    // What the engine tells stands in memory of its own, or in the caller's array for results.
    char* element = static_cast<char*>(const_cast<void*>(items.data));
    for (std::size_t n = 0; n < items.size; ++n) f(element + n * shape.element->bytes);
}

void to_c(const c_shape& shape, void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        char* const at = static_cast<char*>(body) + shape.changes[i].offset;
        const u8 most = shape.changes[i].most;
        if (most == c_text) text_to_c(at);
        if (most != c_list) continue;
        each_element(shape, at, [&shape](char* element) {   // Which have texts, but no lists.
            for (u32 n = 0; n < shape.element->count; ++n) {
                const c_change& change = shape.element->changes[n];
                if (change.most == c_text) text_to_c(element + change.offset);
            }
        });
    }
}

void list_from_c(const c_shape& shape, const void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        if (shape.changes[i].most != c_list) continue;
        const char* const at = static_cast<const char*>(body) + shape.changes[i].offset;
        each_element(shape, at, [&shape](char* element) {
            (void)from_c(*shape.element, element);
        });
    }
}

bool from_c(const c_shape& shape, void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        char* const at = static_cast<char*>(body) + shape.changes[i].offset;
        const u8 most = shape.changes[i].most;
        if (most == c_list) continue;
        if (most == c_text) {
            if (!text_from_c(at)) return false;
        } else if (most == c_flag) {
            *at = *at != 0;
        } else if (static_cast<u8>(*at) >= most) {
            return false;
        }
    }
    return true;
}

}  // namespace chatroom::detail
