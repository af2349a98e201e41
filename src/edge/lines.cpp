#include <cstring>

#include "protocol.hpp"

namespace chatroom::detail {

// For people at a terminal. A line is said in the session's room; /op arg … key=value is a
// command, its arguments in the order of the description; // says a line that begins with /.

static bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

static std::string_view trimmed(std::string_view line) noexcept {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || is_space(line.back()))) {
        line.remove_suffix(1);
    }
    return line;
}

static void skip_spaces(std::string_view& line) noexcept {
    while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
}

// A word ends at a space that no quotes hold, as in "some words" and title="some words". Quotes
// around all of it, or around its value, are taken off where it is used.
static std::string_view next_word(std::string_view& line) noexcept {
    skip_spaces(line);
    std::size_t n = 0;
    for (bool quoted = false; n < line.size() && (quoted || !is_space(line[n])); ++n) {
        const bool opens = n == 0 || line[n - 1] == '=';
        if (line[n] == '"' && (quoted || opens)) quoted = !quoted;
    }
    const std::string_view word{line.data(), n};
    line.remove_prefix(n);
    return word;
}

static std::string_view unquoted(std::string_view word) noexcept {
    if (word.empty() || word.front() != '"') return word;
    word.remove_prefix(1);
    if (!word.empty() && word.back() == '"') word.remove_suffix(1);
    return word;
}

static bool read_digits(std::string_view word, u64& value) noexcept {
    value = 0;
    if (word.empty() || word.size() > 16) return false;
    for (char c : word) {
        if (!is_digit(c)) return false;
        value = value * 10 + static_cast<u64>(c - '0');
    }
    return true;
}

// What a word stands for where a number, a choice, yes or no is due.
static bool read_word(const described_member& m, std::string_view word, u64& value) noexcept {
    switch (m.kind) {
    case kind::items: return false;   // There are no words for these.
    case kind::choice: return find_choice(m, word, value);
    case kind::flag: value = is_text("yes", word) ? 1 : 0; return value != 0 || is_text("no", word);
    default: return read_digits(word, value);
    }
}

static error set_from_word(void* body, const described_member& m, std::string_view word,
                           fault& why) noexcept {
    if (m.kind == kind::text) {
        text_of(body, m) = word;
        return error::none;
    }
    u64 value = 0;
    if (!read_word(m, word, value)) {
        why.found = word;
        return why(error::member_invalid, m.name);
    }
    if (set_number(body, m, value)) return error::none;
    return why(error::number_out_of_range, m.name, 0xffffffffu, value);
}

// The member that a word of the form key=value names; its value is then in `word`.
static const described_member* named_member(const described& shape,
                                            std::string_view& word) noexcept {
    for (u32 i = 0; i < shape.count; ++i) {
        const std::string_view name = shape.members[i].called();
        if (word.size() <= name.size() || word[name.size()] != '=' ||
            std::memcmp(word.data(), name.data(), name.size()) != 0) {
            continue;
        }
        word.remove_prefix(name.size() + 1);
        return &shape.members[i];
    }
    return nullptr;
}

// The member at a position. A number where a choice is due is meant for the limit, as in
// `/history lobby 5`.
static const described_member* next_member(const described& shape, u32& position,
                                           std::string_view word) noexcept {
    while (position < shape.count && shape.members[position].kind == kind::items) ++position;
    if (position == shape.count) return nullptr;
    const described_member* m = &shape.members[position++];
    if (m->kind != kind::choice || word.empty() || !is_digit(word.front())) return m;
    for (u32 i = position; i < shape.count; ++i) {
        if (is_text("limit", shape.members[i].called())) return &shape.members[i];
    }
    return m;
}

