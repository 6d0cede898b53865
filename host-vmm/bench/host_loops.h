/* SPDX-License-Identifier: MIT */
/* What the host itself reaches with the same file: the figures to compare the guest's with. */
#ifndef HOST_BENCH_HOST_LOOPS_H
#define HOST_BENCH_HOST_LOOPS_H

#include "lines.h"

/* Fills in the lines LINE_PREAD, LINE_URING and LINE_MEMCPY, those that are wanted. path is read and
 * written; NULL where only LINE_MEMCPY is wanted. milliseconds: for each measurement. 0 or
 * EXIT_STATUS_HOST after a message. */
int host_loops_run(struct lines *lines, const char *path, unsigned milliseconds);

#endif
