/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/pci_device.c and pci_host.c: mechanism #1 and configuration space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pci_fixture.h"

/* --- mechanism #1 ---------------------------------------------------------------------------------- */

static void the_address_register_is_32_bits_wide(void **state)
{
    struct pci_fixture f;
    uint64_t value = 0x8000fffd;

    (void)state;
    pci_fixture_start(&f);
    assert_int_equal(port_access(&f, 0xcf8, 4, true, &value), BUS_OK);
    value = 0;
    assert_int_equal(port_access(&f, 0xcf8, 4, false, &value), BUS_OK);
    assert_true(value == 0x8000fffd);
    value = 0;
    assert_int_equal(port_access(&f, 0xcf8, 1, true, &value), BUS_ODD);
    assert_int_equal(port_access(&f, 0xcf8, 2, true, &value), BUS_ODD);
    assert_int_equal(port_access(&f, 0xcfa, 2, true, &value), BUS_ODD);
    assert_int_equal(port_access(&f, 0xcfa, 1, false, &value), BUS_ODD);
    assert_int_equal(port_access(&f, 0xcfa, 4, true, &value), BUS_UNCLAIMED); /* over both ports */
    assert_int_equal(port_access(&f, 0xcf8, 4, false, &value), BUS_OK);
    assert_true(value == 0x8000fffd);
}

static void bytes_at_0xcf9_belong_to_reset_control(void **state)
{
    struct pci_fixture f;
    uint64_t value = 6;

    (void)state;
    pci_fixture_start(&f);
    assert_int_equal(port_access(&f, PORT_RESET_CONTROL, 1, true, &value), BUS_OK);
    assert_int_equal(f.reset_value, 6);
    value = 0;
    assert_int_equal(port_access(&f, PORT_RESET_CONTROL, 1, false, &value), BUS_OK);
    assert_int_equal(value, 6);
    assert_int_equal(f.host.config_address, 0);
    assert_int_equal(port_access(&f, PORT_RESET_CONTROL, 2, true, &value), BUS_ODD);
    f.host.reset_control = NULL;
    assert_int_equal(port_access(&f, PORT_RESET_CONTROL, 1, true, &value), BUS_ODD);
}

static void data_lanes(void **state)
{
    struct pci_fixture f;
    uint64_t value = 0x80000000 | 2 << 11 | PCI_VENDOR_ID;

    (void)state;
    pci_fixture_start(&f);
    port_access(&f, 0xcf8, 4, true, &value);
    assert_int_equal(port_access(&f, 0xcfc, 4, false, &value), BUS_OK);
    assert_int_equal(value, 0x74701234);
    port_access(&f, 0xcfc, 2, false, &value);
    assert_int_equal(value, 0x1234);
    port_access(&f, 0xcfd, 2, false, &value);
    assert_int_equal(value, 0x7012);
    port_access(&f, 0xcfe, 2, false, &value);
    assert_int_equal(value, 0x7470);
    port_access(&f, 0xcff, 1, false, &value);
    assert_int_equal(value, 0x74);
    assert_int_equal(port_access(&f, 0xcff, 2, false, &value), BUS_UNCLAIMED);

    value = 0x80000000 | 2 << 11 | PCI_INTERRUPT_LINE;
    port_access(&f, 0xcf8, 4, true, &value);
    value = 0xffffff0b;
    port_access(&f, 0xcfc, 1, true, &value);
    assert_int_equal(config_get(&f, 2, PCI_INTERRUPT_LINE, 4), 0x0000000b);
    value = 0xffff;
    port_access(&f, 0xcfd, 2, true, &value); /* pin and the byte after it: read-only */
    assert_int_equal(config_get(&f, 2, PCI_INTERRUPT_LINE, 4), 0x0000000b);
}

