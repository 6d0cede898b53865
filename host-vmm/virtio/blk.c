/* SPDX-License-Identifier: MIT */
/*
 * virtio-blk as a device (VIRTIO 1.2 section 5.2): features and configuration, which requests are
 * in flight, how they leave the queues and come back. What a request asks for is in blk_request.c.
 */
#include "blk_internal.h"

#include <stdio.h>
#include <string.h>

/* A header and a status byte take one descriptor each. */
#define SEG_MAX (VIRTIO_QUEUE_SIZE_MAX - 2)
#define SIZE_MAX_BYTES 65536 /* nothing here needs a limit: this is for drivers to be tried with */

#define FEATURE(bit) (1ull << (bit))

static struct virtio_blk_model *blk_of(struct virtio_device *d)
{
    return d->self;
}

static struct virtio_blk_request *request_of(struct io_request *io)
{
    return (struct virtio_blk_request *)io;
}

/* --- submit ----------------------------------------------------------------------------------- */

static void put(struct virtio_blk_request **list, struct virtio_blk_request *request)
{
    request->next = *list;
    *list = request;
}

static struct virtio_blk_request *get(struct virtio_blk_request **list)
{
    struct virtio_blk_request *request = *list;

    if (request != NULL)
        *list = request->next;
    return request;
}

/* Takes a chain off one of the queues into blk->chain; as virtio_queue_pop(). */
static int pop_in_turn(struct virtio_blk_model *blk, unsigned *queue)
{
    struct virtio_device *d = &blk->device;

    for (unsigned i = 0; i < d->queue_count; i++) {
        int found;

        *queue = (blk->next_queue + i) % d->queue_count;
        found = virtio_queue_pop(&d->queues[*queue], d->memory, &blk->chain);
        if (found != 0) {
            blk->next_queue = *queue + 1;
            return found;
        }
    }
    return 0;
}

/* Asks the driver to notify of what it adds to any queue. True when there is something already. */
static bool enable_notifications(struct virtio_device *d)
{
    bool more = false;

    for (unsigned i = 0; i < d->queue_count; i++)
        more |= virtio_queue_enable_notification(&d->queues[i]);
    return more;
}

/* Takes the next chain off the queues, or makes sure that the driver will notify of it. */
static bool take_chain(struct virtio_blk_model *blk, unsigned *queue)
{
    struct virtio_device *d = &blk->device;
    int found = pop_in_turn(blk, queue);

    /* Twice is enough: what is added after the second look is notified of. */
    if (found == 0 && enable_notifications(d))
        found = pop_in_turn(blk, queue);
    /* Without a status byte there is no way to tell the driver what became of its request. */
    if (found < 0 || (found > 0 && blk->chain.writable_length == 0)) {
        virtio_device_broken(d);
        return false;
    }
    return found > 0;
}

/* Lock held, something unused. */
static struct virtio_blk_request *take_request(struct virtio_blk_model *blk)
{
    struct virtio_blk_request *request;
    unsigned queue;

    if (!virtio_device_is_live(&blk->device) || !take_chain(blk, &queue))
        return NULL;
    request = get(&blk->unused);
    request->queue = queue;
    request->id = blk->chain.id;
    request->entries = blk->chain.entries;
    request->generation = virtio_device_request_begin(&blk->device);
    virtio_blk_prepare(blk, request);
    blk->taken++;
    return request;
}

struct io_request *virtio_blk_submit(struct virtio_blk_model *blk)
{
    struct virtio_blk_request *request;

    pthread_mutex_lock(&blk->device.lock);
    request = get(&blk->waiting);
    if (request == NULL && blk->unused != NULL)
        request = take_request(blk);
    pthread_mutex_unlock(&blk->device.lock);
    return request != NULL ? &request->io : NULL;
}

/* --- complete --------------------------------------------------------------------------------- */

static bool has_another_step(struct virtio_blk_model *blk, struct virtio_blk_request *request)
{
    return request->generation == blk->device.generation && request->io.error == 0 &&
           virtio_blk_next_range(request);
}

