/* SPDX-License-Identifier: MIT */
/* Devices that move a file's bytes: reads and writes of four sizes, one and many in flight. */
#include "abi/machine.h"
#include "ata.h"
#include "block.h"
#include "chunk.h"
#include "errors.h"
#include "interrupt.h"
#include "measure.h"
#include "memory.h"
#include "noinit.h"
#include "virtio/blk.h"

#include <stddef.h>

#define LARGEST 0x100000
#define MANY 32
#define RANDOM_UP_TO 4096 /* larger ones go through the file in order */
#define TIMEOUT_MS 5000

static const uint32_t sizes[] = {512, 4096, 65536, LARGEST};

/* One series of requests. */
struct series {
    struct block_dev *dev;
    enum block_op op;
    uint32_t size;   /* of one operation */
    uint32_t length; /* of one request: the device may take less at a time */
    uint64_t random, next;
    /* TSC cycles of the quickest one of the size before, and that size */
    uint64_t took, took_bytes;
    unsigned depth;
    uint8_t *buffers; /* depth times size bytes */
    struct block_request requests[MANY];
};

/* xorshift64 (Marsaglia): any order will do that is not the file's. */
static uint64_t next_random(struct series *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random;
}

static uint64_t next_offset(struct series *s)
{
    uint64_t places = s->dev->size / s->length;
    if (s->size <= RANDOM_UP_TO)
        return next_random(s) % places * s->length;
    return s->next++ % places * s->length;
}

/* An interrupt may come after its request was found done. What is still on its way is taken here, or
 * it would be counted with what follows. */
static void settle(const struct bench *bench)
{
    if (bench->climb->command.irq != IRQ_NONE)
        platform_sleep();
}

/* --- one at a time ------------------------------------------------------------------------------ */

static int run_one(struct series *s)
{
    uint64_t offset = next_offset(s);
    return s->op == BLOCK_READ ? block_read(s->dev, offset, s->buffers, s->size)
                               : block_write(s->dev, offset, s->buffers, s->size);
}

static int run_single(struct bench *bench, const char *name, struct series *s,
                      const struct bench_shape *shape)
{
    unsigned count = 0;
    s->length = s->size; /* block_read() splits what is too long */
    /* The largest by PIO may take a second: then one is enough, and what the first one costs is little. */
    unsigned least = s->size < LARGEST ? 2 : 1;
    int error = s->size < LARGEST ? run_one(s) : ERR_OK;
    settle(bench);
    bench_mark(bench, TESTDEV_MARK_BEGIN);
    uint64_t now, end = bench_tsc() + bench->budget;
    do {
        uint64_t start = bench_tsc();
        if (!error)
            error = run_one(s);
        now = bench_tsc();
        bench->samples[count++] = now - start;
        if (count == 1 || now - start < s->took)
            s->took = now - start;
    } while (!error && (count < least || (count < TESTDEV_SAMPLES_MAX && now < end)));
    bench_mark(bench, TESTDEV_MARK_END);
    s->took_bytes = s->size;
    if (!error)
        bench_tell(bench, name, shape, count, count, 0);
    return error;
}

/* --- many in flight ----------------------------------------------------------------------------- */

static int submit(struct series *s, unsigned i)
{
    struct block_request *r = &s->requests[i];
    r->op = s->op;
    r->offset = next_offset(s);
    r->length = s->length;
    r->buffer = s->buffers + (uint64_t)i * s->length;
    int error;
    while ((error = block_submit(s->dev, r)) == ERR_NO_SPACE) { /* the oldest one is not done */
        block_kick(s->dev);
        if (block_reap(s->dev, TIMEOUT_MS) <= 0)
            return ERR_TIMEOUT;
    }
    return error;
}

/* Takes what is done and, while more is wanted, sends as many again; adds to *done. */
static int turn(struct series *s, bool more, uint64_t *done)
{
    int error = ERR_OK, reaped = block_reap(s->dev, TIMEOUT_MS);
    if (reaped <= 0)
        return reaped < 0 ? reaped : ERR_TIMEOUT;
    for (unsigned i = 0; i < s->depth; i++) {
        struct block_request *r = &s->requests[i];
        if (!r->done)
            continue;
        if (r->result)
            error = r->result;
        r->done = false;
        (*done)++;
        if (more && !error)
            error = submit(s, i);
    }
    if (more)
        block_kick(s->dev);
    return error;
}

