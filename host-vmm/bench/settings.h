/* SPDX-License-Identifier: MIT */
/* The settings: each is a machine with a command line, booted once. */
#ifndef HOST_BENCH_SETTINGS_H
#define HOST_BENCH_SETTINGS_H

#include "lines.h"

enum setting_device { NO_DEVICE, ON_ATA, ON_CHUNK, ON_VIRTIO_BLK, ON_DIRECT_MEMORY };

struct setting {
    const char
        *line; /* what it measures, where that is one line that moves data; NULL: see lines */
    const char *group; /* a heading of the table */
    const char *bench; /* the firmware's word */
    enum setting_device device;
    const char *keys;         /* behind the file's name in the device's option; NULL: none */
    bool mmio;                /* virtio-mmio instead of PCI */
    const char *words;        /* more of the firmware's command line; NULL: none */
    const char *code;         /* whose lines of code */
    const char *const *lines; /* names that the firmware gives, NULL at the end; line is NULL */
    bool hypercalls;          /* those that answer are allowed */
};

extern const struct setting settings[];
extern const unsigned setting_count;

/* Every line that there will be, settings and what is still to come, in the order of the table. */
void settings_list_lines(struct lines *lines);

#define GROUP_MEMORY "memory"

/* The group of the host's own loops, and their names */
#define GROUP_HOST "host"
#define LINE_PREAD "host pread/pwrite"
#define LINE_URING "host io_uring"
#define LINE_MEMCPY "host memcpy"

#endif
