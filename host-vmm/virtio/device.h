/* SPDX-License-Identifier: MIT */
/*
 * What every virtio device has, whatever carries it: status, features, queues, configuration space.
 * A transport (pci.h, mmio.h) translates its registers into these calls; a device (blk.h) gives the
 * ops.
 */
#ifndef HOST_VIRTIO_DEVICE_H
#define HOST_VIRTIO_DEVICE_H

#include "../guest_memory.h"
#include "queue.h"

#include <pthread.h>

#define VIRTIO_MAX_QUEUES 4

struct virtio_device;

struct virtio_device_ops {
    void (*notify)(struct virtio_device *d, unsigned queue); /* the doorbell; lock not held */
    void (*reset)(struct virtio_device *d);                  /* optional; lock held */
    /* Optional: the features are agreed on, virtio_device_agreed() tells which. Lock held. */
    void (*features_ok)(struct virtio_device *d);
    /* Optional: the driver writes size bytes at offset of the configuration, within config_length.
     * False: nothing there can be written. Lock held. */
    bool (*config_write)(struct virtio_device *d, unsigned offset, unsigned size, uint64_t value);
};

struct virtio_device {
    const struct virtio_device_ops *ops;
    void *self; /* the device's model */
    const char *name;
    uint16_t type; /* VIRTIO_DEVICE_* */
    const struct guest_memory *memory;
    pthread_mutex_t lock;
    uint64_t offered, driver_features; /* features */
    uint8_t status;
    uint32_t generation; /* counts resets: a completion of an earlier one is dropped */
    unsigned requests;   /* in flight: they use guest memory */
    bool resetting;      /* a reset waits for them */
    uint8_t config_generation;
    struct virtio_queue queues[VIRTIO_MAX_QUEUES];
    unsigned queue_count;
    const uint8_t *config; /* device configuration, read-only to the driver */
    unsigned config_length;
    /* selectors, which every transport has */
    uint32_t queue_select, device_feature_select, driver_feature_select;
    /* Set by the transport. interrupt: a used buffer of queue, or (queue < 0) a changed
     * configuration; lock held, any thread. Both may be NULL: no interrupts, always allowed. */
    void (*interrupt)(void *transport, int queue);
    bool (*can_dma)(void *transport);
    void *transport;
};

void virtio_device_init(struct virtio_device *d, const char *name, uint16_t type,
                        const struct guest_memory *memory, const struct virtio_device_ops *ops,
                        uint64_t offered, unsigned queue_count, uint16_t queue_size);

/* Status register (section 2.1): refuses FEATURES_OK for features that were not offered or without
 * VERSION_1; bits are only added, and in order; 0 resets. Reset is over when the register reads 0:
 * not while a request in flight uses guest memory. Selectors are 0 after it. */
uint8_t virtio_device_status(struct virtio_device *d);
void virtio_device_set_status(struct virtio_device *d, uint8_t value);

/* The driver and the device agreed on feature bit number bit. False before FEATURES_OK. Lock
 * held. */
bool virtio_device_agreed(const struct virtio_device *d, unsigned bit);

/* Ignored once FEATURES_OK is set. word 0 or 1: bits 31:0 or 63:32. */
void virtio_device_set_features(struct virtio_device *d, unsigned word, uint32_t bits);
uint32_t virtio_device_features(const struct virtio_device *d, unsigned word);

/* The queue that queue_select names, or NULL; lock held. The open one is NULL, too, once its
 * settings are frozen: after DRIVER_OK, and after this queue was enabled. */
struct virtio_queue *virtio_device_queue(struct virtio_device *d);
struct virtio_queue *virtio_device_open_queue(struct virtio_device *d);

/* Turns the open queue q on with the features that were agreed on; it stays off where its size or
 * its places do not allow it, and before FEATURES_OK. Lock held. */
bool virtio_device_enable_queue(struct virtio_device *d, struct virtio_queue *q);

/* Half 0 of an address is its bits 31:0, half 1 the others. */
static inline void virtio_set_half(gpa_t *address, unsigned half, uint32_t bits)
{
    unsigned shift = 32 * half;

    *address = (*address & ~(0xffffffffull << shift)) | (uint64_t)bits << shift;
}

/* Reads size bytes of the device's configuration; false where that is misaligned or outside. */
bool virtio_device_read_config(struct virtio_device *d, uint64_t offset, unsigned size,
                               uint64_t *value);

/* Writes to it: false where nothing there can be written, or not at this width. Lock not held. */
bool virtio_device_write_config(struct virtio_device *d, uint64_t offset, unsigned size,
                                uint64_t value);

/* True when the device may look at its queues: DRIVER_OK, nothing broken or failed, bus mastering
 * on. Lock held. */
bool virtio_device_is_live(const struct virtio_device *d);

/* The doorbell. Ignored unless the device is live and has that queue enabled. */
void virtio_device_notify(struct virtio_device *d, unsigned queue);

/* Brackets a request that uses guest memory without the lock: begin at submit, end at complete, by
 * any thread and in any order. end returns false when the device was reset meanwhile: the request
 * must leave no trace. Lock held. */
uint32_t virtio_device_request_begin(struct virtio_device *d);
bool virtio_device_request_end(struct virtio_device *d, uint32_t generation);

/* Returns the chain with that id, which took up entries of the ring, to the driver, with an
 * interrupt if it wants one. Lock held. */
void virtio_device_push(struct virtio_device *d, unsigned queue, uint16_t id, uint16_t entries,
                        uint32_t written);

/* The guest broke the rules: NEEDS_RESET, nothing is processed until it resets. Lock held. */
void virtio_device_broken(struct virtio_device *d);

#endif
