/* SPDX-License-Identifier: MIT */
/* host-vmm/virtio/mmio.c: registers, what freezes them, interrupts. Status rules are device.c's, and
 * tested with the other transport. */
#include "test.h"

#include "drivers/abi/machine.h"
#include "fake_memory.h"
#include "guest_ring.h"
#include "host-vmm/virtio/mmio.h"

#include <string.h>

#define RAM_BASE 0x100000
#define RAM_LENGTH 0x10000
#define QUEUES 2
#define SIZE 8
#define FEATURE_A 3

struct fixture {
    struct guest_memory memory;
    struct virtio_device device;
    struct virtio_mmio_model v;
    uint8_t config[12];
    unsigned notified[QUEUES], resets;
    bool level;
    unsigned changes; /* of level */
    uint64_t written; /* last, to the device configuration */
};

static struct fixture f;

static void notified(struct virtio_device *d, unsigned queue)
{
    (void)d;
    f.notified[queue]++;
}

static void was_reset(struct virtio_device *d)
{
    (void)d;
    f.resets++;
}

/* Only the byte at 4 can be written. */
static bool config_was_written(struct virtio_device *d, unsigned offset, unsigned size,
                               uint64_t value)
{
    (void)d;
    f.written = value;
    return offset == 4 && size == 1;
}

static const struct virtio_device_ops ops = {
    .notify = notified, .reset = was_reset, .config_write = config_was_written};

static void set_line(void *context, unsigned line, bool level)
{
    assert_int_equal(line, 5);
    *(bool *)context = level;
    f.changes++;
}

static int start(void **state)
{
    (void)state;
    f = (struct fixture){0};
    fake_memory_create(&f.memory, RAM_BASE, RAM_LENGTH);
    virtio_device_init(&f.device, "virtio-test", VIRTIO_DEVICE_BLOCK, &f.memory, &ops,
                       1ull << VIRTIO_F_VERSION_1 | 1 << FEATURE_A, QUEUES, SIZE);
    for (unsigned i = 0; i < sizeof f.config; i++)
        f.config[i] = (uint8_t)(0x10 + i);
    f.device.config = f.config;
    f.device.config_length = sizeof f.config;
    f.device.config_generation = 7;
    virtio_mmio_model_init(&f.v, &f.device,
                           (struct irq_line){.set = set_line, .context = &f.level, .line = 5});
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fake_memory_destroy(&f.memory);
    return 0;
}

/* --- a driver in a few lines ------------------------------------------------------------------ */

static bool try_read(uint64_t offset, unsigned size, uint64_t *value)
{
    return f.v.region.ops->read(&f.v, offset, size, value);
}

static bool try_write(uint64_t offset, unsigned size, uint64_t value)
{
    return f.v.region.ops->write(&f.v, offset, size, value);
}

static uint32_t get(uint64_t offset)
{
    uint64_t value = 0;

    assert_true(try_read(offset, 4, &value));
    return (uint32_t)value;
}

static void put(uint64_t offset, uint32_t value)
{
    assert_true(try_write(offset, 4, value));
}

static uint32_t set_status(uint32_t value)
{
    put(VIRTIO_MMIO_STATUS, value);
    return get(VIRTIO_MMIO_STATUS);
}

static void put_address(unsigned low, uint64_t address)
{
    put(low, (uint32_t)address);
    put(low + 4, (uint32_t)(address >> 32));
}

static void put_queue(uint32_t queue, uint64_t base)
{
    put(VIRTIO_MMIO_QUEUE_SEL, queue);
    put_address(VIRTIO_MMIO_QUEUE_DESC_LOW, base);
    put_address(VIRTIO_MMIO_QUEUE_DRIVER_LOW, base + 0x1000);
    put_address(VIRTIO_MMIO_QUEUE_DEVICE_LOW, base + 0x2000);
}

static uint32_t enable_queue(uint32_t queue, uint64_t base)
{
    put_queue(queue, base);
    put(VIRTIO_MMIO_QUEUE_READY, 1);
    return get(VIRTIO_MMIO_QUEUE_READY);
}

