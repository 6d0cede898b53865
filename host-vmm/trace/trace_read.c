/* SPDX-License-Identifier: MIT */
/* Reading a recording back: the threads' streams, each put in order by itself, merged by time. */
#include "trace_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One thread's stream. What came inside an exit stands before it: it is held until the exit has been seen. */
struct stream {
    const struct trace_thread *thread;
    uint32_t *pieces; /* which of the file are its */
    unsigned piece_count, piece_room, next_piece;
    struct piece piece; /* the one that is being read */
    unsigned count, next;
    bool in_tail; /* it is what the thread had not written yet */
    struct trace_record *held;
    unsigned held_count, held_room, held_next;
    bool has_head;
    struct trace_record head; /* its next record in order */
};

struct trace_reader {
    struct trace *trace;
    struct stream *streams[TRACE_MAX_THREADS];
};

/* --- which piece is whose --------------------------------------------------------------------------- */

static bool add_piece(struct stream *s, uint32_t number)
{
    if (s->piece_count == s->piece_room) {
        unsigned room = s->piece_room > 0 ? 2 * s->piece_room : 64;
        uint32_t *larger = realloc(s->pieces, room * sizeof *larger);
        if (larger == NULL)
            return false;
        s->pieces = larger;
        s->piece_room = room;
    }
    s->pieces[s->piece_count++] = number;
    return true;
}

static int find_pieces(struct trace_reader *r)
{
    unsigned pieces = atomic_load(&r->trace->pieces);
    for (uint32_t i = 0; i < pieces; i++) {
        struct piece_header header;
        ssize_t n = pread(r->trace->fd, &header, sizeof header, (off_t)i * sizeof(struct piece));
        if (n < 0)
            return -errno;
        if (n < (ssize_t)sizeof header || header.count == 0)
            continue; /* could not be written: a gap tells */
        if (header.count > PIECE_RECORDS || header.thread >= r->trace->thread_count)
            return -EIO;
        if (!add_piece(r->streams[header.thread], i))
            return -ENOMEM;
    }
    return 0;
}

/* --- one stream ------------------------------------------------------------------------------------- */

static bool read_piece(const struct trace_reader *r, struct stream *s)
{
    size_t done = 0, size = sizeof s->piece;
    off_t at = (off_t)s->pieces[s->next_piece++] * (off_t)size;
    while (done < size) {
        ssize_t n = pread(r->trace->fd, (uint8_t *)&s->piece + done, size - done, at + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break; /* the last one may end early, where nothing is in it any more */
        done += (size_t)n;
    }
    s->next = 0;
    s->count = s->piece.header.count;
    return done >= sizeof s->piece.header + s->count * sizeof s->piece.records[0];
}

/* The next record as it was appended. */
static bool next_appended(const struct trace_reader *r, struct stream *s,
                          struct trace_record *record)
{
    while (s->next == s->count && !s->in_tail) {
        if (s->next_piece < s->piece_count) {
            if (!read_piece(r, s))
                s->count = s->next = 0;
        } else {
            s->in_tail = true;
            s->next = 0;
            s->count = s->thread->count;
        }
    }
    if (s->next == s->count)
        return false;
    *record = (s->in_tail ? &s->thread->piece : &s->piece)->records[s->next++];
    return true;
}

static bool hold(struct stream *s, const struct trace_record *record)
{
    if (s->held_count == s->held_room) {
        unsigned room = s->held_room > 0 ? 2 * s->held_room : 64;
        struct trace_record *larger = realloc(s->held, room * sizeof *larger);
        if (larger == NULL)
            return false;
        s->held = larger;
        s->held_room = room;
    }
    s->held[s->held_count++] = *record;
    return true;
}

/* s->head becomes the next record in order. */
static void advance(const struct trace_reader *r, struct stream *s)
{
    struct trace_record record;
    if (s->held_next < s->held_count) {
        s->head = s->held[s->held_next++];
        return;
    }
    s->held_next = s->held_count = 0;
    while (next_appended(r, s, &record)) {
        if (record.nested && hold(s, &record))
            continue;
        s->head = record; /* the exit, or what never was inside one */
        return;
    }
    /* The thread never came back from its last exit. */
    s->has_head = s->held_count > 0;
    if (s->has_head)
        s->head = s->held[s->held_next++];
}

/* --- all of them ------------------------------------------------------------------------------------ */

int trace_read(struct trace *trace, struct trace_reader **reader)
{
    struct trace_reader *r = calloc(1, sizeof *r);
    *reader = r;
    if (r == NULL)
        return -ENOMEM;
    r->trace = trace;
    for (unsigned i = 0; i < trace->thread_count; i++) {
        r->streams[i] = calloc(1, sizeof *r->streams[i]);
        if (r->streams[i] == NULL) {
            trace_read_end(r);
            return -ENOMEM;
        }
        r->streams[i]->thread = trace->threads[i];
    }
    int error = find_pieces(r);
    if (error) {
        trace_read_end(r);
        return error;
    }
    for (unsigned i = 0; i < trace->thread_count; i++) {
        r->streams[i]->has_head = true;
        advance(r, r->streams[i]);
    }
    return 0;
}

bool trace_next(struct trace_reader *r, struct trace_record *record)
{
    struct stream *first = NULL;
    for (unsigned i = 0; i < r->trace->thread_count; i++) {
        struct stream *s = r->streams[i];
        if (s->has_head && (first == NULL || s->head.time < first->head.time))
            first = s;
    }
    if (first == NULL)
        return false;
    *record = first->head;
    advance(r, first);
    return true;
}

void trace_read_end(struct trace_reader *r)
{
    for (unsigned i = 0; i < TRACE_MAX_THREADS; i++) {
        if (r->streams[i] == NULL)
            continue;
        free(r->streams[i]->pieces);
        free(r->streams[i]->held);
        free(r->streams[i]);
    }
    free(r);
}
