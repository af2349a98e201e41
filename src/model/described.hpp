#pragma once

#include <cstring>

#include "../base/platform.hpp"
#include "command.hpp"
#include "event.hpp"
#include "words.hpp"

namespace chatroom::detail {

/// What a member holds. The codecs know these and nothing else.
enum class kind : u8 {
    flag, u32_number, u64_number, i32_number, choice, text, items,
    error_name, error_text,   ///< Of an error that another member tells by its number.
};

/// Which limit bounds a text or a list.
enum class bound : u8 {
    open, nick, room_name, title, topic, message, nonce, identity, cursors, token, word, setting,
};

/// How a member is treated.
enum : u8 {
    mandatory = 1,   ///< Must be named; a text must not be empty.
    rest = 2,        ///< At the end of a line it takes all that is left, spaces too.
    always = 4,      ///< Told even when it is 0, false or empty.
    node_local = 8,  ///< A limit of one node that others need not share.
};

struct described;

/// One member of a command or event.
struct described_member {
    const char* name;
    const void* extra;   ///< choice: its names, ended by null; items: the element's description.
    u16 offset;
    u8 name_size;
    u8 tag;              ///< In records and binary frames; only ever added.
    detail::kind kind;
    detail::bound bound;
    u8 flags;

    template <std::size_t size>
    constexpr described_member(const wire_word<size>& as, const void* with, std::size_t at,
                               u8 number, detail::kind what, detail::bound by, u8 how) noexcept
        : name(as), extra(with), offset(static_cast<u16>(at)), name_size(size - 1), tag(number),
          kind(what), bound(by), flags(how) {}
    std::string_view called() const noexcept { return {name, name_size}; }
};

/// One command or event: its name on the wire and its members, in order.
struct described {
    const char* name;
    const described_member* members;
    u16 type;
    u16 bytes;           ///< Size of the struct.
    u8 count;
    u8 name_size;

    template <std::size_t size>
    constexpr described(const wire_word<size>& as, const described_member* all, u16 number,
                        std::size_t struct_bytes, u8 how_many) noexcept
        : name(as), members(all), type(number), bytes(static_cast<u16>(struct_bytes)),
          count(how_many), name_size(size - 1) {}
    std::string_view called() const noexcept { return {name, name_size}; }
};

/// The description of an event type; null when there is none.
const described* describe(event_type type) noexcept;

/// Every command and every event, ended by null, for documentation and tests.
const described* const* all_commands() noexcept;
const described* const* all_events() noexcept;

// Each by itself, so that what is not registered is not linked.
extern const described shape_command_configure;
extern const described shape_command_ping;
extern const described shape_command_guest;
extern const described shape_command_resume;
extern const described shape_command_token;
extern const described shape_command_logout;
extern const described shape_command_nick;
extern const described shape_command_create;
extern const described shape_command_join;
extern const described shape_command_leave;
extern const described shape_command_set;
extern const described shape_command_destroy;
extern const described shape_command_rooms;
extern const described shape_command_members;
extern const described shape_command_post;
extern const described shape_command_history;

inline const char* at_offset(const void* body, const described_member& m) noexcept {
    return static_cast<const char*>(body) + m.offset;
}
inline char* at_offset(void* body, const described_member& m) noexcept {
    return static_cast<char*>(body) + m.offset;
}

/// Reads any member that is a number, flag or choice.
inline u64 number_of(const void* body, const described_member& m) noexcept {
    const char* at = at_offset(body, m);
    u64 wide = 0;
    u32 word = 0;
    u8 byte = 0;
    switch (m.kind) {
    case kind::u64_number: std::memcpy(&wide, at, sizeof wide); return wide;
    case kind::u32_number:
    case kind::i32_number:
    case kind::error_name:
    case kind::error_text: std::memcpy(&word, at, sizeof word); return word;
    default: std::memcpy(&byte, at, sizeof byte); return byte;
    }
}

/// Writes one; false when the value does not fit the member.
bool set_number(void* body, const described_member& m, u64 value) noexcept;

inline std::string_view& text_of(void* body, const described_member& m) noexcept {
    return *reinterpret_cast<std::string_view*>(at_offset(body, m));
}
inline const std::string_view& text_of(const void* body, const described_member& m) noexcept {
    return *reinterpret_cast<const std::string_view*>(at_offset(body, m));
}

/// Whether a member only says in words what another one says.
inline bool is_derived(const described_member& m) noexcept {
    return m.kind == kind::error_name || m.kind == kind::error_text;
}

/// A list of which only the description knows the type.
struct any_list {
    const void* data;
    std::size_t size;
};
inline any_list items_of(const void* body, const described_member& m) noexcept {
    any_list items;
    std::memcpy(&items, at_offset(body, m), sizeof items);
    return items;
}
void set_items(void* body, const described_member& m, any_list items) noexcept;

/// Whether a member has the value that stands for "not there".
inline bool is_absent(const void* body, const described_member& m) noexcept {
    if (m.kind == kind::text) return text_of(body, m).empty();
    if (m.kind == kind::items) return items_of(body, m).size == 0;
    return number_of(body, m) == 0;
}

/// The length of text ended by zero.
inline u32 length(const char* text) noexcept {
    u32 n = 0;
    while (text[n] != 0) ++n;
    return n;
}
inline std::string_view view(const char* text) noexcept { return {text, length(text)}; }

/// Whether a text ended by zero is this one, without measuring it first.
inline bool is_text(const char* ended, std::string_view text) noexcept {
    for (char c : text) {
        if (*ended++ != c || c == 0) return false;
    }
    return *ended == 0;
}

}  // namespace chatroom::detail
