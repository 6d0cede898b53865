/* SPDX-License-Identifier: MIT */
/* Accesses to lines, and polls to one line. */
#include "boot_sequence.h"

#include "../../report.h"
#include "../text/transfer.h"
#include "../json/json_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool boot_tables_create(struct boot_tables *tables)
{
    *tables = (struct boot_tables){.lines = line_table_create(), .names = line_table_create()};
    if (tables->lines != NULL && tables->names != NULL)
        return true;
    boot_tables_destroy(tables);
    return false;
}

void boot_tables_destroy(struct boot_tables *tables)
{
    line_table_destroy(tables->lines);
    line_table_destroy(tables->names);
}

static int append(struct boot_sequence *boot, uint32_t line, uint64_t time)
{
    if (boot->count == boot->room) {
        size_t room = boot->room ? boot->room * 2 : 4096;
        uint32_t *lines = realloc(boot->lines, room * sizeof lines[0]);
        if (lines == NULL)
            return -ENOMEM;
        boot->lines = lines;
        uint64_t *times = realloc(boot->times, room * sizeof times[0]);
        if (times == NULL)
            return -ENOMEM;
        boot->times = times;
        boot->room = room;
    }
    boot->lines[boot->count] = line;
    boot->times[boot->count++] = time;
    return 0;
}

void boot_sequence_free(struct boot_sequence *boot)
{
    free(boot->title);
    free(boot->lines);
    free(boot->times);
    free(boot->devices);
    *boot = (struct boot_sequence){0};
}

/* --- a trace ---------------------------------------------------------------------------------------- */

struct reading {
    struct boot_sequence *boot;
    struct boot_tables *tables;
    struct sequence_access
        last; /* its strings are in the table of names; words: a transfer's, or "" */
    bool any; /* last is there */
    char transfer[TRANSFER_SIZE]; /* what it has moved, piece by piece */
};

static int keep_name(struct reading *r, const char **name, uint32_t *number)
{
    int error = line_table_add(r->tables->names, *name, strlen(*name), number);
    if (error == 0)
        *name = line_table_line(r->tables->names, *number);
    return error;
}

static int count_device(struct boot_sequence *boot, uint32_t device, uint64_t accesses, bool exit)
{
    if (device >= boot->device_room) {
        uint32_t room = device * 2 + 64;
        struct device_count *devices = realloc(boot->devices, room * sizeof devices[0]);
        if (devices == NULL)
            return -ENOMEM;
        memset(devices + boot->device_room, 0, (room - boot->device_room) * sizeof devices[0]);
        boot->devices = devices;
        boot->device_room = room;
    }
    boot->devices[device].accesses += accesses;
    boot->devices[device].exits += exit;
    return 0;
}

static uint64_t time_of(const json_t *event)
{
    double us = json_number_value(json_object_get(event, "ts"));
    return us >= 0 && us < 1e15 ? (uint64_t)(us * 1000 + 0.5) : 0;
}

/* Notes what access moves, if it is a transfer. True when it is more of that of the access before: then its words
 * and its count become those of all of it. */
static bool take_transfer(struct reading *r, struct sequence_access *access)
{
    if (r->any && sequence_is_transfer(&r->last, access) &&
        transfer_join(r->transfer, access->words)) {
        access->words = r->transfer;
        access->count += r->last.count;
        return true;
    }
    r->transfer[0] = '\0';
    if (transfer_is(access->words, access->is_write))
        strcpy(r->transfer, access->words);
    return false;
}

