#include "core.hpp"

#include <cstring>
#include <new>

#include "base/crypto.hpp"

namespace chatroom::detail {

// Memory.

// A ring in which no call wraps around: what is behind the last one is passed over.
constexpr u32 queue_wrap = 0xffffffffu;

static u32 queue_room(u32 bytes) noexcept { return (sizeof(queued_call) + bytes + 7) & ~7u; }

char* call_queue::push(const queued_call& call) noexcept {
    const u32 wanted = queue_room(call.bytes);
    const bool wrapped = tail < head || (tail == head && count != 0);
    if (wrapped) {
        if (head - tail < wanted) return nullptr;
    } else if (capacity - tail < wanted) {
        if (head < wanted) return nullptr;
        if (tail != capacity) std::memcpy(base + tail, &queue_wrap, sizeof queue_wrap);
        tail = 0;
    }
    char* const at = base + tail;
    std::memcpy(at, &call, sizeof call);
    tail += wanted;
    ++count;
    return at + sizeof call;
}

const queued_call& call_queue::front() noexcept {
    u32 mark = queue_wrap;
    if (head != capacity) std::memcpy(&mark, base + head, sizeof mark);
    if (mark == queue_wrap) head = 0;
    return *reinterpret_cast<const queued_call*>(base + head);
}

void call_queue::pop() noexcept {
    head += queue_room(front().bytes);
    if (--count == 0) head = tail = 0;
}

static void join_names(const registration& parts, char* out, std::size_t capacity) noexcept {
    std::size_t size = 0;
    for (const feature* f : parts.features) {
        const std::string_view name = view(f->name);
        if (size + name.size() + 2 > capacity) break;
        if (size != 0) out[size++] = ' ';
        std::memcpy(out + size, name.data(), name.size());
        size += name.size();
    }
    out[size] = '\0';
}

core::core(const config& how, const environment& from_host, const registration& parts) noexcept
    : node_id(how.node), incarnation(how.incarnation),
      names(parts.names != nullptr ? parts.names : &text_ascii()), records(parts.records),
      env(from_host), pace(how.budgets), count(), out(), in(how) {
    known.server = &server_feature();
    known.features = parts.features;
    join_names(parts, features, sizeof features);
    in.watch = &watching_outbox;
    in.watching = &out;
    out.in = &in;
    out.known = &known;
    out.send_ = env.send;
    out.node = node_id;
    out.incarnation = incarnation;
    out.features = features;
    out.count = &count;
    out.more = &more;
    for (const codec* each : parts.codecs) {
        out.codecs[static_cast<u32>(each->wire)] = each;
        out.frames = &each->frames();
    }
}

// The largest record: of a boot, a post, a create or a resume.
static std::size_t record_bytes_max(const limits& sizes) noexcept {
    const std::size_t boot = 400;
    const std::size_t post = sizes.message_bytes_max + sizes.nonce_bytes_max + 64;
    const std::size_t create = sizes.title_bytes_max + sizes.topic_bytes_max + 64;
    const std::size_t resume =
        sizes.rooms_per_user_max * (sizes.room_name_bytes_max + item_bytes::cursor_record);
    return record_head + 128 + sizes.room_name_bytes_max +
           larger(larger(boot, post), larger(create, resume));
}

void workspace::claim(arena& memory, const limits& sizes, const registration& parts) noexcept {
    const bool framed = parts.codecs.size != 0;
    record_bytes = parts.records != nullptr ? record_bytes_max(sizes) : 0;
    record = static_cast<char*>(memory.take(record_bytes, 8));
    // From frames and records the cursors of a resume, from frames all the texts; a command's
    // struct; and behind it what reading it takes, or then its names folded and the hashes of
    // tokens, or, before those, the boot that goes ahead. Or the page of a reply.
    constexpr std::size_t command = 96, hashes = 64;
    static_assert(sizeof(post) <= command && sizeof(create) <= command, "the largest");
    const std::size_t cursors = sizes.rooms_per_user_max * sizeof(cursor);
    const std::size_t name = (sizes.room_name_bytes_max + 7) & ~std::size_t{7};
    const std::size_t folded = 4 * sizes.nick_bytes_max + sizes.room_name_bytes_max + cursors +
                               sizes.rooms_per_user_max * name;
    const std::size_t behind = larger(hashes + folded, sizeof(boot));
    more.capacity = (framed || parts.records != nullptr ? cursors : 0) + command +
                    (framed ? sizes.frame_bytes_max + larger(frame_facts_bytes, behind) : behind);
    const std::size_t page = framed ? sizes.page_items_max * page_item_bytes : 0;
    more.capacity = (larger(more.capacity, page) + 7) & ~std::size_t{7};
    more.base = static_cast<char*>(memory.take(more.capacity, 8));
    queue.capacity = sizes.queue_bytes & ~7u;
    queue.base = static_cast<char*>(memory.take(queue.capacity, 8));
    waiting_max = parts.records != nullptr ? sizes.records_pending_max : 0;
    waiting = static_cast<pending_record*>(memory.take(sizeof(pending_record) * waiting_max, 8));
}

void core::claim(arena& memory, const registration& parts) noexcept {
    in.claim(memory);
    out.claim(memory, in.capacity, static_cast<u32>(parts.codecs.size));
    workspace::claim(memory, in.capacity, parts);
}

// Part by part, as a stack has no room for all of it.
std::size_t core::bytes(const config& how, const registration& parts) noexcept {
    arena memory{nullptr, sizeof(core)};
    state(how).claim(memory);
    {
        outbox counted;
        counted.claim(memory, how.limits, static_cast<u32>(parts.codecs.size));
    }
    workspace counted;
    counted.claim(memory, how.limits, parts);
    return memory.total();
}

// Calls.

void core::begin_call() noexcept {
    busy = true;
    out.budget = pace.deliveries_per_call;
    out.clock = effective_time();
}

void core::end_call() noexcept {
    if (out.ended_first != nil) reap_ended();
    out.pump();
    if (!queue.empty()) run_queue();
    out.pump();
    if (out.ended_first != nil) reap_ended();
    busy = false;
}

u64 core::effective_time() const noexcept {
    u64 time = larger(now, in.time);
    if (in.booted && in.time != 0) {
        time = smaller(time, in.time + in.rules.clock_ahead_max_ms);
    }
    return time;
}

// A command's way: judge, resolve, log, check, apply.

// The hash of a token, beside the command at hand: the first half of a digest.
static std::string_view token_hash(core& c, const u8 (&token)[16]) noexcept {
    using digest = u8[sha256::digest_bytes];
    void* const made = c.more.take(sizeof(digest));
    if (made == nullptr) return {};
    sha256_of(token, sizeof token, *static_cast<digest*>(made));
    return {static_cast<const char*>(made), sizeof token};
}

void to_hex(const u8 (&bytes)[16], char* out) noexcept {
    for (u32 i = 0; i < 16; ++i) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
}

static bool from_hex(std::string_view text, u8 (&out)[16]) noexcept {
    if (text.size() != 32) return false;
    for (u32 i = 0; i < 32; ++i) {
        const char c = text[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                                 : -1;
        if (digit < 0) return false;
        out[i / 2] = static_cast<u8>(i % 2 == 0 ? digit << 4 : out[i / 2] | digit);
    }
    return true;
}

static error resolve_nick(core& c, std::string_view nick, request& what) noexcept {
    const std::size_t room = 3 * nick.size();
    char* const folded = static_cast<char*>(c.more.take(room));
    const std::size_t size = folded == nullptr ? size_short : c.names->fold(nick, folded, room);
    if (size == size_short) return c.why(error::nick_invalid, "nick");
    u8 hash[sha256::digest_bytes];
    sha256_of(folded, size, hash);
    what.known.nick_key = load_le64(hash);
    return error::none;
}

static error resolve_token(core& c, request& what, secret& made) noexcept {
    if (c.env.entropy.fn == nullptr ||
        !c.env.entropy.fn(made.token, sizeof made.token, c.env.entropy.context)) {
        return c.why(error::entropy_failed);
    }
    made.made = true;
    what.known.token_hash = token_hash(c, made.token);
    return what.known.token_hash.empty() ? c.why(error::frame_too_long) : error::none;
}

// Adds what does not come from the shared state; what is secret stays here.
error core::resolve(void* body, request& what, secret& made) noexcept {
    switch (what.type) {
    case command_type::guest:
        if (error e = resolve_nick(*this, what.as<guest>().nick, what); e != error::none) return e;
        return resolve_token(*this, what, made);
    case command_type::nick: return resolve_nick(*this, what.as<nick>().name, what);
    case command_type::bind: return resolve_nick(*this, what.as<bind>().nick, what);
    case command_type::token: return resolve_token(*this, what, made);
    case command_type::resume: {
        u8 (&token)[16] = made.token;   // Until the new one is made.
        if (!from_hex(what.as<resume>().token, token)) return why(error::token_invalid, "token");
        what.known.proof = token_hash(*this, token);
        static_cast<resume*>(body)->token = {};
        return resolve_token(*this, what, made);
    }
    default: return error::none;
    }
}

inline void core::locate(request& what) const noexcept {
    if (what.by_host()) {
        if (what.known.behalf != 0) what.user = in.find_user(what.known.behalf);
    } else if (what.session != 0) {
        const bool own = what.node == node_id && what.incarnation == incarnation;
        const u32 here = own ? out.find(what.session) : nil;
        what.binding = here != nil ? out.binding_of(here)
                                   : in.find_binding(in.find_node(what.node), what.session);
        if (what.binding != nil) what.user = in.user_of(what.binding);
    }
    if (what.user != nil) what.actor = in.users[what.user].id;
}

error core::decide(const command_rule& rule, request& what) noexcept {
    locate(what);
    if (what.by_host()) {
        if ((rule.flags & sessions_only) != 0) return why(error::forbidden);
        if (what.user == nil && (what.known.behalf != 0 || (rule.flags & needs_user) != 0)) {
            return why(error::user_unknown, "user");
        }
    } else if ((rule.flags & engine_only) == 0) {
        if ((rule.flags & host_only) != 0) return why(error::forbidden);
        const bool bound = what.user != nil;
        if ((rule.flags & needs_none) != 0 && bound) return why(error::already_logged_in);
        if ((rule.flags & needs_none) == 0 && !bound) return why(error::login_required);
    }
    return rule.decide(in, what, why);
}

// What a log holds counts as offered, so its refusals go on the record too: they move the time.
error core::apply(const command_rule& rule, request& what, applied& done, bool logged) noexcept {
    const u64 before = in.time;
    in.time = larger(in.time, what.time);
    ++in.event;
    const error e = what.decided ? error::none : decide(rule, what);
    if (e != error::none && (!logged || what.type == command_type::boot)) {
        in.time = before;
        --in.event;
        return e;
    }
    done.time = in.time;
    if (e == error::none) {
        in.effects = in.rules.effects_per_record_max;
        rule.apply(in, what, done);
    }
    in.nodes[in.find_node(what.node)].number = what.number;
    ++count.records_applied;
    return e;
}

// Whether this node may write records at all.
error core::may_write() noexcept {
    if (!timed) return why(error::no_time);
    const u32 node = in.find_node(node_id);
    const bool replaced = node != nil && in.nodes[node].incarnation > incarnation;
    return replaced ? why(error::incarnation_stale) : error::none;
}

error core::boot_if_due() noexcept {
    if (!booting) return error::none;
    booted_at = now;
    if (error e = may_write(); e != error::none) return e;
    const std::size_t used = more.used;   // By the command that it goes ahead of.
    void* const with = more.take(sizeof(boot));
    if (with == nullptr) return why(error::frame_too_long);   // It has more than it may have.
    new (with) boot{in.capacity, in.rules, view(features)};
    const error e = propose(*known.find(command_type::boot), with, by_nobody);
    more.used = used;
    if (e == error::none || e == error::pending) {
        booting = false;
        return error::none;
    }
    return e;
}

error core::offer_engine(command_type type, void* body, u32 slot) noexcept {
    more.used = 0;
    why.clear();
    offering by;
    by.slot = slot;
    by.session = slot == nil ? 0 : out.sessions[slot].id;
    return offer(*known.find(type), body, by);
}

error core::offer(const command_rule& rule, void* body, const offering& by) noexcept {
    if (error e = may_write(); e != error::none) return e;
    if (error e = boot_if_due(); e != error::none) return e;
    const bool own = (rule.flags & engine_only) != 0;
    if (!own || rule.type == command_type::bind) {
        const error e = judge(*rule.shape, body, in.shared, *names, more, why);
        if (e != error::none) return e;
    }
    // What depends on nothing that goes on need not be asked of a log.
    const bool by_host = by.session == static_cast<u32>(host);
    if ((rule.flags & host_only) != 0 && !by_host) return why(error::forbidden);
    return propose(rule, body, by);
}

error core::propose(const command_rule& rule, void* body, const offering& by) noexcept {
    request what;
    what.type = rule.type;
    what.body = body;
    what.node = node_id;
    what.incarnation = incarnation;
    what.session = by.session;
    what.known.ref = by.ref;
    what.known.behalf = by.behalf;
    what.time = rule.type == command_type::boot ? larger(now, in.time) : effective_time();
    what.number = numbered + 1;
    secret made;
    if (error e = resolve(body, what, made); e != error::none) return e;
    const bool logged = env.log.fn != nullptr;
    if (logged) {
        if (error e = records->write(*this, rule, what, by, made); e != error::none) return e;
    }
    applied done;
    out.expect(what, by.slot);
    const error e = apply(rule, what, done, logged);
    if (e == error::none) {
        numbered = what.number;
        finish(rule, what, by, done, made);
    }
    out.expect_nothing();
    return e;
}

// Outcomes.

void core::see(const offering& by, const command* what, u64 actor, const applied& done,
               chatroom::origin from) noexcept {
    if (env.observe.fn == nullptr) return;
    observation seen;
    seen.origin = from;
    seen.session = session_id{by.session};
    seen.user = user_id{actor};
    seen.command = what;
    seen.why = why.error;
    seen.at = why.at;
    seen.ticket = by.ticket;
    seen.number = done.number;
    seen.time = done.time;
    env.observe.fn(seen, env.observe.context);
}

void core::finish(const command_rule& rule, const request& what, const offering& by,
                  const applied& done, const secret& made) noexcept {
    if ((rule.flags & engine_only) == 0) ++count.commands_accepted;
    if (by.slot != nil) {
        session_data& d = out.sessions[by.slot];
        if (rule.type == command_type::join) {
            if (out.joiner == by.slot) out.retell(by.slot, done.room, what.as<join>().history);
            d.room = done.room;
        }
        if (rule.type == command_type::create) d.room = done.room;
    }
    if (by.result != nullptr) {
        by.result->number = done.number;
        by.result->time = done.time;
        by.result->user = user_id{done.user};
        if (made.made) to_hex(made.token, by.result->token);
    }
    if (by.framed && !by.quiet) out.frames->reply_done(*this, by, done, made);
    if ((rule.flags & engine_only) != 0 || env.observe.fn == nullptr) return;
    const command as_command(what.type, what.body);
    see(by, &as_command, what.actor, done);
}

// Copies as much as there is room for, in whole characters.
std::size_t copy_words(std::string_view from, char* to, std::size_t room) noexcept {
    std::size_t n = smaller(from.size(), room);
    while (n != 0 && n < from.size() && (from[n] & 0xc0) == 0x80) --n;
    if (n != 0) std::memcpy(to, from.data(), n);
    return n;
}

void core::refuse(const command_rule* rule, const void* body, const offering& by) noexcept {
    ++count.commands_refused;
    told = why;
    told.ref = by.ref;
    told.found = {found, copy_words(why.found, found, sizeof found)};
    const u32 user = by.slot != nil ? out.sessions[by.slot].user : nil;
    resume without_token;
    if (rule != nullptr && rule->type == command_type::resume && body != nullptr) {
        without_token.cursors = static_cast<const resume*>(body)->cursors;
        body = &without_token;
    }
    const command as_command(rule != nullptr ? rule->type : command_type::none, body);
    applied nothing;
    nothing.time = in.time;
    const u64 actor = user != nil ? in.users[user].id : 0;
    if (by.framed) out.frames->reply_refused(*this, by);
    see(by, rule != nullptr ? &as_command : nullptr, actor, nothing);
}

// Frames and typed commands.

error core::submit(u32 session, const command& what, outcome* result, u64 behalf,
                   u64 ticket) noexcept {
    more.used = 0;
    why.clear();
    offering by;
    by.session = session;
    by.behalf = behalf;
    by.result = result;
    by.ticket = ticket;
    const bool by_host = session == static_cast<u32>(host);
    by.slot = by_host ? nil : out.find(session);
    const command_rule* rule = known.find(what.type);
    void* body = nullptr;
    error e = error::none;
    if (!by_host && (by.slot == nil || out.sessions[by.slot].ended)) {
        by.slot = nil;
        e = why(error::session_unknown);
    } else if (rule == nullptr) {
        e = why(error::op_unknown);
    } else if ((rule->flags & (engine_only | reads)) != 0 || (behalf != 0 && !by_host)) {
        e = why(error::invalid_argument);
    } else if (body = more.take(rule->shape->bytes); body == nullptr) {
        e = why(error::frame_too_long);
    } else {
        std::memcpy(body, what.body, rule->shape->bytes);
        e = offer(*rule, body, by);
    }
    if (e != error::none && e != error::pending) refuse(rule, what.body, by);
    return e;
}

// Calls made inside callbacks: kept, and run when the outer call is done.

// Copies what a command refers to behind it. Without `base` it only counts.
struct text_keeper {
    const std::size_t items_max;
    char* base;
    std::size_t used;

    char* keep(const void* from, std::size_t bytes) noexcept {
        constexpr std::size_t most = static_cast<std::size_t>(-1) / 4;   // No queue has as much.
        char* const at = base != nullptr ? base + used : nullptr;
        used = bytes > most || used > most ? most : used + ((bytes + 7) & ~std::size_t{7});
        if (at != nullptr && bytes != 0) std::memcpy(at, from, bytes);
        return at;
    }
    void keep_texts(const described& shape, void* body) noexcept {
        for (u32 i = 0; i < shape.count; ++i) {
            const described_member& m = shape.members[i];
            if (m.kind != kind::text) continue;
            const std::string_view text = text_of(body, m);
            const char* const at = keep(text.data(), text.size());
            if (at != nullptr) text_of(body, m) = {at, text.size()};
        }
    }
    void keep_items(void* body, const described_member& m) noexcept {
        const described& element = *static_cast<const described*>(m.extra);
        any_list items = items_of(body, m);
        items.size = smaller(items.size, items_max + 1);   // It is refused all the same.
        char* const copy = keep(items.data, items.size * element.bytes);
        if (copy != nullptr) set_items(body, m, items = {copy, items.size});
        char* const first = static_cast<char*>(const_cast<void*>(items.data));
        for (std::size_t i = 0; i < items.size; ++i) keep_texts(element, first + i * element.bytes);
    }
    void keep_all(const described& shape, void* body) noexcept {
        keep_texts(shape, body);
        for (u32 i = 0; i < shape.count; ++i) {
            if (shape.members[i].kind == kind::items) keep_items(body, shape.members[i]);
        }
    }
};

error core::queue_frame(u32 slot, std::string_view frame) noexcept {
    if (frame.size() > queue.capacity) return error::queue_full;
    queued_call call;
    call.bytes = static_cast<u32>(frame.size());
    call.session = out.sessions[slot].id;
    char* const at = queue.push(call);
    if (at == nullptr) return error::queue_full;
    if (!frame.empty()) std::memcpy(at, frame.data(), frame.size());
    out.sessions[slot].taking = true;
    return error::queued;
}

error core::queue_command(u32 session, const command& what, u64 behalf,
                          outcome& result) noexcept {
    const command_rule* rule = known.find(what.type);
    if (rule == nullptr) return error::op_unknown;
    if ((rule->flags & (engine_only | reads)) != 0) return error::invalid_argument;
    const described& shape = *rule->shape;
    const std::size_t before_texts = (shape.bytes + 7u) & ~7u;
    text_keeper texts{in.shared.rooms_per_user_max, nullptr, before_texts};
    texts.keep_all(shape, const_cast<void*>(what.body));   // Counts, and changes nothing.
    if (texts.used > queue.capacity) return error::queue_full;
    queued_call call;
    call.bytes = static_cast<u32>(texts.used);
    call.session = session;
    call.type = what.type;
    call.behalf = behalf;
    call.ticket = ticketed + 1;
    char* const at = queue.push(call);
    if (at == nullptr) return error::queue_full;
    std::memcpy(at, what.body, shape.bytes);
    texts.base = at;
    texts.used = before_texts;
    texts.keep_all(shape, at);
    result.ticket = ++ticketed;
    return error::queued;
}

// The entry at hand stays in the queue while it runs, since its texts are read there.
void core::run_queue() noexcept {
    for (u32 most = pace.queued_per_call; most != 0 && !queue.empty(); --most, queue.pop()) {
        const queued_call& call = queue.front();
        if (call.type != command_type::none) {
            submit(call.session, command(call.type, &call + 1), nullptr, call.behalf, call.ticket);
        } else {
            take_queued(call);
        }
    }
}

void core::take_queued(const queued_call& call) noexcept {
    const u32 slot = out.find(call.session);
    if (slot == nil || out.sessions[slot].ended) return;
    out.frames->take(*this, slot, {reinterpret_cast<const char*>(&call + 1), call.bytes});
    out.sessions[slot].taking = false;
}

// Time, and what is due.

// Unbinds a session that has ended. Its slot is free when nothing of it is under way; until then
// what settles its last record comes back to it.
void core::reap(u32 slot) noexcept {
    session_data& d = out.sessions[slot];
    if (d.user != nil && !d.unbinding) {
        unbind nothing;
        const error e = offer_engine(command_type::unbind, &nothing, slot);
        d.unbinding = e == error::pending;
        if (e != error::none && e != error::pending) {
            d.ended_next = out.refused_first;
            out.refused_first = slot;
            return;
        }
    }
    if (d.user == nil && d.pending == 0) out.free_session(slot);
}

void core::reap_ended() noexcept {
    while (out.ended_first != nil) {
        const u32 slot = out.ended_first;
        out.ended_first = out.sessions[slot].ended_next;
        reap(slot);
    }
}

// An unbind that the log did not take is tried again at each tick, until it refuses another one.
void core::reap_refused() noexcept {
    for (u32 most = in.rules.effects_per_record_max; most != 0; --most) {
        const u32 slot = out.refused_first;
        if (slot == nil) return;
        out.refused_first = out.sessions[slot].ended_next;
        reap(slot);
        if (out.refused_first == slot) return;
    }
}

void core::tick() noexcept {
    more.used = 0;
    if (boot_if_due() != error::none) return;
    if (out.orphans) records->unbind_orphans(*this);
    reap_refused();
    const u64 time = effective_time();
    // Without anything due, the shared time still follows, so that it never lags by much.
    const bool lags = in.booted && now - smaller(now, in.time) >= in.rules.clock_ahead_max_ms / 2;
    if ((lags || in.due() <= time) && may_advance(time)) {
        detail::advance nothing;
        advanced_at = time;
        tried_at = now;   // Also when the log refuses it: try again, but not at once.
        offer_engine(command_type::advance, &nothing, nil);
    }
    if (time - smaller(counted_at, time) >= pace.presence_ms) {
        counted_at = time;
        out.tell_counts();
    }
}

// The shared time may stand still until it is advanced, or leap, so either clock will do.
bool core::may_advance(u64 time) const noexcept {
    return time - smaller(advanced_at, time) >= in.rules.advance_ms ||
           now - smaller(tried_at, now) >= in.rules.advance_ms;
}

u64 core::next_due() const noexcept {
    if (!out.idle() || !queue.empty() || !timed) return 0;
    if (booting) {
        const u64 again = booted_at + in.rules.advance_ms;
        return booted_at == 0 || again <= now ? 0 : again - now;
    }
    const u64 time = effective_time();
    const u64 again = now + in.rules.advance_ms;
    u64 next = in.due() <= time ? now : in.due();
    if (in.booted) next = smaller(next, in.time + in.rules.clock_ahead_max_ms / 2);
    if (next != ~u64{0} && !may_advance(time)) next = larger(next, tried_at + in.rules.advance_ms);
    if (out.count_first != nil) next = smaller(next, counted_at + pace.presence_ms);
    if (out.refused_first != nil || out.orphans) next = smaller(next, again);
    if (next == ~u64{0}) return next;
    return next <= now ? 0 : next - now;
}

}  // namespace chatroom::detail
