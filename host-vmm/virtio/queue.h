/* SPDX-License-Identifier: MIT */
/*
 * The device's side of a virtqueue, split or packed. What the guest writes is copied once and
 * checked; a ring or chain that breaks the rules marks the queue broken, and the device asks for a
 * reset. What a chain means is the device's business.
 */
#ifndef HOST_VIRTIO_QUEUE_H
#define HOST_VIRTIO_QUEUE_H

#include "../guest_memory.h"

#include "../../drivers/abi/virtio.h"

#include <sys/uio.h>

#define VIRTIO_QUEUE_SIZE_MAX 256
#define VIRTIO_QUEUE_IDS 65536 /* a packed ring's buffer ids are any 16 bits */

/* A ring as the guest sees it, and where the device stands in it. */
struct virtio_split_ring {
    const volatile struct virtq_desc *desc;
    const volatile struct virtq_avail *avail;
    volatile struct virtq_used *used;
    const volatile uint16_t *used_event; /* behind avail */
    volatile uint16_t *avail_event;      /* behind used */
    uint16_t next_avail, next_used;
};

struct virtio_packed_ring {
    volatile struct vring_packed_desc *desc;
    const volatile struct vring_packed_event *driver_event;
    volatile struct vring_packed_event *device_event;
    uint16_t next_avail, next_used;
    bool avail_wrap, used_wrap; /* the laps that next_avail and next_used are in */
};

struct virtio_ring_ops; /* queue_internal.h */

struct virtio_queue {
    uint16_t size_max; /* what the device offers */
    uint16_t size;     /* what the driver chose */
    bool enabled;
    /* descriptor, driver and device area */
    gpa_t desc_gpa, avail_gpa, used_gpa;
    /* set by virtio_queue_enable() */
    const struct virtio_ring_ops *ops;
    bool indirect, event_idx; /* agreed on */
    union {
        struct virtio_split_ring split;
        struct virtio_packed_ring packed;
    };
    bool notification;          /* the driver is to notify of new buffers */
    uint16_t unannounced;       /* ring entries used since the driver's wish was last looked at */
    unsigned entries_in_flight; /* of the ring */
    uint64_t in_flight[VIRTIO_QUEUE_IDS / 64]; /* one bit for each id */
};

/* A chain, copied and checked. */
struct virtio_chain {
    uint16_t id;      /* split: its head; packed: its buffer id */
    uint16_t entries; /* of the ring that it takes up; 1 in a split ring */
    struct iovec segments[VIRTIO_QUEUE_SIZE_MAX]; /* readable ones first, then writable ones */
    unsigned readable_count, writable_count;
    uint64_t readable_length, writable_length;
};

static inline const struct iovec *virtio_chain_readable(const struct virtio_chain *chain)
{
    return chain->segments;
}

static inline const struct iovec *virtio_chain_writable(const struct virtio_chain *chain)
{
    return &chain->segments[chain->readable_count];
}

void virtio_queue_init(struct virtio_queue *q, uint16_t size_max);
void virtio_queue_reset(struct virtio_queue *q);

/* Checks size and the three places and turns the queue on, as a ring of the kind that features
 * (bits of VIRTIO_F_*) say. False, and the queue stays off, when the size is 0, above size_max or,
 * for a split ring, no power of two, or when any part is misaligned or not wholly RAM (2.7,
 * 2.8.10.1). */
bool virtio_queue_enable(struct virtio_queue *q, const struct guest_memory *memory,
                         uint64_t features);

/* Turns the queue off for good, until virtio_queue_reset(): what is in flight is dropped when it
 * comes back. */
void virtio_queue_disable(struct virtio_queue *q);

/* True while a buffer of the queue is in use: it is on, or something of it is still in flight. */
bool virtio_queue_is_busy(const struct virtio_queue *q);

/* Takes the next available chain: 1, 0 when there is none, -1 when the ring or the chain breaks the
 * rules (the device must then ask for a reset): avail.idx too far ahead, a head out of range, a
 * head or buffer id still in flight, more descriptors in flight than the ring has, a loop, a chain
 * longer than the queue, readable after writable, a buffer that is empty or not wholly RAM, more
 * than 2^32-1 bytes in all; an indirect table (2.7.5.3, 2.8.7) that was not agreed on, is empty, no
 * whole number of descriptors, not wholly RAM, not the end of its chain, or holds a table itself.
 *
 * From then on the driver need not notify: whoever takes chains goes on until there are none, and
 * then calls virtio_queue_enable_notification(). */
int virtio_queue_pop(struct virtio_queue *q, const struct guest_memory *memory,
                     struct virtio_chain *chain);

/* Asks the driver to notify of what it makes available from now on. True when something is
 * available already: the driver may not have notified of that, so look again. */
bool virtio_queue_enable_notification(struct virtio_queue *q);

/* Returns the chain with that id, which took up entries of the ring, with the number of bytes
 * written into it; in any order. Nothing is written once the queue is off. */
void virtio_queue_push(struct virtio_queue *q, uint16_t id, uint16_t entries, uint32_t written);

/* True when the driver wants an interrupt for what was pushed since the last call. */
bool virtio_queue_wants_interrupt(struct virtio_queue *q);

/* Copies up to length bytes of count segments, from byte skip of them on; returns how many there
 * were. */
uint64_t virtio_copy_from_chain(const struct iovec *segments, unsigned count, uint64_t skip,
                                void *to, uint64_t length);
uint64_t virtio_copy_to_chain(const struct iovec *segments, unsigned count, uint64_t skip,
                              const void *from, uint64_t length);

/* Makes out (room for count) of the length bytes of segments that start at byte skip; returns how
 * many it took. skip + length must lie in the segments. */
unsigned virtio_slice_chain(const struct iovec *segments, unsigned count, uint64_t skip,
                            uint64_t length, struct iovec *out);

#endif
