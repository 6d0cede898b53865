/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/pci_host.c: the ECAM window, its register, and BARs above 4 GiB. */
#include "test.h"

#include "pci_fixture.h"

#define REGISTER PCIEXBAR_I440FX

static void start(struct pci_fixture *f)
{
    pci_fixture_start(f);
    assert_true(bus_add(&f->mmio, &f->host.ecam_region, ECAM_BASE));
}

static uint64_t place(unsigned bus, unsigned device, unsigned function, unsigned reg)
{
    return ECAM_BASE + ((uint64_t)bus << 20 | device << 15 | function << 12 | reg);
}

static enum bus_result look(struct pci_fixture *f, uint64_t address, unsigned size, uint64_t *value)
{
    return bus_access(&f->mmio, address, size, false, value, NULL);
}

static void put(struct pci_fixture *f, uint64_t address, unsigned size, uint64_t value)
{
    assert_int_equal(bus_access(&f->mmio, address, size, true, &value, NULL), BUS_OK);
}

static uint64_t get(struct pci_fixture *f, uint64_t address, unsigned size)
{
    uint64_t value = 0;
    assert_int_equal(look(f, address, size, &value), BUS_OK);
    return value;
}

static void the_window_is_off_until_it_is_enabled(void **state)
{
    (void)state;
    struct pci_fixture f;
    uint64_t value;
    start(&f);
    assert_int_equal(config_get(&f, 0, REGISTER, 4), ECAM_BASE);
    assert_int_equal(config_get(&f, 0, REGISTER + 4, 4), 0);
    assert_int_equal(look(&f, ECAM_BASE, 4, &value), BUS_UNCLAIMED);
    assert_int_equal(value, UINT32_MAX);
    config_set(&f, 0, REGISTER, 4, ECAM_BASE | 1);
    assert_int_equal(get(&f, ECAM_BASE, 4), 0x12378086);
    put(&f, ECAM_BASE + REGISTER, 1, 0); /* through itself, too */
    assert_int_equal(look(&f, ECAM_BASE, 4, &value), BUS_UNCLAIMED);
    config_set(&f, 0, REGISTER, 1, 1);
    pci_host_reset(&f.host);
    assert_int_equal(look(&f, ECAM_BASE, 4, &value), BUS_UNCLAIMED);
}

/* Adverse case 27: what configuration reads back is what is decoded. */
static void case_27_place_and_length_cannot_be_changed(void **state)
{
    (void)state;
    struct pci_fixture f;
    start(&f);
    config_set(&f, 0, REGISTER, 4, UINT32_MAX);
    config_set(&f, 0, REGISTER + 4, 4, UINT32_MAX);
    assert_int_equal(config_get(&f, 0, REGISTER, 4), ECAM_BASE | 1);
    assert_int_equal(config_get(&f, 0, REGISTER + 4, 4), 0);
    config_set(&f, 0, REGISTER, 4, 0);
    assert_int_equal(config_get(&f, 0, REGISTER, 4), ECAM_BASE);
}

static void the_same_registers_as_by_ports(void **state)
{
    (void)state;
    struct pci_fixture f;
    start(&f);
    config_set(&f, 0, REGISTER, 1, 1);
    for (unsigned device = 0; device < PCI_DEVICES_PER_BUS; device++) {
        for (unsigned size = 1; size <= 4; size *= 2) {
            for (unsigned reg = 0; reg + size <= PCI_CONFIG_SIZE; reg++)
                assert_int_equal(get(&f, place(0, device, 0, reg), size),
                                 config_get(&f, device, reg, size));
        }
    }
    put(&f, place(0, 2, 0, PCI_BAR0), 4, UINT32_MAX);
    assert_int_equal(config_get(&f, 2, PCI_BAR0, 4), ~(BAR_SIZE - 1u));
    put(&f, place(0, 2, 0, PCI_BAR0), 4, 0xd0000000);
    put(&f, place(0, 2, 0, PCI_COMMAND), 2, PCI_COMMAND_MEMORY);
    assert_int_equal(bar_at(&f, 0xd0000000), 0xa);
}

