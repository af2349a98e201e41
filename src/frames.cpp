#include "core.hpp"

#include <cstring>
#include <new>

#include "edge/protocol.hpp"

namespace chatroom::detail {

// What sessions with frames need and typed ones do not: frames in, replies out. Linked with any
// of the codecs.

// Each kind of reply has a function that is not inlined, so that none has the stack of another.

[[gnu::noinline]] static bool send_help(outbox& o, u32 session) noexcept {
    session_data& d = o.sessions[session];
    if (d.paused || d.ended || !d.greeted) return false;
    const codec& by = *o.codecs[static_cast<u32>(d.wire)];
    const std::size_t size = by.help(*o.known, o.frame, d.frame_bytes_max);
    const help told{{o.frame, size}};
    o.deliver_to(session, told, size);
    const bool taken = !d.missed && !d.ended;
    o.settle();
    return taken;
}

[[gnu::noinline]] static bool send_refused(outbox& o, u32 session) noexcept {
    const reply_data& r = o.replies[session];
    failure told;
    told.ref = r.ref;
    told.error = r.why;
    told.field = view(r.refused.field);
    told.limit = r.refused.limit;
    told.value = r.refused.value;
    told.at = r.refused.at;
    told.retry_ms = r.refused.retry_ms;
    told.found = {r.refused.found, r.found_size};
    return o.tell(session, told);
}

[[gnu::noinline]] static bool send_done(outbox& o, u32 session) noexcept {
    const reply_data& r = o.replies[session];
    const u32 user = o.sessions[session].user;
    char token[32];
    ok told;
    told.ref = r.ref;
    told.time = r.done.time;
    told.number = r.done.number;
    if (r.done.user != 0 && user != nil) {
        told.user = r.done.user;
        told.nick = o.in->nick(user);
    }
    const u32 room = r.done.room;
    if (room != nil && o.in->rooms[room].id == r.done.room_id) told.room = o.in->name(room);
    if (r.done.has_token) {
        to_hex(r.done.token, token);
        told.token = {token, sizeof token};
    }
    return o.tell(session, told);
}

// One of the pages, as a reply says which.
union page_body {
    history_page messages;
    rooms_page listed;
    members_page people;

