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
using host::dice;

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
    std::map<std::string, view_of_room> rooms;
    std::map<std::string, view_of_room> before;    // Before `resync` or `resume`, not told again yet.
    bool returning = false;                        // Until `caught_up`.
    std::set<std::string> joining;                 // It asked for these, so they may come again.
    std::uint64_t refs = 0, nonces = 0;
    std::map<std::uint64_t, std::string> asked;    // ref: op, while there is no reply.
    std::set<std::uint64_t> refused;               // refs whose record the log did not take.
    std::string last_nonce, last_post_room;
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
    std::deque<std::uint64_t> given_up;            // Refused by the log; the engine is not told yet.
    std::size_t position = 0;                      // In the log.
    std::map<std::uint64_t, std::pair<std::uint32_t, std::uint64_t>> owed;   // number: client, ref
    std::uint64_t now = host::start_ms;
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
    bool draining = false;
    one_node* inside = nullptr;                    // Whose engine is being called.

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
        from_host.entropy = {host::roll, &n.entropy};
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
                fresh.next = old.next;
            }
            fresh.said = old.said;
            c.before.erase(known);
        }
        if (again) fresh.said.erase(fresh.said.lower_bound(fresh.next), fresh.said.end());
        c.rooms[name] = fresh;
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
        if (e.from != found->second.next || e.to < e.from) blame(c, "a gap that does not fit");
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
        if (!e.token.empty()) c.token = std::string(e.token);
        if (op == "guest" || op == "resume") {
            c.told_user = true;
            c.nick = std::string(e.nick);
        }
        if (op != "resume") return;
        ++resumed;
        c.before = c.rooms;
        c.rooms.clear();
        c.returning = true;
    }

    void fold_failure(client& c, const failure& e) {
        const std::string op = c.asked.count(e.ref) != 0 ? c.asked[e.ref] : "";
        settle(c, e.ref, e.code == "storage_failed");
        if (op == "resume" && e.code == "token_invalid") {
            if (!c.token_may_be_lost()) blame(c, "its good token was refused");
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
            if (each.second == "resume" || each.second == "token" || each.second == "guest") {
                c.token_doubt = true;
            }
        }
        c.node = nobody;
        c.session = session_id{};
        c.told_user = false;
        c.asked.clear();
        c.refused.clear();
        c.joining.clear();
        for (auto& each : c.before) c.rooms.insert(each);
        c.before.clear();
        c.returning = false;
        if (c.by_identity) c.rooms.clear();
    }
};

}  // namespace
