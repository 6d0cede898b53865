/* SPDX-License-Identifier: MIT */
/* The shared memory of a packed virtqueue (VIRTIO 1.2 section 2.8), as the driver writes and reads it. */
#include "../io.h"
#include "../platform.h"
#include "vring_internal.h"

#define TURN_FLAGS (VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED)

void vring_packed_init(struct vring *ring, uint8_t *memory)
{
    uint8_t *events = memory + VRING_PACKED_DESC_BYTES(ring->size);
    ring->packed = (struct vring_packed){
        .desc = (volatile void *)memory,
        .driver = (volatile void *)events,
        .device = (volatile void *)(events + sizeof(struct vring_packed_event)),
        .avail_wrap = true,
        .used_wrap = true,
    };
    for (uint16_t i = 0; i < ring->size; i++)
        ring->packed.desc[i].flags = 0; /* neither available nor used in the first lap */
    ring->packed.driver->off_wrap = 0;
    ring->packed.driver->flags = VRING_PACKED_EVENT_DISABLE;
    ring->packed.device->off_wrap = 0;
    ring->packed.device->flags = VRING_PACKED_EVENT_ENABLE; /* until the device says otherwise */
}

/* Makes the next descriptor available, but for the first of those that are not published: the device
 * takes them in order, so that none is there before that one is. */
static void put(struct vring *ring, uint64_t address, uint32_t length, uint16_t id, uint16_t flags)
{
    struct vring_packed *p = &ring->packed;
    volatile struct vring_packed_desc *desc = &p->desc[p->next_avail];
    flags |= p->avail_wrap ? VIRTQ_DESC_F_AVAIL : VIRTQ_DESC_F_USED;
    desc->addr = address;
    desc->len = length;
    desc->id = id; /* the chain's last one counts */
    if (p->added++ == 0) {
        p->first_added = p->next_avail;
        p->first_flags = flags;
    } else {
        desc->flags = flags;
    }
    if (++p->next_avail == ring->size) {
        p->next_avail = 0;
        p->avail_wrap = !p->avail_wrap;
    }
}

static void put_table(struct vring *ring, uint16_t id, const struct vring_addition *a)
{
    volatile struct vring_packed_desc *table = (volatile void *)a->table;
    for (unsigned i = 0; i < a->count; i++) {
        table[i].addr = platform_gpa_of(a->buffers[i].address);
        table[i].len = a->buffers[i].length;
        table[i].id = 0;
        table[i].flags = a->buffers[i].device_writes ? VIRTQ_DESC_F_WRITE : 0;
    }
    put(ring, platform_gpa_of(table), (uint32_t)(a->count * sizeof(*table)), id,
        VIRTQ_DESC_F_INDIRECT);
}

void vring_packed_add(struct vring *ring, uint16_t id, const struct vring_addition *addition)
{
    if (addition->table) {
        put_table(ring, id, addition);
        return;
    }
    for (unsigned i = 0; i < addition->count; i++) {
        const struct vring_buffer *buffer = &addition->buffers[i];
        uint16_t flags = buffer->device_writes ? VIRTQ_DESC_F_WRITE : 0;
        if (i + 1 < addition->count)
            flags |= VIRTQ_DESC_F_NEXT;
        put(ring, platform_gpa_of(buffer->address), buffer->length, id, flags);
    }
}

/* Does the device want to hear of the added descriptors that end before next_avail? */
static bool wants_notification(const struct vring *ring, uint16_t added)
{
    const struct vring_packed *p = &ring->packed;
    uint16_t flags = p->device->flags;
    if (!ring->event_idx || flags != VRING_PACKED_EVENT_DESC)
        return flags != VRING_PACKED_EVENT_DISABLE;
    /* Acquire: flags before the place that they make valid. Pairs with the device's release between its stores
     * of off_wrap and flags. */
    vring_acquire();
    uint16_t off_wrap = p->device->off_wrap;
    uint16_t event = off_wrap & (uint16_t)~VRING_PACKED_EVENT_WRAP;
    if ((off_wrap & VRING_PACKED_EVENT_WRAP) != (p->avail_wrap ? VRING_PACKED_EVENT_WRAP : 0))
        event -= ring->size; /* of the lap before */
    return vring_need_event(event, p->next_avail, (uint16_t)(p->next_avail - added));
}

bool vring_packed_publish(struct vring *ring)
{
    struct vring_packed *p = &ring->packed;
    uint16_t added = p->added;
    if (added == 0)
        return false;
    p->added = 0;
    /* Release: all that was added before the flags that let the device begin. Pairs with the device's
     * acquire load of them. */
    vring_release();
    p->desc[p->first_added].flags = p->first_flags;
    /* Full: those flags before the load of the device's wish. Pairs with the device's, between asking for
     * a notification and its last look at the descriptor. */
    vring_full_barrier();
    return wants_notification(ring, added);
}

bool vring_packed_has_used(const struct vring *ring)
{
    const struct vring_packed *p = &ring->packed;
    uint16_t turn = p->desc[p->next_used].flags & TURN_FLAGS;
    return turn == (p->used_wrap ? TURN_FLAGS : 0);
}

void vring_packed_set_interrupts(struct vring *ring, bool on)
{
    struct vring_packed *p = &ring->packed;
    uint16_t flags = VRING_PACKED_EVENT_DISABLE;
    if (on && ring->event_idx) {
        p->driver->off_wrap =
            (uint16_t)(p->next_used | (p->used_wrap ? VRING_PACKED_EVENT_WRAP : 0));
        /* Release: the place before the flags that make it valid. Pairs with the device's acquire between
         * its loads of flags and off_wrap. */
        vring_release();
        flags = VRING_PACKED_EVENT_DESC;
    } else if (on) {
        flags = VRING_PACKED_EVENT_ENABLE;
    }
    p->driver->flags = flags;
}

uint32_t vring_packed_used_id(const struct vring *ring)
{
    return ring->packed.desc[ring->packed.next_used].id;
}

void vring_packed_release(struct vring *ring, uint16_t number)
{
    struct vring_packed *p = &ring->packed;
    vring_numbers_give(ring, number, number);
    p->next_used += ring->chains[number].length;
    if (p->next_used >= ring->size) {
        p->next_used -= ring->size;
        p->used_wrap = !p->used_wrap;
    }
}
