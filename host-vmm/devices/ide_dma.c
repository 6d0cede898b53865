/* SPDX-License-Identifier: MIT */
/*
 * Bus-master IDE (SFF-8038i): the table of physical regions, and how a DMA command moves: in pieces of as
 * many regions as a request takes. Which command it is, ide_commands.c knows; the registers are in
 * ide_dma_registers.c.
 *
 * A transfer begins once there are both a DMA command and the start bit, whichever comes last. The table
 * is read then, once and as a whole, in the thread of the guest that wrote: a table that is wrong fails
 * before anything has moved, and what the guest does to it later has no effect.
 */
#include "ide_internal.h"

#include <string.h>

/* --- the table -------------------------------------------------------------------------------- */

static uint32_t region_length(const struct ide_prd *prd)
{
    return prd->count != 0 ? prd->count : IDE_PRD_BOUNDARY;
}

static bool region_is_sound(const struct ide_prd *prd)
{
    return prd->address % 2 == 0 && prd->count % 2 == 0 &&
           prd->address % IDE_PRD_BOUNDARY + region_length(prd) <= IDE_PRD_BOUNDARY;
}

/* Reads the descriptors of the next bytes bytes. False where the table ends before that, or does not lie in
 * RAM, or something in it is wrong. */
static bool read_table(struct ide_dma *dma, const struct guest_memory *memory, uint64_t bytes)
{
    dma->region_count = dma->region = 0;
    dma->region_done = 0;
    while (bytes > 0) {
        gpa_t at = dma->table + (gpa_t)dma->region_count * sizeof(struct ide_prd);
        struct ide_prd prd;
        uint32_t length;
        void *host;

        if (dma->region_count == IDE_PRD_MAX || !guest_read(memory, at, &prd, sizeof prd) ||
            !region_is_sound(&prd))
            return false;
        length = region_length(&prd);
        dma->ends_with_table = (prd.flags & IDE_PRD_END) && length <= bytes;
        if (length > bytes)
            length = (uint32_t)bytes;
        host = guest_ptr(memory, prd.address, length);
        if (host == NULL)
            return false;
        dma->regions[dma->region_count++] = (struct iovec){.iov_base = host, .iov_len = length};
        bytes -= length;
        if (bytes > 0 && (prd.flags & IDE_PRD_END))
            return false;
    }
    return true;
}

/* --- a transfer ------------------------------------------------------------------------------- */

/* The bus master gives up, and so does the drive. */
static void fail(struct ide_channel *channel)
{
    channel->dma.status &= (uint8_t)~IDE_DMA_STATUS_ACTIVE;
    channel->dma.status |= IDE_DMA_STATUS_ERROR;
    channel->dma.state = IDE_DMA_IDLE;
    channel->sectors_left = 0;
    ide_abort(channel);
}

void ide_dma_engage(struct ide_channel *channel)
{
    struct ide_dma *dma = &channel->dma;
    bool to_memory = (dma->command & IDE_DMA_COMMAND_TO_MEMORY) != 0;

    if (dma->state != IDE_DMA_WAITING || !(dma->status & IDE_DMA_STATUS_ACTIVE))
        return;
    if (!pci_device_is_master(&channel->ide->pci) || to_memory == channel->to_device ||
        !read_table(dma, channel->ide->memory, (uint64_t)channel->sectors_left * ATA_SECTOR_SIZE)) {
        fail(channel);
        return;
    }
    dma->state = IDE_DMA_MOVING;
    channel->wanted = channel->to_device ? IO_WRITE : IO_READ;
}

void ide_dma_start(struct ide_channel *channel, uint64_t lba, uint32_t sectors, bool to_device)
{
    channel->lba = lba;
    channel->sectors_left = sectors;
    channel->to_device = to_device;
    ide_selected(channel)->status = ATA_STATUS_BSY;
    channel->dma.state = IDE_DMA_WAITING;
    ide_dma_engage(channel);
}

/* Cuts the segments down to whole sectors: 256 regions of two bytes are still one. */
static uint64_t cut_to_sectors(struct io_request *request, uint64_t bytes)
{
    while (bytes % ATA_SECTOR_SIZE != 0) {
        struct iovec *last = &request->segments[request->segment_count - 1];
        uint64_t over = bytes % ATA_SECTOR_SIZE;

        if (last->iov_len > over) {
            last->iov_len -= over;
            bytes -= over;
        } else {
            bytes -= last->iov_len;
            request->segment_count--;
        }
    }
    return bytes;
}

