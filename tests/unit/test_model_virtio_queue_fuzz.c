/* SPDX-License-Identifier: MIT */
/*
 * A million steps of a guest that does anything at all, at random but the same each time, against a
 * virtio-blk model: rings, descriptors, tables and headers half right and half garbage, requests
 * that end in any order, resets in between. The sanitizers watch the host; this test watches that
 * every call returns, that nothing grows, and that a reset always mends the device.
 */
#include "test.h"

#include "fake_backend.h"
#include "fake_memory.h"
#include "host-vmm/virtio/blk.h"

#include <string.h>

#define STEPS 1000000
#define RAM_BASE 0x100000
#define RAM_LENGTH 0x4000
#define SECTORS 32
#define QUEUES 2
#define HELD_MAX 40

/* Where parts of the rings are; everything else may lie anywhere, on top of them, too. */
#define DESC(queue) (RAM_BASE + 0x1000 * (queue))
#define DRIVER_AREA(queue) (RAM_BASE + 0x1000 * (queue) + 0x400)
#define DEVICE_AREA(queue) (RAM_BASE + 0x1000 * (queue) + 0x500)
#define BUFFERS (RAM_BASE + 0x2000)

static struct fuzz {
    uint64_t random;
    bool packed;
    struct guest_memory memory;
    struct fake_backend disk;
    struct virtio_blk_model blk;
    struct io_request *held[HELD_MAX];
    unsigned held_count;
    uint16_t size[QUEUES];
    uint16_t next[QUEUES]; /* packed: where the driver would write */
    bool wrap[QUEUES];
    unsigned completed, broken, brought_up;
} f;

static uint32_t random_below(uint32_t limit)
{
    f.random ^= f.random << 13;
    f.random ^= f.random >> 7;
    f.random ^= f.random << 17;
    return (uint32_t)((f.random >> 11) % limit);
}

static bool chance(uint32_t percent)
{
    return random_below(100) < percent;
}

static bool rarely(void)
{
    return random_below(1000) < 3;
}

static void poke(gpa_t gpa, uint64_t value, unsigned size)
{
    guest_write(&f.memory, gpa, &value, size);
}

/* --- the guest -------------------------------------------------------------------------------- */

static uint64_t some_address(void)
{
    if (rarely())
        return ((uint64_t)random_below(UINT32_MAX) << 32) | random_below(UINT32_MAX);
    if (rarely())
        return RAM_BASE + RAM_LENGTH - random_below(64);
    return !rarely() ? BUFFERS + 0x800 + random_below(0x1000) : RAM_BASE + random_below(RAM_LENGTH);
}

static uint32_t some_length(void)
{
    static const uint32_t likely[] = {1, 16, 16, 16, 512, 512, 513, 528, 1024, 32};

    return !rarely() ? likely[random_below(10)] : random_below(3) * random_below(UINT32_MAX / 2);
}

static uint16_t some_flags(void)
{
    uint16_t flags = 0;

    if (chance(40))
        flags |= VIRTQ_DESC_F_NEXT;
    if (chance(50))
        flags |= VIRTQ_DESC_F_WRITE;
    if (chance(8))
        flags |= VIRTQ_DESC_F_INDIRECT;
    return !rarely() ? flags : (uint16_t)random_below(65536);
}

static void put_descriptor(gpa_t at, uint64_t addr, uint32_t len, uint16_t third, uint16_t fourth)
{
    poke(at, addr, 8);
    poke(at + 8, len, 4);
    poke(at + 12, third, 2);
    poke(at + 14, fourth, 2);
}

static void put_header(gpa_t at)
{
    static const uint32_t types[] = {0, 0, 1, 1, 4, 8, 11, 13};

    poke(at, chance(97) ? types[random_below(8)] : random_below(30), 4);
    poke(at + 8, chance(95) ? random_below(SECTORS) : random_below(UINT32_MAX) * 0x100000007ull, 8);
    /* and what may be a range behind it */
    poke(at + 16, random_below(SECTORS + 2), 8);
    poke(at + 24, random_below(6), 4);
    poke(at + 28, chance(95) ? 0 : random_below(4), 4);
}

static void make_split_available(unsigned queue, uint16_t head)
{
    struct virtq_avail *avail = guest_ptr(&f.memory, DRIVER_AREA(queue), 4);
    uint16_t idx = avail->idx;

    poke(DRIVER_AREA(queue) + 4 + 2 * (idx % f.size[queue]), head, 2);
    poke(DRIVER_AREA(queue) + 2, idx + 1, 2);
}

