/* SPDX-License-Identifier: MIT */
/* The page tables that replace the firmware's: those lie in memory which is free afterwards. */
#ifndef BOOT_UEFI_PAGE_TABLES_H
#define BOOT_UEFI_PAGE_TABLES_H

#include <stdint.h>

/* Makes an identity map of the first four GiB and of the size bytes at image. Stores what belongs in
 * CR3. 0, or ERR_UNSUPPORTED where five levels are in use, or paging_map()'s errors. */
int page_tables_make(uint64_t image, uint64_t size, uint64_t *cr3);

#endif
