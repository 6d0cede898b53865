/* SPDX-License-Identifier: MIT */
/*
 * Both sides together, without a CPU between them: the firmware's drivers on the host's models,
 * over the host's own buses. The drivers' memory is guest RAM, at the addresses it really has.
 */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/abi/machine.h"
#include "drivers/ata.h"
#include "drivers/chunk.h"
#include "drivers/errors.h"
#include "drivers/pci.h"
#include "drivers/pci_ecam.h"
#include "drivers/virtio/blk.h"
#include "drivers/virtio/mmio.h"
#include "drivers/virtio/pci.h"
#include "fake_backend.h"
#include "fake_io.h"
#include "fake_platform.h"
#include "host-vmm/devices/chunk.h"
#include "host-vmm/devices/ide.h"
#include "host-vmm/devices/pci_host.h"
#include "host-vmm/virtio/blk.h"
#include "host-vmm/virtio/mmio.h"
#include "host-vmm/virtio/pci.h"

#define FILE_BYTES (3 * 1024 * 1024 + 512)
#define CHUNK_SLOT 2
#define VIRTIO_SLOT 3

/* What the guest has in RAM: everything that a device may be told the address of. */
struct guest {
    struct virtio_blk_memory virtio_memory;
    uint8_t buffer[FILE_BYTES];
    struct virtio_blk virtio_blk;
    struct chunk_dev chunk;
    struct ata_drive ata;
};

static struct machine {
    struct bus ports, mmio;
    struct guest_memory memory;
    struct pci_host pci;
    struct ide ide;
    struct chunk_model chunk;
    struct virtio_blk_model virtio_blk;
    struct virtio_pci_model virtio_pci;
    struct virtio_mmio_model virtio_mmio;
    struct fake_backend disk, chunk_out;
    struct guest *guest;
} machine;

static struct pci_function functions[8];
static unsigned function_count;

/* A refused access is a mistake of the driver: nobody here probes for what is not there. */
static uint64_t access_bus(struct bus *bus, uint64_t address, unsigned size, bool is_write,
                           uint64_t value)
{
    enum bus_result result = bus_access(bus, address, size, is_write, &value, NULL);
    assert_int_equal(result, BUS_OK);
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

/* The chunk device's messages, where the driver asked for some. */
static uint32_t chunk_message;

static void chunk_route(void *context, unsigned vector, bool enabled, uint64_t address,
                        uint32_t data)
{
    (void)context, (void)vector, (void)address;
    chunk_message = enabled ? data : 0;
}

static void chunk_send(void *context, unsigned vector)
{
    (void)context, (void)vector;
    assert_true(fake_platform_raise(chunk_message));
}

static void make_devices(void)
{
    struct machine *m = &machine;
    const struct irq_line irqs[IDE_CHANNELS] = {0}; /* nobody listens: all is polled */
    bus_init(&m->ports, "ports");
    bus_init(&m->mmio, "mmio");
    pci_host_init(&m->pci, &m->ports, &m->mmio);
    assert_true(bus_add(&m->ports, &m->pci.address_region, PORT_PCI_CONFIG_ADDRESS));
    assert_true(bus_add(&m->ports, &m->pci.data_region, PORT_PCI_CONFIG_DATA));
    assert_true(bus_add(&m->mmio, &m->pci.ecam_region, ECAM_BASE));

    ide_init(&m->ide, irqs);
    ide_attach(&m->ide, 0, 0, &m->disk.backend);
    assert_true(bus_add(&m->ports, &m->ide.channels[0].command_region, PORT_ATA_PRIMARY));
    assert_true(bus_add(&m->ports, &m->ide.channels[0].control_region, PORT_ATA_PRIMARY_CONTROL));

    chunk_model_init(&m->chunk, &m->memory, &m->disk.backend, &m->chunk_out.backend,
                     (struct msi_sink){.route = chunk_route, .send = chunk_send});
    assert_true(pci_host_add(&m->pci, &m->chunk.pci));
    virtio_blk_model_init(&m->virtio_blk, 0, "a disk", &m->memory, &m->disk.backend,
                          &(struct virtio_blk_options){0});
    virtio_pci_model_init(&m->virtio_pci, &m->virtio_blk.device, VIRTIO_SLOT, PCI_CLASS_VIRTIO_BLK,
                          irqs[0], (struct msi_sink){0});
    assert_true(pci_host_add(&m->pci, &m->virtio_pci.pci));
}

static int setup(void **state)
{
    (void)state;
    memset(&machine, 0, sizeof(machine));
    machine.guest = aligned_alloc(4096, (sizeof(struct guest) + 4095) / 4096 * 4096);
    memset(machine.guest, 0, sizeof(struct guest));
    machine.memory = (struct guest_memory){.count = 1, .size = sizeof(struct guest), .memfd = -1};
    machine.memory.ranges[0] = (struct guest_ram_range){.base = (uintptr_t)machine.guest,
                                                        .length = sizeof(struct guest),
                                                        .host = (uint8_t *)machine.guest};
    fake_backend_create(&machine.disk, FILE_BYTES, FILE_BYTES);
    fake_backend_create(&machine.chunk_out, 0, 2 * FILE_BYTES);
    machine.chunk_out.backend.grows = true;
    make_devices();
    fake_io_set(&(struct fake_io){
        .in = port_in, .out = port_out, .mmio_read = memory_read, .mmio_write = memory_write});
    fake_platform_reset();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_backend_destroy(&machine.disk);
    fake_backend_destroy(&machine.chunk_out);
    chunk_model_destroy(&machine.chunk);
    free(machine.guest);
    return fake_platform_time == 0 ? 0 : -1; /* nothing had to be waited for */
}

/* Enumerates the bus and places the BARs of the function in this slot. */
static struct pci_function *find_slot(unsigned slot)
{
    struct pci_window window = {.memory_next = CHUNK_BAR0_BASE, .memory_end = PCI_WINDOW_END};
    assert_true(pci_present());
    function_count = pci_enumerate(functions, 8);
    for (unsigned i = 0; i < function_count; i++) {
        if (functions[i].device != slot)
            continue;
        assert_int_equal(pci_assign_bars(&functions[i], &window), ERR_OK);
        return &functions[i];
    }
    fail_msg("slot %u is empty", slot);
    return NULL;
}

static void check_file_bytes(const uint8_t *bytes, uint64_t offset, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++)
        if (bytes[i] != fake_backend_byte(offset + i))
            fail_msg("byte %llu differs", (unsigned long long)(offset + i));
}

