/* SPDX-License-Identifier: MIT */
/*
 * Chunk device: the registers, the doorbell and the reset. The two ends of a command are in
 * chunk_command.c, the ring is in chunk_ring.c.
 */
#include "chunk_internal.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_PCI_SLOT 2
#define CHUNK_PCI_REVISION 1

/* --- the registers' places ------------------------------------------------------------------------ */

struct chunk_register {
    unsigned offset, width; /* bytes */
    bool readable, writable;
    bool ring; /* there with CHUNK_FEATURE_RING only */
};

static const struct chunk_register registers[] = {
    {CHUNK_REG_COMMAND, 4, .readable = true, .writable = true},
    {CHUNK_REG_STATUS, 4, .readable = true},
    {CHUNK_REG_DATA_GPA, 8, .readable = true, .writable = true},
    {CHUNK_REG_DATA_LENGTH, 8, .readable = true, .writable = true},
    {CHUNK_REG_RESULT_GPA, 8, .readable = true, .writable = true},
    {CHUNK_REG_RESULT_LENGTH, 8, .readable = true, .writable = true},
    {CHUNK_REG_DOORBELL, 4, .writable = true},
    {CHUNK_REG_ERROR, 4, .readable = true},
    {CHUNK_REG_OFFSET, 8, .readable = true, .writable = true},
    {CHUNK_REG_TRANSFERRED, 8, .readable = true},
    {CHUNK_REG_ID, 4, .readable = true},
    {CHUNK_REG_VERSION, 4, .readable = true},
    {CHUNK_REG_FEATURES, 4, .readable = true},
    {CHUNK_REG_TAG, 4, .readable = true, .writable = true},
    {CHUNK_REG_DONE_TAG, 4, .readable = true},
    {CHUNK_REG_CONTROL, 4, .readable = true, .writable = true},
    {CHUNK_REG_RING_GPA, 8, .readable = true, .writable = true, .ring = true},
    {CHUNK_REG_RING_ENTRIES, 4, .readable = true, .writable = true, .ring = true},
};

#define REGISTER_COUNT (sizeof registers / sizeof registers[0])

static bool is_there(const struct chunk_model *chunk, const struct chunk_register *reg)
{
    return !reg->ring || chunk->ring.requests != NULL;
}

/* The register that such an access is of: all of it, or half of a wide one. NULL: none. */
static const struct chunk_register *find(const struct chunk_model *chunk, uint64_t offset,
                                         unsigned size)
{
    if ((size != 4 && size != 8) || offset % size != 0)
        return NULL;
    for (unsigned i = 0; i < REGISTER_COUNT; i++) {
        const struct chunk_register *reg = &registers[i];

        if (offset - reg->offset < reg->width && size <= reg->width)
            return is_there(chunk, reg) ? reg : NULL;
    }
    return NULL;
}

/* As after power-on, but for status, which the caller stores last. Lock held. */
static void clear_registers(struct chunk_model *chunk)
{
    for (unsigned i = 0; i < REGISTER_COUNT; i++) {
        const struct chunk_register *reg = &registers[i];

        if (!reg->readable || !is_there(chunk, reg))
            continue;
        if (reg->width == 8)
            chunk_store64(chunk, reg->offset, 0);
        else if (reg->offset != CHUNK_REG_STATUS)
            chunk_store32(chunk, reg->offset, 0);
    }
    chunk_store32(chunk, CHUNK_REG_ID, CHUNK_ID);
    chunk_store32(chunk, CHUNK_REG_VERSION, CHUNK_VERSION);
    chunk_store32(chunk, CHUNK_REG_FEATURES, chunk->ring.requests != NULL ? CHUNK_FEATURE_RING : 0);
}

/* --- letting go ----------------------------------------------------------------------------------- */

