/* SPDX-License-Identifier: MIT */
/* RAM and the command line from fw_cfg, else RAM from CMOS. */
#include "config.h"

#include "abi/fw_cfg.h"
#include "abi/machine.h"
#include "boot_ram.h"
#include "fw_cfg.h"
#include "io.h"
#include "noinit.h"

#include <stddef.h>

#define E820_RECORDS_MAX 32
#define CMOS_UNIT 0x10000 /* bytes that CMOS counts in */
#define SIXTEEN_MIB 0x1000000

struct e820_record {
    uint64_t base, length;
    uint32_t type;
} __attribute__((packed));
_Static_assert(sizeof(struct e820_record) == E820_RECORD_SIZE, "e820 record");

static NOINIT char command_line[COMMAND_LINE_MAX + 1];
static NOINIT struct e820_record records[E820_RECORDS_MAX];

static void ram_from_e820(struct boot_info *info, const struct fw_cfg_file *file)
{
    size_t count = file->size / E820_RECORD_SIZE;
    if (count > E820_RECORDS_MAX)
        count = E820_RECORDS_MAX;
    fw_cfg_read(file->key, records, count * E820_RECORD_SIZE);
    for (size_t i = 0; i < count; i++) {
        if (records[i].type == E820_RAM)
            boot_ram_add(info, records[i].base, records[i].length);
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

static void ram_from_cmos(struct boot_info *info)
{
    uint64_t above_16m = (uint64_t)cmos(CMOS_MEMORY_ABOVE_16M, 2) * CMOS_UNIT;
    uint64_t above_4g = (uint64_t)cmos(CMOS_MEMORY_ABOVE_4G, 3) * CMOS_UNIT;
    if (above_16m > 0)
        boot_ram_add(info, HIGH_MEMORY_BASE, SIXTEEN_MIB - HIGH_MEMORY_BASE + above_16m);
    else
        boot_ram_add(info, HIGH_MEMORY_BASE, (uint64_t)cmos(CMOS_MEMORY_ABOVE_1M, 2) * 1024);
    boot_ram_add(info, FOUR_GIB, above_4g);
}

void config_read(struct boot_info *info, unsigned wanted)
{
    enum { CMDLINE, E820, INTERACTIVE, COUNT };
    static const char *const names[COUNT] = {FW_CFG_FILE_CMDLINE, FW_CFG_FILE_E820,
                                             FW_CFG_FILE_INTERACTIVE};
    struct fw_cfg_file files[COUNT] = {0};
    fw_cfg_find(names, files, COUNT);
    info->interactive = files[INTERACTIVE].key ? BOOT_INTERACTIVE_YES : BOOT_INTERACTIVE_NO;

    if (wanted & CONFIG_COMMAND_LINE) {
        size_t length = 0;
        if (files[CMDLINE].key) {
            length =
                files[CMDLINE].size < COMMAND_LINE_MAX ? files[CMDLINE].size : COMMAND_LINE_MAX;
            fw_cfg_read(files[CMDLINE].key, command_line, length);
        }
        command_line[length] = '\0';
        info->command_line = command_line;
    }
    if (wanted & CONFIG_RAM) {
        if (files[E820].key)
            ram_from_e820(info, &files[E820]);
        if (info->ram_count == 0)
            ram_from_cmos(info);
    }
}
