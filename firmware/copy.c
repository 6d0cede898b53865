/* SPDX-License-Identifier: MIT */
/*
 * The copy job. One buffer serves both directions, so the guest never copies file data itself; the
 * POST codes around the commands tell the host when to look at its clock.
 */
#include "copy.h"

#include "abi/machine.h"
#include "ata.h"
#include "chunk.h"
#include "console.h"
#include "errors.h"
#include "io.h"
#include "memory.h"
#include "noinit.h"
#include "virtio/blk.h"

#include <stddef.h>

#define ATA_MAX_MULTIPLE 16

/* Where bytes come from and go to; for the chunk device both are the same. */
struct ends {
    struct block_dev *from, *to;
};

static int open_ata(struct ends *ends)
{
    static NOINIT struct ata_drive drives[2];
    for (uint8_t unit = 0; unit < 2; unit++) {
        int error = ata_init(&drives[unit], PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL, unit,
                             ATA_MAX_MULTIPLE);
        if (error)
            return error;
    }
    *ends = (struct ends){&drives[0].block, &drives[1].block};
    return ERR_OK;
}

static int open_chunk(struct climb *climb, struct ends *ends)
{
    static NOINIT struct chunk_dev dev;
    int error = climb_open_chunk(climb, &dev);
    *ends = (struct ends){&dev.block, &dev.block};
    return error;
}

static int open_virtio_blk(struct climb *climb, struct ends *ends)
{
    struct virtio_blk *disks[2];
    for (unsigned i = 0; i < 2; i++) {
        int error = climb_open_virtio_blk(climb, i, &disks[i]);
        if (error)
            return error;
    }
    *ends = (struct ends){&disks[0]->block, &disks[1]->block};
    return ERR_OK;
}

static int open_ends(struct climb *climb, struct ends *ends)
{
    switch (climb->command.copy_via) {
    case PART_ATA:
        return open_ata(ends);
    case PART_CHUNK:
        return open_chunk(climb, ends);
    default:
        return open_virtio_blk(climb, ends);
    }
}

/* What a copy moves: whole blocks, of the larger size where the two ends differ. */
struct plan {
    uint64_t begin, end; /* bytes, the blocks that cover the range asked for */
    uint64_t piece;      /* bytes at a time */
};

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* ERR_RANGE where the source is shorter than what is asked for. */
static int plan_copy(const struct command_line *command, const struct ends *ends, struct plan *plan)
{
    uint64_t unit = ends->from->block_size > ends->to->block_size ? ends->from->block_size
                                                                  : ends->to->block_size;
    uint64_t last = command->copy_offset + command->copy_length;
    if (last < command->copy_offset || last > ends->from->size)
        return ERR_RANGE;
    plan->begin = command->copy_offset / unit * unit;
    plan->end = command->copy_length > 0 ? round_up(last, unit) : plan->begin;
    if (command->copy_chunk > UINT64_MAX - unit)
        return ERR_RANGE;
    plan->piece = round_up(command->copy_chunk, unit);
    return ERR_OK;
}

static int copy_range(const struct ends *ends, void *buffer, const struct plan *plan)
{
    for (uint64_t at = plan->begin; at < plan->end;) {
        uint64_t length = plan->end - at < plan->piece ? plan->end - at : plan->piece;
        int error = block_read(ends->from, at, buffer, length);
        if (!error)
            error = block_write(ends->to, at, buffer, length);
        if (error)
            return error;
        at += length;
    }
    return block_flush(ends->to);
}

static void *copy_buffer(uint64_t size)
{
    void *buffer = memory_alloc_at(CHUNK_RESULT_BASE, size);
    return buffer ? buffer : memory_alloc(size, 4096);
}

/* Everything up to the end of the copy; names the step that failed. */
static int copy(struct climb *climb, const char **step)
{
    struct ends ends;
    struct plan plan;
    *step = "device";
    int error = open_ends(climb, &ends);
    if (error)
        return error;
    *step = "source";
    error = plan_copy(&climb->command, &ends, &plan);
    if (error)
        return error;
    *step = "buffer";
    void *buffer = copy_buffer(plan.piece);
    if (!buffer)
        return ERR_NO_MEMORY;

    *step = "copy";
    out8(PORT_POST, POST_COPY_BEGIN);
    error = copy_range(&ends, buffer, &plan);
    out8(PORT_POST, POST_COPY_END);
    return error;
}

_Noreturn void copy_run(struct climb *climb)
{
    static const uint8_t rungs[PART_COUNT] = {
        [PART_ATA] = RUNG_ATA_PIO, [PART_CHUNK] = RUNG_CHUNK, [PART_VIRTIO_BLK] = RUNG_VIRTIO_BLK};
    unsigned rung = rungs[climb->command.copy_via];
    const char *name = part_names[climb->command.copy_via];
    const char *step;
    rung_under_way = rung;
    int error = copy(climb, &step);
    if (error)
        rung_failed(climb, rung, name, "%s: %s", step, error_text(error));
    else
        console_printf("copy %s: %lu bytes\n", name, climb->command.copy_length);
    climb_end_copy(climb, rung);
}
