#include "catch.hpp"
#include "host.hpp"

#include "edge/gate.hpp"
#include "model/request.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace chatroom;
using namespace chatroom::detail;
using tests::member_of;
using tests::small_config;
using tests::test_host;

namespace {

u32 bound_of(bound by, const limits& sizes) {
    switch (by) {
    case bound::nick: return sizes.nick_bytes_max;
    case bound::room_name: return sizes.room_name_bytes_max;
    case bound::title: return sizes.title_bytes_max;
    case bound::topic: return sizes.topic_bytes_max;
    case bound::message: return sizes.message_bytes_max;
    case bound::nonce: return sizes.nonce_bytes_max;
    case bound::identity: return sizes.identity_bytes_max;
    case bound::cursors: return sizes.rooms_per_user_max;
    case bound::token:
    case bound::word: return 32;
    case bound::setting:
        return larger<u32>(larger<u32>(sizes.title_bytes_max, sizes.topic_bytes_max), 10);
    case bound::open: break;
    }
    return 0;
}

/// A command with short texts everywhere, so that only one member matters at a time.
struct plain_command {
    std::vector<u64> words;
    const described& shape;

    explicit plain_command(const described& of) : words(of.bytes / 8 + 1), shape(of) {
        for (u32 i = 0; i < of.count; ++i) {
            const described_member& m = of.members[i];
            if (m.kind == kind::text && m.bound != bound::open) text_of(body(), m) = "x";
        }
    }
    void* body() { return words.data(); }
};

struct judged {
    error why = error::none;
    fault facts;
    std::vector<char> room = std::vector<char>(1 << 16);   ///< Of the folded names.
};

judged judge_it(plain_command& what, const limits& sizes, const text_rules* names) {
    judged found;
    scratch more{found.room.data(), found.room.size(), 0};
    found.why = names != nullptr
                    ? judge(what.shape, what.body(), sizes, *names, more, found.facts)
                    : judge_stored(what.shape, what.body(), sizes, more, found.facts);
    return found;
}

}  // namespace

TEST_CASE("every text of a command is taken up to its bound and refused beyond") {
    std::size_t texts = 0;
    std::vector<const described*> shapes{&shape_bind};
    for (const described* const* at = all_commands(); *at != nullptr; ++at) shapes.push_back(*at);
    for (const limits& sizes : {small_config().limits, limits{}}) {
        for (const described* shape : shapes) {
            for (u32 i = 0; i < shape->count; ++i) {
                const described_member& m = shape->members[i];
                if (m.kind != kind::text) continue;
                ++texts;
                REQUIRE(m.bound != bound::open);   // Every text has a bound.
                const u32 most = bound_of(m.bound, sizes);
                REQUIRE(most > 1);
                CAPTURE(std::string(shape->name), std::string(m.called()), most);
                for (u32 size : {most - 1, most, most + 1, 2 * most, 4 * most}) {
                    const std::string text(size, 'a');
                    const error wanted = size > most ? error::member_too_long : error::none;
                    // Records, without rules, are judged alike.
                    const text_rules* const rules[] = {&text_ascii(), &text_unicode(), nullptr};
                    for (const text_rules* names : rules) {
                        plain_command what(*shape);
                        text_of(what.body(), m) = text;
                        const judged found = judge_it(what, sizes, names);
                        REQUIRE(found.why == wanted);
                        if (wanted == error::none) continue;
                        CHECK(found.facts.field == m.called());
                        CHECK(found.facts.limit == most);
                        CHECK(found.facts.value == size);
                    }
                }
                plain_command what(*shape);
                text_of(what.body(), m) = {};
                const error none = (m.flags & mandatory) != 0 ? error::member_missing
                                                              : error::none;
                CHECK(judge_it(what, sizes, &text_ascii()).why == none);
            }
        }
    }
    CHECK(texts >= 2 * 16);
}

