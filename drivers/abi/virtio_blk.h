/* SPDX-License-Identifier: MIT */
/* virtio-blk: features, configuration, requests (VIRTIO 1.2 section 5.2). */
#ifndef ABI_VIRTIO_BLK_H
#define ABI_VIRTIO_BLK_H

#include "virtio.h"

#include <stdint.h>

/* Feature bit numbers */
#define VIRTIO_BLK_F_SIZE_MAX 1
#define VIRTIO_BLK_F_SEG_MAX 2
#define VIRTIO_BLK_F_GEOMETRY 4
#define VIRTIO_BLK_F_RO 5
#define VIRTIO_BLK_F_BLK_SIZE 6
#define VIRTIO_BLK_F_FLUSH 9
#define VIRTIO_BLK_F_TOPOLOGY 10
#define VIRTIO_BLK_F_CONFIG_WCE 11
#define VIRTIO_BLK_F_MQ 12
#define VIRTIO_BLK_F_DISCARD 13
#define VIRTIO_BLK_F_WRITE_ZEROES 14

/* What a person calls the features that can be switched on and off, on either side */
#define VIRTIO_BLK_FEATURE_NAMES(X)                                                                \
    X("size_max", VIRTIO_BLK_F_SIZE_MAX)                                                           \
    X("seg_max", VIRTIO_BLK_F_SEG_MAX)                                                             \
    X("blk_size", VIRTIO_BLK_F_BLK_SIZE)                                                           \
    X("flush", VIRTIO_BLK_F_FLUSH)                                                                 \
    X("config_wce", VIRTIO_BLK_F_CONFIG_WCE)                                                       \
    X("mq", VIRTIO_BLK_F_MQ)                                                                       \
    X("discard", VIRTIO_BLK_F_DISCARD)                                                             \
    X("write_zeroes", VIRTIO_BLK_F_WRITE_ZEROES)                                                   \
    X("indirect_desc", VIRTIO_F_INDIRECT_DESC)                                                     \
    X("event_idx", VIRTIO_F_EVENT_IDX)                                                             \
    X("ring_packed", VIRTIO_F_RING_PACKED)

/* Device configuration: offsets */
#define VIRTIO_BLK_CFG_CAPACITY 0x00            /* u64, units of 512 bytes whatever blk_size says */
#define VIRTIO_BLK_CFG_SIZE_MAX 0x08            /* u32 */
#define VIRTIO_BLK_CFG_SEG_MAX 0x0c             /* u32 */
#define VIRTIO_BLK_CFG_BLK_SIZE 0x14            /* u32 */
#define VIRTIO_BLK_CFG_WRITEBACK 0x20           /* u8, rw with CONFIG_WCE: 1 = write-back */
#define VIRTIO_BLK_CFG_NUM_QUEUES 0x22          /* u16 */
#define VIRTIO_BLK_CFG_MAX_DISCARD_SECTORS 0x24 /* u32, like the four that follow */
#define VIRTIO_BLK_CFG_MAX_DISCARD_SEG 0x28
#define VIRTIO_BLK_CFG_DISCARD_SECTOR_ALIGNMENT 0x2c
#define VIRTIO_BLK_CFG_MAX_WRITE_ZEROES_SECTORS 0x30
#define VIRTIO_BLK_CFG_MAX_WRITE_ZEROES_SEG 0x34
#define VIRTIO_BLK_CFG_WRITE_ZEROES_MAY_UNMAP 0x38 /* u8 */
#define VIRTIO_BLK_CFG_SIZE 0x3c

#define VIRTIO_BLK_T_IN 0
#define VIRTIO_BLK_T_OUT 1
#define VIRTIO_BLK_T_FLUSH 4
#define VIRTIO_BLK_T_GET_ID 8
#define VIRTIO_BLK_T_DISCARD 11
#define VIRTIO_BLK_T_WRITE_ZEROES 13

#define VIRTIO_BLK_S_OK 0
#define VIRTIO_BLK_S_IOERR 1
#define VIRTIO_BLK_S_UNSUPP 2

#define VIRTIO_BLK_SECTOR_SIZE 512
#define VIRTIO_BLK_ID_BYTES 20 /* not NUL-terminated if full */

/* A request: this header (device-readable), data, one status byte (device-writable, last) */
struct virtio_blk_req_header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};
_Static_assert(sizeof(struct virtio_blk_req_header) == 16, "virtio_blk_req_header");

/* What DISCARD and WRITE_ZEROES carry as data, one or more of them (section 5.2.6) */
struct virtio_blk_range {
    uint64_t sector;
    uint32_t sectors;
    uint32_t flags;
};
_Static_assert(sizeof(struct virtio_blk_range) == 16, "virtio_blk_range");
#define VIRTIO_BLK_RANGE_UNMAP 0x1 /* flags, WRITE_ZEROES only */

#endif
