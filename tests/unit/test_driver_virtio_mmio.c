/* SPDX-License-Identifier: MIT */
/* drivers/virtio/mmio.c against a page of fake registers: what it takes, and how it accesses it. */
#include "test.h"

#include <string.h>

#include "drivers/abi/virtio_mmio.h"
#include "drivers/errors.h"
#include "drivers/virtio/mmio.h"
#include "fake_io.h"
#include "fake_platform.h"

#define BASE 0xfeb00000u
#define LENGTH 0x200

static struct virtio_mmio virtio;

/* The registers: plain words, but for what the device itself decides. */
static struct {
    uint8_t bytes[LENGTH];
    uint64_t offered, accepted;
    bool ready_does_not_stick;
    struct {
        uint32_t offset, value;
    } writes[64];
    unsigned write_count;
} device;

static uint32_t word(unsigned offset)
{
    uint32_t value;
    memcpy(&value, device.bytes + offset, sizeof(value));
    return value;
}

static void set_word(unsigned offset, uint32_t value)
{
    memcpy(device.bytes + offset, &value, sizeof(value));
}

/* Registers are 32 bits wide and nothing else (section 4.2.2.2). */
static unsigned check(uint64_t address, unsigned size)
{
    uint64_t offset = address - BASE;
    assert_true(offset + size <= LENGTH && offset % size == 0);
    assert_true(size == 4 || offset >= VIRTIO_MMIO_CONFIG);
    return (unsigned)offset;
}

static uint64_t fake_read(void *context, uint64_t address, unsigned size)
{
    unsigned offset = check(address, size);
    uint64_t value = 0;
    (void)context;
    if (offset == VIRTIO_MMIO_DEVICE_FEATURES) {
        uint32_t select = word(VIRTIO_MMIO_DEVICE_FEATURES_SEL);
        return select < 2 ? (uint32_t)(device.offered >> 32 * select) : 0;
    }
    memcpy(&value, device.bytes + offset, size);
    return value;
}

static void fake_write(void *context, uint64_t address, unsigned size, uint64_t value)
{
    unsigned offset = check(address, size);
    (void)context;
    assert_true(device.write_count < sizeof(device.writes) / sizeof(device.writes[0]));
    device.writes[device.write_count].offset = offset;
    device.writes[device.write_count++].value = (uint32_t)value;
    if (offset == VIRTIO_MMIO_QUEUE_READY && device.ready_does_not_stick)
        return;
    set_word(offset, (uint32_t)value);
    if (offset == VIRTIO_MMIO_DRIVER_FEATURES) {
        unsigned shift = word(VIRTIO_MMIO_DRIVER_FEATURES_SEL) ? 32 : 0;
        device.accepted &= ~(0xffffffffull << shift);
        device.accepted |= value << shift;
    }
}

static int setup(void **state)
{
    (void)state;
    memset(&device, 0, sizeof(device));
    set_word(VIRTIO_MMIO_MAGIC_VALUE, 0x74726976);
    set_word(VIRTIO_MMIO_VERSION, 2);
    set_word(VIRTIO_MMIO_DEVICE_ID, VIRTIO_DEVICE_BLOCK);
    fake_io_set(&(struct fake_io){.mmio_read = fake_read, .mmio_write = fake_write});
    fake_platform_reset();
    return virtio_mmio_init(&virtio, BASE, LENGTH);
}

static struct virtio_transport *transport(void)
{
    return &virtio.transport;
}

static void what_is_there_is_looked_at_and_nothing_written(void **state)
{
    (void)state;
    assert_int_equal(virtio.transport.device_type, VIRTIO_DEVICE_BLOCK);
    assert_int_equal(device.write_count, 0);
}

static void no_magic_no_device(void **state)
{
    (void)state;
    static const uint32_t magics[] = {0, UINT32_MAX, 0x76697274, 0x74726977};
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        set_word(VIRTIO_MMIO_MAGIC_VALUE, magics[i]);
        fake_io_counts = (struct fake_io_counts){0};
        assert_int_equal(virtio_mmio_init(&virtio, BASE, LENGTH), ERR_DEVICE);
        assert_int_equal(fake_io_mmio_accesses(), 1);
    }
}

static void an_empty_slot_is_absent_whatever_its_version(void **state)
{
    (void)state;
    set_word(VIRTIO_MMIO_DEVICE_ID, 0);
    for (uint32_t version = 0; version < 4; version++) {
        set_word(VIRTIO_MMIO_VERSION, version);
        assert_int_equal(virtio_mmio_init(&virtio, BASE, LENGTH), ERR_ABSENT);
    }
}

