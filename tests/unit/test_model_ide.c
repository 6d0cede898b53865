/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/ide*.c: task file, commands, data port, interrupts, resets. */
#include "test.h"

#include "ide_fixture.h"

#include <errno.h>
#include <string.h>

static int start(void **state)
{
    (void)state;
    return ide_fixture_start(true, true);
}

/* --- identity --------------------------------------------------------------------------------- */

static void the_function(void **state)
{
    (void)state;
    assert_int_equal(pci_device_config16(&fixture.ide.pci, PCI_DEVICE_ID), PCI_DEVICE_PIIX3_IDE);
    assert_int_equal(fixture.ide.pci.device, 1);
    assert_int_equal(fixture.ide.pci.function, 1);
    assert_int_equal(fixture.ide.pci.config[PCI_PROG_IF],
                     0); /* compatibility mode, no bus master */
    assert_int_equal(fixture.channel->command_region.length, 8);
    assert_int_equal(fixture.channel->control_region.length, 1);
}

static void identify(void **state)
{
    uint16_t words[ATA_ID_WORDS];
    uint8_t sum = 0;

    (void)state;
    guest_set_multiple(8);
    guest_command(ATA_CMD_IDENTIFY_DEVICE);
    assert_true(fixture.irq[0]);
    assert_int_equal(guest_in8(ATA_STATUS), WITH_DATA);
    assert_false(fixture.irq[0]);
    guest_read_words(words, sizeof words);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    assert_int_equal(words[ATA_ID_CONFIG] & ATA_ID_CONFIG_NOT_ATA, 0);
    assert_memory_equal(&words[ATA_ID_MODEL], "rTpailenA ATd si k  ", 20);
    assert_memory_equal(&words[ATA_ID_SERIAL], "RTPAILEN0- 0", 12);
    assert_int_equal(words[ATA_ID_MAX_MULTIPLE] & 0xff, IDE_MAX_MULTIPLE);
    assert_int_equal(words[ATA_ID_MULTIPLE], ATA_ID_MULTIPLE_VALID | 8);
    assert_true(words[ATA_ID_CAPABILITIES] & ATA_ID_CAPABILITIES_LBA);
    assert_false(words[ATA_ID_CAPABILITIES] & ATA_ID_CAPABILITIES_DMA);
    assert_int_equal(words[ATA_ID_SECTORS_28], SECTORS);
    assert_int_equal(words[ATA_ID_SECTORS_28 + 1], 0);
    assert_int_equal(words[ATA_ID_SECTORS_48], SECTORS);
    assert_int_equal(words[ATA_ID_COMMAND_SET_2], 0x7400);
    assert_int_equal(words[ATA_ID_COMMAND_SET_2_ENABLED], 0x3400);
    assert_int_equal(words[ATA_ID_SECTOR_SIZE] & ATA_ID_SECTOR_SIZE_LARGE, 0);
    for (unsigned i = 0; i < sizeof words; i++)
        sum = (uint8_t)(sum + ((uint8_t *)words)[i]);
    assert_int_equal(sum, 0); /* word 255 */
}

static void identify_of_a_large_disk(void **state)
{
    uint16_t words[ATA_ID_WORDS];

    (void)state;
    fixture.channel->drives[0].sectors = 0x123456789abc;
    guest_command(ATA_CMD_IDENTIFY_DEVICE);
    guest_read_words(words, sizeof words);
    assert_int_equal(words[ATA_ID_SECTORS_28], 0xffff);
    assert_int_equal(words[ATA_ID_SECTORS_28 + 1], 0x0fff);
    assert_int_equal(words[ATA_ID_SECTORS_48], 0x9abc);
    assert_int_equal(words[ATA_ID_SECTORS_48 + 1], 0x5678);
    assert_int_equal(words[ATA_ID_SECTORS_48 + 2], 0x1234);
    assert_int_equal(words[ATA_ID_SECTORS_48 + 3], 0);
    assert_int_equal(words[ATA_ID_CYLINDERS], 16383);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void read_sectors(void **state)
{
    uint8_t data[3 * SECTOR];

    (void)state;
    guest_put_28(5, 3);
    guest_command(ATA_CMD_READ_SECTORS);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(fixture.irq[0]); /* one interrupt a block */
        assert_int_equal(guest_in8(ATA_STATUS), WITH_DATA);
        assert_false(fixture.irq[0]);
        guest_read_words(&data[i * SECTOR], SECTOR);
    }
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    assert_false(fixture.irq[0]);
    assert_int_equal(fixture.irq_edges, 3);
    assert_memory_equal(data, &fixture.disk.bytes[5 * SECTOR], sizeof data);
}

