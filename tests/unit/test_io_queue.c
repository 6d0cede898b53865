/* SPDX-License-Identifier: MIT */
/* Many requests under way, the doorbell beside them, and which engine runs them. */
#include "io_queue_fixture.h"

#include "fake_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- moving bytes --- */

static void test_engine_is_the_one_asked_for(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(io_queue_engine(f->queue),
                        fixture_engine == IO_ENGINE_SYNC ? "sync" : "io_uring");
}

static void test_write_and_read_back(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, 0);
    f->file.backend.grows = true;
    struct io_request *r = request_run(f, request_make(f, 0, IO_WRITE, 1000, 3001));
    assert_int_equal(r->error, 0);
    assert_int_equal(r->transferred, 3001);
    check_file(f->file.fd, 1000, 3001);
    r = request_run(f, request_make(f, 1, IO_READ, 1000, 3001));
    assert_int_equal(r->error, 0);
    assert_int_equal(r->transferred, 3001);
    check_pattern(&f->bytes[BLOCK], 1000, 3001);
    assert_int_equal(f->file.backend.bytes_written, 3001);
    assert_int_equal(f->file.backend.bytes_read, 3001);
    /* At the end of a growing file a read is short, and that is no error. */
    r = request_run(f, request_make(f, 1, IO_READ, 4000, 100));
    assert_int_equal(r->error, 0);
    assert_int_equal(r->transferred, 1);
}

static void test_none_ends_at_once(void **state)
{
    struct fixture *f = *state;
    struct io_request r = {.op = IO_NONE, .error = EIO, .transferred = 7};
    io_queue_start(f->queue, &r);
    io_queue_kick(f->queue);
    assert_ptr_equal(io_queue_next(f->queue), &r);
    assert_int_equal(r.error, 0);
    assert_int_equal(r.transferred, 0);
}

static void test_many_in_flight_each_ends_once(void **state)
{
    struct fixture *f = *state;
    unsigned under_way = 0, most = 0, started = 0, ended = 0, seed = 1;
    bool busy[DEPTH] = {false};
    fixture_file(f, FILE_BLOCKS * BLOCK);
    while (ended < 2000) {
        for (unsigned n = 0; n < DEPTH && started < 2000; n++) {
            if (busy[n] || rand_r(&seed) % 4 == 0)
                continue;
            enum io_op op = rand_r(&seed) % 3 == 0 ? IO_WRITE : IO_READ;
            uint64_t block = (unsigned)rand_r(&seed) % FILE_BLOCKS;
            io_queue_start(f->queue, request_make(f, n, op, block * BLOCK, BLOCK));
            busy[n] = true;
            started++;
            under_way++;
        }
        most = under_way > most ? under_way : most;
        io_queue_kick(f->queue);
        struct io_request *r = under_way > 0 ? request_await(f) : NULL;
        for (; r != NULL; r = io_queue_next(f->queue)) {
            unsigned n = (unsigned)(r - f->requests);
            assert_true(n < DEPTH && busy[n]);
            assert_int_equal(r->error, 0);
            assert_int_equal(r->transferred, BLOCK);
            check_pattern(&f->bytes[n * BLOCK], r->offset, BLOCK);
            busy[n] = false;
            under_way--;
            ended++;
        }
    }
    assert_int_equal(under_way, 0);
    assert_true(most > DEPTH / 2);
    assert_int_equal(f->file.backend.bytes_read + f->file.backend.bytes_written, 2000 * BLOCK);
    check_file(f->file.fd, 0, FILE_BLOCKS * BLOCK);
}

static void test_depth_is_reached_in_one_batch(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, FILE_BLOCKS * BLOCK);
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned n = 0; n < DEPTH; n++)
            io_queue_start(f->queue,
                           request_make(f, n, n % 8 == 7 ? IO_FLUSH : IO_READ, n * BLOCK, BLOCK));
        io_queue_kick(f->queue);
        uint64_t seen = 0;
        for (unsigned n = 0; n < DEPTH; n++) {
            struct io_request *r = request_await(f);
            assert_int_equal(r->error, 0);
            seen |= 1ull << (r - f->requests);
        }
        assert_true(seen == UINT64_MAX);
        assert_null(io_queue_next(f->queue));
    }
    assert_int_equal(f->file.backend.flushes, 5 * DEPTH / 8);
}

static void test_largest_depth(void **state)
{
    (void)state;
    struct io_queue *queue;
    assert_int_equal(io_queue_open(&queue, fixture_engine, 0, -1), -EINVAL);
    assert_int_equal(io_queue_open(&queue, fixture_engine, IO_QUEUE_DEPTH_MAX + 1, -1), -EINVAL);
    assert_int_equal(io_queue_open(&queue, fixture_engine, IO_QUEUE_DEPTH_MAX, -1), 0);
    struct file_backend file;
    file_backend_init(&file, open("/dev/zero", O_RDONLY | O_CLOEXEC), "zero", BLOCK, true);
    struct io_request *requests = calloc(IO_QUEUE_DEPTH_MAX, sizeof *requests);
    uint8_t bytes[16];
    for (unsigned n = 0; n < IO_QUEUE_DEPTH_MAX; n++) {
        requests[n] = (struct io_request){
            .backend = &file.backend, .op = IO_READ, .length = 16, .segment_count = 1};
        requests[n].segments[0] = (struct iovec){bytes, 16};
        io_queue_start(queue, &requests[n]);
    }
    io_queue_kick(queue);
    for (unsigned n = 0; n < IO_QUEUE_DEPTH_MAX; n++) {
        struct io_request *r;
        while ((r = io_queue_next(queue)) == NULL)
            io_queue_wait(queue);
        assert_int_equal(r->transferred, 16);
    }
    io_queue_close(queue);
    file_backend_close(&file);
    free(requests);
}

