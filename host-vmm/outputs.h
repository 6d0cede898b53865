/* SPDX-License-Identifier: MIT */
/* Files that the host itself writes: serial output, debug console, statistics. */
#ifndef HOST_OUTPUTS_H
#define HOST_OUTPUTS_H

#include "disks.h"

/* Opens path for writing before the run, so that a wrong name costs nothing, and empties it only when
 * it is none of the machine's own files. A FIFO without a reader is refused, not waited for. *fd is
 * left alone when path is NULL. 0 or EXIT_STATUS_USAGE after a message that names option. */
int output_open(const struct machine_options *o, const struct disks *disks, const char *option,
                const char *path, int *fd);

#endif
