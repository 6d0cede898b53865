/* SPDX-License-Identifier: MIT */
/* The vCPU's thread: KVM_RUN, and each kind of exit on its way to the machine. */
#include "vcpu.h"

#include "report.h"
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define CPUID_MAX 256
#define CPUID_HYPERVISOR 0x40000000u
#define CPUID_HYPERVISOR_TSC 0x40000010u /* EAX: TSC frequency in kHz */
#define KICK_SIGNAL SIGUSR1
#define COMPLETIONS_MAX 16 /* exits that one instruction can still have coming */

static void on_kick(int signal)
{
    (void)signal; /* KVM_RUN returning EINTR is all that is wanted */
}

/* What KVM supports, plus the leaf that tells the guest its TSC frequency. */
static int set_cpuid(struct vcpu *vcpu)
{
    struct kvm_cpuid2 *cpuid =
        calloc(1, sizeof *cpuid + (CPUID_MAX + 1) * sizeof cpuid->entries[0]);
    if (cpuid == NULL)
        return host_failure("out of memory");
    cpuid->nent = CPUID_MAX;
    int status = 0;
    if (ioctl(vcpu->vm->kvm, KVM_GET_SUPPORTED_CPUID, cpuid) < 0)
        status = host_failure("KVM_GET_SUPPORTED_CPUID: %s", strerror(errno));
    int khz = ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0);
    bool told = false;
    for (unsigned i = 0; i < cpuid->nent; i++) {
        struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];
        if (entry->function == CPUID_HYPERVISOR && khz > 0 && entry->eax < CPUID_HYPERVISOR_TSC)
            entry->eax = CPUID_HYPERVISOR_TSC;
        if (entry->function == CPUID_HYPERVISOR_TSC)
            told = true;
    }
    if (khz > 0 && !told)
        cpuid->entries[cpuid->nent++] =
            (struct kvm_cpuid_entry2){.function = CPUID_HYPERVISOR_TSC, .eax = (uint32_t)khz};
    if (status == 0 && ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid) < 0)
        status = host_failure("KVM_SET_CPUID2: %s", strerror(errno));
    free(cpuid);
    return status;
}

static void map_coalesced_ring(struct vcpu *vcpu)
{
    struct vm *vm = vcpu->vm;
    long page_size = sysconf(_SC_PAGESIZE);
    if (vm->ring_page == 0 || (long)(vm->ring_page + 1) * page_size > vm->run_size)
        return;
    vm->ring = (void *)((uint8_t *)vcpu->run + vm->ring_page * (size_t)page_size);
    vm->ring_entries =
        ((unsigned)page_size - sizeof *vm->ring) / sizeof vm->ring->coalesced_mmio[0];
}

int vcpu_create(struct vcpu *vcpu, struct vm *vm, const struct vcpu_ops *ops, void *context)
{
    *vcpu = (struct vcpu){.vm = vm, .fd = -1, .ops = ops, .context = context};
    vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, 0);
    if (vcpu->fd < 0)
        return host_failure("KVM_CREATE_VCPU: %s", strerror(errno));
    vcpu->run = mmap(NULL, (size_t)vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
    if (vcpu->run == MAP_FAILED) {
        vcpu->run = NULL;
        return host_failure("mapping the vCPU: %s", strerror(errno));
    }
    map_coalesced_ring(vcpu);
    int status = set_cpuid(vcpu);
    if (status)
        return status;
    vcpu->reset_state = calloc(1, sizeof *vcpu->reset_state);
    if (vcpu->reset_state == NULL)
        return host_failure("out of memory");
    status = reset_state_take(vcpu->reset_state, vm->kvm, vm->fd, vcpu->fd);
    if (status)
        return status;
    struct sigaction action = {.sa_handler = on_kick};
    sigaction(KICK_SIGNAL, &action, NULL);
    return 0;
}

bool vcpu_stop(struct vcpu *vcpu, enum stop_reason reason, uint64_t value)
{
    int expected = STOP_NONE;
    if (!atomic_compare_exchange_strong(&vcpu->stop, &expected, reason))
        return false;
    vcpu->stop_value = value;
    vcpu_kick(vcpu);
    return true;
}

void vcpu_kick(struct vcpu *vcpu)
{
    /* immediate_exit covers the moment before KVM_RUN, the signal the time in it. */
    __atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    if (vcpu->started && !pthread_equal(pthread_self(), vcpu->thread) && !atomic_load(&vcpu->ended))
        pthread_kill(vcpu->thread, KICK_SIGNAL);
}

void vcpu_check_halted(struct vcpu *vcpu)
{
    atomic_store(&vcpu->check_halted, true);
    vcpu_kick(vcpu);
}

