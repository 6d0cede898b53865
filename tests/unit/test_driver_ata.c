/* SPDX-License-Identifier: MIT */
/* drivers/ata.c and drivers/ata_identity.c against a fake channel, one that lies included. */
#include "test.h"

#include <string.h>

#include "drivers/abi/machine.h"
#include "drivers/ata.h"
#include "drivers/errors.h"
#include "drivers/poll.h"
#include "fake_ata.h"
#include "fake_io.h"
#include "fake_platform.h"

#define SECONDS 1000000000ull
#define TIMEOUT_NS (POLL_TIMEOUT_MS * 1000000ull)
#define SMALL 1000ull       /* sectors of an ordinary disk here */
#define LARGE 0x20000000ull /* beyond 28 bits */

static struct fake_ata ata;
static struct ata_drive drive;
static uint8_t buffer[600 * ATA_SECTOR_SIZE];

static int setup(void **state)
{
    (void)state;
    memset(&ata, 0, sizeof(ata));
    memset(buffer, 0, sizeof(buffer));
    fake_ata_add(&ata, 0, SMALL);
    fake_io_set(&(struct fake_io){.in = fake_ata_in, .out = fake_ata_out, .context = &ata});
    fake_platform_reset();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return ata.misuses == 0 ? 0 : -1;
}

static int init(uint8_t unit, uint8_t max_multiple)
{
    return ata_init(&drive, PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL, unit, max_multiple);
}

static void check_pattern(unsigned unit, uint32_t first_byte, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        if (buffer[i] != fake_ata_pattern(unit, first_byte + i))
            fail_msg("byte %u differs", i);
}

/* --- finding and identifying ------------------------------------------------------------------ */

static void init_reads_what_the_drive_is(void **state)
{
    (void)state;
    assert_int_equal(init(0, 128), ERR_OK);
    assert_string_equal(drive.block.name, "ata0");
    assert_string_equal(drive.model, "Fake");
    assert_int_equal(drive.block.size, SMALL * 512);
    assert_int_equal(drive.block.write_end, SMALL * 512);
    assert_int_equal(drive.block.block_size, 512);
    assert_int_equal(drive.block.depth, 1);
    assert_int_equal(drive.block.max_transfer, 1024 * 1024);
    assert_true(drive.lba48);
    assert_true(drive.flush_ext);
    assert_int_equal(drive.multiple, 16);
    assert_int_equal(ata.drives[0].multiple, 16);
    assert_true(ata.control & ATA_CONTROL_NIEN);
    assert_int_equal(fake_io_counts.string_reads, 1);
}

static void multiple_is_a_power_of_two_within_both_limits(void **state)
{
    (void)state;
    assert_int_equal(init(0, 7), ERR_OK);
    assert_int_equal(drive.multiple, 4);
    ata.drives[0].id[ATA_ID_MAX_MULTIPLE] = 0x8000;
    assert_int_equal(init(0, 16), ERR_OK);
    assert_int_equal(drive.multiple, 0);
    ata.drives[0].id[ATA_ID_MAX_MULTIPLE] = 0x8010;
    unsigned commands = ata.commands;
    assert_int_equal(init(0, 1), ERR_OK);
    assert_int_equal(drive.multiple, 0);
    assert_int_equal(ata.commands, commands + 1);
}

/* What the drive offers is what it gets, up to all that IDENTIFY can offer. */
static void the_largest_multiple(void **state)
{
    (void)state;
    ata.drives[0].id[ATA_ID_MAX_MULTIPLE] = 0x80ff;
    assert_int_equal(init(0, ATA_MULTIPLE_MAX), ERR_OK);
    assert_int_equal(drive.multiple, 128);
    assert_int_equal(ata.drives[0].multiple, 128);
    unsigned blocks = ata.blocks;
    assert_int_equal(block_read(&drive.block, 512, buffer, 300 * 512), ERR_OK);
    check_pattern(0, 512, 300 * 512);
    assert_int_equal(ata.blocks - blocks, 3);
    assert_int_equal(block_write(&drive.block, 600 * 512, buffer, 300 * 512), ERR_OK);
    assert_memory_equal(ata.drives[0].data + 600 * 512, buffer, 300 * 512);
}

