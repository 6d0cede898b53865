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

int parse_via(struct options *o, const char *option, char *value)
{
    for (unsigned i = COPY_VIA_ATA; i <= COPY_VIA_VIRTIO_BLK; i++) {
        if (strcmp(value, via_names[i]) == 0) {
            o->copy.via = (enum copy_via)i;
            return 0;
        }
    }
    return wrong_use(option, value, "not one of ata, chunk, virtio-blk");
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
