// Several engines behind one ordered log that delays, refuses and delivers twice, and clients that
// come, go, crash along with their node and resume elsewhere. Whatever the order: in the end all
// nodes have one state, every client has every message once and in order, and every frame that was
// taken has had exactly one reply.

#include "../unit/catch.hpp"

#include <memory>
#include <set>

#include "../support/log_host.hpp"
#include "edge/record.hpp"

using namespace chatroom;
using logs::dice;

namespace {

constexpr std::uint32_t nobody = 0xffffffffu;

// What one client knows of a room: the number that must come next, and what it was told.
struct view_of_room {
    std::uint64_t next = 1;
    std::map<std::uint64_t, std::string> said;
};

struct client {
    std::uint32_t tag = 0;
    bool by_identity = false;
    std::string identity, nick, token;
    std::uint32_t node = nobody;
    session_id session{};
    bool told_user = false;                        // It has been logged in, as far as it knows.
    bool lost_login = false;
    std::map<std::string, view_of_room> rooms;
    std::map<std::string, view_of_room> before;    // Until they are told again.
    bool returning = false;                        // Until `caught_up`.
    std::set<std::string> joining;                 // It asked for these, so they may come again.
    std::uint64_t refs = 0, nonces = 0;
    std::map<std::uint64_t, std::string> asked;    // ref: op, while there is no reply.
    std::map<std::uint64_t, std::string> post_of;       // ref: the frame without it.
    std::map<std::string, std::uint64_t> numbers;       // The number that a post was given.
    std::set<std::uint64_t> refused;               // refs whose record the log did not take.
    std::string last_post;                         // To say it again.
    bool in_doubt = false;                         // Its token may have been used unheard.
};

// One record on its way into the log.
struct travelling {
    std::uint64_t number = 0;
    std::string bytes;
    bool boot = false;
};

struct one_node {
    std::uint32_t id = 0, incarnation = 1;
    std::unique_ptr<engine> chat;
    dice entropy;
    std::deque<travelling> sending;                // Offered, not yet in the log.
    std::deque<std::uint64_t> given_up;            // The engine has not been told yet.
    std::size_t position = 0;                      // In the log.
    std::map<std::uint64_t, std::pair<std::uint32_t, std::uint64_t>> owed;   // number: client, ref
    std::uint64_t now = logs::start_ms;
};

struct world {
    dice random;
    config how;
    std::vector<one_node> nodes;
    std::vector<client> clients;
    std::vector<std::string> log;
    std::vector<std::string> rooms;
    std::uint32_t room_names = 0, guests = 0;
    std::vector<std::string> wrong;
    std::uint64_t messages_told = 0, resumed = 0, crashed = 0, replied = 0, failed = 0;
    bool draining = false, expiring = false, small_history = false;
    std::deque<std::string> stray;                 // Of nodes that are dead by now.

    explicit world(std::uint64_t seed) : random{seed} {}

    void blame(const client& who, const std::string& what) {
        if (wrong.size() < 10) wrong.push_back("client " + std::to_string(who.tag) + ": " + what);
    }

    // ---- The host's side of one engine.

    struct context {
        world* all;
        std::uint32_t node;
    };
    std::vector<std::unique_ptr<context>> contexts;

    void open(std::uint32_t at) {
        one_node& n = nodes[at];
        environment from_host = hosted();
        contexts.push_back(std::make_unique<context>(context{this, at}));
        from_host.send = {sent, contexts.back().get()};
        from_host.log = {wrote, contexts.back().get()};
        from_host.entropy = {logs::roll, &n.entropy};
        config mine = how;
        mine.node = n.id;
        mine.incarnation = n.incarnation;
        n.chat = std::make_unique<engine>();
        REQUIRE(n.chat->open(mine, from_host) == error::none);
    }

    static void sent(const recipients& to, const event& what, std::string_view, void* c) {
        const context& at = *static_cast<context*>(c);
        at.all->deliver(at.node, to, what);
    }

