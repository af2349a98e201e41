#pragma once

#include <cstring>

#include "../chatroom_c.h"
#include "model/described.cpp"

namespace chatroom::detail {

// The structs of chatroom_c.h have the members of the C++ ones at the same places; that is asserted
// below. Two things differ. A text is a pointer and a length, in an order which the standard leaves
// to the library for string_view; and a byte that is a bool or an enumerator for C++ can be
// anything in C. So a struct is copied and its copy changed, by a table of what to change.

/// What to do about one member.
struct c_change {
    u8 offset;
    u8 most;                 ///< c_text, c_list, c_flag; otherwise the byte must be below it.
};
constexpr u8 c_text = 0, c_flag = 1, c_list = 0xff;

/// One struct of C.
struct c_shape {
    u16 type;
    u8 bytes;
    u8 count;
    const c_change* changes;
    const c_shape* element;  ///< Of its list, if it has one.
};

// The assertion: each member of one side is on the other, of the same name, kind and place.

/// A member as chatroom_c.h declares it. Only the assertions look at it; its name stands in place,
/// since compilers keep string literals that nobody needs any more.
struct c_member {
    char name[24]{};
    std::size_t offset;
    detail::kind kind;

    template <std::size_t size>
    constexpr c_member(const char (&as)[size], std::size_t at, detail::kind what) noexcept
        : offset(at), kind(what) {
        static_assert(size <= sizeof name, "names are short");
        for (std::size_t i = 0; i < size; ++i) name[i] = as[i];
    }
};

constexpr kind kind_in_c(const chatroom_text*) noexcept { return kind::text; }
constexpr kind kind_in_c(const std::uint64_t*) noexcept { return kind::u64_number; }
constexpr kind kind_in_c(const std::uint32_t*) noexcept { return kind::u32_number; }
constexpr kind kind_in_c(const std::int32_t*) noexcept { return kind::i32_number; }
constexpr kind kind_in_c(const std::uint8_t*) noexcept { return kind::flag; }
constexpr kind kind_in_c(const chatroom_cursors*) noexcept { return kind::items; }
constexpr kind kind_in_c(const chatroom_messages_list*) noexcept { return kind::items; }
constexpr kind kind_in_c(const chatroom_rooms_list*) noexcept { return kind::items; }
constexpr kind kind_in_c(const chatroom_members_list*) noexcept { return kind::items; }

constexpr bool same_name(const char* a, const char* b) noexcept {
    for (; *a != 0 && *a == *b; ++a) ++b;
    return *a == *b;
}

constexpr bool same_kind(kind in_c, kind described) noexcept {
    switch (described) {
    case kind::choice: return in_c == kind::flag;
    case kind::error_name:
    case kind::error_text: return in_c == kind::i32_number;
    default: return in_c == described;
    }
}

// An error is one member of the struct, and up to three on the wire.
constexpr bool same_member(const c_member& in_c, const described_member& m) noexcept {
    return in_c.offset == m.offset && same_kind(in_c.kind, m.kind) &&
           (in_c.kind == kind::i32_number ? same_name(in_c.name, "error")
                                          : same_name(in_c.name, m.name));
}

template <std::size_t in_c, std::size_t in_table>
constexpr bool same_members(const c_member (&c)[in_c],
                            const described_member (&table)[in_table]) noexcept {
    for (const c_member& one : c) {
        bool found = false;
        for (const described_member& m : table) found = found || same_member(one, m);
        if (!found) return false;
    }
    for (const described_member& m : table) {
        bool found = false;
        for (const c_member& one : c) found = found || same_member(one, m);
        if (!found) return false;
    }
    return true;
}

// The table, made of the descriptions; they themselves are not linked for it.

template <std::size_t names>
constexpr u8 choices_in(const char* const (&)[names]) noexcept { return names - 1; }

constexpr u8 most_of(const described_member& m) noexcept {
    switch (m.kind) {
    case kind::text: return c_text;
    case kind::items: return c_list;
    case kind::flag: return c_flag;
    default: break;
    }
    return m.extra == kinds_names         ? choices_in(kinds_names)
           : m.extra == properties_names  ? choices_in(properties_names)
           : m.extra == selectors_names   ? choices_in(selectors_names)
           : m.extra == resumptions_names ? choices_in(resumptions_names)
           : m.extra == partings_names    ? choices_in(partings_names)
                                          : u8{0};
}

constexpr bool changes(const described_member& m) noexcept {
    return m.kind == kind::text || m.kind == kind::items || m.kind == kind::flag ||
           m.kind == kind::choice;
}

template <const auto& table>
constexpr std::size_t changes_in() noexcept {
    std::size_t n = 0;
    for (const described_member& m : table) n += changes(m) ? 1 : 0;
    return n;
}

template <const auto& table>
struct changes_of {
    c_change rows[changes_in<table>() + 1]{};   // One more, since there may be none.

