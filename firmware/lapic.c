/* SPDX-License-Identifier: MIT */
/* The local APIC, by its memory-mapped registers (xAPIC). */
#include "lapic.h"

#include "abi/lapic.h"
#include "cpu.h"
#include "errors.h"
#include "io.h"
#include "memory.h"
#include "platform.h"

#define CPUID_FEATURES 1
#define CPUID_FEATURES_EDX_APIC (1u << 9)
#define MEASURE_NS 1000000u
#define NS_PER_MS 1000000u

static uint64_t base; /* 0: not used */

static uint32_t read(unsigned reg)
{
    return mmio_read32(base + reg);
}

static void write(unsigned reg, uint32_t value)
{
    mmio_write32(base + reg, value);
}

int lapic_enable(uint8_t spurious_vector, bool pic)
{
    if (!(cpu_id(CPUID_FEATURES).edx & CPUID_FEATURES_EDX_APIC))
        return ERR_ABSENT;
    uint64_t msr = cpu_msr(MSR_APIC_BASE);
    if (!(msr & MSR_APIC_BASE_ENABLE))
        return ERR_ABSENT;
    if (msr & MSR_APIC_BASE_X2APIC)
        return ERR_UNSUPPORTED;
    int error = memory_map(msr & MSR_APIC_BASE_ADDRESS, LAPIC_BYTES);
    if (error)
        return error;
    base = msr & MSR_APIC_BASE_ADDRESS;
    /* First: while the APIC is off, whatever is written to the vector table stays masked. */
    write(LAPIC_SPURIOUS, LAPIC_SPURIOUS_ENABLE | spurious_vector);
    write(LAPIC_TASK_PRIORITY, 0);
    write(LAPIC_LVT_TIMER, LAPIC_LVT_MASKED);
    write(LAPIC_LVT_ERROR, LAPIC_LVT_MASKED);
    write(LAPIC_LVT_LINT0, pic ? LAPIC_LVT_EXTINT : LAPIC_LVT_MASKED);
    return ERR_OK;
}

void lapic_disable(void)
{
    write(LAPIC_LVT_TIMER, LAPIC_LVT_MASKED);
    write(LAPIC_LVT_LINT0, LAPIC_LVT_MASKED);
    write(LAPIC_SPURIOUS, LAPIC_SPURIOUS_RESET);
}

/* The timer's input is the bus clock or whatever a hypervisor has for one: measured, against the
 * TSC. */
bool lapic_start_timer(uint8_t vector, unsigned milliseconds)
{
    write(LAPIC_TIMER_DIVIDE, LAPIC_TIMER_DIVIDE_BY_16);
    uint64_t start = platform_now(), now;
    write(LAPIC_TIMER_INITIAL, UINT32_MAX);
    do
        now = platform_now();
    while (now - start < MEASURE_NS);
    uint64_t ticks = UINT32_MAX - read(LAPIC_TIMER_CURRENT);
    uint64_t period = ticks * milliseconds * NS_PER_MS / (now - start);
    if (period == 0 || period > UINT32_MAX)
        return false;
    write(LAPIC_LVT_TIMER, LAPIC_LVT_PERIODIC | vector);
    write(LAPIC_TIMER_INITIAL, (uint32_t)period);
    return true;
}

uint32_t lapic_id(void)
{
    return read(LAPIC_ID) >> LAPIC_ID_SHIFT;
}

bool lapic_in_service(unsigned vector)
{
    return read(LAPIC_IN_SERVICE + vector / 32 * LAPIC_REGISTER_STRIDE) >> vector % 32 & 1;
}

void lapic_end(void)
{
    write(LAPIC_EOI, 0);
}
