/* SPDX-License-Identifier: MIT */
/*
 * What both layouts of a virtqueue have in common: the numbers of chains, and the checks. What is in the
 * shared memory is vring_split.c's and vring_packed.c's.
 */
#include "vring.h"

#include "../errors.h"
#include "../platform.h"
#include "vring_internal.h"

#define NONE UINT16_MAX

void vring_init(struct vring *ring, uint16_t size, uint64_t features, void *memory)
{
    ring->size = size;
    ring->is_packed = virtio_has(features, VIRTIO_F_RING_PACKED);
    ring->indirect = virtio_has(features, VIRTIO_F_INDIRECT_DESC);
    ring->event_idx = virtio_has(features, VIRTIO_F_EVENT_IDX);
    ring->broken = false;
    ring->free_count = size;
    ring->free_head = NONE;
    ring->fresh = 0;
    if (ring->is_packed)
        vring_packed_init(ring, memory);
    else
        vring_split_init(ring, memory);
}

struct virtio_queue_addresses vring_addresses(const struct vring *ring)
{
    if (ring->is_packed)
        return (struct virtio_queue_addresses){
            .desc = platform_gpa_of(ring->packed.desc),
            .avail = platform_gpa_of(ring->packed.driver),
            .used = platform_gpa_of(ring->packed.device),
        };
    return (struct virtio_queue_addresses){
        .desc = platform_gpa_of(ring->split.desc),
        .avail = platform_gpa_of(ring->split.avail),
        .used = platform_gpa_of(ring->split.used),
    };
}

uint16_t vring_number_take(struct vring *ring)
{
    uint16_t number = ring->free_head;
    if (number == NONE) {
        ring->chains[ring->fresh].length = 0;
        return ring->fresh++;
    }
    ring->free_head = ring->chains[number].next;
    return number;
}

void vring_numbers_give(struct vring *ring, uint16_t first, uint16_t last)
{
    ring->chains[last].next = ring->free_head;
    ring->free_head = first;
}

int vring_add(struct vring *ring, const struct vring_buffer *buffers, unsigned count,
              struct virtq_desc *table, uint16_t token)
{
    if (!ring->indirect || count == 1)
        table = NULL; /* one buffer is as short without */
    if (ring->broken)
        return ERR_DEVICE;
    uint16_t length = table ? 1 : (uint16_t)count;
    if (count == 0 || count > ring->size || length > ring->free_count)
        return ERR_NO_SPACE;
    const struct vring_addition addition = {buffers, count, table};
    uint16_t number = vring_number_take(ring);
    if (ring->is_packed)
        vring_packed_add(ring, number, &addition);
    else
        vring_split_add(ring, number, &addition);
    ring->chains[number].length = length;
    ring->chains[number].token = token;
    ring->free_count -= length;
    return ERR_OK;
}

bool vring_publish(struct vring *ring)
{
    return ring->is_packed ? vring_packed_publish(ring) : vring_split_publish(ring);
}

bool vring_has_used(const struct vring *ring)
{
    return ring->is_packed ? vring_packed_has_used(ring) : vring_split_has_used(ring);
}

void vring_set_interrupts(struct vring *ring, bool on)
{
    if (ring->is_packed)
        vring_packed_set_interrupts(ring, on);
    else
        vring_split_set_interrupts(ring, on);
    /* Full: the wish before the next look at what came back. Pairs with the device's, between giving
     * a chain back and looking at the wish. */
    if (on)
        vring_full_barrier();
}

int vring_take(struct vring *ring, uint16_t *token)
{
    if (ring->broken)
        return ERR_DEVICE;
    if (!vring_has_used(ring))
        return 0;
    /* Acquire: that something came back before what it is, and before the data it stands for. Pairs with the
     * device's release, between writing those and used.idx or the descriptor's flags. */
    vring_acquire();
    uint32_t number = ring->is_packed ? vring_packed_used_id(ring) : vring_split_used_id(ring);
    /* What was never used has no length yet. */
    if (number >= ring->fresh || ring->chains[number].length == 0) {
        ring->broken = true;
        return ERR_DEVICE;
    }
    struct vring_chain *chain = &ring->chains[number];
    *token = chain->token;
    if (ring->is_packed)
        vring_packed_release(ring, (uint16_t)number);
    else
        vring_split_release(ring, (uint16_t)number);
    ring->free_count += chain->length;
    chain->length = 0;
    return 1;
}
