/* SPDX-License-Identifier: MIT */
/*
 * Many requests under way at once, for one worker: by io_uring where the kernel has it, else one after
 * the other by backend_run(). The same requests, the same results, the same durability.
 */
#ifndef HOST_BACKEND_IO_QUEUE_H
#define HOST_BACKEND_IO_QUEUE_H

#include "backend.h"

enum io_engine {
    IO_ENGINE_AUTO,  /* io_uring, or what there is */
    IO_ENGINE_URING, /* io_uring, or an error */
    IO_ENGINE_SYNC,  /* preadv, pwritev, fdatasync */
};

struct io_queue;

/* depth: requests under way at most, 1 to IO_QUEUE_DEPTH_MAX. doorbell: an eventfd that io_queue_wait()
 * listens to as well. All memory is taken here. 0 or -errno. */
#define IO_QUEUE_DEPTH_MAX 1024
int io_queue_open(struct io_queue **queue, enum io_engine engine, unsigned depth, int doorbell);
/* Nothing may be under way. */
void io_queue_close(struct io_queue *queue);

/* "io_uring" or "sync" */
const char *io_queue_engine(const struct io_queue *queue);

/* Starts request, which stays in place until io_queue_next() gives it back. No more than depth may be
 * under way: the caller counts. */
void io_queue_start(struct io_queue *queue, struct io_request *request);

/* Hands what was started to the kernel. To be called after the last of a batch. */
void io_queue_kick(struct io_queue *queue);

/* A request that has come to its end, as backend_run() would have ended it; NULL: none has yet. */
struct io_request *io_queue_next(struct io_queue *queue);

/* Sleeps until io_queue_next() has something, or the doorbell rang, or something wrote to it. Returns at
 * once when that is so already. Takes what the eventfd has counted, and returns it: 0, it did not ring. The
 * eventfd is read by this call and never between two: who drops doorbells of before a reset counts on it. */
uint64_t io_queue_wait(struct io_queue *queue);

#endif
