/* SPDX-License-Identifier: MIT */
/*
 * The chunk device (abi/chunk.h), one command at a time: parameters, a new tag, the doorbell, then
 * poll done_tag. Parameters that the registers hold already are not written again, and nothing but
 * control is written between the doorbell and done_tag. Many at a time are chunk_ring.c's.
 */
#include "chunk_internal.h"

#include "errors.h"
#include "io.h"
#include "pci_msi.h"
#include "poll.h"

#include <stddef.h>
#include <string.h>

#define FLUSH_TIMEOUT_MS 30000
/* More than POLL_TIMEOUT_MS for a long transfer: a host at 10 MiB/s is still in time. */
#define TIMEOUT_MS_PER_2MIB 200

#define WRITE_END INT64_MAX /* offset + length may reach 2^63-1 */

/* Indices into gpa[] and length[] of struct chunk_dev */
enum { DATA, RESULT };
static const uint16_t gpa_register[] = {CHUNK_REG_DATA_GPA, CHUNK_REG_RESULT_GPA};
static const uint16_t length_register[] = {CHUNK_REG_DATA_LENGTH, CHUNK_REG_RESULT_LENGTH};

static uint32_t read32(const struct chunk_dev *dev, unsigned reg)
{
    return mmio_read32(dev->registers + reg);
}

static void update64(const struct chunk_dev *dev, unsigned reg, uint64_t *held, uint64_t value)
{
    if (*held == value)
        return;
    mmio_write64(dev->registers + reg, value);
    *held = value;
}

int chunk_reset(struct chunk_dev *dev)
{
    dev->command = 0;
    dev->gpa[DATA] = dev->gpa[RESULT] = 0;
    dev->length[DATA] = dev->length[RESULT] = 0;
    dev->offset = 0;
    mmio_write32(dev->registers + CHUNK_REG_CONTROL, CHUNK_CONTROL_RESET);
    if (!poll_until(read32(dev, CHUNK_REG_STATUS) == CHUNK_STATUS_IDLE, POLL_RESET_TIMEOUT_MS)) {
        platform_log("chunk: reset does not end");
        return ERR_TIMEOUT;
    }
    if (dev->control)
        mmio_write32(dev->registers + CHUNK_REG_CONTROL, dev->control);
    return ERR_OK;
}

uint32_t chunk_timeout_ms(uint32_t command, uint32_t length)
{
    if (command == CHUNK_CMD_FLUSH)
        return FLUSH_TIMEOUT_MS;
    return POLL_TIMEOUT_MS + (length >> 21) * TIMEOUT_MS_PER_2MIB;
}

int chunk_error_of(const struct chunk_dev *dev, uint32_t command)
{
    switch (dev->error) {
    case CHUNK_ERROR_NO_FILE:
        return command == CHUNK_CMD_READ_CHUNK || command == CHUNK_CMD_GET_SIZE ? ERR_ABSENT
                                                                                : ERR_READ_ONLY;
    case CHUNK_ERROR_NO_SPACE:
        return ERR_NO_SPACE;
    case CHUNK_ERROR_IO:
        return ERR_IO;
    default:
        return ERR_DEVICE; /* nothing that this driver sends deserves the others */
    }
}

/* Rings the doorbell for the parameters that are in the registers, and waits. */
static int run(struct chunk_dev *dev, uint32_t command, uint32_t timeout_ms)
{
    if (dev->failure)
        return dev->failure;
    if (dev->command != command) {
        mmio_write32(dev->registers + CHUNK_REG_COMMAND, command);
        dev->command = command;
    }
    dev->tag++;
    if (dev->tag == 0 || dev->tag == UINT32_MAX)
        dev->tag = 1; /* 0 is no tag, and all ones is what a device that has gone answers */
    mmio_write32(dev->registers + CHUNK_REG_TAG, dev->tag);
    mmio_write32(dev->registers + CHUNK_REG_DOORBELL, command);
    if (!wait_until(read32(dev, CHUNK_REG_DONE_TAG) == dev->tag, dev->wake, timeout_ms)) {
        platform_log("chunk: command %u never ends", command);
        if (chunk_reset(dev))
            dev->failure = ERR_DEVICE; /* it may still write to the buffer */
        return ERR_TIMEOUT;
    }
    switch (read32(dev, CHUNK_REG_STATUS)) {
    case CHUNK_STATUS_COMPLETE:
        return ERR_OK;
    case CHUNK_STATUS_ERROR:
        dev->error = read32(dev, CHUNK_REG_ERROR);
        platform_log("chunk: command %u, error %u", command, dev->error);
        return chunk_error_of(dev, command);
    default:
        return ERR_DEVICE;
    }
}

