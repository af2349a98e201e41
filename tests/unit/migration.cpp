// Snapshots that move a chat: to another player's host, and to the next life of the same node.

#include "catch.hpp"

#include "../support/log_host.hpp"
#include "base/crypto.hpp"

using namespace chatroom;
using logs::node;
using logs::start_ms;

namespace {

peer named(std::string_view identity, std::string_view nick) {
    peer who;
    who.user = identity;
    who.nick = nick;
    return who;
}

std::string snapshot_of(node& at, scope what) {
    std::string bytes(at.chat.snapshot(nullptr, 0, what).value, '\0');
    const auto written = at.chat.snapshot(&bytes[0], bytes.size(), what);
    REQUIRE(written.why == error::none);
    REQUIRE(written.value == bytes.size());
    return bytes;
}

// What is stored of a token: the first half of SHA-256 of its 16 bytes.
std::string hash_of_token(const std::string& token) {
    unsigned char bytes[16], hash[32];
    for (int i = 0; i < 16; ++i) {
        bytes[i] = static_cast<unsigned char>(std::stoi(token.substr(2 * i, 2), nullptr, 16));
    }
    detail::sha256_of(bytes, sizeof bytes, hash);
    return std::string(reinterpret_cast<char*>(hash), 16);
}

std::vector<std::string> history_of(engine& chat, std::string_view room) {
    static message page[200];
    const auto read = chat.history(chatroom::host, history{room}, page, 200);
    std::vector<std::string> texts;
    for (const message& m : read.value.messages) {
        texts.push_back(std::to_string(m.number) + " " + std::string(m.nick) + ": " +
                        std::string(m.text));
    }
    return texts;
}

std::string resume_frame(const std::string& token, const std::string& cursors) {
    return R"({"op":"resume","ref":9,"token":")" + token + R"(","cursors":[)" + cursors + "]}";
}

// Who plays on a listen server, and what was said there.
struct party {
    node host;
    session_id alice{}, bob{}, guest{};
    user_id alice_user{}, bob_user{};
    std::string guest_token;

    explicit party(const config& how = {}) {
        REQUIRE(host.open(how) == error::none);
        REQUIRE(host.chat.tick(start_ms) == error::none);
        alice = host.chat.connect(named("steam:1", "alice")).value;
        bob = host.chat.connect(named("steam:2", "bob")).value;
        guest = host.chat.connect().value;
        guest_token = host.chat.submit(guest, chatroom::guest{"visitor"}).value.token;
        REQUIRE(guest_token.size() == 32);
        create room;
        room.room = "team";
        room.title = "The team";
        room.topic = "winning";
        const auto made = host.chat.submit(alice, room);
        REQUIRE(made.why == error::none);
        for (session_id each : {bob, guest}) {
            REQUIRE(host.chat.submit(each, join{"team"}).why == error::none);
        }
        REQUIRE(host.chat.submit(alice, join{"other"}).why == error::none);
        for (int i = 1; i <= 30; ++i) {
            const std::string text = "message " + std::to_string(i);
            const std::string nonce = "n" + std::to_string(i);
            REQUIRE(host.chat.submit(i % 2 != 0 ? alice : bob,
                                     post{"team", text, message_kind::text, 0, nonce})
                        .why == error::none);
        }
        alice_user = host.chat.submit(alice, nick{"alice"}).value.user;
        bob_user = host.chat.submit(bob, nick{"bob"}).value.user;
    }
};

}  // namespace

