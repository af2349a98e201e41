#include "site.hpp"

#include <cstring>

bool names::is_host(std::string_view host_and_port) const {
    const std::size_t colon = host_and_port.rfind(':');
    const bool has_port = colon != std::string_view::npos && host_and_port.back() != ']';
    const std::string_view host = host_and_port.substr(0, has_port ? colon : host_and_port.size());
    for (const std::string& each : names_) {
        if (boost::beast::iequals({host.data(), host.size()}, each)) return true;
    }
    return false;
}

bool names::is_same_origin(const request& asked) const {
    if (asked.count(http::field::origin) == 0) return true;   // No browser.
    const std::string host(asked[http::field::host]);
    const auto origin = asked[http::field::origin];
    return boost::beast::iequals(origin, "http://" + host) ||
           boost::beast::iequals(origin, "https://" + host);
}

static response plain(http::status status, std::string_view type, std::string_view content) {
    response to{status, 11};
    to.set(http::field::content_type, boost::string_view{type.data(), type.size()});
    to.set(http::field::cache_control, "no-cache");
    to.set("Content-Security-Policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
           "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    to.set("X-Content-Type-Options", "nosniff");
    to.set("Referrer-Policy", "no-referrer");
    to.set("Cross-Origin-Opener-Policy", "same-origin");
    to.set("Cross-Origin-Resource-Policy", "same-origin");
    to.body() = content;
    to.prepare_payload();
    return to;
}

response refuse(http::status status, std::string_view why) {
    return plain(status, "text/plain; charset=utf-8", std::string(why) + "\n");
}

/// Every counter and gauge of the engine, in the text format of Prometheus (version 0.0.4).
static std::string metrics(const chatroom::engine& chat) {
    const chatroom::statistics now = chat.stats();
    std::string out;
    for (const chatroom::stat& each : chatroom::stats_table()) {
        const bool counts = each.kind == chatroom::stat_kind::counter;
        const std::string name = std::string("chatroom_") + each.name + (counts ? "_total" : "");
        std::uint64_t value = 0;
        std::memcpy(&value, reinterpret_cast<const char*>(&now) + each.offset, sizeof value);
        out += "# HELP " + name + " " + each.help + "\n# TYPE " + name +
               (counts ? " counter\n" : " gauge\n") + name + " " + std::to_string(value) + "\n";
    }
    return out;
}

response answer(const request& asked, const names& ours, const chatroom::engine& chat) {
    const auto host = asked[http::field::host];
    if (asked.count(http::field::host) > 1) {   // RFC 9112, 3.2: who is in front may see another.
        return refuse(http::status::bad_request, "One Host is enough.");
    }
    if (!ours.is_host({host.data(), host.size()})) {
        return refuse(http::status::misdirected_request, "This host has another name (--name).");
    }
    if (asked.method() != http::verb::get && asked.method() != http::verb::head) {
        response no = refuse(http::status::method_not_allowed, "GET and HEAD alone.");
        no.set(http::field::allow, "GET, HEAD");
        return no;
    }
    const std::string_view target(asked.target().data(), asked.target().size());
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/metrics") {
        return plain(http::status::ok, "text/plain; version=0.0.4; charset=utf-8", metrics(chat));
    }
    if (path == "/chat") {
        response no = refuse(http::status::upgrade_required, "A WebSocket is spoken here.");
        no.set(http::field::upgrade, "websocket");
        return no;
    }
    for (const page_file& each : page_files) {
        if (path == each.path) return plain(http::status::ok, each.type, each.content);
    }
    return refuse(http::status::not_found, "There is no such page.");
}
