/* SPDX-License-Identifier: MIT */
/* The clock behind platform_now(). */
#ifndef FIRMWARE_CLOCK_H
#define FIRMWARE_CLOCK_H

#include <stdint.h>

/* Ticks of the TSC in a second. Found out when first asked for: from CPUID, else by a PIT wait. */
uint64_t clock_tsc_hz(void);

#endif
