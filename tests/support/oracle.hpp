#pragma once

// A small, slow model of the whole service, written from the documentation in the public headers
// and not from the engine: what each command answers, and which frames go to whom because of it.
// It holds for configurations in which history is bounded by `room_messages_max` alone.

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine.hpp"
#include "json_value.hpp"

namespace testing {

using u64 = std::uint64_t;
using u32 = std::uint32_t;
using codes = std::set<std::string>;

/// The folded form of a name, for the letters that the tests use; empty when it is no name.
inline std::string fold(std::string_view text) {
    static const std::vector<std::pair<std::string, std::string>> others = {
        {"\u00c9", "e\u0301"}, {"\u00e9", "e\u0301"}, {"\u00df", "ss"}, {"\uff21", "a"},
        {"\uff41", "a"},       {"\u212a", "k"},       {"\u03a3", "\u03c3"}, {"\u03c2", "\u03c3"}};
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto same = [&](const auto& o) { return text.substr(at, o.first.size()) == o.first; };
        const auto found = std::find_if(others.begin(), others.end(), same);
        if (found != others.end()) {
            out += found->second;
            at += found->first.size();
        } else {
            const char c = text[at++];
            out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    return out;
}

inline bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
    });
}

inline bool is_nick(std::string_view text) {
    return !has_control(text) && text.find_first_of("\n\t") == text.npos && text.front() != ' ' &&
           text.back() != ' ' && text.find("  ") == text.npos &&
           text.find("\u200b") == text.npos;   // Stands for all that cannot be seen.
}

inline bool is_room_name(std::string_view text) {
    return text.find_first_of(" /!?\n\t\"") == text.npos && !has_control(text) &&
           std::string_view("-.:+").find(text.front()) == std::string_view::npos;
}

struct oracle_message {
    u64 number, time, user;
    std::string nick;
    bool emote;
    std::string text;
    u64 reply_to;
    std::string nonce;
};

struct oracle_room {
    u64 id = 0, owner = 0, roster = 0, last = 0;
    std::string name, title, topic;
    u32 capacity = 0;
    bool persistent = false, managed = false;
    bool counting = false;               // A coming or going has only been counted.
    std::set<u64> members;
    std::deque<oracle_message> kept;

    u64 first() const { return kept.empty() ? last + 1 : kept.front().number; }
};

struct oracle_user {
    u64 id = 0, detached_at = 0;
    std::string nick, identity;
    std::set<u32> sessions;
    std::deque<std::string> tokens;      // newest first
    std::set<u64> rooms;
};

struct oracle_session {
    u64 user = 0;
    u32 bad_frames = 0;
    u32 frame_bytes_max = 0;
};

struct oracle_result {
    u64 number = 0, time = 0, user = 0;
    std::string room;
};

class oracle {
public:
    chatroom::config how;
    u64 now = 0;
    std::map<u32, oracle_session> sessions;
    std::map<u64, oracle_user> users;
    std::map<u64, oracle_room> rooms;    // by id, so in the order of their creation
    std::map<u32, std::vector<json>> sent;   // what the call at hand must send

    explicit oracle(const chatroom::config& with) : how(with) {}

    oracle_room* room(const std::string& name) {
        for (auto& each : rooms) {
            if (each.second.name == name) return &each.second;
        }
        return nullptr;
    }
    const json welcome(u32 frame_bytes_max) const {
        json out = json::object("welcome");
        out.set("protocol", 1).set("features", "guests rooms posts settings").add("time", now);
        out.add("frame_bytes_max", frame_bytes_max);
        out.add("message_bytes_max", how.limits.message_bytes_max);
        out.add("nick_bytes_max", how.limits.nick_bytes_max);
        out.add("room_name_bytes_max", how.limits.room_name_bytes_max);
        out.add("nonce_bytes_max", how.limits.nonce_bytes_max);
        out.add("page_items_max", how.limits.page_items_max);
        out.add("rooms_per_user_max", how.limits.rooms_per_user_max);
        return out.add("resume_window_ms", how.policies.resume_window_ms);
    }

    // Sessions and time.

