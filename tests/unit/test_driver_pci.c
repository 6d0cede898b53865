/* SPDX-License-Identifier: MIT */
/* drivers/pci.c against a fake bus: who is found, where BARs go, how many accesses it takes. */
#include "test.h"

#include "drivers/abi/machine.h"
#include "drivers/errors.h"
#include "drivers/pci.h"
#include "fake_io.h"
#include "fake_pci.h"

#define MEMORY_NEXT 0xc0000000u
#define MEMORY_END 0xfec00000u
#define DECODE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)

static struct fake_pci bus;
static struct fake_pci_function *fake;
static struct pci_function found;
static struct pci_window window;

/* One function at 00:02.0; the driver's memory of 0xcf8 is put in order by pci_present(). */
static int setup(void **state)
{
    (void)state;
    bus = (struct fake_pci){0};
    fake = fake_pci_add(&bus, 2, 0, 0x1234, 0x7470, PCI_CLASS_UNASSIGNED);
    found = (struct pci_function){.device = 2};
    window = (struct pci_window){
        .memory_next = MEMORY_NEXT, .memory_end = MEMORY_END, .io_next = 0xc000, .io_end = 0x10000};
    const struct fake_io hooks = {.in = fake_pci_in, .out = fake_pci_out, .context = &bus};
    fake_io_set(&hooks);
    if (!pci_present())
        return -1;
    fake_io_set(&hooks);
    return 0;
}

static void present_only_where_0xcf8_reads_back(void **state)
{
    (void)state;
    assert_true(pci_present());
    bus.address_is_stuck = true;
    assert_false(pci_present());
    fake_io_set(NULL);
    assert_false(pci_present());
}

static void accesses_of_every_width_land_in_their_bytes(void **state)
{
    (void)state;
    pci_write32(&found, 0x40, 0x44332211);
    assert_int_equal(pci_read8(&found, 0x43), 0x44);
    assert_int_equal(pci_read16(&found, 0x42), 0x4433);
    pci_write8(&found, 0x41, 0xaa);
    pci_write16(&found, 0x42, 0xccbb);
    assert_int_equal(pci_read32(&found, 0x40), 0xccbbaa11);
    assert_int_equal(fake_pci_get32(fake, 0x40), 0xccbbaa11);
}

static void the_address_is_written_only_when_it_changes(void **state)
{
    (void)state;
    pci_read32(&found, 0x40);
    pci_read8(&found, 0x43);
    pci_write16(&found, 0x42, 1);
    assert_int_equal(fake_io_counts.port_writes, 1 + 1);
    pci_read32(&found, 0x44);
    assert_int_equal(fake_io_counts.port_writes, 1 + 1 + 1);
}

static void enumerate_looks_past_function_0_only_when_told(void **state)
{
    (void)state;
    struct pci_function functions[8];
    fake_pci_add(&bus, 2, 3, 1, 1, 0); /* hidden: 00:02.0 is not multifunction */
    struct fake_pci_function *piix =
        fake_pci_add(&bus, 1, 0, PCI_VENDOR_INTEL, PCI_DEVICE_PIIX3_ISA, PCI_CLASS_ISA_BRIDGE);
    fake_pci_set8(piix, PCI_HEADER_TYPE, PCI_HEADER_MULTIFUNCTION);
    fake_pci_add(&bus, 1, 1, PCI_VENDOR_INTEL, PCI_DEVICE_PIIX3_IDE, PCI_CLASS_IDE_LEGACY);
    assert_int_equal(pci_enumerate(functions, 8), 3);
    assert_int_equal(functions[0].device_id, PCI_DEVICE_PIIX3_ISA);
    assert_int_equal(functions[0].class_code, PCI_CLASS_ISA_BRIDGE);
    assert_int_equal(functions[1].device, 1);
    assert_int_equal(functions[1].function, 1);
    assert_int_equal(functions[1].vendor_id, PCI_VENDOR_INTEL);
    assert_int_equal(functions[2].device, 2);
    assert_int_equal(functions[2].device_id, 0x7470);
    assert_int_equal(functions[2].revision, 1);
    /* 32 devices + 7 functions, two accesses each, but that pci_present() has addressed the first;
     * class and header type of three, two each */
    assert_int_equal(fake_io_port_accesses(), (32 + 7) * 2 - 1 + 3 * 4);
}

