/* SPDX-License-Identifier: MIT */
/*
 * fw_cfg's "bootorder": which disk SeaBIOS starts from. It tries one hard disk only, the first, so that is
 * the first that carries a boot sector's signature: those of --ata, then those of --virtio-blk.
 */
#ifndef HOST_BOOTORDER_H
#define HOST_BOOTORDER_H

#include "disks.h"

#include <stddef.h>

/* Open Firmware paths as QEMU writes them, one a line, the signed disks only; first_slot is the PCI slot of
 * the first virtio disk. Returns the length, 0 when no disk can be started from. */
size_t bootorder_make(struct disks *disks, unsigned first_slot, char *text, size_t size);

#endif
