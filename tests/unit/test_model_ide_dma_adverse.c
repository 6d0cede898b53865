/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/ide_dma*.c against a hostile guest and a failing host. */
#include "test.h"

#include "ide_dma_fixture.h"

#include <errno.h>
#include <string.h>

#define NOTES (IDE_DMA_STATUS_CAPABLE_0 | IDE_DMA_STATUS_CAPABLE_1)
#define DONE IDE_DMA_STATUS_INTERRUPT
#define ERROR (IDE_DMA_STATUS_INTERRUPT | IDE_DMA_STATUS_ERROR)
#define EARLY (IDE_DMA_STATUS_INTERRUPT | IDE_DMA_STATUS_ACTIVE)

static bool ram_is_untouched(uint64_t gpa, uint64_t length)
{
    const uint8_t *host = guest_ptr(&dma_memory, gpa, length);

    for (uint64_t i = 0; i < length; i++)
        if (host[i] != FAKE_MEMORY_FILL)
            return false;
    return true;
}

/* A transfer of two pieces at LBA 40, held after the first has been handed out. */
#define HELD_LBA 40
#define HELD_SECTORS 257
#define HELD_FIRST 256

static struct io_request *start_held(bool to_memory)
{
    fixture.ide.run_dma = dma_hold;
    for (unsigned i = 0; i < HELD_SECTORS; i++)
        dma_put_prd(i, BUFFER + i * SECTOR, SECTOR, i == HELD_SECTORS - 1 ? IDE_PRD_END : 0);
    guest_put_48(HELD_LBA, HELD_SECTORS);
    dma_command(to_memory ? ATA_CMD_READ_DMA_EXT : ATA_CMD_WRITE_DMA_EXT, to_memory);
    return dma_submit();
}

/* --- every command, every state, the data port ------------------------------------------------- */

enum state { IDLE, WAITING, MOVING, STOPPED, STATES };

static struct io_request *held;

static void bring_to(enum state state)
{
    if (held != NULL)
        dma_finish(held);
    held = NULL;
    dma_out(IDE_DMA_COMMAND, 1, 0);
    guest_software_reset();
    guest_put_28(4, 2);
    if (state == WAITING)
        guest_command(ATA_CMD_READ_DMA);
    if (state == MOVING || state == STOPPED)
        held = start_held(true);
    if (state == STOPPED)
        dma_out(IDE_DMA_COMMAND, 1, 0);
}

/* Adverse case 18: all 256 commands in each state of a DMA command. */
static void case_18_every_command_in_every_state(void **unused)
{
    (void)unused;
    for (enum state state = IDLE; state < STATES; state++) {
        for (unsigned code = 0; code < 256; code++) {
            bring_to(state);
            guest_command((uint8_t)code);
            if (state != IDLE)
                assert_int_equal(guest_alternate_status(), ATA_STATUS_BSY);
            assert_int_not_equal(guest_alternate_status() & (ATA_STATUS_BSY | ATA_STATUS_DRDY), 0);
            assert_true(fixture.channel->limit <= sizeof fixture.channel->buffer);
        }
    }
    bring_to(IDLE);
    assert_true(disk_0_is_untouched());
}

/* Adverse case 18: the selected drive is absent. */
static void case_18_absent_drive(void **state)
{
    (void)state;
    fixture.channel =
        &fixture.ide.channels[1]; /* nobody there: the registers of the other one do not care */
    guest_put_28(0, 1);
    guest_command(ATA_CMD_READ_DMA);
    dma_out(IDE_DMA_CHANNEL_SIZE + IDE_DMA_TABLE, 4, TABLE);
    dma_out(IDE_DMA_CHANNEL_SIZE + IDE_DMA_COMMAND, 1,
            IDE_DMA_COMMAND_START | IDE_DMA_COMMAND_TO_MEMORY);
    assert_null(ide_dma_submit(fixture.channel));
    assert_int_equal(dma_in(IDE_DMA_CHANNEL_SIZE + IDE_DMA_STATUS, 1), IDE_DMA_STATUS_ACTIVE);
    dma_out(IDE_DMA_CHANNEL_SIZE + IDE_DMA_COMMAND, 1, 0);
    assert_int_equal(dma_in(IDE_DMA_CHANNEL_SIZE + IDE_DMA_STATUS, 1), 0);
    assert_false(fixture.irq[1]);
}

