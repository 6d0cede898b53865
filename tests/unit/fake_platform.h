/* SPDX-License-Identifier: MIT */
/*
 * drivers/platform.h and drivers/interrupt.h for hosted tests: a clock that moves a fixed step with every
 * look at it and every sleep, so that a two-second timeout is over at once; a log that can be read;
 * addresses that are themselves; interrupts that a test raises.
 */
#ifndef TESTS_UNIT_FAKE_PLATFORM_H
#define TESTS_UNIT_FAKE_PLATFORM_H

#include "drivers/interrupt.h"
#include "drivers/platform.h"

#define FAKE_PLATFORM_STEP_NS 10000000u /* 10 ms a look or sleep */
#define FAKE_PLATFORM_LOG_BYTES 4096
#define FAKE_PLATFORM_VECTORS 16
#define FAKE_PLATFORM_FIRST_VECTOR 0x40 /* the message data of the first interrupt handed out */
#define FAKE_PLATFORM_MESSAGE_ADDRESS 0xfee00000u
#define FAKE_PLATFORM_LINES 48

extern uint64_t fake_platform_time;                     /* nanoseconds */
extern char fake_platform_log[FAKE_PLATFORM_LOG_BYTES]; /* lines, cut where it is full */

/* The clock to 0, the log empty; no interrupts, no sleep hook, no vector handed out. */
void fake_platform_reset(void);

/* False, as after a reset: both platform_*_interrupt() say ERR_UNSUPPORTED, as firmware without the word
 * irq does. True: vectors are handed out from FAKE_PLATFORM_FIRST_VECTOR on, lines as they are asked for. */
extern bool fake_platform_interrupts;

/* Runs in every platform_sleep(): the place for a device to finish something and to raise what it has.
 * NULL: fake_io's pause hook runs, as it does in a poll. */
extern void (*fake_platform_sleep)(void *context);
extern void *fake_platform_sleep_context;
extern unsigned fake_platform_sleeps;  /* so many since the reset */
extern unsigned fake_platform_vectors; /* so many handed out since the reset */

/* What a device's message with this data does, or its line: counts and calls the handler, at once. False
 * where nobody asked for it. */
bool fake_platform_raise(uint32_t data);
bool fake_platform_raise_line(unsigned line);

#endif
