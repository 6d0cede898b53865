/* SPDX-License-Identifier: MIT */
/*
 * ATA disks by polled PIO (ATA/ATAPI-7, volume 2, chapters 5 and 9). One command: select the drive,
 * wait until it is idle, fill the task file, write the command, then move DRQ blocks of one sector,
 * or of drive->multiple sectors in READ/WRITE MULTIPLE. Data go through the 16-bit data port two
 * words at a time, as every PC controller allows; a DRQ block is one string instruction.
 *
 * No DMA and no interrupts here, and no packet devices; ata_identity.c reads what IDENTIFY says.
 */
#include "ata.h"

#include "abi/machine.h"
#include "errors.h"
#include "io.h"
#include "poll.h"

/* The six waits of ata_init(), spins included, together stay below two seconds. */
#define PROBE_TIMEOUT_MS 220
#define FLUSH_TIMEOUT_MS 30000
#define SECTOR_DWORDS (ATA_SECTOR_SIZE / 4)
#define MAX_TRANSFER_48 (1024 * 1024)
#define PROBE_COUNT 0x55 /* patterns that a register holds and a floating bus does not */
#define PROBE_LBA 0xaa

static uint8_t read_register(const struct ata_drive *drive, unsigned reg)
{
    return in8((uint16_t)(drive->command_port + reg));
}

static void write_register(const struct ata_drive *drive, unsigned reg, uint8_t value)
{
    out8((uint16_t)(drive->command_port + reg), value);
}

/*
 * The 400 ns that BSY may take to appear, and the one transfer cycle that DRQ may take to go: one
 * access to a register lasts at least 600 ns in PIO mode 0, which nobody changes here.
 */
static void settle(const struct ata_drive *drive)
{
    in8(drive->control_port);
}

/* Waits for the bits of clear to go; the status that was read last is in drive->status. */
static int wait_clear(struct ata_drive *drive, uint8_t clear, uint32_t timeout_ms)
{
    if (poll_until(!((drive->status = read_register(drive, ATA_STATUS)) & clear), timeout_ms))
        return ERR_OK;
    platform_log("%s: timeout, status %02x", drive->name, drive->status);
    return ERR_TIMEOUT;
}

static int wait_idle(struct ata_drive *drive, uint32_t timeout_ms)
{
    return wait_clear(drive, ATA_STATUS_BSY | ATA_STATUS_DRQ, timeout_ms);
}

/* After BSY has gone: what the drive says of the command. */
static int command_result(struct ata_drive *drive)
{
    if (!(drive->status & (ATA_STATUS_ERR | ATA_STATUS_DF)))
        return ERR_OK;
    drive->error = read_register(drive, ATA_ERROR);
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
    write_register(drive, ATA_DEVICE, device);
    settle(drive);
    return wait_idle(drive, timeout_ms);
}

/* Writes the command and waits for the end of BSY. */
static int start_command(struct ata_drive *drive, uint8_t command, uint32_t timeout_ms)
{
    write_register(drive, ATA_COMMAND, command);
    settle(drive);
    return wait_clear(drive, ATA_STATUS_BSY, timeout_ms);
}

/* A command without data. The drive gets POLL_TIMEOUT_MS at most to be ready for it. */
static int simple_command(struct ata_drive *drive, uint8_t command, uint8_t count,
                          uint32_t timeout_ms)
{
    int error = select_drive(drive, device_bits(drive),
                             timeout_ms < POLL_TIMEOUT_MS ? timeout_ms : POLL_TIMEOUT_MS);
    if (error)
        return error;
    write_register(drive, ATA_COUNT, count);
    error = start_command(drive, command, timeout_ms);
    return error ? error : command_result(drive);
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
    out8(drive->control_port, ATA_CONTROL_SRST | ATA_CONTROL_NIEN);
    (void)poll_until(false, 1); /* SRST holds for at least 5 us */
    out8(drive->control_port, ATA_CONTROL_NIEN);
    (void)poll_until(false, 2); /* no look at status before 2 ms have passed */
    int error = wait_idle(drive, POLL_TIMEOUT_MS);
    if (!error && drive->multiple)
        error = set_multiple(drive, drive->multiple); /* a reset may have undone it */
    return error;
}

/* After a failure: a drive that has stopped between two DRQ blocks must be freed from them. */
static int give_up(struct ata_drive *drive, int error)
{
    uint8_t status = drive->status, code = drive->error;
    if (error == ERR_TIMEOUT || status & (ATA_STATUS_BSY | ATA_STATUS_DRQ))
        ata_reset(drive);
    drive->status = status;
    drive->error = code;
    return error;
}

