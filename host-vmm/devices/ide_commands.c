/* SPDX-License-Identifier: MIT */
/*
 * ATA commands (ATA/ATAPI-7 volume 1, section 6): decoding, and the first step of each. How blocks
 * then move is in ide_transfer.c.
 */
#include "ide_internal.h"

#include <string.h>

/* SET FEATURES subcommands, and the transfer modes among them that this disk has */
#define FEATURES_WRITE_CACHE_ON 0x02
#define FEATURES_TRANSFER_MODE 0x03
#define FEATURES_WRITE_CACHE_OFF 0x82
#define TRANSFER_MODE_PIO_NO_IORDY 0x01 /* and 0: PIO default mode */
#define TRANSFER_MODE_PIO 0x08          /* plus the mode */
#define TRANSFER_MODE_PIO_MAX 4

/* --- what the task file says ------------------------------------------------------------------ */

static bool is_ext(uint8_t command)
{
    switch (command) {
    case ATA_CMD_READ_SECTORS_EXT:
    case ATA_CMD_READ_DMA_EXT:
    case ATA_CMD_READ_MULTIPLE_EXT:
    case ATA_CMD_WRITE_SECTORS_EXT:
    case ATA_CMD_WRITE_DMA_EXT:
    case ATA_CMD_WRITE_MULTIPLE_EXT:
    case ATA_CMD_READ_VERIFY_SECTORS_EXT:
        return true;
    default:
        return false;
    }
}

static uint64_t task_file_lba(const struct ide_drive *drive, bool ext)
{
    uint64_t lba =
        drive->lba_low[0] | (uint32_t)drive->lba_mid[0] << 8 | (uint32_t)drive->lba_high[0] << 16;

    if (!ext)
        return lba | (uint32_t)(drive->device & ATA_DEVICE_LBA_HIGH_MASK) << 24;
    return lba | (uint64_t)drive->lba_low[1] << 24 | (uint64_t)drive->lba_mid[1] << 32 |
           (uint64_t)drive->lba_high[1] << 40;
}

static uint32_t task_file_count(const struct ide_drive *drive, bool ext)
{
    uint32_t count = drive->count[0];

    if (ext)
        count |= (uint32_t)drive->count[1] << 8;
    if (count == 0)
        return ext ? ATA_COUNT_MAX_48 : ATA_COUNT_MAX_28;
    return count;
}

/* --- transfers -------------------------------------------------------------------------------- */

/* What a transfer is to move. */
struct range {
    uint64_t lba;
    uint32_t sectors;
};

/* Checks the whole range before anything moves. False: the command has ended. */
static bool take_range(struct ide_channel *channel, bool to_device, struct range *range)
{
    struct ide_drive *drive = ide_selected(channel);
    bool ext = is_ext(channel->command);

    range->lba = task_file_lba(drive, ext);
    range->sectors = task_file_count(drive, ext);
    if (!(drive->device & ATA_DEVICE_LBA) || (to_device && drive->backend->read_only)) {
        ide_abort(channel);
        return false;
    }
    if (range->lba >= drive->sectors || range->sectors > drive->sectors - range->lba) {
        ide_finish(channel, IDE_STATUS_READY | ATA_STATUS_ERR, ATA_ERROR_IDNF);
        return false;
    }
    return true;
}

static void start_transfer(struct ide_channel *channel, bool to_device, uint32_t block_sectors)
{
    struct range range;

    if (take_range(channel, to_device, &range))
        ide_start_blocks(channel, range.lba, range.sectors, block_sectors, to_device);
}

static void start_dma(struct ide_channel *channel, bool to_device)
{
    struct range range;

    if (channel->ide->memory == NULL)
        ide_abort(channel);
    else if (take_range(channel, to_device, &range))
        ide_dma_start(channel, range.lba, range.sectors, to_device);
}

static void start_multiple(struct ide_channel *channel, bool to_device)
{
    uint8_t multiple = ide_selected(channel)->multiple;

    if (multiple == 0)
        ide_abort(channel);
    else
        start_transfer(channel, to_device, multiple);
}

static void start_flush(struct ide_channel *channel)
{
    if (ide_selected(channel)->backend->read_only)
        ide_abort(channel);
    else
        ide_start_flush(channel);
}

static void start_identify(struct ide_channel *channel)
{
    unsigned unit = (unsigned)(channel - channel->ide->channels) * IDE_DRIVES + channel->selected;
    uint16_t words[ATA_ID_WORDS];

    ide_identify(ide_selected(channel), unit, words);
    memcpy(channel->buffer, words, sizeof words);
    ide_start_buffer(channel);
}

/* --- settings --------------------------------------------------------------------------------- */

