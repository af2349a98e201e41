#pragma once

#include "../base/platform.hpp"

namespace chatroom::detail {

/// Writers that have the room copy so many bytes of any word, which is quicker than to count.
constexpr u32 word_bytes = 24;

/// A name as it stands in frames. Each is an object of its own, so that the linker keeps those
/// alone that something registered says.
template <std::size_t size>
struct wire_word {
    char chars[small_code ? size : word_bytes]{};

    constexpr wire_word(const char (&as)[size]) noexcept {
        static_assert(size <= word_bytes, "names are short");
        for (std::size_t i = 0; i < size; ++i) chars[i] = as[i];
    }
    constexpr operator const char*() const noexcept { return chars; }
};

template <std::size_t size>
constexpr wire_word<size> in_frames(const char (&as)[size]) noexcept { return as; }

namespace word {

constexpr auto advance = in_frames("advance");
constexpr auto advance_ms = in_frames("advance_ms");
constexpr auto after = in_frames("after");
constexpr auto around = in_frames("around");
constexpr auto at = in_frames("at");
constexpr auto before = in_frames("before");
constexpr auto behalf = in_frames("behalf");
constexpr auto behaviour = in_frames("behaviour");
constexpr auto between = in_frames("between");
constexpr auto bind = in_frames("bind");
constexpr auto boot = in_frames("boot");
constexpr auto bye = in_frames("bye");
constexpr auto bytes = in_frames("bytes");
constexpr auto capacity = in_frames("capacity");
constexpr auto caught_up = in_frames("caught_up");
constexpr auto clock_ahead_max_ms = in_frames("clock_ahead_max_ms");
constexpr auto code = in_frames("code");
constexpr auto complete = in_frames("complete");
constexpr auto configure = in_frames("configure");
constexpr auto continues = in_frames("continues");
constexpr auto create = in_frames("create");
constexpr auto create_on_join = in_frames("create_on_join");
constexpr auto cursor = in_frames("cursor");
constexpr auto cursors = in_frames("cursors");
constexpr auto destroy = in_frames("destroy");
constexpr auto destroyed = in_frames("destroyed");
constexpr auto effects_per_record_max = in_frames("effects_per_record_max");
constexpr auto emote = in_frames("emote");
constexpr auto entered = in_frames("entered");
constexpr auto error = in_frames("error");
constexpr auto exited = in_frames("exited");
constexpr auto facts = in_frames("facts");
constexpr auto features = in_frames("features");
constexpr auto field = in_frames("field");
constexpr auto first = in_frames("first");
constexpr auto found = in_frames("found");
constexpr auto frame_bytes_max = in_frames("frame_bytes_max");
constexpr auto from = in_frames("from");
constexpr auto gap = in_frames("gap");
constexpr auto gone = in_frames("gone");
constexpr auto guest = in_frames("guest");
constexpr auto help = in_frames("help");
constexpr auto history = in_frames("history");
constexpr auto history_pages_max = in_frames("history_pages_max");
constexpr auto id = in_frames("id");
constexpr auto identity = in_frames("identity");
constexpr auto identity_bytes_max = in_frames("identity_bytes_max");
constexpr auto join = in_frames("join");
constexpr auto joined = in_frames("joined");
constexpr auto kind = in_frames("kind");
constexpr auto last = in_frames("last");
constexpr auto latest = in_frames("latest");
constexpr auto leave = in_frames("leave");
constexpr auto left = in_frames("left");
constexpr auto limit = in_frames("limit");
constexpr auto limits = in_frames("limits");
constexpr auto logout = in_frames("logout");
constexpr auto managed = in_frames("managed");
constexpr auto member_item = in_frames("member_item");
constexpr auto members = in_frames("members");
constexpr auto members_max = in_frames("members_max");
constexpr auto message = in_frames("message");
constexpr auto message_bytes_max = in_frames("message_bytes_max");
constexpr auto messages = in_frames("messages");
constexpr auto name = in_frames("name");
constexpr auto names_shown = in_frames("names_shown");
constexpr auto next = in_frames("next");
constexpr auto nick = in_frames("nick");
constexpr auto nick_bytes_max = in_frames("nick_bytes_max");
constexpr auto nick_key = in_frames("nick_key");
constexpr auto nodes_max = in_frames("nodes_max");
constexpr auto nonce = in_frames("nonce");
constexpr auto nonce_bytes_max = in_frames("nonce_bytes_max");
constexpr auto none = in_frames("none");
constexpr auto number = in_frames("number");
constexpr auto ok = in_frames("ok");
constexpr auto old = in_frames("old");
constexpr auto online = in_frames("online");
constexpr auto owner = in_frames("owner");
constexpr auto page_bytes = in_frames("page_bytes");
constexpr auto page_items_max = in_frames("page_items_max");
constexpr auto page_messages_max = in_frames("page_messages_max");
constexpr auto persistent = in_frames("persistent");
constexpr auto ping = in_frames("ping");
constexpr auto policies = in_frames("policies");
constexpr auto post = in_frames("post");
constexpr auto presence_members_max = in_frames("presence_members_max");
constexpr auto proof = in_frames("proof");
constexpr auto property = in_frames("property");
constexpr auto protocol = in_frames("protocol");
constexpr auto queue_bytes = in_frames("queue_bytes");
constexpr auto reason = in_frames("reason");
constexpr auto records_pending_max = in_frames("records_pending_max");
constexpr auto ref = in_frames("ref");
constexpr auto removed = in_frames("removed");
constexpr auto renamed = in_frames("renamed");
constexpr auto reply_to = in_frames("reply_to");
constexpr auto resume = in_frames("resume");
constexpr auto resume_window_ms = in_frames("resume_window_ms");
constexpr auto resync = in_frames("resync");
constexpr auto retry_ms = in_frames("retry_ms");
constexpr auto rights = in_frames("rights");
constexpr auto room = in_frames("room");
constexpr auto room_capacity = in_frames("room_capacity");
constexpr auto room_item = in_frames("room_item");
constexpr auto room_messages_max = in_frames("room_messages_max");
constexpr auto room_name_bytes_max = in_frames("room_name_bytes_max");
constexpr auto room_pages_max = in_frames("room_pages_max");
constexpr auto room_pages_reserved = in_frames("room_pages_reserved");
constexpr auto rooms = in_frames("rooms");
constexpr auto rooms_by_host_only = in_frames("rooms_by_host_only");
constexpr auto rooms_max = in_frames("rooms_max");
constexpr auto rooms_per_user_max = in_frames("rooms_per_user_max");
constexpr auto roster = in_frames("roster");
constexpr auto selector = in_frames("selector");
constexpr auto sessions_max = in_frames("sessions_max");
constexpr auto sessions_per_user_max = in_frames("sessions_per_user_max");
constexpr auto set = in_frames("set");
constexpr auto text = in_frames("text");
constexpr auto time = in_frames("time");
constexpr auto title = in_frames("title");
constexpr auto title_bytes_max = in_frames("title_bytes_max");
constexpr auto to = in_frames("to");
constexpr auto token = in_frames("token");
constexpr auto token_hash = in_frames("token_hash");
constexpr auto topic = in_frames("topic");
constexpr auto topic_bytes_max = in_frames("topic_bytes_max");
constexpr auto truncated = in_frames("truncated");
constexpr auto unbind = in_frames("unbind");
constexpr auto until = in_frames("until");
constexpr auto user = in_frames("user");
constexpr auto users_max = in_frames("users_max");
constexpr auto value = in_frames("value");
constexpr auto welcome = in_frames("welcome");
constexpr auto you = in_frames("you");

}  // namespace word

}  // namespace chatroom::detail
