/* SPDX-License-Identifier: MIT */
/*
 * Registers of virtio over MMIO (VIRTIO 1.2 section 4.2.2): each takes aligned 32-bit accesses only,
 * in the directions that the specification gives it. What they do to the device is device.c's.
 */
#include "mmio.h"

#include "../../drivers/abi/machine.h"

#include <stddef.h>

#define REGISTER_WIDTH 4

/* --- interrupt -------------------------------------------------------------------------------- */

/* Device's lock held. */
static void set_interrupt_status(struct virtio_mmio_model *v, uint32_t value)
{
    v->interrupt_status = value;
    irq_set(&v->irq, value != 0);
}

/* What is left is a reason to interrupt again: a guest that looked before it came has not seen it. */
static void acknowledge(struct virtio_mmio_model *v, uint32_t bits)
{
    uint32_t left = v->interrupt_status & ~bits;

    set_interrupt_status(v, 0);
    set_interrupt_status(v, left);
}

static void raise_interrupt(void *transport, int queue)
{
    struct virtio_mmio_model *v = transport;

    set_interrupt_status(v, v->interrupt_status | (queue < 0 ? VIRTIO_MMIO_INTERRUPT_CONFIG
                                                             : VIRTIO_MMIO_INTERRUPT_QUEUE));
}

/* --- reading ---------------------------------------------------------------------------------- */

/* False: no such register, or it is write-only. Device's lock held. */
static bool read_register(struct virtio_mmio_model *v, uint64_t offset, uint32_t *value)
{
    struct virtio_device *d = v->device;
    const struct virtio_queue *q = virtio_device_queue(d);

    switch (offset) {
    case VIRTIO_MMIO_MAGIC_VALUE:
        *value = VIRTIO_MMIO_MAGIC;
        return true;
    case VIRTIO_MMIO_VERSION:
        *value = VIRTIO_MMIO_VERSION_MODERN;
        return true;
    case VIRTIO_MMIO_DEVICE_ID:
        *value = d->type;
        return true;
    case VIRTIO_MMIO_VENDOR_ID:
        *value = VIRTIO_MMIO_VENDOR;
        return true;
    case VIRTIO_MMIO_DEVICE_FEATURES:
        *value = virtio_device_features(d, d->device_feature_select);
        return true;
    case VIRTIO_MMIO_QUEUE_NUM_MAX:
        *value = q != NULL ? q->size_max : 0;
        return true;
    case VIRTIO_MMIO_QUEUE_READY:
        /* A queue that was turned off reads 1 until nothing of it is in use (section 4.2.2.2). */
        *value = q != NULL && virtio_queue_is_busy(q);
        return true;
    case VIRTIO_MMIO_INTERRUPT_STATUS:
        *value = v->interrupt_status;
        return true;
    case VIRTIO_MMIO_STATUS:
        *value = d->status;
        return true;
    case VIRTIO_MMIO_SHM_LEN_LOW:
    case VIRTIO_MMIO_SHM_LEN_HIGH:
    case VIRTIO_MMIO_SHM_BASE_LOW:
    case VIRTIO_MMIO_SHM_BASE_HIGH:
        *value = UINT32_MAX; /* no such region, whichever is selected */
        return true;
    case VIRTIO_MMIO_CONFIG_GENERATION:
        *value = d->config_generation;
        return true;
    default:
        return false;
    }
}

static bool mmio_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct virtio_mmio_model *v = self;
    uint32_t word = 0;
    bool answered;

    if (offset >= VIRTIO_MMIO_CONFIG)
        return virtio_device_read_config(v->device, offset - VIRTIO_MMIO_CONFIG, size, value);
    if (size != REGISTER_WIDTH)
        return false;
    pthread_mutex_lock(&v->device->lock);
    answered = read_register(v, offset, &word);
    pthread_mutex_unlock(&v->device->lock);
    *value = word;
    return answered;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* 1 turns an open queue on, 0 turns one off; it stays 0 where that is refused. */
static void write_queue_ready(struct virtio_device *d, uint32_t value)
{
    struct virtio_queue *open = virtio_device_open_queue(d);
    struct virtio_queue *q = virtio_device_queue(d);

    if (value == 1 && open != NULL)
        virtio_device_enable_queue(d, open);
    else if (value == 0 && q != NULL)
        virtio_queue_disable(q);
}