/* Adverse case 19: a million bytes to and from the data port in every state. */
static void case_19_a_million_bytes(void **unused)
{
    (void)unused;
    for (enum state state = IDLE; state < STATES; state++) {
        bring_to(state);
        for (unsigned i = 0; i < 125000; i++) {
            guest_out_data(4, 0x5a5a5a5a);
            assert_int_equal(guest_in_data(4), 0xffffffff);
        }
    }
    bring_to(IDLE);
    assert_true(disk_0_is_untouched());
}

/* Adverse case 20: the last sector, one past it, and ranges that cross the end. */
static void case_20_ranges(void **state)
{
    static const struct {
        uint64_t lba;
        uint16_t count;
        bool good;
    } ranges[] = {
        {SECTORS - 1, 1, true},     {SECTORS, 1, false},        {SECTORS - 1, 2, false},
        {SECTORS - 256, 256, true}, {SECTORS - 1, 0, false},    {0, 0, false},
        {0xffffffffffff, 1, false}, {0xffffffffffff, 0, false},
    };

    (void)state;
    dma_put_table(BUFFER, 256 * SECTOR);
    for (unsigned i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        guest_put_48(ranges[i].lba, ranges[i].count);
        dma_command(ATA_CMD_READ_DMA_EXT, true);
        dma_out(IDE_DMA_COMMAND, 1, 0);
        if (ranges[i].good)
            expect_ata_error(READY, 0);
        else
            expect_ata_error(FAILED, ATA_ERROR_IDNF);
    }
    guest_put_28(SECTORS - 1, 2);
    dma_command(ATA_CMD_WRITE_DMA, false);
    expect_dma_end(FAILED, ATA_ERROR_IDNF, EARLY); /* the drive has ended it, and says so */
    guest_put_28(0, 1);
    guest_out8(ATA_DEVICE, ATA_DEVICE_BASE); /* CHS */
    dma_command(ATA_CMD_READ_DMA, true);
    expect_dma_end(FAILED, ATA_ERROR_ABRT, EARLY);
    assert_true(disk_0_is_untouched());
}

/* --- resets in the middle ---------------------------------------------------------------------- */

static void expect_one_piece_written(void)
{
    const uint64_t at = HELD_LBA * SECTOR, length = HELD_FIRST * SECTOR;

    assert_int_equal(fixture.disk.writes, 1);
    for (uint64_t i = 0; i < length; i++)
        if (fixture.disk.bytes[at + i] != FAKE_MEMORY_FILL)
            fail_msg("byte %u is not the guest's", (unsigned)i);
    assert_true(fake_backend_untouched(&fixture.disk, 0, at));
    assert_true(fake_backend_untouched(&fixture.disk, at + length, DISK_LENGTH - at - length));
}

/* Adverse case 21: what was in flight lands at its own LBA, and nothing else anywhere. */
static void case_21_software_reset_in_a_write(void **state)
{
    struct io_request *request = start_held(false);

    (void)state;
    guest_software_reset();
    assert_int_equal(guest_alternate_status(), ATA_STATUS_BSY);
    guest_put_28(0, 1);
    guest_command(ATA_CMD_WRITE_DMA); /* ignored */
    dma_finish(request);
    assert_int_equal(guest_alternate_status(), READY);
    expect_ata_signature();
    assert_null(ide_dma_submit(fixture.channel));
    assert_false(fixture.irq[0]);
    expect_one_piece_written();
    guest_put_28(1, 1); /* and it goes on */
    dma_put_table(BUFFER, SECTOR);
    dma_out(IDE_DMA_COMMAND, 1, 0);
    fixture.ide.run_dma = ide_run_dma_inline;
    dma_command(ATA_CMD_READ_DMA, true);
    assert_memory_equal(dma_ram(BUFFER), &fixture.disk.bytes[SECTOR], SECTOR);
}

