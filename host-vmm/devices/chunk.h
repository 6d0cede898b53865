/* SPDX-License-Identifier: MIT */
/*
 * Chunk device model, 00:02.0 (drivers/abi/chunk.h): a page of registers in BAR0, one command at a time by
 * the registers, or many by a ring in guest RAM. Where commands run, and how a doorbell travels, is the
 * host's business.
 */
#ifndef HOST_DEVICES_CHUNK_H
#define HOST_DEVICES_CHUNK_H

#include "../backend/backend.h"
#include "../bus.h"
#include "../guest_memory.h"
#include "msi.h"
#include "pci_device.h"

#include "../../drivers/abi/chunk.h"

#include <pthread.h>

/* The registers as a guest reads them, ones where nothing is defined. The host may show the page itself
 * to the guest, which then reads it while another thread stores to it: each store is of a whole register,
 * and of release order. */
union chunk_page {
    uint32_t words[CHUNK_BAR_SIZE / 4];
    uint64_t doubles[CHUNK_BAR_SIZE / 8];
} __attribute__((aligned(CHUNK_BAR_SIZE)));

/* A command on its way: a snapshot, validated. */
struct chunk_request {
    struct io_request io;           /* first: this is what others see of it */
    uint32_t error;                 /* CHUNK_ERROR_*: what validation found; then nothing is run */
    void *size_target;              /* where GET_SIZE answers; NULL: another command */
    uint64_t size_answer;           /* and what */
    uint32_t tag;                   /* of a command by registers */
    struct chunk_ring_entry *entry; /* in guest RAM; NULL: a command by registers */
    bool interrupt;                 /* of an entry: one message when it is done */
    bool taken;                     /* by submit, and not completed */
    uint32_t generation;            /* of the device when it was taken */
};

struct chunk_ring {
    bool on;
    struct chunk_ring_entry *entries; /* in guest RAM */
    unsigned count, next;             /* next: where the scan goes on */
    struct chunk_request *requests;   /* CHUNK_RING_ENTRIES_MAX, one an entry; NULL: not offered */
};

/* What the device does when it has let go of everything that it was doing */
enum chunk_goal {
    CHUNK_GOAL_NONE,
    CHUNK_GOAL_RESET,    /* clear the registers */
    CHUNK_GOAL_RING_OFF, /* show in control that the ring is off */
};

struct chunk_model {
    struct pci_device pci;
    struct msi_model msi;
    struct bus_region region;
    const struct guest_memory *memory;
    struct backend *input, *output; /* NULL: no such file */
    /* The guest has written to the doorbell, and the bus has brought it here; called with the lock free
     * or held. chunk_run_inline() unless the host has a thread for it. */
    void (*rung)(void *context);
    void *rung_context;
    bool master;   /* bus mastering, as of the last configuration write */
    bool deferred; /* doorbells reach chunk_model_doorbell() late, in another thread */
    pthread_mutex_t lock;
    union chunk_page page;
    bool pending;         /* a doorbell that chunk_submit() has not looked at */
    unsigned in_flight;   /* taken requests */
    enum chunk_goal goal; /* NONE unless it is letting go */
    unsigned
        doorbells_to_drop; /* then: calls of chunk_model_doorbell() that may be about older ones */
    uint32_t generation;   /* counts resets */
    struct chunk_request single; /* the command by registers */
    struct chunk_ring ring;
    uint64_t ignored_doorbells; /* tag already done, or a command under way */
};

void chunk_model_init(struct chunk_model *chunk, const struct guest_memory *memory,
                      struct backend *input, struct backend *output, struct msi_sink messages);
void chunk_model_destroy(struct chunk_model *chunk);

/* Offers CHUNK_FEATURE_RING, and takes the memory for it. False when there is none. */
bool chunk_model_offer_ring(struct chunk_model *chunk);

/* Doorbells do not end in rung() alone: the host takes them elsewhere, and has a thread of its own call
 * chunk_model_doorbell() and chunk_submit(). ring is what makes it do so (from any thread, at once). */
void chunk_model_defer(struct chunk_model *chunk, void (*ring)(void *context), void *context);

/* What the control register's reset bit does, too. BUSY while a command is in flight, or while a doorbell
 * from before may still be on its way; IDLE and zeros after that. Never waits. */
void chunk_model_reset(struct chunk_model *chunk);

/* The doorbell has rung. Ignored, and counted, where a command is under way or the tag is done already. */
void chunk_model_doorbell(struct chunk_model *chunk);

/* True while the driver uses the ring: its doorbells need no registers. */
bool chunk_model_ring_is_on(struct chunk_model *chunk);

/* Takes the next command, from the registers or from the ring, and returns the request to run; NULL when
 * there is none: the next one rings after that. A command that fails validation (or moves nothing) is
 * returned too, as IO_NONE: every command is completed in one place. The checks, in this order, each with
 * its CHUNK_ERROR_*: bus mastering (any command), the command's number, its file, its length and offset,
 * and last, when there are bytes to move, the address. */
struct io_request *chunk_submit(struct chunk_model *chunk);

/* Stores the results, done_tag or the entry's state last; drops them when the device was reset meanwhile. */
void chunk_complete(struct chunk_model *chunk, struct io_request *request);

/* The doorbell, and everything that it starts run to its end, in the caller's thread: trap mode. context
 * is the struct chunk_model. */
void chunk_run_inline(void *context);

#endif
