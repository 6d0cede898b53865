/* SPDX-License-Identifier: MIT */
/* Between recording (trace.c) and reading back (trace_read.c): how the file without a name looks. */
#ifndef HOST_TRACE_INTERNAL_H
#define HOST_TRACE_INTERNAL_H

#include "decode/decode.h"
#include "trace.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* The file is a row of pieces of one size. Each holds the records of one thread, in the order in which it
 * appended them; an empty one is a piece that could not be written. */
#define PIECE_RECORDS 512

struct piece_header {
    uint32_t thread;
    uint32_t count;
};

struct piece {
    struct piece_header header;
    struct trace_record records[PIECE_RECORDS];
};

struct trace_thread {
    struct trace *trace;
    const char *name;
    unsigned index;
    bool in_exit;
    struct piece piece; /* what is not in the file yet; its header is filled in at the end */
    unsigned count;     /* records in it */
    /* Not one of them could be written since then: piece.records[0] is the gap. */
    bool has_gap;
};

struct trace {
    int fd; /* -1: nothing is kept */
    atomic_uint pieces;
    atomic_ullong ids;
    struct trace_thread *threads[TRACE_MAX_THREADS];
    unsigned thread_count;
    const char *names[TRACE_MAX_NAMES];
    unsigned name_count;
    struct timespec start;
    /* where nothing is kept */
    pthread_mutex_t lock;
    struct profile *profile;
    struct decoder *decoder;
};

_Static_assert(TRACE_DATA_BYTES <= DECODE_DATA_MAX, "what is kept is decoded");

/* What decode.h wants to know of a record. device: the name of its source. */
struct decode_access trace_decode_access(const struct trace_record *record, const char *device);

/* Adds a record to the short form; decoded: of an access, else NULL. */
void trace_count(struct profile *profile, const struct trace_record *record,
                 const struct decoded *decoded);

#endif
