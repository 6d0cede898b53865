/* SPDX-License-Identifier: MIT */
/*
 * The chunk device: reads of the input file, writes to the output file, one at a time by its registers and
 * tags, or, where the device offers the ring, many at a time.
 */
#ifndef DRIVERS_CHUNK_H
#define DRIVERS_CHUNK_H

#include "block.h"
#include "interrupt.h"

#include "abi/chunk.h"

#include <stdint.h>

#define CHUNK_DEPTH 64 /* entries of the driver's ring, a power of two */

struct pci_function;

struct chunk_dev {
    struct block_dev block; /* reads come from the input file, writes go to the output file */
    uint64_t registers;     /* address of BAR0 */
    uint32_t control;       /* what was written there */
    uint32_t tag;           /* of the last command sent */
    uint32_t error;         /* CHUNK_ERROR_* of the last command that failed */
    int failure; /* not 0: the device cannot be used any more, every command ends with this */
    /* what the parameter registers hold, so that only what changes is written */
    uint32_t command;
    uint64_t gpa[2], length[2], offset;
    volatile uint64_t size_answer; /* shared with the device: where GET_SIZE answers */
    struct interrupt *wake;        /* NULL: polled */
    struct interrupt interrupt;

    /*
     * The ring, while control says that it is on. Entries are used in order, and so the device takes them;
     * requests[n % CHUNK_DEPTH] has entry n from its submission until its end, NULL is a free one.
     *
     *        oldest        next
     *   free | some done    | free         both count on for ever; at most CHUNK_DEPTH apart
     */
    uint32_t oldest, next;
    unsigned in_flight; /* entries with a request */
    unsigned finished;  /* requests that are done and that block_reap() has not reported */
    bool unkicked;      /* the device may not know of the last ones */
    struct block_request *requests[CHUNK_DEPTH];
    struct chunk_ring_entry entries[CHUNK_DEPTH] __attribute__((aligned(64))); /* shared */
};

/* Checks id and version, resets the device, asks for the size of the input (0 where there is no input
 * file), and turns the ring on where there is one. ERR_ABSENT: not a chunk device. ERR_UNSUPPORTED:
 * another version. ERR_TIMEOUT. */
int chunk_init(struct chunk_dev *dev, uint64_t registers);

/* From now on the driver sleeps until the message of the function that the device is comes.
 * ERR_UNSUPPORTED where the firmware or the function has no interrupts: it polls on. Other errors as
 * platform_message_interrupt(). */
int chunk_use_interrupt(struct chunk_dev *dev, const struct pci_function *function);

/* Stores the input's size in bytes. */
int chunk_get_size(struct chunk_dev *dev, uint64_t *size);

#endif
