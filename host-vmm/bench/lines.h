/* SPDX-License-Identifier: MIT */
/*
 * A line of the table, and all of them: what was measured, or why nothing was. They are in memory that is
 * shared with the processes that run the machines. No code here knows how a line is measured or shown.
 */
#ifndef HOST_BENCH_LINES_H
#define HOST_BENCH_LINES_H

#include "../machine_testdev.h"

#include <stdbool.h>
#include <stdint.h>

#define LINES_MAX 128
#define LINE_NAME_SIZE 64
#define LINE_NOTE_SIZE 160

/* Sizes in bytes, read or write, one or many in flight */
#define SIZES 4
extern const uint32_t line_sizes[SIZES];
enum { READ, WRITE, DIRECTIONS };
enum { ONE, MANY, DEPTHS };
#define MANY_DEPTH 32
#define LATENCY_SIZE 1 /* index of the size that a data line's latency is of: 4 KiB */

enum line_state {
    LINE_NOT_RUN,
    LINE_MEASURED,
    LINE_FAILED,       /* note says why, and the command fails */
    LINE_NOT_HERE,     /* this machine cannot: note says why */
    LINE_NOT_YET,      /* the program cannot */
    LINE_NOT_MEASURED, /* it was not its turn any more: note says why */
};

struct line_cell {
    bool measured;
    bool missing; /* not measured, although it could be: the line's cut says why */
    uint32_t depth;
    double mib_per_s, ops_per_s, exits_per_op, exits_per_mib, interrupts_per_op;
};

struct line {
    char name[LINE_NAME_SIZE];
    const char *group;
    const char *code; /* whose lines of code: see code_lines.h; NULL: nobody's */
    bool wanted;      /* by --filter */
    enum line_state state;
    char note[LINE_NOTE_SIZE];
    const char *cut; /* why cells are missing, or NULL */
    /* one operation */
    unsigned samples;
    bool has_latency, has_exits, has_kernel_exits;
    double cycles_min, cycles_median, cycles_p99;
    double ns_min, ns_median, ns_p99;
    double ops_per_s, exits_per_op, kernel_exits_per_op, interrupts_per_op;
    bool moves_data;
    struct line_cell cells[DIRECTIONS][SIZES][DEPTHS];
};

struct lines {
    double tsc_khz; /* the guest's TSC */
    unsigned count;
    struct line line[LINES_MAX];
};

/* The line called name, or NULL. */
struct line *lines_find(struct lines *lines, const char *name);

/* One more; NULL when there are too many. */
struct line *lines_add(struct lines *lines, const char *name, const char *group, const char *code);

/* What a machine measured becomes part of a line. baseline: TSC cycles that measuring itself takes. */
void line_take(struct line *line, const struct testdev_measurement *measurement, double baseline,
               double tsc_khz);

/* The same of count samples in cycles (sorted here), of operations that took seconds in all. */
void line_take_samples(struct line *line, uint64_t *samples, unsigned count, double baseline,
                       double tsc_khz);

/* The work on a line ended before it was done. What was measured stays; cells that are not, up to depths
 * of them for each size, are missing. depths 0: nobody knows what there would have been. */
void line_cut(struct line *line, const char *why, unsigned depths);

/* With fewer samples the 99th percentile is the maximum, or nothing at all. */
#define P99_SAMPLES 100

/* The middle one of samples (sorted here). */
double samples_median(uint64_t *samples, unsigned count);

void line_say(struct line *line, enum line_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
