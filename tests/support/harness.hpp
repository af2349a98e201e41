#pragma once

// An engine with its wire tapped: every frame that leaves is checked against the event beside it
// and kept for its receiver.

#include <functional>
#include <string>
#include <vector>

#include "event_json.hpp"

namespace testing {

/// A small generator, the same on every platform (xorshift64*).
class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
    std::uint64_t next() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545f4914f6cdd1du >> 11;
    }
    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(next() % n); }
    bool one_in(std::uint32_t n) { return below(n) == 0; }
    template <typename T>
    const T& pick(const std::vector<T>& from) {
        return from[below(static_cast<std::uint32_t>(from.size()))];
    }

private:
    std::uint64_t state_;
};

/// Entropy that anybody can predict: the bytes count up.
struct counting_entropy {
    std::uint64_t count = 0;

    static bool fill(void* out, std::size_t bytes, void* context) {
        auto& self = *static_cast<counting_entropy*>(context);
        ++self.count;
        for (std::size_t i = 0; i < bytes; ++i) {
            const std::uint64_t mixed = (self.count * 0x9e3779b97f4a7c15u) >> (i % 8 * 8);
            static_cast<unsigned char*>(out)[i] = static_cast<unsigned char>(mixed + i);
        }
        return true;
    }
};

struct wire_tap {
    /// Called for each receiver of each frame, while the engine is sending.
    std::function<void(std::uint32_t session, const json& frame)> on_frame;
    std::vector<std::string> faults;   // What no frame may ever be.
    std::uint64_t frames = 0;

    /// What the tag of a peer says, so that even its first frame can be judged.
    static std::uint64_t tag_of(chatroom::wire wire, std::uint32_t frame_bytes_max) {
        return std::uint64_t{frame_bytes_max} << 8 | static_cast<std::uint64_t>(wire);
    }

    void operator()(const chatroom::recipients& to, const chatroom::event& what,
                    std::string_view frame) {
        const json told = json_of(what);
        bool parsed = false;
        std::vector<chatroom::recipient> all;
        for (const chatroom::recipient& each : to) all.push_back(each);
        if (all.empty()) fault("a frame for nobody", frame);
        for (const chatroom::recipient& each : all) {
            ++frames;
            const auto as = static_cast<chatroom::wire>(each.tag & 255);
            if ((as == chatroom::wire::typed) != frame.empty()) fault("size of a frame", frame);
            if (each.tag >> 8 != 0 && frame.size() > each.tag >> 8) {
                fault("longer than frame_bytes_max", frame);
            }
            if (as == chatroom::wire::json && !parsed) {
                json read;
                if (!parse_json(frame, read)) fault("no JSON", frame);
                if (read != told) fault("not what its event says: " + to_text(told), frame);
                parsed = true;
            }
            on_frame(each.id, told);
        }
    }

    void fault(const std::string& why, std::string_view frame) {
        faults.push_back(why + ": " + std::string(frame));
    }
};

inline chatroom::environment environment_of(wire_tap& tap, counting_entropy& random) {
    chatroom::environment out = chatroom::hosted();
    out.send = chatroom::send_via(tap);
    out.entropy = {counting_entropy::fill, &random};
    return out;
}

/// The smallest `frame_bytes_max` that a peer may have, found by asking.
inline std::uint32_t least_frame_bytes(const chatroom::config& how) {
    wire_tap tap;
    counting_entropy random;
    tap.on_frame = [](std::uint32_t, const json&) {};
    chatroom::engine chat;
    if (chat.open(how, environment_of(tap, random)) != chatroom::error::none) return 0;
    std::uint32_t refused = 1, taken = how.limits.frame_bytes_max;
    while (taken - refused > 1) {
        chatroom::peer peer;
        peer.frame_bytes_max = refused + (taken - refused) / 2;
        const auto [id, why] = chat.connect(peer);
        (why == chatroom::error::none ? taken : refused) = peer.frame_bytes_max;
        chat.disconnect(id);
    }
    return taken;
}

}  // namespace testing
