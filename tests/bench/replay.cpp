// Goal 8: recovering from a log, against a memcpy of it.

#include <cstring>

#include "bench.hpp"

using namespace bench;

namespace {

adding_sink sink;
std::string log_bytes;
std::uint64_t log_records;

chatroom::stored on_log(std::string_view record, std::uint64_t, void*) {
    log_bytes.append(record);
    ++log_records;
    return chatroom::stored::yes;
}

chatroom::config how() {
    chatroom::config c;
    c.limits.users_max = c.limits.sessions_max = 128;
    return c;
}

void write_log() {
    chatroom::environment from_host = hosted_with(chatroom::send_via(sink));
    from_host.log.fn = on_log;
    party people;
    people.open(how(), from_host, 100, chatroom::wire::typed);
    for (int room = 0; room < 10; ++room) people.fill("room" + std::to_string(room), 100);
    for (int i = 0; i < 40000; ++i) {
        const std::string room = "room" + std::to_string(i % 10);
        party::done(people.chat.submit(people.sessions[static_cast<std::size_t>(i) % 100],
                                       chatroom::post{room, text_64}));
    }
}

}  // namespace

int main() {
    write_log();
    chatroom::engine chat;
    std::string copy(log_bytes.size(), 0);
    series t;
    const double records = static_cast<double>(log_records);
    const auto copied = t.add(records, [&] {
        std::memcpy(&copy[0], log_bytes.data(), log_bytes.size());
        keep(copy[0]);
    });
    const auto recovered = t.add(records, [&] {
        const auto come = chat.recover(log_bytes);
        must(come.why == chatroom::error::none && come.value.records == log_records,
             "the log does not recover");
    }, [&] {
        chat.close();
        chatroom::config next = how();
        next.incarnation = 2;
        must(chat.open(next, hosted_with(chatroom::send_via(sink))) == chatroom::error::none,
             "the engine does not open");
    });
    t.measure();
    heading("Replay: goal 8");
    line("memcpy of the log, " + std::to_string(log_bytes.size() / log_records) +
         " bytes a record", t.ns(copied), "ns a record", 0, 0);
    line("recover", t.ns(recovered), "ns a record", t.ratio(recovered, copied), 2.25);
    std::vector<char> image(1 << 22);
    std::size_t size = 0;
    series s;
    const auto hash = s.add(1, [&] { keep(chat.digest()); });
    const auto snapshot = s.add(1, [&] {
        const auto written = chat.snapshot(image.data(), image.size());
        must(written.why == chatroom::error::none, "no snapshot");
        size = written.value;
    });
    s.measure();
    const double kib = static_cast<double>(size) / 1024;
    line("digest, each KiB of the state", s.ns(hash) / kib, "ns", 0, 0);
    line("snapshot, each KiB", s.ns(snapshot) / kib, "ns", 0, 0);
}
