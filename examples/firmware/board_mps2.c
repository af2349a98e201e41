/* The hub on an Arm MPS2 board with a Cortex-M3 (AN385), without operating system. QEMU has it:
 * qemu-system-arm -M mps2-an385.
 *
 * Five serial lines, the clock from SysTick. Entropy: THIS BOARD HAS NONE, and neither has QEMU;
 * what stands in for it below is the same at every start, so resume tokens can be guessed. A
 * product reads a true source here (a TRNG, an ADC's noise).
 */
#include "hub.h"
#include "startup.h"

/* ---- Serial lines: the UART of Arm's CMSDK (DDI 0479, 4.3). */

typedef struct uart {
    volatile uint32_t data, state, control, interrupts, divider;
} uart;

enum { TX_FULL = 1, RX_FULL = 2, TX_ON = 1, RX_ON = 2 };

static uart* const uarts[HUB_LINES] = {
    (uart*)0x40004000, (uart*)0x40005000, (uart*)0x40006000, (uart*)0x40007000, (uart*)0x40009000};

static void open_uarts(void) {
    int i;
    for (i = 0; i < HUB_LINES; ++i) {
        uarts[i]->divider = 25000000 / 115200;
        uarts[i]->control = TX_ON | RX_ON;
    }
}

/* A byte that the hub does not take yet stays in the UART, and holds the line back. */
static void serve_uart(int number) {
    static int held[HUB_LINES];      /* The byte, and 1 above it. */
    uart* const its = uarts[number];
    int byte;
    if (held[number] == 0 && (its->state & RX_FULL) != 0) {
        held[number] = (int)(0x100 | (its->data & 0xff));
    }
    if (held[number] != 0 && hub_take(number, (uint8_t)held[number])) held[number] = 0;
    while ((its->state & TX_FULL) == 0 && (byte = hub_give(number)) >= 0) {
        its->data = (uint32_t)byte;
    }
}

/* ---- Time: SysTick at 25 MHz, once a millisecond (ARM DDI 0403, B3.3). */

static volatile uint32_t milliseconds;

void on_systick(void) { ++milliseconds; }

static void start_clock(void) {
    volatile uint32_t* const systick = (volatile uint32_t*)0xe000e010;
    systick[1] = 25000 - 1;          /* Counts down from here. */
    systick[2] = 0;
    systick[0] = 7;                  /* On, with its interrupt, by the core's clock. */
}

static int no_entropy(void* out, size_t bytes, void* context) {
    static uint32_t state = 2463534242u;   /* Xorshift: see above. */
    uint8_t* const at = out;
    size_t i;
    (void)context;
    for (i = 0; i < bytes; ++i) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        at[i] = (uint8_t)state;
    }
    return 1;
}

void run(void) {
    const hub_board here = {no_entropy, leave, stack_used};
    uint32_t told = 0;
    int i, why;
    open_uarts();
    start_clock();
    why = hub_open(&here);
    if (why != 0) leave(why);
    for (;;) {
        const uint32_t now = milliseconds;
        if (now != told) hub_elapse(now - told);
        told = now;
        for (i = 0; i < HUB_LINES; ++i) serve_uart(i);
    }
}
