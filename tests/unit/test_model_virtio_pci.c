/* SPDX-License-Identifier: MIT */
/* host-vmm/virtio/pci.c, pci_common.c and device.c: registers, status rules, INTA#, capabilities. Messages
 * are tested in test_model_virtio_pci_msix.c. */
#include "test.h"

#include "virtio_pci_fixture.h"

/* --- configuration space ---------------------------------------------------------------------- */

static void identity(void **state)
{
    const struct pci_device *pci = &on_pci.v.pci;

    (void)state;
    assert_int_equal(pci_device_config16(pci, PCI_VENDOR_ID), 0x1af4);
    assert_int_equal(pci_device_config16(pci, PCI_DEVICE_ID), 0x1042);
    assert_int_equal(pci->config[PCI_REVISION_ID], 1);
    assert_int_equal(pci->config[PCI_CLASS], 1);
    assert_int_equal(pci_device_config16(pci, PCI_SUBSYSTEM_VENDOR_ID), 0x1af4);
    assert_int_equal(pci_device_config16(pci, PCI_SUBSYSTEM_ID), 0x42);
    assert_int_equal(pci->config[PCI_INTERRUPT_PIN], 1);
    assert_int_equal(pci->device, SLOT);
    assert_int_equal(pci->bars[VIRTIO_PCI_BAR].size, VIRTIO_PCI_BAR_SIZE);
    assert_true(pci->bars[VIRTIO_PCI_BAR].is_64bit && pci->bars[VIRTIO_PCI_BAR].prefetchable);
    assert_int_equal(on_pci.v.region.length, VIRTIO_PCI_BAR_SIZE);
}

static void five_capabilities_and_msix(void **state)
{
    static const struct {
        uint8_t type, size;
        uint32_t offset, length;
    } expected[] = {
        {VIRTIO_PCI_CAP_COMMON, 16, VIRTIO_PCI_COMMON_OFFSET, VIRTIO_COMMON_SIZE},
        {VIRTIO_PCI_CAP_NOTIFY, 20, VIRTIO_PCI_NOTIFY_OFFSET, QUEUES * 4},
        {VIRTIO_PCI_CAP_ISR, 16, VIRTIO_PCI_ISR_OFFSET, 1},
        {VIRTIO_PCI_CAP_DEVICE, 16, VIRTIO_PCI_DEVICE_OFFSET, sizeof on_pci.config},
        {VIRTIO_PCI_CAP_PCI, 20, 0, 0},
    };
    const struct pci_device *pci = &on_pci.v.pci;
    unsigned at = pci->config[PCI_CAPABILITY_POINTER];

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_not_equal(at, 0);
        assert_int_equal(pci->config[at], PCI_CAPABILITY_ID_VENDOR);
        assert_int_equal(pci->config[at + VIRTIO_PCI_CAP_LENGTH], expected[i].size);
        assert_int_equal(pci->config[at + VIRTIO_PCI_CAP_TYPE], expected[i].type);
        assert_int_equal(pci->config[at + VIRTIO_PCI_CAP_BAR], VIRTIO_PCI_BAR);
        assert_int_equal(pci_device_config32(pci, at + VIRTIO_PCI_CAP_OFFSET), expected[i].offset);
        assert_int_equal(pci_device_config32(pci, at + VIRTIO_PCI_CAP_REGION_LENGTH),
                         expected[i].length);
        if (expected[i].type == VIRTIO_PCI_CAP_NOTIFY)
            assert_int_equal(pci_device_config32(pci, at + VIRTIO_PCI_CAP_NOTIFY_MULTIPLIER), 4);
        at = pci->config[at + 1];
    }
    assert_int_equal(pci->config[at], PCI_CAPABILITY_ID_MSIX);
    assert_int_equal(pci_device_config16(pci, at + PCI_MSIX_CONTROL), VECTORS - 1);
    assert_int_equal(pci_device_config32(pci, at + PCI_MSIX_TABLE), MSIX | VIRTIO_PCI_BAR);
    assert_int_equal(pci_device_config32(pci, at + PCI_MSIX_PENDING),
                     (MSIX + MSIX_PBA_OFFSET) | VIRTIO_PCI_BAR);
    assert_int_equal(pci->config[at + 1], 0);
}

