/* SPDX-License-Identifier: MIT */
/*
 * The two files of a copy on the host's side: the source, and a destination that is written under a
 * temporary name and takes its own only when it is complete.
 */
#ifndef HOST_COPY_FILE_H
#define HOST_COPY_FILE_H

#include "options.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct copy_files {
    int source, destination; /* fds; destination is the temporary file's */
    uint64_t source_size;
    uint64_t start, end; /* the range to copy, bytes */
    uint64_t kept_size;  /* what the destination held before, with a range; else 0 */
    char final_path[PATH_MAX];
    char temporary_path[PATH_MAX]; /* "" when there is none to remove */
};

/* Opens and checks SRC, works out the range, makes the temporary file. 0, or EXIT_STATUS_USAGE or
 * EXIT_STATUS_HOST after a message; 128 + signal when one arrived. copy_files_abandon() is to be
 * called unless copy_files_commit() succeeded. */
int copy_files_open(struct copy_files *files, const struct copy_options *options);

/* Compares the range in both files and the destination's size. Same returns. */
int copy_files_verify(const struct copy_files *files, const char *destination);

/* Gives the destination its name. */
int copy_files_commit(struct copy_files *files);

/* Removes the temporary file. Safe to call twice, and from another thread's end. */
void copy_files_abandon(struct copy_files *files);

#endif