static void what_is_not_there_reads_ones(void **state)
{
    static const uint32_t addresses[] = {
        0x00000000 | 2 << 11,          /* not enabled */
        0x80000000 | 4 << 11,          /* no such device */
        0x80000000 | 2 << 11 | 1 << 8, /* no such function */
        0x80010000 | 2 << 11,          /* no such bus */
        0x80ff0000,
    };
    struct pci_fixture f;

    (void)state;
    pci_fixture_start(&f);
    for (unsigned i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        uint64_t value = addresses[i];

        port_access(&f, 0xcf8, 4, true, &value);
        assert_int_equal(port_access(&f, 0xcfc, 4, false, &value), BUS_OK);
        assert_true(value == UINT32_MAX);
        port_access(&f, 0xcfe, 2, false, &value);
        assert_int_equal(value, 0xffff);
        value = 0;
        assert_int_equal(port_access(&f, 0xcfc, 4, true, &value), BUS_OK);
    }
    assert_true(pci_host_config_read(&f.host, 0, 2, 0, 0xfe, 4) == UINT32_MAX);
    assert_true(pci_host_config_read(&f.host, 0, 2, 0, 0x1000, 4) == UINT32_MAX);
    assert_true(pci_host_config_read(&f.host, 0, 2, 0, UINT32_MAX, 4) == UINT32_MAX);
    pci_host_config_write(&f.host, 0, 2, 0, UINT32_MAX, 4, 0);
    pci_host_config_write(&f.host, 0, 2, 0, 0xfd, 4, UINT32_MAX);
    pci_host_config_write(&f.host, 0, 2, 0, 0, 8, UINT32_MAX);
}

/* --- one function ---------------------------------------------------------------------------------- */

