/* SPDX-License-Identifier: MIT */
/* The ROM door's last step: what the real-mode rungs left behind and what fw_cfg or CMOS say, made into
 * a struct boot_info. */
#include "boot_info.h"
#include "boot_ram.h"

#include "config.h"
#include "noinit.h"
#include "real_rungs.h"

_Noreturn void door_main(void);

static NOINIT struct boot_info info;

_Noreturn void door_main(void)
{
    info.door = BOOT_DOOR_ROM;
    boot_ram_begin(&info);
    info.module_count = 0;
    info.rsdp = 0;
    real_rungs_read(&info);
    config_read(&info, CONFIG_COMMAND_LINE | CONFIG_RAM);
    firmware_main(&info);
}
