/* SPDX-License-Identifier: MIT */
/* Between the machine and its trace: hooks in, files out. What is recorded, and how it is said, is in trace/. */
#include "machine_trace.h"

#include "report.h"
#include "result_file.h"
#include "trace/event.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_OBSERVED (OPTIONS_MAX_ATA + OPTIONS_MAX_VIRTIO_BLK + 2)
#define OUTPUT_BUFFER (1u << 20)

/* One file of the machine's, while the vCPU's thread does its I/O. */
struct observed {
    struct machine_trace *trace;
    unsigned source;
    struct backend_observer observer;
};

struct machine_trace {
    struct machine *machine;
    struct trace *recorder;
    struct result_file files[OPTIONS_MAX_TRACES];
    unsigned file_count;
    struct symbols *symbols;
    struct observed observed[MAX_OBSERVED];
    unsigned observed_count;
    struct trace_thread *vcpu_thread, *main_thread;
    /* With the dispatch lock: the exit under way (kind is TRACE_KINDS where nothing has said yet what it is), and
     * when what is under way began: the exit, or the handing on of a collected write. */
    struct trace_record exit;
    uint64_t since;
    bool written;
    struct trace_totals totals; /* when it has been written, or nothing is kept */
};

/* --- making it ------------------------------------------------------------------------------------ */

/* Where the recording goes until the run is over: beside the first file, else where temporary files go. */
static const char *spool_directory(const struct machine_trace *t, char *room, size_t size)
{
    const char *fallback = getenv("TMPDIR");
    if (fallback == NULL || fallback[0] == '\0')
        fallback = "/tmp";
    for (unsigned i = 0; i < t->file_count; i++) {
        const char *path = t->files[i].path, *slash = strrchr(path, '/');
        if (t->files[i].temporary[0] == '\0')
            continue; /* no ordinary file, so who knows what is beside it */
        if (slash == NULL)
            return ".";
        int length = slash == path ? 1 : (int)(slash - path);
        if (snprintf(room, size, "%.*s", length, path) < (int)size)
            return room;
    }
    return fallback;
}

static int open_recorder(struct machine_trace *t)
{
    char room[PATH_MAX];
    const char *directory = t->file_count > 0 ? spool_directory(t, room, sizeof room) : NULL;
    int error = trace_create(&t->recorder, directory);
    if (error && directory != NULL)
        return host_failure("--trace: recording to a file in %s: %s", directory, strerror(-error));
    return error ? host_failure("out of memory") : 0;
}

/* The ELF file beside the image, where there is one; those that were named have to be there. */
static int open_symbols(struct machine_trace *t)
{
    const struct machine *m = t->machine;
    const struct machine_options *o = m->options;
    t->symbols = symbols_create();
    if (t->symbols == NULL)
        return host_failure("out of memory");
    char path[PATH_MAX + 8];
    if (o->kernel != NULL)
        (void)symbols_add(t->symbols, o->kernel);
    else if (snprintf(path, sizeof path, "%s.elf", m->rom.path) < (int)sizeof path)
        (void)symbols_add(t->symbols, path);
    for (unsigned i = 0; i < o->symbols_count; i++) {
        int error = symbols_add(t->symbols, o->symbols[i]);
        if (error)
            return wrong_use("--symbols", o->symbols[i], "%s",
                             error == -ENOEXEC ? "no ELF file of x86 with symbols"
                                               : strerror(-error));
    }
    return 0;
}

