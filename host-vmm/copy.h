/* SPDX-License-Identifier: MIT */
/* trapline copy: the guest moves a file. */
#ifndef HOST_COPY_H
#define HOST_COPY_H

#include "options.h"

/* Returns the program's exit status, after a line on standard output (success) or standard error. */
int copy_command(struct options *options);

#endif