static void headers(void **state)
{
    struct pci_fixture f;

    (void)state;
    pci_fixture_start(&f);
    assert_true(config_get(&f, 0, PCI_VENDOR_ID, 4) == 0x12378086);
    assert_int_equal(config_get(&f, 0, PCI_CLASS, 1), 0x06);
    assert_true(config_get(&f, 2, PCI_REVISION_ID, 4) == 0xff000007);
    assert_int_equal(config_get(&f, 3, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x00401af4);
    assert_int_equal(config_get(&f, 3, PCI_INTERRUPT_PIN, 1), 1);
    assert_int_equal(config_get(&f, 2, PCI_INTERRUPT_PIN, 1), 0);
    assert_int_equal(config_get(&f, 2, PCI_HEADER_TYPE, 1), 0);
}

/* Adverse case 28: every byte of configuration space, written with everything. */
static void only_writable_bits_change(void **state)
{
    struct pci_fixture f;

    (void)state;
    pci_fixture_start(&f);
    for (unsigned reg = 0; reg < PCI_CONFIG_SIZE; reg++) {
        for (unsigned size = 1; size <= 4; size *= 2) {
            config_set(&f, 3, reg, size, UINT32_MAX);
            config_set(&f, 3, reg, size, 0);
            config_set(&f, 3, reg, size, UINT32_MAX);
        }
    }
    assert_true(config_get(&f, 3, PCI_VENDOR_ID, 4) == 0x10421af4);
    assert_int_equal(config_get(&f, 3, PCI_COMMAND, 4),
                     PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
    assert_true(config_get(&f, 3, PCI_BAR0, 4) == 0);
    assert_true(config_get(&f, 3, PCI_EXPANSION_ROM, 4) == 0);
    assert_true(pci_device_is_master(&f.b));
    assert_false(pci_device_intx_enabled(&f.b));
    config_set(&f, 3, PCI_COMMAND, 2, 0);
    assert_false(pci_device_is_master(&f.b));
    assert_true(pci_device_intx_enabled(&f.b));
    config_set(&f, 2, PCI_COMMAND, 2, 0xffff);
    assert_int_equal(config_get(&f, 2, PCI_COMMAND, 2),
                     PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void capabilities_form_a_list(void **state)
{
    static const uint8_t first[] = {PCI_CAPABILITY_ID_VENDOR, 0xee, 5, 1, 2};
    static const uint8_t second[] = {PCI_CAPABILITY_ID_MSI, 0xee, 0x80, 0};
    struct pci_device d;
    uint8_t big[0x80] = {PCI_CAPABILITY_ID_VENDOR};

    (void)state;
    pci_device_init(&d, "d", 1, 0, 1, 2, 3, 4);
    assert_int_equal(d.config[PCI_STATUS] & PCI_STATUS_CAPABILITIES, 0);
    assert_int_equal(pci_device_capability(&d, first, sizeof first), 0x40);
    assert_int_equal(pci_device_capability(&d, second, sizeof second), 0x48);
    assert_int_equal(d.config[PCI_STATUS] & PCI_STATUS_CAPABILITIES, PCI_STATUS_CAPABILITIES);
    assert_int_equal(d.config[PCI_CAPABILITY_POINTER], 0x40);
    assert_int_equal(d.config[0x41], 0x48);
    assert_int_equal(d.config[0x44], 2);
    assert_int_equal(d.config[0x49], 0);
    assert_int_equal(d.config[0x4a], 0x80);
    assert_int_equal(d.writable[0x4a], 0);
    assert_int_equal(pci_device_capability(&d, big, sizeof big), 0x4c);
    assert_int_equal(pci_device_capability(&d, big, sizeof big), 0);
    assert_int_equal(pci_device_capability(&d, big, 0x34), 0xcc);
    assert_int_equal(pci_device_capability(&d, big, 4), 0);
}

static bool hook_read(struct pci_device *d, unsigned reg, unsigned size, uint32_t *value)
{
    (void)d;
    (void)size;
    *value = 0x11223344;
    return reg == 0x80;
}

static void hook_written(struct pci_device *d, unsigned reg, unsigned size)
{
    *(unsigned *)d->self += reg * 0x10 + size;
}

static void hooks_see_accesses(void **state)
{
    struct pci_fixture f;
    unsigned calls = 0;

    (void)state;
    pci_fixture_start(&f);
    f.a.config_read = hook_read;
    f.a.config_written = hook_written;
    f.a.self = &calls;
    assert_int_equal(config_get(&f, 2, 0x80, 2), 0x3344);
    assert_int_equal(config_get(&f, 2, 0x84, 4), 0);
    config_set(&f, 2, 0x80, 4, 1);
    assert_int_equal(calls, 0x804);
}

static void functions_are_ordered_and_places_unique(void **state)
{
    struct pci_fixture f;
    struct pci_device late, again, outside, many[PCI_HOST_MAX_DEVICES];
    unsigned added = 0;

    (void)state;
    pci_fixture_start(&f);
    pci_device_init(&late, "late", 2, 3, 1, 2, 3, 4);
    pci_device_init(&again, "again", 2, 0, 1, 2, 3, 4);
    pci_device_init(&outside, "outside", 32, 0, 1, 2, 3, 4);
    assert_true(pci_host_add(&f.host, &late));
    assert_false(pci_host_add(&f.host, &again));
    assert_false(pci_host_add(&f.host, &outside));
    assert_ptr_equal(f.host.devices[0], &f.host.bridge);
    assert_ptr_equal(f.host.devices[1], &f.a);
    assert_ptr_equal(f.host.devices[2], &late);
    assert_ptr_equal(f.host.devices[3], &f.b);
    /* Function 3 would not be looked for if function 0 did not say so. */
    assert_int_equal(config_get(&f, 2, PCI_HEADER_TYPE, 1), PCI_HEADER_MULTIFUNCTION);
    assert_int_equal(config_get(&f, 3, PCI_HEADER_TYPE, 1), 0);
    pci_host_reset(&f.host);
    assert_int_equal(config_get(&f, 2, PCI_HEADER_TYPE, 1), PCI_HEADER_MULTIFUNCTION);

    for (unsigned i = 0; i < PCI_HOST_MAX_DEVICES; i++) {
        pci_device_init(&many[i], "many", 4 + i / 8, i % 8, 1, 2, 3, 4);
        added += pci_host_add(&f.host, &many[i]);
    }
    assert_int_equal(added, PCI_HOST_MAX_DEVICES - 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_address_register_is_32_bits_wide),
        cmocka_unit_test(bytes_at_0xcf9_belong_to_reset_control),
        cmocka_unit_test(data_lanes),
        cmocka_unit_test(what_is_not_there_reads_ones),
        cmocka_unit_test(headers),
        cmocka_unit_test(only_writable_bits_change),
        cmocka_unit_test(capabilities_form_a_list),
        cmocka_unit_test(hooks_see_accesses),
        cmocka_unit_test(functions_are_ordered_and_places_unique),
    };

    return cmocka_run_group_tests_name("pci models", tests, NULL, NULL);
}
