/* SPDX-License-Identifier: MIT */
/*
 * Bus-master IDE (SFF-8038i revision 1.0): the registers behind BAR 4 of an IDE function, and the table of
 * physical region descriptors that they point to.
 */
#ifndef ABI_IDE_DMA_H
#define ABI_IDE_DMA_H

#include <stddef.h>
#include <stdint.h>

#define IDE_DMA_BAR 4
#define IDE_DMA_BAR_SIZE 16
#define IDE_DMA_CHANNEL_SIZE 8 /* the secondary channel's registers follow the primary's */

/* Offsets of a channel's registers */
#define IDE_DMA_COMMAND 0
#define IDE_DMA_STATUS 2
#define IDE_DMA_TABLE 4 /* 32 bits: where the table is; bits 1:0 are 0 */

#define IDE_DMA_COMMAND_START 0x01
#define IDE_DMA_COMMAND_TO_MEMORY 0x08 /* set: the disk is read */

#define IDE_DMA_STATUS_ACTIVE 0x01
#define IDE_DMA_STATUS_ERROR 0x02     /* written as 1: cleared */
#define IDE_DMA_STATUS_INTERRUPT 0x04 /* the drive has raised INTRQ; written as 1: cleared */
#define IDE_DMA_STATUS_CAPABLE_0 0x20 /* drive 0 can do DMA: a note that firmware leaves */
#define IDE_DMA_STATUS_CAPABLE_1 0x40
#define IDE_DMA_STATUS_SIMPLEX 0x80

/* Physical region descriptor. A region does not cross a multiple of 64 KiB, and neither does the table. */
struct ide_prd {
    uint32_t address; /* even */
    uint16_t count;   /* bytes, even; 0 = 64 KiB */
    uint16_t flags;
};

#define IDE_PRD_END 0x8000 /* in flags: the last one */
#define IDE_PRD_BOUNDARY 0x10000
#define IDE_PRD_MAX 8192 /* as many as a table has that does not cross a boundary */

_Static_assert(sizeof(struct ide_prd) == 8, "struct ide_prd");
_Static_assert(offsetof(struct ide_prd, count) == 4, "struct ide_prd");
_Static_assert(offsetof(struct ide_prd, flags) == 6, "struct ide_prd");

#endif
