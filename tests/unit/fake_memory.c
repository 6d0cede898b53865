/* SPDX-License-Identifier: MIT */
/* Guest RAM out of malloc(): each range is an allocation of exactly its length. */
#include "fake_memory.h"

#include <stdlib.h>
#include <string.h>

void fake_memory_create(struct guest_memory *memory, gpa_t base, uint64_t length)
{
    *memory = (struct guest_memory){.memfd = -1};
    fake_memory_add(memory, base, length);
}

void fake_memory_add(struct guest_memory *memory, gpa_t base, uint64_t length)
{
    uint8_t *host = malloc(length);

    if (host == NULL || memory->count == GUEST_RAM_RANGES)
        abort();
    memset(host, FAKE_MEMORY_FILL, length);
    memory->ranges[memory->count++] =
        (struct guest_ram_range){.base = base, .length = length, .host = host};
    memory->size += length;
}

void fake_memory_destroy(struct guest_memory *memory)
{
    for (unsigned i = 0; i < memory->count; i++)
        free(memory->ranges[i].host);
    *memory = (struct guest_memory){.memfd = -1};
}
