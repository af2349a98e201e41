#pragma once

// What the host answers to plain HTTP: the page's files and /metrics; and who may ask.

#include "chatroom.hpp"

#include <boost/beast/http.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace http = boost::beast::http;
using request = http::request<http::empty_body>;
using response = http::response<http::string_body>;

/// A file of the page, which `embed.py` puts into the program.
struct page_file {
    std::string_view path, type, content;
};
extern const std::vector<page_file> page_files;

/// Whom the host believes to be itself.
///
/// A page from elsewhere must not talk in a person's name: browsers tell where a page came from,
/// in `Origin`, and that must be this host (RFC 6454). And a name that somebody else points at
/// this address (DNS rebinding) is not one of this host's names.
class names {
public:
    void add(std::string name) { names_.push_back(std::move(name)); }
    bool is_host(std::string_view host_and_port) const;
    bool is_same_origin(const request& asked) const;

private:
    std::vector<std::string> names_{"127.0.0.1", "localhost", "[::1]"};
};

/// The answer to a request that is no WebSocket.
response answer(const request& asked, const names& ours, const chatroom::engine& chat);

/// An answer that says no.
response refuse(http::status status, std::string_view why);