static void what_is_not_there_reads_ones(void **state)
{
    (void)state;
    struct pci_fixture f;
    start(&f);
    config_set(&f, 0, REGISTER, 1, 1);
    assert_int_equal(get(&f, place(0, 2, 1, 0), 4), UINT32_MAX);
    assert_int_equal(get(&f, place(1, 2, 0, 0), 4), UINT32_MAX);
    assert_int_equal(get(&f, place(255, 31, 7, 0xffc), 4), UINT32_MAX);
    assert_int_equal(get(&f, place(0, 2, 0, 0x100), 4), UINT32_MAX); /* no extended space */
    assert_int_equal(get(&f, place(0, 2, 0, 0xfe), 4), UINT32_MAX);  /* straddles its begin */
    assert_int_equal(get(&f, place(0, 1, 7, 0xffe), 4), UINT32_MAX); /* straddles two functions */
    put(&f, place(255, 31, 7, 0xffc), 4, 0);
    put(&f, place(0, 2, 0, 0x104), 4, 7);
}

/* Adverse case 28: width 8, and the ends of the window. */
static void case_28_odd_accesses(void **state)
{
    (void)state;
    struct pci_fixture f;
    uint64_t value = 0;
    const uint64_t end = ECAM_BASE + (256ull << 20);
    start(&f);
    config_set(&f, 0, REGISTER, 1, 1);
    assert_int_equal(look(&f, place(0, 2, 0, 0), 8, &value), BUS_ODD);
    assert_true(value == UINT64_MAX);
    value = 0;
    assert_int_equal(bus_access(&f.mmio, place(0, 2, 0, PCI_BAR0), 8, true, &value, NULL), BUS_ODD);
    assert_int_equal(look(&f, end - 2, 4, &value), BUS_UNCLAIMED);
    assert_int_equal(look(&f, end, 4, &value), BUS_UNCLAIMED);
    assert_int_equal(look(&f, ECAM_BASE - 2, 4, &value), BUS_UNCLAIMED);
}

static void a_bar_in_the_window_is_not_decoded(void **state)
{
    (void)state;
    struct pci_fixture f;
    start(&f);
    config_set(&f, 2, PCI_BAR0, 4, ECAM_BASE + 0x100000);
    config_set(&f, 2, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    assert_int_equal(config_get(&f, 2, PCI_BAR0, 4), ECAM_BASE + 0x100000);
    assert_int_equal(bar_at(&f, ECAM_BASE + 0x100000), 0);
}

static void bars_above_4_gib_are_decoded(void **state)
{
    (void)state;
    static const uint64_t bases[] = {FOUR_GIB, 0x8000000000, 0x7fffffffc000, 0xffffffffffffc000};
    struct pci_fixture f;
    start(&f);
    config_set(&f, 3, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    for (unsigned i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        config_set(&f, 3, PCI_BAR0 + 8, 4, (uint32_t)bases[i]);
        config_set(&f, 3, PCI_BAR0 + 12, 4, (uint32_t)(bases[i] >> 32));
        assert_int_equal(bar_at(&f, bases[i]), 0xb);
        assert_int_equal(bar_at(&f, bases[i] + 4 * BAR_SIZE - 1), 0xb);
        assert_int_equal(bar_at(&f, bases[i] - 1), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_is_off_until_it_is_enabled),
        cmocka_unit_test(case_27_place_and_length_cannot_be_changed),
        cmocka_unit_test(the_same_registers_as_by_ports),
        cmocka_unit_test(what_is_not_there_reads_ones),
        cmocka_unit_test(case_28_odd_accesses),
        cmocka_unit_test(a_bar_in_the_window_is_not_decoded),
        cmocka_unit_test(bars_above_4_gib_are_decoded),
    };
    return cmocka_run_group_tests_name("ECAM and high BARs", tests, NULL, NULL);
}
