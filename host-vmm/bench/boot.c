/* SPDX-License-Identifier: MIT */
/* A machine made of a setting, run in a child, and watched. */
#include "boot.h"

#include "child.h"
#include "deadline.h"

#include "../machine_testdev.h"
#include "../options_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

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

static int run_machine(const struct boot_plan *plan, const struct setting *setting,
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
        .timeout = plan->timeout,
        .testdev = true,
        .io_engine = plan->io_engine,
        .hypercalls = setting->hypercalls ? plan->probe->answering : 0,
        .virtio_transport = setting->mmio ? VIRTIO_TRANSPORT_MMIO : VIRTIO_TRANSPORT_PCI};
    int status = add_device(plan, setting, &options);
    if (status == 0)
        status = disks_open(&disks, &options.machine);
    if (status == 0)
        status = machine_create(&machine, &options.machine, &disks);
    if (status)
        return status;
    struct session session = {.setting = setting, .lines = lines};
    machine_listen_testdev(&machine, take, &session);
    return machine_run(&machine, NULL, NULL);
}

struct job {
    const struct boot_plan *plan;
    const struct setting *setting;
    struct lines *lines;
};

/* What the machine holds the kernel takes back with the process. */
static int work(void *context)
{
    const struct job *job = context;
    return run_machine(job->plan, job->setting, job->lines);
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
    struct job job = {.plan = plan, .setting = setting, .lines = lines};
    char why[LINE_NOTE_SIZE];
    int status, number = child_run(work, &job, deadline, &status, why, sizeof why);
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
