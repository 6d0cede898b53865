/* SPDX-License-Identifier: MIT */
/* A packed virtqueue as a driver would fill it, without any checks. */
#include "guest_packed_ring.h"

#include <stdlib.h>
#include <string.h>

static void *place(struct guest_packed_ring *ring, gpa_t gpa, uint64_t length)
{
    void *host = guest_ptr(ring->memory, gpa, length);

    if (host == NULL)
        abort();
    memset(host, 0, length);
    return host;
}

void guest_packed_init(struct guest_packed_ring *ring, const struct guest_memory *memory, gpa_t gpa,
                       uint16_t size)
{
    *ring = (struct guest_packed_ring){.memory = memory, .size = size, .wrap = true};
    ring->used_wrap = true;
    ring->desc_gpa = gpa;
    ring->driver_gpa = gpa + VRING_PACKED_DESC_BYTES(size);
    ring->device_gpa = ring->driver_gpa + sizeof(struct vring_packed_event);
    ring->desc = place(ring, ring->desc_gpa, VRING_PACKED_DESC_BYTES(size));
    ring->driver_event = place(ring, ring->driver_gpa, sizeof(struct vring_packed_event));
    ring->device_event = place(ring, ring->device_gpa, sizeof(struct vring_packed_event));
}

static void step(const struct guest_packed_ring *ring, uint16_t *index, bool *wrap,
                 uint16_t entries)
{
    *index = (uint16_t)(*index + entries);
    if (*index >= ring->size) {
        *index = (uint16_t)(*index - ring->size);
        *wrap = !*wrap;
    }
}

void guest_packed_add(struct guest_packed_ring *ring, gpa_t gpa, uint32_t length, uint16_t flags,
                      uint16_t id)
{
    struct vring_packed_desc *desc = &ring->desc[ring->next];
    uint16_t all = flags | (ring->wrap ? VIRTQ_DESC_F_AVAIL : VIRTQ_DESC_F_USED);

    desc->addr = gpa;
    desc->len = length;
    desc->id = id;
    if (ring->in_chain) {
        desc->flags = all;
    } else {
        ring->in_chain = true;
        ring->first = ring->next;
        ring->first_flags = all;
    }
    step(ring, &ring->next, &ring->wrap, 1);
}

void guest_packed_offer(struct guest_packed_ring *ring)
{
    ring->in_chain = false;
    __atomic_store_n(&ring->desc[ring->first].flags, ring->first_flags, __ATOMIC_RELEASE);
}

bool guest_packed_used(const struct guest_packed_ring *ring, struct vring_packed_desc *used)
{
    const struct vring_packed_desc *desc = &ring->desc[ring->used];
    uint16_t flags = __atomic_load_n(&desc->flags, __ATOMIC_ACQUIRE);

    if (((flags & VIRTQ_DESC_F_AVAIL) != 0) != ring->used_wrap ||
        ((flags & VIRTQ_DESC_F_USED) != 0) != ring->used_wrap)
        return false;
    *used = *desc;
    return true;
}

void guest_packed_skip(struct guest_packed_ring *ring, uint16_t entries)
{
    step(ring, &ring->used, &ring->used_wrap, entries);
}
