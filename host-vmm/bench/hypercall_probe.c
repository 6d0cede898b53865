/* SPDX-License-Identifier: MIT */
/* The throwaway VM: a page of memory, a hypercall in real mode, and a port write that says it came back. */
#include "hypercall_probe.h"

#include "deadline.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/kvm_hypercall.h"

#define LIMIT_MS 1000
#define STEP_NS 1000000
#define RAM_SIZE 0x10000
#define CODE 0x1000
#define BUFFER 0x2000
#define DONE_PORT 0x80
#define EXIT_ON_MAP_GPA_RANGE (1u << KVM_HYPERCALL_MAP_GPA_RANGE)

/* What a child has to say, in shared memory. */
struct answer {
    volatile bool returned, in_user_space;
    volatile int64_t result;
    volatile int error; /* errno of what it could not set up */
};

static const struct hypercall known[HYPERCALLS] = {
    {.name = "VAPIC_POLL_IRQ", .number = KVM_HYPERCALL_VAPIC_POLL_IRQ},
    {.name = "KICK_CPU", .number = KVM_HYPERCALL_KICK_CPU},
    {.name = "CLOCK_PAIRING", .number = KVM_HYPERCALL_CLOCK_PAIRING},
    {.name = "MAP_GPA_RANGE", .number = KVM_HYPERCALL_MAP_GPA_RANGE},
};

struct small_vm {
    int kvm, vm, vcpu;
    struct kvm_run *run;
    uint8_t *ram;
};

static bool make_vm(struct small_vm *v)
{
    v->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    v->vm = v->kvm < 0 ? -1 : ioctl(v->kvm, KVM_CREATE_VM, 0);
    if (v->vm < 0 || ioctl(v->vm, KVM_CREATE_IRQCHIP, 0) < 0)
        return false;
    struct kvm_enable_cap exits = {.cap = KVM_CAP_EXIT_HYPERCALL, .args[0] = EXIT_ON_MAP_GPA_RANGE};
    (void)ioctl(v->vm, KVM_ENABLE_CAP, &exits); /* without it that one call does not answer */
    v->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct kvm_userspace_memory_region slot = {.memory_size = RAM_SIZE,
                                               .userspace_addr = (uintptr_t)v->ram};
    if (v->ram == MAP_FAILED || ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &slot) < 0)
        return false;
    v->vcpu = ioctl(v->vm, KVM_CREATE_VCPU, 0);
    int size = v->vcpu < 0 ? -1 : ioctl(v->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (size < 0)
        return false;
    v->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, v->vcpu, 0);
    struct kvm_sregs sregs;
    if (v->run == MAP_FAILED || ioctl(v->vcpu, KVM_GET_SREGS, &sregs) < 0)
        return false;
    sregs.cs.base = sregs.cs.selector = 0;
    return ioctl(v->vcpu, KVM_SET_SREGS, &sregs) == 0;
}

static void write_code(uint8_t *code)
{
    static const uint8_t vmcall[] = {0x0f, 0x01, 0xc1}, vmmcall[] = {0x0f, 0x01, 0xd9};
    static const uint8_t then[] = {0xe6, DONE_PORT, 0xf4}; /* out DONE_PORT, al; hlt */
    unsigned a, b, c, d;
    bool intel = __get_cpuid(0, &a, &b, &c, &d) && b == signature_INTEL_ebx;
    memcpy(code, intel ? vmcall : vmmcall, sizeof vmcall);
    memcpy(code + sizeof vmcall, then, sizeof then);
}

