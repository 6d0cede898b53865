/* SPDX-License-Identifier: MIT */
/* host-vmm/virtio/queue*.c: split rings and chains from a guest that may break every rule.
 * Packed ones are in test_model_virtio_queue_packed.c, notifications in
 * test_model_virtio_queue_notify.c. */
#include "test.h"

#include "fake_memory.h"
#include "split_queue_fixture.h"

#include <string.h>

/* A good chain of two at head and head + 1: 16 bytes readable, 32 writable. */
static void good_chain(struct fixture *f, uint16_t head)
{
    guest_ring_set(&f->ring, head, BUFFER, 16, NEXT, head + 1);
    guest_ring_set(&f->ring, head + 1, BUFFER + 0x100, 32, WRITE, 0);
}

/* --- the good case ---------------------------------------------------------------------------- */

static void a_chain_is_taken_apart(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(pop(f), 0);
    good_chain(f, 3);
    guest_ring_offer(&f->ring, 3);
    assert_int_equal(pop(f), 1);
    assert_int_equal(f->chain.id, 3);
    assert_int_equal(f->chain.readable_count, 1);
    assert_int_equal(f->chain.writable_count, 1);
    assert_int_equal(f->chain.readable_length, 16);
    assert_int_equal(f->chain.writable_length, 32);
    assert_ptr_equal(virtio_chain_readable(&f->chain)[0].iov_base,
                     guest_ptr(&f->memory, BUFFER, 16));
    assert_ptr_equal(virtio_chain_writable(&f->chain)[0].iov_base,
                     guest_ptr(&f->memory, BUFFER + 0x100, 32));
    assert_int_equal(pop(f), 0);
    virtio_queue_push(&f->queue, 3, 1, 32);
    assert_int_equal(f->ring.used->idx, 1);
    assert_int_equal(guest_ring_used(&f->ring, 0).id, 3);
    assert_int_equal(guest_ring_used(&f->ring, 0).len, 32);
}

static void indices_wrap_at_65536(void **state)
{
    struct fixture *f = *state;

    good_chain(f, 0);
    for (unsigned i = 0; i < 65536 + 20; i++) {
        guest_ring_offer(&f->ring, 0);
        assert_int_equal(pop(f), 1);
        virtio_queue_push(&f->queue, 0, 1, i);
        assert_int_equal(f->ring.used->idx, (uint16_t)(i + 1));
        assert_int_equal(guest_ring_used(&f->ring, (uint16_t)i).len, i);
    }
}

static void a_chain_as_long_as_the_queue(void **state)
{
    struct fixture *f = *state;

    for (uint16_t i = 0; i < SIZE; i++)
        guest_ring_set(&f->ring, i, BUFFER, 16, i < SIZE - 1 ? NEXT : 0, i + 1);
    guest_ring_offer(&f->ring, 0);
    assert_int_equal(pop(f), 1);
    assert_int_equal(f->chain.readable_count, SIZE);
}

static void a_full_queue(void **state)
{
    struct fixture *f = *state;

    for (uint16_t i = 0; i < SIZE; i++) {
        guest_ring_set(&f->ring, i, BUFFER, 16, 0, 0);
        guest_ring_offer(&f->ring, i);
    }
    for (uint16_t i = 0; i < SIZE; i++)
        assert_int_equal(pop(f), 1);
    assert_int_equal(pop(f), 0);
}

static void use_one(struct fixture *f)
{
    good_chain(f, 0);
    guest_ring_offer(&f->ring, 0);
    assert_int_equal(pop(f), 1);
    virtio_queue_push(&f->queue, 0, 1, 0);
}

static void interrupts_follow_the_flag(void **state)
{
    struct fixture *f = *state;

    assert_false(virtio_queue_wants_interrupt(&f->queue)); /* nothing was used */
    use_one(f);
    assert_true(virtio_queue_wants_interrupt(&f->queue));
    assert_false(virtio_queue_wants_interrupt(&f->queue)); /* it was asked for once */
    f->ring.avail->flags = VIRTQ_AVAIL_F_NO_INTERRUPT;
    use_one(f);
    assert_false(virtio_queue_wants_interrupt(&f->queue));
}

static void a_queue_that_is_off_gives_nothing(void **state)
{
    struct fixture *f = *state;

    good_chain(f, 0);
    guest_ring_offer(&f->ring, 0);
    virtio_queue_reset(&f->queue);
    assert_false(f->queue.enabled);
    assert_int_equal(f->queue.size, SIZE_MAX_OFFERED);
    assert_int_equal(f->queue.desc_gpa, 0);
    assert_int_equal(pop(f), 0);
}

/* --- chains that break the rules -------------------------------------------------------------- */

