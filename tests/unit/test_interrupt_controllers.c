/* SPDX-License-Identifier: MIT */
/*
 * firmware/pic.c, ioapic.c and lapic.c over models of the few registers that they use: what is
 * written where, and which interrupt is a spurious one. Who calls them is
 * test_firmware_interrupts.c's.
 */
#include "test.h"

#include <stdbool.h>
#include <string.h>

/* Instead of cpu.h: instructions that a process may not execute. */
#define FIRMWARE_CPU_H
struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};
static uint32_t cpu_features;
static uint64_t apic_base_msr;

static struct cpuid cpu_id(uint32_t leaf)
{
    assert_int_equal(leaf, 1);
    return (struct cpuid){.edx = cpu_features};
}

static uint64_t cpu_msr(uint32_t index)
{
    assert_int_equal(index, 0x1b);
    return apic_base_msr;
}

#include "firmware/pic.c"

#define read ioapic_read
#define write ioapic_write
#include "firmware/ioapic.c"
#undef read
#undef write

#include "firmware/lapic.c"

#include "fake_io.h"
#include "fake_platform.h"

#define LAPIC_AT 0xfee00000u
#define FIRST_VECTOR 0x30

/* --- two 8259s -------------------------------------------------------------------------------- */

struct pic {
    unsigned word; /* of the initialisation; 0: done */
    uint8_t words[5], mask, in_service, levels;
    bool shows_in_service;
    unsigned ends;
};

/* --- the APICs -------------------------------------------------------------------------------- */

static struct {
    struct pic pics[2];
    bool no_pic;
    unsigned ioapics;
    uint32_t selected[2], entries[2][2 * IOAPIC_LINES];
    uint32_t lapic[LAPIC_BYTES / 4];
    unsigned lapic_ends;
    bool spurious_first; /* the APIC was on before anything was put into its vector table */
    uint32_t timer_at;   /* what the counter shows */
    uint64_t mapped;     /* the last one */
    int map_error;
} hw;

int memory_map(uint64_t at, uint64_t length)
{
    assert_true(length > 0);
    hw.mapped = at;
    return hw.map_error;
}

static struct pic *pic_of(uint16_t port, bool *data)
{
    *data = port == PORT_PIC1_DATA || port == PORT_PIC2_DATA;
    return &hw.pics[port == PORT_PIC2_COMMAND || port == PORT_PIC2_DATA];
}

static uint32_t port_in(void *context, uint16_t port, unsigned size)
{
    (void)context;
    assert_int_equal(size, 1);
    if (port == PORT_ELCR1 || port == PORT_ELCR2)
        return hw.pics[port - PORT_ELCR1].levels;
    bool data;
    const struct pic *pic = pic_of(port, &data);
    if (hw.no_pic)
        return 0xff;
    if (data)
        return pic->mask;
    return pic->shows_in_service ? pic->in_service : 0;
}

static void pic_command(struct pic *pic, uint32_t value)
{
    if (value & 0x10) {
        pic->word = 1;
        pic->words[1] = (uint8_t)value;
    } else if (value == PIC_OCW2_END) {
        pic->ends++;
        pic->in_service &= (uint8_t)(pic->in_service - 1); /* the highest in priority */
    } else {
        assert_int_equal(value, PIC_OCW3_READ_IN_SERVICE);
        pic->shows_in_service = true;
    }
}

static void port_out(void *context, uint16_t port, unsigned size, uint32_t value)
{
    (void)context;
    assert_int_equal(size, 1);
    if (port == PORT_ELCR1 || port == PORT_ELCR2) {
        hw.pics[port - PORT_ELCR1].levels = (uint8_t)value;
        return;
    }
    bool data;
    struct pic *pic = pic_of(port, &data);
    if (!data) {
        pic_command(pic, value);
    } else if (pic->word) {
        pic->words[++pic->word] = (uint8_t)value;
        if (pic->word == 4)
            pic->word = 0;
    } else {
        pic->mask = (uint8_t)value;
    }
}

