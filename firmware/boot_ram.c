/* SPDX-License-Identifier: MIT */
/* Ranges of RAM added to and taken from boot_info.ram. */
#include "boot_ram.h"

#include "abi/machine.h"

#include <string.h>

void boot_ram_begin(struct boot_info *info)
{
    info->ram_count = 0;
    info->ram_end = info->ram_end_low = 0;
}

/* What devices must keep clear of, whether or not there is room in the table for it. */
static void note_end(struct boot_info *info, uint64_t base, uint64_t length)
{
    uint64_t end = base + length;
    if (end > info->ram_end)
        info->ram_end = end;
    if (base < FOUR_GIB && end > info->ram_end_low)
        info->ram_end_low = end < FOUR_GIB ? end : FOUR_GIB;
}

/* Takes every range that touches or overlaps *range out of the table and makes it part of *range. */
static void merge(struct boot_info *info, struct boot_memory_range *range)
{
    for (unsigned i = 0; i < info->ram_count; i++) {
        const struct boot_memory_range *other = &info->ram[i];
        uint64_t end = range->base + range->length, other_end = other->base + other->length;
        if (end < other->base || other_end < range->base)
            continue;
        uint64_t base = other->base < range->base ? other->base : range->base;
        *range = (struct boot_memory_range){base, (other_end > end ? other_end : end) - base};
        info->ram[i] = info->ram[--info->ram_count];
        i = UINT32_MAX; /* from the start: it may touch more now */
    }
}

static void replace_smallest(struct boot_info *info, struct boot_memory_range range)
{
    unsigned smallest = 0;
    for (unsigned i = 1; i < info->ram_count; i++) {
        if (info->ram[i].length < info->ram[smallest].length)
            smallest = i;
    }
    if (range.length > info->ram[smallest].length)
        info->ram[smallest] = range;
}

static void keep(struct boot_info *info, struct boot_memory_range range)
{
    merge(info, &range);
    if (info->ram_count < BOOT_MEMORY_RANGES)
        info->ram[info->ram_count++] = range;
    else
        replace_smallest(info, range);
}

void boot_ram_add(struct boot_info *info, uint64_t base, uint64_t length)
{
    if (length == 0 || length > UINT64_MAX - base)
        return;
    if (base < HIGH_MEMORY_BASE) {
        if (length <= HIGH_MEMORY_BASE - base)
            return;
        length -= HIGH_MEMORY_BASE - base;
        base = HIGH_MEMORY_BASE;
    }
    note_end(info, base, length);
    keep(info, (struct boot_memory_range){base, length});
}

void boot_ram_take(struct boot_info *info, uint64_t base, uint64_t length)
{
    uint64_t end = length > UINT64_MAX - base ? UINT64_MAX : base + length;
    struct boot_memory_range before[BOOT_MEMORY_RANGES];
    unsigned count = info->ram_count;
    if (base == end)
        return;
    memcpy(before, info->ram, count * sizeof(before[0]));
    info->ram_count = 0;
    for (unsigned i = 0; i < count; i++) {
        struct boot_memory_range range = before[i];
        uint64_t range_end = range.base + range.length;
        if (end <= range.base || base >= range_end) {
            keep(info, range);
            continue;
        }
        if (base > range.base)
            keep(info, (struct boot_memory_range){range.base, base - range.base});
        if (end < range_end)
            keep(info, (struct boot_memory_range){end, range_end - end});
    }
}

void boot_ram_from_map(struct boot_info *info, const struct boot_map_entry *map, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (map[i].ram)
            boot_ram_add(info, map[i].base, map[i].length);
    }
    for (unsigned i = 0; i < count; i++) {
        if (!map[i].ram)
            boot_ram_take(info, map[i].base, map[i].length);
    }
}
