/* SPDX-License-Identifier: MIT */
/* Setting virtio-blk's driver up: features, configuration, queues, interrupts (VIRTIO 1.2 section 5.2.5). */
#include "../errors.h"
#include "../platform.h"
#include "blk_internal.h"

#define REQUEST_QUEUE 0 /* the first */
#define MAX_TRANSFER (4u * 1024 * 1024)
#define MAX_BLOCK_SIZE 65536 /* larger than any disk's */

#define BIT(feature) (1ull << (feature))
/* What costs a boot of one request at a time nothing */
#define DEFAULT_FEATURES                                                                           \
    (BIT(VIRTIO_BLK_F_SIZE_MAX) | BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_RO) |               \
     BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_FLUSH))
/* What this driver knows what to do with */
#define KNOWN_FEATURES                                                                             \
    (DEFAULT_FEATURES | BIT(VIRTIO_BLK_F_CONFIG_WCE) | BIT(VIRTIO_BLK_F_MQ) |                      \
     BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_BLK_F_WRITE_ZEROES) | BIT(VIRTIO_F_INDIRECT_DESC) |    \
     BIT(VIRTIO_F_EVENT_IDX) | BIT(VIRTIO_F_RING_PACKED))

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

static uint32_t config(struct virtio_blk *blk, unsigned feature, unsigned offset, unsigned width,
                       uint32_t otherwise)
{
    if (!virtio_has(blk->features, feature))
        return otherwise;
    return blk->transport->ops->config_read(blk->transport, offset, width);
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
        config(blk, VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_CFG_BLK_SIZE, 4, VIRTIO_BLK_SECTOR_SIZE);
    if (!power_of_two(block_size) || block_size < VIRTIO_BLK_SECTOR_SIZE ||
        block_size > MAX_BLOCK_SIZE)
        return refuse(blk, "blk_size", block_size);
    blk->block.block_size = block_size;
    blk->block.size = capacity * VIRTIO_BLK_SECTOR_SIZE & ~(uint64_t)(block_size - 1);
    blk->block.write_end = blk->block.size;
    blk->block.read_only = virtio_has(blk->features, VIRTIO_BLK_F_RO);
    return ERR_OK;
}

/* What a queue that the device offers with so many entries is used with; 0 = not at all. */
static uint16_t usable_size(const struct virtio_blk *blk, uint16_t offered)
{
    bool packed = virtio_has(blk->features, VIRTIO_F_RING_PACKED); /* of any size */
    if (offered > VIRTQ_SIZE_MAX || offered <= VIRTIO_BLK_FIXED_DESCRIPTORS ||
        (!packed && !power_of_two(offered)))
        return 0;
    return offered < VRING_MAX_SIZE ? offered : VRING_MAX_SIZE;
}

/* How long a request may be, and in how many pieces. */
static int read_limits(struct virtio_blk *blk, uint16_t ring_size)
{
    unsigned room = ring_size < VIRTIO_BLK_DESCRIPTORS_MAX ? ring_size : VIRTIO_BLK_DESCRIPTORS_MAX;
    blk->seg_max = config(blk, VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_CFG_SEG_MAX, 4, UINT32_MAX);
    if (blk->seg_max == 0)
        return refuse(blk, "seg_max", blk->seg_max);
    if (blk->seg_max > room - VIRTIO_BLK_FIXED_DESCRIPTORS)
        blk->seg_max = room - VIRTIO_BLK_FIXED_DESCRIPTORS;

    blk->size_max = 0;
    blk->block.max_transfer = MAX_TRANSFER;
    if (!virtio_has(blk->features, VIRTIO_BLK_F_SIZE_MAX))
        return ERR_OK;
    uint32_t size_max = config(blk, VIRTIO_BLK_F_SIZE_MAX, VIRTIO_BLK_CFG_SIZE_MAX, 4, 0);
    uint64_t longest = (uint64_t)blk->seg_max * (size_max & ~(VIRTIO_BLK_SECTOR_SIZE - 1u));
    longest &= ~(uint64_t)(blk->block.block_size - 1);
    if (longest == 0)
        return refuse(blk, "size_max", size_max);
    blk->size_max = size_max & ~(VIRTIO_BLK_SECTOR_SIZE - 1u); /* whole sectors in each piece */
    if (longest < MAX_TRANSFER)
        blk->block.max_transfer = (uint32_t)longest;
    return ERR_OK;
}

/* Descriptors of a ring that the longest request takes. */
static unsigned longest_request(const struct virtio_blk *blk)
{
    if (virtio_has(blk->features, VIRTIO_F_INDIRECT_DESC))
        return 1;
    unsigned pieces = 1;
    if (blk->size_max)
        pieces = (blk->block.max_transfer + blk->size_max - 1) / blk->size_max;
    return pieces + VIRTIO_BLK_FIXED_DESCRIPTORS;
}

