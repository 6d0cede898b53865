/* SPDX-License-Identifier: MIT */
/* Lines as numbers: equal lines have the same one, and each is kept once. */
#ifndef HOST_TRACE_LINE_TABLE_H
#define HOST_TRACE_LINE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct line_table;

/* NULL: no memory */
struct line_table *line_table_create(void);
void line_table_destroy(struct line_table *table);

/* The number of these bytes, from 0 on. 0 or -ENOMEM. */
int line_table_add(struct line_table *table, const char *line, size_t length, uint32_t *number);

/* How many there are. */
uint32_t line_table_count(const struct line_table *table);

/* Terminated; stays in place as long as the table. */
const char *line_table_line(const struct line_table *table, uint32_t number);

#endif
