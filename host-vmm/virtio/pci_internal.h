/* SPDX-License-Identifier: MIT */
/* What pci.c and pci_common.c share. */
#ifndef HOST_VIRTIO_PCI_INTERNAL_H
#define HOST_VIRTIO_PCI_INTERNAL_H

#include "pci.h"

/* One access to the common configuration; false where no field of that width is. */
bool virtio_pci_common_read(struct virtio_pci_model *v, uint64_t offset, unsigned size,
                            uint64_t *value);
bool virtio_pci_common_write(struct virtio_pci_model *v, uint64_t offset, unsigned size,
                             uint64_t value);

/* ISR and vectors as after reset, INTA# low. */
void virtio_pci_clear(struct virtio_pci_model *v);

/* Brings INTA# in line with the ISR, MSI-X and the command register. Device's lock held. */
void virtio_pci_update_interrupt(struct virtio_pci_model *v);

#endif