/* Steps over the next bytes bytes of the regions. */
static void advance_regions(struct ide_dma *dma, uint64_t bytes)
{
    while (bytes > 0) {
        uint64_t here = dma->regions[dma->region].iov_len - dma->region_done;

        if (bytes < here) {
            dma->region_done += bytes;
            return;
        }
        bytes -= here;
        dma->region++;
        dma->region_done = 0;
    }
}

/* The segments of the next piece; returns its length in bytes, whole sectors. */
static uint64_t next_piece(struct ide_dma *dma, struct io_request *request)
{
    uint64_t bytes = 0, skip = dma->region_done;

    request->segment_count = 0;
    for (unsigned i = dma->region; i < dma->region_count; i++) {
        struct iovec part = dma->regions[i];

        if (request->segment_count == IO_MAX_SEGMENTS)
            break;
        part.iov_base = (uint8_t *)part.iov_base + skip;
        part.iov_len -= skip;
        skip = 0;
        request->segments[request->segment_count++] = part;
        bytes += part.iov_len;
    }
    bytes = cut_to_sectors(request, bytes);
    advance_regions(dma, bytes);
    return bytes;
}

struct io_request *ide_dma_submit(struct ide_channel *channel)
{
    struct ide_dma *dma = &channel->dma;
    struct io_request *request = NULL;

    pthread_mutex_lock(&channel->lock);
    if (dma->state == IDE_DMA_MOVING && channel->wanted != IO_NONE && !channel->in_flight) {
        request = &dma->request;
        request->backend = ide_selected(channel)->backend;
        request->op = channel->wanted;
        request->offset = channel->lba * ATA_SECTOR_SIZE;
        request->segment_count = 0;
        request->length = request->op == IO_FLUSH ? 0 : next_piece(dma, request);
        request->transferred = 0;
        request->error = 0;
        ide_begin_flight(channel);
    }
    pthread_mutex_unlock(&channel->lock);
    return request;
}

/* The drive has all it was asked for. Where the table says that there is more, the bus master stays ready
 * for it: that is how a driver tells. */
static void finish(struct ide_channel *channel)
{
    if (channel->dma.ends_with_table)
        channel->dma.status &= (uint8_t)~IDE_DMA_STATUS_ACTIVE;
    channel->dma.state = IDE_DMA_IDLE;
    ide_finish(channel, IDE_STATUS_READY, 0);
}

void ide_dma_advance(struct ide_channel *channel, const struct io_request *request)
{
    uint32_t sectors = (uint32_t)(request->length / ATA_SECTOR_SIZE);

    if (channel->dma.state == IDE_DMA_STOPPED) {
        channel->dma.state = IDE_DMA_IDLE;
        channel->sectors_left = 0;
        ide_abort(channel);
    } else if (request->error != 0 || request->transferred != request->length) {
        channel->dma.state = IDE_DMA_IDLE;
        ide_fail(channel, request);
    } else {
        channel->lba += sectors;
        channel->sectors_left -= sectors;
        if (channel->sectors_left > 0)
            channel->wanted = request->op;
        else if (request->op == IO_WRITE && !ide_selected(channel)->write_cache)
            channel->wanted = IO_FLUSH;
        else
            finish(channel);
    }
}

void ide_dma_stop(struct ide_channel *channel)
{
    struct ide_dma *dma = &channel->dma;

    dma->status &= (uint8_t)~IDE_DMA_STATUS_ACTIVE;
    if (dma->state != IDE_DMA_MOVING)
        return;
    channel->wanted = IO_NONE;
    if (channel->in_flight) {
        dma->state = IDE_DMA_STOPPED; /* BSY until guest memory is free */
        return;
    }
    dma->state = IDE_DMA_IDLE;
    channel->sectors_left = 0;
    ide_abort(channel);
}

void ide_run_dma_inline(struct ide_channel *channel)
{
    struct io_request *request;

    while ((request = ide_dma_submit(channel)) != NULL) {
        backend_run(request);
        ide_complete(channel, request);
    }
}
