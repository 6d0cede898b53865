/* SPDX-License-Identifier: MIT */
/* A result's file: known to be writable before the work begins, and there only when it is complete. */
#ifndef HOST_RESULT_FILE_H
#define HOST_RESULT_FILE_H

#include <limits.h>
#include <stdbool.h>

struct result_file {
    const char *path;
    char target[PATH_MAX]; /* what it is, links resolved */
    /* beside that; empty where it is written to at once: no regular file, or standard output's */
    char temporary[PATH_MAX];
    int fd; /* -1: none */
};

/* 0 or EXIT_STATUS_USAGE after a message. */
int result_file_open(struct result_file *file, const char *option, const char *path);
/* True when both would become the same file. */
bool result_file_same(const struct result_file *a, const struct result_file *b);

/* Gives it its name. 0 or EXIT_STATUS_HOST after a message. */
int result_file_keep(struct result_file *file);
/* As if it had never been opened; nothing after result_file_keep(). */
void result_file_abandon(struct result_file *file);

#endif
