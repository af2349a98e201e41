#include "hub.h"

#include "chatroom_c.h"

#include <string.h>

enum {
    USERS = 8, SESSIONS = 8, ROOMS = 4, MESSAGES = 32, TEXT_BYTES = 128,
    INPUT_BYTES = 192,               /* The longest line that can be typed. */
    OUTPUT_BYTES = 640,              /* The longest frame and a little: it really fills. */
    XON = 0x11, XOFF = 0x13, EOT = 0x04, BACKSPACE = 0x08, DELETE = 0x7f
};

/* The engine lives in here, and nothing of it anywhere else. */
static union {
    uint64_t aligned;
    uint8_t bytes[CHATROOM_FOOTPRINT(USERS, SESSIONS, ROOMS, MESSAGES, TEXT_BYTES) -
                  CHATROOM_FOOTPRINT_RECORDS(ROOMS, TEXT_BYTES)];
} memory;

typedef struct line {
    chatroom_session session;        /* 0: nobody has called. */
    int stopped;                     /* By XOFF. */
    int paused;                      /* The engine holds back what does not fit in `output`. */
    int full;                        /* `input` is a line that the engine has not taken yet. */
    uint16_t input_bytes;
    uint16_t output_at, output_bytes;   /* Where the oldest byte is; how many there are. */
    uint8_t input[INPUT_BYTES];
    uint8_t output[OUTPUT_BYTES];
} line;

static line lines[HUB_LINES];
static chatroom_engine* chat;
static hub_board board;

/* ---- Output: a ring for each line. */

static size_t room_in(const line* to) { return OUTPUT_BYTES - to->output_bytes; }

static void put(line* to, const char* bytes, size_t count) {
    size_t i;
    for (i = 0; i < count; ++i) {
        to->output[(to->output_at + to->output_bytes++) % OUTPUT_BYTES] = (uint8_t)bytes[i];
    }
}

/* To the operator. What does not fit is lost: it is not the chat. */
static void say(const char* words) {
    line* const console = &lines[HUB_CONSOLE];
    const size_t count = strlen(words);
    if (count + 1 > room_in(console)) return;
    put(console, words, count);
    put(console, "\n", 1);
}

/* The engine's `send`: a frame fits a line's ring as a whole, or that session waits for it. */
static void on_send(chatroom_recipients* to, const chatroom_event* what, const char* frame,
                    size_t bytes, void* context) {
    chatroom_recipient each;
    (void)what;
    (void)context;
    while (chatroom_recipients_next(to, &each)) {
        line* const its = &lines[each.tag];
        if (bytes <= room_in(its)) {
            put(its, frame, bytes);
        } else {
            its->paused = 1;
            chatroom_pause(chat, each.session);
        }
    }
}

int hub_give(int number) {
    line* const from = &lines[number];
    uint8_t byte;
    if (from->output_bytes == 0 || from->stopped) return -1;
    byte = from->output[from->output_at];
    from->output_at = (uint16_t)((from->output_at + 1) % OUTPUT_BYTES);
    if (--from->output_bytes == 0 && from->paused) {
        from->paused = 0;
        chatroom_unpause(chat, from->session);
    }
    return byte;
}

/* ---- The operator. */

static int is_word(const char** at, const char* word) {
    const size_t count = strlen(word);
    if (strncmp(*at, word, count) != 0 || ((*at)[count] != ' ' && (*at)[count] != 0)) return 0;
    *at += count + ((*at)[count] == ' ');
    return 1;
}

static chatroom_user find_user(chatroom_text room, chatroom_text nick) {
    chatroom_members_command which = {0};
    const chatroom_members_page_event* page;
    chatroom_member_item one;        /* By one, as the stack is small. */
    which.room = room;
    do {
        if (chatroom_members(chat, CHATROOM_HOST, 0, &which, &one, 1, &page) != 0) return 0;
        if (page->members.size == 1 && one.nick.size == nick.size &&
            memcmp(one.nick.data, nick.data, nick.size) == 0) {
            return one.user;
        }
        which.after = page->next;
    } while (!page->complete);
    return 0;
}

/* remove ROOM NICK: takes somebody out of a room, on the host's behalf. */
static chatroom_error take_out(const char* words) {
    const char* const space = strchr(words, ' ');
    chatroom_leave_command what = {0};
    chatroom_command command = {0};
    chatroom_user user;
    if (!space) return CHATROOM_ERROR_INVALID_ARGUMENT;
    what.room.data = words;
    what.room.size = (size_t)(space - words);
    user = find_user(what.room, chatroom_text_of(space + 1));
    if (user == 0) return CHATROOM_ERROR_USER_UNKNOWN;
    command.type = CHATROOM_COMMAND_LEAVE;
    command.bytes = sizeof what;
    command.body = &what;
    return chatroom_submit(chat, CHATROOM_HOST, user, &command, NULL);
}

