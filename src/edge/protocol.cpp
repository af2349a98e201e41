#include "protocol.hpp"

#include <cstring>

#include "../base/json.hpp"

namespace chatroom::detail {

// Dispatch.

// The commands of a feature stand by their types.
const command_rule* dispatch::find(command_type type) const noexcept {
    for (std::size_t f = 0; f <= features.size; ++f) {
        const feature& in = f < features.size ? *features[f] : *server;
        if (!small_code && (type < in.rules[0].type || type > in.rules[in.count - 1].type)) {
            continue;
        }
        for (u32 i = 0; i < in.count; ++i) {
            if (in.rules[i].type == type) return &in.rules[i];
        }
    }
    return nullptr;
}

const command_rule* dispatch::find(std::string_view op) const noexcept {
    for (std::size_t f = 0; f <= features.size; ++f) {
        const feature& in = f < features.size ? *features[f] : *server;
        const command_rule* const end = in.rules + in.count;
        for (const command_rule* rule = in.rules; rule != end; ++rule) {
            if ((rule->flags & engine_only) != 0) continue;
            if (is_same_text(op, rule->shape->called())) return rule;
        }
    }
    return nullptr;
}

error begin_command(const command_rule* rule, std::string_view op, scratch& more, decoded& out,
                    fault& why) noexcept {
    if (rule == nullptr) {
        why(error::op_unknown, "op");
        why.found = op;
        return why.error;
    }
    out.rule = rule;
    out.body = more.take(rule->shape->bytes);
    if (out.body == nullptr) return why(error::frame_too_long);
    std::memset(out.body, 0, rule->shape->bytes);   // Every member is 0 or empty by default.
    return error::none;
}

void fill_room(const described& shape, void* body, std::string_view room) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (m.bound == bound::room_name && m.kind == kind::text && text_of(body, m).empty()) {
            text_of(body, m) = room;
        }
    }
}

error check_named(const described& shape, u32 named, fault& why) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        const bool needed = (m.flags & mandatory) != 0 && m.kind != kind::text;
        if (needed && (named & bit_of(m)) == 0) return why(error::member_missing, m.name);
    }
    return error::none;
}

// JSON in.

constexpr u32 json_members_max = 16;
constexpr u32 json_element_members_max = 8;

// Places for members, as they are: the reader fills those that it counts, and clearing all of
// them would take as long as reading.
static json_member* borrow_members(scratch& more, u32 count) noexcept {
    return static_cast<json_member*>(more.borrow(count * sizeof(json_member)));
}
static_assert((json_members_max + json_element_members_max) * sizeof(json_member) <=
              frame_facts_bytes);

static error bad_value(const described_member& m, const json_member& from, fault& why) noexcept {
    why(error::member_invalid, m.name);
    why.at = from.offset + u64{1};
    return why.error;
}

bool find_choice(const described_member& m, std::string_view name, u64& value) noexcept {
    const char* const* names = static_cast<const char* const*>(m.extra);
    for (value = 0; names[value] != nullptr; ++value) {
        if (view(names[value]) == name) return true;
    }
    return false;
}

static error read_text(const json_member& from, scratch& more, std::string_view& text) noexcept {
    if (from.kind != json_kind::string) return error::member_invalid;
    text = from.value;
    if (!from.escaped) return error::none;
    char* const room = static_cast<char*>(more.take(text.size()));
    if (room == nullptr) return error::frame_too_long;
    return json_string(from, room, text.size(), text) ? error::none : error::member_invalid;
}

error read_json_value(const json_member& from, void* body, const described_member& m,
                      scratch& more, fault& why) noexcept {
    if (from.kind == json_kind::null) return error::none;   // As if it were not there.
    if (!small_code && m.kind == kind::text && from.kind == json_kind::string && !from.escaped) {
        text_of(body, m) = from.value;   // Mostly.
        return error::none;
    }
    i64 number = 0;
    bool flag = false;
    u64 value = 0;
    std::string_view text;
    switch (m.kind) {
    case kind::text:
    case kind::choice:
        if (error e = read_text(from, more, text); e != error::none) {
            return e == error::member_invalid ? bad_value(m, from, why) : why(e);
        }
        if (m.kind == kind::text) {
            text_of(body, m) = text;
            return error::none;
        }
        if (!find_choice(m, text, value)) return bad_value(m, from, why);
        break;
    case kind::flag:
        if (!json_bool(from, flag)) return bad_value(m, from, why);
        value = flag ? 1 : 0;
        break;
    default:
        if (!json_integer(from, number)) return bad_value(m, from, why);
        if (number < 0) return why(error::number_out_of_range, m.name, 0, 0);
        value = static_cast<u64>(number);
        break;
    }
    if (set_number(body, m, value)) return error::none;
    return why(error::number_out_of_range, m.name, 0xffffffffu, value);
}

