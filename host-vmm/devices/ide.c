/* SPDX-License-Identifier: MIT */
/*
 * IDE channels: task file, data port, interrupts and resets. What a command means is in
 * ide_commands.c, how its blocks move in ide_transfer.c.
 */
#include "ide_internal.h"

#include <string.h>

#define PIIX3_IDE_SLOT 1
#define PIIX3_IDE_FUNCTION 1
#define PIIX3_IDETIM 0x40 /* two 16-bit registers; what they time is not modelled */
#define PIIX3_IDETIM_DECODE_ENABLE 0x8000
#define CONTROL_REGION_LENGTH 1

static bool channel_is_empty(const struct ide_channel *channel)
{
    return channel->drives[0].backend == NULL && channel->drives[1].backend == NULL;
}

/* --- interrupt and reset ---------------------------------------------------------------------- */

void ide_update_irq(struct ide_channel *channel)
{
    bool level = channel->intrq && !(channel->control & ATA_CONTROL_NIEN);

    if (level && !channel->irq.level)
        channel->dma.status |= IDE_DMA_STATUS_INTERRUPT;
    irq_set(&channel->irq, level);
}

void ide_put_signature(struct ide_drive *drive)
{
    drive->count[0] = 1;
    drive->lba_low[0] = 1;
    drive->lba_mid[0] = ATA_SIGNATURE_MID;
    drive->lba_high[0] = ATA_SIGNATURE_HIGH;
}

void ide_set_signature(struct ide_channel *channel)
{
    channel->selected = 0;
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        ide_put_signature(&channel->drives[i]);
        channel->drives[i].device = 0;
        channel->drives[i].error = IDE_DIAGNOSTIC_PASSED;
    }
}

void ide_set_status(struct ide_channel *channel, uint8_t status)
{
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        struct ide_drive *drive = &channel->drives[i];

        drive->status = drive->backend != NULL ? status : 0;
    }
}

void ide_leave_reset(struct ide_channel *channel)
{
    if (!(channel->control & ATA_CONTROL_SRST) && !channel->in_flight)
        ide_set_status(channel, IDE_STATUS_READY);
}

/* Hardware or software reset (volume 2, section 9): whatever was under way is over. A block that
 * the guest had not filled is not written at all. */
static void enter_reset(struct ide_channel *channel)
{
    channel->generation++;
    channel->wanted = IO_NONE;
    channel->dma.state = IDE_DMA_IDLE;
    channel->sectors_left = 0;
    channel->position = channel->limit = 0;
    channel->intrq = false;
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        channel->drives[i].multiple = 0;
        channel->drives[i].dma_mode = ide_initial_dma_mode(channel->ide);
        channel->drives[i].write_cache = true;
    }
    ide_set_signature(channel);
    ide_set_status(channel, ATA_STATUS_BSY);
}

void ide_reset(struct ide *ide)
{
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        struct ide_channel *channel = &ide->channels[i];

        pthread_mutex_lock(&channel->lock);
        channel->control = 0;
        ide_dma_reset(channel);
        enter_reset(channel);
        ide_leave_reset(channel);
        ide_update_irq(channel);
        pthread_mutex_unlock(&channel->lock);
    }
}

/* --- data port -------------------------------------------------------------------------------- */

/* How many of size bytes the block still has room for: 0 unless data moves that way now. */
static unsigned data_bytes(struct ide_channel *channel, unsigned size, bool to_device)
{
    uint32_t left = channel->limit - channel->position;

    if (!(ide_selected(channel)->status & ATA_STATUS_DRQ) || channel->to_device != to_device)
        return 0;
    return size < left ? size : left;
}

