/* SPDX-License-Identifier: MIT */
/* A decoder, and accesses to put before it: for the tests of what a trace says. */
#ifndef TESTS_UNIT_DECODE_FIXTURE_H
#define TESTS_UNIT_DECODE_FIXTURE_H

#include "host-vmm/trace/decode/decode.h"

struct decode_fixture {
    struct decoder *decoder;
    struct decoded decoded;
    char line[256];
};

/* For cmocka: *state is the fixture. */
int decode_fixture_create(void **state);
int decode_fixture_destroy(void **state);

/* One access of a single element, answered, in a region that begins at base. Gives "uart THR <- 'T'", which
 * stays until the next call. */
struct decode_place {
    bool is_port;
    const char *device; /* the region's name, or NULL */
    uint64_t base;
};
const char *decode_write(struct decode_fixture *f, const struct decode_place *place,
                         uint64_t offset, unsigned size, uint64_t value);
const char *decode_read(struct decode_fixture *f, const struct decode_place *place, uint64_t offset,
                        unsigned size, uint64_t value);
/* Any access: data and data_length are the caller's. */
const char *decode_line(struct decode_fixture *f, const struct decode_access *access);

#endif
