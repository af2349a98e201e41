#include "c_config.hpp"

#include <cstring>

#include "model/request.hpp"

namespace chatroom::detail {

// Both are rows of 32-bit numbers. Members that are added later stand at the end in C, so from
// then on this is one row for each of the parts.
constexpr std::size_t words_before = 2;   // struct_size, preset
constexpr std::size_t words_told = sizeof(config) / 4;
static_assert(sizeof(chatroom_config) == 4 * (words_before + words_told) &&
              offsetof(chatroom_config, sessions_max) == 4 * words_before &&
              offsetof(chatroom_config, rooms_by_host_only) ==
                  4 * words_before + offsetof(config, policies) &&
              offsetof(chatroom_config, deliveries_per_call) ==
                  4 * words_before + offsetof(config, budgets) &&
              offsetof(chatroom_config, node) == 4 * words_before + offsetof(config, node),
              "chatroom_config has the members of config, in the same order");

bool is_struct_size(u32 size) noexcept { return size >= sizeof size && size <= 4096; }

bool read_struct(const void* from, void* to, std::size_t bytes, std::size_t align) noexcept {
    u32 size = 0;
    std::memset(to, 0, bytes);
    if (from == nullptr) return false;
    std::memcpy(&size, from, sizeof size);
    if (!is_struct_size(size) || size % align != 0) return false;   // Half a pointer is none.
    std::memcpy(to, from, smaller(std::size_t{size}, bytes));
    return is_zero_from(from, bytes, size);
}

bool is_zero_from(const void* of, std::size_t known, std::size_t size) noexcept {
    for (; known < size; ++known) {
        if (static_cast<const char*>(of)[known] != 0) return false;
    }
    return true;
}

// By name, so that they are linked with who uses them, and by CHATROOM_PRESET_...
static constexpr config presets[] = {config::game(), config::firmware(), config::server()};

error config_from_c(const chatroom_config* from, config& how) noexcept {
    how = presets[CHATROOM_PRESET_GAME];
    if (from == nullptr) return error::none;
    chatroom_config told;
    if (!read_struct(from, told) || told.preset > CHATROOM_PRESET_SERVER) {
        return error::invalid_argument;
    }
    how = presets[told.preset];
    const char* at = reinterpret_cast<const char*>(&told) + 4 * words_before;
    char* to = reinterpret_cast<char*>(&how);
    for (std::size_t i = 0; i < words_told; ++i, at += 4, to += 4) {
        u32 word = 0;
        std::memcpy(&word, at, sizeof word);
        if (word == 0) continue;
        if (word == CHATROOM_ZERO) word = 0;
        std::memcpy(to, &word, sizeof word);
    }
    return error::none;
}

// Static buffers.

// What chatroom_config_sized makes of its numbers, and what CHATROOM_FOOTPRINT counts.
static constexpr config sized(u32 users, u32 sessions, u32 rooms, u32 messages,
                              u32 text_bytes) noexcept {
    const u32 joined = rooms < 256 ? rooms : 256;
    const u32 quarters = messages / 4 + (messages % 4 != 0);
    const u32 pages = quarters > rooms ? quarters : rooms;
    const u32 frame = text_bytes > 128 ? 2 * text_bytes + 256 : 512;
    config how = presets[CHATROOM_PRESET_FIRMWARE];
    how.limits.users_max = users;
    how.limits.sessions_max = sessions;
    how.limits.sessions_per_user_max = sessions / users + (sessions % users != 0);
    how.limits.rooms_max = rooms;
    how.limits.members_max = users * joined;
    how.limits.rooms_per_user_max = joined;
    how.limits.history_pages_max = pages;
    // Its head, and four messages of four people: their heads, texts and nicks.
    how.limits.page_bytes = text_bytes > 13 ? (4 * text_bytes + 211) / 8 * 8 : 256;
    how.limits.message_bytes_max = text_bytes;
    how.limits.frame_bytes_max = frame;
    how.limits.queue_bytes = frame;
    how.policies.room_capacity = users;
    how.policies.room_messages_max = messages;
    how.policies.room_pages_max = pages;
    return how;
}

constexpr u32 sized_text_bytes_max = 4000;

// The bound that the macro adds to the one in C++: the handle, the parts and the cursors.
static constexpr std::size_t bound_in_c(const config& how) noexcept {
    return footprint_bound(how) + c_handle_bytes_max + 16 +
           how.limits.rooms_per_user_max * item_bytes::cursor;
}

template <u32 users, u32 sessions, u32 rooms, u32 messages, u32 text_bytes>
static constexpr bool macro_agrees() noexcept {
    return CHATROOM_FOOTPRINT(users, sessions, rooms, messages, text_bytes) ==
           bound_in_c(sized(users, sessions, rooms, messages, text_bytes));
}
static_assert(macro_agrees<8, 8, 4, 32, 128>() && macro_agrees<1, 1, 1, 1, 1>() &&
              macro_agrees<2, 32, 300, 7, 13>() && macro_agrees<500, 700, 64, 10000, 2001>() &&
              macro_agrees<10000, 20000, 1000, 100000, 4000>(),
              "CHATROOM_FOOTPRINT counts what footprint.hpp counts");

error config_to_c(chatroom_config* to, u32 users, u32 sessions, u32 rooms, u32 messages,
                  u32 text_bytes) noexcept {
    const bool whole = users != 0 && sessions != 0 && rooms != 0 && messages != 0 &&
                       text_bytes != 0 && text_bytes <= sized_text_bytes_max;
    // Larger ones are refused by their limits, but their products must not wrap around.
    if (!whole || users > 1000000 || rooms > 1000000) return error::invalid_argument;
    if (u64{users} * smaller(rooms, u32{256}) > 0xffffffffu) return error::invalid_argument;
    const config how = sized(users, sessions, rooms, messages, text_bytes);
    if (!config_valid(how)) return error::invalid_argument;
    std::memset(to, 0, sizeof *to);
    to->struct_size = sizeof *to;
    to->preset = CHATROOM_PRESET_FIRMWARE;
    const char* at = reinterpret_cast<const char*>(&how);
    char* out = reinterpret_cast<char*>(to) + 4 * words_before;
    for (std::size_t i = 0; i < words_told; ++i, at += 4, out += 4) {
        u32 word = 0;
        std::memcpy(&word, at, sizeof word);
        if (word == 0) word = CHATROOM_ZERO;
        std::memcpy(out, &word, sizeof word);
    }
    return error::none;
}

}  // namespace chatroom::detail
