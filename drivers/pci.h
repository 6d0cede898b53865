/* SPDX-License-Identifier: MIT */
/* PCI configuration by mechanism #1 or ECAM: access, enumeration, BARs, capabilities. */
#ifndef DRIVERS_PCI_H
#define DRIVERS_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/pci.h"

struct pci_bar {
    uint64_t base; /* 0 = not assigned */
    uint64_t size; /* 0 = not implemented */
    bool io;
    bool is_64bit;
    bool prefetchable;
};

struct pci_function {
    uint8_t bus, device, function;
    uint8_t header_type;
    uint8_t revision;
    uint16_t vendor_id, device_id;
    uint32_t class_code;                /* class, subclass, programming interface */
    struct pci_bar bars[PCI_BAR_COUNT]; /* filled by pci_assign_bars() */
};

/* True where mechanism #1 is there: bit 31 written to 0xcf8 reads back. */
bool pci_present(void);

/* From now on the functions of the first buses buses are reached through the ECAM window at base,
 * which is mapped; buses is at most PCI_ECAM_BUSES_MAX. 0 buses: back to mechanism #1. */
void pci_use_ecam(uint64_t base, unsigned buses);

/* Configuration accesses; reg is 0..255 (through ECAM 0..4095) and naturally aligned. A missing
 * function reads all ones. */
uint8_t pci_read8(const struct pci_function *f, unsigned reg);
uint16_t pci_read16(const struct pci_function *f, unsigned reg);
uint32_t pci_read32(const struct pci_function *f, unsigned reg);
void pci_write8(const struct pci_function *f, unsigned reg, uint8_t value);
void pci_write16(const struct pci_function *f, unsigned reg, uint16_t value);
void pci_write32(const struct pci_function *f, unsigned reg, uint32_t value);

/* Finds the functions of bus 0, in order, up to max of them; returns how many were found. At most
 * 256 functions are looked at, whatever answers. */
unsigned pci_enumerate(struct pci_function *found, unsigned max);

/* Where BARs may be placed. next is moved up by each assignment. */
struct pci_window {
    uint64_t memory_next, memory_end;
    uint64_t memory64_next, memory64_end; /* for 64-bit BARs; 0, 0: among the others */
    uint32_t io_next, io_end;
};

/* Sizes every BAR of a type-0 function with decode off, gives each unassigned one a place in window
 * (a BAR that already has an address keeps it, but for the 64-bit ones where window has a place of
 * their own), and leaves the decode bits as they were.
 * ERR_NO_MEMORY when the window is full, ERR_DEVICE for a BAR whose size makes no sense. */
int pci_assign_bars(struct pci_function *f, struct pci_window *window);

/* Turns bits of the command register (PCI_COMMAND_*) on or off. Returns the register as it was. */
uint16_t pci_command_set(const struct pci_function *f, uint16_t bits);
uint16_t pci_command_clear(const struct pci_function *f, uint16_t bits);

/* Offset of the next capability with this id after the capability at previous (0 = from the start);
 * 0 when there is none. A list that loops ends after PCI_CAPABILITY_MAX entries. */
unsigned pci_find_capability(const struct pci_function *f, uint8_t id, unsigned previous);

#endif
