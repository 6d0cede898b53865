/* SPDX-License-Identifier: MIT */
/* drivers/block.c, drivers/errors.c and drivers/poll.h: what every driver stands on. */
#include "test.h"

#include <string.h>

#include "drivers/block.h"
#include "drivers/errors.h"
#include "drivers/poll.h"
#include "fake_io.h"
#include "fake_platform.h"

#define DISK_BYTES 4096
#define TIMEOUT_NS (POLL_TIMEOUT_MS * 1000000ull)

/* A disk in an array that remembers its requests and can fail one of them. */
static struct {
    struct block_dev block;
    uint8_t data[DISK_BYTES];
    unsigned requests, fail_at;
    uint32_t longest;
} disk;

static int note_request(uint64_t offset, uint32_t length)
{
    assert_true(length > 0 && length <= disk.block.max_transfer);
    assert_int_equal(offset % disk.block.block_size, 0);
    assert_true(offset + length <= DISK_BYTES);
    if (length > disk.longest)
        disk.longest = length;
    return ++disk.requests == disk.fail_at ? ERR_IO : ERR_OK;
}

static int disk_read(struct block_dev *dev, uint64_t offset, void *buffer, uint32_t length)
{
    assert_ptr_equal(dev, &disk.block);
    int error = note_request(offset, length);
    if (!error)
        memcpy(buffer, disk.data + offset, length);
    return error;
}

static int disk_write(struct block_dev *dev, uint64_t offset, const void *buffer, uint32_t length)
{
    assert_ptr_equal(dev, &disk.block);
    int error = note_request(offset, length);
    if (!error)
        memcpy(disk.data + offset, buffer, length);
    return error;
}

static int disk_flush(struct block_dev *dev)
{
    assert_ptr_equal(dev, &disk.block);
    return ++disk.requests == disk.fail_at ? ERR_IO : ERR_OK;
}

static const struct block_ops disk_ops = {
    .read = disk_read, .write = disk_write, .flush = disk_flush};

static int setup(void **state)
{
    (void)state;
    memset(&disk, 0, sizeof(disk));
    for (unsigned i = 0; i < DISK_BYTES; i++)
        disk.data[i] = (uint8_t)(i * 7 + i / 256);
    disk.block = (struct block_dev){.name = "disk",
                                    .ops = &disk_ops,
                                    .size = DISK_BYTES,
                                    .write_end = DISK_BYTES,
                                    .block_size = 512,
                                    .max_transfer = 1024};
    fake_io_set(NULL);
    fake_platform_reset();
    return 0;
}

static void long_requests_are_split(void **state)
{
    (void)state;
    uint8_t buffer[DISK_BYTES], pattern[2560];
    assert_int_equal(block_read(&disk.block, 0, buffer, DISK_BYTES), ERR_OK);
    assert_memory_equal(buffer, disk.data, DISK_BYTES);
    assert_int_equal(disk.requests, 4);
    memset(pattern, 0x5a, sizeof(pattern));
    assert_int_equal(block_write(&disk.block, 512, pattern, sizeof(pattern)), ERR_OK);
    assert_memory_equal(disk.data + 512, pattern, sizeof(pattern));
    assert_int_equal(disk.data[511], buffer[511]);
    assert_int_equal(disk.data[512 + 2560], buffer[512 + 2560]);
    assert_int_equal(disk.requests, 4 + 3);
    assert_int_equal(disk.longest, 1024);
}

static void ranges_are_checked_before_anything_moves(void **state)
{
    (void)state;
    uint8_t buffer[1024];
    const struct {
        uint64_t offset, length;
    } bad[] = {
        {1, 512},
        {0, 511},
        {DISK_BYTES, 512},
        {DISK_BYTES - 512, 1024},
        {DISK_BYTES + 512, 0},
        {512, UINT64_MAX - 511},
        {UINT64_MAX - 511, 512},
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(block_read(&disk.block, bad[i].offset, buffer, bad[i].length), ERR_RANGE);
        assert_int_equal(block_write(&disk.block, bad[i].offset, buffer, bad[i].length), ERR_RANGE);
    }
    assert_int_equal(block_read(&disk.block, DISK_BYTES, buffer, 0), ERR_OK);
    assert_int_equal(disk.requests, 0);
}

