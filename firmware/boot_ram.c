/* SPDX-License-Identifier: MIT */
/* Ranges of RAM added to and taken from boot_info.ram. */
#include "boot_ram.h"

#include "abi/machine.h"

void boot_ram_add(struct boot_info *info, uint64_t base, uint64_t length)
{
    if (length > UINT64_MAX - base)
        return;
    if (base < HIGH_MEMORY_BASE) {
        if (length <= HIGH_MEMORY_BASE - base)
            return;
        length -= HIGH_MEMORY_BASE - base;
        base = HIGH_MEMORY_BASE;
    }
    if (length > 0 && info->ram_count < BOOT_MEMORY_RANGES)
        info->ram[info->ram_count++] = (struct boot_memory_range){base, length};
}

void boot_ram_take(struct boot_info *info, uint64_t base, uint64_t length)
{
    uint64_t end = length > UINT64_MAX - base ? UINT64_MAX : base + length;
    if (base == end)
        return;
    for (unsigned i = 0; i < info->ram_count; i++) {
        struct boot_memory_range *range = &info->ram[i];
        uint64_t range_end = range->base + range->length;
        if (end <= range->base || base >= range_end)
            continue;
        uint64_t below = base > range->base ? base - range->base : 0;
        uint64_t above = end < range_end ? range_end - end : 0;
        if (below == 0 && above == 0) {
            *range = info->ram[--info->ram_count];
            i--;
            continue;
        }
        if (below == 0)
            *range = (struct boot_memory_range){end, above};
        else
            range->length = below;
        if (below > 0 && above > 0)
            boot_ram_add(info, end, above);
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
