/* SPDX-License-Identifier: MIT */
/* The table's second part: how fast bytes move by size, direction and depth; and against the host. */
#include "table.h"

#include "settings.h"

#include <stdio.h>
#include <string.h>

#define CELL_WIDTH 7
#define SERIES (DIRECTIONS * DEPTHS) /* of SIZES columns each */
#define SERIES_WIDTH (SIZES * (CELL_WIDTH + 1))

static const char *const series_names[SERIES] = {"reading, one in flight", "reading, 32 in flight",
                                                 "writing, one in flight", "writing, 32 in flight"};

static const struct line_cell *cell_at(const struct line *line, unsigned series, unsigned size)
{
    return &line->cells[series / DEPTHS][size][series % DEPTHS];
}

/* Something to say in count series from first. */
static bool has_cells(const struct line *line, unsigned first, unsigned count)
{
    if (!table_shows(line) || line->state != LINE_MEASURED || !line->moves_data)
        return false;
    for (unsigned i = first * SIZES; i < (first + count) * SIZES; i++) {
        const struct line_cell *cell = cell_at(line, i / SIZES, i % SIZES);
        if (cell->measured || cell->missing)
            return true;
    }
    return false;
}

static void print_line(const struct line *line, unsigned first, unsigned count)
{
    printf("  %-*s", NAME_WIDTH - 2, line->name);
    for (unsigned i = first * SIZES; i < (first + count) * SIZES; i++) {
        const struct line_cell *cell = cell_at(line, i / SIZES, i % SIZES);
        if (cell->measured)
            table_number(cell->mib_per_s, CELL_WIDTH);
        else
            printf(" %*s", CELL_WIDTH, cell->missing ? "..." : "-");
    }
    printf("\n");
}

static void print_block(const struct lines *lines, unsigned first, unsigned count)
{
    static const char *const sizes[SIZES] = {"512", "4K", "64K", "1M"};
    bool any = false;
    for (unsigned i = 0; i < lines->count; i++)
        any |= has_cells(&lines->line[i], first, count);
    if (!any)
        return;
    printf("\n%-*s", NAME_WIDTH, "MiB/s");
    for (unsigned i = 0; i < count; i++)
        printf(" %-*s", i + 1 < count ? SERIES_WIDTH - 1 : 0, series_names[first + i]);
    printf("\n%-*s", NAME_WIDTH, "");
    for (unsigned i = 0; i < count * SIZES; i++)
        printf(" %*s", CELL_WIDTH, sizes[i % SIZES]);
    printf("\n");
    for (unsigned i = 0; i < lines->count; i++)
        if (has_cells(&lines->line[i], first, count))
            print_line(&lines->line[i], first, count);
}

/* Why "..." stands in a cell. There is one reason, or there are both: then each line's is in the JSON. */
static void print_missing(const struct lines *lines)
{
    const char *first = NULL, *other = NULL;
    for (unsigned i = 0; i < lines->count; i++) {
        const char *cut = has_cells(&lines->line[i], 0, SERIES) ? lines->line[i].cut : NULL;
        if (cut != NULL && first != NULL && strcmp(first, cut) != 0)
            other = cut;
        else if (cut != NULL)
            first = cut;
    }
    if (first != NULL)
        printf("...: not measured: %s%s%s\n", first, other != NULL ? " or " : "",
               other != NULL ? other : "");
}

void table_print_rates(const struct lines *lines, unsigned width)
{
    unsigned count = SERIES;
    while (count > 1 && NAME_WIDTH + count * SERIES_WIDTH > width)
        count /= 2;
    for (unsigned first = 0; first < SERIES; first += count)
        print_block(lines, first, count);
    print_missing(lines);
}

/* --- against the host ------------------------------------------------------------------------------ */

static const struct line *find(const struct lines *lines, const char *name)
{
    for (unsigned i = 0; i < lines->count; i++)
        if (strcmp(lines->line[i].name, name) == 0)
            return &lines->line[i];
    return NULL;
}

void table_print_ratios(const struct lines *lines)
{
    static const char *const guests[] = {"chunk ring", "chunk ring, irq",
                                         "virtio-blk split, indirect, event_idx",
                                         "virtio-blk packed", "virtio-blk 4 queues"};
    const struct line *uring = find(lines, LINE_URING);
    const struct line_cell *host = uring ? &uring->cells[READ][LATENCY_SIZE][MANY] : NULL;
    if (host == NULL || !host->measured || host->ops_per_s <= 0)
        return;
    bool any = false;
    for (unsigned i = 0; i < sizeof guests / sizeof guests[0]; i++) {
        const struct line *line = find(lines, guests[i]);
        const struct line_cell *cell = line ? &line->cells[READ][LATENCY_SIZE][MANY] : NULL;
        if (cell == NULL || !cell->measured)
            continue;
        if (!any)
            printf(
                "\nrandom 4 KiB reads, %u in flight, against the host's own by io_uring (%.0f/s)\n",
                cell->depth, host->ops_per_s);
        any = true;
        printf("  %-*s %9.0f/s %9.3f\n", NAME_WIDTH - 2, line->name, cell->ops_per_s,
               cell->ops_per_s / host->ops_per_s);
    }
}
