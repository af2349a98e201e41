#include <cstring>

#include "protocol.hpp"

namespace chatroom::detail {

// For people at a terminal. A line is said in the session's room; /op arg … key=value is a
// command, its arguments in the order of the description; // says a line that begins with /.

static bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

static std::string_view trimmed(std::string_view line) noexcept {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || is_space(line.back()))) {
        line.remove_suffix(1);
    }
    return line;
}

static std::string_view next_word(std::string_view& line) noexcept {
    while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
    std::size_t n = 0;
    while (n < line.size() && !is_space(line[n])) ++n;
    const std::string_view word{line.data(), n};
    line.remove_prefix(n);
    return word;
}

static error set_from_word(void* body, const described_member& m, std::string_view word,
                           fault& why) noexcept {
    u64 value = 0;
    if (m.kind == kind::text) {
        text_of(body, m) = word;
        return error::none;
    }
    if (m.kind == kind::choice) {
        const char* const* names = static_cast<const char* const*>(m.extra);
        while (names[value] != nullptr && view(names[value]) != word) ++value;
        if (names[value] == nullptr) return why(error::member_invalid, m.name);
    } else if (m.kind == kind::flag) {
        if (word != "yes" && word != "no") return why(error::member_invalid, m.name);
        value = word == "yes" ? 1 : 0;
    } else {
        if (word.empty() || word.size() > 16) return why(error::member_invalid, m.name);
        for (char c : word) {
            if (c < '0' || c > '9') return why(error::member_invalid, m.name);
            value = value * 10 + static_cast<u64>(c - '0');
        }
    }
    return set_number(body, m, value) ? error::none
                                      : why(error::number_out_of_range, m.name, 0, value);
}

// The member that a word of the form key=value names; its value is then in `word`.
static const described_member* named_member(const described& shape,
                                            std::string_view& word) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const std::string_view name = view(shape.members[i].name);
        if (word.size() <= name.size() || word[name.size()] != '=' ||
            std::memcmp(word.data(), name.data(), name.size()) != 0) {
            continue;
        }
        word.remove_prefix(name.size() + 1);
        return &shape.members[i];
    }
    return nullptr;
}

static error read_arguments(const described& shape, std::string_view line, void* body,
                            fault& why) noexcept {
    u32 position = 0;
    for (;;) {
        while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
        if (line.empty()) return error::none;
        std::string_view after = line;
        std::string_view word = next_word(after);
        const described_member* m = named_member(shape, word);
        if (m == nullptr) {
            if (position == shape.count) {
                why(error::frame_malformed);
                why.found = word;
                return why.why;
            }
            m = &shape.members[position++];
            if ((m->flags & rest) != 0) {
                word = line;
                after = {};
            }
        } else if ((m->flags & rest) != 0) {
            word = {word.data(), static_cast<std::size_t>(line.data() + line.size() - word.data())};
            after = {};
        }
        if (error e = set_from_word(body, *m, word, why); e != error::none) return e;
        line = after;
    }
}

static error say(const dispatch& known, std::string_view line, scratch& more, decoded& out,
                 fault& why) noexcept {
    const command_rule* rule = known.find(command_type::post);
    if (begin_command(rule, "post", more, out, why) != error::none) return why.why;
    static_cast<post*>(out.body)->text = line;
    return error::none;
}

static error lines_decode(const dispatch& known, std::string_view frame, scratch& more,
                          decoded& out, fault& why) {
    std::string_view line = trimmed(frame);
    const std::size_t bad = utf8_invalid_at(line);
    if (bad != line.size()) {
        why(error::frame_malformed);
        why.at = bad + 1;
        return why.why;
    }
    if (line.empty() || line.front() != '/') return say(known, line, more, out, why);
    line.remove_prefix(1);
    if (!line.empty() && line.front() == '/') return say(known, line, more, out, why);
    const std::string_view op = next_word(line);
    out.help = op == "help";
    if (out.help) return error::none;
    const command_rule* rule = known.find(op);
    if (begin_command(rule, op, more, out, why) != error::none) return why.why;
    return read_arguments(*rule->shape, line, out.body, why);
}

// A line for every event. No byte of a text can begin another line.

static void put(byte_writer& to, std::string_view text) noexcept {
    to.bytes(text.data(), text.size());
}

