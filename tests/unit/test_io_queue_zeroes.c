/* SPDX-License-Identifier: MIT */
/* A queue's discards and zeros, and its requests past the page cache. */
#include "io_queue_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- discard and zeros --- */

static void test_discard_gives_space_back(void **state)
{
    struct fixture *f = *state;
    struct stat before, after;
    fixture_file(f, FILE_BLOCKS * BLOCK);
    assert_int_equal(fdatasync(f->file.fd), 0);
    fstat(f->file.fd, &before);
    struct io_request *r = request_run(f, request_make(f, 0, IO_DISCARD, 16 * BLOCK, 128 * BLOCK));
    assert_int_equal(r->error, 0);
    assert_int_equal(r->transferred, 128 * BLOCK);
    fstat(f->file.fd, &after);
    assert_int_equal(after.st_size, before.st_size);
    assert_int_equal(before.st_blocks - after.st_blocks, 128 * BLOCK / 512);
    check_file(f->file.fd, 0, 16 * BLOCK);
    check_file(f->file.fd, 144 * BLOCK, 112 * BLOCK);
}

/* A discard is a hint: what cannot do it, has done it. */
static void test_discard_that_nothing_can_do(void **state)
{
    struct fixture *f = *state;
    fixture_device(f, "/dev/null");
    struct io_request *r = request_run(f, request_make(f, 0, IO_DISCARD, 0, 8192));
    assert_int_equal(r->error, 0);
    assert_int_equal(r->transferred, 8192);
}

#define ZEROS_OFFSET 1111
#define ZEROS_LENGTH (3 * (1 << 20) + 77)

static void check_write_zeroes(struct fixture *f, bool unmap, bool durable)
{
    uint64_t size = 4 << 20;
    uint8_t *bytes = malloc(size);
    fill_pattern(bytes, 0, size);
    assert_int_equal(pwrite(f->file.fd, bytes, size, 0), (int64_t)size);
    free(bytes);
    struct io_request *r = request_make(f, 0, IO_WRITE_ZEROES, ZEROS_OFFSET, ZEROS_LENGTH);
    r->unmap = unmap;
    r->durable = durable;
    request_run(f, r);
    assert_int_equal(r->error, 0);
    assert_int_equal(r->transferred, ZEROS_LENGTH);
    check_file(f->file.fd, 0, ZEROS_OFFSET);
    check_zeros(f->file.fd, ZEROS_OFFSET, ZEROS_LENGTH);
    check_file(f->file.fd, ZEROS_OFFSET + ZEROS_LENGTH, size - ZEROS_OFFSET - ZEROS_LENGTH);
    struct stat st;
    fstat(f->file.fd, &st);
    assert_int_equal(st.st_size, size);
    if (!unmap)
        assert_true((uint64_t)st.st_blocks * 512 >= size);
}

static void test_write_zeroes(void **state)
{
    struct fixture *f = *state;
    file_backend_init(&f->file, temporary_file(), "t", 4 << 20, false);
    for (unsigned i = 0; i < 4; i++)
        check_write_zeroes(f, i & 1, i & 2);
}

/* A memory file has holes and no ZERO_RANGE: the zeros are written, in pieces. */
static void test_write_zeroes_by_hand(void **state)
{
    struct fixture *f = *state;
    file_backend_init(&f->file, memfd_create("t", MFD_CLOEXEC), "t", 4 << 20, false);
    check_write_zeroes(f, false, true);
    assert_int_equal(f->file.backend.bytes_written, ZEROS_LENGTH);
    check_write_zeroes(f, true, false);
    assert_int_equal(f->file.backend.bytes_written, ZEROS_LENGTH);
}