/* Reads all of the device, and writes 1 MiB and a sector of zeros over what the file holds. */
static void exercise_disk(struct block_dev *block)
{
    uint8_t *buffer = machine.guest->buffer;
    const uint64_t at = 4096, length = 1024 * 1024 + 512;
    assert_int_equal(block->size, FILE_BYTES);
    assert_int_equal(block_read(block, 0, buffer, FILE_BYTES), ERR_OK);
    check_file_bytes(buffer, 0, FILE_BYTES);
    memset(buffer, 0, length);
    assert_int_equal(block_write(block, at, buffer, length), ERR_OK);
    assert_memory_equal(machine.disk.bytes + at, buffer, length);
    check_file_bytes(machine.disk.bytes, 0, at);
    check_file_bytes(machine.disk.bytes + at + length, at + length, FILE_BYTES - at - length);
    assert_int_equal(block_flush(block), ERR_OK);
    assert_int_equal(machine.disk.flushes, 1);
}

static void enumeration_finds_what_the_host_put_there(void **state)
{
    (void)state;
    struct pci_function *chunk = find_slot(CHUNK_SLOT);
    assert_int_equal(function_count, 3);
    assert_int_equal(functions[0].class_code, PCI_CLASS_HOST_BRIDGE);
    assert_int_equal(chunk->vendor_id, CHUNK_PCI_VENDOR);
    assert_int_equal(chunk->bars[0].base, CHUNK_BAR0_BASE);
    assert_int_equal(chunk->bars[0].size, CHUNK_BAR_SIZE);
}

static void ata_by_pio(void **state)
{
    (void)state;
    struct ata_drive *ata = &machine.guest->ata;
    assert_int_equal(ata_init(ata, PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL, 1, 128), ERR_ABSENT);
    assert_int_equal(ata_init(ata, PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL, 0, 128), ERR_OK);
    assert_true(ata->multiple > 1);
    exercise_disk(&ata->block);
    for (unsigned form = 0; form < 4; form++) {
        const struct ata_transfer transfer = {
            .lba = 2100, .sectors = 33, .force_48 = form & 1, .single = form & 2};
        memset(machine.guest->buffer, 0, 33 * 512);
        assert_int_equal(ata_read_sectors(ata, &transfer, machine.guest->buffer), ERR_OK);
        check_file_bytes(machine.guest->buffer, 2100 * 512, 33 * 512);
    }
    const struct ata_transfer past = {.lba = FILE_BYTES / 512, .sectors = 1};
    assert_int_equal(ata_read_sectors(ata, &past, machine.guest->buffer), ERR_RANGE);
}

