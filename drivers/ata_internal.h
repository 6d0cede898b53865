/* SPDX-License-Identifier: MIT */
/* What ata.c, ata_pio.c and ata_dma.c share: the steps that a command has whichever way its data go. */
#ifndef DRIVERS_ATA_INTERNAL_H
#define DRIVERS_ATA_INTERNAL_H

#include "ata.h"
#include "io.h"

#define ATA_SECTOR_DWORDS (ATA_SECTOR_SIZE / 4)

static inline uint8_t ata_read_register(const struct ata_drive *drive, unsigned reg)
{
    return in8((uint16_t)(drive->command_port + reg));
}

static inline void ata_write_register(const struct ata_drive *drive, unsigned reg, uint8_t value)
{
    out8((uint16_t)(drive->command_port + reg), value);
}

/*
 * The 400 ns that BSY may take to appear, and the one transfer cycle that DRQ may take to go: one
 * access to a register lasts at least 600 ns in PIO mode 0, which nobody changes here.
 */
static inline void ata_settle(const struct ata_drive *drive)
{
    in8(drive->control_port);
}

/* Checks the transfer against what the drive can be asked for, and chooses between 28 and 48 bits. ERR_RANGE
 * or ERR_UNSUPPORTED. */
int ata_choose_form(const struct ata_drive *drive, const struct ata_transfer *t, bool *ext);

/* Selects the drive, with the four bits of a 28-bit LBA that go along, and waits until the channel is idle. */
int ata_select(struct ata_drive *drive, const struct ata_transfer *t, bool ext);

/* The same in one look where the channel is idle already, as this driver leaves it. */
int ata_select_again(struct ata_drive *drive, const struct ata_transfer *t, bool ext);

/* Count and LBA */
void ata_write_task_file(const struct ata_drive *drive, const struct ata_transfer *t, bool ext);

/* Writes the command and waits for the end of BSY. */
int ata_start_command(struct ata_drive *drive, uint8_t command, uint32_t timeout_ms);

/* Waits for the bits of clear to go; the status that was read last is in drive->status. */
int ata_wait_clear(struct ata_drive *drive, uint8_t clear, uint32_t timeout_ms);

/* After BSY has gone: what the drive says of the command. */
int ata_command_result(struct ata_drive *drive);

/* Takes nIEN away: INTRQ comes out of the drives of this channel. */
void ata_let_interrupt(struct ata_drive *drive);

/* After a failure: frees a drive that is still busy with the command. Returns error. */
int ata_give_up(struct ata_drive *drive, int error);

/* ata_dma.c: a transfer by DMA, from or to buffer. */
int ata_dma_transfer(struct ata_drive *drive, const struct ata_transfer *t, const void *buffer,
                     bool write);

/* Whether length bytes at buffer are where DMA gets, and the drive uses it. */
bool ata_dma_reaches(const struct ata_drive *drive, const void *buffer, uint32_t length);

#endif
