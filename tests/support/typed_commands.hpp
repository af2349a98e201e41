#pragma once

// A command given as JSON, submitted as its struct.

#include "engine.hpp"
#include "json_value.hpp"

namespace testing {

inline chatroom::selector selector_of(const json& what) {
    static constexpr const char* names[] = {"latest", "before", "after", "around", "between"};
    int at = 0;
    for (int i = 0; i < 5; ++i) at = what.str("selector") == names[i] ? i : at;
    return static_cast<chatroom::selector>(at);
}

inline chatroom::history history_of(const json& what) {
    return {what.str("room"), selector_of(what), what.num("number"), what.num("until"),
            static_cast<std::uint32_t>(what.num("limit"))};
}

inline bool property_of(const json& what, chatroom::room_property& out) {
    static constexpr const char* names[] = {"title", "topic", "capacity", "persistent", "managed"};
    for (int i = 0; i < 5; ++i) {
        if (what.str("property") != names[i]) continue;
        out = static_cast<chatroom::room_property>(i);
        return true;
    }
    return false;
}

/// Whether the command has a struct that says the same, so that it can be submitted.
inline bool is_typed(const json& what) {
    const std::string& op = what.str("op");
    chatroom::room_property property{};
    return op != "history" && op != "rooms" && op != "members" && op != "ping" &&
           (op != "set" || property_of(what, property));
}

/// To an engine, or to anything else that has its `submit`.
template <typename Target>
chatroom::result<chatroom::outcome> submit_typed(Target& to, chatroom::session_id by,
                                                 const json& what, std::uint64_t behalf = 0) {
    using namespace chatroom;
    const std::string& op = what.str("op");
    const std::string_view room = what.str("room");
    const user_id user{behalf};
    const auto number = [&what](const char* name) {
        return static_cast<std::uint32_t>(what.num(name));
    };
    if (op == "guest") return to.submit(by, guest{what.str("nick")}, user);
    if (op == "token") return to.submit(by, token{}, user);
    if (op == "logout") return to.submit(by, logout{}, user);
    if (op == "nick") return to.submit(by, nick{what.str("nick")}, user);
    if (op == "join") return to.submit(by, join{room, number("history")}, user);
    if (op == "leave") return to.submit(by, leave{room}, user);
    if (op == "destroy") return to.submit(by, destroy{room}, user);
    if (op == "configure") {
        return to.submit(by, configure{what.str("name"), what.num("value")}, user);
    }
    if (op == "create") {
        return to.submit(by, create{room, what.str("title"), what.str("topic"), number("capacity"),
                                    what.flag("persistent"), what.flag("managed")}, user);
    }
    if (op == "set") {
        room_property property{};
        property_of(what, property);
        return to.submit(by, set{room, property, what.str("value")}, user);
    }
    if (op == "post") {
        const message_kind kind = what.str("kind") == "emote" ? message_kind::emote
                                                               : message_kind::text;
        return to.submit(by, post{room, what.str("text"), kind, what.num("reply_to"),
                                  what.str("nonce")}, user);
    }
    std::vector<cursor> cursors;
    if (const json* named = what.find("cursors")) {
        for (const json& each : named->items) {
            cursors.push_back({each.str("room"), each.num("after"), each.num("id")});
        }
    }
    return to.submit(by, resume{what.str("token"), {cursors.data(), cursors.size()}}, user);
}

}  // namespace testing
