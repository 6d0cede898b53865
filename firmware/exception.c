/* SPDX-License-Identifier: MIT */
/* What an exception prints. Every exception is the end, but for one that recover.c waits for. */
#include "exception.h"

#include "abi/machine.h"
#include "climb.h"
#include "console.h"
#include "cpu.h"
#include "finish.h"
#include "recover.h"

#include <stdbool.h>
#include <stddef.h>

/* Intel SDM volume 3, table 6-1 */
static const char *const names[32] = {
    [0] = "divide error",
    [1] = "debug",
    [2] = "NMI",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range exceeded",
    [6] = "invalid opcode",
    [7] = "device not available",
    [8] = "double fault",
    [10] = "invalid TSS",
    [11] = "segment not present",
    [12] = "stack fault",
    [13] = "general protection",
    [14] = "page fault",
    [16] = "x87 error",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD error",
    [20] = "virtualization",
    [21] = "control protection",
};

const char *exception_name(uint64_t vector)
{
    const char *name = vector < 32 ? names[vector] : NULL;
    return name ? name : "reserved";
}

static void print_registers(const struct exception_frame *f)
{
    console_printf("rip %016lx rsp %016lx rflags %08lx cs %02lx\n", f->rip, f->rsp, f->rflags,
                   f->cs);
    console_printf("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    console_printf("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", f->rsi, f->rdi, f->rbp, f->r8);
    console_printf("r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", f->r9, f->r10, f->r11, f->r12);
    console_printf("r13 %016lx r14 %016lx r15 %016lx\n", f->r13, f->r14, f->r15);
    console_printf("cr0 %08lx cr2 %016lx cr3 %08lx cr4 %08lx\n", cpu_cr0(), cpu_cr2(), cpu_cr3(),
                   cpu_cr4());
}

_Noreturn void exception_report(const struct exception_frame *frame)
{
    static bool reporting;
    recover_from(frame);
    if (reporting) /* the report itself went wrong: no second try */
        finish(EXIT_EXCEPTION);
    reporting = true;

    const char *name = exception_name(frame->vector);
    console_end_line();
    console_printf("exception %lu (%s), error code 0x%lx\n", frame->vector, name,
                   frame->error_code);
    print_registers(frame);
    console_printf("TRAPLINE FAIL %u exception: %s\n", rung_under_way, name);
    finish(EXIT_EXCEPTION);
}
