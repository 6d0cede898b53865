/* SPDX-License-Identifier: MIT */
/*
 * firmware/interrupts.c over controllers that are counters: who gets which vector, who is told that it is
 * over, and what becomes of interrupts that nobody asked for. The entry code and the controllers
 * themselves are for the boot tests.
 */
#include "test.h"

#include <stdbool.h>
#include <string.h>

/* Instead of cpu.h: instructions that a process may not execute. */
#define FIRMWARE_CPU_H
struct cpu_idt {
    uint16_t limit;
    uint64_t base;
};
static uint8_t door_idt[32 * 16];
static struct cpu_idt loaded;
static unsigned waits, pauses;

static struct cpu_idt cpu_idt(void)
{
    return (struct cpu_idt){sizeof(door_idt) - 1, (uintptr_t)door_idt};
}

static void cpu_set_idt(struct cpu_idt idt)
{
    loaded = idt;
}

static void interrupt_sleep(void)
{
    waits++;
}

/* The driver tests' platform has these already. */
#define platform_message_interrupt tested_message_interrupt
#define platform_line_interrupt tested_line_interrupt
#define platform_sleep tested_sleep

#include "firmware/interrupts.c"

#include "fake_io.h"
#include "fake_platform.h"

const uint8_t interrupt_entries[33 * ENTRY_BYTES];

static struct {
    bool no_ioapic, no_pic, no_timer;
    int lapic_error;
    bool lapic_on, pic_input;
    uint64_t in_service; /* bits of vectors 0 to 63, as the local APIC has them */
    unsigned lapic_ends, lapic_asks;
    unsigned pic_unmasked; /* bits of lines */
    bool pic_spurious;
    unsigned pic_ends[16];
    uint8_t routed[48]; /* vector; 0: masked */
    bool levels[48];
    unsigned masked_all;
} hw;

int lapic_enable(uint8_t spurious_vector, bool pic)
{
    assert_int_equal(spurious_vector, VECTOR_SPURIOUS);
    hw.lapic_on = !hw.lapic_error;
    hw.pic_input = pic;
    return hw.lapic_error;
}

void lapic_disable(void)
{
    hw.lapic_on = false;
}

bool lapic_start_timer(uint8_t vector, unsigned milliseconds)
{
    assert_int_equal(vector, VECTOR_TICK);
    assert_int_equal(milliseconds, 10);
    return !hw.no_timer;
}

uint32_t lapic_id(void)
{
    return 3;
}

bool lapic_in_service(unsigned vector)
{
    hw.lapic_asks++;
    return hw.in_service >> vector & 1;
}

void lapic_end(void)
{
    hw.lapic_ends++;
}

bool ioapic_init(void)
{
    return !hw.no_ioapic;
}

bool ioapic_route(unsigned line, bool level, uint8_t vector, uint32_t apic_id)
{
    assert_int_equal(apic_id, 3);
    if (line >= 48)
        return false;
    hw.routed[line] = vector;
    hw.levels[line] = level;
    return true;
}

void ioapic_mask(unsigned line)
{
    hw.routed[line] = 0;
}

void pic_mask_all(void)
{
    hw.pic_unmasked = 0;
    hw.masked_all++;
}

bool pic_init(uint8_t first)
{
    assert_int_equal(first, VECTOR_LINE);
    return !hw.no_pic;
}

bool pic_unmask(unsigned line, bool level)
{
    if (line >= 16)
        return false;
    hw.pic_unmasked |= 1u << line;
    hw.levels[line] = level;
    return true;
}

bool pic_end(unsigned line)
{
    hw.pic_ends[line]++;
    return !hw.pic_spurious;
}

static void count_pause(void *context)
{
    (void)context;
    pauses++;
}

static int setup(void **state)
{
    (void)state;
    memset(&hw, 0, sizeof(hw));
    running = IRQ_NONE;
    waits = pauses = 0;
    loaded = (struct cpu_idt){0};
    fake_platform_reset();
    fake_io_set(&(struct fake_io){.pause = count_pause});
    return 0;
}

static void on(enum irq_kind kind)
{
    assert_null(interrupts_init(kind, FAULT_NONE));
}

static void check_off(void)
{
    struct interrupt interrupt = {0};
    struct interrupt_message message;
    assert_int_equal(tested_message_interrupt(&interrupt, &message), ERR_UNSUPPORTED);
    assert_int_equal(tested_line_interrupt(&interrupt, 5, true), ERR_UNSUPPORTED);
    tested_sleep();
    assert_int_equal(pauses, 1);
    assert_int_equal(waits, 0);
}