static void enumerate_of_an_empty_bus_is_empty(void **state)
{
    (void)state;
    struct pci_function functions[2];
    fake_io_set(NULL);
    assert_int_equal(pci_enumerate(functions, 2), 0);
}

/* Adverse case 45. */
static void case_45_every_function_answering_is_bounded(void **state)
{
    (void)state;
    static struct pci_function functions[300];
    bus.everyone_answers = true;
    fake_pci_set8(&bus.functions[0], PCI_HEADER_TYPE, PCI_HEADER_MULTIFUNCTION);
    assert_int_equal(pci_enumerate(functions, 300), 256);
    assert_int_equal(pci_enumerate(functions, 5), 5);
    assert_int_equal(pci_enumerate(functions, 0), 0);
}

static void bars_are_aligned_to_their_size(void **state)
{
    (void)state;
    window.memory_next = MEMORY_NEXT + 0x1000;
    fake_pci_bar(fake, 0, 0x1000, 0);
    fake_pci_bar(fake, 1, 0x10000, PCI_BAR_PREFETCHABLE);
    fake_pci_bar(fake, 2, 0x20, PCI_BAR_IO);
    assert_int_equal(pci_assign_bars(&found, &window), ERR_OK);
    assert_int_equal(found.bars[0].base, MEMORY_NEXT + 0x1000);
    assert_int_equal(found.bars[0].size, 0x1000);
    assert_int_equal(found.bars[1].base, MEMORY_NEXT + 0x10000);
    assert_true(found.bars[1].prefetchable);
    assert_true(found.bars[2].io);
    assert_int_equal(found.bars[2].base, 0xc000);
    assert_int_equal(found.bars[2].size, 0x20);
    assert_int_equal(found.bars[3].size, 0);
    assert_int_equal(fake_pci_get32(fake, PCI_BAR0), MEMORY_NEXT + 0x1000);
    assert_int_equal(fake_pci_get32(fake, PCI_BAR0 + 8), 0xc000 | PCI_BAR_IO);
    assert_int_equal(window.memory_next, MEMORY_NEXT + 0x20000);
    assert_int_equal(window.io_next, 0xc020);
    assert_int_equal(bus.command_writes, 0); /* decode was off already */
}

static void a_64_bit_bar_takes_two_slots(void **state)
{
    (void)state;
    fake_pci_bar(fake, 2, 0x4000, PCI_BAR_TYPE_64);
    fake_pci_bar(fake, 4, 0x1000, 0);
    fake_pci_set32(fake, PCI_BAR0 + 12, 0);
    assert_int_equal(pci_assign_bars(&found, &window), ERR_OK);
    assert_true(found.bars[2].is_64bit);
    assert_int_equal(found.bars[2].size, 0x4000);
    assert_int_equal(found.bars[2].base, MEMORY_NEXT);
    assert_int_equal(found.bars[3].size, 0);
    assert_int_equal(found.bars[4].base, MEMORY_NEXT + 0x4000);
}

static void a_bar_above_4_gib_is_sized_and_written_in_both_halves(void **state)
{
    (void)state;
    const uint64_t size = 0x200000000;
    fake_pci_bar(fake, 0, size, PCI_BAR_TYPE_64);
    window.memory_end = 0x1000000000;
    assert_int_equal(pci_assign_bars(&found, &window), ERR_OK);
    assert_int_equal(found.bars[0].size, size);
    assert_int_equal(found.bars[0].base, size);
    assert_int_equal(fake_pci_get32(fake, PCI_BAR0), PCI_BAR_TYPE_64);
    assert_int_equal(fake_pci_get32(fake, PCI_BAR0 + 4), size >> 32);

    fake_pci_set32(fake, PCI_BAR0 + 4, 0x8); /* assigned by somebody before: it stays */
    assert_int_equal(pci_assign_bars(&found, &window), ERR_OK);
    assert_int_equal(found.bars[0].base, 0x800000000);
    assert_int_equal(fake_pci_get32(fake, PCI_BAR0 + 4), 0x8);
}

