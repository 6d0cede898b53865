/* SPDX-License-Identifier: MIT */
/* virtio over PCI, modern: identities, capabilities, common configuration (VIRTIO 1.2 section 4.1). */
#ifndef ABI_VIRTIO_PCI_H
#define ABI_VIRTIO_PCI_H

#define VIRTIO_PCI_VENDOR 0x1af4
#define VIRTIO_PCI_DEVICE_MODERN 0x1040 /* plus the virtio device type */
#define VIRTIO_PCI_REVISION 1

/* Capability: offsets from its first byte */
#define VIRTIO_PCI_CAP_LENGTH 2
#define VIRTIO_PCI_CAP_TYPE 3
#define VIRTIO_PCI_CAP_BAR 4
#define VIRTIO_PCI_CAP_ID 5
#define VIRTIO_PCI_CAP_OFFSET 8
#define VIRTIO_PCI_CAP_REGION_LENGTH 12
#define VIRTIO_PCI_CAP_NOTIFY_MULTIPLIER 16 /* notify capability only */
#define VIRTIO_PCI_CAP_CFG_DATA 16          /* PCI configuration access capability only */
#define VIRTIO_PCI_CAP_SIZE 16
#define VIRTIO_PCI_CAP_NOTIFY_SIZE 20
#define VIRTIO_PCI_CAP_CFG_SIZE 20

#define VIRTIO_PCI_CAP_COMMON 1
#define VIRTIO_PCI_CAP_NOTIFY 2
#define VIRTIO_PCI_CAP_ISR 3
#define VIRTIO_PCI_CAP_DEVICE 4
#define VIRTIO_PCI_CAP_PCI 5
#define VIRTIO_PCI_CAP_SHARED_MEMORY 8

/* Common configuration */
#define VIRTIO_COMMON_DEVICE_FEATURE_SELECT 0x00 /* u32 */
#define VIRTIO_COMMON_DEVICE_FEATURE 0x04        /* u32 ro */
#define VIRTIO_COMMON_DRIVER_FEATURE_SELECT 0x08 /* u32 */
#define VIRTIO_COMMON_DRIVER_FEATURE 0x0c        /* u32 */
#define VIRTIO_COMMON_CONFIG_MSIX_VECTOR 0x10    /* u16 */
#define VIRTIO_COMMON_NUM_QUEUES 0x12            /* u16 ro */
#define VIRTIO_COMMON_DEVICE_STATUS 0x14         /* u8 */
#define VIRTIO_COMMON_CONFIG_GENERATION 0x15     /* u8 ro */
#define VIRTIO_COMMON_QUEUE_SELECT 0x16          /* u16 */
#define VIRTIO_COMMON_QUEUE_SIZE 0x18            /* u16 */
#define VIRTIO_COMMON_QUEUE_MSIX_VECTOR 0x1a     /* u16 */
#define VIRTIO_COMMON_QUEUE_ENABLE 0x1c          /* u16 */
#define VIRTIO_COMMON_QUEUE_NOTIFY_OFF 0x1e      /* u16 ro */
#define VIRTIO_COMMON_QUEUE_DESC 0x20            /* u64 */
#define VIRTIO_COMMON_QUEUE_DRIVER 0x28          /* u64 */
#define VIRTIO_COMMON_QUEUE_DEVICE 0x30          /* u64 */
#define VIRTIO_COMMON_SIZE 0x38

#define VIRTIO_MSI_NO_VECTOR 0xffff
#define VIRTIO_ISR_QUEUE 0x1
#define VIRTIO_ISR_CONFIG 0x2

/* Where this host puts the structures in its one memory BAR (a driver reads the capabilities). */
#define VIRTIO_PCI_BAR 4
#define VIRTIO_PCI_BAR_SIZE 0x8000
#define VIRTIO_PCI_COMMON_OFFSET 0x0000
#define VIRTIO_PCI_ISR_OFFSET 0x1000
#define VIRTIO_PCI_DEVICE_OFFSET 0x2000
#define VIRTIO_PCI_NOTIFY_OFFSET 0x3000
#define VIRTIO_PCI_MSIX_OFFSET 0x4000 /* found by the MSI-X capability */
#define VIRTIO_PCI_REGION_SIZE 0x1000
#define VIRTIO_PCI_NOTIFY_MULTIPLIER 4

#endif
