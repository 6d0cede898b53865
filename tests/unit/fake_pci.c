/* SPDX-License-Identifier: MIT */
/* A PCI bus for driver tests; fake_pci.h says what it does. */
#include "fake_pci.h"

#include "drivers/abi/machine.h"

#include <string.h>

void fake_pci_set8(struct fake_pci_function *f, unsigned reg, uint8_t value)
{
    f->config[reg] = value;
}

void fake_pci_set16(struct fake_pci_function *f, unsigned reg, uint16_t value)
{
    memcpy(f->config + reg, &value, sizeof(value));
}

void fake_pci_set32(struct fake_pci_function *f, unsigned reg, uint32_t value)
{
    memcpy(f->config + reg, &value, sizeof(value));
}

uint16_t fake_pci_get16(const struct fake_pci_function *f, unsigned reg)
{
    uint16_t value;
    memcpy(&value, f->config + reg, sizeof(value));
    return value;
}

uint32_t fake_pci_get32(const struct fake_pci_function *f, unsigned reg)
{
    uint32_t value;
    memcpy(&value, f->config + reg, sizeof(value));
    return value;
}

struct fake_pci_function *fake_pci_add(struct fake_pci *pci, unsigned device, unsigned function,
                                       uint16_t vendor_id, uint16_t device_id, uint32_t class_code)
{
    for (unsigned i = 0; i < FAKE_PCI_FUNCTIONS; i++) {
        struct fake_pci_function *f = &pci->functions[i];
        if (f->present)
            continue;
        f->present = true;
        pci->places[i] = (uint8_t)(device << 3 | function);
        fake_pci_set16(f, PCI_VENDOR_ID, vendor_id);
        fake_pci_set16(f, PCI_DEVICE_ID, device_id);
        fake_pci_set32(f, PCI_REVISION_ID, class_code << 8 | 1);
        return f;
    }
    return NULL;
}

void fake_pci_bar(struct fake_pci_function *f, unsigned index, uint64_t size, uint32_t flags)
{
    uint64_t mask = ~(size - 1);
    bool wide = !(flags & PCI_BAR_IO) && (flags & PCI_BAR_TYPE_MASK) == PCI_BAR_TYPE_64;
    f->bar_mask[index] = (uint32_t)mask;
    if (wide)
        f->bar_mask[index + 1] = (uint32_t)(mask >> 32);
    fake_pci_set32(f, PCI_BAR0 + 4 * index, flags);
}

static struct fake_pci_function *addressed(struct fake_pci *pci)
{
    if (!(pci->address & PCI_CONFIG_ENABLE))
        return NULL;
    if (pci->everyone_answers)
        return &pci->functions[0];
    for (unsigned i = 0; i < FAKE_PCI_FUNCTIONS; i++)
        if (pci->functions[i].present &&
            (pci->address & 0xffff00) >> PCI_CONFIG_FUNCTION_SHIFT == pci->places[i])
            return &pci->functions[i];
    return NULL;
}

uint32_t fake_pci_in(void *context, uint16_t port, unsigned size)
{
    struct fake_pci *pci = context;
    if (port == PORT_PCI_CONFIG_ADDRESS && size == 4)
        return pci->address_is_stuck ? UINT32_MAX : pci->address;
    if (port < PORT_PCI_CONFIG_DATA || port + size > PORT_PCI_CONFIG_DATA + 4u)
        return UINT32_MAX;
    struct fake_pci_function *f = addressed(pci);
    if (!f)
        return UINT32_MAX;
    uint32_t value = 0;
    unsigned reg = (pci->address & PCI_CONFIG_REGISTER_MASK) + (port - PORT_PCI_CONFIG_DATA);
    memcpy(&value, f->config + reg, size);
    return value;
}

static void write_bar(struct fake_pci *pci, struct fake_pci_function *f, unsigned reg,
                      uint32_t value)
{
    uint32_t mask = f->bar_mask[(reg - PCI_BAR0) / 4];
    uint32_t kept = fake_pci_get32(f, reg) & ~mask;
    if (fake_pci_get16(f, PCI_COMMAND) & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY))
        pci->sized_while_decoding++;
    pci->bar_writes++;
    fake_pci_set32(f, reg, (value & mask) | kept);
}

void fake_pci_out(void *context, uint16_t port, unsigned size, uint32_t value)
{
    struct fake_pci *pci = context;
    if (port == PORT_PCI_CONFIG_ADDRESS && size == 4) {
        pci->address = value;
        return;
    }
    if (port < PORT_PCI_CONFIG_DATA || port + size > PORT_PCI_CONFIG_DATA + 4u)
        return;
    struct fake_pci_function *f = addressed(pci);
    if (!f)
        return;
    unsigned reg = (pci->address & PCI_CONFIG_REGISTER_MASK) + (port - PORT_PCI_CONFIG_DATA);
    if (reg >= PCI_BAR0 && reg < PCI_BAR0 + 4 * PCI_BAR_COUNT && size == 4)
        write_bar(pci, f, reg, value);
    else if (reg == PCI_COMMAND && size == 2)
        pci->command_writes++, fake_pci_set16(f, reg, (uint16_t)value);
    else
        memcpy(f->config + reg, &value, size);
}