static void read_ext(void **state)
{
    uint8_t data[SECTOR];

    (void)state;
    guest_put_48(0x123, 1);
    guest_command(ATA_CMD_READ_SECTORS_EXT);
    assert_int_equal(guest_in8(ATA_STATUS), WITH_DATA);
    guest_read_words(data, SECTOR);
    assert_memory_equal(data, &fixture.disk.bytes[0x123 * SECTOR], SECTOR);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
}

static void hold(struct ide_channel *channel)
{
    (void)channel;
}

static void every_bit_of_the_address(void **state)
{
    struct io_request *request;

    (void)state;
    fixture.channel->drives[0].sectors = (uint64_t)1 << 48;
    fixture.ide.run = hold;
    guest_put_48(0x923456789abc, 0x102);
    guest_command(ATA_CMD_READ_SECTORS_EXT);
    request = ide_submit(fixture.channel);
    assert_non_null(request);
    assert_true(request->offset == 0x923456789abc * SECTOR);
    assert_int_equal(fixture.channel->sectors_left, 0x102);
    request->error = EIO;
    ide_complete(fixture.channel, request);
    expect_ata_error(FAILED, ATA_ERROR_UNC);
    guest_control(ATA_CONTROL_HOB);
    assert_int_equal(guest_in8(ATA_LBA_HIGH), 0x92);
    assert_int_equal(guest_in8(ATA_LBA_MID), 0x34);
    assert_int_equal(guest_in8(ATA_LBA_LOW), 0x56);

    guest_put_28(0xabcdef1, 1);
    guest_command(ATA_CMD_READ_SECTORS);
    request = ide_submit(fixture.channel);
    assert_non_null(request);
    assert_true(request->offset == (uint64_t)0xabcdef1 * SECTOR);
}

static void read_multiple(void **state)
{
    uint8_t data[20 * SECTOR];

    (void)state;
    guest_set_multiple(8);
    fixture.irq_edges = 0;
    guest_put_28(7, 20);
    guest_command(ATA_CMD_READ_MULTIPLE);
    for (unsigned done = 0; done < 20; done += 8) {
        assert_int_equal(guest_in8(ATA_STATUS), WITH_DATA);
        guest_read_words(&data[done * SECTOR], (done == 16 ? 4 : 8) * SECTOR);
    }
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    assert_int_equal(fixture.irq_edges, 3);
    assert_int_equal(fixture.disk.reads, 3);
    assert_memory_equal(data, &fixture.disk.bytes[7 * SECTOR], sizeof data);
    guest_put_48(9, 1);
    guest_command(ATA_CMD_READ_MULTIPLE_EXT);
    guest_read_words(data, SECTOR);
    assert_memory_equal(data, &fixture.disk.bytes[9 * SECTOR], SECTOR);
}

static void data_by_32_bits(void **state)
{
    uint32_t data[SECTOR / 4];

    (void)state;
    guest_put_28(1, 1);
    guest_command(ATA_CMD_READ_SECTORS);
    for (unsigned i = 0; i < SECTOR / 4; i++)
        data[i] = guest_in_data(4);
    assert_memory_equal(data, &fixture.disk.bytes[SECTOR], SECTOR);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    guest_put_28(1, 1);
    guest_command(ATA_CMD_READ_SECTORS);
    guest_in_data(2);
    for (unsigned i = 0; i < SECTOR / 4; i++) /* the last one hangs over by two bytes */
        data[i] = guest_in_data(4);
    assert_int_equal(data[SECTOR / 4 - 1] >> 16, 0xffff);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
}

