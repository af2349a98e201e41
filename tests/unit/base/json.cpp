#include "catch.hpp"

#include "base/json.hpp"
#include "base/text.hpp"

#include <cstdio>
#include <random>
#include <string>
#include <vector>

using namespace chatroom::detail;

namespace {

struct parsed {
    json_result result;
    std::vector<json_member> members;
};

parsed parse(std::string_view text, u32 capacity = 32) {
    parsed p;
    p.members.resize(capacity);
    u32 count = 77;
    p.result = json_read_object(text, p.members.data(), capacity, count);
    p.members.resize(count);
    return p;
}

// The text must not live on in a larger buffer, so that reading past its end is found.
parsed parse_exactly(const std::string& text) {
    std::vector<char> exact(text.begin(), text.end());
    parsed p = parse(std::string_view(exact.data(), exact.size()));
    p.members.clear();
    return p;
}

std::string text_of(const json_member& member) {
    std::vector<char> out(member.value.size());
    std::string_view text;
    REQUIRE(json_string(member, out.data(), out.size(), text));
    return std::string(text);
}

void faults(const std::string& text, json_fault fault, u32 offset) {
    CAPTURE(text);
    const json_result result = parse_exactly(text).result;
    CHECK(static_cast<int>(result.fault) == static_cast<int>(fault));
    CHECK(result.offset == offset);
}

void accepts(const std::string& text) { faults(text, json_fault::none, 0); }

bool refuses(const std::string& text) {
    return parse_exactly(text).result.fault != json_fault::none;
}

std::string write_string(std::string_view text) {
    std::vector<char> out(6 * text.size() + 2);
    json_writer writer{out.data(), out.data() + out.size()};
    writer.string(text);
    CHECK_FALSE(writer.full);
    return std::string(out.data(), writer.at);
}

template <typename T>
std::string write_number(T value) {
    char out[24];
    json_writer writer{out, out + sizeof out};
    writer.number(value);
    return std::string(out, writer.at);
}

std::string nested(int depth) {
    std::string text = "{\"a\":";
    for (int i = 1; i < depth; ++i) text += i % 2 ? "[" : "{\"b\":";
    text += "1";
    for (int i = depth - 1; i > 0; --i) text += i % 2 ? "]" : "}";
    return text + "}";
}

}  // namespace

TEST_CASE("an object's members are listed as they stand") {
    const std::string text = R"( { "op" : "post", "n":-12, "list" : [1, [2]] ,"in":{"x":null},)"
                             "\r\n\t" R"("yes":true,"no":false,"nil":null,"esc":"a\nb"} )";
    const parsed p = parse(text);
    REQUIRE(p.result.fault == json_fault::none);
    REQUIRE(p.members.size() == 8);
    const struct {
        const char *name, *value;
        json_kind kind;
    } wanted[] = {{"op", "post", json_kind::string},      {"n", "-12", json_kind::number},
                  {"list", "[1, [2]]", json_kind::array}, {"in", "{\"x\":null}", json_kind::object},
                  {"yes", "true", json_kind::boolean},    {"no", "false", json_kind::boolean},
                  {"nil", "null", json_kind::null},       {"esc", "a\\nb", json_kind::string}};
    for (std::size_t i = 0; i < 8; ++i) {
        const json_member& m = p.members[i];
        CHECK(m.name == wanted[i].name);
        CHECK(m.value == wanted[i].value);
        CHECK(m.kind == wanted[i].kind);
        CHECK(m.escaped == (i == 7));
        CHECK_FALSE(m.name_escaped);
        const bool quoted = m.kind == json_kind::string;
        CHECK(text.data() + m.offset + (quoted ? 1 : 0) == m.value.data());
        CHECK(json_name_is(m, wanted[i].name));
        CHECK_FALSE(json_name_is(m, "else"));
    }
    CHECK(parse("{}").members.empty());
    CHECK(parse(" {\n} ").result.fault == json_fault::none);
}

