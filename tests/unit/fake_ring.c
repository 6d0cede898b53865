/* SPDX-License-Identifier: MIT */
/* A device's hand in a virtqueue; fake_ring.h says what it does. */
#include "fake_ring.h"

#include "test.h"

#include <string.h>

static struct virtq_desc *split_desc(const struct fake_ring *ring)
{
    return (void *)(uintptr_t)ring->at.desc;
}

static volatile struct virtq_avail *avail(const struct fake_ring *ring)
{
    return (void *)(uintptr_t)ring->at.avail;
}

static volatile struct virtq_used *used(const struct fake_ring *ring)
{
    return (void *)(uintptr_t)ring->at.used;
}

static volatile uint16_t *avail_event(const struct fake_ring *ring)
{
    return (void *)(uintptr_t)(ring->at.used + VIRTQ_USED_AVAIL_EVENT(ring->size));
}

static volatile struct vring_packed_desc *packed_desc(const struct fake_ring *ring)
{
    return (void *)(uintptr_t)ring->at.desc;
}

static volatile struct vring_packed_event *driver_event(const struct fake_ring *ring)
{
    return (void *)(uintptr_t)ring->at.avail;
}

static volatile struct vring_packed_event *device_event(const struct fake_ring *ring)
{
    return (void *)(uintptr_t)ring->at.used;
}

void fake_ring_init(struct fake_ring *ring, uint16_t size, uint64_t features,
                    const struct virtio_queue_addresses *at)
{
    *ring = (struct fake_ring){.size = size,
                               .packed = virtio_has(features, VIRTIO_F_RING_PACKED),
                               .indirect = virtio_has(features, VIRTIO_F_INDIRECT_DESC),
                               .event_idx = virtio_has(features, VIRTIO_F_EVENT_IDX),
                               .at = *at,
                               .avail_wrap = true,
                               .used_wrap = true};
    assert_true(size > 0 && size <= VRING_MAX_SIZE);
    assert_int_equal(at->desc % VIRTQ_DESC_ALIGN, 0);
    assert_int_equal(at->avail % (ring->packed ? VRING_PACKED_EVENT_ALIGN : VIRTQ_AVAIL_ALIGN), 0);
    assert_int_equal(at->used % VIRTQ_USED_ALIGN, 0);
}

static void add_segment(struct fake_chain *chain, uint64_t address, uint32_t length, bool writes)
{
    assert_true(chain->count < FAKE_RING_CHAIN);
    struct fake_segment *segment = &chain->segments[chain->count++];
    *segment = (struct fake_segment){(uint8_t *)(uintptr_t)address, length, writes};
    assert_true(length > 0);
    assert_true(chain->count == 1 || segment[-1].device_writes <= writes);
}

/* A table of either layout, which may not be longer than the ring. */
static unsigned table_length(const struct fake_ring *ring, struct fake_chain *chain, uint32_t bytes,
                             uint16_t flags)
{
    assert_true(ring->indirect);
    assert_false(flags & (VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE));
    assert_true(bytes > 0 && bytes % sizeof(struct virtq_desc) == 0);
    assert_true(bytes / sizeof(struct virtq_desc) <= ring->size);
    chain->indirect = true;
    return (unsigned)(bytes / sizeof(struct virtq_desc));
}

static void follow_split(const struct virtq_desc *desc, unsigned length, uint16_t index,
                         struct fake_chain *chain)
{
    for (;;) {
        assert_true(index < length);
        assert_false(desc[index].flags & VIRTQ_DESC_F_INDIRECT);
        add_segment(chain, desc[index].addr, desc[index].len,
                    desc[index].flags & VIRTQ_DESC_F_WRITE);
        if (!(desc[index].flags & VIRTQ_DESC_F_NEXT))
            return;
        index = desc[index].next;
    }
}

static bool pop_split(struct fake_ring *ring, struct fake_chain *chain)
{
    const struct virtq_desc *desc = split_desc(ring);
    if (avail(ring)->idx == ring->next_avail)
        return false;
    chain->id = avail(ring)->ring[ring->next_avail++ & (ring->size - 1)];
    assert_true(chain->id < ring->size);
    const struct virtq_desc *head = &desc[chain->id];
    if (head->flags & VIRTQ_DESC_F_INDIRECT)
        follow_split((const void *)(uintptr_t)head->addr,
                     table_length(ring, chain, head->len, head->flags), 0, chain);
    else
        follow_split(desc, ring->size, chain->id, chain);
    return true;
}

static void follow_table(const struct vring_packed_desc *table, unsigned length,
                         struct fake_chain *chain)
{
    for (unsigned i = 0; i < length; i++) {
        assert_false(table[i].flags & (VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_INDIRECT));
        add_segment(chain, table[i].addr, table[i].len, table[i].flags & VIRTQ_DESC_F_WRITE);
    }
}

