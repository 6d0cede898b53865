/* SPDX-License-Identifier: MIT */
/* Which kind of KVM this is: no figure says anything without it. */
#ifndef HOST_BENCH_KVM_KIND_H
#define HOST_BENCH_KVM_KIND_H

#include <stdbool.h>

struct kvm_kind {
    const char *kind;     /* "VT-x", "SVM", "software" or "unknown" */
    char module[64];      /* the kernel modules that say so: "kvm_intel" */
    char cpu[128];        /* the processor's name */
    char kernel[128];     /* the host's release */
    bool virtual_machine; /* the host is one itself */
};

/* sys and proc are "/sys" and "/proc", but in a test. While a VM exists: the modules' use counts help. */
void kvm_kind_look(struct kvm_kind *kind, const char *sys, const char *proc);

#endif
