/* SPDX-License-Identifier: MIT */
/* The sequence of a whole boot (sequence.h), read from a trace or from a golden file, ready to be compared. */
#ifndef HOST_TRACE_BOOT_SEQUENCE_H
#define HOST_TRACE_BOOT_SEQUENCE_H

#include "line_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct device_count {
    uint64_t accesses; /* elements of string instructions, and every turn of a poll */
    uint64_t exits;
};

struct boot_sequence {
    const char *path;
    char *title;     /* of a trace: the command; NULL: a golden file */
    uint32_t *lines; /* numbers in the table of lines */
    uint64_t *times; /* ns, of the last access of each line; 0 in a golden file */
    size_t count, room;
    struct device_count *devices; /* by their numbers in the table of names */
    uint32_t device_room;
};

/* What several boots have in common, so that their numbers can be compared. */
struct boot_tables {
    struct line_table *lines;
    struct line_table *names; /* of devices, among others */
};

bool boot_tables_create(struct boot_tables *tables);
void boot_tables_destroy(struct boot_tables *tables);

/* 0 or EXIT_STATUS_USAGE after a message. boot_sequence_free() after any answer. */
int boot_sequence_of_trace(struct boot_sequence *boot, struct boot_tables *tables,
                           const char *path);
int boot_sequence_of_golden(struct boot_sequence *boot, struct boot_tables *tables,
                            const char *path);
void boot_sequence_free(struct boot_sequence *boot);

/* As a golden file has it: every line with its newline, nothing else. */
void boot_sequence_write(const struct boot_sequence *boot, const struct boot_tables *tables,
                         FILE *out);

#endif
