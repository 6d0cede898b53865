/* SPDX-License-Identifier: MIT */
/* The end of every run: the exit port, then nothing. */
#ifndef FIRMWARE_FINISH_H
#define FIRMWARE_FINISH_H

#include <stdint.h>

/* Tells the machine's builder how it went (EXIT_PASS, a rung's number, EXIT_EXCEPTION, EXIT_PANIC);
 * where there is no exit port, the CPU halts with interrupts off. */
_Noreturn void finish(uint8_t value);

#endif
