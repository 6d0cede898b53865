/* SPDX-License-Identifier: MIT */
/*
 * virtio-blk, both sides together without a CPU between them: the firmware's driver on the host's model,
 * in every combination of ring features, transports, queues and ways to wait, and each feature off on
 * either side. The device works at the doorbell (trap), or later, when the driver pauses or sleeps (worker).
 */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/abi/machine.h"
#include "drivers/errors.h"
#include "drivers/pci.h"
#include "drivers/poll.h"
#include "drivers/virtio/blk.h"
#include "drivers/virtio/mmio.h"
#include "drivers/virtio/pci.h"
#include "fake_backend.h"
#include "fake_io.h"
#include "fake_platform.h"
#include "host-vmm/devices/pci_host.h"
#include "host-vmm/virtio/blk.h"
#include "host-vmm/virtio/mmio.h"
#include "host-vmm/virtio/pci.h"

#define FILE_BYTES (1024 * 1024)
#define SLOT 3
#define LINE 5
#define QUEUES 3
#define BIT(feature) (1ull << (feature))

enum wait { WAIT_TRAP, WAIT_POLL, WAIT_INTERRUPT, WAIT_COUNT };

static const struct setting {
    uint64_t host_on, host_off;
    struct virtio_blk_setup driver;
    unsigned host_queues;
    bool mmio;
    enum wait wait;
} * setting;

/* All that the device may be told the address of. */
struct guest {
    struct virtio_blk_memory memory;
    uint8_t buffer[FILE_BYTES];
    struct virtio_blk blk;
};

static struct machine {
    struct bus ports, mmio;
    struct guest_memory memory;
    struct pci_host pci;
    struct virtio_blk_model blk;
    struct virtio_pci_model virtio_pci;
    struct virtio_mmio_model virtio_mmio;
    struct fake_backend disk;
    struct guest *guest;
    uint32_t messages[MSIX_VECTORS_MAX]; /* data of each vector's */
    unsigned runs, interrupts;
    bool rang;
} machine;

static struct pci_function function;
static union {
    struct virtio_transport any;
    struct virtio_pci pci;
    struct virtio_mmio mmio;
} transport;

/* --- the machine ---------------------------------------------------------------------------------- */

static uint64_t access_bus(struct bus *bus, uint64_t address, unsigned size, bool is_write,
                           uint64_t value)
{
    assert_int_equal(bus_access(bus, address, size, is_write, &value, NULL), BUS_OK);
    return value;
}

static uint32_t port_in(void *context, uint16_t port, unsigned size)
{
    (void)context;
    return (uint32_t)access_bus(&machine.ports, port, size, false, 0);
}

static void port_out(void *context, uint16_t port, unsigned size, uint32_t value)
{
    (void)context;
    access_bus(&machine.ports, port, size, true, value);
}

static uint64_t memory_read(void *context, uint64_t address, unsigned size)
{
    (void)context;
    return access_bus(&machine.mmio, address, size, false, 0);
}

static void memory_write(void *context, uint64_t address, unsigned size, uint64_t value)
{
    (void)context;
    access_bus(&machine.mmio, address, size, true, value);
}

static void route(void *context, unsigned vector, bool enabled, uint64_t address, uint32_t data)
{
    (void)context;
    if (enabled)
        assert_int_equal(address, FAKE_PLATFORM_MESSAGE_ADDRESS);
    machine.messages[vector] = enabled ? data : 0;
}

/* The driver's handler runs later, as it does on the CPU: the model's lock is held here. */
static uint32_t raised[1024];
static unsigned raised_count;

static void send_message(void *context, unsigned vector)
{
    (void)context;
    assert_true(raised_count < 1024);
    raised[raised_count++] = machine.messages[vector];
}

static bool line_is_up;

static void set_line(void *context, unsigned line, bool level)
{
    (void)context;
    assert_int_equal(line, LINE);
    line_is_up = level;
}

static void take_interrupts(void)
{
    for (unsigned i = 0; i < raised_count; i++, machine.interrupts++)
        assert_true(fake_platform_raise(raised[i]));
    raised_count = 0;
    for (unsigned i = 0; line_is_up && setting->wait == WAIT_INTERRUPT; i++, machine.interrupts++)
        assert_true(i < 10 && fake_platform_raise_line(LINE));
}

static void run_at_once(struct virtio_blk_model *blk)
{
    machine.runs++;
    virtio_blk_run_inline(blk);
}