    static stored wrote(std::string_view record, std::uint64_t number, void* c) {
        const context& at = *static_cast<context*>(c);
        return at.all->take(at.node, record, number);
    }

    stored take(std::uint32_t at, std::string_view record, std::uint64_t number) {
        one_node& n = nodes[at];
        const detail::request head = detail::decode_head(record);
        const bool boot = head.type == command_type::boot;
        const bool refuse = !draining && random.chance(boot ? 20 : 4);
        for (client& c : clients) {   // Whose frame this is, so that its reply can be foretold.
            if (c.node != at || c.session != head.session || current_ref == 0) continue;
            if (c.tag != current_client || head.type == command_type::unbind) continue;
            if (refuse) c.refused.insert(current_ref);
            n.owed[number] = {c.tag, current_ref};
        }
        // Without a boot there is nothing else, either.
        if (refuse && boot && current_ref != 0) clients[current_client].refused.insert(current_ref);
        if (refuse) return stored::no;
        n.sending.push_back({number, std::string(record), boot});
        return stored::pending;
    }

    std::uint32_t current_client = nobody;
    std::uint64_t current_ref = 0;

    // ---- What a client makes of what it is told.

    void deliver(std::uint32_t at, const recipients& to, const event& what) {
        for (const recipient& r : to) {
            client& c = clients[r.tag];
            if (c.node == at && c.session == 0) c.session = r.id;   // Its first: `welcome`.
            if (c.node != at || c.session != r.id) {
                blame(c, "told something after it had gone");
                continue;
            }
            const std::uint32_t luck = draining ? 1000 : random.below(1000);
            if (luck < 15) {          // Full: it did not get this.
                nodes[at].chat->pause(r.id);
            } else if (luck < 18) {
                fold(c, what);
                hang_up(c);
            } else {
                fold(c, what);
            }
        }
    }

    void fold(client& c, const event& what) {
        if (auto* e = what.as<joined>()) return fold_joined(c, *e);
        if (auto* e = what.as<message>()) return fold_message(c, *e);
        if (auto* e = what.as<gap>()) return fold_gap(c, *e);
        if (auto* e = what.as<ok>()) return fold_ok(c, *e);
        if (auto* e = what.as<failure>()) return fold_failure(c, *e);
        if (auto* e = what.as<members_page>()) return settle(c, e->ref, false);
        if (auto* e = what.as<left>()) {
            if (c.rooms.erase(std::string(e->room)) == 0) blame(c, "left a room it was not in");
        } else if (what.as<resync>()) {
            for (auto& each : c.rooms) c.before[each.first] = each.second;
            c.rooms.clear();
            c.returning = true;
        } else if (what.as<caught_up>()) {
            c.before.clear();
            c.returning = false;
        } else if (auto* e = what.as<entered>()) {
            must_know(c, e->room, "entered");
        } else if (auto* e = what.as<exited>()) {
            must_know(c, e->room, "exited");
        } else if (auto* e = what.as<renamed>()) {
            must_know(c, e->room, "renamed");
        } else if (auto* e = what.as<room>()) {
            must_know(c, e->name, "room");
        }
    }

    void must_know(client& c, std::string_view name, const char* what) {
        if (c.rooms.count(std::string(name)) == 0) {
            blame(c, std::string(what) + " of a room it is not in: " + std::string(name));
        }
    }

    void fold_joined(client& c, const joined& e) {
        const std::string name(e.room);
        view_of_room fresh;
        fresh.next = e.from != 0 ? e.from : e.last + 1;
        const bool again = c.joining.count(name) != 0;
        const auto known = c.before.find(name);
        if (c.rooms.count(name) != 0 && !again) blame(c, "joined twice: " + name);
        if (c.rooms.count(name) != 0) fresh.said = c.rooms[name].said;
        if (known != c.before.end()) {
            view_of_room& old = known->second;
            if (!again) {
                if (e.resume == resumption::complete && e.last + 1 != old.next) {
                    blame(c, "complete, but not where it stood: " + name);
                }
                if (e.resume == resumption::continues && e.from != old.next) {
                    blame(c, "continues, but not where it stood: " + name);
                }
                // Another session of the user may have left and joined again meanwhile.
                if (!c.by_identity || fresh.next < old.next) fresh.next = old.next;
            }
            fresh.said = old.said;
            c.before.erase(known);
        }
        if (again) fresh.said.erase(fresh.said.lower_bound(fresh.next), fresh.said.end());
        c.rooms[name] = fresh;
        bool more = false;
        for (const auto& each : c.asked) more = more || each.second == "join";
        if (!more) c.joining.erase(name);
    }