static void test_zeroes_keep_to_the_window_and_the_file(void **state)
{
    struct fixture *f = *state;
    const enum io_op ops[] = {IO_WRITE_ZEROES, IO_DISCARD, IO_WRITE_ZEROES};
    for (unsigned i = 0; i < 3; i++) {
        fixture_file(f, 3 * BLOCK + 100);
        if (i == 2)
            fixture_file_in_memory(f);
        file_backend_pad(&f->file, 512);
        f->file.window_start = BLOCK;
        struct io_request *r = request_run(f, request_make(f, 0, ops[i], 0, 3 * BLOCK + 512));
        assert_int_equal(r->error, 0);
        assert_int_equal(r->transferred, 3 * BLOCK + 512);
        check_file(f->file.fd, 0, BLOCK);
        check_zeros(f->file.fd, BLOCK, 2 * BLOCK + 100);
        f->file.window_start = 0;
        f->file.window_end = 100;
        assert_int_equal(request_run(f, request_make(f, 0, ops[i], 0, BLOCK))->transferred, BLOCK);
        check_zeros(f->file.fd, 0, 100);
        check_file(f->file.fd, 100, BLOCK - 100);
        struct stat st;
        fstat(f->file.fd, &st);
        assert_int_equal(st.st_size, 3 * BLOCK + 100);
        file_backend_close(&f->file);
    }
}

static void test_zeroes_make_a_growing_file_longer(void **state)
{
    struct fixture *f = *state;
    for (unsigned unmap = 0; unmap < 2; unmap++) {
        fixture_file(f, 100);
        f->file.backend.grows = true;
        struct io_request *r = request_make(f, 0, IO_WRITE_ZEROES, 50, 1000);
        r->unmap = unmap;
        assert_int_equal(request_run(f, r)->error, 0);
        struct stat st;
        fstat(f->file.fd, &st);
        assert_int_equal(st.st_size, 1050);
        check_file(f->file.fd, 0, 50);
        check_zeros(f->file.fd, 50, 1000);
        file_backend_close(&f->file);
    }
}

/* --- O_DIRECT --- */

static void test_direct(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, 64 * BLOCK + 100);
    f->file.backend.grows = true;
    if (file_backend_open_direct(&f->file) != 0) {
        print_message("the file system of /tmp has no O_DIRECT\n");
        skip();
    }
    static const struct {
        uint64_t offset, length;
    } moves[] = {{0, BLOCK},         {BLOCK, 512}, {3 * BLOCK, 700},  {100, 1000},
                 {512, BLOCK},       {5, 5},       {64 * BLOCK, 100}, {64 * BLOCK + 50, 3000},
                 {65 * BLOCK, BLOCK}};
    for (unsigned i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        struct io_request *r = request_make(f, i, IO_WRITE, moves[i].offset, moves[i].length);
        r->segments[0] = (struct iovec){&f->bytes[i * BLOCK], moves[i].length};
        r->segment_count = 1;
        request_run(f, r);
        assert_int_equal(r->error, 0);
        assert_int_equal(r->transferred, moves[i].length);
        r = request_make(f, i, IO_READ, moves[i].offset, moves[i].length);
        request_run(f, r);
        assert_int_equal(r->error, 0);
        assert_int_equal(r->transferred, moves[i].length);
        check_pattern(&f->bytes[i * BLOCK], moves[i].offset, moves[i].length);
    }
    assert_int_equal(request_run(f, request_make(f, 0, IO_FLUSH, 0, 0))->error, 0);
    check_file(f->file.fd, 0, 64 * BLOCK + 3050);
    check_file(f->file.fd, 65 * BLOCK, BLOCK);
}

/* An O_DIRECT fd that takes less than it said: the same bytes go through the page cache. */
static void test_direct_that_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, 4 * BLOCK);
    if (file_backend_open_direct(&f->file) != 0)
        skip();
    f->file.memory_alignment = f->file.read_alignment = f->file.write_alignment = 1;
    struct io_request *r = request_run(f, request_make(f, 0, IO_WRITE, 777, 555));
    assert_int_equal(r->error, 0);
    assert_int_equal(r->transferred, 555);
    r = request_run(f, request_make(f, 0, IO_READ, 777, 555));
    assert_int_equal(r->error, 0);
    check_pattern(f->bytes, 777, 555);
    check_file(f->file.fd, 0, 4 * BLOCK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        queue_test(test_discard_gives_space_back),
        queue_test(test_discard_that_nothing_can_do),
        queue_test(test_write_zeroes),
        queue_test(test_write_zeroes_by_hand),
        queue_test(test_zeroes_keep_to_the_window_and_the_file),
        queue_test(test_zeroes_make_a_growing_file_longer),
        queue_test(test_direct),
        queue_test(test_direct_that_is_refused),
    };
    return fixture_run("io_queue zeroes", tests);
}
