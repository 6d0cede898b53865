/* SPDX-License-Identifier: MIT */
/* What a door hands to firmware_main(): which door it is, where RAM is, and the command line. */
#ifndef FIRMWARE_BOOT_INFO_H
#define FIRMWARE_BOOT_INFO_H

#include "abi/rung.h"

#include <stdint.h>

enum boot_door { BOOT_DOOR_ROM, BOOT_DOOR_MBR, BOOT_DOOR_PVH, BOOT_DOOR_MULTIBOOT, BOOT_DOOR_UEFI };

struct boot_memory_range {
    uint64_t base,
        length; /* RAM the firmware may use: its own image, data and stack are not in it */
};

#define BOOT_MEMORY_RANGES 16

struct boot_info {
    enum boot_door door;
    struct boot_memory_range ram[BOOT_MEMORY_RANGES];
    unsigned ram_count;
    const char *command_line; /* never NULL */
    uint64_t tsc_at_entry;    /* the TSC when the door was entered; 0 = not known */
    /* results (RUNG_PASS and so on) of rungs 1..3, index = rung, where the door walks them in real
     * mode; and why, for one that failed */
    uint8_t early_rungs[RUNG_REAL_MODE_LAST + 1];
    const char *early_reasons[RUNG_REAL_MODE_LAST + 1];
};

/* The climb and everything after it. Does not return: it ends at the exit port, or halts. */
_Noreturn void firmware_main(const struct boot_info *info);

#endif
