/* SPDX-License-Identifier: MIT */
/*
 * The trace of a machine: what is asked of its parts, what their accesses become as records, and what is
 * written when the run is over. m->trace is NULL where nobody wants to know; then nothing here is called.
 */
#ifndef HOST_MACHINE_TRACE_H
#define HOST_MACHINE_TRACE_H

#include "machine.h"
#include "outputs.h"

struct machine_trace;

/* Opens what --trace and --stats want, before the machine has devices; m->trace stays NULL when they want
 * nothing. 0, EXIT_STATUS_USAGE or EXIT_STATUS_HOST after a message. */
int machine_trace_create(struct machine *m, const struct disks *disks);
/* When the machine is complete. */
void machine_trace_connect(struct machine *m, struct disks *disks);
void machine_trace_destroy(struct machine *m);

/* The main thread, at the first instruction. */
void machine_trace_start(struct machine *m);

/* With the dispatch lock. The vCPU's thread: KVM_RUN has ended; what it had collected has been handed on; the exit
 * is an access, which has been answered now, or something else; it is over. */
void machine_trace_enter(struct machine *m);
void machine_trace_exit(struct machine *m);
void machine_trace_begin(struct machine *m, enum exit_kind kind, uint64_t address, unsigned size,
                         unsigned count);
void machine_trace_end(struct machine *m, const void *data, struct bus_region *region,
                       enum bus_result result);
void machine_trace_other(struct machine *m, uint32_t reason);
void machine_trace_leave(struct machine *m);

/* Any thread, around and in the handing on of what was collected: before it, each write, after it. */
void machine_trace_drain(struct machine *m);
void machine_trace_drained(struct machine *m);
void machine_trace_collected(struct machine *m, enum exit_kind kind, uint64_t address,
                             unsigned size, const void *data, struct bus_region *region,
                             enum bus_result result);
/* The vCPU's thread, around the reset of the devices. */
void machine_trace_reset_begin(struct machine *m);
void machine_trace_reset_end(struct machine *m);

/* The run is over: writes the files, once. status: the run's. 0 or, after a message, EXIT_STATUS_HOST (also where
 * records are missing) or EXIT_STATUS_SIGNAL plus the number of one that arrived meanwhile. Signals are looked for, so
 * they should be blocked; they are released before a file that is a pipe. */
int machine_trace_write(struct machine *m, int status);

/* True where a file is something that may not take what is written to it (a pipe). */
bool machine_trace_may_block(const struct machine *m);

/* The short form, on standard error. */
void machine_trace_print(struct machine *m, FILE *out);

#endif
