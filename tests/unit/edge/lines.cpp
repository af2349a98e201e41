#include "catch.hpp"
#include "host.hpp"

#include "core.hpp"
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
        {"/set lobby", "member_missing", "property", ""},
        {"/set", "member_missing", "property", ""},
        {"/set lobby value=x", "member_missing", "property", ""},
        {"/set lobby shape x", "member_invalid", "property", "shape"},
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
        CHECK(t.fact("found") == each.found);
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

TEST_CASE("what is wrong with a line has its place in it") {
    const struct {
        const char* line;
        const char* at;
        const char* found;
    } wrong[] = {
        {"/leave lobby more", "14", "more"},
        {"/leave  lobby\t more and more \r\n", "16", "more"},
        {"/resume x 5", "11", "5"},
        {"/history lobby sideways", "16", "sideways"},
        {"/history lobby limit=x", "22", "x"},
        {"/create x managed=\"may be\"", "20", "may be"},
        {"/resume x cursors=", "19", ""},
    };
    for (const auto& each : wrong) {
        terminal t;
        CAPTURE(each.line);
        t.type(each.line);
        CHECK(t.fact("at") == each.at);
        CHECK(t.fact("found") == each.found);
        parsed_line out;
        CHECK(parse_line("lobby", each.line, out) != error::none);
        CHECK(std::to_string(out.refusal.at) == each.at);
        CHECK(out.refusal.found == each.found);
    }
}

TEST_CASE("a number out of its range is told alike in lines and in JSON") {
    terminal t;
    t.type("/join lobby history=4294967296");
    const std::string of_lines = t.app.told(t.alice)[0];
    const session_id bob = t.app.guest("bob", wire::json);
    t.app.forget();
    t.app.chat.receive(bob, R"({"op":"join","room":"lobby","history":4294967296})");
    CHECK(t.app.told(bob)[0] == of_lines);
    CHECK(member_of(of_lines, "limit") == "4294967295");
    CHECK(member_of(of_lines, "value") == "4294967296");
}

TEST_CASE("a post with a nonce is answered, and its resend likewise") {
    for (const bool late : {false, true}) {
        test_host app(small_config(), late);
        const session_id alice = app.guest("alice", wire::lines);
        app.chat.submit(alice, join{"lobby"});
        const auto type = [&](const std::string& line) {
            app.forget();
            if (late) app.in_log = [] { return stored::pending; };
            app.chat.receive(alice, line);
            app.in_log = nullptr;
            if (late) CHECK(app.chat.commit(app.records.back().bytes) == error::none);
            return app.story(alice);
        };
        CHECK(type("/post lobby nonce=n1 text=hi") == "ok 1");
        const std::string first = app.got[0].frame;
        CHECK(first.find(" number=1 ") != std::string::npos);
        CHECK(type("/post lobby nonce=n1 text=hi") == "ok");
        CHECK(app.got[0].frame == first);   // The answer is the first one's.
        CHECK(type("/post lobby nonce=n1 text=ho") == "error");
        CHECK(type("hi") == "2");           // Whose line says it all.
    }
}

namespace {

// A command's members, in order, as a person would write them.
std::string written(const command& what) {
    std::string all;
    for (const described* const* at = all_commands(); *at != nullptr; ++at) {
        if ((*at)->type != static_cast<u16>(what.type)) continue;
        all = (*at)->called();
        for (u32 i = 0; i < (*at)->count; ++i) {
            const described_member& m = (*at)->members[i];
            if (is_absent(what.body, m)) continue;
            all += " " + std::string(m.called()) + "=";
            all += m.kind == kind::text ? std::string(text_of(what.body, m))
                                        : std::to_string(number_of(what.body, m));
        }
    }
    return all;
}

std::string parsed(std::string_view line, std::string_view room = "lobby") {
    parsed_line out;
    const error why = parse_line(room, line, out);
    CHECK(out.refusal.error == why);
    if (why != error::none) {
        CHECK(out.type == command_type::none);
        return error_name(why) + (" " + std::string(out.refusal.field)) + " " +
               std::string(out.refusal.found);
    }
    if (out.help) return "help";
    return out.type == command_type::none ? "nothing" : written(out.what());
}

}  // namespace

