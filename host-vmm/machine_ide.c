/* SPDX-License-Identifier: MIT */
/*
 * The machine's IDE function. PIO runs in the vCPU's thread, inside the exit that asked for it; a DMA command
 * is run by a worker of its channel while the vCPU goes on. What the controller does is in devices/ide*.c.
 */
#include "machine_ide.h"

#include "machine_workers.h"

#include <string.h>

#include "abi/machine.h"

/* A controller has one set of task files: there is never more than one request of a channel. */
#define WORKER_DEPTH 1

/* --- the workers ---------------------------------------------------------------------------------- */

static struct io_request *submit(void *device)
{
    return ide_dma_submit(device);
}

static void complete(void *device, struct io_request *request)
{
    ide_complete(device, request);
}

static const struct worker_ops worker_ops = {.submit = submit, .complete = complete};

/* The start bit came, in an exit: others do the rest. */
static void ring_worker(struct ide_channel *channel)
{
    struct machine *m = channel->ide->run_context;
    worker_ring(&m->ide_workers[channel - channel->ide->channels]);
}

static bool make_workers(struct machine *m)
{
    m->ide.run_dma = ring_worker;
    m->ide.run_context = m;
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        struct ide_channel *channel = &m->ide.channels[i];
        if (channel->drives[0].backend == NULL && channel->drives[1].backend == NULL)
            continue;
        if (worker_create(&m->ide_workers[i], "ata", &worker_ops, channel, NULL,
                          m->options->io_engine, WORKER_DEPTH) != 0 ||
            !machine_register_worker(m, &m->ide_workers[i]))
            return false;
    }
    return true;
}

void machine_destroy_ide(struct machine *m)
{
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        worker_destroy(&m->ide_workers[i]);
        edge_line_destroy(&m->ide_lines[i]);
    }
}

/* --- the function --------------------------------------------------------------------------------- */

bool machine_add_ide(struct machine *m, struct disks *disks)
{
    static const unsigned gsis[IDE_CHANNELS] = {IRQ_ATA_PRIMARY, IRQ_ATA_SECONDARY};
    struct irq_line irqs[IDE_CHANNELS];
    static const uint16_t bases[IDE_CHANNELS][2] = {
        {PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL},
        {PORT_ATA_SECONDARY, PORT_ATA_SECONDARY_CONTROL}};
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        if (edge_line_create(&m->ide_lines[i], &m->vm, gsis[i]) != 0 ||
            !machine_register_edge(m, "ata", &m->ide_lines[i]))
            return false;
        irqs[i] = edge_line_irq(&m->ide_lines[i]);
    }
    ide_init(&m->ide, irqs);
    for (unsigned i = 0; i < disks->ata_count; i++)
        ide_attach(&m->ide, 0, i, &disks->ata[i].backend);
    ide_add_bus_master(&m->ide, &m->memory);
    bool ok = make_workers(m) && pci_host_add(&m->pci, &m->ide.pci);
    for (unsigned i = 0; i < IDE_CHANNELS && ok; i++)
        ok = bus_add(&m->ports, &m->ide.channels[i].command_region, bases[i][0]) &&
             bus_add(&m->ports, &m->ide.channels[i].control_region, bases[i][1]);
    return ok;
}