/* Adverse case 1: next to itself, a cycle of two. */
static void case_1_loops(void **state)
{
    struct fixture *f = *state;

    guest_ring_set(&f->ring, 0, BUFFER, 16, NEXT, 0);
    guest_ring_offer(&f->ring, 0);
    assert_int_equal(pop(f), -1);
    guest_ring_set(&f->ring, 0, BUFFER, 16, NEXT, 1);
    guest_ring_set(&f->ring, 1, BUFFER, 16, NEXT, 0);
    assert_int_equal(pop(f), -1);
    guest_ring_set(&f->ring, 1, BUFFER, 16, NEXT, SIZE); /* out of the table */
    assert_int_equal(pop(f), -1);
    guest_ring_set(&f->ring, 1, BUFFER, 16, NEXT, UINT16_MAX);
    assert_int_equal(pop(f), -1);
}

/* Adverse case 2: a head at or past the queue's size, even where a good chain lies behind the
 * table. */
static void case_2_head_out_of_range(void **state)
{
    static const uint16_t heads[] = {SIZE / 2, SIZE, SIZE_MAX_OFFERED, UINT16_MAX};
    struct fixture *f = *state;

    virtio_queue_reset(&f->queue);
    place_queue(f);
    f->queue.size = SIZE / 2;
    assert_true(virtio_queue_enable(&f->queue, &f->memory, 0));
    guest_ring_set(&f->ring, SIZE / 2, BUFFER, 16, 0, 0);
    for (unsigned i = 0; i < 4; i++) {
        f->ring.avail->idx = 0;
        guest_ring_offer(&f->ring, heads[i]);
        assert_int_equal(pop(f), -1);
    }
}

/* Adverse case 3: avail.idx ahead by more than the queue's size. */
static void case_3_avail_index_jumps(void **state)
{
    struct fixture *f = *state;

    good_chain(f, 0);
    f->ring.avail->idx = SIZE + 1;
    assert_int_equal(pop(f), -1);
    f->ring.avail->idx = UINT16_MAX; /* backwards is far ahead */
    assert_int_equal(pop(f), -1);
    f->ring.avail->idx = SIZE;
    assert_int_equal(pop(f), 1);
}

/* Adverse case 4: the same head again while it is in flight. */
static void case_4_head_twice(void **state)
{
    struct fixture *f = *state;

    good_chain(f, 0);
    guest_ring_offer(&f->ring, 0);
    guest_ring_offer(&f->ring, 0);
    assert_int_equal(pop(f), 1);
    assert_int_equal(pop(f), -1);
    virtio_queue_push(&f->queue, 0, 1, 0);
    assert_int_equal(pop(f), 1); /* and after it came back it is fine */
}

/* --- buffers ---------------------------------------------------------------------------------- */

/* Adverse case 6: empty buffers, readable after writable. */
static void case_6_empty_or_misplaced(void **state)
{
    struct fixture *f = *state;

    guest_ring_offer(&f->ring, 0);
    guest_ring_set(&f->ring, 0, BUFFER, 0, 0, 0);
    assert_int_equal(pop(f), -1);
    good_chain(f, 0);
    f->ring.desc[1].len = 0;
    assert_int_equal(pop(f), -1);
    guest_ring_set(&f->ring, 0, BUFFER, 16, NEXT | WRITE, 1);
    guest_ring_set(&f->ring, 1, BUFFER, 16, 0, 0);
    assert_int_equal(pop(f), -1);
}

static void buffers_outside_ram(void **state)
{
    static const struct {
        uint64_t gpa;
        uint32_t length;
    } bad[] = {
        {0, 16},
        {RAM_END, 16},
        {RAM_END - 15, 16},
        {RAM_BASE - 1, 16},
        {UINT64_MAX, 16},
        {UINT64_MAX - 15, 16},
        {0xfe000000, 16},
        {RAM_BASE, UINT32_MAX},
        {RAM_BASE, RAM_LENGTH + 1},
    };
    struct fixture *f = *state;

    guest_ring_offer(&f->ring, 0);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        guest_ring_set(&f->ring, 0, bad[i].gpa, bad[i].length, 0, 0);
        assert_int_equal(pop(f), -1);
        good_chain(f, 0);
        f->ring.desc[1].addr = bad[i].gpa;
        f->ring.desc[1].len = bad[i].length;
        assert_int_equal(pop(f), -1);
    }
}

/* A chain that is longer than its used length could say. */
static void more_than_4_gib_in_a_chain(void **state)
{
    struct fixture *f = *state;
    const gpa_t high = (gpa_t)1 << 32;
    const uint32_t half = (uint32_t)1 << 31;
    int fits, too_long;

    /* RAM that is never touched: only addresses are checked. */
    f->memory.ranges[1] =
        (struct guest_ram_range){.base = high, .length = half, .host = f->memory.ranges[0].host};
    f->memory.count = 2;
    guest_ring_set(&f->ring, 0, high, half, NEXT, 1);
    guest_ring_set(&f->ring, 1, high, half - 1, WRITE, 0);
    guest_ring_offer(&f->ring, 0);
    fits = pop(f);
    virtio_queue_push(&f->queue, 0, 1, 0);
    f->ring.desc[1].len = half;
    guest_ring_offer(&f->ring, 0);
    too_long = pop(f);
    f->memory.count = 1;
    assert_int_equal(fits, 1);
    assert_int_equal(too_long, -1);
}