static void bars_of_64_bits_go_to_their_own_window(void **state)
{
    (void)state;
    fake_pci_bar(fake, 0, 0x1000, 0);
    fake_pci_bar(fake, 1, 0x4000, PCI_BAR_TYPE_64 | PCI_BAR_PREFETCHABLE);
    fake_pci_bar(fake, 3, 0x100000000, PCI_BAR_TYPE_64);
    fake_pci_set32(fake, PCI_BAR0 + 4, 0xe0000000 | PCI_BAR_TYPE_64); /* assigned: it moves */
    window.memory64_next = 0x140000000;
    window.memory64_end = 0x1000000000;
    assert_int_equal(pci_assign_bars(&found, &window), ERR_OK);
    assert_int_equal(found.bars[0].base, MEMORY_NEXT);
    assert_int_equal(found.bars[1].base, 0x140000000);
    assert_int_equal(found.bars[3].base, 0x200000000);
    assert_int_equal(fake_pci_get32(fake, PCI_BAR0 + 8), 1);
    assert_int_equal(fake_pci_get32(fake, PCI_BAR0 + 16), 2);
    assert_int_equal(window.memory_next, MEMORY_NEXT + 0x1000);
    assert_int_equal(window.memory64_next, 0x300000000);
    window.memory64_end = 0x300000000;
    assert_int_equal(pci_assign_bars(&found, &window), ERR_NO_MEMORY);
}

static void an_assigned_bar_stays_and_decode_is_off_meanwhile(void **state)
{
    (void)state;
    fake_pci_bar(fake, 0, 0x1000, 0);
    fake_pci_bar(fake, 1, 0x100000, PCI_BAR_TYPE_64);
    fake_pci_set32(fake, PCI_BAR0, 0xe0000000);
    fake_pci_set32(fake, PCI_BAR0 + 4, PCI_BAR_TYPE_64);
    fake_pci_set32(fake, PCI_BAR0 + 8, 0x80);
    fake_pci_set16(fake, PCI_COMMAND, DECODE | PCI_COMMAND_MASTER);
    assert_int_equal(pci_assign_bars(&found, &window), ERR_OK);
    assert_int_equal(found.bars[0].base, 0xe0000000);
    assert_int_equal(found.bars[1].base, 0x8000000000);
    assert_int_equal(fake_pci_get32(fake, PCI_BAR0), 0xe0000000);
    assert_int_equal(fake_pci_get32(fake, PCI_BAR0 + 8), 0x80);
    assert_int_equal(window.memory_next, MEMORY_NEXT);
    assert_int_equal(bus.sized_while_decoding, 0);
    assert_int_equal(bus.command_writes, 2);
    assert_int_equal(fake_pci_get16(fake, PCI_COMMAND), DECODE | PCI_COMMAND_MASTER);
}

static void an_io_bar_may_lack_the_upper_address_bits(void **state)
{
    (void)state;
    fake_pci_bar(fake, 4, 0x10, PCI_BAR_IO);
    fake->bar_mask[4] &= 0xffff;
    assert_int_equal(pci_assign_bars(&found, &window), ERR_OK);
    assert_int_equal(found.bars[4].size, 0x10);
    assert_int_equal(found.bars[4].base, 0xc000);
}

static void a_full_window_is_refused_and_decode_restored(void **state)
{
    (void)state;
    window.memory_next = MEMORY_END - 0x800;
    fake_pci_bar(fake, 0, 0x1000, 0);
    fake_pci_set16(fake, PCI_COMMAND, PCI_COMMAND_MEMORY);
    assert_int_equal(pci_assign_bars(&found, &window), ERR_NO_MEMORY);
    assert_int_equal(found.bars[0].base, 0);
    assert_int_equal(fake_pci_get32(fake, PCI_BAR0), 0);
    assert_int_equal(fake_pci_get16(fake, PCI_COMMAND), PCI_COMMAND_MEMORY);
    /* a 32-bit BAR does not go above 4 GiB, and no sum wraps */
    window = (struct pci_window){.memory_next = FOUR_GIB, .memory_end = UINT64_MAX};
    assert_int_equal(pci_assign_bars(&found, &window), ERR_NO_MEMORY);
    window = (struct pci_window){.memory_next = UINT64_MAX - 1, .memory_end = UINT64_MAX};
    assert_int_equal(pci_assign_bars(&found, &window), ERR_NO_MEMORY);
}

