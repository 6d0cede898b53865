/* SPDX-License-Identifier: MIT */
/* Steps of requests as entries of an io_uring. What a step is and what its result means, step.c knows. */
#include "uring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>

/* What an entry is for, where it is not a request's step */
enum tag { TAG_NONE, TAG_DOORBELL_POLL, TAG_DOORBELL_READ, TAG_SYNC, TAG_WRITE_BACK, TAG_COUNT };

#define EXTRA_ENTRIES TAG_COUNT /* at most one of each */
#define RETRY_NS 1000000

/* The newest of the operations that are used here came with Linux 5.6, all at once. */
static bool knows_operations(struct io_uring *ring)
{
    struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
    bool knows = probe != NULL && io_uring_opcode_supported(probe, IORING_OP_FALLOCATE) &&
                 io_uring_opcode_supported(probe, IORING_OP_READ);
    io_uring_free_probe(probe);
    return knows;
}

int uring_open(struct uring *u, unsigned depth, int doorbell)
{
    unsigned entries = depth + EXTRA_ENTRIES;
    *u = (struct uring){.doorbell = doorbell};
    /* Nobody is to be interrupted for a completion: the thread comes for it. Linux 5.19. */
    int error = io_uring_queue_init(entries, &u->ring, IORING_SETUP_COOP_TASKRUN);
    if (error == -EINVAL)
        error = io_uring_queue_init(entries, &u->ring, 0);
    if (error)
        return error;
    if (!knows_operations(&u->ring)) {
        io_uring_queue_exit(&u->ring);
        return -ENOSYS;
    }
    return 0;
}

void uring_close(struct uring *u)
{
    io_uring_queue_exit(&u->ring);
}

/* There are as many entries as there can be uses for them. */
static struct io_uring_sqe *entry(struct uring *u)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);
    while (sqe == NULL) {
        uring_kick(u);
        sqe = io_uring_get_sqe(&u->ring);
    }
    return sqe;
}

static void tag_entry(struct io_uring_sqe *sqe, enum tag tag)
{
    io_uring_sqe_set_data64(sqe, tag);
}

/* Older kernels fail a read of an eventfd that is O_NONBLOCK at once: it waits behind a poll. */
static void listen_for_doorbell(struct uring *u)
{
    if (u->listening || u->doorbell < 0)
        return;
    struct io_uring_sqe *sqe = entry(u);
    io_uring_prep_poll_add(sqe, u->doorbell, POLLIN);
    io_uring_sqe_set_flags(sqe, IOSQE_IO_LINK);
    tag_entry(sqe, TAG_DOORBELL_POLL);
    sqe = entry(u);
    io_uring_prep_read(sqe, u->doorbell, &u->doorbell_count, sizeof u->doorbell_count, 0);
    tag_entry(sqe, TAG_DOORBELL_READ);
    u->listening = true;
}

/* One fdatasync for all that wait for one of the same file. */
static void sync_waiting(struct uring *u)
{
    struct request_list others = {0};
    struct io_request *r = request_list_take(&u->to_sync);
    if (r == NULL)
        return;
    const struct backend *b = r->backend;
    struct io_uring_sqe *sqe = entry(u);
    io_uring_prep_fsync(sqe, r->progress.step.fd, IORING_FSYNC_DATASYNC);
    tag_entry(sqe, TAG_SYNC);
    for (; r != NULL; r = request_list_take(&u->to_sync))
        request_list_append(r->backend == b ? &u->syncing : &others, r);
    u->to_sync = others;
}

static void prepare_step(struct uring *u, struct io_request *r, const struct io_step *step)
{
    if (step->call == IO_CALL_SYNC) {
        request_list_append(&u->to_sync, r);
        if (u->syncing.first == NULL)
            sync_waiting(u);
        return;
    }
    struct io_uring_sqe *sqe = entry(u);
    if (step->call == IO_CALL_READ)
        io_uring_prep_readv(sqe, step->fd, step->iov, step->count, step->offset);
    else if (step->call == IO_CALL_WRITE)
        io_uring_prep_writev(sqe, step->fd, step->iov, step->count, step->offset);
    else
        io_uring_prep_fallocate(sqe, step->fd, step->mode, (off_t)step->offset,
                                (off_t)step->length);
    io_uring_sqe_set_data(sqe, r);
}