int machine_trace_create(struct machine *m, const struct disks *disks)
{
    const struct machine_options *o = m->options;
    if (o->trace_count == 0 && !o->stats)
        return 0;
    struct machine_trace *t = calloc(1, sizeof *t);
    if (t == NULL)
        return host_failure("out of memory");
    m->trace = t;
    t->machine = m;
    int status = 0;
    for (unsigned i = 0; i < o->trace_count && status == 0; i++) {
        t->files[i].fd = -1;
        status = outputs_check(m, disks, "--trace", o->traces[i].path);
        if (status == 0)
            status = result_file_open(&t->files[i], "--trace", o->traces[i].path);
        t->file_count++;
    }
    if (status == 0 && t->file_count > 0)
        status = open_symbols(t);
    if (status == 0)
        status = open_recorder(t);
    if (status)
        return status;
    m->vm.trace = t->recorder;
    t->vcpu_thread = trace_add_thread(t->recorder, "vcpu");
    t->main_thread = trace_add_thread(t->recorder, "main");
    return t->main_thread != NULL ? 0 : host_failure("out of memory");
}

void machine_trace_destroy(struct machine *m)
{
    struct machine_trace *t = m->trace;
    if (t == NULL)
        return;
    for (unsigned i = 0; i < t->file_count; i++)
        result_file_abandon(&t->files[i]);
    if (t->totals.profile != NULL)
        profile_destroy(t->totals.profile);
    symbols_destroy(t->symbols);
    trace_destroy(t->recorder);
    m->vm.trace = NULL;
    m->trace = NULL;
    free(t);
}

/* --- the machine's files, in the vCPU's thread ------------------------------------------------------ */

static void request_begins(void *context, struct io_request *request)
{
    const struct observed *o = context;
    struct machine_trace *t = o->trace;
    if (!trace_in_exit(t->recorder))
        return; /* a worker tells of its own */
    request->id = trace_new_id(t->recorder);
    request->taken = trace_now(t->recorder);
    trace_request(t->recorder, o->source, request, request->taken - t->since);
}

static void request_ends(void *context, struct io_request *request)
{
    const struct observed *o = context;
    struct machine_trace *t = o->trace;
    if (!trace_in_exit(t->recorder))
        return;
    t->exit.backend += trace_now(t->recorder) - request->taken;
    trace_request_end(t->recorder, o->source, request);
}

static void observe(struct machine_trace *t, const char *name, struct file_backend *file)
{
    struct observed *o = &t->observed[t->observed_count++];
    *o = (struct observed){.trace = t, .source = trace_name(t->recorder, name)};
    o->observer = (struct backend_observer){request_begins, request_ends, o};
    file->backend.observer = &o->observer;
    file->backend.trace_source = o->source;
}

/* --- what comes and goes ---------------------------------------------------------------------------- */

static void note_region(struct machine_trace *t, const struct bus *bus, struct bus_region *region,
                        bool present)
{
    if (region->trace_source == 0)
        region->trace_source = trace_name(t->recorder, region->name);
    const struct trace_record record = {.kind = TRACE_MAP,
                                        .time = trace_now(t->recorder),
                                        .source = (uint16_t)region->trace_source,
                                        .port = bus == &t->machine->ports,
                                        .address = region->base,
                                        .length = region->length,
                                        .value = present};
    trace_add(t->recorder, &record);
}

static void bus_changed(void *context, const struct bus *bus, struct bus_region *region,
                        bool present)
{
    note_region(context, bus, region, present);
}

static void watch_bus(struct machine_trace *t, struct bus *bus)
{
    bus->changed = bus_changed;
    bus->changed_context = t;
    for (unsigned i = 0; i < bus->count; i++)
        note_region(t, bus, bus->regions[i], true);
}

/* --- connecting it ---------------------------------------------------------------------------------- */

static void connect_workers(struct machine_trace *t)
{
    struct machine *m = t->machine;
    for (unsigned i = 0; i < m->worker_count; i++) {
        struct worker *worker = m->workers[i];
        worker->trace = t->recorder;
        worker->trace_source = trace_name(t->recorder, worker->name);
        worker->trace_thread = trace_add_thread(t->recorder, worker->name);
    }
    for (unsigned i = 0; i < m->interrupt_source_count; i++) {
        const struct interrupt_source *source = &m->interrupt_sources[i];
        *source->trace_source =
            (struct trace_source){t->recorder, trace_name(t->recorder, source->name)};
    }
}

