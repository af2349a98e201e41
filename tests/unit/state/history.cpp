#include "catch.hpp"

#include "state/history.hpp"

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

using namespace chatroom;
using namespace chatroom::detail;

namespace {

/// A store of its own, with rooms in slots 1 to n.
struct store {
    limits sizes;
    policies rules;
    std::vector<char> bytes;
    table<room_data> rooms;
    hash_key key{0x9e3779b97f4a7c15u, {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3}};
    history_store messages;

    store(u32 pages, u32 page_bytes, u32 page_messages) {
        sizes.rooms_max = 8;
        sizes.history_pages_max = pages;
        sizes.page_bytes = page_bytes;
        sizes.page_messages_max = page_messages;
        sizes.message_bytes_max = 120;
        sizes.nick_bytes_max = 20;
        sizes.nonce_bytes_max = 16;
        rules.room_messages_max = 1000000;
        rules.room_pages_max = 1000000;
        arena counted;
        claim(counted);
        bytes.assign(counted.used + 128, static_cast<char>(0xa5));
        const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(bytes.data()) + 63;
        arena from{reinterpret_cast<char*>(start & ~std::uintptr_t{63}), 0};
        claim(from);
        messages.by_ordinal.clear();
        messages.by_nonce.clear();
    }
    void claim(arena& from) {
        rooms.claim(from, sizes.rooms_max);
        messages.claim(from, sizes);
        messages.rooms = &rooms;
        messages.shared = &sizes;
        messages.key = &key;
    }
    u32 add_room(u32 reserved) {
        const u32 slot = rooms.take();
        rooms[slot].id = slot + 100;
        rooms[slot].reserved = reserved;
        messages.reserved += reserved;
        return slot;
    }
};

struct said {
    u64 number = 0, time = 0, user = 0, reply_to = 0;
    std::string nick, text, nonce;
    u32 content = 0;
    message_kind kind = message_kind::text;

    post as_post() const {
        post p{"", text};
        p.nonce = nonce;
        p.reply_to = reply_to;
        p.kind = kind;
        return p;
    }
    message_facts known() const { return {time, user, nick, content}; }
};

void check_same(const store& in, u32 room, const said& wanted) {
    const message m = in.messages.read(room, wanted.number, "a room");
    REQUIRE(m.room == "a room");
    REQUIRE(m.number == wanted.number);
    REQUIRE(m.time == wanted.time);
    REQUIRE(m.user == wanted.user);
    REQUIRE(m.nick == wanted.nick);
    REQUIRE(m.text == wanted.text);
    REQUIRE(m.nonce == wanted.nonce);
    REQUIRE(m.reply_to == wanted.reply_to);
    REQUIRE(m.kind == wanted.kind);
    u32 content = 0;
    if (wanted.nonce.empty()) return;
    REQUIRE(in.messages.find_nonce(room, wanted.user, wanted.nonce, content) == wanted.number);
    REQUIRE(content == wanted.content);
}

/// The same rules, told naively: pages are lists of messages, lent ones stand in a queue.
struct model {
    struct page {
        std::vector<said> messages;
        std::size_t begin = 0;
        std::size_t used = 48;
        std::deque<std::pair<u64, std::string>> senders;   // Newest first.
    };
    struct one_room {
        std::deque<page> pages;
        u32 reserved = 0;
        std::size_t lent = 0;   // So many of the oldest.
        u64 last = 0;
    };
    u32 page_bytes, page_messages, pages_max;
    policies rules;
    std::vector<one_room> rooms;
    std::deque<u32> lent;       // Rooms, by the order in which pages became lent.
    u32 in_use = 0;

