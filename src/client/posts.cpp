#include "../base/text.hpp"
#include "core.hpp"

namespace chatroom::detail {

// What was said here and is not in its room yet, in the order in which it was said.

std::string_view client_core::nonce_of(const held_post& p) const noexcept {
    return {texts.view(p.text).data(), smaller(nonce_bytes, limits.nonce_bytes_max)};
}

std::string_view client_core::text_of_post(const held_post& p) const noexcept {
    std::string_view text = texts.view(p.text);
    text.remove_prefix(nonce_bytes);
    return text;
}

held_post* client_core::find_post(u64 id) noexcept {
    for (u32 at = 0; at < posts_count; ++at) {
        if (posts[at].id == id) return &posts[at];
    }
    return nullptr;
}

void client_core::remove_post(u32 at) noexcept {
    post_bytes -= static_cast<u32>(text_of_post(posts[at]).size());
    texts.give(posts[at].text);
    --posts_count;
    std::memmove(static_cast<void*>(posts + at), posts + at + 1,
                 (posts_count - at) * sizeof *posts);
}

static void write_nonce(const u8* bytes, char* out) noexcept {
    static constexpr char digits[] = "0123456789abcdef";
    for (u32 i = 0; i < nonce_bytes; ++i) {
        out[i] = digits[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15];
    }
}

result<u64> client_core::add_post(u32 slot, std::string_view text,
                                  const post_options& with) noexcept {
    if (text.empty()) return {0, error::member_missing};
    if (limits.message_bytes_max != 0 && text.size() > limits.message_bytes_max) {
        return {0, error::member_too_long};
    }
    if (utf8_invalid_at(text) != text.size()) return {0, error::text_invalid};
    if (posts_count == how.posts_max || text.size() > how.post_bytes_max - post_bytes) {
        return {0, error::pending_full};
    }
    u8 drawn[nonce_bytes / 2];
    if (!host.entropy.fn(drawn, sizeof drawn, host.entropy.context)) {
        return {0, error::entropy_failed};
    }
    held_post& p = posts[posts_count];
    p = held_post{};
    p.text = texts.take(nonce_bytes + static_cast<u32>(text.size()));
    if (p.text == nil) return {0, error::pending_full};
    ++posts_count;
    post_bytes += static_cast<u32>(text.size());
    char* const to = texts.at(p.text);
    write_nonce(drawn, to);
    std::memcpy(to + nonce_bytes, text.data(), text.size());
    p.id = ++posts_made;
    p.room = slot;
    p.kind = with.kind;
    p.reply_to = with.reply_to;
    p.time = now;
    const u64 id = p.id;
    note(slot, client_news::posts);
    send_posts(slot);
    return {id, error::none};
}

// Posts wait until all that was said meanwhile is known: they may be in it.
void client_core::send_posts(u32 slot) noexcept {
    const held_room& r = rooms[slot];
    if (!r.live || r.messages.last < r.told || r.messages.holes > 0) return;
    for (u32 at = 0; at < posts_count; ++at) {
        held_post& p = posts[at];
        if (p.room != slot || p.why != error::none || p.busy || p.number != 0) continue;
        if (p.sent && (r.messages.blind > p.after || limits.nonce_bytes_max == 0)) {
            p.why = error::outcome_unknown;
            note(slot, client_news::posts);
            continue;
        }
        p.busy = true;
        send_command(errand::post, slot, p.id);
    }
}

std::size_t client_core::write_post(const held_command& c) noexcept {
    const held_post* const p = find_post(c.number);
    post what;
    if (p != nullptr) {
        what.room = name(p->room);
        what.text = text_of_post(*p);
        what.kind = p->kind;
        what.reply_to = p->reply_to;
        what.nonce = nonce_of(*p);
    }
    return frames->write(shape_command_post, &what, c.ref, frame, outgoing_max());
}

void client_core::posted(u64 id, const answer& by) noexcept {
    held_post* const p = find_post(id);
    if (p == nullptr) return;
    p->busy = false;
    if (const ok* reply = by.done(); reply != nullptr) {
        p->number = reply->number;
        settle_posts(p->room, {});
    } else if (by.why != error::connection_lost) {
        p->why = by.why;
        if (by.refusal != nullptr) {
            p->limit = by.refusal->limit;
            p->retry_ms = by.refusal->retry_ms;
        }
        note(p->room, client_news::posts);
    }
}

// A post goes when its message has come, so that a view always has one of the two.
void client_core::settle_posts(u32 slot, std::string_view nonce) noexcept {
    const u64 last = rooms[slot].messages.last;
    for (u32 at = posts_count; at-- > 0;) {
        const held_post& p = posts[at];
        if (p.room != slot) continue;
        const bool answered = p.number != 0 && p.number <= last;
        if (!answered && (nonce.empty() || nonce_of(p) != nonce)) continue;
        remove_post(at);
        note(slot, client_news::posts);
    }
}

// The room's messages are told anew. What was answered was said, there or in a room that is gone;
// what was not was not said in another room.
void client_core::begin_posts_anew(u32 slot, bool same_room) noexcept {
    for (u32 at = posts_count; at-- > 0;) {
        held_post& p = posts[at];
        if (p.room != slot) continue;
        note(slot, client_news::posts);
        if (!same_room) p.sent = false;
        if (p.number != 0) remove_post(at);
    }
}

}  // namespace chatroom::detail
