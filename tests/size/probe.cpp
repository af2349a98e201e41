// A chat on a microcontroller: what the size test builds and, under an emulator, runs.
//
// PROBE_BARE      nothing at all: what the start-up code alone takes
// PROBE_JSON      with the JSON codec
// PROBE_SERVICE   with the log, commit, recover, snapshots and reads
//
// It needs no start-up code of the board: under `qemu-arm` its system calls print one line,
// "<footprint> <bytes of stack> <frames> <bytes sent>"; on a board they would be traps.

#include "engine.hpp"

namespace {

// Linux, ARM EABI: number in r7.
int system_call(int number, int a, const void* b, unsigned c) {
#ifdef __arm__
    register int r7 __asm__("r7") = number;
    register int r0 __asm__("r0") = a;
    register const void* r1 __asm__("r1") = b;
    register unsigned r2 __asm__("r2") = c;
    __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
    return r0;
#else
    return number + a + static_cast<int>(c) + (b != nullptr);
#endif
}

constexpr int exit_number = 1;
constexpr int write_number = 4;

[[noreturn]] void leave(int status) {
    for (;;) system_call(exit_number, status, nullptr, 0);
}

}  // namespace

#ifndef PROBE_BARE

namespace {

alignas(64) unsigned char block[32768];
volatile unsigned frames;
volatile unsigned bytes_sent;

void on_send(const chatroom::recipients& to, const chatroom::event& what, std::string_view frame,
             void*) {
    for (const chatroom::recipient& each : to) {
        frames = frames + (each.id != 0 && what.body != nullptr);
        bytes_sent = bytes_sent + static_cast<unsigned>(frame.size());
    }
}

bool on_entropy(void* out, std::size_t bytes, void*) {
    static unsigned char next;   // A board has better.
    for (std::size_t i = 0; i < bytes; ++i) static_cast<unsigned char*>(out)[i] = ++next;
    return true;
}

// How deep the stack was: all below it is painted before and looked at after.
constexpr unsigned stack_painted = 16384;
constexpr unsigned stack_spared = 256;   // The frame of whoever paints.
constexpr unsigned char paint = 0xa5;

[[gnu::noinline]] volatile unsigned char* stack_here() {
    return static_cast<volatile unsigned char*>(__builtin_frame_address(0));
}

void paint_stack(volatile unsigned char* top) {
    for (unsigned i = stack_spared; i < stack_painted; ++i) *(top - i) = paint;
}

unsigned stack_used(volatile unsigned char* top) {
    unsigned depth = stack_painted;
    while (depth > stack_spared && *(top - (depth - 1)) == paint) --depth;
    return depth;
}

void print(unsigned number, char end) {
    char digits[12];
    char* at = digits + sizeof digits;
    *--at = end;
    do *--at = static_cast<char>('0' + number % 10); while ((number /= 10) != 0);
    system_call(write_number, 1, at, static_cast<unsigned>(digits + sizeof digits - at));
}

#ifdef PROBE_SERVICE
chatroom::stored on_log(std::string_view record, std::uint64_t, void*) {
    bytes_sent = bytes_sent + static_cast<unsigned>(record.size());
    return chatroom::stored::yes;
}

char image[4096];

void serve(chatroom::engine& chat) {
    chatroom::room_item rooms[2];
    chatroom::member_item members[2];
    const auto size = chat.snapshot(image, sizeof image);
    if (chat.rooms(chatroom::host, {}, rooms, 2).why != chatroom::error::none) leave(20);
    if (chat.members(chatroom::host, {"lobby"}, members, 2).why != chatroom::error::none) leave(21);
    if (size.why != chatroom::error::none || chat.digest().why != chatroom::error::none) leave(22);
    if (chat.recover({image, 4}).why == chatroom::error::none) leave(23);
    if (chat.commit({image, 4}) == chatroom::error::none) leave(24);
    if (chat.restore({image, size.value}) == chatroom::error::none) leave(25);
    frames = frames + (chat.abandon(1) != chatroom::error::none);
}
#endif

// Every call by which a program takes part, and no other.
void talk(chatroom::engine& chat) {
    chatroom::peer typed;
    typed.wire = chatroom::wire::typed;
    const chatroom::session_id alice = chat.connect(typed).value;
    if (chat.submit(alice, chatroom::guest{"alice"}).why != chatroom::error::none) leave(10);
    if (chat.submit(alice, chatroom::join{"lobby"}).why != chatroom::error::none) leave(11);
#ifdef PROBE_JSON
    const chatroom::session_id bob = chat.connect().value;
    chat.receive(bob, "{\"op\":\"guest\",\"nick\":\"bob\"}");
    chat.receive(bob, "{\"op\":\"join\",\"room\":\"lobby\"}");
    chat.receive(bob, "{\"op\":\"post\",\"room\":\"lobby\",\"text\":\"hello\"}");
#endif
    const auto posted = chat.submit(alice, chatroom::post{"lobby", "hello"});
    if (posted.why != chatroom::error::none) leave(12);
    chatroom::message page[4];
    if (chat.history(alice, {"lobby"}, page, 4).why != chatroom::error::none) leave(13);
    if (chat.pause(alice) != chatroom::error::none) leave(14);
    if (chat.unpause(alice) != chatroom::error::none) leave(15);
#ifdef PROBE_SERVICE
    serve(chat);
#endif
    if (chat.tick(1700000000100u + chat.next_tick() % 2) != chatroom::error::none) leave(16);
    if (chat.disconnect(alice) != chatroom::error::none) leave(17);
}

}  // namespace

#endif

extern "C" [[noreturn]] void _start() {
#ifndef PROBE_BARE
    constexpr chatroom::config how = chatroom::config::firmware();
    static const chatroom::feature* features[3];
    features[0] = &chatroom::features::guests();
    features[1] = &chatroom::features::rooms();
    features[2] = &chatroom::features::posts();
    chatroom::environment from_host;
    from_host.send.fn = on_send;
    from_host.entropy.fn = on_entropy;
    from_host.memory.buffer = block;
    from_host.memory.buffer_bytes = sizeof block;
    from_host.memory.zeroed = true;
    chatroom::registration parts;
    parts.features = {features, 3};
    parts.names = &chatroom::names::ascii();
#ifdef PROBE_JSON
    static const chatroom::codec* codecs[1];
    codecs[0] = &chatroom::codecs::json();
    parts.codecs = {codecs, 1};
#endif
#ifdef PROBE_SERVICE
    from_host.log.fn = on_log;
    parts.records = &chatroom::parts::records();
#endif
    volatile unsigned char* const top = stack_here();
    paint_stack(top);
    chatroom::engine chat;
    if (chat.open_with(how, from_host, parts) != chatroom::error::none) leave(2);
    if (chat.tick(1700000000000u) != chatroom::error::none) leave(3);
    talk(chat);
    chat.close();
    const unsigned stack = stack_used(top);
    print(static_cast<unsigned>(chatroom::footprint(how, parts)), ' ');
    print(stack, ' ');
    print(frames, ' ');
    print(bytes_sent, '\n');
#endif
    leave(0);
}
