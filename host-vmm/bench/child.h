/* SPDX-License-Identifier: MIT */
/* Work in a process of its own, so that whatever becomes of it the table goes on. */
#ifndef HOST_BENCH_CHILD_H
#define HOST_BENCH_CHILD_H

#include <stddef.h>

#define CHILD_LATE (-2)

/*
 * Runs work(context) in a child, which exits with what it returns, and waits for it. *status becomes
 * that, CHILD_LATE where it had to be ended at deadline (of deadline_now()), or -1 where it ended
 * otherwise; message the last line that it printed to standard error. Returns 0,
 * or the number of the signal that arrived here meanwhile: then the child is gone and the command is over.
 * The ending signals and SIGCHLD are blocked.
 */
int child_run(int (*work)(void *context), void *context, double deadline, int *status,
              char *message, size_t size);

#endif
