// Replays the recorded conversations: see tests/conversations/README.md for their format.
//
//     conversations <directory> [--record]

#include <cstdio>
#include <fstream>
#include <map>

#include "../support/files.hpp"
#include "../support/harness.hpp"
#include "../support/reference_client.hpp"
#include "../support/typed_commands.hpp"

using namespace testing;
using chatroom::error;
using chatroom::session_id;

namespace {

// The members of the configuration that conversations change.
bool configure(chatroom::config& how, const std::string& name, std::uint32_t value) {
    const std::map<std::string, std::uint32_t*> members = {
        {"sessions_max", &how.limits.sessions_max},
        {"users_max", &how.limits.users_max},
        {"sessions_per_user_max", &how.limits.sessions_per_user_max},
        {"rooms_max", &how.limits.rooms_max},
        {"rooms_per_user_max", &how.limits.rooms_per_user_max},
        {"message_bytes_max", &how.limits.message_bytes_max},
        {"page_items_max", &how.limits.page_items_max},
        {"rooms_by_host_only", &how.policies.rooms_by_host_only},
        {"create_on_join", &how.policies.create_on_join},
        {"names_shown", &how.policies.names_shown},
        {"resume_window_ms", &how.policies.resume_window_ms},
        {"room_capacity", &how.policies.room_capacity},
        {"room_messages_max", &how.policies.room_messages_max},
        {"presence_members_max", &how.policies.presence_members_max},
        {"presence_ms", &how.budgets.presence_ms},
        {"bad_frames_max", &how.budgets.bad_frames_max},
        {"deliveries_per_call", &how.budgets.deliveries_per_call}};
    const auto found = members.find(name);
    if (found == members.end()) return false;
    *found->second = value;
    return true;
}

// In call k, the first of which is 0, byte i is k + i.
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

// One who listens: a client that makes of the frames what a careful client makes of them.
struct listener {
    reference_client client;
    std::string asked;   // The command that is not answered yet.

    void asks(const std::string& frame) {
        json what;
        asked = parse_json(frame, what) ? what.str("op") : "";
        if (asked == "resume") client.will_resume();
    }

    void hears(const json& frame) {
        client.take(frame);
        const std::string& op = frame.str("op");
        if (op == "members") client.take_members(frame);
        if (op == "ok" && asked == "logout") client.log_out();
        if (op == "ok" || op == "error") asked.clear();
        client.replies.clear();   // Scripts use a `ref` twice.
    }
};

json view_of(const client_room& r) {
    json view = json::object();
    view.add("id", r.id).add_text("title", r.title).add_text("topic", r.topic);
    view.add("owner", r.owner).add("capacity", r.capacity).add_flag("persistent", r.persistent);
    view.add_flag("managed", r.managed).add_text("rights", r.rights);
    view.add("count", r.count).add("roster", r.roster).add("begin", r.begin).add("last", r.last);
    json members = json::array(), messages = json::array(), gaps = json::array();
    const auto put = [](json& list, json first, json second) {
        json pair = json::array();
        pair.items = {std::move(first), std::move(second)};
        list.items.push_back(std::move(pair));
    };
    for (const auto& [user, nick] : r.members) put(members, user, nick);
    for (const auto& [number, said] : r.messages) put(messages, number, said.text);
    for (const auto& [from, to] : r.gaps) put(gaps, from, to);
    if (!r.members_stale) view.set("members", members);
    if (!messages.items.empty()) view.set("messages", messages);
    if (!gaps.items.empty()) view.set("gaps", gaps);
    return view;
}

json view_of(const reference_client& client) {
    json view = json::object();
    view.add("user", client.user).add_text("nick", client.nick);
    json rooms = json::object();
    for (const auto& [name, room] : client.rooms) rooms.set(name, view_of(room));
    if (!rooms.members.empty()) view.set("rooms", rooms);
    return view;
}

class conversation {
public:
    conversation() {
        tap_.on_frame = [this](std::uint32_t id, const json& frame) {
            const auto found = by_session_.find(id);
            const std::string& who = found == by_session_.end() ? connecting_ : found->second;
            out_[who].push_back(frame);
            listeners_[who].hears(frame);
        };
    }

    bool open(const json& head) {
        chatroom::config how;
        if (const json* wanted = head.find("config")) {
            for (const auto& [name, value] : wanted->members) {
                if (!configure(how, name, static_cast<std::uint32_t>(value.number))) return false;
            }
        }
        chatroom::environment from = environment_of(tap_, unused_);
        from.entropy = {call_entropy::fill, &entropy_};
        return head.str("entropy") == "counting" && chat_.open(how, from) == error::none;
    }

