/* SPDX-License-Identifier: MIT */
/* One setting: a machine in a process of its own, which leaves its results in the shared lines. */
#ifndef HOST_BENCH_BOOT_H
#define HOST_BENCH_BOOT_H

#include "hypercall_probe.h"
#include "settings.h"

/* What all settings have in common. */
struct boot_plan {
    const char *kernel; /* the ELF image */
    const char *source, *destination;
    unsigned milliseconds; /* for each measurement */
    double timeout;        /* seconds for a boot */
    enum io_engine io_engine;
    const struct hypercall_probe *probe;
    const struct machine_options *traced; /* the traces that are wanted, and of what command */
    int errors; /* the command's standard error: a setting's own is a message to the command */
};

/* 0, or the number of the signal that ended the whole command. What goes wrong with the setting is in its
 * lines, and so is what is not measured at deadline (of deadline_now()). */
int boot_setting(const struct boot_plan *plan, const struct setting *setting, double deadline,
                 struct lines *lines);

#endif
