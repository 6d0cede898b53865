/* SPDX-License-Identifier: MIT */
/* Chunk device model, 00:02.0: registers in BAR0, one command at a time (drivers/abi/chunk.h). */
#ifndef HOST_DEVICES_CHUNK_H
#define HOST_DEVICES_CHUNK_H

#include "../backend/backend.h"
#include "../bus.h"
#include "../guest_memory.h"
#include "pci_device.h"

#include "../../drivers/abi/chunk.h"

#include <pthread.h>

struct chunk_model {
    struct pci_device pci;
    struct bus_region region;
    const struct guest_memory *memory;
    struct backend *input, *output; /* NULL: no such file */
    /* Runs what the doorbell started, called with the lock free: chunk_run_inline() unless the host
     * has a better place. */
    void (*run)(struct chunk_model *chunk);
    pthread_mutex_t lock;
    /* registers */
    uint32_t command, status, error, tag, done_tag;
    uint64_t data_gpa, data_length, result_gpa, result_length, offset, transferred;
    /* the command under way */
    bool pending; /* the doorbell rang, chunk_submit() has not looked */
    bool in_flight;
    uint32_t generation, flight_generation; /* counts resets */
    uint32_t flight_tag;
    uint32_t flight_error; /* CHUNK_ERROR_*: what validation found; then nothing is run */
    void *size_target;     /* where GET_SIZE answers; NULL: another command */
    uint64_t size_answer;  /* and what */
    struct io_request request;
    uint64_t ignored_doorbells; /* tag already done, or a command under way */
};

void chunk_model_init(struct chunk_model *chunk, const struct guest_memory *memory,
                      struct backend *input, struct backend *output);

/* What the control register's reset bit does, too. BUSY while a command is still in flight; IDLE
 * and zeros at once otherwise, or as soon as chunk_complete() has let go of guest memory. */
void chunk_model_reset(struct chunk_model *chunk);

/* Takes a snapshot of the registers, validates it, and returns the request to run; NULL when the
 * doorbell has not rung or a command is under way. A command that fails validation (or moves
 * nothing) is returned too, as IO_NONE: every command is completed in one place. The checks, in
 * this order, each with its CHUNK_ERROR_*: bus mastering (any command), the command's number, its
 * file, its length and offset, and last, when there are bytes to move, the address. */
struct io_request *chunk_submit(struct chunk_model *chunk);

/* Stores the results, done_tag last; drops them when the device was reset meanwhile. */
void chunk_complete(struct chunk_model *chunk, struct io_request *request);

/* submit, backend_run, complete, in the caller's thread: trap mode. */
void chunk_run_inline(struct chunk_model *chunk);

#endif
