/* SPDX-License-Identifier: MIT */
/* The machine's virtio devices, behind PCI or MMIO, and the words that tell a guest of the latter. */
#ifndef HOST_MACHINE_VIRTIO_H
#define HOST_MACHINE_VIRTIO_H

#include "machine.h"

/* Puts the disks of virtio-blk behind the transport of m->options and claims the whole range of
 * virtio-mmio registers. False: two devices claim the same place. */
bool machine_add_virtio(struct machine *m, struct disks *disks);
void machine_reset_virtio(struct machine *m);

/* Makes m->command_line: the options' one, and "virtio_mmio.device=SIZE@BASE:IRQ" for each of the
 * disks behind MMIO, which nothing else announces. 0 or EXIT_STATUS_USAGE after a message. */
int machine_make_command_line(struct machine *m, const struct disks *disks);

#endif
