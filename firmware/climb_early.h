/* SPDX-License-Identifier: MIT */
/* Rungs 1 to 4 for the doors that do not begin in real mode. */
#ifndef FIRMWARE_CLIMB_EARLY_H
#define FIRMWARE_CLIMB_EARLY_H

#include "boot_info.h"

/* Opens the console, prints the banner and walks rungs 1 to 3, as a door that begins in real mode has
 * done when it arrives. Returns a copy of info with their results. */
const struct boot_info *climb_early(const struct boot_info *info);

#endif
