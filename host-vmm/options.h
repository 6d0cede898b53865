/* SPDX-License-Identifier: MIT */
/* The command line as a value. Nothing is opened here: machine.c does that. */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include "backend/io_queue.h"

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_MAX_ATA 2
#define OPTIONS_MAX_VIRTIO_BLK 8
#define OPTIONS_MAX_QUEUES 4

#define OPTIONS_MAX_TRACES 4
#define OPTIONS_MAX_SYMBOLS 4

/* How a trace is written */
enum trace_format {
    TRACE_FORMAT_NONE, /* its file's name says */
    TRACE_FORMAT_TEXT,
    TRACE_FORMAT_JSON,
    TRACE_FORMAT_HTML
};

/* What carries virtio devices */
enum virtio_transport { VIRTIO_TRANSPORT_PCI, VIRTIO_TRANSPORT_MMIO };

#define COMMAND_LINE_MAX 1023 /* characters that the firmware takes */

struct disk_option {
    const char *path;
    bool read_only;
    bool direct; /* O_DIRECT */
    /* virtio-blk only */
    bool trap; /* the doorbell is an exit, and the vCPU's thread does the work */
    uint64_t features_on, features_off; /* against what the device offers by itself */
    unsigned queues;                    /* request queues; 0 = 1 */
};

/* How a doorbell of the chunk device travels */
enum chunk_mode { CHUNK_MODE_TRAP, CHUNK_MODE_EVENTFD, CHUNK_MODE_SHADOW, CHUNK_MODE_RING };

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
    bool chunk_direct;                /* O_DIRECT */
    enum chunk_mode chunk_mode;
    enum io_engine io_engine;
    const char *direct_memory; /* a file that the guest sees as memory, or NULL */
    uint64_t hypercalls;       /* bit n: KVM hypercall n answers, and the guest may try it */
    bool testdev;              /* the device that bench prices accesses with */
    const char *command_line;
    const char *serial;   /* "stdio" or a file; NULL: discarded */
    const char *debugcon; /* a file for port 0x402, or NULL */
    double timeout;       /* seconds; 0 = none */
    bool strict;
    bool stats;
    const char *stats_json; /* NULL: none */
    const char *title;      /* the command line, for the trace */
    struct trace_option {
        const char *path;
        enum trace_format format;
    } traces[OPTIONS_MAX_TRACES];
    unsigned trace_count;
    enum trace_format trace_format; /* of those whose name does not say */
    bool trace_exact;               /* every access is an exit */
    const char *symbols[OPTIONS_MAX_SYMBOLS];
    unsigned symbols_count;
};

enum copy_via { COPY_VIA_NONE, COPY_VIA_ATA, COPY_VIA_CHUNK, COPY_VIA_VIRTIO_BLK };

struct copy_options {
    enum copy_via via;
    uint64_t chunk_size;     /* bytes a request */
    unsigned depth;          /* requests in flight */
    bool poll;               /* the drivers poll instead of sleeping until an interrupt */
    bool pio;                /* --via ata: by PIO, not by DMA */
    struct disk_option disk; /* --via virtio-blk: how the two disks are to be */
    const char *features;    /* of them, as given, or NULL */
    uint64_t offset;
    uint64_t length;
    bool has_range; /* --offset or --length was given */
    bool has_length;
    bool json;
    const char *source, *destination;
};

struct bench_options {
    const char *filter; /* a part of a line's name, or NULL */
    const char *json;   /* a file, or NULL */
    const char *html;   /* a file, or NULL */
    const char *dir;    /* where the scratch files go, or NULL */
    bool quick;
};

enum trace_action { TRACE_ACTION_SUMMARY, TRACE_ACTION_DIFF, TRACE_ACTION_CHECK };

struct trace_command_options {
    enum trace_action action;
    const char *files[2]; /* diff has two */
    const char *golden;   /* check */
    bool write;           /* the golden file, instead of comparing with it */
};

enum command {
    COMMAND_NONE,
    COMMAND_RUN,
    COMMAND_COPY,
    COMMAND_BENCH,
    COMMAND_TRACE,
    COMMAND_DONE
};

struct options {
    enum command command; /* COMMAND_DONE: --help or --version has been answered */
    struct machine_options machine;
    struct copy_options copy;
    struct bench_options bench;
    struct trace_command_options trace;
};

#define MEMORY_DEFAULT (1ull << 30)
#define MEMORY_MIN (4ull << 20)
#define MEMORY_MAX (1ull << 40)
#define COPY_CHUNK_DEFAULT (4ull << 20)
#define COPY_DEPTH_DEFAULT 4
#define COPY_DEPTH_MAX 64

/* 0, or EXIT_STATUS_USAGE after one line on standard error. Strings point into argv, which is changed
 * where an argument is taken apart. */
int options_parse(int argc, char **argv, struct options *options);

/* "16M": a number with an optional K, M or G (powers of 1024, a B or iB may follow). */
bool parse_size(const char *text, uint64_t *value);

const char *copy_via_name(enum copy_via via);
/* How the mechanism of --via is driven, in the word that its mode= has for it. */
const char *copy_mode_name(const struct options *options);

#endif
