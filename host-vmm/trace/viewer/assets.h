/* SPDX-License-Identifier: MIT */
/* The pages' style and script, as text: viewer/ holds the sources. */
#ifndef HOST_TRACE_VIEWER_ASSETS_H
#define HOST_TRACE_VIEWER_ASSETS_H

/* Not terminated: from begin up to, not including, end. */
struct viewer_asset {
    const char *begin, *end;
};

extern const struct viewer_asset viewer_page_css;  /* both pages */
extern const struct viewer_asset viewer_trace_css; /* the trace's */
extern const struct viewer_asset viewer_trace_js;
extern const struct viewer_asset viewer_bench_css; /* bench's */
extern const struct viewer_asset viewer_bench_js;

#endif