static void connect_files(struct machine_trace *t, struct disks *disks)
{
    static const char *const drives[OPTIONS_MAX_ATA] = {"ata0", "ata1"};
    for (unsigned i = 0; i < disks->ata_count; i++)
        observe(t, drives[i], &disks->ata[i]);
    for (unsigned i = 0; i < disks->virtio_blk_count; i++)
        observe(t, t->machine->virtio_blk[i].name, &disks->virtio_blk[i]);
    if (disks->has_chunk_in)
        observe(t, "chunk", &disks->chunk_in);
    if (disks->has_chunk_out)
        observe(t, "chunk", &disks->chunk_out);
}

int machine_trace_connect(struct machine *m, struct disks *disks)
{
    struct machine_trace *t = m->trace;
    if (t == NULL)
        return 0;
    connect_workers(t);
    connect_files(t, disks);
    if (t->file_count > 0)
        vcpu_sync_registers(&m->vcpu);
    return 0;
}

void machine_trace_start(struct machine *m)
{
    struct machine_trace *t = m->trace;
    trace_bind(t->main_thread);
    trace_start(t->recorder);
    watch_bus(t, &m->ports);
    watch_bus(t, &m->mmio);
}

/* --- accesses --------------------------------------------------------------------------------------- */

void machine_trace_enter(struct machine *m)
{
    struct machine_trace *t = m->trace;
    trace_bind(t->vcpu_thread);
    t->exit = (struct trace_record){.kind = TRACE_KINDS};
    machine_trace_drain(m);
}

void machine_trace_exit(struct machine *m)
{
    m->trace->exit.time = m->trace->since;
}

void machine_trace_drain(struct machine *m)
{
    struct machine_trace *t = m->trace;
    t->since = trace_now(t->recorder);
    trace_exit_begin(t->recorder);
}

void machine_trace_drained(struct machine *m)
{
    trace_exit_end(m->trace->recorder, NULL);
}

static void fill_access(const struct machine_trace *t, struct trace_record *r, enum exit_kind kind,
                        uint64_t address, unsigned size, unsigned count, const void *data,
                        struct bus_region *region, enum bus_result result)
{
    size_t bytes = (size_t)size * count;
    if (region != NULL && region->trace_source == 0)
        region->trace_source = trace_name(t->recorder, region->name);
    r->access = (uint8_t)kind;
    r->address = address;
    r->offset = region != NULL ? address - region->base : 0;
    r->size = (uint8_t)size;
    r->count = count;
    r->result = (uint8_t)result;
    r->source = region != NULL ? (uint16_t)region->trace_source : 0;
    memcpy(r->data, data, bytes < TRACE_DATA_BYTES ? bytes : TRACE_DATA_BYTES);
}

void machine_trace_access(struct machine *m, enum exit_kind kind, uint64_t address, unsigned size,
                          unsigned count, const void *data, struct bus_region *region,
                          enum bus_result result)
{
    struct machine_trace *t = m->trace;
    t->exit.kind = TRACE_EXIT;
    if (t->file_count > 0)
        t->exit.mode = (uint8_t)vcpu_place(&m->vcpu, &t->exit.rip);
    fill_access(t, &t->exit, kind, address, size, count, data, region, result);
}

void machine_trace_other(struct machine *m, uint32_t reason)
{
    m->trace->exit.kind = TRACE_OTHER_EXIT;
    m->trace->exit.value = reason;
}

void machine_trace_leave(struct machine *m)
{
    struct machine_trace *t = m->trace;
    t->exit.duration = trace_now(t->recorder) - t->exit.time;
    trace_exit_end(t->recorder, t->exit.kind == TRACE_KINDS ? NULL : &t->exit);
}

