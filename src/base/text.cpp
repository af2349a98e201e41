#include "text.hpp"

#include <cstring>

#include "text_tables.cpp"

namespace chatroom::detail {

bool is_same_by_lanes(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    const char* left = a.data();
    const char* right = b.data();
    std::size_t size = a.size();
    for (; size >= sizeof(byte_lanes); size -= sizeof(byte_lanes)) {
        if (load_lanes(left) != load_lanes(right)) return false;
        left += sizeof(byte_lanes);
        right += sizeof(byte_lanes);
    }
    return load_few(left, size) == load_few(right, size);
}

// UTF-8

std::size_t utf8_sequence(const char* at, const char* end) noexcept {
    if (at == end) return 0;
    if (static_cast<u8>(*at) < 0x80) return 1;
    // The lead is the lowest byte; behind the end come zeros, which continue nothing.
    u32 four = 0;
    if (!small_code && end - at >= 4) {
        four = load_le32(at);
    } else {
        for (std::ptrdiff_t i = smaller<std::ptrdiff_t>(end - at, 4); i-- != 0;) {
            four = four << 8 | static_cast<u8>(at[i]);
        }
    }
    if ((four & 0xc0c0f0) == 0x8080e0) {
        const u32 bits = four & 0x200f;   // E0 without the bit: overlong; ED with it: a surrogate.
        return bits != 0 && bits != 0x200d ? 3 : 0;
    }
    if ((four & 0xc0e0) == 0x80c0) return (four & 0x1e) != 0 ? 2 : 0;
    const u32 plane = (four & 7) << 2 | (four >> 12 & 3);
    return (four & 0xc0c0c0f8) == 0x808080f0 && plane - 1 < 16 ? 4 : 0;
}

std::size_t utf8_invalid_at(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        if (!small_code && static_cast<std::size_t>(end - at) >= sizeof(byte_lanes)) {
            const byte_lanes high = load_lanes(at) & lanes_tops;
            if (high == 0) {
                at += sizeof(byte_lanes);
                continue;
            }
            at += lanes_first(high);
        }
        const std::size_t size = utf8_sequence(at, end);
        if (size == 0) break;
        at += size;
    }
    return static_cast<std::size_t>(at - text.data());
}

std::size_t utf8_put(char32_t point, char* out) noexcept {
    if (point < 0x80) {
        out[0] = static_cast<char>(point);
        return 1;
    }
    const auto more = [point](int shift) {
        return static_cast<char>(0x80 | (point >> shift & 0x3f));
    };
    if (point < 0x800) {
        out[0] = static_cast<char>(0xc0 | point >> 6);
        out[1] = more(0);
        return 2;
    }
    if (point < 0x10000) {
        out[0] = static_cast<char>(0xe0 | point >> 12);
        out[1] = more(6);
        out[2] = more(0);
        return 3;
    }
    out[0] = static_cast<char>(0xf0 | point >> 18);
    out[1] = more(12);
    out[2] = more(6);
    out[3] = more(0);
    return 4;
}

// ASCII

static inline char32_t ascii_fold(char32_t point) noexcept {
    return point - U'A' < 26 ? point + 32 : point;
}

static inline bool ascii_is_nameable(char32_t point) noexcept { return point - 0x20 < 0x5f; }

static char_kind ascii_kind(char32_t point) noexcept {
    if (!ascii_is_nameable(point)) return char_kind::refused;
    const bool letter = ascii_fold(point) - U'a' < 26 || point - U'0' < 10;
    return letter ? char_kind::letter : char_kind::other;
}

static bool ascii_nameable(char32_t point) noexcept { return ascii_is_nameable(point); }

static std::size_t ascii_fold_text(std::string_view in, char* out, std::size_t capacity) noexcept {
    if (in.size() > capacity) return size_short;
    for (std::size_t i = 0; i < in.size(); ++i) {
        out[i] = static_cast<char>(ascii_fold(static_cast<u8>(in.data()[i])));
    }
    return in.size();
}

static constexpr text_rules ascii_rules{ascii_nameable, ascii_fold_text, ascii_kind};

const text_rules& text_ascii() noexcept { return ascii_rules; }

// Unicode: looking up

// The last of ascending keys that is not above what is sought; the first is never above it.
static std::size_t unicode_find(const u32* keys, std::size_t count, u32 sought) noexcept {
    std::size_t low = 0;
    while (count > 1) {
        const std::size_t half = count / 2;
        if (keys[low + half] <= sought) low += half;
        count -= half;
    }
    return low;
}

static char_kind unicode_kind(char32_t point) noexcept {
    if (point < 0x80) return ascii_kind(point);
    constexpr std::size_t count = sizeof unicode_kind_index / sizeof unicode_kind_index[0];
    const std::size_t block = unicode_find(unicode_kind_index, count, point);
    const u8* at = unicode_kind_runs + unicode_kind_offsets[block];
    for (u32 end = unicode_kind_index[block];;) {
        u32 value = 0;
        for (u32 shift = 0;; shift += 7) {
            value |= u32{*at & 0x7fu} << shift;
            if (*at++ < 0x80) break;
        }
        end += value >> 2;
        if (point < end) return static_cast<char_kind>(value & 3);
        if (end > 0x10ffff) return char_kind::refused;
    }
}