static void off_means_polling(void **state)
{
    (void)state;
    check_off();
    interrupts_stop();
    interrupts_end_run();
    assert_int_equal(hw.masked_all, 0);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    hw.no_ioapic = true;
    assert_string_equal(interrupts_init(IRQ_IOAPIC, FAULT_NONE), "no IO-APIC");
    hw.no_pic = true;
    assert_string_equal(interrupts_init(IRQ_PIC, FAULT_NONE), "no 8259");
    hw.no_ioapic = hw.no_pic = false;
    hw.lapic_error = ERR_UNSUPPORTED;
    assert_string_equal(interrupts_init(IRQ_IOAPIC, FAULT_NONE), "local APIC in x2APIC mode");
    hw.lapic_error = ERR_ABSENT;
    assert_string_equal(interrupts_init(IRQ_IOAPIC, FAULT_NONE), "no local APIC");
    hw.lapic_error = 0;
    hw.no_timer = true;
    assert_string_equal(interrupts_init(IRQ_PIC, FAULT_NONE), "local APIC without a timer");
    assert_false(hw.lapic_on);
    assert_int_equal(loaded.base, 0);
    check_off();
}

static uint64_t gate_address(unsigned vector)
{
    const struct gate *gate = &((const struct gate *)(uintptr_t)loaded.base)[vector];
    return gate->offset_low | (uint64_t)gate->offset_middle << 16 |
           (uint64_t)gate->offset_high << 32;
}

static void idt_has_all_vectors(void **state)
{
    (void)state;
    memset(door_idt, 0x5a, sizeof(door_idt));
    on(IRQ_IOAPIC);
    assert_int_equal(loaded.limit, 256 * sizeof(struct gate) - 1);
    assert_memory_equal((const void *)(uintptr_t)loaded.base, door_idt, sizeof(door_idt));
    uint64_t entries = (uintptr_t)interrupt_entries;
    assert_true(gate_address(32) == entries);
    assert_true(gate_address(63) == entries + 31 * 8);
    for (unsigned vector = 64; vector < 256; vector++)
        assert_true(gate_address(vector) == entries + 32 * 8);
    const struct gate *gate = &((const struct gate *)(uintptr_t)loaded.base)[200];
    assert_int_equal(gate->type, INTERRUPT_GATE);
    assert_int_equal(gate->selector, 0x5a5a);
}

static void note(void *context)
{
    (*(unsigned *)context)++;
}

static void messages_have_vectors_of_their_own(void **state)
{
    (void)state;
    static struct interrupt interrupts[15];
    struct interrupt_message message;
    unsigned handled = 0;
    on(IRQ_IOAPIC);
    interrupts[1].handler = note;
    interrupts[1].context = &handled;
    for (unsigned i = 0; i < 14; i++) {
        assert_int_equal(tested_message_interrupt(&interrupts[i], &message), ERR_OK);
        assert_true(message.address == 0xfee03000);
        assert_int_equal(message.data, VECTOR_MESSAGE + i);
    }
    assert_int_equal(tested_message_interrupt(&interrupts[14], &message), ERR_NO_SPACE);
    assert_int_equal(tested_message_interrupt(&interrupts[3], &message), ERR_OK); /* again */
    assert_int_equal(message.data, VECTOR_MESSAGE + 3);

    interrupt_dispatch(VECTOR_MESSAGE + 1, true);
    interrupt_dispatch(VECTOR_MESSAGE + 2, true);
    interrupt_dispatch(VECTOR_MESSAGE + 2, true);
    assert_int_equal(handled, 1);
    assert_int_equal(interrupts[1].count, 1);
    assert_int_equal(interrupts[2].count, 2);
    assert_int_equal(hw.lapic_ends, 3);
    assert_int_equal(counts.devices, 3);
    tested_sleep();
    assert_int_equal(waits, 1);
}

static void lines_of_the_ioapic(void **state)
{
    (void)state;
    struct interrupt a = {0}, b = {0};
    on(IRQ_IOAPIC);
    assert_false(hw.pic_input);
    assert_int_equal(tested_line_interrupt(&a, 14, false), ERR_OK);
    assert_int_equal(tested_line_interrupt(&a, 14, false), ERR_OK);
    assert_int_equal(tested_line_interrupt(&b, 14, false), ERR_NO_SPACE);
    assert_int_equal(tested_line_interrupt(&b, 14 + 16, false), ERR_NO_SPACE);
    assert_int_equal(tested_line_interrupt(&b, 24 + 23, true), ERR_OK);
    assert_int_equal(tested_line_interrupt(&b, 48, true), ERR_UNSUPPORTED);
    assert_int_equal(hw.routed[14], 0x3e);
    assert_int_equal(hw.routed[47], 0x3f);
    assert_true(hw.levels[47] && !hw.levels[14]);
    interrupt_dispatch(0x3f, true);
    assert_int_equal(b.count, 1);
    assert_int_equal(hw.lapic_ends, 1);
    assert_int_equal(hw.lapic_asks, 0);
    interrupts_stop();
    assert_int_equal(hw.routed[14] + hw.routed[47], 0);
    assert_false(hw.lapic_on);
    check_off();
}

