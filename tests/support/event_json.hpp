#pragma once

// Every event as the JSON that a frame must say. Written by hand from the documentation of the
// events, not from the engine's tables, so that a slip in those shows.

#include "engine.hpp"
#include "json_value.hpp"

namespace testing {

inline const char* name_of(chatroom::parting reason) {
    static constexpr const char* names[] = {"left", "removed", "gone", "destroyed"};
    return names[static_cast<int>(reason)];
}

inline json json_of(const chatroom::message& m) {
    json out = json::object(m.room.empty() ? "" : "message");   // Within a page it has no room.
    out.add_text("room", m.room).add("number", m.number).add("time", m.time);
    out.set("user", m.user).add_text("nick", m.nick);
    if (m.kind == chatroom::message_kind::emote) out.set("kind", "emote");
    out.add_text("text", m.text).add("reply_to", m.reply_to).add_text("nonce", m.nonce);
    return out.add("bytes", m.bytes);
}

inline json json_of(const chatroom::joined& j) {
    static constexpr const char* resumptions[] = {"", "complete", "continues", "truncated"};
    json out = json::object("joined");
    out.add_text("room", j.room).add_text("title", j.title).add_text("topic", j.topic);
    out.add("owner", j.owner).add("capacity", j.capacity);
    out.add_flag("persistent", j.persistent).add_flag("managed", j.managed);
    out.add_text("rights", j.rights).add("members", j.members).add("roster", j.roster);
    out.add("first", j.first).set("last", j.last);
    out.add_text("resume", resumptions[static_cast<int>(j.resume)]);
    return out.add("from", j.from).add("id", j.id);
}

inline json json_of(const chatroom::room& r) {
    json out = json::object("room");
    out.add_text("room", r.name).add_text("title", r.title).add_text("topic", r.topic);
    out.add("owner", r.owner).add("capacity", r.capacity);
    out.add_flag("persistent", r.persistent).add_flag("managed", r.managed);
    return out.set("members", r.members).add("roster", r.roster);
}

inline json json_of(const chatroom::room_item& r) {
    json out = json::object();
    out.add_text("room", r.room).add_text("title", r.title).set("members", r.members);
    return out.add("capacity", r.capacity).add("id", r.id).add_flag("managed", r.managed);
}

inline json json_of(const chatroom::member_item& m) {
    json out = json::object();
    return out.add("user", m.user).add_text("nick", m.nick).set("online", json(m.online));
}

inline json json_of(const chatroom::failure& f) {
    json out = json::object("error");
    out.add("ref", f.ref).add_text("code", chatroom::error_name(f.error));
    out.add("number", static_cast<std::uint64_t>(f.error)).add_text("field", f.field);
    out.add("limit", f.limit).add("value", f.value).add("at", f.at).add_text("found", f.found);
    return out.add("retry_ms", f.retry_ms).add_text("text", chatroom::error_text(f.error));
}

inline json json_of(const chatroom::ok& o) {
    json out = json::object("ok");
    out.add("ref", o.ref).add("user", o.user).add_text("nick", o.nick).add_text("token", o.token);
    return out.add_text("room", o.room).add("number", o.number).add("time", o.time);
}

inline json json_of(const chatroom::welcome& w) {
    json out = json::object("welcome");
    out.add("protocol", w.protocol).add_text("features", w.features).add("time", w.time);
    out.add("frame_bytes_max", w.frame_bytes_max).add("message_bytes_max", w.message_bytes_max);
    out.add("nick_bytes_max", w.nick_bytes_max).add("room_name_bytes_max", w.room_name_bytes_max);
    out.add("nonce_bytes_max", w.nonce_bytes_max).add("page_items_max", w.page_items_max);
    out.add("rooms_per_user_max", w.rooms_per_user_max);
    return out.add("resume_window_ms", w.resume_window_ms);
}

template <typename T>
json json_of_all(const chatroom::list<T>& items) {
    json out = json::array();
    for (const T& item : items) out.items.push_back(json_of(item));
    return out;
}

inline json json_of(const chatroom::history_page& p) {
    json out = json::object("history");
    out.add("ref", p.ref).add_text("room", p.room).set("messages", json_of_all(p.messages));
    return out.add("first", p.first).add("last", p.last).set("complete", json(p.complete));
}

inline json json_of(const chatroom::rooms_page& p) {
    json out = json::object("rooms");
    out.add("ref", p.ref).set("rooms", json_of_all(p.rooms)).add("next", p.next);
    return out.set("complete", json(p.complete));
}

inline json json_of(const chatroom::members_page& p) {
    json out = json::object("members");
    out.add("ref", p.ref).add_text("room", p.room).set("members", json_of_all(p.members));
    return out.set("roster", p.roster).add("next", p.next).set("complete", json(p.complete));
}

inline json json_of(const chatroom::event& what) {
    using namespace chatroom;
    switch (what.type) {
    case event_type::welcome: return json_of(*what.as<welcome>());
    case event_type::ok: return json_of(*what.as<ok>());
    case event_type::failure: return json_of(*what.as<failure>());
    case event_type::you:
        return json::object("you").add("user", what.as<you>()->user)
            .add_text("nick", what.as<you>()->nick);
    case event_type::resync: return json::object("resync");
    case event_type::caught_up: return json::object("caught_up");
    case event_type::bye:
        return json::object("bye").add_text("code", chatroom::error_name(what.as<bye>()->error));
    case event_type::help: return json::object("help").add_text("text", what.as<help>()->text);
    case event_type::joined: return json_of(*what.as<joined>());
    case event_type::left:
        return json::object("left").add_text("room", what.as<left>()->room)
            .set("reason", name_of(what.as<left>()->reason));
    case event_type::room: return json_of(*what.as<room>());
    case event_type::entered: {
        const entered& e = *what.as<entered>();
        return json::object("entered").add_text("room", e.room).add("user", e.user)
            .add_text("nick", e.nick).add("members", e.members).add("roster", e.roster);
    }
    case event_type::exited: {
        const exited& e = *what.as<exited>();
        return json::object("exited").add_text("room", e.room).add("user", e.user)
            .add_text("nick", e.nick).set("reason", name_of(e.reason)).set("members", e.members)
            .add("roster", e.roster);
    }
    case event_type::renamed: {
        const renamed& r = *what.as<renamed>();
        return json::object("renamed").add_text("room", r.room).add("user", r.user)
            .add_text("nick", r.nick).add_text("old", r.old).add("roster", r.roster);
    }
    case event_type::message: return json_of(*what.as<message>());
    case event_type::gap:
        return json::object("gap").add_text("room", what.as<gap>()->room)
            .add("from", what.as<gap>()->from).add("to", what.as<gap>()->to);
    case event_type::history_page: return json_of(*what.as<history_page>());
    case event_type::rooms_page: return json_of(*what.as<rooms_page>());
    case event_type::members_page: return json_of(*what.as<members_page>());
    case event_type::none: break;
    }
    return json::object("none");
}

}  // namespace testing
