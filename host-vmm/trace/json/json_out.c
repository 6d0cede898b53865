/* SPDX-License-Identifier: MIT */
/* Strings and numbers as JSON wants them, into a buffer and from there to the file. */
#include "json_out.h"

#include "../utf8.h"

#include <stdbool.h>
#include <string.h>

#define LONGEST_PIECE 32 /* of what is put at once: an escaped character, a number */

void json_flush(struct json_out *o)
{
    fwrite(o->buffer, 1, o->used, o->file);
    o->used = 0;
}

static void make_room(struct json_out *o)
{
    if (o->used > sizeof o->buffer - LONGEST_PIECE)
        json_flush(o);
}

static void put_bytes(struct json_out *o, const char *bytes, size_t count)
{
    make_room(o);
    memcpy(o->buffer + o->used, bytes, count);
    o->used += count;
}

void json_put(struct json_out *o, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t now = left < LONGEST_PIECE ? left : LONGEST_PIECE;
        put_bytes(o, text, now);
        text += now;
        left -= now;
    }
}

/* --- strings ---------------------------------------------------------------------------------------- */

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_escaped(struct json_out *o, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    const char quoted[] = {'\\', (char)c};
    const char coded[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    if (c == '"' || c == '\\')
        put_bytes(o, quoted, sizeof quoted);
    else
        put_bytes(o, coded, sizeof coded);
}

void json_put_string(struct json_out *o, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    put_bytes(o, "\"", 1);
    while (*p != '\0') {
        size_t length = utf8_length(p);
        if (is_plain(*p)) {
            make_room(o);
            o->buffer[o->used++] = (char)*p;
        } else if (*p < 0x80) {
            put_escaped(o, *p);
        } else if (length == 0) {
            json_put(o, "\\ufffd");
        } else {
            put_bytes(o, (const char *)p, length);
        }
        p += length > 0 ? length : 1;
    }
    put_bytes(o, "\"", 1);
}

/* --- numbers ---------------------------------------------------------------------------------------- */

/* The digits of value, ended by end, at least count of them. Returns where they begin. */
static char *digits_before(char *end, uint64_t value, bool hexadecimal, unsigned count)
{
    unsigned base = hexadecimal ? 16 : 10;
    while (value > 0 || count > 0) {
        /* cppcheck-suppress zerodivcond ; base is never 0 */
        *--end = "0123456789abcdef"[value % base];
        value /= base;
        count -= count > 0;
    }
    return end;
}

void json_put_number(struct json_out *o, uint64_t value)
{
    char text[20], *end = text + sizeof text, *begin = digits_before(end, value, false, 1);
    put_bytes(o, begin, (size_t)(end - begin));
}

void json_put_signed(struct json_out *o, int64_t value)
{
    if (value < 0)
        put_bytes(o, "-", 1);
    json_put_number(o, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_put_hex(struct json_out *o, uint64_t value)
{
    char text[16], *end = text + sizeof text, *begin = digits_before(end, value, true, 1);
    put_bytes(o, "\"0x", 3);
    put_bytes(o, begin, (size_t)(end - begin));
    put_bytes(o, "\"", 1);
}

void json_put_us(struct json_out *o, uint64_t ns)
{
    char text[24], *end = text + sizeof text, *begin = digits_before(end, ns % 1000, false, 3);
    *--begin = '.';
    begin = digits_before(begin, ns / 1000, false, 1);
    put_bytes(o, begin, (size_t)(end - begin));
}

void json_put_key(struct json_out *o, const char *key)
{
    json_put(o, "\"");
    json_put(o, key);
    json_put(o, "\":");
}

void json_put_next_key(struct json_out *o, const char *key)
{
    json_put(o, ",\"");
    json_put(o, key);
    json_put(o, "\":");
}
