/* SPDX-License-Identifier: MIT */
/* Quoted characters to longer quoted characters. */
#include "characters.h"

#include <stddef.h>
#include <string.h>

static bool is_quote(char c)
{
    return c == '\'' || c == '"';
}

bool characters_are(const char *words)
{
    size_t length = strlen(words);
    /* Text of which only the beginning is known has words behind the quotes. */
    return length >= 3 && length < CHARACTERS_SIZE && is_quote(words[0]) &&
           words[length - 1] == words[0];
}

/* What is between the quotes, escaped for double ones. False where it does not fit. */
static bool append(char *joined, size_t *length, const char *words)
{
    size_t last = strlen(words) - 1;
    for (size_t i = 1; i < last; i++) {
        bool escaped = words[i] == '\\' && i + 1 < last;
        char c = words[escaped ? ++i : i];
        bool escape = escaped ? c != '\'' : c == '"';
        if (*length + 4 > CHARACTERS_SIZE) /* with an escape, the closing quote and the end */
            return false;
        if (escape)
            joined[(*length)++] = '\\';
        joined[(*length)++] = c;
    }
    return true;
}

bool characters_join(char words[CHARACTERS_SIZE], const char *more)
{
    char joined[CHARACTERS_SIZE] = "\"";
    size_t length = 1;
    if (!characters_are(words) || !characters_are(more) || !append(joined, &length, words) ||
        !append(joined, &length, more))
        return false;
    joined[length++] = '"';
    joined[length] = '\0';
    memcpy(words, joined, length + 1);
    return true;
}