void virtio_blk_complete(struct virtio_blk_model *blk, struct io_request *io)
{
    struct virtio_device *d = &blk->device;
    struct virtio_blk_request *request = request_of(io);

    pthread_mutex_lock(&d->lock);
    if (has_another_step(blk, request)) {
        put(&blk->waiting, request);
    } else {
        if (virtio_device_request_end(d, request->generation))
            virtio_device_push(d, request->queue, request->id, request->entries,
                               virtio_blk_store_results(blk, request));
        put(&blk->unused, request);
    }
    pthread_mutex_unlock(&d->lock);
}

void virtio_blk_run_inline(struct virtio_blk_model *blk)
{
    struct virtio_device *d = &blk->device;
    struct io_request *io;
    uint64_t last = blk->taken;

    /* The vCPU waits meanwhile, so the queues hold no more than their sizes: except where a request
     * reads a new avail.idx into the ring itself, and that must not go on for ever. */
    for (unsigned i = 0; i < d->queue_count; i++)
        last += d->queues[i].size;
    while ((blk->taken < last || blk->waiting != NULL) && (io = virtio_blk_submit(blk)) != NULL) {
        backend_run(io);
        virtio_blk_complete(blk, io);
    }
    pthread_mutex_lock(&d->lock);
    if (blk->taken == last && virtio_device_is_live(d))
        enable_notifications(d); /* submit did not come to it */
    pthread_mutex_unlock(&d->lock);
}

/* --- features and configuration --------------------------------------------------------------- */

static void blk_notify(struct virtio_device *d, unsigned queue)
{
    struct virtio_blk_model *blk = blk_of(d);

    (void)queue;
    blk->run(blk);
}

/* What waits for its next step is in flight, and nobody would come for it. */
static void blk_reset(struct virtio_device *d)
{
    struct virtio_blk_model *blk = blk_of(d);
    struct virtio_blk_request *request;

    while ((request = get(&blk->waiting)) != NULL) {
        virtio_device_request_end(d, request->generation);
        put(&blk->unused, request);
    }
    blk->next_queue = 0;
}

/* Section 5.2.5.2: write-through where the driver could not flush. */
static void blk_features_ok(struct virtio_device *d)
{
    struct virtio_blk_model *blk = blk_of(d);

    blk->config[VIRTIO_BLK_CFG_WRITEBACK] = virtio_device_agreed(d, VIRTIO_BLK_F_CONFIG_WCE) &&
                                            virtio_device_agreed(d, VIRTIO_BLK_F_FLUSH);
}

/* The cache mode counts for what is submitted from now on. Going to write-through flushes nothing:
 * that is the driver's to ask for (section 5.2.6.1). */
static bool blk_config_write(struct virtio_device *d, unsigned offset, unsigned size,
                             uint64_t value)
{
    struct virtio_blk_model *blk = blk_of(d);

    if (offset != VIRTIO_BLK_CFG_WRITEBACK || size != 1 ||
        !virtio_device_agreed(d, VIRTIO_BLK_F_CONFIG_WCE))
        return false;
    if (value <= 1)
        blk->config[VIRTIO_BLK_CFG_WRITEBACK] = (uint8_t)value;
    return true;
}

static const struct virtio_device_ops blk_ops = {
    .notify = blk_notify,
    .reset = blk_reset,
    .features_ok = blk_features_ok,
    .config_write = blk_config_write,
};

/* The features that a person may switch */
#define FEATURE_OF_NAME(name, bit) FEATURE(bit) |
#define SWITCHABLE (VIRTIO_BLK_FEATURE_NAMES(FEATURE_OF_NAME) 0)

static uint64_t offered_features(const struct backend *backend, unsigned queues,
                                 const struct virtio_blk_options *options)
{
    uint64_t features = FEATURE(VIRTIO_BLK_F_SEG_MAX) | FEATURE(VIRTIO_BLK_F_BLK_SIZE) |
                        FEATURE(VIRTIO_BLK_F_FLUSH) | FEATURE(VIRTIO_BLK_F_CONFIG_WCE) |
                        FEATURE(VIRTIO_F_INDIRECT_DESC) | FEATURE(VIRTIO_F_EVENT_IDX);

    if (!backend->read_only)
        features |= FEATURE(VIRTIO_BLK_F_DISCARD) | FEATURE(VIRTIO_BLK_F_WRITE_ZEROES);
    if (queues > 1)
        features |= FEATURE(VIRTIO_BLK_F_MQ);
    features = (features & ~options->features_off) | (options->features_on & SWITCHABLE);
    if (!(features & FEATURE(VIRTIO_BLK_F_FLUSH)))
        features &= ~FEATURE(VIRTIO_BLK_F_CONFIG_WCE);
    if (backend->read_only)
        features |= FEATURE(VIRTIO_BLK_F_RO);
    return features | FEATURE(VIRTIO_F_VERSION_1);
}

