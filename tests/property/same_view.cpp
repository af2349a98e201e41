// One script, played again and again: never pausing, pausing at every k-th send, with short
// frames, with few deliveries a call. However it is played, every client ends with the same view,
// nothing is told twice, and what is missing was told as lost.
//
//     same_view [--commands N] [--seed S]

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "../support/harness.hpp"
#include "../support/reference_client.hpp"
#include "../support/typed_commands.hpp"

using namespace testing;
using chatroom::error;
using chatroom::session_id;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

namespace {

/// One step of the script. Who acts is one of a few people, 0 the host.
struct step {
    enum class kind { frame, typed, tick, drop, come };
    kind is = kind::frame;
    u32 person = 0;
    u64 behalf = 0;     // a person, for what the host does on somebody's behalf
    u64 elapsed_ms = 0;
    json what{};
};

constexpr u32 people = 8;

struct manner {
    std::string name;
    u32 pause_every = 0;         // sends; 0: never
    u32 frame_bytes_max = 0;
    u32 deliveries = 0;
    u32 messages_max = 60;       // kept by a room
};

const std::vector<std::string> rooms = {"lobby", "red", "blue", "tea", "caf\u00e9"};

json some_command(random_numbers& random, u64 at) {
    const std::string& room = random.pick(rooms);
    const u32 dice = random.below(100);
    if (dice < 62) {
        std::string text = "message " + std::to_string(at);
        if (random.one_in(10)) text += std::string(random.below(1900), 'x');
        json out = json::object("post").set("room", room).set("text", text);
        if (random.one_in(5)) out.set("nonce", "n" + std::to_string(random.below(40)));
        return random.one_in(9) ? out.set("kind", "emote") : out;
    }
    if (dice < 74) {
        json out = json::object("join").set("room", room);
        return random.one_in(3) ? out.add("history", random.below(9)) : out;
    }
    if (dice < 80) return json::object("leave").set("room", room);
    if (dice < 85) {
        static const std::vector<std::string> properties = {"title", "topic"};
        return json::object("set").set("room", room).set("property", random.pick(properties))
            .set("value", "as of " + std::to_string(at));
    }
    if (dice < 89) {
        return json::object("nick").set("nick", "nick" + std::to_string(random.below(90)));
    }
    if (dice < 94) {
        return json::object("history").set("room", room).set("selector", "before")
            .add("number", random.below(90)).add("limit", random.below(30));
    }
    if (dice < 97) return json::object("rooms");
    return json::object("token");
}

std::vector<step> write_script(u32 commands, u64 seed) {
    random_numbers random(seed);
    std::vector<step> out;
    std::vector<bool> here(people + 1, false);
    for (u64 at = 0; out.size() < commands; ++at) {
        step next;
        next.person = 1 + random.below(people);
        const u32 dice = random.below(100);
        if (!here[next.person] || dice < 2) {
            next.is = here[next.person] ? step::kind::drop : step::kind::come;
            here[next.person] = !here[next.person];
        } else if (dice < 6) {
            next.is = step::kind::tick;
            next.elapsed_ms = 1 + random.below(900);
        } else if (dice < 30) {
            // Typed, so it is carried out though the session may be paused.
            next.is = step::kind::typed;
            next.what = some_command(random, at);
            if (!is_typed(next.what) || next.what.str("op") == "token") continue;
        } else if (dice < 36) {
            static const std::vector<std::string> moves = {"join", "leave", "post", "destroy"};
            next.is = step::kind::typed;
            next.behalf = std::exchange(next.person, 0u);
            next.what = json::object(random.pick(moves)).set("room", random.pick(rooms));
            if (next.what.str("op") == "destroy" && !random.one_in(6)) continue;
            if (next.what.str("op") == "destroy") next.behalf = 0;
            if (next.what.str("op") == "post") next.what.set("text", "by the host");
        } else {
            next.what = some_command(random, at);
        }
        out.push_back(next);
    }
    return out;
}

/// What is left of a play: what everybody believes.
struct ending {
    std::vector<std::string> faults;
    std::map<u32, reference_client> views;
    std::map<std::string, u64> kept_from;   // by room: the oldest message kept
    // Rooms that a connection ended without having heard of. Who comes back cannot name a cursor
    // for them, so what was said before that is not told.
    std::set<std::pair<u32, std::string>> unheard;
    u64 sends = 0, paused = 0, gaps = 0, withheld = 0;
};

class play {
public:
    explicit play(const manner& how) : how_(how), people_(people + 1) {
        tap_.on_frame = [this](u32 id, const json& frame) { heard(id, frame); };
        chatroom::config with;
        with.policies.room_messages_max = how.messages_max;
        with.policies.presence_members_max = 5;
        with.policies.resume_window_ms = 1000000;
        with.limits.history_pages_max = 2048;
        with.policies.room_pages_max = 1024;
        if (how.deliveries != 0) with.budgets.deliveries_per_call = how.deliveries;
        if (chat_.open(with, environment_of(tap_, entropy_)) != error::none) fault("open");
        chat_.tick(now_);
    }

