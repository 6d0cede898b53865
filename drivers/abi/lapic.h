/* SPDX-License-Identifier: MIT */
/* The local APIC in xAPIC mode (Intel SDM volume 3, chapter 11): registers as offsets from its
 * base. */
#ifndef ABI_LAPIC_H
#define ABI_LAPIC_H

#define MSR_APIC_BASE 0x1b
#define MSR_APIC_BASE_X2APIC 0x400
#define MSR_APIC_BASE_ENABLE 0x800
#define MSR_APIC_BASE_ADDRESS 0xfffff000

#define LAPIC_BYTES 0x1000

#define LAPIC_ID 0x20
#define LAPIC_ID_SHIFT 24
#define LAPIC_VERSION 0x30
#define LAPIC_TASK_PRIORITY 0x80
#define LAPIC_EOI 0xb0
#define LAPIC_SPURIOUS 0xf0
#define LAPIC_SPURIOUS_ENABLE 0x100
#define LAPIC_SPURIOUS_RESET 0xff /* as after power-on: off, and the vector 255 */
#define LAPIC_IN_SERVICE 0x100    /* eight registers of 32 vectors each */
#define LAPIC_REGISTER_STRIDE 0x10
#define LAPIC_LVT_TIMER 0x320
#define LAPIC_LVT_LINT0 0x350
#define LAPIC_LVT_ERROR 0x370
#define LAPIC_TIMER_INITIAL 0x380
#define LAPIC_TIMER_CURRENT 0x390
#define LAPIC_TIMER_DIVIDE 0x3e0

/* Local vector table: bits 7:0 are the vector */
#define LAPIC_LVT_EXTINT 0x00700 /* delivery mode: an 8259 gives the vector */
#define LAPIC_LVT_MASKED 0x10000
#define LAPIC_LVT_PERIODIC 0x20000

#define LAPIC_TIMER_DIVIDE_BY_16 0x3

/* Messages (section 11.11): physical destination; data = vector, fixed delivery, edge */
#define MESSAGE_BASE 0xfee00000
#define MESSAGE_DESTINATION_SHIFT 12

#endif
