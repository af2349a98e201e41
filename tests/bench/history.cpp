// Goal 5: appending a message against a memcpy of its slot, and reading the last 50 against
// reading slots in sequence.

#include <cstring>

#include "bench.hpp"
#include "unwatched.hpp"

using namespace bench;
using namespace chatroom::detail;

namespace {

constexpr u32 kept = 1024;

struct slot {
    u64 number, time, user;
    char text[64];
};

struct rooms_state {
    state in{chatroom::config{}};
    std::vector<u64> memory;
    u32 room = 0;
    chatroom::post said{"lobby", text_64};
    message_facts known;

    rooms_state() {
        known.user = 7;
        known.nick = "alice";
        known.time = 1700000000000u;
        arena counted;
        in.claim(counted);
        memory.resize(counted.used / 8 + 8);
        arena real{reinterpret_cast<char*>(memory.data()), 0};
        in.claim(real);
        in.clear();
        in.watch = &nobody;
        in.key = random_key();
        in.rules.room_messages_max = kept;
        room = in.add_room("lobby", 0);
    }
    void append(std::string_view nonce) {
        said.nonce = nonce;
        in.messages.append(room, said, known, in.rules);
    }
};

[[gnu::noinline]] void store(slot* ring, u64 number, std::string_view text) {
    slot& to = ring[number % kept];
    std::memcpy(to.text, text.data(), sizeof to.text);
}

[[gnu::noinline]] void read_slots(const slot* ring, u64 last, chatroom::message* out) {
    for (u64 i = 0; i < 50; ++i) {
        const slot& from = ring[(last - 50 + i) % kept];
        chatroom::message& to = out[i] = chatroom::message{};
        to.number = from.number;
        to.time = from.time;
        to.user = from.user;
        to.text = {from.text, sizeof from.text};
    }
}

void append() {
    rooms_state plain, with_nonce;
    std::vector<slot> ring(kept);
    u64 number = 0;
    u64 nonces = 0;
    series t;
    const auto copied = t.add(1, [&] { store(ring.data(), number++, text_64); });
    const auto appended = t.add(1, [&] { plain.append({}); });
    const auto nonced = t.add(1, [&] {
        char nonce[16];
        std::memcpy(nonce, &++nonces, 8);
        std::memcpy(nonce + 8, &nonces, 8);
        with_nonce.append({nonce, sizeof nonce});
    });
    t.measure();
    keep(ring[0].text[0]);
    line("memcpy of a slot of 64 bytes", t.ns(copied), "ns", 0, 0);
    line("append, 64 bytes, room full", t.ns(appended), "ns", t.ratio(appended, copied), 4);
    line("append with a nonce of 16 bytes", t.ns(nonced), "ns", t.ratio(nonced, copied), 0);
}

void read() {
    adding_sink sink;
    party people;
    people.open(party::sized(4, 16), hosted_with(chatroom::send_via(sink)), 1,
                chatroom::wire::typed);
    people.fill("lobby", 1);
    for (u32 i = 0; i < 2000; ++i) {
        party::done(people.chat.submit(people.sessions[0], chatroom::post{"lobby", text_64}));
    }
    std::vector<slot> ring(kept);
    std::vector<chatroom::message> out(50);
    chatroom::history latest{"lobby"};
    chatroom::history middle{"lobby", chatroom::selector::before, 1500};
    series t;
    const auto slots = t.add(50, [&] { read_slots(ring.data(), 2000, out.data()); });
    const auto last = t.add(50, [&] {
        keep(people.chat.history(people.sessions[0], latest, out.data(), 50));
    });
    const auto before = t.add(50, [&] {
        keep(people.chat.history(people.sessions[0], middle, out.data(), 50));
    });
    t.measure();
    line("50 slots in sequence", t.ns(slots), "ns a message", 0, 0);
    line("history, the last 50", t.ns(last), "ns a message", t.ratio(last, slots), 1.5);
    line("history, 50 in the middle", t.ns(before), "ns a message", t.ratio(before, slots), 0);
}

}  // namespace

int main() {
    heading("History: goal 5");
    append();
    read();
}
