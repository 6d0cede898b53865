/* SPDX-License-Identifier: MIT */
/* NOINIT: for data that is written before it is read. Clearing memory costs time at every boot. */
#ifndef FIRMWARE_NOINIT_H
#define FIRMWARE_NOINIT_H

#define NOINIT __attribute__((section(".noinit")))

#endif