static void look_whether_halted(struct vcpu *vcpu)
{
    struct kvm_mp_state state;
    if (ioctl(vcpu->fd, KVM_GET_MP_STATE, &state) < 0)
        return;
    /* A vCPU that sent itself an INIT waits for a start-up interrupt that nobody can send. */
    bool halted = (state.mp_state == KVM_MP_STATE_HALTED && !vcpu->run->if_flag) ||
                  state.mp_state == KVM_MP_STATE_INIT_RECEIVED ||
                  state.mp_state == KVM_MP_STATE_UNINITIALIZED;
    vcpu->halted_ticks = halted ? vcpu->halted_ticks + 1 : 0;
    if (vcpu->halted_ticks >= 2)
        vcpu_stop(vcpu, STOP_HALTED, 0);
}

/* Finishes the instruction whose exit was handled last, without running on. An access that crosses a
 * page is two exits: the second one gets ones, since nobody will see what it reads. */
static void complete_exit(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    for (unsigned i = 0; i < COMPLETIONS_MAX; i++) {
        if (run->exit_reason != KVM_EXIT_MMIO && run->exit_reason != KVM_EXIT_IO)
            return;
        if (i > 0 && run->exit_reason == KVM_EXIT_MMIO)
            memset(run->mmio.data, 0xff, sizeof run->mmio.data);
        __atomic_store_n(&run->immediate_exit, 1, __ATOMIC_SEQ_CST);
        if (ioctl(vcpu->fd, KVM_RUN, 0) < 0)
            return;
    }
}

static void reset_vcpu(struct vcpu *vcpu)
{
    if (reset_state_restore(vcpu->reset_state, vcpu->vm->fd, vcpu->fd) != 0)
        vcpu_stop(vcpu, STOP_HOST, 0);
}

static void handle_exit(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    if (run->exit_reason != KVM_EXIT_IO && run->exit_reason != KVM_EXIT_MMIO)
        vcpu->ops->other(vcpu->context, run->exit_reason);
    switch (run->exit_reason) {
    case KVM_EXIT_IO:
        vcpu->ops->access(
            vcpu->context, run->io.direction == KVM_EXIT_IO_OUT ? EXIT_PIO_WRITE : EXIT_PIO_READ,
            run->io.port, run->io.size, run->io.count, (uint8_t *)run + run->io.data_offset);
        break;
    case KVM_EXIT_MMIO:
        vcpu->ops->access(vcpu->context, run->mmio.is_write ? EXIT_MMIO_WRITE : EXIT_MMIO_READ,
                          run->mmio.phys_addr, run->mmio.len, 1, run->mmio.data);
        break;
    case KVM_EXIT_HYPERCALL:
        /* MAP_GPA_RANGE, and only where vm_take_hypercalls() asked for it: no memory here is private, so
         * there is nothing to change. */
        vcpu->hypercalls++;
        run->hypercall.ret = 0;
        break;
    case KVM_EXIT_SHUTDOWN:
        vcpu_stop(vcpu, STOP_TRIPLE_FAULT, 0);
        break;
    case KVM_EXIT_INTERNAL_ERROR:
        vcpu_stop(vcpu, STOP_KVM_INTERNAL, run->internal.suberror);
        break;
    case KVM_EXIT_FAIL_ENTRY:
        vcpu_stop(vcpu, STOP_KVM_INTERNAL, run->fail_entry.hardware_entry_failure_reason);
        break;
    case KVM_EXIT_INTR:
    case KVM_EXIT_IRQ_WINDOW_OPEN:
        break;
    default:
        host_failure("KVM exit reason %u, which nothing here asks for", run->exit_reason);
        vcpu_stop(vcpu, STOP_HOST, run->exit_reason);
    }
}

static void look_at_flags(struct vcpu *vcpu)
{
    /* Cleared first: whoever sets a flag after this sets immediate_exit after it too. */
    __atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
    if (atomic_exchange(&vcpu->check_halted, false))
        look_whether_halted(vcpu);
    if (atomic_exchange(&vcpu->reset_wanted, false)) {
        complete_exit(vcpu);
        /* The devices first: what they still had under way may raise interrupts until they are quiet, and
         * the controllers must not keep one of before the reset. */
        vcpu->ops->reset(vcpu->context);
        reset_vcpu(vcpu);
        __atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
    }
}

