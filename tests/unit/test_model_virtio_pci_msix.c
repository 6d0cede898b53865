/* SPDX-License-Identifier: MIT */
/* host-vmm/virtio/pci.c and pci_common.c: vectors of queues and configuration, and what becomes of the ISR
 * and INTA# with MSI-X. The table itself is tested in test_model_msix.c. */
#include "test.h"

#include "virtio_pci_fixture.h"

static void set_vector(uint16_t queue, uint16_t vector)
{
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_SELECT, 2, queue);
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2, vector);
}

static uint16_t vector_of(uint16_t queue)
{
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_SELECT, 2, queue);
    return (uint16_t)bar_get(COMMON + VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2);
}

static void set_msix(uint16_t control)
{
    unsigned reg = on_pci.v.msix.capability + PCI_MSIX_CONTROL;

    pci_device_set_config16(&on_pci.v.pci, reg, control | (VECTORS - 1));
    on_pci.v.pci.config_written(&on_pci.v.pci, reg, 2);
}

/* MSI-X on, every vector open: configuration 0, queue 0 has 1, queue 1 has 2. */
static void use_msix(void)
{
    set_msix(PCI_MSIX_CONTROL_ENABLE);
    for (unsigned i = 0; i < VECTORS; i++)
        bar_put(MSIX + i * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_CONTROL, 4, 0);
    bar_put(COMMON + VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2, 0);
    set_vector(0, 1);
    set_vector(1, 2);
}

static void expect_messages(unsigned config, unsigned queue_0, unsigned queue_1)
{
    assert_int_equal(on_pci.messages[0], config);
    assert_int_equal(on_pci.messages[1], queue_0);
    assert_int_equal(on_pci.messages[2], queue_1);
}

static void each_queue_has_its_message(void **state)
{
    (void)state;
    use_msix();
    assert_int_equal(vector_of(0), 1);
    assert_int_equal(vector_of(1), 2);
    interrupt(1);
    interrupt(1);
    interrupt(0);
    expect_messages(0, 1, 2);
    interrupt(-1);
    expect_messages(1, 1, 2);
    set_vector(1, 1); /* two queues may share one */
    interrupt(1);
    expect_messages(1, 2, 2);
    set_vector(1, VIRTIO_MSI_NO_VECTOR);
    interrupt(1);
    expect_messages(1, 2, 2);
}

/* With MSI-X on, queues leave the ISR alone, and nothing pulls INTA#. */
static void no_inta_with_msix(void **state)
{
    (void)state;
    use_msix();
    interrupt(0);
    assert_false(on_pci.level);
    assert_int_equal(bar_get(VIRTIO_PCI_ISR_OFFSET, 1), 0);
    interrupt(-1);
    assert_false(on_pci.level);
    assert_false(on_pci.v.pci.config[PCI_STATUS] & PCI_STATUS_INTERRUPT);
    assert_int_equal(bar_get(VIRTIO_PCI_ISR_OFFSET, 1), VIRTIO_ISR_CONFIG);
    set_msix(0);
    interrupt(0);
    assert_true(on_pci.level);
    expect_messages(1, 1, 0);
    set_msix(PCI_MSIX_CONTROL_ENABLE);
    assert_false(on_pci.level);
    set_msix(0);
    assert_true(on_pci.level);
    assert_int_equal(bar_get(VIRTIO_PCI_ISR_OFFSET, 1), VIRTIO_ISR_QUEUE);
}

static void masked_messages_wait(void **state)
{
    uint64_t control = MSIX + 1 * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_CONTROL;

    (void)state;
    use_msix();
    bar_put(control, 4, PCI_MSIX_ENTRY_MASKED);
    interrupt(0);
    interrupt(1);
    expect_messages(0, 0, 1);
    assert_int_equal(bar_get(MSIX + MSIX_PBA_OFFSET, 8), 1 << 1);
    bar_put(control, 4, 0);
    expect_messages(0, 1, 1);
    set_msix(PCI_MSIX_CONTROL_ENABLE | PCI_MSIX_CONTROL_FUNCTION_MASK);
    interrupt(0);
    expect_messages(0, 1, 1);
    set_msix(PCI_MSIX_CONTROL_ENABLE);
    expect_messages(0, 2, 1);
}

