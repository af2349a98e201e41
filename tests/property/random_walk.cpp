// A random walk of commands from several sessions, in several configurations: every answer and
// every frame is compared with the oracle, and now and then the whole state and all views.
//
//     random_walk [--steps N] [--seed S] [--only configuration]

#include <cstdio>
#include <cstdlib>
#include <deque>

#include "../support/harness.hpp"
#include "../support/oracle.hpp"
#include "../support/reference_client.hpp"
#include "../support/typed_commands.hpp"

using namespace testing;
using chatroom::error;
using chatroom::session_id;

namespace {

bool tracing = false;   // with TRACE in the environment: every call and every frame

struct plan {
    const char* name;
    chatroom::config how;
    bool by_frame = true;        // false: deliveries are sliced, so only final views are compared
    u32 sessions = 12;
};

chatroom::config base_config() {
    chatroom::config how;
    how.limits.history_pages_max = 2048;             // So that only counts evict.
    how.policies.room_pages_max = 1024;
    how.policies.clock_ahead_max_ms = 0xffffffffu;   // Leaps are part of the walk.
    how.policies.effects_per_record_max = 1000000;
    return how;
}

std::vector<plan> all_plans() {
    std::vector<plan> out;
    out.push_back({"default", base_config()});
    chatroom::config tiny = base_config();
    tiny.limits.sessions_max = 6;
    tiny.limits.users_max = 5;
    tiny.limits.sessions_per_user_max = 2;
    tiny.limits.rooms_max = 2;
    tiny.limits.members_max = 7;
    tiny.limits.rooms_per_user_max = 2;
    tiny.limits.history_pages_max = 8;
    tiny.limits.page_messages_max = 3;
    tiny.limits.nick_bytes_max = 8;
    tiny.limits.room_name_bytes_max = 8;
    tiny.limits.title_bytes_max = 12;
    tiny.limits.topic_bytes_max = 9;
    tiny.limits.message_bytes_max = 30;
    tiny.limits.nonce_bytes_max = 4;
    tiny.limits.page_items_max = 3;
    tiny.policies.room_capacity = 3;
    tiny.policies.room_messages_max = 4;
    tiny.policies.room_pages_reserved = 4;
    tiny.policies.resume_window_ms = 2000;
    tiny.budgets.bad_frames_max = 3;
    out.push_back({"tiny", tiny, true, 7});
    chatroom::config presence = base_config();
    presence.policies.presence_members_max = 2;
    presence.policies.room_messages_max = 20;
    presence.budgets.presence_ms = 700;
    out.push_back({"presence", presence});
    for (const u32 deliveries : {1u, 3u, 7u}) {
        chatroom::config sliced = base_config();
        sliced.budgets.deliveries_per_call = deliveries;
        sliced.policies.room_messages_max = deliveries == 3 ? 4 : 50;
        const char* const name = deliveries == 1   ? "sliced1"
                                 : deliveries == 3 ? "sliced3"
                                                   : "sliced7";
        out.push_back({name, sliced, false});
    }
    return out;
}

const std::vector<std::string> nicks = {
    "alice", "bob",     "carol",      "dave",         "erin",      "frank",   "gina",   "hugo",
    "ALICE", "Bob",     "ivan",       "caf\u00c9",    "Cafe\u0301", "\uff21l", "al",     "a b",
    "Kim",   "judy",    "\u212aim",   "lena",         "max",       "nina",    "otto",   "rosa",
    "a  b",  " a",      "x\u200by",   "t\tab",        "",
    "a very long nick, longer than any limit"};
const std::vector<std::string> room_names = {
    "lobby", "Lobby", "red",  "blue", "stra\u00dfe", "STRASSE", "caf\u00e9", "a.b",
    "_x",    "#tag",  "lobby", "red",  "bad room",     "-x",      "",         "tea",
    "long-name-above-every-limit-there-is"};
const std::vector<std::string> words = {"hi",  "one two", "\"quoted\" \\ back", "line\nbreak",
                                         "\u65e5\u672c", "\U0001f600", "<b>",   "tab\there", "#"};

// Frames that are refused before they name anything in the state.
struct bad_frame {
    const char* text;
    const char* code;
    bool unreadable;
};
const std::vector<bad_frame> bad_frames = {
    {"", "frame_malformed", true},
    {"{", "frame_malformed", true},
    {"[]", "frame_malformed", true},
    {"{\"op\":\"ping\"", "frame_malformed", true},
    {"{\"op\":\"ping\",\"ref\":7,\"op\":\"ping\"}", "frame_malformed", true},
    {"{\"op\":\"ping\"} x", "frame_malformed", true},
    {"{\"op\":\"post\",\"text\":\"\xff\"}", "frame_malformed", true},
    {"{}", "op_missing", false},
    {"{\"op\":5}", "member_invalid", false},
    {"{\"op\":\"nope\",\"ref\":3}", "op_unknown", false},
    {"{\"op\":\"bind\",\"identity\":\"root\"}", "op_unknown", false},
    {"{\"op\":\"boot\"}", "op_unknown", false},
    {"{\"op\":\"unbind\"}", "op_unknown", false},
    {"{\"op\":\"join\",\"room\":5}", "member_invalid", false},
    {R"({"op":"post","room":"lobby","text":"x","kind":"shout"})", "member_invalid", false},
    {"{\"op\":\"history\",\"room\":\"lobby\",\"number\":1.5}", "member_invalid", false},
    {"{\"op\":\"history\",\"room\":\"lobby\",\"limit\":4294967296}", "number_out_of_range", false},
    {"{\"op\":\"rooms\",\"after\":-1}", "number_out_of_range", false},
    {"{\"op\":\"post\",\"room\":\"lobby\",\"text\":\"x\\u0007y\"}", "text_invalid", false},
};

struct connection {
    session_id id{};
    chatroom::wire wire = chatroom::wire::json;
    u32 frame_bytes_max = 0;
    bool small = false;
    bool paused = false;
    bool unsettled = false;      // was paused; its frames are no longer those of the oracle
    reference_client client;
    std::vector<json> got;       // frames of the call at hand
};

class walk {
public:
    walk(const plan& with, u64 seed)
        : plan_(with), model_(with.how), random_(seed), seed_(seed) {
        tap_.on_frame = [this](u32 id, const json& frame) { heard(id, frame); };
        if (chat_.open(plan_.how, environment_of(tap_, entropy_)) != error::none) fail("open");
        tick(1700000000000);
    }

