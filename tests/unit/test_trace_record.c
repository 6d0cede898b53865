/* SPDX-License-Identifier: MIT */
/* Recording and reading back: the order, the pieces, the threads, and what cannot be kept. */
#include "test.h"

#include "trace/trace.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static struct trace *make(void)
{
    struct trace *trace;
    assert_int_equal(trace_create(&trace, "/tmp"), 0);
    return trace;
}

static void add(struct trace *trace, uint64_t time, uint64_t value)
{
    const struct trace_record record = {.kind = TRACE_INTERRUPT, .time = time, .value = value};
    trace_add(trace, &record);
}

static struct trace_record exit_at(uint64_t time, uint64_t value)
{
    return (struct trace_record){.kind = TRACE_EXIT, .time = time, .value = value, .count = 1};
}

/* All values in order, into values; how many. */
static unsigned read_values(struct trace *trace, uint64_t *values, unsigned room)
{
    struct trace_reader *reader;
    struct trace_record record;
    unsigned count = 0;
    assert_int_equal(trace_read(trace, &reader), 0);
    while (trace_next(reader, &record)) {
        if (count < room)
            values[count] = record.value;
        count++;
    }
    trace_read_end(reader);
    return count;
}

static void off_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(trace_name(NULL, "chunk"), 0);
    assert_null(trace_add_thread(NULL, "vcpu"));
    assert_int_equal(trace_now(NULL), 0);
    add(NULL, 1, 1);
    trace_exit_begin(NULL);
    trace_exit_end(NULL, NULL);
    trace_interrupt(&(struct trace_source){0}, false, 1);
    assert_false(trace_in_exit(NULL));
}

static void names_are_numbers(void **state)
{
    (void)state;
    struct trace *trace = make();
    unsigned chunk = trace_name(trace, "chunk");
    assert_int_not_equal(chunk, 0);
    assert_int_equal(trace_name(trace, "chunk"), chunk);
    assert_string_equal(trace_name_of(trace, chunk), "chunk");
    assert_string_equal(trace_name_of(trace, 0), "");
    assert_string_equal(trace_name_of(trace, 9999), "");
    static char many[2 * TRACE_MAX_NAMES][8];
    for (unsigned i = 0; i < 2 * TRACE_MAX_NAMES; i++) {
        snprintf(many[i], sizeof many[i], "n%u", i);
        (void)trace_name(trace, many[i]);
    }
    assert_int_equal(trace_name(trace, "one more"), 0);
    trace_destroy(trace);
}

static void a_thread_without_a_stream_is_not_recorded(void **state)
{
    (void)state;
    struct trace *trace = make();
    uint64_t values[1];
    add(trace, 1, 1);
    assert_int_equal(read_values(trace, values, 1), 0);
    trace_destroy(trace);
}

/* What came inside an exit was appended before it, and comes after it. */
static void an_exit_comes_before_what_is_inside(void **state)
{
    (void)state;
    struct trace *trace = make();
    trace_bind(trace_add_thread(trace, "vcpu"));
    add(trace, 10, 1);
    trace_exit_begin(trace);
    assert_true(trace_in_exit(trace));
    add(trace, 25, 3);
    add(trace, 26, 4);
    struct trace_record exit = exit_at(20, 2);
    trace_exit_end(trace, &exit);
    assert_false(trace_in_exit(trace));
    add(trace, 40, 5);
    trace_exit_begin(trace);
    add(trace, 50, 6); /* never comes back from that exit */
    uint64_t values[8];
    assert_int_equal(read_values(trace, values, 8), 6);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(values[i], i + 1);
    trace_destroy(trace);
}

/* --- threads and pieces ---------------------------------------------------------------------------- */

#define MANY 5000u /* some pieces */

struct writer {
    struct trace *trace;
    struct trace_thread *stream;
    unsigned first;
};

static void *write_many(void *argument)
{
    struct writer *w = argument;
    trace_bind(w->stream);
    for (unsigned i = 0; i < MANY; i++)
        add(w->trace, 2ull * i + w->first, 2ull * i + w->first);
    return NULL;
}

static void threads_are_merged_by_time(void **state)
{
    (void)state;
    struct trace *trace = make();
    struct writer writers[2];
    pthread_t threads[2];
    for (unsigned i = 0; i < 2; i++)
        writers[i] = (struct writer){trace, trace_add_thread(trace, i ? "b" : "a"), i};
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    static uint64_t values[2 * MANY];
    for (unsigned round = 0; round < 2; round++) { /* it can be read again */
        assert_int_equal(read_values(trace, values, 2 * MANY), 2 * MANY);
        for (unsigned i = 0; i < 2 * MANY; i++)
            assert_int_equal(values[i], i);
    }
    assert_int_equal(trace_thread_count(trace), 2);
    assert_string_equal(trace_thread_name(trace, 1), "b");
    trace_destroy(trace);
}

/* --- what cannot be kept ---------------------------------------------------------------------------- */

static void a_gap_counts_what_is_lost(void **state)
{
    (void)state;
    struct trace *trace = make();
    trace_bind(trace_add_thread(trace, "vcpu"));
    struct rlimit before, small;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100 * sizeof(struct trace_record); /* less than a piece */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (unsigned i = 0; i < MANY; i++)
        add(trace, i, i);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    for (unsigned i = MANY; i < 2 * MANY; i++) /* there is room again */
        add(trace, i, i);
    struct trace_reader *reader;
    struct trace_record record;
    uint64_t lost = 0, kept = 0, gaps = 0, last = 0;
    assert_int_equal(trace_read(trace, &reader), 0);
    while (trace_next(reader, &record)) {
        assert_true(record.time >= last);
        last = record.time;
        if (record.kind == TRACE_GAP) {
            lost += record.value;
            gaps++;
        } else {
            kept++;
        }
    }
    trace_read_end(reader);
    assert_int_equal(gaps, 1);
    assert_true(lost >= MANY - 1024);
    assert_int_equal(lost + kept, 2 * MANY);
    trace_destroy(trace);
}

static void no_directory_no_trace(void **state)
{
    (void)state;
    struct trace *trace;
    assert_int_equal(trace_create(&trace, "/nonexistent"), -ENOENT);
    assert_null(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(off_is_nothing),
        cmocka_unit_test(names_are_numbers),
        cmocka_unit_test(a_thread_without_a_stream_is_not_recorded),
        cmocka_unit_test(an_exit_comes_before_what_is_inside),
        cmocka_unit_test(threads_are_merged_by_time),
        cmocka_unit_test(a_gap_counts_what_is_lost),
        cmocka_unit_test(no_directory_no_trace),
    };
    return cmocka_run_group_tests_name("trace recording", tests, NULL, NULL);
}