static void case_21_machine_reset_in_a_write(void **state)
{
    struct io_request *request = start_held(false);

    (void)state;
    ide_reset(&fixture.ide);
    assert_int_equal(dma_status(), NOTES);
    assert_int_equal(guest_alternate_status(), ATA_STATUS_BSY);
    dma_finish(request);
    assert_null(ide_dma_submit(fixture.channel));
    assert_int_equal(guest_alternate_status(), READY);
    assert_int_equal(dma_status(), NOTES);
    expect_one_piece_written();
}

/* Once the reset is seen to be over, nothing lands in guest memory any more. */
static void case_21_resets_in_a_read(void **state)
{
    (void)state;
    for (unsigned machine = 0; machine < 2; machine++) {
        struct io_request *request = start_held(true);

        if (machine)
            ide_reset(&fixture.ide);
        else
            guest_software_reset();
        assert_int_equal(guest_alternate_status(), ATA_STATUS_BSY);
        dma_finish(request);
        assert_int_equal(guest_alternate_status(), READY);
        assert_null(ide_dma_submit(fixture.channel));
        assert_true(ram_is_untouched(BUFFER + HELD_FIRST * SECTOR, SECTOR));
        dma_out(IDE_DMA_COMMAND, 1, 0);
    }
}

static void case_21_reset_between_two_pieces(void **state)
{
    struct io_request *request = start_held(false);

    (void)state;
    dma_finish(request);
    guest_software_reset();
    assert_int_equal(guest_alternate_status(), READY);
    assert_null(ide_dma_submit(fixture.channel));
    expect_one_piece_written();
}

/* The start bit taken away is an abort, told when guest memory is free. */
static void stopped_in_flight(void **state)
{
    struct io_request *request = start_held(true);

    (void)state;
    dma_out(IDE_DMA_COMMAND, 1, 0);
    assert_int_equal(dma_status() & IDE_DMA_STATUS_ACTIVE, 0);
    assert_int_equal(guest_alternate_status(), ATA_STATUS_BSY);
    dma_out(IDE_DMA_COMMAND, 1, IDE_DMA_COMMAND_START | IDE_DMA_COMMAND_TO_MEMORY); /* too late */
    assert_null(ide_dma_submit(fixture.channel));
    dma_finish(request);
    assert_null(ide_dma_submit(fixture.channel));
    expect_dma_end(FAILED, ATA_ERROR_ABRT, EARLY);
    assert_true(ram_is_untouched(BUFFER + HELD_FIRST * SECTOR, SECTOR));
}

static void stopped_between_two_pieces(void **state)
{
    struct io_request *request = start_held(true);

    (void)state;
    dma_finish(request);
    dma_out(IDE_DMA_COMMAND, 1, 0);
    assert_null(ide_dma_submit(fixture.channel));
    expect_dma_end(FAILED, ATA_ERROR_ABRT, DONE);
}

/* --- the table --------------------------------------------------------------------------------- */

/* The command fails with the error bit, nothing has moved, and the next one works. */
static void expect_refused(uint32_t table, uint16_t sectors)
{
    unsigned reads = fixture.disk.reads, writes = fixture.disk.writes;

    for (unsigned write = 0; write < 2; write++) {
        guest_put_48(4, sectors);
        dma_out(IDE_DMA_TABLE, 4, table);
        dma_out(IDE_DMA_COMMAND, 1, write ? 0 : IDE_DMA_COMMAND_TO_MEMORY);
        dma_out(IDE_DMA_STATUS, 1, 0xff & ~NOTES);
        guest_command(write ? ATA_CMD_WRITE_DMA_EXT : ATA_CMD_READ_DMA_EXT);
        dma_out(IDE_DMA_COMMAND, 1,
                IDE_DMA_COMMAND_START | (write ? 0 : IDE_DMA_COMMAND_TO_MEMORY));
        expect_dma_end(FAILED, ATA_ERROR_ABRT, ERROR);
    }
    assert_int_equal(fixture.disk.reads, reads);
    assert_int_equal(fixture.disk.writes, writes);
    assert_true(ram_is_untouched(BUFFER, 0x10000));
    assert_true(ram_is_untouched(RAM_END - 0x8000, 0x8000));
}

