#include "catch.hpp"
#include "host.hpp"

#include "base/json.hpp"
#include "core.hpp"
#include "edge/protocol.hpp"
#include "model/request.hpp"

using namespace chatroom;
using namespace chatroom::detail;
using tests::member_of;
using tests::small_config;
using tests::test_host;

namespace {

/// Sends a frame and answers the reply in JSON.
struct talking {
    test_host app{small_config()};
    session_id alice = app.guest("alice", wire::json);

    std::string ask(const std::string& frame) {
        app.forget();
        const error why = app.chat.receive(alice, frame);
        if (why != error::none) return error_name(why);
        for (const tests::delivery& d : app.got) {
            const bool reply = d.type == event_type::ok || d.type == event_type::failure ||
                               d.type >= event_type::history_page;
            if (d.session == alice && reply) return d.frame;
        }
        return {};
    }
};

struct bad_frame {
    const char* frame;
    const char* code;
    const char* field;   ///< Empty: none is told.
    int at;              ///< From 1; 0: none is told.
    const char* found;
    int ref;
};

const bad_frame bad_frames[] = {
    {"", "frame_malformed", "", 1, "not an object", 0},
    {"nonsense", "frame_malformed", "", 1, "not an object", 0},
    {" []", "frame_malformed", "", 2, "not an object", 0},
    {"{", "frame_malformed", "", 2, "unterminated", 0},
    {"{\"op\":\"ping\"", "frame_malformed", "", 13, "unterminated", 0},
    {"{\"op\":\"ping}", "frame_malformed", "", 13, "unterminated", 0},
    {"{\"op\":\"ping\"}x", "frame_malformed", "", 14, "trailing bytes", 0},
    {"{\"op\":\"ping\",}", "frame_malformed", "", 14, "unexpected byte", 0},
    {"{'op':\"ping\"}", "frame_malformed", "", 2, "unexpected byte", 0},
    {"{\"op\":\"p\\q\"}", "frame_malformed", "", 9, "bad escape", 0},
    {"{\"op\":\"p\\ud800\"}", "frame_malformed", "", 9, "bad escape", 0},
    {"{\"op\":\"p\xff\"}", "frame_malformed", "", 9, "bad UTF-8", 0},
    {"{\"op\":\"p\n\"}", "frame_malformed", "", 9, "control", 0},
    {"{\"op\":01}", "frame_malformed", "", 7, "bad number", 0},
    {"{\"a\":[[[[[[[[1]]]]]]]]}", "frame_malformed", "", 13, "too deep", 0},
    {"{\"op\":\"ping\",\"op\":\"ping\"}", "frame_malformed", "", 14, "duplicate member", 0},
    {"{\"op\":\"ping\",\"o\\u0070\":1}", "frame_malformed", "", 14, "duplicate member", 0},
    {"{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1,"
     "\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1}",
     "frame_malformed", "", 98, "too many members", 0},
    {"{}", "op_missing", "op", 0, "", 0},
    {R"({"ref":7})", "op_missing", "op", 0, "", 7},
    {R"({"op":null,"ref":7})", "op_missing", "op", 0, "", 7},
    {R"({"op":5,"ref":7})", "member_invalid", "op", 7, "", 7},
    {R"({"op":"dance","ref":7})", "op_unknown", "op", 7, "dance", 7},
    {R"({"ref":7,"op":"\u0064ance"})", "op_unknown", "op", 15, "dance", 7},
    {R"({"op":"boot"})", "op_unknown", "op", 7, "boot", 0},
    {R"({"op":"bind"})", "op_unknown", "op", 7, "bind", 0},
    {R"({"op":"a name of an op that is too long to be told"})", "op_unknown", "op", 7,
     "a name of an op that is ", 0},
    {R"({"op":"ping","ref":-1})", "member_invalid", "ref", 20, "", 0},
    {R"({"op":"ping","ref":0})", "member_invalid", "ref", 20, "", 0},
    {R"({"op":"ping","ref":1.5})", "member_invalid", "ref", 20, "", 0},
    {R"({"op":"ping","ref":"1"})", "member_invalid", "ref", 20, "", 0},
    {R"({"op":"ping","ref":9007199254740992})", "member_invalid", "ref", 20, "", 0},
    {R"({"op":"join","ref":7})", "member_missing", "room", 0, "", 7},
    {R"({"op":"join","room":null,"ref":7})", "member_missing", "room", 0, "", 7},
    {R"({"op":"join","room":"","ref":7})", "member_missing", "room", 0, "", 7},
    {R"({"op":"join","room":5,"ref":7})", "member_invalid", "room", 21, "", 7},
    {R"({"op":"join","room":["x"]})", "member_invalid", "room", 21, "", 0},
    {R"({"op":"join","room":"x","history":"5"})", "member_invalid", "history", 35, "", 0},
    {R"({"op":"join","room":"x","history":1e2})", "member_invalid", "history", 35, "", 0},
    {R"({"op":"join","room":"x","history":true})", "member_invalid", "history", 35, "", 0},
    {R"({"op":"join","room":"x","history":-1})", "number_out_of_range", "history", 0, "", 0},
    {R"({"op":"join","room":"x","history":4294967296})", "number_out_of_range", "history", 0, "",
     0},
    {R"({"op":"post","room":"x","text":"t","kind":"shout"})", "member_invalid", "kind", 43, "", 0},
    {R"({"op":"post","room":"x","text":"t","kind":1})", "member_invalid", "kind", 43, "", 0},
    {R"({"op":"create","room":"x","managed":1})", "member_invalid", "managed", 37, "", 0},
    {R"({"op":"create","room":"x","managed":"yes"})", "member_invalid", "managed", 37, "", 0},
    {R"({"op":"set","room":"r","value":"x"})", "member_missing", "property", 0, "", 0},
    {R"({"op":"set","property":null,"room":"r"})", "member_missing", "property", 0, "", 0},
    {R"({"op":"set","ref":7})", "member_missing", "property", 0, "", 7},
    {R"({"op":"resume","token":"t","cursors":5})", "member_invalid", "cursors", 38, "", 0},
    {R"({"op":"resume","token":"t","cursors":[5]})", "frame_malformed", "", 39, "not an object",
     0},
    {R"({"op":"resume","token":"t","cursors":[{},{"room":5}]})", "member_invalid", "room", 50, "",
     0},
    {R"({"op":"resume","token":"t","cursors":[{"a":1,"a":1}]})", "frame_malformed", "", 46,
     "duplicate member", 0},
    {R"({"op":"post","room":"lobby","text":"a\u0001"})", "text_invalid", "text", 2, "", 0},
    {R"({"op":"nick","nick":"a\u200bb"})", "nick_invalid", "nick", 2, "", 0},
    {R"({"op":"join","room":"a b"})", "room_name_invalid", "room", 0, "", 0},
};

}  // namespace

