#pragma once

// What a chatroom::client shows, as JSON: the views of tests/conversations/README.md.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client.hpp"
#include "json_value.hpp"

namespace testing {

/// In call k, the first of which is 0, byte i is k + i.
struct call_entropy {
    unsigned calls = 0;

    static bool fill(void* out, std::size_t bytes, void* context) {
        const unsigned call = static_cast<call_entropy*>(context)->calls++;
        for (std::size_t i = 0; i < bytes; ++i) {
            static_cast<unsigned char*>(out)[i] = static_cast<unsigned char>(call + i);
        }
        return true;
    }
};

/// As in frames: what is 0, false or empty is left out.
inline void add_list(json& to, std::string_view name, std::vector<json> items) {
    if (items.empty()) return;
    json list = json::array();
    list.items = std::move(items);
    to.set(name, list);
}

inline json pair_of(json first, json second) {
    json pair = json::array();
    pair.items = {std::move(first), std::move(second)};
    return pair;
}

/// A room from the number `begin` on.
inline json view_of_room(const chatroom::client& of, const chatroom::client_room& room,
                         std::uint64_t begin = 0) {
    json view = json::object();
    view.add("id", room.id).add_text("title", room.title).add_text("topic", room.topic);
    view.add("owner", room.owner).add("capacity", room.capacity);
    view.add_flag("persistent", room.persistent).add_flag("managed", room.managed);
    view.add_text("rights", room.rights).add("count", room.count).add("roster", room.roster);
    view.add("begin", std::max(begin, room.begin)).add("last", room.last);
    if (room.members_known) {
        std::map<std::uint64_t, std::string> sorted;
        for (const chatroom::client_member& each : of.members(room.name)) {
            sorted[each.user] = each.nick;
        }
        json list = json::array();
        for (const auto& [user, nick] : sorted) list.items.push_back(pair_of(user, nick));
        view.set("members", list);
    }
    std::vector<json> messages, gaps, holes;
    for (const chatroom::client_entry& each : of.entries(room.name)) {
        if (each.number < begin) continue;
        if (each.what == chatroom::client_entry_kind::message) {
            messages.push_back(pair_of(each.number, each.text));
        } else {
            (each.what == chatroom::client_entry_kind::gap ? gaps : holes)
                .push_back(pair_of(each.number, each.to));
        }
    }
    add_list(view, "messages", messages);
    add_list(view, "gaps", gaps);
    add_list(view, "holes", holes);
    return view;
}

}  // namespace testing
