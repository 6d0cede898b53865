/* SPDX-License-Identifier: MIT */
/* What a page of HTML is made of that is one file and fetches nothing: head, escaped text, style, script. */
#ifndef HOST_TRACE_PAGE_HTML_H
#define HOST_TRACE_PAGE_HTML_H

#include "../viewer/assets.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct html {
    FILE *out;
    char nonce[33]; /* names what may run and style: guest and files cannot know it */
};

/* Up to and with <body>. A policy forbids to fetch anything, and to run or style by anything that does not
 * carry the nonce. styles: the style sheets, one after the other; ends with NULL. */
void html_begin(struct html *html, FILE *out, const char *title,
                const struct viewer_asset *const styles[]);
/* The script, and the end of the page. */
void html_end(struct html *html, const struct viewer_asset *script);

/* Text as text, in an element or in an attribute with quotes, whatever is in it: markup is escaped, controls
 * are shown as \x1b, bytes that are no UTF-8 as U+FFFD. */
void html_text(const struct html *html, const char *text);

#define HTML_SHORT_SIZE 32
/* "870 ns", "12.3 us" (with a micro sign), "4.56 ms", "1.23 s" */
const char *html_duration(uint64_t ns, char text[HTML_SHORT_SIZE]);
/* A time of the run: "12.345 ms" */
const char *html_time(uint64_t ns, char text[HTML_SHORT_SIZE]);
/* "1,234,567" */
const char *html_count(uint64_t count, char text[HTML_SHORT_SIZE]);
/* "8 B", "4 KiB", "1.5 GiB" */
const char *html_bytes(uint64_t bytes, char text[HTML_SHORT_SIZE]);

#endif
