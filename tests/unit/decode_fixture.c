/* SPDX-License-Identifier: MIT */
/* Accesses as the trace hands them to the decoder, and what it says as one line. */
#include "decode_fixture.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>

int decode_fixture_create(void **state)
{
    struct decode_fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->decoder = decoder_create();
    assert_non_null(f->decoder);
    *state = f;
    return 0;
}

int decode_fixture_destroy(void **state)
{
    struct decode_fixture *f = *state;

    decoder_destroy(f->decoder);
    free(f);
    return 0;
}

const char *decode_line(struct decode_fixture *f, const struct decode_access *access)
{
    decoder_decode(f->decoder, access, &f->decoded);
    assert_true(f->decoded.device[0] != '\0');
    assert_true(f->decoded.reg[0] != '\0');
    assert_true(f->decoded.words[0] != '\0');
    snprintf(f->line, sizeof f->line, "%s %s %s %s", f->decoded.device, f->decoded.reg,
             access->is_write ? "<-" : "->", f->decoded.words);
    return f->line;
}

static const char *decode_one(struct decode_fixture *f, const struct decode_place *place,
                              bool is_write, uint64_t offset, unsigned size, uint64_t value)
{
    uint8_t data[8];
    const struct decode_access access = {
        .is_port = place->is_port,
        .is_write = is_write,
        .address = place->base + offset,
        .offset = offset,
        .size = size,
        .count = 1,
        .data = data,
        .data_length = size,
        .device = place->device,
        .answered = place->device != NULL,
    };

    assert_true(size <= sizeof data);
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(value >> (8 * i));
    return decode_line(f, &access);
}

const char *decode_write(struct decode_fixture *f, const struct decode_place *place,
                         uint64_t offset, unsigned size, uint64_t value)
{
    return decode_one(f, place, true, offset, size, value);
}

const char *decode_read(struct decode_fixture *f, const struct decode_place *place, uint64_t offset,
                        unsigned size, uint64_t value)
{
    return decode_one(f, place, false, offset, size, value);
}
