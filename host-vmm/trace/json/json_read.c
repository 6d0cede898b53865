/* SPDX-License-Identifier: MIT */
/* The JSON of a trace, read back: the object around the events, the events one by one, what is behind them. */
#include "json_read.h"

#include "../../report.h"
#include "json_source.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMAT 1
#define TAIL_BYTES (64 << 10) /* of a file, where its format is looked for before all is read */

struct json_trace {
    struct json_source source;
    json_t *event;
    json_t *totals;
    bool any;  /* an event has been read */
    int state; /* what json_trace_next() says from now on: 1, or 0 at the end, -1 after damage */
};

/* --- around the events ------------------------------------------------------------------------------ */

static int no_trace(struct json_trace *t)
{
    t->source.said = true;
    return wrong_use(t->source.path, NULL, "no trace that this program has written as JSON");
}

/* Of this program and this version, or a message. */
static int check_totals(struct json_trace *t, const json_t *totals)
{
    const json_t *format = json_object_get(totals, "format");
    if (!json_is_integer(format))
        return no_trace(t);
    if (json_integer_value(format) == FORMAT)
        return 0;
    t->source.said = true;
    return wrong_use(t->source.path, NULL, "a trace in format %lld, and this program knows %d",
                     (long long)json_integer_value(format), FORMAT);
}

/* Takes "key": and copies it; a longer one is none that is known. */
static bool take_key(struct json_trace *t, char *key, size_t size)
{
    const char *text;
    size_t length;
    if (json_source_peek(&t->source) != '"' || !json_source_value(&t->source, &text, &length))
        return false;
    key[0] = '\0';
    if (length - 2 < size) {
        memcpy(key, text + 1, length - 2);
        key[length - 2] = '\0';
    }
    return json_source_take(&t->source, ':');
}

/* A member of the outermost object that is not the events. */
static bool take_member(struct json_trace *t, const char *key)
{
    const char *text;
    size_t length;
    if (!json_source_value(&t->source, &text, &length))
        return false;
    if (strcmp(key, "otherData") != 0)
        return true;
    json_decref(t->totals);
    t->totals = json_loadb(text, length, 0, NULL);
    return json_is_object(t->totals);
}

/* Up to the first event. Anything else that is JSON is no trace; what is no JSON at all neither. */
static int read_beginning(struct json_trace *t)
{
    char key[16];
    if (!json_source_take(&t->source, '{'))
        return t->source.said ? EXIT_STATUS_USAGE : no_trace(t);
    do {
        if (!take_key(t, key, sizeof key))
            break;
        if (strcmp(key, "traceEvents") == 0) {
            if (json_source_take(&t->source, '['))
                return 0;
            break;
        }
        if (!take_member(t, key))
            break;
    } while (json_source_take(&t->source, ','));
    return t->source.said ? EXIT_STATUS_USAGE : no_trace(t);
}

/* What comes behind the events. 0, or -1 after a message. */
static int read_end(struct json_trace *t)
{
    char key[16];
    while (json_source_take(&t->source, ','))
        if (!take_key(t, key, sizeof key) || !take_member(t, key))
            return json_source_damaged(&t->source), -1;
    if (!json_source_take(&t->source, '}'))
        return json_source_damaged(&t->source), -1;
    if (json_source_peek(&t->source) >= 0 || t->source.said)
        return json_source_damaged(&t->source), -1;
    return check_totals(t, t->totals) ? -1 : 0;
}

/* The format stands at the end of the file. Where it can be looked at before the rest, it is; a pipe's turn
 * comes when it has been read. */
static int check_tail(struct json_trace *t)
{
    static const char key[] = "\"otherData\"";
    off_t size = lseek(t->source.fd, 0, SEEK_END);
    if (size < 0)
        return 0;
    off_t from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
    char *tail = malloc(TAIL_BYTES);
    ssize_t got = tail ? pread(t->source.fd, tail, TAIL_BYTES, from) : -1;
    int status = 0;
    const char *found = NULL;
    for (ssize_t at = 0; at + (ssize_t)sizeof key - 1 <= got; at++)
        if (memcmp(tail + at, key, sizeof key - 1) == 0)
            found = tail + at + sizeof key - 1;
    while (found != NULL && found < tail + got && strchr(" \t\r\n:", *found) != NULL)
        found++;
    if (found != NULL) {
        json_t *totals =
            json_loadb(found, (size_t)(tail + got - found), JSON_DISABLE_EOF_CHECK, NULL);
        status = totals != NULL ? check_totals(t, totals) : 0;
        json_decref(totals);
    }
    free(tail);
    return lseek(t->source.fd, 0, SEEK_SET) < 0
               ? wrong_use(t->source.path, NULL, "%s", strerror(errno))
               : status;
}

