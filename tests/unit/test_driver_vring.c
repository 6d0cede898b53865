/* SPDX-License-Identifier: MIT */
/*
 * drivers/virtio/vring*.c against a device's hand in the shared memory, honest and not: every test in every
 * layout, with and without tables and EVENT_IDX. Notifications and interrupts: test_driver_vring_events.c.
 */
#include "test.h"

#include <string.h>

#include "drivers/errors.h"
#include "drivers/virtio/vring.h"
#include "fake_ring.h"

#define SIZE 8
#define BIT(feature) (1ull << (feature))

static uint64_t features; /* of the layout under test */
static uint8_t memory[VRING_BYTES] __attribute__((aligned(4096)));
static struct virtq_desc tables[SIZE][SIZE];
static struct vring ring;
static struct fake_ring device; /* its side of the ring */
static uint8_t data[SIZE];

static bool packed(void)
{
    return virtio_has(features, VIRTIO_F_RING_PACKED);
}

static bool indirect(void)
{
    return virtio_has(features, VIRTIO_F_INDIRECT_DESC);
}

static void start(uint16_t size)
{
    memset(memory, 0xee, sizeof(memory));
    memset(&ring, 0xdd, sizeof(ring));
    vring_init(&ring, size, features, memory);
    const struct virtio_queue_addresses at = vring_addresses(&ring);
    fake_ring_init(&device, size, features, &at);
}

static int setup(void **state)
{
    (void)state;
    start(SIZE);
    return 0;
}

/* Not shown to the device yet. */
static int add(unsigned count, uint16_t token)
{
    struct vring_buffer buffers[SIZE + 1];
    for (unsigned i = 0; i < count; i++)
        buffers[i] = (struct vring_buffer){
            .address = &data[i % SIZE], .length = 100 + i, .device_writes = i > 0};
    return vring_add(&ring, buffers, count, tables[token % SIZE], token);
}

static int add_and_publish(unsigned count, uint16_t token)
{
    int error = add(count, token);
    vring_publish(&ring);
    return error;
}

static void the_parts_lie_where_the_specification_wants_them(void **state)
{
    (void)state;
    for (uint16_t size = 2; size <= VRING_MAX_SIZE; size *= 2) {
        start(size);
        struct virtio_queue_addresses at = vring_addresses(&ring);
        assert_int_equal(at.desc, (uintptr_t)memory);
        assert_true(at.avail >= at.desc + VIRTQ_DESC_BYTES(size));
        assert_true(at.used >= at.avail + (packed() ? sizeof(struct vring_packed_event)
                                                    : VIRTQ_AVAIL_BYTES(size)));
        assert_true(at.used +
                        (packed() ? sizeof(struct vring_packed_event) : VIRTQ_USED_BYTES(size)) <=
                    at.desc + VRING_BYTES);
        assert_false(vring_has_used(&ring));
    }
}

static void a_chain_arrives_as_it_was_given(void **state)
{
    (void)state;
    struct fake_chain chain;
    uint16_t token = 77;
    assert_int_equal(add(3, 5), ERR_OK);
    assert_false(fake_ring_pop(&device, &chain)); /* not yet */
    assert_true(vring_publish(&ring));
    assert_false(vring_publish(&ring)); /* nothing new */
    assert_true(fake_ring_pop(&device, &chain));
    assert_int_equal(chain.count, 3);
    assert_int_equal(chain.indirect, indirect());
    for (unsigned i = 0; i < 3; i++) {
        assert_ptr_equal(chain.segments[i].data, &data[i]);
        assert_int_equal(chain.segments[i].length, 100 + i);
        assert_int_equal(chain.segments[i].device_writes, i > 0);
    }
    const uint16_t id = chain.id;
    assert_false(fake_ring_pop(&device, &chain));
    assert_int_equal(vring_take(&ring, &token), 0);
    fake_ring_push(&device, id, 7);
    assert_true(vring_has_used(&ring));
    assert_int_equal(vring_take(&ring, &token), 1);
    assert_int_equal(token, 5);
    assert_false(vring_has_used(&ring));
    assert_int_equal(ring.free_count, SIZE);
}

