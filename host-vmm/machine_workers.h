/* SPDX-License-Identifier: MIT */
/* The threads behind the machine's devices, and the lines whose ends of interrupt somebody waits for. */
#ifndef HOST_MACHINE_WORKERS_H
#define HOST_MACHINE_WORKERS_H

#include "machine.h"

/* While the machine is built: whoever makes a device's worker or level line tells of it here. False when
 * there are too many. */
bool machine_register_worker(struct machine *m, struct worker *worker);
bool machine_register_line(struct machine *m, const char *name, struct level_line *line);
bool machine_register_edge(struct machine *m, const char *name, struct edge_line *edge);
bool machine_register_messages(struct machine *m, const char *name, struct message_set *messages);

/* How many interrupts a source has raised. */
uint64_t machine_interrupts_of(const struct interrupt_source *source);

/* Before the first instruction. 0 or EXIT_STATUS_HOST after a message. */
int machine_start_workers(struct machine *m);

/* For the vCPU's thread, without the dispatch lock: nothing is under way any more; false when that takes
 * longer than timeout_ms. */
bool machine_settle_workers(struct machine *m, unsigned timeout_ms);

/* After the vCPU's end: false when one does not end in time. Then nothing may be torn down. */
bool machine_stop_workers(struct machine *m, unsigned timeout_ms);

/* m->lines_ended is readable: the guest has ended interrupts. */
void machine_lines_ended(struct machine *m);

#endif
