/* SPDX-License-Identifier: MIT */
/* The chunk device: reads of the input file, writes to the output file, polled by tag. */
#ifndef DRIVERS_CHUNK_H
#define DRIVERS_CHUNK_H

#include "block.h"

#include "abi/chunk.h"

#include <stdint.h>

struct chunk_dev {
    struct block_dev block; /* reads come from the input file, writes go to the output file */
    uint64_t registers;     /* address of BAR0 */
    uint32_t tag;           /* of the last command sent */
    uint32_t error;         /* CHUNK_ERROR_* of the last command that failed */
    bool failed;            /* neither a command nor its reset ended: every later one fails */
    /* what the parameter registers hold, so that only what changes is written */
    uint32_t command;
    uint64_t gpa[2], length[2], offset;
    volatile uint64_t size_answer; /* shared with the device: where GET_SIZE answers */
};

/* Checks id and version, resets the device and asks for the size of the input (0 where there is no
 * input file). ERR_ABSENT: not a chunk device. ERR_UNSUPPORTED: another version. ERR_TIMEOUT. */
int chunk_init(struct chunk_dev *dev, uint64_t registers);

/* Stores the input's size in bytes. */
int chunk_get_size(struct chunk_dev *dev, uint64_t *size);

#endif
