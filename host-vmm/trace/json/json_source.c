/* SPDX-License-Identifier: MIT */
/* A buffer that slides over the file and grows for a long value. */
#include "json_source.h"

#include "../../report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_FIRST (256u << 10)
#define VALUE_MAX (16u << 20) /* bytes; an event of ours has less than a thousand */

int json_source_open(struct json_source *source, const char *path)
{
    *source = (struct json_source){.path = path, .room = BUFFER_FIRST};
    source->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0)
        return wrong_use(path, NULL, "%s", strerror(errno));
    source->buffer = malloc(source->room);
    if (source->buffer == NULL) {
        json_source_close(source);
        return wrong_use(path, NULL, "%s", strerror(ENOMEM));
    }
    return 0;
}

void json_source_close(struct json_source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    free(source->buffer);
    source->buffer = NULL;
    source->fd = -1;
}

static bool fail(struct json_source *source, const char *why)
{
    if (!source->said)
        wrong_use(source->path, NULL, "%s", why);
    source->said = true;
    return false;
}

/* Puts what is left at the front, with room behind it. */
static bool make_room(struct json_source *source)
{
    size_t left = source->end - source->begin;
    if (source->begin > 0) {
        memmove(source->buffer, source->buffer + source->begin, left);
        source->before += source->begin;
        source->begin = 0;
        source->end = left;
    }
    if (left < source->room)
        return true;
    if (source->room >= VALUE_MAX)
        return fail(source, "damaged: a value in it is far too long");
    char *buffer = realloc(source->buffer, source->room * 2);
    if (buffer == NULL)
        return fail(source, strerror(ENOMEM));
    source->buffer = buffer;
    source->room *= 2;
    return true;
}

/* Reads on behind what is left. False at the end of the file. */
static bool fill(struct json_source *source)
{
    if (source->said || !make_room(source))
        return false;
    ssize_t got;
    do
        got = read(source->fd, source->buffer + source->end, source->room - source->end);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail(source, strerror(errno));
    source->end += (size_t)got;
    source->ended = got == 0;
    return got > 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

int json_source_peek(struct json_source *source)
{
    for (;; source->begin++) {
        if (source->begin == source->end && !fill(source))
            return -1;
        if (!is_space(source->buffer[source->begin]))
            return (unsigned char)source->buffer[source->begin];
    }
}

bool json_source_take(struct json_source *source, char wanted)
{
    if (json_source_peek(source) != wanted)
        return false;
    source->begin++;
    return true;
}

/* Where a value ends: kept over refills, so that no byte is looked at twice. */
struct scan {
    size_t at; /* from the value's beginning */
    unsigned depth;
    bool in_string, escaped;
};

/* Looks at what is there. True when the value has ended before at. */
static bool scan_on(struct scan *scan, const char *value, size_t length)
{
    for (; scan->at < length; scan->at++) {
        char c = value[scan->at];
        if (scan->in_string) {
            if (scan->escaped)
                scan->escaped = false;
            else if (c == '\\')
                scan->escaped = true;
            else if (c == '"')
                scan->in_string = false;
            if (scan->in_string || scan->depth > 0)
                continue;
        } else if (c == '"') {
            scan->in_string = true;
            continue;
        } else if (c == '{' || c == '[') {
            scan->depth++;
            continue;
        } else if (c == '}' || c == ']') {
            if (scan->depth == 0)
                return true; /* a number or a word, with the end of what it is in behind it */
            if (--scan->depth > 0)
                continue;
        } else if (scan->depth > 0 || (c != ',' && c != ':' && !is_space(c))) {
            continue;
        } else {
            return true;
        }
        scan->at++;
        return true;
    }
    return false;
}

bool json_source_value(struct json_source *source, const char **value, size_t *length)
{
    struct scan scan = {0};
    if (json_source_peek(source) < 0)
        return false;
    while (!scan_on(&scan, source->buffer + source->begin, source->end - source->begin))
        if (!fill(source))
            return false;
    *value = source->buffer + source->begin;
    *length = scan.at;
    source->begin += scan.at;
    return scan.at > 0;
}

int json_source_damaged(struct json_source *source)
{
    unsigned long long at = source->before + (source->ended ? source->end : source->begin);
    if (!source->said)
        wrong_use(source->path, NULL, "%s at byte %llu",
                  source->ended ? "ends too early," : "damaged", at);
    source->said = true;
    return EXIT_STATUS_USAGE;
}