    void fold_message(client& c, const message& e) {
        const std::string name(e.room);
        const auto found = c.rooms.find(name);
        if (found == c.rooms.end()) return blame(c, "a message of a room it is not in: " + name);
        view_of_room& at = found->second;
        if (e.number != at.next) {
            blame(c, name + ": message " + std::to_string(e.number) + " instead of " +
                         std::to_string(at.next));
        }
        at.next = e.number + 1;
        at.said[e.number] = std::string(e.text);
        ++messages_told;
    }

    void fold_gap(client& c, const gap& e) {
        const auto found = c.rooms.find(std::string(e.room));
        if (found == c.rooms.end()) return blame(c, "a gap in a room it is not in");
        // `joined` may have said already where it goes on behind the gap.
        const bool told_before = c.by_identity && e.to + 1 == found->second.next;
        if (e.to < e.from || (e.from != found->second.next && !told_before)) {
            blame(c, "a gap that does not fit");
        }
        found->second.next = e.to + 1;
    }

    void settle(client& c, std::uint64_t ref, bool storage_failed) {
        if (c.asked.erase(ref) == 0) return blame(c, "a second reply, or one not asked for");
        ++replied;
        if (storage_failed) ++failed;
        if (c.refused.erase(ref) != (storage_failed ? 1u : 0u)) {
            blame(c, storage_failed ? "storage_failed without a refusal"
                                    : "the log refused, but the reply was another");
        }
    }

    void fold_ok(client& c, const ok& e) {
        const std::string op = c.asked.count(e.ref) != 0 ? c.asked[e.ref] : "";
        settle(c, e.ref, false);
        if (!e.token.empty()) {
            c.token = std::string(e.token);
            c.in_doubt = false;
        }
        if (op == "post" && !small_history && !expiring) {
            const auto first = c.numbers.emplace(c.post_of[e.ref], e.number).first;
            if (first->second != e.number) blame(c, "one nonce, two numbers");
        }
        if (op == "guest" || op == "resume") {
            c.told_user = true;
            c.nick = std::string(e.nick);
        }
        if (op == "logout") {
            c.told_user = false;
            c.token.clear();
            c.rooms.clear();
        }
        if (op != "resume") return;
        ++resumed;
        c.before = c.rooms;
        c.rooms.clear();
        c.returning = true;
    }

    void fold_failure(client& c, const failure& e) {
        const std::string op = c.asked.count(e.ref) != 0 ? c.asked[e.ref] : "";
        settle(c, e.ref, e.error == error::storage_failed);
        if (e.error == error::login_required) c.lost_login = true;
        if (e.error == error::already_logged_in) c.told_user = true;   // A failure that was none.
        if (op == "resume" && e.error == error::token_invalid) {
            if (!c.in_doubt && !expiring) blame(c, "its good token was refused");
            c.token.clear();
            c.rooms.clear();
        }
    }

    // ---- What clients and hosts do.

    void hang_up(client& c) {
        if (c.node == nobody) return;
        nodes[c.node].chat->disconnect(c.session);
        forget(c);
    }

    void forget(client& c) {
        for (const auto& each : c.asked) {
            c.in_doubt = c.in_doubt || each.second == "resume" || each.second == "logout";
        }
        c.node = nobody;
        c.session = session_id{};
        c.told_user = c.lost_login = false;
        c.asked.clear();
        c.refused.clear();
        c.joining.clear();
        for (auto& each : c.before) c.rooms.insert(each);
        c.before.clear();
        c.returning = false;
        if (c.by_identity) c.rooms.clear();
    }

