/* SPDX-License-Identifier: MIT */
/*
 * The chunk device's ring (abi/chunk.h): many commands in flight, one doorbell a batch. An entry is
 * the device's from the moment its state says SUBMITTED; what it says afterwards is believed only
 * as far as it can be checked against the request, which the device never sees.
 */
#include "chunk_internal.h"

#include "errors.h"
#include "io.h"
#include "platform.h"
#include "poll.h"

#include <stddef.h>

#define ENTRY_POISON UINT32_MAX /* for what the device has to store */

static const uint8_t commands[] = {
    [BLOCK_READ] = CHUNK_CMD_READ_CHUNK,
    [BLOCK_WRITE] = CHUNK_CMD_WRITE_CHUNK,
    [BLOCK_FLUSH] = CHUNK_CMD_FLUSH,
};

static void finish(struct chunk_dev *dev, unsigned index, int result)
{
    struct block_request *request = dev->requests[index];
    dev->requests[index] = NULL;
    dev->in_flight--;
    dev->finished++;
    request->result = result;
    request->done = true;
}

/* The end of this device: everything in flight has this error, and so has everything later. The
 * reset keeps the device from the buffers; where it does not end, which is logged, what was in
 * flight may still land there, and no command is left that could prevent it. */
static void give_up(struct chunk_dev *dev, int error)
{
    platform_log("chunk: ring failed, %u in flight", dev->in_flight);
    dev->control = 0;
    dev->failure = error;
    (void)chunk_reset(dev);
    for (unsigned i = 0; i < CHUNK_DEPTH; i++)
        if (dev->requests[i])
            finish(dev, i, error);
    dev->oldest = dev->next;
}

static int result_of(struct chunk_dev *dev, const struct block_request *request,
                     const struct chunk_ring_entry *entry, uint32_t state)
{
    uint32_t length = request->op == BLOCK_FLUSH ? 0 : request->length;
    if (state == CHUNK_ENTRY_ERROR) {
        dev->error = entry->error;
        platform_log("chunk: op %u, error %u", request->op, dev->error);
        return chunk_error_of(dev, commands[request->op]);
    }
    /* Once: the device may change it between two looks. */
    uint64_t transferred = __atomic_load_n(&entry->transferred, __ATOMIC_RELAXED);
    if (entry->error != CHUNK_ERROR_NONE || transferred > length)
        return ERR_DEVICE;
    if (transferred == length)
        return ERR_OK;
    /* Short means past the end, which was further when GET_SIZE asked: the file has shrunk. A short
     * WRITE is never COMPLETE. */
    return request->op == BLOCK_READ ? ERR_IO : ERR_DEVICE;
}

/* Ends what the device has completed. Returns how many are done and not reported. */
static unsigned harvest(struct chunk_dev *dev)
{
    for (uint32_t n = dev->oldest; n != dev->next; n++) {
        unsigned index = n % CHUNK_DEPTH;
        const struct chunk_ring_entry *entry = &dev->entries[index];
        if (!dev->requests[index])
            continue;
        /* Acquire: pairs with the device's release of state, behind the rest of the entry and the
         * data. */
        uint32_t state = __atomic_load_n(&entry->state, __ATOMIC_ACQUIRE);
        if (state == CHUNK_ENTRY_COMPLETE || state == CHUNK_ENTRY_ERROR)
            finish(dev, index, result_of(dev, dev->requests[index], entry, state));
        else if (state != CHUNK_ENTRY_SUBMITTED)
            give_up(dev, ERR_DEVICE); /* what it says next would mean nothing either */
    }
    while (dev->oldest != dev->next && !dev->requests[dev->oldest % CHUNK_DEPTH])
        dev->oldest++;
    return dev->finished;
}

static void kick(struct block_dev *block)
{
    struct chunk_dev *dev = (struct chunk_dev *)block;
    if (dev->unkicked)
        mmio_write32(dev->registers + CHUNK_REG_DOORBELL, CHUNK_CONTROL_RING);
    dev->unkicked = false;
}

/* Until request is done, or anything where it is NULL. */
static void wait_for(struct chunk_dev *dev, const struct block_request *request,
                     uint32_t timeout_ms)
{
    if (!wait_until((harvest(dev), request ? request->done : dev->finished > 0), dev->wake,
                    timeout_ms))
        give_up(dev, ERR_TIMEOUT);
}

/* ERR_NO_SPACE where the next entry is in flight: it is the oldest one's, and others behind it may
 * be done already, but nothing can be submitted past it. */
