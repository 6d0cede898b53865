/* SPDX-License-Identifier: MIT */
/* pread and pwrite, io_uring, memcpy: the same sizes and offsets that the firmware uses. */
#include "host_loops.h"

#include "../report.h"
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RANDOM_UP_TO 4096 /* as in firmware/bench/blocks.c */
#define LARGEST 1048576u
#define SAMPLES 8192
#define MIB 1048576.0

struct loop {
    int fd;
    struct io_uring ring;
    uint64_t file_size, random, next;
    uint32_t size;
    bool is_write;
    uint8_t *buffers;          /* MANY_DEPTH times LARGEST */
    double seconds;            /* for a measurement */
    uint64_t samples[SAMPLES]; /* nanoseconds */
    int error;                 /* errno */
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t next_offset(struct loop *l)
{
    uint64_t places = l->file_size / l->size;
    if (l->size > RANDOM_UP_TO)
        return l->next++ % places * l->size;
    l->random ^= l->random << 13;
    l->random ^= l->random >> 7;
    l->random ^= l->random << 17;
    return l->random % places * l->size;
}

/* --- one at a time ------------------------------------------------------------------------------ */

static bool move_file(struct loop *l)
{
    uint64_t offset = next_offset(l);
    ssize_t moved = l->is_write ? pwrite(l->fd, l->buffers, l->size, (off_t)offset)
                                : pread(l->fd, l->buffers, l->size, (off_t)offset);
    if (moved != (ssize_t)l->size)
        l->error = moved < 0 ? errno : EIO;
    return l->error == 0;
}

static bool move_memory(struct loop *l)
{
    uint8_t *from = l->buffers + next_offset(l) % ((uint64_t)(MANY_DEPTH / 2) * LARGEST);
    uint8_t *to = l->buffers + (uint64_t)(MANY_DEPTH - 1) * LARGEST;
    memcpy(to, from, l->size);
    __asm__ volatile("" : : "r"(to) : "memory"); /* or the compiler might not bother */
    return true;
}

/* Two looks at the clock around nothing. */
static double clock_cost(struct loop *l)
{
    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t start = now_ns();
        l->samples[i] = now_ns() - start;
    }
    return samples_median(l->samples, SAMPLES);
}

/* Samples are in ns: a clock of 1 GHz, as far as lines.c is concerned. */
#define NS_KHZ 1e6

static void run_single(struct loop *l, struct line *line, bool (*move)(struct loop *), double cost)
{
    for (unsigned i = 0; i < SIZES && l->error == 0; i++) {
        unsigned count = 0;
        l->size = line_sizes[i];
        move(l);
        uint64_t start = now_ns(), end = start + (uint64_t)(l->seconds * 1e9), before = start, now;
        do {
            before = now_ns();
            if (!move(l))
                break;
            now = now_ns();
            l->samples[count++ % SAMPLES] = now - before;
        } while (now < end);
        double seconds = (double)(now_ns() - start) / 1e9 - count * cost / 1e9;
        line->cells[l->is_write ? WRITE : READ][i][ONE] =
            (struct line_cell){.measured = true,
                               .depth = 1,
                               .mib_per_s = count * (double)l->size / MIB / seconds,
                               .ops_per_s = count / seconds};
        if (i == LATENCY_SIZE && !l->is_write)
            line_take_samples(line, l->samples, count < SAMPLES ? count : SAMPLES, cost, NS_KHZ);
    }
    line->moves_data = true;
}

/* --- many in flight ------------------------------------------------------------------------------ */

static void prepare(struct loop *l, unsigned slot)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&l->ring);
    uint8_t *buffer = l->buffers + (uint64_t)slot * l->size;
    if (l->is_write)
        io_uring_prep_write(entry, l->fd, buffer, l->size, next_offset(l));
    else
        io_uring_prep_read(entry, l->fd, buffer, l->size, next_offset(l));
    io_uring_sqe_set_data64(entry, slot);
}

static bool move_by_uring(struct loop *l)
{
    struct io_uring_cqe *done;
    prepare(l, 0);
    int error = io_uring_submit_and_wait(&l->ring, 1);
    if (error >= 0)
        error = io_uring_wait_cqe(&l->ring, &done);
    if (error < 0) {
        l->error = -error;
        return false;
    }
    if (done->res != (int)l->size)
        l->error = done->res < 0 ? -done->res : EIO;
    io_uring_cqe_seen(&l->ring, done);
    return l->error == 0;
}