static void the_second_drive(void **state)
{
    uint8_t data[SECTOR];

    (void)state;
    guest_put_28(2, 1);
    guest_select(1);
    memset(fixture.disk_1.bytes, 0x33, 3 * SECTOR);
    guest_command(ATA_CMD_READ_SECTORS);
    guest_read_words(data, SECTOR);
    assert_int_equal(data[0], 0x33);
    assert_int_equal(fixture.disk.reads, 0);
    guest_put_28(0, 1);
    guest_select(1);
    guest_command(ATA_CMD_WRITE_SECTORS);
    guest_write_words(0x44, SECTOR);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    assert_int_equal(fixture.disk_1.bytes[0], 0x44);
    assert_true(disk_0_is_untouched());
}

static void read_verify(void **state)
{
    (void)state;
    guest_put_28(0, 0);
    guest_command(ATA_CMD_READ_VERIFY_SECTORS);
    assert_int_equal(guest_alternate_status(), READY);
    assert_true(fixture.irq[0]);
    assert_int_equal(fixture.disk.reads, 256 / IDE_MAX_MULTIPLE);
    fixture.disk.read_error = EIO;
    fixture.disk.error_at = 20 * SECTOR;
    guest_put_48(3, 100);
    guest_command(ATA_CMD_READ_VERIFY_SECTORS_EXT);
    expect_ata_error(FAILED, ATA_ERROR_UNC);
    assert_int_equal(guest_in8(ATA_LBA_LOW), 20);
}

