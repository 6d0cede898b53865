/* SPDX-License-Identifier: MIT */
/* Rung 8: the chunk device, first file data by DMA. */
#include "climb.h"

#include "abi/machine.h"
#include "chunk.h"
#include "errors.h"
#include "memory.h"
#include "noinit.h"

#include <stddef.h>

int climb_open_chunk(struct climb *climb, struct chunk_dev *dev)
{
    const struct pci_function *f = climb_chunk_function(climb);
    if (!f)
        return ERR_ABSENT;
    if (!f->bars[0].base)
        return ERR_DEVICE;
    pci_command_set(f, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    int error = chunk_init(dev, f->bars[0].base);
    if (error || climb->command.irq == IRQ_NONE)
        return error;
    error = chunk_use_interrupt(dev, f);
    return error == ERR_UNSUPPORTED ? ERR_OK : error; /* it polls then */
}

/* Reads, writes the same bytes where there is an output, flushes; names the step that failed. */
static int move(struct chunk_dev *dev, uint8_t *buffer, uint64_t length, const char **step)
{
    *step = "READ_CHUNK";
    int error = block_read(&dev->block, 0, buffer, length);
    if (error || dev->block.read_only)
        return error;
    *step = "WRITE_CHUNK";
    error = block_write(&dev->block, 0, buffer, length);
    if (error == ERR_READ_ONLY) {
        dev->block.read_only = true; /* only a write can tell that there is no output file */
        return ERR_OK;
    }
    if (error)
        return error;
    *step = "FLUSH";
    return block_flush(&dev->block);
}

void rung8_chunk(struct climb *climb)
{
    static NOINIT struct chunk_dev dev;
    int error = climb_open_chunk(climb, &dev);
    if (error == ERR_ABSENT) {
        rung_absent(climb, RUNG_CHUNK, PART_CHUNK);
        return;
    }
    if (error) {
        rung_failed(climb, RUNG_CHUNK, "chunk", "%s", error_text(error));
        return;
    }
    uint8_t *buffer = memory_alloc_at(CHUNK_RESULT_BASE, CLIMB_WORK_BYTES);
    if (!buffer)
        buffer = climb_buffer(0);
    if (!buffer) {
        rung_failed(climb, RUNG_CHUNK, "chunk", "%s", error_text(ERR_NO_MEMORY));
        return;
    }
    uint64_t length = dev.block.size < CLIMB_WORK_BYTES ? dev.block.size : CLIMB_WORK_BYTES;
    const char *step;
    error = move(&dev, buffer, length, &step);
    if (error) {
        rung_failed(climb, RUNG_CHUNK, "chunk", "%s: %s, error %u", step, error_text(error),
                    dev.error);
        return;
    }
    if (dev.block.read_only)
        rung_say(RUNG_CHUNK, "chunk", "input %lu bytes, %lu read, no output", dev.block.size,
                 length);
    else
        rung_say(RUNG_CHUNK, "chunk", "input %lu bytes, %lu read, %lu written, flushed",
                 dev.block.size, length, length);
    rung_passed(climb, RUNG_CHUNK);
}
