/* SPDX-License-Identifier: MIT */
/* Formatted text, without a C library. */
#ifndef FIRMWARE_PRINTF_H
#define FIRMWARE_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Writes the formatted text into buffer, which is size bytes long (at least 1), always with a final
 * NUL; what does not fit is cut off. Returns the length of what is there, the NUL not counted.
 *
 * Conversions: %s %c %d %u %x %p %%, with a width, with 0 for zero padding, with # for "0x", with l,
 * ll or z. %s takes a precision (its text ends with a NUL all the same). Any other conversion is copied as it stands.
 */
size_t format_text(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t format_text_v(char *buffer, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif
