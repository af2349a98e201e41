#pragma once

// How the benchmarks measure. All cases of a table run interleaved in one process: each round
// runs every case once, on the CPU clock of the thread, so that neither a neighbour nor a change
// of frequency falls on one case alone. A ratio is taken within a round; the median counts.
// Absolute times are of this machine; ratios are what the goals speak of.

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <time.h>
#include <utility>
#include <vector>

#include "engine.hpp"

namespace bench {

/// CPU time of this thread, in nanoseconds.
inline double cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Keeps a value from being optimised away.
template <typename T>
void keep(const T& value) {
    __asm__ volatile("" : : "r,m"(value) : "memory");
}

inline double median(std::vector<double> of) {
    std::sort(of.begin(), of.end());
    return of.empty() ? 0 : of[of.size() / 2];
}

/// What is measured together, and what came out.
class series {
public:
    static constexpr int rounds = 9;
    static constexpr double turn_ns = 2e6;   ///< One turn of a case takes at least so long.

    /// Adds a case that does `operations` at each call, after `prepare` that is not counted.
    std::size_t add(double operations, std::function<void()> run,
                    std::function<void()> prepare = {}) {
        cases_.push_back({operations, std::move(run), std::move(prepare), 1, {}});
        return cases_.size() - 1;
    }

    void measure() {
        for (one& each : cases_) calibrate(each);
        for (int round = 0; round < rounds; ++round) {
            for (one& each : cases_) each.ns.push_back(turn(each));
        }
    }

    /// Nanoseconds of one operation.
    double ns(std::size_t of) const { return median(cases_[of].ns); }

    /// How many times as long as another an operation takes.
    double ratio(std::size_t of, std::size_t to) const {
        std::vector<double> each;
        for (int round = 0; round < rounds; ++round) {
            each.push_back(cases_[of].ns[static_cast<std::size_t>(round)] /
                           cases_[to].ns[static_cast<std::size_t>(round)]);
        }
        return median(each);
    }

private:
    struct one {
        double operations;
        std::function<void()> run;
        std::function<void()> prepare;
        int calls;
        std::vector<double> ns;
    };

    static double turn(one& of) {
        double spent = 0;
        if (of.prepare) {
            for (int i = 0; i < of.calls; ++i) {
                of.prepare();
                const double from = cpu_ns();
                of.run();
                spent += cpu_ns() - from;
            }
        } else {
            const double from = cpu_ns();
            for (int i = 0; i < of.calls; ++i) of.run();
            spent = cpu_ns() - from;
        }
        return spent / (of.operations * of.calls);
    }

    static void calibrate(one& of) {
        turn(of);   // Caches and branch predictors are warm from here on.
        while (turn(of) * of.operations * of.calls < turn_ns && of.calls < 1 << 24) of.calls *= 2;
    }

    std::vector<one> cases_;
};

inline void heading(const char* title) {
    std::printf("\n%-58s %14s %9s %9s\n", title, "figure", "ratio", "goal");
}

/// One line: what, its figure, a ratio to a reference, the goal of the ratio. Without a ratio the
/// goal is of the figure; a goal of 0 is none.
inline void line(const std::string& what, double figure, const char* unit, double ratio,
                 double goal, bool at_least = false) {
    char shown[64], compared[32] = "", wanted[32] = "";
    std::snprintf(shown, sizeof shown, figure < 100 ? "%.2f %s" : "%.0f %s", figure, unit);
    if (ratio != 0) std::snprintf(compared, sizeof compared, "%.2f", ratio);
    if (goal != 0) std::snprintf(wanted, sizeof wanted, "%s%.6g", at_least ? ">=" : "<=", goal);
    const double judged = ratio != 0 ? ratio : figure;
    const bool good = at_least ? judged >= goal : judged <= goal;
    const char* const missed = at_least ? "below goal" : "above goal";
    const char* const verdict = goal == 0 ? "" : good ? "ok" : missed;
    std::printf("%-58s %14s %9s %9s  %s\n", what.c_str(), shown, compared, wanted, verdict);
    std::fflush(stdout);
}

/// Ends the program where the measurement would be of something else.
inline void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "bench: %s\n", what);
    std::exit(2);
}

/// The reference for work that looks at every byte: a copy through a table, not inlined.
class pass {
public:
    pass() {
        for (int i = 0; i < 256; ++i) {
            to_[i] = static_cast<char>(i >= 'A' && i <= 'Z' ? i + 32 : i);
        }
    }
    [[gnu::noinline]] void operator()(std::string_view from, char* out) const {
        for (std::size_t i = 0; i < from.size(); ++i) {
            out[i] = to_[static_cast<unsigned char>(from[i])];
        }
        keep(out);
    }

private:
    char to_[256];
};

/// What `send` does in a benchmark: adds up, so that every recipient is looked at.
struct adding_sink {
    std::uint64_t sum = 0;
    void operator()(const chatroom::recipients& to, std::string_view frame) {
        std::uint64_t all = 0;
        for (const chatroom::recipient& each : to) all += each.id + each.tag + frame.size();
        sum += all;
    }
};

/// An engine whose rooms hold their members: room r<n> has the first n of the users.
class party {
public:
    chatroom::engine chat;
    std::vector<chatroom::session_id> sessions;

    /// Every limit that people need, on top of what `how` says.
    static chatroom::config sized(std::uint32_t people, std::uint32_t memberships) {
        chatroom::config how;
        how.limits.sessions_max = how.limits.users_max = people;
        how.limits.sessions_per_user_max = 1;
        how.limits.members_max = memberships;
        how.limits.rooms_max = 16;
        how.policies.room_capacity = people;
        how.budgets.deliveries_per_call = 1u << 30;
        return how;
    }

    void open(const chatroom::config& how, const chatroom::environment& from_host,
              std::uint32_t people, chatroom::wire wire = chatroom::wire::json) {
        must(chat.open(how, from_host) == chatroom::error::none, "the engine does not open");
        must(chat.tick(1700000000000u) == chatroom::error::none, "no time");
        for (std::uint32_t i = 0; i < people; ++i) {
            chatroom::peer who;
            who.tag = i;
            who.wire = wire;
            sessions.push_back(chat.connect(who).value);
            const std::string nick = "user" + std::to_string(i);
            done(chat.submit(sessions.back(), chatroom::guest{nick}));
        }
    }

    void fill(const std::string& room, std::uint32_t people) {
        for (std::uint32_t i = 0; i < people; ++i) {
            done(chat.submit(sessions[i], chatroom::join{room}));
        }
    }

    static void done(const chatroom::result<chatroom::outcome>& of) {
        must(of.why == chatroom::error::none, chatroom::error_text(of.why));
    }
};

inline chatroom::environment hosted_with(chatroom::sender send) {
    chatroom::environment from_host = chatroom::hosted();
    from_host.send = send;
    return from_host;
}

/// 64 bytes, as chat has them.
constexpr std::string_view text_64 =
    "the quick brown fox jumps over the lazy dog, and then once more!";
static_assert(text_64.size() == 64, "");

}  // namespace bench
