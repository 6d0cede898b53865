/* SPDX-License-Identifier: MIT */
/*
 * Which KVM hypercalls answer here: each is tried in a VM of its own that is thrown away, in a process of
 * its own, all at the same time and for a short time: there are hosts on which some never come back.
 */
#ifndef HOST_BENCH_HYPERCALL_PROBE_H
#define HOST_BENCH_HYPERCALL_PROBE_H

#include <stdint.h>

#define HYPERCALLS 4

struct hypercall_probe {
    uint64_t answering; /* bit n: hypercall n returned and did what it is for */
    struct hypercall {
        const char *name; /* "VAPIC_POLL_IRQ" */
        unsigned number;
        char why_not[80]; /* empty where it answers */
    } hypercalls[HYPERCALLS];
};

void hypercall_probe_run(struct hypercall_probe *probe);

#endif
