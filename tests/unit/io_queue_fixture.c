/* SPDX-License-Identifier: MIT */
/* Queues, files and requests for the tests of io_queue. */
#include "io_queue_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum io_engine fixture_engine;

bool fixture_use(enum io_engine engine)
{
    struct io_queue *queue;
    int error = io_queue_open(&queue, engine, 1, -1);
    fixture_engine = engine;
    if (error == 0)
        io_queue_close(queue);
    else
        print_message("skipped: io_uring: %s\n", strerror(-error));
    return error == 0;
}

int temporary_file(void)
{
    char name[] = "/tmp/trapline-test-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    return fd;
}

static uint8_t pattern(uint64_t offset)
{
    return (uint8_t)(offset * 13 + offset / BLOCK + 1);
}

void fill_pattern(uint8_t *bytes, uint64_t offset, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++)
        bytes[i] = pattern(offset + i);
}

void fixture_file(struct fixture *f, uint64_t length)
{
    int fd = temporary_file();
    uint8_t *bytes = malloc(length + 1);
    fill_pattern(bytes, 0, length);
    assert_int_equal(pwrite(fd, bytes, length, 0), (int64_t)length);
    free(bytes);
    file_backend_init(&f->file, fd, "t", length, false);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(f->doorbell >= 0);
    assert_int_equal(io_queue_open(&f->queue, fixture_engine, DEPTH, f->doorbell), 0);
    f->bytes = aligned_alloc(BLOCK, DEPTH * BLOCK);
    f->file.fd = f->file.direct_fd = -1;
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    io_queue_close(f->queue);
    if (f->file.fd >= 0)
        file_backend_close(&f->file);
    close(f->doorbell);
    free(f->bytes);
    free(f);
    return 0;
}

struct io_request *request_make(struct fixture *f, unsigned n, enum io_op op, uint64_t offset,
                                uint64_t length)
{
    struct io_request *r = &f->requests[n];
    uint8_t *bytes = &f->bytes[n * BLOCK];
    *r = (struct io_request){
        .backend = &f->file.backend, .op = op, .offset = offset, .length = length};
    if (op != IO_READ && op != IO_WRITE)
        return r;
    uint64_t cuts[] = {0, length / 3, length / 2, length};
    for (unsigned i = 0; i < 3; i++)
        r->segments[i] = (struct iovec){bytes + cuts[i], cuts[i + 1] - cuts[i]};
    r->segment_count = 3;
    if (op == IO_WRITE)
        fill_pattern(bytes, offset, length);
    else
        memset(bytes, 0xee, BLOCK);
    return r;
}

struct io_request *request_await(struct fixture *f)
{
    struct io_request *r;
    while ((r = io_queue_next(f->queue)) == NULL)
        io_queue_wait(f->queue);
    return r;
}

struct io_request *request_run(struct fixture *f, struct io_request *r)
{
    io_queue_start(f->queue, r);
    io_queue_kick(f->queue);
    assert_ptr_equal(request_await(f), r);
    assert_null(io_queue_next(f->queue));
    return r;
}

void check_pattern(const uint8_t *bytes, uint64_t offset, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++)
        if (bytes[i] != pattern(offset + i))
            fail_msg("byte %llu is wrong", (unsigned long long)(offset + i));
}

void check_zeros(int fd, uint64_t offset, uint64_t length)
{
    uint8_t *bytes = malloc(length);
    assert_int_equal(pread(fd, bytes, length, (off_t)offset), (int64_t)length);
    for (uint64_t i = 0; i < length; i++)
        if (bytes[i] != 0)
            fail_msg("byte %llu is not zero", (unsigned long long)(offset + i));
    free(bytes);
}

void check_file(int fd, uint64_t offset, uint64_t length)
{
    uint8_t *bytes = malloc(length);
    assert_int_equal(pread(fd, bytes, length, (off_t)offset), (int64_t)length);
    check_pattern(bytes, offset, length);
    free(bytes);
}

void fixture_device(struct fixture *f, const char *path)
{
    file_backend_init(&f->file, open(path, O_RDWR | O_CLOEXEC), path, 1 << 20, false);
    assert_true(f->file.fd >= 0);
}

void fixture_file_in_memory(struct fixture *f)
{
    uint64_t size = f->file.file_size;
    uint8_t *bytes = malloc(size);
    int fd = memfd_create("t", MFD_CLOEXEC);
    fill_pattern(bytes, 0, size);
    assert_int_equal(write(fd, bytes, size), (int64_t)size);
    free(bytes);
    file_backend_close(&f->file);
    file_backend_init(&f->file, fd, "t", size, false);
}
