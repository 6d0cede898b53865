/* SPDX-License-Identifier: MIT */
/* The local APIC of the CPU that runs: its timer, its end of interrupt, its number. */
#ifndef FIRMWARE_LAPIC_H
#define FIRMWARE_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

/* Finds the APIC and turns it on, with all its own sources masked but, where pic, the 8259s' input.
 * ERR_ABSENT where the CPU has none or it is off; ERR_UNSUPPORTED in x2APIC mode; ERR_NO_MEMORY and
 * ERR_RANGE where it cannot be mapped. */
int lapic_enable(uint8_t spurious_vector, bool pic);
/* As it was after power-on: messages and lines are dropped. */
void lapic_disable(void);

/* Raises vector every milliseconds, roughly. False where the timer does not count. */
bool lapic_start_timer(uint8_t vector, unsigned milliseconds);

uint32_t lapic_id(void);
/* Is the CPU handling vector, as far as the APIC knows? Only then lapic_end() ends it. */
bool lapic_in_service(unsigned vector);
void lapic_end(void);

#endif
