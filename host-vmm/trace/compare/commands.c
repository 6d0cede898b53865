/* SPDX-License-Identifier: MIT */
/* The three subcommands of `trapline trace`, on what json_read.c and boot_sequence.c have read. */
#include "commands.h"

#include "../../report.h"
#include "../../result_file.h"
#include "../../same_file.h"
#include "boot_sequence.h"
#include "diff_print.h"
#include "../json/json_read.h"
#include "../profile.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define CHECK_CHANGES 20 /* differences that check shows */

/* --- summary ---------------------------------------------------------------------------------------- */

/* Microseconds of a number, as ns */
static uint64_t ns_of(const json_t *object, const char *key)
{
    double us = json_number_value(json_object_get(object, key));
    return us >= 0 && us < 1e15 ? (uint64_t)(us * 1000 + 0.5) : 0;
}

static void summarize_event(struct profile *profile, const json_t *event)
{
    struct sequence_access access;
    const char *category = json_string_value(json_object_get(event, "cat"));
    const json_t *args = json_object_get(event, "args");
    if (category == NULL)
        return;
    bool is_exit = strcmp(category, "exit") == 0;
    if (json_trace_access(event, &access)) {
        profile_access(profile, profile_device(access.device, access.words), access.reg,
                       access.is_write, is_exit, access.count, ns_of(event, "dur"));
        profile_backend(profile, ns_of(args, "backend_us"));
    } else if (is_exit) {
        profile_other_exit(profile, ns_of(event, "dur"));
    } else if (strcmp(category, "request") == 0 && json_object_get(args, "worker_us") != NULL) {
        profile_request(profile, ns_of(args, "worker_us"));
    }
}

static void print_totals(const json_t *totals)
{
    const char *title = json_string_value(json_object_get(totals, "title"));
    for (const char *c = title ? title : ""; *c != '\0'; c++)
        putchar((unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c);
    printf("\nend %.6f s, exit status %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT
           " exits, %" JSON_INTEGER_FORMAT " records, %" JSON_INTEGER_FORMAT " lost\n\n",
           json_number_value(json_object_get(totals, "end_us")) / 1e6,
           json_integer_value(json_object_get(totals, "exit_status")),
           json_integer_value(json_object_get(totals, "exits")),
           json_integer_value(json_object_get(totals, "records")),
           json_integer_value(json_object_get(totals, "lost")));
}

static int summarize(struct json_trace *trace, const char *path)
{
    struct profile *profile = profile_create();
    const json_t *event;
    int more;
    if (profile == NULL)
        return wrong_use(path, NULL, "%s", strerror(ENOMEM));
    while ((more = json_trace_next(trace, &event)) > 0)
        summarize_event(profile, event);
    if (more == 0) {
        const json_t *totals = json_trace_totals(trace);
        print_totals(totals);
        profile_print(profile, ns_of(totals, "end_us"), stdout);
    }
    profile_destroy(profile);
    return more == 0 ? json_trace_is_whole(trace, path) : EXIT_STATUS_USAGE;
}

static int summary(const struct trace_command_options *o)
{
    struct json_trace *trace;
    int status = json_trace_open(&trace, o->files[0]);
    if (status == 0)
        status = summarize(trace, o->files[0]);
    json_trace_close(trace);
    return status;
}

/* --- diff and check --------------------------------------------------------------------------------- */

static int diff(const struct trace_command_options *o, struct boot_tables *tables)
{
    struct boot_sequence a, b = {0};
    int status = boot_sequence_of_trace(&a, tables, o->files[0]);
    if (status == 0)
        status = boot_sequence_of_trace(&b, tables, o->files[1]);
    if (status == 0)
        status = diff_print(&a, &b, tables, DIFF_PRINT_ALL, true, stdout);
    boot_sequence_free(&a);
    boot_sequence_free(&b);
    return status;
}

static int write_golden(const struct boot_sequence *boot, const struct boot_tables *tables,
                        const char *path)
{
    struct result_file file;
    int status = result_file_open(&file, "--golden", path);
    if (status)
        return status;
    int copy = dup(file.fd); /* the result file keeps its own */
    FILE *out = copy < 0 ? NULL : fdopen(copy, "w");
    bool failed = out == NULL;
    if (!failed) {
        boot_sequence_write(boot, tables, out);
        failed = ferror(out) != 0;
        failed |= fclose(out) != 0;
    } else if (copy >= 0) {
        close(copy);
    }
    if (failed)
        wrong_use("--golden", path, "%s", strerror(errno));
    else if (result_file_keep(&file) == 0)
        return 0;
    result_file_abandon(&file);
    return EXIT_STATUS_USAGE;
}

static int check(const struct trace_command_options *o, struct boot_tables *tables)
{
    struct boot_sequence golden = {0}, boot;
    int status = boot_sequence_of_trace(&boot, tables, o->files[0]);
    if (status == 0 && o->write) {
        status = write_golden(&boot, tables, o->golden);
        if (status == 0)
            printf("written: %zu lines\n", boot.count);
    } else if (status == 0) {
        status = boot_sequence_of_golden(&golden, tables, o->golden);
        if (status == 0)
            status = diff_print(&golden, &boot, tables, CHECK_CHANGES, false, stdout);
    }
    boot_sequence_free(&golden);
    boot_sequence_free(&boot);
    return status;
}

static int compare(const struct trace_command_options *o)
{
    struct boot_tables tables;
    if (!boot_tables_create(&tables))
        return wrong_use(o->files[0], NULL, "%s", strerror(ENOMEM));
    int status = o->action == TRACE_ACTION_DIFF ? diff(o, &tables) : check(o, &tables);
    boot_tables_destroy(&tables);
    return status;
}

static bool is_one_file(const char *left, const char *right)
{
    struct stat a, b;
    return stat(left, &a) == 0 && stat(right, &b) == 0 && same_file(&a, &b);
}

int trace_command(const struct options *options)
{
    const struct trace_command_options *o = &options->trace;
    int status;
    if (o->action == TRACE_ACTION_CHECK && o->write && is_one_file(o->files[0], o->golden))
        return wrong_use("--golden", o->golden, "the same file as %s", o->files[0]);
    status = o->action == TRACE_ACTION_SUMMARY ? summary(o) : compare(o);
    /* What nobody could read is no answer, and 1 would be one. */
    if (fflush(stdout) != 0 || ferror(stdout))
        return wrong_use("standard output", NULL, "%s", strerror(errno));
    return status;
}
