/* SPDX-License-Identifier: MIT */
/* A split virtqueue as a driver would fill it, without any checks. */
#include "guest_ring.h"

#include <stdlib.h>
#include <string.h>

static void *place(struct guest_ring *ring, gpa_t gpa, uint64_t length)
{
    void *host = guest_ptr(ring->memory, gpa, length);

    if (host == NULL)
        abort();
    memset(host, 0, length);
    return host;
}

void guest_ring_init(struct guest_ring *ring, const struct guest_memory *memory, gpa_t gpa,
                     uint16_t size)
{
    ring->memory = memory;
    ring->size = size;
    ring->desc_gpa = gpa;
    ring->avail_gpa = ring->desc_gpa + VIRTQ_DESC_BYTES(size);
    ring->used_gpa = (ring->avail_gpa + VIRTQ_AVAIL_BYTES(size) + 3) & ~3ull;
    ring->desc = place(ring, ring->desc_gpa, VIRTQ_DESC_BYTES(size));
    ring->avail = place(ring, ring->avail_gpa, VIRTQ_AVAIL_BYTES(size));
    ring->used = place(ring, ring->used_gpa, VIRTQ_USED_BYTES(size));
}

void guest_ring_set(struct guest_ring *ring, uint16_t index, gpa_t gpa, uint32_t length,
                    uint16_t flags, uint16_t next)
{
    ring->desc[index] =
        (struct virtq_desc){.addr = gpa, .len = length, .flags = flags, .next = next};
}

void guest_ring_offer(struct guest_ring *ring, uint16_t head)
{
    ring->avail->ring[ring->avail->idx & (ring->size - 1)] = head;
    ring->avail->idx++;
}

struct virtq_used_elem guest_ring_used(const struct guest_ring *ring, uint16_t n)
{
    return ring->used->ring[n & (ring->size - 1)];
}
