/* SPDX-License-Identifier: MIT */
/*
 * Multiboot 1: the header that a kernel carries and the information that EBX points to at its entry
 * (Multiboot Specification 0.6.96, sections 3.1 to 3.3). At entry: 32-bit protected mode without
 * paging, flat segments, A20 open, interrupts off, no stack; GDTR may hold anything.
 */
#ifndef ABI_MULTIBOOT_H
#define ABI_MULTIBOOT_H

#include <stddef.h>
#include <stdint.h>

#define MULTIBOOT_SEARCH 8192 /* the header lies wholly in so many first bytes of the file */
#define MULTIBOOT_HEADER_ALIGN 4

#define MULTIBOOT_HEADER_MAGIC 0x1badb002
#define MULTIBOOT_BOOTLOADER_MAGIC 0x2badb002 /* in EAX at entry */

/* Header flags. Of bits 0 to 15 a loader must know every one that is set. */
#define MULTIBOOT_PAGE_ALIGN 0x00000001
#define MULTIBOOT_MEMORY_INFO 0x00000002
#define MULTIBOOT_VIDEO_MODE 0x00000004
#define MULTIBOOT_AOUT_KLUDGE 0x00010000 /* the address fields hold */
#define MULTIBOOT_REQUIRED_MASK 0x0000ffff

#define MULTIBOOT_HEADER_SIZE 32 /* with the address fields */
#define MULTIBOOT_HEADER_SIZE_SHORT 12

struct multiboot_header {
    uint32_t magic;
    uint32_t flags;
    uint32_t checksum; /* magic + flags + checksum = 0 */
    uint32_t header_addr;
    uint32_t load_addr;
    uint32_t load_end_addr;
    uint32_t bss_end_addr;
    uint32_t entry_addr;
};
_Static_assert(sizeof(struct multiboot_header) == MULTIBOOT_HEADER_SIZE, "multiboot header");

/* Information flags: which fields hold */
#define MULTIBOOT_INFO_MEMORY 0x00000001
#define MULTIBOOT_INFO_BOOTDEV 0x00000002
#define MULTIBOOT_INFO_CMDLINE 0x00000004
#define MULTIBOOT_INFO_MODS 0x00000008
#define MULTIBOOT_INFO_AOUT_SYMS 0x00000010
#define MULTIBOOT_INFO_ELF_SHDR 0x00000020
#define MULTIBOOT_INFO_MEM_MAP 0x00000040
#define MULTIBOOT_INFO_DRIVE_INFO 0x00000080
#define MULTIBOOT_INFO_CONFIG_TABLE 0x00000100
#define MULTIBOOT_INFO_BOOT_LOADER_NAME 0x00000200
#define MULTIBOOT_INFO_APM_TABLE 0x00000400
#define MULTIBOOT_INFO_VBE 0x00000800

struct multiboot_info {
    uint32_t flags;
    uint32_t mem_lower; /* KiB from 0 */
    uint32_t mem_upper; /* KiB from 1 MiB to the first hole */
    uint32_t boot_device;
    uint32_t cmdline; /* NUL-terminated */
    uint32_t mods_count;
    uint32_t mods_addr; /* struct multiboot_module[mods_count] */
    uint32_t syms[4];
    uint32_t mmap_length; /* bytes */
    uint32_t mmap_addr;
    uint32_t drives_length;
    uint32_t drives_addr;
    uint32_t config_table;
    uint32_t boot_loader_name; /* NUL-terminated */
    uint32_t apm_table;
    uint32_t vbe_control_info;
    uint32_t vbe_mode_info;
    uint16_t vbe_mode;
    uint16_t vbe_interface_seg;
    uint16_t vbe_interface_off;
    uint16_t vbe_interface_len;
};
#define MULTIBOOT_INFO_SIZE 88
_Static_assert(sizeof(struct multiboot_info) == MULTIBOOT_INFO_SIZE, "multiboot information");
_Static_assert(offsetof(struct multiboot_info, cmdline) == 0x10, "cmdline");
_Static_assert(offsetof(struct multiboot_info, mods_count) == 0x14, "mods_count");
_Static_assert(offsetof(struct multiboot_info, mmap_length) == 0x2c, "mmap_length");
_Static_assert(offsetof(struct multiboot_info, boot_loader_name) == 0x40, "boot_loader_name");

#define MULTIBOOT_MODULE_SIZE 16

struct multiboot_module {
    uint32_t mod_start;
    uint32_t mod_end; /* the first byte behind it */
    uint32_t string;  /* NUL-terminated; 0 = none */
    uint32_t reserved;
};
_Static_assert(sizeof(struct multiboot_module) == MULTIBOOT_MODULE_SIZE, "multiboot module");

/* An entry of the memory map. The next one begins size + 4 bytes further on. */
#define MULTIBOOT_MMAP_ENTRY_SIZE 24 /* with size itself */
#define MULTIBOOT_MMAP_SIZE_FIELD 4
#define MULTIBOOT_MEMORY_AVAILABLE 1

struct multiboot_mmap_entry {
    uint32_t size; /* of what follows: at least 20 */
    uint64_t addr;
    uint64_t len;
    uint32_t type;
} __attribute__((packed));
_Static_assert(sizeof(struct multiboot_mmap_entry) == MULTIBOOT_MMAP_ENTRY_SIZE, "map entry");

#endif
