/* SPDX-License-Identifier: MIT */
/* The rungs of the climb, read off what the firmware prints on COM1. */
#ifndef HOST_TRACE_RUNGS_H
#define HOST_TRACE_RUNGS_H

#include "event.h"

struct rungs {
    bool divisor; /* DLAB: what is written to the first port are no characters */
    char line[sizeof((struct trace_rung *)0)->line];
    unsigned length;
    uint64_t line_begin;
    bool begun;     /* the firmware: until then it is another's run */
    uint64_t begin; /* of the rung under way */
};

/* The next event. True when it has ended a rung, which is then in *rung. The first one begins where the firmware
 * does, which may be behind another: with the first access whose function is known, or else with its banner. */
bool rungs_take(struct rungs *rungs, const struct trace_event *event, struct trace_rung *rung);

#endif
