/* SPDX-License-Identifier: MIT */
/* Quoted characters to longer quoted characters, counted bytes to more bytes. */
#include "transfer.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- text ------------------------------------------------------------------------------------------- */

static bool is_quote(char c)
{
    return c == '\'' || c == '"';
}

static bool is_text(const char *words)
{
    size_t length = strlen(words);
    /* Text of which only the beginning is known has words behind the quotes. */
    return length >= 3 && length < DECODED_TEXT_SIZE && is_quote(words[0]) &&
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
        if (*length + 4 > DECODED_TEXT_SIZE) /* with an escape, the closing quote and the end */
            return false;
        if (escape)
            joined[(*length)++] = '\\';
        joined[(*length)++] = c;
    }
    return true;
}

static bool join_text(char words[TRANSFER_SIZE], const char *more)
{
    char joined[DECODED_TEXT_SIZE] = "\"";
    size_t length = 1;
    if (!append(joined, &length, words) || !append(joined, &length, more))
        return false;
    joined[length++] = '"';
    joined[length] = '\0';
    memcpy(words, joined, length + 1);
    return true;
}

/* --- data ------------------------------------------------------------------------------------------- */

#define BYTE_LENGTH 3 /* " 57" */
#define BYTES_MAX UINT32_MAX

/* The parts of "512 bytes 40 00 ff 3f 00 00 10 00 ... of id" */
struct data {
    uint64_t bytes;
    const char *shown; /* the first of them: " 40 00 ..." */
    unsigned shown_count;
    const char *suffix; /* " of id", or "" */
};

static bool parse_byte(const char *at)
{
    return at[0] == ' ' && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2]);
}

static bool parse_data(const char *words, struct data *d)
{
    char *unit;
    if (words[0] < '1' || words[0] > '9' || strlen(words) >= TRANSFER_SIZE)
        return false;
    d->bytes = strtoull(words, &unit, 10);
    const char *name = d->bytes == 1 ? " byte" : " bytes";
    if (d->bytes > BYTES_MAX || strncmp(unit, name, strlen(name)) != 0)
        return false;
    d->shown = unit + strlen(name);
    d->shown_count = d->bytes < DECODED_DATA_BYTES ? (unsigned)d->bytes : DECODED_DATA_BYTES;
    d->suffix = d->shown;
    for (unsigned i = 0; i < d->shown_count; i++, d->suffix += BYTE_LENGTH)
        if (!parse_byte(d->suffix))
            return false;
    if (d->bytes == d->shown_count)
        return true;
    if (strncmp(d->suffix, " ...", 4) != 0)
        return false;
    d->suffix += 4;
    return true;
}

static bool join_data(char words[TRANSFER_SIZE], const struct data *a, const struct data *b)
{
    char joined[TRANSFER_SIZE];
    uint64_t bytes = a->bytes + b->bytes;
    unsigned more = DECODED_DATA_BYTES - a->shown_count;
    if (more > b->shown_count)
        more = b->shown_count;
    if (bytes > BYTES_MAX || strcmp(a->suffix, b->suffix) != 0)
        return false;
    int length =
        snprintf(joined, sizeof joined, "%llu bytes%.*s%.*s%s%s", (unsigned long long)bytes,
                 (int)(BYTE_LENGTH * a->shown_count), a->shown, (int)(BYTE_LENGTH * more), b->shown,
                 bytes > DECODED_DATA_BYTES ? " ..." : "", a->suffix);
    if (length >= (int)sizeof joined)
        return false;
    memcpy(words, joined, (size_t)length + 1);
    return true;
}

/* --- both ------------------------------------------------------------------------------------------- */

bool transfer_is(const char *words, bool is_write)
{
    struct data data;
    return (is_write && is_text(words)) || parse_data(words, &data);
}

bool transfer_join(char words[TRANSFER_SIZE], const char *more)
{
    struct data a, b;
    if (is_text(words) && is_text(more))
        return join_text(words, more);
    return parse_data(words, &a) && parse_data(more, &b) && join_data(words, &a, &b);
}
