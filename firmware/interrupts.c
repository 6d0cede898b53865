/* SPDX-License-Identifier: MIT */
/*
 * Vectors, and who gets what is raised on them. The CPU takes interrupts in platform_sleep() only:
 * one that ends the halt and turns interrupts off again. Should one come before the halt, they stay
 * on, so that the next one, at most a tick away, ends it. The controllers are lapic.c's, ioapic.c's
 * and pic.c's.
 *
 *   0x20        the tick, lowest in priority
 *   0x21-0x2e   messages, in the order in which drivers ask
 *   0x2f        spurious, as the local APIC calls it
 *   0x30-0x3f   lines: 0x30 + line % 16
 */
#include "interrupts.h"

#include "abi/lapic.h"
#include "cpu.h"
#include "errors.h"
#include "interrupt.h"
#include "io.h"
#include "ioapic.h"
#include "lapic.h"
#include "noinit.h"
#include "pic.h"
#include "platform.h"

#include <stddef.h>
#include <string.h>

#define VECTOR_FIRST 32 /* interrupt_entry.asm has them too */
#define VECTOR_END 64
#define VECTOR_TICK 0x20
#define VECTOR_MESSAGE 0x21
#define VECTOR_SPURIOUS 0x2f
#define VECTOR_LINE 0x30
#define LINE_VECTORS (VECTOR_END - VECTOR_LINE)
#define ENTRY_BYTES 8

#define NOBODY 0xfe /* the number of no APIC here */

#define IDT_GATES 256
#define INTERRUPT_GATE 0x8e00 /* present, DPL 0, 64-bit interrupt gate */

struct gate { /* Intel SDM volume 3, section 6.14.1 */
    uint16_t offset_low, selector, type, offset_middle;
    uint32_t offset_high, reserved;
};

/* interrupt_entry.asm */
extern const uint8_t interrupt_entries[];
void interrupt_sleep(void);

static enum irq_kind running; /* IRQ_NONE: not, and nothing below holds anything */
static NOINIT enum fault_kind provoked;
static NOINIT struct interrupt *sources[VECTOR_END - VECTOR_FIRST];
static NOINIT unsigned lines[LINE_VECTORS]; /* which line a vector of theirs is for */
static NOINIT struct {
    unsigned devices, ticks;
    unsigned spurious; /* nobody's: no handler, or nothing in service */
    unsigned early;    /* came between STI and HLT, where none should */
} counts;
static NOINIT struct gate idt[IDT_GATES];

/* The exceptions' gates stay as the door made them. */
static void make_idt(void)
{
    memcpy(idt, (const void *)(uintptr_t)cpu_idt().base, VECTOR_FIRST * sizeof(struct gate));
    for (unsigned vector = VECTOR_FIRST; vector < IDT_GATES; vector++) {
        unsigned entry = (vector < VECTOR_END ? vector : VECTOR_END) - VECTOR_FIRST;
        uint64_t address = (uintptr_t)interrupt_entries + entry * ENTRY_BYTES;
        idt[vector] = (struct gate){.offset_low = (uint16_t)address,
                                    .selector = idt[0].selector,
                                    .type = INTERRUPT_GATE,
                                    .offset_middle = (uint16_t)(address >> 16),
                                    .offset_high = (uint32_t)(address >> 32)};
    }
    cpu_set_idt((struct cpu_idt){sizeof(idt) - 1, (uintptr_t)idt});
}

const char *interrupts_init(enum irq_kind kind, enum fault_kind fault)
{
    provoked = fault;
    memset(sources, 0, sizeof(sources));
    memset(&counts, 0, sizeof(counts));
    pic_mask_all();
    if (kind == IRQ_IOAPIC && !ioapic_init())
        return "no IO-APIC";
    if (kind == IRQ_PIC && !pic_init(VECTOR_LINE))
        return "no 8259";
    int error = lapic_enable(VECTOR_SPURIOUS, kind == IRQ_PIC);
    if (error)
        return error == ERR_UNSUPPORTED ? "local APIC in x2APIC mode" : "no local APIC";
    if (!lapic_start_timer(VECTOR_TICK, INTERRUPT_TICK_MS)) {
        lapic_disable();
        return "local APIC without a timer";
    }
    make_idt();
    running = kind;
    return NULL;
}

