#include "../base/crypto.hpp"
#include "state.hpp"

namespace chatroom::detail {

// What the author said, in one number: a resend says the same, a misused nonce does not.
static u32 content_of(const post& p) noexcept {
    char head[9];
    head[0] = static_cast<char>(p.kind);
    store_le64(head + 1, p.reply_to);
    return crc32c(crc32c(0, head, sizeof head), p.text.data(), p.text.size());
}

static error check_post(const state& in, request& what, fault& why) {
    const post& p = what.as<post>();
    const u32 room = what.room = in.find_room(p.room);
    if (!in.can_see(what.user, what.by_host(), room)) return why(error::room_unknown, "room");
    if (!p.nonce.empty()) {
        const u64 user = what.user == nil ? 0 : in.users[what.user].id;
        if (!in.messages.nonces) return why(error::member_invalid, "nonce");
        u32 said = 0;
        what.repeated = in.messages.find_nonce(room, user, p.nonce, said);
        if (what.repeated != 0) {
            return said == content_of(p) ? error::none : why(error::nonce_reused, "nonce");
        }
    }
    const room_data& r = in.rooms[room];
    if (p.reply_to != 0 && (p.reply_to > r.last || p.reply_to < in.messages.first(r))) {
        return why(error::reply_unknown, "reply_to", r.last, p.reply_to);
    }
    return error::none;
}

static void apply_post(state& in, const request& what, applied& done) {
    const post& p = what.as<post>();
    done.room = what.room;
    if (what.repeated != 0) {   // Said already: the answer is the first one's.
        done.number = what.repeated;
        done.time = in.messages.read(done.room, what.repeated, p.room).time;
        return;
    }
    message_facts known;
    known.time = in.time;
    if (what.user != nil) {
        known.user = in.users[what.user].id;
        known.nick = in.nick(what.user);
    }
    if (!p.nonce.empty()) known.content = content_of(p);
    in.messages.append(done.room, p, known, in.rules);
    done.number = in.rooms[done.room].last;
    in.watch->posted(in.watching, done.room);
}

static constexpr command_rule post_rules[] = {
    {command_type::post, 0, &shape_command_post, check_post, apply_post},
    {command_type::history, reads, &shape_command_history, nullptr, nullptr},
};

}  // namespace chatroom::detail

namespace chatroom::features {

const detail::feature& posts() noexcept {
    static constexpr detail::feature all{
        "posts", detail::post_rules, sizeof detail::post_rules / sizeof *detail::post_rules};
    return all;
}

}  // namespace chatroom::features