static void legacy_and_unknown_versions_are_refused(void **state)
{
    (void)state;
    static const uint32_t versions[] = {1, 0, 3, UINT32_MAX};
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        set_word(VIRTIO_MMIO_VERSION, versions[i]);
        assert_int_equal(virtio_mmio_init(&virtio, BASE, LENGTH), ERR_UNSUPPORTED);
        assert_int_equal(virtio.version, versions[i]);
        assert_int_equal(virtio.transport.device_type, VIRTIO_DEVICE_BLOCK);
    }
    assert_int_equal(device.write_count, 0);
}

static void places_that_cannot_be_registers_are_not_touched(void **state)
{
    (void)state;
    fake_io_counts = (struct fake_io_counts){0};
    assert_int_equal(virtio_mmio_init(&virtio, BASE + 1, LENGTH), ERR_DEVICE);
    assert_int_equal(virtio_mmio_init(&virtio, BASE, VIRTIO_MMIO_CONFIG - 1), ERR_DEVICE);
    assert_int_equal(fake_io_mmio_accesses(), 0);
    set_word(VIRTIO_MMIO_DEVICE_ID, 0x10002);
    assert_int_equal(virtio_mmio_init(&virtio, BASE, LENGTH), ERR_DEVICE);
}

static void features_have_two_halves(void **state)
{
    (void)state;
    device.offered = 0x100000244;
    assert_true(transport()->ops->get_features(transport()) == 0x100000244);
    transport()->ops->set_features(transport(), 0x100000200);
    assert_true(device.accepted == 0x100000200);
}

static void status_is_a_byte(void **state)
{
    (void)state;
    transport()->ops->set_status(transport(), 0x8f);
    assert_int_equal(word(VIRTIO_MMIO_STATUS), 0x8f);
    assert_int_equal(transport()->ops->get_status(transport()), 0x8f);
}

static void a_queue_is_as_large_as_the_device_says_within_reason(void **state)
{
    (void)state;
    static const struct {
        uint32_t said;
        uint16_t taken;
    } sizes[] = {{0, 0}, {256, 256}, {32768, 32768}, {65536, 32768}, {UINT32_MAX, 32768}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        set_word(VIRTIO_MMIO_QUEUE_NUM_MAX, sizes[i].said);
        assert_int_equal(transport()->ops->queue_size(transport(), 3), sizes[i].taken);
        assert_int_equal(word(VIRTIO_MMIO_QUEUE_SEL), 3);
    }
}

static const struct virtio_queue_addresses places = {
    .desc = 0x123456000, .avail = 0x223457000, .used = 0x323458000};

static void enabling_a_queue_writes_it_all_and_then_ready(void **state)
{
    (void)state;
    static const uint32_t expected[][2] = {
        {VIRTIO_MMIO_QUEUE_SEL, 1},
        {VIRTIO_MMIO_QUEUE_NUM, 64},
        {VIRTIO_MMIO_QUEUE_DESC_LOW, 0x23456000},
        {VIRTIO_MMIO_QUEUE_DESC_HIGH, 1},
        {VIRTIO_MMIO_QUEUE_DRIVER_LOW, 0x23457000},
        {VIRTIO_MMIO_QUEUE_DRIVER_HIGH, 2},
        {VIRTIO_MMIO_QUEUE_DEVICE_LOW, 0x23458000},
        {VIRTIO_MMIO_QUEUE_DEVICE_HIGH, 3},
        {VIRTIO_MMIO_QUEUE_READY, 1},
    };
    assert_int_equal(transport()->ops->queue_enable(transport(), 1, 64, &places), ERR_OK);
    assert_int_equal(device.write_count, sizeof(expected) / sizeof(expected[0]));
    for (unsigned i = 0; i < device.write_count; i++) {
        assert_int_equal(device.writes[i].offset, expected[i][0]);
        assert_int_equal(device.writes[i].value, expected[i][1]);
    }
}

static void a_queue_that_is_in_use_or_does_not_stick_is_an_error(void **state)
{
    (void)state;
    device.ready_does_not_stick = true;
    assert_int_equal(transport()->ops->queue_enable(transport(), 0, 64, &places), ERR_DEVICE);
    set_word(VIRTIO_MMIO_QUEUE_READY, 1);
    device.write_count = 0;
    assert_int_equal(transport()->ops->queue_enable(transport(), 0, 64, &places), ERR_DEVICE);
    assert_int_equal(device.write_count, 1); /* the selector */
}

