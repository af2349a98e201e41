#pragma once

// A random conversation: the same seed, the same calls.

#include <algorithm>
#include <string>
#include <vector>

#include "host.hpp"

namespace tests {

class scenario {
public:
    test_host& app;
    std::mt19937 random;
    std::vector<chatroom::session_id> sessions;
    std::vector<std::string> tokens;
    int names = 0;

    scenario(test_host& with, unsigned seed) : app(with), random(seed) {}

    unsigned below(unsigned n) { return static_cast<unsigned>(random() % n); }
    std::string room() { return "room" + std::to_string(below(7)); }
    std::string nick() { return "n" + std::to_string(below(24)); }
    chatroom::session_id session() {
        return sessions.empty() ? chatroom::session_id{}
                                : sessions[below(static_cast<unsigned>(sessions.size()))];
    }

    /// One call, or a few.
    void step() {
        using namespace chatroom;
        switch (below(24)) {
        case 0: come(); break;
        case 1: come_vouched(); break;
        case 2: go(); break;
        case 3: come_back(); break;
        case 4:
            if (below(4) == 0) app.chat.submit(session(), logout{});
            break;
        case 5: app.chat.submit(session(), chatroom::nick{nick()}); break;
        case 6:
        case 7:
        case 8: app.chat.submit(session(), join{room(), below(4)}); break;
        case 9: app.chat.submit(session(), leave{room()}); break;
        case 10: make_room(); break;
        case 11: change_room(); break;
        case 12: configure_one(); break;
        case 13: app.pass(below(3) == 0 ? 60'000 : below(2000)); break;
        case 14: {
            const auto [done, why] = app.chat.submit(session(), token{});
            if (why == error::none) tokens.emplace_back(done.token);
            break;
        }
        default: talk(); break;
        }
    }
    void run(int steps) {
        for (int i = 0; i < steps; ++i) step();
    }

private:
    void come() {
        const chatroom::session_id id = app.connect();
        if (id == chatroom::session_id{}) return;
        sessions.push_back(id);
        const auto [done, why] = app.chat.submit(id, chatroom::guest{nick()});
        if (why == chatroom::error::none) tokens.emplace_back(done.token);
    }
    void come_vouched() {
        const std::string identity = "id" + std::to_string(below(6));
        const chatroom::session_id id = app.user(identity, nick());
        if (id != chatroom::session_id{}) sessions.push_back(id);
    }
    void go() {
        if (sessions.size() < 3) return;
        const std::size_t at = below(static_cast<unsigned>(sessions.size()));
        app.chat.disconnect(sessions[at]);
        sessions.erase(sessions.begin() + static_cast<long>(at));
    }
    void come_back() {
        if (tokens.empty()) return;
        const std::size_t at = below(static_cast<unsigned>(tokens.size()));
        const chatroom::session_id id = app.connect();
        if (id == chatroom::session_id{}) return;
        sessions.push_back(id);
        const std::string name = room();
        const chatroom::cursor from{name, below(20)};
        const auto [done, why] = app.chat.submit(id, chatroom::resume{tokens[at], {&from, 1}});
        tokens.erase(tokens.begin() + static_cast<long>(at));
        if (why == chatroom::error::none) tokens.emplace_back(done.token);
    }
    void make_room() {
        using namespace chatroom;
        const std::string name = room(), title(below(20), 't'), topic(below(30), 'p');
        create made{name, title, topic, below(20), below(2) == 0, below(4) == 0};
        if (below(2) == 0) {
            app.chat.submit(host, made);
        } else {
            made.persistent = made.managed = false;
            app.chat.submit(session(), made);
        }
        if (below(6) == 0) app.chat.submit(host, destroy{name});
    }
    void change_room() {
        using namespace chatroom;
        const std::string name = room(), text(below(20), 'x');
        const room_property which = static_cast<room_property>(below(5));
        const std::string number = std::to_string(below(2));
        const session_id by = below(2) == 0 ? host : session();
        app.chat.submit(by, set{name, which, which <= room_property::topic ? text : number});
    }
    void configure_one() {
        using namespace chatroom;
        switch (below(5)) {
        case 0: app.chat.submit(host, configure{"room_messages_max", 1 + below(40)}); break;
        case 1: app.chat.submit(host, configure{"room_pages_reserved", 1 + below(2)}); break;
        case 2: app.chat.submit(host, configure{"room_pages_max", 1 + below(6)}); break;
        case 3: app.chat.submit(host, configure{"names_shown", below(2)}); break;
        default: app.chat.submit(host, configure{"effects_per_record_max", 1 + below(6)}); break;
        }
    }
    void talk() {
        using namespace chatroom;
        const std::string name = room(), text(1 + below(100), static_cast<char>('a' + below(26)));
        const std::string nonce = below(2) == 0 ? "k" + std::to_string(below(500)) : "";
        post said{name, text, below(5) == 0 ? message_kind::emote : message_kind::text,
                  below(4) == 0 ? below(30) : 0u, nonce};
        app.chat.submit(below(8) == 0 ? host : session(), said);
    }
};

}  // namespace tests
