/* SPDX-License-Identifier: MIT */
/* Recording: what is asked of the machine's parts, and what their accesses become. What is recorded, and how it is
 * said, is in trace/; the files are in machine_trace_files.c. */
#include "machine_trace_internal.h"

#include "report.h"

#include <stdlib.h>
#include <string.h>

/* --- making it ------------------------------------------------------------------------------------ */

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
    int status = machine_trace_open_files(t, disks);
    if (status == 0 && t->file_count > 0)
        status = machine_trace_open_symbols(t);
    if (status == 0)
        status = machine_trace_open_recorder(t);
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

/* What nobody of this program answers for has no ops: who it is tells its name. */
static enum trace_region kind_of(const struct bus_region *region)
{
    static const struct {
        const char *name;
        enum trace_region kind;
    } kinds[] = {{"ram", TRACE_REGION_MEMORY},    {"rom", TRACE_REGION_MEMORY},
                 {"shadow", TRACE_REGION_MEMORY}, {"direct-memory", TRACE_REGION_MEMORY},
                 {"ecam", TRACE_REGION_DEVICE},   {"ioapic", TRACE_REGION_KERNEL},
                 {"lapic", TRACE_REGION_KERNEL}};
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(region->name, kinds[i].name) == 0)
            return kinds[i].kind;
    return region->ops != NULL ? TRACE_REGION_DEVICE : TRACE_REGION_RESERVED;
}

/* Which BAR it is, if it is one. */
static void fill_bar(const struct pci_host *pci, const struct bus_region *region,
                     struct trace_record *record)
{
    for (unsigned i = 0; i < pci->count; i++) {
        const struct pci_device *d = pci->devices[i];
        for (unsigned bar = 0; bar < PCI_BAR_COUNT; bar++) {
            if (d->bars[bar].size == 0 || d->bars[bar].region != region)
                continue;
            record->count = bar + 1;
            record->offset = TRACE_FUNCTION(d->device, d->function);
        }
    }
}

/* Its name's number, found once. */
static uint16_t source_of(const struct machine_trace *t, struct bus_region *region)
{
    if (region->trace_source == 0)
        region->trace_source = trace_name(t->recorder, region->name);
    return (uint16_t)region->trace_source;
}

static void note_region(struct machine_trace *t, const struct bus *bus, struct bus_region *region,
                        bool present)
{
    struct trace_record record = {.kind = TRACE_MAP,
                                  .time = trace_now(t->recorder),
                                  .source = source_of(t, region),
                                  .port = bus == &t->machine->ports,
                                  .op = kind_of(region),
                                  .address = region->base,
                                  .length = region->length,
                                  .value = present};
    fill_bar(&t->machine->pci, region, &record);
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

void machine_trace_connect(struct machine *m, struct disks *disks)
{
    struct machine_trace *t = m->trace;
    connect_workers(t);
    connect_files(t, disks);
    if (t->file_count > 0)
        vcpu_sync_registers(&m->vcpu);
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
    t->exit.backend = 0;
    trace_exit_begin(t->recorder);
}

void machine_trace_drained(struct machine *m)
{
    trace_exit_end(m->trace->recorder, NULL);
}

static void fill_access(struct trace_record *r, enum exit_kind kind, uint64_t address,
                        unsigned size, unsigned count)
{
    r->access = (uint8_t)kind;
    r->address = address;
    r->size = (uint8_t)size;
    r->count = count;
}

static void fill_answer(const struct machine_trace *t, struct trace_record *r, const void *data,
                        struct bus_region *region, enum bus_result result)
{
    size_t bytes = (size_t)r->size * r->count;
    r->result = (uint8_t)result;
    memcpy(r->data, data, bytes < TRACE_DATA_BYTES ? bytes : TRACE_DATA_BYTES);
    if (region == NULL)
        return;
    r->source = source_of(t, region);
    r->offset = r->address - region->base;
}

void machine_trace_begin(struct machine *m, enum exit_kind kind, uint64_t address, unsigned size,
                         unsigned count)
{
    struct machine_trace *t = m->trace;
    t->exit.kind = TRACE_EXIT;
    if (t->file_count > 0)
        t->exit.mode = (uint8_t)vcpu_place(&m->vcpu, &t->exit.rip);
    fill_access(&t->exit, kind, address, size, count);
}

void machine_trace_end(struct machine *m, const void *data, struct bus_region *region,
                       enum bus_result result)
{
    fill_answer(m->trace, &m->trace->exit, data, region, result);
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
    fill_access(&record, kind, address, size, 1);
    fill_answer(t, &record, data, region, result);
    /* What it ran belongs inside it, and what the next one runs inside that. */
    trace_exit_end(t->recorder, &record);
    trace_exit_begin(t->recorder);
    t->exit.backend = 0;
    t->since = now;
}

void machine_trace_reset_begin(struct machine *m)
{
    m->trace->reset_since = trace_now(m->trace->recorder);
    trace_exit_begin(m->trace->recorder);
}

void machine_trace_reset_end(struct machine *m)
{
    struct machine_trace *t = m->trace;
    const struct trace_record record = {.kind = TRACE_RESET,
                                        .time = t->reset_since,
                                        .duration = trace_now(t->recorder) - t->reset_since};
    trace_exit_end(t->recorder, &record);
}