static void data_moves_one_way_only(void **state)
{
    (void)state;
    guest_put_28(5, 1);
    guest_command(ATA_CMD_READ_SECTORS);
    guest_out_data(2, 0x1234); /* neither stored nor counted */
    assert_int_equal(guest_in_data(2), fixture.disk.bytes[5 * SECTOR] |
                                           fixture.disk.bytes[5 * SECTOR + 1] << 8 | 0xffff0000);
    guest_software_reset();
    guest_put_28(5, 1);
    guest_command(ATA_CMD_WRITE_SECTORS);
    assert_int_equal(guest_in_data(2), 0xffffffff);
    guest_write_words(0x11, SECTOR - 2);
    assert_int_equal(fixture.disk.writes, 0);
    guest_write_words(0x11, 2);
    assert_int_equal(fixture.disk.writes, 1);
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_sectors(void **state)
{
    (void)state;
    guest_put_28(5, 2);
    guest_command(ATA_CMD_WRITE_SECTORS);
    assert_false(fixture.irq[0]); /* no interrupt asks for the first block */
    assert_int_equal(guest_in8(ATA_STATUS), WITH_DATA);
    guest_write_words(0x11, SECTOR);
    assert_int_equal(fixture.disk.writes, 1);
    assert_true(fixture.irq[0]);
    assert_int_equal(guest_in8(ATA_STATUS), WITH_DATA);
    guest_write_words(0x22, SECTOR);
    assert_true(fixture.irq[0]);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    assert_false(fixture.irq[0]);
    assert_int_equal(fixture.disk.bytes[5 * SECTOR], 0x11);
    assert_int_equal(fixture.disk.bytes[7 * SECTOR - 1], 0x22);
    assert_true(fake_backend_untouched(&fixture.disk, 0, 5 * SECTOR));
    assert_true(fake_backend_untouched(&fixture.disk, 7 * SECTOR, DISK_LENGTH - 7 * SECTOR));
    assert_int_equal(fixture.disk.flushes, 0);
}

static void write_multiple(void **state)
{
    (void)state;
    guest_set_multiple(4);
    guest_put_48(100, 6);
    guest_command(ATA_CMD_WRITE_MULTIPLE_EXT);
    guest_write_words(0x66, 4 * SECTOR);
    assert_int_equal(fixture.disk.writes, 1);
    assert_int_equal(guest_in8(ATA_STATUS), WITH_DATA);
    for (unsigned i = 0; i < 2 * SECTOR; i += 4)
        guest_out_data(4, 0x66666666);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    assert_int_equal(fixture.disk.writes, 2);
    for (unsigned i = 100 * SECTOR; i < 106 * SECTOR; i++)
        assert_int_equal(fixture.disk.bytes[i], 0x66);
    assert_true(fake_backend_untouched(&fixture.disk, 106 * SECTOR, SECTOR));
}

static void flush(void **state)
{
    (void)state;
    guest_command(ATA_CMD_FLUSH_CACHE);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    guest_command(ATA_CMD_FLUSH_CACHE_EXT);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    assert_int_equal(fixture.disk.flushes, 2);
}

static void without_the_write_cache_blocks_are_flushed(void **state)
{
    uint16_t words[ATA_ID_WORDS];

    (void)state;
    guest_out8(ATA_FEATURES, 0x82);
    guest_command(ATA_CMD_SET_FEATURES);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    guest_command(ATA_CMD_IDENTIFY_DEVICE);
    guest_read_words(words, sizeof words);
    assert_int_equal(words[ATA_ID_COMMAND_SET_1_ENABLED] & ATA_ID_COMMAND_SET_1_WRITE_CACHE, 0);
    guest_put_28(0, 2);
    guest_command(ATA_CMD_WRITE_SECTORS);
    guest_write_words(0x11, SECTOR);
    assert_int_equal(fixture.disk.flushes, 1);
    guest_write_words(0x11, SECTOR);
    assert_int_equal(fixture.disk.flushes, 2);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    guest_out8(ATA_FEATURES, 0x02);
    guest_command(ATA_CMD_SET_FEATURES);
    guest_put_28(0, 1);
    guest_command(ATA_CMD_WRITE_SECTORS);
    guest_write_words(0x11, SECTOR);
    assert_int_equal(fixture.disk.flushes, 2);
}

/* --- settings and refusals -------------------------------------------------------------------- */

static void multiple_mode(void **state)
{
    static const uint8_t bad[] = {3, 5, 6, 7, 12, 17, 32, 128, 255};

    (void)state;
    guest_put_28(0, 1);
    guest_command(ATA_CMD_READ_MULTIPLE); /* off after reset */
    expect_ata_error(FAILED, ATA_ERROR_ABRT);
    for (unsigned i = 0; i < sizeof bad; i++) {
        guest_out8(ATA_COUNT, bad[i]);
        guest_command(ATA_CMD_SET_MULTIPLE_MODE);
        expect_ata_error(FAILED, ATA_ERROR_ABRT);
    }
    for (unsigned count = 1; count <= IDE_MAX_MULTIPLE; count *= 2)
        guest_set_multiple((uint8_t)count);
    assert_int_equal(fixture.channel->drives[1].multiple, 0);
    guest_set_multiple(0);
    guest_put_28(0, 1);
    guest_command(ATA_CMD_WRITE_MULTIPLE);
    expect_ata_error(FAILED, ATA_ERROR_ABRT);
}

static void transfer_modes(void **state)
{
    static const uint8_t good[] = {0x00, 0x01, 0x08, 0x0c}, bad[] = {0x02, 0x0d, 0x20, 0x42};

    (void)state;
    guest_out8(ATA_FEATURES, 0x03);
    for (unsigned i = 0; i < 4; i++) {
        guest_out8(ATA_COUNT, good[i]);
        guest_command(ATA_CMD_SET_FEATURES);
        assert_int_equal(guest_in8(ATA_STATUS), READY);
        guest_out8(ATA_COUNT, bad[i]);
        guest_command(ATA_CMD_SET_FEATURES);
        expect_ata_error(FAILED, ATA_ERROR_ABRT);
    }
    guest_out8(ATA_FEATURES, 0xaa);
    guest_command(ATA_CMD_SET_FEATURES);
    expect_ata_error(FAILED, ATA_ERROR_ABRT);
}

static void chs_is_aborted(void **state)
{
    (void)state;
    guest_put_28(1, 1);
    guest_out8(ATA_DEVICE, ATA_DEVICE_BASE);
    guest_command(ATA_CMD_READ_SECTORS);
    expect_ata_error(FAILED, ATA_ERROR_ABRT);
    guest_command(ATA_CMD_WRITE_SECTORS);
    expect_ata_error(FAILED, ATA_ERROR_ABRT);
    assert_int_equal(fixture.disk.reads, 0);
    guest_command(ATA_CMD_IDENTIFY_DEVICE); /* needs no address */
    assert_int_equal(guest_in8(ATA_STATUS), WITH_DATA);
}

static void an_error_lasts_until_the_next_command(void **state)
{
    (void)state;
    guest_command(ATA_CMD_NOP);
    assert_true(fixture.irq[0]);
    expect_ata_error(FAILED, ATA_ERROR_ABRT);
    expect_ata_error(FAILED, ATA_ERROR_ABRT);
    guest_command(ATA_CMD_FLUSH_CACHE);
    expect_ata_error(READY, 0);
}

static void a_read_only_disk(void **state)
{
    (void)state;
    fixture.disk.backend.read_only = true;
    guest_set_multiple(2);
    guest_put_28(0, 1);
    guest_command(ATA_CMD_WRITE_SECTORS);
    expect_ata_error(FAILED, ATA_ERROR_ABRT);
    guest_command(ATA_CMD_WRITE_MULTIPLE);
    expect_ata_error(FAILED, ATA_ERROR_ABRT);
    guest_command(ATA_CMD_FLUSH_CACHE);
    expect_ata_error(FAILED, ATA_ERROR_ABRT);
    guest_write_words(0x11, SECTOR);
    assert_true(disk_0_is_untouched());
    assert_int_equal(fixture.disk.flushes, 0);
    guest_command(ATA_CMD_READ_SECTORS);
    assert_int_equal(guest_in8(ATA_STATUS), WITH_DATA);
}

/* --- task file -------------------------------------------------------------------------------- */

static void registers_are_two_deep_and_shared(void **state)
{
    (void)state;
    for (unsigned reg = ATA_COUNT; reg <= ATA_LBA_HIGH; reg++) {
        guest_out8(reg, (uint8_t)(0x10 + reg));
        guest_out8(reg, (uint8_t)(0x20 + reg));
    }
    for (unsigned drive = 0; drive < 2; drive++) {
        guest_select(drive);
        for (unsigned reg = ATA_COUNT; reg <= ATA_LBA_HIGH; reg++)
            assert_int_equal(guest_in8(reg), 0x20 + reg);
        guest_control(ATA_CONTROL_HOB);
        for (unsigned reg = ATA_COUNT; reg <= ATA_LBA_HIGH; reg++)
            assert_int_equal(guest_in8(reg), 0x10 + reg);
        guest_select(drive); /* a write to the command block clears HOB */
        assert_int_equal(guest_in8(ATA_COUNT), 0x22);
    }
    guest_out8(ATA_DEVICE, 0xf5);
    assert_int_equal(guest_in8(ATA_DEVICE), 0xf5);
}

static void odd_widths_are_refused(void **state)
{
    uint64_t value;

    (void)state;
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned offset = 0; offset + size <= ATA_COMMAND_BLOCK_SIZE; offset++) {
            bool answers = offset == ATA_DATA ? size == 2 || size == 4 : size == 1;

            assert_int_equal(
                fixture.channel->command_region.ops->read(fixture.channel, offset, size, &value),
                answers);
            assert_int_equal(
                fixture.channel->command_region.ops->write(fixture.channel, offset, size, 0),
                answers);
        }
    }
    assert_false(fixture.channel->control_region.ops->read(fixture.channel, 0, 2, &value));
    assert_false(fixture.channel->control_region.ops->write(fixture.channel, 0, 4, 0));
}