/* --- access widths ---------------------------------------------------------------------------- */

/* The width of the common configuration field at offset, as the specification lists them. */
static unsigned field_width(unsigned offset)
{
    static const uint8_t widths[] = {4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0,
                                     2, 0, 2, 0, 1, 1, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0};

    return offset < sizeof widths ? widths[offset] : 0;
}

static bool is_read_only(unsigned offset)
{
    return offset == VIRTIO_COMMON_DEVICE_FEATURE || offset == VIRTIO_COMMON_NUM_QUEUES ||
           offset == VIRTIO_COMMON_CONFIG_GENERATION || offset == VIRTIO_COMMON_QUEUE_NOTIFY_OFF;
}

/* Adverse case 28: every offset of the BAR, every width, both directions. */
static void case_28_every_offset_width_and_direction(void **state)
{
    (void)state;
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned offset = 0; offset + size <= VIRTIO_PCI_BAR_SIZE; offset++) {
            bool readable = false, writable = false;
            uint64_t value;

            if (offset < VIRTIO_COMMON_QUEUE_DESC) {
                readable = field_width(offset) == size;
                writable = readable && !is_read_only(offset);
            } else if (offset < VIRTIO_COMMON_SIZE) {
                readable = writable = size >= 4 && offset % size == 0;
            } else if (offset == VIRTIO_PCI_ISR_OFFSET) {
                readable = size == 1;
            } else if (offset >= CONFIG && offset + size <= CONFIG + sizeof on_pci.config) {
                readable = offset % size == 0;
                writable = offset == CONFIG + 4 && size == 1;
            } else if (offset >= MSIX) {
                readable = writable = size >= 4 && offset % size == 0 &&
                                      offset < MSIX + VECTORS * PCI_MSIX_ENTRY_SIZE;
                if (offset >= MSIX + MSIX_PBA_OFFSET && offset < MSIX + MSIX_PBA_OFFSET + 8)
                    readable = size >= 4 && offset % size == 0;
            } else if (offset == VIRTIO_PCI_NOTIFY_OFFSET ||
                       offset == VIRTIO_PCI_NOTIFY_OFFSET + 4) {
                writable = size == 2 || size == 4;
            }
            assert_int_equal(bar_try_read(offset, size, &value), readable);
            assert_int_equal(bar_try_write(offset, size, 0), writable);
        }
    }
}

static void device_configuration_is_readable(void **state)
{
    (void)state;
    assert_int_equal(bar_get(CONFIG + 3, 1), 0x13);
    assert_int_equal(bar_get(CONFIG + 2, 2), 0x1312);
    assert_int_equal(bar_get(CONFIG + 8, 4), 0x1b1a1918);
    assert_true(bar_get(CONFIG, 8) == 0x1716151413121110);
}

static void device_configuration_takes_writes(void **state)
{
    (void)state;
    bar_put(CONFIG + 4, 1, 0x99);
    assert_int_equal(on_pci.written_at, 4);
    assert_int_equal(on_pci.written_size, 1);
    assert_int_equal(on_pci.written, 0x99);
    assert_false(bar_try_write(CONFIG + 4, 4, 0)); /* the device is asked, and refuses */
    assert_int_equal(on_pci.written_size, 4);
    assert_false(bar_try_write(CONFIG + 2, 4, 0)); /* misaligned or outside: it is not asked */
    assert_false(bar_try_write(CONFIG + sizeof on_pci.config, 4, 0));
    assert_int_equal(on_pci.written_at, 4);
}

