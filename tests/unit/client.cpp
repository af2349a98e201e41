#include "catch.hpp"
#include "client.hpp"

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace chatroom;

/// What each error of a client alone comes from; for the list of all errors.
error error_of_client(error wanted);

namespace {

bool count_up(void* out, std::size_t bytes, void* context) {
    unsigned& calls = *static_cast<unsigned*>(context);
    std::memset(out, 0, bytes);
    std::memcpy(out, &calls, sizeof calls);
    ++calls;
    return true;
}

/// A client with a list of what it sent and told.
struct test_client {
    std::vector<unsigned char> block;
    unsigned entropy = 0;
    std::vector<std::string> sent;
    std::vector<std::pair<client_news, std::string>> told;
    std::map<std::uint64_t, error> done;
    std::function<void(std::string_view)> on_send;
    std::function<void(const client_change&)> on_tell;
    chatroom::client client;

    explicit test_client(const client_config& how = {}, const client_codec* frames = nullptr) {
        const std::size_t bytes = client_footprint(how);
        block.assign(bytes + 64, 0xd7);
        client_environment from = environment();
        from.memory.buffer = block.data();
        from.memory.buffer_bytes = bytes;
        REQUIRE((frames != nullptr ? client.open_with(how, from, *frames)
                                   : client.open(how, from)) == error::none);
        REQUIRE(client.tick(1700000000000) == error::none);
    }
    client_environment environment() {
        client_environment from;
        from.send = client_send_via(*this);
        from.tell = client_tell_via(*this);
        from.entropy = {count_up, &entropy};
        return from;
    }
    void operator()(std::string_view frame) {
        sent.emplace_back(frame);
        if (on_send) on_send(frame);
    }
    void operator()(const client_change& change) {
        told.emplace_back(change.what, std::string(change.room));
        if (change.what == client_news::done) {
            CHECK(done.emplace(change.tag, change.why).second);
        }
        if (on_tell) on_tell(change);
    }
    bool has_told(client_news what, const std::string& room = "") const {
        for (const auto& each : told) {
            if (each == std::make_pair(what, room)) return true;
        }
        return false;
    }
    std::uint64_t last_ref() const {
        const std::size_t at = sent.back().rfind("\"ref\":");
        return std::stoull(sent.back().substr(at + 6));
    }
    void hear(const std::string& frame) { REQUIRE(client.receive(frame) == error::none); }
    void reply(const std::string& members) {
        hear("{\"op\":\"ok\",\"ref\":" + std::to_string(last_ref()) + members + "}");
    }
    void welcome(const std::string& more = "") {
        REQUIRE(client.connected() == error::none);
        hear("{\"op\":\"welcome\",\"protocol\":1,\"frame_bytes_max\":4096,"
             "\"message_bytes_max\":100,\"nonce_bytes_max\":32,\"room_name_bytes_max\":32" +
             more + "}");
    }
    void log_in() {
        welcome();
        REQUIRE(client.login("ann", 1000) == error::none);
        reply(",\"user\":7,\"nick\":\"ann\"");
        REQUIRE(client.state() == client_state::online);
    }
    void enter(const std::string& room, std::uint64_t last = 0, const std::string& more = "") {
        hear("{\"op\":\"joined\",\"room\":\"" + room + "\",\"rights\":\"post leave\","
             "\"members\":1000,\"roster\":1,\"id\":5,\"last\":" + std::to_string(last) + more + "}");
    }
    void message(const std::string& room, std::uint64_t number, const std::string& text) {
        hear("{\"op\":\"message\",\"room\":\"" + room + "\",\"number\":" + std::to_string(number) +
             ",\"user\":8,\"nick\":\"bob\",\"text\":\"" + text + "\"}");
    }
    bool guard_holds() const {
        for (std::size_t at = block.size() - 64; at < block.size(); ++at) {
            if (block[at] != 0xd7) return false;
        }
        return true;
    }
};

error lost_with_its_connection() {
    test_client one;
    one.log_in();
    CHECK(one.client.join("lobby", 1) == error::none);
    CHECK(one.client.disconnected() == error::none);
    return one.done.at(1);
}

error unknown_to_all() {
    test_client one;
    one.log_in();
    one.enter("lobby");
    CHECK(one.client.post("lobby", "hello").why == error::none);
    CHECK(one.client.disconnected() == error::none);
    one.welcome();
    one.hear("{\"op\":\"you\",\"user\":7,\"nick\":\"ann\"}");
    one.enter("lobby", 9, ",\"first\":9,\"from\":9");
    one.message("lobby", 9, "nine");
    REQUIRE(one.client.posts("lobby").size() == 1);
    return one.client.posts("lobby")[0].failed;
}

error too_many_posts() {
    client_config how;
    how.posts_max = 1;
    test_client one(how);
    one.log_in();
    one.enter("lobby");
    CHECK(one.client.post("lobby", "one").why == error::none);
    return one.client.post("lobby", "two").why;
}

error overtaken() {
    test_client one;
    CHECK(one.client.login("ann", 1) == error::none);
    CHECK(one.client.login("bob", 2) == error::none);
    return one.done.at(1);
}

error without_sense() {
    test_client one;
    one.log_in();
    CHECK(one.client.rename("bob", 1) == error::none);
    one.hear("{\"op\":\"members\"}");
    CHECK(one.client.faults() == 1);
    return one.done.at(1);
}

}  // namespace