/* Adverse case 22: no end mark: the walk ends with the transfer, */
static void case_22_no_end_mark(void **state)
{
    (void)state;
    guest_put_28(4, 2);
    dma_put_prd(0, BUFFER, SECTOR, 0);
    dma_put_prd(1, BUFFER + SECTOR, SECTOR, 0);
    dma_put_prd(2, 0xfffff000, 0, 0); /* not looked at */
    dma_command(ATA_CMD_READ_DMA, true);
    expect_dma_end(READY, 0, EARLY);
    assert_memory_equal(dma_ram(BUFFER), &fixture.disk.bytes[4 * SECTOR], 2 * SECTOR);
}

/* or after 64 KiB of table. */
static void case_22_an_endless_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < IDE_PRD_MAX + 100; i++)
        dma_put_prd(i, RAM_BASE + 0x18000, 2, 0);
    expect_refused(TABLE, 33); /* 8192 descriptors of two bytes are 32 sectors */
}

/* Adverse case 22: it ends before the transfer does. */
static void case_22_short_tables(void **state)
{
    (void)state;
    dma_put_prd(0, BUFFER, SECTOR - 2, IDE_PRD_END);
    dma_put_prd(1, BUFFER + SECTOR, SECTOR, IDE_PRD_END);
    expect_refused(TABLE, 1);
    dma_put_prd(0, BUFFER, SECTOR, 0);
    expect_refused(TABLE, 3);
}

/* Adverse case 22: odd addresses and lengths; a region over a multiple of 64 KiB. */
static void case_22_unsound_regions(void **state)
{
    static const struct {
        uint32_t address;
        uint16_t count;
    } regions[] = {{BUFFER + 1, SECTOR},
                   {BUFFER, SECTOR + 1},
                   {BUFFER + 0xff00, SECTOR},
                   {BUFFER + 2, 0 /* 64 KiB */},
                   {0xffffffff, 0xffff}};

    (void)state;
    for (unsigned i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        dma_put_prd(0, regions[i].address, regions[i].count, IDE_PRD_END);
        expect_refused(TABLE, 1);
        dma_put_prd(0, BUFFER, SECTOR, 0); /* as the second of two */
        dma_put_prd(1, regions[i].address, regions[i].count, IDE_PRD_END);
        expect_refused(TABLE, 2);
    }
}

/* Adverse case 22: over the end of RAM, into a hole, into a device's window, at 0. */
static void case_22_regions_outside_ram(void **state)
{
    static const uint32_t addresses[] = {
        RAM_END - SECTOR + 2, RAM_END, RAM_BASE - SECTOR, RAM_BASE - 2, 0xfe000000, 0xfffffe00, 0};

    (void)state;
    for (unsigned i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        dma_put_prd(0, addresses[i], SECTOR, IDE_PRD_END);
        expect_refused(TABLE, 1);
    }
    dma_put_prd(0, RAM_END - 0x8000, 0, IDE_PRD_END); /* 64 KiB, of which 32 are there */
    expect_refused(TABLE, 128);
}

/* Adverse case 22: the last byte of RAM is still RAM. What the transfer does not need is not looked at. */
static void case_22_at_the_end_of_ram(void **state)
{
    (void)state;
    guest_put_28(4, 1);
    dma_put_prd(0, RAM_END - SECTOR, SECTOR, IDE_PRD_END);
    dma_command(ATA_CMD_READ_DMA, true);
    expect_dma_end(READY, 0, DONE);
    assert_memory_equal(dma_ram(RAM_END - SECTOR), &fixture.disk.bytes[4 * SECTOR], SECTOR);
    guest_put_28(5, 1);
    dma_put_prd(0, RAM_END - SECTOR, 2 * SECTOR, IDE_PRD_END);
    dma_command(ATA_CMD_READ_DMA, true);
    expect_dma_end(READY, 0, EARLY);
}

