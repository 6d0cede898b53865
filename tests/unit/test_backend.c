/* SPDX-License-Identifier: MIT */
/* Backends: requests are resumed, failures are remembered, padding never reaches the file. */
#include "test.h"

#include "backend/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A backend that follows a script: one answer a call. */
struct scripted {
    struct backend backend;
    const int64_t *answers;
    unsigned calls;
    uint64_t offsets[8];
    size_t first_length[8];
};

static int64_t scripted_move(struct backend *b, const struct iovec *iov, unsigned count,
                             uint64_t offset)
{
    struct scripted *s = (struct scripted *)b;
    assert_true(count > 0);
    s->offsets[s->calls] = offset;
    s->first_length[s->calls] = iov[0].iov_len;
    return s->answers[s->calls++];
}

static int scripted_flush(struct backend *b)
{
    struct scripted *s = (struct scripted *)b;
    return (int)s->answers[s->calls++];
}

static const struct backend_ops scripted_ops = {
    .readv = scripted_move, .writev = scripted_move, .flush = scripted_flush};

static struct io_request request_of(struct backend *b, enum io_op op, uint64_t offset,
                                    uint64_t length)
{
    static uint8_t bytes[4096];
    struct io_request request = {.backend = b, .op = op, .offset = offset, .length = length};
    request.segments[0] = (struct iovec){.iov_base = bytes, .iov_len = length / 2};
    request.segments[1] =
        (struct iovec){.iov_base = bytes + length / 2, .iov_len = length - length / 2};
    request.segment_count = 2;
    return request;
}

/* Adverse case 33: short transfers and EINTR are resumed. */
static void test_short_transfers_and_eintr_are_resumed(void **state)
{
    (void)state;
    const int64_t answers[] = {10, -EINTR, 500, 514};
    struct scripted s = {.backend = {.ops = &scripted_ops}, .answers = answers};
    struct io_request request = request_of(&s.backend, IO_READ, 4096, 1024);
    backend_run(&request);
    assert_int_equal(request.error, 0);
    assert_int_equal(request.transferred, 1024);
    assert_int_equal(s.calls, 4);
    assert_int_equal(s.offsets[1], 4106);
    assert_int_equal(s.first_length[1], 502);
    assert_int_equal(s.offsets[3], 4606);
    assert_int_equal(s.first_length[3], 2); /* 510 of the first segment's 512 are done */
}

static void test_error_after_part_keeps_the_count(void **state)
{
    (void)state;
    const int64_t answers[] = {100, -EIO};
    struct scripted s = {.backend = {.ops = &scripted_ops}, .answers = answers};
    struct io_request request = request_of(&s.backend, IO_WRITE, 0, 1024);
    backend_run(&request);
    assert_int_equal(request.error, EIO);
    assert_int_equal(request.transferred, 100);
}

static void test_write_of_nothing_is_an_error_not_a_loop(void **state)
{
    (void)state;
    const int64_t answers[] = {0};
    struct scripted s = {.backend = {.ops = &scripted_ops}, .answers = answers};
    struct io_request request = request_of(&s.backend, IO_WRITE, 0, 1024);
    backend_run(&request);
    assert_int_equal(request.error, EIO);
}

/* Adverse case 35: a flush that failed once is never forgotten. */
static void test_failed_flush_fails_all_later_writes(void **state)
{
    (void)state;
    const int64_t answers[] = {-ENOSPC, 1024};
    struct scripted s = {.backend = {.ops = &scripted_ops}, .answers = answers};
    struct io_request flush = {.backend = &s.backend, .op = IO_FLUSH};
    backend_run(&flush);
    assert_int_equal(flush.error, ENOSPC);
    struct io_request write = request_of(&s.backend, IO_WRITE, 0, 1024);
    backend_run(&write);
    assert_int_equal(write.error, ENOSPC);
    backend_run(&flush);
    assert_int_equal(flush.error, ENOSPC);
    assert_int_equal(s.calls, 1);
    struct io_request read = request_of(&s.backend, IO_READ, 0, 1024);
    backend_run(&read);
    assert_int_equal(read.error, 0);
}

/* Adverse case 35 with many under way: what was begun before the flush failed and ends after it. */
static void test_failed_flush_fails_what_is_under_way(void **state)
{
    (void)state;
    struct scripted s = {.backend = {.ops = &scripted_ops}};
    struct io_request write = request_of(&s.backend, IO_WRITE, 0, 1024);
    struct io_request read = request_of(&s.backend, IO_READ, 0, 1024);
    struct io_request flush = {.backend = &s.backend, .op = IO_FLUSH};
    struct io_request *all[] = {&write, &read, &flush};
    for (unsigned i = 0; i < 3; i++) {
        io_request_begin(all[i]);
        assert_non_null(io_request_step(all[i]));
    }
    io_request_result(&flush, -EIO);
    io_request_result(&read, 1024);
    io_request_result(&write, 1024);
    for (unsigned i = 0; i < 3; i++)
        assert_null(io_request_step(all[i]));
    assert_int_equal(flush.error, EIO);
    assert_int_equal(read.error, 0);
    assert_int_equal(write.error, EIO);
}

