/* SPDX-License-Identifier: MIT */
/* The copy job's data: pieces on their way from one block device to another, many at once. */
#ifndef FIRMWARE_COPY_PIECES_H
#define FIRMWARE_COPY_PIECES_H

#include "block.h"
#include "command_line.h"

#include <stdint.h>

struct copy_plan {
    struct block_dev *from, *to; /* may be one device */
    uint64_t begin, end;         /* bytes, whole blocks of both devices */
    uint32_t piece;              /* bytes of a request, which both devices take */
    unsigned depth;              /* buffers, and so pieces in flight, at most COPY_DEPTH_MAX */
    uint8_t *buffers;            /* depth of them, each buffer_stride bytes */
    uint64_t buffer_stride;
};

/* Reads each piece and writes it from the same buffer, in any order; then flushes. When it returns, with
 * 0 or the first error, no device has a request or a buffer any more. */
int copy_pieces(const struct copy_plan *plan);

#endif