static void store_le(uint8_t *to, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

/* Fields of features that are not offered are 0 (section 5.2.4). */
static void fill_configuration(struct virtio_blk_model *blk, uint64_t features, unsigned queues)
{
    const struct {
        unsigned feature, offset, size;
        uint64_t value;
    } fields[] = {
        {VIRTIO_F_VERSION_1, VIRTIO_BLK_CFG_CAPACITY, 8, blk->capacity},
        {VIRTIO_BLK_F_SIZE_MAX, VIRTIO_BLK_CFG_SIZE_MAX, 4, SIZE_MAX_BYTES},
        {VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_CFG_SEG_MAX, 4, SEG_MAX},
        {VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_CFG_BLK_SIZE, 4, VIRTIO_BLK_SECTOR_SIZE},
        {VIRTIO_BLK_F_MQ, VIRTIO_BLK_CFG_NUM_QUEUES, 2, queues},
        {VIRTIO_BLK_F_DISCARD, VIRTIO_BLK_CFG_MAX_DISCARD_SECTORS, 4, VIRTIO_BLK_MAX_RANGE_SECTORS},
        {VIRTIO_BLK_F_DISCARD, VIRTIO_BLK_CFG_MAX_DISCARD_SEG, 4, VIRTIO_BLK_RANGES},
        {VIRTIO_BLK_F_DISCARD, VIRTIO_BLK_CFG_DISCARD_SECTOR_ALIGNMENT, 4,
         VIRTIO_BLK_DISCARD_ALIGNMENT},
        {VIRTIO_BLK_F_WRITE_ZEROES, VIRTIO_BLK_CFG_MAX_WRITE_ZEROES_SECTORS, 4,
         VIRTIO_BLK_MAX_RANGE_SECTORS},
        {VIRTIO_BLK_F_WRITE_ZEROES, VIRTIO_BLK_CFG_MAX_WRITE_ZEROES_SEG, 4, VIRTIO_BLK_RANGES},
        {VIRTIO_BLK_F_WRITE_ZEROES, VIRTIO_BLK_CFG_WRITE_ZEROES_MAY_UNMAP, 1, 1},
    };

    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (features & FEATURE(fields[i].feature))
            store_le(&blk->config[fields[i].offset], fields[i].value, fields[i].size);
}

void virtio_blk_model_init(struct virtio_blk_model *blk, unsigned index, const char *id,
                           const struct guest_memory *memory, struct backend *backend,
                           const struct virtio_blk_options *options)
{
    unsigned queues = options->queues > 0 ? options->queues : 1;
    uint64_t features;

    if (queues > VIRTIO_MAX_QUEUES)
        queues = VIRTIO_MAX_QUEUES;
    features = offered_features(backend, queues, options);
    if (!(features & FEATURE(VIRTIO_BLK_F_MQ)))
        queues = 1;
    memset(blk, 0, sizeof *blk);
    blk->backend = backend;
    blk->run = virtio_blk_run_inline;
    blk->capacity = backend->size / VIRTIO_BLK_SECTOR_SIZE;
    for (unsigned i = 0; i < VIRTIO_BLK_DEPTH; i++)
        put(&blk->unused, &blk->requests[i]);
    snprintf(blk->name, sizeof blk->name, "virtio-blk%u", index % 100);
    memcpy(blk->id, id, strnlen(id, sizeof blk->id));
    fill_configuration(blk, features, queues);
    virtio_device_init(&blk->device, blk->name, VIRTIO_DEVICE_BLOCK, memory, &blk_ops, features,
                       queues, VIRTIO_QUEUE_SIZE_MAX);
    blk->device.self = blk;
    blk->device.config = blk->config;
    blk->device.config_length = sizeof blk->config;
}
