/* SPDX-License-Identifier: MIT */
/* host-vmm/trace/decode/virtio*.c: what accesses to virtio's registers are said to mean, on PCI and MMIO. */
#include "test.h"

#include "decode_fixture.h"

#include "abi/machine.h"
#include "abi/virtio.h"
#include "abi/virtio_blk.h"
#include "abi/virtio_mmio.h"
#include "abi/virtio_pci.h"
#include "host-vmm/devices/msix.h"

#include <stdlib.h>
#include <string.h>

#define DEVICE_PLACE(field) (VIRTIO_PCI_DEVICE_OFFSET + VIRTIO_BLK_CFG_##field)

static const struct decode_place pci = {false, "virtio-blk0", 0xfe008000};
static const struct decode_place other = {false, "virtio-blk1", 0xfe010000};
static const struct decode_place mmio = {false, "virtio-blk2",
                                         VIRTIO_MMIO_BASE + 2 * VIRTIO_MMIO_STRIDE};

static void the_device_status_is_its_bits(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(decode_write(f, &pci, VIRTIO_COMMON_DEVICE_STATUS, 1, 0x0f),
                        "virtio-blk0 device_status <- ACKNOWLEDGE DRIVER FEATURES_OK DRIVER_OK");
    assert_string_equal(decode_write(f, &pci, VIRTIO_COMMON_DEVICE_STATUS, 1, 0),
                        "virtio-blk0 device_status <- reset");
    assert_string_equal(decode_read(f, &pci, VIRTIO_COMMON_DEVICE_STATUS, 1, 0),
                        "virtio-blk0 device_status -> none");
    assert_string_equal(decode_read(f, &pci, VIRTIO_COMMON_DEVICE_STATUS, 1, 0xc1),
                        "virtio-blk0 device_status -> ACKNOWLEDGE NEEDS_RESET FAILED");
    assert_string_equal(decode_write(f, &mmio, VIRTIO_MMIO_STATUS, 4, 3),
                        "virtio-blk2 device_status <- ACKNOWLEDGE DRIVER");
}

static void features_are_named_by_their_half(void **state)
{
    struct decode_fixture *f = *state;
    const uint32_t high = 1u << (VIRTIO_F_VERSION_1 - 32) | 1u << (VIRTIO_F_RING_PACKED - 32);

    assert_string_equal(decode_read(f, &pci, VIRTIO_COMMON_DEVICE_FEATURE, 4, 0x30000204),
                        "virtio-blk0 device_feature -> 0x30000204 SEG_MAX FLUSH INDIRECT_DESC "
                        "EVENT_IDX");
    assert_string_equal(decode_write(f, &pci, VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, 1),
                        "virtio-blk0 device_feature_select <- 1 (bits 32-63)");
    assert_string_equal(decode_read(f, &pci, VIRTIO_COMMON_DEVICE_FEATURE, 4, high),
                        "virtio-blk0 device_feature -> 0x5 VERSION_1 RING_PACKED");
    /* The driver's selector is another one, and another device's too. */
    assert_string_equal(decode_write(f, &pci, VIRTIO_COMMON_DRIVER_FEATURE, 4, 4),
                        "virtio-blk0 driver_feature <- 0x4 SEG_MAX");
    assert_string_equal(decode_read(f, &other, VIRTIO_COMMON_DEVICE_FEATURE, 4, 4),
                        "virtio-blk1 device_feature -> 0x4 SEG_MAX");
    assert_string_equal(decode_read(f, &pci, VIRTIO_COMMON_DEVICE_FEATURE, 4, 1),
                        "virtio-blk0 device_feature -> 0x1 VERSION_1");
    decode_write(f, &pci, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, 1);
    assert_string_equal(decode_write(f, &pci, VIRTIO_COMMON_DRIVER_FEATURE, 4, 1),
                        "virtio-blk0 driver_feature <- 0x1 VERSION_1");
    assert_string_equal(decode_write(f, &pci, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, 7),
                        "virtio-blk0 driver_feature_select <- 7");
    assert_string_equal(decode_read(f, &pci, VIRTIO_COMMON_DRIVER_FEATURE, 4, 0),
                        "virtio-blk0 driver_feature -> 0x0 of word 7");
}

