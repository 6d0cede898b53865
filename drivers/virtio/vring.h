/* SPDX-License-Identifier: MIT */
/*
 * The driver's side of a split virtqueue (VIRTIO 1.2 section 2.7).
 *
 *   desc[]   buffers: address, length, flags; chained by next
 *   avail    driver -> device: heads of chains that are ready, then idx
 *   used     device -> driver: heads of chains that are done, then idx
 *
 * The driver never believes what it can know itself: chains are remembered outside the shared memory,
 * and every used id is checked against what is outstanding.
 */
#ifndef DRIVERS_VIRTIO_VRING_H
#define DRIVERS_VIRTIO_VRING_H

#include "virtio.h"

#define VRING_MAX_SIZE 64 /* entries this driver uses at most */

struct vring_buffer {
    const volatile void *address;
    uint32_t length;
    bool device_writes;
};

struct vring {
    uint16_t size;      /* entries, a power of two */
    uint16_t free_head; /* first descriptor of the free list */
    uint16_t free_count;
    uint16_t avail_idx; /* what the driver last published */
    uint16_t last_used; /* what the driver has taken */
    bool broken;        /* the device lied: nothing is taken any more until the next vring_init() */
    volatile struct virtq_desc *desc;
    volatile struct virtq_avail *avail;
    volatile struct virtq_used *used;
    uint16_t next[VRING_MAX_SIZE];         /* private copy of the chains */
    uint16_t chain_length[VRING_MAX_SIZE]; /* by head; 0 = not outstanding */
    void *token[VRING_MAX_SIZE];           /* by head: the caller's */
};

/* Bytes of memory, 4096-aligned, that a ring of size entries needs. */
uint64_t vring_bytes(uint16_t size);

/* Lays the ring out in memory, which is vring_bytes(size) long and is cleared. size is a power of
 * two up to VRING_MAX_SIZE. */
void vring_init(struct vring *ring, uint16_t size, void *memory);

struct virtio_queue_addresses vring_addresses(const struct vring *ring);

/* Puts a chain of count buffers (device-readable ones first) into the available ring and publishes
 * it. token comes back from vring_take(). ERR_NO_SPACE when there are too few free descriptors. */
int vring_add(struct vring *ring, const struct vring_buffer *buffers, unsigned count, void *token);

/* True when the device should be notified of what vring_add() published. */
bool vring_needs_notify(const struct vring *ring);

/* True when the used ring holds something that vring_take() has not given out. */
bool vring_has_used(const struct vring *ring);

/* Takes the next finished chain: 1 and its token, 0 when there is none, ERR_DEVICE when the used ring
 * names a chain that is not outstanding or jumps (the ring is broken from then on). The device's
 * word on how much it wrote is not passed on: nothing here trusts it. */
int vring_take(struct vring *ring, void **token);

#endif
