#include "json.hpp"

#include <cstring>

namespace chatroom::detail {

// Reading. Each of these steps over one thing, from `at` to the place behind it; at a fault it
// says so in `stop` and answers null.

struct json_stop {
    const char* end;                                   // Of the text.
    json_fault fault = json_fault::unexpected_byte;    // At the end: unterminated.
    const char* where = nullptr;
    bool escaped = false;                              // Set by a backslash; reset by who asks.
    u32 marks = 0;                                     // Of the names of members so far.

    const char* unexpected(const char* place) noexcept {
        where = place;
        return nullptr;
    }
    const char* at(const char* place, json_fault what) noexcept {
        fault = what;
        return unexpected(place);
    }
};

/// The byte at `at`; at the end 0, which is nowhere expected.
static inline char json_peek(const char* at, const json_stop& stop) noexcept {
    return at != stop.end ? *at : '\0';
}

static inline bool json_is_space(char byte) noexcept {
    if (!small_code && static_cast<u8>(byte) > ' ') return false;   // Mostly, and then at once.
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static inline const char* json_skip_space(const char* at, const json_stop& stop) noexcept {
    while (at != stop.end && json_is_space(*at)) ++at;
    return at;
}

static std::string_view json_view(const char* from, const char* to) noexcept {
    return {from, static_cast<std::size_t>(to - from)};
}

/// What a backslash and this byte stand for; 0 when that is no such pair.
static constexpr char json_escape_made(char byte) noexcept {
    switch (byte) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
    }
}

/// The value of a hexadecimal digit; above 0xffff when it is none.
static constexpr u32 json_hex_made(u32 byte) noexcept {
    const u32 letter = (byte | 0x20) - 'a';
    return byte - '0' < 10 ? byte - '0' : letter < 6 ? letter + 10 : ~u32{0};
}

#if defined(__OPTIMIZE_SIZE__)

static char json_escape_of(char byte) noexcept { return json_escape_made(byte); }

static u32 json_hex_of(char byte) noexcept { return json_hex_made(static_cast<u8>(byte)); }

/// The letter of the short escape for a code point; 0 when it has none.
static char json_letter_of(u32 point) noexcept {
    const char* letter = "\"\\bfnrt";
    while (*letter != 0 && static_cast<u8>(json_escape_of(*letter)) != point) ++letter;
    return *letter;
}

#else

struct json_bytes {
    char escape[256]{};
    char letter[256]{};
    signed char hex[256]{};

