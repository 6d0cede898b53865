/* SPDX-License-Identifier: MIT */
/*
 * One interface over everything that holds a file's bytes: ATA, the chunk device, virtio-blk.
 * Offsets and lengths are in bytes. A driver fills in a struct block_dev and three operations;
 * callers use block_read(), block_write() and block_flush(), which check the range and split what
 * is too long.
 */
#ifndef DRIVERS_BLOCK_H
#define DRIVERS_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct block_dev;

enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH };

/* One of many requests in flight. It belongs to the driver from block_submit() until it is done. */
struct block_request {
    enum block_op op;
    uint32_t length; /* bytes, at most max_transfer; offset and length are as for block_read() */
    uint64_t offset;
    void *buffer;
    int result; /* ERR_*, once it is done */
    bool done;
};

/* length is at most max_transfer; offset and length are multiples of block_size and within
 * range. */
struct block_ops {
    int (*read)(struct block_dev *dev, uint64_t offset, void *buffer, uint32_t length);
    int (*write)(struct block_dev *dev, uint64_t offset, const void *buffer, uint32_t length);
    int (*flush)(struct block_dev *dev);
    /* Many in flight; all three NULL where the device takes one at a time. See block_submit(). */
    int (*submit)(struct block_dev *dev, struct block_request *request);
    void (*kick)(struct block_dev *dev);
    int (*reap)(struct block_dev *dev, uint32_t timeout_ms);
};

struct block_dev {
    const char *name; /* as in messages: "ata0", "chunk", "virtio-blk0" */
    const struct block_ops *ops;
    uint64_t size;         /* bytes that can be read */
    uint64_t write_end;    /* no write reaches past this: size, or more where the device can grow */
    uint32_t block_size;   /* 1 for a device that counts in bytes */
    uint32_t max_transfer; /* bytes in one request; a multiple of block_size */
    unsigned finished;     /* block.c's: run to their end and not reaped */
    unsigned depth;        /* requests that block_submit() takes before one is done; at least 1 */
    bool read_only;
};

/* 0 or a negative enum driver_error. ERR_RANGE where the range is not wholly on the device or not
 * made of whole blocks; nothing has been moved then. Beside requests in flight they wait for room,
 * and leave what ends meanwhile to block_reap(). */
int block_read(struct block_dev *dev, uint64_t offset, void *buffer, uint64_t length);
int block_write(struct block_dev *dev, uint64_t offset, const void *buffer, uint64_t length);
/* Returns once everything written is on stable storage. */
int block_flush(struct block_dev *dev);

/*
 * Many requests in flight. block_submit() hands one over: 0, ERR_NO_SPACE when there is no room, or
 * ERR_* as block_read() and block_write() (the request is not taken then). There is no room when
 * depth of them are in flight, and with fewer on a device that takes them in a ring while the
 * oldest is not done: reap and submit again. The device may learn of it only with block_kick().
 * block_reap() waits until something is done, marks it so (result, done), and returns how many; 0
 * when nothing is in flight. When the device failed or nothing came in timeout_ms, everything in
 * flight is done with that error, and so is every later request. Requests are carried out in any
 * order; a flush covers the writes that were done when it was submitted. block_submit() waits on a
 * device that takes one at a time, where it runs the request to its end, and on no other.
 */
int block_submit(struct block_dev *dev, struct block_request *request);
void block_kick(struct block_dev *dev);
int block_reap(struct block_dev *dev, uint32_t timeout_ms);

#endif
