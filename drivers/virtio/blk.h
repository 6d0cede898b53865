/* SPDX-License-Identifier: MIT */
/*
 * virtio-blk (VIRTIO 1.2 section 5.2) over any transport: many requests in flight, in one queue or
 * several, polled or by interrupt. Its struct block_dev has all of block.h.
 */
#ifndef DRIVERS_VIRTIO_BLK_H
#define DRIVERS_VIRTIO_BLK_H

#include "../abi/virtio_blk.h"
#include "../block.h"
#include "../interrupt.h"
#include "virtio.h"
#include "vring.h"

#define VIRTIO_BLK_QUEUES_MAX 8
#define VIRTIO_BLK_DEPTH_MAX 64       /* requests in flight, in all queues */
#define VIRTIO_BLK_DESCRIPTORS_MAX 64 /* of one request, header and status among them */

/* How the driver is to drive its device; all zeros is what it does by itself. */
struct virtio_blk_setup {
    uint64_t features_on, features_off; /* asked for is (the driver's own set & ~off) | on */
    unsigned queues; /* request queues, as many as the device has at most; 0 = 1 */
    bool interrupts; /* sleep where platform and device can wake; else poll */
};

/* What the device reads and writes of one request in flight. */
struct virtio_blk_slot {
    struct virtq_desc table[VIRTIO_BLK_DESCRIPTORS_MAX];
    struct virtio_blk_req_header header;
    volatile uint8_t status;
};

/* All that the driver shares with the device, but for the data: about 130 KiB. None of it need be
 * cleared, and what is not used is never touched. */
struct virtio_blk_memory {
    uint8_t rings[VIRTIO_BLK_QUEUES_MAX][VRING_BYTES];
    struct virtio_blk_slot slots[VIRTIO_BLK_DEPTH_MAX];
    struct virtio_blk_range range; /* of DISCARD and WRITE_ZEROES, one at a time */
} __attribute__((aligned(4096)));

struct virtio_blk_queue {
    uint64_t slots; /* those that belong to this queue, as bits */
    struct vring ring;
};

struct virtio_blk {
    struct block_dev block;
    struct virtio_transport *transport;
    struct virtio_blk_memory *memory;
    uint64_t features; /* agreed on */
    uint32_t size_max; /* bytes one descriptor may carry; 0 = no limit */
    uint32_t seg_max;  /* data descriptors in one request */
    bool failed;       /* timed out or lied: every later request fails */
    char name[16];
    struct interrupt interrupt;                           /* of all queues */
    struct interrupt *woken_by;                           /* &interrupt, or NULL: polled */
    uint16_t queue_count;                                 /* in use */
    uint16_t next_queue;                                  /* round robin */
    uint64_t all_slots;                                   /* as bits: in use at all */
    uint64_t free_slots;                                  /* and of those, the free ones */
    struct block_request *requests[VIRTIO_BLK_DEPTH_MAX]; /* by slot; valid where it is not free */
    struct virtio_blk_queue queues[VIRTIO_BLK_QUEUES_MAX];
};

/* Handshake, queues, configuration. index goes into the name. blk and memory stay where they are, in RAM
 * that the device can reach.
 * ERR_UNSUPPORTED for a device that refuses the handshake or whose configuration makes no sense. */
int virtio_blk_init(struct virtio_blk *blk, struct virtio_transport *transport,
                    const struct virtio_blk_setup *setup, unsigned index,
                    struct virtio_blk_memory *memory);

/* GET_ID: id receives up to 20 bytes and a final NUL. */
int virtio_blk_get_id(struct virtio_blk *blk, char id[VIRTIO_BLK_ID_BYTES + 1]);

/* DISCARD: the content of these bytes is of no use any more, and may be anything afterwards. WRITE_ZEROES:
 * reads as zeros afterwards; unmap: the device may give the space back. Bytes, whole blocks, as for
 * block_write(); as many requests as the device's limits ask for, one after the other.
 * ERR_UNSUPPORTED where that was not agreed on. */
int virtio_blk_discard(struct virtio_blk *blk, uint64_t offset, uint64_t length);
int virtio_blk_write_zeroes(struct virtio_blk *blk, uint64_t offset, uint64_t length, bool unmap);

/* CONFIG_WCE (section 5.2.5): true: writes are on stable storage after a flush; false: as soon as they are
 * done. ERR_UNSUPPORTED where that was not agreed on, or (true) where there is no flush; ERR_DEVICE
 * when it does not stick. */
int virtio_blk_set_writeback(struct virtio_blk *blk, bool writeback);

#endif
