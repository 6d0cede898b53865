/* SPDX-License-Identifier: MIT */
/* A backend over a regular file or a block device. */
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
    /* The same file past the page cache, or -1: for what has these alignments (bytes, powers of two).
     * Anything else goes through fd, and the kernel keeps the two in step. */
    int direct_fd;
    uint32_t memory_alignment, read_alignment, write_alignment;
};

/* Wraps an open fd. size is the file's. The window is everything. */
void file_backend_init(struct file_backend *file, int fd, const char *name, uint64_t size,
                       bool read_only);

/* Rounds what a device may offer up to whole blocks, at least one; the padding reads as zeros. */
void file_backend_pad(struct file_backend *file, uint32_t block_size);

/* Opens the file once more, with O_DIRECT. Set grows before. 0 or -errno: -EINVAL or -EOPNOTSUPP where
 * its file system has no such thing. */
int file_backend_open_direct(struct file_backend *file);

/* Closes what file_backend_init() was given, and the O_DIRECT one. */
void file_backend_close(struct file_backend *file);

#endif
