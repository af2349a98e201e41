#pragma once

#include <cstddef>
#include <cstdint>

namespace chatroom {

/// How much an engine can hold. Sizes its tables; `footprint` tells the sum.
///
/// Every limit is finite. Nodes that share a log must agree on those marked *shared*, since a
/// command is refused by them: the log begins with them, and `commit` answers `limit_too_small`
/// on a node that holds less.
struct limits {
    std::uint32_t sessions_max = 256;           ///< Connections of this node, 1 to 1,000,000.
    std::uint32_t users_max = 512;              ///< *Shared.* Users, guests waiting to resume too.
    std::uint32_t sessions_per_user_max = 4;    ///< *Shared.* 1 to 16; as many resume tokens.
    std::uint32_t rooms_max = 64;               ///< *Shared.* Rooms.
    std::uint32_t members_max = 4096;           ///< *Shared.* Memberships of all rooms together.
    std::uint32_t rooms_per_user_max = 32;      ///< *Shared.* 1 to 256.
    std::uint32_t nodes_max = 8;                ///< *Shared.* Engines that write to one log.

    std::uint32_t history_pages_max = 768;      ///< *Shared.* Pages of messages, for all rooms.
    std::uint32_t page_bytes = 4096;            ///< *Shared.* 256 to 16,384, a multiple of 8.

    std::uint32_t page_messages_max = 64;       ///< *Shared.* Messages of one page, 1 to 255.

    std::uint32_t nick_bytes_max = 32;          ///< *Shared.* 1 to 64 bytes of UTF-8.
    std::uint32_t identity_bytes_max = 64;      ///< *Shared.* 0 to 64 opaque bytes.
    std::uint32_t room_name_bytes_max = 32;     ///< *Shared.* 1 to 64 bytes of UTF-8.
    std::uint32_t title_bytes_max = 64;         ///< *Shared.* 0 to 256 bytes of UTF-8.
    std::uint32_t topic_bytes_max = 256;        ///< *Shared.* 0 to 1,024 bytes of UTF-8.
    std::uint32_t message_bytes_max = 2000;     ///< *Shared.* Bytes of UTF-8; must fit a page.
    std::uint32_t nonce_bytes_max = 32;         ///< *Shared.* 0 (no nonces) to 64 bytes.

    std::uint32_t frame_bytes_max = 8192;       ///< One frame, in or out; at least 512.
    std::uint32_t page_items_max = 50;          ///< Items of one page of a list, 1 to 1,000.
    std::uint32_t queue_bytes = 16384;          ///< For calls made inside callbacks.
    std::uint32_t records_pending_max = 64;     ///< Records that wait for `commit`.
};

/// The rules of the service. Shared state: these are the first values; the command `configure`
/// changes one while the engine runs.
struct policies {
    std::uint32_t rooms_by_host_only = 0;       ///< 1: only the host creates rooms.
    std::uint32_t create_on_join = 1;           ///< 1: joining a room that is not there makes it.
    std::uint32_t names_shown = 0;              ///< 1: users that the host names may share a nick.
    std::uint32_t resume_window_ms = 120000;    ///< How long a user without session is kept.
    std::uint32_t room_capacity = 1000;         ///< Members of a room that names no capacity.
    std::uint32_t room_messages_max = 1000;     ///< Messages a room keeps at the most.
    std::uint32_t room_pages_reserved = 2;      ///< Pages a room can always have, at least 1.
    std::uint32_t room_pages_max = 256;         ///< Pages a room can have at the most.
    std::uint32_t presence_members_max = 100;   ///< Above: comings and goings are only counted.
    std::uint32_t advance_ms = 250;             ///< At most one `advance` record in this time.
    std::uint32_t effects_per_record_max = 256; ///< What one record does at the most.
    std::uint32_t clock_ahead_max_ms = 86400000;///< How far a record may lead the shared time.
};

/// How this node goes about its work. Never part of what nodes share.
struct budgets {
    std::uint32_t deliveries_per_call = 16384;  ///< Recipients served by a call, at least 1.
    std::uint32_t queued_per_call = 64;         ///< Calls from callbacks run per call, at least 1.
    std::uint32_t presence_ms = 1000;           ///< How often counts of large rooms are told.
    std::uint32_t bad_frames_max = 32;          ///< Unreadable frames before a session ends.
    std::uint32_t clock_leap_max_ms = 86400000; ///< A longer leap of `tick` wants to be confirmed.
};

/// All that an engine is told when it is opened.
struct config {
    chatroom::limits limits{};
    chatroom::policies policies{};
    chatroom::budgets budgets{};
    std::uint32_t node = 1;         ///< Which of the engines on one log this is; 1 to 65,535.
    std::uint32_t incarnation = 1;  ///< Strictly rising over the starts of this node.

    /// For a game's own server: 256 sessions, 64 rooms, 10,000 messages, at most 8 MiB.
    static constexpr config game() noexcept { return {}; }

    /// For a microcontroller: 8 users, 4 rooms, 32 messages of 128 bytes.
    static constexpr config firmware() noexcept;

    /// For a backend: 100,000 users, 10,000 rooms.
    static constexpr config server() noexcept;
};

/// Names the member of a configuration that `open` refuses; null when all is well.
const char* config_fault(const config& how) noexcept;

constexpr config config::firmware() noexcept {
    config c;
    c.limits = {8, 8, 1, 4, 32, 4, 1, 8, 720, 4, 16, 0, 16, 0, 0, 128, 0, 512, 4, 512, 4};
    c.policies.room_capacity = 8;
    c.policies.room_messages_max = 32;
    c.policies.room_pages_reserved = 1;
    c.policies.room_pages_max = 8;
    c.policies.effects_per_record_max = 16;
    return c;
}

constexpr config config::server() noexcept {
    config c;
    c.limits.sessions_max = 100000;
    c.limits.users_max = 100000;
    c.limits.rooms_max = 10000;
    c.limits.members_max = 1000000;
    c.limits.rooms_per_user_max = 100;
    c.limits.nodes_max = 64;
    c.limits.history_pages_max = 65536;
    c.limits.queue_bytes = 1048576;
    c.limits.records_pending_max = 4096;
    c.policies.room_capacity = 10000;
    c.policies.room_pages_max = 1024;
    return c;
}

}  // namespace chatroom
