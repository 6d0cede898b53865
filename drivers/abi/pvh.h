/* SPDX-License-Identifier: MIT */
/*
 * PVH entry: the ELF note that names the 32-bit entry point, and what EBX points to there (Xen,
 * docs/misc/pvh.pandoc and public/arch-x86/hvm/start_info.h). At entry: 32-bit protected mode without
 * paging, flat segments, interrupts off, no stack.
 */
#ifndef ABI_PVH_H
#define ABI_PVH_H

#include <stddef.h>
#include <stdint.h>

/* The note: name "Xen" (with its NUL), type, and a descriptor of 4 or 8 bytes, the physical address */
#define XEN_ELFNOTE_NAME "Xen"
#define XEN_ELFNOTE_NAME_SIZE 4
#define XEN_ELFNOTE_PHYS32_ENTRY 18

#define HVM_START_MAGIC_VALUE 0x336ec578
#define HVM_START_INFO_VERSION 1  /* the first with a memory map */
#define HVM_START_INFO_SIZE_V0 40 /* without the memory map's fields */
#define HVM_START_INFO_SIZE 56
#define HVM_MODLIST_ENTRY_SIZE 32
#define HVM_MEMMAP_ENTRY_SIZE 24

/* Types in the memory map: those of e820 */
#define HVM_MEMMAP_TYPE_RAM 1
#define HVM_MEMMAP_TYPE_RESERVED 2
#define HVM_MEMMAP_TYPE_ACPI 3
#define HVM_MEMMAP_TYPE_NVS 4

struct hvm_start_info {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t nr_modules;
    uint64_t modlist_paddr; /* struct hvm_modlist_entry[nr_modules] */
    uint64_t cmdline_paddr; /* NUL-terminated; 0 = none */
    uint64_t rsdp_paddr;    /* ACPI's root pointer; 0 = none */
    uint64_t memmap_paddr;  /* struct hvm_memmap_table_entry[memmap_entries] */
    uint32_t memmap_entries;
    uint32_t reserved;
};
_Static_assert(sizeof(struct hvm_start_info) == HVM_START_INFO_SIZE, "start_info");
_Static_assert(offsetof(struct hvm_start_info, nr_modules) == 0x0c, "nr_modules");
_Static_assert(offsetof(struct hvm_start_info, modlist_paddr) == 0x10, "modlist_paddr");
_Static_assert(offsetof(struct hvm_start_info, cmdline_paddr) == 0x18, "cmdline_paddr");
_Static_assert(offsetof(struct hvm_start_info, rsdp_paddr) == 0x20, "rsdp_paddr");
_Static_assert(offsetof(struct hvm_start_info, memmap_paddr) == 0x28, "memmap_paddr");
_Static_assert(offsetof(struct hvm_start_info, memmap_entries) == 0x30, "memmap_entries");

struct hvm_modlist_entry {
    uint64_t paddr;
    uint64_t size;
    uint64_t cmdline_paddr; /* NUL-terminated; 0 = none */
    uint64_t reserved;
};
_Static_assert(sizeof(struct hvm_modlist_entry) == HVM_MODLIST_ENTRY_SIZE, "module entry");

struct hvm_memmap_table_entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type;
    uint32_t reserved;
};
_Static_assert(sizeof(struct hvm_memmap_table_entry) == HVM_MEMMAP_ENTRY_SIZE, "memory map entry");

#endif
