/* SPDX-License-Identifier: MIT */
/*
 * virtio-blk requests (VIRTIO 1.2 section 5.2.6): parsing, validation, results. Data goes straight
 * between the backend and the guest's segments. The framing of a request into descriptors is never
 * relied on. Taking requests off the queues and giving them back is in blk.c.
 */
#include "blk_internal.h"

#include <string.h>

/* A write of any kind is to be on stable storage before it is reported as done (section 5.2.6.2,
 * cases 1 and 2). Without FLUSH there is no other way for the driver to get it there, so this
 * holds, too, where the device did not offer it. */
static bool is_write_through(const struct virtio_blk_model *blk)
{
    if (virtio_device_agreed(&blk->device, VIRTIO_BLK_F_CONFIG_WCE))
        return blk->config[VIRTIO_BLK_CFG_WRITEBACK] == 0;
    return !virtio_device_agreed(&blk->device, VIRTIO_BLK_F_FLUSH);
}

static bool is_on_disk(const struct virtio_blk_model *blk, uint64_t sector, uint64_t sectors)
{
    return sector <= blk->capacity && sectors <= blk->capacity - sector;
}

/* --- IN and OUT ------------------------------------------------------------------------------- */

/* The data are length bytes from skip on in segments. Returns VIRTIO_BLK_S_*, like all that
 * follow. */
static uint8_t prepare_transfer(const struct virtio_blk_model *blk, struct io_request *io,
                                enum io_op op, uint64_t sector, const struct iovec *segments,
                                unsigned count, uint64_t skip, uint64_t length)
{
    if (length % VIRTIO_BLK_SECTOR_SIZE != 0 ||
        !is_on_disk(blk, sector, length / VIRTIO_BLK_SECTOR_SIZE))
        return VIRTIO_BLK_S_IOERR;
    if (length == 0)
        return VIRTIO_BLK_S_OK;
    io->op = op;
    io->offset = sector * VIRTIO_BLK_SECTOR_SIZE;
    io->length = length;
    io->segment_count = virtio_slice_chain(segments, count, skip, length, io->segments);
    return VIRTIO_BLK_S_OK;
}

static uint8_t prepare_read(const struct virtio_blk_model *blk, struct virtio_blk_request *request,
                            uint64_t sector)
{
    const struct virtio_chain *chain = &blk->chain;

    return prepare_transfer(blk, &request->io, IO_READ, sector, virtio_chain_writable(chain),
                            chain->writable_count, 0, request->data_length);
}

static uint8_t prepare_write(const struct virtio_blk_model *blk, struct virtio_blk_request *request,
                             uint64_t sector)
{
    const struct virtio_chain *chain = &blk->chain;
    const uint64_t header = sizeof(struct virtio_blk_req_header);

    if (blk->backend->read_only)
        return VIRTIO_BLK_S_IOERR;
    request->io.durable = is_write_through(blk);
    return prepare_transfer(blk, &request->io, IO_WRITE, sector, virtio_chain_readable(chain),
                            chain->readable_count, header, chain->readable_length - header);
}

/* --- DISCARD and WRITE_ZEROES ----------------------------------------------------------------- */

/* UNSUPP for flags that the type does not have, IOERR for sectors that the disk does not have. */
static uint8_t check_range(const struct virtio_blk_model *blk, uint32_t type,
                           const struct virtio_blk_range *range)
{
    uint32_t known = type == VIRTIO_BLK_T_WRITE_ZEROES ? VIRTIO_BLK_RANGE_UNMAP : 0;

    if (range->flags & ~known)
        return VIRTIO_BLK_S_UNSUPP;
    if (range->sectors > VIRTIO_BLK_MAX_RANGE_SECTORS ||
        !is_on_disk(blk, range->sector, range->sectors))
        return VIRTIO_BLK_S_IOERR;
    return VIRTIO_BLK_S_OK;
}

bool virtio_blk_next_range(struct virtio_blk_request *request)
{
    struct io_request *io = &request->io;

    while (request->next_range < request->range_count) {
        const struct virtio_blk_range *range = &request->ranges[request->next_range++];

        if (range->sectors == 0)
            continue;
        io->op = request->type == VIRTIO_BLK_T_DISCARD ? IO_DISCARD : IO_WRITE_ZEROES;
        io->offset = range->sector * VIRTIO_BLK_SECTOR_SIZE;
        io->length = (uint64_t)range->sectors * VIRTIO_BLK_SECTOR_SIZE;
        io->unmap = (range->flags & VIRTIO_BLK_RANGE_UNMAP) != 0;
        io->transferred = 0;
        return true;
    }
    return false;
}

