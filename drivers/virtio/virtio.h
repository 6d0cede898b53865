/* SPDX-License-Identifier: MIT */
/*
 * What all virtio devices share: a transport as a small table of operations, and the handshake,
 * written once over it (VIRTIO 1.2 sections 3.1 and 4).
 */
#ifndef DRIVERS_VIRTIO_VIRTIO_H
#define DRIVERS_VIRTIO_VIRTIO_H

#include "../abi/virtio.h"
#include "../interrupt.h"

#include <stdbool.h>
#include <stdint.h>

struct virtio_transport;

/* Places of one queue's three parts, guest-physical; of a packed one avail is the driver area and used
 * the device area. */
struct virtio_queue_addresses {
    uint64_t desc, avail, used;
};

struct virtio_transport_ops {
    uint8_t (*get_status)(struct virtio_transport *t);
    void (*set_status)(struct virtio_transport *t, uint8_t status);
    uint64_t (*get_features)(struct virtio_transport *t);
    void (*set_features)(struct virtio_transport *t, uint64_t features);
    /* Size the device offers for queue; 0 = no such queue. Leaves queue selected. */
    uint16_t (*queue_size)(struct virtio_transport *t, uint16_t queue);
    /* Sets size and addresses and enables the queue. ERR_DEVICE when it does not stick. */
    int (*queue_enable)(struct virtio_transport *t, uint16_t queue, uint16_t size,
                        const struct virtio_queue_addresses *addresses);
    void (*notify)(struct virtio_transport *t, uint16_t queue);
    /* Device configuration: width 1, 2 or 4 bytes at offset. Past its end: all ones. */
    uint32_t (*config_read)(struct virtio_transport *t, unsigned offset, unsigned width);
    void (*config_write8)(struct virtio_transport *t, unsigned offset, uint8_t value);
    uint32_t (*config_generation)(struct virtio_transport *t);
    /* Has queues and configuration raise interrupt, until the next reset. Between virtio_negotiate() and
     * queue_enable(). ERR_* where device or platform cannot; polling is left then. */
    int (*set_interrupt)(struct virtio_transport *t, struct interrupt *interrupt);
};

struct virtio_transport {
    const struct virtio_transport_ops *ops;
    uint16_t device_type; /* VIRTIO_DEVICE_* */
    bool has_interrupt;   /* set_interrupt() has succeeded since the last reset */
};

/* Steps 1 to 6 of section 3.1.1: reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK. Takes wanted as
 * far as it is offered, always with VERSION_1, and stores what was agreed on.
 * ERR_UNSUPPORTED: no VERSION_1, or FEATURES_OK did not stick. ERR_TIMEOUT: reset did not end. */
int virtio_negotiate(struct virtio_transport *t, uint64_t wanted, uint64_t *agreed);

/* The last step: DRIVER_OK. ERR_DEVICE when the device asks for a reset instead. */
int virtio_driver_ok(struct virtio_transport *t);

/* Gives the device up: FAILED. */
void virtio_fail(struct virtio_transport *t);

/* Writes 0 to status and waits until it reads 0. ERR_TIMEOUT. */
int virtio_reset(struct virtio_transport *t);

/* A 64-bit configuration field, read again until the generation holds still.
 * ERR_DEVICE when it never does. */
int virtio_config_read64(struct virtio_transport *t, unsigned offset, uint64_t *value);

static inline bool virtio_has(uint64_t features, unsigned bit)
{
    return features >> bit & 1;
}

#endif