static void to_features_ok(void)
{
    set_status(0);
    set_status(1);
    set_status(3);
    put(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
    put(VIRTIO_MMIO_DRIVER_FEATURES, 1 << FEATURE_A);
    put(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
    put(VIRTIO_MMIO_DRIVER_FEATURES, 1);
    assert_int_equal(set_status(0xb), 0xb);
}

static void to_driver_ok(void)
{
    to_features_ok();
    assert_int_equal(enable_queue(0, RAM_BASE), 1);
    assert_int_equal(set_status(0xf), 0xf);
}

static void interrupt(bool config_change)
{
    pthread_mutex_lock(&f.device.lock);
    f.device.interrupt(f.device.transport, config_change ? -1 : 0);
    pthread_mutex_unlock(&f.device.lock);
}

/* --- registers -------------------------------------------------------------------------------- */

static void identity(void **state)
{
    (void)state;
    assert_int_equal(f.v.region.length, VIRTIO_MMIO_STRIDE);
    assert_int_equal(get(VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
    assert_int_equal(get(VIRTIO_MMIO_VERSION), 2);
    assert_int_equal(get(VIRTIO_MMIO_DEVICE_ID), VIRTIO_DEVICE_BLOCK);
    assert_int_equal(get(VIRTIO_MMIO_VENDOR_ID), 0x1af4);
    assert_int_equal(get(VIRTIO_MMIO_CONFIG_GENERATION), 7);
    assert_int_equal(get(VIRTIO_MMIO_SHM_LEN_LOW), UINT32_MAX);
    assert_int_equal(get(VIRTIO_MMIO_SHM_LEN_HIGH), UINT32_MAX);
}

/* As the specification's table has them, by offset / 4. */
static const char *direction(unsigned offset)
{
    static const char *const table[VIRTIO_MMIO_CONFIG / 4] = {
        [0x000 / 4] = "r", [0x004 / 4] = "r", [0x008 / 4] = "r", [0x00c / 4] = "r",
        [0x010 / 4] = "r", [0x014 / 4] = "w", [0x020 / 4] = "w", [0x024 / 4] = "w",
        [0x030 / 4] = "w", [0x034 / 4] = "r", [0x038 / 4] = "w", [0x044 / 4] = "rw",
        [0x050 / 4] = "w", [0x060 / 4] = "r", [0x064 / 4] = "w", [0x070 / 4] = "rw",
        [0x080 / 4] = "w", [0x084 / 4] = "w", [0x090 / 4] = "w", [0x094 / 4] = "w",
        [0x0a0 / 4] = "w", [0x0a4 / 4] = "w", [0x0ac / 4] = "w", [0x0b0 / 4] = "r",
        [0x0b4 / 4] = "r", [0x0b8 / 4] = "r", [0x0bc / 4] = "r", [0x0fc / 4] = "r",
    };

    return offset % 4 == 0 && table[offset / 4] != NULL ? table[offset / 4] : "";
}

/* Adverse case 28: every offset, every width, both directions. */
static void case_28_every_offset_width_and_direction(void **state)
{
    (void)state;
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned offset = 0; offset + size <= VIRTIO_MMIO_STRIDE; offset++) {
            bool readable = false, writable = false;
            uint64_t value;

            if (offset < VIRTIO_MMIO_CONFIG) {
                readable = size == 4 && strchr(direction(offset), 'r') != NULL;
                writable = size == 4 && strchr(direction(offset), 'w') != NULL;
            } else {
                readable =
                    offset % size == 0 && offset + size <= VIRTIO_MMIO_CONFIG + sizeof f.config;
                writable = offset == VIRTIO_MMIO_CONFIG + 4 && size == 1;
            }
            assert_int_equal(try_read(offset, size, &value), readable);
            assert_int_equal(try_write(offset, size, 0), writable);
        }
    }
}

static void device_configuration_is_readable(void **state)
{
    uint64_t value;

    (void)state;
    assert_true(try_read(VIRTIO_MMIO_CONFIG + 3, 1, &value));
    assert_int_equal(value, 0x13);
    assert_true(try_read(VIRTIO_MMIO_CONFIG + 2, 2, &value));
    assert_int_equal(value, 0x1312);
    assert_true(try_read(VIRTIO_MMIO_CONFIG, 8, &value));
    assert_true(value == 0x1716151413121110);
}

static void device_configuration_takes_writes(void **state)
{
    (void)state;
    assert_true(try_write(VIRTIO_MMIO_CONFIG + 4, 1, 0x99));
    assert_int_equal(f.written, 0x99);
    assert_false(try_write(VIRTIO_MMIO_CONFIG + 8, 4, 1)); /* the device is asked, and refuses */
    assert_int_equal(f.written, 1);
    assert_false(try_write(VIRTIO_MMIO_CONFIG + sizeof f.config, 1, 2)); /* it is not asked */
    assert_int_equal(f.written, 1);
}

static void the_handshake(void **state)
{
    (void)state;
    assert_int_equal(set_status(0), 0);
    assert_int_equal(set_status(1), 1);
    assert_int_equal(set_status(3), 3);
    put(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
    assert_int_equal(get(VIRTIO_MMIO_DEVICE_FEATURES), 1 << FEATURE_A);
    put(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    assert_int_equal(get(VIRTIO_MMIO_DEVICE_FEATURES), 1);
    put(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 2);
    assert_int_equal(get(VIRTIO_MMIO_DEVICE_FEATURES), 0);
    put(VIRTIO_MMIO_DEVICE_FEATURES_SEL, UINT32_MAX);
    assert_int_equal(get(VIRTIO_MMIO_DEVICE_FEATURES), 0);
    put(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 2);
    put(VIRTIO_MMIO_DRIVER_FEATURES, 0xffffffff);
    assert_true(f.device.driver_features == 0);
    to_features_ok();
    put(VIRTIO_MMIO_QUEUE_SEL, 0);
    assert_int_equal(get(VIRTIO_MMIO_QUEUE_NUM_MAX), SIZE);
    assert_int_equal(enable_queue(0, RAM_BASE), 1);
    assert_true(f.device.queues[0].desc_gpa == RAM_BASE);
    assert_true(f.device.queues[0].avail_gpa == RAM_BASE + 0x1000);
    assert_true(f.device.queues[0].used_gpa == RAM_BASE + 0x2000);
    put(VIRTIO_MMIO_QUEUE_NOTIFY, 0); /* before DRIVER_OK: ignored */
    assert_int_equal(f.notified[0], 0);
    assert_int_equal(set_status(0xf), 0xf);
    put(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
    assert_int_equal(f.notified[0], 1);
}

static void version_1_is_needed(void **state)
{
    (void)state;
    set_status(3);
    assert_int_equal(set_status(0xb), 3);
    put(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
    put(VIRTIO_MMIO_DRIVER_FEATURES, 1);
    assert_int_equal(set_status(0xb), 0xb);
    put(VIRTIO_MMIO_DRIVER_FEATURES, 0); /* too late */
    assert_true(f.device.driver_features == 1ull << VIRTIO_F_VERSION_1);
}

static void addresses_come_by_halves(void **state)
{
    (void)state;
    put(VIRTIO_MMIO_QUEUE_DRIVER_LOW, 0x11223344);
    put(VIRTIO_MMIO_QUEUE_DRIVER_HIGH, 0x55667788);
    assert_true(f.device.queues[0].avail_gpa == 0x5566778811223344);
    put(VIRTIO_MMIO_QUEUE_DRIVER_LOW, 0xa);
    assert_true(f.device.queues[0].avail_gpa == 0x556677880000000a);
    assert_true(f.device.queues[0].desc_gpa == 0);
    assert_true(f.device.queues[0].used_gpa == 0);
}

/* --- queues ----------------------------------------------------------------------------------- */

/* Adverse cases 7 and 8: bad places and sizes leave the queue off. */
static void case_7_and_8_queue_stays_off(void **state)
{
    static const uint64_t bases[] = {0, RAM_BASE + RAM_LENGTH, RAM_BASE + RAM_LENGTH - 0x1000,
                                     UINT64_MAX - 0xfff, RAM_BASE + 1};
    static const uint32_t sizes[] = {0, 3, 16, UINT16_MAX, 0x10008, UINT32_MAX};

    (void)state;
    to_features_ok();
    for (unsigned i = 0; i < sizeof bases / sizeof bases[0]; i++)
        assert_int_equal(enable_queue(0, bases[i]), 0);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        put(VIRTIO_MMIO_QUEUE_NUM, sizes[i]);
        assert_int_equal(enable_queue(0, RAM_BASE), 0);
    }
    put(VIRTIO_MMIO_QUEUE_NUM, 4);
    put(VIRTIO_MMIO_QUEUE_READY, 2); /* only 1 enables */
    assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
    assert_int_equal(enable_queue(0, RAM_BASE), 1);
    assert_int_equal(f.device.queues[0].size, 4);
}

static void expect_queue_0_as_enabled(void)
{
    const struct virtio_queue *q = &f.device.queues[0];

    assert_true(q->enabled);
    assert_int_equal(q->size, SIZE);
    assert_true(q->desc_gpa == RAM_BASE);
    assert_true(q->avail_gpa == RAM_BASE + 0x1000);
    assert_true(q->used_gpa == RAM_BASE + 0x2000);
}

/* Adverse case 9: addresses and size rewritten once the queue is enabled, or after DRIVER_OK. */
static void case_9_frozen_queues(void **state)
{
    (void)state;
    to_features_ok();
    enable_queue(0, RAM_BASE);
    put_queue(0, 0xdead0000);
    put(VIRTIO_MMIO_QUEUE_NUM, 2);
    expect_queue_0_as_enabled();
    set_status(0xf);
    put_queue(0, 0xdead0000);
    put(VIRTIO_MMIO_QUEUE_NUM, 2);
    put(VIRTIO_MMIO_QUEUE_READY, 1);
    expect_queue_0_as_enabled();
    assert_int_equal(enable_queue(1, RAM_BASE + 0x4000), 0); /* too late for the other one */
    assert_true(f.device.queues[1].desc_gpa == 0);
}

/* Adverse case 10: selector and notification out of range, every register after that. */
static void case_10_out_of_range(void **state)
{
    static const uint32_t queues[] = {QUEUES, VIRTIO_MAX_QUEUES, 255, 0x10000, UINT32_MAX};

    (void)state;
    to_driver_ok();
    for (unsigned i = 0; i < sizeof queues / sizeof queues[0]; i++) {
        put_queue(queues[i], RAM_BASE);
        put(VIRTIO_MMIO_QUEUE_NUM, 4);
        assert_int_equal(get(VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
        put(VIRTIO_MMIO_QUEUE_READY, 1);
        assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
        put(VIRTIO_MMIO_QUEUE_READY, 0);
        put(VIRTIO_MMIO_QUEUE_NOTIFY, queues[i]);
    }
    put(VIRTIO_MMIO_QUEUE_NOTIFY, 1); /* a queue that is there, not enabled */
    assert_int_equal(f.notified[0] + f.notified[1], 0);
    expect_queue_0_as_enabled();
}

static void a_queue_turned_off_before_driver_ok_is_open_again(void **state)
{
    (void)state;
    to_features_ok();
    assert_int_equal(enable_queue(0, RAM_BASE + 0x4000), 1);
    put(VIRTIO_MMIO_QUEUE_READY, 0);
    assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
    assert_int_equal(enable_queue(0, RAM_BASE), 1);
    expect_queue_0_as_enabled();
}

/* Once it is off, the device takes nothing from it and writes nothing to it. */
static void a_queue_turned_off_at_work_drops_what_is_in_flight(void **state)
{
    struct guest_ring ring;
    static struct virtio_chain chain;
    struct virtio_queue *q = &f.device.queues[0];

    (void)state;
    to_features_ok();
    guest_ring_init(&ring, &f.memory, RAM_BASE, SIZE);
    guest_ring_set(&ring, 0, RAM_BASE + 0x8000, 512, VIRTQ_DESC_F_WRITE, 0);
    put(VIRTIO_MMIO_QUEUE_SEL, 0);
    put_address(VIRTIO_MMIO_QUEUE_DESC_LOW, ring.desc_gpa);
    put_address(VIRTIO_MMIO_QUEUE_DRIVER_LOW, ring.avail_gpa);
    put_address(VIRTIO_MMIO_QUEUE_DEVICE_LOW, ring.used_gpa);
    put(VIRTIO_MMIO_QUEUE_READY, 1);
    set_status(0xf);
    guest_ring_offer(&ring, 0);
    assert_int_equal(virtio_queue_pop(q, &f.memory, &chain), 1);
    put(VIRTIO_MMIO_QUEUE_READY, 0);
    assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 1); /* its buffer is still in use */
    pthread_mutex_lock(&f.device.lock);
    virtio_device_push(&f.device, 0, chain.id, chain.entries, 512);
    pthread_mutex_unlock(&f.device.lock);
    assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
    assert_int_equal(ring.used->idx, 0);
    assert_false(f.level);
    guest_ring_offer(&ring, 0);
    assert_int_equal(virtio_queue_pop(q, &f.memory, &chain), 0);
    put(VIRTIO_MMIO_QUEUE_READY, 1); /* frozen until the device is reset */
    assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
}

/* --- interrupts and reset --------------------------------------------------------------------- */

static void causes_are_acknowledged_one_by_one(void **state)
{
    (void)state;
    interrupt(false);
    assert_true(f.level);
    assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), 1);
    interrupt(true);
    assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), 3);
    assert_int_equal(f.changes, 1); /* one interrupt for as many causes as there are */
    put(VIRTIO_MMIO_INTERRUPT_ACK, 0xfffffffe);
    assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), 1);
    assert_true(f.level);
    assert_int_equal(f.changes, 3); /* what is left interrupts anew: down and up again */
    put(VIRTIO_MMIO_INTERRUPT_ACK, 1);
    assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
    assert_false(f.level);
    assert_int_equal(f.changes, 4);
}

