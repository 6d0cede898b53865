/* SPDX-License-Identifier: MIT */
/* firmware/copy_pieces.c over block devices that finish requests in any order, or fail, or refuse. */
#include "test.h"

#include "firmware/copy_pieces.c"

#include <stdlib.h>
#include <string.h>

#define BLOCK 512
#define BYTES (64 * BLOCK)
#define STRIDE (8 * BLOCK)
#define IN_FLIGHT_MAX 64

/* A disk in memory that takes depth requests and finishes them when it likes. */
struct disk {
    struct block_dev dev;
    uint8_t bytes[BYTES];
    struct block_request *in_flight[IN_FLIGHT_MAX];
    unsigned count, most, kicked;
    unsigned reads, writes, flushes;
    unsigned fail_at; /* the request with this number fails, counted from 1 */
    int error;
    bool refuses, silent;
    unsigned writes_before_flush;
};

static struct disk a, b;
static uint8_t buffers[COPY_DEPTH_MAX * STRIDE];
static unsigned taken;

static struct disk *disk_of(struct block_dev *dev)
{
    return (struct disk *)dev;
}

static int carry_out(struct disk *disk, struct block_request *r)
{
    if (++taken == disk->fail_at)
        return disk->error;
    if (r->op == BLOCK_READ) {
        memcpy(r->buffer, disk->bytes + r->offset, r->length);
        disk->reads++;
    } else if (r->op == BLOCK_WRITE) {
        memcpy(disk->bytes + r->offset, r->buffer, r->length);
        disk->writes++;
    } else {
        disk->flushes++;
        disk->writes_before_flush = disk->writes;
    }
    return ERR_OK;
}

static int many_submit(struct block_dev *dev, struct block_request *request)
{
    struct disk *disk = disk_of(dev);
    if (disk->count == dev->depth || disk->refuses)
        return ERR_NO_SPACE;
    disk->in_flight[disk->count++] = request;
    disk->kicked = 0;
    if (disk->count > disk->most)
        disk->most = disk->count;
    return ERR_OK;
}

static void many_kick(struct block_dev *dev)
{
    disk_of(dev)->kicked = 1;
}

/* Finishes at least one, wherever it stands; data moves only then, so that a piece that went on too early
 * would show. */
static int many_reap(struct block_dev *dev, uint32_t timeout_ms)
{
    struct disk *disk = disk_of(dev);
    int finished = 0;
    assert_true(timeout_ms > 0);
    if (disk->count > 0)
        assert_true(disk->kicked);
    while (disk->count > 0 && (disk->silent || finished == 0 || rand() % 2)) {
        unsigned i = (unsigned)rand() % disk->count;
        struct block_request *request = disk->in_flight[i];
        disk->in_flight[i] = disk->in_flight[--disk->count];
        request->result = disk->silent ? ERR_TIMEOUT : carry_out(disk, request);
        request->done = true;
        finished++;
    }
    return finished;
}

static int one_read(struct block_dev *dev, uint64_t offset, void *buffer, uint32_t length)
{
    struct block_request r = {
        .op = BLOCK_READ, .offset = offset, .buffer = buffer, .length = length};
    return carry_out(disk_of(dev), &r);
}

static int one_write(struct block_dev *dev, uint64_t offset, const void *buffer, uint32_t length)
{
    struct disk *disk = disk_of(dev);
    if (++taken == disk->fail_at)
        return disk->error;
    memcpy(disk->bytes + offset, buffer, length);
    disk->writes++;
    return ERR_OK;
}

static int one_flush(struct block_dev *dev)
{
    struct block_request r = {.op = BLOCK_FLUSH};
    return carry_out(disk_of(dev), &r);
}

static const struct block_ops many = {
    .submit = many_submit, .kick = many_kick, .reap = many_reap, .flush = one_flush};
static const struct block_ops one_at_a_time = {
    .read = one_read, .write = one_write, .flush = one_flush};

static void make(struct disk *disk, const struct block_ops *ops, unsigned depth)
{
    memset(disk, 0, sizeof(*disk));
    disk->dev = (struct block_dev){.name = "disk",
                                   .ops = ops,
                                   .size = BYTES,
                                   .write_end = BYTES,
                                   .block_size = BLOCK,
                                   .max_transfer = BYTES,
                                   .depth = depth};
    for (unsigned i = 0; i < BYTES; i++)
        disk->bytes[i] = (uint8_t)(i * 7 + i / BLOCK * 3 + (disk == &b) * 101);
    taken = 0;
}

