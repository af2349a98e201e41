#include "core.hpp"

#include <cstring>

namespace chatroom::detail {

// Records out to the log and back. Linked with `parts::records`, `commit` and `recover`.

// A boot is told in full only where there is a log.
static const described& record_shape(const command_rule& rule) noexcept {
    return rule.shape != nullptr ? *rule.shape : shape_boot;
}

static error ask_log(core& c, const command_rule& rule, request& what, stored& answer) noexcept {
    // Saves the log what would be refused anyway. Where records come back late, the log may hold
    // what makes the difference already.
    if (c.waiting_count == 0 && !c.late_log) {
        if (error e = c.decide(rule, what); e != error::none) return e;
        what.decided = what.time <= c.in.time;   // With time going on, it may be decided otherwise.
    }
    if (c.waiting_count == c.waiting_max) {
        return c.why(error::records_full, "records_pending_max", c.waiting_count, c.waiting_count);
    }
    const std::size_t size = encode_record(what, record_shape(rule), c.record, c.record_bytes);
    if (size == 0) return c.why(error::frame_too_long);
    ++c.count.records_written;
    answer = c.env.log.fn({c.record, size}, what.number, c.env.log.context);
    if (answer == stored::no) return c.why(error::storage_failed);
    return error::none;
}

static void keep(core& c, const request& what, const offering& by, const secret& made) noexcept {
    u32 at = 0;
    while (at != c.waiting_touched && c.waiting[at].used) ++at;
    if (at == c.waiting_touched) ++c.waiting_touched;
    pending_record& w = c.waiting[at];
    w = pending_record{};
    w.used = true;
    w.number = what.number;
    w.session = what.session;
    w.ref = by.ref;
    w.type = what.type;
    w.framed = by.framed;
    w.quiet = by.quiet;
    w.has_token = made.made;
    if (made.made) std::memcpy(w.token, made.token, sizeof w.token);
    ++c.waiting_count;
    w.ticket = by.ticket;
    if (by.result != nullptr) w.ticket = by.result->ticket = ++c.ticketed;
    if (by.slot == nil) return;
    ++c.out.sessions[by.slot].pending;
    if (by.framed) c.out.sessions[by.slot].waiting = true;
}

static error write_record(core& c, const command_rule& rule, request& what, const offering& by,
                          const secret& made) {
    stored answer = stored::yes;
    const error e = ask_log(c, rule, what, answer);
    if (e == error::none || e == error::storage_failed) ++c.numbered;
    if (e != error::none) return e;
    c.late_log = c.late_log || answer == stored::pending;
    if (answer != stored::pending && c.waiting_count == 0) return error::none;
    keep(c, what, by, made);
    return error::pending;
}

static void name_small_limit(const state& in, const limits& told, fault& why) noexcept {
    for (u32 i = 0; i < shape_limits.count; ++i) {
        const described_member& m = shape_limits.members[i];
        if ((m.flags & node_local) != 0 || number_of(&told, m) <= number_of(&in.capacity, m)) {
            continue;
        }
        why(error::limit_too_small, m.name, number_of(&told, m), number_of(&in.capacity, m));
        return;
    }
}

// What the log has stored comes back.

error core::decode(std::string_view bytes, const command_rule*& rule, void*& body,
                   request& what) noexcept {
    if (what.time >= u64{1} << 53 || what.node == 0 || what.node > 65535 ||
        what.incarnation == 0) {
        return why(error::record_invalid);
    }
    const u32 node = in.find_node(what.node);
    if (node != nil) {
        const node_data& n = in.nodes[node];
        if (what.incarnation < n.incarnation) return why(error::incarnation_stale);
        if (what.incarnation == n.incarnation && what.number <= n.number) {
            return why(error::already_applied);
        }
    }
    // Only these are nobody's.
    const bool nobodys = what.type == command_type::boot || what.type == command_type::advance;
    if (nobodys != (what.session == 0)) return why(error::record_invalid);
    const bool begun = node != nil && what.incarnation == in.nodes[node].incarnation;
    if (begun == (what.type == command_type::boot)) return why(error::record_invalid);
    rule = known.find(what.type);
    if (rule == nullptr) return why(error::feature_missing);
    if ((rule->flags & reads) != 0) return why(error::record_invalid);
    more.used = 0;
    body = more.take(record_shape(*rule).bytes);
    if (body == nullptr) return why(error::record_invalid);
    std::memset(body, 0, record_shape(*rule).bytes);
    what.body = body;
    if (!decode_record(bytes, record_shape(*rule), body, what.known, more)) {
        return why(error::record_invalid);
    }
    if (judge_stored(record_shape(*rule), body, in.shared, more, why) != error::none) {
        return why(error::record_invalid, why.which());
    }
    if (what.type != command_type::boot) return error::none;
    const boot& with = what.as<boot>();
    const bool valid = limits_valid(with.limits) && policies_valid(with.policies, with.limits);
    return valid ? error::none : why(error::record_invalid);
}

// A record is settled. What a session waits for may have been one record or another.
static void release(outbox& out, u32 slot, const pending_record& by) noexcept {
    if (slot == nil) {   // Gone, so it was the unbind of an orphan; there may be more of them.
        out.orphans = out.orphans || by.type == command_type::unbind;
        return;
    }
    session_data& session = out.sessions[slot];
    --session.pending;
    if (by.framed) session.waiting = false;
    if (by.type == command_type::unbind) session.unbinding = false;
    if (!session.ended || session.pending != 0) return;
    session.ended_next = out.ended_first;
    out.ended_first = slot;
}

pending_record* core::find_waiting(u64 number) noexcept {
    if (waiting_count == 0) return nullptr;
    for (u32 i = 0; i < waiting_touched; ++i) {
        if (waiting[i].used && waiting[i].number == number) return &waiting[i];
    }
    return nullptr;
}

error core::commit(std::string_view bytes, chatroom::origin origin) noexcept {
    const command_rule* rule = nullptr;
    void* body = nullptr;
    request what = decode_head(bytes);
    why.clear();
    const error refused = decode(bytes, rule, body, what);
    const bool own = what.node == node_id && what.incarnation == incarnation;
    pending_record* const w = own ? find_waiting(what.number) : nullptr;
    if (refused != error::none) {
        if (w != nullptr) give_up(*w);   // As behind a boot that was abandoned.
        return refused;
    }
    offering by;
    secret made;
    if (w != nullptr) {
        const pending_record kept = *w;
        w->used = false;
        --waiting_count;
        by.slot = out.find(kept.session);
        release(out, by.slot, kept);
        by.session = kept.session;
        by.ref = kept.ref;
        by.framed = kept.framed && by.slot != nil;
        by.quiet = kept.quiet;
        by.ticket = kept.ticket;
        made.made = kept.has_token;
        std::memcpy(made.token, kept.token, sizeof made.token);
    }
    out.expect(what, by.slot);
    applied done;
    const error e = apply(*rule, what, done, true);
    if (w != nullptr) {
        if (e == error::none) finish(*rule, what, by, done, made);
        if (e != error::none) refuse(rule, body, by);
    } else if ((rule->flags & engine_only) == 0) {
        const command as_command(what.type, body);
        done.time = in.time;
        see(by, &as_command, what.actor, done, origin);
    }
    out.expect_nothing();
    if (own) numbered = larger(numbered, what.number);
    // A refused command is no failure of the record; a log that does not fit this engine is.
    if (e == error::limit_too_small) {
        name_small_limit(in, what.as<boot>().limits, why);
        told = why;
    }
    return what.type == command_type::boot ? e : error::none;
}

void core::give_up(pending_record& w) noexcept {
    const pending_record kept = w;
    w.used = false;
    --waiting_count;
    if (kept.type == command_type::boot) booting = true;
    offering by;
    by.ticket = kept.ticket;
    by.slot = out.find(kept.session);
    by.session = kept.session;
    by.ref = kept.ref;
    release(out, by.slot, kept);
    by.framed = kept.framed && by.slot != nil;
    why.clear();
    why(error::storage_failed);
    refuse(nullptr, nullptr, by);
}

// A log may hold a login that it said not to have stored: nobody is there to speak for that user.
static void unbind_orphans(core& c) {
    const u32 node = c.in.find_node(c.node_id);
    c.out.orphans = false;
    for (u32 b = c.in.nodes[node].bound.last, older = nil; b != nil; b = older) {
        older = c.in.bindings[b].of_node.previous;
        if (!c.in.alive(c.in.bindings[b]) || c.out.find(c.in.bindings[b].session) != nil) continue;
        unbind nothing;
        offering by;
        by.session = c.in.bindings[b].session;
        const error e = c.offer(*c.known.find(command_type::unbind), &nothing, by);
        if (e == error::pending) return;   // What settles it looks for the next.
        c.out.orphans = e != error::none;
        if (c.out.orphans) return;
    }
}

template <typename... What>
static void watch_nothing(void*, What...) {}

static constexpr watcher nobody_watching{watch_nothing, watch_nothing, watch_nothing,
                                         watch_nothing, watch_nothing, watch_nothing,
                                         watch_nothing, watch_nothing};

error core::restore(std::string_view snapshot) noexcept {
    if (in.event != 0) return why(error::invalid_argument);
    in.watch = &nobody_watching;
    const policies rules = in.rules;
    const error e = read_snapshot(in, snapshot, why);
    if (e != error::none) {   // Empty again.
        arena memory{reinterpret_cast<char*>(this), sizeof(core)};
        in.claim(memory);
        in.clear();
        in.rules = rules;
    }
    in.watch = &watching_outbox;
    out.restored();
    if (e != error::none) refuse(nullptr, nullptr, by_nobody);
    return e;
}

}  // namespace chatroom::detail

namespace chatroom::parts {

const recorder& records() noexcept {
    static constexpr recorder all{detail::write_record, detail::unbind_orphans};
    return all;
}

}  // namespace chatroom::parts