    bool run(u32 steps) {
        for (step_ = 0; step_ < steps && !failed_; ++step_) {
            one_step();
            if (!failed_ && !tap_.faults.empty()) fail("a frame: " + tap_.faults.front());
            if (!failed_ && step_ % 60 == 59) check_all();
        }
        return !failed_;
    }
    u64 frames() const { return tap_.frames; }
    const std::map<std::string, u64>& outcomes() const { return outcomes_; }

private:
    const plan& plan_;
    oracle model_;
    random_numbers random_;
    u64 seed_;
    u32 step_ = 0;
    bool failed_ = false;
    bool counting_ = false;      // the tick at hand tells counts
    wire_tap tap_;
    counting_entropy entropy_;
    chatroom::engine chat_;
    std::map<u32, connection> open_;
    std::vector<reference_client> away_;         // clients whose connection has ended
    std::deque<std::string> last_commands_;
    std::map<std::string, u64> outcomes_;
    u64 refs_ = 10;   // Those below are of the bad frames.
    u32 least_ = least_frame_bytes(plan_.how);

    // Telling.

    void fail(const std::string& why) {
        if (failed_) return;
        failed_ = true;
        std::printf("FAILED  %s, seed %llu, step %u: %s\n", plan_.name,
                    static_cast<unsigned long long>(seed_), step_, why.c_str());
        for (const std::string& line : last_commands_) std::printf("    %.300s\n", line.c_str());
    }
    void note(const std::string& line) {
        if (tracing) std::printf("  %u: %.200s\n", step_, line.c_str());
        last_commands_.push_back(line);
        if (last_commands_.size() > 25) last_commands_.pop_front();
    }
    void heard(u32 id, const json& frame) {
        connection& at = open_[id];
        at.client.take(frame);
        at.got.push_back(frame);
        if (tracing) std::printf("      %u < %.200s\n", id, to_text(frame).c_str());
        if (at.paused) fail("a frame to a paused session: " + to_text(frame));
        if (!at.client.faults.empty()) {
            fail("client " + std::to_string(id) + " says: " + at.client.faults.front());
        }
    }

    // Comparing what was sent.

