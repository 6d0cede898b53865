/* SPDX-License-Identifier: MIT */
/* Takes the command line apart. Nothing in it is quietly ignored. */
#include "command_line.h"

#include "abi/virtio_blk.h"

#include <limits.h>
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
    [FAULT_NONE] = "",
    [FAULT_UD] = "ud",
    [FAULT_PF] = "pf",
    [FAULT_DE] = "de",
    [FAULT_GP] = "gp",
    [FAULT_TRIPLE] = "triple",
    [FAULT_HALT] = "halt",
    [FAULT_SPIN] = "spin",
    [FAULT_LOST_IRQ] = "lost-irq",
    [FAULT_STUCK_IRQ] = "stuck-irq",
};

static const struct {
    const char *name;
    uint64_t bit;
} features[] = {
#define FEATURE(text, number) {text, 1ull << (number)},
    VIRTIO_BLK_FEATURE_NAMES(FEATURE)
#undef FEATURE
};

/* Words that stand alone */
static const struct {
    const char *name;
    size_t offset; /* of the bool */
} switches[] = {
#define SWITCH(field)                                                                              \
    {                                                                                              \
#field, offsetof(struct command_line, field)                                               \
    }
    SWITCH(verbose), SWITCH(ticks), SWITCH(write), SWITCH(ecam),
    SWITCH(bar64),   SWITCH(dma),   SWITCH(shell),
#undef SWITCH
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

/* The same for a count: from 1 to max. */
static bool parse_count(struct word word, unsigned max, unsigned *count)
{
    uint64_t value;
    if (!parse_number(word, &value) || value == 0 || value > max)
        return false;
    *count = (unsigned)value;
    return true;
}

/* Keeps word, which has to fit. */
static bool parse_text(struct word word, char *text, size_t size)
{
    if (word.length >= size)
        return false;
    memcpy(text, word.text, word.length);
    text[word.length] = '\0';
    return word.length > 0;
}

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    unsigned letter = ((unsigned)c | 0x20) - 'a';
    return letter < 6 ? letter + 10 : UINT_MAX;
}

/* Takes a number off the front of word: decimal, or hexadecimal after 0x, then K, M or G. */
static bool take_scaled(struct word *word, uint64_t *value)
{
    bool hex = word->length > 2 && word->text[0] == '0' && (word->text[1] | 0x20) == 'x';
    unsigned base = hex ? 16 : 10;
    size_t start = hex ? 2 : 0, i;
    *value = 0;
    for (i = start; i < word->length; i++) {
        unsigned digit = digit_of(word->text[i]);
        if (digit >= base)
            break;
        if (*value > (UINT64_MAX - digit) / base)
            return false;
        *value = *value * base + digit;
    }
    if (i == start)
        return false;
    static const char suffixes[] = "kmg";
    for (unsigned s = 0; i < word->length && s < sizeof(suffixes) - 1; s++) {
        unsigned shift = 10 * (s + 1);
        if ((word->text[i] | 0x20) != suffixes[s])
            continue;
        if (*value > UINT64_MAX >> shift)
            return false;
        *value <<= shift;
        i++;
        break;
    }
    word->text += i;
    word->length -= i;
    return true;
}

static bool take_char(struct word *word, char c)
{
    if (word->length == 0 || *word->text != c)
        return false;
    word->text++;
    word->length--;
    return true;
}

/* SIZE@BASE:IRQ[:ID] */
static bool parse_virtio_mmio(struct word word, struct command_line *command)
{
    struct virtio_mmio_place place;
    uint64_t irq, id;
    if (!take_scaled(&word, &place.length) || !take_char(&word, '@') ||
        !take_scaled(&word, &place.base) || !take_char(&word, ':') || !take_scaled(&word, &irq))
        return false;
    if (take_char(&word, ':') && !take_scaled(&word, &id))
        return false;
    if (word.length > 0 || place.length == 0 || place.base > UINT64_MAX - place.length ||
        irq > UINT_MAX || command->virtio_mmio_count == VIRTIO_MMIO_SLOTS)
        return false;
    place.irq = (unsigned)irq;
    command->virtio_mmio[command->virtio_mmio_count++] = place;
    return true;
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

/* What stands before the next + or -, taken off the front of word. */
static struct word take_name(struct word *word)
{
    struct word name = {word->text, 0};
    while (name.length < word->length && word->text[name.length] != '+' &&
           word->text[name.length] != '-')
        name.length++;
    word->text += name.length;
    word->length -= name.length;
    return name;
}

/* The bits of the feature called name; of all of them where all. 0: there is none. */
static uint64_t feature_bits(struct word name, bool all)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        if (all || word_is(name, features[i].name))
            bits |= features[i].bit;
    }
    return bits;
}

/* Optionally all or none, then +NAME and -NAME; what comes later counts. */
static bool parse_features(struct word spec, struct command_line *command)
{
    uint64_t on = 0, off = 0;
    struct word name = take_name(&spec);
    if (word_is(name, "all"))
        on = feature_bits(name, true);
    else if (word_is(name, "none"))
        off = feature_bits(name, true);
    else if (name.length > 0 || spec.length == 0)
        return false;
    while (spec.length > 0) {
        bool wanted = take_char(&spec, '+');
        if (!wanted)
            take_char(&spec, '-');
        uint64_t bits = feature_bits(take_name(&spec), false);
        if (!bits)
            return false;
        on = wanted ? on | bits : on & ~bits;
        off = wanted ? off & ~bits : off | bits;
    }
    command->blk_features_on = on;
    command->blk_features_off = off;
    return true;
}

static bool parse_irq(struct word word, enum irq_kind *irq)
{
    *irq = IRQ_PIC;
    return word_is(word, "pic");
}

static bool parse_word(struct command_line *command, struct word word)
{
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        if (word_is(word, switches[i].name)) {
            *(bool *)((char *)command + switches[i].offset) = true;
            return true;
        }
    }
    if (word_is(word, "irq")) {
        command->irq = IRQ_IOAPIC;
        return true;
    }
    if (word_has_key(&word, "irq"))
        return parse_irq(word, &command->irq);
    if (word_has_key(&word, "virtio_mmio.device"))
        return parse_virtio_mmio(word, command);
    if (word_has_key(&word, "virtio-blk.features"))
        return parse_features(word, command);
    if (word_has_key(&word, "virtio-blk.queues"))
        return parse_count(word, BLK_QUEUES_MAX, &command->blk_queues);
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
    if (word_has_key(&word, "bench-ms"))
        return parse_count(word, BENCH_MS_MAX, &command->bench_ms);
    if (word_has_key(&word, "bench"))
        return parse_text(word, command->bench, sizeof(command->bench));
    if (word_has_key(&word, "copy-depth"))
        return parse_count(word, COPY_DEPTH_MAX, &command->copy_depth);
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
    memset(command, 0, offsetof(struct command_line, virtio_mmio));
    command->copy_chunk = COPY_CHUNK_DEFAULT;
    command->bench_ms = BENCH_MS_DEFAULT;
    command->copy_depth = 1;
    command->blk_queues = 1;
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
