/* SPDX-License-Identifier: MIT */
/*
 * drivers/virtio/vring*.c: when the driver notifies, and when it asks for an interrupt, in every layout
 * with and without EVENT_IDX.
 */
#include "test.h"

#include <string.h>

#include "drivers/errors.h"
#include "drivers/virtio/vring.h"
#include "fake_ring.h"

#define SIZE 8
#define LAPS 0x12000 /* chains: all 65,536 indices, and some laps more */
#define BIT(feature) (1ull << (feature))

static uint64_t features; /* of the layout under test */
static uint8_t memory[VRING_BYTES] __attribute__((aligned(4096)));
static struct vring ring;
static struct fake_ring device;
static uint8_t data;

static bool event_idx(void)
{
    return virtio_has(features, VIRTIO_F_EVENT_IDX);
}

static int setup(void **state)
{
    (void)state;
    memset(memory, 0xee, sizeof(memory));
    vring_init(&ring, SIZE, features, memory);
    const struct virtio_queue_addresses at = vring_addresses(&ring);
    fake_ring_init(&device, SIZE, features, &at);
    return 0;
}

/* Adds count chains of one buffer each and publishes them; returns whether the device wants to know. */
static bool publish(unsigned count)
{
    const struct vring_buffer buffer = {.address = &data, .length = 1};
    for (uint16_t i = 0; i < count; i++)
        assert_int_equal(vring_add(&ring, &buffer, 1, NULL, i), ERR_OK);
    return vring_publish(&ring);
}

/* The device gives back what it has not yet seen. */
static unsigned serve(void)
{
    struct fake_chain chain;
    unsigned count = 0;
    while (fake_ring_pop(&device, &chain)) {
        fake_ring_push(&device, chain.id, 0);
        count++;
    }
    return count;
}

static unsigned take_all(void)
{
    uint16_t token;
    unsigned count = 0;
    int taken;
    while ((taken = vring_take(&ring, &token)) == 1)
        count++;
    assert_int_equal(taken, 0);
    return count;
}

static void the_first_chain_is_notified(void **state)
{
    (void)state;
    assert_false(publish(0));
    assert_true(publish(1));
}

static void a_device_that_wants_none_gets_none(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3 * SIZE; i++) {
        fake_ring_want_notification(&device, false);
        assert_false(publish(1 + i % 3));
        assert_int_equal(serve(), 1 + i % 3);
        assert_int_equal(take_all(), 1 + i % 3);
    }
}

/* One wish is one notification with EVENT_IDX, however many chains come, and after it none. */
static void a_wish_is_kept_once_in_every_lap(void **state)
{
    (void)state;
    for (unsigned chains = 0; chains < LAPS;) {
        unsigned first = 1 + chains % 3, second = 1 + chains % 2;
        fake_ring_want_notification(&device, true);
        if (!publish(first) || publish(second) == event_idx())
            fail_msg("after %u chains", chains);
        assert_int_equal(serve(), first + second);
        assert_int_equal(take_all(), first + second);
        chains += first + second;
    }
}

/* Adverse case 47: while nobody sleeps, nobody is to be woken. */
static void case_47_polled_no_interrupt_is_asked_for(void **state)
{
    (void)state;
    for (unsigned chains = 0; chains < LAPS; chains += 3) {
        publish(3);
        assert_int_equal(serve(), 3);
        if (fake_ring_wants_interrupt(&device))
            fail_msg("after %u chains", chains);
        assert_int_equal(take_all(), 3);
    }
}

static void an_interrupt_is_asked_for_with_the_next_chain(void **state)
{
    (void)state;
    for (unsigned chains = 0; chains < LAPS; chains += 4) {
        publish(4);
        vring_set_interrupts(&ring, true);
        assert_false(vring_has_used(&ring));
        struct fake_chain chain;
        assert_true(fake_ring_pop(&device, &chain));
        fake_ring_push(&device, chain.id, 0);
        if (!fake_ring_wants_interrupt(&device))
            fail_msg("after %u chains", chains);
        assert_int_equal(serve(), 3); /* with EVENT_IDX it wanted the first only */
        assert_int_equal(fake_ring_wants_interrupt(&device), !event_idx());
        vring_set_interrupts(&ring, false);
        assert_int_equal(take_all(), 4);
    }
}

/* The race: the device gives back before it can see the wish. The driver must find that by looking again. */
static void what_came_before_the_wish_is_seen_by_looking_again(void **state)
{
    (void)state;
    publish(1);
    assert_false(vring_has_used(&ring));
    serve();
    assert_false(fake_ring_wants_interrupt(&device));
    vring_set_interrupts(&ring, true);
    assert_true(vring_has_used(&ring));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_first_chain_is_notified, setup),
        cmocka_unit_test_setup(a_device_that_wants_none_gets_none, setup),
        cmocka_unit_test_setup(a_wish_is_kept_once_in_every_lap, setup),
        cmocka_unit_test_setup(case_47_polled_no_interrupt_is_asked_for, setup),
        cmocka_unit_test_setup(an_interrupt_is_asked_for_with_the_next_chain, setup),
        cmocka_unit_test_setup(what_came_before_the_wish_is_seen_by_looking_again, setup),
    };
    static const struct {
        const char *name;
        uint64_t features;
    } layouts[] = {
        {"vring events: split", 0},
        {"vring events: split, event_idx", BIT(VIRTIO_F_EVENT_IDX)},
        {"vring events: packed", BIT(VIRTIO_F_RING_PACKED)},
        {"vring events: packed, event_idx", BIT(VIRTIO_F_RING_PACKED) | BIT(VIRTIO_F_EVENT_IDX)},
    };
    int failed = 0;
    for (unsigned i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        features = layouts[i].features;
        failed += cmocka_run_group_tests_name(layouts[i].name, tests, NULL, NULL);
    }
    return failed;
}
