/* SPDX-License-Identifier: MIT */
/*
 * Surviving an exception: a function is called, and if it faults the call is over instead of the run.
 * What the function was in the middle of stays as it is: a half-programmed device, a taken buffer.
 */
#ifndef FIRMWARE_RECOVER_H
#define FIRMWARE_RECOVER_H

#include "exception.h"

#include <stdbool.h>
#include <stdint.h>

struct recovered {
    uint64_t vector, error_code, rip;
    uint64_t address; /* CR2: what a page fault was about */
};

/* Calls function. True when it returned; false when an exception ended it, which *what then tells.
 * An inner recover_run() takes the exceptions for as long as it lasts. NMI, double fault and machine
 * check end the run all the same. */
bool recover_run(void (*function)(void *argument), void *argument, struct recovered *what);

/* For exception_report(): goes back to the recover_run() that is under way. Returns when there is none,
 * or when the exception is not one to go on after. */
void recover_from(const struct exception_frame *frame);

#endif
