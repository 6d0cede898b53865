/* SPDX-License-Identifier: MIT */
/* The firmware's output: lines, each sent to the serial port in one go. */
#ifndef FIRMWARE_CONSOLE_H
#define FIRMWARE_CONSOLE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Takes over COM1 as rung 1 left it; where usable is false, nothing is ever sent. */
void console_init(bool usable);

/* Sets COM1 up itself. ERR_ABSENT where there is none: then nothing is ever sent. */
int console_open(void);

/* False once the transmitter has stopped emptying, or where there is no UART. */
bool console_usable(void);

/* With verbose on, platform_log() lines are shown. */
void console_set_verbose(bool verbose);
bool console_verbose(void);

/* Adds to the line being collected; a newline at the end of the text sends it. */
void console_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void console_vprintf(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/* Sends what has been collected, then text as it stands: a terminal's escape sequences, half a line. */
void console_write(const char *text, size_t length);

/* The next byte that COM1 has received, or -1. */
int console_read(void);

/* True once the other end of the line has hung up and nothing can come any more. */
bool console_hung_up(void);

/* Sends a line that has been begun and not ended. */
void console_end_line(void);

#endif