/* Reads all of the file but its first byte, writes it, and finds the end of the output's room. */
static void exercise_chunk(struct chunk_dev *chunk)
{
    uint8_t *buffer = machine.guest->buffer;
    assert_int_equal(chunk->block.size, FILE_BYTES);
    assert_int_equal(block_read(&chunk->block, 1, buffer, FILE_BYTES - 1), ERR_OK);
    check_file_bytes(buffer, 1, FILE_BYTES - 1);
    assert_int_equal(block_write(&chunk->block, 1, buffer, FILE_BYTES - 1), ERR_OK);
    assert_int_equal(block_flush(&chunk->block), ERR_OK);
    check_file_bytes(machine.chunk_out.bytes + 1, 1, FILE_BYTES - 1);
    assert_int_equal(machine.chunk_out.flushes, 1);
    machine.chunk_out.room = 0;
    assert_int_equal(block_write(&chunk->block, FILE_BYTES, buffer, 10), ERR_NO_SPACE);
}

static struct pci_function *open_chunk(void)
{
    struct pci_function *f = find_slot(CHUNK_SLOT);
    pci_command_set(f, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    assert_int_equal(chunk_init(&machine.guest->chunk, f->bars[0].base), ERR_OK);
    return f;
}

static void chunk_by_mmio(void **state)
{
    (void)state;
    open_chunk();
    assert_int_equal(machine.guest->chunk.block.depth, 1);
    exercise_chunk(&machine.guest->chunk);
    assert_false(machine.chunk.ring.on);
}

static void chunk_by_ring(void **state)
{
    (void)state;
    assert_true(chunk_model_offer_ring(&machine.chunk));
    open_chunk();
    assert_int_equal(machine.guest->chunk.block.depth, CHUNK_DEPTH);
    assert_true(machine.chunk.ring.on);
    exercise_chunk(&machine.guest->chunk);
}

/* A whole ring of writes for one doorbell; then the driver starts over with a new ring. */
static void chunk_by_ring_many_in_flight(void **state)
{
    (void)state;
    struct block_dev *block = &machine.guest->chunk.block;
    struct block_request requests[CHUNK_DEPTH];
    assert_true(chunk_model_offer_ring(&machine.chunk));
    open_chunk();
    for (unsigned i = 0; i < FILE_BYTES; i++)
        machine.guest->buffer[i] = fake_backend_byte(i);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < CHUNK_DEPTH; i++) {
            uint64_t offset = (round * CHUNK_DEPTH + i) * 1000;
            requests[i] = (struct block_request){.op = BLOCK_WRITE,
                                                 .length = 1000,
                                                 .offset = offset,
                                                 .buffer = machine.guest->buffer + offset};
            assert_int_equal(block_submit(block, &requests[i]), ERR_OK);
        }
        block_kick(block);
        assert_int_equal(block_reap(block, 1000), CHUNK_DEPTH);
    }
    check_file_bytes(machine.chunk_out.bytes, 0, 3 * CHUNK_DEPTH * 1000);
    assert_int_equal(machine.chunk.in_flight, 0);
    open_chunk();
    exercise_chunk(&machine.guest->chunk);
}

/* The message is sent inside the doorbell here: it is counted, and nothing sleeps. */
static void chunk_by_interrupt(void **state)
{
    (void)state;
    struct chunk_dev *chunk = &machine.guest->chunk;
    fake_platform_interrupts = true;
    assert_int_equal(chunk_use_interrupt(chunk, open_chunk()), ERR_OK);
    assert_int_equal(block_read(&chunk->block, 0, machine.guest->buffer, 1000), ERR_OK);
    assert_int_equal(block_flush(&chunk->block), ERR_OK);
    assert_int_equal(chunk->interrupt.count, 2);

    assert_true(chunk_model_offer_ring(&machine.chunk));
    assert_int_equal(chunk_use_interrupt(chunk, open_chunk()), ERR_OK);
    assert_int_equal(block_read(&chunk->block, 0, machine.guest->buffer, 1000), ERR_OK);
    assert_int_equal(block_flush(&chunk->block), ERR_OK);
    assert_int_equal(chunk->interrupt.count, 2);
    assert_int_equal(machine.chunk.msi.dropped, 0);
}

