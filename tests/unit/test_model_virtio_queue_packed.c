/* SPDX-License-Identifier: MIT */
/* host-vmm/virtio/queue_packed.c: packed rings and chains from a guest that may break every
 * rule. */
#include "test.h"

#include "fake_memory.h"
#include "guest_packed_ring.h"
#include "host-vmm/virtio/queue.h"

#include <string.h>

#define RAM_BASE 0x100000
#define RAM_LENGTH 0x10000
#define RAM_END (RAM_BASE + RAM_LENGTH)
#define BUFFER (RAM_BASE + 0x8000)
#define TABLE (RAM_BASE + 0x9000)
#define SIZE 7 /* need not be a power of two */
#define SIZE_MAX_OFFERED 16

#define NEXT VIRTQ_DESC_F_NEXT
#define WRITE VIRTQ_DESC_F_WRITE
#define INDIRECT VIRTQ_DESC_F_INDIRECT
#define PACKED (1ull << VIRTIO_F_RING_PACKED)
#define INDIRECT_DESC (1ull << VIRTIO_F_INDIRECT_DESC)

struct fixture {
    struct guest_memory memory;
    struct guest_packed_ring ring;
    struct virtio_queue queue;
    struct virtio_chain chain;
};

static void place_queue(struct fixture *f)
{
    f->queue.size = f->ring.size;
    f->queue.desc_gpa = f->ring.desc_gpa;
    f->queue.avail_gpa = f->ring.driver_gpa;
    f->queue.used_gpa = f->ring.device_gpa;
}

static void make_queue(struct fixture *f, uint16_t size, uint64_t features)
{
    guest_packed_init(&f->ring, &f->memory, RAM_BASE, size);
    virtio_queue_reset(&f->queue);
    place_queue(f);
    assert_true(virtio_queue_enable(&f->queue, &f->memory, PACKED | features));
}

static int start(void **state)
{
    static struct fixture f;

    fake_memory_create(&f.memory, RAM_BASE, RAM_LENGTH);
    virtio_queue_init(&f.queue, SIZE_MAX_OFFERED);
    make_queue(&f, SIZE, 0);
    *state = &f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;

    fake_memory_destroy(&f->memory);
    return 0;
}

static int pop(struct fixture *f)
{
    return virtio_queue_pop(&f->queue, &f->memory, &f->chain);
}

/* A chain of count readable buffers, the first lengths telling them apart. */
static void offer(struct fixture *f, unsigned count, uint16_t id)
{
    for (unsigned i = 0; i < count; i++)
        guest_packed_add(&f->ring, BUFFER + 16 * i, 16 + i, i + 1 < count ? NEXT : 0, id);
    guest_packed_offer(&f->ring);
}

static void expect_used(struct fixture *f, uint16_t id, uint32_t length, uint16_t entries)
{
    struct vring_packed_desc used;

    assert_true(guest_packed_used(&f->ring, &used));
    assert_int_equal(used.id, id);
    assert_int_equal(used.len, length);
    assert_int_equal((used.flags & WRITE) != 0, length > 0);
    guest_packed_skip(&f->ring, entries);
}

static void expect_none_used(struct fixture *f)
{
    struct vring_packed_desc used;

    assert_false(guest_packed_used(&f->ring, &used));
}

/* Puts one wrong descriptor into an empty ring, which stays as it is: a pop that refuses takes
 * nothing. */
static void expect_refused(struct fixture *f, gpa_t gpa, uint32_t length, uint16_t flags)
{
    make_queue(f, SIZE, INDIRECT_DESC);
    guest_packed_add(&f->ring, gpa, length, flags, 0);
    guest_packed_offer(&f->ring);
    assert_int_equal(pop(f), -1);
}

/* --- the good case ---------------------------------------------------------------------------- */