static void a_batch_is_published_at_once(void **state)
{
    (void)state;
    struct fake_chain chain;
    uint16_t token;
    for (unsigned round = 0; round < 100; round++) {
        for (uint16_t i = 0; i < SIZE / 2; i++) {
            assert_int_equal(add(2, i), ERR_OK);
            assert_false(fake_ring_pop(&device, &chain));
        }
        vring_publish(&ring);
        for (unsigned i = 0; i < SIZE / 2; i++) {
            assert_true(fake_ring_pop(&device, &chain));
            fake_ring_push(&device, chain.id, 0);
        }
        assert_false(fake_ring_pop(&device, &chain));
        for (unsigned i = 0; i < SIZE / 2; i++) {
            assert_int_equal(vring_take(&ring, &token), 1);
            assert_int_equal(token, i);
        }
    }
}

static void chains_come_back_in_any_order(void **state)
{
    (void)state;
    struct fake_chain chains[2], last;
    uint16_t token;
    static const unsigned order[] = {1, 0};
    for (unsigned round = 0; round < 50; round++) {
        for (uint16_t i = 0; i < 2; i++) {
            assert_int_equal(add_and_publish(2 + i, i), ERR_OK);
            assert_true(fake_ring_pop(&device, &chains[i]));
        }
        for (unsigned i = 0; i < 2; i++)
            fake_ring_push(&device, chains[order[i]].id, 0);
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(vring_take(&ring, &token), 1);
            assert_int_equal(token, order[i]);
        }
    }
    /* every descriptor is free again, and only once */
    assert_int_equal(add_and_publish(SIZE, 0), ERR_OK);
    assert_true(fake_ring_pop(&device, &last));
    assert_int_equal(last.count, SIZE);
    assert_int_equal(ring.free_count, indirect() ? SIZE - 1 : 0);
}

static void a_full_ring_refuses(void **state)
{
    (void)state;
    assert_int_equal(add(0, 0), ERR_NO_SPACE);
    assert_int_equal(add(SIZE + 1, 0), ERR_NO_SPACE); /* by table, too: section 2.7.5.3.1 */
    if (indirect()) {
        for (uint16_t i = 0; i < SIZE; i++)
            assert_int_equal(add(SIZE, i), ERR_OK); /* one slot each */
    } else {
        assert_int_equal(add(SIZE - 1, 0), ERR_OK);
        assert_int_equal(add(2, 1), ERR_NO_SPACE);
        assert_int_equal(add(1, 1), ERR_OK);
    }
    assert_int_equal(add(1, 2), ERR_NO_SPACE);
}

static void indices_wrap_around(void **state)
{
    (void)state;
    struct fake_chain chain;
    uint16_t token;
    for (unsigned round = 0; round < 0x10000 + 3 * SIZE; round++) {
        if (add_and_publish(3, (uint16_t)(round % SIZE)) != ERR_OK ||
            !fake_ring_pop(&device, &chain))
            fail_msg("round %u", round);
        fake_ring_push(&device, chain.id, 0);
        if (vring_take(&ring, &token) != 1 || token != round % SIZE)
            fail_msg("round %u", round);
    }
}