static int run_buffer(struct chunk_dev *dev, uint32_t command, unsigned side,
                      const volatile void *buffer, uint32_t length)
{
    update64(dev, gpa_register[side], &dev->gpa[side], platform_gpa_of(buffer));
    update64(dev, length_register[side], &dev->length[side], length);
    return run(dev, command, chunk_timeout_ms(command, length));
}

/* READ_CHUNK or WRITE_CHUNK; *transferred is valid on success, and at most length. */
static int move(struct chunk_dev *dev, uint32_t command, uint64_t offset, const void *buffer,
                uint32_t length, uint64_t *transferred)
{
    update64(dev, CHUNK_REG_OFFSET, &dev->offset, offset);
    int error =
        run_buffer(dev, command, command == CHUNK_CMD_WRITE_CHUNK ? DATA : RESULT, buffer, length);
    if (error)
        return error;
    *transferred = mmio_read64(dev->registers + CHUNK_REG_TRANSFERRED);
    return *transferred <= length ? ERR_OK : ERR_DEVICE;
}

static int read_chunk(struct block_dev *block, uint64_t offset, void *buffer, uint32_t length)
{
    struct chunk_dev *dev = (struct chunk_dev *)block;
    uint64_t transferred;
    int error = move(dev, CHUNK_CMD_READ_CHUNK, offset, buffer, length, &transferred);
    if (error)
        return error;
    /* Short means past the end, which was further when GET_SIZE asked: the file has shrunk. */
    return transferred == length ? ERR_OK : ERR_IO;
}

static int write_chunk(struct block_dev *block, uint64_t offset, const void *buffer,
                       uint32_t length)
{
    struct chunk_dev *dev = (struct chunk_dev *)block;
    uint64_t transferred;
    int error = move(dev, CHUNK_CMD_WRITE_CHUNK, offset, buffer, length, &transferred);
    if (error)
        return error;
    return transferred == length ? ERR_OK : ERR_DEVICE; /* a short WRITE is never COMPLETE */
}

static int flush(struct block_dev *block)
{
    return run((struct chunk_dev *)block, CHUNK_CMD_FLUSH, chunk_timeout_ms(CHUNK_CMD_FLUSH, 0));
}

static const struct block_ops chunk_block_ops = {
    .read = read_chunk,
    .write = write_chunk,
    .flush = flush,
};

int chunk_get_size(struct chunk_dev *dev, uint64_t *size)
{
    dev->size_answer = UINT64_MAX; /* the device must overwrite it: transferred would say no more */
    int error =
        chunk_ring_is_on(dev)
            ? chunk_ring_run(dev, CHUNK_CMD_GET_SIZE, 0, &dev->size_answer, CHUNK_SIZE_BYTES)
            : run_buffer(dev, CHUNK_CMD_GET_SIZE, RESULT, &dev->size_answer, CHUNK_SIZE_BYTES);
    if (error)
        return error;
    uint64_t answer = dev->size_answer;
    if (answer > WRITE_END)
        return ERR_DEVICE;
    *size = answer;
    return ERR_OK;
}

int chunk_init(struct chunk_dev *dev, uint64_t registers)
{
    memset(dev, 0, offsetof(struct chunk_dev, requests)); /* what follows is the ring's to clear */
    dev->registers = registers;
    if (read32(dev, CHUNK_REG_ID) != CHUNK_ID)
        return ERR_ABSENT;
    if (read32(dev, CHUNK_REG_VERSION) != CHUNK_VERSION)
        return ERR_UNSUPPORTED;
    int error = chunk_reset(dev);
    if (error)
        return error;

    uint64_t size = 0;
    error = chunk_get_size(dev, &size);
    if (error && error != ERR_ABSENT)
        return error;
    dev->block = (struct block_dev){
        .name = "chunk",
        .ops = &chunk_block_ops,
        .size = size,
        .write_end = WRITE_END,
        .block_size = 1,
        .max_transfer = CHUNK_MAX_LENGTH,
        .depth = 1,
    };
    if (read32(dev, CHUNK_REG_FEATURES) & CHUNK_FEATURE_RING)
        (void)chunk_ring_start(dev); /* where it refuses, one at a time is what is left */
    return ERR_OK;
}

int chunk_use_interrupt(struct chunk_dev *dev, const struct pci_function *function)
{
    struct interrupt_message message;
    int error = platform_message_interrupt(&dev->interrupt, &message);
    if (!error)
        error = pci_msi_enable(function, &message);
    if (error)
        return error;
    dev->control |= CHUNK_CONTROL_MSI;
    mmio_write32(dev->registers + CHUNK_REG_CONTROL, dev->control);
    dev->wake = &dev->interrupt;
    return ERR_OK;
}