static uint64_t mmio_in(void *context, uint64_t address, unsigned size)
{
    (void)context;
    assert_int_equal(size, 4);
    if (address >= LAPIC_AT) {
        uint32_t reg = (uint32_t)(address - LAPIC_AT);
        return reg == LAPIC_TIMER_CURRENT ? hw.timer_at : hw.lapic[reg / 4];
    }
    unsigned which = (unsigned)(address - IOAPIC_BASE) / IOAPIC_STRIDE;
    if (which >= hw.ioapics)
        return UINT32_MAX;
    assert_int_equal(address % IOAPIC_STRIDE, IOAPIC_WINDOW);
    if (hw.selected[which] == IOAPIC_VERSION)
        return (IOAPIC_LINES - 1) << IOAPIC_VERSION_LAST_ENTRY_SHIFT | 0x11;
    return hw.entries[which][hw.selected[which] - IOAPIC_REDIRECTION];
}

static void mmio_out(void *context, uint64_t address, unsigned size, uint64_t value)
{
    (void)context;
    assert_int_equal(size, 4);
    if (address >= LAPIC_AT) {
        uint32_t reg = (uint32_t)(address - LAPIC_AT);
        if (reg == LAPIC_LVT_LINT0)
            hw.spurious_first = hw.lapic[LAPIC_SPURIOUS / 4] & LAPIC_SPURIOUS_ENABLE;
        hw.lapic_ends += reg == LAPIC_EOI;
        hw.lapic[reg / 4] = (uint32_t)value;
        return;
    }
    unsigned which = (unsigned)(address - IOAPIC_BASE) / IOAPIC_STRIDE;
    if (which >= hw.ioapics)
        return;
    if (address % IOAPIC_STRIDE == IOAPIC_SELECT) {
        hw.selected[which] = (uint32_t)value;
        return;
    }
    assert_in_range(hw.selected[which], IOAPIC_REDIRECTION,
                    IOAPIC_REDIRECTION + 2 * IOAPIC_LINES - 1);
    hw.entries[which][hw.selected[which] - IOAPIC_REDIRECTION] = (uint32_t)value;
}

static int setup(void **state)
{
    (void)state;
    memset(&hw, 0, sizeof(hw));
    hw.ioapics = 1;
    cpu_features = CPUID_FEATURES_EDX_APIC;
    apic_base_msr = LAPIC_AT | MSR_APIC_BASE_ENABLE | 0x100; /* the first CPU's */
    base = 0;
    mask = 0;
    fake_platform_reset();
    fake_io_set(&(struct fake_io){
        .in = port_in, .out = port_out, .mmio_read = mmio_in, .mmio_write = mmio_out});
    return 0;
}

/* --- the 8259s -------------------------------------------------------------------------------- */

static void pic_gets_its_words(void **state)
{
    (void)state;
    assert_true(pic_init(FIRST_VECTOR));
    static const uint8_t first[] = {0, PIC_ICW1, FIRST_VECTOR, 1 << PIC_CASCADE, PIC_ICW4};
    static const uint8_t second[] = {0, PIC_ICW1, FIRST_VECTOR + 8, PIC_CASCADE, PIC_ICW4};
    assert_memory_equal(hw.pics[0].words, first, sizeof(first));
    assert_memory_equal(hw.pics[1].words, second, sizeof(second));
    assert_int_equal(hw.pics[0].mask, 0xfb); /* all but the way to the second one */
    assert_int_equal(hw.pics[1].mask, 0xff);
    hw.no_pic = true;
    assert_false(pic_init(FIRST_VECTOR));
}

static void pic_masks(void **state)
{
    (void)state;
    assert_true(pic_init(FIRST_VECTOR));
    hw.pics[0].levels = 0x08;
    hw.pics[1].levels = 0x44;
    assert_true(pic_unmask(5, true));
    assert_true(pic_unmask(14, false));
    assert_int_equal(hw.pics[0].mask, 0xdb);
    assert_int_equal(hw.pics[1].mask, 0xbf);
    assert_int_equal(hw.pics[0].levels, 0x28);
    assert_int_equal(hw.pics[1].levels, 0x04);
    assert_false(pic_unmask(PIC_CASCADE, false));
    assert_false(pic_unmask(PIC_LINES, false));
    assert_int_equal(hw.pics[0].mask, 0xdb);
    pic_mask_all();
    assert_int_equal(hw.pics[0].mask & hw.pics[1].mask, 0xff);
}

static void expect_end(unsigned line, bool real, unsigned first_ends, unsigned second_ends)
{
    hw.pics[0].ends = hw.pics[1].ends = 0;
    assert_int_equal(pic_end(line), real);
    assert_int_equal(hw.pics[0].ends, first_ends);
    assert_int_equal(hw.pics[1].ends, second_ends);
}

