/* SPDX-License-Identifier: MIT */
/* The MBR door's last step: the BIOS's memory map, the command line of fw_cfg, and what the real-mode
 * rungs left behind, made into a struct boot_info. */
#include "boot_info.h"

#include "abi/fw_cfg.h"
#include "boot_ram.h"
#include "config.h"
#include "noinit.h"
#include "real_rungs.h"

/* As INT 15h AX=E820h gives it */
struct bios_entry {
    uint64_t base, length;
    uint32_t type;
    uint32_t attributes;
};

/* loader.asm */
extern const struct bios_entry e820_map[BOOT_MAP_ENTRIES];
extern const uint16_t e820_count;

_Noreturn void door_main(void);

static NOINIT struct boot_info info;
static NOINIT struct boot_map_entry map[BOOT_MAP_ENTRIES];

_Noreturn void door_main(void)
{
    info.door = BOOT_DOOR_MBR;
    boot_ram_begin(&info);
    info.module_count = 0;
    info.rsdp = 0;
    real_rungs_read(&info);

    for (unsigned i = 0; i < e820_count; i++)
        map[i] = (struct boot_map_entry){e820_map[i].base, e820_map[i].length,
                                         e820_map[i].type == E820_RAM};
    boot_ram_from_map(&info, map, e820_count);
    config_read(&info, info.ram_count ? CONFIG_COMMAND_LINE : CONFIG_COMMAND_LINE | CONFIG_RAM);
    firmware_main(&info);
}
