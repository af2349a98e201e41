#include "catch.hpp"
#include "scenario.hpp"

#include <memory>
#include <set>

#include "base/crypto.hpp"
#include "core.hpp"
#include "model/page.hpp"
#include "model/request.hpp"

using namespace chatroom;
using tests::member_of;
using tests::scenario;
using tests::small_config;
using tests::start_ms;
using tests::test_host;

// Every error, each by something that ends in it.

error error_of_client(error wanted);   // In client.cpp.

namespace {

/// What a frame is answered with.
error answer(test_host& app, session_id session, const std::string& frame) {
    app.forget();
    const error taken = app.chat.receive(session, frame);
    if (taken != error::none) return taken;
    for (const tests::delivery& d : app.got) {
        if (d.session != session || d.type != event_type::failure) continue;
        return static_cast<error>(std::stoi(member_of(d.json, "number")));
    }
    return error::none;
}

error answer(const std::string& frame) {
    test_host app(small_config());
    return answer(app, app.guest("alice", wire::json), frame);
}

error in_first_send(const std::function<error(test_host&, session_id)>& call) {
    test_host app(small_config());
    const session_id alice = app.guest("alice");
    app.chat.submit(alice, join{"lobby"});
    error why = error::none;
    bool once = true;
    app.in_send = [&](const recipients&, const event&, std::string_view) {
        if (once) {
            once = false;
            why = call(app, alice);
        }
    };
    app.chat.submit(alice, post{"lobby", "x"});
    return why;
}

std::string snapshot_of_one_user() {
    test_host app(small_config());
    app.guest("alice");
    return app.snapshot();
}

std::string log_of_one_user() {
    test_host app(small_config(), true);
    app.guest("alice");
    return app.log_bytes();
}

error restore_into(const config& how, const std::string& bytes) {
    test_host app;
    if (app.open(how) != error::none) return error::none;
    return app.chat.restore(bytes);
}

template <typename T>
error submitted(test_host& app, session_id by, const T& what, user_id user = {}) {
    return app.chat.submit(by, what, user).why;
}

error of_the_call(error wanted) {
    config how = small_config();
    switch (wanted) {
    case error::invalid_argument: {
        test_host app(how);
        return submitted(app, host, rooms{});
    }
    case error::engine_closed: return test_host().chat.tick(1);
    case error::engine_open: {
        test_host app(how);
        return app.open(how);
    }
    case error::config_invalid:
        how.limits.page_bytes = 300;
        return test_host().open(how);
    case error::memory_short: {
        test_host app;
        environment all = app.environment();
        alignas(64) static char room[64];
        all.memory.buffer = room;
        all.memory.buffer_bytes = sizeof room;
        return app.chat.open(how, all);
    }
    case error::limit_too_small:
        how.limits.nick_bytes_max = 4;
        return restore_into(how, snapshot_of_one_user());
    case error::inside_callback:
        return in_first_send([](test_host& app, session_id) { return app.chat.commit({}); });
    default: break;
    }
    test_host app(how);
    app.entropy_works = false;
    return submitted(app, app.connect(), guest{"alice"});
}

error under_way(error wanted) {
    config how = small_config();
    switch (wanted) {
    case error::queued:
        return in_first_send([](test_host& app, session_id by) {
            return submitted(app, by, post{"lobby", "y"});
        });
    case error::queue_full:
        return in_first_send([](test_host& app, session_id by) {
            for (int i = 0; i < 1000; ++i) {
                const error why = submitted(app, by, post{"lobby", "y"});
                if (why != error::queued) return why;
            }
            return error::none;
        });
    case error::paused: {
        test_host app(how);
        const session_id alice = app.guest("alice", wire::json);
        app.chat.pause(alice);
        return app.chat.receive(alice, "{}");
    }
    default: break;
    }
    test_host app(how, true);
    const session_id alice = app.guest("alice");
    app.in_log = [] { return stored::pending; };
    const error first = submitted(app, alice, join{"lobby"});
    if (wanted == error::pending) return first;
    for (int i = 0; i < 3; ++i) submitted(app, alice, post{"lobby", "x"});
    return submitted(app, alice, post{"lobby", "x"});
}

error of_time(error wanted) {
    test_host app;
    if (app.open(small_config()) != error::none) return error::none;
    if (wanted == error::no_time) return submitted(app, app.connect(), guest{"alice"});
    app.chat.tick(start_ms);
    return app.chat.tick(start_ms + 86'400'001);
}

error of_a_frame(error wanted) {
    switch (wanted) {
    case error::frame_too_long: return answer(std::string(1025, ' '));
    case error::frame_malformed: return answer("{\"op\":\"ping\"");
    case error::op_missing: return answer("{}");
    case error::op_unknown: return answer(R"({"op":"dance"})");
    case error::member_missing: return answer(R"({"op":"join"})");
    case error::member_invalid: return answer(R"({"op":"join","room":5})");
    case error::member_too_long: return answer(R"({"op":"nick","nick":"12345678901234567"})");
    case error::number_out_of_range: return answer(R"({"op":"join","room":"x","history":-1})");
    default: break;
    }
    test_host app;
    const codec* const codecs[] = {&codecs::binary()};
    const registration parts{{}, {codecs, 1}, nullptr, nullptr};
    environment all = app.environment();
    if (app.chat.open_with(small_config(), all, parts) != error::none) return error::none;
    return app.chat.connect({}).why;
}

error of_sessions(error wanted) {
    config how = small_config();
    how.limits.users_max = wanted == error::users_full ? 1 : 4;
    how.limits.sessions_max = 3;
    test_host app(how);
    const session_id alice = app.guest("alice");
    switch (wanted) {
    case error::session_unknown: return app.chat.disconnect(session_id{12345});
    case error::sessions_full:
        app.connect();
        app.connect();
        return app.chat.connect({}).why;
    case error::login_required: return submitted(app, app.connect(), join{"lobby"});
    case error::already_logged_in: return submitted(app, alice, guest{"other"});
    case error::users_full: return submitted(app, app.connect(), guest{"other"});
    case error::user_sessions_full: {
        how.limits.sessions_max = 9;
        test_host more(how);
        peer who;
        who.user = "id";
        who.nick = "bob";
        for (int i = 0; i < 2; ++i) more.user("id", "bob");
        return more.chat.connect(who).why;
    }
    case error::nick_invalid: return submitted(app, alice, nick{"a  b"});
    case error::nick_taken: return submitted(app, app.connect(), guest{"ALICE"});
    case error::token_invalid:
        return submitted(app, app.connect(), resume{"0123456789abcdef0123456789abcdef"});
    default: return submitted(app, host, join{"lobby"}, user_id{99});
    }
}

error of_rooms(error wanted) {
    config how = small_config();
    if (wanted == error::members_full) how.limits.members_max = 3;
    test_host app(how);
    const session_id alice = app.guest("alice"), bob = app.guest("bob");
    const auto fill = [&](session_id who, int n) {
        error why = error::none;
        for (int i = 0; i < n; ++i) {
            const std::string name = "r" + std::to_string(i);
            why = submitted(app, who, join{name});
        }
        return why;
    };
    switch (wanted) {
    case error::room_unknown: return submitted(app, alice, post{"nowhere", "x"});
    case error::room_name_invalid: return submitted(app, alice, join{"a b"});
    case error::room_exists:
        submitted(app, alice, create{"lobby"});
        return submitted(app, bob, create{"Lobby"});
    case error::rooms_full: {
        error why = error::none;
        for (int i = 0; i < 7; ++i) {
            const std::string name = "h" + std::to_string(i);
            why = submitted(app, host, create{name});
        }
        return why;
    }
    case error::room_full:
        submitted(app, alice, create{"lobby", {}, {}, 1});
        return submitted(app, bob, join{"lobby"});
    case error::members_full:
        fill(alice, 3);
        return fill(bob, 1);
    case error::user_rooms_full: return fill(alice, 5);
    case error::room_managed:
        submitted(app, host, create{"team", {}, {}, 0, true, true});
        return submitted(app, alice, join{"team"});
    default: return submitted(app, alice, destroy{"lobby"});
    }
}

error of_messages(error wanted) {
    config how = small_config();
    if (wanted == error::history_full) how.policies.room_pages_reserved = 6;
    test_host app(how);
    const session_id alice = app.guest("alice");
    submitted(app, alice, join{"lobby"});
    switch (wanted) {
    case error::text_invalid: return submitted(app, alice, post{"lobby", "a\x01"});
    case error::reply_unknown: return submitted(app, alice, post{"lobby", "x", {}, 1});
    case error::nonce_reused:
        submitted(app, alice, post{"lobby", "x", {}, 0, "n"});
        return submitted(app, alice, post{"lobby", "y", {}, 0, "n"});
    default:
        submitted(app, alice, join{"second"});
        return submitted(app, alice, join{"third"});
    }
}

/// Takes records of an engine with everything into one without posts.
error without_posts() {
    test_host app(small_config(), true);
    const session_id alice = app.guest("alice");
    submitted(app, alice, join{"lobby"});
    submitted(app, alice, post{"lobby", "x"});
    test_host less;
    const feature* const features[] = {&features::guests(), &features::rooms()};
    const registration parts{{features, 2}, {}, &names::unicode(), &parts::records()};
    environment all = less.environment();
    if (less.chat.open_with(small_config(), all, parts) != error::none) return error::none;
    return less.chat.recover(app.log_bytes()).why;
}

error of_records(error wanted) {
    config how = small_config();
    std::string log = log_of_one_user();
    test_host app;
    switch (wanted) {
    case error::storage_failed: {
        test_host writes(how, true);
        const session_id alice = writes.guest("alice");
        writes.in_log = [] { return stored::no; };
        return submitted(writes, alice, join{"lobby"});
    }
    case error::feature_missing: return without_posts();
    case error::behaviour_unknown: {
        std::string bytes = snapshot_of_one_user();
        bytes[4] = 99;
        return restore_into(how, bytes);
    }
    case error::snapshot_invalid: return restore_into(how, "SNAP");
    case error::nodes_full: {
        how.limits.nodes_max = 1;
        test_host one(how, true);
        how.node = 2;
        test_host two(how, true);
        return two.chat.recover(one.log_bytes()).why;
    }
    case error::incarnation_stale: {
        test_host before(how, true);
        ++how.incarnation;
        test_host after(how, true);
        return after.chat.commit(before.log_bytes());
    }
    default: break;
    }
    if (app.open(how) != error::none) return error::none;
    if (wanted == error::record_invalid) return app.chat.commit("garbage");
    if (wanted == error::log_torn) return app.chat.recover(log.substr(0, log.size() - 1)).why;
    if (wanted == error::log_damaged) {
        log[50] = static_cast<char>(log[50] ^ 1);
        return app.chat.recover(log).why;
    }
    if (app.chat.recover(log).why != error::none) return error::none;
    test_host again(how, true);
    return app.chat.commit(again.records[0].bytes);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch"

/// What the scenario of an error ends in. Without a default: a new error wants its scenario.
error produced(error wanted) {
    switch (wanted) {
    case error::none: return error::none;
    case error::invalid_argument:
    case error::engine_closed:
    case error::engine_open:
    case error::config_invalid:
    case error::memory_short:
    case error::limit_too_small:
    case error::inside_callback:
    case error::entropy_failed: return of_the_call(wanted);
    case error::queued:
    case error::pending:
    case error::queue_full:
    case error::records_full:
    case error::paused: return under_way(wanted);
    case error::no_time:
    case error::clock_leap: return of_time(wanted);
    case error::frame_too_long:
    case error::frame_malformed:
    case error::op_missing:
    case error::op_unknown:
    case error::member_missing:
    case error::member_invalid:
    case error::member_too_long:
    case error::number_out_of_range:
    case error::codec_missing: return of_a_frame(wanted);
    case error::session_unknown:
    case error::sessions_full:
    case error::login_required:
    case error::already_logged_in:
    case error::users_full:
    case error::user_sessions_full:
    case error::nick_invalid:
    case error::nick_taken:
    case error::token_invalid:
    case error::user_unknown: return of_sessions(wanted);
    case error::room_unknown:
    case error::room_name_invalid:
    case error::room_exists:
    case error::rooms_full:
    case error::room_full:
    case error::members_full:
    case error::user_rooms_full:
    case error::room_managed:
    case error::forbidden: return of_rooms(wanted);
    case error::text_invalid:
    case error::reply_unknown:
    case error::nonce_reused:
    case error::history_full: return of_messages(wanted);
    case error::storage_failed:
    case error::record_invalid:
    case error::already_applied:
    case error::feature_missing:
    case error::behaviour_unknown:
    case error::log_torn:
    case error::log_damaged:
    case error::snapshot_invalid:
    case error::incarnation_stale:
    case error::nodes_full: return of_records(wanted);
    case error::offline:
    case error::connection_lost:
    case error::outcome_unknown:
    case error::pending_full:
    case error::superseded:
    case error::reply_invalid: return error_of_client(wanted);
    }
    return error::none;
}

#pragma GCC diagnostic pop

}  // namespace

TEST_CASE("every error is produced by a test that names it") {
    int errors = 0;
    for (int number = 0; number < 1000; ++number) {
        const error wanted = static_cast<error>(number);
        if (error_name(wanted) == std::string("unknown")) continue;
        ++errors;
        CAPTURE(error_name(wanted));
        CHECK(produced(wanted) == wanted);
    }
    CHECK(errors == 64);
}

TEST_CASE("a node that others stand in the way of is told so by its first connection") {
    const auto connected_as = [](const config& with, const test_host& before) {
        test_host later;
        REQUIRE(later.open(with) == error::none);
        REQUIRE(later.chat.recover(before.log_bytes()).why == error::none);
        later.chat.tick(start_ms);
        peer who;
        who.user = "id";
        who.nick = "ann";
        const result<session_id> made = later.chat.connect(who);
        CHECK(made.value == session_id{});
        CHECK(later.chat.why().error == made.why);
        return made.why;
    };
    config how = small_config();
    how.limits.nodes_max = 1;
    const test_host before(how, true);
    CHECK(connected_as(how, before) == error::incarnation_stale);
    how.node = 2;
    CHECK(connected_as(how, before) == error::nodes_full);
}

TEST_CASE("nodes whose limits contradict each other have no log together") {
    // A page has room for the longest nick or for the longest message, but not for both.
    config nicks = small_config(), messages = small_config(), all = small_config();
    nicks.limits.nick_bytes_max = 64;
    messages.limits.message_bytes_max = 1;
    messages.limits.message_bytes_max += static_cast<std::uint32_t>(
        messages.limits.page_bytes - detail::message_page_bytes(messages.limits));
    messages.node = 2;
    all.limits.nick_bytes_max = 64;
    all.limits.message_bytes_max = messages.limits.message_bytes_max;
    all.limits.page_bytes = 1024;
    all.node = 3;
    test_host a(nicks, true), b(messages, true), reader;
    REQUIRE(reader.open(all) == error::none);
    REQUIRE(reader.chat.commit(a.records.at(0).bytes) == error::none);
    const std::string before = reader.digest();
    CHECK(reader.chat.commit(b.records.at(0).bytes) == error::config_invalid);
    CHECK(reader.chat.recover(b.log_bytes()).why == error::config_invalid);
    CHECK(reader.digest() == before);
}

TEST_CASE("recovery passes over what an earlier incarnation wrote late") {
    config how = small_config();
    test_host before(how, true);
    ++how.incarnation;
    test_host after(how, true);
    const std::size_t late = before.records.size();
    before.guest("ann");
    test_host reader;
    REQUIRE(reader.open(small_config()) == error::none);
    const std::string log = after.log_bytes() + before.log_bytes(late);
    const result<recovery> come = reader.chat.recover(log);
    CHECK(come.why == error::none);
    CHECK(come.value.bytes == log.size());
    CHECK(reader.chat.stats().users == 0);
}

TEST_CASE("without codecs no frame is taken") {
    test_host app;
    registration with = detail::everything();
    with.codecs = {};
    REQUIRE(app.chat.open_with(small_config(), app.environment(), with) == error::none);
    app.pass(start_ms);
    const session_id ann = app.guest("ann");
    const statistics before = app.chat.stats();
    CHECK(app.chat.receive(ann, R"({"op":"ping"})") == error::codec_missing);
    CHECK(app.chat.stats().commands_refused == before.commands_refused);
}

TEST_CASE("reads by nobody are refused, sessions and users alike") {
    test_host app(small_config());
    app.chat.submit(host, create{"lobby"});
    message messages[1];
    room_item rooms_read[1];
    member_item members_read[1];
    for (const viewer nobody : {viewer(session_id{99}), viewer(user_id{99}), viewer(user_id{})}) {
        CHECK(app.chat.history(nobody, {"lobby"}, messages, 1).why == error::session_unknown);
        CHECK(app.chat.rooms(nobody, {}, rooms_read, 1).why == error::session_unknown);
        CHECK(app.chat.members(nobody, {"lobby"}, members_read, 1).why == error::session_unknown);
        CHECK(app.chat.room(nobody, "lobby").why == error::session_unknown);
    }
}

TEST_CASE("behind a pending record a stored one waits for its commit too") {
    test_host app(small_config(), true);
    const session_id ann = app.guest("ann"), bob = app.guest("bob");
    app.in_log = [] { return stored::pending; };
    CHECK(app.chat.submit(ann, join{"lobby"}).why == error::pending);
    app.in_log = nullptr;
    CHECK(app.chat.submit(bob, join{"other"}).why == error::pending);
    const std::size_t last = app.records.size() - 1;
    CHECK(app.chat.commit(app.records[last - 1].bytes) == error::none);
    CHECK(app.chat.stats().rooms == 1);
    CHECK(app.chat.commit(app.records[last].bytes) == error::none);
    CHECK(app.chat.stats().rooms == 2);
}

TEST_CASE("a refusal changes nothing and tells its facts") {
    test_host app(small_config(), true);
    const session_id alice = app.guest("alice"), bob = app.guest("bob");
    app.chat.submit(alice, create{"lobby", {}, {}, 1});
    const std::string before = app.digest();
    const std::size_t records = app.records.size();
    app.forget();
    CHECK(app.chat.submit(bob, join{"lobby"}).why == error::room_full);
    CHECK(app.chat.why().error == error::room_full);
    CHECK(app.chat.why().field == "capacity");
    CHECK(app.chat.why().limit == 1);
    CHECK(app.chat.why().value == 1);
    CHECK(app.digest() == before);
    CHECK(app.records.size() == records);
    CHECK(app.got.empty());
    CHECK(app.observed.back().why == error::room_full);
    CHECK(app.observed.back().type == command_type::join);
    CHECK(app.observed.back().session == bob);
    CHECK(app.chat.stats().commands_refused == 1);
}

TEST_CASE("the observer sees who did what, also a logout") {
    test_host app(small_config());
    const session_id alice = app.guest("alice");
    const user_id id = app.chat.submit(alice, chatroom::nick{"alicia"}).value.user;
    CHECK(id == user_id{1});
    const struct {
        command_type type;
        std::function<error()> act;
    } acts[] = {
        {command_type::join, [&] { return submitted(app, alice, join{"lobby"}); }},
        {command_type::post, [&] { return submitted(app, alice, post{"lobby", "x"}); }},
        {command_type::leave, [&] { return submitted(app, alice, leave{"lobby"}); }},
        {command_type::logout, [&] { return submitted(app, alice, logout{}); }},
    };
    for (const auto& each : acts) {
        app.observed.clear();
        REQUIRE(each.act() == error::none);
        REQUIRE(app.observed.size() == 1);
        CHECK(app.observed[0].type == each.type);
        CHECK(app.observed[0].user == id);
        CHECK(app.observed[0].session == alice);
        CHECK(app.observed[0].origin == origin::here);
        CHECK(app.observed[0].time == start_ms);
    }
    CHECK(app.chat.stats().users == 0);
}

TEST_CASE("the observer sees the reads that come as frames, and they are counted") {
    test_host app(small_config());
    const session_id alice = app.guest("alice", wire::json);
    const user_id id{1};
    REQUIRE(app.chat.submit(alice, join{"lobby"}).why == error::none);
    const session_id nobody = app.connect(0, wire::json);
    std::string room;
    app.in_observe = [&](const observation& seen) {
        room.clear();
        if (seen.command == nullptr) return;
        if (auto* asked = seen.command->as<history>()) room = asked->room;
        if (auto* asked = seen.command->as<members>()) room = asked->room;
    };
    const struct {
        const char* frame;
        command_type type;
        const char* room;
        error why;
    } reads[] = {
        {R"({"op":"ping"})", command_type::ping, "", error::none},
        {R"({"op":"rooms"})", command_type::rooms, "", error::none},
        {R"({"op":"members","room":"lobby"})", command_type::members, "lobby", error::none},
        {R"({"op":"history","room":"l\u006fbby"})", command_type::history, "lobby", error::none},
        {R"({"op":"history","room":"none"})", command_type::history, "none", error::room_unknown},
    };
    for (const auto& each : reads) {
        CAPTURE(each.frame);
        app.observed.clear();
        const statistics before = app.chat.stats();
        REQUIRE(app.chat.receive(alice, each.frame) == error::none);
        REQUIRE(app.observed.size() == 1);
        CHECK(app.observed[0].type == each.type);
        CHECK(app.observed[0].why == each.why);
        CHECK(app.observed[0].session == alice);
        CHECK(app.observed[0].user == id);
        CHECK(app.observed[0].time == start_ms);
        CHECK(room == each.room);
        const bool done = each.why == error::none;
        CHECK(app.chat.stats().commands_accepted == before.commands_accepted + (done ? 1 : 0));
        CHECK(app.chat.stats().commands_refused == before.commands_refused + (done ? 0 : 1));
    }
    app.observed.clear();
    app.chat.receive(nobody, R"({"op":"ping"})");
    REQUIRE(app.observed.size() == 1);
    CHECK(app.observed[0].user == user_id{});
    CHECK(app.observed[0].session == nobody);
    // The host may end the session that reads, then and there.
    app.in_observe = [&](const observation& seen) { app.chat.disconnect(seen.session); };
    app.forget();
    app.chat.receive(nobody, R"({"op":"ping"})");
    CHECK(app.got.empty());
    CHECK(app.chat.receive(nobody, "{}") == error::session_unknown);
}

// JSON for frames that have no room for some pages, as where a snapshot holds more than limits say.
static event_type unfit = event_type::none;
static std::size_t unfit_times = 0;

static std::size_t encode_but_unfit(const event& what, char* out, std::size_t capacity) {
    unfit_times += what.type == unfit ? 1 : 0;
    return what.type == unfit ? 0 : codecs::json().encode(what, out, capacity);
}

TEST_CASE("a page that no frame has room for is refused, and no frame is empty") {
    codec narrow = codecs::json();
    narrow.encode = encode_but_unfit;
    const codec* const codecs_used[] = {&narrow};
    registration with = detail::everything();
    with.codecs = {codecs_used, 1};
    const struct {
        const char* frame;
        event_type page;
        std::size_t times;   ///< That it was tried, with 2 items first.
    } asked[] = {
        {R"({"op":"rooms","ref":5})", event_type::rooms_page, 2},
        {R"({"op":"members","room":"a","ref":5})", event_type::members_page, 2},
        {R"({"op":"history","room":"a","ref":5})", event_type::history_page, 3},
        {R"({"op":"history","room":"b","ref":5})", event_type::history_page, 1},
    };
    for (const auto& each : asked) {
        CAPTURE(each.frame);
        test_host app;
        REQUIRE(app.chat.open_with(small_config(), app.environment(), with) == error::none);
        app.pass(start_ms);
        unfit = event_type::none;
        const session_id alice = app.guest("alice", wire::json);
        app.chat.submit(alice, join{"a"});
        app.chat.submit(alice, join{"b"});
        app.chat.submit(app.guest("bob"), join{"a"});
        app.chat.submit(alice, post{"a", "one"});
        app.chat.submit(alice, post{"a", "two"});
        app.chat.receive(alice, R"({"op":"dance"})");   // Its facts are not this one's.
        app.forget();
        unfit = each.page;
        unfit_times = 0;
        CHECK(app.chat.receive(alice, each.frame) == error::none);
        CHECK(unfit_times == each.times);
        REQUIRE(app.got.size() == 1);
        const std::string told = app.got[0].frame;
        CHECK(member_of(told, "code") == "frame_too_long");
        CHECK(member_of(told, "field") == "frame_bytes_max");
        CHECK(member_of(told, "limit") ==
              std::to_string(small_config().limits.frame_bytes_max));
        CHECK(member_of(told, "ref") == "5");
        CHECK(member_of(told, "found").empty());
        CHECK(app.chat.receive(alice, R"({"op":"ping"})") == error::none);   // It is answered.
        unfit = event_type::none;
    }
}

// Inside callbacks.

namespace {

enum class where { send, log, observe, entropy };

/// What the calls inside a callback work on.
struct inside {
    test_host& app;
    session_id alice, bob;
};

struct reentry {
    const char* name;
    error wanted;
    std::function<error(inside&)> run;
};

std::string good_record;     // A boot of another node.
std::string good_snapshot;

const reentry reentries[] = {
    {"open", error::engine_open, [](inside& in) { return in.app.open(small_config()); }},
    {"open_with", error::engine_open,
     [](inside& in) { return in.app.chat.open_with(small_config(), in.app.environment(), {}); }},
    {"close", error::none,
     [](inside& in) {
         in.app.chat.close();
         return in.app.chat.stats().rooms != 0 ? error::none : error::engine_closed;
     }},
    {"connect", error::none, [](inside& in) { return in.app.chat.connect({}).why; }},
    {"connect a user", error::inside_callback,
     [](inside& in) {
         peer who;
         who.user = "id";
         who.nick = "carol";
         return in.app.chat.connect(who).why;
     }},
    {"disconnect another", error::none, [](inside& in) { return in.app.chat.disconnect(in.bob); }},
    {"disconnect oneself", error::none,
     [](inside& in) { return in.app.chat.disconnect(in.alice); }},
    {"disconnect nobody", error::session_unknown,
     [](inside& in) { return in.app.chat.disconnect(session_id{999}); }},
    {"receive", error::queued,
     [](inside& in) { return in.app.chat.receive(in.bob, R"({"op":"ping"})"); }},
    {"receive for nobody", error::session_unknown,
     [](inside& in) { return in.app.chat.receive(session_id{999}, "{}"); }},
    {"submit", error::queued,
     [](inside& in) { return submitted(in.app, in.bob, post{"lobby", "inside"}); }},
    {"submit as host", error::queued,
     [](inside& in) { return submitted(in.app, host, post{"lobby", "inside"}); }},
    {"submit a read", error::invalid_argument,
     [](inside& in) { return submitted(in.app, host, rooms{}); }},
    {"why", error::none,
     [](inside& in) {
         return in.app.chat.why().retry_ms == 0 ? error::none : error::engine_closed;
     }},
    {"pause another", error::none, [](inside& in) { return in.app.chat.pause(in.bob); }},
    {"pause oneself", error::none, [](inside& in) { return in.app.chat.pause(in.alice); }},
    {"unpause", error::none, [](inside& in) { return in.app.chat.unpause(in.bob); }},
    {"pause and unpause", error::none,
     [](inside& in) {
         in.app.chat.pause(in.alice);
         return in.app.chat.unpause(in.alice);
     }},
    {"tick", error::none, [](inside& in) { return in.app.chat.tick(in.app.now += 10); }},
    {"tick far ahead", error::clock_leap,
     [](inside& in) { return in.app.chat.tick(in.app.now + 999'999'999); }},
    {"advance", error::none,
     [](inside& in) {
         in.app.now += 10;
         return in.app.chat.advance(10);
     }},
    {"next_tick", error::none,
     [](inside& in) {
         in.app.chat.next_tick();
         return error::none;
     }},
    {"commit", error::inside_callback,
     [](inside& in) { return in.app.chat.commit(good_record); }},
    {"abandon", error::inside_callback, [](inside& in) { return in.app.chat.abandon(1); }},
    {"recover", error::inside_callback,
     [](inside& in) { return in.app.chat.recover(good_record).why; }},
    {"restore", error::inside_callback,
     [](inside& in) { return in.app.chat.restore(good_snapshot); }},
    {"digest", error::inside_callback, [](inside& in) { return in.app.chat.digest().why; }},
    {"snapshot", error::inside_callback,
     [](inside& in) { return in.app.chat.snapshot(nullptr, 0).why; }},
    {"history", error::none,
     [](inside& in) {
         message out[3];
         return in.app.chat.history(host, {"lobby"}, out, 3).why;
     }},
    {"rooms", error::none,
     [](inside& in) {
         room_item out[3];
         return in.app.chat.rooms(host, {}, out, 3).why;
     }},
    {"members", error::none,
     [](inside& in) {
         member_item out[3];
         return in.app.chat.members(host, {"lobby"}, out, 3).why;
     }},
    {"room", error::none, [](inside& in) { return in.app.chat.room(host, "lobby").why; }},
    {"stats", error::none,
     [](inside& in) {
         return in.app.chat.stats().rooms != 0 ? error::none : error::engine_closed;
     }},
};

/// What goes on while a callback is called; each needs alice in the lobby.
struct action {
    const char* name;
    std::function<void(test_host&, session_id)> run;
};

const action actions[] = {
    {"a post", [](test_host& app, session_id a) { app.chat.submit(a, post{"lobby", "x"}); }},
    {"a framed post",
     [](test_host& app, session_id a) {
         app.chat.receive(a, R"({"op":"post","room":"lobby","text":"x"})");
     }},
    {"a refused frame",
     [](test_host& app, session_id a) { app.chat.receive(a, R"({"op":"post"})"); }},
    {"a nick", [](test_host& app, session_id a) { app.chat.submit(a, nick{"alicia"}); }},
    {"leaving", [](test_host& app, session_id a) { app.chat.submit(a, leave{"lobby"}); }},
    {"joining", [](test_host& app, session_id a) { app.chat.submit(a, join{"second", 3}); }},
    {"a token", [](test_host& app, session_id a) { app.chat.submit(a, token{}); }},
    {"going", [](test_host& app, session_id a) { app.chat.disconnect(a); }},
    {"logging out", [](test_host& app, session_id a) { app.chat.submit(a, logout{}); }},
    {"coming", [](test_host& app, session_id) {
         const session_id id = app.connect();
         app.chat.submit(id, guest{"dave"});
     }},
};

/// The engine is what its log says, and serves.
void check_sane(test_host& app) {
    app.in_send = nullptr;
    app.in_log = nullptr;
    app.in_observe = nullptr;
    app.in_entropy = nullptr;
    for (int i = 0; i < 5; ++i) app.pass(300);
    test_host replica;
    REQUIRE(replica.open(small_config()) == error::none);
    REQUIRE(replica.chat.recover(app.log_bytes()).why == error::none);
    REQUIRE(replica.digest() == app.digest());
    const session_id eve = app.guest("eve", wire::json);
    app.forget();
    CHECK(answer(app, eve, R"({"op":"join","room":"lobby"})") == error::none);
    CHECK(submitted(app, host, post{"lobby", "well?"}) == error::none);
    CHECK(app.count(eve, event_type::message) == 1);
    CHECK(app.chat.stats().queue_bytes == 0);
}

/// Runs one call inside the first callback of a kind during an action. @return whether it came.
bool reenter(where kind, const action& during, const reentry& call) {
    test_host app(small_config(), true);
    inside in{app, app.guest("alice", wire::json), app.guest("bob", wire::json)};
    app.chat.submit(in.bob, join{"lobby"});
    app.chat.submit(in.alice, join{"lobby"});
    bool came = false;
    error got = error::none;
    const auto once = [&] {
        if (came) return;
        came = true;
        got = call.run(in);
    };
    if (kind == where::send) {
        app.in_send = [&](const recipients&, const event&, std::string_view) { once(); };
    }
    if (kind == where::log) {
        app.in_log = [&] {
            once();
            return stored::yes;
        };
    }
    if (kind == where::observe) app.in_observe = [&](const observation&) { once(); };
    if (kind == where::entropy) app.in_entropy = once;
    const std::size_t seen = app.observed.size();
    during.run(app, in.alice);
    if (!came) return false;
    CAPTURE(static_cast<int>(kind), during.name, call.name);
    // Who leaves may have ended the session in question already.
    const bool gone = got == error::session_unknown && std::string(during.name) == "going";
    if (!gone) CHECK(got == call.wanted);
    if (got == error::queued && std::string(call.name) != "receive") {
        bool done = false;
        for (std::size_t i = seen; i < app.observed.size(); ++i) {
            done = done || app.observed[i].ticket != 0;
        }
        CHECK(done);
    }
    check_sane(app);
    return true;
}

}  // namespace

TEST_CASE("every call inside every callback gives the documented answer and does no harm") {
    {
        config second = small_config();
        second.node = 2;
        test_host other(second, true);
        good_record = other.records[0].bytes;
        good_snapshot = other.snapshot();
    }
    std::size_t came = 0;
    for (const where kind : {where::send, where::log, where::observe, where::entropy}) {
        for (const action& during : actions) {
            for (const reentry& call : reentries) came += reenter(kind, during, call) ? 1 : 0;
        }
    }
    // Each kind of callback comes in some of the actions.
    CHECK(came >= 20 * sizeof reentries / sizeof *reentries);
}

TEST_CASE("a call inside every callback of a long scenario does no harm") {
    std::size_t calls = 0;
    for (unsigned seed = 1; seed <= 30; ++seed) {
        CAPTURE(seed);
        test_host app(small_config(), true);
        inside in{app, app.guest("alice", wire::json), app.guest("bob", wire::json)};
        scenario story(app, seed);
        std::mt19937 random(seed);
        const auto call = [&] {
            if (random() % 3 != 0) return;
            if (!story.sessions.empty()) in.bob = story.session();
            const reentry& any = reentries[random() % (sizeof reentries / sizeof *reentries)];
            const std::string name = any.name;
            if (name == "close" || name == "stats" || name == "tick far ahead") return;
            any.run(in);
            ++calls;
        };
        app.in_send = [&](const recipients&, const event&, std::string_view) { call(); };
        app.in_log = [&] {
            call();
            return random() % 20 == 0 ? stored::no : stored::yes;
        };
        app.in_observe = [&](const observation&) { call(); };
        app.in_entropy = call;
        story.run(150);
        app.in_send = nullptr;
        app.in_log = nullptr;
        app.in_observe = nullptr;
        app.in_entropy = nullptr;
        for (int i = 0; i < 5; ++i) app.pass(300);
        test_host replica;
        REQUIRE(replica.open(small_config()) == error::none);
        REQUIRE(replica.chat.recover(app.log_bytes()).why == error::none);
        REQUIRE(replica.digest() == app.digest());
    }
    CHECK(calls > 1000);
}

TEST_CASE("inside the callbacks of open and close the engine is closed") {
    test_host app;
    std::vector<error> answers;
    const auto ask = [&] {
        answers.push_back(app.open(small_config()));
        answers.push_back(app.chat.tick(1));
        answers.push_back(app.chat.connect({}).why);
        answers.push_back(app.chat.receive(session_id{1}, "{}"));
        answers.push_back(app.chat.submit(host, create{"x"}).why);
        answers.push_back(app.chat.digest().why);
        app.chat.close();
    };
    const auto check = [&](std::size_t times) {
        REQUIRE(answers.size() == 6 * times);
        for (std::size_t i = 0; i < answers.size(); ++i) {
            CHECK(answers[i] == (i % 6 == 0 ? error::inside_callback : error::engine_closed));
        }
        answers.clear();
    };
    app.in_entropy = app.in_allocate = app.in_release = ask;
    REQUIRE(app.open(small_config()) == error::none);
    check(2);
    app.in_entropy = nullptr;
    CHECK(app.chat.tick(start_ms) == error::none);
    app.chat.close();
    check(1);
    CHECK(app.allocations == 1);
    CHECK(app.releases == 1);
    app.in_allocate = app.in_release = nullptr;
    CHECK(app.open(small_config()) == error::none);   // And it opens again.
}

TEST_CASE("queued calls run in their order, so many in a call") {
    config how = small_config();
    how.budgets.queued_per_call = 3;
    test_host app(how);
    const session_id alice = app.guest("alice");
    app.chat.submit(alice, join{"lobby"});
    std::vector<std::uint64_t> tickets;
    bool once = true;
    app.in_send = [&](const recipients&, const event&, std::string_view) {
        if (!once) return;
        once = false;
        for (int i = 0; i < 7; ++i) {
            const auto [done, why] = app.chat.submit(alice, post{"lobby", std::to_string(i)});
            CHECK(why == error::queued);
            tickets.push_back(done.ticket);
        }
    };
    app.observed.clear();
    app.chat.submit(alice, post{"lobby", "first"});
    CHECK(app.chat.stats().messages_posted == 4);
    CHECK(app.chat.next_tick() == 0);
    app.chat.tick(app.now);
    CHECK(app.chat.stats().messages_posted == 7);
    app.chat.tick(app.now);
    CHECK(app.chat.stats().messages_posted == 8);
    CHECK(app.chat.stats().queue_bytes == 0);
    REQUIRE(app.observed.size() == 8);
    for (std::size_t i = 0; i < 7; ++i) {
        CHECK(app.observed[i + 1].ticket == tickets[i]);
        CHECK(app.observed[i + 1].number == i + 2);
        CHECK(app.observed[i + 1].why == error::none);
    }
    message out[10];
    app.chat.history(host, {"lobby"}, out, 10);
    for (int i = 0; i < 7; ++i) CHECK(out[i + 1].text == std::to_string(i));
}

TEST_CASE("a queue that is full takes nothing, and everything again later") {
    config how = small_config();
    how.budgets.queued_per_call = 3;   // Less than there is room for, so that it wraps around.
    test_host app(how);
    const session_id alice = app.guest("alice");
    app.chat.submit(alice, join{"lobby"});
    std::mt19937 random(8);
    std::vector<std::string> wanted;
    app.in_send = [&](const recipients&, const event& what, std::string_view) {
        if (what.as<message>() == nullptr || wanted.size() > 2000) return;
        for (;;) {   // As much as there is room for, of any size.
            const std::string text = std::to_string(wanted.size()) +
                                     std::string(random() % 90, 'x');
            const error why = submitted(app, alice, post{"lobby", text});
            if (why == error::queue_full) return;
            REQUIRE(why == error::queued);
            wanted.push_back(text);
        }
    };
    std::vector<std::string> got;
    app.chat.submit(alice, post{"lobby", "start"});
    for (int i = 0; i < 3000 && app.chat.next_tick() == 0; ++i) app.chat.tick(app.now);
    for (const tests::delivery& d : app.got) {
        if (d.type == event_type::message) got.push_back(member_of(d.json, "text"));
    }
    REQUIRE(wanted.size() > 2000);
    wanted.insert(wanted.begin(), "start");
    CHECK(got == wanted);
}

TEST_CASE("a queued command whose lists do not fit is refused with its ticket") {
    test_host app(small_config());
    const session_id alice = app.guest("alice"), bob = app.connect();
    app.chat.submit(alice, join{"lobby"});
    static const cursor none[1500]{};
    std::uint64_t ticket = 0;
    app.in_send = [&](const recipients&, const event&, std::string_view) {
        if (ticket != 0) return;
        const resume huge{"0123456789abcdef0123456789abcdef", {none, 1500}};
        const auto [done, why] = app.chat.submit(bob, huge);
        CHECK(why == error::queued);
        ticket = done.ticket;
    };
    app.chat.submit(alice, post{"lobby", "x"});
    REQUIRE(ticket != 0);
    CHECK(app.observed.back().ticket == ticket);
    CHECK(app.observed.back().why == error::member_too_long);
}

TEST_CASE("frames longer than any queue are refused inside callbacks without being read") {
    const error why = in_first_send([](test_host& app, session_id by) {
        static const char one = '{';
        // Of these, only the sizes are true.
        for (std::size_t size : {std::size_t{1} << 31, ~std::size_t{0} - 40, ~std::size_t{0} / 2,
                                 (std::size_t{0xffffffff} + 1) & ~std::size_t{0} >> 1}) {
            if (size < 4096) continue;
            const error each = app.chat.receive(by, std::string_view(&one, size));
            if (each != error::queue_full) return each;
        }
        return error::none;
    });
    CHECK(why == error::none);
}

// Time.

TEST_CASE("before the first tick nothing is done that has a time") {
    test_host app;
    REQUIRE(app.open(small_config()) == error::none);
    const std::string before = app.digest();
    const session_id id = app.connect(0, wire::json);
    CHECK(id != session_id{});
    CHECK(member_of(app.told(id)[0], "time").empty());
    CHECK(submitted(app, id, guest{"alice"}) == error::no_time);
    CHECK(answer(app, id, R"({"op":"guest","nick":"alice"})") == error::no_time);
    peer who;
    who.user = "id";
    who.nick = "bob";
    const auto [none, why] = app.chat.connect(who);
    CHECK(why == error::no_time);
    CHECK(none == session_id{});
    CHECK(app.chat.stats().sessions == 1);
    CHECK(app.digest() == before);
    app.chat.tick(start_ms);
    CHECK(submitted(app, id, guest{"alice"}) == error::none);
}

TEST_CASE("time never runs back") {
    test_host app(small_config());
    CHECK(app.chat.tick(start_ms - 1000) == error::none);
    CHECK(app.chat.submit(host, create{"a"}).value.time == start_ms);
    CHECK(app.chat.tick(start_ms + 5) == error::none);
    CHECK(app.chat.tick(0) == error::none);
    CHECK(app.chat.submit(host, create{"b"}).value.time == start_ms + 5);
}

TEST_CASE("a leap wants to be confirmed, and only beyond its bound") {
    config how = small_config();
    how.budgets.clock_leap_max_ms = 1000;
    test_host app(how);
    CHECK(app.chat.tick(start_ms + 1001) == error::clock_leap);
    CHECK(app.chat.submit(host, create{"a"}).value.time == start_ms);
    CHECK(app.chat.tick(start_ms + 1000) == error::none);
    CHECK(app.chat.tick(start_ms + 500'000) == error::clock_leap);
    CHECK(app.chat.tick(start_ms + 500'000, true) == error::none);
    CHECK(app.chat.submit(host, create{"b"}).value.time == start_ms + 500'000);
    CHECK(app.chat.advance(1001) == error::clock_leap);
    CHECK(app.chat.advance(1000) == error::none);
    CHECK(app.chat.submit(host, create{"c"}).value.time == start_ms + 501'000);
}

TEST_CASE("a time that JSON cannot tell is refused") {
    test_host app(small_config());
    const std::uint64_t first = std::uint64_t{1} << 53;
    CHECK(app.chat.tick(first, true) == error::invalid_argument);
    CHECK(app.chat.tick(~std::uint64_t{0}, true) == error::invalid_argument);
    CHECK(app.chat.advance(first) == error::invalid_argument);
    CHECK(app.chat.advance(~std::uint64_t{0}) == error::invalid_argument);
    CHECK(app.chat.submit(host, create{"a"}).value.time == start_ms);
}

TEST_CASE("a host without a calendar goes on from the time that was restored") {
    test_host before(small_config());
    before.pass(5000);
    before.chat.submit(host, create{"a"});
    config how = small_config();
    ++how.incarnation;
    test_host app;
    REQUIRE(app.open(how) == error::none);
    REQUIRE(app.chat.restore(before.snapshot()) == error::none);
    CHECK(app.chat.advance(20) == error::none);
    CHECK(app.chat.submit(host, create{"b"}).value.time == start_ms + 5020);
    test_host fresh;
    REQUIRE(fresh.open(small_config()) == error::none);
    CHECK(fresh.chat.advance(7) == error::none);
    CHECK(fresh.chat.submit(host, create{"b"}).value.time == 7);
}

TEST_CASE("next_tick tells when there is something to do") {
    test_host app;
    CHECK(app.chat.next_tick() == ~std::uint64_t{0});
    REQUIRE(app.open(small_config()) == error::none);
    CHECK(app.chat.next_tick() == 0);
    app.now = start_ms;
    app.chat.tick(app.now);
    CHECK(app.chat.next_tick() > 1000);
    const session_id alice = app.guest("alice");
    CHECK(app.chat.next_tick() > 1000);
    app.chat.disconnect(alice);
    CHECK(app.chat.next_tick() == 120'000);
    app.pass(119'999);
    CHECK(app.chat.stats().users == 1);
    CHECK(app.chat.next_tick() == 1);
    app.pass(1);
    CHECK(app.chat.stats().users == 0);
    CHECK(app.chat.next_tick() > 1000);
}

TEST_CASE("advance records come only when something is due, and not too often") {
    config how = small_config();
    how.policies.effects_per_record_max = 1;
    test_host app(how, true);
    for (int i = 0; i < 6; ++i) app.chat.disconnect(app.guest("n" + std::to_string(i)));
    std::size_t records = app.records.size();
    for (int i = 0; i < 100; ++i) app.pass(10);
    CHECK(app.records.size() == records);   // Nothing is due.
    app.pass(120'000);
    records = app.records.size();
    for (int i = 0; i < 100; ++i) app.pass(10);
    CHECK(app.records.size() - records <= 5);   // One in 250 ms.
    CHECK(app.records.size() - records >= 4);
    CHECK(app.chat.stats().users < 3);
}

// Handles.

TEST_CASE("ids of sessions are never used again") {
    config how = small_config();
    how.limits.sessions_max = 3;
    test_host app(how);
    std::set<std::uint32_t> ids;
    std::vector<session_id> open;
    std::mt19937 random(1);
    for (int i = 0; i < 20000; ++i) {
        if (open.size() == 3 || (!open.empty() && random() % 2 == 0)) {
            const std::size_t at = random() % open.size();
            REQUIRE(app.chat.disconnect(open[at]) == error::none);
            REQUIRE(app.chat.disconnect(open[at]) == error::session_unknown);
            open.erase(open.begin() + static_cast<long>(at));
        } else {
            const session_id id = app.connect();
            REQUIRE(id != session_id{});
            REQUIRE(id != host);
            REQUIRE(ids.insert(id).second);
            open.push_back(id);
        }
        app.forget();
    }
}

TEST_CASE("a slot whose ids are used up is left alone") {
    config how = small_config();
    how.limits.sessions_max = 1'000'000;   // 20 bits for the slot leave 11 for its uses.
    how.limits.users_max = 1;
    how.limits.members_max = 1;
    test_host app;
    app.zeroed = true;
    environment all = app.environment();
    all.memory.allocate = [](std::size_t bytes, void*) { return std::calloc(1, bytes); };
    REQUIRE(app.chat.open(how, all) == error::none);
    std::set<std::uint32_t> ids;
    for (int i = 0; i < 5000; ++i) {
        const session_id id = app.connect();
        REQUIRE(id != session_id{});
        REQUIRE(ids.insert(id).second);
        REQUIRE(app.chat.disconnect(id) == error::none);
        app.forget();
    }
}

TEST_CASE("the handle of a failure is refused by every call") {
    test_host app(small_config());
    const session_id alice = app.guest("alice");
    peer wrong;
    wrong.frame_bytes_max = 5;
    const auto [none, why] = app.chat.connect(wrong);
    CHECK(why == error::invalid_argument);
    app.chat.disconnect(alice);
    for (session_id bad : {none, alice, session_id{77}, session_id{0x7fffffff},
                           session_id{0xfffffffe}}) {
        message messages[1];
        room_item listed[1];
        member_item people[1];
        CHECK(app.chat.disconnect(bad) == error::session_unknown);
        CHECK(app.chat.pause(bad) == error::session_unknown);
        CHECK(app.chat.unpause(bad) == error::session_unknown);
        CHECK(app.chat.receive(bad, "{}") == error::session_unknown);
        CHECK(submitted(app, bad, join{"lobby"}) == error::session_unknown);
        CHECK(app.chat.history(bad, {"lobby"}, messages, 1).why == error::session_unknown);
        CHECK(app.chat.rooms(bad, {}, listed, 1).why == error::session_unknown);
        CHECK(app.chat.members(bad, {"lobby"}, people, 1).why == error::session_unknown);
        CHECK(app.chat.room(bad, "lobby").why == error::session_unknown);
    }
    CHECK(app.chat.disconnect(host) == error::session_unknown);
    CHECK(app.chat.receive(host, R"({"op":"ping"})") == error::session_unknown);
}

TEST_CASE("a closed engine answers so to every call") {
    test_host app;
    message messages[1];
    CHECK(app.chat.connect({}).why == error::engine_closed);
    CHECK(app.chat.disconnect(session_id{1}) == error::engine_closed);
    CHECK(app.chat.receive(session_id{1}, "{}") == error::engine_closed);
    CHECK(submitted(app, host, create{"x"}) == error::engine_closed);
    CHECK(app.chat.why().error == error::none);
    CHECK(app.chat.pause(session_id{1}) == error::engine_closed);
    CHECK(app.chat.unpause(session_id{1}) == error::engine_closed);
    CHECK(app.chat.tick(1) == error::engine_closed);
    CHECK(app.chat.advance(1) == error::engine_closed);
    CHECK(app.chat.commit({}) == error::engine_closed);
    CHECK(app.chat.abandon(1) == error::engine_closed);
    CHECK(app.chat.recover({}).why == error::engine_closed);
    CHECK(app.chat.digest().why == error::engine_closed);
    CHECK(app.chat.snapshot(nullptr, 0).why == error::engine_closed);
    CHECK(app.chat.restore({}) == error::engine_closed);
    CHECK(app.chat.history(host, {"x"}, messages, 1).why == error::engine_closed);
    CHECK(app.chat.room(host, "x").why == error::engine_closed);
    CHECK(app.chat.stats().sends == 0);
    app.chat.close();
    REQUIRE(app.open(small_config()) == error::none);
    app.chat.close();
    CHECK(app.chat.tick(1) == error::engine_closed);
    REQUIRE(app.open(small_config()) == error::none);
    CHECK(app.chat.tick(1) == error::none);
}

// The log under way.

TEST_CASE("an advance that is abandoned does not stop the engine") {
    test_host app(small_config(), true);
    app.chat.disconnect(app.guest("alice"));
    app.in_log = [] { return stored::pending; };
    app.pass(121'000);
    REQUIRE(app.chat.stats().records_pending == 1);
    REQUIRE(app.chat.abandon(app.records.back().number) == error::none);
    app.records.pop_back();
    app.in_log = nullptr;
    CHECK(submitted(app, host, create{"x"}) == error::none);
    app.pass(300);
    CHECK(app.chat.stats().users == 0);
    test_host replica;
    REQUIRE(replica.open(small_config()) == error::none);
    REQUIRE(replica.chat.recover(app.log_bytes()).why == error::none);
    CHECK(replica.digest() == app.digest());
}

TEST_CASE("pending records come to the same as stored ones, whichever are abandoned") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        config how = small_config();
        how.limits.records_pending_max = 10;
        test_host app(how, true);
        scenario story(app, seed);
        std::mt19937 random(seed);
        std::size_t done = app.records.size();
        std::string log = app.log_bytes();
        app.in_log = [&] {
            const unsigned dice = static_cast<unsigned>(random() % 10);
            return dice < 6 ? stored::pending : dice < 9 ? stored::yes : stored::no;
        };
        for (int i = 0; i < 250; ++i) {
            story.step();
            // Those that were stored at once, with none before them under way, are done.
            while (random() % 3 != 0 && app.chat.stats().records_pending != 0 &&
                   done < app.records.size()) {
                const tests::record_kept next = app.records[done];
                const std::uint64_t before = app.chat.stats().records_pending;
                if (random() % 10 == 0 && app.chat.abandon(next.number) == error::none) {
                    app.records.erase(app.records.begin() + static_cast<long>(done));
                    continue;
                }
                const error why = app.chat.commit(next.bytes);
                REQUIRE((why == error::none || why == error::already_applied));
                ++done;
                if (why == error::none) REQUIRE(app.chat.stats().records_pending <= before + 1);
            }
        }
        app.in_log = nullptr;
        for (; done < app.records.size(); ++done) {
            const error why = app.chat.commit(app.records[done].bytes);
            REQUIRE((why == error::none || why == error::already_applied));
        }
        for (int i = 0; i < 5; ++i) app.pass(300);
        CHECK(app.chat.stats().records_pending == 0);
        test_host replica;
        REQUIRE(replica.open(how) == error::none);
        REQUIRE(replica.chat.recover(app.log_bytes()).why == error::none);
        REQUIRE(replica.digest() == app.digest());
    }
}

TEST_CASE("while a framed command is under way no other frame is taken") {
    test_host app(small_config(), true);
    const session_id alice = app.guest("alice", wire::json);
    app.chat.submit(alice, join{"lobby"});
    app.in_log = [] { return stored::pending; };
    const auto [first, why] = app.chat.submit(alice, post{"lobby", "typed"});
    CHECK(why == error::pending);
    app.forget();
    CHECK(app.chat.receive(alice, R"({"op":"post","room":"lobby","text":"a","ref":1})") ==
          error::none);
    CHECK(app.got.empty());
    const std::size_t n = app.records.size();
    REQUIRE(app.chat.commit(app.records[n - 2].bytes) == error::none);
    CHECK(app.observed.back().ticket == first.ticket);
    CHECK(app.chat.receive(alice, R"({"op":"ping"})") == error::paused);
    REQUIRE(app.chat.commit(app.records[n - 1].bytes) == error::none);
    CHECK(app.story(alice) == "1 ok 2");
    CHECK(app.chat.receive(alice, R"({"op":"ping"})") == error::none);
}

TEST_CASE("a session that ends while its records are under way is unbound once") {
    test_host app(small_config(), true);
    const session_id alice = app.guest("alice");
    app.chat.submit(alice, join{"lobby"});
    app.in_log = [] { return stored::pending; };
    app.chat.submit(alice, post{"lobby", "last words"});
    app.chat.disconnect(alice);
    const std::size_t n = app.records.size();
    REQUIRE(app.chat.commit(app.records[n - 2].bytes) == error::none);
    for (int i = 0; i < 5; ++i) app.pass(300);
    CHECK(app.records.size() == n);
    REQUIRE(app.chat.commit(app.records[n - 1].bytes) == error::none);
    app.pass(300);
    CHECK(app.records.size() == n);
    CHECK(app.chat.stats().records_pending == 0);
}

TEST_CASE("an unbind that the log refuses is tried again") {
    test_host app(small_config(), true);
    const session_id alice = app.guest("alice");
    app.in_log = [] { return stored::no; };
    app.chat.disconnect(alice);
    app.pass(300);
    CHECK(app.chat.next_tick() <= 250);
    app.in_log = nullptr;
    app.pass(300);
    app.pass(120'000);
    app.pass(300);
    CHECK(app.chat.stats().users == 0);
}

TEST_CASE("configurations that break a bound are refused and named") {
    const auto fault_of = [](auto change) {
        config how = small_config();
        change(how);
        CHECK(footprint(how) == 0);
        CHECK(test_host().open(how) == error::config_invalid);
        return std::string(config_fault(how));
    };
    CHECK(config_fault(small_config()) == nullptr);
    CHECK(config_fault(config::game()) == nullptr);
    CHECK(config_fault(config::firmware()) == nullptr);
    CHECK(config_fault(config::server()) == nullptr);
    CHECK(fault_of([](config& c) { c.limits.users_max = 0; }) == "users_max");
    CHECK(fault_of([](config& c) { c.limits.page_bytes = 516; }) == "page_bytes");
    CHECK(fault_of([](config& c) { c.limits.message_bytes_max = 400; }) == "page_bytes");
    CHECK(fault_of([](config& c) { c.limits.frame_bytes_max = 520; }) == "frame_bytes_max");
    CHECK(fault_of([](config& c) { c.policies.room_pages_reserved = 13; }) ==
          "room_pages_reserved");
    CHECK(fault_of([](config& c) { c.policies.advance_ms = 0; }) == "advance_ms");
    CHECK(fault_of([](config& c) { c.budgets.deliveries_per_call = 0; }) == "deliveries_per_call");
    CHECK(fault_of([](config& c) { c.budgets.queued_per_call = 0; }) == "queued_per_call");
    CHECK(fault_of([](config& c) { c.node = 0; }) == "node");
    CHECK(fault_of([](config& c) { c.node = 65536; }) == "node");
    CHECK(fault_of([](config& c) { c.incarnation = 0; }) == "incarnation");
}