    void send(client& c, const std::string& op, const std::string& rest) {
        const std::uint64_t ref = ++c.refs;
        c.asked[ref] = op;
        c.post_of[ref] = rest;
        current_client = c.tag;
        current_ref = ref;
        const std::string frame =
            "{\"op\":\"" + op + "\",\"ref\":" + std::to_string(ref) + rest + "}";
        const error e = nodes[c.node].chat->receive(c.session, frame);
        if (e != error::none) {
            c.asked.erase(ref);
            if (e != error::paused) blame(c, std::string("receive: ") + error_name(e));
        }
        current_ref = 0;
        current_client = nobody;
    }

    void come(client& c) {
        const std::uint32_t at = random.below(static_cast<std::uint32_t>(nodes.size()));
        c.node = at;
        c.session = session_id{};
        peer who;
        who.tag = c.tag;
        who.user = c.identity;
        if (c.by_identity) who.nick = c.nick;
        const auto [session, why] = nodes[at].chat->connect(who);
        if (why != error::none && why != error::pending) return forget(c);
        if (c.node == nobody || c.by_identity) return;   // It may have gone at once.
        log_in(c);
    }

    void log_in(client& c) {
        if (c.token.empty()) {
            c.nick = "guest" + std::to_string(++guests);
            c.last_post.clear();   // A nonce means something to its user alone.
            c.numbers.clear();
            return send(c, "guest", ",\"nick\":\"" + c.nick + "\"");
        }
        std::string cursors;
        for (const auto& each : c.rooms) {
            cursors += std::string(cursors.empty() ? "" : ",") + "{\"room\":\"" + each.first +
                       "\",\"after\":" + std::to_string(each.second.next - 1) + "}";
        }
        send(c, "resume", ",\"token\":\"" + c.token + "\",\"cursors\":[" + cursors + "]");
    }

    std::string some_room() {
        return rooms[random.below(static_cast<std::uint32_t>(rooms.size()))];
    }

    void act(client& c) {
        if (c.node == nobody) return come(c);
        if (!c.by_identity && !c.told_user && random.chance(50)) return log_in(c);
        if (c.lost_login && random.chance(50)) return hang_up(c);
        const std::uint32_t luck = random.below(100);
        const std::string in = ",\"room\":\"" + some_room() + "\"";
        if (luck < 30) {
            const std::string number = std::to_string(c.tag) + "-" + std::to_string(++c.nonces);
            c.last_post = in + ",\"text\":\"said " + number + "\",\"nonce\":\"" + number + "\"";
            send(c, "post", c.last_post);
        } else if (luck < 34) {
            if (!c.last_post.empty()) send(c, "post", c.last_post);
        } else if (luck < 52) {
            c.joining.insert(in.substr(9, in.size() - 10));
            send(c, "join", in + (random.chance(30) ? ",\"history\":3" : ""));
        } else if (luck < 54) {
            send(c, "leave", in);
        } else if (luck < 56) {
            send(c, "nick", ",\"nick\":\"name" + std::to_string(random.below(20)) + "\"");
        } else if (luck < 58) {
            send(c, "ping", "");
        } else if (luck < 60) {
            send(c, "members", in);
        } else if (luck < 62 && !c.by_identity) {
            send(c, "token", "");
        } else if (luck < 63) {
            send(c, "logout", "");
            c.in_doubt = true;
        } else if (luck < 66) {
            hang_up(c);
        } else if (luck < 69) {
            nodes[c.node].chat->pause(c.session);
        } else {
            nodes[c.node].chat->unpause(c.session);
        }
    }

