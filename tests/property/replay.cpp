// A fixed scenario of some 20,000 commands, by sessions of every codec and by the host, with
// pauses, lost connections and resumes. Prints fingerprints of the state, of all that was sent and
// of the log: the same lines on every compiler, word size and byte order (tests/checks/
// portability.py). Recovering the log, and a snapshot, must lead to the same state.

#include <cinttypes>
#include <cstdio>
#include <string>
#include <vector>

#include "../support/log_host.hpp"
#include "base/crypto.hpp"
#include "edge/record.hpp"

using namespace chatroom;
using logs::dice;

namespace {

struct sum {
    std::uint32_t crc = 0;
    std::uint64_t parts = 0, bytes = 0;

    void add(std::string_view what) {
        crc = detail::crc32c(crc, what.data(), what.size());
        ++parts;
        bytes += what.size();
    }
};

const detail::described& shape_of(event_type type) { return *detail::describe(type); }

const detail::described* shape_of(command_type type) {
    for (const detail::described* const* at = detail::all_commands(); *at != nullptr; ++at) {
        if ((*at)->type == static_cast<std::uint16_t>(type)) return *at;
    }
    return nullptr;
}

struct client {
    session_id session{};
    wire codec = wire::json;
    bool login = false;       // By the host: an identity.
    bool lost = false;        // It was told to log in.
    std::string token;
    std::uint64_t refs = 0;
};

struct scenario {
    dice random{2024};
    dice entropy{7};
    engine chat;
    sum sent, logged, read;
    std::string log;
    std::vector<client> clients;
    std::uint64_t now = logs::start_ms;
    std::uint64_t commands = 0;
    std::uint64_t by_error[100] = {};

    static void deliver(const recipients& to, const event& what, std::string_view frame,
                        void* context) {
        scenario& all = *static_cast<scenario*>(context);
        all.sent.add(frame);
        char body[16384];
        detail::byte_writer out{body, sizeof body};
        out.number(static_cast<std::uint64_t>(what.type));
        detail::encode_members(out, shape_of(what.type), what.body);
        all.sent.add({body, out.size});
        for (const recipient& one : to) {
            char line[32];
            const int size =
                std::snprintf(line, sizeof line, "%" PRIu32 " %" PRIu64, one.id, one.tag);
            all.sent.add({line, static_cast<std::size_t>(size)});
            if (const ok* done = what.as<ok>()) {
                if (!done->token.empty()) all.clients[one.tag].token = std::string(done->token);
            }
            const failure* refused = what.as<failure>();
            if (refused != nullptr && refused->error == error::login_required) {
                all.clients[one.tag].lost = true;
            }
            if (refused != nullptr && refused->error == error::token_invalid) {
                all.clients[one.tag].token.clear();
                all.clients[one.tag].lost = true;
            }
            const std::uint32_t luck = all.random.below(400);
            if (luck < 3) all.chat.pause(one.id);
            if (luck == 3) all.chat.disconnect(one.id);
            if (luck == 4) (void)all.chat.submit(chatroom::host, post{"room1", "from inside"});
            if (luck == 5) (void)all.chat.receive(one.id, "{\"op\":\"ping\"}");
        }
    }

    static stored write(std::string_view record, std::uint64_t, void* context) {
        scenario& all = *static_cast<scenario*>(context);
        if (all.random.below(200) == 0) return stored::no;
        all.logged.add(record);
        all.log += record;
        return stored::yes;
    }

    static void see(const observation& seen, void* context) {
        ++static_cast<scenario*>(context)->by_error[static_cast<std::size_t>(seen.why)];
    }

