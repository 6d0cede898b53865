/* SPDX-License-Identifier: MIT */
/* The multiboot 1 information, copied. */
#include "handover.h"

#include "abi/machine.h"
#include "abi/multiboot.h"
#include "loader_memory.h"

#include <string.h>

#define ENTRY_SIZE_LEAST (MULTIBOOT_MMAP_ENTRY_SIZE - MULTIBOOT_MMAP_SIZE_FIELD)

static void read_map(struct handover *handover, uint32_t address, uint32_t length)
{
    unsigned count = 0;
    uint64_t at = address, end = at + length;
    while (count < BOOT_MAP_ENTRIES && at + MULTIBOOT_MMAP_ENTRY_SIZE <= end) {
        struct multiboot_mmap_entry entry;
        if (!loader_read(at, &entry, sizeof(entry)) || entry.size < ENTRY_SIZE_LEAST)
            break;
        handover->map[count++] = (struct boot_map_entry){entry.addr, entry.len,
                                                         entry.type == MULTIBOOT_MEMORY_AVAILABLE};
        at += (uint64_t)entry.size + MULTIBOOT_MMAP_SIZE_FIELD;
    }
    boot_ram_from_map(&handover->info, handover->map, count);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* No word of the command line has a slash before its equals sign, or a dot without one. */
static bool begins_with_file_name(const char *text)
{
    bool dot = false;
    for (; *text && !is_blank(*text); text++) {
        if (*text == '/')
            return true;
        if (*text == '=')
            return false;
        if (*text == '.')
            dot = true;
    }
    return dot;
}

/* Some loaders put the kernel's file name before the words, as a shell does, and some do not. */
static void drop_file_name(char *text)
{
    char *words = text;
    while (begins_with_file_name(words)) {
        while (*words && !is_blank(*words))
            words++;
        while (is_blank(*words))
            words++;
    }
    memmove(text, words, strlen(words) + 1);
}

bool multiboot_read(struct handover *handover, uint64_t information)
{
    struct multiboot_info mbi;
    handover_begin(handover, BOOT_DOOR_MULTIBOOT);
    if (!loader_read(information, &mbi, sizeof(mbi)))
        return false;
    if (mbi.flags & MULTIBOOT_INFO_CMDLINE) {
        loader_read_text(mbi.cmdline, handover->command_line, HANDOVER_COMMAND_LINE);
        drop_file_name(handover->command_line);
    }
    if (mbi.flags & MULTIBOOT_INFO_MEM_MAP)
        read_map(handover, mbi.mmap_addr, mbi.mmap_length);
    else if (mbi.flags & MULTIBOOT_INFO_MEMORY)
        boot_ram_add(&handover->info, HIGH_MEMORY_BASE, (uint64_t)mbi.mem_upper * 1024);
    if (!(mbi.flags & MULTIBOOT_INFO_MODS))
        return true;
    for (uint32_t i = 0; i < mbi.mods_count && i < HANDOVER_MODULES_READ; i++) {
        struct multiboot_module module;
        if (!loader_read((uint64_t)mbi.mods_addr + (uint64_t)i * sizeof(module), &module,
                         sizeof(module)))
            break;
        if (module.mod_end >= module.mod_start)
            handover_add_module(handover, module.mod_start, module.mod_end - module.mod_start,
                                module.string);
    }
    return true;
}
