/* SPDX-License-Identifier: MIT */
/*
 * One PCI function: its configuration space with a write mask, and its BARs. What a BAR maps is a
 * bus_region; whether it is decoded is decided by the host bridge (pci_host.h).
 */
#ifndef HOST_DEVICES_PCI_DEVICE_H
#define HOST_DEVICES_PCI_DEVICE_H

#include "../bus.h"

#include "../../drivers/abi/pci.h"

struct pci_device;

struct pci_bar_model {
    uint64_t size; /* 0 = not implemented; a power of two */
    bool io;
    bool is_64bit; /* takes the next BAR slot too */
    bool prefetchable;
    struct bus_region *region; /* what it maps */
    bool decoded;              /* the region is on the bus now */
};

struct pci_device {
    const char *name;
    uint8_t device, function;
    uint8_t config[PCI_CONFIG_SIZE];
    uint8_t writable[PCI_CONFIG_SIZE]; /* bits the guest may change */
    uint8_t initial[PCI_CONFIG_SIZE];  /* what reset goes back to: a copy made by pci_host_add() */
    unsigned last_capability;          /* offset of the last one; 0 = none yet */
    unsigned capability_end;           /* where the next one may start */
    struct pci_bar_model bars[PCI_BAR_COUNT];
    /* Optional: called for a configuration access before the plain bytes are used (virtio's PCI access
     * capability). Returns true when it has answered. */
    bool (*config_read)(struct pci_device *d, unsigned reg, unsigned size, uint32_t *value);
    /* Optional: called after the plain bytes were written. */
    void (*config_written)(struct pci_device *d, unsigned reg, unsigned size);
    void *self;
};

/* Fills in ids and class (24 bits: class, subclass, interface), type-0 header, and what the guest may
 * write in it: MASTER in the command register, cache line size, interrupt line. IO and MEMORY become
 * writable with the first BAR of their kind, INTX_DISABLE with an interrupt pin. Capabilities, hooks
 * and BARs start empty. */
void pci_device_init(struct pci_device *d, const char *name, unsigned device, unsigned function,
                     uint16_t vendor_id, uint16_t device_id, uint32_t class_code, uint8_t revision);

void pci_device_subsystem(struct pci_device *d, uint16_t vendor_id, uint16_t id);

/* Declares BAR index: size is a power of two, at least 16 (memory) or 4 (I/O). A 64-bit BAR takes
 * index + 1 too. region's length becomes size. */
void pci_device_bar(struct pci_device *d, unsigned index, uint64_t size, bool io, bool is_64bit,
                    bool prefetchable, struct bus_region *region);

/* Appends a capability of length bytes (its id first, its next pointer is filled in); returns its
 * offset, 0 when there is no room. Capabilities start at 0x40 and are read-only until the caller sets
 * writable bits. */
unsigned pci_device_capability(struct pci_device *d, const uint8_t *bytes, unsigned length);

void pci_device_interrupt_pin(struct pci_device *d, uint8_t pin); /* 1 = INTA# */

/* Little-endian access to the plain bytes: for models and the host bridge, not for the guest. */
uint16_t pci_device_config16(const struct pci_device *d, unsigned reg);
void pci_device_set_config16(struct pci_device *d, unsigned reg, uint16_t value);
uint32_t pci_device_config32(const struct pci_device *d, unsigned reg);
void pci_device_set_config32(struct pci_device *d, unsigned reg, uint32_t value);

/* The address BAR index holds (without its flag bits). */
uint64_t pci_device_bar_address(const struct pci_device *d, unsigned index);

bool pci_device_is_master(const struct pci_device *d);
bool pci_device_intx_enabled(const struct pci_device *d);

#endif
