/* SPDX-License-Identifier: MIT */
/* The queue that split_queue_fixture.h describes. */
#include "split_queue_fixture.h"

#include "fake_memory.h"

void place_queue(struct fixture *f)
{
    f->queue.size = SIZE;
    f->queue.desc_gpa = f->ring.desc_gpa;
    f->queue.avail_gpa = f->ring.avail_gpa;
    f->queue.used_gpa = f->ring.used_gpa;
}

int split_queue_start(void **state)
{
    static struct fixture f;

    fake_memory_create(&f.memory, RAM_BASE, RAM_LENGTH);
    guest_ring_init(&f.ring, &f.memory, RING_BASE, SIZE);
    virtio_queue_init(&f.queue, SIZE_MAX_OFFERED);
    place_queue(&f);
    if (!virtio_queue_enable(&f.queue, &f.memory, 0))
        return -1;
    *state = &f;
    return 0;
}

int split_queue_stop(void **state)
{
    struct fixture *f = *state;

    fake_memory_destroy(&f->memory);
    return 0;
}

int pop(struct fixture *f)
{
    return virtio_queue_pop(&f->queue, &f->memory, &f->chain);
}
