/* SPDX-License-Identifier: MIT */
/*
 * Pieces in flight. Each has a buffer and one request, and goes round:
 *
 *   IDLE -> TO_READ -> READING -> TO_WRITE -> WRITING -> IDLE
 *
 * TO_READ and TO_WRITE wait until the device takes the request; READING and WRITING until it is done.
 * After an error none goes on, and the rest is waited for.
 */
#include "copy_pieces.h"

#include "errors.h"
#include "noinit.h"

#include <stdbool.h>

/* A disk may take its time, and more of it to bring what it has written to the medium. */
#define TRANSFER_TIMEOUT_MS 30000
#define FLUSH_TIMEOUT_MS 300000

/* So often may both devices refuse everything with nothing in flight */
#define REFUSALS_MAX 2

enum piece_state { IDLE, TO_READ, READING, TO_WRITE, WRITING };

struct piece {
    enum piece_state state;
    struct block_request request;
};

struct job {
    const struct copy_plan *plan;
    uint64_t next; /* where the next piece begins */
    int error;     /* the first one */
    unsigned reading, writing;
};

static NOINIT struct piece pieces[COPY_DEPTH_MAX];

static void take_range(struct job *job, struct piece *piece, unsigned index)
{
    const struct copy_plan *plan = job->plan;
    uint64_t left = plan->end - job->next;
    piece->request.length = left < plan->piece ? (uint32_t)left : plan->piece;
    piece->request.offset = job->next;
    piece->request.buffer = plan->buffers + index * plan->buffer_stride;
    piece->state = TO_READ;
    job->next += piece->request.length;
}

/* True when the device has taken the request. */
static bool submit(struct job *job, struct block_dev *dev, struct piece *piece, enum block_op op)
{
    piece->request.op = op;
    int error = block_submit(dev, &piece->request);
    if (error && error != ERR_NO_SPACE)
        job->error = error;
    return !error;
}

/* True when the request under way is done; what came of it goes into job->error. */
static bool is_done(struct job *job, const struct piece *piece)
{
    if (piece->request.done && piece->request.result && !job->error)
        job->error = piece->request.result;
    return piece->request.done;
}

/* As far round as it gets now. True while there is more to come. */
static bool advance(struct job *job, struct piece *piece, unsigned index)
{
    if (piece->state == WRITING && is_done(job, piece)) {
        job->writing--;
        piece->state = IDLE;
    }
    if (piece->state == READING && is_done(job, piece)) {
        job->reading--;
        piece->state = TO_WRITE;
    }
    if (job->error)
        return piece->state == READING || piece->state == WRITING;
    if (piece->state == IDLE && job->next < job->plan->end)
        take_range(job, piece, index);
    if (piece->state == TO_READ && submit(job, job->plan->from, piece, BLOCK_READ)) {
        job->reading++;
        piece->state = READING;
    } else if (piece->state == TO_WRITE && submit(job, job->plan->to, piece, BLOCK_WRITE)) {
        job->writing++;
        piece->state = WRITING;
    }
    return piece->state != IDLE;
}

/* Waits for the device that has more to do. Reaping one that has nothing costs nothing, and makes room on
 * one that takes a request at a time. */
static void wait(const struct job *job)
{
    const struct copy_plan *plan = job->plan;
    if (plan->to == plan->from || job->reading == 0 || job->reading > job->writing)
        block_reap(plan->from, TRANSFER_TIMEOUT_MS);
    if (plan->to != plan->from && (job->writing == 0 || job->writing >= job->reading))
        block_reap(plan->to, TRANSFER_TIMEOUT_MS);
}

static int flush(struct block_dev *dev)
{
    struct block_request request = {.op = BLOCK_FLUSH};
    int error = block_submit(dev, &request);
    if (error)
        return error;
    block_kick(dev);
    while (!request.done) {
        if (block_reap(dev, FLUSH_TIMEOUT_MS) == 0)
            return ERR_DEVICE;
    }
    return request.result;
}

int copy_pieces(const struct copy_plan *plan)
{
    struct job job = {.plan = plan, .next = plan->begin};
    for (unsigned i = 0; i < plan->depth; i++)
        pieces[i].state = IDLE;
    for (unsigned refused = 0; refused < REFUSALS_MAX;) {
        bool more = false;
        for (unsigned i = 0; i < plan->depth; i++)
            more |= advance(&job, &pieces[i], i);
        if (!more)
            return job.error ? job.error : flush(plan->to);
        block_kick(plan->from);
        if (plan->to != plan->from)
            block_kick(plan->to);
        refused = job.reading + job.writing > 0 ? 0 : refused + 1;
        wait(&job);
    }
    return ERR_DEVICE;
}
