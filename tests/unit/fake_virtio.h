/* SPDX-License-Identifier: MIT */
/*
 * A virtio device for driver tests, as a transport of its own: status, features, configuration, one
 * split queue, and the ways in which such a device can lie. What a request means is the test's: it
 * sets serve, and calls fake_virtio_pop() and fake_virtio_push().
 */
#ifndef TESTS_UNIT_FAKE_VIRTIO_H
#define TESTS_UNIT_FAKE_VIRTIO_H

#include "drivers/virtio/virtio.h"

#include <stdbool.h>
#include <stdint.h>

#define FAKE_VIRTIO_CONFIG 64
#define FAKE_VIRTIO_CHAIN 64

struct fake_virtio_segment {
    uint8_t *data;
    uint32_t length;
    bool device_writes;
};

struct fake_virtio {
    struct virtio_transport transport;
    uint64_t offered, accepted;
    uint8_t config[FAKE_VIRTIO_CONFIG];
    uint16_t offered_size;                     /* of queue 0 */
    void (*serve)(struct fake_virtio *device); /* at notify */

    /* how it lies */
    bool reset_sticks, features_do_not_stick, queue_does_not_stick, needs_reset_at_driver_ok;
    bool generation_moves;             /* at every look */
    unsigned generation_moves_once_at; /* at this look, if not 0; the low half changes with it */

    /* state, and what was seen */
    uint8_t status;
    uint8_t statuses[16]; /* every one written, in order */
    unsigned status_count;
    uint32_t generation, generation_looks;
    bool enabled;
    uint16_t size, avail_seen, used_idx;
    struct virtio_queue_addresses queue;
    unsigned notifies, resets;
};

void fake_virtio_init(struct fake_virtio *device, uint64_t offered, uint16_t queue_size);

void fake_virtio_config32(struct fake_virtio *device, unsigned offset, uint32_t value);
void fake_virtio_config64(struct fake_virtio *device, unsigned offset, uint64_t value);

/* The next chain that the driver has published: its head and segments; returns how many segments, 0
 * when there is no chain. Checks that readable ones come first and that it ends. */
unsigned fake_virtio_pop(struct fake_virtio *device, uint16_t *head,
                         struct fake_virtio_segment segments[FAKE_VIRTIO_CHAIN]);

/* Gives a chain back. id need not be one that was taken. */
void fake_virtio_push(struct fake_virtio *device, uint32_t id, uint32_t length);

#endif