static void addresses_take_halves(void **state)
{
    (void)state;
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_DRIVER, 4, 0x11223344);
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_DRIVER + 4, 4, 0x55667788);
    assert_true(bar_get(COMMON + VIRTIO_COMMON_QUEUE_DRIVER, 8) == 0x5566778811223344);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_DRIVER + 4, 4), 0x55667788);
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_DRIVER, 8, 0xa);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_DRIVER + 4, 4), 0);
    assert_true(on_pci.device.queues[0].avail_gpa == 0xa);
    assert_true(on_pci.device.queues[0].desc_gpa == 0);
}

/* --- status and features ---------------------------------------------------------------------- */

static void the_handshake(void **state)
{
    (void)state;
    assert_int_equal(set_status(0), 0);
    assert_int_equal(set_status(1), 1);
    assert_int_equal(set_status(3), 3);
    bar_put(COMMON + VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, 0);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_DEVICE_FEATURE, 4), 1 << FEATURE_A);
    bar_put(COMMON + VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, 1);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_DEVICE_FEATURE, 4), 1);
    bar_put(COMMON + VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, 2);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_DEVICE_FEATURE, 4), 0);
    set_features(1 << FEATURE_A, 1);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_DRIVER_FEATURE, 4), 1);
    assert_int_equal(set_status(0xb), 0xb);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_NUM_QUEUES, 2), QUEUES);
    enable_queue(0, RAM_BASE);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2), 1);
    assert_int_equal(set_status(0xf), 0xf);
    bar_put(VIRTIO_PCI_NOTIFY_OFFSET, 2, 0);
    assert_int_equal(on_pci.notified[0], 1);
}

/* Adverse case 11: illegal transitions of the status. */
static void case_11_status_order(void **state)
{
    (void)state;
    assert_int_equal(set_status(VIRTIO_STATUS_DRIVER), 0);
    assert_int_equal(set_status(VIRTIO_STATUS_DRIVER_OK), 0);
    assert_int_equal(set_status(VIRTIO_STATUS_FEATURES_OK), 0);
    assert_int_equal(set_status(VIRTIO_STATUS_NEEDS_RESET), 0); /* not the driver's to set */
    assert_int_equal(set_status(0x30), 0);
    assert_int_equal(set_status(0x07), 0x03); /* DRIVER_OK needs FEATURES_OK */
    assert_int_equal(set_status(0x01), 0x03); /* bits do not go away */
    assert_int_equal(set_status(0x04), 0x03);
    assert_int_equal(set_status(0x80), 0x83); /* giving up is allowed at any time */
    to_driver_ok();
    assert_int_equal(set_status(0x03), 0x0f);
    assert_int_equal(set_status(0x00), 0x00);
    assert_int_equal(on_pci.resets, 2);
}

/* Adverse case 11: features refused or changed after FEATURES_OK. */
static void case_11_features(void **state)
{
    (void)state;
    set_status(3);
    set_features(1 << FEATURE_A, 0);
    assert_int_equal(set_status(0xb), 3); /* VERSION_1 is missing */
    set_features(1 << FEATURE_A | 1 << VIRTIO_F_EVENT_IDX, 1);
    assert_int_equal(set_status(0xb), 3); /* not offered */
    set_features(0, 1 | 1 << (VIRTIO_F_RING_PACKED - 32));
    assert_int_equal(set_status(0xb), 3);
    set_features(0, 1);
    assert_int_equal(set_status(0xb), 0xb);
    set_features(1 << FEATURE_A, 3);
    assert_true(on_pci.device.driver_features == 1ull << VIRTIO_F_VERSION_1);
}

