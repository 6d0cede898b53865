/* SPDX-License-Identifier: MIT */
/* The exit port. */
#include "finish.h"

#include "abi/machine.h"
#include "cpu.h"
#include "interrupts.h"
#include "io.h"

_Noreturn void finish(uint8_t value)
{
    interrupts_stop();
    out8(PORT_EXIT, value);
    cpu_halt_forever();
}
