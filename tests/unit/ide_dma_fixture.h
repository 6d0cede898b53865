/* SPDX-License-Identifier: MIT */
/* The disks of ide_fixture.h behind a bus master, guest RAM for it, and a driver's accesses to its registers. */
#ifndef TESTS_UNIT_IDE_DMA_FIXTURE_H
#define TESTS_UNIT_IDE_DMA_FIXTURE_H

#include "fake_memory.h"
#include "ide_fixture.h"

/* RAM: a range that ends in the middle of a 64 KiB piece, a hole, and one more */
#define RAM_BASE 0x100000
#define RAM_LENGTH 0x208000
#define RAM_END (RAM_BASE + RAM_LENGTH)
#define RAM_2_BASE 0x800000
#define RAM_2_LENGTH 0x2010000
#define TABLE RAM_BASE              /* where tests put their table */
#define BUFFER (RAM_BASE + 0x20000) /* and their data */

extern struct guest_memory dma_memory;

/* Two disks, bus mastering on, the primary channel's interrupt let out. */
int ide_dma_fixture_start(void **state);
int ide_dma_fixture_stop(void **state);

uint8_t *dma_ram(uint64_t gpa);
uint32_t dma_in(unsigned reg, unsigned size);
void dma_out(unsigned reg, unsigned size, uint32_t value);
uint8_t dma_status(void);

/* Descriptor number index of the table; count as it is written, 0 = 64 KiB. */
void dma_put_prd(unsigned index, uint32_t address, uint16_t count, uint16_t flags);
/* A table for length bytes at address, as a sound driver makes it. */
void dma_put_table(uint32_t address, uint32_t length);

/* Table, direction, cleared status; then the command, then the start bit. */
void dma_command(uint8_t command, bool to_memory);

/* A hook for ide.run_dma: nothing runs until the test submits. */
void dma_hold(struct ide_channel *channel);
/* Takes the next piece, which must be there. */
struct io_request *dma_submit(void);
void dma_finish(struct io_request *request);

/* The command ended so; the bus master's status is as well what it is to be. */
void expect_dma_end(uint8_t status, uint8_t error, uint8_t bus_master);

#endif