    config how() const {
        config c;
        c.limits.sessions_max = 48;
        c.limits.users_max = 40;
        c.limits.rooms_max = 10;
        c.limits.members_max = 200;
        c.limits.rooms_per_user_max = 6;
        c.limits.history_pages_max = 40;
        c.limits.page_bytes = 1024;
        c.limits.message_bytes_max = 300;
        c.limits.queue_bytes = 2048;
        c.policies.room_messages_max = 120;
        c.policies.room_pages_max = 12;
        c.policies.resume_window_ms = 6000;
        c.policies.effects_per_record_max = 6;
        c.policies.presence_members_max = 8;
        c.budgets.deliveries_per_call = 40;
        return c;
    }

    bool open() {
        environment all = hosted();
        all.send = {deliver, this};
        all.log = {write, this};
        all.observe = {see, this};
        all.entropy = {logs::roll, &entropy};
        clients.resize(40);
        for (std::size_t i = 0; i < clients.size(); ++i) {
            clients[i].codec = static_cast<wire>(i % 4);
            clients[i].login = i % 5 == 0;
        }
        return chat.open(how(), all) == error::none && chat.tick(now) == error::none;
    }

    std::string text() {
        static const char* const words[] = {"hello", "naïve", "日本語", "\"quoted\"", "back\\slash",
                                            "smile 😀", "tab", "long long long long long words"};
        std::string out = words[random.below(8)];
        for (std::uint32_t n = random.below(6); n != 0; --n) {
            out += " " + std::string(words[random.below(8)]);
        }
        return out;
    }
    std::string nick() {
        static const char* const names[] = {"Alice", "bob", "Ünal", "Иван",
                                            "李",    "eve", "Zoë",  "mallory"};
        const char* const name = names[random.below(8)];   // One draw a statement: the order
        return name + std::to_string(random.below(12));    // within one is the compiler's.
    }
    std::string room() { return "room" + std::to_string(random.below(9)); }

    // Sends a command as the session's codec has it; typed sessions submit it.
    template <typename T>
    void send(client& c, const T& body, const std::string& json, const std::string& line) {
        ++commands;
        const std::uint64_t ref = ++c.refs;
        std::string frame;
        switch (c.codec) {
        case wire::json: frame = "{\"op\":" + json + ",\"ref\":" + std::to_string(ref) + "}"; break;
        case wire::lines: frame = line; break;
        case wire::binary: {
            char bytes[2048];
            detail::byte_writer out{bytes, sizeof bytes};
            out.number(static_cast<std::uint64_t>(T::type));
            out.number(ref);
            detail::encode_members(out, *shape_of(T::type), &body);
            frame.assign(bytes, out.size);
            break;
        }
        case wire::typed: {
            const auto done = chat.submit(c.session, body);
            char result[96];
            const int size =
                std::snprintf(result, sizeof result, "%d %" PRIu64 " %s", int(done.why),
                              done.value.number, done.value.token);
            sent.add({result, static_cast<std::size_t>(size)});
            if (done.value.token[0] != 0) c.token = done.value.token;
            if (done.why == error::token_invalid) c.token.clear();
            c.lost = c.lost || done.why == error::login_required ||
                     done.why == error::token_invalid;
            return;
        }
        }
        (void)chat.receive(c.session, frame);
    }

    static std::string quoted(const std::string& raw) {
        std::string out = "\"";
        for (char byte : raw) {
            if (byte == '"' || byte == '\\') out += '\\';
            out += byte;
        }
        return out + "\"";
    }

    void come(client& c) {
        peer who;
        who.tag = static_cast<std::uint64_t>(&c - clients.data());
        who.wire = c.codec;
        if (random.below(4) == 0) who.frame_bytes_max = 2048;
        const std::string identity = "id" + std::to_string(who.tag);
        const std::string name = nick();
        if (c.login) {
            who.user = identity;
            who.nick = name;
        }
        const auto made = chat.connect(who);
        c.session = made.why == error::none ? made.value : session_id{};
        if (c.session != 0 && !c.login) log_in(c);
    }

