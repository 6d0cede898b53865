/* SPDX-License-Identifier: MIT */
/*
 * A backend over an allocation, for a model under test: it counts calls and fails on demand. The
 * "file" may grow up to room bytes; past that there is no space.
 */
#ifndef TESTS_UNIT_FAKE_BACKEND_H
#define TESTS_UNIT_FAKE_BACKEND_H

#include "host-vmm/backend/backend.h"

struct fake_backend {
    struct backend backend;
    uint8_t *bytes;
    uint64_t length; /* of the file now: a test may truncate it by making this smaller */
    uint64_t room;
    unsigned reads, writes, flushes; /* calls, failed ones included */
    /* what to inject */
    int read_error, write_error, flush_error; /* errno; 0 = none */
    uint64_t error_at;      /* reads and writes that get here fail; up to it they move */
    unsigned interruptions; /* so many calls fail with EINTR first */
    uint64_t most;          /* bytes a call moves at most; 0 = all */
};

/* Byte i of a new file is fake_backend_byte(i). */
void fake_backend_create(struct fake_backend *fake, uint64_t length, uint64_t room);
void fake_backend_destroy(struct fake_backend *fake);
uint8_t fake_backend_byte(uint64_t offset);

/* True when the length bytes at offset are as created. */
bool fake_backend_untouched(const struct fake_backend *fake, uint64_t offset, uint64_t length);

#endif
