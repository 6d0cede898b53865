/* SPDX-License-Identifier: MIT */
/* What the monitor understands of a line: words, numbers, and which command a word names. */
#ifndef FIRMWARE_SHELL_PARSE_H
#define FIRMWARE_SHELL_PARSE_H

#include "command.h"

#include <stdbool.h>
#include <stdint.h>

/* Cuts line at its blanks, in place. Returns how many words there are; words holds the first max. */
unsigned parse_words(char *line, const char **words, unsigned max);

/* 12, 0x1f, 64K, 0x2M, 1G: decimal unless it begins with 0x; K, M and G are powers of 1024. False for
 * anything else and for what does not fit into 64 bits. */
bool parse_number(const char *text, uint64_t *value);

/* A PCI function of bus 0: "02.0" or "00:02.0", hexadecimal. */
bool parse_function(const char *text, unsigned *device, unsigned *function);

/* The command that word names, and the width in bytes that it names with it: "in16" is "in" with 2,
 * "in" alone has its default width. NULL when there is none. */
const struct shell_command *parse_command(const struct shell_command *commands, unsigned count,
                                          const char *word, unsigned *width);

#endif
