/* SPDX-License-Identifier: MIT */
/* The MMIO transport, version 2 (VIRTIO 1.2 section 4.2). Where the registers are, somebody must say. */
#ifndef DRIVERS_VIRTIO_MMIO_H
#define DRIVERS_VIRTIO_MMIO_H

#include "virtio.h"

struct virtio_mmio {
    struct virtio_transport transport;
    uint64_t base, length; /* the registers and the configuration behind them */
    uint32_t version;
    unsigned irq; /* the line, as whoever says where the registers are knows it; 0 = unknown */
};

/* Looks at the length bytes at base, which are mapped. Nothing is written; irq is 0.
 * ERR_ABSENT: an empty slot. ERR_DEVICE: no virtio registers there, or too few of them.
 * ERR_UNSUPPORTED: another version, such as legacy 1; device_type and version are valid then. */
int virtio_mmio_init(struct virtio_mmio *v, uint64_t base, uint64_t length);

#endif
