/* SPDX-License-Identifier: MIT */
/*
 * Hunks in the manner of diff -u: " " in both, "-" removed, "+" added. What has moved is shown twice: "<" where
 * it was, ">" where it is now.
 */
#include "diff_print.h"

#include "../../report.h"
#include "diff.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define CONTEXT 3     /* lines */
#define PARTING_MAX 8 /* lines of each, of two that are too different */

enum verdict { EQUAL = 0, DIFFERENT = 1 };

struct printer {
    const struct boot_sequence *a, *b;
    const struct boot_tables *tables;
    FILE *out;
    size_t most, shown; /* changes */
    size_t held;        /* lines of both, right before the place, that are not printed */
    size_t after;       /* lines of context printed since the last change */
    bool any;           /* a change has been printed */
};

/* --- lines ------------------------------------------------------------------------------------------ */

static void put_line(const struct printer *p, char mark, const struct boot_sequence *boot,
                     size_t index)
{
    char time[32] = "";
    if (boot->title != NULL)
        snprintf(time, sizeof time, "%" PRIu64 ".%06" PRIu64, boot->times[index] / 1000000000,
                 boot->times[index] / 1000 % 1000000);
    fprintf(p->out, "%c %7zu %12s  %s", mark, index + 1, time,
            line_table_line(p->tables->lines, boot->lines[index]));
}

static void put_same(const struct printer *p, size_t j)
{
    put_line(p, ' ', p->b, j);
    fputc('\n', p->out);
}

/* A line of both: context behind a change, or perhaps before the next one. */
static void take_same(struct printer *p, size_t j)
{
    if (!p->any || p->after == CONTEXT || p->held > 0) {
        p->held++;
        return;
    }
    put_same(p, j);
    p->after++;
}

/* What stands before a change at i and j. */
static void begin_change(struct printer *p, size_t i, size_t j)
{
    size_t before = p->held < CONTEXT ? p->held : CONTEXT;
    if (!p->any || p->held > before)
        fprintf(p->out, "@@ line %zu, line %zu @@\n", i - before + 1, j - before + 1);
    for (size_t k = before; k > 0; k--)
        put_same(p, j - k);
    p->held = p->after = 0;
    p->any = true;
    p->shown++;
}

static void put_removed(struct printer *p, const struct diff *diff, size_t i, size_t j)
{
    bool moved = diff->a[i] == DIFF_MOVED;
    begin_change(p, i, j);
    put_line(p, moved ? '<' : '-', p->a, i);
    if (moved)
        fprintf(p->out, "  (now line %" PRIu32 ")", diff->a_other[i] + 1);
    fputc('\n', p->out);
}

static void put_added(struct printer *p, const struct diff *diff, size_t i, size_t j)
{
    bool moved = diff->b[j] == DIFF_MOVED;
    begin_change(p, i, j);
    put_line(p, moved ? '>' : '+', p->b, j);
    if (moved)
        fprintf(p->out, "  (was line %" PRIu32 ")", diff->b_other[j] + 1);
    fputc('\n', p->out);
}

static void put_hunks(struct printer *p, const struct diff *diff)
{
    size_t i = 0, j = 0;
    while ((i < p->a->count || j < p->b->count) && p->shown < p->most) {
        if (i < p->a->count && diff->a[i] != DIFF_SAME) {
            put_removed(p, diff, i++, j);
        } else if (j < p->b->count && diff->b[j] != DIFF_SAME) {
            put_added(p, diff, i, j++);
        } else {
            take_same(p, j);
            i++, j++;
        }
    }
    size_t all = diff->removed + diff->added + 2 * diff->moved;
    if (all > p->shown)
        fprintf(p->out, "... and %zu more\n", all - p->shown);
}

/* Of two that are too different: only where they part. */
static void put_parting(struct printer *p)
{
    const struct boot_sequence *a = p->a, *b = p->b;
    size_t at = 0;
    while (at < a->count && at < b->count && a->lines[at] == b->lines[at])
        at++;
    p->held = at;
    begin_change(p, at, at);
    for (size_t i = at; i < a->count && i < at + PARTING_MAX; i++) {
        put_line(p, '-', a, i);
        fputc('\n', p->out);
    }
    for (size_t j = at; j < b->count && j < at + PARTING_MAX; j++) {
        put_line(p, '+', b, j);
        fputc('\n', p->out);
    }
    fprintf(p->out, "...\n");
}

/* --- counts ----------------------------------------------------------------------------------------- */

static struct device_count count_of(const struct boot_sequence *boot, uint32_t device)
{
    return device < boot->device_room ? boot->devices[device] : (struct device_count){0};
}

static void put_counts(const struct printer *p)
{
    bool any = false;
    for (uint32_t i = 0; i < line_table_count(p->tables->names); i++) {
        struct device_count a = count_of(p->a, i), b = count_of(p->b, i);
        if (a.accesses == b.accesses && a.exits == b.exits)
            continue;
        if (!any)
            fprintf(p->out, "%-24s %26s %26s\n", "counts that differ", "accesses", "exits");
        any = true;
        fprintf(p->out, "%-24s %11" PRIu64 " -> %11" PRIu64 " %11" PRIu64 " -> %11" PRIu64 "\n",
                line_table_line(p->tables->names, i), a.accesses, b.accesses, a.exits, b.exits);
    }
}

/* --- all of it -------------------------------------------------------------------------------------- */

static void put_title(FILE *out, const char *mark, const struct boot_sequence *boot)
{
    fprintf(out, "%s %s%s%s\n", mark, boot->path, boot->title ? ": " : "",
            boot->title ? boot->title : "");
}

static bool are_equal(const struct boot_sequence *a, const struct boot_sequence *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->lines, b->lines, a->count * sizeof a->lines[0]) == 0);
}

/* Behind the changes, when there are any. */
static void put_verdict(const struct printer *p, const struct diff *diff)
{
    if (are_equal(p->a, p->b))
        fprintf(p->out, "equal: %zu lines\n", p->a->count);
    else if (diff == NULL)
        fprintf(p->out, "differ: too much to say how; %zu lines and %zu lines\n", p->a->count,
                p->b->count);
    else
        fprintf(p->out, "differ: %zu removed, %zu added, %zu moved; %zu lines and %zu lines\n",
                diff->removed, diff->added, diff->moved, p->a->count, p->b->count);
}

int diff_print(const struct boot_sequence *a, const struct boot_sequence *b,
               const struct boot_tables *tables, size_t most, bool counts, FILE *out)
{
    struct printer p = {.a = a, .b = b, .tables = tables, .out = out, .most = most};
    struct diff diff;
    int error = diff_compare(a->lines, a->count, b->lines, b->count,
                             line_table_count(tables->lines), DIFF_WORK_MAX, &diff);
    bool equal = are_equal(a, b);
    if (error && error != -E2BIG) {
        diff_free(&diff);
        return wrong_use(b->path, NULL, "%s", strerror(-error));
    }
    if (!equal) {
        put_title(out, "---", a);
        put_title(out, "+++", b);
        if (error)
            put_parting(&p);
        else
            put_hunks(&p, &diff);
    }
    if (counts)
        put_counts(&p);
    put_verdict(&p, error ? NULL : &diff);
    diff_free(&diff);
    return equal ? EQUAL : DIFFERENT;
}
