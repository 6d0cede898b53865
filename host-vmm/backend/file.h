/* SPDX-License-Identifier: MIT */
/* A backend over a regular file or a block device, by preadv, pwritev and fdatasync. */
#ifndef HOST_BACKEND_FILE_H
#define HOST_BACKEND_FILE_H

#include "backend.h"

struct file_backend {
    struct backend backend;
    int fd;
    uint64_t file_size; /* when it was opened; reads past it, up to backend.size, are padding */
    /* Writes keep to [window_start, window_end): what lies outside is accepted and dropped. A disk
     * made of a file that is not whole sectors long must not grow the file by its padding. */
    uint64_t window_start, window_end;
    uint64_t unsent; /* bytes written since the kernel was last asked to write back */
};

/* Wraps an open fd. size is the file's. The window is everything. */
void file_backend_init(struct file_backend *file, int fd, const char *name, uint64_t size,
                       bool read_only);

/* Rounds what a device may offer up to whole blocks, at least one; the padding reads as zeros. */
void file_backend_pad(struct file_backend *file, uint32_t block_size);

#endif
