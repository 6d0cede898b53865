/* SPDX-License-Identifier: MIT */
/* Split virtqueue, the device's side (VIRTIO 1.2 section 2.7). */
#include "queue_internal.h"

static bool split_map(struct virtio_queue *q, const struct guest_memory *memory)
{
    struct virtio_split_ring *ring = &q->split;
    uint16_t size = q->size;
    uint8_t *avail, *used;

    if ((size & (size - 1)) != 0 || q->desc_gpa % VIRTQ_DESC_ALIGN != 0 ||
        q->avail_gpa % VIRTQ_AVAIL_ALIGN != 0 || q->used_gpa % VIRTQ_USED_ALIGN != 0)
        return false;
    /* RAM never moves, so these hold until the queue is reset. */
    *ring = (struct virtio_split_ring){
        .desc = guest_ptr(memory, q->desc_gpa, VIRTQ_DESC_BYTES(size)),
    };
    avail = guest_ptr(memory, q->avail_gpa, VIRTQ_AVAIL_BYTES(size));
    used = guest_ptr(memory, q->used_gpa, VIRTQ_USED_BYTES(size));
    if (ring->desc == NULL || avail == NULL || used == NULL)
        return false;
    ring->avail = (const void *)avail;
    ring->used = (void *)used;
    ring->used_event = (const void *)(avail + VIRTQ_AVAIL_USED_EVENT(size));
    ring->avail_event = (void *)(used + VIRTQ_USED_AVAIL_EVENT(size));
    return true;
}

/* --- taking a chain --------------------------------------------------------------------------- */

/* Walks an indirect table; at most as many steps as it has entries, so a loop ends. */
static bool copy_table(struct virtio_chain *chain, const struct virtio_queue *q,
                       const struct guest_memory *memory, const struct virtq_desc *table_desc)
{
    unsigned count, index = 0;
    const uint8_t *table =
        virtio_chain_table(q, memory, table_desc->addr, table_desc->len, table_desc->flags, &count);

    if (table == NULL)
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct virtq_desc desc;

        virtio_read_once(&desc, table + index * sizeof desc, sizeof desc);
        if ((desc.flags & VIRTQ_DESC_F_INDIRECT) ||
            !virtio_chain_add(chain, q, memory, desc.addr, desc.len, desc.flags))
            return false;
        if (!(desc.flags & VIRTQ_DESC_F_NEXT))
            return true;
        if (desc.next >= count)
            return false;
        index = desc.next;
    }
    return false;
}

/* Walks the chain from its head; at most size descriptors, so a loop ends. Each descriptor is read
 * once: the guest may rewrite it meanwhile. */
static bool copy_chain(struct virtio_chain *chain, const struct virtio_queue *q,
                       const struct guest_memory *memory)
{
    uint16_t index = chain->id;

    virtio_chain_clear(chain);
    for (unsigned i = 0; i < q->size; i++) {
        const volatile struct virtq_desc *shared = &q->split.desc[index];
        struct virtq_desc desc = {shared->addr, shared->len, shared->flags, shared->next};

        if (desc.flags & VIRTQ_DESC_F_INDIRECT)
            return copy_table(chain, q, memory, &desc);
        if (!virtio_chain_add(chain, q, memory, desc.addr, desc.len, desc.flags))
            return false;
        if (!(desc.flags & VIRTQ_DESC_F_NEXT))
            return true;
        if (desc.next >= q->size)
            return false;
        index = desc.next;
    }
    return false;
}

/* Chains made available and not taken. More than size of them cannot be. */
static uint16_t available(const struct virtio_queue *q)
{
    /* Acquire: pairs with the driver's write barrier between filling descriptors and ring entry and
     * storing avail.idx. */
    return (uint16_t)(__atomic_load_n(&q->split.avail->idx, __ATOMIC_ACQUIRE) -
                      q->split.next_avail);
}

static int split_peek(struct virtio_queue *q, const struct guest_memory *memory,
                      struct virtio_chain *chain)
{
    uint16_t count = available(q);
    uint16_t head;

    if (count == 0)
        return 0;
    if (count > q->size)
        return -1;
    head = q->split.avail->ring[q->split.next_avail & (q->size - 1)];
    if (head >= q->size)
        return -1;
    chain->id = head;
    chain->entries = 1;
    return copy_chain(chain, q, memory) ? 1 : -1;
}

static void split_advance(struct virtio_queue *q, uint16_t entries)
{
    q->split.next_avail = (uint16_t)(q->split.next_avail + entries);
}

static bool split_has_available(const struct virtio_queue *q)
{
    return available(q) != 0;
}

/* --- giving it back --------------------------------------------------------------------------- */

static void split_push(struct virtio_queue *q, uint16_t id, uint16_t entries, uint32_t written)
{
    struct virtio_split_ring *ring = &q->split;
    volatile struct virtq_used_elem *element = &ring->used->ring[ring->next_used & (q->size - 1)];

    (void)entries; /* one chain is one element, however long it is */
    element->id = id;
    element->len = written;
    ring->next_used++;
    q->unannounced++;
    /* Release: the buffers and the element are there before the index says so. Pairs with the
     * driver's read barrier between used.idx and the element. */
    __atomic_store_n(&ring->used->idx, ring->next_used, __ATOMIC_RELEASE);
}

/* --- notifications (sections 2.7.7 and 2.7.10) ------------------------------------------------ */

static void split_set_notification(struct virtio_queue *q, bool on)
{
    struct virtio_split_ring *ring = &q->split;

    if (!q->event_idx)
        ring->used->flags = on ? 0 : VIRTQ_USED_F_NO_NOTIFY;
    else if (on)
        *ring->avail_event = ring->next_avail;
    /* Off: avail.idx is past avail_event, and will not come by again before it is set anew. */
}

static bool split_wants_interrupt(const struct virtio_queue *q)
{
    const struct virtio_split_ring *ring = &q->split;

    if (q->event_idx)
        return vring_need_event(*ring->used_event, ring->next_used,
                                (uint16_t)(ring->next_used - q->unannounced));
    return (ring->avail->flags & VIRTQ_AVAIL_F_NO_INTERRUPT) == 0;
}

const struct virtio_ring_ops virtio_split_ring_ops = {
    .map = split_map,
    .peek = split_peek,
    .advance = split_advance,
    .push = split_push,
    .set_notification = split_set_notification,
    .has_available = split_has_available,
    .wants_interrupt = split_wants_interrupt,
};
