/* A chat server over TCP in C: one thread, poll, and no memory but what stands here.
 *
 *     tcp_chat_c [--port N]          7000 unless told; 0: any that is free
 *     nc 127.0.0.1 7000              then type: /guest alice, /join lobby, hello
 *
 * A line is a frame. A connection whose first byte is `{` speaks JSON, any other is a person. All
 * is forgotten at the end: examples/tcp_chat.cpp keeps a log.
 */
#define _POSIX_C_SOURCE 200112L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chatroom_c.h"

enum {
    clients_max = 64,
    frame_max = 8192,          /* A line that is longer is refused. */
    out_max = 65536,           /* A client that is further behind is paused. */
    wait_max_ms = 1000,
    farewell_max_ms = 5000     /* So long a client has to hang up, too. */
};

typedef struct client {
    int fd;                    /* -1: this place is free. */
    chatroom_session session;  /* 0 until the first byte tells how it speaks. */
    int json;
    int begun;                 /* A line of it was taken. */
    int paused;                /* Its output was full: unpause it when that is written. */
    int skipping;              /* Within the rest of a line that was too long. */
    int held;                  /* The engine did not take its line yet. */
    int ended;                 /* The other side says no more. */
    int finished;              /* Nothing more is said to it but what waits in `out`. */
    int told;                  /* That is sent, and that it was the last. */
    uint64_t deadline;         /* When it is dropped, once it is finished. */
    size_t in_size;
    size_t out_size;
    char in[frame_max + 1];
    char out[out_max];
} client;

static client clients[clients_max];
static chatroom_engine* chat;
static int listener = -1;
static uint64_t now_ms;
static uint64_t accept_at_ms;  /* Where no descriptor is left, not again before this. */
static volatile sig_atomic_t stopped;

static void stop(int number) {
    (void)number;
    stopped = 1;
}

static int fail(const char* what) {
    perror(what);
    return EXIT_FAILURE;
}

static void finish(client* c) {
    c->finished = 1;
    c->deadline = now_ms + farewell_max_ms;
}

/* ---- Frames out: into the buffers of those they go to, or later. */

static void on_send(chatroom_recipients* to, const chatroom_event* what, const char* frame,
                    size_t bytes, void* context) {
    chatroom_recipient each;
    (void)context;
    while (chatroom_recipients_next(to, &each)) {
        client* const c = &clients[each.tag];
        const size_t needed = bytes + (c->json ? 1 : 0);   /* A person's line ends in one. */
        if (needed > out_max - c->out_size) {   /* The engine comes back to this frame. */
            c->paused = 1;
            chatroom_pause(chat, each.session);
            continue;
        }
        memcpy(c->out + c->out_size, frame, bytes);
        c->out_size += needed;
        if (c->json) c->out[c->out_size - 1] = '\n';
        if (what->type == CHATROOM_EVENT_BYE) finish(c);
    }
}

/* ---- One client. */

static void drop(client* c) {
    if (c->session != 0) chatroom_disconnect(chat, c->session);
    close(c->fd);
    c->fd = -1;
}

static void open_session(client* c) {
    chatroom_peer who = {.struct_size = sizeof who, .tag = (uint64_t)(c - clients)};
    c->json = c->in[0] == '{';
    who.wire = c->json ? CHATROOM_WIRE_JSON : CHATROOM_WIRE_LINES;
    if (chatroom_connect(chat, &who, &c->session) != CHATROOM_ERROR_NONE) finish(c);
}

static void consume(client* c, size_t bytes) {
    c->in_size -= bytes;
    memmove(c->in, c->in + bytes, c->in_size);
}

/* Offers the lines that have arrived. What the engine does not take now stays, so that soon
   nothing more is read, and TCP holds the other side back. */
static void offer(client* c) {
    c->held = 0;
    while (c->in_size != 0 && !c->finished) {
        const char* const end = memchr(c->in, '\n', c->in_size);
        const size_t line = end ? (size_t)(end - c->in) : c->in_size;
        if (!end && c->in_size <= frame_max) return;   /* Not whole yet. */
        /* A web page can have any browser POST to this port; the body would be lines too. */
        if (!c->begun && line >= 5 && memcmp(c->in, "POST ", 5) == 0) {
            finish(c);
            return;
        }
        c->begun = 1;
        if (!c->skipping) {   /* What is too long is refused once, by the engine. */
            const chatroom_error why = chatroom_receive(chat, c->session, c->in, line);
            c->held = why == CHATROOM_ERROR_PAUSED;
            if (why == CHATROOM_ERROR_SESSION_UNKNOWN) finish(c);
            if (why != CHATROOM_ERROR_NONE) return;
        }
        c->skipping = !end;
        consume(c, end ? line + 1 : line);
    }
}

static int try_again(void) { return errno == EAGAIN || errno == EINTR; }

/* What a client says that is finished is read and forgotten: closing a connection with unread
   bytes would take from it what it was told last. */
static void read_from(client* c) {
    const ssize_t n = recv(c->fd, c->in + c->in_size, sizeof c->in - c->in_size, 0);
    if (n == 0) c->ended = 1;
    if (n < 0 && !try_again()) drop(c);
    if (n <= 0 || c->finished) return;
    c->in_size += (size_t)n;
    if (c->session == 0) open_session(c);
}

