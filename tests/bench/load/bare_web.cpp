// The peer of the web chat: a bare broadcast over WebSockets, on the same library and the same
// transport, without an engine. The first message of a client names its room; every other goes to
// all who are in it, its author too. Nothing else, but the library's time-outs: no limits, no names,
// no history.

#include "../../../examples/web_chat/transport.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <cstdio>
#include <map>
#include <memory>
#include <vector>

namespace websocket = boost::beast::websocket;
using std::chrono::seconds;

struct client : std::enable_shared_from_this<client> {
    explicit client(tcp_socket from) : wire(std::move(from), nullptr) {}
    transport wire;
    boost::beast::flat_buffer in;
    websocket::stream<transport&, false> socket{wire};
    std::vector<std::shared_ptr<client>>* room = nullptr;
};
using pointer = std::shared_ptr<client>;

static net::io_context loop{1};
static std::map<std::string, std::vector<pointer>> rooms;
static std::vector<pointer> touched;

static void broadcast(const std::vector<pointer>& room, const std::string& text) {
    const char head[4] = {char(0x81), char(text.size() < 126 ? text.size() : 126),
                          char(text.size() >> 8), char(text.size())};
    const std::string message = std::string(head, text.size() < 126 ? 2 : 4) + text;
    for (const pointer& each : room) each->wire.append(message);
}

static void read(const pointer& c) {
    c->socket.async_read(c->in, [c](error_code why, std::size_t) {
        if (why) return c->wire.close();
        const std::string text = boost::beast::buffers_to_string(c->in.data());
        c->in.consume(c->in.size());
        if (c->room != nullptr) {
            broadcast(*c->room, text);
        } else {
            c->room = &rooms[text];
            c->room->push_back(c);
        }
        read(c);
    });
}

static void accept(tcp_acceptor& from) {
    from.async_accept([&from](error_code why, tcp_socket socket) {
        if (why) return;
        const auto c = std::make_shared<client>(std::move(socket));
        c->wire.on_output([c = c.get()] { touched.push_back(c->shared_from_this()); });
        c->socket.set_option(websocket::stream_base::timeout{seconds(10), seconds(60), true});
        c->socket.async_accept([c](error_code failed) {
            if (!failed) read(c);
        });
        accept(from);
    });
}

int main() {
    tcp_acceptor acceptor(loop, {net::ip::address_v4::loopback(), 0});
    std::printf("listening on http://127.0.0.1:%d/\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    accept(acceptor);
    for (;;) {
        loop.run_one();
        for (int i = 1; i < 4096 && loop.poll_one() != 0; ++i) {}
        for (const pointer& c : std::exchange(touched, {})) c->wire.flush(*c);
    }
}
