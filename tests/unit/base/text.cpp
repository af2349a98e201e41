#include "catch.hpp"

#include "base/text.hpp"

#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace chatroom::detail;

namespace {

std::string utf8(std::initializer_list<char32_t> points) {
    std::string text;
    for (char32_t point : points) {
        char bytes[4];
        text.append(bytes, utf8_put(point, bytes));
    }
    return text;
}

std::string fold(const std::string& in, const text_rules& rules = text_unicode()) {
    std::string out(3 * in.size() + 1, '#');
    const std::size_t size = rules.fold(in, &out[0], out.size() - 1);
    if (size == size_short || out[out.size() - 1] != '#') return "too long";
    out.resize(size);
    return out;
}

// Decodes one sequence by RFC 3629's definition: the bits, then what is forbidden.
std::size_t naive_sequence(const std::string& text, std::size_t at) {
    const auto byte = [&text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const u32 lead = byte(at);
    if (lead < 0x80) return 1;
    const std::size_t size = lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (size == 0) return 0;
    u32 point = lead & (0x7fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if (byte(at + i) >> 6 != 2) return 0;
        point = point << 6 | (byte(at + i) & 0x3f);
    }
    const u32 least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return 0;
    return size;
}

std::size_t naive_invalid_at(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = naive_sequence(text, at);
        if (size == 0) return at;
        at += size;
    }
    return text.size();
}

std::string bytes_of(std::initializer_list<u32> bytes) {
    std::string text;
    for (u32 byte : bytes) text += static_cast<char>(static_cast<u8>(byte));
    return text;
}

bool agrees(const std::string& text) {
    const std::string late = "ascii before " + text;
    return utf8_invalid_at(text) == naive_invalid_at(text) &&
           utf8_invalid_at(late) == naive_invalid_at(late);
}

}  // namespace

TEST_CASE("UTF-8 of one and two bytes is judged as by a naive decoder, all of it") {
    bool good = true;
    for (u32 a = 0; a < 256; ++a) {
        good = good && agrees(bytes_of({a}));
        for (u32 b = 0; b < 256; ++b) good = good && agrees(bytes_of({a, b}));
    }
    CHECK(good);
}

TEST_CASE("UTF-8 of three and four bytes is judged as by a naive decoder") {
    const u32 edges[] = {0x00, 0x22, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    bool good = true;
    for (u32 a = 0xc0; a < 256; ++a) {
        for (u32 b = 0; b < 256; ++b) {
            for (u32 c : edges) {
                good = good && agrees(bytes_of({a, b, c}));
                for (u32 d : edges) good = good && agrees(bytes_of({a, b, c, d}));
            }
        }
    }
    CHECK(good);
}

TEST_CASE("UTF-8 in longer texts is judged as by a naive decoder") {
    std::mt19937 random(3);
    const std::string pieces[] = {"a", "plain text", "\xc3\xa9", "\xe4\xbd\xa0", "\xf0\x9f\x98\x80",
                                  "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\x80",
                                  "\xe4\xbd", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"};
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (u32 n = random() % 12; n != 0; --n) {
            text += pieces[random() % (random() % 16 == 0 ? 13 : 8)];
        }
        REQUIRE(utf8_invalid_at(text) == naive_invalid_at(text));
    }
}

TEST_CASE("every code point survives writing and reading") {
    bool good = true;
    for (char32_t point = 0; point <= 0x10ffff; ++point) {
        if (point >= 0xd800 && point < 0xe000) continue;
        const std::string text = utf8({point});
        const char* at = text.data();
        const char* const end = at + text.size();
        good = good && naive_sequence(text, 0) == text.size() && utf8_next(at, end) == point &&
               at == end;
    }
    CHECK(good);
}

TEST_CASE("folding is its own form and keeps to three times the size, for all code points") {
    bool good = true;
    for (char32_t point = 0; point <= 0x10ffff; ++point) {
        if (point >= 0xd800 && point < 0xe000) continue;
        const std::string once = fold(utf8({U'x', point, 0x301, point, 0x345, point}));
        good = good && once != "too long" && fold(once) == once;
        const std::string alone = fold(utf8({point}));
        good = good && utf8_invalid_at(alone) == alone.size() && !alone.empty();
    }
    CHECK(good);
}

TEST_CASE("folding any order of marks is its own form") {
    std::mt19937 random(5);
    const char32_t marks[] = {0x300, 0x301, 0x323, 0x345, 0x327, 0x3099, 0x5b0, U'a', 0x1f80, 0xe9,
                              0x344, 0xff9e};
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (u32 n = random() % 120; n != 0; --n) {
            text += utf8({marks[random() % (random() % 32 == 0 ? 12 : 7)]});
        }
        const std::string once = fold(text);
        REQUIRE(fold(once) == once);
    }
}

