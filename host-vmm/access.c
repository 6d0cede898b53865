/* SPDX-License-Identifier: MIT */
/* Every access of the guest passes here: counted, dispatched on a bus, and judged when nobody answers. */
#include "access.h"

#include "machine_testdev.h"
#include "machine_trace.h"
#include "machine_virtio.h"
#include "machine_workers.h"
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "abi/machine.h"

#define RESET_SETTLE_MS 30000 /* as long as a disk may take: the guest is in no hurry */

/* Ports that any PC firmware may try although this machine has nothing there: other UARTs, printers,
 * the floppy controller, DMA, VGA, the ELCR, Bochs' debug ports. */
static bool is_probe_port(uint64_t port)
{
    static const struct {
        uint16_t first, last;
    } probes[] = {{0x00, 0x1f},   {0x80, 0x8f},   {0xc0, 0xdf},   {0xe9, 0xed},   {0xf0, 0xf1},
                  {0x1ce, 0x1d0}, {0x278, 0x27f}, {0x2e8, 0x2ef}, {0x2f8, 0x2ff}, {0x378, 0x37f},
                  {0x3b0, 0x3df}, {0x3e8, 0x3ef}, {0x3f0, 0x3f5}, {0x3f7, 0x3f7}, {0x4d0, 0x4d1},
                  {0x500, 0x50f}, {0x600, 0x63f}, {0x700, 0x70f}, {0xb2, 0xb3}};
    for (unsigned i = 0; i < sizeof probes / sizeof probes[0]; i++)
        if (port >= probes[i].first && port <= probes[i].last)
            return true;
    return false;
}

/* --strict: an access that no device answers ends the run, unless it is a driver looking: at a BAR
 * that is not decoded, or at the usual places of absent devices. */
static void judge(struct machine *m, enum exit_kind kind, uint64_t address, unsigned size,
                  enum bus_result result)
{
    if (result == BUS_ODD)
        m->odd_accesses++;
    else
        m->unclaimed_accesses++;
    if (!m->options->strict)
        return;
    if (result == BUS_UNCLAIMED && (pci_host_undecoded(&m->pci, exit_is_port(kind), address) ||
                                    (exit_is_port(kind) && is_probe_port(address))))
        return;
    if (vcpu_stop(&m->vcpu, STOP_STRICT, address))
        report("--strict: %u-byte %s at %s 0x%llx: %s", size,
               exit_is_write(kind) ? "write" : "read", exit_is_port(kind) ? "port" : "address",
               (unsigned long long)address,
               result == BUS_ODD ? "no register of that width there" : "no device there");
}

/* One element. data is where KVM has or wants its bytes; *region, whose it was. */
static enum bus_result dispatch_one(struct machine *m, enum exit_kind kind, uint64_t address,
                                    unsigned size, void *data, struct bus_region **region)
{
    uint64_t value = 0;
    if (exit_is_write(kind))
        memcpy(&value, data, size);
    enum bus_result result = bus_access(exit_is_port(kind) ? &m->ports : &m->mmio, address, size,
                                        exit_is_write(kind), &value, region);
    if (result != BUS_OK)
        judge(m, kind, address, size, result);
    if (!exit_is_write(kind))
        memcpy(data, &value, size);
    return result;
}

static void access_exit(void *context, enum exit_kind kind, uint64_t address, unsigned size,
                        unsigned count, void *data)
{
    struct machine *m = context;
    m->exits_by_kind[kind]++;
    m->accesses_by_kind[kind] += count;
    struct bus_region *region = NULL;
    enum bus_result result = BUS_UNCLAIMED;
    if (m->trace != NULL)
        machine_trace_begin(m, kind, address, size, count);
    /* A string instruction stays on its port; only the data moves on. */
    for (unsigned i = 0; i < count; i++)
        result = dispatch_one(m, kind, address, size, (uint8_t *)data + (size_t)i * size, &region);
    if (m->trace != NULL)
        machine_trace_end(m, data, region, result);
    if (region != NULL)
        region->exits++;
    else
        m->unclaimed_exits++;
}

