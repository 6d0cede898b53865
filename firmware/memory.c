/* SPDX-License-Identifier: MIT */
/* A bump allocator over the RAM that boot_info names. */
#include "memory.h"

#include "noinit.h"
#include "paging.h"

#include <stddef.h>
#include <string.h>

static NOINIT struct boot_memory_range ranges[MEMORY_RANGES_MAX]; /* what is still free */
static unsigned range_count;

void memory_init(const struct boot_info *info)
{
    range_count = 0;
    for (unsigned i = 0; i < info->ram_count && i < BOOT_MEMORY_RANGES; i++) {
        if (info->ram[i].length > 0)
            ranges[range_count++] = info->ram[i];
    }
}

static void *mapped(uint64_t base, uint64_t size)
{
    return paging_map(base, size, PAGING_RAM) ? NULL : (void *)(uintptr_t)base;
}

void *memory_alloc(uint64_t size, uint64_t align)
{
    for (unsigned i = 0; i < range_count; i++) {
        struct boot_memory_range *range = &ranges[i];
        uint64_t gap = -range->base & (align - 1);
        if (gap > range->length || size > range->length - gap)
            continue;
        uint64_t base = range->base + gap;
        range->base = base + size;
        range->length -= gap + size;
        return mapped(base, size);
    }
    return NULL;
}

void *memory_alloc_at(uint64_t address, uint64_t size)
{
    for (unsigned i = 0; i < range_count; i++) {
        struct boot_memory_range *range = &ranges[i];
        uint64_t before = address - range->base;
        if (address < range->base || before > range->length || size > range->length - before)
            continue;
        if (range_count == MEMORY_RANGES_MAX)
            return NULL;
        ranges[range_count++] = (struct boot_memory_range){
            .base = address + size,
            .length = range->length - before - size,
        };
        range->length = before;
        return mapped(address, size);
    }
    return NULL;
}

void memory_save(struct memory_state *state)
{
    memcpy(state->ranges, ranges, sizeof(ranges));
    state->range_count = range_count;
}

void memory_restore(const struct memory_state *state)
{
    memcpy(ranges, state->ranges, sizeof(ranges));
    range_count = state->range_count;
}

int memory_map(uint64_t base, uint64_t length)
{
    return paging_map(base, length, PAGING_DEVICE);
}