TEST_CASE("the next host takes over rooms, members and history, but nothing secret") {
    party before;
    const std::string bytes = snapshot_of(before.host, scope::migration);
    const std::string secret = hash_of_token(before.guest_token);
    const std::string everything = snapshot_of(before.host, scope::everything);
    CHECK(everything.find(secret) != std::string::npos);   // So the search can find it.
    CHECK(bytes.find(secret) == std::string::npos);
    CHECK(bytes.find(secret.substr(0, 8)) == std::string::npos);
    CHECK(bytes.find(before.guest_token) == std::string::npos);

    node after(2);
    config next;
    next.node = 2;
    next.incarnation = 7;
    REQUIRE(after.open(next) == error::none);
    REQUIRE(after.chat.restore(bytes) == error::none);
    CHECK(history_of(after.chat, "team") == history_of(before.host.chat, "team"));
    REQUIRE(after.chat.tick(start_ms + 500) == error::none);

    member_item who[8];
    const auto members_now = after.chat.members(chatroom::host, members{"team"}, who, 8);
    REQUIRE(members_now.value.members.size == 3);
    for (const member_item& each : members_now.value.members) CHECK_FALSE(each.online);

    const session_id alice = after.chat.connect(named("steam:1", "somebody else")).value;
    CHECK(after.count(alice, "joined") == 2);
    CHECK(after.count(alice, "caught_up") == 1);
    CHECK(logs::text_of(after.last(alice, "you"), "nick") == "alice");   // The known one.
    CHECK(logs::number_of(after.last(alice, "you"), "user") == before.alice_user);
    const auto room = after.chat.room(alice, "team");
    REQUIRE(room.why == error::none);
    CHECK(room.value.title == "The team");
    CHECK(room.value.topic == "winning");
    CHECK(room.value.owner == before.alice_user);
    CHECK(room.value.rights == "post leave set");
    CHECK(room.value.last == 30);

    const session_id bob = after.chat.connect(named("steam:2", "bob")).value;
    // What was said before is still known by its nonce; what is new goes on counting.
    const post again{"team", "message 30", message_kind::text, 0, "n30"};
    CHECK(after.chat.submit(bob, again).value.number == 30);
    CHECK(after.chat.submit(alice, post{"team", "here again"}).value.number == 31);
    CHECK(logs::number_of(after.last(bob, "message"), "number") == 31);
    message page[8];
    const auto read = after.chat.history(bob, history{"team"}, page, 3);
    REQUIRE(read.value.messages.size == 3);
    CHECK(page[0].text == "message 29");
    CHECK(page[2].text == "here again");

    // The guest cannot come back as who it was, and goes when its window is over.
    const session_id guest = after.chat.connect().value;
    REQUIRE(after.chat.receive(guest, resume_frame(before.guest_token, "")) == error::none);
    CHECK(logs::text_of(after.last(guest, "error"), "code") == "token_invalid");
    CHECK(after.chat.stats().users == 3);
    CHECK(after.chat.submit(guest, chatroom::guest{"visitor"}).why == error::nick_taken);
    for (std::uint64_t t = 1; t <= 4; ++t) {
        REQUIRE(after.chat.tick(start_ms + 60000 * t) == error::none);
    }
    CHECK(after.chat.stats().users == 2);
    CHECK(after.chat.submit(guest, chatroom::guest{"visitor"}).why == error::none);
    CHECK(after.chat.room(chatroom::host, "team").value.members == 2);
}

TEST_CASE("users who do not follow to the next host are gone after the window") {
    party before;
    const std::string bytes = snapshot_of(before.host, scope::migration);
    node after(2);
    config next;
    next.node = 2;
    REQUIRE(after.open(next) == error::none);
    REQUIRE(after.chat.restore(bytes) == error::none);
    const std::uint64_t window = next.policies.resume_window_ms;
    REQUIRE(after.chat.tick(start_ms + window - 1) == error::none);
    CHECK(after.chat.stats().users == 3);
    REQUIRE(after.chat.tick(start_ms + window + next.policies.advance_ms) == error::none);
    CHECK(after.chat.stats().users == 0);
    CHECK(after.chat.stats().rooms == 0);   // Nobody is left in them.
}

TEST_CASE("a chat moves on and on") {
    party before;
    std::string bytes = snapshot_of(before.host, scope::migration);
    for (std::uint32_t hop = 2; hop <= 6; ++hop) {
        node next(hop);
        config how;
        how.node = hop;
        REQUIRE(next.open(how) == error::none);
        REQUIRE(next.chat.restore(bytes) == error::none);
        REQUIRE(next.chat.tick(start_ms + 1000 * hop) == error::none);
        const session_id alice = next.chat.connect(named("steam:1", "alice")).value;
        const session_id bob = next.chat.connect(named("steam:2", "bob")).value;
        CHECK(next.count(alice, "joined") == 2);
        CHECK(next.chat.submit(alice, post{"team", "hop"}).value.number == 29 + hop);
        CHECK(next.count(bob, "message") == 1);
        bytes = snapshot_of(next, scope::migration);
    }
}

TEST_CASE("a room that is being taken away goes on going away elsewhere") {
    config how;
    how.policies.effects_per_record_max = 1;
    party before(how);
    REQUIRE(before.host.chat.submit(chatroom::host, destroy{"team"}).why == error::none);
    CHECK(before.host.chat.stats().members == 3);   // Of four; one effect was allowed.
    for (scope what : {scope::migration, scope::everything}) {
        node after(2);
        config next = how;
        next.node = 2;
        REQUIRE(after.open(next) == error::none);
        REQUIRE(after.chat.restore(snapshot_of(before.host, what)) == error::none);
        if (what == scope::everything) CHECK(after.digest() == before.host.digest());
        CHECK(after.chat.room(chatroom::host, "team").why == error::room_unknown);
        for (std::uint64_t t = 1; t <= 20; ++t) {
            REQUIRE(after.chat.tick(start_ms + 300 * t) == error::none);
        }
        CHECK(after.chat.stats().rooms == 1);
        CHECK(after.chat.stats().members == 1);
        CHECK(after.chat.stats().history_pages == 0);
    }
}

