/* SPDX-License-Identifier: MIT */
/*
 * A device's hand in a virtqueue, split or packed, for driver tests: takes chains, gives them back, honest
 * or not, and says what the driver wants to hear of. It checks what a driver must keep to.
 */
#ifndef TESTS_UNIT_FAKE_RING_H
#define TESTS_UNIT_FAKE_RING_H

#include "drivers/virtio/vring.h"

#define FAKE_RING_CHAIN 64

struct fake_segment {
    uint8_t *data;
    uint32_t length;
    bool device_writes;
};

struct fake_chain {
    uint16_t id; /* head, or buffer id */
    bool indirect;
    unsigned count;
    struct fake_segment segments[FAKE_RING_CHAIN];
};

struct fake_ring {
    uint16_t size; /* 0 = not enabled */
    uint16_t
        pushed; /* entries of the used ring, or descriptors, since fake_ring_wants_interrupt() */
    bool packed, indirect, event_idx;
    struct virtio_queue_addresses at;
    uint16_t next_avail, next_used;       /* split: free-running; packed: positions */
    bool avail_wrap, used_wrap;           /* packed */
    uint16_t descriptors[VRING_MAX_SIZE]; /* packed: of the chain with this id */
};

void fake_ring_init(struct fake_ring *ring, uint16_t size, uint64_t features,
                    const struct virtio_queue_addresses *at);

/* The next published chain; false where there is none. Checks that readable segments come first, that it
 * ends, and that a table was agreed on. */
bool fake_ring_pop(struct fake_ring *ring, struct fake_chain *chain);

/* Gives a chain back. id need not be one that was taken. */
void fake_ring_push(struct fake_ring *ring, uint32_t id, uint32_t length);

/* Does the driver want an interrupt for what was pushed since the last such question? */
bool fake_ring_wants_interrupt(struct fake_ring *ring);

/* Asks for no notification at all, or (EVENT_IDX) for one with the next chain that is taken; from a ring
 * without EVENT_IDX: with every chain. */
void fake_ring_want_notification(struct fake_ring *ring, bool on);

/* Scribbles over all that is the driver's to write. */
void fake_ring_scribble(struct fake_ring *ring);

#endif