static void both_drives_of_a_channel(void **state)
{
    (void)state;
    struct ata_drive second;
    fake_ata_add(&ata, 1, 77);
    assert_int_equal(init(0, 16), ERR_OK);
    assert_int_equal(ata_init(&second, PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL, 1, 16), ERR_OK);
    assert_string_equal(second.block.name, "ata1");
    assert_int_equal(second.block.size, 77 * 512);
    assert_int_equal(block_read(&second.block, 512, buffer, 1024), ERR_OK);
    check_pattern(1, 512, 1024);
    assert_int_equal(block_read(&drive.block, 512, buffer, 1024), ERR_OK);
    check_pattern(0, 512, 1024);
}

static void an_absent_second_drive(void **state)
{
    (void)state;
    assert_int_equal(init(1, 16), ERR_ABSENT);
    assert_int_equal(ata.commands, 0);
    assert_int_equal(fake_platform_time, 0);
}

static void a_packet_device_is_not_a_disk(void **state)
{
    (void)state;
    ata.drives[0].packet = true;
    assert_int_equal(init(0, 16), ERR_ABSENT);
}

/* Adverse case 44: nobody there, whatever the bus reads. */
static void case_44_a_floating_bus_is_absence(void **state)
{
    (void)state;
    ata.floating = true; /* 0xff */
    assert_int_equal(init(0, 16), ERR_ABSENT);
    assert_int_equal(fake_io_port_accesses(), 1);
    ata.floating = false;
    ata.drives[0].present = false;
    ata.drives[1].present = true; /* status of drive 0 reads 0x00 */
    assert_int_equal(init(0, 16), ERR_ABSENT);
    ata.drives[0].present = true;
    ata.registers_do_not_hold = true; /* a bus that answers like an idle drive */
    assert_int_equal(init(0, 16), ERR_ABSENT);
    assert_int_equal(ata.commands, 0);
    assert_int_equal(fake_platform_time, 0);
}

/* Adverse case 44: stuck bits. */
static void case_44_a_stuck_status_fails_within_two_seconds(void **state)
{
    (void)state;
    static const uint8_t stuck[] = {ATA_STATUS_BSY, ATA_STATUS_DRDY | ATA_STATUS_DRQ,
                                    ATA_STATUS_BSY | ATA_STATUS_DRQ, 0x7f};
    for (unsigned i = 0; i < sizeof(stuck); i++) {
        ata.stuck_status = stuck[i];
        fake_platform_reset();
        assert_int_equal(init(0, 16), ERR_TIMEOUT);
        assert_in_range(fake_platform_time, 1, 2 * SECONDS);
    }
}

/* Adverse case 44: IDENTIFY full of zeros or garbage. */
static void case_44_identify_data_that_make_no_sense(void **state)
{
    (void)state;
    uint16_t *id = ata.drives[0].id;
    memset(id, 0, ATA_SECTOR_SIZE);
    assert_int_equal(init(0, 16), ERR_DEVICE);
    memset(id, 0xff, ATA_SECTOR_SIZE);
    assert_int_equal(init(0, 16), ERR_DEVICE);
    memset(id, 0x5a, ATA_SECTOR_SIZE);
    assert_int_equal(init(0, 16), ERR_DEVICE);
    assert_int_equal(fake_platform_time, 0);
}

static void identity_is_checked_word_by_word(void **state)
{
    (void)state;
    const struct {
        unsigned word;
        uint16_t value;
        int error;
    } bad[] = {
        {ATA_ID_CONFIG, ATA_ID_CONFIG_NOT_ATA, ERR_ABSENT},
        {ATA_ID_CAPABILITIES, 0, ERR_UNSUPPORTED},
        {ATA_ID_SECTOR_SIZE, ATA_ID_COMMAND_SET_VALID | ATA_ID_SECTOR_SIZE_LARGE, ERR_UNSUPPORTED},
        {ATA_ID_SECTORS_28 + 1, 0x1000, ERR_DEVICE},
        {ATA_ID_SECTORS_48, 0, ERR_DEVICE},
        {ATA_ID_SECTORS_48 + 3, 2, ERR_DEVICE},
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint16_t good = ata.drives[0].id[bad[i].word];
        ata.drives[0].id[bad[i].word] = bad[i].value;
        assert_int_equal(init(0, 16), bad[i].error);
        ata.drives[0].id[bad[i].word] = good;
        assert_int_equal(init(0, 16), ERR_OK);
    }
}

static void features_count_only_where_their_words_are_valid(void **state)
{
    (void)state;
    uint16_t *id = ata.drives[0].id;
    id[ATA_ID_COMMAND_SET_2] |= ATA_ID_FEATURE_WORD_ZERO;
    assert_int_equal(init(0, 16), ERR_OK);
    assert_false(drive.lba48);
    assert_false(drive.flush_ext);
    assert_int_equal(drive.block.size, SMALL * 512); /* words 60-61 then */
    assert_int_equal(drive.block.max_transfer, 256 * 512);
    id[ATA_ID_COMMAND_SET_2] &= (uint16_t)~ATA_ID_FEATURE_WORD_ZERO;
    id[ATA_ID_COMMAND_SET_2_ENABLED] = 0;
    assert_int_equal(init(0, 16), ERR_OK);
    assert_false(drive.lba48);
}

