/* What the tests of the C contract share: C99 and C++, without a framework. */
#ifndef CONTRACT_H
#define CONTRACT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chatroom_c.h"

static int contract_failed = 0;
static int contract_checked = 0;

static void contract_expect(int holds, const char* what, const char* file, int line) {
    ++contract_checked;
    if (holds) return;
    ++contract_failed;
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
}

#define EXPECT(holds) contract_expect((holds) ? 1 : 0, #holds, __FILE__, __LINE__)

/* An error, told by its name when it is another one. */
static void contract_answer(chatroom_error wanted, chatroom_error got, const char* what,
                            const char* file, int line) {
    ++contract_checked;
    if (wanted == got) return;
    ++contract_failed;
    fprintf(stderr, "%s:%d: %s answers %s, not %s\n", file, line, what, chatroom_error_name(got),
            chatroom_error_name(wanted));
}

#define ANSWERS(wanted, call) \
    contract_answer(CHATROOM_ERROR_##wanted, (call), #call, __FILE__, __LINE__)

/* The end of every test program. */
static int contract_result(void) {
    printf("%d checks, %d failed\n", contract_checked, contract_failed);
    return contract_failed != 0 || contract_checked == 0;
}

static int is_text(chatroom_text text, const char* wanted) {
    return text.size == strlen(wanted) && (text.size == 0 ||
                                           memcmp(text.data, wanted, text.size) == 0);
}

/* What one session was told. */
enum { told_max = 64, told_frame_max = 2048 };
typedef struct told {
    chatroom_session session;
    uint64_t tag;
    uint16_t type;
    uint16_t must_arrive;
    chatroom_message_event message;      /* Its texts point into `text` and `room`. */
    chatroom_failure_event failure;
    char room[64];
    char text[256];
    char frame[told_frame_max];
    size_t frame_bytes;
} told;

/* A host that writes down what it is told, with entropy that is the same every time. */
typedef struct host host;
struct host {
    chatroom_engine* chat;
    told events[told_max];
    size_t count;
    unsigned char random;
    int entropy_fails;
    void (*inside)(host* of, chatroom_recipients* to, const chatroom_event* what);
    size_t observed;
    chatroom_observation last;           /* Without its command, which does not live on. */
    uint32_t last_type;
    void (*on_observe)(host* of, const chatroom_observation* seen);
    int32_t log_says;
    char records[64][512];
    size_t record_bytes[64];
    uint64_t numbers[64];
    size_t record_count;
    size_t blocks;                       /* Given out and not taken back. */
    size_t block_bytes;
};

static void copy_text(chatroom_text from, char* to, size_t room) {
    const size_t n = from.size < room - 1 ? from.size : room - 1;
    if (n != 0) memcpy(to, from.data, n);
    to[n] = 0;
}

static void host_send(chatroom_recipients* to, const chatroom_event* what, const char* frame,
                      size_t frame_bytes, void* context) {
    host* of = (host*)context;
    chatroom_recipient each;
    size_t met = 0;
    while (chatroom_recipients_next(to, &each) != 0) {
        told* at = &of->events[of->count % told_max];
        ++of->count;
        ++met;
        memset(at, 0, sizeof *at);
        at->session = each.session;
        at->tag = each.tag;
        at->type = what->type;
        at->must_arrive = what->must_arrive;
        at->frame_bytes = frame_bytes;
        if (frame_bytes != 0 && frame_bytes <= told_frame_max) {
            memcpy(at->frame, frame, frame_bytes);
        }
        if (what->type == CHATROOM_EVENT_MESSAGE) {
            at->message = *(const chatroom_message_event*)what->body;
            copy_text(at->message.room, at->room, sizeof at->room);
            copy_text(at->message.text, at->text, sizeof at->text);
        }
        if (what->type == CHATROOM_EVENT_FAILURE) {
            at->failure = *(const chatroom_failure_event*)what->body;
            copy_text(at->failure.field, at->text, sizeof at->text);
        }
        if (what->type == CHATROOM_EVENT_JOINED) {
            copy_text(((const chatroom_joined_event*)what->body)->room, at->room, sizeof at->room);
        }
    }
    EXPECT(met == chatroom_recipients_count(to));
    if (of->inside) of->inside(of, to, what);
}

static void host_observe(const chatroom_observation* seen, void* context) {
    host* of = (host*)context;
    ++of->observed;
    of->last = *seen;
    of->last.command = NULL;
    of->last_type = seen->command ? seen->command->type : 0;
    if (of->on_observe) of->on_observe(of, seen);
}

static int host_entropy(void* out, size_t bytes, void* context) {
    host* of = (host*)context;
    memset(out, ++of->random, bytes);
    return of->entropy_fails == 0;
}

static int32_t host_log(const char* record, size_t bytes, uint64_t number, void* context) {
    host* of = (host*)context;
    if (of->log_says == CHATROOM_STORED_NO || of->record_count == 64 || bytes > 512) {
        return CHATROOM_STORED_NO;
    }
    memcpy(of->records[of->record_count], record, bytes);
    of->record_bytes[of->record_count] = bytes;
    of->numbers[of->record_count++] = number;
    return of->log_says;
}

static void* host_allocate(size_t bytes, void* context) {
    host* of = (host*)context;
    ++of->blocks;
    of->block_bytes = bytes;
    return malloc(bytes);
}

static void host_release(void* block, size_t bytes, void* context) {
    host* of = (host*)context;
    --of->blocks;
    EXPECT(bytes == of->block_bytes);
    free(block);
}

static chatroom_environment host_environment(host* of) {
    chatroom_environment all;
    memset(&all, 0, sizeof all);
    all.struct_size = sizeof all;
    all.send = host_send;
    all.send_context = of;
    all.observe = host_observe;
    all.observe_context = of;
    all.entropy = host_entropy;
    all.entropy_context = of;
    all.allocate = host_allocate;
    all.release = host_release;
    all.memory_context = of;
    return all;
}

static chatroom_config small_config(void) {
    chatroom_config how;
    memset(&how, 0, sizeof how);
    how.struct_size = sizeof how;
    how.preset = CHATROOM_PRESET_FIRMWARE;
    how.frame_bytes_max = 1024;
    return how;
}

static const uint64_t begin_ms = 1700000000000u;

/* An open engine whose time has begun. Its log is used when `log_says` is not -1. */
static void host_open(host* of, int32_t log_says) {
    const chatroom_config how = small_config();
    chatroom_environment all = host_environment(of);
    memset(of, 0, sizeof *of);
    of->log_says = log_says;
    if (log_says >= 0) {
        all.log = host_log;
        all.log_context = of;
    }
    ANSWERS(NONE, chatroom_open(&how, &all, &of->chat));
    ANSWERS(NONE, chatroom_tick(of->chat, begin_ms, 0));
}

static void host_close(host* of) {
    ANSWERS(NONE, chatroom_close(of->chat));
    EXPECT(of->blocks == 0);
}

static chatroom_session connect_as(host* of, uint32_t wire, uint64_t tag) {
    chatroom_peer who;
    chatroom_session session = 0;
    memset(&who, 0, sizeof who);
    who.struct_size = sizeof who;
    who.wire = wire;
    who.tag = tag;
    ANSWERS(NONE, chatroom_connect(of->chat, &who, &session));
    EXPECT(session != 0);
    return session;
}

static chatroom_error be_guest(host* of, chatroom_session by, const char* nick,
                               chatroom_outcome* out) {
    chatroom_guest_command what;
    what.nick = chatroom_text_of(nick);
    return chatroom_guest(of->chat, by, &what, out);
}

static chatroom_error join_room(host* of, chatroom_session by, const char* room,
                                chatroom_outcome* out) {
    chatroom_join_command what;
    what.room = chatroom_text_of(room);
    what.history = 0;
    return chatroom_join(of->chat, by, &what, out);
}

static chatroom_error say(host* of, chatroom_session by, const char* room, const char* text,
                          chatroom_outcome* out) {
    chatroom_post_command what;
    memset(&what, 0, sizeof what);
    what.room = chatroom_text_of(room);
    what.text = chatroom_text_of(text);
    return chatroom_post(of->chat, by, &what, out);
}

static chatroom_outcome outcome_of(void) {
    chatroom_outcome out;
    memset(&out, 0, sizeof out);
    out.struct_size = sizeof out;
    return out;
}

/* How often a session was told an event of this type. */
static size_t times_told(const host* of, chatroom_session session, uint16_t type) {
    size_t i, n = 0;
    for (i = 0; i < of->count && i < told_max; ++i) {
        n += of->events[i].session == session && of->events[i].type == type;
    }
    return n;
}

static const told* last_told(const host* of) {
    return &of->events[(of->count + told_max - 1) % told_max];
}

/* A program uses some of these and not others. */
#define CONTRACT_USES_ALL \
    ((void)host_open, (void)host_close, (void)connect_as, (void)be_guest, (void)join_room, \
     (void)say, (void)outcome_of, (void)times_told, (void)last_told, (void)is_text, \
     (void)small_config, (void)host_environment, (void)contract_result)

#endif
