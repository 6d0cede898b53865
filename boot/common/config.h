/* SPDX-License-Identifier: MIT */
/* What fw_cfg says of RAM and the command line, and CMOS of RAM: for a door that nobody told more. */
#ifndef BOOT_COMMON_CONFIG_H
#define BOOT_COMMON_CONFIG_H

#include "boot_info.h"

#define COMMAND_LINE_MAX 1023 /* bytes without the final NUL, whoever gives it */

#define CONFIG_COMMAND_LINE 0x1
#define CONFIG_RAM 0x2

/* Reads what is wanted (CONFIG_*) into info, and whether somebody sits at COM1. The command line becomes "" where there is none; RAM is
 * looked for in fw_cfg's e820 map, then in CMOS. */
void config_read(struct boot_info *info, unsigned wanted);

#endif
