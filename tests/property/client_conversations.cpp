// chatroom::client in the recorded conversations: see tests/conversations/README.md. Every receiver
// of a conversation with an engine ends with the recorded view; a conversation from the client's
// side goes word for word.
//
//     client_conversations <directory> <directory of those from the client's side>

#include <cstdio>
#include <fstream>
#include <map>
#include <memory>

#include "../support/client_view.hpp"
#include "../support/files.hpp"
#include "../support/typed_commands.hpp"

using namespace testing;
using chatroom::client_news;
using chatroom::client_state;
using chatroom::error;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

namespace {

const char* name_of(error why) { return why == error::none ? "ok" : chatroom::error_name(why); }

chatroom::client_config defaults() {
    chatroom::client_config how;   // As those of client.js.
    how.entries_max = 1000;
    how.text_bytes_max = 1 << 20;
    how.members_max = 200;
    how.posts_max = 100;
    how.rooms_max = 32;
    return how;
}

/// A client, with what it sends and tells.
struct tapped_client {
    chatroom::client client;
    std::vector<json> out;
    std::vector<std::pair<u64, error>> done;
    std::set<std::string> changes;
    call_entropy* entropy = nullptr;

    bool open(const chatroom::client_config& how) {
        chatroom::client_environment from;
        from.send = chatroom::client_send_via(*this);
        from.tell = chatroom::client_tell_via(*this);
        from.entropy = {call_entropy::fill, entropy};
        from.memory = chatroom::hosted().memory;
        return client.open(how, from) == error::none;
    }
    void operator()(std::string_view frame) {
        json read;
        if (parse_json(frame, read)) out.push_back(read);
    }
    void operator()(const chatroom::client_change& change) {
        static const std::map<client_news, std::string> kinds = {
            {client_news::reset, " reset"}, {client_news::append, " append"},
            {client_news::prepend, " prepend"}, {client_news::gap, " gap"},
            {client_news::trim, " trim"}};
        const std::string room(change.room);
        switch (change.what) {
        case client_news::state: changes.insert("state"); break;
        case client_news::room: changes.insert("rooms " + room); break;
        case client_news::members: changes.insert("members " + room); break;
        case client_news::posts: changes.insert("pending " + room); break;
        case client_news::done: done.push_back({change.tag, change.why}); break;
        case client_news::none:
        case client_news::listed:
        case client_news::close: break;
        default: changes.insert("messages " + room + kinds.at(change.what)); break;
        }
    }
};

// ---- Conversations with an engine: the client hears what one receiver heard. Its commands come
// from the script; what it would ask by itself stays unsaid.

class listener {
public:
    listener() {
        chatroom::client_config how = defaults();
        how.commands_max = how.asks_max = 4096;
        how.ask_bytes_max = 1 << 20;
        tap_.entropy = &entropy_;
        good_ = tap_.open(how) && tap_.client.connected() == error::none;
    }

    void asks(const std::string& text) {
        asked_ = json();
        if (!parse_json(text, asked_) || asked_.is != json::kind::object) asked_ = json::object();
        tap_.out.clear();
        if (!ask()) good_ = tap_.client.submit(chatroom::ping{}) == error::none && good_;
        own_ref_ = tap_.out.empty() ? 0 : tap_.out.back().num("ref");
    }

    void hears(const json& frame) {
        static const std::set<std::string> replies = {"ok", "error", "history", "rooms",
                                                      "members"};
        const std::string& op = frame.str("op");
        tell(frame, op, replies.count(op) != 0 ? own_ref_ : 0);
        // The script has a token, and resumes when it likes: to the client, the host logs it in.
        if (op == "ok" && asked_.str("op") == "resume") tell(frame, "you", 0);
    }

    json view(const json& meant) const {
        const chatroom::client& client = tap_.client;
        json view = json::object();
        view.add("user", client.user()).add_text("nick", client.nick());
        json rooms = json::object();
        const json* known = meant.find("rooms");
        for (const chatroom::client_room& each : client.rooms()) {
            const json* room = known != nullptr ? known->find(each.name) : nullptr;
            const u64 begin = room != nullptr ? room->num("begin") : each.begin;
            rooms.set(each.name, view_of_room(client, each, begin));
        }
        if (!rooms.members.empty()) view.set("rooms", rooms);
        return view;
    }
    bool is_sound() const { return good_ && tap_.client.faults() == 0; }

private:
    call_entropy entropy_;
    tapped_client tap_;
    json asked_;
    u64 own_ref_ = 0;
    bool good_ = false;

