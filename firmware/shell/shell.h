/* SPDX-License-Identifier: MIT */
/* The monitor: commands typed on COM1 after the climb. */
#ifndef FIRMWARE_SHELL_SHELL_H
#define FIRMWARE_SHELL_SHELL_H

#include "climb.h"

#include <stdbool.h>
#include <stdint.h>

/* True when the command line asks for the monitor, or when somebody sits at a terminal and presses a
 * key within a second. Where nobody can, this costs nothing and prints nothing. */
bool shell_wanted(const struct climb *climb);

/* Reads and runs commands until `exit`, Ctrl-D or the end of the input (the line hangs up). exit_value is how the
 * climb went; what the exit port is to get is returned. */
uint8_t shell_run(struct climb *climb, uint8_t exit_value);

#endif