static void test_backend_that_is_no_file(void **state)
{
    struct fixture *f = *state;
    struct fake_backend fake;
    fake_backend_create(&fake, 1024, 1024);
    fake.most = 100;
    struct io_request *r = request_make(f, 0, IO_READ, 0, 1024);
    r->backend = &fake.backend;
    request_run(f, r);
    assert_int_equal(r->error, 0);
    assert_int_equal(r->transferred, 1024);
    assert_memory_equal(f->bytes, fake.bytes, 1024);
    fake_backend_destroy(&fake);
}

/* --- the doorbell --- */

static uint64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void ring(struct fixture *f, uint64_t count)
{
    assert_int_equal(write(f->doorbell, &count, sizeof count), sizeof count);
}

static void test_doorbell_that_rang_before(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 1; i < 5; i++) {
        ring(f, i);
        ring(f, 1);
        assert_int_equal(io_queue_wait(f->queue), i + 1);
        assert_null(io_queue_next(f->queue));
    }
}

static void *ring_later(void *argument)
{
    struct fixture *f = argument;
    const struct timespec while_it_sleeps = {.tv_nsec = 20000000};
    nanosleep(&while_it_sleeps, NULL);
    ring(f, 1);
    return NULL;
}

static void test_doorbell_wakes(void **state)
{
    struct fixture *f = *state;
    uint64_t cpu = nanoseconds(CLOCK_THREAD_CPUTIME_ID), time = nanoseconds(CLOCK_MONOTONIC);
    for (unsigned i = 0; i < 3; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, ring_later, f), 0);
        uint64_t rang = 0;
        while (rang == 0)
            rang = io_queue_wait(f->queue);
        assert_int_equal(rang, 1);
        pthread_join(thread, NULL);
    }
    /* It slept, and did not look again and again. */
    cpu = nanoseconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
    time = nanoseconds(CLOCK_MONOTONIC) - time;
    assert_true(cpu < time / 4);
}

static void test_wait_ends_with_a_request(void **state)
{
    struct fixture *f = *state;
    fixture_file(f, BLOCK);
    for (unsigned i = 0; i < 20; i++) {
        io_queue_start(f->queue, request_make(f, 0, IO_READ, 0, BLOCK));
        io_queue_kick(f->queue);
        assert_int_equal(io_queue_wait(f->queue), 0);
        assert_ptr_equal(io_queue_next(f->queue), &f->requests[0]);
    }
}

/* No ring is lost, and none is made up, beside requests that end all the time. */
static void test_doorbell_beside_requests(void **state)
{
    struct fixture *f = *state;
    uint64_t rang = 0;
    fixture_file(f, FILE_BLOCKS * BLOCK);
    for (unsigned i = 0; i < 200; i++) {
        io_queue_start(f->queue, request_make(f, 0, IO_READ, (i % FILE_BLOCKS) * BLOCK, BLOCK));
        ring(f, 1);
        io_queue_kick(f->queue);
        struct io_request *r;
        while ((r = io_queue_next(f->queue)) == NULL)
            rang += io_queue_wait(f->queue);
        assert_int_equal(r->transferred, BLOCK);
    }
    while (rang < 200)
        rang += io_queue_wait(f->queue);
    assert_int_equal(rang, 200);
}

/* --- which engine --- */

/* In a child whose kernel says no to io_uring_setup. */
static int without_io_uring(void)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof program / sizeof program[0], program};
    struct io_queue *queue;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        return 2;
    if (io_queue_open(&queue, IO_ENGINE_URING, 8, -1) != -EPERM)
        return 3;
    if (io_queue_open(&queue, IO_ENGINE_AUTO, 8, -1) != 0)
        return 4;
    return strcmp(io_queue_engine(queue), "sync") == 0 ? 0 : 5;
}

static void test_auto_does_without_io_uring(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(without_io_uring());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        queue_test(test_engine_is_the_one_asked_for),
        queue_test(test_write_and_read_back),
        queue_test(test_none_ends_at_once),
        queue_test(test_many_in_flight_each_ends_once),
        queue_test(test_depth_is_reached_in_one_batch),
        cmocka_unit_test(test_largest_depth),
        queue_test(test_backend_that_is_no_file),
        queue_test(test_doorbell_that_rang_before),
        queue_test(test_doorbell_wakes),
        queue_test(test_wait_ends_with_a_request),
        queue_test(test_doorbell_beside_requests),
    };
    const struct CMUnitTest engines[] = {cmocka_unit_test(test_auto_does_without_io_uring)};
    int failed = cmocka_run_group_tests_name("io_queue, engines", engines, NULL, NULL);
    return fixture_run("io_queue", tests) + failed;
}
