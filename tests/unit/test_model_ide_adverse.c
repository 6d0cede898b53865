/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/ide*.c against a hostile guest and a failing host. */
#include "test.h"

#include "ide_fixture.h"

#include <errno.h>
#include <string.h>

static int start(void **state)
{
    (void)state;
    return ide_fixture_start(true, true);
}

static int start_drive_0_only(void **state)
{
    (void)state;
    return ide_fixture_start(true, false);
}

static int start_drive_1_only(void **state)
{
    (void)state;
    return ide_fixture_start(false, true);
}

static int start_empty(void **state)
{
    (void)state;
    return ide_fixture_start(false, false);
}

/* --- adverse cases ---------------------------------------------------------------------------- */

enum state { IDLE, READ_DRQ, WRITE_DRQ, FAULT, IN_RESET, HELD, STATES };

static void hold(struct ide_channel *c)
{
    (void)c;
}

static void bring_to(enum state state)
{
    fixture.ide.run = ide_run_inline;
    if (fixture.channel->in_flight)
        ide_complete(fixture.channel, &fixture.channel->request);
    guest_software_reset();
    guest_put_28(4, 2);
    switch (state) {
    case READ_DRQ:
        guest_command(ATA_CMD_READ_SECTORS);
        break;
    case WRITE_DRQ:
        guest_command(ATA_CMD_WRITE_SECTORS);
        break;
    case FAULT:
        guest_command(ATA_CMD_NOP);
        break;
    case IN_RESET:
        guest_control(ATA_CONTROL_SRST);
        break;
    case HELD:
        fixture.ide.run = hold;
        guest_command(ATA_CMD_READ_SECTORS);
        ide_submit(fixture.channel);
        break;
    default:
        break;
    }
}

static void expect_sane(void)
{
    assert_true(fixture.channel->position <= fixture.channel->limit);
    assert_true(fixture.channel->limit <= sizeof fixture.channel->buffer);
    assert_true(fixture.channel->selected < IDE_DRIVES);
    assert_int_not_equal(guest_alternate_status() & (ATA_STATUS_BSY | ATA_STATUS_DRDY), 0);
}

/* Adverse case 18: all 256 commands in each state. BSY and DRQ: ignored. */
static void case_18_every_command_in_every_state(void **unused)
{
    (void)unused;
    for (enum state state = IDLE; state < STATES; state++) {
        for (unsigned code = 0; code < 256; code++) {
            uint8_t before;

            bring_to(state);
            before = guest_alternate_status();
            guest_command((uint8_t)code);
            expect_sane();
            if (before & (ATA_STATUS_BSY | ATA_STATUS_DRQ))
                assert_int_equal(guest_alternate_status(), before);
            else
                assert_int_equal(guest_alternate_status() & ATA_STATUS_BSY, 0);
            guest_in_data(2);
            guest_out_data(2, 0);
            expect_sane();
        }
    }
    assert_true(disk_0_is_untouched());
}

static void registers_are_frozen_during_a_transfer(void **state)
{
    (void)state;
    guest_put_28(4, 1);
    guest_command(ATA_CMD_WRITE_SECTORS);
    guest_select(1);
    guest_put_28(0, 9);
    guest_write_words(0x11, SECTOR);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    assert_int_equal(fixture.disk.bytes[4 * SECTOR], 0x11);
    assert_true(fake_backend_untouched(&fixture.disk, 0, SECTOR));
    assert_int_equal(fixture.disk_1.writes, 0);
}

/* Adverse case 18: the selected drive is absent. */
static void case_18_absent_drive_1(void **state)
{
    (void)state;
    guest_select(1);
    assert_int_equal(guest_in8(ATA_STATUS), 0);
    assert_int_equal(guest_alternate_status(), 0);
    for (unsigned code = 0; code < 256; code++) {
        if (code == ATA_CMD_EXECUTE_DEVICE_DIAGNOSTIC)
            continue;
        guest_command((uint8_t)code);
        assert_int_equal(guest_in8(ATA_STATUS), 0);
        assert_int_equal(guest_in_data(2), 0xffffffff);
        guest_out_data(2, 0x1234);
    }
    assert_false(fixture.irq[0]);
    assert_int_equal(fixture.disk.reads, 0);
    assert_true(disk_0_is_untouched());
    guest_command(ATA_CMD_EXECUTE_DEVICE_DIAGNOSTIC); /* drive 0 answers for both */
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    expect_ata_signature();
    guest_software_reset();
    guest_select(1);
    assert_int_equal(guest_in8(ATA_STATUS), 0);
}

