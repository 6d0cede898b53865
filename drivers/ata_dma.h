/* SPDX-License-Identifier: MIT */
/* ATA disks by bus-master DMA (SFF-8038i): READ and WRITE DMA, 28- and 48-bit. */
#ifndef DRIVERS_ATA_DMA_H
#define DRIVERS_ATA_DMA_H

#include "ata.h"
#include "pci.h"

#include "abi/ide_dma.h"

/* The largest request, and regions for it: one for each 64 KiB that the buffer touches */
#define ATA_DMA_MAX_TRANSFER (ATA_COUNT_MAX_48 * ATA_SECTOR_SIZE)
#define ATA_DMA_REGIONS (ATA_DMA_MAX_TRANSFER / IDE_PRD_BOUNDARY + 1)

/* Memory for the table: so large, and aligned so, that it does not cross 64 KiB */
#define ATA_DMA_TABLE_BYTES 8192
_Static_assert(ATA_DMA_REGIONS * sizeof(struct ide_prd) <= ATA_DMA_TABLE_BYTES,
               "room for all regions");

/*
 * From now on drive, which ata_init() has found, is read and written by DMA, through the bus master of
 * function: the IDE controller, its BARs placed. table is ATA_DMA_TABLE_BYTES of memory below 4 GiB aligned
 * to their size; drives of one channel may share it. block.max_transfer becomes 32 MiB, or 128 KiB without
 * LBA48. Buffers out of reach (odd, or beyond 4 GiB) still go by PIO. ata_init() of the channel's other drive
 * comes first. ERR_UNSUPPORTED where the drive or the controller has no DMA; the drive then stays as it was.
 */
int ata_use_dma(struct ata_drive *drive, const struct pci_function *function, void *table);

#endif
