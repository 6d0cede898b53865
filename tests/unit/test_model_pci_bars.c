/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/pci_host.c: which BARs are decoded, whatever the guest writes into them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pci_fixture.h"

static void bars_can_be_sized(void **state)
{
    struct pci_fixture f;

    (void)state;
    pci_fixture_start(&f);
    for (unsigned i = 0; i < PCI_BAR_COUNT; i++) {
        config_set(&f, 2, PCI_BAR0 + 4 * i, 4, UINT32_MAX);
        config_set(&f, 3, PCI_BAR0 + 4 * i, 4, UINT32_MAX);
    }
    assert_true(config_get(&f, 2, PCI_BAR0, 4) == 0xfffff000);
    assert_true(config_get(&f, 2, PCI_BAR0 + 4, 4) == (0xffffffe0 | PCI_BAR_IO));
    assert_true(config_get(&f, 2, PCI_BAR0 + 8, 4) == 0);
    assert_true(config_get(&f, 3, PCI_BAR0 + 8, 4) ==
                (0xffffc000 | PCI_BAR_TYPE_64 | PCI_BAR_PREFETCHABLE));
    assert_true(config_get(&f, 3, PCI_BAR0 + 12, 4) == 0xffffffff);
    assert_true(config_get(&f, 3, PCI_BAR0 + 16, 4) == 0);
}