static void broken_until_reset(void **state)
{
    (void)state;
    to_driver_ok();
    pthread_mutex_lock(&f.device.lock);
    virtio_device_broken(&f.device);
    pthread_mutex_unlock(&f.device.lock);
    assert_int_equal(get(VIRTIO_MMIO_STATUS), 0x4f);
    assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INTERRUPT_CONFIG);
    put(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
    assert_int_equal(f.notified[0], 0);
    assert_int_equal(set_status(0), 0);
    assert_false(f.level);
    to_driver_ok();
    put(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
    assert_int_equal(f.notified[0], 1);
}

static void reset_clears_everything(void **state)
{
    (void)state;
    to_driver_ok();
    interrupt(false);
    put(VIRTIO_MMIO_QUEUE_SEL, 1);
    put(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    virtio_mmio_model_reset(&f.v);
    assert_int_equal(get(VIRTIO_MMIO_STATUS), 0);
    assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
    assert_false(f.level);
    assert_true(f.device.driver_features == 0);
    assert_int_equal(get(VIRTIO_MMIO_DEVICE_FEATURES), 1 << FEATURE_A);
    assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
    assert_true(f.device.queues[0].desc_gpa == 0);
    put(VIRTIO_MMIO_QUEUE_NUM, 2); /* of queue 0, selected again, and open */
    assert_int_equal(f.device.queues[0].size, 2);
    assert_int_equal(f.resets, 2);
}

/* Adverse case 13: the register reads 0 only once no request uses guest memory. */
static void case_13_reset_waits_for_requests_in_flight(void **state)
{
    uint32_t generation;

    (void)state;
    to_driver_ok();
    generation = virtio_device_request_begin(&f.device);
    put(VIRTIO_MMIO_STATUS, 0);
    assert_int_not_equal(get(VIRTIO_MMIO_STATUS), 0);
    put(VIRTIO_MMIO_QUEUE_NUM, 2); /* nothing is open yet */
    assert_int_equal(f.device.queues[0].size, SIZE);
    assert_false(virtio_device_request_end(&f.device, generation));
    assert_int_equal(get(VIRTIO_MMIO_STATUS), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(identity),
        TEST(case_28_every_offset_width_and_direction),
        TEST(device_configuration_is_readable),
        TEST(device_configuration_takes_writes),
        TEST(the_handshake),
        TEST(version_1_is_needed),
        TEST(addresses_come_by_halves),
        TEST(case_7_and_8_queue_stays_off),
        TEST(case_9_frozen_queues),
        TEST(case_10_out_of_range),
        TEST(a_queue_turned_off_before_driver_ok_is_open_again),
        TEST(a_queue_turned_off_at_work_drops_what_is_in_flight),
        TEST(causes_are_acknowledged_one_by_one),
        TEST(broken_until_reset),
        TEST(reset_clears_everything),
        TEST(case_13_reset_waits_for_requests_in_flight),
    };

    return cmocka_run_group_tests_name("virtio MMIO model", tests, NULL, NULL);
}