TEST_CASE("every list of a command is taken up to its bound and refused beyond") {
    std::size_t lists = 0;
    const limits sizes = small_config().limits;
    for (const described* const* at = all_commands(); *at != nullptr; ++at) {
        for (u32 i = 0; i < (*at)->count; ++i) {
            const described_member& m = (*at)->members[i];
            if (m.kind != kind::items) continue;
            ++lists;
            const u32 most = bound_of(m.bound, sizes);
            REQUIRE(most > 1);
            const described& element = *static_cast<const described*>(m.extra);
            for (u32 size : {0u, most - 1, most, most + 1}) {
                std::vector<u64> items((most + 1) * element.bytes / 8 + 1);
                char* const data = reinterpret_cast<char*>(items.data());
                for (u32 n = 0; n < size; ++n) {
                    for (u32 k = 0; k < element.count; ++k) {
                        const described_member& inner = element.members[k];
                        if (inner.kind == kind::text) {
                            text_of(data + n * element.bytes, inner) = "x";
                        }
                    }
                }
                plain_command what(**at);
                set_items(what.body(), m, {data, size});
                const judged found = judge_it(what, sizes, &text_ascii());
                CHECK(found.why == (size > most ? error::member_too_long : error::none));
                if (size > most) {
                    CHECK(found.facts.field == m.called());
                    CHECK(found.facts.limit == most);
                    CHECK(found.facts.value == size);
                }
            }
        }
    }
    CHECK(lists == 1);
}

TEST_CASE("every number of a command is below 2^53") {
    std::size_t numbers = 0;
    for (const described* const* at = all_commands(); *at != nullptr; ++at) {
        for (u32 i = 0; i < (*at)->count; ++i) {
            const described_member& m = (*at)->members[i];
            if (m.kind != kind::u64_number) continue;
            ++numbers;
            for (int more : {-1, 0, 1}) {
                plain_command what(**at);
                set_number(what.body(), m, (u64{1} << 53) + static_cast<u64>(i64{more}));
                const judged found = judge_it(what, small_config().limits, &text_ascii());
                CHECK(found.why == (more < 0 ? error::none : error::number_out_of_range));
                if (more >= 0) CHECK(found.facts.field == m.called());
            }
        }
    }
    CHECK(numbers >= 5);
}

TEST_CASE("every number in a list of a command is below 2^53") {
    std::size_t numbers = 0;
    for (const described* const* at = all_commands(); *at != nullptr; ++at) {
        for (u32 i = 0; i < (*at)->count; ++i) {
            const described_member& m = (*at)->members[i];
            if (m.kind != kind::items) continue;
            const described& element = *static_cast<const described*>(m.extra);
            for (u32 k = 0; k < element.count; ++k) {
                const described_member& inner = element.members[k];
                if (inner.kind != kind::u64_number) continue;
                ++numbers;
                const text_rules* const rules[] = {&text_ascii(), nullptr};
                for (u64 value : {(u64{1} << 53) - 1, u64{1} << 53, ~u64{0}}) {
                    for (const text_rules* names : rules) {
                        std::vector<u64> items(element.bytes / 8 + 1);
                        for (u32 n = 0; n < element.count; ++n) {
                            const described_member& other = element.members[n];
                            if (other.kind == kind::text) text_of(items.data(), other) = "x";
                        }
                        set_number(items.data(), inner, value);
                        plain_command what(**at);
                        set_items(what.body(), m, {items.data(), 1});
                        const judged found = judge_it(what, small_config().limits, names);
                        const bool good = value < u64{1} << 53;
                        CHECK(found.why == (good ? error::none : error::number_out_of_range));
                        if (!good) CHECK(found.facts.field == inner.called());
                        if (!good) CHECK(found.facts.limit == (u64{1} << 53) - 1);
                        if (!good) CHECK(found.facts.value == value);
                    }
                }
            }
        }
    }
    CHECK(numbers == 2);   // Of a cursor.
}

TEST_CASE("a name that grows when it is folded is taken when the folded one fits") {
    limits sizes = small_config().limits;
    sizes.room_name_bytes_max = 16;
    for (u32 sharp_s = 1; sharp_s <= 8; ++sharp_s) {   // Two bytes become two.
        std::string name;
        for (u32 i = 0; i < sharp_s; ++i) name += "\xc3\x9f";
        plain_command what(shape_command_join);
        text_of(what.body(), shape_command_join.members[0]) = name;
        const judged found = judge_it(what, sizes, &text_unicode());
        REQUIRE(found.why == error::none);
        CHECK(text_of(what.body(), shape_command_join.members[0]) ==
              std::string(2 * sharp_s, 's'));
    }
    // U+0130 takes two bytes, and three when folded.
    for (u32 n = 1; n <= 8; ++n) {
        std::string name;
        for (u32 i = 0; i < n; ++i) name += "\xc4\xb0";
        plain_command what(shape_command_join);
        text_of(what.body(), shape_command_join.members[0]) = name;
        CHECK(judge_it(what, sizes, &text_unicode()).why ==
              (3 * n <= 16 ? error::none : error::member_too_long));
    }
}

