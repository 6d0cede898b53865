/* SPDX-License-Identifier: MIT */
/*
 * The machine's virtio devices, behind PCI or MMIO: where they are, the thread that works for each, its
 * doorbells and its interrupts; and the words that tell a guest of virtio-mmio.
 */
#ifndef HOST_MACHINE_VIRTIO_H
#define HOST_MACHINE_VIRTIO_H

#include "machine.h"

/* Puts the disks of virtio-blk behind the transport of m->options and claims the whole range of
 * virtio-mmio registers. False: two devices claim the same place, or after a message something else. */
bool machine_add_virtio(struct machine *m, struct disks *disks);
void machine_reset_virtio(struct machine *m);
/* After the workers' end, before the VM's. */
void machine_destroy_virtio(struct machine *m);

/* How often KVM refused a doorbell: each of them is an exit, which rings the same worker. */
uint64_t machine_virtio_refused_doorbells(const struct machine *m);

/* What the driver and a disk agreed on when its doorbell rang last, however the guest left it after that.
 * All 0 where it never did. */
struct machine_virtio_use {
    const char *name;
    uint64_t features;  /* bits of VIRTIO_BLK_FEATURE_NAMES among them */
    unsigned queues;    /* enabled, at most in the run */
    uint16_t ring_size; /* of the first of them */
    bool has_worker;    /* else requests are not counted */
    uint64_t requests[VIRTIO_MAX_QUEUES];
};
/* After the workers' end. index: below m->virtio_blk_count. */
const struct machine_virtio_use *machine_virtio_use(const struct machine *m, unsigned index);

/* Makes m->command_line: the options' one, and "virtio_mmio.device=SIZE@BASE:IRQ" for each of the
 * disks behind MMIO, which nothing else announces. 0 or EXIT_STATUS_USAGE after a message. */
int machine_make_command_line(struct machine *m, const struct disks *disks);

#endif