    ending run(const std::vector<step>& script) {
        for (at_ = 0; at_ < script.size() && end_.faults.empty(); ++at_) {
            one(script[at_]);
            resume_the_paused(false);
        }
        settle();
        for (u32 i = 1; i <= people; ++i) {
            for (const std::string& each : people_[i].client.faults) fault(each);
            end_.views[i] = people_[i].client;
        }
        for (const std::string& each : tap_.faults) fault(each);
        for (const std::string& room : rooms) {
            const auto [page, why] = chat_.room(chatroom::host, room);
            if (why == error::none) end_.kept_from[std::string(page.room)] = page.first;
        }
        end_.sends = sends_;
        return end_;
    }

private:
    struct person {
        session_id id{};
        bool here = false, known = false;
        u64 paused_at = 0;       // step, + 1; 0: it is not
        u64 owes = 0;            // the reply that it waits for
        reference_client client;
    };

    manner how_;
    wire_tap tap_;
    counting_entropy entropy_;
    chatroom::engine chat_;
    std::vector<person> people_;
    std::map<u32, u32> by_session_;
    ending end_;
    u64 now_ = 1700000000000, refs_ = 0, sends_ = 0, at_ = 0;
    u32 connecting_ = 0;
    bool ending_ = false;

    void fault(const std::string& why) {
        end_.faults.push_back("step " + std::to_string(at_) + ": " + why);
    }

    void heard(u32 id, const json& frame) {
        const auto found = by_session_.find(id);
        const u32 who = found == by_session_.end() ? connecting_ : found->second;
        by_session_[id] = who;
        person& p = people_[who];
        p.id = session_id{id};
        if (p.paused_at != 0) return fault("a frame to a paused session " + to_text(frame));
        ++sends_;
        // Pausing inside `send` means: it has not got this frame.
        if (how_.pause_every != 0 && !ending_ && sends_ % how_.pause_every == 0) {
            if (chat_.pause(p.id) != error::none) fault("pause");
            p.paused_at = at_ + 1;
            ++end_.paused;
            return;
        }
        if (frame.str("op") == "gap") ++end_.gaps;
        if (frame.str("op") == "message" && frame.has("bytes")) ++end_.withheld;
        p.client.take(frame);
    }

    void resume_the_paused(bool all) {
        for (u32 i = 1; i <= people; ++i) {
            if (people_[i].paused_at == 0 || !people_[i].here) continue;
            if (all || at_ + 1 - people_[i].paused_at >= 1 + i % 5) unpause(people_[i]);
        }
    }
    void unpause(person& p) {
        p.paused_at = 0;
        if (chat_.unpause(p.id) != error::none) fault("unpause");
    }
    // The order of commands is the script's, so who is paused is let go before it speaks.
    void make_ready(person& p) {
        const auto owes = [&p] { return p.owes != 0 && p.client.replies.count(p.owes) == 0; };
        for (int tries = 0; p.paused_at != 0 || owes(); ++tries) {
            if (tries == 20) ending_ = true;   // k = 1: every send pauses again
            if (p.paused_at != 0) {
                unpause(p);
            } else {
                chat_.tick(now_);              // Few deliveries a call: it comes with a later one.
            }
            if (tries == 100000) return fault("a reply never came");
        }
        ending_ = false;
    }