    static bool is_reply(const json& frame) {
        const std::string& op = frame.str("op");
        return op == "ok" || op == "error" || op == "history" || op == "rooms" || op == "members";
    }
    // Frames of different rooms may come in any order; those of one room, and the rest, not.
    static void by_room(std::vector<json>& frames) {
        std::stable_sort(frames.begin(), frames.end(), [](const json& a, const json& b) {
            return (is_reply(a) ? "" : a.str("room")) < (is_reply(b) ? "" : b.str("room"));
        });
    }
    // Counts of large rooms are told when it suits the engine, but never wrongly.
    bool is_count(const json& frame) {
        if (frame.str("op") != "room") return false;
        const oracle_room* r = model_.room(frame.str("room"));
        const bool due = r != nullptr && (r->counting || counting_);
        return due && frame == oracle::state_frame("room", *r);
    }
    static bool may_be_withheld(const connection& at, const json& told, json& meant,
                                std::size_t around = 40) {
        if (!told.has("bytes") || meant.str("text").size() != told.num("bytes")) return false;
        if (to_text(meant).size() + around < at.frame_bytes_max) return false;
        for (auto& member : meant.members) {
            if (member.first == "text") member = {"bytes", json(told.num("bytes"))};
        }
        return true;
    }
    void compare(u32 id, connection& at) {
        std::vector<json>& meant = model_.sent[id];
        if (at.paused || at.unsettled || !plan_.by_frame) return;
        auto& got = at.got;
        const auto counts = [this](const json& frame) { return is_count(frame); };
        got.erase(std::remove_if(got.begin(), got.end(), counts), got.end());
        meant.erase(std::remove_if(meant.begin(), meant.end(), counts), meant.end());
        by_room(meant);
        by_room(got);
        for (std::size_t i = 0; i < std::max(meant.size(), got.size()); ++i) {
            if (i < meant.size() && i < got.size()) {
                if (got[i] == meant[i]) continue;
                if (may_be_withheld(at, got[i], meant[i]) && got[i] == meant[i]) continue;
            }
            return fail("session " + std::to_string(id) + " was told\n        " +
                        (i < got.size() ? to_text(got[i]) : "nothing") + "\n    and not\n        " +
                        (i < meant.size() ? to_text(meant[i]) : "nothing"));
        }
    }
    void begin() {
        model_.sent.clear();
        for (auto& each : open_) each.second.got.clear();
    }
    void end() {
        for (auto& each : open_) {
            if (!failed_) compare(each.first, each.second);
        }
        for (auto at = open_.begin(); at != open_.end();) {
            at = at->second.client.ended ? open_.erase(at) : std::next(at);
        }
    }

    // Commands.

    connection* any() {
        if (open_.empty()) return nullptr;
        auto at = open_.begin();
        std::advance(at, random_.below(static_cast<u32>(open_.size())));
        return &at->second;
    }
    oracle_user* user_of(const connection& at) {
        const auto found = model_.users.find(model_.sessions[at.id].user);
        return found == model_.users.end() ? nullptr : &found->second;
    }
    std::string some_text() {
        std::string out = random_.pick(words);
        while (random_.one_in(2)) out += random_.pick(words);
        if (random_.one_in(12)) {
            const u32 most = std::min(plan_.how.limits.message_bytes_max, 1200u);
            out.assign(most - random_.below(std::min(most, 40u)) + random_.below(3), 'x');
        }
        return out;
    }
    // Mostly a room that is there, and mostly one that the user is in.
    std::string some_room(const oracle_user* u) {
        if (u != nullptr && !u->rooms.empty() && !random_.one_in(4)) {
            auto at = u->rooms.begin();
            std::advance(at, random_.below(static_cast<u32>(u->rooms.size())));
            return model_.rooms[*at].name;
        }
        return random_.pick(room_names);
    }
    u64 some_number(const std::string& name) {
        const oracle_room* r = model_.room(fold(name));
        if (r == nullptr || random_.one_in(8)) return random_.below(40);
        const u64 span = r->kept.size() + 4;
        return r->last + 2 < span ? random_.below(static_cast<u32>(span))
                                  : r->last + 2 - random_.below(static_cast<u32>(span));
    }
    json some_command(const oracle_user* u) {
        const std::string room = some_room(u);
        const u32 dice = random_.below(100);
        if (u == nullptr && dice < 85) return login();
        const bool outside = u != nullptr && u->rooms.empty() && !random_.one_in(3);
        if (dice < 38 && !outside) {
            json out = json::object("post").add_text("room", room);
            out.add_text("text", some_text());
            if (random_.one_in(8)) out.set("kind", "emote");
            if (random_.one_in(6)) out.add("reply_to", some_number(room));
            if (random_.one_in(4)) out.set("nonce", "n" + std::to_string(random_.below(6)));
            return out;
        }
        if (dice < 50) {
            json out = json::object("join").add_text("room", random_.pick(room_names));
            return random_.one_in(2) ? out.add("history", random_.below(9)) : out;
        }
        if (dice < 56) return json::object("leave").add_text("room", room);
        if (dice < 60) return some_create(random_.pick(room_names));
        if (dice < 65) return some_set(room);
        if (dice < 68) return json::object("nick").add_text("nick", random_.pick(nicks));
        if (dice < 70) return json::object("post").set("room", room).set("text", "again");
        if (dice < 79) return some_history(room);
        if (dice < 82) return some_page(json::object("rooms"));
        if (dice < 86) return some_page(json::object("members").add_text("room", room));
        if (dice < 88) return json::object("token");
        if (dice < 89) return json::object("logout");
        if (dice < 92) return json::object("ping");
        if (dice < 93) return json::object("destroy").add_text("room", room);
        if (dice < 94) return json::object("configure").set("name", "create_on_join");
        return random_.one_in(3) ? login() : some_history(room);
    }
    json some_create(const std::string& room) {
        json out = json::object("create").add_text("room", room);
        if (random_.one_in(2)) out.set("title", some_text());
        if (random_.one_in(3)) out.set("topic", some_text());
        const u64 too_many = u64{plan_.how.limits.members_max} + 1;
        if (random_.one_in(3)) out.add("capacity", random_.one_in(9) ? too_many : random_.below(5));
        return out.add_flag("persistent", random_.one_in(6)).add_flag("managed", random_.one_in(6));
    }
    json some_set(const std::string& room) {
        static const std::vector<std::string> properties = {"title", "topic", "capacity",
                                                            "persistent", "managed", "colour"};
        static const std::vector<std::string> values = {"0", "1", "2", "5", "99999", "-1", ""};
        const std::string& property = random_.pick(properties);
        const bool text = property == "title" || property == "topic" || random_.one_in(6);
        return json::object("set").add_text("room", room).set("property", property)
            .add_text("value", text ? some_text() : random_.pick(values));
    }
    json some_history(const std::string& room) {
        static const std::vector<std::string> selectors = {"latest", "before", "after", "around",
                                                           "between"};
        json out = json::object("history").add_text("room", room);
        out.set("selector", random_.pick(selectors)).add("number", some_number(room));
        return out.add("until", some_number(room)).add("limit", random_.below(8));
    }
    json some_page(json out) {
        return random_.one_in(2) ? out.add("limit", random_.below(5)) : out;
    }
    json login() {
        if (away_.empty() || random_.one_in(3)) {
            return json::object("guest").add_text("nick", random_.pick(nicks));
        }
        return resume_of(away_[random_.below(static_cast<u32>(away_.size()))]);
    }
    json resume_of(const reference_client& client) {
        json out = json::object("resume");
        out.set("token", client.token.empty() ? "00112233445566778899aabbccddeeff" : client.token);
        json cursors = json::array();
        for (const auto& [name, room] : client.rooms) {
            if (random_.one_in(5)) continue;
            const u64 after = plan_.by_frame && random_.one_in(5) ? random_.below(30) : room.last;
            cursors.items.push_back(
                json::object().set("room", name).add("after", after).add("id", room.id));
        }
        return cursors.items.empty() ? out : out.set("cursors", cursors);
    }

