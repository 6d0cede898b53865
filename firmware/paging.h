/* SPDX-License-Identifier: MIT */
/* The identity map: virtual address = physical address, extended as memory comes into use. */
#ifndef FIRMWARE_PAGING_H
#define FIRMWARE_PAGING_H

#include <stdint.h>

/* Page table entry bits (Intel SDM volume 3, section 4.5) */
#define PAGE_PRESENT 0x001
#define PAGE_WRITABLE 0x002
#define PAGE_WRITE_THROUGH 0x008
#define PAGE_CACHE_DISABLE 0x010
#define PAGE_ACCESSED 0x020
#define PAGE_DIRTY 0x040
#define PAGE_LARGE 0x080
#define PAGE_ADDRESS_MASK 0x000ffffffffff000ull

#define PAGING_LIMIT (1ull << 47) /* what the lower half of a 4-level table reaches */

enum paging_kind { PAGING_RAM, PAGING_DEVICE };

/* Makes [base, base + length) reachable at its own address, in 1 GiB pages where the door used them
 * and 2 MiB pages elsewhere; what is mapped already stays as it is. ERR_RANGE beyond PAGING_LIMIT,
 * ERR_NO_MEMORY when the pool of tables is used up. */
int paging_map(uint64_t base, uint64_t length, enum paging_kind kind);

/* The same in tables that are not in CR3 yet: those at level4. Their first GiB is mapped already. */
int paging_map_in(uint64_t level4, uint64_t base, uint64_t length, enum paging_kind kind);

#endif
