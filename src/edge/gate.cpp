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

namespace {

struct gate {
    const limits& sizes;
    scratch& more;
    fault& why;
    const text_rules* names;
    bool tokens;   ///< They stay out of records.
    error (*judge_words)(gate& at, std::string_view& text, const described_member& m);

    error judge_text(std::string_view& text, const described_member& m) noexcept;
    error judge_member(void* body, const described_member& m) noexcept;
    error judge_element(const described& shape, void* body) noexcept;
    error judge_items(void* body, const described_member& m) noexcept;
    error judge(const described& shape, void* body) noexcept;
};

}  // namespace

static error judge_room_name(gate& at, std::string_view& text, const described_member& m) noexcept {
    if (!small_code && room_name_is_plain(text)) return error::none;
    const u32 most = at.sizes.room_name_bytes_max;
    char* const folded = static_cast<char*>(at.more.take(most));
    const std::size_t size = folded == nullptr ? 0 : room_name_fold(text, *at.names, folded, most);
    if (size == 0) return at.why(error::room_name_invalid, m.name);
    if (size == size_short) return at.why(error::member_too_long, m.name, most, 0);
    text = {folded, size};
    return error::none;
}

static error judge_said(gate& at, std::string_view& text, const described_member& m) {
    if (m.bound == bound::room_name) return judge_room_name(at, text, m);
    if (m.bound == bound::nick) {
        const text_finding found = nick_fault(text, *at.names);
        if (found.flaw == text_flaw::none) return error::none;
        at.why.at = found.offset + 1;
        return at.why(error::nick_invalid, m.name);
    }
    const std::size_t bad = text_fault(text);
    if (bad == text.size()) return error::none;
    at.why.at = bad + 1;
    return at.why(error::text_invalid, m.name);
}

// A text of a record was judged when it was said, by rules that may have changed since; but it is
// still text, and names are still on one line.
static error judge_kept(gate& at, std::string_view& text, const described_member& m) {
    const bool name = m.bound == bound::nick || m.bound == bound::room_name;
    bool bad = m.bound != bound::open && text_fault(text) != text.size();
    if (name) {
        for (char c : text) bad = bad || static_cast<unsigned char>(c) < ' ';
    }
    return bad ? at.why(error::text_invalid, m.name) : error::none;
}

error gate::judge_text(std::string_view& text, const described_member& m) noexcept {
    if (text.empty()) {
        const bool needed = (m.flags & mandatory) != 0 && (tokens || m.bound != bound::token);
        return needed ? why(error::member_missing, m.name) : error::none;
    }
    const u32 most = bytes_max(m.bound, sizes);
    if (text.size() > most) return why(error::member_too_long, m.name, most, text.size());
    if (m.bound == bound::identity || m.bound == bound::token) return error::none;
    return judge_words(*this, text, m);
}

error gate::judge_member(void* body, const described_member& m) noexcept {
    constexpr u64 number_max = (u64{1} << 53) - 1;
    if (m.kind == kind::text) return judge_text(text_of(body, m), m);
    if (m.kind != kind::u64_number) return error::none;   // The others hold no larger one.
    const u64 number = number_of(body, m);
    if (number <= number_max) return error::none;
    return why(error::number_out_of_range, m.name, number_max, number);
}

error gate::judge_element(const described& shape, void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        if (const error e = judge_member(body, shape.members[i]); e != error::none) return e;
    }
    return error::none;
}

error gate::judge_items(void* body, const described_member& m) noexcept {
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
        const error e = judge_element(element, copy + at * element.bytes);
        if (e != error::none) return e;
    }
    set_items(body, m, {copy, items.size});
    return error::none;
}

error gate::judge(const described& shape, void* body) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        const error e = m.kind == kind::items ? judge_items(body, m) : judge_member(body, m);
        if (e != error::none) return e;
    }
    return error::none;
}

error judge(const described& shape, void* body, const limits& sizes, const text_rules& names,
            scratch& more, fault& why) noexcept {
    return gate{sizes, more, why, &names, true, judge_said}.judge(shape, body);
}

error judge_stored(const described& shape, void* body, const limits& sizes, scratch& more,
                   fault& why) noexcept {
    return gate{sizes, more, why, nullptr, false, judge_kept}.judge(shape, body);
}

}  // namespace chatroom::detail
