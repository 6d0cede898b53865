/* SPDX-License-Identifier: MIT */
/* What bench shows: a table for people, and the same as JSON. */
#ifndef HOST_BENCH_OUTPUT_H
#define HOST_BENCH_OUTPUT_H

#include "kvm_kind.h"
#include "lines.h"

#include <jansson.h>

/* To standard output. */
void table_print(const struct lines *lines, const struct kvm_kind *kind);

/* {kvm: {...}, lines: [...]}; NULL: no memory. */
json_t *bench_json(const struct lines *lines, const struct kvm_kind *kind);
/* The same to an open file. 0 or EXIT_STATUS_HOST after a message. */
int json_write(const struct lines *lines, const struct kvm_kind *kind, int fd, const char *path);

/* "measured", "not here", ... */
const char *line_state_name(enum line_state state);
/* It was wanted, and something can be said of it. */
bool table_shows(const struct line *line);

/* The cell whose exits per MiB stand for the line: the largest operations, as many in flight as there
 * are; reads where there are any. NULL where it moves nothing. */
const struct line_cell *line_bulk_cell(const struct line *line);

#endif