TEST_CASE("every fault is told with its place") {
    using f = json_fault;
    faults("", f::not_an_object, 0);
    faults("  ", f::not_an_object, 2);
    faults(" [1]", f::not_an_object, 1);
    faults("\xef\xbb\xbf{}", f::not_an_object, 0);
    faults("{", f::unterminated, 1);
    faults("{\"a", f::unterminated, 3);
    faults("{\"a\"", f::unterminated, 4);
    faults("{\"a\":", f::unterminated, 5);
    faults("{\"a\":1", f::unterminated, 6);
    faults("{\"a\":1,", f::unterminated, 7);
    faults("{\"a\":tru", f::unterminated, 8);
    faults("{\"a\":[1,", f::unterminated, 8);
    faults("{\"a\":[", f::unterminated, 6);
    faults("{\"a\":\"x\\", f::unterminated, 8);
    faults("{a:1}", f::unexpected_byte, 1);
    faults("{\"a\" 1}", f::unexpected_byte, 5);
    faults("{\"a\":}", f::unexpected_byte, 5);
    faults("{\"a\":1,}", f::unexpected_byte, 7);
    faults("{\"a\":1 \"b\":2}", f::unexpected_byte, 7);
    faults("{,}", f::unexpected_byte, 1);
    faults("{\"a\":[1,]}", f::unexpected_byte, 8);
    faults("{\"a\":[1}}", f::unexpected_byte, 7);
    faults("{\"a\":{\"b\":1]}", f::unexpected_byte, 11);
    faults("{\"a\":trux}", f::unexpected_byte, 8);
    faults("{\"a\":+1}", f::unexpected_byte, 5);
    faults("{\"a\":.5}", f::unexpected_byte, 5);
    faults("{\"a\":1x}", f::unexpected_byte, 6);
    faults(std::string("{\"a\":\0}", 7), f::unexpected_byte, 5);
    faults("{\"a\":\"long enough \\x\"}", f::bad_escape, 18);
    faults("{\"a\":\"\\u12g4\"}", f::bad_escape, 6);
    faults("{\"a\":\"\\ud800\"}", f::bad_escape, 6);
    faults("{\"a\":\"\\ud800\\u0041\"}", f::bad_escape, 6);
    faults("{\"a\":\"\\ud800\\ud800\"}", f::bad_escape, 6);
    faults("{\"a\":\"x\\udc00\"}", f::bad_escape, 7);
    faults("{\"a\":\"\\u00", f::bad_escape, 6);
    faults("{\"a\":\"xy\xff\"}", f::bad_utf8, 8);
    faults("{\"a\":\"\xed\xa0\x80\"}", f::bad_utf8, 6);
    faults("{\"a\":\"12345678\xc3\"}", f::bad_utf8, 14);
    faults("{\"a\":\"x\ny\"}", f::control_in_string, 7);
    faults(std::string("{\"a\":\"x\0y\"}", 11), f::control_in_string, 7);
    faults("{\"a\":01}", f::bad_number, 5);
    faults("{\"a\":-}", f::bad_number, 5);
    faults("{\"a\":-", f::bad_number, 5);
    faults("{\"a\":1.}", f::bad_number, 5);
    faults("{\"a\":1e+}", f::bad_number, 5);
    faults("{\"a\":[-01]}", f::bad_number, 6);
    faults("{\"a\":1,\"b\":2,\"a\":3}", f::duplicate_name, 13);
    faults("{\"ab\":1,\"\\u0061b\":3}", f::duplicate_name, 8);
    faults("{\"\\u0061b\":1,\"c\":2,\"ab\":3}", f::duplicate_name, 19);
    faults("{\"\":1,\"c\":2,\"\":3}", f::duplicate_name, 12);
    faults("{\"\\u00e9\":1,\"\xc3\xa9\":3}", f::duplicate_name, 12);
    faults("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":3}", f::duplicate_name, 18);
    faults("{} x", f::trailing_bytes, 3);
    faults("{}{}", f::trailing_bytes, 2);
    faults(nested(9), f::too_deep, static_cast<u32>(nested(9).rfind('{')));
    accepts(nested(8));
    faults("{\"a\":[[[[[[[[1]]]]]]]]}", f::too_deep, 12);
    accepts("{\"a\":[[[[[[[1]]]]]]]}");
    accepts("{\"a\":1,\"A\":2,\"aa\":3,\"\\u0061b\":4,\"a\\u0062c\":5}");
}

