/* SPDX-License-Identifier: MIT */
/*
 * What a reset puts back: the vCPU and the interrupt controllers and timer in the kernel, as KVM made
 * them. RAM is left alone, as on a PC.
 */
#ifndef HOST_VCPU_RESET_H
#define HOST_VCPU_RESET_H

#include <linux/kvm.h>

#define RESET_MSRS_MAX 512
#define RESET_IRQCHIPS 3

struct reset_state {
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct kvm_fpu fpu;
    struct kvm_debugregs debugregs;
    struct kvm_xcrs xcrs;
    struct kvm_lapic_state lapic;
    struct kvm_irqchip irqchips[RESET_IRQCHIPS];
    struct kvm_pit_state2 pit;
    struct kvm_msr_entry msrs[RESET_MSRS_MAX];
    unsigned msr_count;
};

/* Right after creation. 0 or EXIT_STATUS_HOST after a message. */
int reset_state_take(struct reset_state *state, int kvm, int vm, int vcpu);

/* Between two KVM_RUNs, nothing half done. The TSC runs on. Same returns. */
int reset_state_restore(const struct reset_state *state, int vm, int vcpu);

#endif
