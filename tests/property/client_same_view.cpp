// Several clients of one engine, in bad weather: frames that wait and get lost with their
// connections, sessions that the host pauses, clients and engines that start again. When it clears
// up, every client shows what the engine holds, and everything said was said once.
//
//     client_same_view [--plays N] [--steps N] [--seed S]

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "../support/client_view.hpp"
#include "../support/harness.hpp"

using namespace testing;
using chatroom::client_entry_kind;
using chatroom::client_news;
using chatroom::client_state;
using chatroom::error;
using chatroom::session_id;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

namespace {

constexpr u32 people = 6;
const std::vector<std::string> room_names = {"lobby", "red", "blue", "tea", "caf\u00e9"};

chatroom::config engine_config(u32 incarnation) {
    chatroom::config how;
    how.limits.message_bytes_max = 200;
    how.limits.page_items_max = 5;
    how.limits.frame_bytes_max = 1536;
    how.limits.title_bytes_max = 16;
    how.limits.topic_bytes_max = 32;
    how.limits.room_name_bytes_max = 16;
    how.policies.room_messages_max = 12;
    how.policies.presence_members_max = 4;
    how.policies.resume_window_ms = 60000;
    how.incarnation = incarnation;
    return how;
}

chatroom::client_config client_config() {
    chatroom::client_config how;
    how.rooms_max = 5;
    how.entries_max = 24;
    how.text_bytes_max = 3000;
    how.members_max = 5;
    how.posts_max = 6;
    how.post_bytes_max = 700;
    how.asks_max = 4;
    how.ask_bytes_max = 400;
    how.commands_max = 3;
    how.frame_bytes_max = 1536;
    how.room_name_bytes_max = 16;
    how.join_history = 8;
    how.fill_max = 40;
    return how;
}

/// What became of a post, as far as its author's side knows.
struct said {
    std::string room;
    bool must_be = false;     // It went from the posts of a room that is still there.
};

struct person {
    std::vector<unsigned char> block;
    std::unique_ptr<chatroom::client> client;
    counting_entropy entropy;     // Nonces of two people are never the same.
    chatroom::wire wire = chatroom::wire::json;
    bool direct = false;          // Nothing waits: frames are carried at once, inside callbacks.
    session_id session{};
    bool linked = false;
    std::deque<std::string> up, down;
    u64 paused_at = 0;
    u32 away = 4;
    bool asked_login = false;
    u64 tags = 0, taken = 0, done = 0;
    std::map<u64, said> posts;    // by id
    std::map<u64, std::string> texts;
};

class play {
public:
    explicit play(u64 seed) : random_(seed) {
        start_engine(nullptr);
        for (u32 i = 0; i < people; ++i) {
            all_[i].wire = i % 3 == 2 ? chatroom::wire::binary : chatroom::wire::json;
            all_[i].direct = i == 4;
            all_[i].entropy.count = i * 1000000;
            start_client(i, {});
        }
    }

    std::string run(u32 steps) {
        for (at_ = 0; at_ < steps && faults_.empty(); ++at_) {
            step();
            check_shapes();
        }
        settle();
        if (faults_.empty()) compare();
        return faults_.empty() ? "" : "step " + std::to_string(at_) + ": " + faults_.front();
    }
    u64 posted() const { return truth_.size(); }
    u64 gaps = 0, resumed = 0, restarts = 0, unknown = 0, fills = 0;

private:
    random_numbers random_;
    counting_entropy engine_entropy_;
    std::unique_ptr<chatroom::engine> chat_;
    std::map<u32, person> all_;
    std::map<u32, u32> by_session_;
    std::map<std::pair<u64, u64>, std::string> truth_;   // by room's id and number
    std::map<std::string, std::multiset<u64>> rooms_said_;   // by text: ids of the rooms
    std::vector<std::string> faults_;
    u64 now_ = 1700000000000, at_ = 0, made_ = 0;
    u32 incarnation_ = 0, connecting_ = 0;
    bool calm_ = false;

    void fault(const std::string& why) { faults_.push_back(why); }
    void must(bool holds, const std::string& what) {
        if (!holds) fault(what);
    }

    // ---- The engine.

