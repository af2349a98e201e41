#pragma once

// JSON for tests: a value, a parser and a writer. Written apart from the engine's, so that the two
// check each other.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace testing {

/// A JSON value. Numbers are integers: no frame holds any other.
struct json {
    enum class kind { null, boolean, number, string, array, object };

    kind is = kind::null;
    std::int64_t number = 0;                             // and 0 or 1 of a boolean
    std::string text{};
    std::vector<json> items{};
    std::vector<std::pair<std::string, json>> members{};   // in the order of the text

    json() = default;
    json(bool value) : is(kind::boolean), number(value ? 1 : 0) {}
    json(int value) : is(kind::number), number(value) {}
    json(std::uint32_t value) : is(kind::number), number(value) {}
    json(std::int64_t value) : is(kind::number), number(value) {}
    json(std::uint64_t value) : is(kind::number), number(static_cast<std::int64_t>(value)) {}
    json(const char* value) : is(kind::string), text(value) {}
    json(std::string_view value) : is(kind::string), text(value) {}
    json(std::string value) : is(kind::string), text(std::move(value)) {}

    static json array() {
        json made;
        made.is = kind::array;
        return made;
    }
    static json object(std::string_view op = {}) {
        json made;
        made.is = kind::object;
        if (!op.empty()) made.members.emplace_back("op", json(op));
        return made;
    }

    const json* find(std::string_view name) const {
        for (const auto& member : members) {
            if (member.first == name) return &member.second;
        }
        return nullptr;
    }
    bool has(std::string_view name) const { return find(name) != nullptr; }
    /// A member's number, or 0; absent and 0 mean the same in every frame.
    std::uint64_t num(std::string_view name) const {
        const json* at = find(name);
        return at != nullptr ? static_cast<std::uint64_t>(at->number) : 0;
    }
    bool flag(std::string_view name) const { return num(name) != 0; }
    const std::string& str(std::string_view name) const {
        static const std::string empty;
        const json* at = find(name);
        return at != nullptr ? at->text : empty;
    }

    json& set(std::string_view name, json value) {
        members.emplace_back(std::string(name), std::move(value));
        return *this;
    }
    // As frames are: what is 0, false or empty is not told.
    json& add(std::string_view name, std::uint64_t value) {
        return value == 0 ? *this : set(name, json(value));
    }
    json& add_flag(std::string_view name, bool value) {
        return value ? set(name, json(true)) : *this;
    }
    json& add_text(std::string_view name, std::string_view value) {
        return value.empty() ? *this : set(name, json(value));
    }

    friend bool operator==(const json& a, const json& b) {
        if (a.is != b.is || a.number != b.number || a.text != b.text || a.items != b.items) {
            return false;
        }
        if (a.members.size() != b.members.size()) return false;
        for (std::size_t i = 0; i < a.members.size(); ++i) {   // Mostly in the same order.
            const auto& member = a.members[i];
            const json* other = b.members[i].first == member.first ? &b.members[i].second
                                                                    : b.find(member.first);
            if (other == nullptr || !(*other == member.second)) return false;
        }
        return true;
    }
    friend bool operator!=(const json& a, const json& b) { return !(a == b); }
};

class json_parser {
public:
    explicit json_parser(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

    bool read_whole(json& out) {
        return read(out) && (skip(), at_ == end_);
    }

private:
    void skip() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
    }
    bool take(char c) {
        skip();
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    bool word(std::string_view expected) {
        if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(
                0, expected.size()) != expected) {
            return false;
        }
        at_ += expected.size();
        return true;
    }

    bool read(json& out) {
        skip();
        if (at_ == end_) return false;
        switch (*at_) {
        case '{': return read_object(out);
        case '[': return read_array(out);
        case '"': out.is = json::kind::string; return read_string(out.text);
        case 't': out = json(true); return word("true");
        case 'f': out = json(false); return word("false");
        case 'n': out = json(); return word("null");
        default: return read_number(out);
        }
    }