TEST_CASE("what differs in case, width or composition alone folds to the same") {
    const std::pair<std::string, std::string> same[] = {
        {"Stra\xc3\x9f""e", "STRASSE"},
        {utf8({0x130}), utf8({U'i', 0x307})},                       // I with a dot
        {utf8({0x3a3, 0x3c2}), utf8({0x3c3, 0x3c3})},               // sigma, final sigma
        {utf8({0xc5}), utf8({U'a', 0x30a})},                        // A with a ring
        {utf8({0x212b}), utf8({0xe5})},                             // the angstrom sign
        {utf8({0x212a}), "k"},                                      // the kelvin sign
        {utf8({0xff21, 0xff42, 0xff11}), "ab1"},                    // full width
        {utf8({0xff76, 0xff9e}), utf8({0x30ac})},                   // half width GA
        {utf8({0x3000}), " "},                                      // ideographic space
        {utf8({0xac01}), utf8({0x1100, 0x1161, 0x11a8})},           // Hangul of three letters
        {utf8({0xac00}), utf8({0x1100, 0x1161})},                   // and of two
        {utf8({0xd7a3}), utf8({0x1112, 0x1175, 0x11c2})},           // the last of them
        {utf8({0x1e9e}), "ss"},                                     // capital sharp s
        {utf8({0xfb03}), "ffi"},                                    // a ligature that folds
        {utf8({0x149}), utf8({0x2bc, U'n'})},
        {utf8({U'q', 0x307, 0x323}), utf8({U'Q', 0x323, 0x307})},   // order of marks
        {utf8({0x1f80}), utf8({0x391, 0x345, 0x313})},              // iota below, last
        {utf8({0x1f80}), utf8({0x3b1, 0x313, 0x3b9})},
        {utf8({0x13a0}), utf8({0xab70})},                           // Cherokee
        {utf8({0x10400}), utf8({0x10428})},                         // Deseret
        {utf8({0xf900}), utf8({0x8c48})},                           // a compatibility ideograph
        {utf8({0x2f800}), utf8({0x4e3d})},
        {utf8({0x2fa1d}), utf8({0x2a600})},
        {utf8({0x1d15e}), utf8({0x1d157, 0x1d165})},
    };
    for (const auto& pair : same) {
        CAPTURE(pair.first, pair.second);
        CHECK(fold(pair.first) == fold(pair.second));
    }
    // Hangul is composed, so that a name of it is as long as it was typed.
    for (const char32_t syllable : {0xac00, 0xac01, 0xd55c, 0xd7a3}) {
        CHECK(fold(utf8({syllable})) == utf8({syllable}));
    }
    CHECK(fold(utf8({0x1112, 0x1161, 0x11ab, 0x1100})) == utf8({0xd55c, 0x1100}));
    CHECK(fold(utf8({0xd558, 0x11ab})) == utf8({0xd55c}));
    CHECK(fold(utf8({0xd55c, 0x11ab})) == utf8({0xd55c, 0x11ab}));   // It has a last letter.
    CHECK(fold(utf8({0x1100, 0x323, 0x1161})) == utf8({0x1100, 0x323, 0x1161}));   // UAX #15, D115
    CHECK(fold(utf8({0x1161, 0x11a8, U'a', 0x1161})) == utf8({0x1161, 0x11a8, U'a', 0x1161}));
    CHECK(fold("MiXeD") == "mixed");
    CHECK(fold(utf8({0xc5})) == utf8({U'a', 0x30a}));
    CHECK(fold(utf8({0x1f88})) == utf8({0x3b1, 0x313, 0x3b9}));
    CHECK(fold(utf8({0x3b1, 0x3b9, 0x301})) != fold(utf8({0x3b1, 0x301, 0x3b9})));
    CHECK(fold(utf8({0x4e00, 0x131, 0x2460})) == utf8({0x4e00, 0x131, 0x2460}));
}

