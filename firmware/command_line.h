/* SPDX-License-Identifier: MIT */
/*
 * The firmware's command line: words separated by blanks.
 *
 *   require=WORD,...    serial, pci, mmio, ata, chunk, virtio-blk: their absence is a failure
 *   verbose             more output, which may differ from run to run
 *   ticks               before the last line, prints what the TSC has counted since the door was entered: under
 *                       QEMU's -icount shift=0 those are instructions
 *   write               lets rungs 7 and 9 write to the disks' last sectors (and put them back)
 *   ecam                rung 6 switches PCI configuration from ports to ECAM, where there is one
 *   bar64               rung 6 places 64-bit memory BARs above 4 GiB and above all RAM
 *   virtio_mmio.device=SIZE@BASE:IRQ[:ID]
 *                       as Linux knows it: virtio registers at BASE (0x for hexadecimal; K, M and G are
 *                       understood in both); may be repeated. ID is not used.
 *   copy=MECHANISM      ata, chunk or virtio-blk: the copy job instead of rungs 7 to 9, with
 *   copy-offset=N copy-length=N copy-chunk=N      in bytes (0, 0 and 1 MiB by default)
 *   copy-depth=N        pieces in flight (1 by default)
 *   bench=GROUP         measurements instead of rungs 7 to 9, with bench-ms=N milliseconds for each (20 by
 *                       default): for `trapline bench`, see firmware/bench/bench.c
 *   irq, irq=pic        drivers sleep and are woken by interrupts: messages (MSI, MSI-X) where the device
 *                       has them, lines through the IO-APIC or the two 8259s
 *   dma                 ATA by bus-master DMA, where the controller has it
 *   virtio-blk.features=SPEC      optionally all or none, then +NAME and -NAME for each feature that the driver
 *                       is to ask for or not (VIRTIO_BLK_FEATURE_NAMES): none+flush+ring_packed
 *   virtio-blk.queues=N request queues to use (1 by default)
 *   shell               the monitor after the climb, or after the copy job
 *   fault=KIND          for tests: fails on purpose, see enum fault_kind
 */
#ifndef FIRMWARE_COMMAND_LINE_H
#define FIRMWARE_COMMAND_LINE_H

#include "abi/machine.h"

#include <stdbool.h>
#include <stdint.h>

/* What a machine may lack; also bit numbers in command_line.require */
enum part { PART_SERIAL, PART_PCI, PART_MMIO, PART_ATA, PART_CHUNK, PART_VIRTIO_BLK, PART_COUNT };
extern const char *const part_names[PART_COUNT];

enum fault_kind {
    FAULT_NONE,
    FAULT_UD,        /* invalid opcode */
    FAULT_PF,        /* page fault */
    FAULT_DE,        /* divide error */
    FAULT_GP,        /* general protection */
    FAULT_TRIPLE,    /* a fault that no descriptor table catches */
    FAULT_HALT,      /* halts with interrupts off */
    FAULT_SPIN,      /* never ends */
    FAULT_LOST_IRQ,  /* with irq: what devices raise gets lost on its way */
    FAULT_STUCK_IRQ, /* with irq: no handler runs, so that lines stay up */
    FAULT_COUNT
};

/* How drivers wait, and through which controller lines go; messages (MSI) go past both. */
enum irq_kind { IRQ_NONE, IRQ_IOAPIC, IRQ_PIC };

#define COPY_CHUNK_DEFAULT 0x100000
#define BENCH_MS_DEFAULT 20
#define BENCH_MS_MAX 60000
#define COPY_DEPTH_MAX 64
#define BLK_QUEUES_MAX 64

struct virtio_mmio_place {
    uint64_t base, length; /* bytes */
    unsigned irq;          /* its line; 0: nobody knows */
};

struct command_line {
    unsigned require; /* bits 1 << enum part */
    bool verbose;
    bool ticks;
    bool write;
    bool shell;
    bool copy;
    enum part copy_via; /* PART_ATA, PART_CHUNK or PART_VIRTIO_BLK */
    bool ecam;
    bool bar64;
    enum irq_kind irq;
    bool dma;            /* ATA by bus-master DMA */
    unsigned copy_depth; /* pieces in flight */
    char bench[16];      /* the group of measurements; empty: none */
    unsigned bench_ms;   /* for each of them */
    /* What virtio-blk's driver wants, against what it wants by itself: (that & ~off) | on */
    uint64_t blk_features_on, blk_features_off;
    unsigned blk_queues; /* request queues, as many as the device has at most */
    uint64_t copy_offset, copy_length, copy_chunk;
    enum fault_kind fault;
    char bad_word[64]; /* the word that was not understood, cut to fit */
    unsigned virtio_mmio_count;
    struct virtio_mmio_place virtio_mmio[VIRTIO_MMIO_SLOTS]; /* last: not cleared */
};

/* False where a word or its value is not understood; bad_word is that word then. */
bool command_line_parse(struct command_line *command, const char *text);

#endif
