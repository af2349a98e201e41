#include "core.hpp"

namespace chatroom {

static constexpr stat stat_rows[] = {
    {"commands_accepted", "commands", stat_kind::counter,
     "Commands and reads that were done.", offsetof(statistics, commands_accepted)},
    {"commands_refused", "commands", stat_kind::counter,
     "Commands, reads and frames that were refused.", offsetof(statistics, commands_refused)},
    {"frames_unreadable", "frames", stat_kind::counter,
     "Frames that could not be understood.", offsetof(statistics, frames_unreadable)},
    {"records_written", "records", stat_kind::counter,
     "Records given to the log.", offsetof(statistics, records_written)},
    {"records_applied", "records", stat_kind::counter,
     "Records applied, from here and elsewhere.", offsetof(statistics, records_applied)},
    {"sends", "calls", stat_kind::counter,
     "Calls of the send callback.", offsetof(statistics, sends)},
    {"deliveries", "frames", stat_kind::counter,
     "Frames times their recipients.", offsetof(statistics, deliveries)},
    {"deliveries_caught_up", "frames", stat_kind::counter,
     "Messages told to those who had fallen behind.", offsetof(statistics, deliveries_caught_up)},
    {"transients_dropped", "frames", stat_kind::counter,
     "Notices that were not told because of load.", offsetof(statistics, transients_dropped)},
    {"gaps", "gaps", stat_kind::counter,
     "Gaps told, times their recipients.", offsetof(statistics, gaps)},
    {"messages_posted", "messages", stat_kind::counter,
     "Messages that got a number.", offsetof(statistics, messages_posted)},
    {"messages_evicted", "messages", stat_kind::counter,
     "Oldest messages that made way.", offsetof(statistics, messages_evicted)},
    {"sessions", "sessions", stat_kind::gauge,
     "Connected sessions.", offsetof(statistics, sessions)},
    {"sessions_paused", "sessions", stat_kind::gauge,
     "Sessions that are paused.", offsetof(statistics, sessions_paused)},
    {"users", "users", stat_kind::gauge,
     "Users, also those that may resume.", offsetof(statistics, users)},
    {"rooms", "rooms", stat_kind::gauge,
     "Rooms.", offsetof(statistics, rooms)},
    {"members", "memberships", stat_kind::gauge,
     "Memberships of all rooms.", offsetof(statistics, members)},
    {"history_pages", "pages", stat_kind::gauge,
     "Pages of history used.", offsetof(statistics, history_pages)},
    {"queue_bytes", "bytes", stat_kind::gauge,
     "Bytes of calls from inside callbacks that wait.", offsetof(statistics, queue_bytes)},
    {"records_pending", "records", stat_kind::gauge,
     "Records that wait for their commit.", offsetof(statistics, records_pending)},
};

static_assert(sizeof stat_rows / sizeof *stat_rows == sizeof(statistics) / sizeof(std::uint64_t),
              "every member of statistics has its row");

list<stat> stats_table() noexcept {
    static constexpr list<stat> all{stat_rows, sizeof stat_rows / sizeof *stat_rows};
    return all;
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
