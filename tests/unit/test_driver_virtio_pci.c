/* SPDX-License-Identifier: MIT */
/* drivers/virtio/pci.c against a fake function: what it takes, and how it accesses it. */
#include "test.h"

#include <string.h>

#include "drivers/abi/virtio_pci.h"
#include "drivers/errors.h"
#include "drivers/virtio/pci.h"
#include "fake_io.h"
#include "fake_pci.h"
#include "fake_platform.h"

#define BAR 4
#define BAR_BASE 0xfd000000u
#define FIRST_CAPABILITY 0x40
#define DEVICE_LENGTH 0x3c

static struct fake_pci bus;
static struct fake_pci_function *fake;
static struct pci_function function;
static struct virtio_pci virtio;
static unsigned next_capability, last_capability;

/* The registers behind the BAR: plain bytes, but for what the device itself decides. */
static struct {
    uint8_t bytes[VIRTIO_PCI_BAR_SIZE];
    uint64_t offered, accepted;
    bool enable_does_not_stick, no_vectors;
    struct {
        uint32_t offset, value;
        unsigned size;
    } writes[64];
    unsigned write_count;
} mmio;

static uint64_t bar_read(void *context, uint64_t address, unsigned size)
{
    uint64_t value = 0;
    uint64_t offset = address - BAR_BASE;
    (void)context;
    assert_true(offset + size <= VIRTIO_PCI_BAR_SIZE && offset % size == 0);
    memcpy(&value, mmio.bytes + offset, size);
    if (offset == VIRTIO_COMMON_DEVICE_FEATURE) {
        uint32_t select = mmio.bytes[VIRTIO_COMMON_DEVICE_FEATURE_SELECT];
        return select < 2 ? (uint32_t)(mmio.offered >> 32 * select) : 0;
    }
    if (mmio.no_vectors &&
        (offset == VIRTIO_COMMON_CONFIG_MSIX_VECTOR || offset == VIRTIO_COMMON_QUEUE_MSIX_VECTOR))
        return VIRTIO_MSI_NO_VECTOR;
    if (offset == VIRTIO_COMMON_QUEUE_ENABLE && mmio.enable_does_not_stick)
        return 0;
    return value;
}

static void bar_write(void *context, uint64_t address, unsigned size, uint64_t value)
{
    uint64_t offset = address - BAR_BASE;
    (void)context;
    assert_true(offset + size <= VIRTIO_PCI_BAR_SIZE && offset % size == 0);
    assert_true(mmio.write_count < sizeof(mmio.writes) / sizeof(mmio.writes[0]));
    mmio.writes[mmio.write_count].offset = (uint32_t)offset;
    mmio.writes[mmio.write_count].value = (uint32_t)value;
    mmio.writes[mmio.write_count++].size = size;
    memcpy(mmio.bytes + offset, &value, size);
    if (offset == VIRTIO_COMMON_DRIVER_FEATURE) {
        unsigned shift = mmio.bytes[VIRTIO_COMMON_DRIVER_FEATURE_SELECT] ? 32 : 0;
        mmio.accepted &= ~(0xffffffffull << shift);
        mmio.accepted |= value << shift;
    }
}

/* Appends a capability; returns its place, so that a test can spoil it. */
static unsigned add_capability(uint8_t type, uint8_t bar, uint32_t offset, uint32_t length)
{
    unsigned at = next_capability;
    fake_pci_set8(fake, last_capability ? last_capability + 1 : PCI_CAPABILITY_POINTER,
                  (uint8_t)at);
    fake_pci_set8(fake, at, PCI_CAPABILITY_ID_VENDOR);
    fake_pci_set8(fake, at + VIRTIO_PCI_CAP_LENGTH, VIRTIO_PCI_CAP_NOTIFY_SIZE);
    fake_pci_set8(fake, at + VIRTIO_PCI_CAP_TYPE, type);
    fake_pci_set8(fake, at + VIRTIO_PCI_CAP_BAR, bar);
    fake_pci_set32(fake, at + VIRTIO_PCI_CAP_OFFSET, offset);
    fake_pci_set32(fake, at + VIRTIO_PCI_CAP_REGION_LENGTH, length);
    fake_pci_set32(fake, at + VIRTIO_PCI_CAP_NOTIFY_MULTIPLIER, VIRTIO_PCI_NOTIFY_MULTIPLIER);
    last_capability = at;
    next_capability = at + VIRTIO_PCI_CAP_NOTIFY_SIZE;
    return at;
}

