/* SPDX-License-Identifier: MIT */
/* The copy job: a file's bytes from one place to another through one mechanism. */
#ifndef FIRMWARE_COPY_H
#define FIRMWARE_COPY_H

#include "climb.h"

/* Does what `copy=` asks for after rung 6, and ends the run. */
_Noreturn void copy_run(struct climb *climb);

#endif
