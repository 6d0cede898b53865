/* SPDX-License-Identifier: MIT */
/* Which recover_run() is under way, and what it is told. The jump itself is recover.asm's. */
#include "recover.h"

#include "cpu.h"
#include "noinit.h"

#define VECTOR_NMI 2
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_MACHINE_CHECK 18

/* recover.asm */
int recover_call(void (*function)(void *), void *argument, uint64_t *stack);
_Noreturn void recover_leave(uint64_t stack);

static bool under_way;
static NOINIT uint64_t saved_stack;
static NOINIT struct recovered last;

bool recover_run(void (*function)(void *argument), void *argument, struct recovered *what)
{
    bool outer = under_way;
    uint64_t outer_stack = saved_stack;
    under_way = true;
    bool returned = recover_call(function, argument, &saved_stack) == 0;
    under_way = outer;
    saved_stack = outer_stack;
    if (!returned)
        *what = last;
    return returned;
}

void recover_from(const struct exception_frame *frame)
{
    if (!under_way || frame->vector == VECTOR_NMI || frame->vector == VECTOR_DOUBLE_FAULT ||
        frame->vector == VECTOR_MACHINE_CHECK)
        return;
    last = (struct recovered){.vector = frame->vector,
                              .error_code = frame->error_code,
                              .rip = frame->rip,
                              .address = cpu_cr2()};
    recover_leave(saved_stack);
}
