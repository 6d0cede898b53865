/* SPDX-License-Identifier: MIT */
/*
 * The counts behind the short form: a row for each device, register and direction, found by a hash, with a
 * histogram for its median. profile_print.c shows them.
 */
#include "profile_internal.h"

#include <stdlib.h>
#include <string.h>

/* A guest can touch any number of places that nobody answers at: what comes after so many rows is one row. */
#define ROWS_MAX (PROFILE_SLOTS / 2)
static const char others[] = "others";

/* Twelve buckets for each doubling: [2^n, 2^(n+1)) ns in equal parts. */
#define PARTS 12
#define BUCKETS (64 * PARTS)

/* Its name is strings[], device and register one behind the other. */
struct row {
    struct profile_row shown;
    uint32_t hash;
    uint32_t *buckets; /* of exits */
    char strings[];
};

static uint32_t hash_text(uint32_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return (hash ^ 0xff) * 16777619u; /* FNV-1a, and an end that is in no text */
}

struct profile *profile_create(void)
{
    struct profile *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->slots = calloc(PROFILE_SLOTS, sizeof *p->slots);
    p->rows = calloc(ROWS_MAX + 1, sizeof *p->rows); /* and the others */
    p->shown = calloc(ROWS_MAX + 1, sizeof *p->shown);
    if (p->slots != NULL && p->rows != NULL && p->shown != NULL)
        return p;
    profile_destroy(p);
    return NULL;
}

void profile_destroy(struct profile *p)
{
    if (p == NULL)
        return;
    for (unsigned i = 0; p->rows != NULL && i < p->count; i++) {
        free(p->rows[i]->buckets);
        free(p->rows[i]);
    }
    free(p->slots);
    free(p->rows);
    free(p->shown);
    free(p);
}

/* --- rows ------------------------------------------------------------------------------------------- */

static bool is_row(const struct row *row, uint32_t hash, const char *device, const char *reg,
                   bool is_write)
{
    return row->hash == hash && row->shown.is_write == is_write &&
           strcmp(row->shown.device, device) == 0 && strcmp(row->shown.reg, reg) == 0;
}

/* Where the row is, or would be. There are twice as many slots as rows. */
static struct row **find_slot(struct profile *p, uint32_t hash, const char *device, const char *reg,
                              bool is_write)
{
    for (uint32_t at = hash;; at++) {
        struct row **slot = &p->slots[at % PROFILE_SLOTS];
        if (*slot == NULL || is_row(*slot, hash, device, reg, is_write))
            return slot;
    }
}

static struct row *make_row(uint32_t hash, const char *device, const char *reg, bool is_write)
{
    size_t device_size = strlen(device) + 1, reg_size = strlen(reg) + 1;
    struct row *row = calloc(1, sizeof *row + device_size + reg_size);
    if (row == NULL)
        return NULL;
    row->buckets = calloc(BUCKETS, sizeof *row->buckets);
    if (row->buckets == NULL) {
        free(row);
        return NULL;
    }
    memcpy(row->strings, device, device_size);
    memcpy(row->strings + device_size, reg, reg_size);
    row->hash = hash;
    row->shown = (struct profile_row){
        .device = row->strings, .reg = row->strings + device_size, .is_write = is_write};
    return row;
}

/* NULL without memory. */
static struct row *find_row(struct profile *p, const char *device, const char *reg, bool is_write)
{
    uint32_t hash = hash_text(hash_text(2166136261u + is_write, device), reg);
    struct row **slot = find_slot(p, hash, device, reg, is_write);
    if (*slot != NULL)
        return *slot;
    if (p->count >= ROWS_MAX - 1 && device != others)
        return find_row(p, others, others, is_write);
    struct row *row = make_row(hash, device, reg, is_write);
    if (row == NULL)
        return NULL;
    *slot = row;
    p->rows[p->count++] = row;
    return row;
}

/* --- the histogram ---------------------------------------------------------------------------------- */

static unsigned bucket_of(uint64_t ns)
{
    if (ns == 0)
        return 0;
    unsigned octave = 63 - (unsigned)__builtin_clzll(ns);
    uint64_t above = ns - (1ull << octave);
    /* above * PARTS >> octave, where that does not fit */
    uint64_t part = octave < 60 ? (above * PARTS) >> octave : (above >> 4) * PARTS >> (octave - 4);
    return octave * PARTS + (unsigned)part;
}

/* The middle of the bucket. */
static uint64_t bucket_ns(unsigned bucket)
{
    double octave = (double)(1ull << (bucket / PARTS));
    return (uint64_t)(octave + octave * (2 * (bucket % PARTS) + 1) / (2.0 * PARTS));
}

static uint64_t median(const struct row *row)
{
    uint64_t seen = 0, middle = row->shown.exits / 2;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += row->buckets[i];
        if (seen > middle)
            return bucket_ns(i);
    }
    return 0;
}

/* --- what comes in ---------------------------------------------------------------------------------- */

const char *profile_device(const char *device, const char *words)
{
    static const char function[] = "pci ", nobody[] = "nobody";
    size_t length = strlen(words);
    if (strncmp(device, function, sizeof function - 1) == 0 && length >= sizeof nobody - 1 &&
        strcmp(words + length - (sizeof nobody - 1), nobody) == 0)
        return PROFILE_NO_FUNCTION;
    return device;
}

void profile_access(struct profile *p, const char *device, const char *reg, bool is_write,
                    bool exit, uint64_t accesses, uint64_t ns)
{
    struct row *row = find_row(p, device, reg, is_write);
    if (exit) {
        p->exits++;
        p->exit_ns += ns;
    }
    if (row == NULL)
        return;
    row->shown.accesses += accesses;
    if (!exit) {
        row->shown.collected++;
        return;
    }
    row->shown.exits++;
    row->shown.ns += ns;
    if (ns > row->shown.longest_ns)
        row->shown.longest_ns = ns;
    uint32_t *bucket = &row->buckets[bucket_of(ns)];
    *bucket += *bucket < UINT32_MAX;
}

void profile_other_exit(struct profile *p, uint64_t ns)
{
    p->other_exits++;
    p->other_ns += ns;
}

void profile_host(struct profile *p, uint64_t ns)
{
    p->other_ns += ns;
}

void profile_backend(struct profile *p, uint64_t ns)
{
    p->backend_ns += ns;
}

void profile_request(struct profile *p, uint64_t ns)
{
    p->requests++;
    p->request_ns += ns;
}

/* --- what comes out --------------------------------------------------------------------------------- */

/* Most exits first; by name where nothing else tells them apart. */
static int compare_rows(const void *one, const void *other)
{
    const struct profile_row *a = one, *b = other;
    if (a->exits != b->exits)
        return a->exits < b->exits ? 1 : -1;
    if (a->collected != b->collected)
        return a->collected < b->collected ? 1 : -1;
    int by_device = strcmp(a->device, b->device), by_reg = strcmp(a->reg, b->reg);
    return by_device != 0 ? by_device : by_reg != 0 ? by_reg : a->is_write - b->is_write;
}

const struct profile_row *profile_rows(struct profile *p, unsigned *count)
{
    for (unsigned i = 0; i < p->count; i++) {
        p->rows[i]->shown.median_ns = median(p->rows[i]);
        p->shown[i] = p->rows[i]->shown;
    }
    qsort(p->shown, p->count, sizeof p->shown[0], compare_rows);
    *count = p->count;
    return p->shown;
}
