/* SPDX-License-Identifier: MIT */
/* From an exit to the bus: what the vCPU's thread calls. */
#ifndef HOST_ACCESS_H
#define HOST_ACCESS_H

#include "machine.h"

/* The context is the struct machine. */
extern const struct vcpu_ops access_vcpu_ops;

/* Hands on what KVM has collected, unless somebody is dispatching already (who then does it). */
void access_drain(struct machine *m);

#endif