/* A write that had to be durable and is not has lost what was written before it, too. */
static void test_durable_write_is_written_and_flushed(void **state)
{
    (void)state;
    const int64_t answers[] = {1024, -EINTR, 0, 1024, -EIO};
    struct scripted s = {.backend = {.ops = &scripted_ops}, .answers = answers};
    struct io_request write = request_of(&s.backend, IO_WRITE, 0, 1024);
    write.durable = true;
    backend_run(&write);
    assert_int_equal(write.error, 0);
    assert_int_equal(s.calls, 3);
    write = request_of(&s.backend, IO_WRITE, 0, 1024);
    write.durable = true;
    backend_run(&write);
    assert_int_equal(write.error, EIO);
    assert_int_equal(s.backend.failed, EIO);
    /* A flush that the guest asked for is counted, this is not. */
    assert_int_equal(s.backend.flushes, 0);
}

static void test_durable_write_that_fails_is_not_flushed(void **state)
{
    (void)state;
    const int64_t answers[] = {-ENOSPC};
    struct scripted s = {.backend = {.ops = &scripted_ops}, .answers = answers};
    struct io_request write = request_of(&s.backend, IO_WRITE, 0, 1024);
    write.durable = true;
    backend_run(&write);
    assert_int_equal(write.error, ENOSPC);
    assert_int_equal(s.calls, 1);
    assert_int_equal(s.backend.failed, 0);
}

/* A backend without a file: a discard has nothing to do, zeros are written in pieces of 1 MiB. */
static void test_discard_and_zeroes_without_a_file(void **state)
{
    (void)state;
    const int64_t answers[] = {1 << 20, 1000, 4096 - 1000};
    struct scripted s = {.backend = {.ops = &scripted_ops}, .answers = answers};
    struct io_request r = {.backend = &s.backend, .op = IO_DISCARD, .length = 1 << 20};
    backend_run(&r);
    assert_int_equal(r.error, 0);
    assert_int_equal(r.transferred, 1 << 20);
    assert_int_equal(s.calls, 0);
    r = (struct io_request){
        .backend = &s.backend, .op = IO_WRITE_ZEROES, .offset = 512, .length = (1 << 20) + 4096};
    backend_run(&r);
    assert_int_equal(r.error, 0);
    assert_int_equal(r.transferred, (1 << 20) + 4096);
    assert_int_equal(s.calls, 3);
    assert_int_equal(s.offsets[1], 512 + (1 << 20));
    assert_int_equal(s.offsets[2], 512 + (1 << 20) + 1000);
    assert_int_equal(s.first_length[2], 4096 - 1000);
}

/* Adverse case 16. */
static void test_read_only_refuses_before_the_file(void **state)
{
    (void)state;
    struct scripted s = {.backend = {.ops = &scripted_ops, .read_only = true}};
    struct io_request write = request_of(&s.backend, IO_WRITE, 0, 512);
    backend_run(&write);
    assert_int_equal(write.error, EROFS);
    assert_int_equal(s.calls, 0);
}

/* --- files --- */

static int temporary_file(const char *content)
{
    char name[] = "/tmp/trapline-test-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    assert_int_equal(write(fd, content, strlen(content)), (int)strlen(content));
    return fd;
}

static void run_one(struct file_backend *file, enum io_op op, uint64_t offset, void *bytes,
                    uint64_t length, struct io_request *request)
{
    *request = (struct io_request){.backend = &file->backend,
                                   .op = op,
                                   .offset = offset,
                                   .length = length,
                                   .segment_count = 1};
    request->segments[0] = (struct iovec){.iov_base = bytes, .iov_len = length};
    backend_run(request);
}

static void test_padding_reads_as_zeros(void **state)
{
    (void)state;
    struct file_backend file;
    file_backend_init(&file, temporary_file("hello"), "t", 5, true);
    file_backend_pad(&file, 512);
    assert_int_equal(file.backend.size, 512);
    uint8_t bytes[512];
    memset(bytes, 0xee, sizeof bytes);
    struct io_request request;
    run_one(&file, IO_READ, 0, bytes, 512, &request);
    assert_int_equal(request.error, 0);
    assert_int_equal(request.transferred, 512);
    assert_memory_equal(bytes, "hello", 5);
    for (unsigned i = 5; i < 512; i++)
        assert_int_equal(bytes[i], 0);
    close(file.fd);
}

