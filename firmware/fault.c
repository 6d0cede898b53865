/* SPDX-License-Identifier: MIT */
/* The faults of the test command `fault=`. */
#include "fault.h"

#include "cpu.h"
#include "paging.h"

/* Addresses that nothing maps, and that no page table could map */
#define ADDRESS_UNMAPPED (PAGING_LIMIT - 0x1000)
#define ADDRESS_NOT_CANONICAL 0x8000000000000000ull

static void load_from(uint64_t address)
{
    uint64_t value;
    __asm__ volatile("movq (%1), %0" : "=r"(value) : "r"(address) : "memory");
}

static void divide_by_zero(void)
{
    uint32_t quotient = 1, remainder = 0;
    __asm__ volatile("divl %2" : "+a"(quotient), "+d"(remainder) : "r"(0) : "cc");
}

static void triple_fault(void)
{
    static const uint8_t empty_table[10]; /* limit and base, as LIDT takes them */
    __asm__ volatile("lidt %0; ud2" : : "m"(empty_table));
}

void fault_provoke(enum fault_kind kind)
{
    switch (kind) {
    case FAULT_UD:
        __asm__ volatile("ud2");
        break;
    case FAULT_PF:
        load_from(ADDRESS_UNMAPPED);
        break;
    case FAULT_DE:
        divide_by_zero();
        break;
    case FAULT_GP:
        load_from(ADDRESS_NOT_CANONICAL);
        break;
    case FAULT_TRIPLE:
        triple_fault();
        break;
    case FAULT_HALT:
        cpu_halt_forever();
    case FAULT_SPIN:
        for (;;)
            __asm__ volatile("pause");
    case FAULT_NONE:
    case FAULT_LOST_IRQ: /* these two are interrupts.c's */
    case FAULT_STUCK_IRQ:
    case FAULT_COUNT:
        break;
    }
}