static void case_18_absent_drive_0(void **state)
{
    (void)state;
    assert_int_equal(guest_in8(ATA_STATUS), 0);
    guest_command(ATA_CMD_IDENTIFY_DEVICE);
    assert_int_equal(guest_in8(ATA_STATUS), 0);
    guest_command(ATA_CMD_EXECUTE_DEVICE_DIAGNOSTIC);
    assert_int_equal(guest_in8(ATA_STATUS), 0);
    guest_software_reset();
    assert_int_equal(guest_in8(ATA_STATUS), 0);
    guest_select(1);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
}

/* Adverse case 18: no drive at all: the bus floats. */
static void case_18_empty_channel_floats(void **state)
{
    (void)state;
    for (unsigned drive = 0; drive < 2; drive++) {
        guest_select(drive);
        for (unsigned code = 0; code < 256; code++)
            guest_command((uint8_t)code);
        for (unsigned reg = ATA_ERROR; reg <= ATA_STATUS; reg++)
            assert_int_equal(guest_in8(reg), ATA_FLOATING_BUS);
        assert_int_equal(guest_alternate_status(), ATA_FLOATING_BUS);
        assert_int_equal(guest_in_data(4), 0xffffffff);
        guest_out_data(4, 0);
        guest_software_reset();
    }
    assert_false(fixture.irq[0]);
    fixture.channel = &fixture.ide.channels[1];
    assert_int_equal(guest_in8(ATA_STATUS), ATA_FLOATING_BUS);
}

/* Adverse case 19: a million bytes to and from the data port in every state. */
static void case_19_a_million_bytes(void **unused)
{
    (void)unused;
    for (enum state state = IDLE; state < STATES; state++) {
        bring_to(state);
        for (unsigned i = 0; i < 125000; i++) {
            guest_out_data(4, 0x5a5a5a5a);
            guest_in_data(4);
        }
        expect_sane();
        if (state == WRITE_DRQ) /* its two sectors, and not a byte more */
            assert_int_equal(fixture.disk.writes, 2);
    }
    assert_true(fake_backend_untouched(&fixture.disk, 0, 4 * SECTOR));
    assert_true(fake_backend_untouched(&fixture.disk, 6 * SECTOR, DISK_LENGTH - 6 * SECTOR));
    bring_to(IDLE);
    assert_int_equal(guest_in_data(2), 0xffffffff);
}

/* Adverse case 20: the last sector, one past it, and ranges that cross the end. */
static void case_20_ranges(void **state)
{
    static const struct {
        uint64_t lba;
        uint16_t count;
        bool good;
    } ranges[] = {
        {SECTORS - 2, 1, true},     {SECTORS - 1, 1, true},     {SECTORS, 1, false},
        {SECTORS - 1, 2, false},    {SECTORS - 256, 256, true}, {SECTORS - 255, 256, false},
        {0x0fffffff, 1, false},     {0x800000000000, 1, false}, {0xffffffffffff, 1, false},
        {0xffffffffffff, 0, false}, {SECTORS - 1, 0, false},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        guest_put_48(ranges[i].lba, ranges[i].count);
        guest_command(ATA_CMD_READ_SECTORS_EXT);
        if (ranges[i].good)
            assert_int_equal(guest_in8(ATA_STATUS), WITH_DATA);
        else
            expect_ata_error(FAILED, ATA_ERROR_IDNF);
        guest_software_reset();
        if (ranges[i].lba <= 0x0fffffff && ranges[i].count <= 256) {
            guest_put_28((uint32_t)ranges[i].lba, (uint8_t)ranges[i].count);
            guest_command(ATA_CMD_WRITE_SECTORS);
            if (ranges[i].good)
                assert_int_equal(guest_in8(ATA_STATUS), WITH_DATA);
            else
                expect_ata_error(FAILED, ATA_ERROR_IDNF);
            guest_software_reset();
        }
    }
    assert_true(disk_0_is_untouched());
}