    static std::size_t tails(const said& m) {
        return (m.reply_to != 0 ? 10 : 0) + (m.nonce.empty() ? 0 : 6 + m.nonce.size());
    }
    bool fits(const page& p, const said& m) const {
        const std::size_t wanted = 11 + m.nick.size() + 10 + m.text.size() + tails(m) + 2;
        return p.messages.size() < page_messages &&
               m.time - p.messages.front().time <= 0xffffffffu &&
               p.used + 2 * p.messages.size() + wanted <= page_bytes;
    }
    void drop_page(u32 room) {
        one_room& r = rooms[room];
        r.pages.pop_front();
        --in_use;
        if (r.lent == 0) return;
        --r.lent;
        for (auto at = lent.begin(); at != lent.end(); ++at) {
            if (*at != room) continue;
            lent.erase(at);
            return;
        }
    }
    void append(u32 room, said m) {
        one_room& r = rooms[room];
        m.number = ++r.last;
        if (r.pages.empty() || !fits(r.pages.back(), m)) {
            for (int n = 0; n < 2; ++n) {
                if (r.pages.size() < rules.room_pages_max || r.pages.size() < r.reserved) break;
                drop_page(room);
            }
            if (in_use >= pages_max) drop_page(r.pages.size() < r.reserved ? lent.front() : room);
            r.pages.emplace_back();
            ++in_use;
            if (r.pages.size() > r.reserved) {
                ++r.lent;
                lent.push_back(room);
            }
        }
        page& p = r.pages.back();
        bool known = false;
        for (std::size_t i = 0; i < p.senders.size() && i < 8; ++i) {
            known = known || p.senders[i] == std::make_pair(m.user, m.nick);
        }
        if (!known) {
            p.senders.emplace_front(m.user, m.nick);
            p.used += 11 + m.nick.size();
        }
        p.used += 10 + m.text.size() + tails(m);
        p.messages.push_back(m);
        for (u32 n = 0; n <= page_messages && kept(room).size() > rules.room_messages_max; ++n) {
            drop_message(room);
        }
    }
    void drop_message(u32 room) {
        one_room& r = rooms[room];
        if (++r.pages.front().begin == r.pages.front().messages.size() && r.pages.size() > 1) {
            drop_page(room);
        }
    }
    std::vector<said> kept(u32 room) const {
        std::vector<said> all;
        for (const page& p : rooms[room].pages) {
            all.insert(all.end(), p.messages.begin() + static_cast<long>(p.begin),
                       p.messages.end());
        }
        return all;
    }
};

struct both {
    store real;
    model wanted;
    std::mt19937 random;
    std::map<std::tuple<u32, u64, std::string>, u64> nonces;   // Ever used.
    u64 time = 1000;

