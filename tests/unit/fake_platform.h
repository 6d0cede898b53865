/* SPDX-License-Identifier: MIT */
/*
 * drivers/platform.h for hosted tests: a clock that moves a fixed step with every look at it, so
 * that a two-second timeout is over at once; a log that can be read; addresses that are themselves.
 */
#ifndef TESTS_UNIT_FAKE_PLATFORM_H
#define TESTS_UNIT_FAKE_PLATFORM_H

#include "drivers/platform.h"

#define FAKE_PLATFORM_STEP_NS 10000000u /* 10 ms a look */
#define FAKE_PLATFORM_LOG_BYTES 4096

extern uint64_t fake_platform_time;                     /* nanoseconds */
extern char fake_platform_log[FAKE_PLATFORM_LOG_BYTES]; /* lines, cut where it is full */

void fake_platform_reset(void);

#endif
