/* SPDX-License-Identifier: MIT */
/*
 * What a command of the monitor is, and what its function is given. The table is commands.c's; the
 * functions lie in one file a group, *_commands.c.
 */
#ifndef FIRMWARE_SHELL_COMMAND_H
#define FIRMWARE_SHELL_COMMAND_H

#include "climb.h"

#include <stdbool.h>
#include <stdint.h>

struct shell_command;

#define SHELL_WORDS_MAX 16 /* of a line */

struct shell {
    struct climb *climb;
    uint8_t exit_value; /* what `exit` alone tells the exit port: how the climb went */
    bool
        config_address_moved; /* `out` has written 0xcf8, of which the PCI driver thinks it knows */
    bool ended;
};

struct shell_call {
    struct shell *shell;
    const struct shell_command *command;
    unsigned width; /* bytes; 0 where the command was called without one and has no default */
    unsigned count; /* of arguments: within what the command takes */
    const char **arguments;
};

struct shell_command {
    const char *name;
    const char *arguments; /* as `help` shows them; "" for none */
    const char *help;      /* one line, what it does */
    unsigned widths;       /* byte counts that may follow the name in bits ("in16"), added up */
    unsigned default_width;
    unsigned least, most; /* arguments it takes */
    void (*run)(const struct shell_call *call);
};

/* commands.c */
extern const struct shell_command shell_commands[];
extern const unsigned shell_command_count;

/* shell.c */

/* Runs one command, given as its words. What is wrong with it is printed. */
void shell_execute(struct shell *shell, unsigned count, const char **words);

/* A line of complaint, with the command's name in front. */
void shell_complain(const struct shell_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Argument number index as a number up to max; complains, and returns false, where it is none. what is
 * its name in that line. */
bool shell_number(const struct shell_call *call, unsigned index, const char *what, uint64_t max,
                  uint64_t *value);

/* The largest number of width bytes */
static inline uint64_t shell_max(unsigned width)
{
    return UINT64_MAX >> (64 - 8 * width);
}

/* hex.c */

/* Prints "place: value", the value with all the digits of its width in bytes. */
void shell_say_value(uint64_t place, uint64_t value, unsigned width);

#define SHELL_DUMP_LINE 16

/* Prints length bytes in lines of SHELL_DUMP_LINE, the first of which is called address. unit, 1, 2, 4
 * or 8, is how many of them are shown as one number; length is a multiple of it. */
void shell_hex_dump(uint64_t address, const void *bytes, uint64_t length, unsigned unit);

/* port_commands.c */
void command_in(const struct shell_call *call);
void command_out(const struct shell_call *call);

/* memory_commands.c */
void command_peek(const struct shell_call *call);
void command_poke(const struct shell_call *call);
void command_dump(const struct shell_call *call);

/* cpu_commands.c */
void command_msr(const struct shell_call *call);
void command_cpuid(const struct shell_call *call);

/* pci_commands.c */
void command_pci(const struct shell_call *call);

/* disk_commands.c */
void command_ata(const struct shell_call *call);
void command_blk(const struct shell_call *call);

/* chunk_commands.c */
void command_chunk(const struct shell_call *call);

/* virtio_commands.c */
void command_virtio(const struct shell_call *call);

/* run_commands.c */
void command_help(const struct shell_call *call);
void command_time(const struct shell_call *call);
void command_climb(const struct shell_call *call);
void command_reset(const struct shell_call *call);
void command_exit(const struct shell_call *call);

#endif
