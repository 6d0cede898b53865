/* SPDX-License-Identifier: MIT */
/* The firmware's output: lines, each sent to the serial port in one go. */
#ifndef FIRMWARE_CONSOLE_H
#define FIRMWARE_CONSOLE_H

#include <stdarg.h>
#include <stdbool.h>

/* Takes over COM1 as rung 1 left it; where usable is false, nothing is ever sent. */
void console_init(bool usable);

/* With verbose on, platform_log() lines are shown. */
void console_set_verbose(bool verbose);
bool console_verbose(void);

/* Adds to the line being collected; a newline at the end of the text sends it. */
void console_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void console_vprintf(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/* Sends a line that has been begun and not ended. */
void console_end_line(void);

#endif