/* Copies the ranges and checks all of them before anything is done to the first. */
static uint8_t prepare_ranges(const struct virtio_blk_model *blk,
                              struct virtio_blk_request *request, unsigned feature)
{
    const struct virtio_chain *chain = &blk->chain;
    const uint64_t header = sizeof(struct virtio_blk_req_header);
    uint64_t length = chain->readable_length - header;
    uint64_t count = length / sizeof(struct virtio_blk_range);

    if (!virtio_device_agreed(&blk->device, feature))
        return VIRTIO_BLK_S_UNSUPP;
    if (blk->backend->read_only || count == 0 || count > VIRTIO_BLK_RANGES ||
        length % sizeof(struct virtio_blk_range) != 0)
        return VIRTIO_BLK_S_IOERR;
    virtio_copy_from_chain(virtio_chain_readable(chain), chain->readable_count, header,
                           request->ranges, length);
    for (unsigned i = 0; i < count; i++) {
        uint8_t status = check_range(blk, request->type, &request->ranges[i]);

        if (status != VIRTIO_BLK_S_OK)
            return status;
    }
    request->range_count = (unsigned)count;
    request->io.durable = is_write_through(blk);
    virtio_blk_next_range(request);
    return VIRTIO_BLK_S_OK;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Where the identity goes; it is copied there at the end. */
static uint8_t prepare_get_id(const struct virtio_blk_model *blk,
                              struct virtio_blk_request *request)
{
    const struct virtio_chain *chain = &blk->chain;
    uint64_t length = request->data_length < sizeof blk->id ? request->data_length : sizeof blk->id;

    request->io.segment_count = virtio_slice_chain(
        virtio_chain_writable(chain), chain->writable_count, 0, length, request->io.segments);
    return VIRTIO_BLK_S_OK;
}

static uint8_t prepare_by_type(const struct virtio_blk_model *blk,
                               struct virtio_blk_request *request, uint64_t sector)
{
    switch (request->type) {
    case VIRTIO_BLK_T_IN:
        return prepare_read(blk, request, sector);
    case VIRTIO_BLK_T_OUT:
        return prepare_write(blk, request, sector);
    case VIRTIO_BLK_T_FLUSH:
        request->io.op = IO_FLUSH;
        return VIRTIO_BLK_S_OK;
    case VIRTIO_BLK_T_GET_ID:
        return prepare_get_id(blk, request);
    case VIRTIO_BLK_T_DISCARD:
        return prepare_ranges(blk, request, VIRTIO_BLK_F_DISCARD);
    case VIRTIO_BLK_T_WRITE_ZEROES:
        return prepare_ranges(blk, request, VIRTIO_BLK_F_WRITE_ZEROES);
    default:
        return VIRTIO_BLK_S_UNSUPP;
    }
}

static void clear_io(const struct virtio_blk_model *blk, struct io_request *io)
{
    io->backend = blk->backend;
    io->op = IO_NONE;
    io->offset = io->length = 0;
    io->segment_count = 0;
    io->durable = io->unmap = false;
    io->transferred = 0;
    io->error = 0;
}

void virtio_blk_prepare(struct virtio_blk_model *blk, struct virtio_blk_request *request)
{
    const struct virtio_chain *chain = &blk->chain;
    struct virtio_blk_req_header header;
    struct iovec last;

    clear_io(blk, &request->io);
    request->range_count = request->next_range = 0;
    request->data_length = chain->writable_length - 1;
    virtio_slice_chain(virtio_chain_writable(chain), chain->writable_count, request->data_length, 1,
                       &last);
    request->status_byte = last.iov_base;
    if (virtio_copy_from_chain(virtio_chain_readable(chain), chain->readable_count, 0, &header,
                               sizeof header) != sizeof header) {
        request->status = VIRTIO_BLK_S_IOERR;
        return;
    }
    request->type = header.type;
    request->status = prepare_by_type(blk, request, header.sector);
}

uint32_t virtio_blk_store_results(const struct virtio_blk_model *blk,
                                  struct virtio_blk_request *request)
{
    const struct io_request *io = &request->io;
    uint64_t data = request->data_length;
    uint64_t written = io->op == IO_READ ? io->transferred : 0;
    /* A short read is an image that was truncated: what is missing must not pass for data. */
    bool is_short = (io->op == IO_READ || io->op == IO_WRITE) && io->transferred != io->length;

    if (request->status == VIRTIO_BLK_S_OK) {
        if (io->error != 0 || is_short)
            request->status = VIRTIO_BLK_S_IOERR;
        else if (request->type == VIRTIO_BLK_T_GET_ID)
            written =
                virtio_copy_to_chain(io->segments, io->segment_count, 0, blk->id, sizeof blk->id);
    }
    *(volatile uint8_t *)request->status_byte = request->status;
    return (uint32_t)(written == data ? data + 1 : written);
}
