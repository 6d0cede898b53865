/* SPDX-License-Identifier: MIT */
/*
 * The device's side of a split virtqueue. What the guest writes is copied once and checked; a ring
 * or chain that breaks the rules marks the queue broken, and the device asks for a reset.
 */
#ifndef HOST_VIRTIO_QUEUE_H
#define HOST_VIRTIO_QUEUE_H

#include "../guest_memory.h"

#include "../../drivers/abi/virtio.h"

#include <sys/uio.h>

#define VIRTIO_QUEUE_SIZE_MAX 256

struct virtio_queue {
    uint16_t size_max; /* what the device offers */
    uint16_t size;     /* what the driver chose */
    bool enabled;
    gpa_t desc_gpa, avail_gpa, used_gpa;
    /* set by virtio_queue_enable() */
    const volatile struct virtq_desc *desc;
    const volatile struct virtq_avail *avail;
    volatile struct virtq_used *used;
    uint16_t next_avail, next_used;
    bool in_flight[VIRTIO_QUEUE_SIZE_MAX]; /* by head */
};

/* A chain, copied and checked: readable segments first, then writable ones. */
struct virtio_chain {
    uint16_t head;
    struct iovec readable[VIRTIO_QUEUE_SIZE_MAX], writable[VIRTIO_QUEUE_SIZE_MAX];
    unsigned readable_count, writable_count;
    uint64_t readable_length, writable_length;
};

void virtio_queue_init(struct virtio_queue *q, uint16_t size_max);
void virtio_queue_reset(struct virtio_queue *q);

/* Checks size and the three places and turns the queue on. False, and the queue stays off, when the
 * size is not a power of two up to size_max or any part is misaligned or not wholly RAM. */
bool virtio_queue_enable(struct virtio_queue *q, const struct guest_memory *memory);

/* Turns the queue off for good, until virtio_queue_reset(): what is in flight is dropped when it comes
 * back. */
void virtio_queue_disable(struct virtio_queue *q);

/* True while a buffer of the queue is in use: it is on, or something of it is still in flight. */
bool virtio_queue_is_busy(const struct virtio_queue *q);

/* Takes the next available chain: 1, 0 when there is none, -1 when the ring or the chain breaks the
 * rules (the device must then ask for a reset): avail.idx too far ahead, a head out of range or
 * still in flight, a loop, an indirect table (never offered), readable after writable, a buffer
 * that is empty or not wholly RAM, more than 2^32-1 bytes in all. */
int virtio_queue_pop(struct virtio_queue *q, const struct guest_memory *memory,
                     struct virtio_chain *chain);

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

/* Returns a chain with the number of bytes written into it; nothing is written once the queue is off. */
void virtio_queue_push(struct virtio_queue *q, uint16_t head, uint32_t written);

/* True when the driver wants an interrupt for what was pushed. */
bool virtio_queue_wants_interrupt(const struct virtio_queue *q);

#endif
