/* SPDX-License-Identifier: MIT */
/* The tables of this folder by name, each in the file of its module. tables.c lists them for the test. */
#ifndef HOST_TRACE_DECODE_TABLES_H
#define HOST_TRACE_DECODE_TABLES_H

#include "table.h"

#define DECODE_BOTH (DECODE_READ | DECODE_WRITE)
/* A register whose macro is its offset */
#define R(macro, size, direction, name, form, fields, values)                                      \
    {                                                                                              \
#macro, macro, size, direction, name, form, fields, values                                 \
    }

extern const struct decode_table decode_uart_ports, decode_uart_registers, decode_uart_divisor;
extern const struct decode_table decode_ata_ports, decode_ata_registers, decode_ata_control,
    decode_ide_dma_registers;
extern const struct decode_table decode_chunk_registers;
extern const struct decode_table decode_testdev_registers, decode_testdev_variant;
extern const struct decode_table decode_fw_cfg_ports, decode_fw_cfg_registers;
extern const struct decode_table decode_cmos_ports, decode_cmos_registers, decode_cmos_memory;
extern const struct decode_table decode_i8042_ports, decode_i8042_data;
extern const struct decode_table decode_post_ports, decode_debug_ports, decode_exit_ports,
    decode_system_control_ports, decode_reset_control_ports, decode_pic_ports, decode_pic_words,
    decode_pit_ports;

#endif
