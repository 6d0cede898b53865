/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/ide_dma*.c: the bus master's registers, and READ and WRITE DMA of a driver that means well. */
#include "test.h"

#include "ide_dma_fixture.h"

#include <string.h>

#define DONE IDE_DMA_STATUS_INTERRUPT
#define EARLY (IDE_DMA_STATUS_INTERRUPT | IDE_DMA_STATUS_ACTIVE)

/* --- identity --------------------------------------------------------------------------------- */

static void the_function(void **state)
{
    (void)state;
    assert_int_equal(fixture.ide.pci.config[PCI_PROG_IF], PCI_IDE_BUS_MASTER);
    assert_int_equal(fixture.ide.pci.bars[IDE_DMA_BAR].size, 16);
    assert_true(fixture.ide.pci.bars[IDE_DMA_BAR].io);
    assert_ptr_equal(fixture.ide.pci.bars[IDE_DMA_BAR].region, &fixture.ide.dma_region);
}

static void identify_says_which_modes(void **state)
{
    uint16_t words[ATA_ID_WORDS];

    (void)state;
    guest_command(ATA_CMD_IDENTIFY_DEVICE);
    guest_read_words(words, sizeof words);
    assert_true(words[ATA_ID_CAPABILITIES] & ATA_ID_CAPABILITIES_DMA);
    assert_true(words[ATA_ID_VALIDITY] & ATA_ID_VALIDITY_88);
    assert_int_equal(words[ATA_ID_MULTIWORD_DMA], 0x0007);
    assert_int_equal(words[ATA_ID_ULTRA_DMA], 0x0407);

    guest_out8(ATA_FEATURES, 0x03); /* set transfer mode: multiword DMA 1 */
    guest_out8(ATA_COUNT, 0x21);
    guest_command(ATA_CMD_SET_FEATURES);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    guest_command(ATA_CMD_IDENTIFY_DEVICE);
    guest_read_words(words, sizeof words);
    assert_int_equal(words[ATA_ID_MULTIWORD_DMA], 0x0207);
    assert_int_equal(words[ATA_ID_ULTRA_DMA], 0x0007);
}

static void transfer_modes(void **state)
{
    static const struct {
        uint8_t mode;
        bool good;
    } modes[] = {{0x00, true},  {0x08, true},  {0x0c, true}, {0x0d, false}, {0x20, true},
                 {0x22, true},  {0x23, false}, {0x40, true}, {0x42, true},  {0x43, false},
                 {0x10, false}, {0x80, false}, {0xff, false}};

    (void)state;
    for (unsigned i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        guest_out8(ATA_FEATURES, 0x03);
        guest_out8(ATA_COUNT, modes[i].mode);
        guest_command(ATA_CMD_SET_FEATURES);
        if (modes[i].good)
            expect_ata_error(READY, 0);
        else
            expect_ata_error(FAILED, ATA_ERROR_ABRT);
    }
}

/* Without a bus master there is no DMA, and IDENTIFY does not say so. */
static void without_a_bus_master(void **state)
{
    static const uint8_t commands[] = {ATA_CMD_READ_DMA, ATA_CMD_READ_DMA_EXT, ATA_CMD_WRITE_DMA,
                                       ATA_CMD_WRITE_DMA_EXT};
    uint16_t words[ATA_ID_WORDS];

    (void)state;
    for (unsigned i = 0; i < sizeof commands; i++) {
        guest_put_28(0, 1);
        guest_command(commands[i]);
        expect_ata_error(FAILED, ATA_ERROR_ABRT);
    }
    guest_out8(ATA_FEATURES, 0x03);
    guest_out8(ATA_COUNT, 0x40);
    guest_command(ATA_CMD_SET_FEATURES);
    expect_ata_error(FAILED, ATA_ERROR_ABRT);
    guest_command(ATA_CMD_IDENTIFY_DEVICE);
    guest_read_words(words, sizeof words);
    assert_int_equal(words[ATA_ID_MULTIWORD_DMA] | words[ATA_ID_ULTRA_DMA], 0);
    assert_int_equal(fixture.ide.pci.config[PCI_PROG_IF], 0);
}