/* Adverse case 12: a descriptor rewritten after the chain was taken. */
static void case_12_descriptors_are_copied(void **state)
{
    struct fixture *f = *state;
    void *buffer = guest_ptr(&f->memory, BUFFER, 16);

    good_chain(f, 0);
    guest_ring_offer(&f->ring, 0);
    assert_int_equal(pop(f), 1);
    memset(f->ring.desc, 0xff, SIZE * sizeof(struct virtq_desc));
    assert_ptr_equal(virtio_chain_readable(&f->chain)[0].iov_base, buffer);
    assert_int_equal(virtio_chain_readable(&f->chain)[0].iov_len, 16);
    assert_int_equal(virtio_chain_writable(&f->chain)[0].iov_len, 32);
}

/* --- enabling --------------------------------------------------------------------------------- */

/* Adverse case 7: rings outside RAM, straddling its end, over a device window; misaligned ones. */
static void case_7_rings_outside_ram(void **state)
{
    static const gpa_t bad[] = {0,          RAM_BASE - 16,  RAM_END, RAM_END - 16,
                                0xfe000000, UINT64_MAX - 15};
    struct fixture *f = *state;

    for (unsigned part = 0; part < 3; part++) {
        for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            virtio_queue_reset(&f->queue);
            place_queue(f);
            *(part == 0   ? &f->queue.desc_gpa
              : part == 1 ? &f->queue.avail_gpa
                          : &f->queue.used_gpa) = bad[i];
            assert_false(virtio_queue_enable(&f->queue, &f->memory, 0));
            assert_false(f->queue.enabled);
            assert_int_equal(pop(f), 0);
        }
    }
}

static void misaligned_rings(void **state)
{
    struct fixture *f = *state;

    virtio_queue_reset(&f->queue);
    place_queue(f);
    f->queue.desc_gpa += 8;
    assert_false(virtio_queue_enable(&f->queue, &f->memory, 0));
    place_queue(f);
    f->queue.avail_gpa += 1;
    assert_false(virtio_queue_enable(&f->queue, &f->memory, 0));
    place_queue(f);
    f->queue.used_gpa += 2;
    assert_false(virtio_queue_enable(&f->queue, &f->memory, 0));
    place_queue(f);
    assert_true(virtio_queue_enable(&f->queue, &f->memory, 0));
}

/* Adverse case 8: size 0, not a power of two, above the maximum. */
static void case_8_queue_sizes(void **state)
{
    static const uint16_t bad[] = {0, 3, 7, 12, 15, 17, 32, 0x8000, UINT16_MAX};
    struct fixture *f = *state;

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        virtio_queue_reset(&f->queue);
        place_queue(f);
        f->queue.size = bad[i];
        assert_false(virtio_queue_enable(&f->queue, &f->memory, 0));
        assert_false(f->queue.enabled);
    }
    for (uint16_t size = 1; size <= SIZE_MAX_OFFERED; size *= 2) {
        virtio_queue_reset(&f->queue);
        place_queue(f);
        f->queue.size = size;
        assert_true(virtio_queue_enable(&f->queue, &f->memory, 0));
    }
}

/* --- segments --------------------------------------------------------------------------------- */

static void copies_cross_segments(void **state)
{
    char first[] = "abc", second[] = "d", third[] = "efgh";
    const struct iovec segments[] = {{first, 3}, {second, 1}, {third, 4}};
    struct iovec slice[3];
    char out[9] = "........";

    (void)state;
    assert_int_equal(virtio_copy_from_chain(segments, 3, 2, out, 4), 4);
    assert_memory_equal(out, "cdef....", 8);
    assert_int_equal(virtio_copy_from_chain(segments, 3, 6, out, 8), 2); /* what there is */
    assert_int_equal(virtio_copy_from_chain(segments, 3, 8, out, 8), 0);
    assert_int_equal(virtio_copy_to_chain(segments, 3, 3, "XYZ", 3), 3);
    assert_string_equal(first, "abc");
    assert_string_equal(second, "X");
    assert_string_equal(third, "YZgh");
    assert_int_equal(virtio_slice_chain(segments, 3, 3, 2, slice), 2);
    assert_ptr_equal(slice[0].iov_base, second);
    assert_int_equal(slice[1].iov_len, 1);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, split_queue_start, split_queue_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_chain_is_taken_apart),
        TEST(indices_wrap_at_65536),
        TEST(a_chain_as_long_as_the_queue),
        TEST(a_full_queue),
        TEST(interrupts_follow_the_flag),
        TEST(a_queue_that_is_off_gives_nothing),
        TEST(case_1_loops),
        TEST(case_2_head_out_of_range),
        TEST(case_3_avail_index_jumps),
        TEST(case_4_head_twice),
        TEST(case_6_empty_or_misplaced),
        TEST(buffers_outside_ram),
        TEST(more_than_4_gib_in_a_chain),
        TEST(case_12_descriptors_are_copied),
        TEST(case_7_rings_outside_ram),
        TEST(misaligned_rings),
        TEST(case_8_queue_sizes),
        TEST(copies_cross_segments),
    };

    return cmocka_run_group_tests_name("virtio queue model", tests, NULL, NULL);
}
