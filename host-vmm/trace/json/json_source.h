/* SPDX-License-Identifier: MIT */
/*
 * A JSON file in pieces: each value as bytes that lie together, for the parser. Only brackets and quotes are
 * looked at here.
 */
#ifndef HOST_TRACE_JSON_SOURCE_H
#define HOST_TRACE_JSON_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_source {
    const char *path;
    int fd;
    char *buffer;
    size_t begin, end, room; /* what is left in it: from begin up to end */
    uint64_t before;         /* bytes of the file in front of the buffer */
    bool ended;              /* there is nothing behind the buffer */
    bool said;               /* a message has told what is wrong with it */
};

/* 0 or EXIT_STATUS_USAGE after a message. */
int json_source_open(struct json_source *source, const char *path);
void json_source_close(struct json_source *source);

/* The next character behind whitespace, which is left in place; -1: the file ends, or cannot be read. */
int json_source_peek(struct json_source *source);
/* Takes that character, where it is the wanted one. */
bool json_source_take(struct json_source *source, char wanted);

/* The next value: object, array, string or other. It stays until the next call. False where there is
 * none, the file ends within it, or it is far too long. */
bool json_source_value(struct json_source *source, const char **value, size_t *length);

/* One line: the file is damaged at the place that has been reached, or ends there, or cannot be read; at most
 * once. Returns EXIT_STATUS_USAGE. */
int json_source_damaged(struct json_source *source);

#endif
