/* SPDX-License-Identifier: MIT */
/* RAM given out once and never taken back. What is given out is mapped, and holds anything. */
#ifndef FIRMWARE_MEMORY_H
#define FIRMWARE_MEMORY_H

#include "boot_info.h"

#include <stdint.h>

void memory_init(const struct boot_info *info);

/* size bytes, aligned to align (a power of two), from the lowest RAM that has room. NULL when there
 * is none. */
void *memory_alloc(uint64_t size, uint64_t align);

/* The size bytes at exactly this address; NULL where they are not wholly free RAM. */
void *memory_alloc_at(uint64_t address, uint64_t size);

/* Makes a device's registers reachable at their own address. 0 or ERR_RANGE, ERR_NO_MEMORY. */
int memory_map(uint64_t base, uint64_t length);

#endif