/* Descriptor number `entry` of a ring; a packed one becomes available at once. */
static void put_ring_descriptor(unsigned queue, uint64_t addr, uint32_t len, uint16_t flags,
                                uint16_t entry)
{
    uint16_t available = f.wrap[queue] ? VIRTQ_DESC_F_AVAIL : VIRTQ_DESC_F_USED;

    if (!f.packed) {
        put_descriptor(DESC(queue) + 16 * entry, addr, len, flags, (uint16_t)(entry + 1));
        return;
    }
    put_descriptor(DESC(queue) + 16 * f.next[queue], addr, len,
                   !rarely() ? f.next[queue] : (uint16_t)random_below(65536), flags | available);
    if (++f.next[queue] == f.size[queue]) {
        f.next[queue] = 0;
        f.wrap[queue] = !f.wrap[queue];
    }
}

/* Room for a chain of count, as an honest driver would see it; now and then it does not care. */
static bool has_room(unsigned queue, unsigned count)
{
    const struct virtio_queue *q = &f.blk.device.queues[queue];
    const struct virtq_avail *avail = guest_ptr(&f.memory, DRIVER_AREA(queue), 4);
    unsigned taken;

    if (!q->enabled || f.size[queue] < count)
        return false;
    if (!f.packed)
        taken = 3u * (uint16_t)(avail->idx - q->split.next_used);
    else if (f.wrap[queue] == q->packed.used_wrap)
        taken = (uint16_t)(f.next[queue] - q->packed.next_used);
    else
        taken = f.size[queue] - q->packed.next_used + f.next[queue];
    return taken + count <= f.size[queue] || rarely();
}

/* Split: where to put a chain of three, one after the other. */
static uint16_t next_head(unsigned queue)
{
    uint16_t head = f.packed ? 0 : f.next[queue];

    if (!f.packed)
        f.next[queue] = (uint16_t)(head + 6 <= f.size[queue] ? head + 3 : 0);
    return !rarely() ? head : (uint16_t)random_below(f.size[queue]);
}

/* A request as it should be, if nothing comes between its parts. */
static void offer_request(unsigned queue)
{
    gpa_t at = BUFFERS + random_below(0x7d) * 16;
    uint16_t writable = chance(50) ? VIRTQ_DESC_F_WRITE : 0;
    uint16_t head;

    if (!has_room(queue, 3))
        return;
    head = next_head(queue);
    put_header(at);
    put_ring_descriptor(queue, at, 16, VIRTQ_DESC_F_NEXT, head);
    put_ring_descriptor(queue, some_address(), chance(70) ? 512 : 16, VIRTQ_DESC_F_NEXT | writable,
                        (uint16_t)(head + 1));
    put_ring_descriptor(queue, some_address(), 1, VIRTQ_DESC_F_WRITE, (uint16_t)(head + 2));
    if (!f.packed)
        make_split_available(queue, head);
}

static void offer_table(unsigned queue)
{
    gpa_t table = BUFFERS + random_below(0x7d) * 16, at = BUFFERS + random_below(0x7d) * 16;
    uint16_t head;

    if (!has_room(queue, 1) || (!f.blk.device.queues[queue].indirect && !rarely()))
        return;
    head = next_head(queue);
    put_header(at);
    for (uint16_t i = 0; i < 3; i++) {
        uint16_t flags = i < 2 ? VIRTQ_DESC_F_NEXT : 0;

        flags |= i == 2 || (i == 1 && chance(50)) ? VIRTQ_DESC_F_WRITE : 0;
        put_descriptor(table + 16 * i, i == 0 ? at : some_address(), i == 0 ? 16 : some_length(),
                       f.packed ? 0 : flags, f.packed ? flags : (uint16_t)(i + 1));
    }
    put_ring_descriptor(queue, table, 48, VIRTQ_DESC_F_INDIRECT, head);
    if (!f.packed)
        make_split_available(queue, head);
}

static void offer_garbage(unsigned queue)
{
    uint16_t entry = (uint16_t)random_below(f.size[queue]);

    put_ring_descriptor(queue, some_address(), some_length(), some_flags(), entry);
    if (f.packed)
        return;
    if (chance(30))
        poke(DESC(queue) + 16 * entry + 14, random_below(f.size[queue] + 2u), 2);
    if (chance(50))
        make_split_available(queue, (uint16_t)random_below(f.size[queue] + (chance(3) ? 9u : 0u)));
    if (chance(2))
        poke(DRIVER_AREA(queue) + 2, random_below(65536), 2);
}

static void scribble(void)
{
    poke(RAM_BASE + random_below(RAM_LENGTH), random_below(UINT32_MAX), 1 + random_below(8));
}

/* --- the driver's handshake ------------------------------------------------------------------- */

