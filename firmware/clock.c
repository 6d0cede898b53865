/* SPDX-License-Identifier: MIT */
/* Time from the TSC, whose frequency CPUID names or the PIT measures. Nothing runs until asked. */
#include "clock.h"

#include "abi/machine.h"
#include "cpu.h"
#include "io.h"
#include "platform.h"

#include <stdbool.h>

#define NANOSECONDS 1000000000ull

/* CPUID: hypervisors name their leaves' range at 40000000 and, some of them, the TSC's kHz in EAX of
 * 40000010; leaf 15 gives the TSC as EBX/EAX times the crystal, in ECX hertz where it is known. */
#define CPUID_FEATURES 1
#define CPUID_FEATURES_ECX_HYPERVISOR (1u << 31)
#define CPUID_TSC_CRYSTAL 0x15
#define CPUID_HYPERVISOR 0x40000000
#define CPUID_HYPERVISOR_TSC_KHZ 0x40000010

#define PIT_MEASURE_TICKS (PIT_HZ / 500) /* 2 ms */
#define PIT_MEASURE_READS 200000         /* a PIT that is not there never ends its count */
#define TSC_HZ_GUESS 2000000000ull       /* where nothing tells: limits hold within a factor */

static uint64_t tsc_hz;

static uint64_t hz_from_hypervisor(void)
{
    if (!(cpu_id(CPUID_FEATURES).ecx & CPUID_FEATURES_ECX_HYPERVISOR))
        return 0;
    if (cpu_id(CPUID_HYPERVISOR).eax < CPUID_HYPERVISOR_TSC_KHZ)
        return 0;
    return cpu_id(CPUID_HYPERVISOR_TSC_KHZ).eax * 1000ull;
}

static uint64_t hz_from_crystal(void)
{
    if (cpu_id(0).eax < CPUID_TSC_CRYSTAL)
        return 0;
    struct cpuid crystal = cpu_id(CPUID_TSC_CRYSTAL);
    return crystal.eax ? (uint64_t)crystal.ecx * crystal.ebx / crystal.eax : 0;
}

static uint64_t hz_from_pit(void)
{
    uint8_t gate = in8(PORT_SYSTEM_CONTROL_B);
    gate = (uint8_t)((gate & ~SYSTEM_CONTROL_B_SPEAKER) | SYSTEM_CONTROL_B_GATE2);
    out8(PORT_SYSTEM_CONTROL_B, gate);
    out8(PORT_PIT_COMMAND, PIT_COMMAND_CHANNEL2_MODE0);
    if (in8(PORT_SYSTEM_CONTROL_B) & SYSTEM_CONTROL_B_OUT2)
        return 0; /* this mode begins with the output low: nobody drives it */
    out8(PORT_PIT_CHANNEL2, PIT_MEASURE_TICKS & 0xff);
    out8(PORT_PIT_CHANNEL2, PIT_MEASURE_TICKS >> 8);

    uint64_t start = cpu_tsc();
    bool ended = false;
    for (unsigned reads = 0; !ended && reads < PIT_MEASURE_READS; reads++)
        ended = in8(PORT_SYSTEM_CONTROL_B) & SYSTEM_CONTROL_B_OUT2;
    uint64_t ticks = cpu_tsc() - start;
    return ended ? ticks * PIT_HZ / PIT_MEASURE_TICKS : 0;
}

uint64_t clock_tsc_hz(void)
{
    if (!tsc_hz)
        tsc_hz = hz_from_hypervisor();
    if (!tsc_hz)
        tsc_hz = hz_from_crystal();
    if (!tsc_hz)
        tsc_hz = hz_from_pit();
    if (!tsc_hz)
        tsc_hz = TSC_HZ_GUESS;
    return tsc_hz;
}

uint64_t platform_now(void)
{
    uint64_t hz = clock_tsc_hz();
    uint64_t tsc = cpu_tsc();
    /* in two parts, so that the product stays within 64 bits; good for 584 years */
    return tsc / hz * NANOSECONDS + tsc % hz * NANOSECONDS / hz;
}
