#include "catch.hpp"
#include "host.hpp"

#include "edge/protocol.hpp"

using namespace chatroom;
using namespace chatroom::detail;
using tests::member_of;
using tests::small_config;
using tests::test_host;

namespace {

struct terminal {
    test_host app;
    session_id alice{};

    explicit terminal(const config& how = small_config()) : app(how) {
        alice = app.guest("alice", wire::lines);
        app.chat.submit(alice, join{"lobby"});
        app.forget();
    }
    /// What a line is answered with, all frames together.
    std::string type(const std::string& line) {
        app.forget();
        const error why = app.chat.receive(alice, line);
        if (why != error::none) return error_name(why);
        std::string all;
        for (const tests::delivery& d : app.got) all += d.frame;
        return all;
    }
    std::string code(const std::string& line) {
        type(line);
        for (const std::string& each : app.told(alice)) {
            if (member_of(each, "op") == "error") return member_of(each, "code");
        }
        return "none";
    }
    std::string fact(const std::string& name) { return member_of(app.told(alice)[0], name); }
};

}  // namespace

TEST_CASE("a line is said in the room that was joined last") {
    terminal t;
    CHECK(t.type("hello") == "[lobby 1] alice: hello\n");
    CHECK(t.type("  two  words \r\n") == "[lobby 2] alice:   two  words\n");
    CHECK(t.type("//slash") == "[lobby 3] alice: /slash\n");
    CHECK(t.type("/me waves") == "[lobby 4] * alice waves\n");
    CHECK(t.type("").empty());
    CHECK(t.type(" \t\r\n").empty());
    t.type("/join second");
    CHECK(t.type("here") == "[second 1] alice: here\n");
    t.type("/leave second");
    CHECK(t.code("nowhere") == "member_missing");
}

TEST_CASE("a command's arguments come in order, or by name") {
    terminal t;
    const auto said = [&](const std::string& line) {
        const std::string answer = t.type(line);
        message out[1];
        t.app.chat.history(host, {"lobby"}, out, 1);
        return std::string(out[0].text) + (out[0].kind == message_kind::emote ? " (emote)" : "") +
               (answer.empty() ? " unanswered" : "");
    };
    CHECK(said("/post lobby all that is left") == "all that is left");
    CHECK(said("/post room=lobby text=all that is = left") == "all that is = left");
    CHECK(said("/post kind=emote lobby x y") == "x y (emote)");
    CHECK(said("/post lobby  kind=emote  x") == "x (emote)");
    t.type("/nick \"two words\"");
    CHECK(t.app.chat.history(host, {"lobby"}, nullptr, 0).why == error::none);
    CHECK(said("who") == "who");
    message out[1];
    t.app.chat.history(host, {"lobby"}, out, 1);
    CHECK(out[0].nick == "two words");
    CHECK(t.code("/create other capacity=3 title=\"a title\"") == "none");
    CHECK(t.app.chat.room(host, "other").value.title == "a title");
    CHECK(t.app.chat.room(host, "other").value.capacity == 3);
    CHECK(t.code("/set other topic what it is about") == "none");
    CHECK(t.app.chat.room(host, "other").value.topic == "what it is about");
}

TEST_CASE("every line that cannot be read says why") {
    const struct {
        const char* line;
        const char* code;
        const char* field;
        const char* found;
    } wrong[] = {
        {"/dance", "op_unknown", "op", "dance"},
        {"/", "op_unknown", "op", ""},
        {"/boot", "op_unknown", "op", "boot"},
        {"/create", "member_missing", "room", ""},
        {"/nick", "member_missing", "nick", ""},
        {"/leave lobby more", "frame_malformed", "", "more"},
        {"/history lobby sideways", "member_invalid", "selector", "sideways"},
        {"/history lobby latest x", "member_invalid", "number", "x"},
        {"/history lobby latest -1", "member_invalid", "number", "-1"},
        {"/history lobby latest 99999999999999999", "member_invalid", "number",
         "99999999999999999"},
        {"/join lobby 4294967296", "number_out_of_range", "history", ""},
        {"/create x managed=maybe", "member_invalid", "managed", "maybe"},
        {"/resume x 5", "frame_malformed", "", "5"},
        {"/resume x cursors=0", "member_invalid", "cursors", "0"},
        {"/resume x cursors=", "member_invalid", "cursors", ""},
        {"/destroy lobby", "forbidden", "", ""},
        {"/members elsewhere", "room_unknown", "room", ""},
        {"/history elsewhere", "room_unknown", "room", ""},
        {"\xff", "frame_malformed", "", ""},
        {"ab\xc3", "frame_malformed", "", ""},
        {"a\x01", "text_invalid", "text", ""},
    };
    for (const auto& each : wrong) {
        terminal t;
        CAPTURE(each.line);
        CHECK(t.code(each.line) == each.code);
        CHECK(t.fact("field") == each.field);
        if (std::string(each.code) != "number_out_of_range") CHECK(t.fact("found") == each.found);
        CHECK(t.app.chat.stats().messages_posted == 0);
    }
    test_host door(small_config());
    const session_id nobody = door.connect(0, wire::lines);
    door.chat.receive(nobody, "/join lobby");
    CHECK(member_of(door.told(nobody).back(), "code") == "login_required");
    CHECK(member_of(door.told(nobody).back(), "found").empty());
    terminal t;
    t.code("ab\xc3");
    CHECK(t.fact("at") == "3");
    t.code("a\x01");
    CHECK(t.fact("at") == "2");
}