static void a_reset_clears_the_selectors(void **state)
{
    struct decode_fixture *f = *state;

    decode_write(f, &pci, VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, 1);
    decode_write(f, &pci, VIRTIO_COMMON_DEVICE_STATUS, 1, 0);
    assert_string_equal(decode_read(f, &pci, VIRTIO_COMMON_DEVICE_FEATURE, 4, 4),
                        "virtio-blk0 device_feature -> 0x4 SEG_MAX");
    decode_write(f, &pci, VIRTIO_COMMON_QUEUE_SELECT, 2, 1);
    decoder_reset(f->decoder);
    assert_string_equal(decode_read(f, &pci, VIRTIO_COMMON_QUEUE_SIZE, 2, 256),
                        "virtio-blk0 queue_size -> 256 (queue 0)");
}

static void a_queues_settings_name_the_queue(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(decode_write(f, &pci, VIRTIO_COMMON_QUEUE_SELECT, 2, 3),
                        "virtio-blk0 queue_select <- 3");
    assert_string_equal(decode_write(f, &pci, VIRTIO_COMMON_QUEUE_DESC, 8, 0x123456000),
                        "virtio-blk0 queue_desc <- 0x123456000 (queue 3)");
    assert_string_equal(decode_write(f, &pci, VIRTIO_COMMON_QUEUE_DRIVER + 4, 4, 1),
                        "virtio-blk0 queue_driver+4 <- 0x1 (queue 3)");
    assert_string_equal(decode_write(f, &pci, VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2, 0xffff),
                        "virtio-blk0 queue_msix_vector <- no vector (queue 3)");
    assert_string_equal(decode_write(f, &pci, VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2, 0),
                        "virtio-blk0 config_msix_vector <- 0x0");
    assert_string_equal(decode_write(f, &pci, VIRTIO_COMMON_QUEUE_ENABLE, 2, 1),
                        "virtio-blk0 queue_enable <- 1 (queue 3)");
    assert_string_equal(decode_read(f, &pci, VIRTIO_COMMON_NUM_QUEUES, 2, 4),
                        "virtio-blk0 num_queues -> 4");
}

static void the_rest_of_the_bar(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(decode_read(f, &pci, VIRTIO_PCI_ISR_OFFSET, 1, 1),
                        "virtio-blk0 ISR -> QUEUE");
    assert_string_equal(decode_write(f, &pci, VIRTIO_PCI_NOTIFY_OFFSET, 2, 0),
                        "virtio-blk0 notify <- queue 0");
    assert_string_equal(decode_write(f, &pci, VIRTIO_PCI_NOTIFY_OFFSET + 8, 2, 2),
                        "virtio-blk0 notify <- queue 2");
    assert_string_equal(decode_write(f, &pci, VIRTIO_PCI_NOTIFY_OFFSET + 4, 4, 0x50001),
                        "virtio-blk0 notify <- queue 1, value 0x50001");
    assert_string_equal(decode_read(f, &pci, DEVICE_PLACE(CAPACITY), 8, 8192),
                        "virtio-blk0 capacity -> 8192 sectors");
    assert_string_equal(decode_read(f, &pci, DEVICE_PLACE(SIZE_MAX), 8, 0x7e00100000),
                        "virtio-blk0 size_max/seg_max -> 1048576, 126");
    assert_string_equal(decode_read(f, &pci, VIRTIO_PCI_DEVICE_OFFSET + 0x12, 1, 16),
                        "virtio-blk0 geometry.heads -> 16");
    assert_string_equal(decode_write(f, &pci, DEVICE_PLACE(WRITEBACK), 1, 1),
                        "virtio-blk0 writeback <- 0x1 write-back");
    assert_string_equal(decode_read(f, &pci, VIRTIO_PCI_COMMON_OFFSET + 0x40, 4, 0),
                        "virtio-blk0 0x40 -> 0x00000000");
    assert_string_equal(decode_read(f, &pci, 0x7ffc, 4, 0), "virtio-blk0 0x7ffc -> 0x00000000");
}