/* The hot path: one call for each word of a string I/O instruction. */
static uint64_t data_read(struct ide_channel *channel, unsigned size)
{
    uint32_t value = UINT32_MAX;
    bool run = false;
    unsigned bytes;

    pthread_mutex_lock(&channel->lock);
    bytes = data_bytes(channel, size, false);
    if (bytes > 0) {
        memcpy(&value, &channel->buffer[channel->position], bytes);
        channel->position += bytes;
        if (channel->position == channel->limit) {
            ide_block_moved(channel);
            ide_update_irq(channel);
            run = channel->wanted != IO_NONE;
        }
    }
    pthread_mutex_unlock(&channel->lock);
    if (run)
        channel->ide->run(channel);
    return value;
}

static void data_write(struct ide_channel *channel, unsigned size, uint32_t value)
{
    bool run = false;
    unsigned bytes;

    pthread_mutex_lock(&channel->lock);
    bytes = data_bytes(channel, size, true);
    if (bytes > 0) {
        memcpy(&channel->buffer[channel->position], &value, bytes);
        channel->position += bytes;
        if (channel->position == channel->limit) {
            ide_block_moved(channel);
            ide_update_irq(channel);
            run = channel->wanted != IO_NONE;
        }
    }
    pthread_mutex_unlock(&channel->lock);
    if (run)
        channel->ide->run(channel);
}

/* --- task file -------------------------------------------------------------------------------- */

static bool is_data_access(uint64_t offset, unsigned size)
{
    return offset == ATA_DATA && (size == 2 || size == 4);
}

/* The two-deep register at offset, or NULL: the device register is one deep. */
static uint8_t *fifo_register(struct ide_drive *drive, uint64_t offset)
{
    switch (offset) {
    case ATA_FEATURES:
        return drive->features;
    case ATA_COUNT:
        return drive->count;
    case ATA_LBA_LOW:
        return drive->lba_low;
    case ATA_LBA_MID:
        return drive->lba_mid;
    case ATA_LBA_HIGH:
        return drive->lba_high;
    default:
        return NULL;
    }
}

static uint8_t read_register(struct ide_channel *channel, uint64_t offset)
{
    struct ide_drive *drive = ide_selected(channel);
    bool previous = (channel->control & ATA_CONTROL_HOB) != 0;
    const uint8_t *fifo;

    if (channel_is_empty(channel))
        return ATA_FLOATING_BUS;
    if (offset == ATA_STATUS && drive->backend != NULL)
        channel->intrq = false;
    /* While BSY is set every register of the command block shows the status. */
    if (offset == ATA_STATUS || (drive->status & ATA_STATUS_BSY))
        return drive->status;
    if (offset == ATA_ERROR)
        return drive->error;
    fifo = fifo_register(drive, offset);
    return fifo != NULL ? fifo[previous] : drive->device;
}

static bool command_block_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct ide_channel *channel = self;

    if (is_data_access(offset, size)) {
        *value = data_read(channel, size);
        return true;
    }
    if (offset == ATA_DATA || size != 1)
        return false;
    pthread_mutex_lock(&channel->lock);
    *value = read_register(channel, offset);
    ide_update_irq(channel);
    pthread_mutex_unlock(&channel->lock);
    return true;
}

/* Both drives hear what is written to the cable. */
static void write_register(struct ide_channel *channel, uint64_t offset, uint8_t value)
{
    for (unsigned i = 0; i < IDE_DRIVES; i++) {
        struct ide_drive *drive = &channel->drives[i];
        uint8_t *fifo = fifo_register(drive, offset);

        if (fifo != NULL) {
            fifo[1] = fifo[0];
            fifo[0] = value;
        } else {
            drive->device = value;
        }
    }
    if (offset == ATA_DEVICE)
        channel->selected = (value & ATA_DEVICE_DEV1) != 0;
}

static void write_command(struct ide_channel *channel, uint8_t command)
{
    if (command == ATA_CMD_EXECUTE_DEVICE_DIAGNOSTIC && !channel_is_empty(channel))
        channel->selected = channel->drives[0].backend != NULL ? 0 : 1;
    if (ide_selected(channel)->backend == NULL)
        return;
    channel->intrq = false;
    ide_selected(channel)->error = 0;
    ide_execute(channel, command);
}

