/* SPDX-License-Identifier: MIT */
/* Recording: streams that fill pieces, pieces that go to a file. Reading them back is in trace_read.c. */
#include "trace_internal.h"

#include "../backend/backend.h"
#include "../bus.h"
#include "../vcpu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The stream of the calling thread. A thread belongs to one machine for as long as it lives. */
static __thread struct trace_thread *self;

/* --- making one ----------------------------------------------------------------------------------- */

/* A file that goes when it is closed. */
static int open_file(const char *directory)
{
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd >= 0 ? fd : -errno;
    char path[4096];
    if (snprintf(path, sizeof path, "%s/trapline-XXXXXX", directory) >= (int)sizeof path)
        return -ENAMETOOLONG;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    (void)unlink(path);
    return fd;
}

int trace_create(struct trace **trace, const char *directory)
{
    struct trace *t = calloc(1, sizeof *t);
    *trace = t;
    if (t == NULL)
        return -ENOMEM;
    t->fd = -1;
    t->names[t->name_count++] = "";
    pthread_mutex_init(&t->lock, NULL);
    clock_gettime(CLOCK_MONOTONIC, &t->start);
    int error = 0;
    if (directory != NULL) {
        t->fd = open_file(directory);
        error = t->fd < 0 ? t->fd : 0;
    } else {
        t->profile = profile_create();
        t->decoder = decoder_create();
        error = t->profile == NULL || t->decoder == NULL ? -ENOMEM : 0;
    }
    if (error) {
        trace_destroy(t);
        *trace = NULL;
    }
    return error;
}

void trace_destroy(struct trace *trace)
{
    if (trace == NULL)
        return;
    for (unsigned i = 0; i < trace->thread_count; i++) {
        if (self == trace->threads[i])
            self = NULL;
        free(trace->threads[i]);
    }
    if (trace->fd >= 0)
        close(trace->fd);
    profile_destroy(trace->profile);
    decoder_destroy(trace->decoder);
    free(trace);
}

unsigned trace_name(struct trace *trace, const char *name)
{
    if (trace == NULL)
        return 0;
    for (unsigned i = 0; i < trace->name_count; i++)
        if (strcmp(trace->names[i], name) == 0)
            return i;
    if (trace->name_count == TRACE_MAX_NAMES)
        return 0;
    trace->names[trace->name_count] = name;
    return trace->name_count++;
}

struct trace_thread *trace_add_thread(struct trace *trace, const char *name)
{
    if (trace == NULL || trace->thread_count == TRACE_MAX_THREADS)
        return NULL;
    struct trace_thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL)
        return NULL;
    thread->trace = trace;
    thread->name = name;
    thread->index = trace->thread_count;
    trace->threads[trace->thread_count++] = thread;
    return thread;
}

void trace_bind(struct trace_thread *thread)
{
    self = thread;
}

void trace_start(struct trace *trace)
{
    if (trace != NULL)
        clock_gettime(CLOCK_MONOTONIC, &trace->start);
}

uint64_t trace_now(const struct trace *trace)
{
    struct timespec now;
    if (trace == NULL)
        return 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)((now.tv_sec - trace->start.tv_sec) * 1000000000ll + now.tv_nsec -
                      trace->start.tv_nsec);
}

uint64_t trace_new_id(struct trace *trace)
{
    return atomic_fetch_add(&trace->ids, 1) + 1;
}

/* --- appending ------------------------------------------------------------------------------------ */

