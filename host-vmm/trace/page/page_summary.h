/* SPDX-License-Identifier: MIT */
/* The parts of a trace's page that are text and tables: totals, rungs with their notes, registers. */
#ifndef HOST_TRACE_PAGE_SUMMARY_H
#define HOST_TRACE_PAGE_SUMMARY_H

#include "../event.h"
#include "page_html.h"

/* Rows of the table that are printed for a reader without the script: hostile guests touch many registers. */
#define SUMMARY_ROWS 400

struct page_sums {
    uint64_t collected, requests, doorbells, interrupts;
    uint64_t host, backend; /* ns of the exits in user space; of those, with a file */
};

/* what: "run" or "copy" */
void summary_totals(const struct html *html, const char *what, const char *title,
                    const struct page_sums *sums, const struct trace_totals *totals);
/* unkept: rungs beyond those */
void summary_rungs(const struct html *html, const struct trace_rung *rungs, unsigned count,
                   uint64_t unkept);
void summary_registers(const struct html *html, struct profile *profile);

#endif