    page_body() noexcept {}
};

// Reads what a page reply describes. @return the event; nothing, and why, when the room is gone
static event read_page(const outbox& o, u32 user, const reply_data& r, void* items, u32 capacity,
                       page_body& into, u32& n, error& why) noexcept {
    const state& in = *o.in;
    const asker who{user, false};
    const bool same = r.page.room != nil && in.rooms[r.page.room].id == r.page.room_id;
    const u32 room = same ? r.page.room : nil;
    if (r.type == event_type::history_page) {
        history_page& page = *new (&into.messages) history_page;
        const history wanted{{}, r.page.selector, r.page.number, r.page.until, r.page.limit};
        why = read_history(in, who, room, wanted, static_cast<message*>(items), capacity, page);
        n = static_cast<u32>(page.messages.size);
        page.ref = r.ref;
        return page;
    }
    if (r.type == event_type::rooms_page) {
        rooms_page& page = *new (&into.listed) rooms_page;
        why = read_rooms(in, {r.page.number, r.page.limit}, static_cast<room_item*>(items),
                         capacity, page);
        n = static_cast<u32>(page.rooms.size);
        page.ref = r.ref;
        return page;
    }
    members_page& page = *new (&into.people) members_page;
    why = read_members(in, who, room, {{}, r.page.number, r.page.limit},
                       static_cast<member_item*>(items), capacity, page);
    n = static_cast<u32>(page.members.size);
    page.ref = r.ref;
    return page;
}

// A page that does not fit the session's frames is read again with half as many items; a single
// message that does not fit is told without its text. What still does not fit is refused: no client
// is to wait for an answer that never comes.
//
// @param taken  whether the session took it
// @return why there is no page to send
[[gnu::noinline]] static error send_page(outbox& o, u32 session, bool& taken) noexcept {
    const reply_data& r = o.replies[session];
    const session_data& d = o.sessions[session];
    taken = false;
    if (d.paused || d.ended || !d.greeted) return error::none;
    u32 capacity = o.page_items_max;
    o.more->used = 0;   // The command that asked is done with it.
    void* const items = o.more->take(capacity * page_item_bytes);
    for (bool withhold = false;;) {
        page_body body;
        u32 n = 0;
        error why = error::none;
        const event what = read_page(o, d.user, r, items, capacity, body, n, why);
        if (why != error::none) return why;   // The room is gone since it was asked for.
        if (withhold) {
            message& alone = *static_cast<message*>(items);
            alone.bytes = static_cast<u32>(alone.text.size());
            alone.text = {};
        }
        const codec& by = *o.codecs[static_cast<u32>(d.wire)];
        const std::size_t size = by.encode(what, o.frame, d.frame_bytes_max);
        if (size != 0) {
            o.deliver_to(session, what, size);
            taken = !d.missed && !d.ended;
            o.settle();
            return error::none;
        }
        if (n > 1) {
            capacity = n / 2;
        } else if (n == 1 && r.type == event_type::history_page && !withhold) {
            withhold = true;
        } else {
            return error::frame_too_long;
        }
    }
}

static void become_refusal(reply_data& r, error why, u32 frame_bytes_max) noexcept {
    r.type = event_type::failure;
    r.why = why;
    r.found_size = 0;
    r.refused = {0, 0, 0, {}, "room", 0};
    if (why != error::frame_too_long) return;
    r.refused.field = "frame_bytes_max";
    r.refused.limit = frame_bytes_max;
}

// @return whether the session took it; else it stays outstanding.
static bool send_reply(outbox& o, u32 session) noexcept {
    reply_data& r = o.replies[session];
    bool taken = false;
    switch (r.type) {
    case event_type::failure: taken = send_refused(o, session); break;
    case event_type::ok: taken = send_done(o, session); break;
    case event_type::help: taken = send_help(o, session); break;
    default:
        if (const error why = send_page(o, session, taken); why != error::none) {
            become_refusal(r, why, o.sessions[session].frame_bytes_max);
            taken = send_refused(o, session);
        }
        break;
    }
    if (taken) o.sessions[session].replying = false;
    return taken;
}

// A reply to be filled in, and then sent.
[[gnu::noinline]] static reply_data& new_reply(outbox& o, u32 session, event_type type,
                                               u64 ref) noexcept {
    reply_data& r = o.replies[session];
    r.type = type;
    r.ref = ref;
    o.sessions[session].replying = true;
    return r;
}

static void reply_done(core& c, const offering& by, const applied& done,
                       const secret& made) noexcept {
    reply_data& r = new_reply(c.out, by.slot, event_type::ok, by.ref);
    r.done = {done.user, done.number, done.time, 0, {}, done.room, made.made};
    if (done.room != nil) r.done.room_id = c.in.rooms[done.room].id;
    if (made.made) std::memcpy(r.done.token, made.token, sizeof r.done.token);
    send_reply(c.out, by.slot);
}

static void reply_refused(core& c, const offering& by) noexcept {
    const fault& why = c.why;
    reply_data& r = new_reply(c.out, by.slot, event_type::failure, by.ref);
    r.why = why.error;
    r.refused = {why.limit, why.value, why.retry_ms, {}, why.which(), static_cast<u32>(why.at)};
    r.found_size =
        static_cast<u8>(copy_words(why.found, r.refused.found, sizeof r.refused.found));
    send_reply(c.out, by.slot);
}

// Keeps what a read asks for.
static error note_read(core& c, const command_rule& rule, const void* body, u32 user,
                       reply_data& r) noexcept {
    if (rule.type == command_type::ping) {
        r.done = {};
        r.done.time = c.effective_time();
        return error::none;
    }
    page_reply& page = r.page = {};
    std::string_view room;
    if (rule.type == command_type::rooms) {
        const chatroom::rooms& asked = *static_cast<const chatroom::rooms*>(body);
        r.type = event_type::rooms_page;
        page.number = asked.after;
        page.limit = asked.limit;
        return error::none;
    }
    if (rule.type == command_type::members) {
        const chatroom::members& asked = *static_cast<const chatroom::members*>(body);
        r.type = event_type::members_page;
        page.number = asked.after;
        page.limit = asked.limit;
        room = asked.room;
    } else {
        const history& asked = *static_cast<const history*>(body);
        r.type = event_type::history_page;
        page.selector = asked.selector;
        page.number = asked.number;
        page.until = asked.until;
        page.limit = asked.limit;
        room = asked.room;
    }
    page.room = c.in.find_room(room);
    if (!c.in.can_see(user, false, page.room)) return c.why(error::room_unknown, "room");
    page.room_id = c.in.rooms[page.room].id;
    return error::none;
}

[[gnu::noinline]] static void observe_read(core& c, const command_rule& rule, const void* body,
                                           u32 user, const offering& by) noexcept {
    const command as_command(rule.type, body);
    applied nothing;
    nothing.time = c.in.time;
    c.see(by, &as_command, user != nil ? c.in.users[user].id : 0, nothing);
}

// Reads make no record; their reply is kept as what was asked, and read when it is told.
static error answer_read(core& c, const command_rule& rule, const void* body,
                         const offering& by) noexcept {
    const u32 user = c.out.sessions[by.slot].user;
    reply_data& r = new_reply(c.out, by.slot, event_type::ok, by.ref);
    if (error e = note_read(c, rule, body, user, r); e != error::none) return e;
    ++c.count.commands_accepted;
    observe_read(c, rule, body, user, by);   // A page is put together where the command lies.
    send_reply(c.out, by.slot);
    return error::none;
}

static void bad_frame(core& c, u32 slot) noexcept {
    ++c.count.frames_unreadable;
    session_data& d = c.out.sessions[slot];
    if (++d.bad_frames < c.pace.bad_frames_max) return;
    bye last;
    last.error = error::frame_malformed;
    c.out.tell(slot, last);
    if (!d.ended) c.out.end(slot);
}

// What a frame says, and whether its session may say it.
[[gnu::noinline]] static error read_frame(core& c, u32 slot, std::string_view frame,
                                          decoded& got) noexcept {
    const session_data& d = c.out.sessions[slot];
    const codec* by_codec = c.out.codecs[static_cast<u32>(d.wire)];
    c.more.used = 0;
    c.why.clear();
    if (by_codec == nullptr) return c.why(error::codec_missing);
    if (frame.size() > d.frame_bytes_max) {
        return c.why(error::frame_too_long, "frame_bytes_max", d.frame_bytes_max, frame.size());
    }
    return by_codec->decode(c.known, frame, c.more, got, c.why);
}

// Runs the command that a frame held. A refusal is told by the caller.
static error run_frame(core& c, const decoded& got, const offering& by) noexcept {
    const session_data& d = c.out.sessions[by.slot];
    if (d.wire == wire::lines && d.room != nil && takes_current_room(*got.rule->shape)) {
        fill_room(*got.rule->shape, got.body, c.in.name(d.room));
    }
    // Who is nobody yet is told so first, whatever else is wrong.
    constexpr u8 open_to_all = needs_none | host_only | engine_only;
    const bool open = (got.rule->flags & open_to_all) != 0 || got.rule->type == command_type::ping;
    if (d.user == nil && !open) return c.why(error::login_required);
    if ((got.rule->flags & reads) == 0) return c.offer(*got.rule, got.body, by);
    const error e = judge(*got.rule->shape, got.body, c.in.shared, *c.names, c.more, c.why);
    return e != error::none ? e : answer_read(c, *got.rule, got.body, by);
}

static error take_frame(core& c, u32 slot, std::string_view frame) noexcept {
    offering by;
    by.slot = slot;
    by.session = c.out.sessions[slot].id;
    by.framed = true;
    decoded got;
    error e = read_frame(c, slot, frame, got);
    by.ref = got.ref;
    if (e != error::none) {
        c.refuse(nullptr, nullptr, by);
        if (e == error::frame_malformed || e == error::frame_too_long) bad_frame(c, slot);
        return e;
    }
    by.quiet = got.quiet;
    if (got.nothing) return error::none;
    if (got.help) {
        new_reply(c.out, slot, event_type::help, 0);
        send_reply(c.out, slot);
        return error::none;
    }
    e = run_frame(c, got, by);
    if (e != error::none && e != error::pending) c.refuse(got.rule, got.body, by);
    return e;
}

const framing& frames() noexcept {
    static constexpr framing all{take_frame, send_reply, reply_done, reply_refused};
    return all;
}

}  // namespace chatroom::detail
