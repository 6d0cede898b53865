/* SPDX-License-Identifier: MIT */
/* Running a request to its end, in the caller's thread. */
#include "backend.h"

#include <errno.h>
#include <fcntl.h>

#define WRITE_BACK_EVERY (8u << 20) /* bytes */

bool backend_write_back_due(struct backend *b, const struct io_step *step)
{
    if (b->unsent < WRITE_BACK_EVERY || step->fd < 0)
        return false;
    b->unsent = 0;
    return true;
}

/* The same by a backend's own functions. */
static int64_t call_backend(struct backend *b, const struct io_step *step)
{
    switch (step->call) {
    case IO_CALL_READ:
        return b->ops->readv(b, step->iov, step->count, step->offset);
    case IO_CALL_WRITE:
        return b->ops->writev(b, step->iov, step->count, step->offset);
    case IO_CALL_SYNC:
        return b->ops->flush(b);
    default:
        return -EOPNOTSUPP;
    }
}

static void run(struct io_request *request)
{
    struct backend *b = request->backend;
    const struct io_step *step;
    io_request_begin(request);
    while ((step = io_request_step(request)) != NULL) {
        io_request_result(request, step->fd >= 0 ? io_step_perform(step) : call_backend(b, step));
        /* No word about durability: its failure is not looked at, the flush's is. */
        if (backend_write_back_due(b, step))
            (void)sync_file_range(step->fd, 0, 0, IO_WRITE_BACK_FLAGS);
    }
}

void backend_run(struct io_request *request)
{
    const struct backend_observer *observer =
        request->op != IO_NONE ? request->backend->observer : NULL;
    if (observer != NULL)
        observer->begin(observer->context, request);
    run(request);
    if (observer != NULL)
        observer->end(observer->context, request);
}
