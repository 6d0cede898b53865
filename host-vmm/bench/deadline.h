/* SPDX-License-Identifier: MIT */
/* The time that the whole command has, and how much of what is left the next piece of work may take. */
#ifndef HOST_BENCH_DEADLINE_H
#define HOST_BENCH_DEADLINE_H

#define OUT_OF_TIME "out of time"
#define INTERRUPTED "interrupted"

/* Seconds of the monotonic clock. */
double deadline_now(void);

/* Until when one of left pieces of work may go on, where all are to end by end: some times its even share,
 * for they are not alike, but some seconds at least, and never beyond end. now and end are as deadline_now() counts. */
double deadline_share(double now, double end, unsigned left);

#endif