TEST_CASE("folding tells when there is no room, and writes no more than there is") {
    const std::string text = "A" + utf8({0x1f82, 0xac01, 0x323});
    const std::string whole = fold(text);
    for (std::size_t room = 0; room <= whole.size(); ++room) {
        std::string out(whole.size() + 4, '#');
        const std::size_t size = text_unicode().fold(text, &out[0], room);
        CHECK(size == (room < whole.size() ? size_short : whole.size()));
        CHECK(out.find_first_not_of('#', room) == std::string::npos);
    }
    char out[2];
    CHECK(text_ascii().fold("ABC", out, 2) == size_short);
    CHECK(fold("Stra\xc3\x9f""E", text_ascii()) == "stra\xc3\x9f""e");
}

TEST_CASE("nameable is what can be seen") {
    const text_rules& rules = text_unicode();
    for (char32_t point : {U'a', U' ', U'~', char32_t{0xe9}, char32_t{0x301}, char32_t{0x4e00},
                           char32_t{0x1f600}, char32_t{0xac00}, char32_t{0x20000}}) {
        CAPTURE(static_cast<u32>(point));
        CHECK(rules.nameable(point));
    }
    for (u32 point : {0x00u, 0x1fu, 0x7fu, 0x85u, 0xa0u, 0xadu, 0x34fu, 0x378u, 0x61cu, 0x115fu,
                      0x1680u, 0x180eu, 0x2000u, 0x200bu, 0x200cu, 0x200du, 0x200eu, 0x2028u,
                      0x2029u, 0x202eu, 0x2060u, 0x2066u, 0x2800u, 0x3000u, 0x3164u, 0xd800u,
                      0xe000u, 0xfe0fu, 0xfeffu, 0xffa0u, 0xfff9u, 0xffffu, 0x1d173u, 0xe0001u,
                      0xe0100u, 0xf0000u, 0x10fffdu, 0x10ffffu}) {
        CAPTURE(point);
        CHECK_FALSE(rules.nameable(point));
    }
    for (char32_t point = 0; point < 0x300; ++point) {
        CHECK(text_ascii().nameable(point) == (point >= 0x20 && point < 0x7f));
        if (point < 0x80) CHECK(rules.nameable(point) == text_ascii().nameable(point));
    }
    CHECK(rules.kind(0xe9) == char_kind::letter);
    CHECK(rules.kind(U'7') == char_kind::letter);
    CHECK(rules.kind(0x301) == char_kind::mark);
    CHECK(rules.kind(0x1f600) == char_kind::other);
    CHECK(rules.kind(0x200d) == char_kind::refused);
    CHECK(rules.kind(0x10ffff) == char_kind::refused);
}

TEST_CASE("a nick's flaws are named with their place") {
    const auto is = [](const std::string& nick, text_flaw flaw, std::size_t offset) {
        CAPTURE(nick);
        const text_finding found = nick_fault(nick, text_unicode());
        CHECK(found.flaw == flaw);
        CHECK(found.offset == offset);
    };
    is("", text_flaw::empty, 0);
    is("Ada", text_flaw::none, 3);
    is("Ada L", text_flaw::none, 5);
    is("\xe4\xbd\xa0\xe5\xa5\xbd", text_flaw::none, 6);
    is(" Ada", text_flaw::leading_space, 0);
    is(" ", text_flaw::leading_space, 0);
    is("Ada ", text_flaw::trailing_space, 3);
    is("A  b", text_flaw::double_space, 2);
    is("A  ", text_flaw::double_space, 2);
    is("Ad\xff", text_flaw::invalid_utf8, 2);
    is("Ad\xc3", text_flaw::invalid_utf8, 2);
    is("Ad\n", text_flaw::not_nameable, 2);
    is("A\xe2\x80\x8d""b", text_flaw::not_nameable, 1);
    is("A\xc2\xa0""b", text_flaw::not_nameable, 1);
    CHECK(nick_fault("\xc3\xa9", text_ascii()).flaw == text_flaw::not_nameable);
    CHECK(nick_fault("Ada", text_ascii()).flaw == text_flaw::none);
}