    static const json* reply_in(const connection& at, u64 ref) {
        const auto found = at.client.replies.find(ref);
        return found == at.client.replies.end() ? nullptr : &found->second;
    }
    void count(const std::string& op, const std::string& code) { ++outcomes_[op + " " + code]; }

    // A frame from a session of JSON, and everything that follows from it.
    void send_frame(connection& at, json what) {
        what.add("ref", ++refs_);
        const u32 id = at.id;
        note(std::to_string(id) + (at.paused ? " (paused) " : " ") + to_text(what));
        begin();
        const bool resume = what.str("op") == "resume";
        const reference_client before = resume ? at.client : reference_client();
        if (resume && !at.paused) take_over(at.client, what);
        const error why = chat_.receive(at.id, to_text(what));
        if (why != (at.paused ? error::paused : error::none)) return fail("receive");
        if (at.paused) return end();
        if (to_text(what).size() > at.frame_bytes_max) return too_long(at);
        const json* found = reply_in(at, refs_);
        if (found == nullptr) return fail("no reply");
        const json answer = *found;   // The client may be put back to what it was.
        const json* const reply = &answer;
        const codes allowed = model_.check(id, what);
        const std::string code = reply->str("op") == "error" ? reply->str("code") : "";
        count(what.str("op"), code.empty() ? "ok" : code);
        if (!judge(code, allowed)) return;
        if (!code.empty()) {
            if (reply->str("text").empty() || reply->num("number") == 0) return fail("bare error");
            if (resume) at.client = rest_of(before, at.client);
            model_.sent[id].push_back(*reply);
        } else if (is_read(what)) {
            check_page(at, what, *reply);
            model_.sent[id].push_back(*reply);
        } else {
            model_.apply(id, what, true, 0, reply->str("token"));
            if (what.str("op") == "logout") at.client.log_out();
        }
        end();
    }
    // It is refused unread, so its `ref` is not known.
    void too_long(connection& at) {
        if (at.got.empty() || at.got[0].str("code") != "frame_too_long" || at.got[0].has("ref")) {
            return fail("a frame that is too long was taken");
        }
        model_.sent[at.id].push_back(at.got[0]);
        model_.bad_frame(at.id);
        end();
    }
    bool judge(const std::string& code, const codes& allowed) {
        if (code.empty() ? allowed.empty() : allowed.count(code) != 0) return true;
        std::string list;
        for (const std::string& each : allowed) list += " " + each;
        fail("answered `" + code + "`, but should be one of:" + list);
        return false;
    }
    static bool is_read(const json& what) {
        const std::string& op = what.str("op");
        return op == "history" || op == "rooms" || op == "members" || op == "ping";
    }
    // The client that resumes knows what it knew before.
    void take_over(reference_client& client, const json& resume) {
        for (reference_client& each : away_) {
            if (each.token != resume.str("token")) continue;
            client.rooms = each.rooms;
            client.user = each.user;
            client.token = each.token;
            adopt_cursors(client, resume);
            break;
        }
        client.will_resume();
    }
    // A cursor that says less than the client has makes it hear the past again.
    static void adopt_cursors(reference_client& client, const json& resume) {
        const json* cursors = resume.find("cursors");
        for (std::size_t i = 0; cursors != nullptr && i < cursors->items.size(); ++i) {
            const json& named = cursors->items[i];
            client_room& room = client.rooms[named.str("room")];
            if (room.last == named.num("after")) continue;
            room.messages.clear();
            room.gaps.clear();
            room.begin = named.num("after") + 1;
            room.last = named.num("after");
        }
    }
    static reference_client rest_of(reference_client before, const reference_client& after) {
        before.replies = after.replies;
        return before;
    }