static void test_empty_file_is_one_block(void **state)
{
    (void)state;
    struct file_backend file;
    file_backend_init(&file, temporary_file(""), "t", 0, true);
    file_backend_pad(&file, 512);
    assert_int_equal(file.backend.size, 512);
    close(file.fd);
}

/* Adverse case 34: a file cut short under us is an error, not zeros. */
static void test_truncated_file_is_an_error(void **state)
{
    (void)state;
    char content[1025];
    memset(content, 'x', 1024);
    content[1024] = '\0';
    struct file_backend file;
    file_backend_init(&file, temporary_file(content), "t", 1024, true);
    assert_int_equal(ftruncate(file.fd, 600), 0);
    uint8_t bytes[1024];
    struct io_request request;
    run_one(&file, IO_READ, 0, bytes, 1024, &request);
    assert_int_equal(request.error, EIO);
    assert_int_equal(request.transferred, 600);
    close(file.fd);
}

static void test_writes_keep_to_the_window(void **state)
{
    (void)state;
    struct file_backend file;
    file_backend_init(&file, temporary_file("0123456789"), "t", 512, false);
    file.window_start = 3;
    file.window_end = 6;
    uint8_t bytes[512];
    memset(bytes, 'W', sizeof bytes);
    struct io_request request;
    run_one(&file, IO_WRITE, 0, bytes, 512, &request);
    assert_int_equal(request.error, 0);
    assert_int_equal(request.transferred, 512);
    char back[11] = {0};
    assert_int_equal(pread(file.fd, back, 10, 0), 10);
    assert_string_equal(back, "012WWW6789");
    struct stat st;
    assert_int_equal(fstat(file.fd, &st), 0);
    assert_int_equal(st.st_size, 10);
    /* wholly outside, on either side */
    run_one(&file, IO_WRITE, 6, bytes, 100, &request);
    assert_int_equal(request.transferred, 100);
    run_one(&file, IO_WRITE, 0, bytes, 3, &request);
    assert_int_equal(request.transferred, 3);
    assert_int_equal(pread(file.fd, back, 10, 0), 10);
    assert_string_equal(back, "012WWW6789");
    close(file.fd);
}

static void test_growing_file(void **state)
{
    (void)state;
    struct file_backend file;
    file_backend_init(&file, temporary_file(""), "t", 0, false);
    file.backend.grows = true;
    struct io_request request;
    char text[] = "tail";
    run_one(&file, IO_WRITE, 1000, text, 4, &request);
    assert_int_equal(request.error, 0);
    run_one(&file, IO_FLUSH, 0, NULL, 0, &request);
    assert_int_equal(request.error, 0);
    char back[4];
    run_one(&file, IO_READ, 1000, back, 4, &request);
    assert_int_equal(request.transferred, 4);
    assert_memory_equal(back, "tail", 4);
    close(file.fd);
}

/* Truncated to nothing in mid-read: adverse case 34 with several segments, and padding behind. */
static void test_truncated_file_with_padding(void **state)
{
    (void)state;
    struct file_backend file;
    char content[701];
    memset(content, 'x', 700);
    content[700] = '\0';
    file_backend_init(&file, temporary_file(content), "t", 700, true);
    file_backend_pad(&file, 512);
    assert_int_equal(ftruncate(file.fd, 100), 0);
    uint8_t bytes[1024];
    struct io_request request;
    run_one(&file, IO_READ, 0, bytes, 1024, &request);
    assert_int_equal(request.error, EIO);
    assert_int_equal(request.transferred, 100);
    file_backend_close(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_transfers_and_eintr_are_resumed),
        cmocka_unit_test(test_error_after_part_keeps_the_count),
        cmocka_unit_test(test_write_of_nothing_is_an_error_not_a_loop),
        cmocka_unit_test(test_failed_flush_fails_all_later_writes),
        cmocka_unit_test(test_failed_flush_fails_what_is_under_way),
        cmocka_unit_test(test_durable_write_is_written_and_flushed),
        cmocka_unit_test(test_durable_write_that_fails_is_not_flushed),
        cmocka_unit_test(test_discard_and_zeroes_without_a_file),
        cmocka_unit_test(test_read_only_refuses_before_the_file),
        cmocka_unit_test(test_padding_reads_as_zeros),
        cmocka_unit_test(test_empty_file_is_one_block),
        cmocka_unit_test(test_truncated_file_is_an_error),
        cmocka_unit_test(test_writes_keep_to_the_window),
        cmocka_unit_test(test_growing_file),
        cmocka_unit_test(test_truncated_file_with_padding),
    };
    return cmocka_run_group_tests_name("backend", tests, NULL, NULL);
}
