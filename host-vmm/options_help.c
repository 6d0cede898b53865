/* SPDX-License-Identifier: MIT */
/* What --help and --version print. */
#include "options_internal.h"

#include <stdio.h>

void help_options(unsigned command)
{
    for (unsigned i = 0; i < option_spec_count; i++) {
        if (!(option_specs[i].commands & command))
            continue;
        char left[64];
        snprintf(left, sizeof left, "--%s %s", option_specs[i].name,
                 option_specs[i].argument ? option_specs[i].argument : "");
        printf("  %-28s %s\n", left, option_specs[i].help);
    }
    printf("  %-28s %s\n  %-28s %s\n", "--help", "this text", "--version", "the version");
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
           "Boots the firmware once per setting and prints what each way of moving data costs "
           "here.\n\n");
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
        printf(
            "Usage: trapline copy --via ata|chunk|virtio-blk [options] SRC DST\n\n"
            "The guest copies SRC to DST. DST appears when it is complete and compared; with\n"
            "--offset or --length only that range is copied, and what else DST holds is kept.\n\n");
    help_options(command);
    printf("\nKeys of virtio-blk:  mode=eventfd|trap, queues=N, features=SPEC, direct\n"
           "Keys of chunk:       mode=%s, direct\n",
           command == IN_RUN ? "trap|eventfd|shadow|ring" : "ring|shadow|eventfd|trap");
    if (command != IN_RUN)
        printf("Keys of ata:         mode=dma|pio, direct\n");
    printf(
        "SPEC: optionally all or none, then +NAME and -NAME: size_max, seg_max, blk_size, flush,\n"
        "config_wce, mq, discard, write_zeroes, indirect_desc, event_idx, ring_packed. Without\n"
        "SPEC the host offers all but ring_packed, size_max, and mq where there is one queue;\n"
        "without all or none, SPEC changes that.\n"
        "direct: O_DIRECT, past the page cache.\n");
    if (command == IN_RUN)
        printf(
            "\nExit status: 0 pass, 1 host failure, 2 wrong usage, 16+n guest failure n (at most "
            "63),\n120 timeout, 121 triple fault, 122 KVM internal error, 123 halted with "
            "interrupts off.\n");
}

void help_version(void)
{
    printf("trapline %s\n", TRAPLINE_VERSION);
}
