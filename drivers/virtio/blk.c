/* SPDX-License-Identifier: MIT */
/*
 * virtio-blk (VIRTIO 1.2 section 5.2): one request at a time, polled. A request is a chain of
 * header, data in as many descriptors as the device wants, and a status byte that the device must
 * overwrite.
 */
#include "blk.h"

#include "../errors.h"
#include "../poll.h"

#define REQUEST_QUEUE 0
#define MAX_TRANSFER (4u * 1024 * 1024)
#define MAX_BLOCK_SIZE 65536 /* larger than any disk's */
#define FLUSH_TIMEOUT_MS 30000
#define STATUS_POISON 0xff  /* no status that section 5.2.6 defines */
#define FIXED_DESCRIPTORS 2 /* header and status */

/* --- one request ------------------------------------------------------------------------------ */

/* Splits the data into descriptors of at most size_max bytes; returns how many there are. */
static unsigned add_data(const struct virtio_blk *blk, struct vring_buffer *buffers,
                         const volatile void *data, uint32_t length, bool device_writes)
{
    const volatile uint8_t *at = data;
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

/* Nothing that the device still holds may be used by it after this. */
static int device_failed(struct virtio_blk *blk, int error, const char *why)
{
    platform_log("%s: %s", blk->name, why);
    blk->failed = true;
    virtio_reset(blk->transport);
    return error;
}

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

/* length is at most max_transfer. */
static int request(struct virtio_blk *blk, uint32_t type, uint64_t sector,
                   const volatile void *data, uint32_t length, uint32_t timeout_ms)
{
    struct vring_buffer buffers[VRING_MAX_SIZE];
    bool device_writes = type != VIRTIO_BLK_T_OUT;
    void *token = NULL;
    if (blk->failed)
        return ERR_DEVICE;

    blk->header = (struct virtio_blk_req_header){.type = type, .sector = sector};
    blk->status = STATUS_POISON;
    buffers[0] = (struct vring_buffer){.address = &blk->header, .length = sizeof(blk->header)};
    unsigned count = 1 + add_data(blk, buffers + 1, data, length, device_writes);
    buffers[count++] =
        (struct vring_buffer){.address = &blk->status, .length = 1, .device_writes = true};

    int error = vring_add(&blk->ring, buffers, count, blk);
    if (error)
        return error;
    if (vring_needs_notify(&blk->ring))
        blk->transport->ops->notify(blk->transport, REQUEST_QUEUE);
    if (!poll_until(vring_has_used(&blk->ring), timeout_ms))
        return device_failed(blk, ERR_TIMEOUT, "a request never ends");
    if (vring_take(&blk->ring, &token) != 1 || token != blk)
        return device_failed(blk, ERR_DEVICE, "the used ring names what was not asked for");
    return result_of_status(blk->status);
}

/* --- the block interface ---------------------------------------------------------------------- */

static int read_blocks(struct block_dev *dev, uint64_t offset, void *buffer, uint32_t length)
{
    return request((struct virtio_blk *)dev, VIRTIO_BLK_T_IN, offset / VIRTIO_BLK_SECTOR_SIZE,
                   buffer, length, POLL_TIMEOUT_MS);
}

static int write_blocks(struct block_dev *dev, uint64_t offset, const void *buffer, uint32_t length)
{
    return request((struct virtio_blk *)dev, VIRTIO_BLK_T_OUT, offset / VIRTIO_BLK_SECTOR_SIZE,
                   buffer, length, POLL_TIMEOUT_MS);
}

static int flush(struct block_dev *dev)
{
    struct virtio_blk *blk = (struct virtio_blk *)dev;
    /* FLUSH is always accepted, so without it the device does not know the command: there is no
     * volatile cache that a driver could reach (sections 5.2.3 and 5.2.6.2). */
    if (!virtio_has(blk->features, VIRTIO_BLK_F_FLUSH))
        return blk->failed ? ERR_DEVICE : ERR_OK;
    return request(blk, VIRTIO_BLK_T_FLUSH, 0, NULL, 0, FLUSH_TIMEOUT_MS);
}

static const struct block_ops virtio_blk_ops = {
    .read = read_blocks,
    .write = write_blocks,
    .flush = flush,
};

int virtio_blk_get_id(struct virtio_blk *blk, char id[VIRTIO_BLK_ID_BYTES + 1])
{
    for (unsigned i = 0; i <= VIRTIO_BLK_ID_BYTES; i++)
        id[i] = '\0'; /* a short id is padded with zeros, which the device need not send */
    return request(blk, VIRTIO_BLK_T_GET_ID, 0, id, VIRTIO_BLK_ID_BYTES, POLL_TIMEOUT_MS);
}

/* --- setting up ------------------------------------------------------------------------------- */

static void make_name(struct virtio_blk *blk, unsigned index)
{
    static const char prefix[] = "virtio-blk";
    unsigned length = 0;
    for (; prefix[length]; length++)
        blk->name[length] = prefix[length];
    if (index >= 10)
        blk->name[length++] = (char)('0' + index / 10 % 10);
    blk->name[length++] = (char)('0' + index % 10);
    blk->name[length] = '\0';
}

static int refuse(const struct virtio_blk *blk, const char *what, uint64_t value)
{
    platform_log("%s: %s of %llu makes no sense", blk->name, what, (unsigned long long)value);
    return ERR_UNSUPPORTED;
}

static uint32_t config32(struct virtio_blk *blk, unsigned feature, unsigned offset,
                         uint32_t otherwise)
{
    if (!virtio_has(blk->features, feature))
        return otherwise;
    return blk->transport->ops->config_read(blk->transport, offset, 4);
}

static bool power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static int read_geometry(struct virtio_blk *blk)
{
    uint64_t capacity;
    int error = virtio_config_read64(blk->transport, VIRTIO_BLK_CFG_CAPACITY, &capacity);
    if (error)
        return error;
    if (capacity == 0 || capacity > INT64_MAX / VIRTIO_BLK_SECTOR_SIZE)
        return refuse(blk, "capacity", capacity);
    uint32_t block_size =
        config32(blk, VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_CFG_BLK_SIZE, VIRTIO_BLK_SECTOR_SIZE);
    if (!power_of_two(block_size) || block_size < VIRTIO_BLK_SECTOR_SIZE ||
        block_size > MAX_BLOCK_SIZE)
        return refuse(blk, "blk_size", block_size);
    blk->block.block_size = block_size;
    blk->block.size = capacity * VIRTIO_BLK_SECTOR_SIZE & ~(uint64_t)(block_size - 1);
    blk->block.write_end = blk->block.size;
    blk->block.read_only = virtio_has(blk->features, VIRTIO_BLK_F_RO);
    return ERR_OK;
}

/* How long a request may be, and in how many pieces; queue_size is what the device offers. */
static int read_limits(struct virtio_blk *blk, uint16_t queue_size)
{
    if (!power_of_two(queue_size) || queue_size > VIRTQ_SIZE_MAX || queue_size <= FIXED_DESCRIPTORS)
        return refuse(blk, "queue size", queue_size);
    unsigned room = queue_size < VRING_MAX_SIZE ? queue_size : VRING_MAX_SIZE;
    blk->seg_max = config32(blk, VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_CFG_SEG_MAX, UINT32_MAX);
    if (blk->seg_max == 0)
        return refuse(blk, "seg_max", blk->seg_max);
    if (blk->seg_max > room - FIXED_DESCRIPTORS)
        blk->seg_max = room - FIXED_DESCRIPTORS;

    blk->size_max = 0;
    blk->block.max_transfer = MAX_TRANSFER;
    if (!virtio_has(blk->features, VIRTIO_BLK_F_SIZE_MAX))
        return ERR_OK;
    uint32_t size_max = config32(blk, VIRTIO_BLK_F_SIZE_MAX, VIRTIO_BLK_CFG_SIZE_MAX, 0);
    uint64_t longest = (uint64_t)blk->seg_max * (size_max & ~(VIRTIO_BLK_SECTOR_SIZE - 1u));
    longest &= ~(uint64_t)(blk->block.block_size - 1);
    if (longest == 0)
        return refuse(blk, "size_max", size_max);
    blk->size_max = size_max & ~(VIRTIO_BLK_SECTOR_SIZE - 1u); /* whole sectors in each piece */
    if (longest < MAX_TRANSFER)
        blk->block.max_transfer = (uint32_t)longest;
    return ERR_OK;
}

/* Entries for the longest chain: with one request at a time more would only be more to set up. */
static uint16_t ring_size(const struct virtio_blk *blk)
{
    uint32_t pieces = 1;
    if (blk->size_max)
        pieces = (blk->block.max_transfer + blk->size_max - 1) / blk->size_max;
    uint16_t size = 2;
    while (size < pieces + FIXED_DESCRIPTORS)
        size *= 2;
    return size;
}

static int set_up(struct virtio_blk *blk, void *memory)
{
    struct virtio_transport *t = blk->transport;
    int error = read_geometry(blk);
    if (!error)
        error = read_limits(blk, t->ops->queue_size(t, REQUEST_QUEUE));
    if (error)
        return error;
    vring_init(&blk->ring, ring_size(blk), memory);
    struct virtio_queue_addresses addresses = vring_addresses(&blk->ring);
    error = t->ops->queue_enable(t, REQUEST_QUEUE, blk->ring.size, &addresses);
    return error ? error : virtio_driver_ok(t);
}

int virtio_blk_init(struct virtio_blk *blk, struct virtio_transport *transport, unsigned index,
                    void *memory)
{
    const uint64_t wanted = 1ull << VIRTIO_BLK_F_SIZE_MAX | 1ull << VIRTIO_BLK_F_SEG_MAX |
                            1ull << VIRTIO_BLK_F_RO | 1ull << VIRTIO_BLK_F_BLK_SIZE |
                            1ull << VIRTIO_BLK_F_FLUSH;
    blk->transport = transport;
    blk->failed = false;
    blk->block = (struct block_dev){.name = blk->name, .ops = &virtio_blk_ops};
    make_name(blk, index);
    int error = virtio_negotiate(transport, wanted, &blk->features);
    if (error)
        return error;
    error = set_up(blk, memory);
    if (error) {
        blk->failed = true;
        virtio_fail(transport);
    }
    return error;
}
