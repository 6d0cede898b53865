/* SPDX-License-Identifier: MIT */
/* The bench command: what each way of moving data between guest and host costs on this machine. */
#ifndef HOST_BENCH_BENCH_H
#define HOST_BENCH_BENCH_H

#include "../options.h"

/* Returns the exit status. */
int bench_command(const struct options *options);

#endif
