// A client on a microcontroller, which the size test builds and measures: every call by which one
// takes part, and no engine.
//
// PROBE_CLIENT_JSON     JSON frames; otherwise binary ones

#include "client.hpp"

namespace {

alignas(64) unsigned char block[32768];
volatile unsigned frames;

void on_send(std::string_view frame, void*) {
    frames = frames + static_cast<unsigned>(frame.size());
}

void on_tell(const chatroom::client_change& change, void*) {
    frames = frames + static_cast<unsigned>(change.what);
}

bool on_entropy(void* out, std::size_t bytes, void*) {
    static unsigned char next;   // A board has better.
    for (std::size_t i = 0; i < bytes; ++i) static_cast<unsigned char*>(out)[i] = ++next;
    return true;
}

// A single-room terminal: 32 messages, 8 members.
constexpr chatroom::client_config small() {
    chatroom::client_config how;
    how.rooms_max = 1;
    how.entries_max = 32;
    how.text_bytes_max = 2048;
    how.members_max = 8;
    how.posts_max = 2;
    how.post_bytes_max = 256;
    how.asks_max = 2;
    how.ask_bytes_max = 256;
    how.frame_bytes_max = 512;
    how.nick_bytes_max = how.room_name_bytes_max = 16;
    how.title_bytes_max = how.topic_bytes_max = 0;
    return how;
}

}  // namespace

extern "C" [[noreturn]] void _start() {
    chatroom::client_environment from_host;
    from_host.send.fn = on_send;
    from_host.tell.fn = on_tell;
    from_host.entropy.fn = on_entropy;
    from_host.memory.buffer = block;
    from_host.memory.buffer_bytes = sizeof block;
    chatroom::client client;
#ifdef PROBE_CLIENT_JSON
    const chatroom::client_codec& codec = chatroom::client_codecs::json();
#else
    const chatroom::client_codec& codec = chatroom::client_codecs::binary();
#endif
    if (client.open_with(small(), from_host, codec) == chatroom::error::none) {
        client.tick(1700000000000u);
        client.connected();
        client.receive({reinterpret_cast<const char*>(block), 16});
        client.login("alice");
        client.join("lobby");
        client.older("lobby");
        const auto id = client.post("lobby", "hello");
        if (id.why == chatroom::error::none) client.resend(id.value);
        client.discard(id.value);
        client.see("lobby");
        for (const chatroom::client_entry& each : client.entries("lobby")) {
            frames = frames + static_cast<unsigned>(each.text.size());
        }
        for (const chatroom::client_member& each : client.members("lobby")) {
            frames = frames + static_cast<unsigned>(each.nick.size());
        }
        client.leave("lobby");
        client.logout();
        client.disconnected();
        frames = frames + static_cast<unsigned>(client.next_tick());
        client.close();
    }
    for (;;) frames = frames + static_cast<unsigned>(chatroom::client_footprint(small()));
}
