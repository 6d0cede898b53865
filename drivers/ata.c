/* SPDX-License-Identifier: MIT */
/*
 * ATA disks (ATA/ATAPI-7, volume 2, chapters 5 and 9): finding them, and what every command has.
 * Select the drive, wait until it is idle, fill the task file, write the command, then move the
 * data.
 *
 * How they move is in ata_pio.c and ata_dma.c; ata_identity.c reads what IDENTIFY says. No packet
 * devices.
 */
#include "ata.h"

#include "abi/machine.h"
#include "ata_internal.h"
#include "errors.h"
#include "io.h"
#include "poll.h"

/* The six waits of ata_init(), spins included, together stay below two seconds. */
#define PROBE_TIMEOUT_MS 220
#define FLUSH_TIMEOUT_MS 30000
#define MAX_TRANSFER_48 (1024 * 1024)
#define PROBE_COUNT 0x55 /* patterns that a register holds and a floating bus does not */
#define PROBE_LBA 0xaa

int ata_wait_clear(struct ata_drive *drive, uint8_t clear, uint32_t timeout_ms)
{
    if (wait_until(!((drive->status = ata_read_register(drive, ATA_STATUS)) & clear),
                   drive->interrupt, timeout_ms))
        return ERR_OK;
    platform_log("%s: timeout, status %02x", drive->name, drive->status);
    return ERR_TIMEOUT;
}

static int wait_idle(struct ata_drive *drive, uint32_t timeout_ms)
{
    return ata_wait_clear(drive, ATA_STATUS_BSY | ATA_STATUS_DRQ, timeout_ms);
}

int ata_command_result(struct ata_drive *drive)
{
    if (!(drive->status & (ATA_STATUS_ERR | ATA_STATUS_DF)))
        return ERR_OK;
    drive->error = ata_read_register(drive, ATA_ERROR);
    platform_log("%s: status %02x error %02x", drive->name, drive->status, drive->error);
    if (drive->status & ATA_STATUS_ERR && drive->error & ATA_ERROR_IDNF)
        return ERR_RANGE;
    return ERR_IO;
}

static uint8_t device_bits(const struct ata_drive *drive)
{
    return ATA_DEVICE_BASE | ATA_DEVICE_LBA | (drive->unit ? ATA_DEVICE_DEV1 : 0);
}

/* Selects the drive. device is the whole device register: four bits of a 28-bit LBA are there. */
static int select_drive(struct ata_drive *drive, uint8_t device, uint32_t timeout_ms)
{
    int error = wait_idle(drive, timeout_ms); /* of whichever drive was selected before */
    if (error)
        return error;
    ata_write_register(drive, ATA_DEVICE, device);
    ata_settle(drive);
    return wait_idle(drive, timeout_ms);
}

int ata_start_command(struct ata_drive *drive, uint8_t command, uint32_t timeout_ms)
{
    ata_write_register(drive, ATA_COMMAND, command);
    ata_settle(drive);
    return ata_wait_clear(drive, ATA_STATUS_BSY, timeout_ms);
}

/* A command without data. The drive gets POLL_TIMEOUT_MS at most to be ready for it. */
static int simple_command(struct ata_drive *drive, uint8_t command, uint8_t count,
                          uint32_t timeout_ms)
{
    int error = select_drive(drive, device_bits(drive),
                             timeout_ms < POLL_TIMEOUT_MS ? timeout_ms : POLL_TIMEOUT_MS);
    if (error)
        return error;
    ata_write_register(drive, ATA_COUNT, count);
    error = ata_start_command(drive, command, timeout_ms);
    return error ? error : ata_command_result(drive);
}

static int set_multiple(struct ata_drive *drive, uint8_t sectors)
{
    drive->multiple = 0;
    int error = simple_command(drive, ATA_CMD_SET_MULTIPLE_MODE, sectors, PROBE_TIMEOUT_MS);
    if (error == ERR_OK)
        drive->multiple = sectors;
    return error == ERR_TIMEOUT ? error : ERR_OK; /* a drive may do without */
}

int ata_reset(struct ata_drive *drive)
{
    out8(drive->control_port, ATA_CONTROL_SRST | drive->control);
    (void)poll_until(false, 1); /* SRST holds for at least 5 us */
    out8(drive->control_port, drive->control);
    (void)poll_until(false, 2); /* no look at status before 2 ms have passed */
    int error = wait_idle(drive, POLL_TIMEOUT_MS);
    if (!error && drive->multiple)
        error = set_multiple(drive, drive->multiple); /* a reset may have undone it */
    return error;
}

