// Puts two servers under load, as limits.md measures whole servers: a closed loop of short messages.
//
//     load <rooms> <people in each> <senders> <outstanding> <rounds> (<dialect> <port> <pid>)...
//
// A dialect is one of web, chat, bare-web, bare; the first is one of the engine's. All servers have
// their people at the same time, and speak in turns: so what else the machine does, and how server
// and load happen to fall into step, which changes from one start to the next, meets all alike.
// Each sender has so many messages under way and says the next when one has come back to it. Prints
// a line a round: for each server, deliveries a second of its CPU, bytes a delivery, and the median
// round trip in ms.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

[[noreturn]] static void fail(const std::string& why) {
    std::fprintf(stderr, "load: %s: %s\n", why.c_str(), std::strerror(errno));
    std::exit(1);
}

// ---- What the four kinds of server are told.

struct dialect {
    bool web = false;       // WebSocket frames; else lines.
    bool engine = false;    // A chat; else whatever comes is passed on to the room.

    std::string frame(const std::string& text) const {
        if (!web) return text + "\n";
        std::string head("\x81", 1);
        if (text.size() < 126) {
            head += char(0x80 | text.size());
        } else {
            head += char(0x80 | 126);
            head += char(text.size() >> 8);
            head += char(text.size());
        }
        return head + std::string(4, '\0') + text;   // A mask of zeros leaves the text as it is.
    }

    std::vector<std::string> arrive(const std::string& nick, const std::string& room) const {
        if (!engine) return {room};
        if (!web) return {"/guest " + nick, "/join " + room};
        return {R"({"op":"guest","nick":")" + nick + "\"}", R"({"op":"join","room":")" + room + "\"}"};
    }

    std::string say(const std::string& room, const std::string& text) const {
        if (!engine || !web) return text;
        return R"({"op":"post","room":")" + room + R"(","text":")" + text + "\"}";
    }
};

// ---- A client. All that it looks for is a mark in the text, and behind it who said it.

constexpr char mark = '|';   // Which is in no frame's head: no frame here has 124 bytes.
constexpr std::size_t text_bytes = 64;

struct client {
    int fd = -1;
    char sender = 0;                     // 0: it only listens.
    std::string text, message;           // What it says, and how that is sent.
    std::deque<steady::time_point> under_way;
    bool marked = false;                 // The last byte was the mark.
};

struct measured {
    std::uint64_t deliveries = 0, bytes = 0;
    double cpu_seconds = 0;
    std::vector<double> round_trips_ms;
};

static void send_all(const client& c, const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
        const ssize_t n = ::send(c.fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n < 0) fail("send");
        sent += std::size_t(n);
    }
}

static void say(client& c) {
    c.under_way.push_back(steady::now());
    send_all(c, c.message);
}

static double cpu_seconds(const std::string& pid) {
    clockid_t clock{};
    timespec spent{};
    if (::clock_getcpuclockid(std::atoi(pid.c_str()), &clock) != 0) fail("the server's CPU time");
    ::clock_gettime(clock, &spent);
    return double(spent.tv_sec) + double(spent.tv_nsec) / 1e9;
}

static int connect_to(int port, const dialect& how) {
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(std::uint16_t(port));
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&there), sizeof there) != 0) fail("connect");
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!how.web) return fd;
    const std::string asked =
        "GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2l4dGVlbiBieXRlcyAuLg==\r\n\r\n";
    if (::send(fd, asked.data(), asked.size(), 0) != ssize_t(asked.size())) fail("upgrade");
    std::string answer;
    while (answer.find("\r\n\r\n") == std::string::npos) {
        char byte;
        if (::recv(fd, &byte, 1, 0) != 1) fail("upgrade");
        answer += byte;
    }
    return fd;
}

