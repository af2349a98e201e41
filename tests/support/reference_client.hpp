#pragma once

// What a careful client makes of the frames it gets: the one example of how to follow the
// protocol, used by every test that asks whether all clients end with the same view.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "json_value.hpp"

namespace testing {

struct client_message {
    std::uint64_t user = 0, time = 0, reply_to = 0, bytes = 0;
    std::string nick, kind, text, nonce;

    bool withheld() const { return text.empty() && bytes != 0; }
    /// The same message, though one of the two may have been told without its text.
    bool same_as(const client_message& b) const {
        const bool plain = text == b.text || (withheld() && bytes == b.text.size()) ||
                           (b.withheld() && b.bytes == text.size());
        return plain && user == b.user && time == b.time && reply_to == b.reply_to &&
               nick == b.nick && kind == b.kind && nonce == b.nonce;
    }
};

struct client_room {
    std::string title, topic, rights;
    std::uint64_t id = 0, owner = 0, capacity = 0, count = 0, roster = 0;
    bool persistent = false, managed = false;
    std::map<std::uint64_t, std::string> members;   // user to nick
    bool members_stale = true;                      // to be read again
    bool room_stale = false;                        // after `resync`, until `joined`
    std::uint64_t begin = 0;    // messages from here on are held or told as lost
    std::uint64_t last = 0;     // up to here everything is known
    std::uint64_t resumes_at = 0;   // where `joined` said that messages follow
    std::map<std::uint64_t, client_message> messages;
    std::map<std::uint64_t, std::uint64_t> gaps;    // from, to
};

class reference_client {
public:
    std::uint64_t user = 0;
    std::string nick, token;
    std::map<std::string, client_room> rooms;
    std::map<std::uint64_t, json> replies;   // by ref
    std::vector<std::string> faults;         // what an engine must never do
    std::uint64_t unreferenced_replies = 0;
    bool welcomed = false, ended = false;
    bool catching_up = false;                // until `caught_up`

    /// The client is about to send a frame of this kind; says what it waits for.
    void will_resume() { resuming_ = true; }

    /// Its `logout` was done.
    void log_out() {
        rooms.clear();
        user = 0;
        nick.clear();
        token.clear();
        catching_up = false;
    }

    void take(const json& frame) {
        const std::string& op = frame.str("op");
        if (ended) fault("told after its end", frame);
        if (!welcomed && op != "welcome") fault("before welcome", frame);
        if (op == "welcome") {
            if (welcomed) fault("twice", frame);
            welcomed = true;
        } else if (op == "ok" || op == "error" || op == "history" || op == "rooms" ||
                   op == "members") {
            take_reply(op, frame);
        } else if (op == "you") {
            take_name(frame);
        } else if (op == "resync") {
            forget_rooms();
        } else if (op == "caught_up") {
            end_catching_up(frame);
        } else if (op == "bye") {
            ended = true;
        } else if (op == "joined") {
            take_joined(frame);
        } else if (op == "left") {
            if (rooms.erase(frame.str("room")) == 0) fault("left a room it is not in", frame);
        } else {
            take_of_room(op, frame);
        }
    }

    /// A connection to go on with: what a client keeps when it has to connect again.
    void reconnect() {
        welcomed = ended = catching_up = resuming_ = false;
        replies.clear();
    }

    std::vector<std::pair<std::string, std::uint64_t>> cursors() const {
        std::vector<std::pair<std::string, std::uint64_t>> out;
        for (const auto& [name, room] : rooms) out.emplace_back(name, room.last);
        return out;
    }

    /// Takes a page of members; @return the `after` of the next page to ask for, 0 when done.
    std::uint64_t take_members(const json& page) {
        const auto found = rooms.find(page.str("room"));
        if (found == rooms.end()) return 0;
        client_room& r = found->second;
        if (reading_.room != page.str("room") || reading_.roster != page.num("roster")) {
            reading_ = {page.str("room"), page.num("roster"), {}};
        }
        const json* items = page.find("members");
        for (const json& item : items->items) {
            reading_.members[item.num("user")] = item.str("nick");
        }
        if (!page.flag("complete")) return page.num("next");
        r.members = std::move(reading_.members);
        r.roster = page.num("roster");
        r.count = r.members.size();
        r.members_stale = false;
        reading_ = {};
        return 0;
    }

private:
    struct reading {
        std::string room;
        std::uint64_t roster = 0;
        std::map<std::uint64_t, std::string> members;
    };
    reading reading_;
    bool resuming_ = false;

    void fault(const std::string& why, const json& frame) {
        faults.push_back(why + ": " + to_text(frame));
    }

    void take_reply(const std::string& op, const json& frame) {
        if (frame.has("ref")) {
            if (!replies.emplace(frame.num("ref"), frame).second) fault("a second reply", frame);
        } else {
            ++unreferenced_replies;
        }
        if (op == "ok" && resuming_) {
            forget_rooms();
            resuming_ = false;
        }
        if (op == "error") resuming_ = false;
        if (op == "ok") take_name(frame);
        if (frame.has("token")) token = frame.str("token");
    }

