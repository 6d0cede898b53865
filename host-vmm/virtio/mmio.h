/* SPDX-License-Identifier: MIT */
/* MMIO transport, version 2: one page of registers and one interrupt line (VIRTIO 1.2, 4.2). */
#ifndef HOST_VIRTIO_MMIO_H
#define HOST_VIRTIO_MMIO_H

#include "../bus.h"
#include "../irq.h"
#include "device.h"

#include "../../drivers/abi/virtio_mmio.h"

struct virtio_mmio_model {
    struct bus_region region; /* VIRTIO_MMIO_STRIDE bytes, the host attaches it */
    struct virtio_device *device;
    struct irq_line irq;
    uint32_t interrupt_status; /* VIRTIO_MMIO_INTERRUPT_* */
};

/* Puts device behind such registers. */
void virtio_mmio_model_init(struct virtio_mmio_model *v, struct virtio_device *device,
                            struct irq_line irq);
void virtio_mmio_model_reset(struct virtio_mmio_model *v);

#endif