/* Adverse case 45. */
static void case_45_bars_whose_size_makes_no_sense(void **state)
{
    (void)state;
    const struct {
        uint32_t mask, flags;
        unsigned index;
    } bad[] = {
        {0, PCI_BAR_PREFETCHABLE, 0},       /* flags, but no address bit: size 0 */
        {0xfff0f000, 0, 0},                 /* not one run of bits */
        {0x0ffff000, 0, 0},                 /* a run that does not reach the top */
        {0xfffff000, PCI_BAR_TYPE_MASK, 0}, /* reserved type */
        {0xfffff000, 0x2, 0},               /* "below 1 MiB", reserved since PCI 3.0 */
        {0xfffff000, PCI_BAR_TYPE_64, 5},   /* no slot for its upper half */
        {0xffff0000, PCI_BAR_IO, 0},        /* 64 KiB of ports */
        {0xfffffff0, PCI_BAR_IO | 0x2, 0},  /* reserved bit of an I/O BAR */
        {0xffffffff, 0, 0},                 /* a function that has gone away */
    };
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        unsigned reg = PCI_BAR0 + 4 * bad[i].index;
        for (unsigned bar = 0; bar < PCI_BAR_COUNT; bar++)
            fake_pci_set32(fake, PCI_BAR0 + 4 * bar, 0);
        for (unsigned bar = 0; bar < PCI_BAR_COUNT; bar++)
            fake->bar_mask[bar] = 0;
        fake->bar_mask[bad[i].index] = bad[i].mask;
        fake_pci_set32(fake, reg, bad[i].flags);
        fake_pci_set16(fake, PCI_COMMAND, PCI_COMMAND_MEMORY);
        assert_int_equal(pci_assign_bars(&found, &window), ERR_DEVICE);
        assert_int_equal(found.bars[bad[i].index].size, 0);
        assert_int_equal(fake_pci_get32(fake, reg), bad[i].flags);
        assert_int_equal(fake_pci_get16(fake, PCI_COMMAND), PCI_COMMAND_MEMORY);
    }
    assert_int_equal(window.memory_next, MEMORY_NEXT);
}

static void bridges_are_left_alone(void **state)
{
    (void)state;
    fake_pci_bar(fake, 0, 0x1000, 0);
    found.header_type = 1;
    assert_int_equal(pci_assign_bars(&found, &window), ERR_OK);
    assert_int_equal(bus.bar_writes, 0);
}

static void unimplemented_bars_cost_three_accesses_and_an_address(void **state)
{
    (void)state;
    assert_int_equal(pci_assign_bars(&found, &window), ERR_OK);
    assert_int_equal(fake_io_port_accesses(), 2 + PCI_BAR_COUNT * 4);
}

