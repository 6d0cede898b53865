/* SPDX-License-Identifier: MIT */
/* What the files of virtio-blk's driver share: blk.c (requests), blk_setup.c, blk_extras.c. */
#ifndef DRIVERS_VIRTIO_BLK_INTERNAL_H
#define DRIVERS_VIRTIO_BLK_INTERNAL_H

#include "blk.h"

#define VIRTIO_BLK_FIXED_DESCRIPTORS 2 /* header and status */

struct virtio_blk_command {
    uint32_t type; /* VIRTIO_BLK_T_* */
    uint32_t length;
    uint64_t sector;
    const volatile void *data;
};

/* Runs one command to its end, beside whatever is in flight. data is at most max_transfer long. */
int virtio_blk_run(struct virtio_blk *blk, const struct virtio_blk_command *command,
                   uint32_t timeout_ms);

extern const struct block_ops virtio_blk_ops;

#endif