    void send(person& p, json what) {
        const u64 ref = ++refs_;
        what.add("ref", ref);
        make_ready(p);
        if (how_.frame_bytes_max != 0 && to_text(what).size() > how_.frame_bytes_max) {
            submit_typed(chat_, p.id, what);   // Too long to go in, not to be said.
            p.owes = 0;
            return;
        }
        if (chat_.receive(p.id, to_text(what)) != error::none) fault("not taken: " + to_text(what));
        p.owes = ref;
    }
    void one(const step& what) {
        person& p = people_[what.person];
        switch (what.is) {
        case step::kind::tick:
            now_ += what.elapsed_ms;
            chat_.tick(now_);
            return;
        case step::kind::drop:
            make_ready(p);       // Its last reply brings the token that it comes back with.
            note_unheard(what.person);
            p.here = false;
            p.owes = 0;
            chat_.disconnect(p.id);
            return;
        case step::kind::come: return come(what.person);
        case step::kind::frame: return send(p, what.what);
        case step::kind::typed: break;
        }
        if (what.person != 0) {
            submit_typed(chat_, p.id, what.what);
        } else if (what.behalf == 0 || people_[what.behalf].client.user != 0) {
            submit_typed(chat_, chatroom::host, what.what, people_[what.behalf].client.user);
        }
    }
    void note_unheard(u32 who) {
        const reference_client& client = people_[who].client;
        for (const std::string& room : rooms) {
            const auto [is, why] = chat_.room(chatroom::user_id{client.user}, room);
            if (why != error::none) continue;
            const auto known = client.rooms.find(std::string(is.room));
            if (known == client.rooms.end() || known->second.room_stale ||
                known->second.id != is.id) {
                end_.unheard.emplace(who, is.room);
            }
        }
    }
    void come(u32 who) {
        person& p = people_[who];
        chatroom::peer peer;
        peer.frame_bytes_max = how_.frame_bytes_max;
        peer.tag = wire_tap::tag_of(peer.wire, peer.frame_bytes_max);
        p.client.reconnect();
        connecting_ = who;
        p.here = true;
        const auto [id, why] = chat_.connect(peer);
        if (why != error::none) return fault("connect");
        p.id = id;
        by_session_[id] = who;
        if (!p.known) {
            send(p, json::object("guest").set("nick", "person " + std::to_string(who)));
            make_ready(p);
            p.known = true;
            return;
        }
        json cursors = json::array();
        for (const auto& [name, room] : p.client.rooms) {
            cursors.items.push_back(
                json::object().set("room", name).add("after", room.last).add("id", room.id));
        }
        json back = json::object("resume").set("token", p.client.token);
        if (!cursors.items.empty()) back.set("cursors", cursors);
        p.client.will_resume();
        send(p, back);
        make_ready(p);
    }

    void settle() {
        ending_ = true;
        for (u32 i = 1; i <= people; ++i) {
            if (!people_[i].here) come(i);
            make_ready(people_[i]);
            ending_ = true;
        }
        resume_the_paused(true);
        now_ += 5000;            // The counts of large rooms are told, too.
        chat_.tick(now_);
        drain();
        for (u32 i = 1; i <= people; ++i) read_members(people_[i]);
    }
    void drain() {
        for (int calls = 0; chat_.next_tick() == 0; ++calls) {
            chat_.tick(now_);
            if (calls == 1000000) return fault("it is never idle");
        }
    }
    void read_members(person& p) {
        for (auto& [name, room] : p.client.rooms) {
            for (u64 after = 0; room.members_stale;) {
                const u64 ref = ++refs_;
                json ask = json::object("members").set("room", name).add("after", after);
                chat_.receive(p.id, to_text(ask.add("ref", ref)));
                const auto found = p.client.replies.find(ref);
                if (found == p.client.replies.end() || found->second.str("op") != "members") {
                    return fault("members of " + name);
                }
                after = p.client.take_members(found->second);
                if (after == 0) break;
            }
        }
    }
};

std::string differs(const client_room& a, const client_room& b, u64 kept_from, bool unheard) {
    if (a.id != b.id || a.title != b.title || a.topic != b.topic || a.owner != b.owner ||
        a.capacity != b.capacity || a.persistent != b.persistent || a.managed != b.managed) {
        return "the room itself";
    }
    if (a.rights != b.rights) return "rights";
    if (a.roster != b.roster || a.count != b.count || a.members != b.members) return "members";
    if (a.last != b.last) return "last";
    for (const auto& [number, message] : a.messages) {
        const auto found = b.messages.find(number);
        if (found != b.messages.end()) {
            if (!found->second.same_as(message)) {
                return "message " + std::to_string(number) + ": " + found->second.text + " by " +
                       std::to_string(found->second.user) + ", not " + message.text + " by " +
                       std::to_string(message.user);
            }
            continue;
        }
        bool told = false;
        for (const auto& [from, to] : b.gaps) told = told || (from <= number && number <= to);
        if (unheard && number < b.begin) continue;
        if (!told && !(number < b.begin && number < kept_from)) {
            return "no message " + std::to_string(number);
        }
        if (number >= kept_from) return "said to be lost, but kept: " + std::to_string(number);
    }
    return {};
}

std::string differs(const ending& a, const ending& b) {
    for (u32 i = 1; i <= people; ++i) {
        const reference_client& one = a.views.at(i);
        const reference_client& other = b.views.at(i);
        const std::string who = "person " + std::to_string(i) + ": ";
        if (one.nick != other.nick || one.user != other.user) return who + "nick";
        if (other.catching_up) return who + "never caught up";
        if (one.rooms.size() != other.rooms.size()) return who + "other rooms";
        for (const auto& [name, room] : one.rooms) {
            const auto found = other.rooms.find(name);
            if (found == other.rooms.end()) return who + "not in " + name;
            const auto kept = a.kept_from.find(name);
            const std::string what =
                differs(room, found->second, kept == a.kept_from.end() ? 0 : kept->second,
                        b.unheard.count({i, name}) != 0);
            if (!what.empty()) return who + name + ": " + what;
        }
    }
    return {};
}

std::vector<manner> all_manners() {
    std::vector<manner> out;
    for (u32 k = 1; k <= 200; ++k) out.push_back({"pause " + std::to_string(k), k});
    const u32 least = least_frame_bytes(chatroom::config{});
    for (const u32 bytes : {least, least + 1, least + 57, 1200u, 1500u, 1999u, 2000u}) {
        const u32 most = std::max(bytes, least);
        out.push_back({"frames of " + std::to_string(most), 0, most});
        out.push_back({"frames of " + std::to_string(most) + ", pause 7", 7, most});
    }
    for (const u32 deliveries : {1u, 2u, 7u}) {
        const std::string name = "deliveries " + std::to_string(deliveries);
        out.push_back({name, 0, 0, deliveries});
        for (const u32 k : {1u, 2u, 3u, 5u, 11u, 64u}) {
            out.push_back({name + ", pause " + std::to_string(k), k, 0, deliveries});
        }
        out.push_back({name + ", short frames, pause 5", 5, least, deliveries});
    }
    const std::size_t all = out.size();
    for (std::size_t i = 0; i < all; i += 9) {   // Some again with a history that forgets.
        manner forgetful = out[i];
        forgetful.name += ", 3 kept";
        forgetful.messages_max = 3;
        out.push_back(forgetful);
    }
    return out;
}

}  // namespace

