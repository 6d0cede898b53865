/* SPDX-License-Identifier: MIT */
/*
 * One access may cover several registers: 32 bits of PCI configuration space are two or more of them. This
 * names them all, and the words of each.
 */
#ifndef HOST_TRACE_DECODE_SPAN_H
#define HOST_TRACE_DECODE_SPAN_H

#include "table.h"

/* What an access covers of one register: size bytes, at bytes from its beginning. */
struct decode_part {
    const struct decode_register *reg;
    unsigned at, size;
    uint64_t value;
    bool is_write;
};

struct decode_span {
    const struct decode_table *table;
    const struct decode_table
        *wide;          /* tried first, for registers that are covered whole; or NULL */
    const char *prefix; /* of the registers' names, or NULL */
    /* Optional: appends words where the table's are not enough; false: the table's will do. */
    bool (*words)(void *context, const struct decode_part *part, char *words);
    void *context;
};

/* True when the part is all of its register. */
static inline bool decode_part_is_whole(const struct decode_part *part)
{
    return part->at == 0 && part->size == part->reg->size;
}

/* The access begins offset bytes into the table. Fills in register and words; false, with nothing written,
 * when no register is there. */
bool decode_span(const struct decode_span *span, uint64_t offset,
                 const struct decode_access *access, struct decoded *decoded);

/* A register that has no name: its offset, and the value. */
void decode_nameless(uint64_t offset, const struct decode_access *access, struct decoded *decoded);

/* The word that values has for value, or NULL. values may be NULL. */
const char *decode_word_of(const struct decode_value *values, uint64_t value);

/* "4 KiB": the largest unit that divides it. */
void decode_append_bytes(char *words, uint64_t bytes);

#endif