    void submit(connection* at, const json& what, u64 behalf) {
        const session_id by = at == nullptr ? chatroom::host : at->id;
        const u32 id = at == nullptr ? 0 : static_cast<u32>(at->id);
        if (what.str("op") == "resume" && at != nullptr) return;   // The client must know.
        note((id == 0 ? "host" : std::to_string(id) + " typed") +
             (behalf != 0 ? " for " + std::to_string(behalf) : "") + " " + to_text(what));
        begin();
        const auto [done, why] = submit_typed(chat_, by, what, behalf);
        const codes allowed = model_.check(id, what, behalf);
        const std::string code = why == error::none ? "" : chatroom::error_name(why);
        count("typed " + what.str("op"), code.empty() ? "ok" : code);
        if (!judge(code, allowed)) return;
        if (why != error::none && why != chat_.why().error) {
            return fail("why() says something else");
        }
        if (why == error::none) {
            const oracle_result meant = model_.apply(id, what, false, behalf, done.token);
            if (done.number != meant.number || done.time != meant.time ||
                static_cast<u64>(done.user) != meant.user) {
                return fail("the outcome differs");
            }
            if (at != nullptr && what.str("op") == "logout") at->client.log_out();
            if (at != nullptr && what.str("op") == "guest") {
                at->client.token = done.token;
                at->client.user = meant.user;
                at->client.nick = what.str("nick");
            }
        }
        end();
    }
    void host_command() {
        const u32 dice = random_.below(20);
        u64 behalf = random_.below(50);
        if (!model_.users.empty() && !random_.one_in(10)) {
            const u32 users = static_cast<u32>(model_.users.size());
            behalf = std::next(model_.users.begin(), random_.below(users))->first;
        }
        const auto of = model_.users.find(behalf);
        const oracle_user* u = of == model_.users.end() ? nullptr : &of->second;
        const std::string room = random_.one_in(3) ? some_room(u) : random_.pick(room_names);
        if (dice < 3) return submit(nullptr, some_create(room), random_.one_in(2) ? behalf : 0);
        if (dice < 6) return submit(nullptr, json::object("join").add_text("room", room), behalf);
        if (dice < 9) return submit(nullptr, json::object("leave").add_text("room", room), behalf);
        if (dice < 10) return submit(nullptr, json::object("destroy").add_text("room", room), 0);
        if (dice < 13) {
            json set = some_set(room);
            if (is_typed(set)) submit(nullptr, set, random_.one_in(3) ? behalf : 0);
            return;
        }
        if (dice < 15) return configure();
        json what = some_command(u);
        if (is_typed(what) && what.str("op") != "resume") {
            submit(nullptr, what, random_.one_in(3) ? 0 : behalf);
        }
    }
    void configure() {
        static const std::vector<std::string> names = {"rooms_by_host_only", "create_on_join",
                                                       "names_shown", "room_capacity",
                                                       "room_messages_max", "nonsense"};
        const std::string& name = random_.pick(names);
        // Mostly back to what the plan says, so that the walk does not end in a corner.
        u64 value = random_.below(3);
        if (random_.one_in(2)) {
            oracle fresh(plan_.how);
            const u32* const policy = fresh.policy_named(name);
            if (policy != nullptr) value = *policy;
        }
        if (random_.one_in(15)) value = u64{1} << 32;
        submit(nullptr, json::object("configure").set("name", name).add("value", value), 0);
    }