static void try_call(struct small_vm *v, struct answer *answer, unsigned number)
{
    struct kvm_regs regs = {.rip = CODE, .rflags = 2, .rax = number};
    if (number == KVM_HYPERCALL_CLOCK_PAIRING)
        regs.rbx = BUFFER;
    if (number == KVM_HYPERCALL_MAP_GPA_RANGE) {
        regs.rbx = BUFFER;
        regs.rcx = 1;
    }
    if (ioctl(v->vcpu, KVM_SET_REGS, &regs) < 0) {
        answer->error = errno;
        return;
    }
    for (unsigned exits = 0; exits < 2; exits++) {
        if (ioctl(v->vcpu, KVM_RUN, 0) < 0)
            return;
        if (v->run->exit_reason != KVM_EXIT_HYPERCALL)
            break;
        answer->in_user_space = true;
        v->run->hypercall.ret = 0;
    }
    if (v->run->exit_reason != KVM_EXIT_IO || ioctl(v->vcpu, KVM_GET_REGS, &regs) < 0)
        return;
    /* In real mode a call returns 32 bits. */
    answer->result = (int32_t)regs.rax;
    answer->returned = true;
}

static _Noreturn void child(struct answer *answer, unsigned number)
{
    struct small_vm v;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!make_vm(&v)) {
        answer->error = errno ? errno : EIO;
        _exit(1);
    }
    write_code(v.ram + CODE);
    try_call(&v, answer, number);
    _exit(0);
}

/* Takes back those that have ended, until all have or the limit is over; those are then no pid any more. */
static void wait_for(pid_t pids[HYPERCALLS])
{
    const struct timespec step = {.tv_nsec = STEP_NS};
    double end = deadline_now() + LIMIT_MS / 1000.0;
    bool all;
    do {
        all = true;
        for (unsigned i = 0; i < HYPERCALLS; i++) {
            if (pids[i] > 0 && waitpid(pids[i], NULL, WNOHANG) != 0)
                pids[i] = 0;
            all &= pids[i] <= 0;
        }
        if (!all)
            nanosleep(&step, NULL);
    } while (!all && deadline_now() < end);
}

static void judge(struct hypercall_probe *probe, const struct answer *answer, bool ended,
                  unsigned i)
{
    struct hypercall *call = &probe->hypercalls[i];
    char *why = call->why_not;
    size_t size = sizeof call->why_not;
    if (answer->error)
        snprintf(why, size, "the probe failed: %s", strerror(answer->error));
    else if (!answer->returned)
        snprintf(why, size, ended ? "ends the guest" : "does not return in %d ms", LIMIT_MS);
    else if (answer->result != 0)
        snprintf(why, size, "returns %lld", (long long)answer->result);
    else if (call->number == KVM_HYPERCALL_MAP_GPA_RANGE && !answer->in_user_space)
        snprintf(why, size, "does not come to user space");
    else
        probe->answering |= 1ull << call->number;
}

/* All at once: one that hangs takes no time from the others, and hides none. */
static void try_all(struct hypercall_probe *probe, struct answer *answers)
{
    pid_t pids[HYPERCALLS];
    fflush(NULL);
    for (unsigned i = 0; i < HYPERCALLS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            child(&answers[i], known[i].number);
        if (pids[i] < 0)
            answers[i].error = errno;
    }
    wait_for(pids);
    for (unsigned i = 0; i < HYPERCALLS; i++) {
        judge(probe, &answers[i], pids[i] <= 0, i);
        if (pids[i] > 0)
            kill(pids[i], SIGKILL);
    }
    wait_for(pids); /* they end as soon as the kernel lets them: nobody waits longer for that */
}

void hypercall_probe_run(struct hypercall_probe *probe)
{
    *probe = (struct hypercall_probe){0};
    memcpy(probe->hypercalls, known, sizeof known);
    size_t size = HYPERCALLS * sizeof(struct answer);
    struct answer *answers =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 0; answers == MAP_FAILED && i < HYPERCALLS; i++)
        snprintf(probe->hypercalls[i].why_not, sizeof probe->hypercalls[i].why_not,
                 "the probe failed: no memory");
    if (answers == MAP_FAILED)
        return;
    try_all(probe, answers);
    munmap(answers, size);
}
