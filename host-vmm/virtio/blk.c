/* SPDX-License-Identifier: MIT */
/*
 * virtio-blk requests (VIRTIO 1.2 section 5.2.6): parsing, validation, completion. Data goes
 * straight between the backend and the guest's segments. The framing of a request into descriptors
 * is never relied on.
 */
#include "blk.h"

#include <stdio.h>
#include <string.h>

#define REQUEST_QUEUE 0

/* A header and a status byte take one descriptor each. */
#define SEG_MAX (VIRTIO_QUEUE_SIZE_MAX - 2)

#define FEATURE(bit) (1ull << (bit))

static struct virtio_blk_model *blk_of(struct virtio_device *d)
{
    return d->self;
}

/* --- submit ----------------------------------------------------------------------------------- */

/* Device-writable bytes before the status byte. */
static uint64_t writable_data(const struct virtio_blk_model *blk)
{
    return blk->chain.writable_length - 1;
}

/* Fills in the request for sectors at sector, out of data bytes from skip on in segments. Returns
 * VIRTIO_BLK_S_*. */
static uint8_t prepare_transfer(struct virtio_blk_model *blk, enum io_op op, uint64_t sector,
                                const struct iovec *segments, unsigned count, uint64_t skip,
                                uint64_t length)
{
    struct io_request *request = &blk->request;
    uint64_t sectors = length / VIRTIO_BLK_SECTOR_SIZE;

    if (length % VIRTIO_BLK_SECTOR_SIZE != 0 || sector > blk->capacity ||
        sectors > blk->capacity - sector)
        return VIRTIO_BLK_S_IOERR;
    if (length == 0)
        return VIRTIO_BLK_S_OK;
    request->op = op;
    request->offset = sector * VIRTIO_BLK_SECTOR_SIZE;
    request->length = length;
    request->segment_count = virtio_slice_chain(segments, count, skip, length, request->segments);
    return VIRTIO_BLK_S_OK;
}

/* Reads the header and fills in blk->request. Returns the status if it is decided already. */
static uint8_t prepare(struct virtio_blk_model *blk)
{
    const struct virtio_chain *chain = &blk->chain;
    struct virtio_blk_req_header header;

    if (virtio_copy_from_chain(chain->readable, chain->readable_count, 0, &header, sizeof header) !=
        sizeof header)
        return VIRTIO_BLK_S_IOERR;
    blk->type = header.type;
    switch (header.type) {
    case VIRTIO_BLK_T_IN:
        return prepare_transfer(blk, IO_READ, header.sector, chain->writable, chain->writable_count,
                                0, writable_data(blk));
    case VIRTIO_BLK_T_OUT:
        if (blk->backend->read_only)
            return VIRTIO_BLK_S_IOERR;
        return prepare_transfer(blk, IO_WRITE, header.sector, chain->readable,
                                chain->readable_count, sizeof header,
                                chain->readable_length - sizeof header);
    case VIRTIO_BLK_T_FLUSH:
        blk->request.op = IO_FLUSH;
        return VIRTIO_BLK_S_OK;
    case VIRTIO_BLK_T_GET_ID:
        return VIRTIO_BLK_S_OK;
    default:
        return VIRTIO_BLK_S_UNSUPP;
    }
}

/* Takes a chain off the queue into blk->chain. Lock held. */
static bool take_chain(struct virtio_blk_model *blk)
{
    struct virtio_device *d = &blk->device;
    int found;

    if (blk->in_flight || !virtio_device_is_live(d))
        return false;
    found = virtio_queue_pop(&d->queues[REQUEST_QUEUE], d->memory, &blk->chain);
    /* Without a status byte there is no way to tell the driver what became of its request. */
    if (found < 0 || (found > 0 && blk->chain.writable_length == 0)) {
        virtio_device_broken(d);
        return false;
    }
    return found > 0;
}

struct io_request *virtio_blk_submit(struct virtio_blk_model *blk)
{
    struct io_request *request = NULL;

    pthread_mutex_lock(&blk->device.lock);
    if (take_chain(blk)) {
        request = &blk->request;
        request->backend = blk->backend;
        request->op = IO_NONE;
        request->offset = 0;
        request->length = 0;
        request->segment_count = 0;
        request->transferred = 0;
        request->error = 0;
        blk->status = prepare(blk);
        blk->in_flight = true;
        blk->flight_generation = virtio_device_request_begin(&blk->device);
    }
    pthread_mutex_unlock(&blk->device.lock);
    return request;
}