int main(int count, char** arguments) {
    u32 commands = 3000;
    u64 seed = 1;
    std::string only;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view option = arguments[i];
        if (option == "--commands") commands = static_cast<u32>(std::atoi(arguments[i + 1]));
        if (option == "--seed") seed = std::strtoull(arguments[i + 1], nullptr, 10);
        if (option == "--only") only = arguments[i + 1];
    }
    const std::vector<step> script = write_script(commands, seed);
    std::map<u32, ending> plain;     // by the messages kept
    for (const u32 kept : {60u, 3u}) {
        plain[kept] = play({"plain", 0, 0, 0, kept}).run(script);
        for (const std::string& each : plain[kept].faults) {
            std::printf("FAILED  plain: %s\n", each.c_str());
        }
        if (!plain[kept].faults.empty()) return 1;
    }
    u64 failed = 0, paused = 0, gaps = 0, withheld = 0, plays = 0;
    for (const manner& how : all_manners()) {
        if (!only.empty() && how.name != only) continue;
        // Every pause with a shorter script, the rest whole.
        const bool whole = how.pause_every == 0 || how.pause_every % 25 == 0 || !only.empty();
        const std::size_t size = whole ? script.size() : script.size() / 6;
        const auto end = script.begin() + static_cast<std::ptrdiff_t>(size);
        const std::vector<step> part(script.begin(), end);
        if (!whole && plain.count(how.messages_max + 1000) == 0) {
            plain[how.messages_max + 1000] = play({"plain", 0, 0, 0, how.messages_max}).run(part);
        }
        const ending got = play(how).run(part);
        const ending& meant = plain[how.messages_max + (whole ? 0 : 1000)];
        std::string why = got.faults.empty() ? differs(meant, got) : got.faults.front();
        if (!why.empty()) {
            std::printf("FAILED  %s: %s\n", how.name.c_str(), why.c_str());
            ++failed;
        }
        ++plays;
        paused += got.paused;
        gaps += got.gaps;
        withheld += got.withheld;
    }
    std::printf("%llu plays, %llu pauses, %llu gaps, %llu texts withheld, %llu failed\n",
                static_cast<unsigned long long>(plays), static_cast<unsigned long long>(paused),
                static_cast<unsigned long long>(gaps), static_cast<unsigned long long>(withheld),
                static_cast<unsigned long long>(failed));
    // A play in which nothing is paused, lost or withheld would prove nothing.
    return failed == 0 && (!only.empty() || (paused != 0 && gaps != 0 && withheld != 0)) ? 0 : 1;
}