/* The requests in flight go round until the time is up; then the last ones are waited for. */
static int run_many(struct bench *bench, const char *name, struct series *s,
                    const struct bench_shape *shape)
{
    uint64_t done = 0, begun = 0;
    int error = ERR_OK;
    s->length = s->size < s->dev->max_transfer ? s->size : s->dev->max_transfer;
    settle(bench);
    bench_mark(bench, TESTDEV_MARK_BEGIN);
    uint64_t start = bench_tsc(), end = start + bench->budget;
    for (; begun < s->depth && !error; begun++)
        error = submit(s, (unsigned)begun);
    block_kick(s->dev);
    uint64_t in_flight = begun;
    while (in_flight > 0 && !error) {
        bool more = bench_tsc() < end;
        uint64_t before = done;
        error = turn(s, more, &done);
        in_flight -= more ? 0 : done - before;
    }
    uint64_t cycles = bench_tsc() - start;
    bench_mark(bench, TESTDEV_MARK_END);
    if (!error)
        bench_tell(bench, name, shape, done * s->length / s->size, 0, cycles);
    return error;
}

/* --- all of them --------------------------------------------------------------------------------- */

static unsigned wanted_depth(const struct block_dev *dev)
{
    return dev->depth < MANY ? dev->depth : MANY;
}

static bool fits(const struct bench *bench, const struct series *s)
{
    return bench_fits(bench, s->took, s->took_bytes, (uint64_t)s->depth * s->size);
}

static int run_size(struct bench *bench, const char *name, struct series *s)
{
    struct bench_shape shape = {s->size, 1, s->op == BLOCK_READ ? TESTDEV_READ : TESTDEV_WRITE};
    int error = ERR_OK;
    s->depth = 1;
    if (fits(bench, s))
        error = run_single(bench, name, s, &shape);
    else
        bench_tell_late(bench, name, &shape);
    if (error || !s->dev->ops->submit)
        return error;
    s->depth = wanted_depth(s->dev);
    shape.depth = s->depth;
    if (fits(bench, s))
        return run_many(bench, name, s, &shape);
    bench_tell_late(bench, name, &shape);
    return ERR_OK;
}

/* Each buffer is filled once: the host gives the guest its memory when it is first touched, and that is
 * not what is measured. Not worth its time where a disk is slower than that. */
static int touch_buffers(const struct bench *bench, struct series *s)
{
    int error = ERR_OK;
    uint32_t length = LARGEST < s->dev->size ? LARGEST : (uint32_t)s->dev->size;
    uint64_t end = bench_tsc() + OPERATION_TIMES * bench->budget;
    for (unsigned i = 0; i < MANY && s->dev->ops->submit && !error && bench_tsc() < end; i++)
        error = block_read(s->dev, 0, s->buffers + (uint64_t)i * LARGEST, length);
    return error;
}

static int run_device(struct bench *bench, const char *name, struct block_dev *dev)
{
    static NOINIT struct series s;
    s = (struct series){.dev = dev, .random = bench_tsc() | 1};
    s.buffers = memory_alloc((uint64_t)MANY * LARGEST, 4096);
    if (!s.buffers)
        return ERR_NO_MEMORY;
    int error = touch_buffers(bench, &s);
    if (error)
        return error;
    for (unsigned op = BLOCK_READ; op <= BLOCK_WRITE; op++) {
        if (op == BLOCK_WRITE && dev->read_only)
            break;
        s.took_bytes = 0; /* of the other direction */
        for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            s.op = (enum block_op)op;
            s.size = sizes[i];
            if (s.size > dev->size)
                break;
            error = run_size(bench, name, &s);
            if (error)
                return error;
        }
    }
    return ERR_OK;
}

int bench_ata(struct bench *bench)
{
    static NOINIT struct ata_drive drive;
    int error = climb_open_ata(bench->climb, 0, &drive);
    return error ? error : run_device(bench, "ata", &drive.block);
}

/* Without READ and WRITE MULTIPLE, which climb_open_ata() sets up. */
int bench_ata_single(struct bench *bench)
{
    static NOINIT struct ata_drive drive;
    int error = ata_init(&drive, PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL, 0, 0);
    return error ? error : run_device(bench, "ata", &drive.block);
}

int bench_chunk(struct bench *bench)
{
    static NOINIT struct chunk_dev dev;
    int error = climb_open_chunk(bench->climb, &dev);
    return error ? error : run_device(bench, "chunk", &dev.block);
}

int bench_virtio_blk(struct bench *bench)
{
    struct virtio_blk *blk;
    int error = climb_open_virtio_blk(bench->climb, 0, &blk);
    return error ? error : run_device(bench, "virtio-blk", &blk->block);
}
