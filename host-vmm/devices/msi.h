/* SPDX-License-Identifier: MIT */
/*
 * MSI capability of a PCI function (PCI 3.0 section 6.8.1): one vector, 64-bit address, no mask bit. What
 * the message is for is the function's business.
 */
#ifndef HOST_DEVICES_MSI_H
#define HOST_DEVICES_MSI_H

#include "../irq.h"
#include "pci_device.h"

#include <pthread.h>

struct msi_model {
    struct pci_device *pci;
    unsigned capability; /* its offset */
    struct msi_sink sink;
    pthread_mutex_t lock; /* all that follows; the sink is called with it held */
    bool master;          /* command register, as of msi_model_update() */
    bool enabled;         /* as last told to the sink, like the next two */
    uint64_t address;
    uint32_t data;
    uint64_t dropped; /* messages that could not go: off, or bus mastering off */
};

/* Appends the capability to pci. */
void msi_model_init(struct msi_model *msi, struct pci_device *pci, struct msi_sink sink);

/* To be called by the function's config_written hook, and after a reset of its configuration. */
void msi_model_update(struct msi_model *msi);

/* Sends the message; false, and counted, while MSI or bus mastering is off. Any thread. */
bool msi_model_send(struct msi_model *msi);

#endif