/* --- reading and writing ---------------------------------------------------------------------- */

/* Count and LBA of a transfer; in the EXT form each register takes its high byte first. */
static void write_task_file(const struct ata_drive *drive, const struct ata_transfer *t, bool ext)
{
    if (ext) {
        write_register(drive, ATA_COUNT, (uint8_t)(t->sectors >> 8));
        write_register(drive, ATA_LBA_LOW, (uint8_t)(t->lba >> 24));
        write_register(drive, ATA_LBA_MID, (uint8_t)(t->lba >> 32));
        write_register(drive, ATA_LBA_HIGH, (uint8_t)(t->lba >> 40));
    }
    write_register(drive, ATA_COUNT, (uint8_t)t->sectors);
    write_register(drive, ATA_LBA_LOW, (uint8_t)t->lba);
    write_register(drive, ATA_LBA_MID, (uint8_t)(t->lba >> 8));
    write_register(drive, ATA_LBA_HIGH, (uint8_t)(t->lba >> 16));
}

static uint8_t transfer_command(bool write, bool ext, bool multiple)
{
    static const uint8_t commands[2][2][2] = {
        {{ATA_CMD_READ_SECTORS, ATA_CMD_READ_MULTIPLE},
         {ATA_CMD_READ_SECTORS_EXT, ATA_CMD_READ_MULTIPLE_EXT}},
        {{ATA_CMD_WRITE_SECTORS, ATA_CMD_WRITE_MULTIPLE},
         {ATA_CMD_WRITE_SECTORS_EXT, ATA_CMD_WRITE_MULTIPLE_EXT}},
    };
    return commands[write][ext][multiple];
}

/*
 * Chooses the form and starts the command. The last of the 2^28 addresses is left to EXT: IDENTIFY
 * words 60-61 cannot count it, so a drive may refuse it. What the drive itself can hold is not
 * checked here: past its end it answers IDNF.
 */
static int start_transfer(struct ata_drive *drive, const struct ata_transfer *t, bool write)
{
    bool ext =
        t->force_48 || t->sectors > ATA_COUNT_MAX_28 || t->lba + t->sectors > ATA_MAX_SECTORS_28;
    if (t->sectors == 0 || t->sectors > ATA_COUNT_MAX_48 ||
        t->lba > ATA_MAX_SECTORS_48 - t->sectors)
        return ERR_RANGE;
    if (ext && !drive->lba48)
        return t->force_48 ? ERR_UNSUPPORTED : ERR_RANGE;

    uint8_t device = device_bits(drive);
    if (!ext)
        device |= (t->lba >> 24) & ATA_DEVICE_LBA_HIGH_MASK;
    drive->error = 0;
    int error = select_drive(drive, device, POLL_TIMEOUT_MS);
    if (!error) {
        write_task_file(drive, t, ext);
        error = start_command(drive, transfer_command(write, ext, drive->multiple && !t->single),
                              POLL_TIMEOUT_MS);
    }
    return error ? give_up(drive, error) : ERR_OK;
}

/* BSY has gone: the drive wants the next DRQ block, or it has failed. */
static int check_block(struct ata_drive *drive)
{
    int error = command_result(drive);
    if (!error && !(drive->status & ATA_STATUS_DRQ))
        error = ERR_DEVICE;
    return error;
}

int ata_read_sectors(struct ata_drive *drive, const struct ata_transfer *transfer, void *buffer)
{
    int error = start_transfer(drive, transfer, false);
    if (error)
        return error;
    uint32_t block = drive->multiple && !transfer->single ? drive->multiple : 1;
    uint8_t *to = buffer;
    for (uint32_t left = transfer->sectors; left > 0;) {
        error = check_block(drive);
        if (error)
            return give_up(drive, error);
        uint32_t sectors = left < block ? left : block;
        in32_rep((uint16_t)(drive->command_port + ATA_DATA), to, sectors * SECTOR_DWORDS);
        to += sectors * ATA_SECTOR_SIZE;
        left -= sectors;
        if (left > 0) {
            settle(drive);
            error = wait_clear(drive, ATA_STATUS_BSY, POLL_TIMEOUT_MS);
            if (error)
                return give_up(drive, error);
        }
    }
    return ERR_OK; /* errors are told before the data: nothing follows the last block */
}