static error read_arguments(const described& shape, std::string_view line, void* body,
                            fault& why) noexcept {
    const char* const end = line.data() + line.size();
    u32 position = 0;
    u32 named = 0;
    for (;;) {
        std::string_view word = next_word(line);
        if (word.empty()) return check_named(shape, named, why);
        const described_member* m = named_member(shape, word);
        if (m == nullptr) m = next_member(shape, position, word);
        if (m == nullptr) {
            why.found = word;
            return why(error::frame_malformed);
        }
        if ((m->flags & rest) != 0) {
            word = {word.data(), static_cast<std::size_t>(end - word.data())};
            line = {};
        } else {
            word = unquoted(word);
        }
        if (error e = set_from_word(body, *m, word, why); e != error::none) return e;
        named |= bit_of(*m);
    }
}

// Commands whose events say it all, so that the reply is left out. Not so where a post has a nonce:
// a resend makes no event.
static bool tells_itself(command_type type, const void* body) noexcept {
    if (type == command_type::post) return static_cast<const post*>(body)->nonce.empty();
    return type == command_type::create || type == command_type::join ||
           type == command_type::leave || type == command_type::nick;
}

// What a line is, before anybody knows whether its command exists.
enum class line_kind : u8 { nothing, help, text, emote, command };

struct line_parts {
    line_kind kind;
    std::string_view op{};
    std::string_view tail{};   // The arguments, or what is said.
};

static line_parts split_line(std::string_view line) noexcept {
    if (line.empty()) return {line_kind::nothing};
    if (line.front() == '/') {
        line.remove_prefix(1);
        if (line.empty() || line.front() != '/') {
            const std::string_view op = next_word(line);
            if (is_text("help", op)) return {line_kind::help};
            if (!is_text("me", op)) return {line_kind::command, op, line};
            skip_spaces(line);
            return {line_kind::emote, view("post"), line};
        }
    }
    return {line_kind::text, view("post"), line};
}

// @param line  all of it, in which a word that is wrong has its place
static error read_parts(const line_parts& parts, std::string_view line, const described& shape,
                        void* body, fault& why) noexcept {
    if (parts.kind == line_kind::command) {
        const error e = read_arguments(shape, parts.tail, body, why);
        const char* const wrong = why.found.data();
        if (wrong != nullptr) why.at = static_cast<u64>(wrong - line.data()) + 1;
        return e;
    }
    post& said = *static_cast<post*>(body);
    said.text = parts.tail;
    said.kind = parts.kind == line_kind::emote ? message_kind::emote : message_kind::text;
    return error::none;
}

static error judge_line(std::string_view line, fault& why) noexcept {
    const std::size_t bad = utf8_invalid_at(line);
    if (bad == line.size()) return error::none;
    why(error::frame_malformed);
    why.at = bad + 1;
    return why.error;
}

static error lines_decode(const dispatch& known, std::string_view frame, scratch& more,
                          decoded& out, fault& why) {
    const std::string_view line = trimmed(frame);
    if (error e = judge_line(line, why); e != error::none) return e;
    const line_parts parts = split_line(line);
    out.nothing = parts.kind == line_kind::nothing;
    out.help = parts.kind == line_kind::help;
    if (out.nothing || out.help) return error::none;
    const command_rule* rule = known.find(parts.op);
    if (begin_command(rule, parts.op, more, out, why) != error::none) return why.error;
    if (error e = read_parts(parts, line, *rule->shape, out.body, why); e != error::none) return e;
    out.quiet = tells_itself(rule->type, out.body);
    return error::none;
}

// For a client's text box, which knows every command that can be typed.

static const described* find_command(std::string_view op) noexcept {
    const described* const* each = all_commands();
    while (*each != nullptr && (*each)->called() != op) ++each;
    return *each;
}

static_assert(sizeof(post) <= sizeof(parsed_line::body) &&
              sizeof(create) <= sizeof(parsed_line::body), "the largest");

static error parse_typed(std::string_view room, std::string_view text, parsed_line& out,
                         fault& why) noexcept {
    const std::string_view line = trimmed(text);
    if (error e = judge_line(line, why); e != error::none) return e;
    const line_parts parts = split_line(line);
    out.help = parts.kind == line_kind::help;
    if (out.help || parts.kind == line_kind::nothing) return error::none;
    const described* const shape = find_command(parts.op);
    if (shape == nullptr) {
        why(error::op_unknown, "op");
        why.found = parts.op;
        return why.error;
    }
    if (error e = read_parts(parts, line, *shape, out.body, why); e != error::none) return e;
    if (takes_current_room(*shape)) fill_room(*shape, out.body, room);
    out.type = static_cast<command_type>(shape->type);
    return error::none;
}