    void host_acts(one_node& n) {
        const std::uint32_t luck = random.below(100);
        if (luck < 10 || rooms.size() < 3) {
            rooms.push_back("room" + std::to_string(++room_names));   // No name comes twice.
            (void)n.chat->submit(chatroom::host, create{rooms.back()});
            if (rooms.size() > 6) rooms.erase(rooms.begin());
        } else if (luck < 13) {
            (void)n.chat->submit(chatroom::host, destroy{some_room()});
        } else if (luck < 40) {
            const std::string topic = "topic " + std::to_string(random.below(1000));
            (void)n.chat->submit(chatroom::host, set{some_room(), room_property::topic, topic});
        } else if (luck < 80) {
            (void)n.chat->submit(chatroom::host, post{some_room(), "from the host"});
        } else {
            const user_id user{1 + random.below(30)};
            (void)n.chat->submit(chatroom::host, leave{some_room()}, user);
        }
    }

    // ---- The log, and what becomes of nodes.

    void ship(one_node& n) {
        if (n.sending.empty()) return;
        travelling front = n.sending.front();
        n.sending.pop_front();
        const command_type type = detail::decode_head(front.bytes).type;
        if (draining || !random.chance(6)) {
            log.push_back(front.bytes);
            return;
        }
        n.given_up.push_back(front.number);
        if (front.boot) {   // What stands behind it would count nowhere.
            for (const travelling& each : n.sending) n.given_up.push_back(each.number);
            n.sending.clear();
            give_up(n);
        } else if ((type == command_type::post || type == command_type::join) &&
                   random.chance(30)) {
            give_up(n);     // Reported as failed, but stored after all.
            log.push_back(front.bytes);
        }
    }

    void give_up(one_node& n) {
        while (!n.given_up.empty()) {
            const std::uint64_t number = n.given_up.front();
            n.given_up.pop_front();
            const auto owed = n.owed.find(number);
            if (owed != n.owed.end()) {
                client& c = clients[owed->second.first];
                if (c.asked.count(owed->second.second) != 0) c.refused.insert(owed->second.second);
            }
            const error e = n.chat->abandon(number);
            if (e != error::none) wrong.push_back(std::string("abandon: ") + error_name(e));
        }
    }

    void hear(one_node& n) {
        if (n.position == log.size()) return;
        const std::string& record = log[n.position++];
        const error e = n.chat->commit(record);
        if (e != error::none && e != error::incarnation_stale) {
            wrong.push_back(std::string("commit: ") + error_name(e));
        }
        if (!random.chance(10)) return;
        const std::string& old = log[random.below(static_cast<std::uint32_t>(n.position))];
        const error again = n.chat->commit(old);
        if (again != error::already_applied && again != error::incarnation_stale) {
            wrong.push_back(std::string("commit again: ") + error_name(again));
        }
    }

    void crash(std::uint32_t at) {
        one_node& n = nodes[at];
        ++crashed;
        const std::size_t kept = random.below(static_cast<std::uint32_t>(n.sending.size()) + 1);
        for (std::size_t i = 0; i < kept; ++i) stray.push_back(n.sending[i].bytes);
        if (random.chance(50)) land_strays();
        for (client& c : clients) {
            if (c.node == at) forget(c);
        }
        n.sending.clear();
        n.given_up.clear();
        n.owed.clear();
        ++n.incarnation;
        open(at);
        const one_node& other = nodes[(at + 1) % nodes.size()];
        if (random.chance(50)) {
            std::string all;
            for (const std::string& record : log) all += record;
            const auto done = n.chat->recover(all);
            n.position = log.size();
            if (done.why != error::none || done.value.bytes != all.size()) {
                wrong.push_back(std::string("recover: ") + error_name(done.why));
            }
        } else {
            std::string bytes(other.chat->snapshot(nullptr, 0).value, '\0');
            (void)other.chat->snapshot(&bytes[0], bytes.size());
            const error e = n.chat->restore(bytes);
            n.position = other.position;
            if (e != error::none) wrong.push_back(std::string("restore: ") + error_name(e));
        }
    }

    void land_strays() {
        for (; !stray.empty(); stray.pop_front()) log.push_back(stray.front());
    }

