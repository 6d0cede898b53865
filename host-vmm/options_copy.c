/* SPDX-License-Identifier: MIT */
/* The options of `trapline copy`. */
#include "options_internal.h"

#include "report.h"

#include <getopt.h>
#include <string.h>

#include "abi/ata.h"
#include "abi/chunk.h"

static const char *const via_names[] = {
    [COPY_VIA_ATA] = "ata", [COPY_VIA_CHUNK] = "chunk", [COPY_VIA_VIRTIO_BLK] = "virtio-blk"};

const char *copy_via_name(enum copy_via via)
{
    return via_names[via];
}

const char *copy_mode_name(const struct options *options)
{
    switch (options->copy.via) {
    case COPY_VIA_ATA:
        return options->copy.pio ? "pio" : "dma";
    case COPY_VIA_CHUNK:
        return chunk_mode_name(options->machine.chunk_mode);
    default:
        return options->copy.disk.trap ? "trap" : "eventfd";
    }
}

static int parse_ata_mode(struct key_reader *keys, const char *text, bool *pio)
{
    *pio = strcmp(text, "pio") == 0;
    if (!*pio && strcmp(text, "dma") != 0)
        return wrong_use(keys->option, keys->argument, "mode= is one of dma, pio");
    return take_key(keys, "mode", &keys->mode, text);
}

static int refuse_key(const struct key_reader *keys, const char *key, enum copy_via via)
{
    static const char *const known[] = {[COPY_VIA_ATA] = "mode=, direct",
                                        [COPY_VIA_CHUNK] = "mode=, direct",
                                        [COPY_VIA_VIRTIO_BLK] =
                                            "mode=, queues=, features=, direct"};
    if (*key == '\0')
        return wrong_use(keys->option, keys->argument, "an empty key");
    return wrong_use(keys->option, keys->argument, "%s is no key of %s: %s", key,
                     copy_via_name(via), known[via]);
}

/* mode= and other keys of one mechanism; list is what follows the first comma. */
static int parse_via_keys(struct options *o, struct key_reader *keys, char *list)
{
    int status = 0;
    for (char *key = strsep(&list, ","); key != NULL && status == 0; key = strsep(&list, ",")) {
        bool known = true;
        if (strcmp(key, "direct") == 0)
            o->copy.disk.direct = o->machine.chunk_direct = true;
        else if (o->copy.via == COPY_VIA_VIRTIO_BLK && strcmp(key, "ro") != 0)
            status = parse_virtio_blk_key(keys, key, &o->copy.disk, &known);
        else if (o->copy.via == COPY_VIA_ATA && strncmp(key, "mode=", 5) == 0)
            status = parse_ata_mode(keys, key + 5, &o->copy.pio);
        else if (o->copy.via == COPY_VIA_CHUNK && strncmp(key, "mode=", 5) == 0)
            status = parse_chunk_mode(keys, key + 5, &o->machine.chunk_mode);
        else
            known = false;
        if (!known)
            status = refuse_key(keys, key, o->copy.via);
    }
    o->copy.features = keys->features;
    return status;
}

/* MECHANISM[,KEY...]: without keys the mechanism's fastest way. */
int parse_via(struct options *o, const char *option, char *value)
{
    struct key_reader keys = begin_keys(option, value);
    char *list = value;
    value = strsep(&list, ",");
    o->machine.chunk_mode = CHUNK_MODE_RING;
    for (unsigned i = COPY_VIA_ATA; i <= COPY_VIA_VIRTIO_BLK; i++) {
        if (strcmp(value, via_names[i]) == 0) {
            o->copy.via = (enum copy_via)i;
            return end_keys(&keys, parse_via_keys(o, &keys, list));
        }
    }
    return end_keys(&keys, wrong_use(option, keys.argument, "not one of ata, chunk, virtio-blk"));
}

int parse_depth(struct options *o, const char *option, char *value)
{
    uint64_t depth;
    if (!parse_size(value, &depth) || depth < 1 || depth > COPY_DEPTH_MAX)
        return wrong_use(option, value, "not from 1 to %u", COPY_DEPTH_MAX);
    o->copy.depth = (unsigned)depth;
    return 0;
}

int parse_wait(struct options *o, const char *option, char *value)
{
    o->copy.poll = strcmp(value, "poll") == 0;
    if (!o->copy.poll && strcmp(value, "irq") != 0)
        return wrong_use(option, value, "not one of irq, poll");
    return 0;
}

int parse_chunk_size(struct options *o, const char *option, char *value)
{
    int status = want_size(option, value, &o->copy.chunk_size);
    if (status)
        return status;
    if (o->copy.chunk_size == 0 || o->copy.chunk_size > CHUNK_MAX_LENGTH)
        return wrong_use(option, value, "not from 1 to 64M");
    return 0;
}

int parse_offset(struct options *o, const char *option, char *value)
{
    o->copy.has_range = true;
    return want_size(option, value, &o->copy.offset);
}

int parse_length(struct options *o, const char *option, char *value)
{
    o->copy.has_range = o->copy.has_length = true;
    return want_size(option, value, &o->copy.length);
}

int parse_json(struct options *o, const char *option, char *value)
{
    (void)option, (void)value;
    o->copy.json = true;
    return 0;
}

int finish_copy(int argc, char **argv, struct options *o)
{
    if (o->copy.via == COPY_VIA_NONE)
        return wrong_use("--via", NULL, "needed: ata, chunk or virtio-blk");
    if (argc - optind != 2)
        return wrong_use(NULL, NULL, "needs SRC and DST, got %d file name%s", argc - optind,
                         argc - optind == 1 ? "" : "s");
    o->copy.source = argv[optind];
    o->copy.destination = argv[optind + 1];
    if (o->copy.chunk_size == 0)
        o->copy.chunk_size = o->machine.memory < 4 * COPY_CHUNK_DEFAULT ? COPY_CHUNK_DEFAULT / 4
                                                                        : COPY_CHUNK_DEFAULT;
    if (o->copy.via != COPY_VIA_CHUNK && o->copy.chunk_size % ATA_SECTOR_SIZE != 0)
        return wrong_use("--chunk-size", NULL,
                         "%llu is not a multiple of 512, which --via %s needs",
                         (unsigned long long)o->copy.chunk_size, copy_via_name(o->copy.via));
    /* The firmware's image and the first megabyte need room beside the buffer. */
    if (o->machine.memory < o->copy.chunk_size + MEMORY_MIN / 2)
        return wrong_use("--mem", NULL, "%llu bytes are too little memory for --chunk-size %llu",
                         (unsigned long long)o->machine.memory,
                         (unsigned long long)o->copy.chunk_size);
    return 0;
}