/* --- reading and writing ---------------------------------------------------------------------- */

static void reads_are_one_string_instruction_a_block(void **state)
{
    (void)state;
    assert_int_equal(init(0, 16), ERR_OK);
    fake_io_counts = (struct fake_io_counts){0};
    assert_int_equal(block_read(&drive.block, 3 * 512, buffer, 40 * 512), ERR_OK);
    check_pattern(0, 3 * 512, 40 * 512);
    assert_int_equal(ata.last_command, ATA_CMD_READ_MULTIPLE);
    assert_int_equal(ata.blocks, 3);
    assert_int_equal(fake_io_counts.string_reads, 3); /* 16 + 16 + 8 sectors */
    /* idle, settle, idle; settle, status; settle and status once for each later block */
    assert_int_equal(fake_io_counts.port_reads, 3 + 2 + 2 * 2);
    assert_int_equal(fake_io_counts.port_writes, 1 + 4 + 1);
}

static void writes_arrive_and_end_with_a_status(void **state)
{
    (void)state;
    assert_int_equal(init(0, 16), ERR_OK);
    for (unsigned i = 0; i < 20 * 512; i++)
        buffer[i] = (uint8_t)(i * 31 + i / 512);
    fake_io_counts = (struct fake_io_counts){0};
    assert_int_equal(block_write(&drive.block, 5 * 512, buffer, 20 * 512), ERR_OK);
    assert_memory_equal(ata.drives[0].data + 5 * 512, buffer, 20 * 512);
    assert_int_equal(ata.drives[0].data[5 * 512 - 1], fake_ata_pattern(0, 5 * 512 - 1));
    assert_int_equal(ata.drives[0].data[25 * 512], fake_ata_pattern(0, 25 * 512));
    assert_int_equal(ata.last_command, ATA_CMD_WRITE_MULTIPLE);
    assert_int_equal(fake_io_counts.string_writes, 2);
}

static void the_form_follows_the_transfer(void **state)
{
    (void)state;
    ata.drives[0].present = false;
    fake_ata_add(&ata, 0, LARGE);
    assert_int_equal(init(0, 16), ERR_OK);
    const struct {
        struct ata_transfer transfer;
        uint8_t read, write;
    } forms[] = {
        {{.lba = 1, .sectors = 1}, ATA_CMD_READ_MULTIPLE, ATA_CMD_WRITE_MULTIPLE},
        {{.lba = 1, .sectors = 256}, ATA_CMD_READ_MULTIPLE, ATA_CMD_WRITE_MULTIPLE},
        {{.lba = 1, .sectors = 257}, ATA_CMD_READ_MULTIPLE_EXT, ATA_CMD_WRITE_MULTIPLE_EXT},
        {{.lba = 1, .sectors = 2, .single = true}, ATA_CMD_READ_SECTORS, ATA_CMD_WRITE_SECTORS},
        {{.lba = 1, .sectors = 2, .single = true, .force_48 = true},
         ATA_CMD_READ_SECTORS_EXT,
         ATA_CMD_WRITE_SECTORS_EXT},
        {{.lba = 1, .sectors = 2, .force_48 = true},
         ATA_CMD_READ_MULTIPLE_EXT,
         ATA_CMD_WRITE_MULTIPLE_EXT},
        {{.lba = ATA_MAX_SECTORS_28 - 2, .sectors = 2},
         ATA_CMD_READ_MULTIPLE,
         ATA_CMD_WRITE_MULTIPLE},
        {{.lba = ATA_MAX_SECTORS_28 - 1, .sectors = 2},
         ATA_CMD_READ_MULTIPLE_EXT,
         ATA_CMD_WRITE_MULTIPLE_EXT},
        {{.lba = LARGE - 1, .sectors = 1}, ATA_CMD_READ_MULTIPLE_EXT, ATA_CMD_WRITE_MULTIPLE_EXT},
    };
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const struct ata_transfer *transfer = &forms[i].transfer;
        assert_int_equal(ata_read_sectors(&drive, transfer, buffer), ERR_OK);
        assert_int_equal(ata.last_command, forms[i].read);
        assert_int_equal(ata.last_lba, transfer->lba);
        assert_int_equal(ata.last_count, transfer->sectors);
        assert_int_equal(ata_write_sectors(&drive, transfer, buffer), ERR_OK);
        assert_int_equal(ata.last_command, forms[i].write);
        assert_int_equal(ata.last_lba, transfer->lba);
        assert_int_equal(ata.last_count, transfer->sectors);
    }
}

