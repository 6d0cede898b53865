/* SPDX-License-Identifier: MIT */
/* drivers/virtio/vring.c against a device's hand in the shared memory, honest and not. */
#include "test.h"

#include <string.h>

#include "drivers/errors.h"
#include "drivers/virtio/vring.h"
#include "fake_virtio.h"

#define SIZE 8
#define MEMORY 4096

static uint8_t memory[MEMORY] __attribute__((aligned(4096)));
static struct vring ring;
static struct fake_virtio device; /* its side of the ring */
static uint8_t data[SIZE];
static int tokens[SIZE];

static void start(uint16_t size)
{
    memset(memory, 0xee, sizeof(memory));
    memset(&ring, 0xdd, sizeof(ring));
    vring_init(&ring, size, memory);
    device = (struct fake_virtio){.size = size, .queue = vring_addresses(&ring)};
}

static int setup(void **state)
{
    (void)state;
    start(SIZE);
    return 0;
}

static int add(unsigned count, void *token)
{
    struct vring_buffer buffers[SIZE];
    for (unsigned i = 0; i < count; i++)
        buffers[i] = (struct vring_buffer){
            .address = &data[i % SIZE], .length = 100 + i, .device_writes = i > 0};
    return vring_add(&ring, buffers, count, token);
}

static void the_parts_lie_where_the_specification_wants_them(void **state)
{
    (void)state;
    for (uint16_t size = 2; size <= VRING_MAX_SIZE; size *= 2) {
        start(size);
        struct virtio_queue_addresses at = vring_addresses(&ring);
        assert_int_equal(at.desc, (uintptr_t)memory);
        assert_true(at.avail >= at.desc + VIRTQ_DESC_BYTES(size));
        assert_true(at.used >= at.avail + VIRTQ_AVAIL_BYTES(size));
        assert_int_equal(at.used % VIRTQ_USED_ALIGN, 0);
        assert_int_equal(at.used + VIRTQ_USED_BYTES(size), at.desc + vring_bytes(size));
        assert_true(vring_bytes(size) <= MEMORY);
        assert_false(vring_has_used(&ring));
        assert_true(vring_needs_notify(&ring));
    }
}

static void a_chain_arrives_as_it_was_given(void **state)
{
    (void)state;
    struct fake_virtio_segment segments[FAKE_VIRTIO_CHAIN];
    uint16_t head;
    void *token = NULL;
    assert_int_equal(add(3, &tokens[0]), ERR_OK);
    assert_int_equal(fake_virtio_pop(&device, &head, segments), 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_ptr_equal(segments[i].data, &data[i]);
        assert_int_equal(segments[i].length, 100 + i);
        assert_int_equal(segments[i].device_writes, i > 0);
    }
    assert_int_equal(fake_virtio_pop(&device, &head, segments), 0);
    assert_int_equal(vring_take(&ring, &token), 0);
    fake_virtio_push(&device, head, 7);
    assert_true(vring_has_used(&ring));
    assert_int_equal(vring_take(&ring, &token), 1);
    assert_ptr_equal(token, &tokens[0]);
    assert_false(vring_has_used(&ring));
    assert_int_equal(ring.free_count, SIZE);
}

static void chains_come_back_in_any_order(void **state)
{
    (void)state;
    struct fake_virtio_segment segments[FAKE_VIRTIO_CHAIN];
    uint16_t heads[3];
    void *token;
    static const unsigned order[] = {1, 2, 0};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(add(2, &tokens[i]), ERR_OK);
        assert_int_equal(fake_virtio_pop(&device, &heads[i], segments), 2);
    }
    for (unsigned i = 0; i < 3; i++)
        fake_virtio_push(&device, heads[order[i]], 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(vring_take(&ring, &token), 1);
        assert_ptr_equal(token, &tokens[order[i]]);
    }
    assert_int_equal(add(SIZE, NULL), ERR_OK); /* every descriptor is free again, and only once */
    assert_int_equal(fake_virtio_pop(&device, heads, segments), SIZE);
}

static void a_full_ring_refuses(void **state)
{
    (void)state;
    assert_int_equal(add(0, NULL), ERR_NO_SPACE);
    assert_int_equal(add(SIZE - 1, NULL), ERR_OK);
    assert_int_equal(add(2, NULL), ERR_NO_SPACE);
    assert_int_equal(add(1, NULL), ERR_OK);
    assert_int_equal(add(1, NULL), ERR_NO_SPACE);
}

static void indices_wrap_around(void **state)
{
    (void)state;
    struct fake_virtio_segment segments[FAKE_VIRTIO_CHAIN];
    uint16_t head;
    void *token;
    for (unsigned round = 0; round < 0x10000 + 3 * SIZE; round++) {
        if (add(3, &tokens[round % SIZE]) != ERR_OK ||
            fake_virtio_pop(&device, &head, segments) != 3)
            fail_msg("round %u", round);
        fake_virtio_push(&device, head, 0);
        if (vring_take(&ring, &token) != 1 || token != &tokens[round % SIZE])
            fail_msg("round %u", round);
    }
}

static void the_device_may_ask_for_no_notifications(void **state)
{
    (void)state;
    ring.used->flags = VIRTQ_USED_F_NO_NOTIFY;
    assert_false(vring_needs_notify(&ring));
}