/* What the second one raises came through the first, which must hear of its end as well. */
static void pic_ends(void **state)
{
    (void)state;
    for (unsigned line = 0; line < PIC_LINES; line++) {
        bool second = line >= PIC_LINES_EACH;
        hw.pics[second].in_service = (uint8_t)(1 << line % PIC_LINES_EACH);
        if (second)
            hw.pics[0].in_service = 1 << PIC_CASCADE;
        expect_end(line, true, 1, second);
        assert_int_equal(hw.pics[0].in_service | hw.pics[1].in_service, 0);
    }
}

/* Adverse case 47: lines 7 and 15 without anything in service. */
static void pic_spurious(void **state)
{
    (void)state;
    expect_end(7, false, 0, 0);
    hw.pics[0].in_service = 1 << 3; /* somebody else's: stays */
    expect_end(7, false, 0, 0);
    assert_int_equal(hw.pics[0].in_service, 1 << 3);
    hw.pics[0].in_service = 1 << PIC_CASCADE; /* that one was real */
    hw.pics[1].in_service = 1 << 1;
    expect_end(15, false, 1, 0);
    assert_int_equal(hw.pics[0].in_service, 0);
    assert_int_equal(hw.pics[1].in_service, 1 << 1);
}

/* --- the IO-APIC ------------------------------------------------------------------------------ */

static uint32_t low(unsigned line)
{
    return hw.entries[line / IOAPIC_LINES][2 * (line % IOAPIC_LINES)];
}

static uint32_t high(unsigned line)
{
    return hw.entries[line / IOAPIC_LINES][2 * (line % IOAPIC_LINES) + 1];
}

static void ioapic_lines(void **state)
{
    (void)state;
    assert_true(ioapic_init());
    assert_int_equal(hw.mapped, IOAPIC_BASE);
    for (unsigned line = 0; line < IOAPIC_LINES; line++)
        assert_int_equal(low(line), IOAPIC_REDIRECTION_MASKED);
    assert_true(ioapic_route(14, false, 0x3e, 3));
    assert_int_equal(low(14), 0x3e);
    assert_int_equal(high(14), 3u << IOAPIC_REDIRECTION_DESTINATION_SHIFT);
    assert_true(ioapic_route(23, true, 0x37, 0));
    assert_int_equal(low(23), 0x37 | IOAPIC_REDIRECTION_LEVEL);
    ioapic_mask(14);
    assert_int_equal(low(14), IOAPIC_REDIRECTION_MASKED);
    assert_int_equal(low(23), 0x37 | IOAPIC_REDIRECTION_LEVEL);
    assert_false(ioapic_route(IOAPIC_SECOND_LINE, true, 0x38, 0)); /* nobody is there */
}

static void ioapic_second(void **state)
{
    (void)state;
    hw.ioapics = 2;
    memset(hw.entries, 0xa5, sizeof(hw.entries));
    assert_true(ioapic_has(IOAPIC_SECOND_LINE));
    assert_int_equal(hw.mapped, IOAPIC_BASE + IOAPIC_STRIDE);
    assert_int_equal(low(IOAPIC_SECOND_LINE), 0xa5a5a5a5);
    assert_true(ioapic_route(47, true, 0x3f, 1));
    assert_int_equal(low(47), 0x3f | IOAPIC_REDIRECTION_LEVEL);
    assert_int_equal(high(47), 1u << IOAPIC_REDIRECTION_DESTINATION_SHIFT);
    assert_int_equal(low(23), 0xa5a5a5a5);
    assert_false(ioapic_has(48));
}

static void ioapic_absent(void **state)
{
    (void)state;
    hw.map_error = ERR_NO_MEMORY;
    assert_false(ioapic_init());
    hw.map_error = 0;
    hw.ioapics = 0;
    assert_false(ioapic_init());
    fake_io_set(NULL); /* a bus that reads ones in all its bits */
    assert_false(ioapic_has(0));
}

/* --- the local APIC --------------------------------------------------------------------------- */