TEST_CASE("every frame that cannot be read says what is wrong and where") {
    for (const bad_frame& each : bad_frames) {
        talking t;
        CAPTURE(each.frame);
        const std::string reply = t.ask(each.frame);
        CHECK(member_of(reply, "op") == "error");
        CHECK(member_of(reply, "code") == each.code);
        CHECK(member_of(reply, "field") == each.field);
        CHECK(member_of(reply, "at") == (each.at == 0 ? "" : std::to_string(each.at)));
        CHECK(member_of(reply, "found") == each.found);
        CHECK(member_of(reply, "ref") == (each.ref == 0 ? "" : std::to_string(each.ref)));
        CHECK_FALSE(member_of(reply, "text").empty());
        CHECK(t.app.chat.stats().rooms == 0);
    }
}

TEST_CASE("a choice that must be made is told even when it is the first") {
    chatroom::set what;
    what.room = "den";
    what.value = "A den";
    char frame[200];
    const std::size_t size =
        write_json_frame(shape_command_set, &what, frame, sizeof frame);
    CHECK(std::string(frame, size) ==
          R"({"op":"set","room":"den","property":"title","value":"A den"})");
    talking t;
    t.app.chat.submit(t.alice, join{"den"});
    CHECK(member_of(t.ask(std::string(frame, size)), "op") == "ok");
    CHECK(t.app.chat.room(host, "den").value.title == "A den");
    // In binary 0 is left out, as ever.
    const session_id bob = t.app.guest("bob", wire::binary);
    t.app.chat.submit(bob, create{"hut"});
    t.app.forget();
    t.app.chat.receive(bob, std::string("\x21\0\1\3hut\3\4mine\0", 14));
    CHECK(member_of(t.app.told(bob).at(0), "op") == "ok");
    CHECK(t.app.chat.room(host, "hut").value.title == "mine");
}

