#include "core.hpp"

namespace chatroom::detail {

// What the server tells.

void client_core::take(const incoming& in) noexcept {
    switch (in.type()) {
    case event_type::welcome: return take_welcome(in.as<welcome>());
    case event_type::ok:
    case event_type::failure:
    case event_type::history_page:
    case event_type::rooms_page:
    case event_type::members_page: return answer_command(in);
    case event_type::you: return take_you(in.as<you>());
    case event_type::resync: return take_resync();
    case event_type::caught_up: return take_caught_up();
    case event_type::bye: {
        turn(client_state::ended);
        const error said = in.as<bye>().error;
        return break_off(said != error::none ? said : error::reply_invalid);
    }
    case event_type::joined: return take_joined(in.as<joined>());
    case event_type::left: {
        const u32 slot = live_room(in.as<chatroom::left>().room);
        if (slot != nil) drop_room(slot);
        return;
    }
    case event_type::room: return take_room(in.as<chatroom::room>());
    case event_type::entered:
    case event_type::exited:
    case event_type::renamed: return take_notice(in);
    case event_type::message: return take_message(in.as<message>());
    case event_type::gap: return take_gap(in.as<gap>());
    case event_type::none:
    case event_type::help: return;   // Of a later version, or for people.
    }
}

// A server whose frames and names this client has no place for is not for it.
void client_core::take_welcome(const welcome& what) noexcept {
    limits = what;
    limits.features = {};
    why = error::none;
    greeted = true;
    if (what.frame_bytes_max > how.frame_bytes_max ||
        what.room_name_bytes_max > how.room_name_bytes_max) {
        turn(client_state::ended);
        return break_off(error::limit_too_small);
    }
    log_in();
}

// The host has logged this session in, or the nick is another.
void client_core::take_you(const you& what) noexcept {
    if (what.user == 0) {
        ++faults;
        return;
    }
    if (state == client_state::online) {
        nick.set(what.nick);
        return note(client_news::state);
    }
    if (what.user != user) forget_user();
    logged_in(what.user, what.nick, nullptr);
}

void client_core::take_resync() noexcept {
    for (u32 i = 0; i < rooms_count; ++i) {
        held_room& r = rooms[order[i]];
        r.live = r.loading = r.filling = false;
        r.people.cut();
    }
}

void client_core::take_caught_up() noexcept {
    for (u32 i = 0; i < rooms_count;) {
        const u32 slot = order[i];
        const bool lost = !rooms[slot].live && rooms[slot].id != 0;
        if (lost) {
            drop_room(slot);
            continue;
        }
        if (!rooms[slot].live) rejoin(slot);   // Its `join` was cut.
        ++i;
    }
}

}  // namespace chatroom::detail