static void set_multiple_mode(struct ide_channel *channel)
{
    struct ide_drive *drive = ide_selected(channel);
    uint8_t count = drive->count[0];

    if (count > IDE_MAX_MULTIPLE || (count & (count - 1)) != 0) {
        ide_abort(channel);
        return;
    }
    drive->multiple = count;
    ide_finish(channel, IDE_STATUS_READY, 0);
}

uint8_t ide_initial_dma_mode(const struct ide *ide)
{
    return ide->memory != NULL ? TRANSFER_MODE_ULTRA_DMA + TRANSFER_MODE_DMA_MAX : 0;
}

static bool is_mode(uint8_t mode, uint8_t first, uint8_t max)
{
    return mode >= first && mode <= first + max;
}

/* PIO modes are one and the same here, so nothing remembers which of them it is. */
static bool set_transfer_mode(struct ide_drive *drive, uint8_t mode)
{
    if (mode <= TRANSFER_MODE_PIO_NO_IORDY ||
        is_mode(mode, TRANSFER_MODE_PIO, TRANSFER_MODE_PIO_MAX))
        return true;
    if (drive->dma_mode == 0 ||
        (!is_mode(mode, TRANSFER_MODE_MULTIWORD_DMA, TRANSFER_MODE_DMA_MAX) &&
         !is_mode(mode, TRANSFER_MODE_ULTRA_DMA, TRANSFER_MODE_DMA_MAX)))
        return false;
    drive->dma_mode = mode;
    return true;
}

static void set_features(struct ide_channel *channel)
{
    struct ide_drive *drive = ide_selected(channel);
    uint8_t subcommand = drive->features[0];

    if (subcommand == FEATURES_WRITE_CACHE_ON || subcommand == FEATURES_WRITE_CACHE_OFF) {
        drive->write_cache = subcommand == FEATURES_WRITE_CACHE_ON;
    } else if (subcommand != FEATURES_TRANSFER_MODE || !set_transfer_mode(drive, drive->count[0])) {
        ide_abort(channel);
        return;
    }
    ide_finish(channel, IDE_STATUS_READY, 0);
}

/* The one command that both drives execute, whichever is selected. */
static void execute_diagnostic(struct ide_channel *channel)
{
    ide_set_signature(channel);
    ide_set_status(channel, IDE_STATUS_READY);
    channel->intrq = true;
}

/* --- decoding --------------------------------------------------------------------------------- */

void ide_execute(struct ide_channel *channel, uint8_t command)
{
    channel->command = command;
    switch (command) {
    case ATA_CMD_READ_SECTORS:
    case ATA_CMD_READ_SECTORS_EXT:
        start_transfer(channel, false, 1);
        break;
    case ATA_CMD_WRITE_SECTORS:
    case ATA_CMD_WRITE_SECTORS_EXT:
        start_transfer(channel, true, 1);
        break;
    case ATA_CMD_READ_DMA:
    case ATA_CMD_READ_DMA_EXT:
        start_dma(channel, false);
        break;
    case ATA_CMD_WRITE_DMA:
    case ATA_CMD_WRITE_DMA_EXT:
        start_dma(channel, true);
        break;
    case ATA_CMD_READ_MULTIPLE:
    case ATA_CMD_READ_MULTIPLE_EXT:
        start_multiple(channel, false);
        break;
    case ATA_CMD_WRITE_MULTIPLE:
    case ATA_CMD_WRITE_MULTIPLE_EXT:
        start_multiple(channel, true);
        break;
    case ATA_CMD_READ_VERIFY_SECTORS:
    case ATA_CMD_READ_VERIFY_SECTORS_EXT:
        start_transfer(channel, false, IDE_MAX_MULTIPLE);
        break;
    case ATA_CMD_FLUSH_CACHE:
    case ATA_CMD_FLUSH_CACHE_EXT:
        start_flush(channel);
        break;
    case ATA_CMD_IDENTIFY_DEVICE:
        start_identify(channel);
        break;
    case ATA_CMD_SET_MULTIPLE_MODE:
        set_multiple_mode(channel);
        break;
    case ATA_CMD_SET_FEATURES:
        set_features(channel);
        break;
    case ATA_CMD_EXECUTE_DEVICE_DIAGNOSTIC:
        execute_diagnostic(channel);
        break;
    case ATA_CMD_INITIALIZE_DEVICE_PARAMETERS: /* the geometry means nothing without CHS */
        ide_finish(channel, IDE_STATUS_READY, 0);
        break;
    case ATA_CMD_IDENTIFY_PACKET_DEVICE:
        ide_put_signature(ide_selected(channel));
        ide_abort(channel);
        break;
    default:
        ide_abort(channel);
        break;
    }
}
