/* SPDX-License-Identifier: MIT */
/*
 * Recording a run. Each thread has a stream of its own and appends to it without a lock; full pieces go to a
 * file without a name, so that a long run takes no more memory than a short one. What cannot be written is
 * counted, and shows as a gap. A NULL trace is one that is off: every function here then does nothing.
 */
#ifndef HOST_TRACE_TRACE_H
#define HOST_TRACE_TRACE_H

#include "profile.h"
#include "record.h"

#include <stdbool.h>

#define TRACE_MAX_THREADS 32
#define TRACE_MAX_NAMES 128

struct trace;
struct trace_thread;

/* Who it is that records, and as whom: of those who raise interrupts. Zeros: nobody. */
struct trace_source {
    struct trace *trace;
    unsigned name; /* of trace_name() */
};

/* Everything that recording needs. directory: where the file without a name goes; NULL: nothing is kept,
 * only counted and summed up, for the short form (trace_profile()). 0 or -errno. */
int trace_create(struct trace **trace, const char *directory);
void trace_destroy(struct trace *trace);

/* Before the first instruction. A name's number, the same for the same name; it must stay in place. 0 where
 * there are too many, which is the number of "". */
unsigned trace_name(struct trace *trace, const char *name);
/* A thread's stream; name must stay in place. The first one is the vCPU's. */
struct trace_thread *trace_add_thread(struct trace *trace, const char *name);
/* By the thread itself: from here on it appends to this stream. A thread without one is not recorded. */
void trace_bind(struct trace_thread *thread);

/* The first instruction comes now: time 0. */
void trace_start(struct trace *trace);
/* ns since then */
uint64_t trace_now(const struct trace *trace);

/* A number that no other request of the run has. Any thread. */
uint64_t trace_new_id(struct trace *trace);

/* Appends to the calling thread's stream. The caller fills in everything but thread. Between
 * trace_exit_begin() and trace_exit_end(), both of one thread, records belong inside the exit, whose own
 * record comes with the end of it. */
void trace_add(struct trace *trace, const struct trace_record *record);
void trace_exit_begin(struct trace *trace);
void trace_exit_end(struct trace *trace, const struct trace_record *exit);

struct io_request;
/* Begin and end of a request, whose id and taken are set. waited: ns since its doorbell was seen. */
void trace_request(struct trace *trace, unsigned source, const struct io_request *request,
                   uint64_t waited);
void trace_request_end(struct trace *trace, unsigned source, const struct io_request *request);

/* An interrupt of source: a message's vector, or (is_line) a line's number. */
void trace_interrupt(const struct trace_source *source, bool is_line, unsigned number);

/* The thread is in an exit from which it does not come back: exit's record is added to its stream, by another
 * thread, which knows that this one is stuck. */
void trace_exit_open(struct trace_thread *thread, const struct trace_record *exit);

/* True in the vCPU's thread, between the two. */
bool trace_in_exit(const struct trace *trace);

/* --- afterwards: all threads have ended, or never will ----------------------------------------- */

/* What the short form is made of, when directory was NULL. */
struct profile *trace_profile(struct trace *trace);

/* All records in order of their time, each exit before what came inside it. */
struct trace_reader;
int trace_read(struct trace *trace, struct trace_reader **reader); /* 0 or -errno */
bool trace_next(struct trace_reader *reader, struct trace_record *record);
void trace_read_end(struct trace_reader *reader);

const char *trace_name_of(const struct trace *trace, unsigned source);
unsigned trace_thread_count(const struct trace *trace);
const char *trace_thread_name(const struct trace *trace, unsigned thread);

#endif