static bool pop_packed(struct fake_ring *ring, struct fake_chain *chain)
{
    uint16_t turn = ring->avail_wrap ? VIRTQ_DESC_F_AVAIL : VIRTQ_DESC_F_USED, length = 0, flags;
    do {
        const volatile struct vring_packed_desc *desc = &packed_desc(ring)[ring->next_avail];
        flags = desc->flags;
        if ((flags & (VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED)) != turn) {
            assert_int_equal(length, 0); /* what was begun is there to its end */
            return false;
        }
        assert_true(length++ < ring->size);
        if (flags & VIRTQ_DESC_F_INDIRECT)
            follow_table((const void *)(uintptr_t)desc->addr,
                         table_length(ring, chain, desc->len, flags), chain);
        else
            add_segment(chain, desc->addr, desc->len, flags & VIRTQ_DESC_F_WRITE);
        chain->id = desc->id;
        if (++ring->next_avail == ring->size) {
            ring->next_avail = 0;
            ring->avail_wrap = !ring->avail_wrap;
            turn ^= VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED;
        }
    } while (flags & VIRTQ_DESC_F_NEXT);
    assert_true(chain->id < ring->size);
    ring->descriptors[chain->id] = length;
    return true;
}

bool fake_ring_pop(struct fake_ring *ring, struct fake_chain *chain)
{
    *chain = (struct fake_chain){0};
    return ring->packed ? pop_packed(ring, chain) : pop_split(ring, chain);
}

static void push_split(struct fake_ring *ring, uint32_t id, uint32_t length)
{
    volatile struct virtq_used_elem *element =
        &used(ring)->ring[ring->next_used & (ring->size - 1)];
    element->id = id;
    element->len = length;
    used(ring)->idx = ++ring->next_used;
    ring->pushed++;
}

void fake_ring_push(struct fake_ring *ring, uint32_t id, uint32_t length)
{
    if (!ring->packed) {
        push_split(ring, id, length);
        return;
    }
    volatile struct vring_packed_desc *desc = &packed_desc(ring)[ring->next_used];
    desc->id = (uint16_t)id;
    desc->len = length;
    desc->flags = ring->used_wrap ? VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED : 0;
    uint16_t descriptors = id < ring->size ? ring->descriptors[id] : 1;
    ring->next_used += descriptors;
    ring->pushed += descriptors;
    if (ring->next_used >= ring->size) {
        ring->next_used -= ring->size;
        ring->used_wrap = !ring->used_wrap;
    }
}

bool fake_ring_wants_interrupt(struct fake_ring *ring)
{
    uint16_t before = (uint16_t)(ring->next_used - ring->pushed);
    ring->pushed = 0;
    if (!ring->packed) {
        if (!ring->event_idx)
            return !(avail(ring)->flags & VIRTQ_AVAIL_F_NO_INTERRUPT);
        assert_int_equal(avail(ring)->flags, 0);
        return vring_need_event(avail(ring)->ring[ring->size], ring->next_used, before);
    }
    uint16_t event = driver_event(ring)->off_wrap;
    if (driver_event(ring)->flags != VRING_PACKED_EVENT_DESC)
        return driver_event(ring)->flags == VRING_PACKED_EVENT_ENABLE;
    assert_true(ring->event_idx);
    bool lap = event & VRING_PACKED_EVENT_WRAP;
    event &= (uint16_t)~VRING_PACKED_EVENT_WRAP;
    assert_true(event < ring->size);
    if (lap != ring->used_wrap)
        event -= ring->size;
    return vring_need_event(event, ring->next_used, before);
}

void fake_ring_want_notification(struct fake_ring *ring, bool on)
{
    if (!ring->packed && ring->event_idx)
        *avail_event(ring) = (uint16_t)(ring->next_avail - !on);
    else if (!ring->packed)
        used(ring)->flags = on ? 0 : VIRTQ_USED_F_NO_NOTIFY;
    else if (on && ring->event_idx) {
        device_event(ring)->off_wrap =
            (uint16_t)(ring->next_avail | (ring->avail_wrap ? VRING_PACKED_EVENT_WRAP : 0));
        device_event(ring)->flags = VRING_PACKED_EVENT_DESC;
    } else
        device_event(ring)->flags = on ? VRING_PACKED_EVENT_ENABLE : VRING_PACKED_EVENT_DISABLE;
}

void fake_ring_scribble(struct fake_ring *ring)
{
    uintptr_t end =
        ring->packed ? ring->at.avail + sizeof(struct vring_packed_event) : ring->at.used;
    memset(split_desc(ring), 0xff, end - ring->at.desc);
}
