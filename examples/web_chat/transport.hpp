#pragma once

// The bytes below HTTP and WebSocket: TCP, or TLS over it, with output that is gathered.

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace net = boost::asio;
using error_code = boost::system::error_code;
using tcp = net::ip::tcp;
// With the executor by its own type, and not by any: each operation costs less.
using executor = net::io_context::executor_type;
using tcp_socket = tcp::socket::rebind_executor<executor>::other;
using tcp_acceptor = tcp::acceptor::rebind_executor<executor>::other;
using timer = net::steady_timer::rebind_executor<executor>::other;

/// A connection whose writes only append to a buffer, which `flush` sends: once in a turn of the
/// loop, however many messages it holds. So what costs most, the system call, is paid for once.
///
/// It is the next layer of a Beast stream: what Beast writes (responses, pongs, the end of a
/// WebSocket) and what the host appends leave in the order in which they came.
class transport {
public:
    using executor_type = executor;

    transport(tcp_socket socket, net::ssl::context* tls)
        : socket_(std::move(socket)), drained_(socket_.get_executor()) {
        if (tls != nullptr) tls_.emplace(socket_, *tls);
        drained_.expires_at(std::chrono::steady_clock::time_point::max());
        error_code ignored;
        socket_.non_blocking(true, ignored);
        socket_.set_option(tcp::no_delay(true), ignored);
        // What is in the kernel cannot be taken back from a slow reader, so it is bounded too.
        socket_.set_option(net::socket_base::send_buffer_size(output_bytes_max), ignored);
    }

    /// `wants_flush` is called when there is something to flush, and when more of it can be sent.
    void on_output(std::function<void()> wants_flush) { wants_flush_ = std::move(wants_flush); }

    executor_type get_executor() { return socket_.get_executor(); }
    bool is_open() const { return socket_.is_open(); }
    bool is_full() const { return output_.size() >= output_bytes_max; }
    bool is_empty() const { return output_.empty() && !sending_; }

    /// What is appended leaves with the next `flush`.
    void append(std::string_view bytes) {
        if (output_.empty()) wants_flush_();
        output_.append(bytes);
    }

    template <typename Handler>
    void handshake(Handler handler) {
        if (tls_) tls_->async_handshake(net::ssl::stream_base::server, std::move(handler));
        else net::post(get_executor(), boost::beast::bind_handler(std::move(handler), error_code{}));
    }

    /// Sends what the socket takes. The owner keeps this object for as long as something is under
    /// way: it can be shared from itself.
    template <typename Owner>
    void flush(Owner& owner) {
        if (sending_ || output_.empty() || !is_open()) return;
        if (tls_) return flush_tls(owner.shared_from_this());
        error_code why;
        const std::size_t sent = socket_.write_some(net::buffer(output_), why);
        if (why && why != net::error::would_block) return close();
        output_.erase(0, sent);
        if (output_.empty()) {
            drained_.cancel();
            return;
        }
        sending_ = true;
        const auto kept = owner.shared_from_this();
        socket_.async_wait(tcp_socket::wait_write, [this, kept](error_code) {
            sending_ = false;
            wants_flush_();
        });
    }

    /// Says that nothing more comes.
    void shutdown() {
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
    }

    void close() {
        error_code ignored;
        socket_.close(ignored);
        drained_.cancel();
    }

    // ---- What Beast asks of a stream.

    template <typename Buffers, typename Handler>
    void async_read_some(const Buffers& into, Handler&& handler) {
        if (tls_) tls_->async_read_some(into, std::forward<Handler>(handler));
        else socket_.async_read_some(into, std::forward<Handler>(handler));
    }

    /// Takes all, and completes when there is room for more: who asks much and reads nothing,
    /// pongs or pages, waits.
    template <typename Buffers, typename Handler>
    void async_write_some(const Buffers& from, Handler&& handler) {
        const std::size_t bytes = net::buffer_size(from);
        const std::size_t before = output_.size();
        if (before == 0) wants_flush_();
        output_.resize(before + bytes);
        net::buffer_copy(net::buffer(&output_[before], bytes), from);
        auto done = [handler = std::forward<Handler>(handler), bytes, this](error_code) mutable {
            handler(is_open() ? error_code{} : net::error::operation_aborted, bytes);
        };
        if (is_full()) drained_.async_wait(std::move(done));
        else net::post(get_executor(), boost::beast::bind_handler(std::move(done), error_code{}));
    }

    /// Beast's end of a WebSocket: nothing more is read. What is gathered still leaves.
    template <typename Handler>
    friend void async_teardown(boost::beast::role_type, transport& of, Handler&& handler) {
        net::post(of.get_executor(),
                  boost::beast::bind_handler(std::forward<Handler>(handler), error_code{}));
    }

    friend void beast_close_socket(transport& of) { of.close(); }

    static constexpr std::size_t output_bytes_max = 64 * 1024;

private:
    void flush_tls(std::shared_ptr<void> owner) {
        sending_ = true;
        leaving_.swap(output_);
        net::async_write(*tls_, net::buffer(leaving_), [this, owner](error_code why, std::size_t) {
            sending_ = false;
            leaving_.clear();
            drained_.cancel();
            if (why) close();
            wants_flush_();
        });
    }

    tcp_socket socket_;
    std::optional<net::ssl::stream<tcp_socket&>> tls_;
    std::function<void()> wants_flush_;
    std::string output_;            // Gathered.
    std::string leaving_;           // With TLS: on its way.
    bool sending_ = false;          // The socket is waited for.
    timer drained_;                 // Never expires; it is cancelled when there is room again.
};
