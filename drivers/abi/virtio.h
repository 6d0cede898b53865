/* SPDX-License-Identifier: MIT */
/* virtio 1.x: device status, feature bits, split and packed virtqueues (VIRTIO 1.2 sections 2.1,
 * 2.2, 2.7, 2.8, 6). */
#ifndef ABI_VIRTIO_H
#define ABI_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTIO_STATUS_ACKNOWLEDGE 0x01
#define VIRTIO_STATUS_DRIVER 0x02
#define VIRTIO_STATUS_DRIVER_OK 0x04
#define VIRTIO_STATUS_FEATURES_OK 0x08
#define VIRTIO_STATUS_NEEDS_RESET 0x40
#define VIRTIO_STATUS_FAILED 0x80

/* Feature bit numbers */
#define VIRTIO_F_INDIRECT_DESC 28
#define VIRTIO_F_EVENT_IDX 29
#define VIRTIO_F_VERSION_1 32
#define VIRTIO_F_ACCESS_PLATFORM 33
#define VIRTIO_F_RING_PACKED 34
#define VIRTIO_F_NOTIFICATION_DATA 38
#define VIRTIO_F_RING_RESET 40

#define VIRTIO_DEVICE_BLOCK 2

#define VIRTQ_DESC_F_NEXT 1
#define VIRTQ_DESC_F_WRITE 2
#define VIRTQ_DESC_F_INDIRECT 4
#define VIRTQ_AVAIL_F_NO_INTERRUPT 1
#define VIRTQ_USED_F_NO_NOTIFY 1
#define VIRTQ_SIZE_MAX 32768

struct virtq_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};
_Static_assert(sizeof(struct virtq_desc) == 16, "virtq_desc");

struct virtq_avail {
    uint16_t flags;
    uint16_t idx;
    uint16_t ring[];
};
_Static_assert(offsetof(struct virtq_avail, ring) == 4, "virtq_avail");

struct virtq_used_elem {
    uint32_t id;
    uint32_t len; /* bytes the device wrote */
};
_Static_assert(sizeof(struct virtq_used_elem) == 8, "virtq_used_elem");

struct virtq_used {
    uint16_t flags;
    uint16_t idx;
    struct virtq_used_elem ring[];
};
_Static_assert(offsetof(struct virtq_used, ring) == 4, "virtq_used");

/* Sizes in bytes and alignments of the three parts for a queue of n entries (section 2.7) */
#define VIRTQ_DESC_ALIGN 16
#define VIRTQ_AVAIL_ALIGN 2
#define VIRTQ_USED_ALIGN 4
#define VIRTQ_DESC_BYTES(n) (16ull * (n))
#define VIRTQ_AVAIL_BYTES(n) (6ull + 2ull * (n))
#define VIRTQ_USED_BYTES(n) (6ull + 8ull * (n))

/* EVENT_IDX: a u16 behind the last entry of either ring, from the start of avail and of used: of
 * which used entry the driver wants to hear, of which available one the device */
#define VIRTQ_AVAIL_USED_EVENT(n) (4ull + 2ull * (n))
#define VIRTQ_USED_AVAIL_EVENT(n) (4ull + 8ull * (n))

/* The notification that the other side asked for with event is due: the index went past it on its
 * way from old_idx to new_idx (section 2.7.10). */
static inline bool vring_need_event(uint16_t event, uint16_t new_idx, uint16_t old_idx)
{
    return (uint16_t)(new_idx - event - 1) < (uint16_t)(new_idx - old_idx);
}

/* --- packed (section 2.8) ---------------------------------------------------------------------- */

/* More flags of a descriptor, beside VIRTQ_DESC_F_NEXT, WRITE and INDIRECT */
#define VIRTQ_DESC_F_AVAIL 0x0080
#define VIRTQ_DESC_F_USED 0x8000

struct vring_packed_desc {
    uint64_t addr;
    uint32_t len; /* in a used one: bytes the device wrote */
    uint16_t id;  /* buffer id: in the last descriptor of a chain, and in the used one */
    uint16_t flags;
};
_Static_assert(sizeof(struct vring_packed_desc) == 16, "vring_packed_desc");
_Static_assert(offsetof(struct vring_packed_desc, flags) == 14, "vring_packed_desc.flags");

/* What one side wants to be told, for the other to read: the driver area and the device area */
struct vring_packed_event {
    uint16_t off_wrap; /* with VRING_PACKED_EVENT_DESC: which descriptor, and of which lap */
    uint16_t flags;
};
_Static_assert(sizeof(struct vring_packed_event) == 4, "vring_packed_event");
#define VRING_PACKED_EVENT_ENABLE 0
#define VRING_PACKED_EVENT_DISABLE 1
#define VRING_PACKED_EVENT_DESC 2      /* only where EVENT_IDX was agreed on */
#define VRING_PACKED_EVENT_WRAP 0x8000 /* in off_wrap: the wrap counter; the rest is the offset */

#define VRING_PACKED_DESC_ALIGN 16
#define VRING_PACKED_EVENT_ALIGN 4
#define VRING_PACKED_DESC_BYTES(n) (16ull * (n))

#endif