    /// The client's face as that of an engine.
    struct submitter {
        chatroom::client& to;
        chatroom::result<chatroom::outcome> submit(chatroom::session_id,
                                                   const chatroom::command& what,
                                                   chatroom::user_id) {
            return {{}, to.submit(what)};
        }
    };

    // Commands that change who it is go the way that a person's would.
    bool ask() {
        static const std::set<std::string> others = {"token", "guest", "nick", "join", "leave",
            "destroy", "configure", "create", "set", "post", "resume"};
        chatroom::client& client = tap_.client;
        const std::string& op = asked_.str("op");
        const u32 limit = static_cast<u32>(asked_.num("limit"));
        if (op == "guest" && client.state() == client_state::login) {
            return client.login(asked_.str("nick")) == error::none;
        }
        if (op == "logout") return client.logout() == error::none && !tap_.out.empty();
        if (op == "history") return client.submit(history_of(asked_)) == error::none;
        if (op == "rooms") {
            return client.submit(chatroom::rooms{asked_.num("after"), limit}) == error::none;
        }
        if (op == "members") {
            return client.submit(chatroom::members{asked_.str("room"), asked_.num("after"),
                                                   limit}) == error::none;
        }
        if (others.count(op) == 0 || !is_typed(asked_)) return false;
        submitter to{client};
        return submit_typed(to, chatroom::session_id{}, asked_).why == error::none;
    }

    void tell(const json& frame, const std::string& op, u64 ref) {
        json heard = json::object(op);
        for (const auto& [name, value] : frame.members) {
            if (name != "op" && name != "ref") heard.set(name, value);
        }
        heard.add("ref", ref);
        good_ = tap_.client.receive(to_text(heard)) == error::none && good_;
    }
};

// ---- Conversations from the client's side.

// Absent and empty mean the same in a command.
json without_absent(const json& from) {
    json out = from;
    out.members.clear();
    out.items.clear();
    for (const json& each : from.items) out.items.push_back(without_absent(each));
    for (const auto& [name, value] : from.members) {
        const bool absent = value.is == json::kind::null || (value.number == 0 &&
            value.text.empty() && value.items.empty() && value.members.empty());
        if (!absent) out.members.emplace_back(name, without_absent(value));
    }
    return out;
}

bool configure(chatroom::client_config& how, const std::string& name, u32 value) {
    const std::map<std::string, u32*> members = {
        {"join_history", &how.join_history}, {"entries_max", &how.entries_max},
        {"fill_max", &how.fill_max},         {"pending_max", &how.posts_max},
        {"members_max", &how.members_max},   {"members_pause_ms", &how.members_pause_ms},
        {"commands_max", &how.commands_max}, {"ping_ms", &how.ping_ms}};
    const auto found = members.find(name);
    if (found != members.end()) *found->second = value;
    return found != members.end();
}

class talk {
public:
    bool open(const json& head) {
        how_ = defaults();
        if (const json* options = head.find("options")) {
            for (const auto& [name, value] : options->members) {
                if (!configure(how_, name, static_cast<u32>(value.number))) return false;
            }
        }
        return open_one() && is_told(1700000000000);
    }

    /// Carries out a line. @return what came of it
    json take(const json& line) {
        tap_->out.clear();
        tap_->done.clear();
        tap_->changes.clear();
        refused_.clear();
        chatroom::client& client = tap_->client;
        if (line.has("tick")) sound(is_told(line.num("tick")));
        if (line.has("connected")) {
            sound(is_told(line.num("connected")) && client.connected() == error::none);
        }
        if (line.has("disconnected")) {
            sound(is_told(line.num("disconnected")) && client.disconnected() == error::none);
        }
        if (const json* in = line.find("in")) {
            sound(client.receive(in->text) == error::none);
        }
        if (line.has("reload")) reload();
        if (const json* what = line.find("call")) call(what->items);
        return outcome();
    }

