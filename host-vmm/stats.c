/* SPDX-License-Identifier: MIT */
/* Statistics of a run, read off the bus regions after it has ended. */
#include "stats.h"

#include "machine_trace.h"
#include "machine_virtio.h"
#include "machine_workers.h"
#include "report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Regions of one device have one name: their counters are added up. */
struct device_stats {
    const char *name;
    uint64_t exits, coalesced;
};

#define MAX_DEVICES (2 * BUS_MAX_REGIONS)

static const char *const kind_names[EXIT_KINDS] = {
    [EXIT_PIO_READ] = "pio_read",
    [EXIT_PIO_WRITE] = "pio_write",
    [EXIT_MMIO_READ] = "mmio_read",
    [EXIT_MMIO_WRITE] = "mmio_write",
};

static void add_region(struct device_stats *stats, unsigned *count, const struct bus_region *region)
{
    if (region->ops == NULL && region->exits == 0)
        return;
    unsigned i = 0;
    while (i < *count && strcmp(stats[i].name, region->name) != 0)
        i++;
    if (i == *count)
        stats[(*count)++] = (struct device_stats){.name = region->name};
    stats[i].exits += region->exits;
    stats[i].coalesced += region->coalesced;
}

/* BARs may not be decoded any more when the run ends: their regions are asked directly. */
static void add_bars(struct device_stats *stats, unsigned *count, const struct pci_host *pci)
{
    for (unsigned i = 0; i < pci->count; i++) {
        for (unsigned bar = 0; bar < PCI_BAR_COUNT; bar++) {
            const struct pci_bar_model *model = &pci->devices[i]->bars[bar];
            if (model->size != 0 && !model->decoded)
                add_region(stats, count, model->region);
        }
    }
}

static unsigned collect(const struct machine *m, struct device_stats *stats)
{
    unsigned count = 0;
    for (unsigned i = 0; i < m->ports.count; i++)
        add_region(stats, &count, m->ports.regions[i]);
    for (unsigned i = 0; i < m->mmio.count; i++)
        add_region(stats, &count, m->mmio.regions[i]);
    add_bars(stats, &count, &m->pci);
    if (m->unclaimed_exits + m->unclaimed_coalesced > 0)
        stats[count++] = (struct device_stats){
            .name = "unclaimed", .exits = m->unclaimed_exits, .coalesced = m->unclaimed_coalesced};
    return count;
}

/* What went on beside the exits. */
static void print_workers(const struct machine *m)
{
    uint64_t all = 0;
    fprintf(stderr, "%-16s %10s\n", "interrupts of", "raised");
    for (unsigned i = 0; i < m->interrupt_source_count; i++) {
        uint64_t raised = machine_interrupts_of(&m->interrupt_sources[i]);
        all += raised;
        if (raised > 0)
            fprintf(stderr, "%-16s %10" PRIu64 "\n", m->interrupt_sources[i].name, raised);
    }
    fprintf(stderr, "%-16s %10" PRIu64 "\n", "all", all);
    if (m->worker_count > 0)
        fprintf(stderr, "%-16s %10s %10s %10s  %s\n", "worker", "doorbells", "requests", "wakeups",
                "io");
    for (unsigned i = 0; i < m->worker_count; i++) {
        const struct worker *worker = m->workers[i];
        fprintf(stderr, "%-16s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "  %s\n", worker->name,
                worker->doorbells, worker->requests, worker->wakeups,
                io_queue_engine(worker->queue));
    }
}

/* What the short form does not say. */
static void stats_print(const struct machine *m)
{
    fprintf(stderr, "\n%-16s %10s %10s\n", "kind", "exits", "accesses");
    for (unsigned i = 0; i < EXIT_KINDS; i++)
        fprintf(stderr, "%-16s %10" PRIu64 " %10" PRIu64 "\n", kind_names[i], m->exits_by_kind[i],
                m->accesses_by_kind[i]);
    if (m->unclaimed_accesses > 0)
        fprintf(stderr, "%-16s %10" PRIu64 " %10" PRIu64 "\n", "unclaimed", m->unclaimed_exits,
                m->unclaimed_accesses);
    print_workers(m);
    fprintf(stderr, "%-16s %10.6f\n", "seconds", seconds_between(&m->started, &m->ended));
    if (m->serial.dropped > 0)
        fprintf(stderr, "%-16s %10" PRIu64 "\n", "serial dropped", m->serial.dropped);
}

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

/* doorbells: those that ended in the kernel, and those that came as an exit */
static json_t *worker_json(const struct worker *worker)
{
    json_t *object = json_object();
    json_object_set_new(object, "doorbells", integer(worker->doorbells));
    json_object_set_new(object, "requests", integer(worker->requests));
    json_object_set_new(object, "wakeups", integer(worker->wakeups));
    json_object_set_new(object, "io", json_string(io_queue_engine(worker->queue)));
    return object;
}

