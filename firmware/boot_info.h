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

/* A file that the loader put into RAM beside the firmware; its RAM is not in boot_info.ram. */
struct boot_module {
    uint64_t base, length;
    const char *command_line; /* never NULL */
};

#define BOOT_MODULES 8

/* Is there somebody at COM1? UNKNOWN: the door did not look; fw_cfg can be asked. */
enum boot_interactive { BOOT_INTERACTIVE_UNKNOWN, BOOT_INTERACTIVE_NO, BOOT_INTERACTIVE_YES };

struct boot_info {
    enum boot_door door;
    enum boot_interactive interactive;
    struct boot_memory_range ram[BOOT_MEMORY_RANGES];
    unsigned ram_count;
    uint64_t ram_end, ram_end_low; /* where RAM ends, all of it and below 4 GiB; 0 = as ram says */
    const char *command_line;      /* never NULL */
    uint64_t tsc_at_entry;         /* the TSC when the door was entered; 0 = not known */
    struct boot_module modules[BOOT_MODULES];
    unsigned module_count;
    uint64_t rsdp; /* ACPI's root pointer, where the door was told; 0 = not known */
    /* results (RUNG_PASS and so on) of rungs 1..3, index = rung, where the door walks them in real
     * mode; and why, for one that failed. A door that does not walk them leaves RUNG_NOT_RUN, and
     * firmware_main() begins with them. */
    uint8_t early_rungs[RUNG_REAL_MODE_LAST + 1];
    const char *early_reasons[RUNG_REAL_MODE_LAST + 1];
};

/* The climb and everything after it. Does not return: it ends at the exit port, or halts. */
_Noreturn void firmware_main(const struct boot_info *info);

#endif
