/* SPDX-License-Identifier: MIT */
/*
 * All events of a run for the page's script, packed. A block is base64 in a script element of its own; the
 * blocks' bytes, one after the other, are items, and no item is parted. Numbers are unsigned LEB128; "signed"
 * ones are zigzag. The first number of an item says what it is:
 *
 *   0  a string: its length in bytes, its bytes. Strings are numbered from 0 as they come.
 *   1  a shape, what many events have in common: kind (enum trace_kind), flags (below), size of an element,
 *      and the numbers of strings: mode, thread, device, register. Shapes are numbered from 0 as they come.
 *   2  a rung: number, begin, end (ns), string: its line; number 0: what a copy's time was taken of
 *   3  the end: ns, exits, records, lost, ns in the host of exits, ns of those in the backend
 *   4+n  an event of shape n: signed ns since the one before; ns of its duration; strings: where, words,
 *      address; count (of elements, of doorbells; id of a request; records of a gap); ns in the backend
 *
 * viewer/trace/data.js reads it. Memory is bounded: a string or a shape that has been forgotten comes again
 * under another number.
 */
#ifndef HOST_TRACE_PAGE_DATA_H
#define HOST_TRACE_PAGE_DATA_H

#include "../event.h"

#include <stdint.h>
#include <stdio.h>

enum page_item {
    PAGE_ITEM_STRING,
    PAGE_ITEM_SHAPE,
    PAGE_ITEM_RUNG,
    PAGE_ITEM_END,
    PAGE_ITEM_EVENT,
};

#define PAGE_FLAG_WRITE 1
#define PAGE_FLAG_PORT 2
#define PAGE_FLAG_UNANSWERED 4   /* no register took the access */
#define PAGE_FLAG_APPROXIMATE 8  /* its time is when it was seen */
#define PAGE_FLAG_NO_FUNCTION 16 /* profile_device() has counted it for PROFILE_NO_FUNCTION */

#define PAGE_BLOCK 196608 /* bytes; divisible by 3, so that base64 fills up at the very end alone */
#define PAGE_STRINGS 65536
#define PAGE_SHAPES 4096

struct page_string {
    char *text; /* NULL: unused */
    uint32_t hash, number;
};

struct page_shape {
    uint8_t kind, flags, size, used;
    uint32_t mode, thread, device, reg; /* strings */
    uint32_t number;
};

struct page_data {
    FILE *out;
    unsigned used;
    uint8_t block[PAGE_BLOCK];
    uint64_t time; /* of the event before */
    uint32_t next_string, next_shape;
    struct page_string strings[PAGE_STRINGS];
    struct page_shape shapes[PAGE_SHAPES];
};

/* data is zeroed. */
void page_data_begin(struct page_data *data, FILE *out);
void page_data_event(struct page_data *data, const struct trace_event *event);
void page_data_rung(struct page_data *data, const struct trace_rung *rung);
/* host, backend: ns. Writes what is left and frees the strings. */
void page_data_end(struct page_data *data, const struct trace_totals *totals, uint64_t host,
                   uint64_t backend);

#endif