    constexpr changes_of() noexcept {
        std::size_t n = 0;
        for (const described_member& m : table) {
            if (changes(m)) rows[n++] = {static_cast<u8>(m.offset), most_of(m)};
        }
    }
};

template <const auto& table>
constexpr bool choices_known() noexcept {
    for (const described_member& m : table) {
        if (m.kind == kind::choice && most_of(m) == 0) return false;
    }
    return true;
}

template <const auto& table>
constexpr changes_of<table> changes_table{};

template <typename In_c, typename In_cpp, const auto& c, const auto& table>
constexpr c_shape shape_in_c(u16 type, const c_shape* element = nullptr) noexcept {
    static_assert(sizeof(In_c) == sizeof(In_cpp) && alignof(In_c) == alignof(In_cpp),
                  "a struct of chatroom_c.h has another size than the one in C++");
    static_assert(same_members(c, table),
                  "a struct of chatroom_c.h has other members than described.cpp tells");
    static_assert(choices_known<table>(), "most_of does not know this choice yet");
    static_assert(sizeof(In_c) < 256, "offsets are bytes");
    return {type, sizeof(In_c), changes_in<table>(), changes_table<table>.rows, element};
}

constexpr c_shape bare_shape(u16 type) noexcept { return {type, 0, 0, nullptr, nullptr}; }

#define CHATROOM_C_MEMBER(of, name) \
    {#name, offsetof(of, name), kind_in_c(static_cast<decltype(of::name)*>(nullptr))}

// Elements of lists.

constexpr c_member c_cursor[] = {
    CHATROOM_C_MEMBER(chatroom_cursor, room),
    CHATROOM_C_MEMBER(chatroom_cursor, after),
    CHATROOM_C_MEMBER(chatroom_cursor, id),
};
constexpr c_shape c_shape_cursor =
    shape_in_c<chatroom_cursor, cursor, c_cursor, cursor_members>(0);

constexpr c_member c_room_item[] = {
    CHATROOM_C_MEMBER(chatroom_room_item, room),
    CHATROOM_C_MEMBER(chatroom_room_item, title),
    CHATROOM_C_MEMBER(chatroom_room_item, members),
    CHATROOM_C_MEMBER(chatroom_room_item, capacity),
    CHATROOM_C_MEMBER(chatroom_room_item, id),
    CHATROOM_C_MEMBER(chatroom_room_item, managed),
};
constexpr c_shape c_shape_room_item =
    shape_in_c<chatroom_room_item, room_item, c_room_item, room_item_members>(0);

constexpr c_member c_member_item[] = {
    CHATROOM_C_MEMBER(chatroom_member_item, user),
    CHATROOM_C_MEMBER(chatroom_member_item, nick),
    CHATROOM_C_MEMBER(chatroom_member_item, online),
};
constexpr c_shape c_shape_member_item =
    shape_in_c<chatroom_member_item, member_item, c_member_item, member_item_members>(0);

// Commands.

constexpr c_member c_command_configure[] = {
    CHATROOM_C_MEMBER(chatroom_configure_command, name),
    CHATROOM_C_MEMBER(chatroom_configure_command, value),
};

constexpr c_member c_command_guest[] = {
    CHATROOM_C_MEMBER(chatroom_guest_command, nick),
};

constexpr c_member c_command_resume[] = {
    CHATROOM_C_MEMBER(chatroom_resume_command, token),
    CHATROOM_C_MEMBER(chatroom_resume_command, cursors),
};

constexpr c_member c_command_nick[] = {
    CHATROOM_C_MEMBER(chatroom_nick_command, nick),
};

constexpr c_member c_command_create[] = {
    CHATROOM_C_MEMBER(chatroom_create_command, room),
    CHATROOM_C_MEMBER(chatroom_create_command, title),
    CHATROOM_C_MEMBER(chatroom_create_command, topic),
    CHATROOM_C_MEMBER(chatroom_create_command, capacity),
    CHATROOM_C_MEMBER(chatroom_create_command, persistent),
    CHATROOM_C_MEMBER(chatroom_create_command, managed),
};

constexpr c_member c_command_join[] = {
    CHATROOM_C_MEMBER(chatroom_join_command, room),
    CHATROOM_C_MEMBER(chatroom_join_command, history),
};

constexpr c_member c_command_leave[] = {
    CHATROOM_C_MEMBER(chatroom_leave_command, room),
};

constexpr c_member c_command_set[] = {
    CHATROOM_C_MEMBER(chatroom_set_command, room),
    CHATROOM_C_MEMBER(chatroom_set_command, property),
    CHATROOM_C_MEMBER(chatroom_set_command, value),
};

constexpr c_member c_command_destroy[] = {
    CHATROOM_C_MEMBER(chatroom_destroy_command, room),
};

constexpr c_member c_command_rooms[] = {
    CHATROOM_C_MEMBER(chatroom_rooms_command, after),
    CHATROOM_C_MEMBER(chatroom_rooms_command, limit),
};

constexpr c_member c_command_members[] = {
    CHATROOM_C_MEMBER(chatroom_members_command, room),
    CHATROOM_C_MEMBER(chatroom_members_command, after),
    CHATROOM_C_MEMBER(chatroom_members_command, limit),
};

constexpr c_member c_command_post[] = {
    CHATROOM_C_MEMBER(chatroom_post_command, room),
    CHATROOM_C_MEMBER(chatroom_post_command, text),
    CHATROOM_C_MEMBER(chatroom_post_command, kind),
    CHATROOM_C_MEMBER(chatroom_post_command, reply_to),
    CHATROOM_C_MEMBER(chatroom_post_command, nonce),
};

constexpr c_member c_command_history[] = {
    CHATROOM_C_MEMBER(chatroom_history_command, room),
    CHATROOM_C_MEMBER(chatroom_history_command, selector),
    CHATROOM_C_MEMBER(chatroom_history_command, number),
    CHATROOM_C_MEMBER(chatroom_history_command, until),
    CHATROOM_C_MEMBER(chatroom_history_command, limit),
};

constexpr c_shape command_shapes_in_c[] = {
    shape_in_c<chatroom_configure_command, chatroom::configure, c_command_configure,
               command_configure_members>(u16(command_type::configure)),
    bare_shape(u16(command_type::ping)),
    shape_in_c<chatroom_guest_command, chatroom::guest, c_command_guest,
               command_guest_members>(u16(command_type::guest)),
    shape_in_c<chatroom_resume_command, chatroom::resume, c_command_resume,
               command_resume_members>(u16(command_type::resume), &c_shape_cursor),
    bare_shape(u16(command_type::token)),
    bare_shape(u16(command_type::logout)),
    shape_in_c<chatroom_nick_command, chatroom::nick, c_command_nick,
               command_nick_members>(u16(command_type::nick)),
    shape_in_c<chatroom_create_command, chatroom::create, c_command_create,
               command_create_members>(u16(command_type::create)),
    shape_in_c<chatroom_join_command, chatroom::join, c_command_join,
               command_join_members>(u16(command_type::join)),
    shape_in_c<chatroom_leave_command, chatroom::leave, c_command_leave,
               command_leave_members>(u16(command_type::leave)),
    shape_in_c<chatroom_set_command, chatroom::set, c_command_set,
               command_set_members>(u16(command_type::set)),
    shape_in_c<chatroom_destroy_command, chatroom::destroy, c_command_destroy,
               command_destroy_members>(u16(command_type::destroy)),
    shape_in_c<chatroom_rooms_command, chatroom::rooms, c_command_rooms,
               command_rooms_members>(u16(command_type::rooms)),
    shape_in_c<chatroom_members_command, chatroom::members, c_command_members,
               command_members_members>(u16(command_type::members)),
    shape_in_c<chatroom_post_command, chatroom::post, c_command_post,
               command_post_members>(u16(command_type::post)),
    shape_in_c<chatroom_history_command, chatroom::history, c_command_history,
               command_history_members>(u16(command_type::history)),
};

// Events.

constexpr c_member c_event_message[] = {
    CHATROOM_C_MEMBER(chatroom_message_event, room),
    CHATROOM_C_MEMBER(chatroom_message_event, number),
    CHATROOM_C_MEMBER(chatroom_message_event, time),
    CHATROOM_C_MEMBER(chatroom_message_event, user),
    CHATROOM_C_MEMBER(chatroom_message_event, nick),
    CHATROOM_C_MEMBER(chatroom_message_event, kind),
    CHATROOM_C_MEMBER(chatroom_message_event, text),
    CHATROOM_C_MEMBER(chatroom_message_event, reply_to),
    CHATROOM_C_MEMBER(chatroom_message_event, nonce),
    CHATROOM_C_MEMBER(chatroom_message_event, bytes),
};
constexpr c_shape c_shape_message = shape_in_c<
    chatroom_message_event, chatroom::message, c_event_message, event_message_members>(
    u16(event_type::message));

constexpr c_member c_event_welcome[] = {
    CHATROOM_C_MEMBER(chatroom_welcome_event, protocol),
    CHATROOM_C_MEMBER(chatroom_welcome_event, features),
    CHATROOM_C_MEMBER(chatroom_welcome_event, time),
    CHATROOM_C_MEMBER(chatroom_welcome_event, frame_bytes_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, message_bytes_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, nick_bytes_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, room_name_bytes_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, nonce_bytes_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, page_items_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, rooms_per_user_max),
    CHATROOM_C_MEMBER(chatroom_welcome_event, resume_window_ms),
};

constexpr c_member c_event_ok[] = {
    CHATROOM_C_MEMBER(chatroom_ok_event, ref),
    CHATROOM_C_MEMBER(chatroom_ok_event, user),
    CHATROOM_C_MEMBER(chatroom_ok_event, nick),
    CHATROOM_C_MEMBER(chatroom_ok_event, token),
    CHATROOM_C_MEMBER(chatroom_ok_event, room),
    CHATROOM_C_MEMBER(chatroom_ok_event, number),
    CHATROOM_C_MEMBER(chatroom_ok_event, time),
};

constexpr c_member c_event_failure[] = {
    CHATROOM_C_MEMBER(chatroom_failure_event, ref),
    CHATROOM_C_MEMBER(chatroom_failure_event, error),
    CHATROOM_C_MEMBER(chatroom_failure_event, field),
    CHATROOM_C_MEMBER(chatroom_failure_event, limit),
    CHATROOM_C_MEMBER(chatroom_failure_event, value),
    CHATROOM_C_MEMBER(chatroom_failure_event, at),
    CHATROOM_C_MEMBER(chatroom_failure_event, found),
    CHATROOM_C_MEMBER(chatroom_failure_event, retry_ms),
};

constexpr c_member c_event_you[] = {
    CHATROOM_C_MEMBER(chatroom_you_event, user),
    CHATROOM_C_MEMBER(chatroom_you_event, nick),
};

constexpr c_member c_event_bye[] = {
    CHATROOM_C_MEMBER(chatroom_bye_event, error),
};

constexpr c_member c_event_help[] = {
    CHATROOM_C_MEMBER(chatroom_help_event, text),
};

constexpr c_member c_event_joined[] = {
    CHATROOM_C_MEMBER(chatroom_joined_event, room),
    CHATROOM_C_MEMBER(chatroom_joined_event, title),
    CHATROOM_C_MEMBER(chatroom_joined_event, topic),
    CHATROOM_C_MEMBER(chatroom_joined_event, owner),
    CHATROOM_C_MEMBER(chatroom_joined_event, capacity),
    CHATROOM_C_MEMBER(chatroom_joined_event, persistent),
    CHATROOM_C_MEMBER(chatroom_joined_event, managed),
    CHATROOM_C_MEMBER(chatroom_joined_event, rights),
    CHATROOM_C_MEMBER(chatroom_joined_event, members),
    CHATROOM_C_MEMBER(chatroom_joined_event, roster),
    CHATROOM_C_MEMBER(chatroom_joined_event, first),
    CHATROOM_C_MEMBER(chatroom_joined_event, last),
    CHATROOM_C_MEMBER(chatroom_joined_event, resume),
    CHATROOM_C_MEMBER(chatroom_joined_event, from),
    CHATROOM_C_MEMBER(chatroom_joined_event, id),
};

constexpr c_member c_event_left[] = {
    CHATROOM_C_MEMBER(chatroom_left_event, room),
    CHATROOM_C_MEMBER(chatroom_left_event, reason),
};

constexpr c_member c_event_room[] = {
    CHATROOM_C_MEMBER(chatroom_room_event, room),
    CHATROOM_C_MEMBER(chatroom_room_event, title),
    CHATROOM_C_MEMBER(chatroom_room_event, topic),
    CHATROOM_C_MEMBER(chatroom_room_event, owner),
    CHATROOM_C_MEMBER(chatroom_room_event, capacity),
    CHATROOM_C_MEMBER(chatroom_room_event, persistent),
    CHATROOM_C_MEMBER(chatroom_room_event, managed),
    CHATROOM_C_MEMBER(chatroom_room_event, members),
    CHATROOM_C_MEMBER(chatroom_room_event, roster),
};

constexpr c_member c_event_entered[] = {
    CHATROOM_C_MEMBER(chatroom_entered_event, room),
    CHATROOM_C_MEMBER(chatroom_entered_event, user),
    CHATROOM_C_MEMBER(chatroom_entered_event, nick),
    CHATROOM_C_MEMBER(chatroom_entered_event, members),
    CHATROOM_C_MEMBER(chatroom_entered_event, roster),
};

constexpr c_member c_event_exited[] = {
    CHATROOM_C_MEMBER(chatroom_exited_event, room),
    CHATROOM_C_MEMBER(chatroom_exited_event, user),
    CHATROOM_C_MEMBER(chatroom_exited_event, nick),
    CHATROOM_C_MEMBER(chatroom_exited_event, reason),
    CHATROOM_C_MEMBER(chatroom_exited_event, members),
    CHATROOM_C_MEMBER(chatroom_exited_event, roster),
};

constexpr c_member c_event_renamed[] = {
    CHATROOM_C_MEMBER(chatroom_renamed_event, room),
    CHATROOM_C_MEMBER(chatroom_renamed_event, user),
    CHATROOM_C_MEMBER(chatroom_renamed_event, nick),
    CHATROOM_C_MEMBER(chatroom_renamed_event, old),
    CHATROOM_C_MEMBER(chatroom_renamed_event, roster),
};

constexpr c_member c_event_gap[] = {
    CHATROOM_C_MEMBER(chatroom_gap_event, room),
    CHATROOM_C_MEMBER(chatroom_gap_event, from),
    CHATROOM_C_MEMBER(chatroom_gap_event, to),
};

constexpr c_member c_event_history_page[] = {
    CHATROOM_C_MEMBER(chatroom_history_page_event, ref),
    CHATROOM_C_MEMBER(chatroom_history_page_event, room),
    CHATROOM_C_MEMBER(chatroom_history_page_event, messages),
    CHATROOM_C_MEMBER(chatroom_history_page_event, first),
    CHATROOM_C_MEMBER(chatroom_history_page_event, last),
    CHATROOM_C_MEMBER(chatroom_history_page_event, complete),
};

constexpr c_member c_event_rooms_page[] = {
    CHATROOM_C_MEMBER(chatroom_rooms_page_event, ref),
    CHATROOM_C_MEMBER(chatroom_rooms_page_event, rooms),
    CHATROOM_C_MEMBER(chatroom_rooms_page_event, next),
    CHATROOM_C_MEMBER(chatroom_rooms_page_event, complete),
};

constexpr c_member c_event_members_page[] = {
    CHATROOM_C_MEMBER(chatroom_members_page_event, ref),
    CHATROOM_C_MEMBER(chatroom_members_page_event, room),
    CHATROOM_C_MEMBER(chatroom_members_page_event, members),
    CHATROOM_C_MEMBER(chatroom_members_page_event, roster),
    CHATROOM_C_MEMBER(chatroom_members_page_event, next),
    CHATROOM_C_MEMBER(chatroom_members_page_event, complete),
};

constexpr c_shape event_shapes_in_c[] = {
    c_shape_message,   // First, being looked for most.
    shape_in_c<chatroom_welcome_event, chatroom::welcome, c_event_welcome,
               event_welcome_members>(u16(event_type::welcome)),
    shape_in_c<chatroom_ok_event, chatroom::ok, c_event_ok,
               event_ok_members>(u16(event_type::ok)),
    shape_in_c<chatroom_failure_event, chatroom::failure, c_event_failure,
               event_failure_members>(u16(event_type::failure)),
    shape_in_c<chatroom_you_event, chatroom::you, c_event_you,
               event_you_members>(u16(event_type::you)),
    bare_shape(u16(event_type::resync)),
    bare_shape(u16(event_type::caught_up)),
    shape_in_c<chatroom_bye_event, chatroom::bye, c_event_bye,
               event_bye_members>(u16(event_type::bye)),
    shape_in_c<chatroom_help_event, chatroom::help, c_event_help,
               event_help_members>(u16(event_type::help)),
    shape_in_c<chatroom_joined_event, chatroom::joined, c_event_joined,
               event_joined_members>(u16(event_type::joined)),
    shape_in_c<chatroom_left_event, chatroom::left, c_event_left,
               event_left_members>(u16(event_type::left)),
    shape_in_c<chatroom_room_event, chatroom::room, c_event_room,
               event_room_members>(u16(event_type::room)),
    shape_in_c<chatroom_entered_event, chatroom::entered, c_event_entered,
               event_entered_members>(u16(event_type::entered)),
    shape_in_c<chatroom_exited_event, chatroom::exited, c_event_exited,
               event_exited_members>(u16(event_type::exited)),
    shape_in_c<chatroom_renamed_event, chatroom::renamed, c_event_renamed,
               event_renamed_members>(u16(event_type::renamed)),
    shape_in_c<chatroom_gap_event, chatroom::gap, c_event_gap,
               event_gap_members>(u16(event_type::gap)),
    shape_in_c<chatroom_history_page_event, chatroom::history_page, c_event_history_page,
               event_history_page_members>(u16(event_type::history_page), &c_shape_message),
    shape_in_c<chatroom_rooms_page_event, chatroom::rooms_page, c_event_rooms_page,
               event_rooms_page_members>(u16(event_type::rooms_page), &c_shape_room_item),
    shape_in_c<chatroom_members_page_event, chatroom::members_page, c_event_members_page,
               event_members_page_members>(u16(event_type::members_page), &c_shape_member_item),
};

#undef CHATROOM_C_MEMBER

// Those lists end in a null.
static_assert(sizeof command_shapes / sizeof *command_shapes ==
                  sizeof command_shapes_in_c / sizeof *command_shapes_in_c + 1 &&
              sizeof event_shapes / sizeof *event_shapes ==
                  sizeof event_shapes_in_c / sizeof *event_shapes_in_c + 1,
              "chatroom_c.h lacks a command or an event");

/// The shape of a command or an event; null when there is none.
template <std::size_t n>
constexpr const c_shape* shape_of(const c_shape (&shapes)[n], u32 type) noexcept {
    for (const c_shape& each : shapes) {
        if (each.type == type) return &each;
    }
    return nullptr;
}

template <std::size_t n>
constexpr std::size_t body_bytes(const c_shape (&shapes)[n]) noexcept {
    std::size_t most = 8;
    for (const c_shape& each : shapes) most = larger(most, std::size_t{each.bytes});
    return most;
}

/// Room for any event, and for any command, in either form.
struct c_event_body {
    alignas(8) char bytes[body_bytes(event_shapes_in_c)];
};
struct c_command_body {
    alignas(8) char bytes[body_bytes(command_shapes_in_c)];
};

/// Gives a struct, and the elements of its list, the form that they have in C.
void to_c(const c_shape& shape, void* body) noexcept;

/// Gives the elements of its list the form back that they have in C++.
void list_from_c(const c_shape& shape, const void* body) noexcept;

/// Gives a struct, but not its list, the form that it has in C++.
/// @return false when a text is nowhere, or a byte is not one of its choices
[[nodiscard]] bool from_c(const c_shape& shape, void* body) noexcept;

}  // namespace chatroom::detail
