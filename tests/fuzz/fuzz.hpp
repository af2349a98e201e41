#pragma once

// What the fuzz targets share: a small configuration, in which every table fills up soon, an
// engine in it, and the one function that each target defines.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "engine.hpp"

/// One input; the same under libFuzzer and when the corpus is replayed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

/// Ends the program where a promise is broken: libFuzzer then keeps the input.
inline void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
}

/// The same bytes at every run, so that tokens in a corpus are good ones: those of the n-th
/// token are all n.
struct counted_entropy {
    unsigned char next = 0;
    static bool fill(void* out, std::size_t bytes, void* context) {
        counted_entropy& from = *static_cast<counted_entropy*>(context);
        std::memset(out, from.next++, bytes);
        return true;
    }
};

inline chatroom::config small(std::uint32_t incarnation = 1) {
    chatroom::config how;
    how.limits.sessions_max = how.limits.users_max = 8;
    how.limits.sessions_per_user_max = 2;
    how.limits.rooms_max = 4;
    how.limits.members_max = 16;
    how.limits.rooms_per_user_max = 3;
    how.limits.nodes_max = 3;
    how.limits.history_pages_max = 8;
    how.limits.page_bytes = 512;
    how.limits.page_messages_max = 4;
    how.limits.nick_bytes_max = 16;
    how.limits.identity_bytes_max = 16;
    how.limits.room_name_bytes_max = 16;
    how.limits.title_bytes_max = 16;
    how.limits.topic_bytes_max = 16;
    how.limits.message_bytes_max = 200;
    how.limits.nonce_bytes_max = 8;
    how.limits.frame_bytes_max = 1024;
    how.limits.page_items_max = 6;
    how.limits.queue_bytes = 512;
    how.limits.records_pending_max = 4;
    how.policies.room_capacity = 6;
    how.policies.room_messages_max = 10;
    how.policies.room_pages_max = 4;
    how.policies.presence_members_max = 3;
    how.policies.effects_per_record_max = 3;
    how.budgets.deliveries_per_call = 7;
    how.budgets.queued_per_call = 3;
    how.budgets.bad_frames_max = 8;
    how.incarnation = incarnation;
    return how;
}

constexpr std::uint64_t begin_ms = 1700000000000u;

/// An engine that sends nowhere.
struct quiet_engine {
    chatroom::engine chat;
    counted_entropy random;

    explicit quiet_engine(std::uint32_t incarnation = 2) {
        const chatroom::error why = chat.open(small(incarnation), from_host());
        must(why == chatroom::error::none, "the engine opens");
    }

    chatroom::environment from_host() {
        chatroom::environment all = chatroom::hosted();
        all.send.fn = [](const chatroom::recipients& to, const chatroom::event&,
                         std::string_view, void*) {
            for (const chatroom::recipient& each : to) must(each.id != 0, "who ended gets nothing");
        };
        all.entropy = {counted_entropy::fill, &random};
        return all;
    }
};

inline std::string digest_of(chatroom::engine& chat) {
    const chatroom::fingerprint print = chat.digest().value;
    return {reinterpret_cast<const char*>(print.bytes), sizeof print.bytes};
}

inline std::string snapshot_of(chatroom::engine& chat) {
    const std::size_t size = chat.snapshot(nullptr, 0).value;
    std::string image(size, 0);
    const auto written = chat.snapshot(&image[0], image.size());
    must(written.why == chatroom::error::none && written.value == size, "a snapshot is written");
    return image;
}

/// A restored state is the same state.
inline void must_restore(chatroom::engine& chat) {
    quiet_engine other(9);
    must(other.chat.restore(snapshot_of(chat)) == chatroom::error::none,
         "the engine takes its own snapshot");
    must(digest_of(other.chat) == digest_of(chat), "a restored state has the same digest");
    must(snapshot_of(other.chat) == snapshot_of(chat), "a restored state has the same snapshot");
}

/// Uses an engine whose state came from elsewhere: reads all there is, talks, and lets time pass.
inline void use(chatroom::engine& chat) {
    chatroom::room_item rooms[8];
    chatroom::message page[6];
    chatroom::member_item people[6];
    (void)chat.advance(1);
    chatroom::peer vouched;
    vouched.user = "someone";
    vouched.nick = "someone";
    const chatroom::session_id by = chat.connect(vouched).value;
    const auto listed = chat.rooms(chatroom::host, {}, rooms, 8);
    std::vector<std::string> names;
    for (const chatroom::room_item& each : listed.value.rooms) names.emplace_back(each.room);
    for (const std::string& room : names) {
        std::uint64_t after = 0;
        for (bool more = true; more;) {
            const auto read = chat.history(
                chatroom::host, {room, chatroom::selector::after, after}, page, 6);
            // Logs and snapshots are trusted with names: one that is not folded can be listed, but
            // nobody can ask for it.
            if (read.why == chatroom::error::room_unknown) break;
            must(read.why == chatroom::error::none, "a listed room has a history");
            for (const chatroom::message& each : read.value.messages) {
                must(each.number > after, "numbers rise");
                after = each.number;
            }
            more = !read.value.complete;
        }
        (void)chat.members(chatroom::host, {room}, people, 6);
        (void)chat.submit(by, chatroom::join{room, 10});
        (void)chat.submit(by, chatroom::post{room, "hello", chatroom::message_kind::text, after});
        (void)chat.submit(chatroom::host, chatroom::post{room, "and welcome"});
    }
    (void)chat.submit(by, chatroom::create{"another one"});
    if (!names.empty()) (void)chat.submit(chatroom::host, chatroom::destroy{names[0]});
    (void)chat.disconnect(by);
    for (int i = 0; i < 8; ++i) (void)chat.advance(60000);
    must_restore(chat);
}

}  // namespace fuzz
