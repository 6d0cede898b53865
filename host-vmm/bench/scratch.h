/* SPDX-License-Identifier: MIT */
/* The files that bench moves, in a directory of their own that goes away again. */
#ifndef HOST_BENCH_SCRATCH_H
#define HOST_BENCH_SCRATCH_H

#include <limits.h>
#include <stdint.h>

struct scratch {
    char directory[PATH_MAX]; /* empty: not made */
    char source[PATH_MAX], destination[PATH_MAX];
};

/* In parent, or where TMPDIR says, or in /tmp. size: bytes of each; less, by whole MiB and not below 2, where
 * the source is not full at deadline (of deadline_now()). 0,
 * EXIT_STATUS_USAGE or EXIT_STATUS_HOST after a message; scratch_remove() is to be called either way. */
int scratch_make(struct scratch *scratch, const char *parent, uint64_t size, double deadline);
void scratch_remove(struct scratch *scratch);

#endif
