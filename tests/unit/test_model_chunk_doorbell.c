/* SPDX-License-Identifier: MIT */
/* The chunk model's doorbell, reset and message, with the command held in the middle or in a thread. */
#include "test.h"

#include "chunk_fixture.h"

#include <string.h>

/* --- doorbells and reset, with the command held in the middle --------------------------------- */

/* Adverse case 25: the same tag again, and doorbell storms. */
static void case_25_repeated_tags(void **state)
{
    struct chunk_fixture *f = *state;

    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    for (unsigned i = 0; i < 1000; i++)
        ring_doorbell(f);
    assert_int_equal(f->input.reads, 1);
    assert_int_equal(f->chunk.ignored_doorbells, 1000);
    expect_complete(f, 16);

    write_register(f, CHUNK_REG_TAG, 4, 0); /* 0 is no tag: each one is a command */
    ring_doorbell(f);
    ring_doorbell(f);
    assert_int_equal(f->input.reads, 3);
    assert_int_equal(f->chunk.ignored_doorbells, 1000);
    assert_int_equal(read_register(f, CHUNK_REG_DONE_TAG, 4), 0);
}

/* Adverse case 25: a doorbell before done_tag, and parameters rewritten after the doorbell. */
static void case_25_one_command_at_a_time(void **state)
{
    struct chunk_fixture *f = *state;
    struct io_request *request;

    chunk_fixture_hold(f);
    set_parameters(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    write_register(f, CHUNK_REG_TAG, 4, 7);
    ring_doorbell(f);
    assert_int_equal(chunk_status(f), CHUNK_STATUS_BUSY);
    request = chunk_submit(&f->chunk);
    assert_non_null(request);

    set_parameters(f, CHUNK_CMD_WRITE_CHUNK, RAM_END, 32, 8);
    write_register(f, CHUNK_REG_TAG, 4, 8);
    ring_doorbell(f);
    assert_int_equal(f->chunk.ignored_doorbells, 1);
    assert_null(chunk_submit(&f->chunk));

    backend_run(request);
    assert_int_equal(read_register(f, CHUNK_REG_DONE_TAG, 4), 0);
    chunk_complete(&f->chunk, request);
    expect_complete(f, 16);
    assert_int_equal(read_register(f, CHUNK_REG_DONE_TAG, 4), 7);
    assert_int_equal(*chunk_ram(f, BUFFER, 1), fake_backend_byte(0));
    assert_int_equal(f->output.writes, 0);
    assert_null(chunk_submit(&f->chunk)); /* the ignored one is not kept for later */
    ring_doorbell(f);
    assert_non_null(chunk_submit(&f->chunk));
}

static void reset_clears_the_registers(void **state)
{
    struct chunk_fixture *f = *state;

    issue(f, CHUNK_CMD_READ_CHUNK, UINT64_MAX, 16, 5);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    expect_reset_state(f);
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0); /* tag 1 again: done_tag is 0 */
    expect_complete(f, 16);
}