// The same from outside.

TEST_CASE("the longest of everything goes through a frame and comes back") {
    config how;
    how.limits.rooms_per_user_max = 256;
    how.limits.rooms_max = 300;
    how.limits.room_name_bytes_max = 64;
    how.limits.nick_bytes_max = 64;
    how.limits.nonce_bytes_max = 64;
    how.limits.frame_bytes_max = 1 << 18;
    how.policies.room_pages_reserved = 1;
    test_host app(how);
    const session_id alice = app.connect(0, wire::json);
    const std::string nick(64, 'n'), room(64, 'r'), nonce(64, 'k'), text(2000, 't');
    const auto escaped = [](const std::string& plain) {
        std::string all;
        for (char c : plain) {
            all += "\\u00";
            all += "0123456789abcdef"[c >> 4];
            all += "0123456789abcdef"[c & 15];
        }
        return all;
    };
    app.chat.receive(alice, R"({"op":"guest","nick":")" + escaped(nick) + "\"}");
    const std::string token = member_of(app.told(alice).back(), "token");
    REQUIRE(token.size() == 32);
    app.chat.receive(alice, R"({"op":"join","room":")" + escaped(room) + "\"}");
    app.chat.receive(alice, R"({"op":"post","room":")" + escaped(room) + R"(","text":")" +
                                escaped(text) + R"(","nonce":")" + escaped(nonce) + "\"}");
    const std::string told = app.told(alice).back();
    CHECK(member_of(told, "room") == room);
    CHECK(member_of(told, "nick") == nick);
    CHECK(member_of(told, "nonce") == nonce);
    CHECK(member_of(told, "text") == text);

    // As many cursors as rooms, each name as long as it may be, and every byte escaped.
    app.chat.disconnect(alice);
    const session_id again = app.connect(0, wire::json);
    std::string frame = R"({"op":"resume","ref":5,"token":")" + escaped(token) + R"(","cursors":[)";
    for (int i = 0; i < 256; ++i) {
        std::string name = room;
        name.replace(0, 3, std::to_string(100 + i));
        frame += R"({"room":")" + escaped(i == 255 ? room : name) + R"(","after":0},)";
    }
    frame.back() = ']';
    frame += "}";
    REQUIRE(frame.size() < how.limits.frame_bytes_max);
    app.forget();
    app.chat.receive(again, frame);
    app.pass(1);
    REQUIRE_FALSE(app.told(again).empty());
    CHECK(app.story(again) == "ok joined 1 caught_up");
}

static std::string resume_frame(u32 cursors, u32 name_bytes) {
    std::string frame = R"({"op":"resume","token":")" + std::string(32, '0') + R"(","cursors":[)";
    for (u32 i = 0; i < cursors; ++i) {
        frame += R"({"room":"\u0061)" + std::string(name_bytes - 1, 'B') + "\"},";
    }
    frame.back() = ']';
    return frame + "}";
}

// What says that the token is wrong has read all of it.
TEST_CASE("a resume that names every room is taken when its frame is no longer than it may be") {
    test_host by_default{config()};
    const session_id one = by_default.connect(0, wire::json);
    by_default.chat.receive(one, resume_frame(32, 32));
    CHECK(member_of(by_default.told(one).back(), "code") == "token_invalid");
    for (const u32 rooms : {1u, 7u, 32u, 100u, 256u}) {
        for (u32 name_bytes = 1; name_bytes <= 64; name_bytes += 7) {
            const std::string frame = resume_frame(rooms, name_bytes);
            config how = small_config();
            how.limits.rooms_per_user_max = rooms;
            how.limits.room_name_bytes_max = name_bytes;
            how.limits.frame_bytes_max = static_cast<u32>(frame.size());
            if (config_fault(how) != nullptr) continue;
            CAPTURE(rooms, name_bytes);
            test_host app(how);
            const session_id again = app.connect(0, wire::json);
            app.chat.receive(again, frame);
            CHECK(member_of(app.told(again).back(), "code") == "token_invalid");
        }
    }
}

