/* SPDX-License-Identifier: MIT */
/* An io_queue with a doorbell, a file of a known pattern, and requests: for tests that hold for every
 * engine. */
#ifndef TESTS_UNIT_IO_QUEUE_FIXTURE_H
#define TESTS_UNIT_IO_QUEUE_FIXTURE_H

#include "test.h"

#include "backend/file.h"
#include "backend/io_queue.h"

#define DEPTH 64
#define BLOCK 4096
#define FILE_BLOCKS 256

struct fixture {
    struct io_queue *queue;
    int doorbell;
    struct file_backend file;
    struct io_request requests[DEPTH];
    uint8_t *bytes; /* BLOCK for each request */
};

/* What the tests' queues are opened with; fixture_run() sets it. */
extern enum io_engine fixture_engine;

int fixture_setup(void **state);
int fixture_teardown(void **state);
#define queue_test(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

/* Runs the tests once for each engine that there is here. The number of those that failed. */
bool fixture_use(enum io_engine engine);
#define fixture_run(name, tests)                                                                   \
    ((fixture_use(IO_ENGINE_SYNC) ? cmocka_run_group_tests_name(name ", sync", tests, NULL, NULL)  \
                                  : 1) +                                                           \
     (fixture_use(IO_ENGINE_URING)                                                                 \
          ? cmocka_run_group_tests_name(name ", io_uring", tests, NULL, NULL)                      \
          : 0))

/* The file: length bytes of the pattern, or a device, or the same file where ZERO_RANGE is refused. */
void fixture_file(struct fixture *f, uint64_t length);
void fixture_device(struct fixture *f, const char *path);
void fixture_file_in_memory(struct fixture *f);

/* An empty file without a name. */
int temporary_file(void);

void fill_pattern(uint8_t *bytes, uint64_t offset, uint64_t length);
void check_pattern(const uint8_t *bytes, uint64_t offset, uint64_t length);

/* The length bytes of fd at offset are zeros, or the pattern. */
void check_zeros(int fd, uint64_t offset, uint64_t length);
void check_file(int fd, uint64_t offset, uint64_t length);

/* Makes request n, in three segments of its block: filled with the pattern to be written, with 0xee to
 * be read. */
struct io_request *request_make(struct fixture *f, unsigned n, enum io_op op, uint64_t offset,
                                uint64_t length);

/* The next request that ends; the test is hung where there never is one, and its limit says so. */
struct io_request *request_await(struct fixture *f);

/* Starts r alone and waits for it. */
struct io_request *request_run(struct fixture *f, struct io_request *r);

#endif
