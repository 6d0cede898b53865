/* SPDX-License-Identifier: MIT */
/* Two disks on the primary channel, and a driver's accesses to them. */
#include "ide_fixture.h"

#include "test.h"

#include <string.h>

struct ide_fixture fixture;

static void set_irq(void *context, unsigned line, bool level)
{
    (void)context;
    fixture.irq[line] = level;
    fixture.irq_edges += level;
}

int ide_fixture_start(bool drive_0, bool drive_1)
{
    const struct irq_line irqs[IDE_CHANNELS] = {{.set = set_irq, .line = 0},
                                                {.set = set_irq, .line = 1}};

    fixture.irq[0] = fixture.irq[1] = false;
    fixture.irq_edges = 0;
    fake_backend_create(&fixture.disk, DISK_LENGTH, DISK_LENGTH);
    fake_backend_create(&fixture.disk_1, SECTORS_1 * SECTOR, SECTORS_1 * SECTOR);
    ide_init(&fixture.ide, irqs);
    if (drive_0)
        ide_attach(&fixture.ide, 0, 0, &fixture.disk.backend);
    if (drive_1)
        ide_attach(&fixture.ide, 0, 1, &fixture.disk_1.backend);
    fixture.channel = &fixture.ide.channels[0];
    return 0;
}

int ide_fixture_stop(void **state)
{
    (void)state;
    fake_backend_destroy(&fixture.disk);
    fake_backend_destroy(&fixture.disk_1);
    return 0;
}

/* --- a driver in a few lines ------------------------------------------------------------------ */

uint8_t guest_in8(unsigned offset)
{
    uint64_t value = 0;

    assert_true(fixture.channel->command_region.ops->read(fixture.channel, offset, 1, &value));
    return (uint8_t)value;
}

void guest_out8(unsigned offset, uint8_t value)
{
    assert_true(fixture.channel->command_region.ops->write(fixture.channel, offset, 1, value));
}

uint32_t guest_in_data(unsigned size)
{
    uint64_t value = 0;

    assert_true(fixture.channel->command_region.ops->read(fixture.channel, ATA_DATA, size, &value));
    return (uint32_t)value;
}

void guest_out_data(unsigned size, uint32_t value)
{
    assert_true(fixture.channel->command_region.ops->write(fixture.channel, ATA_DATA, size, value));
}

uint8_t guest_alternate_status(void)
{
    uint64_t value = 0;

    assert_true(fixture.channel->control_region.ops->read(fixture.channel, 0, 1, &value));
    return (uint8_t)value;
}

void guest_control(uint8_t value)
{
    assert_true(fixture.channel->control_region.ops->write(fixture.channel, 0, 1, value));
}

void guest_software_reset(void)
{
    guest_control(ATA_CONTROL_SRST);
    guest_control(0);
}

void guest_read_words(void *to, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i += 2) {
        uint16_t word = (uint16_t)guest_in_data(2);

        memcpy((uint8_t *)to + i, &word, 2);
    }
}

void guest_write_words(uint8_t fill, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i += 2)
        guest_out_data(2, (uint32_t)(fill << 8 | fill));
}

void guest_select(unsigned drive)
{
    guest_out8(ATA_DEVICE, ATA_DEVICE_BASE | ATA_DEVICE_LBA | (drive ? ATA_DEVICE_DEV1 : 0));
}

/* Task file of a 28-bit command for drive 0. */
void guest_put_28(uint32_t lba, uint8_t count)
{
    guest_out8(ATA_DEVICE, (uint8_t)(ATA_DEVICE_BASE | ATA_DEVICE_LBA | (lba >> 24 & 0xf)));
    guest_out8(ATA_COUNT, count);
    guest_out8(ATA_LBA_LOW, (uint8_t)lba);
    guest_out8(ATA_LBA_MID, (uint8_t)(lba >> 8));
    guest_out8(ATA_LBA_HIGH, (uint8_t)(lba >> 16));
}

void guest_put_48(uint64_t lba, uint16_t count)
{
    guest_out8(ATA_DEVICE, ATA_DEVICE_LBA);
    guest_out8(ATA_COUNT, (uint8_t)(count >> 8));
    guest_out8(ATA_LBA_LOW, (uint8_t)(lba >> 24));
    guest_out8(ATA_LBA_MID, (uint8_t)(lba >> 32));
    guest_out8(ATA_LBA_HIGH, (uint8_t)(lba >> 40));
    guest_out8(ATA_COUNT, (uint8_t)count);
    guest_out8(ATA_LBA_LOW, (uint8_t)lba);
    guest_out8(ATA_LBA_MID, (uint8_t)(lba >> 8));
    guest_out8(ATA_LBA_HIGH, (uint8_t)(lba >> 16));
}

void guest_command(uint8_t value)
{
    guest_out8(ATA_COMMAND, value);
}

void expect_ata_error(uint8_t status, uint8_t error)
{
    assert_int_equal(guest_in8(ATA_STATUS), status);
    assert_int_equal(guest_in8(ATA_ERROR), error);
}

void guest_set_multiple(uint8_t sectors)
{
    guest_out8(ATA_COUNT, sectors);
    guest_command(ATA_CMD_SET_MULTIPLE_MODE);
    assert_int_equal(guest_in8(ATA_STATUS), READY);
}

bool disk_0_is_untouched(void)
{
    return fixture.disk.writes == 0 && fake_backend_untouched(&fixture.disk, 0, DISK_LENGTH);
}

void expect_ata_signature(void)
{
    assert_int_equal(guest_in8(ATA_ERROR), 1);
    assert_int_equal(guest_in8(ATA_COUNT), 1);
    assert_int_equal(guest_in8(ATA_LBA_LOW), 1);
    assert_int_equal(guest_in8(ATA_LBA_MID), 0);
    assert_int_equal(guest_in8(ATA_LBA_HIGH), 0);
}