static bool write_all(int fd, const void *data, size_t size, off_t at)
{
    const uint8_t *bytes = data;
    while (size > 0) {
        ssize_t n = pwrite(fd, bytes, size, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
        at += n;
    }
    return true;
}

/* The header last: without it the piece is an empty one. */
static bool keep_piece(struct trace_thread *thread)
{
    struct trace *trace = thread->trace;
    off_t at = (off_t)atomic_fetch_add(&trace->pieces, 1) * (off_t)sizeof thread->piece;
    thread->piece.header = (struct piece_header){.thread = thread->index, .count = thread->count};
    return write_all(trace->fd, thread->piece.records,
                     thread->count * sizeof thread->piece.records[0],
                     at + (off_t)sizeof thread->piece.header) &&
           write_all(trace->fd, &thread->piece.header, sizeof thread->piece.header, at);
}

/* What could not be written becomes one record, which stays in front until it has been. */
static void make_gap(struct trace_thread *thread)
{
    struct trace_record *first = &thread->piece.records[0];
    uint64_t lost = thread->has_gap ? first->value + thread->count - 1 : thread->count;
    *first = (struct trace_record){
        .kind = TRACE_GAP, .time = first->time, .value = lost, .thread = (uint8_t)thread->index};
    thread->has_gap = true;
    thread->count = 1;
}

static void make_room(struct trace_thread *thread)
{
    if (!keep_piece(thread)) {
        make_gap(thread);
        return;
    }
    thread->has_gap = false;
    thread->count = 0;
}

static void append(struct trace_thread *thread, const struct trace_record *record, bool nested)
{
    if (thread->count == PIECE_RECORDS)
        make_room(thread);
    struct trace_record *copy = &thread->piece.records[thread->count++];
    *copy = *record;
    copy->thread = (uint8_t)thread->index;
    copy->nested = nested;
}

/* Nothing is kept, all is counted. */
static void count_now(struct trace *trace, const struct trace_record *record)
{
    struct decoded decoded;
    bool is_access = record->kind == TRACE_EXIT || record->kind == TRACE_COALESCED;
    pthread_mutex_lock(&trace->lock);
    if (is_access) {
        struct decode_access access = trace_decode_access(record, trace->names[record->source]);
        decoder_decode(trace->decoder, &access, &decoded);
    } else if (record->kind == TRACE_RESET) {
        decoder_reset(trace->decoder);
    }
    trace_count(trace->profile, record, is_access ? &decoded : NULL);
    pthread_mutex_unlock(&trace->lock);
}

static void add(struct trace *trace, const struct trace_record *record, bool nested)
{
    if (self == NULL || self->trace != trace)
        return;
    if (trace->fd >= 0) {
        append(self, record, nested);
        return;
    }
    struct trace_record copy = *record;
    copy.nested = nested;
    count_now(trace, &copy);
}

void trace_add(struct trace *trace, const struct trace_record *record)
{
    if (trace != NULL)
        add(trace, record, trace_in_exit(trace));
}

void trace_exit_begin(struct trace *trace)
{
    if (trace != NULL && self != NULL)
        self->in_exit = true;
}

void trace_exit_end(struct trace *trace, const struct trace_record *exit)
{
    if (trace == NULL || self == NULL)
        return;
    self->in_exit = false;
    if (exit != NULL)
        add(trace, exit, false);
}

void trace_exit_open(struct trace_thread *thread, const struct trace_record *exit)
{
    if (!thread->in_exit)
        return;
    thread->in_exit = false;
    if (thread->trace->fd >= 0)
        append(thread, exit, false);
    else
        count_now(thread->trace, exit);
}

bool trace_in_exit(const struct trace *trace)
{
    return trace != NULL && self != NULL && self->trace == trace && self->in_exit;
}

/* --- things that more than one place tells of -------------------------------------------------------- */

void trace_request(struct trace *trace, unsigned source, const struct io_request *request,
                   uint64_t waited)
{
    const struct trace_record record = {.kind = TRACE_REQUEST,
                                        .time = request->taken,
                                        .duration = waited,
                                        .source = (uint16_t)source,
                                        .op = (uint8_t)request->op,
                                        .id = request->id,
                                        .address = request->offset,
                                        .length = request->length};
    trace_add(trace, &record);
}

void trace_request_end(struct trace *trace, unsigned source, const struct io_request *request)
{
    uint64_t now = trace_now(trace);
    const struct trace_record record = {.kind = TRACE_REQUEST_END,
                                        .time = now,
                                        .duration = now - request->taken,
                                        .source = (uint16_t)source,
                                        .op = (uint8_t)request->op,
                                        .id = request->id,
                                        .moved = request->transferred,
                                        .error = request->error,
                                        .address = request->offset,
                                        .length = request->length};
    trace_add(trace, &record);
}

void trace_interrupt(const struct trace_source *source, bool is_line, unsigned number)
{
    if (source->trace == NULL)
        return;
    const struct trace_record record = {.kind = TRACE_INTERRUPT,
                                        .time = trace_now(source->trace),
                                        .source = (uint16_t)source->name,
                                        .port = is_line,
                                        .value = number};
    trace_add(source->trace, &record);
}

/* --- what both ways of counting share --------------------------------------------------------------- */

struct decode_access trace_decode_access(const struct trace_record *record, const char *device)
{
    uint64_t bytes = (uint64_t)record->size * record->count;
    return (struct decode_access){.is_port = exit_is_port(record->access),
                                  .is_write = exit_is_write(record->access),
                                  .address = record->address,
                                  .offset = record->offset,
                                  .size = record->size,
                                  .count = record->count,
                                  .data = record->data,
                                  .data_length =
                                      bytes < TRACE_DATA_BYTES ? (unsigned)bytes : TRACE_DATA_BYTES,
                                  .device = device,
                                  .answered = record->result == BUS_OK};
}

void trace_count(struct profile *profile, const struct trace_record *record,
                 const struct decoded *decoded)
{
    bool is_write = exit_is_write(record->access);
    switch (record->kind) {
    case TRACE_EXIT:
    case TRACE_COALESCED:
        profile_access(profile, profile_device(decoded->device, decoded->words), decoded->reg,
                       is_write, record->kind == TRACE_EXIT, record->count, record->duration);
        profile_backend(profile, record->backend);
        break;
    case TRACE_OTHER_EXIT:
        profile_other_exit(profile, record->duration);
        break;
    case TRACE_RESET:
        profile_host(profile, record->duration);
        break;
    case TRACE_REQUEST_END:
        if (!record->nested)
            profile_request(profile, record->duration);
        break;
    default:
        break;
    }
}

struct profile *trace_profile(struct trace *trace)
{
    return trace->profile;
}

const char *trace_name_of(const struct trace *trace, unsigned source)
{
    return source < trace->name_count ? trace->names[source] : "";
}

unsigned trace_thread_count(const struct trace *trace)
{
    return trace->thread_count;
}

const char *trace_thread_name(const struct trace *trace, unsigned thread)
{
    return thread < trace->thread_count ? trace->threads[thread]->name : "";
}
