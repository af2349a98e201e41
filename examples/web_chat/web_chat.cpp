// The web chat: serves the page and its WebSocket on one port of 127.0.0.1.
//
//     web_chat [--port N] [--data FILE] [--cert FILE --key FILE] [--idle SECONDS] [--name HOST]...
//
// The sockets, HTTP, WebSocket and TLS are Boost.Asio's and Boost.Beast's: they are layers that
// can be put together, so `transport.hpp` gathers output below the WebSocket, and limits and
// time-outs are theirs. `server.cpp` is the loop, `site.cpp` the plain HTTP, `page/` the page.

#include "server.hpp"

#include <sys/resource.h>

static const char usage[] =
    "usage: web_chat [--port N] [--data FILE] [--cert FILE --key FILE] [--idle SECONDS]\n"
    "                [--name HOST]...\n\n"
    "    --port N         port on 127.0.0.1; 8000 unless told, 0: any that is free\n"
    "    --data FILE      keeps all in FILE; without it all is forgotten at the end\n"
    "    --cert FILE      speaks TLS with this chain of certificates, in PEM,\n"
    "    --key FILE       and this key\n"
    "    --idle SECONDS   hangs up on who shows no sign of life for so long; 60 unless told,\n"
    "                     half of which goes by before one is asked for\n"
    "    --name HOST      a name under which a proxy in front of it is reached\n";

static bool read_number(const char* word, unsigned long lowest, unsigned long highest,
                        unsigned long& number) {
    char* end = nullptr;
    number = std::strtoul(word, &end, 10);
    return *word >= '0' && *word <= '9' && *end == 0 && number >= lowest && number <= highest;
}

static bool read_options(int count, char** words, server::options& how) {
    unsigned long number = 0;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view option = words[i];
        const char* const value = words[i + 1];
        if (option == "--data") how.data = value;
        else if (option == "--cert") how.certificate = value;
        else if (option == "--key") how.key = value;
        else if (option == "--name") how.names.push_back(value);
        else if (option == "--port" && read_number(value, 0, 65535, number)) {
            how.port = static_cast<unsigned short>(number);
        } else if (option == "--idle" && read_number(value, 2, 86400, number)) {
            how.idle = std::chrono::seconds(number);
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
