/* SPDX-License-Identifier: MIT */
/* What each rung of the climb has made possible, and why, for someone who sees it for the first time. */
#ifndef HOST_TRACE_PAGE_NOTES_H
#define HOST_TRACE_PAGE_NOTES_H

#include "../event.h"

struct page_note {
    const char *title, *text;
};

/* The note for a rung as it went: absent or failed, it has made nothing possible. NULL: no such rung. */
const struct page_note *page_note(const struct trace_rung *rung);

#endif
