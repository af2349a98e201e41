/* The hub on a computer, for those without the toolchain or the board: each of its lines is a TCP
 * connection to a port of 127.0.0.1.
 *
 *     firmware_hosted <port>...         as many ports as there are lines
 */
#define _POSIX_C_SOURCE 200112L

#include "hub.h"

#include "chatroom_c.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int open_line(const char* port) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in there = {0};
    there.sin_family = AF_INET;
    there.sin_port = htons((uint16_t)atoi(port));
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr*)&there, sizeof there) != 0) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static uint32_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)now.tv_sec * 1000u + (uint32_t)(now.tv_nsec / 1000000);
}

/* A UART of this machine: one byte is on its way in, and is held until the hub takes it. */
static void serve(int number, int fd, int* held) {
    uint8_t byte;
    int next;
    for (;;) {
        if (*held < 0 && recv(fd, &byte, 1, MSG_DONTWAIT) == 1) *held = byte;
        if (*held < 0 || !hub_take(number, (uint8_t)*held)) break;
        *held = -1;
    }
    while ((next = hub_give(number)) >= 0) {
        byte = (uint8_t)next;
        if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1) return;
    }
}

static uint32_t no_stack_used(void) { return 0; }   /* The system grows it as it needs to. */

int main(int count, char** ports) {
    const hub_board here = {chatroom_hosted_entropy, exit, no_stack_used};
    struct pollfd lines[HUB_LINES];
    int held[HUB_LINES], i;
    uint32_t told = now_ms(), now;
    if (count != HUB_LINES + 1) {
        fprintf(stderr, "usage: firmware_hosted <port>...   (%d of them)\n", HUB_LINES);
        return 2;
    }
    for (i = 0; i < HUB_LINES; ++i) {
        held[i] = -1;
        lines[i].fd = open_line(ports[i + 1]);
        lines[i].events = POLLIN;
        if (lines[i].fd < 0) return perror(ports[i + 1]), 1;
    }
    if (hub_open(&here) != 0) return 1;
    for (;;) {
        for (i = 0; i < HUB_LINES; ++i) serve(i, lines[i].fd, &held[i]);
        poll(lines, HUB_LINES, 10);
        now = now_ms();
        if (now != told) hub_elapse(now - told);
        told = now;
    }
}