/* --- interrupt -------------------------------------------------------------------------------- */

static void nien_gates_the_interrupt(void **state)
{
    (void)state;
    guest_control(ATA_CONTROL_NIEN);
    guest_command(ATA_CMD_FLUSH_CACHE);
    assert_false(fixture.irq[0]);
    guest_control(0); /* still pending */
    assert_true(fixture.irq[0]);
    guest_alternate_status();
    assert_true(fixture.irq[0]);
    guest_in8(ATA_STATUS);
    assert_false(fixture.irq[0]);
    guest_command(ATA_CMD_FLUSH_CACHE);
    assert_true(fixture.irq[0]);
    guest_put_28(0, 1);
    guest_command(ATA_CMD_WRITE_SECTORS); /* a command takes the old interrupt back */
    assert_false(fixture.irq[0]);
    assert_false(fixture.irq[1]);
}

/* --- reset ------------------------------------------------------------------------------------ */

static void software_resets(void **state)
{
    (void)state;
    guest_set_multiple(8);
    guest_select(1);
    guest_out8(ATA_LBA_MID, 0x55);
    guest_control(ATA_CONTROL_SRST);
    assert_int_equal(guest_in8(ATA_STATUS), ATA_STATUS_BSY);
    assert_int_equal(guest_in8(ATA_LBA_MID), ATA_STATUS_BSY); /* nothing else is to be seen */
    guest_command(ATA_CMD_IDENTIFY_DEVICE);
    assert_int_equal(guest_alternate_status(), ATA_STATUS_BSY);
    guest_control(ATA_CONTROL_SRST);
    assert_int_equal(guest_alternate_status(), ATA_STATUS_BSY);
    guest_control(0);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    assert_int_equal(guest_in8(ATA_DEVICE), 0);
    expect_ata_signature();
    guest_select(1);
    expect_ata_signature();
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    assert_int_equal(fixture.channel->drives[0].multiple, 0);
    assert_false(fixture.irq[0]);
}

