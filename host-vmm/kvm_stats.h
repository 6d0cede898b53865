/* SPDX-License-Identifier: MIT */
/* One counter of KVM's own statistics of a vCPU, by its name (KVM_GET_STATS_FD). */
#ifndef HOST_KVM_STATS_H
#define HOST_KVM_STATS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct kvm_stat {
    int fd; /* -1: this KVM has no such counter */
    off_t offset;
};

/* All exits of the guest, those that only the kernel saw included. */
#define KVM_STAT_EXITS "exits"

struct kvm_stat kvm_stat_open(int vcpu_fd, const char *name);
void kvm_stat_close(struct kvm_stat *stat);
bool kvm_stat_read(const struct kvm_stat *stat, uint64_t *value);

#endif
