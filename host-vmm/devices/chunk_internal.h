/* SPDX-License-Identifier: MIT */
/* What the chunk model's files share. All of it is called with the device's lock held. */
#ifndef HOST_DEVICES_CHUNK_INTERNAL_H
#define HOST_DEVICES_CHUNK_INTERNAL_H

#include "chunk.h"

/* Registers by their offset (a multiple of their width). */
static inline uint32_t chunk_load32(const struct chunk_model *chunk, unsigned offset)
{
    return chunk->page.words[offset / 4];
}

static inline uint64_t chunk_load64(const struct chunk_model *chunk, unsigned offset)
{
    return chunk->page.doubles[offset / 8];
}

/* Release: pairs with the order in which a driver reads, done_tag first. Also for what the guest reads
 * off the page itself. */
static inline void chunk_store32(struct chunk_model *chunk, unsigned offset, uint32_t value)
{
    __atomic_store_n(&chunk->page.words[offset / 4], value, __ATOMIC_RELEASE);
}

static inline void chunk_store64(struct chunk_model *chunk, unsigned offset, uint64_t value)
{
    __atomic_store_n(&chunk->page.doubles[offset / 8], value, __ATOMIC_RELEASE);
}

/* chunk.c: something was let go; when it was the last, does what the device waited for. */
void chunk_released(struct chunk_model *chunk);
/* chunk.c: from now on nothing new is begun, and goal is reached when nothing is under way any more. */
void chunk_let_go(struct chunk_model *chunk, enum chunk_goal goal);

/* One command, from either place */
struct chunk_parameters {
    uint32_t command; /* CHUNK_CMD_* or anything else */
    gpa_t gpa;
    uint64_t length, offset; /* bytes */
};

/* chunk_command.c: makes request out of parameters; what is wrong with them is in it. */
void chunk_prepare(struct chunk_model *chunk, const struct chunk_parameters *parameters,
                   struct chunk_request *request);
/* chunk_command.c: how it ended: bytes really moved, and CHUNK_ERROR_*. Stores what GET_SIZE answers. */
uint32_t chunk_outcome(const struct chunk_request *request, uint64_t *transferred);

/* chunk_ring.c: turns the ring on as the registers say. False, and nothing is changed, where they are
 * wrong or something is still under way. */
bool chunk_start_ring(struct chunk_model *chunk);
struct chunk_request *chunk_take_entry(struct chunk_model *chunk);
void chunk_complete_entry(struct chunk_model *chunk, struct chunk_request *request);

#endif