static json_t *feature_names(uint64_t features)
{
#define FEATURE_NAME(name, bit) {name, bit},
    static const struct {
        const char *name;
        unsigned bit;
    } names[] = {VIRTIO_BLK_FEATURE_NAMES(FEATURE_NAME)};
    json_t *array = json_array();
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (features >> names[i].bit & 1)
            json_array_append_new(array, json_string(names[i].name));
    return array;
}

/* What the driver and each disk agreed on, and how many requests came by which queue */
static json_t *virtio_json(const struct machine *m)
{
    json_t *disks = json_object();
    for (unsigned i = 0; i < m->virtio_blk_count; i++) {
        const struct machine_virtio_use *use = machine_virtio_use(m, i);
        json_t *disk = json_object(), *requests = json_array();
        json_object_set_new(disk, "features", feature_names(use->features));
        json_object_set_new(disk, "queues", integer(use->queues));
        json_object_set_new(disk, "ring_size", integer(use->ring_size));
        for (unsigned q = 0; q < use->queues && use->has_worker; q++)
            json_array_append_new(requests, integer(use->requests[q]));
        json_object_set_new(disk, "requests_by_queue", requests);
        json_object_set_new(disk, "flushes", integer(m->virtio_blk[i].backend->flushes));
        json_object_set_new(disks, use->name, disk);
    }
    return disks;
}

static json_t *to_json(const struct machine *m, int status)
{
    struct device_stats stats[MAX_DEVICES];
    unsigned count = collect(m, stats);
    json_t *by_device = json_object(), *coalesced = json_object(), *by_kind = json_object();
    for (unsigned i = 0; i < count; i++) {
        if (stats[i].exits > 0)
            json_object_set_new(by_device, stats[i].name, integer(stats[i].exits));
        if (stats[i].coalesced > 0)
            json_object_set_new(coalesced, stats[i].name, integer(stats[i].coalesced));
    }
    for (unsigned i = 0; i < EXIT_KINDS; i++)
        json_object_set_new(by_kind, kind_names[i], integer(m->exits_by_kind[i]));
    uint64_t interrupts = 0;
    json_t *by_source = json_object(), *workers = json_object();
    for (unsigned i = 0; i < m->interrupt_source_count; i++) {
        uint64_t raised = machine_interrupts_of(&m->interrupt_sources[i]);
        interrupts += raised;
        if (raised > 0)
            json_object_set_new(by_source, m->interrupt_sources[i].name, integer(raised));
    }
    for (unsigned i = 0; i < m->worker_count; i++)
        json_object_set_new(workers, m->workers[i]->name, worker_json(m->workers[i]));
    bool guest_spoke = atomic_load(&m->vcpu.stop) == STOP_GUEST;
    json_t *object = json_object();
    json_object_set_new(object, "seconds", json_real(seconds_between(&m->started, &m->ended)));
    json_object_set_new(object, "exits", integer(machine_exits(m)));
    json_object_set_new(object, "by_device", by_device);
    json_object_set_new(object, "by_kind", by_kind);
    json_object_set_new(object, "coalesced_by_device", coalesced);
    json_object_set_new(object, "interrupts", integer(interrupts));
    json_object_set_new(object, "interrupts_by_device", by_source);
    json_object_set_new(object, "workers", workers);
    json_object_set_new(object, "virtio", virtio_json(m));
    json_object_set_new(object, "refused_doorbells", integer(machine_virtio_refused_doorbells(m)));
    json_object_set_new(object, "unclaimed", integer(m->unclaimed_accesses));
    json_object_set_new(object, "odd", integer(m->odd_accesses));
    json_object_set_new(object, "rom_writes",
                        integer(m->rom_region.writes + m->shadow.ignored_writes));
    json_object_set_new(object, "serial_dropped", integer(m->serial.dropped));
    json_object_set_new(object, "debug_dropped", integer(m->debug_dropped));
    json_object_set_new(object, "chunk_ignored_doorbells", integer(m->chunk.ignored_doorbells));
    json_object_set_new(object, "guest_status",
                        guest_spoke ? integer(m->vcpu.stop_value) : json_null());
    json_object_set_new(object, "exit_status", json_integer(status));
    return object;
}

int stats_finish(struct machine *m, int status)
{
    int written = machine_trace_write(m, status);
    if (m->trace != NULL)
        machine_trace_print(m, stderr);
    if (m->options->stats)
        stats_print(m);
    if (m->stats_file < 0)
        return written;
    json_t *object = to_json(m, status);
    int failed = json_dumpfd(object, m->stats_file, JSON_INDENT(2));
    json_decref(object);
    if (failed)
        return host_failure("--stats-json %s: cannot write it", m->options->stats_json);
    return written;
}
