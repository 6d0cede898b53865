/* SPDX-License-Identifier: MIT */
/*
 * ATA disks: IDENTIFY, READ/WRITE SECTORS and MULTIPLE, 28- and 48-bit, FLUSH, both drives. They
 * are read and written by PIO until ata_use_dma() (ata_dma.h) says otherwise.
 */
#ifndef DRIVERS_ATA_H
#define DRIVERS_ATA_H

#include "block.h"

#include "abi/ata.h"
#include "abi/ide_dma.h"
#include "interrupt.h"

#include <stdbool.h>
#include <stdint.h>

struct ata_drive {
    struct block_dev block;
    uint16_t command_port; /* 0x1f0 or 0x170 */
    uint16_t control_port; /* 0x3f6 or 0x376 */
    uint8_t unit;          /* 0 or 1 */
    bool lba48;
    bool flush_ext;
    bool dma_offered; /* by the drive; whether it is used, dma_port says */
    uint8_t multiple; /* sectors a DRQ block in READ/WRITE MULTIPLE; 0 = SECTORS commands only */
    uint8_t control;  /* device control: NIEN while nobody wants interrupts */
    uint8_t status, error; /* as read when the last command failed, for messages */
    uint16_t dma_port;     /* the bus master's registers for the channel; 0 = PIO */
    uint8_t dma_clear;     /* what clears its status, and keeps the bits that are notes */
    struct ide_prd *dma_table;
    uint64_t dma_last_ns;        /* how long the last command was waited for, polled, */
    uint32_t dma_last_sectors;   /* and how much it moved */
    struct interrupt *interrupt; /* of the channel; NULL: the driver polls */
    char name[8];
    char model[ATA_ID_MODEL_WORDS * 2 + 1];
};

/* Looks for unit (0 or 1) on the channel, identifies it, sets READ/WRITE MULTIPLE to the largest
 * count it offers (at most max_multiple; 0 or 1: leave it off), and fills in drive->block.
 * ERR_ABSENT: floating bus, no drive, or not an ATA disk. ERR_DEVICE: IDENTIFY data that make no
 * sense. ERR_UNSUPPORTED: no LBA, or sectors that are not 512 bytes. ERR_TIMEOUT within two
 * seconds. */
int ata_init(struct ata_drive *drive, uint16_t command_port, uint16_t control_port, uint8_t unit,
             uint8_t max_multiple);

/* Checks the ATA_ID_WORDS words of IDENTIFY data and takes from them size, features and model: a
 * part of ata_init(), and returns as it does. */
int ata_read_identity(struct ata_drive *drive, const uint16_t *id);

/* Software reset of the channel (SRST), both drives. ERR_TIMEOUT when it does not come back. */
int ata_reset(struct ata_drive *drive);

/* From now on the drive's interrupt is on, and the driver sleeps where it would poll. interrupt is
 * the channel's line, an edge (platform_line_interrupt()); drives of one channel share it. */
void ata_use_interrupt(struct ata_drive *drive, struct interrupt *interrupt);

/* One command's worth, chosen by hand: force_48 takes the EXT form even where 28 bits would do, and
 * single the SECTORS form even where MULTIPLE is set. sectors is at most 256, or 65536 by EXT. dma:
 * after ata_use_dma() only; single means nothing then. */
struct ata_transfer {
    uint64_t lba;
    uint32_t sectors;
    bool force_48;
    bool single;
    bool dma;
};
int ata_read_sectors(struct ata_drive *drive, const struct ata_transfer *transfer, void *buffer);
int ata_write_sectors(struct ata_drive *drive, const struct ata_transfer *transfer,
                      const void *buffer);

#endif
