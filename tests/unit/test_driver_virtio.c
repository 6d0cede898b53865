/* SPDX-License-Identifier: MIT */
/* drivers/virtio/virtio.c: the handshake, and configuration reads, over a fake transport. */
#include "test.h"

#include "drivers/errors.h"
#include "drivers/poll.h"
#include "drivers/virtio/virtio.h"
#include "fake_io.h"
#include "fake_platform.h"
#include "fake_virtio.h"

#define SECONDS 1000000000ull
#define TIMEOUT_NS (POLL_TIMEOUT_MS * 1000000ull)
#define FOUND (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER)
#define AGREED (FOUND | VIRTIO_STATUS_FEATURES_OK)
#define VERSION_1 (1ull << VIRTIO_F_VERSION_1)

static struct fake_virtio device;

static int setup(void **state)
{
    (void)state;
    fake_virtio_init(&device, 0x5, 16);
    fake_io_set(NULL);
    fake_platform_reset();
    return 0;
}

static void the_steps_come_in_the_order_of_the_specification(void **state)
{
    (void)state;
    uint64_t agreed = 0;
    assert_int_equal(virtio_negotiate(&device.transport, 0x6, &agreed), ERR_OK);
    assert_int_equal(agreed, 0x4 | VERSION_1);
    assert_int_equal(device.accepted, agreed);
    assert_int_equal(virtio_driver_ok(&device.transport), ERR_OK);
    static const uint8_t steps[] = {0, VIRTIO_STATUS_ACKNOWLEDGE, FOUND, AGREED,
                                    AGREED | VIRTIO_STATUS_DRIVER_OK};
    assert_int_equal(device.status_count, sizeof(steps));
    assert_memory_equal(device.statuses, steps, sizeof(steps));
}

/* Adverse case 43. */
static void case_43_without_version_1_the_device_is_left_alone(void **state)
{
    (void)state;
    uint64_t agreed = 0;
    device.offered = 0x5;
    assert_int_equal(virtio_negotiate(&device.transport, 0x5, &agreed), ERR_UNSUPPORTED);
    assert_int_equal(device.status, FOUND | VIRTIO_STATUS_FAILED);
    assert_int_equal(device.accepted, 0);
}

/* Adverse case 43. */
static void case_43_features_ok_that_does_not_stick(void **state)
{
    (void)state;
    uint64_t agreed = 0;
    device.features_do_not_stick = true;
    assert_int_equal(virtio_negotiate(&device.transport, 0x5, &agreed), ERR_UNSUPPORTED);
    assert_int_equal(device.status, FOUND | VIRTIO_STATUS_FAILED);
}

/* Adverse case 37: the reset. */
static void case_37_a_reset_that_never_ends_times_out(void **state)
{
    (void)state;
    uint64_t agreed = 0;
    device.reset_sticks = true;
    assert_int_equal(virtio_negotiate(&device.transport, 0x5, &agreed), ERR_TIMEOUT);
    assert_in_range(fake_platform_time, POLL_RESET_TIMEOUT_MS * 1000000ull, SECONDS);
    assert_int_equal(device.status_count, 1);
}

static void a_device_that_needs_a_reset_at_driver_ok(void **state)
{
    (void)state;
    uint64_t agreed = 0;
    device.needs_reset_at_driver_ok = true;
    assert_int_equal(virtio_negotiate(&device.transport, 0, &agreed), ERR_OK);
    assert_int_equal(virtio_driver_ok(&device.transport), ERR_DEVICE);
    virtio_fail(&device.transport);
    assert_true(device.status & VIRTIO_STATUS_FAILED);
    assert_true(device.status & VIRTIO_STATUS_DRIVER_OK); /* bits are added, not cleared */
}

static void a_64_bit_field_is_read_in_halves(void **state)
{
    (void)state;
    uint64_t value = 0;
    fake_virtio_config64(&device, 8, 0x0123456789abcdef);
    assert_int_equal(virtio_config_read64(&device.transport, 8, &value), ERR_OK);
    assert_int_equal(value, 0x0123456789abcdef);
    assert_int_equal(device.generation_looks, 2);
}

/* Adverse case 42: the generation changes in mid-read. */
static void case_42_a_change_in_mid_read_is_read_again(void **state)
{
    (void)state;
    uint64_t value = 0;
    fake_virtio_config64(&device, 0, 0x100000001);
    device.generation_moves_once_at = 2;
    assert_int_equal(virtio_config_read64(&device.transport, 0, &value), ERR_OK);
    assert_int_equal(value, 0x100000002);
    assert_int_equal(device.generation_looks, 4);
}

/* Adverse case 42: it never holds still. */
static void case_42_retries_are_bounded(void **state)
{
    (void)state;
    uint64_t value = 99;
    device.generation_moves = true;
    assert_int_equal(virtio_config_read64(&device.transport, 0, &value), ERR_DEVICE);
    assert_int_equal(value, 99);
    assert_true(device.generation_looks <= 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_steps_come_in_the_order_of_the_specification, setup),
        cmocka_unit_test_setup(case_43_without_version_1_the_device_is_left_alone, setup),
        cmocka_unit_test_setup(case_43_features_ok_that_does_not_stick, setup),
        cmocka_unit_test_setup(case_37_a_reset_that_never_ends_times_out, setup),
        cmocka_unit_test_setup(a_device_that_needs_a_reset_at_driver_ok, setup),
        cmocka_unit_test_setup(a_64_bit_field_is_read_in_halves, setup),
        cmocka_unit_test_setup(case_42_a_change_in_mid_read_is_read_again, setup),
        cmocka_unit_test_setup(case_42_retries_are_bounded, setup),
    };
    return cmocka_run_group_tests_name("drivers/virtio/virtio", tests, NULL, NULL);
}
