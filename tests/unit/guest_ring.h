/* SPDX-License-Identifier: MIT */
/*
 * The driver's side of a split virtqueue, as honest or dishonest as a test wants: it writes what it
 * is told into fake guest memory and checks nothing.
 */
#ifndef TESTS_UNIT_GUEST_RING_H
#define TESTS_UNIT_GUEST_RING_H

#include "host-vmm/guest_memory.h"

#include "abi/virtio.h"

struct guest_ring {
    const struct guest_memory *memory;
    uint16_t size;
    gpa_t desc_gpa, avail_gpa, used_gpa;
    struct virtq_desc *desc;
    struct virtq_avail *avail;
    struct virtq_used *used;
};

/* Lays an empty ring out from gpa on. */
void guest_ring_init(struct guest_ring *ring, const struct guest_memory *memory, gpa_t gpa,
                     uint16_t size);

void guest_ring_set(struct guest_ring *ring, uint16_t index, gpa_t gpa, uint32_t length,
                    uint16_t flags, uint16_t next);

/* Makes the chain at head available. */
void guest_ring_offer(struct guest_ring *ring, uint16_t head);

/* The element for the n-th buffer ever used. */
struct virtq_used_elem guest_ring_used(const struct guest_ring *ring, uint16_t n);

#endif
