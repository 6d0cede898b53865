/* SPDX-License-Identifier: MIT */
/* trapline: the program. Each subcommand is a function that returns the exit status. */
#include "copy.h"
#include "machine.h"
#include "options.h"
#include "report.h"
#include "signals.h"
#include "stats.h"

#include <stdio.h>

static int run_command(const struct options *options)
{
    static struct disks disks;
    static struct machine machine;
    signals_block();
    int status = disks_open(&disks, &options->machine);
    if (status == 0) {
        status = machine_create(&machine, &options->machine, &disks);
        if (status == 0) {
            status = machine_run(&machine, NULL, NULL);
            if (options->machine.stats)
                stats_print(&machine);
            if (options->machine.stats_json != NULL) {
                int failed = stats_write_json(&machine, status);
                status = status ? status : failed;
            }
        }
        machine_destroy(&machine);
    }
    disks_close(&disks);
    return status;
}

int main(int argc, char **argv)
{
    static struct options options;
    int status = options_parse(argc, argv, &options);
    if (status)
        return status;
    switch (options.command) {
    case COMMAND_RUN:
        return run_command(&options);
    case COMMAND_COPY:
        return copy_command(&options);
    case COMMAND_NONE:
    case COMMAND_DONE:
        break;
    }
    /* --help into a full disk or a closed pipe is not a success. */
    return fflush(stdout) == 0 ? EXIT_STATUS_PASS : EXIT_STATUS_HOST;
}
