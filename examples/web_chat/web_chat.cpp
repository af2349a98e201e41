// The web chat: serves the page and its WebSocket on one port of 127.0.0.1.
//
//     web_chat [--port N] [--data FILE] [--cert FILE --key FILE] [--name HOST]...
//
// The sockets, HTTP, WebSocket and TLS are Boost.Asio's and Boost.Beast's: they are layers that
// can be put together, so `transport.hpp` gathers output below the WebSocket, and limits and
// time-outs are theirs. `server.cpp` is the loop, `site.cpp` the plain HTTP, `page/` the page.

#include "server.hpp"

#include <sys/resource.h>

static const char usage[] =
    "usage: web_chat [--port N] [--data FILE] [--cert FILE --key FILE] [--name HOST]...\n\n"
    "    --port N      port on 127.0.0.1; 8000 unless told, 0: any that is free\n"
    "    --data FILE   keeps all in FILE; without it all is forgotten at the end\n"
    "    --cert FILE   speaks TLS with this chain of certificates, in PEM,\n"
    "    --key FILE    and this key\n"
    "    --name HOST   a name under which a proxy in front of it is reached\n";

static bool read_options(int count, char** words, server::options& how) {
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view option = words[i];
        const char* const value = words[i + 1];
        if (option == "--data") how.data = value;
        else if (option == "--cert") how.certificate = value;
        else if (option == "--key") how.key = value;
        else if (option == "--name") how.names.push_back(value);
        else if (option == "--port") {
            char* end = nullptr;
            const unsigned long port = std::strtoul(value, &end, 10);
            if (*value < '0' || *value > '9' || *end != 0 || port > 65535) return false;
            how.port = static_cast<unsigned short>(port);
        } else return false;
    }
    return count % 2 == 1 && how.certificate.empty() == how.key.empty();
}

/// Each connection is a file descriptor, and systems are miserly with them at first.
static void raise_descriptor_limit() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

int main(int count, char** words) {
    server::options how;
    if (!read_options(count, words, how)) {
        const bool asked = count == 2 && std::string_view(words[1]) == "--help";
        std::fputs(usage, asked ? stdout : stderr);
        return asked ? EXIT_SUCCESS : 2;
    }
    raise_descriptor_limit();
    try {
        server(how).run();
    } catch (const std::exception& why) {   // What Asio throws: a port in use, no such certificate.
        fail(why.what());
    }
}
