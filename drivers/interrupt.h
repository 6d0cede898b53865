/* SPDX-License-Identifier: MIT */
/*
 * Interrupts as a driver sees them. The firmware gives these functions (firmware/interrupts.c), a
 * hosted test in its own way. The CPU takes interrupts inside platform_sleep() and nowhere else, so
 * nothing that a driver does is ever interrupted, and a handler needs no lock.
 */
#ifndef DRIVERS_INTERRUPT_H
#define DRIVERS_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

/* One source. The driver keeps it where it is for as long as the device may raise it. */
struct interrupt {
    /* How often it came: an interrupt is a hint, the ring or register behind it is the truth. */
    volatile uint32_t count;
    void (*handler)(void *context); /* NULL: counting is enough */
    void *context;
};

/* What a device writes to raise it (MSI, MSI-X). */
struct interrupt_message {
    uint64_t address;
    uint32_t data;
};

/* Gives interrupt a vector of its own and stores the message that raises it. Messages and lines are
 * taken from then on. ERR_UNSUPPORTED where the firmware runs without interrupts; ERR_NO_SPACE when
 * there is no vector left. */
int platform_message_interrupt(struct interrupt *interrupt, struct interrupt_message *message);

/* The same for a line, 0 to 15, of the two 8259s or of the IO-APIC, whichever the firmware uses;
 * level: it stays up until the device is told, which handler must do. */
int platform_line_interrupt(struct interrupt *interrupt, unsigned line, bool level);

/* Sleeps until an interrupt has been handled, at most about 10 ms. To be called with interrupts
 * off, and returns so. */
void platform_sleep(void);

#endif
