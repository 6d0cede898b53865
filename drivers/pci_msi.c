/* SPDX-License-Identifier: MIT */
/* The MSI and MSI-X capabilities. What the messages mean is the platform's. */
#include "pci_msi.h"

#include "errors.h"
#include "io.h"

#include <stdint.h>

int pci_msi_enable(const struct pci_function *f, const struct interrupt_message *message)
{
    unsigned msi = pci_find_capability(f, PCI_CAPABILITY_ID_MSI, 0);
    if (!msi)
        return ERR_UNSUPPORTED;
    uint16_t control = pci_read16(f, msi + PCI_MSI_CONTROL);
    bool wide = control & PCI_MSI_CONTROL_64BIT;
    if ((!wide && message->address >> 32) || message->data > UINT16_MAX)
        return ERR_UNSUPPORTED;

    /* Off while it changes, and one vector: that is what 0 in MULTIPLE_ENABLE says. */
    control &= (uint16_t) ~(PCI_MSI_CONTROL_ENABLE | PCI_MSI_CONTROL_MULTIPLE_ENABLE);
    pci_write16(f, msi + PCI_MSI_CONTROL, control);
    pci_write32(f, msi + PCI_MSI_ADDRESS, (uint32_t)message->address);
    unsigned data = PCI_MSI_ADDRESS_HIGH;
    if (wide) {
        pci_write32(f, msi + PCI_MSI_ADDRESS_HIGH, (uint32_t)(message->address >> 32));
        data = PCI_MSI_DATA;
    }
    pci_write16(f, msi + data, (uint16_t)message->data);
    if (control & PCI_MSI_CONTROL_MASKABLE)
        pci_write32(f, msi + data + PCI_MSI_MASK_AFTER_DATA, 0);
    pci_write16(f, msi + PCI_MSI_CONTROL, control | PCI_MSI_CONTROL_ENABLE);
    return ERR_OK;
}

/* Where entry of the table is, ERR_DEVICE where it cannot be. */
static int entry_address(const struct pci_function *f, unsigned msix, unsigned entry,
                         uint64_t *address)
{
    uint32_t table = pci_read32(f, msix + PCI_MSIX_TABLE);
    uint64_t offset =
        (table & ~(uint32_t)PCI_MSIX_BAR_MASK) + (uint64_t)entry * PCI_MSIX_ENTRY_SIZE;
    unsigned index = table & PCI_MSIX_BAR_MASK;
    if (index >= PCI_BAR_COUNT)
        return ERR_DEVICE;
    const struct pci_bar *bar = &f->bars[index];
    if (!bar->base || bar->io || offset + PCI_MSIX_ENTRY_SIZE > bar->size)
        return ERR_DEVICE;
    *address = bar->base + offset;
    return ERR_OK;
}

int pci_msix_enable(const struct pci_function *f, unsigned entry,
                    const struct interrupt_message *message)
{
    unsigned msix = pci_find_capability(f, PCI_CAPABILITY_ID_MSIX, 0);
    if (!msix)
        return ERR_UNSUPPORTED;
    uint16_t control = pci_read16(f, msix + PCI_MSIX_CONTROL);
    if (entry > (control & PCI_MSIX_CONTROL_LAST_ENTRY))
        return ERR_UNSUPPORTED;
    uint64_t at;
    int error = entry_address(f, msix, entry, &at);
    if (error)
        return error;

    /* An entry may change only while it is masked, and a function that is not enabled need not show
     * it. */
    control |= PCI_MSIX_CONTROL_ENABLE;
    pci_write16(f, msix + PCI_MSIX_CONTROL, control | PCI_MSIX_CONTROL_FUNCTION_MASK);
    mmio_write32(at + PCI_MSIX_ENTRY_CONTROL, PCI_MSIX_ENTRY_MASKED);
    mmio_write32(at + PCI_MSIX_ENTRY_ADDRESS, (uint32_t)message->address);
    mmio_write32(at + PCI_MSIX_ENTRY_ADDRESS + 4, (uint32_t)(message->address >> 32));
    mmio_write32(at + PCI_MSIX_ENTRY_DATA, message->data);
    mmio_write32(at + PCI_MSIX_ENTRY_CONTROL, 0);
    pci_write16(f, msix + PCI_MSIX_CONTROL, control & (uint16_t)~PCI_MSIX_CONTROL_FUNCTION_MASK);
    return ERR_OK;
}
