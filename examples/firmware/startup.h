/* From reset to `run` on a Cortex-M3, and the end by semihosting. */
#ifndef STARTUP_H
#define STARTUP_H

#include <stdint.h>

/* What the program consists of. */
void run(void);

/* Called once a millisecond when SysTick runs. */
void on_systick(void);

/* Ends the program: the emulator exits with this status. */
void leave(int status);

/* Says a text on the emulator's standard error. */
void tell(const char* text);

/* Bytes of stack in use at its deepest so far. */
uint32_t stack_used(void);

#endif