void ata_let_interrupt(struct ata_drive *drive)
{
    drive->control = 0;
    out8(drive->control_port, drive->control);
}

void ata_use_interrupt(struct ata_drive *drive, struct interrupt *interrupt)
{
    drive->interrupt = interrupt;
    ata_let_interrupt(drive);
}

/* A drive that has stopped between two DRQ blocks must be freed from them. */
int ata_give_up(struct ata_drive *drive, int error)
{
    uint8_t status = drive->status, code = drive->error;
    if (error == ERR_TIMEOUT || status & (ATA_STATUS_BSY | ATA_STATUS_DRQ))
        ata_reset(drive);
    drive->status = status;
    drive->error = code;
    return error;
}

/* --- what a transfer begins with -------------------------------------------------------------- */

/* In the EXT form each register takes its high byte first. */
void ata_write_task_file(const struct ata_drive *drive, const struct ata_transfer *t, bool ext)
{
    if (ext) {
        ata_write_register(drive, ATA_COUNT, (uint8_t)(t->sectors >> 8));
        ata_write_register(drive, ATA_LBA_LOW, (uint8_t)(t->lba >> 24));
        ata_write_register(drive, ATA_LBA_MID, (uint8_t)(t->lba >> 32));
        ata_write_register(drive, ATA_LBA_HIGH, (uint8_t)(t->lba >> 40));
    }
    ata_write_register(drive, ATA_COUNT, (uint8_t)t->sectors);
    ata_write_register(drive, ATA_LBA_LOW, (uint8_t)t->lba);
    ata_write_register(drive, ATA_LBA_MID, (uint8_t)(t->lba >> 8));
    ata_write_register(drive, ATA_LBA_HIGH, (uint8_t)(t->lba >> 16));
}

/*
 * The last of the 2^28 addresses is left to EXT: IDENTIFY words 60-61 cannot count it, so a drive
 * may refuse it. What the drive itself can hold is not checked here: past its end it answers IDNF.
 */
int ata_choose_form(const struct ata_drive *drive, const struct ata_transfer *t, bool *ext)
{
    *ext = t->force_48 || t->sectors > ATA_COUNT_MAX_28 || t->lba + t->sectors > ATA_MAX_SECTORS_28;
    if (t->sectors == 0 || t->sectors > ATA_COUNT_MAX_48 ||
        t->lba > ATA_MAX_SECTORS_48 - t->sectors)
        return ERR_RANGE;
    if (*ext && !drive->lba48)
        return t->force_48 ? ERR_UNSUPPORTED : ERR_RANGE;
    return ERR_OK;
}

static uint8_t device_of(const struct ata_drive *drive, const struct ata_transfer *t, bool ext)
{
    uint8_t device = device_bits(drive);
    if (!ext)
        device |= (t->lba >> 24) & ATA_DEVICE_LBA_HIGH_MASK;
    return device;
}

int ata_select(struct ata_drive *drive, const struct ata_transfer *t, bool ext)
{
    return select_drive(drive, device_of(drive, t, ext), POLL_TIMEOUT_MS);
}

int ata_select_again(struct ata_drive *drive, const struct ata_transfer *t, bool ext)
{
    uint8_t device = device_of(drive, t, ext);
    ata_write_register(drive, ATA_DEVICE, device);
    /* This look is long enough for BSY to appear, too. */
    if (in8(drive->control_port) & (ATA_STATUS_BSY | ATA_STATUS_DRQ))
        return select_drive(drive, device, POLL_TIMEOUT_MS);
    return ERR_OK;
}

/* --- the block interface ---------------------------------------------------------------------- */

static int read_blocks(struct block_dev *dev, uint64_t offset, void *buffer, uint32_t length)
{
    struct ata_drive *drive = (struct ata_drive *)dev;
    struct ata_transfer transfer = {.lba = offset / ATA_SECTOR_SIZE,
                                    .sectors = length / ATA_SECTOR_SIZE,
                                    .dma = ata_dma_reaches(drive, buffer, length)};
    return ata_read_sectors(drive, &transfer, buffer);
}

