/* SPDX-License-Identifier: MIT */
/* MSI: the capability's registers become one message (PCI 3.0 section 6.8.1), sent by the sink. */
#include "msi.h"

#include <stddef.h>

void msi_model_init(struct msi_model *msi, struct pci_device *pci, struct msi_sink sink)
{
    const uint8_t bytes[PCI_MSI_SIZE] = {PCI_CAPABILITY_ID_MSI, [PCI_MSI_CONTROL] =
                                                                    PCI_MSI_CONTROL_64BIT};
    uint8_t *writable;

    *msi = (struct msi_model){.pci = pci, .sink = sink};
    pthread_mutex_init(&msi->lock, NULL);
    msi->capability = pci_device_capability(pci, bytes, sizeof bytes);
    writable = &pci->writable[msi->capability];
    writable[PCI_MSI_CONTROL] = PCI_MSI_CONTROL_ENABLE;
    for (unsigned i = PCI_MSI_ADDRESS; i < PCI_MSI_SIZE; i++)
        writable[i] = 0xff;
    writable[PCI_MSI_ADDRESS] = 0xfc; /* a message is an aligned doubleword */
}

void msi_model_update(struct msi_model *msi)
{
    const struct pci_device *pci = msi->pci;
    unsigned at = msi->capability;
    bool enabled = pci_device_config16(pci, at + PCI_MSI_CONTROL) & PCI_MSI_CONTROL_ENABLE;
    uint64_t address = (uint64_t)pci_device_config32(pci, at + PCI_MSI_ADDRESS_HIGH) << 32 |
                       pci_device_config32(pci, at + PCI_MSI_ADDRESS);
    uint32_t data = pci_device_config16(pci, at + PCI_MSI_DATA);

    pthread_mutex_lock(&msi->lock);
    msi->master = pci_device_is_master(pci);
    if (enabled != msi->enabled || (enabled && (address != msi->address || data != msi->data))) {
        msi->enabled = enabled;
        msi->address = address;
        msi->data = data;
        if (msi->sink.route != NULL)
            msi->sink.route(msi->sink.context, 0, enabled, address, data);
    }
    pthread_mutex_unlock(&msi->lock);
}

bool msi_model_send(struct msi_model *msi)
{
    bool sent;

    pthread_mutex_lock(&msi->lock);
    sent = msi->enabled && msi->master;
    if (!sent)
        msi->dropped++;
    else if (msi->sink.send != NULL)
        msi->sink.send(msi->sink.context, 0);
    pthread_mutex_unlock(&msi->lock);
    return sent;
}