void chunk_released(struct chunk_model *chunk)
{
    enum chunk_goal goal = chunk->goal;

    if (goal == CHUNK_GOAL_NONE || chunk->in_flight > 0 || chunk->doorbells_to_drop > 0)
        return;
    chunk->goal = CHUNK_GOAL_NONE;
    if (goal == CHUNK_GOAL_RESET) {
        clear_registers(chunk);
        chunk_store32(chunk, CHUNK_REG_STATUS, CHUNK_STATUS_IDLE); /* what the driver waits for */
    } else {
        chunk_store32(chunk, CHUNK_REG_CONTROL,
                      chunk_load32(chunk, CHUNK_REG_CONTROL) & ~CHUNK_CONTROL_RING);
    }
}

/*
 * A deferred doorbell from before this moment may still be on its way: not taken by the host's thread yet,
 * or taken, with chunk_model_doorbell() about to be called. It must not start a command out of registers
 * that the driver fills in after it has seen the goal reached. So the device rings twice: the first call
 * of chunk_model_doorbell() may be for what was taken before this moment; the second is for what was taken
 * after the first, and that has taken along whatever was older.
 */
void chunk_let_go(struct chunk_model *chunk, enum chunk_goal goal)
{
    chunk->goal = goal;
    chunk->ring.on = false;
    chunk->pending = false;
    if (chunk->deferred) {
        chunk->doorbells_to_drop = 2;
        chunk->rung(chunk->rung_context);
    }
    chunk_released(chunk);
}

void chunk_model_reset(struct chunk_model *chunk)
{
    pthread_mutex_lock(&chunk->lock);
    chunk->generation++;
    chunk_store32(chunk, CHUNK_REG_STATUS, CHUNK_STATUS_BUSY);
    clear_registers(chunk);
    chunk_let_go(chunk, CHUNK_GOAL_RESET);
    pthread_mutex_unlock(&chunk->lock);
}

/* --- the doorbell --------------------------------------------------------------------------------- */

static bool is_busy(const struct chunk_model *chunk)
{
    uint32_t tag = chunk_load32(chunk, CHUNK_REG_TAG);

    return chunk->goal != CHUNK_GOAL_NONE || chunk->pending || chunk->in_flight > 0 ||
           (tag != 0 && tag == chunk_load32(chunk, CHUNK_REG_DONE_TAG));
}

void chunk_model_doorbell(struct chunk_model *chunk)
{
    pthread_mutex_lock(&chunk->lock);
    if (chunk->doorbells_to_drop > 0) {
        chunk->doorbells_to_drop--;
        if (chunk->doorbells_to_drop > 0)
            chunk->rung(chunk->rung_context);
        chunk_released(chunk);
    } else if (chunk->ring.on) {
        /* chunk_submit() looks at the ring each time. */
    } else if (is_busy(chunk)) {
        chunk->ignored_doorbells++;
    } else {
        chunk->pending = true;
        chunk_store32(chunk, CHUNK_REG_STATUS, CHUNK_STATUS_BUSY);
    }
    pthread_mutex_unlock(&chunk->lock);
}

bool chunk_model_ring_is_on(struct chunk_model *chunk)
{
    pthread_mutex_lock(&chunk->lock);
    bool on = chunk->ring.on;
    pthread_mutex_unlock(&chunk->lock);
    return on;
}

/* --- accesses ------------------------------------------------------------------------------------- */

static bool chunk_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct chunk_model *chunk = self;
    const struct chunk_register *reg = find(chunk, offset, size);

    if (reg == NULL || !reg->readable)
        return false;
    pthread_mutex_lock(&chunk->lock);
    *value =
        size == 8 ? chunk_load64(chunk, (unsigned)offset) : chunk_load32(chunk, (unsigned)offset);
    pthread_mutex_unlock(&chunk->lock);
    return true;
}

/* Lock held. The ring's bit sticks only where chunk_start_ring() takes it; going off it stays until the
 * device has let go of the entries. */
