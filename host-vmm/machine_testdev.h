/* SPDX-License-Identifier: MIT */
/*
 * testdev in this machine: the ioeventfds, coalesced zones and the read-only page behind its variants,
 * the thread that answers its doorbells, and what was counted between two marks.
 */
#ifndef HOST_MACHINE_TESTDEV_H
#define HOST_MACHINE_TESTDEV_H

#include "machine.h"

#include "abi/testdev.h"

/* What the guest measured, and what was counted here meanwhile. */
struct testdev_measurement {
    const struct testdev_result *result;
    uint64_t *samples;
    uint64_t exits; /* to user space */
    bool has_all_exits;
    uint64_t all_exits;  /* KVM's count: those that ended in the kernel as well */
    double seconds;      /* of the host's clock */
    uint64_t interrupts; /* that devices raised */
};

typedef void testdev_measured(void *context, const struct testdev_measurement *measurement);

/* Does nothing, well, where options.testdev is false. False: no room for it. */
bool machine_add_testdev(struct machine *m);

/* Once there is a vCPU. 0 or EXIT_STATUS_HOST after a message. */
int machine_start_testdev(struct machine *m);

/* Who is told of each result, in the vCPU's thread. */
void machine_listen_testdev(struct machine *m, testdev_measured *measured, void *context);

void machine_reset_testdev(struct machine *m);

/* After the vCPU's end. */
void machine_destroy_testdev(struct machine *m);

#endif
