/* SPDX-License-Identifier: MIT */
/* The bus master's registers (SFF-8038i), behind BAR 4. What they set off is in ide_dma.c. */
#include "ide_internal.h"

#define WRITABLE_COMMAND (IDE_DMA_COMMAND_START | IDE_DMA_COMMAND_TO_MEMORY)
#define CLEARED_BY_ONES (IDE_DMA_STATUS_ERROR | IDE_DMA_STATUS_INTERRUPT)
#define CAPABLE (IDE_DMA_STATUS_CAPABLE_0 | IDE_DMA_STATUS_CAPABLE_1)
#define TABLE_ADDRESS_MASK 0xfffffffc

static void write_command(struct ide_channel *channel, uint8_t value)
{
    struct ide_dma *dma = &channel->dma;
    bool was_started = (dma->command & IDE_DMA_COMMAND_START) != 0;
    bool is_started = (value & IDE_DMA_COMMAND_START) != 0;

    dma->command = value & WRITABLE_COMMAND;
    if (was_started && !is_started)
        ide_dma_stop(channel);
    if (!was_started && is_started) {
        dma->status |= IDE_DMA_STATUS_ACTIVE;
        ide_dma_engage(channel);
    }
}

static void write_status(struct ide_dma *dma, uint8_t value)
{
    uint8_t kept = dma->status & (IDE_DMA_STATUS_ACTIVE | (CLEARED_BY_ONES & ~value));

    dma->status = kept | (value & CAPABLE);
}

static bool dma_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct ide *ide = self;
    struct ide_channel *channel = &ide->channels[offset / IDE_DMA_CHANNEL_SIZE];
    unsigned reg = offset % IDE_DMA_CHANNEL_SIZE;

    if (size != 1 && !(size == 4 && reg == IDE_DMA_TABLE))
        return false;
    pthread_mutex_lock(&channel->lock);
    if (reg >= IDE_DMA_TABLE)
        *value = channel->dma.table >> 8 * (reg - IDE_DMA_TABLE) & bus_ones(size);
    else if (reg == IDE_DMA_COMMAND)
        *value = channel->dma.command;
    else if (reg == IDE_DMA_STATUS)
        *value = channel->dma.status;
    else
        *value = 0; /* reserved */
    pthread_mutex_unlock(&channel->lock);
    return true;
}

static bool dma_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct ide *ide = self;
    struct ide_channel *channel = &ide->channels[offset / IDE_DMA_CHANNEL_SIZE];
    unsigned reg = offset % IDE_DMA_CHANNEL_SIZE;
    ide_run *run;

    if (size != 1 && !(size == 4 && reg == IDE_DMA_TABLE))
        return false;
    pthread_mutex_lock(&channel->lock);
    if (reg >= IDE_DMA_TABLE) {
        unsigned shift = 8 * (reg - IDE_DMA_TABLE);
        uint32_t mask = (uint32_t)bus_ones(size) << shift;

        channel->dma.table =
            ((channel->dma.table & ~mask) | (uint32_t)value << shift) & TABLE_ADDRESS_MASK;
    } else if (reg == IDE_DMA_COMMAND) {
        write_command(channel, (uint8_t)value);
    } else if (reg == IDE_DMA_STATUS) {
        write_status(&channel->dma, (uint8_t)value);
    }
    run = ide_runner(channel);
    ide_update_irq(channel);
    pthread_mutex_unlock(&channel->lock);
    if (run != NULL)
        run(channel);
    return true;
}

static const struct bus_ops dma_ops = {.read = dma_read, .write = dma_write};

void ide_dma_reset(struct ide_channel *channel)
{
    struct ide_dma *dma = &channel->dma;

    dma->command = 0;
    dma->table = 0;
    dma->status = 0;
    if (channel->drives[0].backend != NULL)
        dma->status |= IDE_DMA_STATUS_CAPABLE_0;
    if (channel->drives[1].backend != NULL)
        dma->status |= IDE_DMA_STATUS_CAPABLE_1;
}

void ide_add_bus_master(struct ide *ide, const struct guest_memory *memory)
{
    ide->memory = memory;
    ide->pci.config[PCI_PROG_IF] |= PCI_IDE_BUS_MASTER;
    ide->dma_region = (struct bus_region){.name = "ide-dma", .ops = &dma_ops, .self = ide};
    pci_device_bar(&ide->pci, IDE_DMA_BAR, IDE_DMA_BAR_SIZE, true, false, false, &ide->dma_region);
    ide_reset(ide);
}
