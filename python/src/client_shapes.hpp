#pragma once

// The client's structs, described as the engine describes commands and events, so that the same
// walk makes Python objects of them. The generator compares this with the header.

#include <deque>
#include <initializer_list>
#include <type_traits>

#include "convert.hpp"

namespace binding {

inline constexpr const char* client_states[] = {"offline", "connecting", "login", "online",
                                                "ended", nullptr};
inline constexpr const char* client_entry_kinds[] = {"message", "gap", "hole", nullptr};
inline constexpr const char* message_kinds[] = {"text", "emote", nullptr};
inline constexpr const char* client_news_names[] = {
    "none", "state", "room", "reset", "append", "prepend", "gap", "trim", "members", "posts",
    "listed", "done", "close", nullptr};

template <typename Choice>
constexpr const char* const* names_of() {
    if constexpr (std::is_same_v<Choice, chatroom::client_state>) return client_states;
    if constexpr (std::is_same_v<Choice, chatroom::client_entry_kind>) return client_entry_kinds;
    if constexpr (std::is_same_v<Choice, chatroom::message_kind>) return message_kinds;
    return client_news_names;
}

/// A member: its name, where it stands, and what it holds by its type.
struct row {
    const char* name;
    std::size_t offset;
    chatroom::detail::kind kind;
    const void* extra;
};

template <typename Member>
row row_of(const char* name, std::size_t offset) {
    if constexpr (std::is_same_v<Member, bool>) return {name, offset, kind::flag, nullptr};
    else if constexpr (std::is_same_v<Member, std::uint32_t>)
        return {name, offset, kind::u32_number, nullptr};
    else if constexpr (std::is_same_v<Member, std::uint64_t>)
        return {name, offset, kind::u64_number, nullptr};
    else if constexpr (std::is_same_v<Member, std::string_view>)
        return {name, offset, kind::text, nullptr};
    else if constexpr (std::is_same_v<Member, chatroom::error>)
        return {name, offset, kind::error_name, nullptr};
    else {
        static_assert(std::is_enum_v<Member> && sizeof(Member) == 1, "a choice of one byte");
        return {name, offset, kind::choice, names_of<Member>()};
    }
}

/// A description that is made when the module is loaded, and stays.
class table {
public:
    table(const char* name, std::size_t bytes, std::initializer_list<row> rows)
        : shape_(word(name), nullptr, 0, bytes, std::uint8_t(rows.size())) {
        for (const row& each : rows) {
            members_.emplace_back(word(each.name), each.extra, each.offset, std::uint8_t{0},
                                  each.kind, chatroom::detail::bound::open, std::uint8_t{0});
            members_.back().name_size = std::uint8_t(std::strlen(each.name));
        }
        shape_.name_size = std::uint8_t(std::strlen(name));
        shape_.members = members_.data();
    }
    table(const table&) = delete;
    table& operator=(const table&) = delete;
    const described& shape() const { return shape_; }

private:
    using words = chatroom::detail::wire_word<chatroom::detail::word_bytes>;
    const words& word(const char* name) {
        char padded[chatroom::detail::word_bytes] = {};
        std::strncpy(padded, name, sizeof padded - 1);
        words_.emplace_back(padded);
        return words_.back();
    }

    std::deque<words> words_;
    std::vector<described_member> members_;
    described shape_;
};

#define CHATROOM_ROW(of, member) \
    row_of<decltype(chatroom::of::member)>(#member, offsetof(chatroom::of, member))

inline const described& shape_client_config() {
    static const auto* const made = new table("client_config", sizeof(chatroom::client_config), {
        CHATROOM_ROW(client_config, rooms_max), CHATROOM_ROW(client_config, entries_max),
        CHATROOM_ROW(client_config, text_bytes_max), CHATROOM_ROW(client_config, members_max),
        CHATROOM_ROW(client_config, posts_max), CHATROOM_ROW(client_config, post_bytes_max),
        CHATROOM_ROW(client_config, asks_max), CHATROOM_ROW(client_config, ask_bytes_max),
        CHATROOM_ROW(client_config, commands_max), CHATROOM_ROW(client_config, frame_bytes_max),
        CHATROOM_ROW(client_config, nick_bytes_max),
        CHATROOM_ROW(client_config, room_name_bytes_max),
        CHATROOM_ROW(client_config, title_bytes_max), CHATROOM_ROW(client_config, topic_bytes_max),
        CHATROOM_ROW(client_config, join_history), CHATROOM_ROW(client_config, fill_max),
        CHATROOM_ROW(client_config, members_pause_ms), CHATROOM_ROW(client_config, ping_ms)});
    return made->shape();
}

inline const described& shape_client_room() {
    static const auto* const made = new table("client_room", sizeof(chatroom::client_room), {
        CHATROOM_ROW(client_room, name), CHATROOM_ROW(client_room, title),
        CHATROOM_ROW(client_room, topic), CHATROOM_ROW(client_room, rights),
        CHATROOM_ROW(client_room, id), CHATROOM_ROW(client_room, owner),
        CHATROOM_ROW(client_room, capacity), CHATROOM_ROW(client_room, count),
        CHATROOM_ROW(client_room, roster), CHATROOM_ROW(client_room, begin),
        CHATROOM_ROW(client_room, last), CHATROOM_ROW(client_room, seen),
        CHATROOM_ROW(client_room, unread), CHATROOM_ROW(client_room, persistent),
        CHATROOM_ROW(client_room, managed), CHATROOM_ROW(client_room, live),
        CHATROOM_ROW(client_room, members_known), CHATROOM_ROW(client_room, complete),
        CHATROOM_ROW(client_room, loading)});
    return made->shape();
}

inline const described& shape_client_entry() {
    static const auto* const made = new table("client_entry", sizeof(chatroom::client_entry), {
        CHATROOM_ROW(client_entry, what), CHATROOM_ROW(client_entry, kind),
        CHATROOM_ROW(client_entry, number), CHATROOM_ROW(client_entry, to),
        CHATROOM_ROW(client_entry, time), CHATROOM_ROW(client_entry, user),
        CHATROOM_ROW(client_entry, reply_to), CHATROOM_ROW(client_entry, nick),
        CHATROOM_ROW(client_entry, text), CHATROOM_ROW(client_entry, bytes)});
    return made->shape();
}

inline const described& shape_client_member() {
    static const auto* const made = new table("client_member", sizeof(chatroom::client_member), {
        CHATROOM_ROW(client_member, user), CHATROOM_ROW(client_member, nick),
        CHATROOM_ROW(client_member, online)});
    return made->shape();
}

inline const described& shape_client_post() {
    static const auto* const made = new table("client_post", sizeof(chatroom::client_post), {
        CHATROOM_ROW(client_post, id), CHATROOM_ROW(client_post, text),
        CHATROOM_ROW(client_post, kind), CHATROOM_ROW(client_post, reply_to),
        CHATROOM_ROW(client_post, time), CHATROOM_ROW(client_post, failed),
        CHATROOM_ROW(client_post, limit), CHATROOM_ROW(client_post, retry_ms)});
    return made->shape();
}

#undef CHATROOM_ROW

/// All of them, in the order of the header.
inline std::vector<const described*> client_shapes() {
    return {&shape_client_config(), &shape_client_room(), &shape_client_entry(),
            &shape_client_member(), &shape_client_post()};
}

}  // namespace binding
