// The peer of tcp_chat: a bare broadcast of lines over poll, without an engine. The first line of a
// client names its room; every other goes to all who are in it, its author too. Like tcp_chat it
// gathers what goes to a client and sends it once in a turn of the loop.

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <map>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    int fd;
    std::string in, out;
    std::vector<client*>* room = nullptr;
};

static std::list<client> clients;
static std::map<std::string, std::vector<client*>> rooms;

static void take(client& c) {
    char bytes[4096];
    const ssize_t n = ::recv(c.fd, bytes, sizeof bytes, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) std::exit(0);   // The load is over.
    if (n < 0) return;
    c.in.append(bytes, std::size_t(n));
    for (std::size_t end; (end = c.in.find('\n')) != std::string::npos; c.in.erase(0, end + 1)) {
        const std::string line = c.in.substr(0, end + 1);
        if (c.room != nullptr) {
            for (client* each : *c.room) each->out += line;
        } else {
            c.room = &rooms[line];
            c.room->push_back(&c);
        }
    }
}

static void write(client& c) {
    if (c.out.empty()) return;
    const ssize_t n = ::send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
    if (n > 0) c.out.erase(0, std::size_t(n));
}

static void accept(int listener) {
    const int fd = ::accept(listener, nullptr, nullptr), on = 1;
    if (fd < 0) return;
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    clients.push_back({fd, {}, {}});
}

int main() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    auto* const address = reinterpret_cast<sockaddr*>(&here);
    ::fcntl(listener, F_SETFL, O_NONBLOCK);
    if (::bind(listener, address, size) != 0 || ::listen(listener, SOMAXCONN) != 0) return 1;
    ::getsockname(listener, address, &size);
    std::printf("listening on 127.0.0.1:%d\n", ntohs(here.sin_port));
    std::fflush(stdout);
    for (;;) {
        std::vector<pollfd> all{{listener, POLLIN, 0}};
        for (const client& c : clients) {
            all.push_back({c.fd, short(POLLIN | (c.out.empty() ? 0 : POLLOUT)), 0});
        }
        ::poll(all.data(), all.size(), -1);
        auto seen = all.begin() + 1;
        for (client& c : clients) {
            if (seen++->revents != 0) take(c);
        }
        for (client& c : clients) write(c);
        if (all[0].revents != 0) accept(listener);
    }
}