TEST_CASE("help lists what can be typed and nothing that cannot") {
    terminal t;
    const std::string help = t.type("/help");
    for (const char* op : {"/guest", "/join", "/post", "/history", "/members", "/nick"}) {
        CHECK(help.find(std::string("  ") + op) != std::string::npos);
    }
    for (const char* op : {"boot", "unbind", "advance", "configure", "destroy"}) {
        CHECK(help.find(std::string("/") + op) == std::string::npos);
    }
    CHECK(help.back() == '\n');
}

TEST_CASE("no text can begin another line") {
    // What comes from users stands behind something of the engine's on every line.
    std::vector<char> room(1 << 16);
    std::string evil;
    for (int c = 0; c < 0x20; ++c) evil += static_cast<char>(c);
    evil += "\r\n[lobby 1] (host): lie\n* error\n\"\\\n";
    for (const described* const* at = all_events(); *at != nullptr; ++at) {
        if ((*at)->type == static_cast<u16>(event_type::help)) continue;   // The engine's own.
        std::vector<u64> words((*at)->bytes / 8 + 1), items(200);
        std::size_t lines = 1;
        for (u32 i = 0; i < (*at)->count; ++i) {
            const described_member& m = (*at)->members[i];
            if (m.kind == kind::text) text_of(words.data(), m) = evil;
            if (m.kind != kind::items) continue;
            const described& element = *static_cast<const described*>(m.extra);
            for (u32 n = 0; n < 3; ++n) {
                char* const each = reinterpret_cast<char*>(items.data()) + n * element.bytes;
                for (u32 k = 0; k < element.count; ++k) {
                    if (element.members[k].kind == kind::text) {
                        text_of(each, element.members[k]) = evil;
                    }
                }
            }
            set_items(words.data(), m, {items.data(), 3});
            lines = (*at)->type == static_cast<u16>(event_type::history_page) ? 4 : 5;
        }
        const chatroom::event what(static_cast<event_type>((*at)->type), words.data());
        const std::size_t size = codecs::lines().encode(what, room.data(), room.size());
        REQUIRE(size != 0);
        const std::string text(room.data(), size);
        CAPTURE((*at)->name, text);
        CHECK(text.back() == '\n');
        std::size_t breaks = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const unsigned char c = static_cast<unsigned char>(text[i]);
            breaks += c == '\n' ? 1 : 0;
            CHECK((c == '\n' || c >= ' '));
            if (c == '\n' && i + 1 < text.size()) {
                CHECK((text[i + 1] == '*' || text[i + 1] == '[' || text[i + 1] == ' '));
            }
        }
        CHECK(breaks == lines);
    }
}

TEST_CASE("a quote in a value does not end it") {
    room now;
    now.name = "lobby";
    now.title = "x\" members=999 managed=yes \"";
    now.topic = "back\\slash \\";
    char out[400];
    const std::string text(out, codecs::lines().encode(now, out, sizeof out));
    CHECK(text == "* room room=lobby title=\"x\\\" members=999 managed=yes \\\"\" "
                  "topic=\"back\\\\slash \\\\\" members=0\n");
}

TEST_CASE("the host is told apart from a user who calls itself so") {
    terminal t;
    t.app.chat.submit(t.alice, nick{"(host)"});
    t.app.forget();
    t.app.chat.submit(host, post{"lobby", "true"});
    t.app.chat.submit(t.alice, post{"lobby", "false"});
    REQUIRE(t.app.got.size() == 2);
    const std::string a = t.app.got[0].frame, b = t.app.got[1].frame;
    CHECK(a.substr(a.find(']'), a.find(": ") - a.find(']')) !=
          b.substr(b.find(']'), b.find(": ") - b.find(']')));
}
