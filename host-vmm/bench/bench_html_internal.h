/* SPDX-License-Identifier: MIT */
/* Between the page's parts: its frame, what an operation costs, how fast bytes move. */
#ifndef HOST_BENCH_BENCH_HTML_INTERNAL_H
#define HOST_BENCH_BENCH_HTML_INTERNAL_H

#include "../trace/page/page_html.h"
#include "lines.h"

/* A logarithmic scale over whole decades; from where values are from positive ones. */
struct log_scale {
    int first, last; /* powers of ten */
    bool any;
};

/* Widens the scale so that value is on it. */
double power_of_ten(int power);
void log_scale_take(struct log_scale *scale, double value);
/* Where value is, from 0 to 100; what is below the scale, 0 included, is at 0. */
double log_scale_percent(const struct log_scale *scale, double value);

/* Three figures that mean something, and no exponents. */
const char *html_figure(double value, char text[HTML_SHORT_SIZE]);

/* A row's heading, and instead of figures why there are none. */
void html_line_name(const struct html *html, const struct line *line);
void html_line_state(const struct html *html, const struct line *line, unsigned columns);
/* Calls row for each line that is shown, with a heading before each group. */
void html_rows(const struct html *html, const struct lines *lines, unsigned columns,
               bool (*shows)(const struct line *line, const void *context), const void *context,
               void (*row)(const struct html *html, const struct line *line, const void *context));

void html_latencies(const struct html *html, const struct lines *lines);
void html_exits(const struct html *html, const struct lines *lines);
void html_rates(const struct html *html, const struct lines *lines);

#endif