class load {
public:
    load(dialect how, int port, std::string pid, int rooms, int people, int senders)
        : how_(how), pid_(std::move(pid)) {
        poll_ = ::epoll_create1(0);
        clients_.resize(std::size_t(rooms) * std::size_t(people));
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            client& c = clients_[i];
            const std::string room = "room" + std::to_string(i % std::size_t(rooms));
            const std::size_t seat = i / std::size_t(rooms);
            if (seat < std::size_t(senders)) c.sender = char('A' + seat);
            c.text = (std::string(1, mark) + char('A' + seat % 26)) +
                     std::string(text_bytes - 2, 'x');
            c.message = how.frame(how.say(room, c.text));
            c.fd = connect_to(port, how);
            epoll_event wanted{EPOLLIN, {&c}};
            ::epoll_ctl(poll_, EPOLL_CTL_ADD, c.fd, &wanted);
            for (const std::string& each : how.arrive("p" + std::to_string(i), room)) {
                send_all(c, how.frame(each));
            }
            go(milliseconds(0));
        }
        go(milliseconds(1000));   // All have joined by then, and nobody has spoken.
    }

    /// A bare server passes on what it is told. So it is told as many bytes as the engine makes of
    /// a text, with its number, time and author: else a pair would measure their length.
    void lengthen(double bytes_delivered) {
        if (how_.engine) return;
        const std::size_t head = how_.web ? 4 : 1;
        for (client& c : clients_) {
            c.text.resize(std::size_t(bytes_delivered) - head, 'x');
            c.message = how_.frame(c.text);
        }
    }

    /// All talk for as long as that, and then listen until all has come back.
    measured talk(int outstanding, steady::duration settling, steady::duration time) {
        talking_ = true;
        for (client& c : clients_) {
            for (int i = 0; c.sender != 0 && i < outstanding; ++i) say(c);
        }
        go(settling);
        const double cpu_began = cpu_seconds(pid_);
        measured got = go(time);
        got.cpu_seconds = cpu_seconds(pid_) - cpu_began;
        talking_ = false;
        const auto began = steady::now();
        while (go(milliseconds(20)).deliveries != 0 || !all_came_back()) {
            if (steady::now() - began > seconds(10)) fail("a message does not come back");
        }
        return got;
    }

private:
    measured go(steady::duration time) {
        measured so_far;
        const auto until = steady::now() + time;
        do {
            epoll_event ready[256];
            const int count = ::epoll_wait(poll_, ready, 256, time.count() == 0 ? 0 : 10);
            for (int i = 0; i < count; ++i) {
                static char bytes[1 << 18];
                client& c = *static_cast<client*>(ready[i].data.ptr);
                const ssize_t n = ::recv(c.fd, bytes, sizeof bytes, MSG_DONTWAIT);
                if (n == 0 || (n < 0 && errno != EAGAIN)) fail("the server hung up");
                if (n <= 0) continue;
                so_far.bytes += std::uint64_t(n);
                take(c, bytes, std::size_t(n), so_far);
            }
        } while (steady::now() < until);
        return so_far;
    }

    bool all_came_back() const {
        return std::all_of(clients_.begin(), clients_.end(),
                           [](const client& c) { return c.under_way.empty(); });
    }

    void take(client& c, const char* bytes, std::size_t size, measured& so_far) {
        const char* const end = bytes + size;
        for (const char* at = bytes; at != end;) {
            if (!c.marked) {
                at = static_cast<const char*>(std::memchr(at, mark, std::size_t(end - at)));
                if (at == nullptr) return;
                c.marked = true;
                ++at;
                continue;
            }
            c.marked = false;
            ++so_far.deliveries;
            if (*at++ != c.sender || c.under_way.empty()) continue;
            const std::chrono::duration<double, std::milli> took =
                steady::now() - c.under_way.front();
            so_far.round_trips_ms.push_back(took.count());
            c.under_way.pop_front();
            if (talking_) say(c);
        }
    }

    dialect how_;
    std::string pid_;
    bool talking_ = false;
    int poll_;
    std::vector<client> clients_;
};

int main(int count, char** words) {
    if (count < 9 || count % 3 != 0) return 2;
    const int outstanding = std::atoi(words[4]);
    std::vector<std::unique_ptr<load>> servers;
    for (char** word = words + 6; word != words + count; word += 3) {
        const std::string kind = word[0];
        const dialect how{kind == "web" || kind == "bare-web", kind == "web" || kind == "chat"};
        servers.push_back(std::make_unique<load>(how, std::atoi(word[1]), word[2],
                                                 std::atoi(words[1]), std::atoi(words[2]),
                                                 std::atoi(words[3])));
    }
    const measured first = servers[0]->talk(outstanding, milliseconds(500), milliseconds(200));
    for (auto& each : servers) each->lengthen(double(first.bytes) / double(first.deliveries));
    for (int round = std::atoi(words[5]); round > 0; --round) {
        for (auto& each : servers) {
            measured got = each->talk(outstanding, milliseconds(100), milliseconds(400));
            auto& trips = got.round_trips_ms;
            std::nth_element(trips.begin(), trips.begin() + long(trips.size() / 2), trips.end());
            std::printf("%.0f %.0f %.2f ", double(got.deliveries) / got.cpu_seconds,
                        double(got.bytes) / double(got.deliveries),
                        trips.empty() ? 0 : trips[trips.size() / 2]);
        }
        std::printf("\n");
    }
}