static void start(void)
{
    bus = (struct fake_pci){0};
    fake = fake_pci_add(&bus, 3, 0, VIRTIO_PCI_VENDOR,
                        VIRTIO_PCI_DEVICE_MODERN + VIRTIO_DEVICE_BLOCK, PCI_CLASS_VIRTIO_BLK);
    fake_pci_set16(fake, PCI_STATUS, PCI_STATUS_CAPABILITIES);
    function = (struct pci_function){.device = 3,
                                     .vendor_id = VIRTIO_PCI_VENDOR,
                                     .device_id = VIRTIO_PCI_DEVICE_MODERN + VIRTIO_DEVICE_BLOCK};
    function.bars[BAR] = (struct pci_bar){.base = BAR_BASE, .size = VIRTIO_PCI_BAR_SIZE};
    memset(&mmio, 0, sizeof(mmio));
    next_capability = FIRST_CAPABILITY;
    last_capability = 0;
    fake_io_set(&(struct fake_io){.in = fake_pci_in,
                                  .out = fake_pci_out,
                                  .mmio_read = bar_read,
                                  .mmio_write = bar_write,
                                  .context = &bus});
    fake_platform_reset();
    pci_present();
}

static void add_all(void)
{
    add_capability(VIRTIO_PCI_CAP_COMMON, BAR, VIRTIO_PCI_COMMON_OFFSET, VIRTIO_COMMON_SIZE);
    add_capability(VIRTIO_PCI_CAP_ISR, BAR, VIRTIO_PCI_ISR_OFFSET, 1);
    add_capability(VIRTIO_PCI_CAP_DEVICE, BAR, VIRTIO_PCI_DEVICE_OFFSET, DEVICE_LENGTH);
    add_capability(VIRTIO_PCI_CAP_NOTIFY, BAR, VIRTIO_PCI_NOTIFY_OFFSET, 0x100);
}

static int setup_empty(void **state)
{
    (void)state;
    start();
    return 0;
}

static int setup(void **state)
{
    (void)state;
    start();
    add_all();
    return virtio_pci_init(&virtio, &function);
}

static void only_modern_functions_match(void **state)
{
    (void)state;
    struct pci_function f = {.vendor_id = VIRTIO_PCI_VENDOR, .device_id = 0x1042};
    assert_true(virtio_pci_match(&f));
    f.device_id = 0x1001; /* transitional */
    assert_false(virtio_pci_match(&f));
    f.device_id = 0x1080;
    assert_false(virtio_pci_match(&f));
    f.device_id = 0x1042;
    f.vendor_id = 0x8086;
    assert_false(virtio_pci_match(&f));
}

