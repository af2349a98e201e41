#include "core.hpp"

#include <cstring>

#include "base/crypto.hpp"

namespace chatroom::detail {

// Memory.

// A ring in which no entry wraps around: what is behind the last one is passed over.
constexpr u32 queue_wrap = 0xffffffffu;

static u32 queue_room(u32 bytes) noexcept { return (bytes + 4 + 7) & ~7u; }

char* byte_queue::push(u32 bytes) noexcept {
    const u32 wanted = queue_room(bytes);
    if (tail >= head && capacity - tail < wanted) {
        if (head <= wanted) return nullptr;
        if (tail != capacity) store_le32(base + tail, queue_wrap);
        tail = 0;
    } else if (tail < head && head - tail <= wanted) {
        return nullptr;
    }
    char* const at = base + tail;
    store_le32(at, bytes);
    tail += wanted;
    return at + 4;
}

std::string_view byte_queue::front() noexcept {
    if (head == capacity || load_le32(base + head) == queue_wrap) head = 0;
    return {base + head + 4, load_le32(base + head)};
}

void byte_queue::pop() noexcept {
    head += queue_room(load_le32(base + head));
    if (head == tail) head = tail = 0;
}

// The largest record: of a boot, a post, a create or a resume.
static std::size_t record_bytes_max(const limits& sizes) noexcept {
    const std::size_t boot = 400;
    const std::size_t post = sizes.message_bytes_max + sizes.nonce_bytes_max + 64;
    const std::size_t create = sizes.title_bytes_max + sizes.topic_bytes_max + 64;
    const std::size_t resume = sizes.rooms_per_user_max * (sizes.room_name_bytes_max + 16);
    return record_head + 128 + sizes.room_name_bytes_max +
           larger(larger(boot, post), larger(create, resume));
}

void core::claim(arena& memory, const limits& sizes) noexcept {
    in.claim(memory, sizes);
    out.claim(memory, sizes);
    record_bytes = record_bytes_max(sizes);
    record = static_cast<char*>(memory.take(record_bytes, 8));
    more.capacity = sizes.frame_bytes_max + 256 +
                    sizes.rooms_per_user_max * (2 * sizeof(cursor) + sizes.room_name_bytes_max);
    more.base = static_cast<char*>(memory.take(more.capacity, 8));
    queue.capacity = sizes.queue_bytes & ~7u;
    queue.base = static_cast<char*>(memory.take(queue.capacity, 8));
    waiting = static_cast<pending_record*>(
        memory.take(sizeof(pending_record) * sizes.records_pending_max, 8));
}

void watch_state(const change& what, void* context) {
    static_cast<core*>(context)->out.watch(what);
}

// Calls.

void core::begin_call() noexcept {
    busy = true;
    out.budget = how.budgets.deliveries_per_call;
}

void core::end_call() noexcept {
    reap_ended();
    out.pump();
    run_queue();
    out.pump();
    reap_ended();
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

static void hash_of(const void* data, std::size_t size, u8 (&out)[32]) noexcept {
    sha256_of(data, size, out);
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
    u8 hash[32];
    hash_of(folded, size, hash);
    what.known.nick_key = load_le64(hash);
    return error::none;
}

static error resolve_token(core& c, request& what, secret& made) noexcept {
    if (c.env.entropy.fn == nullptr ||
        !c.env.entropy.fn(made.token, sizeof made.token, c.env.entropy.context)) {
        return c.why(error::entropy_failed);
    }
    made.made = true;
    hash_of(made.token, sizeof made.token, made.hash);
    what.known.token_hash = {reinterpret_cast<const char*>(made.hash), 16};
    return error::none;
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
        u8 token[16];
        if (!from_hex(what.as<resume>().token, token)) return why(error::token_invalid, "token");
        hash_of(token, sizeof token, made.proof);
        what.known.proof = {reinterpret_cast<const char*>(made.proof), 16};
        static_cast<resume*>(body)->token = {};
        return resolve_token(*this, what, made);
    }
    default: return error::none;
    }
}