static void a_chain_is_taken_apart(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(pop(f), 0);
    guest_packed_add(&f->ring, BUFFER, 16, NEXT, 1);
    guest_packed_add(&f->ring, BUFFER + 0x100, 32, WRITE, 0xabcd);
    assert_int_equal(pop(f), 0); /* not before the first one's flags */
    guest_packed_offer(&f->ring);
    assert_int_equal(pop(f), 1);
    assert_int_equal(f->chain.id, 0xabcd); /* the last one's */
    assert_int_equal(f->chain.entries, 2);
    assert_int_equal(f->chain.readable_count, 1);
    assert_int_equal(f->chain.writable_count, 1);
    assert_int_equal(f->chain.readable_length, 16);
    assert_int_equal(f->chain.writable_length, 32);
    assert_ptr_equal(virtio_chain_readable(&f->chain)[0].iov_base,
                     guest_ptr(&f->memory, BUFFER, 16));
    assert_ptr_equal(virtio_chain_writable(&f->chain)[0].iov_base,
                     guest_ptr(&f->memory, BUFFER + 0x100, 32));
    assert_int_equal(pop(f), 0);
    expect_none_used(f);
    virtio_queue_push(&f->queue, 0xabcd, 2, 32);
    expect_used(f, 0xabcd, 32, 2);
    expect_none_used(f);
    assert_int_equal(pop(f), 0); /* what is used is not available */
}

/* Chains of every length, round and round a ring of every size: they lie across its end each
 * way. */
static void laps(void **state)
{
    struct fixture *f = *state;

    for (uint16_t size = 1; size <= SIZE_MAX_OFFERED; size++) {
        make_queue(f, size, 0);
        for (unsigned i = 0; i < 1000; i++) {
            uint16_t count = (uint16_t)(1 + i * 5 % size), id = (uint16_t)(i * 977);

            offer(f, count, id);
            assert_int_equal(pop(f), 1);
            assert_int_equal(f->chain.entries, count);
            assert_int_equal(f->chain.readable_count, count);
            for (unsigned k = 0; k < count; k++)
                assert_int_equal(virtio_chain_readable(&f->chain)[k].iov_len, 16 + k);
            assert_int_equal(pop(f), 0);
            virtio_queue_push(&f->queue, id, count, i);
            expect_used(f, id, i, count);
        }
    }
}

/* The used descriptor goes where the device is, and over a chain that is still in flight. */
static void completion_in_any_order(void **state)
{
    static const uint16_t count[] = {1, 3, 2}, order[] = {2, 0, 1};
    struct fixture *f = *state;

    for (unsigned lap = 0; lap < 50; lap++) {
        for (uint16_t i = 0; i < 3; i++)
            offer(f, count[i], i);
        for (uint16_t i = 0; i < 3; i++) {
            assert_int_equal(pop(f), 1);
            assert_int_equal(f->chain.id, i);
        }
        assert_int_equal(pop(f), 0);
        for (unsigned i = 0; i < 3; i++) {
            virtio_queue_push(&f->queue, order[i], count[order[i]], lap);
            expect_used(f, order[i], lap, count[order[i]]);
            expect_none_used(f);
        }
    }
    assert_int_equal(f->queue.entries_in_flight, 0);
}

static void a_queue_that_is_off_gives_nothing(void **state)
{
    struct fixture *f = *state;

    offer(f, 1, 0);
    assert_int_equal(pop(f), 1);
    virtio_queue_disable(&f->queue);
    assert_true(virtio_queue_is_busy(&f->queue));
    virtio_queue_push(&f->queue, 0, 1, 5);
    expect_none_used(f);
    assert_false(virtio_queue_is_busy(&f->queue));
    offer(f, 1, 0);
    assert_int_equal(pop(f), 0);
    assert_false(virtio_queue_enable_notification(&f->queue));
    assert_false(virtio_queue_wants_interrupt(&f->queue));
}

/* --- indirect tables (section 2.8.7) ---------------------------------------------------------- */

static struct vring_packed_desc *set_table(struct fixture *f, gpa_t gpa, unsigned count)
{
    struct vring_packed_desc *table = guest_ptr(&f->memory, gpa, count * sizeof *table);

    assert_non_null(table);
    for (unsigned i = 0; i < count; i++) {
        struct vring_packed_desc desc = {BUFFER + 16 * i, 16, 0xffff, i + 1 == count ? WRITE : 0};

        memcpy((uint8_t *)table + i * sizeof desc, &desc, sizeof desc);
    }
    return table;
}

