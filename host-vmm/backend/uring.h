/* SPDX-License-Identifier: MIT */
/* Requests of file backends by io_uring: the half of io_queue that the kernel does. */
#ifndef HOST_BACKEND_URING_H
#define HOST_BACKEND_URING_H

#include "backend.h"
#include "request_list.h"

#include <liburing.h>

struct uring {
    struct io_uring ring;
    int doorbell;            /* eventfd, or -1 */
    uint64_t doorbell_count; /* where the kernel reads it into */
    bool listening;          /* that read is under way */
    uint64_t rung;           /* what it has read and uring_wait() has not told yet */
    bool resumed;            /* a step was prepared that nobody will kick */
    bool writing_back;
    struct request_list finished;
    /* Of fdatasync one at a time: the kernel tells a lost write to the first one that asks, and another
     * one that was under way beside it would look like a success. So those that ask meanwhile wait,
     * and the next one is for all of them. */
    struct request_list to_sync, syncing;
};

/* As in io_queue.h. */
int uring_open(struct uring *u, unsigned depth, int doorbell);
void uring_close(struct uring *u);
void uring_start(struct uring *u, struct io_request *request);
void uring_kick(struct uring *u);
struct io_request *uring_next(struct uring *u);
uint64_t uring_wait(struct uring *u);

#endif
