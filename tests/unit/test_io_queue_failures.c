/* SPDX-License-Identifier: MIT */
/* A queue whose files end, refuse, or lose what was written: what each request is told. */
#include "io_queue_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- ends, windows, failures --- */

static void test_padding_reads_as_zeros(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, 1300);
    file_backend_pad(&f->file, 512);
    struct io_request *r = request_run(f, request_make(f, 0, IO_READ, 1024, 512));
    assert_int_equal(r->error, 0);
    assert_int_equal(r->transferred, 512);
    check_pattern(f->bytes, 1024, 276);
    for (unsigned i = 276; i < 512; i++)
        assert_int_equal(f->bytes[i], 0);
    assert_int_equal(f->bytes[512], 0xee);
}

/* Adverse cases 33 and 34: what is not there any more is an error and never a zero. */
static void test_truncated_while_running(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, 8 * BLOCK);
    request_run(f, request_make(f, 0, IO_READ, 0, BLOCK));
    assert_int_equal(ftruncate(f->file.fd, BLOCK + 600), 0);
    struct io_request *r = request_run(f, request_make(f, 0, IO_READ, BLOCK, BLOCK));
    assert_int_equal(r->error, EIO);
    assert_int_equal(r->transferred, 600);
    check_pattern(f->bytes, BLOCK, 600);
    assert_int_equal(f->bytes[600], 0xee);
    r = request_run(f, request_make(f, 0, IO_READ, 4 * BLOCK, BLOCK));
    assert_int_equal(r->error, EIO);
    assert_int_equal(r->transferred, 0);
    assert_int_equal(f->file.backend.error, EIO);
}

static void test_writes_keep_to_the_window(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, 0);
    f->file.backend.size = 4096;
    f->file.window_start = 100;
    f->file.window_end = 300;
    struct io_request *r = request_run(f, request_make(f, 0, IO_WRITE, 0, 512));
    assert_int_equal(r->error, 0);
    assert_int_equal(r->transferred, 512);
    check_zeros(f->file.fd, 0, 100);
    check_file(f->file.fd, 100, 200);
    struct stat st;
    fstat(f->file.fd, &st);
    assert_int_equal(st.st_size, 300);
    assert_int_equal(request_run(f, request_make(f, 0, IO_WRITE, 512, 512))->transferred, 512);
    assert_int_equal(request_run(f, request_make(f, 0, IO_WRITE, 10, 90))->transferred, 90);
    fstat(f->file.fd, &st);
    assert_int_equal(st.st_size, 300);
    assert_int_equal(f->file.backend.bytes_written, 200);
}

/* Adverse case 33. */
static void test_no_space(void **state)
{
    struct fixture *f = *state;
    fixture_device(f, "/dev/full");
    struct io_request *r = request_run(f, request_make(f, 0, IO_WRITE, 0, 512));
    assert_int_equal(r->error, ENOSPC);
    assert_int_equal(r->transferred, 0);
    /* No flush has failed: the next write is looked at for itself. */
    assert_int_equal(f->file.backend.failed, 0);
    assert_int_equal(request_run(f, request_make(f, 0, IO_READ, 0, 512))->error, 0);
}

/* Adverse case 33: a write that fails in its middle keeps the count of what went before. */
static void test_file_too_large(void **state)
{
    struct fixture *f = *state;
    struct rlimit before, low;
    fixture_file(f, 0);
    f->file.backend.grows = true;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    low = (struct rlimit){1000, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &low);
    struct io_request *r = request_run(f, request_make(f, 0, IO_WRITE, 0, 3000));
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(r->error, EFBIG);
    assert_int_equal(r->transferred, 1000);
    check_file(f->file.fd, 0, 1000);
}

/* Adverse case 16. */
static void test_read_only(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, BLOCK);
    f->file.backend.read_only = true;
    const enum io_op ops[] = {IO_WRITE, IO_FLUSH, IO_DISCARD, IO_WRITE_ZEROES};
    for (unsigned i = 0; i < sizeof ops / sizeof ops[0]; i++)
        assert_int_equal(request_run(f, request_make(f, 0, ops[i], 0, 512))->error, EROFS);
    check_file(f->file.fd, 0, BLOCK);
}

