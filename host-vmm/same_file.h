/* SPDX-License-Identifier: MIT */
/* Whether two names or descriptors mean one file. */
#ifndef HOST_SAME_FILE_H
#define HOST_SAME_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

static inline bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static inline bool same_file_fds(int a, int b)
{
    struct stat first, second;
    return fstat(a, &first) == 0 && fstat(b, &second) == 0 && same_file(&first, &second);
}

#endif