static int write_blocks(struct block_dev *dev, uint64_t offset, const void *buffer, uint32_t length)
{
    struct ata_drive *drive = (struct ata_drive *)dev;
    struct ata_transfer transfer = {.lba = offset / ATA_SECTOR_SIZE,
                                    .sectors = length / ATA_SECTOR_SIZE,
                                    .dma = ata_dma_reaches(drive, buffer, length)};
    return ata_write_sectors(drive, &transfer, buffer);
}

static int flush(struct block_dev *dev)
{
    struct ata_drive *drive = (struct ata_drive *)dev;
    uint8_t command = drive->flush_ext ? ATA_CMD_FLUSH_CACHE_EXT : ATA_CMD_FLUSH_CACHE;
    int error = simple_command(drive, command, 0, FLUSH_TIMEOUT_MS);
    return error ? ata_give_up(drive, error) : ERR_OK;
}

static const struct block_ops ata_block_ops = {
    .read = read_blocks,
    .write = write_blocks,
    .flush = flush,
};

/* --- finding a drive -------------------------------------------------------------------------- */

/* Drive 0 answers for an absent drive 1 with status 0; nobody at all leaves the bus floating. */
static bool nobody(uint8_t status)
{
    return status == ATA_FLOATING_BUS || status == 0;
}

/* Selects the drive if there is one; rules out a floating bus before any wait. */
static int find_drive(struct ata_drive *drive)
{
    if (ata_read_register(drive, ATA_STATUS) == ATA_FLOATING_BUS)
        return ERR_ABSENT;
    out8(drive->control_port, drive->control);
    int error = select_drive(drive, device_bits(drive), PROBE_TIMEOUT_MS);
    if (nobody(drive->status))
        return ERR_ABSENT;
    if (error)
        return error;
    ata_write_register(drive, ATA_COUNT, PROBE_COUNT);
    ata_write_register(drive, ATA_LBA_LOW, PROBE_LBA);
    return ata_read_register(drive, ATA_COUNT) == PROBE_COUNT &&
                   ata_read_register(drive, ATA_LBA_LOW) == PROBE_LBA
               ? ERR_OK
               : ERR_ABSENT;
}

static int identify(struct ata_drive *drive)
{
    uint16_t id[ATA_ID_WORDS] __attribute__((aligned(4)));
    int error = ata_start_command(drive, ATA_CMD_IDENTIFY_DEVICE, PROBE_TIMEOUT_MS);
    if (nobody(drive->status))
        return ERR_ABSENT;
    if (error)
        return error;
    if (drive->status & (ATA_STATUS_ERR | ATA_STATUS_DF)) {
        drive->error = ata_read_register(drive, ATA_ERROR);
        return ERR_ABSENT; /* a packet device refuses the command and shows its signature */
    }
    if (!(drive->status & ATA_STATUS_DRQ))
        return ERR_DEVICE;
    in32_rep((uint16_t)(drive->command_port + ATA_DATA), id, ATA_SECTOR_DWORDS);

    uint8_t offered = id[ATA_ID_MAX_MULTIPLE] & 0xff;
    error = ata_read_identity(drive, id);
    drive->multiple = error ? 0 : offered;
    return error;
}

int ata_init(struct ata_drive *drive, uint16_t command_port, uint16_t control_port, uint8_t unit,
             uint8_t max_multiple)
{
    *drive = (struct ata_drive){.command_port = command_port,
                                .control_port = control_port,
                                .unit = unit,
                                .control = ATA_CONTROL_NIEN,
                                .name = "ata0"};
    drive->name[3] += (char)((command_port == PORT_ATA_SECONDARY ? 2 : 0) + unit);

    int error = find_drive(drive);
    if (!error)
        error = identify(drive);
    if (error)
        return error;

    unsigned sectors = 1;
    while (sectors * 2 <= drive->multiple && sectors * 2 <= max_multiple)
        sectors *= 2; /* the only counts that every drive takes */
    drive->multiple = 0;
    if (sectors > 1) {
        error = set_multiple(drive, (uint8_t)sectors);
        if (error)
            return error;
    }
    drive->block.name = drive->name;
    drive->block.ops = &ata_block_ops;
    drive->block.write_end = drive->block.size;
    drive->block.block_size = ATA_SECTOR_SIZE;
    drive->block.depth = 1;
    drive->block.max_transfer = drive->lba48 ? MAX_TRANSFER_48 : ATA_COUNT_MAX_28 * ATA_SECTOR_SIZE;
    return ERR_OK;
}
