/* SPDX-License-Identifier: MIT */
/* 64-bit gates (Intel SDM volume 3, section 6.14.1). The entries' code is boot/common/exceptions.asm. */
#include "idt.h"

#include "noinit.h"

#include <stdint.h>

#define EXCEPTION_COUNT 32
#define SELECTOR_CODE64 0x18  /* enter.asm's GDT */
#define INTERRUPT_GATE 0x8e00 /* present, DPL 0, 64-bit interrupt gate */

struct gate {
    uint16_t offset_low, selector, type, offset_middle;
    uint32_t offset_high, reserved;
};
_Static_assert(sizeof(struct gate) == 16, "64-bit gate");

/* exceptions.asm */
extern const uint64_t exception_entries[EXCEPTION_COUNT];

/* enter.asm loads it. */
extern struct gate idt[EXCEPTION_COUNT];
NOINIT struct gate idt[EXCEPTION_COUNT];

void idt_make(void)
{
    for (unsigned i = 0; i < EXCEPTION_COUNT; i++) {
        uint64_t entry = exception_entries[i];
        idt[i] = (struct gate){
            .offset_low = (uint16_t)entry,
            .selector = SELECTOR_CODE64,
            .type = INTERRUPT_GATE,
            .offset_middle = (uint16_t)(entry >> 16),
            .offset_high = (uint32_t)(entry >> 32),
        };
    }
}
