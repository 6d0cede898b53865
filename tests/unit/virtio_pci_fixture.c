/* SPDX-License-Identifier: MIT */
/* The device and the driver of virtio_pci_fixture.h. */
#include "virtio_pci_fixture.h"

#include "fake_memory.h"
#include "test.h"

#define NOTHING 0x5a /* what a refused read leaves in the value */

struct virtio_pci_fixture on_pci;

static void notified(struct virtio_device *d, unsigned queue)
{
    (void)d;
    on_pci.notified[queue]++;
}

static void was_reset(struct virtio_device *d)
{
    (void)d;
    on_pci.resets++;
}

/* Only the byte at 4 can be written. */
static bool config_was_written(struct virtio_device *d, unsigned offset, unsigned size,
                               uint64_t value)
{
    (void)d;
    on_pci.written_at = offset;
    on_pci.written_size = size;
    on_pci.written = value;
    return offset == 4 && size == 1;
}

static const struct virtio_device_ops ops = {
    .notify = notified, .reset = was_reset, .config_write = config_was_written};

static void set_inta(void *context, unsigned line, bool level)
{
    (void)line;
    *(bool *)context = level;
}

static void send(void *context, unsigned vector)
{
    (void)context;
    assert_in_range(vector, 0, VECTORS - 1);
    on_pci.messages[vector]++;
}

int virtio_pci_fixture_start(void **state)
{
    (void)state;
    on_pci = (struct virtio_pci_fixture){0};
    fake_memory_create(&on_pci.memory, RAM_BASE, RAM_LENGTH);
    virtio_device_init(&on_pci.device, "virtio-test", VIRTIO_DEVICE_BLOCK, &on_pci.memory, &ops,
                       1ull << VIRTIO_F_VERSION_1 | 1 << FEATURE_A, QUEUES, SIZE);
    for (unsigned i = 0; i < sizeof on_pci.config; i++)
        on_pci.config[i] = (uint8_t)(0x10 + i);
    on_pci.device.config = on_pci.config;
    on_pci.device.config_length = sizeof on_pci.config;
    virtio_pci_model_init(&on_pci.v, &on_pci.device, SLOT, PCI_CLASS_VIRTIO_BLK,
                          (struct irq_line){.set = set_inta, .context = &on_pci.level},
                          (struct msi_sink){.send = send});
    on_pci.v.pci.config[PCI_COMMAND] = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
    return 0;
}

int virtio_pci_fixture_stop(void **state)
{
    (void)state;
    fake_memory_destroy(&on_pci.memory);
    return 0;
}

/* --- a driver in a few lines ------------------------------------------------------------------ */

bool bar_try_read(uint64_t offset, unsigned size, uint64_t *value)
{
    return on_pci.v.region.ops->read(&on_pci.v, offset, size, value);
}

bool bar_try_write(uint64_t offset, unsigned size, uint64_t value)
{
    return on_pci.v.region.ops->write(&on_pci.v, offset, size, value);
}

uint64_t bar_get(uint64_t offset, unsigned size)
{
    uint64_t value = NOTHING;

    assert_true(bar_try_read(offset, size, &value));
    return value;
}

void bar_put(uint64_t offset, unsigned size, uint64_t value)
{
    assert_true(bar_try_write(offset, size, value));
}

uint8_t set_status(uint8_t value)
{
    bar_put(COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1, value);
    return (uint8_t)bar_get(COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1);
}

void set_features(uint32_t word_0, uint32_t word_1)
{
    bar_put(COMMON + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, 0);
    bar_put(COMMON + VIRTIO_COMMON_DRIVER_FEATURE, 4, word_0);
    bar_put(COMMON + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, 1);
    bar_put(COMMON + VIRTIO_COMMON_DRIVER_FEATURE, 4, word_1);
}

void put_queue(uint16_t queue, uint64_t base)
{
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_SELECT, 2, queue);
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_DESC, 8, base);
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_DRIVER, 8, base + 0x1000);
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_DEVICE, 8, base + 0x2000);
}

void enable_queue(uint16_t queue, uint64_t base)
{
    put_queue(queue, base);
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2, 1);
}

void to_features_ok(void)
{
    set_status(0);
    set_status(1);
    set_status(3);
    set_features(1 << FEATURE_A, 1);
    assert_int_equal(set_status(0xb), 0xb);
}

void to_driver_ok(void)
{
    to_features_ok();
    enable_queue(0, RAM_BASE);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2), 1);
    assert_int_equal(set_status(0xf), 0xf);
}

void interrupt(int queue)
{
    pthread_mutex_lock(&on_pci.device.lock);
    on_pci.device.interrupt(on_pci.device.transport, queue);
    pthread_mutex_unlock(&on_pci.device.lock);
}

void expect_queue_0_as_enabled(void)
{
    bar_put(COMMON + VIRTIO_COMMON_QUEUE_SELECT, 2, 0);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_SIZE, 2), SIZE);
    assert_true(bar_get(COMMON + VIRTIO_COMMON_QUEUE_DESC, 8) == RAM_BASE);
    assert_true(bar_get(COMMON + VIRTIO_COMMON_QUEUE_DRIVER, 8) == RAM_BASE + 0x1000);
    assert_true(bar_get(COMMON + VIRTIO_COMMON_QUEUE_DEVICE, 8) == RAM_BASE + 0x2000);
    assert_int_equal(bar_get(COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2), 1);
}

void put_config(unsigned reg, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++) {
        uint8_t mask = on_pci.v.pci.writable[reg + i];
        uint8_t *byte = &on_pci.v.pci.config[reg + i];

        *byte = (uint8_t)((*byte & ~mask) | ((value >> (8 * i)) & mask));
    }
    on_pci.v.pci.config_written(&on_pci.v.pci, reg, size);
}

uint32_t get_config(unsigned reg, unsigned size)
{
    uint32_t value = 0;

    if (on_pci.v.pci.config_read(&on_pci.v.pci, reg, size, &value))
        return value;
    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)on_pci.v.pci.config[reg + i] << (8 * i);
    return value;
}

void aim_window(uint8_t bar, uint32_t offset, uint32_t length)
{
    put_config(on_pci.v.cfg_capability + VIRTIO_PCI_CAP_BAR, 1, bar);
    put_config(on_pci.v.cfg_capability + VIRTIO_PCI_CAP_OFFSET, 4, offset);
    put_config(on_pci.v.cfg_capability + VIRTIO_PCI_CAP_REGION_LENGTH, 4, length);
}
