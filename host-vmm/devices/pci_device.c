/* SPDX-License-Identifier: MIT */
/*
 * Building a PCI function's configuration space. What the guest does with it afterwards, and which BARs
 * are decoded, is the host bridge's (pci_host.c).
 */
#include "pci_device.h"

#include <stddef.h>
#include <string.h>

#define PCI_CAPABILITIES_START 0x40

uint16_t pci_device_config16(const struct pci_device *d, unsigned reg)
{
    return (uint16_t)(d->config[reg] | d->config[reg + 1] << 8);
}

void pci_device_set_config16(struct pci_device *d, unsigned reg, uint16_t value)
{
    d->config[reg] = (uint8_t)value;
    d->config[reg + 1] = (uint8_t)(value >> 8);
}

uint32_t pci_device_config32(const struct pci_device *d, unsigned reg)
{
    return pci_device_config16(d, reg) | (uint32_t)pci_device_config16(d, reg + 2) << 16;
}

void pci_device_set_config32(struct pci_device *d, unsigned reg, uint32_t value)
{
    pci_device_set_config16(d, reg, (uint16_t)value);
    pci_device_set_config16(d, reg + 2, (uint16_t)(value >> 16));
}

static void allow_command_bits(struct pci_device *d, uint16_t bits)
{
    d->writable[PCI_COMMAND] |= (uint8_t)bits;
    d->writable[PCI_COMMAND + 1] |= (uint8_t)(bits >> 8);
}

void pci_device_init(struct pci_device *d, const char *name, unsigned device, unsigned function,
                     uint16_t vendor_id, uint16_t device_id, uint32_t class_code, uint8_t revision)
{
    *d = (struct pci_device){
        .name = name,
        .device = (uint8_t)device,
        .function = (uint8_t)function,
        .capability_end = PCI_CAPABILITIES_START,
    };
    pci_device_set_config16(d, PCI_VENDOR_ID, vendor_id);
    pci_device_set_config16(d, PCI_DEVICE_ID, device_id);
    d->config[PCI_REVISION_ID] = revision;
    d->config[PCI_PROG_IF] = (uint8_t)class_code;
    d->config[PCI_SUBCLASS] = (uint8_t)(class_code >> 8);
    d->config[PCI_CLASS] = (uint8_t)(class_code >> 16);
    allow_command_bits(d, PCI_COMMAND_MASTER);
    d->writable[PCI_CACHE_LINE_SIZE] = 0xff;
    d->writable[PCI_INTERRUPT_LINE] = 0xff;
}

void pci_device_subsystem(struct pci_device *d, uint16_t vendor_id, uint16_t id)
{
    pci_device_set_config16(d, PCI_SUBSYSTEM_VENDOR_ID, vendor_id);
    pci_device_set_config16(d, PCI_SUBSYSTEM_ID, id);
}

void pci_device_bar(struct pci_device *d, unsigned index, uint64_t size, bool io, bool is_64bit,
                    bool prefetchable, struct bus_region *region)
{
    unsigned reg = PCI_BAR0 + 4 * index;
    uint64_t address_bits = ~(size - 1); /* the rest is hard-wired: that is how a BAR is sized */
    uint8_t flags = io ? PCI_BAR_IO : 0;

    if (is_64bit)
        flags |= PCI_BAR_TYPE_64;
    if (prefetchable)
        flags |= PCI_BAR_PREFETCHABLE;
    d->bars[index] = (struct pci_bar_model){
        .size = size,
        .io = io,
        .is_64bit = is_64bit,
        .prefetchable = prefetchable,
        .region = region,
    };
    d->config[reg] = flags;
    for (unsigned i = 0; i < (is_64bit ? 8 : 4); i++)
        d->writable[reg + i] = (uint8_t)(address_bits >> (8 * i));
    allow_command_bits(d, io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY);
    if (region != NULL)
        region->length = size;
}

unsigned pci_device_capability(struct pci_device *d, const uint8_t *bytes, unsigned length)
{
    unsigned at = d->capability_end;

    if (length < 2 || length > PCI_CONFIG_SIZE - at)
        return 0;
    memcpy(&d->config[at], bytes, length);
    d->config[at + 1] = 0; /* the end of the list */
    if (d->last_capability == 0)
        d->config[PCI_CAPABILITY_POINTER] = (uint8_t)at;
    else
        d->config[d->last_capability + 1] = (uint8_t)at;
    d->config[PCI_STATUS] |= PCI_STATUS_CAPABILITIES;
    d->last_capability = at;
    d->capability_end = (at + length + 3) & ~3u; /* capabilities are dword-aligned */
    return at;
}

void pci_device_interrupt_pin(struct pci_device *d, uint8_t pin)
{
    d->config[PCI_INTERRUPT_PIN] = pin;
    allow_command_bits(d, PCI_COMMAND_INTX_DISABLE);
}

uint64_t pci_device_bar_address(const struct pci_device *d, unsigned index)
{
    const struct pci_bar_model *bar = &d->bars[index];
    unsigned reg = PCI_BAR0 + 4 * index;
    uint64_t address = pci_device_config32(d, reg);

    if (bar->io)
        return address & ~(uint64_t)PCI_BAR_IO_FLAGS;
    if (bar->is_64bit)
        address |= (uint64_t)pci_device_config32(d, reg + 4) << 32;
    return address & ~(uint64_t)PCI_BAR_MEMORY_FLAGS;
}

/* Devices' threads ask, while the vCPU's may be writing: a byte at a time, each whole. */
static bool command_has(const struct pci_device *d, uint16_t bit)
{
    unsigned reg = bit > 0xff ? PCI_COMMAND + 1 : PCI_COMMAND;
    uint8_t byte = __atomic_load_n(&d->config[reg], __ATOMIC_RELAXED);

    return (byte & (bit > 0xff ? bit >> 8 : bit)) != 0;
}

bool pci_device_is_master(const struct pci_device *d)
{
    return command_has(d, PCI_COMMAND_MASTER);
}

bool pci_device_intx_enabled(const struct pci_device *d)
{
    return !command_has(d, PCI_COMMAND_INTX_DISABLE);
}