static void a_48_bit_address_arrives_whole(void **state)
{
    (void)state;
    const uint64_t lba = 0x123456789abc;
    ata.drives[0].present = false;
    fake_ata_add(&ata, 0, lba + 600);
    ata.drives[0].base_lba = lba;
    assert_int_equal(init(0, 16), ERR_OK);
    assert_int_equal(block_read(&drive.block, lba * 512, buffer, 515 * 512), ERR_OK);
    assert_int_equal(ata.last_lba, lba);
    assert_int_equal(ata.last_count, 515);
    check_pattern(0, 0, 515 * 512);
}

static void a_28_bit_drive_takes_28_bit_transfers(void **state)
{
    (void)state;
    ata.drives[0].id[ATA_ID_COMMAND_SET_2_ENABLED] = 0;
    assert_int_equal(init(0, 16), ERR_OK);
    assert_int_equal(block_read(&drive.block, 0, buffer, 300 * 512), ERR_OK);
    check_pattern(0, 0, 300 * 512);
    struct ata_transfer transfer = {.lba = 0, .sectors = 257};
    assert_int_equal(ata_read_sectors(&drive, &transfer, buffer), ERR_RANGE);
    transfer = (struct ata_transfer){.lba = 1 << 28, .sectors = 1};
    assert_int_equal(ata_read_sectors(&drive, &transfer, buffer), ERR_RANGE);
    transfer = (struct ata_transfer){.lba = 0, .sectors = 1, .force_48 = true};
    assert_int_equal(ata_read_sectors(&drive, &transfer, buffer), ERR_UNSUPPORTED);
}

static void what_no_command_can_say_is_refused(void **state)
{
    (void)state;
    assert_int_equal(init(0, 16), ERR_OK);
    unsigned commands = ata.commands;
    const struct ata_transfer bad[] = {{.lba = 0, .sectors = 0},
                                       {.lba = 0, .sectors = 65537},
                                       {.lba = ATA_MAX_SECTORS_48, .sectors = 1},
                                       {.lba = UINT64_MAX, .sectors = 1}};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(ata_read_sectors(&drive, &bad[i], buffer), ERR_RANGE);
        assert_int_equal(ata_write_sectors(&drive, &bad[i], buffer), ERR_RANGE);
    }
    assert_int_equal(ata.commands, commands);
}

static void flush_takes_the_form_that_the_drive_has(void **state)
{
    (void)state;
    assert_int_equal(init(0, 16), ERR_OK);
    assert_int_equal(block_flush(&drive.block), ERR_OK);
    assert_int_equal(ata.drives[0].flushes_ext, 1);
    ata.drives[0].id[ATA_ID_COMMAND_SET_2_ENABLED] &= (uint16_t)~ATA_ID_COMMAND_SET_2_FLUSH_EXT;
    assert_int_equal(init(0, 16), ERR_OK);
    assert_int_equal(block_flush(&drive.block), ERR_OK);
    assert_int_equal(ata.drives[0].flushes, 1);
}

/* --- errors ----------------------------------------------------------------------------------- */

static void errors_are_read_and_reported(void **state)
{
    (void)state;
    assert_int_equal(init(0, 16), ERR_OK);
    ata.bad_lba = 40;
    ata.bad_error = ATA_ERROR_UNC;
    ata.bad_status = ATA_STATUS_ERR;
    assert_int_equal(block_read(&drive.block, 0, buffer, 64 * 512), ERR_IO);
    assert_int_equal(drive.error, ATA_ERROR_UNC);
    assert_true(drive.status & ATA_STATUS_ERR);
    assert_int_equal(block_write(&drive.block, 0, buffer, 64 * 512), ERR_IO);
    ata.bad_status = ATA_STATUS_DF;
    assert_int_equal(block_read(&drive.block, 40 * 512, buffer, 512), ERR_IO);
    assert_true(drive.status & ATA_STATUS_DF);
    assert_int_equal(block_read(&drive.block, 41 * 512, buffer, 512), ERR_OK);
    assert_int_equal(ata.resets, 0);
    const struct ata_transfer past = {.lba = SMALL - 1, .sectors = 2, .single = true};
    assert_int_equal(ata_read_sectors(&drive, &past, buffer), ERR_RANGE);
    assert_int_equal(drive.error, ATA_ERROR_IDNF);
}

