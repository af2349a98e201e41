#pragma once

// A host for tests: keeps all that leaves the engine, and gives all that it takes.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "edge/codec.hpp"
#include "engine.hpp"

namespace tests {

constexpr std::uint64_t start_ms = 1'700'000'000'000;

/// One frame that one session got.
struct delivery {
    chatroom::session_id session{};
    std::uint64_t tag = 0;
    chatroom::event_type type{};
    std::string frame;
    std::string json;      ///< The event in JSON, whatever the session speaks.
    std::size_t sends = 0; ///< The how manieth call of send it was.
};

struct seen_command {
    chatroom::origin origin{};
    chatroom::session_id session{};
    chatroom::user_id user{};
    chatroom::command_type type{};
    chatroom::error why{};
    std::uint64_t ticket = 0, number = 0, time = 0;
};

struct record_kept {
    std::uint64_t number = 0;
    std::string bytes;
};

inline std::string json_of(const chatroom::event& what) {
    static char room[1 << 18];
    const std::size_t size = chatroom::codecs::json().encode(what, room, sizeof room);
    return {room, size};
}

/// What stands behind a name in a flat JSON text, without quotes; empty when it is not there.
inline std::string member_of(const std::string& json, const std::string& name) {
    const std::string key = "\"" + name + "\":";
    const std::size_t at = json.find(key);
    if (at == std::string::npos) return {};
    std::size_t from = at + key.size();
    if (json[from] == '"') return json.substr(from + 1, json.find('"', from + 1) - from - 1);
    return json.substr(from, json.find_first_of(",}]", from) - from);
}

/// A configuration small enough to reach every limit.
inline chatroom::config small_config() {
    chatroom::config how;
    how.limits = {16, 32, 2,  6,  48, 4,  3,   12, 512,  6, 16,
                  16, 16, 24, 32, 100, 16, 1024, 5, 2048, 4};
    how.policies.room_messages_max = 40;
    how.policies.room_pages_reserved = 1;
    how.policies.room_pages_max = 6;
    return how;
}

class test_host {
public:
    using send_hook = std::function<void(const chatroom::recipients&, const chatroom::event&,
                                         std::string_view)>;

    chatroom::engine chat;
    std::vector<delivery> got;
    std::vector<seen_command> observed;
    std::vector<record_kept> records;
    std::size_t sends = 0;
    send_hook in_send;                       ///< After the frame was kept.
    std::function<chatroom::stored()> in_log;   ///< What the log says; empty: yes.
    std::function<void(const chatroom::observation&)> in_observe;
    std::function<void()> in_entropy, in_allocate, in_release;
    bool entropy_works = true;
    bool logging = false;
    bool zeroed = false;
    unsigned char fill = 0xa5;
    std::size_t allocations = 0, releases = 0, allocated_bytes = 0;
    std::mt19937 random{1};

    chatroom::environment environment() {
        chatroom::environment all;
        all.send = {send, this};
        if (logging) all.log = {log, this};
        all.observe = {observe, this};
        all.entropy = {entropy, this};
        all.memory.allocate = allocate;
        all.memory.release = release;
        all.memory.context = this;
        all.memory.zeroed = zeroed;
        return all;
    }
    chatroom::error open(const chatroom::config& how) { return chat.open(how, environment()); }

    /// Opens, and tells the time.
    explicit test_host(const chatroom::config& how, bool with_log = false) : logging(with_log) {
        if (open(how) != chatroom::error::none) std::abort();
        now = start_ms;
        chat.tick(now);
    }
    test_host() = default;
    ~test_host() {
        in_release = nullptr;
        chat.close();
    }

    std::uint64_t now = 0;
    void pass(std::uint64_t ms) {
        now += ms;
        chat.tick(now);
    }

    chatroom::session_id connect(std::uint64_t tag = 0,
                                 chatroom::wire wire = chatroom::wire::typed,
                                 std::uint32_t frame_bytes_max = 0) {
        chatroom::peer who;
        who.tag = tag;
        who.wire = wire;
        who.frame_bytes_max = frame_bytes_max;
        return chat.connect(who).value;
    }
    /// Connects a guest.
    chatroom::session_id guest(const std::string& nick,
                               chatroom::wire wire = chatroom::wire::typed,
                               std::uint32_t frame_bytes_max = 0) {
        const chatroom::session_id id = connect(0, wire, frame_bytes_max);
        if (chat.submit(id, chatroom::guest{nick}).why != chatroom::error::none) std::abort();
        return id;
    }
    chatroom::session_id user(const std::string& identity, const std::string& nick,
                              chatroom::wire wire = chatroom::wire::typed) {
        chatroom::peer who;
        who.user = identity;
        who.nick = nick;
        who.wire = wire;
        return chat.connect(who).value;
    }