void machine_trace_collected(struct machine *m, enum exit_kind kind, uint64_t address,
                             unsigned size, const void *data, struct bus_region *region,
                             enum bus_result result)
{
    struct machine_trace *t = m->trace;
    uint64_t now = trace_now(t->recorder);
    struct trace_record record = {.kind = TRACE_COALESCED,
                                  .time = t->since,
                                  .duration = now - t->since,
                                  .backend = t->exit.backend};
    fill_access(t, &record, kind, address, size, 1, data, region, result);
    /* What it ran belongs inside it, and what the next one runs inside that. */
    trace_exit_end(t->recorder, &record);
    trace_exit_begin(t->recorder);
    t->exit.backend = 0;
    t->since = now;
}

void machine_trace_reset(struct machine *m)
{
    struct machine_trace *t = m->trace;
    const struct trace_record record = {.kind = TRACE_RESET, .time = trace_now(t->recorder)};
    trace_add(t->recorder, &record);
}

/* --- afterwards ------------------------------------------------------------------------------------- */

static struct trace_writer *make_writer(enum trace_format format, FILE *out)
{
    switch (format) {
    case TRACE_FORMAT_JSON:
        return trace_json_writer(out);
    case TRACE_FORMAT_HTML:
        return trace_page_writer(out);
    default:
        return trace_text_writer(out);
    }
}

static int play(struct machine_trace *t, struct trace_writer *writer, int status)
{
    if (t->totals.profile != NULL)
        profile_destroy(t->totals.profile);
    t->totals = (struct trace_totals){.exit_status = status, .end = t->totals.end};
    return trace_play(t->recorder, t->symbols, t->machine->options->title, writer, &t->totals);
}

/* One of the files, whose name it gets only when it is complete. */
static int write_file(struct machine_trace *t, unsigned i, int status)
{
    struct result_file *file = &t->files[i];
    int fd = dup(file->fd);
    /* A pipe was opened so that nobody waits for its reader; its reader may take its time now. */
    (void)fcntl(file->fd, F_SETFL, 0);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    struct trace_writer *writer =
        out == NULL ? NULL : make_writer(t->machine->options->traces[i].format, out);
    if (writer == NULL) {
        if (out != NULL)
            fclose(out);
        return host_failure("--trace %s: out of memory or files", file->path);
    }
    (void)setvbuf(out, NULL, _IOFBF, OUTPUT_BUFFER);
    errno =
        0; /* nothing clears it: what is there afterwards is what a write that failed has left */
    int error = play(t, writer, status);
    bool failed = fflush(out) != 0 || ferror(out);
    int why = errno;
    free(writer);
    failed |= fclose(out) != 0;
    if (error || failed)
        return host_failure("--trace %s: %s", file->path,
                            error ? strerror(-error)
                            : why ? strerror(why)
                                  : "cannot write it");
    return result_file_keep(file);
}

int machine_trace_write(struct machine *m, int status)
{
    struct machine_trace *t = m->trace;
    if (t == NULL || t->written)
        return 0;
    t->written = true;
    t->totals.end = (uint64_t)(seconds_between(&m->started, &m->ended) * 1e9);
    int failed = 0;
    for (unsigned i = 0; i < t->file_count; i++) {
        int one = write_file(t, i, status);
        failed = failed ? failed : one;
    }
    return failed;
}

bool machine_trace_may_block(const struct machine *m)
{
    if (m->trace == NULL)
        return false;
    for (unsigned i = 0; i < m->trace->file_count; i++)
        if (m->trace->files[i].temporary[0] == '\0')
            return true;
    return false;
}

void machine_trace_print(struct machine *m, bool whole)
{
    struct machine_trace *t = m->trace;
    struct profile *profile = t->file_count > 0 ? t->totals.profile : trace_profile(t->recorder);
    if (profile == NULL)
        return;
    uint64_t run = (uint64_t)(seconds_between(&m->started, &m->ended) * 1e9);
    if (whole)
        profile_print(profile, run, stderr);
    else
        profile_print_rest(profile, run, stderr);
}
