/* SPDX-License-Identifier: MIT */
/* Where every door arrives: the console, the command line, memory, then the climb. */
#include "abi/machine.h"
#include "bench.h"
#include "boot_info.h"
#include "climb.h"
#include "climb_early.h"
#include "clock.h"
#include "console.h"
#include "copy.h"
#include "fault.h"
#include "finish.h"
#include "interrupts.h"
#include "memory.h"
#include "noinit.h"
#include "platform.h"

static NOINIT struct climb climb;

static void read_command_line(const struct boot_info *info)
{
    if (command_line_parse(&climb.command, info->command_line))
        return;
    console_printf("TRAPLINE FAIL 0 command line: unknown word \"%s\"\n", climb.command.bad_word);
    finish(EXIT_PANIC);
}

static void describe_machine(const struct boot_info *info)
{
    for (unsigned i = 0; i < info->ram_count; i++)
        platform_log("RAM 0x%lx, 0x%lx bytes", info->ram[i].base, info->ram[i].length);
    for (unsigned i = 0; i < info->module_count; i++)
        platform_log("module %u 0x%lx, 0x%lx bytes, \"%s\"", i, info->modules[i].base,
                     info->modules[i].length, info->modules[i].command_line);
    platform_log("TSC %lu kHz", clock_tsc_hz() / 1000);
}

static void use_interrupts(const struct command_line *command)
{
    if (command->irq == IRQ_NONE) {
        if (command->fault == FAULT_LOST_IRQ || command->fault == FAULT_STUCK_IRQ)
            platform_log("fault= of interrupts does nothing without irq");
        return;
    }
    const char *missing = interrupts_init(command->irq, command->fault);
    if (missing)
        console_printf("interrupts: %s, devices are polled\n", missing);
}

_Noreturn void firmware_main(const struct boot_info *info)
{
    rung_under_way = RUNG_LONG_MODE;
    if (info->early_rungs[RUNG_SERIAL] == RUNG_NOT_RUN)
        info = climb_early(info);
    else
        console_init(info->early_rungs[RUNG_SERIAL] == RUNG_PASS);
    read_command_line(info);
    console_set_verbose(climb.command.verbose);
    memory_init(info);
    climb_begin(&climb, info);
    rung_say(RUNG_LONG_MODE, "cpu",
             info->door == BOOT_DOOR_UEFI
                 ? "CR4.PAE, EFER.LME and CR0.PG set by the machine's firmware, C runs"
                 : "CR4.PAE, EFER.LME and CR0.PG set, C runs");
    if (console_verbose())
        describe_machine(info);
    fault_provoke(climb.command.fault);
    use_interrupts(&climb.command);

    rung6_mmio(&climb);
    if (climb.command.copy)
        copy_run(&climb);
    if (climb.command.bench[0])
        bench_run(&climb);
    climb_devices(&climb);
    climb_end(&climb);
}
