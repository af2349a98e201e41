#include "catch.hpp"

#include <fstream>
#include <sstream>
#include <string>

#include "model/described.hpp"

using namespace chatroom::detail;

// docs/protocol.md is written for people; what it says of members must be what the tables say.

static std::string document() {
    for (const char* path : {"docs/protocol.md", "../docs/protocol.md", "../../docs/protocol.md"}) {
        std::ifstream in(path);
        if (!in) continue;
        std::ostringstream all;
        all << in.rdbuf();
        return all.str();
    }
    return {};
}

static std::string section(const std::string& text, const char* part, const char* op) {
    const std::size_t from = text.find(std::string("\n## ") + part + "\n");
    const std::size_t to = text.find("\n## ", from + 4);
    const std::size_t begin = text.find(std::string("\n### `") + op + "`\n", from);
    if (begin == std::string::npos || begin > to) return {};
    return text.substr(begin, std::min(text.find("\n### ", begin + 4), to) - begin);
}

static const char* kind_in_words(kind of) {
    switch (of) {
    case kind::flag: return "boolean";
    case kind::choice: return "one of ";
    case kind::items: return "list of ";
    case kind::u32_number: return "integer below 2^32";
    case kind::u64_number:
    case kind::i32_number: return "integer";
    default: return "string";
    }
}

static void check_part(const std::string& text, const char* part,
                       const described* const* shapes) {
    for (; *shapes != nullptr; ++shapes) {
        const described& shape = **shapes;
        INFO(part << " " << shape.name);
        const std::string about = section(text, part, shape.name);
        REQUIRE(!about.empty());
        std::size_t at = 0;
        for (u32 i = 0; i < shape.count; ++i) {   // In this order.
            const described_member& m = shape.members[i];
            INFO("member " << m.name);
            at = about.find(std::string("\n| `") + m.name + "` | " + kind_in_words(m.kind), at);
            REQUIRE(at != std::string::npos);
            const std::string row = about.substr(at + 1, about.find('\n', at + 1) - at - 1);
            CHECK(((m.flags & mandatory) != 0) == (row.find("| required |") != std::string::npos));
            CHECK(((m.flags & always) != 0) == (row.find("| always |") != std::string::npos));
            ++at;
        }
        std::size_t rows = 0;
        for (at = 0; (at = about.find("\n| `", at)) != std::string::npos; ++at) ++rows;
        CHECK(rows == shape.count + (std::string(shape.name) == "history" &&
                                     std::string(part) == "Commands" ? 3u : 0u));
    }
}

TEST_CASE("the protocol document agrees with the tables") {
    const std::string text = document();
    REQUIRE(!text.empty());
    check_part(text, "Commands", all_commands());
    check_part(text, "Events", all_events());
}