static void run_later(struct virtio_blk_model *blk)
{
    (void)blk;
    machine.runs++;
    machine.rang = true;
}

/* The worker's turn; the driver pauses or sleeps. */
static void let_worker_run(void *context)
{
    (void)context;
    if (machine.rang)
        virtio_blk_run_inline(&machine.blk);
    machine.rang = false;
    take_interrupts();
}

static void make_transport(void)
{
    struct machine *m = &machine;
    const struct irq_line irq = {.set = set_line, .line = LINE};
    if (setting->mmio) {
        virtio_mmio_model_init(&m->virtio_mmio, &m->blk.device, irq);
        assert_true(bus_add(&m->mmio, &m->virtio_mmio.region, VIRTIO_MMIO_BASE));
        assert_int_equal(virtio_mmio_init(&transport.mmio, VIRTIO_MMIO_BASE, VIRTIO_MMIO_STRIDE),
                         ERR_OK);
        transport.mmio.irq = LINE;
        return;
    }
    struct pci_window window = {.memory_next = CHUNK_BAR0_BASE, .memory_end = PCI_WINDOW_END};
    virtio_pci_model_init(&m->virtio_pci, &m->blk.device, SLOT, PCI_CLASS_VIRTIO_BLK, irq,
                          (struct msi_sink){.route = route, .send = send_message});
    assert_true(pci_host_add(&m->pci, &m->virtio_pci.pci));
    struct pci_function found[4];
    assert_true(pci_present());
    unsigned count = pci_enumerate(found, 4);
    function = found[count - 1];
    assert_int_equal(pci_assign_bars(&function, &window), ERR_OK);
    assert_int_equal(virtio_pci_init(&transport.pci, &function), ERR_OK);
}

static void start(const struct setting *wanted)
{
    struct machine *m = &machine;
    memset(m, 0, sizeof(*m));
    setting = wanted;
    raised_count = 0;
    line_is_up = false;
    m->guest = aligned_alloc(4096, (sizeof(struct guest) + 4095) / 4096 * 4096);
    memset(m->guest, 0xee, sizeof(struct guest));
    m->memory = (struct guest_memory){.count = 1, .size = sizeof(struct guest), .memfd = -1};
    m->memory.ranges[0] = (struct guest_ram_range){
        .base = (uintptr_t)m->guest, .length = sizeof(struct guest), .host = (uint8_t *)m->guest};
    fake_backend_create(&m->disk, FILE_BYTES, FILE_BYTES);
    bus_init(&m->ports, "ports");
    bus_init(&m->mmio, "mmio");
    pci_host_init(&m->pci, &m->ports, &m->mmio);
    assert_true(bus_add(&m->ports, &m->pci.address_region, PORT_PCI_CONFIG_ADDRESS));
    assert_true(bus_add(&m->ports, &m->pci.data_region, PORT_PCI_CONFIG_DATA));
    const struct virtio_blk_options options = {.features_on = wanted->host_on,
                                               .features_off = wanted->host_off,
                                               .queues = wanted->host_queues};
    virtio_blk_model_init(&m->blk, 0, "a disk", &m->memory, &m->disk.backend, &options);
    m->blk.run = wanted->wait == WAIT_TRAP ? run_at_once : run_later;
    fake_io_set(&(struct fake_io){.in = port_in,
                                  .out = port_out,
                                  .mmio_read = memory_read,
                                  .mmio_write = memory_write,
                                  .pause = let_worker_run});
    fake_platform_reset();
    fake_platform_interrupts = true;
    fake_platform_sleep = let_worker_run;
    make_transport();
    struct virtio_blk_setup driver = wanted->driver;
    driver.interrupts = wanted->wait == WAIT_INTERRUPT;
    assert_int_equal(virtio_blk_init(&m->guest->blk, &transport.any, &driver, 0, &m->guest->memory),
                     ERR_OK);
}

static void stop(void)
{
    assert_int_equal(machine.blk.device.requests, 0);
    assert_false(virtio_device_status(&machine.blk.device) & VIRTIO_STATUS_NEEDS_RESET);
    fake_backend_destroy(&machine.disk);
    free(machine.guest);
}

/* --- what is done with it ------------------------------------------------------------------------- */

static void check_file_bytes(const uint8_t *bytes, uint64_t offset, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++)
        if (bytes[i] != fake_backend_byte(offset + i))
            fail_msg("byte %llu differs", (unsigned long long)(offset + i));
}

