/* SPDX-License-Identifier: MIT */
/*
 * Extends the page tables that the door left in CR3. Only what is used gets mapped: filling a
 * directory costs a thousand instructions a GiB where the CPU has no 1 GiB pages.
 */
#include "paging.h"

#include "cpu.h"
#include "errors.h"
#include "noinit.h"

#include <stdbool.h>
#include <string.h>

#define TABLE_ENTRIES 512
#define TABLE_POOL 24
#define LEVEL4_SHIFT 39
#define LEVEL3_SHIFT 30
#define LEVEL2_SHIFT 21
#define ONE_GIB (1ull << LEVEL3_SHIFT)
#define TWO_MIB (1ull << LEVEL2_SHIFT)

struct table {
    uint64_t entry[TABLE_ENTRIES];
};

static NOINIT struct table pool[TABLE_POOL] __attribute__((aligned(4096)));
static unsigned pool_used;

static struct table *table_at(uint64_t entry)
{
    return (struct table *)(uintptr_t)(entry & PAGE_ADDRESS_MASK);
}

static uint64_t *entry_for(struct table *table, uint64_t address, unsigned shift)
{
    return &table->entry[address >> shift & (TABLE_ENTRIES - 1)];
}

/* The table behind entry, made if there is none; NULL when the pool is empty. */
static struct table *table_below(uint64_t *entry)
{
    if (!(*entry & PAGE_PRESENT)) {
        if (pool_used == TABLE_POOL)
            return NULL;
        struct table *table = &pool[pool_used++];
        memset(table, 0, sizeof(*table));
        *entry = (uintptr_t)table | PAGE_PRESENT | PAGE_WRITABLE | PAGE_ACCESSED;
    }
    return table_at(*entry);
}

static uint64_t page_flags(enum paging_kind kind)
{
    uint64_t flags = PAGE_PRESENT | PAGE_WRITABLE | PAGE_ACCESSED | PAGE_DIRTY | PAGE_LARGE;
    if (kind == PAGING_DEVICE)
        flags |= PAGE_WRITE_THROUGH | PAGE_CACHE_DISABLE;
    return flags;
}

/* Maps the page around address and stores where it ends. */
static int map_one(struct table *level4, uint64_t address, uint64_t flags, uint64_t *end)
{
    struct table *first_level3 = table_at(level4->entry[0]);
    bool gib_pages = first_level3->entry[0] & PAGE_LARGE;

    struct table *level3 = table_below(entry_for(level4, address, LEVEL4_SHIFT));
    if (!level3)
        return ERR_NO_MEMORY;
    uint64_t *entry3 = entry_for(level3, address, LEVEL3_SHIFT);
    if (!(*entry3 & PAGE_PRESENT) && gib_pages)
        *entry3 = (address & ~(ONE_GIB - 1)) | flags;
    if (*entry3 & PAGE_LARGE) {
        *end = (address | (ONE_GIB - 1)) + 1;
        return ERR_OK;
    }

    struct table *level2 = table_below(entry3);
    if (!level2)
        return ERR_NO_MEMORY;
    uint64_t *entry2 = entry_for(level2, address, LEVEL2_SHIFT);
    if (!(*entry2 & PAGE_PRESENT))
        *entry2 = (address & ~(TWO_MIB - 1)) | flags;
    *end = (address | (TWO_MIB - 1)) + 1;
    return ERR_OK;
}

int paging_map(uint64_t base, uint64_t length, enum paging_kind kind)
{
    return paging_map_in(cpu_cr3(), base, length, kind);
}

int paging_map_in(uint64_t level4, uint64_t base, uint64_t length, enum paging_kind kind)
{
    if (base > PAGING_LIMIT || length > PAGING_LIMIT - base)
        return ERR_RANGE;
    uint64_t flags = page_flags(kind);
    for (uint64_t at = base; at < base + length;) {
        int error = map_one(table_at(level4), at, flags, &at);
        if (error)
            return error;
    }
    return ERR_OK;
}
