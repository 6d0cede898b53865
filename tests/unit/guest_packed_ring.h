/* SPDX-License-Identifier: MIT */
/*
 * The driver's side of a packed virtqueue, as honest or dishonest as a test wants: it writes what
 * it is told into fake guest memory and checks nothing.
 */
#ifndef TESTS_UNIT_GUEST_PACKED_RING_H
#define TESTS_UNIT_GUEST_PACKED_RING_H

#include "host-vmm/guest_memory.h"

#include "abi/virtio.h"

#include <stdbool.h>

#define GUEST_PACKED_SIZE_MAX 256

struct guest_packed_ring {
    const struct guest_memory *memory;
    uint16_t size;
    gpa_t desc_gpa, driver_gpa, device_gpa;
    struct vring_packed_desc *desc;
    struct vring_packed_event *driver_event, *device_event;
    uint16_t next; /* where the driver writes */
    bool wrap;
    uint16_t first, first_flags; /* of the chain that is being written */
    bool in_chain;
    uint16_t used; /* where it looks */
    bool used_wrap;
};

/* Lays an empty ring out from gpa on. */
void guest_packed_init(struct guest_packed_ring *ring, const struct guest_memory *memory, gpa_t gpa,
                       uint16_t size);

/* The next descriptor, flags being NEXT, WRITE and INDIRECT. The first of a chain becomes available
 * with guest_packed_offer(). */
void guest_packed_add(struct guest_packed_ring *ring, gpa_t gpa, uint32_t length, uint16_t flags,
                      uint16_t id);

/* Makes the chain that was added available. */
void guest_packed_offer(struct guest_packed_ring *ring);

/* The next used descriptor; false when there is none. To go on: skip what its chain took up. */
bool guest_packed_used(const struct guest_packed_ring *ring, struct vring_packed_desc *used);
void guest_packed_skip(struct guest_packed_ring *ring, uint16_t entries);

#endif