    codes check_connect(const std::string& identity, const std::string& nick) {
        codes why;
        if (sessions.size() >= how.limits.sessions_max) why.insert("sessions_full");
        if (identity.empty()) return why;
        if (nick.empty() || !is_nick(nick)) why.insert("nick_invalid");
        if (nick.size() > how.limits.nick_bytes_max) why.insert("member_too_long");
        if (oracle_user* u = with_identity(identity)) {
            check_sessions(*u, why);
        } else {
            check_new_user(nick, how.policies.names_shown != 0, why);
        }
        return why;
    }
    void connect(u32 session, u32 frame_bytes_max, const std::string& identity,
                 const std::string& nick) {
        sessions[session].frame_bytes_max = frame_bytes_max;
        tell(session, welcome(frame_bytes_max));
        if (identity.empty()) return;
        oracle_user* u = with_identity(identity);
        const bool known = u != nullptr;
        if (!known) {
            u = &add_user(nick);
            u->identity = identity;
        }
        bind(session, *u);
        tell(session, json::object("you").add("user", u->id).set("nick", u->nick));
        if (known) tell_rooms(session, json());
    }
    void disconnect(u32 session) {
        unbind(session);
        sessions.erase(session);
    }
    /// A frame that could not be read; @return whether the session ended by it.
    bool bad_frame(u32 session) {
        if (++sessions[session].bad_frames < how.budgets.bad_frames_max) return false;
        tell(session, json::object("bye").set("code", "frame_malformed"));
        disconnect(session);
        return true;
    }
    void tick(u64 time) {
        now = std::max(now, time);
        const bool due = !detached_.empty() && is_due(detached_.front());
        if (due && now - advanced_at_ >= how.policies.advance_ms) {
            advanced_at_ = now;
            while (!detached_.empty() && is_due(detached_.front())) remove_user(detached_.front());
        }
        counts_told = now - counted_at_ >= how.budgets.presence_ms;
        if (counts_told) counted_at_ = now;
    }
    /// The policies that the tests change.
    u32* policy_named(const std::string& name) {
        chatroom::policies& p = how.policies;
        const std::map<std::string, u32*> all = {
            {"rooms_by_host_only", &p.rooms_by_host_only}, {"create_on_join", &p.create_on_join},
            {"names_shown", &p.names_shown},               {"room_capacity", &p.room_capacity},
            {"room_messages_max", &p.room_messages_max},
            {"presence_members_max", &p.presence_members_max}};
        const auto found = all.find(name);
        return found == all.end() ? nullptr : found->second;
    }
    bool counts_told = false;            // The tick has told the counts of large rooms.

    // Commands, as JSON; `session` 0 is the host.

    codes check(u32 session, const json& what, u64 behalf = 0) {
        codes why = check_form(what);
        const std::string& op = what.str("op");
        const auto is = [&op](std::initializer_list<const char*> ops) {
            return std::find(ops.begin(), ops.end(), op) != ops.end();
        };
        oracle_user* u = actor(session, behalf);
        if (session == 0) {
            if (is({"guest", "resume", "token", "logout"})) why.insert("forbidden");
            const bool needed = behalf != 0 || is({"nick", "join", "leave"});
            if (u == nullptr && needed) why.insert("user_unknown");
        } else {
            if (is({"guest", "resume"}) && u != nullptr) why.insert("already_logged_in");
            if (!is({"guest", "resume", "ping"}) && u == nullptr) why.insert("login_required");
            if (is({"configure", "destroy"})) why.insert("forbidden");
        }
        if (!why.empty()) return why;
        check_command(what, session == 0, u, why);
        return why;
    }

