/* SPDX-License-Identifier: MIT */
/* The one vCPU: its thread, its exits, and what its registers say when something goes wrong. */
#ifndef HOST_VCPU_H
#define HOST_VCPU_H

#include "trace/record.h"
#include "vcpu_reset.h"
#include "vm.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum stop_reason {
    STOP_NONE,
    STOP_GUEST, /* the exit port was written: value */
    STOP_TRIPLE_FAULT,
    STOP_KVM_INTERNAL, /* value: KVM's suberror, or the hardware's reason */
    STOP_HALTED,       /* HLT with interrupts off, or waiting for a start-up interrupt */
    STOP_TIMEOUT,
    STOP_SIGNAL, /* value: its number */
    STOP_STRICT,
    STOP_HOST, /* the host failed: a message has been printed */
};

/* Which way an exit came. */
enum exit_kind { EXIT_PIO_READ, EXIT_PIO_WRITE, EXIT_MMIO_READ, EXIT_MMIO_WRITE, EXIT_KINDS };

static inline bool exit_is_write(enum exit_kind kind)
{
    return kind == EXIT_PIO_WRITE || kind == EXIT_MMIO_WRITE;
}

static inline bool exit_is_port(enum exit_kind kind)
{
    return kind == EXIT_PIO_READ || kind == EXIT_PIO_WRITE;
}

struct vcpu;

struct vcpu_ops {
    /* One exit of the guest. data holds count elements of size bytes, to be read or filled. */
    void (*access)(void *context, enum exit_kind kind, uint64_t address, unsigned size,
                   unsigned count, void *data);
    /* KVM_RUN ended for another reason: KVM_EXIT_*; KVM_EXIT_INTR where a signal ended it. */
    void (*other)(void *context, uint32_t reason);
    /* Called after every KVM_RUN, before its exit is looked at; then unlock after it is done. */
    void (*enter)(void *context);
    void (*leave)(void *context);
    /* The guest asked for a reset: the devices'. The vCPU's own, and the interrupt controllers', follow. */
    void (*reset)(void *context);
    void (*stopped)(void *context); /* the thread is about to end */
};

struct vcpu {
    struct vm *vm;
    int fd;
    struct kvm_run *run;
    const struct vcpu_ops *ops;
    void *context;
    pthread_t thread;
    bool started;
    atomic_int stop; /* enum stop_reason; the first to set it wins */
    uint64_t stop_value;
    uint64_t hypercalls; /* that came to user space */
    atomic_bool ended;
    atomic_bool check_halted, reset_wanted;
    unsigned halted_ticks;
    struct reset_state *reset_state;
    /* as at the end */
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    bool have_registers;
};

/* 0 or EXIT_STATUS_HOST after a message. */
int vcpu_create(struct vcpu *vcpu, struct vm *vm, const struct vcpu_ops *ops, void *context);
/* The first instruction is not the reset vector's but a kernel's: 32-bit protected mode without paging,
 * flat segments, interrupts off (PVH's and multiboot's entry state). A reset comes back to it. 0 or
 * EXIT_STATUS_HOST after a message. */
struct vcpu_entry {
    uint32_t eip, eax, ebx;
};
int vcpu_enter_at(struct vcpu *vcpu, const struct vcpu_entry *entry);

int vcpu_start(struct vcpu *vcpu);
void vcpu_destroy(struct vcpu *vcpu);

/* Asks the vCPU to stop, from any thread. False when it was stopping already. */
bool vcpu_stop(struct vcpu *vcpu, enum stop_reason reason, uint64_t value);

/* Makes the vCPU look at its flags soon, from any thread. */
void vcpu_kick(struct vcpu *vcpu);

/* One look whether the guest is halted with interrupts off; two in a row stop it. */
void vcpu_check_halted(struct vcpu *vcpu);

/* Has KVM leave the registers beside each exit, where this KVM can: vcpu_place() costs little then. */
void vcpu_sync_registers(struct vcpu *vcpu);
/* Where the guest is, in the vCPU's thread and between two KVM_RUNs: mode, and the linear address of the
 * instruction or of the one behind it. TRACE_MODE_UNKNOWN where KVM does not say. */
enum trace_mode vcpu_place(struct vcpu *vcpu, uint64_t *rip);

/* "real16", "prot16", "prot32", "long64", "compat32", "compat16" or "vm86". */
const char *vcpu_mode(const struct kvm_sregs *sregs, const struct kvm_regs *regs);

/* The registers at the end as one line. */
void vcpu_registers_line(const struct vcpu *vcpu, char *line, size_t size);

#endif