/* Adverse case 22: the table itself. */
static void case_22_tables_outside_ram(void **state)
{
    static const uint32_t tables[] = {RAM_END, RAM_END - 4, RAM_BASE - 4,
                                      0,       0xfffffffc,  0xfe000000};

    (void)state;
    for (unsigned i = 0; i < sizeof tables / sizeof tables[0]; i++)
        expect_refused(tables[i], 1);
    /* its first descriptor is the last of RAM, and the next one is not there */
    struct ide_prd prd = {.address = BUFFER, .count = SECTOR};
    assert_true(guest_write(&dma_memory, RAM_END - sizeof prd, &prd, sizeof prd));
    guest_put_28(4, 2);
    dma_out(IDE_DMA_TABLE, 4, RAM_END - sizeof prd);
    dma_out(IDE_DMA_COMMAND, 1, IDE_DMA_COMMAND_TO_MEMORY);
    guest_command(ATA_CMD_READ_DMA);
    dma_out(IDE_DMA_COMMAND, 1, IDE_DMA_COMMAND_TO_MEMORY | IDE_DMA_COMMAND_START);
    expect_dma_end(FAILED, ATA_ERROR_ABRT, ERROR);
    assert_int_equal(fixture.disk.reads, 0);
}

/* A descriptor is copied once: what the guest makes of it afterwards does not count. */
static void the_table_is_read_once(void **state)
{
    struct io_request *request;

    (void)state;
    request = start_held(true);
    for (unsigned i = 0; i < HELD_SECTORS; i++)
        dma_put_prd(i, 0xfe000000, 1, 0);
    dma_out(IDE_DMA_TABLE, 4, 0xfffffffc);
    dma_finish(request);
    dma_finish(dma_submit());
    expect_dma_end(READY, 0, DONE);
    assert_memory_equal(dma_ram(BUFFER), &fixture.disk.bytes[HELD_LBA * SECTOR],
                        HELD_SECTORS * SECTOR);
}

static void the_wrong_direction(void **state)
{
    (void)state;
    dma_put_table(BUFFER, SECTOR);
    guest_put_28(4, 1);
    dma_command(ATA_CMD_READ_DMA, false);
    expect_dma_end(FAILED, ATA_ERROR_ABRT, ERROR);
    guest_put_28(4, 1);
    dma_command(ATA_CMD_WRITE_DMA, true);
    expect_dma_end(FAILED, ATA_ERROR_ABRT, ERROR);
    assert_true(ram_is_untouched(BUFFER, SECTOR));
    assert_true(disk_0_is_untouched());
}

static void without_bus_mastering(void **state)
{
    (void)state;
    pci_device_set_config16(&fixture.ide.pci, PCI_COMMAND, PCI_COMMAND_IO);
    dma_put_table(BUFFER, SECTOR);
    guest_put_28(4, 1);
    dma_command(ATA_CMD_READ_DMA, true);
    expect_dma_end(FAILED, ATA_ERROR_ABRT, ERROR);
    assert_true(ram_is_untouched(BUFFER, SECTOR));
}

/* --- a failing host ---------------------------------------------------------------------------- */

/* Adverse case 16: a read-only disk. */
static void case_16_write_to_a_read_only_disk(void **state)
{
    (void)state;
    fixture.disk.backend.read_only = true;
    dma_put_table(BUFFER, SECTOR);
    guest_put_28(4, 1);
    dma_command(ATA_CMD_WRITE_DMA, false);
    expect_dma_end(FAILED, ATA_ERROR_ABRT, EARLY);
    assert_true(disk_0_is_untouched());
}