    json view() const {
        static const char* const states[] = {"offline", "connecting", "login", "online", "ended"};
        const chatroom::client& client = tap_->client;
        json view = json::object();
        view.set("state", states[static_cast<int>(client.state())]);
        if (client.why() != error::none) view.set("error", chatroom::error_name(client.why()));
        view.add("user", client.user()).add_text("nick", client.nick());
        add_list(view, "tokens", tokens());
        view.add("faults", client.faults());
        json rooms = json::object();
        for (const chatroom::client_room& each : client.rooms()) {
            json room = view_of_room(client, each);
            room.add_flag("live", each.live).add_flag("complete", each.complete);
            room.add_flag("loading", each.loading).add("unread", each.unread);
            room.add("seen", each.seen);
            std::vector<json> pending;
            for (const chatroom::client_post& post : client.posts(each.name)) {
                const bool waits = post.failed == error::none;
                json entry = pair_of(post.text, waits ? "waiting" : "failed");
                if (!waits) entry.items.push_back(chatroom::error_name(post.failed));
                pending.push_back(entry);
            }
            add_list(room, "pending", pending);
            rooms.set(each.name, room);
        }
        if (!rooms.members.empty()) view.set("rooms", rooms);
        return view;
    }
    bool is_sound() const { return sound_; }

private:
    chatroom::client_config how_;
    call_entropy entropy_;
    std::unique_ptr<tapped_client> tap_;
    std::vector<std::string> names_;                       // of calls, by tag - 1
    std::vector<std::pair<std::string, error>> refused_;
    bool sound_ = true;

    void sound(bool is) { sound_ = sound_ && is; }
    bool is_told(u64 time) { return tap_->client.tick(time) == error::none; }

    bool open_one() {
        tap_ = std::make_unique<tapped_client>();
        tap_->entropy = &entropy_;
        return tap_->open(how_);
    }
    std::string saved() const {
        std::string bytes(tap_->client.save(nullptr, 0).value, 0);
        const auto [size, why] = tap_->client.save(&bytes[0], bytes.size());
        return why == error::none && size == bytes.size() ? bytes : "";
    }
    void reload() {
        const std::string bytes = saved();
        sound(!bytes.empty() && open_one());
        sound(tap_->client.restore(bytes) == error::none);
        tap_->changes.clear();
    }

    // What is saved tells the tokens: members 2 and 3 of its first part.
    std::vector<json> tokens() const {
        std::vector<json> found;
        const std::string bytes = saved();
        for (std::size_t at = 8; bytes[at] >= 1 && bytes[at] <= 3;) {
            const std::size_t size = static_cast<unsigned char>(bytes[at + 1]);
            if (bytes[at] != 1) found.push_back(json(bytes.substr(at + 2, size)));
            at += 2 + size;
        }
        return found;
    }

    void call(const std::vector<json>& words) {
        chatroom::client& client = tap_->client;
        const std::string& name = words[0].text;
        const std::string room = words.size() > 1 ? words[1].text : "";
        if (name == "post") return post(words);
        if (name == "see" || name == "hold" || name == "refresh") {
            const error why = name == "see"    ? client.see(room)
                              : name == "hold" ? client.hold(room, words[2].number != 0)
                                               : client.refresh(room);
            const bool there = client.room(room).why == error::none;
            return sound(why == (there ? error::none : error::room_unknown));
        }
        if (name == "resend" || name == "discard") {
            const u64 id = client.posts(room)[static_cast<std::size_t>(words[2].number)].id;
            return sound((name == "resend" ? client.resend(id) : client.discard(id)) ==
                         error::none);
        }
        names_.push_back(name);
        const u64 tag = names_.size();
        error why = error::invalid_argument;
        if (name == "login") why = client.login(room, tag);
        if (name == "logout") why = client.logout(tag);
        if (name == "rename") why = client.rename(room, tag);
        if (name == "join") why = client.join(room, tag);
        if (name == "create") why = client.create({room}, tag);
        if (name == "leave") why = client.leave(room, tag);
        if (name == "list_rooms") why = client.list_rooms(tag);
        if (name == "older") why = client.older(room, tag);
        if (name == "set") {
            json what = json::object("set").set("property", words[2]);
            chatroom::room_property property{};
            sound(property_of(what, property));
            why = client.set({room, property, words[3].text}, tag);
        }
        if (why != error::none) refused_.push_back({name, why});
    }

    void post(const std::vector<json>& words) {
        chatroom::post_options with;
        if (words.size() > 3) {
            if (words[3].str("kind") == "emote") with.kind = chatroom::message_kind::emote;
            with.reply_to = words[3].num("reply_to");
        }
        const auto [id, why] = tap_->client.post(words[1].text, words[2].text, with);
        if (why != error::none) refused_.push_back({"post", why});
        sound((id != 0) == (why == error::none));
    }

