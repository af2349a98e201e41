// Writes the seeds of the corpus, from real conversations:
//
//     make_corpus <directory>        fills <directory>/{frames,records,snapshots}

#include <filesystem>
#include <fstream>

#include "fuzz.hpp"

namespace {

using namespace chatroom;

std::filesystem::path root;

void write(const char* target, const std::string& name, const std::string& bytes) {
    std::filesystem::create_directories(root / target);
    std::ofstream(root / target / name, std::ios::binary) << bytes;
}

// The steps that the target `frames` reads.
struct steps {
    std::string all;
    steps& operator<<(std::string_view step) {
        all.append(step);
        all.push_back('\xff');
        return *this;
    }
};

void frames() {
    write("frames", "json", (steps() << "Cj" << "Cj"
        << R"(0{"op":"guest","nick":"alice","ref":1})" << R"(1{"op":"guest","nick":"bob"})"
        << R"(0{"op":"join","room":"lobby"})" << R"(1{"op":"join","room":"Lobby","history":5})"
        << R"(0{"op":"post","room":"lobby","text":"hello \u00e9\ud83d\ude00","nonce":"n1"})"
        << R"(1{"op":"post","room":"lobby","text":"hi","reply_to":1,"kind":"emote"})"
        << R"(0{"op":"history","room":"lobby","selector":"around","number":1,"limit":3})"
        << R"(0{"op":"members","room":"lobby"})" << R"(1{"op":"rooms","limit":2})"
        << R"(1{"op":"nick","nick":"robert"})" << R"(0{"op":"leave","room":"lobby"})"
        << R"(1{"op":"logout"})" << "T\x7f").all);
    write("frames", "rooms", (steps() << "Cj" << R"(0{"op":"guest","nick":"alice"})"
        << R"(0{"op":"create","room":"den","title":"A den","topic":"talk","capacity":2})"
        << R"(0{"op":"set","room":"den","property":"topic","value":"more"})"
        << R"(0{"op":"set","room":"den","property":"capacity","value":"1"})"
        << "Hhall" << R"(0{"op":"join","room":"hall"})" << "Khall" << "T\x10"
        << R"(0{"op":"ping","ref":9})").all);
    write("frames", "lines", (steps() << "Cl" << "Cl" << "0/guest alice" << "1/guest bob"
        << "0/join lobby" << "1/join lobby history=3" << "0hello there" << "1//not a command"
        << "0/me waves" << "0/history lobby" << "0/help" << "1/create den title=\"A den\""
        << "1/set den topic more words" << "0/leave lobby" << "0/nick eve").all);
    write("frames", "typed", (steps() << "Ct" << "Cj" << "Y0/guest alice" << "Y1/guest bob"
        << "Y0/join lobby history=3" << "Y1/join lobby" << "Y0hello" << "Y1/me waves" << "Y0//a"
        << "@0" "Y1inside" << "Y0/create den title=\"A den\" capacity=2" << "Y0/set den topic x y"
        << "Y0/nick \"two words\"" << "Y0/dance" << "Y1/history lobby 5" << "Y1/help" << "Y1"
        << "Y1/leave" << "Y1/resume 01010101010101010101010101010101 cursors=1").all);
    write("frames", "binary", (steps() << "Cb"
        << std::string("0\x14\x01\x01\x05" "alice\x00", 11)
        << std::string("0\x1f\x02\x01\x05" "lobby\x00", 11)
        << std::string("0\x28\x03\x01\x05" "lobby\x02\x02" "hi\x00", 15)
        << std::string("0\x29\x04\x01\x05" "lobby\x00", 11)).all);
    write("frames", "resume", (steps() << "Cj" << R"(0{"op":"guest","nick":"alice"})"
        << R"(0{"op":"join","room":"lobby"})" << R"(0{"op":"post","room":"lobby","text":"1"})"
        << "Cj" << "D0" << "Valice2" << "T\x03"
        << R"(1{"op":"resume","token":"01010101010101010101010101010101",)"
           R"("cursors":[{"room":"lobby","after":0}]})"
        << R"(1{"op":"token"})").all);
    write("frames", "paused", (steps() << "Cj" << "Cj0" << "Ct"
        << R"(0{"op":"guest","nick":"alice"})" << R"(1{"op":"guest","nick":"bob"})"
        << R"(0{"op":"join","room":"lobby"})" << R"(1{"op":"join","room":"lobby"})" << "P1"
        << R"(0{"op":"post","room":"lobby","text":"1"})" << "@" "\x01" "P0"
        << R"(0{"op":"post","room":"lobby","text":"2"})" << "U1" << "U0" << "@" "\x02" "D1"
        << R"(0{"op":"post","room":"lobby","text":"3"})" << "T\x01").all);
    write("frames", "inside", (steps() << "Cj" << "Cj" << R"(0{"op":"guest","nick":"alice"})"
        << R"(1{"op":"guest","nick":"bob"})" << R"(0{"op":"join","room":"lobby"})"
        << "@" "\x01" R"(1{"op":"join","room":"lobby"})"
        << "@" "\x01" R"(0{"op":"post","room":"lobby","text":"inside"})" << "@" "\x02" "Hhall"
        << "@" "\x03" "Cj" << R"(0{"op":"post","room":"lobby","text":"outside"})").all);
    write("frames", "pending", (steps() << "Cj" << "L2" << R"(0{"op":"guest","nick":"alice"})"
        << "W" << "W" << R"(0{"op":"join","room":"lobby"})" << "W"
        << R"(0{"op":"post","room":"lobby","text":"1"})" << "A" << "L1"
        << R"(0{"op":"post","room":"lobby","text":"2"})" << "L0" << "D0" << "T\x7f").all);
    write("frames", "damaged", (steps() << "Cj" << "0{" << "0{\"op\":1}" << "0[]"
        << "0{\"op\":\"guest\",\"nick\":\"\\ud800\"}" << "0{\"op\":\"guest\",\"nick\":null}"
        << "0{\"op\":\"post\",\"room\":{\"a\":[1,2,{}]},\"ref\":-1}").all);
}

// Conversations, as their log and their snapshots.
struct recorded {
    engine chat;
    fuzz::counted_entropy random;
    std::string log;
    std::uint64_t now = fuzz::begin_ms;

