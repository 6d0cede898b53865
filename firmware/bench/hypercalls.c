/* SPDX-License-Identifier: MIT */
/* KVM's hypercalls: those that the host has tried before, because elsewhere they may never return. */
#include "abi/fw_cfg.h"
#include "cpu.h"
#include "errors.h"
#include "fw_cfg.h"
#include "measure.h"
#include "memory.h"

#include "abi/kvm_hypercall.h"

#include <stddef.h>

#define VENDOR_INTEL_EBX 0x756e6547 /* "Genu": VMCALL; everybody else has VMMCALL */

#define OPERATION __attribute__((always_inline)) static inline void

static bool has_vmcall(void)
{
    return cpu_id(0).ebx == VENDOR_INTEL_EBX;
}

/* The call with three arguments; what it returns is not looked at: the host has seen that it works. */
OPERATION call(uint64_t vmcall, uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2)
{
    if (vmcall)
        __asm__ volatile("vmcall" : "+a"(number) : "b"(a0), "c"(a1), "d"(a2) : "memory");
    else
        __asm__ volatile("vmmcall" : "+a"(number) : "b"(a0), "c"(a1), "d"(a2) : "memory");
}

OPERATION poll_irq(uint64_t vmcall, uint64_t buffer)
{
    (void)buffer;
    call(vmcall, KVM_HYPERCALL_VAPIC_POLL_IRQ, 0, 0, 0);
}

OPERATION kick_cpu(uint64_t vmcall, uint64_t buffer)
{
    (void)buffer;
    call(vmcall, KVM_HYPERCALL_KICK_CPU, 0, 0, 0); /* this CPU, which is awake */
}

OPERATION clock_pairing(uint64_t vmcall, uint64_t buffer)
{
    call(vmcall, KVM_HYPERCALL_CLOCK_PAIRING, buffer, KVM_HYPERCALL_CLOCK_WALL, 0);
}

OPERATION map_gpa_range(uint64_t vmcall, uint64_t buffer)
{
    call(vmcall, KVM_HYPERCALL_MAP_GPA_RANGE, buffer, 1, KVM_HYPERCALL_MAP_DECRYPTED);
}

int bench_hypercalls(struct bench *bench)
{
    static const char *const name = FW_CFG_FILE_HYPERCALLS;
    struct fw_cfg_file file;
    uint64_t answering = 0, buffer = (uintptr_t)memory_alloc(4096, 4096);
    uint64_t vmcall = has_vmcall();
    if (!buffer)
        return ERR_NO_MEMORY;
    if (fw_cfg_find(&name, &file, 1) == 1)
        fw_cfg_read(file.key, &answering, sizeof(answering));
    if (answering >> KVM_HYPERCALL_VAPIC_POLL_IRQ & 1)
        bench_sample(bench, "hypercall VAPIC_POLL_IRQ", NULL, poll_irq, vmcall, buffer);
    if (answering >> KVM_HYPERCALL_KICK_CPU & 1)
        bench_sample(bench, "hypercall KICK_CPU", NULL, kick_cpu, vmcall, buffer);
    if (answering >> KVM_HYPERCALL_CLOCK_PAIRING & 1)
        bench_sample(bench, "hypercall CLOCK_PAIRING", NULL, clock_pairing, vmcall, buffer);
    if (answering >> KVM_HYPERCALL_MAP_GPA_RANGE & 1)
        bench_sample(bench, "hypercall MAP_GPA_RANGE", NULL, map_gpa_range, vmcall, buffer);
    return ERR_OK;
}
