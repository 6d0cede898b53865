/* SPDX-License-Identifier: MIT */
/*
 * From an access to its words: the modules are asked in turn, and what none of them knows is shown as it is.
 * How a register of a table is put into words is in words.c.
 */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ELEMENT_BYTES_MAX 8

/* Those that go by a region's name alone come first; platform has a part of what would be pci's, the reset
 * control inside the configuration address. */
static const struct decode_module *const modules[] = {
    &decode_uart,   &decode_ata,    &decode_chunk,    &decode_testdev,
    &decode_virtio, &decode_fw_cfg, &decode_platform, &decode_pci,
};
#define MODULE_COUNT DECODE_COUNT(modules)

struct decoder {
    void *states[MODULE_COUNT];
};

struct decoder *decoder_create(void)
{
    struct decoder *decoder = calloc(1, sizeof *decoder);

    for (unsigned i = 0; decoder != NULL && i < MODULE_COUNT; i++) {
        if (modules[i]->state_size == 0)
            continue;
        decoder->states[i] = calloc(1, modules[i]->state_size);
        if (decoder->states[i] == NULL) {
            decoder_destroy(decoder);
            return NULL;
        }
    }
    return decoder;
}

void decoder_destroy(struct decoder *decoder)
{
    if (decoder == NULL)
        return;
    for (unsigned i = 0; i < MODULE_COUNT; i++)
        free(decoder->states[i]);
    free(decoder);
}

void decoder_reset(struct decoder *decoder)
{
    for (unsigned i = 0; i < MODULE_COUNT; i++) {
        if (modules[i]->state_size > 0)
            memset(decoder->states[i], 0, modules[i]->state_size);
    }
}

/* What the modules may rely on: a width from 1 to 8, a count, data of no more than there can be, a string. */
static struct decode_access checked(const struct decode_access *access)
{
    struct decode_access sane = *access;
    uint64_t bytes;

    if (sane.size == 0)
        sane.size = 1;
    if (sane.size > ELEMENT_BYTES_MAX)
        sane.size = ELEMENT_BYTES_MAX;
    if (sane.count == 0)
        sane.count = 1;
    bytes = (uint64_t)sane.size * sane.count;
    if (sane.data == NULL)
        sane.data_length = 0;
    if (sane.data_length > DECODE_DATA_MAX)
        sane.data_length = DECODE_DATA_MAX;
    if (sane.data_length > bytes)
        sane.data_length = (unsigned)bytes;
    if (sane.device == NULL)
        sane.device = "";
    return sane;
}

static void raw_words(const struct decode_access *access, char *words)
{
    words[0] = '\0';
    if (access->count > 1)
        decode_data_words(access, words);
    else
        decode_append(words, "0x%llx", (unsigned long long)decode_value_of(access));
}

/* The last resort, for what no module knows, or knows in part. */
static void fill_in(const struct decode_access *access, struct decoded *decoded)
{
    bool named = access->device[0] != '\0';
    uint64_t where = named ? access->offset : access->address;
    const char *device = access->is_port ? "port" : "memory";

    if (decoded->device[0] == '\0')
        snprintf(decoded->device, sizeof decoded->device, "%s", named ? access->device : device);
    if (decoded->reg[0] == '\0')
        snprintf(decoded->reg, sizeof decoded->reg, "0x%llx", (unsigned long long)where);
    if (decoded->words[0] == '\0')
        raw_words(access, decoded->words);
}

/* All ones are what the guest gets to read there, and no more than that; what it writes still has the
 * meaning that it has elsewhere. */
static void add_nobody(const struct decode_access *access, struct decoded *decoded)
{
    static const char nobody[] = "nobody answers";

    if (strstr(decoded->words, nobody) != NULL)
        return;
    if (!access->is_write)
        raw_words(access, decoded->words);
    decode_append(decoded->words, ", %s", nobody);
}

void decoder_decode(struct decoder *decoder, const struct decode_access *access,
                    struct decoded *decoded)
{
    struct decode_access sane = checked(access);
    bool known = false;

    *decoded = (struct decoded){0};
    for (unsigned i = 0; i < MODULE_COUNT && !known; i++)
        known = modules[i]->decode(decoder->states[i], &sane, decoded);
    fill_in(&sane, decoded);
    if (!sane.answered)
        add_nobody(&sane, decoded);
}