static void chunk_without_bus_mastering(void **state)
{
    (void)state;
    struct pci_function *f = find_slot(CHUNK_SLOT);
    pci_command_set(f, PCI_COMMAND_MEMORY);
    assert_int_equal(chunk_init(&machine.guest->chunk, f->bars[0].base), ERR_DEVICE);
    assert_int_equal(machine.guest->chunk.error, CHUNK_ERROR_NOT_MASTER);
}

static void configuration_by_ecam(void **state)
{
    (void)state;
    struct pci_ecam ecam;
    assert_true(pci_present());
    assert_int_equal(pci_ecam_from_chipset(&ecam), ERR_OK);
    assert_int_equal(ecam.base, ECAM_BASE);
    assert_int_equal(pci_ecam_enable(&ecam, true), ERR_OK);
    assert_true(pci_ecam_answers(&ecam));
    pci_use_ecam(ecam.base, ecam.buses);
    unsigned ports = fake_io_port_accesses();
    function_count = pci_enumerate(functions, 8);
    assert_int_equal(function_count, 3);
    struct pci_window window = {.memory_next = CHUNK_BAR0_BASE, .memory_end = PCI_WINDOW_END};
    assert_int_equal(pci_assign_bars(&functions[1], &window), ERR_OK);
    pci_command_set(&functions[1], PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    assert_int_equal(fake_io_port_accesses(), ports);
    assert_int_equal(chunk_init(&machine.guest->chunk, CHUNK_BAR0_BASE), ERR_OK);
    pci_use_ecam(0, 0);
}

static void exercise_virtio_blk(struct virtio_transport *transport)
{
    struct guest *guest = machine.guest;
    assert_int_equal(transport->device_type, VIRTIO_DEVICE_BLOCK);
    const struct virtio_blk_setup virtio_setup = {.queues = 1};
    assert_int_equal(
        virtio_blk_init(&guest->virtio_blk, transport, &virtio_setup, 0, &guest->virtio_memory),
        ERR_OK);
    assert_true(guest->virtio_blk.block.max_transfer >= 1024 * 1024);
    exercise_disk(&guest->virtio_blk.block);
    char *id = (char *)guest->buffer;
    assert_int_equal(virtio_blk_get_id(&guest->virtio_blk, id), ERR_OK);
    assert_string_equal(id, "a disk");
    machine.disk.read_error = 5;
    assert_int_equal(block_read(&guest->virtio_blk.block, 0, guest->buffer, 512), ERR_IO);
}

/* The same disk, moved from its slot to a page of registers. */
static void virtio_blk_by_mmio(void **state)
{
    (void)state;
    struct machine *m = &machine;
    struct virtio_mmio transport;
    virtio_mmio_model_init(&m->virtio_mmio, &m->virtio_blk.device, (struct irq_line){0});
    assert_true(bus_add(&m->mmio, &m->virtio_mmio.region, VIRTIO_MMIO_BASE));
    assert_int_equal(virtio_mmio_init(&transport, VIRTIO_MMIO_BASE, VIRTIO_MMIO_STRIDE), ERR_OK);
    exercise_virtio_blk(&transport.transport);
}

static void virtio_blk_by_ring(void **state)
{
    (void)state;
    struct virtio_pci transport;
    struct pci_function *f = find_slot(VIRTIO_SLOT);
    assert_true(virtio_pci_match(f));
    assert_int_equal(virtio_pci_init(&transport, f), ERR_OK);
    exercise_virtio_blk(&transport.transport);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(enumeration_finds_what_the_host_put_there),
        TEST(ata_by_pio),
        TEST(chunk_by_mmio),
        TEST(chunk_by_ring),
        TEST(chunk_by_ring_many_in_flight),
        TEST(chunk_by_interrupt),
        TEST(chunk_without_bus_mastering),
        TEST(configuration_by_ecam),
        TEST(virtio_blk_by_ring),
        TEST(virtio_blk_by_mmio),
    };
    return cmocka_run_group_tests_name("drivers on models", tests, NULL, NULL);
}
