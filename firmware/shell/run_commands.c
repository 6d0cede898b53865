/* SPDX-License-Identifier: MIT */
/* help, time, climb, reset, exit. */
#include "command.h"

#include "abi/fw_cfg.h"
#include "abi/machine.h"
#include "clock.h"
#include "console.h"
#include "cpu.h"
#include "fw_cfg.h"
#include "io.h"
#include "parse.h"
#include "poll.h"

#include <stddef.h>
#include <string.h>

#define HELP_COLUMN 34
#define RESET_TIMEOUT_MS 1000

/* --- help ------------------------------------------------------------------------------------------- */

static void say_widths(const struct shell_command *command)
{
    const char *before = "[";
    for (unsigned width = 1; width <= 8; width *= 2) {
        if (command->widths & width) {
            console_printf("%s%u", before, 8 * width);
            before = "|";
        }
    }
    if (command->widths != 0)
        console_printf("]");
}

static unsigned widths_length(unsigned widths)
{
    unsigned length = widths ? 1 : 0;
    for (unsigned width = 1; width <= 8; width *= 2) {
        if (widths & width)
            length += width == 1 ? 2 : 3;
    }
    return length;
}

static void say_command(const struct shell_command *command)
{
    size_t length =
        strlen(command->name) + widths_length(command->widths) + 1 + strlen(command->arguments);
    console_printf("%s", command->name);
    say_widths(command);
    console_printf(" %s", command->arguments);
    for (; length < HELP_COLUMN; length++)
        console_printf(" ");
    console_printf(" %s\n", command->help);
}

void command_help(const struct shell_call *call)
{
    unsigned width;
    if (call->count == 1) {
        const struct shell_command *command =
            parse_command(shell_commands, shell_command_count, call->arguments[0], &width);
        if (command == NULL)
            shell_complain(call, "%s: no such command", call->arguments[0]);
        else
            say_command(command);
        return;
    }
    for (unsigned i = 0; i < shell_command_count; i++)
        say_command(&shell_commands[i]);
    console_printf("Numbers: decimal, or hexadecimal with 0x; K, M or G may follow.\n");
    console_printf("A width in bits may follow a name: in16, peek64. In brackets: without one.\n");
}

/* --- time ------------------------------------------------------------------------------------------- */

/* Exits so far, as the host counts them. */
static uint64_t exits_now(const struct fw_cfg_file *file)
{
    uint64_t exits = 0;
    fw_cfg_read(file->key, &exits, sizeof(exits));
    return exits;
}

void command_time(const struct shell_call *call)
{
    static const char *const name = FW_CFG_FILE_EXITS;
    struct fw_cfg_file file;
    uint64_t before = 0, twice = 0;
    bool counted = fw_cfg_find(&name, &file, 1) == 1;
    if (counted) {
        before = exits_now(&file); /* looked at twice: what a look costs is taken off below */
        twice = exits_now(&file);
    }
    uint64_t start = cpu_tsc();
    shell_execute(call->shell, call->count, call->arguments);
    uint64_t cycles = cpu_tsc() - start;
    uint64_t after = counted ? exits_now(&file) : 0;
    console_end_line();
    console_printf("time: %lu cycles, %lu us", cycles, cycles / (clock_tsc_hz() / 1000000));
    if (counted)
        console_printf(", %lu exits", after - twice - (twice - before));
    console_printf("\n");
}

/* --- climb, reset, exit ----------------------------------------------------------------------------- */

void command_climb(const struct shell_call *call)
{
    struct climb *climb = call->shell->climb;
    climb_begin(climb, climb->info);
    rung6_mmio(climb);
    climb_devices(climb);
    call->shell->exit_value = climb_say_result(climb);
}

void command_reset(const struct shell_call *call)
{
    out8(PORT_RESET_CONTROL, RESET_CONTROL_SYSTEM);
    out8(PORT_RESET_CONTROL, RESET_CONTROL_SYSTEM | RESET_CONTROL_CPU);
    poll_until(false, RESET_TIMEOUT_MS);
    shell_complain(call, "port 0x%x reset nothing", PORT_RESET_CONTROL);
}

void command_exit(const struct shell_call *call)
{
    uint64_t value = call->shell->exit_value;
    if (call->count == 1 && !shell_number(call, 0, "value", UINT8_MAX, &value))
        return;
    call->shell->exit_value = (uint8_t)value;
    call->shell->ended = true;
}