    /// Carries out one line. @return what came of it: the answer, if it is none, and the frames
    json take(const json& line) {
        out_.clear();
        error why = error::invalid_argument;
        if (line.has("tick")) {
            why = chat_.tick(line.num("tick"), line.flag("confirmed"));
        } else if (line.has("connect")) {
            why = connect(line);
        } else if (line.has("in")) {
            const auto& [who, frame] = line.find("in")->members[0];
            listeners_[who].asks(frame.text);
            why = chat_.receive(sessions_[who], frame.text);
        } else if (line.has("host")) {
            why = submit_typed(chat_, chatroom::host, *line.find("host"), line.num("for")).why;
        } else if (line.has("pause")) {
            why = chat_.pause(sessions_[line.str("pause")]);
        } else if (line.has("unpause")) {
            why = chat_.unpause(sessions_[line.str("unpause")]);
        } else if (line.has("disconnect")) {
            why = chat_.disconnect(sessions_[line.str("disconnect")]);
        }
        json result = json::object();
        if (why != error::none) result.set("answer", chatroom::error_name(why));
        if (!out_.empty()) {
            json frames = json::object();
            for (const auto& [who, told] : out_) {
                json list = json::array();
                list.items = told;
                frames.set(who, list);
            }
            result.set("out", frames);
        }
        return result;
    }

    /// What everybody who was ever connected knows in the end.
    json views() const {
        json all = json::object();
        for (const auto& [who, each] : listeners_) all.set(who, view_of(each.client));
        return json::object().set("views", all);
    }

    std::vector<std::string> faults() const {
        std::vector<std::string> all = tap_.faults;
        for (const auto& [who, each] : listeners_) {
            for (const std::string& fault : each.client.faults) all.push_back(who + ": " + fault);
        }
        return all;
    }

private:
    wire_tap tap_;
    counting_entropy unused_;
    call_entropy entropy_;
    chatroom::engine chat_;
    std::map<std::string, session_id> sessions_;
    std::map<std::uint32_t, std::string> by_session_;
    std::map<std::string, std::vector<json>> out_;
    std::map<std::string, listener> listeners_;
    std::string connecting_;

    error connect(const json& line) {
        connecting_ = line.str("connect");
        listeners_[connecting_] = {};
        chatroom::peer peer;
        peer.frame_bytes_max = static_cast<std::uint32_t>(line.num("frame_bytes_max"));
        peer.tag = wire_tap::tag_of(peer.wire, peer.frame_bytes_max);
        peer.user = line.str("user");
        peer.nick = line.str("nick");
        const auto [id, why] = chat_.connect(peer);
        sessions_[connecting_] = id;
        if (why == error::none) by_session_[id] = connecting_;
        return why;
    }
};

bool is_expectation(const json& line) {
    return line.has("out") || line.has("answer") || line.has("views");
}

bool same(const json& got, const json& meant) {
    const json* a = got.find("out");
    const json* b = meant.find("out");
    return got.str("answer") == meant.str("answer") && (a == nullptr) == (b == nullptr) &&
           (a == nullptr || *a == *b);
}

void write_expectation(std::ofstream& to, const json& what) {
    if (!what.members.empty()) to << to_text(what) << '\n';
}

struct script {
    std::vector<std::string> texts;
    std::vector<json> lines;
};

bool read(const std::string& path, script& out) {
    const std::string name = file_name(path);
    std::ifstream from(path);
    for (std::string text; std::getline(from, text);) {
        if (text.empty()) continue;
        json line;
        if (!parse_json(text, line)) {
            std::printf("FAILED  %s: no JSON: %s\n", name.c_str(), text.c_str());
            return false;
        }
        out.texts.push_back(text);
        out.lines.push_back(line);
    }
    return !out.lines.empty();
}

bool replay(const std::string& path, bool record) {
    const std::string name = file_name(path);
    script in;
    conversation talk;
    if (!read(path, in) || !talk.open(in.lines[0])) {
        std::printf("FAILED  %s: cannot be opened\n", name.c_str());
        return false;
    }
    std::ofstream to;
    if (record) to.open(path);
    if (record) to << in.texts[0] << '\n';
    bool good = true;
    for (std::size_t i = 1; i < in.lines.size(); ++i) {
        if (is_expectation(in.lines[i])) continue;
        const json got = talk.take(in.lines[i]);
        const bool told = i + 1 < in.lines.size() && is_expectation(in.lines[i + 1]);
        const json meant = told ? in.lines[i + 1] : json::object();
        if (record) {
            to << in.texts[i] << '\n';
            write_expectation(to, got);
        } else if (!same(got, meant)) {
            std::printf("FAILED  %s: %s\n    came to %s\n    and not %s\n", name.c_str(),
                        in.texts[i].c_str(), to_text(got).c_str(), to_text(meant).c_str());
            good = false;
        }
    }
    const json views = talk.views();
    if (record) {
        write_expectation(to, views);
    } else if (in.lines.back() != views) {
        std::printf("FAILED  %s: the views are\n    %s\n    and not as its last line says\n",
                    name.c_str(), to_text(views).c_str());
        good = false;
    }
    for (const std::string& each : talk.faults()) {
        std::printf("FAILED  %s: %s\n", name.c_str(), each.c_str());
        good = false;
    }
    return good;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    const bool record = count > 2 && std::string_view(arguments[2]) == "--record";
    const auto paths = files_in(arguments[1], ".jsonl");
    std::size_t good = 0;
    for (const auto& path : paths) good += replay(path, record) ? 1 : 0;
    std::printf("%zu of %zu conversations as recorded\n", good, paths.size());
    return !paths.empty() && good == paths.size() ? 0 : 1;
}
