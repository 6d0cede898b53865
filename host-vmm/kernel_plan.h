/* SPDX-License-Identifier: MIT */
/*
 * What a kernel's file says: how it wants to be entered, where, and what of it goes where in memory. Made
 * by kernel_elf.c and kernel_multiboot.c, which believe nothing in the file; carried out by kernel.c.
 */
#ifndef HOST_KERNEL_PLAN_H
#define HOST_KERNEL_PLAN_H

#include "backend/backend.h"

#include <stddef.h>

enum kernel_protocol { KERNEL_NONE, KERNEL_PVH, KERNEL_MULTIBOOT };

/* file_size bytes of the file, then zeros up to memory_size. Lies in the file, wraps nowhere, and
 * overlaps no other segment; whether it is RAM depends on the machine. */
struct kernel_segment {
    uint64_t file_offset, file_size;
    uint64_t gpa, memory_size;
};

#define KERNEL_SEGMENTS_MAX 64

struct kernel_plan {
    enum kernel_protocol protocol;
    uint32_t entry; /* guest-physical; lies in a segment */
    struct kernel_segment segments[KERNEL_SEGMENTS_MAX];
    unsigned count;
    char refusal[160]; /* why there is no plan */
};

/* Reads the file and fills in the plan. False, with the reason in plan->refusal, when nothing here can
 * start it. */
bool kernel_plan_read(struct kernel_plan *plan, struct backend *file);

/* --- between the files that make plans --- */

/* Fills in the reason; returns false, for the caller to return. */
bool kernel_refuse(struct kernel_plan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a segment after checking what kernel_segment promises. One of no memory is left out. */
bool kernel_plan_add(struct kernel_plan *plan, const struct backend *file,
                     const struct kernel_segment *segment);

/* Sets the entry point; false when no segment holds it. */
bool kernel_plan_enter(struct kernel_plan *plan, uint64_t entry);

/* Exactly length bytes at offset; false when the file does not have them or cannot be read. */
bool kernel_read(struct backend *file, uint64_t offset, void *to, uint64_t length);

/* An ELF file's loadable segments. *entry becomes the physical address of e_entry; *pvh_entry that of the
 * PVH note, with *has_pvh set. */
struct kernel_elf {
    uint64_t entry;
    bool has_pvh_entry;
    uint64_t pvh_entry;
};

bool kernel_elf_is_one(struct backend *file);
bool kernel_elf_read(struct kernel_plan *plan, struct backend *file, struct kernel_elf *elf);

/* The multiboot 1 header, looked for where the specification says. */
struct kernel_multiboot {
    bool found;
    uint64_t offset; /* in the file */
    bool has_addresses;
    uint32_t header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr;
};

/* False when there is a header that asks for what no loader here can do. */
bool kernel_multiboot_find(struct kernel_plan *plan, struct backend *file,
                           struct kernel_multiboot *header);
/* The plan as the header's address fields say. */
bool kernel_multiboot_read(struct kernel_plan *plan, struct backend *file,
                           const struct kernel_multiboot *header);

#endif
