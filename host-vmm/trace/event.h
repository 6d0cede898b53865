/* SPDX-License-Identifier: MIT */
/*
 * A record with its words: what the writers (text, JSON, page) get, one after the other, in order of time. Made
 * here once: decoding, symbols, rungs.
 */
#ifndef HOST_TRACE_EVENT_H
#define HOST_TRACE_EVENT_H

#include "decode/decode.h"
#include "profile.h"
#include "record.h"
#include "symbols.h"
#include "trace.h"

#include <stdio.h>

#define TRACE_WHERE_SIZE 80

struct trace_event {
    struct trace_record record;
    const char *thread;           /* its name */
    const char *mode;             /* "real16", ...; "" where it is not known */
    char where[TRACE_WHERE_SIZE]; /* function and offset, or "" */
    /* For accesses, what the decoder says. For the others device is the source ("virtio-blk0", "vcpu"), reg
     * what happened ("doorbell", "request", "interrupt", "region", "reset", "gap", "exit"), words the rest. */
    struct decoded decoded;
    /* Its time is when it was seen, the guest's position is unknown: shown as ~ */
    bool approximate;
};

static inline bool trace_event_is_access(const struct trace_event *e)
{
    return e->record.kind == TRACE_EXIT || e->record.kind == TRACE_COALESCED;
}

bool trace_event_is_write(const struct trace_event *e);
/* Of an access: its first element, little-endian. */
uint64_t trace_event_value(const struct trace_event *e);

/* "read", "write zeroes", "no file I/O", ...: an enum io_op of a request */
const char *trace_op_name(unsigned op);

#define TRACE_BAR_SIZE 32
/* Of a region: "00:02.0 BAR0", or "" where it is no BAR. Returns name. */
const char *trace_bar_name(const struct trace_record *region, char name[TRACE_BAR_SIZE]);

/* "chunk command <- READ_CHUNK", "ata0 status -> 0x58 DRDY DSC DRQ"; "~" and the like are not in it. */
#define TRACE_LINE_SIZE 256
void trace_event_line(const struct trace_event *e, char *line, size_t size);

/* A rung of the climb, as the firmware's own lines on COM1 tell: it ends when its line has been written, and the
 * next one begins there; the first begins where the firmware does (rungs.h). */
struct trace_rung {
    unsigned number;
    uint64_t begin, end; /* ns */
    char line[160];      /* "rung 2 real16 pci: mechanism #1, ..." */
};

/* Of the whole run */
struct trace_run {
    const struct trace *trace; /* for the names of its threads */
    const char *title;         /* the command, as it was given */
};

struct trace_totals {
    uint64_t end;     /* ns */
    uint64_t exits;   /* TRACE_EXIT and TRACE_OTHER_EXIT */
    uint64_t records; /* of all kinds */
    uint64_t lost;    /* records that gaps stand for */
    int exit_status;
    struct profile *profile;
};

/* One format. Errors of out are looked for at the end, by the caller. */
struct trace_writer;
struct trace_writer_ops {
    void (*begin)(struct trace_writer *w, const struct trace_run *run);
    void (*event)(struct trace_writer *w, const struct trace_event *event);
    /* As soon as it is over, in order */
    void (*rung)(struct trace_writer *w, const struct trace_rung *rung);
    void (*end)(struct trace_writer *w, const struct trace_totals *totals);
};

/* Extended by each format: the first member of its own struct. */
struct trace_writer {
    const struct trace_writer_ops *ops;
    FILE *out;
};

/* NULL: no memory. Freed with free() after end. */
struct trace_writer *trace_text_writer(FILE *out);
struct trace_writer *trace_json_writer(FILE *out);
struct trace_writer *trace_page_writer(FILE *out);

/* Plays a finished trace to a writer (NULL: none, for the totals alone), until stop(context) is true: -EINTR then. totals->profile receives a profile,
 * which the caller destroys (there may be one after an error, too); totals->exit_status and totals->end (when the run was over) are the caller's, before. symbols may be NULL. 0 or -errno. */
int trace_play(struct trace *trace, const struct symbols *symbols, const char *title,
               struct trace_writer *writer, struct trace_totals *totals,
               bool (*stop)(void *context), void *context);

#endif
