/* SPDX-License-Identifier: MIT */
/* host-vmm/virtio/queue_split.c: indirect tables from a guest that may break every rule. */
#include "test.h"

#include "fake_memory.h"
#include "split_queue_fixture.h"

#include <string.h>

#define TABLE (RAM_BASE + 0x9000)

#define INDIRECT VIRTQ_DESC_F_INDIRECT
#define INDIRECT_DESC (1ull << VIRTIO_F_INDIRECT_DESC)

/* Fills the table at gpa with a chain of count: the last one writable. */
static struct virtq_desc *set_table(struct fixture *f, gpa_t gpa, unsigned count)
{
    struct virtq_desc *table = guest_ptr(&f->memory, gpa, count * sizeof *table);

    assert_non_null(table);
    for (uint16_t i = 0; i < count; i++) {
        struct virtq_desc desc = {BUFFER + 16 * i, 16, i + 1u == count ? WRITE : NEXT,
                                  (uint16_t)(i + 1)};

        memcpy((uint8_t *)table + i * sizeof desc, &desc, sizeof desc);
    }
    return table;
}

/* Adverse case 5: indirect was not agreed on. */
static void case_5_indirect_not_negotiated(void **state)
{
    static const uint32_t lengths[] = {0, 15, 16, 17, 32};
    struct fixture *f = *state;

    set_table(f, TABLE, 2);
    guest_ring_offer(&f->ring, 0);
    for (unsigned i = 0; i < 5; i++) {
        guest_ring_set(&f->ring, 0, TABLE, lengths[i], INDIRECT, 0);
        assert_int_equal(pop(f), -1);
        guest_ring_set(&f->ring, 0, BUFFER, 16, NEXT, 1);
        guest_ring_set(&f->ring, 1, TABLE, lengths[i], INDIRECT, 0);
        assert_int_equal(pop(f), -1);
        guest_ring_set(&f->ring, 1, TABLE, lengths[i], INDIRECT | NEXT, 2);
        assert_int_equal(pop(f), -1);
    }
}

/* --- indirect tables (section 2.7.5.3) -------------------------------------------------------- */

static void agree_on(struct fixture *f, uint64_t features)
{
    virtio_queue_reset(&f->queue);
    place_queue(f);
    assert_true(virtio_queue_enable(&f->queue, &f->memory, features));
}

static void a_chain_in_a_table(void **state)
{
    struct fixture *f = *state;
    struct virtq_desc *table;

    agree_on(f, INDIRECT_DESC);
    table = set_table(f, TABLE + 8, 3); /* need not be aligned */
    guest_ring_set(&f->ring, 5, TABLE + 8, 3 * 16, INDIRECT | WRITE, 0);
    guest_ring_offer(&f->ring, 5);
    assert_int_equal(pop(f), 1);
    assert_int_equal(f->chain.id, 5);
    assert_int_equal(f->chain.entries, 1);
    assert_int_equal(f->chain.readable_count, 2);
    assert_int_equal(f->chain.writable_count, 1);
    memset(table, 0xff, 48); /* adverse case 12: it was copied */
    assert_int_equal(virtio_chain_writable(&f->chain)[0].iov_len, 16);
    virtio_queue_push(&f->queue, 5, 1, 16);
    assert_int_equal(guest_ring_used(&f->ring, 0).id, 5);
    /* after direct descriptors, as the device must take it */
    set_table(f, TABLE, 2);
    guest_ring_set(&f->ring, 0, BUFFER, 16, NEXT, 1);
    guest_ring_set(&f->ring, 1, TABLE, 2 * 16, INDIRECT, 0);
    guest_ring_offer(&f->ring, 0);
    assert_int_equal(pop(f), 1);
    assert_int_equal(f->chain.readable_count, 2);
    assert_int_equal(f->chain.writable_count, 1);
}

