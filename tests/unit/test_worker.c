/* SPDX-License-Identifier: MIT */
/* host-vmm/worker.c: what its thread does for a doorbell, and only for a doorbell; settling and stopping. */
#include "test.h"

#include "host-vmm/worker.h"

#include <unistd.h>

#define TIMEOUT_MS 20000
#define REQUESTS 20

/* A device of requests that do nothing. The test looks at it only while the worker is settled. */
static struct {
    struct io_request requests[REQUESTS];
    unsigned offered, submitted, completed; /* requests */
    unsigned prepared;
} device;

static struct worker worker;

static void prepare(void *context)
{
    assert_ptr_equal(context, &worker);
    device.prepared++;
}

static struct io_request *submit(void *self)
{
    assert_ptr_equal(self, &device);
    return device.submitted < device.offered ? &device.requests[device.submitted++] : NULL;
}

static void complete(void *self, struct io_request *request)
{
    assert_ptr_equal(self, &device);
    assert_int_equal(request->error, 0);
    device.completed++;
}

static const struct worker_ops ops = {.prepare = prepare, .submit = submit, .complete = complete};

static int start(void **state)
{
    enum io_engine engine = *state == NULL ? IO_ENGINE_AUTO : IO_ENGINE_SYNC;

    device.offered = device.submitted = device.completed = device.prepared = 0;
    if (worker_create(&worker, "test", &ops, &device, &worker, engine, 4) != 0)
        return -1;
    return worker_start(&worker);
}

static int stop(void **state)
{
    bool stopped = worker_stop(&worker, TIMEOUT_MS);

    (void)state;
    if (stopped)
        worker_destroy(&worker);
    return stopped ? 0 : -1;
}

static void settle(void)
{
    assert_true(worker_settle(&worker, TIMEOUT_MS));
}

/* Whether it was rung by KVM (one more in the eventfd) or by worker_ring(). */
static void each_doorbell_prepares(void **state)
{
    const uint64_t one = 1;

    (void)state;
    for (unsigned i = 0; i < 1000; i += 2) {
        worker_ring(&worker);
        settle();
        assert_int_equal(device.prepared, i + 1);
        assert_int_equal(write(worker.doorbell, &one, sizeof one), sizeof one);
        settle();
        assert_int_equal(device.prepared, i + 2);
    }
}

static void nothing_else_prepares(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        settle();
    assert_int_equal(device.prepared, 0);
    device.offered = REQUESTS;
    settle(); /* finds the requests, and is woken by their ends */
    assert_int_equal(device.completed, REQUESTS);
    assert_int_equal(device.prepared, 0);
    assert_true(worker_stop(&worker, TIMEOUT_MS));
    assert_int_equal(device.prepared, 0);
}

/* More requests than may be under way at a time, for one doorbell. */
static void requests_run_to_their_end(void **state)
{
    (void)state;
    device.offered = REQUESTS;
    worker_ring(&worker);
    settle();
    assert_int_equal(device.completed, REQUESTS);
    assert_int_equal(device.prepared, 1);
    assert_int_equal(worker.requests, REQUESTS);
}

static void a_stopped_worker_begins_nothing(void **state)
{
    (void)state;
    assert_true(worker_stop(&worker, TIMEOUT_MS));
    device.offered = REQUESTS;
    worker_ring(&worker);
    settle(); /* at once: there is no thread */
    assert_int_equal(device.submitted, 0);
}

/* --- what a trace is told of it --------------------------------------------------------------------- */

static struct trace *trace;

static int start_traced(void **state)
{
    (void)state;
    device.offered = device.submitted = device.completed = device.prepared = 0;
    if (worker_create(&worker, "test", &ops, &device, &worker, IO_ENGINE_AUTO, 4) != 0 ||
        trace_create(&trace, "/tmp") != 0)
        return -1;
    worker.trace = trace;
    worker.trace_thread = trace_add_thread(trace, "test");
    return worker_start(&worker);
}

static int stop_traced(void **state)
{
    int status = stop(state);

    trace_destroy(trace);
    return status;
}

#define RUNG 8 /* more than may be under way: some wait for room, and still are that doorbell's */

/* A request's span begins at its doorbell; where the worker found it without one, when it was taken. */
static void a_request_is_not_another_doorbells(void **state)
{
    struct trace_reader *reader;
    struct trace_record record;
    unsigned begun = 0, ended = 0, doorbells = 0;

    (void)state;
    settle(); /* it has looked once, at its beginning */
    device.offered = RUNG;
    worker_ring(&worker);
    settle();
    device.offered = RUNG + 4;
    settle(); /* finds them, and no doorbell has rung */
    assert_true(worker_stop(&worker, TIMEOUT_MS));
    assert_int_equal(trace_read(trace, &reader), 0);
    while (trace_next(reader, &record)) {
        doorbells += record.kind == TRACE_DOORBELL ? record.count : 0;
        ended += record.kind == TRACE_REQUEST_END;
        if (record.kind != TRACE_REQUEST)
            continue;
        assert_int_equal(record.duration > 0, begun < RUNG);
        begun++;
    }
    trace_read_end(reader);
    assert_int_equal(begun, RUNG + 4);
    assert_int_equal(ended, RUNG + 4);
    assert_int_equal(doorbells, 1);
}

static int sync_engine;

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)
#define TEST_SYNC(function)                                                                        \
    {                                                                                              \
        "sync: " #function, function, start, stop, &sync_engine                                    \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_doorbell_prepares),
        TEST(nothing_else_prepares),
        TEST(requests_run_to_their_end),
        TEST(a_stopped_worker_begins_nothing),
        TEST_SYNC(each_doorbell_prepares),
        TEST_SYNC(nothing_else_prepares),
        TEST_SYNC(requests_run_to_their_end),
        cmocka_unit_test_setup_teardown(a_request_is_not_another_doorbells, start_traced,
                                        stop_traced),
    };

    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