static void write_to(client* c) {
    if (c->out_size != 0) {
        const ssize_t n = send(c->fd, c->out, c->out_size, 0);
        if (n < 0 && !try_again()) {
            drop(c);
            return;
        }
        if (n > 0) {
            c->out_size -= (size_t)n;
            memmove(c->out, c->out + n, c->out_size);
        }
    }
    if (c->out_size != 0 && !(c->finished && now_ms >= c->deadline)) return;
    if (c->finished) {
        if (!c->told) shutdown(c->fd, SHUT_WR);
        c->told = 1;
        if (c->ended || now_ms >= c->deadline) drop(c);
    } else if (c->paused) {    /* What it missed comes now, or the next part of it. */
        c->paused = 0;
        chatroom_unpause(chat, c->session);
    } else if (c->ended && !c->held) {
        finish(c);
    }
}

/* ---- All of them. */

static const int kernel_bytes = 65536;   /* Waiting in the system, beyond what waits here. */

static client* free_place(void) {
    int i;
    for (i = 0; i < clients_max; ++i) {
        if (clients[i].fd < 0) return &clients[i];
    }
    return NULL;
}

static void accept_one(void) {
    const int on = 1;
    client* const c = free_place();
    const int fd = accept(listener, NULL, NULL);
    if (fd < 0) {
        if (try_again() || errno == ECONNABORTED) return;
        perror("accept");
        accept_at_ms = now_ms + wait_max_ms;
        return;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kernel_bytes, sizeof kernel_bytes);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);   /* Some go without a word. */
    memset(c, 0, offsetof(client, in));
    c->fd = fd;
}

static void tell_time(void) {
    now_ms = chatroom_hosted_now();
    if (chatroom_tick(chat, now_ms, 0) != CHATROOM_ERROR_CLOCK_LEAP) return;
    fprintf(stderr, "the clock leapt forward\n");
    chatroom_tick(chat, now_ms, 1);
}

/* Sleeps until something happens. In a full house the others wait at the door: poll passes over a
   descriptor of -1. */
static int sleep_until(struct pollfd* all, client** who) {
    uint64_t wait_ms = chatroom_next_tick(chat);
    int i, count = 1;
    if (wait_ms > wait_max_ms) wait_ms = wait_max_ms;
    all[0].fd = free_place() && now_ms >= accept_at_ms ? listener : -1;
    all[0].events = POLLIN;
    for (i = 0; i < clients_max; ++i) {
        client* const c = &clients[i];
        const int reads = !c->ended && c->in_size < sizeof c->in;
        if (c->fd < 0) continue;
        if (c->held && !c->paused) wait_ms = 0;
        all[count].fd = c->fd;
        all[count].events = (short)((reads ? POLLIN : 0) | (c->out_size != 0 ? POLLOUT : 0));
        who[count++] = c;
    }
    return poll(all, (nfds_t)count, (int)wait_ms) < 0 ? 0 : count;
}

static void turn(void) {
    struct pollfd all[clients_max + 1];
    client* who[clients_max + 1];
    const int count = sleep_until(all, who);
    int i;
    tell_time();
    for (i = 1; i < count; ++i) {
        if (all[i].revents & POLLIN) {
            read_from(who[i]);
        } else if (all[i].revents & (POLLERR | POLLHUP | POLLNVAL)) {
            drop(who[i]);
        }
        if (who[i]->fd >= 0) offer(who[i]);
        if (who[i]->finished) who[i]->in_size = 0;
    }
    for (i = 1; i < count; ++i) {
        if (who[i]->fd >= 0) write_to(who[i]);
    }
    if (count != 0 && all[0].revents & POLLIN) accept_one();
}

static int listen_on(uint16_t port) {
    struct sockaddr_in here = {0};
    socklen_t size = sizeof here;
    const int on = 1;
    here.sin_family = AF_INET;
    here.sin_port = htons(port);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || fcntl(listener, F_SETFL, O_NONBLOCK) != 0 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(listener, (struct sockaddr*)&here, sizeof here) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr*)&here, &size) != 0) {
        return 0;
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(here.sin_port));
    fflush(stdout);
    return 1;
}

int main(int count, char** words) {
    const chatroom_config config = {.struct_size = sizeof config, .sessions_max = clients_max,
                                    .frame_bytes_max = frame_max};
    const chatroom_environment host = {.struct_size = sizeof host, .send = on_send};
    const chatroom_create_command lobby = {.room = chatroom_text_of("lobby"), .persistent = 1};
    const int told = count == 3 && strcmp(words[1], "--port") == 0;
    const long port = told ? strtol(words[2], NULL, 10) : 7000;
    struct sigaction on_signal;
    chatroom_error why;
    int i;
    if ((count != 1 && !told) || port < 0 || port > 65535) {
        fprintf(stderr, "usage: tcp_chat_c [--port N]\n");
        return 2;
    }
    memset(&on_signal, 0, sizeof on_signal);
    on_signal.sa_handler = stop;
    sigaction(SIGINT, &on_signal, NULL);
    sigaction(SIGTERM, &on_signal, NULL);
    signal(SIGPIPE, SIG_IGN);
    for (i = 0; i < clients_max; ++i) clients[i].fd = -1;
    why = chatroom_open(&config, &host, &chat);
    if (why != CHATROOM_ERROR_NONE) {
        fprintf(stderr, "%s\n", chatroom_error_text(why));
        return EXIT_FAILURE;
    }
    now_ms = chatroom_hosted_now();
    chatroom_tick(chat, now_ms, 0);
    chatroom_create(chat, CHATROOM_HOST, &lobby, NULL);
    if (!listen_on((uint16_t)port)) return fail("listen");
    while (!stopped) turn();
    for (i = 0; i < clients_max; ++i) {
        if (clients[i].fd >= 0) drop(&clients[i]);
    }
    chatroom_close(chat);
    return EXIT_SUCCESS;
}
