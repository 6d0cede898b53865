/* SPDX-License-Identifier: MIT */
/* host-vmm/bench/lines.c: from samples and counts to a line; the settings' names. */
#include "test.h"

#include "host-vmm/bench/child.h"
#include "host-vmm/bench/code_lines.h"
#include "host-vmm/bench/deadline.h"
#include "host-vmm/bench/output.h"
#include "host-vmm/bench/settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KHZ 2e6 /* two cycles a nanosecond */

static struct line line;

#define expect_near(value, wanted, error) assert_true(fabs((value) - (wanted)) <= (error))

static int start(void **state)
{
    (void)state;
    line = (struct line){.group = "test"};
    return 0;
}

static void latency_is_what_is_above_the_baseline(void **state)
{
    uint64_t samples[100];
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        samples[i] = 1100 - i; /* 1001 to 1100, the wrong way round */
    line_take_samples(&line, samples, 100, 1000, KHZ);
    assert_true(line.has_latency);
    expect_near(line.cycles_min, 1, 1e-9);
    expect_near(line.cycles_median, 51, 1e-9);
    expect_near(line.cycles_p99, 100, 1e-9);
    expect_near(line.ns_median, 25.5, 1e-9);
    /* 50.5 cycles each on average */
    expect_near(line.ops_per_s, 1e9 / 25.25, 1);
}

static void less_than_the_baseline_is_nothing(void **state)
{
    uint64_t samples[] = {10, 20, 30};
    (void)state;
    line_take_samples(&line, samples, 3, 1000, KHZ);
    expect_near(line.cycles_p99, 0, 0);
    expect_near(line.ops_per_s, 0, 0);
}

static void no_samples_are_no_latency(void **state)
{
    (void)state;
    line_take_samples(&line, NULL, 0, 0, KHZ);
    assert_false(line.has_latency);
}

static void exits_are_told_by_operation_and_mebibyte(void **state)
{
    uint64_t samples[] = {2000, 2000, 2000, 2000};
    const struct testdev_result result = {
        .sample_count = 4, .operations = 4, .size = 1 << 20, .depth = 1, .direction = TESTDEV_READ};
    const struct testdev_measurement m = {
        .result = &result, .samples = samples, .exits = 8, .has_all_exits = true, .all_exits = 20};
    (void)state;
    line_take(&line, &m, 0, KHZ);
    expect_near(line.exits_per_op, 2, 1e-9);
    expect_near(line.kernel_exits_per_op, 3, 1e-9);
    const struct line_cell *cell = &line.cells[READ][SIZES - 1][ONE];
    assert_true(cell->measured);
    expect_near(cell->exits_per_mib, 2, 1e-9);
    expect_near(cell->mib_per_s, 1e6, 1e-3); /* a MiB in 1000 ns */
    assert_ptr_equal(line_bulk_cell(&line), cell);
}

static void without_kvms_counts_there_are_none(void **state)
{
    uint64_t sample = 100;
    const struct testdev_result result = {.sample_count = 1, .operations = 1};
    const struct testdev_measurement m = {.result = &result, .samples = &sample, .exits = 1};
    (void)state;
    line_take(&line, &m, 0, KHZ);
    assert_true(line.has_exits);
    assert_false(line.has_kernel_exits);
    assert_null(line_bulk_cell(&line));
}

/* 4 KiB, reading, one at a time; other sizes only where that one is missing. */
static void a_data_lines_latency_is_of_one_size(void **state)
{
    static const struct {
        uint32_t size, direction, depth;
        uint64_t sample;
    } given[] = {{512, TESTDEV_READ, 1, 10},
                 {4096, TESTDEV_READ, 1, 20},
                 {65536, TESTDEV_READ, 1, 30},
                 {4096, TESTDEV_READ, 32, 40},
                 {4096, TESTDEV_WRITE, 1, 50}};
    (void)state;
    for (unsigned i = 0; i < sizeof given / sizeof given[0]; i++) {
        uint64_t sample = given[i].sample;
        const struct testdev_result result = {.sample_count = 1,
                                              .operations = 1,
                                              .size = given[i].size,
                                              .direction = given[i].direction,
                                              .depth = given[i].depth};
        const struct testdev_measurement m = {.result = &result, .samples = &sample};
        line_take(&line, &m, 0, KHZ);
    }
    expect_near(line.cycles_median, 20, 1e-9);
    assert_true(line.cells[READ][LATENCY_SIZE][MANY].measured);
    assert_true(line.cells[WRITE][LATENCY_SIZE][ONE].measured);
}

static void clocks_that_disagree_are_said(void **state)
{
    const struct testdev_result result = {.error = TESTDEV_ERROR_CLOCKS};
    const struct testdev_measurement m = {.result = &result};
    (void)state;
    line_take(&line, &m, 0, KHZ);
    assert_int_equal(line.state, LINE_NOT_HERE);
    assert_non_null(strstr(line.note, "TSC"));
}

static void interrupts_and_samples_are_told(void **state)
{
    uint64_t samples[] = {10, 20};
    const struct testdev_result result = {
        .sample_count = 2, .operations = 2, .size = 4096, .depth = 1, .direction = TESTDEV_READ};
    const struct testdev_measurement m = {.result = &result, .samples = samples, .interrupts = 1};
    (void)state;
    line_take(&line, &m, 0, KHZ);
    expect_near(line.interrupts_per_op, 0.5, 1e-9);
    expect_near(line.cells[READ][LATENCY_SIZE][ONE].interrupts_per_op, 0.5, 1e-9);
    assert_int_equal(line.samples, 2);
}

