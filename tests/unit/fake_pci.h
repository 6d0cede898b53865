/* SPDX-License-Identifier: MIT */
/*
 * A PCI bus for driver tests: functions with a configuration space and BARs, reached through
 * mechanism #1. It notes what a driver must not do: sizing a BAR with decode on.
 */
#ifndef TESTS_UNIT_FAKE_PCI_H
#define TESTS_UNIT_FAKE_PCI_H

#include "drivers/abi/pci.h"

#include <stdbool.h>
#include <stdint.h>

struct fake_pci_function {
    bool present;
    uint8_t config[PCI_CONFIG_SIZE];
    uint32_t bar_mask[PCI_BAR_COUNT]; /* bits that can be written; 0 = not implemented */
};

#define FAKE_PCI_FUNCTIONS 8

struct fake_pci {
    uint32_t address;
    bool address_is_stuck; /* 0xcf8 does not read back */
    bool everyone_answers; /* every function of every device is function 0 of device 0 */
    struct fake_pci_function functions[FAKE_PCI_FUNCTIONS];
    uint8_t places[FAKE_PCI_FUNCTIONS]; /* device << 3 | function */
    unsigned sized_while_decoding, command_writes, bar_writes;
};

/* Puts a function at device.function; type 0, not multifunction. */
struct fake_pci_function *fake_pci_add(struct fake_pci *pci, unsigned device, unsigned function,
                                       uint16_t vendor_id, uint16_t device_id, uint32_t class_code);

/* A BAR of size bytes with these flags; a 64-bit one takes the next slot too. */
void fake_pci_bar(struct fake_pci_function *f, unsigned index, uint64_t size, uint32_t flags);

void fake_pci_set8(struct fake_pci_function *f, unsigned reg, uint8_t value);
void fake_pci_set16(struct fake_pci_function *f, unsigned reg, uint16_t value);
void fake_pci_set32(struct fake_pci_function *f, unsigned reg, uint32_t value);
uint16_t fake_pci_get16(const struct fake_pci_function *f, unsigned reg);
uint32_t fake_pci_get32(const struct fake_pci_function *f, unsigned reg);

/* Hooks for struct fake_io, with the struct fake_pci as context. */
uint32_t fake_pci_in(void *context, uint16_t port, unsigned size);
void fake_pci_out(void *context, uint16_t port, unsigned size, uint32_t value);

#endif
