/* SPDX-License-Identifier: MIT */
/*
 * A boot as a sequence of lines that is the same each time: one line an access, without times, places in the
 * firmware and threads; a poll is one line with what ended it. Golden files hold it, and two boots are compared
 * by it.
 */
#ifndef HOST_TRACE_SEQUENCE_H
#define HOST_TRACE_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>

#define SEQUENCE_LINE_SIZE 288

struct sequence_access {
    const char *mode; /* "" where it is not known: a write that KVM collected */
    const char *device, *reg, *words;
    bool is_write;
    unsigned size, count; /* bytes of an element, elements */
};

/* "real16 w8 uart THR <- 'T'", "long64 r16x256 ata0 data -> 512 bytes 40 00". */
void sequence_line(const struct sequence_access *access, char *line, size_t size);

/* True when next goes on with what last moves through the same register (text/transfer.h). Then both are one line. */
bool sequence_is_transfer(const struct sequence_access *last, const struct sequence_access *next);

/* True when next goes on with the poll that last is part of: one read, of the same register, at the same
 * width, and no data. Then next's line takes last's place. */
bool sequence_is_poll(const struct sequence_access *last, const struct sequence_access *next);

#endif
