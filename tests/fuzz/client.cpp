// What a client hears from a server that may be anybody: nothing it says breaks it or makes it
// grow. The first byte says how frames look. JSON: a frame is a line. Binary: a frame stands behind
// a byte with its size. A line, or a size of 0 and a byte, that begins with a small letter below
// 'p' is a call of the host.

#include <memory>

#include "client.hpp"
#include "fuzz.hpp"

namespace {

using fuzz::must;

chatroom::client_config small_client() {
    chatroom::client_config how;
    how.rooms_max = 3;
    how.entries_max = 6;
    how.text_bytes_max = 120;
    how.members_max = 4;
    how.posts_max = 3;
    how.post_bytes_max = 60;
    how.asks_max = 3;
    how.ask_bytes_max = 200;
    how.commands_max = 2;
    how.frame_bytes_max = 1024;
    how.nick_bytes_max = 8;
    how.room_name_bytes_max = 16;
    how.title_bytes_max = 8;
    how.topic_bytes_max = 8;
    how.join_history = 4;
    how.fill_max = 20;
    return how;
}

class subject {
public:
    explicit subject(bool binary) {
        const std::size_t bytes = chatroom::client_footprint(small_client());
        block_.assign(bytes + guard, 0xd7);
        chatroom::client_environment from;
        from.send = chatroom::client_send_via(*this);
        from.tell = chatroom::client_tell_via(*this);
        from.entropy = {fuzz::counted_entropy::fill, &entropy_};
        from.memory.buffer = block_.data();
        from.memory.buffer_bytes = bytes;
        const chatroom::client_codec& frames = binary ? chatroom::client_codecs::binary()
                                                      : chatroom::client_codecs::json();
        must(client.open_with(small_client(), from, frames) == chatroom::error::none, "it opens");
        tick(0);
    }
    void operator()(std::string_view frame) {
        must(!frame.empty() && frame.size() <= 1024, "a frame has a bounded size");
    }
    void operator()(const chatroom::client_change& change) {
        must(change.what != chatroom::client_news::none, "a change is one");
        must(client.receive("{}") == chatroom::error::inside_callback, "nothing is taken inside");
        if (change.what == chatroom::client_news::done) ++done_;
    }

    void hear(std::string_view frame) {
        must(client.receive(frame) == chatroom::error::none, "every frame is taken");
    }
    void call(char what) {
        switch (what) {
        case 'a': (void)client.connected(); break;
        case 'b': (void)client.disconnected(); break;
        case 'c': tick(7000); break;
        case 'd': ask(client.login("ann")); break;
        case 'e': ask(client.join("lobby")); break;
        case 'f': ask(client.leave("lobby")); break;
        case 'g': ask(client.older("lobby")); break;
        case 'h': (void)client.post("lobby", "what is said"); break;
        case 'i': ask(client.list_rooms()); break;
        case 'j': ask(client.logout()); break;
        case 'k': (void)client.hold("lobby", held_ = !held_); break;
        case 'l': (void)client.see("lobby"); break;
        case 'm': decide(); break;
        case 'n': (void)client.refresh("lobby"); break;
        default: ask(client.submit(chatroom::members{"lobby"})); break;
        }
    }

    void check() const {
        const chatroom::client_config how = small_client();
        must(client.rooms().size() <= how.rooms_max, "rooms are bounded");
        for (const chatroom::client_room& room : client.rooms()) {
            std::uint64_t next = room.begin;
            const auto entries = client.entries(room.name);
            must(entries.size() <= how.entries_max * 3 / 2 + 4, "entries are bounded");
            for (const chatroom::client_entry& each : entries) {
                must(each.number == next && each.to >= next, "entries are whole");
                next = each.to + 1;
            }
            must(next == room.last + 1, "entries go up to the last");
            must(client.members(room.name).size() <= how.members_max, "members are bounded");
            must(client.posts(room.name).size() <= how.posts_max, "posts are bounded");
            for (const chatroom::client_post& each : client.posts(room.name)) {
                must(each.text == "what is said", "a post is what was said");
            }
        }
        for (std::size_t at = block_.size() - guard; at < block_.size(); ++at) {
            must(block_[at] == 0xd7, "nothing is written behind its memory");
        }
    }
    void end(bool binary) {
        std::string saved(client.save(nullptr, 0).value, 0);
        must(client.save(&saved[0], saved.size()).why == chatroom::error::none, "it is saved");
        subject other(binary);
        must(other.client.restore(saved) == chatroom::error::none, "what is saved is taken");
        other.check();
        std::string again(other.client.save(nullptr, 0).value, 0);
        must(other.client.save(&again[0], again.size()).why == chatroom::error::none, "and again");
        (void)client.disconnected();
        must(client.state() == chatroom::client_state::offline ||
             client.state() == chatroom::client_state::ended, "it is offline");
        if (logins_ == 0) must(asked_ == done_, "every command is done once");
    }

private:
    static constexpr std::size_t guard = 64;
    std::vector<unsigned char> block_;   // Stays longer than the client.

public:
    chatroom::client client;

private:
    fuzz::counted_entropy entropy_;
    std::uint64_t now_ = fuzz::begin_ms, asked_ = 0, done_ = 0, logins_ = 0;
    bool held_ = false;

    void tick(std::uint64_t elapsed_ms) {
        must(client.tick(now_ += elapsed_ms) == chatroom::error::none, "the time is taken");
    }
    void ask(chatroom::error why) {
        if (why == chatroom::error::none) ++asked_;
        if (client.state() != chatroom::client_state::online) ++logins_;   // It may wait for one.
    }
    void decide() {
        const auto posts = client.posts("lobby");
        if (posts.size() == 0) return;
        const chatroom::client_post first = posts[0];
        const chatroom::error why = held_ ? client.resend(first.id) : client.discard(first.id);
        must((why == chatroom::error::none) == (first.failed != chatroom::error::none),
             "only what failed is sent again or forgotten");
    }
};

bool is_call(char byte) { return byte >= 'a' && byte < 'p'; }

/// Takes the next frame or call off the front.
std::string_view next(std::string_view& input, bool binary) {
    std::size_t from = 0, size = 0;
    if (binary) {
        from = 1;
        size = static_cast<unsigned char>(input[0]);
        if (size == 0) size = 1;
    } else {
        while (size < input.size() && input[size] != '\n') ++size;
    }
    size = std::min(size, input.size() - from);
    const std::string_view piece(input.data() + from, size);
    input.remove_prefix(std::min(input.size(), from + size + (binary ? 0 : 1)));
    return piece;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool binary = data[0] == 'b';
    std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    subject one(binary);
    while (!input.empty()) {
        const std::string_view piece = next(input, binary);
        if (piece.size() == 1 && is_call(piece[0])) {
            one.call(piece[0]);
        } else {
            // In memory of its own size, so that reading behind it is found.
            const std::vector<char> frame(piece.begin(), piece.end());
            one.hear({frame.data(), frame.size()});
        }
        one.check();
    }
    one.end(binary);
    return 0;
}
