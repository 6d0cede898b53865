/* SPDX-License-Identifier: MIT */
/* UCS-2 to ASCII. Where the options come from, and what the words mean, is not known here. */
#include "load_options.h"

#include <stdint.h>
#include <string.h>

#define ASCII_FIRST_PRINTABLE 0x20
#define ASCII_LAST_PRINTABLE 0x7e

struct ucs2 {
    const uint8_t *at;
    size_t left; /* characters */
};

/* The next character, 0 at the end. */
static uint16_t next(struct ucs2 *options)
{
    uint16_t character;
    if (options->left == 0)
        return 0;
    memcpy(&character, options->at, sizeof(character));
    options->at += sizeof(character);
    options->left--;
    return character;
}

static bool is_blank(uint16_t character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

static char to_ascii(uint16_t character)
{
    if (is_blank(character))
        return ' ';
    if (character < ASCII_FIRST_PRINTABLE || character > ASCII_LAST_PRINTABLE)
        return '?';
    return (char)character;
}

static bool is_letter(uint16_t character, char lower_case)
{
    return character == (uint16_t)lower_case || character == (uint16_t)(lower_case - 'a' + 'A');
}

/* Moves past the first word where that is the name of an application. */
static void skip_own_name(struct ucs2 *options)
{
    struct ucs2 rest = *options;
    uint16_t last[4] = {0}, character;
    do
        character = next(&rest);
    while (is_blank(character));
    for (; character && !is_blank(character); character = next(&rest)) {
        memmove(last, last + 1, sizeof(last) - sizeof(last[0]));
        last[3] = character;
    }
    if (last[0] == '.' && is_letter(last[1], 'e') && is_letter(last[2], 'f') &&
        is_letter(last[3], 'i'))
        *options = rest;
}

bool load_options_text(const void *options, size_t bytes, char *text, size_t size)
{
    struct ucs2 rest = {options, bytes / sizeof(uint16_t)};
    size_t length = 0;
    uint16_t character;
    skip_own_name(&rest);
    while ((character = next(&rest)) != 0) {
        if (length == size - 1) {
            bool whole = is_blank(character);
            while (!whole && length > 0 && text[length - 1] != ' ')
                length--;
            text[length] = '\0';
            return false;
        }
        text[length++] = to_ascii(character);
    }
    text[length] = '\0';
    return true;
}
