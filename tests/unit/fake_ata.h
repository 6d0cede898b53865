/* SPDX-License-Identifier: MIT */
/*
 * An IDE channel with two drives for driver tests, and the ways in which it can lie or be broken.
 * It checks what a driver owes it: no register written while a command runs, no data beyond a
 * block. A DMA command waits in dma_command for somebody else to move its data.
 */
#ifndef TESTS_UNIT_FAKE_ATA_H
#define TESTS_UNIT_FAKE_ATA_H

#include "drivers/abi/ata.h"

#include <stdbool.h>
#include <stdint.h>

#define FAKE_ATA_SECTORS 1024 /* that hold data: the first ones from base_lba on */

struct fake_ata_drive {
    bool present, packet;
    uint16_t id[ATA_ID_WORDS];
    uint8_t data[FAKE_ATA_SECTORS * ATA_SECTOR_SIZE];
    uint64_t base_lba, sectors;
    unsigned multiple; /* set by SET MULTIPLE MODE */
    unsigned flushes, flushes_ext;
};

struct fake_ata {
    struct fake_ata_drive drives[2];

    /* how it lies */
    bool floating;              /* every register reads 0xff */
    uint8_t stuck_status;       /* nonzero: status reads this, whatever happens */
    bool registers_do_not_hold; /* count and LBA read 0 */
    bool never_ends;  /* BSY after every command but IDENTIFY and SET MULTIPLE, until reset */
    bool no_data;     /* READ and WRITE end at once without DRQ */
    bool wants_more;  /* DRQ again after the last block of a WRITE */
    uint64_t bad_lba; /* READ and WRITE fail here with bad_error, if that is not 0 */
    uint8_t bad_error, bad_status;

    /* what was seen */
    uint8_t last_command;
    uint64_t last_lba;
    uint32_t last_count;
    unsigned commands, resets, blocks, misuses;

    /* state of the channel */
    uint8_t device, status, error, control;
    uint8_t count[2], lba_low[2], lba_mid[2], lba_high[2]; /* [0] written last, [1] before */
    uint64_t lba;
    uint32_t left, block; /* sectors to go, sectors in a whole DRQ block */
    uint8_t *data;        /* of the DRQ block under way */
    uint32_t data_at, data_end;
    bool writing;
    uint8_t dma_command; /* BSY until fake_ata_end_dma(); 0: none */
    uint8_t sector[256 * ATA_SECTOR_SIZE];
};

/* A drive of this many sectors, with LBA48, FLUSH EXT and MULTIPLE up to 16, full of a pattern. */
void fake_ata_add(struct fake_ata *ata, unsigned unit, uint64_t sectors);

/* What the driver should read at byte of a drive's data. */
uint8_t fake_ata_pattern(unsigned unit, uint32_t byte);

/* Ends the DMA command with these bits of status, and ERR or DF's error. */
void fake_ata_end_dma(struct fake_ata *ata, uint8_t status, uint8_t error);

/* Hooks for struct fake_io, with the struct fake_ata as context; the primary channel's ports. */
uint32_t fake_ata_in(void *context, uint16_t port, unsigned size);
void fake_ata_out(void *context, uint16_t port, unsigned size, uint32_t value);

#endif
