#include "core.hpp"

namespace chatroom::detail {

// Commands on their way. The host's are written when they are asked for, the client's own when
// they leave: then they say what is so by then.

void client_core::link(chain_of_commands& to, u32 slot) noexcept {
    commands[slot].previous = to.last;
    commands[slot].next = nil;
    (to.last != nil ? commands[to.last].next : to.first) = slot;
    to.last = slot;
}

void client_core::unlink(chain_of_commands& from, u32 slot) noexcept {
    const held_command& c = commands[slot];
    (c.previous != nil ? commands[c.previous].next : from.first) = c.next;
    (c.next != nil ? commands[c.next].previous : from.last) = c.previous;
}

void client_core::free_command(u32 slot) noexcept {
    if (commands[slot].by_host()) --asks;
    texts.give(commands[slot].text);
    commands.give(slot);
}

void client_core::release_frame(held_command& c) noexcept {
    ask_bytes -= static_cast<u32>(texts.view(c.text).size());
    texts.give(c.text);
    c.text = nil;
}

u32 client_core::outgoing_max() const noexcept {
    const u32 theirs = limits.frame_bytes_max;
    return theirs != 0 ? smaller(theirs, how.frame_bytes_max) : how.frame_bytes_max;
}

error client_core::take_ask(errand what, command_type type, u64 tag, u32& slot) noexcept {
    if (asks == how.asks_max || commands.full()) return error::queue_full;
    slot = commands.take();
    ++asks;
    held_command& c = commands[slot];
    c.what = what;
    c.type = type;
    c.tag = tag;
    return error::none;
}

error client_core::ask(errand what, const described& shape, const void* body, u64 tag) noexcept {
    if (!greeted) return error::offline;
    u32 slot = nil;
    const command_type type = static_cast<command_type>(shape.type);
    if (error e = take_ask(what, type, tag, slot); e != error::none) return e;
    const u32 frame_max = outgoing_max();
    const u32 place = smaller(frame_max, how.ask_bytes_max - ask_bytes);
    const u32 text = texts.take(place);
    const std::size_t size =
        text == nil ? 0 : frames->write(shape, body, refs + 1, texts.at(text), place);
    if (size == 0) {
        if (text != nil) texts.give(text);
        free_command(slot);
        return place == frame_max ? error::frame_too_long : error::queue_full;
    }
    texts.shrink_last(text, static_cast<u32>(size));
    ask_bytes += static_cast<u32>(size);
    commands[slot].ref = ++refs;
    commands[slot].text = text;
    link(queue, slot);
    return error::none;
}

error client_core::ask_as_user(errand what, const described& shape, const void* body,
                               u64 tag) noexcept {
    return state == client_state::online ? ask(what, shape, body, tag) : error::offline;
}

// There is a place for each that a sound server can make necessary.
void client_core::send_command(errand what, u32 room, u64 number) noexcept {
    if (!greeted) return;
    if (commands.full()) {
        if (!wants_close) break_off(error::queue_full);
        return;
    }
    const u32 slot = commands.take();
    held_command& c = commands[slot];
    c.what = what;
    c.room = room;
    c.number = number;
    c.ref = ++refs;
    link(queue, slot);
}

// Writing.

std::size_t client_core::write_resume(const held_command& c) noexcept {
    // Rooms without a cursor come, too; what was missed in them is read from history. So as many
    // cursors as fit, which nobody knows before they are written.
    cursor* const cursors = reinterpret_cast<cursor*>(more.texts.base);
    more.texts.used = more.texts_of_frame = 0;
    u32 count = 0;
    const u32 places = static_cast<u32>(more.texts.capacity / sizeof(cursor));
    const u32 told = limits.rooms_per_user_max;
    const u32 most = told != 0 ? smaller(told, places) : places;
    for (u32 i = 0; i < rooms_count && count < most; ++i) {
        const held_room& r = rooms[order[i]];
        if (r.id != 0) cursors[count++] = {name(order[i]), r.messages.last, r.id};
    }
    for (;; count -= count / 8 + 1) {
        resume what;
        what.token = tokens[0].view();
        what.cursors = {cursors, count};
        const std::size_t size =
            frames->write(shape_command_resume, &what, c.ref, frame, outgoing_max());
        if (size != 0 || count == 0) return size;
    }
}

std::size_t client_core::write(const held_command& c) noexcept {
    const auto out = [this, &c](const described& shape, const void* body) noexcept {
        return frames->write(shape, body, c.ref, frame, outgoing_max());
    };
    if (c.text != nil) {
        const std::string_view whole = texts.view(c.text);
        std::memcpy(frame, whole.data(), whole.size());
        return whole.size();
    }
    const std::string_view room = c.room != nil ? name(c.room) : std::string_view{};
    switch (c.what) {
    case errand::guest: {
        guest what;
        what.nick = login != nil ? login_nick.view() : nick.view();
        return out(shape_command_guest, &what);
    }
    case errand::resume: return write_resume(c);
    case errand::spare_token: return out(shape_command_token, nullptr);
    case errand::rejoin: {
        const join what{room, how.join_history};
        return out(shape_command_join, &what);
    }
    case errand::older: {
        const history what{room, selector::before, c.number};
        return out(shape_command_history, &what);
    }
    case errand::fill: {
        const u32 at = c.room == nil ? nowhere : rooms[c.room].messages.find(c.number - 1);
        const u64 from = at == nowhere ? c.number - 1 : rooms[c.room].messages.entries[at].from;
        const history what{room, selector::between, c.number, from - 1};
        return out(shape_command_history, &what);
    }
    case errand::members: {
        const chatroom::members what{room, c.number};
        return out(shape_command_members, &what);
    }
    case errand::list_rooms: {
        const chatroom::rooms what{c.number};
        return out(shape_command_rooms, &what);
    }
    case errand::post: return write_post(c);
    default: return out(shape_command_ping, nullptr);
    }
}

void client_core::left(held_command& c) noexcept {
    c.left = true;
    ++under_way;
    release_frame(c);
    held_post* const p = c.what == errand::post ? find_post(c.number) : nullptr;
    if (p == nullptr) return;
    p->sent = true;
    p->after = rooms[p->room].messages.last;
}

// Replies. They come in order; to a frame that could not be read one comes without its `ref`.

error client_core::refusal_of(const held_command& c, const incoming& in) const noexcept {
    if (in.type() == event_type::failure) {
        const error code = in.as<failure>().error;
        return code != error::none ? code : error::reply_invalid;
    }
    event_type expected = event_type::ok;
    if (c.what == errand::fill || c.what == errand::older || c.type == command_type::history) {
        expected = event_type::history_page;
    } else if (c.what == errand::members || c.type == command_type::members) {
        expected = event_type::members_page;
    } else if (c.type == command_type::rooms) {
        expected = event_type::rooms_page;
    }
    return in.type() == expected ? error::none : error::reply_invalid;
}

void client_core::answer_command(const incoming& in) noexcept {
    const u64 ref = in.as<ok>().ref;   // In every reply the first member.
    u32 slot = queue.first;
    while (slot != nil && commands[slot].left && ref != 0 && commands[slot].ref != ref) {
        slot = commands[slot].next;
    }
    if (slot == nil || !commands[slot].left) {
        ++faults;
        return;
    }
    unlink(queue, slot);
    --under_way;
    answer by{refusal_of(commands[slot], in), &in, nullptr};
    if (in.type() == event_type::failure) by.refusal = &in.as<failure>();
    if (by.why == error::reply_invalid) ++faults;
    settle(slot, by);
}

// A host's command is told of at the end of the call; the client's own are none of its business.
void client_core::conclude(u32 slot, error as, const ok* reply, const failure* refusal) noexcept {
    held_command& c = commands[slot];
    if (!c.by_host()) return free_command(slot);
    c.why = as;
    c.reply = reply;
    c.refusal = refusal;
    link(done, slot);
}

// What becomes of a command that is in no chain any more.
void client_core::settle(u32 slot, const answer& by) noexcept {
    held_command& c = commands[slot];
    release_frame(c);
    switch (c.what) {
    case errand::guest:
    case errand::resume:
    case errand::spare_token:
    case errand::logout: return settle_login(slot, by);
    case errand::list_rooms: return settle_list(slot, by);
    case errand::asked:
    case errand::enter:
    case errand::leave:
    case errand::older:
    case errand::rejoin:
    case errand::fill:
    case errand::members: return settle_room(slot, by);
    case errand::post: posted(c.number, by); break;
    case errand::login:
    case errand::ping: break;
    }
    conclude(slot, by.why, by.done(), by.refusal);
}

void client_core::settle_room(u32 slot, const answer& by) noexcept {
    const held_command c = commands[slot];
    const bool fine = by.why == error::none;
    const incoming_list page{frames, by.in, &more};
    if (c.what == errand::enter && fine) {
        const std::string_view entered = by.in->as<ok>().room;
        const u32 there = find_room(entered);
        if (there == nil || !rooms[there].live) {
            commands[slot].text = texts.keep(cut_text(entered, 64));
            return link(entering, slot);
        }
    } else if (c.what == errand::asked && fine && c.type == command_type::members) {
        const u32 room = find_room(by.in->as<members_page>().room);
        if (room != nil) take_members(room, *by.in, c.number);
    } else if (c.what == errand::leave && by.why == error::room_unknown) {
        if (c.room != nil) drop_room(c.room);
    } else if (c.what == errand::rejoin && !fine && by.why != error::connection_lost) {
        if (c.room != nil) drop_room(c.room);
    } else if (c.what == errand::members && c.room != nil) {
        if (fine) take_members(c.room, *by.in, c.number);
        else rooms[c.room].people.give_up();
    } else if (c.what == errand::older && c.room != nil) {
        held_room& r = rooms[c.room];
        r.loading = false;
        if (fine) {
            bool all = true;
            const bool complete = by.in->as<history_page>().complete;
            note_all(c.room, r.messages.prepend(c.number, page, complete, all));
            count_page(c.room, page, false);
            if (!all) return conclude(slot, error::limit_too_small, nullptr, nullptr);
        }
    } else if (c.what == errand::fill && c.room != nil) {
        held_room& r = rooms[c.room];
        r.filling = false;
        if (by.why != error::connection_lost) {
            // A page that was refused says no more than an empty one.
            const bool complete = !fine || by.in->as<history_page>().complete;
            const incoming_list none{frames, nullptr, &more};
            note_all(c.room, r.messages.fill(c.number, fine ? page : none, complete));
            if (fine) count_page(c.room, page, true);
            note_all(c.room, r.messages.trim(true));
            advance(c.room);
        }
    }
    conclude(slot, by.why, by.done(), by.refusal);
}

// A page of the list of rooms is told item by item, at once: they stand in the frame.
void client_core::settle_list(u32 slot, const answer& by) noexcept {
    constexpr u32 pages_max = 100;
    if (by.why != error::none) return conclude(slot, by.why, nullptr, by.refusal);
    const incoming_list page{frames, by.in, &more};
    u32 at = 0;
    client_change what;
    what.what = client_news::listed;
    what.tag = commands[slot].tag;
    for (room_item item; page.next(at, item);) {
        if (item.room.empty()) continue;
        what.item = &item;
        what.room = item.room;
        tell(what);
    }
    const rooms_page& told = by.in->as<rooms_page>();
    held_command& c = commands[slot];
    if (told.complete || told.next <= c.number || ++c.pages >= pages_max) {
        return conclude(slot, error::none, nullptr, nullptr);
    }
    if (!greeted) return conclude(slot, error::connection_lost, nullptr, nullptr);
    c.number = told.next;
    c.left = false;
    c.ref = ++refs;
    link(queue, slot);
}

error client_core::ask_older(u32 slot, u64 tag) noexcept {
    held_room& r = rooms[slot];
    if (!r.live) return error::offline;
    u32 command = nil;
    const error e = take_ask(errand::older, command_type::history, tag, command);
    if (e != error::none) return e;
    if (r.messages.complete || r.loading) {
        conclude(command, error::none, nullptr, nullptr);
        return error::none;
    }
    r.loading = true;
    held_command& c = commands[command];
    c.room = slot;
    c.number = r.messages.begin;
    c.ref = ++refs;
    link(queue, command);
    return error::none;
}

}  // namespace chatroom::detail
