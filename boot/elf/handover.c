/* SPDX-License-Identifier: MIT */
/* What the two loader protocols have in common. */
#include "boot_ram.h"
#include "handover.h"

#include "loader_memory.h"

void handover_begin(struct handover *handover, enum boot_door door)
{
    struct boot_info *info = &handover->info;
    info->door = door;
    boot_ram_begin(info);
    info->module_count = 0;
    info->interactive = BOOT_INTERACTIVE_UNKNOWN;
    info->rsdp = 0;
    info->command_line = handover->command_line;
    handover->command_line[0] = '\0';
}

void handover_add_module(struct handover *handover, uint64_t base, uint64_t length, uint64_t text)
{
    struct boot_info *info = &handover->info;
    boot_ram_take(info, base, length);
    if (info->module_count == BOOT_MODULES)
        return;
    char *copy = handover->module_text[info->module_count];
    loader_read_text(text, copy, HANDOVER_MODULE_TEXT);
    info->modules[info->module_count++] = (struct boot_module){base, length, copy};
}