static void notify_writes_the_queue_s_number(void **state)
{
    (void)state;
    transport()->ops->notify(transport(), 2);
    assert_int_equal(device.write_count, 1);
    assert_int_equal(device.writes[0].offset, VIRTIO_MMIO_QUEUE_NOTIFY);
    assert_int_equal(device.writes[0].value, 2);
}

static void configuration_ends_where_the_registers_do(void **state)
{
    (void)state;
    set_word(VIRTIO_MMIO_CONFIG + 0x14, 0x44332211);
    assert_int_equal(transport()->ops->config_read(transport(), 0x14, 4), 0x44332211);
    assert_int_equal(transport()->ops->config_read(transport(), 0x16, 2), 0x4433);
    assert_int_equal(transport()->ops->config_read(transport(), 0x17, 1), 0x44);
    set_word(LENGTH - 4, 0x55);
    assert_int_equal(transport()->ops->config_read(transport(), 0xfc, 4), 0x55);
    fake_io_counts = (struct fake_io_counts){0};
    assert_int_equal(transport()->ops->config_read(transport(), 0x100, 4), UINT32_MAX);
    assert_int_equal(transport()->ops->config_read(transport(), 0xff, 2), UINT32_MAX);
    assert_int_equal(transport()->ops->config_read(transport(), UINT32_MAX, 1), UINT32_MAX);
    assert_int_equal(fake_io_mmio_accesses(), 0);
}

static void the_generation_has_32_bits(void **state)
{
    (void)state;
    set_word(VIRTIO_MMIO_CONFIG_GENERATION, 0x12345678);
    assert_int_equal(transport()->ops->config_generation(transport()), 0x12345678);
}

static void configuration_is_written_by_bytes_where_there_is_some(void **state)
{
    (void)state;
    transport()->ops->config_write8(transport(), 0x20, 1);
    assert_int_equal(device.bytes[VIRTIO_MMIO_CONFIG + 0x20], 1);
    transport()->ops->config_write8(transport(), LENGTH - VIRTIO_MMIO_CONFIG, 1);
    assert_int_equal(device.write_count, 1);
}

/* Two accesses an interrupt: what is it, and: seen. One, where the device says that it was not it. */
static void an_interrupt_is_read_and_acknowledged(void **state)
{
    (void)state;
    struct interrupt interrupt = {.count = 0};
    assert_int_equal(transport()->ops->set_interrupt(transport(), &interrupt), ERR_UNSUPPORTED);
    virtio.irq = 5;
    assert_int_equal(transport()->ops->set_interrupt(transport(), &interrupt), ERR_UNSUPPORTED);
    assert_false(transport()->has_interrupt); /* the platform has none */
    fake_platform_interrupts = true;
    assert_int_equal(transport()->ops->set_interrupt(transport(), &interrupt), ERR_OK);
    assert_true(transport()->has_interrupt);
    set_word(VIRTIO_MMIO_INTERRUPT_STATUS,
             VIRTIO_MMIO_INTERRUPT_QUEUE | VIRTIO_MMIO_INTERRUPT_CONFIG);
    fake_io_counts = (struct fake_io_counts){0};
    assert_true(fake_platform_raise_line(5));
    assert_int_equal(interrupt.count, 1);
    assert_int_equal(fake_io_mmio_accesses(), 2);
    assert_int_equal(word(VIRTIO_MMIO_INTERRUPT_ACK), 3);
    set_word(VIRTIO_MMIO_INTERRUPT_STATUS, 0);
    assert_true(fake_platform_raise_line(5));
    assert_int_equal(fake_io_mmio_accesses(), 3);
    assert_false(fake_platform_raise_line(6));
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_there_is_looked_at_and_nothing_written),
        TEST(no_magic_no_device),
        TEST(an_empty_slot_is_absent_whatever_its_version),
        TEST(legacy_and_unknown_versions_are_refused),
        TEST(places_that_cannot_be_registers_are_not_touched),
        TEST(features_have_two_halves),
        TEST(status_is_a_byte),
        TEST(a_queue_is_as_large_as_the_device_says_within_reason),
        TEST(enabling_a_queue_writes_it_all_and_then_ready),
        TEST(a_queue_that_is_in_use_or_does_not_stick_is_an_error),
        TEST(notify_writes_the_queue_s_number),
        TEST(configuration_ends_where_the_registers_do),
        TEST(the_generation_has_32_bits),
        TEST(configuration_is_written_by_bytes_where_there_is_some),
        TEST(an_interrupt_is_read_and_acknowledged),
    };
    return cmocka_run_group_tests_name("virtio-mmio driver", tests, NULL, NULL);
}