int json_trace_open(struct json_trace **trace, const char *path)
{
    struct json_trace *t = calloc(1, sizeof *t);
    *trace = NULL;
    if (t == NULL)
        return wrong_use(path, NULL, "%s", strerror(ENOMEM));
    t->state = 1;
    int status = json_source_open(&t->source, path);
    if (status == 0)
        status = check_tail(t);
    if (status == 0)
        status = read_beginning(t);
    if (status)
        json_trace_close(t);
    else
        *trace = t;
    return status;
}

void json_trace_close(struct json_trace *t)
{
    if (t == NULL)
        return;
    json_decref(t->event);
    json_decref(t->totals);
    json_source_close(&t->source);
    free(t);
}

/* --- events ----------------------------------------------------------------------------------------- */

/* An access's copy on its device's track, which says nothing new: half of all events are such, and need not be
 * parsed. Inside a string its quotes would be escaped. */
static bool is_copy(const char *text, size_t length)
{
    static const char category[] = "\"cat\":\"device\"";
    return memmem(text, length, category, sizeof category - 1) != NULL;
}

/* An access without all that an access has would be half one. */
static bool is_whole(const json_t *event)
{
    struct sequence_access access;
    if (!json_is_string(json_object_get(event, "ph")))
        return false;
    const char *category = json_string_value(json_object_get(event, "cat"));
    if (category == NULL)
        return true;
    if (strcmp(category, "exit") == 0)
        return json_trace_access(event, &access) ||
               json_is_string(json_object_get(json_object_get(event, "args"), "reason"));
    return strcmp(category, "collected") != 0 || json_trace_access(event, &access);
}

/* The next event's bytes, or the end. */
static int next_text(struct json_trace *t, const char **text, size_t *length)
{
    do {
        if (json_source_take(&t->source, ']'))
            return read_end(t);
        if ((t->any && !json_source_take(&t->source, ',')) || json_source_peek(&t->source) != '{' ||
            !json_source_value(&t->source, text, length)) {
            json_source_damaged(&t->source);
            return -1;
        }
        t->any = true;
    } while (is_copy(*text, *length));
    return 1;
}

int json_trace_next(struct json_trace *t, const json_t **event)
{
    const char *text;
    size_t length;
    if (t->state == 1)
        t->state = next_text(t, &text, &length);
    if (t->state != 1)
        return t->state;
    json_decref(t->event);
    t->event = json_loadb(text, length, 0, NULL);
    if (t->event == NULL || !is_whole(t->event)) {
        t->source.begin -= length; /* that is where the damage is */
        t->source.ended = false;
        json_source_damaged(&t->source);
        t->state = -1;
    }
    *event = t->event;
    return t->state;
}

const json_t *json_trace_totals(const struct json_trace *trace)
{
    return trace->state == 0 ? trace->totals : NULL;
}

static bool get_count(const json_t *object, const char *key, json_int_t most, unsigned *value)
{
    const json_t *number = json_object_get(object, key);
    json_int_t n = json_integer_value(number);
    if (!json_is_integer(number) || n < 1 || n > most)
        return false;
    *value = (unsigned)n;
    return true;
}

bool json_trace_access(const json_t *event, struct sequence_access *access)
{
    const char *category = json_string_value(json_object_get(event, "cat"));
    const json_t *args = json_object_get(event, "args");
    if (category == NULL || (strcmp(category, "exit") != 0 && strcmp(category, "collected") != 0))
        return false;
    const char *direction = json_string_value(json_object_get(args, "dir"));
    const char *mode = json_string_value(json_object_get(args, "mode"));
    *access = (struct sequence_access){.mode = mode ? mode : "",
                                       .device = json_string_value(json_object_get(args, "device")),
                                       .reg = json_string_value(json_object_get(args, "register")),
                                       .words = json_string_value(json_object_get(args, "words"))};
    if (direction == NULL || access->device == NULL || access->reg == NULL || access->words == NULL)
        return false;
    access->is_write = strcmp(direction, "write") == 0;
    return (access->is_write || strcmp(direction, "read") == 0) &&
           get_count(args, "size", 8, &access->size) &&
           get_count(args, "count", UINT_MAX, &access->count);
}

int json_trace_is_whole(const struct json_trace *trace, const char *path)
{
    json_int_t lost = json_integer_value(json_object_get(json_trace_totals(trace), "lost"));
    if (lost == 0)
        return 0;
    return wrong_use(path, NULL, "%" JSON_INTEGER_FORMAT " records were lost: it is no whole trace",
                     lost);
}