void core::locate(request& what) const noexcept {
    if (what.by_host()) {
        if (what.known.behalf != 0) what.user = in.find_user(what.known.behalf);
        return;
    }
    const u32 node = in.find_node(what.node);
    if (what.session == 0 || node == nil) return;
    what.binding = in.find_binding(node, what.session);
    if (what.binding != nil) what.user = in.bindings[what.binding].user;
}

error core::check(const command_rule& rule, request& what) noexcept {
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
    return rule.check(in, what, why);
}

// What a log holds counts as offered, so its refusals go on the record too: they move the time.
error core::apply(const command_rule& rule, request& what, applied& done, bool logged) noexcept {
    const u64 before = in.time;
    in.time = larger(in.time, what.time);
    ++in.event;
    const error e = check(rule, what);
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

error core::write(const command_rule& rule, request& what, stored& answer) noexcept {
    if (waiting_count == 0) {   // Saves the log what would be refused anyway.
        if (error e = check(rule, what); e != error::none) return e;
    }
    if (waiting_count == how.limits.records_pending_max) {
        return why(error::records_full, "records_pending_max", waiting_count, waiting_count);
    }
    const std::size_t size = encode_record(what, *rule.shape, record, record_bytes);
    invariant(size != 0);
    ++count.records_written;
    answer = env.log.fn({record, size}, what.number, env.log.context);
    if (answer == stored::no) return why(error::storage_failed);
    return error::none;
}

void core::keep(const request& what, const offering& by, const secret& made) noexcept {
    u32 at = 0;
    while (waiting[at].used) ++at;
    pending_record& w = waiting[at];
    w = pending_record{};
    w.used = true;
    w.number = what.number;
    w.session = what.session;
    w.ref = by.ref;
    w.framed = by.framed;
    w.has_token = made.made;
    std::memcpy(w.token, made.token, sizeof w.token);
    if (what.type == command_type::join) w.history = what.as<join>().history;
    ++waiting_count;
    if (by.result != nullptr) {
        if (by.result->ticket == 0) by.result->ticket = ++ticketed;
        w.ticket = by.result->ticket;
    }
    if (by.framed) out.sessions[by.slot].waiting = true;
}

error core::propose(const command_rule& rule, request& what, const offering& by,
                    const secret& made) noexcept {
    what.number = numbered + 1;
    const bool logged = env.log.fn != nullptr;
    if (logged) {
        stored answer = stored::yes;
        const error e = write(rule, what, answer);
        if (e == error::none || e == error::storage_failed) ++numbered;
        if (e != error::none) return e;
        if (answer == stored::pending || waiting_count != 0) {
            keep(what, by, made);
            return error::pending;
        }
    }
    applied done;
    if (what.type == command_type::join) {
        out.joiner = by.slot;
        out.join_history = what.as<join>().history;
    }
    if (what.type == command_type::resume) out.cursors = what.as<resume>().cursors;
    const error e = apply(rule, what, done, logged);
    if (e == error::none) {
        numbered = what.number;
        finish(rule, what, by, done, made);
    }
    out.joiner = nil;
    out.cursors = {};
    return e;
}

error core::boot_if_due() noexcept {
    if (!booting) return error::none;
    boot with;
    with.limits = how.limits;
    with.policies = in.booted ? in.rules : how.policies;
    with.features = view(features);
    const error e = offer_engine(command_type::boot, &with, nil);
    if (e == error::none || e == error::pending) {
        booting = false;
        return error::none;
    }
    return e;
}

error core::offer_engine(command_type type, void* body, u32 slot) noexcept {
    offering by;
    by.slot = slot;
    by.session = slot == nil ? 0 : out.sessions[slot].id;
    return offer(*known.find(type), body, by);
}

error core::offer(const command_rule& rule, void* body, const offering& by) noexcept {
    why = fault{};
    if (!timed) return why(error::no_time);
    const bool own = (rule.flags & engine_only) != 0;
    if (rule.type != command_type::boot) {
        if (error e = boot_if_due(); e != error::none) return e;
    }
    if (!own || rule.type == command_type::bind) {
        const error e = judge(*rule.shape, body, in.shared, names, more, why);
        if (e != error::none) return e;
    }
    if ((rule.flags & reads) != 0) return answer_read(rule, body, by);
    request what;
    what.type = rule.type;
    what.body = body;
    what.node = how.node;
    what.incarnation = how.incarnation;
    what.session = by.session;
    what.known.ref = by.ref;
    what.known.behalf = by.behalf;
    what.time = effective_time();
    secret made;
    error e = resolve(body, what, made);
    if (e == error::none) e = propose(rule, what, by, made);
    return e;
}

// Outcomes.

void core::see(const observation& seen) noexcept {
    if (env.observe.fn != nullptr) env.observe.fn(seen, env.observe.context);
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
    if (by.framed) {
        reply_data r;
        r.type = event_type::ok;
        r.ref = by.ref;
        r.done = {done.user, done.number, done.time, done.room, 0, {}, made.made};
        if (done.room != nil) r.done.room_id = in.rooms[done.room].id;
        std::memcpy(r.done.token, made.token, sizeof r.done.token);
        out.reply(by.slot, r);
    }
    const command as_command(what.type, what.body);
    observation seen;
    seen.session = session_id{what.session};
    if (what.user != nil) seen.user = user_id{in.users[what.user].id};
    seen.command = (rule.flags & engine_only) == 0 ? &as_command : nullptr;
    seen.ticket = by.result != nullptr ? by.result->ticket : 0;
    seen.number = done.number;
    seen.time = done.time;
    if (seen.command != nullptr) see(seen);
}

void core::refuse(const command_rule* rule, const void* body, const offering& by) noexcept {
    ++count.commands_refused;
    const reply_data r = refusal(why, by.ref);
    std::memcpy(found, r.refused.found, sizeof found);
    told = failure{};
    told.ref = by.ref;
    told.code = view(error_name(why.why));
    told.error = static_cast<std::int32_t>(why.why);
    told.field = view(why.field);
    told.limit = why.limit;
    told.value = why.value;
    told.at = why.at;
    told.found = {found, r.refused.found_size};
    told.retry_ms = why.retry_ms;
    told.text = view(error_text(why.why));
    const command as_command(rule != nullptr ? rule->type : command_type::none, body);
    observation seen;
    seen.session = session_id{by.session};
    if (by.slot != nil && out.sessions[by.slot].user != nil) {
        seen.user = user_id{in.users[out.sessions[by.slot].user].id};
    }
    seen.command = rule != nullptr ? &as_command : nullptr;
    seen.why = why.why;
    seen.at = why.at;
    seen.ticket = by.result != nullptr ? by.result->ticket : 0;
    seen.time = in.time;
    if (by.framed) out.reply(by.slot, r);
    see(seen);
}

static u32 asked_room(const state& in, std::string_view name, page_reply& page) noexcept {
    page.room = in.find_room(name);
    page.room_id = page.room == nil ? 0 : in.rooms[page.room].id;
    return page.room;
}

// Reads make no record; their reply is kept as what was asked, and read when it is told.
error core::answer_read(const command_rule& rule, const void* body, const offering& by) noexcept {
    const u32 user = out.sessions[by.slot].user;
    reply_data r;
    r.ref = by.ref;
    r.type = event_type::ok;
    if (rule.type == command_type::ping) {
        r.done.room = nil;
        r.done.time = effective_time();
        out.reply(by.slot, r);
        return error::none;
    }
    if (user == nil) return why(error::login_required);
    page_reply page{};
    page.room = nil;
    if (rule.type == command_type::rooms) {
        const chatroom::rooms& asked = *static_cast<const chatroom::rooms*>(body);
        r.type = event_type::rooms_page;
        page.number = asked.after;
        page.limit = asked.limit;
    } else if (rule.type == command_type::members) {
        const chatroom::members& asked = *static_cast<const chatroom::members*>(body);
        r.type = event_type::members_page;
        page.number = asked.after;
        page.limit = asked.limit;
        if (!in.can_see(user, false, asked_room(in, asked.room, page))) {
            return why(error::room_unknown, "room");
        }
    } else {
        const history& asked = *static_cast<const history*>(body);
        r.type = event_type::history_page;
        page.selector = asked.selector;
        page.number = asked.number;
        page.until = asked.until;
        page.limit = asked.limit;
        if (!in.can_see(user, false, asked_room(in, asked.room, page))) {
            return why(error::room_unknown, "room");
        }
    }
    r.page = page;
    ++count.commands_accepted;
    out.reply(by.slot, r);
    return error::none;
}

// Frames and typed commands.

void core::bad_frame(u32 slot) noexcept {
    ++count.frames_unreadable;
    session_data& d = out.sessions[slot];
    if (++d.bad_frames < how.budgets.bad_frames_max) return;
    bye last;
    last.code = view(error_name(error::frame_malformed));
    out.tell(slot, last);
    if (d.who.id != 0) out.end(slot);
}

static void fill_room(const command_rule& rule, void* body, std::string_view room) noexcept {
    for (u32 i = 0; i < rule.shape->count; ++i) {
        const described_member& m = rule.shape->members[i];
        if (m.bound == bound::room_name && m.kind == kind::text && text_of(body, m).empty()) {
            text_of(body, m) = room;
        }
    }
}

error core::take_frame(u32 slot, std::string_view frame) noexcept {
    const session_data& d = out.sessions[slot];
    const codec* by_codec = out.codecs[static_cast<u32>(d.wire)];
    offering by;
    by.slot = slot;
    by.session = d.id;
    by.framed = true;
    more.used = 0;
    why = fault{};
    decoded got;
    error e = error::none;
    if (by_codec == nullptr) {
        e = why(error::codec_missing);
    } else if (frame.size() > d.frame_bytes_max) {
        e = why(error::frame_too_long, "frame_bytes_max", d.frame_bytes_max, frame.size());
    } else {
        e = by_codec->decode(known, frame, more, got, why);
    }
    by.ref = got.ref;
    if (e != error::none) {
        refuse(nullptr, nullptr, by);
        if (e == error::frame_malformed || e == error::frame_too_long) bad_frame(slot);
        return e;
    }
    if (got.help) {
        reply_data r;
        r.type = event_type::help;
        out.reply(slot, r);
        return error::none;
    }
    if (d.wire == wire::lines && d.room != nil) fill_room(*got.rule, got.body, in.name(d.room));
    e = offer(*got.rule, got.body, by);
    if (e != error::none && e != error::pending) refuse(got.rule, got.body, by);
    return e;
}

error core::submit(u32 session, const command& what, u64 behalf, outcome* result) noexcept {
    more.used = 0;
    why = fault{};
    offering by;
    by.session = session;
    by.behalf = behalf;
    by.result = result;
    const bool by_host = session == static_cast<u32>(host);
    by.slot = by_host ? nil : out.find(session);
    const command_rule* rule = known.find(what.type);
    void* body = nullptr;
    error e = error::none;
    if (!by_host && (by.slot == nil || out.sessions[by.slot].who.id == 0)) {
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

constexpr u32 queued_head = 24;

error core::queue_frame(u32 session, std::string_view frame) noexcept {
    char* const at = queue.push(queued_head + static_cast<u32>(frame.size()));
    if (at == nullptr) return error::queue_full;
    store_le32(at, session);
    store_le32(at + 4, 0);
    store_le64(at + 8, 0);
    store_le64(at + 16, 0);
    if (!frame.empty()) std::memcpy(at + queued_head, frame.data(), frame.size());
    return error::queued;
}

error core::queue_command(u32 session, const command& what, u64 behalf,
                          outcome& result) noexcept {
    const command_rule* rule = known.find(what.type);
    if (rule == nullptr) return error::op_unknown;
    if ((rule->flags & (engine_only | reads)) != 0) return error::invalid_argument;
    byte_writer measured{nullptr, queue.capacity};
    encode_members(measured, *rule->shape, what.body);
    if (measured.full) return error::queue_full;
    char* const at = queue.push(queued_head + static_cast<u32>(measured.size));
    if (at == nullptr) return error::queue_full;
    result.ticket = ++ticketed;
    store_le32(at, session);
    store_le32(at + 4, static_cast<u32>(what.type));
    store_le64(at + 8, behalf);
    store_le64(at + 16, result.ticket);
    byte_writer to{at + queued_head, measured.size};
    encode_members(to, *rule->shape, what.body);
    return error::queued;
}

bool core::run_queued(std::string_view entry) noexcept {
    const u32 session = load_le32(entry.data());
    const command_type type = static_cast<command_type>(load_le32(entry.data() + 4));
    const char* const rest = entry.data() + queued_head;
    const char* const end = entry.data() + entry.size();
    if (type == command_type::none) {
        const u32 slot = out.find(session);
        if (slot == nil || out.sessions[slot].who.id == 0) return true;
        const session_data& d = out.sessions[slot];
        if (d.replying || d.waiting) return false;
        take_frame(slot, {rest, static_cast<std::size_t>(end - rest)});
        return true;
    }
    outcome result;
    result.ticket = load_le64(entry.data() + 16);
    const command_rule* rule = known.find(type);
    more.used = 0;
    void* const body = more.take(rule->shape->bytes);
    std::memset(body, 0, rule->shape->bytes);
    byte_reader from{rest, end};
    if (!decode_members(from, *rule->shape, body, more)) return true;
    // `submit` begins with empty scratch; what was decoded lies in the queue and the scratch.
    const std::size_t keep_used = more.used;
    more.base += keep_used;
    more.capacity -= keep_used;
    submit(session, command(type, body), load_le64(entry.data() + 8), &result);
    more.base -= keep_used;
    more.capacity += keep_used;
    return true;
}

// The entry at hand stays in the queue while it runs, since its texts are read there.
void core::run_queue() noexcept {
    u32 put_off = 0;
    for (u32 n = 0; n < how.budgets.queued_per_call && !queue.empty() && n >= put_off; ++n) {
        const std::string_view entry = queue.front();
        if (run_queued(entry)) {
            queue.pop();
            continue;
        }
        ++put_off;
        const u32 size = static_cast<u32>(entry.size());
        char* const again = queue.push(size);   // Behind the others: it must wait for its turn.
        if (again == nullptr) return;
        std::memcpy(again, queue.front().data(), size);
        queue.pop();
    }
}

// Records that the log has stored.

error core::decode(std::string_view bytes, const command_rule*& rule, void*& body,
                   request& what) noexcept {
    if (record_size(bytes) != bytes.size() || bytes.empty()) return why(error::record_invalid);
    what = decode_head(bytes);
    const u32 node = in.find_node(what.node);
    if (node != nil) {
        const node_data& n = in.nodes[node];
        if (what.incarnation < n.incarnation) return why(error::incarnation_stale);
        if (what.incarnation == n.incarnation && what.number <= n.number) {
            return why(error::already_applied);
        }
    }
    const bool begun = node != nil && what.incarnation == in.nodes[node].incarnation;
    if (begun == (what.type == command_type::boot)) return why(error::record_invalid);
    rule = known.find(what.type);
    if (rule == nullptr) return why(error::feature_missing);
    if ((rule->flags & reads) != 0) return why(error::record_invalid);
    more.used = 0;
    body = more.take(rule->shape->bytes);
    if (body == nullptr) return why(error::record_invalid);
    std::memset(body, 0, rule->shape->bytes);
    what.body = body;
    if (!decode_record(bytes, *rule->shape, body, what.known, more)) {
        return why(error::record_invalid);
    }
    if (judge(*rule->shape, body, in.shared, nullptr, more, why) != error::none) {
        return why(error::record_invalid, why.field);
    }
    return error::none;
}

pending_record* core::find_waiting(u64 number) noexcept {
    if (waiting_count == 0) return nullptr;
    for (u32 i = 0; i < how.limits.records_pending_max; ++i) {
        if (waiting[i].used && waiting[i].number == number) return &waiting[i];
    }
    return nullptr;
}

error core::commit(std::string_view bytes, chatroom::origin origin) noexcept {
    const command_rule* rule = nullptr;
    void* body = nullptr;
    request what;
    why = fault{};
    if (error e = decode(bytes, rule, body, what); e != error::none) return e;
    const bool own = what.node == how.node && what.incarnation == how.incarnation;
    pending_record* const w = own ? find_waiting(what.number) : nullptr;
    offering by;
    outcome result;
    secret made;
    if (w != nullptr) {
        const pending_record kept = *w;
        w->used = false;
        --waiting_count;
        by.slot = out.find(kept.session);
        if (by.slot != nil) {
            out.sessions[by.slot].waiting = false;
            out.sessions[by.slot].unbinding = false;
        }
        by.session = kept.session;
        by.ref = kept.ref;
        by.framed = kept.framed && by.slot != nil;
        result.ticket = kept.ticket;
        by.result = kept.ticket != 0 ? &result : nullptr;
        made.made = kept.has_token;
        std::memcpy(made.token, kept.token, sizeof made.token);
        if (what.type == command_type::join) out.joiner = by.slot;
        if (what.type == command_type::join) out.join_history = kept.history;
    }
    if (what.type == command_type::resume) out.cursors = what.as<resume>().cursors;
    applied done;
    const error e = apply(*rule, what, done, true);
    if (w != nullptr) {
        if (e == error::none) finish(*rule, what, by, done, made);
        if (e != error::none) refuse(rule, body, by);
    } else if ((rule->flags & engine_only) == 0) {
        const command as_command(what.type, body);
        observation seen;
        seen.origin = origin;
        if (what.user != nil) seen.user = user_id{in.users[what.user].id};
        seen.command = &as_command;
        seen.why = e;
        seen.number = done.number;
        seen.time = in.time;
        see(seen);
    }
    out.joiner = nil;
    out.cursors = {};
    if (own) numbered = larger(numbered, what.number);
    // A refused command is no failure of the record; a log that does not fit this engine is.
    return what.type == command_type::boot ? e : error::none;
}

void core::give_up(pending_record& w) noexcept {
    const pending_record kept = w;
    w.used = false;
    --waiting_count;
    if (kept.session == 0) booting = true;   // Only a boot is nobody's and must come again.
    offering by;
    outcome result;
    result.ticket = kept.ticket;
    by.slot = out.find(kept.session);
    by.session = kept.session;
    by.ref = kept.ref;
    by.result = kept.ticket != 0 ? &result : nullptr;
    if (by.slot != nil) {
        out.sessions[by.slot].waiting = false;
        out.sessions[by.slot].unbinding = false;
        by.framed = kept.framed;
    }
    why = fault{};
    why(error::storage_failed);
    refuse(nullptr, nullptr, by);
}

error core::restore(std::string_view snapshot) noexcept {
    if (in.event != 0) return why(error::invalid_argument);
    in.watch = {};
    const error e = read_snapshot(in, snapshot, why);
    if (e != error::none) {
        const fault kept = why;
        in.reset();
        in.rules = how.policies;
        why = kept;
        offering nobody;
        refuse(nullptr, nullptr, nobody);
    }
    in.watch = {watch_state, this};
    out.restored();
    return e;
}

// Time, and what is due.

void core::reap_ended() noexcept {
    u32* link = &out.ended_first;
    while (*link != nil) {
        const u32 slot = *link;
        session_data& d = out.sessions[slot];
        if (d.user != nil && !d.unbinding) {
            unbind nothing;
            if (offer_engine(command_type::unbind, &nothing, slot) == error::pending) {
                d.unbinding = true;
            }
        }
        if (d.user == nil && !d.waiting && !d.unbinding) {
            *link = d.ended_next;
            out.free_session(slot);
        } else {
            link = &d.ended_next;
        }
    }
}

void core::tick() noexcept {
    if (boot_if_due() != error::none) return;
    const u64 time = effective_time();
    if (in.due() <= time && time - smaller(advanced_at, time) >= in.rules.advance_ms) {
        detail::advance nothing;
        const error e = offer_engine(command_type::advance, &nothing, nil);
        if (e == error::none || e == error::pending) advanced_at = time;
    }
    if (time - smaller(counted_at, time) >= how.budgets.presence_ms) {
        counted_at = time;
        out.tell_counts();
    }
}

u64 core::next_due() const noexcept {
    if (!out.idle() || !queue.empty() || booting || !timed) return 0;
    const u64 time = effective_time();
    u64 next = in.due();
    if (next != ~u64{0}) next = larger(next, advanced_at + in.rules.advance_ms);
    if (out.count_first != nil) next = smaller(next, counted_at + how.budgets.presence_ms);
    if (out.ended_first != nil) next = smaller(next, time + in.rules.advance_ms);
    if (next == ~u64{0}) return next;
    return next <= time ? 0 : next - time;
}

}  // namespace chatroom::detail