static void a_chain_in_a_table(void **state)
{
    struct fixture *f = *state;
    struct vring_packed_desc *table;

    make_queue(f, SIZE, INDIRECT_DESC);
    table = set_table(f, TABLE, SIZE);
    table[2].flags |= NEXT; /* means nothing there */
    guest_packed_add(&f->ring, TABLE, SIZE * 16, INDIRECT | WRITE, 9);
    guest_packed_offer(&f->ring);
    assert_int_equal(pop(f), 1);
    assert_int_equal(f->chain.id, 9);
    assert_int_equal(f->chain.entries, 1);
    assert_int_equal(f->chain.readable_count, SIZE - 1);
    assert_int_equal(f->chain.writable_count, 1);
    memset(table, 0xff, SIZE * 16);
    assert_int_equal(virtio_chain_writable(&f->chain)[0].iov_len, 16);
    virtio_queue_push(&f->queue, 9, 1, 16);
    expect_used(f, 9, 16, 1);
    set_table(f, TABLE + 4, 2); /* need not be aligned */
    guest_packed_add(&f->ring, TABLE + 4, 2 * 16, INDIRECT, 9);
    guest_packed_offer(&f->ring);
    assert_int_equal(pop(f), 1);
}

/* Adverse case 5: not agreed on; indirect in indirect; length 0, 15, 17, longer than the queue;
 * indirect then direct and the other way round; not in RAM. */
static void case_5_indirect(void **state)
{
    static const uint32_t lengths[] = {0, 15, 17, 16 * SIZE + 16, UINT32_MAX, UINT32_MAX - 15};
    static const gpa_t places[] = {0, RAM_BASE - 16, RAM_END - 16, RAM_END, 0xfe000000, UINT64_MAX};
    struct fixture *f = *state;
    struct vring_packed_desc *table = set_table(f, TABLE, 2);

    guest_packed_add(&f->ring, TABLE, 32, INDIRECT, 0);
    guest_packed_offer(&f->ring);
    assert_int_equal(pop(f), -1);
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        expect_refused(f, TABLE, lengths[i], INDIRECT);
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++)
        expect_refused(f, places[i], 32, INDIRECT);
    expect_refused(f, TABLE, 32, INDIRECT | NEXT);
    table[1].flags = INDIRECT;
    expect_refused(f, TABLE, 32, INDIRECT);
    table[1].flags = WRITE;
    make_queue(f, SIZE, INDIRECT_DESC);
    guest_packed_add(&f->ring, BUFFER, 16, NEXT, 0);
    guest_packed_add(&f->ring, TABLE, 32, INDIRECT, 0);
    guest_packed_offer(&f->ring);
    assert_int_equal(pop(f), -1);
}

/* --- chains that break the rules -------------------------------------------------------------- */

/* Adverse case 1: a chain without end, all around the ring; and one longer than it. */
static void case_1_chain_without_end(void **state)
{
    struct fixture *f = *state;

    for (uint16_t size = 1; size <= SIZE_MAX_OFFERED; size++) {
        make_queue(f, size, 0);
        for (unsigned i = 0; i < size; i++)
            guest_packed_add(&f->ring, BUFFER, 16, NEXT, 0);
        guest_packed_offer(&f->ring);
        assert_int_equal(pop(f), -1);
    }
}

/* Adverse case 2 has no heads here: every 16-bit buffer id is good. */
static void case_2_any_buffer_id(void **state)
{
    struct fixture *f = *state;

    for (unsigned id = 0; id <= UINT16_MAX; id++) {
        offer(f, 1, (uint16_t)id);
        assert_int_equal(pop(f), 1);
        virtio_queue_push(&f->queue, (uint16_t)id, 1, 0);
        expect_used(f, (uint16_t)id, 0, 1);
    }
}

/* Adverse case 3: more made available than the ring has room for: what is in flight offered again,
 * on the next lap. */
static void case_3_more_than_the_ring(void **state)
{
    struct fixture *f = *state;

    for (uint16_t i = 0; i < SIZE; i++)
        offer(f, 1, i);
    for (uint16_t i = 0; i < SIZE; i++)
        assert_int_equal(pop(f), 1);
    assert_int_equal(pop(f), 0);
    offer(f, 1, 100);
    assert_int_equal(pop(f), -1);
    virtio_queue_push(&f->queue, 3, 1, 0);
    assert_int_equal(f->queue.entries_in_flight, SIZE - 1);

    make_queue(f, SIZE, 0);
    offer(f, SIZE - 1, 0);
    assert_int_equal(pop(f), 1);
    offer(f, 2, 1);
    assert_int_equal(pop(f), -1);
}

/* Adverse case 4: a buffer id again while it is in flight. */
static void case_4_id_twice(void **state)
{
    struct fixture *f = *state;

    offer(f, 1, 0x8001);
    offer(f, 2, 0x8001);
    assert_int_equal(pop(f), 1);
    assert_int_equal(pop(f), -1);
    virtio_queue_push(&f->queue, 0x8001, 1, 0);
    assert_int_equal(pop(f), 1); /* and after it came back it is fine */
    assert_int_equal(f->chain.entries, 2);
}