static void lapic_absent(void **state)
{
    (void)state;
    apic_base_msr |= MSR_APIC_BASE_X2APIC;
    assert_int_equal(lapic_enable(0x2f, false), ERR_UNSUPPORTED);
    apic_base_msr = LAPIC_AT;
    assert_int_equal(lapic_enable(0x2f, false), ERR_ABSENT);
    apic_base_msr |= MSR_APIC_BASE_ENABLE;
    hw.map_error = ERR_NO_MEMORY;
    assert_int_equal(lapic_enable(0x2f, false), ERR_NO_MEMORY);
    cpu_features = 0;
    assert_int_equal(lapic_enable(0x2f, false), ERR_ABSENT);
    assert_int_equal(fake_io_mmio_accesses(), 0);
}

static void lapic_on_and_off(void **state)
{
    (void)state;
    hw.lapic[LAPIC_TASK_PRIORITY / 4] = 0xff;
    assert_int_equal(lapic_enable(0x2f, true), ERR_OK);
    assert_int_equal(hw.mapped, LAPIC_AT);
    assert_true(hw.spurious_first);
    assert_int_equal(hw.lapic[LAPIC_SPURIOUS / 4], 0x12f);
    assert_int_equal(hw.lapic[LAPIC_TASK_PRIORITY / 4], 0);
    assert_int_equal(hw.lapic[LAPIC_LVT_TIMER / 4], LAPIC_LVT_MASKED);
    assert_int_equal(hw.lapic[LAPIC_LVT_ERROR / 4], LAPIC_LVT_MASKED);
    assert_int_equal(hw.lapic[LAPIC_LVT_LINT0 / 4], LAPIC_LVT_EXTINT);
    lapic_disable();
    assert_int_equal(hw.lapic[LAPIC_LVT_LINT0 / 4], LAPIC_LVT_MASKED);
    assert_int_equal(hw.lapic[LAPIC_SPURIOUS / 4], 0xff);
    assert_int_equal(lapic_enable(0x2f, false), ERR_OK);
    assert_int_equal(hw.lapic[LAPIC_LVT_LINT0 / 4], LAPIC_LVT_MASKED);
}

/* The counter has gone down by 1000 in one look of the fake clock: 10 ms. */
static void lapic_timer(void **state)
{
    (void)state;
    assert_int_equal(lapic_enable(0x2f, false), ERR_OK);
    hw.timer_at = UINT32_MAX - 1000;
    assert_true(lapic_start_timer(0x20, 30));
    assert_int_equal(hw.lapic[LAPIC_TIMER_DIVIDE / 4], LAPIC_TIMER_DIVIDE_BY_16);
    assert_int_equal(hw.lapic[LAPIC_TIMER_INITIAL / 4], 3000);
    assert_int_equal(hw.lapic[LAPIC_LVT_TIMER / 4], LAPIC_LVT_PERIODIC | 0x20);
    hw.timer_at = UINT32_MAX; /* it stands still */
    assert_false(lapic_start_timer(0x20, 30));
    hw.timer_at = 0; /* or is too fast for such a period */
    assert_false(lapic_start_timer(0x20, 30));
}

static void lapic_number_and_end(void **state)
{
    (void)state;
    assert_int_equal(lapic_enable(0x2f, false), ERR_OK);
    hw.lapic[LAPIC_ID / 4] = 5u << LAPIC_ID_SHIFT | 0xffffff;
    assert_int_equal(lapic_id(), 5);
    hw.lapic[(LAPIC_IN_SERVICE + LAPIC_REGISTER_STRIDE) / 4] = 1u << (0x35 - 32);
    for (unsigned vector = 0; vector < 256; vector++)
        assert_int_equal(lapic_in_service(vector), vector == 0x35);
    assert_int_equal(hw.lapic_ends, 0);
    lapic_end();
    assert_int_equal(hw.lapic_ends, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pic_gets_its_words, setup),
        cmocka_unit_test_setup(pic_masks, setup),
        cmocka_unit_test_setup(pic_ends, setup),
        cmocka_unit_test_setup(pic_spurious, setup),
        cmocka_unit_test_setup(ioapic_lines, setup),
        cmocka_unit_test_setup(ioapic_second, setup),
        cmocka_unit_test_setup(ioapic_absent, setup),
        cmocka_unit_test_setup(lapic_absent, setup),
        cmocka_unit_test_setup(lapic_on_and_off, setup),
        cmocka_unit_test_setup(lapic_timer, setup),
        cmocka_unit_test_setup(lapic_number_and_end, setup),
    };
    return cmocka_run_group_tests_name("interrupt controllers", tests, NULL, NULL);
}