    void connect() {
        static const std::vector<chatroom::wire> wires = {
            chatroom::wire::json, chatroom::wire::json, chatroom::wire::json, chatroom::wire::json,
            chatroom::wire::typed, chatroom::wire::binary, chatroom::wire::lines};
        chatroom::peer peer;
        peer.wire = random_.pick(wires);
        const u32 whole = plan_.how.limits.frame_bytes_max;
        if (random_.one_in(4)) {
            peer.frame_bytes_max = least_ + random_.below(whole - least_);
            if (random_.one_in(2)) peer.frame_bytes_max = least_;
        }
        std::string identity, nick;
        if (random_.one_in(4)) {
            identity = "id" + std::to_string(random_.below(4));
            nick = random_.pick(nicks);
        }
        const u32 longest = peer.frame_bytes_max != 0 ? peer.frame_bytes_max : whole;
        peer.tag = wire_tap::tag_of(peer.wire, longest);
        peer.user = identity;
        peer.nick = nick;
        note("connect " + identity + " \"" + nick + "\" wire " +
             std::to_string(static_cast<int>(peer.wire)));
        begin();
        const codes allowed = model_.check_connect(identity, nick);
        // Frames may come before the id is known here.
        const auto [id, why] = chat_.connect(peer);
        const std::string code = why == error::none ? "" : chatroom::error_name(why);
        count("connect", code.empty() ? "ok" : code);
        if (!judge(code, allowed)) return;
        if (why == error::none) {
            connection& at = open_[id];
            at.id = id;
            at.wire = peer.wire;
            at.frame_bytes_max = longest;
            model_.connect(id, at.frame_bytes_max, identity, nick);
        }
        end();
    }
    void disconnect(connection& at) {
        const u32 id = at.id;
        note("disconnect " + std::to_string(id));
        begin();
        if (!at.client.token.empty() && away_.size() < 12) away_.push_back(at.client);
        if (away_.size() == 12) away_.erase(away_.begin());
        if (!away_.empty()) away_.back().reconnect();
        open_.erase(id);
        if (chat_.disconnect(session_id{id}) != error::none) return fail("disconnect");
        if (chat_.disconnect(session_id{id}) != error::session_unknown) return fail("twice");
        model_.disconnect(id);
        end();
    }
    void tick(u64 time) {
        note("tick " + std::to_string(time));
        begin();
        const u64 leap_max = plan_.how.budgets.clock_leap_max_ms;
        const bool leap = time - model_.now > leap_max && model_.now != 0;
        error why = chat_.tick(time);
        if (why != (leap ? error::clock_leap : error::none)) return fail("tick");
        if (leap) why = chat_.tick(time, true);
        model_.tick(time);
        counting_ = model_.counts_told;
        end();
        counting_ = false;
        if (!model_.counts_told || !plan_.by_frame) return;
        for (auto& each : model_.rooms) each.second.counting = false;
    }
    void malformed(connection& at) {
        const bad_frame& bad = random_.pick(bad_frames);
        const u32 id = at.id;
        note(std::to_string(id) + " " + bad.text);
        begin();
        const u64 before = at.got.size();
        at.client.replies.clear();
        if (chat_.receive(at.id, bad.text) != error::none) return fail("receive");
        if (at.got.size() <= before) return fail("no reply to a bad frame");
        const json& reply = at.got[0];
        const bool login = reply.str("code") == "login_required" && user_of(at) == nullptr;
        if (reply.str("op") != "error" || (reply.str("code") != bad.code && !login)) {
            return fail("a bad frame is answered with " + to_text(reply));
        }
        model_.sent[id].push_back(reply);
        if (bad.unreadable) model_.bad_frame(id);
        end();
    }
    void pause(connection& at) {
        note((at.paused ? "unpause " : "pause ") + std::to_string(at.id));
        begin();
        const bool was = at.paused;
        at.paused = !was;
        at.unsettled = true;
        if ((was ? chat_.unpause(at.id) : chat_.pause(at.id)) != error::none) return fail("pause");
        end();
        if (!was || !plan_.by_frame) return;
        at.unsettled = false;       // All of it in this one call, since deliveries are not bounded.
        begin();
        check_view(at);
    }

    void one_step() {
        const u32 dice = random_.below(1000);
        if (open_.size() < 2 || (dice < 60 && open_.size() < plan_.sessions)) return connect();
        connection& at = *any();
        if (dice < 85) return disconnect(at);
        if (dice < 185) return tick(model_.now + random_.below(random_.one_in(4) ? 3000 : 300));
        if (dice < 187) return tick(model_.now + 3600000 + random_.below(86400000));
        if (dice < 270) return host_command();
        if (dice < 300 || (at.paused && dice < 400)) return pause(at);
        if (at.wire != chatroom::wire::json || random_.one_in(8)) {
            json what = some_command(user_of(at));
            if (what.str("op") == "resume") what = json::object("guest").set("nick", "typed");
            if (is_typed(what)) submit(&at, what, 0);
            return;
        }
        if (dice < 315 && !at.paused) return malformed(at);
        send_frame(at, some_command(user_of(at)));
    }

