/* SPDX-License-Identifier: MIT */
/* The machine's IDE function: its ports, its interrupts, and the threads that run its DMA. */
#ifndef HOST_MACHINE_IDE_H
#define HOST_MACHINE_IDE_H

#include "machine.h"

/* Puts the disks of --ata on the primary channel. False: two devices claim the same place, or after a message
 * something else. */
bool machine_add_ide(struct machine *m, struct disks *disks);
/* After the workers' end. */
void machine_destroy_ide(struct machine *m);

#endif
