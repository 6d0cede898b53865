/* SPDX-License-Identifier: MIT */
/* Takes the command line apart. Nothing in it is quietly ignored. */
#include "command_line.h"

#include <stddef.h>
#include <string.h>

/* A piece of the command line: not NUL-terminated. */
struct word {
    const char *text;
    size_t length;
};

const char *const part_names[PART_COUNT] = {
    [PART_SERIAL] = "serial", [PART_PCI] = "pci",     [PART_MMIO] = "mmio",
    [PART_ATA] = "ata",       [PART_CHUNK] = "chunk", [PART_VIRTIO_BLK] = "virtio-blk",
};

static const char *const fault_names[FAULT_COUNT] = {
    [FAULT_NONE] = "", [FAULT_UD] = "ud",         [FAULT_PF] = "pf",     [FAULT_DE] = "de",
    [FAULT_GP] = "gp", [FAULT_TRIPLE] = "triple", [FAULT_HALT] = "halt", [FAULT_SPIN] = "spin",
};

static bool word_is(struct word word, const char *text)
{
    return word.length == strlen(text) && memcmp(word.text, text, word.length) == 0;
}

/* Where word is key=..., takes key= off. */
static bool word_has_key(struct word *word, const char *key)
{
    size_t length = strlen(key);
    if (word->length <= length || memcmp(word->text, key, length) != 0 || word->text[length] != '=')
        return false;
    word->text += length + 1;
    word->length -= length + 1;
    return true;
}

/* The index of word among names, or -1. */
static int word_index(struct word word, const char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        if (word_is(word, names[i]))
            return i;
    }
    return -1;
}

static bool parse_number(struct word word, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < word.length; i++) {
        unsigned digit = (unsigned)word.text[i] - '0';
        if (digit > 9 || *value > (UINT64_MAX - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return word.length > 0;
}

static bool parse_require(struct word list, unsigned *require)
{
    for (;;) {
        struct word item = {list.text, 0};
        while (item.length < list.length && item.text[item.length] != ',')
            item.length++;
        int part = word_index(item, part_names, PART_COUNT);
        if (part < 0)
            return false;
        *require |= 1u << part;
        if (item.length == list.length)
            return true;
        list.text += item.length + 1;
        list.length -= item.length + 1;
    }
}

static bool parse_copy(struct word word, struct command_line *command)
{
    int part = word_index(word, part_names, PART_COUNT);
    if (part != PART_ATA && part != PART_CHUNK && part != PART_VIRTIO_BLK)
        return false;
    command->copy = true;
    command->copy_via = (enum part)part;
    return true;
}

static bool parse_fault(struct word word, enum fault_kind *fault)
{
    int kind = word_index(word, fault_names, FAULT_COUNT);
    if (kind <= FAULT_NONE)
        return false;
    *fault = (enum fault_kind)kind;
    return true;
}

static bool parse_word(struct command_line *command, struct word word)
{
    if (word_is(word, "verbose")) {
        command->verbose = true;
        return true;
    }
    if (word_is(word, "ticks")) {
        command->ticks = true;
        return true;
    }
    if (word_is(word, "write")) {
        command->write = true;
        return true;
    }
    if (word_has_key(&word, "require"))
        return parse_require(word, &command->require);
    if (word_has_key(&word, "copy"))
        return parse_copy(word, command);
    if (word_has_key(&word, "copy-offset"))
        return parse_number(word, &command->copy_offset);
    if (word_has_key(&word, "copy-length"))
        return parse_number(word, &command->copy_length);
    if (word_has_key(&word, "copy-chunk"))
        return parse_number(word, &command->copy_chunk) && command->copy_chunk > 0;
    if (word_has_key(&word, "fault"))
        return parse_fault(word, &command->fault);
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool command_line_parse(struct command_line *command, const char *text)
{
    memset(command, 0, sizeof(*command));
    command->copy_chunk = COPY_CHUNK_DEFAULT;
    for (;;) {
        while (is_blank(*text))
            text++;
        if (!*text)
            return true;
        struct word word = {text, 0};
        while (*text && !is_blank(*text))
            text++;
        word.length = (size_t)(text - word.text);
        if (!parse_word(command, word)) {
            size_t kept = word.length < sizeof(command->bad_word) ? word.length
                                                                  : sizeof(command->bad_word) - 1;
            memcpy(command->bad_word, word.text, kept);
            return false;
        }
    }
}
