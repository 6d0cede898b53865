/* SPDX-License-Identifier: MIT */
/* What vring.c shares with the two layouts, vring_split.c and vring_packed.c. Nobody else's business. */
#ifndef DRIVERS_VIRTIO_VRING_INTERNAL_H
#define DRIVERS_VIRTIO_VRING_INTERNAL_H

#include "../io.h"
#include "vring.h"

/* A chain to be added: checked, there is room for it. */
struct vring_addition {
    const struct vring_buffer *buffers;
    unsigned count;
    struct virtq_desc *table; /* NULL: not through a table */
};

/* Numbers of chains. There is a free one as long as there is a free descriptor. */
uint16_t vring_number_take(struct vring *ring);
/* Puts first, which is linked by next up to last, back. */
void vring_numbers_give(struct vring *ring, uint16_t first, uint16_t last);

void vring_split_init(struct vring *ring, uint8_t *memory);
void vring_split_add(struct vring *ring, uint16_t head, const struct vring_addition *addition);
bool vring_split_publish(struct vring *ring);
bool vring_split_has_used(const struct vring *ring);
void vring_split_set_interrupts(struct vring *ring, bool on);
/* The number that the device names next, whatever it is; VRING_NO_CHAIN where none can be due. */
uint32_t vring_split_used_id(const struct vring *ring);
/* That is taken, and was found to be outstanding: its numbers are free again. */
void vring_split_release(struct vring *ring, uint16_t number);

void vring_packed_init(struct vring *ring, uint8_t *memory);
void vring_packed_add(struct vring *ring, uint16_t id, const struct vring_addition *addition);
bool vring_packed_publish(struct vring *ring);
bool vring_packed_has_used(const struct vring *ring);
void vring_packed_set_interrupts(struct vring *ring, bool on);
uint32_t vring_packed_used_id(const struct vring *ring);
void vring_packed_release(struct vring *ring, uint16_t number);

#define VRING_NO_CHAIN UINT32_MAX

/* The barrier of either direction's last step. A release: what is written before it is there before what
 * is written after it; an acquire: the same for reads. x86 keeps stores in order and loads in order, so only
 * the compiler has to be told (io.h). */
#define vring_release() barrier_compiler()
#define vring_acquire() barrier_compiler()

/* Full: a store before a load, which x86 does not keep in order by itself. */
#define vring_full_barrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif
