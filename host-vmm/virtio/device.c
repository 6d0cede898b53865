/* SPDX-License-Identifier: MIT */
/*
 * Status, features and the life of requests (VIRTIO 1.2 sections 2.1, 2.2, 3.1), the same for every
 * device and every transport.
 */
#include "device.h"

#include <string.h>

#define VERSION_1 (1ull << VIRTIO_F_VERSION_1)

void virtio_device_init(struct virtio_device *d, const char *name, uint16_t type,
                        const struct guest_memory *memory, const struct virtio_device_ops *ops,
                        uint64_t offered, unsigned queue_count, uint16_t queue_size)
{
    *d = (struct virtio_device){
        .ops = ops,
        .name = name,
        .type = type,
        .memory = memory,
        .offered = offered,
        .queue_count = queue_count,
    };
    pthread_mutex_init(&d->lock, NULL);
    for (unsigned i = 0; i < queue_count; i++)
        virtio_queue_init(&d->queues[i], queue_size);
}

/* --- status ----------------------------------------------------------------------------------- */

static void finish_reset(struct virtio_device *d)
{
    d->resetting = false;
    d->status = 0;
}

static void start_reset(struct virtio_device *d)
{
    d->generation++;
    d->driver_features = 0;
    d->queue_select = 0;
    d->device_feature_select = d->driver_feature_select = 0;
    for (unsigned i = 0; i < d->queue_count; i++)
        virtio_queue_reset(&d->queues[i]);
    if (d->ops->reset != NULL)
        d->ops->reset(d);
    d->resetting = true;
    if (d->requests == 0)
        finish_reset(d);
}

/* No feature that is offered here needs another one (sections 2.2, 5.2.5.2 and 6.1): CONFIG_WCE
 * without FLUSH is write-through from the start, and is agreed to. */
static bool features_are_acceptable(const struct virtio_device *d)
{
    return (d->driver_features & ~d->offered) == 0 && (d->driver_features & VERSION_1) != 0;
}

/* Adds those bits of value whose turn it is (section 3.1.1). None is taken away, and NEEDS_RESET is
 * not the driver's to set. */
static void advance_status(struct virtio_device *d, uint8_t value)
{
    if (value & VIRTIO_STATUS_ACKNOWLEDGE)
        d->status |= VIRTIO_STATUS_ACKNOWLEDGE;
    if ((value & VIRTIO_STATUS_DRIVER) && (d->status & VIRTIO_STATUS_ACKNOWLEDGE))
        d->status |= VIRTIO_STATUS_DRIVER;
    if ((value & VIRTIO_STATUS_FEATURES_OK) && (d->status & VIRTIO_STATUS_DRIVER) &&
        !(d->status & VIRTIO_STATUS_FEATURES_OK) && features_are_acceptable(d)) {
        d->status |= VIRTIO_STATUS_FEATURES_OK;
        if (d->ops->features_ok != NULL)
            d->ops->features_ok(d);
    }
    if ((value & VIRTIO_STATUS_DRIVER_OK) && (d->status & VIRTIO_STATUS_FEATURES_OK))
        d->status |= VIRTIO_STATUS_DRIVER_OK;
    if (value & VIRTIO_STATUS_FAILED)
        d->status |= VIRTIO_STATUS_FAILED;
}

uint8_t virtio_device_status(struct virtio_device *d)
{
    uint8_t status;

    pthread_mutex_lock(&d->lock);
    status = d->status;
    pthread_mutex_unlock(&d->lock);
    return status;
}

void virtio_device_set_status(struct virtio_device *d, uint8_t value)
{
    pthread_mutex_lock(&d->lock);
    if (value == 0)
        start_reset(d);
    else if (!d->resetting)
        advance_status(d, value);
    pthread_mutex_unlock(&d->lock);
}

bool virtio_device_is_live(const struct virtio_device *d)
{
    const uint8_t relevant =
        VIRTIO_STATUS_DRIVER_OK | VIRTIO_STATUS_NEEDS_RESET | VIRTIO_STATUS_FAILED;

    return (d->status & relevant) == VIRTIO_STATUS_DRIVER_OK && !d->resetting &&
           (d->can_dma == NULL || d->can_dma(d->transport));
}