TEST_CASE("ref comes back with every kind of reply") {
    talking t;
    CHECK(member_of(t.ask(R"({"ref":9007199254740991,"op":"ping"})"), "ref") ==
          "9007199254740991");
    CHECK(member_of(t.ask(R"({"op":"join","room":"lobby","ref":2})"), "ref") == "2");
    CHECK(member_of(t.ask(R"({"op":"post","room":"lobby","text":"x","ref":3})"), "ref") == "3");
    CHECK(member_of(t.ask(R"({"op":"history","room":"lobby","ref":4})"), "ref") == "4");
    CHECK(member_of(t.ask(R"({"op":"members","room":"lobby","ref":5})"), "ref") == "5");
    CHECK(member_of(t.ask(R"({"op":"rooms","ref":6})"), "ref") == "6");
    CHECK(member_of(t.ask(R"({"op":"post","room":"nowhere","text":"x","ref":7})"), "ref") == "7");
    CHECK(member_of(t.ask(R"({"op":"ping","ref":null})"), "ref").empty());
    CHECK(member_of(t.ask(R"({"op":"ping"})"), "ref").empty());
}

TEST_CASE("null is as if the member were not there, and unknown members are for later versions") {
    talking t;
    CHECK(member_of(t.ask(R"({"op":"join","room":"lobby","history":null,"later":{"a":[1]}})"),
                    "op") == "ok");
    CHECK(member_of(t.ask(R"({"op":"post","room":"lobby","text":"x","kind":null,"nonce":null,)"
                          R"("reply_to":null})"), "op") == "ok");
    CHECK(member_of(t.ask(R"({"op":"history","room":"lobby","limit":null,"selector":null})"),
                    "op") == "history");
    const session_id other = t.app.connect(0, wire::json);
    t.app.forget();
    t.app.chat.receive(other, R"({"op":"resume","token":"00","cursors":null})");
    CHECK(member_of(t.app.told(other)[0], "code") == "token_invalid");
}

TEST_CASE("a member may be escaped in every way that JSON knows") {
    talking t;
    CHECK(member_of(t.ask(R"({"\u006fp":"j\u006fin","r\u006fom":"L\u006fbby"})"), "room") ==
          "lobby");
    t.app.forget();
    t.ask(R"({"op":"post","room":"lobby","text":"\u00e9\ud83d\ude00\"\\\/\n\t"})");
    message out[1];
    REQUIRE(t.app.chat.history(host, {"lobby"}, out, 1).value.messages.size == 1);
    CHECK(out[0].text == "\xc3\xa9\xf0\x9f\x98\x80\"\\/\n\t");
}

// Events.

namespace {

std::string any_text(std::mt19937& random, std::size_t most) {
    static const char* const pieces[] = {"a", "\"", "\\", "\n", "\t", "\xc3\xa9", "\xe2\x80\xa8",
                                         "\xf0\x9f\x98\x80", "\x7f", "/", " ", "\x01", "\r"};
    std::string text;
    for (std::size_t n = random() % (most + 1); n != 0; --n) {
        text += pieces[random() % (sizeof pieces / sizeof *pieces)];
    }
    return text;
}

/// An event with any values; texts as `text` makes them for a member.
struct made_event {
    std::vector<u64> words, item;
    std::vector<std::string> texts;
    const described& shape;

    using text_maker = std::function<std::string(const described_member&)>;
    using number_maker = std::function<u64(const described_member&)>;