static void broken_until_reset(void **state)
{
    (void)state;
    to_driver_ok();
    pthread_mutex_lock(&on_pci.device.lock);
    virtio_device_broken(&on_pci.device);
    pthread_mutex_unlock(&on_pci.device.lock);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1), 0x4f);
    assert_true(on_pci.level);
    assert_int_equal(bar_get(VIRTIO_PCI_ISR_OFFSET, 1), VIRTIO_ISR_CONFIG);
    bar_put(VIRTIO_PCI_NOTIFY_OFFSET, 2, 0);
    assert_int_equal(on_pci.notified[0], 0);
    assert_int_equal(set_status(0xf), 0x4f);
    assert_int_equal(set_status(0), 0);
    to_driver_ok();
    bar_put(VIRTIO_PCI_NOTIFY_OFFSET, 2, 0);
    assert_int_equal(on_pci.notified[0], 1);
}

static void reset_clears_everything(void **state)
{
    uint32_t generation;

    (void)state;
    to_driver_ok();
    interrupt(0);
    generation = on_pci.device.generation;
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_SELECT, 2, 1);
    assert_int_equal(set_status(0), 0);
    assert_int_equal(on_pci.device.generation, generation + 1);
    assert_true(on_pci.device.driver_features == 0);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_SELECT, 2), 0);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2), 0);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_DESC, 8), 0);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_SIZE, 2), SIZE);
    assert_false(on_pci.level);
    assert_int_equal(bar_get(VIRTIO_PCI_ISR_OFFSET, 1), 0);
}

/* --- queues ----------------------------------------------------------------------------------- */

/* Adverse cases 7 and 8: bad places and sizes leave the queue off. */
static void case_7_and_8_queue_stays_off(void **state)
{
    static const uint64_t bases[] = {0, RAM_BASE + RAM_LENGTH, RAM_BASE + RAM_LENGTH - 0x1000,
                                     UINT64_MAX - 0xfff, RAM_BASE + 1};
    static const uint16_t sizes[] = {0, 3, 16, UINT16_MAX};

    (void)state;
    to_features_ok();
    for (unsigned i = 0; i < 5; i++) {
        enable_queue(0, bases[i]);
        assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        bar_put(COMMON + VIRTIO_COMMON_QUEUE_SIZE, 2, sizes[i]);
        enable_queue(0, RAM_BASE);
        assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2), 0);
    }
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_SIZE, 2, 4);
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2, 2); /* only 1 enables */
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2), 0);
    enable_queue(0, RAM_BASE);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2), 1);
}

/* Adverse case 9: addresses and size rewritten once the queue is enabled, or after DRIVER_OK. */
static void case_9_frozen_queues(void **state)
{
    (void)state;
    to_features_ok();
    enable_queue(0, RAM_BASE);
    put_queue(0, 0xdead0000);
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_DESC, 4, 1);
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_SIZE, 2, 2);
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2, 0);
    expect_queue_0_as_enabled();
    set_status(0xf);
    put_queue(0, 0xdead0000);
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_SIZE, 2, 2);
    expect_queue_0_as_enabled();
    enable_queue(1, RAM_BASE + 0x4000); /* too late for the other one */
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2), 0);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_DESC, 8), 0);
}

/* Adverse case 10: queue_select, vectors and notify out of range. */
static void case_10_out_of_range(void **state)
{
    static const uint16_t queues[] = {QUEUES, 4, 255, UINT16_MAX};

    (void)state;
    to_driver_ok();
    for (unsigned i = 0; i < 4; i++) {
        put_queue(queues[i], RAM_BASE);
        bar_put(COMMON + VIRTIO_COMMON_QUEUE_SIZE, 2, 4);
        bar_put(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2, 1);
        bar_put(COMMON + VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2, 7);
        assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_SELECT, 2), queues[i]);
        assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_SIZE, 2), 0);
        assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2), 0);
        assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_NOTIFY_OFF, 2), 0);
        assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2),
                         VIRTIO_MSI_NO_VECTOR);
        for (unsigned at = VIRTIO_COMMON_QUEUE_DESC; at < VIRTIO_COMMON_SIZE; at += 8)
            assert_int_equal(bar_get(COMMON + at, 8), 0);
        virtio_device_notify(&on_pci.device, queues[i]);
    }
    bar_put(COMMON + VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2, VECTORS);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2), VIRTIO_MSI_NO_VECTOR);
    assert_false(bar_try_write(VIRTIO_PCI_NOTIFY_OFFSET + 4 * QUEUES, 2, 0));
    assert_false(bar_try_write(VIRTIO_PCI_NOTIFY_OFFSET + 2, 2, 0));
    bar_put(VIRTIO_PCI_NOTIFY_OFFSET + 4, 2, 1); /* a queue that is there, not enabled */
    assert_int_equal(on_pci.notified[0] + on_pci.notified[1], 0);
    expect_queue_0_as_enabled();
}