TEST_CASE("there is a place for as many members as asked for, and no more") {
    std::string text = "{";
    for (int i = 0; i < 32; ++i) text += (i ? ",\"m" : "\"m") + std::to_string(i) + "\":[]";
    CHECK(parse(text + "}").members.size() == 32);
    const parsed p = parse(text + ",\"x\":1}");
    CHECK(p.result.fault == json_fault::too_many_members);
    CHECK(p.result.offset == text.size() + 1);
    CHECK(p.members.size() == 32);
    CHECK(parse("{\"a\":1}", 0).result.fault == json_fault::too_many_members);
    CHECK(parse("{}", 0).result.fault == json_fault::none);
}

TEST_CASE("names of any length are told apart") {
    for (std::size_t size : {std::size_t{1}, std::size_t{31}, std::size_t{33}, std::size_t{300}}) {
        const std::string name(size, 'n');
        CHECK(parse("{\"" + name + "\":1,\"" + name + "\":1}").result.fault ==
              json_fault::duplicate_name);
        CHECK(parse("{\"" + name + "\":1,\"" + name + "n\":1}").result.fault == json_fault::none);
        CHECK(parse("{\"" + name + "a\":1,\"" + name + "b\":1}").result.fault == json_fault::none);
    }
    CHECK(json_name_is(parse("{\"\\u006fp\":1}").members[0], "op"));
    CHECK_FALSE(json_name_is(parse("{\"\\u006fpx\":1}").members[0], "op"));
}

TEST_CASE("values in the spirit of JSONTestSuite are accepted or refused") {
    const char* good[] = {"0", "-0", "1", "-1", "10", "0.5", "-0.0e-0", "1E5", "1e+5", "1e-5",
        "123456789012345678901234567890", "1.5e300", "\"\"", "\"a\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0000\"", "\"\\uFFFF\"", "\"\\uD834\\udd1e\"", "\"\x7f\"", "\"\xc2\x80\"",
        "\"\xf4\x8f\xbf\xbf\"", "\"\xe2\x80\xa8\"", "[]", "[ ]", "[\n]", "{}", "{ }", "[[],[]]",
        "[{}]", "[1,null,true,false,\"x\",{},[]]", "{\"a\":{\"a\":{}}}", "{\"x\":[{\"id\":\"y\"}]}",
        "{\"\":0}", "{\"a\":1,\"a\":2}", "true", "false", "null", "[0e1]", "[ 4 ]",
        "\"\\u0061\\u30af\""};
    for (std::string value : good) {
        accepts("{\"a\":" + value + "}");
        accepts("\t{ \"a\" :\n" + value + "\r, \"b\":" + value + " } ");
        accepts("{\"a\":[" + value + " , " + value + "]}");
    }
    const char* bad[] = {"", "00", "-01", "+1", "1.", ".1", "1.e1", "1e", "1e+", "0x1", "1 2",
        "- 1",
        "--1", "1e1.5", "Infinity", "NaN", "nul", "nulll", "True", "'a'", "a", "\"", "\"\\\"",
        "\"\\a\"",
        "\"\\u\"", "\"\\u12\"", "\"\\u123\"", "\"\\u 123\"", "\"\\U0061\"", "\"\\uD800\\n\"",
        "\"\\uD800\\u\"", "\"\\uDFFF\"", "\"\t\"", "\"\n\"", "\"\x1f\"", "\"\x80\"", "\"\xc0\xaf\"",
        "\"\xe0\x9f\xbf\"", "\"\xf5\x80\x80\x80\"", "\"\xe2\x80\"", "[", "]", "[1", "[1,",
        "[1,]", "[,1]",
        "[1,,2]", "[1 2]", "[1:2]", "[\"a\"", "{", "}", "{1:1}", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}", "{\"a\":1 \"b\":1}", "{a:1}", "{'a':1}", "{[}]", "[}", "{]", "[1}", "//",
        "/**/1",
        "1#", "\xc2\xa0", ("\xef\xbb\xbf" "1"), "\v1", "\f1", "[\"\",]", "*", "1,", "\"a\"\"b\"",
        "<"};
    for (std::string value : bad) {
        CAPTURE(value);
        CHECK(refuses("{\"a\":" + value + "}"));
        CHECK(refuses("{\"a\":[" + value + "],\"b\":" + value + "}"));
        CHECK(refuses("{\"b\":0,\"a\":" + value));
    }
}

