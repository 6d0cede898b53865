/* SPDX-License-Identifier: MIT */
/* What bench shows: a table for people, and the same as JSON. */
#ifndef HOST_BENCH_OUTPUT_H
#define HOST_BENCH_OUTPUT_H

#include "kvm_kind.h"
#include "lines.h"

/* To standard output. */
void table_print(const struct lines *lines, const struct kvm_kind *kind);

/* {kvm: {...}, lines: [...]} to an open file. 0 or EXIT_STATUS_HOST after a message. */
int json_write(const struct lines *lines, const struct kvm_kind *kind, int fd, const char *path);

/* The cell whose exits per MiB stand for the line: the largest operations, as many in flight as there
 * are; reads where there are any. NULL where it moves nothing. */
const struct line_cell *line_bulk_cell(const struct line *line);

#endif
