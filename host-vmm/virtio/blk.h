/* SPDX-License-Identifier: MIT */
/*
 * virtio-blk model (VIRTIO 1.2 section 5.2): IN, OUT, FLUSH, GET_ID, DISCARD, WRITE_ZEROES, many of
 * them in flight, over one or more queues.
 */
#ifndef HOST_VIRTIO_BLK_H
#define HOST_VIRTIO_BLK_H

#include "../backend/backend.h"
#include "device.h"

#include "../../drivers/abi/virtio_blk.h"

#define VIRTIO_BLK_DEPTH 128 /* requests in flight at most */
#define VIRTIO_BLK_RANGES 32 /* of one DISCARD or WRITE_ZEROES request at most */

/* One request in flight. Guest memory is not looked at again once this is filled in. */
struct virtio_blk_request {
    struct io_request io;            /* first: what is handed out stands for the whole */
    struct virtio_blk_request *next; /* in the list of unused or of waiting ones */
    uint32_t generation;
    /* the chain it came in */
    unsigned queue;
    uint16_t id, entries;
    uint8_t *status_byte; /* in guest memory */
    uint64_t data_length; /* device-writable bytes before it */
    uint32_t type;
    uint8_t status; /* VIRTIO_BLK_S_*; what validation decided, if that is not OK */
    /* DISCARD and WRITE_ZEROES: one step for each range */
    struct virtio_blk_range ranges[VIRTIO_BLK_RANGES];
    unsigned range_count, next_range;
};

struct virtio_blk_model {
    struct virtio_device device;
    struct backend *backend;
    /* Runs what the queues hold, called with the lock free: virtio_blk_run_inline() unless the host
     * has a better place. */
    void (*run)(struct virtio_blk_model *blk);
    void *run_context; /* for run; the model does not look at it */
    uint64_t capacity; /* sectors */
    uint8_t config[VIRTIO_BLK_CFG_SIZE];
    char id[VIRTIO_BLK_ID_BYTES];
    char name[16];
    unsigned next_queue;       /* whose turn it is */
    uint64_t taken;            /* chains taken off the queues */
    struct virtio_chain chain; /* the one that is being taken apart */
    struct virtio_blk_request *unused;
    struct virtio_blk_request *waiting; /* in flight, for their next range */
    struct virtio_blk_request requests[VIRTIO_BLK_DEPTH];
};

/* How a disk differs from what the model offers by itself: (default & ~features_off) | features_on,
 * bits of VIRTIO_BLK_FEATURE_NAMES; others are left alone. VERSION_1 is always offered, RO as the
 * backend is; CONFIG_WCE not without FLUSH, nor DISCARD and WRITE_ZEROES by itself for a read-only
 * backend (5.2.5.2). queues: request queues, up to VIRTIO_MAX_QUEUES; 0 = 1. More than one are
 * offered with MQ only. */
struct virtio_blk_options {
    uint64_t features_on, features_off;
    unsigned queues;
};

/* Capacity: the whole sectors of backend->size. id: up to 20 bytes for GET_ID. */
void virtio_blk_model_init(struct virtio_blk_model *blk, unsigned index, const char *id,
                           const struct guest_memory *memory, struct backend *backend,
                           const struct virtio_blk_options *options);

/* Takes the next request off the queues, each in turn: snapshot, validation, segments. A bad
 * request is returned too, as IO_NONE with its status already decided. NULL when there is none,
 * after the driver was told to notify and the queues were looked at again; or when VIRTIO_BLK_DEPTH
 * are in flight, and then it is to be called again after the next completion. */
struct io_request *virtio_blk_submit(struct virtio_blk_model *blk);

/* In any order and by any thread. A request of several ranges comes back from virtio_blk_submit()
 * until its last one is done. */
void virtio_blk_complete(struct virtio_blk_model *blk, struct io_request *io);

/* submit, backend_run, complete in the caller's thread until the queues are empty. */
void virtio_blk_run_inline(struct virtio_blk_model *blk);

#endif