static void the_table_of_messages(void **state)
{
    struct decode_fixture *f = *state;
    const uint64_t table = VIRTIO_PCI_MSIX_OFFSET;

    assert_string_equal(decode_write(f, &pci, table, 8, 0xfee00000),
                        "virtio-blk0 MSI-X entry 0 address <- 0xfee00000");
    assert_string_equal(decode_write(f, &pci, table + 20, 4, 0),
                        "virtio-blk0 MSI-X entry 1 address+4 <- 0x0");
    assert_string_equal(decode_write(f, &pci, table + 24, 4, 0x31),
                        "virtio-blk0 MSI-X entry 1 data <- 0x31 vector 0x31");
    assert_string_equal(decode_write(f, &pci, table + 24, 8, 0x100000031),
                        "virtio-blk0 MSI-X entry 1 data/control <- 0x31 vector 0x31, 0x1 MASKED");
    assert_string_equal(decode_read(f, &pci, table + MSIX_PBA_OFFSET, 8, 2),
                        "virtio-blk0 MSI-X pending 0 -> 0x0000000000000002");
    assert_string_equal(decode_read(f, &pci, table + MSIX_PBA_OFFSET + 4, 4, 0),
                        "virtio-blk0 MSI-X pending 32 -> 0x00000000");
    assert_string_equal(decode_read(f, &pci, table + MSIX_PBA_OFFSET - 4, 4, 0),
                        "virtio-blk0 MSI-X entry 127 control -> 0x0");
}

static void the_mmio_transports_registers(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(decode_read(f, &mmio, VIRTIO_MMIO_MAGIC_VALUE, 4, VIRTIO_MMIO_MAGIC),
                        "virtio-blk2 magic_value -> \"virt\"");
    assert_string_equal(decode_read(f, &mmio, VIRTIO_MMIO_VERSION, 4, 2),
                        "virtio-blk2 version -> 2 modern");
    assert_string_equal(decode_read(f, &mmio, VIRTIO_MMIO_DEVICE_ID, 4, 2),
                        "virtio-blk2 device_id -> 2 block device");
    decode_write(f, &mmio, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 4, 1);
    assert_string_equal(decode_read(f, &mmio, VIRTIO_MMIO_DEVICE_FEATURES, 4, 1),
                        "virtio-blk2 device_features -> 0x1 VERSION_1");
    assert_string_equal(decode_write(f, &mmio, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 4, 0),
                        "virtio-blk2 driver_features_sel <- 0 (bits 0-31)");
    assert_string_equal(decode_write(f, &mmio, VIRTIO_MMIO_DRIVER_FEATURES, 4, 4),
                        "virtio-blk2 driver_features <- 0x4 SEG_MAX");
    decode_write(f, &mmio, VIRTIO_MMIO_QUEUE_SEL, 4, 1);
    assert_string_equal(decode_write(f, &mmio, VIRTIO_MMIO_QUEUE_DESC_LOW, 4, 0x1000),
                        "virtio-blk2 queue_desc_low <- 0x1000 (queue 1)");
    assert_string_equal(decode_write(f, &mmio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 1),
                        "virtio-blk2 queue_notify <- queue 1");
    assert_string_equal(decode_write(f, &mmio, VIRTIO_MMIO_QUEUE_NOTIFY, 4, 0x80020001),
                        "virtio-blk2 queue_notify <- queue 1, next 0x8002");
    assert_string_equal(decode_read(f, &mmio, VIRTIO_MMIO_INTERRUPT_STATUS, 4, 3),
                        "virtio-blk2 interrupt_status -> QUEUE CONFIG");
    assert_string_equal(decode_read(f, &mmio, VIRTIO_MMIO_CONFIG + VIRTIO_BLK_CFG_BLK_SIZE, 4, 512),
                        "virtio-blk2 blk_size -> 512");
    assert_string_equal(decode_read(f, &mmio, 0x0d0, 4, 0), "virtio-blk2 0xd0 -> 0x00000000");
}

