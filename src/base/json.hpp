#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "text.hpp"

namespace chatroom::detail {

// JSON, RFC 8259: read in place in one pass, and written to a buffer. Nothing is allocated.

enum class json_kind : u8 { null, boolean, number, string, array, object };

/// What is wrong with a text, and what its offset then means.
enum class json_fault : u8 {
    none,
    not_an_object,       ///< The first byte that is no space, or the size.
    unexpected_byte,     ///< That byte.
    unterminated,        ///< The size: the text ends too early.
    bad_escape,          ///< The backslash; also for half a surrogate pair.
    bad_utf8,            ///< The first byte of the sequence.
    control_in_string,   ///< That byte.
    bad_number,          ///< Its first byte.
    too_deep,            ///< The bracket that is one too many.
    duplicate_name,      ///< The quote before the second of them.
    too_many_members,    ///< The quote before the first for which there is no place.
    trailing_bytes,      ///< The first byte behind the object that is no space.
};

struct json_result {
    json_fault fault = json_fault::none;
    u32 offset = 0;
};

/// A member of an object, or an element of an array, as it stands in the text.
struct json_member {
    std::string_view name{};     ///< Without the quotes; empty for an element.
    std::string_view value{};    ///< Strings without the quotes, all others whole.
    u32 offset = 0;              ///< Of the first byte of the value, the quote of a string.
    json_kind kind = json_kind::null;
    bool escaped = false;        ///< A string with a backslash: `value` is not its text.
    bool name_escaped = false;
};

/// How deep arrays and objects may nest, the outermost object included.
constexpr u32 json_depth_max = 8;

/// Judges the whole of a text and lists the members of its one object.
///
/// Strict: valid UTF-8, no byte order mark, no name twice among the members (after unescaping;
/// inner objects are judged when they are read themselves).
///
/// @param text     borrowed by the members; of 4 GiB or more it is `unterminated`
/// @param members  receives them in the order of the text; better kept than made for each text,
///                 since clearing 32 of them takes longer than reading an ordinary frame
/// @param count    receives how many there are; after a fault, how many came before it
json_result json_read_object(std::string_view text, json_member* members, u32 capacity,
                             u32& count) noexcept;

/// Steps through an array that has been judged. Begin with `at = 0`; false when there are no more.
bool json_next_element(std::string_view array, u32& at, json_member& element) noexcept;

/// Whether a member whose name has escapes has this one.
bool json_escaped_name_is(const json_member& member, std::string_view name) noexcept;

/// Whether the member has this name, valid UTF-8, however it is escaped.
inline bool json_name_is(const json_member& member, std::string_view name) noexcept {
    if (member.name_escaped) return json_escaped_name_is(member, name);
    return is_same_text(member.name, name);
}

/// The text of a string: where it stands when nothing is escaped, else unescaped into `out`.
/// False when it is no string or `capacity` is less than its text. The text is never longer than
/// `value`. It is valid UTF-8, and may hold any control character, U+0000 too.
bool json_string(const json_member& member, char* out, std::size_t capacity,
                 std::string_view& text) noexcept;

/// An integer below 2^53 and above -2^53. False for all else, `1.0` and `1e3` too.
bool json_integer(const json_member& member, i64& out) noexcept;

bool json_bool(const json_member& member, bool& out) noexcept;

/// Writes JSON, piece by piece; commas and brackets are the caller's.
///
/// When a piece does not fit, `full` is set and from then on nothing is written; what was written
/// before is then of no use.
struct json_writer {
    char* at = nullptr;    ///< Behind what is written.
    char* end = nullptr;
    bool full = false;

    std::size_t room() const noexcept { return static_cast<std::size_t>(end - at); }

    void overflow() noexcept {
        full = true;
        end = at;
    }

    void raw(std::string_view text) noexcept;

    void raw(char byte) noexcept {
        if (at == end) return overflow();
        *at++ = byte;
    }

    /// A literal, measured by the compiler.
    template <std::size_t size_and_zero>
    void raw(const char (&literal)[size_and_zero]) noexcept {
        raw(std::string_view{literal, size_and_zero - 1});
    }

    /// Quotes valid UTF-8. Escapes what RFC 8259 asks for, and U+007F, U+2028 and U+2029.
    void string(std::string_view text) noexcept;

    void number(u64 value) noexcept;
    void number(i64 value) noexcept;
    void boolean(bool value) noexcept;
};

}  // namespace chatroom::detail
