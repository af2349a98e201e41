#pragma once

#include "edge/gate.hpp"
#include "edge/outbox.hpp"
#include "edge/reads.hpp"
#include "edge/snapshot.hpp"

namespace chatroom::detail {

/// A record of this engine that waits for its commit.
struct pending_record {
    u64 number = 0;
    u64 ticket = 0;
    u32 session = 0;         ///< Its id.
    u64 ref = 0;
    u8 token[16]{};          ///< The token that the record holds the hash of.
    command_type type = command_type::none;
    bool has_token = false;
    bool framed = false;
    bool quiet = false;
    bool used = false;
};

/// A call made inside a callback. A frame, or a command's struct and what it refers to, follows.
struct queued_call {
    u32 bytes = 0;       ///< Of what follows.
    u32 session = 0;
    command_type type = command_type::none;   ///< none: a frame.
    u64 behalf = 0;
    u64 ticket = 0;
};

/// Calls made inside callbacks, in the order in which they came.
struct call_queue {
    char* base;
    u32 capacity;
    u32 head = 0;
    u32 tail = 0;
    u32 count = 0;

    /// Makes room for a call and what follows it. @return where that goes; null: it is full
    char* push(const queued_call& call) noexcept;
    const queued_call& front() noexcept;
    void pop() noexcept;
    bool empty() const noexcept { return count == 0; }
    u32 used() const noexcept {
        if (count == 0) return 0;
        return tail > head ? tail - head : capacity - head + tail;
    }
};

/// What a log needs. `write` answers none (stored, go on), pending, or why it failed.
struct recorder {
    error (*write)(core& c, const command_rule& rule, request& what, const offering& by,
                   const secret& made);
    void (*unbind_orphans)(core& c);
};

/// Writes 16 bytes as 32 hexadecimal digits.
void to_hex(const u8 (&bytes)[16], char* out) noexcept;

/// Copies as much as there is room for, in whole characters. @return how many bytes
std::size_t copy_words(std::string_view from, char* to, std::size_t room) noexcept;

/// Where commands, calls and records are while they are under way.
struct workspace {
    scratch more;                      ///< For the command at hand.
    call_queue queue;
    pending_record* waiting;
    u32 waiting_count = 0;
    u32 waiting_touched = 0;           ///< Places beyond this one were never used.
    u32 waiting_max;
    char* record;
    std::size_t record_bytes;

    void claim(arena& memory, const limits& sizes, const registration& parts) noexcept;
};

/// An engine, inside: what the public class opens and closes.
struct core : workspace {
    // What is large comes last.
    const u32 node_id;
    const u32 incarnation;
    bool timed = false;
    bool booting = true;               ///< This incarnation's first record is still due.
    bool late_log = false;             ///< It has answered `pending`: the state here may be behind.
    bool busy = false;                 ///< Within a call, so inside a callback for any other.
    u64 now = 0;
    u64 numbered = 0;                  ///< Of the last record made here.
    u64 ticketed = 0;
    u64 advanced_at = 0;               ///< When the last `advance` was offered, in shared time
    u64 tried_at = 0;                  ///< and by this node's clock.
    u64 booted_at = 0;
    u64 counted_at = 0;
    const text_rules* names;
    const recorder* records;
    dispatch known;
    void* block;
    std::size_t block_bytes;
    fault why;
    fault told;                        ///< `why`, as the public face shows it.
    char found[24];
    environment env;
    const budgets pace;
    statistics count;
    outbox out;
    state in;
    char features[64];

    core(const config& how, const environment& from_host, const registration& parts) noexcept;
    void claim(arena& memory, const registration& parts) noexcept;
    /// What all of it takes; 0: more than there can be.
    static std::size_t bytes(const config& how, const registration& parts) noexcept;

    u64 effective_time() const noexcept;
    void begin_call() noexcept;
    void end_call() noexcept;

    // Commands.
    error decide(const command_rule& rule, request& what) noexcept;
    error resolve(void* body, request& what, secret& made) noexcept;
    error offer(const command_rule& rule, void* body, const offering& by) noexcept;
    error may_write() noexcept;
    error propose(const command_rule& rule, void* body, const offering& by) noexcept;
    error apply(const command_rule& rule, request& what, applied& done, bool logged) noexcept;
    void locate(request& what) const noexcept;
    error boot_if_due() noexcept;
    error offer_engine(command_type type, void* body, u32 slot) noexcept;
    void finish(const command_rule& rule, const request& what, const offering& by,
                const applied& done, const secret& made) noexcept;
    void refuse(const command_rule* rule, const void* body, const offering& by) noexcept;
    void see(const offering& by, const command* what, u64 actor, const applied& done,
             chatroom::origin from = origin::here) noexcept;

    // Calls.
    error submit(u32 session, const command& what, outcome* result, u64 behalf,
                 u64 ticket) noexcept;
    error queue_frame(u32 slot, std::string_view frame) noexcept;
    error queue_command(u32 session, const command& what, u64 behalf, outcome& result) noexcept;
    void run_queue() noexcept;
    void take_queued(const queued_call& call) noexcept;
    /// Applies an undamaged record.
    error commit(std::string_view bytes, chatroom::origin origin) noexcept;
    error decode(std::string_view bytes, const command_rule*& rule, void*& body,
                 request& what) noexcept;
    pending_record* find_waiting(u64 number) noexcept;
    void give_up(pending_record& w) noexcept;
    error restore(std::string_view snapshot) noexcept;
    void tick() noexcept;
    bool may_advance(u64 time) const noexcept;
    void reap(u32 slot) noexcept;
    void reap_ended() noexcept;
    void reap_refused() noexcept;
    u64 next_due() const noexcept;
};

/// All parts there are. What calls this links all of them.
registration everything() noexcept;

}  // namespace chatroom::detail
