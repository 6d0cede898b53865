/* SPDX-License-Identifier: MIT */
/*
 * The driver's side of a virtqueue, split or packed (VIRTIO 1.2 sections 2.7 and 2.8), as the features
 * say that were agreed on: INDIRECT_DESC, EVENT_IDX, RING_PACKED.
 *
 * Chains of buffers are added, any number of them, then published at once; the tokens of finished ones
 * come back. The driver never believes what it can know itself: chains are remembered outside the shared
 * memory, and every used id is checked against what is outstanding. There are no locks: see
 * interrupt.h.
 */
#ifndef DRIVERS_VIRTIO_VRING_H
#define DRIVERS_VIRTIO_VRING_H

#include "virtio.h"

#define VRING_MAX_SIZE 256 /* entries this driver uses at most */
/* Shared memory of one ring, 4096-aligned; as much as the split ring of that size needs, rounded up. */
#define VRING_BYTES 8192

struct vring_buffer {
    const volatile void *address;
    uint32_t length;
    bool device_writes;
};

/* A chain, under the number that the device gives back: in the split ring its first descriptor's, in the
 * packed one its buffer id. What is not in use is on the free list. */
struct vring_chain {
    uint16_t next;   /* split: the chain's next descriptor; free: the list's next number */
    uint16_t length; /* descriptors; 0 = not outstanding */
    uint16_t token;  /* the caller's */
};

/*
 *   desc    buffers: address, length, flags; chained by next
 *   avail   driver -> device: heads of chains that are ready, then idx
 *   used    device -> driver: heads of chains that are done, then idx
 */
struct vring_split {
    volatile struct virtq_desc *desc;
    volatile struct virtq_avail *avail;
    volatile struct virtq_used *used;
    uint16_t avail_idx; /* one past what has been added */
    uint16_t published; /* what avail.idx was last set to */
    uint16_t last_used; /* what has been taken */
};

/*
 *   desc     in both directions: flags say whose turn it is
 *   driver   of which used descriptor the driver wants to hear
 *   device   of which available one the device
 */
struct vring_packed {
    volatile struct vring_packed_desc *desc;
    volatile struct vring_packed_event *driver;
    volatile struct vring_packed_event *device;
    uint16_t next_avail, next_used; /* positions */
    bool avail_wrap, used_wrap;     /* flipped with each lap */
    uint16_t added;                 /* descriptors that are not published yet; the first of them */
    uint16_t first_added;           /* is here, and these flags make it available */
    uint16_t first_flags;
};

struct vring {
    uint16_t size; /* entries */
    bool is_packed, indirect, event_idx;
    bool broken; /* the device lied: nothing is taken any more until the next vring_init() */
    uint16_t free_count; /* descriptors */
    uint16_t free_head;  /* first number of those that were given back */
    uint16_t fresh;      /* from here on no number was ever used, so that none has to be set up */
    union {
        struct vring_split split;
        struct vring_packed packed;
    };
    struct vring_chain chains[VRING_MAX_SIZE];
};

/* Lays the ring out in memory, VRING_BYTES of it; with interrupts off. features: what was agreed on.
 * size: up to VRING_MAX_SIZE, in a split ring a power of two. */
void vring_init(struct vring *ring, uint16_t size, uint64_t features, void *memory);

struct virtio_queue_addresses vring_addresses(const struct vring *ring);

/* Puts a chain of count buffers (device-readable ones first) into the ring, where the device sees it
 * with the next vring_publish(). token comes back from vring_take(). table: room for count descriptors
 * that stays the ring's until then, or NULL; with INDIRECT_DESC the chain goes there and costs one
 * descriptor of the ring. count is at most the ring's size even so (section 2.7.5.3.1).
 * ERR_NO_SPACE when there are too few free descriptors. */
int vring_add(struct vring *ring, const struct vring_buffer *buffers, unsigned count,
              struct virtq_desc *table, uint16_t token);

/* Shows the device all that was added; true when it wants to be notified of it. */
bool vring_publish(struct vring *ring);

/* True when the device has given back something that vring_take() has not given out. */
bool vring_has_used(const struct vring *ring);

/* on: asks for an interrupt with the next chain that is given back. Look at vring_has_used() again before
 * sleeping: what came before the device saw the wish brings no interrupt. */
void vring_set_interrupts(struct vring *ring, bool on);

/* Takes the next finished chain: 1 and its token, 0 when there is none, ERR_DEVICE when the ring
 * names a chain that is not outstanding or jumps (the ring is broken from then on). The device's
 * word on how much it wrote is not passed on: nothing here trusts it. */
int vring_take(struct vring *ring, uint16_t *token);

#endif
