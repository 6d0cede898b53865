/* SPDX-License-Identifier: MIT */
/* What was asked of files: requests by device and operation, as a table. */
#ifndef HOST_TRACE_PAGE_REQUESTS_H
#define HOST_TRACE_PAGE_REQUESTS_H

#include "../event.h"
#include "../json/json_tracks.h"
#include "page_html.h"

struct page_requests {
    struct json_requests open; /* as the JSON has them */
    struct profile
        *sums; /* a row for each device and operation: requests as exits, bytes as accesses */
    uint64_t unended; /* of which too many were open at once */
};

/* requests is zeroed. */
void requests_begin(struct page_requests *requests);
void requests_event(struct page_requests *requests, const struct trace_event *event);
/* Nothing where there was no request. */
void requests_print(struct page_requests *requests, const struct html *html);
void requests_free(struct page_requests *requests);

#endif