    void start_engine(const std::string* snapshot) {
        chat_ = std::make_unique<chatroom::engine>();
        chatroom::environment from = chatroom::hosted();
        from.send = chatroom::send_via(*this);
        from.entropy = {counting_entropy::fill, &engine_entropy_};
        from.observe = {[](const chatroom::observation& seen, void* context) {
                            static_cast<play*>(context)->observe(seen);
                        }, this};
        must(chat_->open(engine_config(++incarnation_), from) == error::none, "the engine opens");
        if (snapshot != nullptr) {
            must(chat_->restore(*snapshot) == error::none, "the engine takes its snapshot");
        }
        must(chat_->tick(now_) == error::none, "the time");
    }
    void restart_engine() {
        for (u32 i = 0; i < people; ++i) cut(i);
        std::string image(chat_->snapshot(nullptr, 0).value, 0);
        must(chat_->snapshot(&image[0], image.size()).why == error::none, "a snapshot");
        start_engine(&image);
    }
    void observe(const chatroom::observation& seen) {
        const auto* post = seen.command != nullptr ? seen.command->as<chatroom::post>() : nullptr;
        if (post == nullptr || seen.why != error::none || seen.number == 0) return;
        const auto [room, why] = chat_->room(chatroom::host, post->room);
        std::string& told = truth_[{room.id, seen.number}];
        if (!told.empty()) return;    // A resend, answered with the original.
        told = std::string(post->text);
        rooms_said_[told].insert(room.id);
    }

public:
    void operator()(const chatroom::recipients& to, std::string_view frame) {
        std::vector<u32> whom;
        for (const chatroom::recipient& each : to) whom.push_back(static_cast<u32>(each.tag));
        const std::string copy(frame);
        for (const u32 i : whom) {
            person& p = all_[i];
            if (!p.linked) continue;
            // A transport that loses a message now and then: its hole is read from history.
            const bool message = copy[0] == '{' ? copy.compare(0, 15, "{\"op\":\"message\"") == 0
                                                : copy[0] == char(chatroom::event_type::message);
            if (message && !calm_ && random_.one_in(40)) continue;
            p.down.push_back(copy);
            if (p.direct) carry_down(i, 1);
        }
    }

private:
    // ---- The clients.

    void start_client(u32 i, const std::string& saved) {
        person& p = all_[i];
        const chatroom::client_config how = client_config();
        const std::size_t bytes = chatroom::client_footprint(how);
        p.client = std::make_unique<chatroom::client>();
        p.block.assign(bytes + 64, 0xd7);
        chatroom::client_environment from;
        from.memory.buffer = p.block.data();
        from.memory.buffer_bytes = bytes;
        from.entropy = {counting_entropy::fill, &p.entropy};
        from.send = {[](std::string_view frame, void* context) {
                         auto& at = *static_cast<place*>(context);
                         at.in->leaves(at.who, frame);
                     }, &places_[i]};
        from.tell = {[](const chatroom::client_change& change, void* context) {
                         auto& at = *static_cast<place*>(context);
                         at.in->hears(at.who, change);
                     }, &places_[i]};
        places_[i] = {this, i};
        const bool binary = p.wire == chatroom::wire::binary;
        must(p.client->open_with(how, from, binary ? chatroom::client_codecs::binary()
                                                   : chatroom::client_codecs::json()) ==
                 error::none, "the client opens");
        p.asked_login = false;
        p.taken = p.done = 0;
        p.posts.clear();
        p.texts.clear();
        if (!saved.empty()) must(p.client->restore(saved) == error::none, "it takes what it saved");
        for (const chatroom::client_room& room : p.client->rooms()) note_posts(p, room.name);
        must(p.client->tick(now_) == error::none, "the time");
    }
    struct place {
        play* in;
        u32 who;
    };
    std::map<u32, place> places_;

    void note_posts(person& p, std::string_view room) {
        for (const chatroom::client_post& each : p.client->posts(room)) {
            p.posts[each.id] = {std::string(room)};
            p.texts[each.id] = each.text;
        }
    }
    void restart_client(u32 i) {
        person& p = all_[i];
        std::string saved(p.client->save(nullptr, 0).value, 0);
        must(p.client->save(&saved[0], saved.size()).why == error::none, "a client is saved");
        if (p.linked) chat_->disconnect(p.session);
        p.linked = false;
        p.session = {};
        p.up.clear();
        p.down.clear();
        check_guard(p);
        start_client(i, random_.one_in(4) ? "" : saved);
        ++restarts;
    }
    void check_guard(person& p) {
        for (std::size_t at = p.block.size() - 64; at < p.block.size(); ++at) {
            must(p.block[at] == 0xd7, "nothing is written behind the footprint");
        }
    }

    void leaves(u32 i, std::string_view frame) {
        person& p = all_[i];
        p.up.emplace_back(frame);
        if (p.direct && p.linked) carry_up(i, 1);
    }

