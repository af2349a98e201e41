#define CHATROOM_IMPLEMENTATION          // in one file only
#include "chatroom.hpp"
#include <cstdio>

int main() {
    auto wire = [](chatroom::recipients to, std::string_view frame) {
        for (auto& session : to) {
            std::printf("to %u: %.*s\n", session.id, int(frame.size()), frame.data());
        }
    };
    chatroom::engine chat;
    if (auto why = chat.open({}, chatroom::send_via(wire)); why != chatroom::error::none) return 1;

    chat.tick(1'700'000'000'000);                              // the time: the engine has no clock
    auto alice = chat.connect().value;
    chat.receive(alice, R"({"op":"guest","nick":"alice"})");   // bytes, as they came from the wire
    chat.submit(alice, chatroom::join{"lobby"});               // or typed
    chat.submit(alice, chatroom::post{"lobby", "hello"});
}
