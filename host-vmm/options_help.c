/* SPDX-License-Identifier: MIT */
/* What --help and --version print. */
#include "options_internal.h"

#include <stdio.h>

static void help_options(unsigned command)
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
           "       trapline --help | --version\n\n"
           "run    boots the firmware (or any PC ROM image) under KVM\n"
           "copy   has the guest move a file through one mechanism, checked and timed\n\n"
           "trapline COMMAND --help lists a command's options.\n");
}

void help_command(unsigned command)
{
    if (command == IN_RUN)
        printf("Usage: trapline run [options]\n\n"
               "Boots the firmware under KVM. Sizes take K, M or G.\n\n");
    else
        printf(
            "Usage: trapline copy --via ata|chunk|virtio-blk [options] SRC DST\n\n"
            "The guest copies SRC to DST. DST appears when it is complete and compared; with\n"
            "--offset or --length only that range is copied, and what else DST holds is kept.\n\n");
    help_options(command);
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
