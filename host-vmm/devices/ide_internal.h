/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the IDE model share: ide.c, ide_commands.c, ide_transfer.c, ide_dma.c,
 * ide_identify.c. All of it is called with the channel's lock held.
 */
#ifndef HOST_DEVICES_IDE_INTERNAL_H
#define HOST_DEVICES_IDE_INTERNAL_H

#include "ide.h"

/* BSY clear, ready for a command. DSC: the heads have settled, as old drivers want to see. */
#define IDE_STATUS_READY (ATA_STATUS_DRDY | ATA_STATUS_DSC)

/* Result of a diagnostic: device 0 passed, device 1 passed or absent (ATA/ATAPI-7 volume 1, section
 * 6.13). */
#define IDE_DIAGNOSTIC_PASSED 0x01

static inline struct ide_drive *ide_selected(struct ide_channel *channel)
{
    return &channel->drives[channel->selected];
}

/* ide.c */

/* Brings the interrupt line in line with intrq and nIEN. */
void ide_update_irq(struct ide_channel *channel);

/* The status of every drive there is; of an absent one, 0. */
void ide_set_status(struct ide_channel *channel, uint8_t status);

/* The values by which a driver tells an ATA disk: of one drive's registers, and of both with drive
 * 0 selected. */
void ide_put_signature(struct ide_drive *drive);
void ide_set_signature(struct ide_channel *channel);

/* Ready again after a reset, but not while SRST is held, nor while a request from before it still
 * uses the buffer. */
void ide_leave_reset(struct ide_channel *channel);

/* What is to be called once the lock is free; NULL: there is nothing to run. */
ide_run *ide_runner(const struct ide_channel *channel);

/* ide_commands.c */

/* Transfer modes of SET FEATURES that this disk has where there is a bus master: 0 to MAX of either kind */
#define TRANSFER_MODE_MULTIWORD_DMA 0x20
#define TRANSFER_MODE_ULTRA_DMA 0x40
#define TRANSFER_MODE_DMA_MAX 2

/* The transfer mode (SET FEATURES) that a drive has after a reset: Ultra DMA 2, the fastest without a
 * cable of 80 wires, or none. */
uint8_t ide_initial_dma_mode(const struct ide *ide);

/* A write to the command register, of a drive that is there and neither BSY nor DRQ. */
void ide_execute(struct ide_channel *channel, uint8_t command);

/* ide_transfer.c */

/* Ends the command with status and error, and asks for the interrupt. */
void ide_finish(struct ide_channel *channel, uint8_t status, uint8_t error);

/* ERR with ABRT: not supported, or not now. */
void ide_abort(struct ide_channel *channel);

/* Begins a transfer (or READ VERIFY) of a range that is on the disk, in blocks of up to
 * block_sectors, 1..IDE_MAX_MULTIPLE. */
void ide_start_blocks(struct ide_channel *channel, uint64_t lba, uint32_t sectors,
                      uint32_t block_sectors, bool to_device);

/* Offers the one sector of data that is in the buffer already. */
void ide_start_buffer(struct ide_channel *channel);

void ide_start_flush(struct ide_channel *channel);

/* The guest has filled the buffer up to limit, or has read that far. */
void ide_block_moved(struct ide_channel *channel);

/* The channel's request is being handed out. */
void ide_begin_flight(struct ide_channel *channel);

/* Ends the command with what a request that failed means. */
void ide_fail(struct ide_channel *channel, const struct io_request *request);

/* ide_dma.c */

/* Begins a DMA command for a range that is on the disk, or leaves it waiting for the start bit. */
void ide_dma_start(struct ide_channel *channel, uint64_t lba, uint32_t sectors, bool to_device);

/* Has the transfer begin when the drive and the bus master are both ready for it. */
void ide_dma_engage(struct ide_channel *channel);

/* The start bit has gone: the drive will not see the rest. */
void ide_dma_stop(struct ide_channel *channel);

/* A piece of it has been run. */
void ide_dma_advance(struct ide_channel *channel, const struct io_request *request);

/* ide_dma_registers.c: as after power-on */
void ide_dma_reset(struct ide_channel *channel);

/* ide_identify.c */

/* IDENTIFY DEVICE data of drive; unit is channel * 2 + drive number. */
void ide_identify(const struct ide_drive *drive, unsigned unit, uint16_t words[ATA_ID_WORDS]);

#endif