static void a_table_as_long_as_the_queue(void **state)
{
    struct fixture *f = *state;

    agree_on(f, INDIRECT_DESC);
    set_table(f, TABLE, SIZE);
    guest_ring_set(&f->ring, 0, TABLE, SIZE * 16, INDIRECT, 0);
    guest_ring_offer(&f->ring, 0);
    assert_int_equal(pop(f), 1);
    assert_int_equal(f->chain.readable_count + f->chain.writable_count, SIZE);
    virtio_queue_push(&f->queue, 0, 1, 0);
    set_table(f, TABLE, SIZE + 1);
    guest_ring_set(&f->ring, 0, TABLE, (SIZE + 1) * 16, INDIRECT, 0);
    guest_ring_offer(&f->ring, 0);
    assert_int_equal(pop(f), -1);
    /* direct ones count, too */
    set_table(f, TABLE, SIZE);
    guest_ring_set(&f->ring, 0, BUFFER, 16, NEXT, 1);
    guest_ring_set(&f->ring, 1, TABLE, SIZE * 16, INDIRECT, 0);
    assert_int_equal(pop(f), -1);
}

/* Adverse case 5: indirect in indirect; length 0, 15, 17; indirect then direct; not in RAM. */
static void case_5_bad_tables(void **state)
{
    static const uint32_t lengths[] = {0, 15, 17, 16 * SIZE + 16, UINT32_MAX, UINT32_MAX - 15};
    static const gpa_t places[] = {0, RAM_BASE - 16, RAM_END - 16, RAM_END, 0xfe000000, UINT64_MAX};
    struct fixture *f = *state;
    struct virtq_desc *table;

    agree_on(f, INDIRECT_DESC);
    guest_ring_offer(&f->ring, 0);
    table = set_table(f, TABLE, 2);
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        guest_ring_set(&f->ring, 0, TABLE, lengths[i], INDIRECT, 0);
        assert_int_equal(pop(f), -1);
    }
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        guest_ring_set(&f->ring, 0, places[i], 32, INDIRECT, 0);
        assert_int_equal(pop(f), -1);
    }
    guest_ring_set(&f->ring, 0, TABLE, 32, INDIRECT | NEXT, 1);
    guest_ring_set(&f->ring, 1, BUFFER, 16, WRITE, 0);
    assert_int_equal(pop(f), -1);
    guest_ring_set(&f->ring, 0, TABLE, 32, INDIRECT, 0);
    table[1].flags |= INDIRECT;
    assert_int_equal(pop(f), -1);
    table[1].flags = WRITE;
    assert_int_equal(pop(f), 1);
}

/* Adverse case 1, in a table: loops, and a next outside of it. */
static void case_1_loops_in_a_table(void **state)
{
    static const uint16_t nexts[] = {0, 1, 3, SIZE, UINT16_MAX};
    struct fixture *f = *state;
    struct virtq_desc *table;

    agree_on(f, INDIRECT_DESC);
    guest_ring_set(&f->ring, 0, TABLE, 3 * 16, INDIRECT, 0);
    guest_ring_offer(&f->ring, 0);
    for (unsigned i = 0; i < sizeof nexts / sizeof nexts[0]; i++) {
        table = set_table(f, TABLE, 3);
        table[1].next = nexts[i];
        assert_int_equal(pop(f), -1);
    }
}

/* Adverse case 6, in a table. */
static void case_6_bad_buffers_in_a_table(void **state)
{
    struct fixture *f = *state;
    struct virtq_desc *table;

    agree_on(f, INDIRECT_DESC);
    guest_ring_set(&f->ring, 0, TABLE, 3 * 16, INDIRECT, 0);
    guest_ring_offer(&f->ring, 0);
    table = set_table(f, TABLE, 3);
    table[1].len = 0;
    assert_int_equal(pop(f), -1);
    table = set_table(f, TABLE, 3);
    table[1].addr = RAM_END - 8;
    assert_int_equal(pop(f), -1);
    table = set_table(f, TABLE, 3);
    table[0].flags |= WRITE; /* then readable ones */
    assert_int_equal(pop(f), -1);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, split_queue_start, split_queue_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(case_5_indirect_not_negotiated), TEST(a_chain_in_a_table),
        TEST(a_table_as_long_as_the_queue),   TEST(case_5_bad_tables),
        TEST(case_1_loops_in_a_table),        TEST(case_6_bad_buffers_in_a_table),
    };

    return cmocka_run_group_tests_name("indirect tables", tests, NULL, NULL);
}
