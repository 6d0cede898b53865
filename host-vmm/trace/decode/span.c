/* SPDX-License-Identifier: MIT */
/* Accesses that cover more than one register of a table, or less than one. */
#include "span.h"

#include <stdio.h>
#include <string.h>

#define BYTES_MAX 8 /* of an element; the machine has none that is longer */

static unsigned access_size(const struct decode_access *access)
{
    return access->size < BYTES_MAX ? access->size : BYTES_MAX;
}

const char *decode_word_of(const struct decode_value *values, uint64_t value)
{
    for (; values != NULL && values->word != NULL; values++)
        if (values->value == value)
            return values->word;
    return NULL;
}

void decode_append_bytes(char *words, uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    unsigned unit = 0;

    while (unit + 1 < DECODE_COUNT(units) && bytes != 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    decode_append(words, "%llu %s", (unsigned long long)bytes, units[unit]);
}

/* The register at offset, of which up to size bytes are wanted. A write to one that can only be read, and
 * the other way round, still has that register's name. */
static const struct decode_register *find(const struct decode_span *span, uint64_t offset,
                                          unsigned size, bool is_write)
{
    const struct decode_register *reg = NULL;

    if (span->wide != NULL)
        reg = decode_find(span->wide, offset, is_write);
    if (reg != NULL && reg->offset == offset && reg->size <= size)
        return reg;
    reg = decode_find(span->table, offset, is_write);
    return reg != NULL ? reg : decode_find(span->table, offset, !is_write);
}

static void append_part(const struct decode_span *span, const struct decode_part *part,
                        struct decoded *decoded)
{
    struct decoded own = {0};
    char words[DECODED_WORDS_SIZE] = "";
    size_t length = strlen(decoded->reg);
    bool first = length == 0;

    decode_register_words(part->reg, part->at, part->size, part->value, &own);
    snprintf(decoded->reg + length, sizeof decoded->reg - length, "%s%s%s%s",
             first && span->prefix != NULL ? span->prefix : "",
             first && span->prefix != NULL ? " " : "", first ? "" : "/", own.reg);
    if (span->words == NULL || !span->words(span->context, part, words))
        snprintf(words, sizeof words, "%s", own.words);
    decode_append(decoded->words, "%s%s", decoded->words[0] != '\0' ? ", " : "", words);
}

bool decode_span(const struct decode_span *span, uint64_t offset,
                 const struct decode_access *access, struct decoded *decoded)
{
    unsigned size = access_size(access);
    uint64_t value = decode_value_of(access);
    bool found = false;

    for (unsigned at = 0; at < size;) {
        const struct decode_register *reg = find(span, offset + at, size - at, access->is_write);
        struct decode_part part = {.reg = reg, .is_write = access->is_write};

        if (reg == NULL) {
            at++;
            continue;
        }
        if (!found)
            decoded->reg[0] = decoded->words[0] = '\0';
        found = true;
        part.at = (unsigned)(offset + at - reg->offset);
        part.size = reg->size - part.at < size - at ? reg->size - part.at : size - at;
        part.value = value >> (8 * at) & decode_ones(part.size);
        append_part(span, &part, decoded);
        at += part.size;
    }
    if (found && access->count > 1) {
        decoded->words[0] = '\0';
        decode_data_words(access, decoded->words);
    }
    return found;
}

void decode_nameless(uint64_t offset, const struct decode_access *access, struct decoded *decoded)
{
    unsigned size = access_size(access);

    snprintf(decoded->reg, sizeof decoded->reg, "0x%02llx", (unsigned long long)offset);
    decoded->words[0] = '\0';
    if (access->count > 1)
        decode_data_words(access, decoded->words);
    else
        decode_append(decoded->words, "0x%0*llx", (int)(2 * size),
                      (unsigned long long)(decode_value_of(access) & decode_ones(size)));
}
