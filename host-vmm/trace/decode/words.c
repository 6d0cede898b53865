/* SPDX-License-Identifier: MIT */
/* A register of a table and a value, as words; and data as bytes or text. */
#include "table.h"

#include "span.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ESCAPE_LENGTH 4 /* "\x1b" */

void decode_append(char *words, const char *format, ...)
{
    size_t length = strnlen(words, DECODED_WORDS_SIZE - 1);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words + length, DECODED_WORDS_SIZE - length, format, arguments);
    va_end(arguments);
}

uint64_t decode_value_of(const struct decode_access *access)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < access->size && i < access->data_length && i < sizeof value; i++)
        value |= (uint64_t)access->data[i] << (8 * i);
    return value;
}

void decode_data_words(const struct decode_access *access, char *words)
{
    uint64_t bytes = (uint64_t)access->size * access->count;
    unsigned shown = access->data_length < bytes ? access->data_length : (unsigned)bytes;

    if (shown > DECODED_DATA_BYTES)
        shown = DECODED_DATA_BYTES;
    decode_append(words, "%llu byte%s", (unsigned long long)bytes, bytes == 1 ? "" : "s");
    for (unsigned i = 0; i < shown; i++)
        decode_append(words, " %02x", access->data[i]);
    if (shown < bytes)
        decode_append(words, " ...");
}

void decode_append_character(char *words, uint8_t c, char quote)
{
    if (c == '\n')
        decode_append(words, "\\n");
    else if (c == '\r')
        decode_append(words, "\\r");
    else if (c == '\t')
        decode_append(words, "\\t");
    else if (c == '\\' || c == (uint8_t)quote)
        decode_append(words, "\\%c", c);
    else if (c < ' ' || c > '~')
        decode_append(words, "\\x%02x", c);
    else
        decode_append(words, "%c", c);
}

void decode_text_words(const struct decode_access *access, char *words)
{
    uint64_t characters = (uint64_t)access->size * access->count;
    unsigned shown = 0;

    decode_append(words, "\"");
    while (shown < access->data_length && shown < characters &&
           strlen(words) + ESCAPE_LENGTH + sizeof "\"" <= DECODED_TEXT_SIZE)
        decode_append_character(words, access->data[shown++], '"');
    decode_append(words, "\"");
    if (shown < characters)
        decode_append(words, "... %llu characters", (unsigned long long)characters);
}

/* 'T', '\n'; what is no character is a number. */
static void append_character(char *words, uint64_t value)
{
    bool escaped = value == '\n' || value == '\r' || value == '\t';

    if (!escaped && (value < ' ' || value > '~')) {
        decode_append(words, "0x%02llx", (unsigned long long)value);
        return;
    }
    decode_append(words, "'");
    decode_append_character(words, (uint8_t)value, '\'');
    decode_append(words, "'");
}

/* One element of data, as decode_data_words() writes many */
static void append_element(char *words, unsigned size, uint64_t value)
{
    uint8_t data[sizeof value];
    const struct decode_access access = {.size = size < sizeof data ? size : sizeof data,
                                         .count = 1,
                                         .data = data,
                                         .data_length = sizeof data};

    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(value >> (8 * i));
    decode_data_words(&access, words);
}

/* --- fields --------------------------------------------------------------------------------------- */

static void append_word(char *words, const char *word)
{
    if (word[0] != '\0')
        decode_append(words, "%s%s", words[0] != '\0' ? " " : "", word);
}

static void append_number(char *words, const char *word, const char *format, uint64_t value)
{
    append_word(words, word);
    decode_append(words, "%s", word[0] != '\0' ? "=" : words[0] != '\0' ? " " : "");
    if (format[0] == 'x')
        decode_append(words, "0x%llx", (unsigned long long)value);
    else
        decode_append(words, "%llu", (unsigned long long)value);
}

static void append_named(char *words, const struct decode_field *field, uint64_t bits)
{
    const char *word = decode_word_of(field->values, bits);

    if (word == NULL && bits != 0) {
        append_number(words, field->word, "x", bits);
    } else if (word != NULL && word[0] != '\0') {
        append_word(words, field->word);
        if (field->word[0] != '\0')
            decode_append(words, "=%s", word);
        else
            append_word(words, word);
    }
}

/* The fields that lie wholly in covered. Returns the bits that belong to none. */
static uint64_t append_fields(const struct decode_field *field, uint64_t covered, uint64_t value,
                              char *words)
{
    uint64_t rest = value & covered;

    for (; field != NULL && field->mask != 0; field++) {
        uint64_t bits = value & field->mask;

        if ((field->mask & covered) != field->mask)
            continue;
        rest &= ~field->mask;
        if (field->values != NULL)
            append_named(words, field, bits);
        else if (field->number)
            append_number(words, field->word, "u", bits >> __builtin_ctzll(field->mask));
        else if (bits != 0)
            append_word(words, field->word);
    }
    return rest;
}

/* --- registers ------------------------------------------------------------------------------------ */

static void append_flags(const struct decode_register *reg, uint64_t covered, uint64_t value,
                         char *words)
{
    uint64_t rest = append_fields(reg->fields, covered, value, words);

    if (rest != 0)
        append_number(words, "", "x", rest);
    if (words[0] == '\0')
        append_word(words, "none");
}

void decode_register_words(const struct decode_register *reg, unsigned at, unsigned size,
                           uint64_t value, struct decoded *decoded)
{
    bool whole = at == 0 && size >= reg->size;
    const char *word = NULL;
    uint64_t covered, placed;
    char *words = decoded->words;

    value &= decode_ones(size);
    if (at == 0 || at >= reg->size)
        snprintf(decoded->reg, sizeof decoded->reg, "%s", reg->name);
    else
        snprintf(decoded->reg, sizeof decoded->reg, "%s+%u", reg->name, at);
    /* Fields are in the first 8 bytes of a register. */
    placed = at < 8 ? value << (8 * at) : 0;
    covered = at < 8 ? decode_ones(size) << (8 * at) & decode_ones(reg->size) : 0;
    if (whole)
        word = decode_word_of(reg->values, value & decode_ones(reg->size));
    words[0] = '\0';
    switch (reg->form) {
    case DECODE_CHAR:
        append_character(words, value);
        return;
    case DECODE_FLAGS:
        append_flags(reg, covered, placed, words);
        return;
    case DECODE_VALUE:
        if (word != NULL)
            append_word(words, word);
        break;
    case DECODE_DECIMAL:
        append_number(words, "", "u", value);
        break;
    case DECODE_DATA:
        append_element(words, size, value);
        return;
    case DECODE_HEX:
        break;
    }
    if (words[0] == '\0')
        append_number(words, "", "x", value);
    if (word != NULL && reg->form != DECODE_VALUE)
        append_word(words, word);
    else if (word == NULL)
        append_fields(reg->fields, covered, placed, words);
}
