/* SPDX-License-Identifier: MIT */
/* The firmware image: found, checked, and copied into memory of the host's. */
#ifndef HOST_ROM_H
#define HOST_ROM_H

#include "vm.h"

/* path NULL: trapline.rom beside the running program. 0, EXIT_STATUS_USAGE or EXIT_STATUS_HOST after a
 * message. */
int rom_load(struct rom *rom, const char *path);
void rom_unload(struct rom *rom);

#endif
