/* SPDX-License-Identifier: MIT */
/* From an exit to the bus: what the vCPU's thread calls. */
#ifndef HOST_ACCESS_H
#define HOST_ACCESS_H

#include "machine.h"

/* The context is the struct machine. */
extern const struct vcpu_ops access_vcpu_ops;

/* Has the vCPU's thread hand on what KVM has collected, if there is anything. The caller's thread never
 * dispatches: a collected write may be the last word of a disk's sector, and the disk may be slow. */
void access_drain_soon(struct machine *m);

/* Hands on, in the caller's thread, what KVM has collected: for a worker whose device's parameters may be
 * among it. Takes the dispatch lock. Where the last word of a disk's sector is among it as well, the worker
 * waits for that disk, and the vCPU's next exit for the worker. */
void access_drain_now(struct machine *m);

#endif