static bool unicode_nameable(char32_t point) noexcept {
    return unicode_kind(point) != char_kind::refused;
}

/// The canonical combining class: 0 for what other marks cannot pass.
static u8 unicode_order(char32_t point) noexcept {
    if (point < 0x300) return 0;
    constexpr std::size_t count = sizeof unicode_orders / sizeof unicode_orders[0];
    const u32 run = unicode_orders[unicode_find(unicode_orders, count, point << 11 | 0x7ff)];
    return point - (run >> 11) <= (run >> 8 & 7) ? static_cast<u8>(run) : u8{0};
}

// Unicode: folding

// What is written so far. The marks since the last letter wait for their order.
struct fold_output {
    static constexpr u32 marks_max = 32;

    char* out;
    std::size_t capacity;
    std::size_t size = 0;
    u32 marks = 0;
    u8 order[marks_max]{};
    u8 bytes[marks_max]{};

    fold_output(char* to, std::size_t room) noexcept : out{to}, capacity{room} {}
};

// U+0345 (iota below) has its place as a mark, the last of all, and then folds to a letter.
static constexpr u8 fold_order_iota = 240;

static void fold_end_marks(fold_output& to) noexcept {
    for (std::size_t end = to.size; to.marks != 0; end -= 2) {
        if (to.order[--to.marks] != fold_order_iota) break;
        to.out[end - 2] = '\xce';
        to.out[end - 1] = '\xb9';
    }
    to.marks = 0;
}

static bool fold_put_mark(fold_output& to, const char* from, u8 size, u8 order) noexcept {
    if (to.marks == fold_output::marks_max) fold_end_marks(to);
    if (to.capacity - to.size < size) return false;
    std::size_t passed = 0;
    u32 i = to.marks++;
    for (; i != 0 && to.order[i - 1] > order; --i) {
        passed += to.bytes[i - 1];
        to.order[i] = to.order[i - 1];
        to.bytes[i] = to.bytes[i - 1];
    }
    to.order[i] = order;
    to.bytes[i] = size;
    char* const end = to.out + to.size;
    std::memmove(end - passed + size, end - passed, passed);
    std::memcpy(end - passed, from, size);
    to.size += size;
    return true;
}

// The syllable that two letters of Hangul make, or one and a last letter (Unicode 3.12); 0: none.
static char32_t hangul_syllable(char32_t before, char32_t point) noexcept {
    const u32 vowel = point - 0x1161;
    if (before - 0x1100 < 19 && vowel < 21) return 0xac00 + ((before - 0x1100) * 21 + vowel) * 28;
    const u32 open = before - 0xac00;
    return open < 11172 && open % 28 == 0 && point - 0x11a8 < 27 ? before + (point - 0x11a7) : 0;
}

// Hangul is kept composed: in letters it would be three times as long, and names have a limit.
static bool fold_put_hangul(fold_output& to, char32_t point) noexcept {
    if (to.size < 3) return false;
    char* const last = to.out + to.size - 3;   // Both are three bytes, which begin with 0xe.
    if ((*last & 0xf0) != 0xe0) return false;
    const char* at = last;
    const char32_t syllable = hangul_syllable(utf8_next(at, last + 3), point);
    if (syllable != 0) utf8_put(syllable, last);
    return syllable != 0;
}

static bool fold_put(fold_output& to, char32_t point) noexcept {
    char bytes[4];
    const std::size_t size = utf8_put(point, bytes);
    const u8 order = unicode_order(point);
    if (order != 0) return fold_put_mark(to, bytes, static_cast<u8>(size), order);
    if (to.marks != 0) fold_end_marks(to);
    if (point - 0x1161 < 0x11c3 - 0x1161 && fold_put_hangul(to, point)) return true;
    if (to.capacity - to.size < size) return false;
    std::memcpy(to.out + to.size, bytes, size);
    to.size += size;
    return true;
}

static bool fold_put_folded(fold_output& to, char32_t point) noexcept {
    if (point < 0x80) return fold_put(to, ascii_fold(point));
    constexpr std::size_t count = sizeof unicode_fold_heads / sizeof unicode_fold_heads[0];
    const std::size_t run = unicode_find(unicode_fold_heads, count, point << 11 | 0x7ff);
    const u32 head = unicode_fold_heads[run];
    const u32 stride_bits = head >> 9 & 1;
    const u32 distance = point - (head >> 11);
    // A point before the first run lies a huge distance behind it.
    if (distance >> stride_bits > (head & 0x1ff) || (distance & stride_bits) != 0) {
        return fold_put(to, point);
    }
    const u16 data = unicode_fold_data[run];
    if ((head >> 10 & 1) != 0) {
        return fold_put(to, (point & 0x1f0000) | ((point + data) & 0xffff));
    }
    const u8* entry = unicode_fold_pool + data;
    for (u32 i = 0; i < distance; ++i) entry += 1 + *entry;
    if (*entry == 0) return fold_put(to, point);
    const char* at = reinterpret_cast<const char*>(entry + 1);
    for (const char* const end = at + *entry; at != end;) {
        if (!fold_put(to, utf8_next(at, end))) return false;
    }
    return true;
}

