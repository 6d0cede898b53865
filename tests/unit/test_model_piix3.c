/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/piix3.c: which IRQ a device's INTA# ends at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host-vmm/devices/pci_host.h"
#include "host-vmm/devices/piix3.h"

struct fixture {
    struct bus ports, mmio;
    struct pci_host host;
    struct piix3 piix3;
    uint32_t levels; /* one bit an IRQ */
    unsigned changes;
};

static void set_irq(void *context, unsigned irq, bool level)
{
    struct fixture *f = context;

    assert_true(irq < 16);
    f->changes++;
    if (level)
        f->levels |= 1u << irq;
    else
        f->levels &= ~(1u << irq);
}

static void start(struct fixture *f)
{
    *f = (struct fixture){0};
    bus_init(&f->ports, "ports");
    bus_init(&f->mmio, "mmio");
    pci_host_init(&f->host, &f->ports, &f->mmio);
    piix3_init(&f->piix3, set_irq, f);
    assert_true(pci_host_add(&f->host, &f->piix3.pci));
}

static void route(struct fixture *f, unsigned pirq, uint8_t value)
{
    pci_host_config_write(&f->host, 0, 1, 0, PIIX3_PIRQ_ROUTE + pirq, 1, value);
}

static void is_the_isa_bridge_with_nothing_routed(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    assert_int_equal(pci_host_config_read(&f.host, 0, 1, 0, PCI_VENDOR_ID, 4), 0x70008086);
    assert_int_equal(pci_host_config_read(&f.host, 0, 1, 0, PCI_CLASS, 1), 0x06);
    assert_true(pci_host_config_read(&f.host, 0, 1, 0, PIIX3_PIRQ_ROUTE, 4) == 0x80808080);
    for (unsigned device = 0; device < 32; device++) {
        struct irq_line line = piix3_inta(&f.piix3, device);

        irq_set(&line, true);
    }
    assert_int_equal(f.changes, 0);
}

/* Slot 1 is PIRQA, and so on round, as on QEMU's pc. */
static void devices_take_turns(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    route(&f, 0, 5);
    route(&f, 1, 9);
    route(&f, 2, 10);
    route(&f, 3, 11);
    for (unsigned device = 0; device < 32; device++) {
        static const unsigned irqs[] = {11, 5, 9, 10};
        struct irq_line line = piix3_inta(&f.piix3, device);

        irq_set(&line, true);
        assert_int_equal(f.levels, 1u << irqs[device % 4]);
        irq_set(&line, false);
        assert_int_equal(f.levels, 0);
    }
}

static void a_shared_line_is_high_while_anyone_asserts(void **state)
{
    struct fixture f;
    struct irq_line two, six, three;

    (void)state;
    start(&f);
    two = piix3_inta(&f.piix3, 2);
    six = piix3_inta(&f.piix3, 6);   /* the same PIRQ */
    three = piix3_inta(&f.piix3, 3); /* another PIRQ on the same IRQ */
    route(&f, 1, 11);
    route(&f, 2, 11);
    irq_set(&two, true);
    irq_set(&six, true);
    irq_set(&three, true);
    irq_set(&two, false);
    assert_int_equal(f.levels, 1u << 11);
    irq_set(&six, false);
    assert_int_equal(f.levels, 1u << 11);
    irq_set(&three, false);
    assert_int_equal(f.levels, 0);
    assert_int_equal(f.changes, 2);

    irq_set(&two, true);
    irq_set(&six, true);
    irq_set(&two, false);
    assert_int_equal(f.levels, 1u << 11);
    irq_set(&six, false);
    assert_int_equal(f.levels, 0);
}

static void lines_move_with_the_route(void **state)
{
    struct fixture f;
    struct irq_line line;

    (void)state;
    start(&f);
    line = piix3_inta(&f.piix3, 2);
    irq_set(&line, true);
    assert_int_equal(f.levels, 0);
    route(&f, 1, 10);
    assert_int_equal(f.levels, 1u << 10);
    route(&f, 1, 11);
    assert_int_equal(f.levels, 1u << 11);
    route(&f, 1, 11 | PIIX3_PIRQ_DISABLED);
    assert_int_equal(f.levels, 0);
    /* All four at once, as one 32-bit write. */
    pci_host_config_write(&f.host, 0, 1, 0, PIIX3_PIRQ_ROUTE, 4, 0x0b0a0905);
    assert_int_equal(f.levels, 1u << 9);
}

/* IRQs that belong to the chipset itself cannot be had. */
static void reserved_irqs_are_not_driven(void **state)
{
    struct fixture f;
    struct irq_line line;
    uint32_t reached = 0;

    (void)state;
    start(&f);
    line = piix3_inta(&f.piix3, 1);
    irq_set(&line, true);
    for (unsigned value = 0; value < 0x100; value++) {
        route(&f, 0, (uint8_t)value);
        reached |= f.levels;
        assert_int_equal(pci_host_config_read(&f.host, 0, 1, 0, PIIX3_PIRQ_ROUTE, 1), value & 0x8f);
    }
    assert_int_equal(reached, 0xdef8);
}

static void reset_disconnects_but_remembers_who_asserts(void **state)
{
    struct fixture f;
    struct irq_line line;

    (void)state;
    start(&f);
    line = piix3_inta(&f.piix3, 2);
    route(&f, 1, 10);
    irq_set(&line, true);
    pci_host_reset(&f.host);
    piix3_reset(&f.piix3);
    assert_int_equal(f.levels, 0);
    irq_set(&line, false); /* the device's own reset */
    irq_set(&line, true);
    route(&f, 1, 10);
    assert_int_equal(f.levels, 1u << 10);
    irq_set(&line, false);
    assert_int_equal(f.levels, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_isa_bridge_with_nothing_routed),
        cmocka_unit_test(devices_take_turns),
        cmocka_unit_test(a_shared_line_is_high_while_anyone_asserts),
        cmocka_unit_test(lines_move_with_the_route),
        cmocka_unit_test(reserved_irqs_are_not_driven),
        cmocka_unit_test(reset_disconnects_but_remembers_who_asserts),
    };

    return cmocka_run_group_tests_name("piix3 model", tests, NULL, NULL);
}