/* Adverse case 20: count 0 is 256, or 65536. */
static void case_20_count_0(void **state)
{
    unsigned sectors = 0;

    (void)state;
    guest_put_28(0, 0);
    guest_command(ATA_CMD_READ_SECTORS);
    while (guest_alternate_status() & ATA_STATUS_DRQ) {
        uint8_t data[SECTOR];

        guest_read_words(data, SECTOR);
        sectors++;
    }
    assert_int_equal(sectors, 256);
    assert_int_equal(guest_alternate_status(), READY);
    guest_put_48(0, 0);
    guest_command(ATA_CMD_READ_SECTORS_EXT); /* the disk is smaller than that */
    expect_ata_error(FAILED, ATA_ERROR_IDNF);
    fixture.channel->drives[0].sectors = 65536;
    fixture.ide.run = hold;
    guest_put_48(0, 0);
    guest_command(ATA_CMD_READ_SECTORS_EXT);
    assert_int_equal(fixture.channel->sectors_left, 65536);
}

/* Adverse case 21: reset in the middle of a write. */
static void case_21_reset_before_the_block_is_full(void **state)
{
    (void)state;
    guest_put_28(40, 2);
    guest_command(ATA_CMD_WRITE_SECTORS);
    guest_write_words(0x11, SECTOR);
    guest_write_words(0x22, SECTOR - 2);
    guest_software_reset();
    guest_write_words(0x33, 4 * SECTOR);
    assert_int_equal(fixture.disk.writes, 1);
    assert_int_equal(fixture.disk.bytes[40 * SECTOR], 0x11);
    assert_true(fake_backend_untouched(&fixture.disk, 0, 40 * SECTOR));
    assert_true(fake_backend_untouched(&fixture.disk, 41 * SECTOR, DISK_LENGTH - 41 * SECTOR));
}

static void case_21_reset_in_flight(void **state)
{
    struct io_request *request;

    (void)state;
    fixture.ide.run = hold;
    guest_put_28(40, 2);
    guest_command(ATA_CMD_WRITE_SECTORS);
    guest_write_words(0x11, SECTOR);
    assert_int_equal(guest_alternate_status(), ATA_STATUS_BSY);
    request = ide_submit(fixture.channel);
    assert_non_null(request);
    assert_null(ide_submit(fixture.channel));
    guest_software_reset();
    assert_int_equal(guest_alternate_status(), ATA_STATUS_BSY); /* the buffer is still in use */
    guest_put_28(0, 1);
    guest_command(ATA_CMD_WRITE_SECTORS);
    guest_write_words(0x99, SECTOR);
    backend_run(request);
    ide_complete(fixture.channel, request);
    assert_int_equal(guest_alternate_status(), READY);
    assert_false(fixture.irq[0]);
    assert_null(ide_submit(fixture.channel));
    expect_ata_signature();
    for (unsigned i = 0; i < SECTOR; i++)
        assert_int_equal(fixture.disk.bytes[40 * SECTOR + i], 0x11);
    assert_true(fake_backend_untouched(&fixture.disk, 0, 40 * SECTOR));
    assert_true(fake_backend_untouched(&fixture.disk, 41 * SECTOR, DISK_LENGTH - 41 * SECTOR));
}

static void case_21_machine_reset_in_flight(void **state)
{
    struct io_request *request;

    (void)state;
    fixture.ide.run = hold;
    guest_put_28(40, 1);
    guest_command(ATA_CMD_READ_SECTORS);
    request = ide_submit(fixture.channel);
    assert_non_null(request);
    ide_reset(&fixture.ide);
    backend_run(request);
    ide_complete(fixture.channel, request);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    assert_int_equal(guest_in_data(2), 0xffffffff);
}

/* --- a failing host --------------------------------------------------------------------------- */