static std::size_t unicode_fold(std::string_view in, char* out, std::size_t capacity) noexcept {
    fold_output to{out, capacity};
    const char* at = in.data();
    for (const char* const end = at + in.size(); at != end;) {
        if (!fold_put_folded(to, utf8_next(at, end))) return size_short;
    }
    fold_end_marks(to);
    return to.size;
}

static constexpr text_rules unicode_rules{unicode_nameable, unicode_fold, unicode_kind};

const text_rules& text_unicode() noexcept { return unicode_rules; }

// Judging

text_finding nick_fault(std::string_view nick, const text_rules& rules) noexcept {
    constexpr char32_t invalid = 0x110000;
    const char* at = nick.data();
    const char* const end = at + nick.size();
    text_flaw flaw = nick.empty() ? text_flaw::empty : text_flaw::none;
    for (bool spaced = true; at != end;) {
        const char* next = at;
        const char32_t point = utf8_sequence(at, end) != 0 ? utf8_next(next, end) : invalid;
        if (point == U' ') {
            if (spaced) {
                flaw = at == nick.data() ? text_flaw::leading_space : text_flaw::double_space;
            } else if (next == end) {
                flaw = text_flaw::trailing_space;
            }
        } else if (point == invalid) {
            flaw = text_flaw::invalid_utf8;
        } else if ((small_code || !ascii_is_nameable(point)) && !rules.nameable(point)) {
            flaw = text_flaw::not_nameable;
        }
        if (flaw != text_flaw::none) break;
        spaced = point == U' ';
        at = next;
    }
    return {flaw, static_cast<std::size_t>(at - nick.data())};
}

// Steps over printable ASCII.
static inline const char* skip_printable(const char* at, const char* end) noexcept {
    if (small_code) {
        while (at != end && ascii_is_nameable(static_cast<u8>(*at))) ++at;
        return at;
    }
    for (;; at += lanes_bytes) {
        const std::size_t left = static_cast<std::size_t>(end - at);
        const byte_lanes lanes = left < sizeof lanes ? load_few(at, left) : load_lanes(at);
        // A byte below 0x20 wraps around, 0x7f gets the top bit; a 0 stands behind the last one.
        const byte_lanes odd =
            ((lanes - lanes_ones * 0x20) | (lanes + lanes_ones) | lanes) & lanes_tops;
        if (odd != 0) return at + lanes_first(odd);
    }
}

std::size_t text_fault(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    while ((at = skip_printable(at, end)) != end) {
        const u8 lead = static_cast<u8>(*at);
        const std::size_t size = utf8_sequence(at, end);
        if (size == 0 || (size == 1 && lead != '\n' && lead != '\t')) break;
        if (lead == 0xc2 && static_cast<u8>(at[1]) < 0xa0) break;    // C1
        at += size;
    }
    return static_cast<std::size_t>(at - text.data());
}

// Which ASCII may stand in the name of a room: 0-9 a-z - _ . : # +, a bit for each.
static constexpr u32 room_name_bytes[4] = {0, 0x07ff6808, 0x80000000, 0x07fffffe};

static inline bool room_name_ascii(u32 byte) noexcept {
    return byte < 0x80 && (room_name_bytes[byte >> 5] >> (byte & 31) & 1) != 0;
}

static bool room_name_holds(std::string_view name, const text_rules& rules) noexcept {
    const char* at = name.data();
    const char* const end = at + name.size();
    while (at != end) {
        const bool first = at == name.data();
        const char32_t point = utf8_next(at, end);
        if (room_name_ascii(point)) continue;
        const char_kind what = rules.kind(point);
        if (what != char_kind::letter && (what != char_kind::mark || first)) return false;
    }
    return true;
}

static inline bool room_name_may_begin(char first) noexcept {
    return first != '-' && first != '.' && first != ':' && first != '+';
}

bool room_name_is_plain(std::string_view name) noexcept {
    for (char c : name) {
        if (!room_name_ascii(static_cast<u8>(c))) return false;
    }
    return !name.empty() && room_name_may_begin(name.data()[0]);
}

std::size_t room_name_fold(std::string_view in, const text_rules& rules, char* out,
                           std::size_t capacity) noexcept {
    if (utf8_invalid_at(in) != in.size()) return 0;
    const std::size_t size = rules.fold(in, out, capacity);
    if (size == size_short) return size_short;
    return size != 0 && room_name_holds({out, size}, rules) && room_name_may_begin(out[0]) ? size
                                                                                           : 0;
}

}  // namespace chatroom::detail