// A line for every event. No byte of a text can begin another line.

static void put(byte_writer& to, std::string_view text) noexcept {
    to.bytes(text.data(), text.size());
}

// A literal, measured by the compiler.
template <std::size_t size>
static void put(byte_writer& to, const char (&literal)[size]) noexcept {
    to.bytes(literal, size - 1);
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

static void put_quoted(byte_writer& to, std::string_view text) noexcept {
    put(to, "\"");
    for (char c : text) {
        if (c == '"' || c == '\\') put(to, "\\");
        put_words(to, {&c, 1});
    }
    put(to, "\"");
}

static bool wants_quotes(std::string_view text) noexcept {
    for (char c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '"') return true;
    }
    return false;
}

static void put_value(byte_writer& to, const void* body, const described_member& m) noexcept {
    switch (m.kind) {
    case kind::text:
        if (wants_quotes(text_of(body, m))) {
            put_quoted(to, text_of(body, m));
        } else {
            put_words(to, text_of(body, m));
        }
        break;
    case kind::flag: put(to, view(number_of(body, m) != 0 ? "yes" : "no")); break;
    case kind::error_name:
        put(to, view(server_error_name(static_cast<error>(number_of(body, m)))));
        break;
    case kind::error_text:
        put(to, view(server_error_text(static_cast<error>(number_of(body, m)))));
        break;
    case kind::choice:
        put(to, view(static_cast<const char* const*>(m.extra)[number_of(body, m)]));
        break;
    default: put_number(to, number_of(body, m)); break;
    }
}

static void put_clock(byte_writer& to, u64 time) noexcept {
    u32 ignored = 0, minutes = 0;
    divide_small(divide_small(time, 60000, ignored), 1440, minutes);
    const char digits[] = {' ', static_cast<char>('0' + minutes / 600),
                           static_cast<char>('0' + minutes / 60 % 10), ':',
                           static_cast<char>('0' + minutes % 60 / 10),
                           static_cast<char>('0' + minutes % 10)};
    to.bytes(digits, sizeof digits);
}

// In pages with the time of the day, in UTC; what comes live comes now.
static void put_message(byte_writer& to, const message& m, std::string_view room) noexcept {
    put(to, "[");
    put_words(to, room);
    put(to, " ");
    put_number(to, m.number);
    if (m.room.empty()) put_clock(to, m.time);
    // No nick can be taken for the host: what it says has a mark that others never get.
    put(to, view(m.user == 0 ? "]! " : m.kind == message_kind::emote ? "] * " : "] "));
    put_words(to, m.user == 0 ? view("host") : m.nick);
    put(to, view(m.kind == message_kind::emote ? " " : ": "));
    if (m.bytes != 0) {
        put(to, "(too long: bytes=");
        put_number(to, m.bytes);
        put(to, ")");
    }
    put_words(to, m.text);
}

static void put_page(byte_writer& to, const history_page& page) noexcept {
    for (const message& m : page.messages) {
        put_message(to, m, page.room);
        put(to, "\n");
    }
    put(to, "* history room=");
    put_words(to, page.room);
    put(to, " first=");
    put_number(to, page.first);
    put(to, " last=");
    put_number(to, page.last);
    put(to, view(page.complete ? " complete=yes" : " complete=no"));
}

// What a member tells, if it tells anything.
static void put_member(byte_writer& to, const void* body, const described_member& m) noexcept {
    if (is_absent(body, m) && (m.flags & always) == 0) return;
    put(to, " ");
    put(to, m.called());
    put(to, "=");
    put_value(to, body, m);
}

