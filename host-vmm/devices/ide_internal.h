/* SPDX-License-Identifier: MIT */
/* What the parts of the IDE model share: ide.c, ide_commands.c, ide_identify.c. Channel lock held. */
#ifndef HOST_DEVICES_IDE_INTERNAL_H
#define HOST_DEVICES_IDE_INTERNAL_H

#include "ide.h"

/* BSY clear, ready for a command. DSC: the heads have settled, as old drivers want to see. */
#define IDE_STATUS_READY (ATA_STATUS_DRDY | ATA_STATUS_DSC)

/* Result of a diagnostic: device 0 passed, device 1 passed or absent (ATA/ATAPI-7 section 6.17). */
#define IDE_DIAGNOSTIC_PASSED 0x01

static inline struct ide_drive *ide_selected(struct ide_channel *channel)
{
    return &channel->drives[channel->selected];
}

/* Brings the interrupt line in line with intrq and nIEN. */
void ide_update_irq(struct ide_channel *channel);

/* Ends the command with status and error, and asks for the interrupt. */
void ide_finish(struct ide_channel *channel, uint8_t status, uint8_t error);

/* ERR with ABRT: not supported, or not now. */
void ide_abort(struct ide_channel *channel);

/* Gives every register the values that tell an ATA disk (section 6.18), drive 0 selected. */
void ide_set_signature(struct ide_channel *channel);

/* Offers the first limit bytes of the buffer to the guest, or asks it for them. */
void ide_open_block(struct ide_channel *channel, uint32_t limit, bool to_device);

/* BSY until a request of this kind has been run. */
void ide_want(struct ide_channel *channel, enum io_op op);

/* A write to the command register, of a drive that is neither BSY nor DRQ. */
void ide_execute(struct ide_channel *channel, uint8_t command);

/* True for READ VERIFY: its data goes nowhere. */
bool ide_is_verify(uint8_t command);

/* Begins the next block of the transfer under way: sectors_left is not 0. */
void ide_next_block(struct ide_channel *channel);

/* IDENTIFY DEVICE data of the selected drive; unit is channel * 2 + drive. */
void ide_identify(const struct ide_drive *drive, unsigned unit, uint16_t words[ATA_ID_WORDS]);

#endif