static void say_number(const char* words, size_t number) {
    char text[64];
    char* at = text + sizeof text;
    size_t count = strlen(words);
    *--at = 0;
    do *--at = (char)('0' + number % 10); while ((number /= 10) != 0);
    memcpy(at -= count, words, count);
    say(at);
}

/* memory: where the RAM goes, in bytes. Not inlined, so that nothing else has its stack. */
__attribute__((noinline)) static void tell_memory(void) {
    chatroom_statistics now;
    say_number("engine ", sizeof memory.bytes);
    say_number("  of it each user ", CHATROOM_BYTES_USER);
    say_number("  of it each session ", CHATROOM_BYTES_SESSION);
    say_number("  of it each room ", CHATROOM_BYTES_ROOM + CHATROOM_BYTES_EDGE);
    say_number("  of it each membership ", CHATROOM_BYTES_MEMBERSHIP);
    say_number("lines ", sizeof lines);
    say_number("stack at its deepest ", board.stack_used());
    chatroom_stats(chat, &now, sizeof now);
    say_number("messages posted ", (size_t)now.messages_posted);
}

static void operate(const char* words) {
    if (is_word(&words, "remove")) {
        say(chatroom_error_name(take_out(words)));
    } else if (is_word(&words, "memory")) {
        tell_memory();
    } else if (is_word(&words, "leave")) {
        board.leave(*words == '0' ? 0 : 1);
    } else {
        say("remove ROOM NICK: takes somebody out of a room; memory: where it goes; "
            "leave N: ends the hub");
    }
}

/* ---- Input: bytes become lines, and lines go to the engine. */

static void offer(int number) {
    line* const from = &lines[number];
    if (number == HUB_CONSOLE) {
        from->input[from->input_bytes] = 0;
        operate((const char*)from->input);
    } else if (chatroom_receive(chat, from->session, from->input, from->input_bytes) ==
               CHATROOM_ERROR_PAUSED) {
        return;
    }
    from->full = 0;
    from->input_bytes = 0;
}

static void call(int number) {
    chatroom_peer who = {0};
    who.struct_size = sizeof who;
    who.wire = CHATROOM_WIRE_LINES;
    who.tag = (uint64_t)number;
    chatroom_connect(chat, &who, &lines[number].session);
}

static void hang_up(line* of) {
    chatroom_disconnect(chat, of->session);
    of->session = 0;
    of->input_bytes = of->output_bytes = 0;
    of->full = of->paused = of->stopped = 0;
}

int hub_take(int number, uint8_t byte) {
    line* const to = &lines[number];
    if (byte == XOFF || byte == XON) {
        to->stopped = byte == XOFF;
        return 1;
    }
    if (to->full) offer(number);
    if (byte == EOT) {
        hang_up(to);
        return 1;
    }
    if (to->full) return 0;
    if (to->session == 0 && number != HUB_CONSOLE) call(number);
    if (byte == '\n') {
        to->full = 1;
        offer(number);
    } else if (byte == BACKSPACE || byte == DELETE) {
        if (to->input_bytes > 0) --to->input_bytes;
    } else if (byte != '\r' && to->input_bytes < INPUT_BYTES - 1) {
        to->input[to->input_bytes++] = byte;   /* What is too long loses its end. */
    }
    return 1;
}

void hub_elapse(uint32_t ms) {
    int i;
    chatroom_advance(chat, ms);
    for (i = 0; i < HUB_LINES; ++i) {
        if (lines[i].full) offer(i);
    }
}

/* ---- The engine, made of what a hub needs: no JSON, no log, names in ASCII. */

int hub_open(const hub_board* of) {
    chatroom_config how;
    chatroom_environment host = {0};
    chatroom_registration parts = {0};
    const chatroom_feature* const features[] = {
        chatroom_feature_guests(), chatroom_feature_rooms(), chatroom_feature_posts()};
    const chatroom_codec* const codecs[] = {chatroom_codec_lines()};
    chatroom_error why;
    board = *of;
    chatroom_config_sized(&how, USERS, SESSIONS, ROOMS, MESSAGES, TEXT_BYTES);
    host.struct_size = sizeof host;
    host.memory_zeroed = 1;
    host.send = on_send;
    host.entropy = of->entropy;
    host.buffer = memory.bytes;
    host.buffer_bytes = sizeof memory.bytes;
    parts.struct_size = sizeof parts;
    parts.features = features;
    parts.feature_count = sizeof features / sizeof *features;
    parts.codecs = codecs;
    parts.codec_count = sizeof codecs / sizeof *codecs;
    why = chatroom_open_with(&how, &host, &parts, &chat);
    if (why != CHATROOM_ERROR_NONE) return why;
    chatroom_advance(chat, 1);       /* There is no calendar here: time begins with the hub. */
    say("hub ready");
    return 0;
}