    bool read_number(json& out) {
        const bool minus = *at_ == '-';
        if (minus) ++at_;
        if (at_ == end_ || *at_ < '0' || *at_ > '9') return false;
        if (*at_ == '0' && at_ + 1 != end_ && at_[1] >= '0' && at_[1] <= '9') return false;
        out.is = json::kind::number;
        out.number = 0;
        for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
            out.number = out.number * 10 + *at_ - '0';
            // Every number of the protocol is an integer below 2^53.
            if (out.number >= std::int64_t{1} << 53) return false;
        }
        if (minus) out.number = -out.number;
        return at_ == end_ || (*at_ != '.' && *at_ != 'e' && *at_ != 'E');
    }

    bool read_array(json& out) {
        out = json::array();
        ++at_;
        if (take(']')) return true;
        do {
            out.items.emplace_back();
            if (!read(out.items.back())) return false;
        } while (take(','));
        return take(']');
    }

    bool read_object(json& out) {
        out = json::object();
        ++at_;
        if (take('}')) return true;
        do {
            skip();
            std::string name;
            if (at_ == end_ || *at_ != '"' || !read_string(name) || !take(':')) return false;
            if (out.has(name)) return false;
            out.members.emplace_back(std::move(name), json());
            if (!read(out.members.back().second)) return false;
        } while (take(','));
        return take('}');
    }

    bool hex(std::uint32_t& unit) {
        unit = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            if (at_ == end_) return false;
            const char c = *at_;
            const int digit = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                     : -1;
            if (digit < 0) return false;
            unit = unit * 16 + static_cast<std::uint32_t>(digit);
        }
        return true;
    }

    static void put(std::string& out, std::uint32_t point) {
        const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
        if (point < 0x80) return byte(point);
        if (point < 0x800) return byte(0xc0 | point >> 6), byte(0x80 | (point & 63));
        if (point < 0x10000) {
            byte(0xe0 | point >> 12);
        } else {
            byte(0xf0 | point >> 18);
            byte(0x80 | (point >> 12 & 63));
        }
        byte(0x80 | (point >> 6 & 63));
        byte(0x80 | (point & 63));
    }

    bool escape(std::string& out) {
        if (at_ == end_) return false;
        const char c = *at_++;
        static constexpr std::string_view plain = "\"\\/bfnrt";
        static constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
        if (const std::size_t which = plain.find(c); which != plain.npos) {
            out += meant[which];
            return true;
        }
        std::uint32_t unit = 0;
        if (c != 'u' || !hex(unit)) return false;
        if (unit >= 0xd800 && unit < 0xdc00) {
            std::uint32_t low = 0;
            if (!word("\\u") || !hex(low) || low < 0xdc00 || low > 0xdfff) return false;
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        }
        put(out, unit);
        return true;
    }

    bool read_string(std::string& out) {
        for (++at_; at_ != end_; ) {
            const char c = *at_++;
            if (c == '"') return true;
            if (static_cast<unsigned char>(c) < 0x20) return false;
            if (c != '\\') {
                out += c;
            } else if (!escape(out)) {
                return false;
            }
        }
        return false;
    }

    const char* at_;
    const char* end_;
};

inline bool parse_json(std::string_view text, json& out) {
    out = json();
    return json_parser(text).read_whole(out);
}

inline void write_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20) {
            out += "\\u00";
            out += "01"[byte >> 4];
            out += "0123456789abcdef"[byte & 15];
        } else {
            out += c;
        }
    }
    out += '"';
}

inline void write_json(std::string& out, const json& value) {
    bool first = true;
    switch (value.is) {
    case json::kind::null: out += "null"; break;
    case json::kind::boolean: out += value.number != 0 ? "true" : "false"; break;
    case json::kind::number: out += std::to_string(value.number); break;
    case json::kind::string: write_string(out, value.text); break;
    case json::kind::array:
        out += '[';
        for (const json& item : value.items) {
            if (!first) out += ',';
            first = false;
            write_json(out, item);
        }
        out += ']';
        break;
    case json::kind::object:
        out += '{';
        for (const auto& member : value.members) {
            if (!first) out += ',';
            first = false;
            write_string(out, member.first);
            out += ':';
            write_json(out, member.second);
        }
        out += '}';
        break;
    }
}

inline std::string to_text(const json& value) {
    std::string out;
    write_json(out, value);
    return out;
}

}  // namespace testing
