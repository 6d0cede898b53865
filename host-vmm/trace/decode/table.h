/* SPDX-License-Identifier: MIT */
/*
 * The form of a table of registers. There is one table for each register block of a header in drivers/abi/, and
 * every entry names the header's own macro: a test holds the names against the headers, so that a register, a
 * bit or a value that is added there and not here fails.
 */
#ifndef HOST_TRACE_DECODE_TABLE_H
#define HOST_TRACE_DECODE_TABLE_H

#include "decode.h"

#include <stddef.h>

/* A value with a name: of a whole register, or of a field. */
struct decode_value {
    const char *macro;
    uint64_t value;
    const char *word;
};

/*
 * A bit, or several. Without values: word alone if any of mask is set (a flag), or word=N, with number. With
 * values, which are compared where they stand in the register: word=VALUE, or the value's word alone where word
 * is ""; a value whose word is "" is not worth a word.
 */
struct decode_field {
    const char *macro;
    uint64_t mask;
    const char *word;
    const struct decode_value *values; /* ends with word NULL; NULL: none */
    bool number;
};

enum decode_form {
    DECODE_HEX,     /* 0x58, then the value's word, or else the words of the fields */
    DECODE_DECIMAL, /* lengths, counts */
    DECODE_VALUE,   /* the value's word alone, where it has one: READ_CHUNK */
    DECODE_FLAGS,   /* the words of the fields alone, "none" without one: DRIVER_OK */
    DECODE_CHAR,    /* 'T' */
    DECODE_DATA,    /* bytes that the register only carries */
};

#define DECODE_READ 1
#define DECODE_WRITE 2

struct decode_register {
    const char *macro;
    uint32_t offset;
    uint8_t size;      /* bytes: what part of it an access covers is worked out from this */
    uint8_t direction; /* DECODE_READ, DECODE_WRITE or both: some places are two registers */
    const char *name;  /* as the text shows it */
    enum decode_form form;
    const struct decode_field *fields; /* ends with mask 0; NULL: none */
    const struct decode_value *values; /* ends with word NULL; NULL: none */
};

struct decode_table {
    const char *header; /* "chunk.h" */
    const struct decode_register *registers;
    unsigned count;
};

#define DECODE_COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* The same macro as name and as number */
#define V(macro, word)                                                                             \
    {                                                                                              \
#macro, macro, word                                                                        \
    }
#define F(macro, word)                                                                             \
    {                                                                                              \
#macro, macro, word, NULL, false                                                           \
    }
#define FV(macro, word, values)                                                                    \
    {                                                                                              \
#macro, macro, word, values, false                                                         \
    }
#define FN(macro, word)                                                                            \
    {                                                                                              \
#macro, macro, word, NULL, true                                                            \
    }

/* All tables, for the test; ends with NULL. */
extern const struct decode_table *const decode_tables[];

/* The register of table that covers offset in this direction, or NULL. */
const struct decode_register *decode_find(const struct decode_table *table, uint64_t offset,
                                          bool is_write);

/* Writes reg's name and the words for value into decoded. at: where the access begins within the register,
 * in bytes; size: its width. A part of a register is named so: "data_gpa+4". */
void decode_register_words(const struct decode_register *reg, unsigned at, unsigned size,
                           uint64_t value, struct decoded *decoded);

/* The value of size bytes of ones. */
static inline uint64_t decode_ones(unsigned size)
{
    return size >= 8 ? UINT64_MAX : (1ull << (8 * size)) - 1;
}

/* The access's first element, little-endian. */
uint64_t decode_value_of(const struct decode_access *access);

/* Appends to words, never past DECODED_WORDS_SIZE. */
void decode_append(char *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One character of a text in quotes. */
void decode_append_character(char *words, uint8_t c, char quote);

/* The words of a string instruction on a register of characters: the text, as far as it is known. */
void decode_text_words(const struct decode_access *access, char *words);

/* The words of a string instruction or of a register that carries data: how many bytes, and the first of
 * them in hex: "512 bytes 40 00 ff 3f ...". */
void decode_data_words(const struct decode_access *access, char *words);

/* --- what each file of this folder adds ------------------------------------------------------------- */

/* Fills in decoded and returns true where the access is one of its devices'. Each has its own part of the
 * decoder's state. */
struct decode_module {
    const char *name;
    size_t state_size; /* zeroed at the beginning and by a reset; may be 0 */
    bool (*decode)(void *state, const struct decode_access *access, struct decoded *decoded);
};

extern const struct decode_module decode_pci, decode_virtio, decode_ata, decode_chunk, decode_uart,
    decode_fw_cfg, decode_testdev, decode_platform;

#endif