static void what_takes_too_long_is_missing(void **state)
{
    const struct testdev_result result = {
        .error = TESTDEV_ERROR_TIME, .size = 1 << 20, .depth = 1, .direction = TESTDEV_WRITE};
    const struct testdev_measurement m = {.result = &result};
    (void)state;
    line_take(&line, &m, 0, KHZ);
    assert_int_equal(line.state, LINE_NOT_RUN);
    assert_true(line.cells[WRITE][SIZES - 1][ONE].missing);
    assert_string_equal(line.cut, OUT_OF_TIME);
}

static void what_was_measured_stays_when_the_rest_is_cut(void **state)
{
    (void)state;
    line.state = LINE_MEASURED;
    line.cells[READ][0][ONE].measured = true;
    line_cut(&line, INTERRUPTED, 1);
    assert_int_equal(line.state, LINE_MEASURED);
    assert_false(line.cells[READ][0][ONE].missing);
    assert_true(line.cells[READ][1][ONE].missing && line.cells[WRITE][0][ONE].missing);
    assert_false(line.cells[READ][1][MANY].missing);
    assert_string_equal(line.cut, INTERRUPTED);
}

static void a_line_of_which_there_is_nothing_is_not_measured(void **state)
{
    (void)state;
    line_cut(&line, OUT_OF_TIME, 0);
    assert_int_equal(line.state, LINE_NOT_MEASURED);
    assert_string_equal(line.note, OUT_OF_TIME);
    line_say(&line, LINE_FAILED, "as it was");
    line_cut(&line, OUT_OF_TIME, 0);
    assert_int_equal(line.state, LINE_FAILED);
}

static void a_share_is_never_beyond_the_end(void **state)
{
    (void)state;
    expect_near(deadline_share(0, 30, 1), 30, 1e-9);
    expect_near(deadline_share(0, 60, 18), 10, 1e-9);
    expect_near(deadline_share(0, 30, 18), 6, 1e-9);
    expect_near(deadline_share(31, 30, 18), 30, 1e-9);
    for (unsigned left = 1; left < 100; left++)
        assert_true(deadline_share(29, 30, left) <= 30);
}

static int sleep_long(void *context)
{
    (void)context;
    sleep(60);
    return 0;
}

static int end_with_three(void *context)
{
    (void)context;
    return 3;
}

static void a_child_is_ended_at_its_deadline(void **state)
{
    char message[64];
    int status = 0;
    (void)state;
    double begin = deadline_now();
    assert_int_equal(child_run(sleep_long, NULL, begin + 0.1, &status, message, sizeof message), 0);
    assert_int_equal(status, CHILD_LATE);
    assert_true(deadline_now() - begin < 10);
    assert_int_equal(
        child_run(end_with_three, NULL, deadline_now() + 30, &status, message, sizeof message), 0);
    assert_int_equal(status, 3);
}

static void names_are_different_and_found(void **state)
{
    struct lines *lines = calloc(1, sizeof *lines);
    (void)state;
    assert_non_null(lines);
    settings_list_lines(lines);
    assert_true(lines->count > 50 && lines->count < LINES_MAX);
    for (unsigned i = 0; i < lines->count; i++) {
        assert_ptr_equal(lines_find(lines, lines->line[i].name), &lines->line[i]);
        assert_true(strlen(lines->line[i].name) < TESTDEV_NAME_BYTES);
        if (lines->line[i].code != NULL)
            assert_non_null(code_lines_find(lines->line[i].code));
    }
    while (lines_add(lines, "more", "test", NULL) != NULL)
        continue;
    assert_int_equal(lines->count, LINES_MAX);
    free(lines);
}

static void code_is_counted(void **state)
{
    (void)state;
    assert_true(code_lines_find("chunk")->driver > 100);
    assert_true(code_lines_find("virtio-blk")->model > code_lines_find("chunk")->model);
    assert_null(code_lines_find(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(latency_is_what_is_above_the_baseline, start),
        cmocka_unit_test_setup(less_than_the_baseline_is_nothing, start),
        cmocka_unit_test_setup(no_samples_are_no_latency, start),
        cmocka_unit_test_setup(exits_are_told_by_operation_and_mebibyte, start),
        cmocka_unit_test_setup(without_kvms_counts_there_are_none, start),
        cmocka_unit_test_setup(a_data_lines_latency_is_of_one_size, start),
        cmocka_unit_test_setup(clocks_that_disagree_are_said, start),
        cmocka_unit_test_setup(interrupts_and_samples_are_told, start),
        cmocka_unit_test_setup(what_takes_too_long_is_missing, start),
        cmocka_unit_test_setup(what_was_measured_stays_when_the_rest_is_cut, start),
        cmocka_unit_test_setup(a_line_of_which_there_is_nothing_is_not_measured, start),
        cmocka_unit_test_setup(a_share_is_never_beyond_the_end, start),
        cmocka_unit_test_setup(a_child_is_ended_at_its_deadline, start),
        cmocka_unit_test_setup(names_are_different_and_found, start),
        cmocka_unit_test_setup(code_is_counted, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
