// A chat server for TCP: one thread, one poll loop, one engine. For POSIX systems.
//
//     tcp_chat [--port N] [--data FILE]
//
// A person talks to it with nc, a program in JSON, one object a line: the first byte that a client
// sends tells which. With --data, all that happens is kept in FILE and is there again after a
// crash. In this order: a connection, the server, the program.

#define CHATROOM_IMPLEMENTATION
#include "chatroom.hpp"
#include "host.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using chatroom::error;
using steady = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr std::size_t output_bytes_max = 64 * 1024;   // What may wait here for a slow reader,
constexpr int kernel_bytes = 64 * 1024;               // and what in the kernel.
constexpr seconds silent_max{60};                     // Until a client's first byte.
constexpr seconds farewell_max{10};                   // Until it has taken the last and hung up.

static bool try_again() { return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK; }

// ---- A connection: bytes on their way, in and out, both bounded.

struct connection {
    explicit connection(int socket) : fd(socket) {}
    ~connection() { ::close(fd); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    const int fd;
    chatroom::session_id session{};   // None before the first byte.
    bool json = false;
    bool begun = false;      // A line of it was taken.
    bool held = false;       // The engine has not taken the line at the front of `in` yet.
    bool skipping = false;   // Of a line that was too long, the rest is still to come.
    bool paused = false;     // The engine holds back what goes to it, until `out` is empty.
    bool ended = false;      // It sends no more.
    bool finished = false;   // It is sent what `out` holds and no more.
    bool lost = false;       // Nothing can be done for it.
    steady::time_point deadline = steady::now() + silent_max;
    std::string in, out;
};

// ---- The server. It goes round in `turn`.

class server {
public:
    void start(std::uint16_t port, const char* data, int wake) {
        wake_ = wake;
        if (data != nullptr) log_.open(data);
        chatroom::environment from_host = chatroom::hosted();
        from_host.send = chatroom::send_via(*this);
        open_recorded(chat_, log_, example_config(), from_host);
        listen(port);
    }

    void run() {
        while (turn()) {}
        log_.flush(chat_);
        for (connection& c : connections_) write(c);
    }

    /// The engine's `send`.
    void operator()(const chatroom::recipients& to, const chatroom::event& what,
                    std::string_view frame) {
        for (const chatroom::recipient& each : to) {
            connection& c = *reinterpret_cast<connection*>(each.tag);
            if (c.out.size() >= output_bytes_max) {   // The engine comes back to this frame.
                c.paused = true;
                chat_.pause(each.id);
                continue;
            }
            c.out += frame;
            if (c.json) c.out += '\n';   // A line for people ends in one already.
            if (what.type == chatroom::event_type::bye) finish(c);
        }
    }

private:
    void listen(std::uint16_t port) {
        const int on = 1;
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_port = htons(port);
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof here;
        auto* const address = reinterpret_cast<sockaddr*>(&here);
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        if (listener_ < 0 || ::fcntl(listener_, F_SETFL, O_NONBLOCK) != 0 ||
            ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
            ::bind(listener_, address, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
            ::getsockname(listener_, address, &size) != 0) {
            fail(system_error("port " + std::to_string(port)));
        }
        port = ntohs(here.sin_port);   // With --port 0 the system has chosen one.
        std::printf("listening on 127.0.0.1:%d\n\nIn another terminal, type for example:\n\n"
                    "    nc 127.0.0.1 %d\n    /guest alice\n    /join lobby\n    hello\n    /help\n"
                    "\nCtrl-C ends the server.\n", port, port);
        std::fflush(stdout);
    }

    /// Takes what has arrived, stores what follows, sends what there is. False: time to end.
    bool turn() {
        if (!wait()) return false;
        tell_time(chat_);
        for (connection& c : connections_) offer(c);
        log_.flush(chat_);
        const auto now = steady::now();
        for (auto c = connections_.begin(); c != connections_.end();) {
            if (c->ended && !c->held && !c->finished) finish(*c);
            write(*c);
            if (c->lost || now >= c->deadline) {
                chat_.disconnect(c->session);
                c = connections_.erase(c);
            } else {
                ++c;
            }
        }
        return true;
    }

    bool wait() {
        // In a full house the others wait at the door: `poll` passes over a descriptor of -1.
        const bool room = connections_.size() < limits_.sessions_max && steady::now() >= accept_at_;
        std::vector<pollfd> all{{wake_, POLLIN, 0}, {room ? listener_ : -1, POLLIN, 0}};
        bool work = !log_.idle();
        for (const connection& c : connections_) {
            const bool reads = !c.ended && c.in.size() <= limits_.frame_bytes_max;
            all.push_back({c.fd, short((reads ? POLLIN : 0) | (c.out.empty() ? 0 : POLLOUT)), 0});
            work = work || (c.held && !c.paused);
        }
        // At most a second, for the deadlines.
        const auto sleep_ms = work ? 0 : std::min<std::uint64_t>(chat_.next_tick(), 1000);
        if (::poll(all.data(), all.size(), static_cast<int>(sleep_ms)) < 0) return true;   // EINTR
        auto seen = all.begin() + 2;
        for (connection& c : connections_) {
            if ((seen->revents & POLLIN) != 0) read(c);
            else if ((seen->revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) c.lost = true;
            ++seen;
        }
        if (all[1].revents != 0) accept();
        return all[0].revents == 0;
    }

    void accept() {
        const int on = 1;
        const int fd = ::accept(listener_, nullptr, nullptr);
        if (fd < 0) {   // EMFILE and the like do not go away by asking again at once.
            if (try_again() || errno == ECONNABORTED) return;
            say(system_error("accept"));
            accept_at_ = steady::now() + seconds(1);
            return;
        }
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);   // Some go without a word.
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kernel_bytes, sizeof kernel_bytes);
        connections_.emplace_back(fd);
    }

