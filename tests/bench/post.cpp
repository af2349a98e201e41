// Goal 2: the fixed cost of a post, for one who is alone in the room: against PASS of its 64
// bytes, with and without a log, typed and as a JSON frame.
//
//     post <posts> <members> <logged>     does so many and ends: for callgrind, see post_ir.py

#include "bench.hpp"

using namespace bench;

namespace {

adding_sink sink;

chatroom::stored on_log(std::string_view record, std::uint64_t, void*) {
    sink.sum += record.size() + static_cast<unsigned char>(record[record.size() - 1]);
    return chatroom::stored::yes;
}

void no_send(const chatroom::recipients& to, const chatroom::event&, std::string_view frame,
             void*) {
    sink(to, frame);
}

struct room_of_some {
    party people;
    chatroom::session_id author{};

    room_of_some(std::uint32_t members, bool logged, chatroom::wire wire) {
        chatroom::environment from_host = hosted_with({no_send, nullptr});
        if (logged) from_host.log.fn = on_log;
        people.open(party::sized(members, members + 16), from_host, members, wire);
        people.fill("lobby", members);
        author = people.sessions[0];
    }
    void post() {
        party::done(people.chat.submit(author, chatroom::post{"lobby", text_64}));
    }
    void receive(std::string_view frame) { people.chat.receive(author, frame); }
};

int count_only(int posts, int members, bool logged) {
    room_of_some some(static_cast<std::uint32_t>(members), logged, chatroom::wire::json);
    for (int i = 0; i < posts; ++i) some.post();
    keep(sink.sum);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4) return count_only(std::atoi(argv[1]), std::atoi(argv[2]), argv[3][0] == '1');
    room_of_some typed(1, false, chatroom::wire::typed), json(1, false, chatroom::wire::json);
    room_of_some logged(1, true, chatroom::wire::json);
    const pass copy;
    char out[256];
    const std::string frame =
        R"({"op":"post","room":"lobby","text":")" + std::string(text_64) + "\"}";
    series t;
    const auto reference = t.add(1, [&] { copy(text_64, out); });
    const auto by_typed = t.add(1, [&] { typed.post(); });
    const auto by_json = t.add(1, [&] { json.post(); });
    const auto by_log = t.add(1, [&] { logged.post(); });
    const auto by_frame = t.add(1, [&] { json.receive(frame); });
    const auto by_tick = t.add(1, [&] { json.people.chat.tick(1700000000000u); });
    t.measure();
    heading("A post at N=1: goal 2; ratios to PASS of 64 bytes");
    line("PASS", t.ns(reference), "ns", 0, 0);
    line("submit(post), typed session", t.ns(by_typed), "ns", t.ratio(by_typed, reference), 0);
    line("submit(post), JSON session", t.ns(by_json), "ns", t.ratio(by_json, reference), 3);
    line("submit(post), JSON session, with a log", t.ns(by_log), "ns", t.ratio(by_log, reference),
         0);
    line("receive(post) and its reply, JSON session", t.ns(by_frame), "ns",
         t.ratio(by_frame, reference), 0);
    line("tick with nothing due", t.ns(by_tick), "ns", t.ratio(by_tick, reference), 0);
    keep(sink.sum);
}