    both(u32 pages, u32 page_bytes, u32 page_messages, unsigned seed)
        : real(pages, page_bytes, page_messages), random(seed) {
        wanted.page_bytes = page_bytes;
        wanted.page_messages = page_messages;
        wanted.pages_max = pages;
        wanted.rules = real.rules;
        wanted.rooms.emplace_back();   // Slots count from 1.
    }
    void add_room(u32 reserved) {
        real.add_room(reserved);
        wanted.rooms.emplace_back();
        wanted.rooms.back().reserved = reserved;
    }
    said make(u32 room) {
        said m;
        time += random() % 50 == 0 ? 0x180000000u : random() % 1000;
        m.time = time;
        m.user = random() % 14;
        m.nick = "u" + std::to_string(m.user);
        if (random() % 9 == 0) m.nick = std::string(1 + random() % 20, 'r');   // Renamed.
        if (random() % 9 == 0) m.nick.clear();
        m.text = std::string(1 + random() % 120, static_cast<char>('a' + random() % 26));
        if (random() % 4 == 0) m.reply_to = 1 + random() % 100;
        if (random() % 3 == 0) {
            // Not one that is known: that is for the caller to see.
            const std::string nonce = std::to_string(random() % 100000);
            if (nonces.count({room, m.user, nonce}) == 0) m.nonce = nonce;
            m.content = static_cast<u32>(random());
        }
        m.kind = random() % 4 == 0 ? message_kind::emote : message_kind::text;
        return m;
    }
    void append() {
        const u32 room = 1 + static_cast<u32>(random() % (wanted.rooms.size() - 1));
        const said m = make(room);
        real.messages.append(room, m.as_post(), m.known(), real.rules);
        wanted.append(room, m);
        if (!m.nonce.empty()) nonces[{room, m.user, m.nonce}] = wanted.rooms[room].last;
    }
    void compare() {
        REQUIRE(real.messages.in_use == wanted.in_use);
        REQUIRE(real.messages.in_use <= real.messages.capacity);
        for (u32 room = 1; room < wanted.rooms.size(); ++room) {
            const room_data& r = real.rooms[room];
            const std::vector<said> kept = wanted.kept(room);
            REQUIRE(r.last == wanted.rooms[room].last);
            REQUIRE(r.pages == wanted.rooms[room].pages.size());
            REQUIRE(r.messages == kept.size());
            REQUIRE(real.messages.first(r) == r.last + 1 - kept.size());
            REQUIRE(real.messages.is_whole(room));
            for (const said& m : kept) check_same(real, room, m);
        }
        for (const auto& [key, number] : nonces) {
            const auto& [room, user, nonce] = key;
            const bool is_kept = number >= real.messages.first(real.rooms[room]);
            u32 content = 0;
            const u64 found = real.messages.find_nonce(room, user, nonce, content);
            REQUIRE(found == (is_kept ? number : 0));
            REQUIRE(real.messages.find_nonce(room, user + 1000, nonce, content) == 0);
        }
    }
};

}  // namespace

TEST_CASE("history holds what a naive model holds, with tiny pools") {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        both b(10, seed % 2 == 0 ? 512 : 256, 2 + seed, seed);
        for (u32 reserved : {1u, 2u, 3u, 1u}) b.add_room(reserved);
        for (int i = 0; i < 1500; ++i) {
            b.append();
            if (i % 300 == 299) {
                b.real.rules.room_messages_max = 1 + b.random() % 30;
                b.real.rules.room_pages_max = 1 + static_cast<u32>(b.random() % 8);
                b.wanted.rules = b.real.rules;
            }
            if (i % 10 == 0) b.compare();
        }
        b.compare();
        CHECK(b.real.messages.evicted != 0);
    }
}

TEST_CASE("history holds what a naive model holds, with many senders in a page") {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        CAPTURE(seed);
        both b(6, 4096, 255, seed);
        for (u32 reserved : {1u, 2u}) b.add_room(reserved);
        for (int i = 0; i < 1500; ++i) {
            b.append();
            if (i % 50 == 0) b.compare();
        }
        b.compare();
    }
}

TEST_CASE("a room comes down to a lowered number of pages, a page less with each new one") {
    store s(20, 256, 1);   // A page for each message.
    const u32 room = s.add_room(1), large = s.add_room(6);
    said m;
    m.text = "x";
    const auto append = [&](u32 to) { s.messages.append(to, m.as_post(), m.known(), s.rules); };
    for (int i = 0; i < 10; ++i) append(room);
    for (int i = 0; i < 8; ++i) append(large);
    s.rules.room_pages_max = 4;
    for (u32 pages : {9u, 8u, 7u, 6u, 5u, 4u, 4u, 4u}) {
        append(room);
        CHECK(s.rooms[room].pages == pages);
        CHECK(s.messages.is_whole(room));
    }
    CHECK(s.messages.first(s.rooms[room]) == 15);
    for (u32 pages : {7u, 6u, 6u}) {   // Its reserve it keeps.
        append(large);
        CHECK(s.rooms[large].pages == pages);
    }
    s.rules.room_pages_max = 1;
    for (u32 pages : {3u, 2u, 1u, 1u}) {
        append(room);
        CHECK(s.rooms[room].pages == pages);
    }
}