static gpa_t *queue_address(struct virtio_queue *q, uint64_t low)
{
    switch (low) {
    case VIRTIO_MMIO_QUEUE_DESC_LOW:
        return &q->desc_gpa;
    case VIRTIO_MMIO_QUEUE_DRIVER_LOW:
        return &q->avail_gpa;
    default:
        return &q->used_gpa;
    }
}

/* Settings of the selected queue: without effect where there is none, or where they are frozen.
 * False: no such register. Device's lock held. */
static bool write_queue_register(struct virtio_device *d, uint64_t offset, uint32_t value)
{
    struct virtio_queue *q = virtio_device_open_queue(d);

    switch (offset) {
    case VIRTIO_MMIO_QUEUE_NUM:
        if (q != NULL)
            q->size = value <= UINT16_MAX ? (uint16_t)value : 0; /* checked when it is turned on */
        return true;
    case VIRTIO_MMIO_QUEUE_DESC_LOW:
    case VIRTIO_MMIO_QUEUE_DESC_HIGH:
    case VIRTIO_MMIO_QUEUE_DRIVER_LOW:
    case VIRTIO_MMIO_QUEUE_DRIVER_HIGH:
    case VIRTIO_MMIO_QUEUE_DEVICE_LOW:
    case VIRTIO_MMIO_QUEUE_DEVICE_HIGH:
        if (q != NULL)
            virtio_set_half(queue_address(q, offset & ~4ull), offset / 4 % 2, value);
        return true;
    default:
        return false;
    }
}

/* False: no such register, or it is read-only. Device's lock held. */
static bool write_register(struct virtio_mmio_model *v, uint64_t offset, uint32_t value)
{
    struct virtio_device *d = v->device;

    switch (offset) {
    case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
        d->device_feature_select = value;
        return true;
    case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
        d->driver_feature_select = value;
        return true;
    case VIRTIO_MMIO_QUEUE_SEL:
        d->queue_select = value;
        return true;
    case VIRTIO_MMIO_QUEUE_READY:
        write_queue_ready(d, value);
        return true;
    case VIRTIO_MMIO_INTERRUPT_ACK:
        acknowledge(v, value);
        return true;
    case VIRTIO_MMIO_SHM_SEL:
        return true;
    default:
        return write_queue_register(d, offset, value);
    }
}

static void write_status(struct virtio_mmio_model *v, uint32_t value)
{
    virtio_device_set_status(v->device, (uint8_t)value);
    if ((uint8_t)value != 0)
        return;
    pthread_mutex_lock(&v->device->lock);
    set_interrupt_status(v, 0);
    pthread_mutex_unlock(&v->device->lock);
}

static bool mmio_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct virtio_mmio_model *v = self;
    uint32_t word = (uint32_t)value;
    bool answered;

    if (offset >= VIRTIO_MMIO_CONFIG)
        return virtio_device_write_config(v->device, offset - VIRTIO_MMIO_CONFIG, size, value);
    if (size != REGISTER_WIDTH)
        return false;
    /* These three take the lock themselves. */
    switch (offset) {
    case VIRTIO_MMIO_STATUS:
        write_status(v, word);
        return true;
    case VIRTIO_MMIO_DRIVER_FEATURES:
        virtio_device_set_features(v->device, v->device->driver_feature_select, word);
        return true;
    case VIRTIO_MMIO_QUEUE_NOTIFY:
        virtio_device_notify(v->device, word);
        return true;
    default:
        break;
    }
    pthread_mutex_lock(&v->device->lock);
    answered = write_register(v, offset, word);
    pthread_mutex_unlock(&v->device->lock);
    return answered;
}

static const struct bus_ops mmio_ops = {.read = mmio_read, .write = mmio_write};

/* --- the transport ---------------------------------------------------------------------------- */

void virtio_mmio_model_init(struct virtio_mmio_model *v, struct virtio_device *device,
                            struct irq_line irq)
{
    *v = (struct virtio_mmio_model){
        .region = {.name = device->name, .ops = &mmio_ops, .self = v, .length = VIRTIO_MMIO_STRIDE},
        .device = device,
        .irq = irq,
    };
    device->transport = v;
    device->interrupt = raise_interrupt;
    device->can_dma = NULL; /* no bus between it and memory */
}

void virtio_mmio_model_reset(struct virtio_mmio_model *v)
{
    write_status(v, 0);
}