static void reset_before_the_command_is_taken(void **state)
{
    struct chunk_fixture *f = *state;

    chunk_fixture_hold(f);
    set_parameters(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    ring_doorbell(f);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    expect_reset_state(f);
    assert_null(chunk_submit(&f->chunk));
}

/* BUSY until the worker has let go of guest memory, then IDLE and zeros. */
static void reset_while_in_flight(void **state)
{
    struct chunk_fixture *f = *state;
    struct io_request *request;

    chunk_fixture_hold(f);
    set_parameters(f, CHUNK_CMD_GET_SIZE, BUFFER, 16, 0);
    write_register(f, CHUNK_REG_TAG, 4, 7);
    ring_doorbell(f);
    request = chunk_submit(&f->chunk);
    assert_non_null(request);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    assert_int_equal(chunk_status(f), CHUNK_STATUS_BUSY);
    write_register(f, CHUNK_REG_TAG, 4, 9);
    ring_doorbell(f);
    assert_null(chunk_submit(&f->chunk));
    assert_int_equal(f->chunk.ignored_doorbells, 1);

    backend_run(request);
    chunk_complete(&f->chunk, request);
    expect_reset_state(f);
    assert_true(ram_is_untouched(f)); /* GET_SIZE would have stored here */
    assert_null(chunk_submit(&f->chunk));

    f->chunk.rung = chunk_run_inline;
    issue(f, CHUNK_CMD_GET_SIZE, BUFFER, 16, 0);
    expect_complete(f, 8);
}

/* --- doorbells that a thread takes -------------------------------------------------------------- */

/* What the host's thread does when the doorbell has woken it: everything that there is to do. */
static void thread_wakes(struct chunk_fixture *f)
{
    chunk_run_inline(&f->chunk);
}

static void a_deferred_doorbell_waits_for_the_thread(void **state)
{
    struct chunk_fixture *f = *state;

    chunk_fixture_defer(f);
    set_parameters(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    write_register(f, CHUNK_REG_TAG, 4, 7);
    ring_doorbell(f);
    assert_int_equal(f->rings, 1);
    assert_int_equal(read_register(f, CHUNK_REG_DONE_TAG, 4), 0);
    thread_wakes(f);
    assert_int_equal(read_register(f, CHUNK_REG_DONE_TAG, 4), 7);
    expect_complete(f, 16);
    /* The same doorbell once more: the thread may find it after the command is done. */
    thread_wakes(f);
    assert_int_equal(f->input.reads, 1);
    assert_int_equal(f->chunk.ignored_doorbells, 1);
}

/* A thread that looks for work without a doorbell must not find a command that is being written. */
static void only_a_doorbell_starts_a_command(void **state)
{
    struct chunk_fixture *f = *state;

    chunk_fixture_defer(f);
    write_register(f, CHUNK_REG_TAG, 4, 7);
    assert_null(chunk_submit(&f->chunk));
    set_parameters(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    assert_null(chunk_submit(&f->chunk));
    thread_wakes(f);
    expect_complete(f, 16);
}

/* Adverse cases 13 and 25: a doorbell from before the reset, that the thread has not taken or has just
 * taken, starts nothing out of the registers that are filled in after it. */
static void case_25_a_doorbell_from_before_a_reset(void **state)
{
    struct chunk_fixture *f = *state;

    chunk_fixture_defer(f);
    set_parameters(f, CHUNK_CMD_WRITE_CHUNK, BUFFER, 16, 0);
    ring_doorbell(f);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    assert_int_equal(chunk_status(f), CHUNK_STATUS_BUSY);
    assert_int_equal(f->rings, 2); /* the guest's, and the device's own */

    thread_wakes(f); /* for what was taken before the reset, or after it */
    assert_int_equal(chunk_status(f), CHUNK_STATUS_BUSY);
    assert_int_equal(f->rings, 3);
    thread_wakes(f); /* certainly after it */
    assert_int_equal(chunk_status(f), CHUNK_STATUS_IDLE);
    assert_int_equal(f->rings, 3); /* nothing is on its way any more */
    expect_reset_state(f);
    assert_int_equal(f->output.writes, 0);

    set_parameters(f, CHUNK_CMD_WRITE_CHUNK, BUFFER, 16, 0);
    thread_wakes(f);
    expect_complete(f, 16);
}

static void case_13_reset_with_a_request_in_a_thread(void **state)
{
    struct chunk_fixture *f = *state;
    struct io_request *request;

    chunk_fixture_defer(f);
    set_parameters(f, CHUNK_CMD_GET_SIZE, BUFFER, 16, 0);
    chunk_model_doorbell(&f->chunk);
    request = chunk_submit(&f->chunk);
    assert_non_null(request);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    chunk_model_doorbell(&f->chunk);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET); /* from the start */
    chunk_model_doorbell(&f->chunk);
    chunk_model_doorbell(&f->chunk);
    assert_int_equal(chunk_status(f), CHUNK_STATUS_BUSY);
    backend_run(request);
    chunk_complete(&f->chunk, request);
    expect_reset_state(f);
    assert_true(ram_is_untouched(f));
}

/* --- messages ----------------------------------------------------------------------------------- */

static void one_message_after_each_done_tag(void **state)
{
    struct chunk_fixture *f = *state;

    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    assert_int_equal(f->messages, 0); /* not asked for */
    chunk_fixture_messages(f);
    assert_int_equal(read_register(f, CHUNK_REG_CONTROL, 4), CHUNK_CONTROL_MSI);
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    assert_int_equal(f->messages, 1);
    issue(f, CHUNK_CMD_READ_CHUNK, UINT64_MAX, 16, 0);
    expect_error(f, CHUNK_ERROR_BAD_ADDRESS, 0);
    assert_int_equal(f->messages, 2); /* an error is an end, too */
    ring_doorbell(f);
    assert_int_equal(f->messages, 2); /* ignored: no done_tag was stored */
    write_register(f, CHUNK_REG_CONTROL, 4, 0);
    issue(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    assert_int_equal(f->messages, 2);
}

static void no_message_for_what_a_reset_dropped(void **state)
{
    struct chunk_fixture *f = *state;
    struct io_request *request;

    chunk_fixture_messages(f);
    chunk_fixture_hold(f);
    set_parameters(f, CHUNK_CMD_READ_CHUNK, BUFFER, 16, 0);
    ring_doorbell(f);
    request = chunk_submit(&f->chunk);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_RESET);
    chunk_fixture_messages(f);
    backend_run(request);
    chunk_complete(&f->chunk, request);
    assert_int_equal(f->messages, 0);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, chunk_fixture_start, chunk_fixture_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(case_25_repeated_tags),
        TEST(case_25_one_command_at_a_time),
        TEST(reset_clears_the_registers),
        TEST(reset_before_the_command_is_taken),
        TEST(reset_while_in_flight),
        TEST(a_deferred_doorbell_waits_for_the_thread),
        TEST(only_a_doorbell_starts_a_command),
        TEST(case_25_a_doorbell_from_before_a_reset),
        TEST(case_13_reset_with_a_request_in_a_thread),
        TEST(one_message_after_each_done_tag),
        TEST(no_message_for_what_a_reset_dropped),
    };

    return cmocka_run_group_tests_name("chunk device model: doorbell", tests, NULL, NULL);
}