/* --- durability --- */

static void test_flushes_and_durable_writes(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, FILE_BLOCKS * BLOCK);
    for (unsigned n = 0; n < 16; n++) {
        struct io_request *r =
            request_make(f, n, n % 4 == 0 ? IO_FLUSH : IO_WRITE, n * BLOCK, BLOCK);
        r->durable = n % 4 == 1;
        io_queue_start(f->queue, r);
    }
    io_queue_kick(f->queue);
    for (unsigned n = 0; n < 16; n++)
        assert_int_equal(request_await(f)->error, 0);
    assert_int_equal(f->file.backend.flushes, 4);
    assert_int_equal(f->file.backend.bytes_written, 12 * BLOCK);
    check_file(f->file.fd, 0, FILE_BLOCKS * BLOCK);
}

/* Adverse case 35. /dev/null takes writes and has no fdatasync. */
static void test_failed_flush_is_remembered(void **state)
{
    struct fixture *f = *state;
    fixture_device(f, "/dev/null");
    assert_int_equal(request_run(f, request_make(f, 0, IO_WRITE, 0, 512))->error, 0);
    assert_int_equal(request_run(f, request_make(f, 0, IO_FLUSH, 0, 0))->error, EINVAL);
    const enum io_op ops[] = {IO_WRITE, IO_FLUSH, IO_DISCARD, IO_WRITE_ZEROES};
    for (unsigned i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        struct io_request *r = request_run(f, request_make(f, 0, ops[i], 0, 512));
        assert_int_equal(r->error, EINVAL);
        assert_int_equal(r->transferred, 0);
    }
    assert_int_equal(f->file.backend.flushes, 1);
    assert_int_equal(f->file.backend.error, EINVAL);
}

/* Adverse case 35, in flight: from the failed flush on nothing that ends was written. */
static void test_failed_flush_among_many(void **state)
{
    struct fixture *f = *state;
    fixture_device(f, "/dev/null");
    unsigned failed_flushes = 0;
    for (unsigned n = 0; n < DEPTH; n++)
        io_queue_start(f->queue,
                       request_make(f, n, n % 16 == 9 ? IO_FLUSH : IO_WRITE, n * 512, 512));
    io_queue_kick(f->queue);
    for (unsigned n = 0; n < DEPTH; n++) {
        struct io_request *r = request_await(f);
        if (r->op == IO_FLUSH) {
            assert_int_equal(r->error, EINVAL);
            failed_flushes++;
        } else {
            assert_true(r->error == EINVAL || failed_flushes == 0);
        }
    }
    assert_int_equal(failed_flushes, DEPTH / 16);
}

static void test_durable_write_that_cannot_be_made_durable(void **state)
{
    struct fixture *f = *state;
    const enum io_op ops[] = {IO_WRITE, IO_DISCARD};
    for (unsigned i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        fixture_device(f, "/dev/null");
        struct io_request *r = request_make(f, 0, ops[i], 0, 512);
        r->durable = true;
        request_run(f, r);
        assert_int_equal(r->error, EINVAL);
        assert_int_equal(f->file.backend.failed, EINVAL);
        assert_int_equal(f->file.backend.flushes, 0);
        file_backend_close(&f->file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        queue_test(test_padding_reads_as_zeros),
        queue_test(test_truncated_while_running),
        queue_test(test_writes_keep_to_the_window),
        queue_test(test_no_space),
        queue_test(test_file_too_large),
        queue_test(test_read_only),
        queue_test(test_flushes_and_durable_writes),
        queue_test(test_failed_flush_is_remembered),
        queue_test(test_failed_flush_among_many),
        queue_test(test_durable_write_that_cannot_be_made_durable),
    };
    return fixture_run("io_queue failures", tests);
}