    void hears(u32 i, const chatroom::client_change& change) {
        person& p = all_[i];
        const std::string room(change.room);
        if (change.what == client_news::done) ++p.done;
        if (change.what == client_news::gap) ++fills;
        if (change.what == client_news::posts) watch_posts(p, room);
        if (change.what == client_news::room && p.client->room(room).why != error::none) {
            for (auto post = p.posts.begin(); post != p.posts.end();) {   // Gone with its room.
                post = post->second.room == room ? p.posts.erase(post) : std::next(post);
            }
        }
        must(p.client->receive("{}") == error::inside_callback, "nothing is received inside");
        if (calm_) return;
        if (change.what == client_news::append && random_.one_in(9)) p.client->see(room);
        if (change.what == client_news::reset && random_.one_in(3)) ask(p, p.client->older(room, 1));
    }
    // A post that is not among the posts any more has become a message.
    void watch_posts(person& p, const std::string& room) {
        std::set<u64> there;
        for (const chatroom::client_post& each : p.client->posts(room)) there.insert(each.id);
        for (auto& [id, post] : p.posts) {
            if (post.room == room && there.count(id) == 0) post.must_be = true;
        }
    }

    // ---- The links.

    void link(u32 i) {
        person& p = all_[i];
        p.linked = true;
        p.paused_at = 0;
        p.up.clear();
        p.down.clear();
        connecting_ = i;
        must(p.client->connected() == error::none, "connected");
        chatroom::peer peer;
        peer.tag = i;
        peer.wire = p.wire;
        const auto [id, why] = chat_->connect(peer);
        must(why == error::none, "the engine takes the connection");
        p.session = id;
        // A direct link has carried the welcome before the engine told which session it is.
        if (p.direct) carry_up(i, 100);
    }
    void cut(u32 i) {
        person& p = all_[i];
        if (!p.linked) return;
        if (random_.one_in(2)) carry_up(i, random_.below(9));
        p.linked = false;
        chat_->disconnect(p.session);
        p.session = {};
        p.away = random_.one_in(4) ? 60 : 4;
        p.up.clear();
        p.down.clear();
        must(p.client->disconnected() == error::none, "disconnected");
    }
    void carry_up(u32 i, u32 frames) {
        person& p = all_[i];
        while (frames-- != 0 && p.linked && p.session != 0 && !p.up.empty()) {
            const std::string frame = p.up.front();
            p.up.pop_front();
            const error why = chat_->receive(p.session, frame);
            if (why != error::paused && why != error::queue_full) continue;
            p.up.push_front(frame);
            return;
        }
    }
    void carry_down(u32 i, u32 frames) {
        person& p = all_[i];
        while (frames-- != 0 && p.linked && !p.down.empty()) {
            const std::string frame = p.down.front();
            p.down.pop_front();
            must(p.client->receive(frame) == error::none, "a frame is taken");
        }
    }

    // ---- What happens.

    void ask(person& p, error why) {
        if (why == error::none) ++p.taken;
    }

    void act(u32 i) {
        person& p = all_[i];
        chatroom::client& client = *p.client;
        const std::string& room = random_.pick(room_names);
        const u64 tag = ++p.tags;
        const u32 dice = random_.below(100);
        if (client.state() == client_state::login && !p.asked_login) {
            ask(p, client.login("nick" + std::to_string(random_.below(20)), tag));
            return;
        }
        if (dice < 50) {
            std::string text = "text " + std::to_string(++made_) + " ";
            if (random_.one_in(6)) text += std::string(random_.below(180), '"');
            const auto [id, why] = client.post(room, text);
            if (why != error::none) return;
            p.posts[id] = {room};
            p.texts[id] = text;
            watch_posts(p, room);   // A direct link may have brought its message.
        } else if (dice < 65) {
            ask(p, client.join(room, tag));
        } else if (dice < 69) {
            ask(p, client.leave(room, tag));
        } else if (dice < 72) {
            ask(p, client.rename("nick" + std::to_string(random_.below(40)), tag));
        } else if (dice < 75) {
            ask(p, client.set({room, chatroom::room_property::topic, "as of " +
                               std::to_string(at_)}, tag));
        } else if (dice < 82) {
            ask(p, client.older(room, tag));
        } else if (dice < 86) {
            client.hold(room, random_.one_in(2));
        } else if (dice < 87) {
            client.refresh(room);
        } else if (dice < 88) {
            ask(p, client.list_rooms(tag));
        } else if (dice < 89) {
            ask(p, client.submit(chatroom::history{room, chatroom::selector::latest}, tag));
        } else {
            for (const chatroom::client_post& each : client.posts(room)) {
                if (each.failed == error::none) continue;
                const u64 id = each.id;
                if (each.failed == error::outcome_unknown) ++unknown;
                p.posts.erase(id);   // What a person decides is no promise of the client.
                must((random_.one_in(2) ? client.discard(id) : client.resend(id)) == error::none,
                     "a failed post is sent again or forgotten");
                return;
            }
        }
    }