    recorded() {
        environment all = hosted();
        all.send.fn = [](const recipients&, const event&, std::string_view, void*) {};
        all.log = {[](std::string_view record, std::uint64_t, void* context) {
            static_cast<recorded*>(context)->log.append(record);
            return stored::yes;
        }, this};
        all.entropy = {fuzz::counted_entropy::fill, &random};
        fuzz::must(chat.open(fuzz::small(), all) == error::none, "the engine opens");
        fuzz::must(chat.tick(now) == error::none, "time begins");
    }
    session_id enter(std::string_view nick, std::string_view identity = {}) {
        peer who;
        who.user = identity;
        who.nick = nick;
        if (identity.empty()) who = {};
        const session_id id = chat.connect(who).value;
        if (identity.empty()) (void)chat.submit(id, guest{nick});
        return id;
    }
    void save(const std::string& name) {
        for (int mode : {0, 1, 3, 5}) {
            write("records", name + "_" + std::to_string(mode),
                  std::string(1, static_cast<char>(mode)) + log);
        }
        write("snapshots", name + "_0", std::string(1, '\0') + fuzz::snapshot_of(chat));
        write("snapshots", name + "_1", std::string(1, '\1') + fuzz::snapshot_of(chat));
    }
};

void users() {
    recorded r;
    const session_id alice = r.enter("alice"), bob = r.enter("bob", "bob@game");
    const session_id phone = r.enter("bob", "bob@game");
    (void)r.chat.submit(alice, token{});
    (void)r.chat.submit(alice, nick{"Alicia"});
    (void)r.chat.disconnect(bob);
    (void)r.chat.submit(alice, logout{});
    r.save("users");
    (void)r.chat.disconnect(phone);
    (void)r.chat.tick(r.now += 121000);
    r.save("expired");
}

void messages() {
    recorded r;
    const session_id alice = r.enter("alice"), bob = r.enter("bob");
    (void)r.chat.submit(alice, create{"den", "A den", "quiet", 4});
    (void)r.chat.submit(bob, join{"den"});
    for (int i = 0; i < 12; ++i) {
        const std::string text(static_cast<std::size_t>(i * 16 + 1), 'x');
        const std::string nonce = "n" + std::to_string(i);
        (void)r.chat.submit(i % 2 != 0 ? alice : bob,
                            post{"den", text, i % 3 == 0 ? message_kind::emote : message_kind::text,
                                 static_cast<std::uint64_t>(i / 2),
                                 i % 4 == 0 ? std::string_view(nonce) : std::string_view()});
        (void)r.chat.tick(r.now += 1000);
    }
    r.save("messages");
}

void room_settings() {
    recorded r;
    const session_id alice = r.enter("alice");
    (void)r.chat.submit(host, create{"hall", "The hall", "", 0, true, false});
    (void)r.chat.submit(host, create{"team", "", "", 0, true, true});
    (void)r.chat.submit(alice, join{"hall"});
    (void)r.chat.submit(alice, join{"corner"});
    (void)r.chat.submit(alice, set{"corner", room_property::topic, "cards"});
    (void)r.chat.submit(alice, post{"hall", "anyone?"});
    (void)r.chat.submit(host, configure{"room_messages_max", 5});
    (void)r.chat.submit(host, destroy{"team"});
    (void)r.chat.submit(alice, leave{"corner"});
    r.save("rooms");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: make_corpus <directory>\n");
        return 1;
    }
    root = argv[1];
    frames();
    users();
    messages();
    room_settings();
}