    made_event(const described& of, const text_maker& text, const number_maker& number,
               std::size_t items)
        : words(of.bytes / 8 + 1), shape(of) {
        texts.reserve(1000);
        fill(of, words.data(), text, number, items);
    }
    void fill(const described& of, void* into, const text_maker& text, const number_maker& number,
              std::size_t items) {
        for (u32 i = 0; i < of.count; ++i) {
            const described_member& m = of.members[i];
            if (is_derived(m)) continue;
            if (m.kind == kind::text) {
                texts.push_back(text(m));
                text_of(into, m) = texts.back();
            } else if (m.kind == kind::items) {
                const described& element = *static_cast<const described*>(m.extra);
                item.assign(items * element.bytes / 8 + 1, 0);
                char* const data = reinterpret_cast<char*>(item.data());
                for (std::size_t at = 0; at < items; ++at) {
                    fill(element, data + at * element.bytes, text, number, 0);
                }
                set_items(into, m, {data, items});
            } else if (m.kind == kind::i32_number) {
                set_number(into, m, 30 + number(m) % 10);
            } else {
                u64 value = number(m);
                if (m.kind == kind::flag) value %= 2;
                if (m.kind == kind::choice) value %= 2;   // Each has two names at least.
                set_number(into, m, value);
            }
        }
    }
    chatroom::event as_event() { return {static_cast<event_type>(shape.type), words.data()}; }
};

void check_object(const described& shape, const void* body, std::string_view text, bool outermost);

void check_member(const described_member& m, const void* body, const json_member& told) {
    char room[4096];
    std::string_view text;
    i64 number = 0;
    bool flag = false;
    switch (m.kind) {
    case kind::text:
        REQUIRE(json_string(told, room, sizeof room, text));
        REQUIRE(text == text_of(body, m));
        break;
    case kind::flag:
        REQUIRE(json_bool(told, flag));
        REQUIRE(flag == (number_of(body, m) != 0));
        break;
    case kind::choice:
        REQUIRE(json_string(told, room, sizeof room, text));
        REQUIRE(text == static_cast<const char* const*>(m.extra)[number_of(body, m)]);
        break;
    case kind::error_name:
        REQUIRE(json_string(told, room, sizeof room, text));
        REQUIRE(text == error_name(static_cast<error>(number_of(body, m))));
        break;
    case kind::error_text:
        REQUIRE(json_string(told, room, sizeof room, text));
        REQUIRE(text == error_text(static_cast<error>(number_of(body, m))));
        break;
    case kind::items: {
        const any_list items = items_of(body, m);
        const described& element = *static_cast<const described*>(m.extra);
        REQUIRE(told.kind == json_kind::array);
        json_member each;
        std::size_t n = 0;
        for (u32 at = 0; json_next_element(told.value, at, each); ++n) {
            REQUIRE(n < items.size);
            check_object(element, static_cast<const char*>(items.data) + n * element.bytes,
                         each.value, false);
        }
        REQUIRE(n == items.size);
        break;
    }
    default:
        REQUIRE(json_integer(told, number));
        REQUIRE(static_cast<u64>(number) == number_of(body, m));
        break;
    }
}

void check_object(const described& shape, const void* body, std::string_view text,
                  bool outermost) {
    json_member members[40];
    u32 count = 0;
    const json_result result = json_read_object(text, members, 40, count);
    REQUIRE(result.fault == json_fault::none);
    std::size_t told = outermost ? 1 : 0;
    if (outermost) {
        REQUIRE(json_name_is(members[0], "op"));
        REQUIRE(members[0].value == shape.name);
    }
    for (u32 i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        CAPTURE(std::string(shape.name), std::string(m.called()));
        const json_member* found = nullptr;
        for (u32 k = 0; k < count; ++k) {
            if (json_name_is(members[k], m.called())) found = &members[k];
        }
        const bool due = !is_absent(body, m) || (m.flags & always) != 0;
        REQUIRE((found != nullptr) == due);
        if (found == nullptr) continue;
        ++told;
        check_member(m, body, *found);
    }
    REQUIRE(told == count);
}

}  // namespace

TEST_CASE("every event is told in valid JSON, whatever it holds") {
    std::mt19937 random(51);
    std::vector<char> room(1 << 16);
    for (const described* const* at = all_events(); *at != nullptr; ++at) {
        for (int round = 0; round < 100; ++round) {
            made_event made(
                **at, [&](const described_member&) { return any_text(random, 40); },
                [&](const described_member&) {
                    return random() % 3 == 0 ? 0 : (u64{random()} << 32 | random()) >> 11;
                },
                random() % 5);
            const chatroom::event what = made.as_event();
            const std::size_t size = codecs::json().encode(what, room.data(), room.size());
            REQUIRE(size != 0);
            check_object(**at, what.body, {room.data(), size}, true);
            // With less room it says so and writes nothing behind.
            const std::size_t less = random() % size;
            std::vector<char> narrow(less + 8, '#');
            REQUIRE(codecs::json().encode(what, narrow.data(), less) == 0);
            for (std::size_t i = less; i < narrow.size(); ++i) REQUIRE(narrow[i] == '#');
            for (const codec* by : {&codecs::lines(), &codecs::binary()}) {
                const std::size_t whole = by->encode(what, room.data(), room.size());
                REQUIRE(whole != 0);
                std::vector<char> exact(whole);
                REQUIRE(by->encode(what, exact.data(), whole) == whole);
                REQUIRE(by->encode(what, exact.data(), whole - 1) == 0);
            }
        }
    }
}