    void take_name(const json& frame) {
        if (frame.has("user")) user = frame.num("user");
        if (frame.has("nick")) nick = frame.str("nick");
    }

    void forget_rooms() {
        catching_up = true;
        for (auto& each : rooms) each.second.room_stale = true;
    }

    void end_catching_up(const json&) {
        catching_up = false;
        for (auto at = rooms.begin(); at != rooms.end();) {
            at = at->second.room_stale ? rooms.erase(at) : std::next(at);
        }
    }

    static void take_state(client_room& r, const json& frame) {
        r.title = frame.str("title");
        r.topic = frame.str("topic");
        r.owner = frame.num("owner");
        r.capacity = frame.num("capacity");
        r.persistent = frame.flag("persistent");
        r.managed = frame.flag("managed");
        r.count = frame.num("members");
    }

    void take_joined(const json& frame) {
        client_room& r = rooms[frame.str("room")];
        const std::uint64_t from = frame.num("from");
        const std::uint64_t begin = from != 0 ? from : frame.num("last") + 1;
        const bool goes_on = r.room_stale && r.id == frame.num("id") && begin >= r.last + 1;
        if (!goes_on) {   // Come in anew, or to hear the past again.
            r.messages.clear();
            r.gaps.clear();
            r.begin = begin;
            r.last = begin - 1;
        } else if (from == 0) {
            if (r.last != frame.num("last")) r.begin = begin;   // Out and in again meanwhile.
            r.last = frame.num("last");
        }
        if (from > frame.num("last")) fault("from is above last", frame);
        r.room_stale = false;
        r.members_stale = true;
        r.roster = frame.num("roster");
        r.id = frame.num("id");
        r.rights = frame.str("rights");
        take_state(r, frame);
        r.resumes_at = from;
    }

    void take_of_room(const std::string& op, const json& frame) {
        const auto found = rooms.find(frame.str("room"));
        if (found == rooms.end()) return fault("of a room it is not in", frame);
        client_room& r = found->second;
        if (op == "message") {
            take_message(r, frame);
        } else if (op == "gap") {
            take_gap(r, frame);
        } else if (op == "room") {
            take_state(r, frame);
            if (frame.num("roster") != r.roster) r.members_stale = true;
            r.roster = frame.num("roster");
        } else if (op == "entered" || op == "exited" || op == "renamed") {
            take_notice(r, op, frame);
        } else {
            fault("an unknown op", frame);
        }
    }

    void take_gap(client_room& r, const json& frame) {
        const std::uint64_t from = frame.num("from"), to = frame.num("to");
        // Behind a `joined` it may reach back before the place where that said to go on, and into
        // what the client has, when it asked to hear that again.
        const bool again = r.messages.empty() || from > r.last || to + 1 == r.resumes_at;
        const bool follows = r.resumes_at != 0 ? from <= r.resumes_at && again : from == r.last + 1;
        if (!follows || to < from) fault("a gap elsewhere", frame);
        if (r.messages.empty() || from > r.last + 1) r.begin = from;
        r.gaps[from] = to;
        r.last = std::max(r.last, to);
        r.resumes_at = 0;
    }

    void take_message(client_room& r, const json& frame) {
        const std::uint64_t number = frame.num("number");
        if (number <= r.last) return fault("told twice", frame);
        if (number != r.last + 1) {
            // A hole is no fault right behind a `joined` that says where it goes on.
            if (number != r.resumes_at) fault("a hole", frame);
            r.begin = number;
        }
        r.resumes_at = 0;
        r.last = number;
        r.messages[number] = message_of(frame);
    }

    void take_notice(client_room& r, const std::string& op, const json& frame) {
        const std::uint64_t roster = frame.num("roster");
        if (roster <= r.roster) return fault("a notice of the past", frame);
        if (roster != r.roster + 1) r.members_stale = true;
        r.roster = roster;
        if (op != "renamed") r.count = frame.num("members");
        if (r.members_stale) return;
        if (op == "exited") {
            if (r.members.erase(frame.num("user")) == 0) fault("exited unknown", frame);
        } else {
            const bool known = r.members.count(frame.num("user")) != 0;
            if (known != (op == "renamed")) fault("a member twice or never", frame);
            r.members[frame.num("user")] = frame.str("nick");
        }
    }

public:
    static client_message message_of(const json& frame) {
        client_message m;
        m.user = frame.num("user");
        m.time = frame.num("time");
        m.reply_to = frame.num("reply_to");
        m.bytes = frame.num("bytes");
        m.nick = frame.str("nick");
        m.kind = frame.str("kind");
        m.text = frame.str("text");
        m.nonce = frame.str("nonce");
        return m;
    }
};

}  // namespace testing
