#pragma once

// A host with a log: what the tests of records, replication and recovery share.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine.hpp"

namespace logs {

/// The same numbers everywhere (splitmix64), so that a seed tells the whole run.
struct dice {
    std::uint64_t state = 0;

    std::uint64_t next() {
        std::uint64_t z = state += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
    }
    std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(next() % bound); }
    bool chance(std::uint32_t percent) { return below(100) < percent; }
};

/// Entropy that only looks unpredictable: the same frames in every run.
inline bool roll(void* out, std::size_t bytes, void* context) {
    dice& from = *static_cast<dice*>(context);
    for (std::size_t i = 0; i < bytes; ++i) static_cast<char*>(out)[i] = char(from.next() >> 13);
    return true;
}

inline std::string hex(const chatroom::fingerprint& print) {
    std::string out;
    char two[3];
    for (std::uint8_t byte : print.bytes) {
        std::snprintf(two, sizeof two, "%02x", byte);
        out += two;
    }
    return out;
}

/// One engine and its host: frames by session, records and observations in order.
///
/// `answer` is what the log says; what it stores is kept in `records` whatever the answer was.
struct node {
    using observed = std::pair<std::uint64_t, chatroom::error>;   ///< Ticket and outcome.

    chatroom::engine chat;
    dice entropy;
    std::map<std::uint32_t, std::vector<std::string>> frames;
    std::vector<std::pair<std::uint64_t, std::string>> records;   ///< Number and bytes.
    std::vector<observed> outcomes;
    std::vector<std::uint64_t> seen_users;                         ///< Of each observation.
    std::uint64_t sends = 0;
    chatroom::stored answer = chatroom::stored::yes;
    std::function<void(const chatroom::recipients&, const chatroom::event&)> on_send;
    std::function<chatroom::stored(std::string_view, std::uint64_t)> on_record;

    explicit node(std::uint64_t seed = 1) : entropy{seed} {}

    chatroom::environment environment(bool with_log) {
        chatroom::environment all = chatroom::hosted();
        all.send = {sent, this};
        all.observe = {saw, this};
        all.entropy = {roll, &entropy};
        if (with_log) all.log = {wrote, this};
        return all;
    }
    chatroom::error open(const chatroom::config& how, bool with_log = true) {
        return chat.open(how, environment(with_log));
    }

    std::string digest() { return hex(chat.digest().value); }

    /// Commits what stands in `records` from a place on; the first error.
    chatroom::error commit_from(std::size_t at = 0) {
        chatroom::error first = chatroom::error::none;
        for (; at < records.size(); ++at) {
            const chatroom::error e = chat.commit(records[at].second);
            if (first == chatroom::error::none) first = e;
        }
        return first;
    }

    /// How many frames of an op a session got.
    std::size_t count(chatroom::session_id session, std::string_view op) const {
        const auto found = frames.find(session);
        std::size_t n = 0;
        if (found == frames.end()) return 0;
        const std::string begin = "{\"op\":\"" + std::string(op) + "\"";
        for (const std::string& frame : found->second) n += frame.rfind(begin, 0) == 0 ? 1 : 0;
        return n;
    }
    /// The last frame of an op that a session got; empty: none.
    std::string last(chatroom::session_id session, std::string_view op) const {
        const auto found = frames.find(session);
        const std::string begin = "{\"op\":\"" + std::string(op) + "\"";
        std::string of;
        if (found == frames.end()) return of;
        for (const std::string& frame : found->second) {
            if (frame.rfind(begin, 0) == 0) of = frame;
        }
        return of;
    }
    std::string all_records() const {
        std::string log;
        for (const auto& record : records) log += record.second;
        return log;
    }

private:
    static void sent(const chatroom::recipients& to, const chatroom::event& what,
                     std::string_view frame, void* context) {
        node& self = *static_cast<node*>(context);
        ++self.sends;
        for (const chatroom::recipient& session : to) {
            self.frames[session.id].emplace_back(frame);
        }
        if (self.on_send) self.on_send(to, what);
    }
    static void saw(const chatroom::observation& seen, void* context) {
        node& self = *static_cast<node*>(context);
        if (seen.ticket != 0) self.outcomes.emplace_back(seen.ticket, seen.why);
        self.seen_users.push_back(seen.user);
    }
    static chatroom::stored wrote(std::string_view record, std::uint64_t number, void* context) {
        node& self = *static_cast<node*>(context);
        self.records.emplace_back(number, std::string(record));
        return self.on_record ? self.on_record(record, number) : self.answer;
    }
};

/// A text member of a flat JSON frame, as it stands there; empty: absent.
inline std::string text_of(const std::string& frame, std::string_view name) {
    const std::string key = "\"" + std::string(name) + "\":\"";
    const std::size_t at = frame.find(key);
    if (at == std::string::npos) return {};
    const std::size_t from = at + key.size();
    return frame.substr(from, frame.find('"', from) - from);
}

/// A number of a flat JSON frame; 0: absent.
inline std::uint64_t number_of(const std::string& frame, std::string_view name) {
    const std::string key = "\"" + std::string(name) + "\":";
    const std::size_t at = frame.find(key);
    if (at == std::string::npos) return 0;
    return std::strtoull(frame.c_str() + at + key.size(), nullptr, 10);
}

constexpr std::uint64_t start_ms = 1700000000000;

}  // namespace logs