static void the_place_of_a_notification_decides(void **state)
{
    (void)state;
    to_features_ok();
    enable_queue(0, RAM_BASE);
    enable_queue(1, RAM_BASE + 0x4000);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_NOTIFY_OFF, 2), 1);
    bar_put(VIRTIO_PCI_NOTIFY_OFFSET, 2, 0); /* before DRIVER_OK: ignored */
    assert_int_equal(on_pci.notified[0], 0);
    set_status(0xf);
    bar_put(VIRTIO_PCI_NOTIFY_OFFSET + 4, 2, 0x1234);
    bar_put(VIRTIO_PCI_NOTIFY_OFFSET + 4, 4, 0);
    assert_int_equal(on_pci.notified[0], 0);
    assert_int_equal(on_pci.notified[1], 2);
    on_pci.v.pci.config[PCI_COMMAND] = PCI_COMMAND_MEMORY;
    bar_put(VIRTIO_PCI_NOTIFY_OFFSET + 4, 2, 1); /* bus mastering off */
    assert_int_equal(on_pci.notified[1], 2);
}

/* --- interrupts ------------------------------------------------------------------------------- */

static void reading_the_isr_clears_it(void **state)
{
    (void)state;
    interrupt(0);
    assert_true(on_pci.level);
    assert_true(on_pci.v.pci.config[PCI_STATUS] & PCI_STATUS_INTERRUPT);
    interrupt(-1);
    assert_int_equal(bar_get(VIRTIO_PCI_ISR_OFFSET, 1), VIRTIO_ISR_QUEUE | VIRTIO_ISR_CONFIG);
    assert_false(on_pci.level);
    assert_false(on_pci.v.pci.config[PCI_STATUS] & PCI_STATUS_INTERRUPT);
    assert_int_equal(bar_get(VIRTIO_PCI_ISR_OFFSET, 1), 0);
}

static void intx_disable_masks_the_line(void **state)
{
    uint8_t *command = &on_pci.v.pci.config[PCI_COMMAND + 1];

    (void)state;
    *command = PCI_COMMAND_INTX_DISABLE >> 8;
    interrupt(0);
    assert_false(on_pci.level);
    assert_true(on_pci.v.pci.config[PCI_STATUS] & PCI_STATUS_INTERRUPT);
    *command = 0;
    on_pci.v.pci.config_written(&on_pci.v.pci, PCI_COMMAND, 2);
    assert_true(on_pci.level);
    *command = PCI_COMMAND_INTX_DISABLE >> 8;
    on_pci.v.pci.config_written(&on_pci.v.pci, PCI_COMMAND, 2);
    assert_false(on_pci.level);
}

/* --- PCI configuration access capability ------------------------------------------------------ */

