/* SPDX-License-Identifier: MIT */
/* The vCPU's state at a kernel's entry, instead of the reset vector's. */
#include "vcpu.h"

#include "report.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#define CR0_PE 0x1u
#define CR0_ET 0x10u /* always set */
#define RFLAGS_FIXED 0x2u
#define CODE_SELECTOR 0x8
#define DATA_SELECTOR 0x10
#define TYPE_CODE 0xb /* execute, read, accessed */
#define TYPE_DATA 0x3 /* read, write, accessed */
#define TYPE_TSS 0xb  /* 32 bits, busy */
#define TSS_LIMIT 0x67

static struct kvm_segment flat(uint16_t selector, uint8_t type)
{
    return (struct kvm_segment){.selector = selector,
                                .type = type,
                                .limit = UINT32_MAX,
                                .present = 1,
                                .s = 1, /* code or data */
                                .db = 1,
                                .g = 1};
}

int vcpu_enter_at(struct vcpu *vcpu, const struct vcpu_entry *entry)
{
    struct kvm_sregs *s = &vcpu->reset_state->sregs;
    s->cs = flat(CODE_SELECTOR, TYPE_CODE);
    s->ds = s->es = s->fs = s->gs = s->ss = flat(DATA_SELECTOR, TYPE_DATA);
    s->tr = (struct kvm_segment){.type = TYPE_TSS, .limit = TSS_LIMIT, .present = 1};
    /* No tables: a kernel that uses a selector or takes an exception before it has its own is wrong, and
     * is told so by a triple fault. */
    s->gdt = s->idt = (struct kvm_dtable){0};
    s->cr0 = CR0_PE | CR0_ET;
    s->cr3 = s->cr4 = s->efer = 0;
    vcpu->reset_state->regs = (struct kvm_regs){
        .rip = entry->eip, .rax = entry->eax, .rbx = entry->ebx, .rflags = RFLAGS_FIXED};
    if (ioctl(vcpu->fd, KVM_SET_SREGS, s) < 0 ||
        ioctl(vcpu->fd, KVM_SET_REGS, &vcpu->reset_state->regs) < 0)
        return host_failure("the vCPU's registers at a kernel's entry: %s", strerror(errno));
    return 0;
}