/* Adverse case 33: errors, short transfers, EINTR. */
static void case_33_read_errors(void **state)
{
    uint8_t data[2 * SECTOR];

    (void)state;
    fixture.disk.read_error = EIO;
    fixture.disk.error_at = 7 * SECTOR;
    guest_put_28(5, 4);
    guest_command(ATA_CMD_READ_SECTORS);
    guest_read_words(data, sizeof data);
    assert_true(fixture.irq[0]);
    expect_ata_error(FAILED, ATA_ERROR_UNC);
    assert_int_equal(guest_in8(ATA_LBA_LOW), 7); /* where it happened */
    assert_int_equal(guest_in_data(2), 0xffffffff);
    assert_memory_equal(data, &fixture.disk.bytes[5 * SECTOR], sizeof data);
}

static void case_33_write_errors(void **state)
{
    (void)state;
    fixture.disk.write_error = ENOSPC;
    fixture.disk.error_at = 6 * SECTOR;
    guest_put_28(5, 2);
    guest_command(ATA_CMD_WRITE_SECTORS);
    guest_write_words(0x11, SECTOR);
    guest_write_words(0x11, SECTOR);
    assert_true(fixture.irq[0]);
    expect_ata_error(FAILED | ATA_STATUS_DF, ATA_ERROR_ABRT);
    assert_int_equal(guest_in8(ATA_LBA_LOW), 6);
    fixture.disk.write_error = 0;
    guest_command(ATA_CMD_FLUSH_CACHE);
    expect_ata_error(READY, 0);
}

static void case_33_short_transfers_and_eintr(void **state)
{
    uint8_t data[SECTOR];

    (void)state;
    fixture.disk.most = 100;
    fixture.disk.interruptions = 3;
    guest_put_28(5, 1);
    guest_command(ATA_CMD_READ_SECTORS);
    guest_read_words(data, SECTOR);
    assert_memory_equal(data, &fixture.disk.bytes[5 * SECTOR], SECTOR);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
}

/* Adverse case 34: the image got shorter. */
static void case_34_truncated_image(void **state)
{
    (void)state;
    fixture.disk.length = 9 * SECTOR + 100;
    guest_put_28(9, 1);
    guest_command(ATA_CMD_READ_SECTORS);
    expect_ata_error(FAILED, ATA_ERROR_UNC);
    guest_set_multiple(4);
    guest_put_28(8, 4);
    guest_command(ATA_CMD_READ_MULTIPLE);
    expect_ata_error(FAILED, ATA_ERROR_UNC);
    assert_int_equal(guest_in8(ATA_LBA_LOW), 9);
}

/* Adverse case 35: after a failed flush every write and flush fails. */
static void case_35_failed_flush(void **state)
{
    (void)state;
    fixture.disk.flush_error = EIO;
    guest_command(ATA_CMD_FLUSH_CACHE);
    expect_ata_error(FAILED | ATA_STATUS_DF, ATA_ERROR_ABRT);
    fixture.disk.flush_error = 0;
    guest_put_28(0, 1);
    guest_command(ATA_CMD_WRITE_SECTORS);
    guest_write_words(0x11, SECTOR);
    expect_ata_error(FAILED | ATA_STATUS_DF, ATA_ERROR_ABRT);
    guest_software_reset();
    guest_command(ATA_CMD_FLUSH_CACHE_EXT);
    expect_ata_error(FAILED | ATA_STATUS_DF, ATA_ERROR_ABRT);
    assert_true(disk_0_is_untouched());
}

#define TEST_WITH(function, setup)                                                                 \
    cmocka_unit_test_setup_teardown(function, setup, ide_fixture_stop)
#define TEST(function) TEST_WITH(function, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(case_18_every_command_in_every_state),
        TEST(registers_are_frozen_during_a_transfer),
        TEST_WITH(case_18_absent_drive_1, start_drive_0_only),
        TEST_WITH(case_18_absent_drive_0, start_drive_1_only),
        TEST_WITH(case_18_empty_channel_floats, start_empty),
        TEST(case_19_a_million_bytes),
        TEST(case_20_ranges),
        TEST(case_20_count_0),
        TEST(case_21_reset_before_the_block_is_full),
        TEST(case_21_reset_in_flight),
        TEST(case_21_machine_reset_in_flight),
        TEST(case_33_read_errors),
        TEST(case_33_write_errors),
        TEST(case_33_short_transfers_and_eintr),
        TEST(case_34_truncated_image),
        TEST(case_35_failed_flush),
    };

    return cmocka_run_group_tests_name("IDE model, adverse cases", tests, NULL, NULL);
}