static int put(struct chunk_dev *dev, uint32_t command, struct block_request *request)
{
    unsigned index = dev->next % CHUNK_DEPTH;
    if (dev->failure)
        return dev->failure;
    if (dev->requests[index])
        return ERR_NO_SPACE;
    struct chunk_ring_entry *entry = &dev->entries[index];
    entry->command = command;
    entry->flags = dev->wake ? CHUNK_ENTRY_INTERRUPT : 0;
    entry->gpa = platform_gpa_of(request->buffer);
    entry->length = request->length;
    entry->offset = request->offset;
    entry->transferred = ENTRY_POISON;
    entry->error = ENTRY_POISON;
    dev->requests[index] = request;
    dev->next++;
    dev->in_flight++;
    dev->unkicked = true;
    /* Release: pairs with the device's acquire, before it reads the rest of the entry. */
    __atomic_store_n(&entry->state, CHUNK_ENTRY_SUBMITTED, __ATOMIC_RELEASE);
    return ERR_OK;
}

static int submit(struct block_dev *block, struct block_request *request)
{
    return put((struct chunk_dev *)block, commands[request->op], request);
}

static int reap(struct block_dev *block, uint32_t timeout_ms)
{
    struct chunk_dev *dev = (struct chunk_dev *)block;
    if (dev->in_flight > 0)
        wait_for(dev, NULL, timeout_ms);
    int finished = (int)dev->finished;
    dev->finished = 0;
    return finished;
}

int chunk_ring_run(struct chunk_dev *dev, uint32_t command, uint64_t offset,
                   const volatile void *buffer, uint32_t length)
{
    struct block_request request = {
        .length = length, .offset = offset, .buffer = (void *)(uintptr_t)buffer};
    request.op = command == CHUNK_CMD_WRITE_CHUNK ? BLOCK_WRITE
                 : command == CHUNK_CMD_FLUSH     ? BLOCK_FLUSH
                                                  : BLOCK_READ; /* or GET_SIZE, which reads too */
    int error;
    while ((error = put(dev, command, &request)) == ERR_NO_SPACE) {
        /* Somebody else's, and block_reap() tells of it. */
        const struct block_request *oldest = dev->requests[dev->next % CHUNK_DEPTH];
        kick(&dev->block);
        wait_for(dev, oldest, chunk_timeout_ms(commands[oldest->op], oldest->length));
    }
    if (error)
        return error;
    kick(&dev->block);
    wait_for(dev, &request, chunk_timeout_ms(command, length));
    dev->finished--; /* not block_reap()'s */
    return request.result;
}

static int ring_read(struct block_dev *block, uint64_t offset, void *buffer, uint32_t length)
{
    return chunk_ring_run((struct chunk_dev *)block, CHUNK_CMD_READ_CHUNK, offset, buffer, length);
}

static int ring_write(struct block_dev *block, uint64_t offset, const void *buffer, uint32_t length)
{
    return chunk_ring_run((struct chunk_dev *)block, CHUNK_CMD_WRITE_CHUNK, offset, buffer, length);
}

static int ring_flush(struct block_dev *block)
{
    return chunk_ring_run((struct chunk_dev *)block, CHUNK_CMD_FLUSH, 0, NULL, 0);
}

static const struct block_ops ring_ops = {
    .read = ring_read,
    .write = ring_write,
    .flush = ring_flush,
    .submit = submit,
    .kick = kick,
    .reap = reap,
};

bool chunk_ring_start(struct chunk_dev *dev)
{
    for (unsigned i = 0; i < CHUNK_DEPTH; i++) {
        dev->requests[i] = NULL;
        dev->entries[i].state = CHUNK_ENTRY_FREE;
    }
    mmio_write64(dev->registers + CHUNK_REG_RING_GPA, platform_gpa_of(dev->entries));
    mmio_write32(dev->registers + CHUNK_REG_RING_ENTRIES, CHUNK_DEPTH);
    mmio_write32(dev->registers + CHUNK_REG_CONTROL, CHUNK_CONTROL_RING);
    if (!(mmio_read32(dev->registers + CHUNK_REG_CONTROL) & CHUNK_CONTROL_RING)) {
        platform_log("chunk: ring refused");
        return false;
    }
    dev->control = CHUNK_CONTROL_RING;
    dev->block.ops = &ring_ops;
    dev->block.depth = CHUNK_DEPTH;
    return true;
}