/* Reads the whole file by many requests in flight, several times, and writes half of it. */
static void move_many(struct block_dev *dev, enum block_op op, uint32_t piece, uint64_t length)
{
    static struct block_request requests[VIRTIO_BLK_DEPTH_MAX];
    uint64_t next = 0, finished = 0;
    unsigned free_requests = dev->depth, slot = 0;
    memset(requests, 0, sizeof(requests));
    for (unsigned i = 0; i < dev->depth; i++)
        requests[i].done = true;
    while (finished < length / piece) {
        for (; free_requests > 0 && next < length; slot = (slot + 1) % dev->depth) {
            if (!requests[slot].done)
                continue;
            requests[slot] = (struct block_request){
                .op = op, .length = piece, .offset = next, .buffer = machine.guest->buffer + next};
            assert_int_equal(block_submit(dev, &requests[slot]), ERR_OK);
            next += piece;
            free_requests--;
        }
        block_kick(dev);
        int reaped = block_reap(dev, POLL_TIMEOUT_MS);
        assert_true(reaped > 0);
        finished += (unsigned)reaped;
        free_requests += (unsigned)reaped;
    }
    for (unsigned i = 0; i < dev->depth; i++)
        assert_int_equal(requests[i].result, ERR_OK);
}

static void exercise(void)
{
    struct virtio_blk *blk = &machine.guest->blk;
    struct block_dev *dev = &blk->block;
    uint8_t *buffer = machine.guest->buffer;
    assert_int_equal(dev->size, FILE_BYTES);
    assert_int_equal(block_read(dev, 0, buffer, FILE_BYTES), ERR_OK);
    check_file_bytes(buffer, 0, FILE_BYTES);
    for (unsigned round = 0; round < 3; round++) {
        memset(buffer, 0, FILE_BYTES);
        move_many(dev, BLOCK_READ, 1024, FILE_BYTES);
        check_file_bytes(buffer, 0, FILE_BYTES);
    }
    memset(buffer, 0x5a, FILE_BYTES / 2);
    move_many(dev, BLOCK_WRITE, 4096, FILE_BYTES / 2);
    assert_memory_equal(machine.disk.bytes, buffer, FILE_BYTES / 2);
    check_file_bytes(machine.disk.bytes + FILE_BYTES / 2, FILE_BYTES / 2, FILE_BYTES / 2);
    assert_int_equal(block_flush(dev), ERR_OK);
    assert_true(machine.disk.flushes > 0); /* by FLUSH, or each write by itself */
    char *id = (char *)buffer;
    assert_int_equal(virtio_blk_get_id(blk, id), ERR_OK);
    assert_string_equal(id, "a disk");
}

static void run(const struct setting *wanted)
{
    start(wanted);
    exercise();
    if (wanted->wait == WAIT_INTERRUPT) {
        assert_true(machine.interrupts > 0);
        assert_int_equal(machine.interrupts, machine.guest->blk.interrupt.count);
        /* No sleep is left to the tick; and EVENT_IDX asks for one interrupt, of each queue. */
        assert_true(fake_platform_sleeps <= machine.interrupts);
        if (virtio_has(machine.guest->blk.features, VIRTIO_F_EVENT_IDX))
            assert_true(machine.interrupts <=
                        fake_platform_sleeps * machine.guest->blk.queue_count);
    } else {
        assert_int_equal(machine.guest->blk.interrupt.count, 0);
        assert_int_equal(fake_platform_time, 0); /* nothing had to be waited for */
    }
    stop();
}

static void every_ring_on_every_transport(void **state)
{
    (void)state;
    static const unsigned ring_bits[] = {VIRTIO_F_INDIRECT_DESC, VIRTIO_F_EVENT_IDX,
                                         VIRTIO_F_RING_PACKED};
    for (unsigned kind = 0; kind < 1 << 3; kind++) {
        uint64_t on = 0;
        for (unsigned i = 0; i < 3; i++)
            on |= kind >> i & 1 ? BIT(ring_bits[i]) : 0;
        for (unsigned queues = 1; queues <= QUEUES; queues += QUEUES - 1)
            for (unsigned mmio = 0; mmio < 2; mmio++)
                for (enum wait wait = WAIT_TRAP; wait < WAIT_COUNT; wait++) {
                    run(&(struct setting){.host_on = BIT(VIRTIO_F_RING_PACKED),
                                          .driver = {.features_on = on, .queues = queues},
                                          .host_queues = queues,
                                          .mmio = mmio,
                                          .wait = wait});
                }
    }
}

