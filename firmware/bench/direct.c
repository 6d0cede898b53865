/* SPDX-License-Identifier: MIT */
/* Direct memory: a file that lies in the guest's address space, read where it is. */
#include "abi/fw_cfg.h"
#include "console.h"
#include "errors.h"
#include "fw_cfg.h"
#include "io.h"
#include "measure.h"
#include "memory.h"
#include "paging.h"

#include <stddef.h>

#define PAGE 4096
#define LARGEST 0x100000
#define SUM_BYTES 0x10000
/* So much of the file is looked at: what is touched once is there, also for the next line. */
#define SPAN 0x1000000

static uint64_t base, length; /* of the file */
static uint64_t next;         /* where to read next */

/* Moves on by so much, around the end. */
__attribute__((always_inline)) static inline uint64_t step(uint64_t bytes)
{
    uint64_t at = next;
    next = at + 2 * bytes <= length ? at + bytes : 0;
    return base + at;
}

__attribute__((always_inline)) static inline void load_next(uint64_t where, uint64_t bytes)
{
    (void)where;
    mmio_read64(step(bytes));
}

__attribute__((always_inline)) static inline void load(uint64_t where, uint64_t value)
{
    (void)value;
    mmio_read64(where);
}

__attribute__((always_inline)) static inline void copy(uint64_t to, uint64_t bytes)
{
    uint64_t from = step(bytes), count = bytes / sizeof(uint64_t);
    __asm__ volatile("cld; rep movsq" : "+S"(from), "+D"(to), "+c"(count) : : "memory", "cc");
}

static int find(void)
{
    static const char *const name = FW_CFG_FILE_DIRECT_MEMORY;
    struct fw_cfg_file file;
    uint64_t place[FW_CFG_DIRECT_MEMORY_BYTES / sizeof(uint64_t)];
    if (fw_cfg_find(&name, &file, 1) != 1 || file.size != sizeof(place))
        return ERR_ABSENT;
    fw_cfg_read(file.key, place, sizeof(place));
    base = place[0];
    length = place[1];
    return paging_map(base, length, PAGING_RAM);
}

/* What a reader can check: that these are the file's bytes, and that they stay so. */
static void say_content(void)
{
    uint64_t checked = length < SUM_BYTES ? length : SUM_BYTES, sum = 0;
    /* Behind the file's end there are zeros. */
    for (uint64_t at = 0; at < checked; at += sizeof(sum))
        sum += mmio_read64(base + at);
    uint64_t before = mmio_read64(base);
    mmio_write64(base, ~before);
    console_printf(
        "direct memory: %lu bytes at 0x%lx, the first %lu add up to 0x%lx, a write changes %s\n",
        length, base, checked, sum, mmio_read64(base) == before ? "nothing" : "them");
}

int bench_direct(struct bench *bench)
{
    static const struct bench_shape shapes[] = {{512, 1, TESTDEV_READ},
                                                {4096, 1, TESTDEV_READ},
                                                {65536, 1, TESTDEV_READ},
                                                {LARGEST, 1, TESTDEV_READ}};
    int error = find();
    void *buffer = memory_alloc(LARGEST, PAGE);
    if (error || !buffer)
        return error ? error : ERR_NO_MEMORY;
    say_content();
    if (length > SPAN)
        length = SPAN;
    bench_sample(bench, "direct memory, first load of a page", NULL, load_next, 0, PAGE);
    for (uint64_t at = 0; at < length; at += PAGE)
        mmio_read64(base + at);
    bench_sample(bench, "direct memory, load", NULL, load, base, 0);
    for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (shapes[i].size > length)
            continue;
        /* The samples are still those of the size before. */
        if (i == 0 || bench_fits(bench, bench->samples[0], shapes[i - 1].size, shapes[i].size))
            bench_sample(bench, "direct memory", &shapes[i], copy, (uintptr_t)buffer,
                         shapes[i].size);
        else
            bench_tell_late(bench, "direct memory", &shapes[i]);
    }
    return ERR_OK;
}
