/* SPDX-License-Identifier: MIT */
/*
 * What an access means, in words: which device, which register, what the value says. A decoder sees all
 * accesses of a run in their order, because some mean nothing without the ones before: what 0xcfc is, 0xcf8
 * says; what port 0x3f8 is, the line control register. It knows the registers from the tables (table.h), one
 * for each header of drivers/abi/, and nothing of the models.
 */
#ifndef HOST_TRACE_DECODE_H
#define HOST_TRACE_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#define DECODE_DATA_MAX 64 /* bytes of an access that a decoder looks at */

struct decode_access {
    bool is_port, is_write;
    uint64_t address;     /* port, or guest-physical */
    uint64_t offset;      /* in the region, where device is not NULL */
    unsigned size;        /* bytes of an element */
    unsigned count;       /* elements of a string instruction, else 1 */
    const uint8_t *data;  /* the first of size * count bytes, written or read */
    unsigned data_length; /* how many of them: DECODE_DATA_MAX at most */
    const char
        *device; /* the bus region's name, as --stats-json shows it; NULL or "": nobody is there */
    bool answered; /* a register of the device took it */
};

#define DECODED_DEVICE_SIZE 24
#define DECODED_REGISTER_SIZE 48
#define DECODED_WORDS_SIZE 160
#define DECODED_TEXT_SIZE                                                                          \
    96 /* of words that are text, with its quotes: the rest of it is counted */
#define DECODED_DATA_BYTES 8 /* of data that are shown: the rest is counted */

/* "chunk", "command", "READ_CHUNK"; "pci 00:02.0", "BAR0", "0xffffffff (sizing)"; "ata0", "status",
 * "0x58 DRDY DSC DRQ". Never empty. A device has the same name in all its accesses, whatever carried them. */
struct decoded {
    char device[DECODED_DEVICE_SIZE];
    char reg[DECODED_REGISTER_SIZE];
    char words[DECODED_WORDS_SIZE];
};

struct decoder;

/* NULL: no memory */
struct decoder *decoder_create(void);
void decoder_destroy(struct decoder *decoder);
/* The machine has been reset. */
void decoder_reset(struct decoder *decoder);

/* The next access. */
void decoder_decode(struct decoder *decoder, const struct decode_access *access,
                    struct decoded *decoded);

#endif