static void diagnostics(void **state)
{
    (void)state;
    guest_select(1);
    guest_out8(ATA_LBA_HIGH, 0x55);
    guest_command(ATA_CMD_EXECUTE_DEVICE_DIAGNOSTIC);
    assert_true(fixture.irq[0]);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
    assert_int_equal(guest_in8(ATA_DEVICE), 0);
    expect_ata_signature();
}

static void identify_packet_is_aborted(void **state)
{
    (void)state;
    guest_put_28(0x123456, 9);
    guest_select(1);
    guest_command(ATA_CMD_IDENTIFY_PACKET_DEVICE);
    expect_ata_error(FAILED, ATA_ERROR_ABRT);
    assert_int_equal(guest_in8(ATA_LBA_MID), ATA_SIGNATURE_MID);
    assert_int_equal(guest_in8(ATA_LBA_HIGH), ATA_SIGNATURE_HIGH);
    assert_int_equal(guest_in8(ATA_DEVICE) & ATA_DEVICE_DEV1, ATA_DEVICE_DEV1);
    guest_select(0);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, ide_fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_function),
        TEST(identify),
        TEST(identify_of_a_large_disk),
        TEST(read_sectors),
        TEST(read_ext),
        TEST(every_bit_of_the_address),
        TEST(read_multiple),
        TEST(data_by_32_bits),
        TEST(data_moves_one_way_only),
        TEST(the_second_drive),
        TEST(read_verify),
        TEST(write_sectors),
        TEST(write_multiple),
        TEST(flush),
        TEST(without_the_write_cache_blocks_are_flushed),
        TEST(multiple_mode),
        TEST(transfer_modes),
        TEST(chs_is_aborted),
        TEST(an_error_lasts_until_the_next_command),
        TEST(a_read_only_disk),
        TEST(registers_are_two_deep_and_shared),
        TEST(odd_widths_are_refused),
        TEST(nien_gates_the_interrupt),
        TEST(software_resets),
        TEST(diagnostics),
        TEST(identify_packet_is_aborted),
    };

    return cmocka_run_group_tests_name("IDE model", tests, NULL, NULL);
}
