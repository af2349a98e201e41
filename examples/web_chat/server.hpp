#pragma once

// The web server around the engine: one thread, one loop, Boost.Beast for HTTP and WebSocket.

#include "../host.hpp"
#include "site.hpp"
#include "transport.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace websocket = boost::beast::websocket;
using steady = std::chrono::steady_clock;

/// A browser's connection: first HTTP, then perhaps a WebSocket, each message of which is a frame.
struct connection : std::enable_shared_from_this<connection> {
    connection(tcp_socket socket, net::ssl::context* tls) : wire(std::move(socket), tls) {}

    transport wire;
    boost::beast::flat_buffer in;
    std::optional<http::request_parser<http::empty_body>> parser;
    std::optional<websocket::stream<transport&, false>> socket;   // Without compression.
    chatroom::session_id session{};   // None before the WebSocket is there.
    bool paused = false;     // The engine holds back what goes to it.
    bool touched = false;    // It has output: see `server::touched_`.
    bool finished = false;   // It is sent what is gathered, and no more.
    bool shut = false;       // It has been told so.
    steady::time_point deadline{};
};

class server {
public:
    struct options {
        unsigned short port = 8000;
        std::string data, certificate, key;
        std::chrono::seconds idle{60};    // Between two signs of life of a WebSocket.
        std::vector<std::string> names;   // Of this host, beside those of the loopback.
    };

    explicit server(const options& how);

    /// Serves until SIGINT or SIGTERM.
    void run();

    /// The engine's `send`.
    void operator()(const chatroom::recipients& to, const chatroom::event& what,
                    std::string_view frame);

private:
    using pointer = std::shared_ptr<connection>;

    void listen(unsigned short port);
    void accept();
    void take_up(tcp_socket socket);
    void read_request(const pointer& c);
    void take_request(const pointer& c);
    void respond(const pointer& c, response&& what, bool keep_alive);
    void upgrade(const pointer& c);
    void connect(const pointer& c);
    void read_message(const pointer& c);
    void offer(const pointer& c);
    void turn();
    void flush(connection& c);
    void end_chat(const pointer& c, websocket::close_reason why);
    void finish(const pointer& c);
    void discard(const pointer& c);
    void sweep();
    std::chrono::milliseconds sleep() const;

    net::io_context io_{1};
    std::optional<net::ssl::context> tls_;
    tcp_acceptor acceptor_{io_};
    net::signal_set signals_{io_, SIGINT, SIGTERM};
    names names_;
    record_log log_;
    chatroom::engine chat_;
    const chatroom::config how_ = example_config();
    const std::chrono::seconds idle_;
    std::list<pointer> connections_;
    std::vector<pointer> offered_;   // Those with a message for the engine.
    std::vector<connection*> touched_;   // Those with output; none of them is removed meanwhile.
    std::vector<connection*> flushed_;   // Those of the turn at hand.
    std::string message_;            // The WebSocket message at hand, for all who get it.
    bool accepting_ = false;
    bool running_ = true;
    bool time_told_ = false;         // In this turn.
    steady::time_point next_sweep_{};
};