    void read(connection& c) {
        char bytes[4096];
        const ssize_t n = ::recv(c.fd, bytes, sizeof bytes, 0);
        if (n < 0) c.lost = !try_again();
        if (n == 0) c.ended = true;
        if (n <= 0 || c.finished) return;
        c.in.append(bytes, static_cast<std::size_t>(n));
        if (c.session == 0) connect(c);
    }

    void connect(connection& c) {
        c.json = c.in.front() == '{';
        chatroom::peer who;
        who.tag = reinterpret_cast<std::uintptr_t>(&c);
        who.wire = c.json ? chatroom::wire::json : chatroom::wire::lines;
        const auto [session, why] = chat_.connect(who);
        c.session = session;
        c.deadline = steady::time_point::max();
        if (why != error::none) finish(c);
    }

    /// Offers the lines that have arrived. While a record of the session is under way, or the
    /// session is paused, the engine takes none; then they stay, and so, soon, does what follows:
    /// nothing more is read, and TCP holds the client back.
    void offer(connection& c) {
        c.held = false;
        while (!c.finished) {
            const std::size_t end = c.in.find('\n');
            const bool whole = end != std::string::npos;
            if (!whole && c.in.size() <= limits_.frame_bytes_max) return;
            // A line that is too long is refused once, by the engine, and its rest passed over.
            if (!c.skipping) {
                // A web page can have any browser POST to this port; the body would be lines too.
                if (!std::exchange(c.begun, true) && c.in.compare(0, 5, "POST ") == 0) {
                    return finish(c);
                }
                const error why = chat_.receive(c.session, std::string_view(c.in).substr(0, end));
                c.held = why == error::paused;
                if (why == error::session_unknown) finish(c);
                if (why != error::none) return;
            }
            c.skipping = !whole;
            c.in.erase(0, whole ? end + 1 : end);
        }
    }

    void write(connection& c) {
        if (!c.out.empty()) {
            const ssize_t n = ::send(c.fd, c.out.data(), c.out.size(), 0);
            if (n > 0) c.out.erase(0, static_cast<std::size_t>(n));
            if (n < 0) c.lost = !try_again();
        }
        if (!c.out.empty()) return;
        if (c.finished) {   // Closed when the client has hung up too, else it may lose the end.
            ::shutdown(c.fd, SHUT_WR);
            if (c.ended) c.lost = true;
        } else if (c.paused) {
            c.paused = false;
            chat_.unpause(c.session);
        }
    }

    void finish(connection& c) {
        c.finished = true;
        c.deadline = steady::now() + farewell_max;
        c.in.clear();
        chat_.disconnect(c.session);
    }

    record_log log_;
    chatroom::engine chat_;
    const chatroom::limits limits_ = example_config().limits;
    std::list<connection> connections_;   // Where each stays is its session's tag.
    int listener_ = -1;
    int wake_ = -1;
    steady::time_point accept_at_{};
};

// ---- The program.

static int wake_pipe[2];   // A signal writes to it, so that `poll` cannot miss one.

static void wake(int) { (void)!::write(wake_pipe[1], "", 1); }

static bool read_options(int count, char** words, unsigned long& port, const char*& data) {
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string option = words[i];
        char* end = words[i + 1] + std::strlen(words[i + 1]);
        if (option == "--data") data = words[i + 1];
        else if (option == "--port") port = std::strtoul(words[i + 1], &end, 10);
        else return false;
        if (*end != 0 || port > 65535) return false;
    }
    return count % 2 == 1;
}

int main(int count, char** words) {
    unsigned long port = 7000;
    const char* data = nullptr;
    if (!read_options(count, words, port, data)) {
        const bool asked = std::strcmp(words[1], "--help") == 0;
        std::fputs("usage: tcp_chat [--port N] [--data FILE]\n\n"
                   "    --port N      port on 127.0.0.1; 7000 unless told, 0: any that is free\n"
                   "    --data FILE   keeps all in FILE; without it all is forgotten at the end\n",
                   asked ? stdout : stderr);
        return asked ? EXIT_SUCCESS : 2;
    }
    if (::pipe(wake_pipe) != 0) fail(system_error("pipe"));
    std::signal(SIGINT, wake);
    std::signal(SIGTERM, wake);
    std::signal(SIGPIPE, SIG_IGN);
    server chat;
    chat.start(static_cast<std::uint16_t>(port), data, wake_pipe[0]);
    chat.run();
}