    void act_as_host() {
        const std::string& room = random_.pick(room_names);
        const u32 dice = random_.below(10);
        if (dice < 5) {
            chat_->submit(chatroom::host, chatroom::post{room, "by the host " +
                                                               std::to_string(++made_)});
        } else if (dice < 8) {
            const u64 user = all_[random_.below(people)].client->user();
            if (user == 0) return;
            if (random_.one_in(2)) {
                chat_->submit(chatroom::host, chatroom::leave{room}, chatroom::user_id{user});
            } else {
                chat_->submit(chatroom::host, chatroom::join{room}, chatroom::user_id{user});
            }
        } else if (dice == 8 && random_.one_in(4)) {
            chat_->submit(chatroom::host, chatroom::destroy{room});
        }
    }

    void step() {
        const u32 i = random_.below(people);
        person& p = all_[i];
        const u32 dice = random_.below(1000);
        if (!p.linked) {
            if (random_.one_in(p.away)) link(i);
            else if (random_.one_in(3)) act(i);
        } else if (dice < 8) {
            cut(i);
        } else if (dice < 12) {
            restart_client(i);
        } else if (dice < 30) {
            if (p.session != 0) chat_->pause(p.session);
            p.paused_at = at_ + 1;
        } else if (dice < 330) {
            act(i);
        } else if (dice < 370) {
            act_as_host();
        } else if (dice < 650) {
            carry_up(i, 1 + random_.below(4));
        } else {
            carry_down(i, 1 + random_.below(9));
        }
        if (random_.one_in(2500)) restart_engine();
        if (random_.one_in(15)) pass(1 + random_.below(4000));
        for (u32 each = 0; each < people; ++each) {
            if (all_[each].paused_at != 0 && at_ > all_[each].paused_at + 12) unpause(each);
        }
    }
    void unpause(u32 i) {
        if (all_[i].linked) chat_->unpause(all_[i].session);
        all_[i].paused_at = 0;
    }
    void pass(u32 elapsed_ms) {
        now_ += elapsed_ms;
        must(chat_->tick(now_) == error::none, "the time of the engine");
        for (u32 i = 0; i < people; ++i) {
            must(all_[i].client->tick(now_) == error::none, "the time of a client");
            if (all_[i].client->wants_close()) cut(i);
        }
    }

    // ---- What must hold.

    void check_shapes() {
        const u32 i = static_cast<u32>(at_ % people);
        const chatroom::client& client = *all_[i].client;
        const chatroom::client_config how = client_config();
        for (const chatroom::client_room& room : client.rooms()) {
            u64 next = room.begin;
            for (const chatroom::client_entry& each : client.entries(room.name)) {
                must(each.number == next && each.to >= each.number, "entries are whole");
                next = each.to + 1;
                if (each.what == client_entry_kind::gap) ++gaps;
            }
            must(next == room.last + 1, "entries go up to the last");
            must(client.entries(room.name).size() <= how.entries_max * 3 / 2 + 4, "entries");
        }
    }

    void settle() {
        calm_ = true;
        for (u32 i = 0; i < people; ++i) unpause(i);
        for (u32 round = 0; round < 400 && faults_.empty(); ++round) {
            for (u32 i = 0; i < people; ++i) {
                person& p = all_[i];
                if (!p.linked) link(i);
                if (p.client->state() == client_state::login) {
                    ask(p, p.client->login("settled" + std::to_string(i * 1000 + round)));
                }
                for (u32 n = 0; n < 20; ++n) {
                    carry_up(i, 100);
                    carry_down(i, 100);
                }
            }
            pass(300);
            if (round != 300) continue;
            for (const std::string& room : room_names) {   // Shows what is missing at the end.
                chat_->submit(chatroom::host, chatroom::post{room, "that is all"});
            }
        }
    }

