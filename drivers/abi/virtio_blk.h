/* SPDX-License-Identifier: MIT */
/* virtio-blk: features, configuration, requests (VIRTIO 1.2 section 5.2). */
#ifndef ABI_VIRTIO_BLK_H
#define ABI_VIRTIO_BLK_H

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

/* Device configuration: offsets */
#define VIRTIO_BLK_CFG_CAPACITY 0x00 /* u64, units of 512 bytes whatever blk_size says */
#define VIRTIO_BLK_CFG_SIZE_MAX 0x08 /* u32 */
#define VIRTIO_BLK_CFG_SEG_MAX 0x0c  /* u32 */
#define VIRTIO_BLK_CFG_BLK_SIZE 0x14 /* u32 */
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

#endif
