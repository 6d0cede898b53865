/* SPDX-License-Identifier: MIT */
/* What --help and --version print. */
#include "options_internal.h"

#include <stdio.h>
#include <string.h>

#define HELP_WIDTH 80
#define HELP_COLUMN 31 /* where what an option does begins */

/* Two columns; what does not fit goes on below, in the right one. */
static void print_option(const char *left, const char *help)
{
    size_t at = strlen(left);
    printf("%s", left);
    while (*help != '\0') {
        size_t room = HELP_WIDTH - HELP_COLUMN, length = strlen(help);
        if (length > room)
            for (length = room; length > 0 && help[length] != ' ';)
                length--;
        if (length == 0) /* a word that is too long for any line */
            length = strcspn(help, " ");
        if (at >= HELP_COLUMN) {
            putchar('\n');
            at = 0;
        }
        printf("%*s%.*s", HELP_COLUMN - (int)at, "", (int)length, help);
        at = HELP_COLUMN;
        help += length;
        help += strspn(help, " ");
    }
    putchar('\n');
}

void help_options(unsigned command)
{
    for (unsigned i = 0; i < option_spec_count; i++) {
        if (!(option_specs[i].commands & command))
            continue;
        char left[64];
        const char *argument = option_specs[i].argument;
        snprintf(left, sizeof left, "  --%s%s%s", option_specs[i].name, argument ? " " : "",
                 argument ? argument : "");
        print_option(left, option_specs[i].help);
    }
    print_option("  --help", "this text");
    print_option("  --version", "the version");
}

void help_program(void)
{
    printf("Usage: trapline run [options]\n"
           "       trapline copy --via ata|chunk|virtio-blk [options] SRC DST\n"
           "       trapline bench [options]\n"
           "       trapline trace summary|diff|check ...\n"
           "       trapline --help | --version\n\n"
           "run    boots the firmware (or any PC ROM image) under KVM\n"
           "copy   has the guest move a file through one mechanism, checked and timed\n"
           "bench  prices every mechanism on this machine, in one table\n"
           "trace  sums up and compares what run, copy and bench have written with --trace\n\n"
           "trapline COMMAND --help lists a command's options.\n");
}

static void help_bench(void)
{
    printf("Usage: trapline bench [options]\n\n"
           "Boots the firmware once per setting and prints what each way of moving data\n"
           "costs here.\n\n");
    help_options(IN_BENCH);
}

void help_command(unsigned command)
{
    if (command == IN_BENCH) {
        help_bench();
        return;
    }
    if (command & IN_TRACE) {
        help_trace_command(command);
        return;
    }
    if (command == IN_RUN)
        printf("Usage: trapline run [options]\n\n"
               "Boots the firmware under KVM. Sizes take K, M or G.\n\n");
    else
        printf("Usage: trapline copy --via ata|chunk|virtio-blk [options] SRC DST\n\n"
               "The guest copies SRC to DST. DST appears when it is complete and compared; with\n"
               "--offset or --length only that range is copied, and what else DST holds is\n"
               "kept.\n\n");
    help_options(command);
    printf("\nKeys of virtio-blk:  mode=eventfd|trap, queues=N, features=SPEC, direct\n"
           "Keys of chunk:       mode=%s, direct\n",
           command == IN_RUN ? "trap|eventfd|shadow|ring" : "ring|shadow|eventfd|trap");
    if (command != IN_RUN)
        printf("Keys of ata:         mode=dma|pio, direct\n");
    printf("SPEC: optionally all or none, then +NAME and -NAME: size_max, seg_max, blk_size,\n"
           "flush, config_wce, mq, discard, write_zeroes, indirect_desc, event_idx,\n"
           "ring_packed. Without SPEC the host offers all but ring_packed, size_max, and mq\n"
           "where there is one queue; without all or none, SPEC changes that.\n"
           "direct: O_DIRECT, past the page cache.\n");
    if (command == IN_RUN)
        printf("\nExit status: 0 pass, 1 host failure, 2 wrong usage, 16+n guest failure n (at\n"
               "most 63), 120 timeout, 121 triple fault, 122 KVM internal error, 123 halted with\n"
               "interrupts off.\n");
}

void help_version(void)
{
    printf("trapline %s\n", TRAPLINE_VERSION);
}
