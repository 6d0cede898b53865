/* SPDX-License-Identifier: MIT */
/*
 * A virtio device for driver tests, as a transport of its own: status, features, configuration, queues
 * (fake_ring.h), an interrupt, and the ways in which such a device can lie. What a request means is the
 * test's: it sets serve.
 */
#ifndef TESTS_UNIT_FAKE_VIRTIO_H
#define TESTS_UNIT_FAKE_VIRTIO_H

#include "drivers/virtio/virtio.h"
#include "fake_ring.h"

#include <stdbool.h>
#include <stdint.h>

#define FAKE_VIRTIO_CONFIG 64
#define FAKE_VIRTIO_QUEUES 8

struct fake_virtio {
    struct virtio_transport transport;
    uint64_t offered, accepted;
    uint8_t config[FAKE_VIRTIO_CONFIG];
    uint16_t offered_size[FAKE_VIRTIO_QUEUES];                 /* 0 = no such queue */
    void (*serve)(struct fake_virtio *device, uint16_t queue); /* at notify */

    /* how it lies */
    bool reset_sticks, features_do_not_stick, queue_does_not_stick, needs_reset_at_driver_ok;
    bool config_does_not_stick;
    bool generation_moves;             /* at every look */
    unsigned generation_moves_once_at; /* at this look, if not 0; the low half changes with it */

    /* state, and what was seen */
    uint8_t status;
    uint8_t statuses[16]; /* every one written, in order */
    unsigned status_count;
    uint32_t generation, generation_looks;
    struct fake_ring rings[FAKE_VIRTIO_QUEUES];
    struct interrupt *interrupt; /* NULL: not set */
    int interrupt_error;         /* what set_interrupt() answers */
    unsigned notifies, notified[FAKE_VIRTIO_QUEUES], resets, interrupts;
};

/* A device with one queue; without interrupts (interrupt_error). */
void fake_virtio_init(struct fake_virtio *device, uint64_t offered, uint16_t queue_size);

void fake_virtio_config32(struct fake_virtio *device, unsigned offset, uint32_t value);
void fake_virtio_config64(struct fake_virtio *device, unsigned offset, uint64_t value);

/* Raises the interrupt, where one was set. */
void fake_virtio_interrupt(struct fake_virtio *device);

#endif