error error_of_client(error wanted) {
    switch (static_cast<int>(wanted)) {
    case static_cast<int>(error::offline): return test_client().client.join("lobby");
    case static_cast<int>(error::connection_lost): return lost_with_its_connection();
    case static_cast<int>(error::outcome_unknown): return unknown_to_all();
    case static_cast<int>(error::pending_full): return too_many_posts();
    case static_cast<int>(error::superseded): return overtaken();
    case static_cast<int>(error::reply_invalid): return without_sense();
    default: return error::none;
    }
}

TEST_CASE("a client opens in exactly its footprint, once, with all it takes from the host") {
    const client_config how;
    const std::size_t bytes = client_footprint(how);
    std::vector<unsigned char> block(bytes);
    unsigned entropy = 0;
    auto send = [](std::string_view) {};
    client_environment from;
    client one;
    CHECK(one.connected() == error::engine_closed);
    CHECK(one.post("lobby", "x").why == error::engine_closed);
    CHECK(one.rooms().size() == 0);
    CHECK(one.open(how, from) == error::invalid_argument);
    from.send = client_send_via(send);
    CHECK(one.open(how, from) == error::invalid_argument);   // No entropy.
    from.entropy = {count_up, &entropy};
    CHECK(one.open(how, from) == error::memory_short);
    from.memory.buffer = block.data();
    from.memory.buffer_bytes = bytes - 1;
    CHECK(one.open(how, from) == error::memory_short);
    from.memory.buffer_bytes = bytes;
    CHECK(one.open(how, from) == error::none);
    CHECK(one.open(how, from) == error::engine_open);
    one.close();
    CHECK(one.open(how, from) == error::none);
    CHECK(entropy == 0);
}

TEST_CASE("a client's memory is claimed once and given back") {
    struct book {
        std::size_t allocated = 0, released = 0;
        static void* allocate(std::size_t bytes, void* context) {
            static_cast<book*>(context)->allocated += bytes;
            return std::malloc(bytes);
        }
        static void release(void* block, std::size_t bytes, void* context) {
            static_cast<book*>(context)->released += bytes;
            std::free(block);
        }
    } kept;
    unsigned entropy = 0;
    auto send = [](std::string_view) {};
    client_environment from;
    from.send = client_send_via(send);
    from.entropy = {count_up, &entropy};
    from.memory.allocate = book::allocate;
    from.memory.release = book::release;
    from.memory.context = &kept;
    {
        client one;
        REQUIRE(one.open({}, from) == error::none);
        CHECK(one.connected() == error::none);
        CHECK(one.receive("{\"op\":\"welcome\"}") == error::none);
        CHECK(kept.allocated == client_footprint({}));
        CHECK(kept.released == 0);
    }
    CHECK(kept.released == kept.allocated);
}

TEST_CASE("a client's configuration has bounds") {
    const auto refused = [](void (*spoil)(client_config& how)) {
        client_config how;
        spoil(how);
        return client_footprint(how) == 0;
    };
    CHECK(refused([](client_config& how) { how.rooms_max = 0; }));
    CHECK(refused([](client_config& how) { how.rooms_max = 1001; }));
    CHECK(refused([](client_config& how) { how.entries_max = 3; }));
    CHECK(refused([](client_config& how) { how.frame_bytes_max = 511; }));
    CHECK(refused([](client_config& how) { how.room_name_bytes_max = 65; }));
    CHECK(refused([](client_config& how) { how.commands_max = 0; }));
    CHECK(refused([](client_config& how) { how.rooms_max = 1000, how.text_bytes_max = 1 << 24; }));
    client_config small;
    small.rooms_max = 1;
    small.entries_max = 4;
    small.text_bytes_max = small.posts_max = small.members_max = 0;
    CHECK(client_footprint(small) != 0);
    CHECK(client_footprint(small) < client_footprint({}));
    client_config large;
    large.rooms_max = 1000;
    large.members_max = 65536;
    large.nick_bytes_max = 64;
    const std::uint64_t nicks = 1000u * 65536u * 64ull;   // More than 32 bits can address.
    CHECK((client_footprint(large) > nicks || client_footprint(large) == 0));
}

