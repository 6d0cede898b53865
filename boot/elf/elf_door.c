/* SPDX-License-Identifier: MIT */
/* The last step of the ELF doors: which protocol it was, and a struct boot_info out of what it says. */
#include "boot_info.h"

#include "abi/multiboot.h"
#include "boot_ram.h"
#include "config.h"
#include "handover.h"
#include "noinit.h"

#include <string.h>

/* entry.asm, and the linker script */
extern const uint32_t loader_eax, loader_ebx;
extern const uint64_t tsc_at_entry;
extern const char image_start[], image_end[];

_Noreturn void door_main(void);

static NOINIT struct handover handover;

_Noreturn void door_main(void)
{
    struct boot_info *info = &handover.info;
    /* A PVH loader may leave multiboot's magic number in EAX, and qboot does: its own is looked for
     * first, where EBX points to. */
    if (!pvh_read(&handover, loader_ebx) && loader_eax == MULTIBOOT_BOOTLOADER_MAGIC)
        multiboot_read(&handover, loader_ebx);
    info->tsc_at_entry = tsc_at_entry;
    memset(info->early_rungs, RUNG_NOT_RUN, sizeof(info->early_rungs));

    unsigned missing = 0; /* a loader that says less than the machine itself */
    if (info->command_line[0] == '\0')
        missing |= CONFIG_COMMAND_LINE;
    if (info->ram_count == 0)
        missing |= CONFIG_RAM;
    if (missing)
        config_read(info, missing);

    for (unsigned i = 0; i < info->module_count; i++)
        boot_ram_take(info, info->modules[i].base, info->modules[i].length);
    uintptr_t start = (uintptr_t)image_start, end = (uintptr_t)image_end;
    boot_ram_take(info, start, end - start);
    firmware_main(info);
}
