/* SPDX-License-Identifier: MIT */
/* What a request needs done next, and what its answer means: short transfers, refusals, the flush that
 * failed once. */
#include "step.h"

#include "backend.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>

#define ZEROS_SIZE 65536 /* bytes */
#define ZEROS_SEGMENTS 16

/* Aligned, so that O_DIRECT takes them. */
static const uint8_t zeros[ZEROS_SIZE] __attribute__((aligned(4096)));

static void finish(struct io_request *r)
{
    struct backend *b = r->backend;
    r->progress.phase = IO_PHASE_DONE;
    /* A flush may have failed while this one was under way: nothing written is to be believed then. */
    if (r->error == 0 && r->op != IO_READ && b->failed)
        r->error = b->failed;
    if (r->error)
        b->error = r->error;
}

static void fail(struct io_request *r, int error)
{
    r->error = error;
    finish(r);
}

/* Everything has moved once transferred has come to the end. */
static void look_for_end(struct io_request *r)
{
    struct io_progress *p = &r->progress;
    if (r->transferred < p->end)
        return;
    r->transferred += p->behind;
    p->behind = 0;
    if (r->durable && r->op != IO_READ)
        p->phase = IO_PHASE_SYNC;
    else
        finish(r);
}

static enum io_phase first_phase(const struct io_request *r)
{
    switch (r->op) {
    case IO_FLUSH:
        return IO_PHASE_SYNC;
    case IO_DISCARD:
        return IO_PHASE_PUNCH;
    case IO_WRITE_ZEROES:
        /* A hole past the end does not make a file longer. */
        return r->unmap && !r->backend->grows ? IO_PHASE_PUNCH : IO_PHASE_ZERO_RANGE;
    default:
        return IO_PHASE_MOVE;
    }
}

void io_request_begin(struct io_request *r)
{
    struct backend *b = r->backend;
    r->transferred = 0;
    r->error = 0;
    r->progress = (struct io_progress){
        .phase = IO_PHASE_DONE, .iov = r->segments, .count = r->segment_count, .end = r->length};
    if (r->op == IO_NONE)
        return;
    if (r->op != IO_READ) {
        r->error = b->read_only ? EROFS : b->failed;
        if (r->error)
            return;
    }
    r->progress.phase = first_phase(r);
    if (r->op == IO_FLUSH)
        return;
    if (b->ops->trim != NULL)
        b->ops->trim(b, r);
    look_for_end(r);
}

/* Points the segments, which write zeros has no use for, at zeros. */
static uint64_t make_zeros(struct io_request *r, uint64_t length)
{
    struct io_progress *p = &r->progress;
    uint64_t made = 0;
    p->iov = r->segments;
    for (p->count = 0; p->count < ZEROS_SEGMENTS && made < length; p->count++) {
        uint64_t here = length - made < ZEROS_SIZE ? length - made : ZEROS_SIZE;
        /* Only ever read from: an iovec cannot say so. */
        p->iov[p->count].iov_base = (void *)(uintptr_t)zeros;
        p->iov[p->count].iov_len = here;
        made += here;
    }
    return made;
}

const struct io_step *io_request_step(struct io_request *r)
{
    struct backend *b = r->backend;
    struct io_progress *p = &r->progress;
    struct io_step *step = &p->step;
    int keep_size = b != NULL && b->grows ? 0 : FALLOC_FL_KEEP_SIZE;
    *step = (struct io_step){
        .fd = -1, .offset = r->offset + r->transferred, .length = p->end - r->transferred};
    switch (p->phase) {
    case IO_PHASE_PUNCH:
        step->call = IO_CALL_ALLOCATE;
        step->mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
        break;
    case IO_PHASE_ZERO_RANGE:
        step->call = IO_CALL_ALLOCATE;
        step->mode = FALLOC_FL_ZERO_RANGE | keep_size;
        break;
    case IO_PHASE_BLOCK_DISCARD:
        step->call = IO_CALL_DISCARD;
        break;
    case IO_PHASE_MOVE:
        step->call = r->op == IO_READ ? IO_CALL_READ : IO_CALL_WRITE;
        if (r->op == IO_WRITE_ZEROES)
            step->length = make_zeros(r, step->length);
        step->iov = p->iov;
        step->count = p->count;
        break;
    case IO_PHASE_SYNC:
        step->call = IO_CALL_SYNC;
        break;
    case IO_PHASE_DONE:
        return NULL;
    }
    if (b->ops->aim != NULL)
        b->ops->aim(b, p->plain, step);
    return step;
}

