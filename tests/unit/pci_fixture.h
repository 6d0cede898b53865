/* SPDX-License-Identifier: MIT */
/*
 * A host bridge with two functions behind it, between RAM, ROM and a COM port: what the PCI tests
 * start from.
 */
#ifndef TESTS_UNIT_PCI_FIXTURE_H
#define TESTS_UNIT_PCI_FIXTURE_H

#include "abi/machine.h"
#include "host-vmm/devices/pci_host.h"

#define RAM_END 0x40000000ull
#define ROM_BASE 0xffff0000ull
#define BAR_SIZE 0x1000

/* a: 32-bit memory BAR 0 and I/O BAR 1. b: 64-bit prefetchable memory BAR 2. Both after the bridge. */
struct pci_fixture {
    struct bus ports, mmio;
    struct pci_host host;
    struct bus_region ram, rom, com1, reset_control;
    struct pci_device a, b;
    struct bus_region a_memory, a_io, b_memory;
    uint8_t a_id, io_id, b_id, reset_value;
};

void pci_fixture_start(struct pci_fixture *f);

/* Configuration space of function 0 of a device on bus 0. */
uint32_t config_get(struct pci_fixture *f, unsigned device, unsigned reg, unsigned size);
void config_set(struct pci_fixture *f, unsigned device, unsigned reg, unsigned size,
                uint32_t value);

enum bus_result port_access(struct pci_fixture *f, uint64_t address, unsigned size, bool is_write,
                            uint64_t *value);

/* Which BAR answers at address: its identity (0xa, 0xb; 0x10 for the ports), or 0. */
unsigned bar_at(struct pci_fixture *f, uint64_t address);
unsigned bar_at_port(struct pci_fixture *f, uint64_t address);

#endif
