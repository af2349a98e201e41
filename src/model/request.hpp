#pragma once

#include "../base/platform.hpp"
#include "command.hpp"
#include "config.hpp"
#include "described.hpp"

namespace chatroom::detail {

/// The version of what check and apply answer. Raised when an old record would be answered
/// differently; it stands in every log and snapshot.
constexpr u32 behaviour_version = 1;

/// The first record of every incarnation: with what rules it runs.
struct boot {
    static constexpr command_type type = command_type::boot;
    chatroom::limits limits{};
    chatroom::policies policies{};     ///< Count in the first record of a log alone.
    std::string_view features{};
    u32 behaviour = behaviour_version;
};

/// Whether a limit, by its place among the limits, is one node's own and need not be shared.
constexpr bool is_node_local(std::size_t offset) noexcept {
    return offset == offsetof(limits, sessions_max) || offset >= offsetof(limits, frame_bytes_max);
}

/// Time goes on and something is due.
struct advance {
    static constexpr command_type type = command_type::advance;
};

/// A session speaks for a user whom the host vouches for.
struct bind {
    static constexpr command_type type = command_type::bind;
    std::string_view identity{};
    std::string_view nick{};
};

/// A session has ended.
struct unbind {
    static constexpr command_type type = command_type::unbind;
};

/// What `resolve` found out beyond the command, so that replay needs no entropy, hash or host.
struct facts {
    u64 ref = 0;                    ///< The client's, for the reply.
    u64 behalf = 0;                 ///< User for whom the host acts.
    u64 nick_key = 0;               ///< Of the folded nick.
    std::string_view proof{};       ///< Hash of the token presented, 16 bytes.
    std::string_view token_hash{};  ///< Hash of the token given out, 16 bytes.
};

extern const described shape_boot;
extern const described shape_advance;
extern const described shape_bind;
extern const described shape_unbind;
extern const described shape_facts;
extern const described shape_limits;
extern const described shape_policies;

/// A command on its way: as a record tells it, or as it will be told in one.
struct request {
    command_type type = command_type::none;
    bool decided = false;    ///< It was found good already, on this state and at this time.
    const void* body = nullptr;
    facts known{};
    u64 number = 0;          ///< Of the record.
    u64 time = 0;
    u32 node = 0;
    u32 incarnation = 0;
    u32 session = 0;         ///< Of that node; 0: nobody's; `host`: the host's.

    // Found by the state before check.
    u32 user = 0;               ///< Slot of who acts, or of whom the host acts for.
    u32 binding = 0;

    // Found by decide, for apply, which runs on the same state.
    u32 room = 0;               ///< Slot of the room that is named.
    u64 repeated = 0;           ///< Number of the message that a nonce stands for.

    u64 actor = 0;              ///< Id of the user, who may be gone afterwards.

#if !defined(__OPTIMIZE_SIZE__)
    request() noexcept {}   // Else GCC clears it by `rep stos`, slower than finding a room.
#endif

    bool by_host() const noexcept { return session == 0xffffffffu; }
    template <typename T>
    const T& as() const noexcept {
        return *static_cast<const T*>(body);
    }
};

/// Why a request is refused.
struct fault : failure {
    fault() noexcept;
    void clear() noexcept;
    const char* which() const noexcept { return field.empty() ? "" : field.data(); }
    chatroom::error operator()(chatroom::error reason, const char* which = "") noexcept;
    chatroom::error operator()(chatroom::error reason, const char* which, u64 bound,
                               u64 was) noexcept;
};

/// Whether policies keep their bounds.
bool policies_valid(const policies& rules, const limits& sizes) noexcept;

/// Whether limits keep their bounds.
bool limits_valid(const limits& sizes) noexcept;

/// Whether a configuration keeps its bounds.
bool config_valid(const config& how) noexcept;

/// The shortest `frame_bytes_max` of a session: every event but a long message fits.
u32 frame_bytes_min(const limits& sizes) noexcept;

}  // namespace chatroom::detail