/* Adverse case 38: id out of range. */
static void case_38_a_used_id_out_of_range_breaks_the_ring(void **state)
{
    (void)state;
    void *token = NULL;
    static const uint32_t ids[] = {SIZE, 0x10000, UINT32_MAX};
    for (unsigned i = 0; i < 3; i++) {
        start(SIZE);
        assert_int_equal(add(1, tokens), ERR_OK);
        fake_virtio_push(&device, ids[i], 0);
        assert_int_equal(vring_take(&ring, &token), ERR_DEVICE);
        assert_null(token);
        assert_int_equal(vring_take(&ring, &token), ERR_DEVICE);
        assert_int_equal(add(1, NULL), ERR_DEVICE);
    }
}

/* Adverse case 38: id not outstanding. */
static void case_38_a_used_id_not_outstanding_breaks_the_ring(void **state)
{
    (void)state;
    void *token = NULL;
    assert_int_equal(add(2, &tokens[0]), ERR_OK); /* descriptors 0 and 1 */
    assert_int_equal(add(1, &tokens[1]), ERR_OK);
    fake_virtio_push(&device, 0, 0);
    assert_int_equal(vring_take(&ring, &token), 1);
    fake_virtio_push(&device, 0, 0); /* the same again */
    assert_int_equal(vring_take(&ring, &token), ERR_DEVICE);

    start(SIZE);
    assert_int_equal(add(2, &tokens[0]), ERR_OK);
    fake_virtio_push(&device, 1, 0); /* inside a chain, not its head */
    assert_int_equal(vring_take(&ring, &token), ERR_DEVICE);
}

/* Adverse case 38: used.idx jumps. */
static void case_38_a_used_index_that_jumps_breaks_the_ring(void **state)
{
    (void)state;
    void *token = NULL;
    static const uint16_t jumps[] = {2, SIZE, SIZE + 1, 0x8000, 0xffff};
    for (unsigned i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        start(SIZE);
        assert_int_equal(add(1, tokens), ERR_OK);
        for (unsigned slot = 0; slot < SIZE; slot++)
            ring.used->ring[slot].id = 0; /* a good id wherever it looks */
        ring.used->idx = jumps[i];
        assert_int_equal(vring_take(&ring, &token), ERR_DEVICE);
    }
    start(SIZE); /* with nothing outstanding at all */
    fake_virtio_push(&device, 0, 0);
    assert_int_equal(vring_take(&ring, &token), ERR_DEVICE);
}

/* Adverse case 39: the length is not passed on, so any is as good. */
static void case_39_the_used_length_has_no_effect(void **state)
{
    (void)state;
    void *token = NULL;
    static const uint32_t lengths[] = {0, 1, UINT32_MAX};
    for (unsigned i = 0; i < 3; i++) {
        struct fake_virtio_segment segments[FAKE_VIRTIO_CHAIN];
        uint16_t head;
        assert_int_equal(add(2, &tokens[i]), ERR_OK);
        assert_int_equal(fake_virtio_pop(&device, &head, segments), 2);
        fake_virtio_push(&device, head, lengths[i]);
        assert_int_equal(vring_take(&ring, &token), 1);
        assert_ptr_equal(token, &tokens[i]);
    }
}

/* Adverse case 41: descriptors, available ring and its index are the driver's to write only. */
static void case_41_what_the_device_rewrites_has_no_effect(void **state)
{
    (void)state;
    struct fake_virtio_segment segments[FAKE_VIRTIO_CHAIN];
    uint16_t heads[2];
    void *token = NULL;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(add(3, &tokens[i]), ERR_OK);
        assert_int_equal(fake_virtio_pop(&device, &heads[i], segments), 3);
    }
    memset(memory, 0xff, VIRTQ_DESC_BYTES(SIZE) + VIRTQ_AVAIL_BYTES(SIZE));
    for (unsigned i = 0; i < 2; i++) {
        fake_virtio_push(&device, heads[i], 0);
        assert_int_equal(vring_take(&ring, &token), 1);
        assert_ptr_equal(token, &tokens[i]);
    }
    assert_int_equal(add(SIZE, &tokens[2]), ERR_OK);
    assert_int_equal(ring.avail->idx, 3);
    device.avail_seen = 2;
    assert_int_equal(fake_virtio_pop(&device, heads, segments), SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_parts_lie_where_the_specification_wants_them, setup),
        cmocka_unit_test_setup(a_chain_arrives_as_it_was_given, setup),
        cmocka_unit_test_setup(chains_come_back_in_any_order, setup),
        cmocka_unit_test_setup(a_full_ring_refuses, setup),
        cmocka_unit_test_setup(indices_wrap_around, setup),
        cmocka_unit_test_setup(the_device_may_ask_for_no_notifications, setup),
        cmocka_unit_test_setup(case_38_a_used_id_out_of_range_breaks_the_ring, setup),
        cmocka_unit_test_setup(case_38_a_used_id_not_outstanding_breaks_the_ring, setup),
        cmocka_unit_test_setup(case_38_a_used_index_that_jumps_breaks_the_ring, setup),
        cmocka_unit_test_setup(case_39_the_used_length_has_no_effect, setup),
        cmocka_unit_test_setup(case_41_what_the_device_rewrites_has_no_effect, setup),
    };
    return cmocka_run_group_tests_name("drivers/virtio/vring", tests, NULL, NULL);
}