void interrupts_stop(void)
{
    if (running == IRQ_NONE)
        return;
    pic_mask_all();
    for (unsigned i = 0; i < LINE_VECTORS && running == IRQ_IOAPIC; i++) {
        if (sources[VECTOR_LINE - VECTOR_FIRST + i])
            ioapic_mask(lines[i]);
    }
    lapic_disable();
    running = IRQ_NONE;
}

void interrupts_end_run(void)
{
    if (running == IRQ_NONE)
        return;
    interrupts_stop();
    platform_log("interrupts: %u of devices, %u ticks, %u spurious, %u before the halt",
                 counts.devices, counts.ticks, counts.spurious, counts.early);
}

int platform_message_interrupt(struct interrupt *interrupt, struct interrupt_message *message)
{
    if (running == IRQ_NONE)
        return ERR_UNSUPPORTED;
    unsigned vector = VECTOR_MESSAGE;
    struct interrupt **source = &sources[VECTOR_MESSAGE - VECTOR_FIRST];
    while (*source && *source != interrupt) {
        if (++vector == VECTOR_SPURIOUS)
            return ERR_NO_SPACE;
        source++;
    }
    *source = interrupt;
    uint64_t destination = provoked == FAULT_LOST_IRQ ? NOBODY : lapic_id();
    *message = (struct interrupt_message){
        .address = MESSAGE_BASE | destination << MESSAGE_DESTINATION_SHIFT, .data = vector};
    return ERR_OK;
}

static bool connect(unsigned line, bool level, uint8_t vector)
{
    if (running == IRQ_PIC)
        return pic_unmask(line, level); /* its vectors are in order */
    return ioapic_route(line, level, vector, lapic_id());
}

int platform_line_interrupt(struct interrupt *interrupt, unsigned line, bool level)
{
    if (running == IRQ_NONE)
        return ERR_UNSUPPORTED;
    unsigned i = line % LINE_VECTORS;
    struct interrupt **source = &sources[VECTOR_LINE - VECTOR_FIRST + i];
    if (*source && (*source != interrupt || lines[i] != line))
        return ERR_NO_SPACE;
    if (provoked != FAULT_LOST_IRQ && !connect(line, level, (uint8_t)(VECTOR_LINE + i)))
        return ERR_UNSUPPORTED;
    lines[i] = line;
    *source = interrupt;
    return ERR_OK;
}

void platform_sleep(void)
{
    if (running == IRQ_NONE)
        cpu_pause();
    else
        interrupt_sleep();
}

/* The controller that raised vector wants to hear that it is over; false where none did. */
static bool end(unsigned vector)
{
    /* Only there the APIC has to be asked, which costs as much as ending. Vectors above 63 come as
     * one number, so that it could not be asked; but only the APIC raises them, and its spurious
     * one is not among them: they are in service, and without an end they would block all below. */
    bool ask = vector == VECTOR_SPURIOUS || (running == IRQ_PIC && vector >= VECTOR_LINE);
    if (vector == VECTOR_END || !ask || lapic_in_service(vector)) {
        lapic_end();
        return true;
    }
    return vector >= VECTOR_LINE && pic_end(vector - VECTOR_LINE);
}

void interrupt_dispatch(unsigned vector, bool halted)
{
    counts.early += !halted;
    struct interrupt *source = vector < VECTOR_END ? sources[vector - VECTOR_FIRST] : NULL;
    if (source) {
        source->count++;
        if (source->handler && provoked != FAULT_STUCK_IRQ)
            source->handler(source->context);
    }
    if (!end(vector) || (!source && vector != VECTOR_TICK))
        counts.spurious++;
    else if (source)
        counts.devices++;
    else
        counts.ticks++;
}
