/* SPDX-License-Identifier: MIT */
/*
 * A device's thread: woken by its doorbell, it takes requests from the model, has them run, and
 * completes them, many at a time. It knows nothing of any device.
 */
#ifndef HOST_WORKER_H
#define HOST_WORKER_H

#include "backend/io_queue.h"
#include "trace/trace.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct worker_ops {
    /* Optional, after a doorbell (and after nothing else) and before the next submit: what else has to be
     * up to date then. Doorbells that come close together are one. */
    void (*prepare)(void *context);
    /* The next request to run, or NULL when there is none; before that the model has made sure that the
     * next one will ring. */
    struct io_request *(*submit)(void *device);
    void (*complete)(void *device, struct io_request *request);
};

struct worker {
    const char *name;
    const struct worker_ops *ops;
    void *device;  /* for submit and complete */
    void *context; /* for prepare */
    int doorbell;  /* eventfd */
    struct io_queue *queue;
    unsigned depth, under_way;
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    atomic_uint calls, served; /* worker_settle() waits until served has caught up */
    atomic_bool busy, ended;
    uint64_t wakeups, doorbells, requests; /* for statistics */
    /* who records it; NULL: nobody */
    struct trace *trace;
    struct trace_thread *trace_thread;
    unsigned trace_source;
    uint64_t
        rang; /* when the doorbell was seen of which requests may still have to be taken; 0: none */
};

/* Everything but the thread. 0 or EXIT_STATUS_HOST after a message. worker_destroy() is to be called
 * either way, after worker_stop(). */
int worker_create(struct worker *worker, const char *name, const struct worker_ops *ops,
                  void *device, void *context, enum io_engine engine, unsigned depth);
int worker_start(struct worker *worker);
void worker_destroy(struct worker *worker);

/* As if the doorbell had rung, from any thread. */
void worker_ring(struct worker *worker);

/* Waits until every doorbell so far has been looked at and nothing is under way; false when that takes
 * longer than timeout_ms. For a thread that holds no device's lock and not the dispatch lock. */
bool worker_settle(struct worker *worker, unsigned timeout_ms);

/* The first half of worker_stop(), for many at once. */
void worker_ask_to_stop(struct worker *worker);

/* Asks the thread to end once nothing is under way, and waits for it; false when it does not in time:
 * then nothing it uses may be torn down. */
bool worker_stop(struct worker *worker, unsigned timeout_ms);

#endif