    /// Carries out what `check` allows. @param token  the one that the engine gave out, if any
    oracle_result apply(u32 session, const json& what, bool framed, u64 behalf = 0,
                        const std::string& token = {}) {
        const std::string& op = what.str("op");
        oracle_user* u = actor(session, behalf);
        oracle_result done;
        done.time = now;
        std::vector<u32> to_join;        // sessions that hear `joined` after the reply
        u64 join_room = 0, back = 0;
        if (op == "guest" || op == "resume") {
            u = op == "guest" ? &add_user(what.str("nick")) : with_token(what.str("token"));
            if (op == "resume") forget_token(*u, what.str("token"));
            bind(session, *u);
        }
        if (op == "guest" || op == "resume" || op == "token") {
            u->tokens.push_front(token);
            if (u->tokens.size() > how.limits.sessions_per_user_max) u->tokens.pop_back();
        }
        if (op == "guest" || op == "resume" || op == "nick") done.user = u->id;
        if (op == "nick") rename(*u, what.str("nick"));
        if (op == "create" || op == "join") {
            oracle_room* r = room(fold(what.str("room")));
            if (r == nullptr) r = &add_room(what, u, op == "create" && session == 0);
            if (u != nullptr && r->members.count(u->id) == 0) {
                to_join.assign(u->sessions.begin(), u->sessions.end());
                add_member(*u, *r);
            } else if (session != 0) {
                to_join = {session};
            }
            join_room = r->id;
            back = std::min<u64>(what.num("history"), r->kept.size());
            done.room = r->name;
        }
        if (op == "post") post(what, u, done);
        if (op == "set") change(what, done);
        if (op == "configure") configure(what.str("name"), static_cast<u32>(what.num("value")));
        std::string reply_nick = done.user != 0 ? u->nick : "";
        if (op == "leave") {
            leave(*u, *room(fold(what.str("room"))), session == 0 ? "removed" : "left");
        }
        if (op == "destroy") destroy(*room(fold(what.str("room"))));
        if (op == "logout") {
            unbind(session);
            if (u->sessions.empty()) remove_user(u->id);
        }
        if (framed) {
            json ok = json::object("ok").add("ref", what.num("ref")).add("user", done.user);
            ok.add_text("nick", reply_nick);
            if (op == "guest" || op == "resume" || op == "token") ok.add_text("token", token);
            ok.add_text("room", done.room).add("number", done.number);
            tell(session, ok.add("time", done.time));
        }
        for (const u32 each : to_join) {
            tell_room(each, rooms[join_room], each == session ? back : 0);
        }
        if (op == "resume") tell_rooms(session, what);
        for (const json& frame : later_) tell_members(*room(frame.str("room")), frame);
        later_.clear();
        return done;
    }

    // Reads.

    /// The messages that a selector means, at most so many of them.
    static std::vector<oracle_message> select(const oracle_room& r, const json& what, u64 most,
                                              bool& complete) {
        const std::string& how = what.str("selector");
        const u64 number = what.num("number"), until = what.num("until");
        const bool between = how == "between";
        std::vector<oracle_message> in;
        for (const oracle_message& m : r.kept) {
            const u64 n = m.number;
            if (how == "before" && n >= number) continue;
            if (how == "after" && n <= number) continue;
            if (between && (n <= std::min(number, until) || n >= std::max(number, until))) continue;
            in.push_back(m);
        }
        complete = in.size() <= most;
        if (complete) return in;
        auto begin = in.end() - static_cast<std::ptrdiff_t>(most);   // latest, before, between down
        if (how == "after" || (between && number <= until)) begin = in.begin();
        if (how == "around") {
            const u64 middle = std::clamp(number, in.front().number, in.back().number);
            const u64 place = middle - in.front().number;
            const u64 low = place - std::min(place, most / 2);
            begin = in.begin() + static_cast<std::ptrdiff_t>(std::min(low, in.size() - most));
        }
        return {begin, begin + static_cast<std::ptrdiff_t>(most)};
    }
    json joined_frame(const oracle_room& r, u64 user) const {
        const bool owns = user != 0 && r.owner == user;
        json out = state_frame("joined", r);
        out.set("rights", std::string("post") + (r.managed ? "" : " leave") + (owns ? " set" : ""));
        out.add("first", r.kept.empty() ? 0 : r.first());
        return out.set("last", r.last).set("id", r.id);
    }
    static json state_frame(const char* op, const oracle_room& r) {
        json out = json::object(op).set("room", r.name);
        out.add_text("title", r.title).add_text("topic", r.topic).add("owner", r.owner);
        out.add("capacity", r.capacity).add_flag("persistent", r.persistent);
        out.add_flag("managed", r.managed).set("members", json(u64{r.members.size()}));
        return out.add("roster", r.roster);
    }
    static json message_frame(const oracle_room& r, const oracle_message& m) {
        json out = json::object("message").set("room", r.name).set("number", json(m.number));
        out.add("time", m.time).set("user", json(m.user)).add_text("nick", m.nick);
        if (m.emote) out.set("kind", "emote");
        out.add_text("text", m.text).add("reply_to", m.reply_to);
        return out.add_text("nonce", m.nonce);
    }

private:
    u64 users_made_ = 0, rooms_made_ = 0, advanced_at_ = 0, counted_at_ = 0;
    std::deque<u64> detached_;           // users without a session, longest first
    std::vector<json> later_;            // what a room is told behind the reply

