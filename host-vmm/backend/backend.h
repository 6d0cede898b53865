/* SPDX-License-Identifier: MIT */
/*
 * Where a device's bytes come from and go to. A model makes an io_request out of what the guest
 * asked for (pointers already checked), somebody runs it with backend_run(), and the model completes
 * it. The model's lock is not held in between.
 */
#ifndef HOST_BACKEND_BACKEND_H
#define HOST_BACKEND_BACKEND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

enum io_op { IO_NONE, IO_READ, IO_WRITE, IO_FLUSH };

#define IO_MAX_SEGMENTS 256

struct backend;

struct io_request {
    struct backend *backend;
    enum io_op op;
    uint64_t offset; /* bytes */
    uint64_t length; /* bytes: the sum of the segments */
    struct iovec segments[IO_MAX_SEGMENTS];
    unsigned segment_count;
    /* the result */
    uint64_t transferred; /* bytes really moved */
    int error;            /* 0 or a positive errno */
};

struct backend_ops {
    /* Move up to all of the segments at offset, 0 at the end of the file, or -errno. May be short. */
    int64_t (*readv)(struct backend *b, const struct iovec *iov, unsigned count, uint64_t offset);
    int64_t (*writev)(struct backend *b, const struct iovec *iov, unsigned count, uint64_t offset);
    int (*flush)(struct backend *b); /* 0 or -errno */
};

struct backend {
    const struct backend_ops *ops;
    const char *name; /* for messages: the file's name */
    uint64_t size;    /* bytes a device may offer */
    bool read_only;
    bool grows; /* writes may go past size (the chunk device's output) */
    int failed; /* errno of the first failed flush: every later write and flush fails with it */
    int error;  /* errno of the last request that failed, for messages */
    uint64_t bytes_read, bytes_written, flushes;
};

/* Runs request (consuming its segments): resumes short transfers and EINTR, and sets transferred and error. A read that ends
 * before its length has error 0 and a short count: what that means is the device's to say. After a
 * failed flush every write and flush fails. IO_NONE succeeds and does nothing. */
void backend_run(struct io_request *request);

#endif
