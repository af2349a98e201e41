#include "gate.hpp"

#include <cstring>

namespace chatroom::detail {

// The one gate for text: every text of every command passes here, by its description.

static u32 bytes_max(bound by, const limits& sizes) noexcept {
    switch (by) {
    case bound::nick: return sizes.nick_bytes_max;
    case bound::room_name: return sizes.room_name_bytes_max;
    case bound::title: return sizes.title_bytes_max;
    case bound::topic: return sizes.topic_bytes_max;
    case bound::setting:   // Which one it is, is looked at later; a number has 10 digits.
        return larger<u32>(sizes.topic_bytes_max, larger<u32>(sizes.title_bytes_max, 10));
    case bound::message: return sizes.message_bytes_max;
    case bound::nonce: return sizes.nonce_bytes_max;
    case bound::identity: return sizes.identity_bytes_max;
    case bound::token: return 32;
    case bound::word: return 32;
    default: return 0xffff;
    }
}

static error judge_room_name(std::string_view& text, const limits& sizes, const text_rules& names,
                             scratch& more, const described_member& m, fault& why) noexcept {
    char* const folded = static_cast<char*>(more.take(sizes.room_name_bytes_max));
    const std::size_t size =
        folded == nullptr ? 0
                          : room_name_fold(text, names, folded, sizes.room_name_bytes_max);
    if (size == 0) return why(error::room_name_invalid, m.name);
    text = {folded, size};
    return error::none;
}

static error judge_words(std::string_view text, const text_rules& names, const described_member& m,
                         fault& why) noexcept {
    if (m.bound == bound::nick) {
        const text_finding found = nick_fault(text, names);
        if (found.flaw == text_flaw::none) return error::none;
        why(error::nick_invalid, m.name);
        why.at = found.offset + 1;
        return why.error;
    }
    const std::size_t bad = text_fault(text);
    if (bad == text.size()) return error::none;
    why(error::text_invalid, m.name);
    why.at = bad + 1;
    return why.error;
}

// A text of a record was judged when it was said, by rules that may have changed since; but it is
// still text, and names are still on one line.
static error judge_stored(std::string_view text, const described_member& m, fault& why) noexcept {
    const bool name = m.bound == bound::nick || m.bound == bound::room_name;
    bool bad = m.bound != bound::open && text_fault(text) != text.size();
    if (name) {
        for (char c : text) bad = bad || static_cast<unsigned char>(c) < ' ';
    }
    return bad ? why(error::text_invalid, m.name) : error::none;
}

static error judge_text(std::string_view& text, const described_member& m, const limits& sizes,
                        const text_rules* names, scratch& more, fault& why) noexcept {
    if (text.empty()) {
        const bool hashed = names == nullptr && m.bound == bound::token;   // Stays out of records.
        const bool needed = (m.flags & mandatory) != 0 && !hashed;
        return needed ? why(error::member_missing, m.name) : error::none;
    }
    const u32 most = bytes_max(m.bound, sizes);
    if (text.size() > most) return why(error::member_too_long, m.name, most, text.size());
    if (m.bound == bound::identity || m.bound == bound::token) return error::none;
    if (names == nullptr) return judge_stored(text, m, why);
    if (m.bound == bound::room_name) return judge_room_name(text, sizes, *names, more, m, why);
    if (m.bound == bound::identity || m.bound == bound::token) return error::none;
    return judge_words(text, *names, m, why);
}

static error judge_element(const described& shape, void* body, const limits& sizes,
                           const text_rules* names, scratch& more, fault& why) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (m.kind != kind::text) continue;
        const error e = judge_text(text_of(body, m), m, sizes, names, more, why);
        if (e != error::none) return e;
    }
    return error::none;
}

static error judge_items(void* body, const described_member& m, const limits& sizes,
                         const text_rules* names, scratch& more, fault& why) noexcept {
    const any_list items = items_of(body, m);
    const described& element = *static_cast<const described*>(m.extra);
    if (items.size > sizes.rooms_per_user_max) {
        return why(error::member_too_long, m.name, sizes.rooms_per_user_max, items.size);
    }
    if (items.size == 0) return error::none;
    char* const copy = static_cast<char*>(more.take(items.size * element.bytes));
    if (copy == nullptr) return why(error::frame_too_long, m.name);
    std::memcpy(copy, items.data, items.size * element.bytes);
    for (std::size_t at = 0; at < items.size; ++at) {
        const error e =
            judge_element(element, copy + at * element.bytes, sizes, names, more, why);
        if (e != error::none) return e;
    }
    set_items(body, m, {copy, items.size});
    return error::none;
}

error judge(const described& shape, void* body, const limits& sizes, const text_rules* names,
            scratch& more, fault& why) noexcept {
    constexpr u64 number_max = (u64{1} << 53) - 1;
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        error e = error::none;
        if (m.kind == kind::text) {
            e = judge_text(text_of(body, m), m, sizes, names, more, why);
        } else if (m.kind == kind::items) {
            e = judge_items(body, m, sizes, names, more, why);
        } else if (number_of(body, m) > number_max) {
            e = why(error::number_out_of_range, m.name, number_max, number_of(body, m));
        }
        if (e != error::none) return e;
    }
    return error::none;
}

}  // namespace chatroom::detail
