/* SPDX-License-Identifier: MIT */
/*
 * Common configuration structure of virtio over PCI (VIRTIO 1.2 section 4.1.4.3): selectors,
 * features, status, queues. Each field takes accesses of its own width only.
 */
#include "pci_internal.h"

#include <stddef.h>

/* The width of the field at offset; 0: none starts here. The 64-bit fields are apart. */
static unsigned common_field_width(uint64_t offset)
{
    switch (offset) {
    case VIRTIO_COMMON_DEVICE_FEATURE_SELECT:
    case VIRTIO_COMMON_DEVICE_FEATURE:
    case VIRTIO_COMMON_DRIVER_FEATURE_SELECT:
    case VIRTIO_COMMON_DRIVER_FEATURE:
        return 4;
    case VIRTIO_COMMON_CONFIG_MSIX_VECTOR:
    case VIRTIO_COMMON_NUM_QUEUES:
    case VIRTIO_COMMON_QUEUE_SELECT:
    case VIRTIO_COMMON_QUEUE_SIZE:
    case VIRTIO_COMMON_QUEUE_MSIX_VECTOR:
    case VIRTIO_COMMON_QUEUE_ENABLE:
    case VIRTIO_COMMON_QUEUE_NOTIFY_OFF:
        return 2;
    case VIRTIO_COMMON_DEVICE_STATUS:
    case VIRTIO_COMMON_CONFIG_GENERATION:
        return 1;
    default:
        return 0;
    }
}

/* Where the address field that holds offset is kept. */
static gpa_t *queue_address(struct virtio_queue *q, uint64_t offset)
{
    switch (offset & ~7ull) {
    case VIRTIO_COMMON_QUEUE_DESC:
        return &q->desc_gpa;
    case VIRTIO_COMMON_QUEUE_DRIVER:
        return &q->avail_gpa;
    default:
        return &q->used_gpa;
    }
}

/* An address may be accessed whole or by halves (section 4.1.3.1). */
static bool is_address_access(uint64_t offset, unsigned size)
{
    return offset >= VIRTIO_COMMON_QUEUE_DESC && offset < VIRTIO_COMMON_SIZE &&
           (size == 4 || size == 8) && offset % size == 0;
}

static uint64_t read_address(struct virtio_pci_model *v, uint64_t offset, unsigned size)
{
    struct virtio_queue *q = virtio_device_queue(v->device);
    uint64_t address = q != NULL ? *queue_address(q, offset) : 0;

    return size == 8 ? address : (uint32_t)(address >> (8 * (offset & 4)));
}

static void write_address(struct virtio_pci_model *v, uint64_t offset, unsigned size,
                          uint64_t value)
{
    struct virtio_queue *q = virtio_device_open_queue(v->device);
    gpa_t *address;

    if (q == NULL)
        return;
    address = queue_address(q, offset);
    if (size == 8)
        *address = value;
    else
        virtio_set_half(address, offset / 4 % 2, (uint32_t)value);
}

/* One field at its own width. Device's lock held. */
static uint64_t read_common_field(struct virtio_pci_model *v, uint64_t offset)
{
    struct virtio_device *d = v->device;
    const struct virtio_queue *q = virtio_device_queue(d);

    switch (offset) {
    case VIRTIO_COMMON_DEVICE_FEATURE_SELECT:
        return d->device_feature_select;
    case VIRTIO_COMMON_DEVICE_FEATURE:
        return virtio_device_features(d, d->device_feature_select);
    case VIRTIO_COMMON_DRIVER_FEATURE_SELECT:
        return d->driver_feature_select;
    case VIRTIO_COMMON_DRIVER_FEATURE:
        return d->driver_feature_select < 2
                   ? (uint32_t)(d->driver_features >> (32 * d->driver_feature_select))
                   : 0;
    case VIRTIO_COMMON_CONFIG_MSIX_VECTOR:
        return v->config_vector;
    case VIRTIO_COMMON_QUEUE_MSIX_VECTOR:
        return q != NULL ? v->queue_vectors[d->queue_select] : VIRTIO_MSI_NO_VECTOR;
    case VIRTIO_COMMON_NUM_QUEUES:
        return d->queue_count;
    case VIRTIO_COMMON_DEVICE_STATUS:
        return d->status;
    case VIRTIO_COMMON_CONFIG_GENERATION:
        return d->config_generation;
    case VIRTIO_COMMON_QUEUE_SELECT:
        return d->queue_select;
    case VIRTIO_COMMON_QUEUE_SIZE:
        return q != NULL ? q->size : 0; /* 0: no such queue */
    case VIRTIO_COMMON_QUEUE_ENABLE:
        return q != NULL && q->enabled;
    case VIRTIO_COMMON_QUEUE_NOTIFY_OFF:
        return q != NULL ? d->queue_select : 0;
    default:
        return 0;
    }
}

