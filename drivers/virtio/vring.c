/* SPDX-License-Identifier: MIT */
/*
 * The driver's side of a split virtqueue (VIRTIO 1.2 section 2.7): chains go in, tokens come out.
 * Polled, so the device is told to send no interrupts. No indirect descriptors and no EVENT_IDX.
 */
#include "vring.h"

#include "../errors.h"
#include "../io.h"
#include "../platform.h"

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

static uint64_t used_offset(uint16_t size)
{
    return align_up(VIRTQ_DESC_BYTES(size) + VIRTQ_AVAIL_BYTES(size), VIRTQ_USED_ALIGN);
}

uint64_t vring_bytes(uint16_t size)
{
    return used_offset(size) + VIRTQ_USED_BYTES(size);
}

void vring_init(struct vring *ring, uint16_t size, void *memory)
{
    uint8_t *base = memory;
    ring->size = size;
    ring->free_head = 0;
    ring->free_count = size;
    ring->avail_idx = 0;
    ring->last_used = 0;
    ring->broken = false;
    ring->desc = (volatile struct virtq_desc *)base;
    ring->avail = (volatile struct virtq_avail *)(base + VIRTQ_DESC_BYTES(size));
    ring->used = (volatile struct virtq_used *)(base + used_offset(size));
    for (uint16_t i = 0; i < size; i++) {
        ring->next[i] = (uint16_t)(i + 1);
        ring->chain_length[i] = 0;
    }
    /* The rest of the memory is written before the other side may look at it. */
    ring->avail->flags = VIRTQ_AVAIL_F_NO_INTERRUPT;
    ring->avail->idx = 0;
    ring->used->flags = 0;
    ring->used->idx = 0;
}

struct virtio_queue_addresses vring_addresses(const struct vring *ring)
{
    return (struct virtio_queue_addresses){
        .desc = platform_gpa_of(ring->desc),
        .avail = platform_gpa_of(ring->avail),
        .used = platform_gpa_of(ring->used),
    };
}

/* Shows the device everything up to avail_idx. */
static void publish(struct vring *ring)
{
    /* Release: descriptors and ring slot before idx. Pairs with the device's acquire load of
     * avail.idx. Stores stay in order on x86, so only the compiler needs telling. */
    barrier_compiler();
    ring->avail->idx = ring->avail_idx;
    /* Full: idx before the load of used.flags in vring_needs_notify(), a store before a load.
     * Pairs with the device's, between clearing NO_NOTIFY and its last look at avail.idx. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

int vring_add(struct vring *ring, const struct vring_buffer *buffers, unsigned count, void *token)
{
    if (ring->broken)
        return ERR_DEVICE;
    if (count == 0 || count > ring->free_count)
        return ERR_NO_SPACE;
    uint16_t head = ring->free_head;
    uint16_t index = head;
    for (unsigned i = 0; i < count; i++) {
        volatile struct virtq_desc *desc = &ring->desc[index];
        bool more = i + 1 < count;
        desc->addr = platform_gpa_of(buffers[i].address);
        desc->len = buffers[i].length;
        desc->flags = (uint16_t)((buffers[i].device_writes ? VIRTQ_DESC_F_WRITE : 0) |
                                 (more ? VIRTQ_DESC_F_NEXT : 0));
        desc->next = more ? ring->next[index] : 0;
        index = ring->next[index];
    }
    ring->free_head = index;
    ring->free_count -= (uint16_t)count;
    ring->chain_length[head] = (uint16_t)count;
    ring->token[head] = token;
    ring->avail->ring[ring->avail_idx & (ring->size - 1)] = head;
    ring->avail_idx++;
    publish(ring);
    return ERR_OK;
}

bool vring_needs_notify(const struct vring *ring)
{
    return !(ring->used->flags & VIRTQ_USED_F_NO_NOTIFY);
}

bool vring_has_used(const struct vring *ring)
{
    return ring->used->idx != ring->last_used;
}

/* Puts a chain back on the free list, going by the private copy of it. */
static void free_chain(struct vring *ring, uint16_t head)
{
    uint16_t last = head;
    for (uint16_t i = 1; i < ring->chain_length[head]; i++)
        last = ring->next[last];
    ring->free_count += ring->chain_length[head];
    ring->chain_length[head] = 0;
    ring->next[last] = ring->free_head;
    ring->free_head = head;
}

int vring_take(struct vring *ring, void **token)
{
    if (ring->broken)
        return ERR_DEVICE;
    uint16_t finished = (uint16_t)(ring->used->idx - ring->last_used);
    uint16_t outstanding = (uint16_t)(ring->avail_idx - ring->last_used);
    if (finished == 0)
        return 0;
    /* Acquire: idx before the element, and before the data it stands for. Pairs with the device's
     * release store of used.idx. Loads stay in order on x86. */
    barrier_compiler();
    uint32_t id = ring->used->ring[ring->last_used & (ring->size - 1)].id;
    if (finished > outstanding || id >= ring->size || ring->chain_length[id] == 0) {
        ring->broken = true;
        return ERR_DEVICE;
    }
    ring->last_used++;
    *token = ring->token[id];
    free_chain(ring, (uint16_t)id);
    return 1;
}
