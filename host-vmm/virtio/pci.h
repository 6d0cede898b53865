/* SPDX-License-Identifier: MIT */
/* Modern PCI transport: one 32 KiB memory BAR, five capabilities and MSI-X, INTA# (VIRTIO 1.2, 4.1). */
#ifndef HOST_VIRTIO_PCI_H
#define HOST_VIRTIO_PCI_H

#include "../bus.h"
#include "../devices/msix.h"
#include "../devices/pci_device.h"
#include "../irq.h"
#include "device.h"

#include "../../drivers/abi/virtio_pci.h"

struct virtio_pci_model {
    struct pci_device pci;
    struct bus_region region;
    struct virtio_device *device;
    struct irq_line irq;
    struct msix_model msix;
    bool msix_on; /* interrupts are messages, and INTA# is low; under the device's lock */
    uint16_t config_vector, queue_vectors[VIRTIO_MAX_QUEUES]; /* or VIRTIO_MSI_NO_VECTOR */
    uint8_t isr;
    bool master;             /* bus mastering, as of the last configuration write */
    unsigned cfg_capability; /* offset of the PCI configuration access capability */
};

/* MSI-X vectors of device: one for each queue, one for the configuration. */
unsigned virtio_pci_vectors(const struct virtio_device *device);

/* Puts device behind a PCI function at slot (0..31). class_code is its 24 bits in PCI. Interrupts go to irq
 * (INTA#) or, once the guest has turned MSI-X on, to sink. */
void virtio_pci_model_init(struct virtio_pci_model *v, struct virtio_device *device, unsigned slot,
                           uint32_t class_code, struct irq_line irq, struct msi_sink sink);
void virtio_pci_model_reset(struct virtio_pci_model *v);

#endif