static int take_access(struct reading *r, const json_t *event, struct sequence_access *access)
{
    char line[SEQUENCE_LINE_SIZE];
    uint32_t number, device;
    /* What KVM collected has no mode of its own: that of the access before, as if it had been an exit. */
    if (access->mode[0] == '\0' && r->any)
        access->mode = r->last.mode;
    unsigned accesses = access->count;
    bool goes_on = take_transfer(r, access) || (r->any && sequence_is_poll(&r->last, access));
    sequence_line(access, line, sizeof line);
    access->words = r->transfer;
    int error = line_table_add(r->tables->lines, line, strlen(line), &number);
    error = error ? error : keep_name(r, &access->mode, &device);
    error = error ? error : keep_name(r, &access->reg, &device);
    error = error ? error : keep_name(r, &access->device, &device);
    bool is_exit = strcmp(json_string_value(json_object_get(event, "cat")), "exit") == 0;
    error = error ? error : count_device(r->boot, device, accesses, is_exit);
    if (error)
        return error;
    r->last = *access;
    r->any = true;
    if (!goes_on)
        return append(r->boot, number, time_of(event));
    r->boot->lines[r->boot->count - 1] = number;
    r->boot->times[r->boot->count - 1] = time_of(event);
    return 0;
}

static int keep_title(struct boot_sequence *boot, const json_t *totals)
{
    const char *title = json_string_value(json_object_get(totals, "title"));
    boot->title = strdup(title ? title : "");
    return boot->title ? 0 : -ENOMEM;
}

int boot_sequence_of_trace(struct boot_sequence *boot, struct boot_tables *tables, const char *path)
{
    struct reading reading = {.boot = boot, .tables = tables};
    struct json_trace *trace;
    const json_t *event;
    *boot = (struct boot_sequence){.path = path};
    int status = json_trace_open(&trace, path);
    if (status)
        return status;
    int more, error = 0;
    while (error == 0 && (more = json_trace_next(trace, &event)) > 0) {
        struct sequence_access access;
        if (json_trace_access(event, &access))
            error = take_access(&reading, event, &access);
    }
    if (error == 0 && more < 0)
        status = EXIT_STATUS_USAGE;
    else if (error == 0)
        error = keep_title(boot, json_trace_totals(trace));
    if (error == 0 && status == 0)
        status = json_trace_is_whole(trace, path);
    json_trace_close(trace);
    return error ? wrong_use(path, NULL, "%s", strerror(-error)) : status;
}

/* --- a golden file ---------------------------------------------------------------------------------- */

/* A last line without its newline is another line. */
#define UNFINISHED " (without a newline)"

static int take_line(struct boot_sequence *boot, struct boot_tables *tables, char *line,
                     size_t length)
{
    uint32_t number;
    int error;
    if (length > 0 && line[length - 1] == '\n') {
        error = line_table_add(tables->lines, line, length - 1, &number);
    } else {
        char *marked = malloc(length + sizeof UNFINISHED);
        if (marked == NULL)
            return -ENOMEM;
        memcpy(marked, line, length);
        memcpy(marked + length, UNFINISHED, sizeof UNFINISHED);
        error = line_table_add(tables->lines, marked, length + sizeof UNFINISHED - 1, &number);
        free(marked);
    }
    return error ? error : append(boot, number, 0);
}

int boot_sequence_of_golden(struct boot_sequence *boot, struct boot_tables *tables,
                            const char *path)
{
    *boot = (struct boot_sequence){.path = path};
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return wrong_use("--golden", path, "%s%s", strerror(errno),
                         errno == ENOENT ? " (--write makes it)" : "");
    char *line = NULL;
    size_t room = 0;
    int error = 0;
    errno = 0;
    for (ssize_t length; error == 0 && (length = getline(&line, &room, file)) >= 0; errno = 0)
        error = take_line(boot, tables, line, (size_t)length);
    if (error == 0 && !feof(file))
        error = errno ? -errno : -EIO;
    free(line);
    fclose(file);
    return error ? wrong_use("--golden", path, "%s", strerror(-error)) : 0;
}

void boot_sequence_write(const struct boot_sequence *boot, const struct boot_tables *tables,
                         FILE *out)
{
    for (size_t i = 0; i < boot->count; i++)
        fprintf(out, "%s\n", line_table_line(tables->lines, boot->lines[i]));
}