TEST_CASE("a server whose frames or names are too long is not for this client") {
    test_client one;
    one.welcome(",\"frame_bytes_max\":1");   // Twice the same member: no JSON for anybody.
    CHECK(one.client.faults() == 1);
    client_config how;
    how.frame_bytes_max = 4095;
    test_client two(how);
    two.welcome();
    CHECK(two.client.state() == client_state::ended);
    CHECK(two.client.why() == error::limit_too_small);
    CHECK(two.client.wants_close());
    CHECK(two.has_told(client_news::close));
}

TEST_CASE("what a room holds is bounded: the oldest go, long texts are told by their size") {
    client_config how;
    how.entries_max = 8;
    how.text_bytes_max = 300;
    test_client one(how);
    one.log_in();
    one.enter("lobby");
    for (std::uint64_t n = 1; n <= 1000; ++n) {
        one.message("lobby", n, std::string(n % 90, 'x'));
        const client_room room = one.client.room("lobby").value;
        REQUIRE(room.last == n);
        const auto entries = one.client.entries("lobby");
        REQUIRE(entries.size() <= 10);
        REQUIRE(entries[entries.size() - 1].number == n);
        REQUIRE(entries[entries.size() - 1].text == std::string(n % 90, 'x'));
        REQUIRE(entries[0].number == room.begin);
    }
    one.message("lobby", 1001, std::string(301, 'y'));
    const client_entry last = one.client.message("lobby", 1001).value;
    CHECK(last.bytes == 301);
    CHECK(last.text.empty());
    CHECK(last.nick == "bob");
    CHECK(one.client.message("lobby", 1).why == error::reply_unknown);
    CHECK(one.client.message("red", 1).why == error::room_unknown);
    CHECK(one.has_told(client_news::trim, "lobby"));
    CHECK(one.client.hold("lobby", true) == error::none);
    for (std::uint64_t n = 1002; n <= 2000; ++n) {
        one.message("lobby", n, "held");
        REQUIRE(one.client.entries("lobby").size() <= 16);
    }
    CHECK(one.guard_holds());
}

TEST_CASE("rooms beyond the limit are a fault of the server, or of who asks too much") {
    client_config how;
    how.rooms_max = 2;
    test_client one(how);
    one.log_in();
    one.enter("a");
    one.enter("b");
    one.enter("c");
    CHECK(one.client.rooms().size() == 2);
    CHECK(one.client.faults() == 1);
    one.hear("{\"op\":\"left\",\"room\":\"a\"}");
    CHECK(one.has_told(client_news::room, "a"));
    one.enter("c");
    CHECK(one.client.room("c").why == error::none);
    CHECK(one.client.room("a").why == error::room_unknown);
}

TEST_CASE("commands of the host are bounded, in number and bytes, and done once each") {
    client_config how;
    how.asks_max = 3;
    how.commands_max = 1;
    how.ask_bytes_max = 200;
    test_client one(how);
    one.log_in();
    const std::string nick(60, 'n');
    CHECK(one.client.rename(nick, 1) == error::none);        // Leaves at once.
    CHECK(one.client.rename(nick, 2) == error::none);
    CHECK(one.client.set({"lobby", room_property::topic, std::string(100, 't')}, 3) ==
          error::queue_full);
    CHECK(one.client.rename("x", 4) == error::none);
    CHECK(one.client.rename("x", 5) == error::queue_full);
    CHECK(one.client.disconnected() == error::none);
    CHECK(one.done == std::map<std::uint64_t, error>{{1000, error::none},
        {1, error::connection_lost}, {2, error::connection_lost}, {4, error::connection_lost}});
    one.welcome();
    CHECK(one.client.rename("x", 6) == error::offline);
}

