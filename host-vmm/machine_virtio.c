/* SPDX-License-Identifier: MIT */
/*
 * The machine's virtio devices: which slot or window each has, and what wires it to the VM. What the wires
 * are is in vm.c, interrupts.c and worker.c; what a device does, in virtio/.
 */
#include "machine_virtio.h"

#include "machine_workers.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/machine.h"

/* What is between one disk's model and KVM */
struct wiring {
    struct machine *machine;
    struct virtio_blk_model *blk;
    bool has_worker; /* else the vCPU's thread does the work, in the exit that its doorbell is */
    struct worker worker;
    bool rings[VIRTIO_MAX_QUEUES]; /* by queue: KVM has its doorbell */
    uint64_t refused;              /* doorbells that KVM did not want */
    struct message_set messages;   /* PCI only */
    struct level_line line;        /* MMIO only */
    struct machine_virtio_use use; /* for statistics */
};

struct machine_virtio {
    struct wiring disks[OPTIONS_MAX_VIRTIO_BLK];
};

/*
 * Inputs of the PIC, and IO-APIC, that nothing else here drives: COM1 has 4, the RTC 8, the mouse 12 on
 * a PC, IDE 14 and 15, and the PCI interrupts have none that they share with a disk, because with this
 * transport no PCI function asserts its INTA#. Not above 15: a Linux without ACPI knows only the PIC.
 */
static const uint8_t mmio_irqs[] = {5, 6, 7, 9, 10, 11, 12, 3};
_Static_assert(sizeof mmio_irqs == OPTIONS_MAX_VIRTIO_BLK, "an interrupt for each disk");

static uint64_t mmio_base(unsigned index)
{
    return VIRTIO_MMIO_BASE + (uint64_t)index * VIRTIO_MMIO_STRIDE;
}

static bool is_mmio(const struct machine *m)
{
    return m->options->virtio_transport == VIRTIO_TRANSPORT_MMIO;
}

/* --- the worker ----------------------------------------------------------------------------------- */

/* Here, because a reset forgets it: and a guest may reset its devices before it ends. */
static void note_use(void *context)
{
    struct wiring *w = context;
    struct virtio_device *d = &w->blk->device;
    unsigned queues = 0;
    pthread_mutex_lock(&d->lock);
    for (unsigned i = 0; i < d->queue_count; i++)
        queues += d->queues[i].enabled;
    if (queues > 0) {
        w->use.features = d->driver_features;
        w->use.ring_size = d->queues[0].size;
    }
    if (queues > w->use.queues)
        w->use.queues = queues;
    pthread_mutex_unlock(&d->lock);
}

static struct io_request *submit(void *device)
{
    struct wiring *w = device;
    struct io_request *request = virtio_blk_submit(w->blk);
    if (request != NULL)
        w->use.requests[((const struct virtio_blk_request *)request)->queue]++;
    return request;
}

static void complete(void *device, struct io_request *request)
{
    struct wiring *w = device;
    virtio_blk_complete(w->blk, request);
}

static const struct worker_ops worker_ops = {
    .prepare = note_use, .submit = submit, .complete = complete};

/* A doorbell that came as an exit. */
static void ring_worker(struct virtio_blk_model *blk)
{
    struct wiring *w = blk->run_context;
    worker_ring(&w->worker);
}

/* One whose work is done in that exit */
static void run_here(struct virtio_blk_model *blk)
{
    note_use(blk->run_context);
    virtio_blk_run_inline(blk);
}

static bool make_worker(struct wiring *w)
{
    struct machine *m = w->machine;
    if (worker_create(&w->worker, w->blk->device.name, &worker_ops, w, w, m->options->io_engine,
                      VIRTIO_BLK_DEPTH) != 0)
        return false;
    w->has_worker = w->use.has_worker = true;
    w->blk->run = ring_worker;
    return machine_register_worker(m, &w->worker);
}

/* --- doorbells ------------------------------------------------------------------------------------ */

/*
 * On PCI each queue has an address of its own, and a write of any width rings: KVM knows such a doorbell by
 * its address, without decoding the instruction. It is no matter that the model refuses other widths than 2
 * and 4 when they come as an exit: the worker looks, and finds nothing that is not in the ring. With MMIO
 * all queues share a register of 32 bits, and the value tells them apart.
 */
static struct vm_doorbell doorbell_of(const struct wiring *w, unsigned queue, uint64_t base)
{
    if (is_mmio(w->machine))
        return (struct vm_doorbell){.address = base + VIRTIO_MMIO_QUEUE_NOTIFY,
                                    .length = 4,
                                    .matches = true,
                                    .value = queue,
                                    .fd = w->worker.doorbell};
    return (struct vm_doorbell){.address = base + VIRTIO_PCI_NOTIFY_OFFSET +
                                           (uint64_t)queue * VIRTIO_PCI_NOTIFY_MULTIPLIER,
                                .fd = w->worker.doorbell};
}

/* The registers have come to region->base, or leave it. What has rung already stays in the eventfd, and
 * what is in flight has nothing to do with them. */
static void moved(void *context, struct bus_region *region, bool present)
{
    struct wiring *w = context;
    struct vm *vm = &w->machine->vm;
    for (unsigned i = 0; i < w->blk->device.queue_count; i++) {
        struct vm_doorbell doorbell = doorbell_of(w, i, region->base);
        if (present) {
            w->rings[i] = vm_doorbell_assign(vm, &doorbell) == 0;
            w->refused += !w->rings[i] && !vm->exact;
        } else if (w->rings[i]) {
            int error = vm_doorbell_deassign(vm, &doorbell);
            w->rings[i] = false;
            if (error)
                report("%s: its doorbell at 0x%llx stays: %s", w->worker.name,
                       (unsigned long long)doorbell.address, strerror(-error));
        }
    }
}