static void *vcpu_thread(void *argument)
{
    struct vcpu *vcpu = argument;
    while (atomic_load(&vcpu->stop) == STOP_NONE) {
        int result = ioctl(vcpu->fd, KVM_RUN, 0);
        int error = errno;
        vcpu->ops->enter(vcpu->context);
        if (result < 0 && error != EINTR && error != EAGAIN) {
            host_failure("KVM_RUN: %s", strerror(error));
            vcpu_stop(vcpu, STOP_HOST, 0);
        } else if (result == 0) {
            handle_exit(vcpu);
        } else {
            vcpu->ops->other(vcpu->context, KVM_EXIT_INTR);
        }
        vcpu->ops->leave(vcpu->context);
        if (__atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_SEQ_CST) ||
            atomic_load(&vcpu->reset_wanted))
            look_at_flags(vcpu);
    }
    complete_exit(vcpu);
    vcpu->ops->enter(vcpu->context);
    vcpu->ops->leave(vcpu->context);
    vcpu->have_registers = ioctl(vcpu->fd, KVM_GET_REGS, &vcpu->regs) == 0 &&
                           ioctl(vcpu->fd, KVM_GET_SREGS, &vcpu->sregs) == 0;
    atomic_store(&vcpu->ended, true);
    vcpu->ops->stopped(vcpu->context);
    return NULL;
}

int vcpu_start(struct vcpu *vcpu)
{
    int error = signals_start_thread(&vcpu->thread, vcpu_thread, vcpu, KICK_SIGNAL);
    if (error)
        return host_failure("starting the vCPU's thread: %s", strerror(error));
    vcpu->started = true;
    return 0;
}

void vcpu_destroy(struct vcpu *vcpu)
{
    if (vcpu->run != NULL)
        munmap(vcpu->run, (size_t)vcpu->vm->run_size);
    if (vcpu->fd >= 0)
        close(vcpu->fd);
    free(vcpu->reset_state);
    vcpu->reset_state = NULL;
    vcpu->run = NULL;
    vcpu->fd = -1;
}

#define CR0_PE 0x1u
#define EFER_LMA 0x400u
#define RFLAGS_VM 0x20000u

static enum trace_mode mode_of(const struct kvm_sregs *sregs, const struct kvm_regs *regs)
{
    if (!(sregs->cr0 & CR0_PE))
        return TRACE_MODE_REAL16;
    if (sregs->efer & EFER_LMA)
        return sregs->cs.l    ? TRACE_MODE_LONG64
               : sregs->cs.db ? TRACE_MODE_COMPAT32
                              : TRACE_MODE_COMPAT16;
    if (regs->rflags & RFLAGS_VM)
        return TRACE_MODE_VM86;
    return sregs->cs.db ? TRACE_MODE_PROT32 : TRACE_MODE_PROT16;
}

const char *vcpu_mode(const struct kvm_sregs *sregs, const struct kvm_regs *regs)
{
    return trace_mode_name(mode_of(sregs, regs));
}

#define SYNCED (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS)

void vcpu_sync_registers(struct vcpu *vcpu)
{
    int can = ioctl(vcpu->vm->kvm, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS);
    if (can > 0 && (can & SYNCED) == SYNCED)
        vcpu->run->kvm_valid_regs = SYNCED;
}

enum trace_mode vcpu_place(struct vcpu *vcpu, uint64_t *rip)
{
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    const struct kvm_regs *r = &vcpu->run->s.regs.regs;
    const struct kvm_sregs *s = &vcpu->run->s.regs.sregs;
    if (vcpu->run->kvm_valid_regs != SYNCED) {
        if (ioctl(vcpu->fd, KVM_GET_REGS, &regs) < 0 || ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
            return TRACE_MODE_UNKNOWN;
        r = &regs;
        s = &sregs;
    }
    enum trace_mode mode = mode_of(s, r);
    *rip = mode == TRACE_MODE_LONG64 ? r->rip : s->cs.base + r->rip;
    return mode;
}

void vcpu_registers_line(const struct vcpu *vcpu, char *line, size_t size)
{
    const struct kvm_regs *r = &vcpu->regs;
    const struct kvm_sregs *s = &vcpu->sregs;
    if (!vcpu->have_registers) {
        snprintf(line, size, "registers unknown, the vCPU is stuck in the host's I/O");
        return;
    }
    snprintf(
        line, size,
        "mode=%s cs=%04x:%llx rip=%llx rflags=%llx ss=%04x rsp=%llx rbp=%llx rax=%llx rbx=%llx "
        "rcx=%llx rdx=%llx rsi=%llx rdi=%llx r8=%llx r9=%llx r10=%llx r11=%llx r12=%llx "
        "r13=%llx r14=%llx r15=%llx cr0=%llx cr2=%llx cr3=%llx cr4=%llx efer=%llx",
        vcpu_mode(s, r), s->cs.selector, s->cs.base, r->rip, r->rflags, s->ss.selector, r->rsp,
        r->rbp, r->rax, r->rbx, r->rcx, r->rdx, r->rsi, r->rdi, r->r8, r->r9, r->r10, r->r11,
        r->r12, r->r13, r->r14, r->r15, s->cr0, s->cr2, s->cr3, s->cr4, s->efer);
}
