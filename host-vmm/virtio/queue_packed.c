/* SPDX-License-Identifier: MIT */
/*
 * Packed virtqueue, the device's side (VIRTIO 1.2 section 2.8): one ring, in which the driver
 * writes available descriptors and the device writes used ones over them. Each side goes round in
 * order; a chain takes as many entries on the way back as it did on the way in.
 */
#include "queue_internal.h"

static bool packed_map(struct virtio_queue *q, const struct guest_memory *memory)
{
    struct virtio_packed_ring *ring = &q->packed;

    if (q->desc_gpa % VRING_PACKED_DESC_ALIGN != 0 ||
        q->avail_gpa % VRING_PACKED_EVENT_ALIGN != 0 || q->used_gpa % VRING_PACKED_EVENT_ALIGN != 0)
        return false;
    /* RAM never moves, so these hold until the queue is reset. */
    *ring = (struct virtio_packed_ring){
        .desc = guest_ptr(memory, q->desc_gpa, VRING_PACKED_DESC_BYTES(q->size)),
        .driver_event = guest_ptr(memory, q->avail_gpa, sizeof(struct vring_packed_event)),
        .device_event = guest_ptr(memory, q->used_gpa, sizeof(struct vring_packed_event)),
        .avail_wrap = true,
        .used_wrap = true,
    };
    return ring->desc != NULL && ring->driver_event != NULL && ring->device_event != NULL;
}

/* Moves index on by entries, into the next lap where the ring ends. */
static void step(const struct virtio_queue *q, uint16_t *index, bool *wrap, uint16_t entries)
{
    unsigned next = *index + entries;

    if (next >= q->size) {
        next -= q->size;
        *wrap = !*wrap;
    }
    *index = (uint16_t)next;
}

/* --- taking a chain --------------------------------------------------------------------------- */

/* The flags of the next descriptor; available or not is what *is_available says. */
static uint16_t next_flags(const struct virtio_queue *q, bool *is_available)
{
    const struct virtio_packed_ring *ring = &q->packed;
    /* Acquire: pairs with the driver's write barrier between the rest of the chain and the flags of
     * its first descriptor. */
    uint16_t flags = __atomic_load_n(&ring->desc[ring->next_avail].flags, __ATOMIC_ACQUIRE);
    bool avail = (flags & VIRTQ_DESC_F_AVAIL) != 0, used = (flags & VIRTQ_DESC_F_USED) != 0;

    *is_available = avail == ring->avail_wrap && used != ring->avail_wrap;
    return flags;
}

static bool packed_has_available(const struct virtio_queue *q)
{
    bool is_available;

    next_flags(q, &is_available);
    return is_available;
}

/* Goes through an indirect table, whose entries are used in order; WRITE is their only flag, and
 * the others are ignored (section 2.8.7), but no table may be within a table. */
static bool copy_table(struct virtio_chain *chain, const struct virtio_queue *q,
                       const struct guest_memory *memory,
                       const struct vring_packed_desc *table_desc)
{
    unsigned count;
    const uint8_t *table =
        virtio_chain_table(q, memory, table_desc->addr, table_desc->len, table_desc->flags, &count);

    if (table == NULL)
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct vring_packed_desc desc;

        virtio_read_once(&desc, table + i * sizeof desc, sizeof desc);
        if ((desc.flags & VIRTQ_DESC_F_INDIRECT) ||
            !virtio_chain_add(chain, q, memory, desc.addr, desc.len, desc.flags))
            return false;
    }
    return true;
}

/* Goes through the descriptors from next_avail on, each read once; flags are the first one's, as
 * they were when they said that it is available. At most size of them, so a chain without end
 * ends. */