TEST_CASE("however far the number of messages is lowered, a post evicts a page's worth and one") {
    for (u32 page_messages : {1u, 7u}) {
        store s(200, 512, page_messages);
        s.add_room(200);
        said m;
        m.text = "x";
        const auto append = [&] { s.messages.append(1, m.as_post(), m.known(), s.rules); };
        for (int i = 0; i < 150; ++i) append();
        s.rules.room_messages_max = 3;
        u32 kept = 150;
        for (int i = 0; i < 160; ++i) {
            append();
            kept = larger(kept + 1 - smaller(kept, page_messages + 1), 3u);
            REQUIRE(s.rooms[1].messages == kept);
            REQUIRE(s.messages.evicted == s.rooms[1].last - kept);
            REQUIRE(s.messages.is_whole(1));
        }
        CHECK(kept == 3);
    }
}

TEST_CASE("a page is full by its messages, by its bytes or by its time") {
    store by_count(4, 16384, 3);
    by_count.add_room(4);
    said m;
    m.text = "x";
    m.time = 1;
    for (int i = 0; i < 4; ++i) by_count.messages.append(1, m.as_post(), m.known(), by_count.rules);
    CHECK(by_count.rooms[1].pages == 2);

    store by_time(4, 4096, 255);
    by_time.add_room(4);
    for (u64 time : {u64{10}, u64{10} + 0xffffffffu, u64{11} + 0xffffffffu}) {
        m.time = time;
        by_time.messages.append(1, m.as_post(), m.known(), by_time.rules);
    }
    CHECK(by_time.rooms[1].pages == 2);
    CHECK(by_time.messages.read(1, 2, {}).time == u64{10} + 0xffffffffu);
    CHECK(by_time.messages.read(1, 3, {}).time == u64{11} + 0xffffffffu);

    store by_bytes(4, 256, 255);
    by_bytes.add_room(4);
    m.time = 1;
    m.text = std::string(120, 'x');
    for (int i = 0; i < 2; ++i) by_bytes.messages.append(1, m.as_post(), m.known(), by_bytes.rules);
    CHECK(by_bytes.rooms[1].pages == 2);
}

TEST_CASE("the largest message of all fits the smallest page that is allowed for it") {
    limits sizes;
    sizes.message_bytes_max = 120;
    sizes.nick_bytes_max = 20;
    sizes.nonce_bytes_max = 16;
    const u32 least = static_cast<u32>(message_page_bytes(sizes) + 7) & ~7u;
    store s(2, least, 255);
    s.add_room(2);
    said m;
    m.user = ~u64{0};
    m.nick = std::string(20, 'n');
    m.text = std::string(120, 't');
    m.nonce = std::string(16, 'k');
    m.reply_to = ~u64{0};
    m.content = 0x12345678;
    for (int i = 1; i <= 5; ++i) {
        m.nonce[0] = static_cast<char>('a' + i);
        s.messages.append(1, m.as_post(), m.known(), s.rules);
        m.number = static_cast<u64>(i);
        check_same(s, 1, m);
    }
    CHECK(s.rooms[1].messages == 2);
}

TEST_CASE("a room that needs its reserve takes back what has been lent longest") {
    store s(6, 256, 1);   // A page for each message.
    const u32 greedy = s.add_room(1), other = s.add_room(1), owner = s.add_room(3);
    said m;
    m.text = "x";
    const auto append = [&](u32 room) { s.messages.append(room, m.as_post(), m.known(), s.rules); };
    append(greedy);
    append(other);
    append(other);    // Lent first.
    append(greedy);
    append(greedy);
    append(greedy);   // Six pages: 4 of greedy, 2 of other.
    CHECK(s.rooms[greedy].pages == 4);
    append(owner);
    CHECK(s.rooms[other].pages == 1);
    CHECK(s.messages.first(s.rooms[other]) == 2);
    append(owner);
    append(owner);
    CHECK(s.rooms[greedy].pages == 2);
    CHECK(s.messages.first(s.rooms[greedy]) == 3);
    CHECK(s.rooms[owner].pages == 3);
    append(owner);    // Beyond its reserve it helps itself.
    CHECK(s.rooms[owner].pages == 3);
    CHECK(s.messages.first(s.rooms[owner]) == 2);
    append(other);    // Its own reserve is used up as well.
    CHECK(s.rooms[other].pages == 1);
    CHECK(s.rooms[other].last == 3);
    CHECK(s.messages.first(s.rooms[other]) == 3);
    CHECK(s.messages.in_use == 6);
}