TEST_CASE("a typed resume that names every room is taken, with codecs and records or without") {
    static const detail::feature* const guests[] = {&features::guests()};
    const registration typed{{guests, 1}, {}, &names::ascii(), nullptr};
    const auto nowhere = [](const recipients&, std::string_view) {};
    const codec* const all_codecs[] = {&codecs::json()};
    const registration framed{{guests, 1}, {all_codecs, 1}, &names::ascii(), &parts::records()};
    for (const registration& parts : {typed, framed}) {
        for (const u32 rooms : {1u, 7u, 100u, 256u}) {
            for (u32 name_bytes = 1; name_bytes <= 64; name_bytes += 9) {
                config how = small_config();
                how.limits.rooms_per_user_max = rooms;
                how.limits.room_name_bytes_max = name_bytes;
                environment from_host = hosted();
                from_host.send = send_via(nowhere);
                engine chat;
                REQUIRE(chat.open_with(how, from_host, parts) == error::none);
                chat.tick(tests::start_ms);
                const std::string token(32, '0'), name(name_bytes, 'B');
                const std::vector<cursor> cursors(rooms, cursor{name});
                resume back;
                back.token = token;
                back.cursors = {cursors.data(), cursors.size()};
                peer who;
                who.wire = wire::typed;
                const session_id session = chat.connect(who).value;
                CAPTURE(rooms, name_bytes);
                CHECK(chat.submit(session, back).why == error::token_invalid);
            }
        }
    }
}

// Each of the longest records in turn is the one that there must be room for.
static void check_longest_records(u32 rooms_per_user, u32 text_bytes, u32 title_bytes) {
    config how;
    how.limits.rooms_per_user_max = rooms_per_user;
    how.limits.nick_bytes_max = how.limits.room_name_bytes_max = how.limits.nonce_bytes_max = 64;
    how.limits.message_bytes_max = text_bytes;
    how.limits.title_bytes_max = how.limits.topic_bytes_max = title_bytes;
    std::string log;
    std::size_t shortest = 1000;
    std::pair<std::string&, std::size_t&> kept{log, shortest};
    const auto nowhere = [](const recipients&, std::string_view) {};
    environment from_host = hosted();
    from_host.send = send_via(nowhere);
    from_host.log.context = &kept;
    from_host.log.fn = [](std::string_view record, std::uint64_t, void* context) {
        auto& [all, least] = *static_cast<std::pair<std::string&, std::size_t&>*>(context);
        all += record;
        least = std::min(least, record.size());
        return stored::yes;
    };
    engine chat;
    REQUIRE(chat.open(how, from_host) == error::none);
    chat.tick((u64{1} << 53) - 1);
    const std::string identity(64, 'i'), nick(64, 'n'), room(64, 'r'), title(256, 't');
    const std::string text(text_bytes, 'x');
    peer known;
    known.user = identity;
    known.nick = nick;
    REQUIRE(chat.connect(known).why == error::none);
    const session_id guest_id = chat.connect().value;
    const std::string other(64, 'g');
    const auto guest_in = chat.submit(guest_id, guest{other});
    REQUIRE(guest_in.why == error::none);
    create made;
    made.room = room;
    made.title = made.topic = std::string_view(title).substr(0, title_bytes);
    made.capacity = how.limits.members_max;
    CHECK(chat.submit(guest_id, made).why == error::none);
    post said;
    said.room = room;
    said.text = text;
    said.nonce = other;
    CHECK(chat.submit(guest_id, said).why == error::none);
    chat.disconnect(guest_id);
    cursor far;
    far.room = room;
    far.after = far.id = (u64{1} << 53) - 1;
    const std::vector<cursor> cursors(rooms_per_user, far);
    resume back;
    back.token = guest_in.value.token;
    back.cursors = {cursors.data(), cursors.size()};
    const session_id again = chat.connect().value;
    CHECK(chat.submit(again, back).why == error::none);
    CHECK(chat.submit(again, leave{room}).why == error::none);
    CHECK(shortest > 32);
    engine other_life;
    REQUIRE(other_life.open(how, from_host) == error::none);
    const std::string whole = log;
    CHECK(other_life.recover(whole).value.bytes == whole.size());
    const auto [was, why] = chat.digest();
    const auto [is, why_not] = other_life.digest();
    CHECK((why == error::none && why_not == error::none));
    CHECK(std::equal(was.bytes, was.bytes + 32, is.bytes));
}