static void writes_have_an_end_of_their_own(void **state)
{
    (void)state;
    uint8_t buffer[512] = {0};
    disk.block.size = 512;
    assert_int_equal(block_read(&disk.block, 512, buffer, 512), ERR_RANGE);
    assert_int_equal(block_write(&disk.block, 512, buffer, 512), ERR_OK);
    disk.block.read_only = true;
    assert_int_equal(block_write(&disk.block, 512, buffer, 512), ERR_READ_ONLY);
    assert_int_equal(disk.requests, 1);
}

static void the_first_error_ends_a_request(void **state)
{
    (void)state;
    uint8_t buffer[DISK_BYTES];
    disk.fail_at = 2;
    assert_int_equal(block_read(&disk.block, 0, buffer, DISK_BYTES), ERR_IO);
    assert_int_equal(disk.requests, 2);
    disk.fail_at = 3;
    assert_int_equal(block_write(&disk.block, 0, disk.data, DISK_BYTES), ERR_IO);
    assert_int_equal(disk.requests, 3);
    disk.fail_at = 4;
    assert_int_equal(block_flush(&disk.block), ERR_IO);
    assert_int_equal(block_flush(&disk.block), ERR_OK);
}

static void every_error_has_a_word(void **state)
{
    (void)state;
    for (int error = ERR_NO_MEMORY; error <= ERR_OK; error++) {
        assert_string_not_equal(error_text(error), "unknown error");
        for (int other = error + 1; other <= ERR_OK; other++)
            assert_string_not_equal(error_text(error), error_text(other));
    }
    assert_string_equal(error_text(ERR_NO_MEMORY - 1), "unknown error");
    assert_string_equal(error_text(1), "unknown error");
}

static void what_is_ready_at_once_costs_no_clock(void **state)
{
    (void)state;
    unsigned looks = 0;
    assert_true(poll_until(++looks >= 1, POLL_TIMEOUT_MS));
    assert_int_equal(looks, 1);
    assert_true(poll_until(++looks >= POLL_SPINS, POLL_TIMEOUT_MS));
    assert_int_equal(fake_platform_time, 0);
}

static void a_wait_that_fails_ends_at_its_timeout(void **state)
{
    (void)state;
    assert_false(poll_until(false, POLL_TIMEOUT_MS));
    assert_in_range(fake_platform_time, TIMEOUT_NS, TIMEOUT_NS + 3 * FAKE_PLATFORM_STEP_NS);
}

/* A pause of the whole machine, longer than the timeout: the condition is looked at once more. */
static void the_condition_is_looked_at_after_the_time_is_up(void **state)
{
    (void)state;
    unsigned looks = 0;
    assert_true(poll_until(++looks > POLL_SPINS + 2, FAKE_PLATFORM_STEP_NS / 1000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(long_requests_are_split, setup),
        cmocka_unit_test_setup(ranges_are_checked_before_anything_moves, setup),
        cmocka_unit_test_setup(writes_have_an_end_of_their_own, setup),
        cmocka_unit_test_setup(the_first_error_ends_a_request, setup),
        cmocka_unit_test_setup(every_error_has_a_word, setup),
        cmocka_unit_test_setup(what_is_ready_at_once_costs_no_clock, setup),
        cmocka_unit_test_setup(a_wait_that_fails_ends_at_its_timeout, setup),
        cmocka_unit_test_setup(the_condition_is_looked_at_after_the_time_is_up, setup),
    };
    return cmocka_run_group_tests_name("drivers/block", tests, NULL, NULL);
}