static void an_empty_window_is_nobodys(void **state)
{
    struct decode_fixture *f = *state;
    static const uint8_t ones[4] = {0xff, 0xff, 0xff, 0xff};
    /* The region holds all windows but the first. */
    const struct decode_access access = {.address = VIRTIO_MMIO_BASE + 5 * VIRTIO_MMIO_STRIDE,
                                         .offset = 4 * VIRTIO_MMIO_STRIDE,
                                         .size = 4,
                                         .count = 1,
                                         .data = ones,
                                         .data_length = 4,
                                         .device = "virtio-mmio"};

    assert_string_equal(decode_line(f, &access),
                        "virtio-mmio magic_value -> 0xffffffff, nobody answers");
}

static void a_refused_write_changes_no_selector(void **state)
{
    struct decode_fixture *f = *state;
    static const uint8_t one[2] = {1, 0};
    const struct decode_access access = {.is_write = true,
                                         .address = 0xfe008000,
                                         .size = 2,
                                         .count = 1,
                                         .data = one,
                                         .data_length = 2,
                                         .device = "virtio-blk0"};

    decode_line(f, &access);
    assert_string_equal(decode_read(f, &pci, VIRTIO_COMMON_DEVICE_FEATURE, 4, 4),
                        "virtio-blk0 device_feature -> 0x4 SEG_MAX");
}

static void more_devices_than_are_known(void **state)
{
    struct decode_fixture *f = *state;

    decode_write(f, &pci, VIRTIO_COMMON_QUEUE_SELECT, 2, 1);
    for (char i = 0; i < 16; i++) {
        const char name[] = {'v', 'i', 'r', 't', 'i', 'o', '-', (char)('a' + i), '\0'};
        const struct decode_place place = {false, name, 0xfe100000};
        decode_write(f, &place, VIRTIO_COMMON_QUEUE_SELECT, 2, 2);
    }
    assert_string_equal(decode_read(f, &pci, VIRTIO_COMMON_QUEUE_SIZE, 2, 8),
                        "virtio-blk0 queue_size -> 8 (queue 0)");
}

static void any_accesses_have_words(void **state)
{
    struct decode_fixture *f = *state;

    srand(1);
    for (unsigned i = 0; i < 100000; i++) {
        unsigned size = 1u << rand() % 4;
        const struct decode_place *place = rand() % 2 ? &pci : &mmio;
        uint64_t offset =
            (uint64_t)rand() % (place == &pci ? VIRTIO_PCI_BAR_SIZE : VIRTIO_MMIO_STRIDE);
        uint64_t value = rand() % 4 == 0 ? UINT64_MAX : (uint64_t)rand() << rand() % 33;
        if (rand() % 2)
            offset &= 0xfff03f;
        if (rand() % 2)
            decode_write(f, place, offset, size, value);
        else
            decode_read(f, place, offset, size, value);
    }
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, decode_fixture_create, decode_fixture_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_device_status_is_its_bits),
        TEST(features_are_named_by_their_half),
        TEST(a_reset_clears_the_selectors),
        TEST(a_queues_settings_name_the_queue),
        TEST(the_rest_of_the_bar),
        TEST(the_table_of_messages),
        TEST(the_mmio_transports_registers),
        TEST(an_empty_window_is_nobodys),
        TEST(a_refused_write_changes_no_selector),
        TEST(more_devices_than_are_known),
        TEST(any_accesses_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
