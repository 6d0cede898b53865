/* SPDX-License-Identifier: MIT */
/* What a run cost: exits by device and by kind, as text and as JSON. */
#ifndef HOST_STATS_H
#define HOST_STATS_H

#include "machine.h"

/* Prints the statistics of a finished run on standard error. */
void stats_print(const struct machine *m);

/* Writes them to options->stats_json; status is the program's exit status. 0 or EXIT_STATUS_HOST. */
int stats_write_json(const struct machine *m, int status);

#endif
