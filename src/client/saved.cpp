#include <cstddef>

#include "../base/crypto.hpp"
#include "../edge/record.hpp"
#include "core.hpp"

namespace chatroom::detail {

// What a restart needs: a mark, the checksum of the rest, then the client, its rooms and its
// posts, each as its members.

struct saved_client {
    std::string_view nick{};
    std::string_view token{};
    std::string_view spare{};
    u64 user = 0;
    u64 rooms = 0;
    u64 posts = 0;
};

struct saved_room {
    std::string_view name{};
    std::string_view title{};
    u64 id = 0;
    u64 last = 0;
    u64 seen = 0;
};

struct saved_post {
    std::string_view room{};
    std::string_view nonce{};
    std::string_view text{};
    u64 reply_to = 0;
    u64 time = 0;
    u64 after = 0;
    u64 number = 0;
    u32 why = 0;
    u32 emote = 0;
    u32 sent = 0;
};

namespace word {

// Said nowhere else.
constexpr auto posts = in_frames("posts");
constexpr auto seen = in_frames("seen");
constexpr auto sent = in_frames("sent");
constexpr auto spare = in_frames("spare");
constexpr auto why = in_frames("why");

}  // namespace word

constexpr described_member saved_client_members[] = {
    {word::nick, nullptr, offsetof(saved_client, nick), 1, kind::text, bound::open, 0},
    {word::token, nullptr, offsetof(saved_client, token), 2, kind::text, bound::open, 0},
    {word::spare, nullptr, offsetof(saved_client, spare), 3, kind::text, bound::open, 0},
    {word::user, nullptr, offsetof(saved_client, user), 4, kind::u64_number, bound::open, 0},
    {word::rooms, nullptr, offsetof(saved_client, rooms), 5, kind::u64_number, bound::open, 0},
    {word::posts, nullptr, offsetof(saved_client, posts), 6, kind::u64_number, bound::open, 0},
};
static constexpr described shape_saved_client = {
    word::user, saved_client_members, 0, sizeof(saved_client), 6};

constexpr described_member saved_room_members[] = {
    {word::name, nullptr, offsetof(saved_room, name), 1, kind::text, bound::open, 0},
    {word::title, nullptr, offsetof(saved_room, title), 2, kind::text, bound::open, 0},
    {word::id, nullptr, offsetof(saved_room, id), 3, kind::u64_number, bound::open, 0},
    {word::last, nullptr, offsetof(saved_room, last), 4, kind::u64_number, bound::open, 0},
    {word::seen, nullptr, offsetof(saved_room, seen), 5, kind::u64_number, bound::open, 0},
};
static constexpr described shape_saved_room = {
    word::room, saved_room_members, 0, sizeof(saved_room), 5};

constexpr described_member saved_post_members[] = {
    {word::room, nullptr, offsetof(saved_post, room), 1, kind::text, bound::open, 0},
    {word::nonce, nullptr, offsetof(saved_post, nonce), 2, kind::text, bound::open, 0},
    {word::text, nullptr, offsetof(saved_post, text), 3, kind::text, bound::open, 0},
    {word::reply_to, nullptr, offsetof(saved_post, reply_to), 4, kind::u64_number, bound::open, 0},
    {word::time, nullptr, offsetof(saved_post, time), 5, kind::u64_number, bound::open, 0},
    {word::after, nullptr, offsetof(saved_post, after), 6, kind::u64_number, bound::open, 0},
    {word::number, nullptr, offsetof(saved_post, number), 7, kind::u64_number, bound::open, 0},
    {word::why, nullptr, offsetof(saved_post, why), 8, kind::u32_number, bound::open, 0},
    {word::emote, nullptr, offsetof(saved_post, emote), 9, kind::u32_number, bound::open, 0},
    {word::sent, nullptr, offsetof(saved_post, sent), 10, kind::u32_number, bound::open, 0},
};
static constexpr described shape_saved_post = {
    word::post, saved_post_members, 0, sizeof(saved_post), 10};

constexpr u32 saved_mark = 0x31636863;   // "chc1"
constexpr u32 saved_head = 8;

static void write_saved(const client_core& of, byte_writer& to) noexcept {
    saved_client all;
    all.nick = of.nick.view();
    all.token = of.tokens[0].view();
    all.spare = of.tokens[1].view();
    all.user = of.user;
    all.rooms = of.rooms_count;
    all.posts = of.posts_count;
    encode_members(to, shape_saved_client, &all);
    for (u32 i = 0; i < of.rooms_count; ++i) {
        const u32 slot = of.order[i];
        const held_room& r = of.rooms[slot];
        const saved_room room{of.name(slot), of.titles.view(slot, r.title_size),
                              r.id != 0 ? r.id : r.was, r.messages.last, r.seen};
        encode_members(to, shape_saved_room, &room);
    }
    for (u32 i = 0; i < of.posts_count; ++i) {
        const held_post& p = of.posts[i];
        saved_post post;
        post.room = of.name(p.room);
        post.nonce = {of.texts.view(p.text).data(), nonce_bytes};
        post.text = of.text_of_post(p);
        post.reply_to = p.reply_to;
        post.time = p.time;
        post.after = p.after;
        post.number = p.number;
        post.why = static_cast<u32>(p.why);
        post.emote = p.kind == message_kind::emote ? 1 : 0;
        post.sent = p.sent ? 1 : 0;
        encode_members(to, shape_saved_post, &post);
    }
}

std::size_t client_core::save(char* out, std::size_t capacity) const noexcept {
    byte_writer counted{nullptr, static_cast<std::size_t>(-1) / 2, saved_head};
    write_saved(*this, counted);
    if (capacity < counted.size) return counted.size;
    byte_writer to{out, capacity, saved_head};
    write_saved(*this, to);
    store_le32(out, saved_mark);
    store_le32(out + 4, crc32c(0, out + saved_head, to.size - saved_head));
    return to.size;
}

// The end of what was there before is asked for again: the view is empty.
bool client_core::restore_rooms(byte_reader& from, u64 count, bool apply) noexcept {
    scratch none;
    for (u64 i = 0; i < count; ++i) {
        saved_room room;
        if (!decode_members(from, shape_saved_room, &room, none)) return false;
        const bool sound = !room.name.empty() && room.name.size() <= names.stride &&
                           room.last < u64{1} << 53;
        if (!sound) return false;
        if (!apply) continue;
        if (find_room(room.name) != nil) continue;
        const u32 slot = add_room(room.name);
        held_room& r = rooms[slot];
        const std::string_view title = cut_text(room.title, titles.stride);
        titles.set(slot, title);
        r.title_size = static_cast<u16>(title.size());
        r.id = room.id;
        r.seen = room.seen;
        r.messages.had = room.last;
        r.messages.restart((room.last > how.join_history ? room.last - how.join_history : 0) + 1);
        r.changed = news_of(client_news::room);
    }
    return true;
}

bool client_core::restore_posts(byte_reader& from, u64 count, bool apply) noexcept {
    scratch none;
    u64 bytes = 0;
    for (u64 i = 0; i < count; ++i) {
        saved_post post;
        if (!decode_members(from, shape_saved_post, &post, none)) return false;
        bytes += post.text.size();
        const bool sound = post.nonce.size() == nonce_bytes && !post.text.empty();
        if (!sound || bytes > how.post_bytes_max) return false;
        const u32 slot = apply ? find_room(post.room) : nil;
        if (slot == nil) continue;
        held_post& p = posts[posts_count];
        p = held_post{};
        p.text = texts.take(nonce_bytes + static_cast<u32>(post.text.size()));
        if (p.text == nil) continue;
        ++posts_count;
        std::memcpy(texts.at(p.text), post.nonce.data(), nonce_bytes);
        std::memcpy(texts.at(p.text) + nonce_bytes, post.text.data(), post.text.size());
        post_bytes += static_cast<u32>(post.text.size());
        p.id = ++posts_made;
        p.room = slot;
        p.kind = post.emote != 0 ? message_kind::emote : message_kind::text;
        p.reply_to = post.reply_to;
        p.time = post.time;
        p.after = post.after;
        p.number = post.number;
        p.why = static_cast<error>(post.why);
        p.sent = post.sent != 0;
    }
    return true;
}

error client_core::restore(std::string_view saved) noexcept {
    const bool first = state == client_state::offline && rooms_count == 0 && user == 0;
    if (!first || tokens[0].size != 0) return error::invalid_argument;
    if (saved.size() < saved_head || load_le32(saved.data()) != saved_mark) {
        return error::snapshot_invalid;
    }
    const u32 sum = crc32c(0, saved.data() + saved_head, saved.size() - saved_head);
    if (load_le32(saved.data() + 4) != sum) return error::snapshot_invalid;
    for (u32 pass = 0; pass < 2; ++pass) {   // The first only looks.
        const bool apply = pass == 1;
        byte_reader from{saved.data() + saved_head, saved.data() + saved.size()};
        scratch none;
        saved_client all;
        if (!decode_members(from, shape_saved_client, &all, none)) return error::snapshot_invalid;
        if (all.rooms > how.rooms_max || all.posts > how.posts_max) return error::limit_too_small;
        const bool whole = restore_rooms(from, all.rooms, apply) &&
                           restore_posts(from, all.posts, apply) && from.at == from.end;
        if (!whole) return error::snapshot_invalid;
        if (!apply) continue;
        user = all.user;
        nick.set(all.nick);
        tokens[0].set(all.token);
        tokens[1].set(all.spare);
        if (tokens[0].size == 0) drop_token();
    }
    note(client_news::state);
    return error::none;
}

}  // namespace chatroom::detail
