/* SPDX-License-Identifier: MIT */
/*
 * The rungs of the climb. A failed rung's number is what the exit port gets; the results are what the
 * steps walked in assembly leave for the C part.
 */
#ifndef ABI_RUNG_H
#define ABI_RUNG_H

#define RUNG_SERIAL 1
#define RUNG_PCI 2
#define RUNG_ATA 3
#define RUNG_PROTECTED_MODE 4
#define RUNG_LONG_MODE 5
#define RUNG_MMIO 6
#define RUNG_ATA_PIO 7
#define RUNG_CHUNK 8
#define RUNG_VIRTIO_BLK 9
#define RUNG_LAST 9

#define RUNG_REAL_MODE_LAST 3 /* the rungs up to here are walked in real mode by the ROM door */

/* How a rung went */
#define RUNG_NOT_RUN 0
#define RUNG_PASS 1
#define RUNG_ABSENT 2
#define RUNG_FAIL 3

#endif