/* --- registers -------------------------------------------------------------------------------- */

static void registers(void **state)
{
    const uint8_t capable = IDE_DMA_STATUS_CAPABLE_0 | IDE_DMA_STATUS_CAPABLE_1;
    uint64_t value;

    (void)state;
    assert_int_equal(dma_status(), capable); /* both drives are there, and it is not simplex */
    dma_out(IDE_DMA_STATUS, 1, 0xff);
    assert_int_equal(dma_status(), capable);
    dma_out(IDE_DMA_STATUS, 1, IDE_DMA_STATUS_CAPABLE_1);
    assert_int_equal(dma_status(), IDE_DMA_STATUS_CAPABLE_1);
    dma_out(IDE_DMA_COMMAND, 1, 0xfe);
    assert_int_equal(dma_in(IDE_DMA_COMMAND, 1), IDE_DMA_COMMAND_TO_MEMORY);
    dma_out(IDE_DMA_TABLE, 4, 0x12345677);
    assert_int_equal(dma_in(IDE_DMA_TABLE, 4), 0x12345674);
    dma_out(IDE_DMA_TABLE + 1, 1, 0xab);
    assert_int_equal(dma_in(IDE_DMA_TABLE, 4), 0x1234ab74);
    assert_int_equal(dma_in(IDE_DMA_TABLE + 3, 1), 0x12);
    dma_out(1, 1, 0xff);
    assert_int_equal(dma_in(1, 1), 0);
    assert_int_equal(dma_in(IDE_DMA_CHANNEL_SIZE + IDE_DMA_STATUS, 1), 0); /* an empty channel */
    dma_out(IDE_DMA_CHANNEL_SIZE + IDE_DMA_TABLE, 4, 0x1000);
    assert_int_equal(dma_in(IDE_DMA_CHANNEL_SIZE + IDE_DMA_TABLE, 4), 0x1000);

    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned reg = 0; reg + size <= IDE_DMA_BAR_SIZE; reg++) {
            bool good = size == 1 || (size == 4 && reg % IDE_DMA_CHANNEL_SIZE == IDE_DMA_TABLE);

            assert_int_equal(fixture.ide.dma_region.ops->read(&fixture.ide, reg, size, &value),
                             good);
            assert_int_equal(fixture.ide.dma_region.ops->write(&fixture.ide, reg, size, 0), good);
        }
    }
    ide_reset(&fixture.ide);
    assert_int_equal(dma_in(IDE_DMA_TABLE, 4), 0);
    assert_int_equal(dma_status(), capable);
}

/* --- transfers -------------------------------------------------------------------------------- */

static void clear_notes(void)
{
    dma_out(IDE_DMA_STATUS, 1, 0);
}

static void read_dma(void **state)
{
    (void)state;
    clear_notes();
    guest_put_28(7, 3);
    dma_put_table(BUFFER, 3 * SECTOR);
    dma_command(ATA_CMD_READ_DMA, true);
    assert_int_equal(fixture.irq_edges, 1);
    expect_dma_end(READY, 0, DONE);
    assert_memory_equal(dma_ram(BUFFER), &fixture.disk.bytes[7 * SECTOR], 3 * SECTOR);
    assert_int_equal(*dma_ram(BUFFER - 1), FAKE_MEMORY_FILL);
    assert_int_equal(*dma_ram(BUFFER + 3 * SECTOR), FAKE_MEMORY_FILL);
    assert_int_equal(fixture.disk.reads, 1);
}

