/* SPDX-License-Identifier: MIT */
/*
 * The picture of a run that needs no script: rungs, CPU modes, and for each device when its exits were. Memory
 * is bounded however long the run is: counts are kept by slices of time that double when it goes on, and short
 * stays in a mode are forgotten when there are too many.
 */
#ifndef HOST_TRACE_PAGE_OVERVIEW_H
#define HOST_TRACE_PAGE_OVERVIEW_H

#include "../event.h"
#include "page_html.h"

#define OVERVIEW_SLICES 512
#define OVERVIEW_LANES 20 /* the last one is for all devices that have none of their own */
#define OVERVIEW_STAYS 1024

struct overview_lane {
    char name[DECODED_DEVICE_SIZE];
    uint64_t marks;
    uint32_t counts[OVERVIEW_SLICES];
};

struct overview {
    uint64_t slice; /* ns */
    struct overview_lane lanes[OVERVIEW_LANES];
    unsigned lane_count;
    struct {
        uint64_t begin;
        uint8_t mode; /* enum trace_mode */
    } stays[OVERVIEW_STAYS];
    unsigned stay_count;
    uint64_t shortest; /* ns: shorter stays have been forgotten */
    /* ns: what a copy times, between two POST codes; copy_end is 0 where there was none */
    uint64_t copy_begin, copy_end;
    bool copy_begun;
};

/* overview is zeroed. */
void overview_event(struct overview *overview, const struct trace_event *event);

/* A figure: the axis, the modes, the rungs, the lanes. end: ns of the run */
void overview_print(const struct overview *overview, const struct html *html,
                    const struct trace_rung *rungs, unsigned rung_count, uint64_t end);

#endif
