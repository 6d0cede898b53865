/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing by polled PIO: DRQ blocks of one sector, or of drive->multiple sectors in READ/WRITE
 * MULTIPLE. Data go through the 16-bit data port two words at a time, as every PC controller allows; a DRQ
 * block is one string instruction.
 */
#include "ata_internal.h"
#include "errors.h"
#include "poll.h"

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

/* The command is written, and the first DRQ block or a failure is there. */
static int start_transfer(struct ata_drive *drive, const struct ata_transfer *t, bool write)
{
    bool ext;
    int error = ata_choose_form(drive, t, &ext);
    if (error)
        return error;
    drive->error = 0;
    error = ata_select(drive, t, ext);
    if (!error) {
        ata_write_task_file(drive, t, ext);
        error = ata_start_command(
            drive, transfer_command(write, ext, drive->multiple && !t->single), POLL_TIMEOUT_MS);
    }
    return error ? ata_give_up(drive, error) : ERR_OK;
}

/* BSY has gone: the drive wants the next DRQ block, or it has failed. */
static int check_block(struct ata_drive *drive)
{
    int error = ata_command_result(drive);
    if (!error && !(drive->status & ATA_STATUS_DRQ))
        error = ERR_DEVICE;
    return error;
}

int ata_read_sectors(struct ata_drive *drive, const struct ata_transfer *transfer, void *buffer)
{
    if (transfer->dma)
        return ata_dma_transfer(drive, transfer, buffer, false);
    int error = start_transfer(drive, transfer, false);
    if (error)
        return error;
    uint32_t block = drive->multiple && !transfer->single ? drive->multiple : 1;
    uint8_t *to = buffer;
    for (uint32_t left = transfer->sectors; left > 0;) {
        error = check_block(drive);
        if (error)
            return ata_give_up(drive, error);
        uint32_t sectors = left < block ? left : block;
        in32_rep((uint16_t)(drive->command_port + ATA_DATA), to, sectors * ATA_SECTOR_DWORDS);
        to += sectors * ATA_SECTOR_SIZE;
        left -= sectors;
        if (left > 0) {
            ata_settle(drive);
            error = ata_wait_clear(drive, ATA_STATUS_BSY, POLL_TIMEOUT_MS);
            if (error)
                return ata_give_up(drive, error);
        }
    }
    return ERR_OK; /* errors are told before the data: nothing follows the last block */
}

int ata_write_sectors(struct ata_drive *drive, const struct ata_transfer *transfer,
                      const void *buffer)
{
    if (transfer->dma)
        return ata_dma_transfer(drive, transfer, buffer, true);
    int error = start_transfer(drive, transfer, true);
    if (error)
        return error;
    uint32_t block = drive->multiple && !transfer->single ? drive->multiple : 1;
    const uint8_t *from = buffer;
    for (uint32_t left = transfer->sectors; left > 0;) {
        error = check_block(drive);
        if (error)
            return ata_give_up(drive, error);
        uint32_t sectors = left < block ? left : block;
        out32_rep((uint16_t)(drive->command_port + ATA_DATA), from, sectors * ATA_SECTOR_DWORDS);
        from += sectors * ATA_SECTOR_SIZE;
        left -= sectors;
        ata_settle(drive);
        error = ata_wait_clear(drive, ATA_STATUS_BSY, POLL_TIMEOUT_MS);
        if (error)
            return ata_give_up(drive, error);
    }
    error = ata_command_result(drive);
    if (!error && drive->status & ATA_STATUS_DRQ)
        error = ERR_DEVICE; /* it wants more than was asked for */
    return error ? ata_give_up(drive, error) : ERR_OK;
}