    void compare() {
        for (u32 i = 0; i < people && faults_.empty(); ++i) {
            person& p = all_[i];
            const std::string who = "person " + std::to_string(i) + ": ";
            must(p.client->state() == client_state::online, who + "is online");
            must(p.client->faults() == 0, who + "no frame was a fault");
            must(p.taken == p.done, who + "every command is done once");
            must(p.up.empty() && p.down.empty(), who + "nothing is on its way");
            compare_rooms(p, who);
            for (const auto& [id, post] : p.posts) {
                const std::string& text = p.texts[id];
                const std::multiset<u64>& said_in = rooms_said_[text];
                for (const u64 room : said_in) {   // In a later room of the name it may be anew.
                    must(said_in.count(room) == 1, who + "said twice: " + text);
                }
                if (post.must_be) must(!said_in.empty(), who + "never said: " + text);
            }
            check_guard(p);
        }
    }
    void compare_rooms(person& p, const std::string& who) {
        const chatroom::user_id user{p.client->user()};
        for (const std::string& name : room_names) {
            const auto [meant, why] = chat_->room(user, name);
            const auto kept = chat_->room(chatroom::host, name);   // Its name is folded there.
            const bool held = kept.why == error::none &&
                              p.client->room(kept.value.room).why == error::none;
            must((why == error::none) == held, who + "rooms, " + name);
            if (held && faults_.empty()) compare_room(p, meant, who + name + ": ");
        }
    }
    void compare_room(person& p, const chatroom::joined& meant, const std::string& where) {
        const chatroom::client_room room = p.client->room(meant.room).value;
        must(room.id == meant.id && room.title == meant.title && room.topic == meant.topic &&
             room.owner == meant.owner && room.capacity == meant.capacity &&
             room.rights == meant.rights, where + "the room itself");
        must(room.count == meant.members && room.roster == meant.roster, where + "roster " + std::to_string(room.roster) + " of " + std::to_string(room.count) +
                 ", not " + std::to_string(meant.roster) + " of " + std::to_string(meant.members));
        must(room.last == meant.last, where + "the last message");
        for (const chatroom::client_entry& each : p.client->entries(meant.room)) {
            if (each.what == client_entry_kind::message) {
                const bool same = each.text == truth_[{meant.id, each.number}];
                must(same || each.bytes != 0, where + "message " + std::to_string(each.number) + ": " +
                     std::string(each.text) + ", not " + truth_[{meant.id, each.number}]);
                continue;
            }
            must(each.what == client_entry_kind::gap, where + "a hole is left");
            must(meant.first == 0 || each.to < meant.first, where + "lost, but kept");
        }
        for (const chatroom::client_post& each : p.client->posts(meant.room)) {
            must(each.failed != error::none, where + "a post still waits: " + std::string(each.text));
        }
        const std::string name(meant.room);
        compare_members(p, room, name, where);
    }
    void compare_members(person& p, const chatroom::client_room& room, const std::string& name,
                         const std::string& where) {
        must(room.members_known == (room.count <= 5), where + "members are known or too many");
        if (!room.members_known) return;
        chatroom::member_item page[people];
        std::map<u64, std::string> meant, shown;
        const auto [listed, why] = chat_->members(chatroom::host, {name}, page, people);
        for (const chatroom::member_item& each : listed.members) meant[each.user] = each.nick;
        for (const chatroom::client_member& each : p.client->members(name)) {
            shown[each.user] = each.nick;
        }
        must(why == error::none && meant == shown, where + "members");
    }
};

}  // namespace

int main(int count, char** arguments) {
    u32 plays = 20, steps = 4000;
    u64 seed = 1;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view option = arguments[i];
        if (option == "--plays") plays = static_cast<u32>(std::atoi(arguments[i + 1]));
        if (option == "--steps") steps = static_cast<u32>(std::atoi(arguments[i + 1]));
        if (option == "--seed") seed = std::strtoull(arguments[i + 1], nullptr, 10);
    }
    u64 failed = 0, posted = 0, gaps = 0, restarts = 0, unknown = 0, fills = 0;
    for (u32 n = 0; n < plays; ++n) {
        play one(seed + n);
        const std::string why = one.run(steps);
        if (!why.empty()) {
            std::printf("FAILED  --plays 1 --seed %llu: %s\n",
                        static_cast<unsigned long long>(seed + n), why.c_str());
            ++failed;
        }
        posted += one.posted();
        gaps += one.gaps;
        restarts += one.restarts;
        unknown += one.unknown;
        fills += one.fills;
    }
    std::printf("%u plays, %llu messages, %llu gaps seen, %llu holes filled or lost, %llu clients "
                "started again, %llu outcomes unknown, %llu failed\n", plays,
                static_cast<unsigned long long>(posted), static_cast<unsigned long long>(gaps),
                static_cast<unsigned long long>(fills), static_cast<unsigned long long>(restarts),
                static_cast<unsigned long long>(unknown), static_cast<unsigned long long>(failed));
    // In good weather all of this would prove nothing.
    const bool bad_weather = gaps != 0 && restarts != 0 && unknown != 0 && fills != 0;
    return failed == 0 && (plays < 10 || bad_weather) ? 0 : 1;
}
