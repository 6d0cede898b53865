/* SPDX-License-Identifier: MIT */
/*
 * Guest RAM for a model under test: a struct guest_memory over plain allocations, so that a sanitizer
 * sees every byte beside it. Its ranges may lie anywhere; guest_ptr() and the like work on it.
 */
#ifndef TESTS_UNIT_FAKE_MEMORY_H
#define TESTS_UNIT_FAKE_MEMORY_H

#include "host-vmm/guest_memory.h"

/* RAM of one range, filled with FAKE_MEMORY_FILL. */
void fake_memory_create(struct guest_memory *memory, gpa_t base, uint64_t length);

/* One more range. */
void fake_memory_add(struct guest_memory *memory, gpa_t base, uint64_t length);

void fake_memory_destroy(struct guest_memory *memory);

#define FAKE_MEMORY_FILL 0xa5

#endif