TEST_CASE("many senders and many nicks in one page are all told apart") {
    store s(2, 16384, 255);
    s.add_room(2);
    std::vector<said> all;
    for (int i = 0; i < 250; ++i) {
        said m;
        m.user = static_cast<u64>(i % 40);
        m.nick = "n" + std::to_string(i % 60);
        m.text = "t" + std::to_string(i);
        all.push_back(m);
        all.back().number = static_cast<u64>(i + 1);
        s.messages.append(1, m.as_post(), m.known(), s.rules);
    }
    CHECK(s.rooms[1].pages == 1);
    for (const said& m : all) check_same(s, 1, m);
}

TEST_CASE("pages given one by one leave nothing behind") {
    store s(5, 256, 2);
    s.add_room(1);
    s.add_room(1);
    said m;
    m.text = "x";
    for (int i = 0; i < 9; ++i) {
        m.nonce = std::to_string(i);
        s.messages.append(1, m.as_post(), m.known(), s.rules);
    }
    CHECK(s.rooms[1].pages == 5);
    int given = 0;
    while (s.messages.give_page(1)) ++given;
    CHECK(given == 5);
    CHECK(s.messages.in_use == 0);
    CHECK(s.messages.lent.first == nil);
    CHECK(s.messages.lent.last == nil);
    for (const hash_index& index : {s.messages.by_nonce, s.messages.by_ordinal}) {
        for (u32 i = 0; i < index.size; ++i) REQUIRE(index.homes[i] == 0);
    }
    for (int i = 0; i < 9; ++i) s.messages.append(1, m.as_post(), m.known(), s.rules);
    CHECK(s.rooms[1].pages == 5);
}

// Snapshots.

namespace {

struct copied_page {
    page_head head;
    std::string data, offsets;
};

std::vector<copied_page> pages_of(const store& s, u32 room) {
    std::vector<copied_page> all;
    for (u32 p = s.rooms[room].page_first; p != nil; p = s.messages.page(p).newer) {
        page_head head;
        head.first = s.messages.page(p).first;
        head.time = s.messages.page(p).time;
        head.begin = s.messages.page(p).begin;
        head.sender = s.messages.page(p).sender;
        all.push_back({head, std::string(s.messages.page_data(p)),
                       std::string(s.messages.page_offsets(p))});
    }
    return all;
}

/// Gives a fresh store the pages; whether it took all of them.
bool adopt(store& into, u64 last, u32 ordinal, const std::vector<copied_page>& pages) {
    into.add_room(1);
    into.rooms[1].last = last;
    into.rooms[1].ordinal_first = ordinal;
    for (const copied_page& p : pages) {
        if (!into.messages.adopt_page(1, p.head, p.data, p.offsets)) return false;
    }
    for (u32 i = 1; i < pages.size(); ++i) {
        if (!into.messages.adopt_lent(1, ordinal + i - 1)) return false;
    }
    return into.messages.is_whole(1);
}

struct original {
    both b{10, 512, 6, 77};
    original() {
        b.add_room(1);
        b.real.rules.room_messages_max = 21;
        b.wanted.rules = b.real.rules;
        for (int i = 0; i < 60; ++i) b.append();
    }
    u64 last() const { return b.real.rooms[1].last; }
    u32 ordinal() const { return b.real.rooms[1].ordinal_first; }
};

}  // namespace

