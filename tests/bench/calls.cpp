// Goal 10: no call stalls a frame. The longest single call at default settings, with an adding
// sink: for each kind of call the median over many, of these the longest; and the longest that
// was ever seen, which holds what the machine did besides.

#include "bench.hpp"

using namespace bench;

namespace {

adding_sink sink;

constexpr double goal_us = 100;
constexpr int times = 101;

struct timed {
    std::vector<double> all;
    void operator()(const std::function<void()>& call) {
        const double from = cpu_ns();
        call();
        all.push_back((cpu_ns() - from) / 1000);
    }
};

double longest;

void tell(const char* what, const timed& of) {
    const double usual = median(of.all);
    longest = std::max(longest, usual);
    std::printf("%-58s %11.2f us   max %.1f\n", what, usual,
                *std::max_element(of.all.begin(), of.all.end()));
}

// A room with everybody in it, in the default configuration or that of a server.
struct full_room {
    party people;
    explicit full_room(const chatroom::config& how) {
        const std::uint32_t n = std::min(how.limits.sessions_max, how.policies.room_capacity);
        people.open(how, hosted_with(chatroom::send_via(sink)), n);
        people.fill("lobby", n);
        drain();
        for (int i = 0; i < 1000; ++i) {
            party::done(people.chat.submit(people.sessions[0], chatroom::post{"lobby", text_64}));
            drain();
        }
    }
    void drain() {
        for (int i = 0; i < 1000 && people.chat.next_tick() == 0; ++i) tick(0);
    }
    void tick(std::uint64_t by) {
        must(people.chat.tick(now += by) == chatroom::error::none, "tick");
    }
    std::uint64_t now = 1700000000000u;
};

void measure(const char* title, const chatroom::config& how) {
    full_room room(how);
    chatroom::engine& chat = room.people.chat;
    const auto& all = room.people.sessions;
    const auto frame = R"({"op":"post","room":"lobby","text":"hello"})";
    timed post, sliced, join, leave, unpause, catching, page, disconnect, connect, members, busy;
    heading(title);
    for (int i = 0; i < times; ++i) {
        post([&] { chat.receive(all[1], frame); });
        while (chat.next_tick() == 0) sliced([&] { room.tick(0); });
    }
    for (int i = 0; i < times; ++i) {
        leave([&] { party::done(chat.submit(all[2], chatroom::leave{"lobby"})); });
        room.drain();
        join([&] { party::done(chat.submit(all[2], chatroom::join{"lobby", 1000})); });
        room.drain();
        members([&] { chat.receive(all[3], R"({"op":"members","room":"lobby"})"); });
        page([&] { chat.receive(all[3], R"({"op":"history","room":"lobby"})"); });
    }
    for (int i = 0; i < times; ++i) {
        chat.pause(all[4]);
        for (int j = 0; j < 300; ++j) {
            party::done(chat.submit(all[5], chatroom::post{"lobby", text_64}));
            room.drain();
        }
        unpause([&] { chat.unpause(all[4]); });
        while (chat.next_tick() == 0) catching([&] { room.tick(0); });
    }
    chatroom::session_id last = all[6];
    for (int i = 0; i < times; ++i) {
        disconnect([&] { chat.disconnect(last); });
        room.drain();
        connect([&] { last = chat.connect().value; });
    }
    // Everybody leaves at once, and goes when the window to resume is over.
    for (const chatroom::session_id each : all) {
        if (chat.disconnect(each) == chatroom::error::none) room.drain();
    }
    room.now += how.policies.resume_window_ms;
    for (int i = 0; i < times; ++i) busy([&] { room.tick(250); });
    tell("receive(post), everybody in the room", post);
    if (!sliced.all.empty()) tell("tick that goes on with a post", sliced);
    tell("join with 1,000 messages", join);
    tell("leave", leave);
    tell("a page of members", members);
    tell("a page of history", page);
    tell("unpause after 300 messages", unpause);
    if (!catching.all.empty()) tell("tick that goes on with catching up", catching);
    tell("disconnect", disconnect);
    tell("connect", connect);
    tell("tick while guests expire, 256 a record", busy);
    line("the longest of these", longest, "us", 0, goal_us);
    longest = 0;
}

}  // namespace

int main() {
    measure("The longest call, config::game(): goal 10", chatroom::config::game());
    chatroom::config server = chatroom::config::server();
    server.limits.sessions_max = 10000;
    measure("The longest call, config::server(), room of 10,000", server);
    keep(sink.sum);
}
