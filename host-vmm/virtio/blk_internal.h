/* SPDX-License-Identifier: MIT */
/* What blk.c and blk_request.c share. */
#ifndef HOST_VIRTIO_BLK_INTERNAL_H
#define HOST_VIRTIO_BLK_INTERNAL_H

#include "blk.h"

/* Limits that the configuration announces */
#define VIRTIO_BLK_MAX_RANGE_SECTORS (1u << 21) /* 1 GiB */
#define VIRTIO_BLK_DISCARD_ALIGNMENT 8          /* sectors: what file systems give back is pages */

/* Makes request out of blk->chain, which has a status byte: everything from status_byte on. */
void virtio_blk_prepare(struct virtio_blk_model *blk, struct virtio_blk_request *request);

/* Sets request->io up for the next range that has any sectors; false when all are done. */
bool virtio_blk_next_range(struct virtio_blk_request *request);

/* Stores what the driver is to read. Returns the length for the used ring: how many bytes, counted
 * from the first device-writable one without a gap, were written (section 2.7.8.2). */
uint32_t virtio_blk_store_results(const struct virtio_blk_model *blk,
                                  struct virtio_blk_request *request);

#endif
