/* SPDX-License-Identifier: MIT */
/*
 * Macros of drivers/abi/ that no access shows, and so need no words in a trace, by the reason. Only for
 * test_trace_decode_coverage.c.
 */
#ifndef TESTS_UNIT_DECODE_EXCEPTIONS_H
#define TESTS_UNIT_DECODE_EXCEPTIONS_H

/* name ends with * where it is how several begin. */
static const struct exception {
    const char *header, *name;
} exceptions[] = {
    /* Sizes and counts */
    {"uart.h", "UART_REGISTER_COUNT"},
    {"uart.h", "UART_FIFO_SIZE"},
    {"ata.h", "ATA_COMMAND_BLOCK_SIZE"},
    {"ata.h", "ATA_MULTIPLE_MAX"},
    {"ata.h", "ATA_SECTOR_SIZE"},
    {"ata.h", "ATA_SECTOR_WORDS"},
    {"ata.h", "ATA_MAX_SECTORS_28"},
    {"ata.h", "ATA_MAX_SECTORS_48"},
    {"ata.h", "ATA_COUNT_MAX_28"},
    {"ata.h", "ATA_COUNT_MAX_48"},
    {"ide_dma.h", "IDE_DMA_BAR_SIZE"},
    {"ide_dma.h", "IDE_DMA_CHANNEL_SIZE"},
    {"chunk.h", "CHUNK_BAR_SIZE"},
    {"chunk.h", "CHUNK_RING_ENTRIES_MIN"},
    {"chunk.h", "CHUNK_RING_ENTRIES_MAX"},
    {"chunk.h", "CHUNK_MAX_LENGTH"},
    {"chunk.h", "CHUNK_SIZE_BYTES"},
    {"testdev.h", "TESTDEV_PAGE_SIZE"},
    {"testdev.h", "TESTDEV_REGISTERS_SIZE"},
    {"testdev.h", "TESTDEV_PORTS_SIZE"},
    {"testdev.h", "TESTDEV_VARIANTS_MAX"},
    {"fw_cfg.h", "FW_CFG_PORT_COUNT"},
    {"pci.h", "PCI_ECAM_FUNCTION_BYTES"},
    {"pci.h", "PCI_ECAM_BUSES_MAX"},
    {"pci.h", "PCI_DEVICES_PER_BUS"},
    {"pci.h", "PCI_FUNCTIONS_PER_DEVICE"},
    {"pci.h", "PCI_CONFIG_SIZE"},
    {"pci.h", "PCI_HEADER_SIZE"},
    {"pci.h", "PCI_BAR_COUNT"},
    {"pci.h", "PCI_CAPABILITY_MAX"},
    {"pci.h", "PCI_MSI_SIZE"},
    {"pci.h", "PCI_MSIX_SIZE"},
    {"pci.h", "PCI_MSIX_ENTRY_SIZE"},
    {"pci.h", "PCIEXBAR_BYTES"},
    {"i440fx.h", "I440FX_PAM_COUNT"},
    {"i440fx.h", "I440FX_PAM_SEGMENT"},
    {"i440fx.h", "I440FX_PAM_TOP_SEGMENT"},
    {"i440fx.h", "I440FX_PAM_SEGMENTS"},
    {"virtio_blk.h", "VIRTIO_BLK_CFG_SIZE"},
    {"virtio_blk.h", "VIRTIO_BLK_SECTOR_SIZE"},
    {"virtio_pci.h", "VIRTIO_PCI_CAP_SIZE"},
    {"virtio_pci.h", "VIRTIO_PCI_CAP_NOTIFY_SIZE"},
    {"virtio_pci.h", "VIRTIO_PCI_CAP_CFG_SIZE"},
    {"virtio_pci.h", "VIRTIO_COMMON_SIZE"},
    {"virtio_pci.h", "VIRTIO_PCI_BAR_SIZE"},
    {"virtio_pci.h", "VIRTIO_PCI_REGION_SIZE"},
    {"virtio_pci.h", "VIRTIO_PCI_NOTIFY_MULTIPLIER"},
    {"machine.h", "VIRTIO_MMIO_STRIDE"},
    {"machine.h", "VIRTIO_MMIO_SLOTS"},
    {"machine.h", "PIT_HZ"},
    {"pic.h", "PIC_LINES"},
    {"pic.h", "PIC_LINES_EACH"},

    /* Where something is: a BAR's number, an address of RAM or of a window, a structure's place in its BAR.
     * What is there is named by its own registers. */
    {"ide_dma.h", "IDE_DMA_BAR"},
    {"testdev.h", "TESTDEV_BAR_REGISTERS"},
    {"testdev.h", "TESTDEV_BAR_PORTS"},
    {"virtio_pci.h", "VIRTIO_PCI_BAR"},
    {"virtio_pci.h", "VIRTIO_PCI_COMMON_OFFSET"},
    {"virtio_pci.h", "VIRTIO_PCI_DEVICE_OFFSET"},
    {"virtio_pci.h", "VIRTIO_PCI_MSIX_OFFSET"},
    {"virtio_mmio.h", "VIRTIO_MMIO_CONFIG"},
    {"i440fx.h", "I440FX_PAM_BASE"},
    {"i440fx.h", "I440FX_PAM_TOP_BASE"},
    {"machine.h", "VGA_HOLE_BASE"},
    {"machine.h", "ROM_ALIAS_TOP"},
    {"machine.h", "HIGH_MEMORY_BASE"},
    {"machine.h", "LOW_RAM_LIMIT"},
    {"machine.h", "ECAM_BASE"},
    {"machine.h", "PCI_WINDOW_BASE"},
    {"machine.h", "PCI_WINDOW_END"},
    {"machine.h", "CHUNK_BAR0_BASE"},
    {"machine.h", "CHUNK_DATA_BASE"},
    {"machine.h", "CHUNK_RESULT_BASE"},
    {"machine.h", "VIRTIO_MMIO_BASE"},
    {"machine.h", "IOAPIC_BASE"},
    {"machine.h", "LAPIC_BASE"},
    {"machine.h", "KVM_IDENTITY_MAP_BASE"},
    {"machine.h", "KVM_TSS_BASE"},
    {"machine.h", "FOUR_GIB"},
    {"machine.h", "DIRECT_MEMORY_BASE"},
    {"machine.h", "IRQ_*"}, /* the wiring */
    {"pic.h", "PIC_CASCADE"},

    /* In RAM, which is no exit: entries of rings and tables, requests, results */
    {"ide_dma.h", "IDE_PRD_*"},
    {"chunk.h", "CHUNK_ENTRY_*"},
    {"testdev.h", "TESTDEV_NAME_BYTES"},
    {"testdev.h", "TESTDEV_SAMPLES_MAX"},
    {"testdev.h", "TESTDEV_NONE"},
    {"testdev.h", "TESTDEV_READ"},
    {"testdev.h", "TESTDEV_WRITE"},
    {"testdev.h", "TESTDEV_ERROR_*"},
    {"virtio.h", "VIRTQ_*"},
    {"virtio.h", "VRING_*"},
    {"virtio_blk.h", "VIRTIO_BLK_T_*"},
    {"virtio_blk.h", "VIRTIO_BLK_S_*"},
    {"virtio_blk.h", "VIRTIO_BLK_ID_BYTES"},
    {"virtio_blk.h", "VIRTIO_BLK_RANGE_UNMAP"},
    {"fw_cfg.h", "FW_CFG_DMA_ERROR"}, /* the descriptor's */
    {"fw_cfg.h", "FW_CFG_DMA_READ"},
    {"fw_cfg.h", "FW_CFG_DMA_SKIP"},
    {"fw_cfg.h", "FW_CFG_DMA_SELECT"},
    {"fw_cfg.h", "FW_CFG_DMA_WRITE"},
    {"fw_cfg.h", "FW_CFG_DMA_DESCRIPTOR_SIZE"},

    /* In what a data register carries: items of fw_cfg, words of IDENTIFY DEVICE */
    {"fw_cfg.h", "FW_CFG_ID_*"},
    {"fw_cfg.h", "FW_CFG_SIGNATURE"},
    {"fw_cfg.h", "FW_CFG_FILE_*"},
    {"fw_cfg.h", "FW_CFG_DIRECT_MEMORY_BYTES"},
    {"fw_cfg.h", "E820_*"},
    {"ata.h", "ATA_ID_*"},
    {"ata.h", "ATA_SIGNATURE_*"}, /* four registers together; each is a plain number */

    /* Parts of registers that a table names whole: the words are made of them */
    {"pci.h", "PCI_CONFIG_BUS_SHIFT"},
    {"pci.h", "PCI_CONFIG_DEVICE_SHIFT"},
    {"pci.h", "PCI_CONFIG_FUNCTION_SHIFT"},
    {"pci.h", "PCI_ECAM_BUS_SHIFT"},
    {"pci.h", "PCI_ECAM_DEVICE_SHIFT"},
    {"pci.h", "PCI_ECAM_FUNCTION_SHIFT"},
    {"pci.h", "PCI_BAR_IO_FLAGS"},
    {"pci.h", "PCI_BAR_MEMORY_FLAGS"},
    {"pci.h", "PCIEXBAR_LENGTH_SHIFT"},
    {"pci.h", "PCIEXBAR_ADDRESS_MASK"},
    {"i440fx.h", "I440FX_PAM_NIBBLE_SHIFT"},
    {"i440fx.h", "I440FX_PAM_WRITABLE"},
    {"i440fx.h", "I440FX_PAM_WRITABLE_FIRST"},

    /* The rest */
    {"pci.h", "PCIEXBAR_Q35"},                    /* a place on another machine */
    {"virtio_pci.h", "VIRTIO_PCI_REVISION"},      /* 1, as it is read */
    {"virtio_blk.h", "VIRTIO_BLK_FEATURE_NAMES"}, /* what it lists is looked at */
};

#endif