static bool command_block_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct ide_channel *channel = self;
    ide_run *run;

    if (is_data_access(offset, size)) {
        data_write(channel, size, (uint32_t)value);
        return true;
    }
    if (offset == ATA_DATA || size != 1)
        return false;
    pthread_mutex_lock(&channel->lock);
    channel->control &= (uint8_t)~ATA_CONTROL_HOB;
    if (!(ide_selected(channel)->status & (ATA_STATUS_BSY | ATA_STATUS_DRQ))) {
        if (offset == ATA_COMMAND)
            write_command(channel, (uint8_t)value);
        else
            write_register(channel, offset, (uint8_t)value);
    }
    run = ide_runner(channel);
    ide_update_irq(channel);
    pthread_mutex_unlock(&channel->lock);
    if (run != NULL)
        run(channel);
    return true;
}

/* --- control block: alternate status and device control --------------------------------------- */

static bool control_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct ide_channel *channel = self;

    if (offset != 0 || size != 1)
        return false;
    pthread_mutex_lock(&channel->lock);
    *value = channel_is_empty(channel) ? ATA_FLOATING_BUS : ide_selected(channel)->status;
    pthread_mutex_unlock(&channel->lock);
    return true;
}

static bool control_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct ide_channel *channel = self;
    bool was_reset;

    if (offset != 0 || size != 1)
        return false;
    pthread_mutex_lock(&channel->lock);
    was_reset = (channel->control & ATA_CONTROL_SRST) != 0;
    channel->control = (uint8_t)value;
    if (!was_reset && (value & ATA_CONTROL_SRST))
        enter_reset(channel);
    else if (was_reset)
        ide_leave_reset(channel);
    ide_update_irq(channel);
    pthread_mutex_unlock(&channel->lock);
    return true;
}

/* --- running ---------------------------------------------------------------------------------- */

ide_run *ide_runner(const struct ide_channel *channel)
{
    if (channel->wanted == IO_NONE)
        return NULL;
    return channel->dma.state == IDE_DMA_MOVING ? channel->ide->run_dma : channel->ide->run;
}

/* --- the function ----------------------------------------------------------------------------- */

static const struct bus_ops command_ops = {.read = command_block_read,
                                           .write = command_block_write};
static const struct bus_ops control_ops = {.read = control_read, .write = control_write};

void ide_init(struct ide *ide, const struct irq_line irqs[IDE_CHANNELS])
{
    memset(ide, 0, sizeof *ide);
    ide->run = ide_run_inline;
    ide->run_dma = ide_run_dma_inline;
    pci_device_init(&ide->pci, "ide", PIIX3_IDE_SLOT, PIIX3_IDE_FUNCTION, PCI_VENDOR_INTEL,
                    PCI_DEVICE_PIIX3_IDE, PCI_CLASS_IDE_LEGACY, 0);
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        struct ide_channel *channel = &ide->channels[i];

        pci_device_set_config16(&ide->pci, PIIX3_IDETIM + 2 * i, PIIX3_IDETIM_DECODE_ENABLE);
        channel->command_region = (struct bus_region){
            .name = "ata", .ops = &command_ops, .self = channel, .length = ATA_COMMAND_BLOCK_SIZE};
        channel->control_region = (struct bus_region){
            .name = "ata", .ops = &control_ops, .self = channel, .length = CONTROL_REGION_LENGTH};
        channel->ide = ide;
        channel->irq = irqs[i];
        pthread_mutex_init(&channel->lock, NULL);
    }
    ide_reset(ide);
}

void ide_attach(struct ide *ide, unsigned channel, unsigned unit, struct backend *backend)
{
    struct ide_drive *drive = &ide->channels[channel].drives[unit];

    drive->backend = backend;
    drive->sectors = backend->size / ATA_SECTOR_SIZE;
    drive->status = IDE_STATUS_READY;
}
