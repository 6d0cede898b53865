/* SPDX-License-Identifier: MIT */
/* RAM given out once and never taken back. What is given out is mapped, and holds anything. */
#ifndef FIRMWARE_MEMORY_H
#define FIRMWARE_MEMORY_H

#include "boot_info.h"

#include <stdint.h>

/* Taking a place in the middle of a range makes two of it; so often may that happen. */
#define MEMORY_SPLITS_MAX 4
#define MEMORY_RANGES_MAX (BOOT_MEMORY_RANGES + MEMORY_SPLITS_MAX)

void memory_init(const struct boot_info *info);

/* size bytes, aligned to align (a power of two), from the lowest RAM that has room. NULL when there
 * is none. */
void *memory_alloc(uint64_t size, uint64_t align);

/* The size bytes at exactly this address; NULL where they are not wholly free RAM. */
void *memory_alloc_at(uint64_t address, uint64_t size);

/* What has been given out so far, kept so that all that is given out later can be taken back at once.
 * Whoever got some of that must not use it any more, devices included. */
struct memory_state {
    struct boot_memory_range ranges[MEMORY_RANGES_MAX];
    unsigned range_count;
};
void memory_save(struct memory_state *state);
void memory_restore(const struct memory_state *state);

/* Makes a device's registers reachable at their own address. 0 or ERR_RANGE, ERR_NO_MEMORY. */
int memory_map(uint64_t base, uint64_t length);

#endif