/* Prepares the request's next step, or finds it at its end. */
static void go_on(struct uring *u, struct io_request *r)
{
    const struct io_step *step;
    while ((step = io_request_step(r)) != NULL && step->call == IO_CALL_DISCARD)
        io_request_result(r, io_step_perform(step));
    if (step != NULL)
        prepare_step(u, r, step);
    else
        request_list_append(&u->finished, r);
}

void uring_start(struct uring *u, struct io_request *request)
{
    io_request_begin(request);
    const struct io_step *step = io_request_step(request);
    if (step != NULL && step->fd < 0) {
        backend_run(request); /* no file: nothing that the kernel could do */
        request_list_append(&u->finished, request);
        return;
    }
    go_on(u, request);
}

static void ask_write_back(struct uring *u, int fd)
{
    if (u->writing_back)
        return;
    struct io_uring_sqe *sqe = entry(u);
    io_uring_prep_sync_file_range(sqe, fd, 0, 0, IO_WRITE_BACK_FLAGS);
    tag_entry(sqe, TAG_WRITE_BACK);
    u->writing_back = true;
}

static void step_ended(struct uring *u, struct io_request *r, int result)
{
    const struct io_step *step = &r->progress.step;
    /* The kernel would have had to wait and does not want to: this does. */
    io_request_result(r, result == -EAGAIN ? io_step_perform(step) : result);
    if (backend_write_back_due(r->backend, step))
        ask_write_back(u, step->fd);
    go_on(u, r);
    u->resumed = true;
}

static void sync_ended(struct uring *u, int result)
{
    struct request_list done = u->syncing;
    struct io_request *r;
    u->syncing = (struct request_list){0};
    while ((r = request_list_take(&done)) != NULL) {
        io_request_result(r, result);
        go_on(u, r);
    }
    if (u->syncing.first == NULL)
        sync_waiting(u);
    u->resumed = true;
}

static void ended(struct uring *u, uint64_t data, int result)
{
    switch (data) {
    case TAG_DOORBELL_POLL:
        break;
    case TAG_DOORBELL_READ:
        u->listening = false;
        if (result == (int)sizeof u->doorbell_count)
            u->rung += u->doorbell_count;
        break;
    case TAG_SYNC:
        sync_ended(u, result);
        break;
    case TAG_WRITE_BACK:
        u->writing_back = false;
        break;
    default:
        step_ended(u, (struct io_request *)(uintptr_t)data, result);
        break;
    }
}

/* Takes everything that the kernel has put there. */
static void reap(struct uring *u)
{
    struct io_uring_cqe *cqe;
    while (io_uring_peek_cqe(&u->ring, &cqe) == 0) {
        uint64_t data = io_uring_cqe_get_data64(cqe);
        int result = cqe->res;
        io_uring_cqe_seen(&u->ring, cqe);
        ended(u, data, result);
    }
}

/* The kernel may be short of memory for a moment; nothing is lost by asking again. */
static void hand_over(struct uring *u, unsigned wait_for)
{
    static const struct timespec moment = {.tv_nsec = RETRY_NS};
    int result = io_uring_submit_and_wait(&u->ring, wait_for);
    u->resumed = false;
    if (result < 0 && result != -EINTR)
        nanosleep(&moment, NULL);
}

void uring_kick(struct uring *u)
{
    while (io_uring_sq_ready(&u->ring) > 0) {
        hand_over(u, 0);
        if (io_uring_sq_ready(&u->ring) > 0)
            reap(u);
    }
}

struct io_request *uring_next(struct uring *u)
{
    struct io_request *request = request_list_take(&u->finished);
    if (request != NULL)
        return request;
    reap(u);
    if (u->finished.first == NULL && u->resumed)
        uring_kick(u);
    return request_list_take(&u->finished);
}

uint64_t uring_wait(struct uring *u)
{
    for (;;) {
        listen_for_doorbell(u);
        reap(u);
        if (u->rung > 0 || u->finished.first != NULL)
            break;
        hand_over(u, 1);
    }
    uint64_t rung = u->rung;
    u->rung = 0;
    return rung;
}
