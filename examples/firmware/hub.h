/* A chat hub for a board: people on serial lines, one engine, one static buffer, no heap.
 *
 * The hub knows no hardware. A board gives it the bytes that arrive and takes those that leave:
 * board_mps2.c is one such board, hosted.c plays one on a computer.
 *
 * A person types lines (docs/protocol.md, "Lines"). Flow control is that of serial lines: XOFF
 * (Ctrl-S) stops what the hub sends, XON (Ctrl-Q) lets it go on, and EOT (Ctrl-D) hangs up; the
 * next byte calls again. The last line is the operator's console.
 */
#ifndef HUB_H
#define HUB_H

#include <stddef.h>
#include <stdint.h>

enum {
    HUB_PEOPLE = 4,                  /* Lines for people; */
    HUB_CONSOLE = HUB_PEOPLE,        /* then comes the operator's. */
    HUB_LINES = HUB_PEOPLE + 1
};

/* What the hub needs of the board. */
typedef struct hub_board {
    int (*entropy)(void* out, size_t bytes, void* context);   /* 0: it failed. */
    void (*leave)(int status);                                /* Ends the program. */
    uint32_t (*stack_used)(void);    /* Bytes, at the deepest so far; 0: not known. */
} hub_board;

/* Opens the hub. Answers 0, or the number of the error. */
int hub_open(const hub_board* board);

/* Takes a byte that arrived. Answers 0 when it cannot be taken yet: offer it again. */
int hub_take(int line, uint8_t byte);

/* Gives the next byte to send, or -1 when there is none, or none may be sent now. */
int hub_give(int line);

/* Tells that so many milliseconds have gone by. */
void hub_elapse(uint32_t ms);

#endif