static void the_window_reaches_the_registers(void **state)
{
    unsigned data = on_pci.v.cfg_capability + VIRTIO_PCI_CAP_CFG_DATA;

    (void)state;
    aim_window(VIRTIO_PCI_BAR, CONFIG + 4, 4);
    assert_int_equal(get_config(data, 4), 0x17161514);
    aim_window(VIRTIO_PCI_BAR, CONFIG + 2, 2);
    assert_int_equal(get_config(data, 2), 0x1312);
    aim_window(VIRTIO_PCI_BAR, COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1);
    put_config(data, 1, 1);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1), 1);
    put_config(data, 4, 0xffffff03); /* only the first byte goes */
    assert_int_equal(get_config(data, 1), 3);
    interrupt(0);
    aim_window(VIRTIO_PCI_BAR, VIRTIO_PCI_ISR_OFFSET, 1);
    assert_int_equal(get_config(data, 1), VIRTIO_ISR_QUEUE);
    assert_false(on_pci.level);
    put_config(on_pci.v.cfg_capability, 2, 0); /* the rest of the capability is read-only */
    assert_int_equal(on_pci.v.pci.config[on_pci.v.cfg_capability], PCI_CAPABILITY_ID_VENDOR);
}

static void the_window_stays_in_the_bar(void **state)
{
    static const struct {
        uint8_t bar;
        uint32_t offset, length;
    } bad[] = {
        {VIRTIO_PCI_BAR, VIRTIO_PCI_BAR_SIZE, 1},
        {VIRTIO_PCI_BAR, VIRTIO_PCI_BAR_SIZE - 2, 4},
        {VIRTIO_PCI_BAR, UINT32_MAX, 1},
        {VIRTIO_PCI_BAR, UINT32_MAX - 3, 4},
        {VIRTIO_PCI_BAR, CONFIG, 0},
        {VIRTIO_PCI_BAR, CONFIG, 3},
        {VIRTIO_PCI_BAR, CONFIG, 8},
        {VIRTIO_PCI_BAR, CONFIG, UINT32_MAX},
        {VIRTIO_PCI_BAR, CONFIG + 1, 2},
        {0, CONFIG, 4},
        {255, CONFIG, 4},
        {VIRTIO_PCI_BAR, CONFIG + sizeof on_pci.config, 4},
    };
    unsigned data = on_pci.v.cfg_capability + VIRTIO_PCI_CAP_CFG_DATA;

    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        aim_window(bad[i].bar, bad[i].offset, bad[i].length);
        put_config(data, 4, 0);
        assert_int_equal(get_config(data, 4), UINT32_MAX);
    }
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1), 0);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, virtio_pci_fixture_start, virtio_pci_fixture_stop)

/* Doorbells went unheard while it was off: what they were for is looked at now. */
static void bus_mastering_comes_back(void **state)
{
    struct pci_device *pci = &on_pci.v.pci;

    (void)state;
    pci->config_written(pci, PCI_COMMAND, 2);
    to_driver_ok();
    pci->config[PCI_COMMAND] = PCI_COMMAND_MEMORY;
    pci->config_written(pci, PCI_COMMAND, 2);
    on_pci.notified[0] = 0;
    bar_put(VIRTIO_PCI_NOTIFY_OFFSET, 2, 0);
    assert_int_equal(on_pci.notified[0], 0);
    pci->config[PCI_COMMAND] |= PCI_COMMAND_MASTER;
    pci->config_written(pci, PCI_COMMAND, 2);
    assert_int_equal(on_pci.notified[0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(identity),
        TEST(five_capabilities_and_msix),
        TEST(case_28_every_offset_width_and_direction),
        TEST(device_configuration_is_readable),
        TEST(device_configuration_takes_writes),
        TEST(addresses_take_halves),
        TEST(the_handshake),
        TEST(case_11_status_order),
        TEST(case_11_features),
        TEST(broken_until_reset),
        TEST(reset_clears_everything),
        TEST(case_7_and_8_queue_stays_off),
        TEST(case_9_frozen_queues),
        TEST(case_10_out_of_range),
        TEST(the_place_of_a_notification_decides),
        TEST(reading_the_isr_clears_it),
        TEST(intx_disable_masks_the_line),
        TEST(the_window_reaches_the_registers),
        TEST(the_window_stays_in_the_bar),
        TEST(bus_mastering_comes_back),
    };

    return cmocka_run_group_tests_name("virtio PCI model", tests, NULL, NULL);
}