/* Each queue gets as many slots of its own as its ring can take requests, whatever their length. */
static void share_slots(struct virtio_blk *blk, uint16_t ring_size)
{
    unsigned each = ring_size / longest_request(blk);
    if (each > VIRTIO_BLK_DEPTH_MAX / blk->queue_count)
        each = VIRTIO_BLK_DEPTH_MAX / blk->queue_count;
    blk->all_slots = 0;
    for (unsigned i = 0; i < blk->queue_count; i++) {
        blk->queues[i].slots = UINT64_MAX >> (VIRTIO_BLK_DEPTH_MAX - each) << i * each;
        blk->all_slots |= blk->queues[i].slots;
    }
    blk->free_slots = blk->all_slots;
    blk->block.depth = each * blk->queue_count;
}

static int enable_queue(struct virtio_blk *blk, uint16_t index, uint16_t size)
{
    struct vring *ring = &blk->queues[index].ring;
    vring_init(ring, size, blk->features, blk->memory->rings[index]);
    struct virtio_queue_addresses addresses = vring_addresses(ring);
    return blk->transport->ops->queue_enable(blk->transport, index, size, &addresses);
}

/* wanted: queues; 0 = 1. The device may have fewer, or smaller ones than the first, which are left out. */
static int set_up_queues(struct virtio_blk *blk, unsigned wanted)
{
    struct virtio_transport *t = blk->transport;
    uint16_t offered = t->ops->queue_size(t, REQUEST_QUEUE);
    uint16_t size = usable_size(blk, offered);
    if (size == 0)
        return refuse(blk, "queue size", offered);
    int error = read_limits(blk, size);
    if (error)
        return error;
    unsigned count = config(blk, VIRTIO_BLK_F_MQ, VIRTIO_BLK_CFG_NUM_QUEUES, 2, 1);
    if (count == 0)
        return refuse(blk, "num_queues", count);
    if (count > wanted)
        count = wanted;
    for (uint16_t i = 0; i < count; i++) {
        if (i > 0 && usable_size(blk, t->ops->queue_size(t, i)) < size)
            break;
        error = enable_queue(blk, i, size);
        if (error)
            return error;
        blk->queue_count++;
    }
    share_slots(blk, size);
    return ERR_OK;
}

static void set_up_interrupts(struct virtio_blk *blk)
{
    int error = blk->transport->ops->set_interrupt(blk->transport, &blk->interrupt);
    if (error)
        platform_log("%s: polled, for want of an interrupt: %s", blk->name, error_text(error));
    else
        blk->woken_by = &blk->interrupt;
}

static int set_up(struct virtio_blk *blk, const struct virtio_blk_setup *setup, unsigned queues)
{
    int error = read_geometry(blk);
    if (!error && setup->interrupts)
        set_up_interrupts(blk);
    if (!error)
        error = set_up_queues(blk, queues);
    if (error)
        return error;
    /* Write-through: nothing else can keep a driver's promise that has no flush. */
    if (virtio_has(blk->features, VIRTIO_BLK_F_CONFIG_WCE) &&
        !virtio_has(blk->features, VIRTIO_BLK_F_FLUSH))
        error = virtio_blk_set_writeback(blk, false);
    return error ? error : virtio_driver_ok(blk->transport);
}

int virtio_blk_init(struct virtio_blk *blk, struct virtio_transport *transport,
                    const struct virtio_blk_setup *setup, unsigned index,
                    struct virtio_blk_memory *memory)
{
    unsigned queues = setup->queues < VIRTIO_BLK_QUEUES_MAX ? setup->queues : VIRTIO_BLK_QUEUES_MAX;
    uint64_t wanted = DEFAULT_FEATURES;
    if (queues > 1)
        wanted |= BIT(VIRTIO_BLK_F_MQ);
    else
        queues = 1;
    wanted = ((wanted & ~setup->features_off) | setup->features_on) & KNOWN_FEATURES;
    blk->transport = transport;
    blk->memory = memory;
    blk->failed = false;
    blk->interrupt = (struct interrupt){.count = 0};
    blk->woken_by = NULL;
    blk->next_queue = 0;
    blk->queue_count = 0;
    blk->free_slots = blk->all_slots = 0;
    blk->block = (struct block_dev){.name = blk->name, .ops = &virtio_blk_ops};
    make_name(blk, index);
    int error = virtio_negotiate(transport, wanted, &blk->features);
    if (error)
        return error;
    error = set_up(blk, setup, queues);
    if (error) {
        blk->failed = true;
        virtio_fail(transport);
    }
    return error;
}
