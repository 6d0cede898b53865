/* SPDX-License-Identifier: MIT */
/* The command line of `trapline trace`, whose options belong to its actions. */
#include "options_internal.h"

#include "report.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* What stands behind each action's name */
static const struct {
    const char *name, *files;
    unsigned command, file_count;
    const char *report; /* in front of its messages */
} actions[] = {
    [TRACE_ACTION_SUMMARY] = {"summary", "FILE.json", IN_TRACE_SUMMARY, 1, "trace summary"},
    [TRACE_ACTION_DIFF] = {"diff", "A.json B.json", IN_TRACE_DIFF, 2, "trace diff"},
    [TRACE_ACTION_CHECK] = {"check", "FILE.json", IN_TRACE_CHECK, 1, "trace check"}};

#define ACTIONS (sizeof actions / sizeof actions[0])

int parse_golden(struct options *o, const char *option, char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    if (o->trace.golden != NULL)
        return wrong_use(option, value, "only one of them, and '%s' was given", o->trace.golden);
    o->trace.golden = value;
    return 0;
}

int parse_write(struct options *o, const char *option, char *value)
{
    (void)option, (void)value;
    o->trace.write = true;
    return 0;
}

void help_trace(void)
{
    printf("Usage: trapline trace summary FILE.json\n"
           "       trapline trace diff A.json B.json\n"
           "       trapline trace check FILE.json --golden GOLDEN [--write]\n\n"
           "summary  prints the short form of a trace: devices, busiest registers, times\n"
           "diff     says what changed between two boots\n"
           "check    compares the sequence of accesses with a golden file\n\n"
           "The files come from --trace FILE.json of run, copy or bench.\n"
           "trapline trace ACTION --help says more.\n");
}

void help_trace_command(unsigned command)
{
    if (command == IN_TRACE_SUMMARY)
        printf("Usage: trapline trace summary FILE.json\n\n"
               "Prints how the run ended, exits by device, the busiest registers, and where\n"
               "the time went.\n\n");
    if (command == IN_TRACE_DIFF)
        printf("Usage: trapline trace diff A.json B.json\n\n"
               "Compares what the guest accessed, in order; times, places in the firmware and\n"
               "how often a poll had to look do not count. '-' is in A only, '+' in B only; what\n"
               "has moved is shown with '<' where it was and with '>' where it is now. Then the\n"
               "devices whose numbers of accesses or exits differ.\n\n");
    if (command == IN_TRACE_CHECK)
        printf("Usage: trapline trace check FILE.json --golden GOLDEN [--write]\n\n"
               "Compares the sequence of accesses with GOLDEN byte for byte and shows the first\n"
               "differences: '-' is in GOLDEN only, '+' in the trace only.\n\n");
    help_options(command);
    if (command == IN_TRACE_SUMMARY)
        printf("\nExit status: 0, or 2 where the file is no whole trace.\n");
    else
        printf("\nExit status: 0 equal, 1 different, 2 wrong use or a file that cannot be read.\n");
}

static int finish_trace(int argc, char **argv, struct options *o)
{
    unsigned wanted = actions[o->trace.action].file_count;
    unsigned given = (unsigned)(argc - optind);
    if (given > wanted)
        return wrong_use(argv[optind + (int)wanted], NULL, "unexpected argument");
    if (given < wanted)
        return wrong_use(NULL, NULL, "expected %s", actions[o->trace.action].files);
    for (unsigned i = 0; i < wanted; i++)
        o->trace.files[i] = argv[optind + (int)i];
    if (o->trace.action == TRACE_ACTION_CHECK && o->trace.golden == NULL)
        return wrong_use("--golden", NULL, "is needed: the file to compare with");
    return 0;
}

int parse_trace_command(int argc, char **argv, struct options *o)
{
    report_command("trace");
    if (argc < 2)
        return wrong_use(NULL, NULL, "summary, diff or check? (see --help)");
    bool help = strcmp(argv[1], "--help") == 0;
    if (help || strcmp(argv[1], "--version") == 0) {
        if (help)
            help_trace();
        else
            help_version();
        o->command = COMMAND_DONE;
        return 0;
    }
    unsigned action = 0;
    while (action < ACTIONS && strcmp(argv[1], actions[action].name) != 0)
        action++;
    if (action == ACTIONS)
        return wrong_use(argv[1], NULL, "not one of summary, diff, check (see --help)");
    report_command(actions[action].report);
    o->command = COMMAND_TRACE;
    o->trace.action = (enum trace_action)action;
    int status = parse_options(argc - 1, argv + 1, actions[action].command, o);
    if (status || o->command == COMMAND_DONE)
        return status;
    return finish_trace(argc - 1, argv + 1, o);
}
