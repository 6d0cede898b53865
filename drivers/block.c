/* SPDX-License-Identifier: MIT */
/* The checks and the splitting that every block device shares. */
#include "block.h"

#include "errors.h"

static bool range_ok(const struct block_dev *dev, uint64_t offset, uint64_t length, uint64_t end)
{
    return offset % dev->block_size == 0 && length % dev->block_size == 0 && offset <= end &&
           length <= end - offset;
}

int block_read(struct block_dev *dev, uint64_t offset, void *buffer, uint64_t length)
{
    if (!range_ok(dev, offset, length, dev->size))
        return ERR_RANGE;
    uint8_t *to = buffer;
    while (length > 0) {
        uint32_t part = length < dev->max_transfer ? (uint32_t)length : dev->max_transfer;
        int error = dev->ops->read(dev, offset, to, part);
        if (error)
            return error;
        offset += part;
        to += part;
        length -= part;
    }
    return ERR_OK;
}

int block_write(struct block_dev *dev, uint64_t offset, const void *buffer, uint64_t length)
{
    if (dev->read_only)
        return ERR_READ_ONLY;
    if (!range_ok(dev, offset, length, dev->write_end))
        return ERR_RANGE;
    const uint8_t *from = buffer;
    while (length > 0) {
        uint32_t part = length < dev->max_transfer ? (uint32_t)length : dev->max_transfer;
        int error = dev->ops->write(dev, offset, from, part);
        if (error)
            return error;
        offset += part;
        from += part;
        length -= part;
    }
    return ERR_OK;
}

int block_flush(struct block_dev *dev)
{
    return dev->ops->flush(dev);
}
