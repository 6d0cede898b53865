/* SPDX-License-Identifier: MIT */
/* Saving the state after creation, and putting it back when the guest asks for a reset. */
#include "vcpu_reset.h"

#include "report.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#define MSR_TSC 0x10

static int failed(const char *what)
{
    return host_failure("%s: %s", what, strerror(errno));
}

/* Room for the one entry that struct kvm_msrs does not have of itself. */
union one_msr {
    struct kvm_msrs request;
    uint8_t room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
};

union msr_list {
    struct kvm_msr_list list;
    uint8_t room[sizeof(struct kvm_msr_list) + RESET_MSRS_MAX * sizeof(uint32_t)];
};

/* MSRs one at a time: a list has members that cannot be read, and one of them ends a whole request. */
static void take_msrs(struct reset_state *state, int kvm, int vcpu)
{
    static union msr_list all;
    all.list.nmsrs = RESET_MSRS_MAX;
    state->msr_count = 0;
    if (ioctl(kvm, KVM_GET_MSR_INDEX_LIST, &all) < 0)
        return;
    for (unsigned i = 0; i < all.list.nmsrs; i++) {
        union one_msr one = {.request.nmsrs = 1};
        one.request.entries[0].index = all.list.indices[i];
        if (all.list.indices[i] != MSR_TSC && ioctl(vcpu, KVM_GET_MSRS, &one) == 1)
            state->msrs[state->msr_count++] = one.request.entries[0];
    }
}

static void restore_msrs(const struct reset_state *state, int vcpu)
{
    for (unsigned i = 0; i < state->msr_count; i++) {
        union one_msr one = {.request.nmsrs = 1};
        one.request.entries[0] = state->msrs[i];
        /* Some can be read and not written: they are not the guest's to change either. */
        (void)ioctl(vcpu, KVM_SET_MSRS, &one);
    }
}

int reset_state_take(struct reset_state *state, int kvm, int vm, int vcpu)
{
    if (ioctl(vcpu, KVM_GET_REGS, &state->regs) < 0 ||
        ioctl(vcpu, KVM_GET_SREGS, &state->sregs) < 0 ||
        ioctl(vcpu, KVM_GET_FPU, &state->fpu) < 0 ||
        ioctl(vcpu, KVM_GET_DEBUGREGS, &state->debugregs) < 0 ||
        ioctl(vcpu, KVM_GET_LAPIC, &state->lapic) < 0)
        return failed("reading the vCPU's state");
    if (ioctl(vcpu, KVM_GET_XCRS, &state->xcrs) < 0)
        state->xcrs.nr_xcrs = 0; /* a CPU without XSAVE */
    for (unsigned i = 0; i < RESET_IRQCHIPS; i++) {
        state->irqchips[i].chip_id = i;
        if (ioctl(vm, KVM_GET_IRQCHIP, &state->irqchips[i]) < 0)
            return failed("KVM_GET_IRQCHIP");
    }
    if (ioctl(vm, KVM_GET_PIT2, &state->pit) < 0)
        return failed("KVM_GET_PIT2");
    take_msrs(state, kvm, vcpu);
    return 0;
}

int reset_state_restore(const struct reset_state *state, int vm, int vcpu)
{
    struct kvm_mp_state runnable = {.mp_state = KVM_MP_STATE_RUNNABLE};
    struct kvm_vcpu_events events = {0};
    if (ioctl(vcpu, KVM_SET_VCPU_EVENTS, &events) < 0 ||
        ioctl(vcpu, KVM_SET_SREGS, &state->sregs) < 0 ||
        ioctl(vcpu, KVM_SET_REGS, &state->regs) < 0 || ioctl(vcpu, KVM_SET_FPU, &state->fpu) < 0 ||
        ioctl(vcpu, KVM_SET_DEBUGREGS, &state->debugregs) < 0 ||
        (state->xcrs.nr_xcrs > 0 && ioctl(vcpu, KVM_SET_XCRS, &state->xcrs) < 0))
        return failed("resetting the vCPU");
    restore_msrs(state, vcpu);
    for (unsigned i = 0; i < RESET_IRQCHIPS; i++)
        if (ioctl(vm, KVM_SET_IRQCHIP, &state->irqchips[i]) < 0)
            return failed("resetting the interrupt controllers");
    if (ioctl(vcpu, KVM_SET_LAPIC, &state->lapic) < 0 ||
        ioctl(vcpu, KVM_SET_MP_STATE, &runnable) < 0 || ioctl(vm, KVM_SET_PIT2, &state->pit) < 0)
        return failed("resetting the LAPIC and the PIT");
    return 0;
}
