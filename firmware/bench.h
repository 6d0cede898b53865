/* SPDX-License-Identifier: MIT */
/* The guest's side of `trapline bench`: in the ELF images only. */
#ifndef FIRMWARE_BENCH_H
#define FIRMWARE_BENCH_H

#include "climb.h"

/* Measures what `bench=` names after rung 6, tells the host through testdev, and ends the run. */
_Noreturn void bench_run(struct climb *climb);

#endif
