/* SPDX-License-Identifier: MIT */
/*
 * virtio over MMIO, version 2 (VIRTIO 1.2 section 4.2.2): the register map. All registers are 32 bits
 * wide; the device's configuration, which follows them, is accessed by its fields' own widths. Where
 * the register pages of a PC are is in machine.h.
 */
#ifndef ABI_VIRTIO_MMIO_H
#define ABI_VIRTIO_MMIO_H

#define VIRTIO_MMIO_MAGIC_VALUE 0x000         /* ro */
#define VIRTIO_MMIO_VERSION 0x004             /* ro */
#define VIRTIO_MMIO_DEVICE_ID 0x008           /* ro, VIRTIO_DEVICE_*; 0 = no device */
#define VIRTIO_MMIO_VENDOR_ID 0x00c           /* ro */
#define VIRTIO_MMIO_DEVICE_FEATURES 0x010     /* ro */
#define VIRTIO_MMIO_DEVICE_FEATURES_SEL 0x014 /* wo */
#define VIRTIO_MMIO_DRIVER_FEATURES 0x020     /* wo */
#define VIRTIO_MMIO_DRIVER_FEATURES_SEL 0x024 /* wo */
#define VIRTIO_MMIO_QUEUE_SEL 0x030           /* wo */
#define VIRTIO_MMIO_QUEUE_NUM_MAX 0x034       /* ro; 0 = no such queue */
#define VIRTIO_MMIO_QUEUE_NUM 0x038           /* wo */
#define VIRTIO_MMIO_QUEUE_READY 0x044         /* rw */
#define VIRTIO_MMIO_QUEUE_NOTIFY 0x050        /* wo */
#define VIRTIO_MMIO_INTERRUPT_STATUS 0x060    /* ro, VIRTIO_MMIO_INTERRUPT_* */
#define VIRTIO_MMIO_INTERRUPT_ACK 0x064       /* wo */
#define VIRTIO_MMIO_STATUS 0x070              /* rw */
#define VIRTIO_MMIO_QUEUE_DESC_LOW 0x080      /* wo, like the five that follow */
#define VIRTIO_MMIO_QUEUE_DESC_HIGH 0x084
#define VIRTIO_MMIO_QUEUE_DRIVER_LOW 0x090
#define VIRTIO_MMIO_QUEUE_DRIVER_HIGH 0x094
#define VIRTIO_MMIO_QUEUE_DEVICE_LOW 0x0a0
#define VIRTIO_MMIO_QUEUE_DEVICE_HIGH 0x0a4
#define VIRTIO_MMIO_SHM_SEL 0x0ac     /* wo */
#define VIRTIO_MMIO_SHM_LEN_LOW 0x0b0 /* ro, like the next three; all ones = no such region */
#define VIRTIO_MMIO_SHM_LEN_HIGH 0x0b4
#define VIRTIO_MMIO_SHM_BASE_LOW 0x0b8
#define VIRTIO_MMIO_SHM_BASE_HIGH 0x0bc
#define VIRTIO_MMIO_CONFIG_GENERATION 0x0fc /* ro */
#define VIRTIO_MMIO_CONFIG 0x100

#define VIRTIO_MMIO_MAGIC 0x74726976 /* "virt" in memory */
#define VIRTIO_MMIO_VERSION_LEGACY 1
#define VIRTIO_MMIO_VERSION_MODERN 2
#define VIRTIO_MMIO_VENDOR 0x1af4 /* what this host's devices give: the subsystem vendor on PCI */

#define VIRTIO_MMIO_INTERRUPT_QUEUE 0x1
#define VIRTIO_MMIO_INTERRUPT_CONFIG 0x2

#endif
