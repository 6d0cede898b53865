/* SPDX-License-Identifier: MIT */
/* The loop of a device's thread. What a request is, and how it is run, others know. */
#include "worker.h"

#include "report.h"
#include "signals.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define SETTLE_STEP_NS 200000

int worker_create(struct worker *worker, const char *name, const struct worker_ops *ops,
                  void *device, void *context, enum io_engine engine, unsigned depth)
{
    *worker = (struct worker){
        .name = name, .ops = ops, .device = device, .context = context, .depth = depth};
    worker->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (worker->doorbell < 0)
        return host_failure("eventfd: %s", strerror(errno));
    int error = io_queue_open(&worker->queue, engine, depth, worker->doorbell);
    if (error)
        return host_failure("%s: %s for its files: %s", name,
                            engine == IO_ENGINE_URING ? "io_uring" : "a queue", strerror(-error));
    return 0;
}

void worker_destroy(struct worker *worker)
{
    if (worker->queue != NULL)
        io_queue_close(worker->queue);
    worker->queue = NULL;
    if (worker->ops != NULL && worker->doorbell >= 0)
        close(worker->doorbell);
    worker->ops = NULL;
}

/* The eventfd adds up what is written: doorbells are ones, KVM's as well, and calls are these. */
#define CALL (1ull << 32)

static void add(struct worker *worker, uint64_t value)
{
    if (write(worker->doorbell, &value, sizeof value) != sizeof value && errno != EAGAIN)
        report("%s: its doorbell: %s", worker->name, strerror(errno));
}

void worker_ring(struct worker *worker)
{
    add(worker, 1);
}

/* Wakes the thread, and is no doorbell. */
static void call(struct worker *worker)
{
    atomic_fetch_add(&worker->calls, 1);
    add(worker, CALL);
}

/* --- for the trace ------------------------------------------------------------------------------- */

static void note_doorbells(struct worker *worker, uint64_t count)
{
    if (worker->trace == NULL || count == 0)
        return;
    worker->rang = trace_now(worker->trace);
    const struct trace_record record = {.kind = TRACE_DOORBELL,
                                        .time = worker->rang,
                                        .source = (uint16_t)worker->trace_source,
                                        .count = (uint32_t)count};
    trace_add(worker->trace, &record);
}

/* A channel has two drives: the file says which one it is. */
static unsigned source_of(const struct worker *worker, const struct io_request *request)
{
    const struct backend *b = request->backend;
    return b != NULL && b->trace_source != 0 ? b->trace_source : worker->trace_source;
}

/* Where its doorbell has not been seen yet, which one it was will never be known: it begins when it is taken. */
static void note_submit(struct worker *worker, struct io_request *request)
{
    if (worker->trace == NULL)
        return;
    request->id = trace_new_id(worker->trace);
    request->taken = trace_now(worker->trace);
    trace_request(worker->trace, source_of(worker, request), request,
                  worker->rang > 0 ? request->taken - worker->rang : 0);
}

static void note_end(struct worker *worker, const struct io_request *request)
{
    if (worker->trace != NULL)
        trace_request_end(worker->trace, source_of(worker, request), request);
}

/* --- the loop ------------------------------------------------------------------------------------- */

static void complete_all(struct worker *worker)
{
    struct io_request *request;
    while ((request = io_queue_next(worker->queue)) != NULL) {
        worker->under_way--;
        note_end(worker, request);
        worker->ops->complete(worker->device, request);
    }
}

static void submit_all(struct worker *worker)
{
    bool any = false;
    while (worker->under_way < worker->depth) {
        struct io_request *request = worker->ops->submit(worker->device);
        if (request == NULL) {
            worker->rang = 0; /* that doorbell's requests have all been taken */
            break;
        }
        worker->under_way++;
        worker->requests++;
        note_submit(worker, request);
        io_queue_start(worker->queue, request);
        any = true;
    }
    if (any)
        io_queue_kick(worker->queue);
}

/* What has come to its end makes room for what is waiting; again while a request was run to its end as
 * soon as it was started. Nothing is begun any more once the worker is to stop. */
static void serve(struct worker *worker, uint64_t doorbells)
{
    unsigned before;
    if (atomic_load(&worker->stopping)) {
        complete_all(worker);
        return;
    }
    if (doorbells > 0 && worker->ops->prepare != NULL)
        worker->ops->prepare(worker->context);
    note_doorbells(worker, doorbells); /* behind what came before them */
    do {
        complete_all(worker);
        before = worker->under_way;
        submit_all(worker);
    } while (worker->under_way != before);
}

static void *worker_thread(void *argument)
{
    struct worker *worker = argument;
    uint64_t taken = 0;
    unsigned calls = 0;
    trace_bind(worker->trace_thread);
    for (;;) {
        atomic_store(&worker->busy, true);
        serve(worker, taken % CALL);
        atomic_store(&worker->busy, worker->under_way > 0);
        atomic_store(&worker->served, calls);
        if (atomic_load(&worker->stopping) && worker->under_way == 0)
            break;
        taken = io_queue_wait(worker->queue);
        calls += (unsigned)(taken / CALL);
        worker->doorbells += taken % CALL;
        worker->wakeups++;
    }
    atomic_store(&worker->ended, true);
    return NULL;
}

int worker_start(struct worker *worker)
{
    int error = signals_start_thread(&worker->thread, worker_thread, worker, 0);
    if (error)
        return host_failure("starting the thread of %s: %s", worker->name, strerror(error));
    worker->started = true;
    return 0;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Looks again and again until condition(worker) holds. */
static bool wait_for(struct worker *worker, bool (*condition)(struct worker *), unsigned timeout_ms)
{
    const struct timespec step = {.tv_nsec = SETTLE_STEP_NS};
    uint64_t end = now_ns() + (uint64_t)timeout_ms * 1000000;
    while (!condition(worker)) {
        if (now_ns() >= end)
            return false;
        nanosleep(&step, NULL);
    }
    return true;
}

static bool is_settled(struct worker *worker)
{
    return atomic_load(&worker->served) == atomic_load(&worker->calls) &&
           !atomic_load(&worker->busy);
}

static bool has_ended(struct worker *worker)
{
    return atomic_load(&worker->ended);
}

bool worker_settle(struct worker *worker, unsigned timeout_ms)
{
    if (!worker->started)
        return true;
    /* A doorbell that KVM rang is in the eventfd: who takes this call has taken it, too. */
    call(worker);
    return wait_for(worker, is_settled, timeout_ms);
}

void worker_ask_to_stop(struct worker *worker)
{
    if (!worker->started)
        return;
    atomic_store(&worker->stopping, true);
    call(worker);
}

bool worker_stop(struct worker *worker, unsigned timeout_ms)
{
    if (!worker->started)
        return true;
    atomic_store(&worker->stopping, true);
    call(worker);
    if (!wait_for(worker, has_ended, timeout_ms))
        return false;
    pthread_join(worker->thread, NULL);
    worker->started = false;
    return true;
}
