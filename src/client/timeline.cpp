#include "timeline.hpp"

namespace chatroom::detail {

static bool is_hole(const entry_data& e) noexcept { return e.what == client_entry_kind::hole; }

static u32 text_cost(const message& m) noexcept {
    const std::size_t bytes = m.nick.size() + m.text.size();
    return bytes == 0 ? 0 : text_store::cost(static_cast<u32>(bytes));
}

// Entries.

entry_data* timeline::splice(u32 at, u32 gone, u32 come) noexcept {
    std::memmove(static_cast<void*>(entries + at + come), entries + at + gone,
                 (count - at - gone) * sizeof *entries);
    count = count - gone + come;
    for (u32 i = 0; i < come; ++i) entries[at + i] = entry_data{};
    return entries + at;
}

void timeline::put_gap(entry_data& at, u64 from, u64 to, client_entry_kind what) noexcept {
    at.from = from;
    at.to = to;
    at.what = what;
    if (is_hole(at)) ++holes;
}

// A text for which there is no room is told by its size alone.
void timeline::put_message(entry_data& at, const message& m) noexcept {
    at.from = at.to = m.number;
    at.time = m.time;
    at.user = m.user;
    at.reply_to = m.reply_to;
    at.kind = m.kind;
    at.bytes = m.bytes;
    const u32 nick = static_cast<u32>(m.nick.size() <= 255 ? m.nick.size() : 0);
    u32 text = static_cast<u32>(m.text.size());
    if (text_store::cost(nick + text) > rules->text_bytes_max) at.bytes = text;
    if (at.bytes != 0) text = 0;
    if (nick + text == 0) return;
    at.text = rules->texts->take(nick + text);
    if (at.text == nil) {
        if (text != 0) at.bytes = text;
        return;
    }
    char* const to = rules->texts->at(at.text);
    if (nick != 0) std::memcpy(to, m.nick.data(), nick);
    if (text != 0) std::memcpy(to + nick, m.text.data(), text);
    at.nick_size = static_cast<u8>(nick);
    text_bytes += text_store::cost(nick + text);
}

client_entry timeline::entry(u32 at) const noexcept {
    const entry_data& e = entries[at];
    const std::string_view both = rules->texts->view(e.text);
    client_entry out;
    out.what = e.what;
    out.kind = e.kind;
    out.number = e.from;
    out.to = e.to;
    out.time = e.time;
    out.user = e.user;
    out.reply_to = e.reply_to;
    out.bytes = e.bytes;
    out.nick = {both.data(), e.nick_size};
    out.text = {both.data() + e.nick_size, both.size() - e.nick_size};
    return out;
}

u32 timeline::find(u64 number) const noexcept {
    u32 low = 0;
    u32 high = count;
    while (low < high) {
        const u32 middle = low + (high - low) / 2;
        if (entries[middle].to < number) {
            low = middle + 1;
        } else if (entries[middle].from > number) {
            high = middle;
        } else {
            return middle;
        }
    }
    return nowhere;
}

void timeline::forget(u32 oldest) noexcept {
    if (oldest == 0) return;
    begin = entries[oldest - 1].to + 1;
    complete = false;
    for (u32 i = 0; i < oldest; ++i) {
        if (is_hole(entries[i])) --holes;
        if (entries[i].text == nil) continue;
        const std::size_t bytes = rules->texts->view(entries[i].text).size();
        text_bytes -= text_store::cost(static_cast<u32>(bytes));
        rules->texts->give(entries[i].text);
    }
    splice(0, oldest, 0);
}

news timeline::make_place(u32 more) noexcept {
    if (count + more <= rules->capacity()) return 0;
    forget(smaller(count, larger<u32>(count + more - rules->capacity(), rules->entries_max / 4)));
    return news_of(client_news::trim);
}

news timeline::trim(bool held) noexcept {
    const u32 texts_max = held ? rules->text_capacity() : rules->text_bytes_max;
    const bool many = !held && count > rules->entries_max + rules->entries_max / 4;
    if (!many && text_bytes <= texts_max) return 0;
    u32 gone = many ? count - rules->entries_max : 0;
    u32 left = text_bytes;
    for (u32 i = 0; i < count; ++i) {
        if (i >= gone && left <= texts_max - texts_max / 4) break;
        const u32 bytes = static_cast<u32>(rules->texts->view(entries[i].text).size());
        if (entries[i].text != nil) left -= text_store::cost(bytes);
        gone = larger(gone, i + 1);
    }
    forget(gone);
    return news_of(client_news::trim);
}

news timeline::restart(u64 from) noexcept {
    forget(count);
    begin = from;
    last = blind = from - 1;
    complete = false;
    return news_of(client_news::reset);
}

// What is told.

news timeline::take(const message& m) noexcept {
    const news trimmed = make_place(3);
    if (m.number <= last) return trimmed | patch(m);
    news told = news_of(client_news::append);
    if (m.number > last + 1) told = skip(m.number - 1);
    put_message(*splice(count, 0, 1), m);
    last = m.number;
    return trimmed | told;
}

news timeline::patch(const message& m) noexcept {
    const u32 at = find(m.number);
    if (at == nowhere || !is_hole(entries[at])) return 0;
    const entry_data hole = entries[at];
    const u32 left = hole.from < m.number ? 1 : 0;
    const u32 right = hole.to > m.number ? 1 : 0;
    --holes;
    entry_data* to = splice(at, 1, left + 1 + right);
    if (left != 0) put_gap(*to, hole.from, m.number - 1, client_entry_kind::hole);
    put_message(to[left], m);
    if (right != 0) put_gap(to[left + 1], m.number + 1, hole.to, client_entry_kind::hole);
    return news_of(client_news::gap);
}

// Leaves a hole behind the last entry; one too large to be read begins everything anew.
news timeline::skip(u64 to) noexcept {
    if (to - last > rules->fill_max) return restart(to + 1);
    put_gap(*splice(count, 0, 1), last + 1, to, client_entry_kind::hole);
    last = to;
    return news_of(client_news::append);
}

news timeline::miss(u64 from, u64 first) noexcept {
    const news trimmed = make_place(1);
    if (count == 0 && first > last + 1) restart(smaller(from, larger(last, had) + 1));
    const u64 held = last;
    if (from <= held + 1) return trimmed;
    const news told = skip(from - 1);
    if (first > held + 1) lose(held + 1, smaller(first, from) - 1);
    return trimmed | told;
}

news timeline::lose(u64 from, u64 to) noexcept {
    const news trimmed = make_place(5);
    news told = 0;
    blind = larger(blind, to);
    from = larger(from, had + 1);
    if (from <= begin && to + 1 >= begin) {
        complete = true;
        if (count == 0) {
            begin = from;
            last = from - 1;
        } else if (from < begin) {
            put_gap(*splice(0, 0, 1), from, begin - 1, client_entry_kind::gap);
            begin = from;
            told = news_of(client_news::prepend);
        }
    }
    if (holes > 0 && lose_holes(from, to)) told = news_of(client_news::gap);
    if (to <= last || from > to) return trimmed | told;
    if (from > last + 1) told = skip(from - 1);
    put_gap(*splice(count, 0, 1), last + 1, to, client_entry_kind::gap);
    last = to;
    return trimmed | (told != 0 ? told : news_of(client_news::append));
}

bool timeline::lose_holes(u64 from, u64 to) noexcept {
    bool lost = false;
    for (u32 at = count; at-- > 0;) {
        const entry_data hole = entries[at];
        if (!is_hole(hole) || hole.to < from || hole.from > to) continue;
        const u64 low = larger(from, hole.from);
        const u64 high = smaller(to, hole.to);
        const u32 left = hole.from < low ? 1 : 0;
        const u32 right = hole.to > high ? 1 : 0;
        --holes;
        entry_data* by = splice(at, 1, left + 1 + right);
        if (left != 0) put_gap(*by, hole.from, low - 1, client_entry_kind::hole);
        put_gap(by[left], low, high, client_entry_kind::gap);
        if (right != 0) put_gap(by[left + 1], high + 1, hole.to, client_entry_kind::hole);
        lost = true;
    }
    return lost;
}

// Pages.

const entry_data* timeline::hole() const noexcept {
    if (holes == 0) return nullptr;
    u32 at = count;
    while (at-- > 0 && !is_hole(entries[at])) {}
    return &entries[at];
}

timeline::run timeline::run_below(const incoming_list& page, u64 below, u64 from) noexcept {
    run found;
    u64 before = 0;
    u32 place = 0;
    u32 at = 0;
    for (message m; page.next(at, m); ++place) {
        const bool follows = m.number != 0 && m.number == before + 1 && found.count != 0;
        if (!follows) found = {place, 0, 0};
        before = m.number;
        if (m.number < from || m.number == 0) {
            found = {place + 1, 0, 0};
            before = 0;
            continue;
        }
        ++found.count;
        found.bytes += text_cost(m);
    }
    return before + 1 == below ? found : run{};
}

// Leaves the newest: at most so many and so many bytes of text, but for the least.
void timeline::shorten(run& of, const incoming_list& page, u32 least, u32 most,
                       u32 bytes) noexcept {
    u32 at = 0;
    u32 place = 0;
    message m;
    for (; place < of.begin; ++place) page.next(at, m);
    while (of.count > least && (of.count > most || of.bytes > bytes)) {
        page.next(at, m);
        of.bytes -= text_cost(m);
        ++of.begin;
        --of.count;
    }
}

void timeline::put_run(entry_data* to, const run& from, const incoming_list& page) noexcept {
    u32 at = 0;
    message m;
    for (u32 place = 0; place < from.begin; ++place) page.next(at, m);
    for (u32 i = 0; i < from.count; ++i) {
        page.next(at, m);
        put_message(to[i], m);
    }
}

news timeline::fill(u64 below, const incoming_list& page, bool page_complete) noexcept {
    u32 at = find(below - 1);
    if (at == nowhere || !is_hole(entries[at]) || entries[at].to != below - 1) return 0;
    run read = run_below(page, below, entries[at].from);
    const bool ends = page_complete || read.count == 0;
    const u32 whole = read.count;
    shorten(read, page, 1, rules->entries_max / 2, rules->text_bytes_max / 2);
    const news trimmed = make_place(read.count + 1);
    at = find(below - 1);
    if (at == nowhere) return trimmed;
    const entry_data hole = entries[at];
    const u64 rest = below - 1 - read.count;
    const u32 left = rest >= hole.from ? 1 : 0;
    --holes;
    entry_data* to = splice(at, 1, left + read.count);
    if (left != 0) {
        const bool lost = ends && whole == read.count;
        if (lost) blind = larger(blind, rest);
        put_gap(*to, hole.from, rest, lost ? client_entry_kind::gap : client_entry_kind::hole);
    }
    put_run(to + left, read, page);
    return trimmed | news_of(client_news::gap);
}

news timeline::prepend(u64 below, const incoming_list& page, bool page_complete,
                       bool& all) noexcept {
    all = true;
    if (below != begin) return 0;
    run read = run_below(page, below, 1);
    const u32 whole = read.count;
    const u32 texts_left = rules->text_capacity() - smaller(text_bytes, rules->text_capacity());
    shorten(read, page, 0, rules->capacity() - count, texts_left);
    all = read.count == whole;
    complete = all && (page_complete || whole == 0);
    entry_data* to = splice(0, 0, read.count);
    put_run(to, read, page);
    begin -= read.count;
    return news_of(client_news::prepend);
}

}  // namespace chatroom::detail
