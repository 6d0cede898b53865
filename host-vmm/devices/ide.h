/* SPDX-License-Identifier: MIT */
/*
 * PIIX3 IDE, 00:01.1, in compatibility mode: two channels of two ATA disks, by PIO and, where the machine
 * adds the bus master, by DMA. 28- and 48-bit LBA; no CHS (a transfer with the LBA bit clear is aborted).
 *
 * The guest's register writes change the task file only; a command or a full data block yields a
 * request from ide_submit(), somebody runs it against the drive's backend, and ide_complete() goes
 * on. Between the two the channel is BSY and takes nothing but a reset.
 *
 * Where ATA leaves the choice to the device:
 * - A channel without drives reads as ones (a floating bus). Where only drive 0 is there, drive 1
 *   has status 0 and ignores commands.
 * - The command block, data apart, ignores writes while BSY or DRQ is set: a transfer that the
 *   guest has abandoned is ended by a software reset.
 * - A range that leaves the disk fails as a whole, with IDNF, before anything moves.
 * - A failed read is ERR with UNC; a failed write or flush is ERR and DF with ABRT. Writes and
 *   flushes to a read-only disk are aborted.
 * - With the write cache off, a block that was written is flushed before the next one is asked for, and
 *   after the last byte of a DMA command.
 * And where bus-master IDE leaves the choice to the controller:
 * - A table that is wrong (ends too early, odd or 64 KiB crossing regions, anything outside RAM), a start
 *   bit for the other direction, and a start without PCI bus mastering set the error bit and abort the
 *   command. Nothing has moved then.
 * - The start bit taken away in the middle aborts the command, which is BSY until guest memory is free.
 */
#ifndef HOST_DEVICES_IDE_H
#define HOST_DEVICES_IDE_H

#include "../backend/backend.h"
#include "../bus.h"
#include "../guest_memory.h"
#include "../irq.h"
#include "pci_device.h"

#include "../../drivers/abi/ata.h"
#include "../../drivers/abi/ide_dma.h"

#include <pthread.h>

#define IDE_CHANNELS 2
#define IDE_DRIVES 2
#define IDE_MAX_MULTIPLE 16

struct ide;
struct ide_channel;

struct ide_drive {
    struct backend *backend; /* NULL: no drive */
    uint64_t sectors;
    uint8_t status, error;
    uint8_t multiple; /* sectors a block, set by SET MULTIPLE MODE; 0 = off */
    uint8_t dma_mode; /* as SET FEATURES has it; 0: the controller has no bus master */
    bool write_cache; /* off: every block written is flushed before it counts as done */
    /* task file; [0] is the current byte, [1] the one before it (HOB) */
    uint8_t features[2], count[2], lba_low[2], lba_mid[2], lba_high[2], device;
};

/* What runs requests of a channel, called with its lock free */
typedef void ide_run(struct ide_channel *channel);

enum ide_dma_state {
    IDE_DMA_IDLE,
    IDE_DMA_WAITING, /* a DMA command is there, the start bit is not */
    IDE_DMA_MOVING,
    IDE_DMA_STOPPED, /* the start bit is gone, a piece is still in flight */
};

/* A channel's half of the bus master */
struct ide_dma {
    uint8_t command, status; /* IDE_DMA_COMMAND_*, IDE_DMA_STATUS_* */
    uint32_t table;          /* gpa */
    enum ide_dma_state state;
    bool ends_with_table; /* the transfer is as long as the table says */
    unsigned region_count;
    unsigned region;      /* where the next piece begins, */
    uint64_t region_done; /* and how many bytes into it */
    struct iovec regions[IDE_PRD_MAX];
    struct io_request request;
};

struct ide_channel {
    struct bus_region command_region, control_region;
    const struct ide *ide;
    struct irq_line irq;
    pthread_mutex_t lock;
    struct ide_drive drives[IDE_DRIVES];
    uint8_t selected; /* drive */
    uint8_t control;  /* device control register */
    bool intrq;       /* the interrupt is pending, whether nIEN lets it out or not */
    /* the transfer under way, for the selected drive */
    uint8_t command;
    uint64_t lba;           /* of the block under way */
    uint32_t sectors_left;  /* of the command, the block under way included */
    uint32_t block_sectors; /* sectors in a DRQ block; the last one may be shorter */
    uint32_t position,
        limit;      /* bytes of buffer done and valid; position <= limit <= sizeof buffer */
    bool to_device; /* the guest writes the data */
    uint8_t buffer[IDE_MAX_MULTIPLE * ATA_SECTOR_SIZE];
    /* submit and complete */
    enum io_op wanted; /* what ide_submit() is to hand out; IO_NONE: nothing */
    bool in_flight;
    uint32_t generation; /* counts resets: a completion of an earlier one is dropped */
    uint32_t flight_generation;
    struct io_request request;
    struct ide_dma dma;
};

struct ide {
    struct pci_device pci;
    const struct guest_memory *memory; /* NULL: no bus master */
    struct bus_region dma_region;
    struct ide_channel channels[IDE_CHANNELS];
    /* What has PIO's requests run, and DMA's: ide_run_inline() and ide_run_dma_inline() unless the host
     * has a better place. */
    ide_run *run, *run_dma;
    void *run_context; /* theirs */
};

/* irqs: one line a channel. */
void ide_init(struct ide *ide, const struct irq_line irqs[IDE_CHANNELS]);

/* Gives the function its bus master, over memory: BAR 4, and DMA commands for the drives. After
 * ide_attach() and before pci_host_add(). */
void ide_add_bus_master(struct ide *ide, const struct guest_memory *memory);

/* Puts a disk of backend->size / 512 sectors into a slot. */
void ide_attach(struct ide *ide, unsigned channel, unsigned unit, struct backend *backend);
void ide_reset(struct ide *ide);

/* The three steps. ide_submit() returns the request to run, or NULL when there is nothing to do;
 * ide_complete() takes its result, and drops it when the channel was reset meanwhile. */
struct io_request *ide_submit(struct ide_channel *channel);
void ide_complete(struct ide_channel *channel, struct io_request *request);

/* The same first step for DMA commands, whose pieces are taken one after the other; ide_complete() ends
 * them as well. */
struct io_request *ide_dma_submit(struct ide_channel *channel);

/* submit, backend_run, complete, in the caller's thread. */
ide_run ide_run_inline, ide_run_dma_inline;

#endif
