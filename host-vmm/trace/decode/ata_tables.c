/* SPDX-License-Identifier: MIT */
/* The task file's registers, and those of bus-master IDE. */
#include "tables.h"

#include "../../../drivers/abi/ata.h"
#include "../../../drivers/abi/ide_dma.h"
#include "../../../drivers/abi/machine.h"

/* What each place is, a name of the channel's first drive */
static const struct decode_register ports[] = {
    R(PORT_ATA_PRIMARY, ATA_COMMAND_BLOCK_SIZE, DECODE_BOTH, "ata0", DECODE_HEX, NULL, NULL),
    R(PORT_ATA_PRIMARY_CONTROL, 1, DECODE_BOTH, "ata0", DECODE_HEX, NULL, NULL),
    R(PORT_ATA_SECONDARY, ATA_COMMAND_BLOCK_SIZE, DECODE_BOTH, "ata2", DECODE_HEX, NULL, NULL),
    R(PORT_ATA_SECONDARY_CONTROL, 1, DECODE_BOTH, "ata2", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_ata_ports = {"machine.h", ports, DECODE_COUNT(ports)};

static const struct decode_field status_fields[] = {
    F(ATA_STATUS_BSY, "BSY"),
    F(ATA_STATUS_DRDY, "DRDY"),
    F(ATA_STATUS_DF, "DF"),
    F(ATA_STATUS_DSC, "DSC"),
    F(ATA_STATUS_DRQ, "DRQ"),
    F(ATA_STATUS_ERR, "ERR"),
    {0},
};

static const struct decode_value status_values[] = {
    V(ATA_FLOATING_BUS, "floating bus"),
    {0},
};

static const struct decode_field error_fields[] = {
    F(ATA_ERROR_ICRC, "ICRC"),
    F(ATA_ERROR_UNC, "UNC"),
    F(ATA_ERROR_IDNF, "IDNF"),
    F(ATA_ERROR_ABRT, "ABRT"),
    {0},
};

/* Every driver sets both bits: only one that does not is worth a word. */
static const struct decode_value base_values[] = {
    V(ATA_DEVICE_BASE, ""),
    {NULL, 0x20, "without bit 7"},
    {NULL, 0x80, "without bit 5"},
    {NULL, 0x00, "without bits 7 and 5"},
    {0},
};

static const struct decode_field device_fields[] = {
    F(ATA_DEVICE_LBA, "LBA"),
    F(ATA_DEVICE_DEV1, "DEV1"),
    FN(ATA_DEVICE_LBA_HIGH_MASK, "lba_27_24"),
    FV(ATA_DEVICE_BASE, "", base_values),
    {0},
};

static const struct decode_value command_values[] = {
    V(ATA_CMD_NOP, "NOP"),
    V(ATA_CMD_DEVICE_RESET, "DEVICE_RESET"),
    V(ATA_CMD_READ_SECTORS, "READ_SECTORS"),
    V(ATA_CMD_READ_SECTORS_EXT, "READ_SECTORS_EXT"),
    V(ATA_CMD_READ_DMA_EXT, "READ_DMA_EXT"),
    V(ATA_CMD_READ_MULTIPLE_EXT, "READ_MULTIPLE_EXT"),
    V(ATA_CMD_WRITE_SECTORS, "WRITE_SECTORS"),
    V(ATA_CMD_WRITE_SECTORS_EXT, "WRITE_SECTORS_EXT"),
    V(ATA_CMD_WRITE_DMA_EXT, "WRITE_DMA_EXT"),
    V(ATA_CMD_WRITE_MULTIPLE_EXT, "WRITE_MULTIPLE_EXT"),
    V(ATA_CMD_READ_VERIFY_SECTORS, "READ_VERIFY_SECTORS"),
    V(ATA_CMD_READ_VERIFY_SECTORS_EXT, "READ_VERIFY_SECTORS_EXT"),
    V(ATA_CMD_EXECUTE_DEVICE_DIAGNOSTIC, "EXECUTE_DEVICE_DIAGNOSTIC"),
    V(ATA_CMD_INITIALIZE_DEVICE_PARAMETERS, "INITIALIZE_DEVICE_PARAMETERS"),
    V(ATA_CMD_IDENTIFY_PACKET_DEVICE, "IDENTIFY_PACKET_DEVICE"),
    V(ATA_CMD_READ_MULTIPLE, "READ_MULTIPLE"),
    V(ATA_CMD_WRITE_MULTIPLE, "WRITE_MULTIPLE"),
    V(ATA_CMD_SET_MULTIPLE_MODE, "SET_MULTIPLE_MODE"),
    V(ATA_CMD_READ_DMA, "READ_DMA"),
    V(ATA_CMD_WRITE_DMA, "WRITE_DMA"),
    V(ATA_CMD_FLUSH_CACHE, "FLUSH_CACHE"),
    V(ATA_CMD_FLUSH_CACHE_EXT, "FLUSH_CACHE_EXT"),
    V(ATA_CMD_IDENTIFY_DEVICE, "IDENTIFY_DEVICE"),
    V(ATA_CMD_SET_FEATURES, "SET_FEATURES"),
    /* Commands of other drivers, which no model here takes */
    {NULL, 0x10, "RECALIBRATE"},
    {NULL, 0x27, "READ_NATIVE_MAX_ADDRESS_EXT"},
    {NULL, 0x70, "SEEK"},
    {NULL, 0xa0, "PACKET"},
    {NULL, 0xb0, "SMART"},
    {NULL, 0xe0, "STANDBY_IMMEDIATE"},
    {NULL, 0xe1, "IDLE_IMMEDIATE"},
    {NULL, 0xe5, "CHECK_POWER_MODE"},
    {NULL, 0xf8, "READ_NATIVE_MAX_ADDRESS"},
    {0},
};

/* The data register is wider than the room that it has: an access that begins there is all its own. */
static const struct decode_register registers[] = {
    R(ATA_DATA, 1, DECODE_BOTH, "data", DECODE_DATA, NULL, NULL),
    R(ATA_ERROR, 1, DECODE_READ, "error", DECODE_HEX, error_fields, NULL),
    R(ATA_FEATURES, 1, DECODE_WRITE, "features", DECODE_HEX, NULL, NULL),
    R(ATA_COUNT, 1, DECODE_BOTH, "count", DECODE_HEX, NULL, NULL),
    R(ATA_LBA_LOW, 1, DECODE_BOTH, "lba_low", DECODE_HEX, NULL, NULL),
    R(ATA_LBA_MID, 1, DECODE_BOTH, "lba_mid", DECODE_HEX, NULL, NULL),
    R(ATA_LBA_HIGH, 1, DECODE_BOTH, "lba_high", DECODE_HEX, NULL, NULL),
    R(ATA_DEVICE, 1, DECODE_BOTH, "device", DECODE_HEX, device_fields, NULL),
    R(ATA_STATUS, 1, DECODE_READ, "status", DECODE_HEX, status_fields, status_values),
    R(ATA_COMMAND, 1, DECODE_WRITE, "command", DECODE_VALUE, NULL, command_values),
};
const struct decode_table decode_ata_registers = {"ata.h", registers, DECODE_COUNT(registers)};

static const struct decode_field control_fields[] = {
    F(ATA_CONTROL_NIEN, "NIEN"),
    F(ATA_CONTROL_SRST, "SRST"),
    F(ATA_CONTROL_HOB, "HOB"),
    {0},
};

/* At the control port */
static const struct decode_register control[] = {
    {NULL, 0, 1, DECODE_READ, "alternate_status", DECODE_HEX, status_fields, status_values},
    {NULL, 0, 1, DECODE_WRITE, "control", DECODE_HEX, control_fields, NULL},
};
const struct decode_table decode_ata_control = {"ata.h", control, DECODE_COUNT(control)};

static const struct decode_field dma_command_fields[] = {
    F(IDE_DMA_COMMAND_START, "START"),
    F(IDE_DMA_COMMAND_TO_MEMORY, "TO_MEMORY"),
    {0},
};

static const struct decode_field dma_status_fields[] = {
    F(IDE_DMA_STATUS_ACTIVE, "ACTIVE"),
    F(IDE_DMA_STATUS_ERROR, "ERROR"),
    F(IDE_DMA_STATUS_INTERRUPT, "INTERRUPT"),
    F(IDE_DMA_STATUS_CAPABLE_0, "CAPABLE_0"),
    F(IDE_DMA_STATUS_CAPABLE_1, "CAPABLE_1"),
    F(IDE_DMA_STATUS_SIMPLEX, "SIMPLEX"),
    {0},
};

/* Of one channel */
static const struct decode_register dma_registers[] = {
    R(IDE_DMA_COMMAND, 1, DECODE_BOTH, "dma_command", DECODE_HEX, dma_command_fields, NULL),
    R(IDE_DMA_STATUS, 1, DECODE_BOTH, "dma_status", DECODE_HEX, dma_status_fields, NULL),
    R(IDE_DMA_TABLE, 4, DECODE_BOTH, "dma_table", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_ide_dma_registers = {"ide_dma.h", dma_registers,
                                                      DECODE_COUNT(dma_registers)};
