/* SPDX-License-Identifier: MIT */
/* Running a request to its end: short transfers, EINTR, and the flush that failed once. */
#include "backend.h"

#include <errno.h>

/* Steps over the first done bytes of what is left of the segments. */
static void advance(struct iovec **iov, unsigned *count, uint64_t done)
{
    while (*count > 0 && done >= (*iov)->iov_len) {
        done -= (*iov)->iov_len;
        (*iov)++;
        (*count)--;
    }
    if (done > 0) {
        (*iov)->iov_base = (uint8_t *)(*iov)->iov_base + done;
        (*iov)->iov_len -= done;
    }
}

static void run_transfer(struct io_request *request)
{
    struct backend *b = request->backend;
    bool is_write = request->op == IO_WRITE;
    struct iovec *iov = request->segments;
    unsigned count = request->segment_count;
    while (request->transferred < request->length) {
        uint64_t offset = request->offset + request->transferred;
        int64_t done =
            is_write ? b->ops->writev(b, iov, count, offset) : b->ops->readv(b, iov, count, offset);
        if (done == -EINTR)
            continue;
        if (done < 0) {
            request->error = (int)-done;
            return;
        }
        if (done == 0) {
            /* The end of the file for a read. A write that moves nothing and has no reason would be
             * tried for ever: call it an I/O error. */
            if (is_write)
                request->error = EIO;
            return;
        }
        request->transferred += (uint64_t)done;
        if (is_write)
            b->bytes_written += (uint64_t)done;
        else
            b->bytes_read += (uint64_t)done;
        advance(&iov, &count, (uint64_t)done);
    }
}

static void run_flush(struct io_request *request)
{
    struct backend *b = request->backend;
    int error;
    do
        error = b->ops->flush(b);
    while (error == -EINTR);
    b->flushes++;
    if (error) {
        /* The kernel reports a lost write once and then forgets it: this remembers. */
        b->failed = -error;
        request->error = -error;
    }
}

void backend_run(struct io_request *request)
{
    request->transferred = 0;
    request->error = 0;
    if (request->op == IO_NONE)
        return;
    struct backend *b = request->backend;
    if (request->op != IO_READ) {
        if (b->read_only)
            request->error = EROFS;
        else if (b->failed)
            request->error = b->failed;
        if (request->error)
            return;
    }
    if (request->op == IO_FLUSH)
        run_flush(request);
    else
        run_transfer(request);
    if (request->error)
        b->error = request->error;
}
