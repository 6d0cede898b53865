/* SPDX-License-Identifier: MIT */
/* The PVH start information, copied. */
#include "handover.h"

#include "abi/pvh.h"
#include "loader_memory.h"

static void read_map(struct handover *handover, uint64_t address, uint32_t entries)
{
    unsigned count = 0;
    for (; count < entries && count < BOOT_MAP_ENTRIES; count++) {
        struct hvm_memmap_table_entry entry;
        if (!loader_read(address + (uint64_t)count * sizeof(entry), &entry, sizeof(entry)))
            break;
        handover->map[count] =
            (struct boot_map_entry){entry.addr, entry.size, entry.type == HVM_MEMMAP_TYPE_RAM};
    }
    boot_ram_from_map(&handover->info, handover->map, count);
}

bool pvh_read(struct handover *handover, uint64_t start_info)
{
    struct hvm_start_info start;
    handover_begin(handover, BOOT_DOOR_PVH);
    if (!loader_read(start_info, &start, HVM_START_INFO_SIZE_V0) ||
        start.magic != HVM_START_MAGIC_VALUE)
        return false;
    loader_read_text(start.cmdline_paddr, handover->command_line, HANDOVER_COMMAND_LINE);
    handover->info.rsdp = start.rsdp_paddr;
    if (start.version >= HVM_START_INFO_VERSION &&
        loader_read(start_info, &start, HVM_START_INFO_SIZE))
        read_map(handover, start.memmap_paddr, start.memmap_entries);
    for (uint32_t i = 0; i < start.nr_modules && i < HANDOVER_MODULES_READ; i++) {
        struct hvm_modlist_entry module;
        if (!loader_read(start.modlist_paddr + (uint64_t)i * sizeof(module), &module,
                         sizeof(module)))
            break;
        handover_add_module(handover, module.paddr, module.size, module.cmdline_paddr);
    }
    return true;
}