const described_member* find_json_member(const described& shape,
                                         const json_member& from) noexcept {
    const described_member* const end = shape.members + shape.count;
    for (const described_member* m = shape.members; m != end; ++m) {
        if (json_name_is(from, m->called())) return m;
    }
    return nullptr;   // Unknown members are for later versions.
}

static error json_error(json_result found, u64 base, fault& why) noexcept {
    static constexpr const char* const texts[] = {
        "",           "not an object",         "unexpected byte", "unterminated",
        "bad escape", "bad UTF-8",         "control",         "bad number",
        "too deep",   "duplicate member", "too many members", "trailing bytes"};
    why(error::frame_malformed);
    why.at = base + found.offset + 1;
    why.found = view(texts[static_cast<u32>(found.fault)]);
    return why.error;
}

// @param members  room for the element's; the next element has it then
static error read_element(const json_member& from, const described& shape, void* body,
                          json_member* members, scratch& more, fault& why) noexcept {
    u32 count = 0;
    const json_result found =
        json_read_object(from.value, members, json_element_members_max, count);
    if (found.fault != json_fault::none) return json_error(found, from.offset, why);
    for (u32 i = 0; i < count; ++i) {
        const described_member* m = find_json_member(shape, members[i]);
        if (m == nullptr) continue;
        if (error e = read_json_value(members[i], body, *m, more, why); e != error::none) {
            if (why.at != 0) why.at += from.offset;
            return e;
        }
    }
    return error::none;
}

static error read_items(const json_member& from, void* body, const described_member& m,
                        scratch& more, fault& why) noexcept {
    if (from.kind == json_kind::null) return error::none;
    if (from.kind != json_kind::array) return bad_value(m, from, why);
    const described& element = *static_cast<const described*>(m.extra);
    std::size_t count = 0;
    json_member item;
    for (u32 at = 0; json_next_element(from.value, at, item);) ++count;
    const std::size_t bytes = count * element.bytes;
    char* const data = static_cast<char*>(more.take(bytes));
    json_member* const members = borrow_members(more, json_element_members_max);
    if (data == nullptr || members == nullptr) return why(error::member_too_long, m.name, 0, count);
    std::memset(data, 0, bytes);
    std::size_t n = 0;
    for (u32 at = 0; json_next_element(from.value, at, item); ++n) {
        item.offset += from.offset;
        error e = read_element(item, element, data + n * element.bytes, members, more, why);
        if (e != error::none) return e;
    }
    set_items(body, m, {data, count});
    return error::none;
}

static error read_command(const dispatch& known, std::string_view frame, scratch& more,
                          decoded& out, fault& why) noexcept {
    json_member* const members = borrow_members(more, json_members_max);
    if (members == nullptr) return why(error::frame_too_long);
    u32 count = 0;
    const json_result found = json_read_object(frame, members, json_members_max, count);
    if (found.fault != json_fault::none) return json_error(found, 0, why);
    const json_member* op = nullptr;
    for (u32 i = 0; i < count; ++i) {
        const json_member& m = members[i];
        if (m.kind == json_kind::null) continue;   // As if it were not there.
        if (json_name_is(m, {"op", 2})) {
            op = &m;
        } else if (json_name_is(m, {"ref", 3})) {
            i64 ref = 0;
            if (!json_integer(m, ref) || ref <= 0) {
                why(error::member_invalid, "ref");
                why.at = m.offset + u64{1};
                return why.error;
            }
            out.ref = static_cast<u64>(ref);
        }
    }
    std::string_view name;
    if (op == nullptr) return why(error::op_missing, "op");
    if (read_text(*op, more, name) != error::none) {
        why(error::member_invalid, "op");
        why.at = op->offset + u64{1};
        return why.error;
    }
    if (begin_command(known.find(name), name, more, out, why) != error::none) {
        why.at = op->offset + u64{1};
        return why.error;
    }
    u32 named = 0;
    for (u32 i = 0; i < count; ++i) {
        if (&members[i] == op) continue;
        const described_member* m = find_json_member(*out.rule->shape, members[i]);
        if (m == nullptr) continue;
        if (members[i].kind != json_kind::null) named |= bit_of(*m);
        const error e = m->kind == kind::items
                            ? read_items(members[i], out.body, *m, more, why)
                            : read_json_value(members[i], out.body, *m, more, why);
        if (e != error::none) return e;
    }
    return check_named(*out.rule->shape, named, why);
}

static error json_decode(const dispatch& known, std::string_view frame, scratch& more,
                         decoded& out, fault& why) {
    const std::size_t capacity = more.capacity;
    const error e = read_command(known, frame, more, out, why);
    more.capacity = capacity;
    return e;
}