static void put_number(byte_writer& to, u64 value) noexcept {
    char digits[20];
    std::size_t n = sizeof digits;
    do {
        u32 digit = 0;
        value = divide_small(value, 10, digit);
        digits[--n] = static_cast<char>('0' + digit);
    } while (value != 0);
    to.bytes(digits + n, sizeof digits - n);
}

static void put_words(byte_writer& to, std::string_view text) noexcept {
    for (char c : text) {
        const char shown = static_cast<unsigned char>(c) < ' ' ? ' ' : c;
        to.bytes(&shown, 1);
    }
}

static bool has_space(std::string_view text) noexcept {
    for (char c : text) {
        if (static_cast<unsigned char>(c) <= ' ') return true;
    }
    return false;
}

static void put_value(byte_writer& to, const void* body, const described_member& m) noexcept {
    switch (m.kind) {
    case kind::text: {
        const bool quoted = has_space(text_of(body, m));
        if (quoted) put(to, "\"");
        put_words(to, text_of(body, m));
        if (quoted) put(to, "\"");
        break;
    }
    case kind::flag: put(to, number_of(body, m) != 0 ? "yes" : "no"); break;
    case kind::choice:
        put(to, view(static_cast<const char* const*>(m.extra)[number_of(body, m)]));
        break;
    default: put_number(to, number_of(body, m)); break;
    }
}

static void put_element(byte_writer& to, const described& shape, const void* body) noexcept {
    put(to, "\n ");
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (is_absent(body, m)) continue;
        put(to, " ");
        put(to, view(m.name));
        put(to, "=");
        put_value(to, body, m);
    }
}

static void put_event(byte_writer& to, const described& shape, const void* body) noexcept {
    put(to, "* ");
    put(to, view(shape.name));
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (is_absent(body, m) && (m.flags & always) == 0) continue;
        if (m.kind != kind::items) {
            put(to, " ");
            put(to, view(m.name));
            put(to, "=");
            put_value(to, body, m);
            continue;
        }
        const any_list items = items_of(body, m);
        const described& element = *static_cast<const described*>(m.extra);
        for (std::size_t at = 0; at < items.size; ++at) {
            put_element(to, element, static_cast<const char*>(items.data) + at * element.bytes);
        }
        if (items.size != 0) put(to, "\n *");
    }
}

static void put_message(byte_writer& to, const message& m) noexcept {
    put(to, "[");
    put(to, m.room);
    put(to, " ");
    put_number(to, m.number);
    put(to, m.kind == message_kind::emote ? "] * " : "] ");
    put_words(to, m.user == 0 ? std::string_view("(host)") : m.nick);
    put(to, m.kind == message_kind::emote ? " " : ": ");
    if (m.bytes != 0) {
        put(to, "(too long: bytes=");
        put_number(to, m.bytes);
        put(to, ")");
    }
    put_words(to, m.text);
}

static std::size_t lines_encode(const event& what, char* out, std::size_t capacity) {
    byte_writer to{out, capacity};
    if (const message* m = what.as<message>(); m != nullptr) {
        put_message(to, *m);
    } else {
        put_event(to, *describe(what.type), what.body);
    }
    put(to, "\n");
    return to.full ? 0 : to.size;
}

// What can be typed, out of the descriptions.
static std::size_t lines_help(const dispatch& known, char* out, std::size_t capacity) {
    byte_writer to{out, capacity};
    put(to, "A line is said in the room you joined last. Commands:");
    for (const feature* f : known.features) {
        for (u32 r = 0; r < f->count; ++r) {
            if ((f->rules[r].flags & (host_only | engine_only)) != 0) continue;
            const described& shape = *f->rules[r].shape;
            put(to, "\n  /");
            put(to, view(shape.name));
            for (u32 i = 0; i < shape.count; ++i) {
                const described_member& m = shape.members[i];
                if (m.kind == kind::items) continue;
                put(to, (m.flags & mandatory) != 0 ? " " : " [");
                put(to, view(m.name));
                if ((m.flags & mandatory) == 0) put(to, "]");
            }
        }
    }
    put(to, "\n");
    return to.full ? 0 : to.size;
}

}  // namespace chatroom::detail

namespace chatroom::codecs {

const codec& lines() noexcept {
    static constexpr codec all{wire::lines, detail::lines_decode, detail::lines_encode,
                               detail::lines_help};
    return all;
}

}  // namespace chatroom::codecs
