/* SPDX-License-Identifier: MIT */
/* What a run cost, as text and as JSON. Exits by device are by bus region here, by what they mean in trace/. */
#ifndef HOST_STATS_H
#define HOST_STATS_H

#include "machine.h"

/* Prints the statistics of a finished run on standard error and writes them to the file, each where
 * the options ask for it; status is the program's exit status. 0 or EXIT_STATUS_HOST. */
int stats_finish(struct machine *m, int status);

#endif
