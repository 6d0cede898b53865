/* SPDX-License-Identifier: MIT */
/*
 * The i440FX host bridge: configuration mechanism #1 at 0xcf8/0xcfc, the functions of bus 0, and which
 * BARs are decoded. A BAR is decoded when its decode bit is on and it overlaps nothing that the bus
 * already has (RAM and ROM are there as reserved regions) and no BAR of an earlier function.
 */
#ifndef HOST_DEVICES_PCI_HOST_H
#define HOST_DEVICES_PCI_HOST_H

#include "pci_device.h"

#include "../../drivers/abi/i440fx.h"

#define PCI_HOST_MAX_DEVICES 40

struct pci_host {
    struct bus_region address_region;                 /* 0xcf8-0xcfb, the host attaches it */
    struct bus_region data_region;                    /* 0xcfc-0xcff, likewise */
    struct bus_region ecam_region;                    /* ECAM_BASE, 256 buses, likewise */
    struct bus_region *reset_control;                 /* optional: see pci_host_init() */
    struct pci_device bridge;                         /* 00:00.0 */
    struct pci_device *devices[PCI_HOST_MAX_DEVICES]; /* by device and function number */
    unsigned count;
    uint32_t config_address;
    struct bus *ports, *mmio; /* where BARs are placed */
    /* Optional, to be set after pci_host_init(): the PAM registers (I440FX_PAM_COUNT of them, pam.h says
     * what they mean) have changed. */
    void (*pam_changed)(void *context, const uint8_t *registers);
    void *pam_context;
    uint8_t pam[I440FX_PAM_COUNT]; /* as last told */
};

/* The configuration address is a register for 32-bit accesses only. A byte access to 0xcf9, in the
 * middle of it, is another device, the reset control port; as regions do not overlap, such accesses
 * are handed on to reset_control (offset 0, one byte) where that is set after this call. */
void pci_host_init(struct pci_host *host, struct bus *ports, struct bus *mmio);

/* The ECAM window has a fixed place. It answers nobody, and keeps BARs out, until the register of
 * 00:00.0 at PCIEXBAR_I440FX turns it on. */

/* Puts d on bus 0 and keeps a copy of its configuration for reset. False when its place is taken. */
bool pci_host_add(struct pci_host *host, struct pci_device *d);

/* Configuration as after power-on; BARs unassigned and not decoded. */
void pci_host_reset(struct pci_host *host);

/* True when address lies in a memory BAR (or I/O BAR, for ports) that has an address but is not
 * decoded: an access there is a driver looking, not an error. */
bool pci_host_undecoded(const struct pci_host *host, bool io, uint64_t address);

/* Raw configuration access, for tests and for ECAM. size is 1, 2 or 4; what is not there (another
 * size, past the end of 256 bytes, no such function) reads all ones of size bytes. */
uint32_t pci_host_config_read(struct pci_host *host, unsigned bus, unsigned device,
                              unsigned function, unsigned reg, unsigned size);
void pci_host_config_write(struct pci_host *host, unsigned bus, unsigned device, unsigned function,
                           unsigned reg, unsigned size, uint32_t value);

#endif
