/* SPDX-License-Identifier: MIT */
/* msr, cpuid. A register that the CPU does not have faults: the monitor says so and goes on. */
#include "command.h"

#include "console.h"
#include "cpu.h"

void command_msr(const struct shell_call *call)
{
    uint64_t index, value;
    if (!shell_number(call, 0, "index", UINT32_MAX, &index))
        return;
    if (call->count == 1) {
        shell_say_value(index, cpu_msr((uint32_t)index), sizeof(value));
        return;
    }
    if (shell_number(call, 1, "value", UINT64_MAX, &value))
        cpu_set_msr((uint32_t)index, value);
}

void command_cpuid(const struct shell_call *call)
{
    uint64_t leaf, subleaf = 0;
    if (!shell_number(call, 0, "leaf", UINT32_MAX, &leaf) ||
        (call->count > 1 && !shell_number(call, 1, "subleaf", UINT32_MAX, &subleaf)))
        return;
    struct cpuid r = cpu_id_sub((uint32_t)leaf, (uint32_t)subleaf);
    console_printf("eax 0x%08x ebx 0x%08x ecx 0x%08x edx 0x%08x\n", r.eax, r.ebx, r.ecx, r.edx);
}
