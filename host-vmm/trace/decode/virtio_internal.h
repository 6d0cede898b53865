/* SPDX-License-Identifier: MIT */
/* What the files that decode virtio share: what is known of a device, and the tables. */
#ifndef HOST_TRACE_DECODE_VIRTIO_INTERNAL_H
#define HOST_TRACE_DECODE_VIRTIO_INTERNAL_H

#include "span.h"

/* What some registers mean depends on what the selectors were last set to. */
struct virtio_seen {
    char name[DECODED_DEVICE_SIZE];
    uint32_t device_feature_select, driver_feature_select, queue_select;
};

extern const struct decode_table decode_virtio_common, decode_virtio_isr, decode_virtio_notify;
extern const struct decode_table decode_virtio_mmio;
extern const struct decode_table decode_virtio_blk_config;

/* offset: in the function's BAR, or in the device's page of registers. */
void virtio_pci_decode(struct virtio_seen *seen, uint64_t offset,
                       const struct decode_access *access, struct decoded *decoded);
void virtio_mmio_decode(struct virtio_seen *seen, uint64_t offset,
                        const struct decode_access *access, struct decoded *decoded);

/* --- virtio_words.c: what both transports have, in registers of their own ------------------------------ */

enum virtio_role {
    VIRTIO_ROLE_PLAIN,
    VIRTIO_ROLE_DEVICE_SELECT,
    VIRTIO_ROLE_DRIVER_SELECT,
    VIRTIO_ROLE_DEVICE_FEATURES,
    VIRTIO_ROLE_DRIVER_FEATURES,
    VIRTIO_ROLE_QUEUE_SELECT,
    VIRTIO_ROLE_QUEUE, /* a setting of the selected one */
    VIRTIO_ROLE_STATUS,
};

extern const struct decode_field decode_virtio_status[];
/* All 64 bits: a register shows half of them, and the one that shows the lower half can take its words from
 * here. virtio_role_words() knows which half it is. */
extern const struct decode_field decode_virtio_features[];

/* Appends the words of a register of that role; false: the table's words will do. */
bool virtio_role_words(const struct virtio_seen *seen, enum virtio_role role,
                       const struct decode_part *part, char *words);
/* What the access, which is all of that register, has changed. */
void virtio_role_learn(struct virtio_seen *seen, enum virtio_role role,
                       const struct decode_access *access);

/* --- virtio_blk.c: the device's configuration ---------------------------------------------------------- */

bool virtio_config_decode(uint64_t offset, const struct decode_access *access,
                          struct decoded *decoded);

#endif
