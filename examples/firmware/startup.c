/* Start-up code for a Cortex-M3; mps2.ld says where things are. */
#include "startup.h"

#include <stddef.h>

extern uint32_t stack_top[], data_begin[], data_end[], data_image[], bss_begin[], bss_end[];

/* ---- The stack: all below it is painted at reset, and looked at when somebody asks. */

static const uint32_t paint = 0xa5a5a5a5u;

uint32_t stack_used(void) {
    const uint32_t* at = bss_end;
    while (at != stack_top && *at == paint) ++at;
    return (uint32_t)((stack_top - at) * (ptrdiff_t)sizeof *at);
}

/* ---- Semihosting: calls that the emulator answers (Arm's "Semihosting for AArch32"). */

static void semihost(uint32_t number, const void* block) {
    register uint32_t call __asm__("r0") = number;
    register const void* argument __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(call) : "r"(argument) : "memory");
}

void tell(const char* text) { semihost(0x04, text); }   /* SYS_WRITE0 */

void leave(int status) {
    uint32_t block[2];
    block[0] = 0x20026;              /* An end as it should be, */
    block[1] = (uint32_t)status;     /* with this status. */
    semihost(0x20, block);           /* SYS_EXIT_EXTENDED */
    for (;;) {}
}

/* ---- Reset. */

void on_reset(void);
void on_reset(void) {
    const volatile uint32_t* from = data_image;   /* Volatile, so no memcpy is made of it. */
    volatile uint32_t* to;
    for (to = data_begin; to != data_end; ++to) *to = *from++;
    for (to = bss_begin; to != bss_end; ++to) *to = 0;
    for (; to < (uint32_t*)__builtin_frame_address(0) - 16; ++to) *to = paint;
    run();
}

static void on_fault(void) { leave(99); }

typedef void (*vector)(void);

__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    (vector)stack_top, on_reset,                                  /* Stack pointer, reset, */
    on_fault, on_fault, on_fault, on_fault, on_fault, 0, 0, 0, 0, /* faults, */
    on_fault, on_fault, 0, on_fault, on_systick};                 /* calls, SysTick. */