    // Finding.

    oracle_user* actor(u32 session, u64 behalf) {
        const u64 id = session == 0 ? behalf : sessions[session].user;
        const auto found = users.find(id);
        return found == users.end() ? nullptr : &found->second;
    }
    oracle_user* with_identity(const std::string& identity) {
        for (auto& each : users) {
            if (each.second.identity == identity) return &each.second;
        }
        return nullptr;
    }
    oracle_user* with_token(const std::string& token) {
        for (auto& each : users) {
            const auto& held = each.second.tokens;
            if (std::find(held.begin(), held.end(), token) != held.end()) return &each.second;
        }
        return nullptr;
    }
    static bool is_flag(const std::string& policy) {
        return policy == "rooms_by_host_only" || policy == "create_on_join" ||
               policy == "names_shown";
    }
    void configure(const std::string& name, u32 value) { *policy_named(name) = value; }
    static void forget_token(oracle_user& u, const std::string& token) {
        u.tokens.erase(std::find(u.tokens.begin(), u.tokens.end(), token));
    }
    bool is_due(u64 user) const {
        return users.at(user).detached_at + how.policies.resume_window_ms <= now;
    }

    // Telling.

    void tell(u32 session, const json& frame) { sent[session].push_back(frame); }
    void tell_members(const oracle_room& r, const json& frame, u64 but = 0) {
        for (const u64 member : r.members) {
            if (member == but) continue;
            for (const u32 session : users[member].sessions) tell(session, frame);
        }
    }
    void notice(oracle_room& r, const json& frame, u64 but = 0) {
        if (r.members.size() > how.policies.presence_members_max) {
            r.counting = true;
        } else {
            tell_members(r, frame, but);
        }
    }
    void tell_messages(u32 session, const oracle_room& r, u64 from) {
        for (const oracle_message& m : r.kept) {
            if (m.number >= from) tell(session, message_frame(r, m));
        }
    }
    void tell_room(u32 session, const oracle_room& r, u64 back) {
        json out = joined_frame(r, sessions[session].user);
        if (back != 0) out.add("from", r.last - back + 1);
        tell(session, out);
        tell_messages(session, r, r.last - back + 1);
    }
    void tell_rooms(u32 session, const json& resume) {
        for (const u64 id : users[sessions[session].user].rooms) {
            const oracle_room& r = rooms[id];
            const json* after = nullptr;
            const json* cursors = resume.find("cursors");
            for (std::size_t i = 0; cursors != nullptr && i < cursors->items.size(); ++i) {
                const json& named = cursors->items[i];
                const bool same = named.num("id") == 0 || named.num("id") == r.id;
                if (fold(named.str("room")) == r.name && same) after = &named;
            }
            if (after == nullptr) {
                tell_room(session, r, 0);
                continue;
            }
            const u64 number = std::min(after->num("after"), r.last);
            const u64 from = std::max(number + 1, r.first());
            json out = joined_frame(r, sessions[session].user);
            out.set("resume", number == r.last ? "complete"
                              : from == number + 1 ? "continues" : "truncated");
            if (number != r.last) out.add("from", from);
            tell(session, out);
            if (from != number + 1) {
                tell(session, json::object("gap").set("room", r.name).add("from", number + 1)
                                  .add("to", from - 1));
            }
            tell_messages(session, r, from);
        }
        tell(session, json::object("caught_up"));
    }

    // Deciding.

