/* SPDX-License-Identifier: MIT */
/* The few CPU instructions that the firmware needs and C does not have. Ports and MMIO: drivers/io.h. */
#ifndef FIRMWARE_CPU_H
#define FIRMWARE_CPU_H

#include <stdint.h>

static inline uint64_t cpu_tsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpu_id_sub(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

static inline struct cpuid cpu_id(uint32_t leaf)
{
    return cpu_id_sub(leaf, 0);
}

/* Model-specific registers: one that the CPU does not have faults (#GP). */
static inline uint64_t cpu_msr(uint32_t index)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index) : "memory");
    return (uint64_t)high << 32 | low;
}

static inline void cpu_set_msr(uint32_t index, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

#define CPUID_EXTENDED_MAX 0x80000000
#define CPUID_ADDRESS_SIZES 0x80000008
#define ADDRESS_BITS_DEFAULT 36 /* where no leaf says */

static inline unsigned cpu_physical_address_bits(void)
{
    if (cpu_id(CPUID_EXTENDED_MAX).eax < CPUID_ADDRESS_SIZES)
        return ADDRESS_BITS_DEFAULT;
    return cpu_id(CPUID_ADDRESS_SIZES).eax & 0xff;
}

static inline uint64_t cpu_cr0(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr0, %0" : "=r"(value));
    return value;
}

static inline uint64_t cpu_cr2(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr2, %0" : "=r"(value));
    return value;
}

static inline uint64_t cpu_cr3(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr3, %0" : "=r"(value));
    return value;
}

static inline uint64_t cpu_cr4(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr4, %0" : "=r"(value));
    return value;
}

/* The interrupt descriptor table, as LIDT and SIDT have it. */
struct cpu_idt {
    uint16_t limit; /* its last byte */
    uint64_t base;
} __attribute__((packed));

static inline struct cpu_idt cpu_idt(void)
{
    struct cpu_idt idt;
    __asm__ volatile("sidt %0" : "=m"(idt));
    return idt;
}

static inline void cpu_set_idt(struct cpu_idt idt)
{
    __asm__ volatile("lidt %0" : : "m"(idt) : "memory");
}

_Noreturn static inline void cpu_halt_forever(void)
{
    for (;;)
        __asm__ volatile("cli; hlt" : : : "memory");
}

#endif
