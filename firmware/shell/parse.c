/* SPDX-License-Identifier: MIT */
/* Taking a line apart. Says only whether something is right; the words of complaint are shell.c's. */
#include "parse.h"

#include <stddef.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

unsigned parse_words(char *line, const char **words, unsigned max)
{
    unsigned count = 0;
    for (;;) {
        while (is_blank(*line))
            *line++ = '\0';
        if (*line == '\0')
            return count;
        if (count < max)
            words[count] = line;
        count++;
        while (*line != '\0' && !is_blank(*line))
            line++;
    }
}

/* What the digit stands for; 16 or more where it is none. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 16;
}

/* As many digits as there are. Returns what follows them; NULL where there is none, or one too many
 * for 64 bits. */
static const char *parse_digits(const char *text, unsigned base, uint64_t *value)
{
    const char *start = text;
    *value = 0;
    for (; digit_value(*text) < base; text++) {
        unsigned digit = digit_value(*text);
        if (*value > (UINT64_MAX - digit) / base)
            return NULL;
        *value = *value * base + digit;
    }
    return text == start ? NULL : text;
}

static unsigned unit_shift(char c)
{
    switch (c) {
    case 'k':
    case 'K':
        return 10;
    case 'm':
    case 'M':
        return 20;
    case 'g':
    case 'G':
        return 30;
    default:
        return 0;
    }
}

bool parse_number(const char *text, uint64_t *value)
{
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    text = parse_digits(hexadecimal ? text + 2 : text, hexadecimal ? 16 : 10, value);
    if (text == NULL)
        return false;
    unsigned shift = unit_shift(*text);
    if (shift > 0)
        text++;
    if (*text != '\0' || *value > UINT64_MAX >> shift)
        return false;
    *value <<= shift;
    return true;
}

bool parse_function(const char *text, unsigned *device, unsigned *function)
{
    uint64_t value;
    const char *rest = parse_digits(text, 16, &value);
    if (rest != NULL && *rest == ':' && value == 0)
        rest = parse_digits(rest + 1, 16, &value);
    if (rest == NULL || *rest != '.' || value >= PCI_DEVICES_PER_BUS)
        return false;
    *device = (unsigned)value;
    rest = parse_digits(rest + 1, 16, &value);
    if (rest == NULL || *rest != '\0' || value >= PCI_FUNCTIONS_PER_DEVICE)
        return false;
    *function = (unsigned)value;
    return true;
}

/* The bytes of a width given in bits, as the end of a command's name; 0 for anything else. */
static unsigned width_bytes(const char *bits)
{
    static const char *const names[] = {"8", "16", "32", "64"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(bits, names[i]) == 0)
            return 1u << i;
    }
    return 0;
}

const struct shell_command *parse_command(const struct shell_command *commands, unsigned count,
                                          const char *word, unsigned *width)
{
    for (unsigned i = 0; i < count; i++) {
        size_t length = strlen(commands[i].name);
        if (strncmp(word, commands[i].name, length) != 0)
            continue;
        *width = word[length] == '\0' ? commands[i].default_width : width_bytes(word + length);
        if (word[length] == '\0' || (*width & commands[i].widths) != 0)
            return &commands[i];
    }
    return NULL;
}
