/* SPDX-License-Identifier: MIT */
/* How many lines of code a mechanism takes on either side, as counted when this program was built. */
#ifndef HOST_BENCH_CODE_LINES_H
#define HOST_BENCH_CODE_LINES_H

struct code_lines {
    const char *name;
    unsigned driver, model;
};

/* NULL where there is no such name, or name is NULL. */
const struct code_lines *code_lines_find(const char *name);

#endif
