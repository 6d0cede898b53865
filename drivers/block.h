/* SPDX-License-Identifier: MIT */
/*
 * One interface over everything that holds a file's bytes: ATA, the chunk device, virtio-blk. Offsets
 * and lengths are in bytes. A driver fills in a struct block_dev and three operations; callers use
 * block_read(), block_write() and block_flush(), which check the range and split what is too long.
 */
#ifndef DRIVERS_BLOCK_H
#define DRIVERS_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct block_dev;

/* length is at most max_transfer; offset and length are multiples of block_size and within range. */
struct block_ops {
    int (*read)(struct block_dev *dev, uint64_t offset, void *buffer, uint32_t length);
    int (*write)(struct block_dev *dev, uint64_t offset, const void *buffer, uint32_t length);
    int (*flush)(struct block_dev *dev);
};

struct block_dev {
    const char *name; /* as in messages: "ata0", "chunk", "virtio-blk0" */
    const struct block_ops *ops;
    uint64_t size;         /* bytes that can be read */
    uint64_t write_end;    /* no write reaches past this: size, or more where the device can grow */
    uint32_t block_size;   /* 1 for a device that counts in bytes */
    uint32_t max_transfer; /* bytes in one request; a multiple of block_size */
    bool read_only;
};

/* 0 or a negative enum driver_error. ERR_RANGE where the range is not wholly on the device or not
 * made of whole blocks; nothing has been moved then. */
int block_read(struct block_dev *dev, uint64_t offset, void *buffer, uint64_t length);
int block_write(struct block_dev *dev, uint64_t offset, const void *buffer, uint64_t length);
/* Returns once everything written is on stable storage. */
int block_flush(struct block_dev *dev);

#endif
