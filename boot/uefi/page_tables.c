/* SPDX-License-Identifier: MIT */
/* Tables in the image itself, so that nothing else must be kept out of boot_info.ram. What is used
 * beyond them is mapped when it comes into use: firmware/paging.c. */
#include "page_tables.h"

#include "abi/machine.h"
#include "cpu.h"
#include "errors.h"
#include "noinit.h"
#include "paging.h"

#include <stdbool.h>
#include <string.h>

#define TABLE_ENTRIES 512
#define ONE_GIB 0x40000000ull
#define TWO_MIB 0x200000ull
#define GIBS 4

#define CR4_LA57 (1u << 12)
#define CPUID_EXTENDED_FEATURES 0x80000001
#define CPUID_EDX_1GIB_PAGES (1u << 26)

#define TABLE_FLAGS (PAGE_PRESENT | PAGE_WRITABLE | PAGE_ACCESSED)
/* For registers too: the firmware has set up MTRRs, which say what must not be cached. */
#define PAGE_FLAGS (TABLE_FLAGS | PAGE_DIRTY | PAGE_LARGE)

static NOINIT struct {
    uint64_t level4[TABLE_ENTRIES];
    uint64_t level3[TABLE_ENTRIES];
    uint64_t level2[GIBS][TABLE_ENTRIES];
} tables __attribute__((aligned(4096)));

static uint64_t entry_for(const uint64_t *table)
{
    return (uintptr_t)table | TABLE_FLAGS;
}

int page_tables_make(uint64_t image, uint64_t size, uint64_t *cr3)
{
    if (cpu_cr4() & CR4_LA57)
        return ERR_UNSUPPORTED; /* long mode would have to be left to turn them off */
    bool gib_pages = cpu_id(CPUID_EXTENDED_FEATURES).edx & CPUID_EDX_1GIB_PAGES;
    memset(tables.level4, 0, sizeof(tables.level4));
    memset(tables.level3, 0, sizeof(tables.level3));
    tables.level4[0] = entry_for(tables.level3);
    for (unsigned gib = 0; gib < GIBS; gib++) {
        if (gib_pages) {
            tables.level3[gib] = (gib * ONE_GIB) | PAGE_FLAGS;
            continue;
        }
        tables.level3[gib] = entry_for(tables.level2[gib]);
        for (unsigned i = 0; i < TABLE_ENTRIES; i++)
            tables.level2[gib][i] = (gib * ONE_GIB + i * TWO_MIB) | PAGE_FLAGS;
    }
    *cr3 = (uintptr_t)tables.level4;
    return paging_map_in(*cr3, image, size, PAGING_RAM);
}