static void hear_of_moves(struct wiring *w, struct bus_region *region)
{
    if (!w->has_worker)
        return;
    region->moved = moved;
    region->moved_context = w;
}

/* --- the transports ------------------------------------------------------------------------------- */

static bool add_mmio(struct wiring *w, unsigned index)
{
    struct machine *m = w->machine;
    struct virtio_mmio_model *mmio = &m->virtio_mmio[index];
    if (level_line_create(&w->line, &m->vm, mmio_irqs[index]) != 0)
        return false;
    virtio_mmio_model_init(mmio, &w->blk->device, level_line_irq(&w->line));
    hear_of_moves(w, &mmio->region);
    return machine_register_line(m, w->blk->device.name, &w->line) &&
           bus_add(&m->mmio, &mmio->region, mmio_base(index));
}

static bool add_pci(struct wiring *w, unsigned index)
{
    struct machine *m = w->machine;
    struct virtio_pci_model *pci = &m->virtio_pci[index];
    unsigned slot = MACHINE_SLOT_VIRTIO + index;
    if (message_set_create(&w->messages, &m->vm, virtio_pci_vectors(&w->blk->device)) != 0 ||
        !machine_register_messages(m, w->blk->device.name, &w->messages))
        return false;
    virtio_pci_model_init(pci, &w->blk->device, slot, PCI_CLASS_VIRTIO_BLK,
                          piix3_inta(&m->piix3, slot), message_set_sink(&w->messages));
    hear_of_moves(w, &pci->region);
    return pci_host_add(&m->pci, &pci->pci);
}

/* The windows without a device answer nobody, and no BAR may be there. */
static bool claim_windows(struct machine *m, unsigned used)
{
    m->virtio_mmio_unused = (struct bus_region){
        .name = "virtio-mmio", .length = (uint64_t)(VIRTIO_MMIO_SLOTS - used) * VIRTIO_MMIO_STRIDE};
    return bus_add(&m->mmio, &m->virtio_mmio_unused, mmio_base(used));
}

static bool add_disk(struct machine *m, unsigned index, struct backend *backend)
{
    struct wiring *w = &m->virtio->disks[index];
    char id[VIRTIO_BLK_ID_BYTES + 1];
    snprintf(id, sizeof id, "trapline-%u", index);
    *w = (struct wiring){.machine = m, .blk = &m->virtio_blk[index]};
    const struct disk_option *disk = &m->options->virtio_blk[index];
    const struct virtio_blk_options options = {.features_on = disk->features_on,
                                               .features_off = disk->features_off,
                                               .queues = disk->queues};
    virtio_blk_model_init(w->blk, index, id, &m->memory, backend, &options);
    m->virtio_blk_count++;
    w->use.name = w->blk->device.name;
    w->blk->run = run_here;
    w->blk->run_context = w;
    if (!m->options->virtio_blk[index].trap && !make_worker(w))
        return false;
    return is_mmio(m) ? add_mmio(w, index) : add_pci(w, index);
}

bool machine_add_virtio(struct machine *m, struct disks *disks)
{
    bool ok = claim_windows(m, is_mmio(m) ? disks->virtio_blk_count : 0);
    if (disks->virtio_blk_count > 0)
        m->virtio = calloc(1, sizeof *m->virtio);
    for (unsigned i = 0; i < disks->virtio_blk_count && ok; i++)
        ok = m->virtio != NULL && add_disk(m, i, &disks->virtio_blk[i].backend);
    return ok;
}

void machine_destroy_virtio(struct machine *m)
{
    for (unsigned i = 0; i < m->virtio_blk_count; i++) {
        struct wiring *w = &m->virtio->disks[i];
        if (w->worker.ops != NULL)
            worker_destroy(&w->worker);
        message_set_destroy(&w->messages);
        level_line_destroy(&w->line);
    }
    free(m->virtio);
    m->virtio = NULL;
}

void machine_reset_virtio(struct machine *m)
{
    for (unsigned i = 0; i < m->virtio_blk_count; i++) {
        if (is_mmio(m)) {
            virtio_mmio_model_reset(&m->virtio_mmio[i]);
            level_line_reset(&m->virtio->disks[i].line);
        } else {
            virtio_pci_model_reset(&m->virtio_pci[i]);
        }
    }
}

uint64_t machine_virtio_refused_doorbells(const struct machine *m)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < m->virtio_blk_count; i++)
        sum += m->virtio->disks[i].refused;
    return sum;
}

const struct machine_virtio_use *machine_virtio_use(const struct machine *m, unsigned index)
{
    return &m->virtio->disks[index].use;
}

int machine_make_command_line(struct machine *m, const struct disks *disks)
{
    const char *given = m->options->command_line;
    size_t length = strlen(given);
    if (length >= sizeof m->command_line)
        return wrong_use("--cmd", NULL, "longer than the %zu characters the firmware takes",
                         sizeof m->command_line - 1);
    memcpy(m->command_line, given, length + 1);
    for (unsigned i = 0; is_mmio(m) && i < disks->virtio_blk_count; i++) {
        size_t room = sizeof m->command_line - length;
        int added = snprintf(m->command_line + length, room, "%svirtio_mmio.device=%u@0x%llx:%u",
                             length > 0 ? " " : "", VIRTIO_MMIO_STRIDE,
                             (unsigned long long)mmio_base(i), mmio_irqs[i]);
        if (added < 0 || (size_t)added >= room)
            return wrong_use("--cmd", NULL,
                             "with the words for %u disks of --virtio-transport mmio, longer than "
                             "the %zu characters the firmware takes",
                             disks->virtio_blk_count, sizeof m->command_line - 1);
        length += (size_t)added;
    }
    return 0;
}
