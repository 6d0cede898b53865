/* SPDX-License-Identifier: MIT */
/* Files that the host itself writes: serial output, debug console, statistics. */
#ifndef HOST_OUTPUTS_H
#define HOST_OUTPUTS_H

#include "machine.h"

/* Opens the serial output, the debug console and the statistics file before the run, so that a wrong
 * name costs nothing. Refuses what the machine itself uses, and a FIFO without a reader. Nothing is
 * emptied yet. 0, EXIT_STATUS_USAGE or EXIT_STATUS_HOST after a message. The firmware has been loaded. */
int outputs_open(struct machine *m, const struct disks *disks);

/* Before a file is written under that name: what the machine uses, or writes elsewhere, it must not be. 0 or
 * EXIT_STATUS_USAGE after a message. After outputs_open(). */
int outputs_check(const struct machine *m, const struct disks *disks, const char *option,
                  const char *path);

/* Empties the files: from here on the run happens. */
void outputs_empty(struct machine *m);

#endif
