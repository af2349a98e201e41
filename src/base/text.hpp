#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "platform.hpp"

namespace chatroom::detail {

/// Whether two short texts are the same; mostly their sizes tell.
///
/// Not by the library's `memcmp`: its wide masked loads take hundreds of cycles where they reach
/// into a page that nobody has touched yet.
bool is_same_by_lanes(std::string_view a, std::string_view b) noexcept;
inline bool is_same_text(const std::string_view& a, const std::string_view& b) noexcept {
    return small_code ? a == b : is_same_by_lanes(a, b);
}

// UTF-8. RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.

/// Length of the well-formed sequence at `at`, 1 to 4 bytes; 0 when there is none before `end`.
std::size_t utf8_sequence(const char* at, const char* end) noexcept;

/// Offset of the first sequence that is not well-formed; the size when all are.
std::size_t utf8_invalid_at(std::string_view text) noexcept;

/// Reads the code point at `at` and steps over it; the text is valid and does not end here.
char32_t utf8_next(const char*& at, const char* end) noexcept;

/// Writes a code point, no surrogate and at most U+10FFFF; answers its 1 to 4 bytes.
std::size_t utf8_put(char32_t point, char* out) noexcept;

// Rules about names. Which of the two sets is used is the host's choice, and the tables of the
// larger are linked only where it is named.

/// What a code point is to a name.
enum class char_kind : u8 {
    refused,   ///< A control, a format or bidi character, invisible, a space, or unassigned.
    other,     ///< A symbol, punctuation, U+0020.
    letter,    ///< A letter or a number (general categories L and N).
    mark,      ///< What stands on the one before it (general category M).
};

/// How names are judged and compared.
struct text_rules {
    /// Whether a code point may stand in a nick.
    bool (*nameable)(char32_t point);

    /// Writes the form in which names are compared: names that differ in case, width or
    /// composition alone have one form, and that form is its own.
    ///
    /// @param in   valid UTF-8
    /// @param out  receives at most three times as many bytes; not `in`
    /// @return the bytes written, or `size_short` when `capacity` is less
    std::size_t (*fold)(std::string_view in, char* out, std::size_t capacity);

    char_kind (*kind)(char32_t point);
};

/// Printable ASCII alone, A to Z folded to a to z. Needs no tables.
const text_rules& text_ascii() noexcept;

/// All of Unicode but what cannot be seen: controls, format and bidi characters, spaces other
/// than U+0020, Default_Ignorable_Code_Point, U+2800, private use, and what is not assigned.
///
/// Folds by canonical decomposition (but Hangul is composed), full case folding and the width
/// variants, with marks in canonical order (Unicode 3.13, D145; UAX #15). Of more than 32 marks on
/// one letter each 32 are put in order apart, so that hostile text costs no more than other text.
const text_rules& text_unicode() noexcept;

/// What is wrong with a text.
enum class text_flaw : u8 {
    none,
    empty,
    invalid_utf8,
    not_nameable,      ///< A code point that the rules refuse.
    leading_space,
    trailing_space,
    double_space,
};

struct text_finding {
    text_flaw flaw;
    std::size_t offset;   ///< Of the byte at which it begins; the size where nothing is wrong.
};

/// Judges a nick: valid UTF-8 of nameable code points, single spaces only between others.
/// How long it may be is the caller's to say. Answers the flaw that comes first.
text_finding nick_fault(std::string_view nick, const text_rules& rules) noexcept;

/// Offset of what may not stand in a message: invalid UTF-8, DEL, C1, and C0 except line feed
/// and tab; the size when nothing is wrong.
std::size_t text_fault(std::string_view text) noexcept;

/// Whether a room's name is of lower-case ASCII and kept just as it is. Most are: a quick question
/// before `room_name_fold`.
bool room_name_is_plain(std::string_view name) noexcept;

/// Writes the name under which a room is kept: the folded form.
///
/// A room's name is letters, numbers and marks of any script and `- _ . : # +`. It begins with a
/// letter, a number, `_` or `#`, so that it is never an option, a path or a lone mark.
///
/// @param out  receives at most three times as many bytes; not `in`
/// @return the bytes written; 0 when the name breaks the rules; `size_short` when `capacity` is
///         less
std::size_t room_name_fold(std::string_view in, const text_rules& rules, char* out,
                           std::size_t capacity) noexcept;

inline char32_t utf8_next(const char*& at, [[maybe_unused]] const char* end) noexcept {
    invariant(at < end);
    const u32 lead = static_cast<u8>(*at++);
    if (lead < 0x80) return lead;
    const int more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    u32 point = lead & (0x3fu >> more);
    for (int i = 0; i < more; ++i) point = point << 6 | (static_cast<u8>(*at++) & 0x3f);
    return point;
}

}  // namespace chatroom::detail