    void check_text(const json& what, const char* name, u64 most, bool needed, codes& why) {
        const std::string& text = what.str(name);
        if (text.empty()) {
            if (needed) why.insert("member_missing");
            return;
        }
        if (text.size() > most) why.insert("member_too_long");
        const std::string_view field = name;
        if (field == "room") {
            if (!is_room_name(text) || fold(text).size() > most) why.insert("room_name_invalid");
        } else if (field == "nick") {
            if (!is_nick(text)) why.insert("nick_invalid");
        } else if (field != "token" && has_control(text)) {
            why.insert("text_invalid");
        }
    }
    codes check_form(const json& what) {
        const chatroom::limits& l = how.limits;
        const std::string& op = what.str("op");
        codes why;
        static const std::set<std::string> with_room = {"create", "join",    "leave", "set",
                                                        "destroy", "members", "post",  "history"};
        if (with_room.count(op) != 0) check_text(what, "room", l.room_name_bytes_max, true, why);
        if (op == "guest" || op == "nick") check_text(what, "nick", l.nick_bytes_max, true, why);
        if (op == "create") {
            check_text(what, "title", l.title_bytes_max, false, why);
            check_text(what, "topic", l.topic_bytes_max, false, why);
        }
        if (op == "post") {
            check_text(what, "text", l.message_bytes_max, true, why);
            check_text(what, "nonce", l.nonce_bytes_max, false, why);
        }
        if (op == "set") {
            static const std::set<std::string> all = {"",         "title",      "topic",
                                                      "capacity", "persistent", "managed"};
            if (all.count(what.str("property")) == 0) why.insert("member_invalid");
            check_text(what, "value", std::max({l.title_bytes_max, l.topic_bytes_max, 10u}), false,
                       why);
        }
        if (op == "configure") check_text(what, "name", 32, true, why);
        if (op == "resume") {
            check_text(what, "token", 32, true, why);
            const json* cursors = what.find("cursors");
            if (cursors != nullptr && cursors->items.size() > l.rooms_per_user_max) {
                why.insert("member_too_long");
            }
        }
        return why;
    }
    void check_sessions(const oracle_user& u, codes& why) {
        if (u.sessions.size() >= how.limits.sessions_per_user_max) why.insert("user_sessions_full");
    }
    void check_nick(const std::string& nick, u64 but, bool shared, codes& why) {
        for (const auto& each : users) {
            const bool same = each.first != but && fold(each.second.nick) == fold(nick);
            if (same && !shared) why.insert("nick_taken");
        }
    }
    void check_new_user(const std::string& nick, bool shared, codes& why) {
        if (users.size() >= how.limits.users_max) why.insert("users_full");
        check_nick(nick, 0, shared, why);
    }
    void check_new_room(bool by_host, const char* unless, codes& why) {
        if (how.policies.rooms_by_host_only != 0 && !by_host) why.insert(unless);
        if (rooms.size() >= how.limits.rooms_max) why.insert("rooms_full");
        const u64 pages = (rooms.size() + 1) * how.policies.room_pages_reserved;
        if (pages > how.limits.history_pages_max) why.insert("history_full");
    }
    void check_new_member(const oracle_user& u, const oracle_room* r, codes& why) {
        std::size_t all = 0;
        for (const auto& each : rooms) all += each.second.members.size();
        if (all >= how.limits.members_max) why.insert("members_full");
        if (u.rooms.size() >= how.limits.rooms_per_user_max) why.insert("user_rooms_full");
        if (r != nullptr && r->members.size() >= r->capacity) why.insert("room_full");
    }
    void check_command(const json& what, bool by_host, const oracle_user* u, codes& why) {
        const std::string& op = what.str("op");
        oracle_room* r = what.has("room") ? room(fold(what.str("room"))) : nullptr;
        const bool member = r != nullptr && u != nullptr && r->members.count(u->id) != 0;
        const bool sees = r != nullptr && (by_host || member);
        static const std::set<std::string> inside = {"set", "post", "members", "history"};
        if (inside.count(op) != 0 && !sees) {
            why.insert("room_unknown");
        } else if (op == "guest") {
            check_new_user(what.str("nick"), false, why);
        } else if (op == "nick") {
            check_nick(what.str("nick"), u->id,
                       how.policies.names_shown != 0 && !u->identity.empty(), why);
        } else if (op == "resume") {
            const oracle_user* of = with_token(what.str("token"));
            if (of == nullptr || (of->sessions.empty() && is_due(of->id))) {
                why.insert("token_invalid");
            } else {
                check_sessions(*of, why);
            }
        } else if (op == "create") {
            if ((what.flag("persistent") || what.flag("managed")) && !by_host) {
                why.insert("forbidden");
            }
            if (r != nullptr) why.insert("room_exists");
            if (what.num("capacity") > how.limits.members_max) why.insert("number_out_of_range");
            check_new_room(by_host, "forbidden", why);
            if (u != nullptr) check_new_member(*u, nullptr, why);
        } else if (op == "join" && !member) {
            if (r == nullptr && how.policies.create_on_join == 0) why.insert("room_unknown");
            if (r == nullptr) check_new_room(by_host, "room_unknown", why);
            if (r != nullptr && r->managed && !by_host) why.insert("room_managed");
            check_new_member(*u, r, why);
        } else if (op == "leave") {
            if (!member) why.insert("room_unknown");
            if (member && r->managed && !by_host) why.insert("room_managed");
        } else if (op == "destroy") {
            if (r == nullptr) why.insert("room_unknown");
        } else if (op == "configure") {
            const u64 value = what.num("value");
            u32* const policy = policy_named(what.str("name"));
            if (policy == nullptr) why.insert("invalid_argument");
            if (value >> 32 != 0 || (is_flag(what.str("name")) && value > 1) ||
                (what.str("name").rfind("room_", 0) == 0 && value == 0)) {
                why.insert("number_out_of_range");
            }
        } else if (op == "set") {
            check_set(what, by_host, u != nullptr && r->owner == u->id, why);
        } else if (op == "post") {
            check_post(what, *r, u == nullptr ? 0 : u->id, why);
        }
    }
    void check_set(const json& what, bool by_host, bool owns, codes& why) {
        const std::string& property = what.str("property");
        const std::string& value = what.str("value");
        const bool text = property.empty() || property == "title" || property == "topic";
        const bool flag = property == "persistent" || property == "managed";
        if (!by_host && (!owns || flag)) why.insert("forbidden");
        if (property != "topic" && text && value.size() > how.limits.title_bytes_max) {
            why.insert("member_too_long");
        }
        if (property == "topic" && value.size() > how.limits.topic_bytes_max) {
            why.insert("member_too_long");
        }
        if (text) return;
        if (value.empty() || value.find_first_not_of("0123456789") != value.npos) {
            why.insert("member_invalid");
        } else if (std::stoull(value) > (flag ? 1 : how.limits.members_max)) {
            why.insert("number_out_of_range");
        }
    }
    static const oracle_message* with_nonce(const oracle_room& r, u64 user,
                                            const std::string& nonce) {
        for (const oracle_message& m : r.kept) {
            if (!nonce.empty() && m.user == user && m.nonce == nonce) return &m;
        }
        return nullptr;
    }
    void check_post(const json& what, const oracle_room& r, u64 user, codes& why) {
        const u64 reply_to = what.num("reply_to");
        if (const oracle_message* said = with_nonce(r, user, what.str("nonce"))) {
            const bool same = said->text == what.str("text") && said->reply_to == reply_to &&
                              said->emote == (what.str("kind") == "emote");
            if (!same) why.insert("nonce_reused");
            return;
        }
        if (reply_to != 0 && (reply_to < r.first() || reply_to > r.last)) {
            why.insert("reply_unknown");
        }
    }

