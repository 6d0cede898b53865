/* SPDX-License-Identifier: MIT */
/* PCI configuration space (PCI Local Bus 3.0, chapter 6) and configuration mechanism #1. */
#ifndef ABI_PCI_H
#define ABI_PCI_H

/* Mechanism #1 (section 3.2.2.3.2): a 32-bit write of this form to 0xcf8, data at 0xcfc + (register & 3) */
#define PCI_CONFIG_ENABLE 0x80000000
#define PCI_CONFIG_BUS_SHIFT 16
#define PCI_CONFIG_DEVICE_SHIFT 11
#define PCI_CONFIG_FUNCTION_SHIFT 8
#define PCI_CONFIG_REGISTER_MASK 0xfc

/* ECAM (PCI Express Base 5.0, section 7.2.2): each function has a page of a memory window */
#define PCI_ECAM_BUS_SHIFT 20
#define PCI_ECAM_DEVICE_SHIFT 15
#define PCI_ECAM_FUNCTION_SHIFT 12
#define PCI_ECAM_FUNCTION_BYTES 0x1000
#define PCI_ECAM_BUSES_MAX 256

#define PCI_DEVICES_PER_BUS 32
#define PCI_FUNCTIONS_PER_DEVICE 8
#define PCI_CONFIG_SIZE 256
#define PCI_HEADER_SIZE 0x40 /* what the specification defines; capabilities come after it */
#define PCI_BAR_COUNT 6

/* Header type 0 */
#define PCI_VENDOR_ID 0x00
#define PCI_DEVICE_ID 0x02
#define PCI_COMMAND 0x04
#define PCI_STATUS 0x06
#define PCI_REVISION_ID 0x08
#define PCI_PROG_IF 0x09
#define PCI_SUBCLASS 0x0a
#define PCI_CLASS 0x0b
#define PCI_CACHE_LINE_SIZE 0x0c
#define PCI_LATENCY_TIMER 0x0d
#define PCI_HEADER_TYPE 0x0e
#define PCI_BAR0 0x10
#define PCI_SUBSYSTEM_VENDOR_ID 0x2c
#define PCI_SUBSYSTEM_ID 0x2e
#define PCI_EXPANSION_ROM 0x30
#define PCI_CAPABILITY_POINTER 0x34
#define PCI_INTERRUPT_LINE 0x3c
#define PCI_INTERRUPT_PIN 0x3d

#define PCI_COMMAND_IO 0x0001
#define PCI_COMMAND_MEMORY 0x0002
#define PCI_COMMAND_MASTER 0x0004
#define PCI_COMMAND_INTX_DISABLE 0x0400
#define PCI_STATUS_INTERRUPT 0x0008
#define PCI_STATUS_CAPABILITIES 0x0010
#define PCI_HEADER_TYPE_MASK 0x7f
#define PCI_HEADER_MULTIFUNCTION 0x80

#define PCI_BAR_IO 0x1
#define PCI_BAR_TYPE_MASK 0x6
#define PCI_BAR_TYPE_64 0x4
#define PCI_BAR_PREFETCHABLE 0x8
#define PCI_BAR_IO_FLAGS 0x3
#define PCI_BAR_MEMORY_FLAGS 0xf

#define PCI_CAPABILITY_ID_MSI 0x05
#define PCI_CAPABILITY_ID_VENDOR 0x09
#define PCI_CAPABILITY_ID_MSIX 0x11
#define PCI_CAPABILITY_MAX 48 /* as many as fit: a list longer than this loops */

/* MSI (section 6.8.1): offsets from the capability's first byte */
#define PCI_MSI_CONTROL 2 /* u16 */
#define PCI_MSI_CONTROL_ENABLE 0x0001
#define PCI_MSI_CONTROL_MULTIPLE_ENABLE 0x0070 /* log2 of how many vectors */
#define PCI_MSI_CONTROL_64BIT 0x0080 /* the address has an upper half, behind which the data is */
#define PCI_MSI_CONTROL_MASKABLE 0x0100 /* mask bits come behind the data */
#define PCI_MSI_ADDRESS 4               /* u32 */
#define PCI_MSI_ADDRESS_HIGH 8          /* u32; without 64BIT the data, u16 */
#define PCI_MSI_DATA 12                 /* u16 */
#define PCI_MSI_MASK_AFTER_DATA 4       /* u32, from the data's offset */
#define PCI_MSI_SIZE 14                 /* with 64BIT and without mask bits */

/* MSI-X (section 6.8.2): offsets from the capability's first byte */
#define PCI_MSIX_CONTROL 2                 /* u16 */
#define PCI_MSIX_CONTROL_LAST_ENTRY 0x07ff /* entries of the table - 1, ro */
#define PCI_MSIX_CONTROL_FUNCTION_MASK 0x4000
#define PCI_MSIX_CONTROL_ENABLE 0x8000
#define PCI_MSIX_TABLE 4   /* u32 ro: offset in the BAR, and which BAR */
#define PCI_MSIX_PENDING 8 /* u32 ro, likewise: one bit for each entry */
#define PCI_MSIX_BAR_MASK 0x7
#define PCI_MSIX_SIZE 12

/* One entry of the MSI-X table */
#define PCI_MSIX_ENTRY_ADDRESS 0 /* u64 */
#define PCI_MSIX_ENTRY_DATA 8    /* u32 */
#define PCI_MSIX_ENTRY_CONTROL 12
#define PCI_MSIX_ENTRY_MASKED 0x1 /* control */
#define PCI_MSIX_ENTRY_SIZE 16

/* Identities used on this machine */
#define PCI_VENDOR_NONE 0xffff
#define PCI_VENDOR_INTEL 0x8086
#define PCI_DEVICE_I440FX 0x1237
#define PCI_DEVICE_Q35 0x29c0
#define PCI_DEVICE_PIIX3_ISA 0x7000
#define PCI_DEVICE_PIIX3_IDE 0x7010
#define PCI_BASE_CLASS_BRIDGE 0x06
#define PCI_CLASS_HOST_BRIDGE 0x060000 /* class, subclass, programming interface */
#define PCI_CLASS_ISA_BRIDGE 0x060100
#define PCI_CLASS_IDE_LEGACY 0x010100
#define PCI_IDE_BUS_MASTER 0x80 /* in the programming interface: BAR 4 is there */
#define PCI_CLASS_VIRTIO_BLK 0x010000
#define PCI_CLASS_UNASSIGNED 0xff0000

/*
 * Where 00:00.0 says where ECAM is: a register of eight bytes, laid out like PCIEXBAR of the Q35 (3 Series
 * chipset datasheet, device 0, 60h-67h). This host's bridge has one too, where an i440FX has nothing: its
 * place is fixed, so it is never 0 as it is on other people's i440FX.
 */
#define PCIEXBAR_Q35 0x60
#define PCIEXBAR_I440FX 0xe0
#define PCIEXBAR_BYTES 8
#define PCIEXBAR_ENABLE 0x1
#define PCIEXBAR_LENGTH_MASK 0x6 /* 256, 128 or 64 buses of 1 MiB; 3 is reserved */
#define PCIEXBAR_LENGTH_SHIFT 1
#define PCIEXBAR_ADDRESS_MASK 0x7ffc000000 /* of those bits, the ones above the length */

/* PIIX3 ISA bridge: one byte for each of PIRQA..PIRQD; bit 7 set = not routed, else the IRQ */
#define PIIX3_PIRQ_ROUTE 0x60
#define PIIX3_PIRQ_DISABLED 0x80

#endif
