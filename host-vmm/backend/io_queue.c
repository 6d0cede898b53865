/* SPDX-License-Identifier: MIT */
/* Which engine runs a queue's requests, and the one that runs them one after the other. */
#include "io_queue.h"

#include "request_list.h"
#include "uring.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct io_queue {
    bool is_uring;
    struct uring uring;
    /* the other engine */
    int doorbell;
    struct request_list started;
};

int io_queue_open(struct io_queue **queue, enum io_engine engine, unsigned depth, int doorbell)
{
    *queue = NULL;
    if (depth == 0 || depth > IO_QUEUE_DEPTH_MAX)
        return -EINVAL;
    struct io_queue *q = calloc(1, sizeof *q);
    if (q == NULL)
        return -ENOMEM;
    q->doorbell = doorbell;
    if (engine != IO_ENGINE_SYNC) {
        int error = uring_open(&q->uring, depth, doorbell);
        /* Whatever it is that io_uring lacks here (kernel, permission, memory), files can do without. */
        if (error && engine == IO_ENGINE_URING) {
            free(q);
            return error;
        }
        q->is_uring = error == 0;
    }
    *queue = q;
    return 0;
}

void io_queue_close(struct io_queue *queue)
{
    if (queue->is_uring)
        uring_close(&queue->uring);
    free(queue);
}

const char *io_queue_engine(const struct io_queue *queue)
{
    return queue->is_uring ? "io_uring" : "sync";
}

void io_queue_start(struct io_queue *queue, struct io_request *request)
{
    if (queue->is_uring)
        uring_start(&queue->uring, request);
    else
        request_list_append(&queue->started, request);
}

void io_queue_kick(struct io_queue *queue)
{
    if (queue->is_uring)
        uring_kick(&queue->uring);
}

struct io_request *io_queue_next(struct io_queue *queue)
{
    if (queue->is_uring)
        return uring_next(&queue->uring);
    /* Only now: each is given back before the next one is begun. */
    struct io_request *request = request_list_take(&queue->started);
    if (request != NULL)
        backend_run(request);
    return request;
}

uint64_t io_queue_wait(struct io_queue *queue)
{
    if (queue->is_uring)
        return uring_wait(&queue->uring);
    struct pollfd doorbell = {.fd = queue->doorbell, .events = POLLIN};
    uint64_t count = 0;
    int timeout = queue->started.first != NULL ? 0 : -1;
    /* The read does not sleep, whatever kind of eventfd it is: it rang, and only this thread reads. */
    if (poll(&doorbell, 1, timeout) > 0 &&
        read(queue->doorbell, &count, sizeof count) != sizeof count)
        return 0;
    return count;
}
