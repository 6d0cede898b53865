/* SPDX-License-Identifier: MIT */
/*
 * The climb from rung 6 on: what its files share. Each rung prints one line a subject, records how it
 * went, and lets the next one have its turn; the first failure decides the last line.
 */
#ifndef FIRMWARE_CLIMB_H
#define FIRMWARE_CLIMB_H

#include "boot_info.h"
#include "command_line.h"
#include "pci.h"

#include <stdbool.h>
#include <stdint.h>

#define CLIMB_FUNCTIONS_MAX 64
#define CLIMB_WORK_BYTES 0x10000 /* as much as rungs 8 and 9 read */

struct climb {
    const struct boot_info *info;
    struct command_line command;
    uint8_t results[RUNG_LAST + 1]; /* RUNG_PASS and so on */
    unsigned failed_rung;           /* the first that failed, 0 = none */
    const char *failed_subject;
    char failed_reason[96];
    struct pci_function functions[CLIMB_FUNCTIONS_MAX]; /* of bus 0, BARs placed, by rung 6 */
    unsigned function_count;
    struct virtio_mmio_place mmio_disks[VIRTIO_MMIO_SLOTS]; /* found by climb_find_virtio_mmio() */
    unsigned mmio_disk_count;
};

/* The rung that is being walked, for the exception report */
extern unsigned rung_under_way;

/* climb.c: starting, and the results of a rung */
void climb_begin(struct climb *climb, const struct boot_info *info);
/* Adds to the line "rung N long64 subject: ...", which it begins and ends. */
void rung_say(unsigned rung, const char *subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void rung_passed(struct climb *climb, unsigned rung);
/* The machine has no such part: says so, or fails where `require=` names it. */
void rung_absent(struct climb *climb, unsigned rung, enum part part);
void rung_failed(struct climb *climb, unsigned rung, const char *subject, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Rungs 7, 8 and 9, in order */
void climb_devices(struct climb *climb);
/* Prints the last line; returns what the exit port is to get. */
uint8_t climb_say_result(struct climb *climb);
/* The last line, the monitor where somebody wants it, and the exit port */
_Noreturn void climb_end(struct climb *climb);
/* The same for the copy job: passed is its rung. */
_Noreturn void climb_end_copy(struct climb *climb, unsigned passed);

#define CLIMB_BUFFERS 3
/* A buffer of CLIMB_WORK_BYTES, number 0 to 2, the same one each time; NULL without RAM for it. */
uint8_t *climb_buffer(unsigned number);

/* climb_pci.c */
void rung6_mmio(struct climb *climb);
const struct pci_function *climb_chunk_function(const struct climb *climb);
/* The virtio-blk function number index, in bus order; NULL when there are not so many. */
const struct pci_function *climb_virtio_blk_function(const struct climb *climb, unsigned index);

/* climb_ecam.c: has the PCI functions reached through ECAM, where there is one; says so. */
void climb_use_ecam(const struct boot_info *info);

struct virtio_mmio;
/* climb_virtio_mmio.c: looks for virtio-blk behind virtio-mmio registers. */
void climb_find_virtio_mmio(struct climb *climb);
/* Maps the registers at place and looks at them; returns as virtio_mmio_init() does. */
int climb_open_virtio_mmio(const struct virtio_mmio_place *place, struct virtio_mmio *v);
/* What is wrong with them, in words; NULL when nothing is. */
const char *climb_virtio_mmio_refusal(const struct virtio_mmio_place *place);

/* climb_ata.c, climb_chunk.c, climb_virtio.c */
void rung7_ata(struct climb *climb);
void rung8_chunk(struct climb *climb);
void rung9_virtio_blk(struct climb *climb);

struct ata_drive;
/* Brings ATA drive unit up (0 and 1 on the primary channel, 2 and 3 on the secondary), with DMA and the
 * interrupt as the command line says and the machine has them. Returns as ata_init() does. */
int climb_open_ata(const struct climb *climb, unsigned unit, struct ata_drive *drive);

struct chunk_dev;
/* Turns the device on and brings its driver up. ERR_ABSENT where there is none. */
int climb_open_chunk(struct climb *climb, struct chunk_dev *dev);

struct virtio_blk;
/* The same for virtio-blk disk number index: first those on PCI, in bus order, then those behind
 * virtio-mmio. *opened is where it is then. */
int climb_open_virtio_blk(struct climb *climb, unsigned index, struct virtio_blk **opened);

struct block_dev;
/* Writes a pattern to the last block, flushes, reads it back and compares, and puts the old content
 * back, flushed. 0, an error, or ERR_DEVICE for a difference. */
int climb_write_last_block(struct block_dev *dev);
/* Fills length bytes (a multiple of eight) with words that differ from each other. */
void climb_fill(void *buffer, uint32_t length, uint64_t seed);

#endif
