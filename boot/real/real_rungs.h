/* SPDX-License-Identifier: MIT */
/* What the rungs that were walked in real mode have left in low RAM. */
#ifndef BOOT_COMMON_REAL_RUNGS_H
#define BOOT_COMMON_REAL_RUNGS_H

#include "boot_info.h"

/* Fills in the results of rungs 1 to 3 and the time at which the first was begun. */
void real_rungs_read(struct boot_info *info);

#endif
