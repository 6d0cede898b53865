/* SPDX-License-Identifier: MIT */
/*
 * How an ATA command goes on once it has begun: blocks between the guest and the buffer (the data
 * port itself is in ide.c), requests between the buffer and the backend, and how the command ends.
 */
#include "ide_internal.h"

static bool is_verify(uint8_t command)
{
    return command == ATA_CMD_READ_VERIFY_SECTORS || command == ATA_CMD_READ_VERIFY_SECTORS_EXT;
}

void ide_finish(struct ide_channel *channel, uint8_t status, uint8_t error)
{
    struct ide_drive *drive = ide_selected(channel);

    drive->status = status;
    drive->error = error;
    channel->intrq = true;
}

void ide_abort(struct ide_channel *channel)
{
    ide_finish(channel, IDE_STATUS_READY | ATA_STATUS_ERR, ATA_ERROR_ABRT);
}

/* Offers the first limit bytes of the buffer to the guest, or asks it for them. */
static void open_block(struct ide_channel *channel, uint32_t limit, bool to_device)
{
    channel->position = 0;
    channel->limit = limit;
    channel->to_device = to_device;
    ide_selected(channel)->status = IDE_STATUS_READY | ATA_STATUS_DRQ;
}

/* BSY until a request of this kind has been run. */
static void want(struct ide_channel *channel, enum io_op op)
{
    ide_selected(channel)->status = ATA_STATUS_BSY;
    channel->wanted = op;
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* Begins the next block; sectors_left is not 0. */
static void next_block(struct ide_channel *channel)
{
    if (channel->block_sectors > channel->sectors_left)
        channel->block_sectors = channel->sectors_left;
    if (channel->to_device)
        open_block(channel, channel->block_sectors * ATA_SECTOR_SIZE, true);
    else
        want(channel, IO_READ);
}

void ide_start_blocks(struct ide_channel *channel, uint64_t lba, uint32_t sectors,
                      uint32_t block_sectors, bool to_device)
{
    channel->lba = lba;
    channel->sectors_left = sectors;
    channel->block_sectors = block_sectors;
    channel->to_device = to_device;
    next_block(channel);
}

void ide_start_buffer(struct ide_channel *channel)
{
    channel->sectors_left = channel->block_sectors = 1;
    open_block(channel, ATA_SECTOR_SIZE, false);
    channel->intrq = true;
}

void ide_start_flush(struct ide_channel *channel)
{
    channel->sectors_left = 0;
    want(channel, IO_FLUSH);
}

/* One block has gone its whole way: the next, or the end of the command. An interrupt says so,
 * except at the end of a read: there the last one was for the data itself. */
static void block_done(struct ide_channel *channel)
{
    bool was_read = !channel->to_device && !is_verify(channel->command);

    channel->sectors_left -= channel->block_sectors;
    channel->lba += channel->block_sectors;
    if (channel->sectors_left == 0) {
        if (was_read)
            ide_selected(channel)->status = IDE_STATUS_READY;
        else
            ide_finish(channel, IDE_STATUS_READY, 0);
        return;
    }
    next_block(channel);
    if (channel->to_device)
        channel->intrq = true;
}

void ide_block_moved(struct ide_channel *channel)
{
    if (channel->to_device)
        want(channel, IO_WRITE);
    else
        block_done(channel);
}

/* --- submit and complete ---------------------------------------------------------------------- */

void ide_begin_flight(struct ide_channel *channel)
{
    channel->wanted = IO_NONE;
    channel->in_flight = true;
    channel->flight_generation = channel->generation;
}

struct io_request *ide_submit(struct ide_channel *channel)
{
    struct io_request *request = NULL;

    pthread_mutex_lock(&channel->lock);
    if (channel->wanted != IO_NONE && channel->dma.state == IDE_DMA_IDLE && !channel->in_flight) {
        uint32_t length = channel->block_sectors * ATA_SECTOR_SIZE;

        request = &channel->request;
        request->backend = ide_selected(channel)->backend;
        request->op = channel->wanted;
        request->offset = channel->lba * ATA_SECTOR_SIZE;
        request->length = request->op == IO_FLUSH ? 0 : length;
        request->segments[0] = (struct iovec){.iov_base = channel->buffer, .iov_len = length};
        request->segment_count = request->op == IO_FLUSH ? 0 : 1;
        request->transferred = 0;
        request->error = 0;
        ide_begin_flight(channel);
    }
    pthread_mutex_unlock(&channel->lock);
    return request;
}

/* The address of the first sector that failed goes into the task file. */
static void report_lba(struct ide_channel *channel, uint64_t lba)
{
    struct ide_drive *drive = ide_selected(channel);

    drive->lba_low[0] = (uint8_t)lba;
    drive->lba_mid[0] = (uint8_t)(lba >> 8);
    drive->lba_high[0] = (uint8_t)(lba >> 16);
    drive->lba_low[1] = (uint8_t)(lba >> 24);
    drive->lba_mid[1] = (uint8_t)(lba >> 32);
    drive->lba_high[1] = (uint8_t)(lba >> 40);
}

void ide_fail(struct ide_channel *channel, const struct io_request *request)
{
    if (request->op != IO_FLUSH)
        report_lba(channel, channel->lba + request->transferred / ATA_SECTOR_SIZE);
    channel->sectors_left = 0;
    if (request->op == IO_READ)
        ide_finish(channel, IDE_STATUS_READY | ATA_STATUS_ERR, ATA_ERROR_UNC);
    else
        ide_finish(channel, IDE_STATUS_READY | ATA_STATUS_DF | ATA_STATUS_ERR, ATA_ERROR_ABRT);
}

static void advance(struct ide_channel *channel, const struct io_request *request)
{
    /* A short read is a file that was truncated: what is missing must not pass for data. */
    if (request->error != 0 || request->transferred != request->length) {
        ide_fail(channel, request);
        return;
    }
    switch (request->op) {
    case IO_READ:
        if (is_verify(channel->command)) {
            block_done(channel);
        } else {
            open_block(channel, (uint32_t)request->length, false);
            channel->intrq = true;
        }
        break;
    case IO_WRITE:
        if (ide_selected(channel)->write_cache)
            block_done(channel);
        else
            want(channel, IO_FLUSH);
        break;
    default:
        if (channel->sectors_left > 0) /* a write's own flush */
            block_done(channel);
        else
            ide_finish(channel, IDE_STATUS_READY, 0);
        break;
    }
}

void ide_complete(struct ide_channel *channel, struct io_request *request)
{
    pthread_mutex_lock(&channel->lock);
    channel->in_flight = false;
    if (channel->flight_generation != channel->generation)
        ide_leave_reset(channel);
    else if (channel->dma.state != IDE_DMA_IDLE)
        ide_dma_advance(channel, request);
    else
        advance(channel, request);
    ide_update_irq(channel);
    pthread_mutex_unlock(&channel->lock);
}

void ide_run_inline(struct ide_channel *channel)
{
    struct io_request *request;

    while ((request = ide_submit(channel)) != NULL) {
        backend_run(request);
        ide_complete(channel, request);
    }
}
