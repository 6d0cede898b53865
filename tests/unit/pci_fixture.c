/* SPDX-License-Identifier: MIT */
/* The machine of pci_fixture.h. */
#include "pci_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool answer_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)offset;
    (void)size;
    *value = *(const uint8_t *)self;
    return true;
}

static bool answer_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    (void)offset;
    (void)size;
    *(uint8_t *)self = (uint8_t)value;
    return true;
}

static const struct bus_ops answer_ops = {.read = answer_read, .write = answer_write};

void pci_fixture_start(struct pci_fixture *f)
{
    *f = (struct pci_fixture){.a_id = 0xa, .io_id = 0x10, .b_id = 0xb};
    bus_init(&f->ports, "ports");
    bus_init(&f->mmio, "mmio");
    f->ram = (struct bus_region){.name = "ram", .length = RAM_END};
    f->rom = (struct bus_region){.name = "rom", .length = 0x10000};
    f->com1 = (struct bus_region){.name = "com1", .length = 8};
    assert_true(bus_add(&f->mmio, &f->ram, 0));
    assert_true(bus_add(&f->mmio, &f->rom, ROM_BASE));
    assert_true(bus_add(&f->ports, &f->com1, PORT_COM1));

    pci_host_init(&f->host, &f->ports, &f->mmio);
    f->reset_control =
        (struct bus_region){.name = "reset", .ops = &answer_ops, .self = &f->reset_value};
    f->host.reset_control = &f->reset_control;
    assert_true(bus_add(&f->ports, &f->host.address_region, PORT_PCI_CONFIG_ADDRESS));
    assert_true(bus_add(&f->ports, &f->host.data_region, PORT_PCI_CONFIG_DATA));

    f->a_memory = (struct bus_region){.name = "a", .ops = &answer_ops, .self = &f->a_id};
    f->a_io = (struct bus_region){.name = "a-io", .ops = &answer_ops, .self = &f->io_id};
    f->b_memory = (struct bus_region){.name = "b", .ops = &answer_ops, .self = &f->b_id};
    pci_device_init(&f->a, "a", 2, 0, 0x1234, 0x7470, PCI_CLASS_UNASSIGNED, 7);
    pci_device_bar(&f->a, 0, BAR_SIZE, false, false, false, &f->a_memory);
    pci_device_bar(&f->a, 1, 0x20, true, false, false, &f->a_io);
    pci_device_init(&f->b, "b", 3, 0, 0x1af4, 0x1042, PCI_CLASS_VIRTIO_BLK, 1);
    pci_device_subsystem(&f->b, 0x1af4, 0x40);
    pci_device_bar(&f->b, 2, 4 * BAR_SIZE, false, true, true, &f->b_memory);
    pci_device_interrupt_pin(&f->b, 1);
    assert_true(pci_host_add(&f->host, &f->b));
    assert_true(pci_host_add(&f->host, &f->a));
}

uint32_t config_get(struct pci_fixture *f, unsigned device, unsigned reg, unsigned size)
{
    return pci_host_config_read(&f->host, 0, device, 0, reg, size);
}

void config_set(struct pci_fixture *f, unsigned device, unsigned reg, unsigned size, uint32_t value)
{
    pci_host_config_write(&f->host, 0, device, 0, reg, size, value);
}

enum bus_result port_access(struct pci_fixture *f, uint64_t address, unsigned size, bool is_write,
                            uint64_t *value)
{
    return bus_access(&f->ports, address, size, is_write, value, NULL);
}

unsigned bar_at(struct pci_fixture *f, uint64_t address)
{
    uint64_t value;

    return bus_access(&f->mmio, address, 1, false, &value, NULL) == BUS_OK ? (unsigned)value : 0;
}

unsigned bar_at_port(struct pci_fixture *f, uint64_t address)
{
    uint64_t value;

    return port_access(f, address, 1, false, &value) == BUS_OK ? (unsigned)value : 0;
}