TEST_CASE("a line from a text box becomes a command") {
    CHECK(parsed("hello") == "post room=lobby text=hello");
    CHECK(parsed("  two  words \r\n") == "post room=lobby text=  two  words");
    CHECK(parsed("//slash") == "post room=lobby text=/slash");
    CHECK(parsed("/me  waves ") == "post room=lobby text=waves kind=1");
    CHECK(parsed("/post other all of it") == "post room=other text=all of it");
    CHECK(parsed("/leave") == "leave room=lobby");
    CHECK(parsed("/leave other") == "leave room=other");
    CHECK(parsed("/join other history=20") == "join room=other history=20");
    CHECK(parsed("/join") == "join");
    CHECK(parsed("/set lobby topic what it is about") ==
          "set room=lobby property=1 value=what it is about");
    CHECK(parsed("/history lobby before 100 limit=5") ==
          "history room=lobby selector=1 number=100 limit=5");
    CHECK(parsed("/history lobby 5") == "history room=lobby limit=5");
    CHECK(parsed("/create x title=\"a b\" capacity=3") == "create room=x title=a b capacity=3");
    CHECK(parsed("/guest alice", "") == "guest nick=alice");
    CHECK(parsed("/logout") == "logout");
    CHECK(parsed("hello", "") == "post text=hello");
    CHECK(parsed("/help") == "help");
    CHECK(parsed("") == "nothing");
    CHECK(parsed(" \t\r\n") == "nothing");
    CHECK(parsed({}) == "nothing");
    CHECK(parsed("/dance x") == "op_unknown op dance");
    CHECK(parsed("/boot") == "op_unknown op boot");
    CHECK(parsed("/leave lobby more") == "frame_malformed  more");
    CHECK(parsed("/create x managed=maybe") == "member_invalid managed maybe");
    CHECK(parsed("/join x 4294967296") == "number_out_of_range history ");
    CHECK(parsed("/set lobby") == "member_missing property ");
    CHECK(parsed("/set value=x") == "member_missing property ");
    CHECK(parsed("/set property=title value=") == "set room=lobby");
    parsed_line out;
    CHECK(parse_line("lobby", "ab\xc3", out) == error::frame_malformed);
    CHECK(out.refusal.at == 3);
}

TEST_CASE("what a line becomes can be submitted") {
    terminal t;
    parsed_line out;
    REQUIRE(parse_line("lobby", "/me waves", out) == error::none);
    const result<outcome> said = t.app.chat.submit(t.alice, out.what());
    CHECK(said.why == error::none);
    CHECK(said.value.number == 1);
    REQUIRE(parse_line("", "hello", out) == error::none);
    CHECK(t.app.chat.submit(t.alice, out.what()).why == error::member_missing);
}

TEST_CASE("a session of lines and a text box read every line alike") {
    const dispatch known{&server_feature(), everything().features};
    std::vector<std::string> lines = {"x", "/x", "//", "/me", "/me x", "/join \"a b\"", "/post"};
    const char* const ends[] = {"",      " lobby",   " lobby before", " lobby 5",
                                " 7",    " a b c d", " room=r x",     " value=\"a b\" limit=3",
                                " x=\"", " nick=",   " \"a b",        " kind=emote r x"};
    for (const described* const* at = all_commands(); *at != nullptr; ++at) {
        for (const char* end : ends) lines.push_back("/" + std::string((*at)->called()) + end);
    }
    std::vector<char> room(4096);
    for (const std::string& line : lines) {
        CAPTURE(line);
        scratch more{};
        more.base = room.data();
        more.capacity = room.size();
        decoded got;
        fault why;
        const error of_session = codecs::lines().decode(known, line, more, got, why);
        parsed_line out;
        REQUIRE(parse_line("", line, out) == of_session);
        if (of_session != error::none) {
            CHECK(out.refusal.field == why.field);
            CHECK(out.refusal.found == why.found);
        } else {
            CHECK(written(out.what()) == written({got.rule->type, got.body}));
        }
    }
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

TEST_CASE("help shows arguments as they are understood") {
    terminal t;
    const std::string help = t.type("/help");
    for (const char* usage :
         {"/logout", "/guest nick", "/resume token", "/nick nick", "/join room [history]",
          "/create room [title [topic [capacity [persistent [managed]]]]]", "/leave [room]",
          "/set room property [value]", "/rooms [after [limit]]",
          "/members [room [after [limit]]]",
          "/post room text",
          "/history [room [selector [number [until [limit]]]]]"}) {
        CAPTURE(help, usage);
        CHECK(help.find("  " + std::string(usage) + "\n") != std::string::npos);
    }
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
