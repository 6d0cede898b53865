/* SPDX-License-Identifier: MIT */
/* virtio-blk model (VIRTIO 1.2 section 5.2): IN, OUT, FLUSH, GET_ID. */
#ifndef HOST_VIRTIO_BLK_H
#define HOST_VIRTIO_BLK_H

#include "../backend/backend.h"
#include "device.h"

#include "../../drivers/abi/virtio_blk.h"

struct virtio_blk_model {
    struct virtio_device device;
    struct backend *backend;
    /* Runs what the queue holds, called with the lock free: virtio_blk_run_inline() unless the host
     * has a better place. */
    void (*run)(struct virtio_blk_model *blk);
    uint64_t capacity; /* sectors */
    uint8_t config[VIRTIO_BLK_CFG_SIZE];
    char id[VIRTIO_BLK_ID_BYTES];
    char name[16];
    /* the request under way */
    bool in_flight;
    uint32_t flight_generation;
    struct virtio_chain chain;
    uint32_t type;
    uint8_t status; /* VIRTIO_BLK_S_*; what validation decided, if that is not OK */
    struct io_request request;
};

/* Capacity: the whole sectors of backend->size. id: up to 20 bytes for GET_ID. */
void virtio_blk_model_init(struct virtio_blk_model *blk, unsigned index, const char *id,
                           const struct guest_memory *memory, struct backend *backend);

/* Takes the next request off the queue: snapshot, validation, segments. NULL when there is none. A
 * bad request is returned too, as IO_NONE with its status already decided. */
struct io_request *virtio_blk_submit(struct virtio_blk_model *blk);
void virtio_blk_complete(struct virtio_blk_model *blk, struct io_request *request);

/* submit, backend_run, complete in the caller's thread until the queue is empty. */
void virtio_blk_run_inline(struct virtio_blk_model *blk);

#endif