bool virtio_pci_common_read(struct virtio_pci_model *v, uint64_t offset, unsigned size,
                            uint64_t *value)
{
    bool is_address = is_address_access(offset, size);

    if (!is_address && common_field_width(offset) != size)
        return false;
    pthread_mutex_lock(&v->device->lock);
    *value = is_address ? read_address(v, offset, size) : read_common_field(v, offset);
    pthread_mutex_unlock(&v->device->lock);
    return true;
}

static void write_status(struct virtio_pci_model *v, uint8_t value)
{
    virtio_device_set_status(v->device, value);
    if (value == 0)
        virtio_pci_clear(v);
}

/* A vector that is not there reads back as none, which is how the driver learns (section 4.1.5.1.2.1). */
static uint16_t usable_vector(const struct virtio_pci_model *v, uint32_t vector)
{
    return vector < v->msix.count ? (uint16_t)vector : VIRTIO_MSI_NO_VECTOR;
}

/* Selectors and the selected queue. False: read-only. Device's lock held. */
static bool write_common_field(struct virtio_pci_model *v, uint64_t offset, uint32_t value)
{
    struct virtio_device *d = v->device;
    struct virtio_queue *q = virtio_device_open_queue(d);

    switch (offset) {
    case VIRTIO_COMMON_DEVICE_FEATURE_SELECT:
        d->device_feature_select = value;
        return true;
    case VIRTIO_COMMON_DRIVER_FEATURE_SELECT:
        d->driver_feature_select = value;
        return true;
    case VIRTIO_COMMON_QUEUE_SELECT:
        d->queue_select = (uint16_t)value;
        return true;
    case VIRTIO_COMMON_QUEUE_SIZE:
        if (q != NULL)
            q->size = (uint16_t)value; /* checked when the queue is enabled */
        return true;
    case VIRTIO_COMMON_QUEUE_ENABLE:
        if (q != NULL && value == 1)
            virtio_device_enable_queue(d, q); /* stays 0 if it is refused */
        return true;
    case VIRTIO_COMMON_CONFIG_MSIX_VECTOR:
        v->config_vector = usable_vector(v, value);
        return true;
    case VIRTIO_COMMON_QUEUE_MSIX_VECTOR:
        if (virtio_device_queue(d) != NULL)
            v->queue_vectors[d->queue_select] = usable_vector(v, value);
        return true;
    default:
        return false;
    }
}

bool virtio_pci_common_write(struct virtio_pci_model *v, uint64_t offset, unsigned size,
                             uint64_t value)
{
    bool is_address = is_address_access(offset, size);
    bool answered = true;

    if (!is_address && common_field_width(offset) != size)
        return false;
    /* These two take the lock themselves. */
    if (offset == VIRTIO_COMMON_DEVICE_STATUS) {
        write_status(v, (uint8_t)value);
        return true;
    }
    if (offset == VIRTIO_COMMON_DRIVER_FEATURE) {
        virtio_device_set_features(v->device, v->device->driver_feature_select, (uint32_t)value);
        return true;
    }
    pthread_mutex_lock(&v->device->lock);
    if (is_address)
        write_address(v, offset, size, value);
    else
        answered = write_common_field(v, offset, (uint32_t)value);
    pthread_mutex_unlock(&v->device->lock);
    return answered;
}