namespace {

/// The largest value that the engine can put into a text of an event.
std::string largest(const described_member& m, const limits& sizes) {
    const std::string_view name = m.called();
    if (name == "nick" || name == "old") return std::string(sizes.nick_bytes_max, '"');
    if (name == "room") return std::string(sizes.room_name_bytes_max, 'r');
    if (name == "title") return std::string(sizes.title_bytes_max, '"');
    if (name == "topic") return std::string(sizes.topic_bytes_max, '\n');
    if (name == "nonce") return std::string(sizes.nonce_bytes_max, '\\');
    if (name == "token") return std::string(32, 'f');
    if (name == "features") return "guests rooms posts settings";
    if (name == "rights") return "post leave set";
    if (name == "field") return std::string(23, 'f');
    if (name == "found") return std::string(24, '"');
    return {};   // Texts of messages and help may be left out.
}

}  // namespace

TEST_CASE("in the shortest frames every event fits but for the text of a message") {
    const u32 names[] = {1, 32, 64};
    for (u32 n : names) {
        for (u32 title : {0u, 256u}) {
            for (u32 nonce : {0u, 64u}) {
                limits sizes;
                sizes.nick_bytes_max = sizes.room_name_bytes_max = n;
                sizes.title_bytes_max = title;
                sizes.topic_bytes_max = 4 * title;
                sizes.nonce_bytes_max = nonce;
                const std::size_t least = smaller<std::size_t>(
                    larger<std::size_t>(512, frame_bytes_min(sizes)), 1 << 20);
                std::vector<char> room(least);
                for (const described* const* at = all_events(); *at != nullptr; ++at) {
                    made_event made(
                        **at, [&](const described_member& m) { return largest(m, sizes); },
                        [](const described_member& m) {
                            return m.kind == kind::u32_number ? u64{0xffffffff}
                                                              : (u64{1} << 53) - 1;
                        },
                        1);
                    CAPTURE(n, title, nonce, std::string((*at)->name));
                    CHECK(codecs::json().encode(made.as_event(), room.data(), least) != 0);
                    CHECK(codecs::lines().encode(made.as_event(), room.data(), least) != 0);
                    CHECK(codecs::binary().encode(made.as_event(), room.data(), least) != 0);
                }
            }
        }
    }
}

TEST_CASE("every error fits the shortest frames, with all its facts") {
    limits sizes;
    sizes.nick_bytes_max = sizes.room_name_bytes_max = 1;
    sizes.title_bytes_max = sizes.topic_bytes_max = sizes.nonce_bytes_max = 0;
    const std::size_t least = larger<std::size_t>(512, frame_bytes_min(sizes));
    std::vector<char> room(least);
    const std::string field(23, 'f'), found(24, '"');
    for (int number = 1; number < 80; ++number) {
        failure told;
        told.error = static_cast<error>(number);
        told.field = field;
        told.found = found;
        told.ref = told.limit = told.value = told.at = told.retry_ms = (u64{1} << 53) - 1;
        CAPTURE(error_name(told.error));
        CHECK(codecs::json().encode(told, room.data(), least) != 0);
        CHECK(codecs::lines().encode(told, room.data(), least) != 0);
    }
}

// Binary frames.

namespace {

std::string binary_of(command_type type, u64 ref, const described& shape, const void* body) {
    std::string bytes(1024, '\0');
    byte_writer to{bytes.data(), bytes.size()};
    to.number(static_cast<u64>(type));
    to.number(ref);
    encode_members(to, shape, body);
    bytes.resize(to.size);
    return bytes;
}

}  // namespace

TEST_CASE("a binary session is understood and answered in the encoding of records") {
    test_host app(small_config());
    const session_id alice = app.connect(0, wire::binary);
    const guest who{"alice"};
    app.forget();
    REQUIRE(app.chat.receive(alice, binary_of(guest::type, 5, shape_command_guest, &who)) ==
            error::none);
    CHECK(member_of(app.told(alice)[0], "op") == "ok");
    CHECK(member_of(app.told(alice)[0], "ref") == "5");
    const std::string& frame = app.got[0].frame;
    byte_reader from{frame.data(), frame.data() + frame.size()};
    CHECK(from.number() == static_cast<u64>(event_type::ok));
    ok told;
    scratch none;
    REQUIRE(decode_members(from, *describe(event_type::ok), &told, none));
    CHECK(from.at == from.end);
    CHECK(told.ref == 5);
    CHECK(told.nick == "alice");
    CHECK(told.token.size() == 32);
}

