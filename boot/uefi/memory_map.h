/* SPDX-License-Identifier: MIT */
/* The firmware's memory map (UEFI section 7.2), as the RAM that the core may use. */
#ifndef BOOT_UEFI_MEMORY_MAP_H
#define BOOT_UEFI_MEMORY_MAP_H

#include "boot_info.h"

#include <stddef.h>
#include <stdint.h>

#define RAM_LIST_MAX 128

struct ram_list {
    struct boot_memory_range ranges[RAM_LIST_MAX]; /* by address; no two of them touch */
    unsigned count;
    unsigned left_out; /* ranges that there was no room for: the smallest */
};

/* Collects what is free once boot services are gone: conventional memory and the boot services' own,
 * from 1 MiB on, adjacent ranges merged. Whatever an application loaded or took is not in it. Of the
 * map's bytes every descriptor_size begin a descriptor. */
void ram_list_from_map(struct ram_list *list, const void *map, size_t bytes,
                       size_t descriptor_size);

/* Drops the smallest ranges until there are at most max. */
void ram_list_keep_largest(struct ram_list *list, unsigned max);

#endif
