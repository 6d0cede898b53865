/* SPDX-License-Identifier: MIT */
/* The monitor's commands, in the order in which `help` lists them. */
#include "command.h"

#define COMMAND(word, ...) .name = #word, .run = command_##word, __VA_ARGS__

const struct shell_command shell_commands[] = {
    {COMMAND(help, .most = 1, .arguments = "[COMMAND]", .help = "this list, or a line of it")},
    {COMMAND(pci, .most = 3, .widths = 1 | 2 | 4, .default_width = 4,
             .arguments = "[DD.F [REG [VALUE]]]",
             .help = "functions; one's registers; one of them")},
    {COMMAND(in, .least = 1, .most = 1, .widths = 1 | 2 | 4, .default_width = 1,
             .arguments = "PORT", .help = "read a port (8 bits)")},
    {COMMAND(out, .least = 2, .most = 2, .widths = 1 | 2 | 4, .default_width = 1,
             .arguments = "PORT VALUE", .help = "write a port (8 bits)")},
    {COMMAND(peek, .least = 1, .most = 1, .widths = 1 | 2 | 4 | 8, .default_width = 4,
             .arguments = "ADDR", .help = "read memory or a register (32 bits)")},
    {COMMAND(poke, .least = 2, .most = 2, .widths = 1 | 2 | 4 | 8, .default_width = 4,
             .arguments = "ADDR VALUE", .help = "write memory or a register (32 bits)")},
    {COMMAND(dump, .least = 2, .most = 2, .widths = 1 | 2 | 4 | 8, .arguments = "ADDR LEN",
             .help = "show memory (as bytes, read 32 bits a time)")},
    {COMMAND(msr, .least = 1, .most = 2, .arguments = "INDEX [VALUE]",
             .help = "read or write a model-specific register")},
    {COMMAND(cpuid, .least = 1, .most = 2, .arguments = "LEAF [SUB]",
             .help = "what CPUID answers")},
    {COMMAND(ata, .arguments = "", .help = "identify the ATA drives again")},
    {COMMAND(blk, .most = 2, .arguments = "[NAME BLOCK]",
             .help = "list the disks; show a block of one")},
    {COMMAND(chunk, .most = 3, .arguments = "[size | read OFFSET LENGTH]",
             .help = "registers; GET_SIZE; READ_CHUNK")},
    {COMMAND(virtio, .arguments = "", .help = "status, features and queues")},
    {COMMAND(time, .least = 1, .most = SHELL_WORDS_MAX, .arguments = "COMMAND...",
             .help = "run it; TSC cycles, and exits under trapline")},
    {COMMAND(climb, .arguments = "", .help = "rungs 6 and up again, and the last line")},
    {COMMAND(reset, .arguments = "", .help = "reset the machine (port 0xcf9)")},
    {COMMAND(exit, .most = 1, .arguments = "[N]", .help = "end the run: N, or how the climb went")},
};

const unsigned shell_command_count = sizeof(shell_commands) / sizeof(shell_commands[0]);
