/* SPDX-License-Identifier: MIT */
/* A machine made of a setting, run in a child, and watched. */
#include "boot.h"

#include "child.h"
#include "deadline.h"

#include "../machine_testdev.h"
#include "../machine_trace.h"
#include "../options_internal.h"
#include "../report.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TRACE_SECONDS 120.0 /* that the writing of a trace may take */

/* --- in the child -------------------------------------------------------------------------------- */

struct session {
    const struct setting *setting;
    struct lines *lines;
    double baseline;
};

/* The first result is what measuring costs; the others have names, or belong to the setting's one line. */
static void take(void *context, const struct testdev_measurement *m)
{
    struct session *s = context;
    if (m->result->name[0] == '\0') {
        s->baseline = samples_median(m->samples, m->result->sample_count);
        return;
    }
    const char *name = s->setting->line != NULL ? s->setting->line : m->result->name;
    struct line *line = lines_find(s->lines, name);
    if (line == NULL)
        line = lines_add(s->lines, name, s->setting->group, s->setting->code);
    if (line != NULL)
        line_take(line, m, s->baseline, s->lines->tsc_khz);
}

/* The option's value as somebody would have typed it. */
static int add_device(const struct boot_plan *plan, const struct setting *s, struct options *o)
{
    static char value[2 * PATH_MAX + 256];
    const char *comma = s->keys != NULL ? "," : "", *keys = s->keys != NULL ? s->keys : "";
    switch (s->device) {
    case ON_ATA:
        snprintf(value, sizeof value, "%s%s%s", plan->source, comma, keys);
        return parse_ata(o, "--ata", value);
    case ON_CHUNK:
        snprintf(value, sizeof value, "in=%s,out=%s%s%s", plan->source, plan->destination, comma,
                 keys);
        return parse_chunk(o, "--chunk", value);
    case ON_VIRTIO_BLK:
        snprintf(value, sizeof value, "%s%s%s", plan->source, comma, keys);
        return parse_virtio_blk(o, "--virtio-blk", value);
    case ON_DIRECT_MEMORY:
        o->machine.direct_memory = plan->source;
        break;
    case NO_DEVICE:
        break;
    }
    return 0;
}

/* "prices.json" becomes "prices-03-chunk-ring.json": each setting is a boot, and a trace, of its own. */
static void name_trace(const char *path, const struct setting *s, char *name, size_t size)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t stem =
        dot != NULL && (slash == NULL || dot > slash) ? (size_t)(dot - path) : strlen(path);
    int length = snprintf(name, size, "%.*s-%02u-", (int)stem, path, (unsigned)(s - settings));
    if ((size_t)length >= size)
        return;
    for (const char *c = s->line != NULL ? s->line : s->bench; *c != '\0' && (size_t)length < size;
         c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        if (plain || name[length - 1] != '-')
            name[length++] = plain ? *c : '-';
    }
    if ((size_t)length < size)
        snprintf(name + length, size - (size_t)length, "%s", path + stem);
}

static void add_traces(const struct boot_plan *plan, const struct setting *s,
                       struct machine_options *m)
{
    static char names[OPTIONS_MAX_TRACES][PATH_MAX], title[512];
    const struct machine_options *wanted = plan->traced;
    if (wanted->trace_count == 0)
        return;
    for (unsigned i = 0; i < wanted->trace_count; i++) {
        name_trace(wanted->traces[i].path, s, names[i], sizeof names[i]);
        m->traces[i] = (struct trace_option){names[i], wanted->traces[i].format};
    }
    snprintf(title, sizeof title, "%s [%s]", wanted->title, s->line != NULL ? s->line : s->bench);
    m->title = title;
    m->trace_count = wanted->trace_count;
    m->symbols_count = wanted->symbols_count;
    memcpy(m->symbols, wanted->symbols, sizeof m->symbols);
}

/* Traced runs end with it. */
static void print_short_form(const struct boot_plan *plan, struct machine *m)
{
    int fd = dup(plan->errors);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (out == NULL)
        return;
    fprintf(out, "\n%s\n", m->options->title);
    machine_trace_print(m, out);
    fclose(out);
}