/* Steps over the first done bytes of what is left of the segments. */
static void advance(struct io_progress *p, uint64_t done)
{
    while (p->count > 0 && done >= p->iov->iov_len) {
        done -= p->iov->iov_len;
        p->iov++;
        p->count--;
    }
    if (done > 0) {
        p->iov->iov_base = (uint8_t *)p->iov->iov_base + done;
        p->iov->iov_len -= done;
    }
}

static void moved(struct io_request *r, uint64_t done)
{
    struct io_progress *p = &r->progress;
    struct backend *b = r->backend;
    bool is_read = r->op == IO_READ;
    if (done == 0) {
        /* The end of the file for a read. A write that moves nothing and has no reason would be tried
         * for ever: call it an I/O error. */
        if (!is_read || p->whole)
            fail(r, EIO);
        else
            finish(r);
        return;
    }
    r->transferred += done;
    /* Somebody may be looking on, to show progress. */
    __atomic_fetch_add(is_read ? &b->bytes_read : &b->bytes_written, done, __ATOMIC_RELAXED);
    if (!is_read && !p->step.direct)
        b->unsent += done;
    advance(p, done);
    look_for_end(r);
}

/* What a file system or a disk says that has no such thing */
static bool is_refusal(int error)
{
    return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL || error == ENODEV ||
           error == ENOTTY;
}

/* fallocate or BLKDISCARD: what one way refuses the next one tries. A discard is a hint, and no way at
 * all is fine with it. */
static void allocated(struct io_request *r, int error)
{
    struct io_progress *p = &r->progress;
    bool is_discard = r->op == IO_DISCARD;
    if (error && !is_refusal(error)) {
        fail(r, error);
    } else if (error && p->phase == IO_PHASE_PUNCH) {
        p->phase = is_discard ? IO_PHASE_BLOCK_DISCARD : IO_PHASE_ZERO_RANGE;
    } else if (error && p->phase == IO_PHASE_ZERO_RANGE) {
        p->phase = IO_PHASE_MOVE;
    } else {
        r->transferred = p->end;
        look_for_end(r);
    }
}

static void synced(struct io_request *r, int error)
{
    struct backend *b = r->backend;
    if (r->op == IO_FLUSH)
        __atomic_fetch_add(&b->flushes, 1, __ATOMIC_RELAXED);
    /* The kernel reports a lost write once and then forgets it: this remembers. */
    if (error)
        b->failed = r->error = error;
    finish(r);
}

void io_request_result(struct io_request *r, int64_t result)
{
    struct io_progress *p = &r->progress;
    int error = result < 0 ? (int)-result : 0;
    if (error == EINTR)
        return; /* the same step again */
    switch (p->phase) {
    case IO_PHASE_PUNCH:
    case IO_PHASE_ZERO_RANGE:
    case IO_PHASE_BLOCK_DISCARD:
        allocated(r, error);
        break;
    case IO_PHASE_MOVE:
        if (error == EINVAL && p->step.direct)
            p->plain = true;
        else if (error)
            fail(r, error);
        else
            moved(r, (uint64_t)result);
        break;
    case IO_PHASE_SYNC:
        synced(r, error);
        break;
    case IO_PHASE_DONE:
        break;
    }
}