    constexpr json_bytes() noexcept {
        for (u32 i = 0; i < 256; ++i) {
            escape[i] = i < 128 ? json_escape_made(static_cast<char>(i)) : char{0};
            hex[i] = json_hex_made(i) < 16 ? static_cast<signed char>(json_hex_made(i)) : -1;
            if (escape[i] != 0 && i != '/') {
                letter[static_cast<u8>(escape[i])] = static_cast<char>(i);
            }
        }
    }
};

static constexpr json_bytes json_byte_table{};

static inline char json_escape_of(char byte) noexcept {
    return json_byte_table.escape[static_cast<u8>(byte)];
}

static inline char json_letter_of(u32 point) noexcept {
    return point < 256 ? json_byte_table.letter[point] : char{0};
}

static inline u32 json_hex_of(char byte) noexcept {
    return static_cast<u32>(json_byte_table.hex[static_cast<u8>(byte)]);
}

#endif

/// Four hexadecimal digits, or a value above 0xffff.
static u32 json_hex(const char* at) noexcept {
    return json_hex_of(at[0]) << 12 | json_hex_of(at[1]) << 8 | json_hex_of(at[2]) << 4 |
           json_hex_of(at[3]);
}

/// Reads an escape of four digits, or the two of a pair; answers its bytes, 0 at a fault.
static std::size_t json_read_unicode(const char* at, const char* end, char32_t& point) noexcept {
    if (end - at < 6 || at[1] != 'u') return 0;
    point = json_hex(at + 2);
    if (point > 0xffff) return 0;
    if (point - 0xd800 >= 0x800) return 6;
    if (point >= 0xdc00 || end - at < 12 || at[6] != '\\' || at[7] != 'u') return 0;
    const u32 low = json_hex(at + 8) - 0xdc00;
    point = 0x10000 + ((point - 0xd800) << 10 | low);
    return low < 0x400 ? 12 : 0;
}

static inline const char* json_skip_escape(const char* at, json_stop& stop) noexcept {
    if (stop.end - at < 2) return stop.unexpected(stop.end);
    if (json_escape_of(at[1]) != 0) return at + 2;
    char32_t point = 0;
    const std::size_t size = json_read_unicode(at, stop.end, point);
    return size != 0 ? at + size : stop.at(at, json_fault::bad_escape);
}

/// Marks what ends a run of plain bytes: quotes, backslashes, controls, all but ASCII. Flipping
/// one bit puts the quote next to the controls, so that one subtraction finds both.
static inline byte_lanes json_lanes_odd(byte_lanes lanes) noexcept {
    const byte_lanes quotes = (lanes ^ lanes_ones * 0x02) - lanes_ones * 0x21;
    const byte_lanes backslashes = (lanes ^ lanes_ones * '\\') - lanes_ones;
    return (quotes | backslashes | lanes) & lanes_tops;
}

/// From behind the opening quote to the closing one, whatever stands between.
static const char* json_find_quote_slowly(const char* at, json_stop& stop) noexcept {
    for (;;) {
        if (!small_code) {
            const std::size_t left = static_cast<std::size_t>(stop.end - at);
            const bool few = left < sizeof(byte_lanes);
            const byte_lanes odd = json_lanes_odd(few ? load_few(at, left) : load_lanes(at));
            at += odd == 0 ? sizeof odd : lanes_first(odd);   // A 0 behind the last is odd.
            if (odd == 0) continue;
        }
        if (at == stop.end) return stop.unexpected(at);
        const u8 byte = static_cast<u8>(*at);
        if (byte == '"') return at;
        if (byte == '\\') {
            stop.escaped = true;
            at = json_skip_escape(at, stop);
            if (at == nullptr) return nullptr;
        } else if (byte < 0x20) {
            return stop.at(at, json_fault::control_in_string);
        } else {
            do {   // Where there is one of several bytes, the next is not far.
                const std::size_t size = utf8_sequence(at, stop.end);
                if (size == 0) return stop.at(at, json_fault::bad_utf8);
                at += size;
            } while (!small_code && at != stop.end && static_cast<u8>(*at) >= 0x80);
        }
    }
}

/// The same, for the usual string of plain ASCII.
static inline const char* json_find_quote(const char* at, json_stop& stop) noexcept {
    while (!small_code && stop.end - at >= lanes_bytes) {
        const byte_lanes odd = json_lanes_odd(load_lanes(at));
        if (odd != 0) {
            at += lanes_first(odd);
            if (*at == '"') return at;
            break;
        }
        at += lanes_bytes;
    }
    return json_find_quote_slowly(at, stop);
}

/// Steps over digits; whether there is one.
static bool json_skip_digits(const char*& at, const json_stop& stop) noexcept {
    const char* const start = at;
    while (static_cast<u32>(json_peek(at, stop) - '0') < 10) ++at;
    return at != start;
}

static const char* json_skip_number(const char* const start, json_stop& stop) noexcept {
    const char* const first = *start == '-' ? start + 1 : start;
    const char* at = first;
    bool good = json_skip_digits(at, stop) && (*first != '0' || at - first == 1);
    if (json_peek(at, stop) == '.') good = json_skip_digits(++at, stop) && good;
    if ((json_peek(at, stop) | 0x20) == 'e') {
        const char sign = json_peek(++at, stop);
        if (sign == '+' || sign == '-') ++at;
        good = json_skip_digits(at, stop) && good;
    }
    return good ? at : stop.at(start, json_fault::bad_number);
}

static const char* json_skip_word(const char* at, json_stop& stop, const char* word) noexcept {
    for (; *word != 0; ++word, ++at) {
        if (json_peek(at, stop) != *word) return stop.unexpected(at);
    }
    return at;
}

static const char* json_skip_scalar(const char* at, json_stop& stop) noexcept {
    const char first = json_peek(at, stop);
    switch (first) {
    case '"':
        at = json_find_quote(at + 1, stop);
        return at != nullptr ? at + 1 : nullptr;
    case 't': return json_skip_word(at, stop, "true");
    case 'f': return json_skip_word(at, stop, "false");
    case 'n': return json_skip_word(at, stop, "null");
    default: break;
    }
    const bool number = first == '-' || static_cast<u32>(first - '0') < 10;
    return number ? json_skip_number(at, stop) : stop.unexpected(at);
}

/// From the opening quote of a name to the closing one.
static inline const char* json_find_name_end(const char* at, json_stop& stop) noexcept {
    return json_peek(at, stop) == '"' ? json_find_quote(at + 1, stop) : stop.unexpected(at);
}

/// From behind a name to its value.
static inline const char* json_skip_colon(const char* at, json_stop& stop) noexcept {
    at = json_skip_space(at, stop);
    return json_peek(at, stop) == ':' ? json_skip_space(at + 1, stop) : stop.unexpected(at);
}

static const char* json_skip_name(const char* at, json_stop& stop) noexcept {
    at = json_find_name_end(at, stop);
    return at != nullptr ? json_skip_colon(at + 1, stop) : nullptr;
}

// Steps over brackets that close and the comma behind a value, as far as the next value. What is
// open is a bit for each level, 1 for an object; behind the last one nothing is.
static const char* json_skip_between(const char* at, json_stop& stop, u32& open) noexcept {
    while (open != 1) {
        const bool object = (open & 1) != 0;
        at = json_skip_space(at, stop);
        if (json_peek(at, stop) == ',') {
            at = json_skip_space(at + 1, stop);
            return object ? json_skip_name(at, stop) : at;
        }
        if (json_peek(at, stop) != (object ? '}' : ']')) return stop.unexpected(at);
        open >>= 1;
        ++at;
    }
    return at;
}

/// Steps over a value of any kind that stands `depth` levels deep.
static const char* json_skip_value(const char* at, json_stop& stop, u32 depth) noexcept {
    const u32 open_max = 1u << (json_depth_max - depth);
    u32 open = 1;
    do {
        const char first = json_peek(at, stop);
        const bool object = first == '{';
        if (object || first == '[') {
            if (open >= open_max) return stop.at(at, json_fault::too_deep);
            open = open << 1 | (object ? 1 : 0);
            at = json_skip_space(at + 1, stop);
            if (json_peek(at, stop) != (object ? '}' : ']')) {
                if (object) at = json_skip_name(at, stop);
                continue;
            }
        } else {
            at = json_skip_scalar(at, stop);
            if (at == nullptr || open == 1) return at;
        }
        at = json_skip_between(at, stop, open);
    } while (at != nullptr && open != 1);
    return at;
}

static json_kind json_kind_of(char first) noexcept {
    switch (first) {
    case '"': return json_kind::string;
    case '{': return json_kind::object;
    case '[': return json_kind::array;
    case 't':
    case 'f': return json_kind::boolean;
    case 'n': return json_kind::null;
    default: return json_kind::number;
    }
}

/// Reads the value at `at` into a member.
static inline const char* json_read_value(const char* const at, json_stop& stop, u32 depth,
                                   json_member& into) noexcept {
    stop.escaped = false;
    const bool quick = !small_code && json_peek(at, stop) == '"';
    const char* after = quick ? json_find_quote(at + 1, stop) : json_skip_value(at, stop, depth);
    if (after == nullptr) return nullptr;
    if (quick) ++after;
    into.kind = json_kind_of(*at);
    const bool quoted = into.kind == json_kind::string;
    into.value = quoted ? json_view(at + 1, after - 1) : json_view(at, after);
    into.escaped = quoted && stop.escaped;
    return after;
}

/// What the escape at `at` stands for, in a string that has been judged.
static char32_t json_next_escaped(const char*& at, const char* end) noexcept {
    char32_t point = static_cast<u8>(json_escape_of(at[1]));
    at += point != 0 ? 2 : json_read_unicode(at, end, point);
    return point;
}

static bool json_same(std::string_view a, bool a_escaped, std::string_view b,
                      bool b_escaped) noexcept {
    if (!a_escaped && !b_escaped) return is_same_text(a, b);   // Mostly.
    const char* left = a.data();
    const char* right = b.data();
    const char* const left_end = left + a.size();
    const char* const right_end = right + b.size();
    const auto next = [](const char*& at, const char* end, bool escaped) {
        return escaped && *at == '\\' ? json_next_escaped(at, end) : utf8_next(at, end);
    };
    while (left != left_end && right != right_end) {
        if (next(left, left_end, a_escaped) != next(right, right_end, b_escaped)) return false;
    }
    return left == left_end && right == right_end;
}

/// A bit that equal names share; all of them where escapes hide which. Of an empty name the byte is
/// the quote behind it.
static inline u32 json_name_mark(const json_member& of) noexcept {
    if (of.name_escaped) return ~u32{0};
    return u32{1} << ((of.name.size() + static_cast<u8>(*of.name.data())) & 31);
}

static bool json_is_repeated(const json_member& read, const json_member* first) noexcept {
    while (first != &read) {
        const json_member& other = *first++;
        if (json_same(other.name, other.name_escaped, read.name, read.name_escaped)) return true;
    }
    return false;
}

/// Reads a member of the outermost object at `at`, and finds a place for it.
static const char* json_read_member(const char* at, json_stop& stop, json_member* members,
                                    u32 capacity, u32& count, const char* start) noexcept {
    if (count == capacity) {
        const bool good = json_skip_name(at, stop) != nullptr;
        return good ? stop.at(at, json_fault::too_many_members) : nullptr;
    }
    json_member& read = members[count];
    stop.escaped = false;
    const char* const name_end = json_find_name_end(at, stop);
    if (name_end == nullptr) return nullptr;
    read.name = json_view(at + 1, name_end);
    read.name_escaped = stop.escaped;
    const char* const value = json_skip_colon(name_end + 1, stop);
    if (value == nullptr) return nullptr;
    const u32 mark = small_code ? 0 : json_name_mark(read);
    if ((small_code || (stop.marks & mark) != 0) && json_is_repeated(read, members)) {
        return stop.at(at, json_fault::duplicate_name);
    }
    stop.marks |= mark;
    read.offset = static_cast<u32>(value - start);
    at = json_read_value(value, stop, 1, read);
    if (at != nullptr) ++count;
    return at;
}

static const char* json_read_members(const char* at, json_stop& stop, json_member* members,
                                     u32 capacity, u32& count) noexcept {
    const char* const start = at;
    at = json_skip_space(at, stop);
    if (json_peek(at, stop) != '{') return stop.at(at, json_fault::not_an_object);
    at = json_skip_space(at + 1, stop);
    if (json_peek(at, stop) != '}') {
        for (;; at = json_skip_space(at + 1, stop)) {
            at = json_read_member(at, stop, members, capacity, count, start);
            if (at == nullptr) return nullptr;
            at = json_skip_space(at, stop);
            if (json_peek(at, stop) != ',') break;
        }
        if (json_peek(at, stop) != '}') return stop.unexpected(at);
    }
    at = json_skip_space(at + 1, stop);
    return at == stop.end ? at : stop.at(at, json_fault::trailing_bytes);
}

json_result json_read_object(std::string_view text, json_member* members, u32 capacity,
                             u32& count) noexcept {
    count = 0;
    if (text.size() >> 16 >> 16 != 0) return {json_fault::unterminated, 0xffffffff};
    json_stop stop{text.data() + text.size()};
    if (json_read_members(text.data(), stop, members, capacity, count) != nullptr) return {};
    const bool cut = stop.fault == json_fault::unexpected_byte && stop.where == stop.end;
    return {cut ? json_fault::unterminated : stop.fault,
            static_cast<u32>(stop.where - text.data())};
}

bool json_next_element(std::string_view array, u32& at, json_member& element) noexcept {
    json_stop stop{array.data() + array.size()};
    const char* from = json_skip_space(array.data() + at, stop);
    if (json_peek(from, stop) != (at == 0 ? '[' : ',')) return false;
    from = json_skip_space(from + 1, stop);
    element = json_member{};
    element.offset = static_cast<u32>(from - array.data());
    const char* const after = json_read_value(from, stop, 0, element);
    if (after == nullptr) return false;
    at = static_cast<u32>(after - array.data());
    return true;
}

bool json_escaped_name_is(const json_member& member, std::string_view name) noexcept {
    return json_same(member.name, true, name, false);
}

/// Writes what a string with escapes stands for; its end, or null when `full` comes first.
static char* json_unescape(std::string_view raw, char* to, const char* full) noexcept {
    const char* at = raw.data();
    const char* const end = at + raw.size();
    while (at != end) {
        if (!small_code && end - at >= lanes_bytes && full - to >= lanes_bytes) {
            const byte_lanes lanes = load_lanes(at);
            const byte_lanes backslashes = lanes_equal(lanes, '\\');
            const std::size_t plain = backslashes == 0 ? lanes_bytes : lanes_first(backslashes);
            store_lanes(to, lanes);
            at += plain;
            to += plain;
            if (backslashes == 0) continue;
        }
        const bool escape = *at == '\\';
        const char made = escape ? json_escape_of(at[1]) : *at;
        if (made != 0) {
            if (to == full) return nullptr;
            *to++ = made;
            at += escape ? 2 : 1;
            continue;
        }
        char32_t point = 0;
        at += json_read_unicode(at, end, point);
        char bytes[4];
        const std::size_t size = utf8_put(point, bytes);
        if (static_cast<std::size_t>(full - to) < size) return nullptr;
        std::memcpy(to, bytes, size);
        to += size;
    }
    return to;
}

bool json_string(const json_member& member, char* out, std::size_t capacity,
                 std::string_view& text) noexcept {
    text = member.value;
    if (member.kind != json_kind::string || !member.escaped) {
        return member.kind == json_kind::string;
    }
    const char* const end = json_unescape(text, out, out + capacity);
    if (end == nullptr) return false;
    text = json_view(out, end);
    return true;
}

bool json_integer(const json_member& member, i64& out) noexcept {
    if (member.kind != json_kind::number) return false;
    const bool negative = member.value.data()[0] == '-';
    u64 value = 0;
    for (std::size_t i = negative ? 1 : 0; i < member.value.size(); ++i) {
        const u32 digit = static_cast<u32>(member.value.data()[i] - '0');
        if (digit > 9) return false;
        value = value * 10 + digit;
        if (value >> 53 != 0) return false;
    }
    out = negative ? -static_cast<i64>(value) : static_cast<i64>(value);
    return true;
}

bool json_bool(const json_member& member, bool& out) noexcept {
    if (member.kind != json_kind::boolean) return false;
    out = member.value.data()[0] == 't';
    return true;
}

// Writing

void json_writer::raw(std::string_view text) noexcept {
    if (text.size() > room()) return overflow();
    if (full || text.empty()) return;
    std::memcpy(at, text.data(), text.size());
    at += text.size();
}

/// Whether a byte surely stands for itself in a string; of the others E2 mostly does.
static inline bool json_stands(char byte) noexcept {
    return static_cast<u8>(byte) >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f &&
           byte != '\xe2';
}

/// Steps over what does not surely stand for itself, and answers what it becomes.
static std::string_view json_escape(const char*& at, const char* end, char (&to)[6]) noexcept {
    const char* const start = at;
    u32 point = static_cast<u8>(*at++);
    if (point == 0xe2) {    // U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
        const bool ends_line = end - at >= 2 && at[0] == '\x80' && (at[1] | 1) == '\xa9';
        if (!ends_line) return {start, 1};
        point = at[1] == '\xa8' ? 0x2028 : 0x2029;
        at += 2;
    }
    to[0] = '\\';
    to[1] = json_letter_of(point);
    if (to[1] != 0) return {to, 2};
    to[1] = 'u';
    for (u32 i = 5; i >= 2; --i, point >>= 4) to[i] = "0123456789abcdef"[point & 15];
    return {to, 6};
}

/// Marks what does not surely stand for itself: quotes, backslashes, controls, U+007F and E2.
static inline byte_lanes json_lanes_escaped(byte_lanes lanes) noexcept {
    const byte_lanes quotes = (lanes ^ lanes_ones * 0x02) - lanes_ones * 0x21;
    const byte_lanes backslashes = (lanes ^ lanes_ones * '\\') - lanes_ones;
    const byte_lanes odd = quotes | backslashes | ((lanes ^ lanes_ones * 0x7f) - lanes_ones);
    if (((odd | lanes) & lanes_tops) == 0) return 0;    // Plain ASCII, mostly.
    return (odd & ~lanes & lanes_tops) | lanes_equal(lanes, 0xe2);
}

/// Copies what surely stands for itself, as long as there is room.
static inline char* json_copy_plain(const char*& text, const char* last, char* to,
                                    const char* end) noexcept {
    const char* from = text;
    byte_lanes odd = 0;
    while (!small_code && last - from >= lanes_bytes && end - to >= lanes_bytes) {
        const byte_lanes lanes = load_lanes(from);
        odd = json_lanes_escaped(lanes);
        store_lanes(to, lanes);
        if (odd != 0) break;
        from += lanes_bytes;
        to += lanes_bytes;
    }
    if (!small_code && odd == 0 && end - to >= lanes_bytes) {
        const byte_lanes lanes = load_few(from, static_cast<std::size_t>(last - from));
        odd = json_lanes_escaped(lanes);   // At least the 0 behind the last.
        store_lanes(to, lanes);
    }
    if (odd == 0) {
        while (from != last && to != end && json_stands(*from)) *to++ = *from++;
    } else {
        from += lanes_first(odd);
        to += lanes_first(odd);
    }
    text = from;
    return to;
}

void json_writer::string(std::string_view text) noexcept {
    raw('"');
    const char* from = text.data();
    for (const char* const last = from + text.size();;) {
        at = json_copy_plain(from, last, at, end);
        if (from == last) break;
        char made[6];
        raw(json_escape(from, last, made));
    }
    raw('"');
}

/// Eight digits of a number below 10^8, the first in the lowest byte. Splits it in halves, then all
/// of these at once; a division by 100 or 10 is a multiplication and a shift, exact for so few.
static inline u64 json_digits(u32 value) noexcept {
    const u64 halves = value / 10000 | u64{value % 10000} << 32;
    const u64 hundreds = halves * 5243 >> 19 & 0x0000007f0000007f;
    const u64 pairs = hundreds | (halves - hundreds * 100) << 16;
    const u64 tens = pairs * 103 >> 10 & 0x000f000f000f000f;
    return (tens | (pairs - tens * 10) << 8) + 0x3030303030303030;
}

/// Writes a number to where there is room for 24 bytes. Needs lanes of eight bytes.
static char* json_put_number(char* at, u64 value) noexcept {
    u32 parts[3];
    u32 n = 0;
    do {
        value = divide_small(value, 100000000, parts[n++]);
    } while (value != 0);
    const u64 digits = json_digits(parts[--n]);
    const u64 not_zero = (digits ^ 0x3030303030303030) | u64{1} << 56;   // The last one stays.
    const std::size_t zeros = lanes_first(static_cast<byte_lanes>(not_zero));
    store_le64(at, digits >> 8 * zeros);
    for (at += 8 - zeros; n != 0; at += 8) store_le64(at, json_digits(parts[--n]));
    return at;
}

void json_writer::number(u64 value) noexcept {
    char digits[24];
    if (!small_code && lanes_bytes == 8) {
        if (room() >= sizeof digits) {
            at = json_put_number(at, value);
        } else {
            raw(json_view(digits, json_put_number(digits, value)));
        }
        return;
    }
    char* first = digits + sizeof digits;
    do {
        u32 digit = 0;
        value = divide_small(value, 10, digit);
        *--first = static_cast<char>('0' + digit);
    } while (value != 0);
    raw(json_view(first, digits + sizeof digits));
}

void json_writer::number(i64 value) noexcept {
    if (value < 0) raw('-');
    number(value < 0 ? 0 - static_cast<u64>(value) : static_cast<u64>(value));
}

void json_writer::boolean(bool value) noexcept {
    raw(value ? std::string_view{"true", 4} : std::string_view{"false", 5});
}

}  // namespace chatroom::detail