/* Chains of one to three buffers, some held back by the device for long, against a copy of what is out. */
static void a_long_random_life(void **state)
{
    (void)state;
    uint32_t random = 12345;
    bool out[SIZE] = {false};
    struct fake_chain held[SIZE + 1];
    unsigned held_count = 0, taken = 0;
    for (unsigned step = 0; step < 100000; step++) {
        random = random * 1664525 + 1013904223;
        unsigned token = random >> 8 & (SIZE - 1), count = 1 + (random >> 16) % 3;
        if (!out[token] && random >> 31 && add(count, (uint16_t)token) == ERR_OK)
            out[token] = true;
        if (random >> 30 & 1)
            vring_publish(&ring);
        while (fake_ring_pop(&device, &held[held_count]))
            held_count++;
        if (held_count > 0 && random >> 29 & 1) {
            unsigned which = (random >> 20) % held_count;
            fake_ring_push(&device, held[which].id, 0);
            held[which] = held[--held_count];
        }
        uint16_t got;
        int result = vring_take(&ring, &got);
        assert_true(result >= 0);
        if (result == 1) {
            assert_true(out[got]);
            out[got] = false;
            taken++;
        }
    }
    assert_true(taken > 10000);
}

/* Adverse case 38: id out of range. */
static void case_38_a_used_id_out_of_range_breaks_the_ring(void **state)
{
    (void)state;
    uint16_t token = 77;
    static const uint32_t ids[] = {SIZE, 0xffff, UINT32_MAX};
    for (unsigned i = 0; i < 3; i++) {
        start(SIZE);
        assert_int_equal(add_and_publish(1, 0), ERR_OK);
        fake_ring_push(&device, ids[i], 0);
        assert_int_equal(vring_take(&ring, &token), ERR_DEVICE);
        assert_int_equal(token, 77);
        assert_int_equal(vring_take(&ring, &token), ERR_DEVICE);
        assert_int_equal(add(1, 1), ERR_DEVICE);
    }
}

/* Adverse case 38: id not outstanding. */
static void case_38_a_used_id_not_outstanding_breaks_the_ring(void **state)
{
    (void)state;
    uint16_t token;
    struct fake_chain chain, other;
    assert_int_equal(add_and_publish(2, 0), ERR_OK);
    assert_int_equal(add_and_publish(1, 1), ERR_OK);
    assert_true(fake_ring_pop(&device, &chain));
    assert_true(fake_ring_pop(&device, &other));
    fake_ring_push(&device, chain.id, 0);
    assert_int_equal(vring_take(&ring, &token), 1);
    fake_ring_push(&device, chain.id, 0); /* the same again */
    assert_int_equal(vring_take(&ring, &token), ERR_DEVICE);

    start(SIZE);
    assert_int_equal(add_and_publish(2, 0), ERR_OK);
    assert_true(fake_ring_pop(&device, &chain));
    fake_ring_push(&device, chain.id + 1u, 0); /* inside the chain, or never used */
    assert_int_equal(vring_take(&ring, &token), ERR_DEVICE);

    start(SIZE); /* with nothing outstanding at all */
    fake_ring_push(&device, 0, 0);
    assert_int_equal(vring_take(&ring, &token), ERR_DEVICE);
}

/* Adverse case 38: used.idx jumps. The packed ring has none: the flags of what is not due are not looked
 * at. */
static void case_38_a_used_index_that_jumps_breaks_the_ring(void **state)
{
    (void)state;
    uint16_t token;
    static const uint16_t jumps[] = {2, SIZE, SIZE + 1, 0x8000, 0xffff};
    for (unsigned i = 0; !packed() && i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        start(SIZE);
        assert_int_equal(add_and_publish(1, 0), ERR_OK);
        for (unsigned slot = 0; slot < SIZE; slot++)
            ring.split.used->ring[slot].id = 0; /* a good id wherever it looks */
        ring.split.used->idx = jumps[i];
        assert_int_equal(vring_take(&ring, &token), ERR_DEVICE);
    }
    for (unsigned i = 0; packed() && i < SIZE; i++) {
        start(SIZE);
        for (uint16_t chain = 0; chain < SIZE; chain++)
            assert_int_equal(add(1, chain), ERR_OK);
        vring_publish(&ring);
        ring.packed.desc[i].flags = VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED;
        assert_int_equal(vring_take(&ring, &token), i == 0);
        assert_int_equal(vring_take(&ring, &token), 0);
    }
}

