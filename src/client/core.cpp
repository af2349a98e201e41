#include "core.hpp"

namespace chatroom::detail {

static constexpr u32 commands_of(const client_config& how) noexcept {
    return how.asks_max + how.posts_max + how.rooms_max * 4 + 8;
}

void client_core::claim(arena& memory) noexcept {
    rules = {&texts, how.entries_max, how.text_bytes_max, how.fill_max};
    const u32 places = how.rooms_max;
    const u64 members_of_all = u64{places} * how.members_max;
    more.members = static_cast<json_member*>(
        memory.take(json_places * sizeof(json_member), alignof(json_member)));
    more.elements = static_cast<json_member*>(
        memory.take(json_places * sizeof(json_member), alignof(json_member)));
    more.texts.capacity = std::size_t{how.frame_bytes_max} + 64;
    more.texts.base = static_cast<char*>(memory.take(more.texts.capacity, 8));
    frame = static_cast<char*>(memory.take(how.frame_bytes_max, 1));
    rooms.claim(memory, places);
    order = static_cast<u32*>(memory.take(places * sizeof(u32), alignof(u32)));
    names.claim(memory, places, how.room_name_bytes_max);
    titles.claim(memory, places, how.title_bytes_max);
    topics.claim(memory, places, how.topic_bytes_max);
    rights.claim(memory, places, 32);
    entries = static_cast<entry_data*>(memory.take(
        u64{places} * rules.capacity() * sizeof(entry_data), alignof(entry_data)));
    members = static_cast<member_data*>(
        memory.take(members_of_all * sizeof(member_data), alignof(member_data)));
    nicks = static_cast<char*>(memory.take(members_of_all * how.nick_bytes_max, 1));
    commands.claim(memory, commands_of(how));
    posts = static_cast<held_post*>(
        memory.take(how.posts_max * sizeof(held_post), alignof(held_post)));
    texts.claim(memory,
                places * rules.text_capacity() + how.frame_bytes_max + how.post_bytes_max +
                    how.posts_max * text_store::cost(nonce_bytes) + how.ask_bytes_max +
                    how.asks_max * text_store::cost(64),
                places * rules.capacity() + how.posts_max + commands_of(how));
}

// The connection and the time.

void client_core::turn(client_state to) noexcept {
    if (state == to) return;
    state = to;
    note(client_news::state);
}

// The connection is of no more use.
void client_core::break_off(error as) noexcept {
    why = as;
    wants_close = true;
    note(client_news::close);
}

void client_core::connected() noexcept {
    heard_at = now;
    turn(client_state::connecting);
}

void client_core::disconnected() noexcept {
    greeted = pinged = wants_close = false;
    changed &= ~news_of(client_news::close);
    for (u32 i = 0; i < rooms_count; ++i) {
        held_room& r = rooms[order[i]];
        r.live = r.loading = r.filling = false;
        r.people.cut();
        r.people.read_at = 0;
    }
    if (state != client_state::ended) turn(client_state::offline);
    under_way = 0;
    const answer cut{error::connection_lost};
    while (queue.first != nil) {
        const u32 slot = queue.first;
        unlink(queue, slot);
        settle(slot, cut);
    }
    while (entering.first != nil) {
        const u32 slot = entering.first;
        unlink(entering, slot);
        conclude(slot, error::connection_lost, nullptr, nullptr);
    }
}

void client_core::receive(std::string_view got) noexcept {
    heard_at = now;
    pinged = false;
    incoming in;
    if (got.size() > how.frame_bytes_max || !frames->read(got, more, in) ||
        (in.type() == event_type::welcome) == greeted) {
        ++faults;
    } else {
        take(in);
    }
    finish();   // Here, while what it borrows from the frame is there.
}

void client_core::tick() noexcept {
    if (!is_connected()) return;
    for (u32 i = 0; i < rooms_count; ++i) read_members(order[i]);
    const u64 silence = now - heard_at;
    if (silence >= u64{how.ping_ms} * 2) {
        if (!wants_close) break_off(error::connection_lost);
    } else if (silence >= how.ping_ms && greeted && !pinged) {
        pinged = true;
        send_command(errand::ping, nil, 0);
    }
}

u64 client_core::next_tick() const noexcept {
    constexpr u64 never = ~u64{0};
    if (!is_connected()) return never;
    u64 at = heard_at + u64{how.ping_ms} * (pinged || !greeted ? 2 : 1);
    if (wants_close) at = never;
    for (u32 i = 0; i < rooms_count; ++i) {
        const roster& people = rooms[order[i]].people;
        if (people.waits()) at = smaller(at, people.read_at);
    }
    return at == never ? never : at > now ? at - now : 0;
}

// What the host hears, and then what leaves. A callback may call the client: what that changes is
// told, and what it asks for is sent, by the loop that is running.

void client_core::finish() noexcept {
    if (telling) return;
    do {
        while (tell_next()) {}
    } while (!sending && send_next());
}

void client_core::tell(const client_change& what) noexcept {
    telling = true;
    if (host.tell.fn != nullptr) host.tell.fn(what, host.tell.context);
    telling = false;
}

static client_news take_first(news& from) noexcept {
    u32 what = 1;
    while ((from & u32{1} << what) == 0) ++what;
    from &= ~(u32{1} << what);
    return static_cast<client_news>(what);
}

bool client_core::tell_next() noexcept {
    client_change what;
    if ((changed & news_of(client_news::state)) != 0) {
        changed &= ~news_of(client_news::state);
        what.what = client_news::state;
        tell(what);
        return true;
    }
    for (u32 i = 0; i < rooms_count; ++i) {
        if (tell_of_room(order[i])) return true;
    }
    if (rooms_gone != nil) {
        const u32 slot = rooms_gone;
        rooms_gone = rooms[slot].next_gone;
        tell_of_room(slot);
        rooms.give(slot);
        return true;
    }
    if (tell_done()) return true;
    if (changed == 0) return false;
    what.what = take_first(changed);
    tell(what);
    return true;
}

bool client_core::tell_of_room(u32 slot) noexcept {
    if (rooms[slot].changed == 0) return false;
    client_change what;
    what.what = take_first(rooms[slot].changed);
    what.room = name(slot);
    tell(what);
    return true;
}

bool client_core::tell_done() noexcept {
    const u32 slot = done.first;
    if (slot == nil) return false;
    unlink(done, slot);
    const held_command& c = commands[slot];
    client_change what;
    what.what = client_news::done;
    what.room = texts.view(c.text);
    what.tag = c.tag;
    what.command = c.type;
    what.why = c.why;
    what.reply = c.reply;
    what.refusal = c.refusal;
    tell(what);
    free_command(slot);
    return true;
}

bool client_core::send_next() noexcept {
    if (!greeted || under_way >= how.commands_max) return false;
    u32 slot = queue.first;
    while (slot != nil && commands[slot].left) slot = commands[slot].next;
    if (slot == nil) return false;
    const std::size_t size = write(commands[slot]);
    if (size == 0) {
        unlink(queue, slot);
        settle(slot, {error::frame_too_long});
        return true;
    }
    left(commands[slot]);
    sending = true;
    host.send.fn({frame, size}, host.send.context);
    sending = false;
    return true;
}

}  // namespace chatroom::detail