/* Adverse case 6: empty buffers, readable after writable. */
static void case_6_empty_or_misplaced(void **state)
{
    struct fixture *f = *state;

    expect_refused(f, BUFFER, 0, 0);
    expect_refused(f, BUFFER, 0, WRITE);
    make_queue(f, SIZE, 0);
    guest_packed_add(&f->ring, BUFFER, 16, NEXT | WRITE, 0);
    guest_packed_add(&f->ring, BUFFER, 16, 0, 0);
    guest_packed_offer(&f->ring);
    assert_int_equal(pop(f), -1);
}

static void buffers_outside_ram(void **state)
{
    static const struct {
        uint64_t gpa;
        uint32_t length;
    } bad[] = {
        {0, 16},          {RAM_END, 16},    {RAM_END - 15, 16},     {RAM_BASE - 1, 16},
        {UINT64_MAX, 16}, {0xfe000000, 16}, {RAM_BASE, UINT32_MAX}, {RAM_BASE, RAM_LENGTH + 1},
    };
    struct fixture *f = *state;

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_refused(f, bad[i].gpa, bad[i].length, 0);
        expect_refused(f, bad[i].gpa, bad[i].length, WRITE);
    }
}

/* Adverse case 12: descriptors rewritten after the chain was taken. */
static void case_12_descriptors_are_copied(void **state)
{
    struct fixture *f = *state;

    offer(f, 2, 4);
    assert_int_equal(pop(f), 1);
    memset(f->ring.desc, 0xff, SIZE * sizeof(struct vring_packed_desc));
    assert_int_equal(f->chain.id, 4);
    assert_int_equal(virtio_chain_readable(&f->chain)[1].iov_len, 17);
}

/* --- enabling --------------------------------------------------------------------------------- */

static bool enable_at(struct fixture *f, unsigned part, gpa_t gpa)
{
    virtio_queue_reset(&f->queue);
    place_queue(f);
    *(part == 0 ? &f->queue.desc_gpa : part == 1 ? &f->queue.avail_gpa : &f->queue.used_gpa) = gpa;
    return virtio_queue_enable(&f->queue, &f->memory, PACKED);
}

/* Adverse case 7: rings outside RAM, straddling its end, over a device window; misaligned ones. */
static void case_7_rings_outside_ram(void **state)
{
    static const gpa_t bad[] = {0, RAM_BASE - 16, RAM_END, 0xfe000000, UINT64_MAX - 15};
    struct fixture *f = *state;

    for (unsigned part = 0; part < 3; part++) {
        for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            assert_false(enable_at(f, part, bad[i]));
            assert_false(f->queue.enabled);
            assert_int_equal(pop(f), 0);
        }
        assert_false(enable_at(f, part, RAM_BASE + (part == 0 ? 8 : 2)));
    }
    assert_false(enable_at(f, 0, RAM_END - 16 * SIZE + 16));
    assert_true(enable_at(f, 0, RAM_END - 16 * SIZE));
    assert_true(enable_at(f, 1, RAM_END - 4));
    assert_true(enable_at(f, 2, RAM_END - 4));
}

/* Adverse case 8: size 0, above the maximum. */
static void case_8_queue_sizes(void **state)
{
    static const uint16_t bad[] = {0, SIZE_MAX_OFFERED + 1, 0x8000, UINT16_MAX};
    struct fixture *f = *state;

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        virtio_queue_reset(&f->queue);
        place_queue(f);
        f->queue.size = bad[i];
        assert_false(virtio_queue_enable(&f->queue, &f->memory, PACKED));
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_chain_is_taken_apart),
        TEST(laps),
        TEST(completion_in_any_order),
        TEST(a_queue_that_is_off_gives_nothing),
        TEST(a_chain_in_a_table),
        TEST(case_5_indirect),
        TEST(case_1_chain_without_end),
        TEST(case_2_any_buffer_id),
        TEST(case_3_more_than_the_ring),
        TEST(case_4_id_twice),
        TEST(case_6_empty_or_misplaced),
        TEST(buffers_outside_ram),
        TEST(case_12_descriptors_are_copied),
        TEST(case_7_rings_outside_ram),
        TEST(case_8_queue_sizes),
    };

    return cmocka_run_group_tests_name("packed virtio queue model", tests, NULL, NULL);
}