static void init_finds_the_structures(void **state)
{
    (void)state;
    assert_int_equal(virtio.transport.device_type, VIRTIO_DEVICE_BLOCK);
    assert_int_equal(virtio.common, BAR_BASE + VIRTIO_PCI_COMMON_OFFSET);
    assert_int_equal(virtio.isr, BAR_BASE + VIRTIO_PCI_ISR_OFFSET);
    assert_int_equal(virtio.device, BAR_BASE + VIRTIO_PCI_DEVICE_OFFSET);
    assert_int_equal(virtio.notify, BAR_BASE + VIRTIO_PCI_NOTIFY_OFFSET);
    assert_int_equal(virtio.notify_multiplier, VIRTIO_PCI_NOTIFY_MULTIPLIER);
    assert_int_equal(fake_pci_get16(fake, PCI_COMMAND), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    assert_int_equal(fake_io_mmio_accesses(), 0);
}

static void the_first_usable_of_each_type_is_taken(void **state)
{
    (void)state;
    add_capability(VIRTIO_PCI_CAP_COMMON, 7, 0, VIRTIO_COMMON_SIZE); /* reserved BAR number */
    add_capability(VIRTIO_PCI_CAP_COMMON, 0, 0, VIRTIO_COMMON_SIZE); /* a BAR that is not there */
    add_capability(VIRTIO_PCI_CAP_PCI, BAR, 0, 4);                   /* not wanted */
    add_capability(0x77, BAR, 0, 0x1000);                            /* unknown */
    add_all();
    add_capability(VIRTIO_PCI_CAP_COMMON, BAR, 0x400, VIRTIO_COMMON_SIZE); /* too late */
    assert_int_equal(virtio_pci_init(&virtio, &function), ERR_OK);
    assert_int_equal(virtio.common, BAR_BASE + VIRTIO_PCI_COMMON_OFFSET);
}

static void each_structure_but_the_device_one_is_required(void **state)
{
    (void)state;
    static const uint8_t types[] = {VIRTIO_PCI_CAP_COMMON, VIRTIO_PCI_CAP_NOTIFY,
                                    VIRTIO_PCI_CAP_ISR, VIRTIO_PCI_CAP_DEVICE};
    for (unsigned missing = 0; missing < sizeof(types); missing++) {
        start();
        for (unsigned i = 0; i < sizeof(types); i++)
            if (i != missing)
                add_capability(types[i], BAR, 0x1000 * i, 0x1000);
        bool optional = types[missing] == VIRTIO_PCI_CAP_DEVICE;
        assert_int_equal(virtio_pci_init(&virtio, &function), optional ? ERR_OK : ERR_UNSUPPORTED);
        assert_int_equal(fake_pci_get16(fake, PCI_COMMAND) != 0, optional);
        assert_int_equal(*fake_platform_log == '\0', optional);
    }
    assert_int_equal(virtio.device, 0);
    assert_int_equal(virtio.transport.ops->config_read(&virtio.transport, 0, 4), UINT32_MAX);
}

static void structures_must_fit_and_be_aligned(void **state)
{
    (void)state;
    const struct {
        uint32_t offset, length;
    } bad[] = {
        {VIRTIO_PCI_BAR_SIZE - VIRTIO_COMMON_SIZE + 4, VIRTIO_COMMON_SIZE}, /* over the end */
        {0xfffffff0, 0x40},                                                 /* wraps 32 bits */
        {0, VIRTIO_COMMON_SIZE - 1},                                        /* too short */
        {2, VIRTIO_COMMON_SIZE},                                            /* not aligned */
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        start();
        add_capability(VIRTIO_PCI_CAP_NOTIFY, BAR, 0x1000, 0x100);
        add_capability(VIRTIO_PCI_CAP_ISR, BAR, 0x2000, 1);
        add_capability(VIRTIO_PCI_CAP_COMMON, BAR, bad[i].offset, bad[i].length);
        assert_int_equal(virtio_pci_init(&virtio, &function), ERR_UNSUPPORTED);
    }
    start();
    add_all();
    function.bars[BAR].io = true;
    assert_int_equal(virtio_pci_init(&virtio, &function), ERR_UNSUPPORTED);
    function.bars[BAR] = (struct pci_bar){.size = VIRTIO_PCI_BAR_SIZE}; /* not placed */
    assert_int_equal(virtio_pci_init(&virtio, &function), ERR_UNSUPPORTED);
}

/* Adverse case 45. */
static void case_45_a_capability_list_that_loops_ends(void **state)
{
    (void)state;
    unsigned at = add_capability(VIRTIO_PCI_CAP_COMMON, BAR, 0, VIRTIO_COMMON_SIZE);
    fake_pci_set8(fake, at + 1, (uint8_t)at);
    assert_int_equal(virtio_pci_init(&virtio, &function), ERR_UNSUPPORTED);
    assert_true(fake_io_port_accesses() < 1000);
}

/* Adverse case 45: a capability that goes on past the end of configuration space. */
static void case_45_a_capability_over_the_edge_is_not_taken(void **state)
{
    (void)state;
    add_capability(VIRTIO_PCI_CAP_NOTIFY, BAR, 0x1000, 0x100);
    add_capability(VIRTIO_PCI_CAP_ISR, BAR, 0x2000, 1);
    next_capability = PCI_CONFIG_SIZE - VIRTIO_PCI_CAP_NOTIFY_SIZE;
    add_capability(VIRTIO_PCI_CAP_COMMON, BAR, 0, VIRTIO_COMMON_SIZE);
    assert_int_equal(virtio_pci_init(&virtio, &function), ERR_OK);

    const unsigned edge = PCI_CONFIG_SIZE - VIRTIO_PCI_CAP_SIZE; /* no room for the multiplier */
    start();
    add_capability(VIRTIO_PCI_CAP_COMMON, BAR, 0, VIRTIO_COMMON_SIZE);
    unsigned isr = add_capability(VIRTIO_PCI_CAP_ISR, BAR, 0x2000, 1);
    unsigned notify = add_capability(VIRTIO_PCI_CAP_NOTIFY, BAR, 0x1000, 0x100);
    memcpy(fake->config + edge, fake->config + notify, VIRTIO_PCI_CAP_SIZE);
    fake_pci_set8(fake, isr + 1, (uint8_t)edge);
    assert_int_equal(virtio_pci_init(&virtio, &function), ERR_UNSUPPORTED);
}

static void features_come_in_two_words(void **state)
{
    (void)state;
    mmio.offered = 0x0123456789abcdef;
    assert_int_equal(virtio.transport.ops->get_features(&virtio.transport), 0x0123456789abcdef);
    virtio.transport.ops->set_features(&virtio.transport, 0xfedcba9876543210);
    assert_int_equal(mmio.accepted, 0xfedcba9876543210);
}

static void a_queue_is_enabled_last_and_natural_widths_are_used(void **state)
{
    (void)state;
    const struct virtio_queue_addresses addresses = {
        .desc = 0x123456789000, .avail = 0x12345678a000, .used = 0x12345678b004};
    mmio.bytes[VIRTIO_COMMON_QUEUE_NOTIFY_OFF] = 5;
    mmio.bytes[VIRTIO_COMMON_QUEUE_SIZE + 1] = 1;
    assert_int_equal(virtio.transport.ops->queue_size(&virtio.transport, 0), 256);
    assert_int_equal(virtio.transport.ops->queue_enable(&virtio.transport, 0, 16, &addresses),
                     ERR_OK);
    const struct {
        uint32_t offset, value;
        unsigned size;
    } expected[] = {
        {VIRTIO_COMMON_QUEUE_SELECT, 0, 2},          {VIRTIO_COMMON_QUEUE_SELECT, 0, 2},
        {VIRTIO_COMMON_QUEUE_SIZE, 16, 2},           {VIRTIO_COMMON_QUEUE_DESC, 0x56789000, 4},
        {VIRTIO_COMMON_QUEUE_DESC + 4, 0x1234, 4},   {VIRTIO_COMMON_QUEUE_DRIVER, 0x5678a000, 4},
        {VIRTIO_COMMON_QUEUE_DRIVER + 4, 0x1234, 4}, {VIRTIO_COMMON_QUEUE_DEVICE, 0x5678b004, 4},
        {VIRTIO_COMMON_QUEUE_DEVICE + 4, 0x1234, 4}, {VIRTIO_COMMON_QUEUE_ENABLE, 1, 2},
    };
    assert_int_equal(mmio.write_count, sizeof(expected) / sizeof(expected[0]));
    for (unsigned i = 0; i < mmio.write_count; i++) {
        assert_int_equal(mmio.writes[i].offset, expected[i].offset);
        assert_int_equal(mmio.writes[i].value, expected[i].value);
        assert_int_equal(mmio.writes[i].size, expected[i].size);
    }
    mmio.write_count = 0;
    virtio.transport.ops->notify(&virtio.transport, 0);
    assert_int_equal(mmio.write_count, 1);
    assert_int_equal(mmio.writes[0].offset,
                     VIRTIO_PCI_NOTIFY_OFFSET + 5 * VIRTIO_PCI_NOTIFY_MULTIPLIER);
    assert_int_equal(mmio.writes[0].value, 0);
    assert_int_equal(mmio.writes[0].size, 2);
}

static void a_queue_that_cannot_be_used_is_refused(void **state)
{
    (void)state;
    const struct virtio_queue_addresses addresses = {0};
    const struct virtio_transport_ops *ops = virtio.transport.ops;
    mmio.enable_does_not_stick = true;
    assert_int_equal(ops->queue_enable(&virtio.transport, 0, 16, &addresses), ERR_DEVICE);
    mmio.enable_does_not_stick = false;
    mmio.bytes[VIRTIO_COMMON_QUEUE_NOTIFY_OFF] = 0x100 / VIRTIO_PCI_NOTIFY_MULTIPLIER;
    assert_int_equal(ops->queue_enable(&virtio.transport, 0, 16, &addresses), ERR_DEVICE);
    mmio.bytes[VIRTIO_COMMON_QUEUE_NOTIFY_OFF] -= 1;
    assert_int_equal(ops->queue_enable(&virtio.transport, 0, 16, &addresses), ERR_OK);
    assert_int_equal(ops->queue_enable(&virtio.transport, 8, 16, &addresses), ERR_UNSUPPORTED);
}

static void configuration_ends_where_its_structure_ends(void **state)
{
    (void)state;
    const struct virtio_transport_ops *ops = virtio.transport.ops;
    for (unsigned i = 0; i < DEVICE_LENGTH; i++)
        mmio.bytes[VIRTIO_PCI_DEVICE_OFFSET + i] = (uint8_t)(i + 1);
    assert_int_equal(ops->config_read(&virtio.transport, 0, 4), 0x04030201);
    assert_int_equal(ops->config_read(&virtio.transport, 2, 2), 0x0403);
    assert_int_equal(ops->config_read(&virtio.transport, DEVICE_LENGTH - 1, 1), DEVICE_LENGTH);
    assert_int_equal(ops->config_read(&virtio.transport, DEVICE_LENGTH - 2, 4), UINT32_MAX);
    assert_int_equal(ops->config_read(&virtio.transport, UINT32_MAX, 4), UINT32_MAX);
    mmio.bytes[VIRTIO_COMMON_CONFIG_GENERATION] = 9;
    assert_int_equal(ops->config_generation(&virtio.transport), 9);
}

static void configuration_is_written_by_bytes_where_there_is_some(void **state)
{
    (void)state;
    const struct virtio_transport_ops *ops = virtio.transport.ops;
    ops->config_write8(&virtio.transport, 0x20, 1);
    assert_int_equal(mmio.bytes[VIRTIO_PCI_DEVICE_OFFSET + 0x20], 1);
    ops->config_write8(&virtio.transport, DEVICE_LENGTH, 1);
    assert_int_equal(mmio.write_count, 1);
}

/* An MSI-X capability with its table in the same BAR, where this host has it, too. */
static void add_msix(void)
{
    const unsigned at = next_capability;
    fake_pci_set8(fake, last_capability + 1, (uint8_t)at);
    fake_pci_set8(fake, at, PCI_CAPABILITY_ID_MSIX);
    fake_pci_set32(fake, at + PCI_MSIX_TABLE, VIRTIO_PCI_MSIX_OFFSET | BAR);
    fake_pci_set8(fake, at + 1, 0); /* the last */
}

static void one_vector_serves_configuration_and_queues(void **state)
{
    (void)state;
    const struct virtio_transport_ops *ops = virtio.transport.ops;
    const struct virtio_queue_addresses addresses = {0};
    const uint8_t *entry = mmio.bytes + VIRTIO_PCI_MSIX_OFFSET;
    struct interrupt interrupt = {.count = 0};
    uint8_t *vector = &mmio.bytes[VIRTIO_COMMON_QUEUE_MSIX_VECTOR];
    add_msix();
    fake_platform_interrupts = true;
    memset(&mmio.bytes[VIRTIO_COMMON_CONFIG_MSIX_VECTOR], 0xff, 2);
    memset(vector, 0xff, 2);
    assert_int_equal(ops->set_interrupt(&virtio.transport, &interrupt), ERR_OK);
    assert_int_equal(mmio.bytes[VIRTIO_COMMON_CONFIG_MSIX_VECTOR], 0);
    assert_int_equal(entry[PCI_MSIX_ENTRY_DATA], FAKE_PLATFORM_FIRST_VECTOR);
    assert_int_equal(entry[PCI_MSIX_ENTRY_CONTROL], 0);
    mmio.write_count = 0;
    assert_int_equal(ops->queue_enable(&virtio.transport, 0, 16, &addresses), ERR_OK);
    assert_int_equal(vector[0], 0);
    assert_int_equal(vector[1], 0);
    for (unsigned i = 0; i < mmio.write_count; i++) /* before the queue is on */
        if (mmio.writes[i].offset == VIRTIO_COMMON_QUEUE_ENABLE)
            assert_int_equal(i, mmio.write_count - 1);
    assert_true(fake_platform_raise(FAKE_PLATFORM_FIRST_VECTOR));
    assert_int_equal(interrupt.count, 1);
}

static void without_msix_or_vectors_there_is_no_interrupt(void **state)
{
    (void)state;
    const struct virtio_transport_ops *ops = virtio.transport.ops;
    const struct virtio_queue_addresses addresses = {0};
    struct interrupt interrupt = {.count = 0};
    assert_int_equal(ops->set_interrupt(&virtio.transport, &interrupt), ERR_UNSUPPORTED);
    fake_platform_interrupts = true;
    assert_int_equal(ops->set_interrupt(&virtio.transport, &interrupt), ERR_UNSUPPORTED);
    add_msix();
    mmio.no_vectors = true; /* reads back NO_VECTOR */
    assert_int_equal(ops->set_interrupt(&virtio.transport, &interrupt), ERR_DEVICE);
    assert_false(virtio.transport.has_interrupt);
    mmio.bytes[VIRTIO_COMMON_QUEUE_MSIX_VECTOR] = 0x55;
    assert_int_equal(ops->queue_enable(&virtio.transport, 0, 16, &addresses), ERR_OK);
    assert_int_equal(mmio.bytes[VIRTIO_COMMON_QUEUE_MSIX_VECTOR], 0x55); /* left alone */
    mmio.no_vectors = false;
    assert_int_equal(ops->set_interrupt(&virtio.transport, &interrupt), ERR_OK);
    mmio.no_vectors = true; /* none left for the queue */
    assert_int_equal(ops->queue_enable(&virtio.transport, 0, 16, &addresses), ERR_DEVICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_modern_functions_match),
        cmocka_unit_test_setup(init_finds_the_structures, setup),
        cmocka_unit_test_setup(the_first_usable_of_each_type_is_taken, setup_empty),
        cmocka_unit_test_setup(each_structure_but_the_device_one_is_required, setup_empty),
        cmocka_unit_test_setup(structures_must_fit_and_be_aligned, setup_empty),
        cmocka_unit_test_setup(case_45_a_capability_list_that_loops_ends, setup_empty),
        cmocka_unit_test_setup(case_45_a_capability_over_the_edge_is_not_taken, setup_empty),
        cmocka_unit_test_setup(features_come_in_two_words, setup),
        cmocka_unit_test_setup(a_queue_is_enabled_last_and_natural_widths_are_used, setup),
        cmocka_unit_test_setup(a_queue_that_cannot_be_used_is_refused, setup),
        cmocka_unit_test_setup(configuration_ends_where_its_structure_ends, setup),
        cmocka_unit_test_setup(configuration_is_written_by_bytes_where_there_is_some, setup),
        cmocka_unit_test_setup(one_vector_serves_configuration_and_queues, setup),
        cmocka_unit_test_setup(without_msix_or_vectors_there_is_no_interrupt, setup),
    };
    return cmocka_run_group_tests_name("drivers/virtio/pci", tests, NULL, NULL);
}