TEST_CASE("the next host gets nothing that nobody may read any more") {
    config how;
    how.policies.room_messages_max = 3;
    how.policies.effects_per_record_max = 1;
    how.limits.page_messages_max = 8;
    how.policies.room_pages_reserved = 1;
    party before(how);
    engine& chat = before.host.chat;
    const auto say = [&](session_id who, std::string_view text, std::string_view nonce = {}) {
        REQUIRE(chat.submit(who, post{"team", text, message_kind::text, 0, nonce}).why ==
                error::none);
    };
    while (chat.room(chatroom::host, "team").value.last % 8 != 0) say(before.alice, "fills");
    REQUIRE(chat.submit(before.bob, nick{"formernick"}).why == error::none);
    say(before.bob, "evicted words", "gonenonce");
    REQUIRE(chat.submit(before.bob, nick{"bob"}).why == error::none);
    for (const char* nonce : {"k1", "k2", "k3"}) say(before.alice, "kept words", nonce);
    // A room of many pages, in which all that was said is destroyed, but is not yet taken away.
    create room{"hidden", "hidden title"};
    REQUIRE(chat.submit(before.alice, room).why == error::none);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(chat.submit(before.alice, post{"hidden", "destroyed words"}).why == error::none);
    }
    REQUIRE(chat.submit(before.guest, join{"hidden"}).why == error::none);
    REQUIRE(chat.submit(chatroom::host, destroy{"hidden"}).why == error::none);

    const std::string everything = snapshot_of(before.host, scope::everything);
    const std::string bytes = snapshot_of(before.host, scope::migration);
    for (const char* text : {"evicted words", "gonenonce", "formernick", "destroyed words",
                             "hidden title"}) {
        INFO(text);
        CHECK(everything.find(text) != std::string::npos);   // So the search can find it.
        CHECK(bytes.find(text) == std::string::npos);
    }
    node after(2);
    config next = how;
    next.node = 2;
    REQUIRE(after.open(next) == error::none);
    REQUIRE(after.chat.restore(bytes) == error::none);
    CHECK((snapshot_of(after, scope::migration) == bytes));
    CHECK(history_of(after.chat, "team") == history_of(chat, "team"));
    CHECK(history_of(after.chat, "team").size() == 3);
    REQUIRE(after.chat.tick(start_ms + 500) == error::none);
    const session_id alice = after.chat.connect(named("steam:1", "alice")).value;
    const std::uint64_t last = after.chat.room(alice, "team").value.last;
    const post again{"team", "kept words", message_kind::text, 0, "k2"};
    CHECK(after.chat.submit(alice, again).value.number == last - 1);
    for (int i = 0; i < 20; ++i) {
        CHECK(after.chat.submit(alice, post{"team", "goes on"}).why == error::none);
    }
    CHECK(after.chat.stats().rooms == 2);
}

TEST_CASE("a snapshot that does not fit changes nothing") {
    party before;
    const std::string bytes = snapshot_of(before.host, scope::migration);
    struct narrow {
        const char* limit;
        std::uint32_t limits::*member;
        std::uint32_t value;
    };
    const narrow each[] = {
        {"users_max", &limits::users_max, 2},
        {"rooms_max", &limits::rooms_max, 1},
        {"members_max", &limits::members_max, 3},
        {"rooms_per_user_max", &limits::rooms_per_user_max, 1},
        {"identity_bytes_max", &limits::identity_bytes_max, 6},
        {"nick_bytes_max", &limits::nick_bytes_max, 6},
        {"room_name_bytes_max", &limits::room_name_bytes_max, 4},
        {"title_bytes_max", &limits::title_bytes_max, 7},
        {"topic_bytes_max", &limits::topic_bytes_max, 6},
        {"page_messages_max", &limits::page_messages_max, 29},
    };
    for (const narrow& one : each) {
        INFO(one.limit);
        config how;
        how.limits.*one.member = one.value;
        node after(2);
        REQUIRE(after.open(how) == error::none);
        const std::string empty = after.digest();
        CHECK(after.chat.restore(bytes) == error::limit_too_small);
        CHECK(after.chat.why().field == one.limit);
        CHECK(after.digest() == empty);
        REQUIRE(after.chat.tick(start_ms) == error::none);
        const session_id alice = after.chat.connect(named("a", "al")).value;
        CHECK(after.chat.submit(alice, join{"red"}).why == error::none);
    }
}

