/* SPDX-License-Identifier: MIT */
/* Shares of the time that is left. */
#include "deadline.h"

#include <time.h>

#define SHARES 3        /* of one piece of work: by PIO a file takes so much longer than by DMA */
#define LEAST_SECONDS 6 /* or a machine that is slow to boot would measure nothing at all */

double deadline_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double deadline_share(double now, double end, unsigned left)
{
    if (left <= SHARES || now >= end)
        return end;
    double share = (end - now) * SHARES / left;
    if (share < LEAST_SECONDS)
        share = LEAST_SECONDS;
    return now + share < end ? now + share : end;
}
