/* SPDX-License-Identifier: MIT */
/*
 * The chunk model with RAM of its own and two fake files, for its tests, and the accesses that a driver
 * makes of it. Commands run inside the doorbell unless a test holds them.
 */
#ifndef TESTS_UNIT_CHUNK_FIXTURE_H
#define TESTS_UNIT_CHUNK_FIXTURE_H

#include "fake_backend.h"
#include "fake_memory.h"
#include "host-vmm/devices/chunk.h"

#define RAM_BASE 0x100000
#define RAM_LENGTH 0x20000
#define RAM_END (RAM_BASE + RAM_LENGTH)
#define BUFFER (RAM_BASE + 0x1000)
#define INPUT_LENGTH 5000
#define OUTPUT_ROOM 0x10000

struct chunk_fixture {
    struct guest_memory memory;
    struct fake_backend input, output;
    struct chunk_model chunk;
    unsigned messages; /* sent, MSI */
    unsigned
        rings; /* calls of the hook that wakes a thread, once chunk_fixture_defer() was called */
};

/* cmocka's setup and teardown; *state is the fixture. The second one has the ring. */
int chunk_fixture_start(void **state);
int chunk_fixture_start_with_ring(void **state);
int chunk_fixture_stop(void **state);

/* From now on a doorbell sets off nothing: the test calls chunk_submit() itself. */
void chunk_fixture_hold(struct chunk_fixture *f);
/* As a host with a thread: a doorbell only counts in rings, the test is the thread. */
void chunk_fixture_defer(struct chunk_fixture *f);
/* MSI on, in configuration space and in control. */
void chunk_fixture_messages(struct chunk_fixture *f);

uint64_t read_register(struct chunk_fixture *f, uint64_t offset, unsigned size);
void write_register(struct chunk_fixture *f, uint64_t offset, unsigned size, uint64_t value);
uint32_t chunk_status(struct chunk_fixture *f);
uint64_t chunk_transferred(struct chunk_fixture *f);
void ring_doorbell(struct chunk_fixture *f);

/* Both buffers at gpa, both lengths the same. */
void set_parameters(struct chunk_fixture *f, uint32_t command, uint64_t gpa, uint64_t length,
                    uint64_t offset);
/* With a new tag and the doorbell, to its end. */
void issue(struct chunk_fixture *f, uint32_t command, uint64_t gpa, uint64_t length,
           uint64_t offset);
void expect_complete(struct chunk_fixture *f, uint64_t bytes);
void expect_error(struct chunk_fixture *f, uint32_t error, uint64_t bytes);

/* Everything but id, version and features is 0. */
void expect_reset_state(struct chunk_fixture *f);

uint8_t *chunk_ram(struct chunk_fixture *f, gpa_t gpa, uint64_t length);
bool ram_is_untouched(struct chunk_fixture *f);

#endif
