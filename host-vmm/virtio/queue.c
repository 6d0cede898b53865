/* SPDX-License-Identifier: MIT */
/*
 * What both kinds of virtqueue have in common: their life, what is in flight, notifications. The
 * rings themselves are in queue_split.c and queue_packed.c, what a chain may be in queue_chain.c.
 */
#include "queue_internal.h"

#include <string.h>

void virtio_queue_init(struct virtio_queue *q, uint16_t size_max)
{
    memset(q, 0, sizeof *q);
    q->size_max = q->size = size_max;
}

void virtio_queue_reset(struct virtio_queue *q)
{
    virtio_queue_init(q, q->size_max);
}

static bool has_feature(uint64_t features, unsigned bit)
{
    return (features >> bit & 1) != 0;
}

bool virtio_queue_enable(struct virtio_queue *q, const struct guest_memory *memory,
                         uint64_t features)
{
    if (q->size == 0 || q->size > q->size_max)
        return false;
    q->ops = has_feature(features, VIRTIO_F_RING_PACKED) ? &virtio_packed_ring_ops
                                                         : &virtio_split_ring_ops;
    q->indirect = has_feature(features, VIRTIO_F_INDIRECT_DESC);
    q->event_idx = has_feature(features, VIRTIO_F_EVENT_IDX);
    if (!q->ops->map(q, memory))
        return false;
    q->notification = true; /* what the zeros say that the driver put there */
    q->unannounced = 0;
    q->entries_in_flight = 0;
    memset(q->in_flight, 0, sizeof q->in_flight);
    q->enabled = true;
    return true;
}

void virtio_queue_disable(struct virtio_queue *q)
{
    q->enabled = false;
}

bool virtio_queue_is_busy(const struct virtio_queue *q)
{
    return q->enabled || q->entries_in_flight > 0;
}

/* --- what is in flight ------------------------------------------------------------------------ */

static bool is_in_flight(const struct virtio_queue *q, uint16_t id)
{
    return (q->in_flight[id / 64] >> id % 64 & 1) != 0;
}

/* False when the guest has more in flight than there can be: the id twice, or entries that the
 * device has not given back. */
static bool begin_flight(struct virtio_queue *q, const struct virtio_chain *chain)
{
    if (is_in_flight(q, chain->id) || chain->entries > q->size - q->entries_in_flight)
        return false;
    q->in_flight[chain->id / 64] |= 1ull << chain->id % 64;
    q->entries_in_flight += chain->entries;
    return true;
}

static void end_flight(struct virtio_queue *q, uint16_t id, uint16_t entries)
{
    q->in_flight[id / 64] &= ~(1ull << id % 64);
    q->entries_in_flight -= entries;
}

/* --- chains and notifications ----------------------------------------------------------------- */

int virtio_queue_pop(struct virtio_queue *q, const struct guest_memory *memory,
                     struct virtio_chain *chain)
{
    int found = q->enabled ? q->ops->peek(q, memory, chain) : 0;

    if (found <= 0)
        return found;
    if (!begin_flight(q, chain))
        return -1;
    q->ops->advance(q, chain->entries);
    if (q->notification) {
        q->notification = false;
        q->ops->set_notification(q, false);
    }
    return 1;
}

bool virtio_queue_enable_notification(struct virtio_queue *q)
{
    if (!q->enabled)
        return false;
    if (!q->notification) {
        q->notification = true;
        q->ops->set_notification(q, true);
    }
    /* Full barrier between asking for notifications and looking for buffers: pairs with the
     * driver's between making a buffer available and looking whether it is to notify. Of the two
     * stores at least one is seen by the other side; without the barriers both could miss the
     * other's, and the device would sleep on a buffer that nobody announces. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return q->ops->has_available(q);
}

void virtio_queue_push(struct virtio_queue *q, uint16_t id, uint16_t entries, uint32_t written)
{
    end_flight(q, id, entries);
    if (q->enabled)
        q->ops->push(q, id, entries, written);
}

bool virtio_queue_wants_interrupt(struct virtio_queue *q)
{
    bool wanted;

    if (!q->enabled || q->unannounced == 0)
        return false;
    /* Full barrier between publishing what was used and reading the driver's wish: pairs with the
     * driver's between asking for interrupts and looking for used buffers again. One sees the
     * other's store. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    wanted = q->ops->wants_interrupt(q);
    q->unannounced = 0;
    return wanted;
}
