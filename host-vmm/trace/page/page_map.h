/* SPDX-License-Identifier: MIT */
/* The address map of ports and memory: which region was where, from when until when. */
#ifndef HOST_TRACE_PAGE_MAP_H
#define HOST_TRACE_PAGE_MAP_H

#include "../event.h"
#include "page_html.h"

/* A guest may move its BARs as often as it likes. What is beyond this is counted. */
#define MAP_STAYS 1024

/* One region at one place for one time. */
struct map_stay {
    char device[DECODED_DEVICE_SIZE];
    char bar[TRACE_BAR_SIZE]; /* "00:02.0 BAR0", or "" */
    uint8_t kind;             /* enum trace_region */
    uint64_t base, length;
    uint64_t from, until; /* ns; until UINT64_MAX: to the end */
    bool port;
};

struct page_map {
    struct map_stay stays[MAP_STAYS];
    unsigned count;
    uint64_t unkept; /* arrivals without a place here */
    bool
        running; /* the guest has accessed something; regions from before that were there at reset */
};

/* map is zeroed. */
void map_event(struct page_map *map, const struct trace_event *event);

/* Two tables, in order of addresses, and what happened in order of time. Sorts the map. end: ns of the run */
void map_print(struct page_map *map, const struct html *html, uint64_t end);

#endif
