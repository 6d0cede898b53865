/* SPDX-License-Identifier: MIT */
/*
 * A split virtqueue of SIZE entries that is on, and the driver's side of it: what the tests of
 * host-vmm/virtio/queue_split.c start from.
 */
#ifndef TESTS_UNIT_SPLIT_QUEUE_FIXTURE_H
#define TESTS_UNIT_SPLIT_QUEUE_FIXTURE_H

#include "guest_ring.h"
#include "host-vmm/virtio/queue.h"

#define RAM_BASE 0x100000
#define RAM_LENGTH 0x10000
#define RAM_END (RAM_BASE + RAM_LENGTH)
#define RING_BASE RAM_BASE
#define BUFFER (RAM_BASE + 0x8000)
#define SIZE 8
#define SIZE_MAX_OFFERED 16

#define NEXT VIRTQ_DESC_F_NEXT
#define WRITE VIRTQ_DESC_F_WRITE

struct fixture {
    struct guest_memory memory;
    struct guest_ring ring;
    struct virtio_queue queue;
    struct virtio_chain chain;
};

/* Setup and teardown of each test; state receives the fixture. */
int split_queue_start(void **state);
int split_queue_stop(void **state);

/* Gives the queue its size and its three places again, as after a reset. */
void place_queue(struct fixture *f);

/* virtio_queue_pop() into f->chain */
int pop(struct fixture *f);

#endif