static void write_control(struct chunk_model *chunk, uint32_t value)
{
    uint32_t control = chunk_load32(chunk, CHUNK_REG_CONTROL) & CHUNK_CONTROL_RING;

    if (value & CHUNK_CONTROL_MSI)
        control |= CHUNK_CONTROL_MSI;
    if (!chunk->ring.on && (value & CHUNK_CONTROL_RING) && chunk_start_ring(chunk))
        control |= CHUNK_CONTROL_RING;
    chunk_store32(chunk, CHUNK_REG_CONTROL, control);
    if (chunk->ring.on && !(value & CHUNK_CONTROL_RING))
        chunk_let_go(chunk, CHUNK_GOAL_RING_OFF);
}

static bool chunk_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct chunk_model *chunk = self;
    const struct chunk_register *reg = find(chunk, offset, size);

    if (reg == NULL || !reg->writable)
        return false;
    if (reg->offset == CHUNK_REG_DOORBELL) {
        chunk->rung(chunk->rung_context);
        return true;
    }
    if (reg->offset == CHUNK_REG_CONTROL && (value & CHUNK_CONTROL_RESET)) {
        chunk_model_reset(chunk);
        return true;
    }
    pthread_mutex_lock(&chunk->lock);
    bool frozen = reg->ring && chunk->ring.on;
    if (reg->offset == CHUNK_REG_CONTROL)
        write_control(chunk, (uint32_t)value);
    else if (size == 8 && !frozen)
        chunk_store64(chunk, (unsigned)offset, value);
    else if (!frozen)
        chunk_store32(chunk, (unsigned)offset, (uint32_t)value);
    pthread_mutex_unlock(&chunk->lock);
    return true;
}

static const struct bus_ops chunk_ops = {.read = chunk_read, .write = chunk_write};

/* --- making one ----------------------------------------------------------------------------------- */

static void config_written(struct pci_device *pci, unsigned reg, unsigned size)
{
    struct chunk_model *chunk = pci->self;

    bool master = pci_device_is_master(pci), rose = master && !chunk->master;

    (void)reg, (void)size;
    msi_model_update(&chunk->msi);
    chunk->master = master;
    /* While it was off no entry was looked at, and doorbells went unheard. */
    if (rose && chunk_model_ring_is_on(chunk))
        chunk->rung(chunk->rung_context);
}

void chunk_model_init(struct chunk_model *chunk, const struct guest_memory *memory,
                      struct backend *input, struct backend *output, struct msi_sink messages)
{
    memset(chunk, 0, sizeof *chunk);
    chunk->region = (struct bus_region){
        .name = "chunk", .ops = &chunk_ops, .self = chunk, .length = CHUNK_BAR_SIZE};
    chunk->memory = memory;
    chunk->input = input;
    chunk->output = output;
    chunk->rung = chunk_run_inline;
    chunk->rung_context = chunk;
    pthread_mutex_init(&chunk->lock, NULL);
    memset(&chunk->page, 0xff, sizeof chunk->page);
    clear_registers(chunk);
    chunk_store32(chunk, CHUNK_REG_STATUS, CHUNK_STATUS_IDLE);
    pci_device_init(&chunk->pci, "chunk", CHUNK_PCI_SLOT, 0, CHUNK_PCI_VENDOR, CHUNK_PCI_DEVICE,
                    PCI_CLASS_UNASSIGNED, CHUNK_PCI_REVISION);
    pci_device_bar(&chunk->pci, 0, CHUNK_BAR_SIZE, false, false, false, &chunk->region);
    chunk->pci.self = chunk;
    chunk->pci.config_written = config_written;
    msi_model_init(&chunk->msi, &chunk->pci, messages);
}

void chunk_model_destroy(struct chunk_model *chunk)
{
    free(chunk->ring.requests);
    chunk->ring.requests = NULL;
}

bool chunk_model_offer_ring(struct chunk_model *chunk)
{
    chunk->ring.requests = calloc(CHUNK_RING_ENTRIES_MAX, sizeof chunk->ring.requests[0]);
    clear_registers(chunk);
    return chunk->ring.requests != NULL;
}

void chunk_model_defer(struct chunk_model *chunk, void (*ring)(void *context), void *context)
{
    chunk->deferred = true;
    chunk->rung = ring;
    chunk->rung_context = context;
}