    // Reads.

    void check_page(const connection& at, const json& what, const json& page) {
        const std::string& op = what.str("op");
        const bool small = at.frame_bytes_max < plan_.how.limits.frame_bytes_max ||
                           plan_.how.limits.page_items_max > 20;
        u64 most = plan_.how.limits.page_items_max;
        if (what.num("limit") != 0) most = std::min(most, what.num("limit"));
        if (op == "ping") {
            if (page.num("time") != model_.now) fail("ping tells another time");
        } else if (op == "history") {
            check_history(*model_.room(fold(what.str("room"))), what, page, most, small, &at);
        } else {
            const std::size_t items = page.find(op)->items.size();
            const oracle_room* r = model_.room(fold(what.str("room")));
            const std::size_t all = op == "rooms" ? model_.rooms.size() : r->members.size();
            if (items > most || items > all) fail("too many items in a page");
            if (page.flag("complete") && items < all) fail("a page says complete and is not");
            if (items == 0 && all != 0) fail("an empty page");
        }
    }
    void check_history(const oracle_room& r, const json& what, const json& page, u64 most,
                       bool small, const connection* at) {
        const auto& items = page.find("messages")->items;
        bool complete = false;
        auto meant = oracle::select(r, what, most, complete);
        if (small && !items.empty() && items.size() < meant.size()) {
            meant = oracle::select(r, what, items.size(), complete);
        }
        bool same = meant.size() == items.size() && complete == page.flag("complete");
        for (std::size_t i = 0; same && i < items.size(); ++i) {
            json frame = oracle::message_frame(r, meant[i]);
            frame.members.erase(frame.members.begin(), frame.members.begin() + 2);   // op and room
            same = items[i] == frame || (at != nullptr && items[i].has("bytes") &&
                                         may_be_withheld(*at, items[i], frame, 250));
        }
        same = same && page.num("first") == (r.kept.empty() ? 0 : r.first()) &&
               page.num("last") == r.last;
        if (!same) fail("history differs: " + to_text(page));
    }

    // The whole state, as the host reads it.
    void check_state() {
        std::map<std::string, json> rooms;
        std::vector<chatroom::room_item> items(3);
        for (u64 after = 0, done = 0; done == 0;) {
            const auto [page, why] = chat_.rooms(chatroom::host, {after, 0}, items.data(), 3);
            if (why != error::none) return fail("rooms");
            for (const auto& item : page.rooms) rooms[std::string(item.room)] = json_of(item);
            after = page.next;
            done = page.complete ? 1 : 0;
        }
        if (rooms.size() != model_.rooms.size()) return fail("other rooms are there");
        for (const auto& [id, r] : model_.rooms) {
            json item = json::object().set("room", r.name).add_text("title", r.title);
            item.set("members", json(u64{r.members.size()})).add("capacity", r.capacity);
            item.add("id", id).add_flag("managed", r.managed);
            if (rooms[r.name] != item) return fail("room: " + to_text(rooms[r.name]));
            check_room(r);
        }
        if (chat_.stats().users != model_.users.size()) fail("other users are there");
        if (chat_.stats().sessions != model_.sessions.size()) fail("other sessions are there");
    }
    void check_room(const oracle_room& r) {
        std::set<u64> members;
        std::vector<chatroom::member_item> items(4);
        for (u64 after = 0, done = 0; done == 0;) {
            const auto [page, why] =
                chat_.members(chatroom::host, {r.name, after, 0}, items.data(), 4);
            if (why != error::none || page.roster != r.roster) return fail("members");
            for (const auto& item : page.members) {
                const oracle_user& u = model_.users[item.user];
                if (item.nick != u.nick || item.online == u.sessions.empty() ||
                    !members.insert(item.user).second) {
                    return fail("a member differs");
                }
            }
            after = page.next;
            done = page.complete ? 1 : 0;
        }
        if (members != r.members) return fail("other members are there");
        std::vector<chatroom::message> messages(2000);
        const json what = json::object("history").set("room", r.name).set("selector", "latest");
        const auto [page, why] =
            chat_.history(chatroom::host, history_of(what), messages.data(), 2000);
        if (why != error::none) return fail("history");
        check_history(r, what, json_of(page), 2000, false, nullptr);
    }