TEST_CASE("binary frames that cannot be read are refused with their place") {
    test_host app(small_config());
    const session_id alice = app.guest("alice", wire::binary);
    const join lobby{"lobby"};
    const std::string good = binary_of(join::type, 5, shape_command_join, &lobby);
    const auto ask = [&](const std::string& frame) {
        app.forget();
        app.chat.receive(alice, frame);
        return app.told(alice).empty() ? std::string() : app.told(alice)[0];
    };
    for (std::size_t cut = 0; cut < good.size(); ++cut) {
        const std::string reply = ask(good.substr(0, cut));
        CAPTURE(cut);
        CHECK(member_of(reply, "code") == "frame_malformed");
        const std::string at = member_of(reply, "at");
        CHECK_FALSE(at.empty());
        CHECK(std::stoul("0" + at) <= cut + 1);
    }
    CHECK(member_of(ask(good + "x"), "code") == "frame_malformed");
    CHECK(member_of(ask(std::string("\x63\x05", 2)), "code") == "op_unknown");
    CHECK(member_of(ask(std::string("\x01\x05", 2)), "code") == "op_unknown");   // A boot.
    CHECK(member_of(ask(good), "code").empty());
    const post wrong{"lobby", "\xff"};
    CHECK(member_of(ask(binary_of(post::type, 6, shape_command_post, &wrong)), "code") ==
          "text_invalid");
    const nick odd{"\xff"};
    CHECK(member_of(ask(binary_of(nick::type, 6, shape_command_nick, &odd)), "code") ==
          "nick_invalid");
    const join name{"\xff"};
    CHECK(member_of(ask(binary_of(join::type, 6, shape_command_join, &name)), "code") ==
          "room_name_invalid");
}

TEST_CASE("frames of garbage never do harm, in any codec") {
    std::mt19937 random(61);
    config how = small_config();
    how.budgets.bad_frames_max = 1000000;
    for (wire by : {wire::json, wire::lines, wire::binary}) {
        test_host app(how);
        const session_id alice = app.guest("alice", by);
        const char* const seeds[] = {
            R"({"op":"resume","token":"t","cursors":[{"room":"a","after":1},{"room":"b"}]})",
            R"({"op":"post","room":"lobby","text":"\u00e9 x","kind":"emote","reply_to":1})",
            "/post lobby kind=emote some text", "/history lobby 5", "/resume abc 5 after=2",
            "/create x title=\"a b\" persistent=yes", "/set x topic all the rest",
            "\x1f\x01\x01\x05lobby\x02\x05", "\x28\x01\x01\x05lobby\x02\x01x\x03\x01",
            "\x15\x01\x01\x03tok\x02\x02\x01\x01" "a\x02\x05\x00\x01\x01" "b\x00\x00"};
        for (int round = 0; round < 20000; ++round) {
            std::string frame = seeds[random() % (sizeof seeds / sizeof *seeds)];
            for (unsigned n = random() % 6; n != 0 && !frame.empty(); --n) {
                const std::size_t at = random() % frame.size();
                if (random() % 4 == 0) frame.erase(at, 1);
                else if (random() % 3 == 0) frame.insert(at, 1, static_cast<char>(random()));
                else frame[at] = static_cast<char>(random());
            }
            app.chat.receive(alice, frame);
            app.forget();
        }
        app.chat.tick(app.now);
        CHECK(app.chat.stats().sessions == 1);
    }
}

TEST_CASE("every command is found by its type and by its name, and no other is") {
    const registration all = everything();
    const dispatch known{&server_feature(), all.features};
    std::vector<const command_rule*> rules;
    for (std::size_t f = 0; f <= all.features.size; ++f) {
        const feature& in = f < all.features.size ? *all.features[f] : server_feature();
        for (u32 i = 0; i < in.count; ++i) rules.push_back(&in.rules[i]);
    }
    for (u32 number = 0; number < 70; ++number) {
        const command_type type = static_cast<command_type>(number);
        const command_rule* wanted = nullptr;
        for (const command_rule* rule : rules) wanted = rule->type == type ? rule : wanted;
        CHECK(known.find(type) == wanted);
    }
    for (const command_rule* rule : rules) {
        if (rule->shape == nullptr) continue;
        const bool told = (rule->flags & engine_only) == 0;
        CHECK(known.find(rule->shape->called()) == (told ? rule : nullptr));
    }
    CHECK(known.find("pos") == nullptr);
    CHECK(known.find("posts") == nullptr);
    CHECK(known.find("") == nullptr);
}