/* Adverse case 39: the length is not passed on, so any is as good. */
static void case_39_the_used_length_has_no_effect(void **state)
{
    (void)state;
    uint16_t token;
    static const uint32_t lengths[] = {0, 1, UINT32_MAX};
    for (uint16_t i = 0; i < 3; i++) {
        struct fake_chain chain;
        assert_int_equal(add_and_publish(2, i), ERR_OK);
        assert_true(fake_ring_pop(&device, &chain));
        fake_ring_push(&device, chain.id, lengths[i]);
        assert_int_equal(vring_take(&ring, &token), 1);
        assert_int_equal(token, i);
    }
}

/* Adverse case 41: what is the driver's to write is never read back. In the packed ring the device's answer
 * lies in the same descriptors, so that they are scribbled over first. */
static void case_41_what_the_device_rewrites_has_no_effect(void **state)
{
    (void)state;
    struct fake_chain chains[2], chain;
    uint16_t token;
    for (uint16_t i = 0; i < 2; i++) {
        assert_int_equal(add_and_publish(3, i), ERR_OK);
        assert_true(fake_ring_pop(&device, &chains[i]));
    }
    memset(tables, 0xff, sizeof(tables));
    fake_ring_scribble(&device);
    for (uint16_t i = 0; i < 2; i++) {
        fake_ring_push(&device, chains[i].id, 0);
        assert_int_equal(vring_take(&ring, &token), 1);
        assert_int_equal(token, i);
    }
    if (packed()) /* which the device must not look at before they are written again */
        for (unsigned i = 0; i < SIZE; i++)
            ring.packed.desc[i].flags = device.used_wrap ? 0 : VIRTQ_DESC_F_AVAIL;
    assert_int_equal(add_and_publish(SIZE, 2), ERR_OK);
    if (!packed())
        assert_int_equal(ring.split.avail->idx, 3);
    assert_true(fake_ring_pop(&device, &chain));
    assert_int_equal(chain.count, SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_parts_lie_where_the_specification_wants_them, setup),
        cmocka_unit_test_setup(a_chain_arrives_as_it_was_given, setup),
        cmocka_unit_test_setup(a_batch_is_published_at_once, setup),
        cmocka_unit_test_setup(chains_come_back_in_any_order, setup),
        cmocka_unit_test_setup(a_full_ring_refuses, setup),
        cmocka_unit_test_setup(indices_wrap_around, setup),
        cmocka_unit_test_setup(a_long_random_life, setup),
        cmocka_unit_test_setup(case_38_a_used_id_out_of_range_breaks_the_ring, setup),
        cmocka_unit_test_setup(case_38_a_used_id_not_outstanding_breaks_the_ring, setup),
        cmocka_unit_test_setup(case_38_a_used_index_that_jumps_breaks_the_ring, setup),
        cmocka_unit_test_setup(case_39_the_used_length_has_no_effect, setup),
        cmocka_unit_test_setup(case_41_what_the_device_rewrites_has_no_effect, setup),
    };
    static const struct {
        const char *name;
        uint64_t features;
    } layouts[] = {
        {"vring: split", 0},
        {"vring: split, event_idx", BIT(VIRTIO_F_EVENT_IDX)},
        {"vring: split, indirect", BIT(VIRTIO_F_INDIRECT_DESC)},
        {"vring: split, indirect, event_idx",
         BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX)},
        {"vring: packed", BIT(VIRTIO_F_RING_PACKED)},
        {"vring: packed, event_idx", BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_F_EVENT_IDX)},
        {"vring: packed, indirect", BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_F_INDIRECT_DESC)},
        {"vring: packed, indirect, event_idx",
         BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX)},
    };
    int failed = 0;
    for (unsigned i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        features = layouts[i].features;
        failed += cmocka_run_group_tests_name(layouts[i].name, tests, NULL, NULL);
    }
    return failed;
}
