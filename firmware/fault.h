/* SPDX-License-Identifier: MIT */
/* Failing on purpose, so that tests can watch how the firmware and the host take it. */
#ifndef FIRMWARE_FAULT_H
#define FIRMWARE_FAULT_H

#include "command_line.h"

/* Does what `fault=` asked for. Returns for FAULT_NONE only. */
void fault_provoke(enum fault_kind kind);

#endif