    std::string digest() {
        const auto [print, why] = chat.digest();
        if (why != chatroom::error::none) return "none";
        std::string text;
        for (unsigned char byte : print.bytes) {
            text += "0123456789abcdef"[byte >> 4];
            text += "0123456789abcdef"[byte & 15];
        }
        return text;
    }
    std::string snapshot(chatroom::scope what = chatroom::scope::everything) {
        std::string bytes(chat.snapshot(nullptr, 0, what).value, '\0');
        if (chat.snapshot(bytes.data(), bytes.size(), what).why != chatroom::error::none) {
            std::abort();
        }
        return bytes;
    }
    std::string log_bytes(std::size_t from = 0) const {
        std::string all;
        for (std::size_t i = from; i < records.size(); ++i) all += records[i].bytes;
        return all;
    }

    void forget() { got.clear(); }
    std::vector<std::string> told(chatroom::session_id session) const {
        std::vector<std::string> all;
        for (const delivery& d : got) {
            if (d.session == session) all.push_back(d.json);
        }
        return all;
    }
    /// The names of the events that a session got, by spaces; of messages their numbers.
    std::string story(chatroom::session_id session) const {
        std::string text;
        for (const delivery& d : got) {
            if (d.session != session) continue;
            if (!text.empty()) text += ' ';
            text += d.type == chatroom::event_type::message ? member_of(d.json, "number")
                                                            : member_of(d.json, "op");
            if (d.type == chatroom::event_type::gap) {
                text += ":" + member_of(d.json, "from") + "-" + member_of(d.json, "to");
            }
        }
        return text;
    }
    std::size_t count(chatroom::session_id session, chatroom::event_type type) const {
        std::size_t n = 0;
        for (const delivery& d : got) n += d.session == session && d.type == type ? 1 : 0;
        return n;
    }

private:
    static test_host& of(void* context) { return *static_cast<test_host*>(context); }

    static void send(const chatroom::recipients& to, const chatroom::event& what,
                     std::string_view frame, void* context) {
        test_host& me = of(context);
        ++me.sends;
        const std::string json = json_of(what);
        for (const chatroom::recipient& each : to) {
            me.got.push_back({each.id, each.tag, what.type, std::string(frame), json, me.sends});
        }
        if (me.in_send) me.in_send(to, what, frame);
    }
    static chatroom::stored log(std::string_view record, std::uint64_t number, void* context) {
        test_host& me = of(context);
        const chatroom::stored answer = me.in_log ? me.in_log() : chatroom::stored::yes;
        if (answer != chatroom::stored::no) me.records.push_back({number, std::string(record)});
        return answer;
    }
    static void observe(const chatroom::observation& seen, void* context) {
        test_host& me = of(context);
        seen_command kept;
        kept.origin = seen.origin;
        kept.session = seen.session;
        kept.user = seen.user;
        kept.type = seen.command != nullptr ? seen.command->type : chatroom::command_type::none;
        kept.why = seen.why;
        kept.ticket = seen.ticket;
        kept.number = seen.number;
        kept.time = seen.time;
        me.observed.push_back(kept);
        if (me.in_observe) me.in_observe(seen);
    }
    static bool entropy(void* out, std::size_t bytes, void* context) {
        test_host& me = of(context);
        if (me.in_entropy) me.in_entropy();
        for (std::size_t i = 0; i < bytes; ++i) {
            static_cast<unsigned char*>(out)[i] = static_cast<unsigned char>(me.random());
        }
        return me.entropy_works;
    }
    static void* allocate(std::size_t bytes, void* context) {
        test_host& me = of(context);
        ++me.allocations;
        me.allocated_bytes += bytes;
        if (me.in_allocate) me.in_allocate();
        void* const block = std::malloc(bytes);
        if (block != nullptr) std::memset(block, me.zeroed ? 0 : me.fill, bytes);
        return block;
    }
    static void release(void* block, std::size_t, void* context) {
        test_host& me = of(context);
        ++me.releases;
        std::free(block);
        if (me.in_release) me.in_release();
    }
};

}  // namespace tests

namespace chatroom {

inline std::ostream& operator<<(std::ostream& out, error why) { return out << error_name(why); }

}  // namespace chatroom
