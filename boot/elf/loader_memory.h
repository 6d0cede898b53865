/* SPDX-License-Identifier: MIT */
/* Reading what a loader has left in memory, at addresses that only the loader vouches for. */
#ifndef BOOT_ELF_LOADER_MEMORY_H
#define BOOT_ELF_LOADER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies length bytes from the physical address. False, nothing copied, where no page table reaches. */
bool loader_read(uint64_t address, void *buffer, size_t length);

/* Copies a NUL-terminated text, cut to size - 1 bytes; "" for address 0 and where nothing reaches. */
void loader_read_text(uint64_t address, char *buffer, size_t size);

#endif
