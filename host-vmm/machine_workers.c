/* SPDX-License-Identifier: MIT */
/* All workers and level lines of a machine at once. What one worker does is in worker.c. */
#include "machine_workers.h"

#include "report.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

bool machine_register_worker(struct machine *m, struct worker *worker)
{
    if (m->worker_count == MACHINE_MAX_WORKERS)
        return false;
    m->workers[m->worker_count++] = worker;
    return true;
}

static bool add_source(struct machine *m, const struct interrupt_source *source)
{
    if (m->interrupt_source_count == MACHINE_MAX_WORKERS)
        return false;
    m->interrupt_sources[m->interrupt_source_count++] = *source;
    return true;
}

bool machine_register_line(struct machine *m, const char *name, struct level_line *line)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
    const struct interrupt_source source = {
        .name = name, .line = line, .trace_source = &line->trace_source};
    return add_source(m, &source) &&
           epoll_ctl(m->lines_ended, EPOLL_CTL_ADD, line->resample_fd, &event) == 0;
}

bool machine_register_edge(struct machine *m, const char *name, struct edge_line *edge)
{
    const struct interrupt_source source = {
        .name = name, .edge = edge, .trace_source = &edge->trace_source};
    return add_source(m, &source);
}

bool machine_register_messages(struct machine *m, const char *name, struct message_set *messages)
{
    const struct interrupt_source source = {
        .name = name, .messages = messages, .trace_source = &messages->trace_source};
    return add_source(m, &source);
}

uint64_t machine_interrupts_of(const struct interrupt_source *source)
{
    uint64_t sum = 0;
    if (source->line != NULL)
        return source->line->raised;
    if (source->edge != NULL)
        return __atomic_load_n(&source->edge->raised, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < source->messages->count; i++)
        sum += __atomic_load_n(&source->messages->vectors[i].sent, __ATOMIC_RELAXED);
    return sum;
}

int machine_start_workers(struct machine *m)
{
    int status = 0;
    for (unsigned i = 0; i < m->worker_count && status == 0; i++)
        status = worker_start(m->workers[i]);
    return status;
}

bool machine_settle_workers(struct machine *m, unsigned timeout_ms)
{
    bool all = true;
    for (unsigned i = 0; i < m->worker_count; i++)
        all &= worker_settle(m->workers[i], timeout_ms);
    return all;
}

bool machine_stop_workers(struct machine *m, unsigned timeout_ms)
{
    bool all = true;
    struct timespec begin, now;
    for (unsigned i = 0; i < m->worker_count; i++)
        worker_ask_to_stop(m->workers[i]);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (unsigned i = 0; i < m->worker_count; i++) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        double used_ms = seconds_between(&begin, &now) * 1000;
        all &=
            worker_stop(m->workers[i], used_ms < timeout_ms ? timeout_ms - (unsigned)used_ms : 0);
    }
    return all;
}

void machine_lines_ended(struct machine *m)
{
    struct epoll_event events[OPTIONS_MAX_VIRTIO_BLK];
    int count = epoll_wait(m->lines_ended, events, OPTIONS_MAX_VIRTIO_BLK, 0);
    for (int i = 0; i < count; i++)
        level_line_ended(events[i].data.ptr);
}
