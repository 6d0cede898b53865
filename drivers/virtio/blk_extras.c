/* SPDX-License-Identifier: MIT */
/* What virtio-blk has beyond reading and writing: DISCARD, WRITE_ZEROES, the write cache's mode. */
#include "../errors.h"
#include "../poll.h"
#include "blk_internal.h"

#define RANGE_TIMEOUT_MS 30000 /* a host may have to write all those zeros */

static uint32_t config32(struct virtio_blk *blk, unsigned offset)
{
    return blk->transport->ops->config_read(blk->transport, offset, sizeof(uint32_t));
}

/* Sends length bytes at offset in pieces of at most limit sectors, whole blocks each. */
static int send_range(struct virtio_blk *blk, uint32_t type, uint64_t offset, uint64_t length,
                      uint32_t limit, uint32_t flags)
{
    const struct block_dev *dev = &blk->block;
    uint32_t block_sectors = dev->block_size / VIRTIO_BLK_SECTOR_SIZE;
    if (dev->read_only)
        return ERR_READ_ONLY;
    if (offset % dev->block_size || length % dev->block_size || offset > dev->size ||
        length > dev->size - offset)
        return ERR_RANGE;
    limit -= limit % block_sectors;
    if (limit == 0)
        return ERR_UNSUPPORTED;
    struct virtio_blk_range *range = &blk->memory->range;
    const struct virtio_blk_command command = {
        .type = type, .length = sizeof(*range), .data = range};
    uint64_t sector = offset / VIRTIO_BLK_SECTOR_SIZE;
    uint64_t end = sector + length / VIRTIO_BLK_SECTOR_SIZE;
    while (sector < end) {
        uint32_t sectors = end - sector < limit ? (uint32_t)(end - sector) : limit;
        *range = (struct virtio_blk_range){.sector = sector, .sectors = sectors, .flags = flags};
        int error = virtio_blk_run(blk, &command, RANGE_TIMEOUT_MS);
        if (error)
            return error;
        sector += sectors;
    }
    return ERR_OK;
}

int virtio_blk_discard(struct virtio_blk *blk, uint64_t offset, uint64_t length)
{
    if (!virtio_has(blk->features, VIRTIO_BLK_F_DISCARD))
        return ERR_UNSUPPORTED;
    return send_range(blk, VIRTIO_BLK_T_DISCARD, offset, length,
                      config32(blk, VIRTIO_BLK_CFG_MAX_DISCARD_SECTORS), 0);
}

int virtio_blk_write_zeroes(struct virtio_blk *blk, uint64_t offset, uint64_t length, bool unmap)
{
    if (!virtio_has(blk->features, VIRTIO_BLK_F_WRITE_ZEROES))
        return ERR_UNSUPPORTED;
    return send_range(blk, VIRTIO_BLK_T_WRITE_ZEROES, offset, length,
                      config32(blk, VIRTIO_BLK_CFG_MAX_WRITE_ZEROES_SECTORS),
                      unmap ? VIRTIO_BLK_RANGE_UNMAP : 0);
}

int virtio_blk_set_writeback(struct virtio_blk *blk, bool writeback)
{
    const struct virtio_transport_ops *ops = blk->transport->ops;
    if (!virtio_has(blk->features, VIRTIO_BLK_F_CONFIG_WCE) ||
        (writeback && !virtio_has(blk->features, VIRTIO_BLK_F_FLUSH)))
        return ERR_UNSUPPORTED;
    ops->config_write8(blk->transport, VIRTIO_BLK_CFG_WRITEBACK, writeback);
    return ops->config_read(blk->transport, VIRTIO_BLK_CFG_WRITEBACK, 1) == writeback ? ERR_OK
                                                                                      : ERR_DEVICE;
}
