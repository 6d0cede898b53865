/* SPDX-License-Identifier: MIT */
/* The RTC and CMOS: which byte is meant, the index says that was written before. */
#include "platform.h"
#include "span.h"

#include <stdio.h>

#include "../../../drivers/abi/cmos.h"
#include "../../../drivers/abi/fw_cfg.h"
#include "../../../drivers/abi/machine.h"

static const struct decode_field index_fields[] = {
    FN(CMOS_INDEX_MASK, "index"),
    {NULL, 0x80, "NMI_OFF", NULL, false},
    {0},
};

static const struct decode_register ports[] = {
    R(PORT_CMOS_INDEX, 1, DECODE_BOTH, "index", DECODE_HEX, index_fields, NULL),
    R(PORT_CMOS_DATA, 1, DECODE_BOTH, "data", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_cmos_ports = {"machine.h", ports, DECODE_COUNT(ports)};

static const struct decode_field status_a_fields[] = {
    F(CMOS_STATUS_A_UPDATING, "UPDATING"),
    {0},
};

static const struct decode_value status_a_values[] = {
    V(CMOS_STATUS_A_DEFAULT, "32768 Hz, 1024 Hz periodic"),
    {0},
};

static const struct decode_field status_b_fields[] = {
    {NULL, 0x01, "DAYLIGHT_SAVING", NULL, false},
    F(CMOS_STATUS_B_24_HOUR, "24_HOUR"),
    F(CMOS_STATUS_B_BINARY, "BINARY"),
    {NULL, 0x08, "SQUARE_WAVE", NULL, false},
    {NULL, 0x10, "UPDATE_INTERRUPT", NULL, false},
    {NULL, 0x20, "ALARM_INTERRUPT", NULL, false},
    {NULL, 0x40, "PERIODIC_INTERRUPT", NULL, false},
    {NULL, 0x80, "SET", NULL, false},
    {0},
};

static const struct decode_field status_c_fields[] = {
    {NULL, 0x10, "UPDATED", NULL, false},
    {NULL, 0x20, "ALARM", NULL, false},
    {NULL, 0x40, "PERIODIC", NULL, false},
    {NULL, 0x80, "INTERRUPT", NULL, false},
    {0},
};

static const struct decode_field status_d_fields[] = {F(CMOS_STATUS_D_VALID, "VALID"), {0}};

/* Offsets are indices. The clock's registers are two decimal digits, as a rule. */
static const struct decode_register registers[] = {
    R(CMOS_SECONDS, 1, DECODE_BOTH, "seconds", DECODE_HEX, NULL, NULL),
    R(CMOS_MINUTES, 1, DECODE_BOTH, "minutes", DECODE_HEX, NULL, NULL),
    R(CMOS_HOURS, 1, DECODE_BOTH, "hours", DECODE_HEX, NULL, NULL),
    R(CMOS_WEEKDAY, 1, DECODE_BOTH, "weekday", DECODE_HEX, NULL, NULL),
    R(CMOS_DAY, 1, DECODE_BOTH, "day", DECODE_HEX, NULL, NULL),
    R(CMOS_MONTH, 1, DECODE_BOTH, "month", DECODE_HEX, NULL, NULL),
    R(CMOS_YEAR, 1, DECODE_BOTH, "year", DECODE_HEX, NULL, NULL),
    R(CMOS_STATUS_A, 1, DECODE_BOTH, "status_a", DECODE_HEX, status_a_fields, status_a_values),
    R(CMOS_STATUS_B, 1, DECODE_BOTH, "status_b", DECODE_HEX, status_b_fields, NULL),
    R(CMOS_STATUS_C, 1, DECODE_BOTH, "status_c", DECODE_HEX, status_c_fields, NULL),
    R(CMOS_STATUS_D, 1, DECODE_BOTH, "status_d", DECODE_HEX, status_d_fields, NULL),
    R(CMOS_BASE_MEMORY, 2, DECODE_BOTH, "base_memory", DECODE_HEX, NULL, NULL),
    R(CMOS_EXTENDED_MEMORY, 2, DECODE_BOTH, "extended_memory", DECODE_HEX, NULL, NULL),
    R(CMOS_EXTENDED_MEMORY_2, 2, DECODE_BOTH, "extended_memory_2", DECODE_HEX, NULL, NULL),
    R(CMOS_CENTURY, 1, DECODE_BOTH, "century", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_cmos_registers = {"cmos.h", registers, DECODE_COUNT(registers)};

/* The first is the same place as extended_memory_2, which is found before it. */
static const struct decode_register memory[] = {
    R(CMOS_MEMORY_ABOVE_1M, 2, DECODE_BOTH, "memory_above_1M", DECODE_HEX, NULL, NULL),
    R(CMOS_MEMORY_ABOVE_16M, 2, DECODE_BOTH, "memory_above_16M", DECODE_HEX, NULL, NULL),
    R(CMOS_MEMORY_ABOVE_4G, 3, DECODE_BOTH, "memory_above_4G", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_cmos_memory = {"fw_cfg.h", memory, DECODE_COUNT(memory)};

/* What other firmware keeps there */
static const struct decode_register conventional[] = {
    {NULL, 0x01, 1, DECODE_BOTH, "seconds_alarm", DECODE_HEX, NULL, NULL},
    {NULL, 0x03, 1, DECODE_BOTH, "minutes_alarm", DECODE_HEX, NULL, NULL},
    {NULL, 0x05, 1, DECODE_BOTH, "hours_alarm", DECODE_HEX, NULL, NULL},
    {NULL, 0x0e, 1, DECODE_BOTH, "diagnostic_status", DECODE_HEX, NULL, NULL},
    {NULL, 0x0f, 1, DECODE_BOTH, "shutdown_status", DECODE_HEX, NULL, NULL},
    {NULL, 0x10, 1, DECODE_BOTH, "floppy_types", DECODE_HEX, NULL, NULL},
    {NULL, 0x12, 1, DECODE_BOTH, "disk_types", DECODE_HEX, NULL, NULL},
    {NULL, 0x14, 1, DECODE_BOTH, "equipment", DECODE_HEX, NULL, NULL},
    {NULL, 0x2e, 2, DECODE_BOTH, "checksum", DECODE_HEX, NULL, NULL},
    {NULL, 0x38, 1, DECODE_BOTH, "boot_order_2", DECODE_HEX, NULL, NULL},
    {NULL, 0x39, 2, DECODE_BOTH, "disk_translation", DECODE_HEX, NULL, NULL},
    {NULL, 0x3d, 1, DECODE_BOTH, "boot_order", DECODE_HEX, NULL, NULL},
    {NULL, 0x5f, 1, DECODE_BOTH, "cpu_count", DECODE_HEX, NULL, NULL},
};
static const struct decode_table conventional_table = {NULL, conventional,
                                                       DECODE_COUNT(conventional)};

static const struct decode_register *find_byte(uint8_t index)
{
    const struct decode_register *reg = decode_find(&decode_cmos_registers, index, false);

    if (reg == NULL)
        reg = decode_find(&decode_cmos_memory, index, false);
    return reg != NULL ? reg : decode_find(&conventional_table, index, false);
}

void cmos_decode(struct platform_state *state, const struct decode_access *access,
                 struct decoded *decoded)
{
    const struct decode_span span = {.table = &decode_cmos_ports};
    bool plain = access->size == 1 && access->count == 1;
    uint64_t value = decode_value_of(access);
    const struct decode_register *reg;

    decode_span(&span, access->address, access, decoded);
    if (!plain)
        return;
    if (access->address == PORT_CMOS_INDEX) {
        if (access->is_write && access->answered)
            state->cmos_index = value & CMOS_INDEX_MASK;
        reg = find_byte(value & CMOS_INDEX_MASK);
        if (reg != NULL)
            decode_append(decoded->words, " (%s)", reg->name);
        return;
    }
    reg = find_byte(state->cmos_index);
    if (reg != NULL)
        decode_register_words(reg, state->cmos_index - reg->offset, 1, value, decoded);
    else
        snprintf(decoded->reg, sizeof decoded->reg, "byte 0x%02x", state->cmos_index);
}
