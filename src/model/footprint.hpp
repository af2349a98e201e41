#pragma once

#include <cstddef>
#include <cstdint>

#include "../base/chunk.hpp"
#include "config.hpp"

namespace chatroom {

namespace detail {

/// Bytes of what an engine holds many of, by which static buffers are measured; the engine
/// asserts that none is larger.
struct item_bytes {
    static constexpr bool wide = sizeof(void*) == 8;
    static constexpr std::size_t engine = wide ? 1920 : 1536;
    static constexpr std::size_t user = 64, binding = 20, token = 17, node = 24;
    static constexpr std::size_t room = 96, membership = 12, index = 8;
    static constexpr std::size_t chunk = sizeof(detail::chunk);
    static constexpr std::size_t session = 64, face = 16, reply = wide ? 80 : 72;
    static constexpr std::size_t edge = 80;
    static constexpr std::size_t message = wide ? 112 : 80, room_item = wide ? 56 : 40;
    static constexpr std::size_t member_item = wide ? 32 : 24, pending = 56;
    static constexpr std::size_t cursor = wide ? 32 : 24, boot = wide ? 160 : 144;
    static constexpr std::size_t cursor_record = 21;   // Beside its room: 4 tags, numbers of 8.
};

/// The bytes of an index of so many values.
constexpr std::size_t index_bytes(std::size_t values) noexcept {
    return (values != 0 ? values : 1) * item_bytes::index;
}

constexpr std::size_t chunks_bytes(std::size_t entries, std::size_t lists) noexcept {
    const std::size_t firsts = entries < lists ? entries : lists;
    return (firsts + (entries - firsts) / chunk::entries_max) * item_bytes::chunk;
}

constexpr std::size_t shared_bytes(const limits& l) noexcept {
    using b = item_bytes;
    const std::size_t bound = std::size_t{l.users_max} * l.sessions_per_user_max;
    const std::size_t known = l.identity_bytes_max != 0 ? l.users_max : 0;
    const std::size_t texts = l.title_bytes_max + l.topic_bytes_max;
    const std::size_t pages = l.history_pages_max;
    return l.users_max * (b::user + l.nick_bytes_max) + bound * (b::binding + b::token) +
           known * l.identity_bytes_max + l.nodes_max * b::node +
           l.rooms_max * (b::room + l.room_name_bytes_max + texts) +
           l.members_max * b::membership + chunks_bytes(l.members_max, l.rooms_max) +
           pages * l.page_bytes + index_bytes(pages) +
           (l.nonce_bytes_max != 0 ? index_bytes(pages * l.page_messages_max) : 0) +
           2 * index_bytes(l.users_max) + index_bytes(known) + index_bytes(l.rooms_max) +
           2 * index_bytes(bound);
}

constexpr std::size_t local_bytes(const limits& l) noexcept {
    using b = item_bytes;
    const std::size_t lanes = std::size_t{l.members_max} * l.sessions_per_user_max;
    const std::size_t most = std::size_t{l.sessions_max} * l.rooms_per_user_max;
    const std::size_t cursors = l.rooms_per_user_max * b::cursor;
    const std::size_t folded = 4 * l.nick_bytes_max + l.room_name_bytes_max + cursors +
                               l.rooms_per_user_max * ((l.room_name_bytes_max + 7) / 8 * 8);
    const std::size_t resume = l.rooms_per_user_max * (l.room_name_bytes_max + b::cursor_record);
    const std::size_t texts = l.title_bytes_max + l.topic_bytes_max + l.message_bytes_max;
    const std::size_t facts = 144 * sizeof(void*);
    const std::size_t behind = 64 + folded < b::boot ? b::boot : 64 + folded;
    const std::size_t asked = cursors + l.frame_bytes_max + 96 + (facts < behind ? behind : facts);
    const std::size_t told = l.page_items_max * b::message;
    const std::size_t post = texts + l.nonce_bytes_max + 64;
    return l.sessions_max * (b::session + b::face + b::reply) + l.users_max * 4 + lanes * 4 +
           l.rooms_max * b::edge + chunks_bytes(lanes < most ? lanes : most, l.rooms_max * 5) +
           l.frame_bytes_max + (asked < told ? told : asked) + l.room_name_bytes_max + 168 +
           (400 > resume + post ? 400 : resume + post) +
           l.queue_bytes + l.records_pending_max * b::pending;
}

}  // namespace detail

/// A constant that is never below `footprint(how)` and at most 5% above, for static buffers:
/// `alignas(64) static char room[chatroom::footprint_bound(chatroom::config::firmware())];`
constexpr std::size_t footprint_bound(const config& how) noexcept {
    constexpr std::size_t between = 320;   // What alignment may take.
    return detail::item_bytes::engine + detail::shared_bytes(how.limits) +
           detail::local_bytes(how.limits) + between;
}

}  // namespace chatroom
