/* SPDX-License-Identifier: MIT */
/* The command line as a value. Nothing is opened here: machine.c does that. */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_MAX_ATA 2
#define OPTIONS_MAX_VIRTIO_BLK 8

/* What carries virtio devices */
enum virtio_transport { VIRTIO_TRANSPORT_PCI, VIRTIO_TRANSPORT_MMIO };

#define COMMAND_LINE_MAX 1023 /* characters that the firmware takes */

struct disk_option {
    const char *path;
    bool read_only;
};

/* What describes the machine and its run: all subcommands that boot one have it. */
struct machine_options {
    const char *firmware; /* NULL: the image that the build made */
    const char *kernel;   /* an ELF file that starts without a ROM, or NULL */
    const char *initrd;   /* its module, or NULL */
    uint64_t memory;      /* bytes */
    struct disk_option ata[OPTIONS_MAX_ATA];
    unsigned ata_count;
    struct disk_option virtio_blk[OPTIONS_MAX_VIRTIO_BLK];
    unsigned virtio_blk_count;
    enum virtio_transport virtio_transport;
    const char *chunk_in, *chunk_out; /* NULL: no such file */
    bool chunk;                       /* the device is there */
    const char *command_line;
    const char *serial;   /* "stdio" or a file; NULL: discarded */
    const char *debugcon; /* a file for port 0x402, or NULL */
    double timeout;       /* seconds; 0 = none */
    bool strict;
    bool stats;
    const char *stats_json; /* NULL: none */
};

enum copy_via { COPY_VIA_NONE, COPY_VIA_ATA, COPY_VIA_CHUNK, COPY_VIA_VIRTIO_BLK };

struct copy_options {
    enum copy_via via;
    uint64_t chunk_size; /* bytes a request */
    uint64_t offset;
    uint64_t length;
    bool has_range; /* --offset or --length was given */
    bool has_length;
    bool json;
    const char *source, *destination;
};

enum command { COMMAND_NONE, COMMAND_RUN, COMMAND_COPY, COMMAND_DONE };

struct options {
    enum command command; /* COMMAND_DONE: --help or --version has been answered */
    struct machine_options machine;
    struct copy_options copy;
};

#define MEMORY_DEFAULT (1ull << 30)
#define MEMORY_MIN (4ull << 20)
#define MEMORY_MAX (1ull << 40)
#define COPY_CHUNK_DEFAULT (1ull << 20)

/* 0, or EXIT_STATUS_USAGE after one line on standard error. Strings point into argv, which is changed
 * where an argument is taken apart. */
int options_parse(int argc, char **argv, struct options *options);

/* "16M": a number with an optional K, M or G (powers of 1024, a B or iB may follow). */
bool parse_size(const char *text, uint64_t *value);

const char *copy_via_name(enum copy_via via);

#endif
