/* SPDX-License-Identifier: MIT */
/*
 * The firmware's command line: words separated by blanks.
 *
 *   require=WORD,...    serial, pci, mmio, ata, chunk, virtio-blk: their absence is a failure
 *   verbose             more output, which may differ from run to run
 *   ticks               before the last line, prints what the TSC has counted since the door was entered: under
 *                       QEMU's -icount shift=0 those are instructions
 *   write               lets rungs 7 and 9 write to the disks' last sectors (and put them back)
 *   copy=MECHANISM      ata, chunk or virtio-blk: the copy job instead of rungs 7 to 9, with
 *   copy-offset=N copy-length=N copy-chunk=N      in bytes (0, 0 and 1 MiB by default)
 *   fault=KIND          for tests: fails on purpose, see enum fault_kind
 */
#ifndef FIRMWARE_COMMAND_LINE_H
#define FIRMWARE_COMMAND_LINE_H

#include <stdbool.h>
#include <stdint.h>

/* What a machine may lack; also bit numbers in command_line.require */
enum part { PART_SERIAL, PART_PCI, PART_MMIO, PART_ATA, PART_CHUNK, PART_VIRTIO_BLK, PART_COUNT };
extern const char *const part_names[PART_COUNT];

enum fault_kind {
    FAULT_NONE,
    FAULT_UD,     /* invalid opcode */
    FAULT_PF,     /* page fault */
    FAULT_DE,     /* divide error */
    FAULT_GP,     /* general protection */
    FAULT_TRIPLE, /* a fault that no descriptor table catches */
    FAULT_HALT,   /* halts with interrupts off */
    FAULT_SPIN,   /* never ends */
    FAULT_COUNT
};

#define COPY_CHUNK_DEFAULT 0x100000

struct command_line {
    unsigned require; /* bits 1 << enum part */
    bool verbose;
    bool ticks;
    bool write;
    bool copy;
    enum part copy_via; /* PART_ATA, PART_CHUNK or PART_VIRTIO_BLK */
    uint64_t copy_offset, copy_length, copy_chunk;
    enum fault_kind fault;
    char bad_word[64]; /* the word that was not understood, cut to fit */
};

/* False where a word or its value is not understood; bad_word is that word then. */
bool command_line_parse(struct command_line *command, const char *text);

#endif
