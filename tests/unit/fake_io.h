/* SPDX-License-Identifier: MIT */
/*
 * The hardware of a hosted driver: drivers/io.h's functions end in a table of hooks that a test
 * sets, and are counted. String I/O calls the hook once for each element and counts as one
 * instruction.
 */
#ifndef TESTS_UNIT_FAKE_IO_H
#define TESTS_UNIT_FAKE_IO_H

#include "drivers/io.h"

/* A hook that is NULL is a bus with nobody on it: reads give all ones, writes go nowhere. size is
 * in bytes; values are cut to it. pause runs at every cpu_pause(), for devices that are slow. */
struct fake_io {
    uint32_t (*in)(void *context, uint16_t port, unsigned size);
    void (*out)(void *context, uint16_t port, unsigned size, uint32_t value);
    uint64_t (*mmio_read)(void *context, uint64_t address, unsigned size);
    void (*mmio_write)(void *context, uint64_t address, unsigned size, uint64_t value);
    void (*pause)(void *context);
    void *context;
};

struct fake_io_counts {
    unsigned port_reads, port_writes;     /* single accesses */
    unsigned string_reads, string_writes; /* instructions, not elements */
    unsigned mmio_reads, mmio_writes;
};

extern struct fake_io fake_io;
extern struct fake_io_counts fake_io_counts;

/* Installs hooks and starts counting from zero; NULL leaves the bus empty. */
void fake_io_set(const struct fake_io *hooks);

/* Port accesses since fake_io_set(), a string instruction counting as one; MMIO accesses. */
unsigned fake_io_port_accesses(void);
unsigned fake_io_mmio_accesses(void);

#endif
