// Puts a server under load, as limits.md measures whole servers: a closed loop of short messages.
//
//     load <web|chat|bare-web|bare> <port> <pid> <rooms> <people in each> <senders> <outstanding>
//          <seconds>
//
// Each sender has so many messages under way and says the next when one has come back to it. Prints
// deliveries a second of the server's CPU, deliveries a second, and the median round trip in ms.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

using steady = std::chrono::steady_clock;

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
        return web ? R"({"op":"post","room":")" + room + R"(","text":")" + text + "\"}" : text;
    }
};

// ---- A client. All that it looks for is a mark in the text, and behind it who said it.

constexpr char mark = '|';   // Which is in no frame's head: no frame here has 124 bytes.
constexpr std::size_t text_bytes = 64;

struct client {
    int fd = -1;
    char sender = 0;                     // 0: it only listens.
    std::string message;                 // As it is sent.
    std::deque<steady::time_point> under_way;
    bool marked = false;                 // The last byte was the mark.
};

struct measured {
    std::uint64_t deliveries = 0;
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

static void take(client& c, const char* bytes, std::size_t size, measured& so_far) {
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
        const std::chrono::duration<double, std::milli> took = steady::now() - c.under_way.front();
        so_far.round_trips_ms.push_back(took.count());
        c.under_way.pop_front();
        say(c);
    }
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
    load(int port, dialect how, int rooms, int people, int senders) {
        poll_ = ::epoll_create1(0);
        clients_.resize(std::size_t(rooms) * std::size_t(people));
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            client& c = clients_[i];
            const std::string room = "room" + std::to_string(i % std::size_t(rooms));
            const std::size_t seat = i / std::size_t(rooms);
            if (seat < std::size_t(senders)) c.sender = char('A' + seat);
            c.message = how.frame(how.say(room, (std::string(1, mark) + char('A' + seat % 26)) +
                                                    std::string(text_bytes - 2, 'x')));
            c.fd = connect_to(port, how);
            epoll_event wanted{EPOLLIN, {&c}};
            ::epoll_ctl(poll_, EPOLL_CTL_ADD, c.fd, &wanted);
            for (const std::string& each : how.arrive("p" + std::to_string(i), room)) {
                send_all(c, how.frame(each));
            }
            go(std::chrono::milliseconds(0));
        }
        go(std::chrono::milliseconds(1000));   // All have joined by then, and nobody has spoken.
    }

    void start(int outstanding) {
        for (client& c : clients_) {
            for (int i = 0; c.sender != 0 && i < outstanding; ++i) say(c);
        }
    }

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
                if (n > 0) take(c, bytes, std::size_t(n), so_far);
            }
        } while (steady::now() < until);
        return so_far;
    }

private:
    int poll_;
    std::vector<client> clients_;
};

static double cpu_seconds(const std::string& pid) {
    std::ifstream from("/proc/" + pid + "/stat");
    std::string all((std::istreambuf_iterator<char>(from)), {});
    std::istringstream fields(all.substr(all.rfind(')') + 2));
    std::vector<std::string> field(13);
    for (std::string& each : field) fields >> each;
    return (std::stod(field[11]) + std::stod(field[12])) / double(::sysconf(_SC_CLK_TCK));
}

int main(int count, char** words) {
    if (count != 9) return 2;
    const std::string kind = words[1], pid = words[3];
    const dialect how{kind == "web" || kind == "bare-web", kind == "web" || kind == "chat"};
    const double seconds = std::atof(words[8]);
    load people(std::atoi(words[2]), how, std::atoi(words[4]), std::atoi(words[5]),
                std::atoi(words[6]));
    people.start(std::atoi(words[7]));
    people.go(std::chrono::milliseconds(500));
    const auto began = steady::now();
    const double cpu_began = cpu_seconds(pid);
    measured got = people.go(std::chrono::milliseconds(int(seconds * 1000)));
    const double cpu = cpu_seconds(pid) - cpu_began;
    const std::chrono::duration<double> took = steady::now() - began;
    auto& trips = got.round_trips_ms;
    std::nth_element(trips.begin(), trips.begin() + long(trips.size() / 2), trips.end());
    std::printf("%.0f %.0f %.2f\n", double(got.deliveries) / cpu,
                double(got.deliveries) / took.count(), trips.empty() ? 0 : trips[trips.size() / 2]);
}
