/* SPDX-License-Identifier: MIT */
/* trapline: the program. Each subcommand is a function that returns the exit status. */
#include "bench/bench.h"
#include "copy.h"
#include "machine.h"
#include "machine_trace.h"
#include "options.h"
#include "report.h"
#include "signals.h"
#include "stats.h"
#include "trace/compare/commands.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

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
            int written = machine_trace_write(&machine, status);
            status = status ? status : written;
            signals_release();
            int failed = stats_finish(&machine, status);
            status = status ? status : failed;
        }
        machine_destroy(&machine);
    }
    disks_close(&disks);
    return status;
}

/* A program that was started without standard input, output or error would give their numbers to the
 * next files it opens, and then print into a user's disk. */
static bool fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* Takes the lowest free number, which is fd. Read-only: printing fails, as it would have. */
        if (open("/dev/null", O_RDONLY) != fd)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (!fill_standard_descriptors())
        return EXIT_STATUS_HOST;
    static struct options options;
    int status = options_parse(argc, argv, &options);
    if (status)
        return status;
    switch (options.command) {
    case COMMAND_RUN:
        return run_command(&options);
    case COMMAND_COPY:
        return copy_command(&options);
    case COMMAND_BENCH:
        return bench_command(&options);
    case COMMAND_TRACE:
        return trace_command(&options);
    case COMMAND_NONE:
    case COMMAND_DONE:
        break;
    }
    /* --help into a full disk or a closed pipe is not a success. */
    return fflush(stdout) == 0 ? EXIT_STATUS_PASS : EXIT_STATUS_HOST;
}