TEST_CASE("a snapshot is taken over only by an engine that has done nothing yet") {
    party before;
    const std::string bytes = snapshot_of(before.host, scope::everything);
    node connected(2), used(3);
    config next;
    next.node = 2;
    REQUIRE(connected.open(next) == error::none);
    const session_id early = connected.chat.connect().value;
    CHECK(connected.chat.restore(bytes) == error::invalid_argument);
    REQUIRE(connected.chat.disconnect(early) == error::none);
    CHECK(connected.chat.restore(bytes) == error::none);
    REQUIRE(used.open(next) == error::none);
    REQUIRE(used.chat.tick(start_ms) == error::none);
    const std::string digest = used.digest();
    CHECK(used.chat.restore(bytes) == error::invalid_argument);
    CHECK(used.digest() == digest);
}

TEST_CASE("the next life of a node loses nothing") {
    party before;
    const session_id late = before.host.chat.connect().value;
    const std::string late_token =
        before.host.chat.submit(late, chatroom::guest{"late"}).value.token;
    REQUIRE(before.host.chat.submit(late, join{"team"}).why == error::none);
    const std::string bytes = snapshot_of(before.host, scope::everything);
    const std::size_t told = before.host.records.size();

    // After the snapshot the node lived on for a while; that stands in its log.
    REQUIRE(before.host.chat.tick(start_ms + 100) == error::none);
    REQUIRE(before.host.chat.submit(before.bob, post{"team", "last words"}).why == error::none);
    REQUIRE(before.host.chat.submit(before.guest, leave{"team"}).why == error::none);

    node after(2);
    config next;
    next.incarnation = 2;
    REQUIRE(after.open(next) == error::none);
    REQUIRE(after.chat.restore(bytes) == error::none);
    std::string tail;
    for (std::size_t i = told; i < before.host.records.size(); ++i) {
        tail += before.host.records[i].second;
    }
    const auto done = after.chat.recover(tail);
    REQUIRE(done.why == error::none);
    CHECK(done.value.records == before.host.records.size() - told);
    CHECK(done.value.bytes == tail.size());
    CHECK(after.digest() == before.host.digest());
    CHECK(after.frames.empty());    // Recovery sends nothing,
    CHECK(after.records.empty());   // and logs nothing.

    REQUIRE(after.chat.tick(start_ms + 200) == error::none);
    member_item who[8];
    const auto members_now = after.chat.members(chatroom::host, members{"team"}, who, 8);
    REQUIRE(members_now.value.members.size == 3);   // The dead sessions are unbound.
    for (const member_item& each : members_now.value.members) CHECK_FALSE(each.online);

    const session_id again = after.chat.connect().value;
    REQUIRE(after.chat.receive(again, resume_frame(late_token, R"({"room":"team","after":28})")) ==
            error::none);
    CHECK(logs::text_of(after.last(again, "ok"), "nick") == "late");
    CHECK(logs::text_of(after.last(again, "joined"), "resume") == "continues");
    CHECK(logs::number_of(after.last(again, "joined"), "from") == 29);
    CHECK(after.count(again, "message") == 3);
    CHECK(logs::text_of(after.last(again, "message"), "text") == "last words");
    CHECK(after.count(again, "caught_up") == 1);

    const session_id visitor = after.chat.connect().value;
    REQUIRE(after.chat.receive(visitor, resume_frame(before.guest_token, "")) == error::none);
    CHECK(after.count(visitor, "joined") == 0);   // It had left.
    CHECK(after.count(visitor, "caught_up") == 1);
    const session_id alice = after.chat.connect(named("steam:1", "alice")).value;
    CHECK(after.count(alice, "joined") == 2);
    CHECK(after.chat.submit(alice, post{"team", "hello again"}).value.number == 32);
    CHECK(after.chat.stats().users == 4);

    // Used once, a token is used up.
    const session_id thief = after.chat.connect().value;
    REQUIRE(after.chat.receive(thief, resume_frame(late_token, "")) == error::none);
    CHECK(logs::text_of(after.last(thief, "error"), "code") == "token_invalid");
}

TEST_CASE("the same incarnation cannot begin again") {
    party before;
    node after(2);
    REQUIRE(after.open({}) == error::none);
    REQUIRE(after.chat.restore(snapshot_of(before.host, scope::everything)) == error::none);
    (void)after.chat.tick(start_ms + 100);
    const session_id s = after.chat.connect().value;
    CHECK(after.chat.submit(s, chatroom::guest{"zoe"}).why == error::incarnation_stale);
    CHECK(after.digest() == before.host.digest());
}