TEST_CASE("cut anywhere, or with any byte changed, a text does no harm") {
    const std::string text = R"({"op":"post \u00e9\ud83d\ude00","n":[-1.5e3,{"k":[true,null]}],)"
                             R"("t":"é\n"})";
    accepts(text);
    for (std::size_t size = 0; size < text.size(); ++size) {
        CHECK(refuses(std::string(text.data(), size)));
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = text;
            changed[at] = static_cast<char>(byte);
            const parsed p = parse(changed);
            REQUIRE(p.result.offset <= changed.size());
            for (const json_member& m : p.members) {
                if (m.kind == json_kind::string) text_of(m);
            }
        }
    }
}

TEST_CASE("strings are unescaped, in place where nothing is escaped") {
    const std::string text = R"({"a":"plain","b":"\"\\\/\b\f\n\r\t",)"
                             R"("c":"\u0041\u00e9\u4F60\uD83D\ude00",)"
                             R"("d":"long run of plain text, then \n and a long run again",)"
                             R"("e":"\u0000"})";
    const parsed p = parse(text);
    REQUIRE(p.members.size() == 5);
    std::string_view view;
    REQUIRE(json_string(p.members[0], nullptr, 0, view));
    CHECK(view.data() == p.members[0].value.data());
    CHECK(view == "plain");
    CHECK(text_of(p.members[1]) == "\"\\/\b\f\n\r\t");
    CHECK(text_of(p.members[2]) == "A\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80");
    CHECK(text_of(p.members[3]) == "long run of plain text, then \n and a long run again");
    CHECK(text_of(p.members[4]) == std::string(1, '\0'));
    for (std::size_t m = 1; m < 5; ++m) {
        const std::size_t size = text_of(p.members[m]).size();
        for (std::size_t room = 0; room <= size; ++room) {
            std::string out(size + 8, '#');
            CHECK(json_string(p.members[m], &out[0], room, view) == (room == size));
            CHECK(out.find_first_not_of('#', room) == std::string::npos);
        }
    }
    CHECK_FALSE(json_string(parse("{\"a\":1}").members[0], nullptr, 0, view));
}

TEST_CASE("integers are whole and below 2^53") {
    const auto integer = [](const std::string& value, i64& out) {
        const std::string text = "{\"a\":" + value + "}";
        return json_integer(parse(text).members[0], out);
    };
    i64 out = 5;
    for (i64 wanted : {i64{0}, i64{1}, i64{-1}, i64{1234567890123}, (i64{1} << 53) - 1,
                       1 - (i64{1} << 53)}) {
        CHECK(integer(std::to_string(wanted), out));
        CHECK(out == wanted);
    }
    CHECK(integer("-0", out));
    CHECK(out == 0);
    out = 5;
    for (const char* value : {"9007199254740992", "-9007199254740992", "1.0", "1e3", "1E0", "-0.5",
                              "18446744073709551617", "99999999999999999999999999", "\"1\"", "null",
                              "[1]", "true"}) {
        CHECK_FALSE(integer(value, out));
    }
    CHECK(out == 5);
    bool flag = false;
    CHECK((json_bool(parse("{\"a\":true}").members[0], flag) && flag));
    CHECK((json_bool(parse("{\"a\":false}").members[0], flag) && !flag));
    CHECK_FALSE(json_bool(parse("{\"a\":\"true\"}").members[0], flag));
}