TEST_CASE("adopted pages read as those they were copied from, and go on") {
    original from;
    const std::vector<copied_page> pages = pages_of(from.b.real, 1);
    REQUIRE(pages.size() > 2);
    store into(10, 512, 6);
    REQUIRE(adopt(into, from.last(), from.ordinal(), pages));
    for (const said& m : from.b.wanted.kept(1)) check_same(into, 1, m);
    into.rules = from.b.real.rules;
    for (int i = 0; i < 100; ++i) {
        const said m = from.b.make(1);
        from.b.real.messages.append(1, m.as_post(), m.known(), into.rules);
        into.messages.append(1, m.as_post(), m.known(), into.rules);
        const std::vector<copied_page> a = pages_of(from.b.real, 1), c = pages_of(into, 1);
        REQUIRE(a.size() == c.size());
        for (std::size_t p = 0; p < a.size(); ++p) {
            REQUIRE(a[p].data == c[p].data);
            REQUIRE(a[p].offsets == c[p].offsets);
            REQUIRE(a[p].head.begin == c[p].head.begin);
        }
    }
}

TEST_CASE("a page that does not follow the one before is refused") {
    original from;
    const std::vector<copied_page> good = pages_of(from.b.real, 1);
    const auto adopts = [&](std::vector<copied_page> pages, u64 last) {
        store into(10, 512, 6);
        return adopt(into, last, from.ordinal(), pages);
    };
    CHECK(adopts(good, from.last()));
    CHECK_FALSE(adopts(good, from.last() - 1));
    CHECK_FALSE(adopts(good, from.last() + 1));
    std::vector<copied_page> bad = good;
    bad.erase(bad.begin() + 1);
    CHECK_FALSE(adopts(bad, from.last()));
    bad = good;
    bad.pop_back();
    CHECK_FALSE(adopts(bad, from.last()));
    bad = good;
    std::swap(bad[0], bad[1]);
    CHECK_FALSE(adopts(bad, from.last()));
    bad = good;
    bad[1].head.begin = 1;
    CHECK_FALSE(adopts(bad, from.last()));
    bad = good;
    bad[0].head.begin = static_cast<u16>(bad[0].offsets.size() / 2);
    CHECK_FALSE(adopts(bad, from.last()));
    bad = good;
    bad[0].head.first = 0;
    CHECK_FALSE(adopts(bad, from.last()));
    bad = good;
    bad[1].offsets.pop_back();
    CHECK_FALSE(adopts(bad, from.last()));
    bad = good;
    bad[1].offsets.clear();
    CHECK_FALSE(adopts(bad, from.last()));
    bad = good;
    bad[1].data.clear();
    CHECK_FALSE(adopts(bad, from.last()));
    for (u16 sender : {1, 47, 511, 512, 0xffff}) {
        bad = good;
        bad[0].head.sender = sender;
        CHECK_FALSE(adopts(bad, from.last()));
    }
}

TEST_CASE("numbers of a page that no engine could have written are refused") {
    struct crafted {
        u64 user = 1, time = 1000, reply_to = 0;
        u32 later = 0;
    };
    const auto adopts = [](const crafted& c) {
        std::string data(3 + 8, '\0');   // A sender, and what it said.
        store_le64(&data[3], c.user);
        char offset[2];
        store_le16(offset, static_cast<u16>(sizeof(page_head) + data.size()));
        std::string said(10, '\0');
        store_le32(&said[0], c.later);
        store_le16(&said[4], sizeof(page_head));
        store_le16(&said[6], 4);
        said[8] = 10;
        said += "text\x01\x08" + std::string(8, '\0');
        store_le64(&said[16], c.reply_to);
        page_head head;
        head.first = 1;
        head.time = c.time;
        head.sender = sizeof(page_head);
        store into(10, 512, 6);
        return adopt(into, 1, 0, {{head, data + said, std::string(offset, 2)}});
    };
    const u64 end = u64{1} << 53;
    crafted good;
    CHECK(adopts(good));
    good = {end - 1, end - 5, end - 1, 4};
    CHECK(adopts(good));
    const auto refuses = [&](auto member, auto value) {
        crafted bad = good;
        bad.*member = value;
        CHECK_FALSE(adopts(bad));
    };
    refuses(&crafted::user, end);
    refuses(&crafted::reply_to, end);
    refuses(&crafted::time, end - 4);
    refuses(&crafted::time, end);
    refuses(&crafted::time, u64{0} - 4);   // It would wrap to 0.
}

