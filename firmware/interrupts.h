/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of the firmware: drivers/interrupt.h's functions work once interrupts_init() has been called,
 * which happens only when the command line asks for it. Without it drivers poll, and nothing is touched.
 */
#ifndef FIRMWARE_INTERRUPTS_H
#define FIRMWARE_INTERRUPTS_H

#include "command_line.h"

#define INTERRUPT_TICK_MS 10

/* Takes over the IDT from vector 32 on, the local APIC with a tick, and the controller of the lines. Where
 * the machine lacks one of them nothing is on afterwards; returns what is missing, in words, or NULL.
 * fault, for tests, is FAULT_LOST_IRQ, FAULT_STUCK_IRQ or any other, which does nothing. */
const char *interrupts_init(enum irq_kind kind, enum fault_kind fault);

/* Everything masked again: for whoever comes after. Drivers poll from then on. */
void interrupts_stop(void);
/* The same; verbose runs say how many were taken. */
void interrupts_end_run(void);

/* An interrupt was taken: called by interrupt_entry.asm. vector is 64 for 64 and all above; halted: it ended
 * a halt. */
void interrupt_dispatch(unsigned vector, bool halted);

#endif