static void dispatch_coalesced(void *context, bool port, uint64_t address, unsigned size,
                               const void *data)
{
    struct machine *m = context;
    uint64_t bytes = 0;
    if (size > sizeof bytes)
        return;
    memcpy(&bytes, data, size);
    m->coalesced_writes++;
    enum exit_kind kind = port ? EXIT_PIO_WRITE : EXIT_MMIO_WRITE;
    struct bus_region *region = NULL;
    enum bus_result result = dispatch_one(m, kind, address, size, &bytes, &region);
    if (m->trace != NULL)
        machine_trace_collected(m, kind, address, size, &bytes, region, result);
    if (region != NULL)
        region->coalesced++;
    else
        m->unclaimed_coalesced++;
}

/* Before the exit is looked at: what KVM collected is older than the exit. */
static void access_enter(void *context)
{
    struct machine *m = context;
    pthread_mutex_lock(&m->dispatch);
    if (m->trace != NULL)
        machine_trace_enter(m);
    vm_coalesced_drain(&m->vm, dispatch_coalesced, m);
    if (m->trace != NULL)
        machine_trace_exit(m);
}

static void access_other(void *context, uint32_t reason)
{
    struct machine *m = context;
    if (m->trace != NULL)
        machine_trace_other(m, reason);
}

static void access_leave(void *context)
{
    struct machine *m = context;
    if (m->trace != NULL)
        machine_trace_leave(m);
    pthread_mutex_unlock(&m->dispatch);
}

/* Outside an exit; the caller holds the dispatch lock. */
static void drain(struct machine *m)
{
    if (m->trace != NULL)
        machine_trace_drain(m);
    vm_coalesced_drain(&m->vm, dispatch_coalesced, m);
    if (m->trace != NULL)
        machine_trace_drained(m);
}

void access_drain_soon(struct machine *m)
{
    if (vm_coalesced_pending(&m->vm))
        vcpu_kick(&m->vcpu);
}

void access_drain_now(struct machine *m)
{
    pthread_mutex_lock(&m->dispatch);
    drain(m);
    pthread_mutex_unlock(&m->dispatch);
}

static void access_reset(void *context)
{
    struct machine *m = context;
    pthread_mutex_lock(&m->dispatch);
    drain(m);
    if (m->trace != NULL)
        machine_trace_reset_begin(m);
    pci_host_reset(&m->pci);
    piix3_reset(&m->piix3);
    uart_model_reset(&m->uart);
    ide_reset(&m->ide);
    fw_cfg_reset(&m->fw_cfg);
    legacy_reset(&m->legacy);
    machine_reset_chunk(m);
    machine_reset_virtio(m);
    machine_reset_testdev(m);
    pthread_mutex_unlock(&m->dispatch);
    /* What was in flight may still write to guest memory: a reset is over when none does. */
    if (!machine_settle_workers(m, RESET_SETTLE_MS)) {
        host_failure("reset: a request to a file does not end");
        vcpu_stop(&m->vcpu, STOP_HOST, 0);
    }
    /* With no ROM to start from again, the kernel is put in place again. */
    if (m->kernel.path != NULL && kernel_load(&m->kernel, &m->memory) != 0)
        vcpu_stop(&m->vcpu, STOP_HOST, 0);
    if (m->trace != NULL)
        machine_trace_reset_end(m);
    atomic_store(&m->vcpu.reset_wanted, false);
}

static void access_stopped(void *context)
{
    struct machine *m = context;
    uint64_t one = 1;
    if (write(m->stop_event, &one, sizeof one) != sizeof one)
        report("eventfd: the vCPU's end could not be told");
}

const struct vcpu_ops access_vcpu_ops = {.access = access_exit,
                                         .other = access_other,
                                         .enter = access_enter,
                                         .leave = access_leave,
                                         .reset = access_reset,
                                         .stopped = access_stopped};