static void write_dma(void **state)
{
    (void)state;
    clear_notes();
    for (unsigned i = 0; i < 3 * SECTOR; i++)
        dma_ram(BUFFER)[i] = (uint8_t)(i * 3);
    guest_put_28(7, 3);
    dma_put_table(BUFFER, 3 * SECTOR);
    dma_command(ATA_CMD_WRITE_DMA, false);
    expect_dma_end(READY, 0, DONE);
    assert_memory_equal(dma_ram(BUFFER), &fixture.disk.bytes[7 * SECTOR], 3 * SECTOR);
    assert_true(fake_backend_untouched(&fixture.disk, 0, 7 * SECTOR));
    assert_true(fake_backend_untouched(&fixture.disk, 10 * SECTOR, DISK_LENGTH - 10 * SECTOR));
    assert_int_equal(fixture.disk.flushes, 0);
}

static void ext_commands_of_drive_1(void **state)
{
    (void)state;
    clear_notes();
    guest_put_48(40, 60);
    guest_out8(ATA_DEVICE, ATA_DEVICE_LBA | ATA_DEVICE_DEV1);
    dma_put_table(BUFFER, 60 * SECTOR);
    dma_command(ATA_CMD_READ_DMA_EXT, true);
    expect_dma_end(READY, 0, DONE);
    assert_memory_equal(dma_ram(BUFFER), &fixture.disk_1.bytes[40 * SECTOR], 60 * SECTOR);
    memset(dma_ram(BUFFER), 0x3c, 60 * SECTOR);
    guest_put_48(1, 60);
    guest_out8(ATA_DEVICE, ATA_DEVICE_LBA | ATA_DEVICE_DEV1);
    dma_command(ATA_CMD_WRITE_DMA_EXT, false);
    expect_dma_end(READY, 0, DONE);
    assert_memory_equal(dma_ram(BUFFER), &fixture.disk_1.bytes[SECTOR], 60 * SECTOR);
    assert_true(disk_0_is_untouched());
}

/* The table may come before the command or after it: what counts is that both are there. */
static void the_start_bit_before_the_command(void **state)
{
    (void)state;
    clear_notes();
    guest_put_28(7, 1);
    dma_put_table(BUFFER, SECTOR);
    dma_out(IDE_DMA_TABLE, 4, TABLE);
    dma_out(IDE_DMA_COMMAND, 1, IDE_DMA_COMMAND_TO_MEMORY | IDE_DMA_COMMAND_START);
    assert_int_equal(dma_status(), IDE_DMA_STATUS_ACTIVE);
    guest_command(ATA_CMD_READ_DMA);
    expect_dma_end(READY, 0, DONE);
    assert_memory_equal(dma_ram(BUFFER), &fixture.disk.bytes[7 * SECTOR], SECTOR);
}

static void a_command_waits_for_the_start_bit(void **state)
{
    (void)state;
    guest_put_28(7, 1);
    guest_command(ATA_CMD_READ_DMA);
    assert_int_equal(guest_alternate_status(), ATA_STATUS_BSY);
    assert_null(ide_dma_submit(fixture.channel));
    guest_software_reset();
    assert_int_equal(guest_alternate_status(), READY);
    dma_out(IDE_DMA_COMMAND, 1, IDE_DMA_COMMAND_TO_MEMORY | IDE_DMA_COMMAND_START);
    assert_null(ide_dma_submit(fixture.channel)); /* the command is gone */
    assert_int_equal(fixture.disk.reads, 0);
}

static void nien_keeps_the_interrupt_in(void **state)
{
    (void)state;
    clear_notes();
    guest_control(ATA_CONTROL_NIEN);
    guest_put_28(7, 1);
    dma_put_table(BUFFER, SECTOR);
    dma_command(ATA_CMD_READ_DMA, true);
    assert_int_equal(dma_status(), 0); /* not active: that is how a poller tells */
    assert_false(fixture.irq[0]);
    guest_control(0);
    assert_true(fixture.irq[0]);
    assert_int_equal(dma_status(), DONE);
}

