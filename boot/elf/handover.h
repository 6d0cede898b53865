/* SPDX-License-Identifier: MIT */
/* What a loader hands over, copied out of its structures. One reader for each protocol. */
#ifndef BOOT_ELF_HANDOVER_H
#define BOOT_ELF_HANDOVER_H

#include "boot_info.h"
#include "boot_ram.h"

#include <stdbool.h>

#define HANDOVER_COMMAND_LINE 1024 /* bytes with the final NUL */
#define HANDOVER_MODULE_TEXT 128
#define HANDOVER_MODULES_READ 64 /* modules of which more is not looked at */

struct handover {
    struct boot_info info; /* RAM without what the modules take */
    char command_line[HANDOVER_COMMAND_LINE];
    char module_text[BOOT_MODULES][HANDOVER_MODULE_TEXT];
    struct boot_map_entry map[BOOT_MAP_ENTRIES];
};

/* The door is set by each; false where the structure is not what it should be, and then no RAM, no
 * modules and an empty command line are what they leave. */
bool pvh_read(struct handover *handover, uint64_t start_info);
bool multiboot_read(struct handover *handover, uint64_t information);

/* For the two: an empty handover, and one more module (text is an address, 0 = none). A module beyond
 * the table is not listed, but its RAM is not given out either. */
void handover_begin(struct handover *handover, enum boot_door door);
void handover_add_module(struct handover *handover, uint64_t base, uint64_t length, uint64_t text);

#endif
