/* SPDX-License-Identifier: MIT */
/* What chunk.c and chunk_ring.c share. */
#ifndef DRIVERS_CHUNK_INTERNAL_H
#define DRIVERS_CHUNK_INTERNAL_H

#include "chunk.h"

#include <stdbool.h>
#include <stdint.h>

/* chunk.c: after it the registers hold zeros and no command is under way; ERR_TIMEOUT otherwise. */
int chunk_reset(struct chunk_dev *dev);
/* chunk.c: what ERROR with dev->error means for command. */
int chunk_error_of(const struct chunk_dev *dev, uint32_t command);
/* chunk.c: how long a command may take. */
uint32_t chunk_timeout_ms(uint32_t command, uint32_t length);

/* chunk_ring.c */
static inline bool chunk_ring_is_on(const struct chunk_dev *dev)
{
    return dev->control & CHUNK_CONTROL_RING;
}
/* Turns it on; block gets its operations and depth. False where the device does not take it. */
bool chunk_ring_start(struct chunk_dev *dev);
/* One command to its end, beside what else is in flight; moves length bytes or fails. */
int chunk_ring_run(struct chunk_dev *dev, uint32_t command, uint64_t offset,
                   const volatile void *buffer, uint32_t length);

#endif