    json outcome() const {
        json result = json::object();
        std::vector<json> done, changes;
        for (const auto& [tag, why] : tap_->done) {
            done.push_back(pair_of(names_[tag - 1], name_of(why)));
        }
        for (const auto& [name, why] : refused_) done.push_back(pair_of(name, name_of(why)));
        for (const std::string& each : tap_->changes) changes.push_back(json(each));
        add_list(result, "out", tap_->out);
        add_list(result, "done", done);
        add_list(result, "changes", changes);
        if (tap_->client.wants_close()) result.set("close", true);
        return result;
    }
};

// ---- Files.

struct script {
    std::vector<std::string> texts;
    std::vector<json> lines;
};

// A frame stays as it is written, since it may hold what the parser of the tests refuses.
bool read_line(const std::string& text, json& out) {
    static const std::string head = "{\"in\":{\"op\"";
    if (text.compare(0, head.size(), head) != 0) return parse_json(text, out);
    out = json::object().set("in", text.substr(6, text.size() - 7));
    return true;
}

bool read(const std::string& path, script& out) {
    std::ifstream from(path);
    for (std::string text; std::getline(from, text);) {
        json line;
        if (text.empty()) continue;
        if (!read_line(text, line)) return false;
        out.texts.push_back(text);
        out.lines.push_back(line);
    }
    return out.lines.size() > 1;
}

bool compare(const std::string& where, const json& got, const json& meant) {
    if (got == meant) return true;
    std::printf("FAILED  %s\n    came to %s\n    and not %s\n", where.c_str(),
                to_text(got).c_str(), to_text(meant).c_str());
    return false;
}

bool hear(const std::string& name, const script& in) {
    std::map<std::string, std::unique_ptr<listener>> all;
    for (const json& line : in.lines) {
        if (line.has("connect")) all[line.str("connect")] = std::make_unique<listener>();
        if (const json* asked = line.find("in")) {
            for (const auto& [who, frame] : asked->members) all[who]->asks(frame.text);
        }
        const json* out = line.find("out");
        if (out == nullptr) continue;
        for (const auto& [who, frames] : out->members) {
            for (const json& frame : frames.items) all[who]->hears(frame);
        }
    }
    const json* views = in.lines.back().find("views");
    bool good = views != nullptr && views->members.size() == all.size();
    if (!good) std::printf("FAILED  %s: its views are not those of its receivers\n", name.c_str());
    for (const auto& [who, heard] : all) {
        const json* meant = views != nullptr ? views->find(who) : nullptr;
        if (meant == nullptr) continue;
        good = compare(name + ": " + who, heard->view(*meant), *meant) && good;
        if (heard->is_sound()) continue;
        std::printf("FAILED  %s: %s: faults, or a call was refused\n", name.c_str(), who.c_str());
        good = false;
    }
    return good;
}

bool is_expectation(const json& line) {
    return line.has("out") || line.has("done") || line.has("changes") || line.has("close");
}

bool act(const std::string& name, const script& in) {
    talk one;
    bool good = one.open(in.lines[0]);
    for (std::size_t i = 1; i < in.lines.size() && good; ++i) {
        const json& line = in.lines[i];
        if (is_expectation(line)) continue;
        const std::string where = name + ": " + in.texts[i];
        if (const json* meant = line.find("view")) {
            good = compare(where, one.view(), *meant);
            continue;
        }
        const bool told = i + 1 < in.lines.size() && is_expectation(in.lines[i + 1]);
        const json meant = told ? in.lines[i + 1] : json::object();
        good = compare(where, without_absent(one.take(line)), without_absent(meant));
    }
    if (!one.is_sound()) std::printf("FAILED  %s: a call was refused\n", name.c_str());
    return good && one.is_sound();
}

bool replay(const char* directory, bool (*with)(const std::string& name, const script& in)) {
    const auto paths = files_in(directory, ".jsonl");
    std::size_t good = 0;
    for (const auto& path : paths) {
        const std::string name = file_name(path);
        script in;
        const bool whole = read(path, in);
        if (!whole) std::printf("FAILED  %s: cannot be read\n", name.c_str());
        good += whole && with(name, in) ? 1 : 0;
    }
    std::printf("%zu of %zu conversations as recorded\n", good, paths.size());
    return !paths.empty() && good == paths.size();
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return 2;
    const bool heard = replay(arguments[1], hear);
    const bool acted = replay(arguments[2], act);
    return heard && acted ? 0 : 1;
}
