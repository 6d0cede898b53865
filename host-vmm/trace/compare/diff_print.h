/* SPDX-License-Identifier: MIT */
/* How two boots differ, for a reader: hunks with context, counts by device, a verdict. */
#ifndef HOST_TRACE_DIFF_PRINT_H
#define HOST_TRACE_DIFF_PRINT_H

#include "boot_sequence.h"

/* No limit to the changes that are shown */
#define DIFF_PRINT_ALL SIZE_MAX

/* Compares and prints what changed from a to b, most changes at most, and the verdict. The exit status: 0 equal,
 * 1 they differ, EXIT_STATUS_USAGE after a message. counts: those by device as well. */
int diff_print(const struct boot_sequence *a, const struct boot_sequence *b,
               const struct boot_tables *tables, size_t most, bool counts, FILE *out);

#endif
