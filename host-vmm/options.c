/* SPDX-License-Identifier: MIT */
/*
 * Command line to options: the subcommand, then getopt_long over the table of options_table.c. What an
 * option's value means is in options_machine.c and options_copy.c.
 */
#include "options_internal.h"

#include "report.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* Option numbers: the table's index plus this, then help and version. */
#define OPTION_BASE 256
#define OPTION_HELP (OPTION_BASE + (int)option_spec_count)
#define OPTION_VERSION (OPTION_HELP + 1)

static void fill_long_options(unsigned command, struct option *longs)
{
    unsigned n = 0;
    for (unsigned i = 0; i < option_spec_count; i++)
        if (option_specs[i].commands & command)
            longs[n++] = (struct option){.name = option_specs[i].name,
                                         .has_arg = option_specs[i].argument ? required_argument
                                                                             : no_argument,
                                         .val = OPTION_BASE + (int)i};
    longs[n++] = (struct option){.name = "help", .val = OPTION_HELP};
    longs[n++] = (struct option){.name = "version", .val = OPTION_VERSION};
    longs[n] = (struct option){0};
}

/* How many of the options a shortened name could mean. */
static unsigned count_matches(const char *name, const struct option *longs)
{
    size_t length = strcspn(name, "=");
    unsigned count = 0;
    for (; longs->name != NULL; longs++)
        count += strncmp(longs->name, name, length) == 0;
    return count;
}

/* What getopt_long() did not take. There are no short options; of a cluster it names the letter. */
static int refuse_option(const char *word, const struct option *longs)
{
    if (optopt >= OPTION_BASE)
        return wrong_use(word, NULL, "takes no argument");
    char letter[] = {'-', (char)optopt, '\0'};
    if (optopt != 0)
        return wrong_use(letter, NULL, "unknown option (see --help)");
    if (strlen(word) > 2 && count_matches(word + 2, longs) > 1)
        return wrong_use(word, NULL, "could mean more than one option (see --help)");
    return wrong_use(word, NULL, "unknown option (see --help)");
}

int parse_options(int argc, char **argv, unsigned command, struct options *o)
{
    struct option longs[OPTION_SPECS_MAX + 3];
    fill_long_options(command, longs);
    opterr = 0;
    optind = 0;
    for (;;) {
        int found = getopt_long(argc, argv, ":", longs, NULL);
        if (found == -1)
            return 0;
        if (found == OPTION_HELP) {
            help_command(command);
            o->command = COMMAND_DONE;
            return 0;
        }
        if (found == OPTION_VERSION) {
            help_version();
            o->command = COMMAND_DONE;
            return 0;
        }
        if (found == ':')
            return wrong_use(argv[optind - 1], NULL, "needs an argument");
        if (found == '?')
            return refuse_option(argv[optind - 1], longs);
        const struct option_spec *spec = &option_specs[found - OPTION_BASE];
        char name[32];
        snprintf(name, sizeof name, "--%s", spec->name);
        int status = spec->parse(o, name, optarg);
        if (status)
            return status;
    }
}

/* The command line as one line, for people: what does not fit is left out. */
static const char *join_words(int argc, char **argv)
{
    static char line[512];
    size_t length = (size_t)snprintf(line, sizeof line, "trapline");
    for (int i = 1; i < argc && length < sizeof line; i++) {
        const char *quote = strpbrk(argv[i], " \t\"'$&|;<>()") != NULL ? "'" : "";
        length +=
            (size_t)snprintf(line + length, sizeof line - length, " %s%s%s", quote, argv[i], quote);
    }
    return line;
}

int options_parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){.machine = {.memory = MEMORY_DEFAULT, .command_line = ""},
                          .copy = {.depth = COPY_DEPTH_DEFAULT}};
    if (argc < 2)
        return wrong_use(NULL, NULL, "no command; try: trapline --help");
    const char *word = argv[1];
    unsigned command;
    if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0) {
        help_program();
        o->command = COMMAND_DONE;
        return 0;
    }
    if (strcmp(word, "--version") == 0) {
        help_version();
        o->command = COMMAND_DONE;
        return 0;
    }
    if (strcmp(word, "run") == 0) {
        command = IN_RUN;
        o->command = COMMAND_RUN;
        o->machine.serial = "stdio";
    } else if (strcmp(word, "copy") == 0) {
        command = IN_COPY;
        o->command = COMMAND_COPY;
    } else if (strcmp(word, "bench") == 0) {
        command = IN_BENCH;
        o->command = COMMAND_BENCH;
    } else if (strcmp(word, "trace") == 0) {
        return parse_trace_command(argc - 1, argv + 1, o);
    } else {
        return wrong_use(word, NULL, "unknown command or option; try: trapline --help");
    }
    report_command(word);
    o->machine.title = join_words(argc, argv);
    int status = parse_options(argc - 1, argv + 1, command, o);
    if (status || o->command == COMMAND_DONE)
        return status;
    status = finish_traces(o);
    if (status)
        return status;
    if (command == IN_COPY)
        return finish_copy(argc - 1, argv + 1, o);
    if (command == IN_BENCH)
        return finish_bench(argc - 1, argv + 1, o);
    return finish_run(argc - 1, argv + 1, o);
}