static void the_interrupt_bit_is_intrq(void **state)
{
    (void)state;
    clear_notes();
    guest_command(ATA_CMD_IDENTIFY_DEVICE);
    assert_int_equal(dma_status(), DONE);
    guest_in8(ATA_STATUS);
    assert_int_equal(dma_status(), DONE); /* it stays until it is cleared */
    dma_out(IDE_DMA_STATUS, 1, IDE_DMA_STATUS_ERROR);
    assert_int_equal(dma_status(), DONE);
    dma_out(IDE_DMA_STATUS, 1, IDE_DMA_STATUS_INTERRUPT);
    assert_int_equal(dma_status(), 0);
}

static void a_region_of_64_kib(void **state)
{
    (void)state;
    clear_notes();
    guest_put_28(0, 129);
    dma_put_prd(0, RAM_BASE + 0x10000, 0, 0);
    dma_put_prd(1, RAM_BASE + 0x40000, SECTOR, IDE_PRD_END);
    dma_command(ATA_CMD_READ_DMA, true);
    expect_dma_end(READY, 0, DONE);
    assert_memory_equal(dma_ram(RAM_BASE + 0x10000), fixture.disk.bytes, 0x10000);
    assert_memory_equal(dma_ram(RAM_BASE + 0x40000), &fixture.disk.bytes[0x10000], SECTOR);
    assert_int_equal(*dma_ram(RAM_BASE + 0x20000), FAKE_MEMORY_FILL);
}

/* More regions than a request has segments, none of them a sector: pieces are whole sectors all the same. */
static void many_small_regions(void **state)
{
    const unsigned regions = 20 * SECTOR / 5; /* of 6 and 4 bytes in turn */
    struct io_request *request;
    unsigned pieces = 0;
    uint64_t disk_at = 100 * SECTOR;

    (void)state;
    clear_notes();
    fixture.ide.run_dma = dma_hold;
    for (unsigned i = 0; i < regions; i++)
        dma_put_prd(i, BUFFER + 8 * i, i % 2 ? 4 : 6, i == regions - 1 ? IDE_PRD_END : 0);
    guest_put_28(100, 20);
    dma_command(ATA_CMD_READ_DMA, true);
    while ((request = ide_dma_submit(fixture.channel)) != NULL) {
        assert_int_equal(request->length, 2 * SECTOR); /* 256 regions are two and a half */
        assert_in_range(request->segment_count, 1, IO_MAX_SEGMENTS);
        dma_finish(request);
        pieces++;
    }
    assert_int_equal(pieces, 10);
    expect_dma_end(READY, 0, DONE);
    for (unsigned i = 0; i < regions; i++) {
        unsigned length = i % 2 ? 4 : 6;

        assert_memory_equal(dma_ram(BUFFER + 8 * i), &fixture.disk.bytes[disk_at], length);
        assert_int_equal(*dma_ram(BUFFER + 8 * i + length), FAKE_MEMORY_FILL);
        disk_at += length;
    }
}

/* 256 regions of two bytes are one sector, and one request. */
static void the_smallest_regions(void **state)
{
    (void)state;
    clear_notes();
    for (unsigned i = 0; i < 2 * SECTOR / 2; i++)
        dma_put_prd(i, BUFFER + 4 * i, 2, i == SECTOR - 1 ? IDE_PRD_END : 0);
    guest_put_28(100, 2);
    dma_command(ATA_CMD_READ_DMA, true);
    expect_dma_end(READY, 0, DONE);
    assert_int_equal(fixture.disk.reads, 2);
    for (unsigned i = 0; i < 2 * SECTOR; i++)
        assert_int_equal(*dma_ram(BUFFER + 4 * (i / 2) + i % 2),
                         fixture.disk.bytes[100 * SECTOR + i]);
}