static void bring_up(void)
{
    struct virtio_device *d = &f.blk.device;
    uint64_t features = d->offered;

    if (virtio_device_status(d) != 0)
        return;
    if (chance(50))
        features &= ~(1ull << VIRTIO_F_EVENT_IDX);
    if (chance(30))
        features &= ~(1ull << VIRTIO_F_INDIRECT_DESC);
    if (chance(30))
        features &= ~(uint64_t)random_below(UINT32_MAX);
    virtio_device_set_status(d, 1);
    virtio_device_set_status(d, 3);
    virtio_device_set_features(d, 0, (uint32_t)features);
    virtio_device_set_features(d, 1, (uint32_t)(features >> 32));
    virtio_device_set_status(d, 0xb);
    for (unsigned i = 0; i < QUEUES; i++) {
        struct virtio_queue *q = &d->queues[i];

        memset(guest_ptr(&f.memory, DESC(i), 0x1000), 0, 0x1000);
        f.size[i] = (uint16_t)(f.packed ? 1 + random_below(64) : 1u << random_below(6));
        f.next[i] = 0;
        f.wrap[i] = true;
        q->size = f.size[i];
        q->desc_gpa = DESC(i);
        q->avail_gpa = DRIVER_AREA(i);
        q->used_gpa = DEVICE_AREA(i);
        virtio_device_enable_queue(d, q);
    }
    virtio_device_set_status(d, 0xf);
    assert_int_equal(virtio_device_status(d), 0xf);
    f.brought_up++;
}

/* --- the host's side -------------------------------------------------------------------------- */

static void submit(void)
{
    struct io_request *io = f.held_count < HELD_MAX ? virtio_blk_submit(&f.blk) : NULL;

    if (io != NULL)
        f.held[f.held_count++] = io;
}

static void complete(void)
{
    unsigned i;
    struct io_request *io;

    if (f.held_count == 0)
        return;
    i = random_below(f.held_count);
    io = f.held[i];
    f.held[i] = f.held[--f.held_count];
    /* Ranges are for a backend that has them. */
    if (io->op == IO_READ || io->op == IO_WRITE || io->op == IO_FLUSH)
        backend_run(io);
    virtio_blk_complete(&f.blk, io);
    f.completed++;
}

static unsigned waiting(void)
{
    unsigned count = 0;

    for (struct virtio_blk_request *r = f.blk.waiting; r != NULL; r = r->next)
        count++;
    return count;
}

static void check(void)
{
    struct virtio_device *d = &f.blk.device;

    assert_int_equal(d->requests, f.held_count + waiting());
    assert_int_equal(f.disk.length, SECTORS * VIRTIO_BLK_SECTOR_SIZE);
    for (unsigned i = 0; i < QUEUES; i++)
        assert_true(d->queues[i].entries_in_flight <= VIRTIO_QUEUE_SIZE_MAX);
    if ((virtio_device_status(d) & VIRTIO_STATUS_NEEDS_RESET) && chance(50)) {
        f.broken++;
        virtio_device_set_status(d, 0);
    }
}

static void step(void)
{
    unsigned queue = random_below(QUEUES);
    unsigned what = random_below(1000);

    if (what < 300)
        offer_request(queue);
    else if (what < 380)
        offer_table(queue);
    else if (what < 384)
        offer_garbage(queue);
    else if (what < 385)
        scribble();
    else if (what < 600)
        submit();
    else if (what < 960)
        complete();
    else if (what < 990)
        virtio_device_notify(&f.blk.device, queue);
    else if (what < 992)
        virtio_device_write_config(&f.blk.device, random_below(64), 1, random_below(3));
    else if (what < 993)
        virtio_device_set_status(&f.blk.device, 0);
    bring_up();
    check();
}

static void run(bool packed)
{
    const struct virtio_blk_options options = {
        .features_on = packed ? 1ull << VIRTIO_F_RING_PACKED : 0, .queues = QUEUES};

    memset(&f, 0, sizeof f);
    f.random = 0x9e3779b97f4a7c15;
    f.packed = packed;
    fake_memory_create(&f.memory, RAM_BASE, RAM_LENGTH);
    fake_backend_create(&f.disk, SECTORS * VIRTIO_BLK_SECTOR_SIZE,
                        SECTORS * VIRTIO_BLK_SECTOR_SIZE);
    virtio_blk_model_init(&f.blk, 0, "fuzz", &f.memory, &f.disk.backend, &options);
    bring_up();
    for (unsigned i = 0; i < STEPS; i++)
        step();
    /* Whatever it went through: a reset ends, and the device works. */
    virtio_device_set_status(&f.blk.device, 0);
    while (f.held_count > 0)
        complete();
    assert_int_equal(virtio_device_status(&f.blk.device), 0);
    assert_int_equal(f.blk.device.requests, 0);
    bring_up();
    assert_int_equal(virtio_device_status(&f.blk.device), 0xf);
    /* The guest was not so hostile that nothing got through. */
    print_message("%u requests, %u times broken, %u times brought up\n", f.completed, f.broken,
                  f.brought_up);
    assert_true(f.completed > STEPS / 100 && f.broken > 100);
    fake_memory_destroy(&f.memory);
    fake_backend_destroy(&f.disk);
}

static void a_million_steps_split(void **state)
{
    (void)state;
    run(false);
}

static void a_million_steps_packed(void **state)
{
    (void)state;
    run(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_steps_split),
        cmocka_unit_test(a_million_steps_packed),
    };

    return cmocka_run_group_tests_name("virtio guest at random", tests, NULL, NULL);
}