static void broken_tells_by_message(void **state)
{
    (void)state;
    use_msix();
    to_driver_ok(); /* which resets it first: the vectors are gone */
    assert_int_equal(vector_of(0), VIRTIO_MSI_NO_VECTOR);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2), VIRTIO_MSI_NO_VECTOR);
    bar_put(COMMON + VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2, 2);
    pthread_mutex_lock(&on_pci.device.lock);
    virtio_device_broken(&on_pci.device);
    pthread_mutex_unlock(&on_pci.device.lock);
    expect_messages(0, 0, 1);
    assert_false(on_pci.level);
}

static void machine_reset_turns_msix_off(void **state)
{
    (void)state;
    use_msix();
    interrupt(0);
    /* as the host bridge does it before */
    pci_device_set_config16(&on_pci.v.pci, on_pci.v.msix.capability + PCI_MSIX_CONTROL,
                            VECTORS - 1);
    virtio_pci_model_reset(&on_pci.v);
    assert_int_equal(vector_of(0), VIRTIO_MSI_NO_VECTOR);
    interrupt(0);
    expect_messages(0, 1, 0);
    assert_true(on_pci.level);
    use_msix();
    assert_false(on_pci.level);
    interrupt(0);
    expect_messages(0, 2, 0);
}

/* Adverse case 10: a vector that is not there, then every register, read and written. */
static void case_10_vector_out_of_range(void **state)
{
    static const uint16_t vectors[] = {VECTORS, MSIX_VECTORS_MAX, 0x7ff, 0x8000, 0xfffe};

    (void)state;
    to_driver_ok();
    for (unsigned i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        use_msix();
        bar_put(COMMON + VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2, vectors[i]);
        assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2),
                         VIRTIO_MSI_NO_VECTOR);
        set_vector(0, vectors[i]);
        assert_int_equal(vector_of(0), VIRTIO_MSI_NO_VECTOR);
        assert_int_equal(vector_of(1), 2);
        interrupt(-1);
        interrupt(0);
        interrupt(1);
        expect_messages(0, 0, i + 1);
        for (unsigned queue = QUEUES; queue <= UINT16_MAX; queue += 0x1555) {
            set_vector((uint16_t)queue, 1); /* a queue that is not there has none */
            assert_int_equal(vector_of((uint16_t)queue), VIRTIO_MSI_NO_VECTOR);
            for (unsigned at = 0; at < VIRTIO_PCI_BAR_SIZE; at += 2) {
                uint64_t value = 0;

                if (at == COMMON + VIRTIO_COMMON_DEVICE_STATUS) /* it would be a reset */
                    continue;
                for (unsigned size = 1; size <= 8; size *= 2)
                    if (at + size <= VIRTIO_PCI_BAR_SIZE && bar_try_read(at, size, &value))
                        bar_try_write(at, size, value);
            }
        }
        expect_messages(0, 0, i + 1);
    }
    expect_queue_0_as_enabled();
}

static void the_window_reaches_the_msix_table(void **state)
{
    unsigned data = on_pci.v.cfg_capability + VIRTIO_PCI_CAP_CFG_DATA;

    (void)state;
    use_msix();
    aim_window(VIRTIO_PCI_BAR, MSIX + PCI_MSIX_ENTRY_DATA, 4);
    put_config(data, 4, 0x31);
    assert_int_equal(get_config(data, 4), 0x31);
    assert_int_equal(on_pci.v.msix.vectors[0].data, 0x31);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, virtio_pci_fixture_start, virtio_pci_fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_queue_has_its_message),
        TEST(no_inta_with_msix),
        TEST(masked_messages_wait),
        TEST(broken_tells_by_message),
        TEST(machine_reset_turns_msix_off),
        TEST(case_10_vector_out_of_range),
        TEST(the_window_reaches_the_msix_table),
    };

    return cmocka_run_group_tests_name("virtio PCI model, MSI-X", tests, NULL, NULL);
}
