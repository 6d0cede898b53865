/* SPDX-License-Identifier: MIT */
/* Modern PCI transport: one 16 KiB memory BAR, five capabilities, INTA# (VIRTIO 1.2, 4.1). */
#ifndef HOST_VIRTIO_PCI_H
#define HOST_VIRTIO_PCI_H

#include "../bus.h"
#include "../devices/pci_device.h"
#include "../irq.h"
#include "device.h"

#include "../../drivers/abi/virtio_pci.h"

struct virtio_pci_model {
    struct pci_device pci;
    struct bus_region region;
    struct virtio_device *device;
    struct irq_line irq;
    uint8_t isr;
    unsigned cfg_capability; /* offset of the PCI configuration access capability */
};

/* Puts device behind a PCI function at slot (0..31). class_code is its 24 bits in PCI. */
void virtio_pci_model_init(struct virtio_pci_model *v, struct virtio_device *device, unsigned slot,
                           uint32_t class_code, struct irq_line irq);
void virtio_pci_model_reset(struct virtio_pci_model *v);

#endif
