/* SPDX-License-Identifier: MIT */
/*
 * virtio-blk's requests (VIRTIO 1.2 section 5.2.6). A request is a chain of header, data in as many
 * descriptors as the device wants, and a status byte that the device must overwrite. Header and
 * status lie in a slot, which the request has while it is in flight. Setting up is blk_setup.c's.
 */
#include "blk.h"

#include "../errors.h"
#include "../poll.h"
#include "blk_internal.h"

#define FLUSH_TIMEOUT_MS 30000
#define STATUS_POISON 0xff /* no status that section 5.2.6 defines */

/* --- the end of a request --------------------------------------------------------------------- */

static int result_of_status(uint8_t status)
{
    switch (status) {
    case VIRTIO_BLK_S_OK:
        return ERR_OK;
    case VIRTIO_BLK_S_IOERR:
        return ERR_IO;
    case VIRTIO_BLK_S_UNSUPP:
        return ERR_UNSUPPORTED;
    default:
        return ERR_DEVICE; /* the poison, or a word that does not exist */
    }
}

static void finish(struct virtio_blk *blk, struct block_request *request, int result)
{
    request->result = result;
    request->done = true;
    blk->block.finished++;
}

/* The reset takes back what the device holds. Where it does not end, the device may still use it,
 * and nothing is left that could prevent it: the driver asks no more of such a device. */
static void device_failed(struct virtio_blk *blk, int error, const char *why)
{
    platform_log("%s: %s", blk->name, why);
    blk->failed = true;
    virtio_reset(blk->transport);
    for (unsigned slot = 0; slot < VIRTIO_BLK_DEPTH_MAX; slot++)
        if ((blk->all_slots & ~blk->free_slots) >> slot & 1)
            finish(blk, blk->requests[slot], error);
    blk->free_slots = blk->all_slots;
}

/* Takes what one queue has given back. */
static void collect(struct virtio_blk *blk, struct vring *ring)
{
    uint16_t slot;
    int taken;
    while ((taken = vring_take(ring, &slot)) == 1) {
        blk->free_slots |= 1ull << slot;
        finish(blk, blk->requests[slot], result_of_status(blk->memory->slots[slot].status));
    }
    if (taken < 0)
        device_failed(blk, taken, "the used ring names what was not asked for");
}

/* --- its beginning ---------------------------------------------------------------------------- */

/* Splits the data into descriptors of at most size_max bytes; returns how many there are. */
static unsigned add_data(const struct virtio_blk *blk, struct vring_buffer *buffers,
                         const struct virtio_blk_command *command)
{
    const volatile uint8_t *at = command->data;
    uint32_t length = command->length;
    bool device_writes = command->type == VIRTIO_BLK_T_IN || command->type == VIRTIO_BLK_T_GET_ID;
    unsigned count = 0;
    while (length > 0) {
        uint32_t part = blk->size_max && length > blk->size_max ? blk->size_max : length;
        buffers[count++] =
            (struct vring_buffer){.address = at, .length = part, .device_writes = device_writes};
        at += part;
        length -= part;
    }
    return count;
}

/* The next queue, round robin, that has a free slot; NULL where none has. */
static struct virtio_blk_queue *next_queue(struct virtio_blk *blk)
{
    for (unsigned tries = 0; tries < blk->queue_count; tries++) {
        struct virtio_blk_queue *queue = &blk->queues[blk->next_queue];
        if (++blk->next_queue == blk->queue_count)
            blk->next_queue = 0;
        if (blk->free_slots & queue->slots)
            return queue;
    }
    return NULL;
}

/* Puts a command into a ring; the device learns of it with kick(). */
static int start(struct virtio_blk *blk, struct block_request *request,
                 const struct virtio_blk_command *command)
{
    struct vring_buffer buffers[VIRTIO_BLK_DESCRIPTORS_MAX];
    if (blk->failed)
        return ERR_DEVICE;
    struct virtio_blk_queue *queue = next_queue(blk);
    if (!queue)
        return ERR_NO_SPACE;
    unsigned number = (unsigned)__builtin_ctzll(blk->free_slots & queue->slots);
    struct virtio_blk_slot *slot = &blk->memory->slots[number];

    slot->header = (struct virtio_blk_req_header){.type = command->type, .sector = command->sector};
    slot->status = STATUS_POISON;
    buffers[0] = (struct vring_buffer){.address = &slot->header, .length = sizeof(slot->header)};
    unsigned count = 1 + add_data(blk, buffers + 1, command);
    buffers[count++] =
        (struct vring_buffer){.address = &slot->status, .length = 1, .device_writes = true};

    int error = vring_add(&queue->ring, buffers, count, slot->table, (uint16_t)number);
    if (error)
        return error;
    blk->free_slots &= ~(1ull << number);
    blk->requests[number] = request;
    return ERR_OK;
}