TEST_CASE("a post that is not sound is not kept") {
    test_client one;
    CHECK(one.client.post("lobby", "x").why == error::room_unknown);
    one.log_in();
    one.enter("lobby");
    CHECK(one.client.post("lobby", "").why == error::member_missing);
    CHECK(one.client.post("lobby", std::string(101, 'x')).why == error::member_too_long);
    CHECK(one.client.post("lobby", "\xff").why == error::text_invalid);
    CHECK(one.client.posts("lobby").size() == 0);
    const std::uint64_t id = one.client.post("lobby", "x").value;
    CHECK(one.client.resend(id) == error::invalid_argument);
    CHECK(one.client.discard(id) == error::invalid_argument);
    one.hear("{\"op\":\"error\",\"ref\":" + std::to_string(one.last_ref()) +
             ",\"code\":\"forbidden\",\"limit\":3,\"retry_ms\":9}");
    REQUIRE(one.client.posts("lobby").size() == 1);
    const client_post failed = one.client.posts("lobby")[0];
    CHECK(failed.failed == error::forbidden);
    CHECK(failed.limit == 3);
    CHECK(failed.retry_ms == 9);
    CHECK(one.client.discard(id) == error::none);
    CHECK(one.client.posts("lobby").size() == 0);
}

TEST_CASE("a post whose frame would be too long fails here") {
    client_config how;
    how.frame_bytes_max = 4096;
    test_client one(how);
    one.welcome(",\"page_items_max\":5");
    one.client.login("ann");
    one.reply(",\"user\":7,\"nick\":\"ann\"");
    one.enter("lobby");
    one.hear("{\"op\":\"left\",\"room\":\"lobby\"}");
    CHECK(one.client.disconnected() == error::none);
    CHECK(one.client.connected() == error::none);
    one.hear("{\"op\":\"welcome\",\"frame_bytes_max\":512,\"message_bytes_max\":2000}");
    one.hear("{\"op\":\"you\",\"user\":7,\"nick\":\"ann\"}");
    one.enter("lobby");
    CHECK(one.client.post("lobby", std::string(600, 'x')).why == error::none);
    CHECK(one.client.posts("lobby")[0].failed == error::frame_too_long);
}

TEST_CASE("inside a callback everything is allowed but to receive and to close") {
    test_client one;
    std::vector<std::string> order;
    one.on_tell = [&](const client_change& change) {
        CHECK(one.client.receive("{}") == error::inside_callback);
        CHECK(one.client.restore("") == error::inside_callback);
        one.client.close();
        if (change.what == client_news::room) {
            order.push_back("room");
            CHECK(one.client.room("lobby").value.live);
            if (one.client.posts("lobby").size() == 0) {
                CHECK(one.client.post("lobby", "from inside").why == error::none);
            }
        }
        if (change.what == client_news::posts) order.push_back("posts");
    };
    one.on_send = [&](std::string_view frame) {
        if (frame.find("\"post\"") != frame.npos) order.push_back("sent");
    };
    one.log_in();
    one.enter("lobby");
    CHECK(order == std::vector<std::string>{"room", "posts", "sent"});
    one.on_tell = [&](const client_change& change) {
        if (change.what == client_news::append) CHECK(one.client.disconnected() == error::none);
    };
    one.message("lobby", 1, "cut");
    CHECK(one.client.state() == client_state::offline);
}

TEST_CASE("a server in the same program may answer inside send, in either encoding") {
    const bool binary = GENERATE(false, true);
    test_client one({}, binary ? &client_codecs::binary() : &client_codecs::json());
    engine server;
    session_id session{};
    std::vector<std::string> early;
    auto send = [&](const recipients&, std::string_view frame) {
        CHECK(one.client.receive(frame) == error::none);
    };
    REQUIRE(server.open({}, send_via(send)) == error::none);
    REQUIRE(server.tick(1700000000000) == error::none);
    one.on_send = [&](std::string_view frame) {
        const error why = server.receive(session, frame);
        CHECK((why == error::none || why == error::queued));
    };
    CHECK(one.client.connected() == error::none);
    peer as;
    as.wire = binary ? wire::binary : wire::json;
    session = server.connect(as).value;
    CHECK(one.client.login("ann", 1) == error::none);
    CHECK(one.client.state() == client_state::online);
    CHECK(one.client.join("Lobby", 2) == error::none);
    CHECK(one.client.room("lobby").value.members_known);
    CHECK(one.client.members("lobby")[0].nick == "ann");
    for (int i = 0; i < 120; ++i) {
        CHECK(one.client.post("lobby", "post \"" + std::to_string(i) + "\"").why == error::none);
    }
    CHECK(one.client.posts("lobby").size() == 0);
    CHECK(one.client.message("lobby", 120).value.text == "post \"119\"");
    CHECK(server.submit(host, post{"lobby", "hi"}).why == error::none);
    CHECK(one.client.room("lobby").value.unread == 1);
    CHECK(one.client.see("lobby") == error::none);
    CHECK(one.client.room("lobby").value.unread == 0);
    CHECK(one.client.list_rooms(3) == error::none);
    CHECK(one.has_told(client_news::listed, "lobby"));
    CHECK(one.client.submit(nick{"Anna"}, 4) == error::none);
    CHECK(one.client.nick() == "Anna");
    CHECK(one.client.submit(ping{}, 5) == error::none);
    CHECK(one.client.leave("lobby", 6) == error::none);
    CHECK(one.client.rooms().size() == 0);
    CHECK(one.done.size() == 6);
    for (const auto& [tag, why] : one.done) CHECK(why == error::none);
    CHECK(one.client.faults() == 0);
    CHECK(one.guard_holds());
}