/* Off on the host's side the driver does without; off on the driver's side the host does. */
static void each_feature_off_on_either_side(void **state)
{
    (void)state;
#define ONE(name, bit) bit,
    static const unsigned bits[] = {VIRTIO_BLK_FEATURE_NAMES(ONE)};
#undef ONE
#define ONE(name, bit) | BIT(bit)
    const uint64_t all = 0 VIRTIO_BLK_FEATURE_NAMES(ONE);
#undef ONE
    for (unsigned i = 0; i < 2 * sizeof(bits) / sizeof(bits[0]); i++) {
        uint64_t without = all & ~BIT(bits[i / 2]);
        bool host = i % 2;
        start(&(struct setting){.host_on = host ? without : all,
                                .host_off = host ? BIT(bits[i / 2]) : 0,
                                .driver = {.features_on = host ? all : without,
                                           .features_off = host ? 0 : BIT(bits[i / 2]),
                                           .queues = QUEUES},
                                .host_queues = QUEUES,
                                .wait = WAIT_POLL});
        assert_false(virtio_has(machine.guest->blk.features, bits[i / 2]));
        exercise();
        stop();
    }
    start(&(struct setting){.host_on = all,
                            .driver = {.features_on = all, .queues = QUEUES},
                            .host_queues = QUEUES,
                            .wait = WAIT_POLL});
    assert_int_equal(machine.guest->blk.features, all | BIT(VIRTIO_F_VERSION_1));
    exercise();
    stop();
}

/* Neither FLUSH nor CONFIG_WCE taken, or the cache off: a write that is done is stable (section 5.2.6.2). */
static void writes_are_stable_without_a_flush(void **state)
{
    (void)state;
    static const struct {
        uint64_t off, on;
        bool through;
    } cases[] = {{BIT(VIRTIO_BLK_F_FLUSH), 0, false},
                 {BIT(VIRTIO_BLK_F_FLUSH), BIT(VIRTIO_BLK_F_CONFIG_WCE), false},
                 {0, BIT(VIRTIO_BLK_F_CONFIG_WCE), true}};
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start(&(struct setting){
            .driver = {.features_on = cases[i].on, .features_off = cases[i].off}});
        struct virtio_blk *blk = &machine.guest->blk;
        if (cases[i].through)
            assert_int_equal(virtio_blk_set_writeback(blk, false), ERR_OK);
        unsigned flushes = machine.disk.flushes;
        assert_int_equal(block_write(&blk->block, 0, machine.guest->buffer, 4096), ERR_OK);
        assert_int_equal(machine.disk.flushes, flushes + 1);
        if (cases[i].through) {
            assert_int_equal(virtio_blk_set_writeback(blk, true), ERR_OK);
            flushes = machine.disk.flushes;
            assert_int_equal(block_write(&blk->block, 0, machine.guest->buffer, 4096), ERR_OK);
            assert_int_equal(machine.disk.flushes, flushes);
        }
        stop();
    }
}

static void ranges_are_zeroed(void **state)
{
    (void)state;
    const uint64_t both = BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_BLK_F_WRITE_ZEROES);
    start(&(struct setting){.host_on = both, .driver = {.features_on = both}});
    struct virtio_blk *blk = &machine.guest->blk;
    memset(machine.guest->buffer, 0, FILE_BYTES);
    assert_int_equal(virtio_blk_write_zeroes(blk, 4096, 100 * 512, false), ERR_OK);
    assert_memory_equal(machine.disk.bytes + 4096, machine.guest->buffer, 100 * 512);
    check_file_bytes(machine.disk.bytes, 0, 4096);
    check_file_bytes(machine.disk.bytes + 4096 + 100 * 512, 4096 + 100 * 512, 4096);
    assert_int_equal(virtio_blk_discard(blk, 512 * 1024, 4096), ERR_OK);
    check_file_bytes(machine.disk.bytes + 256 * 1024, 256 * 1024, 4096);
    assert_int_equal(virtio_blk_write_zeroes(blk, FILE_BYTES - 512, 1024, true), ERR_RANGE);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_ring_on_every_transport),
        cmocka_unit_test(each_feature_off_on_either_side),
        cmocka_unit_test(writes_are_stable_without_a_flush),
        cmocka_unit_test(ranges_are_zeroed),
    };
    return cmocka_run_group_tests_name("virtio-blk driver on its model", tests, NULL, NULL);
}
