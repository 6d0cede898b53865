/* SPDX-License-Identifier: MIT */
/*
 * The copy job. One buffer serves both directions, so the guest never copies file data itself; the
 * POST codes around the commands tell the host when to look at its clock. copy_pieces.c moves the data.
 */
#include "copy.h"

#include "abi/machine.h"
#include "ata.h"
#include "chunk.h"
#include "console.h"
#include "copy_pieces.h"
#include "errors.h"
#include "io.h"
#include "memory.h"
#include "noinit.h"
#include "virtio/blk.h"

#include <stddef.h>

#define PAGE 4096

static int open_ata(const struct climb *climb, struct copy_plan *plan)
{
    static NOINIT struct ata_drive drives[2];
    for (unsigned unit = 0; unit < 2; unit++) {
        int error = climb_open_ata(climb, unit, &drives[unit]);
        if (error)
            return error;
    }
    plan->from = &drives[0].block;
    plan->to = &drives[1].block;
    return ERR_OK;
}

static int open_chunk(struct climb *climb, struct copy_plan *plan)
{
    static NOINIT struct chunk_dev dev;
    int error = climb_open_chunk(climb, &dev);
    plan->from = plan->to = &dev.block;
    return error;
}

static int open_virtio_blk(struct climb *climb, struct copy_plan *plan)
{
    struct virtio_blk *disks[2];
    for (unsigned i = 0; i < 2; i++) {
        int error = climb_open_virtio_blk(climb, i, &disks[i]);
        if (error)
            return error;
    }
    plan->from = &disks[0]->block;
    plan->to = &disks[1]->block;
    return ERR_OK;
}

static int open_ends(struct climb *climb, struct copy_plan *plan)
{
    switch (climb->command.copy_via) {
    case PART_ATA:
        return open_ata(climb, plan);
    case PART_CHUNK:
        return open_chunk(climb, plan);
    default:
        return open_virtio_blk(climb, plan);
    }
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Whole blocks that cover the range asked for, of the larger size where the two ends differ; ERR_RANGE
 * where the source is shorter than what is asked for. */
static int plan_copy(const struct command_line *command, struct copy_plan *plan)
{
    const struct block_dev *from = plan->from, *to = plan->to;
    uint32_t unit = from->block_size > to->block_size ? from->block_size : to->block_size;
    uint64_t last = command->copy_offset + command->copy_length;
    if (last < command->copy_offset || last > from->size)
        return ERR_RANGE;
    plan->begin = command->copy_offset / unit * unit;
    plan->end = command->copy_length > 0 ? round_up(last, unit) : plan->begin;
    uint32_t most = smaller(from->max_transfer, to->max_transfer) / unit * unit;
    if (most == 0)
        return ERR_UNSUPPORTED;
    plan->piece = command->copy_chunk < most ? (uint32_t)round_up(command->copy_chunk, unit) : most;
    return ERR_OK;
}

/* As many buffers as there are to be pieces in flight, or as RAM has room for. */
static int find_buffers(const struct command_line *command, struct copy_plan *plan)
{
    uint64_t wanted = (plan->end - plan->begin + plan->piece - 1) / plan->piece;
    plan->depth = wanted < command->copy_depth ? (unsigned)wanted : command->copy_depth;
    plan->buffer_stride = round_up(plan->piece, PAGE);
    for (; plan->depth > 0; plan->depth--) {
        uint64_t size = plan->depth * plan->buffer_stride;
        plan->buffers = memory_alloc_at(CHUNK_RESULT_BASE, size);
        if (!plan->buffers)
            plan->buffers = memory_alloc(size, PAGE);
        if (plan->buffers)
            return ERR_OK;
    }
    return wanted == 0 ? ERR_OK : ERR_NO_MEMORY;
}

/* Everything up to the end of the copy; names the step that failed. */
static int copy(struct climb *climb, const char **step)
{
    struct copy_plan plan;
    *step = "device";
    int error = open_ends(climb, &plan);
    if (error)
        return error;
    *step = "source";
    error = plan_copy(&climb->command, &plan);
    if (error)
        return error;
    *step = "buffer";
    error = find_buffers(&climb->command, &plan);
    if (error)
        return error;

    *step = "copy";
    out8(PORT_POST, POST_COPY_BEGIN);
    error = copy_pieces(&plan);
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
