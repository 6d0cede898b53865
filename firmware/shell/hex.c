/* SPDX-License-Identifier: MIT */
/* Numbers and memory as the monitor shows them. Written out by hand: a formatted print for every byte
 * of a dump would take longer than its way through the UART where instructions are emulated. */
#include "command.h"

#include "console.h"

#include <string.h>

#define ADDRESS_DIGITS 8 /* at least */
/* An address of 64 bits, a colon, three columns a byte, two bars, a character a byte */
#define LINE_BYTES (16 + 2 + SHELL_DUMP_LINE * 4 + 4)

static char *put_hex(char *to, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i-- > 0;)
        *to++ = "0123456789abcdef"[value >> 4 * i & 0xf];
    return to;
}

void shell_say_value(uint64_t place, uint64_t value, unsigned width)
{
    char digits[17];
    *put_hex(digits, value, 2 * width) = '\0';
    console_printf("0x%lx: 0x%s\n", place, digits);
}

static uint64_t number_at(const uint8_t *bytes, unsigned unit)
{
    uint64_t value = 0;
    for (unsigned i = unit; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static void dump_line(uint64_t address, const uint8_t *bytes, unsigned length, unsigned unit)
{
    char line[LINE_BYTES];
    unsigned digits = ADDRESS_DIGITS;
    while (digits < 16 && address >> 4 * digits != 0)
        digits++;
    char *to = put_hex(line, address, digits);
    *to++ = ':';
    for (unsigned i = 0; i < SHELL_DUMP_LINE; i += unit) {
        *to++ = ' ';
        if (i < length) {
            to = put_hex(to, number_at(bytes + i, unit), 2 * unit);
        } else {
            memset(to, ' ', 2 * unit);
            to += 2 * unit;
        }
    }
    *to++ = ' ';
    *to++ = '|';
    for (unsigned i = 0; i < length; i++)
        *to++ = bytes[i] >= ' ' && bytes[i] < 0x7f ? (char)bytes[i] : '.';
    *to++ = '|';
    *to++ = '\n';
    console_write(line, (size_t)(to - line));
}

void shell_hex_dump(uint64_t address, const void *bytes, uint64_t length, unsigned unit)
{
    const uint8_t *from = bytes;
    for (uint64_t at = 0; at < length; at += SHELL_DUMP_LINE) {
        uint64_t left = length - at;
        dump_line(address + at, from + at,
                  left < SHELL_DUMP_LINE ? (unsigned)left : SHELL_DUMP_LINE, unit);
    }
}