TEST_CASE("an array's elements come one after another") {
    const std::string text = R"({"a":[ 1 ,"x\"]",[2,[3]], {"k":"]"},null ],"b":[],"c":[ ]})";
    const parsed p = parse(text);
    REQUIRE(p.members.size() == 3);
    const std::string_view array = p.members[0].value;
    const char* wanted[] = {"1", "x\\\"]", "[2,[3]]", "{\"k\":\"]\"}", "null"};
    json_member element;
    u32 at = 0;
    for (const char* value : wanted) {
        REQUIRE(json_next_element(array, at, element));
        CHECK(element.value == value);
        CHECK(element.name.empty());
        const bool quoted = element.kind == json_kind::string;
        CHECK(element.escaped == quoted);
        CHECK(array.data() + element.offset + (quoted ? 1 : 0) == element.value.data());
    }
    CHECK_FALSE(json_next_element(array, at, element));
    CHECK_FALSE(json_next_element(array, at, element));
    for (std::size_t empty : {std::size_t{1}, std::size_t{2}}) {
        at = 0;
        CHECK_FALSE(json_next_element(p.members[empty].value, at, element));
    }
    at = 0;
    CHECK_FALSE(json_next_element("1", at, element));
    CHECK_FALSE(json_next_element("", at, element));
}

TEST_CASE("an element as deep as an object may be is reached") {
    const std::string text = "{\"a\":[[[[[[[1]]]]]]]}";
    accepts(text);
    const parsed p = parse(text);
    std::string array(p.members[0].value);
    json_member element;
    for (int depth = 0; depth < 7; ++depth) {
        u32 at = 0;
        REQUIRE(json_next_element(array, at, element));
        array = std::string(element.value);
    }
    CHECK(array == "1");
}

TEST_CASE("the writer escapes what must be escaped, and nothing else") {
    CHECK(write_string("") == "\"\"");
    CHECK(write_string("a\"b\\c/d") == "\"a\\\"b\\\\c/d\"");
    CHECK(write_string("\b\f\n\r\t") == "\"\\b\\f\\n\\r\\t\"");
    CHECK(write_string(std::string_view("\0\x1f\x7f", 3)) == "\"\\u0000\\u001f\\u007f\"");
    CHECK(write_string("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa") ==
          "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\"");
    CHECK(write_string("\xc3\xa9\xf0\x9f\x98\x80\xe2\x82\xac") ==
          "\"\xc3\xa9\xf0\x9f\x98\x80\xe2\x82\xac\"");
    for (std::size_t place = 0; place < 24; ++place) {
        for (int byte = 0; byte < 128; ++byte) {
            std::string text(24, 'x');
            text[place] = static_cast<char>(byte);
            const bool plain = byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f;
            const std::string written = write_string(text);
            REQUIRE((written == "\"" + text + "\"") == plain);
        }
    }
}

TEST_CASE("numbers are written in full") {
    for (u64 value : {u64{0}, u64{9}, u64{10}, u64{9999}, u64{10000}, u64{4294967295u},
                      u64{4294967296u}, u64{1700000000123u}, u64{10000000000000000000u},
                      ~u64{0}}) {
        CHECK(write_number(value) == std::to_string(value));
        CHECK(write_number(static_cast<i64>(value)) == std::to_string(static_cast<i64>(value)));
        CHECK(write_number(static_cast<i64>(0 - value)) ==
              std::to_string(static_cast<i64>(0 - value)));
    }
    for (u64 value = 1; value < 10000000000000000000u; value *= 10) {
        for (u64 each : {value - 1, value, value + 1, value * 3 / 2}) {
            CHECK(write_number(each) == std::to_string(each));
        }
    }
    std::mt19937_64 random(1);
    for (int round = 0; round < 10000; ++round) {
        const u64 value = random() >> random() % 64;
        REQUIRE(write_number(value) == std::to_string(value));
        u32 rest = 0;
        const u32 divisor = static_cast<u32>(random() >> (32 + random() % 32)) | 1;
        REQUIRE(divide_small(value, divisor, rest) == value / divisor);
        REQUIRE(rest == value % divisor);
    }
}