TEST_CASE("a message holds no controls but line feed and tab") {
    CHECK(text_fault("") == 0);
    for (std::size_t place = 0; place < 20; ++place) {
        for (u32 byte = 0; byte < 128; ++byte) {
            std::string text(20, 'x');
            text[place] = static_cast<char>(byte);
            const bool good = (byte >= 0x20 && byte != 0x7f) || byte == '\n' || byte == '\t';
            REQUIRE(text_fault(text) == (good ? 20 : place));
        }
    }
    for (u32 point = 0x80; point < 0x100; ++point) {
        const std::string text = "before " + utf8({point}) + " after";
        CHECK(text_fault(text) == (point < 0xa0 ? 7 : text.size()));
    }
    CHECK(text_fault("\xe4\xbd\xa0 \xf0\x9f\x98\x80 \xe2\x80\xae") == 12);
    CHECK(text_fault("abc\xc2") == 3);
    CHECK(text_fault("abcdefgh\xed\xa0\x80") == 8);
    CHECK(text_fault("\xff") == 0);
}

TEST_CASE("a room's name is kept in its folded form") {
    const auto name = [](const std::string& in, const text_rules& rules) {
        char out[64];
        return std::string(out, room_name_fold(in, rules, out, sizeof out));
    };
    for (const text_rules* rules : {&text_ascii(), &text_unicode()}) {
        CHECK(name("general", *rules) == "general");
        CHECK(name("General", *rules) == "general");
        CHECK(name("#c++", *rules) == "#c++");
        CHECK(name("_match:42.a-b", *rules) == "_match:42.a-b");
        for (char bad : std::string("/,\"'\\<>*?!@= &;%|()[]{}^`~$\x7f\n") + '\0') {
            CHECK(name(std::string("a") + bad, *rules) == "");
            CHECK(name(std::string("A") + bad, *rules) == "");
        }
        for (const char* bad : {"", ".", "..", "-x", "+x", ":x", "\xff", "a\xc3"}) {
            CHECK(name(bad, *rules) == "");
        }
    }
    for (u32 first = 0; first < 0x100; ++first) {
        for (u32 last = 0; last < 0x100; ++last) {
            const std::string in = {static_cast<char>(first), 'a', static_cast<char>(last)};
            if (!room_name_is_plain(in)) continue;
            CHECK(name(in, text_ascii()) == in);
            CHECK(name(in, text_unicode()) == in);
        }
    }
    CHECK(room_name_is_plain("_match:42.a-b"));
    CHECK(!room_name_is_plain(""));
    const text_rules& rules = text_unicode();
    CHECK(name("\xc3\x89""COLE", text_ascii()) == "");
    CHECK(name(utf8({0xc9, U'C'}), rules) == utf8({U'e', 0x301, U'c'}));
    CHECK(name(utf8({0xff32, 0xff4f}), rules) == "ro");
    CHECK(name(utf8({U'a', 0xff0f}), rules) == "");          // folds to a slash
    CHECK(name(utf8({U'a', 0x2260}), rules) == "");          // folds to = and a mark
    CHECK(name(utf8({U'a', 0x3000}), rules) == "");          // folds to a space
    CHECK(name(utf8({0xff0e, U'a'}), rules) == "");          // folds to a leading dot
    CHECK(name(utf8({0x301, U'a'}), rules) == "");
    CHECK(name(utf8({U'a', 0x200d}), rules) == "");
    CHECK(name(utf8({0x1f600}), rules) == "");
    char out[4];
    CHECK(room_name_fold("abcde", rules, out, 4) == size_short);
    CHECK(room_name_fold("ABCDE", rules, out, 4) == size_short);
    CHECK(room_name_fold("ABCD", rules, out, 4) == 4);
}

TEST_CASE("texts are the same when every byte is, whatever their length") {
    for (std::size_t size = 0; size <= 40; ++size) {
        // Each in a block of its own, so that a sanitizer sees a byte too many.
        std::vector<char> left(size, 'x'), right(size, 'x');
        CHECK(is_same_text({left.data(), size}, {right.data(), size}));
        if (size != 0) CHECK_FALSE(is_same_text({left.data(), size}, {right.data(), size - 1}));
        for (char& byte : right) {
            byte = '\x80';
            CHECK_FALSE(is_same_text({left.data(), size}, {right.data(), size}));
            byte = 'x';
        }
    }
    CHECK(is_same_text({}, std::string_view("", 0)));
}
