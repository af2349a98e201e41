// Goal 6: reading and writing JSON frames, against PASS of the same bytes and snprintf of the same
// event.

#include "bench.hpp"
#include "edge/codec.hpp"

using namespace bench;
using namespace chatroom::detail;

namespace {

const feature* const features[] = {&chatroom::features::guests(), &chatroom::features::rooms(),
                                   &chatroom::features::posts(), &chatroom::features::settings()};

dispatch everything() {
    dispatch known;
    known.server = &server_feature();
    known.features = {features, 4};
    return known;
}

void decode(const char* what, std::string_view frame, double goal) {
    static const dispatch known = everything();
    static char memory[16384];
    const pass copy;
    char out[512];
    series t;
    const auto reference = t.add(1, [&] { copy(frame, out); });
    const auto read = t.add(1, [&] {
        scratch more{memory, sizeof memory, 0};
        decoded got;
        fault why;
        must(chatroom::codecs::json().decode(known, frame, more, got, why) ==
                 chatroom::error::none, "the frame does not read");
        keep(got.body);
    });
    t.measure();
    line(std::string("decode, ") + what + ", " + std::to_string(frame.size()) + " bytes",
         t.ns(read), "ns", t.ratio(read, reference), goal);
}

void encode() {
    chatroom::message said;
    said.room = "lobby";
    said.number = 123456;
    said.time = 1700000000123u;
    said.user = 4711;
    said.nick = "alice";
    said.text = text_64;
    chatroom::message escaped = said;
    escaped.text = "the \"quick\" brown\tfox\\jumps over the lazy dog,\nand then \"once\"!";
    const chatroom::event what(said), hard(escaped);
    char out[1024];
    char number[512];
    series t;
    const auto reference = t.add(1, [&] {
        keep(std::snprintf(number, sizeof number,
            "{\"op\":\"message\",\"room\":\"%.*s\",\"number\":%llu,\"time\":%llu,\"user\":%llu,"
            "\"nick\":\"%.*s\",\"text\":\"%.*s\"}", int(said.room.size()), said.room.data(),
            static_cast<unsigned long long>(said.number),
            static_cast<unsigned long long>(said.time),
            static_cast<unsigned long long>(said.user), int(said.nick.size()), said.nick.data(),
            int(said.text.size()), said.text.data()));
        keep(number[0]);
    });
    const auto plain = t.add(1, [&] {
        keep(chatroom::codecs::json().encode(what, out, sizeof out));
    });
    const auto with_escapes = t.add(1, [&] {
        keep(chatroom::codecs::json().encode(hard, out, sizeof out));
    });
    const auto binary = t.add(1, [&] {
        keep(chatroom::codecs::binary().encode(what, out, sizeof out));
    });
    t.measure();
    line("snprintf, without escaping", t.ns(reference), "ns", 0, 0);
    const std::size_t size = chatroom::codecs::json().encode(what, out, sizeof out);
    line("encode message, " + std::to_string(size) + " bytes", t.ns(plain), "ns",
         t.ratio(plain, reference), 0.5);
    line("encode message with escapes", t.ns(with_escapes), "ns",
         t.ratio(with_escapes, reference), 0);
    line("encode message, binary", t.ns(binary), "ns", t.ratio(binary, reference), 0);
}

}  // namespace

int main() {
    heading("JSON: goal 6; decoding to PASS of the frame, encoding to snprintf");
    decode("plain text",
           R"({"op":"post","room":"lobby","text":"the quick brown fox jumps over the lazy dog, )"
           R"(and then once more"})", 1.5);
    decode("with escapes",
           R"({"op":"post","room":"lobby","text":"the \"quick\" brown\tfox\\jumps \u00e9 over )"
           R"(the\nlazy \"dog\" once"})", 2.9);
    decode("Chinese", "{\"op\":\"post\",\"room\":\"lobby\",\"text\":\""
           "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u4eca\u5929\u5929\u6c14\u5f88\u597d\uff0c\u6211"
           "\u4eec\u53bb\u516c\u56ed\u73a9\u5427\"}", 0);
    decode("short", R"({"op":"post","room":"r","text":"hi"})", 0);
    encode();
}
