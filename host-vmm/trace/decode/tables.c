/* SPDX-License-Identifier: MIT */
/* All tables in one list, and how a register is found in one. */
#include "tables.h"

#include "pci_internal.h"
#include "virtio_internal.h"

#include "pci_internal.h"
#include "virtio_internal.h"

const struct decode_table *const decode_tables[] = {
    &decode_uart_ports,
    &decode_uart_registers,
    &decode_uart_divisor,
    &decode_ata_ports,
    &decode_ata_registers,
    &decode_ata_control,
    &decode_ide_dma_registers,
    &decode_chunk_registers,
    &decode_testdev_registers,
    &decode_testdev_variant,
    &decode_fw_cfg_ports,
    &decode_fw_cfg_registers,
    &decode_cmos_ports,
    &decode_cmos_registers,
    &decode_cmos_memory,
    &decode_i8042_ports,
    &decode_i8042_data,
    &decode_post_ports,
    &decode_debug_ports,
    &decode_exit_ports,
    &decode_system_control_ports,
    &decode_reset_control_ports,
    &decode_pic_ports,
    &decode_pic_words,
    &decode_pit_ports,
    &decode_pci_mechanism,
    &decode_pci_header,
    &decode_pci_wide,
    &decode_pci_short_class,
    &decode_pci_capability,
    &decode_pci_msi32,
    &decode_pci_msi64,
    &decode_pci_msix,
    &decode_pci_msix_entry,
    &decode_pci_virtio,
    &decode_pci_virtio_notify,
    &decode_pci_virtio_window,
    &decode_pci_i440fx,
    &decode_pci_piix3,
    &decode_pci_ide,
    &decode_virtio_common,
    &decode_virtio_isr,
    &decode_virtio_notify,
    &decode_virtio_mmio,
    &decode_virtio_blk_config,
    NULL,
};

const struct decode_register *decode_find(const struct decode_table *table, uint64_t offset,
                                          bool is_write)
{
    unsigned direction = is_write ? DECODE_WRITE : DECODE_READ;

    for (unsigned i = 0; i < table->count; i++) {
        const struct decode_register *reg = &table->registers[i];

        if ((reg->direction & direction) && offset >= reg->offset &&
            offset - reg->offset < reg->size)
            return reg;
    }
    return NULL;
}