static void command_bits_are_written_only_when_they_change(void **state)
{
    (void)state;
    assert_int_equal(pci_command_set(&found, PCI_COMMAND_MEMORY), 0);
    assert_int_equal(pci_command_set(&found, PCI_COMMAND_MEMORY), PCI_COMMAND_MEMORY);
    assert_int_equal(bus.command_writes, 1);
    assert_int_equal(pci_command_set(&found, PCI_COMMAND_MASTER), PCI_COMMAND_MEMORY);
    assert_int_equal(pci_command_clear(&found, PCI_COMMAND_MEMORY),
                     PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    assert_int_equal(fake_pci_get16(fake, PCI_COMMAND), PCI_COMMAND_MASTER);
    pci_command_clear(&found, PCI_COMMAND_MEMORY);
    assert_int_equal(bus.command_writes, 3);
}

static void capabilities_are_found_in_order(void **state)
{
    (void)state;
    assert_int_equal(pci_find_capability(&found, PCI_CAPABILITY_ID_VENDOR, 0), 0);
    fake_pci_set8(fake, PCI_CAPABILITY_POINTER, 0x43); /* low bits are reserved */
    fake_pci_set16(fake, 0x40, 0x60 << 8 | PCI_CAPABILITY_ID_VENDOR);
    fake_pci_set16(fake, 0x60, 0x50 << 8 | PCI_CAPABILITY_ID_MSIX);
    fake_pci_set16(fake, 0x50, PCI_CAPABILITY_ID_VENDOR);
    assert_int_equal(pci_find_capability(&found, PCI_CAPABILITY_ID_VENDOR, 0), 0);
    fake_pci_set16(fake, PCI_STATUS, PCI_STATUS_CAPABILITIES);
    assert_int_equal(pci_find_capability(&found, PCI_CAPABILITY_ID_VENDOR, 0), 0x40);
    assert_int_equal(pci_find_capability(&found, PCI_CAPABILITY_ID_VENDOR, 0x40), 0x50);
    assert_int_equal(pci_find_capability(&found, PCI_CAPABILITY_ID_VENDOR, 0x50), 0);
    assert_int_equal(pci_find_capability(&found, PCI_CAPABILITY_ID_MSIX, 0), 0x60);
}

/* Adverse case 45. */
static void case_45_a_capability_list_that_loops_ends(void **state)
{
    (void)state;
    fake_pci_set16(fake, PCI_STATUS, PCI_STATUS_CAPABILITIES);
    fake_pci_set8(fake, PCI_CAPABILITY_POINTER, 0x40);
    fake_pci_set16(fake, 0x40, 0x50 << 8 | PCI_CAPABILITY_ID_MSI);
    fake_pci_set16(fake, 0x50, 0x40 << 8 | PCI_CAPABILITY_ID_MSIX);
    assert_int_equal(pci_find_capability(&found, PCI_CAPABILITY_ID_VENDOR, 0), 0);
    assert_true(fake_io_port_accesses() <= 2 * PCI_CAPABILITY_MAX + 4);
    /* into the header: not a capability */
    fake_pci_set8(fake, PCI_CAPABILITY_POINTER, 0x08);
    fake_pci_set8(fake, 0x08, PCI_CAPABILITY_ID_VENDOR);
    assert_int_equal(pci_find_capability(&found, PCI_CAPABILITY_ID_VENDOR, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(present_only_where_0xcf8_reads_back, setup),
        cmocka_unit_test_setup(accesses_of_every_width_land_in_their_bytes, setup),
        cmocka_unit_test_setup(the_address_is_written_only_when_it_changes, setup),
        cmocka_unit_test_setup(enumerate_looks_past_function_0_only_when_told, setup),
        cmocka_unit_test_setup(enumerate_of_an_empty_bus_is_empty, setup),
        cmocka_unit_test_setup(case_45_every_function_answering_is_bounded, setup),
        cmocka_unit_test_setup(bars_are_aligned_to_their_size, setup),
        cmocka_unit_test_setup(a_64_bit_bar_takes_two_slots, setup),
        cmocka_unit_test_setup(a_bar_above_4_gib_is_sized_and_written_in_both_halves, setup),
        cmocka_unit_test_setup(bars_of_64_bits_go_to_their_own_window, setup),
        cmocka_unit_test_setup(an_assigned_bar_stays_and_decode_is_off_meanwhile, setup),
        cmocka_unit_test_setup(an_io_bar_may_lack_the_upper_address_bits, setup),
        cmocka_unit_test_setup(a_full_window_is_refused_and_decode_restored, setup),
        cmocka_unit_test_setup(case_45_bars_whose_size_makes_no_sense, setup),
        cmocka_unit_test_setup(bridges_are_left_alone, setup),
        cmocka_unit_test_setup(unimplemented_bars_cost_three_accesses_and_an_address, setup),
        cmocka_unit_test_setup(command_bits_are_written_only_when_they_change, setup),
        cmocka_unit_test_setup(capabilities_are_found_in_order, setup),
        cmocka_unit_test_setup(case_45_a_capability_list_that_loops_ends, setup),
    };
    return cmocka_run_group_tests_name("drivers/pci", tests, NULL, NULL);
}
