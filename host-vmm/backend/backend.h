/* SPDX-License-Identifier: MIT */
/*
 * Where a device's bytes come from and go to. A model makes an io_request out of what the guest
 * asked for (pointers already checked), somebody runs it with backend_run(), and the model completes
 * it. The model's lock is not held in between.
 */
#ifndef HOST_BACKEND_BACKEND_H
#define HOST_BACKEND_BACKEND_H

#include "step.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

enum io_op {
    IO_NONE,
    IO_READ,
    IO_WRITE,
    IO_FLUSH,
    IO_DISCARD,      /* length bytes at offset may read as anything from now on */
    IO_WRITE_ZEROES, /* they read as zeros from now on */
};

#define IO_MAX_SEGMENTS 256

struct backend;

struct io_request {
    struct backend *backend;
    enum io_op op;
    uint64_t offset; /* bytes */
    uint64_t length; /* bytes: the sum of the segments */
    struct iovec segments[IO_MAX_SEGMENTS];
    unsigned segment_count;
    bool durable; /* a write of any kind: on stable storage before it counts as done */
    bool unmap;   /* IO_WRITE_ZEROES: the space may be given back */
    /* the result */
    uint64_t transferred; /* bytes really moved */
    int error;            /* 0 or a positive errno */
    /* of whoever runs it */
    struct io_progress progress;
    struct io_request *next;
    uint64_t id, taken; /* a number for the trace, and when: ns */
};

/* A backend over a file tells which one (trim and aim); any other has functions of its own. */
struct backend_ops {
    /* Leaves of a request's progress what there is to move: end and behind, the segments up to there,
     * whole. transferred is what is dropped ahead of it. */
    void (*trim)(struct backend *b, struct io_request *request);
    /* Sets step's fd and direct. plain: not the O_DIRECT one. */
    void (*aim)(struct backend *b, bool plain, struct io_step *step);

    /* Move up to all of the segments at offset, 0 at the end of the file, or -errno. May be short. */
    int64_t (*readv)(struct backend *b, const struct iovec *iov, unsigned count, uint64_t offset);
    int64_t (*writev)(struct backend *b, const struct iovec *iov, unsigned count, uint64_t offset);
    int (*flush)(struct backend *b); /* 0 or -errno */
};

/* Somebody who wants to know of each request that backend_run() runs, in its thread. */
struct backend_observer {
    void (*begin)(void *context, struct io_request *request);
    void (*end)(void *context, struct io_request *request);
    void *context;
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
    uint64_t unsent; /* bytes written since the kernel was last asked to write back */
    const struct backend_observer *observer; /* NULL: nobody */
    unsigned trace_source;                   /* whose it is, for the trace; 0: nobody said */
};

/*
 * Runs request (consuming its segments): resumes short transfers and EINTR, and sets transferred and
 * error. A read that ends before its length has error 0 and a short count: what that means is the
 * device's to say. After a failed flush every write of any kind and every flush fails. A discard that
 * nothing below can do is no failure. IO_NONE succeeds and does nothing. One thread at a time runs
 * requests of one backend.
 */
void backend_run(struct io_request *request);

/* True when so much has been written that the kernel should start writing back: a flush then finds
 * little left to do. It is asked for by IO_WRITE_BACK_FLAGS, and only a hint. */
bool backend_write_back_due(struct backend *b, const struct io_step *step);
#define IO_WRITE_BACK_FLAGS SYNC_FILE_RANGE_WRITE

#endif
