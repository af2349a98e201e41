#include "record.hpp"

#include <cstring>

namespace chatroom::detail {

void byte_writer::bytes(const void* from, std::size_t n) noexcept {
    if (n > capacity - size) full = true;
    if (full || n == 0) return;
    if (hash != nullptr) hash->update(from, n);
    if (out != nullptr) std::memcpy(out + size, from, n);
    size += n;
}

void byte_writer::number(u64 value) noexcept {
    if (!small_code && value < 0x80 && out != nullptr && hash == nullptr && size < capacity) {
        out[size++] = static_cast<char>(value);   // Mostly.
        return;
    }
    char digits[10];
    u32 n = 0;
    for (; value >= 0x80; value >>= 7) digits[n++] = static_cast<char>(value | 0x80);
    digits[n++] = static_cast<char>(value);
    bytes(digits, n);
}

u64 byte_reader::number() noexcept {
    if (!small_code && at != end && static_cast<u8>(*at) < 0x80) return static_cast<u8>(*at++);
    u64 value = 0;
    for (u32 shift = 0; shift < 64; shift += 7) {
        if (at == end) break;
        const u64 digit = static_cast<unsigned char>(*at++);
        if (shift == 63 && digit > 1) break;
        value |= (digit & 0x7f) << shift;
        if (digit < 0x80) return value;
    }
    bad = true;
    return 0;
}

std::string_view byte_reader::bytes(u64 n) noexcept {
    if (n > static_cast<u64>(end - at)) {
        bad = true;
        return {};
    }
    const char* const from = at;
    at += n;
    return {from, static_cast<std::size_t>(n)};
}

// Members. Elements of lists hold no lists, so the two levels are two functions.

static void encode_value(byte_writer& to, const void* body, const described_member& m) noexcept {
    if (m.kind == kind::text) {
        const std::string_view& text = text_of(body, m);
        to.number(text.size());
        to.bytes(text.data(), text.size());
    } else {
        to.number(number_of(body, m));
    }
}

static void encode_element(byte_writer& to, const described& shape, const void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (is_absent(body, m)) continue;
        to.number(m.tag);
        encode_value(to, body, m);
    }
    to.number(0);
}

void encode_members(byte_writer& to, const described& shape, const void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (is_absent(body, m) || is_derived(m)) continue;
        to.number(m.tag);
        if (m.kind != kind::items) {
            encode_value(to, body, m);
            continue;
        }
        const any_list items = items_of(body, m);
        const described& element = *static_cast<const described*>(m.extra);
        to.number(items.size);
        for (std::size_t at = 0; at < items.size; ++at) {
            encode_element(to, element, static_cast<const char*>(items.data) + at * element.bytes);
        }
    }
    to.number(0);
}

const described_member* find_tag(const described& shape, u64 tag) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        if (shape.members[i].tag == tag) return &shape.members[i];
    }
    return nullptr;
}

bool decode_value(byte_reader& from, void* body, const described_member& m) noexcept {
    if (m.kind == kind::text) {
        text_of(body, m) = from.bytes(from.number());
        return !from.bad;
    }
    return set_number(body, m, from.number()) && !from.bad;
}

bool decode_element(byte_reader& from, const described& shape, void* body) noexcept {
    for (u64 tag = 0; (tag = from.number()) != 0;) {
        const described_member* m = find_tag(shape, tag);
        if (m == nullptr || !decode_value(from, body, *m)) return false;
    }
    return !from.bad;
}

static bool decode_items(byte_reader& from, void* body, const described_member& m,
                         scratch& more) noexcept {
    const described& element = *static_cast<const described*>(m.extra);
    const u64 count = from.number();
    if (from.bad || count > static_cast<u64>(from.end - from.at)) return false;
    const std::size_t bytes = static_cast<std::size_t>(count) * element.bytes;
    char* const data = static_cast<char*>(more.take(bytes));
    if (data == nullptr) return false;
    std::memset(data, 0, bytes);   // Every member of an element is 0 or empty by default.
    for (std::size_t at = 0; at < count; ++at) {
        if (!decode_element(from, element, data + at * element.bytes)) return false;
    }
    set_items(body, m, {data, static_cast<std::size_t>(count)});
    return true;
}

bool decode_members(byte_reader& from, const described& shape, void* body,
                    scratch& more) noexcept {
    for (u64 tag = 0; (tag = from.number()) != 0;) {
        const described_member* m = find_tag(shape, tag);
        if (m == nullptr) return false;
        const bool good = m->kind == kind::items ? decode_items(from, body, *m, more)
                                                 : decode_value(from, body, *m);
        if (!good) return false;
    }
    return !from.bad;
}

// Records.

std::size_t encode_record(const request& what, const described& shape, char* out,
                          std::size_t capacity) noexcept {
    if (capacity < record_head) return 0;
    byte_writer to{out, capacity, record_head};
    encode_members(to, shape, what.body);
    encode_members(to, shape_facts, &what.known);
    if (to.full) return 0;
    store_le16(out, record_mark);
    store_le16(out + 2, static_cast<u16>(what.type));
    store_le32(out + 4, static_cast<u32>(to.size));
    store_le32(out + 12, what.node);
    store_le32(out + 16, what.incarnation);
    store_le32(out + 20, what.session);
    store_le64(out + 24, what.number);
    store_le64(out + 32, what.time);
    const u32 head = crc32c(0, out, 8);
    store_le32(out + 8, crc32c(head, out + 12, to.size - 12));
    return to.size;
}

std::size_t record_size(std::string_view bytes) noexcept {
    if (bytes.size() < record_head || load_le16(bytes.data()) != record_mark) return 0;
    const u32 size = load_le32(bytes.data() + 4);
    if (size < record_head || size > bytes.size()) return 0;
    const u32 head = crc32c(0, bytes.data(), 8);
    const bool whole = load_le32(bytes.data() + 8) == crc32c(head, bytes.data() + 12, size - 12);
    return whole ? size : 0;
}

request decode_head(std::string_view record) noexcept {
    const char* const at = record.data();
    request what;
    what.type = static_cast<command_type>(load_le16(at + 2));
    what.node = load_le32(at + 12);
    what.incarnation = load_le32(at + 16);
    what.session = load_le32(at + 20);
    what.number = load_le64(at + 24);
    what.time = load_le64(at + 32);
    return what;
}

bool decode_record(std::string_view record, const described& shape, void* body, facts& known,
                   scratch& more) noexcept {
    byte_reader from{record.data() + record_head, record.data() + record.size()};
    return decode_members(from, shape, body, more) &&
           decode_members(from, shape_facts, &known, more) && from.at == from.end;
}

// Checksums cost what they cover, so there is an end to them: what has so many beginnings of
// records is no torn end.
bool any_record(std::string_view bytes) noexcept {
    u64 left = 16 * u64{bytes.size()};
    for (; bytes.size() >= record_head; bytes.remove_prefix(1)) {
        if (load_le16(bytes.data()) != record_mark) continue;
        const u64 cost = smaller<u64>(load_le32(bytes.data() + 4), bytes.size());
        if (cost > left || record_size(bytes) != 0) return true;
        left -= cost;
    }
    return false;
}

}  // namespace chatroom::detail