// What a person can do about it first, then the facts.
static void put_failure(byte_writer& to, const failure& f) noexcept {
    put(to, "* error: ");
    put(to, view(server_error_text(f.error)));
    put(to, " (");
    put(to, view(server_error_name(f.error)));
    for (u32 i = 0; i < describe(event_type::failure)->count; ++i) {
        const described_member& m = describe(event_type::failure)->members[i];
        if (!is_derived(m) && m.kind != kind::i32_number) put_member(to, &f, m);
    }
    put(to, ")");
}

static void put_items(byte_writer& to, const void* body, const described_member& m) noexcept {
    const any_list items = items_of(body, m);
    const described& element = *static_cast<const described*>(m.extra);
    const char* each = static_cast<const char*>(items.data);
    for (std::size_t at = 0; at < items.size; ++at, each += element.bytes) {
        put(to, "\n ");
        for (u32 i = 0; i < element.count; ++i) put_member(to, each, element.members[i]);
    }
    if (items.size != 0) put(to, "\n* end");
}

static void put_event(byte_writer& to, const described& shape, const void* body) noexcept {
    put(to, "* ");
    put(to, shape.called());
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (m.kind == kind::items) {
            put_items(to, body, m);
        } else {
            put_member(to, body, m);
        }
    }
}

static std::size_t lines_encode(const event& what, char* out, std::size_t capacity) {
    byte_writer to{out, capacity};
    if (const message* m = what.as<message>(); m != nullptr) {
        put_message(to, *m, m->room);
    } else if (const history_page* page = what.as<history_page>(); page != nullptr) {
        put_page(to, *page);
    } else if (const failure* f = what.as<failure>(); f != nullptr) {
        put_failure(to, *f);
    } else if (what.type == event_type::welcome) {
        put(to, "* welcome: /guest NAME, /join ROOM, then talk; /help tells what else there is");
    } else {
        put_event(to, *describe(what.type), what.body);
    }
    put(to, "\n");
    return to.full ? 0 : to.size;
}

// What can be typed, out of the descriptions.

// What must be there stands first: all up to the last that nothing stands in for. The others stand
// within each other's brackets, since each wants those before it; but behind one that takes the
// rest of the line they can only be named.
static void put_usage(byte_writer& to, const described& shape) noexcept {
    put(to, "  /");
    put(to, shape.called());
    u32 needed = 0;
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        const bool filled = m.bound == bound::room_name && takes_current_room(shape);
        if ((m.flags & mandatory) != 0 && !filled) needed = i + 1;
    }
    u32 open = 0;
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        if (m.kind == kind::items) continue;
        if (i >= needed) ++open;
        put(to, view(i < needed ? " " : " ["));
        put(to, m.called());
        if ((m.flags & rest) != 0) break;
    }
    for (; open != 0; --open) put(to, "]");
    put(to, "\n");
}

// As many whole lines as there is room for.
static std::size_t lines_help(const dispatch& known, char* out, std::size_t capacity) {
    byte_writer to{out, capacity};
    put(to, "* A line is said in the room you joined last. // begins one with /. Commands:\n");
    put(to, "  /me what you do\n");
    for (const feature* f : known.features) {
        for (u32 r = 0; r < f->count; ++r) {
            if ((f->rules[r].flags & (host_only | engine_only)) != 0) continue;
            const std::size_t whole = to.size;
            put_usage(to, *f->rules[r].shape);
            if (to.full) return whole;
        }
    }
    const std::size_t whole = to.size;
    put(to, "* key=value names an argument; \"some words\" are one.\n");
    return to.full ? whole : to.size;
}

}  // namespace chatroom::detail

namespace chatroom {

error parse_line(std::string_view room, std::string_view text, parsed_line& out) noexcept {
    out = {};
    detail::fault why;
    const error e = detail::parse_typed(room, text, out, why);
    if (e != error::none) out.refusal = why;
    return e;
}

}  // namespace chatroom

namespace chatroom::codecs {

const codec& lines() noexcept {
    static constexpr codec all{wire::lines, detail::lines_decode, detail::lines_encode,
                               detail::lines_help, detail::frames};
    return all;
}

}  // namespace chatroom::codecs
