/* SPDX-License-Identifier: MIT */
/* trapline trace summary, diff and check: what can be said of traces that were written as JSON. */
#ifndef HOST_TRACE_COMMANDS_H
#define HOST_TRACE_COMMANDS_H

#include "../../options.h"

/* The exit status: 0; 1: they differ; 2, after a message: wrong use, or a file that cannot be read. */
int trace_command(const struct options *options);

#endif