    void log_in(client& c) {
        c.lost = false;
        const std::string name = nick();
        if (c.token.empty() || random.below(8) == 0) {
            send(c, guest{name}, "\"guest\",\"nick\":" + quoted(name), "/guest " + name);
            return;
        }
        const std::string token = c.token;
        const cursor from[1] = {{"room1", random.below(50), 0}};
        resume again;
        again.token = token;
        again.cursors = {from, 1};
        send(c, again,
             "\"resume\",\"token\":\"" + token + "\",\"cursors\":[{\"room\":\"room1\",\"after\":" +
                 std::to_string(from[0].after) + "}]",
             "/resume " + token);
    }

    void say(client& c) {
        const std::string in = room(), what = text();
        const bool plain = random.below(2) == 0;
        const std::string nonce = plain ? "" : "n" + std::to_string(random.below(40));
        post p;
        p.room = in;
        p.text = what;
        p.nonce = nonce;
        p.kind = random.below(9) == 0 ? message_kind::emote : message_kind::text;
        p.reply_to = random.below(12) == 0 ? random.below(30) : 0;
        std::string json = "\"post\",\"room\":\"" + in + "\",\"text\":" + quoted(what);
        if (p.kind == message_kind::emote) json += ",\"kind\":\"emote\"";
        if (p.reply_to != 0) json += ",\"reply_to\":" + std::to_string(p.reply_to);
        if (!nonce.empty()) json += ",\"nonce\":\"" + nonce + "\"";
        send(c, p, json, random.below(2) == 0 ? what : "/post " + in + " " + what);
    }

    void act(client& c) {
        if (c.session == 0) return come(c);
        if (c.lost) return log_in(c);
        const std::uint32_t luck = random.below(100);
        const std::string in = room(), name = nick();
        if (luck < 40) {
            say(c);
        } else if (luck < 58) {
            join j;
            j.room = in;
            j.history = random.below(3) == 0 ? random.below(20) : 0;
            send(c, j,
                 "\"join\",\"room\":\"" + in + "\",\"history\":" + std::to_string(j.history),
                 "/join " + in);
        } else if (luck < 63) {
            send(c, leave{in}, "\"leave\",\"room\":\"" + in + "\"", "/leave " + in);
        } else if (luck < 67) {
            send(c, chatroom::nick{name}, "\"nick\",\"nick\":" + quoted(name), "/nick " + name);
        } else if (luck < 70) {
            const std::string topic = text();
            send(c, set{in, room_property::topic, topic},
                 "\"set\",\"room\":\"" + in + "\",\"property\":\"topic\",\"value\":" +
                     quoted(topic),
                 "/set " + in + " topic " + topic);
        } else if (luck < 72) {
            send(c, create{in}, "\"create\",\"room\":\"" + in + "\"", "/create " + in);
        } else if (luck < 74) {
            send(c, token{}, "\"token\"", "/token");
        } else if (luck < 75) {
            send(c, logout{}, "\"logout\"", "/logout");
        } else if (luck < 78) {
            ask(c, in);
        } else if (luck < 82) {
            chat.disconnect(c.session);
            c.session = session_id{};
        } else if (luck < 84) {
            chat.pause(c.session);
        } else {
            if (chat.unpause(c.session) == error::session_unknown) c.session = session_id{};
        }
    }

    // Reads have no typed form by `submit`.
    void ask(client& c, const std::string& in) {
        if (c.codec == wire::typed) return;
        switch (random.below(4)) {
        case 0: send(c, ping{}, "\"ping\"", "/ping"); break;
        case 1: send(c, rooms{}, "\"rooms\"", "/rooms"); break;
        case 2:
            send(c, members{in}, "\"members\",\"room\":\"" + in + "\"", "/members " + in);
            break;
        default:
            send(c, history{in}, "\"history\",\"room\":\"" + in + "\"", "/history " + in);
        }
    }