TEST_CASE("what is saved comes back, or nothing does") {
    test_client one;
    one.log_in();
    one.enter("lobby", 3, ",\"title\":\"The lobby\"");
    CHECK(one.client.post("lobby", "waits").why == error::none);
    std::string saved(one.client.save(nullptr, 0).value, 0);
    CHECK(one.client.save(nullptr, 0).why == error::memory_short);
    REQUIRE(one.client.save(&saved[0], saved.size()).why == error::none);
    test_client two;
    for (std::size_t at = 0; at < saved.size(); ++at) {
        std::string damaged = saved;
        damaged[at] = static_cast<char>(damaged[at] ^ 4);
        REQUIRE(two.client.restore(damaged) == error::snapshot_invalid);
        REQUIRE(two.client.restore(saved.substr(0, at)) == error::snapshot_invalid);
    }
    REQUIRE(two.client.restore(saved) == error::none);
    CHECK(two.client.nick() == "ann");
    CHECK(two.client.user() == 7);
    CHECK(two.client.room("lobby").value.title == "The lobby");
    CHECK(two.client.posts("lobby")[0].text == "waits");
    CHECK(two.client.restore(saved) == error::invalid_argument);
    client_config how;
    how.posts_max = 0;
    test_client three(how);
    CHECK(three.client.restore(saved) == error::limit_too_small);
    CHECK(three.client.rooms().size() == 0);
}

TEST_CASE("silence is answered with a ping, then the connection counts as dead") {
    test_client one;
    one.log_in();
    CHECK(one.client.next_tick() == 20000);
    const std::size_t sent = one.sent.size();
    CHECK(one.client.tick(1700000019999) == error::none);
    CHECK(one.sent.size() == sent);
    CHECK(one.client.next_tick() == 1);
    CHECK(one.client.tick(1700000020000) == error::none);
    CHECK(one.sent.back().find("\"ping\"") != std::string::npos);
    CHECK(one.client.next_tick() == 20000);
    CHECK(one.client.tick(1700000040000) == error::none);
    CHECK(one.client.wants_close());
    CHECK(one.client.why() == error::connection_lost);
    CHECK(one.client.disconnected() == error::none);
    CHECK(one.client.next_tick() == ~std::uint64_t{0});
}

TEST_CASE("a page of members of a reading that was given up is passed over") {
    client_config how;
    test_client one(how);
    one.log_in();
    const std::string small = ",\"x\":1";
    one.hear("{\"op\":\"joined\",\"room\":\"r\",\"members\":3,\"roster\":3,\"id\":5,\"last\":0}");
    const std::string first = std::to_string(one.last_ref());
    one.hear("{\"op\":\"members\",\"ref\":" + first + ",\"room\":\"r\",\"roster\":3,\"next\":2,"
             "\"members\":[{\"user\":1,\"nick\":\"a\"},{\"user\":2,\"nick\":\"b\"}]}");
    const std::string second = std::to_string(one.last_ref());
    one.hear("{\"op\":\"resync\"}");
    one.hear("{\"op\":\"joined\",\"room\":\"r\",\"members\":3,\"roster\":3,\"id\":5,\"last\":0}");
    CHECK(one.client.tick(1700000005000) == error::none);
    const std::string third = std::to_string(one.last_ref());
    CHECK(third != second);
    one.hear("{\"op\":\"members\",\"ref\":" + second + ",\"room\":\"r\",\"roster\":3,"
             "\"complete\":true,\"members\":[{\"user\":3,\"nick\":\"c\"}]}");
    CHECK_FALSE(one.client.room("r").value.members_known);
    one.hear("{\"op\":\"members\",\"ref\":" + third + ",\"room\":\"r\",\"roster\":3,"
             "\"complete\":true,\"members\":[{\"user\":1,\"nick\":\"a\"},{\"user\":2,"
             "\"nick\":\"b\"},{\"user\":3,\"nick\":\"c\"}]}");
    CHECK(one.client.room("r").value.members_known);
    CHECK(one.client.members("r").size() == 3);
}
