/* SPDX-License-Identifier: MIT */
/* Reads the packed events of a trace's page back, as the page's script does. */
#ifndef TESTS_UNIT_PAGE_READER_H
#define TESTS_UNIT_PAGE_READER_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_READER_WORDS 200

struct page_reading {
    unsigned blocks, strings, shapes, rungs, ends;
    uint64_t events;
    uint64_t end, exits, records, lost; /* of the end */
    /* of the last event */
    uint64_t time, duration, count, kind, flags;
    char device[PAGE_READER_WORDS], words[PAGE_READER_WORDS], where[PAGE_READER_WORDS];
    char address[PAGE_READER_WORDS];
};

/* Fails the test where the page's blocks are not as page_data.h has them. */
void page_read(const char *page, struct page_reading *reading);

#endif