    void host_acts() {
        ++commands;
        const std::string in = room(), what = text();
        const std::uint32_t luck = random.below(100);
        const user_id user{1 + random.below(60)};
        const auto submit = [&](const command& of, user_id on_behalf = {}) {
            (void)chat.submit(chatroom::host, of, on_behalf);
        };
        if (luck < 40) submit(post{in, what});
        else if (luck < 55) submit(join{in}, user);
        else if (luck < 70) submit(leave{in}, user);
        else if (luck < 80) submit(create{in, "a title", what});
        else if (luck < 90) submit(destroy{in});
        else if (luck < 95) submit(set{in, room_property::capacity, "5"});
        else submit(configure{"room_capacity", 4 + random.below(30)});
    }

    void look() {
        static message page[64];
        const auto found = chat.history(chatroom::host, history{room()}, page, 64);
        for (const message& m : found.value.messages) {
            read.add(m.text);
            read.add(m.nick);
        }
    }

    void play() {
        while (commands < 20000) {
            act(clients[random.below(static_cast<std::uint32_t>(clients.size()))]);
            if (random.below(20) == 0) host_acts();
            if (random.below(200) == 0) look();
            if (random.below(6) == 0) (void)chat.tick(now += random.below(300));
        }
    }
};

std::string print_of(engine& chat) { return logs::hex(chat.digest().value); }

// A fresh engine that sends nothing, on another node.
bool open_replica(engine& chat, config how) {
    environment all = hosted();
    all.send.fn = [](const recipients&, const event&, std::string_view, void*) {};
    how.node = 2;
    return chat.open(how, all) == error::none;
}

}  // namespace

int main() {
    static scenario all;
    if (!all.open()) return 1;
    all.play();
    const std::string digest = print_of(all.chat);
    std::printf("state     %s\n", digest.c_str());
    std::printf("sent      %08" PRIx32 " %" PRIu64 " parts, %" PRIu64 " bytes\n", all.sent.crc,
                all.sent.parts, all.sent.bytes);
    std::printf("log       %08" PRIx32 " %" PRIu64 " records, %" PRIu64 " bytes\n", all.logged.crc,
                all.logged.parts, all.logged.bytes);
    std::printf("read      %08" PRIx32 " %" PRIu64 " texts\n", all.read.crc, all.read.parts);
    for (std::size_t i = 0; i < 100; ++i) {
        if (all.by_error[i] == 0) continue;
        std::printf("outcome   %s %" PRIu64 "\n", error_name(static_cast<error>(i)),
                    all.by_error[i]);
    }
    const statistics stats = all.chat.stats();
    std::printf("stats     accepted %" PRIu64 " refused %" PRIu64 " sends %" PRIu64
                " deliveries %" PRIu64 " caught up %" PRIu64 " gaps %" PRIu64 " evicted %" PRIu64
                "\n", stats.commands_accepted, stats.commands_refused, stats.sends,
                stats.deliveries, stats.deliveries_caught_up, stats.gaps, stats.messages_evicted);

    static engine recovered, restored;
    if (!open_replica(recovered, all.how()) || !open_replica(restored, all.how())) return 1;
    const auto done = recovered.recover(all.log);
    std::printf("recovered %s %" PRIu64 " records\n", print_of(recovered).c_str(),
                done.value.records);
    std::string bytes(all.chat.snapshot(nullptr, 0).value, '\0');
    (void)all.chat.snapshot(&bytes[0], bytes.size());
    sum snapshot;
    snapshot.add(bytes);
    std::printf("snapshot  %08" PRIx32 " %" PRIu64 " bytes\n", snapshot.crc, snapshot.bytes);
    const bool taken = restored.restore(bytes) == error::none;
    std::printf("restored  %s\n", print_of(restored).c_str());
    const bool alike = done.why == error::none && taken && print_of(recovered) == digest &&
                       print_of(restored) == digest;
    std::puts(alike ? "alike" : "NOT ALIKE");
    return alike ? 0 : 1;
}
