// Goal 9: what each thing costs in memory: differences of `footprint`, by the limits of
// `config::server()`. On 64 and on 32 bits.

#include "bench.hpp"
#include "model/page.hpp"

using namespace bench;

namespace {

constexpr bool wide = sizeof(void*) == 8;

chatroom::config base() {
    chatroom::config how = chatroom::config::server();
    how.limits.nick_bytes_max = 16;
    how.limits.room_name_bytes_max = 32;
    how.limits.sessions_max = 16384;
    how.limits.users_max = 16384;
    how.limits.sessions_per_user_max = 1;
    how.limits.rooms_max = 1;
    how.limits.members_max = 1;
    how.limits.identity_bytes_max = 0;
    how.limits.title_bytes_max = how.limits.topic_bytes_max = 0;
    how.limits.nonce_bytes_max = 0;
    how.limits.history_pages_max = 16384;
    how.limits.rooms_per_user_max = 256;
    return how;
}

double bytes_per(std::uint32_t chatroom::limits::* what, std::uint32_t from, std::uint32_t to,
                 chatroom::config how = base()) {
    how.limits.*what = from;
    const double before = static_cast<double>(chatroom::footprint(how));
    how.limits.*what = to;
    const double after = static_cast<double>(chatroom::footprint(how));
    must(before != 0 && after != 0, "the configuration is not valid");
    return (after - before) / (to - from);
}

// Rooms with as many memberships as make each of their lists begin.
double peopled_room() {
    chatroom::config how = base();
    how.limits.members_max = 1 << 20;
    return bytes_per(&chatroom::limits::rooms_max, 1, 16384, how);
}

// Messages of one author that a page holds, to bytes a message above its text.
double per_message(std::size_t text_bytes, bool nonce) {
    std::uint64_t posted = 0, pages = 0;
    adding_sink sink;
    chatroom::config how = party::sized(2, 8);
    how.limits.history_pages_max = 600;
    how.policies.room_messages_max = 1u << 30;
    how.policies.room_pages_max = 600;
    party people;
    people.open(how, hosted_with(chatroom::send_via(sink)), 1, chatroom::wire::typed);
    people.fill("lobby", 1);
    const std::string text(text_bytes, 'x');
    while (people.chat.stats().history_pages <= 500) {
        const std::string once = nonce ? std::to_string(1000000 + posted) : std::string();
        party::done(people.chat.submit(people.sessions[0],
            chatroom::post{"lobby", text, chatroom::message_kind::text, 0, once}));
        ++posted;
    }
    pages = people.chat.stats().history_pages - 1;
    const double index = bytes_per(&chatroom::limits::history_pages_max, 1000, 4000) - 4096;
    return static_cast<double>(pages) * (4096 + index) / static_cast<double>(posted - 1) -
           static_cast<double>(text_bytes);
}

}  // namespace

int main() {
    heading(wide ? "Memory on 64 bits: goal 9" : "Memory on 32 bits: goal 9");
    const double session = bytes_per(&chatroom::limits::sessions_max, 1000, 16384);
    const double user = bytes_per(&chatroom::limits::users_max, 1000, 16384);
    const double second =
        bytes_per(&chatroom::limits::sessions_per_user_max, 1, 2) / base().limits.users_max;
    const double member = bytes_per(&chatroom::limits::members_max, 65536, 262144);
    const double room = bytes_per(&chatroom::limits::rooms_max, 1000, 16384);
    line("a guest with a nick of 16 bytes, session apart", user, "bytes", 0, wide ? 160 : 64);
    line("a session that has not logged in", session, "bytes", 0, wide ? 256 : 64);
    line("a second session of each user: binding and resume token", second, "bytes", 0,
         wide ? 48 : 0);
    line("a membership, both directions and delivery", member, "bytes", 0, wide ? 24 : 0);
    line("an empty room with a name of 32 bytes", room, "bytes", 0, wide ? 256 : 96);
    line("its lists, with members and sessions of every codec", peopled_room() - room, "bytes", 0,
         0);
    line("a message of 64 bytes, above its text", per_message(64, false), "bytes", 0,
         wide ? 32 : 20);
    line("a message of 128 bytes, above its text", per_message(128, false), "bytes", 0,
         wide ? 32 : 20);
    line("a message of 64 bytes with a nonce of 7", per_message(64, true), "bytes", 0, 0);
    line("a message of 2 bytes, above its text", per_message(2, false), "bytes", 0, 0);
    const chatroom::config presets[] = {chatroom::config::firmware(), chatroom::config::game(),
                                        chatroom::config::server()};
    line("footprint(config::firmware())", static_cast<double>(chatroom::footprint(presets[0])),
         "bytes", 0, wide ? 0 : 12288);
    line("footprint(config::game())",
         static_cast<double>(chatroom::footprint(presets[1])) / (1 << 20), "MiB", 0, 8);
    line("footprint(config::server())",
         static_cast<double>(chatroom::footprint(presets[2])) / (1 << 20), "MiB", 0, 0);
}
