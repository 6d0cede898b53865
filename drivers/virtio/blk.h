/* SPDX-License-Identifier: MIT */
/* virtio-blk (VIRTIO 1.2 section 5.2), polled, one request at a time, over any transport. */
#ifndef DRIVERS_VIRTIO_BLK_H
#define DRIVERS_VIRTIO_BLK_H

#include "../abi/virtio_blk.h"
#include "../block.h"
#include "virtio.h"
#include "vring.h"

struct virtio_blk {
    struct block_dev block;
    struct virtio_transport *transport;
    struct vring ring;
    uint64_t features;
    uint32_t size_max;                   /* bytes one descriptor may carry; 0 = no limit */
    uint32_t seg_max;                    /* data descriptors in one chain */
    bool failed;                         /* timed out or lied: every later request fails */
    struct virtio_blk_req_header header; /* shared with the device */
    volatile uint8_t status;             /* shared with the device */
    char name[16];
};

#define VIRTIO_BLK_MEMORY_BYTES 8192 /* what virtio_blk_init() wants for its ring */

/* Handshake, queue, configuration. memory is VIRTIO_BLK_MEMORY_BYTES long and 4096-aligned, and blk
 * itself must be where the device can reach it. index goes into the name.
 * ERR_UNSUPPORTED for a device that refuses the handshake or whose configuration makes no sense. */
int virtio_blk_init(struct virtio_blk *blk, struct virtio_transport *transport, unsigned index,
                    void *memory);

/* GET_ID: id receives up to 20 bytes and a final NUL. */
int virtio_blk_get_id(struct virtio_blk *blk, char id[VIRTIO_BLK_ID_BYTES + 1]);

#endif