static int run(struct disk *from, struct disk *to, uint32_t piece, unsigned depth)
{
    struct copy_plan plan = {.from = &from->dev,
                             .to = &to->dev,
                             .begin = 2 * BLOCK,
                             .end = BYTES - 3 * BLOCK,
                             .piece = piece,
                             .depth = depth,
                             .buffers = buffers,
                             .buffer_stride = STRIDE};
    return copy_pieces(&plan);
}

static void check_copied(void)
{
    assert_memory_equal(b.bytes + 2 * BLOCK, a.bytes + 2 * BLOCK, BYTES - 5 * BLOCK);
    for (unsigned i = 0; i < BYTES; i++) {
        if (i < 2 * BLOCK || i >= BYTES - 3 * BLOCK)
            assert_int_equal(b.bytes[i], (uint8_t)(i * 7 + i / BLOCK * 3 + 101));
    }
}

static void any_depth_and_order(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        srand(round);
        unsigned depth = 1 + round % 9;
        bool sync_from = round % 3 == 1, sync_to = round % 4 == 2;
        make(&a, sync_from ? &one_at_a_time : &many, sync_from ? 1 : 4);
        make(&b, sync_to ? &one_at_a_time : &many, sync_to ? 1 : 5);
        assert_int_equal(run(&a, &b, (1 + round % 8) * BLOCK, depth), ERR_OK);
        check_copied();
        assert_true(a.most <= depth && b.most <= depth);
        assert_int_equal(b.flushes, 1);
        assert_int_equal(b.writes_before_flush, b.writes);
        assert_int_equal(a.flushes, 0);
    }
}

static void many_are_in_flight(void **state)
{
    (void)state;
    srand(1);
    make(&a, &many, 16);
    make(&b, &many, 16);
    assert_int_equal(run(&a, &b, BLOCK, 16), ERR_OK);
    assert_int_equal(a.most, 16);
    check_copied();
}

static void one_device_takes_both_directions(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 50; round++) {
        srand(round);
        make(&a, round % 2 ? &one_at_a_time : &many, 1 + round % 4);
        assert_int_equal(run(&a, &a, 2 * BLOCK, 8), ERR_OK);
        assert_int_equal(a.reads, 30); /* 59 blocks */
        assert_int_equal(a.writes, 30);
        assert_int_equal(a.flushes, 1);
    }
}

static void nothing_to_copy_is_a_flush(void **state)
{
    (void)state;
    make(&a, &many, 2);
    make(&b, &many, 2);
    struct copy_plan plan = {.from = &a.dev, .to = &b.dev, .piece = BLOCK};
    assert_int_equal(copy_pieces(&plan), ERR_OK);
    assert_int_equal(a.reads + b.writes, 0);
    assert_int_equal(b.flushes, 1);
}

/* The first error is the result, and nothing is in flight any more. */
static void errors_end_it(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 400; round++) {
        srand(round);
        make(&a, round & 1 ? &one_at_a_time : &many, round & 1 ? 1 : 6);
        make(&b, round & 2 ? &one_at_a_time : &many, round & 2 ? 1 : 6);
        struct disk *bad = round & 4 ? &a : &b;
        a.fail_at = b.fail_at = 1 + round % 50;
        a.error = b.error = bad == &a ? ERR_IO : ERR_NO_SPACE;
        assert_int_equal(run(&a, &b, BLOCK, 1 + round % 7), bad->error);
        assert_int_equal(a.count + b.count, 0);
        assert_int_equal(b.flushes, 0);
    }
}

static void a_failed_flush_is_an_error(void **state)
{
    (void)state;
    make(&a, &many, 6);
    make(&b, &many, 6);
    b.fail_at = 2 * 59 + 1;
    b.error = ERR_IO;
    assert_int_equal(run(&a, &b, BLOCK, 4), ERR_IO);
    assert_int_equal(b.writes, 59);
}

/* Adverse 37 */
static void a_device_that_never_answers(void **state)
{
    (void)state;
    make(&a, &many, 6);
    make(&b, &many, 6);
    b.silent = true;
    assert_int_equal(run(&a, &b, BLOCK, 4), ERR_TIMEOUT);
    assert_int_equal(a.count + b.count, 0);
}

static void a_device_that_takes_nothing(void **state)
{
    (void)state;
    make(&a, &many, 6);
    make(&b, &many, 6);
    b.refuses = true;
    assert_int_equal(run(&a, &b, BLOCK, 4), ERR_DEVICE);
    assert_int_equal(a.count + b.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_depth_and_order),
        cmocka_unit_test(many_are_in_flight),
        cmocka_unit_test(one_device_takes_both_directions),
        cmocka_unit_test(nothing_to_copy_is_a_flush),
        cmocka_unit_test(errors_end_it),
        cmocka_unit_test(a_failed_flush_is_an_error),
        cmocka_unit_test(a_device_that_never_answers),
        cmocka_unit_test(a_device_that_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
