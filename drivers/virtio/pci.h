/* SPDX-License-Identifier: MIT */
/* The modern PCI transport (VIRTIO 1.2 section 4.1). */
#ifndef DRIVERS_VIRTIO_PCI_H
#define DRIVERS_VIRTIO_PCI_H

#include "../pci.h"
#include "virtio.h"

struct virtio_pci {
    struct virtio_transport transport;
    const struct pci_function *function;
    /* Addresses; device is 0 where there is no such structure. */
    uint64_t common, notify, isr, device;
    uint32_t notify_multiplier;
    uint64_t notify_length, device_length;
    uint16_t notify_off[8]; /* queue_notify_off of the first queues, read at queue_enable */
};

/* True for a function that the modern interface can drive: vendor 1af4, device 1040 and up. */
bool virtio_pci_match(const struct pci_function *f);

/* Reads the vendor capabilities of f, whose BARs pci_assign_bars() has placed, and turns memory
 * decode and bus mastering on. f stays where it is. ERR_UNSUPPORTED: a structure is missing, or
 * does not fit its BAR. */
int virtio_pci_init(struct virtio_pci *v, const struct pci_function *f);

#endif
