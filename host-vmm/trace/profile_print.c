/* SPDX-License-Identifier: MIT */
/* The short form as text: exits by device, the busiest registers, where the time went. */
#include "profile_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAME_WIDTH 41 /* of a register: with the columns behind it 80 */
#define DEVICE_WIDTH 24
#define DEVICES_SHOWN 20 /* a guest can find any number of them */

struct device_sum {
    const char *name;
    uint64_t exits, accesses, collected, ns;
};

static double ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

static double us(uint64_t ns)
{
    return (double)ns / 1e3;
}

/* --- devices ---------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct profile_row *x = a, *y = b;
    return strcmp(x->device, y->device);
}

static int by_exits(const void *a, const void *b)
{
    const struct device_sum *x = a, *y = b;
    if (x->exits != y->exits)
        return x->exits < y->exits ? 1 : -1;
    if (x->collected != y->collected)
        return x->collected < y->collected ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* Rows of one device added up, most exits first. NULL without memory. */
static struct device_sum *sum_devices(const struct profile_row *rows, unsigned count,
                                      unsigned *devices)
{
    struct profile_row *sorted = calloc(count + 1, sizeof *sorted);
    struct device_sum *sums = calloc(count + 1, sizeof *sums);
    *devices = 0;
    if (sorted == NULL || sums == NULL) {
        free(sorted);
        free(sums);
        return NULL;
    }
    memcpy(sorted, rows, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_name);
    for (unsigned i = 0; i < count; i++) {
        if (i == 0 || strcmp(sorted[i].device, sorted[i - 1].device) != 0)
            sums[(*devices)++].name = sorted[i].device;
        struct device_sum *sum = &sums[*devices - 1];
        sum->exits += sorted[i].exits;
        sum->accesses += sorted[i].accesses;
        sum->collected += sorted[i].collected;
        sum->ns += sorted[i].ns;
    }
    free(sorted);
    qsort(sums, *devices, sizeof *sums, by_exits);
    return sums;
}

static void print_device(const struct device_sum *sum, FILE *out)
{
    fprintf(out, "%-*.*s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12.3f\n", DEVICE_WIDTH,
            DEVICE_WIDTH, sum->name, sum->exits, sum->accesses, sum->collected, ms(sum->ns));
}

static void print_devices(const struct profile *p, const struct profile_row *rows, unsigned count,
                          FILE *out)
{
    unsigned devices;
    struct device_sum *sums = sum_devices(rows, count, &devices);
    char others[24];
    struct device_sum rest = {.name = others}, all = {.name = "all"};
    snprintf(others, sizeof others, "%u others", devices - DEVICES_SHOWN);
    fprintf(out, "%-*s %12s %12s %12s %12s\n", DEVICE_WIDTH, "device", "exits", "accesses",
            "collected", "host ms");
    for (unsigned i = 0; sums != NULL && i < devices; i++) {
        struct device_sum *into[] = {&all, &rest};
        for (unsigned n = 0; n < (i < DEVICES_SHOWN ? 1 : 2); n++) {
            into[n]->exits += sums[i].exits;
            into[n]->accesses += sums[i].accesses;
            into[n]->collected += sums[i].collected;
            into[n]->ns += sums[i].ns;
        }
        if (i < DEVICES_SHOWN)
            print_device(&sums[i], out);
    }
    if (devices > DEVICES_SHOWN)
        print_device(&rest, out);
    free(sums);
    if (p->other_exits > 0)
        fprintf(out, "%-*s %12" PRIu64 " %12s %12s %12.3f\n", DEVICE_WIDTH, "no access",
                p->other_exits, "", "", ms(p->other_ns));
    all.exits += p->other_exits;
    all.ns += p->other_ns;
    print_device(&all, out);
}

/* --- registers -------------------------------------------------------------------------------------- */

static void print_registers(const struct profile_row *rows, unsigned count, FILE *out)
{
    unsigned shown = count < PROFILE_BUSIEST ? count : PROFILE_BUSIEST;
    while (shown > 0 && rows[shown - 1].exits == 0)
        shown--;
    if (shown == 0)
        return;
    fprintf(out, "\n%-*s %10s %12s %14s\n", NAME_WIDTH, "busiest registers, by exits", "exits",
            "host ms", "median us");
    for (unsigned i = 0; i < shown; i++) {
        char name[160];
        const char *arrow = rows[i].is_write ? "<-" : "->";
        int room = NAME_WIDTH - 3;
        if (snprintf(name, sizeof name, "%s %s", rows[i].device, rows[i].reg) > room)
            memcpy(name + room - 3, "...", 4);
        fprintf(out, "%s %-*s %10" PRIu64 " %12.3f %14.3f\n", name,
                NAME_WIDTH - (int)strlen(name) - 1, arrow, rows[i].exits, ms(rows[i].ns),
                us(rows[i].median_ns));
    }
}

/* --- time ------------------------------------------------------------------------------------------- */

static void print_part(const char *name, uint64_t ns, uint64_t run_ns, FILE *out)
{
    fprintf(out, "%-*s %12.3f %6.1f %%\n", DEVICE_WIDTH, name, ms(ns),
            run_ns > 0 ? 100.0 * (double)ns / (double)run_ns : 0.0);
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static void print_time(const struct profile *p, uint64_t run_ns, FILE *out)
{
    uint64_t host = p->exit_ns + p->other_ns;
    fprintf(out, "\n%-*s %12s\n", DEVICE_WIDTH, "time", "total ms");
    print_part("in the guest", less(run_ns, host), run_ns, out);
    print_part("in host models", less(host, p->backend_ns), run_ns, out);
    print_part("in the backend", p->backend_ns, run_ns, out);
    print_part("all", run_ns, run_ns, out);
    if (p->requests > 0)
        fprintf(out, "%-*s %12.3f          %" PRIu64 " requests, beside the vCPU\n", DEVICE_WIDTH,
                "in workers", ms(p->request_ns), p->requests);
}

void profile_print(struct profile *p, uint64_t run_ns, FILE *out)
{
    unsigned count;
    const struct profile_row *rows = profile_rows(p, &count);
    print_devices(p, rows, count, out);
    print_registers(rows, count, out);
    fprintf(out, "\nhost ms, median us: what the exits took in user space\n");
    print_time(p, run_ns, out);
}