    void step() {
        one_node& n = nodes[random.below(static_cast<std::uint32_t>(nodes.size()))];
        const std::uint32_t luck = random.below(1000);
        if (luck < 300) {
            act(clients[random.below(static_cast<std::uint32_t>(clients.size()))]);
        } else if (luck < 550) {
            ship(n);
        } else if (luck < 870) {
            for (std::uint32_t i = 1 + random.below(4); i != 0; --i) hear(n);
        } else if (luck < 890) {
            give_up(n);
        } else if (luck < 960) {
            n.now += random.below(60);
            if (n.chat->tick(n.now) != error::none) wrong.push_back("tick");
        } else if (luck < 985) {
            host_acts(n);
        } else if (luck < 987) {
            crash(static_cast<std::uint32_t>(&n - nodes.data()));
        } else if (luck < 990) {
            land_strays();
        }
    }

    // Lets everything come to rest. @return whether it did.
    bool drain() {
        draining = true;
        land_strays();
        for (int quiet = 0, passes = 0; quiet < 3 && passes < 20000; ++passes) {
            ++quiet;
            for (one_node& n : nodes) {
                give_up(n);
                while (!n.sending.empty()) ship(n);
            }
            for (one_node& n : nodes) {
                while (n.position < log.size()) hear(n);
            }
            for (client& c : clients) {
                if (c.node != nobody) nodes[c.node].chat->unpause(c.session);
            }
            for (one_node& n : nodes) {
                n.now += 5;
                (void)n.chat->tick(n.now);
                if (n.chat->next_tick() < 1000 || !n.sending.empty()) quiet = 0;
            }
            if (passes == 19999) return false;
        }
        return true;
    }

    // ---- What must hold in the end.

    void check() {
        const std::string digest = logs::hex(nodes[0].chat->digest().value);
        for (one_node& n : nodes) CHECK(logs::hex(n.chat->digest().value) == digest);
        std::string all;
        for (const std::string& record : log) all += record;
        engine again;
        environment nowhere = hosted();
        nowhere.send.fn = [](const recipients&, const event&, std::string_view, void*) {};
        REQUIRE(again.open(how, nowhere) == error::none);
        CHECK(again.recover(all).why == error::none);
        CHECK(logs::hex(again.digest().value) == digest);
        check_history();
        for (client& c : clients) check_client(c);
        for (one_node& n : nodes) CHECK(n.chat->stats().records_pending == 0);
    }

    std::map<std::string, std::map<std::uint64_t, std::string>> history_of;

    void check_history() {
        static message page[4096];
        for (std::uint32_t i = 1; i <= room_names; ++i) {
            const std::string name = "room" + std::to_string(i);
            const auto read = nodes[0].chat->history(chatroom::host, history{name}, page, 4096);
            if (read.why != error::none) continue;
            std::set<std::string> nonces;
            for (const message& m : read.value.messages) {
                history_of[name][m.number] = std::string(m.text);
                if (m.nonce.empty()) continue;
                if (!nonces.insert(std::string(m.nonce)).second && !expiring) {
                    wrong.push_back("said twice: " + std::string(m.text));
                }
            }
        }
    }