TEST_CASE("there is room for the longest record of every command") {
    check_longest_records(256, 16, 0);     // a resume
    check_longest_records(1, 2000, 0);     // a post
    check_longest_records(1, 16, 256);     // a create
    check_longest_records(1, 16, 0);       // a boot
}

TEST_CASE("a frame is taken up to its bound and refused beyond, for each session's own") {
    test_host app(small_config());
    for (const u32 most : {1024u, 700u}) {
        const session_id alice = app.connect(0, wire::json, most == 1024 ? 0 : most);
        for (u32 size : {most - 1, most, most + 1}) {
            std::string frame = R"({"op":"dance"})";
            frame.resize(size, ' ');
            app.forget();
            app.chat.receive(alice, frame);
            const std::string told = app.told(alice)[0];
            CHECK(member_of(told, "code") == (size > most ? "frame_too_long" : "op_unknown"));
            if (size <= most) continue;
            CHECK(member_of(told, "limit") == std::to_string(most));
            CHECK(member_of(told, "value") == std::to_string(size));
        }
    }
}

TEST_CASE("identities and shown names are taken up to their bounds") {
    test_host app(small_config());
    for (std::size_t size : {1u, 15u, 16u, 17u}) {
        const std::string identity(size, 'i'), nick(size, static_cast<char>('a' + size));
        peer who;
        who.user = identity;
        who.nick = "n" + std::to_string(size);
        const std::string short_nick = "n" + std::to_string(size);
        who.nick = short_nick;
        CHECK(app.chat.connect(who).why == (size > 16 ? error::member_too_long : error::none));
        const std::string other = "j" + std::to_string(size);
        who.user = other;
        who.nick = nick;
        CHECK(app.chat.connect(who).why == (size > 16 ? error::member_too_long : error::none));
    }
}

TEST_CASE("titles, topics and capacities are set up to their bounds") {
    test_host app(small_config());
    app.chat.submit(host, create{"lobby"});
    const auto set_to = [&](room_property which, const std::string& value) {
        return app.chat.submit(host, chatroom::set{"lobby", which, value}).why;
    };
    CHECK(set_to(room_property::title, std::string(24, 't')) == error::none);
    CHECK(set_to(room_property::title, std::string(25, 't')) == error::member_too_long);
    CHECK(app.chat.why().limit == 24);
    CHECK(set_to(room_property::topic, std::string(32, 't')) == error::none);
    CHECK(set_to(room_property::topic, std::string(33, 't')) == error::member_too_long);
    CHECK(app.chat.why().limit == 32);
    CHECK(set_to(room_property::capacity, "48") == error::none);
    CHECK(set_to(room_property::capacity, "49") == error::number_out_of_range);
    for (const char* wrong : {"", "x", "-1", "1.0", " 1", "99999999999"}) {
        CHECK(set_to(room_property::capacity, wrong) == error::member_invalid);
    }
    CHECK(set_to(room_property::managed, "1") == error::none);
    CHECK(set_to(room_property::managed, "2") == error::number_out_of_range);
    CHECK(app.chat.room(host, "lobby").value.title == std::string(24, 't'));
    CHECK(app.chat.room(host, "lobby").value.topic == std::string(32, 't'));
    CHECK(app.chat.room(host, "lobby").value.capacity == 48);
}

TEST_CASE("every policy is configured within its range and refused outside") {
    test_host app(small_config());
    for (u32 i = 0; i < shape_policies.count; ++i) {
        const std::string_view name = shape_policies.members[i].called();
        CAPTURE(std::string(name));
        const std::string before = app.digest();
        CHECK(app.chat.submit(host, configure{name, u64{1} << 32}).why ==
              error::number_out_of_range);
        CHECK(app.chat.why().limit == 0xffffffffu);
        CHECK(app.chat.submit(host, configure{name, 1}).why == error::none);
        CHECK(app.digest() != before);
    }
    CHECK(app.chat.submit(host, configure{"rooms_by_host_only", 2}).why ==
          error::number_out_of_range);
    CHECK(app.chat.submit(host, configure{"room_pages_reserved", 13}).why ==
          error::number_out_of_range);
    CHECK(app.chat.submit(host, configure{"room_pages_reserved", 0}).why ==
          error::number_out_of_range);
    CHECK(app.chat.submit(host, configure{"nonsense", 1}).why == error::invalid_argument);
    CHECK(app.chat.why().found == "nonsense");
}