static int run_machine(const struct boot_plan *plan, const struct setting *setting, double timeout,
                       struct lines *lines)
{
    static struct options options;
    static struct disks disks;
    static struct machine machine;
    static char command_line[COMMAND_LINE_MAX + 1];
    snprintf(command_line, sizeof command_line, "bench=%s bench-ms=%u %s", setting->bench,
             plan->milliseconds, setting->words != NULL ? setting->words : "");
    options.machine = (struct machine_options){
        .kernel = plan->kernel,
        .memory = MEMORY_DEFAULT,
        .command_line = command_line,
        .timeout = timeout,
        .testdev = true,
        .io_engine = plan->io_engine,
        .hypercalls = setting->hypercalls ? plan->probe->answering : 0,
        .virtio_transport = setting->mmio ? VIRTIO_TRANSPORT_MMIO : VIRTIO_TRANSPORT_PCI};
    add_traces(plan, setting, &options.machine);
    int status = add_device(plan, setting, &options);
    if (status == 0)
        status = disks_open(&disks, &options.machine);
    if (status == 0)
        status = machine_create(&machine, &options.machine, &disks);
    if (status)
        return status;
    struct session session = {.setting = setting, .lines = lines};
    machine_listen_testdev(&machine, take, &session);
    status = machine_run(&machine, NULL, NULL);
    int written = machine_trace_write(&machine, status);
    if (machine.trace != NULL)
        print_short_form(plan, &machine);
    return status ? status : written;
}

struct job {
    const struct boot_plan *plan;
    double timeout;
    const struct setting *setting;
    struct lines *lines;
};

/* What the machine holds the kernel takes back with the process. */
static int work(void *context)
{
    const struct job *job = context;
    return run_machine(job->plan, job->setting, job->timeout, job->lines);
}

/* --- in the parent ------------------------------------------------------------------------------- */

static struct line *line_of(const struct setting *s, struct lines *lines, unsigned n)
{
    if (s->line != NULL)
        return n == 0 ? lines_find(lines, s->line) : NULL;
    return s->lines[n] != NULL ? lines_find(lines, s->lines[n]) : NULL;
}

/* Why lines of this setting have nothing to show, if they do not. */
static void explain(const struct setting *s, struct lines *lines, bool failed, const char *why)
{
    struct line *line;
    for (unsigned n = 0; (line = line_of(s, lines, n)) != NULL; n++) {
        bool nothing = line->state == LINE_NOT_RUN;
        if (nothing && !failed && line->cut != NULL)
            line_say(line, LINE_NOT_MEASURED, "%s", line->cut);
        else if (nothing || (failed && s->line != NULL))
            line_say(line, LINE_FAILED, "%s", why);
    }
}

/* The setting's work was ended before it was done. */
static void cut(const struct setting *s, struct lines *lines, const char *why)
{
    struct line *line;
    bool many = s->device == ON_VIRTIO_BLK ||
                (s->device == ON_CHUNK && strncmp(s->keys, "mode=ring", 9) == 0);
    for (unsigned n = 0; (line = line_of(s, lines, n)) != NULL; n++)
        line_cut(line, why, s->line == NULL ? 0 : many ? DEPTHS : ONE + 1);
}

static void explain_hypercalls(const struct hypercall_probe *probe, struct lines *lines)
{
    for (unsigned i = 0; i < HYPERCALLS; i++) {
        char name[LINE_NAME_SIZE];
        snprintf(name, sizeof name, "hypercall %s", probe->hypercalls[i].name);
        struct line *line = lines_find(lines, name);
        if (line != NULL && probe->hypercalls[i].why_not[0] != '\0')
            line_say(line, LINE_NOT_HERE, "%s", probe->hypercalls[i].why_not);
    }
}

int boot_setting(const struct boot_plan *plan, const struct setting *setting, double deadline,
                 struct lines *lines)
{
    if (setting->hypercalls) {
        explain_hypercalls(plan->probe, lines);
        if (plan->probe->answering == 0)
            return 0;
    }
    struct job job = {.plan = plan, .timeout = plan->timeout, .setting = setting, .lines = lines};
    double patience = 0;
    if (plan->traced->trace_count > 0) {
        /* It ends by itself, so that what was recorded until then is written. */
        double left = deadline - deadline_now();
        job.timeout = left < plan->timeout ? left : plan->timeout;
        patience = TRACE_SECONDS;
    }
    char why[LINE_NOTE_SIZE];
    int status, number = child_run(work, &job, deadline + patience, &status, why, sizeof why);
    if (status == EXIT_STATUS_TIMEOUT && patience > 0)
        status = CHILD_LATE;
    if (status != 0 && why[0] == '\0')
        snprintf(why, sizeof why, "its process ended with status %d", status);
    if (status == 0)
        snprintf(why, sizeof why, "the firmware told nothing of it");
    if (number != 0 || status == CHILD_LATE)
        cut(setting, lines, number != 0 ? INTERRUPTED : OUT_OF_TIME);
    else
        explain(setting, lines, status != 0, why);
    return number;
}