/* Adverse case 33: errors, in the second piece of a transfer. */
static void case_33_errors(void **state)
{
    struct io_request *request = start_held(true);

    (void)state;
    fixture.disk.read_error = EIO;
    fixture.disk.error_at = (HELD_LBA + HELD_FIRST) * SECTOR;
    dma_finish(request);
    dma_finish(dma_submit());
    assert_null(ide_dma_submit(fixture.channel));
    expect_dma_end(FAILED, ATA_ERROR_UNC, EARLY);
    assert_int_equal(guest_in8(ATA_LBA_LOW), (HELD_LBA + HELD_FIRST) & 0xff);
    assert_int_equal(guest_in8(ATA_LBA_MID), (HELD_LBA + HELD_FIRST) >> 8);

    request = start_held(false);
    fixture.disk.write_error = ENOSPC;
    fixture.disk.error_at = (HELD_LBA + 3) * SECTOR;
    dma_finish(request);
    expect_dma_end(FAILED | ATA_STATUS_DF, ATA_ERROR_ABRT, EARLY);
    assert_int_equal(guest_in8(ATA_LBA_LOW), HELD_LBA + 3);
}

/* Adverse case 33: short transfers and EINTR. */
static void case_33_short_transfers_and_eintr(void **state)
{
    (void)state;
    fixture.disk.most = 100;
    fixture.disk.interruptions = 3;
    guest_put_28(5, 4);
    dma_put_table(BUFFER, 4 * SECTOR);
    dma_command(ATA_CMD_READ_DMA, true);
    expect_dma_end(READY, 0, DONE);
    assert_memory_equal(dma_ram(BUFFER), &fixture.disk.bytes[5 * SECTOR], 4 * SECTOR);
}

/* Adverse case 34: the image got shorter. */
static void case_34_truncated_image(void **state)
{
    (void)state;
    fixture.disk.length = 9 * SECTOR + 100;
    guest_put_28(8, 4);
    dma_put_table(BUFFER, 4 * SECTOR);
    dma_command(ATA_CMD_READ_DMA, true);
    expect_dma_end(FAILED, ATA_ERROR_UNC, EARLY);
    assert_int_equal(guest_in8(ATA_LBA_LOW), 9);
}

/* Adverse case 35: after a failed flush every write fails, by DMA too. */
static void case_35_failed_flush(void **state)
{
    (void)state;
    fixture.disk.flush_error = EIO;
    guest_command(ATA_CMD_FLUSH_CACHE);
    expect_ata_error(FAILED | ATA_STATUS_DF, ATA_ERROR_ABRT);
    fixture.disk.flush_error = 0;
    guest_put_28(5, 4);
    dma_put_table(BUFFER, 4 * SECTOR);
    dma_command(ATA_CMD_WRITE_DMA, false);
    expect_dma_end(FAILED | ATA_STATUS_DF, ATA_ERROR_ABRT, EARLY);
    assert_true(disk_0_is_untouched());
}

static int start(void **state)
{
    held = NULL;
    ide_dma_fixture_start(state);
    dma_out(IDE_DMA_STATUS, 1, 0); /* without the notes */
    return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, ide_dma_fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(case_16_write_to_a_read_only_disk),
        TEST(case_18_every_command_in_every_state),
        TEST(case_18_absent_drive),
        TEST(case_19_a_million_bytes),
        TEST(case_20_ranges),
        TEST(case_21_software_reset_in_a_write),
        TEST(case_21_machine_reset_in_a_write),
        TEST(case_21_resets_in_a_read),
        TEST(case_21_reset_between_two_pieces),
        TEST(stopped_in_flight),
        TEST(stopped_between_two_pieces),
        TEST(case_22_no_end_mark),
        TEST(case_22_an_endless_table),
        TEST(case_22_short_tables),
        TEST(case_22_unsound_regions),
        TEST(case_22_regions_outside_ram),
        TEST(case_22_at_the_end_of_ram),
        TEST(case_22_tables_outside_ram),
        TEST(the_table_is_read_once),
        TEST(the_wrong_direction),
        TEST(without_bus_mastering),
        TEST(case_33_errors),
        TEST(case_33_short_transfers_and_eintr),
        TEST(case_34_truncated_image),
        TEST(case_35_failed_flush),
    };

    return cmocka_run_group_tests_name("IDE model, DMA, adverse cases", tests, NULL, NULL);
}