// JSON out.

// Copies a name; there is room for any.
static char* put_word(char* at, const char* name, u32 size) noexcept {
    std::memcpy(at, name, small_code ? size : word_bytes);
    return at + size;
}

// Begins a member, with a comma where another one stands before it.
static void write_name(json_writer& to, const described_member& m) noexcept {
    if (to.room() < word_bytes + 4) return to.overflow();   // Some more than it takes.
    char* at = to.at;
    if (at[-1] != '{') *at++ = ',';
    *at++ = '"';
    at = put_word(at, m.name, m.name_size);
    *at++ = '"';
    *at++ = ':';
    to.at = at;
}

// Writes a member that is no list, if there is something to tell.
static void write_member(json_writer& to, const void* body, const described_member& m) noexcept {
    if (m.kind == kind::text) {
        const std::string_view text = text_of(body, m);
        if (text.empty() && (m.flags & always) == 0) return;
        write_name(to, m);
        return to.string(text);
    }
    const u64 value = number_of(body, m);
    if (value == 0 && (m.flags & (always | mandatory)) == 0) return;
    write_name(to, m);
    const error code = static_cast<error>(value);
    switch (m.kind) {
    case kind::flag: return to.boolean(value != 0);
    case kind::error_name: return to.string(view(server_error_name(code)));
    case kind::error_text: return to.string(view(server_error_text(code)));
    case kind::choice:
        return to.string(view(static_cast<const char* const*>(m.extra)[value]));
    default: return to.number(value);
    }
}

static void write_items(json_writer& to, const void* body, const described_member& m) noexcept {
    const any_list items = items_of(body, m);
    if (items.size == 0 && (m.flags & always) == 0) return;
    write_name(to, m);
    const described& element = *static_cast<const described*>(m.extra);
    const char* each = static_cast<const char*>(items.data);
    to.raw('[');
    for (std::size_t i = 0; i < items.size && !to.full; ++i, each += element.bytes) {
        if (i != 0) to.raw(',');
        to.raw('{');
        for (u32 n = 0; n < element.count; ++n) write_member(to, each, element.members[n]);
        to.raw('}');
    }
    to.raw(']');
}

std::size_t write_json_frame(const described& shape, const void* body, char* out,
                             std::size_t capacity) noexcept {
    json_writer to{out, out + capacity};
    to.raw("{\"op\":\"");
    if (!small_code && to.room() >= word_bytes) {
        to.at = put_word(to.at, shape.name, shape.name_size);
    } else {
        to.raw(shape.called());
    }
    to.raw('"');
    const described_member* const end = shape.members + shape.count;
    for (const described_member* m = shape.members; m != end; ++m) {
        if (m->kind == kind::items) {
            write_items(to, body, *m);
        } else {
            write_member(to, body, *m);
        }
    }
    to.raw('}');
    return to.full ? 0 : static_cast<std::size_t>(to.at - out);
}

static std::size_t json_encode(const event& what, char* out, std::size_t capacity) {
    return write_json_frame(*describe(what.type), what.body, out, capacity);
}

// Binary: the encoding of records behind a type and a ref.

static error binary_decode(const dispatch& known, std::string_view frame, scratch& more,
                           decoded& out, fault& why) {
    byte_reader from{frame.data(), frame.data() + frame.size()};
    const u64 type = from.number();
    out.ref = from.number();
    const command_rule* rule = type <= 0xffff ? known.find(static_cast<command_type>(type))
                                              : nullptr;
    if (from.bad) {
        why(error::frame_malformed);
        why.at = static_cast<u64>(from.at - frame.data()) + 1;
        return why.error;
    }
    if (rule != nullptr && (rule->flags & engine_only) != 0) rule = nullptr;
    if (begin_command(rule, {}, more, out, why) != error::none) return why.error;
    if (decode_members(from, *rule->shape, out.body, more) && from.at == from.end) {
        return error::none;
    }
    why(error::frame_malformed);
    why.at = static_cast<u64>(from.at - frame.data()) + 1;
    return why.error;
}

static std::size_t binary_encode(const event& what, char* out, std::size_t capacity) {
    byte_writer to{out, capacity};
    to.number(static_cast<u64>(what.type));
    encode_members(to, *describe(what.type), what.body);
    return to.full ? 0 : to.size;
}

}  // namespace chatroom::detail

namespace chatroom::codecs {

const codec& json() noexcept {
    static constexpr codec all{wire::json, detail::json_decode, detail::json_encode,
                               nullptr, detail::frames};
    return all;
}

const codec& binary() noexcept {
    static constexpr codec all{wire::binary, detail::binary_decode, detail::binary_encode,
                               nullptr, detail::frames};
    return all;
}

}  // namespace chatroom::codecs