void virtio_device_broken(struct virtio_device *d)
{
    d->status |= VIRTIO_STATUS_NEEDS_RESET;
    if ((d->status & VIRTIO_STATUS_DRIVER_OK) && d->interrupt != NULL)
        d->interrupt(d->transport, -1);
}

/* --- features and queues ---------------------------------------------------------------------- */

bool virtio_device_agreed(const struct virtio_device *d, unsigned bit)
{
    return (d->status & VIRTIO_STATUS_FEATURES_OK) && (d->driver_features >> bit & 1) != 0;
}

void virtio_device_set_features(struct virtio_device *d, unsigned word, uint32_t bits)
{
    pthread_mutex_lock(&d->lock);
    if (word < 2 && !d->resetting && !(d->status & VIRTIO_STATUS_FEATURES_OK)) {
        virtio_set_half(&d->driver_features, word, bits);
    }
    pthread_mutex_unlock(&d->lock);
}

uint32_t virtio_device_features(const struct virtio_device *d, unsigned word)
{
    return word < 2 ? (uint32_t)(d->offered >> (32 * word)) : 0;
}

struct virtio_queue *virtio_device_queue(struct virtio_device *d)
{
    return d->queue_select < d->queue_count ? &d->queues[d->queue_select] : NULL;
}

struct virtio_queue *virtio_device_open_queue(struct virtio_device *d)
{
    struct virtio_queue *q = virtio_device_queue(d);
    bool frozen = d->resetting || (d->status & VIRTIO_STATUS_DRIVER_OK);

    return q != NULL && !frozen && !q->enabled ? q : NULL;
}

bool virtio_device_enable_queue(struct virtio_device *d, struct virtio_queue *q)
{
    return (d->status & VIRTIO_STATUS_FEATURES_OK) &&
           virtio_queue_enable(q, d->memory, d->driver_features);
}

/* --- configuration ---------------------------------------------------------------------------- */

bool virtio_device_read_config(struct virtio_device *d, uint64_t offset, unsigned size,
                               uint64_t *value)
{
    if (offset % size != 0 || offset > d->config_length || size > d->config_length - offset)
        return false;
    *value = 0;
    pthread_mutex_lock(&d->lock);
    memcpy(value, &d->config[offset], size); /* both sides are little-endian */
    pthread_mutex_unlock(&d->lock);
    return true;
}

bool virtio_device_write_config(struct virtio_device *d, uint64_t offset, unsigned size,
                                uint64_t value)
{
    bool answered = false;

    if (offset % size != 0 || offset > d->config_length || size > d->config_length - offset)
        return false;
    pthread_mutex_lock(&d->lock);
    if (d->ops->config_write != NULL)
        answered = d->ops->config_write(d, (unsigned)offset, size, value);
    pthread_mutex_unlock(&d->lock);
    return answered;
}

/* --- requests --------------------------------------------------------------------------------- */

void virtio_device_notify(struct virtio_device *d, unsigned queue)
{
    bool wanted;

    pthread_mutex_lock(&d->lock);
    wanted = queue < d->queue_count && d->queues[queue].enabled && virtio_device_is_live(d);
    pthread_mutex_unlock(&d->lock);
    if (wanted)
        d->ops->notify(d, queue);
}

uint32_t virtio_device_request_begin(struct virtio_device *d)
{
    d->requests++;
    return d->generation;
}

bool virtio_device_request_end(struct virtio_device *d, uint32_t generation)
{
    d->requests--;
    if (d->resetting && d->requests == 0)
        finish_reset(d);
    return generation == d->generation;
}

void virtio_device_push(struct virtio_device *d, unsigned queue, uint16_t id, uint16_t entries,
                        uint32_t written)
{
    struct virtio_queue *q = &d->queues[queue];

    virtio_queue_push(q, id, entries, written);
    if (virtio_queue_wants_interrupt(q) && d->interrupt != NULL)
        d->interrupt(d->transport, (int)queue);
}
