/* SPDX-License-Identifier: MIT */
/* What queue.c, the two kinds of ring and queue_chain.c share. */
#ifndef HOST_VIRTIO_QUEUE_INTERNAL_H
#define HOST_VIRTIO_QUEUE_INTERNAL_H

#include "queue.h"

/* One kind of ring. The queue is on, but for map. */
struct virtio_ring_ops {
    /* Finds the three parts in memory; false when the size or a place does not do. */
    bool (*map)(struct virtio_queue *q, const struct guest_memory *memory);
    /* Copies the next available chain and stays where it is: 1, 0 or -1 as virtio_queue_pop(). */
    int (*peek)(struct virtio_queue *q, const struct guest_memory *memory,
                struct virtio_chain *chain);
    /* Steps over a chain that peek gave. */
    void (*advance)(struct virtio_queue *q, uint16_t entries);
    void (*push)(struct virtio_queue *q, uint16_t id, uint16_t entries, uint32_t written);
    /* Tells the driver whether to notify. */
    void (*set_notification)(struct virtio_queue *q, bool on);
    /* Something is available, however wrong it may be. */
    bool (*has_available)(const struct virtio_queue *q);
    /* The driver wants to hear of the last q->unannounced entries. */
    bool (*wants_interrupt)(const struct virtio_queue *q);
};

extern const struct virtio_ring_ops virtio_split_ring_ops, virtio_packed_ring_ops;

void virtio_chain_clear(struct virtio_chain *chain);

/* Adds the buffer of one descriptor. False when it breaks the rules, or when the chain is as long
 * as the queue already. */
bool virtio_chain_add(struct virtio_chain *chain, const struct virtio_queue *q,
                      const struct guest_memory *memory, uint64_t addr, uint32_t len,
                      uint16_t flags);

/* The table that a descriptor with VIRTQ_DESC_F_INDIRECT refers to, and how many descriptors it
 * has; NULL when there must be none, or not like this. It may be misaligned. */
const uint8_t *virtio_chain_table(const struct virtio_queue *q, const struct guest_memory *memory,
                                  uint64_t addr, uint32_t len, uint16_t flags, unsigned *count);

/* Reads size bytes of guest memory once: whatever the guest makes of them meanwhile, only the copy
 * counts. */
void virtio_read_once(void *to, const uint8_t *from, size_t size);

#endif