    void check_client(client& c) {
        if (c.node == nobody) return;
        if (!c.asked.empty()) blame(c, "no reply to " + c.asked.begin()->second);
        engine& chat = *nodes[c.node].chat;
        const bool logged_in = c.by_identity || c.told_user;
        for (std::uint32_t i = 1; logged_in && i <= room_names; ++i) {
            const std::string name = "room" + std::to_string(i);
            const auto now = chat.room(c.session, name);
            const auto mine = c.rooms.find(name);
            if ((now.why == error::none) != (mine != c.rooms.end())) {
                blame(c, name + (now.why == error::none ? ": in it and not told"
                                                        : ": thinks that it is in it"));
            } else if (now.why == error::none && mine->second.next != now.value.last + 1) {
                blame(c, name + ": stands at " + std::to_string(mine->second.next - 1) +
                             " of " + std::to_string(now.value.last));
            }
        }
        for (const auto& room : c.rooms) {
            for (const auto& said : room.second.said) {
                const auto& kept = history_of[room.first];
                const auto at = kept.find(said.first);
                if (at != kept.end() && at->second != said.second) blame(c, "another text");
            }
        }
        if (c.asked.empty()) send(c, "ping", "");
        if (!c.asked.empty()) blame(c, "ping is not answered");
    }
};

config config_of(std::uint64_t seed) {
    dice pick{seed * 7919};
    config how;
    how.limits.sessions_max = 64;
    how.limits.users_max = 64;
    how.limits.rooms_max = 16;
    how.limits.members_max = 256;
    how.limits.rooms_per_user_max = 4 + pick.below(8);
    how.limits.sessions_per_user_max = 2 + pick.below(3);
    how.limits.history_pages_max = 128;
    how.limits.page_bytes = 1024;
    how.limits.message_bytes_max = 200;
    how.limits.records_pending_max = 4 + pick.below(28);
    how.limits.queue_bytes = 4096;
    how.policies.create_on_join = 0;
    how.policies.room_capacity = 12 + pick.below(20);
    how.policies.room_messages_max = seed % 4 == 3 ? 8 : 100000;
    how.policies.room_pages_max = seed % 4 == 3 ? 3 : 100;
    how.policies.room_pages_reserved = 1 + pick.below(2);
    how.policies.resume_window_ms = seed % 5 == 4 ? 400 : 100000000;
    how.policies.advance_ms = 1 + pick.below(50);
    how.policies.effects_per_record_max = pick.chance(50) ? 1 + pick.below(4) : 256;
    how.policies.presence_members_max = pick.chance(50) ? pick.below(4) : 100;
    how.budgets.deliveries_per_call = pick.chance(50) ? 1 + pick.below(6) : 4096;
    how.budgets.presence_ms = 100;
    return how;
}

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("an ordered log keeps its nodes alike and loses nothing", "[property]") {
    const std::uint64_t first = number_from("CHATROOM_SEED", 1);
    const std::uint64_t count = number_from("CHATROOM_SEEDS", 40);
    const std::uint64_t steps = number_from("CHATROOM_STEPS", 8000);
    std::uint64_t told = 0, resumed = 0, crashed = 0, replied = 0, failed = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        INFO("CHATROOM_SEED=" << seed << " CHATROOM_SEEDS=1");
        world all(seed);
        all.how = config_of(seed);
        all.expiring = all.how.policies.resume_window_ms < 1000;
        all.small_history = all.how.policies.room_messages_max < 1000;
        all.nodes.resize(2 + seed % 2);
        for (std::uint32_t i = 0; i < all.nodes.size(); ++i) {
            all.nodes[i].id = i + 1;
            all.nodes[i].entropy.state = seed * 100 + i;
            all.nodes[i].now += 700 * i;   // No two clocks are alike.
            all.open(i);
            REQUIRE(all.nodes[i].chat->tick(all.nodes[i].now) == error::none);
        }
        all.clients.resize(14);
        for (std::uint32_t i = 0; i < all.clients.size(); ++i) {
            client& c = all.clients[i];
            c.tag = i;
            c.by_identity = i % 2 == 0;
            // Several clients are one user, on any of the nodes.
            if (c.by_identity) c.identity = "identity" + std::to_string(i % 6);
            if (c.by_identity) c.nick = "known" + std::to_string(i % 6);
        }
        all.rooms = {"room0"};
        for (std::uint64_t i = 0; i < steps && all.wrong.empty(); ++i) all.step();
        if (all.wrong.empty() && !all.drain()) all.wrong.push_back("it does not come to rest");
        if (all.wrong.empty()) all.check();
        for (const std::string& each : all.wrong) UNSCOPED_INFO(each);
        REQUIRE(all.wrong.empty());
        told += all.messages_told;
        resumed += all.resumed;
        crashed += all.crashed;
        replied += all.replied;
        failed += all.failed;
    }
    if (count < 40 || steps < 8000) return;
    CHECK(told > 15000);   // It did what it is for.
    CHECK(resumed > 1000);
    CHECK(crashed > 300);
    CHECK(replied > 30000);
    CHECK(failed > 2000);
}
