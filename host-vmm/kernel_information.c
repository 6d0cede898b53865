/* SPDX-License-Identifier: MIT */
/* What a kernel finds at EBX: PVH's start_info or the multiboot information, with all that they point to. */
#include "kernel.h"

#include "options.h"

#include <stdio.h>
#include <string.h>

#include "abi/machine.h"
#include "abi/multiboot.h"
#include "abi/pvh.h"

#define COMMAND_LINE_SIZE (COMMAND_LINE_MAX + 1)
#define NAME_SIZE 256
#define KIB 1024

/* Everything in one piece, so that one address and one check are enough. */
struct pvh_block {
    struct hvm_start_info info;
    struct hvm_modlist_entry module;
    struct hvm_memmap_table_entry map[GUEST_RAM_RANGES];
    char command_line[COMMAND_LINE_SIZE];
    char module_name[NAME_SIZE];
};

struct multiboot_block {
    struct multiboot_info info;
    struct multiboot_module module;
    struct multiboot_mmap_entry map[GUEST_RAM_RANGES];
    char command_line[COMMAND_LINE_SIZE];
    char module_name[NAME_SIZE];
    char loader_name[NAME_SIZE];
};

static void copy_text(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text);
}

static bool write_pvh(const struct kernel_information *k)
{
    struct pvh_block block = {
        .info = {.magic = HVM_START_MAGIC_VALUE,
                 .version = HVM_START_INFO_VERSION,
                 .cmdline_paddr = k->gpa + offsetof(struct pvh_block, command_line),
                 .memmap_paddr = k->gpa + offsetof(struct pvh_block, map),
                 .memmap_entries = k->memory->fixed}};
    for (unsigned i = 0; i < k->memory->fixed; i++)
        block.map[i] = (struct hvm_memmap_table_entry){.addr = k->memory->ranges[i].base,
                                                       .size = k->memory->ranges[i].length,
                                                       .type = HVM_MEMMAP_TYPE_RAM};
    copy_text(block.command_line, sizeof block.command_line, k->command_line);
    if (k->module_name != NULL) {
        block.info.nr_modules = 1;
        block.info.modlist_paddr = k->gpa + offsetof(struct pvh_block, module);
        block.module = (struct hvm_modlist_entry){
            .paddr = k->module_gpa,
            .size = k->module_size,
            .cmdline_paddr = k->gpa + offsetof(struct pvh_block, module_name)};
        copy_text(block.module_name, sizeof block.module_name, k->module_name);
    }
    return guest_write(k->memory, k->gpa, &block, sizeof block);
}

static void describe_memory(const struct guest_memory *memory, struct multiboot_block *block)
{
    block->info.mem_lower = (uint32_t)(memory->ranges[0].length / KIB);
    for (unsigned i = 0; i < memory->fixed; i++) {
        const struct guest_ram_range *range = &memory->ranges[i];
        if (range->base == HIGH_MEMORY_BASE)
            block->info.mem_upper = (uint32_t)(range->length / KIB);
        block->map[i] = (struct multiboot_mmap_entry){.size = MULTIBOOT_MMAP_ENTRY_SIZE -
                                                              MULTIBOOT_MMAP_SIZE_FIELD,
                                                      .addr = range->base,
                                                      .len = range->length,
                                                      .type = MULTIBOOT_MEMORY_AVAILABLE};
    }
}

static bool write_multiboot(const struct kernel_information *k)
{
    uint32_t at = (uint32_t)k->gpa;
    struct multiboot_block block = {
        .info = {.flags = MULTIBOOT_INFO_MEMORY | MULTIBOOT_INFO_CMDLINE | MULTIBOOT_INFO_MODS |
                          MULTIBOOT_INFO_MEM_MAP | MULTIBOOT_INFO_BOOT_LOADER_NAME,
                 .cmdline = at + offsetof(struct multiboot_block, command_line),
                 .mods_addr = at + offsetof(struct multiboot_block, module),
                 .mmap_length = k->memory->fixed * MULTIBOOT_MMAP_ENTRY_SIZE,
                 .mmap_addr = at + offsetof(struct multiboot_block, map),
                 .boot_loader_name = at + offsetof(struct multiboot_block, loader_name)}};
    describe_memory(k->memory, &block);
    copy_text(block.command_line, sizeof block.command_line, k->command_line);
    copy_text(block.loader_name, sizeof block.loader_name, "trapline " TRAPLINE_VERSION);
    if (k->module_name != NULL) {
        block.info.mods_count = 1;
        block.module =
            (struct multiboot_module){.mod_start = (uint32_t)k->module_gpa,
                                      .mod_end = (uint32_t)(k->module_gpa + k->module_size),
                                      .string = at + offsetof(struct multiboot_block, module_name)};
        copy_text(block.module_name, sizeof block.module_name, k->module_name);
    }
    return guest_write(k->memory, k->gpa, &block, sizeof block);
}

uint64_t kernel_information_size(enum kernel_protocol protocol)
{
    return protocol == KERNEL_PVH ? sizeof(struct pvh_block) : sizeof(struct multiboot_block);
}

bool kernel_information_write(enum kernel_protocol protocol, const struct kernel_information *info)
{
    return protocol == KERNEL_PVH ? write_pvh(info) : write_multiboot(info);
}
