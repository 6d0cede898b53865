/* SPDX-License-Identifier: MIT */
/* The arithmetic of the table: from samples and counts to latencies and rates. */
#include "lines.h"

#include "deadline.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB 1048576.0

const uint32_t line_sizes[SIZES] = {512, 4096, 65536, 1048576};

struct line *lines_find(struct lines *lines, const char *name)
{
    for (unsigned i = 0; i < lines->count; i++)
        if (strcmp(lines->line[i].name, name) == 0)
            return &lines->line[i];
    return NULL;
}

struct line *lines_add(struct lines *lines, const char *name, const char *group, const char *code)
{
    if (lines->count == LINES_MAX)
        return NULL;
    struct line *line = &lines->line[lines->count++];
    *line = (struct line){.group = group, .code = code};
    snprintf(line->name, sizeof line->name, "%s", name);
    return line;
}

void line_say(struct line *line, enum line_state state, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    line->state = state;
    vsnprintf(line->note, sizeof line->note, format, arguments);
    va_end(arguments);
}

void line_cut(struct line *line, const char *why, unsigned depths)
{
    for (unsigned i = 0; i < DIRECTIONS * SIZES * depths; i++) {
        struct line_cell *cell = &line->cells[i / depths / SIZES][i / depths % SIZES][i % depths];
        cell->missing = !cell->measured;
        if (cell->missing)
            line->cut = why;
    }
    if (line->state == LINE_NOT_RUN)
        line_say(line, LINE_NOT_MEASURED, "%s", why);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

double samples_median(uint64_t *samples, unsigned count)
{
    qsort(samples, count, sizeof samples[0], compare);
    return count > 0 ? (double)samples[count / 2] : 0;
}

static double above(uint64_t sample, double baseline)
{
    return (double)sample > baseline ? (double)sample - baseline : 0;
}

void line_take_samples(struct line *line, uint64_t *samples, unsigned count, double baseline,
                       double tsc_khz)
{
    if (count == 0)
        return;
    double ns = 1e6 / tsc_khz, sum = 0;
    line->cycles_median = above((uint64_t)samples_median(samples, count), baseline);
    line->cycles_min = above(samples[0], baseline);
    line->cycles_p99 = above(samples[(uint64_t)count * 99 / 100], baseline);
    line->ns_min = line->cycles_min * ns;
    line->ns_median = line->cycles_median * ns;
    line->ns_p99 = line->cycles_p99 * ns;
    for (unsigned i = 0; i < count; i++)
        sum += above(samples[i], baseline);
    line->ops_per_s = sum > 0 ? count * 1e9 / (sum * ns) : 0;
    line->samples = count;
    line->has_latency = true;
    line->state = LINE_MEASURED;
}

static void take_counts(struct line *line, const struct testdev_measurement *m, double operations)
{
    line->has_exits = true;
    line->exits_per_op = (double)m->exits / operations;
    line->interrupts_per_op = (double)m->interrupts / operations;
    line->has_kernel_exits = m->has_all_exits && m->all_exits >= m->exits;
    if (line->has_kernel_exits)
        line->kernel_exits_per_op = (double)(m->all_exits - m->exits) / operations;
}

/* Seconds that all operations took, of the guest's own clock. */
static double seconds_of(const struct testdev_measurement *m, double baseline, double tsc_khz)
{
    double cycles = (double)m->result->cycles;
    if (m->result->cycles == 0)
        for (unsigned i = 0; i < m->result->sample_count; i++)
            cycles += above(m->samples[i], baseline);
    return cycles / (tsc_khz * 1000);
}

static struct line_cell *cell_of(struct line *line, const struct testdev_result *r)
{
    for (unsigned i = 0; i < SIZES; i++)
        if (line_sizes[i] == r->size)
            return &line->cells[r->direction == TESTDEV_WRITE ? WRITE : READ][i]
                               [r->depth > 1 ? MANY : ONE];
    return NULL;
}

void line_take(struct line *line, const struct testdev_measurement *m, double baseline,
               double tsc_khz)
{
    const struct testdev_result *r = m->result;
    double operations = r->operations > 0 ? (double)r->operations : 1;
    struct line_cell *cell = r->size > 0 ? cell_of(line, r) : NULL;
    if (r->error == TESTDEV_ERROR_TIME && cell != NULL) {
        cell->missing = true;
        line->cut = OUT_OF_TIME;
        return;
    }
    if (r->error) {
        line_say(line, LINE_NOT_HERE, "%s",
                 r->error == TESTDEV_ERROR_CLOCKS ? "the guest's TSC is not the host's"
                                                  : "the firmware cannot");
        return;
    }
    if (cell != NULL) {
        double seconds = seconds_of(m, baseline, tsc_khz);
        double mib = operations * r->size / MIB;
        *cell = (struct line_cell){.measured = true,
                                   .depth = r->depth,
                                   .mib_per_s = seconds > 0 ? mib / seconds : 0,
                                   .ops_per_s = seconds > 0 ? operations / seconds : 0,
                                   .exits_per_op = (double)m->exits / operations,
                                   .exits_per_mib = (double)m->exits / mib,
                                   .interrupts_per_op = (double)m->interrupts / operations};
        line->moves_data = true;
        line->state = LINE_MEASURED;
    }
    /* A data line's latency is that of one size, one at a time; reads come first. */
    bool is_latency = r->depth <= 1 &&
                      (cell == NULL || r->size == line_sizes[LATENCY_SIZE] || !line->has_latency);
    if (!is_latency || (line->has_latency && r->direction == TESTDEV_WRITE &&
                        line->cells[READ][LATENCY_SIZE][ONE].measured))
        return;
    take_counts(line, m, operations);
    line_take_samples(line, m->samples, r->sample_count, baseline, tsc_khz);
}