static void an_error_between_blocks_frees_the_drive(void **state)
{
    (void)state;
    assert_int_equal(init(0, 16), ERR_OK);
    ata.bad_lba = 40;
    ata.bad_error = ATA_ERROR_UNC;
    ata.bad_status = ATA_STATUS_ERR | ATA_STATUS_DRQ; /* DRQ stands beside the error */
    assert_int_equal(block_read(&drive.block, 0, buffer, 64 * 512), ERR_IO);
    assert_int_equal(drive.error, ATA_ERROR_UNC);
    assert_int_equal(ata.resets, 1);
    assert_int_equal(ata.drives[0].multiple, 16); /* set again after the reset */
    assert_int_equal(block_read(&drive.block, 0, buffer, 32 * 512), ERR_OK);
    check_pattern(0, 0, 32 * 512);
}

/* Adverse case 37. */
static void case_37_a_command_that_never_ends_times_out(void **state)
{
    (void)state;
    assert_int_equal(init(0, 16), ERR_OK);
    ata.never_ends = true;
    fake_platform_reset();
    assert_int_equal(block_read(&drive.block, 0, buffer, 512), ERR_TIMEOUT);
    assert_in_range(fake_platform_time, TIMEOUT_NS, TIMEOUT_NS + SECONDS / 4);
    assert_int_equal(ata.resets, 1);
    assert_string_not_equal(fake_platform_log, "");
    assert_int_equal(block_write(&drive.block, 0, buffer, 512), ERR_TIMEOUT);
    assert_int_equal(block_flush(&drive.block), ERR_TIMEOUT);
    assert_int_equal(ata.resets, 3);
    ata.never_ends = false; /* the reset has brought it back */
    assert_int_equal(block_read(&drive.block, 512, buffer, 512), ERR_OK);
    check_pattern(0, 512, 512);
}

static void a_reset_that_does_not_help_is_a_timeout(void **state)
{
    (void)state;
    assert_int_equal(init(0, 16), ERR_OK);
    ata.stuck_status = ATA_STATUS_BSY;
    fake_platform_reset();
    assert_int_equal(block_read(&drive.block, 0, buffer, 512), ERR_TIMEOUT);
    assert_int_equal(ata_reset(&drive), ERR_TIMEOUT);
    assert_true(fake_platform_time < 10 * SECONDS);
}

static void data_that_do_not_come_or_do_not_end(void **state)
{
    (void)state;
    assert_int_equal(init(0, 16), ERR_OK);
    ata.no_data = true;
    assert_int_equal(block_read(&drive.block, 0, buffer, 512), ERR_DEVICE);
    assert_int_equal(block_write(&drive.block, 0, buffer, 512), ERR_DEVICE);
    ata.no_data = false;
    ata.wants_more = true;
    assert_int_equal(block_write(&drive.block, 0, buffer, 512), ERR_DEVICE);
    ata.wants_more = false;
    assert_int_equal(block_write(&drive.block, 0, buffer, 512), ERR_OK);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(init_reads_what_the_drive_is),
        TEST(multiple_is_a_power_of_two_within_both_limits),
        TEST(the_largest_multiple),
        TEST(both_drives_of_a_channel),
        TEST(an_absent_second_drive),
        TEST(a_packet_device_is_not_a_disk),
        TEST(case_44_a_floating_bus_is_absence),
        TEST(case_44_a_stuck_status_fails_within_two_seconds),
        TEST(case_44_identify_data_that_make_no_sense),
        TEST(identity_is_checked_word_by_word),
        TEST(features_count_only_where_their_words_are_valid),
        TEST(reads_are_one_string_instruction_a_block),
        TEST(writes_arrive_and_end_with_a_status),
        TEST(the_form_follows_the_transfer),
        TEST(a_48_bit_address_arrives_whole),
        TEST(a_28_bit_drive_takes_28_bit_transfers),
        TEST(what_no_command_can_say_is_refused),
        TEST(flush_takes_the_form_that_the_drive_has),
        TEST(errors_are_read_and_reported),
        TEST(an_error_between_blocks_frees_the_drive),
        TEST(case_37_a_command_that_never_ends_times_out),
        TEST(a_reset_that_does_not_help_is_a_timeout),
        TEST(data_that_do_not_come_or_do_not_end),
    };
    return cmocka_run_group_tests_name("drivers/ata", tests, NULL, NULL);
}