    // Doing.

    oracle_user& add_user(const std::string& nick) {
        oracle_user& u = users[++users_made_];
        u.id = users_made_;
        u.nick = nick;
        return u;
    }
    void bind(u32 session, oracle_user& u) {
        sessions[session].user = u.id;
        u.sessions.insert(session);
        detached_.erase(std::remove(detached_.begin(), detached_.end(), u.id), detached_.end());
    }
    void unbind(u32 session) {
        const u64 id = std::exchange(sessions[session].user, 0);
        if (id == 0) return;
        oracle_user& u = users[id];
        u.sessions.erase(session);
        if (!u.sessions.empty()) return;
        u.detached_at = now;
        detached_.push_back(id);
    }
    void remove_user(u64 id) {
        oracle_user& u = users[id];
        while (!u.rooms.empty()) leave(u, rooms[*u.rooms.begin()], "gone");
        detached_.erase(std::remove(detached_.begin(), detached_.end(), id), detached_.end());
        users.erase(id);
    }
    void rename(oracle_user& u, const std::string& nick) {
        const std::string old = std::exchange(u.nick, nick);
        for (const u32 session : u.sessions) {
            tell(session, json::object("you").add("user", u.id).set("nick", nick));
        }
        for (const u64 id : u.rooms) {
            oracle_room& r = rooms[id];
            ++r.roster;
            notice(r, json::object("renamed").set("room", r.name).add("user", u.id)
                          .set("nick", nick).set("old", old).add("roster", r.roster));
        }
    }
    oracle_room& add_room(const json& what, const oracle_user* u, bool by_host) {
        oracle_room& r = rooms[++rooms_made_];
        r.id = rooms_made_;
        r.name = fold(what.str("room"));
        r.owner = u == nullptr ? 0 : u->id;
        r.capacity = what.num("capacity") != 0 ? static_cast<u32>(what.num("capacity"))
                                               : how.policies.room_capacity;
        r.title = what.str("title");
        r.topic = what.str("topic");
        r.persistent = what.flag("persistent") || (by_host && u == nullptr);
        r.managed = what.flag("managed");
        return r;
    }
    void add_member(oracle_user& u, oracle_room& r) {
        r.members.insert(u.id);
        u.rooms.insert(r.id);
        ++r.roster;
        notice(r, json::object("entered").set("room", r.name).add("user", u.id).set("nick", u.nick)
                      .add("members", r.members.size()).add("roster", r.roster), u.id);
    }
    void leave(oracle_user& u, oracle_room& r, const char* reason) {
        for (const u32 session : u.sessions) {
            tell(session, json::object("left").set("room", r.name).set("reason", reason));
        }
        r.members.erase(u.id);
        u.rooms.erase(r.id);
        ++r.roster;
        notice(r, json::object("exited").set("room", r.name).add("user", u.id).set("nick", u.nick)
                      .set("reason", reason).set("members", json(u64{r.members.size()}))
                      .add("roster", r.roster));
        if (r.members.empty() && !r.persistent) rooms.erase(r.id);
    }
    void destroy(oracle_room& r) {
        tell_members(r, json::object("left").set("room", r.name).set("reason", "destroyed"));
        for (const u64 member : r.members) users[member].rooms.erase(r.id);
        rooms.erase(r.id);
    }
    void post(const json& what, const oracle_user* u, oracle_result& done) {
        oracle_room& r = *room(fold(what.str("room")));
        done.room = r.name;
        const u64 user = u == nullptr ? 0 : u->id;
        if (const oracle_message* said = with_nonce(r, user, what.str("nonce"))) {
            done.number = said->number;
            done.time = said->time;
            return;
        }
        r.kept.push_back({++r.last, now, user, u == nullptr ? "" : u->nick,
                          what.str("kind") == "emote", what.str("text"), what.num("reply_to"),
                          what.str("nonce")});
        // A page's worth and one at the most with each post.
        u64 gone = how.limits.page_messages_max + u64{1};
        for (; r.kept.size() > how.policies.room_messages_max && gone != 0; --gone) {
            r.kept.pop_front();
        }
        done.number = r.last;
        later_.push_back(message_frame(r, r.kept.back()));
    }
    void change(const json& what, oracle_result& done) {
        oracle_room& r = *room(fold(what.str("room")));
        const std::string& property = what.str("property");
        const std::string& value = what.str("value");
        if (property.empty() || property == "title") {
            r.title = value;
        } else if (property == "topic") {
            r.topic = value;
        } else {
            const u32 number = static_cast<u32>(std::stoull(value));
            if (property == "capacity") {
                r.capacity = number != 0 ? number : how.policies.room_capacity;
            }
            if (property == "persistent") r.persistent = number != 0;
            if (property == "managed") r.managed = number != 0;
        }
        if (r.members.empty() && !r.persistent) {
            rooms.erase(r.id);
            return;
        }
        done.room = r.name;
        later_.push_back(state_frame("room", r));
    }
};

}  // namespace testing
