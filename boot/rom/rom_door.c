/* SPDX-License-Identifier: MIT */
/* The ROM door's last step: what reset and real mode left behind, and what fw_cfg or CMOS says of RAM
 * and the command line, made into a struct boot_info. */
#include "boot_info.h"

#include "abi/fw_cfg.h"
#include "abi/machine.h"
#include "fw_cfg.h"
#include "io.h"
#include "noinit.h"
#include "printf.h"

#include <stddef.h>
#include <string.h>

#define COMMAND_LINE_MAX 1023
#define E820_RECORDS_MAX 32
#define CMOS_UNIT 0x10000 /* bytes that CMOS counts in */
#define SIXTEEN_MIB 0x1000000

struct e820_record {
    uint64_t base, length;
    uint32_t type;
} __attribute__((packed));
_Static_assert(sizeof(struct e820_record) == E820_RECORD_SIZE, "e820 record");

/* reset.asm, real_ata.asm */
extern const uint8_t rung_results[RUNG_REAL_MODE_LAST + 1];
extern const uint64_t tsc_at_reset;
extern const uint8_t ata_failed_status, ata_failed_error;

_Noreturn void rom_door(void);

static NOINIT struct boot_info info;
static NOINIT char command_line[COMMAND_LINE_MAX + 1];
static NOINIT struct e820_record records[E820_RECORDS_MAX];
static NOINIT char ata_reason[32];

/* RAM below 1 MiB is left out: the page tables, stack and data lie there. */
static void add_ram(uint64_t base, uint64_t length)
{
    if (base < HIGH_MEMORY_BASE) {
        if (length <= HIGH_MEMORY_BASE - base)
            return;
        length -= HIGH_MEMORY_BASE - base;
        base = HIGH_MEMORY_BASE;
    }
    if (length > 0 && length <= UINT64_MAX - base && info.ram_count < BOOT_MEMORY_RANGES)
        info.ram[info.ram_count++] = (struct boot_memory_range){base, length};
}

static void ram_from_e820(const struct fw_cfg_file *file)
{
    size_t count = file->size / E820_RECORD_SIZE;
    if (count > E820_RECORDS_MAX)
        count = E820_RECORDS_MAX;
    fw_cfg_read(file->key, records, count * E820_RECORD_SIZE);
    for (size_t i = 0; i < count; i++) {
        if (records[i].type == E820_RAM)
            add_ram(records[i].base, records[i].length);
    }
}

static uint32_t cmos(unsigned index, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        out8(PORT_CMOS_INDEX, (uint8_t)(index + i));
        value |= (uint32_t)in8(PORT_CMOS_DATA) << 8 * i;
    }
    return value;
}

static void ram_from_cmos(void)
{
    uint64_t above_16m = (uint64_t)cmos(CMOS_MEMORY_ABOVE_16M, 2) * CMOS_UNIT;
    uint64_t above_4g = (uint64_t)cmos(CMOS_MEMORY_ABOVE_4G, 3) * CMOS_UNIT;
    if (above_16m > 0)
        add_ram(HIGH_MEMORY_BASE, SIXTEEN_MIB - HIGH_MEMORY_BASE + above_16m);
    else
        add_ram(HIGH_MEMORY_BASE, (uint64_t)cmos(CMOS_MEMORY_ABOVE_1M, 2) * 1024);
    add_ram(FOUR_GIB, above_4g);
}

static void ask_fw_cfg(void)
{
    enum { CMDLINE, E820, COUNT };
    static const char *const names[COUNT] = {FW_CFG_FILE_CMDLINE, FW_CFG_FILE_E820};
    struct fw_cfg_file files[COUNT] = {0};
    fw_cfg_find(names, files, COUNT);

    size_t length = 0;
    if (files[CMDLINE].key) {
        length = files[CMDLINE].size < COMMAND_LINE_MAX ? files[CMDLINE].size : COMMAND_LINE_MAX;
        fw_cfg_read(files[CMDLINE].key, command_line, length);
    }
    command_line[length] = '\0';
    if (files[E820].key)
        ram_from_e820(&files[E820]);
}

_Noreturn void rom_door(void)
{
    info.door = BOOT_DOOR_ROM;
    info.ram_count = 0;
    info.tsc_at_entry = tsc_at_reset;
    info.command_line = command_line;
    memcpy(info.early_rungs, rung_results, sizeof(info.early_rungs));
    format_text(ata_reason, sizeof(ata_reason), "status 0x%02x, error 0x%02x", ata_failed_status,
                ata_failed_error);
    info.early_reasons[RUNG_SERIAL] = "transmitter stuck";
    info.early_reasons[RUNG_PCI] = "no host bridge at 00:00.0";
    info.early_reasons[RUNG_ATA] = ata_reason;
    ask_fw_cfg();
    if (info.ram_count == 0)
        ram_from_cmos();
    firmware_main(&info);
}