static bool copy_chain(struct virtio_chain *chain, const struct virtio_queue *q,
                       const struct guest_memory *memory, uint16_t flags)
{
    uint16_t index = q->packed.next_avail;
    bool wrap = q->packed.avail_wrap;

    virtio_chain_clear(chain);
    for (chain->entries = 1; chain->entries <= q->size; chain->entries++) {
        const volatile struct vring_packed_desc *shared = &q->packed.desc[index];
        struct vring_packed_desc desc = {shared->addr, shared->len, shared->id, shared->flags};

        if (chain->entries == 1)
            desc.flags = flags;
        chain->id = desc.id; /* the last one's counts */
        /* A table is a whole chain (section 2.8.7). */
        if (desc.flags & VIRTQ_DESC_F_INDIRECT)
            return chain->entries == 1 && copy_table(chain, q, memory, &desc);
        if (!virtio_chain_add(chain, q, memory, desc.addr, desc.len, desc.flags))
            return false;
        if (!(desc.flags & VIRTQ_DESC_F_NEXT))
            return true;
        step(q, &index, &wrap, 1);
    }
    return false;
}

static int packed_peek(struct virtio_queue *q, const struct guest_memory *memory,
                       struct virtio_chain *chain)
{
    bool is_available;
    uint16_t flags = next_flags(q, &is_available);

    if (!is_available)
        return 0;
    return copy_chain(chain, q, memory, flags) ? 1 : -1;
}

static void packed_advance(struct virtio_queue *q, uint16_t entries)
{
    step(q, &q->packed.next_avail, &q->packed.avail_wrap, entries);
}

/* --- giving it back --------------------------------------------------------------------------- */

static void packed_push(struct virtio_queue *q, uint16_t id, uint16_t entries, uint32_t written)
{
    struct virtio_packed_ring *ring = &q->packed;
    volatile struct vring_packed_desc *desc = &ring->desc[ring->next_used];
    uint16_t flags = ring->used_wrap ? VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED : 0;

    if (written > 0)
        flags |= VIRTQ_DESC_F_WRITE;
    desc->id = id;
    desc->len = written;
    /* Release: the buffers, id and length are there before the flags say so. Pairs with the
     * driver's read barrier between the flags and the rest of the descriptor. */
    __atomic_store_n(&desc->flags, flags, __ATOMIC_RELEASE);
    step(q, &ring->next_used, &ring->used_wrap, entries);
    q->unannounced = (uint16_t)(q->unannounced + entries);
}

/* --- notifications (section 2.8.10) ----------------------------------------------------------- */

static void packed_set_notification(struct virtio_queue *q, bool on)
{
    struct virtio_packed_ring *ring = &q->packed;
    volatile struct vring_packed_event *event = ring->device_event;
    uint16_t flags = VRING_PACKED_EVENT_DISABLE;

    if (on && q->event_idx) {
        event->off_wrap =
            (uint16_t)(ring->next_avail | (ring->avail_wrap ? VRING_PACKED_EVENT_WRAP : 0));
        flags = VRING_PACKED_EVENT_DESC;
    } else if (on) {
        flags = VRING_PACKED_EVENT_ENABLE;
    }
    /* Release: the place is there before the flags make it count. Pairs with the driver, which
     * reads the flags first. */
    __atomic_store_n(&event->flags, flags, __ATOMIC_RELEASE);
}

static bool packed_wants_interrupt(const struct virtio_queue *q)
{
    const struct virtio_packed_ring *ring = &q->packed;
    uint16_t flags = __atomic_load_n(&ring->driver_event->flags, __ATOMIC_ACQUIRE);
    uint16_t off_wrap, event;
    bool wrap;

    if (flags == VRING_PACKED_EVENT_DISABLE)
        return false;
    if (flags != VRING_PACKED_EVENT_DESC || !q->event_idx)
        return true;
    off_wrap = ring->driver_event->off_wrap;
    wrap = (off_wrap & VRING_PACKED_EVENT_WRAP) != 0;
    event = off_wrap & (uint16_t)~VRING_PACKED_EVENT_WRAP;
    /* As if the ring went on and on: a place of the other lap is one lap back. Should it be meant
     * for the next lap, it is still ahead, and the difference tells that as well. */
    if (wrap != ring->used_wrap)
        event = (uint16_t)(event - q->size);
    return vring_need_event(event, ring->next_used, (uint16_t)(ring->next_used - q->unannounced));
}

const struct virtio_ring_ops virtio_packed_ring_ops = {
    .map = packed_map,
    .peek = packed_peek,
    .advance = packed_advance,
    .push = packed_push,
    .set_notification = packed_set_notification,
    .has_available = packed_has_available,
    .wants_interrupt = packed_wants_interrupt,
};
