#include "wire.hpp"

#include <cstring>

#include "../base/text.hpp"

namespace chatroom::detail {

template <typename Matches>
static const described* find_event(Matches matches) noexcept {
    const described* const* shape = all_events();
    while (*shape != nullptr && !matches(**shape)) ++shape;
    return *shape;
}

static void begin_event(const described* shape, incoming& out) noexcept {
    out.shape = shape;
    out.element = nullptr;
    std::memset(out.body, 0, sizeof out.body);   // Every member is 0 or empty by default.
}

// JSON.

// An error is told by its name and its number. The name counts; the number is for names that
// this version does not know.
static void read_error_name(const json_member& from, void* body, const described_member& m,
                            scratch& texts) noexcept {
    constexpr u32 numbers = 128;
    char* const room = static_cast<char*>(texts.take(from.value.size()));
    std::string_view name;
    if (room == nullptr || !json_string(from, room, from.value.size(), name)) return;
    for (u32 number = 1; number < numbers; ++number) {
        if (view(server_error_name(static_cast<error>(number))) != name) continue;
        if (name != view("unknown")) std::memcpy(at_offset(body, m), &number, sizeof number);
        return;
    }
}

static void read_json_member(const json_member& from, void* body, const described_member& m,
                             scratch& texts) noexcept {
    if (m.kind == kind::error_text || m.kind == kind::items) return;
    if (m.kind == kind::error_name) return read_error_name(from, body, m, texts);
    fault ignored;
    const bool known = m.kind == kind::i32_number && number_of(body, m) != 0;
    if (known || read_json_value(from, body, m, texts, ignored) == error::none) return;
    if (m.kind != kind::text) set_number(body, m, 0);
}

static void take_json_list(const json_member& from, const described_member& m,
                           incoming& out) noexcept {
    if (from.kind != json_kind::array) return;
    out.element = static_cast<const described*>(m.extra);
    out.items = from.value;
}

static bool read_json(std::string_view frame, frame_memory& more, incoming& out) {
    more.texts.used = more.texts_of_frame = 0;
    begin_event(nullptr, out);
    u32 count = 0;
    const json_result found = json_read_object(frame, more.members, json_places, count);
    if (found.fault != json_fault::none) return false;
    for (u32 i = 0; i < count; ++i) {
        const json_member& op = more.members[i];
        if (!json_name_is(op, view("op")) || op.kind != json_kind::string || op.escaped) continue;
        begin_event(find_event([&op](const described& shape) noexcept {
                        return is_text(shape.name, op.value);
                    }), out);
    }
    if (out.shape == nullptr) return true;
    for (u32 i = 0; i < count; ++i) {
        const described_member* m = find_json_member(*out.shape, more.members[i]);
        if (m == nullptr) continue;
        if (m->kind == kind::items) take_json_list(more.members[i], *m, out);
        read_json_member(more.members[i], out.body, *m, more.texts);
    }
    more.texts_of_frame = more.texts.used;
    return true;
}

static bool next_json(const incoming& in, u32& at, frame_memory& more, void* element) {
    json_member item;
    if (!json_next_element(in.items, at, item)) return false;
    more.texts.used = more.texts_of_frame;
    u32 count = 0;
    if (item.kind != json_kind::object ||
        json_read_object(item.value, more.elements, json_places, count).fault !=
            json_fault::none) {
        return true;
    }
    for (u32 i = 0; i < count; ++i) {
        const described_member* m = find_json_member(*in.element, more.elements[i]);
        if (m != nullptr) read_json_member(more.elements[i], element, *m, more.texts);
    }
    return true;
}

static std::size_t write_json(const described& shape, const void* body, u64 ref, char* out,
                              std::size_t capacity) {
    const std::size_t size = write_json_frame(shape, body, out, capacity);
    if (size == 0) return 0;
    json_writer to{out + size - 1, out + capacity};   // Over the brace at its end.
    to.raw(",\"ref\":");
    to.number(ref);
    to.raw('}');
    return to.full ? 0 : static_cast<std::size_t>(to.at - out);
}

// Binary: the encoding of records behind a type, and behind a command's type its ref.

// What JSON has no way to say, here has to be looked at.
static void drop_bad_values(const described& shape, void* body) noexcept {
    constexpr u64 numbers_end = u64{1} << 53;
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (m.kind == kind::u64_number && number_of(body, m) >= numbers_end) {
            set_number(body, m, 0);
        }
        if (m.kind != kind::text) continue;
        std::string_view& text = text_of(body, m);
        if (utf8_invalid_at(text) != text.size()) text = {};
    }
}

static bool skip_elements(byte_reader& from, const described_member& m, incoming& out) noexcept {
    const u64 count = from.number();
    alignas(8) char element[sizeof(message)];
    const char* const first = from.at;
    out.element = static_cast<const described*>(m.extra);
    for (u64 i = 0; i < count; ++i) {
        std::memset(element, 0, sizeof element);
        if (from.bad || !decode_element(from, *out.element, element)) return false;
    }
    out.items = {first, static_cast<std::size_t>(from.at - first)};
    return !from.bad;
}

static bool read_binary(std::string_view frame, frame_memory&, incoming& out) {
    byte_reader from{frame.data(), frame.data() + frame.size()};
    const u64 type = from.number();
    begin_event(find_event([type](const described& shape) noexcept { return shape.type == type; }),
                out);
    if (from.bad || out.shape == nullptr) return !from.bad;
    for (u64 tag = 0; (tag = from.number()) != 0;) {
        const described_member* m = find_tag(*out.shape, tag);
        if (m == nullptr || is_derived(*m)) return false;
        const bool good = m->kind == kind::items ? skip_elements(from, *m, out)
                                                 : decode_value(from, out.body, *m);
        if (!good) return false;
    }
    drop_bad_values(*out.shape, out.body);
    return !from.bad && from.at == from.end;
}

static bool next_binary(const incoming& in, u32& at, frame_memory&, void* element) {
    if (at == in.items.size()) return false;
    byte_reader from{in.items.data() + at, in.items.data() + in.items.size()};
    decode_element(from, *in.element, element);
    drop_bad_values(*in.element, element);
    at = static_cast<u32>(from.at - in.items.data());
    return true;
}

static std::size_t write_binary(const described& shape, const void* body, u64 ref, char* out,
                                std::size_t capacity) {
    byte_writer to{out, capacity};
    to.number(shape.type);
    to.number(ref);
    encode_members(to, shape, body);
    return to.full ? 0 : to.size;
}

}  // namespace chatroom::detail

namespace chatroom::client_codecs {

const client_codec& json() noexcept {
    static constexpr client_codec all{detail::read_json, detail::next_json, detail::write_json};
    return all;
}

const client_codec& binary() noexcept {
    static constexpr client_codec all{detail::read_binary, detail::next_binary,
                                      detail::write_binary};
    return all;
}

}  // namespace chatroom::client_codecs
