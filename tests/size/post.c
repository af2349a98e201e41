/* What a post to eight members costs a Cortex-M3 in instructions: run by QEMU with
 * `-icount shift=0`, where an instruction takes a nanosecond of the board's time. SysTick counts at
 * 25 MHz, so a tick is 40 instructions, and the mean of many posts is finer than that.
 */
#include "../../examples/firmware/startup.h"

#include "chatroom_c.h"

enum { MEMBERS = 8, POSTS = 200, INSTRUCTIONS_PER_TICK = 40, PERIOD = 0x1000000 };

static union {
    uint64_t aligned;
    uint8_t bytes[CHATROOM_FOOTPRINT(MEMBERS, MEMBERS, 4, 32, 128)];
} memory;

static volatile uint32_t* const systick = (volatile uint32_t*)0xe000e010;
static uint32_t delivered;

void on_systick(void) {}

static void on_send(chatroom_recipients* to, const chatroom_event* what, const char* frame,
                    size_t bytes, void* context) {
    chatroom_recipient each;
    (void)frame;
    (void)bytes;
    (void)context;
    if (what->type != CHATROOM_EVENT_MESSAGE) return;
    while (chatroom_recipients_next(to, &each)) ++delivered;
}

static int on_entropy(void* out, size_t bytes, void* context) {
    static uint8_t next;
    uint8_t* const at = out;
    size_t i;
    (void)context;
    for (i = 0; i < bytes; ++i) at[i] = ++next;
    return 1;
}

static void must(chatroom_error why) {
    if (why != CHATROOM_ERROR_NONE) leave(why);
}

static chatroom_engine* open_engine(void) {
    const chatroom_feature* const features[] = {
        chatroom_feature_guests(), chatroom_feature_rooms(), chatroom_feature_posts()};
    chatroom_registration parts = {0};
    chatroom_environment host = {0};
    chatroom_config how;
    chatroom_engine* chat;
    chatroom_config_sized(&how, MEMBERS, MEMBERS, 4, 32, 128);
    host.struct_size = sizeof host;
    host.memory_zeroed = 1;
    host.send = on_send;
    host.entropy = on_entropy;
    host.buffer = memory.bytes;
    host.buffer_bytes = sizeof memory.bytes;
    parts.struct_size = sizeof parts;
    parts.features = features;
    parts.feature_count = 3;
    must(chatroom_open_with(&how, &host, &parts, &chat));
    must(chatroom_tick(chat, 1700000000000u, 0));
    return chat;
}

static chatroom_session come(chatroom_engine* chat, char letter) {
    chatroom_peer who = {0};
    chatroom_guest_command guest = {0};
    chatroom_join_command join = {0};
    chatroom_session session;
    who.struct_size = sizeof who;
    who.wire = CHATROOM_WIRE_TYPED;
    guest.nick.data = &letter;
    guest.nick.size = 1;
    join.room = chatroom_text_of("lobby");
    must(chatroom_connect(chat, &who, &session));
    must(chatroom_guest(chat, session, &guest, NULL));
    must(chatroom_join(chat, session, &join, NULL));
    return session;
}

static void tell_number(uint32_t number) {
    char text[12];
    char* at = text + sizeof text;
    *--at = 0;
    do *--at = (char)('0' + number % 10); while ((number /= 10) != 0);
    tell(at);
}

void run(void) {
    chatroom_engine* const chat = open_engine();
    chatroom_post_command post = {0};
    chatroom_session author = 0;
    uint32_t i, began;
    for (i = 0; i < MEMBERS; ++i) author = come(chat, (char)('a' + i));
    post.room = chatroom_text_of("lobby");
    post.text = chatroom_text_of("a text of forty-two bytes, as people say it");
    systick[1] = PERIOD - 1;
    systick[2] = 0;
    systick[0] = 5;                  /* On, by the core's clock. */
    began = systick[2];
    for (i = 0; i < POSTS; ++i) must(chatroom_post(chat, author, &post, NULL));
    began = (began - systick[2]) % PERIOD;
    if (delivered != MEMBERS * POSTS) leave(98);
    tell("instructions of a post to 8 members: ");
    tell_number(began / POSTS * INSTRUCTIONS_PER_TICK);
    tell("\nbytes of stack: ");
    tell_number(stack_used());
    tell("\n");
    leave(0);
}