static void lines_of_the_8259s(void **state)
{
    (void)state;
    struct interrupt a = {0}, b = {0};
    on(IRQ_PIC);
    assert_true(hw.pic_input);
    assert_int_equal(tested_line_interrupt(&a, 5, true), ERR_OK);
    assert_int_equal(tested_line_interrupt(&b, 16, true), ERR_UNSUPPORTED);
    assert_int_equal(hw.pic_unmasked, 1u << 5);
    interrupt_dispatch(0x35, true);
    assert_int_equal(a.count, 1);
    assert_int_equal(hw.pic_ends[5], 1);
    assert_int_equal(hw.lapic_ends, 0);
    interrupt_dispatch(VECTOR_TICK, true); /* the local APIC's, here too */
    assert_int_equal(hw.lapic_ends, 1);
    interrupts_stop();
    assert_int_equal(hw.pic_unmasked, 0);
}

/* Adverse 47 */
static void spurious_and_unknown_are_harmless(void **state)
{
    (void)state;
    on(IRQ_PIC);
    interrupt_dispatch(VECTOR_SPURIOUS, true); /* nothing in service: nothing to end */
    assert_int_equal(hw.lapic_ends, 0);
    hw.in_service = 1ull << VECTOR_SPURIOUS; /* a device that has made it its message */
    interrupt_dispatch(VECTOR_SPURIOUS, true);
    assert_int_equal(hw.lapic_ends, 1);
    hw.in_service = 1ull << 0x35; /* a message that looks like an 8259's line */
    interrupt_dispatch(0x35, true);
    assert_int_equal(hw.lapic_ends, 2);
    assert_int_equal(hw.pic_ends[5], 0);
    hw.pic_spurious = true;
    interrupt_dispatch(0x37, true);
    assert_int_equal(hw.pic_ends[7], 1);
    interrupt_dispatch(VECTOR_MESSAGE + 5, true); /* nobody's message */
    interrupt_dispatch(64, true);                 /* whatever is above */
    assert_int_equal(hw.lapic_ends, 4);
    assert_int_equal(counts.spurious, 6);
    assert_int_equal(counts.devices + counts.ticks, 0);
    interrupt_dispatch(VECTOR_TICK, true);
    assert_int_equal(counts.ticks, 1);
    interrupts_end_run();
    assert_string_equal(fake_platform_log,
                        "interrupts: 0 of devices, 1 ticks, 6 spurious, 0 before the halt\n");
}

/* Adverse 47: the same one again and again, as of a line that nobody quiets */
static void repeated_is_counted(void **state)
{
    (void)state;
    struct interrupt a = {0};
    on(IRQ_IOAPIC);
    assert_int_equal(tested_line_interrupt(&a, 5, true), ERR_OK);
    for (unsigned i = 0; i < 1000; i++)
        interrupt_dispatch(0x35, true);
    assert_int_equal(a.count, 1000);
    assert_int_equal(hw.lapic_ends, 1000);
}

static void stuck_ones_have_no_handler(void **state)
{
    (void)state;
    unsigned handled = 0;
    struct interrupt a = {.handler = note, .context = &handled};
    assert_null(interrupts_init(IRQ_IOAPIC, FAULT_STUCK_IRQ));
    assert_int_equal(tested_line_interrupt(&a, 5, true), ERR_OK);
    interrupt_dispatch(0x35, true);
    assert_int_equal(a.count, 1);
    assert_int_equal(handled, 0);
}

static void lost_ones_reach_nobody(void **state)
{
    (void)state;
    struct interrupt a = {0};
    struct interrupt_message message;
    assert_null(interrupts_init(IRQ_IOAPIC, FAULT_LOST_IRQ));
    assert_int_equal(tested_message_interrupt(&a, &message), ERR_OK);
    assert_true(message.address != 0xfee03000);
    assert_int_equal(tested_line_interrupt(&a, 5, true), ERR_OK);
    assert_int_equal(hw.routed[5], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(off_means_polling, setup),
        cmocka_unit_test_setup(what_is_missing_is_named, setup),
        cmocka_unit_test_setup(idt_has_all_vectors, setup),
        cmocka_unit_test_setup(messages_have_vectors_of_their_own, setup),
        cmocka_unit_test_setup(lines_of_the_ioapic, setup),
        cmocka_unit_test_setup(lines_of_the_8259s, setup),
        cmocka_unit_test_setup(spurious_and_unknown_are_harmless, setup),
        cmocka_unit_test_setup(repeated_is_counted, setup),
        cmocka_unit_test_setup(stuck_ones_have_no_handler, setup),
        cmocka_unit_test_setup(lost_ones_reach_nobody, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
