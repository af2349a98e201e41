#pragma once   // C's structs are checked against these constants.

#include "described.hpp"

#include <cstring>

namespace chatroom::detail {

// Each struct is told once, here. Tags are never used again; new members come last.

constexpr const char* const kinds_names[] = {word::text, word::emote, nullptr};
constexpr const char* const properties_names[] = {word::title, word::topic,
    word::capacity, word::persistent, word::managed, nullptr};
constexpr const char* const selectors_names[] = {word::latest, word::before,
    word::after, word::around, word::between, nullptr};
constexpr const char* const resumptions_names[] = {word::none, word::complete,
    word::continues, word::truncated, nullptr};
constexpr const char* const partings_names[] = {word::left, word::removed,
    word::gone, word::destroyed, nullptr};

// Elements of lists.

constexpr described_member cursor_members[] = {
    {word::room, nullptr, offsetof(chatroom::cursor, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::after, nullptr, offsetof(chatroom::cursor, after), 2, kind::u64_number, bound::open, 0},
    {word::id, nullptr, offsetof(chatroom::cursor, id), 3, kind::u64_number, bound::open, 0},
};
static constexpr described shape_cursor = {
    word::cursor, cursor_members, 0, sizeof(chatroom::cursor), 3};

constexpr described_member room_item_members[] = {
    {word::room, nullptr, offsetof(chatroom::room_item, room), 1, kind::text, bound::open, 0},
    {word::title, nullptr, offsetof(chatroom::room_item, title), 2, kind::text, bound::open, 0},
    {word::members, nullptr, offsetof(chatroom::room_item, members), 3, kind::u32_number,
     bound::open, always},
    {word::capacity, nullptr, offsetof(chatroom::room_item, capacity), 4, kind::u32_number,
     bound::open, 0},
    {word::id, nullptr, offsetof(chatroom::room_item, id), 5, kind::u64_number, bound::open, 0},
    {word::managed, nullptr, offsetof(chatroom::room_item, managed), 6, kind::flag, bound::open, 0},
};
static constexpr described shape_room_item = {
    word::room_item, room_item_members, 0, sizeof(chatroom::room_item), 6};

constexpr described_member member_item_members[] = {
    {word::user, nullptr, offsetof(chatroom::member_item, user), 1, kind::u64_number, bound::open,
     0},
    {word::nick, nullptr, offsetof(chatroom::member_item, nick), 2, kind::text, bound::open, 0},
    {word::online, nullptr, offsetof(chatroom::member_item, online), 3, kind::flag, bound::open,
     always},
};
static constexpr described shape_member_item = {
    word::member_item, member_item_members, 0, sizeof(chatroom::member_item), 3};

// Commands.

constexpr described_member command_configure_members[] = {
    {word::name, nullptr, offsetof(chatroom::configure, name), 1, kind::text, bound::word,
     mandatory},
    {word::value, nullptr, offsetof(chatroom::configure, value), 2, kind::u64_number, bound::open,
     0},
};
const described shape_command_configure = {
    word::configure, command_configure_members, u16(command_type::configure),
     sizeof(chatroom::configure), 2};

const described shape_command_ping = {
    word::ping, nullptr, u16(command_type::ping), sizeof(chatroom::ping), 0};

constexpr described_member command_guest_members[] = {
    {word::nick, nullptr, offsetof(chatroom::guest, nick), 1, kind::text, bound::nick, mandatory},
};
const described shape_command_guest = {
    word::guest, command_guest_members, u16(command_type::guest), sizeof(chatroom::guest), 1};

constexpr described_member command_resume_members[] = {
    {word::token, nullptr, offsetof(chatroom::resume, token), 1, kind::text, bound::token,
     mandatory},
    {word::cursors, &shape_cursor, offsetof(chatroom::resume, cursors), 2, kind::items,
     bound::cursors, 0},
};
const described shape_command_resume = {
    word::resume, command_resume_members, u16(command_type::resume),
     sizeof(chatroom::resume), 2};

const described shape_command_token = {
    word::token, nullptr, u16(command_type::token), sizeof(chatroom::token), 0};

const described shape_command_logout = {
    word::logout, nullptr, u16(command_type::logout), sizeof(chatroom::logout), 0};

constexpr described_member command_nick_members[] = {
    {word::nick, nullptr, offsetof(chatroom::nick, name), 1, kind::text, bound::nick, mandatory},
};
const described shape_command_nick = {
    word::nick, command_nick_members, u16(command_type::nick), sizeof(chatroom::nick), 1};

constexpr described_member command_create_members[] = {
    {word::room, nullptr, offsetof(chatroom::create, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::title, nullptr, offsetof(chatroom::create, title), 2, kind::text, bound::title, 0},
    {word::topic, nullptr, offsetof(chatroom::create, topic), 3, kind::text, bound::topic, 0},
    {word::capacity, nullptr, offsetof(chatroom::create, capacity), 4, kind::u32_number,
     bound::open, 0},
    {word::persistent, nullptr, offsetof(chatroom::create, persistent), 5, kind::flag, bound::open,
     0},
    {word::managed, nullptr, offsetof(chatroom::create, managed), 6, kind::flag, bound::open, 0},
};
const described shape_command_create = {
    word::create, command_create_members, u16(command_type::create),
     sizeof(chatroom::create), 6};

constexpr described_member command_join_members[] = {
    {word::room, nullptr, offsetof(chatroom::join, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::history, nullptr, offsetof(chatroom::join, history), 2, kind::u32_number, bound::open,
     0},
};
const described shape_command_join = {
    word::join, command_join_members, u16(command_type::join), sizeof(chatroom::join), 2};

constexpr described_member command_leave_members[] = {
    {word::room, nullptr, offsetof(chatroom::leave, room), 1, kind::text, bound::room_name,
     mandatory},
};
const described shape_command_leave = {
    word::leave, command_leave_members, u16(command_type::leave), sizeof(chatroom::leave), 1};

constexpr described_member command_set_members[] = {
    {word::room, nullptr, offsetof(chatroom::set, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::property, properties_names, offsetof(chatroom::set, property), 2, kind::choice,
     bound::open, mandatory},
    {word::value, nullptr, offsetof(chatroom::set, value), 3, kind::text, bound::setting, rest},
};
const described shape_command_set = {
    word::set, command_set_members, u16(command_type::set), sizeof(chatroom::set), 3};

constexpr described_member command_destroy_members[] = {
    {word::room, nullptr, offsetof(chatroom::destroy, room), 1, kind::text, bound::room_name,
     mandatory},
};
const described shape_command_destroy = {
    word::destroy, command_destroy_members, u16(command_type::destroy),
     sizeof(chatroom::destroy), 1};

constexpr described_member command_rooms_members[] = {
    {word::after, nullptr, offsetof(chatroom::rooms, after), 1, kind::u64_number, bound::open, 0},
    {word::limit, nullptr, offsetof(chatroom::rooms, limit), 2, kind::u32_number, bound::open, 0},
};
const described shape_command_rooms = {
    word::rooms, command_rooms_members, u16(command_type::rooms), sizeof(chatroom::rooms), 2};

constexpr described_member command_members_members[] = {
    {word::room, nullptr, offsetof(chatroom::members, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::after, nullptr, offsetof(chatroom::members, after), 2, kind::u64_number, bound::open, 0},
    {word::limit, nullptr, offsetof(chatroom::members, limit), 3, kind::u32_number, bound::open, 0},
};
const described shape_command_members = {
    word::members, command_members_members, u16(command_type::members),
     sizeof(chatroom::members), 3};

constexpr described_member command_post_members[] = {
    {word::room, nullptr, offsetof(chatroom::post, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::text, nullptr, offsetof(chatroom::post, text), 2, kind::text, bound::message,
     mandatory | rest},
    {word::kind, kinds_names, offsetof(chatroom::post, kind), 3, kind::choice, bound::open, 0},
    {word::reply_to, nullptr, offsetof(chatroom::post, reply_to), 4, kind::u64_number, bound::open,
     0},
    {word::nonce, nullptr, offsetof(chatroom::post, nonce), 5, kind::text, bound::nonce, 0},
};
const described shape_command_post = {
    word::post, command_post_members, u16(command_type::post), sizeof(chatroom::post), 5};

constexpr described_member command_history_members[] = {
    {word::room, nullptr, offsetof(chatroom::history, room), 1, kind::text, bound::room_name,
     mandatory},
    {word::selector, selectors_names, offsetof(chatroom::history, selector), 2, kind::choice,
     bound::open, 0},
    {word::number, nullptr, offsetof(chatroom::history, number), 3, kind::u64_number, bound::open,
     0},
    {word::until, nullptr, offsetof(chatroom::history, until), 4, kind::u64_number, bound::open, 0},
    {word::limit, nullptr, offsetof(chatroom::history, limit), 5, kind::u32_number, bound::open, 0},
};
const described shape_command_history = {
    word::history, command_history_members, u16(command_type::history),
     sizeof(chatroom::history), 5};

// Events.

constexpr described_member event_message_members[] = {
    {word::room, nullptr, offsetof(chatroom::message, room), 1, kind::text, bound::open, 0},
    {word::number, nullptr, offsetof(chatroom::message, number), 2, kind::u64_number, bound::open,
     0},
    {word::time, nullptr, offsetof(chatroom::message, time), 3, kind::u64_number, bound::open, 0},
    {word::user, nullptr, offsetof(chatroom::message, user), 4, kind::u64_number, bound::open,
     always},
    {word::nick, nullptr, offsetof(chatroom::message, nick), 5, kind::text, bound::open, 0},
    {word::kind, kinds_names, offsetof(chatroom::message, kind), 6, kind::choice, bound::open, 0},
    {word::text, nullptr, offsetof(chatroom::message, text), 7, kind::text, bound::open, 0},
    {word::reply_to, nullptr, offsetof(chatroom::message, reply_to), 8, kind::u64_number,
     bound::open, 0},
    {word::nonce, nullptr, offsetof(chatroom::message, nonce), 9, kind::text, bound::open, 0},
    {word::bytes, nullptr, offsetof(chatroom::message, bytes), 10, kind::u32_number, bound::open,
     0},
};
const described shape_event_message = {
    word::message, event_message_members, u16(event_type::message),
     sizeof(chatroom::message), 10};

constexpr described_member event_welcome_members[] = {
    {word::protocol, nullptr, offsetof(chatroom::welcome, protocol), 1, kind::u32_number,
     bound::open, 0},
    {word::features, nullptr, offsetof(chatroom::welcome, features), 2, kind::text, bound::open, 0},
    {word::time, nullptr, offsetof(chatroom::welcome, time), 3, kind::u64_number, bound::open, 0},
    {word::frame_bytes_max, nullptr, offsetof(chatroom::welcome, frame_bytes_max), 4,
     kind::u32_number, bound::open, 0},
    {word::message_bytes_max, nullptr, offsetof(chatroom::welcome, message_bytes_max), 5,
     kind::u32_number, bound::open, 0},
    {word::nick_bytes_max, nullptr, offsetof(chatroom::welcome, nick_bytes_max), 6,
     kind::u32_number, bound::open, 0},
    {word::room_name_bytes_max, nullptr, offsetof(chatroom::welcome, room_name_bytes_max), 7,
     kind::u32_number, bound::open, 0},
    {word::nonce_bytes_max, nullptr, offsetof(chatroom::welcome, nonce_bytes_max), 8,
     kind::u32_number, bound::open, 0},
    {word::page_items_max, nullptr, offsetof(chatroom::welcome, page_items_max), 9,
     kind::u32_number, bound::open, 0},
    {word::rooms_per_user_max, nullptr, offsetof(chatroom::welcome, rooms_per_user_max), 10,
     kind::u32_number, bound::open, 0},
    {word::resume_window_ms, nullptr, offsetof(chatroom::welcome, resume_window_ms), 11,
     kind::u32_number, bound::open, 0},
};
const described shape_event_welcome = {
    word::welcome, event_welcome_members, u16(event_type::welcome),
     sizeof(chatroom::welcome), 11};

constexpr described_member event_ok_members[] = {
    {word::ref, nullptr, offsetof(chatroom::ok, ref), 1, kind::u64_number, bound::open, 0},
    {word::user, nullptr, offsetof(chatroom::ok, user), 2, kind::u64_number, bound::open, 0},
    {word::nick, nullptr, offsetof(chatroom::ok, nick), 3, kind::text, bound::open, 0},
    {word::token, nullptr, offsetof(chatroom::ok, token), 4, kind::text, bound::open, 0},
    {word::room, nullptr, offsetof(chatroom::ok, room), 5, kind::text, bound::open, 0},
    {word::number, nullptr, offsetof(chatroom::ok, number), 6, kind::u64_number, bound::open, 0},
    {word::time, nullptr, offsetof(chatroom::ok, time), 7, kind::u64_number, bound::open, 0},
};
const described shape_event_ok = {
    word::ok, event_ok_members, u16(event_type::ok), sizeof(chatroom::ok), 7};

constexpr described_member event_failure_members[] = {
    {word::ref, nullptr, offsetof(chatroom::failure, ref), 1, kind::u64_number, bound::open, 0},
    {word::code, nullptr, offsetof(chatroom::failure, error), 2, kind::error_name, bound::open, 0},
    {word::number, nullptr, offsetof(chatroom::failure, error), 3, kind::i32_number, bound::open,
     0},
    {word::field, nullptr, offsetof(chatroom::failure, field), 4, kind::text, bound::open, 0},
    {word::limit, nullptr, offsetof(chatroom::failure, limit), 5, kind::u64_number, bound::open, 0},
    {word::value, nullptr, offsetof(chatroom::failure, value), 6, kind::u64_number, bound::open, 0},
    {word::at, nullptr, offsetof(chatroom::failure, at), 7, kind::u64_number, bound::open, 0},
    {word::found, nullptr, offsetof(chatroom::failure, found), 8, kind::text, bound::open, 0},
    {word::retry_ms, nullptr, offsetof(chatroom::failure, retry_ms), 9, kind::u64_number,
     bound::open, 0},
    {word::text, nullptr, offsetof(chatroom::failure, error), 10, kind::error_text, bound::open, 0},
};
const described shape_event_failure = {
    word::error, event_failure_members, u16(event_type::failure), sizeof(chatroom::failure),
     10};

constexpr described_member event_you_members[] = {
    {word::user, nullptr, offsetof(chatroom::you, user), 1, kind::u64_number, bound::open, 0},
    {word::nick, nullptr, offsetof(chatroom::you, nick), 2, kind::text, bound::open, 0},
};
const described shape_event_you = {
    word::you, event_you_members, u16(event_type::you), sizeof(chatroom::you), 2};

const described shape_event_resync = {
    word::resync, nullptr, u16(event_type::resync), sizeof(chatroom::resync), 0};

const described shape_event_caught_up = {
    word::caught_up, nullptr, u16(event_type::caught_up), sizeof(chatroom::caught_up), 0};

constexpr described_member event_bye_members[] = {
    {word::code, nullptr, offsetof(chatroom::bye, error), 1, kind::error_name, bound::open, 0},
};
const described shape_event_bye = {
    word::bye, event_bye_members, u16(event_type::bye), sizeof(chatroom::bye), 1};

constexpr described_member event_help_members[] = {
    {word::text, nullptr, offsetof(chatroom::help, text), 1, kind::text, bound::open, 0},
};
const described shape_event_help = {
    word::help, event_help_members, u16(event_type::help), sizeof(chatroom::help), 1};

constexpr described_member event_joined_members[] = {
    {word::room, nullptr, offsetof(chatroom::joined, room), 1, kind::text, bound::open, 0},
    {word::title, nullptr, offsetof(chatroom::joined, title), 2, kind::text, bound::open, 0},
    {word::topic, nullptr, offsetof(chatroom::joined, topic), 3, kind::text, bound::open, 0},
    {word::owner, nullptr, offsetof(chatroom::joined, owner), 4, kind::u64_number, bound::open, 0},
    {word::capacity, nullptr, offsetof(chatroom::joined, capacity), 5, kind::u32_number,
     bound::open, 0},
    {word::persistent, nullptr, offsetof(chatroom::joined, persistent), 6, kind::flag, bound::open,
     0},
    {word::managed, nullptr, offsetof(chatroom::joined, managed), 7, kind::flag, bound::open, 0},
    {word::rights, nullptr, offsetof(chatroom::joined, rights), 8, kind::text, bound::open, 0},
    {word::members, nullptr, offsetof(chatroom::joined, members), 9, kind::u32_number, bound::open,
     0},
    {word::roster, nullptr, offsetof(chatroom::joined, roster), 10, kind::u64_number, bound::open,
     0},
    {word::first, nullptr, offsetof(chatroom::joined, first), 11, kind::u64_number, bound::open, 0},
    {word::last, nullptr, offsetof(chatroom::joined, last), 12, kind::u64_number, bound::open,
     always},
    {word::resume, resumptions_names, offsetof(chatroom::joined, resume), 13, kind::choice,
     bound::open, 0},
    {word::from, nullptr, offsetof(chatroom::joined, from), 14, kind::u64_number, bound::open, 0},
    {word::id, nullptr, offsetof(chatroom::joined, id), 15, kind::u64_number, bound::open, 0},
};
const described shape_event_joined = {
    word::joined, event_joined_members, u16(event_type::joined), sizeof(chatroom::joined),
     15};

constexpr described_member event_left_members[] = {
    {word::room, nullptr, offsetof(chatroom::left, room), 1, kind::text, bound::open, 0},
    {word::reason, partings_names, offsetof(chatroom::left, reason), 2, kind::choice, bound::open,
     always},
};
const described shape_event_left = {
    word::left, event_left_members, u16(event_type::left), sizeof(chatroom::left), 2};

constexpr described_member event_room_members[] = {
    {word::room, nullptr, offsetof(chatroom::room, name), 1, kind::text, bound::open, 0},
    {word::title, nullptr, offsetof(chatroom::room, title), 2, kind::text, bound::open, 0},
    {word::topic, nullptr, offsetof(chatroom::room, topic), 3, kind::text, bound::open, 0},
    {word::owner, nullptr, offsetof(chatroom::room, owner), 4, kind::u64_number, bound::open, 0},
    {word::capacity, nullptr, offsetof(chatroom::room, capacity), 5, kind::u32_number, bound::open,
     0},
    {word::persistent, nullptr, offsetof(chatroom::room, persistent), 6, kind::flag, bound::open,
     0},
    {word::managed, nullptr, offsetof(chatroom::room, managed), 7, kind::flag, bound::open, 0},
    {word::members, nullptr, offsetof(chatroom::room, members), 8, kind::u32_number, bound::open,
     always},
    {word::roster, nullptr, offsetof(chatroom::room, roster), 9, kind::u64_number, bound::open, 0},
};
const described shape_event_room = {
    word::room, event_room_members, u16(event_type::room), sizeof(chatroom::room), 9};

constexpr described_member event_entered_members[] = {
    {word::room, nullptr, offsetof(chatroom::entered, room), 1, kind::text, bound::open, 0},
    {word::user, nullptr, offsetof(chatroom::entered, user), 2, kind::u64_number, bound::open, 0},
    {word::nick, nullptr, offsetof(chatroom::entered, nick), 3, kind::text, bound::open, 0},
    {word::members, nullptr, offsetof(chatroom::entered, members), 4, kind::u32_number,
     bound::open, 0},
    {word::roster, nullptr, offsetof(chatroom::entered, roster), 5, kind::u64_number, bound::open,
     0},
};
const described shape_event_entered = {
    word::entered, event_entered_members, u16(event_type::entered),
     sizeof(chatroom::entered), 5};

constexpr described_member event_exited_members[] = {
    {word::room, nullptr, offsetof(chatroom::exited, room), 1, kind::text, bound::open, 0},
    {word::user, nullptr, offsetof(chatroom::exited, user), 2, kind::u64_number, bound::open, 0},
    {word::nick, nullptr, offsetof(chatroom::exited, nick), 3, kind::text, bound::open, 0},
    {word::reason, partings_names, offsetof(chatroom::exited, reason), 4, kind::choice,
     bound::open, always},
    {word::members, nullptr, offsetof(chatroom::exited, members), 5, kind::u32_number, bound::open,
     always},
    {word::roster, nullptr, offsetof(chatroom::exited, roster), 6, kind::u64_number, bound::open,
     0},
};
const described shape_event_exited = {
    word::exited, event_exited_members, u16(event_type::exited), sizeof(chatroom::exited), 6};

constexpr described_member event_renamed_members[] = {
    {word::room, nullptr, offsetof(chatroom::renamed, room), 1, kind::text, bound::open, 0},
    {word::user, nullptr, offsetof(chatroom::renamed, user), 2, kind::u64_number, bound::open, 0},
    {word::nick, nullptr, offsetof(chatroom::renamed, nick), 3, kind::text, bound::open, 0},
    {word::old, nullptr, offsetof(chatroom::renamed, old), 4, kind::text, bound::open, 0},
    {word::roster, nullptr, offsetof(chatroom::renamed, roster), 5, kind::u64_number, bound::open,
     0},
};
const described shape_event_renamed = {
    word::renamed, event_renamed_members, u16(event_type::renamed),
     sizeof(chatroom::renamed), 5};

constexpr described_member event_gap_members[] = {
    {word::room, nullptr, offsetof(chatroom::gap, room), 1, kind::text, bound::open, 0},
    {word::from, nullptr, offsetof(chatroom::gap, from), 2, kind::u64_number, bound::open, 0},
    {word::to, nullptr, offsetof(chatroom::gap, to), 3, kind::u64_number, bound::open, 0},
};
const described shape_event_gap = {
    word::gap, event_gap_members, u16(event_type::gap), sizeof(chatroom::gap), 3};

constexpr described_member event_history_page_members[] = {
    {word::ref, nullptr, offsetof(chatroom::history_page, ref), 1, kind::u64_number, bound::open,
     0},
    {word::room, nullptr, offsetof(chatroom::history_page, room), 2, kind::text, bound::open, 0},
    {word::messages, &shape_event_message, offsetof(chatroom::history_page, messages), 3,
     kind::items, bound::open, always},
    {word::first, nullptr, offsetof(chatroom::history_page, first), 4, kind::u64_number,
     bound::open, 0},
    {word::last, nullptr, offsetof(chatroom::history_page, last), 5, kind::u64_number, bound::open,
     0},
    {word::complete, nullptr, offsetof(chatroom::history_page, complete), 6, kind::flag,
     bound::open, always},
};
const described shape_event_history_page = {
    word::history, event_history_page_members, u16(event_type::history_page),
     sizeof(chatroom::history_page), 6};

constexpr described_member event_rooms_page_members[] = {
    {word::ref, nullptr, offsetof(chatroom::rooms_page, ref), 1, kind::u64_number, bound::open, 0},
    {word::rooms, &shape_room_item, offsetof(chatroom::rooms_page, rooms), 2, kind::items,
     bound::open, always},
    {word::next, nullptr, offsetof(chatroom::rooms_page, next), 3, kind::u64_number, bound::open,
     0},
    {word::complete, nullptr, offsetof(chatroom::rooms_page, complete), 4, kind::flag, bound::open,
     always},
};
const described shape_event_rooms_page = {
    word::rooms, event_rooms_page_members, u16(event_type::rooms_page),
     sizeof(chatroom::rooms_page), 4};

constexpr described_member event_members_page_members[] = {
    {word::ref, nullptr, offsetof(chatroom::members_page, ref), 1, kind::u64_number, bound::open,
     0},
    {word::room, nullptr, offsetof(chatroom::members_page, room), 2, kind::text, bound::open, 0},
    {word::members, &shape_member_item, offsetof(chatroom::members_page, members), 3, kind::items,
     bound::open, always},
    {word::roster, nullptr, offsetof(chatroom::members_page, roster), 4, kind::u64_number,
     bound::open, 0},
    {word::next, nullptr, offsetof(chatroom::members_page, next), 5, kind::u64_number, bound::open,
     0},
    {word::complete, nullptr, offsetof(chatroom::members_page, complete), 6, kind::flag,
     bound::open, always},
};
const described shape_event_members_page = {
    word::members, event_members_page_members, u16(event_type::members_page),
     sizeof(chatroom::members_page), 6};

constexpr const described* command_shapes[] = {
    &shape_command_configure,
    &shape_command_ping,
    &shape_command_guest,
    &shape_command_resume,
    &shape_command_token,
    &shape_command_logout,
    &shape_command_nick,
    &shape_command_create,
    &shape_command_join,
    &shape_command_leave,
    &shape_command_set,
    &shape_command_destroy,
    &shape_command_rooms,
    &shape_command_members,
    &shape_command_post,
    &shape_command_history,
    nullptr,
};

constexpr const described* event_shapes[] = {
    &shape_event_message,   // First, being looked for most.
    &shape_event_welcome,
    &shape_event_ok,
    &shape_event_failure,
    &shape_event_you,
    &shape_event_resync,
    &shape_event_caught_up,
    &shape_event_bye,
    &shape_event_help,
    &shape_event_joined,
    &shape_event_left,
    &shape_event_room,
    &shape_event_entered,
    &shape_event_exited,
    &shape_event_renamed,
    &shape_event_gap,
    &shape_event_history_page,
    &shape_event_rooms_page,
    &shape_event_members_page,
    nullptr,
};

const described* const* all_commands() noexcept { return command_shapes; }

const described* const* all_events() noexcept { return event_shapes; }

const described* describe(event_type type) noexcept {
    const described* const* shape = event_shapes;
    while (*shape != nullptr && (*shape)->type != u16(type)) ++shape;
    return *shape;
}

static u64 choices_of(const described_member& m) noexcept {
    const char* const* names = static_cast<const char* const*>(m.extra);
    u64 n = 0;
    while (names[n] != nullptr) ++n;
    return n;
}

bool set_number(void* body, const described_member& m, u64 value) noexcept {
    char* at = at_offset(body, m);
    if (m.kind == kind::u64_number) {
        std::memcpy(at, &value, sizeof value);
        return true;
    }
    if (m.kind == kind::u32_number || m.kind == kind::i32_number) {
        const u32 word = static_cast<u32>(value);
        std::memcpy(at, &word, sizeof word);
        return word == value;
    }
    if (value >= (m.kind == kind::flag ? 2 : choices_of(m))) return false;
    *reinterpret_cast<u8*>(at) = static_cast<u8>(value);
    return true;
}

void set_items(void* body, const described_member& m, any_list items) noexcept {
    std::memcpy(at_offset(body, m), &items, sizeof items);
}

}  // namespace chatroom::detail
