/* SPDX-License-Identifier: MIT */
/* The form of a golden sequence's lines, and which of them are one poll. */
#include "sequence.h"

#include "../text/transfer.h"

#include <stdio.h>
#include <string.h>

/* A line is one line, whatever is in a file that claims to be a trace. */
static void clean(char *line)
{
    for (; *line != '\0'; line++)
        if ((unsigned char)*line < ' ' || *line == 0x7f)
            *line = '?';
}

void sequence_line(const struct sequence_access *access, char *line, size_t size)
{
    char count[16] = "";
    if (access->count != 1)
        snprintf(count, sizeof count, "x%u", access->count);
    snprintf(line, size, "%s %c%u%s %s %s %s %s", access->mode[0] != '\0' ? access->mode : "-",
             access->is_write ? 'w' : 'r', access->size * 8, count, access->device, access->reg,
             access->is_write ? "<-" : "->", access->words);
    clean(line);
}

static bool is_same_register(const struct sequence_access *last, const struct sequence_access *next)
{
    return last->size == next->size && strcmp(last->mode, next->mode) == 0 &&
           strcmp(last->device, next->device) == 0 && strcmp(last->reg, next->reg) == 0;
}

bool sequence_is_transfer(const struct sequence_access *last, const struct sequence_access *next)
{
    return last->is_write == next->is_write && is_same_register(last, next) &&
           transfer_is(last->words, last->is_write) && transfer_is(next->words, next->is_write);
}

bool sequence_is_poll(const struct sequence_access *last, const struct sequence_access *next)
{
    return !last->is_write && !next->is_write && last->count == 1 && next->count == 1 &&
           is_same_register(last, next) && !transfer_is(last->words, false) &&
           !transfer_is(next->words, false);
}
