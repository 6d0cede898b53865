/* SPDX-License-Identifier: MIT */
/*
 * The chunk device in its four modes. In all but the first the doorbell is an ioeventfd, for which a worker
 * waits; in the last two the page of registers is a read-only memory slot, and writes to the parameters are
 * collected by KVM. All of that is where the BAR is, and goes and comes with it. What KVM refuses stays an
 * exit, and works all the same.
 */
#include "machine_chunk.h"

#include "access.h"
#include "machine.h"
#include "machine_workers.h"
#include "report.h"

/* Where writes may wait for the doorbell: neither the doorbell itself, which a zone over it would swallow,
 * nor control, whose effect is looked for at once. */
static const struct {
    uint32_t offset, length;
    bool ring; /* with CHUNK_FEATURE_RING */
} zones[] = {
    {CHUNK_REG_COMMAND, CHUNK_REG_DOORBELL - CHUNK_REG_COMMAND, false},
    {CHUNK_REG_OFFSET, 8, false},
    {CHUNK_REG_TAG, 4, false},
    {CHUNK_REG_RING_GPA, CHUNK_REG_RING_ENTRIES + 4 - CHUNK_REG_RING_GPA, true},
};

#define ZONE_COUNT (sizeof zones / sizeof zones[0])

/* --- where the BAR is ------------------------------------------------------------------------------- */

static struct vm_doorbell doorbell_at(const struct machine_chunk *c, uint64_t base)
{
    return (struct vm_doorbell){
        .address = base + CHUNK_REG_DOORBELL, .length = 4, .fd = c->worker.doorbell};
}

static bool is_shown(const struct machine *m)
{
    enum chunk_mode mode = m->chunk_host.mode;
    return !m->vm.exact && (mode == CHUNK_MODE_SHADOW || mode == CHUNK_MODE_RING);
}

static void show(struct machine *m, uint64_t base)
{
    struct machine_chunk *c = &m->chunk_host;
    for (unsigned i = 0; i < ZONE_COUNT; i++)
        if ((!zones[i].ring || c->mode == CHUNK_MODE_RING) &&
            vm_coalesce_mmio(&m->vm, base + zones[i].offset, zones[i].length))
            c->zones |= 1u << i;
    c->shown = vm_set_slot(&m->vm, c->slot, base, CHUNK_BAR_SIZE, &m->chunk.page, true) == 0;
}

static void hide(struct machine *m, uint64_t base)
{
    struct machine_chunk *c = &m->chunk_host;
    if (c->shown)
        (void)vm_remove_slot(&m->vm, c->slot);
    for (unsigned i = 0; i < ZONE_COUNT; i++)
        if (c->zones & 1u << i)
            vm_uncoalesce_mmio(&m->vm, base + zones[i].offset, zones[i].length);
    c->shown = false;
    c->zones = 0;
}

/* In the vCPU's thread, with the dispatch lock: what KVM had collected has been handed on before the exit
 * that moves the BAR. The worker knows no address: what is under way goes on, and a doorbell that rang
 * at the old place is served. */
static void moved(void *context, struct bus_region *region, bool present)
{
    struct machine *m = context;
    struct machine_chunk *c = &m->chunk_host;
    const struct vm_doorbell doorbell = doorbell_at(c, region->base);
    if (present) {
        c->doorbell_taken = vm_doorbell_assign(&m->vm, &doorbell) == 0;
        if (is_shown(m))
            show(m, region->base);
        return;
    }
    if (c->doorbell_taken)
        (void)vm_doorbell_deassign(&m->vm, &doorbell);
    c->doorbell_taken = false;
    hide(m, region->base);
}

/* --- the worker ------------------------------------------------------------------------------------- */

/* The parameters may be among what KVM has collected: it collected them before the doorbell rang. An
 * entry of the ring has its own. */
static void prepare(void *context)
{
    struct machine *m = context;
    if (is_shown(m) && !chunk_model_ring_is_on(&m->chunk))
        access_drain_now(m);
    chunk_model_doorbell(&m->chunk);
}

static struct io_request *submit(void *device)
{
    return chunk_submit(device);
}

static void complete(void *device, struct io_request *request)
{
    chunk_complete(device, request);
}

static const struct worker_ops worker_ops = {
    .prepare = prepare, .submit = submit, .complete = complete};

static void ring_worker(void *context)
{
    worker_ring(context);
}

static int add_worker(struct machine *m)
{
    struct machine_chunk *c = &m->chunk_host;
    unsigned depth = c->mode == CHUNK_MODE_RING ? CHUNK_RING_ENTRIES_MAX : 1;
    _Static_assert(CHUNK_RING_ENTRIES_MAX <= IO_QUEUE_DEPTH_MAX, "a queue for a whole ring");
    int status =
        worker_create(&c->worker, "chunk", &worker_ops, &m->chunk, m, m->options->io_engine, depth);
    if (status)
        return status;
    if (!machine_register_worker(m, &c->worker))
        return host_failure("chunk: too many workers");
    chunk_model_defer(&m->chunk, ring_worker, &c->worker);
    m->chunk.region.moved = moved;
    m->chunk.region.moved_context = m;
    return 0;
}

/* --- making it -------------------------------------------------------------------------------------- */

bool machine_add_chunk(struct machine *m, struct disks *disks)
{
    struct machine_chunk *c = &m->chunk_host;
    if (!disks->has_chunk)
        return true;
    c->mode = m->options->chunk_mode;
    if (message_set_create(&c->messages, &m->vm, 1) != 0 ||
        !machine_register_messages(m, "chunk", &c->messages))
        return false;
    int status = 0;
    chunk_model_init(&m->chunk, &m->memory, disks->has_chunk_in ? &disks->chunk_in.backend : NULL,
                     disks->has_chunk_out ? &disks->chunk_out.backend : NULL,
                     message_set_sink(&c->messages));
    if (c->mode == CHUNK_MODE_RING && !chunk_model_offer_ring(&m->chunk))
        status = host_failure("chunk: no memory for its ring");
    if (is_shown(m))
        c->slot = vm_new_slot(&m->vm);
    if (status == 0 && c->mode != CHUNK_MODE_TRAP)
        status = add_worker(m);
    if (status == 0 && !pci_host_add(&m->pci, &m->chunk.pci))
        status = host_failure("chunk: its PCI slot is taken");
    return status == 0;
}

void machine_destroy_chunk(struct machine *m)
{
    if (m->chunk.memory == NULL)
        return;
    worker_destroy(&m->chunk_host.worker);
    message_set_destroy(&m->chunk_host.messages);
    chunk_model_destroy(&m->chunk);
}

void machine_reset_chunk(struct machine *m)
{
    if (m->chunk.memory == NULL)
        return;
    chunk_model_reset(&m->chunk);
    msi_model_update(&m->chunk.msi);
}