TEST_CASE("of messages that are gone a copy may lack everything but their place") {
    original from;
    std::vector<copied_page> pages = pages_of(from.b.real, 1);
    REQUIRE(pages[0].head.begin != 0);
    const store& s = from.b.real;
    u32 slot = s.rooms[1].page_first;
    for (copied_page& p : pages) {
        s.messages.wipe_gone(slot, &p.data[0]);
        slot = s.messages.page(slot).newer;
    }
    for (u32 i = 0; i < pages[0].head.begin; ++i) {
        // Nor is it known any more where they stood.
        store_le16(&pages[0].offsets[pages[0].offsets.size() - 2 * (i + 1)], 0xffff);
    }
    store into(10, 512, 6);
    REQUIRE(adopt(into, from.last(), from.ordinal(), pages));
    for (const said& m : from.b.wanted.kept(1)) check_same(into, 1, m);
    const model::page& first = from.b.wanted.rooms[1].pages.front();
    for (std::size_t i = 0; i < first.begin; ++i) {
        const said& gone = first.messages[i];
        if (gone.text.size() < 5) continue;   // Others may say the same.
        CHECK(pages[0].data.find(gone.text) == std::string::npos);
    }
    while (into.messages.give_page(1)) {}
    CHECK(into.messages.in_use == 0);
}

TEST_CASE("lent pages are adopted in their order and in the right number") {
    original from;
    const std::vector<copied_page> pages = pages_of(from.b.real, 1);
    store into(10, 512, 6);
    into.add_room(1);
    into.rooms[1].last = from.last();
    for (const copied_page& p : pages) {
        REQUIRE(into.messages.adopt_page(1, p.head, p.data, p.offsets));
    }
    CHECK_FALSE(into.messages.is_whole(1));
    CHECK_FALSE(into.messages.adopt_lent(1, 1));
    for (u32 i = 0; i + 1 < pages.size(); ++i) REQUIRE(into.messages.adopt_lent(1, i));
    CHECK(into.messages.is_whole(1));
    CHECK(into.messages.adopt_lent(1, static_cast<u32>(pages.size() - 1)));
    CHECK_FALSE(into.messages.is_whole(1));   // One too many.
    CHECK_FALSE(into.messages.adopt_lent(1, static_cast<u32>(pages.size())));
}

TEST_CASE("garbage in a page is refused, or reads without harm") {
    original from;
    const std::vector<copied_page> good = pages_of(from.b.real, 1);
    std::mt19937 random(9);
    int refused = 0;
    for (int round = 0; round < 20000; ++round) {
        std::vector<copied_page> bad = good;
        for (unsigned n = 1 + random() % 3; n != 0; --n) {
            copied_page& p = bad[random() % bad.size()];
            std::string& where = random() % 2 == 0 ? p.data : p.offsets;
            where[random() % where.size()] = static_cast<char>(random());
        }
        store into(10, 512, 6);
        into.rules.room_messages_max = 15;
        if (!adopt(into, from.last(), from.ordinal(), bad)) {
            ++refused;
            continue;
        }
        const room_data& r = into.rooms[1];
        for (u64 n = into.messages.first(r); n <= r.last; ++n) into.messages.read(1, n, {});
        for (int i = 0; i < 10; ++i) {
            const said m = from.b.make(1);
            into.messages.append(1, m.as_post(), m.known(), into.rules);
        }
        while (into.messages.give_page(1)) {}
        REQUIRE(into.messages.in_use == 0);
    }
    CHECK(refused > 1000);
}
