#include "server.hpp"

#include <algorithm>
#include <cstdio>

using chatroom::error;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds request_max{10};    // For a request's header, and between two requests.
constexpr seconds farewell_max{10};   // Until a client has taken the last and hung up.
constexpr int handlers_per_turn = 4096;

server::server(const options& how) : idle_(how.idle) {
    for (const std::string& each : how.names) names_.add(each);
    if (!how.certificate.empty()) {
        tls_.emplace(net::ssl::context::tls_server);
        tls_->set_options(net::ssl::context::no_tlsv1 | net::ssl::context::no_tlsv1_1);
        tls_->use_certificate_chain_file(how.certificate);
        tls_->use_private_key_file(how.key, net::ssl::context::pem);
    }
    if (!how.data.empty()) log_.open(how.data.c_str());
    chatroom::environment from_host = chatroom::hosted();
    from_host.send = chatroom::send_via(*this);
    open_recorded(chat_, log_, how_, from_host);
    listen(how.port);
}

void server::listen(unsigned short port) {
    const tcp::endpoint here(net::ip::address_v4::loopback(), port);
    acceptor_.open(here.protocol());
    acceptor_.set_option(tcp_acceptor::reuse_address(true));
    acceptor_.bind(here);
    acceptor_.listen();
    const std::string address = (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") +
                                std::to_string(acceptor_.local_endpoint().port()) + "/";
    std::printf("listening on %s\n\nOpen it in a browser, and in a second window for somebody to "
                "talk to.\nCtrl-C ends the server.\n", address.c_str());
    std::fflush(stdout);
}

// A turn: what has arrived is taken, what follows is stored, and what there is to say is sent.

void server::run() {
    signals_.async_wait([this](error_code, int) { running_ = false; });
    while (running_) {
        io_.run_one_for(sleep());
        for (int i = 1; i < handlers_per_turn && io_.poll_one() != 0; ++i) {}
        turn();
    }
    log_.flush(chat_);
    for (const pointer& c : connections_) c->wire.flush(*c);
}

milliseconds server::sleep() const {
    const auto waits = [](const pointer& c) { return !c->paused; };
    const bool work = !log_.idle() || !touched_.empty() ||
                      std::any_of(offered_.begin(), offered_.end(), waits);
    return milliseconds(work ? 0 : std::min<std::uint64_t>(chat_.next_tick(), 1000));
}

void server::turn() {
    if (!std::exchange(time_told_, false)) tell_time(chat_);
    log_.flush(chat_);
    for (const pointer& c : std::exchange(offered_, {})) offer(c);
    flushed_.swap(touched_);
    for (connection* c : flushed_) flush(*c);
    flushed_.clear();
    if (steady::now() >= next_sweep_) sweep();
}

/// Once a second: who is over time, and who is gone.
void server::sweep() {
    next_sweep_ = steady::now() + seconds(1);
    connections_.remove_if([this](const pointer& c) {
        if (steady::now() >= c->deadline) c->wire.close();
        if (c->wire.is_open() || c->touched) return false;
        c->touched = true;   // What is under way still ends, and must not put it there again.
        chat_.disconnect(c->session);
        return true;
    });
    if (!accepting_) accept();
}

// ---- A connection comes.

void server::accept() {
    // In a full house the others wait at the door, until the next sweep at least.
    accepting_ = connections_.size() < how_.limits.sessions_max;
    if (!accepting_) return;
    acceptor_.async_accept([this](error_code why, tcp_socket socket) {
        if (why) {   // No descriptors left, and the like, do not go away by asking again at once.
            say("accept: " + why.message());
            accepting_ = false;
            return;
        }
        take_up(std::move(socket));
        accept();
    });
}

void server::take_up(tcp_socket socket) {
    const pointer c = std::make_shared<connection>(std::move(socket), tls_ ? &*tls_ : nullptr);
    c->wire.on_output([this, c = c.get()] {
        if (!std::exchange(c->touched, true)) touched_.push_back(c);
    });
    connections_.push_back(c);
    c->deadline = steady::now() + request_max;
    c->wire.handshake([this, c](error_code why) {
        if (why) c->wire.close();
        else read_request(c);
    });
}

// ---- HTTP: one request after the other, until one asks for a WebSocket.

void server::read_request(const pointer& c) {
    c->deadline = steady::now() + request_max;
    c->parser.emplace();
    c->parser->header_limit(8192);
    http::async_read(c->wire, c->in, *c->parser, [this, c](error_code why, std::size_t) {
        if (!why) return take_request(c);
        static const auto& of_http = error_code(http::error::end_of_stream).category();
        if (why == http::error::end_of_stream || why.category() != of_http) return c->wire.close();
        const bool too_long = why == http::error::header_limit;
        respond(c, too_long ? refuse(http::status::request_header_fields_too_large, "Too long.")
                            : refuse(http::status::bad_request, "This is no request."), false);
    });
}

void server::take_request(const pointer& c) {
    const request& asked = c->parser->get();
    response to = answer(asked, names_, chat_);
    if (to.result() != http::status::upgrade_required || !websocket::is_upgrade(asked)) {
        if (asked.method() == http::verb::head) to.body().clear();   // Its length stays.
        return respond(c, std::move(to), asked.keep_alive());
    }
    if (!names_.is_same_origin(asked)) {
        return respond(c, refuse(http::status::forbidden, "This page is from elsewhere."), false);
    }
    upgrade(c);
}

void server::respond(const pointer& c, response&& what, bool keep_alive) {
    what.keep_alive(keep_alive);
    const auto kept = std::make_shared<response>(std::move(what));
    http::async_write(c->wire, *kept, [this, c, kept](error_code why, std::size_t) {
        if (why) c->wire.close();
        else if (kept->keep_alive()) read_request(c);
        else finish(c);
    });
}

// ---- A WebSocket: its messages are the session's frames.

void server::upgrade(const pointer& c) {
    c->socket.emplace(c->wire);
    c->socket->set_option(websocket::stream_base::timeout{request_max, idle_, true});
    c->socket->set_option(websocket::stream_base::decorator([](websocket::response_type& to) {
        to.set(http::field::server, "chatroom");
    }));
    c->socket->read_message_max(how_.limits.frame_bytes_max);
    c->deadline = steady::time_point::max();
    c->socket->async_accept(c->parser->get(), [this, c](error_code why) {
        c->parser.reset();
        c->in.clear();   // Nobody may speak before the answer is there.
        if (why) finish(c);   // Beast has said why: a version that it does not speak, no key.
        else connect(c);
    });
}

void server::connect(const pointer& c) {
    chatroom::peer who;
    who.tag = reinterpret_cast<std::uintptr_t>(c.get());
    const auto [session, why] = chat_.connect(who);
    c->session = session;
    if (why == error::none) return read_message(c);
    end_chat(c, {websocket::close_code::try_again_later, chatroom::error_name(why)});
}

void server::read_message(const pointer& c) {
    c->socket->async_read(c->in, [this, c](error_code why, std::size_t) {
        if (c->finished) return;
        if (why) {   // Beast has said to the client why, if there was something to say.
            chat_.disconnect(c->session);
            finish(c);
        } else if (!c->socket->got_text()) {
            end_chat(c, {websocket::close_code::unknown_data, "text alone"});
        } else {
            if (!std::exchange(time_told_, true)) tell_time(chat_);
            offer(c);
        }
    });
}

/// While a record of the session is under way, or the session is paused, the engine takes nothing.
/// Then the message stays, and nothing more is read: TCP holds the client back.
void server::offer(const pointer& c) {
    if (c->finished) return;
    const std::string_view frame(static_cast<const char*>(c->in.data().data()), c->in.size());
    if (chat_.receive(c->session, frame) == error::paused) {
        offered_.push_back(c);
        return;
    }
    c->in.consume(c->in.size());
    if (!c->finished) read_message(c);
}

void server::operator()(const chatroom::recipients& to, const chatroom::event& what,
                        std::string_view frame) {
    // A server's frames are not masked (RFC 6455, 5.1), so they are the same bytes for everybody.
    const bool is_short = frame.size() < 126;   // None is longer than `frame_bytes_max`.
    const char head[4] = {char(0x81), char(is_short ? frame.size() : 126),
                          char(frame.size() >> 8), char(frame.size())};
    message_.assign(head, is_short ? 2 : 4).append(frame);
    for (const chatroom::recipient& each : to) {
        connection& c = *reinterpret_cast<connection*>(each.tag);
        if (c.wire.is_full()) {   // The engine comes back to this frame.
            c.paused = true;
            chat_.pause(each.id);
            continue;
        }
        c.wire.append(message_);
        if (what.type == chatroom::event_type::bye) {
            end_chat(c.shared_from_this(), {websocket::close_code::policy_error, "bye"});
        }
    }
}

void server::flush(connection& c) {
    c.touched = false;
    c.wire.flush(c);
    if (!c.wire.is_empty()) return;
    if (c.paused) {
        c.paused = false;
        chat_.unpause(c.session);
    }
    if (c.finished && !std::exchange(c.shut, true)) c.wire.shutdown();
}

// ---- A connection goes.

void server::end_chat(const pointer& c, websocket::close_reason why) {
    if (std::exchange(c->finished, true)) return;
    chat_.disconnect(c->session);
    c->deadline = steady::now() + farewell_max;
    c->socket->async_close(why, [this, c](error_code) { finish(c); });
}

/// Sends what is gathered. The connection is closed when the client has hung up too, else the
/// client may lose the end.
void server::finish(const pointer& c) {
    c->finished = true;
    c->deadline = steady::now() + farewell_max;
    if (c->wire.is_empty() && !std::exchange(c->shut, true)) c->wire.shutdown();
    discard(c);
}

void server::discard(const pointer& c) {
    c->in.clear();
    c->wire.async_read_some(c->in.prepare(4096), [this, c](error_code why, std::size_t) {
        if (why) c->wire.close();
        else discard(c);
    });
}