/* --- complete --------------------------------------------------------------------------------- */

/* Stores what the driver is to read. Returns the length for the used element: how many bytes,
 * counted from the first device-writable one without a gap, were written (section 2.7.8.2). */
static uint32_t store_results(struct virtio_blk_model *blk, const struct io_request *request)
{
    const struct virtio_chain *chain = &blk->chain;
    uint64_t data = writable_data(blk);
    uint64_t written = request->op == IO_READ ? request->transferred : 0;

    if (blk->status == VIRTIO_BLK_S_OK) {
        /* A short read is an image that was truncated: what is missing must not pass for data. */
        if (request->error != 0 || request->transferred != request->length)
            blk->status = VIRTIO_BLK_S_IOERR;
        else if (blk->type == VIRTIO_BLK_T_GET_ID)
            written = virtio_copy_to_chain(chain->writable, chain->writable_count, 0, blk->id,
                                           data < sizeof blk->id ? data : sizeof blk->id);
    }
    virtio_copy_to_chain(chain->writable, chain->writable_count, data, &blk->status, 1);
    return (uint32_t)(written == data ? data + 1 : written);
}

void virtio_blk_complete(struct virtio_blk_model *blk, struct io_request *request)
{
    struct virtio_device *d = &blk->device;

    pthread_mutex_lock(&d->lock);
    blk->in_flight = false;
    if (virtio_device_request_end(d, blk->flight_generation))
        virtio_device_push(d, REQUEST_QUEUE, blk->chain.head, store_results(blk, request));
    pthread_mutex_unlock(&d->lock);
}

void virtio_blk_run_inline(struct virtio_blk_model *blk)
{
    /* The vCPU waits meanwhile, so the queue holds no more than its size: except where a request
     * reads a new avail.idx into the ring itself, and that must not go on for ever. */
    unsigned limit = blk->device.queues[REQUEST_QUEUE].size;

    for (unsigned i = 0; i < limit; i++) {
        struct io_request *request = virtio_blk_submit(blk);

        if (request == NULL)
            return;
        backend_run(request);
        virtio_blk_complete(blk, request);
    }
}

/* --- the device ------------------------------------------------------------------------------- */

static void blk_notify(struct virtio_device *d, unsigned queue)
{
    struct virtio_blk_model *blk = blk_of(d);

    (void)queue;
    blk->run(blk);
}

static const struct virtio_device_ops blk_ops = {.notify = blk_notify};

static void store_le(uint8_t *to, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

void virtio_blk_model_init(struct virtio_blk_model *blk, unsigned index, const char *id,
                           const struct guest_memory *memory, struct backend *backend)
{
    uint64_t features = FEATURE(VIRTIO_F_VERSION_1) | FEATURE(VIRTIO_BLK_F_SEG_MAX) |
                        FEATURE(VIRTIO_BLK_F_BLK_SIZE) | FEATURE(VIRTIO_BLK_F_FLUSH);

    if (backend->read_only)
        features |= FEATURE(VIRTIO_BLK_F_RO);
    *blk = (struct virtio_blk_model){
        .backend = backend,
        .run = virtio_blk_run_inline,
        .capacity = backend->size / VIRTIO_BLK_SECTOR_SIZE,
    };
    snprintf(blk->name, sizeof blk->name, "virtio-blk%u", index % 100);
    memcpy(blk->id, id, strnlen(id, sizeof blk->id));
    store_le(&blk->config[VIRTIO_BLK_CFG_CAPACITY], blk->capacity, 8);
    store_le(&blk->config[VIRTIO_BLK_CFG_SEG_MAX], SEG_MAX, 4);
    store_le(&blk->config[VIRTIO_BLK_CFG_BLK_SIZE], VIRTIO_BLK_SECTOR_SIZE, 4);
    virtio_device_init(&blk->device, blk->name, VIRTIO_DEVICE_BLOCK, memory, &blk_ops, features, 1,
                       VIRTIO_QUEUE_SIZE_MAX);
    blk->device.self = blk;
    blk->device.config = blk->config;
    blk->device.config_length = sizeof blk->config;
}
