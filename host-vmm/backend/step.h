/* SPDX-License-Identifier: MIT */
/*
 * A request as a row of steps, each of them one system call. What the next step is, and what its result
 * means, is said here once, for those who do the steps themselves (backend_run()) and for those who hand
 * the steps of many requests to the kernel (io_queue).
 */
#ifndef HOST_BACKEND_STEP_H
#define HOST_BACKEND_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum io_call {
    IO_CALL_READ,     /* preadv */
    IO_CALL_WRITE,    /* pwritev */
    IO_CALL_ALLOCATE, /* fallocate with mode */
    IO_CALL_DISCARD,  /* ioctl BLKDISCARD; has no asynchronous form */
    IO_CALL_SYNC,     /* fdatasync */
};

struct io_step {
    enum io_call call;
    int fd;      /* -1: the backend has functions of its own instead */
    bool direct; /* fd is O_DIRECT */
    int mode;    /* of fallocate */
    const struct iovec *iov;
    unsigned count;
    uint64_t offset, length; /* bytes */
};

/* Where a request stands */
enum io_phase {
    IO_PHASE_PUNCH,         /* fallocate PUNCH_HOLE */
    IO_PHASE_ZERO_RANGE,    /* fallocate ZERO_RANGE */
    IO_PHASE_BLOCK_DISCARD, /* BLKDISCARD */
    IO_PHASE_MOVE,          /* bytes, or the zeros that fallocate would not write */
    IO_PHASE_SYNC,
    IO_PHASE_DONE,
};

struct io_progress {
    enum io_phase phase;
    struct iovec *iov; /* of the segments: what has not moved yet */
    unsigned count;
    uint64_t end;    /* what transferred is when everything has moved */
    uint64_t behind; /* bytes after that which need no moving: padding, or outside a window */
    bool whole;      /* a read that ends early has lost bytes */
    bool plain;      /* O_DIRECT was refused */
    struct io_step step;
};

struct io_request;

/* Resets results and progress. */
void io_request_begin(struct io_request *request);

/* The next step, in request->progress.step and valid until its result is known; NULL when the request
 * is at its end, and transferred and error are final. */
const struct io_step *io_request_step(struct io_request *request);

/* What came of the step: bytes moved, 0, or -errno. */
void io_request_result(struct io_request *request, int64_t result);

/* One step, now. */
int64_t io_step_perform(const struct io_step *step);

#endif
