/* SPDX-License-Identifier: MIT */
/* A small formatter into a buffer; where the text goes is console.c's. */
#include "printf.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct output {
    char *next, *end; /* end is where the final NUL goes at the latest */
};

/* What stands between % and the conversion letter */
struct spec {
    bool zero, alternate, is_long;
    size_t width;
    size_t precision;
};

static void put(struct output *out, char c)
{
    if (out->next < out->end)
        *out->next++ = c;
}

static void put_text(struct output *out, const char *text, size_t length)
{
    size_t room = (size_t)(out->end - out->next);
    if (length > room)
        length = room;
    memcpy(out->next, text, length);
    out->next += length;
}

/* prefix (a sign or 0x) comes before zeros that pad, but after blanks. */
static void put_padded(struct output *out, const struct spec *spec, const char *prefix,
                       const char *text, size_t length)
{
    size_t prefix_length = strlen(prefix);
    size_t used = prefix_length + length;
    if (!spec->zero) {
        for (size_t i = used; i < spec->width; i++)
            put(out, ' ');
    }
    put_text(out, prefix, prefix_length);
    if (spec->zero) {
        for (size_t i = used; i < spec->width; i++)
            put(out, '0');
    }
    put_text(out, text, length);
}

static void put_number(struct output *out, const struct spec *spec, uint64_t value, unsigned base,
                       const char *prefix)
{
    char digits[20];
    char *first = digits + sizeof(digits);
    do {
        *--first = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    put_padded(out, spec, prefix, first, (size_t)(digits + sizeof(digits) - first));
}

static const char *parse_number(const char *at, size_t *value)
{
    *value = 0;
    while (*at >= '0' && *at <= '9')
        *value = *value * 10 + (size_t)(*at++ - '0');
    return at;
}

static const char *parse_spec(const char *at, struct spec *spec)
{
    *spec = (struct spec){.precision = SIZE_MAX};
    for (;; at++) {
        if (*at == '0')
            spec->zero = true;
        else if (*at == '#')
            spec->alternate = true;
        else
            break;
    }
    at = parse_number(at, &spec->width);
    if (*at == '.')
        at = parse_number(at + 1, &spec->precision);
    while (*at == 'l' || *at == 'z') {
        spec->is_long = true;
        at++;
    }
    return at;
}

static void put_string(struct output *out, const struct spec *spec, const char *text)
{
    size_t length = strlen(text);
    if (length > spec->precision)
        length = spec->precision;
    put_padded(out, spec, "", text, length);
}

static void put_signed(struct output *out, const struct spec *spec, int64_t value)
{
    bool negative = value < 0;
    put_number(out, spec, negative ? -(uint64_t)value : (uint64_t)value, 10, negative ? "-" : "");
}

size_t format_text_v(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct output out = {.next = buffer, .end = buffer + size - 1};
    struct spec spec;

    const char *end = format + strlen(format);
    for (;;) {
        const char *percent = memchr(format, '%', (size_t)(end - format));
        put_text(&out, format, (size_t)((percent ? percent : end) - format));
        if (!percent)
            break;
        format = parse_spec(percent + 1, &spec);
        switch (*format) {
        case 's':
            put_string(&out, &spec, va_arg(arguments, const char *));
            break;
        case 'c':
            put(&out, (char)va_arg(arguments, int));
            break;
        case 'd':
            put_signed(&out, &spec,
                       spec.is_long ? va_arg(arguments, long) : va_arg(arguments, int));
            break;
        case 'u':
        case 'x': {
            uint64_t value =
                spec.is_long ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned);
            put_number(&out, &spec, value, *format == 'x' ? 16 : 10, spec.alternate ? "0x" : "");
            break;
        }
        case 'p':
            put_number(&out, &spec, (uintptr_t)va_arg(arguments, void *), 16, "0x");
            break;
        case '%':
            put(&out, '%');
            break;
        default: /* as it stands, a % at the very end included */
            if (!*format)
                format--;
            put_text(&out, percent, (size_t)(format + 1 - percent));
            break;
        }
        format++;
    }
    *out.next = '\0';
    return (size_t)(out.next - buffer);
}

size_t format_text(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_v(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