static void kick(struct block_dev *dev)
{
    struct virtio_blk *blk = (struct virtio_blk *)dev;
    for (uint16_t i = 0; i < blk->queue_count; i++)
        if (vring_publish(&blk->queues[i].ring))
            blk->transport->ops->notify(blk->transport, i);
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* Not inline: wait_until() has its condition in many places. */
__attribute__((noinline)) static bool any_used(const struct virtio_blk *blk)
{
    for (unsigned i = 0; i < blk->queue_count; i++)
        if (vring_has_used(&blk->queues[i].ring))
            return true;
    return false;
}

__attribute__((noinline)) static void ask_for_interrupts(struct virtio_blk *blk, bool on)
{
    for (unsigned i = 0; blk->woken_by && i < blk->queue_count; i++)
        vring_set_interrupts(&blk->queues[i].ring, on);
}

/* Waits until something in flight is done, and finishes what is; all of it, where nothing comes. */
static void await(struct virtio_blk *blk, uint32_t timeout_ms)
{
    unsigned before = blk->block.finished;
    kick(&blk->block);
    bool came = any_used(blk);
    if (!came) {
        ask_for_interrupts(blk, true);
        came = wait_until(any_used(blk), blk->woken_by, timeout_ms);
        ask_for_interrupts(blk, false);
    }
    for (unsigned i = 0; i < blk->queue_count && !blk->failed; i++)
        collect(blk, &blk->queues[i].ring);
    if (blk->block.finished == before)
        device_failed(blk, came ? ERR_DEVICE : ERR_TIMEOUT, "a request never ends");
}

static bool in_flight(const struct virtio_blk *blk)
{
    return blk->free_slots != blk->all_slots;
}

int virtio_blk_run(struct virtio_blk *blk, const struct virtio_blk_command *command,
                   uint32_t timeout_ms)
{
    struct block_request request = {.done = false};
    int error;
    while ((error = start(blk, &request, command)) == ERR_NO_SPACE && in_flight(blk))
        await(blk, timeout_ms); /* somebody else's requests */
    if (error)
        return error;
    while (!request.done)
        await(blk, timeout_ms);
    blk->block.finished--; /* nobody is going to reap it */
    return request.result;
}

/* --- the block interface ---------------------------------------------------------------------- */

static int read_blocks(struct block_dev *dev, uint64_t offset, void *buffer, uint32_t length)
{
    const struct virtio_blk_command command = {VIRTIO_BLK_T_IN, length,
                                               offset / VIRTIO_BLK_SECTOR_SIZE, buffer};
    return virtio_blk_run((struct virtio_blk *)dev, &command, POLL_TIMEOUT_MS);
}

static int write_blocks(struct block_dev *dev, uint64_t offset, const void *buffer, uint32_t length)
{
    const struct virtio_blk_command command = {VIRTIO_BLK_T_OUT, length,
                                               offset / VIRTIO_BLK_SECTOR_SIZE, buffer};
    return virtio_blk_run((struct virtio_blk *)dev, &command, POLL_TIMEOUT_MS);
}

/*
 * Without FLUSH there is nothing to be sent: a device that offers it, to a driver that takes
 * neither it nor CONFIG_WCE, has a write on stable storage before it is done, and so it has where
 * CONFIG_WCE says write-through, which blk_setup.c sees to (section 5.2.6.2). A device that does
 * not offer it has no cache that a driver could reach.
 */
static bool flushes(const struct virtio_blk *blk)
{
    return virtio_has(blk->features, VIRTIO_BLK_F_FLUSH);
}

static int flush(struct block_dev *dev)
{
    static const struct virtio_blk_command command = {.type = VIRTIO_BLK_T_FLUSH};
    struct virtio_blk *blk = (struct virtio_blk *)dev;
    if (!flushes(blk))
        return blk->failed ? ERR_DEVICE : ERR_OK;
    return virtio_blk_run(blk, &command, FLUSH_TIMEOUT_MS);
}

static int submit(struct block_dev *dev, struct block_request *request)
{
    static const uint8_t types[] = {[BLOCK_READ] = VIRTIO_BLK_T_IN,
                                    [BLOCK_WRITE] = VIRTIO_BLK_T_OUT,
                                    [BLOCK_FLUSH] = VIRTIO_BLK_T_FLUSH};
    struct virtio_blk *blk = (struct virtio_blk *)dev;
    struct virtio_blk_command command = {.type = types[request->op]};
    if (request->op != BLOCK_FLUSH) {
        command.length = request->length;
        command.sector = request->offset / VIRTIO_BLK_SECTOR_SIZE;
        command.data = request->buffer;
    }
    if (request->op == BLOCK_FLUSH ? flushes(blk) : request->length > 0)
        return start(blk, request, &command);
    if (blk->failed)
        return ERR_DEVICE;
    finish(blk, request, ERR_OK); /* nothing to be done */
    return ERR_OK;
}

static int reap(struct block_dev *dev, uint32_t timeout_ms)
{
    struct virtio_blk *blk = (struct virtio_blk *)dev;
    if (dev->finished == 0 && in_flight(blk))
        await(blk, timeout_ms);
    unsigned finished = dev->finished;
    dev->finished = 0;
    return (int)finished;
}

const struct block_ops virtio_blk_ops = {
    .read = read_blocks,
    .write = write_blocks,
    .flush = flush,
    .submit = submit,
    .kick = kick,
    .reap = reap,
};

int virtio_blk_get_id(struct virtio_blk *blk, char id[VIRTIO_BLK_ID_BYTES + 1])
{
    const struct virtio_blk_command command = {VIRTIO_BLK_T_GET_ID, VIRTIO_BLK_ID_BYTES, 0, id};
    for (unsigned i = 0; i <= VIRTIO_BLK_ID_BYTES; i++)
        id[i] = '\0'; /* a short id is padded with zeros, which the device need not send */
    return virtio_blk_run(blk, &command, POLL_TIMEOUT_MS);
}