/* Takes one completion and those that are there as well; begins as many again. Returns how many. */
static unsigned turn(struct loop *l, bool more)
{
    struct io_uring_cqe *done[MANY_DEPTH];
    int error = io_uring_submit_and_wait(&l->ring, 1);
    if (error < 0) {
        l->error = -error;
        return 0;
    }
    unsigned count = io_uring_peek_batch_cqe(&l->ring, done, MANY_DEPTH);
    uint64_t slots[MANY_DEPTH];
    for (unsigned i = 0; i < count; i++) {
        slots[i] = io_uring_cqe_get_data64(done[i]);
        if (done[i]->res != (int)l->size)
            l->error = done[i]->res < 0 ? -done[i]->res : EIO;
    }
    io_uring_cq_advance(&l->ring, count);
    for (unsigned i = 0; i < count && more; i++)
        prepare(l, (unsigned)slots[i]);
    return count;
}

static void run_many_of_a_size(struct loop *l, struct line_cell *cell)
{
    uint64_t start = now_ns(), end = start + (uint64_t)(l->seconds * 1e9), count = 0;
    for (unsigned i = 0; i < MANY_DEPTH; i++)
        prepare(l, i);
    while (l->error == 0 && now_ns() < end)
        count += turn(l, true);
    for (unsigned left = MANY_DEPTH; l->error == 0 && left > 0;) {
        unsigned done = turn(l, false);
        left -= done;
        count += done;
    }
    double seconds = (double)(now_ns() - start) / 1e9;
    *cell = (struct line_cell){.measured = true,
                               .depth = MANY_DEPTH,
                               .mib_per_s = (double)count * l->size / MIB / seconds,
                               .ops_per_s = (double)count / seconds};
}

static void run_uring(struct loop *l, struct line *line, double cost)
{
    int error = io_uring_queue_init(2 * MANY_DEPTH, &l->ring, 0);
    if (error) {
        line_say(line, LINE_NOT_HERE, "io_uring: %s", strerror(-error));
        return;
    }
    run_single(l, line, move_by_uring, cost);
    for (unsigned i = 0; i < SIZES && l->error == 0; i++) {
        l->size = line_sizes[i];
        run_many_of_a_size(l, &line->cells[l->is_write ? WRITE : READ][i][MANY]);
    }
    io_uring_queue_exit(&l->ring);
}

/* --- all of them ---------------------------------------------------------------------------------- */

static void end_line(struct line *line, const struct loop *l, double tsc_khz)
{
    /* What was counted are nanoseconds. */
    line->cycles_min = line->ns_min * tsc_khz / 1e6;
    line->cycles_median = line->ns_median * tsc_khz / 1e6;
    line->cycles_p99 = line->ns_p99 * tsc_khz / 1e6;
    if (l->error && line->wanted)
        line_say(line, LINE_FAILED, "%s", strerror(l->error));
}

static void run_all(struct loop *l, struct lines *lines)
{
    struct line *pread_line = lines_find(lines, LINE_PREAD);
    struct line *uring_line = lines_find(lines, LINE_URING);
    struct line *memcpy_line = lines_find(lines, LINE_MEMCPY);
    double cost = clock_cost(l);
    for (unsigned write = 0; write <= 1; write++) {
        l->is_write = write;
        if (pread_line->wanted)
            run_single(l, pread_line, move_file, cost);
        if (uring_line->wanted)
            run_uring(l, uring_line, cost);
    }
    l->is_write = false;
    if (memcpy_line->wanted)
        run_single(l, memcpy_line, move_memory, cost);
    end_line(pread_line, l, lines->tsc_khz);
    end_line(uring_line, l, lines->tsc_khz);
    end_line(memcpy_line, l, lines->tsc_khz);
}

/* 0 or an errno. */
static int open_file(struct loop *l, const char *path)
{
    struct stat st;
    l->file_size = (uint64_t)MANY_DEPTH * LARGEST;
    if (path == NULL)
        return 0;
    l->fd = open(path, O_RDWR | O_CLOEXEC);
    if (l->fd < 0 || fstat(l->fd, &st) < 0)
        return errno;
    l->file_size = (uint64_t)st.st_size;
    return 0;
}

int host_loops_run(struct lines *lines, const char *path, unsigned milliseconds)
{
    struct loop *l = calloc(1, sizeof *l);
    if (l == NULL)
        return host_failure("no memory");
    l->seconds = milliseconds / 1e3;
    l->random = 88172645463325252ull;
    l->fd = -1;
    l->buffers = aligned_alloc(4096, (size_t)MANY_DEPTH * LARGEST);
    int error = l->buffers == NULL ? ENOMEM : open_file(l, path);
    if (error == 0) {
        memset(l->buffers, 1, (size_t)MANY_DEPTH * LARGEST);
        run_all(l, lines);
    }
    if (l->fd >= 0)
        close(l->fd);
    free(l->buffers);
    free(l);
    return error ? host_failure("%s: %s", path != NULL ? path : "memory", strerror(error)) : 0;
}
