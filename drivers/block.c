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

/* --- many in flight ----------------------------------------------------------------------------- */

static int check(const struct block_dev *dev, const struct block_request *request)
{
    if (request->op == BLOCK_FLUSH)
        return ERR_OK;
    if (request->op == BLOCK_WRITE && dev->read_only)
        return ERR_READ_ONLY;
    uint64_t end = request->op == BLOCK_WRITE ? dev->write_end : dev->size;
    if (request->length > dev->max_transfer ||
        !range_ok(dev, request->offset, request->length, end))
        return ERR_RANGE;
    return ERR_OK;
}

static int run_now(struct block_dev *dev, const struct block_request *request)
{
    switch (request->op) {
    case BLOCK_READ:
        return block_read(dev, request->offset, request->buffer, request->length);
    case BLOCK_WRITE:
        return block_write(dev, request->offset, request->buffer, request->length);
    default:
        return block_flush(dev);
    }
}

int block_submit(struct block_dev *dev, struct block_request *request)
{
    int error = check(dev, request);
    if (error)
        return error;
    request->done = false;
    if (dev->ops->submit)
        return dev->ops->submit(dev, request);
    if (dev->finished > 0)
        return ERR_NO_SPACE;
    request->result = run_now(dev, request);
    request->done = true;
    dev->finished++;
    return ERR_OK;
}

void block_kick(struct block_dev *dev)
{
    if (dev->ops->kick)
        dev->ops->kick(dev);
}

int block_reap(struct block_dev *dev, uint32_t timeout_ms)
{
    if (dev->ops->reap)
        return dev->ops->reap(dev, timeout_ms);
    int finished = (int)dev->finished;
    dev->finished = 0;
    return finished;
}
