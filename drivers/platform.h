/* SPDX-License-Identifier: MIT */
/*
 * What a driver needs from its surroundings. The firmware gives it in firmware/platform.c, a hosted
 * test in its own way.
 */
#ifndef DRIVERS_PLATFORM_H
#define DRIVERS_PLATFORM_H

#include <stdint.h>

/* Nanoseconds since some fixed point; never goes back. The first call may take a moment (it measures
 * the clock where nothing names its frequency), so ask only once a wait has turned out to be long. */
uint64_t platform_now(void);

/* A line for the person who watches, printf-like, without a newline; shown with `--cmd verbose`. */
void platform_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The guest-physical address at which a device finds what the driver sees at pointer. */
uint64_t platform_gpa_of(const volatile void *pointer);

#endif
