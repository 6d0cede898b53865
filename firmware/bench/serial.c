/* SPDX-License-Identifier: MIT */
/* COM1: how fast bytes leave through the 16550. */
#include "console.h"
#include "errors.h"
#include "measure.h"

#include <stddef.h>
#include <string.h>

#define LARGEST 4096

static char text[LARGEST];

__attribute__((always_inline)) static inline void send(uint64_t where, uint64_t bytes)
{
    (void)where;
    console_write(text, bytes);
}

int bench_serial(struct bench *bench)
{
    static const struct bench_shape small = {512, 1, TESTDEV_WRITE};
    static const struct bench_shape large = {LARGEST, 1, TESTDEV_WRITE};
    if (!console_usable())
        return ERR_ABSENT;
    memset(text, '.', sizeof(text));
    bench_sample(bench, "serial", &small, send, 0, small.size);
    if (bench_fits(bench, bench->samples[0], small.size, large.size))
        bench_sample(bench, "serial", &large, send, 0, large.size);
    else
        bench_tell_late(bench, "serial", &large);
    console_end_line();
    return ERR_OK;
}
