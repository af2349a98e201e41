// Goals 1 and 3: what a post into a large room costs, against a bare loop of indirect calls, the
// textbook and Boost.Signals2; and whether the engine's own cost depends on the recipients.

#include <map>
#include <set>

#include "bench.hpp"

#if __has_include(<boost/signals2.hpp>)
#define BENCH_SIGNALS2
#define BOOST_BIND_GLOBAL_PLACEHOLDERS
#include <boost/signals2.hpp>
#endif

using namespace bench;

namespace {

// The sink of one recipient: the same for all who are compared.
using sink_fn = void (*)(std::uint32_t id, std::uint64_t tag, const char* frame, std::size_t size,
                         void* context);

[[gnu::noinline]] void add(std::uint32_t id, std::uint64_t tag, const char* frame,
                           std::size_t size, void* context) {
    *static_cast<std::uint64_t*>(context) += id + tag + size + (frame == nullptr);
}

sink_fn volatile chosen_sink = add;

struct target {
    std::uint32_t id;
    std::uint64_t tag;
};

// RAW: the limit for a call per recipient.
[[gnu::noinline]] void raw(const target* all, std::size_t n, std::string_view frame, sink_fn sink,
                           void* context) {
    for (std::size_t i = 0; i < n; ++i) {
        sink(all[i].id, all[i].tag, frame.data(), frame.size(), context);
    }
}

enum class host_kind { calls, adds, counts };
host_kind kind = host_kind::calls;
std::uint64_t sum;

// The host's side, by the case at hand.
void on_send(const chatroom::recipients& to, const chatroom::event&, std::string_view frame,
             void*) {
    if (kind == host_kind::counts) {
        sum += to.size() + frame.size();
        return;
    }
    if (kind == host_kind::adds) {
        std::uint64_t all = 0;
        for (const chatroom::recipient& each : to) all += each.id + each.tag + frame.size();
        sum += all;
        return;
    }
    const sink_fn sink = chosen_sink;
    for (const chatroom::recipient& each : to) {
        sink(each.id, each.tag, frame.data(), frame.size(), &sum);
    }
}

struct textbook {
    std::map<std::string, std::set<std::uint32_t>> rooms;
    [[gnu::noinline]] void post(const std::string& room, const std::string& line, sink_fn sink) {
        for (const std::uint32_t id : rooms[room]) {
            const std::string copy = line;
            sink(id, id, copy.data(), copy.size(), &sum);
        }
    }
};

constexpr std::uint32_t sizes[] = {10, 100, 1000, 10000};

std::string room_of(std::uint32_t n) { return "r" + std::to_string(n); }

struct world {
    party people;
    std::vector<target> targets;
    textbook book;
    std::string line = std::string(139, 'x');   // As long as the frame of the post.
#ifdef BENCH_SIGNALS2
    std::map<std::uint32_t, boost::signals2::signal<void(const std::string&)>> signals;
#endif

    world() {
        people.open(party::sized(10000, 12000), hosted_with({on_send, nullptr}), 10000);
        for (std::uint32_t n : sizes) {
            people.fill(room_of(n), n);
            for (std::uint32_t i = 0; i < n; ++i) book.rooms[room_of(n)].insert(i);
        }
        for (std::uint32_t i = 0; i < 10000; ++i) targets.push_back({people.sessions[i], i});
#ifdef BENCH_SIGNALS2
        for (std::uint32_t n : sizes) {
            for (std::uint32_t i = 0; i < n; ++i) {
                signals[n].connect([i](const std::string& said) {
                    chosen_sink(i, i, said.data(), said.size(), &sum);
                });
            }
        }
#endif
    }

    void post(std::uint32_t n, host_kind as) {
        kind = as;
        const std::string room = room_of(n);
        party::done(people.chat.submit(people.sessions[0], chatroom::post{room, text_64}));
    }
};

void compare(world& w, std::uint32_t n) {
    series t;
    const auto by_raw = t.add(n, [&] { raw(w.targets.data(), n, w.line, chosen_sink, &sum); });
    const auto calls = t.add(n, [&] { w.post(n, host_kind::calls); });
    const auto adds = t.add(n, [&] { w.post(n, host_kind::adds); });
    const auto book = t.add(n, [&] { w.book.post(room_of(n), w.line, chosen_sink); });
#ifdef BENCH_SIGNALS2
    const auto signals = t.add(n, [&] { w.signals[n](w.line); });
#endif
    t.measure();
    const double goal = n == 10000 ? 1.25 : n == 1000 ? 1.35 : 0;
    const std::string into = ", room of " + std::to_string(n);
    line("RAW" + into, t.ns(by_raw), "ns each", 0, 0);
    line("post, host calls a sink for each" + into, t.ns(calls), "ns each",
         t.ratio(calls, by_raw), goal);
    line("post, host adds in its own loop" + into, t.ns(adds), "ns each", t.ratio(adds, by_raw),
         goal);
    const double peers = n == 10000 ? 6 : 0;
    line("map of sets and a copy, above post" + into, t.ns(book), "ns each", t.ratio(book, calls),
         peers, true);
#ifdef BENCH_SIGNALS2
    line("Boost.Signals2, above post" + into, t.ns(signals), "ns each", t.ratio(signals, calls),
         peers, true);
#endif
}

void batch(world& w) {
    series t;
    std::vector<std::size_t> by;
    for (std::uint32_t n : sizes) by.push_back(t.add(1, [&w, n] { w.post(n, host_kind::counts); }));
    t.measure();
    line("post, callee O(1), room of 10", t.ns(by[0]), "ns", 0, 0);
    for (std::size_t i = 1; i < by.size(); ++i) {
        line("post, callee O(1), room of " + std::to_string(sizes[i]) + ", to room of 10",
             t.ns(by[i]), "ns", t.ratio(by[i], by[0]), 1.05);
    }
}

}  // namespace

int main() {
    world w;
    heading("Fan-out: goals 1 and 3");
    for (std::uint32_t n : sizes) compare(w, n);
    heading("Fan-out: the engine's own cost, goal 1");
    batch(w);
    keep(sum);
}