static void decode_follows_the_command_register(void **state)
{
    struct pci_fixture f;

    (void)state;
    pci_fixture_start(&f);
    config_set(&f, 2, PCI_BAR0, 4, 0xfe000000);
    config_set(&f, 2, PCI_BAR0 + 4, 4, 0xc000);
    assert_int_equal(bar_at(&f, 0xfe000000), 0);
    assert_true(pci_host_undecoded(&f.host, false, 0xfe000fff));
    assert_false(pci_host_undecoded(&f.host, false, 0xfe001000));
    assert_false(pci_host_undecoded(&f.host, true, 0xfe000000));
    assert_true(pci_host_undecoded(&f.host, true, 0xc01f));
    assert_false(pci_host_undecoded(&f.host, false, 0)); /* b has no address yet */

    config_set(&f, 2, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    assert_int_equal(bar_at(&f, 0xfe000000), 0xa);
    assert_int_equal(bar_at(&f, 0xfe000fff), 0xa);
    assert_int_equal(bar_at(&f, 0xfe001000), 0);
    assert_int_equal(bar_at_port(&f, 0xc000), 0);
    assert_false(pci_host_undecoded(&f.host, false, 0xfe000000));
    config_set(&f, 2, PCI_COMMAND, 2, PCI_COMMAND_IO);
    assert_int_equal(bar_at(&f, 0xfe000000), 0);
    assert_int_equal(bar_at_port(&f, 0xc000), 0x10);
    config_set(&f, 2, PCI_COMMAND, 1, 0);
    assert_int_equal(bar_at_port(&f, 0xc000), 0);
    assert_true(config_get(&f, 2, PCI_BAR0, 4) == 0xfe000000);
}

/* Adverse case 27: BARs put where they must not be. They read back, and are not decoded. */
static void a_bar_over_something_else_is_not_decoded(void **state)
{
    static const uint32_t bad[] = {0, 0x1000, RAM_END - BAR_SIZE, 0xfffff000, ROM_BASE};
    struct pci_fixture f;

    (void)state;
    pci_fixture_start(&f);
    config_set(&f, 2, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        config_set(&f, 2, PCI_BAR0, 4, 0xfe000000);
        assert_true(f.a.bars[0].decoded);
        config_set(&f, 2, PCI_BAR0, 4, bad[i]);
        assert_false(f.a.bars[0].decoded);
        assert_int_equal(bar_at(&f, bad[i]), 0);
        assert_int_equal(bar_at(&f, 0xfe000000), 0);
        assert_true(config_get(&f, 2, PCI_BAR0, 4) == bad[i]);
    }
    config_set(&f, 2, PCI_BAR0, 4, RAM_END);
    assert_int_equal(bar_at(&f, RAM_END), 0xa);

    /* The same for ports: at 0, past the end of them, over another device. */
    config_set(&f, 2, PCI_BAR0 + 4, 4, 0);
    assert_false(f.a.bars[1].decoded);
    config_set(&f, 2, PCI_BAR0 + 4, 4, 0x10000);
    assert_false(f.a.bars[1].decoded);
    config_set(&f, 2, PCI_BAR0 + 4, 4, 0xffffffe0);
    assert_false(f.a.bars[1].decoded);
    config_set(&f, 2, PCI_BAR0 + 4, 4, PORT_COM1 & ~0x1f);
    assert_false(f.a.bars[1].decoded);
    config_set(&f, 2, PCI_BAR0 + 4, 4, 0xffe0);
    assert_int_equal(bar_at_port(&f, 0xffe0), 0x10);
}

static void the_earlier_function_wins_and_the_other_comes_back(void **state)
{
    struct pci_fixture f;

    (void)state;
    pci_fixture_start(&f);
    config_set(&f, 3, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    config_set(&f, 3, PCI_BAR0 + 8, 4, 0xe0000000);
    assert_int_equal(bar_at(&f, 0xe0000000), 0xb);
    config_set(&f, 2, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    config_set(&f, 2, PCI_BAR0, 4, 0xe0001000); /* into the middle of it */
    assert_int_equal(bar_at(&f, 0xe0001000), 0xa);
    assert_int_equal(bar_at(&f, 0xe0000000), 0);
    assert_true(pci_host_undecoded(&f.host, false, 0xe0000000));
    assert_int_equal(config_get(&f, 3, PCI_BAR0 + 8, 4) & ~0xfu, 0xe0000000u);

    config_set(&f, 2, PCI_BAR0, 4, 0xe0004000);
    assert_int_equal(bar_at(&f, 0xe0000000), 0xb);
    assert_int_equal(bar_at(&f, 0xe0004000), 0xa);
    config_set(&f, 2, PCI_BAR0, 4, 0xe0000000);
    assert_int_equal(bar_at(&f, 0xe0000000), 0xa);
    assert_int_equal(bar_at(&f, 0xe0001000), 0);
    config_set(&f, 2, PCI_COMMAND, 2, 0);
    assert_int_equal(bar_at(&f, 0xe0000000), 0xb);

    /* An earlier BAR that is itself refused takes nothing away. */
    config_set(&f, 3, PCI_BAR0 + 8, 4, RAM_END);
    config_set(&f, 2, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    config_set(&f, 2, PCI_BAR0, 4, RAM_END - BAR_SIZE);
    assert_int_equal(bar_at(&f, RAM_END), 0xb);
}

static void a_64_bit_bar_is_both_halves(void **state)
{
    struct pci_fixture f;

    (void)state;
    pci_fixture_start(&f);
    config_set(&f, 3, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    config_set(&f, 3, PCI_BAR0 + 12, 4, 0x12);
    assert_true(pci_device_bar_address(&f.b, 2) == 0x1200000000);
    assert_int_equal(bar_at(&f, 0x1200000000), 0xb);
    config_set(&f, 3, PCI_BAR0 + 8, 4, 0xfe000000);
    assert_int_equal(bar_at(&f, 0x1200000000), 0);
    assert_int_equal(bar_at(&f, 0x12fe000000), 0xb);
    config_set(&f, 3, PCI_BAR0 + 12, 1, 0);
    assert_int_equal(bar_at(&f, 0xfe000000), 0xb);
    config_set(&f, 3, PCI_BAR0 + 8, 4, UINT32_MAX);
    config_set(&f, 3, PCI_BAR0 + 12, 4, UINT32_MAX);
    assert_true(pci_device_bar_address(&f.b, 2) == 0xffffffffffffc000);
    assert_int_equal(bar_at(&f, 0xffffffffffffc000), 0xb);
}

static void what_did_not_change_stays_in_place(void **state)
{
    struct pci_fixture f;
    struct bus before;
    uint64_t value;

    (void)state;
    pci_fixture_start(&f);
    config_set(&f, 2, PCI_BAR0, 4, 0xfe000000);
    config_set(&f, 2, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    bus_access(&f.mmio, 0xfe000000, 1, false, &value, NULL);
    before = f.mmio;
    config_set(&f, 2, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    config_set(&f, 2, PCI_BAR0, 4, 0xfe000123);
    assert_memory_equal(&before, &f.mmio, sizeof before);
    assert_int_equal(f.a_memory.reads, 1);
}

static void reset_goes_back_to_the_start(void **state)
{
    struct pci_fixture f;
    uint64_t value = 0x80000000;

    (void)state;
    pci_fixture_start(&f);
    port_access(&f, 0xcf8, 4, true, &value);
    config_set(&f, 2, PCI_BAR0, 4, 0xfe000000);
    config_set(&f, 2, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    config_set(&f, 2, PCI_INTERRUPT_LINE, 1, 11);
    pci_host_reset(&f.host);
    assert_int_equal(bar_at(&f, 0xfe000000), 0);
    assert_int_equal(config_get(&f, 2, PCI_COMMAND, 2), 0);
    assert_int_equal(config_get(&f, 2, PCI_BAR0, 4), 0);
    assert_int_equal(config_get(&f, 2, PCI_INTERRUPT_LINE, 1), 0);
    port_access(&f, 0xcf8, 4, false, &value);
    assert_int_equal(value, 0);
    assert_int_equal(f.mmio.count, 2);
}

/* Adverse case 27 again, by chance: whatever is written, the buses stay what they say they are. */
static void random_bar_writes_keep_the_bus_sane(void **state)
{
    struct pci_fixture f;
    uint32_t seed = 1;

    (void)state;
    pci_fixture_start(&f);
    for (unsigned i = 0; i < 50000; i++) {
        seed = seed * 1664525 + 1013904223;
        /* Few distinct places, so that BARs often meet. */
        config_set(&f, 2 + (seed >> 30 & 1), (seed >> 24) % 0x28, 1u << (seed >> 22) % 3,
                   (seed >> 8 & 0x10030007) << 4);
        for (unsigned r = 1; r < f.mmio.count; r++) {
            const struct bus_region *left = f.mmio.regions[r - 1];

            assert_true(left->base + (left->length - 1) < f.mmio.regions[r]->base);
        }
        assert_int_equal(f.mmio.count, 2 + f.a.bars[0].decoded + f.b.bars[2].decoded);
        assert_int_equal(f.ports.count, 3 + f.a.bars[1].decoded);
        assert_true(!f.a.bars[0].decoded || f.a_memory.base == pci_device_bar_address(&f.a, 0));
        assert_true(!f.b.bars[2].decoded || f.b_memory.base == pci_device_bar_address(&f.b, 2));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_can_be_sized),
        cmocka_unit_test(decode_follows_the_command_register),
        cmocka_unit_test(a_bar_over_something_else_is_not_decoded),
        cmocka_unit_test(the_earlier_function_wins_and_the_other_comes_back),
        cmocka_unit_test(a_64_bit_bar_is_both_halves),
        cmocka_unit_test(what_did_not_change_stays_in_place),
        cmocka_unit_test(reset_goes_back_to_the_start),
        cmocka_unit_test(random_bar_writes_keep_the_bus_sane),
    };

    return cmocka_run_group_tests_name("pci BARs", tests, NULL, NULL);
}
