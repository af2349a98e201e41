#include "core.hpp"

namespace chatroom::detail {

// Who one is. A resume token works once; two are kept, so that a reply that is lost with its
// connection costs one of them. With none left, a new guest of the same nick joins the same rooms.

void client_core::keep_token(std::string_view token) noexcept {
    if (token.empty() || token.size() > sizeof tokens[0].bytes) return;
    tokens[1] = tokens[0];
    tokens[0].set(token);
}

void client_core::drop_token() noexcept {
    tokens[0] = tokens[1];
    tokens[1].set({});
}

error client_core::ask_login(std::string_view wanted, u64 tag) noexcept {
    if (state == client_state::online) return error::already_logged_in;
    if (wanted.empty()) return error::member_missing;
    if (wanted.size() > sizeof login_nick.bytes) return error::member_too_long;
    u32 slot = nil;
    const error e = take_ask(errand::login, command_type::guest, tag, slot);
    if (e != error::none) return e;
    if (login != nil) conclude(login, error::superseded, nullptr, nullptr);
    login = slot;
    login_nick.set(wanted);
    if (state == client_state::login) log_in();
    return error::none;
}

// Without a connection the server finds out later.
error client_core::ask_logout(u64 tag) noexcept {
    const logout what;
    const error e = ask_as_user(errand::logout, shape_command_logout, &what, tag);
    if (e != error::offline) return e;
    u32 slot = nil;
    const error full = take_ask(errand::logout, command_type::logout, tag, slot);
    if (full != error::none) return full;
    settle_login(slot, {error::offline});
    return error::none;
}

void client_core::log_in() noexcept {
    if (tokens[0].size != 0) return send_command(errand::resume, nil, 0);
    if (login == nil && nick.size == 0) return turn(client_state::login);
    turn(client_state::connecting);
    send_command(errand::guest, nil, 0);
}

void client_core::logged_in(u64 as, std::string_view called, const ok* reply) noexcept {
    user = as;
    nick.set(called);
    why = error::none;
    turn(client_state::online);
    if (tokens[0].size != 0 && tokens[1].size == 0) send_command(errand::spare_token, nil, 0);
    if (login == nil) return;
    const u32 slot = login;
    login = nil;
    conclude(slot, error::none, reply, nullptr);
}

void client_core::forget_user() noexcept {
    while (rooms_count != 0) drop_room(order[0]);
    user = 0;
    nick.set({});
}

// What becomes of a command about the user.
void client_core::settle_login(u32 slot, const answer& by) noexcept {
    const errand what = commands[slot].what;
    const ok* const reply = by.done();
    const bool refused = by.why != error::none && !by.is_no_refusal();
    if (what == errand::logout) {
        const bool gone = by.why == error::offline || by.why == error::connection_lost;
        if (reply == nullptr && !gone) return conclude(slot, by.why, nullptr, by.refusal);
        forget_user();
        tokens[0].set({});
        tokens[1].set({});
        if (state == client_state::online) turn(client_state::login);
        return conclude(slot, error::none, reply, nullptr);
    }
    free_command(slot);
    if (what == errand::spare_token) {
        if (reply != nullptr) keep_token(reply->token);
    } else if (what == errand::resume) {
        if (reply != nullptr) {
            drop_token();
            keep_token(reply->token);
            logged_in(reply->user, reply->nick, reply);
        } else if (by.why == error::token_invalid) {   // It was used by a reply that got lost.
            drop_token();
            log_in();
        } else if (refused) {
            break_off(by.why);   // Such as user_sessions_full: later it may work.
            note(client_news::state);
        }
    } else if (reply != nullptr) {
        tokens[0].set({});
        tokens[1].set({});
        keep_token(reply->token);
        logged_in(reply->user, reply->nick, reply);
        for (u32 i = 0; i < rooms_count; ++i) rejoin(order[i]);
    } else if (refused) {
        why = by.why;
        turn(client_state::login);
        note(client_news::state);
        if (login == nil) return;
        const u32 asked = login;
        login = nil;
        conclude(asked, by.why, nullptr, by.refusal);
    }
}

}  // namespace chatroom::detail
