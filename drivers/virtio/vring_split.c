/* SPDX-License-Identifier: MIT */
/* The shared memory of a split virtqueue (VIRTIO 1.2 section 2.7), as the driver writes and reads it. */
#include "../io.h"
#include "../platform.h"
#include "vring_internal.h"

static volatile uint16_t *used_event(const struct vring *ring)
{
    return &ring->split.avail->ring[ring->size];
}

static volatile uint16_t *avail_event(const struct vring *ring)
{
    volatile void *end = &ring->split.used->ring[ring->size];
    return end;
}

void vring_split_init(struct vring *ring, uint8_t *memory)
{
    uint8_t *avail = memory + VIRTQ_DESC_BYTES(ring->size);
    uint8_t *used = avail + VIRTQ_AVAIL_BYTES(ring->size);
    used += -(uintptr_t)used % VIRTQ_USED_ALIGN;
    ring->split = (struct vring_split){
        .desc = (volatile void *)memory,
        .avail = (volatile void *)avail,
        .used = (volatile void *)used,
    };
    /* The rest of the memory is written before the other side may look at it. */
    ring->split.avail->idx = 0;
    ring->split.avail->flags = 0;
    ring->split.used->flags = 0;
    ring->split.used->idx = 0;
    vring_split_set_interrupts(ring, false);
    if (ring->event_idx) /* the device's to set: at first it wants to hear of the first */
        *avail_event(ring) = 0;
}

/* Writes the buffers as a chain: in the ring from head on, through free descriptors, or in the table. */
static void put_chain(struct vring *ring, uint16_t head, const struct vring_addition *a)
{
    volatile struct virtq_desc *descs = a->table ? a->table : ring->split.desc;
    uint16_t index = a->table ? 0 : head;
    for (unsigned i = 0; i < a->count; i++) {
        volatile struct virtq_desc *desc = &descs[index];
        uint16_t flags = a->buffers[i].device_writes ? VIRTQ_DESC_F_WRITE : 0;
        uint16_t next = 0;
        if (i + 1 < a->count) {
            flags |= VIRTQ_DESC_F_NEXT;
            next = a->table ? index + 1 : vring_number_take(ring);
        }
        desc->addr = platform_gpa_of(a->buffers[i].address);
        desc->len = a->buffers[i].length;
        desc->flags = flags;
        desc->next = next;
        if (!a->table)
            ring->chains[index].next = next; /* the private copy */
        index = next;
    }
}

void vring_split_add(struct vring *ring, uint16_t head, const struct vring_addition *addition)
{
    struct vring_split *s = &ring->split;
    put_chain(ring, head, addition);
    if (addition->table) {
        s->desc[head].addr = platform_gpa_of(addition->table);
        s->desc[head].len = (uint32_t)(addition->count * sizeof(*addition->table));
        s->desc[head].flags = VIRTQ_DESC_F_INDIRECT;
        s->desc[head].next = 0;
    }
    s->avail->ring[s->avail_idx & (ring->size - 1)] = head;
    s->avail_idx++;
}

bool vring_split_publish(struct vring *ring)
{
    struct vring_split *s = &ring->split;
    uint16_t before = s->published;
    if (before == s->avail_idx)
        return false;
    /* Release: descriptors and ring slots before idx. Pairs with the device's acquire load of avail.idx. */
    vring_release();
    s->avail->idx = s->avail_idx;
    s->published = s->avail_idx;
    /* Full: idx before the load of used.flags or avail_event. Pairs with the device's, between asking for a
     * notification and its last look at avail.idx. */
    vring_full_barrier();
    if (ring->event_idx)
        return vring_need_event(*avail_event(ring), s->published, before);
    return !(s->used->flags & VIRTQ_USED_F_NO_NOTIFY);
}

bool vring_split_has_used(const struct vring *ring)
{
    return ring->split.used->idx != ring->split.last_used;
}

void vring_split_set_interrupts(struct vring *ring, bool on)
{
    /* With EVENT_IDX the wish is for one entry and spent by it. The entry before the next one comes
     * last of all 65,536: nobody waits for that, and taking one moves it on. */
    if (ring->event_idx)
        *used_event(ring) = (uint16_t)(ring->split.last_used - !on);
    else
        ring->split.avail->flags = on ? 0 : VIRTQ_AVAIL_F_NO_INTERRUPT;
}

uint32_t vring_split_used_id(const struct vring *ring)
{
    const struct vring_split *s = &ring->split;
    uint16_t finished = (uint16_t)(s->used->idx - s->last_used);
    uint16_t outstanding = (uint16_t)(s->published - s->last_used);
    if (finished > outstanding)
        return VRING_NO_CHAIN;
    return s->used->ring[s->last_used & (ring->size - 1)].id;
}

void vring_split_release(struct vring *ring, uint16_t number)
{
    uint16_t last = number;
    for (uint16_t i = 1; i < ring->chains[number].length; i++)
        last = ring->chains[last].next;
    vring_numbers_give(ring, number, last);
    ring->split.last_used++;
    if (ring->event_idx)
        vring_split_set_interrupts(ring, false);
}
