/* SPDX-License-Identifier: MIT */
/* Whether bytes are characters: what a guest or a file name has in it need not be. */
#ifndef HOST_TRACE_UTF8_H
#define HOST_TRACE_UTF8_H

/* How many bytes the character at text has, or 0 where it is none: cut short, overlong, a surrogate, or beyond
 * U+10FFFF (Unicode 15, table 3-7). text ends with a NUL, behind which nothing is looked at. */
unsigned utf8_length(const unsigned char *text);

#endif