/* 65536 sectors, in one command. */
static void the_largest_transfer(void **state)
{
    struct io_request *request;
    uint64_t moved = 0;

    (void)state;
    clear_notes();
    fixture.channel->drives[0].sectors = 65536;
    fixture.ide.run_dma = dma_hold;
    dma_put_table(RAM_2_BASE, 65536 * SECTOR);
    guest_put_48(0, 0);
    dma_command(ATA_CMD_READ_DMA_EXT, true);
    while ((request = ide_dma_submit(fixture.channel)) != NULL) {
        assert_int_equal(request->offset, moved);
        moved += request->length;
        request->transferred = request->length;
        ide_complete(fixture.channel, request);
    }
    assert_int_equal(moved, 65536 * SECTOR);
    expect_dma_end(READY, 0, DONE);
}

/* A table that is longer than the transfer: the drive is done, the bus master would go on. */
static void a_longer_table(void **state)
{
    (void)state;
    clear_notes();
    guest_put_28(7, 1);
    dma_put_table(BUFFER, SECTOR + 2);
    dma_command(ATA_CMD_READ_DMA, true);
    expect_dma_end(READY, 0, EARLY);
    assert_int_equal(dma_status() & IDE_DMA_STATUS_ACTIVE, 0); /* with the start bit it goes */
    assert_int_equal(*dma_ram(BUFFER + SECTOR), FAKE_MEMORY_FILL);
    dma_put_prd(0, BUFFER, SECTOR, 0);
    dma_put_prd(1, 0xfffffffe, 0xffff, 0); /* never looked at */
    guest_put_28(7, 1);
    dma_command(ATA_CMD_READ_DMA, true);
    expect_dma_end(READY, 0, EARLY);
}

/* Without a write cache data are on the disk before the command ends. */
static void write_cache_off(void **state)
{
    (void)state;
    clear_notes();
    guest_out8(ATA_FEATURES, 0x82);
    guest_command(ATA_CMD_SET_FEATURES);
    guest_in8(ATA_STATUS);
    fixture.ide.run_dma = dma_hold;
    guest_put_28(7, 1);
    dma_put_table(BUFFER, SECTOR);
    dma_command(ATA_CMD_WRITE_DMA, false);
    dma_finish(dma_submit());
    assert_int_equal(guest_alternate_status(), ATA_STATUS_BSY);
    assert_int_equal(fixture.disk.flushes, 0);
    dma_finish(dma_submit());
    assert_int_equal(fixture.disk.flushes, 1);
    expect_dma_end(READY, 0, DONE);
}

static void dma_and_pio_take_turns(void **state)
{
    uint8_t data[SECTOR];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        guest_put_28(i, 1);
        guest_command(ATA_CMD_READ_SECTORS);
        guest_read_words(data, sizeof data);
        assert_memory_equal(data, &fixture.disk.bytes[i * SECTOR], SECTOR);
        clear_notes();
        guest_put_28(i, 1);
        dma_put_table(BUFFER, SECTOR);
        dma_command(ATA_CMD_READ_DMA, true);
        expect_dma_end(READY, 0, DONE);
        assert_memory_equal(dma_ram(BUFFER), data, SECTOR);
    }
}

static int start_without(void **state)
{
    (void)state;
    return ide_fixture_start(true, true);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, ide_dma_fixture_start, ide_dma_fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_function),
        TEST(identify_says_which_modes),
        TEST(transfer_modes),
        cmocka_unit_test_setup_teardown(without_a_bus_master, start_without, ide_fixture_stop),
        TEST(registers),
        TEST(read_dma),
        TEST(write_dma),
        TEST(ext_commands_of_drive_1),
        TEST(the_start_bit_before_the_command),
        TEST(a_command_waits_for_the_start_bit),
        TEST(nien_keeps_the_interrupt_in),
        TEST(the_interrupt_bit_is_intrq),
        TEST(a_region_of_64_kib),
        TEST(many_small_regions),
        TEST(the_smallest_regions),
        TEST(the_largest_transfer),
        TEST(a_longer_table),
        TEST(write_cache_off),
        TEST(dma_and_pio_take_turns),
    };

    return cmocka_run_group_tests_name("IDE model, DMA", tests, NULL, NULL);
}
