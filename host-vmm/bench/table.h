/* SPDX-License-Identifier: MIT */
/* What the parts of the table have in common. */
#ifndef HOST_BENCH_TABLE_H
#define HOST_BENCH_TABLE_H

#include "output.h"

#define NAME_WIDTH 46

/* Three figures that mean something, and no exponents, behind a blank. */
void table_number(double value, int width);
/* For people who look at it on a terminal: its columns; otherwise as many as there may be. */
unsigned table_width(void);

/* bench_table_rates.c: how fast bytes move, in as many blocks as width asks for; and a few ratios. */
void table_print_rates(const struct lines *lines, unsigned width);
void table_print_ratios(const struct lines *lines);

#endif
