/* SPDX-License-Identifier: MIT */
/* Which requests go past the page cache, and files that have no such way. */
#include "test.h"

#include "backend/file.h"
#include "disks.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int temporary_file(void)
{
    char name[] = "/tmp/trapline-test-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    return fd;
}

static bool goes_direct(struct file_backend *file, enum io_op op, uint64_t offset, void *bytes,
                        uint64_t length)
{
    struct io_request request = {.backend = &file->backend,
                                 .op = op,
                                 .offset = offset,
                                 .length = length,
                                 .segment_count = 1};
    request.segments[0] = (struct iovec){.iov_base = bytes, .iov_len = length};
    io_request_begin(&request);
    const struct io_step *step = io_request_step(&request);
    assert_non_null(step);
    assert_int_equal(step->fd, step->direct ? file->direct_fd : file->fd);
    return step->direct;
}

static void test_what_goes_direct(void **state)
{
    (void)state;
    static uint8_t bytes[8192] __attribute__((aligned(4096)));
    struct file_backend file;
    file_backend_init(&file, temporary_file(), "t", 1 << 20, false);
    assert_false(goes_direct(&file, IO_WRITE, 0, bytes, 4096));
    if (file_backend_open_direct(&file) != 0) {
        print_message("the file system of /tmp has no O_DIRECT\n");
        skip();
    }
    assert_int_equal(fcntl(file.direct_fd, F_GETFL) & O_DIRECT, O_DIRECT);
    assert_int_equal(fcntl(file.fd, F_GETFL) & O_DIRECT, 0);
    file.memory_alignment = file.read_alignment = file.write_alignment = 512;
    assert_true(goes_direct(&file, IO_WRITE, 512, bytes, 512));
    assert_true(goes_direct(&file, IO_READ, 512, bytes + 512, 1024));
    assert_false(goes_direct(&file, IO_READ, 512, bytes + 1, 512));
    assert_false(goes_direct(&file, IO_READ, 100, bytes, 512));
    assert_false(goes_direct(&file, IO_WRITE, 512, bytes, 511));
    assert_false(goes_direct(&file, IO_FLUSH, 0, NULL, 0));
    assert_false(goes_direct(&file, IO_DISCARD, 0, NULL, 4096));
    file_backend_close(&file);
}

/* Two writes to one page, one of them past the page cache and one not, would get into each other's
 * way: where odd ends come, whole pages alone go direct. */
static void test_growing_file_is_written_direct_in_pages(void **state)
{
    (void)state;
    static uint8_t bytes[4096] __attribute__((aligned(4096)));
    struct file_backend file;
    file_backend_init(&file, temporary_file(), "t", 0, false);
    file.backend.grows = true;
    if (file_backend_open_direct(&file) != 0)
        skip();
    assert_true(goes_direct(&file, IO_WRITE, 4096, bytes, 4096));
    assert_false(goes_direct(&file, IO_WRITE, 512, bytes, 512));
    assert_true(goes_direct(&file, IO_READ, 8192, bytes, 4096));
    file_backend_close(&file);
}

static void test_direct_is_refused_where_there_is_none(void **state)
{
    (void)state;
    struct disks disks;
    struct machine_options options = {
        .chunk = true, .chunk_in = "/proc/version", .chunk_direct = true};
    assert_int_equal(disks_open(&disks, &options), EXIT_STATUS_USAGE);
    disks_close(&disks);
    options.chunk_direct = false;
    assert_int_equal(disks_open(&disks, &options), 0);
    disks_close(&disks);
}

static void test_direct_disks_are_opened_and_closed(void **state)
{
    (void)state;
    char name[] = "/tmp/trapline-test-XXXXXX";
    int fd = mkstemp(name);
    assert_int_equal(ftruncate(fd, 8192), 0);
    struct file_backend probe;
    file_backend_init(&probe, fd, "t", 8192, true);
    bool can = file_backend_open_direct(&probe) == 0;
    file_backend_close(&probe);
    if (can) {
        struct disks disks;
        struct machine_options options = {.virtio_blk = {{.path = name, .direct = true}},
                                          .virtio_blk_count = 1};
        assert_int_equal(disks_open(&disks, &options), 0);
        assert_true(disks.virtio_blk[0].direct_fd >= 0);
        int direct_fd = disks.virtio_blk[0].direct_fd;
        disks_close(&disks);
        assert_int_equal(fcntl(direct_fd, F_GETFD), -1);
    }
    unlink(name);
    if (!can)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_goes_direct),
        cmocka_unit_test(test_growing_file_is_written_direct_in_pages),
        cmocka_unit_test(test_direct_is_refused_where_there_is_none),
        cmocka_unit_test(test_direct_disks_are_opened_and_closed),
    };
    return cmocka_run_group_tests_name("backend, O_DIRECT", tests, NULL, NULL);
}