    // What a client has come to believe against what is.
    void check_view(connection& at) {
        const oracle_user* u = user_of(at);
        if (failed_ || u == nullptr || at.paused) return;
        const std::string who = "view of session " + std::to_string(at.id) + ": ";
        const auto& view = at.client;
        if (view.catching_up) return fail(who + "it never caught up");
        if (view.nick != u->nick || view.user != u->id) return fail(who + "nick");
        if (view.rooms.size() != u->rooms.size()) return fail(who + "other rooms");
        for (const u64 id : u->rooms) {
            const oracle_room& r = model_.rooms[id];
            if (view.rooms.count(r.name) == 0) return fail(who + "not in " + r.name);
            if (at.client.rooms[r.name].members_stale) read_members(at, r.name);
            const client_room& v = at.client.rooms[r.name];
            if (v.id != r.id) return fail(who + "id of " + r.name);
            if (v.last != r.last) return fail(who + "last of " + r.name);
            if (v.title != r.title || v.topic != r.topic || v.owner != r.owner ||
                v.capacity != r.capacity || v.persistent != r.persistent ||
                v.managed != r.managed) {
                return fail(who + "state of " + r.name);
            }
            check_messages(who + r.name + ": ", v, r);
            if (!r.counting && plan_.by_frame) check_members(at, who + r.name + ": ", v, r);
        }
    }
    void check_messages(const std::string& who, const client_room& v, const oracle_room& r) {
        for (const oracle_message& m : r.kept) {
            if (m.number < v.begin) continue;
            const auto found = v.messages.find(m.number);
            if (found == v.messages.end()) {
                return fail(who + "has no message " + std::to_string(m.number));
            }
            const json frame = oracle::message_frame(r, m);
            if (!found->second.same_as(reference_client::message_of(frame))) {
                return fail(who + "another message " + std::to_string(m.number));
            }
        }
    }
    void check_members(const connection& at, const std::string& who, const client_room& v,
                       const oracle_room& r) {
        if (v.count != r.members.size() || v.roster != r.roster) return fail(who + "counts");
        if (at.wire != chatroom::wire::json) return;   // It cannot ask for the members.
        if (v.members.size() != r.members.size()) return fail(who + "other members");
        for (const u64 member : r.members) {
            const auto found = v.members.find(member);
            if (found == v.members.end() || found->second != model_.users[member].nick) {
                return fail(who + "member " + std::to_string(member));
            }
        }
    }
    void read_members(connection& at, const std::string& room) {
        if (at.wire != chatroom::wire::json) return;
        for (u64 after = 0, pages = 0; pages < 100; ++pages) {
            json ask = json::object("members").set("room", room).add("after", after);
            ask.add("ref", ++refs_);
            chat_.receive(at.id, to_text(ask));
            const json* page = reply_in(at, refs_);
            if (page == nullptr || page->str("op") != "members") return fail("members of " + room);
            after = at.client.take_members(*page);
            if (after == 0) return;
        }
        fail("members without end");
    }
    void drain() {
        for (int calls = 0; chat_.next_tick() == 0; ++calls) {
            chat_.tick(model_.now);
            if (calls == 100000) return fail("it is never idle");
        }
    }
    void check_all() {
        begin();
        if (!plan_.by_frame) {
            drain();
            model_.tick(model_.now);
        }
        check_state();
        for (auto& each : open_) check_view(each.second);
        for (auto& each : open_) {
            each.second.client.replies.clear();
            each.second.unsettled = each.second.paused;
        }
    }
};

}  // namespace

int main(int count, char** arguments) {
    u32 steps = 100000;
    u64 seed = 1;
    std::string only;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view option = arguments[i];
        const char* const value = arguments[i + 1];
        if (option == "--steps") steps = static_cast<u32>(std::strtoul(value, nullptr, 10));
        if (option == "--seed") seed = std::strtoull(value, nullptr, 10);
        if (option == "--only") only = value;
    }
    tracing = std::getenv("TRACE") != nullptr;
    const std::vector<plan> plans = all_plans();
    const u32 walks = 3;
    const u32 each = steps / (walks * static_cast<u32>(plans.size())) + 1;
    bool good = true;
    for (const plan& with : plans) {
        if (!only.empty() && only != with.name) continue;
        u64 frames = 0;
        std::map<std::string, u64> outcomes;
        for (u64 i = 0; i < walks && good; ++i) {
            walk one(with, seed + i);
            good = one.run(only.empty() ? each : steps) && good;
            frames += one.frames();
            for (const auto& [name, n] : one.outcomes()) outcomes[name] += n;
        }
        std::printf("%-10s %zu outcomes, %llu frames\n", with.name, outcomes.size(),
                    static_cast<unsigned long long>(frames));
        if (std::getenv("OUTCOMES") != nullptr) {
            for (const auto& [name, n] : outcomes) {
                std::printf("    %-40s %llu\n", name.c_str(), static_cast<unsigned long long>(n));
            }
        }
    }
    return good ? 0 : 1;
}
