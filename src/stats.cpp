#include "core.hpp"

namespace chatroom {

static constexpr stat counter(const char* name, const char* unit, std::size_t offset,
                              const char* help) noexcept {
    return {name, unit, stat_kind::counter, help, offset};
}

static constexpr stat gauge(const char* name, const char* unit, std::size_t offset,
                            const char* help) noexcept {
    return {name, unit, stat_kind::gauge, help, offset};
}

static constexpr stat stat_rows[] = {
    counter("commands_accepted", "commands", offsetof(statistics, commands_accepted),
            "Commands and reads that were done."),
    counter("commands_refused", "commands", offsetof(statistics, commands_refused),
            "Commands, reads and frames that were refused."),
    counter("frames_unreadable", "frames", offsetof(statistics, frames_unreadable),
            "Frames that could not be understood."),
    counter("records_written", "records", offsetof(statistics, records_written),
            "Records given to the log."),
    counter("records_applied", "records", offsetof(statistics, records_applied),
            "Records applied, from here and elsewhere."),
    counter("sends", "calls", offsetof(statistics, sends), "Calls of the send callback."),
    counter("deliveries", "frames", offsetof(statistics, deliveries),
            "Frames times their recipients."),
    counter("deliveries_caught_up", "frames", offsetof(statistics, deliveries_caught_up),
            "Messages told to sessions that had fallen behind."),
    counter("transients_dropped", "frames", offsetof(statistics, transients_dropped),
            "Notices that were not told because of load."),
    counter("gaps", "gaps", offsetof(statistics, gaps), "Gaps told, times their recipients."),
    counter("messages_posted", "messages", offsetof(statistics, messages_posted),
            "Messages that got a number."),
    counter("messages_evicted", "messages", offsetof(statistics, messages_evicted),
            "Oldest messages that made way."),
    gauge("sessions", "sessions", offsetof(statistics, sessions), "Connected sessions."),
    gauge("sessions_paused", "sessions", offsetof(statistics, sessions_paused),
          "Sessions that are paused."),
    gauge("users", "users", offsetof(statistics, users), "Users, also those that may resume."),
    gauge("rooms", "rooms", offsetof(statistics, rooms), "Rooms."),
    gauge("members", "memberships", offsetof(statistics, members), "Memberships of all rooms."),
    gauge("history_pages", "pages", offsetof(statistics, history_pages), "Pages of history used."),
    gauge("queue_bytes", "bytes", offsetof(statistics, queue_bytes),
          "Bytes of calls from inside callbacks that wait."),
    gauge("records_pending", "records", offsetof(statistics, records_pending),
          "Records that wait for their commit."),
};

static_assert(sizeof stat_rows / sizeof *stat_rows == sizeof(statistics) / sizeof(std::uint64_t),
              "every member of statistics has its row");

list<stat> stats_table() noexcept {
    return {stat_rows, sizeof stat_rows / sizeof *stat_rows};
}

statistics engine::stats() const noexcept {
    if (core_ == nullptr) return {};
    const detail::core& c = *core_;
    statistics now = c.count;
    now.messages_evicted = c.in.messages.evicted;
    now.users = c.in.users.count;
    now.rooms = c.in.rooms.count;
    now.members = c.in.memberships.count;
    now.history_pages = c.in.messages.in_use;
    now.queue_bytes = c.queue.used();
    now.records_pending = c.waiting_count;
    return now;
}

}  // namespace chatroom