TEST_CASE("a writer that is full writes nothing more") {
    const auto write = [](json_writer& writer) {
        writer.raw("{\"text\":");
        writer.string("some \"text\" and \xe2\x80\xa8 more");
        writer.raw(",\"n\":");
        writer.number(i64{-12345});
        writer.raw(std::string_view{});
        writer.boolean(true);
        writer.raw("}");
    };
    std::string whole(200, '#');
    json_writer all{&whole[0], &whole[0] + whole.size()};
    write(all);
    REQUIRE_FALSE(all.full);
    const std::size_t size = static_cast<std::size_t>(all.at - whole.data());
    for (std::size_t room = 0; room <= size; ++room) {
        std::string out(size + 8, '#');
        json_writer writer{&out[0], &out[0] + room};
        write(writer);
        CHECK(writer.full == (room < size));
        CHECK(writer.at <= out.data() + room);
        if (!writer.full) CHECK(out.compare(0, size, whole, 0, size) == 0);
        CHECK(out.find_first_not_of('#', room) == std::string::npos);
        const char* const at = writer.at;
        writer.raw("");
        if (writer.full) writer.boolean(false);
        CHECK(writer.at == at);
    }
}

TEST_CASE("a string of any length fits exactly, wherever its escape stands") {
    for (std::size_t size = 0; size < 20; ++size) {
        for (std::size_t place = 0; place <= size; ++place) {
            std::string text(size, '~');
            if (place < size) text[place] = '"';
            const std::vector<char> exact(text.begin(), text.end());
            const std::string_view borrowed(exact.data(), exact.size());
            const std::string wanted = write_string(borrowed);
            CHECK(wanted.size() == size + 2 + (place < size ? 1 : 0));
            std::vector<char> out(wanted.size());
            json_writer fits{out.data(), out.data() + out.size()};
            fits.string(borrowed);
            CHECK_FALSE(fits.full);
            CHECK(std::string(out.data(), fits.at) == wanted);
            json_writer short_of{out.data(), out.data() + out.size() - 1};
            short_of.string(borrowed);
            CHECK(short_of.full);
        }
    }
}

TEST_CASE("what is written is read again as it was, for random strings") {
    std::mt19937 random(9);
    const char32_t often[] = {U'a', U' ', U'"', U'\\', U'\n', 0x7f, 0x2028, 0x2029, 0xe9, 0x1f600};
    for (int round = 0; round < 5000; ++round) {
        std::string text;
        for (u32 n = random() % 60; n != 0; --n) {
            char32_t point = random() % 2 ? often[random() % 10] : random() % 0x80;
            if (random() % 8 == 0) point = random() % 0x110000;
            if (point >= 0xd800 && point < 0xe000) continue;
            char bytes[4];
            text.append(bytes, utf8_put(point, bytes));
        }
        const std::string frame = "{\"" "t\":" + write_string(text) + "}";
        const parsed p = parse(frame);
        REQUIRE(p.result.fault == json_fault::none);
        REQUIRE(p.members.size() == 1);
        REQUIRE(text_of(p.members[0]) == text);
        // The same with every unit escaped.
        std::string escaped = "{\"t\":\"";
        for (const char *at = text.data(), *end = at + text.size(); at != end;) {
            char unit[16];
            u32 point = utf8_next(at, end);
            if (point > 0xffff) {
                std::snprintf(unit, sizeof unit, "\\u%04X",
                              static_cast<unsigned>(0xd7c0 + (point >> 10)));
                escaped += unit;
                point = 0xdc00 + (point & 0x3ff);
            }
            std::snprintf(unit, sizeof unit, "\\u%04x", static_cast<unsigned>(point));
            escaped += unit;
        }
        escaped += "\"}";
        const parsed q = parse(escaped);
        REQUIRE(q.result.fault == json_fault::none);
        REQUIRE(text_of(q.members[0]) == text);
    }
}
