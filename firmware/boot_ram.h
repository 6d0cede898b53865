/* SPDX-License-Identifier: MIT */
/* boot_info.ram, as the doors fill it: from a memory map, less what is in use already. */
#ifndef FIRMWARE_BOOT_RAM_H
#define FIRMWARE_BOOT_RAM_H

#include "boot_info.h"

#include <stdbool.h>

/* No RAM yet. */
void boot_ram_begin(struct boot_info *info);

/* Adds RAM, but for what lies below 1 MiB: page tables, BIOS data and old firmware are there. Ranges that
 * touch or overlap become one; when the table is full the smallest range is given up. One that wraps is
 * left out. */
void boot_ram_add(struct boot_info *info, uint64_t base, uint64_t length);

/* Takes a range out again, wherever it overlaps. */
void boot_ram_take(struct boot_info *info, uint64_t base, uint64_t length);

#define BOOT_MAP_ENTRIES 128 /* as many as an e820 map may have */

struct boot_map_entry {
    uint64_t base, length;
    bool ram;
};

/* Adds the RAM of a memory map and takes out everything else that the map names. */
void boot_ram_from_map(struct boot_info *info, const struct boot_map_entry *map, unsigned count);

#endif