int ata_write_sectors(struct ata_drive *drive, const struct ata_transfer *transfer,
                      const void *buffer)
{
    int error = start_transfer(drive, transfer, true);
    if (error)
        return error;
    uint32_t block = drive->multiple && !transfer->single ? drive->multiple : 1;
    const uint8_t *from = buffer;
    for (uint32_t left = transfer->sectors; left > 0;) {
        error = check_block(drive);
        if (error)
            return give_up(drive, error);
        uint32_t sectors = left < block ? left : block;
        out32_rep((uint16_t)(drive->command_port + ATA_DATA), from, sectors * SECTOR_DWORDS);
        from += sectors * ATA_SECTOR_SIZE;
        left -= sectors;
        settle(drive);
        error = wait_clear(drive, ATA_STATUS_BSY, POLL_TIMEOUT_MS);
        if (error)
            return give_up(drive, error);
    }
    error = command_result(drive);
    if (!error && drive->status & ATA_STATUS_DRQ)
        error = ERR_DEVICE; /* it wants more than was asked for */
    return error ? give_up(drive, error) : ERR_OK;
}

/* --- the block interface ---------------------------------------------------------------------- */

static int read_blocks(struct block_dev *dev, uint64_t offset, void *buffer, uint32_t length)
{
    struct ata_transfer transfer = {.lba = offset / ATA_SECTOR_SIZE,
                                    .sectors = length / ATA_SECTOR_SIZE};
    return ata_read_sectors((struct ata_drive *)dev, &transfer, buffer);
}

static int write_blocks(struct block_dev *dev, uint64_t offset, const void *buffer, uint32_t length)
{
    struct ata_transfer transfer = {.lba = offset / ATA_SECTOR_SIZE,
                                    .sectors = length / ATA_SECTOR_SIZE};
    return ata_write_sectors((struct ata_drive *)dev, &transfer, buffer);
}

static int flush(struct block_dev *dev)
{
    struct ata_drive *drive = (struct ata_drive *)dev;
    uint8_t command = drive->flush_ext ? ATA_CMD_FLUSH_CACHE_EXT : ATA_CMD_FLUSH_CACHE;
    int error = simple_command(drive, command, 0, FLUSH_TIMEOUT_MS);
    return error ? give_up(drive, error) : ERR_OK;
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
    if (read_register(drive, ATA_STATUS) == ATA_FLOATING_BUS)
        return ERR_ABSENT;
    out8(drive->control_port, ATA_CONTROL_NIEN);
    int error = select_drive(drive, device_bits(drive), PROBE_TIMEOUT_MS);
    if (nobody(drive->status))
        return ERR_ABSENT;
    if (error)
        return error;
    write_register(drive, ATA_COUNT, PROBE_COUNT);
    write_register(drive, ATA_LBA_LOW, PROBE_LBA);
    return read_register(drive, ATA_COUNT) == PROBE_COUNT &&
                   read_register(drive, ATA_LBA_LOW) == PROBE_LBA
               ? ERR_OK
               : ERR_ABSENT;
}

static int identify(struct ata_drive *drive)
{
    uint16_t id[ATA_ID_WORDS] __attribute__((aligned(4)));
    int error = start_command(drive, ATA_CMD_IDENTIFY_DEVICE, PROBE_TIMEOUT_MS);
    if (nobody(drive->status))
        return ERR_ABSENT;
    if (error)
        return error;
    if (drive->status & (ATA_STATUS_ERR | ATA_STATUS_DF)) {
        drive->error = read_register(drive, ATA_ERROR);
        return ERR_ABSENT; /* a packet device refuses the command and shows its signature */
    }
    if (!(drive->status & ATA_STATUS_DRQ))
        return ERR_DEVICE;
    in32_rep((uint16_t)(drive->command_port + ATA_DATA), id, SECTOR_DWORDS);

    uint8_t offered = id[ATA_ID_MAX_MULTIPLE] & 0xff;
    error = ata_read_identity(drive, id);
    drive->multiple = error ? 0 : offered;
    return error;
}

int ata_init(struct ata_drive *drive, uint16_t command_port, uint16_t control_port, uint8_t unit,
             uint8_t max_multiple)
{
    *drive = (struct ata_drive){
        .command_port = command_port, .control_port = control_port, .unit = unit, .name = "ata0"};
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
    drive->block.max_transfer = drive->lba48 ? MAX_TRANSFER_48 : ATA_COUNT_MAX_28 * ATA_SECTOR_SIZE;
    return ERR_OK;
}
